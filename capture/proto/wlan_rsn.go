// IEEE 802.11-2020: the RSN element (9.4.2.24), and vendor elements: WPA and WMM
// (Wi-Fi Alliance). Not decoded: other vendors' (Wi-Fi Protected Setup, P2P, ...).
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	// missing wlan.wfa.ie.wpa.type
	// missing wlan.wfa.ie.wme.acp.aci
	// missing wlan.wfa.ie.wme.acp.acm
	// missing wlan.wfa.ie.wme.acp.aifsn
	// missing wlan.wfa.ie.wme.acp.reserved
	// missing wlan.wfa.ie.wme.acp.ecw.max
	// missing wlan.wfa.ie.wme.acp.ecw.min
	// missing wlan.wfa.ie.wme.acp.cw.max
	// missing wlan.wfa.ie.wme.acp.cw.min
	// missing wlan.wfa.ie.wme.acp.txop_limit
	wlanRsnVersion          = wlanP.U16("rsn.version", "RSN Version", dec)
	wlanRsnGcs              = wlanP.U32("rsn.gcs", "Group Cipher Suite", dec /*CUSTOM*/)
	wlanRsnGcsOui           = wlanP.U24("rsn.gcs.oui", "Group Cipher Suite OUI", field.OUI)
	wlanRsnGcsType          = wlanP.U8("rsn.gcs.type", "Group Cipher Suite type", dec, enum(wlanRsnGcsTypeNames))
	wlanRsnPcsCount         = wlanP.U16("rsn.pcs.count", "Pairwise Cipher Suite Count", dec)
	wlanRsnPcsList          = wlanP.None("rsn.pcs.list", "Pairwise Cipher Suite List")
	wlanRsnPcs              = wlanP.U32("rsn.pcs", "Pairwise Cipher Suite", dec /*CUSTOM*/)
	wlanRsnPcsOui           = wlanP.U24("rsn.pcs.oui", "Pairwise Cipher Suite OUI", field.OUI)
	wlanRsnPcsType          = wlanP.U8("rsn.pcs.type", "Pairwise Cipher Suite type", dec, enum(wlanRsnGcsTypeNames))
	wlanRsnAkmsCount        = wlanP.U16("rsn.akms.count", "Auth Key Management (AKM) Suite Count", dec)
	wlanRsnAkmsList         = wlanP.None("rsn.akms.list", "Auth Key Management (AKM) List")
	wlanRsnAkms             = wlanP.U32("rsn.akms", "Auth Key Management (AKM) Suite", dec /*CUSTOM*/)
	wlanRsnAkmsOui          = wlanP.U24("rsn.akms.oui", "Auth Key Management (AKM) OUI", field.OUI)
	wlanRsnAkmsType         = wlanP.U8("rsn.akms.type", "Auth Key Management (AKM) type", dec, enum(wlanRsnAkmsTypeNames))
	wlanRsnCapabilities     = wlanP.U16("rsn.capabilities", "RSN Capabilities", hex)
	wlanRsnCapabilitiesBits = []field.ID{
		wlanP.Bool("rsn.capabilities.preauth", "RSN Pre-Auth capabilities", mask(16, 0x0001), tf("Transmitter supports pre-authentication", "Transmitter does not support pre-authentication")),
		wlanP.Bool("rsn.capabilities.no_pairwise", "RSN No Pairwise capabilities", mask(16, 0x0002), tf("Transmitter cannot support WEP default key 0 simultaneously with Pairwise key", "Transmitter can support WEP default key 0 simultaneously with Pairwise key")),
		wlanP.U16("rsn.capabilities.ptksa_replay_counter", "RSN PTKSA Replay Counter capabilities", hex, mask(16, 0x000c), enum(wlanRsnCapabilitiesPtksaReplayCounterNames)),
		wlanP.U16("rsn.capabilities.gtksa_replay_counter", "RSN GTKSA Replay Counter capabilities", hex, mask(16, 0x0030), enum(wlanRsnCapabilitiesPtksaReplayCounterNames)),
		wlanP.Bool("rsn.capabilities.mfpr", "Management Frame Protection Required", mask(16, 0x0040), tf("Required", "Not required")),
		wlanP.Bool("rsn.capabilities.mfpc", "Management Frame Protection Capable", mask(16, 0x0080), tf("Capable", "Not capable")),
		wlanP.Bool("rsn.capabilities.jmr", "Joint Multi-band RSNA", mask(16, 0x0100), tf("Supported", "Not supported")),
		wlanP.Bool("rsn.capabilities.peerkey", "PeerKey Enabled", mask(16, 0x0200), tf("Supported", "Not supported")),
		wlanP.Bool("rsn.capabilities.spp_amsdu_cap", "SPP A-MSDU Capable", mask(16, 0x0400), tf("Capable", "Not capable")),
		wlanP.Bool("rsn.capabilities.spp_amsdu_req", "SPP A-MSDU Required", mask(16, 0x0800), tf("Required", "Not required")),
		wlanP.Bool("rsn.capabilities.pbac", "PBAC (protected block ack agreement capable)", mask(16, 0x1000), tf("Capable", "Not capable")),
		wlanP.Bool("rsn.capabilities.extended_key_id_iaf", "Extended Key ID for Individually Addressed Frames", mask(16, 0x2000), tf("Supported", "Not supported")),
		wlanP.Bool("rsn.capabilities.ocvc", "OCVC", mask(16, 0x4000), tf("Supported", "Not supported")),
	}
	wlanRsnPmkidCount                      = wlanP.U16("rsn.pmkid.count", "PMKID Count", dec)
	wlanRsnPmkidList                       = wlanP.None("rsn.pmkid.list", "PMKID List")
	wlanPmkidAkms                          = wlanP.Bytes("pmkid.akms", "PMKID")
	wlanRsnGmcs                            = wlanP.U32("rsn.gmcs", "Group Management Cipher Suite", dec /*CUSTOM*/)
	wlanRsnGmcsOui                         = wlanP.U24("rsn.gmcs.oui", "Group Management Cipher Suite OUI", field.OUI)
	wlanRsnGmcsType                        = wlanP.U8("rsn.gmcs.type", "Group Management Cipher Suite type", dec, enum(wlanRsnGcsTypeNames))
	wlanWfaIeType                          = wlanP.U8("wfa.ie.type", "Type", hex, enum(wlanWfaIeTypeNames))
	wlanWfaIeWpaVersion                    = wlanP.U16("wfa.ie.wpa.version", "WPA Version", dec)
	wlanWfaIeWpaMcs                        = wlanP.U32("wfa.ie.wpa.mcs", "Multicast Cipher Suite", dec /*CUSTOM*/)
	wlanWfaIeWpaMcsOui                     = wlanP.U24("wfa.ie.wpa.mcs.oui", "Multicast Cipher Suite OUI", field.OUI)
	wlanWfaIeWpaMcsType                    = wlanP.U8("wfa.ie.wpa.mcs.type", "Multicast Cipher Suite type", dec, enum(wlanWfaIeWpaMcsTypeNames))
	wlanWfaIeWpaUcsCount                   = wlanP.U16("wfa.ie.wpa.ucs.count", "Unicast Cipher Suite Count", dec)
	wlanWfaIeWpaUcsList                    = wlanP.None("wfa.ie.wpa.ucs.list", "Unicast Cipher Suite List")
	wlanWfaIeWpaUcs                        = wlanP.U32("wfa.ie.wpa.ucs", "Unicast Cipher Suite", dec /*CUSTOM*/)
	wlanWfaIeWpaUcsOui                     = wlanP.U24("wfa.ie.wpa.ucs.oui", "Unicast Cipher Suite OUI", field.OUI)
	wlanWfaIeWpaUcsType                    = wlanP.U8("wfa.ie.wpa.ucs.type", "Unicast Cipher Suite type", dec, enum(wlanWfaIeWpaMcsTypeNames))
	wlanWfaIeWpaAkmsCount                  = wlanP.U16("wfa.ie.wpa.akms.count", "Auth Key Management (AKM) Suite Count", dec)
	wlanWfaIeWpaAkmsList                   = wlanP.None("wfa.ie.wpa.akms.list", "Auth Key Management (AKM) List")
	wlanWfaIeWpaAkms                       = wlanP.U32("wfa.ie.wpa.akms", "Auth Key Management (AKM) Suite", dec /*CUSTOM*/)
	wlanWfaIeWpaAkmsOui                    = wlanP.U24("wfa.ie.wpa.akms.oui", "Auth Key Management (AKM) OUI", field.OUI)
	wlanWfaIeWpaAkmsType                   = wlanP.U8("wfa.ie.wpa.akms.type", "Auth Key Management (AKM) type", dec, enum(wlanWfaIeWpaAkmsTypeNames))
	wlanWfaIeWmeSubtype                    = wlanP.U8("wfa.ie.wme.subtype", "WME Subtype", dec, enum(values(val(0, "Information Element"), val(1, "Parameter Element"), val(2, "TSPEC Element"))))
	wlanWfaIeWmeVersion                    = wlanP.U8("wfa.ie.wme.version", "WME Version", dec)
	wlanWfaIeWmeQosInfo                    = wlanP.U8("wfa.ie.wme.qos_info", "WME QoS Info", hex)
	wlanWfaIeWmeQosInfoStaMaxSpLength      = wlanP.U8("wfa.ie.wme.qos_info.sta.max_sp_length", "Max SP Length", hex, mask(8, 0x60), enum(wlanWfaIeWmeQosInfoStaMaxSpLengthNames))
	wlanWfaIeWmeQosInfoStaAcBe             = wlanP.Bool("wfa.ie.wme.qos_info.sta.ac_be", "AC_BE", mask(8, 0x08), tf("WMM delivery and trigger enabled", "non-WMM PS"))
	wlanWfaIeWmeQosInfoStaAcBk             = wlanP.Bool("wfa.ie.wme.qos_info.sta.ac_bk", "AC_BK", mask(8, 0x04), tf("WMM delivery and trigger enabled", "non-WMM PS"))
	wlanWfaIeWmeQosInfoStaAcVi             = wlanP.Bool("wfa.ie.wme.qos_info.sta.ac_vi", "AC_VI", mask(8, 0x02), tf("WMM delivery and trigger enabled", "non-WMM PS"))
	wlanWfaIeWmeQosInfoStaAcVo             = wlanP.Bool("wfa.ie.wme.qos_info.sta.ac_vo", "AC_VO", mask(8, 0x01), tf("WMM delivery and trigger enabled", "non-WMM PS"))
	wlanWfaIeWmeQosInfoStaReserved         = wlanP.U8("wfa.ie.wme.qos_info.sta.reserved", "Reserved", hex, mask(8, 0x90))
	wlanWfaIeWmeQosInfoApUApsd             = wlanP.Bool("wfa.ie.wme.qos_info.ap.u_apsd", "U-APSD", mask(8, 0x80), tf("Enabled", "Disabled"))
	wlanWfaIeWmeQosInfoApParameterSetCount = wlanP.U8("wfa.ie.wme.qos_info.ap.parameter_set_count", "Parameter Set Count", hex, mask(8, 0x0f))
	wlanWfaIeWmeQosInfoApReserved          = wlanP.U8("wfa.ie.wme.qos_info.ap.reserved", "Reserved", hex, mask(8, 0x70))
	wlanWfaIeWmeReserved                   = wlanP.Bytes("wfa.ie.wme.reserved", "Reserved")
	wlanWfaIeWmeAcp                        = wlanP.None("wfa.ie.wme.acp", "Ac Parameters")
	wlanWfaIeWmeAcpAciAifsn                = wlanP.U8("wfa.ie.wme.acp.aci_aifsn", "ACI / AIFSN Field", hex)
	wlanWfaIeWmeAcpEcw                     = wlanP.U8("wfa.ie.wme.acp.ecw", "ECW", hex)

	wlanRsnIeDataType = wlanP.U8("rsn.ie.data_type", "Data Type", dec, enum(values(val(4, "PMKID KDE"))))
	wlanRsnIePmkid    = wlanP.Bytes("rsn.ie.pmkid", "PMKID")

	wlanAtherosType    = wlanP.U8("atheros.ie.type", "Type", hex, enum(values(val(1, "Advanced Capability"), val(3, "eXtended Range"))))
	wlanAtherosSubtype = wlanP.U8("atheros.ie.subtype", "Subtype", hex)
	wlanAtherosVersion = wlanP.U8("atheros.ie.version", "Version", hex)
	wlanAtherosBits    = []field.ID{
		wlanP.Bool("ie.atheros.capabilities.turbop", "Turbo Prime", mask(8, 0x01)), wlanP.Bool("ie.atheros.capabilities.comp", "Compression", mask(8, 0x02)),
		wlanP.Bool("ie.atheros.capabilities.ff", "Fast Frames", mask(8, 0x04)), wlanP.Bool("ie.atheros.capabilities.xr", "eXtended Range", mask(8, 0x08)),
		wlanP.Bool("ie.atheros.capabilities.ar", "Advanced Radar", mask(8, 0x10)), wlanP.Bool("ie.atheros.capabilities.burst", "Burst", mask(8, 0x20)),
		wlanP.Bool("ie.atheros.capabilities.wme", "CWMin tuning", mask(8, 0x40)), wlanP.Bool("ie.atheros.capabilities.boost", "Boost", mask(8, 0x80)),
	}
	wlanAtherosCap     = wlanP.U8("atheros.ie.advcap.cap", "Capabilities", hex)
	wlanAtherosKey     = wlanP.U16("atheros.ie.advcap.defkey", "Default key index", hex)
	wlanAtherosInfo    = wlanP.U8("atheros.ie.xr.info", "Info", hex)
	wlanAtherosBase    = wlanP.Ether("atheros.ie.xr.base_bssid", "Base BSS Id")
	wlanAtherosXR      = wlanP.Ether("atheros.ie.xr.xr_bssid", "XR BSS Id")
	wlanAtherosBeacon  = wlanP.U32("atheros.ie.xr.xr_beacon", "XR Beacon Interval", dec, format(wlanTimeUnits))
	wlanAtherosBaseCap = wlanP.U8("atheros.ie.xr.base_cap", "Base capabilities", hex)
	wlanAtherosXRCap   = wlanP.U8("atheros.ie.xr.xr_cap", "XR capabilities", hex)
	wlanAtherosData    = wlanP.Bytes("atheros.data", "Atheros IE data")

	wlanWMM [4]wlanWMMCategory // by access category

	wlanGCS  = wlanSuite{wlanRsnGcs, wlanRsnGcsOui, wlanRsnGcsType, "Group Cipher Suite"}
	wlanPCS  = wlanSuite{wlanRsnPcs, wlanRsnPcsOui, wlanRsnPcsType, "Pairwise Cipher Suite"}
	wlanAKMS = wlanSuite{wlanRsnAkms, wlanRsnAkmsOui, wlanRsnAkmsType, "Auth Key Management (AKM) Suite"}
	wlanGMCS = wlanSuite{wlanRsnGmcs, wlanRsnGmcsOui, wlanRsnGmcsType, "Group Management Cipher Suite"}
	wlanMCS  = wlanSuite{wlanWfaIeWpaMcs, wlanWfaIeWpaMcsOui, wlanWfaIeWpaMcsType, "Multicast Cipher Suite"}
	wlanUCS  = wlanSuite{wlanWfaIeWpaUcs, wlanWfaIeWpaUcsOui, wlanWfaIeWpaUcsType, "Unicast Cipher Suite"}
	wlanWAKM = wlanSuite{wlanWfaIeWpaAkms, wlanWfaIeWpaAkmsOui, wlanWfaIeWpaAkmsType, "Auth Key Management (AKM) Suite"}
)

