package dfilter

import (
	"sonde/capture/field"
)

// function is one function of the language.
type function struct {
	min, max int  // arguments; max 0 = any number
	text     bool // works on text
	vacuous  bool // see expr.vacuous
	check    func(c *checker, e *expr, want etype) error
	run      func(m *machine, e *expr)
	label    string // for completion and explanation
}

var (
	uint32Type = etype{fam: famInt, ft: field.TUint32}
	stringType = etype{fam: famString, ft: field.TString}
	boolType   = etype{fam: famBool, ft: field.TBool}
	doubleType = etype{fam: famFloat, ft: field.TDouble}
)

var functions map[string]*function

func init() {
	functions = map[string]*function{
		"len":    {min: 1, max: 1, check: checkLen, run: runLen, label: "length of a text or byte string"},
		"count":  {min: 1, max: 1, check: checkCount, run: runCount, label: "how often a field occurs"},
		"upper":  {min: 1, max: 1, vacuous: true, text: true, check: checkCase, run: runCase('a', 'z'), label: "text in capitals"},
		"lower":  {min: 1, max: 1, vacuous: true, text: true, check: checkCase, run: runCase('A', 'Z'), label: "text in small letters"},
		"string": {min: 1, max: 1, vacuous: true, check: checkString, run: runString, label: "value as text"},
		"max":    {min: 1, check: checkExtreme, run: runExtreme(1), label: "largest value"},
		"min":    {min: 1, check: checkExtreme, run: runExtreme(-1), label: "smallest value"},
		"abs":    {min: 1, max: 1, check: checkAbs, run: runAbs, label: "value without its sign"},
		"vals":   {min: 1, max: 1, check: checkVals, run: runVals, label: "value text of a number"},
		"dec":    {min: 1, max: 1, vacuous: true, check: checkBase, run: runBase(10), label: "number as decimal text"},
		"hex":    {min: 1, max: 1, vacuous: true, check: checkBase, run: runBase(16), label: "number as hexadecimal text"},
		"float":  {min: 1, max: 1, check: checkFloat, run: runFloat, label: "number with a fraction"},
		"double": {min: 1, max: 1, check: checkFloat, run: runFloat, label: "number with a fraction"},

		"ip_special_name": {min: 1, max: 1, check: checkAddress(stringType), run: runSpecialName, label: "name of a special-purpose address block"},
		"ip_special_mask": {min: 1, max: 1, check: checkAddress(uint32Type), run: runSpecialMask, label: "flags of a special-purpose address block"},
		"ip_linklocal":    {min: 1, max: 1, check: checkAddress(boolType), run: runAddress(linkLocal), label: "link-local address"},
		"ip_multicast":    {min: 1, max: 1, check: checkAddress(boolType), run: runAddress(multicast), label: "multicast address"},
		"ip_rfc1918":      {min: 1, max: 1, check: checkAddress(boolType), run: runAddress(rfc1918), label: "private IPv4 address"},
		"ip_ula":          {min: 1, max: 1, check: checkAddress(boolType), run: runAddress(uniqueLocal), label: "unique local IPv6 address"},
	}
}

// FunctionNames gives the names of all functions.
func FunctionNames() []string {
	out := make([]string, 0, len(functions))
	for n := range functions {
		out = append(out, n)
	}
	return out
}

func checkLen(c *checker, e *expr, _ etype) error {
	a := e.args[0]
	e.typ = uint32Type
	if a.kind == exConst {
		if a.tok.kind == tkString || a.tok.kind == tkLiteral {
			return c.literal(a, uint32Type, true, false)
		}
		return a.bad("Argument does not support the len() function")
	}
	if err := c.expr(a, etype{}, true, false); err != nil {
		return err
	}
	if a.typ.fam != famString && !a.typ.fam.hasBytes() {
		return a.bad("Argument does not support the len() function")
	}
	if a.kind == exField {
		a.bytes = a.typ.fam != famString
	}
	return nil
}

func onlyField(e *expr, also exprKind) error {
	if a := e.args[0]; a.kind != exField && a.kind != exColumn && a.kind != also || a.ref {
		return a.bad("Only fields can be used as parameter for %s()", e.name)
	}
	return nil
}

