// IPv4 options: RFC 791 (RR, LSRR, SSRR, TS, SID, security), RFC 1108, FIPS 188
// (CIPSO), RFC 1063 (MTU), RFC 1393, RFC 2113, RFC 4782, Cilium's DSR.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	ipOptType                       = ipP.U8("opt.type", "Type", dec)
	ipOptTypeCopy                   = ipP.Bool("opt.type.copy", "Copy on fragmentation", mask(8, 0x80), tf("Yes", "No"))
	ipOptTypeClass                  = ipP.U8("opt.type.class", "Class", dec, mask(8, 0x60), enum(values(val(0, "Control"), val(1, "Reserved for future use"), val(2, "Debugging and measurement"), val(3, "Reserved for future use"))))
	ipOptTypeNumber                 = ipP.U8("opt.type.number", "Number", dec, mask(8, 0x1f), enum(values(val(0, "End of Option List (EOL)"), val(1, "No-Operation (NOP)"), val(2, "Security"), val(3, "Loose source route"), val(4, "Time stamp"), val(5, "Extended security"), val(6, "Commercial IP security option"), val(7, "Record route"), val(8, "Stream identifier"), val(9, "Strict source route"), val(10, "Experimental Measurement"), val(11, "MTU probe"), val(12, "MTU Reply"), val(13, "Experimental Flow Control"), val(14, "Experimental Access Control"), val(15, "Ask Estrin"), val(16, "IMI Traffic Descriptor"), val(17, "Extended Internet Protocol"), val(18, "Traceroute"), val(19, "Address Extension"), val(20, "Router Alert"), val(21, "Selective Directed Broadcast"), val(22, "Unassigned"), val(23, "Dynamic Packet State"), val(24, "Upstream Multicast Packet"), val(25, "Quick-Start"), val(26, "Cilium DSR"), val(30, "RFC 3692-style experiment"))))
	ipOptLen                        = ipP.U8("opt.len", "Length", dec)
	ipOptData                       = ipP.Bytes("opt.data", "Data")
	ipOptPtr                        = ipP.U8("opt.ptr", "Pointer", dec)
	ipOptSid                        = ipP.U16("opt.sid", "Stream Identifier", dec)
	ipOptMtu                        = ipP.U16("opt.mtu", "MTU", dec)
	ipOptIdNumber                   = ipP.U16("opt.id_number", "ID Number", dec)
	ipOptOhc                        = ipP.U16("opt.ohc", "Outbound Hop Count", dec)
	ipOptRhc                        = ipP.U16("opt.rhc", "Return Hop Count", dec)
	ipOptOriginator                 = ipP.IPv4("opt.originator", "Originator IP Address")
	ipOptRa                         = ipP.U16("opt.ra", "Router Alert", dec, enum(ranges(span(0, 0, "Router shall examine packet"), span(1, 65535, "Reserved"))))
	ipOptAddr                       = ipP.IPv4("opt.addr", "IP Address")
	ipOptPadding                    = ipP.Bytes("opt.padding", "Padding")
	ipOptQsFunc                     = ipP.U8("opt.qs_func", "Function", dec, mask(8, 0xf0), enum(values(val(0, "Rate request"), val(8, "Rate report"))))
	ipOptQsRate                     = ipP.U8("opt.qs_rate", "Rate", dec, mask(8, 0xf), enum(values(val(0, "0 bit/s"), val(1, "80 Kbit/s"), val(2, "160 Kbit/s"), val(3, "320 Kbit/s"), val(4, "640 Kbit/s"), val(5, "1.28 Mbit/s"), val(6, "2.56 Mbit/s"), val(7, "5.12 Mbit/s"), val(8, "10.24 Mbit/s"), val(9, "20.48 Mbit/s"), val(10, "40.96 Mbit/s"), val(11, "81.92 Mbit/s"), val(12, "163.84 Mbit/s"), val(13, "327.68 Mbit/s"), val(14, "655.36 Mbit/s"), val(15, "1.31072 Gbit/s"))))
	ipOptQsTtl                      = ipP.U8("opt.qs_ttl", "QS TTL", dec)
	ipOptQsTtlDiff                  = ipP.U8("opt.qs_ttl_diff", "TTL Diff", dec)
	ipOptQsUnused                   = ipP.U8("opt.qs_unused", "Not Used", dec)
	ipOptQsNonce                    = ipP.U32("opt.qs_nonce", "QS Nonce", hex, mask(32, 0xfffffffc))
	ipOptQsReserved                 = ipP.U32("opt.qs_reserved", "Reserved", hex, mask(32, 0x3))
	ipOptSecRfc791Sec               = ipP.U16("opt.sec_rfc791_sec", "Security", hex, enum(values(val(0, "Unclassified"), val(61749, "Confidential"), val(30874, "EFTO"), val(48205, "MMMM"), val(24102, "PROG"), val(44819, "Restricted"), val(55176, "Secret"), val(27589, "Top secret"), val(13794, "Reserved"), val(39665, "Reserved"), val(19832, "Reserved"), val(9405, "Reserved"), val(4958, "Reserved"), val(35247, "Reserved"), val(50390, "Reserved"), val(57963, "Reserved"))))
	ipOptSecRfc791Comp              = ipP.U16("opt.sec_rfc791_comp", "Compartments", dec)
	ipOptSecRfc791Hr                = ipP.Str("opt.sec_rfc791_hr", "Handling Restrictions")
	ipOptSecRfc791Tcc               = ipP.Str("opt.sec_rfc791_tcc", "Transmission Control Code")
	ipOptSecCl                      = ipP.U8("opt.sec_cl", "Classification Level", hex, enum(values(val(1, "Reserved 4"), val(61, "Top secret"), val(90, "Secret"), val(150, "Confidential"), val(102, "Reserved 3"), val(204, "Reserved 2"), val(171, "Unclassified"), val(241, "Reserved 1"))))
	ipOptSecProtAuthFlags           = ipP.U8("opt.sec_prot_auth_flags", "Protection Authority Flags", hex)
	ipOptSecProtAuthGenser          = ipP.Bool("opt.sec_prot_auth_genser", "GENSER", mask(8, 0x80), tf("Datagram protected in accordance with its rules", "Datagram not protected in accordance with its rules"))
	ipOptSecProtAuthSiopEsi         = ipP.Bool("opt.sec_prot_auth_siop_esi", "SIOP-ESI", mask(8, 0x40), tf("Datagram protected in accordance with its rules", "Datagram not protected in accordance with its rules"))
	ipOptSecProtAuthSci             = ipP.Bool("opt.sec_prot_auth_sci", "SCI", mask(8, 0x20), tf("Datagram protected in accordance with its rules", "Datagram not protected in accordance with its rules"))
	ipOptSecProtAuthNsa             = ipP.Bool("opt.sec_prot_auth_nsa", "NSA", mask(8, 0x10), tf("Datagram protected in accordance with its rules", "Datagram not protected in accordance with its rules"))
	ipOptSecProtAuthDoe             = ipP.Bool("opt.sec_prot_auth_doe", "DOE", mask(8, 0x8), tf("Datagram protected in accordance with its rules", "Datagram not protected in accordance with its rules"))
	ipOptSecProtAuthUnassigned      = ipP.U8("opt.sec_prot_auth_unassigned", "Unassigned", hex, mask(8, 0x6))
	ipOptSecProtAuthFti             = ipP.Bool("opt.sec_prot_auth_fti", "Field Termination Indicator", mask(8, 0x1), tf("Additional octet present", "Final octet"))
	ipOptExtSecAddSecInfoFormatCode = ipP.U8("opt.ext_sec_add_sec_info_format_code", "Additional Security Info Format Code", hex)
	ipOptExtSecAddSecInfo           = ipP.Bytes("opt.ext_sec_add_sec_info", "Additional Security Info")
	ipOptDsrCiliumServicePort       = ipP.U16("opt.dsr.cilium.service_port", "Service Port", dec)
	ipOptDsrCiliumServiceIp         = ipP.IPv4("opt.dsr.cilium.service_ip", "Service IPv4")
	ipRecRt                         = ipP.IPv4("rec_rt", "Recorded Route")
	ipRecRtHost                     = ipP.Str("rec_rt_host", "Recorded Route Host")
	ipCurRt                         = ipP.IPv4("cur_rt", "Current Route")
	ipCurRtHost                     = ipP.Str("cur_rt_host", "Current Route Host")
	ipSrcRt                         = ipP.IPv4("src_rt", "Source Route")
	ipSrcRtHost                     = ipP.Str("src_rt_host", "Source Route Host")
	ipEmptyRt                       = ipP.IPv4("empty_rt", "Empty Route")
	ipEmptyRtHost                   = ipP.Str("empty_rt_host", "Empty Route Host")
	ipCipsoTagType                  = ipP.U8("cipso.tag_type", "Tag Type", dec, enum(values(val(0, "Padding"), val(1, "Restrictive Category Bitmap"), val(2, "Enumerated Categories"), val(5, "Ranged Categories"), val(6, "Permissive Categories"), val(7, "Free Form"))))
	ipCipsoDoi                      = ipP.U32("cipso.doi", "DOI", dec)
	ipCipsoSensitivityLevel         = ipP.U8("cipso.sensitivity_level", "Sensitivity Level", dec)
	ipCipsoCategories               = ipP.Str("cipso.categories", "Categories")
	ipCipsoTagData                  = ipP.Bytes("cipso.tag_data", "Tag data")
	ipOptOverflow                   = ipP.U8("opt.overflow", "Overflow", dec, mask(8, 0xf0))
	ipOptFlag                       = ipP.U8("opt.flag", "Flag", hex, mask(8, 0xf), enum(values(val(0, "Time stamps only"), val(1, "Time stamp and address"), val(3, "Time stamps for prespecified addresses"))))
	ipOptTimeStamp                  = ipP.U32("opt.time_stamp", "Time stamp", dec)
	ipOptTimeStampAddr              = ipP.IPv4("opt.time_stamp_addr", "Address")

	ipOptEOL    = ipP.Bytes("options.eol", "End of Options List (EOL)")
	ipOptNOP    = ipP.Bytes("options.nop", "No-Operation (NOP)")
	ipOptSec    = ipP.Bytes("options.security", "Security")
	ipOptRoute  = ipP.Bytes("options.route", "Loose Source Route")
	ipOptTS     = ipP.Bytes("options.timestamp", "Time Stamp")
	ipOptExtSec = ipP.Bytes("options.ext_security", "Extended Security")
	ipOptCIPSO  = ipP.Bytes("options.cipso", "Commercial Security")
	ipOptRR     = ipP.Bytes("options.record_route", "Record Route")
	ipOptStream = ipP.Bytes("options.sid", "Stream ID")
	ipOptSSRR   = ipP.Bytes("options.source_route", "Strict Source Route")
	ipOptMTUP   = ipP.Bytes("options.mtu_probe", "MTU Probe")
	ipOptMTUR   = ipP.Bytes("options.mtu_reply", "MTU Reply")
	ipOptTrace  = ipP.Bytes("options.traceroute", "Traceroute")
	ipOptRA     = ipP.Bytes("options.routeralert", "Router Alert")
	ipOptSDB    = ipP.Bytes("options.sdb", "Selective Directed Broadcast")
	ipOptQS     = ipP.Bytes("options.qs", "Quick-Start")
	ipOptDSR    = ipP.Bytes("options.dsr", "Cilium DSR")

	eiIPOptLen     = ipP.Expert("opt.len.invalid", field.Protocol, field.Warn, "Invalid length for option")
	eiIPOptOld     = ipP.Expert("opt.deprecated", field.Deprecated, field.Note, "Option type is deprecated")
	eiIPOptFTI     = ipP.Expert("opt.fti_1_last_byte", field.Protocol, field.Warn, "Field Termination Indicator set to 1 for last byte of option")
	eiIPOptExtra   = ipP.Expert("opt.len.extra_found", field.Protocol, field.Warn, "Extraneous data in option")
	eiIPOptBefore  = ipP.Expert("opt.ptr.before_address", field.Protocol, field.Warn, "Pointer points before first address")
	eiIPOptMiddle  = ipP.Expert("opt.ptr.middle_address", field.Protocol, field.Warn, "Pointer points to middle of address")
	eiIPSubTooLong = ipP.Expert("subopt_too_long", field.Protocol, field.Warn, "Suboption would go past end of option")
	eiIPNOPs       = ipP.Expert("nop", field.Protocol, field.Warn, "4 NOP in a row - a router may have removed some options")
	eiIPCIPSO      = ipP.Expert("cipso.malformed", field.Sequence, field.Error, "Malformed CIPSO tag")
)