type wlanWMMCategory struct {
	aci, acm, aifsn, reserved, max, min, txop field.ID
}

func init() {
	for i, s := range [...]string{"be", "bk", "vi", "vo"} {
		p := "wfa.ie.wme.acp."
		wlanWMM[i] = wlanWMMCategory{
			aci:      wlanP.U8(p+"aci_"+s, "ACI", dec, mask(8, 0x60), enum(wlanAccessCategories)),
			acm:      wlanP.Bool(p+"acm_"+s, "Admission Control Mandatory", mask(8, 0x10), tf("Yes", "No")),
			aifsn:    wlanP.U8(p+"aifsn_"+s, "AIFSN", dec, mask(8, 0x0f)),
			reserved: wlanP.U8(p+"reserved_"+s, "Reserved", dec, mask(8, 0x80)),
			max:      wlanP.U8(p+"ecw.max_"+s, "ECW Max", dec, mask(8, 0xf0)),
			min:      wlanP.U8(p+"ecw.min_"+s, "ECW Min", dec, mask(8, 0x0f)),
			txop:     wlanP.U16(p+"txop_limit_"+s, "TXOP Limit", dec),
		}
	}
}

var wlanAccessCategories = values(val(0, "Best Effort"), val(1, "Background"), val(2, "Video"), val(3, "Voice"))

