package dfilter

import (
	"strings"
)

// builtin macros, as Wireshark ships them.
var builtin = map[string]string{
	"private_ipv4": "$1 in {10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16}",
	"private_ipv6": "$1 == fc00::/7",
}

// expanded is a filter with its macros expanded, and where each part of it stood
// in the text as written.
type expanded struct {
	text  string
	parts []part
}

// part says that text from at on came from the given place; of a macro, the
// whole call.
type part struct{ at, from, length int }

// locate turns places of the expanded text into places of the text as written.
func (s *expanded) locate(err error) error {
	e, ok := err.(*Error)
	if !ok || len(s.parts) == 0 {
		return err
	}
	out := *e
	from := s.origin(e.At, false)
	if e.Length == 0 {
		out.At = from
		return &out
	}
	to := s.origin(e.At+e.Length-1, true)
	out.At, out.Length = from, max(1, to+1-from)
	return &out
}

func (s *expanded) origin(at int, last bool) int {
	i := len(s.parts) - 1
	for i > 0 && s.parts[i].at > at {
		i--
	}
	p := s.parts[i]
	if p.length == 0 {
		return p.from + at - p.at
	}
	if last {
		return p.from + p.length - 1
	}
	return p.from
}

const maxExpansions = 200

// expand replaces $name(a,b), ${name:a;b} and ${name}.
func expand(text string, macros map[string]string) (*expanded, error) {
	if !strings.Contains(text, "$") {
		return &expanded{text: text}, nil
	}
	x := &expander{macros: macros}
	var b strings.Builder
	src := &expanded{}
	keep := 0 // text before it is written
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '"', '\'':
			i = skipQuoted(text, i)
			continue
		case '$':
			out, n, err := x.call(text[i:], 0)
			if err != nil {
				err.At += i
				return nil, err
			}
			if n == 0 {
				break
			}
			if keep < i {
				src.parts = append(src.parts, part{at: b.Len(), from: keep})
				b.WriteString(text[keep:i])
			}
			src.parts = append(src.parts, part{at: b.Len(), from: i, length: n})
			b.WriteString(out)
			i += n
			keep = i
			continue
		}
		i++
	}
	if len(src.parts) == 0 {
		return &expanded{text: text}, nil
	}
	src.parts = append(src.parts, part{at: b.Len(), from: keep})
	b.WriteString(text[keep:])
	src.text = b.String()
	return src, nil
}

// skipQuoted gives the place behind a quoted text.
func skipQuoted(s string, i int) int {
	q := s[i]
	for i++; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		} else if s[i] == q {
			return i + 1
		}
	}
	return len(s)
}

type expander struct {
	macros map[string]string
	count  int
}

func (x *expander) lookup(name string) (string, bool) {
	if t, ok := x.macros[name]; ok {
		return t, true
	}
	t, ok := builtin[name]
	return t, ok
}

// call expands the macro that s begins with; n is the length of the call, 0
// when it is a reference to a field.
func (x *expander) call(s string, depth int) (out string, n int, err *Error) {
	i := 1
	brace := i < len(s) && s[i] == '{'
	if brace {
		i++
	}
	start := i
	for i < len(s) && (isAlnum(s[i])) {
		i++
	}
	name := s[start:i]
	open := errAt(0, len(s), "end of filter in the middle of a macro expression")
	var args []string
	switch {
	case brace:
		end := matching(s, 1, '{', '}')
		if end < 0 {
			return "", 0, open
		}
		if i < end && (s[i] == '.' || s[i] == '#' || s[i] == '@' || s[i] == '-') || known(name) || i == start && s[i] == '@' {
			inner := s[2:end]
			if f, _, _ := strings.Cut(strings.TrimPrefix(inner, "@"), "#"); known(f) {
				return "", 0, nil
			}
			return "", 0, errAt(0, end+1, "macro '%s' does not exist", inner)
		}
		if i < end {
			if s[i] != ':' && s[i] != ';' {
				return "", 0, errAt(i, 1, "invalid character in macro name")
			}
			args = splitArgs(s[i+1:end], ';')
		}
		n = end + 1
	case i < len(s) && s[i] == '(' && name != "":
		end := matching(s, i, '(', ')')
		if end < 0 {
			return "", 0, open
		}
		if inner := s[i+1 : end]; strings.TrimSpace(inner) != "" {
			args = splitArgs(inner, ',')
		}
		n = end + 1
	default:
		return "", 0, nil
	}
	text, ok := x.lookup(name)
	if !ok {
		return "", 0, errAt(0, n, "macro '%s' does not exist", name)
	}
	if x.count++; depth > 20 || x.count > maxExpansions {
		return "", 0, errAt(0, n, "macro '%s' expands without end", name)
	}
	body, err := x.body(text, args, n)
	if err != nil {
		return "", 0, err
	}
	out, err = x.nested(body, n, depth+1)
	return out, n, err
}

// body puts the arguments into a macro's text.
func (x *expander) body(text string, args []string, n int) (string, *Error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '$' && i+1 < len(text) && isDigit(text[i+1]) {
			j := i + 1
			k := 0
			for j < len(text) && isDigit(text[j]) && k < 100 {
				k = k*10 + int(text[j]-'0')
				j++
			}
			if k < 1 || k > len(args) {
				return "", errAt(0, n, "the macro's argument %d is missing", k)
			}
			b.WriteString(args[k-1])
			i = j - 1
		} else {
			b.WriteByte(text[i])
		}
		if b.Len() > maxText {
			return "", errAt(0, n, "The filter is too long: more than %d bytes.", maxText)
		}
	}
	return b.String(), nil
}

// nested expands the macros inside an expansion; errors point at the outer call.
func (x *expander) nested(text string, outer, depth int) (string, *Error) {
	if !strings.Contains(text, "$") {
		return text, nil
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] == '"' || text[i] == '\'' {
			j := skipQuoted(text, i)
			b.WriteString(text[i:j])
			i = j
			continue
		}
		if text[i] == '$' {
			out, n, err := x.call(text[i:], depth)
			if err != nil {
				return "", errAt(0, outer, "%s", err.Message)
			}
			if n > 0 {
				b.WriteString(out)
				i += n
				if b.Len() > maxText {
					return "", errAt(0, outer, "The filter is too long: more than %d bytes.", maxText)
				}
				continue
			}
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String(), nil
}

// matching finds the bracket that closes the one at i.
func matching(s string, i int, open, shut byte) int {
	depth := 0
	for i < len(s) {
		switch c := s[i]; c {
		case '"', '\'':
			i = skipQuoted(s, i)
			continue
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
		i++
	}
	return -1
}

// splitArgs splits at the separators outside brackets and quotes.
func splitArgs(s string, sep byte) []string {
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"' || c == '\'':
			i = skipQuoted(s, i)
			continue
		case c == '(' || c == '{' || c == '[':
			depth++
		case c == ')' || c == '}' || c == ']':
			depth--
		case c == sep && depth == 0:
			out = append(out, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
		i++
	}
	return append(out, strings.TrimSpace(s[from:]))
}
