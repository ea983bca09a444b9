package dfilter

import "sonde/capture/field"

// A filter's tree has two kinds of nodes: tests, which are true or false
// (node), and what they compare (expr), which yields a list of values.

type nodeKind uint8

const (
	ndAnd     nodeKind = iota // every one of sub
	ndOr                      // any of sub
	ndXor                     // an odd number of sub
	ndNot                     // not sub[0]
	ndExists                  // left has a value; arithmetic and functions: one that is not zero
	ndCompare                 // left op right
	ndIn                      // left in set; negated: "not in"
)

// quantifier is "any" or "all" before a test.
type quantifier uint8

const (
	quantDefault quantifier = iota
	quantAny
	quantAll
)

type node struct {
	kind    nodeKind
	sub     []*node
	op      string // "==", "!=", "===", "!==", "<", "<=", ">", ">=", "contains", "matches"
	quant   quantifier
	negated bool
	left    *expr
	right   *expr
	set     []setItem
	at, end int
	rx      *pattern // of "matches"
}

// setItem is one element of a set: lo alone, or the range lo..hi.
type setItem struct{ lo, hi *expr }

type exprKind uint8

const (
	exConst exprKind = iota
	exField
	exColumn // a column of the packet list
	exSlice
	exArith // op: + - * / % &
	exNeg   // op: - or +
	exCall
)

type expr struct {
	kind    exprKind
	at, end int
	tok     token // of a constant, a field or a function name

	// A field.
	name   string
	ids    []field.ID
	layers []span // #n; nil = all
	raw    bool   // @
	ref    bool   // ${}
	text   bool   // the value text stands for the number
	refVal []val  // what ref stands for
	spans  []span // of a slice
	wide   bool   // a protocol's data up to its end, not only its header
	bytes  bool   // the value is taken as bytes, whatever its type
	column *column

	// grouped: the value stood in braces, which at and end include.
	grouped bool

	op    string
	left  *expr // operand of a slice, a sign, the left of arithmetic
	right *expr
	args  []*expr
	fn    *function

	typ etype
	val val // of a constant, once checked
}

// span is one range of a slice or of layers: an offset and a length, or toEnd
// for the rest. Negative offsets count from the end.
type span struct {
	off, n int
	toEnd  bool
	text   string
}

// etype is the type of what an expr yields.
type etype struct {
	fam family
	ft  field.Type   // for messages and literals
	fld *field.Field // the plain field it is, nil for anything else
}

// walk visits every expr of a tree.
func (n *node) walk(visit func(*expr)) {
	for _, s := range n.sub {
		s.walk(visit)
	}
	n.left.walk(visit)
	n.right.walk(visit)
	for _, it := range n.set {
		it.lo.walk(visit)
		it.hi.walk(visit)
	}
}

func (e *expr) walk(visit func(*expr)) {
	if e == nil {
		return
	}
	visit(e)
	e.left.walk(visit)
	e.right.walk(visit)
	for _, a := range e.args {
		a.walk(visit)
	}
}

// clone copies an expr and what it is made of.
func (e *expr) clone() *expr {
	if e == nil {
		return nil
	}
	c := *e
	c.left, c.right = e.left.clone(), e.right.clone()
	c.args = make([]*expr, len(e.args))
	for i, a := range e.args {
		c.args[i] = a.clone()
	}
	return &c
}

// constant reports that e does not look at the packet.
func (e *expr) constant() bool {
	switch e.kind {
	case exField:
		return e.ref
	case exColumn:
		return false
	case exConst:
		return true
	case exCall:
		for _, a := range e.args {
			if !a.constant() {
				return false
			}
		}
		return true
	case exArith:
		return e.left.constant() && e.right.constant()
	}
	return e.left.constant()
}
