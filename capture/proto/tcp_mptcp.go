// Multipath TCP options, RFC 8684 and its predecessor 6824. Mappings of data
// sequence numbers to segments are not followed.
package proto

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"

	"sonde/capture/field"
)

var (
	mptcpP       = protocol("mptcp", "Multipath Transmission Control Protocol", "MPTCP")
	mptcpAck     = mptcpP.U64("ack", "Multipath TCP Data ACK", dec)
	mptcpDSN     = mptcpP.U64("dss.dsn", "DSS Data Sequence Number", dec)
	mptcpIDSN    = mptcpP.U64("expected_idsn", "Subflow expected IDSN", dec, unit(" (64bits version)", ""))
	mptcpToken   = mptcpP.U32("expected_token", "Subflow token generated from key", dec)
	mptcpAna     = mptcpP.None("analysis", "MPTCP analysis")
	mptcpMaster  = mptcpP.Bool("master", "Master flow")
	mptcpStream  = mptcpP.U32("stream", "Stream index", dec)
	mptcpFlows   = mptcpP.Str("analysis.subflows", "TCP subflow stream id(s)")
	mptcpRemoved = mptcpP.U8("rm_addr.count", "Number of removed addresses", dec)

	mpSubtype   = tcpP.U8("options.mptcp.subtype", "Multipath TCP subtype", dec, mask(8, 0xf0), enum(mptcpSubtypes))
	mpVersion   = tcpP.U8("options.mptcp.version", "Multipath TCP version", dec, mask(8, 0x0f))
	mpReserved  = tcpP.U16("options.mptcp.reserved", "Reserved", hex, mask(16, 0x0fff))
	mpFlags     = tcpP.U8("options.mptcp.flags", "Multipath TCP flags", hex)
	mpBackup    = tcpP.U8("options.mptcp.backup.flag", "Backup flag", dec, mask(8, 0x01))
	mpChecksumR = tcpP.U8("options.mptcp.checksumreq.flags", "Checksum required", dec, mask(8, 0x80))
	mpExt       = tcpP.U8("options.mptcp.extensibility.flag", "Extensibility", dec, mask(8, 0x40))
	mpNoMore    = tcpP.U8("options.mptcp.nomoresubflows.flag", "Do not attempt to establish new subflows to this address and port", dec, mask(8, 0x20))
	mpSHA1      = tcpP.U8("options.mptcp.sha1.flag", "Use HMAC-SHA1", dec, mask(8, 0x01))
	mpSHA256    = tcpP.U8("options.mptcp.sha256.flag", "Use HMAC-SHA256", dec, mask(8, 0x01))
	mpDataFIN   = tcpP.U8("options.mptcp.datafin.flag", "DATA_FIN", dec, mask(8, 0x10))
	mpDSN8      = tcpP.U8("options.mptcp.dseqn8.flag", "Data Sequence Number is 8 octets", dec, mask(8, 0x08))
	mpDSNHere   = tcpP.U8("options.mptcp.dseqnpresent.flag", "Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present", dec, mask(8, 0x04))
	mpAck8      = tcpP.U8("options.mptcp.dataack8.flag", "Data ACK is 8 octets", dec, mask(8, 0x02))
	mpAckHere   = tcpP.U8("options.mptcp.dataackpresent.flag", "Data ACK is present", dec, mask(8, 0x01))
	mpResFlag   = tcpP.U8("options.mptcp.reserved.flag", "Reserved", hex, mask(8, 0x3e))
	mpFlagU     = tcpP.Flag("options.mptcp.flag_U.flag", "Flag U", 4, 0x8)
	mpFlagV     = tcpP.Flag("options.mptcp.flag_V.flag", "Flag V", 4, 0x4)
	mpFlagW     = tcpP.Flag("options.mptcp.flag_W.flag", "Flag W", 4, 0x2)
	mpFlagT     = tcpP.Flag("options.mptcp.flag_T.flag", "Transient", 4, 0x1)
	mpReason    = tcpP.U8("options.mptcp.rst_reason", "TCPRST Reason", hex, enum(mptcpReasons))
	mpAddrID    = tcpP.U8("options.mptcp.addrid", "Address ID", dec)
	mpSendKey   = tcpP.U64("options.mptcp.sendkey", "Sender's Key", dec)
	mpRecvKey   = tcpP.U64("options.mptcp.recvkey", "Receiver's Key", dec)
	mpRecvTok   = tcpP.U32("options.mptcp.recvtok", "Receiver's Token", dec)
	mpSendRand  = tcpP.U32("options.mptcp.sendrand", "Sender's Random Number", dec)
	mpTruncHMAC = tcpP.U64("options.mptcp.sendtrunchmac", "Sender's Truncated HMAC", dec)
	mpSendHMAC  = tcpP.Bytes("options.mptcp.sendhmac", "Sender's HMAC")
	mpAddHMAC   = tcpP.U64("options.mptcp.addaddrtrunchmac", "Truncated HMAC", dec)
	mpRawAck    = tcpP.U64("options.mptcp.rawdataack", "Original MPTCP Data ACK", dec)
	mpRawSeq    = tcpP.U64("options.mptcp.rawdataseqno", "Data Sequence Number", dec)
	mpSubSeq    = tcpP.U32("options.mptcp.subflowseqno", "Subflow Sequence Number", dec)
	mpDataLen   = tcpP.U16("options.mptcp.datalvllen", "Data-level Length", dec)
	mpChecksum  = tcpP.U16("options.mptcp.checksum", "Checksum", hex)
	mpIPVer     = tcpP.U8("options.mptcp.ipver", "IP version", dec, mask(8, 0x0f))
	mpEcho      = tcpP.U8("options.mptcp.echo", "Echo", dec, mask(8, 0x01))
	mpIPv4      = tcpP.IPv4("options.mptcp.ipv4", "Advertised IPv4 Address")
	mpIPv6      = tcpP.IPv6("options.mptcp.ipv6", "Advertised IPv6 Address")
	mpPort      = tcpP.U16("options.mptcp.port", "Advertised port", dec)

	eiMPNoAlgo   = tcpP.Expert(":mptcp.connection.missing_algorithm", field.Protocol, field.Warn, "No crypto algorithm specified")
	eiMPAlgo     = tcpP.Expert(":mptcp.connection.unsupported_algorithm", field.Protocol, field.Warn, "Unsupported algorithm")
	eiMPEchoed   = tcpP.Expert(":mptcp.connection.echoed_key_mismatch", field.Protocol, field.Warn, "The echoed key in the ACK of the MPTCP handshake does not match the key of the SYN/ACK")
	eiMPInfinite = tcpP.Expert(":mptcp.dss.infinite_mapping", field.Protocol, field.Warn, "Fallback to infinite mapping")
)

