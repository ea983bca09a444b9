// IEEE 802.11-2020: control frames (9.3.1), data frames (9.3.2) and the headers
// of protected bodies (12.3, 12.5).
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	wlanQos                  = wlanP.U16("qos", "Qos Control", hex)
	wlanQosTid               = wlanP.U16("qos.tid", "TID", dec, mask(16, 0x000f))
	wlanQosPriority          = wlanP.U16("qos.priority", "Priority", dec, mask(16, 0x0007), enum(wlanQosPriorityNames))
	wlanQosEosp              = wlanP.Bool("qos.eosp", "EOSP", mask(16, 0x0010), tf("End of service period", "Service period"))
	wlanQosBit4              = wlanP.Bool("qos.bit4", "QoS bit 4", mask(16, 0x0010), tf("Bits 8-15 of QoS Control field are Queue Size", "Bits 8-15 of QoS Control field are TXOP Duration Requested"))
	wlanQosAck               = wlanP.U16("qos.ack", "Ack Policy", hex, mask(16, 0x0060), enum(wlanQosAckNames))
	wlanQosAmsdupresent      = wlanP.Bool("qos.amsdupresent", "Payload Type", mask(16, 0x0080), tf("A-MSDU", "MSDU"))
	wlanQosQueueSize         = wlanP.U16("qos.queue_size", "Queue Size", dec, mask(16, 0xff00))
	wlanQosTxopDurReq        = wlanP.U16("qos.txop_dur_req", "TXOP Duration Requested", dec, mask(16, 0xff00))
	wlanQosTxopLimit         = wlanP.U16("qos.txop_limit", "TXOP Limit", dec, mask(16, 0xff00))
	wlanQosPsBufState        = wlanP.U16("qos.ps_buf_state", "QAP PS Buffer State", hex, mask(16, 0xff00))
	wlanQosBufStateIndicated = wlanP.Bool("qos.buf_state_indicated", "Buffer State Indicated", mask(16, 0x0200), tf("Yes", "No"))
	wlanQosHighestPriBufAc   = wlanP.U16("qos.highest_pri_buf_ac", "Highest-Priority Buffered AC", dec, mask(16, 0x0c00), enum(wlanQosHighestPriBufAcNames))
	wlanQosQapBufLoad        = wlanP.U16("qos.qap_buf_load", "QAP Buffered Load", dec, mask(16, 0xf000))
	wlanHtc                  = wlanP.U32("htc", "HT Control (+HTC)", hex)
	wlanWepIv                = wlanP.U24("wep.iv", "Initialization Vector", hex)
	wlanWepKey               = wlanP.U8("wep.key", "Key Index", dec)
	wlanWepIcv               = wlanP.U32("wep.icv", "WEP ICV", hex)
	wlanTkipExtiv            = wlanP.Str("tkip.extiv", "TKIP Ext. Initialization Vector")
	wlanCcmpExtiv            = wlanP.Str("ccmp.extiv", "CCMP Ext. Initialization Vector")
	wlanBaControl            = wlanP.U16("ba.control", "Block Ack Control", hex)
	wlanBaControlAckpolicy   = wlanP.Bool("ba.control.ackpolicy", "BA Ack Policy", mask(16, 0x0001), tf("Sender Does Not Require Immediate Acknowledgement", "Immediate Acknowledgement Required"))
	wlanBaControlBaType      = wlanP.U16("ba.control.ba_type", "BA Type", hex, mask(16, 0x001e), enum(wlanBaControlBaTypeNames))
	wlanBaControlReserved    = wlanP.U16("ba.control.reserved", "Reserved", hex, mask(16, 0x0fe0))
	wlanBaBasicTidinfo       = wlanP.U16("ba.basic.tidinfo", "TID for which a Basic BlockAck frame is requested", hex, mask(16, 0xf000))
	wlanBaBm                 = wlanP.Bytes("ba.bm", "Block Ack Bitmap")
	wlanBaBmMissingFrame     = wlanP.U32("ba.bm.missing_frame", "Not acknowledged frame", dec)
	wlanBaBmLastAckFrame     = wlanP.U32("ba.bm.last_ack_frame", "Last acknowledged frame", dec)

	wlanQosPriorityNames = values(
		val(0, "Best Effort (Best Effort)"),
		val(1, "Background (Background)"),
		val(2, "Spare (Background)"),
		val(3, "Excellent Effort (Best Effort)"),
		val(4, "Controlled Load (Video)"),
		val(5, "Video (Video)"),
		val(6, "Voice (Voice)"),
		val(7, "Network Control (Voice)"),
	)
	wlanQosAckNames             = values(val(0, "Normal Ack"), val(1, "No Ack"), val(2, "No explicit acknowledgment"), val(3, "Block Ack"))
	wlanQosHighestPriBufAcNames = values(val(0, "Best Effort"), val(1, "Background"), val(2, "Video"), val(3, "Voice"))
	wlanBaControlBaTypeNames    = values(
		val(0, "Basic BlockAck"),
		val(1, "Extended Compressed BlockAck"),
		val(2, "Compressed BlockAck"),
		val(3, "Multi-TID BlockAck"),
		val(6, "GCR BlockAck"),
		val(10, "GLK-GCR BlockAck"),
		val(11, "Multi-STA BlockAck"),
	)
)

