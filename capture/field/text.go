package field

import (
	"strconv"
	"unicode/utf8"
)

// Text is an append-only text buffer; it is what parse functions and printers
// write labels and columns with. It never allocates beyond its own growth.
// Methods return the receiver, so that a line reads from left to right.
type Text struct{ B []byte }

// Reset empties the buffer and keeps its memory.
func (t *Text) Reset() { t.B = t.B[:0] }

// Len is the length in bytes.
func (t *Text) Len() int { return len(t.B) }

func (t *Text) String() string { return string(t.B) }

// S appends a string as it is.
func (t *Text) S(s string) *Text { t.B = append(t.B, s...); return t }

// Raw appends bytes as they are.
func (t *Text) Raw(b []byte) *Text { t.B = append(t.B, b...); return t }

// C appends one byte.
func (t *Text) C(c byte) *Text { t.B = append(t.B, c); return t }

// U appends an unsigned number in decimal.
func (t *Text) U(v uint64) *Text { t.B = strconv.AppendUint(t.B, v, 10); return t }

// I appends a signed number in decimal.
func (t *Text) I(v int64) *Text { t.B = strconv.AppendInt(t.B, v, 10); return t }

// UPad appends an unsigned number with at least n digits, zeros in front.
func (t *Text) UPad(v uint64, n int) *Text {
	var tmp [20]byte
	s := strconv.AppendUint(tmp[:0], v, 10)
	for i := len(s); i < n; i++ {
		t.B = append(t.B, '0')
	}
	t.B = append(t.B, s...)
	return t
}

// F appends a float with n digits after the point.
func (t *Text) F(v float64, n int) *Text { t.B = strconv.AppendFloat(t.B, v, 'f', n, 64); return t }

const hexDigits = "0123456789abcdef"

// H appends n hex digits of v, without prefix.
func (t *Text) H(v uint64, n int) *Text {
	for i := n - 1; i >= 0; i-- {
		t.B = append(t.B, hexDigits[v>>(4*uint(i))&15])
	}
	return t
}

// X appends 0x and at least n hex digits of v.
func (t *Text) X(v uint64, n int) *Text {
	for n < 16 && v>>(4*uint(n)) != 0 {
		n++
	}
	return t.S("0x").H(v, n)
}

// Hex appends bytes as hex pairs joined by sep (0 = nothing).
func (t *Text) Hex(b []byte, sep byte) *Text {
	for i, c := range b {
		if i > 0 && sep != 0 {
			t.B = append(t.B, sep)
		}
		t.B = append(t.B, hexDigits[c>>4], hexDigits[c&15])
	}
	return t
}

// MAC appends a hardware address.
func (t *Text) MAC(b []byte) *Text { return t.Hex(b, ':') }

// IPv4 appends a dotted address; b has 4 bytes.
func (t *Text) IPv4(b []byte) *Text {
	for i, c := range b {
		if i > 0 {
			t.B = append(t.B, '.')
		}
		t.B = strconv.AppendUint(t.B, uint64(c), 10)
	}
	return t
}

// IPv4n appends a dotted address given as a number in host order.
func (t *Text) IPv4n(v uint32) *Text {
	return t.IPv4([]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// IPv6 appends an address in RFC 5952 form; b has 16 bytes. IPv4-mapped and
// -compatible addresses end in dotted form, as inet_ntop does.
func (t *Text) IPv6(b []byte) *Text {
	if len(b) < 16 {
		return t.Hex(b, ':')
	}
	var w [8]uint16
	for i := range w {
		w[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	best, bestLen := -1, 1
	for i := 0; i < 8; {
		j := i
		for j < 8 && w[j] == 0 {
			j++
		}
		if j-i > bestLen {
			best, bestLen = i, j-i
		}
		if j == i {
			j++
		}
		i = j
	}
	for i := 0; i < 8; {
		if i == best {
			t.B = append(t.B, ':')
			if i == 0 {
				t.B = append(t.B, ':')
			}
			i += bestLen
			if i == 8 && best != 0 {
				// the colon after the last group is there already
				return t
			}
			continue
		}
		if i == 6 && best == 0 && (bestLen == 6 || bestLen == 5 && w[5] == 0xffff) {
			return t.IPv4(b[12:16])
		}
		t.B = strconv.AppendUint(t.B, uint64(w[i]), 16)
		if i < 7 {
			t.B = append(t.B, ':')
		}
		i++
		if i == best && i < 8 {
			// "a::b": one colon is written; the gap adds the other
			continue
		}
	}
	return t
}

// GUID appends a GUID whose first three parts are stored little-endian if le.
func (t *Text) GUID(b []byte, le bool) *Text {
	if len(b) < 16 {
		return t.Hex(b, 0)
	}
	order := [16]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	if le {
		order = [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}
	}
	for i, o := range order {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			t.C('-')
		}
		t.C(hexDigits[b[o]>>4]).C(hexDigits[b[o]&15])
	}
	return t
}

// Printable appends text from the wire for a person to read: C escapes for
// control characters, \xNN for others that cannot be shown, valid UTF-8 as
// it is, the replacement character for what is not UTF-8.
func (t *Text) Printable(b []byte) *Text {
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '\\':
				t.S(`\\`)
			case c >= 0x20 && c < 0x7f:
				t.C(c)
			case c == '\a':
				t.S(`\a`)
			case c == '\b':
				t.S(`\b`)
			case c == '\f':
				t.S(`\f`)
			case c == '\n':
				t.S(`\n`)
			case c == '\r':
				t.S(`\r`)
			case c == '\t':
				t.S(`\t`)
			case c == '\v':
				t.S(`\v`)
			case c == 0:
				t.S(`\0`)
			default:
				t.S(`\x`).H(uint64(c), 2)
			}
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			t.S("\uFFFD")
			i++
			continue
		}
		if !shown(r) {
			for _, x := range b[i : i+n] {
				t.S(`\x`).H(uint64(x), 2)
			}
		} else {
			t.Raw(b[i : i+n])
		}
		i += n
	}
	return t
}

// Clean appends text that a dissector or a user wrote, for a person to read:
// what would move a cursor, a line's direction or a page's markup about is
// escaped as Printable does; backslashes and all else stay as they are.
func (t *Text) Clean(b []byte) *Text {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n <= 1:
			t.S("\uFFFD")
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff:
			t.Printable(b[:n])
		default:
			t.Raw(b[:n])
		}
		b = b[n:]
	}
	return t
}

// shown keeps out what moves text about or hides it: C1 controls, bidi
// controls, separators, private and unassigned planes stay escaped.
func shown(r rune) bool {
	switch {
	case r >= 0x80 && r < 0xa0, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff:
		return false
	}
	return strconv.IsPrint(r) || r == 0x3000 || r == 0xa0
}

// PrintableString is Printable of a string.
func (t *Text) PrintableString(s string) *Text { return t.Printable([]byte(s)) }
