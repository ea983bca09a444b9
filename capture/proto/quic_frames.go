// QUIC frames that Initial packets carry, RFC 9000 section 19, and the TLS
// messages in them.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	quicFrame     = quicP.None("frame", "Frame")
	quicFrameType = quicP.U64("frame_type", "Frame Type", hex, enum(quicFrameTypes))
	quicPadLen    = quicP.U32("padding_length", "Padding Length", dec)
	quicAckLarge  = quicP.U64("ack.largest_acknowledged", "Largest Acknowledged", dec)
	quicAckDelay  = quicP.U64("ack.ack_delay", "ACK Delay", dec)
	quicAckCount  = quicP.U64("ack.ack_range_count", "ACK Range Count", dec)
	quicAckFirst  = quicP.U64("ack.first_ack_range", "First ACK Range", dec)
	quicAckGap    = quicP.U64("ack.gap", "Gap", dec)
	quicAckRange  = quicP.U64("ack.ack_range", "ACK Range", dec)
	quicAckECT0   = quicP.U64("ack.ect0_count", "ECT(0) Count", dec)
	quicAckECT1   = quicP.U64("ack.ect1_count", "ECT(1) Count", dec)
	quicAckCE     = quicP.U64("ack.ecn_ce_count", "ECN-CE Count", dec)
	quicCrOff     = quicP.U64("crypto.offset", "Offset", dec)
	quicCrLen     = quicP.U64("crypto.length", "Length", dec)
	quicCrData    = quicP.None("crypto.crypto_data", "Crypto Data")
	quicCrFrags   = quicP.None("crypto.fragments", "Reassembled QUIC CRYPTO Data Fragments")
	quicCrFrag    = quicP.FrameNum("crypto.fragment", "QUIC CRYPTO Data Fragment")
	quicCrCount   = quicP.U32("crypto.fragment.count", "Fragment count", dec)
	quicCCErr     = quicP.U64("cc.error_code", "Error code", dec, enum(quicErrors))
	quicCCApp     = quicP.U64("cc.error_code.app", "Application Error code", dec)
	quicCCAlert   = quicP.U8("cc.error_code.tls_alert", "TLS Alert Description", dec, enum(tlsAlertDescs))
	quicCCFrame   = quicP.U64("cc.frame_type", "Frame Type", dec)
	quicCCLen     = quicP.U64("cc.reason_phrase.length", "Reason phrase Length", dec)
	quicCCReason  = quicP.Str("cc.reason_phrase", "Reason phrase")

	eiQUICAgain = quicP.Expert("retransmission", field.Sequence, field.Note, "This QUIC frame has a reused stream offset (retransmission?)")
	_           = quicP.Expert("overlap", field.Sequence, field.Note, "This QUIC frame overlaps a previous frame in the stream")
	eiQUICFrame = quicP.Expert("ft.unknown", field.Undecoded, field.Note, "Unknown Frame Type")
)

// maxQUICCrypto bounds the handshake bytes kept of a direction.
const maxQUICCrypto = 64 << 10

// quicStream puts the CRYPTO frames of one direction together.
type quicStream struct {
	pieces []quicPiece // not handed on yet, in no order
	next   uint64      // offset behind what was handed on
	held   int
}

// quicPiece is the content of a frame that came too early.
type quicPiece struct {
	off   uint64
	data  []byte
	frame uint32
}

// quicPart is a run of bytes and the packet that brought it.
type quicPart struct {
	frame uint32
	n     int
}

// quicCrypto is what a CRYPTO frame brought.
type quicCrypto struct {
	again bool       // seen before
	data  []byte     // bytes that are in order now, nil for none
	parts []quicPart // where they came from, when not from this frame alone
}

// quicVar reads a variable-length number into f.
func quicVar(c *Cursor, f field.ID) uint64 {
	v, n := varint(c, c.Pos())
	c.Put(f, c.Pos(), n, v)
	c.Skip(n)
	return v
}

// quicFrames reads the frames of a decrypted packet.
func quicFrames(c *Cursor, k *quicPkt, learn bool) {
	for i := 0; c.Left() > 0; {
		at := c.Pos()
		r := c.Put(quicFrame, at, 1, 0)
		old := c.Push(r)
		typ, n := varint(c, at)
		c.Put(quicFrameType, at, n, typ)
		c.Skip(n)
		info := ""
		if b := c.Label(r); b != nil {
			b.S(quicFrameTypes.Text(typ, "Unknown"))
		}
		switch {
		case typ == 0:
			info = "PADDING"
			size := 1
			rest := c.Rest()
			for size <= len(rest) && rest[size-1] == 0 {
				size++
			}
			c.Gen(quicPadLen, c.Pos(), 0, uint64(size))
			if b := c.Append(r); b != nil {
				b.S(" Length: ").U(uint64(size))
			}
			c.Seek(at + size)
		case typ == 1:
			info = "PING"
		case typ == 2 || typ == 3:
			info = "ACK"
			if typ == 3 {
				info = "ACK_ECN"
			}
			quicAck(c, typ == 3)
		case typ == 6:
			info = "CRYPTO"
		case typ == 0x1c || typ == 0x1d:
			info = "CC"
			quicClose(c, r, typ == 0x1c)
		default:
			c.Expert(r, eiQUICFrame)
			c.Seek(c.End())
		}
		if b := c.Info(); b != nil && info != "" {
			b.S(", ").S(info)
		}
		if typ == 6 {
			quicCryptoFrame(c, k, r, at, i, learn)
			i++
		}
		c.SetLen(r, c.Pos())
		c.Pop(old)
	}
}

