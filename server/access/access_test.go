package access

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type clock struct{ t time.Time }

func (c *clock) now() time.Time       { return c.t }
func (c *clock) step(d time.Duration) { c.t = c.t.Add(d) }
func newClock() *clock                { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }
func open(t *testing.T, o Options) *Access {
	t.Helper()
	a, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func request(a *Access, cookie, half, bearer string) *http.Request {
	r := httptest.NewRequest("GET", "/api/processes", nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: a.CookieName(), Value: cookie})
	}
	if half != "" {
		r.Header.Set(HalfHeader, half)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	return r
}

func login(t *testing.T, a *Access) (Session, string, string) {
	t.Helper()
	code, err := a.Mint()
	if err != nil {
		t.Fatal(err)
	}
	s, cookie, half, err := a.Exchange(code, "127.0.0.1", "test", Owner)
	if err != nil {
		t.Fatal(err)
	}
	return s, cookie, half
}

func TestNeitherHalfAloneIsALogin(t *testing.T) {
	a := open(t, Options{})
	_, cookie, half := login(t, a)
	_, cookie2, half2 := login(t, a)
	who, err := a.Identify(request(a, cookie, half, ""), "127.0.0.1")
	if err != nil || !who.Proven || who.Role != Owner {
		t.Fatalf("both halves: %+v %v", who, err)
	}
	for name, c := range map[string]struct {
		cookie, half string
		want         error
	}{
		"nothing":            {"", "", ErrNone},
		"cookie only":        {cookie, "", ErrHalf},
		"half only":          {"", half, ErrHalf},
		"another's half":     {cookie, half2, ErrWrong},
		"another's cookie":   {cookie2, half, ErrWrong},
		"halves exchanged":   {half, cookie, ErrWrong},
		"unknown cookie":     {"x", half, ErrWrong},
		"unknown, no half":   {"x", "", ErrHalf},
		"stored hash reused": {hash(cookie), hash(half), ErrWrong},
	} {
		who, err := a.Identify(request(a, c.cookie, c.half, ""), "127.0.0.1")
		if !errors.Is(err, c.want) || who.Proven {
			t.Errorf("%s: %+v, %v, want %v", name, who, err, c.want)
		}
	}
	// Another port's cookie of the same name must not lock us out.
	r := request(a, "planted", half, "")
	r.AddCookie(&http.Cookie{Name: a.CookieName(), Value: cookie})
	if who, err := a.Identify(r, ""); err != nil || !who.Proven {
		t.Errorf("with a planted cookie first: %v", err)
	}
	if who, err := a.Prove(request(a, cookie, "", ""), half); err != nil || !who.Proven {
		t.Errorf("prove: %v", err)
	}
	if _, err := a.Prove(request(a, cookie, "", ""), half2); err == nil {
		t.Error("proved by another's half")
	}
	if _, err := a.Prove(request(a, cookie, "", ""), ""); err == nil {
		t.Error("proved by nothing")
	}
}

func TestCodeIsGoodOnceAndForTenMinutes(t *testing.T) {
	c := newClock()
	a := open(t, Options{Now: c.now})
	code, _ := a.Mint()
	if len(code) < 22 {
		t.Errorf("code %q is shorter than 128 bits", code)
	}
	if _, _, _, err := a.Exchange(code, "1", "", Owner); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := a.Exchange(code, "1", "", Owner); !errors.Is(err, ErrNoCode) {
		t.Errorf("second exchange: %v", err)
	}
	code, _ = a.Mint()
	c.step(CodeLife)
	if _, _, _, err := a.Exchange(code, "1", "", Owner); !errors.Is(err, ErrNoCode) {
		t.Errorf("old code: %v", err)
	}
}

func TestSessionsSurviveARestartAsHashesOnly(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	a := open(t, Options{Dir: dir, Now: c.now})
	_, cookie, half := login(t, a)
	path := filepath.Join(dir, sessionFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), cookie) || strings.Contains(string(b), half) {
		t.Error("a secret is on disk")
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	b2 := open(t, Options{Dir: dir, Now: c.now})
	if b2.CookieName() != a.CookieName() {
		t.Error("the cookie has another name after a restart")
	}
	if who, err := b2.Identify(request(b2, cookie, half, ""), ""); err != nil || !who.Proven {
		t.Errorf("after a restart: %v", err)
	}
	c.step(SessionLife)
	if _, err := b2.Identify(request(b2, cookie, half, ""), ""); err == nil {
		t.Error("a session lives longer than 30 days")
	}
	if err := os.WriteFile(path, []byte("{torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, Options{Dir: dir}) // starts, without sessions
	os.Remove(path)
	if err := os.Symlink("/etc/passwd", path); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir}); err == nil {
		t.Error("followed a symlink")
	}
}

