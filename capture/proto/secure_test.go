package proto

import (
	"encoding/binary"

	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

// Samples of protocols that secure what they carry.

func init() {
	hello := quicTestHello()
	one := quicTestInitial(1, "\x01\x02\x03\x04\x05\x06\x07\x08", "", false, 0, quicTestCrypto(0, hello))
	lost := quicTestInitial(1, "\x11\x02\x03\x04\x05\x06\x07\x08", "abcd", false, 0, append([]byte{1}, quicTestCrypto(40, hello[40:60])...))
	rest := quicTestInitial(1, "\x11\x02\x03\x04\x05\x06\x07\x08", "abcd", false, 1, append(quicTestCrypto(60, hello[60:]), quicTestCrypto(0, hello[:40])...))
	ack := quicTestInitial(1, "\x11\x02\x03\x04\x05\x06\x07\x08", "efgh", true, 0, []byte{3, 1, 0, 1, 0, 0, 0, 1, 2, 3, 0x1c, 0x41, 0x28, 6, 2, 'n', 'o', 0, 0, 0})
	binary.BigEndian.PutUint32(ack[1:], 1)
	v2 := quicTestInitial(0x6b3343cf, "12345678", "q", false, 0, quicTestCrypto(0, hello))
	short := append([]byte{0x45}, "abcdefghsome protected bytes that nobody can read"...)
	vn := []byte{0x80, 0, 0, 0, 0, 0, 4, 'e', 'f', 'g', 'h', 0, 0, 0, 1, 0x1a, 0x2a, 0x3a, 0x4a}
	force := append([]byte{0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8}, "87654321\x00some data behind"...)
	retry := append([]byte{0xf0, 0, 0, 0, 1, 4, 'a', 'b', 'c', 'd', 2, 'x', 'y'}, "a token, and an integrity tag that is wrong"...)
	prototest.Sample("quic", frame.LinkEthernet,
		prototest.UDPFrame(false, 40000, 443, one), prototest.UDPFrame(false, 40001, 443, lost), prototest.UDPFrame(false, 40001, 443, rest),
		prototest.UDPFrame(true, 40001, 443, ack), prototest.UDPFrame(false, 40002, 443, v2), prototest.UDPFrame(true, 40001, 443, short),
		prototest.UDPFrame(true, 40001, 443, vn), prototest.UDPFrame(false, 40003, 443, force), prototest.UDPFrame(true, 40001, 443, retry)).
		MayAllocate("packets are decrypted")
}

// quicTestHello is a small ClientHello.
func quicTestHello() []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0, 2, 0x13, 1, 1, 0)
	exts := []byte{0, 43, 0, 3, 2, 3, 4, 0, 57, 0, 10, 1, 4, 0x80, 0, 0x75, 0x30, 8, 2, 0x40, 100}
	body = append(body, 0, byte(len(exts)))
	body = append(body, exts...)
	return append([]byte{1, 0, 0, byte(len(body))}, body...)
}

func quicTestCrypto(off int, data []byte) []byte {
	return append([]byte{6, 0x40, byte(off), 0x40, byte(len(data))}, data...)
}

// quicTestInitial seals an Initial packet under the keys of the client's first
// destination ID.
func quicTestInitial(ver uint32, first, scid string, back bool, number byte, frames []byte) []byte {
	frames = append(frames, make([]byte, 64)...)
	k := quicInitialKeys(&quicConn{first: first}, ver, nil, back)
	b := []byte{0xc0, 0, 0, 0, 0}
	if quicIsV2(ver) {
		b[0] = 0xd0
	}
	binary.BigEndian.PutUint32(b[1:], ver)
	dcid := first
	if back {
		dcid = "abcd"
	}
	b = append(append(b, byte(len(dcid))), dcid...)
	b = append(append(b, byte(len(scid))), scid...)
	n := 1 + len(frames) + 16
	b = append(b, 0, 0x40|byte(n>>8), byte(n), number)
	pn := len(b) - 1
	nonce := k.iv
	nonce[11] ^= number
	b = k.aead.Seal(b, nonce[:], frames, b)
	var m [16]byte
	k.hp.Encrypt(m[:], b[pn+4:pn+20])
	b[0] ^= m[0] & 0x0f
	b[pn] ^= m[1]
	return b
}
