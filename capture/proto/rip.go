// RIP: RFC 1058 and 2453, with the authentication of RFC 2082.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	ripP       = protocol("rip", "Routing Information Protocol", "RIP")
	ripCommand = ripP.U8("command", "Command", dec, enum(values(val(1, "Request"),
		val(2, "Response"),
		val(3, "Traceon"),
		val(4, "Traceoff"),
		val(5, "Vendor specific (Sun)"))))
	ripVersion            = ripP.U8("version", "Version", dec, enum(values(val(1, "RIPv1"), val(2, "RIPv2"))))
	ripIp                 = ripP.IPv4("ip", "IP Address")
	ripNetmask            = ripP.IPv4("netmask", "Netmask")
	ripNextHop            = ripP.IPv4("next_hop", "Next Hop")
	ripMetric             = ripP.U16("metric", "Metric", dec)
	ripAuthType           = ripP.U16("auth.type", "Authentication type", dec, enum(values(val(1, "IP Route"), val(2, "Simple Password"), val(3, "Keyed Message Digest"))))
	ripAuthPasswd         = ripP.Str("auth.passwd", "Password")
	ripFamily             = ripP.U16("family", "Address Family", dec, enum(values(val(0, "Unspecified"), val(2, "IP"))))
	ripRouteTag           = ripP.U16("route_tag", "Route Tag", dec)
	ripZeroPadding        = ripP.Str("zero_padding", "Zero adding")
	ripDigestOffset       = ripP.U16("digest_offset", "Digest Offset", dec)
	ripKeyId              = ripP.U8("key_id", "Key ID", dec)
	ripAuthDataLen        = ripP.U8("auth_data_len", "Auth Data Len", dec)
	ripSeqNum             = ripP.U32("seq_num", "Seq num", dec)
	ripAuthenticationData = ripP.Bytes("authentication_data", "Authentication Data")

	eiRIPFamily = ripP.Expert("unknown_address_family", field.Protocol, field.Warn, "Unknown address family")

	_ = ripP.Parse(parseRIP).On("udp.port", 520)
)

func parseRIP(c *Cursor) {
	cmd, version := uint64(c.Peek8(0)), uint64(c.Peek8(1))
	if c.Columns() {
		c.SetProtocol(field.Get(ripVersion).Enum.Text(version, "RIP"))
	}
	if b := c.SetInfo(); b != nil {
		b.S(field.Get(ripCommand).Enum.Text(cmd, "Unknown command ("+itoa(int(cmd))+")"))
	}
	c.U8(ripCommand)
	c.U8(ripVersion)
	c.Skip(2)
	for trailer := 0; c.Left() > trailer; {
		at := c.Pos()
		family := c.Peek16(0)
		switch family {
		case 0, 2:
			ripEntry(c, at, version, family == 2)
		case 0xffff:
			trailer = 20
			ripAuth(c, at)
		default:
			if b := c.Text(at, min(20, c.Left())); b != nil {
				b.S("Unknown address family ").U(uint64(family))
			}
			c.ExpertText(c.Last(), eiRIPFamily, "Unknown address family "+itoa(int(family)))
		}
		c.Seek(at + 20)
	}
}

// ripEntry reads one route.
func ripEntry(c *Cursor, at int, version uint64, addressed bool) {
	metric := uint64(c.Peek32(16))
	line := dissect.None
	if b := c.Text(at, 20); b != nil {
		line = c.Last()
		if addressed {
			b.S("IP Address: ").IPv4(c.PeekBytes(4, 4))
		} else {
			b.S("Address not specified")
		}
		b.S(", Metric: ").U(metric)
	}
	old := c.Push(line)
	c.FieldAt(ripFamily, at, 2)
	if version == 2 {
		c.FieldAt(ripRouteTag, at+2, 2)
	}
	if addressed {
		c.FieldAt(ripIp, at+4, 4)
	}
	if version == 2 {
		c.FieldAt(ripNetmask, at+8, 4)
		c.FieldAt(ripNextHop, at+12, 4)
	}
	c.Put(ripMetric, at+16, 4, metric)
	c.Pop(old)
}

// ripAuth reads an authentication entry; the digest stands behind the routes.
func ripAuth(c *Cursor, at int) {
	kind := uint64(c.Peek16(2))
	line := dissect.None
	if b := c.Text(at, 20); b != nil {
		line = c.Last()
		b.S("Authentication: ").S(field.Get(ripAuthType).Enum.Text(kind, "Unknown ("+itoa(int(kind))+")"))
	}
	old := c.Push(line)
	defer c.Pop(old)
	c.Skip(2)
	c.U16(ripAuthType)
	switch kind {
	case 2:
		textUpToNUL(c, ripAuthPasswd, 16)
	case 3:
		offset := int(c.U16(ripDigestOffset))
		c.U8(ripKeyId)
		c.U8(ripAuthDataLen)
		c.U32(ripSeqNum)
		textUpToNUL(c, ripZeroPadding, 8)
		c.Seek(at - 4 + offset)
		trail := dissect.None
		if b := c.Text(c.Pos(), 20); b != nil {
			trail = c.Last()
			b.S("Authentication Data Trailer")
		}
		c.Push(trail)
		c.Skip(4)
		c.Field(ripAuthenticationData, 16)
	}
}
