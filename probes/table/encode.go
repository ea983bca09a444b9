package table

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxPad bounds the width a text column is padded to: one endless command line
// must not push the columns after it off every other line.
const maxPad = 48

// WriteText writes the table as aligned columns for a terminal: numbers to the right,
// text to the left, the last column unpadded. Values come from strangers
// (process names, paths): control and direction-changing characters are escaped,
// so a line is always one line. Notes follow as "note:" lines.
func WriteText(w io.Writer, t *Table) error {
	bw := bufio.NewWriter(w)
	n := len(t.Columns)
	width := make([]int, n)
	lines := make([][]string, 0, len(t.Rows)+1)
	head := make([]string, n)
	for i, c := range t.Columns {
		head[i] = Clean(c.Title)
		width[i] = utf8.RuneCountInString(head[i])
	}
	lines = append(lines, head)
	for _, r := range t.Rows {
		line := make([]string, n)
		for i, c := range t.Columns {
			line[i] = Clean(Format(c, cellAt(r, i)))
			width[i] = max(width[i], min(utf8.RuneCountInString(line[i]), maxPad))
		}
		lines = append(lines, line)
	}
	for _, line := range lines {
		for i, s := range line {
			pad := width[i] - utf8.RuneCountInString(s)
			if right(t.Columns[i].Type) {
				spaces(bw, pad)
				bw.WriteString(s)
			} else {
				bw.WriteString(s)
				if i < n-1 {
					spaces(bw, pad)
				}
			}
			if i < n-1 {
				bw.WriteByte(' ')
			}
		}
		bw.WriteByte('\n')
	}
	for _, note := range t.Notes {
		bw.WriteString("note: " + Clean(note.Text))
		if note.Remedy != "" {
			bw.WriteString(" (" + Clean(note.Remedy) + ")")
		}
		bw.WriteByte('\n')
	}
	return bw.Flush()
}

func spaces(w *bufio.Writer, n int) {
	for ; n > 0; n-- {
		w.WriteByte(' ')
	}
}

func right(t Type) bool { return t != Text && t != Time && t != Bool }

// Format is a cell as a person reads it in this column: bytes and rates with a
// binary prefix, durations and ratios in short form, "-" for an empty one.
func Format(c Column, v Cell) string {
	if v == nil {
		return "-"
	}
	switch c.Type {
	case Bytes:
		if f, ok := number(v); ok {
			return prefixed(f)
		}
	case Rate:
		if f, ok := number(v); ok {
			if c.Unit == "B" {
				return prefixed(f) + "/s"
			}
			return strconv.FormatFloat(f, 'f', decimals(f), 64) + "/s"
		}
	case Ratio:
		if f, ok := number(v); ok {
			return strconv.FormatFloat(f*100, 'f', 1, 64)
		}
	case Duration:
		if f, ok := number(v); ok {
			return span(time.Duration(f))
		}
	case Time:
		if n, ok := v.(int64); ok {
			return time.Unix(0, n).Format("2006-01-02 15:04:05")
		}
	}
	return plain(v)
}

func number(v Cell) (float64, bool) {
	switch x := v.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, true
	}
	return 0, false
}

func decimals(f float64) int {
	switch a := math.Abs(f); {
	case a == 0 || a >= 100:
		return 0
	case a >= 10:
		return 1
	}
	return 2
}

// prefixed writes 1536 as 1.5K; below 1024 the bare number.
func prefixed(f float64) string {
	const units = "KMGTPE"
	if math.Abs(f) < 1024 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	i := -1
	for math.Abs(f) >= 1024 && i < len(units)-1 {
		f /= 1024
		i++
	}
	d := 1
	if math.Abs(f) >= 100 {
		d = 0
	}
	return strconv.FormatFloat(f, 'f', d, 64) + units[i:i+1]
}

