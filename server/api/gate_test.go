package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"sonde/server/access"
	"sonde/server/wire"
)

// paths fills a route's pattern with values that exist.
func filled(pattern string) string {
	return strings.NewReplacer("{id}", "c0", "{pid}", "2", "{no}", "7", "{name}", "conv,tcp", "{proto}", "tcp", "{stream}", "0",
		"{probe}", "processes", "{session}", "nobody", "{upload}", "nobody", "{view}", "expert", "*", "app.js").Replace(pattern)
}

func bodyFor(r *Route) string {
	switch {
	case strings.HasSuffix(r.Pattern, "/signal"):
		return `{"signal":"TERM","start":1002}`
	case strings.HasSuffix(r.Pattern, "/renice"):
		return `{"nice":5}`
	case strings.HasSuffix(r.Pattern, "/live"):
		return `{"interface":"any"}`
	case strings.HasSuffix(r.Pattern, "/role"):
		return `{"role":"viewer"}`
	case r.Pattern == "/api/session":
		return `{"code":"wrong"}`
	}
	return ""
}

// Every route that the mux knows has a role, and nobody gets in without one.
func TestEveryRouteHasARoleAndRefusesStrangers(t *testing.T) {
	x := newSite(t)
	seen := 0
	err := chi.Walk(x.s.mux, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		seen++
		route := x.s.byKey[method+" "+pattern]
		if route == nil || !route.Need.Known() {
			t.Errorf("%s %s has no role", method, pattern)
			return nil
		}
		for name, h := range map[string]header{"nothing": {}, "wrong token": {"Authorization": "Bearer wrong"}, "wrong cookie": {"Cookie": x.a.CookieName() + "=x", "Origin": x.URL}} {
			if route.Need == access.Public && (name != "nothing" || method != "GET") {
				continue
			}
			status, body, _ := x.ask(t, method, filled(pattern), "", h)
			if route.Need == access.Public {
				if status != 200 {
					t.Errorf("%s %s: %d", method, pattern, status)
				}
			} else if status != 401 && status != 403 && status != 404 && status != 429 {
				t.Errorf("%s %s with %s: %d", method, pattern, name, status)
			}
			if strings.Contains(body, secretData) {
				t.Errorf("%s %s with %s gave data away", method, pattern, name)
			}
		}
		return nil
	})
	if err != nil || seen != len(x.s.routes) {
		t.Errorf("%d routes of %d walked: %v", seen, len(x.s.routes), err)
	}
	if got := x.host.took(); got != "" {
		t.Errorf("the host was asked: %s", got)
	}
}

// The documented routes are the real ones, and each answers as documented.
func TestDocumentedRoutesWork(t *testing.T) {
	x := newSite(t)
	status, body, _ := x.ask(t, "GET", "/api/openapi.json", "", bearer())
	if status != 200 {
		t.Fatal(status, body)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string                     `json:"operationId"`
			Role        string                     `json:"x-sonde-role"`
			Responses   map[string]json.RawMessage `json:"responses"`
			Parameters  []struct{ Name, In string }
		}
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	ids, n := map[string]bool{}, 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			n++
			method = strings.ToUpper(method)
			if op.Role == "" || ids[op.OperationID] {
				t.Errorf("%s %s: role %q, id %q", method, path, op.Role, op.OperationID)
			}
			ids[op.OperationID] = true
			route := x.s.byKey[method+" "+strings.Replace(path, "{file}", "*", 1)]
			if route == nil {
				t.Errorf("%s %s is documented and not there", method, path)
				continue
			}
			for _, p := range op.Parameters {
				if p.In == "path" && !strings.Contains(path, "{"+p.Name+"}") {
					t.Errorf("%s %s: no place for %s", method, path, p.Name)
				}
			}
			x.caps.files["c0"] = []byte("\xd4\xc3\xb2\xa1")
			h := bearer()
			h["Upload-Length"], h["Upload-Offset"] = "0", "0"
			q := ""
			if strings.HasSuffix(path, "/find") {
				q = "?filter=tcp"
			}
			got, answer, _ := x.ask(t, method, filled(route.Pattern)+q, bodyFor(route), h)
			want := func(s int) bool { _, ok := op.Responses[fmt.Sprint(s)]; return ok }
			switch {
			case want(got):
			case route.socket && got == 426, // not an upgrade
				strings.Contains(path, "{session}") && got == 404, strings.Contains(path, "{upload}") && (got == 404 || got == 415),
				path == "/api/session" && (got == 401 || got == 400), // no browser session behind a token
				route.Body == bodyBytes && got == 415:                // an empty file is no capture
			default:
				t.Errorf("%s %s: %d %s", method, path, got, answer)
			}
		}
	}
	if n != len(x.s.routes) {
		t.Errorf("%d of %d routes are documented", n, len(x.s.routes))
	}
	for _, name := range []string{"table.Table", "session.Status", "wire.Body", "wire.LiveSpec"} {
		if doc.Components.Schemas[name] == nil {
			t.Errorf("no schema %s", name)
		}
	}
}

