// IEEE 802.11-2020: the elements of management frames (9.4.2). Elements that
// are not decoded here show their bytes.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	wlanTag                     = wlanP.None("tag", "Tag")
	wlanTagNumber               = wlanP.U8("tag.number", "Tag Number", dec, enum(wlanTagNumberNames))
	wlanTagLength               = wlanP.U32("tag.length", "Tag length", dec)
	wlanTagOui                  = wlanP.U24("tag.oui", "OUI", field.OUI)
	wlanTagVendorOuiType        = wlanP.U8("tag.vendor.oui.type", "Vendor Specific OUI Type", dec)
	wlanTagVendorData           = wlanP.Bytes("tag.vendor.data", "Vendor Specific Data")
	wlanTagData                 = wlanP.Bytes("tag.data", "Tag Data")
	wlanExtTag                  = wlanP.None("ext_tag", "Ext Tag")
	wlanExtTagNumber            = wlanP.U8("ext_tag.number", "Ext Tag Number", dec, enum(wlanExtTagNumberNames))
	wlanExtTagLength            = wlanP.U32("ext_tag.length", "Ext Tag length", dec)
	wlanExtTagData              = wlanP.Bytes("ext_tag.data", "Ext Tag Data")
	wlanSsid                    = wlanP.Bytes("ssid", "SSID")
	wlanSupportedRates          = wlanP.U8("supported_rates", "Supported Rates", hex, enum(wlanSupportedRatesNames))
	wlanExtRates                = wlanP.U8("extended_supported_rates", "Extended Supported Rates", hex, enum(wlanSupportedRatesNames))
	wlanDsCurrentChannel        = wlanP.U8("ds.current_channel", "Current Channel", dec)
	wlanIbssAtimWindows         = wlanP.U16("ibss.atim_windows", "Atim Windows", hex)
	wlanTimDtimCount            = wlanP.U8("tim.dtim_count", "DTIM count", dec)
	wlanTimDtimPeriod           = wlanP.U8("tim.dtim_period", "DTIM period", dec)
	wlanTimBmapctl              = wlanP.U8("tim.bmapctl", "Bitmap control", hex)
	wlanTimBmapctlMulticast     = wlanP.Bool("tim.bmapctl.multicast", "Multicast", mask(8, 0x01))
	wlanTimBmapctlOffset        = wlanP.U8("tim.bmapctl.offset", "Bitmap Offset", hex, mask(8, 0xfe))
	wlanTimPartialVirtualBitmap = wlanP.Bytes("tim.partial_virtual_bitmap", "Partial Virtual Bitmap")
	wlanTimAid                  = wlanP.U16("tim.aid", "Association ID", hex)
	wlanCountryInfoCode         = wlanP.Str("country_info.code", "Code")
	wlanCountryInfoEnvironment  = wlanP.U8("country_info.environment", "Environment", dec, enum(wlanCountryInfoEnvironmentNames))
	wlanCountryInfoFnm          = wlanP.None("country_info.fnm", "Country Info")
	wlanCountryInfoFnmFcn       = wlanP.U8("country_info.fnm.fcn", "First Channel Number", dec)
	wlanCountryInfoFnmNc        = wlanP.U8("country_info.fnm.nc", "Number of Channels", dec)
	wlanCountryInfoFnmMtpl      = wlanP.I8("country_info.fnm.mtpl", "Maximum Transmit Power Level", dec, unit(" dBm", ""))
	wlanCountryInfoPadding      = wlanP.Bytes("country_info.padding", "Padding")
	wlanPowerconLocal           = wlanP.U8("powercon.local", "Local Power Constraint", dec)
	wlanPowercapMin             = wlanP.I8("powercap.min", "Minimum Transmit Power", dec, unit(" dBm", ""))
	wlanPowercapMax             = wlanP.I8("powercap.max", "Maximum Transmit Power", dec, unit(" dBm", ""))
	wlanSupchan                 = wlanP.None("supchan", "Supported Channels Set")
	wlanSupchanFirst            = wlanP.U8("supchan.first", "First Supported Channel", dec)
	wlanSupchanRange            = wlanP.U8("supchan.range", "Supported Channel Range", dec)
	wlanErpInfo                 = wlanP.U8("erp_info", "ERP Information", hex)
	wlanErpInfoBits             = []field.ID{
		wlanP.Bool("erp_info.erp_present", "Non ERP Present", mask(8, 0x01), setNotSet),
		wlanP.Bool("erp_info.use_protection", "Use Protection", mask(8, 0x02), setNotSet),
		wlanP.Bool("erp_info.barker_preamble_mode", "Barker Preamble Mode", mask(8, 0x04), setNotSet),
		wlanP.U8("erp_info.reserved", "Reserved", hex, mask(8, 0xf8)),
	}
	wlanTagChallengeText              = wlanP.Bytes("tag.challenge_text", "Challenge Text")
	wlanApChannelReportOperatingClass = wlanP.U8("ap_channel_report.operating_class", "Operating Class", dec)
	wlanApChannelReportChannelList    = wlanP.U8("ap_channel_report.channel_list", "Channel List", dec)
	wlanObssSpd                       = wlanP.U16("obss.spd", "Scan Passive Dwell", dec)
	wlanObssSad                       = wlanP.U16("obss.sad", "Scan Active Dwell", dec)
	wlanObssCwtsi                     = wlanP.U16("obss.cwtsi", "Channel Width Trigger Scan Interval", dec)
	wlanObssSptpc                     = wlanP.U16("obss.sptpc", "Scan Passive Total Per Channel", dec)
	wlanObssSatpc                     = wlanP.U16("obss.satpc", "Scan Active Total Per Channel", dec)
	wlanObssWctdf                     = wlanP.U16("obss.wctdf", "Width Channel Transition Delay Factor", dec)
	wlanObssSat                       = wlanP.U16("obss.sat", "Scan Activity Threshold", dec)
	wlanQbssVersion                   = wlanP.U8("qbss.version", "QBSS Version", dec)
	wlanQbssScount                    = wlanP.U16("qbss.scount", "Station Count", dec)
	wlanQbssCu                        = wlanP.U8("qbss.cu", "Channel Utilization", dec)
	wlanQbssAdc                       = wlanP.U16("qbss.adc", "Available Admission Capacity", dec)
	wlanSupopeclassCurrent            = wlanP.U8("supopeclass.current", "Current Operating Class", dec, enum(wlanSupopeclassCurrentNames))
	wlanMeshId                        = wlanP.Str("mesh.id", "Mesh ID")
	wlanBssMaxIdlePeriod              = wlanP.U16("bss_max_idle.period", "Max Idle Period (1000 TUs)", dec)
	wlanBssMaxIdleOptions             = wlanP.U8("bss_max_idle.options", "Idle Options", hex)
	wlanBssMaxIdleOptionsBits         = []field.ID{
		wlanP.U8("bss_max_idle.options.protected", "Protected Keep-Alive Required", dec, mask(8, 0x01)),
		wlanP.U8("bss_max_idle.options.reserved", "Reserved", hex, mask(8, 0xfe)),
	}
	wlanInterworkingAccessNetworkType = wlanP.U8("interworking.access_network_type", "Access Network Type", dec, mask(8, 0x0f), enum(wlanInterworkingAccessNetworkTypeNames))
	wlanInterworkingInternet          = wlanP.U8("interworking.internet", "Internet", dec, mask(8, 0x10))
	wlanInterworkingAsra              = wlanP.U8("interworking.asra", "ASRA", dec, mask(8, 0x20))
	wlanInterworkingEsr               = wlanP.U8("interworking.esr", "ESR", dec, mask(8, 0x40))
	wlanInterworkingUesa              = wlanP.U8("interworking.uesa", "UESA", dec, mask(8, 0x80))
	wlanInterworkingHessid            = wlanP.Ether("interworking.hessid", "HESSID")
	wlanMobilityDomainMdid            = wlanP.U16("mobility_domain.mdid", "Mobility Domain Identifier", hex)
	wlanMobilityDomainFtCapab         = wlanP.U8("mobility_domain.ft_capab", "FT Capability and Policy", hex)
	wlanMobilityDomainFtCapabBits     = []field.ID{
		wlanP.U8("mobility_domain.ft_capab.ft_over_ds", "Fast BSS Transition over DS", hex, mask(8, 0x01)),
		wlanP.U8("mobility_domain.ft_capab.resource_req", "Resource Request Protocol Capability", hex, mask(8, 0x02)),
		wlanP.U8("mobility_domain.ft_capab.reserved", "Reserved", hex, mask(8, 0xfc)),
	}
	wlanVhtTpePwrConstr20  = wlanP.I8("vht.tpe.pwr_constr_20", "Local Max Tx Pwr Constraint 20MHz", dec, format(wlanHalfDBm))
	wlanVhtTpePwrConstr40  = wlanP.I8("vht.tpe.pwr_constr_40", "Local Max Tx Pwr Constraint 40MHz", dec, format(wlanHalfDBm))
	wlanVhtTpePwrConstr80  = wlanP.I8("vht.tpe.pwr_constr_80", "Local Max Tx Pwr Constraint 80MHz", dec, format(wlanHalfDBm))
	wlanVhtTpePwrConstr160 = wlanP.I8("vht.tpe.pwr_constr_160", "Local Max Tx Pwr Constraint 160MHz/80+80 MHz", dec, format(wlanHalfDBm))
	wlanVhtTpePwrInfo      = wlanP.U8("vht.tpe.pwr_info", "Tx Pwr Info", hex)
	wlanVhtTpePwrInfoBits  = []field.ID{
		wlanP.U8("vht.tpe.pwr_info.count", "Max Tx Pwr Count", dec, mask(8, 0x07)),
		wlanP.U8("vht.tpe.pwr_info.unit", "Max Tx Pwr Unit Interpretation", dec, mask(8, 0x38), enum(wlanVhtTpePwrInfoUnitNames)),
		wlanP.U8("vht.tpe.pwr_info.category", "Max Tx Pwr Category", dec, mask(8, 0xc0)),
	}
	wlanExtTagOweDhParameterGroup     = wlanP.U32("ext_tag.owe_dh_parameter.group", "Group", dec, enum(wlanExtTagOweDhParameterGroupNames))
	wlanExtTagOweDhParameterPublicKey = wlanP.Bytes("ext_tag.owe_dh_parameter.public_key", "Public Key")
	wlanCsaChannelSwitchMode          = wlanP.U8("csa.channel_switch_mode", "Channel Switch Mode", dec)
	wlanCsaNewChannelNumber           = wlanP.U8("csa.new_channel_number", "New Channel Number", dec)
	wlanCsaChannelSwitchCount         = wlanP.U8("csa.channel_switch.count", "Channel Switch Count", dec)

	eiWlanTagLength = wlanP.Expert("tag.length.bad", field.Malformed, field.Error, "Bad tag length")
	eiWlanTagData   = wlanP.Expert("tag.data.undecoded", field.Undecoded, field.Note, "Undecoded")
)

