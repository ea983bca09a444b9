// WireGuard, from its protocol description (wireguard.com/protocol). Not
// decoded: what is encrypted, for which keys would have to be given.
package proto

import (
	"encoding/base64"

	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	wgP        = protocol("wg", "WireGuard Protocol", "WireGuard")
	wgType     = wgP.U8("type", "Type", dec, enum(wgTypes))
	wgReserved = wgP.Bytes("reserved", "Reserved")
	wgSender   = wgP.U32("sender", "Sender", hex)
	wgReceiver = wgP.U32("receiver", "Receiver", hex)
	wgEphem    = wgP.Str("ephemeral", "Ephemeral")
	wgEphemKey = wgP.Bool("ephemeral.known_privkey", "Has Private Key")
	wgStatic   = wgP.None("encrypted_static", "Encrypted Static")
	wgTime     = wgP.None("encrypted_timestamp", "Encrypted Timestamp")
	wgEmpty    = wgP.None("encrypted_empty", "Encrypted Empty")
	wgMAC1     = wgP.Bytes("mac1", "mac1")
	wgMAC2     = wgP.Bytes("mac2", "mac2")
	wgNonce    = wgP.Bytes("nonce", "Nonce")
	wgCookie   = wgP.Bytes("encrypted_cookie", "Encrypted Cookie")
	wgCounter  = wgP.U64("counter", "Counter", dec)
	wgPacket   = wgP.None("encrypted_packet", "Encrypted Packet")
	wgStream   = wgP.U32("stream", "Stream index", dec)
	wgAnswers  = wgP.FrameNum("response_to", "Response to Frame")

	eiWGShort = wgP.Expert("bad_packet_length", field.Malformed, field.Error, "Packet length is too small")
	eiWGAlive = wgP.Expert("keepalive", field.Sequence, field.Chat, "This is a Keepalive message")

	_ = wgP.Parse(parseWG).Stateful().Heur("udp", "wg", wgHeuristic)

	wgTables = flow.NewSlot[wgTable]()
	wgFacts  = flow.NewFacts[wgFact]()

	wgTypes = values(val(1, "Handshake Initiation"), val(2, "Handshake Response"), val(3, "Cookie Reply"), val(4, "Transport Data"))
)

// wgSizes are the lengths of messages by type; transport data is longer.
var wgSizes = [...]int{1: 148, 2: 92, 3: 64, 4: 32}

// wgTable are the sessions of a capture by the index that a peer chose.
type wgTable struct {
	next uint32
	by   map[uint32]*wgSession
}

// wgSession is one handshake and what it protects.
type wgSession struct{ stream, frame uint32 }

// wgFact is which session a message belongs to.
type wgFact struct {
	known   bool
	stream  uint32
	answers uint32 // frame of the initiation that this responds to
}

func wgHeuristic(c *Cursor) bool {
	n := c.Left()
	if n < 32 || c.Peek24(1) != 0 {
		return false
	}
	typ := c.Peek8(0)
	if typ < 1 || typ > 4 || typ < 4 && n != wgSizes[typ] {
		return false
	}
	if conv := c.Packet().Conv; conv != nil && c.Learning() && !c.Quoted() {
		conv.SetUpper(c.Frame().Number, wgP)
	}
	c.Take()
	parseWG(c)
	return true
}

func parseWG(c *Cursor) {
	at := c.Pos()
	typ := c.Peek8(0)
	c.SetProtocol("WireGuard")
	name := wgTypes.Text(uint64(typ), "Unknown")
	if typ == 4 && c.Left() == 32 {
		name = "Keepalive"
	}
	if b := c.SetInfo(); b != nil {
		b.S(name)
	}
	c.U8(wgType)
	c.Bytes(wgReserved, 3)
	if typ < 1 || typ > 4 {
		return
	}
	if c.Len() < wgSizes[typ] {
		c.Expert(c.ProtoNode(), eiWGShort)
		return
	}
	var sender, receiver uint32
	if typ <= 2 {
		sender = c.U32LE(wgSender)
		wgInfo(c, ", sender=0x", sender)
	}
	if typ >= 2 {
		receiver = c.U32LE(wgReceiver)
		wgInfo(c, ", receiver=0x", receiver)
	}
	switch typ {
	case 1:
		wgKey(c, at)
		c.Field(wgStatic, 48)
		c.Field(wgTime, 28)
		c.Bytes(wgMAC1, 16)
		c.Bytes(wgMAC2, 16)
	case 2:
		wgKey(c, at)
		c.Field(wgEmpty, 16)
		c.Bytes(wgMAC1, 16)
		c.Bytes(wgMAC2, 16)
	case 3:
		c.Bytes(wgNonce, 24)
		c.Bytes(wgCookie, 32)
	case 4:
		n := c.U64LE(wgCounter)
		size := c.Left()
		if b := c.Info(); b != nil {
			b.S(", counter=").U(n)
			if size > 16 {
				b.S(", datalen=").U(uint64(size - 16))
			}
		}
		r := c.Put(wgPacket, c.Pos(), size, 0)
		c.Need(size)
		c.Skip(size)
		if size == 16 {
			c.Expert(r, eiWGAlive)
		}
	}
	f := wgTrack(c, typ, sender, receiver)
	if f == nil || !f.known {
		return
	}
	c.Gen(wgStream, at, 0, uint64(f.stream))
	if f.answers != 0 {
		c.Gen(wgAnswers, at, 0, uint64(f.answers))
	}
}

func wgInfo(c *Cursor, what string, v uint32) {
	if b := c.Info(); b != nil {
		b.S(what)
		for i := 28; i >= 0; i -= 4 {
			b.C("0123456789ABCDEF"[v>>uint(i)&15])
		}
	}
}

// wgKey reads an ephemeral key, written as WireGuard's tools write keys. The
// line below it stands where Wireshark puts it.
func wgKey(c *Cursor, at int) {
	pos := c.Pos()
	b := c.PeekBytes(0, 32)
	if c.Wants(wgEphem) || c.Wants(wgEphemKey) {
		old := c.Push(c.PutText(wgEphem, pos, 32, base64.StdEncoding.EncodeToString(b)))
		c.Gen(wgEphemKey, pos+at, 0, 0)
		c.Pop(old)
	}
	c.Skip(32)
}

// wgTrack finds a message's session.
func wgTrack(c *Cursor, typ uint8, sender, receiver uint32) *wgFact {
	st, fr := c.Flow(), c.Frame().Number
	if !c.Learning() || c.Quoted() {
		return wgFacts.Get(st, fr, c.Layer())
	}
	t := wgTables.Global(st)
	if t.by == nil {
		t.by = map[uint32]*wgSession{}
	}
	f := wgFacts.Put(st, fr, c.Layer())
	*f = wgFact{}
	switch typ {
	case 1:
		s := &wgSession{t.next, fr}
		t.next++
		t.by[sender] = s
		f.known, f.stream = true, s.stream
	case 2:
		if s := t.by[receiver]; s != nil {
			f.known, f.stream, f.answers = true, s.stream, s.frame
			t.by[sender] = s
		}
	default:
		if s := t.by[receiver]; s != nil {
			f.known, f.stream = true, s.stream
		}
	}
	return f
}
