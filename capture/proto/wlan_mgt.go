// IEEE 802.11-2020: bodies of management frames (9.3.3): fixed fields, action
// frames (9.6). Not decoded: action frames other than block acknowledgement
// and HT; public, WNM, radio measurement and vendor ones are shown by category.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	wlanMgtP                  = protocol("wlan.mgt", "IEEE 802.11 wireless LAN management frame", "802.11 MGT")
	wlanFixedAll              = wlanP.None("fixed.all", "Fixed parameters")
	wlanTaggedAll             = wlanP.None("tagged.all", "Tagged parameters")
	wlanFixedTimestamp        = wlanP.U64("fixed.timestamp", "Timestamp", dec)
	wlanFixedBeacon           = wlanP.U32("fixed.beacon", "Beacon Interval", dec, format(wlanTimeUnits))
	wlanFixedCapabilities     = wlanP.U16("fixed.capabilities", "Capabilities Information", hex)
	wlanFixedCapabilitiesBits = []field.ID{
		wlanP.Bool("fixed.capabilities.ess", "ESS capabilities", mask(16, 0x0001), tf("Transmitter is an AP", "Transmitter is a STA")),
		wlanP.Bool("fixed.capabilities.ibss", "IBSS status", mask(16, 0x0002), tf("Transmitter belongs to an IBSS", "Transmitter belongs to a BSS")),
		wlanP.U16("fixed.capabilities.reserved1", "Reserved", dec, mask(16, 0x0004)),
		wlanP.U16("fixed.capabilities.reserved2", "Reserved", dec, mask(16, 0x0008)),
		wlanP.Bool("fixed.capabilities.privacy", "Privacy", mask(16, 0x0010), tf("Data confidentiality required", "Data confidentiality not required")),
		wlanP.Bool("fixed.capabilities.short_preamble", "Short Preamble", mask(16, 0x0020), tf("Allowed", "Not Allowed")),
		wlanP.Bool("fixed.capabilities.critical_update_flag", "Critical Update Flag", mask(16, 0x0040)),
		wlanP.Bool("fixed.capabilities.nontran_bss_critical_update_flag", "Nontransmitted BSSIDs Critical Update Flag", mask(16, 0x0080)),
		wlanP.Bool("fixed.capabilities.spec_man", "Spectrum Management", mask(16, 0x0100), tf("Implemented", "Not Implemented")),
		wlanP.Bool("fixed.capabilities.qos", "QoS", mask(16, 0x0200), tf("Implemented", "Not Implemented")),
		wlanP.Bool("fixed.capabilities.short_slot_time", "Short Slot Time", mask(16, 0x0400), tf("In use", "Not in use")),
		wlanP.Bool("fixed.capabilities.apsd", "Automatic Power Save Delivery", mask(16, 0x0800), tf("Implemented", "Not Implemented")),
		wlanP.Bool("fixed.capabilities.radio_measurement", "Radio Measurement", mask(16, 0x1000), tf("Implemented", "Not Implemented")),
		wlanP.Bool("fixed.capabilities.epd", "EPD", mask(16, 0x2000), tf("Implemented", "Not Implemented")),
		wlanP.U16("fixed.capabilities.reserved5", "Reserved", dec, mask(16, 0x4000)),
		wlanP.U16("fixed.capabilities.reserved6", "Reserved", dec, mask(16, 0x8000)),
	}
	wlanFixedListenIval   = wlanP.U16("fixed.listen_ival", "Listen Interval", hex)
	wlanFixedCurrentAp    = wlanP.Ether("fixed.current_ap", "Current AP")
	wlanFixedAuthAlg      = wlanP.U16("fixed.auth.alg", "Authentication Algorithm", dec, enum(wlanFixedAuthAlgNames))
	wlanFixedAuthSeq      = wlanP.U16("fixed.auth_seq", "Authentication SEQ", hex)
	wlanFixedStatusCode   = wlanP.U16("fixed.status_code", "Status code", hex, enum(wlanFixedStatusCodeNames))
	wlanFixedReasonCode   = wlanP.U16("fixed.reason_code", "Reason code", hex, enum(wlanFixedReasonCodeNames))
	wlanFixedAid          = wlanP.U16("fixed.aid", "Association ID", hex, mask(16, 0x3fff))
	wlanFixedCategoryCode = wlanP.U16("fixed.category_code", "Category code", dec, enum(wlanFixedCategoryCodeNames))
	wlanFixedActionCode   = wlanP.U8("fixed.action_code", "Action code", dec, enum(wlanFixedActionCodeNames))
	wlanFixedDialogToken  = wlanP.U8("fixed.dialog_token", "Dialog token", hex)
	wlanFixedBaparams     = wlanP.U16("fixed.baparams", "Block Ack Parameters", hex)
	wlanFixedBaparamsBits = []field.ID{
		wlanP.Bool("fixed.baparams.amsdu", "A-MSDUs", mask(16, 0x0001), tf("Permitted in QoS Data MPDUs", "Not Permitted")),
		wlanP.Bool("fixed.baparams.policy", "Block Ack Policy", mask(16, 0x0002), tf("Immediate Block Ack", "Delayed Block Ack")),
		wlanP.U16("fixed.baparams.tid", "Traffic Identifier", hex, mask(16, 0x003c)),
		wlanP.U16("fixed.baparams.buffersize", "Number of Buffers (1 Buffer = 2304 Bytes)", dec, mask(16, 0xffc0)),
	}
	wlanFixedBatimeout = wlanP.U16("fixed.batimeout", "Block Ack Timeout", hex)
	wlanFixedSsc       = wlanP.U16("fixed.ssc", "Block Ack Starting Sequence Control (SSC)", hex)
	wlanFixedSscBits   = []field.ID{
		wlanP.U16("fixed.ssc.fragment", "Fragment", dec, mask(16, 0x000f)),
		wlanP.U16("fixed.ssc.sequence", "Starting Sequence Number", dec, mask(16, 0xfff0)),
	}
	wlanFixedDelbaParam     = wlanP.U16("fixed.delba.param", "Delete Block Ack (DELBA) Parameter Set", hex)
	wlanFixedDelbaParamBits = []field.ID{
		wlanP.U16("fixed.delba.param.reserved", "Reserved", hex, mask(16, 0x07ff)),
		wlanP.Bool("fixed.delba.param.initiator", "Initiator", mask(16, 0x0800)),
		wlanP.U16("fixed.delba.param.tid", "TID", hex, mask(16, 0xf000)),
	}
	wlanFixedHtact              = wlanP.U8("fixed.htact", "HT Action", hex, enum(wlanFixedHtactNames))
	wlanFixedSmPowercontrol     = wlanP.U8("fixed.sm.powercontrol", "Spatial Multiplexing (SM) Power Control", hex)
	wlanFixedSmPowercontrolBits = []field.ID{
		wlanP.Bool("fixed.sm.powercontrol.enabled", "SM Power Save", mask(8, 0x01), tf("Enabled", "Disabled")),
		wlanP.Bool("fixed.sm.powercontrol.mode", "SM Mode", mask(8, 0x02), tf("Dynamic SM Power Save mode", "Static SM Power Save mode")),
		wlanP.U8("fixed.sm.powercontrol.reserved", "Reserved", hex, mask(8, 0xfc)),
	}
	wlanFixedSaeMessageType     = wlanP.U16("fixed.sae_message_type", "SAE Message Type", dec, enum(values(val(1, "Commit"), val(2, "Confirm"))))
	wlanFixedFiniteCyclicGroup  = wlanP.U16("fixed.finite_cyclic_group", "Group Id", dec, enum(wlanFixedFiniteCyclicGroupNames))
	wlanFixedScalar             = wlanP.Bytes("fixed.scalar", "Scalar")
	wlanFixedFiniteFieldElement = wlanP.Bytes("fixed.finite_field_element", "Finite Field Element")
	wlanFixedSendConfirm        = wlanP.U16("fixed.send_confirm", "Send-Confirm", dec)
	wlanFixedConfirm            = wlanP.Bytes("fixed.confirm", "Confirm")

	_ = wlanMgtP.Calls(wlanP)
)

