package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"sonde/capture/session"
	"sonde/probes/table"
	"sonde/server/access"
	"sonde/server/hub"
	"sonde/server/wire"
)

// secretData is in everything that holds data: a refused answer must not.
const secretData = "SECRETDATA"

const testToken = "token-for-scripts-of-0123456789abcdef"

// fakeHost and fakeCaptures record what they are asked.
type fakeHost struct {
	mu    sync.Mutex
	calls []string
	fail  error
	feeds chan *fakeFeed
	// answer replaces the three processes, and stops the record.
	answer *table.Table
}

type fakeFeed struct {
	ch     chan *table.Table
	once   sync.Once
	closed chan struct{}
}

func newFeed() *fakeFeed {
	return &fakeFeed{ch: make(chan *table.Table, 1), closed: make(chan struct{})}
}
func (f *fakeFeed) C() <-chan *table.Table { return f.ch }
func (f *fakeFeed) Err() error             { return nil }
func (f *fakeFeed) Close()                 { f.once.Do(func() { close(f.closed) }) }

func (h *fakeHost) call(format string, a ...any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, fmt.Sprintf(format, a...))
	return h.fail
}

func (h *fakeHost) took() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := strings.Join(h.calls, "\n")
	h.calls = nil
	return s
}

func processes(n int) *table.Table {
	t := &table.Table{Version: 1, Columns: []table.Column{{ID: "pid", Title: "PID", Type: table.Int}, {ID: "user", Title: "USER", Type: table.Text}, {ID: "command", Title: "COMMAND", Type: table.Text}}}
	for i := 1; i <= n; i++ {
		t.Rows = append(t.Rows, table.Row{Key: fmt.Sprintf("%d:%d", i, 1000+i), Cells: []table.Cell{int64(i), []string{"root", "app"}[i%2], "=" + secretData + " --password x"}})
	}
	return t
}

func (h *fakeHost) Subscribe(topic string, args map[string]string) (hub.Feed, error) {
	if topic == "nobody" {
		return nil, hub.ErrNoTopic
	}
	if err := h.call("subscribe %s %v", topic, args); err != nil {
		return nil, err
	}
	f := newFeed()
	f.ch <- processes(3)
	h.feeds <- f
	return f, nil
}

func (h *fakeHost) Once(_ context.Context, topic string, args map[string]string) (*table.Table, error) {
	if h.answer != nil {
		return h.answer, nil
	}
	if err := h.call("once %s %v", topic, args); err != nil {
		return nil, err
	}
	if topic == "nobody" {
		return nil, hub.ErrNoTopic
	}
	return processes(3), nil
}

func (h *fakeHost) Signal(_ context.Context, pid int, start uint64, sig string, force bool) error {
	return h.call("signal %d %d %s %v", pid, start, sig, force)
}
func (h *fakeHost) Renice(_ context.Context, pid int, start uint64, nice int) error {
	return h.call("renice %d %d %d", pid, start, nice)
}
func (h *fakeHost) StartLive(_ context.Context, spec LiveSpec) (string, error) {
	return "live1", h.call("live %s %q", spec.Interface, spec.Filter)
}
func (h *fakeHost) StopLive(_ context.Context, id string) error { return h.call("stop %s", id) }
func (h *fakeHost) Devices(context.Context) ([]Device, error) {
	return []Device{{Name: secretData}}, nil
}
func (h *fakeHost) Features(context.Context) []Feature { return []Feature{{Name: secretData}} }

type fakeCaptures struct {
	mu    sync.Mutex
	files map[string][]byte
	names map[string]string
	n     int
	err   error
}

func (c *fakeCaptures) List() []session.Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []session.Status
	for id := range c.files {
		out = append(out, c.status(id))
	}
	return out
}

func (c *fakeCaptures) status(id string) session.Status {
	return session.Status{ID: id, Name: c.names[id], Filter: secretData, State: session.Ready, FileSize: int64(len(c.files[id]))}
}

func (c *fakeCaptures) Status(id string) (session.Status, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.files[id]; !ok {
		return session.Status{}, session.ErrNotFound
	}
	return c.status(id), nil
}

func (c *fakeCaptures) Import(_ context.Context, name string, r io.Reader, _ int64) (session.Status, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return session.Status{}, fmt.Errorf("receive: %w", err)
	}
	if !bytes.HasPrefix(b, []byte("\xd4\xc3\xb2\xa1")) {
		return session.Status{}, session.ErrNotCapture
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	id := fmt.Sprintf("c%d", c.n)
	c.files[id], c.names[id] = b, name
	return c.status(id), nil
}

func (c *fakeCaptures) Delete(id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.files, id)
	return nil
}

