// Cisco's Hot Standby Router Protocol: version 1 (RFC 2281) with its
// advertisements, and version 2.
package proto

import (
	"bytes"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	hsrpP             = protocol("hsrp", "Cisco Hot Standby Router Protocol", "HSRP")
	hsrpVersion       = hsrpP.U8("version", "Version", dec)
	hsrpOpcode        = hsrpP.U8("opcode", "Op Code", dec, enum(values(val(0, "Hello"), val(1, "Coup"), val(2, "Resign"), val(3, "Advertise"))))
	hsrpState         = hsrpP.U8("state", "State", dec, enum(values(val(0, "Initial"), val(1, "Learn"), val(2, "Listen"), val(4, "Speak"), val(8, "Standby"), val(16, "Active"))))
	hsrpHellotime     = hsrpP.U8("hellotime", "Hellotime", dec)
	hsrpHoldtime      = hsrpP.U8("holdtime", "Holdtime", dec)
	hsrpPriority      = hsrpP.U8("priority", "Priority", dec)
	hsrpGroup         = hsrpP.U8("group", "Group", dec)
	hsrpReserved      = hsrpP.U8("reserved", "Reserved", dec)
	hsrpAuthData      = hsrpP.Str("auth_data", "Authentication Data")
	hsrpVirtIp        = hsrpP.IPv4("virt_ip", "Virtual IP Address")
	hsrpAdvTlvtype    = hsrpP.U16("adv.tlvtype", "Adv type", dec, enum(values(val(1, "HSRP interface state"), val(2, "IP redundancy"))))
	hsrpAdvTlvlength  = hsrpP.U16("adv.tlvlength", "Adv length", dec)
	hsrpAdvState      = hsrpP.U8("adv.state", "Adv state", dec, enum(values(val(1, "Dormant"), val(2, "Passive"), val(3, "Active"))))
	hsrpAdvReserved1  = hsrpP.U8("adv.reserved1", "Adv reserved1", dec)
	hsrpAdvActivegrp  = hsrpP.U16("adv.activegrp", "Adv active groups", dec)
	hsrpAdvPassivegrp = hsrpP.U16("adv.passivegrp", "Adv passive groups", dec)
	hsrpAdvReserved2  = hsrpP.U32("adv.reserved2", "Adv reserved2", dec)
	hsrpMd5IpAddress  = hsrpP.IPv4("md5_ip_address", "Sender's IP Address")
	hsrp2Version      = hsrpP.U8(":hsrp2.version", "Version", dec)
	hsrp2Opcode       = hsrpP.U8(":hsrp2.opcode", "Op Code", dec, enum(values(val(0, "Hello"), val(1, "Coup"), val(2, "Resign"))))
	hsrp2State        = hsrpP.U8(":hsrp2.state", "State", dec, enum(values(val(1, "Init"),
		val(2, "Learn"),
		val(3, "Listen"),
		val(4, "Speak"),
		val(5, "Standby"),
		val(6, "Active"))))
	hsrp2GroupStateTlv     = hsrpP.U8(":hsrp2.group_state_tlv", "Group State TLV", dec)
	hsrp2InterfaceStateTlv = hsrpP.U8(":hsrp2.interface_state_tlv", "Interface State TLV", dec)
	hsrp2TextAuthTlv       = hsrpP.U8(":hsrp2.text_auth_tlv", "Text Authentication TLV", dec)
	hsrp2Md5AuthTlv        = hsrpP.U8(":hsrp2.md5_auth_tlv", "MD5 Authentication TLV", dec)
	hsrp2Ipversion         = hsrpP.U8(":hsrp2.ipversion", "IP Ver.", dec, enum(values(val(4, "IPv4"), val(6, "IPv6"))))
	hsrp2Group             = hsrpP.U16(":hsrp2.group", "Group", dec)
	hsrp2Identifier        = hsrpP.Ether(":hsrp2.identifier", "Identifier")
	hsrp2Hellotime         = hsrpP.U32(":hsrp2.hellotime", "Hellotime", dec)
	hsrp2Holdtime          = hsrpP.U32(":hsrp2.holdtime", "Holdtime", dec)
	hsrp2Priority          = hsrpP.U32(":hsrp2.priority", "Priority", dec)
	hsrp2AuthData          = hsrpP.Str(":hsrp2.auth_data", "Authentication Data")
	hsrp2VirtIp            = hsrpP.IPv4(":hsrp2.virt_ip", "Virtual IP Address")
	hsrp2VirtIpV6          = hsrpP.IPv6(":hsrp2.virt_ip_v6", "Virtual IPv6 Address")
	hsrp2ActiveGroups      = hsrpP.U16(":hsrp2.active_groups", "Active Groups", dec)
	hsrp2PassiveGroups     = hsrpP.U16(":hsrp2.passive_groups", "Passive Groups", dec)
	hsrp2Md5Algorithm      = hsrpP.U8(":hsrp2.md5_algorithm", "MD5 Algorithm", dec, enum(values(val(1, "MD5"))))
	hsrp2Md5Padding        = hsrpP.U8(":hsrp2.md5_padding", "Padding", hex)
	hsrp2Md5Flags          = hsrpP.U16(":hsrp2.md5_flags", "MD5 Flags", dec)
	hsrp2Md5KeyId          = hsrpP.U32(":hsrp2.md5_key_id", "MD5 Key ID", dec)
	hsrp2Md5AuthData       = hsrpP.Bytes(":hsrp2.md5_auth_data", "MD5 Authentication Data")

	eiHSRPTLV = hsrpP.Expert("unknown_tlv", field.Protocol, field.Warn, "Unknown TLV sequence (HSRPv1)")

	_ = hsrpP.Parse(parseHSRP).On("udp.port", 1985, 2029)
)

