// Cisco HDLC framing, and its keepalives (SLARP) as data.
package proto

import "sonde/capture/frame"

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

// linkCHDLC is LINKTYPE_C_HDLC.
const linkCHDLC frame.LinkType = 104

func parseCHDLC(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("CHDLC")
	c.ClearInfo()
	c.Packet().Src, c.Packet().Dst = c.Packet().DLSrc, c.Packet().DLDst
	c.ProtoEnd(at + 4)
	typ := c.Peek16(2)
	c.U8(chdlcAddress)
	c.U8(chdlcControl)
	c.U16(chdlcProto)
	next := at + 4
	if typ == 0xfefe {
		c.U8(chdlcPadding)
		c.ProtoEnd(at + 5)
		next++
	}
	if c.Next(chdlcTable, uint64(typ), next, -1) {
		return
	}
	if b := c.SetInfo(); b != nil {
		b.S("Protocol 0x").H(uint64(typ), 4)
	}
	c.Sub(dataP, next, -1)
}
