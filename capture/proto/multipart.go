// MIME multipart contents, RFC 2046 section 5.1. Not decoded: encrypted and
// transfer-encoded parts are shown as they stand.
package proto

import (
	"bytes"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	multipartP   = protocol("mime_multipart", "MIME Multipart Media Encapsulation", "MIME multipart")
	multiType    = multipartP.Str("type", "Type")
	multiPart    = multipartP.Str("part", "Encapsulated multipart part")
	multiFirst   = multipartP.Str("first_boundary", "First boundary")
	multiPre     = multipartP.Bytes("preamble", "Preamble")
	multiLast    = multipartP.Str("last_boundary", "Last boundary")
	multiBound   = multipartP.Str("boundary", "Boundary")
	multiTrailer = multipartP.Bytes("trailer", "Trailer")
	multiHeaders = map[string]field.ID{
		"sectoken-length":           multipartP.U32("header.sectoken-length", "Length of security token", dec),
		"content-description":       multipartP.Str("header.content-description", "Content-Description"),
		"content-disposition":       multipartP.Str("header.content-disposition", "Content-Disposition"),
		"content-encoding":          multipartP.Str("header.content-encoding", "Content-Encoding"),
		"content-id":                multipartP.Str("header.content-id", "Content-Id"),
		"content-language":          multipartP.Str("header.content-language", "Content-Language"),
		"content-length":            multipartP.Str("header.content-length", "Content-Length"),
		"content-transfer-encoding": multipartP.Str("header.content-transfer-encoding", "Content-Transfer-Encoding"),
		"content-type":              multipartP.Str("header.content-type", "Content-Type"),
		"originalcontent":           multipartP.Str("header.originalcontent", "OriginalContent"),
	}

	eiMultiParam = multipartP.Expert("no_required_parameter", field.Protocol, field.Error, "The multipart dissector could not find a required parameter.")

	_ = multipartP.Table("media_type")
	_ = multipartP.Parse(parseMultipart).Calls(dataP, mediaP).OnName("media_type", "multipart/", "multipart/alternative", "multipart/encrypted",
		"multipart/form-data", "multipart/mixed", "multipart/related", "multipart/report", "multipart/signed")
)

// mimeParam gives a parameter of a header's value (RFC 2045 section 5.1).
func mimeParam(params, name string) (string, bool) {
	for params != "" {
		params = strings.TrimLeft(params, "; \t\r\n")
		key, rest, found := strings.Cut(params, "=")
		if !found {
			return "", false
		}
		if i := strings.IndexByte(key, ';'); i >= 0 {
			params = params[i:]
			continue
		}
		rest = strings.TrimLeft(rest, " \t\r\n")
		var value string
		if strings.HasPrefix(rest, `"`) {
			value, params, _ = strings.Cut(rest[1:], `"`)
		} else {
			i := strings.IndexAny(rest, "; \t\r\n")
			if i < 0 {
				i = len(rest)
			}
			value, params = rest[:i], rest[i:]
		}
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return value, value != ""
		}
	}
	return "", false
}

func parseMultipart(c *Cursor) {
	kind := c.Packet().Content
	bound, ok := mimeParam(kind.Params, "boundary")
	at := c.Pos()
	if !ok {
		c.DropProto()
		c.PushRoot()
		r := dissect.None
		if b := c.Text(at, c.CapLeft()); b != nil {
			b.S("The multipart dissector could not find a required parameter.")
			r = c.Last()
		}
		c.Expert(r, eiMultiParam)
		c.Sub(dataP, at, -1)
		return
	}
	if b := c.Label(c.ProtoNode()); b != nil {
		from := b.Len()
		formatText(b.S("MIME Multipart Media Encapsulation, Type: "), []byte(kind.Type)).S(`, Boundary: "`)
		formatText(b, []byte(bound)).C('"')
		field.CutLabel(b, from, 0)
	}
	c.PutText(multiType, at, 0, kind.Type)
	m := multiWalk{c: c, delim: []byte("--" + bound)}
	end := at + c.CapLeft()
	from, next, last, found := m.find(at, at, end)
	if !found {
		c.SubUnder(c.ProtoNode(), dataP, at, -1)
		return
	}
	if from > at {
		c.FieldAt(multiPre, at, from-at)
	}
	m.boundary(multiFirst, "First boundary", from, next)
	for !last {
		body := next
		from, next, last, found = m.find(body, body, end)
		if !found {
			m.part(body, end)
			return
		}
		m.part(body, from)
		if last {
			m.boundary(multiLast, "Last boundary", from, next)
		} else {
			m.boundary(multiBound, "Boundary", from, next)
		}
	}
	if next < end {
		c.FieldAt(multiTrailer, next, end-next)
	}
	c.Packet().Content = kind
}

// multiWalk goes over the parts.
type multiWalk struct {
	c     *Cursor
	delim []byte
}

