package dissect

import "sonde/capture/field"

// A protocol over a byte stream does not see its messages cut where segments
// are cut. It says so with NeedMore, NeedSegment or NeedFIN and returns; the
// stream below it (TCP, TLS) keeps the bytes from the named position on and
// calls it again, with the same first byte, once there are more.

// Amounts that are not a number of bytes.
const (
	oneMoreSegment = 1<<30 + iota // whatever the next segment brings
	untilFIN                      // everything up to the end of the stream
)

// Stream is what a byte stream has offered to the protocol above, and what
// that protocol asked for.
type Stream struct {
	depth int // who may ask: the dissector at this depth
	node  Ref // the stream's own line, for facts of a message's size
	at    int
	more  int
}

// Ask is what the protocol above a stream asked for. Its position counts in
// the data source that the protocol was given.
type Ask struct {
	At   int // first byte it did not use
	More int // how many bytes are missing; 0 = nothing asked, see Segment and FIN
}

// Segment says that the whole next segment is wanted.
func (a Ask) Segment() bool { return a.More == oneMoreSegment }

// FIN says that everything up to the end of the stream is wanted.
func (a Ask) FIN() bool { return a.More == untilFIN }

// OpenStream lets the protocols called from here, and only those (not what
// they call in turn), ask for more data. node is the stream's own line. The
// returned value goes to CloseStream.
func (c *Cursor) OpenStream(node Ref) Stream {
	p := &c.e.pkt
	old := p.stream
	p.stream = Stream{depth: c.depth + 1, node: node}
	return old
}

// HideStream forbids asking until the returned value goes to CloseStream.
func (c *Cursor) HideStream() Stream {
	p := &c.e.pkt
	old := p.stream
	p.stream = Stream{depth: -1, node: p.stream.node}
	return old
}

// CloseStream ends OpenStream and tells what was asked for.
func (c *Cursor) CloseStream(old Stream) Ask {
	p := &c.e.pkt
	a := Ask{p.stream.at, p.stream.more}
	p.stream = old
	return a
}

// Unask forgets what a dissector asked for that then rejected the data.
func (c *Cursor) Unask() { c.e.pkt.stream.at, c.e.pkt.stream.more = 0, 0 }

// CanAsk reports whether NeedMore and its kin are heard: the data is a piece
// of a stream that this protocol was called on directly. Where it is false
// (reassembly switched off, a cut frame, a quoted packet) a dissector reads on
// and what is missing ends it.
func (c *Cursor) CanAsk() bool { return c.e.pkt.stream.depth == c.depth && c.depth > 0 }

// PassAsk hands the right to ask on to the protocol called next: for thin
// layers that keep no stream of their own (TPKT, a proxy's tunnel).
func (c *Cursor) PassAsk() {
	if c.CanAsk() {
		c.e.pkt.stream.depth++
	}
}

// NeedMore says that the message at pos (absolute, in the present data)
// lacks n bytes. Return right after it. It reports whether it was heard.
func (c *Cursor) NeedMore(pos, n int) bool {
	return n > 0 && c.ask(pos, min(n, oneMoreSegment-1))
}

// NeedSegment is NeedMore when it is not known yet how many bytes are missing.
func (c *Cursor) NeedSegment(pos int) bool { return c.ask(pos, oneMoreSegment) }

// NeedFIN is NeedMore for a message that ends with the stream.
func (c *Cursor) NeedFIN(pos int) bool { return c.ask(pos, untilFIN) }

func (c *Cursor) ask(pos, n int) bool {
	if !c.CanAsk() {
		return false
	}
	c.e.pkt.stream.at, c.e.pkt.stream.more = pos, n
	return true
}

// StreamNode is the line of the stream that the present data came by, None
// when there is none.
func (c *Cursor) StreamNode() Ref {
	if c.e.pkt.stream.depth == 0 {
		return None
	}
	return c.e.pkt.stream.node
}

// Unreassembled leaves the dissector as a read beyond an unfinished first
// fragment does.
func (c *Cursor) Unreassembled() { panic(throws[throwFragment]) }

// Fragmented reports that the present data is the first fragment of something
// larger that was not put together.
func (c *Cursor) Fragmented() bool { return c.fragment }

