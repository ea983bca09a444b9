// TCP options: RFC 9293 section 3.2, 7323, 2018, 2883, 5925, 2385, 5482, 7413,
// 6994, 4782, 9768, the older 1072 and 1644, and CCSDS 714.0-B-2 (SCPS).
// Riverbed's are shown as bytes.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	tcpOptions   = tcpP.Bytes("options", "TCP Options")
	tcpOptKind   = tcpP.U8("option_kind", "Kind", dec, enum(tcpOptKinds))
	tcpOptLen    = tcpP.U8("option_len", "Length", dec)
	tcpOptNOP    = tcpP.Bytes("options.nop", "TCP Option - No-Operation (NOP)")
	tcpOptEOL    = tcpP.Bytes("options.eol", "TCP Option - End of Option List (EOL)")
	tcpOptMSS    = tcpP.Bytes("options.mss", "TCP Option - Maximum segment size")
	tcpOptMSSVal = tcpP.U16("options.mss_val", "MSS Value", dec)
	tcpOptWS     = tcpP.Bytes("options.wscale", "TCP Option - Window scale")
	tcpOptShift  = tcpP.U8("options.wscale.shift", "Shift count", dec)
	tcpOptMult   = tcpP.U16("options.wscale.multiplier", "Multiplier", dec)
	tcpOptSPerm  = tcpP.Bytes("options.sack_perm", "TCP Option - SACK permitted")
	tcpOptSACK   = tcpP.Bytes("options.sack", "TCP Option - SACK")
	tcpOptSLE    = tcpP.U32("options.sack_le", "TCP SACK Left Edge", dec)
	tcpOptSRE    = tcpP.U32("options.sack_re", "TCP SACK Right Edge", dec)
	tcpOptSCount = tcpP.U8("options.sack.count", "TCP SACK Count", dec)
	tcpOptDSLE   = tcpP.U32("options.sack.dsack_le", "TCP D-SACK Left Edge", dec)
	tcpOptDSRE   = tcpP.U32("options.sack.dsack_re", "TCP D-SACK Right Edge", dec)
	tcpOptEcho   = tcpP.Bytes("options.echo", "TCP Option - Echo")
	_            = tcpP.Bytes("options.echoreply", "TCP Option - Echo reply")
	tcpOptEchoV  = tcpP.U32("options.echo_value", "TCP Echo Option", dec)
	tcpOptTS     = tcpP.Bytes("options.timestamp", "TCP Option - Timestamps")
	tcpOptTSVal  = tcpP.U32("options.timestamp.tsval", "Timestamp value", dec)
	tcpOptTSEcr  = tcpP.U32("options.timestamp.tsecr", "Timestamp echo reply", dec)
	tcpOptCC     = tcpP.Bytes("options.cc", "TCP Option - CC")
	_            = tcpP.Bytes("options.ccnew", "TCP Option - CC.NEW")
	_            = tcpP.Bytes("options.ccecho", "TCP Option - CC.ECHO")
	tcpOptCCVal  = tcpP.U32("options.cc_value", "TCP CC Option", dec)
	tcpOptMD5    = tcpP.Bytes("options.md5", "TCP Option - TCP MD5 signature")
	tcpOptDigest = tcpP.Bytes("options.md5.digest", "MD5 digest")
	tcpOptAO     = tcpP.Bytes("options.ao", "TCP Option - TCP AO")
	tcpOptAOKey  = tcpP.U8("options.ao.keyid", "AO KeyID", dec)
	tcpOptAONext = tcpP.U8("options.ao.rnextkeyid", "AO RNextKeyID", dec)
	tcpOptAOMAC  = tcpP.Bytes("options.ao.mac", "AO MAC")
	tcpOptQS     = tcpP.Bytes("options.qs", "TCP Option - Quick-Start")
	tcpOptQSRate = tcpP.U8("options.qs.rate", "QS Rate", dec, mask(8, 0x0f), enum(qsRates))
	tcpOptQSTTL  = tcpP.U8("options.qs.ttl_diff", "QS Rate", dec)
	tcpOptUTO    = tcpP.Bytes("options.user_to", "TCP Option - User Timeout")
	tcpOptUTOG   = tcpP.Bool("options.user_to_granularity", "Granularity", mask(16, 0x8000), tf("Minutes", "Seconds"))
	tcpOptUTOVal = tcpP.U16("options.user_to_val", "User Timeout", dec, mask(16, 0x7fff))
	tcpOptTFO    = tcpP.Bytes("options.tfo", "TCP Option - TCP Fast Open")
	tcpOptTFOReq = tcpP.None("options.tfo.request", "Fast Open Cookie Request")
	tcpOptCookie = tcpP.Bytes("options.tfo.cookie", "Fast Open Cookie")
	tcpOptAE     = tcpP.Bytes("options.acc_ecn", "TCP Option - Accurate ECN")
	tcpOptEE0B   = tcpP.U24("options.acc_ecn.ee0b", "Accurate ECN Echo ECT(0) Byte Counter", dec)
	tcpOptECEB   = tcpP.U24("options.acc_ecn.eceb", "Accurate ECN Echo CE Byte Counter", dec)
	tcpOptEE1B   = tcpP.U24("options.acc_ecn.ee1b", "Accurate ECN Echo ECT(1) Byte Counter", dec)
	tcpOptExp    = tcpP.Bytes("options.experimental", "TCP Option - Experimental")
	tcpOptExID   = tcpP.U16("options.experimental.exid", "Experiment Identifier", hex, enum(tcpExIDs))
	tcpOptExData = tcpP.Bytes("options.experimental.data", "Data")
	tcpOptTARR   = tcpP.U8("options.tarr.rate", "TARR Rate", dec, mask(8, 0xfe))
	tcpOptTARRes = tcpP.U8("options.tar.reserved", "TARR Reserved", dec, mask(8, 0x01))
	tcpOptSCPS   = tcpP.Bytes("options.scps", "TCP Option - SCPS capabilities")
	tcpOptVector = tcpP.U8("options.scps.vector", "TCP SCPS Capabilities Vector", hex)
	tcpOptBETS   = tcpP.Flag("options.scpsflags.bets", "Partial Reliability Capable (BETS)", 8, 0x80)
	tcpOptSNACK1 = tcpP.Flag("options.scpsflags.snack1", "Short Form SNACK Capable (SNACK1)", 8, 0x40)
	tcpOptSNACK2 = tcpP.Flag("options.scpsflags.snack2", "Long Form SNACK Capable (SNACK2)", 8, 0x20)
	tcpOptCOMP   = tcpP.Flag("options.scpsflags.compress", "Lossless Header Compression (COMP)", 8, 0x10)
	tcpOptNLTS   = tcpP.Flag("options.scpsflags.nlts", "Network Layer Timestamp (NLTS)", 8, 0x08)
	tcpOptSRes   = tcpP.U8("options.scpsflags.reserved", "Reserved", dec, mask(8, 0x07))
	tcpOptConnID = tcpP.U8("options.scps.binding", "Connection ID", dec)
	tcpOptSNACK  = tcpP.Bytes("options.snack", "TCP Option - Selective Negative Acknowledgment")
	tcpOptSNOff  = tcpP.U16("options.snack.offset", "TCP SNACK Offset", dec)
	tcpOptSNSize = tcpP.U16("options.snack.size", "TCP SNACK Size", dec)
	tcpOptSRec   = tcpP.Bytes("options.scpsrec", "TCP Option - SCPS record boundary")
	tcpOptSCor   = tcpP.Bytes("options.scpscor", "TCP Option - SCPS corruption experienced")
	tcpOptProbe  = tcpP.Bytes("options.rvbd.probe", "TCP Option - Riverbed Probe")
	tcpOptTrpy   = tcpP.Bytes("options.rvbd.trpy", "TCP Option - Riverbed Transparency")
	tcpOptUnk    = tcpP.Bytes("options.unknown", "TCP Option - Unknown")
	tcpOptUnkPay = tcpP.Bytes("options.unknown.payload", "Payload")

	eiTCPOptLen     = tcpP.Expert("option.len.invalid", field.Sequence, field.Note, "Invalid length for option")
	eiTCPNOPs       = tcpP.Expert("nop", field.Protocol, field.Warn, "4 NOP in a row - a router may have removed some options")
	eiTCPAfterEOL   = tcpP.Expert("non_zero_bytes_after_eol", field.Protocol, field.Error, "Non zero bytes in option space after EOL option")
	eiTCPSubopt     = tcpP.Expert("suboption_malformed", field.Malformed, field.Error, "suboption would go past end of option")
	eiTCPMSSAbsent  = tcpP.Expert("options.mss.absent", field.Protocol, field.Note, "The SYN packet does not contain a MSS option")
	eiTCPMSSPresent = tcpP.Expert("options.mss.present", field.Protocol, field.Warn, "The non-SYN packet does contain a MSS option")
	_               = tcpP.Expert("options.mss.exceeded", field.Protocol, field.Warn, "This packet's length exceeds MSS (common with TSO or incomplete conversations)")
	eiTCPSPAbsent   = tcpP.Expert("options.sack_perm.absent", field.Protocol, field.Note, "The SYN packet does not contain a SACK PERM option")
	eiTCPSPPresent  = tcpP.Expert("options.sack_perm.present", field.Protocol, field.Warn, "The non-SYN packet does contain a SACK PERM option")
	eiTCPShift      = tcpP.Expert("options.wscale.shift.invalid", field.Protocol, field.Warn, "Window scale shift exceeds 14")
	eiTCPDSACK      = tcpP.Expert("options.sack.dsack", field.Sequence, field.Warn, "D-SACK Sequence")
	eiTCPTFOSyn     = tcpP.Expert("analysis.tfo_syn", field.Sequence, field.Note, "TCP SYN with TFO Cookie")
	eiTCPSCPS       = tcpP.Expert("analysis.scps_capable", field.Sequence, field.Note, "Connection establish acknowledge (SYN+ACK): SCPS Capabilities Negotiated")

	prefTCPExp  = dissect.BoolPref("tcp.dissect_experimental_options_rfc6994", "TCP Experimental Options using the format of RFC 6994", true)
	prefTCPNoTS = dissect.BoolPref("tcp.ignore_tcp_timestamps", "Ignore TCP Timestamps in summary", false)
)