var mptcpSubtypes = values(val(0, "Multipath Capable"), val(1, "Join Connection"), val(2, "Data Sequence Signal"), val(3, "Add Address"),
	val(4, "Remove Address"), val(5, "Change Subflow Priority"), val(6, "TCP Fallback"), val(7, "Fast Close"), val(8, "TCP Reset"))

var mptcpReasons = values(val(0, "Unspecified error"), val(1, "MPTCP-specific error"), val(2, "Lack of resources"), val(3, "Administratively prohibited"),
	val(4, "Too much outstanding data"), val(5, "Unacceptable performance"), val(6, "Middlebox interference"))

// mptcpConn is a Multipath TCP connection: several TCP connections that carry
// one stream of bytes.
type mptcpConn struct {
	stream uint32
	master uint32 // TCP stream of the first subflow
	led    bool
	flows  []mptcpJoin
	side   [2]mptcpSide
}

// mptcpJoin is when a TCP connection was found to be a subflow.
type mptcpJoin struct{ frame, stream uint32 }

// mptcpSide is what is known of one side's key, from frame on.
type mptcpSide struct {
	key, idsn uint64
	token     uint32
	keyFrame  uint32 // 0 = unknown
	hasToken  bool
	version   uint8
}

// mpSide gives the connection's side that sends in direction dir.
func (v *tcpConv) mpSide(dir int) *mptcpSide {
	if v.mptcpSwap {
		dir = 1 - dir
	}
	return &v.mptcp.side[dir]
}

// mpMake gives the segment's multipath connection, made when absent. Learn
// pass only.
func (s *tcpSeg) mpMake(c *Cursor) *mptcpConn {
	if s.v.mptcp == nil {
		g := tcpGlobal.Global(c.Flow())
		s.v.mptcp = &mptcpConn{stream: g.mptcpN}
		g.mptcpN++
		s.mpJoin(s.v.mptcp)
	}
	return s.v.mptcp
}

func (s *tcpSeg) mpJoin(m *mptcpConn) {
	for _, f := range m.flows {
		if f.stream == s.conv.Index {
			return
		}
	}
	m.flows = append(m.flows, mptcpJoin{s.num, s.conv.Index})
}

// mpByToken ties the segment's connection to the multipath connection whose
// side, seen from direction dir of this one, has the token.
func (s *tcpSeg) mpByToken(c *Cursor, dir int, token uint32) {
	g := tcpGlobal.Global(c.Flow())
	if m := g.mptcp[token]; m != nil {
		s.v.mptcp = m
		s.mpJoin(m)
		s.v.mptcpSwap = m.side[dir].token != token || !m.side[dir].hasToken
		return
	}
	s.mpMake(c)
	side := s.v.mpSide(dir)
	side.token, side.hasToken = token, true
	if g.mptcp == nil {
		g.mptcp = map[uint32]*mptcpConn{}
	}
	g.mptcp[token] = s.v.mptcp
}

