// QUIC, RFC 9000, 9001, 9369. Initial packets are decrypted with the keys that
// follow from their connection IDs; the TLS messages in them are handed to TLS.
// Not decoded: packets that need secrets of the handshake (0-RTT, Handshake,
// 1-RTT), Google's own versions, drafts before 23.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	quicP       = protocol("quic", "QUIC IETF", "QUIC")
	quicConnNum = quicP.U32("connection.number", "Connection Number", dec)
	quicPktLen  = quicP.U32("packet_length", "Packet Length", dec)
	quicForm    = quicP.U8("header_form", "Header Form", dec, mask(8, 0x80), enum(values(val(0, "Short Header"), val(1, "Long Header"))))
	quicFixed   = quicP.Bool("fixed_bit", "Fixed Bit", mask(8, 0x40))
	quicType    = quicP.U8("long.packet_type", "Packet Type", dec, mask(8, 0x30), enum(quicTypes))
	quicType2   = quicP.U8("long.packet_type_v2", "Packet Type", dec, mask(8, 0x30), enum(quicTypes2))
	quicReserv  = quicP.U8("long.reserved", "Reserved", dec, mask(8, 0x0c))
	quicPNLen   = quicP.U8("packet_number_length", "Packet Number Length", dec, mask(8, 0x03), enum(quicPNLens))
	quicVersion = quicP.U32("version", "Version", hex, enum(quicVersions))
	quicSupport = quicP.U32("supported_version", "Supported Version", hex, enum(quicVersions))
	quicUnused  = quicP.U8("vn.unused", "Unused", hex, mask(8, 0x7f))
	quicDCIL    = quicP.U8("dcil", "Destination Connection ID Length", dec)
	quicDCID    = quicP.Bytes("dcid", "Destination Connection ID")
	quicSCIL    = quicP.U8("scil", "Source Connection ID Length", dec)
	quicSCID    = quicP.Bytes("scid", "Source Connection ID")
	quicTokLen  = quicP.U64("token_length", "Token Length", dec)
	quicToken   = quicP.Bytes("token", "Token")
	quicLength  = quicP.U64("length", "Length", dec)
	quicPktNum  = quicP.U64("packet_number", "Packet Number", dec)
	quicPayload = quicP.Bytes("payload", "Payload")
	quicRest    = quicP.Bytes("remaining_payload", "Remaining Payload")
	quicRetry   = quicP.Bytes("retry_token", "Retry Token")
	quicRetTag  = quicP.Bytes("retry_integrity_tag", "Retry Integrity Tag")
	quicShort   = quicP.None("short", "QUIC Short Header")
	quicSpin    = quicP.Bool("spin_bit", "Spin Bit", mask(8, 0x20))

	eiQUICUnknown = quicP.Expert("connection.unknown", field.Undecoded, field.Note, "Unknown QUIC connection. Missing Initial Packet or migrated connection?")
	eiQUICDecrypt = quicP.Expert("decryption_failed", field.Decryption, field.Warn, "Failed to decrypt handshake")
	eiQUICForced  = quicP.Expert("data_after_forcing_vn", field.Protocol, field.Note, "Unexpected data on a Forcing Version Negotiation packet")
	eiQUICRetry   = quicP.Expert("bad_retry", field.Checksum, field.Error, "Retry Integrity Tag verification failure")
	eiQUICPadding = quicP.Expert("coalesced_padding_data", field.Protocol, field.Note, "Coalesced Padding Data")

	_ = quicP.Parse(parseQUIC).Stateful().Heur("udp", "quic", quicHeuristic).Calls(tlsP)

	quicFacts = flow.NewFacts[quicFact]()

	quicTypes  = values(val(0, "Initial"), val(1, "0-RTT"), val(2, "Handshake"), val(3, "Retry"))
	quicTypes2 = values(val(0, "Retry"), val(1, "Initial"), val(2, "0-RTT"), val(3, "Handshake"))
	quicPNLens = values(val(0, "1 bytes"), val(1, "2 bytes"), val(2, "3 bytes"), val(3, "4 bytes"))
)

// Kinds of packets, version 2's numbers turned into version 1's.
const (
	quicInitial   = 0
	quic0RTT      = 1
	quicHandshake = 2
	quicIsRetry   = 3
)

// quicFact is what the packets of a datagram are.
type quicFact struct{ pkts []quicPkt }

