package session

import (
	"unicode/utf8"

	"sonde/capture/field"
)

// cleanInto copies text, with what is not UTF-8, not printable, or moves text
// about (controls, bidi marks) written as escapes.
func cleanInto(t *field.Text, b []byte) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == '\\':
			t.C('\\') // escapes are already made where they were needed
		case r == utf8.RuneError && n <= 1:
			t.S("\uFFFD")
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff:
			t.Printable(b[:n])
		default:
			t.Raw(b[:n])
		}
		b = b[n:]
	}
}
