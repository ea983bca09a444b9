// TCP sequence analysis: what a segment means given the ones before it. The
// rules and their order are Wireshark's (User's Guide, "TCP Analysis").
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	tcpAnalysis  = tcpP.None("analysis", "SEQ/ACK analysis")
	tcpAnaFlags  = tcpP.None("analysis.flags", "TCP Analysis Flags")
	tcpAnaDup    = tcpP.None("analysis.duplicate_ack", "Duplicate ACK")
	tcpAnaDupNum = tcpP.U32("analysis.duplicate_ack_num", "Duplicate ACK #", dec)
	tcpAnaDupFrm = tcpP.FrameNum("analysis.duplicate_ack_frame", "Duplicate to the ACK in frame")
	tcpAnaAcks   = tcpP.FrameNum("analysis.acks_frame", "This is an ACK to the segment in frame")
	tcpAnaBIF    = tcpP.U32("analysis.bytes_in_flight", "Bytes in flight", dec)
	tcpAnaPush   = tcpP.U32("analysis.push_bytes_sent", "Bytes sent since last PSH flag", dec)
	tcpAnaRTT    = tcpP.RelTime("analysis.ack_rtt", "The RTT to ACK the segment was")
	tcpAnaIRTT   = tcpP.RelTime("analysis.initial_rtt", "iRTT")
	tcpAnaRTO    = tcpP.RelTime("analysis.rto", "The RTO for this segment was")
	tcpAnaRTOFrm = tcpP.FrameNum("analysis.rto_frame", "RTO based on delta from frame")
	tcpCltRuns   = tcpP.U32("stream.client.contiguity_count", "Client Contiguous Streams", dec)
	tcpSrvRuns   = tcpP.U32("stream.server.contiguity_count", "Server Contiguous Streams", dec)

	eiTCPRetrans   = tcpP.Expert("analysis.retransmission", field.Sequence, field.Note, "This frame is a (suspected) retransmission")
	eiTCPFast      = tcpP.Expert("analysis.fast_retransmission", field.Sequence, field.Note, "This frame is a (suspected) fast retransmission")
	eiTCPSpurious  = tcpP.Expert("analysis.spurious_retransmission", field.Sequence, field.Note, "This frame is a (suspected) spurious retransmission")
	eiTCPOOO       = tcpP.Expert("analysis.out_of_order", field.Sequence, field.Warn, "This frame is a (suspected) out-of-order segment")
	eiTCPReused    = tcpP.Expert("analysis.reused_ports", field.Sequence, field.Note, "A new tcp session is started with the same ports as an earlier session in this trace")
	eiTCPLost      = tcpP.Expert("analysis.lost_segment", field.Sequence, field.Warn, "Previous segment(s) not captured (common at capture start)")
	eiTCPAckLost   = tcpP.Expert("analysis.ack_lost_segment", field.Sequence, field.Warn, "ACKed segment that wasn't captured (common at capture start)")
	eiTCPUpdate    = tcpP.Expert("analysis.window_update", field.Sequence, field.Chat, "TCP window update")
	eiTCPFull      = tcpP.Expert("analysis.window_full", field.Sequence, field.Warn, "TCP window specified by the receiver is now completely full")
	eiTCPKeep      = tcpP.Expert("analysis.keep_alive", field.Sequence, field.Note, "TCP keep-alive segment")
	eiTCPKeepAck   = tcpP.Expert("analysis.keep_alive_ack", field.Sequence, field.Note, "ACK to a TCP keep-alive segment")
	eiTCPDup       = tcpP.Expert(":tcp.analysis.duplicate_ack", field.Sequence, field.Note, "Duplicate ACK")
	eiTCPProbe     = tcpP.Expert("analysis.zero_window_probe", field.Sequence, field.Note, "TCP Zero Window Probe")
	eiTCPZero      = tcpP.Expert("analysis.zero_window", field.Sequence, field.Warn, "TCP Zero Window segment")
	eiTCPProbeAck  = tcpP.Expert("analysis.zero_window_probe_ack", field.Sequence, field.Note, "ACK to a TCP Zero Window Probe")
	eiTCPPartial   = tcpP.Expert("analysis.partial_ack", field.Sequence, field.Note, "Partial Acknowledgement of a segment")
	eiTCPAmbiguous = tcpP.Expert("analysis.ambiguous_ack", field.Sequence, field.Note, "Ambiguous ACK following Karn's definition")

	prefTCPBIF    = dissect.BoolPref("tcp.track_bytes_in_flight", "Track number of bytes in flight", true)
	prefTCPBIFSeq = dissect.BoolPref("tcp.bif_seq_based", "Evaluate bytes in flight based on sequence numbers", false)
	prefTCPFastF  = dissect.BoolPref("tcp.fastrt_supersedes_ooo", "Fast Retransmission supersedes Out-of-Order interpretation", true)
)

