// IPv6, RFC 8200, with the address classes of RFC 4291. Extension headers are
// in ipv6_ext.go.
package proto

import (
	"strconv"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	ipv6P      = protocol("ipv6", "Internet Protocol Version 6", "IPv6")
	ipv6Ver    = ipv6P.U8("version", "Version", dec)
	ipv6IPVer  = ipP.U8("version", "Version", dec, mask(8, 0xf0))
	ipv6TClass = ipv6P.U32("tclass", "Traffic Class", hex, mask(32, 0x0ff00000))
	ipv6DSCP   = ipv6P.U32("tclass.dscp", "Differentiated Services Codepoint", dec, mask(32, 0x0fc00000), enum(dscpNames))
	ipv6ECN    = ipv6P.U32("tclass.ecn", "Explicit Congestion Notification", dec, mask(32, 0x00300000), enum(ecnNames))
	ipv6Flow   = ipv6P.U24("flow", "Flow Label", hex, mask(24, 0x0fffff))
	ipv6PLen   = ipv6P.U16("plen", "Payload Length", dec)
	ipv6Nxt    = ipv6P.U8("nxt", "Next Header", dec, enum(ipProtos))
	ipv6HLim   = ipv6P.U8("hlim", "Hop Limit", dec)
	ipv6Src    = newIPv6Addr("src", "src_", "Source Address", "src_host", "Source Host")
	ipv6Dst    = newIPv6Addr("dst", "dst_", "Destination Address", "dst_host", "Destination Host")
	ipv6Addr   = newIPv6Addr("addr", "", "Source or Destination Address", "host", "Source or Destination Host")
	ipv6Stream = ipv6P.U32("stream", "Stream index", dec)

	ipv6EmbedPrefix = ipv6P.Bytes("embed_ipv4_prefix", "Embedded IPv4 Prefix")
	eiIPv6Version   = ipv6P.Expert("bogus_ipv6_version", field.Malformed, field.Error, "Bogus IP version")
	eiIPv6Exceeds   = ipv6P.Expert("plen_exceeds_framing", field.Protocol, field.Warn, "IPv6 payload length does not match expected framing length")
	eiIPv6Zero      = ipv6P.Expert("plen_zero", field.Protocol, field.Chat, `IPv6 payload length equals 0 (maybe because of "TCP segmentation offload" (TSO))`)
	eiIPv6NoJumbo   = ipv6P.Expert("opt.jumbo.missing", field.Malformed, field.Error, "IPv6 payload length equals 0 and Hop-By-Hop present and Jumbo Payload option missing")
	eiIPv6SrcMulti  = ipv6P.Expert("src_addr.not_multicast", field.Protocol, field.Warn, "Source address must not be a multicast address")

	_ = ipv6P.Parse(parseIPv6).Stateful().On("ethertype", 0x86dd).On("ip.proto", 41).Calls(dataP, ipP)
	// The upper protocols are found through ip.proto.
	_ = ipv6P.Table("ip.proto")
)

// ipv6AddrFields are an address and what Wireshark derives from it.
type ipv6AddrFields struct {
	addr, space, host                               field.ID
	mflags, mTransient, mPrefix, mRP, mRes, mScope  field.ID
	special, spSource, spDest, spFwd, spGlob, spRes field.ID
	slaac, isatap, gw, sla, server, port, client    field.ID
	embed                                           field.ID
}