// find gives the next delimiter line at or behind pos: where it starts (with
// the line end before it, unless it stands at start), where it ends, and
// whether it is the last.
func (m *multiWalk) find(pos, start, end int) (from, next int, last, found bool) {
	b := m.c.BytesAt(start, end-start)
	for i := 0; i < len(b); {
		j := bytes.Index(b[i:], m.delim)
		if j < 0 {
			return 0, 0, false, false
		}
		j += i
		i = j + len(m.delim)
		from := j
		if j > 0 {
			if b[j-1] != '\n' {
				continue
			}
			if start != m.c.Start() {
				from--
				if from > 0 && b[from-1] == '\r' {
					from--
				}
			}
		}
		tail := b[i:]
		if last = len(tail) >= 2 && tail[0] == '-' && tail[1] == '-'; last {
			tail = tail[2:]
		}
		n, next, _ := httpLine(tail, false)
		if strings.TrimSpace(string(tail[:n])) != "" {
			continue
		}
		return start + from, start + len(b) - len(tail) + next, last, true
	}
	return 0, 0, false, false
}

func (m *multiWalk) boundary(id field.ID, label string, from, next int) {
	c := m.c
	r := c.FieldAt(id, from, next-from)
	if b := c.Label(r); b != nil {
		at := b.Len()
		b.S(label).S(": ")
		formatText(b, c.BytesAt(from, next-from))
		field.CutLabel(b, at, len(label))
	}
}

// part reads one part: headers, then its content by its type.
func (m *multiWalk) part(from, end int) {
	c := m.c
	r := c.PutText(multiPart, from, end-from, "")
	old := c.Push(r)
	defer c.Pop(old)
	p := c.Packet()
	p.Content = dissect.Content{}
	pos, typed := from, false
	for pos < end {
		next, done := mimeField(c.BytesAt(pos, end-pos))
		line := c.BytesAt(pos, next)
		n, _, _ := httpLine(line, false)
		if n == 0 {
			break
		}
		if colon := bytes.IndexByte(line, ':'); colon > 0 {
			typed = m.header(pos, line, colon) || typed
		} else if b := c.Text(pos, next); b != nil {
			formatLine(b, line, 0)
		}
		pos += next
		if done {
			break
		}
	}
	if typed {
		if b := c.Append(r); b != nil {
			formatText(b.S(" ("), []byte(p.Content.Type)).C(')')
		}
	}
	if pos >= end {
		return
	}
	top := c.Under(r)
	defer c.SetRoot(top)
	if typed {
		if q := mediaProto(c, p.Content.Type); q == nil || !c.Try(q, pos, end-pos) {
			c.Sub(mediaP, pos, end-pos)
		}
		return
	}
	c.Sub(dataP, pos, end-pos)
}

// mimeField gives the length of the header at the start of b with its folded
// lines, and with the empty line when it is the last.
func mimeField(b []byte) (n int, last bool) {
	for n < len(b) {
		k, next, found := httpLine(b[n:], false)
		if !found {
			return len(b), false
		}
		n += next
		if k == 0 {
			return n, true
		}
		if n < len(b) && (b[n] == ' ' || b[n] == '\t') {
			continue
		}
		if k, next, found = httpLine(b[n:], false); found && k == 0 {
			return n + next, true
		}
		return n, false
	}
	return n, false
}

// header records a part's header; true for its type.
func (m *multiWalk) header(pos int, line []byte, colon int) bool {
	c := m.c
	name := strings.TrimSpace(lowerASCII(line[:colon]))
	id, known := multiHeaders[name]
	if !known || name == "sectoken-length" {
		if b := c.Text(pos, len(line)); b != nil {
			formatLine(b, line, 0)
		}
		return false
	}
	value := mimeCompact(line[colon+1:])
	r := c.PutText(id, pos, len(line), value)
	if b := c.Label(r); b != nil {
		formatLine(b, line, colon)
	}
	if name != "content-type" {
		return false
	}
	kind, params, _ := strings.Cut(value, ";")
	c.Packet().Content = dissect.Content{Type: strings.ToLower(strings.TrimSpace(kind)), Params: params}
	return true
}

// mimeCompact unfolds a value and drops the space around separators.
func mimeCompact(b []byte) string {
	var out []byte
	quoted, space := false, false
	for _, x := range b {
		switch {
		case x == '"':
			quoted = !quoted
		case !quoted && (x == ' ' || x == '\t' || x == '\r' || x == '\n'):
			space = true
			continue
		}
		sep := !quoted && (x == ';' || x == ',')
		if space && !sep && len(out) > 0 && out[len(out)-1] != ';' && out[len(out)-1] != ',' {
			out = append(out, ' ')
		}
		space = false
		out = append(out, x)
	}
	return string(out)
}
