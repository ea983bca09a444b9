// IGMP: RFC 988 (version 0), 1112, 2236, 3376, and traceroute queries. DVMRP
// and PIM version 1, which share its number, go by table "igmp.type".
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	igmpP    = protocol("igmp", "Internet Group Management Protocol", "IGMP")
	igmpType = igmpP.U8("type", "Type", hex, enum(values(val(1, "Create Group Request"),
		val(2, "Create Group Reply"),
		val(3, "Join Group Request"),
		val(4, "Join Group Reply"),
		val(5, "Leave Group Request"),
		val(6, "Leave Group Reply"),
		val(7, "Confirm Group Request"),
		val(8, "Confirm Group Reply"),
		val(17, "Membership Query"),
		val(18, "Membership Report"),
		val(19, "DVMRP Protocol"),
		val(20, "PIM Routing Message"),
		val(22, "Membership Report"),
		val(23, "Leave Group"),
		val(30, "Traceroute Response"),
		val(31, "Traceroute Query or Request"),
		val(34, "Membership Report"))))
	igmpReserved  = igmpP.Bytes("reserved", "Reserved")
	igmpVersion   = igmpP.U8("version", "IGMP Version", dec)
	igmpGroupType = igmpP.U8("group_type", "Type Of Group", dec, enum(values(val(0, "Public Group"), val(1, "Private Group"))))
	igmpReply     = igmpP.U8("reply", "Reply", dec, enum(values(val(0, "Request Granted"),
		val(1, "Request Denied, No Resources"),
		val(2, "Request Denied, Invalid Code"),
		val(3, "Request Denied, Invalid Group"),
		val(4, "Request Denied, Invalid Key"))))
	igmpReplyPending   = igmpP.U8("reply.pending", "Reply Pending", dec)
	igmpChecksum       = igmpP.U16("checksum", "Checksum", hex)
	igmpChecksumStatus = igmpP.U8("checksum.status", "Checksum Status", noBase, enum(checksumStatus), enumOnly)
	igmpIdentifier     = igmpP.U32("identifier", "Identifier", dec)
	igmpAccessKey      = igmpP.Bytes("access_key", "Access Key")
	igmpMaxResp        = igmpP.U8("max_resp", "Max Resp Time", dec)
	igmpS              = igmpP.Bool("s", "S", mask(8, 0x8), tf("SUPPRESS router side processing", "Do not suppress router side processing"))
	igmpQrv            = igmpP.U8("qrv", "QRV", dec, mask(8, 0x7))
	igmpQqic           = igmpP.U8("qqic", "QQIC", dec)
	igmpNumSrc         = igmpP.U16("num_src", "Num Src", dec)
	igmpSaddr          = igmpP.IPv4("saddr", "Source Address")
	igmpNumGrpRecs     = igmpP.U16("num_grp_recs", "Num Group Records", dec)
	igmpRecordType     = igmpP.U8("record_type", "Record Type", dec, enum(values(val(1, "Mode Is Include"),
		val(2, "Mode Is Exclude"),
		val(3, "Change To Include Mode"),
		val(4, "Change To Exclude Mode"),
		val(5, "Allow New Sources"),
		val(6, "Block Old Sources"))))
	igmpAuxDataLen      = igmpP.U8("aux_data_len", "Aux Data Len", dec)
	igmpMaddr           = igmpP.IPv4("maddr", "Multicast Address")
	igmpAuxData         = igmpP.Bytes("aux_data", "Aux Data")
	igmpData            = igmpP.Bytes("data", "Data")
	igmpMaxRespExp      = igmpP.U8("max_resp.exp", "Exponent", hex, mask(8, 0x70))
	igmpMaxRespMant     = igmpP.U8("max_resp.mant", "Mantissa", hex, mask(8, 0xf))
	igmpMtraceMaxHops   = igmpP.U8("mtrace.max_hops", "# hops", dec)
	igmpMtraceSaddr     = igmpP.IPv4("mtrace.saddr", "Source Address")
	igmpMtraceRaddr     = igmpP.IPv4("mtrace.raddr", "Receiver Address")
	igmpMtraceRspaddr   = igmpP.IPv4("mtrace.rspaddr", "Response Address")
	igmpMtraceRespTtl   = igmpP.U8("mtrace.resp_ttl", "Response TTL", dec)
	igmpMtraceQId       = igmpP.U24("mtrace.q_id", "Query ID", dec)
	igmpMtraceQArrival  = igmpP.U32("mtrace.q_arrival", "Query Arrival", dec)
	igmpMtraceQInaddr   = igmpP.IPv4("mtrace.q_inaddr", "In itf addr")
	igmpMtraceQOutaddr  = igmpP.IPv4("mtrace.q_outaddr", "Out itf addr")
	igmpMtraceQPrevrtr  = igmpP.IPv4("mtrace.q_prevrtr", "Previous rtr addr")
	igmpMtraceQInpkt    = igmpP.U32("mtrace.q_inpkt", "In pkts", dec)
	igmpMtraceQOutpkt   = igmpP.U32("mtrace.q_outpkt", "Out pkts", dec)
	igmpMtraceQTotal    = igmpP.U32("mtrace.q_total", "S,G pkt count", dec)
	igmpMtraceQRtgProto = igmpP.U8("mtrace.q_rtg_proto", "Rtg Protocol", dec, enum(values(val(1, "DVMRP"),
		val(2, "MOSPF"),
		val(3, "PIM"),
		val(4, "CBT"),
		val(5, "PIM using special routing table"),
		val(6, "PIM using a static route"),
		val(7, "DVMRP using a static route"),
		val(8, "PIM using MBGP (aka BGP4+) route"),
		val(9, "CBT using special routing table"),
		val(10, "CBT using a static route"),
		val(11, "PIM using state created by Assert processing"))))
	igmpMtraceQFwdTtl  = igmpP.U8("mtrace.q_fwd_ttl", "FwdTTL", dec)
	igmpMtraceQMbz     = igmpP.U8("mtrace.q_mbz", "MBZ", hex, mask(8, 0x80))
	igmpMtraceQS       = igmpP.U8("mtrace.q_s", "S", hex, mask(8, 0x40))
	igmpMtraceQSrcMask = igmpP.U8("mtrace.q_src_mask", "Src Mask", hex, mask(8, 0x3f))
	igmpMtraceQFwdCode = igmpP.U8("mtrace.q_fwd_code", "Forwarding Code", hex, enum(values(val(0, "NO_ERROR"),
		val(1, "WRONG_IF"),
		val(2, "PRUNE_SENT"),
		val(3, "PRUNE_RCVD"),
		val(4, "SCOPED"),
		val(5, "NO_ROUTE"),
		val(6, "WRONG_LAST_HOP"),
		val(7, "NOT_FORWARDING"),
		val(8, "REACHED_RP"),
		val(9, "RPF_IF"),
		val(10, "NO_MULTICAST"),
		val(11, "INFO_HIDDEN"),
		val(129, "NO_SPACE"),
		val(130, "OLD_ROUTER"),
		val(131, "ADMIN_PROHIB"))))

	eiIGMPSum = igmpP.Expert("bad_checksum", field.Checksum, field.Error, "Bad checksum")

	igmpTable = igmpP.Table("igmp.type")
	_         = igmpP.Parse(parseIGMP).On("ip.proto", 2)
)

