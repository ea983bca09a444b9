// Geneve, RFC 8926. Not decoded: the contents of options.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	geneveP                   = protocol("geneve", "Generic Network Virtualization Encapsulation", "Geneve")
	geneveFlags               = geneveP.U8("flags", "Flags", hex)
	geneveFlagsCritical       = geneveP.Bool("flags.critical", "Critical Options Present", mask(8, 0x40))
	geneveFlagsOam            = geneveP.Bool("flags.oam", "Operations, Administration and Management Frame", mask(8, 0x80))
	geneveFlagsReserved       = geneveP.Bool("flags.reserved", "Reserved", mask(8, 0x3f))
	geneveOption              = geneveP.Bytes("option", "Option")
	geneveOptionClass         = geneveP.U16("option.class", "Class", hex, enum(geneveOptionClassNames))
	geneveOptionFlags         = geneveP.U8("option.flags", "Flags", hex)
	geneveOptionFlagsReserved = geneveP.Bool("option.flags.reserved", "Reserved", mask(8, 0xe0))
	geneveOptionLength        = geneveP.U8("option.length", "Length", dec, unit(" bytes", " byte"))
	geneveOptionType          = geneveP.U8("option.type", "Type", hex)
	geneveOptionTypeCritical  = geneveP.Bool("option.type.critical", "Critical Option", mask(8, 0x80))
	geneveOptionUnknownData   = geneveP.Bytes("option.unknown.data", "Unknown Option Data")
	geneveOptions             = geneveP.Bytes("options", "Geneve Options")
	geneveReserved            = geneveP.U8("reserved", "Reserved", hex)
	geneveVersion             = geneveP.U8("version", "Version", dec)
	geneveVni                 = geneveP.U24("vni", "Virtual Network Identifier (VNI)", hexDec)
	geneveProtoType           = geneveP.U16("proto_type", "Protocol Type", hex, enum(etherTypes))

	geneveTable = geneveP.Table("ethertype")
	_           = geneveP.Parse(parseGeneve).On("udp.port", 6081).Calls(ethP, dataP)
)

var (
	geneveOptionClassNames = ranges(
		span(0, 255, "Standard"),
		span(256, 256, "Linux"),
		span(257, 257, "Open vSwitch"),
		span(258, 258, "Open Virtual Networking (OVN)"),
		span(259, 259, "In-band Network Telemetry (INT)"),
		span(260, 260, "VMware"),
		span(261, 261, "Amazon.com, Inc."),
		span(262, 262, "Cisco Systems, Inc."),
		span(263, 263, "Oracle Corporation"),
		span(264, 272, "Amazon.com, Inc."),
		span(273, 280, "IBM"),
		span(281, 296, "Ericsson"),
		span(297, 297, "Oxide Computer Company"),
		span(304, 305, "Cisco Systems, Inc."),
		span(306, 309, "Google LLC"),
		span(310, 310, "InfoQuick Global Connection Tech Ltd."),
		span(311, 320, "Alibaba, inc"),
		span(321, 324, "Palo Alto Networks"),
		span(325, 329, "Huawei Technologies Co., Ltd"),
		span(330, 330, "EMnify GmbH"),
		span(331, 331, "Cilium"),
		span(332, 332, "Corelight, Inc."),
		span(333, 333, "1NCE GmbH"),
		span(334, 343, "Cloud of China Telecom (CTYUN)"),
		span(344, 353, "Volcengine, inc"),
		span(354, 354, "nat64.net"),
		span(355, 355, "Multi Segment SD-WAN"),
		span(356, 356, "cPacket Networks, Inc."),
		span(357, 359, "Tencent"),
		span(360, 360, "ExtraHop Networks, Inc."),
		span(361, 361, "Soosan INT Co., Ltd."),
		span(362, 65279, "Unassigned"),
		span(65520, 65535, "Experimental"),
	)
)

func parseGeneve(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("Geneve")
	c.ClearInfo()
	n := int(c.Peek8(0)&0x3f) * 4
	typ, vni := c.Peek16(2), c.Peek24(4)
	if b := c.SetInfo(); b != nil {
		b.S("Encapsulated ").S(etherTypes.Text(uint64(typ), "Unknown"))
	}
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(", VNI: ").X(uint64(vni), 6)
	}
	c.ProtoEnd(at + 8 + n)
	c.Put(geneveVersion, at, 1, uint64(c.Peek8(0)>>6))
	c.Put(geneveOptionLength, at, 1, uint64(n))
	c.Skip(1)
	bitWordBE(c, geneveFlags, 1, []field.ID{geneveFlagsOam, geneveFlagsCritical, geneveFlagsReserved})
	c.U16(geneveProtoType)
	c.U24(geneveVni)
	c.Mark(c.Field(geneveReserved, 1), dissect.Hidden)
	if n > 0 {
		geneveOptionList(c, at+8+n)
	}
	next := at + 8 + n
	if typ == 0x6558 {
		c.Sub(ethP, next, -1)
	} else if !c.Next(geneveTable, uint64(typ), next, -1) {
		c.Sub(dataP, next, -1)
	}
}

func geneveOptionList(c *Cursor, end int) {
	at := c.Pos()
	all := c.FieldAt(geneveOptions, at, end-at)
	if b := c.Label(all); b != nil {
		b.S("Options: (").I(int64(end - at)).S(" bytes)")
	}
	old := c.Push(all)
	defer c.Pop(old)
	for c.Pos()+4 <= end {
		pos := c.Pos()
		class, typ, n := c.Peek16(0), c.Peek8(2), 4+int(c.Peek8(3)&0x1f)*4
		if pos+n > end {
			return
		}
		o := c.FieldAt(geneveOption, pos, n)
		critical := pick(typ&0x80 != 0, " (Critical)", " (Non-critical)")
		if b := c.Label(o); b != nil {
			b.S("Unknown, Class: ").S(geneveOptionClassNames.Text(uint64(class), "Unknown")).S(" (").X(uint64(class), 4).S(") Type: ").X(uint64(typ), 2).S(critical)
		}
		in := c.Push(o)
		c.U16(geneveOptionClass)
		t := c.Field(geneveOptionType, 1)
		if b := c.Append(t); b != nil {
			b.S(critical)
		}
		c.Mark(c.FieldAt(geneveOptionTypeCritical, pos+2, 1), dissect.Hidden)
		f := c.PutHidden(geneveOptionFlags, pos+3, 1, uint64(c.BytesAt(pos+3, 1)[0]&0xe0))
		flags := c.Push(f)
		c.FieldAt(geneveOptionFlagsReserved, pos+3, 1)
		c.Pop(flags)
		c.Put(geneveOptionLength, pos+3, 1, uint64(n))
		if n > 4 {
			c.FieldAt(geneveOptionUnknownData, pos+4, n-4)
		}
		c.Pop(in)
		c.Seek(pos + n)
	}
}
