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

// sshTestPacket frames a message of SSH 2.0 with four bytes of padding.
func sshTestPacket(msg []byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(msg)+5)), 4), append(msg, 1, 2, 3, 4)...)
}

func sshTestString(s string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...)
}

// sshTestInit is a KEXINIT that offers one key exchange.
func sshTestInit(kex string) []byte {
	b := append([]byte{20}, make([]byte, 16)...)
	for _, l := range []string{kex, "ssh-ed25519,ssh-rsa", "aes256-ctr", "aes256-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""} {
		b = append(b, sshTestString(l)...)
	}
	return sshTestPacket(append(b, 0, 0, 0, 0, 0))
}

func sshTestReply(code byte, key, public, sig []byte) []byte {
	b := append([]byte{code}, sshTestString(string(key))...)
	b = append(b, sshTestString(string(public))...)
	return sshTestPacket(append(b, sshTestString(string(sig))...))
}

func sshTestTalk(port uint16, mss int, kex string, ask [][]byte, answer []byte) [][]byte {
	turns := []prototest.Talk{{Back: true, Data: []byte("SSH-2.0-there\r\n")}, {Data: []byte("SSH-2.0-here\r\n")},
		{Data: sshTestInit(kex)}, {Back: true, Data: sshTestInit(kex)}}
	for _, q := range ask {
		turns = append(turns, prototest.Talk{Data: sshTestPacket(q)})
	}
	keys := sshTestPacket([]byte{21})
	turns = append(turns, prototest.Talk{Back: true, Data: append(answer, keys...)}, prototest.Talk{Data: keys},
		prototest.Talk{Data: make([]byte, 100)}, prototest.Talk{Back: true, Data: make([]byte, 60)})
	return prototest.TCPFrames(port, mss, turns...)
}

func init() {
	cat := func(bs ...[]byte) (out []byte) {
		for _, b := range bs {
			out = append(out, b...)
		}
		return out
	}
	ed := cat(sshTestString("ssh-ed25519"), sshTestString("0123456789abcdef0123456789abcdef"))
	rsa := cat(sshTestString("ssh-rsa"), sshTestString("\x01\x00\x01"), sshTestString("modulus"))
	dss := cat(sshTestString("ssh-dss"), sshTestString("p"), sshTestString("q"), sshTestString("g"), sshTestString("y"))
	ec := cat(sshTestString("ecdsa-sha2-nistp256"), sshTestString("nistp256"), sshTestString("point"))
	sig := cat(sshTestString("ssh-ed25519"), []byte("signature"))
	rsaSig := cat(sshTestString("ssh-rsa"), sshTestString("signature"))
	why := "lists of names are kept and joined"
	prototest.Sample("ssh-ecdh", frame.LinkEthernet, sshTestTalk(22, 100, "curve25519-sha256", [][]byte{cat([]byte{30}, sshTestString("public"))}, sshTestReply(31, ed, []byte("public"), sig))...).MayAllocate(why)
	prototest.Sample("ssh-dh", frame.LinkEthernet, sshTestTalk(22, 0, "diffie-hellman-group14-sha256", [][]byte{cat([]byte{30}, sshTestString("e"))}, sshTestReply(31, rsa, make([]byte, 600), rsaSig))...).MayAllocate(why)
	prototest.Sample("ssh-gex", frame.LinkEthernet, sshTestTalk(2222, 0, "diffie-hellman-group-exchange-sha256",
		[][]byte{{34, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 32, 0}, cat([]byte{31}, sshTestString("p"), sshTestString("g")), cat([]byte{32}, sshTestString("e")), {2, 0, 0, 0, 0}},
		sshTestReply(33, dss, []byte("f"), cat(sshTestString("ssh-dss"), sshTestString("s"))))...).MayAllocate(why)
	prototest.Sample("ssh-ecdsa", frame.LinkEthernet, sshTestTalk(22, 0, "ecdh-sha2-nistp256", nil, sshTestReply(31, ec, []byte("public"), sig))...).MayAllocate(why)
	prototest.Sample("ssh-v1", frame.LinkEthernet, prototest.TCPFrames(22, 0, prototest.Talk{Data: []byte("GET / HTTP/1.0\r\n")}, prototest.Talk{Back: true, Data: []byte("SSH-1.5-x\n")},
		prototest.Talk{Data: []byte("SSH-1.5-y\x00\x00\n")}, prototest.Talk{Back: true, Data: []byte{0, 0, 0, 3, 0, 0, 0, 0, 0, 2, 9, 9}},
		prototest.Talk{Back: true, Data: []byte{0, 0, 0, 3, 0, 0, 0, 0, 0, 7, 9, 9}})...).MayAllocate(why)
}

func init() {
	msg := func(typ byte, n int, ids ...uint32) []byte {
		b := make([]byte, n)
		b[0] = typ
		for i, id := range ids {
			binary.LittleEndian.PutUint32(b[4+4*i:], id)
		}
		return b
	}
	prototest.Sample("wg", frame.LinkEthernet, prototest.UDPFrame(false, 40000, 51820, msg(1, 148, 7)), prototest.UDPFrame(true, 40000, 51820, msg(3, 64, 7)),
		prototest.UDPFrame(true, 40000, 51820, msg(2, 92, 9, 7)), prototest.UDPFrame(false, 40000, 51820, msg(4, 32, 9)), prototest.UDPFrame(true, 40000, 51820, msg(4, 96, 7)),
		prototest.UDPFrame(true, 40000, 51820, msg(4, 96, 99)), prototest.UDPFrame(true, 40000, 51820, msg(2, 40, 9, 7)), prototest.UDPFrame(true, 40000, 51820, msg(8, 40))).
		MayAllocate("keys are written in base64")
}

func init() {
	msg := func(typ uint16, id byte, attrs ...[]byte) []byte {
		b := []byte{byte(typ >> 8), byte(typ), 0, 0, 0x21, 0x12, 0xa4, 0x42, id, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
		for _, a := range attrs {
			b = append(b, a...)
		}
		b[3] = byte(len(b) - 20)
		return b
	}
	attr := func(typ uint16, v string) []byte {
		b := []byte{byte(typ >> 8), byte(typ), 0, byte(len(v))}
		b = append(b, v...)
		return append(b, make([]byte, -len(v)&3)...)
	}
	six := "\x00\x02\x12\x34" + "0123456789abcdef"
	prototest.Sample("stun", frame.LinkEthernet,
		prototest.UDPFrame(false, 40000, 3478, msg(1, 1, attr(6, "me:you"), attr(0x24, "\x01\x02\x03\x04"), attr(0x802a, "12345678"), attr(8, "01234567890123456789"), attr(0x8028, "abcd"))),
		prototest.UDPFrame(false, 40000, 3478, msg(1, 1)),
		prototest.UDPFrame(true, 40000, 3478, msg(0x101, 1, attr(0x20, "\x00\x01\x12\x34abcd"), attr(1, six), attr(0x20, six), attr(1, "\x00\x07\x12\x34abcd"))),
		prototest.UDPFrame(false, 40000, 3478, msg(3, 2, attr(0x19, "\x11\x00\x00\x00"), attr(0xd, "\x00\x00\x02\x58"), attr(0x14, "realm"), attr(0x15, "nonce"), attr(0x8022, "soft"), attr(0xc057, "\x00\x01\x03\xe7"))),
		prototest.UDPFrame(true, 40000, 3478, msg(0x113, 2, attr(9, "\x00\x00\x04\x01who?"), attr(0x7fff, "what"), attr(0x25, ""))))
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
