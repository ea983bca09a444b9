// TCP, RFC 9293. The header is here; options are in tcp_options.go and
// tcp_mptcp.go, sequence analysis in tcp_analysis.go, what is kept of a
// connection in tcp_stream.go, reassembly in tcp_reassembly.go. Not decoded:
// SYN cookies read out of sequence numbers.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	tcpP         = protocol("tcp", "Transmission Control Protocol", "TCP")
	tcpSrcPort   = tcpP.U16("srcport", "Source Port", dec)
	tcpDstPort   = tcpP.U16("dstport", "Destination Port", dec)
	tcpPort      = tcpP.U16("port", "Source or Destination Port", dec)
	tcpStream    = tcpP.U32("stream", "Stream index", dec)
	tcpPNum      = tcpP.U32("stream.pnum", "Stream Packet Number", dec)
	tcpCompl     = tcpP.U8("completeness", "Conversation completeness", dec, format(completeness))
	tcpComplRST  = tcpP.Bool("completeness.rst", "RST", mask(8, complRST), present)
	tcpComplFIN  = tcpP.Bool("completeness.fin", "FIN", mask(8, complFIN), present)
	tcpComplData = tcpP.Bool("completeness.data", "Data", mask(8, complData), present)
	tcpComplACK  = tcpP.Bool("completeness.ack", "ACK", mask(8, complACK), present)
	tcpComplSA   = tcpP.Bool("completeness.syn-ack", "SYN-ACK", mask(8, complSYNACK), present)
	tcpComplSYN  = tcpP.Bool("completeness.syn", "SYN", mask(8, complSYN), present)
	tcpComplStr  = tcpP.Str("completeness.str", "Completeness Flags")
	tcpLen       = tcpP.U32("len", "TCP Segment Len", dec)
	tcpSeq       = tcpP.U32("seq", "Sequence Number", dec)
	tcpSeqRaw    = tcpP.U32("seq_raw", "Sequence Number (raw)", dec)
	tcpNxtSeq    = tcpP.U32("nxtseq", "Next Sequence Number", dec)
	tcpAck       = tcpP.U32("ack", "Acknowledgment Number", dec)
	tcpAckRaw    = tcpP.U32("ack_raw", "Acknowledgment number (raw)", dec)
	tcpHdrLen    = tcpP.U8("hdr_len", "Header Length", dec)
	tcpFlags     = tcpP.U16("flags", "Flags", hex, mask(16, 0xfff))
	tcpFlagRes   = tcpP.Flag("flags.res", "Reserved", 12, 0xe00)
	tcpFlagAE    = tcpP.Flag("flags.ae", "Accurate ECN", 12, thAE)
	tcpFlagCWR   = tcpP.Flag("flags.cwr", "Congestion Window Reduced", 12, thCWR)
	tcpFlagECE   = tcpP.Flag("flags.ece", "ECN-Echo", 12, thECE)
	tcpFlagACE   = tcpP.U8("flags.ace", "ACE", dec)
	tcpFlagURG   = tcpP.Flag("flags.urg", "Urgent", 12, thURG)
	tcpFlagACK   = tcpP.Flag("flags.ack", "Acknowledgment", 12, thACK)
	tcpFlagPSH   = tcpP.Flag("flags.push", "Push", 12, thPSH)
	tcpFlagRST   = tcpP.Flag("flags.reset", "Reset", 12, thRST)
	tcpFlagSYN   = tcpP.Flag("flags.syn", "Syn", 12, thSYN)
	tcpFlagFIN   = tcpP.Flag("flags.fin", "Fin", 12, thFIN)
	tcpFlagStr   = tcpP.Str("flags.str", "TCP Flags")
	tcpWinRaw    = tcpP.U16("window_size_value", "Window", dec)
	tcpWin       = tcpP.U32("window_size", "Calculated window size", dec)
	tcpWinScale  = tcpP.I32("window_size_scalefactor", "Window size scaling factor", dec)
	tcpChecksum  = tcpP.U16("checksum", "Checksum", hex)
	tcpSumStat   = tcpP.U8("checksum.status", "Checksum Status", noBase, enum(checksumStatus), enumOnly)
	tcpSumCalc   = tcpP.U16("checksum_calculated", "Calculated Checksum", hex)
	tcpUrgent    = tcpP.U16("urgent_pointer", "Urgent Pointer", dec)
	tcpTimeRel   = tcpP.RelTime("time_relative", "Time since first frame in this TCP stream")
	tcpTimeDel   = tcpP.RelTime("time_delta", "Time since previous frame in this TCP stream")

	eiTCPShort     = tcpP.Expert("short_segment", field.Malformed, field.Warn, "Short segment")
	eiTCPBogusLen  = tcpP.Expert("bogus_header_length", field.Malformed, field.Error, "Bogus TCP Header length")
	eiTCPAckNon0   = tcpP.Expert("ack.nonzero", field.Protocol, field.Note, "The acknowledgment number field is nonzero while the ACK flag is not set")
	eiTCPSYN       = tcpP.Expert("connection.syn", field.Sequence, field.Chat, "Connection establish request (SYN)")
	eiTCPSYNACK    = tcpP.Expert("connection.synack", field.Sequence, field.Chat, "Connection establish acknowledge (SYN+ACK)")
	eiTCPFIN       = tcpP.Expert("connection.fin", field.Sequence, field.Chat, "Connection finish (FIN)")
	eiTCPFINActive = tcpP.Expert("connection.fin_active", field.Sequence, field.Note, "This frame initiates the connection closing")
	eiTCPFINPass   = tcpP.Expert("connection.fin_passive", field.Sequence, field.Note, "This frame undergoes the connection closing")
	eiTCPRST       = tcpP.Expert("connection.rst", field.Sequence, field.Warn, "Connection reset (RST)")
	eiTCPTFOAck    = tcpP.Expert("analysis.tfo_ack", field.Sequence, field.Note, "TCP SYN-ACK accepting TFO data")
	eiTCPTFOIgn    = tcpP.Expert("analysis.tfo_ignored", field.Sequence, field.Note, "TCP SYN-ACK ignoring TFO data")
	eiTCPSum       = tcpP.Expert("checksum_bad.expert", field.Checksum, field.Error, "Bad checksum")
	eiTCPSumFFFF   = tcpP.Expert("checksum.ffff", field.Checksum, field.Warn, "TCP Checksum 0xffff instead of 0x0000 (see RFC 1624)")
	eiTCPSumPart   = tcpP.Expert("checksum.partial", field.Checksum, field.Note, `Partial (pseudo header) checksum (likely caused by "TCP checksum offload")`)
	eiTCPUrgNon0   = tcpP.Expert("urgent_pointer.non_zero", field.Protocol, field.Note, "The urgent pointer field is nonzero while the URG flag is not set")

	prefTCPSummary  = dissect.BoolPref("tcp.summary_in_tree", "Show TCP summary in protocol tree", true)
	prefTCPChecksum = dissect.BoolPref("tcp.check_checksum", "Validate the TCP checksum if possible", false)
	prefTCPAnalyze  = dissect.BoolPref("tcp.analyze_sequence_numbers", "Analyze TCP sequence numbers", true)
	prefTCPRelative = dissect.BoolPref("tcp.relative_sequence_numbers", "Relative sequence numbers", true)
	prefTCPTimes    = dissect.BoolPref("tcp.calculate_timestamps", "Calculate conversation timestamps", true)
	prefTCPHeur     = dissect.BoolPref("tcp.try_heuristic_first", "Try heuristic sub-dissectors first", false)
	prefTCPNoSub    = dissect.BoolPref("tcp.no_subdissector_on_error", "Do not call subdissectors for error packets", true)
	prefTCPScale    = dissect.StrPref("tcp.default_window_scaling", "Scaling factor to use when not available from capture", "Not known")

	// tcpTable dispatches on either port; tcpHeur holds protocols that are
	// known by their first bytes.
	tcpTable = tcpP.Table("tcp.port")
	tcpHeur  = tcpP.Table("tcp")
	_        = tcpP.Parse(parseTCP).Stateful().On("ip.proto", 6).Calls(dataP, mptcpP)
)