// mpKey notes the key of direction dir (RFC 8684 section 3.1: the token and
// the first data sequence number are its digest).
func (s *tcpSeg) mpKey(c *Cursor, dir int, version uint8, key uint64) {
	if s.v.mptcp != nil && s.v.mpSide(dir).keyFrame != 0 {
		return
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], key)
	var token uint32
	var idsn uint64
	switch version {
	case 0:
		d := sha1.Sum(b[:])
		token, idsn = binary.BigEndian.Uint32(d[:]), binary.BigEndian.Uint64(d[12:])
	case 1:
		d := sha256.Sum256(b[:])
		token, idsn = binary.BigEndian.Uint32(d[:]), binary.BigEndian.Uint64(d[24:])
	}
	s.mpByToken(c, dir, token)
	side := s.v.mpSide(dir)
	side.key, side.idsn, side.version, side.keyFrame = key, idsn, version, s.num
	side.token, side.hasToken = token, true
}

func optMPTCP(s *tcpSeg, c *Cursor, o *tcpOpt) {
	s.hasMPTCP = true
	c.SetProtocol("MPTCP")
	sub := c.Peek8(0) >> 4
	c.FieldAt(mpSubtype, c.Pos(), 1)
	if b := c.Label(o.r); b != nil {
		b.S("Multipath Transmission Control Protocol: ")
		if name, ok := mptcpSubtypes.Lookup(uint64(sub)); ok {
			b.S(name)
		} else {
			b.S("Unknown (").U(uint64(sub)).C(')')
		}
	}
	if s.learn && s.v != nil && sub > 1 {
		s.mpMake(c)
	}
	switch sub {
	case 0:
		s.mpCapable(c, o)
	case 1:
		s.mpJoins(c, o)
	case 2:
		s.mpDSS(c, o)
	case 3:
		mpAddAddr(c, o)
	case 4:
		c.Gen(mptcpRemoved, o.at+2, 1, uint64(uint8(o.n-3)))
		for c.Skip(1); c.Pos() < o.at+o.n; {
			c.U8(mpAddrID)
		}
	case 5:
		c.Word(mpFlags, 1, mpBackup)
		if o.n == 4 {
			c.U8(mpAddrID)
		}
	case 6:
		c.Field(mpReserved, 2)
		c.Field(mpRawSeq, 8)
	case 7:
		c.Field(mpReserved, 2)
		c.Field(mpRecvKey, 8)
	case 8:
		c.Word(mpFlags, 1, mpFlagU, mpFlagV, mpFlagW, mpFlagT)
		c.U8(mpReason)
	}
}

func (s *tcpSeg) mpCapable(c *Cursor, o *tcpOpt) {
	version := c.Peek8(0) & 15
	c.Field(mpVersion, 1)
	flags := c.Peek8(0)
	hash := mpSHA1
	if version == 1 {
		hash = mpSHA256
	}
	if version == 1 {
		c.Word(mpFlags, 1, mpChecksumR, mpExt, mpNoMore, hash, mpResFlag)
	} else {
		c.Word(mpFlags, 1, mpChecksumR, mpExt, hash, mpResFlag)
	}
	r := c.Last()
	if flags&0x3f == 0 {
		c.Expert(r, eiMPNoAlgo)
	}
	if flags&0x3f != 1 {
		c.Expert(r, eiMPAlgo)
	}
	if o.n != 12 && o.n != 20 && o.n != 22 && o.n != 24 {
		return
	}
	key := c.U64(mpSendKey)
	if s.v == nil {
		return
	}
	if s.learn {
		s.mpKey(c, s.dir, version, key)
		m := s.mpMake(c)
		m.master, m.led = s.conv.Index, true
	}
	if s.v.mptcp == nil {
		return
	}
	mine := s.v.mpSide(s.dir)
	c.Gen(mptcpToken, c.Pos(), 0, uint64(mine.token))
	r = c.Gen(mptcpIDSN, c.Pos(), 0, mine.idsn)
	if o.n < 20 {
		return
	}
	echoed := c.U64(mpRecvKey)
	if other := s.v.mpSide(1 - s.dir); other.keyFrame != 0 && other.keyFrame < s.num {
		if other.key != echoed {
			c.Expert(r, eiMPEchoed)
		}
	} else if s.learn {
		s.mpKey(c, 1-s.dir, version, echoed)
	}
	if o.n >= 22 {
		n := c.U16(mpDataLen)
		if n == 0 {
			c.Expert(o.r, eiMPInfinite)
		}
		if o.n == 24 {
			mpSum(c)
		}
	}
}

