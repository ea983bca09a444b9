// ICMP, RFC 792, 950, 1191, 1256, 4884, 8335. Extensions are in icmp_ext.go,
// mobile agents' advertisements in icmp_mip.go. Not decoded: the contents of
// deprecated types (traceroute, domain names, Photuris).
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	icmpP    = protocol("icmp", "Internet Control Message Protocol", "ICMP")
	icmpType = icmpP.U8("type", "Type", dec, enum(values(val(0, "Echo (ping) reply"),
		val(1, "Reserved"),
		val(2, "Reserved"),
		val(3, "Destination unreachable"),
		val(4, "Source quench (flow control)"),
		val(5, "Redirect"),
		val(6, "Alternate host address"),
		val(8, "Echo (ping) request"),
		val(9, "Router advertisement"),
		val(10, "Router solicitation"),
		val(11, "Time-to-live exceeded"),
		val(12, "Parameter problem"),
		val(13, "Timestamp request"),
		val(14, "Timestamp reply"),
		val(15, "Information request"),
		val(16, "Information reply"),
		val(17, "Address mask request"),
		val(18, "Address mask reply"),
		val(19, "Reserved (for security)"),
		val(30, "Traceroute"),
		val(31, "Datagram Conversion Error"),
		val(32, "Mobile Host Redirect"),
		val(33, "IPv6 Where-Are-You"),
		val(34, "IPv6 I-Am-Here"),
		val(35, "Mobile Registration Request"),
		val(36, "Mobile Registration Reply"),
		val(37, "Domain Name Request"),
		val(38, "Domain Name Reply"),
		val(39, "SKIP"),
		val(40, "Photuris"),
		val(41, "Experimental mobility protocols"),
		val(42, "Extended Echo request"),
		val(43, "Extended Echo reply"))))
	icmpCode                   = icmpP.U8("code", "Code", dec)
	icmpChecksum               = icmpP.U16("checksum", "Checksum", hex)
	icmpChecksumStatus         = icmpP.U8("checksum.status", "Checksum Status", noBase, enum(checksumStatus), enumOnly)
	icmpUnused                 = icmpP.Bytes("unused", "Unused")
	icmpReserved               = icmpP.Bytes("reserved", "Reserved")
	icmpIdent                  = icmpP.U16("ident", "Identifier (BE)", decHex)
	icmpIdentLe                = icmpP.U16("ident_le", "Identifier (LE)", decHex)
	icmpSeq                    = icmpP.U16("seq", "Sequence Number (BE)", decHex)
	icmpSeqLe                  = icmpP.U16("seq_le", "Sequence Number (LE)", decHex)
	icmpMtu                    = icmpP.U16("mtu", "MTU of next hop", dec)
	icmpNumAddrs               = icmpP.U8("num_addrs", "Number of addresses", dec)
	icmpAddrEntrySize          = icmpP.U8("addr_entry_size", "Address entry size", dec)
	icmpLifetime               = icmpP.U16("lifetime", "Lifetime", dec)
	icmpPointer                = icmpP.U32("pointer", "Pointer", dec)
	icmpRouterAddress          = icmpP.IPv4("router_address", "Router address")
	icmpPrefLevel              = icmpP.I32("pref_level", "Preference level", dec)
	icmpOriginateTimestamp     = icmpP.U32("originate_timestamp", "Originate Timestamp", dec)
	icmpReceiveTimestamp       = icmpP.U32("receive_timestamp", "Receive Timestamp", dec)
	icmpTransmitTimestamp      = icmpP.U32("transmit_timestamp", "Transmit Timestamp", dec)
	icmpAddressMask            = icmpP.IPv4("address_mask", "Address Mask")
	icmpRedirGw                = icmpP.IPv4("redir_gw", "Gateway Address")
	icmpRespIn                 = icmpP.FrameNum("resp_in", "Response frame")
	icmpRespTo                 = icmpP.FrameNum("resp_to", "Request frame")
	icmpData                   = icmpP.Bytes("data", "ICMP Data")
	icmpDataTime               = icmpP.AbsTime("data_time", "Timestamp from icmp data", field.Local)
	icmpDataTimeRelative       = icmpP.RelTime("data_time_relative", "Timestamp from icmp data (relative)")
	icmpLength                 = icmpP.U8("length", "Length", dec)
	icmpLengthOriginalDatagram = icmpP.U8("length.original_datagram", "Length of original datagram", dec)
	icmpResptime               = icmpP.Add("resptime", "Response time", field.TDouble, noBase)

	eiICMPError  = icmpP.Expert("type.error", field.ResponseCode, field.Note, "Type indicates an error")
	eiICMPOld    = icmpP.Expert("type.deprecated", field.Deprecated, field.Note, "Type is deprecated")
	_            = icmpP.Expert("resp_not_found", field.Sequence, field.Warn, "Response not found")
	eiICMPSumBad = icmpP.Expert("checksum_bad", field.Checksum, field.Warn, "Bad checksum")

	_ = icmpP.Parse(parseICMP).Stateful().On("ip.proto", 1).Calls(ipP, ipv6P, dataP)

	icmpEchoes = flow.NewSlot[echoTable]()
	icmpFacts  = flow.NewFacts[*echoPair]()
)