func present(f *field.Field) { f.True, f.False = "Present", "Absent" }

// completeness writes what was seen of a connection's life.
func completeness(t *field.Text, v uint64) {
	const open = complSYN | complSYNACK | complACK
	s := "Incomplete"
	switch ended := v&(complFIN|complRST) != 0; {
	case v == complSYN:
		s = "Incomplete, SYN_SENT"
	case v == complSYN|complSYNACK:
		s = "Incomplete, CLIENT_ESTABLISHED"
	case v == open:
		s = "Incomplete, ESTABLISHED"
	case v == open|complData:
		s = "Incomplete, DATA"
	case v&open == open && ended && v&complData != 0:
		s = "Complete, WITH_DATA"
	case v&open == open && ended:
		s = "Complete, NO_DATA"
	}
	t.S(s).S(" (").U(v).C(')')
}

func parseTCP(c *Cursor) {
	p := c.Packet()
	fr := c.Frame()
	s := tcpSegs.Get().(*tcpSeg)
	*s = tcpSeg{at: c.Pos(), sp: c.Peek16(0), dp: c.Peek16(2), node: c.ProtoNode(), synRef: dissect.None, optRef: dissect.None,
		now: fr.Time, num: fr.Number, learn: c.Learning(), quoted: c.Quoted(), relative: c.Bool(prefTCPRelative), analyze: c.Bool(prefTCPAnalyze)}
	s.relative = s.relative && s.analyze
	c.SetProtocol("TCP")
	if b := c.SetInfo(); b != nil {
		b.U(uint64(s.sp)).S(" → ").U(uint64(s.dp))
	}
	if b := c.Label(s.node); b != nil {
		b.S("Transmission Control Protocol")
		if c.Bool(prefTCPSummary) {
			b.S(", Src Port: ").U(uint64(s.sp)).S(", Dst Port: ").U(uint64(s.dp))
		}
	}
	c.U16(tcpSrcPort)
	c.U16(tcpDstPort)
	c.PutHidden(tcpPort, s.at, 2, uint64(s.sp))
	c.PutHidden(tcpPort, s.at+2, 2, uint64(s.dp))
	// A router that follows RFC 792 quotes just eight bytes: up to the sequence number.
	inICMP := quotedByICMP(p)
	if inICMP {
		c.FieldAt(tcpSeq, s.at+4, 4)
	}
	p.SrcPort, p.DstPort, p.PortKind = uint32(s.sp), uint32(s.dp), flow.KTCP
	s.rawSeq, s.rawAck = c.Peek32(0), c.Peek32(4)
	off := c.Peek16(8)
	s.flags, s.hlen = off&0xfff, int(off>>12)*4
	s.seq, s.ack = s.rawSeq, s.rawAck

	known := s.place(c, p)
	if known {
		s.showStream(c)
		if !s.quoted {
			if s.learn {
				s.learnBase()
			}
			if s.relative {
				s.seq -= s.fwd.base
				if s.flags&thACK != 0 {
					s.ack -= s.rev.base
				}
			}
		}
	}
	s.measure(c, known)
	s.showSeq(c, inICMP)
	if s.hlen < 20 {
		s.bogus(c)
		tcpSegs.Put(s)
		return
	}
	if s.learn {
		s.learnCompleteness()
	}
	s.showAck(c)
	s.showFlags(c, known)
	s.showWindow(c, known)
	s.showChecksum(c, p)
	s.showUrgent(c)
	c.Seek(s.at + 20)
	s.showOptions(c, known)
	if known {
		s.conclude(c)
	}
	s.payload(c, p)
	tcpSegs.Put(s) // one that leaves by an exception is left to the collector
}

