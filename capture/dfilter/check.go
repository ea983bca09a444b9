package dfilter

import (
	"fmt"
	"strings"

	"sonde/capture/field"
)

// checker gives every expr its type and every constant its value, or says why
// the filter makes no sense.
type checker struct {
	opt   *Options
	warn  func(string)
	minus bool // a constant behind a minus sign is being read
}

func (c *checker) test(n *node) error {
	switch n.kind {
	case ndExists:
		return c.exists(n.left)
	case ndCompare:
		return c.compare(n)
	case ndIn:
		return c.in(n)
	}
	for _, s := range n.sub {
		if err := c.test(s); err != nil {
			return err
		}
	}
	return nil
}

func (e *expr) bad(format string, args ...any) error {
	return errAt(e.at, e.end-e.at, format, args...)
}

// isName reports a bare word that is no field.
func (e *expr) isName() bool { return e.kind == exConst && e.tok.kind == tkName }

// exists checks a bare field, slice, call or arithmetic.
func (c *checker) exists(e *expr) error {
	switch {
	case e.isName():
		return e.bad("\"%s\" is not a valid protocol or protocol field.", e.tok.val)
	case e.kind == exConst:
		if e.tok.kind == tkInt {
			return e.bad("%d is neither a field nor a protocol name.", e.tok.num)
		}
		return e.bad("%s is neither a field nor a protocol name.", e.tok.val)
	}
	if err := c.names(e); err != nil {
		return err
	}
	if e.constant() {
		if err := c.callAlone(e); err != nil {
			return err
		}
		return invalidConstant(e, e)
	}
	return c.expr(e, etype{}, true, false)
}

// callAlone checks a call of constants whose function would refuse them.
func (c *checker) callAlone(e *expr) error {
	if e.kind != exCall || e.fn.min == 1 && e.fn.max == 0 || e.name == "abs" {
		return nil
	}
	return c.expr(e, etype{}, true, false)
}

// invalidConstant: a test between a and b that looks at no packet.
func invalidConstant(a, b *expr) error {
	msg := "Constant expression is invalid"
	a.walk(func(e *expr) {
		if e.ref || e.kind == exCall && e.fn.text {
			msg = "Constant expression is invalid."
		}
	})
	return errAt(a.at, b.end-a.at, "%s", msg)
}

// names refuses bare words inside arithmetic and calls, where only fields can
// stand, and calls with a wrong number of arguments.
func (c *checker) names(e *expr) error {
	check := func(o *expr) error {
		if o == nil {
			return nil
		}
		if o.isName() {
			return notField(o.tok)
		}
		return c.names(o)
	}
	if err := check(e.left); err != nil {
		return err
	}
	if err := check(e.right); err != nil {
		return err
	}
	for _, a := range e.args {
		if err := check(a); err != nil {
			return err
		}
	}
	if e.kind == exCall {
		return e.arity()
	}
	return nil
}

// arity checks the number of arguments. "max()" passes: it is a constant.
func (e *expr) arity() error {
	switch n, f := len(e.args), e.fn; {
	case n < f.min && f.max > 0:
		return e.bad("Function %s needs at least %d arguments.", e.name, f.min)
	case f.max > 0 && n > f.max:
		return e.bad("Function %s can only accept %d arguments.", e.name, f.max)
	}
	return nil
}

func (c *checker) compare(n *node) error {
	l, r := n.left, n.right
	text := n.op == "contains" || n.op == "matches"
	if l.isName() {
		return notField(l.tok)
	}
	for _, e := range []*expr{l, r} {
		if err := c.names(e); err != nil {
			return err
		}
	}
	if text {
		if l.kind == exConst {
			return l.bad("Left side of %s expression must be a field or function, not %s.", n.op, l.tok.val)
		}
		return c.textTest(n)
	}
	if l.constant() && r.constant() {
		if err := c.callAlone(l); err != nil {
			return err
		}
		return errAt(n.at, n.end-n.at, "%s", invalidConstant(l, r).Error())
	}
	if l.constant() && !l.ref {
		if err := c.expr(r, etype{}, true, false); err != nil {
			return err
		}
		if err := c.comparable(r, n.op); err != nil {
			return err
		}
		return c.beside(r, l, true)
	}
	if err := c.expr(l, etype{}, true, false); err != nil {
		return err
	}
	if err := c.comparable(l, n.op); err != nil {
		return err
	}
	c.remark(n)
	return c.beside(l, r, true)
}