func TestRevokedSessionEndsAndTellsItsSockets(t *testing.T) {
	a := open(t, Options{})
	s, cookie, half := login(t, a)
	ended := a.Ended(s.ID)
	select {
	case <-ended:
		t.Fatal("ended at once")
	default:
	}
	if err := a.Revoke(s.ID); err != nil {
		t.Fatal(err)
	}
	<-ended
	<-a.Ended(s.ID)
	if _, err := a.Identify(request(a, cookie, half, ""), ""); err == nil {
		t.Error("revoked session still works")
	}
	if err := a.Revoke(s.ID); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	s, cookie, half = login(t, a)
	ended = a.Ended(s.ID)
	if err := a.SetRole(s.ID, Viewer); err != nil {
		t.Fatal(err)
	}
	<-ended
	if who, _ := a.Identify(request(a, cookie, half, ""), ""); who.Role != Viewer {
		t.Errorf("role %v", who.Role)
	}
	if err := a.RevokeAll(); err != nil || len(a.Sessions()) != 0 {
		t.Error("sessions left after logout of all")
	}
}

func TestBearerToken(t *testing.T) {
	a := open(t, Options{Token: "right"})
	if who, err := a.Identify(request(a, "", "", "right"), "1"); err != nil || who.Role != Owner || !who.Proven {
		t.Errorf("%+v %v", who, err)
	}
	for _, h := range []string{"Bearer", "Bearer ", "Basic cmlnaHQ=", "right", "Bearer right right", "Bearer wrong"} {
		r := request(a, "", "", "")
		r.Header.Set("Authorization", h)
		if _, err := a.Identify(r, h); err == nil {
			t.Errorf("%q passed", h)
		}
	}
	none := open(t, Options{})
	if _, err := none.Identify(request(none, "", "", ""), "1"); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	r := request(none, "", "", "")
	r.Header.Set("Authorization", "Bearer ")
	if _, err := none.Identify(r, "1"); err == nil {
		t.Error("an empty token passed where there is none")
	}
}

func TestWrongTokensAreLimitedPerAddress(t *testing.T) {
	c := newClock()
	for _, token := range []string{"short", strings.Repeat("a", 32)} {
		a := open(t, Options{Token: token, Now: c.now})
		limited := -1
		for i := range 30 {
			_, err := a.Identify(request(a, "", "", "wrong"), "10.0.0.1")
			if errors.Is(err, ErrLimited) && limited < 0 {
				limited = i
			}
			c.step(2 * time.Second)
		}
		if limited < 0 || limited > 12 {
			t.Errorf("limited after %d", limited)
		}
		if _, err := a.Identify(request(a, "", "", token), "10.0.0.2"); err != nil {
			t.Errorf("another address: %v", err)
		}
		_, err := a.Identify(request(a, "", "", token), "10.0.0.1")
		if strong := len(token) >= 32; strong != (err == nil) {
			t.Errorf("right token of %d from the limited address: %v", len(token), err)
		}
		c.step(time.Hour)
		if _, err := a.Identify(request(a, "", "", token), "10.0.0.1"); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	}
	// One host owns a whole /64.
	a := open(t, Options{Token: "short", Now: c.now})
	for i := range 30 {
		_, err := a.Identify(request(a, "", "", "wrong"), "2001:db8::"+string(rune('a'+i%6))+"1")
		if i == 29 && !errors.Is(err, ErrLimited) {
			t.Errorf("30 addresses of one /64: %v", err)
		}
	}
	// Wrong codes are limited, a right one passes.
	for range 20 {
		_, _, _, _ = a.Exchange("wrong", "10.0.0.9", "", Owner)
	}
	if _, _, _, err := a.Exchange("wrong", "10.0.0.9", "", Owner); !errors.Is(err, ErrLimited) {
		t.Error(err)
	}
	code, _ := a.Mint()
	if _, _, _, err := a.Exchange(code, "10.0.0.9", "", Owner); err != nil {
		t.Error(err)
	}
}