func quotedByICMP(p *dissect.Packet) bool {
	n := len(p.Layers)
	return n >= 3 && p.Layers[n-2] == ipP.ID && field.Get(p.Layers[n-3]).Name == "icmp"
}

// showStream records the connection's number and what was seen of it: before
// this segment in the first pass, in all of the capture later on.
func (s *tcpSeg) showStream(c *Cursor) {
	f := s.fact
	c.Gen(tcpStream, s.at, 0, uint64(f.conv))
	if c.Bool(prefTCPTimes) {
		c.Gen(tcpPNum, s.at, 0, uint64(f.pnum))
	}
	v := uint64(f.compl)
	if !s.learn && s.v != nil {
		v = uint64(s.v.compl)
	}
	r := c.Gen(tcpCompl, s.at, 0, v)
	old := c.Push(r)
	c.Put(tcpComplRST, 0, 0, v>>5&1)
	c.Put(tcpComplFIN, 0, 0, v>>4&1)
	c.Put(tcpComplData, 0, 0, v>>3&1)
	c.Put(tcpComplACK, 0, 0, v>>2&1)
	c.Put(tcpComplSA, 0, 0, v>>1&1)
	c.Put(tcpComplSYN, 0, 0, v&1)
	if c.Wants(tcpComplStr) {
		var t field.Text
		letters(&t, v, 6, "RFDASS")
		if v == 0 && f.pnum == 1 {
			t.Reset()
			t.S("[ Null ]")
		}
		c.GenText(tcpComplStr, s.at, 0, t.String())
	}
	c.Pop(old)
}