// Findings of the analysis, as bits of tcpAna.flags.
const (
	taRetrans = 1 << iota
	taLost
	taAckLost
	taKeepAlive
	taDup
	taZero
	taProbe
	taProbeAck
	taKeepAck
	taOOO
	taFast
	taUpdate
	taFull
	taReused
	taSpurious
	taOld // the bytes went to the protocol above before; not shown
)

// tcpAna is what analysis found for one segment.
type tcpAna struct {
	rare    *tcpRare
	rtt     int64
	acked   uint32 // frame
	bif     uint32
	push    uint32
	flags   uint16
	partial bool
	karn    bool
}

// tcpRare is what few segments need.
type tcpRare struct {
	rto              int64
	rtoFrame         uint32
	dupNum, dupFrame uint32
}

const tcpSlab = 256

// note gives the segment's findings, made when first needed. Learn pass only.
func (s *tcpSeg) note(c *Cursor) *tcpAna {
	if s.ana != nil {
		return s.ana
	}
	g := tcpGlobal.Global(c.Flow())
	if len(g.anas) == 0 {
		g.anas = make([]tcpAna, tcpSlab)
	}
	s.ana, g.anas = &g.anas[0], g.anas[1:]
	if s.fact != nil {
		s.fact.ana = s.ana
	}
	return s.ana
}

func (s *tcpSeg) rare(c *Cursor) *tcpRare {
	a := s.note(c)
	if a.rare == nil {
		a.rare = new(tcpRare)
	}
	return a.rare
}

// tcpUnacked is a segment that was sent and not acknowledged yet.
type tcpUnacked struct {
	time     int64
	frame    uint32
	seq, nxt uint32
	karn     bool // sent more than once: its RTT is ambiguous
}

// Bounds on what is remembered of a direction.
const (
	maxUnacked  = 10000
	maxTCPRuns  = 100
	maxTCPSacks = 4
)

// tcpSeqState is what analysis remembers of one direction; sequence numbers
// are absolute but for the SACK edges.
type tcpSeqState struct {
	unacked     []tcpUnacked // oldest first
	next        uint32       // highest sequence number seen, + 1
	nextFrame   uint32
	nextTime    int64
	lastAck     uint32
	lastAckTime int64
	lastLen     uint32 // payload of the segment that last moved next
	lastNonDup  uint32 // frame
	dups        uint32
	maxAcked    uint32 // highest sequence number without a gap
	pushed      uint32
	pushLast    bool
	bif         bool // bytes in flight can be told
	sacks       uint8
	runs        uint8
	sackL       [maxTCPSacks]uint32
	sackR       [maxTCPSacks]uint32
	run         [][2]uint32 // few connections have many
}