func TestHostIsCheckedFirst(t *testing.T) {
	x := newSite(t, func(o *Options) { o.AllowHosts = []string{"sonde.example"} })
	cookie, half := x.halves(t, access.Owner)
	port := x.URL[strings.LastIndexByte(x.URL, ':'):]
	for host, want := range map[string]int{
		"localhost" + port: 200, "127.0.0.1" + port: 200, "[::1]" + port: 200, "localhost:1": 200, "localhost": 200, "LOCALHOST:9": 200, "sonde.example:8443": 200,
		"evil.example": 403, "evil.example" + port: 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403, "0.0.0.0" + port: 403, "169.254.169.254": 403,
		"10.0.0.1": 403, "2130706433": 403, "127.1": 403, "[::]" + port: 403, "[::ffff:127.0.0.1]": 403, "sonde.example.": 403, "xsonde.example": 403, "localhost.": 403,
	} {
		for _, path := range []string{"/api/processes", "/healthz", "/", "/ws", "/nowhere"} {
			h := header{"Host": host, "Cookie": cookie.Name + "=" + cookie.Value, "X-Sonde-Half": half}
			status, body, _ := x.ask(t, "GET", path, "", h)
			if want == 403 && (status != 403 || codeOf(t, body) != wire.BadHost || !strings.Contains(body, "--allow-host")) {
				t.Errorf("%s of %s: %d %s", path, host, status, body)
			}
			if want == 200 && path == "/api/processes" && status != 200 {
				t.Errorf("%s: %d %s", host, status, body)
			}
		}
	}
	// Header tricks do not replace Host.
	for _, name := range []string{"X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host"} {
		if status, _, _ := x.ask(t, "GET", "/healthz", "", header{"Host": "evil.example", name: "localhost"}); status != 403 {
			t.Errorf("%s: %d", name, status)
		}
	}
	for name, raw := range map[string]string{
		"no Host in 1.0":      "GET /healthz HTTP/1.0\r\n\r\n",
		"absolute form":       "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
		"empty Host":          "GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
		"two Hosts":           "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
		"no Host in 1.1":      "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
		"user in Host":        "GET /healthz HTTP/1.1\r\nHost: localhost@evil.example\r\nConnection: close\r\n\r\n",
		"both length and te":  "POST /api/session HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
		"connect":             "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n",
		"asterisk, evil Host": "OPTIONS * HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
	} {
		if got := x.raw(t, raw); !strings.HasPrefix(got, "HTTP/1.1 403") && !strings.HasPrefix(got, "HTTP/1.1 400") && !strings.HasPrefix(got, "HTTP/1.0 403") {
			t.Errorf("%s: %.60q", name, got)
		}
	}
}

func (x *site) raw(t *testing.T, text string) string {
	t.Helper()
	c, err := net.Dial("tcp", x.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return "closed: " + err.Error()
	}
	return line
}

