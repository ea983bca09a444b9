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
	count int
}

// JSONOptions choose the form.
type JSONOptions struct {
	Raw    bool // jsonraw: only the _raw arrays
	Hex    bool // -x: the _raw arrays beside the values
	NoDup  bool // --no-duplicate-keys: repeated keys become arrays
	Filter Protocols
}

// Protocols is -j or -J: the protocols (or fields) to print in full.
type Protocols struct {
	Names map[string]bool
	// Deep is -J: everything below a named protocol too.
	Deep bool
}

func (f *Protocols) skips(name string) bool { return f.Names != nil && !f.Names[name] }

// NewJSON makes a JSON printer.
func NewJSON(w io.Writer, opt JSONOptions) *JSON { return &JSON{buffer: buffer{w: w}, opt: opt} }

// Begin opens the array.
func (x *JSON) Begin() error { x.t.S("["); return nil }

// End closes it.
func (x *JSON) End() error {
	x.t.S("\n]\n")
	return x.flush(true)
}

// Packet writes one element.
func (x *JSON) Packet(p *dissect.Packet) error {
	x.build(p)
	t := &x.t
	if x.count > 0 {
		t.C(',')
	}
	x.count++
	t.S("\n  {\n    \"_index\": \"packets-")
	day(t, p.Frame.Time)
	t.S("\",\n    \"_score\": null,\n    \"_source\": {\n      \"layers\": {")
	if x.opt.Hex || x.opt.Raw {
		t.S("\n        \"frame_raw\": [")
		x.rawArray(p.Frame.Data, 0, int(p.Frame.CapLen), 0, field.TProtocol, 4)
		if x.top >= 0 {
			t.C(',')
		}
	}
	x.members(x.top, 4, true)
	t.S("\n      }\n    }\n  }")
	return x.flush(false)
}

func day(t *field.Text, ns int64) { t.S(time.Unix(0, ns).Local().Format("2006-01-02")) }

// members writes the siblings from i on as members of an object that is open.
func (x *JSON) members(i int32, depth int, top bool) {
	t := &x.t
	first := true
	sep := func() {
		if !first {
			t.C(',')
		}
		first = false
		x.indent(depth)
	}
	for ; i >= 0; i = x.next[i] {
		n := x.node(i)
		f := field.Get(n.Field)
		kids := x.first[i] >= 0
		if top && x.opt.Filter.skips(f.Name) {
			sep()
			x.key(f, n, "")
			t.S("{")
			x.indent(depth + 1)
			t.S("\"filtered\": ")
			jsonString(t, []byte(f.Name))
			x.indent(depth)
			t.C('}')
			continue
		}
		if (x.opt.Raw || x.opt.Hex) && n.Field != field.TextOnly && !(top && f.Name == "frame") {
			sep()
			x.key(f, n, "_raw")
			t.C('[')
			x.rawArray(x.p.Raw(n), int(n.Off), int(n.Len), f.Mask, f.Type, depth)
			if x.opt.Raw && !kids {
				continue
			}
		}
		switch {
		case f.Type == field.TProtocol || n.Field == field.TextOnly || f.Type == field.TNone:
			if !kids {
				if x.opt.Raw {
					continue
				}
				sep()
				x.key(f, n, "")
				if f.Type == field.TProtocol && f.Name != "_ws.expert" {
					x.emptyProto(n)
				} else {
					t.S(`""`)
				}
				continue
			}
			sep()
			x.key(f, n, "")
			x.object(i, depth)
		default:
			if !x.opt.Raw {
				sep()
				x.key(f, n, "")
				x.jsonValue(n, f)
			}
			if kids {
				sep()
				x.key(f, n, "_tree")
				x.object(i, depth)
			}
		}
	}
}

// emptyProto is a protocol without fields: its bytes.
func (x *JSON) emptyProto(n *dissect.Node) {
	x.l.Reset()
	x.l.Hex(x.p.Raw(n), ':')
	jsonString(&x.t, x.l.B)
}

