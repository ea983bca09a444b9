// Ethernet, IEEE 802.3 and DIX. Not decoded: Cisco ISL, frame check sequences
// are not verified.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/frame"
)

var (
	ethP    = protocol("eth", "Ethernet", "Ethernet")
	ethDst  = macField(ethP, "dst", "Destination")
	ethSrc  = macField(ethP, "src", "Source")
	ethAddr = macField(ethP, "addr", "Address")
	ethLG   = ethP.Bool("lg", "LG bit", mask(24, 0x020000), tf(lgTrue, lgFalse))
	ethIG   = ethP.Bool("ig", "IG bit", mask(24, 0x010000), tf(igTrue, igFalse))
	ethLen  = ethP.U16("len", "Length", dec)
	ethType = ethP.U16("type", "Type", hex, enum(etherTypes))
	ethBad  = ethP.U16("invalid_lentype", "Invalid length/type", hexDec)
	ethPad  = dissect.Deep(ethP.Bytes("padding", "Padding"))
	ethTrl  = dissect.Deep(ethP.Bytes("trailer", "Trailer"))
	ethFCS  = dissect.Deep(ethP.U32("fcs", "Frame check sequence", hex))
	ethStrm = ethP.U32("stream", "Stream index", dec)

	ethFCSStat = dissect.Deep(ethP.U8("fcs.status", "FCS Status", noBase, enum(checksumStatus), enumOnly))

	eiEthSrcGroup = ethP.Expert("src_not_group", field.Protocol, field.Warn, "Source MAC must not be a group address: IEEE 802.3-2002, Section 3.2.3(b)")
	eiEthLenPast  = ethP.Expert("len.past_end", field.Malformed, field.Error, "Length field value goes past the end of the payload")
	eiEthPad      = dissect.Deep(ethP.Expert("padding_bad", field.Protocol, field.Note, "Didn't find padding of zeros, and an undecoded trailer exists. There may be padding of non-zeros."))
	eiEthLenType  = ethP.Expert("invalid_lentype.expert", field.Protocol, field.Warn, "Invalid length/type")

	_ = ethP.Parse(parseEth).Stateful().On("wtap_encap", uint64(frame.LinkEthernet)).Calls(etherTypeP, llcP, dataP)

	// etherTypeP is the layer that picks the protocol of an EtherType.
	etherTypeP = protocol("ethertype", "Ethertype", "Ethertype").NoNode()
	etherTable = etherTypeP.Table("ethertype")
	_          = etherTypeP.Calls(dataP)
)

const (
	lgTrue  = "Locally administered address (this is NOT the factory default)"
	lgFalse = "Globally unique address (factory default)"
	igTrue  = "Group address (multicast/broadcast)"
	igFalse = "Individual address (unicast)"
)

// mac is a hardware address field with the fields that Wireshark hangs below it.
type mac struct{ addr, resolved, oui, ouiResolved, lg, ig field.ID }

func macField(p *dissect.Proto, name, label string) mac {
	m := mac{
		addr:        p.Ether(name, label),
		resolved:    p.Str(name+"_resolved", label+" (resolved)"),
		oui:         p.U24(name+".oui", label+" OUI", field.OUI),
		ouiResolved: p.Str(name+".oui_resolved", label+" OUI (resolved)"),
	}
	if name != "addr" {
		m.lg = p.Bool(name+".lg", "LG bit", mask(24, 0x020000), tf(lgTrue, lgFalse))
		m.ig = p.Bool(name+".ig", "IG bit", mask(24, 0x010000), tf(igTrue, igFalse))
	}
	return m
}

