package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// Neighbour discovery, RFC 4861, 3122, and its options: RFC 4191, 5175, 6275,
// 8106, 8781, 8910. Not decoded: SEND's CGA and signatures, 6LoWPAN's options.
var (
	icmp6NdRaCurHopLimit = icmpv6P.U8("nd.ra.cur_hop_limit", "Cur hop limit", dec)
	icmp6NdRaFlag        = icmpv6P.U8("nd.ra.flag", "Flags", hex)
	icmp6NdRaFlagM       = icmpv6P.Bool("nd.ra.flag.m", "Managed address configuration", mask(8, 0x80), setNotSet)
	icmp6NdRaFlagO       = icmpv6P.Bool("nd.ra.flag.o", "Other configuration", mask(8, 0x40), setNotSet)
	icmp6NdRaFlagH       = icmpv6P.Bool("nd.ra.flag.h", "Home Agent", mask(8, 0x20), setNotSet)
	icmp6NdRaFlagPrf     = icmpv6P.U8("nd.ra.flag.prf", "Prf (Default Router Preference)", dec, mask(8, 0x18), enum(values(val(0, "Medium"),
		val(1, "High"),
		val(2, "Reserved"),
		val(3, "Low"))))
	icmp6NdRaFlagP                       = icmpv6P.Bool("nd.ra.flag.p", "ND Proxy", mask(8, 0x4), setNotSet)
	icmp6NdRaFlagS                       = icmpv6P.Bool("nd.ra.flag.s", "SNAC Router", mask(8, 0x2), setNotSet)
	icmp6NdRaFlagRsv                     = icmpv6P.U8("nd.ra.flag.rsv", "Reserved", dec, mask(8, 0x1))
	icmp6NdRaRouterLifetime              = icmpv6P.U16("nd.ra.router_lifetime", "Router lifetime (s)", dec)
	icmp6NdRaReachableTime               = icmpv6P.U32("nd.ra.reachable_time", "Reachable time (ms)", dec)
	icmp6NdRaRetransTimer                = icmpv6P.U32("nd.ra.retrans_timer", "Retrans timer (ms)", dec)
	icmp6NdNsTargetAddress               = icmpv6P.IPv6("nd.ns.target_address", "Target Address")
	icmp6NdNaFlag                        = icmpv6P.U32("nd.na.flag", "Flags", hex)
	icmp6NdNaFlagR                       = icmpv6P.Bool("nd.na.flag.r", "Router", mask(32, 0x80000000), setNotSet)
	icmp6NdNaFlagS                       = icmpv6P.Bool("nd.na.flag.s", "Solicited", mask(32, 0x40000000), setNotSet)
	icmp6NdNaFlagO                       = icmpv6P.Bool("nd.na.flag.o", "Override", mask(32, 0x20000000), setNotSet)
	icmp6NdNaFlagRsv                     = icmpv6P.U32("nd.na.flag.rsv", "Reserved", dec, mask(32, 0x1fffffff))
	icmp6NdNaTargetAddress               = icmpv6P.IPv6("nd.na.target_address", "Target Address")
	icmp6NdRdTargetAddress               = icmpv6P.IPv6("nd.rd.target_address", "Target Address")
	icmp6RdNaDestinationAddress          = icmpv6P.IPv6("rd.na.destination_address", "Destination Address")
	icmp6Opt                             = icmpv6P.None("opt", "ICMPv6 Option")
	icmp6OptType                         = icmpv6P.U8("opt.type", "Type", dec, enum(icmp6OptTypes))
	icmp6OptLength                       = icmpv6P.U8("opt.length", "Length", dec)
	icmp6OptReserved                     = icmpv6P.None("opt.reserved", "Reserved")
	icmp6OptPadding                      = icmpv6P.None("opt.padding", "Padding")
	icmp6OptLinkaddr                     = icmpv6P.Bytes("opt.linkaddr", "Link-layer address")
	icmp6OptSrcLinkaddr                  = icmpv6P.Bytes("opt.src_linkaddr", "Source Link-layer address")
	icmp6OptTargetLinkaddr               = icmpv6P.Bytes("opt.target_linkaddr", "Target Link-layer address")
	icmp6OptPrefixLength                 = icmpv6P.U8("opt.prefix.length", "Prefix Length", dec)
	icmp6OptPrefixFlag                   = icmpv6P.U8("opt.prefix.flag", "Flag", hex)
	icmp6OptPrefixFlagL                  = icmpv6P.Bool("opt.prefix.flag.l", "On-link Flag (L)", mask(8, 0x80), setNotSet)
	icmp6OptPrefixFlagA                  = icmpv6P.Bool("opt.prefix.flag.a", "Autonomous Address Configuration Flag (A)", mask(8, 0x40), setNotSet)
	icmp6OptPrefixFlagR                  = icmpv6P.Bool("opt.prefix.flag.r", "Router Address Flag (R)", mask(8, 0x20), setNotSet)
	icmp6OptPrefixFlagP                  = icmpv6P.Bool("opt.prefix.flag.p", "DHCPv6-PD Preferred Flag (P)", mask(8, 0x10), setNotSet)
	icmp6OptPrefixFlagReserved           = icmpv6P.U8("opt.prefix.flag.reserved", "Reserved", dec, mask(8, 0xf))
	icmp6OptPrefixValidLifetime          = icmpv6P.U32("opt.prefix.valid_lifetime", "Valid Lifetime", dec)
	icmp6OptPrefixPreferredLifetime      = icmpv6P.U32("opt.prefix.preferred_lifetime", "Preferred Lifetime", dec)
	icmp6OptPrefix                       = icmpv6P.IPv6("opt.prefix", "Prefix")
	icmp6OptTimestamp                    = icmpv6P.AbsTime("opt.timestamp", "Timestamp", field.Local)
	icmp6OptNonce                        = icmpv6P.Bytes("opt.nonce", "Nonce")
	icmp6OptRouteInfoFlag                = icmpv6P.U8("opt.route_info.flag", "Flag", hex)
	icmp6OptRouteInfoFlagRoutePreference = icmpv6P.U8("opt.route_info.flag.route_preference", "Route Preference", dec, mask(8, 0x18), enum(values(val(0, "Medium"),
		val(1, "High"),
		val(2, "Reserved"),
		val(3, "Low"))))
	icmp6OptRouteInfoFlagReserved = icmpv6P.U8("opt.route_info.flag.reserved", "Reserved", dec, mask(8, 0xe7))
	icmp6OptRouteLifetime         = icmpv6P.U32("opt.route_lifetime", "Route Lifetime", dec)
	icmp6OptRedirectedPacket      = icmpv6P.None("opt.redirected_packet", "Redirected Packet")
	icmp6OptMtu                   = icmpv6P.U32("opt.mtu", "MTU", dec)
	_                             = icmpv6P.U8("opt.nbma.shortcut_limit", "Shortcut Limit", dec)
	icmp6OptAdvertisementInterval = icmpv6P.U32("opt.advertisement_interval", "Advertisement Interval", dec)
	icmp6OptHomeAgentPreference   = icmpv6P.U16("opt.home_agent_preference", "Home Agent Preference", dec)
	icmp6OptHomeAgentLifetime     = icmpv6P.U16("opt.home_agent_lifetime", "Home Agent Preference", dec)
	icmp6OptIpv6Address           = icmpv6P.IPv6("opt.ipv6_address", "IPv6 Address")
	icmp6OptRdnssLifetime         = icmpv6P.U32("opt.rdnss.lifetime", "Lifetime", dec)
	icmp6OptRdnss                 = icmpv6P.IPv6("opt.rdnss", "Recursive DNS Servers")
	icmp6OptDnsslLifetime         = icmpv6P.U32("opt.dnssl.lifetime", "Lifetime", dec)
	icmp6OptDnssl                 = icmpv6P.Str("opt.dnssl", "Domain Names")
	icmp6OptCaptivePortal         = icmpv6P.Str("opt.captive_portal", "Captive Portal")
	icmp6OptPref64ScaledLifetime  = icmpv6P.U16("opt.pref64.scaled_lifetime", "Scaled Lifetime", dec, mask(16, 0xfff8))
	icmp6OptPref64Plc             = icmpv6P.U16("opt.pref64.plc", "PLC (Prefix Length Code)", hex, mask(16, 0x7), enum(values(val(0, "96 bits prefix length"),
		val(1, "64 bits prefix length"),
		val(2, "56 bits prefix length"),
		val(3, "48 bits prefix length"),
		val(4, "40 bits prefix length"),
		val(5, "32 bits prefix length"))))
	icmp6OptPref64Prefix = icmpv6P.IPv6("opt.pref64.prefix", "Prefix")

	eiICMP6OptLen   = icmpv6P.Expert("invalid_option_length", field.Malformed, field.Error, "Invalid Option Length")
	eiICMP6OptUndec = icmpv6P.Expert("undecoded.option", field.Undecoded, field.Note, "Undecoded option")
)

