// Package access decides who may ask for what: one-time codes, sessions of two
// halves, the bearer token, roles by route, login limits, and the audit log.
// It knows HTTP headers but serves nothing itself.
//
// A session is two secrets. The cookie goes to every port of a host, so a
// program on another port receives it; the other half lives in the page's
// origin-bound storage, which an injected script could read but the cookie it
// could not. Neither alone is a login. Only hashes are kept.
//
//	a, _ := access.Open(access.Options{Dir: data})
//	code, _ := a.Mint()                              // for http://localhost:7777/#k=CODE
//	s, cookie, half, err := a.Exchange(code, ...)    // once, within ten minutes
//	who, err := a.Identify(r)                        // both halves, or the token
//
// All methods may be called from any goroutine.
package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// HalfHeader carries the origin-bound half of a session.
const HalfHeader = "X-Sonde-Half"

// Lifetimes.
const (
	CodeLife    = 10 * time.Minute
	SessionLife = 30 * 24 * time.Hour
	maxCodes    = 256 // unused codes kept; the oldest gives way
	maxSessions = 512
)

// Errors that callers tell apart.
var (
	ErrNone     = errors.New("no credential")
	ErrHalf     = errors.New("one half of a session without the other")
	ErrWrong    = errors.New("credential not known or expired")
	ErrLimited  = errors.New("too many failed attempts")
	ErrNoCode   = errors.New("code not known, used or expired")
	ErrNotFound = errors.New("no such session")
)

// Who is the one behind a request.
type Who struct {
	ID      string // of the session, or "token"; no secret
	Kind    string // "browser" or "token"
	Role    Role
	Expires time.Time
	// Proven is false for a cookie without its half: good for nothing but to
	// choose between the login page and the empty shell.
	Proven bool
}

// Options set up an Access.
type Options struct {
	// Dir is the data folder; sessions.json in it holds hashes. Empty: nothing
	// outlives the process (tests).
	Dir string
	// Token is the bearer token for scripts; empty: none.
	Token string
	// Secure: served over TLS, so the cookie is __Host- and Secure.
	Secure bool
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: slog.Default
}

// Access is the state of all logins.
type Access struct {
	secure bool
	now    func() time.Time
	log    *slog.Logger
	path   string
	token  *[32]byte // hash
	strong bool      // the token cannot be guessed at any speed
	tries  *limiter

	mu       sync.Mutex // guards the rest
	instance string
	codes    map[[32]byte]time.Time // hash to expiry
	sessions map[string]*Session    // by hash of the cookie, base64
	ended    map[string]chan struct{}
}

