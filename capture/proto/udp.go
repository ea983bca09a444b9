// UDP, RFC 768, and UDP-Lite's port dispatch. Checksums are not verified by
// default, as in Wireshark.
package proto

import (
	"strconv"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	udpP        = protocol("udp", "User Datagram Protocol", "UDP")
	udpSrcPort  = udpP.U16("srcport", "Source Port", dec)
	udpDstPort  = udpP.U16("dstport", "Destination Port", dec)
	udpPort     = udpP.U16("port", "Source or Destination Port", dec)
	udpLength   = udpP.U16("length", "Length", dec)
	udpChecksum = udpP.U16("checksum", "Checksum", hex)
	udpSumStat  = udpP.U8("checksum.status", "Checksum Status", noBase, enum(checksumStatus), enumOnly)
	udpStream   = udpP.U32("stream", "Stream index", dec)
	udpPNum     = udpP.U32("stream.pnum", "Stream Packet Number", dec)
	udpTimeRel  = udpP.RelTime("time_relative", "Time since first frame")
	udpTimeDel  = udpP.RelTime("time_delta", "Time since previous frame")
	udpPayload  = udpP.Bytes("payload", "UDP payload")

	eiUDPLengthBad = udpP.Expert("length.bad", field.Malformed, field.Error, "Bad length value")
	eiUDPSumZero   = udpP.Expert("checksum.zero", field.Checksum, field.Error, "Illegal checksum value (0)")

	eiUDPTrace = udpP.Expert("possible_traceroute", field.Sequence, field.Chat, "Possible traceroute")

	udpTable = udpP.Table("udp.port")
	udpHeur  = udpP.Table("udp")
	_        = udpP.Parse(parseUDP).Stateful().On("ip.proto", 17).Calls(dataP)

	udpFacts = flow.NewFacts[udpFact]()
	udpConvs = flow.NewSlot[udpConv]()
)

// udpFact is what a datagram's place in its stream is.
type udpFact struct {
	conv        *flow.Conv
	pnum        uint32
	first, prev int64
}

// udpConv is a stream's running state.
type udpConv struct {
	packets     uint32
	first, last int64
}

func parseUDP(c *Cursor) {
	p := c.Packet()
	at := c.Pos()
	sp, dp := c.Peek16(0), c.Peek16(2)
	p.SrcPort, p.DstPort, p.PortKind = uint32(sp), uint32(dp), flow.KUDP
	c.SetProtocol("UDP")
	if b := c.SetInfo(); b != nil {
		b.U(uint64(sp)).S(" → ").U(uint64(dp))
	}
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("User Datagram Protocol, Src Port: ").U(uint64(sp)).S(", Dst Port: ").U(uint64(dp))
	}
	c.ProtoEnd(min(at+8, c.End()))
	c.U16(udpSrcPort)
	c.U16(udpDstPort)
	c.PutHidden(udpPort, at, 2, uint64(sp))
	c.PutHidden(udpPort, at+2, 2, uint64(dp))
	length := int(c.Peek16(0))
	datagram := c.CapLeft() - 4 // what IP carries, whatever UDP says
	r := c.Field(udpLength, 2)
	if length == 0 && c.Len() > 65535 {
		length = c.Len() // RFC 2675, jumbograms
	}
	if have := c.End() - at; length < 8 || length > have {
		bad := ""
		switch {
		case length < 8:
			bad = " [BAD UDP LENGTH " + strconv.Itoa(length) + " < 8]"
			c.ExpertText(r, eiUDPLengthBad, "Bad length value "+strconv.Itoa(length)+" < 8")
			if b := c.Append(r); b != nil {
				b.S(" (bogus, must be >= 8)")
			}
		case !c.Quoted():
			bad = " [BAD UDP LENGTH " + strconv.Itoa(length) + " > IP PAYLOAD LENGTH]"
			c.ExpertText(r, eiUDPLengthBad, "Bad length value "+strconv.Itoa(length)+" > IP payload length")
			if b := c.Append(r); b != nil {
				b.S(" (bogus, payload length ").U(uint64(have)).S(")")
			}
		}
		if b := c.Info(); b != nil {
			b.S(bad)
		}
		if length < 8 {
			return
		}
	} else {
		c.SetEnd(at + length)
	}
	sum := c.U16(udpChecksum)
	illegal := udpChecksumLine(c, p, at, sum)
	udpTrace(c, p, at, sp, dp)

	f := udpLearn(c, p, sp, dp)
	if f != nil {
		c.Gen(udpStream, at+8, 0, uint64(f.conv.Index))
	}
	if f != nil && !c.Quoted() {
		c.Gen(udpPNum, at, 0, uint64(f.pnum))
		if c.Frame().HasTime {
			var group dissect.Ref = dissect.None
			if b := c.GenTextLine(at, 0); b != nil {
				b.S("Timestamps")
				group = c.Last()
			}
			old := c.Push(group)
			c.Gen(udpTimeRel, at, 0, uint64(c.Frame().Time-f.first))
			c.Gen(udpTimeDel, at, 0, uint64(c.Frame().Time-f.prev))
			c.Pop(old)
		}
	}
	n := c.CapLeft()
	if b := c.Info(); b != nil {
		b.S(" Len=").U(uint64(length - 8))
		if illegal {
			b.S(" [ILLEGAL CHECKSUM (0)]")
		}
	}
	if n > 0 {
		r := c.Put(udpPayload, at+8, max(n, datagram), 0)
		if b := c.Label(r); b != nil {
			b.S("UDP payload (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
		}
	}
	udpUpper(c, p, at+8, sp, dp)
}