func icmp6Neighbour(c *Cursor, typ uint8) {
	b := c.Info()
	switch typ {
	case 134:
		c.U8(icmp6NdRaCurHopLimit)
		bitWordBE(c, icmp6NdRaFlag, 1, []field.ID{icmp6NdRaFlagM, icmp6NdRaFlagO, icmp6NdRaFlagH, icmp6NdRaFlagPrf, icmp6NdRaFlagP, icmp6NdRaFlagS, icmp6NdRaFlagRsv})
		c.U16(icmp6NdRaRouterLifetime)
		c.U32(icmp6NdRaReachableTime)
		c.U32(icmp6NdRaRetransTimer)
	case 135:
		c.Field(icmp6Reserved, 4)
		a := c.Bytes(icmp6NdNsTargetAddress, 16)
		if b != nil {
			b.S(" for ").IPv6(a)
		}
	case 136:
		flags := bitWordBE(c, icmp6NdNaFlag, 4, []field.ID{icmp6NdNaFlagR, icmp6NdNaFlagS, icmp6NdNaFlagO, icmp6NdNaFlagRsv})
		a := c.Bytes(icmp6NdNaTargetAddress, 16)
		if b != nil {
			b.C(' ').IPv6(a)
			sep := " ("
			for i, s := range [...]string{"rtr", "sol", "ovr"} {
				if flags&(0x80000000>>uint(i)) != 0 {
					b.S(sep).S(s)
					sep = ", "
				}
			}
			if sep != " (" {
				b.C(')')
			}
		}
	case 137:
		c.Field(icmp6Reserved, 4)
		c.Field(icmp6NdRdTargetAddress, 16)
		c.Field(icmp6RdNaDestinationAddress, 16)
	default:
		c.Field(icmp6Reserved, 4)
	}
	icmp6Options(c)
}

