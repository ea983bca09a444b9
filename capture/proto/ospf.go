// OSPF: version 2 (RFC 2328) with its packets and the advertisements of types 1
// to 5 and 7; version 3 (RFC 5340) with its header and Hello. Not decoded: opaque
// and multicast advertisements, the bodies of version 3's other packets,
// link-local signalling and trailers.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	ospfP            = protocol("ospf", "Open Shortest Path First", "OSPF")
	ospfLsaAge       = ospfP.U16("lsa.age", "LS Age (seconds)", dec, mask(16, 0x7fff))
	ospfV3InstanceId = ospfP.U8("v3.instance_id", "Instance ID", dec, enum(ospfV3Instances))
	ospfHeader       = ospfP.None("header", "OSPF Header")
	ospfVersion      = ospfP.U8("version", "Version", dec)
	ospfMsg          = ospfP.U8("msg", "Message Type", dec, enum(values(val(1, "Hello Packet"),
		val(2, "DB Description"),
		val(3, "LS Request"),
		val(4, "LS Update"),
		val(5, "LS Acknowledge"))))
	ospfPacketLength = ospfP.U16("packet_length", "Packet Length", dec)
	ospfSrcrouter    = ospfP.IPv4("srcrouter", "Source OSPF Router")
	ospfAreaId       = ospfP.IPv4("area_id", "Area ID")
	ospfChecksum     = ospfP.U16("checksum", "Checksum", hex)
	ospfInstanceId   = ospfP.U8("instance_id", "Instance ID", dec, enum(ranges(span(0, 0, "Base IPv4 Unicast Instance"),
		span(1, 1, "Base IPv4 Multicast Instance"),
		span(2, 2, "Base IPv4 In-band Management Instance"),
		span(3, 127, "Private Use"),
		span(128, 255, "Unassigned"))))
	ospfAuthType                    = ospfP.U8("auth.type", "Auth Type", dec, enum(values(val(0, "Null"), val(1, "Simple password"), val(2, "Cryptographic"))))
	ospfAuthNone                    = ospfP.Bytes("auth.none", "Auth Data (none)")
	ospfAuthSimple                  = ospfP.Str("auth.simple", "Auth Data (Simple)")
	ospfAuthCryptKeyId              = ospfP.U8("auth.crypt.key_id", "Auth Crypt Key id", dec)
	ospfAuthCryptDataLength         = ospfP.U8("auth.crypt.data_length", "Auth Crypt Data Length", dec)
	ospfAuthCryptSeqNbr             = ospfP.U32("auth.crypt.seq_nbr", "Auth Crypt Sequence Number", dec)
	ospfAuthCryptData               = ospfP.Bytes("auth.crypt.data", "Auth Crypt Data")
	ospfAuthUnknown                 = ospfP.Bytes("auth.unknown", "Auth Unknown")
	ospfReserved                    = ospfP.Bytes("reserved", "Reserved")
	ospfMsgHello                    = ospfP.Bool("msg.hello", "Hello")
	ospfMsgDbdesc                   = ospfP.Bool("msg.dbdesc", "Database Description")
	ospfMsgLsreq                    = ospfP.Bool("msg.lsreq", "Link State Adv Request")
	ospfMsgLsupdate                 = ospfP.Bool("msg.lsupdate", "Link State Adv Update")
	ospfMsgLsack                    = ospfP.Bool("msg.lsack", "Link State Adv Acknowledgement")
	ospfHello                       = ospfP.None("hello", "OSPF Hello Packet")
	ospfHelloNetworkMask            = ospfP.IPv4("hello.network_mask", "Network Mask")
	ospfHelloInterfaceId            = ospfP.U32("hello.interface_id", "Interface ID", dec)
	ospfHelloHelloInterval          = ospfP.U32("hello.hello_interval", "Hello Interval [sec]", dec)
	ospfHelloRouterPriority         = ospfP.U8("hello.router_priority", "Router Priority", dec)
	ospfHelloRouterDeadInterval     = ospfP.U32("hello.router_dead_interval", "Router Dead Interval [sec]", dec)
	ospfHelloDesignatedRouter       = ospfP.IPv4("hello.designated_router", "Designated Router")
	ospfHelloBackupDesignatedRouter = ospfP.IPv4("hello.backup_designated_router", "Backup Designated Router")
	ospfHelloActiveNeighbor         = ospfP.IPv4("hello.active_neighbor", "Active Neighbor")
	ospfLsa                         = ospfP.U32("lsa", "LS Type", dec, enum(values(val(1, "Router-LSA"),
		val(2, "Network-LSA"),
		val(3, "Summary-LSA (IP network)"),
		val(4, "Summary-LSA (ASBR)"),
		val(5, "AS-External-LSA (ASBR)"),
		val(6, "Group Membership LSA"),
		val(7, "NSSA AS-External-LSA"),
		val(8, "External Attributes LSA"),
		val(9, "Opaque LSA, Link-local scope"),
		val(10, "Opaque LSA, Area-local scope"),
		val(11, "Opaque LSA, AS-local scope"))))
	ospfLsaDonotage         = ospfP.U16("lsa.donotage", "Do Not Age Flag", dec, mask(16, 0x8000))
	ospfLsaId               = ospfP.IPv4("lsa.id", "Link State ID")
	ospfLsaSeqnum           = ospfP.U32("lsa.seqnum", "Sequence Number", hex)
	ospfLsaChksum           = ospfP.U16("lsa.chksum", "Checksum", hex)
	ospfLsaLength           = ospfP.U16("lsa.length", "Length", dec)
	ospfLsaRouter           = ospfP.Bool("lsa.router", "Router LSA")
	ospfLsaRouterLinktype   = ospfP.U8("lsa.router.linktype", "Link Type", dec)
	ospfLsaRouterLinkid     = ospfP.IPv4("lsa.router.linkid", "Link ID")
	ospfLsaRouterLinkdata   = ospfP.IPv4("lsa.router.linkdata", "Link Data")
	ospfLsaRouterNummetrics = ospfP.U8("lsa.router.nummetrics", "Number of Metrics", dec)
	ospfLsaRouterMetric0    = ospfP.U16("lsa.router.metric0", "0 Metric", dec)
	ospfLsaNetwork          = ospfP.Bool("lsa.network", "Network LSA")
	ospfLsaNetworkNetmask   = ospfP.IPv4("lsa.network.netmask", "Netmask")
	ospfLsaNetworkAttchrtr  = ospfP.IPv4("lsa.network.attchrtr", "Attached Router")
	ospfLsaSummary          = ospfP.Bool("lsa.summary", "Summary LSA (IP Network)")
	ospfLsaAsbr             = ospfP.Bool("lsa.asbr", "Summary LSA (ASBR)")
	ospfLsaAsbrNetmask      = ospfP.IPv4("lsa.asbr.netmask", "Netmask")
	ospfLsaAsext            = ospfP.Bool("lsa.asext", "AS-External LSA (ASBR)")
	ospfLsaAsextNetmask     = ospfP.IPv4("lsa.asext.netmask", "Netmask")
	ospfLsaAsextFwdaddr     = ospfP.IPv4("lsa.asext.fwdaddr", "Forwarding Address")
	ospfLsaAsextExtrttag    = ospfP.U32("lsa.asext.extrttag", "External Route Tag", dec)
	ospfLsaMember           = ospfP.Bool("lsa.member", "Group Membership LSA")
	ospfLsaNssa             = ospfP.Bool("lsa.nssa", "NSSA AS-External LSA")
	ospfLsaAttr             = ospfP.Bool("lsa.attr", "External Attributes LSA")
	ospfLsaOpaque           = ospfP.Bool("lsa.opaque", "Opaque LSA")
	ospfAdvrouter           = ospfP.IPv4("advrouter", "Advertising Router")
	ospfV2Options           = ospfP.U8("v2.options", "Options", hex)
	ospfV2OptionsMt         = ospfP.Bool("v2.options.mt", "(MT) Multi-Topology Routing", mask(8, 0x1), tf("Yes", "No"))
	ospfV2OptionsE          = ospfP.Bool("v2.options.e", "(E) External Routing", mask(8, 0x2), tf("Capable", "Not capable"))
	ospfV2OptionsMc         = ospfP.Bool("v2.options.mc", "(MC) Multicast", mask(8, 0x4), tf("Capable", "Not capable"))
	ospfV2OptionsN          = ospfP.Bool("v2.options.n", "(N) NSSA", mask(8, 0x8), tf("Supported", "Not supported"))
	ospfV2OptionsP          = ospfP.Bool("v2.options.p", "(P) Propagate", mask(8, 0x8), setNotSet)
	ospfV2OptionsL          = ospfP.Bool("v2.options.l", "(L) LLS Data block", mask(8, 0x10), tf("Present", "Not Present"))
	ospfV2OptionsDc         = ospfP.Bool("v2.options.dc", "(DC) Demand Circuits", mask(8, 0x20), tf("Supported", "Not supported"))
	ospfV2OptionsO          = ospfP.Bool("v2.options.o", "(O) Opaque", mask(8, 0x40), setNotSet)
	ospfV2OptionsDn         = ospfP.Bool("v2.options.dn", "DN", mask(8, 0x80), setNotSet)
	ospfV3Options           = ospfP.U24("v3.options", "Options", hex)
	ospfV3OptionsV6         = ospfP.Bool("v3.options.v6", "V6", mask(24, 0x1), setNotSet)
	ospfV3OptionsE          = ospfP.Bool("v3.options.e", "E", mask(24, 0x2), setNotSet)
	ospfV3OptionsMc         = ospfP.Bool("v3.options.mc", "MC", mask(24, 0x4), setNotSet)
	ospfV3OptionsN          = ospfP.Bool("v3.options.n", "N", mask(24, 0x8), setNotSet)
	ospfV3OptionsR          = ospfP.Bool("v3.options.r", "R", mask(24, 0x10), setNotSet)
	ospfV3OptionsDc         = ospfP.Bool("v3.options.dc", "DC", mask(24, 0x20), setNotSet)
	ospfV3OptionsAf         = ospfP.Bool("v3.options.af", "AF", mask(24, 0x100), setNotSet)
	ospfV3OptionsL          = ospfP.Bool("v3.options.l", "L", mask(24, 0x200), setNotSet)
	ospfV3OptionsAt         = ospfP.Bool("v3.options.at", "AT", mask(24, 0x400), setNotSet)
	ospfDbd                 = ospfP.U8("dbd", "DB Description", hex)
	ospfDbdR                = ospfP.Bool("dbd.r", "(R) OOBResync", mask(8, 0x8), setNotSet)
	ospfDbdI                = ospfP.Bool("dbd.i", "(I) Init", mask(8, 0x4), setNotSet)
	ospfDbdM                = ospfP.Bool("dbd.m", "(M) More", mask(8, 0x2), setNotSet)
	ospfDbdMs               = ospfP.Bool("dbd.ms", "(MS) Master", mask(8, 0x1), tf("Yes", "No"))
	ospfV2RouterLsaFlags    = ospfP.U8("v2.router.lsa.flags", "Flags", hex)
	ospfV2RouterLsaFlagsB   = ospfP.Bool("v2.router.lsa.flags.b", "(B) Area border router", mask(8, 0x1), tf("Yes", "No"))
	ospfV2RouterLsaFlagsE   = ospfP.Bool("v2.router.lsa.flags.e", "(E) AS boundary router", mask(8, 0x2), tf("Yes", "No"))
	ospfV2RouterLsaFlagsV   = ospfP.Bool("v2.router.lsa.flags.v", "(V) Virtual link endpoint", mask(8, 0x4), tf("Yes", "No"))
	ospfV2RouterLsaFlagsW   = ospfP.Bool("v2.router.lsa.flags.w", "(W) Wild-card multicast receiver", mask(8, 0x8), tf("Yes", "No"))
	ospfV2RouterLsaFlagsN   = ospfP.Bool("v2.router.lsa.flags.n", "(N) NSSA translation", mask(8, 0x10), tf("Yes", "No"))
	ospfV2RouterLsaFlagsS   = ospfP.Bool("v2.router.lsa.flags.s", "(S) Shortcut-capable ABR", mask(8, 0x20), tf("Yes", "No"))
	ospfV2RouterLsaFlagsH   = ospfP.Bool("v2.router.lsa.flags.h", "(H) Host", mask(8, 0x80), tf("Yes", "No"))
	ospfDbInterfaceMtu      = ospfP.U16("db.interface_mtu", "Interface MTU", dec)
	ospfDbDdSequence        = ospfP.U32("db.dd_sequence", "DD Sequence", dec)
	ospfLinkStateId         = ospfP.IPv4("link_state_id", "Link State ID")
	ospfLsNumberOfLsas      = ospfP.U32("ls.number_of_lsas", "Number of LSAs", dec)
	ospfLsaNumberOfLinks    = ospfP.U16("lsa.number_of_links", "Number of Links", dec)
	ospfLsaAsextType        = ospfP.Bool("lsa.asext.type", "External Type", mask(8, 0x80), tf("Type 2 (metric is larger than any other link state path)", "Type 1 (metric is specified in the same units as interface cost)"))
	ospfLsaTos              = ospfP.U8("lsa.tos", "TOS", dec)
	ospfMetric              = ospfP.U32("metric", "Metric", dec)

	eiOSPFReserved = ospfP.Expert("reserved.not_zero", field.Protocol, field.Warn, "incorrect, should be 0")

	_ = ospfP.Parse(parseOSPF).On("ip.proto", 89)
)

