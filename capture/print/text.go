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
	Hex  bool // -x
	Tabs bool // -T tabs
	// Time writes the Time column; nil is RelativeTime.
	Time func(t *field.Text, p *dissect.Packet)
	// Line ends each packet with this (-S), printed on a line of its own.
	Separator string
	// LineBuffered flushes after each packet.
	LineBuffered bool
}

// Text writes summary lines, details and hex dumps.
type Text struct {
	buffer
	tree
	opt TextOptions
	src field.Text
	dst field.Text
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
			x.line(i, 0)
		}
		x.t.C('\n')
	}
	if x.opt.Hex {
		x.dumps(p)
	}
	if x.opt.Separator != "" {
		x.t.S(x.opt.Separator).C('\n')
	}
	return x.flush(x.opt.LineBuffered)
}

// summary is "    1   0.000000     10.0.0.5 → 10.0.0.1     DNS 75 Standard query".
func (x *Text) summary(p *dissect.Packet) {
	t := &x.t
	x.l.Reset()
	x.l.U(uint64(p.Frame.Number))
	right(t, x.l.B, 5)
	x.sep()
	x.l.Reset()
	x.opt.Time(&x.l, p)
	right(t, x.l.B, 10)
	x.sep()
	x.src.Reset()
	p.Source(&x.src)
	x.dst.Reset()
	p.Destination(&x.dst)
	right(t, x.src.B, 12)
	x.sep()
	t.S("→")
	x.sep()
	left(t, x.dst.B, 12)
	x.sep()
	safe(t, []byte(p.Cols.Protocol))
	x.sep()
	t.U(uint64(p.Frame.Len))
	x.sep()
	safe(t, p.Cols.Info())
	t.C('\n')
}

func (x *Text) sep() {
	if x.opt.Tabs {
		x.t.C('\t')
	} else {
		x.t.C(' ')
	}
}

func right(t *field.Text, b []byte, n int) {
	for i := utf8.RuneCount(b); i < n; i++ {
		t.C(' ')
	}
	safe(t, b)
}

func left(t *field.Text, b []byte, n int) {
	safe(t, b)
	for i := utf8.RuneCount(b); i < n; i++ {
		t.C(' ')
	}
}

// safe appends text without letting it drive the terminal.
func safe(t *field.Text, b []byte) {
	cleanText(t, b, func(t *field.Text, c byte) bool {
		if c >= 0x20 && c != 0x7f {
			return false
		}
		switch c {
		case '\n':
			t.S(`\n`)
		case '\r':
			t.S(`\r`)
		case '\t':
			t.S(`\t`)
		default:
			t.S(`\x`).H(uint64(c), 2)
		}
		return true
	})
}

func (x *Text) line(i int32, depth int) {
	n := x.node(i)
	if n.Flags&dissect.Hidden != 0 {
		return
	}
	f := field.Get(n.Field)
	for range depth {
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
	if f.Name == "data" && f.Type == field.TProtocol {
		x.t.C('\n')
		HexDump(&x.t, x.p.Raw(n), 0)
	}
	if depth == 0 && x.opt.Only != nil && !x.opt.Only[f.Name] {
		return
	}
	for k := x.first[i]; k >= 0; k = x.next[k] {
		x.line(k, depth+1)
	}
}

func (x *Text) dumps(p *dissect.Packet) {
	many := len(p.Sources) > 1
	for _, s := range p.Sources {
		if many {
			x.t.S(s.Name).S(" (").U(uint64(len(s.Data))).S(" byte")
			if len(s.Data) != 1 {
				x.t.C('s')
			}
			x.t.S("):\n")
		}
		HexDump(&x.t, s.Data, 0)
		x.t.C('\n')
	}
}

// HexDump appends bytes 16 to a line: offset, hex, ASCII.
func HexDump(t *field.Text, b []byte, delimit byte) {
	digits := 4
	if len(b) > 0x10000 {
		digits = 8
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
		if delimit != 0 {
			t.C(delimit)
		}
		for _, c := range row {
			if c >= 0x20 && c < 0x7f {
				t.C(c)
			} else {
				t.C('.')
			}
		}
		if delimit != 0 {
			t.C(delimit)
		}
		t.C('\n')
	}
}
