// A message of HTTP: its first line, the loop over its headers, and what is
// known of the exchange that it belongs to.
package proto

import (
	"strings"

	"sonde/capture/dissect"
)

// httpMsg is a message while it is being read.
type httpMsg struct {
	w     *httpWalk
	c     *Cursor
	fact  *httpFact
	pos   int // where it starts
	first bool

	rejected bool // not HTTP
	blank    bool // nothing of it was recorded

	kind    httpKind
	method  string
	uri     string
	hasURI  bool
	host    string
	hasHost bool
	code    int

	lengths  int // number of Content-Length headers
	length   uint64
	badLen   bool
	chunked  bool
	coding   string // other transfer coding
	content  dissect.Content
	typed    bool
	packed   string // content coding
	isPacked bool
	upgrade  string
	size     int // of the body on the wire, while it is dissected
}

// httpLine finds the end of the line at the start of b: its length, where the
// next line starts, and whether an end was there. With more to come, a CR that
// is the last byte does not count as an end.
func httpLine(b []byte, more bool) (n, next int, found bool) {
	for i, x := range b {
		switch {
		case x == '\n':
			return i, i + 1, true
		case x == '\r' && i+1 < len(b):
			if b[i+1] == '\n' {
				return i, i + 2, true
			}
			return i, i + 1, true
		case x == '\r':
			return i, i + 1, !more
		}
	}
	return len(b), len(b), false
}

// parse reads the message and gives the number of bytes it takes, -1 when
// nothing can follow it.
func (m *httpMsg) parse() int {
	c := m.c
	m.fact = m.w.fact(c, m.pos)
	at := m.pos
	crlf := c.Left() > 3 && c.CapLeft() >= 2 && c.Peek16(0) == 0x0d0a
	if crlf {
		at += 2
	}
	c.Seek(at)
	if x := c.Peek8(0); x < 0x20 || x > 0x7e {
		if !m.fact.seen && m.first {
			m.rejected, m.blank = true, true
			return -1
		}
		return m.continuation()
	}
	line, _, found := httpLine(c.Rest(), c.CanAsk())
	kind := httpLineKind(c.BytesAt(at, line))
	if kind == httpOther {
		if !found && m.mayAsk() && c.NeedSegment(m.pos) {
			m.blank = true
			return -1
		}
		if !m.fact.seen && m.first {
			m.rejected, m.blank = true, true
			return -1
		}
		return m.continuation()
	}
	if found {
		m.summary(at, line)
	}
	if c.Learning() && m.w.conv != nil {
		m.w.conv.seen = true
	}
	if !m.complete(at, kind) {
		m.blank = true
		return -1
	}
	if !found {
		m.summary(at, line)
	}
	c.SetProtocol(m.w.short)
	m.titles(crlf)
	m.headers(at)
	m.exchange()
	return m.body() - m.pos
}

func (m *httpMsg) mayAsk() bool { return m.c.CanAsk() && m.c.Bool(prefHTTPHeaders) }

// summary puts the first line into the Info column.
func (m *httpMsg) summary(at, n int) {
	if b := m.c.SetInfo(); b != nil {
		formatText(b, m.c.BytesAt(at, n)).C(' ')
	}
}

// titles adds what is said before the first line.
func (m *httpMsg) titles(crlf bool) {
	c := m.c
	if crlf {
		if n := c.Node(c.ProtoNode()); n != nil {
			n.Off += 2
		}
		r := dissect.None
		if b := c.Text(m.pos, 2); b != nil {
			b.S("Leading CRLF previous message in the stream may have extra CRLF")
			r = c.Last()
		}
		c.Expert(r, eiHTTPLeading)
	}
	if p := c.Packet(); m.first && !m.w.ssdp && (p.SrcPort == 443 || p.DstPort == 443) && c.SourceIndex() == 0 {
		c.Expert(c.ProtoNode(), eiHTTPTLSPort)
	}
}

