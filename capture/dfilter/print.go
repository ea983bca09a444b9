package dfilter

import "strings"

// String writes the filter in full: macros expanded, words as symbols,
// parentheses and braces where the order of operators decides. Compiling it
// gives an equal filter.
func (f *Filter) String() string {
	if f.root == nil {
		return ""
	}
	var b strings.Builder
	f.root.print(&b)
	return b.String()
}

func (n *node) isList() bool { return n.kind == ndAnd || n.kind == ndOr || n.kind == ndXor }

func (n *node) print(b *strings.Builder) {
	group := func(s *node) {
		if s.isList() {
			b.WriteByte('(')
			s.print(b)
			b.WriteByte(')')
		} else {
			s.print(b)
		}
	}
	switch n.kind {
	case ndAnd, ndOr, ndXor:
		for i, s := range n.sub {
			if i > 0 {
				b.WriteString([...]string{ndAnd: " && ", ndOr: " || ", ndXor: " ^^ "}[n.kind])
			}
			group(s)
		}
	case ndNot:
		b.WriteByte('!')
		group(n.sub[0])
	case ndExists:
		n.left.print(b)
	default:
		b.WriteString([...]string{"", "any ", "all "}[n.quant])
		n.left.print(b)
		if n.kind == ndCompare {
			b.WriteString(" " + n.op + " ")
			n.right.print(b)
			return
		}
		if n.negated {
			b.WriteString(" not")
		}
		b.WriteString(" in {")
		for i, it := range n.set {
			if i > 0 {
				b.WriteString(", ")
			}
			it.lo.print(b)
			if it.hi != nil {
				b.WriteString(" .. ")
				it.hi.print(b)
			}
		}
		b.WriteByte('}')
	}
}

func (e *expr) print(b *strings.Builder) {
	switch e.kind {
	case exConst:
		b.WriteString(e.tok.text)
	case exField, exColumn:
		if e.ref {
			b.WriteString("${")
		}
		if e.raw {
			b.WriteByte('@')
		}
		b.WriteString(e.name)
		if e.layers != nil {
			b.WriteByte('#')
			printSpans(b, e.layers)
		}
		if e.ref {
			b.WriteByte('}')
		}
	case exSlice:
		e.left.print(b)
		printSpans(b, e.spans)
	case exNeg:
		b.WriteString(e.op)
		e.left.print(b)
	case exArith:
		b.WriteByte('{')
		e.left.print(b)
		b.WriteString(" " + e.op + " ")
		e.right.print(b)
		b.WriteByte('}')
	case exCall:
		b.WriteString(e.name + "(")
		for i, a := range e.args {
			if i > 0 {
				b.WriteString(", ")
			}
			a.print(b)
		}
		b.WriteByte(')')
	}
}

func printSpans(b *strings.Builder, spans []span) {
	for i, s := range spans {
		b.WriteByte("[,"[min(i, 1)])
		b.WriteString(s.text)
	}
	b.WriteByte(']')
}
