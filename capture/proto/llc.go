// IEEE 802.2 logical link control and SNAP. Not decoded: the XID and TEST
// contents, the bridged frames of RFC 2684 other than Ethernet.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	llcP       = protocol("llc", "Logical-Link Control", "LLC")
	llcDsap    = llcP.U8("dsap", "DSAP", hex, enum(llcSAPs))
	llcDsapSap = llcP.U8("dsap.sap", "SAP", dec, mask(8, 0xfe), format(llcSAPText))
	llcDsapIG  = llcP.Bool("dsap.ig", "IG Bit", mask(8, 0x01), tf("Group", "Individual"))
	llcSsap    = llcP.U8("ssap", "SSAP", hex, enum(llcSAPs))
	llcSsapSap = llcP.U8("ssap.sap", "SAP", dec, mask(8, 0xfe), format(llcSAPText))
	llcSsapCR  = llcP.Bool("ssap.cr", "CR Bit", mask(8, 0x01), tf("Response", "Command"))
	llcCtl     = llcP.U16("control", "Control", hex)
	llcNR      = llcP.U16("control.n_r", "N(R)", dec, mask(16, 0xfe00))
	llcNS      = llcP.U16("control.n_s", "N(S)", dec, mask(16, 0x00fe))
	llcPoll    = llcP.Bool("control.p", "Poll", mask(8, 0x10), setNotSet)
	llcFinal   = llcP.Bool("control.f", "Final", mask(8, 0x10), setNotSet)
	llcPollX   = llcP.Bool("control.p", "Poll", mask(16, 0x0100), setNotSet)
	llcFinalX  = llcP.Bool("control.f", "Final", mask(16, 0x0100), setNotSet)
	llcSType   = llcP.U16("control.s_ftype", "Supervisory frame type", hex, mask(16, 0x000c),
		enum(values(val(0, "Receiver ready"), val(1, "Receiver not ready"), val(2, "Reject"), val(3, "Selective reject"))))
	llcUCmd     = llcP.U8("control.u_modifier_cmd", "Command", hex, mask(8, 0xec), enum(llcCommands))
	llcUResp    = llcP.U8("control.u_modifier_resp", "Response", hex, mask(8, 0xec), enum(llcResponses))
	llcTypeI    = llcP.U16("control.ftype", "Frame type", hex, mask(16, 0x0001), enum(llcFrameTypes))
	llcTypeS    = llcP.U16("control.ftype", "Frame type", hex, mask(16, 0x0003), enum(llcFrameTypes))
	llcTypeU    = llcP.U8("control.ftype", "Frame type", hex, mask(8, 0x03), enum(llcFrameTypes))
	llcType     = llcP.U16("type", "Type", hex, enum(etherTypes))
	llcOUI      = llcP.U24("oui", "Organization Code", field.OUI)
	llcPid      = llcP.U16("pid", "Protocol ID", hex)
	llcCiscoPid = llcP.U16("cisco_pid", "PID", hex, enum(values(val(258, "DRIP"),
		val(260, "PAgP"),
		val(261, "MLS Hello"),
		val(264, "RLQ BPDUs (request)"),
		val(265, "RLQ BPDUs (response)"),
		val(267, "PVSTP+"),
		val(268, "VLAN Bridge"),
		val(273, "UDLD"),
		val(313, "MCP"),
		val(8192, "CDP"),
		val(8193, "CGMP"),
		val(8195, "VTP"),
		val(8196, "DTP"),
		val(8202, "STP Uplink Fast"))))
	llcAppleAwdlPid = llcP.U16("apple_awdl_pid", "PID", hex, enum(values(val(2048, "AWDL"))))
	llcNortelPid    = llcP.U16("nortel_pid", "PID", hex, enum(values(val(417, "NDP flatnet hello"),
		val(418, "NDP segment hello"),
		val(419, "NDP bridge hello"))))
	llcWlccpPid   = llcP.U16("wlccp_pid", "PID", hex, enum(values(val(0, "WLCCP"))))
	llcForce10Pid = llcP.U16("force10_pid", "PID", hex, enum(values(val(273, "FEFD"))))
	llcHpteamPid  = llcP.U16("hpteam_pid", "PID", hex, enum(values(val(2, "HP Teaming heartbeat"))))
	llcIanaPid    = llcP.U16("iana_pid", "PID", hex, enum(values(val(1, "MARS Data Messages (short form)"),
		val(2, "Reserved for future NHRP use"),
		val(3, "MARS/NHRP Control Messages"),
		val(4, "MARS Data Messages (long form)"),
		val(5, "SCSP"),
		val(6, "VRID"),
		val(7, "L2TP"),
		val(8, "VPN ID"),
		val(9, "MSDP-GRE-Protocol Type"))))
	llcExtremePid    = llcP.U16("extreme_pid", "PID", hex, enum(values(val(187, "EDP"))))
	llcFoundryPid    = llcP.U16("foundry_pid", "PID", hex, enum(values(val(8192, "FDP"))))
	llcAppleAtalkPid = llcP.U16("apple_atalk_pid", "PID", hex, enum(values(val(32923, "AppleTalk"))))
	llcBluetoothPid  = llcP.U16("bluetooth_pid", "PID", hex, enum(values(val(1, "AMP_U L2CAP ACL data"),
		val(2, "AMP-C Activity Report"),
		val(3, "AMP-C Security frames"),
		val(4, "AMP-C Link supervision request"),
		val(5, "AMP-C Link supervision reply"))))
	llcCimetricsPid = llcP.U16("cimetrics_pid", "PID", hex, enum(values(val(1, "U+4 MS/TP"))))

	// llcTable dispatches on the destination service access point, the tables
	// of llcOUIs on the protocol number that an organisation gave.
	llcTable = llcP.Table("llc.dsap")
	_        = llcP.Parse(parseLLC).On("sll.ltype", 4).Calls(dataP)
	// SNAP's organisation 0 uses EtherTypes.
	_ = llcP.Table("ethertype")
)