func newIPv6Addr(name, pre, label, host, hostLabel string) ipv6AddrFields {
	p := ipv6P
	sp := pre + "special_purpose"
	if pre == "" {
		sp = "addr_special_purpose"
	}
	side := ""
	switch pre {
	case "src_":
		side = "Source "
	case "dst_":
		side = "Destination "
	}
	return ipv6AddrFields{
		addr:       p.IPv6(name, label),
		space:      p.Str(pre+"addr_space", "Address Space"),
		host:       p.Str(host, hostLabel),
		mflags:     p.U16(pre+"multicast_flags", "Multicast Flags", hex, mask(16, 0x00f0)),
		mTransient: p.Bool(pre+"multicast_flags.transient", "Transient", mask(16, 0x0010)),
		mPrefix:    p.Bool(pre+"multicast_flags.network_prefix", "Network Prefix", mask(16, 0x0020)),
		mRP:        p.Bool(pre+"multicast_flags.embed_rp", "Rendezvous Point (RP)", mask(16, 0x0040)),
		mRes:       p.U16(pre+"multicast_flags.reserved", "Reserved", dec, mask(16, 0x0080)),
		mScope:     p.U16(pre+"multicast_scope", "Multicast Scope", hex, mask(16, 0x000f), enum(ipv6Scopes)),
		special:    p.Str(sp, "Special-Purpose Allocation"),
		spSource:   p.Bool(sp+"_source", "Source"),
		spDest:     p.Bool(sp+"_destination", "Destination"),
		spFwd:      p.Bool(sp+"_forwardable", "Forwardable"),
		spGlob:     p.Bool(sp+"_global", "Globally Reachable"),
		spRes:      p.Bool(sp+"_reserved", "Reserved-by-Protocol"),
		slaac:      p.Ether(pre+"slaac_mac", side+"SLAAC MAC"),
		isatap:     p.IPv4(pre+"isatap_ipv4", side+"ISATAP IPv4"),
		gw:         p.IPv4(pre+"6to4_gw_ipv4", side+"6to4 Gateway IPv4"),
		sla:        p.U16(pre+"6to4_sla_id", side+"6to4 SLA ID", dec),
		server:     p.IPv4(pre+"ts_ipv4", side+"Teredo Server IPv4"),
		port:       p.U16(pre+"tc_port", side+"Teredo Port", dec),
		client:     p.IPv4(pre+"tc_ipv4", side+"Teredo Client IPv4"),
		embed:      p.IPv4(pre+"embed_ipv4", side+"Embedded IPv4"),
	}
}

func (f *ipv6AddrFields) below() []field.ID {
	return []field.ID{f.space, f.mflags, f.mTransient, f.mPrefix, f.mRP, f.mRes, f.mScope, f.special, f.spSource, f.spDest, f.spFwd, f.spGlob, f.spRes}
}

var ipv6Scopes = values(val(0, "Reserved"), val(1, "Interface-Local scope"), val(2, "Link-Local scope"), val(3, "Realm-Local scope"), val(4, "Admin-Local scope"),
	val(5, "Site-Local scope"), val(8, "Organization-Local scope"), val(14, "Global scope"), val(15, "Reserved"))

func parseIPv6(c *Cursor) {
	p := c.Packet()
	at := c.Pos()
	c.SetProtocol("IPv6")
	c.ClearInfo()
	word := c.Peek32(0)
	ver := uint64(word >> 28)
	r := c.Put(ipv6Ver, at, 1, ver)
	if b := c.Label(r); b != nil {
		nibble(b, uint8(ver))
		b.S(" .... = Version: ").U(ver)
	}
	if ver != 6 {
		// Not IPv6 after all; what it is instead nobody says.
		c.ExpertText(r, eiIPv6Version, "Bogus IPv6 version")
		h := c.PutHidden(ipv6IPVer, at, 1, ver)
		if b := c.Append(h); b != nil {
			b.S(` [This field makes the filter match on "ip.version == 6" possible]`)
		}
		c.ProtoEnd(min(at+40, c.End()))
		if l := p.Layers; len(l) > 0 {
			p.Layers = l[:len(l)-1]
		}
		c.SetProtocol(etherShort(0x86dd))
		if b := c.SetInfo(); b != nil {
			b.S("IPv6")
		}
		c.Sub(dataP, at, -1)
		return
	}
	r = c.PutHidden(ipv6IPVer, at, 1, ver)
	if b := c.Append(r); b != nil {
		b.S(` [This field makes the filter match on "ip.version == 6" possible]`)
	}
	r = c.FieldAt(ipv6TClass, at, 4)
	if b := c.Append(r); b != nil {
		dsSummary(b, uint8(word>>20))
	}
	old := c.Push(r)
	c.FieldAt(ipv6DSCP, at, 4)
	c.FieldAt(ipv6ECN, at, 4)
	c.Pop(old)
	c.FieldAt(ipv6Flow, at+1, 3)
	c.Seek(at + 4)
	plen := int(c.U16(ipv6PLen))
	plenRef := c.Last()
	nxt := c.U8(ipv6Nxt)
	hlim := c.U8(ipv6HLim)
	p.TTL = int16(hlim)
	src, dst := c.BytesAt(at+8, 16), c.BytesAt(at+24, 16)
	p.Src, p.Dst = flow.NewAddr(flow.IPv6, src), flow.NewAddr(flow.IPv6, dst)
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(", Src: ").IPv6(src).S(", Dst: ").IPv6(dst)
	}
	srcRef := ipv6Address(c, &ipv6Src, at+8, src)
	if src[0] == 0xff {
		if c.Full() && srcRef >= 0 {
			srcRef++ // its address space
		}
		c.Expert(srcRef, eiIPv6SrcMulti)
	}
	ipv6Address(c, &ipv6Dst, at+24, dst)
	ipv6Derived(c, &ipv6Src, at+8, src)
	ipv6Derived(c, &ipv6Dst, at+24, dst)
	c.Seek(at + 40)
	c.ProtoEnd(at + 40)
	c.Gen(ipv6Stream, at, 0, uint64(netStream(c, flow.KIPv6)))
	ipv6Length(c, at, plen, nxt, plenRef)
	ipv6Payload(c, nxt, at)
}

