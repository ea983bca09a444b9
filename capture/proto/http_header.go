// HTTP headers: their fields, and those that say how to read the body.
package proto

import (
	"encoding/base64"
	"strconv"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// header records the header line at pos (next bytes with its end).
func (m *httpMsg) header(pos int, line []byte, next, colon int) {
	c := m.c
	name := lowerASCII(line[:colon])
	from := colon + 1
	for from < len(line) && (line[from] == ' ' || line[from] == '\t') {
		from++
	}
	value := line[from:]
	id, known := httpHeaders[name]
	lineField := httpReqLine
	if m.kind == httpReply {
		lineField = httpRespLine
	}
	framed := m.kind == httpAsk || m.kind == httpReply
	bad := !httpTokenOnly(line[:colon])
	whole := c.BytesAt(pos, next)
	if !known {
		var r dissect.Ref
		if framed {
			r = c.FieldAt(lineField, pos, next)
		} else {
			r = dissect.None
			if bad {
				r = c.FieldAt(httpUnknown, pos, next)
			} else if c.Wants(httpUnknown) {
				var t field.Text
				formatText(&t, whole)
				r = c.PutText(httpUnknown, pos, next, t.String())
			}
		}
		if b := c.Label(r); b != nil {
			formatLine(b, whole, 0)
		}
		if bad {
			c.Expert(r, eiHTTPBadName)
		}
		return
	}
	r := c.PutBytes(id, pos, next, stringValue(value))
	if b := c.Label(r); b != nil {
		formatLine(b, whole, colon)
	}
	old := c.Push(r)
	m.special(id, r, pos, next, from, value)
	c.Pop(old)
	if framed {
		x := c.FieldAt(lineField, pos, next)
		c.Mark(x, dissect.Hidden)
		if b := c.Label(x); b != nil {
			formatLine(b, whole, 0)
		}
	}
}

// special takes from a header what else it says.
func (m *httpMsg) special(id field.ID, r dissect.Ref, pos, next, from int, value []byte) {
	c := m.c
	switch id {
	case httpContentType:
		m.contentType(string(value))
	case httpContentLength:
		m.contentLength(pos, next, value)
	case httpContentEnc:
		m.packed, m.isPacked = strings.TrimSpace(string(value)), true
	case httpTransferEnc:
		m.transferCoding(r, string(value))
	case httpHost:
		m.host, m.hasHost = string(value), true
	case httpUpgrade:
		m.upgrade = strings.TrimSpace(string(value))
	case httpCookie:
		at := from
		for _, pair := range strings.Split(string(value), ";") {
			trimmed := strings.TrimLeft(pair, " \t")
			if trimmed != "" {
				c.FieldAt(httpCookiePair, pos+at+len(pair)-len(trimmed), len(trimmed))
			}
			at += len(pair) + 1
		}
	case httpAuthorization, httpProxyAuth:
		if s := string(value); hasPrefixFold(s, "Basic ") {
			word := strings.TrimLeft(s[6:], " ")
			c.PutBytes(httpBasic, pos, from+6, base64Loose(word))
		}
	}
}

// base64Loose decodes as much as is base64.
func base64Loose(s string) []byte {
	end := 0
	for end < len(s) && (s[end] >= 'A' && s[end] <= 'Z' || s[end] >= 'a' && s[end] <= 'z' || s[end] >= '0' && s[end] <= '9' || s[end] == '+' || s[end] == '/') {
		end++
	}
	s = s[:end]
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	out, _ := base64.RawStdEncoding.DecodeString(s)
	return out
}

// contentType splits a media type from its parameters.
func (m *httpMsg) contentType(s string) {
	i := strings.IndexAny(s, "; \t")
	m.typed = true
	if i < 0 {
		m.content = dissect.Content{Type: lowerASCII([]byte(s))}
		return
	}
	m.content = dissect.Content{Type: lowerASCII([]byte(s[:i])), Params: strings.TrimLeft(s[i:], "; \t")}
}

func (m *httpMsg) contentLength(pos, next int, value []byte) {
	s := strings.TrimSpace(string(value))
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, err := strconv.ParseUint(s[:end], 10, 63)
	if err != nil || end != len(s) {
		m.badLen = true
		return
	}
	m.lengths++
	m.length = n
	m.c.Gen(httpLength, pos, next, n)
	if m.chunked || m.coding != "" {
		m.c.Expert(m.c.Last(), eiHTTPBoth)
	}
}

// transferCoding reads the list of codings (RFC 9112 section 6.1).
func (m *httpMsg) transferCoding(r dissect.Ref, s string) {
	for _, word := range strings.Split(s, ",") {
		switch word = strings.ToLower(strings.TrimSpace(word)); word {
		case "chunked":
			m.chunked = true
		case "gzip", "x-gzip", "deflate", "compress", "x-compress":
			m.coding = word
		case "identity", "":
		default:
			m.c.Expert(r, eiHTTPCoding)
		}
	}
}

// httpTokenOnly reports that a header's name is a token (RFC 9110 section 5.6.2).
func httpTokenOnly(b []byte) bool {
	for _, x := range b {
		switch {
		case x >= '0' && x <= '9', x >= 'a' && x <= 'z', x >= 'A' && x <= 'Z':
		case strings.IndexByte("!#$%&'*+-.^_`|~", x) >= 0:
		default:
			return false
		}
	}
	return true
}

// lowerASCII gives b in lower case as a string.
func lowerASCII(b []byte) string {
	out := make([]byte, len(b))
	for i, x := range b {
		if x >= 'A' && x <= 'Z' {
			x += 'a' - 'A'
		}
		out[i] = x
	}
	return string(out)
}

func equalFold(b []byte, s string) bool { return strings.EqualFold(string(b), s) }

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func itoa(v int) string { return strconv.Itoa(v) }

// tlsLayer reports that a layer of the packet encrypts what is above it.
func tlsLayer(id field.ID) bool { return field.Get(id).Name == "tls" }
