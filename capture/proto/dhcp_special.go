package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// Options with an inner shape: RFC 2132, 2610, 3004, 3118, 3397, 3442, 4578,
// 4702, 4776, 5969, 6731, 6926.
var (
	dhcpOverloadF = dhcpP.U8("option.option_overload", "Option Overload", dec, enum(dhcpOverloads))
	dhcpTypeF     = dhcpP.U8("option.dhcp", "DHCP", dec, enum(dhcpMessages))
	dhcpRequest   = dhcpP.U8("option.request_list_item", "Parameter Request List Item", dec)

	dhcpIDUUID   = dhcpP.Add("client_id.uuid", "Client Identifier (UUID)", field.TGUID, noBase)
	dhcpIDHW     = dhcpP.Str("client_hardware_address", "Client hardware address")
	dhcpIDIAID   = dhcpP.Str("client_id.iaid", "IAID")
	dhcpIDDUID   = dhcpP.U16("client_id.duid_type", "DUID Type", dec, enum(dhcpDUIDTypes))
	dhcpIDLLT    = dhcpP.U16("client_id.duid_llt_hw_type", "Hardware type", dec, enum(arpHardware))
	dhcpIDLL     = dhcpP.U16("client_id.duid_ll_hw_type", "Hardware type", dec, enum(arpHardware))
	dhcpIDTime   = dhcpP.U32("client_id.time", "Time", dec)
	dhcpIDLink   = dhcpP.Str("client_id.link_layer_address", "Link layer address")
	dhcpIDEther  = dhcpP.Ether("client_id.link_layer_address_ether", "Link layer address (Ethernet)")
	dhcpIDEnt    = dhcpP.U32("client_id.enterprise_num", "Enterprise-number", dec, format(dhcpEnterprise))
	dhcpIDBytes  = dhcpP.Bytes("client_id", "Identifier")
	dhcpIDType   = dhcpP.U8("client_id.type", "Type", dec)
	dhcpIDUndef  = dhcpP.Str("client_id.undef", "Client Identifier")
	dhcpFQDNFlag = dhcpP.U8("fqdn.flags", "Flags", hex)
	dhcpFQDNMBZ  = dhcpP.U8("fqdn.mbz", "Reserved flags", hex, mask(8, 0xf0))
	dhcpFQDNn    = dhcpP.Bool("fqdn.n", "Server DDNS", mask(8, 0x08), tf("No server updates", "Some server updates"))
	dhcpFQDNe    = dhcpP.Bool("fqdn.e", "Encoding", mask(8, 0x04), tf("Binary encoding", "ASCII encoding"))
	dhcpFQDNo    = dhcpP.Bool("fqdn.o", "Server overrides", mask(8, 0x02), tf("Override", "No override"))
	dhcpFQDNs    = dhcpP.Bool("fqdn.s", "Server", mask(8, 0x01), tf("Server", "Client"))
	dhcpFQDN1    = dhcpP.U8("fqdn.rcode1", "A-RR result", dec)
	dhcpFQDN2    = dhcpP.U8("fqdn.rcode2", "PTR-RR result", dec)
	dhcpFQDNName = dhcpP.Str("fqdn.name", "Client name")

	dhcpUser     = dhcpP.U8("option.user_class", "Instance of User Class", dec)
	dhcpUserLen  = dhcpP.U8("option.user_class.length", "User Class Length", dec)
	dhcpUserData = dhcpP.Bytes("option.user_class.data", "User Class Data")
	dhcpUserText = dhcpP.Str("option.user_class.text", "User Class Data (Text)")

	dhcpSLPValue = dhcpP.U8("option.slp_directory_agent.value", "Value", dec, enum(dhcpSLPAgents))
	dhcpSLPAddr  = dhcpP.IPv4("option.slp_directory_agent.slpda_address", "IP Address")
	dhcpScopeVal = dhcpP.U8("option.slp_service_scope.value", "Value", dec, enum(dhcpSLPScopes))
	dhcpScopeStr = dhcpP.Add("option.slp_service_scope.string", "SLP Service Scope", field.TStringz, noBase)

	dhcpAuthProto = dhcpP.U8("option.dhcp_authentication.protocol", "Protocol", dec, enum(dhcpAuthProtocols))
	dhcpAuthDelay = dhcpP.U8("option.dhcp_authentication.alg_delay", "Delay Algorithm", dec, enum(dhcpAuthDelays))
	dhcpAuthAlgo  = dhcpP.U8("option.dhcp_authentication.algorithm", "Algorithm", dec)
	dhcpAuthRDMF  = dhcpP.U8("option.dhcp_authentication.rdm", "Replay Detection Method", dec, enum(dhcpAuthRDM))
	dhcpAuthRDV   = dhcpP.U64("option.dhcp_authentication.rdm_replay_detection", "RDM Replay Detection Value", hex)
	dhcpAuthRDVs  = dhcpP.Add("option.dhcp_authentication.rdm_rdv", "Replay Detection Value", field.TStringz, noBase)
	dhcpAuthID    = dhcpP.U32("option.dhcp_authentication.secret_id", "Secret ID", hex)
	dhcpAuthMD5   = dhcpP.Bytes("option.dhcp_authentication.hmac_md5_hash", "HMAC MD5 Hash")
	dhcpAuthInfo  = dhcpP.Add("option.dhcp_authentication.information", "Authentication Information", field.TStringz, noBase)

	dhcpArch     = dhcpP.U16("option.client_system_architecture", "Client System Architecture", dec, enum(dhcpArchitectures))
	dhcpNDIMajor = dhcpP.U8("client_network_id_major", "Major Version", dec)
	dhcpNDIMinor = dhcpP.U8("client_network_id_minor", "Minor Version", dec)

	dhcpCivWhat    = dhcpP.U8("option.civic_location.what", "What", dec, enum(dhcpCivicWhat))
	dhcpCivCountry = dhcpP.Add("option.civic_location.country", "Country", field.TStringz, noBase)
	dhcpCivType    = dhcpP.U8("option.civic_location.ca_type", "CA Type", dec, enum(dhcpCivicTypes))
	dhcpCivLen     = dhcpP.U8("option.civic_location.ca_length", "CA Length", dec)
	dhcpCivValue   = dhcpP.Add("option.civic_location.ca_value", "CA Value", field.TStringz, noBase)

	dhcpNameService = dhcpP.Add("option.dhcp_name_service_search_option", "Name Service", field.TStringz, noBase)
	dhcpSearchName  = dhcpP.Add("option.dhcp_dns_domain_search_list_fqdn", "FQDN", field.TStringz, noBase)
	dhcpSIPEnc      = dhcpP.U8("option.sip_server.encoding", "SIP Server Encoding", dec, enum(dhcpSIPEncodings))
	dhcpSIPName     = dhcpP.Add("option.sip_server.name", "SIP Server Name", field.TStringz, noBase)
	dhcpSIPAddr     = dhcpP.IPv4("option.sip_server.address", "SIP Server Address")
	dhcpRoute       = dhcpP.Bytes("option.classless_static_route", "Subnet/MaskWidth-Router")

	dhcpRDNSSRes  = dhcpP.U8("option.rdnss.reserved", "Reserved", hex, mask(8, 0xfc))
	dhcpRDNSSPref = dhcpP.U8("option.rdnss.preference", "Preference", dec, mask(8, 0x03), enum(dhcpRDNSSPrefs))
	dhcpRDNSS1    = dhcpP.IPv4("option.rdnss.primary_dns", "Primary DNS")
	dhcpRDNSS2    = dhcpP.IPv4("option.rdnss.secondary_dns", "Secondary DNS")
	dhcpRDNSSDom  = dhcpP.Str("option.rdnss.domain", "Domains and networks")

	dhcpLQStatus   = dhcpP.U8("option.bulk_lease.status_code", "Status Code", dec, enum(dhcpLeaseStatus))
	dhcpLQText     = dhcpP.Str("option.bulk_lease.status_code_message", "Status Code Message")
	dhcpBaseTime   = dhcpP.AbsTime("option.bulk_lease.base_time", "Base Time", field.Local)
	dhcpQueryStart = dhcpP.AbsTime("option.bulk_lease.query_start_time", "Query Start Time", field.Local)
	dhcpQueryEnd   = dhcpP.AbsTime("option.bulk_lease.query_end_time", "Query End Time", field.Local)
	dhcpPCPLen     = dhcpP.U8("option.pcp.list_length", "List-Length", dec)
	dhcpPCPServer  = dhcpP.IPv4("option.pcp.server", "PCP Server")
	dhcpPortOff    = dhcpP.U8("option.portparams.offset", "Offset", dec)
	dhcpPSIDLen    = dhcpP.U8("option.portparams.psid_length", "PSID-Length", dec)
	dhcpPSID       = dhcpP.Bytes("option.portparams.psid", "PSID")
	dhcp6Mask      = dhcpP.U8("option.6RD.ipv4_mask_len", "6RD IPv4 Mask Length", dec)
	dhcp6Len       = dhcpP.U8("option.6RD.prefix_len", "6RD Prefix Length", dec)
	dhcp6Prefix    = dhcpP.IPv6("option.6RD.prefix", "6RD Prefix")
	dhcp6Relay     = dhcpP.IPv4("option.6RD.border_relay_ip", "Border Relay IP")

	eiDHCPOverWrong = dhcpP.Expert("option.option_overload.wrong_field", field.Protocol, field.Warn, "overload option makes no sense in the file or sname field")
	eiDHCPArch      = dhcpP.Expert("option.client_architecture.ambiguous", field.Protocol, field.Warn, "Client Architecture ID may be ambiguous")
	eiDHCPCivic     = dhcpP.Expert("option.civic_location.bad_cattype", field.Protocol, field.Error, "Error with CAType")
	eiDHCPNameSvc   = dhcpP.Expert("option.dhcp_name_service.invalid", field.Protocol, field.Error, "Invalid Name Service")
	eiDHCPSIPEnc    = dhcpP.Expert("option.sip_server_address.encoding", field.Protocol, field.Error, "RFC 3361 defines only 0 and 1 for Encoding byte")
	eiDHCPRoute     = dhcpP.Expert("option.classless_static.route", field.Protocol, field.Error, "Mask width > 32")
	eiDHCP6RD       = dhcpP.Expert("option.6RD.malformed", field.Protocol, field.Error, "6RD: malformed option")
)