// ipOption is how one kind of option is shown: its length if that is fixed,
// and what reads behind its type and length.
type ipOption struct {
	f    field.ID
	name string
	size int
	old  bool
	read func(c *Cursor, o *ipOpt)
}

// ipOpt is an option being read: [at, at+n), its line, and where the source
// route ends in the destination (0 = nowhere).
type ipOpt struct {
	at, n int
	line  dissect.Ref
	final int
}

// in gives the place of n bytes at rel, and leaves when the option is shorter.
func (o *ipOpt) in(c *Cursor, rel, n int) int {
	if rel+n > o.n {
		c.Malformed()
	}
	return o.at + rel
}

func (o *ipOpt) field(c *Cursor, f field.ID, rel, n int) dissect.Ref {
	return c.FieldAt(f, o.in(c, rel, n), n)
}

var ipOptionKinds map[uint8]*ipOption

func init() {
	ipOptionKinds = map[uint8]*ipOption{
		7:   {f: ipOptRR, name: "Record Route", read: ipRecordRoute},
		11:  {f: ipOptMTUP, name: "MTU Probe", size: 4, read: ipOptMTUValue},
		12:  {f: ipOptMTUR, name: "MTU Reply", size: 4, read: ipOptMTUValue},
		25:  {f: ipOptQS, name: "Quick-Start", size: 8, read: ipQuickStart},
		68:  {f: ipOptTS, name: "Time Stamp", read: ipTimestamps},
		82:  {f: ipOptTrace, name: "Traceroute", size: 12, old: true, read: ipTraceroute},
		130: {f: ipOptSec, name: "Security", read: ipSecurity},
		131: {f: ipOptRoute, name: "Loose Source Route", read: ipSourceRoute},
		133: {f: ipOptExtSec, name: "Extended Security", read: ipExtSecurity},
		134: {f: ipOptCIPSO, name: "Commercial Security", read: ipCIPSO},
		136: {f: ipOptStream, name: "Stream ID", size: 4, old: true, read: func(c *Cursor, o *ipOpt) { o.field(c, ipOptSid, 2, 2) }},
		137: {f: ipOptSSRR, name: "Strict Source Route", read: ipSourceRoute},
		148: {f: ipOptRA, name: "Router Alert", size: 4, read: ipRouterAlert},
		149: {f: ipOptSDB, name: "Selective Directed Broadcast", old: true, read: ipBroadcast},
		154: {f: ipOptDSR, name: "Cilium DSR", size: 8, read: ipCiliumDSR},
	}
}