// wlanSuite are the fields of a cipher or key management suite selector.
type wlanSuite struct {
	id, oui, typ field.ID
	label        string
}

// at records the selector at a position and appends its text to more lines.
func (s wlanSuite) at(c *Cursor, pos int, lines ...dissect.Ref) {
	b := c.BytesAt(pos, 4)
	var t field.Text
	t.MAC(b[:3])
	wlanVendorIn(&t, b)
	name := field.Get(s.typ).Enum.Text(uint64(b[3]), "Unknown")
	std := b[0] == 0 && (b[1] == 0x0f && b[2] == 0xac || b[1] == 0x50 && b[2] == 0xf2)
	if std {
		t.C(' ').S(name)
	} else {
		t.C(' ').U(uint64(b[3]))
	}
	r := c.FieldAt(s.id, pos, 4)
	if l := c.Label(r); l != nil {
		l.S(s.label).S(": ").Raw(t.B)
	}
	old := c.Push(r)
	wlanOUIField(c, s.oui, pos)
	c.FieldAt(s.typ, pos+3, 1)
	c.Pop(old)
	for _, l := range lines {
		if x := c.Append(l); x != nil {
			x.C(' ').Raw(t.B)
		}
	}
}

func wlanVendorIn(t *field.Text, b []byte) {
	if v := ouiName(b); v != "" {
		t.S(" (").S(v).C(')')
	}
}

