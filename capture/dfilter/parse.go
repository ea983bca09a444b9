package dfilter

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"sonde/capture/field"
)

// parser is a recursive-descent parser over a scanner, one token ahead. The
// grammar, loosest first:
//
//	or   = xor { "or" xor }
//	xor  = and { "xor" and }
//	and  = not { "and" not }
//	not  = "not" not | "(" or ")" | test
//	test = [ "any" | "all" ] value [ relation ]
//	relation = compare value { compare value } | "contains" operand | "matches" operand | ["not"] "in" set
//	value = sum { "&" sum };  sum = product { ("+"|"-") product };  product = sign { ("*"|"/"|"%") sign }
//	sign  = ("+"|"-") sign | "{" value "}" | operand
//	operand = ["@"] field ["#" layers] { slice } | function "(" values ")" { slice } | constant | "$" field
type parser struct {
	s     scanner
	tok   token
	err   error
	depth int
	// after is how far the last taken token reached.
	after int
}

// parse gives the tree of a filter, nil for an empty one.
func parse(src string) (*node, error) {
	if len(src) > maxText {
		return nil, errAt(maxText, 1, "The filter is too long: more than %d bytes.", maxText)
	}
	if i := invalidUTF8(src); i >= 0 {
		return nil, errAt(i, 1, "The filter is not valid UTF-8: byte 0x%02x.", src[i])
	}
	if i := strings.IndexByte(src, 0); i >= 0 {
		return nil, errAt(i, 1, "The filter holds a NUL byte.")
	}
	p := &parser{s: scanner{src: src}}
	p.advance()
	if p.err == nil && p.tok.kind == tkEnd {
		return nil, nil
	}
	n := p.or()
	if p.err == nil && p.tok.kind != tkEnd {
		p.fail(unexpected(p.tok, src))
	}
	if p.err != nil {
		return nil, p.err
	}
	return n, nil
}

func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.tok = token{kind: tkEnd, at: len(p.s.src)}
}

func (p *parser) advance() {
	if p.err != nil {
		return
	}
	p.after = p.tok.end()
	t, err := p.s.next()
	if err != nil {
		p.fail(err)
		return
	}
	p.tok = t
}

// is reports whether the current token is one of the operators.
func (p *parser) is(ops ...string) bool {
	if p.err != nil || p.tok.kind != tkSymbol && p.tok.kind != tkWord {
		return false
	}
	for _, o := range ops {
		if p.tok.val == o {
			return true
		}
	}
	return false
}

func (p *parser) expect(op string) {
	if !p.is(op) {
		p.fail(unexpected(p.tok, p.s.src))
		return
	}
	p.advance()
}

// enter counts nesting; call leave when it gave true.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxNesting {
		p.fail(errAt(p.tok.at, max(1, len(p.tok.text)), "The filter is nested too deeply: more than %d levels.", maxNesting))
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

func (p *parser) list(kind nodeKind, op string, sub func() *node) *node {
	n := sub()
	if !p.is(op) {
		return n
	}
	l := &node{kind: kind, sub: []*node{n}}
	for p.is(op) {
		p.advance()
		l.sub = append(l.sub, sub())
	}
	if p.err != nil {
		return nil
	}
	l.at, l.end = n.at, p.after
	return l
}

func (p *parser) or() *node  { return p.list(ndOr, "||", p.xor) }
func (p *parser) xor() *node { return p.list(ndXor, "^^", p.and) }
func (p *parser) and() *node { return p.list(ndAnd, "&&", p.not) }

func (p *parser) not() *node {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	switch {
	case p.is("!"):
		at := p.tok.at
		p.advance()
		n := p.not()
		return &node{kind: ndNot, sub: []*node{n}, at: at, end: p.after}
	case p.is("("):
		at := p.tok.at
		p.advance()
		n := p.or()
		p.expect(")")
		if n != nil {
			n.at, n.end = at, p.after
			if n.kind == ndExists {
				n.left.at, n.left.end = at, p.after
			}
		}
		return n
	}
	return p.test()
}

var compareOps = []string{"==", "!=", "===", "!==", "<", "<=", ">", ">="}

