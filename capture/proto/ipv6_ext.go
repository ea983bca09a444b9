// IPv6 extension headers, RFC 8200 (options, routing type 0, fragments), RFC
// 6275 (type 2), 6554 (RPL), 8754 (segments), 9631 (compact).
package proto

import (
	"strconv"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	hopoptsP = protocol("ipv6.hopopts", "IPv6 Hop-by-Hop Option", "IPv6 Hop-by-Hop")
	dstoptsP = protocol("ipv6.dstopts", "Destination Options for IPv6", "IPv6 Destination")
	routingP = protocol("ipv6.routing", "Routing Header for IPv6", "IPv6 Routing")
	fraghdrP = protocol("ipv6.fraghdr", "Fragment Header for IPv6", "IPv6 Fragment")
	_        = hopoptsP.Parse(parseHopOpts).Calls(ipv6P)
	_        = dstoptsP.Parse(parseDstOpts).Calls(ipv6P)
	_        = routingP.Parse(parseRouting).Calls(ipv6P)
	_        = fraghdrP.Parse(parseFragHdr).Calls(ipv6P)
	_        = ipv6P.Calls(hopoptsP, dstoptsP, routingP, fraghdrP)

	ipv6HopNxt    = ipv6P.U8("hopopts.nxt", "Next Header", dec, enum(ipProtos))
	ipv6HopLen    = ipv6P.U8("hopopts.len", "Length", dec)
	ipv6HopOct    = ipv6P.U16("hopopts.len_oct", "Length", dec)
	ipv6DstNxt    = ipv6P.U8("dstopts.nxt", "Next Header", dec, enum(ipProtos))
	ipv6DstLen    = ipv6P.U8("dstopts.len", "Length", dec)
	ipv6DstOct    = ipv6P.U16("dstopts.len_oct", "Length", dec)
	ipv6FragNxt   = ipv6P.U8("fraghdr.nxt", "Next header", dec, enum(ipProtos))
	ipv6FragRes   = ipv6P.U8("fraghdr.reserved_octet", "Reserved octet", hex)
	ipv6FragOff   = ipv6P.U16("fraghdr.offset", "Offset", dec, mask(16, 0xfff8))
	ipv6FragBits  = ipv6P.U16("fraghdr.reserved_bits", "Reserved bits", dec, mask(16, 0x6))
	ipv6FragMore  = ipv6P.Bool("fraghdr.more", "More Fragments", mask(16, 0x1), tf("Yes", "No"))
	ipv6FragIdent = ipv6P.U32("fraghdr.ident", "Identification", hex)

	ipv6RoutingNxt    = ipv6P.U8("routing.nxt", "Next Header", dec, enum(ipProtos))
	ipv6RoutingLen    = ipv6P.U8("routing.len", "Length", dec)
	ipv6RoutingLenOct = ipv6P.U16("routing.len_oct", "Length", dec)
	ipv6RoutingType   = ipv6P.U8("routing.type", "Type", dec, enum(values(val(0, "Source Route"),
		val(1, "Nimrod"),
		val(2, "Type 2 Routing"),
		val(3, "RPL Source Route"),
		val(4, "Segment Routing"),
		val(5, "Compact Routing Header 16"),
		val(6, "Compact Routing Header 32"),
		val(253, "Experiment 1"),
		val(254, "Experiment 2"))))
	ipv6RoutingSegleft          = ipv6P.U8("routing.segleft", "Segments Left", dec)
	ipv6RoutingUnknownData      = ipv6P.Bytes("routing.unknown_data", "Type-Specific Data")
	ipv6RoutingSrcReserved      = ipv6P.Bytes("routing.src.reserved", "Reserved")
	ipv6RoutingSrcAddr          = ipv6P.IPv6("routing.src.addr", "Address")
	ipv6RoutingMipv6Reserved    = ipv6P.Bytes("routing.mipv6.reserved", "Reserved")
	ipv6RoutingMipv6HomeAddress = ipv6P.IPv6("routing.mipv6.home_address", "Home Address")
	ipv6RoutingRplCmprI         = ipv6P.U32("routing.rpl.cmprI", "Compressed Internal Octets (CmprI)", dec, mask(32, 0xf0000000))
	ipv6RoutingRplCmprE         = ipv6P.U32("routing.rpl.cmprE", "Compressed Final Octets (CmprE)", dec, mask(32, 0xf000000))
	ipv6RoutingRplPad           = ipv6P.U32("routing.rpl.pad", "Padding Bytes", dec, mask(32, 0xf00000))
	ipv6RoutingRplReserved      = ipv6P.U32("routing.rpl.reserved", "Reserved", dec, mask(32, 0xfffff))
	ipv6RoutingRplAddrCount     = ipv6P.I32("routing.rpl.addr_count", "Total Address Count", dec)
	ipv6RoutingRplAddress       = ipv6P.Bytes("routing.rpl.address", "Address")
	ipv6RoutingRplFullAddress   = ipv6P.IPv6("routing.rpl.full_address", "Full Address")
	ipv6RoutingSrhLastEntry     = ipv6P.U8("routing.srh.last_entry", "Last Entry", dec)
	ipv6RoutingSrhFlags         = ipv6P.U8("routing.srh.flags", "Flags", hex)
	ipv6RoutingSrhTag           = ipv6P.Bytes("routing.srh.tag", "Tag")
	ipv6RoutingSrhAddr          = ipv6P.IPv6("routing.srh.addr", "Address")
	ipv6RoutingCrh16CurrentSid  = ipv6P.U16("routing.crh16.current_sid", "Current SID", dec)
	ipv6RoutingCrh32CurrentSid  = ipv6P.U32("routing.crh32.current_sid", "Current SID", dec)
	ipv6RoutingCrh16Sid         = ipv6P.U16("routing.crh16.sid", "Segment ID", dec)
	ipv6RoutingCrh32Sid         = ipv6P.U32("routing.crh32.sid", "Segment ID", dec)

	eiIPv6NotFirst = ipv6P.Expert("hopopts.not_first", field.Protocol, field.Error, "IPv6 Hop-by-Hop extension header must appear immediately after IPv6 header")
	eiIPv6RouteOld = ipv6P.Expert("routing.deprecated", field.Deprecated, field.Note, "Routing header type is deprecated")
	eiIPv6SegLeft  = ipv6P.Expert("routing.invalid_segleft", field.Protocol, field.Warn, "IPv6 Routing Header segments left field must not exceed address count")
	eiIPv6RouteUnk = ipv6P.Expert("routing.undecoded", field.Undecoded, field.Note, "Undecoded IPv6 routing header field")

	prefIPv6Defrag = dissect.BoolPref("ipv6.defragment", "Reassemble fragmented IPv6 datagrams", true)
)

