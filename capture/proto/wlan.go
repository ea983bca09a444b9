// IEEE 802.11-2020: frame headers (9.2, 9.3). Not decoded: protocol version 1
// and extension frames beyond their frame control, mesh control fields, trigger
// and announcement frames, A-MSDUs; protected frames are not decrypted.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/frame"
)

var (
	wlanP             = protocol("wlan", "IEEE 802.11 wireless LAN", "IEEE 802.11")
	wlanFcTypeSubtype = wlanP.U16("fc.type_subtype", "Type/Subtype", hex, enum(wlanFcTypeSubtypeNames))
	wlanFc            = wlanP.U16("fc", "Frame Control Field", hex)
	wlanFcVersion     = wlanP.U8("fc.version", "Version", dec, mask(8, 0x03))
	wlanFcType        = wlanP.U8("fc.type", "Type", dec, mask(8, 0x0c), enum(wlanFcTypeNames))
	wlanFcSubtype     = wlanP.U8("fc.subtype", "Subtype", dec, mask(8, 0xf0))
	wlanFlags         = wlanP.U8("flags", "Flags", hex)
	wlanFcDs          = wlanP.U8("fc.ds", "DS status", hex, mask(8, 0x03), enum(wlanFcDsNames))
	wlanFcTods        = wlanP.Bool("fc.tods", "To DS", mask(8, 0x01), tf("Frame is entering DS", "Frame is not entering DS"))
	wlanFcFromds      = wlanP.Bool("fc.fromds", "From DS", mask(8, 0x02), tf("Frame is exiting DS", "Frame is not exiting DS"))
	wlanFcFrag        = wlanP.Bool("fc.frag", "More Fragments", mask(8, 0x04), tf("More fragments follow", "This is the last fragment"))
	wlanFcRetry       = wlanP.Bool("fc.retry", "Retry", mask(8, 0x08), tf("Frame is being retransmitted", "Frame is not being retransmitted"))
	wlanFcPwrmgt      = wlanP.Bool("fc.pwrmgt", "PWR MGT", mask(8, 0x10), tf("STA will go to sleep", "STA will stay up"))
	wlanFcMoredata    = wlanP.Bool("fc.moredata", "More Data", mask(8, 0x20), tf("Data is buffered for STA at AP", "No data buffered"))
	wlanFcProtected   = wlanP.Bool("fc.protected", "Protected flag", mask(8, 0x40), tf("Data is protected", "Data is not protected"))
	wlanFcOrder       = wlanP.Bool("fc.order", "+HTC/Order flag", mask(8, 0x80), tf("Strictly ordered", "Not strictly ordered"))
	wlanDuration      = wlanP.U16("duration", "Duration", dec, mask(16, 0x7fff))
	wlanAid           = wlanP.U16("aid", "Association ID", dec, mask(16, 0x3fff))
	wlanFrag          = wlanP.U16("frag", "Fragment number", dec, mask(16, 0x000f))
	wlanSeq           = wlanP.U16("seq", "Sequence number", dec, mask(16, 0xfff0))
	wlanFlagsStr      = wlanP.Str("flags.str", "WLAN Flags")
	wlanFcs           = wlanP.U32("fcs", "Frame check sequence", hex)
	wlanFcsStatus     = wlanP.U8("fcs.status", "FCS Status", noBase, enum(checksumStatus), enumOnly)

	wlanRA    = wlanMAC("ra", "Receiver address", "Receiver")
	wlanDA    = wlanMAC("da", "Destination address", "Destination")
	wlanTA    = wlanMAC("ta", "Transmitter address", "Transmitter")
	wlanSA    = wlanMAC("sa", "Source address", "Source")
	wlanBSSID = wlanMAC("bssid", "BSS Id", "BSS Id")
	wlanSTAA  = wlanMAC("staa", "STA address", "STA")
	wlanAddr  = mac{addr: wlanP.Ether("addr", "Hardware address"), resolved: wlanP.Str("addr_resolved", "Hardware address (resolved)"),
		oui: wlanP.U24("oui", "Hardware OUI", field.OUI), ouiResolved: wlanP.Str("oui_resolved", "Hardware OUI (resolved)"),
		lg: wlanP.Bool("addr.lg", "LG bit", mask(24, 0x020000), tf(lgTrue, lgFalse)),
		ig: wlanP.Bool("addr.ig", "IG bit", mask(24, 0x010000), tf(igTrue, igFalse))}

	eiWlanRetry = wlanP.Expert("fc.retry.expert", field.Sequence, field.Note, "Retransmission (retry)")

	// The four are one protocol whose frames end with a check sequence or do
	// not, and have their headers padded to four bytes or do not.
	_           = wlanP.Parse(func(c *Cursor) { parseWlan(c, false, false) }).On("wtap_encap", uint64(frame.LinkIEEE80211)).Calls(wlanMgtP, llcP, dataP)
	wlanFCSP    = dissect.Alias(wlanP).Parse(func(c *Cursor) { parseWlan(c, true, false) }).Calls(wlanP)
	wlanPadP    = dissect.Alias(wlanP).Parse(func(c *Cursor) { parseWlan(c, false, true) }).Calls(wlanP)
	wlanPadFCSP = dissect.Alias(wlanP).Parse(func(c *Cursor) { parseWlan(c, true, true) }).Calls(wlanP)

	wlanFcTypeSubtypeNames = values(
		val(0, "Association Request"),
		val(1, "Association Response"),
		val(2, "Reassociation Request"),
		val(3, "Reassociation Response"),
		val(4, "Probe Request"),
		val(5, "Probe Response"),
		val(6, "Measurement Pilot"),
		val(8, "Beacon frame"),
		val(9, "ATIM"),
		val(10, "Disassociate"),
		val(11, "Authentication"),
		val(12, "Deauthentication"),
		val(13, "Action"),
		val(14, "Action No Ack"),
		val(15, "Aruba Management"),
		val(18, "Trigger"),
		val(19, "TWT Ack"),
		val(20, "Beamforming Report Poll"),
		val(21, "VHT/HE/EHT/RANGING NDP Announcement"),
		val(23, "Control Wrapper"),
		val(24, "802.11 Block Ack Req"),
		val(25, "802.11 Block Ack"),
		val(26, "Power-Save poll"),
		val(27, "Request-to-send"),
		val(28, "Clear-to-send"),
		val(29, "Acknowledgement"),
		val(30, "CF-End (Control-frame)"),
		val(31, "CF-End + CF-Ack (Control-frame)"),
		val(32, "Data"),
		val(33, "Data + CF-Ack"),
		val(34, "Data + CF-Poll"),
		val(35, "Data + CF-Ack + CF-Poll"),
		val(36, "Null function (No data)"),
		val(37, "Acknowledgement (No data)"),
		val(38, "CF-Poll (No data)"),
		val(39, "CF-Ack/Poll (No data)"),
		val(40, "QoS Data"),
		val(41, "QoS Data + CF-Acknowledgment"),
		val(42, "QoS Data + CF-Poll"),
		val(43, "QoS Data + CF-Ack + CF-Poll"),
		val(44, "QoS Null function (No data)"),
		val(46, "QoS CF-Poll (No Data)"),
		val(47, "QoS CF-Ack + CF-Poll (No data)"),
		val(48, "DMG Beacon"),
		val(49, "S1G Beacon"),
		val(354, "Poll"),
		val(355, "Service Period Request"),
		val(356, "Grant"),
		val(357, "DMG Clear-to-send"),
		val(358, "DMG Denial-to-send"),
		val(359, "Grant Acknowledgment"),
		val(360, "Sector Sweep"),
		val(361, "Sector Sweep Feedback"),
		val(362, "Sector Sweep Acknowledgment"),
	)
	wlanFcTypeNames = values(
		val(0, "Management frame"),
		val(1, "Control frame"),
		val(2, "Data frame"),
		val(3, "Extension frame"),
	)
	wlanFcDsNames = values(
		val(0, "Not leaving DS or network is operating in AD-HOC mode (To DS: 0 From DS: 0)"),
		val(1, "Frame from STA to DS via an AP (To DS: 1 From DS: 0)"),
		val(2, "Frame from DS to a STA via AP(To DS: 0 From DS: 1)"),
		val(3, "WDS (AP to AP) or Mesh (MP to MP) Frame (To DS: 1 From DS: 1)"),
	)
)

