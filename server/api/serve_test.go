package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sonde/capture/session"
	"sonde/probes/table"
	"sonde/server/access"
	"sonde/server/wire"
)

func TestListenBindsBothOrNeither(t *testing.T) {
	l, err := Listen(ListenSpec{Addr: "localhost:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Listeners[0].Addr().String())
	if l.Host != "localhost:"+port || l.Public {
		t.Errorf("%+v", l)
	}
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this host has no IPv6 loopback")
	}
	defer six.Close()
	if len(l.Listeners) != 2 {
		t.Errorf("bound %v", l.Addrs())
	}
	// Another program holds ::1 of the port only.
	_, taken, _ := net.SplitHostPort(six.Addr().String())
	if x, err := Listen(ListenSpec{Addr: "127.0.0.1:" + taken}); err == nil {
		x.Close()
		t.Errorf("half bound: %v", x.Addrs())
	}
	n, _ := strconv.Atoi(taken)
	next, err := listenLoopback(n, false)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if _, got, _ := net.SplitHostPort(next.Listeners[0].Addr().String()); got == taken || next.Note == "" || len(next.Listeners) != 2 {
		t.Errorf("%v, %q", next.Addrs(), next.Note)
	}
	// And nothing of the taken port is left bound.
	four, err := net.Listen("tcp4", "127.0.0.1:"+taken)
	if err != nil {
		t.Errorf("127.0.0.1 is still bound: %v", err)
	} else {
		four.Close()
	}
}

func TestListenRefusesWhatOthersReach(t *testing.T) {
	for _, s := range []ListenSpec{{Addr: "0.0.0.0:0"}, {Addr: ":0"}, {Addr: "[::]:0"}, {Addr: "0.0.0.0:0", TLS: true}, {Addr: "192.0.2.1:0", Credential: true}, {Addr: "evil.example:0"}, {Addr: "nonsense"}, {Addr: "localhost:x"}, {Addr: "localhost:99999"}} {
		if l, err := Listen(s); err == nil {
			l.Close()
			t.Errorf("%+v was bound", s)
		}
	}
	for _, s := range []ListenSpec{{Addr: "0.0.0.0:0", TLS: true, Credential: true}, {Addr: "0.0.0.0:0", Insecure: true}} {
		l, err := Listen(s)
		if err != nil {
			t.Errorf("%+v: %v", s, err)
			continue
		}
		if !l.Public || !strings.HasPrefix(l.Host, "localhost:") {
			t.Errorf("%+v", l)
		}
		l.Close()
	}
}

func TestListenUnixIsPrivate(t *testing.T) {
	p := filepath.Join(t.TempDir(), "s.sock")
	l, err := Listen(ListenSpec{Addr: "unix:" + p})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var st syscall.Stat_t
	if err := syscall.Stat(p, &st); err != nil || st.Mode&0o777 != 0o600 {
		t.Errorf("mode %o, %v", st.Mode, err)
	}
	if _, err := Listen(ListenSpec{Addr: "unix:" + p}); err == nil {
		t.Error("taken over while another answers")
	}
}

// Clients that send a header or a body byte by byte are dropped; the limits
// are what the server is built with.
func TestSlowClientsHaveTheirTime(t *testing.T) {
	x := newSite(t)
	srv := x.s.server()
	if srv.ReadHeaderTimeout <= 0 || srv.ReadHeaderTimeout > 10*time.Second || srv.ReadTimeout > 10*time.Second || srv.ReadTimeout <= 0 || srv.IdleTimeout <= 0 || srv.MaxHeaderBytes != 64<<10 {
		t.Errorf("%+v", srv)
	}
	y := newSite(t)
	quick := httptest.NewUnstartedServer(nil)
	quick.Config = y.s.server()
	quick.Config.ReadHeaderTimeout, quick.Config.ReadTimeout = 50*time.Millisecond, 60*time.Millisecond
	quick.Start()
	defer quick.Close()
	for name, head := range map[string]string{
		"header": "GET /healthz HTTP/1.1\r\nHost: local",
		"body":   "POST /api/processes/2/signal HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer " + testToken + "\r\nContent-Length: 100\r\n\r\n{",
	} {
		c, err := net.Dial("tcp", quick.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprint(c, head)
		r := bufio.NewReader(c)
		for {
			line, err := r.ReadString('\n')
			if strings.Contains(line, "200") {
				t.Errorf("%s: %s", name, line)
			}
			if err != nil {
				var ne net.Error
				if errors.As(err, &ne) && ne.Timeout() {
					t.Errorf("%s: not dropped", name)
				}
				break
			}
		}
		c.Close()
	}
	if got := y.host.took(); got != "" {
		t.Error(got)
	}
}

func TestTables(t *testing.T) {
	x := newSite(t)
	for _, c := range []struct {
		path   string
		status int
		want   []string
		not    []string
	}{
		{"/api/processes", 200, []string{`{"columns":[{"id":"pid"`, `"key":"1:1001"`, `"version":1`}, nil},
		{"/api/processes?sort=-pid&limit=1", 200, []string{`"key":"3:1003"`}, []string{`"key":"1:1001"`}},
		{"/api/processes?user=root", 200, []string{`"key":"2:1002"`}, []string{`"key":"1:1001"`}},
		{"/api/processes?format=csv", 200, []string{"pid,user,command"}, []string{"\n1,app,=" + secretData}},
		{"/api/processes?format=text&limit=2", 200, []string{"COMMAND"}, []string{"{"}},
		{"/api/processes?format=xml", 400, []string{"format"}, nil},
		{"/api/processes?limit=x", 400, []string{"limit"}, nil},
		{"/api/processes?limit=-1", 400, []string{"limit"}, nil},
		{"/api/processes?x=%ff", 400, []string{"UTF-8"}, nil},
		{"/api/processes?x=%zz", 400, []string{"malformed query"}, nil},
		{"/api/processes/0", 400, nil, nil}, {"/api/processes/-1", 400, nil, nil}, {"/api/processes/2147483648", 400, nil, nil}, {"/api/processes/self", 400, nil, nil},
		{"/api/probes/nobody", 404, []string{`"not-found"`}, nil},
		{"/api/captures/c0/packets?from=2&limit=3", 200, []string{`"total":100`, `"displayed":50`, `"no":6`}, []string{`"no":4,`, `"no":12`}},
		{"/api/captures/c0/packets?filter=bad+%3D%3D", 400, []string{`"bad-filter"`, `"at":4`, `"length":2`}, nil},
		{"/api/captures", 200, []string{`"columns":[{"id":"id"`, `"key":"c0"`, `"captures":[{"id":"c0"`}, nil},
		{"/api/captures?format=csv", 200, []string{"id,name,", "c0,"}, nil},
		{"/api/capture-filter/check?filter=port+53", 200, []string{`"ok":true`}, nil},
		{"/api/captures/nobody/packets", 404, nil, nil},
		{"/api/captures/c0/packets/101", 404, nil, nil},
		{"/api/captures/c0/packets/0", 400, nil, nil},
		{"/api/captures/c0/stats/conv,tcp", 200, []string{`"rows"`}, nil},
		{"/api/captures/c0/stats/conv%2Ctcp?format=csv", 200, []string{"pid,"}, nil},
		{"/api/captures/c0/stats/nobody", 404, nil, nil},
		{"/api/captures/c0/follow/tcp/0", 200, []string{`"proto":"tcp"`}, nil},
		{"/api/captures/c0/follow/smtp/0", 404, nil, nil},
		{"/api/captures/c0/find?filter=tcp&after=10", 200, []string{`"no":12`}, nil},
		{"/api/captures/c0/find?filter=tcp&after=11", 200, []string{`"no":12`}, nil},
		{"/api/captures/c0/find?filter=tcp&after=10&back=1", 200, []string{`"no":8`}, nil},
		{"/api/captures/c0/find?filter=tcp&after=100", 404, nil, nil},
		{"/api/captures/c0/find?filter=tcp&after=2&back=1", 404, nil, nil},
		{"/api/captures/c0/strip?bins=0", 400, nil, nil},
		{"/api/captures/c0/complete?text=ip&at=9", 400, nil, nil},
		{"/api/captures/c0/complete?text=ip", 200, []string{"[]"}, nil},
		{"/api/captures/c0/download?format=exe", 400, nil, nil},
		{"/api/captures/c0/download?filter=bad+%3D%3D", 400, []string{"bad-filter"}, nil},
		{"/api/filter/check?filter=bad+%3D%3D", 200, []string{`"ok":false`}, nil},
	} {
		status, body, _ := x.ask(t, "GET", c.path, "", bearer())
		if status != c.status {
			t.Errorf("%s: %d %s", c.path, status, body)
		}
		for _, w := range c.want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: no %s in %s", c.path, w, body)
			}
		}
		for _, w := range c.not {
			if strings.Contains(body, w) {
				t.Errorf("%s: %s in %s", c.path, w, body)
			}
		}
		if status >= 400 {
			codeOf(t, body)
		}
	}
	_, _, h := x.ask(t, "GET", "/api/captures/c0/follow/http/0?format=raw", "", bearer())
	if h.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") {
		t.Errorf("a followed body could be rendered: %v", h)
	}
}

