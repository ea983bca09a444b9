package dfilter

import (
	"bytes"
	"math"
	"slices"
	"unicode/utf8"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// machine runs a program over one packet. It holds the values being compared
// and the bytes made for them, and is reused.
type machine struct {
	p    *dissect.Packet
	vals []val
	buf  []byte // texts and masked bytes that vals point into
	wide []byte // a text spread for a pattern
}

type mark struct{ vals, buf int }

func (m *machine) run(t test, p *dissect.Packet) bool {
	m.p = p
	m.vals, m.buf = m.vals[:0], m.buf[:0]
	ok := t.eval(m)
	m.p = nil
	// Values point into the packet: forget them. A machine that had to grow
	// for one odd packet does not stay large.
	if cap(m.vals) > 4096 || cap(m.buf) > 1<<20 || cap(m.wide) > 1<<20 {
		*m = machine{}
	}
	clear(m.vals[:cap(m.vals)])
	return ok
}

func (m *machine) mark() mark         { return mark{len(m.vals), len(m.buf)} }
func (m *machine) release(k mark)     { m.vals, m.buf = m.vals[:k.vals], m.buf[:k.buf] }
func (m *machine) push(v val)         { m.vals = append(m.vals, v) }
func (m *machine) made(at int) []byte { return m.buf[at:len(m.buf):len(m.buf)] }

// is reports that node i is the field e, on one of its layers.
func (m *machine) is(e *expr, i int) bool {
	n := &m.p.Nodes[i]
	id := n.Field
	if id != e.ids[0] {
		found := false
		for _, x := range e.ids[1:] {
			if x == id {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return e.layers == nil || m.onLayer(e, n)
}

func (m *machine) onLayer(e *expr, n *dissect.Node) bool {
	layer := int(n.Layer)
	for _, s := range e.layers {
		lo := s.off
		if lo < 0 {
			proto := field.Get(n.Field).Proto
			total := 0
			for _, l := range m.p.Layers {
				if l == proto {
					total++
				}
			}
			// The frame itself is no layer.
			lo += max(total, layer) + 1
		}
		if layer >= lo && (s.toEnd || layer < lo+s.n) {
			return true
		}
	}
	return false
}

// value reads node i as the field e asks; false when it has none.
func (m *machine) value(e *expr, i int, v *val) bool {
	n := &m.p.Nodes[i]
	t := &m.p.Tree
	*v = val{from: n.Field}
	if e.raw {
		v.b = t.Raw(n)
		return true
	}
	f := field.Get(n.Field)
	if e.text {
		s := f.ValueText(t.Value(n).Word)
		at := len(m.buf)
		m.buf = append(m.buf, s...)
		v.b = m.made(at)
		return s != ""
	}
	switch fam := familyOf(f.Type); fam {
	case famNone:
		return false
	case famInt:
		v.w = t.Value(n).Word
		v.signed = f.Type.IsInt()
		v.neg = v.signed && int64(v.w) < 0
	case famBool:
		if t.Value(n).Word != 0 {
			v.w = 1
		}
	case famAbs, famRel:
		v.w = t.Value(n).Word
		v.neg = int64(v.w) < 0
	case famFloat:
		v.w = t.Value(n).Word
		if f.Type == field.TFloat {
			v.w = math.Float64bits(float64(math.Float32frombits(uint32(v.w))))
		}
	case famIPv4:
		v.w = t.Value(n).Word
		if e.bytes {
			at := len(m.buf)
			m.buf = append(m.buf, byte(v.w>>24), byte(v.w>>16), byte(v.w>>8), byte(v.w))
			v.b = m.made(at)
		}
	case famProto:
		v.b = t.Raw(n)
		if e.wide {
			v.b = extent(t, n)
		}
	default:
		v.b = t.Value(n).Bytes
	}
	return true
}

// nodes calls use with every value of a field until it gives false.
func (m *machine) nodes(e *expr, use func(v *val) bool) {
	for i := range m.p.Nodes {
		var v val
		if m.is(e, i) && m.value(e, i, &v) && !use(&v) {
			return
		}
	}
}

// nodesRaw loads a field's values and lets change make others of them.
func (m *machine) nodesRaw(e *expr, change func(v *val)) {
	for i := m.load(e); i < len(m.vals); i++ {
		change(&m.vals[i])
	}
}

// load puts the values of e on the stack and gives the place of the first.
func (m *machine) load(e *expr) int {
	at := len(m.vals)
	switch e.kind {
	case exConst:
		m.push(e.val)
	case exField:
		if e.ref {
			m.vals = append(m.vals, e.refVal...)
			break
		}
		for i := range m.p.Nodes {
			if m.is(e, i) {
				var v val
				if m.value(e, i, &v) {
					m.push(v)
				}
			}
		}
	case exColumn:
		start := len(m.buf)
		t := field.Text{B: m.buf}
		e.column.write(&t, m.p)
		m.buf = t.B
		m.push(val{b: m.made(start)})
	case exSlice:
		m.loadSlice(e)
	case exNeg:
		m.load(e.left)
		if e.op == "-" {
			m.negateFrom(at, e.typ.fam)
		}
	case exArith:
		m.loadArith(e)
	case exCall:
		e.fn.run(m, e)
	}
	return at
}

func (m *machine) negateFrom(at int, f family) {
	out := at
	for i := at; i < len(m.vals); i++ {
		v := m.vals[i]
		if f == famFloat {
			m.vals[out] = floatVal(-v.float())
			out++
		} else if n, ok := negate(&v); ok {
			m.vals[out] = n
			out++
		}
	}
	m.vals = m.vals[:out]
}

// maxPairs bounds one step of arithmetic. Sums of fields with many values each
// would otherwise grow as powers: what goes beyond is not looked at.
const maxPairs = 1 << 14

// loadArith works out every pair of left and right values; equal results
// count once, where there are many.
func (m *machine) loadArith(e *expr) {
	at := m.load(e.left)
	mid := m.load(e.right)
	end := len(m.vals)
	f, rf := e.left.typ.fam, e.right.typ.fam
	pairs := 0
	for i := at; i < mid; i++ {
		for j := mid; j < end; j++ {
			if pairs++; pairs > maxPairs {
				break
			}
			if e.op == "&" && (f == famBytes || f == famIPv6) {
				m.push(m.maskBytes(m.vals[i].b, m.vals[j].b))
			} else if v, ok := arith(e.op[0], f, rf, &m.vals[i], &m.vals[j]); ok {
				m.push(v)
			}
		}
	}
	m.vals = m.vals[:at+copy(m.vals[at:], m.vals[end:])]
	if len(m.vals)-at > 32 {
		m.distinct(at)
	}
}

// distinct keeps one of each value from at on, in order.
func (m *machine) distinct(at int) {
	v := m.vals[at:]
	slices.SortFunc(v, func(a, b val) int {
		if c := cmpNum(&a, &b); c != 0 {
			return c
		}
		return bytes.Compare(a.b, b.b)
	})
	v = slices.CompactFunc(v, func(a, b val) bool {
		return a.w == b.w && a.neg == b.neg && a.signed == b.signed && bytes.Equal(a.b, b.b)
	})
	m.vals = m.vals[:at+len(v)]
}

func (m *machine) maskBytes(a, b []byte) val {
	at := len(m.buf)
	for i := range min(len(a), len(b)) {
		m.buf = append(m.buf, a[i]&b[i])
	}
	return val{b: m.made(at)}
}

func (m *machine) loadSlice(e *expr) {
	at := m.load(e.left)
	text := e.left.typ.fam == famString
	out := at
	for i := at; i < len(m.vals); i++ {
		if b, ok := m.cut(m.vals[i].b, e.spans, text); ok {
			m.vals[out] = val{b: b}
			out++
		}
	}
	m.vals = m.vals[:out]
}

// cut takes the spans out of b; false when one lies outside.
func (m *machine) cut(b []byte, spans []span, text bool) ([]byte, bool) {
	if len(spans) == 1 {
		return cutOne(b, spans[0], text)
	}
	at := len(m.buf)
	for _, s := range spans {
		c, ok := cutOne(b, s, text)
		if !ok {
			return nil, false
		}
		m.buf = append(m.buf, c...)
	}
	return m.made(at), true
}

func cutOne(b []byte, s span, text bool) ([]byte, bool) {
	size := len(b)
	if text {
		size = utf8.RuneCount(b)
	}
	off, n := s.off, s.n
	if off < 0 {
		off += size
	}
	if s.toEnd {
		n = size - off
	}
	if off < 0 || n <= 0 || off+n > size {
		return nil, false
	}
	if !text || size == len(b) {
		return b[off : off+n], true
	}
	from := runeOffset(b, off)
	return b[from : from+runeOffset(b[from:], n)], true
}

// runeOffset is the byte offset of character n.
func runeOffset(b []byte, n int) int {
	i := 0
	for ; n > 0; n-- {
		_, size := utf8.DecodeRune(b[i:])
		i += size
	}
	return i
}

// extent is a protocol's data from its start to its end: the header that its
// node spans, and what it carries.
func extent(t *dissect.Tree, n *dissect.Node) []byte {
	own := t.Raw(n)
	if !n.HasBytes() || int(n.Source) >= len(t.Sources) {
		return own
	}
	d := t.Sources[n.Source].Data
	end := len(d)
	if n.Value > uint64(n.Off) && n.Value < uint64(end) {
		end = int(n.Value)
	}
	if int(n.Off) >= end {
		return own
	}
	return d[n.Off:max(end, int(n.Off)+len(own))]
}
