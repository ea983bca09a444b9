// VRRP: RFC 2338 and 3768 (version 2), RFC 5798 (version 3).
package proto

import (
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	vrrpP              = protocol("vrrp", "Virtual Router Redundancy Protocol", "VRRP")
	vrrpTypever        = vrrpP.U8("typever", "VRRP message version and type", dec)
	vrrpVersion        = vrrpP.U8("version", "VRRP protocol version", dec, mask(8, 0xf0))
	vrrpType           = vrrpP.U8("type", "VRRP packet type", dec, mask(8, 0xf), enum(values(val(1, "Advertisement"))))
	vrrpVirtRtrId      = vrrpP.U8("virt_rtr_id", "Virtual Rtr ID", dec)
	vrrpPrio           = vrrpP.U8("prio", "Priority", dec)
	vrrpAddrCount      = vrrpP.U8("addr_count", "Addr Count", dec)
	vrrpChecksum       = vrrpP.U16("checksum", "Checksum", hex)
	vrrpChecksumStatus = vrrpP.U8("checksum.status", "Checksum Status", noBase, enum(checksumStatus), enumOnly)
	vrrpAuthType       = vrrpP.U8("auth_type", "Auth Type", dec, enum(values(val(0, "No Authentication"),
		val(1, "Simple Text Authentication [RFC 2338] / Reserved [RFC 3768]"),
		val(2, "IP Authentication Header [RFC 2338] / Reserved [RFC 3768]"),
		val(254, "Cisco VRRP MD5 authentication"))))
	vrrpAdverInt      = vrrpP.U8("adver_int", "Adver Int", dec)
	vrrpReservedMbz   = vrrpP.U8("reserved_mbz", "Reserved", dec, mask(8, 0xf0))
	vrrpShortAdverInt = vrrpP.U16("short_adver_int", "Adver Int", dec, mask(16, 0xfff))
	vrrpIpAddr        = vrrpP.IPv4("ip_addr", "IP Address")
	vrrpIpv6Addr      = vrrpP.IPv6("ipv6_addr", "IPv6 Address")
	vrrpAuthString    = vrrpP.Str("auth_string", "Authentication String")
	vrrpMd5AuthData   = vrrpP.Bytes("md5_auth_data", "MD5 Authentication Data")

	eiVRRPSum = vrrpP.Expert("checksum_bad.expert", field.Checksum, field.Warn, "Bad checksum")

	_ = vrrpP.Parse(parseVRRP).On("ip.proto", 112)
)

func parseVRRP(c *Cursor) {
	p := c.Packet()
	at := c.Pos()
	c.SetProtocol("VRRP")
	first := c.Peek8(0)
	version, kind := first>>4, first&15
	if b := c.SetInfo(); b != nil {
		b.S(pick(kind == 1, "Announcement (v", "Unknown (v")).U(uint64(version)).C(')')
	}
	r := c.FieldAt(vrrpTypever, at, 1)
	if b := c.Label(r); b != nil {
		b.S("Version ").U(uint64(version)).S(", Packet type ").U(uint64(kind)).S(" (").
			S(field.Get(vrrpType).Enum.Text(uint64(kind), "Unknown")).C(')')
	}
	old := c.Push(r)
	c.FieldAt(vrrpVersion, at, 1)
	c.FieldAt(vrrpType, at, 1)
	c.Pop(old)
	c.Skip(1)
	if kind != 1 {
		return
	}
	c.U8(vrrpVirtRtrId)
	prio := c.U8(vrrpPrio)
	if b := c.Append(c.Last()); b != nil {
		switch prio {
		case 0:
			b.S(" (Current Master has stopped participating in VRRP)")
		case 100:
			b.S(" (Default priority for a backup VRRP router)")
		case 255:
			b.S(" (This VRRP router owns the virtual router's IP address(es))")
		default:
			b.S(" (Non-default backup priority)")
		}
	}
	n := int(c.U8(vrrpAddrCount))
	var auth uint8
	var sum uint64
	if version == 3 {
		c.FieldAt(vrrpReservedMbz, c.Pos(), 1)
		c.Field(vrrpShortAdverInt, 2)
		if p.Src.Kind == flow.IPv6 {
			sum = pseudoSum(&p.Src, &p.Dst, c.Len(), 112)
		}
	} else {
		auth = c.U8(vrrpAuthType)
		c.U8(vrrpAdverInt)
	}
	icmpSum(c, at, c.Len(), sum, vrrpChecksum, vrrpChecksumStatus, eiVRRPSum)
	for ; n > 0; n-- {
		if p.Src.Kind == flow.IPv6 {
			c.Field(vrrpIpv6Addr, 16)
		} else {
			c.Field(vrrpIpAddr, 4)
		}
	}
	switch auth {
	case 1:
		textUpToNUL(c, vrrpAuthString, 8)
	case 254:
		c.Field(vrrpMd5AuthData, 16)
	}
}
