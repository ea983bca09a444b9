// RESP, the Redis serialization protocol (redis.io/docs/reference/protocol-spec),
// version 2. Not decoded: the additional types of version 3.
package proto

import (
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
	eiRespLen  = respP.Expert("malformed_length", field.Malformed, field.Error, "Malformed length specified")
	eiRespPart = respP.Expert("partial", field.Undecoded, field.Note, "Field is only partially decoded")

	_ = respP.Parse(parseRESP).Stateful().On("tcp.port", 6379)
)

// respDepth bounds arrays inside arrays.
const respDepth = 20

func parseRESP(c *Cursor) {
	c.SetProtocol("RESP")
	request := c.Packet().DstPort == 6379
	if b := c.SetInfo(); b != nil {
		if request {
			b.S("Request: ")
		} else {
			b.S("Response: ")
		}
	}
	for first := true; c.Left() > 0; first = false {
		start := c.Pos()
		if n, ok := respWhole(c.Rest(), 0); !ok && n == 0 {
			if c.NeedSegment(start) {
				c.ProtoEnd(start)
				return
			}
		}
		if !first {
			if b := c.Info(); b != nil {
				b.C(' ')
			}
		}
		if !respValue(c, 0) {
			return
		}
	}
}

// respWhole tells whether a whole value stands at the start of b, and how long
// it is.
func respWhole(b []byte, depth int) (n int, ok bool) {
	if len(b) == 0 || depth > respDepth {
		return 0, depth > respDepth
	}
	line, next, whole := textLine(b)
	if !whole {
		return 0, false
	}
	switch b[0] {
	case '$':
		k, good := respNumber(b[1:line])
		if !good || k < 0 {
			return next, true
		}
		if int64(len(b)-next) < k+2 {
			return 0, false
		}
		return next + int(k) + 2, true
	case '*':
		k, good := respNumber(b[1:line])
		if !good {
			return next, true
		}
		n = next
		for ; k > 0; k-- {
			m, ok := respWhole(b[n:], depth+1)
			if !ok || m == 0 {
				return 0, false
			}
			n += m
		}
		return n, true
	}
	return next, true
}

func respNumber(b []byte) (int64, bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var v int64
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	if neg {
		v = -v
	}
	return v, true
}

// respValue dissects one value; false ends the segment.
func respValue(c *Cursor, depth int) bool {
	at := c.Pos()
	b := c.Rest()
	if len(b) == 0 {
		return false
	}
	line, next, _ := textLine(b)
	text := b[min(1, line):line]
	switch b[0] {
	case '+':
		c.PutBytes(respString, at, next, text)
		respInfo(c, depth, text)
	case '-':
		c.PutBytes(respError, at, next, text)
		respInfo(c, depth, text)
	case ':':
		v, ok := respNumber(text)
		if !ok {
			c.Expert(c.ProtoNode(), eiRespLen)
		}
		c.Put(respInteger, at, next, uint64(v))
		respInfo(c, depth, text)
	case '$':
		return respBulkString(c, at, b, text, next, depth)
	case '*':
		return respList(c, at, text, next, depth)
	default:
		// An inline command, or the middle of a value.
		r := c.Put(respFrag, at, len(b), 0)
		if depth == 0 {
			if t := c.Info(); t != nil {
				t.S("[continuation]")
			}
		}
		c.Expert(r, eiRespPart)
		c.Skip(len(b))
		return false
	}
	c.Seek(at + next)
	return true
}

func respInfo(c *Cursor, depth int, text []byte) {
	if depth > 1 {
		return
	}
	if t := c.Info(); t != nil {
		if depth == 1 && len(t.B) > 0 && t.B[len(t.B)-1] != ' ' {
			t.C(' ')
		}
		t.Printable(text)
	}
}

func respBulkString(c *Cursor, at int, b, text []byte, next, depth int) bool {
	n, ok := respNumber(text)
	r := c.Put(respBulk, at, next, 0)
	old := c.Push(r)
	defer c.Pop(old)
	c.Put(respBulkLen, at, next, uint64(n))
	c.Seek(at + next)
	switch {
	case !ok || n < -1:
		c.Expert(c.Last(), eiRespLen)
		return false
	case n == -1:
		if t := c.Append(r); t != nil {
			t.S(": [null]")
		}
		respInfo(c, depth, []byte("[null]"))
		return true
	}
	have := min(int(min(n, 1<<30)), len(b)-next)
	v := b[next : next+have]
	if t := c.Append(r); t != nil {
		t.S(": ").Printable(v)
	}
	respInfo(c, depth, v)
	if have > 0 || n == 0 {
		c.FieldAt(respBulkVal, at+next, have)
	}
	end := min(at+next+int(min(n, 1<<30))+2, c.End())
	c.SetLen(r, end)
	c.Seek(end)
	return true
}

func respList(c *Cursor, at int, text []byte, next, depth int) bool {
	n, ok := respNumber(text)
	r := c.Put(respArray, at, next, 0)
	if t := c.Append(r); t != nil {
		t.S(": Length ").I(n)
	}
	if depth == 0 {
		if t := c.Info(); t != nil && c.Packet().DstPort != 6379 {
			t.S("Array(").I(n).C(')')
		}
	}
	old := c.Push(r)
	c.Put(respArrLen, at, next, uint64(n))
	c.Seek(at + next)
	good := true
	switch {
	case !ok || n < -1:
		c.Expert(c.Last(), eiRespLen)
		good = false
	case depth >= respDepth:
		c.Expert(r, eiRespDeep)
		good = false
	default:
		for i := int64(0); i < n && good && c.Left() > 0; i++ {
			d := depth + 1
			if c.Packet().DstPort != 6379 {
				d = max(d, 2) // only requests name their words in the column
			}
			good = respValue(c, d)
		}
	}
	c.SetLen(r, c.Pos())
	c.Pop(old)
	return good
}