// wlanHalfDBm is a power in half decibels.
func wlanHalfDBm(t *field.Text, v uint64) { t.F(float64(int64(v))/2, 1).S(" dBm") }

// wlanElement decodes one element: its data is [c.Pos(), end), r its line.
type wlanElement func(c *Cursor, r dissect.Ref, end int)

var wlanElements map[uint8]wlanElement

func init() {
	wlanElements = map[uint8]wlanElement{
		0: wlanSSIDElement, 1: wlanRates(wlanSupportedRates), 3: wlanDS, 5: wlanTIM, 6: wlanIBSS, 7: wlanCountry, 11: wlanQBSS, 16: wlanChallenge,
		32: wlanPowerConstraint, 33: wlanPowerCapability, 36: wlanSupportedChannels, 37: wlanChannelSwitch, 42: wlanERP, 45: wlanHTCapabilities, 48: wlanRSNElement,
		50: wlanRates(wlanExtRates), 51: wlanChannelReport, 54: wlanMobility, 59: wlanOperatingClasses, 74: wlanOverlapping,
		90: wlanMaxIdle, 107: wlanInterworking, 114: wlanMesh, 127: wlanExtended, 191: wlanVHTCapabilities, 192: wlanVHTOperation, 195: wlanPowerEnvelope,
		221: wlanVendor,
	}
}