func dhcpOverload(c *Cursor, o *dhcpOpt) bool {
	if !o.atLeast(c, 1, "length isn't >= 1") {
		return true
	}
	c.U8(dhcpOverloadF)
	if o.m.where != dhcpInOptions {
		c.Expert(o.ref, eiDHCPOverWrong)
	}
	return true
}

func dhcpMessageType(c *Cursor, o *dhcpOpt) bool {
	kind := c.U8(dhcpTypeF)
	for _, r := range [...]dissect.Ref{o.ref, o.m.root} {
		if b := c.Append(r); b != nil {
			b.S(" (")
			dhcpTypeName(b, kind)
			b.C(')')
		}
	}
	return true
}

func dhcpRequestList(c *Cursor, o *dhcpOpt) bool {
	for c.Pos() < o.end {
		v := c.U8(dhcpRequest)
		if b := c.Label(c.Last()); b != nil {
			b.S("Parameter Request List Item: (").U(uint64(v)).S(") ").S(dhcpOptionNames.Text(uint64(v), "Unknown"))
		}
	}
	return o.len() > 0
}

func dhcpHexText(b []byte) []byte {
	var t field.Text
	return t.Hex(b, 0).B
}

func dhcpClientID(c *Cursor, o *dhcpOpt) bool {
	n := o.len()
	if n == 0 {
		return false
	}
	typ := c.Peek8(0)
	switch {
	case typ == 0 && n == 17:
		c.Skip(1)
		dhcpGUID(c)
	case n == 7 && typ >= 1 && typ < 48:
		if _, known := arpHardware.Lookup(uint64(typ)); known {
			c.U8(dhcpHWType)
		} else {
			c.Skip(1)
		}
		if typ == 1 || typ == 6 {
			c.Bytes(dhcpMAC, 6)
		} else {
			c.PutBytes(dhcpIDHW, c.Pos(), 6, dhcpHexText(c.PeekBytes(0, 6)))
		}
	case typ == 255:
		c.Skip(1)
		c.PutBytes(dhcpIDIAID, c.Pos(), 4, dhcpHexText(c.PeekBytes(0, 4)))
		c.Skip(4)
		dhcpDUID(c, o)
	case typ == 0 && n > 1:
		c.U8(dhcpIDType)
		c.PutBytes(dhcpIDUndef, c.Pos(), n-1, untilNUL(c.PeekBytes(0, n-1)))
	}
	return true
}

