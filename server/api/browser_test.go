package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sonde/server/access"
)

// A real browser, logged in by cookie, opens a page of another port of this
// host, and a page of a name that was made to resolve here. Neither gets a byte.
func TestBrowserKeepsOtherPagesOut(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium on this machine")
	}
	x := newSite(t)
	cookie, _ := x.halves(t, access.Owner)
	port := x.URL[strings.LastIndexByte(x.URL, ':'):]
	hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Cookies know no ports: the browser sends this one to our port as well.
		http.SetCookie(w, cookie)
		fmt.Fprintf(w, `<!doctype html><body><script>
const u = "http://localhost%[1]s";
const ws = () => new Promise((ok) => { const s = new WebSocket("ws://localhost%[1]s/ws"); s.onopen = () => ok("socket is open"); s.onmessage = (e) => ok(e.data); s.onerror = () => ok("socket refused"); });
const get = (path, o) => fetch(u + path, o).then((r) => r.text().then((t) => r.type + ":" + t));
Promise.allSettled([get("/api/processes", {credentials: "include"}), get("/api/processes", {credentials: "include", mode: "no-cors"}),
  get("/api/processes/2/signal", {method: "POST", mode: "no-cors", credentials: "include", body: JSON.stringify({signal: "KILL", start: 1002})}),
  get("/api/processes/2/signal", {method: "POST", credentials: "include", headers: {"content-type": "application/json"}, body: "{}"}), ws()])
  .then((r) => { document.body.textContent = JSON.stringify(r) + " DONE"; });
</script>`, port)
	}))
	defer hostile.Close()
	dump := func(flags ...string) string {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		args := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=" + t.TempDir(), "--virtual-time-budget=4000", "--dump-dom"}, flags...)
		out, err := exec.CommandContext(ctx, chromium, args...).Output()
		if err != nil {
			t.Skipf("chromium does not run here: %v", err)
		}
		return string(out)
	}
	dom := dump(strings.Replace(hostile.URL, "127.0.0.1", "localhost", 1))
	if !strings.Contains(dom, "DONE") || !strings.Contains(dom, "socket refused") {
		t.Errorf("other port: %s", dom)
	}
	if strings.Contains(dom, secretData) || strings.Contains(dom, "socket is open") {
		t.Errorf("other port got through: %s", dom)
	}
	dom = dump("--host-resolver-rules=MAP evil.example 127.0.0.1", "http://evil.example"+port+"/api/processes")
	if !strings.Contains(dom, "bad-host") || strings.Contains(dom, secretData) {
		t.Errorf("rebound name: %s", dom)
	}
	if got := x.host.took(); got != "" {
		t.Errorf("the host was asked: %s", got)
	}
}
