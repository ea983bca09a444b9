// GRE, RFC 2784, 2890, 1701 (routing) and 2637 (PPTP's version 1). Not decoded:
// vendor encapsulations beyond those that have protocols here.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	greP        = protocol("gre", "Generic Routing Encapsulation", "GRE")
	greFlags    = greP.U16("flags_and_version", "Flags and Version", hex)
	greFCksum   = greP.Bool("flags.checksum", "Checksum Bit", mask(16, 0x8000), tf("Yes", "No"))
	greFRouting = greP.Bool("flags.routing", "Routing Bit", mask(16, 0x4000), tf("Yes", "No"))
	greFKey     = greP.Bool("flags.key", "Key Bit", mask(16, 0x2000), tf("Yes", "No"))
	greFSeq     = greP.Bool("flags.sequence_number", "Sequence Number Bit", mask(16, 0x1000), tf("Yes", "No"))
	greFStrict  = greP.Bool("flags.strict_source_route", "Strict Source Route Bit", mask(16, 0x0800), tf("Yes", "No"))
	greFRecur   = greP.U16("flags.recursion_control", "Recursion control", dec, mask(16, 0x0700))
	greFAck     = greP.Bool("flags.ack", "Acknowledgment", mask(16, 0x0080), tf("Yes", "No"))
	greFRes     = greP.U16("flags.reserved", "Flags (Reserved)", dec, mask(16, 0x00f8))
	greFRes1    = greP.U16("flags.reserved", "Flags (Reserved)", dec, mask(16, 0x0078))
	greFVersion = greP.U16("flags.version", "Version", dec, mask(16, 0x0007), enum(greVersions))
	greProto    = greP.U16("proto", "Protocol Type", hex, enum(greProtos))
	greCksum    = greP.U16("checksum", "Checksum", hex)
	greCkStat   = greP.U8("checksum.status", "Checksum Status", noBase, enum(checksumStatus), enumOnly)
	greOffset   = greP.U16("offset", "Offset", dec)
	greKey      = greP.U32("key", "Key", hex)
	greKeyLen   = greP.U16("key.payload_length", "Payload Length", dec)
	greKeyCall  = greP.U16("key.call_id", "Call ID", dec)
	greSeq      = greP.U32("sequence_number", "Sequence Number", dec)
	greAck      = greP.U32("ack_number", "Acknowledgment Number", dec)
	greRouting  = greP.None("routing", "Routing")
	greRFamily  = greP.U16("routing.address_family", "Address Family", dec)
	greROffset  = greP.U8("routing.sre_offset", "SRE Offset", dec)
	greRLength  = greP.U8("routing.src_length", "SRE Length", dec)
	greRInfo    = greP.Bytes("routing.information", "Routing Information")

	eiGRECksum = greP.Expert("checksum.incorrect", field.Protocol, field.Warn, "Incorrect GRE Checksum")

	greTable = greP.Table("gre.proto")
	_        = greP.Parse(parseGRE).On("ip.proto", 47).Calls(dataP)
	_        = ipP.On("gre.proto", 0x0800, 0x883e)
	_        = ipv6P.On("gre.proto", 0x86dd)
	_        = arpP.On("gre.proto", 0x0806)
	_        = ethP.On("gre.proto", 0x6400, 0x6558)

	greVersions = values(val(0, "GRE"), val(1, "Enhanced GRE"))
)

func parseGRE(c *Cursor) {
	at := c.Pos()
	flags, typ := c.Peek16(0), c.Peek16(2)
	version := flags & 7
	c.SetProtocol("GRE")
	name := greProtos.Text(uint64(typ), "0x")
	if b := c.SetInfo(); b != nil {
		b.S("Encapsulated ")
		greName(b, typ)
	}
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(" (")
		if name != "0x" {
			b.S(name)
		} else {
			b.X(uint64(typ), 4).S(" - unknown")
		}
		b.C(')')
	}
	r := c.FieldAt(greFlags, at, 2)
	old := c.Push(r)
	bits := []field.ID{greFCksum, greFRouting, greFKey, greFSeq, greFStrict, greFRecur, greFRes, greFVersion}
	if version == 1 {
		bits = greBits1
	}
	for _, f := range bits {
		c.FieldAt(f, at, 2)
	}
	c.Pop(old)
	c.Seek(at + 2)
	c.U16(greProto)
	if flags&0xc000 != 0 && version == 0 {
		sum := c.U16(greCksum)
		greChecksum(c, c.Last(), at, sum, flags&0x8000 != 0)
		c.U16(greOffset)
	}
	payload := -1
	if flags&0x2000 != 0 {
		if version == 1 && typ == 0x880b {
			payload = int(c.U16(greKeyLen))
			c.U16(greKeyCall)
		} else {
			c.U32(greKey)
		}
	}
	if flags&0x1000 != 0 {
		c.U32(greSeq)
	}
	if version == 1 && flags&0x0080 != 0 {
		c.U32(greAck)
	}
	if flags&0x4000 != 0 && version == 0 {
		greRoutes(c)
	}
	pos := c.Pos()
	c.ProtoEnd(pos)
	if c.Left() <= 0 || payload == 0 {
		return
	}
	if !c.Next(greTable, uint64(typ), pos, payload) {
		c.Sub(dataP, pos, payload)
	}
}