func parseHSRP(c *Cursor) {
	p := c.Packet()
	if p.DstPort == 2029 || p.Dst.Kind == flow.IPv4 && p.Dst == flow.NewAddr(flow.IPv4, []byte{224, 0, 0, 102}) {
		c.SetProtocol("HSRPv2")
		hsrp2(c)
		return
	}
	c.SetProtocol("HSRP")
	op := c.Peek8(1)
	name := field.Get(hsrpOpcode).Enum.Text(uint64(op), "Unknown")
	if b := c.SetInfo(); b != nil {
		b.S(name)
	}
	c.U8(hsrpVersion)
	c.U8(hsrpOpcode)
	switch {
	case op < 3:
		if b := c.Info(); b != nil {
			b.S(" (state ").S(field.Get(hsrpState).Enum.Text(uint64(c.Peek8(0)), "Unknown")).C(')')
		}
		c.U8(hsrpState)
		hsrpTime(c, hsrpHellotime, 1, 3)
		hsrpTime(c, hsrpHoldtime, 1, 10)
		c.U8(hsrpPriority)
		c.U8(hsrpGroup)
		c.U8(hsrpReserved)
		hsrpKey(c, hsrpAuthData)
		c.Field(hsrpVirtIp, 4)
		if c.Left() > 0 {
			if c.Peek8(0) == 4 && int(c.Peek8(1)) == c.Left()-2 {
				hsrpMD5(c, 28)
			} else {
				if b := c.Text(c.Pos(), c.Left()); b != nil {
					b.S("Unknown TLV sequence (HSRPv1)")
				}
				c.Expert(c.Last(), eiHSRPTLV)
			}
		}
	case op == 3:
		kind := c.Peek16(0)
		b := c.Info()
		c.U16(hsrpAdvTlvtype)
		c.U16(hsrpAdvTlvlength)
		if kind != 1 {
			if b != nil {
				b.S(" (Unknown TLV)")
			}
			return
		}
		if b != nil {
			b.S(" (state ").S(field.Get(hsrpAdvState).Enum.Text(uint64(c.Peek8(0)), "Unknown")).C(')')
		}
		c.U8(hsrpAdvState)
		c.U8(hsrpAdvReserved1)
		c.U16(hsrpAdvActivegrp)
		c.U16(hsrpAdvPassivegrp)
		c.U32(hsrpAdvReserved2)
	}
}

// hsrpTime reads a time and says whether it is the default.
func hsrpTime(c *Cursor, f field.ID, n int, def uint64) {
	v := c.UintAt(c.Pos(), n)
	r := c.Field(f, n)
	if b := c.Label(r); b != nil {
		b.S(field.Get(f).Label).S(pick(v == def, ": Default (", ": Non-Default (")).U(v).C(')')
	}
}

