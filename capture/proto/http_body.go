// Bodies of HTTP messages (RFC 9112 sections 6 and 7): how much belongs to a
// message, chunks, content codings, and who reads what comes out.
package proto

import (
	"strings"

	"sonde/capture/dissect"
)

// complete asks the stream for the rest of the message when something is
// missing; false means that it will come again with more.
func (m *httpMsg) complete(at int, kind httpKind) bool {
	c := m.c
	if !m.mayAsk() {
		return true
	}
	body := c.Bool(prefHTTPBody) && !c.Packet().StreamEnd
	if kind == httpReply && body {
		line, _, _ := httpLine(c.BytesAt(at, c.CapLeft()), false)
		code := replyCode(c.BytesAt(at, line))
		method := m.fact.method
		if method == "HEAD" || code/100 == 2 && method == "CONNECT" || code/100 == 1 || code == 204 || code == 304 {
			body = false
		}
	}
	var (
		pos                     = at
		length                  int64
		hasLength, chunks, keep bool
	)
	for {
		b := c.BytesAt(pos, max(0, c.Pos()+c.CapLeft()-pos))
		if len(b) == 0 {
			return !c.NeedSegment(m.pos)
		}
		n, next, found := httpLine(b, true)
		if !found {
			return !c.NeedSegment(m.pos)
		}
		pos += next
		if n == 0 {
			break
		}
		line := string(b[:n])
		switch {
		case !body:
		case hasPrefixFold(line, "Content-Length:"):
			if v, ok := scanInt(line[15:]); ok {
				length, hasLength = v, true
			}
		case hasPrefixFold(line, "Connection:"):
			keep = hasPrefixFold(strings.TrimSpace(line[11:]), "Keep-Alive")
		case hasPrefixFold(line, "Transfer-Encoding:"):
			chunks = hasPrefixFold(strings.TrimSpace(line[18:]), "chunked")
		}
	}
	end := c.Pos() + c.CapLeft()
	switch {
	case !body:
	case chunks:
		return m.wholeChunks(pos, end)
	case hasLength:
		have := int64(end - pos)
		if have < length && c.CapLeft() == c.Left() {
			return !c.NeedMore(m.pos, int(min(length-have, 1<<30)))
		}
	case kind == httpReply && !keep:
		return !c.NeedFIN(m.pos)
	}
	return true
}

// replyCode is the status code of a status line, 0 if it has none.
func replyCode(line []byte) int {
	_, next := httpToken(line)
	if n, _ := httpToken(line[next:]); n < 3 {
		return 0
	}
	return httpNumber(line[next : next+3])
}

// scanInt reads a decimal number behind spaces.
func scanInt(s string) (int64, bool) {
	s = strings.TrimLeft(s, " \t")
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimLeft(s, "+-")
	v, n := int64(0), 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' && v < 1<<55 {
		v = v*10 + int64(s[n]-'0')
		n++
	}
	return v, n > 0 && !neg
}

// wholeChunks asks for more until the last chunk is there.
func (m *httpMsg) wholeChunks(pos, end int) bool {
	c := m.c
	for {
		if pos >= end {
			return !c.NeedSegment(m.pos)
		}
		left := end - pos
		n, next, found := httpLine(c.BytesAt(pos, left), true)
		if !found {
			return !c.NeedSegment(m.pos)
		}
		size, ok := chunkSize(c.BytesAt(pos, n))
		if !ok {
			return true
		}
		body := pos + next
		if size == 0 {
			_, _, found := httpLine(c.BytesAt(body, end-body), true)
			return found || !c.NeedSegment(m.pos)
		}
		if left <= size {
			return !c.NeedSegment(m.pos)
		}
		pos = body + size + 2
	}
}

// chunkSize reads the size at the start of a chunk's line, in hex; false when
// it is not a size to wait for.
func chunkSize(line []byte) (int, bool) {
	i := 0
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	if i+1 < len(line) && line[i] == '0' && line[i+1]|0x20 == 'x' {
		i += 2
	}
	v, from := 0, i
	for ; i < len(line); i++ {
		x := line[i]
		switch {
		case x >= '0' && x <= '9':
			x -= '0'
		case x|0x20 >= 'a' && x|0x20 <= 'f':
			x = x | 0x20 - 'a' + 10
		default:
			return v, i > from
		}
		if v >= 1<<27 {
			return 0, false
		}
		v = v<<4 | int(x)
	}
	return v, i > from
}