func (x *JSON) object(i int32, depth int) {
	x.t.C('{')
	x.members(x.first[i], depth+1, false)
	x.indent(depth)
	x.t.C('}')
}

func (x *JSON) indent(depth int) {
	x.t.C('\n')
	for range depth {
		x.t.S("  ")
	}
}

func (x *JSON) key(f *field.Field, n *dissect.Node, suffix string) {
	if n.Field == field.TextOnly {
		jsonString(&x.t, x.label(x.p, n))
	} else {
		x.t.C('"').S(f.Name).S(suffix).C('"')
	}
	x.t.S(": ")
}

func (x *JSON) jsonValue(n *dissect.Node, f *field.Field) {
	switch f.Type {
	case field.TBool:
		if n.Value != 0 {
			x.t.S(`"1"`)
		} else {
			x.t.S(`"0"`)
		}
	case field.TAbsTime:
		x.t.C('"')
		isoUTC(&x.t, int64(n.Value))
		x.t.C('"')
	default:
		jsonString(&x.t, x.show(x.p, n))
	}
}

// isoUTC appends 2023-11-14T22:13:20.040000000Z.
func isoUTC(t *field.Text, ns int64) {
	tm := time.Unix(0, ns).UTC()
	t.UPad(uint64(tm.Year()), 4).C('-').UPad(uint64(tm.Month()), 2).C('-').UPad(uint64(tm.Day()), 2).C('T')
	t.UPad(uint64(tm.Hour()), 2).C(':').UPad(uint64(tm.Minute()), 2).C(':').UPad(uint64(tm.Second()), 2).C('.').UPad(uint64(tm.Nanosecond()), 9).C('Z')
}

func (x *JSON) rawArray(raw []byte, off, n int, mask uint64, ft field.Type, depth int) {
	t := &x.t
	x.indent(depth + 1)
	t.C('"').Hex(raw, 0).S("\",")
	for i, v := range [...]uint64{uint64(off), uint64(n), mask, uint64(ftNumber(ft))} {
		x.indent(depth + 1)
		t.U(v)
		if i < 3 {
			t.C(',')
		}
	}
	x.indent(depth)
	t.C(']')
}

// ftNumber is Wireshark's number of a field type, which the _raw arrays carry.
func ftNumber(t field.Type) int {
	switch {
	case t <= field.TUint64:
		return int(t)
	case t.IsInt():
		return int(t)
	case t == field.TFloat:
		return 21
	case t == field.TDouble:
		return 22
	case t == field.TAbsTime:
		return 24
	case t == field.TRelTime:
		return 25
	case t == field.TString:
		return 26
	case t == field.TStringz:
		return 27
	case t == field.TUintString:
		return 28
	case t == field.TEther:
		return 29
	case t == field.TBytes:
		return 30
	case t == field.TUintBytes:
		return 31
	case t == field.TIPv4:
		return 32
	case t == field.TIPv6:
		return 33
	case t == field.TIPXNet:
		return 34
	case t == field.TFrameNum:
		return 35
	case t == field.TGUID:
		return 36
	case t == field.TOID:
		return 37
	case t == field.TEUI64:
		return 38
	case t == field.TRelOID:
		return 41
	case t == field.TSystemID:
		return 42
	case t == field.TStringzPad:
		return 43
	case t == field.TFCWWN:
		return 44
	case t == field.TStringzTrunc:
		return 45
	}
	return 0
}

func jsonString(t *field.Text, s []byte) {
	t.C('"')
	cleanText(t, s, func(t *field.Text, c byte) bool {
		switch {
		case c == '"' || c == '\\':
			t.C('\\').C(c)
		case c == '\n':
			t.S(`\n`)
		case c == '\r':
			t.S(`\r`)
		case c == '\t':
			t.S(`\t`)
		case c == '\b':
			t.S(`\b`)
		case c == '\f':
			t.S(`\f`)
		case c < 0x20 || c == 0x7f:
			t.S(`\u00`).H(uint64(c), 2)
		default:
			return false
		}
		return true
	})
	t.C('"')
}