// analyze judges the segment against the ones before. Learn pass only.
func (s *tcpSeg) analyzeSeq(c *Cursor) {
	fa, ra := &s.fwd.a, &s.rev.a
	seq, ack, n, win := s.rawSeq, s.rawAck, uint32(s.length), s.win
	plain := s.flags&(thSYN|thFIN|thRST) == 0
	if s.flags&thACK != 0 {
		ra.bif = true
	}
	s.judgeWindow(c, seq, ack, n, win, plain)
	if ack != fa.lastAck {
		fa.lastNonDup, fa.dups = s.num, 0
	}
	if ra.maxAcked != 0 && seqGT(ack, ra.maxAcked) && s.flags&thACK != 0 {
		s.judgeUnseen(c, seq, ack)
	}
	if n > 0 || s.flags&(thSYN|thFIN) != 0 {
		s.judgeAgain(c, seq, n)
	}
	nxt := seq + n
	bump := uint32(0)
	if s.flags&(thSYN|thFIN) != 0 {
		bump = 1
	}
	if (n > 0 || bump > 0) && len(fa.unacked) < maxUnacked {
		nxt += bump
		karn := s.ana != nil && s.ana.flags&(taRetrans|taFast|taSpurious) != 0
		fa.unacked = append(fa.unacked, tcpUnacked{time: s.now, frame: s.num, seq: seq, nxt: nxt, karn: karn})
	}
	if fa.next == 0 || seqGT(nxt, fa.next+bump) {
		fa.lastLen = n
	}
	probe := s.ana != nil && s.ana.flags&taProbe != 0
	if (fa.next == 0 || seqGT(nxt, fa.next)) && !probe {
		fa.next, fa.nextFrame, fa.nextTime = nxt, s.num, s.now
	}
	if (fa.maxAcked == 0 || seq == fa.maxAcked) && !probe {
		fa.maxAcked = fa.next
	}
	s.fwd.window = win
	fa.lastAck, fa.lastAckTime = ack, s.now
	s.fwd.flags = 0
	if s.ana != nil {
		s.fwd.flags = s.ana.flags
	}
	s.acknowledge(c, ack)
	if c.Bool(prefTCPBIF) {
		s.inFlight(c, n)
	}
	fa.contiguous(seq, nxt)
}

// judgeWindow looks for probes, keep-alives, window changes, gaps and
// duplicate ACKs.
func (s *tcpSeg) judgeWindow(c *Cursor, seq, ack, n, win uint32, plain bool) {
	fwd, rev := s.fwd, s.rev
	fa, ra := &fwd.a, &rev.a
	if n == 1 && seq == fa.next && rev.window == 0 {
		s.note(c).flags |= taProbe
		return
	}
	if win == 0 && plain {
		s.note(c).flags |= taZero
	}
	if fa.next != 0 && seqGT(seq, fa.next) && s.flags&thRST == 0 {
		s.note(c).flags |= taLost
		fa.bif = false
	}
	if n <= 1 && seq == fa.next-1 && plain {
		s.note(c).flags |= taKeepAlive
	}
	same := n == 0 && seq == fa.next && ack == fa.lastAck && plain
	if same && win != 0 && win != fwd.window {
		s.note(c).flags |= taUpdate
	}
	if n > 0 && rev.scale != -1 && plain {
		shift := uint(0)
		if !rev.firstACK && rev.scale > 0 {
			shift = uint(rev.scale)
		}
		if seq+n == ra.lastAck+rev.window<<shift {
			s.note(c).flags |= taFull
		}
	}
	if same && win != 0 && win == fwd.window && rev.flags&taKeepAlive != 0 {
		s.note(c).flags |= taKeepAck
		return
	}
	if n == 0 && win == 0 && win == fwd.window && seq == fa.next && (ack == fa.lastAck || ack == fa.lastAck+1) && rev.flags&taProbe != 0 && plain {
		s.note(c).flags |= taProbeAck
		if ack == fa.lastAck+1 {
			ra.next, ra.maxAcked = ack, ack
		}
		return
	}
	if same && win != 0 && win == fwd.window {
		s.duplicate(c)
		return
	}
}

func (s *tcpSeg) duplicate(c *Cursor) {
	fa := &s.fwd.a
	fa.dups++
	s.note(c).flags |= taDup
	r := s.rare(c)
	r.dupNum, r.dupFrame = fa.dups, fa.lastNonDup
}

