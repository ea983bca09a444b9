// IPv4, RFC 791. Options are in ip_options.go, fragments in ip_frag.go.
// Not decoded: GeoIP; header checksums are not verified unless asked for.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	ipP        = protocol("ip", "Internet Protocol Version 4", "IPv4")
	ipVersion  = ipP.U8("version", "Version", dec)
	ipHdrLen   = ipP.U8("hdr_len", "Header Length", dec)
	ipDSField  = ipP.U8("dsfield", "Differentiated Services Field", hex)
	ipDSCP     = ipP.U8("dsfield.dscp", "Differentiated Services Codepoint", dec, mask(8, 0xfc), enum(dscpNames))
	ipECN      = ipP.U8("dsfield.ecn", "Explicit Congestion Notification", dec, mask(8, 0x03), enum(ecnNames))
	ipLen      = ipP.U16("len", "Total Length", dec)
	ipID       = ipP.U16("id", "Identification", hexDec)
	ipFlags    = ipP.U8("flags", "Flags", hex, mask(8, 0xe0))
	ipFlagRB   = ipP.Flag("flags.rb", "Reserved bit", 8, 0x80)
	ipFlagDF   = ipP.Flag("flags.df", "Don't fragment", 8, 0x40)
	ipFlagMF   = ipP.Flag("flags.mf", "More fragments", 8, 0x20)
	ipFragOff  = ipP.U16("frag_offset", "Fragment Offset", dec, mask(16, 0x1fff))
	ipTTL      = ipP.U8("ttl", "Time to Live", dec)
	ipProto    = ipP.U8("proto", "Protocol", dec, enum(ipProtos))
	ipChecksum = ipP.U16("checksum", "Header Checksum", hex)
	ipSumCalc  = ipP.U16("checksum_calculated", "Calculated Checksum", hex)
	ipSumStat  = ipP.U8("checksum.status", "Header checksum status", noBase, enum(checksumStatus), enumOnly)
	ipSrc      = ipP.IPv4("src", "Source Address")
	ipDst      = ipP.IPv4("dst", "Destination Address")
	ipAddr     = ipP.IPv4("addr", "Source or Destination Address")
	ipSrcHost  = ipP.Str("src_host", "Source Host")
	ipDstHost  = ipP.Str("dst_host", "Destination Host")
	ipHost     = ipP.Str("host", "Source or Destination Host")
	ipStream   = ipP.U32("stream", "Stream index", dec)

	eiIPVersion   = ipP.Expert("bogus_ip_version", field.Protocol, field.Error, "Bogus IP version")
	eiIPHdrLen    = ipP.Expert("bogus_header_length", field.Protocol, field.Error, "Bogus IP header length")
	eiIPLen       = ipP.Expert("bogus_ip_length", field.Protocol, field.Error, "Bogus IP length")
	eiIPTTLLocal  = ipP.Expert("ttl.lncb", field.Sequence, field.Note, "Time To Live")
	eiIPTTLSmall  = ipP.Expert("ttl.too_small", field.Sequence, field.Note, "Time To Live too small")
	eiIPSumBad    = ipP.Expert("checksum_bad.expert", field.Checksum, field.Error, "Bad checksum")
	prefIPSum     = dissect.BoolPref("ip.check_checksum", "Validate the IPv4 checksum if possible", false)
	prefIPDefrag  = dissect.BoolPref("ip.defragment", "Reassemble fragmented IPv4 datagrams", true)
	prefIPOffload = dissect.BoolPref("ip.tso_support", "Support packet-capture from IP TSO-enabled hardware", true)

	// ipTable dispatches on the protocol number of IPv4 and the last next
	// header of IPv6.
	ipTable = ipP.Table("ip.proto")
	_       = ipP.Parse(parseIPv4).Stateful().On("ethertype", 0x0800).On("ip.proto", 4).On("llc.dsap", 6).Calls(ipv6P, dataP)
)

var checksumStatus = values(val(0, "Bad"), val(1, "Good"), val(2, "Unverified"), val(3, "Not present"), val(4, "Illegal"))

