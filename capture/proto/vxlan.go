// VXLAN, RFC 7348, with the group policy extension, and VXLAN-GPE
// (draft-ietf-nvo3-vxlan-gpe).
package proto

import "sonde/capture/dissect"

var (
	vxlanP     = protocol("vxlan", "Virtual eXtensible Local Area Network", "VXLAN")
	vxlanFlags = vxlanP.U16("flags", "Flags", hex)
	vxlanG     = vxlanP.Bool("flag_g", "GBP Extension", mask(16, 0x8000), tf("Defined", "Not defined"))
	vxlanI     = vxlanP.Bool("flag_i", "VXLAN Network ID (VNI)", mask(16, 0x0800))
	vxlanD     = vxlanP.Bool("flag_d", "Don't Learn", mask(16, 0x0040))
	vxlanA     = vxlanP.Bool("flag_a", "Policy Applied", mask(16, 0x0008))
	vxlanRes   = vxlanP.U16("flags_reserved", "Reserved(R)", hex, mask(16, 0x77b7))
	vxlanGBP   = vxlanP.U16("gbp", "Group Policy ID", dec)
	vxlanVNI   = vxlanP.U24("vni", "VXLAN Network Identifier (VNI)", dec)
	vxlanRes8  = vxlanP.U8("reserved8", "Reserved", dec)

	vxlanGFlags = vxlanP.U8("flags", "Flags", hex)
	vxlanGRes   = vxlanP.U8("flags_reserved", "Reserved(R)", dec, mask(8, 0xc2))
	vxlanVer    = vxlanP.U8("ver", "Version", dec, mask(8, 0x30))
	vxlanIBit   = vxlanP.U8("i_bit", "Instance", dec, mask(8, 0x08))
	vxlanPBit   = vxlanP.U8("p_bit", "Next Protocol Bit", dec, mask(8, 0x04))
	vxlanOBit   = vxlanP.U8("o_bit", "OAM bit", dec, mask(8, 0x01))
	vxlanRes16  = vxlanP.U16("reserved_16", "Reserved", dec)
	vxlanNext   = vxlanP.U8("next_proto", "Next Protocol", dec, enum(vxlanNexts))

	vxlanTable = vxlanP.Table("vxlan.next_proto")
	_          = vxlanP.Parse(parseVXLAN).On("udp.port", 4789, 8472).Calls(ethP)
	_          = ipP.On("vxlan.next_proto", 1)
	_          = ipv6P.On("vxlan.next_proto", 2)
	_          = ethP.On("vxlan.next_proto", 3)

	// vxlanGPE shares name and fields; it has the port of its own.
	_          = dissect.Alias(vxlanP).Parse(parseVXLANGPE).On("udp.port", 4790).Calls(vxlanP)
	vxlanNexts = values(val(1, "IPv4"), val(2, "IPv6"), val(3, "Ethernet"), val(4, "Network Service Header"), val(5, "Multi-Protocol Label Switching"),
		val(7, "Virtual Bridge Encapsulation"))
)

func parseVXLAN(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("VxLAN")
	c.ClearInfo()
	flags := c.Word(vxlanFlags, 2, vxlanG, vxlanI, vxlanD, vxlanA, vxlanRes)
	if b := c.Append(c.Last()); b != nil {
		for _, f := range [...]struct {
			bit  uint64
			name string
		}{{0x8000, "GBP Extension"}, {0x0800, "VXLAN Network ID (VNI)"}, {0x0040, "Don't Learn"}, {0x0008, "Policy Applied"}} {
			if flags&f.bit != 0 {
				b.S(", ").S(f.name)
			}
		}
	}
	c.U16(vxlanGBP)
	c.U24(vxlanVNI)
	c.U8(vxlanRes8)
	c.ProtoEnd(at + 8)
	c.Sub(ethP, at+8, -1)
}

func parseVXLANGPE(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("VxLAN")
	c.ClearInfo()
	flags := c.Word(vxlanGFlags, 1, vxlanGRes, vxlanVer, vxlanIBit, vxlanPBit, vxlanOBit)
	c.U16(vxlanRes16)
	next := c.U8(vxlanNext)
	c.U24(vxlanVNI)
	c.U8(vxlanRes8)
	c.ProtoEnd(at + 8)
	if flags&4 == 0 || !c.Next(vxlanTable, uint64(next), at+8, -1) {
		c.Sub(dataP, at+8, -1)
	}
}
