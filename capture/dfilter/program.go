package dfilter

import "bytes"

// test is a compiled test.
type test interface{ eval(m *machine) bool }

type relation uint8

const (
	relEq relation = iota
	relNe
	relLt
	relLe
	relGt
	relGe
	relContains
	relMatches
)

var relations = map[string]relation{"==": relEq, "===": relEq, "!=": relNe, "!==": relNe, "<": relLt, "<=": relLe, ">": relGt, ">=": relGe,
	"contains": relContains, "matches": relMatches}

type (
	andTest    struct{ sub []test }
	orTest     struct{ sub []test }
	xorTest    struct{ sub []test }
	notTest    struct{ sub test }
	existsTest struct{ e *expr } // a field
	truthTest  struct{ e *expr } // anything else
	inTest     struct{ n *node }

	// compareTest compares all pairs of values.
	compareTest struct {
		rel  relation
		all  bool
		fam  family
		l, r *expr
		rx   *pattern
	}
	// fieldTest compares a field's values with one constant, without
	// collecting them first.
	fieldTest struct {
		rel relation
		all bool
		fam family
		e   *expr
		c   val
		rx  *pattern
	}
)

// build makes the program of a checked tree.
func build(n *node) test {
	switch n.kind {
	case ndAnd, ndOr, ndXor:
		sub := make([]test, len(n.sub))
		for i, s := range n.sub {
			sub[i] = build(s)
		}
		switch n.kind {
		case ndAnd:
			return &andTest{sub}
		case ndOr:
			return &orTest{sub}
		}
		return &xorTest{sub}
	case ndNot:
		return &notTest{build(n.sub[0])}
	case ndExists:
		if n.left.kind == exField {
			return &existsTest{n.left}
		}
		return &truthTest{n.left}
	case ndIn:
		return &inTest{n}
	}
	all := n.everyPair()
	rel := relations[n.op]
	l, r := n.left, n.right
	fam := l.typ.fam
	if l.constant() && !l.ref {
		fam = r.typ.fam
	}
	// A constant that has no value, as 7 / -2 of unsigned numbers, is left to
	// compareTest, which finds nothing.
	pure := func(e *expr) bool {
		ok := e.constant()
		e.walk(func(x *expr) { ok = ok && !x.ref })
		return ok && (e.kind == exConst || len(constantValues(e)) == 1)
	}
	field := func(e *expr) bool { return e.kind == exField && !e.ref }
	switch {
	case field(l) && pure(r):
		return &fieldTest{rel: rel, all: all, fam: fam, e: l, c: constantValue(r), rx: n.rx}
	case field(r) && pure(l) && rel < relContains:
		return &fieldTest{rel: mirror[rel], all: all, fam: fam, e: r, c: constantValue(l)}
	}
	return &compareTest{rel: rel, all: all, fam: fam, l: l, r: r, rx: n.rx}
}

var mirror = [...]relation{relEq: relEq, relNe: relNe, relLt: relGt, relLe: relGe, relGt: relLt, relGe: relLe}

// constantValue is the value of an expr of constants.
func constantValue(e *expr) val {
	if v := constantValues(e); len(v) == 1 {
		return v[0]
	}
	return val{}
}

func constantValues(e *expr) []val {
	var m machine
	m.load(e)
	return m.vals
}

// everyPair reports that all pairs of values must satisfy the relation: what
// "all" says, and "!=" and "===" mean by themselves.
func (n *node) everyPair() bool {
	return n.quant == quantAll || n.quant == quantDefault && (n.op == "!=" || n.op == "===")
}

func (t *andTest) eval(m *machine) bool {
	for _, s := range t.sub {
		if !s.eval(m) {
			return false
		}
	}
	return true
}

func (t *orTest) eval(m *machine) bool {
	for _, s := range t.sub {
		if s.eval(m) {
			return true
		}
	}
	return false
}

func (t *xorTest) eval(m *machine) bool {
	odd := false
	for _, s := range t.sub {
		odd = odd != s.eval(m)
	}
	return odd
}

func (t *notTest) eval(m *machine) bool { return !t.sub.eval(m) }

func (t *existsTest) eval(m *machine) bool {
	for i := range m.p.Nodes {
		if m.is(t.e, i) {
			return true
		}
	}
	return false
}

