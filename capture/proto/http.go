// HTTP/1.x, RFC 9110 and RFC 9112, with WebDAV's and UPnP's methods, and SSDP,
// which sends the same messages over UDP. The first line and the headers are in
// http_message.go and http_header.go, bodies in http_body.go. Not decoded:
// NTLM, Kerberos and Citrix credentials inside Authorization, and HTTP/2
// settings inside HTTP2-Settings.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	httpP            = protocol("http", "Hypertext Transfer Protocol", "HTTP")
	httpNotification = httpP.Bool("notification", "Notification")
	httpResponse     = httpP.Bool("response", "Response")
	httpRequest      = httpP.Bool("request", "Request")
	httpBasic        = httpP.Str("authbasic", "Credentials")
	httpRespLine     = httpP.Str("response.line", "Response line")
	httpReqLine      = httpP.Str("request.line", "Request line")
	httpMethod       = httpP.Str("request.method", "Request Method")
	httpURI          = httpP.Str("request.uri", "Request URI")
	httpURIPath      = httpP.Str("request.uri.path", "Request URI Path")
	httpURISegment   = httpP.Str("request.uri.path.segment", "Request URI Path Segment")
	httpURIQuery     = httpP.Str("request.uri.query", "Request URI Query")
	httpURIParam     = httpP.Str("request.uri.query.parameter", "Request URI Query Parameter")
	httpReqVersion   = httpP.Str("request.version", "Request Version")
	httpRespVersion  = httpP.Str("response.version", "Response Version")
	httpFullURI      = httpP.Str("request.full_uri", "Full request URI")
	httpCode         = httpP.U24("response.code", "Status Code", dec)
	httpCodeDesc     = httpP.Str("response.code.desc", "Status Code Description")
	httpPhrase       = httpP.Str("response.phrase", "Response Phrase")
	httpProxyHost    = httpP.Str("proxy_connect_host", "Proxy-Connect-Hostname")
	httpProxyPort    = httpP.U16("proxy_connect_port", "Proxy-Connect-Port", dec)
	httpLength       = httpP.U64("content_length", "Content length", dec)
	httpCookiePair   = httpP.Str("cookie_pair", "Cookie pair")
	httpRequestIn    = httpP.FrameNum("request_in", "Request in frame")
	httpResponseIn   = httpP.FrameNum("response_in", "Response in frame")
	httpTime         = httpP.RelTime("time", "Time since request")
	httpTrailer      = httpP.Str("chunked_trailer_part", "trailer-part")
	httpChunkBound   = httpP.Bytes("chunk_boundary", "Chunk boundary")
	httpChunkSize    = httpP.U32("chunk_size", "Chunk size", dec, unit(" octets", " octet"))
	httpChunkData    = httpP.Bytes("chunk_data", "Chunk data")
	httpFileData     = httpP.Bytes("file_data", "File Data")
	httpUnknown      = httpP.Str("unknown_header", "Unknown header")

	eiHTTPBoth     = httpP.Expert("te_and_length", field.Malformed, field.Warn, "The Content-Length and Transfer-Encoding header must not be set together")
	eiHTTPCoding   = httpP.Expert("te_unknown", field.Undecoded, field.Warn, "Unknown transfer coding name in Transfer-Encoding header")
	eiHTTPBody     = httpP.Expert("subdissector_failed", field.Malformed, field.Note, "HTTP body subdissector failed, trying heuristic subdissector")
	eiHTTPTLSPort  = httpP.Expert("tls_port", field.Security, field.Warn, "Unencrypted HTTP protocol detected over encrypted port, could indicate a dangerous misconfiguration.")
	eiHTTPExcess   = httpP.Expert("excess_data", field.Protocol, field.Warn, "Excess data after a body (not a new request/response), previous Content-Length bogus?")
	eiHTTPLeading  = httpP.Expert("leading_crlf", field.Malformed, field.Error, "Leading CRLF previous message in the stream may have extra CRLF")
	eiHTTPBadName  = httpP.Expert("bad_header_name", field.Protocol, field.Warn, "Illegal characters found in header name")
	eiHTTPUnpack   = httpP.Expert("decompression_failed", field.Undecoded, field.Warn, "Decompression failed")
	eiHTTPNoUnpack = httpP.Expert("decompression_disabled", field.Undecoded, field.Chat, "Decompression disabled")

	prefHTTPHeaders = dissect.BoolPref("http.desegment_headers", "Reassemble HTTP headers spanning multiple TCP segments", true)
	prefHTTPBody    = dissect.BoolPref("http.desegment_body", "Reassemble HTTP bodies spanning multiple TCP segments", true)
	_               = dissect.BoolPref("http.dechunk_body", "Reassemble chunked transfer-coded bodies", true)
	prefHTTPUnpack  = dissect.BoolPref("http.decompress_body", "Uncompress entity bodies", true)

	mediaTable   = httpP.Table("media_type")
	upgradeTable = httpP.Table("http.upgrade")
	_            = httpP.Table("tcp.port") // what a tunnel holds
	httpHeur     = httpP.Table("http")

	_ = httpP.Parse(parseHTTP).Stateful().Rejects().Calls(dataP, mediaP).
		On("tcp.port", 80, 1900, 2710, 2869, 3128, 3132, 3689, 5985, 8080, 8088, 11371).
		Heur("tcp", "http_tcp", httpLooks)

	ssdpP = protocol("ssdp", "Simple Service Discovery Protocol", "SSDP")
	_     = ssdpP.Parse(parseSSDP).Stateful().Rejects().Calls(httpP).On("udp.port", 1900)

	httpConvs = flow.NewSlot[httpConv]()
	httpFacts = flow.NewFacts[[]*httpFact]()
)