// wlanTagged is the list of elements up to the frame's end.
func wlanTagged(c *Cursor, h *wlanHeader) {
	at := c.Pos()
	if at >= h.end {
		return
	}
	all := c.Put(wlanTaggedAll, at, h.end-at, 0)
	if b := c.Append(all); b != nil {
		b.S(" (").U(uint64(h.end - at)).S(plural(h.end-at, " byte)", " bytes)"))
	}
	old := c.Push(all)
	for c.Pos()+2 <= h.end {
		wlanOneTag(c, h)
	}
	c.Pop(old)
}

func wlanOneTag(c *Cursor, h *wlanHeader) {
	at := c.Pos()
	tag, n := c.Peek8(0), int(c.Peek8(1))
	end := at + 2 + n
	node := wlanTag
	if tag == 255 {
		node = wlanExtTag
	}
	r := c.Put(node, at, n+2, 0)
	name := wlanTagNumberNames.Text(uint64(tag), "Reserved")
	if b := c.Label(r); b != nil {
		if tag == 255 {
			b.S("Ext Tag")
		} else {
			b.S("Tag: ").S(name)
		}
	}
	old := c.Push(r)
	c.Field(wlanTagNumber, 1)
	l := c.Put(wlanTagLength, c.Pos(), 1, uint64(n))
	c.Skip(1)
	if end > h.end {
		c.ExpertText(l, eiWlanTagLength, "Tag Length is longer than remaining payload")
		c.Pop(old)
		c.Seek(h.end)
		return
	}
	c.BytesAt(at+2, n)
	switch f := wlanElements[tag]; {
	case tag == 255 && n > 0:
		wlanExtTagElement(c, r, end)
	case tag == 61:
		wlanHTOperation(c, end, h.sub)
	case f != nil:
		f(c, r, end)
	case n > 0:
		c.FieldAt(wlanTagData, at+2, n)
		if b := c.Append(r); b != nil {
			b.S(": Undecoded")
		}
		c.ExpertText(r, eiWlanTagData, "Dissector for 802.11 IE Tag ("+name+") code not implemented, Contact Wireshark developers if you want this supported")
	}
	c.Pop(old)
	c.Seek(end)
}