// hsrpKey reads the password, in clear.
func hsrpKey(c *Cursor, f field.ID) {
	s, r := textUpToNUL(c, f, 8)
	if b := c.Label(r); b != nil {
		b.S(pick(s == "cisco", "Authentication Data: Default (", "Authentication Data: Non-Default (")).PrintableString(s).C(')')
	}
}

// textUpToNUL reads a text in n bytes that a NUL may end earlier.
func textUpToNUL(c *Cursor, f field.ID, n int) (string, dissect.Ref) {
	text := c.PeekBytes(0, n)
	if i := bytes.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	s := ""
	if c.Full() || c.Wants(f) {
		s = string(text)
	}
	r := c.PutText(f, c.Pos(), n, s)
	c.Skip(n)
	return s, r
}

// hsrpTLV opens the line of a version 2 element of n bytes of value.
func hsrpTLV(c *Cursor, f field.ID, kind, n int) dissect.Ref {
	at := c.Pos()
	r := c.Put(f, at, n+2, uint64(kind))
	if b := c.Label(r); b != nil {
		b.S(field.Get(f).Label).S(": Type=").U(uint64(kind)).S(" Len=").U(uint64(n))
	}
	c.Skip(2)
	return c.Push(r)
}

func hsrpMD5(c *Cursor, n int) {
	old := hsrpTLV(c, hsrp2Md5AuthTlv, 4, n)
	c.U8(hsrp2Md5Algorithm)
	c.U8(hsrp2Md5Padding)
	c.U16(hsrp2Md5Flags)
	c.Field(hsrpMd5IpAddress, 4)
	c.U32(hsrp2Md5KeyId)
	c.Field(hsrp2Md5AuthData, 16)
	c.Pop(old)
}

// hsrp2 reads version 2: elements of one byte of type, one of length, a value.
func hsrp2(c *Cursor) {
	b := c.SetInfo()
	for c.Left() > 0 {
		at, kind, n := c.Pos(), int(c.Peek8(0)), int(c.Peek8(1))
		switch {
		case kind == 1 && n == 40:
			if b != nil {
				b.S(field.Get(hsrp2Opcode).Enum.Text(uint64(c.Peek8(3)), "Unknown")).S(" (state ").
					S(field.Get(hsrp2State).Enum.Text(uint64(c.Peek8(4)), "Unknown")).C(')')
			}
			old := hsrpTLV(c, hsrp2GroupStateTlv, kind, n)
			v6 := c.Peek8(3) == 6
			for _, f := range [...]field.ID{hsrp2Version, hsrp2Opcode, hsrp2State, hsrp2Ipversion} {
				c.U8(f)
			}
			c.U16(hsrp2Group)
			c.Field(hsrp2Identifier, 6)
			c.U32(hsrp2Priority)
			hsrpTime(c, hsrp2Hellotime, 4, 3000)
			hsrpTime(c, hsrp2Holdtime, 4, 10000)
			if v6 {
				c.Field(hsrp2VirtIpV6, 16)
			} else {
				c.Field(hsrp2VirtIp, 4)
			}
			c.Pop(old)
		case kind == 2 && n == 4:
			if b != nil {
				b.S("Interface State TLV (Act=").U(uint64(c.Peek16(2))).S(" Pass=").U(uint64(c.Peek16(4))).C(')')
			}
			old := hsrpTLV(c, hsrp2InterfaceStateTlv, kind, n)
			c.U16(hsrp2ActiveGroups)
			c.U16(hsrp2PassiveGroups)
			c.Pop(old)
		case kind == 3 && n == 8:
			old := hsrpTLV(c, hsrp2TextAuthTlv, kind, n)
			hsrpKey(c, hsrp2AuthData)
			c.Pop(old)
		case kind == 4 && n == 28:
			hsrpMD5(c, n)
		default:
			if b := c.Text(at, n); b != nil {
				b.S("Unknown TLV: Type=").U(uint64(kind)).S(" Len=").U(uint64(n))
			}
		}
		c.Seek(at + n + 2)
	}
}
