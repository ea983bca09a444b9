// ICMPv6: RFC 4443 (errors, echo), 2710 and 3810 (listeners), 4286, 4620 (node
// information), 6275 (home agents), 8335 (extended echo). Neighbour discovery
// is in icmpv6_nd.go. Not decoded: router renumbering, RPL, FMIPv6, ILNP,
// 6LoWPAN's duplicate address messages.
package proto

import (
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	icmpv6P                      = protocol("icmpv6", "Internet Control Message Protocol v6", "ICMPv6")
	icmp6Type                    = icmpv6P.U8("type", "Type", dec, enum(icmp6Types))
	icmp6Code                    = icmpv6P.U8("code", "Code", dec)
	icmp6Checksum                = icmpv6P.U16("checksum", "Checksum", hex)
	icmp6ChecksumStatus          = icmpv6P.U8("checksum.status", "Checksum Status", noBase, enum(checksumStatus), enumOnly)
	icmp6Reserved                = icmpv6P.Bytes("reserved", "Reserved")
	icmp6Data                    = icmpv6P.Bytes("data", "Data")
	icmp6UnknownData             = icmpv6P.Bytes("unknown_data", "Unknown Data")
	icmp6Mtu                     = icmpv6P.U32("mtu", "MTU", dec)
	icmp6Pointer                 = icmpv6P.U32("pointer", "Pointer", dec)
	icmp6EchoIdentifier          = icmpv6P.U16("echo.identifier", "Identifier", hex)
	icmp6EchoSequenceNumber      = icmpv6P.U16("echo.sequence_number", "Sequence", dec)
	_                            = icmpv6P.Bytes("nonce", "Nonce")
	icmp6MldMaximumResponseDelay = icmpv6P.U16("mld.maximum_response_delay", "Maximum Response Delay [ms]", dec)
	icmp6MldMulticastAddress     = icmpv6P.IPv6("mld.multicast_address", "Multicast Address")
	icmp6Mip6Identifier          = icmpv6P.U16("mip6.identifier", "Identifier", decHex)
	icmp6Mip6HomeAgentAddress    = icmpv6P.IPv6("mip6.home_agent_address", "Home Agent Address")
	icmp6Mip6Flag                = icmpv6P.U16("mip6.flag", "Flags", hex)
	icmp6Mip6FlagM               = icmpv6P.Bool("mip6.flag.m", "Managed address configuration", mask(16, 0x8000), setNotSet)
	icmp6Mip6FlagO               = icmpv6P.Bool("mip6.flag.o", "Other configuration", mask(16, 0x4000), setNotSet)
	icmp6Mip6FlagRsv             = icmpv6P.U16("mip6.flag.rsv", "Reserved", dec, mask(16, 0x3fff))
	icmp6MldMaximumResponseCode  = icmpv6P.U16("mld.maximum_response_code", "Maximum Response Code", dec)
	icmp6MldFlag                 = icmpv6P.U8("mld.flag", "Flags", hex)
	icmp6MldFlagS                = icmpv6P.Bool("mld.flag.s", "Suppress Router-Side Processing", mask(8, 0x8))
	icmp6MldFlagQrv              = icmpv6P.U8("mld.flag.qrv", "QRV (Querier's Robustness Variable)", dec, mask(8, 0x7))
	icmp6MldFlagReserved         = icmpv6P.U8("mld.flag.reserved", "Reserved", dec, mask(8, 0xf0))
	icmp6MldQqi                  = icmpv6P.U8("mld.qqi", "QQIC (Querier's Query Interval Code)", dec)
	icmp6MldNbSources            = icmpv6P.U16("mld.nb_sources", "Number of Sources", dec)
	icmp6MldSourceAddress        = icmpv6P.IPv6("mld.source_address", "Source Address")
	icmp6MldrNbMcastRecords      = icmpv6P.U16("mldr.nb_mcast_records", "Number of Multicast Address Records", dec)
	icmp6MldrMar                 = icmpv6P.None("mldr.mar", "Multicast Address Record")
	icmp6MldrMarRecordType       = icmpv6P.U8("mldr.mar.record_type", "Record Type", dec, enum(values(val(1, "Include"),
		val(2, "Exclude"),
		val(3, "Changed to include"),
		val(4, "Changed to exclude"),
		val(5, "Allow new sources"),
		val(6, "Block old sources"))))
	icmp6MldrMarAuxDataLen         = icmpv6P.U8("mldr.mar.aux_data_len", "Aux Data Len", dec)
	icmp6MldrMarNbSources          = icmpv6P.U16("mldr.mar.nb_sources", "Number of Sources", dec)
	icmp6MldrMarMulticastAddress   = icmpv6P.IPv6("mldr.mar.multicast_address", "Multicast Address")
	icmp6MldrMarSourceAddress      = icmpv6P.IPv6("mldr.mar.source_address", "Source Address")
	icmp6MldrMarAuxiliaryData      = icmpv6P.Bytes("mldr.mar.auxiliary_data", "Auxiliary Data")
	icmp6McastRaQueryInterval      = icmpv6P.U16("mcast_ra.query_interval", "Query Interval", dec)
	icmp6McastRaRobustnessVariable = icmpv6P.U16("mcast_ra.robustness_variable", "Robustness Variable", dec)
	icmp6NiQtype                   = icmpv6P.U16("ni.qtype", "Qtype", dec, enum(values(val(0, "NOOP"),
		val(1, "Supported query types (Obsolete)"),
		val(2, "Node Name"),
		val(3, "Node addresses"),
		val(4, "IPv4 node addresses"))))
	icmp6NiFlag             = icmpv6P.U16("ni.flag", "Flags", hex)
	icmp6NiFlagG            = icmpv6P.Bool("ni.flag.g", "Global-scope addresses", mask(16, 0x20), setNotSet)
	icmp6NiFlagS            = icmpv6P.Bool("ni.flag.s", "Site-local addresses", mask(16, 0x10), setNotSet)
	icmp6NiFlagL            = icmpv6P.Bool("ni.flag.l", "Link-local addresses", mask(16, 0x8), setNotSet)
	icmp6NiFlagC            = icmpv6P.Bool("ni.flag.c", "Compression", mask(16, 0x4), setNotSet)
	icmp6NiFlagA            = icmpv6P.Bool("ni.flag.a", "Unicast Addresses", mask(16, 0x2), tf("All unicast address", "Unicast addresses on the queried interface"))
	icmp6NiFlagT            = icmpv6P.Bool("ni.flag.t", "Truncated", mask(16, 0x1), setNotSet)
	icmp6NiFlagRsv          = icmpv6P.U16("ni.flag.rsv", "Reserved", hex, mask(16, 0xffc0))
	icmp6NiNonce            = icmpv6P.U64("ni.nonce", "Nonce", hex)
	icmp6NiQuerySubjectIpv6 = icmpv6P.IPv6("ni.query.subject_ipv6", "IPv6 subject address")
	icmp6NiQuerySubjectFqdn = icmpv6P.Str("ni.query.subject_fqdn", "FQDN subject")
	icmp6NiQuerySubjectIpv4 = icmpv6P.IPv4("ni.query.subject_ipv4", "IPv4 subject address")
	icmp6NiReplyNodeTtl     = icmpv6P.U32("ni.reply.node_ttl", "TTL", dec)
	icmp6NiReplyNodeName    = icmpv6P.Str("ni.reply.node_name", "Name Node")
	icmp6NiReplyNodeAddress = icmpv6P.IPv6("ni.reply.node_address", "IPv6 Node address")
	icmp6NiReplyIpv4Address = icmpv6P.IPv4("ni.reply.ipv4_address", "IPv4 Node address")
	icmp6Length             = icmpv6P.U8("length", "Length of original datagram", dec)
	icmp6ExtEchoSeq         = icmpv6P.U8("ext.echo.seq", "Sequence number", decHex)
	icmp6ExtEchoReqRes      = icmpv6P.U8("ext.echo.req.res", "Reserved", hex, mask(8, 0xfe))
	icmp6ExtEchoReqLocal    = icmpv6P.Bool("ext.echo.req.local", "Local bit", mask(8, 0x1), setNotSet)
	icmp6ExtEchoRspState    = icmpv6P.U8("ext.echo.rsp.state", "State", dec, mask(8, 0xe0), enum(values(val(0, "Reserved"),
		val(1, "Incomplete"),
		val(2, "Reachable"),
		val(3, "Stale"),
		val(4, "Delay"),
		val(5, "Probe"),
		val(6, "Failed"))))
	icmp6ExtEchoRspRes    = icmpv6P.U8("ext.echo.rsp.res", "Reserved", hex, mask(8, 0x18))
	icmp6ExtEchoRspActive = icmpv6P.Bool("ext.echo.rsp.active", "Active bit", mask(8, 0x4), setNotSet)
	icmp6ExtEchoRspIpv4   = icmpv6P.Bool("ext.echo.rsp.ipv4", "IPv4 bit", mask(8, 0x2), setNotSet)
	icmp6ExtEchoRspIpv6   = icmpv6P.Bool("ext.echo.rsp.ipv6", "IPv6 bit", mask(8, 0x1), setNotSet)
	icmp6RespIn           = icmpv6P.FrameNum("resp_in", "Response In")
	icmp6RespTo           = icmpv6P.FrameNum("resp_to", "Response To")
	icmp6Resptime         = icmpv6P.Add("resptime", "Response Time", field.TDouble, noBase)

	eiICMP6Error   = icmpv6P.Expert("type.error", field.ResponseCode, field.Note, "Type indicates an error")
	eiICMP6Sum     = icmpv6P.Expert("checksum_bad.expert", field.Checksum, field.Warn, "Bad checksum")
	eiICMP6Undec   = icmpv6P.Expert("undecoded.type", field.Undecoded, field.Note, "Undecoded type")
	eiICMP6Unknown = icmpv6P.Expert("unknown_data.expert", field.Malformed, field.Error, "Unknown Data (not interpreted)")

	_ = icmpv6P.Parse(parseICMPv6).Stateful().On("ip.proto", 58).Calls(ipv6P, icmpP, dataP)

	icmp6Echoes = flow.NewSlot[echoTable]()
	icmp6Facts  = flow.NewFacts[*echoPair]()
)