func wlanSSIDElement(c *Cursor, r dissect.Ref, end int) {
	n := end - c.Pos()
	b := c.Bytes(wlanSsid, n)
	var t field.Text
	switch {
	case n == 0:
		t.S("Wildcard SSID")
	case allZero(b):
		t.S("<MISSING>")
	default:
		t.C('"').Printable(b).C('"')
	}
	if l := c.Append(r); l != nil {
		l.S(": ").Raw(t.B)
	}
	text := t.B
	if n == 0 {
		text = []byte("<MISSING>")
	}
	if l := c.Label(c.Last()); l != nil {
		l.S("SSID: ").Raw(text)
	}
	if l := c.Info(); l != nil {
		l.S(", SSID=")
		if n == 0 {
			l.S("Wildcard (Broadcast)")
		} else {
			l.Raw(t.B)
		}
	}
}

func wlanRates(f field.ID) wlanElement {
	return func(c *Cursor, r dissect.Ref, end int) {
		if b := c.Append(r); b != nil {
			for _, v := range c.BytesAt(c.Pos(), end-c.Pos()) {
				b.C(' ').S(wlanSupportedRatesNames.Text(uint64(v), "Unknown Rate")).C(',')
			}
			b.S(" [Mbit/sec]")
		}
		for c.Pos() < end {
			c.Field(f, 1)
		}
	}
}

func wlanDS(c *Cursor, r dissect.Ref, end int) {
	v := c.U8(wlanDsCurrentChannel)
	if b := c.Append(r); b != nil {
		b.S(": Current Channel: ").U(uint64(v))
	}
}

func wlanIBSS(c *Cursor, r dissect.Ref, end int) {
	v := c.Peek16LE(0)
	c.FieldLE(wlanIbssAtimWindows, 2)
	if b := c.Append(r); b != nil {
		b.S(": ATIM window 0x").H(uint64(v), 1)
	}
}

func wlanTIM(c *Cursor, r dissect.Ref, end int) {
	count := c.U8(wlanTimDtimCount)
	period := c.U8(wlanTimDtimPeriod)
	if b := c.Append(r); b != nil {
		b.S(": DTIM ").U(uint64(count)).S(" of ").U(uint64(period)).S(" bitmap")
	}
	if c.Pos() >= end {
		return
	}
	ctl := c.Word(wlanTimBmapctl, 1, wlanTimBmapctlMulticast, wlanTimBmapctlOffset)
	pos, n := c.Pos(), end-c.Pos()
	if n <= 0 {
		return
	}
	b := c.Bytes(wlanTimPartialVirtualBitmap, n)
	old := c.Push(c.Last())
	for i, v := range b {
		for bit := range 8 {
			if v>>uint(bit)&1 != 0 {
				c.Put(wlanTimAid, pos+i, 1, (ctl&0xfe)*8+uint64(i*8+bit))
			}
		}
	}
	c.Pop(old)
}