// ipv6Length cuts the data to the payload length, or to the jumbo payload's.
func ipv6Length(c *Cursor, at, plen int, nxt uint8, r dissect.Ref) {
	have := c.End() - at - 40
	jumbo := 0
	if plen == 0 && nxt == 0 {
		jumbo = jumboLength(c, at+40)
	}
	switch {
	case jumbo != 0:
		if b := c.Append(r); b != nil {
			b.S(" (Jumbogram)")
		}
		plen = jumbo
	case plen == 0 && nxt == 0:
		c.Expert(r, eiIPv6NoJumbo)
		if b := c.InfoSep(" "); b != nil {
			b.S("Invalid IPv6 payload length ")
		}
	case plen == 0 && nxt != 59:
		c.Expert(r, eiIPv6Zero)
	}
	if plen > have {
		if c.Quoted() {
			return
		}
		c.ExpertText(r, eiIPv6Exceeds, "IPv6 payload length exceeds framing length ("+strconv.Itoa(have)+" bytes)")
		return
	}
	c.SetEnd(at + 40 + plen)
	setUsed(c, at+40+plen)
}

// jumboLength finds the jumbo payload option in the hop-by-hop options at pos,
// RFC 2675; 0 when there is none.
func jumboLength(c *Cursor, pos int) int {
	if !c.Has(pos + 8 - c.Pos()) {
		return 0
	}
	end := pos + (int(c.UintAt(pos+1, 1))+1)*8
	for at := pos + 2; at < end && c.Has(at+2-c.Pos()); {
		t, n := c.UintAt(at, 1), int(c.UintAt(at+1, 1))
		switch {
		case t == 0:
			at++
			continue
		case t == 0xc2 && n == 4 && c.Has(at+6-c.Pos()):
			return int(c.UintAt(at+2, 4))
		}
		at += 2 + n
	}
	return 0
}

func ipv6Address(c *Cursor, f *ipv6AddrFields, pos int, b []byte) dissect.Ref {
	own := c.FieldAt(f.addr, pos, 16)
	if wantsAny(c, f.below()) {
		old := c.Push(own)
		ipv6Below(c, f, pos, b)
		c.Pop(old)
	}
	r := c.FieldAt(ipv6Addr.addr, pos, 16)
	c.Mark(r, dissect.Hidden)
	if wantsAny(c, ipv6Addr.below()) {
		old := c.Push(r)
		ipv6Below(c, &ipv6Addr, pos, b)
		c.Pop(old)
	}
	if c.Wants(f.host) || c.Wants(ipv6Addr.host) {
		var t field.Text
		t.IPv6(b)
		c.Mark(c.PutBytes(f.host, pos, 16, t.B), dissect.Hidden)
		c.Mark(c.PutBytes(ipv6Addr.host, pos, 16, t.B), dissect.Hidden)
	}
	return own
}