var tcpOptKinds = values(
	val(0, "End of Option List"), val(1, "No-Operation"), val(2, "Maximum Segment Size"), val(3, "Window Scale"), val(4, "SACK Permitted"),
	val(5, "SACK"), val(6, "Echo"), val(7, "Echo Reply"), val(8, "Time Stamp Option"), val(9, "Partial Order Connection Permitted"),
	val(10, "Partial Order Service Profile"), val(11, "CC"), val(12, "CC.NEW"), val(13, "CC.ECHO"), val(14, "TCP Alternate Checksum Request"),
	val(15, "TCP Alternate Checksum Data"), val(16, "Skeeter"), val(17, "Bubba"), val(18, "Trailer Checksum Option"), val(19, "MD5 Signature Option"),
	val(20, "SCPS Capabilities"), val(21, "Selective Negative Acknowledgements"), val(22, "Record Boundaries"), val(23, "Corruption experienced"),
	val(24, "SNAP"), val(25, "Unassigned"), val(26, "TCP Compression Filter"), val(27, "Quick-Start Response"), val(28, "User Timeout Option"),
	val(29, "The TCP Authentication Option"), val(30, "Multipath TCP"), val(34, "TCP Fast Open Cookie"), val(76, "Riverbed Probe"),
	val(78, "Riverbed Transparency"), val(172, "Accurate ECN Order 0"), val(174, "Accurate ECN Order 1"),
	val(253, "RFC3692-style Experiment 1"), val(254, "RFC3692-style Experiment 2"))