func (t *truthTest) eval(m *machine) bool {
	keep := m.mark()
	at := m.load(t.e)
	ok := false
	for i := at; i < len(m.vals) && !ok; i++ {
		v := &m.vals[i]
		switch {
		case t.e.kind == exSlice:
			ok = true
		case t.e.typ.fam == famString || t.e.kind == exCall && t.e.typ.fam.hasBytes():
			ok = len(v.b) > 0
		default:
			ok = !v.zero(t.e.typ.fam)
		}
	}
	m.release(keep)
	return ok
}

func holds(rel relation, f family, a, b *val, rx *pattern, m *machine) bool {
	switch rel {
	case relContains:
		return bytes.Contains(a.b, b.b)
	case relMatches:
		return rx.match(m, a.b)
	case relEq, relNe:
		switch f {
		case famInt, famBool, famAbs, famRel:
			return (a.w == b.w && a.neg == b.neg) == (rel == relEq)
		case famString, famBytes, famProto:
			return bytes.Equal(a.b, b.b) == (rel == relEq)
		}
	}
	o, ok := compare(f, a, b)
	if !ok {
		return rel == relNe
	}
	switch rel {
	case relEq:
		return o == 0
	case relNe:
		return o != 0
	case relLt:
		return o < 0
	case relLe:
		return o <= 0
	case relGt:
		return o > 0
	}
	return o >= 0
}

func (t *fieldTest) eval(m *machine) bool {
	seen := false
	keep := m.mark()
	var v val
	for i := range m.p.Nodes {
		if !m.is(t.e, i) || !m.value(t.e, i, &v) {
			continue
		}
		if holds(t.rel, t.fam, &v, &t.c, t.rx, m) {
			if !t.all {
				m.release(keep)
				return true
			}
			seen = true
		} else if t.all {
			m.release(keep)
			return false
		}
	}
	m.release(keep)
	return seen
}

func (t *compareTest) eval(m *machine) bool {
	keep := m.mark()
	defer m.release(keep)
	l := m.load(t.l)
	r := len(m.vals)
	if l == r && !t.l.vacuous() {
		return false
	}
	if t.rel == relMatches {
		m.vals = append(m.vals, val{})
	} else {
		m.load(t.r)
	}
	if len(m.vals) == r && !t.r.vacuous() {
		return false
	}
	for i := l; i < r; i++ {
		for j := r; j < len(m.vals); j++ {
			if holds(t.rel, t.fam, &m.vals[i], &m.vals[j], t.rx, m) != t.all {
				return !t.all
			}
		}
	}
	return t.all
}

// vacuous reports a text made of a field: without the field it is a list of no
// values, of which all satisfy anything. Everything else that is absent fails
// every comparison. (Wireshark 4.6 does so: string(ip.src) != "a" keeps ARP.)
func (e *expr) vacuous() bool {
	switch e.kind {
	case exSlice:
		return e.left.vacuous()
	case exCall:
		return e.fn.vacuous
	}
	return false
}

func (t *inTest) eval(m *machine) bool {
	n := t.n
	keep := m.mark()
	defer m.release(keep)
	l := m.load(n.left)
	end := len(m.vals)
	if l == end {
		return false
	}
	all := n.quant == quantAll
	found := all
	for i := l; i < end; i++ {
		if t.member(m, i) != all {
			found = !all
			break
		}
	}
	return found != n.negated
}

// member reports that value i is equal to an element or in a range.
func (t *inTest) member(m *machine, i int) bool {
	f := t.n.left.typ.fam
	for k := range t.n.set {
		it := &t.n.set[k]
		keep := m.mark()
		lo := m.load(it.lo)
		hi := len(m.vals)
		ok := false
		if it.hi == nil {
			for j := lo; j < hi && !ok; j++ {
				ok = holds(relEq, f, &m.vals[i], &m.vals[j], nil, m)
			}
		} else {
			m.load(it.hi)
			above, below := false, false
			for j := lo; j < hi && !above; j++ {
				above = holds(relGe, f, &m.vals[i], &m.vals[j], nil, m)
			}
			for j := hi; j < len(m.vals) && !below; j++ {
				below = holds(relLe, f, &m.vals[i], &m.vals[j], nil, m)
			}
			ok = above && below
		}
		m.release(keep)
		if ok {
			return true
		}
	}
	return false
}