func TestBodiesAreChecked(t *testing.T) {
	x := newSite(t)
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for body, want := range map[string]int{
		`{"signal":"TERM","start":1002}`: 200, `{"signal":"TERM"}`: 400, `{"start":1002}`: 400, `{"signal":"TERM","start":-1}`: 400, `{"signal":7,"start":1}`: 400,
		`{"signal":"TERM","start":1002}{}`: 400, `nojson`: 400, `{"x":` + deep + `}`: 400, "{\"signal\":\"\xff\",\"start\":1}": 400, `[]`: 400,
		`{"signal":"TERM","start":1002,"x":"` + strings.Repeat("x", maxJSON) + `"}`: 413,
	} {
		x.host.took()
		status, answer, _ := x.ask(t, "POST", "/api/processes/2/signal", body, bearer())
		if status != want || want != 200 && x.host.took() != "" {
			t.Errorf("%.60s: %d %s", body, status, answer)
		}
	}
	for _, pid := range []string{"0", "-1", "4194305", "2147483648", "x", "1e3", "+1"} {
		if status, _, _ := x.ask(t, "POST", "/api/processes/"+pid+"/signal", `{"signal":"TERM","start":1}`, bearer()); status != 400 {
			t.Errorf("pid %s: %d", pid, status)
		}
	}
	x.host.took()
	if status, body, _ := x.ask(t, "POST", "/api/processes/2/renice", `{"nice":5}`, bearer()); status != 200 || !strings.Contains(x.host.took(), "renice 2 1002 5") {
		t.Errorf("renice without start: %d %s", status, body)
	}
	if status, _, _ := x.ask(t, "POST", "/api/processes/99/renice", `{"nice":5}`, bearer()); status != 410 {
		t.Errorf("renice of nobody: %d", status)
	}
	if status, body, _ := x.ask(t, "POST", "/api/captures/live", `{"interface":"any","filter":"port 53","snaplen":0,"ring":{"files":4,"filesize":100000000},"stop":{"packets":0,"duration":0}}`, bearer()); status != 201 || !strings.Contains(body, `"id":"live1"`) {
		t.Errorf("live: %d %s", status, body)
	}
	if status, _, _ := x.ask(t, "POST", "/api/captures/live1/stop", "", bearer()); status != 200 {
		t.Errorf("stop: %d", status)
	}
}