var tcpExIDs = values(
	val(0xac, "TCP ACK Rate Request"), val(0x348, "Host ID"), val(0xa0d, "Autonomous System Compensation"), val(0xca0, "Capability Option"),
	val(0xed0, "Extended Data Offset"), val(0x454e, "Encryption Negotiation"), val(0x5323, "Service Number"), val(0x75ec, "Timestamp Interval"),
	val(0xacc0, "Accurate ECN - Order 0"), val(0xacc1, "Accurate ECN - Order 1"), val(0xacce, "Accurate ECN"),
	val(0xe2d4, "Shared Memory communications over RMDA protocol"), val(0xf989, "Fast Open"), val(0xf990, "Low Latency"))

var qsRates = values(
	val(0, "0 bit/s"), val(1, "80 Kbit/s"), val(2, "160 Kbit/s"), val(3, "320 Kbit/s"), val(4, "640 Kbit/s"), val(5, "1.28 Mbit/s"),
	val(6, "2.56 Mbit/s"), val(7, "5.12 Mbit/s"), val(8, "10.24 Mbit/s"), val(9, "20.48 Mbit/s"), val(10, "40.96 Mbit/s"), val(11, "81.92 Mbit/s"),
	val(12, "163.84 Mbit/s"), val(13, "327.68 Mbit/s"), val(14, "655.36 Mbit/s"), val(15, "1.31072 Gbit/s"))

// tcpOption is how one kind of option is named, and how long it must be (0 =
// any length).
type tcpOption struct {
	f    field.ID
	name string
	n    int
}

