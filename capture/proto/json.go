// JSON, RFC 8259. Text that is not JSON is shown as lines.
package proto

import (
	"math"
	"strconv"

	"sonde/capture/field"
)

var (
	jsonP       = protocol("json", "JavaScript Object Notation", "JSON")
	jsonArray   = jsonP.None("array", "Array")
	jsonObject  = jsonP.Str("object", "Object")
	jsonMember  = jsonP.Str("member", "Member")
	jsonKey     = jsonP.Str("key", "Key")
	jsonPath    = jsonP.Str("path", "Path")
	jsonPathVal = jsonP.Str("path_with_value", "Path with value")
	jsonMembVal = jsonP.Str("member_with_value", "Member with value")
	jsonString  = jsonP.Str("value.string", "String value")
	jsonNumber  = jsonP.Add("value.number", "Number value", field.TDouble, noBase)
	jsonFalse   = jsonP.None("value.false", "False value")
	jsonNull    = jsonP.None("value.null", "Null value")
	jsonTrue    = jsonP.None("value.true", "True value")
	jsonNaN     = jsonP.None("value.nan", "NaN value")

	_ = jsonP.Parse(parseJSON).Calls(textP).OnName("media_type", "application/3gpphal+json", "application/dds-web+json", "application/json",
		"application/json-patch+json", "application/json-rpc", "application/jsonrequest", "application/merge-patch+json",
		"application/problem+json", "application/senml+json", "application/sensml+json", "application/vnd.oma.lwm2m+json", "application/x-ndjson")
)

// maxJSONDepth bounds how deep values nest.
const maxJSONDepth = 100

// jsonWalk reads a text twice: once to see that it is JSON, once to record.
type jsonWalk struct {
	c    *Cursor
	b    []byte
	at   int // of b in the data
	path []byte
}

func parseJSON(c *Cursor) {
	if b := c.Info(); b != nil {
		p := c.Packet()
		c.SetProtocol(joined(p.Cols.Protocol, "/", "JSON"))
		c.InfoSep(", ").S("JSON")
	}
	mediaTitle(c)
	w := jsonWalk{c: c, b: c.Rest(), at: c.Pos()}
	pos, any := w.space(0), false
	for pos < len(w.b) {
		end := w.scan(pos, 0)
		if end < 0 || w.b[pos] != '{' && w.b[pos] != '[' {
			break
		}
		any = true
		w.value(pos, "")
		pos = w.space(end)
	}
	if any {
		return
	}
	c.ProtoEnd(c.Pos())
	c.FreezeColumns()
	c.Sub(textP, c.Pos(), -1)
	c.ThawColumns()
}

// joined puts what is new behind what stands there already.
func joined(have, sep, word string) string {
	if have == "" {
		return word
	}
	return have + sep + word
}

func (w *jsonWalk) space(i int) int {
	for i < len(w.b) && (w.b[i] == ' ' || w.b[i] == '\t' || w.b[i] == '\n' || w.b[i] == '\r') {
		i++
	}
	return i
}

// scan gives the end of the value at i, -1 when it is none.
func (w *jsonWalk) scan(i, depth int) int {
	if i >= len(w.b) || depth > maxJSONDepth {
		return -1
	}
	switch b := w.b[i]; {
	case b == '{' || b == '[':
		last := byte('}')
		if b == '[' {
			last = ']'
		}
		i = w.space(i + 1)
		if i < len(w.b) && w.b[i] == last {
			return i + 1
		}
		for {
			if b == '{' {
				if i = w.stringEnd(i); i < 0 {
					return -1
				}
				if i = w.space(i); i >= len(w.b) || w.b[i] != ':' {
					return -1
				}
				i = w.space(i + 1)
			}
			if i = w.scan(i, depth+1); i < 0 {
				return -1
			}
			i = w.space(i)
			switch {
			case i >= len(w.b):
				return -1
			case w.b[i] == last:
				return i + 1
			case w.b[i] != ',':
				return -1
			}
			i = w.space(i + 1)
		}
	case b == '"':
		return w.stringEnd(i)
	case b == '-' || b >= '0' && b <= '9':
		return w.numberEnd(i)
	}
	for _, word := range [...]string{"true", "false", "null", "NaN"} {
		if i+len(word) <= len(w.b) && string(w.b[i:i+len(word)]) == word {
			return i + len(word)
		}
	}
	return -1
}

