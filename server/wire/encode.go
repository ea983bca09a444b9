package wire

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"sonde/probes/table"
)

// AppendTable writes a table as JSON under the given version. Unlike
// encoding/json it writes NaN and infinities as null, and needs no reflection:
// a list of 30,000 processes is encoded once a second.
func AppendTable(b []byte, t *table.Table, version uint64) []byte {
	b = append(b, `{"columns":`...)
	b = appendJSON(b, t.Columns, len(t.Columns) == 0)
	b = append(b, `,"rows":`...)
	b = appendRows(b, t.Rows)
	b = append(b, `,"version":`...)
	b = strconv.AppendUint(b, version, 10)
	if len(t.Summary) > 0 {
		b = append(b, `,"summary":`...)
		b = appendSummary(b, t.Summary)
	}
	if len(t.Notes) > 0 {
		b = append(b, `,"notes":`...)
		b = appendJSON(b, t.Notes, false)
	}
	return append(b, '}')
}

// AppendDelta writes a delta as JSON. set and del are always there, so that a
// script need not ask for them.
func AppendDelta(b []byte, d *table.Delta) []byte {
	b = append(b, `{"from":`...)
	b = strconv.AppendUint(b, d.From, 10)
	b = append(b, `,"to":`...)
	b = strconv.AppendUint(b, d.To, 10)
	b = append(b, `,"set":`...)
	b = appendRows(b, d.Set)
	b = append(b, `,"del":`...)
	b = appendStrings(b, d.Del)
	if d.Columns != nil {
		b = append(b, `,"columns":`...)
		b = appendJSON(b, d.Columns, len(d.Columns) == 0)
	}
	if d.Order != nil {
		b = append(b, `,"order":`...)
		b = appendStrings(b, d.Order)
	}
	if len(d.Summary) > 0 {
		b = append(b, `,"summary":`...)
		b = appendSummary(b, d.Summary)
	}
	if len(d.Gone) > 0 {
		b = append(b, `,"gone":`...)
		b = appendStrings(b, d.Gone)
	}
	if d.Notes != nil {
		b = append(b, `,"notes":`...)
		b = appendJSON(b, *d.Notes, len(*d.Notes) == 0)
	}
	return append(b, '}')
}

func appendRows(b []byte, rows []table.Row) []byte {
	b = append(b, '[')
	for i := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"key":`...)
		b = AppendString(b, rows[i].Key)
		b = append(b, `,"cells":[`...)
		for j, c := range rows[i].Cells {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendCell(b, c)
		}
		b = append(b, "]}"...)
	}
	return append(b, ']')
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendString(b, s)
	}
	return append(b, ']')
}

func appendSummary(b []byte, m map[string]table.Cell) []byte {
	b = append(b, '{')
	first := true
	for k, v := range m {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = AppendString(b, k)
		b = append(b, ':')
		b = appendCell(b, v)
	}
	return append(b, '}')
}

func appendCell(b []byte, c table.Cell) []byte {
	switch v := c.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return AppendString(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case bool:
		return strconv.AppendBool(b, v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(b, "null"...)
		}
		format := byte('f')
		if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
			format = 'e'
		}
		return strconv.AppendFloat(b, v, format, -1, 64)
	}
	return appendJSON(b, c, false)
}

// appendJSON takes the slow way for small things; what cannot be encoded is
// null rather than half a message.
func appendJSON(b []byte, v any, empty bool) []byte {
	if empty {
		return append(b, "[]"...)
	}
	j, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, j...)
}

const hexDigits = "0123456789abcdef"

// AppendString writes s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD; '<', '>' and '&' are escaped, as is what ends a line in JavaScript.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0x7f {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b = append(b, s[start:i]...)
			b = append(b, `\ufffd`...)
			start = i + n
		case r == '\u2028' || r == '\u2029':
			b = append(b, s[start:i]...)
			b = append(b, `\u202`...)
			b = append(b, hexDigits[r&15])
			start = i + n
		}
		i += n
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