// continuation shows data of a connection that is known to hold HTTP.
func (m *httpMsg) continuation() int {
	c := m.c
	c.SetProtocol(m.w.short)
	if b := c.SetInfo(); b != nil {
		b.S("Continuation")
	}
	n := c.End() - m.pos
	if !m.first {
		r := dissect.None
		if b := c.Text(m.pos, n); b != nil {
			b.S("Excess data after a body (not a new request/response), previous Content-Length bogus?")
			r = c.Last()
		}
		c.Expert(r, eiHTTPExcess)
	}
	c.Seek(m.pos)
	line, _, _ := httpLine(c.Rest(), false)
	if colon := strings.IndexByte(string(c.Rest()[:line]), ':'); colon > 0 && httpTokenOnly(c.Rest()[:colon]) {
		m.headers(m.pos) // the rest of headers whose start is missing
	}
	if c.CapLeft() > 0 {
		at := c.Pos()
		m.fileData(c.CapLeft())
		c.SubUnder(c.ProtoNode(), dataP, at, -1)
	}
	return n
}

// headers reads the first line and the headers up to the empty line.
func (m *httpMsg) headers(at int) {
	c := m.c
	c.Seek(at)
	for c.Left() > 0 {
		pos := c.Pos()
		rest := c.Rest()
		if len(rest) == 0 {
			c.Need(1)
		}
		n, next, _ := httpLine(rest, false)
		line := rest[:n]
		if n == 0 {
			if b := c.Text(pos, next); b != nil {
				formatText(b, rest[:next])
			}
			c.Skip(next)
			return
		}
		if kind := httpLineKind(line); kind != httpOther {
			m.kind = kind
			m.firstLine(pos, line, next)
			c.Seek(pos + next)
			continue
		}
		colon := strings.IndexByte(string(line), ':')
		if colon < 0 {
			if n == len(rest) {
				c.Need(n + 1)
			}
			return
		}
		m.header(pos, line, next, colon)
		c.Seek(pos + next)
	}
}

// firstLine records a request or status line.
func (m *httpMsg) firstLine(pos int, line []byte, next int) {
	c := m.c
	r := dissect.None
	if b := c.Text(pos, next); b != nil {
		formatLine(b, c.BytesAt(pos, next), 0)
		r = c.Last()
	}
	old := c.Push(r)
	if m.kind == httpReply {
		m.status(pos, line)
	} else {
		m.request(pos, line)
	}
	c.Pop(old)
}

// token gives the length of the word at the start of b and where the next
// starts.
func httpToken(b []byte) (n, next int) {
	for n < len(b) && b[n] != ' ' && b[n] != '\r' && b[n] != '\n' {
		n++
	}
	next = n
	for next < len(b) && b[next] == ' ' {
		next++
	}
	return n, next
}

func (m *httpMsg) request(pos int, line []byte) {
	c := m.c
	n, next := httpToken(line)
	if n == 0 {
		return
	}
	m.method = string(line[:n])
	c.FieldAt(httpMethod, pos, n)
	if next > 1 && next >= n+2 {
		next-- // two spaces mean an empty URI
	}
	pos, line = pos+next, line[next:]
	n, next = httpToken(line)
	m.uri, m.hasURI = string(line[:n]), true
	r := c.FieldAt(httpURI, pos, n)
	old := c.Push(r)
	m.path(pos, line[:n])
	c.Pop(old)
	c.FieldAt(httpReqVersion, pos+next, len(line)-next)
}

// path takes a URI apart when it has a query or parameters (RFC 3986 section 3).
func (m *httpMsg) path(pos int, uri []byte) {
	c := m.c
	query := strings.IndexByte(string(uri), '?')
	end := len(uri)
	if query >= 0 {
		end = query
	}
	// sub-delimiters divide the path's segments
	pieces := strings.IndexAny(string(uri[:end]), httpDelims)
	if query < 0 && pieces < 0 {
		return
	}
	c.FieldAt(httpURIPath, pos, end)
	if pieces >= 0 {
		httpPieces(uri[:end], func(from, n int) { c.FieldAt(httpURISegment, pos+from, n) })
	}
	if query < 0 {
		return
	}
	r := c.FieldAt(httpURIQuery, pos+query+1, len(uri)-query-1)
	old := c.Push(r)
	httpPieces(uri[query+1:], func(from, n int) { c.FieldAt(httpURIParam, pos+query+1+from, n) })
	c.Pop(old)
}

