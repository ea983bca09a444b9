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
}

// NewPDML makes a PDML printer; file is the capture's name.
func NewPDML(w io.Writer, file, version string) *PDML {
	return &PDML{buffer: buffer{w: w}, file: file, creator: version, now: time.Now}
}

// Begin writes the document's head.
func (x *PDML) Begin() error {
	x.t.S(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	x.t.S(`<?xml-stylesheet type="text/xsl" href="pdml2html.xsl"?>` + "\n")
	x.t.S(`<pdml version="0" creator="`).S(x.creator).S(`" time="`).S(x.now().Format("Mon Jan _2 15:04:05 2006")).S(`" capture_file="`)
	xmlText(&x.t, []byte(x.file))
	x.t.S("\">\n")
	return nil
}

// End closes the document.
func (x *PDML) End() error {
	x.t.S("</pdml>\n")
	return x.flush(true)
}

// Packet writes one <packet>.
func (x *PDML) Packet(p *dissect.Packet) error {
	x.build(p)
	t := &x.t
	t.S("<packet>\n  <proto name=\"geninfo\" pos=\"0\" showname=\"General information\" size=\"").U(uint64(p.Frame.CapLen)).S("\">\n")
	x.geninfo(p)
	t.S("  </proto>\n")
	for i := x.top; i >= 0; i = x.next[i] {
		n := x.node(i)
		fl := field.Get(n.Field)
		if fl.Type != field.TProtocol || fl.Name == "data" {
			t.S("  <proto name=\"fake-field-wrapper\">\n")
			x.write(i, 2)
			t.S("  </proto>\n")
			continue
		}
		x.write(i, 1)
	}
	t.S("</packet>\n\n\n")
	return x.flush(false)
}

func (x *PDML) geninfo(p *dissect.Packet) {
	f, t := p.Frame, &x.t
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
}

// hexMin appends hex without leading zeros.
func hexMin(t *field.Text, v uint64) {
	n := 1
	for v>>(4*uint(n)) != 0 && n < 16 {
		n++
	}
	t.H(v, n)
}

func (x *PDML) write(i int32, depth int) {
	n, p, t := x.node(i), x.p, &x.t
	f := field.Get(n.Field)
	for range depth {
		t.S("  ")
	}
	raw := p.Raw(n)
	tag := "field"
	switch {
	case n.Field == field.TextOnly:
		t.S(`<field name="" show="`)
		xmlText(t, x.label(p, n))
	case f.Name == "data" && f.Type == field.TProtocol:
		t.S(`<field name="data" value="`).Hex(raw, 0)
		x.children(i, depth, "field")
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
	t.S(`" size="`).U(uint64(n.Len)).S(`" pos="`).U(uint64(n.Off))
	if n.Field == field.TextOnly {
		if n.Len > 0 && len(raw) > 0 {
			t.S(`" value="`).Hex(raw, 0)
		}
	} else if f.Type != field.TProtocol {
		x.value(n, f, raw)
	}
	x.children(i, depth, tag)
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
	if f.Mask != 0 && (f.Type.IsUint() || f.Type.IsInt() || f.Type == field.TBool) {
		v := n.Value
		if f.Type == field.TBool {
			v = 0
			if n.Value != 0 {
				v = f.Mask >> uint(f.Shift())
			}
		}
		upperHexMin(t, v&(f.Mask>>uint(f.Shift())))
		t.S(`" unmaskedvalue="`)
	}
	t.Hex(raw, 0)
}

func upperHexMin(t *field.Text, v uint64) {
	n := 1
	for n < 16 && v>>(4*uint(n)) != 0 {
		n++
	}
	for i := n - 1; i >= 0; i-- {
		t.C("0123456789ABCDEF"[v>>(4*uint(i))&15])
	}
}

// isExpertLine: the expert line itself has no show attribute.
func isExpertLine(f *field.Field) bool { return f.Name == "_ws.expert" }

func (x *PDML) children(i int32, depth int, tag string) {
	t := &x.t
	if x.first[i] < 0 {
		t.S("\"/>\n")
		return
	}
	t.S("\">\n")
	for k := x.first[i]; k >= 0; k = x.next[k] {
		x.write(k, depth+1)
	}
	for range depth {
		t.S("  ")
	}
	t.S("</").S(tag).S(">\n")
}

func xmlText(t *field.Text, s []byte) {
	cleanText(t, s, func(t *field.Text, c byte) bool {
		switch {
		case c == '&':
			t.S("&amp;")
		case c == '<':
			t.S("&lt;")
		case c == '>':
			t.S("&gt;")
		case c == '"':
			t.S("&quot;")
		case c == '\'':
			t.S("&#x27;")
		case c == '\t' || c == '\n' || c == '\r':
			t.C(c)
		case c < 0x20 || c == 0x7f:
			t.S(`\x`).H(uint64(c), 2)
		default:
			return false
		}
		return true
	})
}