func parseIPv4(c *Cursor) {
	p := c.Packet()
	at := c.Pos()
	vihl := c.Peek8(0)
	if vihl>>4 == 6 {
		// Sent as IPv4 by the layer below; it is what it says it is.
		c.DropProto()
		c.Sub(ipv6P, at, -1)
		return
	}
	c.SetProtocol("IPv4")
	c.ClearInfo()
	hl := int(vihl&15) * 4
	c.ProtoEnd(min(at+hl, c.End()))
	if !ipVersionHeader(c, vihl, hl) {
		return
	}
	c.Skip(1)
	ds := c.Peek8(0)
	c.Word(ipDSField, 1, ipDSCP, ipECN)
	if b := c.Append(c.Last()); b != nil {
		dsSummary(b, ds)
	}
	total := ipTotal(c, hl)
	if total < 0 {
		return
	}
	id := c.U16(ipID)
	frag := c.Peek16(0)
	ipFlagBits(c, at+6, uint8(frag>>8)>>5)
	off := int(frag&0x1fff) * 8
	r := c.FieldAt(ipFragOff, at+6, 2)
	if b := c.Label(r); b != nil {
		field.Get(ipFragOff).BitPattern(b, uint64(frag&0x1fff))
		b.S("Fragment Offset: ").U(uint64(off))
	}
	c.Seek(at + 8)
	ttl := c.U8(ipTTL)
	ttlRef := c.Last()
	proto := c.U8(ipProto)
	ipHeaderSum(c, at, hl)
	src, dst := c.BytesAt(at+12, 4), c.BytesAt(at+16, 4)
	final := ipRoute(c, at+20, hl-20) // where a source route ends, 0 = no route
	if final != 0 {
		dst = c.BytesAt(final, 4)
	}
	p.Src, p.Dst = flow.NewAddr(flow.IPv4, src), flow.NewAddr(flow.IPv4, dst)
	p.IPProto, p.TTL = proto, int16(ttl)
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("Internet Protocol Version 4, Src: ").IPv4(src).S(", Dst: ").IPv4(dst)
		if final != 0 {
			b.S(", Via: ").IPv4(c.BytesAt(at+16, 4))
		}
	}
	ipAddress(c, ipSrc, ipSrcHost, at+12, src)
	if final != 0 {
		ipHop(c, ipCurRt, ipCurRtHost, at+16)
	} else {
		ipAddress(c, ipDst, ipDstHost, at+16, dst)
	}
	ipTTLExperts(c, ttlRef, ttl, proto, c.BytesAt(at+16, 4))
	c.Seek(at + 20)
	if hl > 20 {
		ipOptions(c, at+20, hl-20, final)
	}
	ipUpper(c, ipHeader{at: at, hl: hl, total: total, id: id, off: off, more: frag&0x2000 != 0, proto: proto})
}

// ipHeader is what the payload's handling needs of the header.
type ipHeader struct {
	at, hl, total int // position, header and total length
	off           int // of the fragment, bytes
	id            uint16
	more          bool
	proto         uint8
}

// ipUpper hands the payload on: whole, put together, or as a fragment.
func ipUpper(c *Cursor, h ipHeader) {
	p, own := c.Packet(), c.ProtoNode()
	from, n := h.at+h.hl, h.total-h.hl
	fragmented := h.more || h.off != 0
	var done *fragResult
	if fragmented && c.Bool(prefIPDefrag) && n > 0 && c.Has(from+n-c.Pos()) {
		key := fragKey{table: fragIPv4, src: p.Src, dst: p.Dst, id: uint32(h.id) ^ uint32(h.proto)<<16}
		done = fragAdd(c, key, from, n, h.off, h.more)
	}
	whole := done.in(c)
	var data []byte
	if whole {
		data = c.Flow().Data(done.blob)
		whole = data != nil
	}
	stream := uint64(netStream(c, flow.KIPv4))
	if !whole {
		if done != nil && done.frame != 0 && done.frame != c.Frame().Number {
			c.Gen(ipFrag.in, from, 0, uint64(done.frame))
		}
		c.Gen(ipStream, from, 0, stream)
		if h.off != 0 || done != nil || fragmented && c.Bool(prefIPDefrag) && c.Has(from+n-c.Pos()) && n > 0 {
			if b := c.SetInfo(); b != nil {
				b.S("Fragmented IP protocol (proto=").S(ipProtos.Text(uint64(h.proto), "Unassigned")).C(' ').U(uint64(h.proto)).
					S(", off=").U(uint64(h.off)).S(", ID=").H(uint64(h.id), 4).C(')')
				if done != nil && done.frame != 0 && done.frame != c.Frame().Number {
					b.S(" [Reassembled in #").U(uint64(done.frame)).C(']')
				}
			}
			c.Sub(dataP, from, -1)
			return
		}
		c.Fragment(h.more)
		ipNext(c, h.proto, from, true)
		return
	}
	place, frameSrc := c.Save(), c.SourceIndex()
	c.UseSource("Reassembled IPv4", data)
	shown := fragTree(c, &ipFrag, done, data, h.at)
	src := c.OnSource(frameSrc)
	c.Push(own)
	c.Gen(ipStream, from, 0, stream)
	c.OnSource(src)
	ipNext(c, h.proto, 0, shown)
	c.Restore(place)
}

