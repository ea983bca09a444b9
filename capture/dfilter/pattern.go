package dfilter

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// pattern is the right side of "matches": a regular expression over bytes,
// regardless of case unless it says (?-i). Go's expressions never take more
// than linear time; in return they lack lookaround and backreferences.
//
// Go matches characters, packets hold bytes. Bytes from 0x80 on are therefore
// spread to private characters, in the pattern and, where they occur, in the
// data: there each byte is a character, and none is another's other case.
type pattern struct {
	text string
	rx   *regexp.Regexp
}

// spread is the character that stands for a byte from 0x80 on.
const spread = 0xe000

// maxPattern bounds the time that a pattern takes to compile and to run.
const maxPattern = 8192

// compilePattern gives an error whose text ends a sentence, without its point.
func compilePattern(text string) (*pattern, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	}
	src, err := adapt(text)
	if err != nil {
		return nil, err
	}
	rx, err := regexp.Compile("(?i)" + src)
	if err != nil {
		var se *syntax.Error
		if errors.As(err, &se) {
			return nil, explainPattern(se)
		}
		return nil, err
	}
	return &pattern{text: text, rx: rx}, nil
}

// patternWords are PCRE2's words for what Go finds wrong.
var patternWords = map[syntax.ErrorCode]string{
	syntax.ErrMissingBracket:        "missing terminating ] for character class",
	syntax.ErrMissingParen:          "missing closing parenthesis",
	syntax.ErrUnexpectedParen:       "unmatched closing parenthesis",
	syntax.ErrMissingRepeatArgument: "quantifier does not follow a repeatable item",
	syntax.ErrInvalidRepeatOp:       "quantifier does not follow a repeatable item",
	syntax.ErrTrailingBackslash:     "\\ at end of pattern",
	syntax.ErrInvalidCharRange:      "range out of order in character class",
}

func explainPattern(e *syntax.Error) error {
	if w := patternWords[e.Code]; w != "" {
		return errors.New(w)
	}
	if e.Code == syntax.ErrInvalidRepeatSize {
		if lo, hi, ok := strings.Cut(strings.Trim(e.Expr, "{}"), ","); ok && len(lo) < 5 && len(hi) < 5 && hi != "" && lo > hi && len(lo) >= len(hi) {
			return errors.New("numbers out of order in {} quantifier")
		}
		return fmt.Errorf("%s repeats too often: 1000 times is the most that can be nested", e.Expr)
	}
	return fmt.Errorf("%s: %s", e.Code, printable(e.Expr))
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= spread && r < spread+0x100 {
			return '?'
		}
		return r
	}, s)
}

// adapt rewrites a PCRE pattern over bytes for Go, and refuses what Go cannot do.
func adapt(s string) (string, error) {
	var b strings.Builder
	class := 0 // position of the class's first item + 1
	multi := strings.Contains(s, "(?m") || strings.Contains(s, "(?im") || strings.Contains(s, "(?sm")
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			b.WriteRune(spread + rune(c))
		case c == '\\' && i+1 < len(s):
			n, err := adaptEscape(&b, s[i:], class != 0)
			if err != nil {
				return "", err
			}
			i += n - 1
		case class != 0:
			if c == '[' && strings.HasPrefix(s[i:], "[:") {
				if j := strings.Index(s[i:], ":]"); j > 0 {
					b.WriteString(s[i : i+j+2])
					i += j + 1
					continue
				}
			}
			if c == '[' {
				b.WriteByte('\\')
			}
			if c == ']' && i+1 > class {
				class = 0
			}
			b.WriteByte(c)
		case c == '[':
			b.WriteByte(c)
			class = i + 2
			if i+1 < len(s) && s[i+1] == '^' {
				b.WriteByte('^')
				i++
				class++
			}
			if i+1 < len(s) && s[i+1] == ']' {
				b.WriteString("\\]")
				i++
			}
		case c == '{' && strings.HasPrefix(s[i:], "{,") && len(s) > i+2 && isDigit(s[i+2]):
			b.WriteString("{0")
		case c == '$' && !multi:
			b.WriteString(`\n?\z`) // before a last line end, too
		case c == '(' && strings.HasPrefix(s[i:], "(?#"):
			j := strings.IndexByte(s[i:], ')')
			if j < 0 {
				return "", errors.New("missing ) after (?# comment")
			}
			i += j
		case c == '(':
			if err := refuse(s[i:]); err != nil {
				return "", err
			}
			b.WriteByte(c)
		case c == '+' && i > 0 && strings.IndexByte("*+?}", s[i-1]) >= 0 && (i < 2 || s[i-2] != '\\'):
			return "", errors.New("possessive quantifiers (a++) are not supported: patterns take linear time and need none")
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func refuse(s string) error {
	for _, p := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		if strings.HasPrefix(s, p) {
			return fmt.Errorf("lookaround %s...) is not supported: combine two tests with \"and\" or \"not\" instead", p)
		}
	}
	for _, p := range []string{"(?>", "(?|", "(?(", "(?R)", "(?&", "(?P>", "(?P=", "(*"} {
		if strings.HasPrefix(s, p) {
			return fmt.Errorf("%s is not supported: patterns are RE2's", p)
		}
	}
	return nil
}