func wantsAny(c *Cursor, ids []field.ID) bool {
	if c.Full() {
		return true
	}
	for _, id := range ids {
		if c.Wants(id) {
			return true
		}
	}
	return false
}

// ipv6Below records an address's class, RFC 4291, and its entry in the IANA
// special-purpose registry, RFC 6890.
func ipv6Below(c *Cursor, f *ipv6AddrFields, pos int, b []byte) {
	space, n := ipv6Space(b)
	c.PutText(f.space, pos, n, space)
	if b[0] == 0xff {
		r := c.FieldAt(f.mflags, pos, 2)
		if t := c.Append(r); t != nil {
			for i, s := range [...]string{", Rendezvous Point (RP)", ", Network Prefix", ", Transient"} {
				if b[1]&(0x40>>uint(i)) != 0 {
					t.S(s)
				}
			}
		}
		old := c.Push(r)
		c.FieldAt(f.mRes, pos, 2)
		c.FieldAt(f.mRP, pos, 2)
		c.FieldAt(f.mPrefix, pos, 2)
		c.FieldAt(f.mTransient, pos, 2)
		c.Pop(old)
		c.FieldAt(f.mScope, pos, 2)
		return
	}
	if s := ipv6SpecialOf(b); s != nil {
		r := c.PutText(f.special, pos, 16, s.name)
		old := c.Push(r)
		c.Put(f.spSource, pos, 16, b2u(s.source))
		c.Put(f.spDest, pos, 16, b2u(s.dest))
		c.Put(f.spFwd, pos, 16, b2u(s.forward))
		if s.name != "TEREDO" && s.name != "6to4" && s.name != "Unique-Local" { // not applicable there
			c.Put(f.spGlob, pos, 16, b2u(s.global))
		}
		c.Put(f.spRes, pos, 16, b2u(s.reserved))
		c.Pop(old)
	}
}

// ipv6Derived records what an address holds of another: a MAC address
// (modified EUI-64), an IPv4 address (ISATAP, 6to4, Teredo, RFC 6052).
func ipv6Derived(c *Cursor, f *ipv6AddrFields, pos int, b []byte) {
	hide := [...]dissect.Flags{0, dissect.Hidden} // the side's own field, and that of either side
	a := &ipv6Addr
	switch {
	case b[0] == 0x20 && b[1] == 0x02:
		for i, x := range [...]*ipv6AddrFields{f, a} {
			fl := hide[i]
			c.Mark(c.Gen(x.gw, pos+2, 4, c.UintAt(pos+2, 4)), fl)
			c.Mark(c.Gen(x.sla, pos+6, 2, c.UintAt(pos+6, 2)), fl)
		}
	case b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0:
		for i, x := range [...]*ipv6AddrFields{f, a} {
			fl := hide[i]
			c.Mark(c.Gen(x.server, pos+4, 4, c.UintAt(pos+4, 4)), fl)
			c.Mark(c.Gen(x.port, pos+10, 2, ^c.UintAt(pos+10, 2)&0xffff), fl)
			c.Mark(c.Gen(x.client, pos+12, 4, ^c.UintAt(pos+12, 4)&0xffffffff), fl)
		}
	case b[0] == 0xff:
	case b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe:
		for i, x := range [...]*ipv6AddrFields{f, a} {
			c.Mark(c.Gen(x.isatap, pos+12, 4, c.UintAt(pos+12, 4)), hide[i])
		}
	case b[11] == 0xff && b[12] == 0xfe:
		m := [6]byte{b[8] ^ 2, b[9], b[10], b[13], b[14], b[15]}
		for i, x := range [...]*ipv6AddrFields{f, a} {
			c.Mark(c.PutBytes(x.slaac, pos+8, 8, m[:]), hide[i]|dissect.Generated)
		}
	}
	if string(b[:12]) == ipv6WellKnown {
		c.FieldAt(ipv6EmbedPrefix, pos, 12)
		c.Gen(f.embed, pos+12, 4, c.UintAt(pos+12, 4))
		c.Gen(a.embed, pos+12, 4, c.UintAt(pos+12, 4))
	}
}