// tcpOpt is one option being read.
type tcpOpt struct {
	kind   uint8
	at, n  int
	r      dissect.Ref // its own line
	lenRef dissect.Ref
}

var tcpOptionKinds [256]*tcpOption

func init() {
	tcpOptionKinds = [256]*tcpOption{
		2:   {tcpOptMSS, "Maximum segment size", 4},
		3:   {tcpOptWS, "Window scale", 3},
		4:   {tcpOptSPerm, "SACK permitted", 2},
		5:   {tcpOptSACK, "SACK", 0},
		6:   {tcpOptEcho, "Echo", 6},
		7:   {tcpOptEcho, "Echo reply", 6},
		8:   {tcpOptTS, "Timestamps", 10},
		11:  {tcpOptCC, "CC", 6},
		12:  {tcpOptCC, "CC.NEW", 6},
		13:  {tcpOptCC, "CC.ECHO", 6},
		19:  {tcpOptMD5, "TCP MD5 signature", 18},
		20:  {tcpOptSCPS, "SCPS capabilities", 0},
		21:  {tcpOptSNACK, "Selective Negative Acknowledgment", 6},
		22:  {tcpOptSRec, "SCPS record boundary", 2},
		23:  {tcpOptSCor, "SCPS corruption experienced", 2},
		27:  {tcpOptQS, "Quick-Start", 8},
		28:  {tcpOptUTO, "User Timeout", 4},
		29:  {tcpOptAO, "TCP AO", 0},
		30:  {mptcpP.ID, "Multipath TCP", 0},
		34:  {tcpOptTFO, "TCP Fast Open", 0},
		76:  {tcpOptProbe, "Riverbed Probe", 0},
		78:  {tcpOptTrpy, "Riverbed Transparency", 0},
		172: {tcpOptAE, "Accurate ECN", 0},
		174: {tcpOptAE, "Accurate ECN", 0},
		253: {tcpOptExp, "Experimental", 0},
		254: {tcpOptExp, "Experimental", 0},
	}
}

var tcpOptUnknown = tcpOption{tcpOptUnk, "", 0}

// showOptions records the options' line, the times, and each option.
func (s *tcpSeg) showOptions(c *Cursor, known bool) {
	s.options = s.hlen - 20
	if s.options > 0 {
		n := min(s.options, max(0, c.CapLeft()))
		s.optRef = c.FieldAt(tcpOptions, s.at+20, n)
		if b := c.Label(s.optRef); b != nil {
			b.S("Options: (").U(uint64(s.options)).S(" bytes)")
		}
	}
	if known {
		s.showTimes(c)
	}
	if s.learn && known {
		s.fwd.a.sacks = 0 // blocks that are not repeated no longer hold
	}
	if s.options == 0 {
		return
	}
	old := c.Push(s.optRef)
	s.eachOption(c)
	c.Pop(old)
}

// eachOption walks the options. In the learn pass it runs whether anybody
// looks or not: options carry state.
func (s *tcpSeg) eachOption(c *Cursor) {
	end := s.at + s.hlen
	nops, ended := 0, false
	for pos := s.at + 20; pos < end; {
		c.Seek(pos)
		kind := c.Peek8(0)
		if ended && kind != 0 {
			expertLine(c, pos, end-pos, eiTCPAfterEOL, "Non-zero header padding")
			return
		}
		if kind <= 1 {
			ended = s.bareOption(c, pos, kind) || ended
			if kind == 1 {
				if nops == 0 || (pos-s.at)%4 != 0 {
					if nops++; nops == 4 {
						c.Expert(s.optRef, eiTCPNOPs)
					}
				} else {
					nops = 0
				}
			}
			pos++
			continue
		}
		k := tcpOptionKinds[kind]
		if k == nil {
			k = &tcpOptUnknown
		}
		if pos+1 >= end {
			s.badOption(c, pos, 1, k, kind, 0, " (length byte past end of options)")
			return
		}
		n := int(c.Peek8(1))
		if n < 2 {
			s.badOption(c, pos, 2, k, kind, n, " (with too-short option length = ")
			return
		}
		if pos+n > end {
			s.badOption(c, pos, end-pos-2, k, kind, n, " (option length = ")
			return
		}
		s.opt = tcpOpt{kind: kind, at: pos, n: n}
		s.oneOption(c, k, &s.opt)
		s.optionName(c.Append(s.optRef), k, kind)
		pos += n
	}
	if s.flags&thSYN != 0 {
		if !s.mss {
			c.Expert(s.optRef, eiTCPMSSAbsent)
		}
		if !s.sackOK {
			c.Expert(s.optRef, eiTCPSPAbsent)
		}
	}
}