func checkCount(c *checker, e *expr, _ etype) error {
	if err := onlyField(e, exField); err != nil {
		return err
	}
	e.typ = uint32Type
	return c.expr(e.args[0], etype{}, true, false)
}

func checkCase(c *checker, e *expr, _ etype) error {
	a := e.args[0]
	e.typ = stringType
	if a.kind == exConst && a.tok.kind == tkString {
		return c.literal(a, stringType, true, false)
	}
	if a.kind != exConst {
		if err := c.expr(a, etype{}, true, false); err != nil {
			return err
		}
	}
	if a.typ.fam != famString {
		return a.bad("Only string type fields can be used as parameter for %s()", e.name)
	}
	return nil
}

func checkString(c *checker, e *expr, _ etype) error {
	if err := onlyField(e, exField); err != nil {
		return err
	}
	a := e.args[0]
	if err := c.expr(a, etype{}, true, false); err != nil {
		return err
	}
	e.typ = stringType
	ok := a.typ.fam == famInt || a.typ.fam == famIPv4 || a.typ.fam == famIPv6 || a.typ.fam == famFloat || a.typ.fam == famBytes && !a.typ.ft.IsBytes()
	if !ok {
		return a.bad("String conversion for field \"%s\" is not supported", a.title())
	}
	return nil
}

func checkExtreme(c *checker, e *expr, want etype) error {
	// Constants take the type of the first argument that has one.
	t := want
	var typed *expr
	for _, a := range e.args {
		if a.constant() && !a.ref {
			continue
		}
		if err := c.expr(a, etype{}, true, false); err != nil {
			return err
		}
		t, typed = a.typ, a
		break
	}
	t.fld = nil
	for _, a := range e.args {
		// Checking twice would double the work at each level of nesting.
		if a != typed {
			if err := c.expr(a, t, true, false); err != nil {
				return err
			}
		}
		if a.typ.fam != t.fam && !(t.fam == famBool && a.typ.fam == famInt) || t.fam == famNone {
			return a.bad("Arguments to '%s' must be of compatible type (expected %s, got %s)", e.name, typeWord(t.ft), typeWord(a.typ.ft))
		}
	}
	e.typ = t
	return c.fold(e)
}

func checkAbs(c *checker, e *expr, want etype) error {
	a := e.args[0]
	if err := c.expr(a, want, true, false); err != nil {
		return err
	}
	switch a.typ.fam {
	case famInt, famFloat, famRel, famAbs:
	default:
		return a.bad("Argument cannot be negated")
	}
	e.typ = a.typ
	e.typ.fld = nil
	return c.fold(e)
}

func checkVals(c *checker, e *expr, _ etype) error {
	if err := onlyField(e, exField); err != nil {
		return err
	}
	a := e.args[0]
	if err := c.expr(a, etype{}, true, false); err != nil {
		return err
	}
	if f := a.typ.fld; f == nil || a.typ.fam != famBool && (a.typ.fam != famInt || !hasTexts(f)) {
		return a.bad("Field \"%s\" does not have a value string.", a.title())
	}
	a.text = true
	e.typ = stringType
	return nil
}

func checkBase(c *checker, e *expr, _ etype) error {
	if err := onlyField(e, exField); err != nil {
		return err
	}
	a := e.args[0]
	if err := c.expr(a, etype{}, true, false); err != nil {
		return err
	}
	e.typ = stringType
	if !a.typ.ft.IsUint() && a.typ.ft != field.TChar {
		return a.bad("Base conversion for field \"%s\" is not supported", a.title())
	}
	return nil
}

func checkFloat(c *checker, e *expr, _ etype) error {
	a := e.args[0]
	e.typ = doubleType
	if err := c.expr(a, doubleType, true, false); err != nil {
		return err
	}
	switch a.typ.fam {
	case famInt, famBool, famFloat, famRel, famAbs:
		return nil
	}
	return a.bad("Argument does not support the %s() function", e.name)
}

