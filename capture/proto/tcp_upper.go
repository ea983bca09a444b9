// Which protocol lies above a TCP segment, and the checksum.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// clientPort is the port that is a protocol's own although it is the client's:
// active FTP connects from it.
const clientPort = 20

// upper runs the protocol above over the rest of the present data from pos on:
// the connection's own, the server's port, the lower port, the higher port, a
// heuristic, or data.
func (s *tcpSeg) upper(c *Cursor, pos int) {
	if s.ana != nil && s.ana.flags&taKeepAlive != 0 {
		c.Sub(dataP, pos, -1) // its byte is no data
		return
	}
	if s.conv != nil {
		if q, _ := s.conv.UpperAt(s.num).(*dissect.Proto); q != nil && tcpTry(c, q, pos) {
			return
		}
	}
	server := uint64(0)
	if s.fact != nil {
		server = uint64(s.fact.server)
	}
	sp, dp := uint64(s.sp), uint64(s.dp)
	if c.DecodedAs(tcpTable, server) && tcpTryPort(c, server, pos) {
		return
	}
	if server != 0 {
		// A client's port is picked at random and tells nothing.
		client := &sp
		if dp != server {
			client = &dp
		}
		if *client != clientPort && !c.DecodedAs(tcpTable, *client) {
			*client = 0
		}
	}
	lo, hi := min(sp, dp), max(sp, dp)
	for _, port := range [...]uint64{lo, hi} {
		if c.DecodedAs(tcpTable, port) && tcpTryPort(c, port, pos) {
			return
		}
	}
	first := c.Bool(prefTCPHeur)
	if first && c.Heuristics(tcpHeur, pos, -1) != nil {
		return
	}
	c.Unask()
	for i, port := range [...]uint64{server, lo, hi} {
		if port == 0 || i > 0 && port == server || i == 2 && port == lo || c.DecodedAs(tcpTable, port) {
			continue
		}
		if tcpTryPort(c, port, pos) {
			return
		}
	}
	if !first && c.Heuristics(tcpHeur, pos, -1) != nil {
		return
	}
	c.Unask()
	c.Sub(dataP, pos, -1)
}

func tcpTryPort(c *Cursor, port uint64, pos int) bool {
	q := c.Lookup(tcpTable, port)
	return q != nil && port != 0 && tcpTry(c, q, pos)
}

func tcpTry(c *Cursor, q *dissect.Proto, pos int) bool {
	if c.Try(q, pos, -1) {
		return true
	}
	c.Unask()
	return false
}

// verify checks the checksum (RFC 9293 section 3.1): shown only when asked
// for, because a host that leaves checksums to its network card captures its
// own packets before they are filled in.
func (s *tcpSeg) verify(c *Cursor, p *dissect.Packet, have uint16) {
	n := uint32(c.Len())
	pseudo := onesSum(onesSum(0, p.Src.Bytes()), p.Dst.Bytes()) + 6 + n>>16 + n&0xffff
	body := c.BytesAt(s.at, int(n))
	sum := fold(onesSum(pseudo, body))
	want := ^fold(onesSum(pseudo, body) + uint32(^have))
	partial, partial0 := fold(pseudo), fold(pseudo-n>>16-n&0xffff)
	c.U16(tcpChecksum)
	r := c.Last()
	stat := uint64(0)
	ei := field.None
	info := ""
	switch {
	case sum == 0xffff && have == 0xffff:
		sumLabel(c, r, have, " [should be 0x0000 (see RFC 1624)]")
		ei, info, want = eiTCPSumFFFF, " [TCP CHECKSUM 0xFFFF]", 0
	case sum == 0xffff:
		sumLabel(c, r, have, " [correct]")
		stat = 1
	case have == partial || have == partial0:
		sumLabel(c, r, have, " [correct]")
		if b := c.Append(r); b != nil {
			b.S(" (matches partial checksum, not ").X(uint64(want), 4).S(`, likely caused by "TCP checksum offload")`)
		}
		stat = 1
		c.Expert(r, eiTCPSumPart)
	default:
		sumLabel(c, r, have, " incorrect, should be ")
		if b := c.Append(r); b != nil {
			b.X(uint64(want), 4).S(`(maybe caused by "TCP checksum offload"?)`)
		}
		ei, info = eiTCPSum, " [TCP CHECKSUM INCORRECT]"
		s.canReasm = false
	}
	old := c.Push(r)
	if ei == eiTCPSumFFFF {
		c.Gen(tcpSumCalc, s.at+16, 2, uint64(want))
		r = c.Gen(tcpSumStat, s.at+16, 0, stat)
	}
	c.Pop(old)
	if ei != eiTCPSumFFFF {
		if ei != field.None {
			c.Expert(r, ei)
		}
		c.Gen(tcpSumStat, s.at+16, 0, stat)
		old = c.Push(r)
		c.Gen(tcpSumCalc, s.at+16, 2, uint64(want))
		c.Pop(old)
	} else {
		c.Expert(r, ei)
	}
	if b := c.Info(); b != nil {
		b.S(info)
	}
}

func sumLabel(c *Cursor, r dissect.Ref, have uint16, text string) {
	if b := c.Label(r); b != nil {
		b.S("Checksum: ").X(uint64(have), 4).S(text)
	}
}

func onesSum(sum uint32, b []byte) uint32 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
		if sum > 1<<31 {
			sum = sum>>16 + sum&0xffff
		}
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

func fold(sum uint32) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