func quicAck(c *Cursor, ecn bool) {
	quicVar(c, quicAckLarge)
	quicVar(c, quicAckDelay)
	count := quicVar(c, quicAckCount)
	quicVar(c, quicAckFirst)
	for ; count > 0; count-- {
		quicVar(c, quicAckGap)
		quicVar(c, quicAckRange)
	}
	if ecn {
		quicVar(c, quicAckECT0)
		quicVar(c, quicAckECT1)
		quicVar(c, quicAckCE)
	}
}

// quicClose reads CONNECTION_CLOSE, RFC 9000 section 19.19.
func quicClose(c *Cursor, r dissect.Ref, transport bool) {
	at := c.Pos()
	text := ""
	if transport {
		code := quicVar(c, quicCCErr)
		text = quicErrors.Text(code, "Unknown")
		if code >= 0x100 && code < 0x200 {
			c.Put(quicCCAlert, c.Pos()-1, 1, code&0xff)
			text = tlsAlertDescs.Text(code&0xff, "Unknown")
		}
		quicVar(c, quicCCFrame)
	} else {
		v, n := varint(c, at)
		c.Put(quicCCApp, at, n, v)
		c.Skip(n)
	}
	n := quicVar(c, quicCCLen)
	if n > 0 {
		c.Bytes(quicCCReason, int(min(n, 1<<20)))
	}
	if b := c.Append(r); b != nil && transport {
		b.S(" Error code: ").S(text)
	}
}

func quicCryptoFrame(c *Cursor, k *quicPkt, r dissect.Ref, at, index int, learn bool) {
	off := quicVar(c, quicCrOff)
	n := int(min(quicVar(c, quicCrLen), 1<<20))
	pos := c.Pos()
	data := c.BytesAt(pos, n)
	c.Put(quicCrData, pos, n, 0)
	c.SetLen(r, pos+n)
	if learn && k.conn != nil {
		dir := 0
		if k.fromServer {
			dir = 1
		}
		k.crypto = append(k.crypto, k.conn.crypto[dir].add(off, data, c.Frame().Number))
	}
	c.Seek(pos + n)
	if index >= len(k.crypto) {
		return
	}
	f := &k.crypto[index]
	if f.again {
		rr := dissect.None
		if b := c.Text(pos, n); b != nil {
			b.S("This QUIC frame has a reused stream offset (retransmission?)")
			rr = c.Last()
		}
		c.Expert(rr, eiQUICAgain)
		return
	}
	if f.data == nil {
		return
	}
	place := c.Save()
	size := n
	if f.parts != nil {
		fr := c.Put(quicCrFrags, pos, 0, 0)
		c.UseSource("Reassembled QUIC CRYPTO", f.data)
		pos, size = 0, len(f.data)
		if nd := c.Node(fr); nd != nil {
			nd.Off, nd.Len, nd.Source = 0, uint32(size), uint8(c.SourceIndex())
		}
		quicParts(c, fr, f.parts, size, quicCrFrag, quicCrCount, "QUIC CRYPTO Data")
	}
	info := 0
	if b := c.Info(); b != nil {
		info = len(b.B)
	}
	if learn {
		quicTables.Global(c.Flow()).now = quicRun{k.conn, k.fromServer, pos}
	}
	c.SubUnder(r, tlsP, pos, size)
	if b := c.Info(); b != nil && info <= len(b.B) {
		b.B = b.B[:info]
	}
	c.Restore(place)
}

// quicParts shows what reassembled data was put together from.
func quicParts(c *Cursor, r dissect.Ref, parts []quicPart, size int, one, count field.ID, what string) {
	if b := c.Label(r); b != nil {
		b.U(uint64(len(parts))).S(" Reassembled ").S(what).S(" Fragments (").U(uint64(size)).S(" bytes): ")
		for i, p := range parts {
			if i > 0 {
				b.S(", ")
			}
			b.C('#').U(uint64(p.frame)).C('(').U(uint64(p.n)).C(')')
		}
	}
	old := c.Push(r)
	at := 0
	for _, p := range parts {
		x := c.Put(one, at, p.n, uint64(p.frame))
		if b := c.Label(x); b != nil {
			b.S("Frame: ").U(uint64(p.frame)).S(", payload: ").U(uint64(at)).C('-').U(uint64(at + p.n - 1)).S(" (").U(uint64(p.n)).S(plural(p.n, " byte)", " bytes)"))
		}
		at += p.n
	}
	c.Gen(count, 0, 0, uint64(len(parts)))
	c.Pop(old)
}