// judgeUnseen: the ACK is for bytes that were not seen.
func (s *tcpSeg) judgeUnseen(c *Cursor, seq, ack uint32) {
	fa, ra := &s.fwd.a, &s.rev.a
	if ack == fa.lastAck+1 && seq == fa.next && s.rev.flags&taProbe != 0 {
		ra.next, ra.maxAcked = ack, ack
		s.note(c).flags |= taUpdate
		return
	}
	// Segments that wait for their ACK right behind this one move the mark on.
	le, re := uint32(0), uint32(0)
	for i := len(ra.unacked) - 1; i >= 0; i-- {
		u := &ra.unacked[i]
		if le == re {
			le, re = u.seq, u.nxt
		}
		if seqGE(u.seq, ack) {
			if u.nxt != le {
				re = u.nxt
			}
			le = u.seq
		}
	}
	ra.maxAcked = ack
	if ack == le && seqGT(re, ack) {
		ra.maxAcked = re
	}
	s.note(c).flags |= taAckLost
}

// judgeAgain tells retransmissions from segments out of order.
func (s *tcpSeg) judgeAgain(c *Cursor, seq, n uint32) {
	fa, ra := &s.fwd.a, &s.rev.a
	if s.ana != nil && s.ana.flags&taKeepAlive != 0 {
		return
	}
	behind := fa.next != 0 && seqLT(seq, fa.next)
	if n > 1 && fa.next-1 == seq {
		behind = false
	}
	if n > 0 && ra.lastAck != 0 && seqLE(seq+n, ra.lastAck) {
		s.note(c).flags |= taSpurious
		return
	}
	if !behind {
		return
	}
	since := max(0, s.now-ra.lastAckTime)
	fast := c.Bool(prefTCPFastF)
	for range 2 {
		if fast {
			if s.isFast(seq, n, since) {
				s.note(c).flags |= taFast
				return
			}
		} else if s.isOOO(c, seq, n, since) {
			s.note(c).flags |= taOOO
			return
		}
		fast = !fast
	}
	s.note(c).flags |= taRetrans
	r := s.rare(c)
	r.rto, r.rtoFrame = s.now-fa.nextTime, fa.nextFrame
	for i := len(fa.unacked) - 1; i >= 0; i-- {
		if u := &fa.unacked[i]; seqGE(u.seq, seq) {
			r.rto, r.rtoFrame = s.now-u.time, u.frame
		}
	}
}

// isFast: within 20 ms of the last ACK, after two duplicate ACKs that ask for
// this segment or whose SACK blocks leave it out (RFC 5681 section 3.2).
func (s *tcpSeg) isFast(seq, n uint32, since int64) bool {
	ra := &s.rev.a
	if since >= 20e6 || ra.dups < 2 {
		return false
	}
	if ra.lastAck == seq {
		return true
	}
	for i := range ra.sackL[:ra.sacks] {
		if seq >= ra.sackL[i] && seq+n <= ra.sackR[i] {
			return false
		}
	}
	return ra.sacks > 0
}

// isOOO: soon after the last ACK, and these bytes were not seen before.
func (s *tcpSeg) isOOO(c *Cursor, seq, n uint32, since int64) bool {
	fa := &s.fwd.a
	limit := int64(3e6)
	if s.v.irtt != 0 {
		limit = s.v.irtt
	}
	for i := len(fa.unacked) - 1; i >= 0; i-- {
		if u := &fa.unacked[i]; seqGE(seq, u.seq) && seqLE(seq+n, u.nxt) {
			u.karn = true
			s.note(c)
			return false
		}
	}
	if since >= limit {
		return false
	}
	bump := uint32(0)
	if s.flags&(thSYN|thFIN) != 0 {
		bump = 1
	}
	return fa.next != seq+n+bump || fa.lastLen == 0
}

// acknowledge takes what the ACK covers off the other side's list.
func (s *tcpSeg) acknowledge(c *Cursor, ack uint32) {
	ra := &s.rev.a
	left := len(ra.unacked)
	for i := left - 1; i >= 0; i-- {
		u := &ra.unacked[i]
		switch {
		case ack == u.nxt:
			s.acks(c, u, false)
		case seqGT(ack, u.seq) && seqLE(ack, u.nxt):
			u.seq = ack
			s.acks(c, u, true)
			continue
		case seqGT(u.nxt, ack):
			continue
		}
		u.frame = 0 // covered
	}
	keep := ra.unacked[:0]
	for _, u := range ra.unacked {
		if u.frame != 0 {
			keep = append(keep, u)
		}
	}
	ra.unacked = keep
}