type llcOrganisation struct {
	pid   field.ID
	table *dissect.Table
}

var llcOUIs = map[uint32]llcOrganisation{
	0xc:     {llcCiscoPid, llcP.Table("llc.cisco_pid")},
	0x17f2:  {llcAppleAwdlPid, llcP.Table("llc.apple_awdl_pid")},
	0x81:    {llcNortelPid, llcP.Table("llc.nortel_pid")},
	0x4096:  {llcWlccpPid, llcP.Table("llc.wlccp_pid")},
	0x1e8:   {llcForce10Pid, llcP.Table("llc.force10_pid")},
	0x805f:  {llcHpteamPid, llcP.Table("llc.hpteam_pid")},
	0x5e:    {llcIanaPid, llcP.Table("llc.iana_pid")},
	0xe02b:  {llcExtremePid, llcP.Table("llc.extreme_pid")},
	0xe052:  {llcFoundryPid, llcP.Table("llc.foundry_pid")},
	0x80007: {llcAppleAtalkPid, llcP.Table("llc.apple_atalk_pid")},
	0x1958:  {llcBluetoothPid, llcP.Table("llc.bluetooth_pid")},
	0x1090:  {llcCimetricsPid, llcP.Table("llc.cimetrics_pid")},
}

var (
	llcFrameTypes = values(val(0, "Information frame"), val(1, "Supervisory frame"), val(3, "Unnumbered frame"))
	llcSAPs       = values(val(0, "NULL LSAP"),
		val(1, "NULL LSAP"),
		val(2, "LLC Sub-Layer Management"),
		val(4, "SNA Path Control"),
		val(6, "TCP/IP"),
		val(8, "SNA"),
		val(12, "SNA"),
		val(14, "PROWAY (IEC955) Network Management and Initialization"),
		val(16, "NetWare (unofficial?)"),
		val(20, "ISO Network Layer (OSLAN 1)"),
		val(24, "Texas Instruments"),
		val(32, "ISO Network Layer (unofficial?)"),
		val(52, "ISO Network Layer (unofficial?)"),
		val(66, "Spanning Tree BPDU"),
		val(78, "EIA RS-511 Manufacturing Message Service"),
		val(84, "ISO Network Layer (OSLAN 2)"),
		val(126, "ISO 8208 (X.25 over 802.2)"),
		val(127, "ISO 802.2"),
		val(128, "XNS"),
		val(130, "BACnet"),
		val(134, "Nestar"),
		val(142, "PROWAY (IEC955) Active Station List Maintenance"),
		val(152, "ARP"),
		val(180, "HP JetDirect Printer"),
		val(170, "SNAP"),
		val(186, "Banyan Vines"),
		val(188, "Banyan Vines"),
		val(224, "NetWare"),
		val(240, "NetBIOS"),
		val(244, "IBM Net Management"),
		val(248, "HP Extended LLC"),
		val(250, "Ungermann-Bass"),
		val(252, "Remote Program Load"),
		val(254, "ISO Network Layer"),
		val(255, "Global LSAP"))
	llcCommands = values(val(0, "Unnumbered Information"),
		val(8, "Unnumbered Poll"),
		val(16, "Disconnect"),
		val(24, "Unnumbered Acknowledge"),
		val(32, "Set Normal Response Mode"),
		val(56, "Test"),
		val(1, "Set Initialization Mode"),
		val(33, "Frame reject"),
		val(49, "Configure"),
		val(3, "Set Asynchronous Response Mode"),
		val(11, "Set Asynchronous Balanced Mode"),
		val(19, "Set Asynchronous Response Mode Extended"),
		val(27, "Set Asynchronous Balanced Mode Extended"),
		val(35, "Reset"),
		val(43, "Exchange identification"),
		val(51, "Set Normal Response Mode Extended"),
		val(59, "Beacon"))
	llcResponses = values(val(0, "Unnumbered Information"),
		val(8, "Unnumbered Poll"),
		val(16, "Request Disconnect"),
		val(24, "Unnumbered Acknowledge"),
		val(32, "Set Normal Response Mode"),
		val(56, "Test"),
		val(1, "Request Initialization Mode"),
		val(33, "Frame reject"),
		val(49, "Configure"),
		val(3, "Disconnected mode"),
		val(11, "Set Asynchronous Balanced Mode"),
		val(19, "Set Asynchronous Response Mode Extended"),
		val(27, "Set Asynchronous Balanced Mode Extended"),
		val(35, "Reset"),
		val(43, "Exchange identification"),
		val(51, "Set Normal Response Mode Extended"),
		val(59, "Beacon"))
)

