package api

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"sonde/server/access"
	"sonde/server/wire"
)

// Limits of a request.
const (
	maxJSON      = 1 << 20 // bytes of a JSON body
	maxDepth     = 64      // of a JSON body
	answerWithin = 30 * time.Second
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html sonde"

// known is what the gate learned about a request, kept in its context.
type known struct {
	who   access.Who
	route *Route
}

type knownKey struct{}

// Who is the one behind a request that passed the gate.
func Who(ctx context.Context) access.Who {
	k, _ := ctx.Value(knownKey{}).(known)
	return k.who
}

// ServeHTTP is the gate: every request passes here, websocket upgrades and
// unknown paths too, and reaches a handler only by the end of it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.counts.requests.Add(1)
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
	if over(r.Context()) {
		h.Set("Connection", "close")
		s.refuse(w, r, &wire.Error{Code: wire.Busy, Message: "too many connections", Remedy: "close tabs that are not needed, or raise ulimit -n"})
		return
	}
	route, allow, err := s.admit(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	who, err := s.authenticate(r, route)
	if err == nil && route == nil {
		if len(allow) > 0 {
			h.Set("Allow", strings.Join(allow, ", "))
			err = wire.Fail(wire.NoMethod, fmt.Sprintf("%s does not take %s", r.URL.Path, clip(r.Method, 16)))
		} else {
			err = wire.Fail(wire.NotFound, "no such address")
		}
	}
	if err == nil {
		err = s.permit(route, who)
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	w = s.limit(w, r, route)
	ctx := context.WithValue(r.Context(), knownKey{}, known{who, route})
	inner := r.WithContext(ctx)
	u := *r.URL
	u.RawPath = "" // the mux routes on the decoded path, the one that was matched
	inner.URL = &u
	inner.Method = route.Method // HEAD is answered by GET's handler
	s.mux.ServeHTTP(w, inner)
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	s.counts.refused.Add(1)
	// What was sent is not read: the connection ends with the answer.
	if r.ContentLength != 0 {
		w.Header().Set("Connection", "close")
	}
	s.fail(w, r, err)
}

// admit makes the checks that need no session. Without a matching route it
// gives nil and the methods that the path would take.
func (s *Server) admit(r *http.Request) (route *Route, allow []string, err error) {
	if !access.HostAllowed(r.Host, s.AllowHosts, localAddr(r.Context())) {
		return nil, nil, &wire.Error{Code: wire.BadHost, Message: fmt.Sprintf("Host %q is not allowed", clip(r.Host, 100)),
			Remedy: "reach sonde as localhost, or start it with --allow-host NAME"}
	}
	if uid, known := peerUID(r.Context()); known && s.PeerUIDs != nil && uid != 0 && !slices.Contains(s.PeerUIDs, uid) {
		return nil, nil, &wire.Error{Code: wire.Forbidden, Message: fmt.Sprintf("user %d of this host may not connect", uid), Remedy: "start sonde with --allow-local-users"}
	}
	route, allow = s.match(r)
	if err := s.checkOrigin(r, route); err != nil {
		return nil, nil, err
	}
	if err := checkFetchSite(r, route); err != nil {
		return nil, nil, err
	}
	return route, allow, checkType(r, route)
}

// checkOrigin refuses other sites' pages. Browsers send Origin with every
// websocket and every unsafe request; what has none there is a script, which
// then must not rely on a cookie.
func (s *Server) checkOrigin(r *http.Request, route *Route) error {
	origins := r.Header.Values("Origin")
	scheme := "http"
	if s.TLS {
		scheme = "https"
	}
	switch {
	case len(origins) == 1:
		if !access.SameOrigin(origins[0], scheme, r.Host) {
			return &wire.Error{Code: wire.BadOrigin, Message: fmt.Sprintf("a page of %q may not ask %s", clip(origins[0], 100), clip(r.Host, 100)),
				Remedy: "use sonde's own page, or a script with a bearer token"}
		}
	case len(origins) > 1:
		return wire.Fail(wire.BadOrigin, "more than one Origin")
	case route != nil && route.socket && r.Header.Get("Authorization") == "",
		unsafe(r.Method) && (r.Header.Get("Sec-Fetch-Site") != "" || len(r.CookiesNamed(s.Access.CookieName())) > 0):
		return &wire.Error{Code: wire.BadOrigin, Message: "no Origin", Remedy: "scripts use a bearer token: --token-file"}
	}
	return nil
}

// checkFetchSite takes only requests that a browser says come from this very
// origin, or from nobody's page. A link on another site may open a page's
// shell: it holds no data, and an address alone does nothing.
func checkFetchSite(r *http.Request, route *Route) error {
	sites := r.Header.Values("Sec-Fetch-Site")
	if len(sites) == 0 || len(sites) == 1 && (sites[0] == "same-origin" || sites[0] == "none") {
		return nil
	}
	if route != nil && route.shell && len(sites) == 1 && (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" {
		return nil
	}
	return wire.Fail(wire.BadOrigin, "asked for by another site")
}

// checkType refuses what an HTML form can send across sites: bodies are JSON,
// or on upload routes plain bytes.
func checkType(r *http.Request, route *Route) error {
	if !unsafe(r.Method) || r.Method == http.MethodDelete && r.ContentLength == 0 {
		return nil // no form sends DELETE
	}
	types := r.Header.Values("Content-Type")
	if len(types) == 0 {
		if r.ContentLength == 0 || route != nil && route.Body == bodyBytes {
			return nil
		}
		return &wire.Error{Code: wire.BadType, Message: "no Content-Type", Remedy: "send Content-Type: application/json"}
	}
	t, params, err := mime.ParseMediaType(types[0])
	if err != nil || len(types) > 1 {
		return wire.Fail(wire.BadType, "malformed Content-Type")
	}
	if route != nil && route.Body == bodyBytes {
		if strings.HasPrefix(t, "application/") && t != "application/x-www-form-urlencoded" && t != "application/xml" && t != "application/xhtml+xml" {
			return nil
		}
		// curl --data-binary calls everything a form. With a bearer token it
		// cannot be one: a form cannot send that header.
		if t == "application/x-www-form-urlencoded" && r.Header.Get("Authorization") != "" {
			return nil
		}
		return &wire.Error{Code: wire.BadType, Message: fmt.Sprintf("%s is no capture", clip(t, 60)), Remedy: "send Content-Type: application/octet-stream"}
	}
	if t != "application/json" || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		return &wire.Error{Code: wire.BadType, Message: fmt.Sprintf("Content-Type %s is not taken here", clip(t, 60)), Remedy: "send Content-Type: application/json"}
	}
	return nil
}

// authenticate says who asks. Public routes ask nobody.
func (s *Server) authenticate(r *http.Request, route *Route) (access.Who, error) {
	if route != nil && route.Need == access.Public && !route.shell {
		return access.Who{}, nil
	}
	who, err := s.Access.Identify(r, access.Address(r.RemoteAddr))
	switch {
	case route != nil && route.shell:
		return who, nil // no data in it; who only chooses login page or frame
	case route != nil && route.socket && errors.Is(err, access.ErrHalf) && who.ID != "":
		return who, nil // the half comes as the first message
	case route == nil && err != nil && !strings.HasPrefix(strings.ToLower(r.URL.Path), "/api"):
		return who, wire.Fail(wire.NotFound, "no such address")
	}
	return who, err
}

// permit asks the role table about the matched route.
func (s *Server) permit(route *Route, who access.Who) error {
	if s.ReadOnly && route.mutates() {
		return &wire.Error{Code: wire.ReadOnly, Message: "this server only looks (--read-only)", Remedy: "restart it without --read-only"}
	}
	if route.Need.Allows(who.Role) || route.Need == access.Act && who.Role == access.Operator && s.may[route.grant] {
		return nil
	}
	return &wire.Error{Code: wire.Forbidden, Message: fmt.Sprintf("the role %s does not allow this", who.Role), Remedy: "ask the owner to raise this session"}
}

// limit bounds the body and the time of a request. While the handler works,
// nothing is read, so the read deadline of the server must not end it.
func (s *Server) limit(w http.ResponseWriter, r *http.Request, route *Route) http.ResponseWriter {
	if route.socket {
		return w
	}
	ctrl := http.NewResponseController(w)
	if r.ContentLength == 0 {
		_ = ctrl.SetReadDeadline(time.Time{})
	} else if !route.stream {
		r.Body = http.MaxBytesReader(w, r.Body, maxJSON)
	}
	return &timed{ResponseWriter: w, ctrl: ctrl}
}

// timed gives a reader of answers time as long as it reads at all, from when
// the answer begins.
type timed struct {
	http.ResponseWriter
	ctrl *http.ResponseController
	left int
}

// Unwrap is for http.ResponseController.
func (t *timed) Unwrap() http.ResponseWriter { return t.ResponseWriter }

func (t *timed) Write(b []byte) (int, error) {
	done := 0
	for {
		if t.left <= 0 {
			_ = t.ctrl.SetWriteDeadline(time.Now().Add(answerWithin))
			t.left = patientBytes
		}
		n, err := t.ResponseWriter.Write(b[done:min(len(b), done+patientBytes)])
		done += n
		t.left -= n
		if err != nil || done == len(b) {
			return done, err
		}
	}
}

// match finds the route by method and path. The path text decides nothing
// else; one that could be read in two ways matches nothing.
func (s *Server) match(r *http.Request) (*Route, []string) {
	if !plainPath(r.URL) {
		return nil, nil
	}
	find := func(method string) *Route {
		if p := s.mux.Find(chi.NewRouteContext(), method, r.URL.Path); p != "" {
			return s.byKey[method+" "+p]
		}
		return nil
	}
	if route := find(r.Method); route != nil {
		return route, nil
	}
	if r.Method == http.MethodHead {
		if route := find(http.MethodGet); route != nil {
			return route, nil
		}
	}
	var allow []string
	for _, m := range []string{"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"} {
		if m != r.Method && find(m) != nil {
			allow = append(allow, m)
		}
	}
	return nil, allow
}

// plainPath refuses every path that proxies, browsers and routers read
// differently: dot segments, doubled or trailing slashes, encoded separators,
// parameters, control characters.
func plainPath(u *url.URL) bool {
	p := u.Path
	if p == "" || p[0] != '/' || path.Clean(p) != p || len(p) > 2048 || !utf8.ValidString(p) {
		return false
	}
	for i := 0; i < len(p); i++ {
		if c := p[i]; c < 0x21 || c == 0x7f || c == '\\' || c == ';' || c == '%' {
			return false
		}
	}
	raw := strings.ToLower(u.EscapedPath())
	return !strings.Contains(raw, "%2f") && !strings.Contains(raw, "%2e")
}

func unsafe(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

func localAddr(ctx context.Context) netip.Addr {
	if a, ok := ctx.Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