func parseIGMP(c *Cursor) {
	at := c.Pos()
	typ := c.Peek8(0)
	if p := c.Lookup(igmpTable, uint64(typ)); p != nil {
		c.DropProto()
		c.Sub(p, at, -1)
		return
	}
	c.SetProtocol("IGMP")
	b := c.SetInfo()
	name, known := field.Get(igmpType).Enum.Lookup(uint64(typ))
	switch {
	case b == nil:
	case known:
		b.S(name)
	default:
		b.S("Unknown Type:0x").H(uint64(typ), 2)
	}
	switch {
	case typ >= 1 && typ <= 8:
		igmpZero(c, at, typ)
	case typ == 0x11:
		igmpQuery(c, at)
	case typ == 0x12:
		igmpVersionIs(c, 1)
		c.U8(igmpType)
		c.Field(igmpReserved, 1)
		igmpSum(c, at, 8)
		c.Field(igmpMaddr, 4)
	case typ == 0x16 || typ == 0x17:
		igmpVersionIs(c, 2)
		c.U8(igmpType)
		igmpResponse(c, false)
		igmpSum(c, at, 8)
		g := c.Bytes(igmpMaddr, 4)
		if b := c.Info(); b != nil {
			b.S(pick(typ == 0x16, " group ", " ")).IPv4(g)
		}
	case typ == 0x22:
		igmpReport(c, at)
	case typ == 0x1e || typ == 0x1f:
		igmpTrace(c, at, typ)
	default:
		c.U8(igmpType)
		if n := c.CapLeft(); n > 0 {
			c.Field(igmpData, n)
		}
	}
}

