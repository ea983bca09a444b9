// RESP, the Redis serialization protocol (redis.io/docs/reference/protocol-spec),
// version 2. Not decoded: the additional types of version 3.
package proto

import (
	"bytes"
	"unicode/utf8"

	"sonde/capture/field"
)

var (
	respP       = protocol("resp", "REdis Serialization Protocol", "RESP")
	respString  = respP.Str("string", "String")
	respError   = respP.Str("error", "Error")
	respBulk    = respP.None("bulk_string", "Bulk String")
	respBulkVal = respP.Bytes("bulk_string.value", "Value")
	respBulkLen = respP.I32("bulk_string.length", "Length", dec)
	respInteger = respP.Add("integer", "Integer", field.TInt64, dec)
	respArray   = respP.None("array", "Array")
	respArrLen  = respP.Add("array.length", "Length", field.TInt64, dec)
	respFrag    = respP.None("fragment", "Fragment")

	eiRespDeep = respP.Expert("array_recursion_too_deep", field.Undecoded, field.Note, "Array is too deep to recurse any further. Subsequent elements attached to the protocol tree may not reflect their actual location in the array")
	eiRespLen  = respP.Expert("malformed_length", field.Undecoded, field.Error, "Malformed length specified")
	eiRespPart = respP.Expert("reassembled_in_next_frame", field.Undecoded, field.Note, "Array is partially decoded. Re-assembled array is in the next frame")

	_ = respP.Parse(parseRESP).Stateful().On("tcp.port", 6379)
)

// respDepth bounds arrays inside arrays; respShown is the longest text that the
// Info column repeats.
const (
	respDepth = 31
	respShown = 100
)

// respMsg is the walk over the values of one segment.
type respMsg struct {
	request bool
	top     int // where the value at the top began
	asked   bool
}

func parseRESP(c *Cursor) {
	c.SetProtocol("RESP")
	m := respMsg{request: c.Packet().DstPort == 6379}
	if b := c.SetInfo(); b != nil {
		if m.request {
			b.S("Request:")
		} else {
			b.S("Response:")
		}
	}
	for c.Left() > 0 && !m.asked {
		m.top = c.Pos()
		m.value(c, 0)
	}
	if m.asked && m.top == c.Start() {
		// Nothing was used: the segment does not count as a message yet.
		if p := c.Packet(); len(p.Layers) > 0 {
			p.Layers = p.Layers[:len(p.Layers)-1]
		}
	}
}

// ask wants the rest of the value at the top; n = 0 when its size is unknown.
// It reports whether the rest will come.
func (m *respMsg) ask(c *Cursor, n int) bool {
	ok := n > 0 && c.NeedMore(m.top, n)
	if !ok {
		ok = c.NeedSegment(m.top)
	}
	if !ok {
		return false
	}
	m.asked = true
	if b := c.Info(); b != nil {
		b.S(" [continuation]")
	}
	return true
}

// respNumber reads a number as strtoll does: 0 when there is none, the nearest
// when it is too large.
func respNumber(b []byte) int64 {
	b = bytes.TrimLeft(b, " \t\v\f\r\n")
	neg := len(b) > 0 && b[0] == '-'
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	var v uint64
	for _, x := range b {
		if !isDigit(x) {
			break
		}
		if v > (1<<63-10)/10 {
			v = 1<<63 - 1
			break
		}
		v = v*10 + uint64(x-'0')
	}
	if neg {
		return -int64(v)
	}
	return int64(v)
}

// value dissects one value.
func (m *respMsg) value(c *Cursor, depth int) {
	at := c.Pos()
	c.Need(1)
	b := c.Rest()
	line, next, whole := textLine(b)
	if !whole && m.ask(c, 0) {
		return
	}
	if line == 0 {
		c.Seek(at + next)
		return
	}
	size := min(line+2, c.Left())
	text := b[1:line]
	c.Seek(at + size)
	show := !m.request && depth == 0
	switch b[0] {
	case '+':
		c.PutBytes(respString, at, size, text)
		if show {
			respInfo(c, "", text)
		}
	case '-':
		c.PutBytes(respError, at, size, text)
		if show || m.request {
			respInfo(c, "Error: ", text)
		}
	case ':':
		v := respNumber(text)
		c.Put(respInteger, at, size, uint64(v))
		if show {
			if t := c.Info(); t != nil {
				t.C(' ').I(v)
			}
		}
	case '$':
		m.bulk(c, at, size, respNumber(text), depth)
	case '*':
		m.array(c, at, size, respNumber(text), depth)
	default:
		c.Put(respFrag, at, size, 0)
		if t := c.Info(); t != nil {
			t.S(" [fragment]")
		}
	}
}

func respInfo(c *Cursor, before string, text []byte) {
	if t := c.Info(); t != nil {
		t.C(' ').S(before).Printable(text)
	}
}

// missing is how many bytes to ask for: inside arrays more will be missing.
func (m *respMsg) missing(n int64, depth int) int {
	if depth > 0 {
		return 0
	}
	return int(min(n, 1<<30))
}

func (m *respMsg) bulk(c *Cursor, at, size int, n int64, depth int) {
	n = int64(int32(n))
	have := c.Left()
	if n >= 0 && int64(have) < n+2 && m.ask(c, m.missing(n+2-int64(have), depth)) {
		return
	}
	r := c.Put(respBulk, at, size, 0)
	old := c.Push(r)
	defer c.Pop(old)
	c.Put(respBulkLen, at, size, uint64(n))
	if n < 0 {
		if n == -1 {
			if t := c.Append(r); t != nil {
				t.S(": [NULL]")
			}
		} else {
			c.Expert(r, eiRespLen)
		}
		return
	}
	k := int(min(n, int64(have)))
	v := c.PeekBytes(0, k)
	if i := bytes.IndexByte(v, 0); i >= 0 {
		v = v[:i]
	}
	good := utf8.Valid(v)
	if t := c.Append(r); t != nil && good {
		t.S(": ").Printable(v)
	}
	if k > 0 {
		c.FieldAt(respBulkVal, at+size, k)
	}
	if m.request && depth < 2 || depth == 0 {
		if n >= respShown || m.request && depth == 0 || !good {
			if t := c.Info(); t != nil {
				t.S(" BulkString(").I(n).C(')')
			}
		} else {
			respInfo(c, "", v)
		}
	}
	c.Seek(min(at+size+k+2, c.End()))
	c.SetLen(r, c.Pos())
}

func (m *respMsg) array(c *Cursor, at, size int, n int64, depth int) {
	r := c.Put(respArray, at, size, 0)
	if t := c.Append(r); t != nil {
		switch {
		case n > 0:
			t.S(": Length ").I(n)
		case n == 0:
			t.S(": Empty")
		case n == -1:
			t.S(": NULL")
		}
	}
	old := c.Push(r)
	defer c.Pop(old)
	c.Put(respArrLen, at, size, uint64(n))
	if n < -1 {
		c.Expert(r, eiRespLen)
	}
	if n > 0 && !m.request && depth == 0 {
		if t := c.Info(); t != nil {
			t.S(" Array(").I(n).C(')')
		}
	}
	if n <= 0 || c.Left() == 0 && m.ask(c, 0) {
		return
	}
	if depth >= respDepth {
		c.Expert(r, eiRespDeep)
		return
	}
	for i := int64(0); i < n && c.Left() > 0; i++ {
		m.value(c, depth+1)
		if m.asked {
			c.Expert(r, eiRespPart)
			return
		}
	}
	c.SetLen(r, c.Pos())
}