// icmpCodes are the texts of codes by type.
var icmpCodes = map[uint8]*field.Enum{
	3: values(val(0, "Network unreachable"), val(1, "Host unreachable"), val(2, "Protocol unreachable"), val(3, "Port unreachable"),
		val(4, "Fragmentation needed"), val(5, "Source route failed"), val(6, "Destination network unknown"), val(7, "Destination host unknown"),
		val(8, "Source host isolated"), val(9, "Network administratively prohibited"), val(10, "Host administratively prohibited"),
		val(11, "Network unreachable for TOS"), val(12, "Host unreachable for TOS"), val(13, "Communication administratively filtered"),
		val(14, "Host precedence violation"), val(15, "Precedence cutoff in effect")),
	5:  values(val(0, "Redirect for network"), val(1, "Redirect for host"), val(2, "Redirect for TOS and network"), val(3, "Redirect for TOS and host")),
	6:  values(val(0, "Alternate address for host")),
	9:  values(val(0, "Normal router advertisement"), val(16, "Does not route common traffic")),
	11: values(val(0, "Time to live exceeded in transit"), val(1, "Fragment reassembly time exceeded")),
	12: values(val(0, "Pointer indicates the error"), val(1, "Required option missing"), val(2, "Bad length")),
	40: values(val(0, "Bad SPI"), val(1, "Authentication Failed"), val(2, "Decompression Failed"), val(3, "Decryption Failed"), val(4, "Need Authentication"), val(5, "Need Authorization")),
	42: values(val(0, "No error")),
	43: values(val(0, "No error"), val(1, "Malformed Query"), val(2, "No Such Interface"), val(3, "No Such Table Entry"), val(4, "Multiple Interfaces Satisfy Query")),
}

func icmpDeprecated(t uint8) bool {
	return t == 4 || t == 6 || t == 15 || t == 16 || t == 17 || t == 18 || t >= 30 && t <= 39
}

func parseICMP(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("ICMP")
	typ, code := c.Peek8(0), c.Peek8(1)
	icmpInfo(c, typ, code)
	c.U8(icmpType)
	switch {
	case typ == 3 || typ == 5 || typ == 11:
		c.Expert(c.Last(), eiICMPError)
	case icmpDeprecated(typ):
		c.Expert(c.Last(), eiICMPOld)
	}
	c.U8(icmpCode)
	if k := icmpCodes[typ]; k != nil {
		if b := c.Append(c.Last()); b != nil {
			b.S(" (")
			icmpCodeText(b, k, code)
			b.C(')')
		}
	}
	icmpSum(c, at, c.Len(), 0, icmpChecksum, icmpChecksumStatus, eiICMPSumBad)
	switch typ {
	case 0, 8:
		icmpID(c)
		icmpEcho(c, at, typ)
	case 13, 14, 15, 16, 17, 18:
		icmpID(c)
		if typ <= 14 {
			icmpClock(c, icmpOriginateTimestamp)
			icmpClock(c, icmpReceiveTimestamp)
			icmpClock(c, icmpTransmitTimestamp)
		} else if typ >= 17 {
			c.Field(icmpAddressMask, 4)
		}
	case 3, 4, 5, 11, 12:
		icmpError(c, at, typ, code)
	case 9:
		icmpRouters(c)
	case 42, 43:
		icmpProbe(c, typ)
	}
}

