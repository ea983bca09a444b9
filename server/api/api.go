// Package api is the program's outside over HTTP: routes, checks, JSON and the
// websocket. Handlers decode, call one method, encode; what they call is given
// as the small interfaces Host and Captures.
//
// Every request passes the same checks in the same order, before any handler:
// Host allow-list, Origin, Sec-Fetch-Site, content type, session, role of the
// matched route, size and time limits (gate.go). Roles belong to routes
// (routes.go); a route that is not in that table does not exist.
//
//	s, err := api.New(api.Options{Access: a, Audit: log, Host: keeper, Captures: library, DataDir: dir})
//	l, err := api.Listen(api.ListenSpec{})
//	err = s.Serve(ctx, l.Listeners, nil)
package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"sonde/capture/session"
	"sonde/probes/table"
	"sonde/server/access"
	"sonde/server/hub"
	"sonde/server/wire"
)

// Types of the wire under the names that implementers use.
type (
	LiveSpec = wire.LiveSpec
	Device   = wire.Device
	Feature  = wire.Feature
)

// Host is this machine: probes, signals, live captures. Topics are probe names
// without "probe/". A *wire.Error keeps its code and remedy; others are mapped
// by kind (errors.go).
type Host interface {
	Subscribe(topic string, args map[string]string) (hub.Feed, error)
	Once(ctx context.Context, topic string, args map[string]string) (*table.Table, error)
	Signal(ctx context.Context, pid int, start uint64, sig string, force bool) error
	Renice(ctx context.Context, pid int, start uint64, nice int) error
	StartLive(ctx context.Context, spec LiveSpec) (captureID string, err error)
	StopLive(ctx context.Context, id string) error
	Devices(ctx context.Context) ([]Device, error)
	Features(ctx context.Context) []Feature
}

// Captures is the capture library. Topics are "captures", "capture/{id}/status"
// and "tap/{name}" with capture and filter as arguments.
type Captures interface {
	List() []session.Status
	Status(id string) (session.Status, error)
	// Import reads a whole capture; size is -1 when unknown. The name is text
	// from outside, for display only.
	Import(ctx context.Context, name string, r io.Reader, size int64) (session.Status, error)
	Delete(id string) error
	Rows(ctx context.Context, id string, q session.RowsQuery) (*session.RowsPage, error)
	Packet(ctx context.Context, id string, no uint32) (*session.Detail, error)
	Stat(ctx context.Context, id string, q session.StatQuery) (*table.Table, error)
	Follow(ctx context.Context, id, proto string, stream int, filter string) (*session.Stream, error)
	Strip(ctx context.Context, id, filter string, bins int) (*session.Strip, error)
	CheckFilter(text string) session.FilterCheck
	Complete(ctx context.Context, id, text string, at int) ([]session.Completion, error)
	// Export writes packets in a format: pcapng, pcap, csv, json or pdml.
	Export(ctx context.Context, id, filter, format string, w io.Writer) error
	Subscribe(topic string, args map[string]string) (hub.Feed, error)
}

// PageRouter takes the pages; web/page's Mount fits it. A mounted page is open
// to everyone and must hold no data of this host or of any capture.
//
// The reason: a navigation cannot carry the second half of a session, and the
// cookie alone is no login, since every program on another port of this host
// receives it. So a page is the frame, headings, table heads and the address's
// view state; its script fetches the rows with both halves. Who(ctx).ID is set
// when the cookie is of a live session: enough to choose between the login page
// and the frame, and for nothing else.
type PageRouter interface {
	Get(pattern string, h http.HandlerFunc)
}