var ospfV3Instances = ranges(
	span(0, 0, "Base IPv6 Unicast AF"),
	span(1, 31, "Base IPv6 Unicast AF (local policy)"),
	span(32, 32, "Base IPv6 Multicast"),
	span(33, 63, "IPv6 Multicast AFs (local policy)"),
	span(64, 64, "Base IPv4 Unicast AF"),
	span(65, 95, "IPv4 Unicast AFs (local policy)"),
	span(96, 96, "Base IPv4 Multicast"),
	span(97, 127, "IPv4 Multicast AFs (local policy)"),
	span(128, 191, "Unassigned"),
	span(192, 255, "Private Use"),
)

var (
	ospfOptions2 = []field.ID{ospfV2OptionsDn, ospfV2OptionsO, ospfV2OptionsDc, ospfV2OptionsL, ospfV2OptionsN, ospfV2OptionsMc, ospfV2OptionsE, ospfV2OptionsMt}
	ospfOptions7 = []field.ID{ospfV2OptionsDn, ospfV2OptionsO, ospfV2OptionsDc, ospfV2OptionsL, ospfV2OptionsP, ospfV2OptionsMc, ospfV2OptionsE, ospfV2OptionsMt}
	ospfOptions3 = []field.ID{ospfV3OptionsAt, ospfV3OptionsL, ospfV3OptionsAf, ospfV3OptionsDc, ospfV3OptionsR, ospfV3OptionsN, ospfV3OptionsMc, ospfV3OptionsE, ospfV3OptionsV6}
	ospfDbdBits  = []field.ID{ospfDbdR, ospfDbdI, ospfDbdM, ospfDbdMs}
	ospfRtrBits  = []field.ID{ospfV2RouterLsaFlagsH, ospfV2RouterLsaFlagsS, ospfV2RouterLsaFlagsN, ospfV2RouterLsaFlagsW, ospfV2RouterLsaFlagsV, ospfV2RouterLsaFlagsE, ospfV2RouterLsaFlagsB}
	ospfKinds    = [...]field.ID{1: ospfMsgHello, ospfMsgDbdesc, ospfMsgLsreq, ospfMsgLsupdate, ospfMsgLsack}
	ospfLSAKinds = [...]field.ID{1: ospfLsaRouter, ospfLsaNetwork, ospfLsaSummary, ospfLsaAsbr, ospfLsaAsext, ospfLsaMember, ospfLsaNssa, ospfLsaAttr, ospfLsaOpaque, ospfLsaOpaque, ospfLsaOpaque}
)