var ipv6FragTree = fragFields{
	list:     ipv6P.None("fragments", "IPv6 Fragments"),
	part:     ipv6P.FrameNum("fragment", "IPv6 Fragment"),
	overlap:  ipv6P.Bool("fragment.overlap", "Fragment overlap"),
	conflict: ipv6P.Bool("fragment.overlap.conflict", "Conflicting data in fragment overlap"),
	tails:    ipv6P.Bool("fragment.multipletails", "Multiple tail fragments found"),
	long:     ipv6P.Bool("fragment.toolongfragment", "Fragment too long"),
	err:      ipv6P.FrameNum("fragment.error", "Defragmentation error"),
	count:    ipv6P.U32("fragment.count", "Fragment count", dec),
	length:   ipv6P.U32("reassembled.length", "Reassembled IPv6 length", dec),
	data:     ipv6P.Bytes("reassembled.data", "Reassembled IPv6 data"),
	in:       ipv6P.FrameNum("reassembled.in", "Reassembled IPv6 in frame"),
	one:      "IPv6 Fragment", many: "IPv6 Fragments", tag: "IPv6 fragments",
}

// ipv6Payload goes over the extension headers to the upper protocol. Their
// lines hang below IPv6's own, the upper protocol's beside it.
func ipv6Payload(c *Cursor, nxt uint8, at int) {
	p, own, pos := c.Packet(), c.ProtoNode(), at+40
	grown := 40
	for {
		var ext *dissect.Proto
		info := ""
		switch nxt {
		case 0:
			ext, info = hopoptsP, "IPv6 hop-by-hop options"
		case 60:
			ext, info = dstoptsP, "IPv6 destination options"
		case 43:
			ext, info = routingP, "IPv6 routing header"
		case 44:
			ext = fraghdrP
		}
		if ext == nil {
			break
		}
		if b := c.InfoSep(", "); b != nil && info != "" {
			b.S(info)
		}
		n := 8
		if nxt != 44 {
			n = (int(c.UintAt(pos+1, 1)) + 1) * 8
		}
		grown += n
		growNode(c, own, min(grown, c.End()-at))
		c.SubUnder(own, ext, pos, -1)
		was := nxt
		nxt = uint8(c.UintAt(pos, 1))
		if was != 44 {
			pos += n
			continue
		}
		data, ok := ipv6Fragment(c, at, pos, nxt)
		if !ok {
			return
		}
		pos += n
		if data != nil {
			place := c.Save()
			c.UseSource("Reassembled IPv6", data.bytes)
			fragTree(c, &ipv6FragTree, data.result, data.bytes, at)
			ipv6Rest(c, own, nxt, 0, grown)
			c.Restore(place)
			return
		}
	}
	p.IPProto = nxt
	ipv6Upper(c, nxt, pos)
}

