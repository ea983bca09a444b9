// PPP, RFC 1661 and 1662, with HDLC-like framing where a capture has it. Not
// decoded: the control protocols' options, compression, multilink.
package proto

import "sonde/capture/frame"

var (
	pppP       = protocol("ppp", "Point-to-Point Protocol", "PPP")
	pppAddress = pppP.U8("address", "Address", hex)
	pppControl = pppP.U8("control", "Control", hex)
	pppProto   = pppP.U16("protocol", "Protocol", hex, enum(pppProtos))

	pppTable = pppP.Table("ppp.protocol")
	_        = pppP.Parse(parsePPP).On("wtap_encap", uint64(frame.LinkPPP), uint64(linkPPPSerial)).On("gre.proto", 0x880b).Calls(dataP)
	_        = ipP.On("ppp.protocol", 0x0021)
	_        = ipv6P.On("ppp.protocol", 0x0057)
	_        = mplsP.On("ppp.protocol", 0x0281, 0x0283)

	pppProtos = values(val(0x0021, "Internet Protocol version 4"), val(0x0023, "OSI Network Layer"), val(0x002b, "Novell IPX"),
		val(0x002d, "Van Jacobson Compressed TCP/IP"), val(0x002f, "Van Jacobson Uncompressed TCP/IP"), val(0x003d, "Multi-Link"),
		val(0x0057, "Internet Protocol version 6"), val(0x00fd, "Compressed datagram"), val(0x0281, "MPLS Unicast"), val(0x0283, "MPLS Multicast"),
		val(0x8021, "Internet Protocol Control Protocol"), val(0x8057, "IPv6 Control Protocol"), val(0x80fd, "Compression Control Protocol"),
		val(0x8281, "MPLSCP"), val(0xc021, "Link Control Protocol"), val(0xc023, "Password Authentication Protocol"),
		val(0xc025, "Link Quality Report"), val(0xc223, "Challenge Handshake Authentication Protocol"), val(0xc227, "Extensible Authentication Protocol"))
)

// linkPPPSerial is LINKTYPE_PPP_HDLC.
const linkPPPSerial frame.LinkType = 50

func parsePPP(c *Cursor) {
	c.SetProtocol("PPP")
	c.ClearInfo()
	if c.Peek8(0) == 0xff && c.Left() > 1 && c.Peek8(1) == 0x03 {
		c.U8(pppAddress)
		c.U8(pppControl)
	}
	n := 2
	typ := uint64(c.Peek8(0))
	if typ&1 != 0 { // a compressed protocol field
		n = 1
	} else {
		typ = uint64(c.Peek16(0))
	}
	if b := c.SetInfo(); b != nil {
		b.S("PPP ").S(pppProtos.Text(typ, "Unknown"))
	}
	c.Put(pppProto, c.Pos(), n, typ)
	c.Skip(n)
	c.ProtoEnd(c.Pos())
	if c.Left() <= 0 {
		return
	}
	if !c.Next(pppTable, typ, c.Pos(), -1) {
		if b := c.SetInfo(); b != nil {
			b.S(pppProtos.Text(typ, "Unknown"))
		}
		c.Sub(dataP, c.Pos(), -1)
	}
}
