package dissect

import (
	"encoding/binary"
	"math"

	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/frame"
)

// Cursor is what a dissector reads with. Positions are absolute in the current
// data source. A read returns the value, advances, and records a node only
// when somebody wants that field.
//
// A read beyond the data does not return: it leaves the dissector, as
// Wireshark's exceptions do, up to the nearest Protected call or the frame,
// where the packet is marked as cut or malformed. So loops over counted
// elements end by themselves, and what a dissector did not get to is not
// shown; code after a read may rely on the bytes having been there.
type Cursor struct {
	e *Engine
	st
	last     Ref
	steps    int
	depth    int
	rejected bool
	took     bool
}

// st is what a call saves and restores.
type st struct {
	buf       []byte // the data source
	off       int
	start     int
	end       int // end on the wire; may lie beyond cap
	cap       int // end of what was captured
	parent    Ref // where new nodes go
	root      Ref // where the nodes of protocols called from here go
	protoNode Ref
	proto     *Proto
	src       uint8
	layer     uint8
	fragment  bool // the data is the first fragment of something larger
}

// thrown is what leaves a dissector; the values are made once.
type thrown struct{ kind throwKind }

type throwKind uint8

const (
	throwShort    throwKind = iota // beyond what was captured
	throwEnd                       // beyond the packet's own length
	throwFragment                  // beyond a first fragment that was not put together
	throwLimit                     // too many nodes, steps or layers
)

var throws = [...]*thrown{{throwShort}, {throwEnd}, {throwFragment}, {throwLimit}}

// ---- where we are ----

// Pos is the position of the next read.
func (c *Cursor) Pos() int { return c.off }

// Start is where this protocol's data begins.
func (c *Cursor) Start() int { return c.start }

// End is where this protocol's data ends on the wire.
func (c *Cursor) End() int { return c.end }

// Left is how many bytes follow on the wire.
func (c *Cursor) Left() int { return c.end - c.off }

// CapLeft is how many bytes follow in the capture.
func (c *Cursor) CapLeft() int { return c.cap - c.off }

// Len is the length of this protocol's data on the wire.
func (c *Cursor) Len() int { return c.end - c.start }

// Seek moves to a position.
func (c *Cursor) Seek(pos int) { c.off = pos }

// Skip moves on by n bytes, unchecked: the next read checks.
func (c *Cursor) Skip(n int) { c.off += n }

// SetEnd shortens the data on the wire to end at pos (a length field said so).
func (c *Cursor) SetEnd(pos int) {
	if pos < c.end {
		pos = max(pos, c.start)
		c.end = pos
		c.cap = min(c.cap, pos)
		if c.protoNode != None {
			c.e.pkt.Nodes[c.protoNode].Value = uint64(c.cap)
		}
	}
}

// Need leaves the dissector unless n bytes follow.
func (c *Cursor) Need(n int) { c.at(c.off, n) }

// Has reports whether n bytes follow in the capture.
func (c *Cursor) Has(n int) bool {
	return n >= 0 && c.off >= 0 && n <= min(c.cap, len(c.buf))-c.off
}

// at gives n bytes at an absolute position, or leaves.
func (c *Cursor) at(pos, n int) []byte {
	end := pos + n
	if pos < 0 || n < 0 || end < pos || end > c.cap || end > len(c.buf) {
		return c.beyond(pos, n)
	}
	return c.buf[pos:end]
}

// beyond leaves the dissector, unless no bytes were asked for at a place
// inside the data of which nothing was captured.
func (c *Cursor) beyond(pos, n int) []byte {
	if n == 0 && pos >= 0 && pos <= c.cap {
		return nil
	}
	c.fail(pos, n)
	return nil
}

func (c *Cursor) fail(pos, n int) {
	switch {
	case pos >= 0 && n >= 0 && pos+n >= pos && pos+n <= c.end:
		panic(throws[throwShort])
	case c.fragment:
		panic(throws[throwFragment])
	default:
		panic(throws[throwEnd])
	}
}

// Malformed leaves the dissector as a read beyond the end would.
func (c *Cursor) Malformed() { panic(throws[throwEnd]) }

// step counts work, so that no packet can keep a dissector busy for ever.
func (c *Cursor) step() {
	c.steps--
	if c.steps < 0 {
		panic(throws[throwLimit])
	}
}