// ipOptions records the options in [at, at+n).
func ipOptions(c *Cursor, at, n, final int) {
	top := dissect.None
	if b := c.Text(at, n); b != nil {
		b.S("Options: (").U(uint64(n)).S(" bytes)")
		top = c.Last()
	}
	old := c.Push(top)
	defer c.Pop(old)
	nops := 0
	for end := at + n; at < end; {
		t := uint8(c.UintAt(at, 1))
		if t <= 1 {
			nops = ipSingle(c, top, t, at, nops)
			if at++; t == 0 {
				return
			}
			continue
		}
		nops = 0
		k := ipOptionKinds[t]
		var name field.Text
		if k != nil {
			name.S(k.name)
		} else {
			name.S("Unknown (").X(uint64(t), 2).C(')')
		}
		bad := 0
		size := 0
		if at+1 == end {
			name.S(" (length byte past end of options)")
			bad = 1
		} else if size = int(c.UintAt(at+1, 1)); size < 2 {
			name.S(" (with too-short option length = ").U(uint64(size)).S(plural(size, " byte)", " bytes)"))
			bad = 2
		} else if at+size > end {
			name.S(" (option length = ").U(uint64(size)).S(plural(size, " byte", " bytes")).S(" says option goes past end of options)")
			bad = end - at - 2
		}
		if at+1 == end || size < 2 || at+size > end {
			if b := c.Text(at, bad); b != nil {
				b.Raw(name.B)
			}
			c.ExpertText(c.Last(), eiIPOptLen, name.String())
			return
		}
		if k == nil {
			ipUnknownOption(c, at, size, name.B)
		} else {
			kept := c.Push(top)
			ipKnownOption(c, k, at, size, final)
			c.Pop(kept)
			if b := c.Append(top); b != nil {
				b.S(", ").Raw(name.B)
			}
		}
		at += size
	}
}