// wlanMAC declares an address field with what hangs below it.
func wlanMAC(name, label, short string) mac {
	return mac{
		addr:        wlanP.Ether(name, label),
		resolved:    wlanP.Str(name+"_resolved", label+" (resolved)"),
		oui:         wlanP.U24(name+".oui", short+" OUI", field.OUI),
		ouiResolved: wlanP.Str(name+".oui_resolved", short+" OUI (resolved)"),
		lg:          wlanP.Bool(name+".lg", "LG bit", mask(24, 0x020000), tf(lgTrue, lgFalse)),
		ig:          wlanP.Bool(name+".ig", "IG bit", mask(24, 0x010000), tf(igTrue, igFalse)),
	}
}

// wlanHeader is what the parts of a frame need to know of its header.
type wlanHeader struct {
	at       int
	typ, sub uint8
	flags    uint8
	fcs      bool
	seen     [4]int // positions of the addresses recorded so far
	n        int
	end      int // of the body
	pad      bool
}

const (
	wlanToDS     = 0x01
	wlanFromDS   = 0x02
	wlanMoreFrag = 0x04
	wlanIsRetry  = 0x08
	wlanMore     = 0x20
	wlanProtect  = 0x40
	wlanIsOrder  = 0x80
)

func parseWlan(c *Cursor, fcs, pad bool) {
	h := &wlanHeader{at: c.Pos(), fcs: fcs, pad: pad}
	c.SetProtocol("802.11")
	c.ClearInfo()
	fc := c.Peek16LE(0)
	h.typ, h.sub, h.flags = uint8(fc>>2&3), uint8(fc>>4&15), uint8(fc>>8)
	h.end = c.End()
	p := c.Packet()
	p.Src, p.Dst, p.DLSrc, p.DLDst = flow.Addr{}, flow.Addr{}, flow.Addr{}, flow.Addr{}
	if fc&3 != 0 {
		wlanOther(c, fc)
		return
	}
	if fcs && c.Left() >= 4 {
		h.end -= 4
	}
	name := wlanFcTypeSubtypeNames.Text(uint64(h.typ)<<4|uint64(h.sub), "Unrecognized (Reserved frame)")
	var text [9]byte
	flags := wlanFlagText(&text, h.flags, fcs)
	if b := c.SetInfo(); b != nil {
		b.S(name)
	}
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("IEEE 802.11 ").S(name).S(", Flags: ").Raw(flags)
	}
	wlanFrameControl(c, h)
	switch h.typ {
	case 0:
		wlanManagement(c, h, flags)
	case 1:
		wlanControl(c, h, flags)
	case 2:
		wlanData(c, h, flags)
	default:
		c.ProtoEnd(h.at + 2)
		c.Sub(dataP, h.at+2, -1)
	}
}