// ipv6WellKnown is the prefix of RFC 6052 for translated addresses.
const ipv6WellKnown = "\x00\x64\xff\x9b\x00\x00\x00\x00\x00\x00\x00\x00"

// ipv6Space names the address block and gives how many bytes decide it.
func ipv6Space(b []byte) (string, int) {
	switch {
	case b[0] == 0xff:
		return "Multicast", 1
	case b[0]&0xfe == 0xfc:
		return "Unique Local Unicast", 2
	case b[0] == 0xfe && b[1]&0xc0 == 0x80:
		return "Link-Local Unicast", 2
	case b[0]&0x30 == 0x20:
		return "Global Unicast", 2
	}
	return "Reserved by IETF", 2
}

type ipv6Special struct {
	prefix                                  []byte
	bits                                    int
	name                                    string
	source, dest, forward, global, reserved bool
}

// The IANA IPv6 special-purpose address registry, longest prefixes first.
var ipv6Specials = []ipv6Special{
	{append(make([]byte, 15), 1), 128, "Loopback Address", false, false, false, false, true},
	{make([]byte, 16), 128, "Unspecified Address", true, false, false, false, true},
	{[]byte{0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "Port Control Protocol Anycast", true, true, true, true, false},
	{[]byte{0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 128, "Traversal Using Relays around NAT Anycast", true, true, true, true, false},
	{[]byte{0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3}, 128, "DNS-SD Service Registration Protocol Anycast", true, true, true, true, false},
	{[]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, "IPv4-mapped Address", false, false, false, false, true},
	{[]byte{0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, 96, "IPv4-IPv6 Translat.", true, true, true, true, false},
	{[]byte{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48, "IPv4-IPv6 Translat.", true, true, true, false, false},
	{[]byte{0x20, 0x01, 0, 2, 0, 0}, 48, "Benchmarking", true, true, true, false, false},
	{[]byte{0x20, 0x01, 0, 4, 1, 0x12}, 48, "AS112-v6", true, true, true, true, false},
	{[]byte{0x26, 0x20, 0, 0x4f, 0x80, 0}, 48, "Direct Delegation AS112 Service", true, true, true, true, false},
	{[]byte{0x01, 0, 0, 0, 0, 0, 0, 1}, 64, "Dummy IPv6 Prefix", true, false, false, false, false},
	{[]byte{0x01, 0, 0, 0, 0, 0, 0, 0}, 64, "Discard-Only Address Block", true, true, true, false, false},
	{[]byte{0x20, 0x01, 0x0d, 0xb8}, 32, "Documentation", false, false, false, false, false},
	{[]byte{0x20, 0x01, 0, 3}, 32, "AMT", true, true, true, true, false},
	{[]byte{0x20, 0x01, 0, 0}, 32, "TEREDO", true, true, true, false, false},
	{[]byte{0x20, 0x01, 0, 0x30}, 28, "Drone Remote ID Protocol Entity Tags (DETs) Prefix", true, true, true, true, false},
	{[]byte{0x20, 0x01, 0, 0x20}, 28, "ORCHIDv2", true, true, true, true, false},
	{[]byte{0x3f, 0xff, 0}, 20, "Documentation", false, false, false, false, false},
	{[]byte{0x5f, 0}, 16, "Segment Routing (SRv6) SIDs", true, true, true, false, false},
	{[]byte{0x20, 0x02}, 16, "6to4", true, true, true, false, false},
	{[]byte{0xfe, 0x80}, 10, "Link-Local Unicast", true, true, false, false, true},
	{[]byte{0xfc}, 7, "Unique-Local", true, true, true, false, false},
}

func ipv6SpecialOf(b []byte) *ipv6Special {
next:
	for i := range ipv6Specials {
		s := &ipv6Specials[i]
		for k := 0; k < s.bits; k++ {
			m := byte(0x80) >> uint(k&7)
			if s.prefix[k>>3]&m != b[k>>3]&m {
				continue next
			}
		}
		return s
	}
	return nil
}