func (w *jsonWalk) stringEnd(i int) int {
	if i >= len(w.b) || w.b[i] != '"' {
		return -1
	}
	for i++; i < len(w.b); i++ {
		switch w.b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

func (w *jsonWalk) numberEnd(i int) int {
	if w.b[i] == '-' {
		i++
	}
	from := i
	for i < len(w.b) && w.b[i] >= '0' && w.b[i] <= '9' {
		i++
	}
	if i == from {
		return -1
	}
	if i+1 < len(w.b) && w.b[i] == '.' && w.b[i+1] >= '0' && w.b[i+1] <= '9' {
		for i++; i < len(w.b) && w.b[i] >= '0' && w.b[i] <= '9'; i++ {
		}
	}
	if i < len(w.b) && w.b[i]|0x20 == 'e' {
		j := i + 1
		if j < len(w.b) && (w.b[j] == '+' || w.b[j] == '-') {
			j++
		}
		if j < len(w.b) && w.b[j] >= '0' && w.b[j] <= '9' {
			for ; j < len(w.b) && w.b[j] >= '0' && w.b[j] <= '9'; j++ {
			}
			return j
		}
	}
	return i
}

// value records the value at i, known to be whole, and gives its end. key is
// the member's name that it belongs to, "[]" in an array.
func (w *jsonWalk) value(i int, key string) int {
	c := w.c
	end := w.scan(i, 0)
	pos, n := w.at+i, end-i
	switch w.b[i] {
	case '{':
		r := c.PutBytes(jsonObject, pos, n, stringValue(w.b[i:end]))
		if t := c.Label(r); t != nil {
			t.S("Object")
		}
		old := c.Push(r)
		for i = w.space(i + 1); w.b[i] != '}'; {
			if i = w.space(w.member(i)); w.b[i] == ',' {
				i = w.space(i + 1)
			}
		}
		c.Pop(old)
		return end
	case '[':
		old := c.Push(c.Put(jsonArray, pos, n, 0))
		was := len(w.path)
		w.path = append(w.path, "/[]"...)
		for i = w.space(i + 1); w.b[i] != ']'; {
			if i = w.space(w.value(i, "[]")); w.b[i] == ',' {
				i = w.space(i + 1)
			}
		}
		w.path = w.path[:was]
		c.Pop(old)
		return end
	}
	text := w.b[i:end]
	if text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	if c.Wants(jsonPathVal) {
		c.PutText(jsonPathVal, pos, n, string(w.path)+":"+string(stringValue(text)))
	}
	if c.Wants(jsonMembVal) {
		c.PutText(jsonMembVal, pos, n, key+":"+string(stringValue(text)))
	}
	switch w.b[i] {
	case '"':
		c.PutBytes(jsonString, pos, n, stringValue(text))
	case 't':
		c.Put(jsonTrue, pos, n, 0)
	case 'f':
		c.Put(jsonFalse, pos, n, 0)
	case 'n':
		c.Put(jsonNull, pos, n, 0)
	case 'N':
		c.Put(jsonNaN, pos, n, 0)
	default:
		v, _ := strconv.ParseFloat(string(text), 64)
		c.Put(jsonNumber, pos, n, math.Float64bits(v))
	}
	return end
}

func (w *jsonWalk) member(i int) int {
	c := w.c
	kend := w.stringEnd(i)
	key := stringValue(w.b[i+1 : kend-1])
	from := w.space(w.space(kend) + 1)
	r := c.PutBytes(jsonMember, w.at+i, 0, key)
	old := c.Push(r)
	was := len(w.path)
	w.path = append(append(w.path, '/'), key...)
	end := w.value(from, string(key))
	c.SetLen(r, w.at+end)
	c.PutBytes(jsonKey, w.at+i, kend-i, key)
	c.PutBytes(jsonPath, w.at+i, end-i, w.path)
	w.path = w.path[:was]
	c.Pop(old)
	return end
}