// icmp6Options reads options up to the end.
func icmp6Options(c *Cursor) {
	for c.Left() > 0 {
		if !icmp6Option(c) {
			return
		}
	}
}

// icmp6Option reads one option, and reports whether another can follow.
func icmp6Option(c *Cursor) bool {
	at := c.Pos()
	t := c.Peek8(0)
	n := int(c.Peek8(1)) * 8
	r := c.Put(icmp6Opt, at, n, 0)
	if b := c.Label(r); b != nil {
		b.S("ICMPv6 Option (")
		if s, ok := icmp6OptTypes.Lookup(uint64(t)); ok {
			b.S(s)
		} else {
			b.S("Unknown ").U(uint64(t))
		}
	}
	old := c.Push(r)
	defer c.Pop(old)
	c.U8(icmp6OptType)
	c.U8(icmp6OptLength)
	if b := c.Append(c.Last()); b != nil {
		b.S(" (").U(uint64(n)).S(" bytes)")
	}
	if n == 0 {
		c.ExpertText(c.Last(), eiICMP6OptLen, "Invalid option length (Zero)")
		return false
	}
	icmp6OptData(c, r, t, at+n)
	if k := at + n - c.Pos(); k > 0 {
		c.Expert(c.Field(icmp6UnknownData, k), eiICMP6Unknown)
	}
	c.Seek(at + n)
	if b := c.Append(r); b != nil {
		b.C(')')
	}
	return true
}