func wlanCountry(c *Cursor, r dissect.Ref, end int) {
	code := c.Bytes(wlanCountryInfoCode, 2)
	env := c.U8(wlanCountryInfoEnvironment)
	if b := c.Append(r); b != nil {
		b.S(": Country Code ").Printable(code).S(", Environment ").S(wlanCountryInfoEnvironmentNames.Text(uint64(env), "Unknown"))
	}
	for end-c.Pos() >= 3 {
		pos := c.Pos()
		first, n, power := c.Peek8(0), c.Peek8(1), int8(c.Peek8(2))
		f := c.Put(wlanCountryInfoFnm, pos, 3, 0)
		if b := c.Label(f); b != nil {
			b.S("Country Info: First Channel Number: ").U(uint64(first)).S(", Number of Channels: ").U(uint64(n)).
				S(", Maximum Transmit Power Level: ").I(int64(power)).S(" dBm")
		}
		old := c.Push(f)
		c.Field(wlanCountryInfoFnmFcn, 1)
		c.Field(wlanCountryInfoFnmNc, 1)
		c.Field(wlanCountryInfoFnmMtpl, 1)
		c.Pop(old)
	}
	if n := end - c.Pos(); n > 0 {
		c.Field(wlanCountryInfoPadding, n)
	}
}

func wlanQBSS(c *Cursor, r dissect.Ref, end int) {
	at, n := c.Pos(), end-c.Pos()
	version := uint64(2)
	if n == 4 {
		version = 1
	}
	if b := c.Append(r); b != nil {
		if n == 4 {
			b.S(" Cisco QBSS Version 1 - non CCA")
		} else {
			b.S(" 802.11e CCA Version")
		}
	}
	c.Put(wlanQbssVersion, at, n, version)
	if n < 4 {
		return
	}
	c.FieldLE(wlanQbssScount, 2)
	u := c.U8(wlanQbssCu)
	if b := c.Append(c.Last()); b != nil {
		b.S(" (").U(uint64(u) * 100 / 255).S("%)")
	}
	if n == 5 {
		v := c.Peek16LE(0)
		f := c.FieldLE(wlanQbssAdc, 2)
		if b := c.Append(f); b != nil {
			b.S(" (").U(uint64(v) * 32).S(" us/s)")
		}
	}
}

func wlanChallenge(c *Cursor, r dissect.Ref, end int) { c.Field(wlanTagChallengeText, end-c.Pos()) }

func wlanPowerConstraint(c *Cursor, r dissect.Ref, end int) {
	v := c.U8(wlanPowerconLocal)
	if b := c.Append(r); b != nil {
		b.S(": ").U(uint64(v))
	}
}

func wlanPowerCapability(c *Cursor, r dissect.Ref, end int) {
	lo, hi := int8(c.Peek8(0)), int8(c.Peek8(1))
	c.Field(wlanPowercapMin, 1)
	c.Field(wlanPowercapMax, 1)
	if b := c.Append(r); b != nil {
		b.S(" Min: ").I(int64(lo)).S(", Max: ").I(int64(hi))
	}
}

func wlanSupportedChannels(c *Cursor, r dissect.Ref, end int) {
	for i := 1; end-c.Pos() >= 2; i++ {
		first, n := c.Peek8(0), c.Peek8(1)
		s := c.Put(wlanSupchan, c.Pos(), 2, 0)
		if b := c.Label(s); b != nil {
			b.S("Supported Channels Set #").I(int64(i)).S(" First: ").U(uint64(first)).S(", Range: ").U(uint64(n)).C(' ')
		}
		old := c.Push(s)
		c.Field(wlanSupchanFirst, 1)
		c.Field(wlanSupchanRange, 1)
		c.Pop(old)
	}
}

