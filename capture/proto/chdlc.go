// Cisco HDLC framing, and its address resolution and keepalives (SLARP).
package proto

import (
	"sonde/capture/field"
	"sonde/capture/frame"
)

var (
	chdlcP       = protocol("chdlc", "Cisco HDLC", "CHDLC")
	chdlcAddress = chdlcP.U8("address", "Address", hex, enum(values(val(0x0f, "Unicast"), val(0x8f, "Multicast"))))
	chdlcControl = chdlcP.U8("control", "Control", hex)
	chdlcProto   = chdlcP.U16("protocol", "Protocol", hex, enum(chdlcProtos))
	chdlcPadding = chdlcP.U8("clns_padding", "CLNS Padding", hex)

	chdlcTable = chdlcP.Table("chdlc.protocol")
	_          = chdlcP.Parse(parseCHDLC).On("wtap_encap", uint64(linkCHDLC)).Calls(dataP)
	_          = ipP.On("chdlc.protocol", 0x0800)
	_          = ipv6P.On("chdlc.protocol", 0x86dd)
	_          = mplsP.On("chdlc.protocol", 0x8847, 0x8848)
	_          = stpP.On("chdlc.protocol", 0x4242)

	chdlcProtos = values(val(0x0800, "IP"), val(0x2000, "Cisco Discovery Protocol"), val(0x8035, "SLARP"), val(0x809b, "AppleTalk"), val(0x8137, "IPX"),
		val(0x86dd, "IPv6"), val(0xfefe, "OSI"), val(0x8847, "MPLS unicast"), val(0x8848, "MPLS multicast"), val(0x4242, "Cisco Spanning Tree"))
)

var (
	slarpP           = protocol("slarp", "Cisco SLARP", "SLARP")
	slarpType        = slarpP.U32("ptype", "Packet type", dec, enum(values(val(0, "Request"), val(1, "Reply"), val(2, "Line keepalive"))))
	slarpAddress     = slarpP.IPv4("address", "Address")
	slarpMask        = slarpP.IPv4("netmask", "Netmask")
	slarpMine        = slarpP.U32("mysequence", "Outgoing sequence number", dec)
	slarpYours       = slarpP.U32("yoursequence", "Returned sequence number", dec)
	slarpReliability = slarpP.U16("reliability", "Reliability", hex)

	eiSlarpReliability = slarpP.Expert("reliability.invalid", field.Malformed, field.Error, "Reliability must be 0xFFFF")

	_ = slarpP.Parse(parseSLARP).On("chdlc.protocol", 0x8035)
)

// linkCHDLC is LINKTYPE_C_HDLC.
const linkCHDLC frame.LinkType = 104

func parseCHDLC(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("CHDLC")
	c.ClearInfo()
	c.ProtoEnd(at + 4)
	typ := c.Peek16(2)
	c.U8(chdlcAddress)
	c.U8(chdlcControl)
	c.U16(chdlcProto)
	next := at + 4
	if typ == 0xfefe {
		c.U8(chdlcPadding)
		next++
	}
	if c.Next(chdlcTable, uint64(typ), next, -1) {
		return
	}
	if b := c.SetInfo(); b != nil {
		b.S("Protocol 0x").H(uint64(typ), 4)
	}
	c.Packet().Cols.SrcText, c.Packet().Cols.DstText = "N/A", "N/A"
	c.Sub(dataP, next, -1)
}

func parseSLARP(c *Cursor) {
	c.ProtoEnd(c.Pos() + 14)
	c.SetProtocol("SLARP")
	c.ClearInfo()
	c.Packet().Cols.SrcText, c.Packet().Cols.DstText = "N/A", "N/A"
	typ := c.U32(slarpType)
	if typ == 2 {
		mine, yours := c.Peek32(0), c.Peek32(4)
		if b := c.SetInfo(); b != nil {
			b.S("Line keepalive, outgoing sequence ").U(uint64(mine)).S(", returned sequence ").U(uint64(yours))
		}
		c.U32(slarpMine)
		c.U32(slarpYours)
		v := c.U16(slarpReliability)
		if v != 0xffff {
			c.Expert(c.Last(), eiSlarpReliability)
		}
		return
	}
	if typ > 1 {
		if b := c.SetInfo(); b != nil {
			b.S("Unknown packet type 0x").H(uint64(typ), 8)
		}
		return
	}
	addr := c.PeekBytes(0, 4)
	if b := c.SetInfo(); b != nil {
		b.S(pick(typ == 0, "Request", "Reply")).S(", from ").IPv4(addr).S(", mask ").IPv4(c.PeekBytes(4, 4))
	}
	c.Field(slarpAddress, 4)
	c.Field(slarpMask, 4)
}