// wlanOther is a frame of another protocol version.
func wlanOther(c *Cursor, fc uint16) {
	at := c.Pos()
	v := uint64(fc & 3)
	if b := c.SetInfo(); b != nil {
		b.S("Unknown protocol version: ").U(v)
	}
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("IEEE 802.11 Unknown Protocol Version:").U(v)
	}
	c.FieldAt(wlanFcVersion, at, 1)
	if c.Left() > 2 {
		c.SubUnder(c.ProtoNode(), dataP, at+2, -1)
	}
	c.Malformed()
}

func wlanFrameControl(c *Cursor, h *wlanHeader) {
	at := h.at
	c.Put(wlanFcTypeSubtype, at, 1, uint64(h.typ)<<4|uint64(h.sub))
	r := c.FieldAt(wlanFc, at, 2)
	old := c.Push(r)
	c.FieldAt(wlanFcVersion, at, 1)
	c.FieldAt(wlanFcType, at, 1)
	c.FieldAt(wlanFcSubtype, at, 1)
	c.Push(c.FieldAt(wlanFlags, at+1, 1))
	c.FieldAt(wlanFcDs, at+1, 1)
	c.Mark(c.FieldAt(wlanFcTods, at+1, 1), dissect.Hidden)
	c.Mark(c.FieldAt(wlanFcFromds, at+1, 1), dissect.Hidden)
	c.FieldAt(wlanFcFrag, at+1, 1)
	retry := c.FieldAt(wlanFcRetry, at+1, 1)
	if h.flags&wlanIsRetry != 0 {
		c.Expert(retry, eiWlanRetry)
	}
	for _, f := range [...]field.ID{wlanFcPwrmgt, wlanFcMoredata, wlanFcProtected, wlanFcOrder} {
		c.FieldAt(f, at+1, 1)
	}
	c.Pop(old)
	c.Seek(at + 2)
}

// wlanFlagText is the flags in short: a letter where one is set, and C when a
// check sequence follows.
func wlanFlagText(t *[9]byte, flags uint8, fcs bool) []byte {
	for i := range 8 {
		t[i] = '.'
		if flags&(0x80>>uint(i)) != 0 {
			t[i] = "opmPRMFT"[i]
		}
	}
	if fcs {
		t[8] = 'C'
		return t[:9]
	}
	return t[:8]
}

func wlanDurationField(c *Cursor) {
	r := c.FieldLE(wlanDuration, 2)
	if b := c.Append(r); b != nil {
		b.S(" microseconds")
	}
}

// addr records the address at a position; the first field over a position
// has the general address below it, too.
func (h *wlanHeader) addr(c *Cursor, m mac, pos int) {
	again := false
	for _, s := range h.seen[:h.n] {
		again = again || s == pos
	}
	if !again && h.n < len(h.seen) {
		h.seen[h.n] = pos
		h.n++
	}
	wlanAddress(c, m, pos, !again)
}