func parseEth(c *Cursor) {
	at := c.Pos()
	dst, src := c.PeekBytes(0, 6), c.PeekBytes(6, 6)
	typ := c.Peek16(12)
	p := c.Packet()
	p.DLDst, p.DLSrc = flow.NewAddr(flow.Ether, dst), flow.NewAddr(flow.Ether, src)
	p.Dst, p.Src = p.DLDst, p.DLSrc
	c.SetProtocol("Ethernet")
	stream := ethStream(c, p)

	dix := typ >= 1536
	if b := c.Label(c.ProtoNode()); b != nil {
		switch {
		case dix:
			b.S("Ethernet II, Src: ")
		case typ <= 1500:
			b.S("IEEE 802.3 Ethernet ")
			if c.CapLeft() >= 16 && c.Peek16(14) == 0xffff {
				b.S("Raw ")
			}
		default:
			b.S("Ethernet, Src: ")
		}
		if dix || typ > 1500 {
			b.MAC(src).S(", Dst: ").MAC(dst)
		}
	}
	c.ProtoEnd(at + 14)
	ethAddress(c, ethDst, at)
	srcRef := ethAddress(c, ethSrc, at+6)
	if src[0]&1 != 0 {
		c.Expert(srcRef, eiEthSrcGroup)
	}
	if b := c.SetInfo(); b != nil {
		if dix {
			b.S(etherTypes.Text(uint64(typ), "Unknown"))
		}
	}
	c.Seek(at + 12)
	switch {
	case dix:
		c.U16(ethType)
		c.Gen(ethStrm, at, 0, uint64(stream))
		nextEtherType(c, typ, at+14, ethTrl)
	case typ <= 1500:
		r := c.Field(ethLen, 2)
		if int(typ) > c.Left() {
			c.Expert(r, eiEthLenPast)
		}
		c.Gen(ethStrm, at, 0, uint64(stream))
		n := min(int(typ), c.Left())
		nextLLC(c, at+14, n, ethTrl)
	default:
		r := c.Field(ethBad, 2)
		c.Expert(r, eiEthLenType)
		c.Gen(ethStrm, at, 0, uint64(stream))
		c.Sub(dataP, at+14, -1)
	}
}

// nextLLC runs what a length field is followed by, 802.2 or, when it begins
// with 0xffff, Novell's raw 802.3; what lies beyond the length is the link
// layer's.
func nextLLC(c *Cursor, pos, n int, trailer field.ID) {
	own := c.ProtoNode()
	p := llcP
	if n >= 2 && c.Has(pos+2-c.Pos()) && c.UintAt(pos, 2) == 0xffff {
		if p = c.Lookup(llcTable, 0xff); p == nil {
			p = dataP
		}
	}
	pkt := c.Packet()
	outer := pkt.Used
	pkt.Used = -1
	c.Protected(p, pos, n)
	pkt.Used = outer
	ethRest(c, own, pos, pos+n, trailer)
}

// ethAddress records a hardware address with everything below it.
func ethAddress(c *Cursor, m mac, pos int) dissect.Ref {
	r := c.FieldAt(m.addr, pos, 6)
	if !c.Full() && !c.Wants(ethAddr.addr) && !c.Wants(m.lg) && !c.Wants(m.ig) && !c.Wants(m.oui) && !c.Wants(ethLG) && !c.Wants(ethIG) &&
		!c.Wants(m.resolved) && !c.Wants(ethAddr.resolved) && !c.Wants(m.ouiResolved) && !c.Wants(ethAddr.ouiResolved) && !c.Wants(ethAddr.oui) {
		return r
	}
	b := c.BytesAt(pos, 6)
	old := c.Push(r)
	vendor := ouiName(b)
	macBelow(c, m, pos, b, vendor, 0)
	c.FieldAt(m.lg, pos, 3)
	c.FieldAt(m.ig, pos, 3)
	c.Mark(c.FieldAt(ethAddr.addr, pos, 6), dissect.Hidden)
	macBelow(c, ethAddr, pos, b, vendor, dissect.Hidden)
	c.Mark(c.FieldAt(ethLG, pos, 3), dissect.Hidden)
	c.Mark(c.FieldAt(ethIG, pos, 3), dissect.Hidden)
	c.Pop(old)
	return r
}