// igmpVersionIs records the version that the message's shape tells.
func igmpVersionIs(c *Cursor, v uint64) {
	c.Gen(igmpVersion, c.Pos(), 0, v)
	if c.Columns() {
		c.SetProtocol("IGMPv" + string('0'+byte(v)))
	}
}

// igmpSum records the checksum, which covers n bytes.
func igmpSum(c *Cursor, at, n int) {
	icmpSum(c, at, n, 0, igmpChecksum, igmpChecksumStatus, eiIGMPSum)
}

// igmpResponse reads a time in tenths of a second; version 3 has a floating
// form for long ones.
func igmpResponse(c *Cursor, float bool) {
	at, raw := c.Pos(), c.Peek8(0)
	v := uint64(raw)
	if float && raw&0x80 != 0 {
		v = (uint64(raw)&15 | 16) << (raw>>4&7 + 3)
	}
	r := c.Put(igmpMaxResp, at, 1, v)
	if b := c.Label(r); b != nil {
		b.S("Max Resp Time: ").U(v/10).C('.').U(v%10).S(" sec (").X(uint64(raw), 2).C(')')
	}
	if float && raw&0x80 != 0 {
		old := c.Push(r)
		c.FieldAt(igmpMaxRespExp, at, 1)
		c.FieldAt(igmpMaxRespMant, at, 1)
		c.Pop(old)
	}
	c.Skip(1)
}

// igmpZero reads a message of version 0.
func igmpZero(c *Cursor, at int, typ uint8) {
	igmpVersionIs(c, 0)
	c.U8(igmpType)
	switch {
	case typ == 1:
		c.U8(igmpGroupType)
	case typ&1 == 0:
		code := c.Peek8(0)
		if code < 5 {
			c.U8(igmpReply)
		} else {
			c.U8(igmpReplyPending)
		}
	default:
		c.Skip(1)
	}
	igmpSum(c, at, 20)
	c.U32(igmpIdentifier)
	c.Field(igmpMaddr, 4)
	c.Field(igmpAccessKey, 8)
}

func igmpQuery(c *Cursor, at int) {
	v, n := uint64(2), 8
	switch {
	case c.Len() >= 12:
		v, n = 3, c.Len()
	case c.Len() >= 2 && c.Peek8(1) == 0:
		v = 1
	}
	igmpVersionIs(c, v)
	c.U8(igmpType)
	if v == 1 {
		c.Field(igmpReserved, 1)
	} else {
		igmpResponse(c, v == 3)
	}
	igmpSum(c, at, n)
	g := c.Bytes(igmpMaddr, 4)
	b := c.Info()
	if b != nil && v != 1 {
		if c.UintAt(at+4, 4) == 0 {
			b.S(", general")
		} else {
			b.S(", specific for group ").IPv4(g)
		}
	}
	if v != 3 {
		return
	}
	c.FieldAt(igmpS, c.Pos(), 1)
	c.FieldAt(igmpQrv, c.Pos(), 1)
	c.Skip(1)
	c.U8(igmpQqic)
	igmpSources(c, int(c.U16(igmpNumSrc)), pick(c.UintAt(at+4, 4) == 0, "", ", sources {"))
}

// igmpSources reads n source addresses, and lists them in Info behind open.
func igmpSources(c *Cursor, n int, open string) {
	b := c.Info()
	for i := 0; i < n; i++ {
		a := c.Bytes(igmpSaddr, 4)
		if b != nil && open != "" {
			b.S(pick(i == 0, open, ", ")).IPv4(a)
		}
	}
	if b != nil && n > 0 && open != "" {
		b.C('}')
	}
}

func igmpReport(c *Cursor, at int) {
	igmpVersionIs(c, 3)
	c.U8(igmpType)
	c.Field(igmpReserved, 1)
	igmpSum(c, at, c.Len())
	c.Field(igmpReserved, 2)
	n := int(c.U16(igmpNumGrpRecs))
	if b := c.Info(); b != nil && n == 0 {
		b.S(" - General query")
	}
	for ; n > 0; n-- {
		igmpRecord(c)
	}
}

