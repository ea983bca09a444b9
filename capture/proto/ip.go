// IPv4, RFC 791. Not decoded yet here: options are in ip_options.go.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/frame"
)

var (
	ipP        = protocol("ip", "Internet Protocol Version 4", "IPv4")
	ipVersion  = ipP.U8("version", "Version", dec)
	ipHdrLen   = ipP.U8("hdr_len", "Header Length", dec)
	ipDSField  = ipP.U8("dsfield", "Differentiated Services Field", hex)
	ipDSCP     = ipP.U8("dsfield.dscp", "Differentiated Services Codepoint", dec, mask(8, 0xfc), enum(dscpNames))
	ipECN      = ipP.U8("dsfield.ecn", "Explicit Congestion Notification", dec, mask(8, 0x03), enum(ecnNames))
	ipLen      = ipP.U16("len", "Total Length", dec)
	ipID       = ipP.U16("id", "Identification", hexDec)
	ipFlags    = ipP.U8("flags", "Flags", hex, mask(8, 0xe0))
	ipFlagRB   = ipP.Flag("flags.rb", "Reserved bit", 8, 0x80)
	ipFlagDF   = ipP.Flag("flags.df", "Don't fragment", 8, 0x40)
	ipFlagMF   = ipP.Flag("flags.mf", "More fragments", 8, 0x20)
	ipFragOff  = ipP.U16("frag_offset", "Fragment Offset", dec, mask(16, 0x1fff))
	ipTTL      = ipP.U8("ttl", "Time to Live", dec)
	ipProto    = ipP.U8("proto", "Protocol", dec, enum(ipProtos))
	ipChecksum = ipP.U16("checksum", "Header Checksum", hex)
	ipSumStat  = ipP.U8("checksum.status", "Header checksum status", noBase, enum(checksumStatus), enumOnly)
	ipSrc      = ipP.IPv4("src", "Source Address")
	ipDst      = ipP.IPv4("dst", "Destination Address")
	ipAddr     = ipP.IPv4("addr", "Source or Destination Address")
	ipSrcHost  = ipP.Str("src_host", "Source Host")
	ipDstHost  = ipP.Str("dst_host", "Destination Host")
	ipHost     = ipP.Str("host", "Source or Destination Host")
	ipStream   = ipP.U32("stream", "Stream index", dec)

	// ipTable dispatches on the protocol number of IPv4 and the last next
	// header of IPv6.
	ipTable = ipP.Table("ip.proto")
	_       = ipP.Parse(parseIPv4).Stateful().On("ethertype", 0x0800).On("wtap_encap", uint64(frame.LinkIPv4)).On("ip.proto", 4).Calls(dataP)
)

var checksumStatus = values(val(0, "Bad"), val(1, "Good"), val(2, "Unverified"), val(3, "Not present"), val(4, "Illegal"))

func parseIPv4(c *Cursor) {
	p := c.Packet()
	at := c.Pos()
	c.SetProtocol("IPv4")
	c.ClearInfo()
	vihl := c.Peek8(0)
	hl := int(vihl&15) * 4
	r := c.Put(ipVersion, at, 1, uint64(vihl>>4))
	if b := c.Label(r); b != nil {
		nibble(b, vihl>>4)
		b.S(" .... = Version: ").U(uint64(vihl >> 4))
	}
	r = c.Put(ipHdrLen, at, 1, uint64(hl))
	if b := c.Label(r); b != nil {
		b.S(".... ")
		nibble(b, vihl&15)
		b.S(" = Header Length: ").U(uint64(hl)).S(" bytes (").U(uint64(vihl & 15)).S(")")
	}
	c.Skip(1)
	ds := c.Peek8(0)
	c.Word(ipDSField, 1, ipDSCP, ipECN)
	if b := c.Append(c.Last()); b != nil {
		dsSummary(b, ds)
	}
	total := int(c.U16(ipLen))
	c.U16(ipID)
	frag := c.Peek16(0)
	r = c.FieldAt(ipFlags, at+6, 1)
	old := c.Push(r)
	c.FieldAt(ipFlagRB, at+6, 1)
	c.FieldAt(ipFlagDF, at+6, 1)
	c.FieldAt(ipFlagMF, at+6, 1)
	c.Pop(old)
	r = c.Put(ipFragOff, at+6, 2, uint64(frag&0x1fff)*8)
	if b := c.Label(r); b != nil {
		field.Get(ipFragOff).BitPattern(b, uint64(frag&0x1fff))
		b.S("Fragment Offset: ").U(uint64(frag&0x1fff) * 8)
	}
	c.Seek(at + 8)
	c.U8(ipTTL)
	proto := c.U8(ipProto)
	c.U16(ipChecksum)
	if b := c.Append(c.Last()); b != nil {
		b.S(" [validation disabled]")
	}
	c.Gen(ipSumStat, at+10, 0, 2)
	src, dst := c.BytesAt(at+12, 4), c.BytesAt(at+16, 4)
	p.Src, p.Dst = flow.NewAddr(flow.IPv4, src), flow.NewAddr(flow.IPv4, dst)
	p.IPProto = proto
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("Internet Protocol Version 4, Src: ").IPv4(src).S(", Dst: ").IPv4(dst)
	}
	ipAddress(c, ipSrc, ipSrcHost, at+12, src)
	ipAddress(c, ipDst, ipDstHost, at+16, dst)
	c.Seek(at + 20)
	c.ProtoEnd(at + hl)
	c.Gen(ipStream, at+hl, 0, uint64(netStream(c, flow.KIPv4)))

	if total >= hl && at+total <= c.End() {
		c.SetEnd(at + total)
		p.Used = at + total
	}
	if !c.Next(ipTable, uint64(proto), at+hl, -1) {
		if b := c.SetInfo(); b != nil {
			b.S(ipProtos.Text(uint64(proto), "Unknown")).S(" (").U(uint64(proto)).S(")")
		}
		c.Sub(dataP, at+hl, -1)
	}
}

func ipAddress(c *Cursor, f, host field.ID, pos int, b []byte) {
	c.FieldAt(f, pos, 4)
	c.Mark(c.FieldAt(ipAddr, pos, 4), dissect.Hidden)
	if c.Wants(host) || c.Wants(ipHost) {
		var t field.Text
		t.IPv4(b)
		c.Mark(c.PutBytes(host, pos, 4, t.B), dissect.Hidden)
		c.Mark(c.PutBytes(ipHost, pos, 4, t.B), dissect.Hidden)
	}
}

func nibble(b *field.Text, v uint8) {
	for i := 3; i >= 0; i-- {
		b.C('0' + v>>uint(i)&1)
	}
}

// dsSummary appends " (DSCP: CS0, ECN: Not-ECT)".
func dsSummary(b *field.Text, ds uint8) {
	b.S(" (DSCP: ").S(dscpShort.Text(uint64(ds>>2), "Unknown")).S(", ECN: ").S(ecnShort.Text(uint64(ds&3), "")).S(")")
}

// netStream numbers the conversation between two network addresses.
func netStream(c *Cursor, k flow.Kind) uint32 {
	st, p, n := c.Flow(), c.Packet(), c.Frame().Number
	conv := st.Find(k, &p.Src, &p.Dst, 0, 0, n)
	if conv == nil {
		if !c.Learning() {
			return 0
		}
		conv = st.Create(k, &p.Src, &p.Dst, 0, 0, n)
	}
	c.Hop(k, &p.Src, &p.Dst, 0, 0, conv.Index)
	return conv.Index
}