// icmp6Codes are the texts of codes by type.
var icmp6Codes = map[uint8]*field.Enum{
	1: values(val(0, "No route to destination"), val(1, "Administratively prohibited"), val(2, "Beyond scope of source address"),
		val(3, "Address unreachable"), val(4, "Port unreachable"), val(5, "Source address failed ingress/egress policy"),
		val(6, "Reject route to destination"), val(7, "Error in Source Routing Header"), val(8, "Headers too long")),
	3: values(val(0, "Hop limit exceeded in transit"), val(1, "Fragment reassembly time exceeded")),
	4: values(val(0, "Erroneous header field encountered"), val(1, "Unrecognized Next Header type encountered"), val(2, "Unrecognized IPv6 option encountered"),
		val(3, "IPv6 First Fragment has incomplete IPv6 Header Chain"), val(4, "SR Upper-layer Header Error"),
		val(5, "Unrecognized Next Header type encountered by intermediate node"), val(6, "Extension header too big"),
		val(7, "Extension header chain too long"), val(8, "Too many extension headers"), val(9, "Too many options in extension header"), val(10, "Option too big")),
	138: values(val(0, "Command"), val(1, "Result"), val(255, "Sequence Number Reset")),
	139: values(val(0, "Query subject = IPv6 addresses"), val(1, "Query subject = DNS name or empty"), val(2, "Query subject = IPv4 addresses")),
	140: values(val(0, "Successful"), val(1, "Refused"), val(2, "Unknown query type")),
	160: values(val(0, "No error")),
	161: values(val(0, "No error"), val(1, "Malformed Query"), val(2, "No Such Interface"), val(3, "No Such Table Entry"), val(4, "Multiple Interfaces Satisfy Query")),
}