// quicPkt is one packet of a datagram.
type quicPkt struct {
	conn       *quicConn
	fromServer bool
	dcil       int // of a short header
	number     uint64
	keys       *quicKeys
	retryOf    string // the ID that a Retry packet answers
	failed     bool   // this packet was the first that could not be decrypted
	crypto     []quicCrypto
}

func quicHeuristic(c *Cursor) bool {
	if c.Left() < 13 || c.Peek8(0)&0x80 == 0 || quicDraft(c.Peek32(1)) < 11 {
		return false
	}
	if c.Learning() {
		if conv := c.Packet().Conv; conv != nil {
			conv.SetUpper(c.Frame().Number, quicP)
		}
	}
	c.Take()
	parseQUIC(c)
	return true
}

// quicDraft is the draft that a version follows, 34 for the final ones and 0
// for those of another kind.
func quicDraft(v uint32) int {
	switch {
	case v>>8 == 0xff0000:
		return int(v & 0xff)
	case v == 1:
		return 34
	case v == 0x6b3343cf || v == 0x709a50c4 || v == 0xff020000:
		return 100
	case v&0x0f0f0f0f == 0x0a0a0a0a:
		return 34
	case v == 0xfaceb001:
		return 22
	case v == 0xfaceb002, v == 0xfaceb00e, v == 0x51303530, v == 0x54303530, v == 0x54303531:
		return 27
	case v>>4 == 0xabcd000:
		return 29
	}
	return 0
}

func quicIsV2(v uint32) bool { return quicDraft(v) == 100 }

// quicKind is a long header's type as version 1 numbers it.
func quicKind(first byte, v uint32) int {
	t := int(first >> 4 & 3)
	if quicIsV2(v) {
		t = (t + 3) % 4
	}
	return t
}

func parseQUIC(c *Cursor) {
	c.SetProtocol("QUIC")
	c.ClearInfo()
	st, n := c.Flow(), c.Frame().Number
	fact := quicFacts.Get(st, n, c.Layer())
	learn := c.Learning() && !c.Quoted()
	if learn {
		fact = quicFacts.Put(st, n, c.Layer())
		fact.pkts = nil
	}
	d := &quicDatagram{fact: fact, learn: learn}
	end := c.End()
	for pos, i := c.Pos(), 0; pos < end; i++ {
		c.Seek(pos)
		size := d.packetSize(c, pos, end)
		d.index = i
		if i > 0 && d.isPadding(c, pos) {
			c.PDU(false, pos, end-pos, func(c *Cursor) {
				c.ExpertText(c.ProtoNode(), eiQUICPadding, "(Random) padding data appended to the datagram")
			})
			break
		}
		if !c.PDU(i == 0, pos, size, d.packet) {
			break
		}
		pos += size
	}
	c.Seek(end)
}

// quicDatagram is the walk over a datagram's packets.
type quicDatagram struct {
	fact  *quicFact
	learn bool
	index int
	dcid  []byte // of the first packet
}

// packetSize is where a packet ends: only long headers say.
func (d *quicDatagram) packetSize(c *Cursor, pos, end int) int {
	size := end - pos
	first := c.Peek8(0)
	if first&0x80 == 0 || size < 7 || !c.Has(7) {
		return size
	}
	ver := c.Peek32(1)
	kind := quicKind(first, ver)
	if ver == 0 || kind == quicIsRetry {
		return size
	}
	ok := c.Quiet(func(c *Cursor) {
		at := pos + 5
		at += 1 + int(c.UintAt(at, 1))
		at += 1 + int(c.UintAt(at, 1))
		if kind == quicInitial {
			v, n := varint(c, at)
			at += n + int(min(v, 1<<20))
		}
		v, n := varint(c, at)
		size = at + n + int(min(v, 1<<20)) - pos
	})
	if !ok {
		return end - pos
	}
	return min(size, end-pos)
}

// isPadding reports that what follows a packet is not another of the same
// connection.
func (d *quicDatagram) isPadding(c *Cursor, pos int) bool {
	b := c.Rest()
	if len(b) == 0 || b[0]&0x40 == 0 {
		return true
	}
	id := b[1:]
	if b[0]&0x80 != 0 {
		if len(b) < 6 || int(b[5]) != len(d.dcid) {
			return true
		}
		id = b[6:]
	}
	return len(id) < len(d.dcid) || string(id[:len(d.dcid)]) != string(d.dcid)
}