// body dissects what follows the headers and gives where the message ends.
func (m *httpMsg) body() int {
	c := m.c
	at := c.Pos()
	n, capped := c.Left(), c.CapLeft()
	coded := m.chunked || m.coding != ""
	switch {
	case m.lengths > 0 && !coded:
		if m.length < uint64(n) {
			n = int(m.length)
		}
		capped = min(capped, n)
	case m.kind == httpAsk && !coded:
		capped = 0
	case m.kind == httpReply && (m.code/100 == 1 || m.code == 204 || m.code == 304):
		capped = 0
	}
	if capped <= 0 {
		m.switches(at)
		return at
	}
	end := at + capped
	place := c.Save()
	dissected := false
	if m.chunked {
		used := m.chunks(at, n)
		if used < 0 {
			c.Restore(place)
			return at
		}
		if used == 0 {
			return end
		}
		end = at + used
	} else {
		m.size = n
	}
	if m.unpack() {
		size := min(m.size, c.CapLeft())
		m.fileData(size)
		if size > 0 {
			dissected = m.dispatch()
		}
	}
	c.Restore(place)
	if dissected {
		// The line is cut to the headers, with its length counted from where
		// the data starts.
		c.ProtoEnd(min(m.pos+at-m.w.base, c.End()))
	}
	m.switches(end)
	return end
}

// fileData records the n bytes at the position as the message's content.
func (m *httpMsg) fileData(n int) {
	c := m.c
	r := c.FieldAt(httpFileData, c.Pos(), n)
	if b := c.Label(r); b != nil {
		b.S("File Data: ").U(uint64(n)).S(plural(n, " byte", " bytes"))
	}
}

// dispatch hands the content to the protocol of its type. It reports whether
// that has a line of its own beside HTTP's.
func (m *httpMsg) dispatch() bool {
	c := m.c
	p := c.Packet()
	old := p.Content
	p.Content = m.content
	defer func() { p.Content = old }()
	if q := mediaProto(c, m.content.Type); m.typed && q != nil {
		if c.Try(q, c.Pos(), m.size) {
			return true
		}
		c.Expert(c.ProtoNode(), eiHTTPBody)
	}
	if c.Heuristics(httpHeur, c.Pos(), m.size) != nil {
		return true
	}
	if m.typed {
		c.Sub(mediaP, c.Pos(), m.size)
		return false
	}
	c.SubUnder(c.ProtoNode(), dataP, c.Pos(), m.size)
	return false
}

// chunks records the chunked body and moves to its joined data. It gives the
// number of bytes that the chunks take; 0 when there is no data, -1 when the
// data cannot be followed.
func (m *httpMsg) chunks(at, n int) int {
	c := m.c
	group := dissect.None
	if b := c.Text(at, n); b != nil {
		b.S("HTTP chunked response")
		group = c.Last()
	}
	old := c.Push(group)
	defer c.Pop(old)
	end := at + c.CapLeft()
	var data []byte
	pos, count := at, 0
	for pos < end {
		line, next, found := httpLine(c.BytesAt(pos, end-pos), true)
		if !found || line == 0 {
			break
		}
		size, _ := chunkSize(c.BytesAt(pos, line))
		left := end - pos
		if size > left {
			size = left
		}
		body := pos + next
		count++
		if size == 0 {
			m.chunk(pos, body, 0)
			pos = m.trailer(body, end)
			break
		}
		size = min(size, max(0, end-body))
		m.chunk(pos, body, size)
		data = append(data, c.BytesAt(body, size)...)
		pos = body + size + 2
	}
	pos = min(pos, end)
	c.SetLen(group, pos)
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(", has ").U(uint64(count)).S(plural(count, " chunk", " chunks")).S(" (including last chunk)")
	}
	m.size = len(data)
	if len(data) == 0 {
		return 0
	}
	c.Pop(old)
	c.UseSource("De-chunked entity body", data)
	return pos - at
}