// httpDelims divide a path or a query (RFC 3986, sub-delims without "=").
const httpDelims = "!$&'()*+,;"

// httpPieces calls f for each part of b between delimiters; a part has at
// least one byte, whatever that is.
func httpPieces(b []byte, f func(from, n int)) {
	for from := 0; from < len(b); {
		end := from + 1
		for end < len(b) && strings.IndexByte(httpDelims, b[end]) < 0 {
			end++
		}
		f(from, end-from)
		from = end + 1
	}
}

func (m *httpMsg) status(pos int, line []byte) {
	c := m.c
	n, next := httpToken(line)
	if n == 0 {
		return
	}
	c.FieldAt(httpRespVersion, pos, n)
	pos, line = pos+next, line[next:]
	n, next = httpToken(line)
	if n < 3 {
		return
	}
	m.code = httpNumber(line[:3])
	c.Put(httpCode, pos, 3, uint64(m.code))
	if c.Wants(httpCodeDesc) {
		text, ok := httpCodes.Lookup(uint64(m.code))
		if !ok {
			text = "Unknown (" + itoa(m.code) + ")"
		}
		c.GenText(httpCodeDesc, pos, 3, text)
	}
	pos, line = pos+next, line[next:]
	if len(line) > 0 {
		c.FieldAt(httpPhrase, pos, len(line))
	}
}

// httpNumber reads leading decimal digits.
func httpNumber(b []byte) int {
	v := 0
	for _, x := range b {
		if x < '0' || x > '9' {
			break
		}
		v = v*10 + int(x-'0')
	}
	return v
}

// exchange links requests and responses and records what follows from that.
func (m *httpMsg) exchange() {
	c, v, f := m.c, m.w.conv, m.fact
	at := m.w.base
	switch m.kind {
	case httpReply:
		c.PutHidden(httpResponse, at, 0, 1)
		// A response belongs to the latest request; an interim one (1xx) leaves
		// it to the next.
		if c.Learning() && v != nil && v.open != nil {
			f.asked = v.open
			if m.code/100 != 1 {
				v.open.reply = c.Frame().Number
				v.open = nil
			}
		}
		a := f.asked
		if a == nil {
			break
		}
		c.Gen(httpRequestIn, at, 0, uint64(a.frame))
		c.Gen(httpTime, at, 0, uint64(c.Frame().Time-a.time))
		c.GenText(httpURI, at, 0, a.uri)
		if a.full != "" {
			c.GenText(httpFullURI, at, 0, a.full)
		}
	case httpAsk:
		c.PutHidden(httpRequest, at, 0, 1)
		full := m.fullURI()
		if full != "" {
			c.GenText(httpFullURI, at, 0, full)
		}
		if c.Learning() && v != nil {
			v.method, v.uri = m.method, m.uri
			v.open = &httpAsked{frame: c.Frame().Number, time: c.Frame().Time, uri: m.uri, full: full}
			f.asked = v.open
		}
		if a := f.asked; a != nil && a.reply != 0 && !c.Learning() {
			c.Gen(httpResponseIn, at, 0, uint64(a.reply))
		}
	case httpNotify:
		c.PutHidden(httpNotification, at, 0, 1)
	}
}

// fullURI is the request's target with the host that it names, empty when it
// names none.
func (m *httpMsg) fullURI() string {
	if !m.hasHost || !m.hasURI {
		return ""
	}
	if hasPrefixFold(m.uri, "http://") || hasPrefixFold(m.uri, "https://") || strings.EqualFold(m.method, "CONNECT") {
		return m.uri
	}
	scheme := "http://"
	for _, id := range m.c.Packet().Layers {
		if tlsLayer(id) {
			scheme = "https://"
		}
	}
	return scheme + strings.TrimSpace(m.host) + m.uri
}
