package dfilter

import (
	"bytes"
	"cmp"
	"math"

	"sonde/capture/field"
)

// family is how values of a type are compared and reckoned with.
type family uint8

const (
	famNone   family = iota // only present or not
	famInt                  // every integer, characters and frame numbers
	famBool                 // val.w is 0 or 1
	famFloat                // val.w: bits of a float64
	famString               // val.b
	famBytes                // val.b: byte strings and hardware addresses
	famProto                // val.b: the protocol's own bytes
	famIPv4                 // val.w, host order; val.mask
	famIPv6                 // val.b; val.mask
	famAbs                  // val.w: nanoseconds since 1970
	famRel                  // val.w: nanoseconds
)

func familyOf(t field.Type) family {
	switch {
	case t == field.TProtocol:
		return famProto
	case t == field.TBool:
		return famBool
	case t.IsUint() || t.IsInt() || t == field.TChar || t == field.TIPXNet:
		return famInt
	case t == field.TFloat || t == field.TDouble:
		return famFloat
	case t.IsString():
		return famString
	case t == field.TIPv4:
		return famIPv4
	case t == field.TIPv6:
		return famIPv6
	case t == field.TAbsTime:
		return famAbs
	case t == field.TRelTime:
		return famRel
	case t == field.TNone:
		return famNone
	}
	return famBytes
}

// hasBytes reports that values of the family can be sliced into bytes.
func (f family) hasBytes() bool {
	return f == famBytes || f == famProto || f == famIPv4 || f == famIPv6
}

// val is one value. Integers are two's complement in w, neg telling a negative
// number from one above 2^63.
type val struct {
	w   uint64
	b   []byte
	neg bool
	// signed: arithmetic with it on the left may go below zero either way. An
	// unsigned number takes no negative one on its right, except for % and &.
	signed bool
	// mask is the prefix length of an address, as 1 + bits; 0 is all of them.
	mask uint8
	// from is the field that the value was read from, for its value text.
	from field.ID
}

func intVal(n int64) val { return val{w: uint64(n), neg: n < 0, signed: true} }

func floatVal(v float64) val { return val{w: math.Float64bits(v)} }

func boolVal(b bool) val {
	if b {
		return val{w: 1}
	}
	return val{}
}

func (v *val) float() float64 { return math.Float64frombits(v.w) }

