// Text from the wire in lines that a dissector writes itself.
package proto

import (
	"strconv"
	"unicode/utf8"

	"sonde/capture/field"
)

// formatText appends text from the wire with escapes: C's letters for control
// characters, three octal digits for others that cannot be shown.
func formatText(t *field.Text, b []byte) *field.Text {
	for i := 0; i < len(b); {
		x := b[i]
		if x < utf8.RuneSelf {
			i++
			switch {
			case x >= 0x20 && x < 0x7f:
				t.C(x)
			case x >= '\a' && x <= '\r':
				t.C('\\').C("abtnvfr"[x-'\a'])
			default:
				t.C('\\').C('0' + x>>6).C('0' + x>>3&7).C('0' + x&7)
			}
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			t.S("\uFFFD")
		case strconv.IsPrint(r) || r == 0xa0 || r == 0x3000:
			t.Raw(b[i : i+n])
		case r < 0x10000:
			t.S(`\u`)
			upperHex(t, uint32(r), 4)
		default:
			t.S(`\U`)
			upperHex(t, uint32(r), 8)
		}
		i += n
	}
	return t
}

func upperHex(t *field.Text, v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		t.C("0123456789ABCDEF"[v>>(4*uint(i))&15])
	}
}

// formatLine writes a line's text from the wire and cuts it to what a line may
// hold; name is the length of the field's name at its start, 0 for none.
func formatLine(t *field.Text, b []byte, name int) {
	from := t.Len()
	formatText(t, b)
	field.CutLabel(t, from, name)
}

// stringValue is text as a text field keeps it: up to its first NUL.
func stringValue(b []byte) []byte {
	for i, x := range b {
		if x == 0 {
			return b[:i]
		}
	}
	return b
}