func wlanControl(c *Cursor, h *wlanHeader, flags []byte) {
	at := h.at
	n := 10
	switch h.sub {
	case 8, 9, 10, 11, 14, 15:
		n = 16
	}
	c.ProtoEnd(at + n)
	if h.sub == 10 { // power save poll: an association ID in place of the duration
		c.FieldLE(wlanAid, 2)
		h.addr(c, wlanBSSID, at+4)
		h.addr(c, wlanTA, at+10)
		wlanEnds(c, at+10, at+4)
	} else {
		wlanDurationField(c)
		c.BytesAt(at+4, n-4)
		wlanEnds(c, -1, at+4)
		h.addr(c, wlanRA, at+4)
		switch h.sub {
		case 8, 9, 11:
			h.addr(c, wlanTA, at+10)
			wlanEnds(c, at+10, -1)
		case 14, 15:
			h.addr(c, wlanBSSID, at+10)
			wlanEnds(c, at+10, -1)
		}
	}
	wlanInfoFlags(c, flags)
	switch h.sub {
	case 8:
		wlanBlockAck(c, at+16, h.end, true)
	case 9:
		wlanBlockAck(c, at+16, h.end, false)
	}
	wlanTail(c, h, flags)
}

// wlanBlockAck is the rest of a block acknowledgement or of the request for it.
func wlanBlockAck(c *Cursor, pos, end int, request bool) {
	ctl := c.UintLEAt(pos, 2)
	kind := ctl >> 1 & 15
	name := wlanBaControlBaTypeNames.Text(kind, "Unknown")
	r := dissect.None
	if b := c.Text(pos, max(0, end-pos)); b != nil {
		b.S(name).S(pick(request, " Request", " Response"))
		r = c.Last()
	}
	old := c.Push(r)
	w := c.FieldLEAt(wlanBaControl, pos, 2)
	in := c.Push(w)
	for _, f := range [...]field.ID{wlanBaControlAckpolicy, wlanBaControlBaType, wlanBaControlReserved, wlanBaBasicTidinfo} {
		c.FieldLEAt(f, pos, 2)
	}
	c.Pop(in)
	if kind == 0 || kind == 2 {
		c.Seek(pos + 2)
		c.WordLE(wlanFixedSsc, 2, wlanFixedSscBits...)
		if !request {
			n := 8
			if kind == 0 {
				n = 128
			}
			wlanBitmap(c, pos+4, n, int(c.UintLEAt(pos+2, 2)>>4))
		}
	}
	c.Pop(old)
}

// wlanBitmap is a block acknowledgement's bitmap: the frames that are missing
// before the last one that came.
func wlanBitmap(c *Cursor, pos, n, first int) {
	b := c.BytesAt(pos, n)
	old := c.Push(c.FieldAt(wlanBaBm, pos, n))
	last := -1
	for i, x := range b {
		for bit := range 8 {
			if x>>uint(bit)&1 != 0 {
				last = i*8 + bit
			}
		}
	}
	for i := 0; i < last; i++ {
		if b[i/8]>>uint(i%8)&1 == 0 {
			c.Put(wlanBaBmMissingFrame, pos+i/8, 1, uint64((first+i)&0xfff))
		}
	}
	c.Put(wlanBaBmLastAckFrame, pos+max(last, 0)/8, 1, uint64((first+max(last, 0))&0xfff))
	c.Pop(old)
}