func parseOSPF(c *Cursor) {
	p := c.Packet()
	at := c.Pos()
	c.SetProtocol("OSPF")
	version, kind, n := c.Peek8(0), c.Peek8(1), int(c.Peek16(2))
	if b := c.SetInfo(); b != nil {
		b.S(field.Get(ospfMsg).Enum.Text(uint64(kind), "Unknown ("+itoa(int(kind))+")"))
	}
	head := 24
	if version != 2 {
		head = 16
	}
	r := c.Put(ospfHeader, at, head, 0)
	old := c.Push(r)
	c.U8(ospfVersion)
	c.U8(ospfMsg)
	if int(kind) < len(ospfKinds) && kind > 0 {
		c.PutHidden(ospfKinds[kind], at+1, 1, 1)
	}
	c.U16(ospfPacketLength)
	c.Field(ospfSrcrouter, 4)
	area := c.Peek32(0)
	r = c.Field(ospfAreaId, 4)
	if b := c.Append(r); b != nil && area == 0 {
		b.S(" (Backbone)")
	}
	switch version {
	case 2:
		ospfSum(c, at, n, 0, c.Peek8(3) == 2)
		c.U8(ospfInstanceId)
		auth := c.U8(ospfAuthType)
		ospfAuth(c, auth)
	case 3:
		ospfSum(c, at, n, pseudoSum(&p.Src, &p.Dst, n, 89), false)
		c.U8(ospfV3InstanceId)
		zero := c.Peek8(0)
		r := c.Field(ospfReserved, 1)
		if zero != 0 {
			c.Expert(r, eiOSPFReserved)
		}
	default:
		c.Pop(old)
		return
	}
	c.Pop(old)
	end := min(at+n, c.End())
	if version == 3 {
		if kind == 1 {
			ospfHelloBody(c, 3, end)
		}
		return
	}
	switch kind {
	case 1:
		ospfHelloBody(c, 2, end)
	case 2:
		ospfDescription(c, end)
	case 3:
		for c.Pos()+12 <= end {
			ospfRequest(c)
		}
	case 4:
		ospfUpdate(c, end)
	case 5:
		for c.Pos()+20 <= end {
			ospfLSA(c, false)
		}
	}
}