// pkt is what is known of the present packet.
func (d *quicDatagram) pkt() *quicPkt {
	if d.learn {
		d.fact.pkts = append(d.fact.pkts, quicPkt{})
		return &d.fact.pkts[len(d.fact.pkts)-1]
	}
	if d.fact != nil && d.index < len(d.fact.pkts) {
		return &d.fact.pkts[d.index]
	}
	return &quicPkt{}
}

func (d *quicDatagram) packet(c *Cursor) {
	k := d.pkt()
	if c.Peek8(0)&0x80 == 0 {
		d.short(c, k)
		return
	}
	d.long(c, k)
}

// head shows the connection above the first packet's fields.
func (d *quicDatagram) head(c *Cursor, k *quicPkt) {
	at := c.Start()
	if d.index == 0 {
		r := dissect.None
		if b := c.Text(at, 0); b != nil {
			b.S("QUIC Connection information")
			r = c.Last()
		}
		old := c.Push(r)
		if k.conn != nil {
			c.Gen(quicConnNum, at, 0, uint64(k.conn.number))
		} else {
			c.Expert(r, eiQUICUnknown)
		}
		c.Pop(old)
	}
	c.Gen(quicPktLen, at, 0, uint64(c.Len()))
}

func (d *quicDatagram) long(c *Cursor, k *quicPkt) {
	at := c.Pos()
	first, ver := c.Peek8(0), c.Peek32(1)
	kind := quicKind(first, ver)
	dl := int(c.Peek8(5))
	dcid := c.BytesAt(at+6, dl)
	sl := int(c.UintAt(at+6+dl, 1))
	scid := c.BytesAt(at+7+dl, sl)
	if d.index == 0 {
		d.dcid = dcid
	}
	if d.learn {
		if ver == 0 {
			kind = quicHandshake
		}
		quicTrack(c, k, kind, ver, dcid, scid)
	}
	if ver == 0 {
		d.head(c, k)
		quicNegotiation(c, dcid, scid)
		return
	}
	name := quicTypes.Text(uint64(kind), "")
	if ver&0x0f0f0f0f == 0x0a0a0a0a {
		kind = quicInitial
		name = "Forcing Version Negotiation"
	}
	if b := c.SetInfo(); b != nil {
		b.S(name)
		quicIDs(b, dcid, scid)
	}
	pn := at + 7 + dl + sl // the packet number's place, once the rest is passed
	if kind == quicInitial {
		v, n := varint(c, pn)
		pn += n + int(min(v, 1<<20))
	}
	var plain []byte
	var mask [5]byte
	var opened, unmasked bool
	if kind == quicInitial && k.conn != nil {
		_, n := varint(c, pn)
		if d.learn {
			k.keys = quicInitialKeys(k.conn, ver, dcid, k.fromServer)
		}
		if k.keys != nil {
			plain, mask, unmasked, opened = quicOpen(c, k, at, pn+n, d.learn)
		}
	}
	d.head(c, k)
	c.FieldAt(quicForm, at, 1)
	if ver&0x0f0f0f0f == 0x0a0a0a0a {
		c.Field(quicUnused, 1)
		quicVersionAt(c, quicVersion, " (Forcing Version Negotiation)")
		quicCIDs(c)
		c.ExpertText(c.ProtoNode(), eiQUICForced, "Data appended after a Forcing VN can't be decrypted")
		c.Seek(c.End())
		return
	}
	if kind != quicIsRetry {
		c.FieldAt(quicFixed, at, 1)
	}
	if quicIsV2(ver) {
		c.FieldAt(quicType2, at, 1)
	} else {
		c.FieldAt(quicType, at, 1)
	}
	open := first ^ mask[0]&0x0f
	if unmasked {
		c.Put(quicReserv, at, 1, uint64(open>>2&3))
		c.Put(quicPNLen, at, 1, uint64(open&3))
	}
	c.Seek(at + 1)
	c.U32(quicVersion)
	quicCIDs(c)
	if kind == quicIsRetry {
		n := max(0, c.Left()-16)
		c.Bytes(quicRetry, n)
		c.Bytes(quicRetTag, 16)
		r := c.Last()
		if k.conn != nil {
			if quicRetryGood(c.BytesAt(at, c.Len()), ver, k.retryOf) {
				if b := c.Append(r); b != nil {
					b.S(" [verified]")
				}
			} else {
				c.Expert(r, eiQUICRetry)
			}
		}
		return
	}
	if kind == quicInitial {
		v, n := varint(c, c.Pos())
		c.Put(quicTokLen, c.Pos(), n, v)
		c.Skip(n)
		if v > 0 {
			c.Bytes(quicToken, int(min(v, 1<<20)))
		}
	}
	v, n := varint(c, c.Pos())
	c.Put(quicLength, c.Pos(), n, v)
	c.Skip(n)
	if !unmasked {
		if kind != quicInitial || k.conn == nil {
			c.ExpertText(c.ProtoNode(), eiQUICDecrypt, "Failed to create decryption context: Secrets are not available")
		}
		if c.Left() > 0 {
			c.Bytes(quicRest, c.Left())
		}
		return
	}
	w := int(open&3) + 1
	c.Put(quicPktNum, c.Pos(), w, k.number)
	c.Skip(w)
	if b := c.Info(); b != nil {
		b.S(", PKN: ").U(k.number)
	}
	c.Bytes(quicPayload, c.Left())
	if !opened {
		c.ExpertText(c.Last(), eiQUICDecrypt, "Decryption failed: Decryption (checktag) failed: Checksum error")
		return
	}
	place := c.Save()
	c.UseSource("Decrypted QUIC", plain)
	quicFrames(c, k, d.learn)
	c.Restore(place)
	c.Seek(c.End())
}

