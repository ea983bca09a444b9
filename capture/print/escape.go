package print

import (
	"strconv"
	"unicode/utf8"

	"sonde/capture/field"
)

// escapes holds what stands for each ASCII byte in an output format; "" is the
// byte itself.
type escapes [utf8.RuneSelf]string

// wide says how a format writes a character that must not reach a terminal.
type wide byte

const (
	wideBytes  wide = iota // \xe2\x80\xae
	wideJSON               // \u202e
	wideEntity             // &#x202e;
)

// clean appends text in a form that cannot drive the terminal that shows it,
// whatever a packet holds: control characters as esc has them, C1 and bidi
// controls escaped, what is not UTF-8 as the replacement character.
func clean(out *field.Text, s []byte, esc *escapes, w wide) {
	from := 0
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			// A slash is escaped only where it would end an HTML element.
			if e := esc[c]; e != "" && (c != '/' || i > 0 && s[i-1] == '<') {
				out.Raw(s[from:i]).S(e)
				from = i + 1
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		switch {
		case r == utf8.RuneError && n <= 1, w == wideEntity && r >= 0xfffe && r <= 0xffff: // no characters of XML 1.0
			out.Raw(s[from:i]).S("\uFFFD")
			from = i + n
		case drives(r):
			out.Raw(s[from:i])
			from = i + n
			escapeWide(out, s[i:from], r, w)
		}
		i += n
	}
	out.Raw(s[from:])
}

// drives tells characters that steer a terminal or turn text round: C1
// controls, marks and overrides of direction, separators, joiners.
func drives(r rune) bool {
	return r < 0xa0 || r == 0x61c || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff
}

func escapeWide(out *field.Text, raw []byte, r rune, w wide) {
	switch w {
	case wideJSON:
		out.S(`\u`).H(uint64(r), 4) // all of them are in the first plane
	case wideEntity:
		out.S("&#x").S(strconv.FormatInt(int64(r), 16)).C(';')
	default:
		for _, b := range raw {
			out.S(`\x`).H(uint64(b), 2)
		}
	}
}

var (
	// textEscapes are for lines: a value stays on its line.
	textEscapes = controls(func(c byte) string {
		switch c {
		case '\n':
			return `\n`
		case '\r':
			return `\r`
		case '\t':
			return `\t`
		}
		return `\x` + hex2(c)
	})
	jsonEscapes = with(controls(func(c byte) string {
		switch c {
		case '\n':
			return `\n`
		case '\r':
			return `\r`
		case '\t':
			return `\t`
		case '\b':
			return `\b`
		case '\f':
			return `\f`
		}
		return `\u00` + hex2(c)
	}), '"', `\"`, '\\', `\\`, '/', `\/`)
	xmlEscapes = with(controls(func(c byte) string {
		if c == '\t' || c == '\n' || c == '\r' {
			return "" // as Wireshark leaves them
		}
		return `\x` + hex2(c)
	}), '&', "&amp;", '<', "&lt;", '>', "&gt;", '"', "&quot;", '\'', "&#x27;")
)

func hex2(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}

// controls makes a table for the control characters.
func controls(text func(c byte) string) *escapes {
	var e escapes
	for c := range e {
		if c < 0x20 || c == 0x7f {
			e[c] = text(byte(c))
		}
	}
	return &e
}

// with adds pairs of a byte and its text.
func with(e *escapes, pairs ...any) *escapes {
	for i := 0; i < len(pairs); i += 2 {
		e[pairs[i].(rune)] = pairs[i+1].(string)
	}
	return e
}

func safe(t *field.Text, b []byte)    { clean(t, b, textEscapes, wideBytes) }
func xmlText(t *field.Text, b []byte) { clean(t, b, xmlEscapes, wideEntity) }

func jsonString(t *field.Text, b []byte) {
	t.C('"')
	clean(t, b, jsonEscapes, wideJSON)
	t.C('"')
}