// ipv6Rest goes on behind a fragment header in reassembled data.
func ipv6Rest(c *Cursor, own dissect.Ref, nxt uint8, pos, grown int) {
	for {
		var ext *dissect.Proto
		switch nxt {
		case 0:
			ext = hopoptsP
		case 60:
			ext = dstoptsP
		case 43:
			ext = routingP
		}
		if ext == nil {
			break
		}
		c.SubUnder(own, ext, pos, -1)
		n := (int(c.UintAt(pos+1, 1)) + 1) * 8
		grown += n
		growNode(c, own, grown)
		nxt = uint8(c.UintAt(pos, 1))
		pos += n
	}
	c.Packet().IPProto = nxt
	ipv6Upper(c, nxt, pos)
}

func ipv6Upper(c *Cursor, nxt uint8, pos int) {
	if nxt == 59 {
		if b := c.InfoSep(", "); b != nil {
			b.S("IPv6 no next header")
		}
		if pos < c.End() {
			c.Sub(dataP, pos, -1)
		}
		return
	}
	if c.Next(ipTable, uint64(nxt), pos, -1) {
		return
	}
	if b := c.InfoSep(", "); b != nil {
		b.S("Unknown IP Protocol: ").S(ipProtos.Text(uint64(nxt), "Unassigned")).S(" (").U(uint64(nxt)).C(')')
	}
	c.Sub(dataP, pos, -1)
}

type ipv6Whole struct {
	result *fragResult
	bytes  []byte
}

