package cfilter

import (
	"fmt"
	"net/netip"
)

// parser reads an expression and generates its tree on the way, left to
// right: encapsulations change what the rest means.
//
// Precedence is libpcap's: "and" and "or" bind alike, from the left; "not"
// binds closest. An identifier without qualifiers takes those before it.
type parser struct {
	text  string
	c     *comp
	tok   token
	prev  int // end of the token before
	depth int
}

// vkind says what a piece of expression is.
type vkind uint8

const (
	vBool  vkind = iota // a complete test
	vID                 // an identifier under carried qualifiers
	vNum                // a bare number: an identifier or arithmetic yet
	vArith              // an arithmetic value
)

type value struct {
	kind  vkind
	n     *node
	q     qual
	ar    *arith
	num   token
	group bool // came in parentheses
}

// What may stand in a place.
type mode uint8

const (
	anyTerm mode = iota // a test, not an identifier
	anyID               // an identifier only
	anyBoth
)

func (p *parser) next() {
	p.prev = p.tok.end
	p.tok = scan(p.text, p.tok.end)
}

// wrong stops with a fault at a token.
func (p *parser) wrong(t token, format string, a ...any) {
	n := t.end - t.at
	panic(&Error{Message: fmt.Sprintf(format, a...), At: t.at, Length: n})
}

// unexpected is the syntax error at the current token.
func (p *parser) unexpected() {
	switch p.tok.kind {
	case tEnd:
		p.wrong(p.tok, "the filter ends where something must follow")
	case tWrong:
		p.wrong(p.tok, "%s", p.tok.text)
	}
	p.wrong(p.tok, "syntax error: %q cannot stand here", clip(p.tok.text))
}

// placed runs a generator and gives its faults the place of the primitive
// that started at from.
func (p *parser) placed(from int, f func() *node) *node {
	defer func() {
		if r := recover(); r != nil {
			if e, ok := r.(*Error); ok && e.Length == 0 && e.At == 0 {
				e.At, e.Length = from, max(p.prev, from+1)-from
				if e.At+e.Length > len(p.text) {
					e.Length = len(p.text) - e.At
				}
			}
			panic(r)
		}
	}()
	p.c.weigh(1)
	return f()
}

func (p *parser) isOp(op byte) bool { return p.tok.kind == tOp && p.tok.op == op }

func (p *parser) isWord(w string) bool { return p.tok.kind == tWord && p.tok.text == w }

func (p *parser) expect(op byte) {
	if !p.isOp(op) {
		p.unexpected()
	}
	p.next()
}

// program is the whole text.
func (p *parser) program() *node {
	p.next()
	if p.tok.kind == tEnd {
		return nil
	}
	v := p.operand(noQual, anyTerm)
	v = p.chain(v, anyBoth)
	if p.tok.kind != tEnd {
		p.unexpected()
	}
	return v.n
}

// chain reads "and x or y ..." behind v; m says what x and y may be.
func (p *parser) chain(v value, m mode) value {
	for p.isOp('A') || p.isOp('O') {
		op := p.tok.op
		p.next()
		r := p.operand(v.q, m)
		if op == 'A' {
			r.n = and(v.n, r.n)
		} else {
			r.n = or(v.n, r.n)
		}
		r.kind = v.kind
		v = r
	}
	return v
}

// operand is one side of "and": a test or an identifier, finished.
func (p *parser) operand(q qual, m mode) value {
	v := p.raw(q, m)
	switch v.kind {
	case vNum:
		if m == anyTerm {
			p.unexpected()
		}
		return p.numberID(v.num, q)
	case vArith:
		p.unexpected()
	}
	return v
}