// icmpSum records a checksum over [at, at+n); sum is what counts besides.
func icmpSum(c *Cursor, at, n int, sum uint64, f, stat, ei field.ID) {
	pos := c.Pos()
	have := c.Peek16(0)
	r := c.Field(f, 2)
	status := uint64(2)
	if c.Quoted() || c.Fragmented() || n > c.CapLeft()+c.Pos()-at {
		if b := c.Append(r); b != nil {
			b.S(" [unverified]").S(pick(c.Quoted(), " [in ICMP error packet]", ""))
		}
	} else {
		got := foldSum(addSum(sum, c.BytesAt(at, n)))
		status = b2u(got == 0)
		if got == 0 {
			if b := c.Append(r); b != nil {
				b.S(" [correct]")
			}
		} else {
			should := hex16(sumWithout(got, have))
			if b := c.Append(r); b != nil {
				b.S(" incorrect, should be ").S(should)
			}
			c.ExpertText(r, ei, "Bad checksum [should be "+should+"]")
		}
	}
	c.Gen(stat, pos, 0, status)
}

func icmpCodeText(b *field.Text, k *field.Enum, code uint8) {
	if s, ok := k.Lookup(uint64(code)); ok {
		b.S(s)
	} else {
		b.S("Unknown code: ").U(uint64(code))
	}
}

func icmpInfo(c *Cursor, typ, code uint8) {
	b := c.SetInfo()
	if b == nil {
		return
	}
	n := len(b.B)
	if s, ok := field.Get(icmpType).Enum.Lookup(uint64(typ)); !ok {
		b.S("Unknown ICMP (obsolete or malformed?)")
	} else if typ == 9 && (code == 0 || code == 16) {
		b.S("Mobile IP Advertisement")
	} else {
		b.S(s)
	}
	for len(b.B)-n < 20 {
		b.C(' ')
	}
	if k := icmpCodes[typ]; k != nil {
		b.S(" (")
		icmpCodeText(b, k, code)
		b.C(')')
	}
}

// icmpID reads the identifier and the number, which senders write in either
// byte order.
func icmpID(c *Cursor) {
	at := c.Pos()
	id := c.Peek16(0)
	c.FieldAt(icmpIdent, at, 2)
	c.FieldLEAt(icmpIdentLe, at, 2)
	c.Skip(2)
	seq := c.Peek16(0)
	c.FieldAt(icmpSeq, at+2, 2)
	c.FieldLEAt(icmpSeqLe, at+2, 2)
	c.Skip(2)
	if b := c.Info(); b != nil {
		b.S(" id=").X(uint64(id), 4).S(", seq=").U(uint64(seq)).C('/').U(uint64(seq>>8 | seq<<8&0xff00))
		if c.Packet().TTL >= 0 {
			b.S(", ttl=").U(uint64(c.Packet().TTL))
		}
	}
}

// icmpClock reads milliseconds since midnight UTC; the highest bit says that
// they are not, which nobody honours.
func icmpClock(c *Cursor, f field.ID) {
	v := c.U32(f)
	if b := c.Append(c.Last()); b != nil {
		ms := uint64(v &^ 0x80000000)
		if v&0x80000000 == 0 && ms >= 86400000 {
			ms = swap32(v) // some hosts send it in their own byte order
		}
		b.S(" (")
		msSpan(b, ms)
		b.S(" after midnight UTC)")
	}
}

func swap32(v uint32) uint64 {
	return uint64(v>>24 | v>>8&0xff00 | v<<8&0xff0000 | v<<24)
}

// msSpan writes a time as "1 hour, 2 minutes, 3.004 seconds".
func msSpan(b *field.Text, ms uint64) {
	if ms == 0 {
		b.S("0 seconds")
		return
	}
	if ms < 1000 {
		b.U(ms).S(plural(int(ms), " millisecond", " milliseconds"))
		return
	}
	sep := ""
	put := func(v uint64, one, many string) {
		if v != 0 {
			b.S(sep).U(v).S(plural(int(v), one, many))
			sep = ", "
		}
	}
	s := ms / 1000
	put(s/86400, " day", " days")
	put(s/3600%24, " hour", " hours")
	put(s/60%60, " minute", " minutes")
	if rest := ms % 60000; rest%1000 != 0 {
		b.S(sep).U(rest/1000).C('.').UPad(rest%1000, 3).S(" seconds")
	} else {
		put(rest/1000, " second", " seconds")
	}
}