// wlanTimeUnits is a number of 1024 microseconds in seconds.
func wlanTimeUnits(t *field.Text, v uint64) { t.F(float64(v)*1024/1e6, 6).S(" [Seconds]") }

// wlanBody reads a management frame's body, beside the header's line.
func wlanBody(c *Cursor, h *wlanHeader, at int) {
	top := c.PushRoot()
	defer c.Pop(top)
	if r := c.Put(wlanMgtP.ID, at, min(h.end, at+c.CapLeft())-at, 0); r != dissect.None {
		if b := c.Label(r); b != nil {
			b.S("IEEE 802.11 Wireless Management")
		}
		c.Push(r)
	}
	switch h.sub {
	case 0:
		wlanFixed(c, 4, func() { wlanCapabilities(c); c.FieldLE(wlanFixedListenIval, 2) })
	case 1, 3:
		wlanFixed(c, 6, func() { wlanCapabilities(c); c.FieldLE(wlanFixedStatusCode, 2); c.FieldLE(wlanFixedAid, 2) })
	case 2:
		wlanFixed(c, 10, func() {
			wlanCapabilities(c)
			c.FieldLE(wlanFixedListenIval, 2)
			c.Field(wlanFixedCurrentAp, 6)
		})
	case 4:
	case 5, 8:
		wlanFixed(c, 12, func() {
			c.FieldLE(wlanFixedTimestamp, 8)
			bi := c.Peek16LE(0)
			if b := c.Info(); b != nil {
				b.S(", BI=").U(uint64(bi))
			}
			c.FieldLE(wlanFixedBeacon, 2)
			wlanCapabilities(c)
		})
	case 10, 12:
		wlanFixed(c, 2, func() { c.FieldLE(wlanFixedReasonCode, 2) })
	case 11:
		wlanAuthentication(c)
	case 13, 14:
		wlanAction(c)
	default:
		return
	}
	wlanTagged(c, h)
}

