package dissect

import (
	"sonde/capture/field"
	"sonde/capture/frame"
)

// Flags of a node.
type Flags uint16

// Node flags.
const (
	Generated Flags = 1 << iota // not on the wire: shown in [brackets]
	Hidden                      // found by filters, not shown
	inArena                     // Value is offset<<32|length in the tree's text arena
	toEnd                       // length not set yet: the node reaches to the end of its parent's data
	noSource                    // has no bytes at all
)

// The worst expert severity takes three bits: 1 comment, 2 chat, 3 note, 4 warn, 5 error.
const (
	sevShift = 8
	sevMask  = Flags(7) << sevShift
)

// Ref names a node of the packet being dissected; None when nothing was recorded.
type Ref int32

// None is the Ref of a node that nobody wanted.
const None Ref = -1

// Node is one recorded item: 32 bytes, no pointers, so that a packet's tree is
// one reused slice. Its children come later in the slice, not always next to
// each other.
type Node struct {
	Value  uint64
	Off    uint32 // byte offset in its data source
	Len    uint32
	Parent Ref
	label  uint32 // 1 + index into Tree.labels; 0 = the field's own label line
	Field  field.ID
	Flags  Flags
	Source uint8 // index into Tree.Sources
	Layer  uint8 // which occurrence of its protocol in the packet, from 1
}

// Severity is the worst expert severity at or below the node.
func (n *Node) Severity() field.Severity {
	return field.Severity([...]uint32{0, 0x00100000, 0x00200000, 0x00400000, 0x00600000, 0x00800000, 0, 0}[n.Flags&sevMask>>sevShift])
}

func sevBits(s field.Severity) Flags {
	switch s {
	case field.SevComment:
		return 1 << sevShift
	case field.Chat:
		return 2 << sevShift
	case field.Note:
		return 3 << sevShift
	case field.Warn:
		return 4 << sevShift
	case field.Error:
		return 5 << sevShift
	}
	return 0
}

// Source is a run of bytes that nodes point into: the frame, reassembled,
// decrypted or decompressed data.
type Source struct {
	Name string
	Data []byte
}

type span struct{ from, to uint32 }

// Tree is what one dissection recorded. It is reused for the next packet:
// whoever keeps any of it copies.
type Tree struct {
	Nodes   []Node
	Sources []Source
	text    field.Text // arena of labels and derived texts
	labels  []span
	open    uint32 // 1 + index of the label being written, 0 = none
	scratch field.Text
}

func (t *Tree) reset() {
	t.Nodes = t.Nodes[:0]
	for i := range t.Sources {
		t.Sources[i] = Source{}
	}
	t.Sources = t.Sources[:0]
	t.text.Reset()
	t.labels = t.labels[:0]
	t.open = 0
}

// fit keeps nodes inside their data: lengths that a dissector took from the
// wire may reach beyond it. The frame's own data counts as long as it was on
// the wire.
func (t *Tree) fit(f *frame.Frame) {
	for i := range t.Nodes {
		n := &t.Nodes[i]
		size := uint32(0)
		if int(n.Source) < len(t.Sources) {
			size = uint32(len(t.Sources[n.Source].Data))
		}
		if n.Source == 0 {
			size = max(size, f.Len)
		}
		if n.Off > size {
			n.Off = size
		}
		if n.Len > size-n.Off {
			n.Len = size - n.Off
		}
	}
}

func (t *Tree) closeLabel() {
	if t.open != 0 {
		t.labels[t.open-1].to = uint32(len(t.text.B))
		t.open = 0
	}
}

// Raw gives the node's bytes on the wire (nil when it has none or they were
// not captured).
func (t *Tree) Raw(n *Node) []byte {
	if n.Flags&noSource != 0 || int(n.Source) >= len(t.Sources) {
		return nil
	}
	d := t.Sources[n.Source].Data
	if int(n.Off) >= len(d) {
		return nil
	}
	end := min(int(n.Off)+int(n.Len), len(d))
	return d[n.Off:end]
}

// Value gives the node's value; Bytes are valid until the next packet.
func (t *Tree) Value(n *Node) field.Value {
	if n.Flags&inArena != 0 {
		o := n.Value >> 32
		return field.Value{Bytes: t.text.B[o : o+n.Value&0xffffffff]}
	}
	switch f := field.Get(n.Field); {
	case f.Type.IsString():
		b := t.Raw(n)
		if f.Type == field.TStringz || f.Type == field.TStringzPad || f.Type == field.TStringzTrunc {
			for i, c := range b {
				if c == 0 {
					b = b[:i]
					break
				}
			}
		} else if f.Type == field.TUintString && int(n.Value) <= len(b) {
			b = b[n.Value:]
		}
		return field.Value{Bytes: b}
	case f.Type.IsUint() || f.Type.IsInt() || f.Type == field.TBool || f.Type == field.TIPv4 || f.Type == field.TAbsTime || f.Type == field.TRelTime ||
		f.Type == field.TChar || f.Type == field.TFloat || f.Type == field.TDouble || f.Type == field.TIPXNet:
		return field.Value{Word: n.Value}
	default:
		return field.Value{Bytes: t.Raw(n)}
	}
}

// Label appends the node's line as the detail pane shows it, without the
// brackets of generated items.
func (t *Tree) Label(out *field.Text, n *Node) {
	if n.label != 0 {
		s := t.labels[n.label-1]
		to := s.to
		if t.open == n.label {
			to = uint32(len(t.text.B))
		}
		out.Raw(t.text.B[s.from:to])
		return
	}
	field.Get(n.Field).LabelLine(out, t.Value(n))
}

// HasLabel reports whether the label was written by the dissector.
func (n *Node) HasLabel() bool { return n.label != 0 }

// Derived reports a value that the dissector made: it does not stand in the
// data as it is.
func (n *Node) Derived() bool { return n.Flags&inArena != 0 }

// HasBytes reports whether the node has a place in a data source.
func (n *Node) HasBytes() bool { return n.Flags&noSource == 0 }