func wlanData(c *Cursor, h *wlanHeader, flags []byte) {
	at := h.at
	ds := h.flags & 3
	qos := h.sub&8 != 0
	n := 24
	if ds == 3 {
		n += 6
	}
	qosAt := at + n
	if qos {
		n += 2
		if h.flags&wlanIsOrder != 0 {
			n += 4
		}
	}
	c.ProtoEnd(at + n)
	wlanDurationField(c)
	a1, a2, a3, a4 := at+4, at+10, at+16, at+24
	c.BytesAt(a1, qosAt-a1)
	da, sa, bss, sta := a1, a2, a3, -1
	switch ds {
	case wlanToDS:
		da, bss, sta = a3, a1, a2
	case wlanFromDS:
		sa, bss, sta = a3, a2, a1
	case 3:
		da, sa, bss = a3, a4, -1
	}
	wlanEnds(c, sa, da)
	h.addr(c, wlanRA, a1)
	h.addr(c, wlanTA, a2)
	h.addr(c, wlanDA, da)
	h.addr(c, wlanSA, sa)
	if bss >= 0 {
		h.addr(c, wlanBSSID, bss)
	}
	if sta >= 0 {
		h.addr(c, wlanSTAA, sta)
	}
	wlanSequence(c, at+22, flags)
	wlanTail(c, h, flags)
	if qos {
		wlanQoS(c, h, qosAt)
		if h.flags&wlanIsOrder != 0 {
			c.FieldLEAt(wlanHtc, qosAt+2, 4)
		}
	}
	body := at + n
	if h.pad {
		body = at + (n+3)&^3
	}
	switch {
	case h.sub&4 != 0: // no data
	case body >= h.end:
	case h.flags&wlanProtect != 0:
		wlanProtected(c, h, body)
	case h.flags&wlanMoreFrag != 0 || c.UintLEAt(at+22, 2)&15 != 0:
		if b := c.SetInfo(); b != nil {
			b.S("Fragmented IEEE 802.11 frame")
		}
		c.Sub(dataP, body, h.end-body)
	default:
		c.Sub(llcP, body, h.end-body)
	}
}

// wlanQoS is the QoS control field, whose upper half means different things
// from stations and from access points.
func wlanQoS(c *Cursor, h *wlanHeader, pos int) {
	v := c.UintLEAt(pos, 2)
	r := c.FieldLEAt(wlanQos, pos, 2)
	old := c.Push(r)
	c.FieldLEAt(wlanQosTid, pos, 2)
	c.FieldLEAt(wlanQosPriority, pos, 2)
	fromAP := h.flags&wlanFromDS != 0
	if fromAP {
		c.FieldLEAt(wlanQosEosp, pos, 2)
	} else {
		c.FieldLEAt(wlanQosBit4, pos, 2)
	}
	c.FieldLEAt(wlanQosAck, pos, 2)
	if h.sub&4 == 0 {
		c.FieldLEAt(wlanQosAmsdupresent, pos, 2)
	}
	switch {
	case fromAP && h.sub&2 != 0:
		c.FieldLEAt(wlanQosTxopLimit, pos, 2)
	case fromAP:
		s := c.FieldLEAt(wlanQosPsBufState, pos, 2)
		in := c.Push(s)
		c.FieldLEAt(wlanQosBufStateIndicated, pos, 2)
		if v&0x0200 != 0 {
			c.FieldLEAt(wlanQosHighestPriBufAc, pos, 2)
			c.FieldLEAt(wlanQosQapBufLoad, pos, 2)
		}
		c.Pop(in)
	case v&0x10 != 0:
		c.FieldLEAt(wlanQosQueueSize, pos, 2)
	default:
		s := c.FieldLEAt(wlanQosTxopDurReq, pos, 2)
		if b := c.Append(s); b != nil && v>>8 == 0 {
			b.S(" (no TXOP requested)")
		}
	}
	c.Pop(old)
}

// wlanProtected is the header of a protected body; what it hides is data.
func wlanProtected(c *Cursor, h *wlanHeader, pos int) {
	b := c.BytesAt(pos, 4)
	n, title := 4, "WEP parameters"
	ext := b[3]&0x20 != 0
	if ext {
		n, title = 8, "CCMP parameters"
		if b[1] == (b[0]|0x20)&0x7f {
			title = "TKIP parameters"
		}
		c.BytesAt(pos, 8)
	}
	c.ProtoEnd(pos + n)
	r := dissect.None
	if t := c.Text(pos, n); t != nil {
		t.S(title)
		r = c.Last()
	}
	old := c.Push(r)
	end := h.end
	if ext {
		w := c.BytesAt(pos, 8)
		f, order := wlanCcmpExtiv, [6]int{7, 6, 5, 4, 1, 0}
		if title[0] == 'T' {
			f, order[4], order[5] = wlanTkipExtiv, 0, 2
		}
		if c.Wants(f) {
			s := []byte("0x")
			for _, i := range order {
				s = append(s, "0123456789ABCDEF"[w[i]>>4], "0123456789ABCDEF"[w[i]&15])
			}
			c.PutBytes(f, pos, 8, s)
		}
		c.Put(wlanWepKey, pos+3, 1, uint64(w[3]>>6))
	} else {
		c.FieldAt(wlanWepIv, pos, 3)
		c.Put(wlanWepKey, pos+3, 1, uint64(b[3]>>6))
		if end-pos >= 8 && c.Has(end-c.Pos()) {
			end -= 4
			icv := c.FieldAt(wlanWepIcv, end, 4)
			if t := c.Append(icv); t != nil {
				t.S(" (not verified)")
			}
		}
	}
	c.Pop(old)
	if pos+n < end {
		c.Sub(dataP, pos+n, end-pos-n)
	}
}
