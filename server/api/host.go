package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sonde/probes/table"
	"sonde/server/access"
	"sonde/server/hub"
	"sonde/server/wire"
)

// hostWithin bounds what a question to the host may take.
const hostWithin = 15 * time.Second

// probeTable answers with one sample of a probe.
func probeTable(probe string) func(*Server, http.ResponseWriter, *http.Request) error {
	return func(s *Server, w http.ResponseWriter, r *http.Request) error { return s.once(w, r, probe) }
}

func (s *Server) anyProbe(w http.ResponseWriter, r *http.Request) error {
	name := chi.URLParam(r, "probe")
	if !validID(name) {
		return wire.Fail(wire.NotFound, "no such probe")
	}
	return s.once(w, r, name)
}

func (s *Server) once(w http.ResponseWriter, r *http.Request, probe string) error {
	q, err := values(r)
	if err != nil {
		return err
	}
	args := map[string]string{}
	for k, v := range q {
		if k != "format" {
			args[k] = v[0]
		}
	}
	if chi.URLParam(r, "pid") != "" {
		n, err := pathNumber(r, "pid", 1, maxPID)
		if err != nil {
			return err
		}
		args["pid"] = strconv.Itoa(n)
	}
	mask(args, Who(r.Context()))
	shape, err := shaper(args)
	if err != nil {
		return err
	}
	if err := s.revealing(r, Who(r.Context()), probe, args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), hostWithin)
	defer cancel()
	t, err := s.Host.Once(ctx, probe, args)
	if err != nil {
		return err
	}
	return writeTable(w, shape(t), q.Get("format"), probe)
}

// maxPID is PID_MAX_LIMIT on 64-bit kernels, linux/threads.h.
const maxPID = 4 << 20

// mask hides arguments and environment from those who may not see them,
// whatever the client says.
func mask(args map[string]string, who access.Who) {
	delete(args, "mask")
	if who.Role != access.Owner && who.Role != access.Operator {
		args["mask"] = "1"
	}
	if who.Role != access.Owner {
		delete(args, "reveal")
	}
}

// revealing records that masked values are about to be shown.
func (s *Server) revealing(r *http.Request, who access.Who, probe string, args map[string]string) error {
	if v := args["reveal"]; v == "" || v == "0" || v == "false" {
		return nil
	}
	rec := s.record(r, "reveal", strings.TrimSpace(probe+" "+args["pid"]), "start", args["start"])
	rec.Actor.Session, rec.Actor.Role, rec.Result = who.ID, who.Role, "ok"
	if err := s.Audit.Write(rec); err != nil {
		return &wire.Error{Code: wire.AuditFailed, Message: "not shown, because it cannot be recorded: " + err.Error()}
	}
	return nil
}

// masked cuts command lines down to the program: arguments hold passwords.
func masked(t *table.Table) *table.Table {
	column := t.Col("command")
	name, value := t.Col("name"), t.Col("value") // the form of one process's details
	if column < 0 && (name < 0 || value < 0) {
		return t
	}
	out := *t
	out.Rows = make([]table.Row, len(t.Rows))
	for i, r := range t.Rows {
		at := column
		if at < 0 && name < len(r.Cells) && r.Cells[name] == "Command" {
			at = value
		}
		if at >= 0 && at < len(r.Cells) {
			if text, ok := r.Cells[at].(string); ok && !strings.HasPrefix(text, "[") {
				if program, _, more := strings.Cut(text, " "); more {
					r.Cells = append([]table.Cell(nil), r.Cells...)
					r.Cells[at] = program + " …"
				}
			}
		}
		out.Rows[i] = r
	}
	return &out
}

// shaper reads what any table can be asked for: sort, limit, user.
func shaper(args map[string]string) (func(*table.Table) *table.Table, error) {
	limit, hide := -1, args["mask"] != ""
	if v := args["limit"]; v != "" {
		n, err := whole("limit", v, 0, 1<<30)
		if err != nil {
			return nil, err
		}
		limit = n
	}
	order, user, tree := args["sort"], args["user"], args["tree"] == "1" || args["tree"] == "true"
	return func(t *table.Table) *table.Table {
		if i := t.Col("user"); user != "" && i >= 0 {
			t = table.Filter(t, func(r table.Row) bool { return i < len(r.Cells) && r.Cells[i] == user })
		}
		if order != "" && !tree {
			t = table.Sort(t, order)
		}
		if limit >= 0 {
			t = table.Limit(t, limit)
		}
		if hide {
			t = masked(t)
		}
		return t
	}, nil
}

// shaped gives a source whose tables are sorted and cut as the topic's
// arguments say.
func shaped(subscribe func(string, map[string]string) (hub.Feed, error)) hub.Source {
	return hub.SourceFunc(func(topic string, args map[string]string) (hub.Feed, error) {
		shape, err := shaper(args)
		if err != nil {
			return nil, err
		}
		f, err := subscribe(topic, args)
		if err != nil {
			return nil, err
		}
		if _, events := f.(hub.EventFeed); events || args["sort"] == "" && args["limit"] == "" && args["user"] == "" && args["mask"] == "" {
			return f, nil
		}
		return newShapedFeed(f, shape), nil
	})
}

// shapedFeed passes tables on through a function. It conflates like its feed.
type shapedFeed struct {
	hub.Feed
	out chan *table.Table
}

func newShapedFeed(f hub.Feed, shape func(*table.Table) *table.Table) *shapedFeed {
	s := &shapedFeed{Feed: f, out: make(chan *table.Table, 1)}
	go func() { // ends when the feed does; the hub closes it
		defer close(s.out)
		for t := range f.C() {
			if t == nil {
				continue
			}
			t = shape(t)
			select {
			case <-s.out: // the older one was not taken
			default:
			}
			s.out <- t
		}
	}()
	return s
}