func wlanOUIField(c *Cursor, f field.ID, pos int) {
	r := c.FieldAt(f, pos, 3)
	if t := c.Append(r); t != nil {
		wlanVendorIn(t, c.BytesAt(pos, 3))
	}
}

// wlanSuites is a count and that many selectors below a line of their own.
func wlanSuites(c *Cursor, count, list field.ID, s wlanSuite, label string, end int) bool {
	n := int(c.Peek16LE(0))
	c.FieldLE(count, 2)
	if n*4 > end-c.Pos() {
		return false
	}
	pos := c.Pos()
	r := c.Put(list, pos, n*4, 0)
	if b := c.Label(r); b != nil {
		b.S(label)
	}
	old := c.Push(r)
	for i := range n {
		s.at(c, pos+4*i, r)
	}
	c.Pop(old)
	c.Seek(pos + n*4)
	return true
}

func wlanRSNElement(c *Cursor, r dissect.Ref, end int) {
	if end-c.Pos() < 2 {
		return
	}
	c.FieldLE(wlanRsnVersion, 2)
	if end-c.Pos() < 4 {
		return
	}
	wlanGCS.at(c, c.Pos())
	c.Skip(4)
	if end-c.Pos() < 2 || !wlanSuites(c, wlanRsnPcsCount, wlanRsnPcsList, wlanPCS, "Pairwise Cipher Suite List", end) ||
		end-c.Pos() < 2 || !wlanSuites(c, wlanRsnAkmsCount, wlanRsnAkmsList, wlanAKMS, "Auth Key Management (AKM) List", end) || end-c.Pos() < 2 {
		return
	}
	c.WordLE(wlanRsnCapabilities, 2, wlanRsnCapabilitiesBits...)
	if end-c.Pos() < 2 {
		return
	}
	n := int(c.Peek16LE(0))
	c.FieldLE(wlanRsnPmkidCount, 2)
	if n*16 > end-c.Pos() {
		return
	}
	old := c.Push(c.Put(wlanRsnPmkidList, c.Pos(), n*16, 0))
	for range n {
		c.Field(wlanPmkidAkms, 16)
	}
	c.Pop(old)
	if end-c.Pos() >= 4 {
		wlanGMCS.at(c, c.Pos())
	}
}