// remark warns of tests that often mean something else.
func (c *checker) remark(n *node) {
	l := n.left
	if n.op == "!=" && n.quant == quantDefault && l.kind == exField && len(l.layers) == 0 && n.right.constant() {
		switch l.name {
		case "ip.addr", "ipv6.addr", "eth.addr", "tcp.port", "udp.port", "ip.host", "ipv6.host", "sctp.port":
			c.warn(fmt.Sprintf("\"%s != x\" selects packets in which every %s differs from x; \"%s !== x\" is for some, and \"!(%s == x)\" also keeps packets without %s.",
				l.name, l.name, l.name, l.name, l.name))
		}
	}
}

// comparable refuses fields that are only present or not.
func (c *checker) comparable(e *expr, op string) error {
	if e.typ.fam == famNone {
		return e.bad("%s (type=%s) cannot participate in %s comparison.", e.title(), typeWord(e.typ.ft), op)
	}
	return nil
}

// beside checks r and makes it fit l, whose type is known.
func (c *checker) beside(l, r *expr, whole bool) error {
	if r.constant() && !r.ref {
		return c.expr(r, l.typ, whole, true)
	}
	if err := c.expr(r, l.typ, whole, false); err != nil {
		return err
	}
	if fits(l.typ, r.typ) {
		return nil
	}
	// A slice on the left is bytes, and makes bytes of what can be sliced.
	if l.kind == exSlice && l.typ.fam == famBytes {
		if !r.typ.fam.hasBytes() && r.typ.fam != famString {
			return r.bad("\"%s\" is a %s and cannot be converted into a sequence of bytes.", r.describe(), typeWord(r.typ.ft))
		}
		r.bytes = true
		r.typ = etype{fam: famBytes, ft: field.TBytes}
		return nil
	}
	return r.bad("%s and %s are not of compatible types.", l.describe(), r.describe())
}

func fits(a, b etype) bool {
	return a.fam == b.fam && a.fam != famNone || a.fam == famInt && b.fam == famBool
}

// title is how messages call an expr; describe adds its type.
func (e *expr) title() string {
	switch e.kind {
	case exField, exColumn:
		if e.raw {
			return "@" + e.name
		}
		return e.name
	case exCall:
		return e.name
	case exArith, exNeg:
		return e.op
	case exSlice:
		return e.left.title()
	}
	return e.tok.val
}

func (e *expr) describe() string {
	switch e.kind {
	case exField, exColumn:
		s := e.title()
		if e.text {
			s += "::value_string"
		}
		return s + " <" + e.typ.ft.String() + ">"
	case exSlice:
		t := make([]string, len(e.spans))
		for i, s := range e.spans {
			t[i] = s.text
		}
		return e.left.describe() + "[" + strings.Join(t, ",") + "]"
	case exCall:
		return "Function " + e.name
	}
	return e.title()
}