// ospfSum records the checksum over n bytes; version 2's leaves the
// authentication out, and there is none where that is cryptographic.
func ospfSum(c *Cursor, at, n int, sum uint64, none bool) {
	have := c.Peek16(0)
	v3 := sum != 0
	r := c.Field(ospfChecksum, 2)
	b := c.Append(r)
	switch {
	case b == nil:
	case none:
		b.S(" (None)")
	case n < 24 && !v3 || n < 16 || !c.Has(n-(c.Pos()-at)) || v3 && c.CapLeft() < c.Left():
	default:
		if v3 {
			sum = addSum(sum, c.BytesAt(at, c.Len())) // a trailer counts, its length does not
		} else {
			sum = addSum(addSum(sum, c.BytesAt(at, 16)), c.BytesAt(at+24, n-24))
		}
		if got := foldSum(sum); got == 0 {
			b.S(" [correct]")
		} else {
			b.S(" [incorrect, should be ").S(hex16(sumWithout(got, have))).S("]")
		}
	}
}

func ospfAuth(c *Cursor, kind uint8) {
	switch kind {
	case 0:
		c.Field(ospfAuthNone, 8)
	case 1:
		textUpToNUL(c, ospfAuthSimple, 8)
	case 2:
		c.Skip(2)
		c.U8(ospfAuthCryptKeyId)
		n := int(c.U8(ospfAuthCryptDataLength))
		c.U32(ospfAuthCryptSeqNbr)
		if tail := c.Start() + int(c.UintAt(c.Start()+2, 2)); n > 0 && tail+n <= c.End() {
			c.FieldAt(ospfAuthCryptData, tail, n)
		}
	default:
		c.Field(ospfAuthUnknown, 8)
	}
}