func TestErrorsKeepTheirKind(t *testing.T) {
	for _, c := range []struct {
		err  error
		code wire.Code
	}{
		{fmt.Errorf("open eth0: %w", syscall.EPERM), wire.NoPermission}, {fmt.Errorf("x: %w", syscall.EACCES), wire.NoPermission}, {fs.ErrPermission, wire.NoPermission},
		{syscall.ESRCH, wire.Gone}, {syscall.ENOSPC, wire.NoSpace}, {syscall.EMFILE, wire.Busy}, {session.ErrNotFound, wire.NotFound}, {session.ErrNotCapture, wire.NotCapture},
		{session.ErrTooLarge, wire.TooLarge}, {&session.FilterError{Message: "x"}, wire.BadFilter}, {errors.ErrUnsupported, wire.Unsupported}, {errors.New("x"), wire.Internal},
		{&wire.Error{Code: wire.Conflict, Message: "pid is another's"}, wire.Conflict}, {fmt.Errorf("signal: %w", &wire.Error{Code: wire.Gone, Message: "x", Remedy: "y"}), wire.Gone},
		{access.ErrLimited, wire.TooMany}, {&http.MaxBytesError{Limit: 5}, wire.TooLarge},
	} {
		if e := failure(c.err); e.Code != c.code || e.Message == "" {
			t.Errorf("%v: %+v", c.err, e)
		}
	}
	if e := failure(fmt.Errorf("signal: %w", &wire.Error{Code: wire.Gone, Message: "x", Remedy: "y"})); e.Message != "signal: x" || e.Remedy != "y" {
		t.Errorf("%+v", e)
	}
	x := newSite(t)
	x.caps.err = syscall.ENOSPC
	if status, body, h := x.ask(t, "GET", "/api/captures/c0/download", "", bearer()); status != 507 || h.Get("Content-Disposition") != "" {
		t.Errorf("%d %s", status, body)
	}
}