// httpAsked is a request: where it was seen and what it asks for.
type httpAsked struct {
	frame uint32
	reply uint32 // frame of the response; 0 = none
	time  int64
	uri   string
	full  string // empty when the request does not tell
}

// httpConv is what is known of a connection. Only the learn pass looks at the
// part above the line; below it, values are set once and only concern the
// frames after them.
type httpConv struct {
	open   *httpAsked // the latest request, until it is answered
	method string     // of the latest request
	uri    string
	seen   bool // a request or response was found

	from    uint32 // frame from which the connection holds another protocol
	fromPos int    // and where in that frame's data
	next    *dissect.Proto
	tunnel  bool // CONNECT: what lies above follows from the port
	host    string
	port    uint16
}

// httpFact is what a message's dissection takes from other frames. Messages of
// one frame are told apart by where they and their data end.
type httpFact struct {
	pos, end int
	source   bool // not in the frame's own bytes
	asked    *httpAsked
	method   string // of the latest request when the message came
	seen     bool
}

// httpWalk goes over the messages of one piece of a stream.
type httpWalk struct {
	conv  *httpConv // nil without a conversation
	base  int       // where the data starts
	short string    // Protocol column
	ssdp  bool
}

func parseHTTP(c *Cursor) {
	w := httpWalk{base: c.Pos(), short: "HTTP"}
	w.walk(c)
}

func parseSSDP(c *Cursor) {
	w := httpWalk{base: c.Pos(), short: "SSDP", ssdp: true}
	w.walk(c)
}

// httpLooks recognises a request or response line on any port, by the version
// at its end or start.
func httpLooks(c *Cursor) bool {
	b := c.Rest()
	n, _, _ := httpLine(b, false)
	if n < 8 || !httpVersion(b[n-8:n]) && !httpVersion(b) {
		return false
	}
	c.Take()
	if conv := c.Packet().Conv; conv != nil && c.Learning() && !c.Quoted() {
		conv.SetUpper(c.Frame().Number, httpP)
	}
	parseHTTP(c)
	return true
}

func httpVersion(b []byte) bool {
	return len(b) >= 8 && equalFold(b[:7], "HTTP/1.")
}

func (w *httpWalk) walk(c *Cursor) {
	if conv := c.Packet().Conv; conv != nil && !c.Quoted() {
		if c.Learning() {
			w.conv = httpConvs.Make(conv)
		} else {
			w.conv = httpConvs.Of(conv)
		}
	}
	for first := true; c.Left() > 0; first = false {
		pos := c.Pos()
		if w.switched(c, pos) {
			w.handOver(c, first)
			return
		}
		used, rejected := -1, false
		whole := c.PDU(first, pos, c.Left(), func(c *Cursor) {
			m := httpMsg{w: w, pos: pos, c: c, first: first}
			used = m.parse()
			if used < 0 && m.blank && first {
				c.DropProto()
			} else if used < 0 && m.blank {
				c.DropNode()
			}
			rejected = m.rejected
		})
		if rejected && first {
			c.Reject()
			return
		}
		if !whole || used < 0 {
			return
		}
		c.FenceInfo()
		c.Seek(pos + max(used, 1))
	}
}

// switched reports that the connection holds another protocol from here on.
func (w *httpWalk) switched(c *Cursor, pos int) bool {
	v := w.conv
	if v == nil || v.from == 0 {
		return false
	}
	n := c.Frame().Number
	return n > v.from || n == v.from && pos >= v.fromPos
}

// handOver runs the protocol that the connection was switched to.
func (w *httpWalk) handOver(c *Cursor, first bool) {
	v, pos := w.conv, c.Pos()
	c.PassAsk()
	if !v.tunnel {
		if first {
			c.DropNode()
		}
		next := v.next
		if next == nil {
			next = dataP
		}
		c.Sub(next, pos, -1)
		return
	}
	c.GenText(httpProxyHost, pos, 0, v.host)
	c.Gen(httpProxyPort, pos, 0, uint64(v.port))
	p := c.Packet()
	other := p.SrcPort
	if p.DstPort == uint32(v.port) {
		other = p.DstPort
	}
	lo, hi := uint64(min(other, uint32(v.port))), uint64(max(other, uint32(v.port)))
	for _, port := range [...]uint64{lo, hi} {
		if q := c.Lookup(tcpTable, port); q != nil && q != httpP && port != 0 && c.Try(q, pos, -1) {
			return
		}
	}
	c.Sub(dataP, pos, -1)
}

// fact gives what is known of the message at pos from other frames, created
// when learning.
func (w *httpWalk) fact(c *Cursor, pos int) *httpFact {
	st, n, end, src := c.Flow(), c.Frame().Number, c.End(), c.SourceIndex() != 0
	if c.Quoted() {
		return &httpFact{}
	}
	list := httpFacts.Get(st, n, 1)
	if list != nil {
		for _, f := range *list {
			if f.pos == pos && f.end == end && f.source == src {
				return f
			}
		}
	}
	f := &httpFact{pos: pos, end: end, source: src}
	if w.conv != nil {
		f.method, f.seen = w.conv.method, w.conv.seen
	}
	if c.Learning() {
		list = httpFacts.Put(st, n, 1)
		*list = append(*list, f)
	}
	return f
}
