package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// ICMP extensions, RFC 4884: MPLS labels (RFC 4950), interfaces (RFC 5837),
// and the interface that an extended echo asks about (RFC 8335).
var (
	icmpExt               = icmpP.None("ext", "ICMP Extensions")
	icmpExtVersion        = icmpP.U8("ext.version", "Version", dec)
	icmpExtRes            = icmpP.U16("ext.res", "Reserved", hex, mask(16, 0xfff))
	icmpExtChecksum       = icmpP.U16("ext.checksum", "Checksum", hex)
	icmpExtChecksumStatus = icmpP.U8("ext.checksum.status", "Checksum Status", noBase, enum(checksumStatus), enumOnly)
	icmpExtLength         = icmpP.U16("ext.length", "Length", dec)
	icmpExtClass          = icmpP.U8("ext.class", "Class", dec, enum(values(val(1, "MPLS Label Stack Class"),
		val(2, "Interface Information Object"),
		val(3, "Interface Identification Object"))))
	icmpExtCtype    = icmpP.U8("ext.ctype", "C-Type", dec)
	icmpExtData     = icmpP.Bytes("ext.data", "Data")
	icmpMplsLabel   = icmpP.U24("mpls.label", "Label", dec, mask(24, 0xfffff0))
	icmpMplsExp     = icmpP.U24("mpls.exp", "Experimental", dec, mask(24, 0xe))
	icmpMplsS       = icmpP.Bool("mpls.s", "Stack bit", mask(8, 0x1), setNotSet)
	icmpMplsTtl     = icmpP.U8("mpls.ttl", "Time to live", dec)
	icmpMplsData    = icmpP.Bytes("mpls.data", "Data")
	icmpIntInfoRole = icmpP.U8("int_info.role", "Interface Role", dec, mask(8, 0xc0), enum(values(val(0, "IP interface upon which datagram arrived"),
		val(1, "Sub-IP component of an IP interface upon which datagram arrived"),
		val(2, "IP interface through which datagram would be forwarded"),
		val(3, "IP next-hop to which datagram would be forwarded"))))
	icmpIntInfoReserved    = icmpP.U8("int_info.reserved", "Reserved", dec, mask(8, 0x30))
	icmpIntInfoIfindex     = icmpP.Bool("int_info.ifindex", "ifIndex", mask(8, 0x8))
	icmpIntInfoIpaddr      = icmpP.Bool("int_info.ipaddr", "IP Address", mask(8, 0x4), tf("Present", "Not Present"))
	icmpIntInfoNamePresent = icmpP.Bool("int_info.name_present", "Interface Name", mask(8, 0x2), tf("Present", "Not Present"))
	icmpIntInfoMtuPresent  = icmpP.Bool("int_info.mtu_present", "MTU", mask(8, 0x1), tf("Present", "Not Present"))
	icmpIntInfoIndex       = icmpP.U32("int_info.index", "Interface Index", dec)
	icmpIntInfoAfi         = icmpP.U16("int_info.afi", "Address Family Identifier", dec)
	icmpIntInfoIpv4        = icmpP.IPv4("int_info.ipv4", "Source")
	icmpIntInfoIpv6        = icmpP.IPv6("int_info.ipv6", "Source")
	icmpIntInfoIpunknown   = icmpP.Bytes("int_info.ipunknown", "Source")
	icmpIntInfoNameLength  = icmpP.U8("int_info.name_length", "Name Length", dec)
	icmpIntInfoName        = icmpP.Str("int_info.name", "Name")
	icmpIntInfoMtu         = icmpP.U32("int_info.mtu", "Maximum Transmission Unit", dec)
	icmpExtEchoSeq         = icmpP.U8("ext.echo.seq", "Sequence Number", decHex)
	icmpExtEchoReqRes      = icmpP.U8("ext.echo.req.res", "Reserved", hex, mask(8, 0xfe))
	icmpExtEchoReqLocal    = icmpP.Bool("ext.echo.req.local", "Local bit", mask(8, 0x1), setNotSet)
	icmpExtEchoRspState    = icmpP.U8("ext.echo.rsp.state", "State", dec, mask(8, 0xe0), enum(values(val(0, "Reserved"),
		val(1, "Incomplete"),
		val(2, "Reachable"),
		val(3, "Stale"),
		val(4, "Delay"),
		val(5, "Probe"),
		val(6, "Failed"))))
	icmpExtEchoRspRes      = icmpP.U8("ext.echo.rsp.res", "Reserved", hex, mask(8, 0x18))
	icmpExtEchoRspActive   = icmpP.Bool("ext.echo.rsp.active", "Active bit", mask(8, 0x4), setNotSet)
	icmpExtEchoRspIpv4     = icmpP.Bool("ext.echo.rsp.ipv4", "IPv4 bit", mask(8, 0x2), setNotSet)
	icmpExtEchoRspIpv6     = icmpP.Bool("ext.echo.rsp.ipv6", "IPv6 bit", mask(8, 0x1), setNotSet)
	icmpIntIdentName       = icmpP.Str("int_ident.name", "Name")
	icmpIntIdentIndex      = icmpP.U32("int_ident.index", "Interface Index", dec)
	icmpIntIdentAfi        = icmpP.U16("int_ident.afi", "Address Family Identifier", dec, enum(addressFamilies))
	icmpIntIdentAddrLength = icmpP.U8("int_ident.addr_length", "Address Length", dec)
	icmpIntIdentReserved   = icmpP.Bytes("int_ident.reserved", "Reserved")
	icmpIntIdentIpv4       = icmpP.IPv4("int_ident.ipv4", "Address")
	icmpIntIdentIpv6       = icmpP.IPv6("int_ident.ipv6", "Address")
	icmpIntIdentAddress    = icmpP.Bytes("int_ident.address", "Address")

	eiICMPExtSum = icmpP.Expert("ext.checksum_bad", field.Checksum, field.Warn, "Bad checksum")
)