func (s *tcpSeg) bareOption(c *Cursor, pos int, kind uint8) (end bool) {
	f, name := tcpOptNOP, ", No-Operation (NOP)"
	if kind == 0 {
		f, name, end = tcpOptEOL, ", End of Option List (EOL)", true
	}
	r := c.FieldAt(f, pos, 1)
	nameOnly(c, r, f)
	old := c.Push(r)
	c.FieldAt(tcpOptKind, pos, 1)
	c.Pop(old)
	if b := c.Append(s.optRef); b != nil {
		b.S(name)
	}
	return end
}

// nameOnly labels an option with its name instead of its bytes.
func nameOnly(c *Cursor, r dissect.Ref, f field.ID) {
	if b := c.Label(r); b != nil {
		b.S(field.Get(f).Label)
	}
}

func (s *tcpSeg) optionName(b *field.Text, k *tcpOption, kind uint8) {
	if b == nil {
		return
	}
	b.S(", ")
	optName(b, k, kind)
}

func optName(b *field.Text, k *tcpOption, kind uint8) {
	if k == &tcpOptUnknown {
		b.S("Unknown (").X(uint64(kind), 2).C(')')
		return
	}
	b.S(k.name)
}

// badOption says that an option's length is wrong; nothing can follow it.
func (s *tcpSeg) badOption(c *Cursor, pos, n int, k *tcpOption, kind uint8, length int, what string) {
	var t field.Text
	optName(&t, k, kind)
	t.S(what)
	if length > 0 || what[len(what)-1] != ')' {
		t.U(uint64(length)).S(plural(length, " byte", " bytes"))
		if length >= 2 {
			t.S(" says option goes past end of options")
		}
		t.C(')')
	}
	expertLine(c, pos, n, eiTCPOptLen, t.String())
}

// expertLine records a line that is an expert information of its own, and
// leaves the dissector when the bytes it is about were not captured.
func expertLine(c *Cursor, pos, n int, ei field.ID, text string) {
	r := dissect.None
	c.Seek(pos)
	if b := c.Text(pos, max(0, min(n, c.CapLeft()))); b != nil {
		b.S(text)
		r = c.Last()
	}
	c.ExpertText(r, ei, text)
	c.BytesAt(pos, n)
}

func (s *tcpSeg) oneOption(c *Cursor, k *tcpOption, o *tcpOpt) {
	if k.f == mptcpP.ID {
		o.r = c.Put(k.f, o.at, o.n, 0)
	} else {
		c.Seek(o.at)
		o.r = c.FieldAt(k.f, o.at, min(o.n, c.CapLeft()))
		nameOnly(c, o.r, k.f)
	}
	switch o.kind {
	case 2:
		s.mss = true
		if s.flags&thSYN == 0 {
			c.Expert(o.r, eiTCPMSSPresent)
		}
	case 4:
		s.sackOK = true
		if s.flags&thSYN == 0 {
			c.Expert(o.r, eiTCPSPPresent)
		}
	case 5:
		s.lateDuplicate(c)
	}
	old := c.Push(o.r)
	c.Seek(o.at)
	c.U8(tcpOptKind)
	c.U8(tcpOptLen)
	o.lenRef = c.Last()
	if k.n != 0 && o.n != k.n {
		if o.kind == 4 {
			optSACKPerm(c)
		}
		s.optLength(c, o, "option length should be ", k.n)
	} else {
		s.readOption(c, o)
	}
	c.Pop(old)
}

// readOption reads what follows an option's length.
func (s *tcpSeg) readOption(c *Cursor, o *tcpOpt) {
	switch o.kind {
	case 2:
		optMSS(s, c, o)
	case 3:
		optWS(s, c, o)
	case 4:
		optSACKPerm(c)
	case 5:
		optSACK(s, c, o)
	case 6, 7:
		optEcho(s, c, o)
	case 8:
		optTS(s, c, o)
	case 11, 12, 13:
		optCC(s, c)
	case 19:
		optMD5(c, o)
	case 20:
		optSCPS(s, c, o)
	case 21:
		optSNACK(c)
	case 22, 23:
	case 27:
		optQS(c)
	case 28:
		optUTO(s, c)
	case 29:
		optAO(s, c, o)
	case 30:
		optMPTCP(s, c, o)
	case 34:
		optTFO(s, c, o)
	case 172, 174:
		optAE(s, c, o)
	case 253, 254:
		optExp(s, c, o)
	default:
		optRest(c, o)
	}
}