func (p *parser) test() *node {
	q := quantDefault
	at := p.tok.at
	if p.is("any") {
		q = quantAny
	} else if p.is("all") {
		q = quantAll
	}
	if q != quantDefault {
		p.advance()
	}
	left := p.value()
	if p.err != nil {
		return nil
	}
	plain := left.kind != exArith && left.kind != exNeg && !left.grouped
	switch {
	case p.is(compareOps...):
		return p.compare(at, q, left)
	case plain && p.is("contains", "matches", "~"):
		n := &node{kind: ndCompare, op: p.tok.val, quant: q, left: left, at: at}
		if n.op == "~" {
			n.op = "matches"
		}
		p.advance()
		n.right = p.operand()
		n.end = p.after
		return n
	case plain && p.is("in"):
		return p.in(at, q, left, false)
	case plain && p.is("!"):
		p.advance()
		if !p.is("in") {
			p.fail(unexpected(p.tok, p.s.src))
			return nil
		}
		return p.in(at, q, left, true)
	case q != quantDefault:
		p.fail(unexpected(p.tok, p.s.src))
		return nil
	}
	return &node{kind: ndExists, left: left, at: at, end: p.after}
}

// compare reads a chain: a < b <= c is a < b and b <= c.
func (p *parser) compare(at int, q quantifier, left *expr) *node {
	var all []*node
	for p.is(compareOps...) {
		n := &node{kind: ndCompare, op: p.tok.val, quant: q, left: left, at: at}
		p.advance()
		n.right = p.value()
		if p.err != nil {
			return nil
		}
		n.end = p.after
		all = append(all, n)
		// The middle of a chain is checked twice, beside different neighbours.
		left, at = n.right.clone(), n.right.at
	}
	if len(all) == 1 {
		return all[0]
	}
	return &node{kind: ndAnd, sub: all, at: all[0].at, end: p.after}
}

func (p *parser) in(at int, q quantifier, left *expr, negated bool) *node {
	n := &node{kind: ndIn, quant: q, left: left, negated: negated, at: at}
	p.advance()
	p.expect("{")
	for p.err == nil {
		it := setItem{lo: p.value()}
		if p.is("..") {
			p.advance()
			it.hi = p.value()
		}
		n.set = append(n.set, it)
		if p.is("}") {
			break
		}
		p.expect(",")
	}
	p.expect("}")
	n.end = p.after
	return n
}

// chain reads left-associative operators of one rank.
func (p *parser) chain(operand func() *expr, ops ...string) *expr {
	e := operand()
	levels := 0
	for p.err == nil && p.is(ops...) {
		op := p.tok.val
		p.advance()
		r := operand()
		if p.err != nil {
			break
		}
		e = &expr{kind: exArith, op: op, left: e, right: r, at: e.at, end: p.after}
		// Each further operator puts the tree one level deeper.
		if levels++; p.enter() {
			continue
		}
	}
	p.depth -= levels
	return e
}

func (p *parser) value() *expr { return p.chain(p.sum, "&") }
func (p *parser) sum() *expr   { return p.chain(p.product, "+", "-") }
func (p *parser) product() *expr {
	return p.chain(p.sign, "*", "/", "%")
}

func (p *parser) sign() *expr {
	if !p.is("-", "+", "{") {
		return p.operand()
	}
	if !p.enter() {
		return nil
	}
	defer p.leave()
	t := p.tok
	p.advance()
	if t.text != "{" {
		e := p.sign()
		return &expr{kind: exNeg, op: t.text, left: e, at: t.at, end: p.after}
	}
	e := p.value()
	p.expect("}")
	if e != nil {
		e.grouped, e.at, e.end = true, t.at, p.after
	}
	return e
}