// wlanVendor is an element of an organisation.
func wlanVendor(c *Cursor, r dissect.Ref, end int) {
	if end-c.Pos() < 3 {
		return
	}
	pos := c.Pos()
	b := c.BytesAt(pos, 3)
	wlanOUIField(c, wlanTagOui, pos)
	if t := c.Append(r); t != nil {
		t.S(": ")
		if v := ouiName(b); v != "" {
			t.S(v)
		} else {
			t.MAC(b)
		}
	}
	c.Skip(3)
	if end-c.Pos() < 1 {
		return
	}
	typ := c.Peek8(0)
	c.FieldAt(wlanTagVendorOuiType, pos+3, 1)
	switch oui := uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]); {
	case oui == 0x0050f2:
		wlanMicrosoft(c, r, end)
	case oui == 0x000fac && typ == 4 && end-pos == 20:
		if t := c.Append(r); t != nil {
			t.S(": RSN PMKID")
		}
		c.Field(wlanRsnIeDataType, 1)
		c.Field(wlanRsnIePmkid, 16)
	case oui == 0x00037f:
		wlanAtheros(c, r, end)
	default:
		c.Skip(1)
		if n := end - c.Pos(); n > 0 {
			c.Field(wlanTagVendorData, n)
		}
	}
}

// wlanMicrosoft holds what the Wi-Fi Alliance began under Microsoft's number.
func wlanMicrosoft(c *Cursor, r dissect.Ref, end int) {
	typ := c.U8(wlanWfaIeType)
	add := func(s string) {
		if t := c.Append(r); t != nil {
			t.S(": ").S(s)
		}
	}
	switch typ {
	case 1:
		add("WPA Information Element")
		c.FieldLE(wlanWfaIeWpaVersion, 2)
		if end-c.Pos() < 4 {
			return
		}
		wlanMCS.at(c, c.Pos())
		c.Skip(4)
		if end-c.Pos() < 2 || !wlanSuites(c, wlanWfaIeWpaUcsCount, wlanWfaIeWpaUcsList, wlanUCS, "Unicast Cipher Suite List", end) || end-c.Pos() < 2 {
			return
		}
		wlanSuites(c, wlanWfaIeWpaAkmsCount, wlanWfaIeWpaAkmsList, wlanWAKM, "Auth Key Management (AKM) List", end)
	case 2:
		add("WMM/WME")
		if end-c.Pos() < 2 {
			return
		}
		sub := c.U8(wlanWfaIeWmeSubtype)
		c.U8(wlanWfaIeWmeVersion)
		add(field.Get(wlanWfaIeWmeSubtype).Enum.Text(uint64(sub), "Unknown"))
		switch sub {
		case 0:
			wlanWMMInfo(c, false)
		case 1:
			wlanWMMInfo(c, true)
			c.Field(wlanWfaIeWmeReserved, 1)
			for range 4 {
				wlanWMMParameters(c)
			}
		}
	default:
		add(field.Get(wlanWfaIeType).Enum.Text(uint64(typ), "Unknown "))
		if _, known := field.Get(wlanWfaIeType).Enum.Lookup(uint64(typ)); !known {
			if t := c.Append(r); t != nil {
				t.U(uint64(typ))
			}
		}
	}
}