// letters writes a letter for every set bit, highest first, a dot for others.
func letters(t *field.Text, v uint64, n int, names string) {
	for i := 0; i < n; i++ {
		if v&(1<<uint(n-1-i)) != 0 {
			t.C(names[i])
		} else {
			t.S("·")
		}
	}
}

// measure tells how much data the segment carries, and lets analysis see it.
func (s *tcpSeg) measure(c *Cursor, known bool) {
	if c.Fragmented() || s.quoted {
		return
	}
	if c.Len() < s.hlen {
		expertLine(c, s.at, 0, eiTCPShort, "Short segment. Segment/fragment does not contain a full TCP header (might be NMAP or someone else deliberately sending unusual packets)")
		return
	}
	s.length, s.haveLen = c.Len()-s.hlen, true
	c.Gen(tcpLen, s.at, 0, uint64(s.length))
	c.Seek(s.at + 14)
	if s.analyze && c.Has(2) {
		s.win = uint32(c.Peek16(0))
		if s.learn && known {
			s.analyzeSeq(c)
		}
	}
	s.nxt = s.seq + uint32(s.length)
}

func (s *tcpSeg) showSeq(c *Cursor, inICMP bool) {
	if b := c.Info(); b != nil {
		b.S(" [")
		flagNames(b, s)
		b.S("] Seq=").U(uint64(s.seq))
		if s.flags&thACK != 0 {
			b.S(" Ack=").U(uint64(s.ack))
		}
	}
	summary := c.Bool(prefTCPSummary)
	if summary {
		if b := c.Append(s.node); b != nil {
			b.S(", Seq: ").U(uint64(s.seq))
			if s.hlen >= 20 {
				if s.flags&thACK != 0 {
					b.S(", Ack: ").U(uint64(s.ack))
				}
				if s.haveLen {
					b.S(", Len: ").U(uint64(s.length))
				}
			}
		}
	}
	if s.hlen >= 20 {
		c.Seek(s.at)
		c.ProtoEnd(s.at + min(s.hlen, c.CapLeft()))
	}
	if inICMP {
		return
	}
	r := c.Put(tcpSeq, s.at+4, 4, uint64(s.seq))
	if s.relative {
		if b := c.Append(r); b != nil {
			b.S("    (relative sequence number)")
		}
		c.Put(tcpSeqRaw, s.at+4, 4, uint64(s.rawSeq))
	} else {
		c.PutHidden(tcpSeqRaw, s.at+4, 4, uint64(s.rawSeq))
	}
}

