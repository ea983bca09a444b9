package proto

import (
	"strconv"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

// Options of IPv6's hop-by-hop and destination headers: RFC 2473, 2675, 2711,
// 4782, 5570, 6275, 6553, 6621, 6744, 6788, 6971, 7731, 8250, 9268. Not
// decoded: IOAM, APN6, tunnel payload forwarding.
var (
	ipv6Opt     = ipv6P.None("opt", "IPv6 Option")
	ipv6OptType = ipv6P.U8("opt.type", "Type", hex, enum(values(val(0, "Pad1"),
		val(1, "PadN"),
		val(4, "Tunnel Encapsulation Limit"),
		val(5, "Router Alert"),
		val(7, "CALIPSO"),
		val(8, "SMF_DPD"),
		val(15, "Performance and Diagnostic Metrics"),
		val(19, "Application-Aware IPv6 Networking (APN6)"),
		val(30, "Experimental (0x1E)"),
		val(35, "RPL Option"),
		val(38, "Quick-Start"),
		val(48, "Path MTU Option"),
		val(49, "IOAM Option"),
		val(62, "Experimental (0x3E)"),
		val(65, "Tunnel Payload Forwarding (TPF) Information"),
		val(94, "Experimental (0x5E)"),
		val(99, "RPL Option (deprecated)"),
		val(109, "MPL Option"),
		val(126, "Experimental (0x7E)"),
		val(138, "Endpoint Identification"),
		val(139, "ILNP Nonce"),
		val(140, "Line-Identification Option"),
		val(158, "Experimental (0x9E)"),
		val(190, "Experimental (0xBE)"),
		val(194, "Jumbo Payload"),
		val(201, "Home Address"),
		val(222, "Experimental (0xDE)"),
		val(238, "IP_DFF"),
		val(254, "Experimental (0xFE)"))))
	ipv6OptTypeAction = ipv6P.U8("opt.type.action", "Action", dec, mask(8, 0xc0), enum(values(val(0, "Skip and continue"),
		val(1, "Discard"),
		val(2, "Discard and send ICMP Parameter Problem"),
		val(3, "Discard and send ICMP if not multicast"))))
	ipv6OptTypeChange        = ipv6P.Bool("opt.type.change", "May Change", mask(8, 0x20), tf("Yes", "No"))
	ipv6OptTypeRest          = ipv6P.U8("opt.type.rest", "Low-Order Bits", hex, mask(8, 0x1f))
	ipv6OptLength            = ipv6P.U8("opt.length", "Length", dec)
	ipv6OptPad1              = ipv6P.None("opt.pad1", "Pad1")
	ipv6OptPadn              = ipv6P.Bytes("opt.padn", "PadN")
	ipv6OptPmtuMin           = ipv6P.U16("opt.pmtu.min", "Minimum Reported PMTU", dec)
	ipv6OptPmtuRtn           = ipv6P.U16("opt.pmtu.rtn", "Return Minimum PMTU", dec)
	ipv6OptPmtuRFlag         = ipv6P.Bool("opt.pmtu.r_flag", "Return Flag")
	ipv6OptRouterAlert       = ipv6P.U16("opt.router_alert", "Router Alert", dec, enum(values(val(0, "MLD"), val(1, "RSVP"), val(2, "Active Network"))))
	ipv6OptTel               = ipv6P.U8("opt.tel", "Tunnel Encapsulation Limit", dec)
	ipv6OptJumbo             = ipv6P.U32("opt.jumbo", "Payload Length", dec)
	ipv6OptCalipsoDoi        = ipv6P.U32("opt.calipso.doi", "CALIPSO Domain of Interpretation", dec)
	ipv6OptCalipsoCmptLength = ipv6P.U8("opt.calipso.cmpt.length", "Compartment Length", dec)
	ipv6OptCalipsoSensLevel  = ipv6P.U8("opt.calipso.sens_level", "Sensitivity Level", dec)
	ipv6OptCalipsoChecksum   = ipv6P.U16("opt.calipso.checksum", "Checksum", hex)
	ipv6OptCalipsoCmptBitmap = ipv6P.Bytes("opt.calipso.cmpt_bitmap", "Compartment Bitmap")
	ipv6OptSmfDpdHashBit     = ipv6P.Bool("opt.smf_dpd.hash_bit", "H-bit", mask(8, 0x80))
	ipv6OptSmfDpdTidType     = ipv6P.U8("opt.smf_dpd.tid_type", "TaggerID Type", dec, mask(8, 0x70), enum(values(val(0, "NULL"),
		val(1, "DEFAULT"),
		val(2, "IPv4"),
		val(3, "IPv6"))))
	ipv6OptSmfDpdTidLen     = ipv6P.U8("opt.smf_dpd.tid_len", "TaggerID Length", dec, mask(8, 0xf))
	ipv6OptSmfDpdTaggerId   = ipv6P.Bytes("opt.smf_dpd.tagger_id", "TaggerID")
	ipv6OptSmfDpdIdent      = ipv6P.Bytes("opt.smf_dpd.ident", "Identifier")
	ipv6OptSmfDpdHav        = ipv6P.Bytes("opt.smf_dpd.hav", "Hash Assist Value")
	ipv6OptPdmScaleDtlr     = ipv6P.U8("opt.pdm.scale_dtlr", "Scale DTLR", dec)
	ipv6OptPdmScaleDtls     = ipv6P.U8("opt.pdm.scale_dtls", "Scale DTLS", dec)
	ipv6OptPdmPsnThisPkt    = ipv6P.U16("opt.pdm.psn_this_pkt", "PSN This Packet", dec)
	ipv6OptPdmPsnLastRecv   = ipv6P.U16("opt.pdm.psn_last_recv", "PSN Last Received", dec)
	ipv6OptPdmDeltaLastRecv = ipv6P.U16("opt.pdm.delta_last_recv", "Delta Time Last Received", dec)
	ipv6OptPdmDeltaLastSent = ipv6P.U16("opt.pdm.delta_last_sent", "Delta Time Last Sent", dec)
	ipv6OptQsFunc           = ipv6P.U8("opt.qs_func", "Function", dec, mask(8, 0xf0), enum(values(val(0, "Rate request"), val(8, "Rate report"))))
	ipv6OptQsRate           = ipv6P.U8("opt.qs_rate", "Rate", dec, mask(8, 0xf), enum(values(val(0, "0 bit/s"),
		val(1, "80 Kbit/s"),
		val(2, "160 Kbit/s"),
		val(3, "320 Kbit/s"),
		val(4, "640 Kbit/s"),
		val(5, "1.28 Mbit/s"),
		val(6, "2.56 Mbit/s"),
		val(7, "5.12 Mbit/s"),
		val(8, "10.24 Mbit/s"),
		val(9, "20.48 Mbit/s"),
		val(10, "40.96 Mbit/s"),
		val(11, "81.92 Mbit/s"),
		val(12, "163.84 Mbit/s"),
		val(13, "327.68 Mbit/s"),
		val(14, "655.36 Mbit/s"),
		val(15, "1.31072 Gbit/s"))))
	ipv6OptQsTtl            = ipv6P.U8("opt.qs_ttl", "QS TTL", dec)
	ipv6OptQsTtlDiff        = ipv6P.U8("opt.qs_ttl_diff", "TTL Diff", dec)
	ipv6OptQsUnused         = ipv6P.U8("opt.qs_unused", "Not Used", dec)
	ipv6OptQsNonce          = ipv6P.U32("opt.qs_nonce", "QS Nonce", hex, mask(32, 0xfffffffc))
	ipv6OptQsReserved       = ipv6P.U32("opt.qs_reserved", "Reserved", hex, mask(32, 0x3))
	ipv6OptMipv6HomeAddress = ipv6P.IPv6("opt.mipv6.home_address", "MIPv6 Home Address")
	ipv6OptRplFlag          = ipv6P.U8("opt.rpl.flag", "Flag", hex)
	ipv6OptRplFlagO         = ipv6P.Bool("opt.rpl.flag.o", "Down", mask(8, 0x80))
	ipv6OptRplFlagR         = ipv6P.Bool("opt.rpl.flag.r", "Rank Error", mask(8, 0x40))
	ipv6OptRplFlagF         = ipv6P.Bool("opt.rpl.flag.f", "Forwarding Error", mask(8, 0x20))
	ipv6OptRplFlagRsv       = ipv6P.U8("opt.rpl.flag.rsv", "Reserved", hex, mask(8, 0x1f))
	ipv6OptRplInstanceId    = ipv6P.U8("opt.rpl.instance_id", "RPLInstanceID", hex)
	ipv6OptRplSenderRank    = ipv6P.U16("opt.rpl.sender_rank", "Sender Rank", hex)
	ipv6OptIlnpNonce        = ipv6P.Bytes("opt.ilnp_nonce", "ILNP Nonce")
	ipv6OptLioLength        = ipv6P.U8("opt.lio.length", "LineIDLen", dec)
	ipv6OptLioLineId        = ipv6P.Str("opt.lio.line_id", "Line ID")
	ipv6OptMplFlag          = ipv6P.U8("opt.mpl.flag", "Flag", hex)
	ipv6OptMplFlagS         = ipv6P.U8("opt.mpl.flag.s", "Seed ID Length", dec, mask(8, 0xc0), enum(values(val(0, "0"),
		val(1, "16-bit unsigned integer"),
		val(2, "64-bit unsigned integer"),
		val(3, "128-bit unsigned integer"))))
	ipv6OptMplFlagM          = ipv6P.Bool("opt.mpl.flag.m", "Largest Sequence", mask(8, 0x20))
	ipv6OptMplFlagV          = ipv6P.Bool("opt.mpl.flag.v", "Version", mask(8, 0x10))
	ipv6OptMplFlagRsv        = ipv6P.U8("opt.mpl.flag.rsv", "Reserved", hex, mask(8, 0xf))
	ipv6OptMplSequence       = ipv6P.U8("opt.mpl.sequence", "Sequence", hex)
	ipv6OptMplSeedId         = ipv6P.Bytes("opt.mpl.seed_id", "Seed ID")
	ipv6OptDffFlags          = ipv6P.U8("opt.dff.flags", "Flags", hex)
	ipv6OptDffFlagVer        = ipv6P.U8("opt.dff.flag.ver", "Version (VER)", dec, mask(8, 0xc0))
	ipv6OptDffFlagDup        = ipv6P.Bool("opt.dff.flag.dup", "Duplicate (DUP)", mask(8, 0x20))
	ipv6OptDffFlagRet        = ipv6P.Bool("opt.dff.flag.ret", "Return (RET)", mask(8, 0x10))
	ipv6OptDffFlagRsv        = ipv6P.U8("opt.dff.flag.rsv", "Reserved", hex, mask(8, 0xf))
	ipv6OptDffSequenceNumber = ipv6P.U16("opt.dff.sequence_number", "Sequence Number", decHex)
	ipv6OptExperimental      = ipv6P.Bytes("opt.experimental", "Experimental Option")
	ipv6OptUnknownData       = ipv6P.Bytes("opt_unknown_data", "Unknown Data")
	ipv6OptUnknown           = ipv6P.Bytes("opt.unknown", "Unknown Option Payload")

	eiIPv6OptLen   = ipv6P.Expert("opt.invalid_len", field.Malformed, field.Error, "Invalid IPv6 option length")
	eiIPv6OptData  = ipv6P.Expert("opt.unknown_data.expert", field.Undecoded, field.Note, "Unknown Data (not interpreted)")
	eiIPv6OptOld   = ipv6P.Expert("opt.deprecated", field.Deprecated, field.Note, "Option type is deprecated")
	eiIPv6JumboNot = ipv6P.Expert("opt.jumbo.prohibited", field.Protocol, field.Warn, "When IPv6 payload length does not equal 0 a Jumbo Payload option must not be present")
	eiIPv6JumboLow = ipv6P.Expert("opt.jumbo.truncated", field.Protocol, field.Error, "Jumbo Payload option present and jumbo length < 65536")
)

// ipv6Options reads options up to end.
func ipv6Options(c *Cursor, end int) {
	for c.Pos() < end {
		at := c.Pos()
		t := c.Peek8(0)
		name, known := field.Get(ipv6OptType).Enum.Lookup(uint64(t))
		r := c.Put(ipv6Opt, at, 2, 0)
		if b := c.Label(r); b != nil {
			if known {
				b.S(name)
			} else {
				b.S("Unknown IPv6 Option (").U(uint64(t)).C(')')
			}
		}
		old := c.Push(r)
		if t == 0 {
			c.U8(ipv6OptType)
			c.Put(ipv6OptPad1, at, 1, 0)
			if c.Has(1) {
				c.SetLen(r, min(at+2+int(c.Peek8(0)), c.End()))
			}
			c.Pop(old)
			continue
		}
		c.Word(ipv6OptType, 1, ipv6OptTypeAction, ipv6OptTypeChange, ipv6OptTypeRest)
		if t == 138 {
			c.Expert(c.Last(), eiIPv6OptOld)
		}
		n := int(c.Peek8(0))
		c.SetLen(r, min(at+2+n, c.End()))
		c.U8(ipv6OptLength)
		ipv6Option(c, r, c.Last(), t, n)
		c.Pop(old)
		next := at + 2 + n
		if t == 0xc9 { // its size is fixed: a length that is too small does not make an address an option
			next = max(next, c.Pos())
		}
		c.Seek(next)
	}
}

// ipv6Option reads the n bytes of an option's data; line is its line, size the
// length's.
func ipv6Option(c *Cursor, line, size dissect.Ref, t uint8, n int) {
	end := c.Pos() + n
	fixed := func(want int, name string) {
		if n != want {
			c.ExpertText(size, eiIPv6OptLen, name+" ("+strconv.Itoa(n)+" bytes)")
		}
	}
	switch t {
	case 1:
		c.Field(ipv6OptPadn, n)
		if n == 0 {
			if b := c.Label(c.Last()); b != nil {
				b.S("PadN: <none>")
			}
		}
	case 4:
		fixed(1, "Tunnel Encapsulation Limit: Invalid length")
		c.U8(ipv6OptTel)
	case 5:
		fixed(2, "Router alert: Invalid Length")
		c.U16(ipv6OptRouterAlert)
	case 0xc2:
		fixed(4, "Jumbo Payload: Invalid length")
		v := c.U32(ipv6OptJumbo)
		if v < 65536 {
			c.Expert(c.Last(), eiIPv6JumboLow)
		}
		if c.UintAt(c.Start()-36, 2) != 0 {
			c.Expert(line, eiIPv6JumboNot)
		}
	case 0x26:
		ipv6QuickStart(c, line)
	case 0x30:
		c.U16(ipv6OptPmtuMin)
		v := c.Peek16(0)
		c.Put(ipv6OptPmtuRtn, c.Pos(), 2, uint64(v&^1))
		c.Put(ipv6OptPmtuRFlag, c.Pos()+1, 1, uint64(v&1))
		c.Skip(2)
	case 7:
		c.U32(ipv6OptCalipsoDoi)
		words := int(c.U8(ipv6OptCalipsoCmptLength))
		c.U8(ipv6OptCalipsoSensLevel)
		c.U16(ipv6OptCalipsoChecksum)
		if words > 0 {
			c.Field(ipv6OptCalipsoCmptBitmap, words*4)
		}
	case 0x23, 0x63:
		bitWordBE(c, ipv6OptRplFlag, 1, []field.ID{ipv6OptRplFlagO, ipv6OptRplFlagR, ipv6OptRplFlagF, ipv6OptRplFlagRsv})
		c.U8(ipv6OptRplInstanceId)
		c.U16(ipv6OptRplSenderRank)
	case 0x8b:
		c.Field(ipv6OptIlnpNonce, n)
	case 0x6d:
		s := c.Peek8(0) >> 6
		bitWordBE(c, ipv6OptMplFlag, 1, []field.ID{ipv6OptMplFlagS, ipv6OptMplFlagM, ipv6OptMplFlagV, ipv6OptMplFlagRsv})
		c.U8(ipv6OptMplSequence)
		if k := [...]int{0, 2, 8, 16}[s]; k > 0 {
			c.Field(ipv6OptMplSeedId, k)
		}
	case 0xee:
		fixed(3, "IPv6 DFF: Invalid length")
		bitWordBE(c, ipv6OptDffFlags, 1, []field.ID{ipv6OptDffFlagVer, ipv6OptDffFlagDup, ipv6OptDffFlagRet, ipv6OptDffFlagRsv})
		c.U16(ipv6OptDffSequenceNumber)
	case 8:
		ipv6Duplicate(c, n)
	case 0xc9:
		fixed(16, "Home Address: Invalid length")
		home := c.Bytes(ipv6OptMipv6HomeAddress, 16)
		c.Packet().Src = flow.NewAddr(flow.IPv6, home)
	case 0x0f:
		fixed(10, "Performance and Diagnostic Metrics: Invalid length")
		c.U8(ipv6OptPdmScaleDtlr)
		c.U8(ipv6OptPdmScaleDtls)
		c.U16(ipv6OptPdmPsnThisPkt)
		c.U16(ipv6OptPdmPsnLastRecv)
		c.U16(ipv6OptPdmDeltaLastRecv)
		c.U16(ipv6OptPdmDeltaLastSent)
	case 0x8c:
		c.U8(ipv6OptLioLength)
		c.Field(ipv6OptLioLineId, max(0, n-1))
	case 0x1e, 0x3e, 0x5e, 0x7e, 0x9e, 0xbe, 0xde, 0xfe:
		c.Field(ipv6OptExperimental, n)
	default:
		if n > 0 {
			c.Expert(c.Field(ipv6OptUnknown, n), eiIPv6OptData)
		}
	}
	if k := end - c.Pos(); k > 0 {
		c.Expert(c.Field(ipv6OptUnknownData, k), eiIPv6OptData)
	}
}

func ipv6QuickStart(c *Cursor, line dissect.Ref) {
	at := c.Pos()
	v := c.Peek8(0)
	c.FieldAt(ipv6OptQsFunc, at, 1)
	if v>>4 != 0 && v>>4 != 8 {
		return
	}
	c.FieldAt(ipv6OptQsRate, at, 1)
	ttl := uint8(c.UintAt(at+1, 1))
	diff := uint8(c.Packet().TTL) - ttl
	if b := c.Append(line); b != nil {
		b.S(", ").S(field.Get(ipv6OptQsRate).ValueText(uint64(v & 15)))
		if v>>4 == 0 {
			b.S(", QS TTL ").U(uint64(ttl)).S(", QS TTL diff ").U(uint64(diff))
		}
	}
	if v>>4 == 0 {
		c.FieldAt(ipv6OptQsTtl, at+1, 1)
		c.Gen(ipv6OptQsTtlDiff, at+1, 1, uint64(diff))
	} else {
		c.FieldAt(ipv6OptQsUnused, at+1, 1)
	}
	c.FieldAt(ipv6OptQsNonce, at+2, 4)
	c.FieldAt(ipv6OptQsReserved, at+2, 4)
	c.Seek(at + 6)
}

// ipv6Duplicate reads a duplicate packet detection option, RFC 6621.
func ipv6Duplicate(c *Cursor, n int) {
	at := c.Pos()
	v := c.Peek8(0)
	c.FieldAt(ipv6OptSmfDpdHashBit, at, 1)
	if v&0x80 != 0 {
		c.Field(ipv6OptSmfDpdHav, n)
		return
	}
	c.FieldAt(ipv6OptSmfDpdTidType, at, 1)
	c.FieldAt(ipv6OptSmfDpdTidLen, at, 1)
	c.Skip(1)
	id := 0
	if v>>4 != 0 {
		if id = int(v&15) + 1; id > 0 {
			c.Field(ipv6OptSmfDpdTaggerId, id)
		}
	}
	if k := n - 1 - id; k > 0 {
		c.Field(ipv6OptSmfDpdIdent, k)
	}
}