// ---- peeking: values at a distance from the position, nothing recorded ----

func (c *Cursor) Peek8(rel int) uint8 { return c.at(c.off+rel, 1)[0] }
func (c *Cursor) Peek16(rel int) uint16 {
	return binary.BigEndian.Uint16(c.at(c.off+rel, 2))
}
func (c *Cursor) Peek24(rel int) uint32 {
	b := c.at(c.off+rel, 3)
	return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
}
func (c *Cursor) Peek32(rel int) uint32 {
	return binary.BigEndian.Uint32(c.at(c.off+rel, 4))
}
func (c *Cursor) Peek64(rel int) uint64 {
	return binary.BigEndian.Uint64(c.at(c.off+rel, 8))
}
func (c *Cursor) Peek16LE(rel int) uint16 {
	return binary.LittleEndian.Uint16(c.at(c.off+rel, 2))
}
func (c *Cursor) Peek32LE(rel int) uint32 {
	return binary.LittleEndian.Uint32(c.at(c.off+rel, 4))
}

// PeekBytes gives n bytes at a distance, lent until the packet's end.
func (c *Cursor) PeekBytes(rel, n int) []byte { return c.at(c.off+rel, n) }

// BytesAt gives n bytes at an absolute position.
func (c *Cursor) BytesAt(pos, n int) []byte { return c.at(pos, n) }

// Rest gives the captured bytes from the position on, possibly none.
func (c *Cursor) Rest() []byte {
	end := min(c.cap, len(c.buf))
	if c.off >= end || c.off < 0 {
		return nil
	}
	return c.buf[c.off:end]
}

// UintAt reads an n-byte (1..8) big-endian number at an absolute position.
func (c *Cursor) UintAt(pos, n int) uint64 { return beUint(c.at(pos, n)) }

// UintLEAt reads an n-byte little-endian number at an absolute position.
func (c *Cursor) UintLEAt(pos, n int) uint64 { return leUint(c.at(pos, n)) }

func beUint(b []byte) uint64 {
	var v uint64
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v
}