// dhcpDUID is the identifier of RFC 8415, section 11.
func dhcpDUID(c *Cursor, o *dhcpOpt) {
	switch kind := c.U16(dhcpIDDUID); kind {
	case 1, 3:
		hw := uint16(0)
		if kind == 1 {
			hw = c.U16(dhcpIDLLT)
			c.U32(dhcpIDTime)
		} else {
			hw = c.U16(dhcpIDLL)
		}
		addr := c.PeekBytes(0, o.end-c.Pos())
		var t field.Text
		ether := len(addr) == 6 && (hw == 1 || hw == 6)
		switch {
		case len(addr) == 0:
			t.S("<No address>")
		case ether:
			t.MAC(addr)
		default:
			t.Hex(addr, 0)
		}
		c.PutBytes(dhcpIDLink, c.Pos(), len(addr), t.B)
		if ether {
			c.Bytes(dhcpIDEther, 6)
		}
	case 2:
		c.U32(dhcpIDEnt)
		if n := o.end - c.Pos(); n > 0 {
			c.Bytes(dhcpIDBytes, n)
		}
	}
}

// dhcpGUID is a GUID in the byte order of PXE.
func dhcpGUID(c *Cursor) {
	b := c.PeekBytes(0, 16)
	le := [16]byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]}
	copy(le[8:], b[8:])
	c.PutBytes(dhcpIDUUID, c.Pos(), 16, le[:])
	c.Skip(16)
}

