package field

import "sort"

// V is one value and its text.
type V struct {
	Val  uint64
	Text string
}

// R is a range of values (inclusive) and its text.
type R struct {
	Lo, Hi uint64
	Text   string
}

// Enum is a list of value texts: single values, or ranges, or both (single
// values win).
type Enum struct {
	vals   map[uint64]string
	list   []V
	ranges []R
	// Unknown is the text of a value that has none; "" means "Unknown".
	Unknown string
}

// Values makes an Enum of single values.
func Values(vs ...V) *Enum {
	e := &Enum{vals: make(map[uint64]string, len(vs)), list: vs}
	for _, v := range vs {
		if _, dup := e.vals[v.Val]; !dup {
			e.vals[v.Val] = v.Text
		}
	}
	return e
}

// Ranges makes an Enum of ranges; the first that holds a value gives its text.
func Ranges(rs ...R) *Enum { return &Enum{ranges: rs} }

// Or gives an Enum with another text for unknown values.
func (e *Enum) Or(unknown string) *Enum {
	c := *e
	c.Unknown = unknown
	return &c
}

// Lookup gives the text of a value.
func (e *Enum) Lookup(v uint64) (string, bool) {
	if e == nil {
		return "", false
	}
	if s, ok := e.vals[v]; ok {
		return s, true
	}
	for i := range e.ranges {
		if r := &e.ranges[i]; v >= r.Lo && v <= r.Hi {
			return r.Text, true
		}
	}
	return "", false
}

// Text gives the text of a value, or unknown.
func (e *Enum) Text(v uint64, unknown string) string {
	if s, ok := e.Lookup(v); ok {
		return s
	}
	return unknown
}

// All gives the single values in ascending order.
func (e *Enum) All() []V {
	out := append([]V(nil), e.list...)
	sort.SliceStable(out, func(i, j int) bool { return out[i].Val < out[j].Val })
	return out
}

// AllRanges gives the ranges in declared order.
func (e *Enum) AllRanges() []R { return e.ranges }