func (m *httpMsg) chunk(pos, body, size int) {
	c := m.c
	r := dissect.None
	n := body - pos + size + 2
	if b := c.Text(pos, n); b != nil {
		if size > 0 {
			b.S("Data chunk (").U(uint64(size)).S(" octets)")
		} else {
			b.S("End of chunked encoding")
		}
		r = c.Last()
	}
	old := c.Push(r)
	x := c.Put(httpChunkSize, pos, body-pos, uint64(size))
	if b := c.Label(x); b != nil {
		b.S("Chunk size: ").U(uint64(size)).S(" octets")
	}
	if size > 0 {
		c.FieldAt(httpChunkData, body, size)
		if c.Has(body + size + 2 - c.Pos()) {
			c.FieldAt(httpChunkBound, body+size, 2)
		}
	}
	c.Pop(old)
}

// trailer records what follows the last chunk, up to the empty line.
func (m *httpMsg) trailer(pos, end int) int {
	c := m.c
	from := pos
	for pos < end {
		n, next, found := httpLine(c.BytesAt(pos, end-pos), false)
		if n == 0 && found {
			if pos > from {
				c.FieldAt(httpTrailer, from, pos-from)
			}
			if b := c.Text(pos, next); b != nil {
				formatText(b, c.BytesAt(pos, next))
			}
			return pos + next
		}
		pos += next
	}
	if pos > from {
		c.FieldAt(httpTrailer, from, pos-from)
	}
	return pos
}

// unpack undoes the content coding and moves to the result; false when the
// body stays as it is and has been shown.
func (m *httpMsg) unpack() bool {
	c := m.c
	if m.coding != "" {
		c.SubUnder(c.ProtoNode(), dataP, c.Pos(), m.size)
		return false
	}
	if !m.isPacked || strings.EqualFold(m.packed, "identity") {
		return true
	}
	pos, n := c.Pos(), min(m.size, c.CapLeft())
	var out []byte
	ok, why := false, ""
	if c.Bool(prefHTTPUnpack) {
		out, ok, why = unpackBody(strings.ToLower(m.packed), c.BytesAt(pos, n))
	}
	r := dissect.None
	if b := c.Text(pos, n); b != nil {
		formatText(b.S("Content-encoded entity body ("), []byte(m.packed)).S("): ").U(uint64(n)).S(" bytes")
		if ok {
			b.S(" -> ").U(uint64(len(out))).S(" bytes")
		}
		if why != "" {
			b.S(" (").S(why).C(')')
		}
		r = c.Last()
	}
	if !ok {
		if c.Bool(prefHTTPUnpack) {
			c.Expert(r, eiHTTPUnpack)
		} else {
			c.Expert(r, eiHTTPNoUnpack)
		}
		c.SubUnder(r, dataP, pos, m.size)
		return false
	}
	c.UseSource("Uncompressed entity body", out)
	m.size = len(out)
	return true
}

// switches notes that the connection holds another protocol behind a response
// that says so (RFC 9110 sections 7.8 and 9.3.6).
func (m *httpMsg) switches(end int) {
	c, v := m.c, m.w.conv
	if m.kind != httpReply || v == nil || v.from != 0 || !c.Learning() || m.fact.asked == nil {
		return
	}
	switch {
	case m.code == 101 && m.upgrade != "":
		word, _, _ := strings.Cut(m.upgrade, ",")
		v.next = c.LookupName(upgradeTable, strings.ToLower(strings.TrimSpace(word)))
	case m.code == 200 && v.method == "CONNECT":
		host, port := v.uri, ""
		if i := strings.LastIndexByte(host, ':'); i >= 0 {
			host, port = host[:i], host[i+1:]
		}
		v.tunnel, v.host, v.port = true, host, uint16(httpNumber([]byte(port)))
	default:
		return
	}
	v.from, v.fromPos = c.Frame().Number, end
}
