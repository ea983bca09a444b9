package proto

import (
	"bytes"
	"strconv"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// Options whose contents the vendor decides: 43 (by the vendor class of option
// 60), 60, 63 (NetWare/IP, RFC 2242), 124 and 125 (RFC 3925).
var (
	dhcpVendorID   = dhcpP.Add("option.vendor_class_id", "Vendor class identifier", field.TStringz, noBase)
	dhcpVendorData = dhcpP.Add("option.vendor_class_data", "vendor-class-data", field.TStringz, noBase)
	dhcpVSub       = dhcpP.U8("option.vendor.suboption", "Option 43 Suboption", dec)
	dhcpVValue     = dhcpP.Bytes("option.vendor.value", "Value")

	dhcpAruba    = dhcpP.Str("option.vendor.arubaap.controllerip", "Aruba Controller IP")
	dhcpIAP      = dhcpP.Str("option.vendor.arubaiap", "Aruba Instant AP")
	dhcpIAPOrg   = dhcpP.Str("option.vendor.arubaiap.name_org", "Name Organisation")
	dhcpIAPIP    = dhcpP.Str("option.vendor.arubaiap.amp_ip", "AMP IP Address")
	dhcpIAPPass  = dhcpP.Str("option.vendor.arubaiap.password", "Password")
	dhcpAeroSub  = dhcpP.U8("option.vendor.aerohive.suboption", "Option 43 Suboption", dec, enum(dhcpAerohive))
	dhcpCLSub    = dhcpP.U8("option.vendor.cl.suboption", "Option 43 Suboption", dec, enum(dhcpCLOptions))
	dhcpALUSub   = dhcpP.U8("option.vendor.alu.suboption", "Option 43 Suboption", dec, enum(dhcpALUOptions))
	dhcpACISub   = dhcpP.U8("option.vendor.cisco.suboption", "Option 43 Suboption", dec, enum(dhcpACIOptions))
	dhcpAeroUnk  = dhcpP.Bytes("option.vendor.aerohive.unknown", "Unknown")
	dhcpACIUnk   = dhcpP.Bytes("option.vendor.cisco.unknown", "Unknown")
	dhcpCLPad    = dhcpP.U8("option.vendor.cl.padding", "Padding", dec)
	dhcpCLEnd    = dhcpP.U8("option.vendor.cl.end", "CL End", dec)
	dhcpALUPad   = dhcpP.U8("option.vendor.alu.padding", "Padding", dec)
	dhcpALUEnd   = dhcpP.U8("option.vendor.alu.end", "Alcatel End", dec)
	dhcpNovellS  = dhcpP.U8("option.novell_options.suboption", "Option 63 Suboption", dec, enum(dhcpNovellOptions))
	dhcpNovellV  = dhcpP.Bytes("option.novell_options.value", "Value")
	dhcpVIEnt    = dhcpP.U32("option.vi.enterprise", "Enterprise", dec, format(dhcpEnterprise))
	dhcpVILen    = dhcpP.U8("option.vi.length", "Length", dec)
	dhcpVIValue  = dhcpP.Bytes("option.vi.value", "Value")
	dhcpVISub    = dhcpP.U8("vendor.suboption", "Option 125 Suboption", dec)
	dhcpVIData   = dhcpP.Bytes("vendor.data", "Data")
	dhcpTR111Sub = dhcpP.U8("option.vi.tr111.suboption", "Option 125 Suboption", dec, enum(dhcpTR111Options))
	dhcpTR111OU  = dhcpP.U24("option.vi.tr111.device_manufacturer_oui", "DeviceManufacturerOUI", field.OUI)
	dhcpVICLSub  = dhcpP.U8("option.vi.cl.suboption", "Option 125 Suboption", dec, enum(dhcpVICLOptions))
	dhcpVCEnt    = dhcpP.U32("option.vi_class.enterprise", "Enterprise", dec, format(dhcpEnterprise))
	dhcpVCLen    = dhcpP.U8("option.vi_class.length", "Length", dec)
	dhcpVCItem   = dhcpP.U8("option.vi_class.vendor_class_data.item.length", "Length", dec)
	dhcpVCData   = dhcpP.Bytes("option.vi_class.vendor_class_data.item.data", "Data")
	dhcpVCMode   = dhcpP.U8("option.vi_class.cl_address_mode", "CableLab Address Mode", dec, enum(dhcpCLModes))

	eiDHCPSubBad  = dhcpP.Expert("suboption_invalid", field.Protocol, field.Error, "Invalid suboption")
	eiDHCPSubType = dhcpP.Expert("subopt.unknown_type", field.Protocol, field.Error, "ERROR, please report: Unknown subopt type handler")

	dhcpAeroDefs = map[uint8]dhcpDef{
		225: {dhcpText, dhcpP.Str("option.vendor.aerohive.xiqhostname", "HM FQDN"), nil},
		226: {dhcpIPs, dhcpP.IPv4("option.vendor.aerohive.xiqipaddress", "HM IP"), nil},
	}
	dhcpALUDefs = map[uint8]dhcpDef{
		58: {dhcpU16, dhcpP.U16("option.vendor.alu.vid", "Voice VLAN ID", dec), nil},
		64: {dhcpIPs, dhcpP.IPv4("option.vendor.alu.tftp1", "Spatial Redundancy TFTP1"), nil},
		65: {dhcpIPs, dhcpP.IPv4("option.vendor.alu.tftp2", "Spatial Redundancy TFTP2"), nil},
		66: {dhcpU8, dhcpP.U8("option.vendor.alu.app_type", "Application Type", dec, enum(dhcpALUApps)), nil},
		67: {dhcpText, dhcpP.Str("option.vendor.alu.sip_url", "SIP URL"), nil},
	}
	dhcpACIDefs = map[uint8]dhcpDef{
		1:  {dhcpU8, dhcpP.U8("option.vendor.cisco.unknown1", "Unknown1", dec), nil},
		2:  {dhcpU8, dhcpP.U8("option.vendor.cisco.unknown2", "Unknown2", dec), nil},
		3:  {dhcpU16, dhcpP.U16("option.vendor.cisco.unknown3", "Unknown3", dec), nil},
		4:  {dhcpU32, dhcpP.U32("option.vendor.cisco.nodeid", "Node ID", dec), nil},
		5:  {dhcpU8, dhcpP.U8("option.vendor.cisco.unknown5", "Unknown5", dec), nil},
		6:  {dhcpU8, dhcpP.U8("option.vendor.cisco.unknown6", "Unknown6", dec), nil},
		7:  {dhcpText, dhcpP.Str("option.vendor.cisco.model", "Model"), nil},
		8:  {dhcpText, dhcpP.Str("option.vendor.cisco.apicuuid", "APIC UUID"), nil},
		9:  {dhcpText, dhcpP.Str("option.vendor.cisco.fabricname", "Fabricname"), nil},
		10: {dhcpU32, dhcpP.U32("option.vendor.cisco.unknown10", "Unknown10", dec), nil},
		11: {dhcpText, dhcpP.Str("option.vendor.cisco.serialno", "SerialNo"), nil},
		12: {dhcpText, dhcpP.Str("option.vendor.cisco.clientint", "Client Int"), nil},
	}
	dhcpCLDefs = map[uint8]dhcpDef{
		1:  {dhcpText, dhcpCLText("suboption_request_list", "Suboption Request List"), nil},
		2:  {dhcpText, dhcpCLText("device_type", "Device Type"), nil},
		3:  {dhcpText, dhcpCLText("esafe_type", "eSAFE Types"), nil},
		4:  {dhcpText, dhcpCLText("serial_number", "Serial Number"), nil},
		5:  {dhcpText, dhcpCLText("hardware_version", "Hardware Version"), nil},
		6:  {dhcpText, dhcpCLText("software_version", "Software Version"), nil},
		7:  {dhcpText, dhcpCLText("boot_rom_version", "Boot ROM version"), nil},
		8:  {dhcpData, dhcpP.Bytes("option.vendor.cl.oui_bytes", "Organizationally Unique Identifier"), nil},
		9:  {dhcpText, dhcpCLText("model_number", "Model Number"), nil},
		10: {dhcpText, dhcpCLText("vendor_name10", "Vendor Name"), nil},
		11: {dhcpU8, dhcpP.U8("option.vendor.cl.address_realm", "Address Realm", dec, enum(dhcpCLRealms)), nil},
		12: {dhcpText, dhcpCLText("cm_ps_system_desc", "CM/PS System Description"), nil},
		13: {dhcpText, dhcpCLText("cm_ps_firmware_revision", "CM/PS Firmware Revision"), nil},
		14: {dhcpText, dhcpCLText("firewall_policy_file_version", "Firewall Policy File Version"), nil},
		15: {dhcpText, dhcpCLText("esafe_config_file_devices", "eSafe Config File Devices"), nil},
		18: {dhcpText, dhcpCLText("video_security_tape", "Video Security Type"), nil},
		31: {dhcpMACs, dhcpP.Ether("option.vendor.cl.mta_mac_address", "MTA MAC Address"), nil},
		32: {dhcpU32, dhcpP.U32("option.vendor.cl.correlation_ID", "Correlation ID", dec), nil},
		51: {dhcpText, dhcpCLText("vendor_name51", "Vendor Name"), nil},
		52: {dhcpData, dhcpP.Bytes("option.vendor.cl.cablecard_capability", "CableCARD Capability"), nil},
		53: {dhcpData, dhcpP.Bytes("option.vendor.cl.device_id_ca", "Device Identification (CA)"), nil},
		54: {dhcpText, dhcpCLText("device_id_x509", "Device Identification (X.509)"), nil},
	}
	dhcpNovellDefs = map[uint8]dhcpDef{
		1:  {dhcpSpecial, 0, dhcpEmpty},
		2:  {dhcpSpecial, 0, dhcpEmpty},
		3:  {dhcpSpecial, 0, dhcpEmpty},
		4:  {dhcpSpecial, 0, dhcpEmpty},
		5:  {dhcpBool, dhcpP.Bool("option.novell_options.broadcast", "Broadcast for nearest Netware server", tf("Yes", "No")), nil},
		6:  {dhcpIPs, dhcpP.IPv4("option.novell_options.preferred_dss_server", "Preferred DSS server"), nil},
		7:  {dhcpIPs, dhcpP.IPv4("option.novell_options.nearest_nwip_server", "Nearest NWIP server"), nil},
		8:  {dhcpU8, dhcpP.U8("option.novell_options.autoretries", "Autoretries", dec), nil},
		9:  {dhcpU8, dhcpP.U8("option.novell_options.autoretry_delay", "Autoretry delay, sec", dec), nil},
		10: {dhcpBool, dhcpP.Bool("option.novell_options.support_netware_v1_1", "Broadcast for nearest Netware server", tf("Yes", "No")), nil},
		11: {dhcpIP, dhcpP.IPv4("option.novell_options.primary_dss", "Primary DSS"), nil},
	}
	dhcpTR111Defs = map[uint8]dhcpDef{
		1: {dhcpSpecial, 0, dhcpTR111OUI},
		2: {dhcpText, dhcpP.Add("option.vi.tr111.device_serial_number", "DeviceSerialNumber", field.TStringz, noBase), nil},
		3: {dhcpText, dhcpP.Add("option.vi.tr111.device_product_class", "DeviceProductClass", field.TStringz, noBase), nil},
		4: {dhcpText, dhcpP.Add("option.vi.tr111.gateway_manufacturer_oui", "GatewayManufacturerOUI", field.TStringz, noBase), nil},
		5: {dhcpText, dhcpP.Add("option.vi.tr111.gateway_serial_number", "GatewaySerialNumber", field.TStringz, noBase), nil},
		6: {dhcpText, dhcpP.Add("option.vi.tr111.gateway_product_class", "GatewayProductClass", field.TStringz, noBase), nil},
	}
	dhcpVICLDefs = map[uint8]dhcpDef{
		1: {dhcpData, dhcpP.Add("option.vi.cl.option_request", "Option Request", field.TBytes, field.SepSpace), nil},
		2: {dhcpIPs, dhcpP.IPv4("option.vi.cl.tftp_server_addresses", "TFTP Server Addresses"), nil},
		3: {dhcpData, dhcpP.Bytes("option.vi.cl.erouter_container_option", "eRouter Container Option"), nil},
		4: {dhcpU8, dhcpP.U8("option.vi.cl.mib_environment_indicator_option", "MIB Environment Indicator Option", dec, enum(dhcpMIBs)), nil},
		5: {dhcpData, dhcpP.Bytes("option.vi.cl.modem_capabilities", "Modem Capabilities"), nil},
	}
)

// dhcpTR111OUI is an organisation's number in hexadecimal text.
func dhcpTR111OUI(c *Cursor, o *dhcpOpt) bool {
	b := c.PeekBytes(0, o.len())
	if v, err := strconv.ParseUint(string(b), 16, 24); err == nil {
		c.Put(dhcpTR111OU, o.pos, len(b), v)
	}
	return true
}

func dhcpCLText(name, label string) field.ID {
	return dhcpP.Add("option.vendor.cl."+name, label, field.TStringz, noBase)
}

func dhcpEmpty(c *Cursor, o *dhcpOpt) bool {
	if o.len() != 0 {
		c.Expert(c.Last(), eiDHCPLength)
	}
	return true
}

func dhcpVendorClass(c *Cursor, o *dhcpOpt) bool {
	b := c.PeekBytes(0, o.len())
	c.PutBytes(dhcpVendorID, o.pos, len(b), untilNUL(b))
	switch {
	case bytes.HasPrefix(b, []byte("docsis")):
		c.PutBytes(dhcpVendorData, o.pos, len(b), untilNUL(b))
	case bytes.HasPrefix(b, []byte("AAPLBSDPC/")):
		c.PutBytes(dhcpVendorData, o.pos+10, len(b)-10, untilNUL(b[10:]))
	}
	return len(b) > 0
}

// dhcpVendors are the vendor classes whose option 43 is understood, by the
// beginning of option 60.
var dhcpVendors = []struct {
	class, title string
	parse        func(c *Cursor, o *dhcpOpt)
}{
	{"PXEClient", "PXEClient", dhcpPXE},
	{"AAPLBSDPC", "Boot Server Discovery Protocol (BSDP)", dhcpBSDP},
	{"ArubaAP", "Aruba AP", dhcpArubaAP},
	{"ArubaInstantAP", "Aruba Instant AP", dhcpArubaIAP},
	{"AEROHIVE", "Aerohive", dhcpTagged(&dhcpAeroSub, dhcpAerohive, dhcpAeroDefs, &dhcpAeroUnk, nil, nil)},
	{"alcatel.a4400.0", "Alcatel-Lucent", dhcpTagged(&dhcpALUSub, dhcpALUOptions, dhcpALUDefs, nil, &dhcpALUPad, &dhcpALUEnd)},
	{"cisco", "Cisco ACI Fabric", dhcpTagged(&dhcpACISub, dhcpACIOptions, dhcpACIDefs, &dhcpACIUnk, nil, nil)},
	{"pktc", "CableLabs", dhcpTagged(&dhcpCLSub, dhcpCLOptions, dhcpCLDefs, nil, &dhcpCLPad, &dhcpCLEnd)},
	{"docsis", "CableLabs", dhcpTagged(&dhcpCLSub, dhcpCLOptions, dhcpCLDefs, nil, &dhcpCLPad, &dhcpCLEnd)},
	{"OpenCable2.0", "CableLabs", dhcpTagged(&dhcpCLSub, dhcpCLOptions, dhcpCLDefs, nil, &dhcpCLPad, &dhcpCLEnd)},
	{"CableHome", "CableLabs", dhcpTagged(&dhcpCLSub, dhcpCLOptions, dhcpCLDefs, nil, &dhcpCLPad, &dhcpCLEnd)},
}

func dhcpVendorInfo(c *Cursor, o *dhcpOpt) bool {
	for _, v := range dhcpVendors {
		if !bytes.HasPrefix(o.m.vendor, []byte(v.class)) {
			continue
		}
		if b := c.Append(o.ref); b != nil {
			b.S(" (").S(v.title).C(')')
		}
		v.parse(c, o)
		return o.len() > 0
	}
	// Most vendors use code, length and value.
	b := c.PeekBytes(0, o.len())
	if !dhcpLooksTagged(b) {
		c.Bytes(dhcpVValue, len(b))
		return len(b) > 0
	}
	for c.Pos() < o.end {
		code := c.U8(dhcpVSub)
		if code == 255 {
			break
		}
		if code == 0 {
			continue
		}
		old := c.Push(c.Last())
		n := int(c.U8(dhcpSubLen))
		c.Bytes(dhcpVValue, n)
		c.Pop(old)
	}
	return len(b) > 0
}

// dhcpLooksTagged reports whether bytes are codes with lengths and values to
// the end.
func dhcpLooksTagged(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	for i := 0; i < len(b); {
		switch {
		case b[i] == 255:
			return true
		case b[i] == 0:
			i++
		case i+1 >= len(b) || i+2+int(b[i+1]) > len(b):
			return false
		default:
			i += 2 + int(b[i+1])
		}
	}
	return true
}

// dhcpTagged reads a vendor's suboptions from a table.
func dhcpTagged(sub *field.ID, names *field.Enum, defs map[uint8]dhcpDef, unknown, pad, end *field.ID) func(c *Cursor, o *dhcpOpt) {
	return func(c *Cursor, o *dhcpOpt) {
		for c.Pos() < o.end {
			switch code := c.Peek8(0); {
			case code == 0 && pad != nil:
				c.U8(*pad)
				continue
			case code == 255 && end != nil:
				c.U8(*end)
				return
			}
			if !o.room(c) {
				return
			}
			s, fits, old := o.sub(c, *sub, names, "Option 43")
			if !fits {
				c.Pop(old)
				return
			}
			place := c.Narrow(s.end)
			if def, ok := defs[s.code]; ok {
				s.show(c, &def)
			} else if unknown != nil {
				c.Bytes(*unknown, s.len())
			}
			c.Restore(place)
			c.Pop(old)
			c.Seek(s.end)
		}
	}
}

func dhcpArubaAP(c *Cursor, o *dhcpOpt) {
	c.PutBytes(dhcpAruba, o.pos, o.len(), untilNUL(c.PeekBytes(0, o.len())))
}

// dhcpArubaIAP is "organisation,address,key"; what is missing is the whole.
func dhcpArubaIAP(c *Cursor, o *dhcpOpt) {
	b := c.PeekBytes(0, o.len())
	r := c.PutBytes(dhcpIAP, o.pos, len(b), b)
	old := c.Push(r)
	at := 0
	for i, f := range [...]field.ID{dhcpIAPOrg, dhcpIAPIP, dhcpIAPPass} {
		n := bytes.IndexByte(b[at:], ',')
		if n < 0 || i == 2 {
			n = len(b) - at
		}
		c.PutBytes(f, o.pos+at, n, b[at:at+n])
		if at+n < len(b) {
			at += n + 1
		}
	}
	c.Pop(old)
}

func dhcpNovell(c *Cursor, o *dhcpOpt) bool {
	for c.Pos() < o.end {
		if !o.room(c) {
			break
		}
		at := c.Pos()
		s := dhcpOpt{m: o.m, code: c.Peek8(0), pos: at + 2, end: at + 2 + int(c.Peek8(1))}
		s.ref = c.Put(dhcpNovellS, at, 2+s.len(), uint64(s.code))
		if b := c.Label(s.ref); b != nil {
			b.S("Option 63 Suboption: (").U(uint64(s.code)).S(") ").S(dhcpNovellOptions.Text(uint64(s.code), "Unknown"))
		}
		old := c.Push(s.ref)
		c.Skip(1)
		c.U8(dhcpSubLen)
		c.Bytes(dhcpNovellV, s.len())
		c.Mark(c.Last(), dissect.Hidden)
		if def, ok := dhcpNovellDefs[s.code]; ok {
			s.show(c, &def)
		}
		c.Pop(old)
		c.Seek(s.end)
	}
	return o.len() > 0
}

// dhcpVIClass is option 124: enterprises with items of class data.
func dhcpVIClass(c *Cursor, o *dhcpOpt) bool {
	if o.len() == 1 {
		c.U8(dhcpVCMode)
		return true
	}
	if o.len() == 0 {
		return false
	}
	if !o.atLeast(c, 5, "length < 5") {
		return true
	}
	for c.Pos() < o.end {
		c.U32(dhcpVCEnt)
		old := c.Push(c.Last())
		end := c.Pos() + 1
		end += int(c.U8(dhcpVCLen))
		for c.Pos() < end {
			at := c.Pos()
			n := int(c.Peek8(0))
			r := dissect.None
			// The line reaches to the end of what was not read yet.
			if b := c.Text(at, min(end, o.end)-at); b != nil {
				b.S("Vendor Class Data Item")
				r = c.Last()
			}
			inner := c.Push(r)
			if n == 0 || at+1+n > end {
				c.Bytes(dhcpVCData, end-at)
				c.Expert(c.Last(), eiDHCPNonstd)
			} else {
				c.U8(dhcpVCItem)
				c.Bytes(dhcpVCData, n)
			}
			c.Pop(inner)
		}
		c.Pop(old)
	}
	return true
}

// dhcpVIInfo is option 125: enterprises with suboptions.
func dhcpVIInfo(c *Cursor, o *dhcpOpt) bool {
	if o.len() == 0 {
		return false
	}
	if !o.atLeast(c, 5, "length < 5") {
		return true
	}
	for o.end-c.Pos() >= 5 {
		ent := c.U32(dhcpVIEnt)
		ref := c.Last()
		old := c.Push(ref)
		n := int(c.U8(dhcpVILen))
		part := dhcpOpt{m: o.m, ref: ref, pos: c.Pos(), end: c.Pos() + n}
		switch ent {
		case 3561:
			dhcpVITable(c, &part, dhcpTR111Sub, dhcpTR111Options, dhcpTR111Defs, true)
		case 4491:
			dhcpVITable(c, &part, dhcpVICLSub, dhcpVICLOptions, dhcpVICLDefs, false)
		default:
			dhcpVIPlain(c, &part)
		}
		c.Pop(old)
		c.Seek(part.end)
	}
	return true
}

func dhcpVIPlain(c *Cursor, o *dhcpOpt) {
	for c.Pos() < o.end {
		code := c.U8(dhcpVISub)
		ref := c.Last()
		if c.Pos() >= o.end {
			c.Expert(ref, eiDHCPNoLen)
			return
		}
		old := c.Push(ref)
		n := int(c.U8(dhcpSubLen))
		if n > o.end-c.Pos() {
			var t field.Text
			t.S("Suboption ").U(uint64(code)).S(": no room left in option for suboption value")
			c.ExpertText(ref, eiDHCPNoValue, t.String())
			c.Pop(old)
			return
		}
		if n > 0 {
			c.Bytes(dhcpVIData, n)
		}
		c.Pop(old)
	}
}

// dhcpVITable reads suboptions of a known enterprise; their lines begin at the
// length byte, as Wireshark's do.
func dhcpVITable(c *Cursor, o *dhcpOpt, sub field.ID, names *field.Enum, defs map[uint8]dhcpDef, values bool) {
	for c.Pos() < o.end {
		if !o.room(c) {
			return
		}
		at := c.Pos()
		s := dhcpOpt{m: o.m, code: c.Peek8(0), pos: at + 2, end: at + 2 + int(c.Peek8(1))}
		s.ref = c.Put(sub, at+1, 2+s.len(), uint64(s.code))
		if b := c.Label(s.ref); b != nil {
			b.S("Option 125 Suboption: (").U(uint64(s.code)).S(") ").S(names.Text(uint64(s.code), "Unknown"))
		}
		old := c.Push(s.ref)
		c.Skip(1)
		c.U8(dhcpSubLen)
		if s.end > o.end {
			var t field.Text
			t.S("Suboption ").U(uint64(s.code)).S(": no room left in option for suboption value")
			c.ExpertText(s.ref, eiDHCPNoValue, t.String())
			c.Pop(old)
			return
		}
		if def, ok := defs[s.code]; ok {
			s.show(c, &def)
		}
		c.Pop(old)
		c.Seek(s.end)
		if values {
			c.Mark(c.FieldAt(dhcpVIValue, s.pos, s.len()), dissect.Hidden)
		}
	}
}
