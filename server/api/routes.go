package api

import (
	"net/http"

	"sonde/capture/session"
	"sonde/probes/table"
	"sonde/server/access"
	"sonde/server/wire"
)

// Route is one row of the route table: what is asked, who may ask, and how it
// is described. The mux, the role check and GET /api/openapi.json are built
// from it.
type Route struct {
	Method  string
	Pattern string
	Need    access.Need
	Summary string
	Params  []Param
	Body    body
	// Accepts is a value of the JSON body's type, Answers of the answer's; nil:
	// none, or not JSON (then Media says what).
	Accepts any
	Answers any
	Media   []string
	Status  int // of success; 0 = 200

	grant  string // what an operator needs for it: "kill"
	shell  bool   // a page without data
	socket bool   // the websocket
	stream bool   // sets its own time limits
	login  bool   // changes the login only: --read-only allows it
	handle func(*Server, http.ResponseWriter, *http.Request) error
}

// Param is one parameter; In is "path", "query" or "header".
type Param struct {
	Name, In, Type, Help string
	Required             bool
}

type body int

const (
	bodyNone body = iota
	bodyJSON
	bodyBytes
)

func (r *Route) key() string { return r.Method + " " + r.Pattern }

func (r *Route) mutates() bool {
	return r.Need.Mutates() || unsafe(r.Method) && !r.login
}

