// TCP reassembly: messages of the protocols above that lie in several segments.
//
// A protocol on TCP (in table "tcp.port", heuristic table "tcp", or set with
// Conv.SetUpper) is called on the payload of a segment, or on the reassembled
// bytes of several. When its message is not complete it says so and returns:
//
//	c.NeedMore(pos, n)  // the message at pos lacks n bytes
//	c.NeedSegment(pos)  // it lacks something; call again with the next segment
//	c.NeedFIN(pos)      // it ends with the connection
//
// pos is absolute in the data it was given. What lies before pos counts as
// dissected; from pos on the bytes are kept and handed over again, from the
// start of the message, in the frame that brings the rest. These calls report
// false when the data cannot be reassembled (switched off, a cut frame, a
// quoted packet); then the dissector reads on and ends where the bytes do.
//
// Protocols whose messages start with their length need none of this:
//
//	tcpPDUs(c, 4, func(c *Cursor, pos int) int { return 4 + int(c.UintAt(pos, 4)) }, parseOne)
//
// A protocol that uses either must be declared Stateful, or the learn pass
// does not call it and its messages are never put together. What it asks for
// must depend on the bytes and on facts only: later passes replay what the
// learn pass decided.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	tcpPayload   = tcpP.Bytes("payload", "TCP payload")
	tcpSegData   = tcpP.Bytes("segment_data", "TCP segment data")
	tcpSegments  = tcpP.None("segments", "Reassembled TCP Segments")
	tcpSegment   = tcpP.FrameNum("segment", "TCP Segment")
	tcpSegCount  = tcpP.U32("segment.count", "Segment count", dec)
	tcpSegOver   = tcpP.Bool("segment.overlap", "Segment overlap")
	tcpSegConfl  = tcpP.Bool("segment.overlap.conflict", "Conflicting data in segment overlap")
	_            = tcpP.Bool("segment.multipletails", "Multiple tail segments found")
	_            = tcpP.Bool("segment.toolongfragment", "Segment too long")
	_            = tcpP.FrameNum("segment.error", "Reassembling error")
	tcpReasmLen  = tcpP.U32("reassembled.length", "Reassembled TCP length", dec)
	tcpReasmData = tcpP.Bytes("reassembled.data", "Reassembled TCP Data")
	tcpReasmIn   = tcpP.FrameNum("reassembled_in", "Reassembled PDU in frame")
	tcpPDUSize   = dissect.Deep(tcpP.U32("pdu.size", "PDU Size", dec))
	tcpFINAgain  = tcpP.FrameNum("fin_retransmission", "Retransmission of FIN from frame")
	tcpRstCause  = tcpP.Str("reset_cause", "Reset cause")

	eiTCPGaveUp = tcpP.Expert("segment.gave_up", field.Reassemble, field.Warn, "Too much data waits for the rest of its message: not reassembled")

	prefTCPDesegment = dissect.BoolPref("tcp.desegment_tcp_streams", "Allow subdissector to reassemble TCP streams", true)
	prefTCPReorder   = dissect.BoolPref("tcp.reassemble_out_of_order", "Reassemble out-of-order segments", false)
)

// Bounds of what is kept for messages that are not complete.
const (
	maxHeldFlow = 16 << 20
	maxHeldAll  = 256 << 20
	maxOffered  = 64 << 20 // bytes of one message, all offers of it taken together
)

// tcpPDUs runs one over each message from the position on, for protocols
// whose messages begin with headerLen bytes that tell their length. length
// gives the length of the whole message at pos, 0 when it needs another
// segment to tell. Every message gets the protocol's line of its own.
func tcpPDUs(c *Cursor, headerLen int, length func(c *Cursor, pos int) int, one dissect.Parse) {
	for first := true; c.Left() > 0; first = false {
		c.Need(1)
		pos, have := c.Pos(), c.CapLeft()
		if have < headerLen && c.NeedSegment(pos) {
			break
		}
		n := length(c, pos)
		c.Seek(pos)
		if n == 0 {
			if !c.NeedSegment(pos) {
				c.Unreassembled()
			}
			break
		}
		if n < headerLen {
			c.Guard(func(c *Cursor) { c.Malformed() })
			return
		}
		if have < n && c.NeedMore(pos, n-have) {
			break
		}
		old := c.Push(c.StreamNode())
		c.Gen(tcpPDUSize, pos, n, uint64(n))
		c.Pop(old)
		c.PDU(first, pos, n, one)
		c.Seek(pos + n)
	}
	if c.Pos() == c.Start() {
		c.DropProto() // nothing of it was used: it is not in this segment yet
	}
}