// ---- errors ----

// icmpError reads an error: four bytes of its own, the start of the packet it
// is about, and maybe extensions.
func icmpError(c *Cursor, at int, typ, code uint8) {
	quoted := 0
	switch typ {
	case 3, 11, 12:
		quoted = int(c.UintAt(at+5, 1)) * 4
	}
	length := func() {
		c.FieldAt(icmpLength, at+5, 1)
		c.Gen(icmpLengthOriginalDatagram, at+5, 1, uint64(quoted))
	}
	switch {
	case typ == 5:
		c.FieldAt(icmpRedirGw, at+4, 4)
	case typ == 3 && code == 4 && quoted == 0:
		c.FieldAt(icmpUnused, at+4, 2)
		c.FieldAt(icmpMtu, at+6, 2)
	case typ == 3 && code == 4:
		c.FieldAt(icmpUnused, at+4, 1)
		length()
		c.FieldAt(icmpMtu, at+6, 2)
	case typ == 12:
		c.FieldAt(icmpPointer, at+4, 1)
		if quoted == 0 {
			c.FieldAt(icmpUnused, at+5, 3)
		} else {
			length()
			c.FieldAt(icmpUnused, at+6, 2)
		}
	case typ == 4:
	case quoted != 0:
		c.FieldAt(icmpUnused, at+4, 1)
		length()
		c.FieldAt(icmpUnused, at+6, 2)
	default:
		c.FieldAt(icmpUnused, at+4, 4)
	}
	c.Seek(at + 8)
	n, extended := c.Left(), false
	switch {
	case typ != 3 && typ != 11 && typ != 12:
	case quoted > n:
		n = quoted // left early: the length says more than there is
	case quoted != 0:
		n, extended = quoted, n > quoted
	case quoted == 0 && n > 128 && c.Has(4) && c.Peek16(2) <= 128:
		// Older senders tell no length; the packet is padded to 128 bytes.
		n, extended = 128, true
	}
	quotedPacket(c, ipP, at+8, n)
	if n > c.Left() {
		c.Malformed()
	}
	if extended {
		c.Seek(at + 8 + n)
		icmpExtensions(c, icmpErrorExt)
	}
}

// quotedPacket runs a protocol over a packet that is quoted: it writes no
// columns, teaches nothing, and may end anywhere.
func quotedPacket(c *Cursor, p *dissect.Proto, pos, n int) { quotedUnder(c, c.ProtoNode(), p, pos, n) }

// quotedUnder is quotedPacket with its lines below r.
func quotedUnder(c *Cursor, r dissect.Ref, p *dissect.Proto, pos, n int) {
	pkt := c.Packet()
	src, dst, dls, dld := pkt.Src, pkt.Dst, pkt.DLSrc, pkt.DLDst
	sp, dp, kind, conv, proto, ttl := pkt.SrcPort, pkt.DstPort, pkt.PortKind, pkt.Conv, pkt.IPProto, pkt.TTL
	root := c.Under(r)
	place := c.Save()
	c.FreezeColumns()
	c.Quiet(func(c *Cursor) { c.Sub(p, pos, n) })
	c.ThawColumns()
	c.Restore(place)
	c.SetRoot(root)
	pkt.Src, pkt.Dst, pkt.DLSrc, pkt.DLDst = src, dst, dls, dld
	pkt.SrcPort, pkt.DstPort, pkt.PortKind, pkt.Conv, pkt.IPProto, pkt.TTL = sp, dp, kind, conv, proto, ttl
}

// icmpRouters reads a router advertisement, RFC 1256 and 5944.
func icmpRouters(c *Cursor) {
	n := int(c.U8(icmpNumAddrs))
	size := int(c.U8(icmpAddrEntrySize))
	life := c.Peek16(0)
	c.U16(icmpLifetime)
	if b := c.Append(c.Last()); b != nil {
		b.S(" (")
		msSpan(b, uint64(life)*1000)
		b.C(')')
	}
	if size < 2 {
		return
	}
	for ; n > 0; n-- {
		at := c.Pos()
		c.FieldAt(icmpRouterAddress, at, 4)
		c.FieldAt(icmpPrefLevel, at+4, 4)
		c.Seek(at + size*4)
	}
	for c.Left() > 0 {
		icmpMobility(c)
	}
}