func TestOtherSitesAreRefused(t *testing.T) {
	x := newSite(t)
	cookie, half := x.halves(t, access.Owner)
	in := func(more header) header {
		h := header{"Cookie": cookie.Name + "=" + cookie.Value, "X-Sonde-Half": half}
		for k, v := range more {
			h[k] = v
		}
		return h
	}
	port := x.URL[strings.LastIndexByte(x.URL, ':'):]
	kill := `{"signal":"KILL","start":1002}`
	for _, c := range []struct {
		name, method, path, body string
		h                        header
		want                     int
	}{
		{"own page reads", "GET", "/api/processes", "", header{"Origin": x.URL, "Sec-Fetch-Site": "same-origin"}, 200},
		{"typed address", "GET", "/api/processes", "", header{"Sec-Fetch-Site": "none"}, 200},
		{"own page acts", "POST", "/api/processes/2/signal", kill, header{"Origin": x.URL, "Sec-Fetch-Site": "same-origin"}, 200},
		{"other port reads", "GET", "/api/processes", "", header{"Origin": "http://localhost:3000"}, 403},
		{"other port, same site", "GET", "/api/processes", "", header{"Sec-Fetch-Site": "same-site"}, 403},
		{"other site reads", "GET", "/api/processes", "", header{"Origin": "https://evil.example"}, 403},
		{"other site without Origin", "GET", "/api/processes", "", header{"Sec-Fetch-Site": "cross-site"}, 403},
		{"null origin", "GET", "/api/processes", "", header{"Origin": "null"}, 403},
		{"https origin", "GET", "/api/processes", "", header{"Origin": "https://127.0.0.1" + port}, 403},
		{"other loopback name", "GET", "/api/processes", "", header{"Origin": "http://localhost" + port}, 403},
		{"no Origin with a cookie", "POST", "/api/processes/2/signal", kill, nil, 403},
		{"form post", "POST", "/api/processes/2/signal", "signal=KILL", header{"Origin": x.URL, "Content-Type": "application/x-www-form-urlencoded"}, 415},
		{"text post", "POST", "/api/processes/2/signal", kill, header{"Origin": x.URL, "Content-Type": "text/plain"}, 415},
		{"multipart", "POST", "/api/processes/2/signal", kill, header{"Origin": x.URL, "Content-Type": "multipart/form-data; boundary=x"}, 415},
		{"text hidden in json", "POST", "/api/processes/2/signal", kill, header{"Origin": x.URL, "Content-Type": "text/plain; application/json"}, 415},
		{"odd charset", "POST", "/api/processes/2/signal", kill, header{"Origin": x.URL, "Content-Type": "application/json; charset=utf-16"}, 415},
		{"malformed type", "POST", "/api/processes/2/signal", kill, header{"Origin": x.URL, "Content-Type": ";;"}, 415},
		{"cross-site post with everything", "POST", "/api/processes/2/signal", kill, header{"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}, 403},
		{"cross-site delete", "DELETE", "/api/captures/c0", "", header{"Origin": "http://evil.example"}, 403},
		{"method override", "POST", "/api/captures/c0", "{}", header{"Origin": x.URL, "X-HTTP-Method-Override": "DELETE"}, 405},
		{"get cannot act", "GET", "/api/processes/2/signal?signal=KILL&start=1002", "", nil, 405},
		{"link from another site to a page", "GET", "/processes?sel=1&dialog=kill", "", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200},
		{"frame from another site", "GET", "/processes", "", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403},
		{"link from another site to the API", "GET", "/api/processes", "", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 403},
		{"script of another site", "GET", "/assets/app.js", "", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, 403},
		{"preflight", "OPTIONS", "/api/processes", "", header{"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}, 403},
		{"websocket of another site", "GET", "/ws", "", header{"Origin": "http://evil.example", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}, 403},
		{"websocket of another port", "GET", "/ws", "", header{"Origin": "http://localhost:3000", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}, 403},
		{"websocket without Origin", "GET", "/ws", "", header{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}, 403},
	} {
		x.host.took()
		status, body, h := x.ask(t, c.method, c.path, c.body, in(c.h))
		if status != c.want {
			t.Errorf("%s: %d, want %d: %s", c.name, status, c.want, body)
		}
		if c.want >= 400 && (strings.Contains(body, secretData) || x.host.took() != "") {
			t.Errorf("%s: data or act got through", c.name)
		}
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: CORS header %s", c.name, name)
			}
		}
	}
}

func TestOneHalfIsNoLogin(t *testing.T) {
	x := newSite(t)
	cookie, half := x.halves(t, access.Owner)
	_, half2 := x.halves(t, access.Owner)
	jar := cookie.Name + "=" + cookie.Value
	for name, c := range map[string]struct {
		h    header
		want int
	}{
		"both":                {header{"Cookie": jar, "X-Sonde-Half": half}, 200},
		"cookie alone":        {header{"Cookie": jar}, 401},
		"half alone":          {header{"X-Sonde-Half": half}, 401},
		"another's half":      {header{"Cookie": jar, "X-Sonde-Half": half2}, 401},
		"half in the query":   {header{"Cookie": jar}, 401},
		"bearer half":         {header{"Authorization": "Bearer " + half}, 401},
		"bearer cookie":       {header{"Authorization": "Bearer " + cookie.Value}, 401},
		"basic":               {header{"Authorization": "Basic " + testToken}, 401},
		"token as cookie":     {header{"Cookie": cookie.Name + "=" + testToken, "X-Sonde-Half": testToken}, 401},
		"bad bearer, session": {header{"Cookie": jar, "X-Sonde-Half": half, "Authorization": "Bearer x"}, 401},
	} {
		path := "/api/processes"
		if strings.Contains(name, "query") {
			path += "?half=" + url.QueryEscape(half) + "&token=" + testToken
		}
		status, body, h := x.ask(t, "GET", path, "", c.h)
		if status != c.want || status != 200 && strings.Contains(body, secretData) {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if status == 401 && (codeOf(t, body) != wire.NoSession || h.Get("WWW-Authenticate") == "") {
			t.Errorf("%s: %s", name, body)
		}
	}
	// With the cookie alone a page is the frame, and holds nothing.
	_, body, _ := x.ask(t, "GET", "/processes", "", header{"Cookie": jar})
	if !strings.Contains(body, "known=true") {
		t.Error(body)
	}
	_, body, _ = x.ask(t, "GET", "/captures/c0", "", header{"Cookie": cookie.Name + "=x"})
	if !strings.Contains(body, "known=false id=c0") {
		t.Error(body)
	}
}

func TestExchangeOfTheLinksCode(t *testing.T) {
	x := newSite(t)
	code, err := x.a.Mint()
	if err != nil {
		t.Fatal(err)
	}
	own := header{"Origin": x.URL, "Sec-Fetch-Site": "same-origin"}
	status, body, h := x.ask(t, "POST", "/api/session", `{"code":"`+code+`"}`, own)
	var g wire.Granted
	if err := json.Unmarshal([]byte(body), &g); err != nil || status != 200 || len(g.Half) < 22 || g.Role != "owner" {
		t.Fatal(status, body)
	}
	set := h.Get("Set-Cookie")
	for _, want := range []string{"sonde_", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"} {
		if !strings.Contains(set, want) {
			t.Errorf("cookie %q lacks %s", set, want)
		}
	}
	if strings.Contains(set, "Domain") || strings.Contains(set, g.Half) {
		t.Errorf("cookie %q", set)
	}
	jar, _, _ := strings.Cut(set, ";")
	if status, body, _ := x.ask(t, "POST", "/api/session", `{"code":"`+code+`"}`, own); status != 401 {
		t.Errorf("twice: %d %s", status, body)
	}
	in := header{"Cookie": jar, "X-Sonde-Half": g.Half, "Origin": x.URL}
	if status, body, _ := x.ask(t, "GET", "/api/session", "", in); status != 200 || !strings.Contains(body, `"role":"owner"`) {
		t.Errorf("me: %d %s", status, body)
	}
	if status, _, h := x.ask(t, "DELETE", "/api/session", "", in); status != 200 || !strings.Contains(h.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("logout: %d %v", status, h)
	}
	if status, _, _ := x.ask(t, "GET", "/api/session", "", in); status != 401 {
		t.Errorf("after logout: %d", status)
	}
	limited := 0
	for i := range 30 {
		status, _, h := x.ask(t, "POST", "/api/session", fmt.Sprintf(`{"code":"wrong%d"}`, i), own)
		if status == 429 && limited == 0 {
			limited = i
			if h.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
	if limited == 0 || limited > 12 {
		t.Errorf("limited after %d", limited)
	}
}

func TestPathTricksNeverReachData(t *testing.T) {
	x := newSite(t)
	for _, p := range []string{
		"/api/processes/..%2fapp.css", "/api/processes/../app.css", "/assets/../api/processes", "/assets/..%2fapi/processes", "/assets/%2e%2e/api/processes",
		"/api/processes;x=.css", "/api/processes;.css", "//api/processes", "/api//processes", "/%61pi/processes/", "/api/processes/", "/api/processes.", "/API/processes",
		"/api/%2e/processes", "/./api/processes", "/api/processes%00.css", "/api/processes%20", "/api\\processes", "/api%5cprocesses", "/api/processes%0a", "/api/./processes", "/api/x/../processes",
		"/api/processes%2f", "/api/processes/%2e%2e/%2e%2e/healthz", "/healthz/../api/processes", "/healthz%2f..%2fapi/processes", "/api/processes%ff", "/api/processes/2/..", "/..//api/processes", "/api/processes%253f",
	} {
		for name, h := range map[string]header{"stranger": {}, "owner": bearer()} {
			raw := "GET " + p + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
			for k, v := range h {
				raw += k + ": " + v + "\r\n"
			}
			if got := x.raw(t, raw+"\r\n"); strings.Contains(got, " 200") || strings.Contains(got, " 3") {
				t.Errorf("%s as %s: %q", p, name, got)
			}
		}
	}
	// Encoded letters are the same path, and the same check.
	if status, _, _ := x.ask(t, "GET", "/%61pi/processes", "", nil); status != 401 {
		t.Errorf("encoded letter, stranger: %d", status)
	}
	for _, name := range []string{"X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Path", "X-Forwarded-Prefix"} {
		status, body, _ := x.ask(t, "GET", "/healthz", "", header{name: "/api/processes"})
		if strings.Contains(body, secretData) || status != 200 {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if status, _, _ := x.ask(t, "GET", "/api/processes", "", header{name: "/healthz"}); status != 401 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if got := x.host.took(); got != "" {
		t.Errorf("the host was asked: %s", got)
	}
	if status, _, h := x.ask(t, "PUT", "/api/processes", "{}", bearer()); status != 405 || h.Get("Allow") != "GET, HEAD" && h.Get("Allow") != "GET" {
		t.Errorf("405: %d, Allow %q", status, h.Get("Allow"))
	}
	if status, body, _ := x.ask(t, "HEAD", "/api/processes", "", bearer()); status != 200 || body != "" {
		t.Errorf("HEAD: %d %q", status, body)
	}
}

func TestEveryAnswerIsHardened(t *testing.T) {
	x := newSite(t)
	for _, p := range []string{"/", "/healthz", "/api/processes", "/nowhere", "/api/captures/c0/download", "/ws"} {
		for _, h := range []header{bearer(), {"Host": "evil.example"}, {}} {
			_, _, got := x.ask(t, "GET", p, "", h)
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store", "Content-Security-Policy": policy} {
				if got.Get(name) != want {
					t.Errorf("%s: %s is %q", p, name, got.Get(name))
				}
			}
		}
	}
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types lit-html sonde"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy lacks %s", want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Error("unsafe policy")
	}
}

func TestRolesAndReadOnly(t *testing.T) {
	acts := map[string]string{"POST /api/processes/2/signal": `{"signal":"TERM","start":1002}`, "POST /api/processes/2/renice": `{"nice":1,"start":1002}`,
		"POST /api/captures/live": `{"interface":"any"}`, "POST /api/captures/c0/stop": "", "DELETE /api/captures/c0": "", "GET /api/captures/c0/download": "", "GET /api/sessions": "", "GET /metrics": "",
		"GET /api/audit": "", "GET /api/processes": "", "GET /api/captures/c0/packets": ""}
	may := map[access.Role]string{
		access.Operator: "POST /api/captures/live POST /api/captures/c0/stop DELETE /api/captures/c0 GET /api/processes GET /api/captures/c0/packets",
		access.Viewer:   "GET /api/processes GET /api/captures/c0/packets",
		access.Link:     "",
	}
	x := newSite(t)
	for role, allowed := range may {
		cookie, half := x.halves(t, role)
		for act, body := range acts {
			x.caps.files["c0"] = []byte("\xd4\xc3\xb2\xa1")
			method, path, _ := strings.Cut(act, " ")
			status, answer, _ := x.ask(t, method, path, body, header{"Cookie": cookie.Name + "=" + cookie.Value, "X-Sonde-Half": half, "Origin": x.URL})
			want := strings.Contains(" "+allowed+" ", " "+act+" ") || allowed != "" && strings.Contains(allowed, act)
			if ok := status < 300; ok != want || !want && status != 403 {
				t.Errorf("%s: %s: %d %s", role, act, status, answer)
			}
		}
	}
	// A viewer sees arguments masked, whatever it asks for.
	cookie, half := x.halves(t, access.Viewer)
	x.host.took()
	in := header{"Cookie": cookie.Name + "=" + cookie.Value, "X-Sonde-Half": half}
	_, body, _ := x.ask(t, "GET", "/api/processes?mask=0&reveal=1&user=root", "", in)
	if got := x.host.took(); !strings.Contains(got, "mask:1") || strings.Contains(got, "reveal") || strings.Contains(body, "--password") || !strings.Contains(body, "…") {
		t.Errorf("not masked: %s %s", got, body)
	}
	s, _ := x.dial(t, "Origin: "+x.URL, "Cookie: "+in["Cookie"], "X-Sonde-Half: "+half)
	s.next()
	s.say(`{"op":"sub","topic":"probe/processes?reveal=1","args":{"mask":"0"},"id":1}`)
	if m := s.next(); m.Snapshot == nil || strings.Contains(fmt.Sprint(m.Snapshot.Rows), "--password") {
		t.Errorf("not masked: %+v", m)
	}
	// The owner sees all; revealing is recorded.
	_, body, _ = x.ask(t, "GET", "/api/processes/2?reveal=1", "", bearer())
	log, _ := os.ReadFile(filepath.Join(x.dir, access.AuditFile))
	if !strings.Contains(body, "--password") || strings.Count(string(log), `"act":"reveal"`) != 1 {
		t.Errorf("owner: %s\n%s", body, log)
	}
	// An operator may kill once the server was told so.
	y := newSite(t, func(o *Options) { o.OperatorMay = []string{"kill"} })
	cookie, half = y.halves(t, access.Operator)
	if status, body, _ := y.ask(t, "POST", "/api/processes/2/signal", `{"signal":"TERM","start":1002}`, header{"Cookie": cookie.Name + "=" + cookie.Value, "X-Sonde-Half": half, "Origin": y.URL}); status != 200 {
		t.Errorf("operator with kill: %d %s", status, body)
	}
	// Read-only: nobody changes anything.
	z := newSite(t, func(o *Options) { o.ReadOnly = true })
	for i := range z.s.routes {
		r := &z.s.routes[i]
		if !unsafe(r.Method) || r.login {
			continue
		}
		if status, body, _ := z.ask(t, r.Method, filled(r.Pattern), bodyFor(r), bearer()); status != 403 && !(r.Body == bodyBytes && status == 415) {
			t.Errorf("read-only: %s %s: %d %s", r.Method, r.Pattern, status, body)
		}
	}
	if got := z.host.took(); got != "" {
		t.Errorf("read-only host was asked: %s", got)
	}
}

func TestActsAreRecordedOrNotDone(t *testing.T) {
	x := newSite(t)
	if status, body, _ := x.ask(t, "POST", "/api/processes/2/signal", `{"signal":"term","start":"1002","reason":"stuck"}`, bearer()); status != 200 {
		t.Fatal(status, body)
	}
	if got := x.host.took(); got != "signal 2 1002 term false" {
		t.Error(got)
	}
	b, err := os.ReadFile(filepath.Join(x.dir, access.AuditFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"act":"signal","phase":"begin"`, `"phase":"end","target":"pid 2 started 1002"`, `"result":"ok"`, `"reason":"stuck"`, `"session":"token","role":"owner","address":"127.0.0.1"`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("audit log lacks %s:\n%s", want, b)
		}
	}
	if n, err := access.Verify(strings.NewReader(string(b))); err != nil || n != 2 {
		t.Error(n, err)
	}
	if strings.Contains(string(b), testToken) {
		t.Error("a token is in the audit log")
	}
	if err := os.Remove(filepath.Join(x.dir, access.AuditFile)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(x.dir, access.AuditFile), 0o700); err != nil {
		t.Fatal(err)
	}
	for act, body := range map[string]string{"POST /api/processes/2/signal": `{"signal":"TERM","start":1002}`, "POST /api/processes/2/renice": `{"nice":1,"start":1}`, "POST /api/captures/live": `{"interface":"any"}`, "DELETE /api/captures/c0": ""} {
		method, path, _ := strings.Cut(act, " ")
		status, answer, _ := x.ask(t, method, path, body, bearer())
		if status != 503 || codeOf(t, answer) != wire.AuditFailed {
			t.Errorf("%s: %d %s", act, status, answer)
		}
	}
	if got := x.host.took(); got != "" || x.caps.files["c0"] == nil {
		t.Errorf("done without a record: %s", got)
	}
}