// ipSingle records an option of one byte and counts no-operations in a row.
func ipSingle(c *Cursor, top dissect.Ref, t uint8, at, nops int) int {
	f, s := ipOptEOL, "IP Option - End of Options List (EOL)"
	if t == 1 {
		f, s = ipOptNOP, "IP Option - No-Operation (NOP)"
		if nops++; nops == 4 {
			c.Expert(top, eiIPNOPs)
		}
	}
	r := c.FieldAt(f, at, 1)
	if b := c.Label(r); b != nil {
		b.S(s)
	}
	old := c.Push(r)
	ipOptionType(c, at)
	c.Pop(old)
	return nops
}

func ipOptionType(c *Cursor, at int) {
	r := c.Put(ipOptType, at, 1, c.UintAt(at, 1))
	old := c.Push(r)
	c.FieldAt(ipOptTypeCopy, at, 1)
	c.FieldAt(ipOptTypeClass, at, 1)
	c.FieldAt(ipOptTypeNumber, at, 1)
	c.Pop(old)
}

func ipUnknownOption(c *Cursor, at, n int, name []byte) {
	r := dissect.None
	if b := c.Text(at, n); b != nil {
		b.Raw(name).S(" (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
		r = c.Last()
	}
	old := c.Push(r)
	ipOptionType(c, at)
	c.FieldAt(ipOptLen, at+1, 1)
	if n > 2 {
		c.FieldAt(ipOptData, at+2, n-2)
	}
	c.Pop(old)
}

// ipKnownOption records an option.
func ipKnownOption(c *Cursor, k *ipOption, at, n, final int) {
	r := c.FieldAt(k.f, at, n)
	shown := n
	if k.size != 0 {
		shown = k.size
	}
	if b := c.Label(r); b != nil {
		b.S("IP Option - ").S(k.name).S(" (").U(uint64(shown)).S(plural(shown, " byte)", " bytes)"))
	}
	old := c.Push(r)
	defer c.Pop(old)
	ipOptionType(c, at)
	l := c.FieldAt(ipOptLen, at+1, 1)
	if k.size != 0 && n != k.size {
		var t field.Text
		t.S(k.name).S(" (with option length = ").U(uint64(n)).S(plural(n, " byte", " bytes")).S("; should be ").U(uint64(k.size)).C(')')
		c.ExpertText(l, eiIPOptLen, t.String())
	}
	if k.old {
		c.Expert(r, eiIPOptOld)
	}
	k.read(c, &ipOpt{at: at, n: n, line: r, final: final})
}

// ---- one reader per option ----

func ipOptMTUValue(c *Cursor, o *ipOpt) { o.field(c, ipOptMtu, 2, 2) }

func ipTraceroute(c *Cursor, o *ipOpt) {
	o.field(c, ipOptIdNumber, 2, 2)
	o.field(c, ipOptOhc, 4, 2)
	o.field(c, ipOptRhc, 6, 2)
	o.field(c, ipOptOriginator, 8, 4)
}

func ipRouterAlert(c *Cursor, o *ipOpt) {
	v := c.UintAt(o.in(c, 2, 2), 2)
	o.field(c, ipOptRa, 2, 2)
	if b := c.Append(o.line); b != nil {
		b.S(": ")
		if v == 0 {
			b.S("Router shall examine packet (0)")
		} else {
			b.S("Reserved (").U(v).C(')')
		}
	}
}

func ipBroadcast(c *Cursor, o *ipOpt) {
	at, end := o.at+2, o.at+o.n
	for ; end-at >= 4; at += 4 {
		c.FieldAt(ipOptAddr, at, 4)
	}
	if at < end {
		c.FieldAt(ipOptPadding, at, end-at)
	}
}

func ipCiliumDSR(c *Cursor, o *ipOpt) {
	c.FieldLEAt(ipOptDsrCiliumServicePort, o.in(c, 2, 2), 2)
	c.FieldLEAt(ipOptDsrCiliumServiceIp, o.in(c, 4, 4), 4)
}

func ipQuickStart(c *Cursor, o *ipOpt) {
	cmd := uint8(c.UintAt(o.in(c, 2, 1), 1))
	o.field(c, ipOptQsFunc, 2, 1)
	b := c.Append(o.line)
	if b != nil {
		fn := cmd >> 4
		b.S(": ")
		switch fn {
		case 0:
			b.S("Rate request (0)")
		case 8:
			b.S("Rate report (8)")
		default:
			b.S("Unknown (").U(uint64(fn)).S(") (").U(uint64(fn)).C(')')
		}
	}
	if fn := cmd >> 4; fn != 0 && fn != 8 {
		return
	}
	rate := field.Get(ipOptQsRate).ValueText(uint64(cmd & 15))
	o.field(c, ipOptQsRate, 2, 1)
	ttl := uint8(c.UintAt(o.in(c, 3, 1), 1))
	diff := uint8(c.UintAt(c.Start()+8, 1)) - ttl // RFC 4782, 3.1: modulo 256
	if b := c.Append(o.line); b != nil {
		b.S(", ").S(rate)
		if cmd>>4 == 0 {
			b.S(", QS TTL ").U(uint64(ttl)).S(", QS TTL diff ").U(uint64(diff))
		}
	}
	if cmd>>4 == 0 {
		o.field(c, ipOptQsTtl, 3, 1)
		c.Gen(ipOptQsTtlDiff, o.at+3, 1, uint64(diff))
	} else {
		o.field(c, ipOptQsUnused, 3, 1)
	}
	o.field(c, ipOptQsNonce, 4, 4)
	o.field(c, ipOptQsReserved, 4, 4)
}

// ipRoute gives where the address stands that a source route ends at, 0 when
// the options in [at, at+n) hold none that is still under way.
func ipRoute(c *Cursor, at, n int) int {
	end := min(at+n, c.Start()+c.Len(), c.Pos()+c.CapLeft())
	for at < end {
		t := c.UintAt(at, 1)
		if t == 0 {
			return 0
		}
		if t == 1 {
			at++
			continue
		}
		if at+1 >= end {
			return 0
		}
		size := int(c.UintAt(at+1, 1))
		if size < 2 || at+size > end {
			return 0
		}
		if t == 131 || t == 137 {
			if size < 7 {
				return 0
			}
			ptr := int(c.UintAt(at+2, 1))
			if ptr < 4 || ptr&3 != 0 || ptr > size {
				return 0
			}
			last := (size - 3) / 4 * 4
			return at + 3 + last - 4
		}
		at += size
	}
	return 0
}

// ipPointer records a route's pointer and reports whether it is one.
func ipPointer(c *Cursor, o *ipOpt) (int, bool) {
	ptr := int(c.UintAt(o.in(c, 2, 1), 1))
	r := o.field(c, ipOptPtr, 2, 1)
	switch {
	case ptr < 4:
		c.Expert(r, eiIPOptBefore)
	case ptr&3 != 0:
		c.Expert(r, eiIPOptMiddle)
	default:
		return ptr, true
	}
	return ptr, false
}

func ipRecordRoute(c *Cursor, o *ipOpt) {
	ptr, ok := ipPointer(c, o)
	if !ok {
		return
	}
	for at := o.at + 3; at < o.at+o.n; at += 4 {
		if o.at+o.n-at < 4 {
			c.Expert(o.ptrRef(c), eiIPSubTooLong)
			return
		}
		if rel := at - o.at + 1; rel < ptr {
			ipHop(c, ipRecRt, ipRecRtHost, at)
		} else {
			ipHop(c, ipEmptyRt, ipEmptyRtHost, at)
			if rel == ptr {
				ipNextMark(c)
			}
		}
	}
}

func ipSourceRoute(c *Cursor, o *ipOpt) {
	ptr, ok := ipPointer(c, o)
	if !ok {
		return
	}
	for at := o.at + 3; at < o.at+o.n; at += 4 {
		if o.at+o.n-at < 4 {
			c.Expert(o.ptrRef(c), eiIPSubTooLong)
			return
		}
		rel := at - o.at + 1
		switch {
		case o.final != 0 && at == o.final:
			ipAddress(c, ipDst, ipDstHost, at, c.BytesAt(at, 4))
		case rel < ptr:
			ipHop(c, ipRecRt, ipRecRtHost, at)
		default:
			ipHop(c, ipSrcRt, ipSrcRtHost, at)
			if rel == ptr {
				ipNextMark(c)
			}
		}
	}
}

// ptrRef finds the pointer's line again: the newest item at its place.
func (o *ipOpt) ptrRef(c *Cursor) dissect.Ref {
	for i := int(c.NodeCount()) - 1; i >= 0; i-- {
		n := c.Node(dissect.Ref(i))
		if n.Field == ipOptPtr && int(n.Off) == o.at+2 {
			return dissect.Ref(i)
		}
	}
	return dissect.None
}

// ipHop records one address of a route.
func ipHop(c *Cursor, f, host field.ID, at int) {
	b := c.BytesAt(at, 4)
	c.FieldAt(f, at, 4)
	if c.Wants(host) {
		var t field.Text
		t.IPv4(b)
		c.Mark(c.PutBytes(host, at, 4, t.B), dissect.Hidden)
	}
}

// ipNextMark says which address of a route comes next.
func ipNextMark(c *Cursor) {
	for i := int(c.NodeCount()) - 1; i >= 0 && i >= int(c.NodeCount())-2; i-- {
		n := c.Node(dissect.Ref(i))
		if n.Field == ipEmptyRt || n.Field == ipSrcRt {
			if b := c.Append(dissect.Ref(i)); b != nil {
				b.S(" <- (next)")
			}
			return
		}
	}
}

func ipTimestamps(c *Cursor, o *ipOpt) {
	o.field(c, ipOptPtr, 2, 1)
	flag := uint8(c.UintAt(o.in(c, 3, 1), 1)) & 15
	o.field(c, ipOptOverflow, 3, 1)
	r := o.field(c, ipOptFlag, 3, 1)
	if flag != 0 && flag != 1 && flag != 3 {
		if b := c.Label(r); b != nil {
			b.S(".... ")
			nibble(b, flag)
			b.S(" = Flag: Unknown (0x").H(uint64(flag), 1).C(')')
		}
	}
	size := 4
	if flag == 1 || flag == 3 {
		size = 8
	}
	for at, end := o.at+4, o.at+o.n; at < end; at += size {
		if end-at < size {
			if b := c.Text(at, end-at); b != nil {
				b.S("Suboption would go past end of option")
			}
			c.Expert(c.Last(), eiIPSubTooLong)
			return
		}
		if size == 8 {
			c.FieldAt(ipOptTimeStampAddr, at, 4)
		}
		c.FieldAt(ipOptTimeStamp, at+size-4, 4)
	}
}