func wlanWMMInfo(c *Cursor, ap bool) {
	if ap {
		c.Word(wlanWfaIeWmeQosInfo, 1, wlanWfaIeWmeQosInfoApUApsd, wlanWfaIeWmeQosInfoApParameterSetCount, wlanWfaIeWmeQosInfoApReserved)
		return
	}
	c.Word(wlanWfaIeWmeQosInfo, 1, wlanWfaIeWmeQosInfoStaMaxSpLength, wlanWfaIeWmeQosInfoStaAcBe, wlanWfaIeWmeQosInfoStaAcBk,
		wlanWfaIeWmeQosInfoStaAcVi, wlanWfaIeWmeQosInfoStaAcVo, wlanWfaIeWmeQosInfoStaReserved)
}

func wlanWMMParameters(c *Cursor) {
	pos := c.Pos()
	w, e := c.Peek8(0), c.Peek8(1)
	aci := w >> 5 & 3
	txop := c.Peek16LE(2)
	f := &wlanWMM[aci]
	lo, hi := uint(e&15), uint(e>>4)
	r := c.Put(wlanWfaIeWmeAcp, pos, 4, 0)
	if b := c.Append(r); b != nil {
		b.S(" ACI ").U(uint64(aci)).S(" (").S(wlanAccessCategories.Text(uint64(aci), "")).S("), ACM ").S(pick(w&0x10 != 0, "yes", "no")).
			S(", AIFSN ").U(uint64(w & 15)).S(", ECWmin/max ").U(uint64(lo)).C('/').U(uint64(hi)).
			S(" (CWmin/max ").U(1<<lo - 1).C('/').U(1<<hi - 1).S("), TXOP ").U(uint64(txop))
	}
	old := c.Push(r)
	c.Word(wlanWfaIeWmeAcpAciAifsn, 1, f.aci, f.acm, f.aifsn, f.reserved)
	in := c.Push(c.FieldAt(wlanWfaIeWmeAcpEcw, pos+1, 1))
	if b := c.Append(c.FieldAt(f.max, pos+1, 1)); b != nil {
		b.S(" (CW Max: ").U(1<<hi - 1).C(')')
	}
	if b := c.Append(c.FieldAt(f.min, pos+1, 1)); b != nil {
		b.S(" (CW Min: ").U(1<<lo - 1).C(')')
	}
	c.Pop(in)
	c.FieldLEAt(f.txop, pos+2, 2)
	c.Pop(old)
	c.Seek(pos + 4)
}