func (p *parser) operand() *expr {
	t := p.tok
	switch {
	case p.err != nil:
		return nil
	case p.is("@"):
		p.advance()
		if p.tok.kind != tkField && p.tok.kind != tkName {
			p.fail(unexpected(p.tok, p.s.src))
			return nil
		}
		return p.postfix(t.at, true)
	case p.is("$"):
		return p.reference()
	case t.kind == tkField, t.kind == tkName:
		return p.postfix(t.at, false)
	case t.kind == tkLiteral, t.kind == tkInt, t.kind == tkFloat, t.kind == tkString, t.kind == tkChar:
		p.advance()
		e := &expr{kind: exConst, tok: t, at: t.at, end: t.end()}
		if p.is("[") {
			p.fail(errAt(t.at, len(t.text), "Range is not supported for entity %s", t.val))
		}
		return e
	}
	p.fail(unexpected(t, p.s.src))
	return nil
}

// reference reads $field and ${field}.
func (p *parser) reference() *expr {
	at := p.tok.at
	p.advance()
	brace := p.is("{")
	if brace {
		p.advance()
	}
	raw := p.is("@")
	if raw {
		p.advance()
	}
	if p.tok.kind != tkField && p.tok.kind != tkName {
		p.fail(unexpected(p.tok, p.s.src))
		return nil
	}
	e := p.name(raw)
	e.at, e.ref = at, true
	p.layers(e)
	if brace {
		p.expect("}")
	}
	e.end = p.after
	return p.slices(e)
}

// name makes a field of the current token, which is left behind.
func (p *parser) name(raw bool) *expr {
	t := p.tok
	e := &expr{kind: exField, tok: t, name: t.val, raw: raw, at: t.at, end: t.end()}
	p.advance()
	switch c := columns[t.val]; {
	case c != nil:
		e.kind, e.column = exColumn, c
	case !known(t.val):
		p.fail(notField(t))
	default:
		if e.ids = field.ByName(t.val); len(e.ids) == 0 {
			e.ids = []field.ID{field.None} // an absent one
		}
	}
	return e
}

func notField(t token) *Error {
	return errAt(t.at, len(t.text), "\"%s\" is not a valid protocol or protocol field.", t.val)
}

// postfix reads a field with its layers and slices, a call, or a bare word.
func (p *parser) postfix(at int, raw bool) *expr {
	t := p.tok
	if !raw && t.text[0] != '.' && p.nextIsParen() {
		return p.call(t)
	}
	if t.kind == tkName && !raw {
		// Not a field: a bare word, which is text for some types.
		p.advance()
		e := &expr{kind: exConst, tok: t, at: t.at, end: t.end()}
		if p.is("#", "[") {
			p.fail(notField(t))
		}
		return e
	}
	e := p.name(raw)
	if p.err != nil {
		return nil
	}
	e.at = at
	p.layers(e)
	return p.slices(e)
}

// nextIsParen looks whether "(" follows the current word.
func (p *parser) nextIsParen() bool {
	i := p.s.pos
	for i < len(p.s.src) && isSpace(p.s.src[i]) {
		i++
	}
	return i < len(p.s.src) && p.s.src[i] == '('
}

func (p *parser) call(t token) *expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	e := &expr{kind: exCall, tok: t, name: t.val, at: t.at, fn: functions[t.val]}
	p.advance()
	p.advance()
	if p.is(")") {
		p.advance()
	} else {
		for p.err == nil {
			e.args = append(e.args, p.value())
			if p.is(")") {
				p.advance()
				break
			}
			p.expect(",")
		}
	}
	if p.err != nil {
		return nil
	}
	e.end = p.after
	if e.fn == nil {
		p.fail(errAt(t.at, len(t.text), "Function '%s' does not exist", t.val))
		return nil
	}
	return p.slices(e)
}

// layers reads "#n" and "#[ranges]".
func (p *parser) layers(e *expr) {
	if !p.is("#") || p.err != nil {
		return
	}
	p.s.pos = p.tok.end()
	d, bracket, err := p.s.afterHash()
	if err != nil {
		p.fail(err)
		return
	}
	if bracket {
		e.layers = p.ranges()
	} else {
		n, err := rangeNumber(d, d.text)
		if err != nil {
			p.fail(err)
			return
		}
		e.layers = []span{{off: n, n: 1, text: d.text}}
		p.tok = d
		p.advance()
	}
	e.end = p.after
}