func (s *shapedFeed) C() <-chan *table.Table { return s.out }

func writeTable(w http.ResponseWriter, t *table.Table, format, name string) error {
	switch format {
	case "", "json":
		b := append(wire.AppendTable(nil, t, t.Version), '\n')
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		_, _ = w.Write(b)
	case "csv":
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", attachment(name+".csv"))
		_ = table.WriteCSV(w, t)
	case "text":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_ = table.WriteText(w, t)
	default:
		return wire.Fail(wire.BadRequest, fmt.Sprintf("format %q: must be json, csv or text", clip(format, 32)))
	}
	return nil
}

func (s *Server) signal(w http.ResponseWriter, r *http.Request) error {
	pid, err := pathNumber(r, "pid", 1, maxPID)
	if err != nil {
		return err
	}
	var b wire.SignalRequest
	if err := readJSON(w, r, &b); err != nil {
		return err
	}
	if b.Start == 0 {
		return errNoStart
	}
	if b.Signal == "" || len(b.Signal) > 16 {
		return wire.Fail(wire.BadRequest, "signal is missing: a name such as TERM, or a number")
	}
	rec := s.record(r, "signal", fmt.Sprintf("pid %d started %d", pid, b.Start), "signal", strings.ToUpper(b.Signal))
	rec.Reason = clip(b.Reason, 500)
	return s.act(w, rec, wire.Done{OK: true}, func() error {
		ctx, cancel := context.WithTimeout(r.Context(), hostWithin)
		defer cancel()
		return s.Host.Signal(ctx, pid, uint64(b.Start), b.Signal, b.Force)
	})
}

func (s *Server) renice(w http.ResponseWriter, r *http.Request) error {
	pid, err := pathNumber(r, "pid", 1, maxPID)
	if err != nil {
		return err
	}
	var b wire.ReniceRequest
	if err := readJSON(w, r, &b); err != nil {
		return err
	}
	if b.Nice == nil || *b.Nice < -20 || *b.Nice > 19 {
		return wire.Fail(wire.BadRequest, "nice must be a whole number from -20 to 19")
	}
	if b.Start == 0 {
		if b.Start, err = s.startOf(r.Context(), pid); err != nil {
			return err
		}
	}
	rec := s.record(r, "renice", fmt.Sprintf("pid %d started %d", pid, b.Start), "nice", strconv.Itoa(*b.Nice))
	return s.act(w, rec, wire.Done{OK: true}, func() error {
		ctx, cancel := context.WithTimeout(r.Context(), hostWithin)
		defer cancel()
		return s.Host.Renice(ctx, pid, uint64(b.Start), *b.Nice)
	})
}

// startOf is the start time of the process that has the pid now. A nice value
// can be put back, so a script need not name the process more exactly.
func (s *Server) startOf(ctx context.Context, pid int) (wire.Start, error) {
	ctx, cancel := context.WithTimeout(ctx, hostWithin)
	defer cancel()
	t, err := s.Host.Once(ctx, "processes", map[string]string{})
	if err != nil {
		return 0, err
	}
	prefix := strconv.Itoa(pid) + ":"
	for _, r := range t.Rows {
		if text, ok := strings.CutPrefix(r.Key, prefix); ok {
			n, err := strconv.ParseUint(text, 10, 64)
			return wire.Start(n), err
		}
	}
	return 0, wire.Fail(wire.Gone, fmt.Sprintf("no process %d", pid))
}

func (s *Server) devices(w http.ResponseWriter, r *http.Request) error {
	d, err := s.Host.Devices(r.Context())
	if err != nil {
		return err
	}
	if d == nil {
		d = []Device{}
	}
	writeJSON(w, http.StatusOK, d)
	return nil
}

func (s *Server) features(w http.ResponseWriter, r *http.Request) error {
	f := s.Host.Features(r.Context())
	if f == nil {
		f = []Feature{}
	}
	writeJSON(w, http.StatusOK, f)
	return nil
}

// record begins an audit record of a request; params are name, value pairs.
func (s *Server) record(r *http.Request, act, target string, params ...string) access.Record {
	who := Who(r.Context())
	rec := access.Record{Act: act, Target: target, Actor: access.Actor{Session: who.ID, Role: who.Role, Address: access.Address(r.RemoteAddr)}}
	for i := 0; i+1 < len(params); i += 2 {
		if rec.Params == nil {
			rec.Params = map[string]string{}
		}
		rec.Params[params[i]] = clip(params[i+1], 500)
	}
	return rec
}

// act does something that must leave a trace: the record is on disk before,
// its result after. What cannot be recorded is not done.
func (s *Server) act(w http.ResponseWriter, rec access.Record, answer any, do func() error) error {
	if err := s.audited(rec, do); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (s *Server) audited(rec access.Record, do func() error) error {
	rec.Phase = "begin"
	if err := s.Audit.Write(rec); err != nil {
		s.Log.Error("act refused: it cannot be recorded", "act", rec.Act, "err", err)
		return &wire.Error{Code: wire.AuditFailed, Message: "not done, because it cannot be recorded: " + err.Error(), Remedy: "make the data folder writable: see sonde doctor"}
	}
	err := do()
	s.ended(rec, err)
	return err
}

// ended records how an act went. It is done by now: a failure here is logged,
// and the begin line already stands.
func (s *Server) ended(rec access.Record, err error) {
	rec.Phase, rec.Result = "end", "ok"
	if err != nil {
		rec.Result = clip(err.Error(), 500)
	}
	if err := s.Audit.Write(rec); err != nil {
		s.Log.Error("result not recorded", "act", rec.Act, "target", rec.Target, "err", err)
	}
}