// flagNames writes the flags that are set as words.
func flagNames(b *field.Text, s *tcpSeg) {
	n := b.Len()
	if s.useACE() {
		names := [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG"}
		for i, name := range names {
			if s.flags&(1<<uint(i)) != 0 {
				if b.Len() > n {
					b.S(", ")
				}
				b.S(name)
			}
		}
		if b.Len() > n {
			b.S(", ")
		}
		b.S("ACE=").U(uint64(s.flags >> 6 & 7))
	} else {
		names := [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"}
		for i, name := range names {
			if s.flags&(1<<uint(i)) != 0 {
				if b.Len() > n {
					b.S(", ")
				}
				b.S(name)
			}
		}
	}
	if s.flags&0xe00 != 0 {
		if b.Len() > n {
			b.S(", ")
		}
		b.S("Reserved")
	}
	if b.Len() == n {
		b.S("<None>")
	}
}

// useACE: the three ECN bits count congestion marks (RFC 9768 section 3.2.2).
func (s *tcpSeg) useACE() bool {
	if s.flags&thSYN != 0 || s.v == nil {
		return false
	}
	if s.learn && (s.v.aeSYN && s.v.aeSYNACK || s.v.aeOption) {
		s.fact.bits |= tfACE
	}
	return s.fact.bits&tfACE != 0
}

// bogus ends a segment whose header length is too small for a header.
func (s *tcpSeg) bogus(c *Cursor) {
	if b := c.Info(); b != nil {
		b.S(", bogus TCP header length (").U(uint64(s.hlen)).S(", must be at least 20)")
	}
	r := s.showHdrLen(c)
	if c.Full() {
		var t field.Text
		t.S("Bogus TCP header length (").U(uint64(s.hlen)).S(", must be at least 20)")
		c.ExpertText(r, eiTCPBogusLen, t.String())
	} else {
		c.Expert(r, eiTCPBogusLen)
	}
}

func (s *tcpSeg) showHdrLen(c *Cursor) dissect.Ref {
	r := c.Put(tcpHdrLen, s.at+12, 1, uint64(s.hlen))
	if b := c.Label(r); b != nil {
		nibble(b, uint8(s.hlen/4))
		b.S(" .... = Header Length: ").U(uint64(s.hlen)).S(" bytes (").U(uint64(s.hlen / 4)).C(')')
	}
	return r
}

func (s *tcpSeg) showAck(c *Cursor) {
	if s.haveLen {
		n := s.nxt
		if s.flags&(thSYN|thFIN) != 0 {
			n++
		}
		r := c.Gen(tcpNxtSeq, s.at, 0, uint64(n))
		if s.relative {
			if b := c.Append(r); b != nil {
				b.S("    (relative sequence number)")
			}
		}
	}
	r := c.Put(tcpAck, s.at+8, 4, uint64(s.ack))
	raw := c.Put(tcpAckRaw, s.at+8, 4, uint64(s.rawAck))
	if s.flags&thACK == 0 {
		if s.rawAck != 0 {
			c.Expert(r, eiTCPAckNon0)
		}
		return
	}
	if s.relative {
		if b := c.Append(r); b != nil {
			b.S("    (relative ack number)")
		}
	} else {
		c.Mark(raw, dissect.Hidden)
	}
	if s.flags&thSYN == 0 || !s.analyze || s.v == nil {
		return
	}
	if s.rawAck-s.rev.base > 1 && !s.quoted || s.quoted && s.ack > 1 {
		c.Expert(r, eiTCPTFOAck)
	} else if s.v.tfoData {
		c.Expert(r, eiTCPTFOIgn)
	}
}

func (s *tcpSeg) showFlags(c *Cursor, known bool) {
	s.showHdrLen(c)
	at := s.at + 12
	v := uint64(s.flags)
	bit := func(m uint64) uint64 { return b2u(v&m != 0) }
	flags := c.Put(tcpFlags, at, 2, v)
	if b := c.Label(flags); b != nil {
		b.S("Flags: ").X(v, 3).S(" (")
		flagNames(b, s)
		b.C(')')
	}
	old := c.Push(flags)
	c.Put(tcpFlagRes, at, 1, v>>9&7)
	if s.useACE() {
		ace := v >> 6 & 7
		r := c.Put(tcpFlagACE, at, 2, ace)
		if b := c.Label(r); b != nil {
			b.S("...").C('0' + byte(ace>>2)).C(' ').C('0' + byte(ace>>1&1)).C('0' + byte(ace&1)).S(".. .... = ACE: ").U(ace)
		}
	} else {
		c.Put(tcpFlagAE, at, 1, bit(thAE))
		c.Put(tcpFlagCWR, at+1, 1, bit(thCWR))
		c.Put(tcpFlagECE, at+1, 1, bit(thECE))
	}
	c.Put(tcpFlagURG, at+1, 1, bit(thURG))
	c.Put(tcpFlagACK, at+1, 1, bit(thACK))
	c.Put(tcpFlagPSH, at+1, 1, bit(thPSH))
	rst := c.Put(tcpFlagRST, at+1, 1, bit(thRST))
	syn := c.Put(tcpFlagSYN, at+1, 1, bit(thSYN))
	fin := c.Put(tcpFlagFIN, at+1, 1, bit(thFIN))
	str := dissect.None
	if c.Wants(tcpFlagStr) {
		var t field.Text
		s.flagLetters(&t)
		str = c.GenText(tcpFlagStr, at, 2, t.String())
	}
	c.Pop(old)
	s.synRef = syn
	if s.flags&thSYN != 0 {
		s.showSYN(c, syn)
	}
	if s.flags&thFIN != 0 {
		c.Expert(fin, eiTCPFIN)
		if s.learn && !s.rev.closing {
			s.fwd.closing = true
			s.fact.bits |= tfClosing
		}
		switch {
		case !known:
		case s.fact.bits&tfClosing != 0:
			c.Expert(str, eiTCPFINActive)
		default:
			c.Expert(str, eiTCPFINPass)
		}
	}
	if s.flags&thRST != 0 {
		c.Expert(rst, eiTCPRST)
	}
	if !known {
		return
	}
	if s.learn && s.analyze && s.flags&(thSYN|thACK) == thACK {
		if v := s.v; v.lastSYN != 0 && v.irtt == 0 {
			v.irtt = s.now - v.lastSYN
		}
		s.fwd.firstACK = false
	}
	if s.learn && s.v.irtt != 0 {
		s.fact.bits |= tfIRTT
	}
}

func (s *tcpSeg) flagLetters(t *field.Text) {
	for i := 11; i >= 9; i-- {
		if s.flags&(1<<uint(i)) != 0 {
			t.C('R')
		} else {
			t.S("·")
		}
	}
	if s.useACE() {
		t.U(uint64(s.flags >> 6 & 7))
		letters(t, uint64(s.flags&0x3f), 6, "UAPRSF")
		return
	}
	letters(t, uint64(s.flags&0x1ff), 9, "ACEUAPRSF")
}

func (s *tcpSeg) showSYN(c *Cursor, syn dissect.Ref) {
	ei, port, what := eiTCPSYN, s.dp, "Connection establish request (SYN): server port "
	if s.flags&thACK != 0 {
		ei, port, what = eiTCPSYNACK, s.sp, "Connection establish acknowledge (SYN+ACK): server port "
	}
	if c.Full() {
		var t field.Text
		t.S(what).U(uint64(port))
		c.ExpertText(syn, ei, t.String())
	} else {
		c.Expert(syn, ei)
	}
	if !s.learn {
		return
	}
	s.v.server, s.fact.server = port, port
	s.fwd.firstACK = true
	if s.fwd.maxNext == 0 && c.Bool(prefTCPReorder) {
		s.fwd.maxNext = s.seq + 1
	}
	if s.flags&thACK == 0 {
		s.v.lastSYN = s.now
	}
}

// defaultScale is the window shift that the user says to take where none was
// seen; -1 for none.
func defaultScale(c *Cursor) int {
	t := c.String(prefTCPScale)
	for i, name := range [...]string{"0 (no scaling)", "1 (multiply by 2)", "2 (multiply by 4)", "3 (multiply by 8)", "4 (multiply by 16)",
		"5 (multiply by 32)", "6 (multiply by 64)", "7 (multiply by 128)", "8 (multiply by 256)", "9 (multiply by 512)", "10 (multiply by 1024)",
		"11 (multiply by 2048)", "12 (multiply by 4096)", "13 (multiply by 8192)", "14 (multiply by 16384)"} {
		if t == name {
			return i
		}
	}
	return -1
}

func (s *tcpSeg) showWindow(c *Cursor, known bool) {
	c.Seek(s.at + 14)
	raw := uint64(c.Peek16(0))
	shift := -1
	if known {
		shift = int(s.fact.scale)
	}
	win := raw
	assumed := -1
	if s.flags&thSYN == 0 && known {
		if shift >= 0 {
			win = raw << uint(shift)
		} else if shift == -1 {
			if assumed = defaultScale(c); assumed >= 0 {
				win = raw << uint(assumed)
			}
		}
	}
	if b := c.Info(); b != nil {
		b.S(" Win=").U(win)
	}
	c.Put(tcpWinRaw, s.at+14, 2, raw)
	c.Gen(tcpWin, s.at+14, 2, win)
	if s.flags&thSYN == 0 && known {
		v := int64(shift)
		if shift >= 0 {
			v = 1 << uint(shift)
		} else if assumed >= 0 {
			v = 1 << uint(assumed)
		}
		r := c.Gen(tcpWinScale, s.at+14, 2, uint64(v))
		switch {
		case shift >= 0:
		case shift == -2:
			if b := c.Append(r); b != nil {
				b.S(" (no window scaling used)")
			}
		case assumed >= 0:
			if b := c.Append(r); b != nil {
				b.S(" (missing - taken from preference)")
			}
		default:
			if b := c.Append(r); b != nil {
				b.S(" (unknown)")
			}
		}
	}
	c.Seek(s.at + 16)
}

func (s *tcpSeg) showChecksum(c *Cursor, p *dissect.Packet) {
	sum := c.Peek16(0)
	c.Seek(s.at)
	s.canAll = !c.Fragmented() && c.Has(c.Len())
	s.canReasm = s.canAll && !s.quoted && c.Bool(prefTCPDesegment)
	c.Seek(s.at + 16)
	if !s.canAll || !c.Bool(prefTCPChecksum) {
		c.U16(tcpChecksum)
		if b := c.Append(c.Last()); b != nil {
			b.S(" [unverified]")
		}
		c.Gen(tcpSumStat, s.at+16, 0, 2)
		return
	}
	s.verify(c, p, sum)
}

func (s *tcpSeg) showUrgent(c *Cursor) {
	urg := c.U16(tcpUrgent)
	r := c.Last()
	if s.flags&thURG != 0 {
		if b := c.Info(); b != nil {
			b.S(" Urg=").U(uint64(urg))
		}
	} else if urg != 0 {
		c.Expert(r, eiTCPUrgNon0)
	}
	if s.haveLen {
		if b := c.Info(); b != nil {
			b.S(" Len=").U(uint64(s.length))
		}
	}
}

// showTimes records when the segment came within its connection.
func (s *tcpSeg) showTimes(c *Cursor) {
	if !c.Bool(prefTCPTimes) {
		return
	}
	group := dissect.None
	if b := c.GenTextLine(s.at, 0); b != nil {
		b.S("Timestamps")
		group = c.Last()
	}
	old := c.Push(group)
	c.Gen(tcpTimeRel, s.at, 0, uint64(s.now-s.v.first))
	c.Gen(tcpTimeDel, s.at, 0, uint64(s.fact.delta))
	c.Pop(old)
}

// conclude shows what analysis found, once the options are known too, and
// settles what they say of the connection.
func (s *tcpSeg) conclude(c *Cursor) {
	if s.learn {
		// Wireshark counts the side it has not just heard as the client's.
		s.fact.client, s.fact.srv = s.rev.a.runs, s.fwd.a.runs
		s.fact.ana = s.ana
	}
	if s.analyze {
		s.showAnalysis(c)
		s.showRuns(c)
	}
	if s.learn && s.flags&thSYN != 0 {
		s.learnScale()
		if s.flags&thACK != 0 && s.rev.scps != s.fwd.scps {
			s.rev.scps, s.fwd.scps = false, false
		}
		if s.rev.scps && s.fwd.scps {
			s.fact.bits |= tfSCPS
		}
	}
	if s.flags&(thSYN|thACK) == thSYN|thACK && s.fact.bits&tfSCPS != 0 {
		c.Expert(s.synRef, eiTCPSCPS)
	}
	if s.hasMPTCP {
		s.showMPTCP(c)
	}
}

// payload hands what follows the header on.
func (s *tcpSeg) payload(c *Cursor, p *dissect.Packet) {
	pos := s.at + s.hlen
	c.Seek(pos)
	p.StreamEnd = s.flags&thFIN != 0
	n := c.CapLeft()
	if s.fact != nil && s.haveLen && s.flags&thFIN != 0 && s.canReasm {
		if s.finish(c, pos) {
			return
		}
		if s.fact.bits&tfFINAgain != 0 {
			c.Put(tcpFINAgain, s.at, 0, uint64(s.fwd.fin))
		}
	}
	if n <= 0 {
		return
	}
	if s.flags&thRST != 0 {
		c.Bytes(tcpRstCause, n)
		return
	}
	r := c.FieldAt(tcpPayload, pos, n)
	if b := c.Label(r); b != nil {
		total := c.Left()
		b.S("TCP payload (").U(uint64(total)).S(plural(total, " byte)", " bytes)"))
	}
	if s.canReasm && s.fact != nil {
		s.desegment(c, pos)
		return
	}
	if s.analyze && s.ana != nil && !c.Bool(prefTCPDesegment) && c.Bool(prefTCPNoSub) && s.ana.flags&(taRetrans|taFast|taSpurious|taOOO) != 0 {
		return
	}
	whole := c.Fragmented()
	c.Fragment(true)
	old := c.HideStream()
	s.upper(c, pos)
	c.CloseStream(old)
	c.Fragment(whole)
}