// slices reads any number of "[ranges]".
func (p *parser) slices(e *expr) *expr {
	levels := 0
	for p.is("[") && p.err == nil {
		levels++
		if !p.enter() {
			break
		}
		p.s.pos = p.tok.end()
		s := &expr{kind: exSlice, left: e, spans: p.ranges(), at: e.at}
		s.end = p.after
		e = s
	}
	p.depth -= levels
	return e
}

// ranges reads what stands in brackets, with the closing one.
func (p *parser) ranges() []span {
	var out []span
	for {
		t, err := p.s.rangeText()
		if err != nil {
			p.fail(err)
			return nil
		}
		sp, err := parseRange(t)
		if err != nil {
			p.fail(err)
			return nil
		}
		out = append(out, sp)
		c := p.s.src[p.s.pos]
		if c == '[' {
			p.fail(errAt(p.s.pos, 1, "\"[\" was unexpected in this context."))
			return nil
		}
		p.s.pos++
		if c == ']' {
			p.tok = token{kind: tkSymbol, at: p.s.pos - 1, text: "]"}
			p.advance()
			return out
		}
	}
}

// parseRange reads i, i:n, i-j, i:, :n and :.
func parseRange(t token) (span, error) {
	text := t.text
	bad := func() error { return errAt(t.at, len(text), "\"%s\" is not a valid range.", text) }
	sp := span{text: compact(text)}
	if i := strings.IndexByte(text, ':'); i >= 0 {
		a, b := strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:])
		if strings.ContainsAny(b, ":") {
			return sp, bad()
		}
		var err error
		if a != "" {
			if sp.off, err = rangeNumber(t, a); err != nil {
				return sp, bad()
			}
		}
		if b == "" {
			sp.toEnd = true
			return sp, nil
		}
		if sp.n, err = rangeNumber(t, b); err != nil {
			return sp, bad()
		}
		if sp.n <= 0 {
			return sp, errAt(t.at, len(text), "Range %s isn't valid because length %d isn't positive", sp.text, sp.n)
		}
		return sp, nil
	}
	// A minus that is not a sign joins the first and the last.
	for i := 1; i < len(text); i++ {
		if text[i] != '-' || !isAlnum(text[i-1]) && !isSpace(text[i-1]) {
			continue
		}
		a, err1 := rangeNumber(t, strings.TrimSpace(text[:i]))
		b, err2 := rangeNumber(t, strings.TrimSpace(text[i+1:]))
		if err1 != nil || err2 != nil {
			return sp, bad()
		}
		if (a < 0) != (b < 0) {
			return sp, errAt(t.at, len(text), "Range %s isn't valid because %d and %d have different signs", sp.text, a, b)
		}
		if a >= b {
			return sp, errAt(t.at, len(text), "Range %s isn't valid because %d is greater or equal than %d", sp.text, a, b)
		}
		sp.off, sp.n = a, b-a+1
		return sp, nil
	}
	n, err := rangeNumber(t, text)
	if err != nil {
		if f, ok := float(text); ok && f == f && !strings.ContainsAny(text, "eEpP") {
			return sp, bad()
		}
		return sp, err
	}
	sp.off, sp.n = n, 1
	return sp, nil
}

func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && isSpace(byte(r)) {
			return -1
		}
		return r
	}, s)
}

// rangeNumber reads a signed 32-bit number of any base.
func rangeNumber(t token, s string) (int, error) {
	neg := false
	d := s
	if strings.HasPrefix(d, "-") || strings.HasPrefix(d, "+") {
		neg, d = d[0] == '-', d[1:]
	}
	v, ok := integer(d)
	if !ok {
		if _, err := strconv.ParseFloat(d, 64); err == nil && digits(d) && !strings.Contains(d, ".") {
			return 0, errAt(t.at, len(t.text), "\"%s\" causes an integer overflow.", s)
		}
		return 0, errAt(t.at, len(t.text), "\"%s\" is not a valid number.", s)
	}
	if v > 1<<31-1 {
		return 0, errAt(t.at, len(t.text), "\"%s\" causes an integer overflow.", s)
	}
	if neg {
		return -int(v), nil
	}
	return int(v), nil
}
