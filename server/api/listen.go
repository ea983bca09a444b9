package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sonde/server/access"
)

// DefaultPort is tried first when no address is given.
const DefaultPort = 7777

// ListenSpec says where to listen and what protects it.
type ListenSpec struct {
	// Addr is "" for the default (loopback, port 7777 or the next free one),
	// HOST:PORT, or unix:PATH. Any of localhost, 127.0.0.1 and ::1 means both
	// loopback addresses.
	Addr string
	// TLS and Credential say that there is a certificate and a token.
	TLS, Credential bool
	// Insecure allows plain HTTP where others reach it.
	Insecure bool
}

// Listening is what Listen bound.
type Listening struct {
	Listeners []net.Listener
	// Host is what a browser on this machine puts before the path: localhost:7777.
	Host string
	// Public is true when other hosts can reach it.
	Public bool
	// Note says what a user should know, such as a port that was taken.
	Note string
}

// Close closes all listeners.
func (l *Listening) Close() {
	for _, x := range l.Listeners {
		x.Close()
	}
}

// Addrs are the bound addresses.
func (l *Listening) Addrs() []string {
	var out []string
	for _, x := range l.Listeners {
		out = append(out, x.Addr().String())
	}
	return out
}

const portTries = 100

// Listen binds. On loopback it takes 127.0.0.1 and ::1 of one port or neither:
// a browser that is told "localhost" must not reach another program.
func Listen(spec ListenSpec) (*Listening, error) {
	if path, ok := strings.CutPrefix(spec.Addr, "unix:"); ok {
		return listenUnix(path)
	}
	host, port, explicit := "localhost", DefaultPort, false
	if spec.Addr != "" {
		h, p, err := net.SplitHostPort(spec.Addr)
		if err != nil {
			return nil, fmt.Errorf("listen on %q: want HOST:PORT", spec.Addr)
		}
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("listen on %q: %q is no port", spec.Addr, p)
		}
		host, port, explicit = h, int(n), true
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && (ip == netip.MustParseAddr("127.0.0.1") || ip == netip.IPv6Loopback()) {
		return listenLoopback(port, explicit)
	}
	public := err != nil || !ip.IsLoopback()
	if public && !spec.Insecure {
		if !spec.TLS {
			return nil, fmt.Errorf("listen on %s: other hosts reach it, so it needs TLS (--tls-cert and --tls-key, or --tls-self) and a credential (--token-file)", spec.Addr)
		}
		if !spec.Credential {
			return nil, fmt.Errorf("listen on %s: other hosts reach it, so it needs a credential (--token-file)", spec.Addr)
		}
	}
	l, err := net.Listen("tcp", spec.Addr)
	if err != nil {
		return nil, err
	}
	name := host
	if host == "" || err == nil && ip.IsUnspecified() {
		name = "localhost"
	}
	return &Listening{Listeners: []net.Listener{l}, Public: public, Host: net.JoinHostPort(name, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))}, nil
}

func listenLoopback(port int, explicit bool) (*Listening, error) {
	var last error
	for try := range portTries {
		p := port
		if port != 0 {
			p += try
		}
		if p > 65535 {
			break
		}
		l, err := bothLoopbacks(p)
		if err == nil {
			if port != 0 && p != port {
				l.Note = fmt.Sprintf("port %d is taken; this is %d", port, p)
			}
			return l, nil
		}
		last = err
		if !errors.Is(err, syscall.EADDRINUSE) || explicit && port != 0 {
			break
		}
	}
	return nil, last
}

func bothLoopbacks(port int) (*Listening, error) {
	four, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	bound := four.Addr().(*net.TCPAddr).Port
	out := &Listening{Listeners: []net.Listener{four}, Host: "localhost:" + strconv.Itoa(bound)}
	six, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(bound)))
	switch {
	case err == nil:
		out.Listeners = append(out.Listeners, six)
	case errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EPROTONOSUPPORT):
		// A host without IPv6: nobody else can be there either.
	default:
		four.Close()
		return nil, err
	}
	return out, nil
}

