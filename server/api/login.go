package api

import (
	"errors"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"sonde/server/access"
	"sonde/server/wire"
)

func (s *Server) health(w http.ResponseWriter, r *http.Request) error {
	writeJSON(w, http.StatusOK, wire.Done{OK: true})
	return nil
}

// exchange turns the code of a link into the two halves of a session. Who
// comes from another address starts as viewer, until the owner raises it.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) error {
	var b wire.Exchange
	if err := readJSON(w, r, &b); err != nil {
		return err
	}
	if b.Code == "" || len(b.Code) > 128 {
		return wire.Fail(wire.BadRequest, "code is missing")
	}
	role := access.Owner
	if !access.Loopback(r.RemoteAddr) {
		role = access.Viewer
	}
	address := access.Address(r.RemoteAddr)
	sess, cookie, half, err := s.Access.Exchange(b.Code, address, r.UserAgent(), role)
	rec := access.Record{Act: "login", Actor: access.Actor{Session: sess.ID, Role: sess.Role, Address: address}, Result: "ok"}
	if err != nil {
		rec.Result = err.Error()
	}
	if errors.Is(err, access.ErrLimited) {
		return err // nothing was tried, and the log is not for strangers to fill
	}
	if e := s.Audit.Write(rec); e != nil {
		s.Log.Error("login not recorded", "err", e)
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, s.Access.Cookie(cookie))
	writeJSON(w, http.StatusOK, wire.Granted{Half: half, Role: string(sess.Role), Expires: sess.Expires.UnixNano()})
	return nil
}

func (s *Server) me(w http.ResponseWriter, r *http.Request) error {
	who := Who(r.Context())
	m := wire.Me{ID: who.ID, Kind: who.Kind, Role: string(who.Role), ReadOnly: s.ReadOnly, Build: s.Build}
	if !who.Expires.IsZero() {
		m.Expires = who.Expires.UnixNano()
	}
	writeJSON(w, http.StatusOK, m)
	return nil
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	who := Who(r.Context())
	if who.Kind != "browser" {
		return &wire.Error{Code: wire.BadRequest, Message: "a bearer token has no session to end", Remedy: "change the token file and restart"}
	}
	if err := s.Access.Revoke(who.ID); err != nil {
		return err
	}
	http.SetCookie(w, s.Access.Cookie(""))
	writeJSON(w, http.StatusOK, wire.Done{OK: true})
	return nil
}

func (s *Server) sessions(w http.ResponseWriter, r *http.Request) error {
	who := Who(r.Context())
	out := []wire.SessionInfo{}
	for _, x := range s.Access.Sessions() {
		out = append(out, wire.SessionInfo{ID: x.ID, Role: string(x.Role), Address: x.Address, Agent: x.Agent,
			Created: x.Created.UnixNano(), Used: x.Used.UnixNano(), Expires: x.Expires.UnixNano(), Current: x.ID == who.ID})
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func (s *Server) logoutAll(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, s.record(r, "logout-all", "all sessions"), wire.Done{OK: true}, s.Access.RevokeAll)
}

func (s *Server) revoke(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "session")
	if err != nil {
		return err
	}
	return s.act(w, s.record(r, "logout", "session "+id), wire.Done{OK: true}, func() error { return s.Access.Revoke(id) })
}

func (s *Server) setRole(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "session")
	if err != nil {
		return err
	}
	var b wire.SessionRole
	if err := readJSON(w, r, &b); err != nil {
		return err
	}
	role, err := access.ParseRole(b.Role)
	if err != nil {
		return wire.Fail(wire.BadRequest, err.Error())
	}
	return s.act(w, s.record(r, "role", "session "+id, "role", b.Role), wire.Done{OK: true}, func() error { return s.Access.SetRole(id, role) })
}

func (s *Server) auditTail(w http.ResponseWriter, r *http.Request) error {
	q, err := values(r)
	if err != nil {
		return err
	}
	n, err := number(q, "limit", 200, 1, 10000)
	if err != nil {
		return err
	}
	recs, err := s.Audit.Tail(n)
	if err != nil {
		return err
	}
	if recs == nil {
		recs = []access.Record{}
	}
	slices.Reverse(recs)
	writeJSON(w, http.StatusOK, recs)
	return nil
}

func (s *Server) asset(w http.ResponseWriter, r *http.Request) error {
	if chi.URLParam(r, "*") == "" {
		return wire.Fail(wire.NotFound, "no such file")
	}
	w.Header().Del("Cache-Control")
	s.Assets.ServeHTTP(w, r)
	return nil
}