func wlanAddress(c *Cursor, m mac, pos int, general bool) {
	r := c.FieldAt(m.addr, pos, 6)
	if !c.Full() && !c.Wants(m.lg) && !c.Wants(m.ig) && !c.Wants(m.oui) && !c.Wants(m.resolved) && !c.Wants(m.ouiResolved) && !c.Wants(wlanAddr.addr) &&
		!c.Wants(wlanAddr.lg) && !c.Wants(wlanAddr.ig) && !c.Wants(wlanAddr.resolved) && !c.Wants(wlanAddr.oui) && !c.Wants(wlanAddr.ouiResolved) {
		return
	}
	b := c.BytesAt(pos, 6)
	old := c.Push(r)
	vendor := ouiName(b)
	macBelow(c, m, pos, b, vendor, 0)
	c.FieldAt(m.lg, pos, 3)
	c.FieldAt(m.ig, pos, 3)
	if general {
		wlanGeneral(c, pos, b, vendor)
		c.Mark(c.FieldAt(wlanAddr.lg, pos, 3), dissect.Hidden)
		c.Mark(c.FieldAt(wlanAddr.ig, pos, 3), dissect.Hidden)
	}
	c.Pop(old)
}

// wlanGeneral records the hidden fields that stand for any address.
func wlanGeneral(c *Cursor, pos int, b []byte, vendor string) {
	c.Mark(c.FieldAt(wlanAddr.addr, pos, 6), dissect.Hidden)
	macBelow(c, wlanAddr, pos, b, vendor, dissect.Hidden)
}

// wlanEnds tells source and destination to the columns and to statistics.
func wlanEnds(c *Cursor, src, dst int) {
	p := c.Packet()
	if dst >= 0 {
		p.DLDst = flow.NewAddr(flow.Ether, c.BytesAt(dst, 6))
		p.Dst = p.DLDst
	}
	if src >= 0 {
		p.DLSrc = flow.NewAddr(flow.Ether, c.BytesAt(src, 6))
		p.Src = p.DLSrc
	}
}

// wlanSequence records the fragment and sequence numbers, and says them and
// the flags in the Info column.
func wlanSequence(c *Cursor, pos int, flags []byte) {
	c.FieldLEAt(wlanFrag, pos, 2)
	c.FieldLEAt(wlanSeq, pos, 2)
	v := c.UintLEAt(pos, 2)
	if b := c.Info(); b != nil {
		b.S(", SN=").U(v >> 4).S(", FN=").U(v & 15)
	}
	wlanInfoFlags(c, flags)
}

func wlanInfoFlags(c *Cursor, flags []byte) {
	if b := c.Info(); b != nil {
		b.S(", Flags=").Raw(flags)
	}
}

// wlanTail records the check sequence and the flags' text.
func wlanTail(c *Cursor, h *wlanHeader, flags []byte) {
	if h.fcs && h.end+4 <= c.End() && c.Has(h.end+4-c.Pos()) {
		r := c.FieldLEAt(wlanFcs, h.end, 4)
		if b := c.Append(r); b != nil {
			b.S(" [unverified]")
		}
		c.Gen(wlanFcsStatus, h.end, 0, 2)
	}
	if c.Wants(wlanFlagsStr) {
		c.Mark(c.PutBytes(wlanFlagsStr, h.at, 0, flags), dissect.Generated)
	}
}

// wlanManagement reads a management frame's header; its body is a protocol of
// its own.
func wlanManagement(c *Cursor, h *wlanHeader, flags []byte) {
	at := h.at
	n := 24
	if h.flags&wlanIsOrder != 0 {
		n += 4
	}
	c.ProtoEnd(at + n)
	wlanDurationField(c)
	wlanEnds(c, at+10, at+4)
	c.BytesAt(at+16, 8)
	h.addr(c, wlanRA, at+4)
	wlanAddress(c, wlanDA, at+4, false)
	wlanAddress(c, wlanTA, at+10, false)
	wlanAddress(c, wlanSA, at+10, false)
	wlanAddress(c, wlanBSSID, at+16, false)
	for _, pos := range [...]int{at + 10, at + 16} {
		b := c.BytesAt(pos, 6)
		wlanGeneral(c, pos, b, ouiName(b))
	}
	wlanSequence(c, at+22, flags)
	wlanTail(c, h, flags)
	if n > 24 {
		c.FieldLEAt(wlanHtc, at+24, 4)
	}
	body := at + n
	if h.pad {
		body = at + (n+3)&^3
	}
	if body >= h.end {
		if h.sub != 13 {
			c.BytesAt(body, 1)
		}
		return
	}
	if h.flags&wlanProtect != 0 && h.sub != 11 || h.flags&(wlanMoreFrag|wlanProtect) != 0 && h.sub == 11 {
		wlanProtected(c, h, body)
		return
	}
	c.SetEnd(h.end)
	c.Seek(body)
	wlanBody(c, h, body)
}
