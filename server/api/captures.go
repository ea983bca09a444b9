package api

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"sonde/capture/session"
	"sonde/probes/table"
	"sonde/server/wire"
)

// Bounds of what one answer holds.
const (
	defaultRows = 200
	maxRows     = 10000
	maxColumns  = 64
	maxBins     = 10000
)

// captureList is the list as a table, as every list is, and as the states that
// GET /api/captures/{id} gives.
type captureList struct {
	Columns  []table.Column   `json:"columns"`
	Rows     []table.Row      `json:"rows"`
	Version  uint64           `json:"version"`
	Captures []session.Status `json:"captures"`
}

var captureColumns = []table.Column{
	{ID: "id", Title: "ID", Type: table.Text}, {ID: "name", Title: "Name", Type: table.Text}, {ID: "source", Title: "Source", Type: table.Text},
	{ID: "filter", Title: "Filter", Type: table.Text, Help: "Capture filter."}, {ID: "state", Title: "State", Type: table.Text},
	{ID: "packets", Title: "Packets", Type: table.Int}, {ID: "bytes", Title: "Bytes", Type: table.Bytes, Unit: "B", Help: "On the wire."},
	{ID: "size", Title: "Size", Type: table.Bytes, Unit: "B", Help: "On disk."}, {ID: "progress", Title: "Progress", Type: table.Ratio},
	{ID: "first", Title: "First", Type: table.Time, Unit: "ns"}, {ID: "last", Title: "Last", Type: table.Time, Unit: "ns"},
	{ID: "started", Title: "Started", Type: table.Time, Unit: "ns"}, {ID: "dropped", Title: "Dropped", Type: table.Int, Help: "Packets lost by kernel and program; empty when unknown."},
	{ID: "error", Title: "Error", Type: table.Text},
}

func (s *Server) captures(w http.ResponseWriter, r *http.Request) error {
	q, err := values(r)
	if err != nil {
		return err
	}
	shape, err := shaper(map[string]string{"sort": q.Get("sort"), "limit": q.Get("limit")})
	if err != nil {
		return err
	}
	list := s.Captures.List()
	t := &table.Table{Columns: captureColumns, Rows: make([]table.Row, 0, len(list))}
	for _, c := range list {
		var dropped table.Cell
		if c.Dropped >= 0 {
			dropped = c.Dropped
		}
		t.Rows = append(t.Rows, table.Row{Key: c.ID, Cells: []table.Cell{c.ID, c.Name, c.Source, c.Filter, string(c.State), int64(c.Packets), c.Bytes, c.FileSize, c.Progress, c.First, c.Last, c.Started, dropped, c.Error}})
		t.Version += c.Version
	}
	t = shape(t)
	if f := q.Get("format"); f != "" && f != "json" {
		return writeTable(w, t, f, "captures")
	}
	if list == nil {
		list = []session.Status{}
	}
	writeJSON(w, http.StatusOK, captureList{t.Columns, t.Rows, t.Version, list})
	return nil
}

func (s *Server) capture(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	st, err := s.Captures.Status(id)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, st)
	return nil
}

func (s *Server) deleteCapture(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	st, err := s.Captures.Status(id)
	if err != nil {
		return err
	}
	rec := s.record(r, "delete", "capture "+id, "name", st.Name)
	return s.act(w, rec, wire.Done{OK: true}, func() error { return s.Captures.Delete(id) })
}

// upload opens the capture that is the body. It is read as it comes; one that
// is cut off or no capture leaves nothing.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) error {
	q, err := values(r)
	if err != nil {
		return err
	}
	name := displayName(q.Get("name"), "upload")
	if r.ContentLength > s.MaxUpload {
		return tooLarge(s.MaxUpload)
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.MaxUpload)
	rec := s.record(r, "upload", "file", "name", name)
	var st session.Status
	err = s.audited(rec, func() error {
		st, err = s.Captures.Import(r.Context(), name, newPatient(w, r.Body), r.ContentLength)
		return err
	})
	if err != nil {
		w.Header().Set("Connection", "close")
		return err
	}
	w.Header().Set("Location", "/api/captures/"+st.ID)
	writeJSON(w, http.StatusCreated, st)
	return nil
}

func tooLarge(limit int64) error {
	return &wire.Error{Code: wire.TooLarge, Message: fmt.Sprintf("larger than the limit of %d bytes", limit), Remedy: "cut the file first, for example: editcap -c 1000000 in.pcapng out.pcapng"}
}

// patient reads a body that may take long in all, but not without moving: each
// 64 KiB has eight seconds, so that a sender of single bytes is dropped and one
// behind a slow line is not.
type patient struct {
	r    io.Reader
	ctrl *http.ResponseController
	left int
}

const (
	patientBytes = 64 << 10
	patientTime  = 8 * time.Second
)

func newPatient(w http.ResponseWriter, r io.Reader) *patient {
	return &patient{r: r, ctrl: http.NewResponseController(w)}
}