func ospfHelloBody(c *Cursor, version, end int) {
	r := c.Put(ospfHello, c.Pos(), end-c.Pos(), 0)
	old := c.Push(r)
	defer c.Pop(old)
	if version == 2 {
		c.Field(ospfHelloNetworkMask, 4)
		c.Put(ospfHelloHelloInterval, c.Pos(), 2, uint64(c.Peek16(0)))
		c.Skip(2)
		bitWordBE(c, ospfV2Options, 1, ospfOptions2)
		c.U8(ospfHelloRouterPriority)
		c.U32(ospfHelloRouterDeadInterval)
	} else {
		c.U32(ospfHelloInterfaceId)
		c.U8(ospfHelloRouterPriority)
		bitWordBE(c, ospfV3Options, 3, ospfOptions3)
		for _, f := range [...]field.ID{ospfHelloHelloInterval, ospfHelloRouterDeadInterval} {
			c.Put(f, c.Pos(), 2, uint64(c.Peek16(0)))
			c.Skip(2)
		}
	}
	c.Field(ospfHelloDesignatedRouter, 4)
	c.Field(ospfHelloBackupDesignatedRouter, 4)
	for c.Pos()+4 <= end {
		c.Field(ospfHelloActiveNeighbor, 4)
	}
}

func ospfDescription(c *Cursor, end int) {
	line := dissect.None
	if b := c.Text(c.Pos(), end-c.Pos()); b != nil {
		line = c.Last()
		b.S("OSPF DB Description")
	}
	old := c.Push(line)
	c.U16(ospfDbInterfaceMtu)
	bitWordBE(c, ospfV2Options, 1, ospfOptions2)
	bitWordBE(c, ospfDbd, 1, ospfDbdBits)
	c.U32(ospfDbDdSequence)
	c.Pop(old)
	for c.Pos()+20 <= end {
		ospfLSA(c, false)
	}
}

