// Frame: what the capture file says of a packet. Not decoded: packet verdicts,
// hashes and queue options of pcapng.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/frame"
)

var (
	frameP        = dissect.SetFrameProto(protocol("frame", "Frame", "Frame"))
	frameSection  = frameP.U32("section_number", "Section number", dec)
	frameIfID     = frameP.U32("interface_id", "Interface id", dec)
	frameIfName   = frameP.Str("interface_name", "Interface name")
	frameIfDesc   = frameP.Str("interface_description", "Interface description")
	frameFlags    = frameP.U32("packet_flags", "Packet flags", hex)
	frameFlagDir  = frameP.U32("packet_flags_direction", "Direction", hex, mask(32, 3), enum(packetDirections))
	frameEncap    = frameP.Add("encap_type", "Encapsulation type", field.TInt16, dec)
	frameTime     = frameP.AbsTime("time", "Arrival Time", field.Local)
	frameTimeUTC  = frameP.AbsTime("time_utc", "UTC Arrival Time", field.UTC)
	frameEpoch    = frameP.AbsTime("time_epoch", "Epoch Arrival Time", field.Epoch)
	frameShift    = frameP.RelTime("offset_shift", "Time shift for this packet")
	frameDelta    = frameP.RelTime("time_delta", "Time delta from previous captured frame")
	frameDeltaDis = frameP.RelTime("time_delta_displayed", "Time delta from previous displayed frame")
	frameRel      = frameP.RelTime("time_relative", "Time since reference or first frame")
	frameNumber   = frameP.U32("number", "Frame Number", dec)
	frameLen      = frameP.U32("len", "Frame Length", dec)
	frameCapLen   = frameP.U32("cap_len", "Capture Length", dec)
	frameMarked   = frameP.Bool("marked", "Frame is marked")
	frameIgnored  = frameP.Bool("ignored", "Frame is ignored")
	frameProtos   = dissect.Deep(frameP.Str("protocols", "Protocols in frame"))
	frameEncoding = frameP.U32("encoding", "Character encoding", dec, enum(values(val(0, "ASCII"), val(1, "EBCDIC"))))
	frameComment  = pktComment.Str(":frame.comment", "Comment")
	_             = frameP.Add("file_off", "File Offset", field.TInt64, dec)
	framePID      = frameP.U64("process_id", "Process ID", dec)
	frameTID      = frameP.U64("thread_id", "Thread ID", dec)

	pktComment     = protocol("pkt_comment", "Packet comments", "Pkt_Comment")
	eiFrameComment = frameP.Expert(":frame.comment.expert", field.CommentsGroup, field.SevComment, "Formatted comment")
	eiFrameLenCap  = frameP.Expert("len_lt_caplen", field.Malformed, field.Error, "Frame length is less than captured length")

	// wtapEncap dispatches on the link type of the capture.
	wtapEncap = frameP.Table("wtap_encap")
	_         = frameP.Parse(parseFrame)
)

var packetDirections = values(val(0, "Unknown"), val(1, "Inbound"), val(2, "Outbound"))

// Wireshark numbers encapsulations its own way; these are the numbers it shows.
var wtapNumbers = map[frame.LinkType]uint64{
	frame.LinkEthernet: 1, frame.LinkPPP: 4, frame.LinkRaw: 7, 12: 7, 14: 7, frame.LinkNull: 15, frame.LinkIEEE80211: 20, frame.LinkRadiotap: 23,
	frame.LinkLinuxSLL: 25, frame.LinkLoop: 174, frame.LinkUSBLinuxMem: 115, frame.LinkIPv4: 129, frame.LinkIPv6: 130,
	frame.LinkNFLog: 141, frame.LinkNetlink: 158, frame.LinkLinuxSLL2: 210,
}

func encapNumber(l frame.LinkType) uint64 {
	if n, ok := wtapNumbers[l]; ok {
		return n
	}
	return 0
}