func mpSum(c *Cursor) {
	c.U16(mpChecksum)
	if b := c.Append(c.Last()); b != nil {
		b.S(" [unverified]")
	}
}

func (s *tcpSeg) mpJoins(c *Cursor, o *tcpOpt) {
	if s.learn && s.v != nil && o.n != 12 {
		s.mpMake(c)
	}
	switch o.n {
	case 12:
		c.Word(mpFlags, 1, mpBackup)
		c.U8(mpAddrID)
		token := c.U32(mpRecvTok)
		if s.learn && s.v != nil {
			s.mpByToken(c, 1-s.dir, token)
		}
		c.U32(mpSendRand)
	case 16:
		c.Word(mpFlags, 1, mpBackup)
		c.U8(mpAddrID)
		c.U64(mpTruncHMAC)
		c.U32(mpSendRand)
	case 24:
		c.Field(mpReserved, 2)
		c.Bytes(mpSendHMAC, 20)
	}
}

func (s *tcpSeg) mpDSS(c *Cursor, o *tcpOpt) {
	c.Skip(1)
	flags := c.Peek8(0)
	c.Word(mpFlags, 1, mpDataFIN, mpDSN8, mpDSNHere, mpAck8, mpAckHere)
	if flags&1 != 0 {
		n := 4
		if flags&2 != 0 {
			n = 8
		}
		v := c.UintAt(c.Pos(), n)
		r := c.Field(mpRawAck, n)
		if n == 8 {
			if b := c.Append(r); b != nil {
				b.S(" (64bits)")
			}
		}
		s.mpRelative(c, o, mptcpAck, 1-s.dir, v, n == 8)
	}
	if flags&4 == 0 {
		return
	}
	n, text := 4, "  (32bits version)"
	if flags&8 != 0 {
		n, text = 8, "  (64bits version)"
	}
	v := c.UintAt(c.Pos(), n)
	r := c.Field(mpRawSeq, n)
	if b := c.Append(r); b != nil {
		b.S(text)
	}
	c.U32(mpSubSeq)
	if c.U16(mpDataLen) == 0 {
		c.Expert(o.r, eiMPInfinite)
	}
	s.mpRelative(c, o, mptcpDSN, s.dir, v, flags&2 != 0)
	if o.at+o.n >= c.Pos()+2 {
		mpSum(c)
	}
}

// mpRelative records a data sequence number counted from the side's first, if
// its key was seen.
func (s *tcpSeg) mpRelative(c *Cursor, o *tcpOpt, f field.ID, dir int, v uint64, long bool) {
	if s.v == nil || s.v.mptcp == nil {
		return
	}
	side := s.v.mpSide(dir)
	if side.keyFrame == 0 || side.keyFrame > s.num {
		return
	}
	if !long {
		v |= side.idsn &^ 0xffffffff
	}
	r := c.Gen(f, o.at, 0, v-side.idsn)
	if b := c.Append(r); b != nil {
		b.S(" (Relative)")
	}
}

func mpAddAddr(c *Cursor, o *tcpOpt) {
	if v := c.Peek8(0) & 15; v == 4 || v == 6 {
		c.Field(mpIPVer, 1)
	} else {
		c.Field(mpEcho, 1)
	}
	c.U8(mpAddrID)
	switch o.n {
	case 8, 10, 16, 18:
		c.Field(mpIPv4, 4)
	case 20, 22, 28, 30:
		c.Field(mpIPv6, 16)
	}
	switch o.n {
	case 10, 18, 22, 30:
		c.U16(mpPort)
	}
	switch o.n {
	case 16, 18, 28, 30:
		c.U64(mpAddHMAC)
	}
}

// showMPTCP records which multipath connection the segment belongs to.
func (s *tcpSeg) showMPTCP(c *Cursor) {
	m := s.v.mptcp
	if m == nil {
		return
	}
	r := c.Gen(mptcpAna, s.at, 0, 0)
	old := c.Push(r)
	led := m.led && m.flows[0].frame <= s.num
	x := c.Gen(mptcpMaster, s.at, 0, b2u(led && m.master == s.conv.Index))
	if led {
		if b := c.Label(x); b != nil {
			b.S("Master flow: Master is tcp stream ").U(uint64(m.master))
		}
	}
	c.Gen(mptcpStream, s.at, 0, uint64(m.stream))
	if c.Wants(mptcpFlows) {
		var t field.Text
		for i := len(m.flows) - 1; i >= 0; i-- {
			if m.flows[i].frame <= s.num {
				t.U(uint64(m.flows[i].stream)).C(' ')
			}
		}
		c.GenText(mptcpFlows, s.at, 0, t.String())
	}
	c.Pop(old)
}