// Short names of unnumbered frames by their modifier bits; the second is the
// response's where it differs.
var llcModifiers = map[uint8][2]string{
	0x00: {"UI"}, 0x20: {"UP"}, 0x40: {"DISC", "RD"}, 0x60: {"UA"}, 0x80: {"SNRM"}, 0xe0: {"TEST"}, 0x04: {"SIM", "RIM"}, 0x84: {"FRMR"},
	0xc4: {"CFGR"}, 0x0c: {"SARM", "DM"}, 0x2c: {"SABM"}, 0x4c: {"SARME"}, 0x6c: {"SABME"}, 0x8c: {"RESET"}, 0xac: {"XID"}, 0xcc: {"SNRME"}, 0xec: {"BCN"},
}

func llcSAPText(t *field.Text, v uint64) { t.S(llcSAPs.Text(v<<1, "Unknown")) }

func parseLLC(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("LLC")
	c.ClearInfo()
	c.ProtoEnd(at + 2)
	dsap, ssap := c.Peek8(0), uint8(0)
	c.Word(llcDsap, 1, llcDsapSap, llcDsapIG)
	ssap = c.Peek8(0)
	c.Word(llcSsap, 1, llcSsapSap, llcSsapCR)
	info, modifier := llcControl(c, ssap&1 != 0)
	snap := dsap == 0xaa && ssap == 0xaa
	if !snap {
		c.ProtoEnd(c.Pos())
		if b := c.Info(); b != nil {
			b.S("; DSAP ")
			llcSAPName(b, dsap)
			b.S(pick(dsap&1 != 0, " Group", " Individual")).S(", SSAP ")
			llcSAPName(b, ssap)
			b.S(pick(ssap&1 != 0, " Response", " Command"))
		}
		if c.Left() <= 0 {
			return
		}
		if info {
			if p := c.Lookup(llcTable, uint64(dsap)); p != nil {
				c.Sub(p, c.Pos(), -1)
				return
			}
		}
		c.Sub(dataP, c.Pos(), -1)
		return
	}
	c.ProtoEnd(c.Pos() + 5)
	llcSNAP(c, info || modifier == 0)
}