// handler runs a route's function and answers with its error.
func (s *Server) handler(route *Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := route.handle(s, w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

func query(name, typ, help string) Param {
	return Param{Name: name, In: "query", Type: typ, Help: help}
}
func segment(name, typ, help string) Param {
	return Param{Name: name, In: "path", Type: typ, Help: help, Required: true}
}

var (
	formats = query("format", "string", "csv or text; JSON when left out")
	order   = query("sort", "string", "column ids separated by commas, - before one that goes down")
	limits  = query("limit", "integer", "at most so many rows")
	userArg = query("user", "string", "rows of this user only")
	filters = query("filter", "string", "display filter")
	pid     = segment("pid", "integer", "process id")
	capID   = segment("id", "string", "capture")

	tableMedia = []string{"application/json", "text/csv", "text/plain"}
)

// pageTable turns mounted pages into routes.
type pageTable struct{ routes []Route }

func (p *pageTable) Get(pattern string, h http.HandlerFunc) {
	p.routes = append(p.routes, Route{Method: "GET", Pattern: pattern, Need: access.Public, Summary: "page without data", Media: []string{"text/html"}, shell: true,
		handle: func(_ *Server, w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			h(w, r)
			return nil
		}})
}

// table lists all routes. A need says who may: see access.Need.
func (s *Server) table() []Route {
	observe := func(pattern, probe, summary string, params ...Param) Route {
		return Route{Method: "GET", Pattern: pattern, Need: access.Observe, Summary: summary, Params: append(params, order, limits, formats),
			Answers: table.Table{}, Media: tableMedia, handle: probeTable(probe)}
	}
	routes := []Route{
		{Method: "GET", Pattern: "/healthz", Need: access.Public, Summary: "whether the server runs", Answers: wire.Done{}, handle: (*Server).health},
		{Method: "POST", Pattern: "/api/session", Need: access.Public, Summary: "exchange a one-time code for a session", Body: bodyJSON,
			Accepts: wire.Exchange{}, Answers: wire.Granted{}, login: true, handle: (*Server).exchange},
		{Method: "GET", Pattern: "/api/session", Need: access.Self, Summary: "who am I", Answers: wire.Me{}, handle: (*Server).me},
		{Method: "DELETE", Pattern: "/api/session", Need: access.Self, Summary: "log out", Answers: wire.Done{}, login: true, handle: (*Server).logout},
		{Method: "GET", Pattern: "/api/sessions", Need: access.Admin, Summary: "all browser sessions", Answers: []wire.SessionInfo{}, handle: (*Server).sessions},
		{Method: "DELETE", Pattern: "/api/sessions", Need: access.Admin, Summary: "end all browser sessions", Answers: wire.Done{}, login: true, handle: (*Server).logoutAll},
		{Method: "DELETE", Pattern: "/api/sessions/{session}", Need: access.Admin, Summary: "end one browser session", Params: []Param{segment("session", "string", "session")},
			Answers: wire.Done{}, login: true, handle: (*Server).revoke},
		{Method: "POST", Pattern: "/api/sessions/{session}/role", Need: access.Admin, Summary: "raise or lower a session", Params: []Param{segment("session", "string", "session")},
			Body: bodyJSON, Accepts: wire.SessionRole{}, Answers: wire.Done{}, handle: (*Server).setRole},
		{Method: "GET", Pattern: "/api/audit", Need: access.Admin, Summary: "the newest records of the audit log", Params: []Param{limits}, Answers: []access.Record{}, handle: (*Server).auditTail},
		{Method: "GET", Pattern: "/api/openapi.json", Need: access.Self, Summary: "this description", Media: []string{"application/json"}, handle: (*Server).describeTo},
		{Method: "GET", Pattern: "/metrics", Need: access.Admin, Summary: "the server's own figures, in Prometheus' text form", Media: []string{"text/plain"}, handle: (*Server).metrics},
		{Method: "GET", Pattern: "/ws", Need: access.Self, Summary: "the websocket: snapshots and deltas of live tables", Status: http.StatusSwitchingProtocols, socket: true, handle: (*Server).socket},

		observe("/api/processes", "processes", "processes", query("tree", "boolean", "1: parents before children"), userArg),
		observe("/api/processes/{pid}", "process", "one process", pid),
		observe("/api/sockets", "sockets", "sockets", query("pid", "integer", "of this process"), userArg),
		observe("/api/files", "files", "open files", query("pid", "integer", "of this process"), userArg, query("path", "string", "this file, or files below this folder")),
		observe("/api/interfaces", "interfaces", "network interfaces"),
		observe("/api/routes", "routes", "routes"),
		observe("/api/protocol-stats", "protocol-stats", "the kernel's protocol counters"),
		observe("/api/bandwidth", "bandwidth", "traffic by pair of hosts", query("interface", "string", "of this interface")),
		observe("/api/system", "system", "CPU, memory, disks and load"),
		observe("/api/findings", "findings", "what looks wrong"),
		{Method: "GET", Pattern: "/api/probes/{probe}", Need: access.Observe, Summary: "any probe by name; other parameters are the probe's",
			Params: []Param{segment("probe", "string", "probe"), order, limits, formats}, Answers: table.Table{}, Media: tableMedia, handle: (*Server).anyProbe},
		{Method: "POST", Pattern: "/api/processes/{pid}/signal", Need: access.Act, Summary: "send a signal to the process that was seen", Params: []Param{pid},
			Body: bodyJSON, Accepts: wire.SignalRequest{}, Answers: wire.Done{}, grant: "kill", handle: (*Server).signal},
		{Method: "POST", Pattern: "/api/processes/{pid}/renice", Need: access.Act, Summary: "change a process's nice value", Params: []Param{pid},
			Body: bodyJSON, Accepts: wire.ReniceRequest{}, Answers: wire.Done{}, grant: "kill", handle: (*Server).renice},
		{Method: "GET", Pattern: "/api/devices", Need: access.Observe, Summary: "interfaces that can be captured on", Answers: []wire.Device{}, handle: (*Server).devices},
		{Method: "GET", Pattern: "/api/features", Need: access.Observe, Summary: "what works here, what is missing, and what unlocks it", Answers: []wire.Feature{}, handle: (*Server).features},

		{Method: "GET", Pattern: "/api/captures", Need: access.Read, Summary: "captures", Params: []Param{order, limits, formats}, Answers: captureList{}, Media: tableMedia, handle: (*Server).captures},
		{Method: "POST", Pattern: "/api/captures", Need: access.Capture, Summary: "open the capture file that is the body", Params: []Param{query("name", "string", "the file's name, for display")},
			Body: bodyBytes, Answers: session.Status{}, Status: http.StatusCreated, stream: true, handle: (*Server).upload},
		{Method: "POST", Pattern: "/api/captures/live", Need: access.Capture, Summary: "start a live capture", Body: bodyJSON, Accepts: wire.LiveSpec{}, Answers: wire.Created{},
			Status: http.StatusCreated, handle: (*Server).startLive},
		{Method: "POST", Pattern: "/api/captures/{id}/stop", Need: access.Capture, Summary: "stop a live capture", Params: []Param{capID}, Answers: wire.Done{}, handle: (*Server).stopLive},
		{Method: "GET", Pattern: "/api/captures/{id}", Need: access.Read, Summary: "a capture's state", Params: []Param{capID}, Answers: session.Status{}, handle: (*Server).capture},
		{Method: "DELETE", Pattern: "/api/captures/{id}", Need: access.Capture, Summary: "delete a capture", Params: []Param{capID}, Answers: wire.Done{}, handle: (*Server).deleteCapture},
		{Method: "GET", Pattern: "/api/captures/{id}/packets", Need: access.Read, Summary: "rows of the packet list",
			Params:  []Param{capID, filters, query("from", "integer", "index of the first row, from 0, in what the filter leaves"), limits, query("columns", "string", "field names separated by commas")},
			Answers: session.RowsPage{}, handle: (*Server).packets},
		{Method: "GET", Pattern: "/api/captures/{id}/packets/{no}", Need: access.Read, Summary: "one packet in full", Params: []Param{capID, segment("no", "integer", "number, from 1")},
			Answers: session.Detail{}, handle: (*Server).packet},
		{Method: "GET", Pattern: "/api/captures/{id}/find", Need: access.Read, Summary: "the next packet that a filter selects",
			Params:  []Param{capID, {Name: "filter", In: "query", Type: "string", Help: "display filter", Required: true}, query("after", "integer", "packet number to start behind"), query("back", "boolean", "1: before it instead")},
			Answers: session.Row{}, handle: (*Server).find},
		{Method: "GET", Pattern: "/api/captures/{id}/stats/{name}", Need: access.Read, Summary: "a statistic, named as tshark -z does",
			Params: []Param{capID, segment("name", "string", "conv,tcp and so on"), filters, order, limits, formats}, Answers: table.Table{}, Media: tableMedia, handle: (*Server).stat},
		{Method: "GET", Pattern: "/api/captures/{id}/follow/{proto}/{stream}", Need: access.Read, Summary: "the bytes of one conversation",
			Params:  []Param{capID, segment("proto", "string", "tcp, udp, tls, http or http2"), segment("stream", "integer", "stream index"), filters, query("format", "string", "raw: the bytes alone, as a download")},
			Answers: session.Stream{}, Media: []string{"application/json", "application/octet-stream"}, handle: (*Server).follow},
		{Method: "GET", Pattern: "/api/captures/{id}/strip", Need: access.Read, Summary: "packets per time bin", Params: []Param{capID, filters, query("bins", "integer", "how many, 1 to 10000; 600 when left out")},
			Answers: session.Strip{}, handle: (*Server).strip},
		{Method: "GET", Pattern: "/api/captures/{id}/complete", Need: access.Read, Summary: "completion of a display filter", Params: []Param{capID, query("text", "string", "the filter so far"), query("at", "integer", "cursor, in bytes")},
			Answers: []session.Completion{}, handle: (*Server).complete},
		{Method: "GET", Pattern: "/api/captures/{id}/download", Need: access.Raw, Summary: "packets as a file", Params: []Param{capID, filters, query("format", "string", "pcapng, pcap, csv, json or pdml")},
			Media: []string{"application/octet-stream"}, stream: true, handle: (*Server).download},
		{Method: "GET", Pattern: "/api/filter/check", Need: access.Read, Summary: "whether a display filter compiles, and what it says", Params: []Param{filters}, Answers: session.FilterCheck{}, handle: (*Server).checkFilter},

		{Method: "OPTIONS", Pattern: "/api/uploads", Need: access.Self, Summary: "what the tus server can", Status: http.StatusNoContent, handle: (*Server).tusOptions},
		{Method: "POST", Pattern: "/api/uploads", Need: access.Capture, Summary: "begin a resumable upload (tus)", Params: []Param{{Name: "Upload-Length", In: "header", Type: "integer", Help: "bytes of the file", Required: true}, {Name: "Upload-Metadata", In: "header", Type: "string", Help: "filename in base64"}},
			Body: bodyBytes, Status: http.StatusCreated, stream: true, handle: (*Server).tusCreate},
		{Method: "HEAD", Pattern: "/api/uploads/{upload}", Need: access.Capture, Summary: "how far an upload is (tus)", Params: []Param{segment("upload", "string", "upload")}, handle: (*Server).tusHead},
		{Method: "GET", Pattern: "/api/uploads/{upload}", Need: access.Capture, Summary: "how far an upload is", Params: []Param{segment("upload", "string", "upload")}, Answers: wire.UploadInfo{}, handle: (*Server).tusGet},
		{Method: "PATCH", Pattern: "/api/uploads/{upload}", Need: access.Capture, Summary: "the next bytes of an upload (tus)",
			Params: []Param{segment("upload", "string", "upload"), {Name: "Upload-Offset", In: "header", Type: "integer", Help: "where the bytes belong", Required: true}, {Name: "Upload-Checksum", In: "header", Type: "string", Help: "sha256 or sha1 of these bytes, base64"}},
			Body:   bodyBytes, Status: http.StatusNoContent, stream: true, handle: (*Server).tusPatch},
		{Method: "DELETE", Pattern: "/api/uploads/{upload}", Need: access.Capture, Summary: "give up an upload (tus)", Params: []Param{segment("upload", "string", "upload")}, Status: http.StatusNoContent, handle: (*Server).tusDelete},
	}
	if s.Pages != nil {
		var p pageTable
		s.Pages(&p)
		routes = append(routes, p.routes...)
	}
	if s.CheckCapture != nil {
		routes = append(routes, Route{Method: "GET", Pattern: "/api/capture-filter/check", Need: access.Read, Summary: "whether a capture filter compiles", Params: []Param{query("filter", "string", "capture filter, in tcpdump's language")},
			Answers: session.FilterCheck{}, handle: (*Server).checkCapture})
	}
	if s.Assets != nil {
		routes = append(routes, Route{Method: "GET", Pattern: "/assets/*", Need: access.Public, Summary: "built files of the pages", Media: []string{"application/octet-stream"}, handle: (*Server).asset})
	}
	return routes
}
