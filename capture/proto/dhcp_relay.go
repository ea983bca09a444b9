package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// The relay agent information option: RFC 3046, 3527, 3993, 4014, 4030, 4243,
// 5010, 5107, 6925, 7839, 8357, and Cisco's older numbers.
var (
	dhcpRelaySub   = dhcpP.U8("option.agent_information_option.suboption", "Option 82 Suboption", dec, enum(dhcpRelayOptions))
	dhcpRelayValue = dhcpP.Bytes("option.agent_information_option.value", "Value")
	dhcpRelayPad   = dhcpP.U8("option.agent_information_option.padding", "Padding", dec)
	dhcpRelayEnt   = dhcpP.U32("option.agent_information_option.vi.enterprise", "Enterprise", dec, format(dhcpEnterprise))
	dhcpRelayDLen  = dhcpP.U8("option.agent_information_option.vi.data_length", "Data Length", dec)
	dhcpRelayTag   = dhcpP.U8("option.agent_information_option.vi.cl.tag", "Tag", dec, enum(dhcpRelayCLTags))
	dhcpRelayTLen  = dhcpP.U8("option.agent_information_option.vi.cl.tag_length", "Tag Length", dec)
	dhcpRelayDOC   = dhcpP.U16("option.agent_information_option.vi.cl.docsis_version", "DOCSIS Version Number", hex, format(dhcpVersion))
	dhcpRelayDPOE  = dhcpP.U16("option.agent_information_option.vi.cl.dpoe_system_version", "DPoE System Version Number", hex, format(dhcpVersion))
	dhcpRelayPBB   = dhcpP.Bytes("option.agent_information_option.vi.cl.dpoe_system_pbb_service", "DPoE System PBB Service")
	dhcpRelaySCN   = dhcpP.Str("option.agent_information_option.vi.cl.service_class_name", "Service Class Name")
	dhcpRelayMSO   = dhcpP.Str("option.agent_information_option.vi.cl.mso_defined_text", "MSO Defined Text")
	dhcpRelayURI   = dhcpP.Str("option.agent_information_option.vi.cl.secure_file_transfer_uri", "Secure File Transfer URI")
	dhcpRelayATT   = dhcpP.U16("option.agent_information_option.ani_att", "Access Technology Type", dec)

	eiDHCPRelayTag = dhcpP.Expert("option.option.vi.cl.tag_unknown", field.Protocol, field.Error, "Unknown tag")

	dhcpRelayDefs = map[uint8]dhcpDef{
		1:   {dhcpData, dhcpP.Bytes("option.agent_information_option.agent_circuit_id", "Agent Circuit ID"), nil},
		2:   {dhcpData, dhcpP.Bytes("option.agent_information_option.agent_remote_id", "Agent Remote ID"), nil},
		3:   {dhcpData, dhcpP.Bytes("option.agent_information_option.reserved", "Reserved"), nil},
		4:   {dhcpU32, dhcpP.U32("option.agent_information_option.docsis_device_class", "DOCSIS Device Class", hex), nil},
		5:   {dhcpIP, dhcpP.IPv4("option.agent_information_option.link_selection", "Link selection"), nil},
		6:   {dhcpText, dhcpP.Add("option.agent_information_option.subscriber_id", "Subscriber ID", field.TStringz, noBase), nil},
		7:   {dhcpData, dhcpP.Bytes("option.agent_information_option.radius_attributes", "RADIUS Attributes"), nil},
		8:   {dhcpData, dhcpP.Bytes("option.agent_information_option.authentication", "Authentication"), nil},
		9:   {dhcpSpecial, 0, dhcpRelayVendor},
		10:  {dhcpU8, dhcpP.U8("option.agent_information_option.flags", "Flags", hex), nil},
		11:  {dhcpIP, dhcpP.IPv4("option.agent_information_option.server_id_override", "Server ID Override"), nil},
		12:  {dhcpData, dhcpP.Bytes("option.agent_information_option.relay_agent_id", "Relay Agent Identifier"), nil},
		13:  {dhcpU16, dhcpRelayATT, nil},
		14:  {dhcpText, dhcpP.Str("option.agent_information_option.ani_network_name", "Access Network Name"), nil},
		15:  {dhcpText, dhcpP.Str("option.agent_information_option.ani_ap_name", "Access Point Name"), nil},
		16:  {dhcpMACs, dhcpP.Ether("option.agent_information_option.ani_ap_bssid", "Access Point BSSID"), nil},
		17:  {dhcpData, dhcpP.Bytes("option.agent_information_option.ani_operator_id", "Access Network Operator ID"), nil},
		18:  {dhcpText, dhcpP.Str("option.agent_information_option.ani_operator_realm", "Access Network Operator Realm"), nil},
		19:  {dhcpOpaque, 0, nil},
		150: {dhcpIP, dhcpP.IPv4("option.agent_information_option.link_selection_cisco", "Link selection (Cisco proprietary)"), nil},
		151: {dhcpText, dhcpP.Str("option.agent_information_option.vrf_name", "VRF name"), nil},
		152: {dhcpIP, dhcpP.IPv4("option.agent_information_option.server_id_override_cisco", "Server ID Override (Cisco proprietary)"), nil},
	}
)