func dhcpUUID(c *Cursor, o *dhcpOpt) bool {
	if o.len() == 17 {
		if c.Peek8(0) == 0 {
			c.Skip(1)
			dhcpGUID(c)
		}
	}
	return o.len() > 0
}

func dhcpFQDN(c *Cursor, o *dhcpOpt) bool {
	if !o.atLeast(c, 3, "length isn't >= 3") {
		return true
	}
	v := c.Word(dhcpFQDNFlag, 1, dhcpFQDNMBZ, dhcpFQDNn, dhcpFQDNe, dhcpFQDNo, dhcpFQDNs)
	dhcpBits(c, c.Last(), v, dhcpFQDNn, dhcpFQDNe, dhcpFQDNo, dhcpFQDNs)
	c.U8(dhcpFQDN1)
	c.U8(dhcpFQDN2)
	n := o.end - c.Pos()
	if n == 0 {
		return true
	}
	if v&4 == 0 {
		c.PutBytes(dhcpFQDNName, c.Pos(), n, untilNUL(c.PeekBytes(0, n)))
		return true
	}
	// Binary: labels, possibly without the last empty one.
	var name dnsName
	for pos := c.Pos(); pos < o.end; {
		l := int(c.UintAt(pos, 1))
		if l == 0 || l > o.end-pos-1 {
			break
		}
		if name.n > 0 {
			name.add('.')
		}
		name.add(c.BytesAt(pos+1, l)...)
		pos += 1 + l
	}
	c.PutBytes(dhcpFQDNName, c.Pos(), n, name.text())
	return true
}