// addressFamilies are IANA's address family numbers.
var addressFamilies = values(
	val(0, "Reserved"),
	val(1, "IPv4"),
	val(2, "IPv6"),
	val(3, "NSAP"),
	val(4, "HDLC (8-bit multidrop)"),
	val(5, "BBN 1822"),
	val(6, "802 (includes all 802 media plus Ethernet)"),
	val(7, "E.163"),
	val(8, "E.164 (SMDS, Frame Relay, ATM)"),
	val(9, "F.69 (Telex)"),
	val(10, "X.121 (X.25, Frame Relay)"),
	val(11, "IPX"),
	val(12, "Appletalk"),
	val(13, "Decnet IV"),
	val(14, "Banyan Vines"),
	val(15, "E.164 with NSAP subaddress"),
	val(16, "DNS (Domain Name System)"),
	val(17, "Distinguished Name"),
	val(18, "AS Number"),
	val(19, "XTP over IP version 4"),
	val(20, "XTP over IP version 6"),
	val(21, "XTP native mode XTP"),
	val(22, "Fibre Channel World-Wide Port Name"),
	val(23, "Fibre Channel World-Wide Node Name"),
	val(24, "GWID"),
	val(25, "Layer-2 VPN"),
	val(26, "MPLS-TP Section Endpoint Identifier"),
	val(27, "MPLS-TP LSP Endpoint Identifier"),
	val(28, "MPLS-TP Pseudowire Endpoint Identifier"),
	val(29, "MT IP: Multi-Topology IP version 4"),
	val(30, "MT IPv6: Multi-Topology IP version 6"),
	val(196, "Layer-2 VPN (old)"),
	val(16384, "EIGRP Common Service Family"),
	val(16385, "EIGRP IPv4 Service Family"),
	val(16386, "EIGRP IPv6 Service Family"),
	val(16387, "LISP Canonical Address Format (LCAF)"),
	val(16388, "BGP-LS"),
	val(16389, "48-bit MAC Address"),
	val(16390, "64-bit MAC Address"),
	val(16391, "OUI"),
	val(16392, "MAC/24"),
	val(16393, "MAC/40"),
	val(16394, "IPv6/64"),
	val(16395, "RBridge Port ID"),
	val(16396, "TRILL Nickname"),
	val(65535, "Reserved"),
)

// extHolder says which protocol's objects stand below the extensions.
type extHolder uint8