// adaptEscape writes the escape that s begins with and gives its length.
func adaptEscape(b *strings.Builder, s string, class bool) (int, error) {
	switch c := s[1]; {
	case c >= utf8.RuneSelf:
		b.WriteRune(spread + rune(c))
		return 2, nil
	case c >= '1' && c <= '3' && len(s) > 3 && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7':
		writeByte(b, int(c-'0')<<6|int(s[2]-'0')<<3|int(s[3]-'0'))
		return 4, nil
	case c >= '1' && c <= '9' && !class:
		return 0, fmt.Errorf("backreference \\%c is not supported: patterns are RE2's", c)
	case c == 'k' || c == 'g':
		return 0, fmt.Errorf("backreference \\%c is not supported: patterns are RE2's", c)
	case c == 'K' || c == 'R' || c == 'X' || c == 'C' || c == 'G':
		return 0, fmt.Errorf("\\%c is not supported: patterns are RE2's", c)
	case c == 'Z':
		b.WriteString(`\n?\z`)
		return 2, nil
	case c == 'h':
		b.WriteString(`[ \t]`[btoi(class) : 5-btoi(class)])
		return 2, nil
	case c == 's':
		b.WriteString(`[\s\x0b]`[btoi(class) : 8-btoi(class)])
		return 2, nil
	case c == 'e':
		b.WriteString(`\x1b`)
		return 2, nil
	case c == 'N' && !class:
		b.WriteString(`[^\n]`)
		return 2, nil
	case c == 'c' && len(s) > 2:
		writeByte(b, int(s[2]&^0x20)^0x40)
		return 3, nil
	case c == 'x' && strings.HasPrefix(s, `\x{`):
		end := strings.IndexByte(s, '}')
		v := 0
		for i := 3; i < end && v < 0x110000; i++ {
			h := hexValue(s[i])
			if h < 0 {
				end = -1
				break
			}
			v = v<<4 | h
		}
		if end < 4 || v > 255 {
			return 0, errors.New("\\x{...} must name one byte, 00 to ff")
		}
		writeByte(b, v)
		return end + 1, nil
	case c == 'x':
		n := 2
		v := 0
		for n < len(s) && n < 4 && hexValue(s[n]) >= 0 {
			v = v<<4 | hexValue(s[n])
			n++
		}
		if n == 2 {
			break
		}
		writeByte(b, v)
		return n, nil
	case c == '0':
		n := 1
		v := 0
		for n < len(s) && n < 4 && s[n] >= '0' && s[n] <= '7' {
			v = v<<3 | int(s[n]-'0')
			n++
		}
		writeByte(b, v&0xff)
		return n, nil
	case c == 'Q':
		end := strings.Index(s, `\E`)
		if end < 0 {
			end = len(s)
		}
		for i := 2; i < end; i++ {
			if s[i] >= utf8.RuneSelf {
				b.WriteRune(spread + rune(s[i]))
			} else {
				b.WriteString(regexp.QuoteMeta(s[i : i+1]))
			}
		}
		return min(end+2, len(s)), nil
	}
	b.WriteString(s[:2])
	return 2, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func writeByte(b *strings.Builder, v int) {
	if v >= utf8.RuneSelf {
		b.WriteRune(spread + rune(v))
		return
	}
	fmt.Fprintf(b, `\x%02x`, v)
}

func (p *pattern) match(m *machine, data []byte) bool {
	for i, c := range data {
		if c < utf8.RuneSelf {
			continue
		}
		w := append(m.wide[:0], data[:i]...)
		for _, c := range data[i:] {
			if c < utf8.RuneSelf {
				w = append(w, c)
			} else {
				w = utf8.AppendRune(w, spread+rune(c))
			}
		}
		m.wide = w
		return p.rx.Match(w)
	}
	return p.rx.Match(data)
}