func (p *patient) Read(b []byte) (int, error) {
	if p.left <= 0 {
		_ = p.ctrl.SetReadDeadline(time.Now().Add(patientTime))
		p.left = patientBytes
	}
	n, err := p.r.Read(b[:min(len(b), patientBytes)])
	p.left -= n
	if err == io.EOF {
		_ = p.ctrl.SetReadDeadline(time.Time{}) // what follows is our own work
	}
	return n, err
}

func (s *Server) packets(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	q, err := values(r)
	if err != nil {
		return err
	}
	ask := session.RowsQuery{Filter: q.Get("filter")}
	if ask.From, err = number(q, "from", 0, 0, 1<<31-1); err != nil {
		return err
	}
	if ask.Limit, err = number(q, "limit", defaultRows, 0, maxRows); err != nil {
		return err
	}
	if c := q.Get("columns"); c != "" {
		if ask.Columns = strings.Split(c, ","); len(ask.Columns) > maxColumns {
			return wire.Fail(wire.BadRequest, fmt.Sprintf("more than %d columns", maxColumns))
		}
	}
	page, err := s.Captures.Rows(r.Context(), id, ask)
	if err != nil {
		return err
	}
	if page.Rows == nil {
		page.Rows = []session.Row{}
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

func (s *Server) packet(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	no, err := pathNumber(r, "no", 1, 1<<31-1)
	if err != nil {
		return err
	}
	d, err := s.Captures.Packet(r.Context(), id, uint32(no))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, d)
	return nil
}

// find gives the packet next to another one that a filter selects. The rows of
// a filter are in order of number, so it is a search among them.
func (s *Server) find(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	q, err := values(r)
	if err != nil {
		return err
	}
	filter := q.Get("filter")
	if filter == "" {
		return wire.Fail(wire.BadRequest, "filter is missing")
	}
	after, err := number(q, "after", 0, 0, 1<<31-1)
	if err != nil {
		return err
	}
	back := q.Get("back") == "1" || q.Get("back") == "true"
	at := func(i int) (*session.Row, int, error) {
		page, err := s.Captures.Rows(r.Context(), id, session.RowsQuery{Filter: filter, From: i, Limit: 1})
		if err != nil {
			return nil, 0, err
		}
		if len(page.Rows) == 0 {
			return nil, page.Displayed, nil
		}
		return &page.Rows[0], page.Displayed, nil
	}
	_, n, err := at(0)
	if err != nil {
		return err
	}
	low, high := 0, n // the first index whose number is above after (forward) or not below it (back)
	for low < high {
		mid := (low + high) / 2
		row, _, err := at(mid)
		if err != nil {
			return err
		}
		if row != nil && (int(row.No) < after || int(row.No) == after && !back) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if back {
		low--
	}
	if low < 0 || low >= n {
		return wire.Fail(wire.NotFound, "no further packet matches")
	}
	row, _, err := at(low)
	if err != nil {
		return err
	}
	if row == nil {
		return wire.Fail(wire.NotFound, "no further packet matches")
	}
	writeJSON(w, http.StatusOK, row)
	return nil
}

func (s *Server) stat(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	q, err := values(r)
	if err != nil {
		return err
	}
	shape, err := shaper(map[string]string{"sort": q.Get("sort"), "limit": q.Get("limit")})
	if err != nil {
		return err
	}
	name := chi.URLParam(r, "name")
	t, err := s.Captures.Stat(r.Context(), id, session.StatQuery{Name: name, Filter: q.Get("filter")})
	if err != nil {
		return err
	}
	return writeTable(w, shape(t), q.Get("format"), name)
}

func (s *Server) follow(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	q, err := values(r)
	if err != nil {
		return err
	}
	stream, err := pathNumber(r, "stream", 0, 1<<31-1)
	if err != nil {
		return err
	}
	proto := chi.URLParam(r, "proto")
	switch proto {
	case "tcp", "udp", "tls", "http", "http2", "quic":
	default:
		return wire.Fail(wire.NotFound, fmt.Sprintf("no streams of protocol %q", clip(proto, 32)))
	}
	st, err := s.Captures.Follow(r.Context(), id, proto, stream, q.Get("filter"))
	if err != nil {
		return err
	}
	switch q.Get("format") {
	case "", "json":
		if st.Chunks == nil {
			st.Chunks = []session.StreamChunk{}
		}
		writeJSON(w, http.StatusOK, st)
	case "raw":
		// Bytes from strangers: a download, never shown in this origin.
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", attachment(fmt.Sprintf("%s-%d.bin", proto, stream)))
		for _, c := range st.Chunks {
			if _, err := w.Write(c.Data); err != nil {
				return nil
			}
		}
	default:
		return wire.Fail(wire.BadRequest, "format must be json or raw")
	}
	return nil
}

func (s *Server) strip(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	q, err := values(r)
	if err != nil {
		return err
	}
	bins, err := number(q, "bins", 600, 1, maxBins)
	if err != nil {
		return err
	}
	st, err := s.Captures.Strip(r.Context(), id, q.Get("filter"), bins)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, st)
	return nil
}

func (s *Server) complete(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	q, err := values(r)
	if err != nil {
		return err
	}
	text := q.Get("text")
	at, err := number(q, "at", len(text), 0, len(text))
	if err != nil {
		return err
	}
	c, err := s.Captures.Complete(r.Context(), id, text, at)
	if err != nil {
		return err
	}
	if c == nil {
		c = []session.Completion{}
	}
	writeJSON(w, http.StatusOK, c)
	return nil
}

func (s *Server) checkFilter(w http.ResponseWriter, r *http.Request) error {
	q, err := values(r)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, s.Captures.CheckFilter(q.Get("filter")))
	return nil
}