// span writes a duration the way its size asks for: 0.2ms, 12.50, 1:02.03,
// 3:04:05, 12d 03:04.
func span(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	if d < 0 {
		d = math.MaxInt64 // the most negative duration has no positive twin
	}
	switch {
	case d == 0:
		return "0"
	case d < time.Second:
		return sign + strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64) + "ms"
	case d < time.Minute:
		return sign + strconv.FormatFloat(d.Seconds(), 'f', 2, 64)
	case d < time.Hour:
		return sign + fmt.Sprintf("%d:%05.2f", d/time.Minute, (d%time.Minute).Truncate(10*time.Millisecond).Seconds())
	case d < 24*time.Hour:
		return sign + fmt.Sprintf("%d:%02d:%02d", d/time.Hour, d/time.Minute%60, d/time.Second%60)
	}
	return sign + fmt.Sprintf("%dd %02d:%02d", d/(24*time.Hour), d/time.Hour%24, d/time.Minute%60)
}

// plain is a cell without unit or rounding.
func plain(v Cell) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case bool:
		if x {
			return "yes"
		}
		return "no"
	}
	return fmt.Sprint(v)
}

// Clean makes text from outside safe to print on one line of a terminal:
// control characters, invalid UTF-8, and characters that turn the writing
// direction or are invisible become \xNN or \u{N}.
func Clean(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		case unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029:
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// WriteCSV writes RFC 4180 records (CRLF, quotes doubled), column ids first, values
// in base units. A text cell that a spreadsheet would run (= + - @ TAB CR first)
// gets a leading apostrophe; numbers are written as they are.
func WriteCSV(w io.Writer, t *Table) error {
	bw := bufio.NewWriter(w)
	for i, c := range t.Columns {
		if i > 0 {
			bw.WriteByte(',')
		}
		csvCell(bw, c.ID)
	}
	bw.WriteString("\r\n")
	for _, r := range t.Rows {
		for i := range t.Columns {
			if i > 0 {
				bw.WriteByte(',')
			}
			switch v := cellAt(r, i).(type) {
			case nil:
			case string:
				csvCell(bw, v)
			default:
				s := plain(v)
				if s[0] == '-' {
					s = `"` + s + `"` // stays a number, yet no bare cell begins with "-"
				}
				bw.WriteString(s)
			}
		}
		bw.WriteString("\r\n")
	}
	return bw.Flush()
}

func csvCell(w *bufio.Writer, s string) {
	if s == "" {
		return
	}
	s = csvSafe(s)
	if !strings.ContainsAny(s, ",\"\r\n") && s[0] != ' ' && s[len(s)-1] != ' ' {
		w.WriteString(s)
		return
	}
	w.WriteByte('"')
	w.WriteString(strings.ReplaceAll(s, `"`, `""`))
	w.WriteByte('"')
}

// csvSafe guards the first character, and takes out NUL and escape bytes, which
// RFC 4180 has no place for and which some readers end a file at.
func csvSafe(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\r' && r != '\n' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return "'" + s
	}
	return s
}

// WriteJSON writes the rows as an array of objects keyed by column id, one row a
// line. Values are in base units; empty cells are null.
func WriteJSON(w io.Writer, t *Table) error {
	bw := bufio.NewWriter(w)
	bw.WriteByte('[')
	ids := make([][]byte, len(t.Columns))
	for i, c := range t.Columns {
		ids[i], _ = json.Marshal(c.ID)
	}
	for n, r := range t.Rows {
		if n > 0 {
			bw.WriteByte(',')
		}
		bw.WriteString("\n{")
		for i := range t.Columns {
			if i > 0 {
				bw.WriteByte(',')
			}
			bw.Write(ids[i])
			bw.WriteByte(':')
			v, err := marshalCell(cellAt(r, i))
			if err != nil {
				return fmt.Errorf("encode row %q: %w", r.Key, err)
			}
			bw.Write(v)
		}
		bw.WriteByte('}')
	}
	bw.WriteString("\n]\n")
	return bw.Flush()
}

// marshalCell writes NaN and infinities, which JSON lacks, as null.
func marshalCell(v Cell) ([]byte, error) {
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return []byte("null"), nil
	}
	return json.Marshal(v)
}
