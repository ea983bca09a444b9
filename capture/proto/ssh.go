// SSH, RFC 4253, with key exchanges of RFC 4419 and 5656. Not decoded: the
// messages of version 1, and what is encrypted.
package proto

import (
	"bytes"
	"crypto/md5"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	sshP       = protocol("ssh", "SSH Protocol", "SSH")
	sshProto   = sshP.Str("protocol", "Protocol")
	sshDir     = sshP.Bool("direction", "Direction", tf("Server to Client", "Client to Server"))
	sshLen     = sshP.U32("packet_length", "Packet Length", dec)
	sshLenEnc  = sshP.Bytes("packet_length_encrypted", "Packet Length (encrypted)")
	sshPadLen  = sshP.U8("padding_length", "Padding Length", dec)
	sshPayload = sshP.Bytes("payload", "Payload")
	sshEnc     = sshP.Bytes("encrypted_packet", "Encrypted Packet")
	sshPad     = sshP.Bytes("padding_string", "Padding String")
	sshMAC     = sshP.Bytes("mac", "MAC")
	sshSeq     = sshP.U32("seq_num", "Sequence number", dec)
	sshCode    = sshP.U8("message_code", "Message Code", dec, enum(sshMessages))
	sshCookie  = sshP.Bytes("cookie", "Cookie")
	sshFollows = sshP.U8("first_kex_packet_follows", "First KEX Packet Follows", dec)
	sshReserv  = sshP.Bytes("kex.reserved", "Reserved")
	sshHasshA  = sshP.Str("kex.hassh_algorithms", "hasshAlgorithms")
	sshHassh   = sshP.Str("kex.hassh", "hassh")
	sshHasshSA = sshP.Str("kex.hasshserver_algorithms", "hasshServerAlgorithms")
	sshHasshS  = sshP.Str("kex.hasshserver", "hasshServer")
	sshLists   [10]sshList

	eiSSHKey = sshP.Expert("key_length.error", field.Protocol, field.Error, "Invalid key length")

	_ = sshP.Parse(parseSSH).Stateful().On("tcp.port", 22).Heur("tcp", "ssh_tcp", sshHeuristic)

	sshConvs = flow.NewSlot[sshConv]()
	sshFacts = flow.NewFacts[sshConv]()

	sshMessages = values(val(0, "No Message"), val(1, "Disconnect"), val(2, "Ignore"), val(3, "Unimplemented"), val(4, "Debug"),
		val(5, "Service Request"), val(6, "Service Accept"), val(7, "Extension Information"), val(8, "New Compression"),
		val(20, "Key Exchange Init"), val(21, "New Keys"), val(50, "User Authentication Request"), val(51, "User Authentication Failure"),
		val(52, "User Authentication Success"), val(53, "User Authentication Banner"), val(80, "Global Request"), val(81, "Request Success"),
		val(82, "Request Failure"), val(90, "Channel Open"), val(94, "Channel Data"), val(98, "Channel Request"))
)

// sshList is one name list of a KEXINIT.
type sshList struct {
	length, names field.ID
}

func init() {
	for i, n := range [...]string{"kex_algorithms", "server_host_key_algorithms", "encryption_algorithms_client_to_server", "encryption_algorithms_server_to_client",
		"mac_algorithms_client_to_server", "mac_algorithms_server_to_client", "compression_algorithms_client_to_server",
		"compression_algorithms_server_to_client", "languages_client_to_server", "languages_server_to_client"} {
		sshLists[i] = sshList{sshP.U32(n+"_length", n+" length", dec), sshP.Str(n, n+" string")}
	}
}

// sshConv is what is known of a connection. Sides: 0 client, 1 server.
type sshConv struct {
	version uint8 // 1 or 2, 0 unknown
	greeted [2]bool
	keyed   [2]bool // NEWKEYS was sent
	agreed  bool    // the key exchange was answered
	seq     [2]uint32
	lists   [2]*[10]string
	kex     string
	enc     [2]string
	mac     [2]string
	comp    [2]string
}

// sshRun is the walk over one segment.
type sshRun struct {
	sshConv
	side int
}

func sshHeuristic(c *Cursor) bool {
	if c.Left() < 4 || string(c.PeekBytes(0, 4)) != "SSH-" {
		return false
	}
	if conv := c.Packet().Conv; conv != nil && c.Learning() && !c.Quoted() {
		conv.SetUpper(c.Frame().Number, sshP)
	}
	c.Take()
	parseSSH(c)
	return true
}