// udpChecksumLine says of the checksum what can be said without verifying it,
// and whether it is one that must not be: IPv6 has no sum of its own.
func udpChecksumLine(c *Cursor, p *dissect.Packet, at int, sum uint16) (illegal bool) {
	r := c.Last()
	if sum != 0 {
		if b := c.Append(r); b != nil {
			b.S(" [unverified]")
		}
		c.Gen(udpSumStat, at+6, 0, 2)
		return false
	}
	illegal = p.Src.Kind == flow.IPv6 && !c.Quoted()
	status := uint64(3)
	if b := c.Append(r); b != nil {
		b.S(pick(illegal, " [zero-value illegal]", " [zero-value ignored]"))
	}
	if illegal {
		status = 4
		c.Expert(r, eiUDPSumZero)
	}
	old := c.Push(r)
	c.Put(udpSumStat, at+6, 2, status)
	c.Pop(old)
	return illegal
}

// udpTrace tells a datagram that traceroute may have sent: three to each hop,
// on ports from 33435 on.
func udpTrace(c *Cursor, p *dissect.Packet, at int, sp, dp uint16) {
	for i, port := range [...]uint16{sp, dp} {
		if port < 33435 || port > 33464 {
			continue
		}
		n := int(port) - 33435
		node := c.ProtoNode()
		if c.Full() {
			node = udpPortNode(c, at+2*i)
		}
		c.ExpertText(node, eiUDPTrace, "Possible traceroute: hop #"+strconv.Itoa(n/3+1)+", attempt #"+strconv.Itoa(n%3+1))
		return
	}
}

// udpPortNode finds the port's line among the latest.
func udpPortNode(c *Cursor, pos int) dissect.Ref {
	for i := c.NodeCount() - 1; i > c.ProtoNode(); i-- {
		if n := c.Node(i); (n.Field == udpSrcPort || n.Field == udpDstPort) && int(n.Off) == pos {
			return i
		}
	}
	return c.ProtoNode()
}

// udpUpper finds the protocol above: the conversation's, the lower port's, the
// higher port's, a heuristic, or data.
func udpUpper(c *Cursor, p *dissect.Packet, pos int, sp, dp uint16) {
	if p.Conv != nil && p.Conv.Upper != nil && p.Conv.UpperFrom <= c.Frame().Number {
		if q := p.Conv.Upper.(*dissect.Proto); c.Try(q, pos, -1) {
			return
		}
	}
	lo, hi := sp, dp
	if lo > hi {
		lo, hi = hi, lo
	}
	if q := c.Lookup(udpTable, uint64(lo)); q != nil && lo != 0 && c.Try(q, pos, -1) {
		return
	}
	if q := c.Lookup(udpTable, uint64(hi)); q != nil && hi != lo && hi != 0 && c.Try(q, pos, -1) {
		return
	}
	if c.Heuristics(udpHeur, pos, -1) != nil {
		return
	}
	c.Sub(dataP, pos, -1)
}

func udpLearn(c *Cursor, p *dissect.Packet, sp, dp uint16) *udpFact {
	st, fr := c.Flow(), c.Frame()
	if !c.Learning() {
		f := udpFacts.Get(st, fr.Number, c.Layer())
		if f != nil {
			p.Conv = f.conv
			c.Hop(flow.KUDP, &p.Src, &p.Dst, uint32(sp), uint32(dp), f.conv.Index)
		}
		return f
	}
	conv := st.Find(flow.KUDP, &p.Src, &p.Dst, uint32(sp), uint32(dp), fr.Number)
	if conv == nil {
		conv = st.Create(flow.KUDP, &p.Src, &p.Dst, uint32(sp), uint32(dp), fr.Number)
		conv.FirstTime, conv.LastTime = fr.Time, fr.Time
	}
	u := udpConvs.Make(conv)
	if u.packets == 0 {
		u.first, u.last = fr.Time, fr.Time
	}
	u.packets++
	f := udpFacts.Put(st, fr.Number, c.Layer())
	*f = udpFact{conv: conv, pnum: u.packets, first: u.first, prev: u.last}
	u.last = fr.Time
	conv.Last, conv.LastTime = fr.Number, fr.Time
	conv.Packets++
	p.Conv = conv
	c.Hop(flow.KUDP, &p.Src, &p.Dst, uint32(sp), uint32(dp), conv.Index)
	return f
}