// Options are what a Server is made of. Access, Audit, Host and Captures are
// needed; the rest may be left out.
type Options struct {
	Access   *access.Access
	Audit    *access.Audit
	Host     Host
	Captures Captures
	// CheckCapture compiles a capture filter and says what is wrong with it; nil:
	// the route is left out.
	CheckCapture func(text string) session.FilterCheck
	// Pages mounts the HTML pages.
	Pages func(PageRouter)
	// Assets serves GET /assets/*, to everyone: built files, no data.
	Assets http.Handler
	// DataDir holds unfinished uploads in a folder of its own.
	DataDir string
	Build   string
	// TLS says that listeners are TLS: the scheme that Origin must have.
	TLS        bool
	ReadOnly   bool
	AllowHosts []string
	// PeerUIDs are the users of this host, beside root, whose programs may
	// connect over loopback; nil: all. A peer whose user is unknown passes: the
	// login is what counts.
	PeerUIDs []int
	// OperatorMay lists what operators are allowed besides captures: "kill".
	OperatorMay []string
	MaxUpload   int64 // bytes; 0 = 2 GiB
	MaxSockets  int   // open websockets; 0 = 256
	MaxConns    int   // connections; 0 = what the limit of open files leaves
	Log         *slog.Logger
	// HelloTimeout is how long a websocket may stay unproven; 0 = 8 s.
	HelloTimeout time.Duration
}

// Server is the HTTP side of sonde.
type Server struct {
	Options
	routes   []Route
	byKey    map[string]*Route // "METHOD pattern"
	mux      *chi.Mux
	hub      *hub.Hub
	uploads  *uploads
	may      map[string]bool
	started  time.Time
	openapi  []byte
	counts   counters
	shutdown chan struct{} // closed when websockets must end
}

// counters are the server's own figures for GET /metrics.
type counters struct {
	requests, refused, sockets, socketsTotal, messages, skipped atomic.Int64
	conns                                                       atomic.Int64
}

// New builds the routes. Unfinished uploads of an earlier run are kept.
func New(o Options) (*Server, error) {
	if o.Access == nil || o.Audit == nil || o.Host == nil || o.Captures == nil {
		return nil, errors.New("api: Access, Audit, Host and Captures are needed")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.MaxUpload == 0 {
		o.MaxUpload = 2 << 30
	}
	if o.MaxSockets == 0 {
		o.MaxSockets = 256
	}
	if o.MaxConns == 0 {
		o.MaxConns = defaultConns()
	}
	if o.HelloTimeout == 0 {
		o.HelloTimeout = 8 * time.Second
	}
	s := &Server{Options: o, hub: hub.New(), byKey: map[string]*Route{}, may: map[string]bool{}, started: time.Now(), shutdown: make(chan struct{})}
	for _, g := range o.OperatorMay {
		s.may[g] = true
	}
	var err error
	if s.uploads, err = openUploads(o.DataDir, o.MaxUpload); err != nil {
		return nil, err
	}
	s.hub.Route("probe/", shaped(func(topic string, args map[string]string) (hub.Feed, error) {
		return o.Host.Subscribe(topic[len("probe/"):], args)
	}))
	for _, prefix := range []string{"captures", "capture/", "tap/"} {
		s.hub.Route(prefix, shaped(o.Captures.Subscribe))
	}
	s.mux = chi.NewMux()
	s.routes = s.table()
	for i := range s.routes {
		r := &s.routes[i]
		if !r.Need.Known() || r.handle == nil {
			return nil, fmt.Errorf("api: route %s %s has no role or no handler", r.Method, r.Pattern)
		}
		if s.byKey[r.key()] != nil {
			return nil, fmt.Errorf("api: route %s %s is there twice", r.Method, r.Pattern)
		}
		s.byKey[r.key()] = r
		s.mux.Method(r.Method, r.Pattern, s.handler(r))
	}
	s.openapi, err = s.describe()
	return s, err
}

// Routes lists every route with its role, for `sonde routes` and the tests.
func (s *Server) Routes() []Route { return s.routes }

// Hub carries the live topics; main may add sources of its own.
func (s *Server) Hub() *hub.Hub { return s.hub }

// LinkPath is what follows scheme and host in a login link. The code stands in
// the fragment, which browsers send to nobody.
func LinkPath(code string) string { return "/#k=" + url.QueryEscape(code) }