// llcControl reads the control field: whether the frame carries information
// for the service access point, and an unnumbered frame's modifier.
func llcControl(c *Cursor, response bool) (info bool, modifier uint8) {
	at := c.Pos()
	first := c.Peek8(0)
	var t field.Text
	var word uint64
	n := 2
	switch {
	case first&3 == 3:
		n, word, modifier = 1, uint64(first), first&0xec
		name := llcModifiers[modifier]
		t.C('U').S(llcPF(first&0x10 != 0, response)).S(", func=").S(pick(response && name[1] != "", name[1], name[0]))
		info = modifier == 0
	case first&1 == 1:
		word = uint64(c.Peek16LE(0))
		t.C('S').S(llcPF(word&0x100 != 0, response)).S(", func=").S([...]string{"RR", "RNR", "REJ", "SREJ"}[word>>2&3]).S(", N(R)=").U(word >> 9)
	default:
		word = uint64(c.Peek16LE(0))
		t.C('I').S(llcPF(word&0x100 != 0, false)).S(", N(R)=").U(word >> 9).S(", N(S)=").U(word >> 1 & 0x7f)
		info = true
	}
	if b := c.SetInfo(); b != nil {
		b.Raw(t.B)
	}
	r := c.Put(llcCtl, at, n, word)
	if b := c.Label(r); b != nil {
		b.S("Control field: ").Raw(t.B).S(" (0x")
		for i := 2*n - 1; i >= 0; i-- {
			b.C("0123456789ABCDEF"[word>>uint(4*i)&15])
		}
		b.C(')')
	}
	old := c.Push(r)
	poll, final := llcPollX, llcFinalX
	if n == 1 {
		poll, final = llcPoll, llcFinal
	} else {
		c.FieldLEAt(llcNR, at, 2)
		if first&1 == 0 {
			c.FieldLEAt(llcNS, at, 2)
		}
	}
	if n == 1 && word&0x10 != 0 || n == 2 && word&0x100 != 0 {
		if response && first&1 != 0 {
			poll = final
		}
		c.FieldLEAt(poll, at, n)
	}
	switch {
	case n == 1:
		if response {
			c.FieldAt(llcUResp, at, 1)
		} else {
			c.FieldAt(llcUCmd, at, 1)
		}
		c.FieldAt(llcTypeU, at, 1)
	case first&1 == 1:
		c.FieldLEAt(llcSType, at, 2)
		c.FieldLEAt(llcTypeS, at, 2)
	default:
		c.FieldLEAt(llcTypeI, at, 2)
	}
	c.Pop(old)
	c.Skip(n)
	return info, modifier
}

func llcPF(set, response bool) string {
	switch {
	case !set:
		return ""
	case response:
		return " F"
	}
	return " P"
}

func llcSAPName(b *field.Text, sap uint8) {
	if s, ok := llcSAPs.Lookup(uint64(sap &^ 1)); ok {
		b.S(s)
		return
	}
	b.X(uint64(sap&^1), 2)
}

// llcSNAP reads an organisation and its protocol number, and runs what they name.
func llcSNAP(c *Cursor, info bool) {
	oui, pid := c.Peek24(0), c.Peek16(3)
	name := ouiName(c.PeekBytes(0, 3))
	if b := c.Info(); b != nil {
		b.S("; SNAP, OUI 0x")
		for i := 5; i >= 0; i-- {
			b.C("0123456789ABCDEF"[oui>>uint(4*i)&15])
		}
		b.S(" (").S(pick(name != "", name, "Unknown")).S("), PID 0x")
		for i := 3; i >= 0; i-- {
			b.C("0123456789ABCDEF"[pid>>uint(4*i)&15])
		}
	}
	c.U24(llcOUI)
	if b := c.Append(c.Last()); b != nil && name != "" {
		b.S(" (").S(name).C(')')
	}
	next := c.Pos() + 2
	switch {
	case oui == 0 || oui == 0x0000f8 || oui == 0x080007:
		f := llcType
		if oui == 0x080007 {
			f = llcAppleAtalkPid
		}
		c.U16(f)
		if p := c.Lookup(etherTable, uint64(pid)); p != nil && info && c.Left() > 0 {
			c.Sub(p, next, -1)
			return
		}
	case oui == 0x0080c2:
		c.U16(llcPid)
		var p *dissect.Proto
		switch pid { // RFC 2684, 5.2
		case 1, 7:
			p = ethP
			next += 2 // padding
		case 0x0e:
			p = c.Lookup(llcTable, 0x42)
		}
		if p != nil {
			c.Sub(p, next, -1)
			return
		}
	default:
		o, ok := llcOUIs[oui]
		if !ok {
			c.U16(llcPid)
			break
		}
		c.U16(o.pid)
		if p := c.Lookup(o.table, uint64(pid)); p != nil && c.Left() > 0 {
			c.Sub(p, next, -1)
			return
		}
	}
	if c.Left() > 0 {
		c.Sub(dataP, next, -1)
	}
}

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