func wlanChannelSwitch(c *Cursor, r dissect.Ref, end int) {
	c.Field(wlanCsaChannelSwitchMode, 1)
	ch := c.U8(wlanCsaNewChannelNumber)
	n := c.U8(wlanCsaChannelSwitchCount)
	if b := c.Append(r); b != nil {
		b.S(" Mode: ").U(uint64(c.BytesAt(end-3, 1)[0])).S(", Number: ").U(uint64(ch)).S(" , Count: ").U(uint64(n))
	}
}

func wlanERP(c *Cursor, r dissect.Ref, end int) { c.Word(wlanErpInfo, 1, wlanErpInfoBits...) }

func wlanChannelReport(c *Cursor, r dissect.Ref, end int) {
	class := c.U8(wlanApChannelReportOperatingClass)
	b := c.Append(r)
	if b != nil {
		b.S(": Operating Class ").U(uint64(class)).S(", Channel List :")
		for _, v := range c.BytesAt(c.Pos(), end-c.Pos()) {
			b.S(" ").U(uint64(v)).C(',')
		}
	}
	for c.Pos() < end {
		c.Field(wlanApChannelReportChannelList, 1)
	}
}

func wlanMobility(c *Cursor, r dissect.Ref, end int) {
	c.FieldLE(wlanMobilityDomainMdid, 2)
	c.Word(wlanMobilityDomainFtCapab, 1, wlanMobilityDomainFtCapabBits...)
}

func wlanOperatingClasses(c *Cursor, r dissect.Ref, end int) {
	c.Field(wlanSupopeclassCurrent, 1)
	if n := end - c.Pos(); n > 0 {
		wlanAlternates(c, c.Pos(), n)
	}
}

func wlanOverlapping(c *Cursor, r dissect.Ref, end int) {
	for _, f := range [...]field.ID{wlanObssSpd, wlanObssSad, wlanObssCwtsi, wlanObssSptpc, wlanObssSatpc, wlanObssWctdf, wlanObssSat} {
		c.FieldLE(f, 2)
	}
}

func wlanMaxIdle(c *Cursor, r dissect.Ref, end int) {
	c.FieldLE(wlanBssMaxIdlePeriod, 2)
	c.Word(wlanBssMaxIdleOptions, 1, wlanBssMaxIdleOptionsBits...)
}

func wlanInterworking(c *Cursor, r dissect.Ref, end int) {
	pos := c.Pos()
	for _, f := range [...]field.ID{wlanInterworkingAccessNetworkType, wlanInterworkingInternet, wlanInterworkingAsra, wlanInterworkingEsr, wlanInterworkingUesa} {
		c.FieldAt(f, pos, 1)
	}
	if end-pos == 7 || end-pos == 9 {
		c.FieldAt(wlanInterworkingHessid, end-6, 6)
	}
}

func wlanMesh(c *Cursor, r dissect.Ref, end int) { c.Field(wlanMeshId, end-c.Pos()) }

func wlanPowerEnvelope(c *Cursor, r dissect.Ref, end int) {
	n := c.Word(wlanVhtTpePwrInfo, 1, wlanVhtTpePwrInfoBits...)
	for i, f := range [...]field.ID{wlanVhtTpePwrConstr20, wlanVhtTpePwrConstr40, wlanVhtTpePwrConstr80, wlanVhtTpePwrConstr160} {
		if uint64(i) <= n&7 && c.Pos() < end {
			c.Field(f, 1)
		}
	}
}

// wlanExtTagElement is an element with its own number in its first byte.
func wlanExtTagElement(c *Cursor, r dissect.Ref, end int) {
	number := c.Peek8(0)
	if b := c.Label(r); b != nil {
		b.S("Ext Tag: ").S(wlanExtTagNumberNames.Text(uint64(number), "Reserved"))
	}
	l := c.Put(wlanExtTagLength, c.Pos()-1, 1, uint64(end-c.Pos()-1))
	if b := c.Append(l); b != nil {
		b.S(" (Tag len: ").I(int64(end - c.Pos())).C(')')
	}
	c.Field(wlanExtTagNumber, 1)
	n := end - c.Pos()
	switch {
	case number == 32 && n > 2:
		c.FieldLE(wlanExtTagOweDhParameterGroup, 2)
		c.Field(wlanExtTagOweDhParameterPublicKey, end-c.Pos())
	case n > 0:
		c.Field(wlanExtTagData, n)
	}
}