// wlanAtheros holds that maker's capabilities and extended range.
func wlanAtheros(c *Cursor, r dissect.Ref, end int) {
	if end-c.Pos() < 3 {
		return
	}
	typ := c.U8(wlanAtherosType)
	if t := c.Append(r); t != nil {
		t.S(": ").S(field.Get(wlanAtherosType).Enum.Text(uint64(typ), "Unknown"))
	}
	sub := c.U8(wlanAtherosSubtype)
	version := c.U8(wlanAtherosVersion)
	switch n := end - c.Pos(); {
	case typ == 1 && sub == 1 && version == 0 && n >= 3:
		c.Word(wlanAtherosCap, 1, wlanAtherosBits...)
		c.FieldLE(wlanAtherosKey, 2)
	case typ == 3 && sub == 1 && version == 0 && n >= 17:
		c.U8(wlanAtherosInfo)
		c.Field(wlanAtherosBase, 6)
		c.Field(wlanAtherosXR, 6)
		c.FieldLE(wlanAtherosBeacon, 2)
		c.Word(wlanAtherosBaseCap, 1, wlanAtherosBits...)
		c.Word(wlanAtherosXRCap, 1, wlanAtherosBits...)
	}
	if n := end - c.Pos(); n > 0 {
		c.Field(wlanAtherosData, n)
	}
}