func dhcpUserClass(c *Cursor, o *dhcpOpt) bool {
	if !o.atLeast(c, 2, "length isn't >= 2") {
		return true
	}
	for i := 0; c.Pos() < o.end; i++ {
		at, n := c.Pos(), int(c.Peek8(0))
		if n == 0 || at+1+n > o.end {
			text := c.PeekBytes(0, o.end-at)
			c.Expert(c.PutBytes(dhcpUserText, at, o.end-at, untilNUL(text)), eiDHCPNonstd)
			break
		}
		r := c.Put(dhcpUser, at, 1+n, uint64(i))
		if b := c.Label(r); b != nil {
			b.S("Instance of User Class: [").U(uint64(i)).C(']')
		}
		old := c.Push(r)
		c.U8(dhcpUserLen)
		c.Bytes(dhcpUserData, n)
		c.Pop(old)
	}
	return true
}

func dhcpSLPAgent(c *Cursor, o *dhcpOpt) bool {
	if !o.atLeast(c, 1, "length isn't >= 1") {
		return true
	}
	c.U8(dhcpSLPValue)
	for o.end-c.Pos() >= 4 {
		c.Field(dhcpSLPAddr, 4)
	}
	if c.Pos() < o.end {
		o.bad(c, "Option length isn't a multiple of 4")
	}
	return true
}

func dhcpSLPScope(c *Cursor, o *dhcpOpt) bool {
	c.U8(dhcpScopeVal)
	n := o.end - c.Pos()
	c.PutBytes(dhcpScopeStr, c.Pos(), n, untilNUL(c.PeekBytes(0, n)))
	return true
}

// dhcpAuth is RFC 3118.
func dhcpAuth(c *Cursor, o *dhcpOpt) bool {
	if !o.atLeast(c, 11, "length isn't >= 11") {
		return true
	}
	proto, algo := c.U8(dhcpAuthProto), c.Peek8(0)
	delayed := proto == 1
	if delayed {
		c.U8(dhcpAuthDelay)
	} else {
		c.U8(dhcpAuthAlgo)
	}
	if c.U8(dhcpAuthRDMF) == 0 {
		c.U64(dhcpAuthRDV)
	} else {
		c.PutBytes(dhcpAuthRDVs, c.Pos(), 8, untilNUL(c.PeekBytes(0, 8)))
		c.Skip(8)
	}
	n := o.end - c.Pos()
	switch {
	case delayed && algo == 1:
		// A discover carries no more: the client has no key yet.
		if o.m.kind == 1 {
			break
		}
		if n < 20 {
			o.bad(c, "length isn't >= 20")
			break
		}
		c.U32(dhcpAuthID)
		c.Bytes(dhcpAuthMD5, 16)
	case n > 0:
		c.PutBytes(dhcpAuthInfo, c.Pos(), n, untilNUL(c.PeekBytes(0, n)))
	}
	return true
}

func dhcpArchitecture(c *Cursor, o *dhcpOpt) bool {
	for o.end-c.Pos() >= 2 {
		if v := c.U16(dhcpArch); v == 9 {
			c.ExpertText(c.Last(), eiDHCPArch, "Client Architecture ID 9 is often incorrectly used for EFI x64")
		}
	}
	if o.len()%2 != 0 {
		o.bad(c, "Option length isn't a multiple of 2")
	}
	return o.len() > 0
}

func dhcpNDI(c *Cursor, o *dhcpOpt) bool {
	if c.Peek8(0) == 1 {
		c.Skip(1)
		c.U8(dhcpNDIMajor)
		c.U8(dhcpNDIMinor)
	}
	return true
}