func cmpNum(a, b *val) int {
	if a.neg != b.neg {
		if a.neg {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.w, b.w)
}

// compare orders two values of a family. ok is false for what has no order (a
// float that is not a number).
func compare(f family, a, b *val) (order int, ok bool) {
	switch f {
	case famInt, famBool, famAbs, famRel:
		return cmpNum(a, b), true
	case famFloat:
		x, y := a.float(), b.float()
		return cmp.Compare(x, y), x == x && y == y
	case famIPv4:
		m := mask4(a.mask) & mask4(b.mask)
		return cmp.Compare(uint32(a.w)&m, uint32(b.w)&m), true
	case famIPv6:
		return cmpPrefix(a.b, b.b, prefix(a, b)), true
	case famProto: // the longer one is larger
		if d := cmp.Compare(len(a.b), len(b.b)); d != 0 {
			return d, true
		}
	}
	return bytes.Compare(a.b, b.b), true
}

func mask4(mask uint8) uint32 {
	if mask == 0 {
		return math.MaxUint32
	}
	return uint32(math.MaxUint32 << (33 - uint(mask)))
}

// prefix is the shorter of two prefix lengths.
func prefix(a, b *val) int {
	n := 128
	if a.mask != 0 {
		n = int(a.mask) - 1
	}
	if b.mask != 0 {
		n = min(n, int(b.mask)-1)
	}
	return n
}

func cmpPrefix(a, b []byte, n int) int {
	if len(a) < 16 || len(b) < 16 {
		return bytes.Compare(a, b)
	}
	whole := n / 8
	if c := bytes.Compare(a[:whole], b[:whole]); c != 0 || n%8 == 0 {
		return c
	}
	m := byte(0xff << (8 - n%8))
	return cmp.Compare(a[whole]&m, b[whole]&m)
}

// zero reports a value that a bare test takes for false.
func (v *val) zero(f family) bool {
	switch f {
	case famFloat:
		return v.float() == 0
	case famInt, famBool, famAbs, famRel, famIPv4:
		return v.w == 0
	}
	for _, c := range v.b {
		if c != 0 {
			return false
		}
	}
	return true
}

// ---- arithmetic; ok is false where there is no result ----

// arith works out a op b, both of family f; times with * and / take the right
// side as rf, a number.
func arith(op byte, f, rf family, a, b *val) (v val, ok bool) {
	if op == '&' {
		if f == famInt {
			return val{w: a.w & b.w, neg: a.neg && b.neg, signed: a.signed && b.signed}, true
		}
		if f == famIPv4 {
			return val{w: a.w & b.w}, true
		}
		return val{}, false // bytes: see machine.maskBytes
	}
	if f == famFloat {
		return floatArith(op, a.float(), b.float())
	}
	if (f == famAbs || f == famRel) && rf == famFloat {
		x := float64(int64(a.w))
		if op == '*' {
			x *= b.float()
		} else if d := b.float(); d != 0 {
			x /= d
		} else {
			return val{}, false
		}
		if x != x || math.Abs(x) >= 1<<63 {
			return val{}, false
		}
		return intVal(int64(math.Round(x))), true
	}
	if f == famInt && !a.signed && b.neg {
		if op == '%' { // the right side counts as the large number its bits are
			return val{w: a.w % b.w}, true
		}
		return val{}, false
	}
	switch op {
	case '+':
		v, ok = add(a, b)
	case '-':
		n, fits := negate(b)
		v, ok = add(a, &n)
		ok = ok && fits
	case '*':
		v, ok = mul(a, b)
	default:
		v, ok = divide(op, a, b)
	}
	v.signed = a.signed || v.neg
	return v, ok
}

func floatArith(op byte, a, b float64) (val, bool) {
	switch op {
	case '+':
		return floatVal(a + b), true
	case '-':
		return floatVal(a - b), true
	case '*':
		return floatVal(a * b), true
	}
	if b == 0 {
		return val{}, false
	}
	return floatVal(a / b), true
}

func magnitude(v *val) uint64 {
	if v.neg {
		return -v.w
	}
	return v.w
}

// signed makes a value of a sign and a magnitude.
func signed(neg bool, mag uint64) (val, bool) {
	if !neg || mag == 0 {
		return val{w: mag}, true
	}
	return val{w: -mag, neg: true, signed: true}, mag <= 1<<63
}

func negate(v *val) (val, bool) {
	n, ok := signed(!v.neg, magnitude(v))
	n.signed = true
	return n, ok
}

func add(a, b *val) (val, bool) {
	if a.neg == b.neg {
		m := magnitude(a) + magnitude(b)
		v, ok := signed(a.neg, m)
		return v, ok && m >= magnitude(a)
	}
	x, y := magnitude(a), magnitude(b)
	if x >= y {
		return signed(a.neg, x-y)
	}
	return signed(b.neg, y-x)
}

func mul(a, b *val) (val, bool) {
	x, y := magnitude(a), magnitude(b)
	m := x * y
	if x != 0 && m/x != y {
		return val{}, false
	}
	return signed(a.neg != b.neg, m)
}

// divide rounds towards zero; a remainder has the sign of the dividend.
func divide(op byte, a, b *val) (val, bool) {
	x, y := magnitude(a), magnitude(b)
	if y == 0 {
		return val{}, false
	}
	if op == '%' {
		return signed(a.neg, x%y)
	}
	return signed(a.neg != b.neg, x/y)
}