func macBelow(c *Cursor, m mac, pos int, b []byte, vendor string, fl dissect.Flags) {
	if c.Wants(m.resolved) {
		var t field.Text
		t.MAC(b)
		c.Mark(c.PutBytes(m.resolved, pos, 6, t.B), dissect.Hidden)
	}
	r := c.FieldAt(m.oui, pos, 3)
	c.Mark(r, dissect.Hidden)
	if vendor != "" {
		if b := c.Append(r); b != nil {
			b.S(" (").S(vendor).S(")")
		}
		c.Mark(c.PutText(m.ouiResolved, pos, 6, vendor), dissect.Hidden)
	}
}

// nextEtherType runs what an EtherType names over the rest of the data. What
// that protocol says it did not use is padding and a trailer (of that field)
// of the calling protocol.
func nextEtherType(c *Cursor, typ uint16, pos int, trailer field.ID) {
	own := c.ProtoNode()
	c.Layered(etherTypeP)
	p := c.Lookup(etherTable, uint64(typ))
	if p == nil {
		if b := c.SetInfo(); b != nil {
			b.S(etherTypes.Text(uint64(typ), "Unknown"))
		}
		c.SetProtocol(etherShort(typ))
		c.Sub(dataP, pos, -1)
		return
	}
	pkt := c.Packet()
	outer := pkt.Used
	pkt.Used = -1
	c.Protected(p, pos, -1)
	used := pkt.Used
	pkt.Used = outer
	if used >= pos && used < c.End() {
		ethRest(c, own, pos, used, trailer)
	}
}

// setUsed says where the network packet ends inside its frame; what follows is
// the link layer's. The outermost one decides.
func setUsed(c *Cursor, end int) {
	if p := c.Packet(); p.Used < 0 {
		p.Used = end
	}
}

func etherShort(typ uint16) string {
	var t field.Text
	t.X(uint64(typ), 4)
	return t.String()
}

// ethRest records what follows the packet [payload, pos) inside the frame:
// padding to the least payload of 46 bytes, a trailer, a frame check sequence.
// Whether a capture has the latter is not told; a frame that needs no padding
// and has four more bytes is taken to have it.
func ethRest(c *Cursor, own dissect.Ref, payload, pos int, trailer field.ID) {
	left, room := c.CapLeft()+c.Pos()-pos, c.End()-pos
	if room <= 0 {
		return
	}
	old := c.Push(own)
	defer c.Pop(old)
	short := 46 - (pos - payload) // how much padding it needs
	padded := false
	if pad := min(short, room); pad > 0 && c.Frame().Len >= 60 && pad <= left && allZero(c.BytesAt(pos, pad)) {
		c.FieldAt(ethPad, pos, pad)
		pos, left, room = pos+pad, left-pad, room-pad
		padded = true
	}
	fcs := trailer == ethTrl && c.Start() == 0 && c.SourceIndex() == 0 && room >= 4 && c.End() >= 64
	if fcs {
		room -= 4
	}
	if n := min(room, left); n > 0 {
		r := c.FieldAt(trailer, pos, n)
		if short > 0 && !padded {
			c.Expert(r, eiEthPad)
		}
	}
	if fcs && left >= room+4 {
		r := c.FieldAt(ethFCS, pos+room, 4)
		if b := c.Append(r); b != nil {
			b.S(" [unverified]")
		}
		c.Gen(ethFCSStat, pos+room, 0, 2)
	}
}

func allZero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

func ethStream(c *Cursor, p *dissect.Packet) uint32 {
	st, n := c.Flow(), c.Frame().Number
	conv := st.Find(flow.KEther, &p.DLSrc, &p.DLDst, 0, 0, n)
	if conv == nil {
		if !c.Learning() {
			return 0
		}
		conv = st.Create(flow.KEther, &p.DLSrc, &p.DLDst, 0, 0, n)
	}
	c.Hop(flow.KEther, &p.DLSrc, &p.DLDst, 0, 0, conv.Index)
	return conv.Index
}