// checkCapture is checkFilter for the filters of live captures.
func (s *Server) checkCapture(w http.ResponseWriter, r *http.Request) error {
	q, err := values(r)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, s.CheckCapture(q.Get("filter")))
	return nil
}

var exportTypes = map[string]string{
	"pcapng": "application/octet-stream", "pcap": "application/octet-stream",
	"csv": "text/csv; charset=utf-8", "json": "application/json", "pdml": "application/octet-stream",
}

func (s *Server) download(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	q, err := values(r)
	if err != nil {
		return err
	}
	format := q.Get("format")
	if format == "" {
		format = "pcapng"
	}
	typ, ok := exportTypes[format]
	if !ok {
		return wire.Fail(wire.BadRequest, fmt.Sprintf("format %q: must be pcapng, pcap, csv, json or pdml", clip(format, 32)))
	}
	st, err := s.Captures.Status(id)
	if err != nil {
		return err
	}
	filter := q.Get("filter")
	if c := s.Captures.CheckFilter(filter); filter != "" && !c.OK && c.Error != nil {
		return c.Error
	}
	if err := s.Audit.Write(s.record(r, "download", "capture "+id, "filter", filter, "format", format)); err != nil {
		return &wire.Error{Code: wire.AuditFailed, Message: "not done, because it cannot be recorded: " + err.Error()}
	}
	name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(st.Name, ".gz"), ".pcapng"), ".pcap") + "." + format
	out := &lazy{w: w, begin: func() {
		w.Header().Set("Content-Type", typ)
		w.Header().Set("Content-Disposition", attachment(name))
	}}
	err = s.Captures.Export(r.Context(), id, filter, format, out)
	if err != nil && out.begun {
		// The answer has begun: cut the connection, so that nobody takes the part
		// for the whole.
		s.Log.Warn("download cut short", "capture", id, "err", err)
		panic(http.ErrAbortHandler)
	}
	if err == nil && !out.begun {
		out.begin()
		w.WriteHeader(http.StatusOK)
	}
	return err
}

// lazy leaves the status open until the first byte.
type lazy struct {
	w     http.ResponseWriter
	begin func()
	begun bool
}

func (l *lazy) Write(b []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.begin()
	}
	return l.w.Write(b)
}

func (s *Server) startLive(w http.ResponseWriter, r *http.Request) error {
	var spec wire.LiveSpec
	if err := readJSON(w, r, &spec); err != nil {
		return err
	}
	switch {
	case spec.Interface == "" || len(spec.Interface) > 64 || strings.ContainsAny(spec.Interface, "/\x00\n"):
		return &wire.Error{Code: wire.BadRequest, Message: "interface is missing or no interface's name", Remedy: "GET /api/devices lists them"}
	case spec.Snaplen < 0 || spec.Snaplen > 1<<24:
		return wire.Fail(wire.BadRequest, "snaplen must be from 0 to 16777216")
	case spec.Ring.Files < 0 || spec.Ring.Files > 10000 || spec.Ring.FileSize < 0:
		return wire.Fail(wire.BadRequest, "ring must have 0 to 10000 files of 0 or more bytes")
	case spec.Stop.Packets < 0 || spec.Stop.Duration < 0 || spec.Stop.FileSize < 0:
		return wire.Fail(wire.BadRequest, "stop must not be below 0")
	case len(spec.Filter) > wire.MaxArg:
		return wire.Fail(wire.BadRequest, fmt.Sprintf("filter is longer than %d bytes", wire.MaxArg))
	}
	rec := s.record(r, "capture-start", "interface "+spec.Interface, "filter", spec.Filter, "snaplen", strconv.Itoa(spec.Snaplen))
	var id string
	err := s.audited(rec, func() (err error) {
		id, err = s.Host.StartLive(r.Context(), spec)
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/captures/"+id)
	writeJSON(w, http.StatusCreated, wire.Created{ID: id})
	return nil
}

func (s *Server) stopLive(w http.ResponseWriter, r *http.Request) error {
	id, err := identifier(r, "id")
	if err != nil {
		return err
	}
	return s.act(w, s.record(r, "capture-stop", "capture "+id), wire.Done{OK: true}, func() error {
		return s.Host.StopLive(r.Context(), id)
	})
}