var greBits1 = []field.ID{greFCksum, greFRouting, greFKey, greFSeq, greFStrict, greFRecur, greFAck, greFRes1, greFVersion}

func greName(b *field.Text, typ uint16) {
	if s, ok := greProtos.Lookup(uint64(typ)); ok {
		b.S(s)
		return
	}
	b.X(uint64(typ), 4).S(" (unknown)")
}

func greChecksum(c *Cursor, r dissect.Ref, at int, sum uint16, present bool) {
	if !present || c.End() > at+c.CapLeft()+(c.Pos()-at) {
		return
	}
	good := foldSum(addSum(0, c.BytesAt(at, c.Pos()-at+c.CapLeft()))) == 0
	if b := c.Append(r); b != nil {
		if good {
			b.S(" [correct]")
		} else {
			b.S(" [incorrect]")
		}
	}
	c.Gen(greCkStat, at+4, 0, b2u(good))
	if !good {
		c.Expert(r, eiGRECksum)
	}
}

// greRoutes are source route entries up to one without a length, RFC 1701.
func greRoutes(c *Cursor) {
	at := c.Pos()
	r := c.Put(greRouting, at, 0, 0)
	old := c.Push(r)
	for {
		c.U16(greRFamily)
		c.U8(greROffset)
		n := int(c.U8(greRLength))
		if n == 0 {
			break
		}
		c.Bytes(greRInfo, n)
	}
	c.SetLen(r, c.Pos())
	c.Pop(old)
}

var greProtos = values(
	val(0, "Possible GRE keepalive packet"),
	val(254, "OSI"),
	val(2048, "IP"),
	val(2054, "ARP"),
	val(8192, "CDP (Cisco)"),
	val(8193, "NHRP"),
	val(8939, "ERSPAN III"),
	val(25600, "MIKROTIK EoIP"),
	val(25944, "Transparent Ethernet bridging"),
	val(25945, "Frame Relay"),
	val(33079, "IPX"),
	val(33280, "ARUBA WLAN"),
	val(33296, "ARUBA WLAN"),
	val(33312, "ARUBA WLAN"),
	val(33328, "ARUBA WLAN"),
	val(33344, "ARUBA WLAN"),
	val(33360, "ARUBA WLAN"),
	val(33376, "ARUBA WLAN"),
	val(33392, "ARUBA WLAN"),
	val(33408, "ARUBA WLAN"),
	val(33424, "ARUBA WLAN"),
	val(33440, "ARUBA WLAN"),
	val(33456, "ARUBA WLAN"),
	val(33472, "ARUBA WLAN"),
	val(33488, "ARUBA WLAN"),
	val(33504, "ARUBA WLAN"),
	val(33520, "ARUBA WLAN"),
	val(33536, "ARUBA WLAN"),
	val(33552, "ARUBA WLAN"),
	val(33568, "ARUBA WLAN"),
	val(33584, "ARUBA WLAN"),
	val(33600, "ARUBA WLAN"),
	val(33616, "ARUBA WLAN"),
	val(33632, "ARUBA WLAN"),
	val(33648, "ARUBA WLAN"),
	val(34525, "IPv6"),
	val(34827, "PPP"),
	val(34878, "WCCP"),
	val(34887, "MPLS label switched packet"),
	val(34945, "CDMA2000 A10 Unstructured byte stream"),
	val(35006, "ERSPAN"),
	val(35026, "CDMA2000 A10 3GPP2 Packet"),
	val(35081, "CiscoMetaData"),
	val(35151, "Network Service Header"),
	val(36864, "ARUBA WLAN"),
	val(37120, "ARUBA WLAN"),
	val(37136, "ARUBA WLAN"),
	val(37152, "ARUBA WLAN"),
	val(37168, "ARUBA WLAN"),
	val(37184, "ARUBA WLAN"),
	val(37200, "ARUBA WLAN"),
	val(37216, "ARUBA WLAN"),
	val(37232, "ARUBA WLAN"),
	val(37248, "ARUBA WLAN"),
	val(37264, "ARUBA WLAN"),
	val(37280, "ARUBA WLAN"),
	val(37296, "ARUBA WLAN"),
	val(37312, "ARUBA WLAN"),
	val(37328, "ARUBA WLAN"),
	val(37344, "ARUBA WLAN"),
	val(37360, "ARUBA WLAN"),
	val(47082, "Huawei GRE bonding"),
	val(65198, "AIROHIVE AP AP"),
)