// Quoted reports that the packet is quoted by another (an ICMP error), not
// sent: columns are frozen and nothing is learned from it.
func (c *Cursor) Quoted() bool { return c.e.pkt.Cols.frozen > 0 }

// PDU runs one message of the present protocol over [pos, pos+n) with a line
// of its own: the first takes the line that the protocol already has, later
// ones get new ones beside it. What fails inside stays inside. It reports
// whether f came to its end.
func (c *Cursor) PDU(first bool, pos, n int, f Parse) bool {
	saved := c.st
	defer func() { c.st = saved }()
	short := n > c.cap-pos
	c.narrow(pos, n)
	c.start = pos
	if short && !c.CanAsk() {
		c.fragment = true
	}
	if r := c.protoNode; first && r != None {
		node := &c.e.pkt.Nodes[r]
		node.Off = uint32(pos)
		node.Len = uint32(max(0, min(c.end, c.cap)-pos))
	} else if r != None {
		c.parent = c.root
		c.protoNode = c.put(c.proto.ID, pos, max(0, min(c.end, c.cap)-pos), 0, toEnd)
		c.parent = c.protoNode
	}
	return c.Guard(func(c *Cursor) { f(c) })
}

// DropNode takes back the present protocol's line when nothing hangs below it
// yet; the protocol stays in the packet's layers.
func (c *Cursor) DropNode() {
	p := &c.e.pkt
	if r := c.protoNode; r != None && int(r) == len(p.Nodes)-1 {
		p.Tree.closeLabel()
		p.Nodes = p.Nodes[:r]
		c.protoNode, c.last = None, None
		c.parent = c.root
	}
}

// NodeCount is how many items are recorded so far; a Ref below it stays as it
// is in MoveNodes.
func (c *Cursor) NodeCount() Ref { return Ref(len(c.e.pkt.Nodes)) }

// MoveNodes puts the items recorded since from in front of those recorded
// since to. Refs at or above to change; nobody may hold one.
func (c *Cursor) MoveNodes(to, from Ref) {
	n := c.e.pkt.Nodes
	k := Ref(len(n)) - from
	if k <= 0 || to >= from {
		return
	}
	moved := append([]Node(nil), n[from:]...)
	copy(n[to+k:], n[to:from])
	copy(n[to:], moved)
	for i := range n[to:] {
		switch p := &n[int(to)+i].Parent; {
		case *p >= from:
			*p -= from - to
		case *p >= to:
			*p += k
		}
	}
	c.last = None
}

// InfoMark puts a mark ("[TCP Retransmission] ") in front of the whole Info
// column, and keeps it there whatever the protocols above write.
func (c *Cursor) InfoMark(s string) {
	k := &c.e.pkt.Cols
	if !k.on || k.frozen != 0 {
		return
	}
	n := len(k.info.B)
	k.info.S(s)
	copy(k.info.B[len(s):], k.info.B[:n])
	copy(k.info.B, s)
	k.fence += len(s)
}

// deepFields are recorded by the protocols above the one that declares them.
var deepFields = map[field.ID]bool{}

// Deep says that a field is recorded by whatever lies above its protocol, so
// that wanting it means dissecting all of the packet.
func Deep(id field.ID) field.ID { deepFields[id] = true; return id }

// OnSource makes what is recorded next point into data source i, and gives the
// source before.
func (c *Cursor) OnSource(i int) int {
	old := int(c.src)
	c.src = uint8(i)
	return old
}

// DropSource takes back the newest data source unless an item recorded since
// from points into it.
func (c *Cursor) DropSource(from Ref) {
	t := &c.e.pkt.Tree
	last := len(t.Sources) - 1
	for i := int(from); i < len(t.Nodes); i++ {
		if int(t.Nodes[i].Source) == last {
			return
		}
	}
	t.Sources[last] = Source{}
	t.Sources = t.Sources[:last]
}

// PushRoot makes what follows stand beside the present protocol's line instead
// of below it, and gives the old parent for Pop.
func (c *Cursor) PushRoot() Ref {
	old := c.parent
	c.parent = c.root
	return old
}

// OnData moves the cursor to the start of a data source that was added before.
func (c *Cursor) OnData(i int, data []byte) {
	c.src = uint8(i)
	c.buf, c.off, c.start, c.end, c.cap = data, 0, 0, len(data), len(data)
	c.fragment = false
}