func parseICMPv6(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("ICMPv6")
	typ, code := c.Peek8(0), uint8(0)
	if b := c.SetInfo(); b != nil {
		icmp6Name(b, typ)
	}
	c.U8(icmp6Type)
	line := c.Last()
	if typ < 128 {
		c.Expert(line, eiICMP6Error)
	}
	code = c.U8(icmp6Code)
	if k := icmp6Codes[typ]; k != nil {
		var t field.Text
		if s, ok := k.Lookup(uint64(code)); ok {
			t.S(" (").S(s).C(')')
		} else {
			t.S(" (Unknown (").U(uint64(code)).S("))")
		}
		if b := c.Append(c.Last()); b != nil {
			b.Raw(t.B)
		}
		if b := c.Info(); b != nil {
			b.Raw(t.B)
		}
	}
	p := c.Packet()
	icmpSum(c, at, c.Len(), pseudoSum(&p.Src, &p.Dst, c.Len(), 58), icmp6Checksum, icmp6ChecksumStatus, eiICMP6Sum)
	switch typ {
	case 1, 2, 3, 4:
		icmp6Failure(c, typ)
	case 128, 129:
		icmp6Echo(c, at, typ)
	case 130, 131, 132:
		icmp6Listener(c, typ)
	case 143:
		icmp6Report(c)
	case 133, 134, 135, 136, 137, 141, 142:
		icmp6Neighbour(c, typ)
	case 139, 140:
		icmp6Node(c, typ, code)
	case 144, 145, 146, 147:
		icmp6HomeAgent(c, typ)
	case 151:
		c.U16(icmp6McastRaQueryInterval)
		c.U16(icmp6McastRaRobustnessVariable)
	case 152, 153:
	case 160, 161:
		icmp6Probe(c, typ)
	default:
		c.ExpertText(line, eiICMP6Undec, icmp6NotDone("Type", typ))
		if n := c.CapLeft(); n > 0 {
			c.Field(icmp6Data, n)
		}
	}
}