const (
	icmpErrorExt extHolder = iota
	icmpProbeExt
)

// icmpExtensions reads an extension structure up to the end.
func icmpExtensions(c *Cursor, _ extHolder) {
	at, n := c.Pos(), c.Left()
	if n < 8 {
		return
	}
	r := c.Put(icmpExt, at, n, 0)
	if b := c.Label(r); b != nil {
		b.S("ICMP Multi-Part Extensions")
	}
	old := c.Push(r)
	defer c.Pop(old)
	c.Put(icmpExtVersion, at, 1, c.UintAt(at, 1)>>4)
	c.FieldAt(icmpExtRes, at, 2)
	c.Seek(at + 2)
	icmpSum(c, at, n, 0, icmpExtChecksum, icmpExtChecksumStatus, eiICMPExtSum)
	for c.Seek(at + 4); c.Left() >= 4; {
		if !icmpObject(c) {
			return
		}
	}
}

// icmpObject reads one extension object and reports whether another can follow.
func icmpObject(c *Cursor) bool {
	at := c.Pos()
	n := int(c.Peek16(0))
	class, kind := c.Peek8(2), c.Peek8(3)
	line := dissect.None
	bad := n < 4 || n > c.Left()
	size := n
	if bad {
		size = min(max(n, 4), c.Left())
	}
	if b := c.Text(at, size); b != nil {
		line = c.Last()
		switch {
		case n < 4:
			b.S("Object with bad length")
		case class == 1 && kind == 1:
			b.S("MPLS Stack Entry")
		case class == 2:
			b.S("Interface Information Object")
		case class == 3:
			b.S("Interface Identification Object")
		default:
			b.S("Unknown object (").U(uint64(class)).C('/').U(uint64(kind)).C(')')
		}
		if bad && n >= 4 {
			b.S(" (truncated)")
		}
	}
	old := c.Push(line)
	defer c.Pop(old)
	c.U16(icmpExtLength)
	c.U8(icmpExtClass)
	if n < 4 {
		return false
	}
	end := at + size
	switch {
	case class == 1 && kind == 1:
		c.U8(icmpExtCtype)
		for c.Pos()+4 <= end {
			icmpLabel(c)
		}
		if k := end - c.Pos(); k > 0 {
			c.Field(icmpMplsData, k)
		}
	case class == 2:
		icmpInterface(c, kind, end)
	case class == 3:
		icmpIdentification(c, kind, end)
	default:
		c.U8(icmpExtCtype)
		if k := end - c.Pos(); k > 0 {
			c.Field(icmpExtData, k)
		}
	}
	c.Seek(end)
	return !bad
}

// icmpLabel reads one MPLS label stack entry.
func icmpLabel(c *Cursor) {
	at := c.Pos()
	v := c.Peek32(0)
	line := dissect.None
	if b := c.Text(at, 4); b != nil {
		line = c.Last()
		b.S("Label: ").U(uint64(v >> 12)).S(", Exp: ").U(uint64(v >> 9 & 7)).S(", S: ").U(uint64(v >> 8 & 1)).S(", TTL: ").U(uint64(v & 255))
	}
	old := c.Push(line)
	c.FieldAt(icmpMplsLabel, at, 3)
	r := c.Put(icmpMplsExp, at+2, 1, uint64(v>>9&7))
	if b := c.Label(r); b != nil {
		b.S(".... .... .... .... .... ")
		nibble(b, uint8(v>>8&15))
		b.B[len(b.B)-1] = '.'
		b.S(" = Experimental: ").U(uint64(v >> 9 & 7))
	}
	c.FieldAt(icmpMplsS, at+2, 1)
	c.FieldAt(icmpMplsTtl, at+3, 1)
	c.Pop(old)
	c.Seek(at + 4)
}