// igmpRecord reads one group's record of a version 3 report.
func igmpRecord(c *Cursor) {
	at := c.Pos()
	kind, aux, sources := c.Peek8(0), int(c.Peek8(1))*4, int(c.Peek16(2))
	g := c.PeekBytes(4, 4)
	size := 8 + 4*sources + aux
	line := dissect.None
	if b := c.Text(at, size); b != nil {
		line = c.Last()
		b.S("Group Record : ").IPv4(g).S("  ").S(field.Get(igmpRecordType).Enum.Text(uint64(kind), ""))
	}
	old := c.Push(line)
	defer c.Pop(old)
	c.U8(igmpRecordType)
	c.U8(igmpAuxDataLen)
	c.U16(igmpNumSrc)
	c.Field(igmpMaddr, 4)
	if b := c.Info(); b != nil {
		b.S(" / ")
		switch kind {
		case 1, 3:
			b.S(pick(sources == 0, "Leave group ", "Join group ")).IPv4(g)
		case 2, 4:
			b.S("Join group ").IPv4(g)
		default:
			b.S("Group ").IPv4(g)
		}
	}
	open := ""
	b := c.Info()
	switch kind {
	case 1, 3:
		open = " for source {"
		if sources > 1 {
			open = " for sources in {"
		}
	case 2, 4:
		open = ", for source not {"
		if sources > 1 {
			open = ", for sources not in {"
		}
		if b != nil && sources == 0 {
			b.S(" for any sources")
		}
	case 5, 6:
		open = pick(kind == 5, ", new source", ", block source") + pick(sources > 1, "s", "") + " {"
	default:
		if b != nil {
			b.S(", unknown record type (?)")
		}
	}
	igmpSources(c, sources, open)
	if aux > 0 {
		c.Field(igmpAuxData, aux)
	}
}

// igmpTrace reads a traceroute query, or a response with a block for each hop.
func igmpTrace(c *Cursor, at int, typ uint8) {
	blocks := (c.Len() - 24) / 32
	if b := c.SetInfo(); b != nil {
		switch {
		case typ == 0x1e:
			b.S("Traceroute Response, ").U(uint64(max(blocks, 0))).S(plural(blocks, " block", " blocks"))
		case c.Len() == 24:
			b.S("Traceroute Query")
		default:
			b.S("Traceroute Request, ").U(uint64(max(blocks, 0))).S(plural(blocks, " block", " blocks"))
		}
	}
	c.U8(igmpType)
	c.U8(igmpMtraceMaxHops)
	igmpSum(c, at, c.Len())
	c.Field(igmpMaddr, 4)
	c.Field(igmpMtraceSaddr, 4)
	c.Field(igmpMtraceRaddr, 4)
	c.Field(igmpMtraceRspaddr, 4)
	c.U8(igmpMtraceRespTtl)
	c.U24(igmpMtraceQId)
	for c.Left() > 0 {
		igmpTraceBlock(c)
	}
}

func igmpTraceBlock(c *Cursor) {
	at := c.Pos()
	c.Need(32)
	line := dissect.None
	if b := c.Text(at, 32); b != nil {
		line = c.Last()
		b.S("Response data block: ").IPv4(c.PeekBytes(4, 4)).S(" -> ").IPv4(c.PeekBytes(8, 4)).
			S(",  Proto: ").S(field.Get(igmpMtraceQRtgProto).Enum.Text(uint64(c.Peek8(28)), "Unknown")).
			S(",  Forwarding Code: ").S(field.Get(igmpMtraceQFwdCode).Enum.Text(uint64(c.Peek8(31)), "Unknown"))
	}
	old := c.Push(line)
	c.U32(igmpMtraceQArrival)
	for _, f := range [...]field.ID{igmpMtraceQInaddr, igmpMtraceQOutaddr, igmpMtraceQPrevrtr} {
		c.Field(f, 4)
	}
	c.U32(igmpMtraceQInpkt)
	c.U32(igmpMtraceQOutpkt)
	c.U32(igmpMtraceQTotal)
	c.U8(igmpMtraceQRtgProto)
	c.U8(igmpMtraceQFwdTtl)
	for _, f := range [...]field.ID{igmpMtraceQMbz, igmpMtraceQS, igmpMtraceQSrcMask} {
		c.FieldAt(f, at+30, 1)
	}
	c.Skip(1)
	c.U8(igmpMtraceQFwdCode)
	c.Pop(old)
}