// icmp6OptData reads an option's data up to end; what it leaves is shown as
// unknown.
func icmp6OptData(c *Cursor, r dissect.Ref, t uint8, end int) {
	switch t {
	case 1, 2:
		icmp6LinkAddress(c, r, t, end)
	case 3:
		icmp6Prefix(c, r)
	case 4:
		c.Put(icmp6OptReserved, c.Pos(), 6, 0)
		c.Skip(6)
		n := end - c.Pos()
		c.Put(icmp6OptRedirectedPacket, c.Pos(), n, 0)
		used := n
		if c.Has(6) {
			used = min(n, int(c.Peek16(4))+40)
		}
		quotedUnder(c, r, ipv6P, c.Pos(), n)
		c.Skip(used)
	case 5, 7:
		c.Put(icmp6OptReserved, c.Pos(), 2, 0)
		c.Skip(2)
		v := c.Peek32(0)
		f := icmp6OptMtu
		if t == 7 {
			f = icmp6OptAdvertisementInterval
		}
		c.U32(f)
		if b := c.Append(r); b != nil {
			b.S(" : ").U(uint64(v))
		}
	case 8:
		c.Put(icmp6OptReserved, c.Pos(), 2, 0)
		c.Skip(2)
		c.U16(icmp6OptHomeAgentPreference)
		c.U16(icmp6OptHomeAgentLifetime)
	case 9, 10:
		c.Put(icmp6OptReserved, c.Pos(), 6, 0)
		c.Skip(6)
		for c.Pos()+16 <= end {
			a := c.Bytes(icmp6OptIpv6Address, 16)
			if b := c.Append(r); b != nil {
				b.C(' ').IPv6(a)
			}
		}
	case 13:
		c.Put(icmp6OptReserved, c.Pos(), 6, 0)
		c.Skip(6)
		sec, frac := int64(c.UintAt(c.Pos(), 6)), int64(c.UintAt(c.Pos()+6, 2))
		c.Put(icmp6OptTimestamp, c.Pos(), 8, uint64(sec*1e9+frac*1e9/65536))
		c.Skip(8)
	case 14:
		c.Field(icmp6OptNonce, end-c.Pos())
	case 24:
		icmp6Route(c, r, end)
	case 25:
		c.Put(icmp6OptReserved, c.Pos(), 2, 0)
		c.Skip(2)
		icmp6Lifetime(c, icmp6OptRdnssLifetime)
		for c.Pos()+16 <= end {
			a := c.Bytes(icmp6OptRdnss, 16)
			if b := c.Append(r); b != nil {
				b.C(' ').IPv6(a)
			}
		}
	case 31:
		c.Put(icmp6OptReserved, c.Pos(), 2, 0)
		c.Skip(2)
		icmp6Lifetime(c, icmp6OptDnsslLifetime)
		for c.Pos() < end {
			if c.Peek8(0) == 0 {
				c.Put(icmp6OptPadding, c.Pos(), end-c.Pos(), 0)
				c.Seek(end)
				break
			}
			s := nodeName(c, icmp6OptDnssl)
			if b := c.Append(r); b != nil {
				b.C(' ').Printable(s)
			}
		}
	case 37:
		c.Field(icmp6OptCaptivePortal, end-c.Pos())
	case 38:
		icmp6Translation(c, end)
	default:
		c.ExpertText(r, eiICMP6OptUndec, icmp6NotDone("Option", t))
		if n := end - c.Pos(); n > 0 {
			c.Field(icmp6Data, n)
		}
	}
}