// icmpInterface reads what the sender tells of an interface.
func icmpInterface(c *Cursor, kind uint8, end int) {
	at := c.Pos()
	r := c.Put(icmpExtCtype, at, 1, uint64(kind))
	if b := c.Append(r); b != nil {
		b.S(", Interface Role: ").S(field.Get(icmpIntInfoRole).Enum.Text(uint64(kind>>6), ""))
		for i, s := range [...]string{", ifIndex", ", IP Address", ", Interface Name", ", MTU"} {
			if kind&(8>>uint(i)) != 0 {
				b.S(s)
			}
		}
	}
	old := c.Push(r)
	for _, f := range [...]field.ID{icmpIntInfoRole, icmpIntInfoReserved, icmpIntInfoIfindex, icmpIntInfoIpaddr, icmpIntInfoNamePresent, icmpIntInfoMtuPresent} {
		c.FieldAt(f, at, 1)
	}
	c.Pop(old)
	c.Skip(1)
	if kind&8 != 0 {
		c.U32(icmpIntInfoIndex)
	}
	if kind&4 != 0 {
		at := c.Pos()
		afi := c.Peek16(0)
		n := 4
		f := icmpIntInfoIpv4
		switch afi {
		case 1:
		case 2:
			n, f = 16, icmpIntInfoIpv6
		default:
			n, f = end-at-4, icmpIntInfoIpunknown
		}
		icmpSubObject(c, at, 4+n, "IP Address Sub-Object", func() {
			c.U16(icmpIntInfoAfi)
			c.Field(icmpReserved, 2)
			if n > 0 {
				c.Field(f, n)
			}
		})
	}
	if kind&2 != 0 {
		n := int(c.Peek8(0))
		icmpSubObject(c, c.Pos(), n, "Interface Name Sub-Object", func() {
			c.U8(icmpIntInfoNameLength)
			if n > 1 {
				c.Field(icmpIntInfoName, n-1)
			}
		})
	}
	if kind&1 != 0 {
		c.U32(icmpIntInfoMtu)
	}
}

func icmpSubObject(c *Cursor, at, n int, name string, read func()) {
	line := dissect.None
	if b := c.Text(at, n); b != nil {
		line = c.Last()
		b.S(name)
	}
	old := c.Push(line)
	read()
	c.Pop(old)
}

// icmpIdentification reads which interface an extended echo asks about.
func icmpIdentification(c *Cursor, kind uint8, end int) {
	c.U8(icmpExtCtype)
	if b := c.Append(c.Last()); b != nil {
		b.S(pick(kind == 1, " (Identifies Interface By Name)", "")).S(pick(kind == 2, " (Identifies Interface By Index)", "")).
			S(pick(kind == 3, " (Identifies Interface By Address)", ""))
	}
	switch kind {
	case 1:
		name := c.BytesAt(c.Pos(), end-c.Pos())
		for len(name) > 0 && name[len(name)-1] == 0 {
			name = name[:len(name)-1]
		}
		c.PutBytes(icmpIntIdentName, c.Pos(), end-c.Pos(), name)
	case 2:
		c.U32(icmpIntIdentIndex)
	case 3:
		afi := c.U16(icmpIntIdentAfi)
		n := int(c.U8(icmpIntIdentAddrLength))
		c.Field(icmpIntIdentReserved, 1)
		switch {
		case afi == 1 && n == 4:
			c.Field(icmpIntIdentIpv4, 4)
		case afi == 2 && n == 16:
			c.Field(icmpIntIdentIpv6, 16)
		case n > 0:
			c.Field(icmpIntIdentAddress, n)
		}
	default:
		if k := end - c.Pos(); k > 0 {
			c.Field(icmpExtData, k)
		}
	}
}

// icmpProbe reads an extended echo request or reply.
func icmpProbe(c *Cursor, typ uint8) {
	at := c.Pos()
	c.FieldAt(icmpIdent, at, 2)
	c.FieldLEAt(icmpIdentLe, at, 2)
	c.Skip(2)
	c.U8(icmpExtEchoSeq)
	if typ == 42 {
		c.FieldAt(icmpExtEchoReqRes, at+3, 1)
		c.FieldAt(icmpExtEchoReqLocal, at+3, 1)
		c.Seek(at + 4)
		if c.Left() > 0 {
			icmpExtensions(c, icmpProbeExt)
		}
		return
	}
	for _, f := range [...]field.ID{icmpExtEchoRspState, icmpExtEchoRspRes, icmpExtEchoRspActive, icmpExtEchoRspIpv4, icmpExtEchoRspIpv6} {
		c.FieldAt(f, at+3, 1)
	}
}

