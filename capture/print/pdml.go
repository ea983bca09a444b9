package print

import (
	"io"
	"time"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// PDML writes the packet details markup language.
type PDML struct {
	buffer
	tree
	file    string
	creator string
	now     func() time.Time
	layers  Layers
}

// NewPDML makes a PDML printer; file is the capture's name.
func NewPDML(w io.Writer, file, version string) *PDML {
	return &PDML{buffer: buffer{w: w}, file: file, creator: version, now: time.Now}
}

// Only makes the printer leave out what l does not name.
func (x *PDML) Only(l Layers) *PDML { x.layers = l; return x }

// Begin writes the document's head.
func (x *PDML) Begin() error {
	x.head(&x.t)
	return nil
}

const pdmlEnd = "</pdml>\n"

func (x *PDML) head(t *field.Text) {
	t.S(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	t.S(`<?xml-stylesheet type="text/xsl" href="pdml2html.xsl"?>` + "\n")
	t.S(`<pdml version="0" creator="`).S(x.creator).S(`" time="`).S(x.now().Format("Mon Jan _2 15:04:05 2006")).S(`" capture_file="`)
	xmlText(t, []byte(x.file))
	t.S("\">\n")
}

// End closes the document.
func (x *PDML) End() error {
	x.t.S(pdmlEnd)
	return x.flush(true)
}

// Packet writes one <packet>.
func (x *PDML) Packet(p *dissect.Packet) error {
	x.build(p)
	t := &x.t
	t.S("<packet>\n")
	geninfo(t, p)
	for i := x.top; i >= 0; i = x.next[i] {
		n := x.node(i)
		fl := field.Get(n.Field)
		if fl.Type != field.TProtocol || fl.Name == "data" {
			t.S("  <proto name=\"fake-field-wrapper\">\n")
			x.write(i, 2, &x.layers)
			t.S("  </proto>\n")
			continue
		}
		x.write(i, 1, &x.layers)
	}
	t.S("</packet>\n\n\n")
	return x.flush(false)
}

func geninfo(t *field.Text, p *dissect.Packet) {
	f := p.Frame
	t.S("  <proto name=\"geninfo\" pos=\"0\" showname=\"General information\" size=\"").U(uint64(f.CapLen)).S("\">\n")
	line := func(name, showname string, show func(), value func()) {
		t.S(`    <field name="`).S(name).S(`" pos="0" show="`)
		show()
		t.S(`" showname="`).S(showname).S(`" value="`)
		value()
		t.S(`" size="`).U(uint64(f.CapLen)).S("\"/>\n")
	}
	num := func(name, showname string, v uint64) {
		line(name, showname, func() { t.U(v) }, func() { hexMin(t, v) })
	}
	num("num", "Number", uint64(f.Number))
	num("len", "Frame Length", uint64(f.Len))
	num("caplen", "Captured Length", uint64(f.CapLen))
	line("timestamp", "Captured Time", func() { field.AbsTime(t, f.Time, true) }, func() { field.Seconds(t, f.Time, 9) })
	t.S("  </proto>\n")
}

// hexMin appends hex without leading zeros.
func hexMin(t *field.Text, v uint64) {
	n := 1
	for v>>(4*uint(n)) != 0 && n < 16 {
		n++
	}
	t.H(v, n)
}

func (x *PDML) write(i int32, depth int, show *Layers) {
	n, p, t := x.node(i), x.p, &x.t
	f := field.Get(n.Field)
	indent(t, depth)
	raw := p.Raw(n)
	tag := "field"
	switch {
	case n.Field == field.TextOnly:
		t.S(`<field name="" show="`)
		xmlText(t, x.label(p, n))
	case f.Name == "data" && f.Type == field.TProtocol:
		t.S(`<field name="data" value="`).Hex(raw, 0)
		x.children(i, depth, "field", show)
		return
	default:
		if f.Type == field.TProtocol && f.Name != "_ws.expert" {
			tag = "proto"
		}
		t.C('<').S(tag).S(` name="`).S(f.Name)
		t.S(`" showname="`)
		xmlText(t, x.label(p, n))
		if n.Flags&dissect.Hidden != 0 {
			t.S(`" hide="yes`)
		}
	}
	t.S(`" size="`).U(uint64(n.Len)).S(`" pos="`).U(x.pos(n))
	if n.Field == field.TextOnly {
		if n.Len > 0 && len(raw) > 0 {
			t.S(`" value="`).Hex(raw, 0)
		}
	} else if f.Type != field.TProtocol {
		x.value(n, f, raw)
	}
	x.children(i, depth, tag, show)
}

// pos is where the item is said to begin: tshark counts an item that begins
// before its parent (it stands in another data source) from the parent's start.
func (x *PDML) pos(n *dissect.Node) uint64 {
	if n.Parent >= 0 && (n.Off > 0 || n.Len > 0) {
		if up := &x.p.Nodes[n.Parent]; n.Off < up.Off {
			return uint64(n.Off) + uint64(up.Off)
		}
	}
	return uint64(n.Off)
}

// value writes show, value and unmaskedvalue.
func (x *PDML) value(n *dissect.Node, f *field.Field, raw []byte) {
	t := &x.t
	if f.Type == field.TNone {
		if !isExpertLine(f) {
			t.S(`" show="" value="`)
		}
		return
	}
	t.S(`" show="`)
	xmlText(t, x.show(x.p, n))
	if n.Len == 0 || len(raw) == 0 {
		return
	}
	t.S(`" value="`)
	if masked(f) {
		maskedHex(t, n, f)
		t.S(`" unmaskedvalue="`)
	}
	t.Hex(raw, 0)
}

func indent(t *field.Text, depth int) { t.S(spaces[1 : 1+2*min(depth, maxIndent)]) }

// maxIndent keeps the indentation of what is nested very deep from growing
// without bound.
const maxIndent = (len(spaces) - 1) / 2

// isExpertLine: the expert line itself has no show attribute.
func isExpertLine(f *field.Field) bool { return f.Name == "_ws.expert" }

func (x *PDML) children(i int32, depth int, tag string, show *Layers) {
	t := &x.t
	if x.first[i] < 0 {
		t.S("\"/>\n")
		return
	}
	t.S("\">\n")
	name := keyName(field.Get(x.node(i).Field))
	ok, below := show.shows(name)
	if !ok {
		indent(t, depth+1)
		t.S(`<field name="filtered" value="`).S(name).S("\" />\n")
	}
	for k := x.first[i]; ok && k >= 0; k = x.next[k] {
		x.write(k, depth+1, below)
	}
	indent(t, depth)
	t.S("</").S(tag).S(">\n")
}
