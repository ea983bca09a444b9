package dfilter

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"sonde/capture/field"
)

type tokenKind uint8

const (
	tkEnd     tokenKind = iota
	tkSymbol            // an operator or a bracket; token.op when it is an operator
	tkWord              // an operator in letters
	tkField             // a declared name, or anything after a dot
	tkName              // shaped like a field name, not declared
	tkLiteral           // any other run of characters: an address, bytes, a date
	tkInt               // token.num
	tkFloat             // token.real
	tkString            // token.val holds the unescaped text
	tkChar              // token.num
)

// token is one word of a filter. text is what stands there; val is what it
// says (without quotes, escapes, the leading colon or dot).
type token struct {
	kind tokenKind
	at   int
	text string
	val  string
	num  uint64
	real float64
}

func (t *token) end() int { return t.at + len(t.text) }

var wordOps = map[string]string{
	"and": "&&", "or": "||", "not": "!", "xor": "^^", "eq": "==", "any_eq": "==", "ne": "!=", "all_ne": "!=", "all_eq": "===", "any_ne": "!==",
	"gt": ">", "lt": "<", "ge": ">=", "le": "<=", "contains": "contains", "matches": "matches", "in": "in", "any": "any", "all": "all",
	"bitand": "&", "bitwise_and": "&",
}

// symbols, longest first.
var symbols = []string{"===", "!==", "==", "!=", ">=", "<=", "&&", "||", "^^", "..", ">", "<", "~", "&", "!", "+", "-", "*", "/", "%",
	"(", ")", "[", "]", "{", "}", ",", "@", "#", "$"}

// scanner splits a filter into tokens, one at a time, so that an error of the
// grammar is reported before one of a later word.
type scanner struct {
	src string
	pos int
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func (s *scanner) next() (token, error) {
	for s.pos < len(s.src) && isSpace(s.src[s.pos]) {
		s.pos++
	}
	if s.pos >= len(s.src) {
		return token{kind: tkEnd, at: len(s.src)}, nil
	}
	at, c := s.pos, s.src[s.pos]
	switch {
	case c == '"':
		return s.str(at, false)
	case (c == 'r' || c == 'R') && at+1 < len(s.src) && s.src[at+1] == '"':
		return s.str(at, true)
	case c == '\'':
		return s.char(at)
	case isAlnum(c) || c == ':':
		return s.word(at), nil
	case c == '.' && at+1 < len(s.src) && isAlnum(s.src[at+1]):
		s.pos++
		t := s.word(s.pos)
		// A dot makes a field of it, whatever it looks like.
		if !known(t.text) {
			return token{}, errAt(at, s.pos-at, "\"%s\" is not a valid protocol or protocol field.", t.text)
		}
		return token{kind: tkField, at: at, text: s.src[at:s.pos], val: t.text}, nil
	case c >= utf8.RuneSelf:
		return token{}, errAt(at, 1, "Non-printable ASCII characters may only appear inside double-quotes.")
	case c < ' ' || c == 0x7f:
		return token{}, errAt(at, 1, "Control character 0x%02x may only appear inside double-quotes, as an escape.", c)
	}
	for _, sym := range symbols {
		if strings.HasPrefix(s.src[at:], sym) {
			s.pos += len(sym)
			return token{kind: tkSymbol, at: at, text: sym, val: sym}, nil
		}
	}
	s.pos++
	return token{kind: tkSymbol, at: at, text: s.src[at:s.pos]}, nil
}

// word reads a run of letters, digits and _ - : / with single dots inside, and
// finds out what it is. "80." ends before the dot, "80..90" before both.
func (s *scanner) word(at int) token {
	i := at
	plain := true // shaped like a field name
	for i < len(s.src) {
		c := s.src[i]
		switch {
		case isAlnum(c) || c == '-' && i > at:
		case c == ':' || c == '/' && i > at:
			plain = false
		case c == '.' && i > at && i+1 < len(s.src) && (isAlnum(s.src[i+1]) || s.src[i+1] == ':') && s.src[i-1] != '.':
		case c == '+' && i > at+1 && (s.src[i-1] == 'e' || s.src[i-1] == 'E') && i+1 < len(s.src) && isDigit(s.src[i+1]) && digits(s.src[at:i-1]):
		default:
			goto done
		}
		i++
	}
done:
	s.pos = i
	text := s.src[at:i]
	t := token{kind: tkLiteral, at: at, text: text, val: text}
	if plain {
		if op, ok := wordOps[text]; ok {
			t.kind, t.val = tkWord, op
			return t
		}
		if known(text) {
			t.kind = tkField
			return t
		}
	}
	if isDigit(text[0]) {
		if v, ok := integer(text); ok {
			t.kind, t.num = tkInt, v
			return t
		}
		if v, ok := float(text); ok {
			t.kind, t.real = tkFloat, v
			return t
		}
	}
	switch {
	case text[0] == ':' && len(text) > 1 && text[1] != ':' && !strings.Contains(text, "."):
		t.val = text[1:]
	case plain && !isDigit(text[0]):
		t.kind = tkName
	}
	return t
}

func known(name string) bool {
	return len(field.ByName(name)) > 0 || columns[name] != nil || absent[name]
}

// absent are protocols of Wireshark whose names could be taken for bytes, as
// in "frame[0] == ff": there they are protocols, and no packet has them here.
var absent = map[string]bool{"a11": true, "a21": true, "a615a": true, "aaf": true, "acf": true, "adb": true, "bfd": true, "c1222": true,
	"c15": true, "dcc": true, "e100": true, "e164": true, "e212": true, "fc": true, "fc00": true, "fefd": true, "ff": true}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) && s[i] != '.' {
			return false
		}
	}
	return len(s) > 0
}