func (s *tcpSeg) optLength(c *Cursor, o *tcpOpt, text string, n int) {
	var t field.Text
	t.S(text)
	if n >= 0 {
		t.U(uint64(n))
	}
	c.ExpertText(o.lenRef, eiTCPOptLen, t.String())
}

func optMSS(s *tcpSeg, c *Cursor, o *tcpOpt) {
	v := c.U16(tcpOptMSSVal)
	if b := c.Append(o.r); b != nil {
		b.S(": ").U(uint64(v)).S(" bytes")
	}
	s.info(c, "MSS", uint64(v))
}

// info continues the Info column with a name and a number.
func (s *tcpSeg) info(c *Cursor, name string, v uint64) {
	if b := c.Info(); b != nil {
		b.C(' ').S(name).C('=').U(v)
	}
}

func optWS(s *tcpSeg, c *Cursor, o *tcpOpt) {
	v := c.U8(tcpOptShift)
	shift := min(v, 14) // RFC 7323 section 2.3
	if v > 14 {
		c.Expert(c.Last(), eiTCPShift)
	}
	c.Gen(tcpOptMult, o.at+2, 1, 1<<shift)
	if b := c.Append(o.r); b != nil {
		b.S(": ").U(uint64(v)).S(" (multiply by ").U(1 << shift).C(')')
	}
	s.info(c, "WS", 1<<shift)
	if s.learn && s.fwd != nil {
		s.fwd.scale = int8(shift)
	}
}

func optSACKPerm(c *Cursor) {
	if b := c.Info(); b != nil {
		b.S(" SACK_PERM")
	}
}

// lateDuplicate: what looked like a window update is a duplicate ACK if it
// carries SACK blocks.
func (s *tcpSeg) lateDuplicate(c *Cursor) {
	if s.learn && s.analyze && s.ana != nil && s.ana.flags&taUpdate != 0 {
		s.ana.flags &^= taUpdate
		s.duplicate(c)
	}
}

func optSACK(s *tcpSeg, c *Cursor, o *tcpOpt) {
	base := uint32(0)
	if s.fwd != nil && s.relative && s.fact.bits&tfRevBase != 0 {
		base = s.rev.base
	}
	blocks := 0
	for left := o.n - 2; left > 0; left -= 8 {
		if left < 8 {
			if left >= 4 {
				s.edge(c, tcpOptSLE, "left edge = ", c.Pos(), base)
				c.Skip(4)
				left -= 4
			}
			expertLine(c, c.Pos(), left, eiTCPSubopt, "suboption would go past end of option")
			break
		}
		le := s.edge(c, tcpOptSLE, "left edge = ", c.Pos(), base)
		re := s.edge(c, tcpOptSRE, "right edge = ", c.Pos()+4, base)
		c.Skip(8)
		s.info(c, "SLE", uint64(le))
		s.info(c, "SRE", uint64(re))
		if b := c.Append(o.r); b != nil {
			b.C(' ').U(uint64(le)).C('-').U(uint64(re))
		}
		if s.sacks < maxTCPSacks {
			s.sackLeft[s.sacks], s.sackRight[s.sacks] = le, re
			s.sacks++
		}
		if s.analyze && s.fwd != nil && blocks < maxTCPSacks && c.Bool(prefTCPBIF) {
			if s.learn {
				a := &s.fwd.a
				a.sackL[blocks], a.sackR[blocks] = le, re
				a.sacks = uint8(blocks + 1)
			}
			blocks++
		}
	}
	c.Gen(tcpOptSCount, o.at, 0, uint64(blocks))
	s.doubleSACK(c, o, base)
}

func (s *tcpSeg) edge(c *Cursor, f field.ID, text string, pos int, base uint32) uint32 {
	v := uint32(c.UintAt(pos, 4)) - base
	s.edgeLabel(c, c.Put(f, pos, 4, uint64(v)), text, v)
	return v
}

func (s *tcpSeg) edgeLabel(c *Cursor, r dissect.Ref, text string, v uint32) {
	if b := c.Label(r); b != nil {
		b.S(text).U(uint64(v))
		if s.relative {
			b.S(" (relative)")
		}
	}
}