// icmp6LinkAddress reads a link-layer address, which ends an Ethernet one at
// once.
func icmp6LinkAddress(c *Cursor, r dissect.Ref, t uint8, end int) {
	n := end - c.Pos()
	if b := c.Append(r); b != nil {
		b.S(" : ").Hex(c.PeekBytes(0, n), ':')
	}
	if b := c.Info(); b != nil {
		b.S(pick(t == 1, " from ", " is at ")).Hex(c.PeekBytes(0, n), ':')
	}
	c.FieldAt(icmp6OptLinkaddr, c.Pos(), n)
	if b := c.Label(c.Last()); b != nil {
		b.S("Link-layer address: ").Hex(c.PeekBytes(0, n), ':')
	}
	f, label := icmp6OptSrcLinkaddr, "Source Link-layer address: "
	if t == 2 {
		f, label = icmp6OptTargetLinkaddr, "Target Link-layer address: "
	}
	x := c.FieldAt(f, c.Pos(), n)
	c.Mark(x, dissect.Hidden)
	if b := c.Label(x); b != nil {
		b.S(label).Hex(c.PeekBytes(0, n), ':')
	}
	c.Skip(n)
}

// icmp6Lifetime reads seconds, all ones meaning for ever.
func icmp6Lifetime(c *Cursor, f field.ID) {
	v := c.U32(f)
	b := c.Append(c.Last())
	switch {
	case b == nil:
	case v == 0xffffffff:
		b = c.Label(c.Last())
		b.S(field.Get(f).Label).S(": Infinity (4294967295)")
	case v == 0 && (f == icmp6OptRdnssLifetime || f == icmp6OptDnsslLifetime):
		b = c.Label(c.Last())
		b.S(field.Get(f).Label).S(pick(f == icmp6OptRdnssLifetime, ": RDNSS address MUST no longer be used (0)", ": DNSSL domain name MUST no longer be used (0)"))
	default:
		b.S(" (")
		msSpan(b, uint64(v)*1000)
		b.C(')')
	}
}

func icmp6Prefix(c *Cursor, r dissect.Ref) {
	bits := c.U8(icmp6OptPrefixLength)
	bitWordBE(c, icmp6OptPrefixFlag, 1, []field.ID{icmp6OptPrefixFlagL, icmp6OptPrefixFlagA, icmp6OptPrefixFlagR, icmp6OptPrefixFlagP, icmp6OptPrefixFlagReserved})
	icmp6Lifetime(c, icmp6OptPrefixValidLifetime)
	icmp6Lifetime(c, icmp6OptPrefixPreferredLifetime)
	c.Put(icmp6OptReserved, c.Pos(), 4, 0)
	c.Skip(4)
	a := c.Bytes(icmp6OptPrefix, 16)
	if b := c.Append(r); b != nil {
		b.S(" : ").IPv6(a).C('/').U(uint64(bits))
	}
}

func icmp6Route(c *Cursor, r dissect.Ref, end int) {
	bits := c.U8(icmp6OptPrefixLength)
	pref := c.Peek8(0) >> 3 & 3
	bitWordBE(c, icmp6OptRouteInfoFlag, 1, []field.ID{icmp6OptRouteInfoFlagRoutePreference, icmp6OptRouteInfoFlagReserved})
	icmp6Lifetime(c, icmp6OptRouteLifetime)
	var full [16]byte
	n := min(end-c.Pos(), 16)
	if n > 0 {
		copy(full[:], c.PeekBytes(0, n))
		c.PutBytes(icmp6OptPrefix, c.Pos(), n, full[:])
		c.Skip(n)
	}
	if b := c.Append(r); b != nil {
		b.S(" : ").S(field.Get(icmp6OptRouteInfoFlagRoutePreference).Enum.Text(uint64(pref), "Unknown")).C(' ').IPv6(full[:]).C('/').U(uint64(bits))
	}
}

func icmp6Translation(c *Cursor, end int) {
	c.FieldAt(icmp6OptPref64ScaledLifetime, c.Pos(), 2)
	plc := c.Peek16(0) & 7
	c.FieldAt(icmp6OptPref64Plc, c.Pos(), 2)
	c.Skip(2)
	n := min(end-c.Pos(), 12)
	if plc < 6 {
		n = min(n, [...]int{12, 8, 7, 6, 5, 4}[plc])
	}
	var full [16]byte
	copy(full[:], c.PeekBytes(0, n))
	c.PutBytes(icmp6OptPref64Prefix, c.Pos(), n, full[:])
	c.Seek(end)
}