// icmp6NotDone is Wireshark's word for what it does not decode; users search
// for it.
func icmp6NotDone(what string, v uint8) string {
	var t field.Text
	t.S("Dissector for ICMPv6 ").S(what).S(" (").U(uint64(v)).S(") code not implemented, Contact Wireshark developers if you want this supported")
	return t.String()
}

func icmp6Name(b *field.Text, typ uint8) {
	if s, ok := icmp6Types.Lookup(uint64(typ)); ok {
		b.S(s)
	} else {
		b.S("Unknown (").U(uint64(typ)).C(')')
	}
}

// icmp6Failure reads an error and the packet it is about.
func icmp6Failure(c *Cursor, typ uint8) {
	quoted := 0
	at := c.Pos()
	switch typ {
	case 2:
		c.U32(icmp6Mtu)
	case 4:
		c.U32(icmp6Pointer)
	default:
		if quoted = int(c.Peek8(0)) * 8; quoted != 0 {
			c.FieldAt(icmp6Length, at, 1)
			if b := c.Append(c.Last()); b != nil {
				b.S(" (").U(uint64(quoted)).S(" bytes)")
			}
			c.FieldAt(icmp6Reserved, at+1, 3)
		} else {
			c.FieldAt(icmp6Reserved, at, 4)
		}
		c.Seek(at + 4)
	}
	n := c.Left()
	if quoted != 0 && quoted < n {
		quotedPacket(c, ipv6P, c.Pos(), quoted)
		c.Skip(quoted)
		icmpExtensions(c, icmpErrorExt)
		return
	}
	quotedPacket(c, ipv6P, c.Pos(), n)
}

func icmp6Echo(c *Cursor, at int, typ uint8) {
	id := c.U16(icmp6EchoIdentifier)
	seq := c.U16(icmp6EchoSequenceNumber)
	if b := c.Info(); b != nil {
		b.S(" id=").X(uint64(id), 4).S(", seq=").U(uint64(seq))
		if ttl := c.Packet().TTL; ttl >= 0 {
			b.S(", hop limit=").U(uint64(ttl))
		}
	}
	sum := uint16(c.UintAt(at+2, 2))
	if typ == 129 {
		sum = foldSum(uint64(^sum) + 0xfeff)
	}
	x := echoMatch(c, icmp6Echoes, icmp6Facts, typ == 128, sum, uint32(id)<<16|uint32(seq))
	echoShow(c, at, x, typ == 128, icmp6RespIn, icmp6RespTo, icmp6Resptime, "Response Time: ")
	if c.CapLeft() > 0 {
		c.SubUnder(c.ProtoNode(), dataP, c.Pos(), -1)
	}
}

// icmp6Listener reads a query, report or done message of listeners; queries of
// version 2 are longer.
func icmp6Listener(c *Cursor, typ uint8) {
	v2 := typ == 130 && c.Left() >= 24
	if v2 {
		v := c.Peek16(0)
		ms := uint64(v)
		if v&0x8000 != 0 {
			ms = (uint64(v)&0xfff | 0x1000) << (v>>12&7 + 3)
		}
		c.Put(icmp6MldMaximumResponseCode, c.Pos(), 2, ms)
		c.Skip(2)
	} else {
		c.U16(icmp6MldMaximumResponseDelay)
	}
	c.Field(icmp6Reserved, 2)
	c.Field(icmp6MldMulticastAddress, 16)
	if !v2 {
		return
	}
	bitWordBE(c, icmp6MldFlag, 1, []field.ID{icmp6MldFlagS, icmp6MldFlagQrv, icmp6MldFlagReserved})
	q := c.Peek8(0)
	v := uint64(q)
	if q&0x80 != 0 {
		v = (uint64(q)&15 | 16) << (q>>4&7 + 3)
	}
	c.Put(icmp6MldQqi, c.Pos(), 1, v)
	c.Skip(1)
	for n := int(c.U16(icmp6MldNbSources)); n > 0; n-- {
		c.Field(icmp6MldSourceAddress, 16)
	}
}

