package print

import (
	"io"
	"time"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// JSON writes packets as tshark's -T json or jsonraw.
type JSON struct {
	buffer
	tree
	opt   JSONOptions
	day   day
	count int
}

// JSONOptions choose the form.
type JSONOptions struct {
	Raw    bool // jsonraw: only the _raw arrays
	Hex    bool // -x: the _raw arrays beside the values
	NoDup  bool // --no-duplicate-keys: repeated keys become arrays
	Layers Layers
}

// NewJSON makes a JSON printer.
func NewJSON(w io.Writer, opt JSONOptions) *JSON { return &JSON{buffer: buffer{w: w}, opt: opt} }

// Begin opens the array.
func (x *JSON) Begin() error { x.t.C('['); return nil }

// End closes it.
func (x *JSON) End() error {
	jsonEnd(&x.t, x.count)
	return x.flush(true)
}

func jsonEnd(t *field.Text, count int) {
	if count > 0 {
		t.C('\n')
	}
	t.S("]\n")
}

// Packet writes one element.
func (x *JSON) Packet(p *dissect.Packet) error {
	x.build(p)
	jsonHead(&x.t, p, x.count, &x.day)
	x.count++
	x.object(x.top, 3, &x.opt.Layers)
	x.t.S("\n    }\n  }")
	return x.flush(false)
}

// jsonHead is what stands before a packet's layers.
func jsonHead(t *field.Text, p *dissect.Packet, count int, d *day) {
	if count > 0 {
		t.C(',')
	}
	t.S("\n  {\n    \"_index\": \"packets-")
	d.write(t, p.Frame.Time)
	t.S("\",\n    \"_score\": null,\n    \"_source\": {\n      \"layers\": ")
}

// day writes dates; the last one is kept, as packets come in order of time.
type day struct {
	from, to int64
	text     [10]byte
}

func (d *day) write(t *field.Text, ns int64) {
	if ns < d.from || ns >= d.to {
		tm := time.Unix(0, ns).Local()
		copy(d.text[:], tm.Format("2006-01-02"))
		// The rest of this minute is the same day in every zone.
		d.from = ns
		d.to = ns + int64(time.Minute) - int64(tm.Second())*1e9 - int64(tm.Nanosecond())
	}
	t.Raw(d.text[:])
}

const spaces = "\n                                                                                                                                "

// newline starts a line at a depth of two spaces each.
func newline(t *field.Text, depth int) {
	if n := 1 + 2*depth; n <= len(spaces) {
		t.S(spaces[:n])
		return
	}
	t.C('\n')
	for range depth {
		t.S("  ")
	}
}

// object writes the siblings from i on as an object whose brace is at depth.
func (x *JSON) object(i int32, depth int, show *Layers) {
	t := &x.t
	t.C('{')
	from := len(t.B)
	if x.opt.NoDup {
		x.grouped(i, depth+1, show)
	} else {
		for first := true; i >= 0; i = x.next[i] {
			first = !x.member(i, depth+1, show, first) && first
		}
	}
	if len(t.B) > from {
		newline(t, depth)
	}
	t.C('}')
}

func hasValue(f *field.Field) bool { return f.Type != field.TProtocol && f.Type != field.TNone }

// rawWanted tells whether the _raw array of a node is to be written: beside
// values only for what lies on the wire.
func (x *JSON) rawWanted(n *dissect.Node) bool {
	return n.Field != field.TextOnly && (x.opt.Raw || x.opt.Hex && n.Len > 0)
}

// plain tells whether a node has neither value nor children to write.
func (x *JSON) plain(n *dissect.Node, f *field.Field, kids bool) bool {
	return !hasValue(f) && !kids && (!x.opt.Raw || n.Field == field.TextOnly)
}

// member writes all keys of one node and reports whether there were any.
func (x *JSON) member(i int32, depth int, show *Layers, first bool) bool {
	n := x.node(i)
	f := field.Get(n.Field)
	kids := x.first[i] >= 0
	t := &x.t
	any := false
	key := func(suffix string) {
		if any || !first {
			t.C(',')
		}
		any = true
		x.key(n, f, suffix, depth)
	}
	if x.rawWanted(n) {
		key("_raw")
		x.rawArray(n, f, depth)
	}
	if hasValue(f) && !x.opt.Raw {
		key("")
		x.value(n, f)
	}
	switch {
	case kids:
		suffix := ""
		if hasValue(f) {
			suffix = "_tree"
		}
		key(suffix)
		x.children(i, n, f, depth, show)
	case x.plain(n, f, kids):
		key("")
		x.noValue(n, f)
	}
	return any
}

// children writes the object of what is below a node, or that it is filtered.
func (x *JSON) children(i int32, n *dissect.Node, f *field.Field, depth int, show *Layers) {
	name := f.Name
	if n.Field == field.TextOnly && (show.Names != nil || show.Deep != nil) {
		name = string(x.label(x.p, n))
	}
	if ok, below := show.shows(name); ok {
		x.object(x.first[i], depth, below)
		return
	}
	t := &x.t
	t.C('{')
	newline(t, depth+1)
	t.S(`"filtered": `)
	jsonString(t, []byte(name))
	newline(t, depth)
	t.C('}')
}

// group is the siblings that share a key.
type group struct {
	nodes []int32
}

// grouped writes siblings with the values of equal keys as arrays.
func (x *JSON) grouped(i int32, depth int, show *Layers) {
	index := map[string]int{}
	var groups []group
	for ; i >= 0; i = x.next[i] {
		n := x.node(i)
		key := field.Get(n.Field).Name
		if n.Field == field.TextOnly {
			key = "\x00" + string(x.label(x.p, n))
		}
		g, ok := index[key]
		if !ok {
			g = len(groups)
			index[key] = g
			groups = append(groups, group{})
		}
		groups[g].nodes = append(groups[g].nodes, i)
	}
	first := true
	for _, g := range groups {
		first = !x.groupMember(g, depth, show, first) && first
	}
}

func (x *JSON) groupMember(g group, depth int, show *Layers, first bool) bool {
	if len(g.nodes) == 1 {
		return x.member(g.nodes[0], depth, show, first)
	}
	t := &x.t
	n := x.node(g.nodes[0])
	f := field.Get(n.Field)
	any := false
	list := func(suffix string, each func(i int32, n *dissect.Node, depth int)) {
		if any || !first {
			t.C(',')
		}
		any = true
		x.key(n, f, suffix, depth)
		t.C('[')
		for k, i := range g.nodes {
			if k > 0 {
				t.C(',')
			}
			newline(t, depth+1)
			each(i, x.node(i), depth+1)
		}
		newline(t, depth)
		t.C(']')
	}
	kids := false
	for _, i := range g.nodes {
		kids = kids || x.first[i] >= 0
	}
	if x.rawWanted(n) {
		list("_raw", func(_ int32, n *dissect.Node, depth int) { x.rawArray(n, f, depth) })
	}
	if hasValue(f) && !x.opt.Raw {
		list("", func(_ int32, n *dissect.Node, _ int) { x.value(n, f) })
	}
	switch {
	case kids:
		suffix := ""
		if hasValue(f) {
			suffix = "_tree"
		}
		list(suffix, func(i int32, n *dissect.Node, depth int) {
			if x.first[i] < 0 {
				x.noValue(n, f)
				return
			}
			x.children(i, n, f, depth, show)
		})
	case x.plain(n, f, kids):
		list("", func(_ int32, n *dissect.Node, _ int) { x.noValue(n, f) })
	}
	return any
}

// noValue stands for what has neither value nor children: a protocol's line,
// or nothing.
func (x *JSON) noValue(n *dissect.Node, f *field.Field) {
	if f.Type != field.TProtocol {
		x.t.S(`""`)
		return
	}
	jsonString(&x.t, x.line(x.p, n))
}

// key starts a member. A line without a field goes by its text.
func (x *JSON) key(n *dissect.Node, f *field.Field, suffix string, depth int) {
	t := &x.t
	newline(t, depth)
	if n.Field == field.TextOnly {
		jsonString(t, x.label(x.p, n))
		if suffix != "" {
			t.B = t.B[:len(t.B)-1]
			t.S(suffix).C('"')
		}
	} else {
		t.C('"').S(f.Name).S(suffix).C('"')
	}
	t.S(": ")
}

func (x *JSON) value(n *dissect.Node, f *field.Field) {
	t := &x.t
	switch {
	case f.Type == field.TBool:
		if n.Value != 0 {
			t.S(`"1"`)
		} else {
			t.S(`"0"`)
		}
	case f.Type == field.TAbsTime:
		t.C('"')
		isoUTC(t, f, int64(n.Value))
		t.C('"')
	case f.Type.IsString() || f.Type == field.TChar || f.Base == field.Custom:
		jsonString(t, x.show(x.p, n))
	default: // digits and points only
		t.C('"')
		f.Show(t, x.p.Value(n))
		t.C('"')
	}
}

// isoUTC appends 2023-11-14T22:13:20.040000000Z, whatever the field's base.
func isoUTC(t *field.Text, f *field.Field, ns int64) {
	utc := &utcTime
	if f.Base == field.NTP {
		utc = &ntpTime
	}
	utc.Show(t, field.Value{Word: uint64(ns)})
}

var (
	utcTime = field.Field{Type: field.TAbsTime, Base: field.UTC}
	ntpTime = field.Field{Type: field.TAbsTime, Base: field.NTP}
)

// rawArray is [bytes, position, length, mask, type, data source].
func (x *JSON) rawArray(n *dissect.Node, f *field.Field, depth int) {
	t := &x.t
	t.C('[')
	newline(t, depth+1)
	t.C('"')
	rawHex(t, n, f, x.p.Raw(n))
	t.S("\",")
	off := uint64(n.Off)
	if !n.HasBytes() {
		off = 0
	}
	for _, v := range [...]uint64{off, uint64(n.Len), f.Mask, uint64(TypeNumber(f.Type))} {
		newline(t, depth+1)
		t.U(v).C(',')
	}
	newline(t, depth+1)
	if n.HasBytes() {
		t.U(uint64(n.Source))
	} else {
		t.S("null")
	}
	newline(t, depth)
	t.C(']')
}

// rawHex is a node's bytes, or the number that its mask leaves of them.
func rawHex(t *field.Text, n *dissect.Node, f *field.Field, raw []byte) {
	if masked(f) {
		maskedHex(t, n, f)
		return
	}
	t.Hex(raw, 0)
}

func masked(f *field.Field) bool {
	return f.Mask != 0 && (f.Type.IsUint() || f.Type.IsInt() || f.Type == field.TBool || f.Type == field.TChar)
}

func maskedHex(t *field.Text, n *dissect.Node, f *field.Field) {
	v := n.Value
	if f.Type == field.TBool {
		v = 0
		if n.Value != 0 {
			v = ^uint64(0)
		}
	}
	v &= f.Mask >> uint(f.Shift())
	digits := 1
	for digits < 16 && v>>(4*uint(digits)) != 0 {
		digits++
	}
	for i := digits - 1; i >= 0; i-- {
		t.C("0123456789ABCDEF"[v>>(4*uint(i))&15])
	}
}

// TypeNumber is Wireshark's number of a field type, which the _raw arrays carry.
func TypeNumber(t field.Type) int {
	if t <= field.TInt64 {
		return int(t)
	}
	return ftNumbers[t]
}

var ftNumbers = map[field.Type]int{
	field.TFloat: 21, field.TDouble: 22, field.TAbsTime: 24, field.TRelTime: 25, field.TString: 26, field.TStringz: 27, field.TUintString: 28,
	field.TEther: 29, field.TBytes: 30, field.TUintBytes: 31, field.TIPv4: 32, field.TIPv6: 33, field.TIPXNet: 34, field.TFrameNum: 35,
	field.TGUID: 36, field.TOID: 37, field.TEUI64: 38, field.TRelOID: 41, field.TVINES: 40, field.TSystemID: 42, field.TStringzPad: 43, field.TFCWWN: 44, field.TStringzTrunc: 45,
}
