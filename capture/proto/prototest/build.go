package prototest

import "encoding/binary"

// Small builders for samples: each puts a header in front of what is above it,
// with lengths and checksums right.

// Ether is an Ethernet II frame.
func Ether(kind uint16, payload []byte) []byte {
	b := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, byte(kind >> 8), byte(kind)}
	return append(b, payload...)
}

// IPv4 is a packet from 10.0.0.1 to 10.0.0.2, or back.
func IPv4(back bool, proto uint8, payload []byte) []byte {
	h := make([]byte, 20)
	h[0], h[8], h[9] = 0x45, 64, proto
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(payload)))
	copy(h[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	if back {
		h[15], h[19] = 2, 1
	}
	binary.BigEndian.PutUint16(h[10:], ^fold(sum(h)))
	return append(h, payload...)
}

// IPv6 is a packet from 2001:db8::1 to 2001:db8::2, or back.
func IPv6(back bool, next uint8, payload []byte) []byte {
	h := make([]byte, 40)
	h[0], h[6], h[7] = 0x60, next, 64
	binary.BigEndian.PutUint16(h[4:], uint16(len(payload)))
	copy(h[8:], []byte{0x20, 1, 0xd, 0xb8})
	copy(h[24:], []byte{0x20, 1, 0xd, 0xb8})
	h[23], h[39] = 1, 2
	if back {
		h[23], h[39] = 2, 1
	}
	return append(h, payload...)
}

// UDP is a datagram without a checksum.
func UDP(sport, dport uint16, payload []byte) []byte {
	h := make([]byte, 8)
	binary.BigEndian.PutUint16(h, sport)
	binary.BigEndian.PutUint16(h[2:], dport)
	binary.BigEndian.PutUint16(h[4:], uint16(8+len(payload)))
	return append(h, payload...)
}

// Flags of TCP.
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
)

// TCP is a segment without a checksum.
func TCP(sport, dport uint16, seq, ack uint32, flags uint8, payload []byte) []byte {
	h := make([]byte, 20)
	binary.BigEndian.PutUint16(h, sport)
	binary.BigEndian.PutUint16(h[2:], dport)
	binary.BigEndian.PutUint32(h[4:], seq)
	binary.BigEndian.PutUint32(h[8:], ack)
	h[12], h[13], h[14] = 5<<4, flags, 0xff
	return append(h, payload...)
}

// UDPFrame is a datagram in IPv4 in Ethernet; back turns addresses and ports.
func UDPFrame(back bool, sport, dport uint16, payload []byte) []byte {
	if back {
		sport, dport = dport, sport
	}
	return Ether(0x0800, IPv4(back, 17, UDP(sport, dport, payload)))
}

// Talk is one turn of a conversation over TCP.
type Talk struct {
	Back bool // from the server
	Data []byte
}

// TCPFrames is a connection from port 50000 to dport: handshake, the turns,
// each cut into segments of at most mss bytes (0 = 1460), and the closing.
func TCPFrames(dport uint16, mss int, turns ...Talk) [][]byte {
	if mss == 0 {
		mss = 1460
	}
	var out [][]byte
	seq := [2]uint32{1000, 5000}
	send := func(side int, flags uint8, data []byte) {
		sp, dp := uint16(50000), dport
		ack := seq[1-side]
		if side == 1 {
			sp, dp = dp, sp
		}
		if flags&ACK == 0 {
			ack = 0
		}
		out = append(out, Ether(0x0800, IPv4(side == 1, 6, TCP(sp, dp, seq[side], ack, flags, data))))
		seq[side] += uint32(len(data))
		if flags&(SYN|FIN) != 0 {
			seq[side]++
		}
	}
	send(0, SYN, nil)
	send(1, SYN|ACK, nil)
	send(0, ACK, nil)
	for _, turn := range turns {
		side := 0
		if turn.Back {
			side = 1
		}
		for d := turn.Data; len(d) > 0; {
			n := min(len(d), mss)
			flags := uint8(ACK)
			if n == len(d) {
				flags |= PSH
			}
			send(side, flags, d[:n])
			d = d[n:]
		}
		send(1-side, ACK, nil)
	}
	send(0, FIN|ACK, nil)
	send(1, FIN|ACK, nil)
	send(0, ACK, nil)
	return out
}

func sum(b []byte) (s uint32) {
	for i := 0; i+1 < len(b); i += 2 {
		s += uint32(b[i])<<8 | uint32(b[i+1])
	}
	return s
}

func fold(s uint32) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
