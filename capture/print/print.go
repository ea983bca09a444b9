// Package print turns dissected packets into the texts that tshark prints:
// summary lines, the detail tree, hex dumps, PDML, PSML, JSON, Elasticsearch
// bulk JSON and field tables. The layouts are contracts; see tshark(1).
//
// A printer appends to a buffer and flushes it to its writer per packet; it
// keeps nothing of a packet beyond the call.
package print

import (
	"io"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// Printer writes packets in one format. It belongs to one goroutine.
type Printer interface {
	// Begin writes what stands before the first packet.
	Begin() error
	// Packet writes one packet.
	Packet(p *dissect.Packet) error
	// Flush hands what is collected to the writer.
	Flush() error
	// End writes what stands behind the last.
	End() error
}

// tree links a packet's nodes to their children in order.
type tree struct {
	p     *dissect.Packet
	first []int32 // first child by node, -1 none
	last  []int32
	next  []int32 // next sibling
	top   int32
}

func (t *tree) build(p *dissect.Packet) {
	t.p = p
	n := len(p.Nodes)
	t.first, t.last, t.next = grow(t.first, n), grow(t.last, n), grow(t.next, n)
	t.top = -1
	lastTop := int32(-1)
	for i := range p.Nodes {
		id := int32(i)
		switch up := p.Nodes[i].Parent; {
		case up >= 0:
			if t.last[up] >= 0 {
				t.next[t.last[up]] = id
			} else {
				t.first[up] = id
			}
			t.last[up] = id
		case lastTop >= 0:
			t.next[lastTop] = id
			lastTop = id
		default:
			t.top, lastTop = id, id
		}
	}
}

func grow(s []int32, n int) []int32 {
	if cap(s) < n {
		s = make([]int32, n+n/2)
	}
	s = s[:n]
	for i := range s {
		s[i] = -1
	}
	return s
}

func (t *tree) node(i int32) *dissect.Node { return &t.p.Nodes[i] }

// buffer is what printers share: text collected per packet, and the writer.
type buffer struct {
	w io.Writer
	t field.Text
	// scratch for labels and values
	l field.Text
}

// flushAt is how much text is collected before it is written, unless lines
// are to come out one by one.
const flushAt = 64 << 10

func (b *buffer) flush(now bool) error {
	if !now && len(b.t.B) < flushAt {
		return nil
	}
	_, err := b.w.Write(b.t.B)
	b.t.Reset()
	return err
}

// label is the node's line without brackets, in scratch memory.
func (b *buffer) label(p *dissect.Packet, n *dissect.Node) []byte {
	b.l.Reset()
	p.Label(&b.l, n)
	return b.l.B
}

// line is the node's line, generated ones in brackets.
func (b *buffer) line(p *dissect.Packet, n *dissect.Node) []byte {
	if n.Flags&dissect.Generated == 0 {
		return b.label(p, n)
	}
	b.l.Reset()
	b.l.C('[')
	p.Label(&b.l, n)
	return b.l.C(']').B
}

// show is the node's value as exports print it, in scratch memory.
func (b *buffer) show(p *dissect.Packet, n *dissect.Node) []byte {
	b.l.Reset()
	field.Get(n.Field).Show(&b.l, p.Value(n))
	return b.l.B
}

// Flush hands what is collected to the writer.
func (b *buffer) Flush() error { return b.flush(true) }

// Layers is -j and -J of tshark: which layers and fields JSON, EK and PDML
// show with what is below them. The zero value shows everything.
type Layers struct {
	Names map[string]bool // -j: these without what is below their children
	Deep  map[string]bool // -J: these with everything below
}

// shows tells whether what is below a node of this key is to be shown, and the
// filter that holds there.
func (l *Layers) shows(key string) (bool, *Layers) {
	switch {
	case l.Names == nil && l.Deep == nil:
		return true, l
	case l.Deep[key]:
		return true, &everything
	}
	return l.Names[key], l
}

var everything Layers

// keyName is a field's name; lines without a field go by "text".
func keyName(f *field.Field) string {
	if f.ID == field.TextOnly {
		return "text"
	}
	return f.Name
}