// icmp6Report reads a listener report of version 2.
func icmp6Report(c *Cursor) {
	c.Field(icmp6Reserved, 2)
	for n := int(c.U16(icmp6MldrNbMcastRecords)); n > 0; n-- {
		at := c.Pos()
		kind, aux, src := c.Peek8(0), int(c.Peek8(1))*4, int(c.Peek16(2))
		r := c.Put(icmp6MldrMar, at, 20+16*src+aux, 0)
		if b := c.Label(r); b != nil {
			b.S("Multicast Address Record ")
			if s, ok := field.Get(icmp6MldrMarRecordType).Enum.Lookup(uint64(kind)); ok {
				b.S(s)
			} else {
				b.S("Unknown Record Type (").U(uint64(kind)).C(')')
			}
			if g := c.Rest(); len(g) >= 20 {
				b.S(": ").IPv6(g[4:20])
			}
		}
		old := c.Push(r)
		c.U8(icmp6MldrMarRecordType)
		c.U8(icmp6MldrMarAuxDataLen)
		c.U16(icmp6MldrMarNbSources)
		c.Field(icmp6MldrMarMulticastAddress, 16)
		for ; src > 0; src-- {
			c.Field(icmp6MldrMarSourceAddress, 16)
		}
		if aux > 0 {
			c.Field(icmp6MldrMarAuxiliaryData, aux)
		}
		c.Pop(old)
	}
}

func icmp6HomeAgent(c *Cursor, typ uint8) {
	c.U16(icmp6Mip6Identifier)
	if typ == 147 {
		bitWordBE(c, icmp6Mip6Flag, 2, []field.ID{icmp6Mip6FlagM, icmp6Mip6FlagO, icmp6Mip6FlagRsv})
		icmp6Options(c)
		return
	}
	c.Field(icmp6Reserved, 2)
	if typ == 145 {
		for c.Left() > 0 {
			c.Field(icmp6Mip6HomeAgentAddress, 16)
		}
	}
}

// icmp6Node reads a node information query or reply.
func icmp6Node(c *Cursor, typ, code uint8) {
	kind := c.U16(icmp6NiQtype)
	bitWordBE(c, icmp6NiFlag, 2, []field.ID{icmp6NiFlagG, icmp6NiFlagS, icmp6NiFlagL, icmp6NiFlagC, icmp6NiFlagA, icmp6NiFlagT, icmp6NiFlagRsv})
	c.U64(icmp6NiNonce)
	if typ == 139 {
		switch code {
		case 0:
			c.Field(icmp6NiQuerySubjectIpv6, 16)
		case 1:
			if c.Left() > 0 {
				nodeName(c, icmp6NiQuerySubjectFqdn)
			}
		case 2:
			c.Field(icmp6NiQuerySubjectIpv4, 4)
		}
		return
	}
	switch kind {
	case 2:
		c.U32(icmp6NiReplyNodeTtl)
		for c.Left() > 0 {
			nodeName(c, icmp6NiReplyNodeName)
		}
	case 3, 4:
		for c.Left() > 0 {
			c.U32(icmp6NiReplyNodeTtl)
			if kind == 3 {
				c.Field(icmp6NiReplyNodeAddress, 16)
			} else {
				c.Field(icmp6NiReplyIpv4Address, 4)
			}
		}
	}
}

// nodeName reads a domain name without compression.
func nodeName(c *Cursor, f field.ID) []byte {
	at := c.Pos()
	var t field.Text
	for {
		n := int(c.Peek8(0))
		c.Skip(1)
		if n == 0 {
			break
		}
		if t.Len() > 0 {
			t.C('.')
		}
		t.Raw(c.PeekBytes(0, n))
		c.Skip(n)
	}
	c.PutBytes(f, at, c.Pos()-at, t.B)
	return t.B
}

func icmp6Probe(c *Cursor, typ uint8) {
	c.U16(icmp6EchoIdentifier)
	at := c.Pos()
	c.U8(icmp6ExtEchoSeq)
	if typ == 160 {
		c.FieldAt(icmp6ExtEchoReqRes, at+1, 1)
		c.FieldAt(icmp6ExtEchoReqLocal, at+1, 1)
		c.Seek(at + 2)
		icmpExtensions(c, icmpProbeExt)
		return
	}
	for _, f := range [...]field.ID{icmp6ExtEchoRspState, icmp6ExtEchoRspRes, icmp6ExtEchoRspActive, icmp6ExtEchoRspIpv4, icmp6ExtEchoRspIpv6} {
		c.FieldAt(f, at+1, 1)
	}
}