// tcpPDU is a message of the protocol above while it is being put together
// (and afterwards, so that repeated segments are known).
type tcpPDU struct {
	seq, nxt uint32 // where it starts, and what is expected behind it; relative
	first    uint32 // frames
	last     uint32
	done     uint32
	size     uint32 // where it ends, once the segment that ends it came
	sized    bool
	whole    bool // takes all of the next segment
	dead     bool // given up
	direct   bool // bytes cannot be read again from the frames
	partial  bool // was complete, but the protocol above asked for more
	overlap  bool
	mixed    bool      // parts did not come in order
	spent    int64     // bytes offered to the protocol above so far
	filled   uint32    // bytes from the start on without a gap: the length of data
	late     []tcpLate // bytes behind a gap
	data     []byte
	parts    []tcpPart    // by place
	pieces   []flow.Piece // in order of coming
}

// tcpLate is bytes that came before the ones in front of them.
type tcpLate struct {
	at uint32
	b  []byte
}

// tcpPart is one segment's share of a message.
type tcpPart struct {
	frame, off, at, n uint32
	flags             uint8
}

// Flags of tcpPart.
const (
	partOverlap = 1 << iota
	partConflict
)

// tcpStep is one part of a segment's payload and what becomes of it.
type tcpStep struct {
	blob   *flow.Blob
	of     *tcpPDU   // unfinished message that the part belongs to
	pdu    []tcpPart // what the blob is shown as made of; nil = its pieces
	off    uint32    // of the part, from the start of the payload
	segOff uint32    // shown as segment data, if segLen > 0
	segLen uint32
	used   uint32 // bytes of the blob that are the message; 0 = not shown
	frame  uint32 // reassembled there
	kind   stepKind
	note   bool // Info says where it is reassembled
	fence  bool // another message follows in the segment
	gaveUp bool
}

type stepKind uint8

const (
	stepUpper stepKind = iota // hand the part on as it is
	stepHold                  // keep it
	stepBlob                  // hand the blob on
	stepAgain                 // sent before
	stepKeep                  // a keep-alive's byte
)

// desegment hands the payload at pos on, piece by piece.
func (s *tcpSeg) desegment(c *Cursor, pos int) {
	if !s.learn {
		s.replay(c, pos)
		return
	}
	d := s.walk(c, pos)
	if s.flags&thSYN != 0 {
		d.seq0, d.nxt = s.seq+1, s.nxt+1
	} else {
		d.seq0, d.nxt = s.seq, s.nxt
	}
	d.run()
}

// walk starts at the payload's first byte.
func (s *tcpSeg) walk(c *Cursor, pos int) *tcpDeseg {
	d := &s.deseg
	*d = tcpDeseg{s: s, c: c, pos: pos, to: c.NodeCount(), first: true, all: uint32(c.CapLeft())}
	d.steps = d.room[:0]
	return d
}

// replay does again what the learn pass decided.
func (s *tcpSeg) replay(c *Cursor, pos int) {
	d := s.walk(c, pos)
	if s.fact == nil || s.fact.steps == nil {
		d.room[0] = tcpStep{}
		d.hand(&d.room[0], nil)
		return
	}
	for i := range s.fact.steps {
		x := s.fact.steps[i].later(s.num)
		d.off = x.off
		switch x.kind {
		case stepUpper:
			d.hand(x, nil)
		case stepBlob:
			d.hand(x, c.Flow().Data(x.blob))
		}
		d.show(x)
		if x.fence {
			d.fence()
		}
	}
	d.release()
}

// later is the step once all packets are known: a part of a message that was
// finished by a later frame says so, and if the message starts with it, the
// protocol above sees it only there.
func (x *tcpStep) later(num uint32) *tcpStep {
	if x.of == nil || x.of.done <= num || x.of.dead {
		return x
	}
	y := *x
	y.frame = x.of.done
	if y.kind == stepUpper && y.segLen > 0 && y.segOff == y.off || y.kind == stepBlob && y.used == 0 {
		y.kind = stepHold
	}
	y.note = y.kind == stepHold
	return &y
}

// tcpDeseg is the walk over one segment's payload.
type tcpDeseg struct {
	s         *tcpSeg
	c         *Cursor
	pos       int // of the payload
	off       uint32
	all       uint32 // captured length of the payload
	seq0, nxt uint32
	to        dissect.Ref // where lists of segments go
	first     bool
	fenced    bool
	src       int // data source of reassembled bytes
	protocol  string
	steps     []tcpStep
	room      [2]tcpStep
}

// hand runs the protocol above over a step's part or over reassembled bytes,
// and tells what it asked for.
func (d *tcpDeseg) hand(x *tcpStep, blob []byte) dissect.Ask {
	c := d.c
	old := c.OpenStream(d.s.node)
	if x.kind == stepBlob {
		if blob == nil {
			c.CloseStream(old)
			return dissect.Ask{}
		}
		place, from := c.Save(), c.NodeCount()
		c.UseSource("Reassembled TCP", blob)
		d.src = c.SourceIndex()
		d.s.upper(c, 0)
		a := c.CloseStream(old)
		if a.More != 0 && a.At == 0 {
			c.DropSource(from)
		}
		c.Restore(place)
		return a
	}
	d.s.upper(c, d.pos+int(d.off))
	a := c.CloseStream(old)
	a.At -= d.pos + int(d.off)
	return a
}