// ipNext runs the protocol of a number over the rest of the data.
func ipNext(c *Cursor, proto uint8, pos int, info bool) {
	if c.Next(ipTable, uint64(proto), pos, -1) {
		return
	}
	if b := c.SetInfo(); b != nil && info {
		b.S(ipProtos.Text(uint64(proto), "Unassigned")).S(" (").U(uint64(proto)).S(")")
	}
	c.Sub(dataP, pos, -1)
}

// ipVersionHeader records the first byte and tells whether it makes sense.
func ipVersionHeader(c *Cursor, vihl uint8, hl int) bool {
	at := c.Pos()
	r := c.Put(ipVersion, at, 1, uint64(vihl>>4))
	if b := c.Label(r); b != nil {
		nibble(b, vihl>>4)
		b.S(" .... = Version: ").U(uint64(vihl >> 4))
	}
	if vihl>>4 != 4 {
		if b := c.SetInfo(); b != nil {
			b.S("Bogus IPv4 version (").U(uint64(vihl >> 4)).S(", must be 4)")
		}
		c.ExpertText(r, eiIPVersion, "Bogus IPv4 version")
		return false
	}
	r = c.Put(ipHdrLen, at, 1, uint64(hl))
	if b := c.Label(r); b != nil {
		b.S(".... ")
		nibble(b, vihl&15)
		b.S(" = Header Length: ").U(uint64(hl)).S(" bytes (").U(uint64(vihl & 15)).S(")")
	}
	if hl < 20 {
		var t field.Text
		t.S("Bogus IP header length (").U(uint64(hl)).S(", must be at least 20)")
		if b := c.SetInfo(); b != nil {
			b.Raw(t.B)
		}
		c.ExpertText(r, eiIPHdrLen, t.String())
		return false
	}
	return true
}

// ipTotal reads the total length and cuts the data to it; -1 when the header
// does not even fit into it.
func ipTotal(c *Cursor, hl int) int {
	at, start := c.Pos(), c.Start()
	total := int(c.Peek16(0))
	have := c.End() - start
	switch {
	case total >= hl:
		r := c.Field(ipLen, 2)
		if total > have {
			if !c.Quoted() {
				var t field.Text
				t.S("IPv4 total length exceeds packet length (").U(uint64(have)).S(" bytes)")
				c.ExpertText(r, eiIPLen, t.String())
			}
			break
		}
		c.SetEnd(start + total)
		setUsed(c, start+total)
	case total == 0 && c.Bool(prefIPOffload):
		// Segmentation offload: the card fills the length in.
		total = have
		r := c.Put(ipLen, at, 2, uint64(total))
		if b := c.Append(r); b != nil {
			b.S(` bytes (reported as 0, presumed to be because of "TCP segmentation offload" (TSO))`)
		}
		c.Skip(2)
	default:
		if b := c.SetInfo(); b != nil {
			b.S("Bogus IP length (").U(uint64(total)).S(", less than header length ").U(uint64(hl)).C(')')
		}
		r := c.Field(ipLen, 2)
		if b := c.Append(r); b != nil {
			b.S(" bytes (bogus, less than header length ").U(uint64(hl)).C(')')
		}
		c.Expert(r, eiIPLen)
		return -1
	}
	return total
}