func parseSSH(c *Cursor) {
	s := &sshRun{}
	p := c.Packet()
	if conv := p.Conv; c.Learning() && !c.Quoted() && conv != nil {
		live := sshConvs.Make(conv)
		s.sshConv = *live
		*sshFacts.Put(c.Flow(), c.Frame().Number, c.Layer()) = *live
		defer func() { *live = s.sshConv }()
	} else if f := sshFacts.Get(c.Flow(), c.Frame().Number, c.Layer()); f != nil {
		s.sshConv = *f
	}
	if server := uint32(22); p.DstPort != server {
		if p.SrcPort != server {
			server = max(p.SrcPort, p.DstPort)
		}
		if p.DstPort != server {
			s.side = 1
		}
	}
	at := c.Pos()
	c.SetProtocol([...]string{"SSH", "SSHv1", "SSHv2"}[s.version])
	c.ClearInfo()
	for c.Left() > 0 {
		if !s.greeted[s.side] && c.Has(4) && strings.EqualFold(string(c.PeekBytes(0, 4)), "SSH-") {
			if !s.greeting(c) {
				return
			}
			continue
		}
		var more bool
		switch s.version {
		case 1:
			more = s.packet1(c)
		case 2:
			more = s.packet(c)
		default:
			more = s.sealed(c)
		}
		if !more {
			return
		}
	}
	c.PrependInfo([...]string{"Client: ", "Server: "}[s.side])
	c.Gen(sshDir, at, 0, uint64(s.side))
}

// greeting reads the line that a side begins with, RFC 4253 section 4.2.
func (s *sshRun) greeting(c *Cursor) bool {
	rest := c.Rest()
	n := bytes.IndexByte(rest, '\n')
	if n < 0 {
		if c.NeedSegment(c.Pos()) {
			return false
		}
		n = len(rest) - 1
	}
	size := n + 1
	text := n
	if rest[n] != '\n' {
		text = size
	} else if n > 0 && rest[n-1] == '\r' {
		text--
	}
	if s.side == 0 {
		line := string(rest[:text])
		switch {
		case strings.HasPrefix(line, "SSH-2.") || strings.HasPrefix(line, "SSH-1.99-"):
			s.version = 2
		case strings.HasPrefix(line, "SSH-1."):
			s.version = 1
		}
	}
	s.greeted[s.side] = true
	if b := c.InfoSep(", "); b != nil {
		b.S("Protocol (").Raw(bytes.ReplaceAll(sshPrintable(rest[:text]), []byte{0}, []byte(`\000`))).C(')')
	}
	if i := bytes.IndexByte(rest[:text], 0); i >= 0 {
		c.PutText(sshProto, c.Pos(), text, string(rest[:i]))
	} else {
		c.FieldAt(sshProto, c.Pos(), text)
	}
	c.Skip(size)
	return true
}

// sshPrintable is a line as the packet list shows it, but for its NUL bytes.
func sshPrintable(line []byte) []byte {
	var t field.Text
	for i, part := range bytes.Split(line, []byte{0}) {
		if i > 0 {
			t.C(0)
		}
		t.Printable(part)
	}
	return t.B
}

// packet reads one packet of version 2; false when it needs more bytes.
func (s *sshRun) packet(c *Cursor) bool {
	at := c.Pos()
	r := dissect.None
	if b := c.Text(at, c.CapLeft()); b != nil {
		r = c.Last()
		b.S("SSH Version 2")
		if s.agreed && s.enc[s.side] != "" {
			b.S(" (encryption:").S(s.enc[s.side])
			if s.mac[s.side] != "" {
				b.S(" mac:").S(s.mac[s.side])
			}
			if s.comp[s.side] != "" {
				b.S(" compression:").S(s.comp[s.side])
			}
			b.C(')')
		}
	}
	old := c.Push(r)
	defer c.Pop(old)
	if s.keyed[s.side] {
		return s.sealed(c)
	}
	if c.Left() < 4 && c.NeedSegment(at) {
		return false
	}
	n := int(c.Peek32(0))
	if n+4 > c.Left() && c.NeedMore(at, n+4-c.Left()) {
		return false
	}
	c.U32(sshLen)
	pad := int(c.U8(sshPadLen))
	body := c.Pos()
	code := c.Peek8(0)
	kr := dissect.None
	if b := c.Text(body, n-1); b != nil {
		kr = c.Last()
		b.S("Key Exchange")
		if s.kex != "" {
			b.S(" (method:").S(s.kex).C(')')
		}
	}
	name := sshMessageName(code, s.kex)
	if b := c.InfoSep(", "); b != nil {
		b.S(name)
	}
	up := c.Push(kr)
	c.U8(sshCode)
	if b := c.Label(c.Last()); b != nil {
		b.S("Message Code: ").S(name).S(" (").U(uint64(code)).C(')')
	}
	end := at + 4 + n - pad
	s.message(c, code, end)
	c.Pop(up)
	c.Seek(max(end, body))
	if pad > 0 {
		c.Bytes(sshPad, pad)
	}
	c.Gen(sshSeq, c.Pos(), 0, uint64(s.seq[s.side]))
	s.seq[s.side]++
	c.Seek(max(at+4+n, body))
	c.SetLen(r, c.Pos())
	return true
}