// textTest checks contains and matches.
func (c *checker) textTest(n *node) error {
	l, r := n.left, n.right
	if err := c.expr(l, etype{}, true, false); err != nil {
		return err
	}
	if l.kind == exField && !l.raw && (l.typ.fam == famBool || l.typ.fam == famInt && hasTexts(l.typ.fld)) {
		l.text = true
		l.typ = etype{fam: famString, ft: field.TString}
	}
	switch l.typ.fam {
	case famString, famBytes:
	case famProto:
		l.wide = true
	default:
		return l.bad("%s (type=%s) cannot participate in %s comparison.", l.title(), typeWord(l.typ.ft), n.op)
	}
	if n.op == "matches" {
		if r.kind != exConst || r.tok.kind != tkString {
			return r.bad("Matches requires a double quoted string on the right side.")
		}
		r.typ = etype{fam: famString, ft: field.TString}
		rx, err := compilePattern(r.tok.val)
		if err != nil {
			return r.bad("Regex compilation error: %s.", err)
		}
		n.rx = rx
		return nil
	}
	return c.beside(l, r, false)
}

func (c *checker) in(n *node) error {
	l := n.left
	if l.isName() {
		return notField(l.tok)
	}
	if l.kind != exField && l.kind != exColumn || l.ref {
		return l.bad("Only a field may be tested for membership in a set.")
	}
	if err := c.expr(l, etype{}, true, false); err != nil {
		return err
	}
	if err := c.comparable(l, "in"); err != nil {
		return err
	}
	for _, it := range n.set {
		for _, e := range []*expr{it.lo, it.hi} {
			if e == nil {
				continue
			}
			if err := c.names(e); err != nil {
				return err
			}
			if err := c.beside(l, e, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// expr finds the type of e. want is the type of what it stands beside, for
// constants; whole and texts are for literal.
func (c *checker) expr(e *expr, want etype, whole, texts bool) error {
	switch e.kind {
	case exConst:
		if want.fam == famNone {
			if e.isName() {
				return notField(e.tok)
			}
			return invalidConstant(e, e)
		}
		return c.literal(e, want, whole, texts)
	case exField:
		return c.field(e)
	case exColumn:
		e.typ = etype{fam: famString, ft: field.TString}
		return nil
	case exSlice:
		return c.slice(e)
	case exNeg:
		return c.neg(e, want)
	case exArith:
		if err := c.arith(e, want); err != nil {
			return err
		}
		return c.fold(e)
	}
	return c.call(e, want)
}

func (c *checker) field(e *expr) error {
	f := field.Get(e.ids[0])
	for _, id := range e.ids {
		if f.Type == field.TNone {
			f = field.Get(id)
		}
	}
	e.typ = etype{fam: familyOf(f.Type), ft: f.Type, fld: f}
	if e.ids[0] == field.None {
		e.typ = etype{fam: famProto, ft: field.TProtocol}
	}
	if e.raw {
		e.typ = etype{fam: famBytes, ft: field.TBytes}
	}
	e.refVal = nil
	if e.ref && c.opt.Selected != nil {
		var m machine
		m.p = c.opt.Selected
		m.nodes(e, func(v *val) bool {
			w := *v
			w.b = append([]byte(nil), v.b...)
			e.refVal = append(e.refVal, w)
			return true
		})
	}
	return nil
}

func (c *checker) slice(e *expr) error {
	l := e.left
	if err := c.expr(l, etype{}, true, false); err != nil {
		return err
	}
	switch {
	case l.typ.fam == famString:
		e.typ = etype{fam: famString, ft: field.TString}
	case l.typ.fam.hasBytes():
		if l.kind == exField || l.kind == exCall {
			l.bytes = true
		}
		e.typ = etype{fam: famBytes, ft: field.TBytes}
	case l.kind == exCall:
		return l.bad("Return value of function \"%s\" is a %s and cannot be converted into a sequence of bytes.", l.name, typeWord(l.typ.ft))
	default:
		return l.bad("\"%s\" is a %s and cannot be sliced into a sequence of bytes.", l.title(), typeWord(l.typ.ft))
	}
	return nil
}

func (c *checker) neg(e *expr, want etype) error {
	old := c.minus
	c.minus = e.op == "-" && e.left.kind == exConst
	err := c.expr(e.left, want, true, false)
	c.minus = old
	if err != nil {
		return err
	}
	switch e.left.typ.fam {
	case famInt, famFloat, famAbs, famRel:
	default:
		return e.left.bad("%s cannot be negated.", e.left.typ.ft)
	}
	e.typ = e.left.typ
	e.typ.fld = nil
	return c.fold(e)
}

var arithVerbs = map[string]string{"+": "added", "-": "subtracted", "*": "multiplied", "/": "divided"}

func (c *checker) arith(e *expr, want etype) error {
	l, r := e.left, e.right
	want.fld = nil
	first, second := l, r
	if l.constant() && !r.constant() {
		first, second = r, l
	}
	if err := c.expr(first, want, true, false); err != nil {
		return err
	}
	t := first.typ
	t.fld = nil
	e.typ = t
	if err := c.operator(e, first); err != nil {
		return err
	}
	if t.fam == famAbs || t.fam == famRel {
		return c.timeArith(e, first, second, t)
	}
	if err := c.expr(second, t, true, false); err != nil {
		return err
	}
	if err := c.operator(e, second); err != nil {
		return err
	}
	if second.typ.fam != t.fam {
		return e.bad("%s and %s are not compatible.", l.typ.ft, r.typ.ft)
	}
	e.typ = l.typ
	e.typ.fld = nil
	return nil
}

// operator refuses an operand that the operator cannot take.
func (c *checker) operator(e, o *expr) error {
	f := o.typ.fam
	isTime := f == famAbs || f == famRel
	switch {
	case isTime && (e.op == "%" || e.op == "&"):
		return e.bad("\"%s\" is not a valid arithmetic operator for %s", e.op, typeWord(o.typ.ft))
	case e.op == "&":
		if f != famInt && f != famBytes && f != famIPv4 && f != famIPv6 {
			return o.bad("%s does not support bitwise AND.", o.typ.ft)
		}
	case e.op == "%":
		if f != famInt {
			return o.bad("%s does not support modulo operation.", o.typ.ft)
		}
	case f != famInt && f != famFloat && !isTime:
		return o.bad("%s cannot be %s.", o.typ.ft, arithVerbs[e.op])
	}
	return nil
}

// timeArith: times are added to times and scaled by numbers on the right.
func (c *checker) timeArith(e, first, second *expr, t etype) error {
	number := etype{fam: famFloat, ft: field.TDouble}
	scale := e.op == "*" || e.op == "/"
	if scale && first != e.left {
		return e.bad("Right hand side must be an integer or float type, not %s.", typeWord(t.ft))
	}
	want := t
	if scale {
		want = number
	}
	if err := c.expr(second, want, true, false); err != nil {
		return err
	}
	f := second.typ.fam
	switch {
	case scale && f != famFloat:
		return e.bad("Right hand side must be an integer or float type, not %s.", typeWord(second.typ.ft))
	case !scale && f != famAbs && f != famRel:
		return e.bad("%s and %s are not compatible.", e.left.typ.ft, e.right.typ.ft)
	}
	e.typ = e.left.typ
	e.typ.fld = nil
	return nil
}

// fold works out an expr of constants.
func (c *checker) fold(e *expr) error {
	if !e.constant() {
		return nil
	}
	pure := true
	e.walk(func(x *expr) { pure = pure && x.kind != exField })
	if !pure {
		return nil
	}
	v := constantValues(e)
	switch {
	case len(v) == 1:
		e.val = v[0]
	case e.kind == exArith && (e.op == "/" || e.op == "%") && len(constantValues(e.right)) == 1 && e.right.zero():
		return e.bad("Division by zero")
	case e.kind == exArith && e.op == "-":
		return e.bad("The result is out of range.")
	}
	return nil
}

func (e *expr) zero() bool {
	v := constantValue(e)
	return v.zero(e.typ.fam)
}

func (c *checker) call(e *expr, want etype) error {
	if len(e.args) == 0 {
		return e.bad("Constant expression is invalid")
	}
	return e.fn.check(c, e, want)
}