func leUint(b []byte) uint64 {
	var v uint64
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

// ---- reading and recording ----

// Wants reports whether a field would be recorded. Ask only to avoid work
// beyond the read itself.
func (c *Cursor) Wants(f field.ID) bool { return c.e.all || c.e.want.Has(f) }

// Full reports that a whole tree is being recorded.
func (c *Cursor) Full() bool { return c.e.all }

// Last is the node of the latest read, None when it was not wanted.
func (c *Cursor) Last() Ref { return c.last }

func (c *Cursor) rec(f field.ID, pos, n int, v uint64, fl Flags) Ref {
	c.step()
	if !c.e.all && !c.e.want.Has(f) {
		c.last = None
		return None
	}
	return c.put(f, pos, n, v, fl)
}

func (c *Cursor) put(f field.ID, pos, n int, v uint64, fl Flags) Ref {
	t := &c.e.pkt.Tree
	if len(t.Nodes) >= c.e.maxNodes {
		panic(throws[throwLimit])
	}
	if pos < 0 {
		pos = 0
	}
	if n < 0 {
		n = 0
	}
	t.Nodes = append(t.Nodes, Node{Value: v, Off: uint32(pos), Len: uint32(n), Parent: c.parent, Field: f, Flags: fl, Source: c.src, Layer: c.layer})
	c.last = Ref(len(t.Nodes) - 1)
	return c.last
}

func (c *Cursor) U8(f field.ID) uint8 {
	v := c.at(c.off, 1)[0]
	c.rec(f, c.off, 1, uint64(v), 0)
	c.off++
	return v
}
func (c *Cursor) U16(f field.ID) uint16 {
	v := binary.BigEndian.Uint16(c.at(c.off, 2))
	c.rec(f, c.off, 2, uint64(v), 0)
	c.off += 2
	return v
}
func (c *Cursor) U24(f field.ID) uint32 {
	v := uint32(beUint(c.at(c.off, 3)))
	c.rec(f, c.off, 3, uint64(v), 0)
	c.off += 3
	return v
}
func (c *Cursor) U32(f field.ID) uint32 {
	v := binary.BigEndian.Uint32(c.at(c.off, 4))
	c.rec(f, c.off, 4, uint64(v), 0)
	c.off += 4
	return v
}
func (c *Cursor) U64(f field.ID) uint64 {
	v := binary.BigEndian.Uint64(c.at(c.off, 8))
	c.rec(f, c.off, 8, v, 0)
	c.off += 8
	return v
}
func (c *Cursor) U16LE(f field.ID) uint16 {
	v := binary.LittleEndian.Uint16(c.at(c.off, 2))
	c.rec(f, c.off, 2, uint64(v), 0)
	c.off += 2
	return v
}
func (c *Cursor) U32LE(f field.ID) uint32 {
	v := binary.LittleEndian.Uint32(c.at(c.off, 4))
	c.rec(f, c.off, 4, uint64(v), 0)
	c.off += 4
	return v
}
func (c *Cursor) U64LE(f field.ID) uint64 {
	v := binary.LittleEndian.Uint64(c.at(c.off, 8))
	c.rec(f, c.off, 8, v, 0)
	c.off += 8
	return v
}

// Field reads n bytes as the field's type says (big-endian), records and
// advances. Masked fields take their bits out of the n-byte word.
func (c *Cursor) Field(f field.ID, n int) Ref {
	r := c.FieldAt(f, c.off, n)
	c.off += n
	return r
}

// FieldLE is Field for little-endian numbers.
func (c *Cursor) FieldLE(f field.ID, n int) Ref {
	r := c.FieldLEAt(f, c.off, n)
	c.off += n
	return r
}

// FieldAt records n bytes at a position; the position of the cursor stays.
func (c *Cursor) FieldAt(f field.ID, pos, n int) Ref {
	b := c.at(pos, n)
	return c.rec(f, pos, n, word(f, b, false), 0)
}

// FieldLEAt is FieldAt for little-endian numbers.
func (c *Cursor) FieldLEAt(f field.ID, pos, n int) Ref {
	b := c.at(pos, n)
	return c.rec(f, pos, n, word(f, b, true), 0)
}

// word decodes bytes as a field's type: the number of a Node.
func word(id field.ID, b []byte, le bool) uint64 {
	f := field.Get(id)
	num := func() uint64 {
		if len(b) > 8 {
			return 0
		}
		if le {
			return leUint(b)
		}
		return beUint(b)
	}
	switch {
	case f.Type == field.TBool:
		v := num()
		if f.Mask != 0 {
			v &= f.Mask
		}
		if v != 0 {
			return 1
		}
		return 0
	case f.Type.IsUint() || f.Type == field.TChar || f.Type == field.TIPv4 || f.Type == field.TIPXNet || f.Type == field.TDouble || f.Type == field.TFloat:
		v := num()
		if f.Mask != 0 {
			return v & f.Mask >> uint(f.Shift())
		}
		return v
	case f.Type.IsInt():
		v, w := num(), uint(len(b)*8)
		if f.Mask != 0 {
			v = v & f.Mask >> uint(f.Shift())
			w = uint(64 - leadingZeros(f.Mask>>uint(f.Shift())))
		}
		if w < 64 && v&(1<<(w-1)) != 0 {
			v |= ^uint64(0) << w
		}
		return v
	}
	return 0
}

func leadingZeros(v uint64) int {
	n := 0
	for i := 63; i >= 0 && v&(1<<uint(i)) == 0; i-- {
		n++
	}
	return n
}

// Word reads an n-byte word, records f over it and below it the given masked
// fields, advances, and gives the word.
func (c *Cursor) Word(f field.ID, n int, bits ...field.ID) uint64 {
	b := c.at(c.off, n)
	v := beUint(b)
	r := c.rec(f, c.off, n, word(f, b, false), 0)
	old := c.Push(r)
	for _, bit := range bits {
		c.rec(bit, c.off, n, word(bit, b, false), 0)
	}
	c.Pop(old)
	c.last = r
	c.off += n
	return v
}

// WordLE is Word for little-endian words.
func (c *Cursor) WordLE(f field.ID, n int, bits ...field.ID) uint64 {
	b := c.at(c.off, n)
	v := leUint(b)
	r := c.rec(f, c.off, n, word(f, b, true), 0)
	old := c.Push(r)
	for _, bit := range bits {
		c.rec(bit, c.off, n, word(bit, b, true), 0)
	}
	c.Pop(old)
	c.last = r
	c.off += n
	return v
}

// Bytes reads n bytes (text, addresses, byte strings), records and advances.
func (c *Cursor) Bytes(f field.ID, n int) []byte {
	b := c.at(c.off, n)
	c.rec(f, c.off, n, word(f, b, false), 0)
	c.off += n
	return b
}

// StringZ reads up to and including a NUL byte; the text comes without it.
func (c *Cursor) StringZ(f field.ID) []byte {
	rest := c.Rest()
	for i, x := range rest {
		if x == 0 {
			c.rec(f, c.off, i+1, 0, 0)
			c.off += i + 1
			return rest[:i]
		}
	}
	c.at(c.off, len(rest)+1) // leaves
	return nil
}

// Put records a field with a given number at a place; nothing is read.
func (c *Cursor) Put(f field.ID, pos, n int, v uint64) Ref { return c.rec(f, pos, n, v, 0) }

// PutHidden is Put for an item that filters find and the pane does not show.
func (c *Cursor) PutHidden(f field.ID, pos, n int, v uint64) Ref { return c.rec(f, pos, n, v, Hidden) }

// Gen records a generated item: not on the wire itself, shown in brackets.
func (c *Cursor) Gen(f field.ID, pos, n int, v uint64) Ref { return c.rec(f, pos, n, v, Generated) }

// GenFloat is Gen for FT_DOUBLE fields.
func (c *Cursor) GenFloat(f field.ID, pos, n int, v float64) Ref {
	return c.rec(f, pos, n, math.Float64bits(v), Generated)
}

// PutText records a field whose value is a text or byte string that does not
// stand on the wire as it is (a decompressed name, a joined value).
func (c *Cursor) PutText(f field.ID, pos, n int, s string) Ref {
	return c.putText(f, pos, n, s, 0)
}

// PutBytes is PutText for bytes.
func (c *Cursor) PutBytes(f field.ID, pos, n int, b []byte) Ref {
	if !c.Wants(f) {
		c.last = None
		return None
	}
	t := &c.e.pkt.Tree
	t.closeLabel()
	at := len(t.text.B)
	t.text.Raw(b)
	return c.rec(f, pos, n, uint64(at)<<32|uint64(len(b)), inArena)
}

// GenText is PutText for a generated item.
func (c *Cursor) GenText(f field.ID, pos, n int, s string) Ref {
	return c.putText(f, pos, n, s, Generated)
}

func (c *Cursor) putText(f field.ID, pos, n int, s string, fl Flags) Ref {
	if !c.Wants(f) {
		c.last = None
		return None
	}
	t := &c.e.pkt.Tree
	t.closeLabel()
	at := len(t.text.B)
	t.text.S(s)
	return c.rec(f, pos, n, uint64(at)<<32|uint64(len(s)), fl|inArena)
}

// Text records a line without a field and gives its builder, nil when no
// labels are wanted; c.Last() is the node. The line's place is [pos, pos+n).
func (c *Cursor) Text(pos, n int) *field.Text {
	if !c.e.all {
		c.last = None
		return nil
	}
	return c.Label(c.put(field.TextOnly, pos, n, 0, 0))
}

// GenTextLine is Text for a generated line.
func (c *Cursor) GenTextLine(pos, n int) *field.Text {
	if !c.e.all {
		c.last = None
		return nil
	}
	return c.Label(c.put(field.TextOnly, pos, n, 0, Generated))
}

// ---- shaping the tree ----

// Push makes r the parent of what follows and gives the old parent for Pop.
// With r None (not wanted) the parent stays.
func (c *Cursor) Push(r Ref) Ref {
	old := c.parent
	if r != None {
		c.parent = r
	}
	return old
}

// Pop restores the parent that Push gave.
func (c *Cursor) Pop(old Ref) { c.parent = old }

// Label starts the node's own line in place of the default one; nil when no
// text is wanted. The builder is valid until the next text of the packet.
func (c *Cursor) Label(r Ref) *field.Text {
	if r == None || !c.e.labels {
		return nil
	}
	t := &c.e.pkt.Tree
	t.closeLabel()
	at := uint32(len(t.text.B))
	t.labels = append(t.labels, span{at, at})
	t.open = uint32(len(t.labels))
	t.Nodes[r].label = t.open
	return &t.text
}

// Append continues the node's line, the default one if it has none yet.
func (c *Cursor) Append(r Ref) *field.Text {
	if r == None || !c.e.labels {
		return nil
	}
	t := &c.e.pkt.Tree
	n := &t.Nodes[r]
	if n.label != 0 && n.label == t.open {
		return &t.text
	}
	t.scratch.Reset()
	t.Label(&t.scratch, n)
	return c.Label(r).Raw(t.scratch.B)
}

// SetLen makes the node end at pos.
func (c *Cursor) SetLen(r Ref, pos int) {
	if r != None {
		n := &c.e.pkt.Nodes[r]
		n.Len = uint32(max(0, pos-int(n.Off)))
	}
}

// SetValue changes a recorded number.
func (c *Cursor) SetValue(r Ref, v uint64) {
	if r != None {
		c.e.pkt.Nodes[r].Value = v
	}
}

// Mark sets flags on a node.
func (c *Cursor) Mark(r Ref, fl Flags) {
	if r != None {
		c.e.pkt.Nodes[r].Flags |= fl
	}
}

// Node gives a recorded node for a last touch; nil for None.
func (c *Cursor) Node(r Ref) *Node {
	if r == None {
		return nil
	}
	return &c.e.pkt.Nodes[r]
}

// ProtoNode is this protocol's own line, None when not wanted.
func (c *Cursor) ProtoNode() Ref { return c.protoNode }

// ProtoLen makes the protocol's own line end at pos.
func (c *Cursor) ProtoEnd(pos int) {
	if c.protoNode != None {
		n := &c.e.pkt.Nodes[c.protoNode]
		n.Flags &^= toEnd
		n.Len = uint32(max(0, pos-int(n.Off)))
	}
}

// ---- surroundings ----

// Frame is the frame being dissected.
func (c *Cursor) Frame() *frame.Frame { return c.e.pkt.Frame }

// Packet is the packet's context: addresses, ports, columns.
func (c *Cursor) Packet() *Packet { return &c.e.pkt }

// Flow is what is known across packets.
func (c *Cursor) Flow() *flow.State { return c.e.flow }

// Learning reports that this is the pass that writes Flow: each frame once, in
// order. Code that changes state stands under it.
func (c *Cursor) Learning() bool { return c.e.learn }

// Layer is which occurrence of this protocol in the packet this is, from 1.
func (c *Cursor) Layer() uint8 { return c.layer }

// Proto is the protocol being dissected.
func (c *Cursor) Proto() *Proto { return c.proto }

// SourceIndex is the data source being read: 0 is the frame.
func (c *Cursor) SourceIndex() int { return int(c.src) }

// Bool, Uint and String give a preference's value.
func (c *Cursor) Bool(p *Pref) bool     { return c.e.cfg.boolPref(p) }
func (c *Cursor) Uint(p *Pref) uint64   { return c.e.cfg.uintPref(p) }
func (c *Cursor) String(p *Pref) string { return c.e.cfg.strPref(p) }

// FinishText gives a text field recorded earlier its value, once it is known.
func (c *Cursor) FinishText(r Ref, write func(c *Cursor, t *field.Text)) {
	if r == None {
		return
	}
	t := &c.e.pkt.Tree
	t.closeLabel()
	at := len(t.text.B)
	write(c, &t.text)
	n := &t.Nodes[r]
	n.Flags |= inArena
	n.Value = uint64(at)<<32 | uint64(len(t.text.B)-at)
}

// DropProto takes back the present protocol: it had nothing to say.
func (c *Cursor) DropProto() {
	p := &c.e.pkt
	if n := len(p.Layers); n > 0 && p.Layers[n-1] == c.proto.ID {
		p.Layers = p.Layers[:n-1]
	}
	if r := c.protoNode; r != None && int(r) == len(p.Nodes)-1 {
		p.Nodes = p.Nodes[:r]
	}
	c.protoNode, c.last = None, None
}

// None is the Ref of nothing, for a line that is made only when wanted.
func (c *Cursor) None() Ref { return None }
