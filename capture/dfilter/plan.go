package dfilter

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// PlanKind is the kind of a Plan.
type PlanKind uint8

// Kinds of plans.
const (
	PlanAnd    PlanKind = iota // all of Sub
	PlanOr                     // any of Sub
	PlanXor                    // an odd number of Sub
	PlanNot                    // not Sub[0]
	PlanTest                   // Test says it all
	PlanOpaque                 // only Match can tell
)

// Plan is a part of a compiled filter, for those who can decide some tests
// without dissecting (from columns). It is read-only.
type Plan struct {
	Kind PlanKind
	Sub  []*Plan
	Test Test
	node *node
	prog test
}

// Op is what a Test asks.
type Op uint8

// Operators of a Test.
const (
	OpExists Op = iota
	OpEqual
	OpNotEqual
	OpLess
	OpLessEqual
	OpGreater
	OpGreaterEqual
	OpContains
	OpIn
)

// Test is one field against constants. A packet without the field fails it,
// negated or not.
type Test struct {
	Name string
	IDs  []field.ID
	Op   Op
	// All: every value of the field must satisfy it; otherwise one is enough.
	All bool
	// Negated is "not in": the field is there, and the rest does not hold.
	Negated bool
	// Values has the constant, or for OpIn the elements.
	Values []Range
}

// Range is lo..hi, inclusive; for a single value both are the same.
type Range struct{ Lo, Hi Const }

// Const is a constant of a Test in the field's own type.
type Const struct {
	Num    uint64 // numbers, booleans, IPv4 addresses, times in nanoseconds, floats as IEEE bits
	Neg    bool   // Num is a negative number in two's complement
	Bytes  []byte // texts, byte strings, other addresses
	Prefix int    // of an address, how many bits count; -1 = all
}

// Plan gives the filter as a tree; nil for the empty filter.
func (f *Filter) Plan() *Plan {
	if f.root == nil {
		return nil
	}
	return plan(f.root)
}

func plan(n *node) *Plan {
	p := &Plan{node: n, prog: build(n)}
	switch n.kind {
	case ndAnd, ndOr, ndXor, ndNot:
		p.Kind = [...]PlanKind{ndAnd: PlanAnd, ndOr: PlanOr, ndXor: PlanXor, ndNot: PlanNot}[n.kind]
		for _, s := range n.sub {
			p.Sub = append(p.Sub, plan(s))
		}
		return p
	}
	p.Kind = PlanOpaque
	if t, ok := n.simple(p.prog); ok {
		p.Kind, p.Test = PlanTest, t
	}
	return p
}

func (n *node) simple(prog test) (Test, bool) {
	plain := func(e *expr) bool {
		return e.kind == exField && !e.raw && !e.ref && !e.text && !e.bytes && e.layers == nil && e.ids[0] != field.None
	}
	switch t := prog.(type) {
	case *existsTest:
		return Test{Name: t.e.name, IDs: t.e.ids}, plain(t.e)
	case *fieldTest:
		c := constOf(&t.c)
		op := [...]Op{OpEqual, OpNotEqual, OpLess, OpLessEqual, OpGreater, OpGreaterEqual, OpContains, OpExists}[t.rel]
		return Test{Name: t.e.name, IDs: t.e.ids, Op: op, All: t.all, Values: []Range{{c, c}}}, plain(t.e) && t.rel != relMatches
	case *inTest:
		out := Test{Name: n.left.name, IDs: n.left.ids, Op: OpIn, All: n.quant == quantAll, Negated: n.negated}
		ok := plain(n.left)
		for _, it := range n.set {
			for _, e := range []*expr{it.lo, it.hi} {
				if e != nil {
					ok = ok && e.constant()
					e.walk(func(x *expr) { ok = ok && !x.ref })
				}
			}
			if !ok || len(constantValues(it.lo)) != 1 || it.hi != nil && len(constantValues(it.hi)) != 1 {
				return Test{}, false
			}
			lo := constantValue(it.lo)
			r := Range{constOf(&lo), constOf(&lo)}
			if it.hi != nil {
				hi := constantValue(it.hi)
				r.Hi = constOf(&hi)
			}
			out.Values = append(out.Values, r)
		}
		return out, ok
	}
	return Test{}, false
}

func constOf(v *val) Const {
	return Const{Num: v.w, Neg: v.neg, Bytes: v.b, Prefix: int(v.mask) - 1}
}

// Match reports whether a dissected packet satisfies this part.
func (p *Plan) Match(pkt *dissect.Packet) bool {
	m := machines.Get().(*machine)
	ok := m.run(p.prog, pkt)
	machines.Put(m)
	return ok
}

// Fields gives the fields that this part looks at.
func (p *Plan) Fields() []field.ID {
	var out []field.ID
	p.node.walk(func(e *expr) {
		if e.kind == exField && e.ids[0] != field.None {
			out = append(out, e.ids...)
		}
	})
	return out
}

// Wanted is what a dissection must record to decide this part alone.
func (p *Plan) Wanted() *dissect.Wanted {
	deep := p.NeedsColumns()
	p.node.walk(func(e *expr) { deep = deep || e.kind == exField && deepFields[e.name] })
	return dissect.Want(deep, p.Fields()...)
}

// NeedsColumns reports that this part looks at columns of the packet list.
func (p *Plan) NeedsColumns() bool {
	need := false
	p.node.walk(func(e *expr) { need = need || e.kind == exColumn })
	return need
}

func (p *Plan) String() string {
	f := Filter{root: p.node}
	return f.String()
}