func dhcpCivic(c *Cursor, o *dhcpOpt) bool {
	if o.len() < 3 {
		return o.len() > 0
	}
	c.U8(dhcpCivWhat)
	c.PutBytes(dhcpCivCountry, c.Pos(), 2, untilNUL(c.PeekBytes(0, 2)))
	c.Skip(2)
	for o.end-c.Pos() >= 2 {
		c.U8(dhcpCivType)
		n := int(c.U8(dhcpCivLen))
		if n > o.end-c.Pos() {
			c.Expert(o.ref, eiDHCPCivic)
			break
		}
		if n > 0 {
			c.PutBytes(dhcpCivValue, c.Pos(), n, untilNUL(c.PeekBytes(0, n)))
			c.Skip(n)
		}
	}
	return true
}

// dhcpNameServices is RFC 2937: options by number, 0 for local files.
func dhcpNameServices(c *Cursor, o *dhcpOpt) bool {
	if !o.atLeast(c, 2, "length isn't >= 2") {
		return true
	}
	if o.len()%2 != 0 {
		var t field.Text
		t.S("length (").U(uint64(o.len())).S(") isn't even number")
		o.bad(c, t.String())
		return true
	}
	for c.Pos() < o.end {
		v := c.Peek16(0)
		word := ""
		switch v {
		case 0:
			word = "Local naming information (e.g., an /etc/hosts file on a UNIX machine)"
		case 6:
			word = "Domain Name Server Option"
		case 41:
			word = "Network Information Servers Option"
		case 44:
			word = "NetBIOS over TCP/IP Name Server Option"
		case 65:
			word = "Network Information Service+ Servers Option"
		}
		var t field.Text
		if word == "" {
			t.S("Invalid Name Service (").U(uint64(v)).S("). RFC 2937 defines only 0, 6, 41, 44, and 65 as possible values.")
			c.ExpertText(o.ref, eiDHCPNameSvc, t.String())
		} else {
			t.S(word).S(" (").U(uint64(v)).C(')')
			c.PutBytes(dhcpNameService, c.Pos(), 2, t.B)
		}
		c.Skip(2)
	}
	return true
}

func dhcpSearchList(c *Cursor, o *dhcpOpt) bool {
	for c.Pos() < o.end {
		dhcpName(c, o, dhcpSearchName)
	}
	return o.len() > 0
}

// dhcpName is a name in DNS form; its pointers count from the value's start.
func dhcpName(c *Cursor, o *dhcpOpt, f field.ID) {
	var name dnsName
	at := c.Pos()
	n := name.read(c, o.pos, at)
	c.PutBytes(f, at, n, name.text())
	c.Seek(at + n)
}

func dhcpSIP(c *Cursor, o *dhcpOpt) bool {
	n := o.len()
	text := func(s string) {
		var t field.Text
		t.S(s).S(" (len = ").U(uint64(n)).C(')')
		o.bad(c, t.String())
	}
	switch enc := c.U8(dhcpSIPEnc); enc {
	case 0:
		if n < 3 {
			text("length isn't >= 3")
			return true
		}
		at := c.Pos()
		inner := dhcpOpt{m: o.m, pos: at, end: o.end}
		for c.Pos() < o.end {
			dhcpName(c, &inner, dhcpSIPName)
		}
	case 1:
		if n < 5 {
			text("length isn't >= 5")
			return true
		}
		if (n-1)%4 != 0 {
			var t field.Text
			t.S("length isn't a multiple of 4 plus 1 (len = ").U(uint64(n)).S(").")
			o.bad(c, t.String())
			return true
		}
		for c.Pos() < o.end {
			c.Field(dhcpSIPAddr, 4)
		}
	default:
		var t field.Text
		t.S("RFC 3361 defines only 0 and 1 for Encoding byte (Encoding = ").U(uint64(enc)).S(").")
		c.ExpertText(o.ref, eiDHCPSIPEnc, t.String())
	}
	return true
}

