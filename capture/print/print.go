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

// Printer writes packets in one format.
type Printer interface {
	// Begin writes what stands before the first packet.
	Begin() error
	// Packet writes one packet, dissected as Needs says.
	Packet(p *dissect.Packet) error
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

// show is the node's value as exports print it, in scratch memory.
func (b *buffer) show(p *dissect.Packet, n *dissect.Node) []byte {
	b.l.Reset()
	field.Get(n.Field).Show(&b.l, p.Value(n))
	return b.l.B
}

// utf8Only replaces what is not UTF-8 and, with keep false, control characters.
func cleanText(out *field.Text, s []byte, escape func(out *field.Text, c byte) bool) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < 0x80 {
			if !escape(out, c) {
				out.C(c)
			}
			i++
			continue
		}
		n := utf8Len(s[i:])
		if n == 0 {
			out.S("\uFFFD")
			i++
			continue
		}
		out.Raw(s[i : i+n])
		i += n
	}
}
