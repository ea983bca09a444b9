// ERSPAN: mirrored frames inside GRE, types I to III
// (draft-foschiano-erspan-03). Not decoded: platform subheaders but the one of
// identifier 3.
package proto

import "sonde/capture/field"

var (
	erspanP             = protocol("erspan", "Encapsulated Remote Switch Packet ANalysis", "ERSPAN")
	erspanBso           = erspanP.U16("bso", "Bad/Short/Oversized", dec, mask(16, 0x1800), enum(erspanBsoNames))
	erspanCos           = erspanP.U16("cos", "COS", dec, mask(16, 0xe000))
	erspanDirection     = erspanP.Bool("direction", "Direction", mask(16, 0x0008), tf("Egress", "Ingress"))
	erspanEncap         = erspanP.U16("encap", "Encap", dec, mask(16, 0x1800), enum(erspanEncapNames))
	erspanFt            = erspanP.U16("ft", "Frame Type", dec, mask(16, 0x7c00), enum(values(val(0, "Ethernet"), val(2, "IP"))))
	erspanGra           = erspanP.U16("gra", "Timestamp granularity", dec, mask(16, 0x0006), enum(erspanGraNames))
	erspanHw            = erspanP.U16("hw", "Hardware ID", dec, mask(16, 0x03f0))
	erspanIndex         = erspanP.U32("index", "Index", dec, mask(32, 0x000fffff))
	erspanO             = erspanP.U16("o", "Optional Sub headers", dec, mask(16, 0x0001))
	erspanPDU           = erspanP.U16("p", "Has Ethernet PDU", dec, mask(16, 0x8000))
	erspanPid3PortIndex = erspanP.U32("pid3.port_index", "Port ID/Index", dec, mask(32, 0x00003fff))
	erspanPid3Rsvd1     = erspanP.U32("pid3.rsvd1", "Reserved", dec, mask(32, 0x03ffc000))
	erspanPid3Timestamp = erspanP.U32("pid3.timestamp", "Upper 32-bit Timestamp", dec)
	erspanPlatid        = erspanP.U32("platid", "Platform ID", dec, mask(32, 0xfc000000))
	erspanReserved      = erspanP.U32("reserved", "Reserved", dec, mask(32, 0xfff00000))
	erspanSgt           = erspanP.U16("sgt", "Security Group Tag", dec)
	erspanSpanid        = erspanP.U16("spanid", "SpanID", dec, mask(16, 0x03ff))
	erspanTimestamp     = erspanP.U32("timestamp", "Timestamp", dec)
	erspanTruncated     = erspanP.U16("truncated", "Truncated", dec, mask(16, 0x0400), enum(values(val(0, "Not truncated"), val(1, "Truncated"))))
	erspanVersion       = erspanP.U16("version", "Version", dec, mask(16, 0xf000), enum(values(val(1, "Type II"), val(2, "Type III"))))
	erspanVlan          = erspanP.U16("vlan", "Vlan", dec, mask(16, 0x0fff))

	_ = erspanP.Parse(parseERSPAN).On("gre.proto", 0x88be, 0x22eb).Calls(ethP, ipP, dataP)
)

var (
	erspanBsoNames   = values(val(0, "Good or unknown integrity"), val(1, "Short frame"), val(2, "Oversized frame"), val(3, "CRC or alignment error"))
	erspanEncapNames = values(
		val(0, "Originally without VLAN tag"),
		val(1, "Originally ISL encapsulated"),
		val(2, "Originally 802.1Q encapsulated"),
		val(3, "VLAN tag preserved in frame"),
	)
	erspanGraNames = values(val(0, "100 microseconds"), val(1, "100 nanoseconds"), val(2, "IEEE 1588"), val(3, "Custom granularity"))
)

func parseERSPAN(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("ERSPAN")
	if b := c.SetInfo(); b != nil {
		b.S("ERSPAN:")
	}
	label := func(s string) {
		if b := c.Append(c.ProtoNode()); b != nil {
			b.S(" Type ").S(s)
		}
	}
	// Type I has no header; its GRE header has neither key nor sequence number.
	if at >= 4 {
		if g := c.BytesAt(at-4, 4); g[0] == 0 && g[1] == 0 && g[2] == 0x88 && g[3] == 0xbe {
			label("I")
			c.ProtoEnd(at)
			c.Sub(ethP, at, -1)
			return
		}
	}
	switch c.Peek8(0) >> 4 {
	case 1:
		label("II")
		putBits(c, at, 2, false, []field.ID{erspanVersion, erspanVlan})
		putBits(c, at+2, 2, false, []field.ID{erspanCos, erspanEncap, erspanTruncated, erspanSpanid})
		putBits(c, at+4, 4, false, []field.ID{erspanReserved, erspanIndex})
		c.Sub(ethP, at+8, -1)
	case 2:
		label("III")
		putBits(c, at, 2, false, []field.ID{erspanVersion, erspanVlan})
		putBits(c, at+2, 2, false, []field.ID{erspanCos, erspanBso, erspanTruncated, erspanSpanid})
		c.Seek(at + 4)
		c.U32(erspanTimestamp)
		c.U16(erspanSgt)
		w := c.Peek16(0)
		putBits(c, at+10, 2, false, []field.ID{erspanPDU, erspanFt, erspanHw, erspanDirection, erspanGra, erspanO})
		next := at + 12
		if w&1 != 0 {
			c.FieldAt(erspanPlatid, next, 4)
			if c.UintAt(next, 4)>>26 == 3 {
				c.FieldAt(erspanPid3Rsvd1, next, 4)
				c.FieldAt(erspanPid3PortIndex, next, 4)
				c.FieldAt(erspanPid3Timestamp, next+4, 4)
			}
			next += 8
		}
		switch w >> 10 & 31 {
		case 0:
			c.Sub(ethP, next, -1)
		case 2:
			c.Sub(ipP, next, -1)
		default:
			c.Sub(dataP, next, -1)
		}
	default:
		c.FieldAt(erspanVersion, at, 2)
		c.Sub(dataP, at+2, -1)
	}
}