// dhcpClassless is RFC 3442: width, as many bytes of the network as it needs,
// router.
func dhcpClassless(c *Cursor, o *dhcpOpt) bool {
	if !o.atLeast(c, 5, "length isn't >= 5") {
		return true
	}
	for c.Pos() < o.end {
		at, width := c.Pos(), int(c.Peek8(0))
		if width > 32 {
			var t field.Text
			t.S("Mask width (").U(uint64(width)).S(") > 32")
			c.ExpertText(o.ref, eiDHCPRoute, t.String())
			break
		}
		n := (width + 7) / 8
		var net [4]byte
		copy(net[:], c.PeekBytes(1, n))
		router := c.PeekBytes(1+n, 4)
		c.Bytes(dhcpRoute, 5+n)
		if b := c.Label(c.Last()); b != nil {
			b.C(' ')
			if width == 0 {
				b.S("default")
			} else {
				b.IPv4(net[:]).C('/').U(uint64(width))
			}
			b.C('-').IPv4(router)
		}
		c.Seek(at + 5 + n)
	}
	return true
}

func dhcpRDNSS(c *Cursor, o *dhcpOpt) bool {
	if !o.atLeast(c, 10, "length must be >= 10") {
		return true
	}
	c.FieldAt(dhcpRDNSSRes, c.Pos(), 1)
	c.Field(dhcpRDNSSPref, 1)
	c.Field(dhcpRDNSS1, 4)
	c.Field(dhcpRDNSS2, 4)
	for c.Pos() < o.end {
		dhcpName(c, o, dhcpRDNSSDom)
	}
	return true
}

func dhcpLeaseQueryStatus(c *Cursor, o *dhcpOpt) bool {
	if !o.atLeast(c, 1, "length must >= 1") {
		return true
	}
	c.U8(dhcpLQStatus)
	if n := o.end - c.Pos(); n > 0 {
		c.PutBytes(dhcpLQText, c.Pos(), n, untilNUL(c.PeekBytes(0, n)))
	}
	return true
}

// dhcpLeaseTime is a time of RFC 6926. Wireshark takes the seconds for those
// of NTP, so values below 2^31 count from 2036.
func dhcpLeaseTime(f field.ID) func(c *Cursor, o *dhcpOpt) bool {
	return func(c *Cursor, o *dhcpOpt) bool {
		if o.len() != 4 {
			o.bad(c, "length must be 4")
			return true
		}
		c.Put(f, o.pos, 4, uint64(ntpSeconds(c.Peek32(0))*1e9))
		return true
	}
}

func dhcpPCP(c *Cursor, o *dhcpOpt) bool {
	if !o.atLeast(c, 5, "length must >= 5") {
		return true
	}
	for c.Pos() < o.end {
		at, n := c.Pos(), int(c.Peek8(0))
		r := dissect.None
		if b := c.Text(at, min(1+n, o.end-at)); b != nil {
			b.S("PCP server list")
			r = c.Last()
		}
		old := c.Push(r)
		c.U8(dhcpPCPLen)
		for ; n >= 4 && o.end-c.Pos() >= 4; n -= 4 {
			c.Field(dhcpPCPServer, 4)
		}
		c.Pop(old)
		c.Skip(min(max(n, 0), o.end-c.Pos()))
	}
	return true
}

func dhcpPortParams(c *Cursor, o *dhcpOpt) bool {
	if o.len() != 4 {
		o.bad(c, "length must be 4")
		return true
	}
	c.U8(dhcpPortOff)
	c.U8(dhcpPSIDLen)
	c.Bytes(dhcpPSID, 2)
	return true
}

// dhcp6RD is RFC 5969, section 7.1.1.
func dhcp6RD(c *Cursor, o *dhcpOpt) bool {
	if o.len() < 22 || (o.len()-18)%4 != 0 {
		c.Expert(o.ref, eiDHCP6RD)
		return true
	}
	c.U8(dhcp6Mask)
	c.U8(dhcp6Len)
	c.Bytes(dhcp6Prefix, 16)
	for c.Pos() < o.end {
		c.Field(dhcp6Relay, 4)
	}
	return true
}
