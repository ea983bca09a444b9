// What TCP keeps of a connection, and of each segment for later passes.
package proto

import (
	"sync"

	"sonde/capture/dissect"
	"sonde/capture/flow"
)

var (
	tcpFacts  = flow.NewFacts[tcpFact]()
	tcpConvs  = flow.NewSlot[tcpConv]()
	tcpGlobal = flow.NewSlot[tcpShared]()
)

// Header flag bits, RFC 9293 section 3.1 and RFC 3168.
const (
	thFIN = 1 << iota
	thSYN
	thRST
	thPSH
	thACK
	thURG
	thECE
	thCWR
	thAE
)

// tcpFact is what a segment's place in its connection is. One is kept for
// every segment of a capture, so it is small: 40 bytes and, where analysis
// found something, a tcpAna.
type tcpFact struct {
	ana    *tcpAna
	steps  []tcpStep // how the payload was handed on; nil = whole, to the protocol above
	delta  int64     // since the connection's segment before
	conv   uint32    // stream number
	pnum   uint32
	server uint16 // port of the server as known here, 0 = unknown
	bits   uint16
	scale  int8 // the sender's window shift; -1 unknown, -2 none
	compl  uint8
	client uint8 // contiguous runs of bytes seen of the client, and of the server
	srv    uint8
}

// Bits of tcpFact.bits.
const (
	tfClosing  = 1 << iota // this FIN starts the closing
	tfIRTT                 // the connection's initial RTT is known here
	tfACE                  // the ECN bits are a counter (RFC 9768)
	tfSCPS                 // SCPS capabilities are in use
	tfFINAgain             // repeats the FIN of frame conv.flow.fin
	tfRevBase              // the other side's first sequence number is known here
	tfUntilFIN             // ends data that ran up to the end of the stream
)

// tcpShared is what all connections of a capture share.
type tcpShared struct {
	anas    []tcpAna // the slab that analyses are cut from
	pending int64    // bytes kept for messages that are not complete
	mptcp   map[uint32]*mptcpConn
	mptcpN  uint32
}

// tcpConv is a connection: the two directions, and what belongs to both.
// Direction 0 is the sender of the connection's first segment.
type tcpConv struct {
	flow      [2]tcpFlow
	first     int64
	prev      int64
	lastSYN   int64 // 0 = none seen
	irtt      int64
	aeSYN     bool // Accurate ECN was asked for, and granted, and seen in use
	aeSYNACK  bool
	aeOption  bool
	tfoData   bool
	pnum      uint32
	compl     uint8
	server    uint16
	mptcp     *mptcpConn
	mptcpSwap bool // direction 0 of this subflow is side 1 of the connection
}

// tcpFlow is one direction of a connection.
type tcpFlow struct {
	base     uint32 // sequence number that is shown as 0
	baseSet  bool
	sawSYN   bool
	scale    int8
	window   uint32
	firstACK bool // nothing but the SYN was seen: the window is not scaled yet
	closing  bool
	scps     bool
	untilFIN bool
	fin      uint32
	flags    uint16 // of analysis, of the segment before
	maxNext  uint32 // highest sequence number handed on, relative
	a        tcpSeqState
	pdus     []*tcpPDU    // by sequence number
	waiting  []tcpWaiting // behind a gap, when segments are put in order
	held     int64        // bytes kept for messages that are not complete
}

func newTCPConv(t int64) tcpConv {
	v := tcpConv{first: t, prev: t}
	for i := range v.flow {
		v.flow[i].scale, v.flow[i].window = -1, ^uint32(0)
	}
	return v
}

// tcpSegs keeps segments for reuse: what they reach is too much for the stack.
var tcpSegs = sync.Pool{New: func() any { return new(tcpSeg) }}

// tcpSeg is one segment while it is dissected.
type tcpSeg struct {
	at          int // where the header starts
	sp, dp      uint16
	flags       uint16
	hlen        int
	rawSeq      uint32
	rawAck      uint32
	seq, ack    uint32 // relative
	nxt         uint32
	length      int // of the payload on the wire; valid if haveLen
	haveLen     bool
	quoted      bool
	win         uint32
	conv        *flow.Conv
	v           *tcpConv
	fwd, rev    *tcpFlow
	fact        *tcpFact
	ana         *tcpAna
	isNew       bool
	dir         int
	node        dissect.Ref
	synRef      dissect.Ref
	now         int64
	num         uint32
	learn       bool
	relative    bool
	analyze     bool
	canReasm    bool
	canAll      bool // the whole segment was captured
	optRef      dissect.Ref
	sackLeft    [4]uint32
	sackRight   [4]uint32
	sacks       int
	hasMPTCP    bool
	mss, sackOK bool
	options     int
	opt         tcpOpt   // the option being read
	deseg       tcpDeseg // the walk over the payload
}

// seqLT and its kin compare sequence numbers modulo 2^32 (RFC 9293 section 3.4).
func seqLT(a, b uint32) bool { return int32(a-b) < 0 }
func seqLE(a, b uint32) bool { return int32(a-b) <= 0 }
func seqGT(a, b uint32) bool { return int32(a-b) > 0 }
func seqGE(a, b uint32) bool { return int32(a-b) >= 0 }