func ipFlagBits(c *Cursor, pos int, bits uint8) {
	r := c.FieldAt(ipFlags, pos, 1)
	if b := c.Append(r); b != nil {
		for i, s := range [...]string{", Reserved bit", ", Don't fragment", ", More fragments"} {
			if bits&(4>>uint(i)) != 0 {
				b.S(s)
			}
		}
	}
	old := c.Push(r)
	c.FieldAt(ipFlagRB, pos, 1)
	c.FieldAt(ipFlagDF, pos, 1)
	c.FieldAt(ipFlagMF, pos, 1)
	c.Pop(old)
}

// ipHeaderSum records the header checksum at the position.
func ipHeaderSum(c *Cursor, at, hl int) {
	have := uint64(c.Peek16(0))
	r := c.Field(ipChecksum, 2)
	if !c.Bool(prefIPSum) || c.Quoted() || c.CapLeft() < hl-12 {
		if b := c.Append(r); b != nil {
			b.S(" [validation disabled]")
		}
		c.Gen(ipSumStat, at+10, 0, 2)
		return
	}
	sum := foldSum(addSum(0, c.BytesAt(at, hl)))
	should := uint64(sumWithout(sum, uint16(have)))
	if b := c.Append(r); b != nil {
		if sum == 0 {
			b.S(" [correct]")
		} else {
			b.S(" incorrect, should be ").X(should, 4).S(`(may be caused by "IP checksum offload"?)`)
		}
	}
	if sum != 0 {
		old := c.Push(r)
		c.ExpertText(r, eiIPSumBad, "Bad checksum [should be "+hex16(uint16(should))+"]")
		c.Pop(old)
	}
	c.Gen(ipSumStat, at+10, 0, b2u(sum == 0))
	c.Gen(ipSumCalc, at+10, 2, should)
}

// Time to live that protocols of the local network control block
// (224.0.0.0/24, RFC 5771) are sent with; 0 is any, the others send 1.
var ipLocalTTL = map[byte]uint8{0x12: 255, 0x66: 255, 0x6b: 0, 0xfb: 255, 0xfc: 0}

func ipTTLExperts(c *Cursor, r dissect.Ref, ttl, proto uint8, dst []byte) {
	switch {
	case dst[0] == 224 && dst[1] == 0 && dst[2] == 0:
		want, ok := ipLocalTTL[dst[3]]
		if !ok {
			want = 1
		}
		if want != 0 && ttl != want {
			var t field.Text
			t.S(`"Time To Live" != `).U(uint64(want)).S(" for a packet sent to the Local Network Control Block (see RFC 3171)")
			c.ExpertText(r, eiIPTTLLocal, t.String())
		}
	case ttl < 5 && dst[0]&0xf0 != 0xe0 && proto != 103 && proto != 89:
		var t field.Text
		t.S(`"Time To Live" only `).U(uint64(ttl))
		c.ExpertText(r, eiIPTTLSmall, t.String())
	}
}

func ipAddress(c *Cursor, f, host field.ID, pos int, b []byte) {
	c.FieldAt(f, pos, 4)
	c.Mark(c.FieldAt(ipAddr, pos, 4), dissect.Hidden)
	if c.Wants(host) || c.Wants(ipHost) {
		var t field.Text
		t.IPv4(b)
		c.Mark(c.PutBytes(host, pos, 4, t.B), dissect.Hidden)
		c.Mark(c.PutBytes(ipHost, pos, 4, t.B), dissect.Hidden)
	}
}

func nibble(b *field.Text, v uint8) {
	for i := 3; i >= 0; i-- {
		b.C('0' + v>>uint(i)&1)
	}
}

// dsSummary appends " (DSCP: CS0, ECN: Not-ECT)".
func dsSummary(b *field.Text, ds uint8) {
	b.S(" (DSCP: ").S(dscpShort.Text(uint64(ds>>2), "Unknown")).S(", ECN: ").S(ecnShort.Text(uint64(ds&3), "")).S(")")
}

// netStream numbers the conversation between two network addresses.
func netStream(c *Cursor, k flow.Kind) uint32 {
	st, p, n := c.Flow(), c.Packet(), c.Frame().Number
	conv := st.Find(k, &p.Src, &p.Dst, 0, 0, n)
	if conv == nil {
		if !c.Learning() {
			return 0
		}
		conv = st.Create(k, &p.Src, &p.Dst, 0, 0, n)
	}
	c.Hop(k, &p.Src, &p.Dst, 0, 0, conv.Index)
	return conv.Index
}