// Session is one browser login as it is stored.
type Session struct {
	ID      string    `json:"id"`
	Cookie  string    `json:"cookie"` // SHA-256, base64
	Half    string    `json:"half"`   // SHA-256, base64
	Role    Role      `json:"role"`
	Address string    `json:"address"`
	Agent   string    `json:"agent"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
	Expires time.Time `json:"expires"`
}

// Open reads the stored sessions, or begins an empty store.
func Open(o Options) (*Access, error) {
	a := &Access{secure: o.Secure, now: o.Now, log: o.Log, codes: map[[32]byte]time.Time{}, sessions: map[string]*Session{}, ended: map[string]chan struct{}{}}
	if a.now == nil {
		a.now = time.Now
	}
	if a.log == nil {
		a.log = slog.Default()
	}
	a.tries = newLimiter(a.now)
	if o.Token != "" {
		h := sha256.Sum256([]byte(o.Token))
		a.token = &h
		// 32 characters of the narrowest usual alphabet, hex, are 128 bits.
		a.strong = len(o.Token) >= 32
	}
	if err := a.load(o.Dir); err != nil {
		return nil, err
	}
	return a, nil
}

// HasToken says whether scripts can log in.
func (a *Access) HasToken() bool { return a.token != nil }

// CookieName is sonde_<instance>, so that two servers of one host do not throw
// each other's users out: cookies know no ports.
func (a *Access) CookieName() string {
	if a.secure {
		return "__Host-sonde_" + a.instance
	}
	return "sonde_" + a.instance
}

// Cookie makes the cookie of a secret; an empty one deletes it.
func (a *Access) Cookie(secret string) *http.Cookie {
	c := &http.Cookie{Name: a.CookieName(), Value: secret, Path: "/", HttpOnly: true, Secure: a.secure,
		SameSite: http.SameSiteStrictMode, MaxAge: int(SessionLife / time.Second)}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}

// Mint makes a one-time code of 128 bits.
func (a *Access) Mint() (string, error) {
	code, err := secret(16)
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	var oldest [32]byte
	for h, exp := range a.codes {
		if !exp.After(now) {
			delete(a.codes, h)
		} else if old, ok := a.codes[oldest]; !ok || exp.Before(old) {
			oldest = h
		}
	}
	if len(a.codes) >= maxCodes {
		delete(a.codes, oldest)
	}
	a.codes[sha256.Sum256([]byte(code))] = now.Add(CodeLife)
	return code, nil
}

// Exchange turns a code into a session, once. Failures of one address are
// limited; a right code passes all the same, since 128 bits cannot be guessed
// at any speed and a neighbour must not lock this user out. The cookie's value
// and the half are returned here and never again.
func (a *Access) Exchange(code, address, agent string, role Role) (s Session, cookie, half string, err error) {
	limited := a.tries.allow("code", address)
	h := sha256.Sum256([]byte(code))
	now := a.now()
	a.mu.Lock()
	exp, ok := a.codes[h]
	delete(a.codes, h)
	a.mu.Unlock()
	if !ok || !exp.After(now) {
		if limited != nil {
			return s, "", "", limited
		}
		a.tries.failed("code", address)
		return s, "", "", ErrNoCode
	}
	if cookie, err = secret(32); err != nil {
		return s, "", "", err
	}
	if half, err = secret(32); err != nil {
		return s, "", "", err
	}
	id, err := secret(9)
	if err != nil {
		return s, "", "", err
	}
	n := &Session{ID: id, Cookie: hash(cookie), Half: hash(half), Role: role, Address: address, Agent: clip(agent, 200),
		Created: now, Used: now, Expires: now.Add(SessionLife)}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sweep(now)
	if len(a.sessions) >= maxSessions {
		a.dropOldest()
	}
	a.sessions[n.Cookie] = n
	if err := a.save(); err != nil {
		delete(a.sessions, n.Cookie)
		return s, "", "", err
	}
	return *n, cookie, half, nil
}

// Identify finds who sends a request. ErrNone: nothing was sent. ErrHalf: one
// half only; with a known cookie Who then is that session, not Proven. A
// websocket's half comes later, by Prove.
func (a *Access) Identify(r *http.Request, address string) (Who, error) {
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		return a.bearer(values, address)
	}
	half := r.Header.Get(HalfHeader)
	cookies := r.CookiesNamed(a.CookieName())
	switch {
	case len(cookies) == 0 && half == "":
		return Who{}, ErrNone
	case len(cookies) == 0:
		return Who{}, ErrHalf
	}
	// Another port of this host can set a cookie of the same name: every one
	// that came is tried.
	known := Who{}
	for _, c := range cookies[:min(len(cookies), 4)] {
		s := a.find(c.Value)
		if s == nil {
			continue
		}
		known = s.who()
		if half == "" {
			return known, ErrHalf
		}
		if a.matches(s, half) {
			known.Proven = true
			return known, nil
		}
	}
	if half == "" && known.ID == "" {
		return Who{}, ErrHalf
	}
	return known, ErrWrong
}

// Prove checks the half that a websocket's first message brought against the
// session that its upgrade's cookie named.
func (a *Access) Prove(r *http.Request, half string) (Who, error) {
	for _, c := range r.CookiesNamed(a.CookieName()) {
		if s := a.find(c.Value); s != nil && half != "" && a.matches(s, half) {
			w := s.who()
			w.Proven = true
			return w, nil
		}
	}
	return Who{}, ErrWrong
}

func (a *Access) bearer(values []string, address string) (Who, error) {
	scheme, token, ok := strings.Cut(values[0], " ")
	if len(values) != 1 || !ok || !strings.EqualFold(scheme, "Bearer") {
		return Who{}, ErrWrong
	}
	limited := a.tries.allow("token", address)
	// Hashes of equal length are compared: neither the length nor the place of
	// the first difference shows in the time.
	h := sha256.Sum256([]byte(strings.TrimSpace(token)))
	want := a.token
	if want == nil {
		want = &[32]byte{}
	}
	right := subtle.ConstantTimeCompare(h[:], want[:]) == 1 && a.token != nil
	switch {
	case right && (limited == nil || a.strong):
		// A limit guards against guessing. A token of 128 bits needs no guard, and
		// so a neighbour on this host cannot lock its owner out.
		return Who{ID: "token", Kind: "token", Role: Owner, Proven: true}, nil
	case limited != nil:
		return Who{}, limited
	}
	a.tries.failed("token", address)
	return Who{}, ErrWrong
}

func (a *Access) find(cookie string) *Session {
	if cookie == "" || len(cookie) > 128 {
		return nil
	}
	key := hash(cookie)
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.sessions[key]
	if s == nil || !s.Expires.After(now) {
		return nil
	}
	s.Used = now
	c := *s
	return &c
}

func (a *Access) matches(s *Session, half string) bool {
	return subtle.ConstantTimeCompare([]byte(hash(half)), []byte(s.Half)) == 1
}

func (s *Session) who() Who {
	return Who{ID: s.ID, Kind: "browser", Role: s.Role, Expires: s.Expires}
}

// Ended is closed when the session is revoked, so that its open sockets end
// too. Nil (never) for the token.
func (a *Access) Ended(id string) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.sessions {
		if s.ID == id {
			if a.ended[id] == nil {
				a.ended[id] = make(chan struct{})
			}
			return a.ended[id]
		}
	}
	if id == "token" {
		return nil
	}
	gone := make(chan struct{})
	close(gone)
	return gone
}

// Sessions lists the live sessions, newest first.
func (a *Access) Sessions() []Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sweep(a.now())
	out := make([]Session, 0, len(a.sessions))
	for _, s := range a.sessions {
		c := *s
		c.Cookie, c.Half = "", ""
		out = append(out, c)
	}
	sortNewest(out)
	return out
}

// Revoke ends one session.
func (a *Access) Revoke(id string) error {
	return a.change(id, func(s *Session) { a.drop(s) })
}

// RevokeAll ends every session; codes that were minted die too.
func (a *Access) RevokeAll() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.codes)
	for _, s := range a.sessions {
		a.drop(s)
	}
	return a.save()
}

// SetRole raises or lowers a session. Its open sockets end, so that they come
// back under the new role.
func (a *Access) SetRole(id string, role Role) error {
	return a.change(id, func(s *Session) {
		s.Role = role
		a.hangUp(id)
	})
}

func (a *Access) change(id string, f func(*Session)) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.sessions {
		if s.ID == id {
			f(s)
			return a.save()
		}
	}
	return fmt.Errorf("session %q: %w", clip(id, 32), ErrNotFound)
}

// drop, hangUp, sweep and dropOldest want mu held.
func (a *Access) drop(s *Session) {
	delete(a.sessions, s.Cookie)
	a.hangUp(s.ID)
}

func (a *Access) hangUp(id string) {
	if c := a.ended[id]; c != nil {
		close(c)
		delete(a.ended, id)
	}
}

func (a *Access) sweep(now time.Time) {
	for _, s := range a.sessions {
		if !s.Expires.After(now) {
			a.drop(s)
		}
	}
}

func (a *Access) dropOldest() {
	var oldest *Session
	for _, s := range a.sessions {
		if oldest == nil || s.Used.Before(oldest.Used) {
			oldest = s
		}
	}
	if oldest != nil {
		a.drop(oldest)
	}
}

func secret(n int) (string, error) {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("make a secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func hash(s string) string {
	h := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