func ospfRequest(c *Cursor) {
	line := dissect.None
	if b := c.Text(c.Pos(), 12); b != nil {
		line = c.Last()
		b.S("Link State Request")
	}
	old := c.Push(line)
	c.U32(ospfLsa)
	c.Field(ospfLinkStateId, 4)
	c.Field(ospfAdvrouter, 4)
	c.Pop(old)
}

func ospfUpdate(c *Cursor, end int) {
	line := dissect.None
	if b := c.Text(c.Pos(), end-c.Pos()); b != nil {
		line = c.Last()
		b.S("LS Update Packet")
	}
	old := c.Push(line)
	for n := c.U32(ospfLsNumberOfLsas); n > 0 && c.Pos() < end; n-- {
		ospfLSA(c, true)
	}
	c.Pop(old)
}

// ospfLSA reads an advertisement's header, and its body if it has one here.
func ospfLSA(c *Cursor, whole bool) {
	at := c.Pos()
	kind, n := c.Peek8(3), int(c.Peek16(18))
	size := 20
	if whole {
		size = n
	}
	name := field.Get(ospfLsa).Enum.Text(uint64(kind), "Unknown")
	line := dissect.None
	if b := c.Text(at, size); b != nil {
		line = c.Last()
		b.S("LSA-type ").U(uint64(kind)).S(" (").S(name).S("), len ").U(uint64(n))
	}
	old := c.Push(line)
	defer c.Pop(old)
	c.FieldAt(ospfLsaAge, at, 2)
	c.FieldAt(ospfLsaDonotage, at, 2)
	c.Skip(2)
	if kind == 7 {
		bitWordBE(c, ospfV2Options, 1, ospfOptions7)
	} else {
		bitWordBE(c, ospfV2Options, 1, ospfOptions2)
	}
	c.Put(ospfLsa, c.Pos(), 1, uint64(kind))
	if kind > 0 && int(kind) < len(ospfLSAKinds) {
		c.PutHidden(ospfLSAKinds[kind], c.Pos(), 1, 1)
	}
	c.Skip(1)
	c.Field(ospfLsaId, 4)
	c.Field(ospfAdvrouter, 4)
	c.U32(ospfLsaSeqnum)
	c.U16(ospfLsaChksum)
	c.U16(ospfLsaLength)
	if !whole {
		return
	}
	if end := at + n; n >= 20 {
		ospfLSABody(c, kind, end)
		c.Seek(end)
	} else {
		c.Seek(c.End())
	}
}