// ipv6Fragment handles what follows the fragment header at pos: ok with nil
// data means that it goes on right behind the header, not ok that it was shown
// as a fragment.
func ipv6Fragment(c *Cursor, at, pos int, nxt uint8) (*ipv6Whole, bool) {
	p := c.Packet()
	word := c.UintAt(pos+2, 2)
	off, more, ident := int(word&0xfff8), word&1 != 0, uint32(c.UintAt(pos+4, 4))
	if off == 0 && !more {
		return nil, true
	}
	from := pos + 8
	n := c.End() - from
	var done *fragResult
	if c.Bool(prefIPv6Defrag) && n > 0 && c.Has(from+n-c.Pos()) {
		done = fragAdd(c, fragKey{table: fragIPv6, src: p.Src, dst: p.Dst, id: ident}, from, n, off, more)
		if done.in(c) {
			if data := c.Flow().Data(done.blob); data != nil {
				return &ipv6Whole{done, data}, true
			}
		}
	} else if off == 0 {
		c.Fragment(true)
		return nil, true
	}
	if b := c.SetInfo(); b != nil {
		b.S("IPv6 fragment (off=").U(uint64(off)).S(" more=").S(pick(more, "y", "n")).S(" ident=").X(uint64(ident), 8).S(" nxt=").U(uint64(nxt)).C(')')
		if done != nil && done.frame != 0 && done.frame != c.Frame().Number {
			b.S(" [Reassembled in #").U(uint64(done.frame)).C(']')
		}
	}
	if done != nil && done.frame != 0 && done.frame != c.Frame().Number {
		c.Gen(ipv6FragTree.in, from, 0, uint64(done.frame))
	}
	c.Sub(dataP, from, -1)
	return nil, false
}

func parseFragHdr(c *Cursor) {
	at := c.Pos()
	c.ProtoEnd(at + 8)
	c.U8(ipv6FragNxt)
	c.U8(ipv6FragRes)
	off := c.Peek16(0) & 0xfff8
	r := c.FieldAt(ipv6FragOff, at+2, 2)
	if b := c.Append(r); b != nil {
		b.S(" (").U(uint64(off)).S(" bytes)")
	}
	c.FieldAt(ipv6FragBits, at+2, 2)
	c.FieldAt(ipv6FragMore, at+2, 2)
	c.FieldAt(ipv6FragIdent, at+4, 4)
}

// extHead reads the next header and the length, and gives where it ends.
func extHead(c *Cursor, nxt, length, oct field.ID) int {
	at := c.Pos()
	c.U8(nxt)
	n := (int(c.Peek8(0)) + 1) * 8
	c.ProtoEnd(min(at+n, c.End()))
	c.U8(length)
	r := c.Gen(oct, at+1, 1, uint64(n))
	if b := c.Append(r); b != nil {
		b.S(" bytes")
	}
	return at + n
}

func parseHopOpts(c *Cursor) {
	// Only IPv6's own line and layer may come before.
	if l := c.Packet().Layers; len(l) >= 2 && l[len(l)-2] != ipv6P.ID {
		c.Expert(c.ProtoNode(), eiIPv6NotFirst)
	}
	ipv6Options(c, extHead(c, ipv6HopNxt, ipv6HopLen, ipv6HopOct))
}

func parseDstOpts(c *Cursor) { ipv6Options(c, extHead(c, ipv6DstNxt, ipv6DstLen, ipv6DstOct)) }

// ---- routing ----