func TestHostAllowed(t *testing.T) {
	lan := netip.MustParseAddr("192.168.1.5")
	for _, h := range []string{"localhost", "localhost:1", "LocalHost:7777", "127.0.0.1", "127.0.0.1:65535", "127.9.9.9:80", "[::1]", "[::1]:7777", "192.168.1.5:7777", "sonde.example:443", "SONDE.example"} {
		if !HostAllowed(h, []string{"sonde.example"}, lan) {
			t.Errorf("%q refused", h)
		}
	}
	for _, h := range []string{"", ":7777", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:7777", "localhost@evil.example",
		"localhost:7777@evil", "localhost:", "localhost:0", "localhost:99999", "localhost:+80", "localhost:7777:7777", "localhost.", "0.0.0.0:7777", "[::]:7777", "2130706433",
		"127.1", "0x7f.0.0.1", "[::ffff:127.0.0.1]", "[::1%25lo]", "[::1", "::1", "192.168.1.6", "10.0.0.1:7777", "localhost/", "localhost\\", "local host", "localhost,evil", "[localhost]", "169.254.169.254", "xn--localhost"} {
		if HostAllowed(h, []string{"sonde.example"}, lan) {
			t.Errorf("%q allowed", h)
		}
	}
	if HostAllowed("0.0.0.0", nil, netip.MustParseAddr("0.0.0.0")) {
		t.Error("0.0.0.0 allowed")
	}
}

func TestSameOrigin(t *testing.T) {
	for _, c := range []struct{ origin, scheme, host string }{
		{"http://localhost:7777", "http", "localhost:7777"}, {"http://LOCALHOST:7777", "http", "localhost:7777"}, {"http://localhost", "http", "localhost:80"},
		{"https://a.example", "https", "a.example:443"}, {"http://[::1]:7777", "http", "[::1]:7777"}, {"http://[::1]", "http", "[::1]:80"},
	} {
		if !SameOrigin(c.origin, c.scheme, c.host) {
			t.Errorf("%v refused", c)
		}
	}
	for _, c := range []struct{ origin, scheme, host string }{
		{"null", "http", "localhost:7777"}, {"", "http", "localhost"}, {"http://", "http", ""}, {"http://localhost:3000", "http", "localhost:7777"},
		{"https://localhost:7777", "http", "localhost:7777"}, {"http://evil.example", "http", "localhost:7777"}, {"http://localhost:7777.evil.example", "http", "localhost:7777"},
		{"http://localhost:7777/", "http", "localhost:7777"}, {"file://", "http", "localhost"}, {"http://127.0.0.1:7777", "http", "localhost:7777"},
	} {
		if SameOrigin(c.origin, c.scheme, c.host) {
			t.Errorf("%v passed", c)
		}
	}
}

func TestRoles(t *testing.T) {
	for need, want := range map[Need]string{Public: "owner operator viewer link none", Self: "owner operator viewer link", Observe: "owner operator viewer", Read: "owner operator viewer",
		Capture: "owner operator", Act: "owner", Raw: "owner", Admin: "owner", Need("forgotten"): ""} {
		var got []string
		for _, r := range []Role{Owner, Operator, Viewer, Link, "none"} {
			if need.Allows(r) {
				got = append(got, string(r))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", need, got, want)
		}
	}
}

func FuzzHost(f *testing.F) {
	for _, s := range []string{"localhost:7777", "[::1]:1", "evil", "127.0.0.1.x", "[::1%25lo]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, h string) {
		if !HostAllowed(h, nil, netip.Addr{}) {
			return
		}
		name, ok := hostName(h)
		ip, err := netip.ParseAddr(name)
		if !ok || name != "localhost" && (err != nil || !ip.IsLoopback()) {
			t.Fatalf("%q allowed", h)
		}
		if strings.ContainsAny(h, "@/\\ \t\r\n,;?#%") {
			t.Fatalf("%q allowed", h)
		}
	})
}

func FuzzIdentify(f *testing.F) {
	f.Add("sonde_x=abc", "half", "Bearer x")
	f.Add("a=b; sonde_x=\"q\"", "", "")
	a, err := Open(Options{Token: "the right token"})
	if err != nil {
		f.Fatal(err)
	}
	code, _ := a.Mint()
	_, cookie, half, err := a.Exchange(code, "", "", Owner)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, cookies, h, auth string) {
		r := &http.Request{Header: http.Header{"Cookie": {strings.ReplaceAll(cookies, "sonde_x", a.CookieName())}}}
		if h != "" {
			r.Header.Set(HalfHeader, h)
		}
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		who, err := a.Identify(r, "")
		good := strings.Contains(cookies, cookie) && h == half || strings.Contains(auth, "the right token")
		if (who.Proven || err == nil) && !good {
			t.Fatalf("logged in by %q %q %q: %+v", cookies, h, auth, who)
		}
	})
}