func parseFrame(c *Cursor) {
	f, env := c.Frame(), &c.Packet().Env
	top := c.ProtoNode()
	var ifc *frame.Interface
	pcapng := false
	if env.Info != nil {
		pcapng = env.Info.Format == "pcapng"
		if int(f.Interface) < len(env.Info.Interfaces) {
			ifc = &env.Info.Interfaces[f.Interface]
		}
	}
	for _, s := range f.Comments {
		parseComment(c, s)
	}
	if b := c.Label(top); b != nil {
		b.S("Frame ").U(uint64(f.Number)).S(": Packet, ")
		bytesBits(b, uint64(f.Len))
		b.S(" on wire (").U(uint64(f.Len) * 8).S(" bits), ")
		bytesBits(b, uint64(f.CapLen))
		b.S(" captured (").U(uint64(f.CapLen) * 8).S(" bits)")
		if pcapng {
			b.S(" on interface ")
			if ifc != nil && ifc.Name != "" {
				b.PrintableString(ifc.Name)
			} else {
				b.S("unknown")
			}
			b.S(", id ").U(uint64(f.Interface))
		}
	}
	if pcapng {
		c.Put(frameSection, 0, 0, 1)
		name := "unknown"
		if ifc != nil && ifc.Name != "" {
			name = ifc.Name
		}
		r := c.Put(frameIfID, 0, 0, uint64(f.Interface))
		if b := c.Label(r); b != nil {
			b.S("Interface id: ").U(uint64(f.Interface)).S(" (").PrintableString(name).S(")")
		}
		old := c.Push(r)
		c.PutText(frameIfName, 0, 0, name)
		if ifc != nil && ifc.Description != "" {
			c.PutText(frameIfDesc, 0, 0, ifc.Description)
		}
		c.Pop(old)
	}
	if f.Direction != frame.DirUnknown {
		r := c.Put(frameFlags, 0, 0, uint64(f.Direction))
		old := c.Push(r)
		c.Put(frameFlagDir, 0, 0, uint64(f.Direction))
		c.Pop(old)
	}
	r := c.Put(frameEncap, 0, 0, encapNumber(f.Link))
	if b := c.Label(r); b != nil {
		b.S("Encapsulation type: ").S(f.Link.String()).S(" (").U(encapNumber(f.Link)).S(")")
	}
	if f.HasTime {
		c.Put(frameTime, 0, 0, uint64(f.Time))
		c.Put(frameTimeUTC, 0, 0, uint64(f.Time))
		c.Put(frameEpoch, 0, 0, uint64(f.Time))
		c.Gen(frameShift, 0, 0, 0)
		if env.HasPrev {
			c.Gen(frameDelta, 0, 0, uint64(f.Time-env.Prev))
		}
		if env.HasPrevShown {
			c.Gen(frameDeltaDis, 0, 0, uint64(f.Time-env.PrevShown))
		}
		if env.HasFirst {
			c.Gen(frameRel, 0, 0, uint64(f.Time-env.First))
		}
	}
	c.Put(frameNumber, 0, 0, uint64(f.Number))
	bitsLine(c, c.Put(frameLen, 0, 0, uint64(f.Len)), "Frame Length: ", uint64(f.Len))
	bitsLine(c, c.Put(frameCapLen, 0, 0, uint64(f.CapLen)), "Capture Length: ", uint64(f.CapLen))
	c.Gen(frameMarked, 0, 0, b2u(env.Marked))
	c.Gen(frameIgnored, 0, 0, b2u(env.Ignored))
	if f.PID != 0 {
		c.Put(framePID, 0, 0, uint64(f.PID))
		c.Put(frameTID, 0, 0, uint64(f.TID))
	}
	protos := c.GenText(frameProtos, 0, 0, "")
	c.Put(frameEncoding, 0, 0, 0)
	if f.Len < f.CapLen {
		c.Expert(top, eiFrameLenCap)
	}

	// The layers stand beside the frame's line, not below it.
	c.Packet().Layers = c.Packet().Layers[:0]
	if p := c.Lookup(wtapEncap, uint64(f.Link)); p != nil {
		c.Protected(p, 0, -1)
	} else {
		c.Protected(dataP, 0, -1)
	}
	c.FinishText(protos, layerNames)
}

func parseComment(c *Cursor, s string) {
	old := c.Under(dissect.None)
	c.SetRoot(old)
	r := c.PutText(frameComment, 0, 0, s)
	if c.Full() {
		c.ExpertText(r, eiFrameComment, s)
	}
}

// layerNames is frame.protocols: the layers joined by colons, without the
// remark that a packet is malformed.
func layerNames(c *Cursor, t *field.Text) {
	for i, id := range c.Packet().Layers {
		name := field.Get(id).Name
		if name == "_ws.malformed" {
			continue
		}
		if i > 0 {
			t.C(':')
		}
		t.S(name)
	}
}

func bytesBits(b *field.Text, n uint64) {
	b.U(n).S(" byte")
	if n != 1 {
		b.C('s')
	}
}

func bitsLine(c *Cursor, r dissect.Ref, label string, n uint64) {
	if b := c.Label(r); b != nil {
		b.S(label)
		bytesBits(b, n)
		b.S(" (").U(n * 8).S(" bits)")
	}
}

func b2u(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}
