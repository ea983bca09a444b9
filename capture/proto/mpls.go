// MPLS label stacks, RFC 3032, over IP and Ethernet pseudowires (RFC 4385,
// 4448). Not decoded: OAM and other pseudowires.
package proto

import "sonde/capture/field"

var (
	mplsP      = protocol("mpls", "MultiProtocol Label Switching Header", "MPLS")
	mplsLabel  = mplsP.U32("label", "MPLS Label", field.DecHex, mask(32, 0xfffff000), enum(mplsSpecial))
	mplsExp    = mplsP.U32("exp", "MPLS Experimental Bits", dec, mask(32, 0x00000e00))
	mplsBottom = mplsP.U32("bottom", "MPLS Bottom Of Label Stack", dec, mask(32, 0x00000100))
	mplsTTL    = mplsP.U32("ttl", "MPLS TTL", dec, mask(32, 0x000000ff))

	_ = mplsP.Expert("invalid_label", field.Protocol, field.Warn, "Invalid Label")

	_ = mplsP.Parse(parseMPLS).On("ethertype", 0x8847, 0x8848).On("gre.proto", 0x8847, 0x8848).On("udp.port", 6635).On("ip.proto", 137).Calls(ipP, ipv6P, ethP, dataP)

	// pwEthP is an Ethernet pseudowire behind a label stack, with or without
	// its control word.
	pwEthP = protocol("pwethnocw", "PW Ethernet (no CW)", "PW Ethernet (no CW)")
	_      = pwEthP.Parse(func(c *Cursor) { c.ProtoEnd(c.Start()); c.Sub(ethP, c.Pos(), -1) }).Calls(ethP)

	mplsSpecial = values(val(0, "IPv4 Explicit-Null"), val(1, "Router Alert"), val(2, "IPv6 Explicit-Null"), val(3, "Implicit-Null"),
		val(7, "Entropy Label Indicator (ELI)"), val(13, "Generic Associated Channel Label (GAL)"), val(14, "OAM Alert"))
)

func parseMPLS(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("MPLS")
	if b := c.SetInfo(); b != nil {
		b.S("MPLS Label Switched Packet")
	}
	w := c.Peek32(0)
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(", Label: ").U(uint64(w >> 12))
		if s, ok := mplsSpecial.Lookup(uint64(w >> 12)); ok && w>>12 < 16 {
			b.S(" (").S(s).C(')')
		}
		b.S(", Exp: ").U(uint64(w >> 9 & 7)).S(", S: ").U(uint64(w >> 8 & 1)).S(", TTL: ").U(uint64(w & 0xff))
	}
	c.ProtoEnd(at + 4)
	r := c.FieldAt(mplsLabel, at, 4)
	if _, ok := mplsSpecial.Lookup(uint64(w >> 12)); !ok {
		if b := c.Label(r); b != nil {
			field.Get(mplsLabel).BitPattern(b, uint64(w>>12))
			b.S("MPLS Label: ").U(uint64(w>>12)).S(" (").X(uint64(w>>12), 5).C(')')
		}
	}
	c.FieldAt(mplsExp, at, 4)
	c.FieldAt(mplsBottom, at, 4)
	c.FieldAt(mplsTTL, at, 4)
	c.Skip(4)
	if w&0x100 == 0 {
		c.Sub(mplsP, at+4, -1)
		return
	}
	if !c.Has(1) {
		return
	}
	switch c.Peek8(0) >> 4 {
	case 4:
		c.Sub(ipP, at+4, -1)
	case 6:
		c.Sub(ipv6P, at+4, -1)
	default:
		if c.CapLeft() >= 14 {
			c.Sub(pwEthP, at+4, -1)
			return
		}
		c.Sub(dataP, at+4, -1)
	}
}
