package print

import (
	"io"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// EK writes newline-delimited JSON for the Elasticsearch bulk interface: two
// lines per packet, field names with their protocol in front, repeated values
// as arrays.
type EK struct {
	buffer
	tree
	opt   EKOptions
	day   day
	pool  []*ekObject
	depth int
}

// EKOptions choose the form.
type EKOptions struct {
	Summary bool // -P: the packet list's columns
	Tree    bool // the layers
	Hex     bool // -x: the bytes of each field
	Layers  Layers
	// Time writes the Time column; nil is RelativeTime.
	Time func(t *field.Text, p *dissect.Packet)
}

// ekObject is a layer while its members are gathered.
type ekObject struct {
	order   hashOrder
	members []ekMember
	shows   []ekValue
}

type ekMember struct {
	name  string
	first int32 // index into shows
	last  int32
	proto string // the protocol that declared the field; "" where the name stands alone
}

// ekValue is one value of a member and the next of the same name.
type ekValue struct {
	node     int32
	next     int32
	filtered bool
}

// NewEK makes an EK printer.
func NewEK(w io.Writer, opt EKOptions) *EK {
	if opt.Time == nil {
		opt.Time = RelativeTime
	}
	return &EK{buffer: buffer{w: w}, opt: opt}
}

// Begin writes nothing.
func (x *EK) Begin() error { return nil }

// End writes what is left.
func (x *EK) End() error { return x.flush(true) }

// Packet writes the two lines of one packet.
func (x *EK) Packet(p *dissect.Packet) error {
	t := &x.t
	ekHead(t, p, &x.day)
	if x.opt.Summary {
		x.summary(p)
	}
	if x.opt.Tree {
		x.build(p)
		t.S(`,"layers":{`)
		x.layers()
		t.C('}')
	}
	t.S("}\n")
	return x.flush(false)
}

func ekHead(t *field.Text, p *dissect.Packet, d *day) {
	t.S(`{"index":{"_index":"packets-`)
	d.write(t, p.Frame.Time)
	t.S("\"}}\n{\"timestamp\":\"").I(p.Frame.Time / 1e6).C('"')
}

func (x *EK) summary(p *dissect.Packet) {
	for _, c := range [...]struct {
		name  string
		write func(t *field.Text)
	}{
		{"no_", func(t *field.Text) { t.U(uint64(p.Frame.Number)) }},
		{"time", func(t *field.Text) { x.opt.Time(t, p) }},
		{"source", p.Source},
		{"destination", p.Destination},
		{"protocol", func(t *field.Text) { t.S(p.Cols.Protocol) }},
		{"length", func(t *field.Text) { t.U(uint64(p.Frame.Len)) }},
		{"info", func(t *field.Text) { t.Raw(p.Cols.Info()) }},
	} {
		x.l.Reset()
		c.write(&x.l)
		x.t.S(`,"`).S(c.name).S(`":`)
		jsonString(&x.t, x.l.B)
	}
}

// open takes an object from the pool; close gives it back.
func (x *EK) open() *ekObject {
	if x.depth == len(x.pool) {
		x.pool = append(x.pool, &ekObject{})
	}
	o := x.pool[x.depth]
	x.depth++
	o.order.reset()
	o.members, o.shows = o.members[:0], o.shows[:0]
	return o
}

func (o *ekObject) add(name, proto string, node int32, filtered bool) {
	at := int32(len(o.shows))
	o.shows = append(o.shows, ekValue{node, -1, filtered})
	m, hash, slot := o.order.find(name, func(m int) bool { return o.members[m].name == name })
	if m >= 0 {
		o.shows[o.members[m].last].next = at
		o.members[m].last = at
		return
	}
	o.members = append(o.members, ekMember{name, at, at, proto})
	o.order.add(hash, slot)
}

// layers writes the packet's protocols.
func (x *EK) layers() {
	o := x.open()
	for i := x.top; i >= 0; i = x.next[i] {
		name := keyName(field.Get(x.node(i).Field))
		ok, _ := x.opt.Layers.shows(name)
		o.add(name, "", i, !ok)
	}
	if x.opt.Summary {
		o.add(columnsLayer, "", columnsNode, false)
	}
	x.members(o, &x.opt.Layers)
	x.depth--
}

// With -P the columns are a layer, too.
const (
	columnsLayer = "_ws.col"
	columnsNode  = -2
)

var columnNames = [...]string{"_ws.col.number", "_ws.col.cls_time", "_ws.col.def_src", "_ws.col.def_dst", "_ws.col.protocol", "_ws.col.packet_length", "_ws.col.info"}

func (x *EK) columns() {
	o := x.open()
	for i, n := range columnNames {
		o.add(n, columnsLayer, int32(i), false)
	}
	t := &x.t
	first := byte('{')
	o.order.each(func(m int) {
		t.C(first).C('"')
		first = ','
		ekName(t, columnsLayer)
		t.C('_')
		ekName(t, columnNames[m])
		t.S(`":`)
		x.l.Reset()
		columnField(columnNames[m], x.opt.Time)(&x.l, x.p)
		jsonString(t, x.l.B)
	})
	t.C('}')
	x.depth--
}

// members writes what an object holds: fields with the name of the protocol
// that declared them in front.
func (x *EK) members(o *ekObject, show *Layers) {
	t := &x.t
	first := true
	key := func(m *ekMember, suffix string) {
		if !first {
			t.C(',')
		}
		first = false
		t.C('"')
		if m.proto != "" {
			ekName(t, m.proto)
			t.C('_')
		}
		ekName(t, m.name)
		t.S(suffix).S(`":`)
	}
	o.order.each(func(m int) {
		v := &o.members[m]
		if x.opt.Hex && x.hasRaw(o, v) {
			key(v, "_raw")
			x.values(o, v, func(e *ekValue) {
				n := x.node(e.node)
				t.C('"')
				rawHex(t, n, field.Get(n.Field), x.p.Raw(n))
				t.C('"')
			})
		}
		key(v, "")
		x.values(o, v, func(e *ekValue) { x.value(e, v.name, show) })
	})
}

// declarer is the protocol whose name stands before a field's.
func declarer(f *field.Field) string {
	if f.Type == field.TProtocol || f.ID == field.TextOnly {
		return ""
	}
	return field.Get(f.Proto).Name
}

func (x *EK) hasRaw(o *ekObject, m *ekMember) bool {
	if o.shows[m.first].node == columnsNode {
		return false
	}
	n := x.node(o.shows[m.first].node)
	return n.Field != field.TextOnly && n.Len > 0
}

func (x *EK) values(o *ekObject, m *ekMember, write func(e *ekValue)) {
	many := m.first != m.last
	if many {
		x.t.C('[')
	}
	for at := m.first; at >= 0; at = o.shows[at].next {
		if at != m.first {
			x.t.C(',')
		}
		write(&o.shows[at])
	}
	if many {
		x.t.C(']')
	}
}

// object writes a layer: everything below it, flattened.
func (x *EK) object(i int32, show *Layers) {
	if x.depth > maxEKDepth {
		x.t.S("null")
		return
	}
	o := x.open()
	x.gather(o, x.first[i], show)
	x.t.C('{')
	x.members(o, show)
	x.t.C('}')
	x.depth--
}

// maxEKDepth bounds objects inside each other; the engine's own bound on
// protocols inside each other is 128.
const maxEKDepth = 256

// gather collects the siblings from i on and what is below them.
func (x *EK) gather(o *ekObject, i int32, show *Layers) {
	for ; i >= 0; i = x.next[i] {
		f := field.Get(x.node(i).Field)
		name := keyName(f)
		ok, below := show.shows(name)
		o.add(name, declarer(f), i, !ok)
		if ok && x.first[i] >= 0 && f.Type != field.TProtocol {
			x.gather(o, x.first[i], below)
		}
	}
}

func (x *EK) value(e *ekValue, name string, show *Layers) {
	t := &x.t
	if e.node == columnsNode {
		x.columns()
		return
	}
	n := x.node(e.node)
	f := field.Get(n.Field)
	switch {
	case e.filtered:
		t.S(`{"filtered":"`).S(name).S(`"}`)
	case f.Type == field.TProtocol:
		_, below := show.shows(name)
		x.object(e.node, below)
	case n.Field == field.TextOnly:
		jsonString(t, x.label(x.p, n))
	case f.Type == field.TBool:
		if n.Value != 0 {
			t.S("true")
		} else {
			t.S("false")
		}
	case f.Type == field.TNone:
		t.S("null")
	case f.Type == field.TAbsTime:
		t.C('"')
		isoUTC(t, f, int64(n.Value))
		t.C('"')
	case f.Type.IsUint():
		t.C('"').U(n.Value).C('"')
	default:
		jsonString(t, x.show(x.p, n))
	}
}

// ekName appends a name with its dots as underscores.
func ekName(t *field.Text, s string) {
	from := len(t.B)
	t.S(s)
	for i, c := range t.B[from:] {
		if c == '.' {
			t.B[from+i] = '_'
		}
	}
}