// doubleSACK: the first block tells of bytes that came twice (RFC 2883 section 4).
func (s *tcpSeg) doubleSACK(c *Cursor, o *tcpOpt, base uint32) {
	r0 := s.sackRight[0]
	if !seqLE(r0, s.ack) && !(s.sacks > 1 && seqLT(s.sackLeft[1], r0) && seqGE(s.sackRight[1], r0)) {
		return
	}
	pos := o.at + 2
	for i, f := range [...]field.ID{tcpOptDSLE, tcpOptDSRE} {
		v := uint32(c.UintAt(pos+4*i, 4)) - base
		text := [...]string{"D-SACK Left Edge = ", "D-SACK Right Edge = "}[i]
		s.edgeLabel(c, c.Gen(f, pos+4*i, 4, uint64(v)), text, v)
	}
	expertLine(c, pos, 8, eiTCPDSACK, "D-SACK Sequence")
}

func optEcho(s *tcpSeg, c *Cursor, o *tcpOpt) {
	v := c.U32(tcpOptEchoV)
	if b := c.Append(o.r); b != nil {
		b.S(": ").U(uint64(v))
	}
	s.info(c, "ECHO", uint64(v))
}

func optTS(s *tcpSeg, c *Cursor, o *tcpOpt) {
	v, e := c.U32(tcpOptTSVal), c.U32(tcpOptTSEcr)
	if b := c.Append(o.r); b != nil {
		b.S(": TSval ").U(uint64(v)).S(", TSecr ").U(uint64(e))
	}
	if !c.Bool(prefTCPNoTS) {
		s.info(c, "TSval", uint64(v))
		s.info(c, "TSecr", uint64(e))
	}
}

func optCC(s *tcpSeg, c *Cursor) { s.info(c, "CC", uint64(c.U32(tcpOptCCVal))) }

func optMD5(c *Cursor, o *tcpOpt) {
	if b := c.Info(); b != nil {
		b.S(" MD5")
	}
	c.Bytes(tcpOptDigest, o.n-2)
}

func optAO(s *tcpSeg, c *Cursor, o *tcpOpt) {
	if b := c.Info(); b != nil {
		b.S("TCP AO")
	}
	if o.n < 4 {
		s.optLength(c, o, "option length should be >= than 4", -1)
		return
	}
	c.U8(tcpOptAOKey)
	c.U8(tcpOptAONext)
	if o.n > 4 {
		c.Bytes(tcpOptAOMAC, o.n-4)
	}
}

func optQS(c *Cursor) {
	rate := c.Peek8(0) & 15
	if b := c.Info(); b != nil {
		b.S(" QSresp=").S(qsRates.Text(uint64(rate), "Unknown"))
	}
	c.Field(tcpOptQSRate, 1)
	c.U8(tcpOptQSTTL)
}

func optUTO(s *tcpSeg, c *Cursor) {
	v := c.Peek16(0) & 0x7fff
	c.FieldAt(tcpOptUTOG, c.Pos(), 2)
	c.Field(tcpOptUTOVal, 2)
	s.info(c, "USER_TO", uint64(v))
}

func optTFO(s *tcpSeg, c *Cursor, o *tcpOpt) { s.fastOpen(c, o.at, o.n) }

// fastOpen: a request or a cookie of n-2 bytes behind at+2 (RFC 7413).
func (s *tcpSeg) fastOpen(c *Cursor, at, n int) {
	b := c.Info()
	if n == 2 {
		c.Put(tcpOptTFOReq, at, 2, 0)
		if b != nil {
			b.S(" TFO=R")
		}
		return
	}
	r := c.FieldAt(tcpOptCookie, at+2, n-2)
	if b != nil {
		b.S(" TFO=C")
	}
	if s.flags&(thSYN|thACK) == thSYN {
		c.Expert(r, eiTCPTFOSyn)
		if s.learn && s.v != nil && s.haveLen && s.length > 0 {
			s.v.tfoData = true
		}
	}
}

func optAE(s *tcpSeg, c *Cursor, o *tcpOpt) {
	switch o.n {
	case 2, 5, 8, 11:
		s.accECN(c, o, o.kind == 172)
	default:
		s.optLength(c, o, "option length should be 2, 5, 8, or 11 instead of ", o.n)
	}
}