func (c *fakeCaptures) Rows(_ context.Context, id string, q session.RowsQuery) (*session.RowsPage, error) {
	if _, err := c.Status(id); err != nil {
		return nil, err
	}
	if q.Filter == "bad ==" {
		return nil, fmt.Errorf("rows: %w", &session.FilterError{Message: "value is missing", At: 4, Length: 2})
	}
	p := &session.RowsPage{Total: 100, Displayed: 50}
	for i := q.From; i < min(q.From+q.Limit, 50); i++ {
		p.Rows = append(p.Rows, session.Row{No: uint32(2*i + 2), Cells: []string{secretData}})
	}
	return p, nil
}

func (c *fakeCaptures) Packet(_ context.Context, id string, no uint32) (*session.Detail, error) {
	if no > 100 {
		return nil, session.ErrNoPacket
	}
	return &session.Detail{No: no, Sources: []session.DataSource{{Name: secretData}}}, nil
}
func (c *fakeCaptures) Stat(_ context.Context, _ string, q session.StatQuery) (*table.Table, error) {
	if q.Name == "nobody" {
		return nil, hub.ErrNoTopic
	}
	return processes(3), nil
}
func (c *fakeCaptures) Follow(_ context.Context, _, proto string, n int, _ string) (*session.Stream, error) {
	return &session.Stream{Proto: proto, Index: n, Chunks: []session.StreamChunk{{Data: []byte("<script>" + secretData)}}}, nil
}
func (c *fakeCaptures) Strip(context.Context, string, string, int) (*session.Strip, error) {
	return &session.Strip{}, nil
}
func (c *fakeCaptures) CheckFilter(text string) session.FilterCheck {
	return session.FilterCheck{OK: text != "bad ==", Error: &session.FilterError{Message: "x"}, Explained: secretData}
}
func (c *fakeCaptures) Complete(context.Context, string, string, int) ([]session.Completion, error) {
	return nil, nil
}
func (c *fakeCaptures) Export(_ context.Context, id, _, _ string, w io.Writer) error {
	if c.err != nil {
		return c.err
	}
	_, err := io.WriteString(w, secretData)
	return err
}
func (c *fakeCaptures) Subscribe(topic string, _ map[string]string) (hub.Feed, error) {
	f := newFeed()
	f.ch <- processes(1)
	return f, nil
}

func fakePages(r PageRouter) {
	for _, p := range []string{"/", "/processes", "/captures/{id}", "/captures/{id}/{view}"} {
		r.Get(p, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "<!doctype html><title>shell</title>known=%v id=%s", Who(r.Context()).ID != "", r.PathValue("id"))
		})
	}
}

// site is a running server with its fakes.
type site struct {
	*httptest.Server
	s    *Server
	host *fakeHost
	caps *fakeCaptures
	a    *access.Access
	dir  string
}

func newSite(t testing.TB, change ...func(*Options)) *site {
	t.Helper()
	dir := t.TempDir()
	a, err := access.Open(access.Options{Dir: dir, Token: testToken})
	if err != nil {
		t.Fatal(err)
	}
	log, err := access.OpenAudit(dir)
	if err != nil {
		t.Fatal(err)
	}
	x := &site{a: a, dir: dir, host: &fakeHost{feeds: make(chan *fakeFeed, 100)},
		caps: &fakeCaptures{files: map[string][]byte{"c0": []byte("\xd4\xc3\xb2\xa1")}, names: map[string]string{"c0": "a\r\nb\"é.pcap"}}}
	o := Options{Access: a, Audit: log, Host: x.host, Captures: x.caps, Pages: fakePages, CheckCapture: x.caps.CheckFilter, DataDir: dir, Build: "test",
		Assets: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "asset") }),
		Log:    slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&o)
	}
	if x.s, err = New(o); err != nil {
		t.Fatal(err)
	}
	x.Server = httptest.NewUnstartedServer(nil)
	x.Server.Config = x.s.server()
	x.Server.Listener = x.s.counted(x.Server.Listener)
	x.Server.Start()
	t.Cleanup(x.Server.Close)
	t.Cleanup(func() { close(x.s.shutdown) })
	return x
}

// halves logs a browser in.
func (x *site) halves(t testing.TB, role access.Role) (cookie *http.Cookie, half string) {
	t.Helper()
	code, err := x.a.Mint()
	if err != nil {
		t.Fatal(err)
	}
	_, c, h, err := x.a.Exchange(code, "127.0.0.1", "test", role)
	if err != nil {
		t.Fatal(err)
	}
	return x.a.Cookie(c), h
}

type header = map[string]string

func bearer() header { return header{"Authorization": "Bearer " + testToken} }

// ask sends one request; a JSON body gets its type unless the header says otherwise.
func (x *site) ask(t testing.TB, method, path, body string, h header) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, x.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" && h["Content-Type"] == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range h {
		switch {
		case k == "Host":
			req.Host = v
		case v == "":
		default:
			req.Header.Set(k, v)
		}
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

func codeOf(t testing.TB, body string) wire.Code {
	t.Helper()
	var b wire.Body
	if err := json.Unmarshal([]byte(body), &b); err != nil || b.Error == nil {
		t.Errorf("not an error body: %s", body)
		return ""
	}
	return b.Error.Code
}