// place finds the segment's connection, and in the learn pass starts a new one
// where the ports were reused. It reports false when nothing is known.
func (s *tcpSeg) place(c *Cursor, p *dissect.Packet) bool {
	st, fr := c.Flow(), c.Frame()
	if !s.learn {
		s.fact = tcpFacts.Get(st, fr.Number, c.Layer())
		if s.fact == nil {
			return false
		}
		s.conv = st.Convs(flow.KTCP)[s.fact.conv]
		s.v = tcpConvs.Of(s.conv)
		s.ana = s.fact.ana
		s.sides(p)
		s.hop(c, p)
		return true
	}
	s.conv = st.Find(flow.KTCP, &p.Src, &p.Dst, uint32(s.sp), uint32(s.dp), fr.Number)
	if s.conv == nil {
		s.start(c, p)
	} else {
		s.v = tcpConvs.Of(s.conv)
		if s.v == nil {
			// somebody above made the conversation (an FTP data channel)
			s.v = tcpConvs.Make(s.conv)
			*s.v = newTCPConv(s.now)
		}
		s.sides(p)
	}
	again := false
	switch f := s.flags & (thSYN | thACK); {
	case f == thSYN:
		if !s.fwd.baseSet {
			s.isNew = true
		} else if s.rawSeq != s.fwd.base || s.v.compl&(complRST|complFIN) != 0 {
			s.start(c, p)
			again = true
		} else {
			s.fwd.a.next = s.fwd.a.maxAcked
			s.note(c)
		}
		s.v.aeSYN = s.flags&(thAE|thCWR|thECE) == thAE|thCWR|thECE
	case f == thSYN|thACK:
		if s.fwd.baseSet && (s.rawSeq != s.fwd.base || s.v.compl&(complRST|complFIN) != 0) {
			s.start(c, p)
			again = true
		}
		s.v.aeSYNACK = s.flags&(thAE|thCWR) == thCWR || s.flags&(thAE|thECE) == thAE
	}
	if again {
		s.note(c).flags |= taReused
	}
	v := s.v
	v.pnum++
	s.fact = tcpFacts.Put(st, fr.Number, c.Layer())
	*s.fact = tcpFact{conv: s.conv.Index, pnum: v.pnum, delta: s.now - v.prev, ana: s.ana, compl: v.compl, server: v.server, scale: s.fwd.scale}
	v.prev = s.now
	s.conv.Last, s.conv.LastTime = fr.Number, fr.Time
	s.conv.Packets++
	s.hop(c, p)
	return true
}

// hop tells statistics of the segment, once its connection is settled.
func (s *tcpSeg) hop(c *Cursor, p *dissect.Packet) {
	c.Hop(flow.KTCP, &p.Src, &p.Dst, uint32(s.sp), uint32(s.dp), s.conv.Index)
}

// start begins a new connection with this segment.
func (s *tcpSeg) start(c *Cursor, p *dissect.Packet) {
	fr := c.Frame()
	s.conv = c.Flow().Create(flow.KTCP, &p.Src, &p.Dst, uint32(s.sp), uint32(s.dp), fr.Number)
	s.conv.FirstTime, s.conv.LastTime = fr.Time, fr.Time
	s.v = tcpConvs.Make(s.conv)
	*s.v = newTCPConv(s.now)
	s.isNew = true
	s.sides(p)
}

func (s *tcpSeg) sides(p *dissect.Packet) {
	s.dir = s.conv.Dir(&p.Src, uint32(s.sp))
	s.fwd, s.rev = &s.v.flow[s.dir], &s.v.flow[1-s.dir]
	p.Conv = s.conv
}

// learnBase sets what sequence numbers are relative to. Where the SYN was not
// seen, the first byte seen becomes 1.
func (s *tcpSeg) learnBase() {
	if !s.fwd.baseSet {
		s.fwd.baseSet = true
		s.fwd.base = s.rawSeq - 1
		if s.flags&thSYN != 0 {
			s.fwd.base, s.fwd.sawSYN = s.rawSeq, true
		}
	}
	if !s.rev.baseSet && s.flags&thACK != 0 {
		s.rev.baseSet, s.rev.base = true, s.rawAck-1
	}
	if s.rev.baseSet {
		s.fact.bits |= tfRevBase
	}
}

// Bits of the completeness of a connection.
const (
	complSYN = 1 << iota
	complSYNACK
	complACK
	complData
	complFIN
	complRST
)

// learnCompleteness adds what this segment shows of its connection's life.
func (s *tcpSeg) learnCompleteness() {
	v := s.v.compl
	if s.isNew {
		v = 0
		if s.flags&(thSYN|thACK) == thSYN {
			v |= complSYN
			if s.length > 0 {
				v |= complData
			}
		}
	}
	switch s.flags & (thSYN | thACK) {
	case thSYN | thACK:
		v |= complSYNACK
	case thACK:
		if s.length > 0 {
			v |= complData
		} else {
			v |= complACK
		}
	}
	if s.flags&(thFIN|thACK) == thFIN|thACK {
		v |= complFIN
	}
	if s.flags&thRST != 0 {
		v |= complRST
	}
	s.v.compl = v
}

// learnScale settles window scaling once a SYN's options are known: it is used
// only when both sides offered it (RFC 7323 section 2.2).
func (s *tcpSeg) learnScale() {
	if s.fwd.scale == -1 {
		s.fwd.scale, s.rev.scale = -2, -2
	} else if s.flags&thACK != 0 && s.rev.scale == -2 {
		s.fwd.scale = -2
	}
}