// dhcpVersion is a major and a minor byte.
func dhcpVersion(t *field.Text, v uint64) { t.U(v >> 8).C('.').U(v & 0xff) }

// dhcpEnterprise is a holder's name and number.
func dhcpEnterprise(t *field.Text, v uint64) {
	t.S(dhcpEnterprises.Text(v, "Unknown")).S(" (").U(v).C(')')
}

// room reports whether a suboption at the cursor has its length byte, and says
// so when not.
func (o *dhcpOpt) room(c *Cursor) bool {
	if o.end-c.Pos() >= 2 {
		return true
	}
	var t field.Text
	t.S("Suboption ").U(uint64(c.Peek8(0))).S(": no room left in option for suboption length")
	c.ExpertText(o.ref, eiDHCPNoLen, t.String())
	return false
}

// sub opens a suboption: its line over code, length and value, and its length
// below it. fits is false, and said, when the value does not fit.
func (o *dhcpOpt) sub(c *Cursor, f field.ID, names *field.Enum, title string) (s dhcpOpt, fits bool, old dissect.Ref) {
	at := c.Pos()
	code, n := c.Peek8(0), int(c.Peek8(1))
	s = dhcpOpt{m: o.m, code: code, pos: at + 2, end: at + 2 + n}
	s.ref = c.Put(f, at, 2+n, uint64(code))
	if b := c.Label(s.ref); b != nil {
		b.S(title).S(" Suboption: (").U(uint64(code)).S(") ").S(names.Text(uint64(code), "Unknown"))
	}
	old = c.Push(s.ref)
	c.Skip(1)
	c.U8(dhcpSubLen)
	if s.end > o.end {
		var t field.Text
		t.S("Suboption ").U(uint64(code)).S(": no room left in option for suboption value")
		c.ExpertText(s.ref, eiDHCPNoValue, t.String())
		return s, false, old
	}
	return s, true, old
}

func dhcpRelay(c *Cursor, o *dhcpOpt) bool {
	for c.Pos() < o.end {
		if c.Peek8(0) == 0 {
			c.U8(dhcpRelayPad)
			continue
		}
		if !o.room(c) {
			break
		}
		s, fits, old := o.sub(c, dhcpRelaySub, dhcpRelayOptions, "Option 82")
		if !fits {
			c.Pop(old)
			break
		}
		value := c.FieldAt(dhcpRelayValue, s.pos, s.len())
		if def, ok := dhcpRelayDefs[s.code]; ok {
			c.Mark(value, dissect.Hidden)
			if def.kind != dhcpOpaque {
				place := c.Narrow(s.end)
				s.show(c, &def)
				c.Restore(place)
			}
		}
		c.Pop(old)
		c.Seek(s.end)
	}
	return o.len() > 0
}

// dhcpRelayVendor is RFC 4243: enterprises, each with data of its own.
func dhcpRelayVendor(c *Cursor, o *dhcpOpt) bool {
	for c.Pos() < o.end {
		ent := c.Peek32(0)
		c.U32(dhcpRelayEnt)
		ref := c.Last()
		old := c.Push(ref)
		n := int(c.U8(dhcpRelayDLen))
		end := min(c.Pos()+n, o.end)
		if ent == 4491 {
			dhcpRelayCL(c, ref, end)
			c.Pop(old)
		} else {
			c.Pop(old)
			if n > 0 {
				c.FieldAt(dhcpRelayValue, c.Pos(), n)
			}
		}
		c.Seek(end)
	}
	return true
}

func dhcpRelayCL(c *Cursor, ref dissect.Ref, end int) {
	for c.Pos() < end {
		tag := c.U8(dhcpRelayTag)
		n := int(c.U8(dhcpRelayTLen))
		at := c.Pos()
		switch tag {
		case 1:
			c.FieldAt(dhcpRelayDOC, at, 2)
		case 2:
			c.FieldAt(dhcpRelayDPOE, at, 2)
		case 4:
			c.FieldAt(dhcpRelayPBB, at, n)
		case 5, 6, 7:
			f := [...]field.ID{dhcpRelaySCN, dhcpRelayMSO, dhcpRelayURI}[tag-5]
			c.PutBytes(f, at, n, untilNUL(c.BytesAt(at, n)))
		default:
			var t field.Text
			t.S("Unknown tag ").U(uint64(tag)).S(" (").U(uint64(n)).S(" bytes)")
			c.ExpertText(ref, eiDHCPRelayTag, t.String())
		}
		c.Seek(at + n)
	}
}
