// TLS messages that came in QUIC's CRYPTO frames (RFC 9001 section 4): there
// are no records, and messages go on from one packet to the next.
package proto

import (
	"cmp"
	"slices"

	"sonde/capture/dissect"
	"sonde/capture/flow"
)

var (
	tlsHSFrags   = tlsP.None("handshake.fragments", "Reassembled Handshake Fragments")
	tlsHSFrag    = tlsP.FrameNum("handshake.fragment", "Handshake Fragment")
	tlsHSFragCnt = tlsP.U32("handshake.fragment.count", "Handshake Fragment count", dec)

	quicTLSFacts = flow.NewFacts[quicTLS]()
)

// quicRun names the stream of handshake bytes that TLS is to read.
type quicRun struct {
	conn       *quicConn
	fromServer bool
	pos        int
}

// quicMessage is a handshake message that is not complete yet.
type quicMessage struct {
	data  []byte
	parts []quicPart
}

// quicTLS is what a run of handshake bytes is to TLS.
type quicTLS struct {
	session tlsSession
	old     []byte     // the beginning of the message that goes on here
	parts   []quicPart // where it came from
}

// add takes a frame's bytes and gives what is in order now. Learn pass only.
func (s *quicStream) add(off uint64, data []byte, frame uint32) (f quicCrypto) {
	end := off + uint64(len(data))
	switch {
	case len(data) == 0:
		return f
	case off < s.next:
		f.again = true
		return f
	case off == s.next && len(s.pieces) == 0:
		f.data = append([]byte(nil), data...)
		s.next = end
		return f
	}
	for _, p := range s.pieces {
		if p.off == off {
			f.again = true
			return f
		}
	}
	if s.held+len(data) > maxQUICCrypto {
		return f
	}
	s.held += len(data)
	s.pieces = append(s.pieces, quicPiece{off, append([]byte(nil), data...), frame})
	slices.SortFunc(s.pieces, func(a, b quicPiece) int { return cmp.Compare(a.off, b.off) })
	// Bytes wait until every hole before the last of them is filled.
	at := s.next
	for _, p := range s.pieces {
		if p.off > at {
			return f
		}
		at = max(at, p.off+uint64(len(p.data)))
	}
	f.data = make([]byte, 0, at-s.next)
	for _, p := range s.pieces {
		skip := s.next - p.off
		if skip >= uint64(len(p.data)) {
			continue
		}
		f.data = append(f.data, p.data[skip:]...)
		f.parts = append(f.parts, quicPart{p.frame, len(p.data) - int(skip)})
		s.next = p.off + uint64(len(p.data))
	}
	s.pieces, s.held = nil, 0
	if len(f.parts) == 1 {
		f.parts = nil
	}
	return f
}

// quicMessageEnd finds the end of the messages that are complete in b, and the
// end of the last header that is there.
func quicMessageEnd(b []byte) int {
	at := 0
	for at+4 <= len(b) {
		n := 4 + int(b[at+1])<<16 + int(b[at+2])<<8 + int(b[at+3])
		if at+n > len(b) {
			break
		}
		at += n
	}
	return at
}

// parseTLSInQUIC reads the handshake bytes that a CRYPTO frame brought.
func parseTLSInQUIC(c *Cursor) {
	at := c.Pos()
	b := c.Rest()
	st, fr := c.Flow(), c.Frame().Number
	t := &tlsRun{base: at, record: dissect.None, overQUIC: true}
	t.version = verTLS13
	f := quicTLSFacts.Get(st, fr, c.Layer())
	var live *quicConn
	if c.Learning() {
		run := quicTables.Global(st).now
		live = run.conn
		if live != nil {
			dir := 0
			if run.fromServer {
				dir = 1
			}
			h := &live.hs[dir]
			f = quicTLSFacts.Put(st, fr, c.Layer())
			*f = quicTLS{session: live.tls, old: h.data, parts: h.parts}
			all := append(append([]byte(nil), h.data...), b...)
			rest := all[quicMessageEnd(all):]
			switch {
			case len(rest) == 0 || len(rest) > maxQUICCrypto:
				*h = quicMessage{}
			case len(rest) == len(all):
				h.data, h.parts = rest, append(append([]quicPart(nil), h.parts...), quicPart{fr, len(b)})
			default:
				h.data, h.parts = rest, []quicPart{{fr, len(rest)}}
			}
		}
	}
	if f != nil {
		t.tlsSession = f.session
		t.version = verTLS13
	} else {
		f = &quicTLS{}
	}
	if live != nil {
		defer func() { live.tls = t.tlsSession }()
	}
	name := "Unknown"
	head := b
	if len(f.old) > 0 {
		head = f.old
	}
	if len(head) > 0 {
		name = tlsHandshakeTypes.Text(uint64(head[0]), "Encrypted Handshake Message")
	}
	title := func(s string) {
		if l := c.Label(c.ProtoNode()); l != nil {
			l.S("TLSv1.3 Record Layer: Handshake Protocol: ").S(s)
		}
	}
	piece := func(pos, n int, s string) {
		r := c.Put(tlsHS, pos, n, 0)
		if l := c.Label(r); l != nil {
			l.S("Handshake Protocol: ").S(s)
		}
	}
	if len(f.old) > 0 {
		all := append(append([]byte(nil), f.old...), b...)
		done := quicMessageEnd(all[:min(len(all), quicFirstEnd(all))])
		if done == 0 {
			title(name + " (fragment)")
			piece(at, len(b), name+" (fragment)")
			return
		}
		title(name)
		last := done - len(f.old)
		piece(at, last, name+" (last fragment)")
		parts := append(append([]quicPart(nil), f.parts...), quicPart{fr, last})
		place := c.Save()
		r := c.Put(tlsHSFrags, at, 0, 0)
		c.UseSource("Reassembled TLS Handshake", all[:done])
		if nd := c.Node(r); nd != nil {
			nd.Off, nd.Len, nd.Source = 0, uint32(done), uint8(c.SourceIndex())
		}
		quicParts(c, r, parts, done, tlsHSFrag, tlsHSFragCnt, "Handshake")
		t.message(c, 0, done-4, true)
		c.Restore(place)
		at += last
		b = b[last:]
	}
	for first := true; len(b) > 0; first = false {
		c.Seek(at)
		n := quicFirstEnd(b)
		if n == 0 || n > len(b) {
			s := tlsHandshakeTypes.Text(uint64(b[0]), "Encrypted Handshake Message") + " (fragment)"
			if first && len(f.old) == 0 {
				title(s)
			} else {
				title("Multiple Handshake Messages")
			}
			piece(at, len(b), s)
			return
		}
		if first && len(f.old) == 0 {
			title(tlsHandshakeTypes.Text(uint64(b[0]), "Encrypted Handshake Message"))
		} else {
			title("Multiple Handshake Messages")
		}
		t.message(c, at, n-4, first)
		at += n
		b = b[n:]
	}
}

// quicFirstEnd is where the first message of b ends, 0 when its header is not
// whole.
func quicFirstEnd(b []byte) int {
	if len(b) < 4 {
		return 0
	}
	return 4 + int(b[1])<<16 + int(b[2])<<8 + int(b[3])
}