func TestOtherUsersOfThisHostAreRefused(t *testing.T) {
	own := os.Getuid()
	x := newSite(t, func(o *Options) { o.PeerUIDs = []int{own} })
	if status, body, _ := x.ask(t, "GET", "/api/processes", "", bearer()); status != 200 {
		t.Errorf("own user: %d %s", status, body)
	}
	if own == 0 {
		t.Skip("root may connect everywhere; the rest needs an ordinary user")
	}
	y := newSite(t, func(o *Options) { o.PeerUIDs = []int{own + 1} })
	if status, body, _ := y.ask(t, "GET", "/api/processes", "", bearer()); status != 403 || !strings.Contains(body, "--allow-local-users") {
		t.Errorf("another user: %d %s", status, body)
	}
}

func TestMaskingOfOneProcess(t *testing.T) {
	in := &table.Table{Columns: []table.Column{{ID: "section"}, {ID: "name"}, {ID: "value"}}, Rows: []table.Row{
		{Key: "a", Cells: []table.Cell{"identity", "Command", "mysql --password=x"}}, {Key: "b", Cells: []table.Cell{"identity", "State", "S sleeping"}}, {Key: "c", Cells: []table.Cell{"identity"}}}}
	out := masked(in)
	if out.Rows[0].Cells[2] != "mysql …" || out.Rows[1].Cells[2] != "S sleeping" || in.Rows[0].Cells[2] != "mysql --password=x" {
		t.Errorf("%v, was %v", out.Rows, in.Rows)
	}
}

func TestMetrics(t *testing.T) {
	x := newSite(t)
	x.ask(t, "GET", "/healthz", "", nil)
	status, body, h := x.ask(t, "GET", "/metrics", "", bearer())
	if status != 200 || !strings.HasPrefix(h.Get("Content-Type"), "text/plain; version=0.0.4") || !strings.Contains(body, "\nsonde_http_requests_total 2\n") || !strings.Contains(body, `sonde_build_info{version="test"`) {
		t.Errorf("%d %s", status, body)
	}
	for _, p := range []string{"/debug/pprof", "/debug/vars", "/debug/pprof/heap"} {
		if status, _, _ := x.ask(t, "GET", p, "", bearer()); status != 404 {
			t.Errorf("%s: %d", p, status)
		}
	}
}

func TestSessionsCanBeRaisedAndEnded(t *testing.T) {
	x := newSite(t)
	cookie, half := x.halves(t, access.Viewer)
	in := header{"Cookie": cookie.Name + "=" + cookie.Value, "X-Sonde-Half": half}
	_, body, _ := x.ask(t, "GET", "/api/sessions", "", bearer())
	var list []wire.SessionInfo
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 1 || list[0].Role != "viewer" {
		t.Fatal(body, err)
	}
	if strings.Contains(body, cookie.Value) || strings.Contains(body, half) {
		t.Error("a secret is listed")
	}
	if status, body, _ := x.ask(t, "POST", "/api/sessions/"+list[0].ID+"/role", `{"role":"owner"}`, bearer()); status != 200 {
		t.Error(status, body)
	}
	if status, _, _ := x.ask(t, "GET", "/api/sessions", "", in); status != 200 {
		t.Errorf("raised: %d", status)
	}
	if status, _, _ := x.ask(t, "POST", "/api/sessions/"+list[0].ID+"/role", `{"role":"god"}`, bearer()); status != 400 {
		t.Errorf("no such role: %d", status)
	}
	if status, _, _ := x.ask(t, "DELETE", "/api/sessions/"+list[0].ID, "", bearer()); status != 200 {
		t.Errorf("end: %d", status)
	}
	if status, _, _ := x.ask(t, "GET", "/api/processes", "", in); status != 401 {
		t.Errorf("ended: %d", status)
	}
}

func FuzzPath(f *testing.F) {
	for _, p := range []string{"/api/processes", "/api/..%2fx", "//x", "/%2e", "/a;b", "/api/captures/c0/stats/conv,tcp"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.ParseRequestURI(text)
		if err != nil || !plainPath(u) {
			return
		}
		if path.Clean(u.Path) != u.Path || u.Path[0] != '/' || strings.ContainsAny(u.Path, "\\;%\x00 ") || strings.Contains(u.Path, "..") && path.Clean("/x"+u.Path) != "/x"+u.Path {
			t.Fatalf("%q passes as %q", text, u.Path)
		}
	})
}

// One refresh of a script's process list: gate, probe, sort, encode.
func BenchmarkListTwoThousandProcesses(b *testing.B) {
	x := newSite(b)
	t := processes(2000)
	x.host.answer = t
	r := httptest.NewRequest("GET", "http://localhost/api/processes?sort=-pid", nil)
	r.Header.Set("Authorization", "Bearer "+testToken)
	n := 0
	for b.Loop() {
		w := httptest.NewRecorder()
		x.s.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code)
		}
		n = w.Body.Len()
	}
	b.ReportMetric(float64(n), "bytes/answer")
}