// accECN reads the byte counters of Accurate ECN (RFC 9768 section 3.2.3).
func (s *tcpSeg) accECN(c *Cursor, o *tcpOpt, order0 bool) {
	fields := [...]field.ID{tcpOptEE0B, tcpOptECEB, tcpOptEE1B}
	names := [...]string{"EE0B", "ECEB", "EE1B"}
	order := ": "
	if !order0 {
		fields[0], fields[2] = fields[2], fields[0]
		names[0], names[2] = names[2], names[0]
	}
	n := (o.at + o.n - c.Pos()) / 3
	if n == 0 {
		if b := c.Info(); b != nil {
			b.S(" AccECN")
		}
	}
	for i := 0; i < n; i++ {
		v := c.U24(fields[i])
		s.info(c, names[i], uint64(v))
		if b := c.Append(o.r); b != nil {
			if i == 0 {
				order = " (Order 1): "
				if order0 {
					order = " (Order 0): "
				}
			} else {
				order = ", "
			}
			b.S(order).S(names[i]).C(' ').U(uint64(v))
		}
	}
	if s.learn && s.v != nil {
		s.v.aeOption = true
	}
}

// optExp: RFC 6994, experiments tell themselves apart by two bytes.
func optExp(s *tcpSeg, c *Cursor, o *tcpOpt) {
	if !c.Bool(prefTCPExp) {
		c.Bytes(tcpOptExData, o.n-2)
		s.info(c, "Exp", uint64(o.kind)-252)
		return
	}
	if o.n < 4 {
		var t field.Text
		t.S("option length ").U(uint64(o.n)).S(" smaller than 4")
		c.ExpertText(o.lenRef, eiTCPOptLen, t.String())
		return
	}
	id := c.U16(tcpOptExID)
	if b := c.Append(o.r); b != nil {
		b.S(": ").S(tcpExIDs.Text(uint64(id), "Unknown"))
	}
	switch id {
	case 0xac:
		switch o.n {
		case 4:
			if b := c.Info(); b != nil {
				b.S(" TARR")
			}
		case 5:
			rate := c.Peek8(0) >> 1
			c.FieldAt(tcpOptTARR, c.Pos(), 1)
			c.Field(tcpOptTARRes, 1)
			s.info(c, "TARR", uint64(rate))
			if b := c.Append(o.r); b != nil {
				b.C(' ').U(uint64(rate))
			}
		default:
			s.optLength(c, o, "option length should be 4 or 5 instead of ", o.n)
		}
	case 0xacc0, 0xacc1:
		switch o.n {
		case 4, 7, 10, 13:
			if b := c.Append(o.r); b != nil {
				b.S(": Accurate ECN")
			}
			s.accECN(c, o, id == 0xacc0)
		default:
			s.optLength(c, o, "option length should be 4, 7, 10, or 13 instead of ", o.n)
		}
	case 0xf989:
		s.fastOpen(c, o.at+2, o.n-2)
	default:
		if o.n > 4 {
			c.Bytes(tcpOptExData, o.n-4)
		}
		if b := c.Info(); b != nil {
			b.S(" ExID=")
			const digits = "0123456789ABCDEF"
			started := false
			for sh := 12; sh >= 0; sh -= 4 {
				d := id >> uint(sh) & 15
				if started = started || d != 0 || sh == 0; started {
					b.C(digits[d])
				}
			}
		}
	}
}

func optSCPS(s *tcpSeg, c *Cursor, o *tcpOpt) {
	if o.n != 4 {
		return
	}
	names := [...]string{"BETS", "SNACK1", "SNACK2", "COMP", "NLTS", "RESERVED"}
	masks := [...]uint8{0x80, 0x40, 0x20, 0x10, 0x08, 0x07}
	v := uint8(c.Word(tcpOptVector, 1, tcpOptBETS, tcpOptSNACK1, tcpOptSNACK2, tcpOptCOMP, tcpOptNLTS, tcpOptSRes))
	r := c.Last()
	if v != 0 {
		b, sep := c.Info(), ""
		if b != nil {
			b.S(" SCPS[")
		}
		for i, m := range masks {
			if v&m == 0 {
				continue
			}
			if b != nil {
				b.S(sep).S(names[i])
			}
			if l := c.Append(r); l != nil {
				if sep == "" {
					l.S(" (")
				} else {
					l.S(sep)
				}
				l.S(names[i])
			}
			sep = ", "
		}
		if b != nil {
			b.C(']')
		}
		if l := c.Append(r); l != nil {
			l.C(')')
		}
	}
	id := c.U8(tcpOptConnID)
	if id != 0 {
		s.info(c, "Connection ID", uint64(id))
	}
	if s.learn && s.fwd != nil {
		s.fwd.scps = true
	}
}

func optSNACK(c *Cursor) {
	c.U16(tcpOptSNOff)
	c.U16(tcpOptSNSize)
}

// optRest shows what is not decoded further.
func optRest(c *Cursor, o *tcpOpt) {
	if o.n > 2 {
		c.Bytes(tcpOptUnkPay, o.n-2)
	}
}