func (s *tcpSeg) acks(c *Cursor, u *tcpUnacked, partial bool) {
	a := s.note(c)
	a.acked, a.rtt, a.partial, a.karn = u.frame, s.now-u.time, partial, u.karn
}

// inFlight counts the bytes sent and not acknowledged after this segment.
func (s *tcpSeg) inFlight(c *Cursor, n uint32) {
	fa, ra := &s.fwd.a, &s.rev.a
	if n == 0 || !fa.bif {
		return
	}
	var flight uint32
	if c.Bool(prefTCPBIFSeq) {
		flight = fa.next - ra.lastAck
	} else {
		if len(fa.unacked) == 0 {
			return
		}
		u := &fa.unacked[len(fa.unacked)-1]
		lo, hi := u.seq-s.fwd.base, u.nxt-s.fwd.base
		for i := range fa.unacked {
			u := &fa.unacked[i]
			lo, hi = min(lo, u.seq-s.fwd.base), max(hi, u.nxt-s.fwd.base)
		}
		flight = hi - lo
	}
	for i := range ra.sackL[:ra.sacks] {
		flight -= ra.sackR[i] - ra.sackL[i]
	}
	a := s.note(c)
	if flight > 0 && flight < 2000000000 {
		a.bif = flight
		if s.flags&(thSYN|thFIN) != 0 {
			a.bif--
		}
	}
	if fa.pushLast {
		fa.pushed = 0
	}
	fa.pushed += n
	fa.pushLast = s.flags&thPSH != 0
	a.push = fa.pushed
}

// contiguous keeps the runs of bytes seen without a gap, at most maxTCPRuns.
func (a *tcpSeqState) contiguous(seq, nxt uint32) {
	if nxt == seq {
		return
	}
	n, i := int(a.runs), 0
	for ; i < n && seqGE(seq, a.run[i][0]); i++ {
		if seqGT(seq, a.run[i][1]) {
			continue
		}
		if seqLE(nxt, a.run[i][1]) {
			return
		}
		a.run[i][1] = nxt
		a.merge(i, nxt)
		return
	}
	if n == maxTCPRuns {
		return
	}
	a.run = append(a.run, [2]uint32{})
	copy(a.run[i+1:], a.run[i:n])
	a.run[i] = [2]uint32{seq, nxt}
	a.runs++
	a.merge(i, nxt)
}

func (a *tcpSeqState) merge(i int, nxt uint32) {
	j, n := i+1, int(a.runs)
	for ; j < n && seqGE(nxt, a.run[j][0]); j++ {
		if seqGT(a.run[j][1], nxt) {
			a.run[i][1] = a.run[j][1]
		}
	}
	copy(a.run[i+1:], a.run[j:n])
	a.runs -= uint8(j - i - 1)
	a.run = a.run[:a.runs]
}

// showAnalysis records the findings.
func (s *tcpSeg) showAnalysis(c *Cursor) {
	a := s.ana
	if a == nil {
		return
	}
	pos := s.at
	tree := c.Gen(tcpAnalysis, pos, 0, 0)
	old := c.Push(tree)
	if a.acked != 0 {
		r := c.Gen(tcpAnaAcks, pos, 0, uint64(a.acked))
		if a.partial {
			c.Expert(r, eiTCPPartial)
		}
		if a.karn {
			c.Expert(r, eiTCPAmbiguous)
		}
		if a.rtt != 0 {
			c.Gen(tcpAnaRTT, pos, 0, uint64(a.rtt))
		}
	}
	if s.fact.bits&tfIRTT != 0 {
		c.Gen(tcpAnaIRTT, pos, 0, uint64(s.v.irtt))
	}
	if a.bif != 0 && c.Bool(prefTCPBIF) {
		c.Gen(tcpAnaBIF, pos, 0, uint64(a.bif))
		c.Gen(tcpAnaPush, pos, 0, uint64(a.push))
	}
	if fl := a.flags &^ taOld; fl != 0 {
		s.showFindings(c, a, fl, tree)
	}
	c.Pop(old)
}