func listenUnix(path string) (*Listening, error) {
	if st, err := os.Lstat(path); err == nil {
		if st.Mode()&os.ModeSocket == 0 {
			return nil, fmt.Errorf("listen on %s: something else is there", path)
		}
		if c, err := net.Dial("unix", path); err == nil {
			c.Close()
			return nil, fmt.Errorf("listen on %s: another server answers there", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("listen on %s: %w", path, err)
		}
	}
	old := syscall.Umask(0o177)
	l, err := net.Listen("unix", path)
	syscall.Umask(old)
	if err != nil {
		return nil, err
	}
	return &Listening{Listeners: []net.Listener{l}, Host: "localhost"}, nil
}

// Timeouts against clients that hold a connection without using it. Bodies and
// answers that may take long renew their own (patient, lazy).
const (
	headerWithin  = 8 * time.Second
	requestWithin = 9 * time.Second
	idleWithin    = 60 * time.Second
	maxHeaders    = 64 << 10
	drainWithin   = 5 * time.Second
)

// Serve answers on all listeners until ctx ends, then lets requests under way
// finish for a few seconds and closes the websockets with code 1001. cert is
// nil for plain HTTP.
func (s *Server) Serve(ctx context.Context, listeners []net.Listener, cert *tls.Config) error {
	srv := s.server()
	fail := make(chan error, len(listeners))
	var running sync.WaitGroup
	for _, l := range listeners {
		wrapped := s.counted(l)
		if cert != nil {
			c := cert.Clone()
			c.NextProtos = []string{"http/1.1"}
			c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
			wrapped = tls.NewListener(wrapped, c)
		}
		running.Add(1)
		go func() {
			defer running.Done()
			fail <- srv.Serve(wrapped)
		}()
	}
	sweep := time.NewTicker(time.Hour)
	defer sweep.Stop()
	var err error
loop:
	for {
		select {
		case <-ctx.Done():
			break loop
		case err = <-fail:
			break loop
		case <-sweep.C:
			s.uploads.sweep()
			if err := s.Access.Save(); err != nil {
				s.Log.Warn("sessions not saved", "err", err)
			}
		}
	}
	close(s.shutdown)
	drain, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	if e := srv.Shutdown(drain); e != nil {
		srv.Close()
	}
	running.Wait()
	for s.counts.sockets.Load() > 0 && drain.Err() == nil {
		select { // hijacked connections are not the server's to wait for
		case <-drain.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
	s.hub.Close()
	if e := s.Access.Save(); e != nil {
		s.Log.Warn("sessions not saved", "err", e)
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// server is the HTTP server with its time limits.
func (s *Server) server() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       requestWithin,
		IdleTimeout:       idleWithin,
		MaxHeaderBytes:    maxHeaders,
		// OPTIONS * too passes the checks.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug), // strangers' broken handshakes
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if l, ok := limited(c); ok {
				return context.WithValue(ctx, connKey{}, l)
			}
			return ctx
		},
		// HTTP/2 has no upgrade to websockets here, and one connection could hold
		// more streams than the limits above count.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
}

// defaultConns leaves half of the open files to captures, probes and uploads.
func defaultConns() int {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return 512
	}
	return int(min(max(lim.Cur/2, 8), 2048))
}

type connKey struct{}

// over says that a connection is beyond the limit and gets a 503 only.
func over(ctx context.Context) bool {
	c, _ := ctx.Value(connKey{}).(*limitConn)
	return c != nil && c.over
}

// peerUID is the user behind a loopback connection, looked up once.
func peerUID(ctx context.Context) (uid int, known bool) {
	c, _ := ctx.Value(connKey{}).(*limitConn)
	if c == nil {
		return 0, false
	}
	c.look.Do(func() {
		local, ok1 := c.LocalAddr().(*net.TCPAddr)
		remote, ok2 := c.RemoteAddr().(*net.TCPAddr)
		if ok1 && ok2 && remote.IP.IsLoopback() {
			id, ok := access.PeerUID(local.AddrPort(), remote.AddrPort())
			c.uid, c.uidKnown = int(id), ok
		}
	})
	return c.uid, c.uidKnown
}

// limitListener counts connections. A few beyond the limit are let in to be
// told so (503); more are closed unheard.
type limitListener struct {
	net.Listener
	open *atomic.Int64
	soft int64
}

func (s *Server) counted(l net.Listener) net.Listener {
	return &limitListener{Listener: l, open: &s.counts.conns, soft: int64(s.MaxConns)}
}

func (l *limitListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		n := l.open.Add(1)
		if n > l.soft+max(l.soft/4, 4) {
			l.open.Add(-1)
			c.Close()
			continue
		}
		return &limitConn{Conn: c, open: l.open, over: n > l.soft}, nil
	}
}

type limitConn struct {
	net.Conn
	open *atomic.Int64
	over bool
	once sync.Once

	look     sync.Once
	uid      int
	uidKnown bool
}

func (c *limitConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// CloseWrite ends what is sent and leaves the rest open.
func (c *limitConn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return errors.ErrUnsupported
}

// limited finds the counted connection below TLS.
func limited(c net.Conn) (*limitConn, bool) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	l, ok := c.(*limitConn)
	return l, ok
}

// rawConn is the socket below TLS and counting.
func rawConn(c net.Conn) net.Conn {
	if l, ok := limited(c); ok {
		return l.Conn
	}
	return c
}