// fence keeps what is in the columns from the messages that follow in the
// same segment.
func (d *tcpDeseg) fence() {
	if !d.fenced {
		d.fenced, d.protocol = true, d.c.Packet().Cols.Protocol
	}
	d.c.FenceInfo()
	d.first = false
}

func (d *tcpDeseg) release() {
	if d.fenced {
		d.c.SetProtocol(d.protocol)
	}
}

// show records what a step leaves in the tree.
func (d *tcpDeseg) show(x *tcpStep) {
	c := d.c
	old := c.Push(d.s.node)
	if x.frame != 0 && x.frame != c.Frame().Number {
		c.Gen(tcpReasmIn, d.s.at, 0, uint64(x.frame))
	}
	if x.frame != 0 && x.note && d.first {
		if b := c.InfoSep(" "); b != nil {
			b.S("[TCP PDU reassembled in ").U(uint64(x.frame)).C(']')
		}
	}
	if x.segLen > 0 {
		r := c.Put(tcpSegData, d.pos+int(x.segOff), int(x.segLen), 0)
		if b := c.Label(r); b != nil {
			n := int(x.segLen)
			switch x.kind {
			case stepKeep:
				b.S("TCP keep-alive garbage octet").S(plural(n, "", "s"))
			case stepAgain:
				b.S("Retransmitted TCP segment data (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
			default:
				b.S("TCP segment data (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
			}
		}
	}
	if x.gaveUp {
		c.Expert(d.s.node, eiTCPGaveUp)
	}
	c.Pop(old)
	if x.used > 0 {
		d.list(x)
	}
}

// list records which segments a message was put together from, right behind
// the segment's own lines.
func (d *tcpDeseg) list(x *tcpStep) {
	c := d.c
	if !c.Wants(tcpSegments) && !c.Wants(tcpSegment) && !c.Wants(tcpSegCount) && !c.Wants(tcpReasmLen) && !c.Wants(tcpReasmData) {
		return
	}
	from := c.NodeCount()
	src := c.OnSource(d.src)
	old := c.PushRoot()
	size := int(x.blob.Size)
	parts := x.pdu
	if parts == nil {
		parts = partsOf(x.blob, x.used)
	}
	r := c.Gen(tcpSegments, 0, size, 0)
	if b := c.Label(r); b != nil {
		b.U(uint64(len(parts))).S(" Reassembled TCP Segments (").U(uint64(size)).S(plural(size, " byte): ", " bytes): "))
		for i := range parts {
			if i > 0 {
				b.S(", ")
			}
			b.C('#').U(uint64(parts[i].frame)).C('(').U(uint64(parts[i].n)).C(')')
		}
	}
	c.Push(r)
	at := 0
	for i := range parts {
		d.part(&parts[i], at)
		at += int(parts[i].n)
	}
	c.Gen(tcpSegCount, 0, 0, uint64(len(parts)))
	c.Gen(tcpReasmLen, 0, 0, uint64(size))
	c.Gen(tcpReasmData, 0, size, 0)
	c.Pop(old)
	c.OnSource(src)
	c.MoveNodes(d.to, from)
}

func (d *tcpDeseg) part(p *tcpPart, at int) {
	c := d.c
	r := c.Gen(tcpSegment, at, int(p.n), uint64(p.frame))
	if b := c.Label(r); b != nil {
		b.S("Frame: ").U(uint64(p.frame)).S(", payload: ")
		if p.n > 0 {
			b.U(uint64(at)).C('-').U(uint64(at) + uint64(p.n) - 1)
		} else {
			b.S("none")
		}
		b.S(" (").U(uint64(p.n)).S(plural(int(p.n), " byte)", " bytes)"))
	}
	if p.flags == 0 {
		return
	}
	old := c.Push(r)
	if p.flags&partOverlap != 0 {
		c.Gen(tcpSegOver, 0, 0, 1)
	}
	if p.flags&partConflict != 0 {
		c.Gen(tcpSegConfl, 0, 0, 1)
	}
	c.Pop(old)
}

// partsOf gives a blob's pieces as parts, as far as the message goes.
func partsOf(b *flow.Blob, used uint32) []tcpPart {
	out := make([]tcpPart, 0, len(b.Pieces))
	for i := range b.Pieces {
		p := &b.Pieces[i]
		if p.At >= used && p.Len > 0 {
			break
		}
		out = append(out, tcpPart{frame: p.Frame, off: p.Off, at: p.At, n: min(p.Len, used-p.At)})
	}
	return out
}