func wlanFixed(c *Cursor, n int, f func()) {
	at := c.Pos()
	r := c.Put(wlanFixedAll, at, n, 0)
	if b := c.Append(r); b != nil {
		b.S(" (").U(uint64(n)).S(" bytes)")
	}
	old := c.Push(r)
	f()
	c.Pop(old)
}

func wlanCapabilities(c *Cursor) { c.WordLE(wlanFixedCapabilities, 2, wlanFixedCapabilitiesBits...) }

// wlanAuthentication has its own fields for simultaneous authentication of
// equals (12.4.8).
func wlanAuthentication(c *Cursor) {
	at := c.Pos()
	alg, seq, status := c.Peek16LE(0), c.Peek16LE(2), c.Peek16LE(4)
	r := c.Put(wlanFixedAll, at, 6, 0)
	old := c.Push(r)
	c.FieldLE(wlanFixedAuthAlg, 2)
	if alg == 3 {
		c.FieldLEAt(wlanFixedSaeMessageType, at+2, 2)
	}
	c.FieldLE(wlanFixedAuthSeq, 2)
	c.FieldLE(wlanFixedStatusCode, 2)
	if alg == 3 && status == 0 {
		switch seq {
		case 1:
			group := c.Peek16LE(0)
			c.FieldLE(wlanFixedFiniteCyclicGroup, 2)
			if n := saeSizes[group]; n != 0 && c.Left() >= 3*n {
				c.Bytes(wlanFixedScalar, n)
				c.Bytes(wlanFixedFiniteFieldElement, 2*n)
			}
		case 2:
			c.FieldLE(wlanFixedSendConfirm, 2)
			if c.Left() >= 32 {
				c.Bytes(wlanFixedConfirm, 32)
			}
		}
	}
	c.SetLen(r, c.Pos())
	if b := c.Append(r); b != nil {
		b.S(" (").U(uint64(c.Pos() - at)).S(" bytes)")
	}
	c.Pop(old)
}

// saeSizes is the size of a prime of the elliptic curve groups.
var saeSizes = map[uint16]int{19: 32, 20: 48, 21: 66, 25: 24, 26: 28, 28: 32, 29: 48, 30: 64}

// wlanAction is an action frame: category, action, then fields by both.
func wlanAction(c *Cursor) {
	at := c.Pos()
	category, action := c.Peek8(0), uint8(0)
	if c.Left() > 1 {
		action = c.Peek8(1)
	}
	n := c.Left()
	known := category == 3 && action <= 2 || category == 7 && action == 1
	if !known {
		n = min(n, 2)
	}
	r := dissect.None
	if b := c.Text(at, n); b != nil {
		b.S("Fixed parameters")
		r = c.Last()
	}
	old := c.Push(r)
	c.Field(wlanFixedCategoryCode, 1)
	switch {
	case category == 3 && c.Left() > 0:
		a := c.Field(wlanFixedActionCode, 1)
		if b := c.Label(a); b != nil {
			b.S("Action code: ").S([...]string{"Add Block Ack Request", "Add Block Ack Response", "Delete Block Ack", "Unknown"}[min(action, 3)]).
				S(" (").X(uint64(action), 2).C(')')
		}
		switch action {
		case 0:
			wlanDialogToken(c)
			bitWord(c, wlanFixedBaparams, 2, wlanFixedBaparamsBits)
			c.FieldLE(wlanFixedBatimeout, 2)
			c.WordLE(wlanFixedSsc, 2, wlanFixedSscBits...)
		case 1:
			wlanDialogToken(c)
			c.FieldLE(wlanFixedStatusCode, 2)
			bitWord(c, wlanFixedBaparams, 2, wlanFixedBaparamsBits)
			c.FieldLE(wlanFixedBatimeout, 2)
		case 2:
			bitWord(c, wlanFixedDelbaParam, 2, wlanFixedDelbaParamBits)
			c.FieldLE(wlanFixedReasonCode, 2)
		}
	case category == 7 && action == 1 && c.Left() >= 2:
		c.Field(wlanFixedHtact, 1)
		c.WordLE(wlanFixedSmPowercontrol, 1, wlanFixedSmPowercontrolBits...)
	default:
		c.Seek(at + n)
		if !known {
			c.Seek(c.End())
		}
	}
	c.Pop(old)
	if known {
		c.SetLen(r, c.Pos())
	}
}

func wlanDialogToken(c *Cursor) {
	v := c.U8(wlanFixedDialogToken)
	if b := c.Info(); b != nil {
		b.S(", Dialog Token=").U(uint64(v))
	}
}