func parseRouting(c *Cursor) {
	at := c.Pos()
	typ, left := c.Peek8(2), int(c.Peek8(3))
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(" (")
		if s, ok := field.Get(ipv6RoutingType).Enum.Lookup(uint64(typ)); ok {
			b.S(s)
		} else {
			b.S("Unknown type ").U(uint64(typ))
		}
		b.C(')')
	}
	end := extHead(c, ipv6RoutingNxt, ipv6RoutingLen, ipv6RoutingLenOct)
	c.U8(ipv6RoutingType)
	if typ == 0 {
		c.Expert(c.Last(), eiIPv6RouteOld)
	}
	c.U8(ipv6RoutingSegleft)
	seg := c.Last()
	switch typ {
	case 0:
		if n := (end - at - 8) / 16; left > n {
			c.ExpertText(seg, eiIPv6SegLeft, "IPv6 Type 0 Routing Header segments left field must not exceed address count ("+strconv.Itoa(n)+")")
		}
		c.Field(ipv6RoutingSrcReserved, 4)
		routeAddresses(c, ipv6RoutingSrcAddr, end, 1)
		if left > 0 && end-at >= 24 {
			c.Packet().Dst = flow.NewAddr(flow.IPv6, c.BytesAt(at+8+(end-at-8)/16*16-16, 16))
		}
	case 2:
		if left != 1 {
			c.ExpertText(seg, eiIPv6SegLeft, "IPv6 Type 2 Routing Header segments left field must equal 1")
		}
		c.Field(ipv6RoutingMipv6Reserved, 4)
		routeAddresses(c, ipv6RoutingMipv6HomeAddress, min(end, c.Pos()+16), 1)
	case 3:
		routeRPL(c, at, end)
	case 4:
		c.U8(ipv6RoutingSrhLastEntry)
		c.U8(ipv6RoutingSrhFlags)
		c.Field(ipv6RoutingSrhTag, 2)
		routeAddresses(c, ipv6RoutingSrhAddr, min(end, c.Pos()+16*(1+int(c.UintAt(at+4, 1)))), 0)
	case 5, 6:
		routeCompact(c, end, typ, left)
	default:
		if n := end - c.Pos(); n > 0 {
			c.Expert(c.Field(ipv6RoutingUnknownData, n), eiIPv6RouteUnk)
		}
	}
}

func routeAddresses(c *Cursor, f field.ID, end, first int) {
	for i := first; c.Pos()+16 <= end; i++ {
		b := c.Bytes(f, 16)
		if t := c.Label(c.Last()); t != nil {
			t.S("Address[").U(uint64(i)).S("]: ").IPv6(b)
		}
	}
}

func routeRPL(c *Cursor, at, end int) {
	w := c.Peek32(0)
	inner, final, pad := int(w>>28), int(w>>24&15), int(w>>20&15)
	for _, f := range [...]field.ID{ipv6RoutingRplCmprI, ipv6RoutingRplCmprE, ipv6RoutingRplPad, ipv6RoutingRplReserved} {
		c.FieldAt(f, at+4, 4)
	}
	n := (end-at-8-pad-(16-final))/(16-inner) + 1
	c.Gen(ipv6RoutingRplAddrCount, at+4, 2, uint64(n))
	c.Seek(at + 8)
	dst := c.Packet().Dst
	for i := 1; i <= n; i++ {
		keep := inner
		if i == n {
			keep = final
		}
		pos := c.Pos()
		b := c.Bytes(ipv6RoutingRplAddress, 16-keep)
		full := append(append([]byte(nil), dst.Bytes()[:keep]...), b...)
		c.Mark(c.PutBytes(ipv6RoutingRplFullAddress, pos, 16-keep, full), dissect.Generated)
		if t := c.Label(c.Last()); t != nil {
			t.S("Address[").U(uint64(i)).S("]: ").IPv6(full)
		}
	}
}

func routeCompact(c *Cursor, end int, typ uint8, left int) {
	size, f, cur := 2, ipv6RoutingCrh16Sid, ipv6RoutingCrh16CurrentSid
	if typ == 6 {
		size, f, cur = 4, ipv6RoutingCrh32Sid, ipv6RoutingCrh32CurrentSid
	}
	at := c.Pos()
	if pos := at + left*size; pos+size <= end {
		c.FieldAt(cur, pos, size)
	}
	list := dissect.None
	if b := c.Text(at, end-at); b != nil {
		b.S("Segment Identifiers")
		list = c.Last()
	}
	old := c.Push(list)
	for i := 0; at+i*size+size <= end; i++ {
		v := c.UintAt(at+i*size, size)
		if v == 0 {
			break
		}
		r := c.FieldAt(f, at+i*size, size)
		if b := c.Label(r); b != nil {
			b.S("SID[").U(uint64(i)).S("] = ").U(v)
		}
	}
	c.Pop(old)
}

// growNode makes a line n bytes long.
func growNode(c *Cursor, r dissect.Ref, n int) {
	if node := c.Node(r); node != nil {
		node.Len = uint32(n)
	}
}