// tcpFindings is the order that findings are shown in, and their marks in the
// Info column.
var tcpFindings = [...]struct {
	bit    uint16
	expert *field.ID
	also   *field.ID
	mark   string
}{
	{taReused, &eiTCPReused, nil, "[TCP Port numbers reused] "},
	{taRetrans, &eiTCPRetrans, nil, "[TCP Retransmission] "},
	{taFast, &eiTCPFast, &eiTCPRetrans, "[TCP Fast Retransmission] "},
	{taSpurious, &eiTCPSpurious, &eiTCPRetrans, "[TCP Spurious Retransmission] "},
	{taOOO, &eiTCPOOO, nil, "[TCP Out-Of-Order] "},
	{taLost, &eiTCPLost, nil, "[TCP Previous segment not captured] "},
	{taAckLost, &eiTCPAckLost, nil, "[TCP ACKed unseen segment] "},
	{taUpdate, &eiTCPUpdate, nil, "[TCP Window Update] "},
	{taFull, &eiTCPFull, nil, "[TCP Window Full] "},
	{taKeepAlive, &eiTCPKeep, nil, "[TCP Keep-Alive] "},
	{taKeepAck, &eiTCPKeepAck, nil, "[TCP Keep-Alive ACK] "},
	{taDup, nil, nil, ""},
	{taProbe, &eiTCPProbe, nil, "[TCP ZeroWindowProbe] "},
	{taZero, &eiTCPZero, nil, "[TCP ZeroWindow] "},
	{taProbeAck, &eiTCPProbeAck, nil, "[TCP ZeroWindowProbeAck] "},
}

func (s *tcpSeg) showFindings(c *Cursor, a *tcpAna, flags uint16, tree dissect.Ref) {
	pos := s.at
	r := c.Gen(tcpAnaFlags, pos, 0, 0)
	old := c.Push(r)
	rare := a.rare
	for i := range tcpFindings {
		f := &tcpFindings[i]
		if flags&f.bit == 0 {
			continue
		}
		if f.bit == taDup {
			s.showDup(c, rare, tree)
			continue
		}
		c.Expert(r, *f.expert)
		if f.also != nil {
			c.Expert(r, *f.also)
		}
		c.InfoMark(f.mark)
		if f.bit == taRetrans && rare != nil && rare.rto != 0 {
			c.Gen(tcpAnaRTO, pos, 0, uint64(rare.rto))
			c.Gen(tcpAnaRTOFrm, pos, 0, uint64(rare.rtoFrame))
		}
	}
	c.Pop(old)
}

func (s *tcpSeg) showDup(c *Cursor, rare *tcpRare, tree dissect.Ref) {
	pos := s.at
	if rare == nil || rare.dupNum == 0 {
		return
	}
	r := c.Gen(tcpAnaDup, pos, 0, 0)
	if b := c.Label(r); b != nil {
		b.S("This is a TCP duplicate ack")
	}
	if c.Columns() {
		var t field.Text
		t.S("[TCP Dup ACK ").U(uint64(rare.dupFrame)).C('#').U(uint64(rare.dupNum)).S("] ")
		c.InfoMark(t.String())
	}
	old := c.Push(tree)
	c.Gen(tcpAnaDupNum, pos, 0, uint64(rare.dupNum))
	r = c.Gen(tcpAnaDupFrm, pos, 0, uint64(rare.dupFrame))
	if c.Full() {
		var t field.Text
		t.S("Duplicate ACK (#").U(uint64(rare.dupNum)).C(')')
		c.ExpertText(r, eiTCPDup, t.String())
	} else {
		c.Expert(r, eiTCPDup)
	}
	c.Pop(old)
}

// showRuns records how many contiguous runs were seen of both sides.
func (s *tcpSeg) showRuns(c *Cursor) {
	c.Gen(tcpCltRuns, s.at, 0, uint64(s.fact.client))
	c.Gen(tcpSrvRuns, s.at, 0, uint64(s.fact.srv))
}