// quicIDs continues the Info column with the connection IDs that are there.
func quicIDs(b *field.Text, dcid, scid []byte) {
	if len(dcid) > 0 {
		b.S(", DCID=").Hex(dcid, 0)
	}
	if len(scid) > 0 {
		b.S(", SCID=").Hex(scid, 0)
	}
}

// quicCIDs reads the two connection IDs of a long header.
func quicCIDs(c *Cursor) {
	if n := int(c.U8(quicDCIL)); n > 0 {
		c.Bytes(quicDCID, n)
	}
	if n := int(c.U8(quicSCIL)); n > 0 {
		c.Bytes(quicSCID, n)
	}
}

// quicNegotiation reads a Version Negotiation packet, RFC 9000 section 17.2.1.
func quicNegotiation(c *Cursor, dcid, scid []byte) {
	if b := c.SetInfo(); b != nil {
		b.S("Version Negotiation")
		quicIDs(b, dcid, scid)
	}
	c.FieldAt(quicForm, c.Pos(), 1)
	c.Field(quicUnused, 1)
	c.U32(quicVersion)
	quicCIDs(c)
	for c.Left() >= 4 {
		quicVersionAt(c, quicSupport, " (GREASE)")
	}
}

// quicVersionAt reads a version, with a word for those that nobody speaks.
func quicVersionAt(c *Cursor, f field.ID, reserved string) {
	if c.U32(f)&0x0f0f0f0f != 0x0a0a0a0a {
		return
	}
	if b := c.Append(c.Last()); b != nil {
		b.S(reserved)
	}
}

func (d *quicDatagram) short(c *Cursor, k *quicPkt) {
	at := c.Pos()
	if d.learn {
		quicTrackShort(c, k)
		if k.conn != nil && !k.conn.skip {
			k.failed, k.conn.skip = true, true
		}
	}
	d.head(c, k)
	dcid := c.BytesAt(at+1, k.dcil)
	if b := c.SetInfo(); b != nil {
		b.S("Protected Payload (KP0)")
		quicIDs(b, dcid, nil)
	}
	r := c.Put(quicShort, at, c.Len(), 0)
	if k.dcil > 0 {
		if b := c.Label(r); b != nil {
			b.S("QUIC Short Header DCID=").Hex(dcid, 0)
		}
	}
	old := c.Push(r)
	c.FieldAt(quicForm, at, 1)
	c.FieldAt(quicFixed, at, 1)
	c.FieldAt(quicSpin, at, 1)
	c.Seek(at + 1)
	if k.dcil > 0 {
		c.Bytes(quicDCID, k.dcil)
	}
	c.Pop(old)
	if k.failed {
		c.ExpertText(c.ProtoNode(), eiQUICDecrypt, "Failed to create decryption context: Secrets are not available")
	}
	if c.Left() > 0 {
		c.Bytes(quicRest, c.Left())
	}
}