func checkAddress(result etype) func(c *checker, e *expr, _ etype) error {
	return func(c *checker, e *expr, _ etype) error {
		a := e.args[0]
		e.typ = result
		if a.kind != exConst {
			if err := c.expr(a, etype{}, true, false); err != nil {
				return err
			}
		}
		if a.typ.fam != famIPv4 && a.typ.fam != famIPv6 {
			return a.bad("Only IPv4 and IPv6 address fields can be used as parameter for %s()", e.name)
		}
		return nil
	}
}

// ---- running ----

func runLen(m *machine, e *expr) {
	at := m.load(e.args[0])
	for i := at; i < len(m.vals); i++ {
		v := &m.vals[i]
		if e.args[0].typ.fam == famString {
			*v = val{w: uint64(runes(v.b))}
		} else {
			*v = val{w: uint64(len(v.b))}
		}
	}
}

func runes(b []byte) int {
	n := 0
	for _, c := range b {
		if c&0xc0 != 0x80 {
			n++
		}
	}
	return n
}

func runCount(m *machine, e *expr) {
	a := e.args[0]
	n := 0
	if a.kind == exColumn {
		n = 1
	} else {
		for i := range m.p.Nodes {
			if m.is(a, i) {
				n++
			}
		}
	}
	m.vals = append(m.vals, val{w: uint64(n)})
}

// runCase changes the letters lo..hi to the other case.
func runCase(lo, hi byte) func(m *machine, e *expr) {
	return func(m *machine, e *expr) {
		at := m.load(e.args[0])
		for i := at; i < len(m.vals); i++ {
			v := &m.vals[i]
			start := len(m.buf)
			for _, c := range v.b {
				if c >= lo && c <= hi {
					c ^= 0x20
				}
				m.buf = append(m.buf, c)
			}
			v.b = m.buf[start:]
		}
	}
}

func runString(m *machine, e *expr) {
	a := e.args[0]
	m.nodesRaw(a, func(v *val) {
		start := len(m.buf)
		t := field.Text{B: m.buf}
		switch f := field.Get(v.from); {
		case a.typ.fam == famInt && v.neg:
			t.I(int64(v.w))
		case a.typ.fam == famInt:
			t.U(v.w)
		default:
			f.Show(&t, field.Value{Word: v.w, Bytes: v.b})
		}
		m.buf = t.B
		*v = val{b: m.buf[start:]}
	})
}

func runExtreme(sign int) func(m *machine, e *expr) {
	return func(m *machine, e *expr) {
		at := len(m.vals)
		for _, a := range e.args {
			m.load(a)
		}
		if len(m.vals) == at {
			return
		}
		best := at
		for i := at + 1; i < len(m.vals); i++ {
			if o, ok := compare(e.typ.fam, &m.vals[i], &m.vals[best]); ok && o*sign > 0 {
				best = i
			}
		}
		m.vals[at] = m.vals[best]
		m.vals = m.vals[:at+1]
	}
}

func runAbs(m *machine, e *expr) {
	at := m.load(e.args[0])
	for i := at; i < len(m.vals); i++ {
		v := &m.vals[i]
		if e.typ.fam == famFloat {
			if v.float() < 0 {
				*v = floatVal(-v.float())
			}
		} else if v.neg {
			*v = val{w: -v.w}
		}
	}
}

func runVals(m *machine, e *expr) { m.load(e.args[0]) }

func runBase(base int) func(m *machine, e *expr) {
	return func(m *machine, e *expr) {
		m.nodesRaw(e.args[0], func(v *val) {
			start := len(m.buf)
			t := field.Text{B: m.buf}
			if base == 16 {
				t.X(v.w, (field.Get(v.from).Type.Width()+3)/4)
			} else {
				t.U(v.w)
			}
			m.buf = t.B
			*v = val{b: m.buf[start:]}
		})
	}
}

func runFloat(m *machine, e *expr) {
	a := e.args[0]
	at := m.load(a)
	for i := at; i < len(m.vals); i++ {
		v := &m.vals[i]
		switch f := a.typ.fam; {
		case f == famRel || f == famAbs:
			*v = floatVal(float64(int64(v.w)) / 1e9)
		case f == famFloat:
		case v.neg:
			*v = floatVal(float64(int64(v.w)))
		default:
			*v = floatVal(float64(v.w))
		}
	}
}