var icmp6Types = values(
	val(1, "Destination Unreachable"),
	val(2, "Packet Too Big"),
	val(3, "Time Exceeded"),
	val(4, "Parameter Problem"),
	val(100, "Private experimentation"),
	val(101, "Private experimentation"),
	val(127, "Reserved for expansion of ICMPv6 error messages"),
	val(128, "Echo (ping) request"),
	val(129, "Echo (ping) reply"),
	val(130, "Multicast Listener Query"),
	val(131, "Multicast Listener Report"),
	val(132, "Multicast Listener Done"),
	val(133, "Router Solicitation"),
	val(134, "Router Advertisement"),
	val(135, "Neighbor Solicitation"),
	val(136, "Neighbor Advertisement"),
	val(137, "Redirect"),
	val(138, "Router Renumbering"),
	val(139, "Node Information Query"),
	val(140, "Node Information Reply"),
	val(141, "Inverse Neighbor Discovery Solicitation"),
	val(142, "Inverse Neighbor Discovery Advertisement"),
	val(143, "Multicast Listener Report Message v2"),
	val(144, "Home Agent Address Discovery Request"),
	val(145, "Home Agent Address Discovery Reply"),
	val(146, "Mobile Prefix Solicitation"),
	val(147, "Mobile Prefix Advertisement"),
	val(148, "Certification Path Solicitation"),
	val(149, "Certification Path Advertisement"),
	val(150, "Experimental Mobility"),
	val(151, "Multicast Router Advertisement"),
	val(152, "Multicast Router Solicitation"),
	val(153, "Multicast Router Termination"),
	val(154, "FMIPv6"),
	val(155, "RPL Control"),
	val(156, "Locator Update"),
	val(157, "Duplicate Address Request"),
	val(158, "Duplicate Address Confirmation"),
	val(159, "MPL Control Message"),
	val(160, "Extended Echo request"),
	val(161, "Extended Echo reply"),
	val(200, "Private experimentation"),
	val(201, "Private experimentation"),
	val(255, "Reserved for expansion of ICMPv6 informational messages"),
)

var icmp6OptTypes = values(
	val(1, "Source link-layer address"),
	val(2, "Target link-layer address"),
	val(3, "Prefix information"),
	val(4, "Redirected header"),
	val(5, "MTU"),
	val(6, "NBMA Shortcut Limit Option"),
	val(7, "Advertisement Interval"),
	val(8, "Home Agent Information"),
	val(9, "Source Address List"),
	val(10, "Target Address List"),
	val(11, "CGA"),
	val(12, "RSA Signature"),
	val(13, "Timestamp"),
	val(14, "Nonce"),
	val(15, "Trust Anchor"),
	val(16, "Certificate"),
	val(17, "IP Address/Prefix Option"),
	val(18, "New Router Prefix Information"),
	val(19, "Link-layer Address"),
	val(20, "Neighbor Advertisement Acknowledgment"),
	val(21, "PvD ID"),
	val(23, "MAP"),
	val(24, "Route Information"),
	val(25, "Recursive DNS Server"),
	val(26, "RA Flags Extension"),
	val(27, "Handover Key Request"),
	val(28, "Handover Key Reply"),
	val(29, "Handover Assist Information"),
	val(30, "Mobile Node Identifier Option"),
	val(31, "DNS Search List Option"),
	val(32, "Proxy Signature (PS)"),
	val(33, "Address Registration Option"),
	val(34, "6LoWPAN Context Option"),
	val(35, "Authoritative Border Router"),
	val(36, "6LoWPAN Capability Indication Option"),
	val(37, "DHCP Captive-Portal"),
	val(38, "PREF64 Option"),
	val(39, "Crypto-ID Parameters Option (CIPO)"),
	val(40, "NDP Signature Option (NDPSO)"),
	val(41, "Resource Directory Address Option"),
	val(42, "Consistent Uptime Option"),
	val(138, "CARD Request"),
	val(139, "CARD Reply"),
	val(144, "Encrypted DNS Option"),
	val(253, "RFC3692-style Experiment 1"),
	val(254, "RFC3692-style Experiment 2"),
)
