// 802.1Q tags, and 802.1ad's service tags under the same name. Not decoded:
// the three bytes of a tagged length field's LLC.
package proto

import "sonde/capture/field"

var (
	vlanP    = protocol("vlan", "802.1Q Virtual LAN", "VLAN")
	vlanPri  = vlanP.U16("priority", "Priority", dec, mask(16, 0xe000), enum(vlanPriorities))
	vlanDEI  = vlanP.Bool("dei", "DEI", mask(16, 0x1000), tf("Eligible", "Ineligible"))
	vlanID   = vlanP.U16("id", "ID", dec, mask(16, 0x0fff))
	vlanType = vlanP.U16("etype", "Type", hex, enum(etherTypes))
	vlanLen  = vlanP.U16("len", "Length", dec)
	vlanTrl  = vlanP.Bytes("trailer", "Trailer")

	eiVlanLen = vlanP.Expert("len.past_end", field.Malformed, field.Error, "Length field value goes past the end of the payload")

	_ = vlanP.Parse(parseVLAN).On("ethertype", 0x8100, 0x9100, 0x9200).Calls(etherTypeP, llcP, dataP)

	vlanPriorities = values(val(0, "Best Effort (default)"), val(1, "Background"), val(2, "Spare"), val(3, "Excellent Effort"), val(4, "Controlled Load"),
		val(5, "Video, < 100ms latency and jitter"), val(6, "Voice, < 10ms latency and jitter"), val(7, "Network Control"))

	ieee8021adP    = protocol("ieee8021ad", "IEEE 802.1ad", "IEEE 802.1AD")
	ieee8021adPri  = ieee8021adP.U16("priority", "Priority", dec, mask(16, 0xe000))
	ieee8021adDEI  = ieee8021adP.U16("dei", "DEI", dec, mask(16, 0x1000))
	ieee8021adID   = ieee8021adP.U16("id", "ID", dec, mask(16, 0x0fff))
	ieee8021adType = ieee8021adP.U16(":ieee8021ah.etype", "Type", hex, enum(etherTypes))
	ieee8021adTrl  = ieee8021adP.Bytes(":ieee8021ah.trailer", "Trailer")
	_              = ieee8021adP.Parse(parse8021ad).On("ethertype", 0x88a8).Calls(etherTypeP)
)

func parseVLAN(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("VLAN")
	tci := c.Peek16(0)
	c.ProtoEnd(at + 4)
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(", PRI: ").U(uint64(tci >> 13)).S(", DEI: ").U(uint64(tci >> 12 & 1)).S(", ID: ").U(uint64(tci & 0xfff))
	}
	if b := c.SetInfo(); b != nil {
		b.S("PRI: ").U(uint64(tci >> 13)).S("  DEI: ").U(uint64(tci >> 12 & 1)).S("  ID: ").U(uint64(tci & 0xfff))
	}
	c.FieldAt(vlanPri, at, 2)
	c.FieldAt(vlanDEI, at, 2)
	c.FieldAt(vlanID, at, 2)
	c.Seek(at + 2)
	typ := c.Peek16(0)
	if typ > 1500 {
		c.U16(vlanType)
		nextEtherType(c, typ, at+4, vlanTrl)
		return
	}
	r := c.Field(vlanLen, 2)
	if int(typ) > c.Left() {
		c.Expert(r, eiVlanLen)
	}
	nextLLC(c, at+4, min(int(typ), c.Left()), vlanTrl)
}

func parse8021ad(c *Cursor) {
	at := c.Pos()
	tci := c.Peek16(0)
	c.ProtoEnd(at + 4)
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(", ID: ").U(uint64(tci & 0xfff))
	}
	if b := c.SetInfo(); b != nil {
		b.S("PRI: ").U(uint64(tci >> 13)).S("  DROP: ").U(uint64(tci >> 12 & 1)).S("  ID: ").U(uint64(tci & 0xfff))
	}
	c.SetProtocol("IEEE 802.1AD")
	c.Put(ieee8021adPri, at, 1, uint64(tci>>13))
	c.Put(ieee8021adDEI, at, 1, uint64(tci>>12&1))
	c.FieldAt(ieee8021adID, at, 2)
	c.Seek(at + 2)
	typ := c.U16(ieee8021adType)
	nextEtherType(c, typ, at+4, ieee8021adTrl)
}