// packet1 reads one packet of version 1, of which the first is in the clear.
func (s *sshRun) packet1(c *Cursor) bool {
	at := c.Pos()
	r := dissect.None
	if b := c.Text(at, c.CapLeft()); b != nil {
		r = c.Last()
		b.S("SSH Version 1")
	}
	old := c.Push(r)
	defer c.Pop(old)
	if c.Left() < 4 && c.NeedSegment(at) {
		return false
	}
	n := int(c.Peek32(0))
	pad := 8 - n%8
	if size := 4 + pad + n; size > c.Left() && c.NeedMore(at, size-c.Left()) {
		return false
	}
	c.U32(sshLen)
	c.Put(sshPadLen, c.Pos(), pad, uint64(pad))
	c.Skip(pad)
	first := s.seq[s.side] == 0
	s.seq[s.side]++
	b := c.InfoSep(", ")
	if first && n > 0 {
		code := c.U8(sshCode)
		n--
		if b != nil {
			b.S(sshMessages1.Text(uint64(code), "Unknown"))
		}
		if l := c.Label(c.Last()); l != nil {
			l.S("Message Code: ").S(sshMessages1.Text(uint64(code), "Unknown")).S(" (").U(uint64(code)).C(')')
		}
	} else if b != nil {
		b.S("Encrypted packet (len=").U(uint64(n)).C(')')
	}
	if n > 0 {
		c.Bytes(sshPayload, n)
	}
	return true
}

var sshMessages1 = values(val(0, "No Message"), val(1, "Disconnect"), val(2, "Public Key"), val(3, "Session Key"), val(4, "User"))

// sealed takes the rest of the data as one packet that nobody can read.
func (s *sshRun) sealed(c *Cursor) bool {
	n := c.Left()
	if b := c.InfoSep(", "); b != nil {
		b.S("Encrypted packet (len=").U(uint64(n)).C(')')
	}
	mac := 0
	if s.agreed {
		mac = sshMACLen(s.enc[s.side], s.mac[s.side])
	}
	c.Bytes(sshLenEnc, 4)
	if n > 4+mac {
		c.Bytes(sshEnc, n-4-mac)
	} else {
		mac = c.Left()
	}
	if mac > 0 {
		c.Bytes(sshMAC, mac)
	}
	return true
}

// message reads what follows the message code.
func (s *sshRun) message(c *Cursor, code uint8, end int) {
	switch {
	case code == 20:
		s.kexInit(c)
	case code == 21:
		s.keyed[s.side] = true
	case code >= 30 && code <= 34:
		s.exchange(c, code)
	case c.Pos() < end:
		c.Bytes(sshPayload, end-c.Pos())
	}
}

// kexInit reads the offers of a side, RFC 4253 section 7.1.
func (s *sshRun) kexInit(c *Cursor) {
	at := c.Pos()
	r := dissect.None
	if b := c.Text(at, 0); b != nil {
		b.S("Algorithms")
		r = c.Last()
	}
	old := c.Push(r)
	c.Bytes(sshCookie, 16)
	var lists [10]string
	for i := range sshLists {
		n := int(c.U32(sshLists[i].length))
		lists[i] = string(c.Bytes(sshLists[i].names, n))
	}
	c.U8(sshFollows)
	c.Bytes(sshReserv, 4)
	s.lists[s.side] = &lists
	all, sum := sshHasshA, sshHassh
	hassh := lists[0] + ";" + lists[2+s.side] + ";" + lists[4+s.side] + ";" + lists[6+s.side]
	if s.side == 1 {
		all, sum = sshHasshSA, sshHasshS
	}
	if c.Wants(all) || c.Wants(sum) {
		c.GenText(all, c.Pos(), 0, hassh)
		c.GenText(sum, c.Pos(), 0, hexOf(md5.Sum([]byte(hassh))))
	}
	c.SetLen(r, c.Pos())
	c.Pop(old)
	cl, sv := s.lists[0], s.lists[1]
	if cl == nil || sv == nil {
		return
	}
	s.kex = sshChoose(cl[0], sv[0])
	for i := range s.enc {
		s.enc[i], s.mac[i], s.comp[i] = sshChoose(cl[2+i], sv[2+i]), sshChoose(cl[4+i], sv[4+i]), sshChoose(cl[6+i], sv[6+i])
	}
}

// sshChoose is the first of the client's names that the server has, too.
func sshChoose(client, server string) string {
	for name := range strings.SplitSeq(client, ",") {
		for x := range strings.SplitSeq(server, ",") {
			if x == name {
				return name
			}
		}
	}
	return ""
}

// sshMACLen is how many bytes behind an encrypted packet protect it.
func sshMACLen(enc, mac string) int {
	if strings.HasPrefix(enc, "chacha20-poly1305") || strings.Contains(enc, "-gcm") {
		return 16
	}
	switch name, _, _ := strings.Cut(strings.TrimSuffix(mac, "-etm@openssh.com"), "@"); name {
	case "hmac-md5", "umac-128":
		return 16
	case "hmac-sha1", "hmac-ripemd160", "hmac-ripemd":
		return 20
	case "hmac-sha1-96", "hmac-md5-96":
		return 12
	case "hmac-sha2-256":
		return 32
	case "hmac-sha2-512":
		return 64
	case "umac-64":
		return 8
	}
	return 0
}
