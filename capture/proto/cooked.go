// Captures without a link layer of their own: Linux cooked v1 and v2
// (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html), BSD loopback,
// raw IP.
package proto

import (
	"sonde/capture/flow"
	"sonde/capture/frame"
)

var (
	sllP      = protocol("sll", "Linux cooked-mode capture", "SLL")
	sllType   = sllP.U16("pkttype", "Packet type", dec, enum(sllTypes))
	sllHaType = sllP.U16("hatype", "Link-layer address type", dec, enum(arpHardware))
	sllHaLen  = sllP.U16("halen", "Link-layer address length", dec)
	sllEth    = sllP.Ether("src.eth", "Source")
	sllIPv4   = sllP.IPv4("src.ipv4", "Source")
	sllOther  = sllP.Bytes("src.other", "Source")
	sllUnused = sllP.Bytes("unused", "Unused")
	sllLType  = sllP.U16("ltype", "Protocol", hex, enum(sllProtocols))
	sllGRE    = sllP.U16("gretype", "Protocol", hex, enum(etherTypes))
	sllEType  = sllP.U16("etype", "Protocol", hex, enum(etherTypes))
	sllTrl    = sllP.Bytes("trailer", "Trailer")
	sllIndex  = sllP.U32("ifindex", "Interface index", dec)
	sllRes    = sllP.Bytes("reserved", "Reserved")

	sllTable = sllP.Table("sll.ltype")
	_        = sllP.Parse(parseSLL).On("wtap_encap", uint64(frame.LinkLinuxSLL), uint64(frame.LinkLinuxSLL2)).Calls(etherTypeP, llcP, dataP)

	nullP      = protocol("null", "Null/Loopback", "NULL")
	nullFamily = nullP.U32("family", "Family", dec, enum(nullFamilies))
	_          = nullP.U16("type", "Type", hex, enum(etherTypes))
	nullTable  = nullP.Table("null.type")
	_          = nullP.Parse(parseNull).On("wtap_encap", uint64(frame.LinkNull), uint64(frame.LinkLoop)).Calls(etherTypeP, dataP)

	rawP = protocol("raw", "Raw packet data", "Raw")
	_    = rawP.Parse(parseRaw).On("wtap_encap", uint64(frame.LinkRaw), 12, 14, uint64(frame.LinkIPv4), uint64(frame.LinkIPv6)).Calls(ipP, ipv6P, dataP)

	sllTypes     = values(val(0, "Unicast to us"), val(1, "Broadcast"), val(2, "Multicast"), val(3, "Unicast to another host"), val(4, "Sent by us"))
	sllProtocols = values(val(1, "Novell 802.3"), val(4, "802.2 LLC"), val(0x0c, "CAN"), val(0x0d, "CAN FD"), val(0x0e, "CAN XL"))
	nullFamilies = values(val(2, "IP"), val(7, "OSI"), val(23, "IPX"), val(24, "IPv6"), val(28, "IPv6"), val(30, "IPv6"))
)

func parseSLL(c *Cursor) {
	v2 := c.Frame().Link == frame.LinkLinuxSLL2
	at := c.Pos()
	c.SetProtocol("SLL")
	var halen int
	var typ, ha uint16
	var ptype uint64
	addr := at + 6
	next := at + 16
	if v2 {
		addr, next = at+12, at+20
		typ, ha, ptype, halen = c.Peek16(0), c.Peek16(8), uint64(c.Peek8(10)), int(c.Peek8(11))
	} else {
		ptype, ha, halen, typ = uint64(c.Peek16(0)), c.Peek16(2), int(c.Peek16(4)), c.Peek16(14)
	}
	c.ProtoEnd(next)
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("Linux cooked capture v1")
		if v2 {
			b.B[len(b.B)-1] = '2'
		}
	}
	if b := c.SetInfo(); b != nil {
		b.S(sllTypes.Text(ptype, "Unknown"))
	}
	proto := func() {
		f := sllEType
		switch {
		case ha == 778:
			f = sllGRE
		case typ < 1536:
			f = sllLType
		}
		if v2 {
			c.FieldAt(f, at, 2)
		} else {
			c.FieldAt(f, at+14, 2)
		}
	}
	if v2 {
		proto()
		c.FieldAt(sllRes, at+2, 2)
		c.FieldAt(sllIndex, at+4, 4)
		c.FieldAt(sllHaType, at+8, 2)
		c.FieldAt(sllType, at+10, 1)
		c.FieldAt(sllHaLen, at+11, 1)
	} else {
		c.FieldAt(sllType, at, 2)
		c.FieldAt(sllHaType, at+2, 2)
		c.FieldAt(sllHaLen, at+4, 2)
	}
	p := c.Packet()
	switch halen {
	case 4:
		p.DLSrc = flow.NewAddr(flow.IPv4, c.BytesAt(addr, 4))
		p.Src = p.DLSrc
		c.FieldAt(sllIPv4, addr, 4)
	case 6:
		p.DLSrc = flow.NewAddr(flow.Ether, c.BytesAt(addr, 6))
		p.Src = p.DLSrc
		c.FieldAt(sllEth, addr, 6)
	case 0:
	default:
		c.FieldAt(sllOther, addr, min(halen, 8))
	}
	if n := 8 - halen; n > 0 {
		c.FieldAt(sllUnused, addr+8-n, n)
	}
	if !v2 {
		proto()
	}
	switch {
	case typ >= 1536:
		nextEtherType(c, typ, next, sllTrl)
	case typ == 4:
		c.Sub(llcP, next, -1)
	case !c.Next(sllTable, uint64(typ), next, -1):
		c.Sub(dataP, next, -1)
	}
}

func parseNull(c *Cursor) {
	at := c.Pos()
	// The family stands in the byte order of the machine that captured; files
	// of OpenBSD always have it in network order.
	v := c.Peek32(0)
	if v&0xffff0000 != 0 && c.Peek32LE(0)&0xffff0000 == 0 || v > 0xffff {
		v = c.Peek32LE(0)
	}
	if b := c.SetInfo(); b != nil {
		b.S("Null/Loopback")
	}
	c.ProtoEnd(at + 4)
	c.Put(nullFamily, at, 4, uint64(v))
	switch v {
	case 2:
		c.Protected(ipP, at+4, -1)
	case 24, 28, 30, 10:
		c.Protected(ipv6P, at+4, -1)
	default:
		if !c.Next(nullTable, uint64(v), at+4, -1) {
			c.Sub(dataP, at+4, -1)
		}
	}
}

func parseRaw(c *Cursor) {
	at := c.Pos()
	if b := c.SetInfo(); b != nil {
		b.S("Raw packet data")
	}
	c.SetProtocol("Raw")
	next := dataP
	switch c.Peek8(0) >> 4 {
	case 4:
		next = ipP
	case 6:
		next = ipv6P
	}
	c.Protected(next, at, -1)
}
