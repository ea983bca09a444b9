package print

import (
	"io"
	"unicode/utf8"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// TextOptions choose what the text printer writes per packet.
type TextOptions struct {
	Summary bool // the packet list's line
	Details bool // -V
	// Only is -O: the protocols whose details are shown; others get one line.
	Only map[string]bool
	Hex  *HexOptions // -x; nil is no dump
	Tabs bool        // -T tabs
	// Time writes the Time column; nil is RelativeTime.
	Time func(t *field.Text, p *dissect.Packet)
	// Separator stands, on a line of its own, where packets with details or
	// dumps are parted (-S); by default that line is empty.
	Separator string
}

// HexOptions are tshark's --hexdump.
type HexOptions struct {
	FrameOnly bool // only the frame, not reassembled or decrypted data
	NoASCII   bool
	Delimit   bool // |ASCII|
	Time      bool // the Time column before the dump
}

// Text writes summary lines, details and hex dumps.
type Text struct {
	buffer
	tree
	opt TextOptions
}

// NewText makes a text printer.
func NewText(w io.Writer, opt TextOptions) *Text {
	if opt.Time == nil {
		opt.Time = RelativeTime
	}
	return &Text{buffer: buffer{w: w}, opt: opt}
}

// Begin writes nothing.
func (x *Text) Begin() error { return nil }

// End writes what is left.
func (x *Text) End() error { return x.flush(true) }

// Packet writes one packet.
func (x *Text) Packet(p *dissect.Packet) error {
	if x.opt.Summary {
		x.summary(p)
	}
	if x.opt.Details {
		x.build(p)
		for i := x.top; i >= 0; i = x.next[i] {
			x.row(i, 0)
		}
		if x.opt.Hex == nil {
			x.part()
		}
	}
	if x.opt.Hex != nil {
		if x.opt.Summary || x.opt.Details {
			x.t.C('\n')
		}
		x.dumps(p)
		x.part()
	}
	return x.flush(false)
}

// part parts packets.
func (x *Text) part() { x.t.S(x.opt.Separator).C('\n') }

// summary is "    1   0.000000     10.0.0.5 → 10.0.0.1     DNS 75 Standard query".
func (x *Text) summary(p *dissect.Packet) {
	t := &x.t
	sep := byte(' ')
	if x.opt.Tabs {
		sep = '\t'
	}
	from := len(t.B)
	t.U(uint64(p.Frame.Number))
	right(t, from, 5)
	t.C(sep)
	from = len(t.B)
	x.opt.Time(t, p)
	right(t, from, 10)
	t.C(sep)
	x.l.Reset()
	p.Source(&x.l)
	from = len(t.B)
	safe(t, x.l.B)
	right(t, from, 12)
	t.C(sep).S("→").C(sep)
	x.l.Reset()
	p.Destination(&x.l)
	from = len(t.B)
	safe(t, x.l.B)
	for n := utf8.RuneCount(t.B[from:]); n < 12; n++ {
		t.C(' ')
	}
	t.C(sep)
	if n := len(p.Cols.Protocol); n > 0 {
		x.l.Reset()
		x.l.S(p.Cols.Protocol)
		safe(t, x.l.B)
	}
	t.C(sep).U(uint64(p.Frame.Len)).C(sep)
	safe(t, p.Cols.Info())
	t.C('\n')
}

// right moves what was written since from to the right of n columns.
func right(t *field.Text, from, n int) {
	pad := n - utf8.RuneCount(t.B[from:])
	if pad <= 0 {
		return
	}
	end := len(t.B)
	t.S("            "[:pad])
	copy(t.B[from+pad:], t.B[from:end])
	for i := range pad {
		t.B[from+i] = ' '
	}
}

func (x *Text) row(i int32, depth int) {
	n := x.node(i)
	if n.Flags&dissect.Hidden != 0 {
		return
	}
	f := field.Get(n.Field)
	for range min(depth, maxIndent) {
		x.t.S("    ")
	}
	gen := n.Flags&dissect.Generated != 0
	if gen {
		x.t.C('[')
	}
	safe(&x.t, x.label(x.p, n))
	if gen {
		x.t.C(']')
	}
	x.t.C('\n')
	if depth == 0 && x.opt.Only != nil && !x.opt.Only[f.Name] {
		return
	}
	if f.Name == "data" && f.Type == field.TProtocol && x.opt.Hex == nil {
		x.t.C('\n')
		HexDump(&x.t, x.p.Raw(n), HexOptions{})
	}
	for k := x.first[i]; k >= 0; k = x.next[k] {
		x.row(k, depth+1)
	}
}

func (x *Text) dumps(p *dissect.Packet) {
	if x.opt.Hex.Time {
		x.opt.Time(&x.t, p)
		x.t.C('\n')
	}
	sources := p.Sources
	if x.opt.Hex.FrameOnly {
		sources = sources[:1]
	}
	for i, s := range sources {
		if len(sources) > 1 {
			x.l.Reset()
			if i == 0 {
				x.l.S("Packet")
			} else {
				x.l.S(s.Name)
			}
			safe(&x.t, x.l.B)
			x.t.S(" (").U(uint64(len(s.Data))).S(" byte")
			if len(s.Data) != 1 {
				x.t.C('s')
			}
			x.t.S("):\n")
		}
		HexDump(&x.t, s.Data, *x.opt.Hex)
	}
}

// HexDump appends bytes 16 to a line: offset, hex, ASCII.
func HexDump(t *field.Text, b []byte, o HexOptions) {
	digits := 4
	for digits < 8 && (len(b)-1)>>(4*digits) > 0 {
		digits++
	}
	for at := 0; at < len(b); at += 16 {
		t.H(uint64(at), digits).S("  ")
		row := b[at:min(at+16, len(b))]
		for i := range 16 {
			if i < len(row) {
				t.H(uint64(row[i]), 2).C(' ')
			} else {
				t.S("   ")
			}
		}
		t.S("  ")
		if !o.NoASCII {
			if o.Delimit {
				t.C('|')
			}
			for _, c := range row {
				if c >= 0x20 && c < 0x7f {
					t.C(c)
				} else {
					t.C('.')
				}
			}
			if o.Delimit {
				t.C('|')
			}
		}
		t.C('\n')
	}
}