// integer reads decimal, 0x, 0b and leading-0 octal numbers.
func integer(s string) (uint64, bool) {
	base := 10
	switch {
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x':
		base, s = 16, s[2:]
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'b':
		base, s = 2, s[2:]
	case len(s) > 1 && s[0] == '0':
		base = 8
	}
	if strings.ContainsAny(s, "_+-") {
		return 0, false
	}
	v, err := strconv.ParseUint(s, base, 64)
	return v, err == nil
}

// float reads what has a point or an exponent: 1.5, 1e-2, 0x1p3.
func float(s string) (float64, bool) {
	if strings.Contains(s, "_") || !strings.ContainsAny(s, ".eEpP") {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// str reads "..." with escapes, or r"..." without: there a backslash only
// keeps a quote from ending the text, and both stay.
func (s *scanner) str(at int, raw bool) (token, error) {
	i := at + 1
	if raw {
		i++
	}
	var b strings.Builder
	for i < len(s.src) {
		c := s.src[i]
		switch {
		case c == '"':
			s.pos = i + 1
			return token{kind: tkString, at: at, text: s.src[at:s.pos], val: b.String()}, nil
		case c == '\\' && i+1 >= len(s.src):
			i++
		case c == '\\' && raw:
			b.WriteString(s.src[i : i+2])
			i += 2
		case c == '\\':
			v, n, err := escape(s.src[i:])
			if err != nil {
				err.At += i
				return token{}, err
			}
			b.WriteString(v)
			i += n
		default:
			b.WriteByte(c)
			i++
		}
	}
	return token{}, errAt(len(s.src), 1, "The final quote was missing from a quoted string.")
}

// escape reads one escape sequence; n is its length.
func escape(s string) (text string, n int, err *Error) {
	switch c := s[1]; c {
	case '"', '\'', '\\':
		return string(c), 2, nil
	case 'a', 'b', 'f', 'n', 'r', 't', 'v':
		return string("\a\b\f\n\r\t\v"[strings.IndexByte("abfnrtv", c)]), 2, nil
	case 'x':
		n = 2
		v := 0
		for n < len(s) && n < 4 && hexValue(s[n]) >= 0 {
			v = v<<4 | hexValue(s[n])
			n++
		}
		if n > 2 {
			return string([]byte{byte(v)}), n, nil
		}
	case '0', '1', '2', '3', '4', '5', '6', '7':
		n = 1
		v := 0
		for n < len(s) && n < 4 && s[n] >= '0' && s[n] <= '7' {
			v = v<<3 | int(s[n]-'0')
			n++
		}
		if v > 255 {
			return "", 0, errAt(0, n, "%s is larger than 255.", s[:n])
		}
		return string([]byte{byte(v)}), n, nil
	case 'u', 'U':
		want := 6
		if c == 'U' {
			want = 10
		}
		n = 2
		v := uint64(0)
		for n < len(s) && n < want && hexValue(s[n]) >= 0 {
			v = v<<4 | uint64(hexValue(s[n]))
			n++
		}
		if n < want || v > utf8.MaxRune || v >= 0xd800 && v < 0xe000 {
			return "", 0, errAt(0, n, "%s is not a valid universal character name", s[:n])
		}
		return string(rune(v)), n, nil
	}
	_, size := utf8.DecodeRuneInString(s[1:])
	return "", 0, errAt(0, 1+size, "%s is not a valid character escape sequence", s[:1+size])
}

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// char reads a character constant: 'A', '\x41', '\n'.
func (s *scanner) char(at int) (token, error) {
	i := at + 1
	for i < len(s.src) && s.src[i] != '\'' {
		if s.src[i] == '\\' {
			i++
		}
		i++
	}
	if i >= len(s.src) {
		return token{}, errAt(len(s.src), 1, "The final quote was missing from a character constant.")
	}
	s.pos = i + 1
	text := s.src[at:s.pos]
	body := text[1 : len(text)-1]
	bad := func(format string) error { return errAt(at, len(text), format, text) }
	switch {
	case body == "":
		return token{}, errAt(at, 2, "Empty character constant.")
	case body[0] == '\\':
		v, n, err := escape(body)
		if err != nil {
			return token{}, bad("%s isn't a valid character constant.")
		}
		if n != len(body) || len(v) != 1 {
			return token{}, bad("%s is too long to be a valid character constant.")
		}
		body = v
	case body[0] >= utf8.RuneSelf:
		return token{}, errAt(at, len(text), "Non-printable value '0x%02x' in character constant.", body[0])
	case len(body) > 1:
		return token{}, bad("%s is too long to be a valid character constant.")
	}
	return token{kind: tkChar, at: at, text: text, val: body, num: uint64(body[0])}, nil
}

// afterHash reads what must follow "#" at once: digits or a bracket.
func (s *scanner) afterHash() (digits token, bracket bool, err error) {
	if s.pos >= len(s.src) {
		return token{}, false, endError(s.src)
	}
	at := s.pos
	if s.src[at] == '[' {
		s.pos++
		return token{}, true, nil
	}
	for s.pos < len(s.src) && isDigit(s.src[s.pos]) {
		s.pos++
	}
	if s.pos == at {
		r, size := utf8.DecodeRuneInString(s.src[at:])
		return token{}, false, errAt(at, size, "Expected digit or \"[\", not \"%c\"", r)
	}
	return token{kind: tkInt, at: at, text: s.src[at:s.pos]}, false, nil
}

// rangeText reads one range inside brackets, up to "," or "]", which is left
// for the next call.
func (s *scanner) rangeText() (token, error) {
	for s.pos < len(s.src) && isSpace(s.src[s.pos]) {
		s.pos++
	}
	at := s.pos
	for s.pos < len(s.src) && s.src[s.pos] != ']' && s.src[s.pos] != ',' && s.src[s.pos] != '[' {
		s.pos++
	}
	if s.pos >= len(s.src) {
		return token{}, errAt(len(s.src), 1, "The right bracket was missing from a slice.")
	}
	text := strings.TrimRight(s.src[at:s.pos], " \t\n\r")
	if text == "" {
		return token{}, errAt(s.pos, 1, "%q was unexpected in this context.", s.src[s.pos:s.pos+1])
	}
	return token{at: at, text: text}, nil
}

func endError(src string) *Error {
	return errAt(len(src), 0, "Unexpected end of filter expression.")
}

func unexpected(t token, src string) *Error {
	if t.kind == tkEnd {
		return endError(src)
	}
	return errAt(t.at, len(t.text), "%s was unexpected in this context.", fmt.Sprintf("\"%s\"", t.text))
}