// raw is an operand that may yet be a number or an arithmetic value.
func (p *parser) raw(q qual, m mode) value {
	if p.depth++; p.depth > maxDepth {
		p.wrong(p.tok, "the filter nests deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	t := p.tok
	switch t.kind {
	case tOp:
		switch t.op {
		case '!':
			p.next()
			v := p.operand(q, m)
			v.n = not(v.n)
			v.group = false
			return v
		case '(':
			p.next()
			return p.arithmetic(p.group(q, m), m)
		case '-':
			if m == anyID {
				p.unexpected()
			}
			return p.arithmetic(value{kind: vArith, ar: p.unary()}, m)
		}
		p.unexpected()
	case tNum:
		p.next()
		return p.arithmetic(value{kind: vNum, num: t, ar: number(t.num)}, m)
	case tName, tIPv4, tIPv6, tMAC, tArc:
		if m == anyTerm {
			p.syntaxName(t)
		}
		return p.identifier(q)
	case tWord:
		if m == anyID {
			p.unexpected()
		}
		return p.term()
	}
	p.unexpected()
	return value{}
}

// syntaxName refuses a name where a primitive must start.
func (p *parser) syntaxName(t token) {
	e := &Error{Message: fmt.Sprintf("syntax error: %q is not a capture filter word", clip(t.text)), At: t.at, Length: t.end - t.at}
	if t.kind != tName {
		e.Message = fmt.Sprintf("syntax error: %s needs a word before it", clip(t.text))
		switch t.kind {
		case tIPv4, tIPv6:
			e.Remedy = "host " + clip(t.text)
		case tMAC:
			e.Remedy = "ether host " + clip(t.text)
		}
	}
	panic(e)
}

// group reads behind "(" up to ")": an expression, identifiers, or arithmetic.
func (p *parser) group(q qual, m mode) value {
	v := p.raw(q, m)
	if v.kind == vNum && (p.isOp('A') || p.isOp('O')) && m != anyTerm {
		v = p.numberID(v.num, q)
	}
	switch v.kind {
	case vID:
		if v.group { // libpcap's grammar has no ((a) or b)
			p.unexpected()
		}
		v = p.chain(v, anyID)
	case vBool:
		v = p.chain(v, anyBoth)
		v.q = q // behind the group, what stood before it carries over
	}
	p.expect(')')
	v.group = true
	return v
}

// arithmetic goes on behind a left operand: operators, then a comparison.
func (p *parser) arithmetic(v value, m mode) value {
	if v.kind != vNum && v.kind != vArith || m == anyID {
		return v
	}
	from := p.prev
	if v.kind == vNum {
		from = v.num.at
	}
	if p.binaryOp() != 0 {
		v = value{kind: vArith, ar: p.binary(v.ar, 0)}
	}
	op := p.relop()
	if op == 0 {
		return v
	}
	p.next()
	y := p.binary(p.primary(), 0)
	x := v.ar
	return value{kind: vBool, q: noQual, n: p.placed(from, func() *node { return p.c.relation(op, x, y) })}
}

func (p *parser) relop() byte {
	if p.tok.kind != tOp {
		return 0
	}
	switch p.tok.op {
	case '=', '<', '>', 'G', 'L':
		return p.tok.op
	case 'N':
		return '!'
	}
	return 0
}

func (p *parser) binaryOp() byte {
	if p.tok.kind != tOp {
		return 0
	}
	switch p.tok.op {
	case '+', '-', '*', '/', '%', '&', '|', '^':
		return p.tok.op
	case 'S':
		return '<'
	case 'R':
		return '>'
	}
	return 0
}

// precedence is libpcap's; % and ^ have none there, which makes everything
// behind them their right operand.
func precedence(op byte) int {
	switch op {
	case '&', '|':
		return 1
	case '<', '>':
		return 2
	case '+', '-':
		return 3
	case '*', '/':
		return 4
	}
	return 0
}

// binary reads operators behind x that bind closer than left.
func (p *parser) binary(x *arith, left int) *arith {
	for {
		op := p.binaryOp()
		if op == 0 {
			return x
		}
		prec := precedence(op)
		if prec != 0 && left != 0 && prec <= left {
			return x
		}
		if p.depth++; p.depth > maxDepth {
			p.wrong(p.tok, "the filter nests deeper than %d", maxDepth)
		}
		at := p.tok
		p.next()
		y := p.binary(p.primary(), prec)
		p.depth--
		x = p.fold(at, func() *arith { return operate(op, x, y) })
	}
}

// fold runs a generator of arithmetic and gives its faults a place.
func (p *parser) fold(t token, f func() *arith) (r *arith) {
	p.placed(t.at, func() *node { r = f(); return nil })
	return r
}

// unary is "- x"; it binds closer than all but % and ^.
func (p *parser) unary() *arith {
	if p.depth++; p.depth > maxDepth {
		p.wrong(p.tok, "the filter nests deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	p.next()
	return negate(p.binary(p.primary(), 5))
}

// primary is one arithmetic value.
func (p *parser) primary() *arith {
	t := p.tok
	switch {
	case t.kind == tNum:
		p.next()
		return number(t.num)
	case p.isOp('-'):
		return p.unary()
	case p.isOp('('):
		if p.depth++; p.depth > maxDepth {
			p.wrong(p.tok, "the filter nests deeper than %d", maxDepth)
		}
		defer func() { p.depth-- }()
		p.next()
		x := p.binary(p.primary(), 0)
		p.expect(')')
		return x
	case p.isWord("len"), p.isWord("length"):
		p.next()
		return &arith{op: 'n'}
	case t.kind == tWord && isProto(t.text):
		p.next()
		if !p.isOp('[') {
			p.unexpected()
		}
		return p.accessor(t)
	}
	p.unexpected()
	return nil
}

// accessor is "[index:size]" behind a protocol word.
func (p *parser) accessor(t token) *arith {
	p.expect('[')
	index := p.binary(p.primary(), 0)
	size := 1
	if p.isOp(':') {
		p.next()
		if p.tok.kind != tNum {
			p.unexpected()
		}
		size = int(p.tok.num)
		if p.tok.num > 4 {
			size = 0
		}
		if size != 1 && size != 2 && size != 4 {
			p.wrong(p.tok, "data size must be 1, 2, or 4")
		}
		p.next()
	}
	p.expect(']')
	return p.fold(t, func() *arith { return p.c.accessor(protoWords[t.text], index, size) })
}

func isProto(w string) bool { _, ok := protoWords[w]; return ok }

// numberID is a number where an identifier stands.
func (p *parser) numberID(t token, q qual) value {
	return value{kind: vID, q: q, n: p.placed(t.at, func() *node { return p.c.numbered(t.num, q) })}
}

// optionalNumber is a number in any parentheses, if one follows.
func (p *parser) optionalNumber() (uint32, bool) {
	if !p.isOp('(') && p.tok.kind != tNum {
		return 0, false
	}
	open := 0
	for p.isOp('(') {
		open++
		p.next()
	}
	if p.tok.kind != tNum {
		p.unexpected()
	}
	v := p.tok.num
	p.next()
	for range open {
		p.expect(')')
	}
	return v, true
}

// number is a number that must follow.
func (p *parser) number() uint32 {
	if p.tok.kind != tNum {
		p.unexpected()
	}
	v := p.tok.num
	p.next()
	return v
}

// term is a primitive, from its first word.
func (p *parser) term() value {
	t := p.tok
	done := func(f func() *node) value {
		return value{kind: vBool, q: noQual, n: p.placed(t.at, f)}
	}
	switch t.text {
	case "len", "length":
		return p.arithmetic(value{kind: vArith, ar: p.primary()}, anyTerm)
	case "less", "greater":
		p.next()
		v := p.number()
		return done(func() *node {
			if t.text == "less" {
				return not(p.c.test([]ins{{Op: opLdLen}}, opJgt, v))
			}
			return p.c.test([]ins{{Op: opLdLen}}, opJge, v)
		})
	case "byte":
		return p.byteTest(t)
	case "inbound", "outbound":
		p.next()
		return done(func() *node {
			if t.text == "inbound" {
				return not(p.c.outgoing())
			}
			return p.c.outgoing()
		})
	case "ifindex":
		p.next()
		v := p.number()
		return done(func() *node { return p.c.ifIndex(v) })
	case "vlan", "mpls", "pppoes", "geneve":
		p.next()
		v, has := p.optionalNumber()
		return done(func() *node {
			switch t.text {
			case "vlan":
				return p.c.vlan(v, has)
			case "mpls":
				return p.c.mpls(v, has)
			case "pppoes":
				return p.c.pppoeSession(v, has)
			}
			return p.c.inGeneve(v, has)
		})
	case "pppoed":
		p.next()
		return done(func() *node { return p.c.proto(etherPPPoED) })
	case "llc":
		p.next()
		kind := ""
		if p.tok.kind == tName || p.isWord("rnr") {
			kind = p.tok.text
			p.next()
		}
		return done(func() *node { return p.c.llc(kind) })
	case "type", "subtype", "dir", "direction":
		return p.wlanTerm(t)
	}
	if isProto(t.text) || headWords[t.text] {
		return p.qualified(t)
	}
	if need, ok := elsewhere[t.text]; ok {
		p.wrong(t, "'%s' supported only on %s", t.text, need)
	}
	p.unexpected()
	return value{}
}

// headWords may start a qualified primitive.
var headWords = map[string]bool{
	"src": true, "dst": true, "host": true, "net": true, "port": true, "portrange": true, "gateway": true,
	"proto": true, "protochain": true, "broadcast": true, "multicast": true,
	"addr1": true, "address1": true, "addr2": true, "address2": true, "addr3": true, "address3": true,
	"addr4": true, "address4": true, "ra": true, "ta": true,
}

// elsewhere are words for captures that these filters do not serve.
var elsewhere = func() map[string]string {
	m := map[string]string{}
	for _, w := range []string{"lane", "metac", "bcc", "oam", "oamf4", "oamf4ec", "oamf4sc", "sc", "ilmic", "vpi", "vci", "connectmsg", "metaconnect"} {
		m[w] = "raw ATM"
	}
	for _, w := range []string{"on", "ifname", "rset", "ruleset", "rnr", "rulenum", "srnr", "subrulenum", "reason", "action"} {
		m[w] = "PF log captures of BSD"
	}
	for _, w := range []string{"fisu", "lssu", "lsu", "msu", "hfisu", "hlssu", "hmsu", "sio", "opc", "dpc", "sls", "hsio", "hopc", "hdpc", "hsls"} {
		m[w] = "MTP2"
	}
	return m
}()

// byteTest is the old "byte N op M".
func (p *parser) byteTest(t token) value {
	p.next()
	off := p.number()
	if p.tok.kind != tOp {
		p.unexpected()
	}
	op := p.tok.op
	switch op {
	case '=', '<', '>', '&', '|':
	default:
		p.unexpected()
	}
	p.next()
	v := p.number()
	return value{kind: vBool, q: noQual, n: p.placed(t.at, func() *node {
		c := p.c
		switch op {
		case '=':
			return c.eq(atLink, off, 1, v)
		case '<':
			return not(c.ge(atLink, off, 1, v))
		case '>':
			return c.gt(atLink, off, 1, v)
		case '&':
			return c.test(c.load(atLink, off, 1), opJset, v)
		}
		return not(c.test(append(c.load(atLink, off, 1), ins{Op: opOr, K: v}), opJeq, 0))
	})}
}

// wlanTerm is "type T", "type T subtype S", "subtype S" and "dir D".
func (p *parser) wlanTerm(t token) value {
	p.next()
	name := func(table map[string]uint32, what string) uint32 {
		a := p.tok
		switch a.kind {
		case tNum:
			p.next()
			return a.num
		case tName, tWord:
			v, ok := table[a.text]
			if !ok {
				p.wrong(a, "unknown 802.11 %s \"%s\"", what, clip(a.text))
			}
			p.next()
			return v
		}
		p.unexpected()
		return 0
	}
	var v, mask, off uint32
	switch t.text {
	case "dir", "direction":
		v, mask, off = name(wlanDirs, "direction"), 3, 1
	case "subtype":
		v, mask = name(wlanSubtypes, "type name"), 0xfc
	default:
		v, mask = name(wlanTypes, "type name"), 0x0c
		if p.isWord("subtype") {
			p.next()
			v, mask = v|name(wlanSubtypes, "subtype name"), 0xfc
		}
	}
	return value{kind: vBool, q: noQual, n: p.placed(t.at, func() *node {
		p.c.wlanOnly()
		return p.c.masked(atLink, off, 1, v, mask)
	})}
}

// qualified is "[proto] [dir] [kind] identifier" and what a protocol word
// alone, or with broadcast or an accessor, means.
func (p *parser) qualified(t token) value {
	done := func(f func() *node) value {
		return value{kind: vBool, q: noQual, n: p.placed(t.at, f)}
	}
	q := qual{}
	bare := true
	if isProto(t.text) {
		q.proto = protoWords[t.text]
		p.next()
		if p.isOp('[') {
			return p.arithmetic(value{kind: vArith, ar: p.accessor(t)}, anyTerm)
		}
		if p.tok.kind != tWord {
			return done(func() *node { return p.c.named(q.proto) })
		}
	}
	switch p.tok.text {
	case "broadcast":
		p.next()
		return done(func() *node { return p.c.broadcast(q.proto) })
	case "multicast":
		p.next()
		return done(func() *node { return p.c.multicast(q.proto) })
	case "type", "subtype", "dir", "direction":
		return p.wlanTerm(p.tok)
	case "proto", "protochain":
		q.addr = adProto
		if p.tok.text == "protochain" {
			q.addr = adChain
		}
		p.next()
		return p.head(q)
	case "gateway":
		q.addr = adGateway
		p.next()
		return p.head(q)
	}
	switch w := p.tok.text; w {
	case "src", "dst":
		bare = false
		q.dir = dirSrc
		other := "dst"
		if w == "dst" {
			q.dir, other = dirDst, "src"
		}
		p.next()
		if p.isOp('O') || p.isOp('A') {
			join := dirOr
			if p.isOp('A') {
				join = dirAnd
			}
			p.next()
			if !p.isWord(other) {
				p.unexpected()
			}
			p.next()
			q.dir = join
		}
	case "addr1", "address1", "addr2", "address2", "addr3", "address3", "addr4", "address4":
		bare = false
		q.dir = dirAddr1 + dirQual(w[len(w)-1]-'1')
		p.next()
	case "ra", "ta":
		bare = false
		q.dir = dirRA
		if w == "ta" {
			q.dir = dirTA
		}
		p.next()
	}
	if p.tok.kind == tWord {
		kinds := map[string]addrQual{"host": adHost, "net": adNet, "port": adPort, "portrange": adPortRange}
		if k, ok := kinds[p.tok.text]; ok {
			bare = false
			q.addr = k
			p.next()
		}
	}
	if bare {
		p.unexpected()
	}
	return p.head(q)
}

// head reads the identifier behind complete qualifiers.
func (p *parser) head(q qual) value {
	v := p.operand(q, anyID)
	v.kind = vBool
	return v
}

// identifier is an address or a name under qualifiers.
func (p *parser) identifier(q qual) value {
	t := p.tok
	p.next()
	r := value{kind: vID, q: q}
	gen := func(f func() *node) value {
		r.n = p.placed(t.at, func() *node {
			if q.proto == prUndef {
				fail("syntax error: %s needs a word before it", clip(t.text))
			}
			return f()
		})
		return r
	}
	switch t.kind {
	case tIPv4:
		if p.isWord("mask") {
			p.next()
			m := p.tok
			if m.kind != tIPv4 {
				p.unexpected()
			}
			p.next()
			return gen(func() *node { return p.c.maskedNet(t.text, m.text, q) })
		}
		if p.isOp('/') {
			p.next()
			n := p.number()
			return gen(func() *node { return p.c.prefixNet(t.text, n, q) })
		}
		return gen(func() *node { return p.c.dotted(t.text, q) })
	case tIPv6:
		bits, has := uint32(128), false
		if p.isOp('/') {
			p.next()
			bits, has = p.number(), true
		}
		return gen(func() *node { return p.c.literal6(netip.MustParseAddr(t.text), bits, has, q) })
	case tMAC:
		return gen(func() *node { return p.c.mac(parseMAC(t.text), q) })
	case tArc:
		return gen(func() *node { return p.c.arcHost(t.text, q) })
	}
	return gen(func() *node { return p.c.name(t.text, q) })
}