// ---- advertisements of mobile agents, RFC 5944 ----

var (
	icmpMipType = icmpP.U8("mip.type", "Extension Type", dec, enum(values(val(0, "One byte padding extension"),
		val(16, "Mobility Agent Advertisement Extension"),
		val(19, "Prefix Lengths Extension"),
		val(24, "Challenge Extension"))))
	icmpMipLength       = icmpP.U8("mip.length", "Length", dec)
	icmpMipPrefixlength = icmpP.U8("mip.prefixlength", "Prefix Length", dec)
	icmpMipSeq          = icmpP.U16("mip.seq", "Sequence Number", dec)
	icmpMipLife         = icmpP.U16("mip.life", "Registration Lifetime", dec)
	icmpMipFlags        = icmpP.U16("mip.flags", "Flags", hex)
	icmpMipR            = icmpP.Bool("mip.r", "Registration Required", mask(16, 0x8000))
	icmpMipB            = icmpP.Bool("mip.b", "Busy", mask(16, 0x4000))
	icmpMipH            = icmpP.Bool("mip.h", "Home Agent", mask(16, 0x2000))
	icmpMipF            = icmpP.Bool("mip.f", "Foreign Agent", mask(16, 0x1000))
	icmpMipM            = icmpP.Bool("mip.m", "Minimal Encapsulation", mask(16, 0x800))
	icmpMipG            = icmpP.Bool("mip.g", "GRE", mask(16, 0x400))
	icmpMipV            = icmpP.Bool("mip.v", "VJ Comp", mask(16, 0x200))
	icmpMipRt           = icmpP.Bool("mip.rt", "Reverse tunneling", mask(16, 0x100))
	icmpMipU            = icmpP.Bool("mip.u", "UDP tunneling", mask(16, 0x80))
	icmpMipX            = icmpP.Bool("mip.x", "Revocation support", mask(16, 0x40))
	icmpMipReserved     = icmpP.U16("mip.reserved", "Reserved", hex, mask(16, 0x3f))
	icmpMipCoa          = icmpP.IPv4("mip.coa", "Care-Of-Address")
	icmpMipChallenge    = icmpP.Bytes("mip.challenge", "Challenge")
	icmpMipContent      = icmpP.Bytes("mip.content", "Content")
)

var icmpMipBits = []field.ID{icmpMipR, icmpMipB, icmpMipH, icmpMipF, icmpMipM, icmpMipG, icmpMipV, icmpMipRt, icmpMipU, icmpMipX, icmpMipReserved}

// icmpMobility reads one extension of a mobile agent's advertisement.
func icmpMobility(c *Cursor) {
	at := c.Pos()
	typ := c.Peek8(0)
	n := 1
	if typ != 0 {
		n = int(c.Peek8(1)) + 2
	}
	line := dissect.None
	if b := c.Text(at, n); b != nil {
		line = c.Last()
		if s, ok := field.Get(icmpMipType).Enum.Lookup(uint64(typ)); ok {
			b.S("Ext: ").S(s)
		} else {
			b.S("Ext: Unknown ext ").U(uint64(typ))
		}
	}
	old := c.Push(line)
	defer c.Pop(old)
	c.U8(icmpMipType)
	if typ == 0 {
		return
	}
	c.U8(icmpMipLength)
	switch typ {
	case 16:
		c.U16(icmpMipSeq)
		c.U16(icmpMipLife)
		flags := c.Word(icmpMipFlags, 2, icmpMipBits...)
		if b := c.Append(c.Last()); b != nil {
			for i, f := range icmpMipBits[:10] {
				if flags&(0x8000>>uint(i)) != 0 {
					b.S(", ").S(field.Get(f).Label)
				}
			}
		}
		for c.Pos()+4 <= at+n {
			c.Field(icmpMipCoa, 4)
		}
	case 19:
		for c.Pos() < at+n {
			c.U8(icmpMipPrefixlength)
		}
	case 24:
		if n > 2 {
			c.Field(icmpMipChallenge, n-2)
		}
	default:
		if n > 2 {
			c.Field(icmpMipContent, n-2)
		}
	}
	c.Seek(at + n)
}