func ospfLSABody(c *Cursor, kind uint8, end int) {
	switch kind {
	case 1:
		bitWordBE(c, ospfV2RouterLsaFlags, 1, ospfRtrBits)
		c.Skip(1)
		for n := c.U16(ospfLsaNumberOfLinks); n > 0 && c.Pos() < end; n-- {
			ospfLink(c)
		}
	case 2:
		c.Field(ospfLsaNetworkNetmask, 4)
		for c.Pos()+4 <= end {
			c.Field(ospfLsaNetworkAttchrtr, 4)
		}
	case 3, 4:
		c.Field(ospfLsaAsbrNetmask, 4)
		for c.Pos()+4 <= end {
			c.U8(ospfLsaTos)
			c.Put(ospfMetric, c.Pos(), 3, uint64(c.Peek24(0)))
			c.Skip(3)
		}
	case 5, 7:
		c.Field(ospfLsaAsextNetmask, 4)
		for c.Pos()+12 <= end {
			c.FieldAt(ospfLsaAsextType, c.Pos(), 1)
			c.Put(ospfLsaTos, c.Pos(), 1, uint64(c.Peek8(0)&0x7f))
			c.Skip(1)
			c.Put(ospfMetric, c.Pos(), 3, uint64(c.Peek24(0)))
			c.Skip(3)
			c.Field(ospfLsaAsextFwdaddr, 4)
			c.U32(ospfLsaAsextExtrttag)
		}
	}
}

// ospfLink reads one link of a router's advertisement.
func ospfLink(c *Cursor) {
	at := c.Pos()
	kind, tos := c.Peek8(8), int(c.Peek8(9))
	id, data := c.PeekBytes(0, 4), c.PeekBytes(4, 4)
	short, what, long := "Unknown", "Unknown link type", "Unknown link type"
	switch kind {
	case 1:
		short, what, long = "PTP", "Neighboring router's Router ID", "Point-to-point connection to another router"
	case 2:
		short, what, long = "Transit", "IP address of Designated Router", "Connection to a transit network"
	case 3:
		short, what, long = "Stub", "IP network/subnet number", "Connection to a stub network"
	case 4:
		short, what, long = "Virtual", "Neighboring router's Router ID", "Virtual link"
	}
	line := dissect.None
	if b := c.Text(at, 12+4*tos); b != nil {
		line = c.Last()
		b.S("Type: ").S(short).S("        "[:max(1, 9-len(short))-1]).S(" ID: ")
		n := b.Len()
		b.IPv4(id).S("                "[:max(0, 16-(b.Len()-n))]).S("Data: ")
		n = b.Len()
		b.IPv4(data).S("                "[:max(0, 16-(b.Len()-n))]).S("Metric: ").U(uint64(c.Peek16(10)))
	}
	old := c.Push(line)
	r := c.Field(ospfLsaRouterLinkid, 4)
	if b := c.Append(r); b != nil {
		b.S(" - ").S(what)
	}
	c.Field(ospfLsaRouterLinkdata, 4)
	r = c.Field(ospfLsaRouterLinktype, 1)
	if b := c.Append(r); b != nil {
		b.S(" - ").S(long)
	}
	r = c.Field(ospfLsaRouterNummetrics, 1)
	if b := c.Append(r); b != nil {
		b.S(" - TOS")
	}
	c.U16(ospfLsaRouterMetric0)
	c.Skip(4 * tos)
	c.Pop(old)
}
