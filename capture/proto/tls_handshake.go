// TLS handshake messages, RFC 8446 section 4 and RFC 5246 section 7.4, with
// key exchanges of RFC 8422 (elliptic curves) and RFC 4279 (shared keys).
// Hellos are in tls_hello.go.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	tlsHS        = tlsP.None("handshake", "Handshake Protocol")
	tlsHSType    = tlsP.U8("handshake.type", "Handshake Type", dec, enum(tlsHandshakeTypes))
	tlsHSLen     = tlsP.U24("handshake.length", "Length", dec)
	tlsCertsLen  = tlsP.U24("handshake.certificates_length", "Certificates Length", dec)
	tlsCerts     = tlsP.None("handshake.certificates", "Certificates")
	tlsCertLen   = tlsP.U24("handshake.certificate_length", "Certificate Length", dec)
	tlsCert      = tlsP.Bytes("handshake.certificate", "Certificate")
	tlsCtxLen    = tlsP.U8("handshake.certificate_request_context_length", "Certificate Request Context Length", dec)
	tlsCtx       = tlsP.Bytes("handshake.certificate_request_context", "Certificate Request Context")
	tlsCurveType = tlsP.U8("handshake.server_curve_type", "Curve Type", hex, enum(tlsCurveTypes))
	tlsCurve     = tlsP.U16("handshake.server_named_curve", "Named Curve", hex, enum(tlsGroups))
	tlsPointLen  = tlsP.U8("handshake.server_point_len", "Pubkey Length", dec)
	tlsPoint     = tlsP.Bytes("handshake.server_point", "Pubkey")
	tlsCPointLen = tlsP.U8("handshake.client_point_len", "Pubkey Length", dec)
	tlsCPoint    = tlsP.Bytes("handshake.client_point", "Pubkey")
	tlsSigLen    = tlsP.U16("handshake.sig_len", "Signature Length", dec)
	tlsSig       = tlsP.Bytes("handshake.sig", "Signature")
	tlsPLen      = tlsP.U16("handshake.p_len", "p Length", dec)
	tlsPrime     = tlsP.Bytes("handshake.p", "p")
	tlsGLen      = tlsP.U16("handshake.g_len", "g Length", dec)
	tlsGen       = tlsP.Bytes("handshake.g", "g")
	tlsYsLen     = tlsP.U16("handshake.ys_len", "Pubkey Length", dec)
	tlsYs        = tlsP.Bytes("handshake.ys", "Pubkey")
	tlsYcLen     = tlsP.U16("handshake.yc_len", "Pubkey Length", dec)
	tlsYc        = tlsP.Bytes("handshake.yc", "Pubkey")
	tlsModLen    = tlsP.U16("handshake.modulus_len", "Modulus Length", dec)
	tlsMod       = tlsP.Bytes("handshake.modulus", "Modulus")
	tlsExpLen    = tlsP.U16("handshake.exponent_len", "Exponent Length", dec)
	tlsExp       = tlsP.Bytes("handshake.exponent", "Exponent")
	tlsEPMSLen   = tlsP.U16("handshake.epms_len", "Encrypted PreMaster length", dec)
	tlsEPMS      = tlsP.Bytes("handshake.epms", "Encrypted PreMaster")
	tlsIdentLen  = tlsP.U16("handshake.identity_len", "Identity Length", dec)
	tlsIdent     = tlsP.Bytes("handshake.identity", "Identity")
	tlsHintLen   = tlsP.U16("handshake.hint_len", "Hint Length", dec)
	tlsHint      = tlsP.Bytes("handshake.hint", "Hint")
	tlsCVSigLen  = tlsP.U16("handshake.client_cert_vrfy.sig_len", "Signature length", dec)
	tlsCVSig     = tlsP.Bytes("handshake.client_cert_vrfy.sig", "Signature")
	tlsCTCount   = tlsP.U8("handshake.cert_types_count", "Certificate types count", dec)
	tlsCTypes    = tlsP.None("handshake.cert_types", "Certificate types")
	tlsCType     = tlsP.U8("handshake.cert_type", "Certificate type", dec, enum(tlsClientCertTypes))
	tlsDNsLen    = tlsP.U16("handshake.dnames_len", "Distinguished Names Length", dec)
	tlsDNs       = tlsP.None("handshake.dnames", "Distinguished Names")
	tlsDNLen     = tlsP.U16("handshake.dname_len", "Distinguished Name Length", dec)
	tlsDN        = tlsP.None("handshake.dname", "Distinguished Name")
	tlsTktLife   = tlsP.U32("handshake.session_ticket_lifetime_hint", "Session Ticket Lifetime Hint", dec)
	tlsTktAge    = tlsP.U32("handshake.session_ticket_age_add", "Session Ticket Age Add", dec)
	tlsTktNLen   = tlsP.U8("handshake.session_ticket_nonce_length", "Session Ticket Nonce Length", dec)
	tlsTktNonce  = tlsP.Bytes("handshake.session_ticket_nonce", "Session Ticket Nonce")
	tlsTktLen    = tlsP.U16("handshake.session_ticket_length", "Session Ticket Length", dec)
	tlsTkt       = tlsP.Bytes("handshake.session_ticket", "Session Ticket")
	tlsVerify    = tlsP.Bytes("handshake.verify_data", "Verify Data")
	tlsMD5       = tlsP.None("handshake.md5_hash", "MD5 Hash")
	tlsSHA1      = tlsP.None("handshake.sha_hash", "SHA-1 Hash")
	tlsKeyUpdate = tlsP.U8("handshake.key_update.request_update", "Key Update Request", dec, enum(tlsKeyUpdates))
	tlsOCSPLen   = tlsP.U24("handshake.ocsp_response_len", "OCSP Response Length", dec)
	tlsOCSPsLen  = tlsP.U24("handshake.ocsp_response_list_len", "OCSP Response List Length", dec)
	tlsCompAlg   = tlsP.U16("compress_certificate.algorithm", "Algorithm", dec, enum(tlsCertCompressions))
	tlsUncompLen = tlsP.U24("compress_certificate.uncompressed_length", "Uncompressed Length", dec)
	tlsCompLen   = tlsP.U24("compress_certificate.compressed_certificate_message.length", "Length", dec)
	tlsCompMsg   = tlsP.Bytes("compress_certificate.compressed_certificate_message", "Compressed Certificate Message")
	tlsNPNLen    = tlsP.U8("handshake.npn_selected_protocol_len", "Selected Protocol Length", dec)
	tlsNPNSel    = tlsP.Str("handshake.npn_selected_protocol", "Selected Protocol")
	tlsNPNPadLen = tlsP.U8("handshake.npn_padding_len", "Padding Length", dec)
	tlsNPNPad    = tlsP.Bytes("handshake.npn_padding", "Padding")

	eiTLSSuite    = tlsP.Expert("handshake.ciphersuite.undecoded", field.Undecoded, field.Note, "Ciphersuite not implemented, contact Wireshark developers if you want this to be supported")
	eiTLSSKE      = tlsP.Expert("handshake.server_keyex_illegal", field.Protocol, field.Warn, "It is not legal to send the ServerKeyExchange message for this ciphersuite")
	eiTLSVecLen   = tlsP.Expert("malformed.vector_length", field.Protocol, field.Warn, "Variable vector length is outside the permitted range")
	eiTLSTooSmall = tlsP.Expert("malformed.buffer_too_small", field.Malformed, field.Error, "Malformed message, not enough data is available")
	eiTLSTrailing = tlsP.Expert("malformed.trailing_data", field.Protocol, field.Warn, "Undecoded trailing data is present")
)

// Handshake message types.
const (
	hsHelloRequest   = 0
	hsClientHello    = 1
	hsServerHello    = 2
	hsNewTicket      = 4
	hsHelloRetry     = 6
	hsEncExtensions  = 8
	hsCertificate    = 11
	hsServerKeyExch  = 12
	hsCertRequest    = 13
	hsServerDone     = 14
	hsCertVerify     = 15
	hsClientKeyExch  = 16
	hsFinished       = 20
	hsCertStatus     = 22
	hsKeyUpdate      = 24
	hsCompressedCert = 25
	hsNextProtocol   = 67
)

func tlsHandshakeKnown(typ uint8) bool {
	_, ok := tlsHandshakeTypes.Lookup(uint64(typ))
	return ok
}

// handshakes dissects the messages of one record.
func (t *tlsRun) handshakes(c *Cursor, at, end int) {
	if t.encrypted(c, at, end) {
		tlsInfo(c, "Encrypted Handshake Message")
		t.name(c, "Encrypted Handshake Message")
		r := c.Put(tlsHS, at, end-at, 0)
		if b := c.Label(r); b != nil {
			b.S("Handshake Protocol: Encrypted Handshake Message")
		}
		return
	}
	for first := true; at < end; first = false {
		c.Seek(at)
		if end-at < 4 || int(c.Peek24(1)) > end-at-4 {
			t.piece(c, at, end, first)
			return
		}
		n := int(c.Peek24(1))
		t.message(c, at, n, first)
		at += 4 + n
	}
}

// name writes the record's line.
func (t *tlsRun) name(c *Cursor, s string) {
	if b := c.Label(t.record); b != nil {
		t.title(b).S("Handshake Protocol: ").S(s)
	}
}

// piece is the beginning of a message that goes on in the next record.
func (t *tlsRun) piece(c *Cursor, at, end int, first bool) {
	name := "Encrypted Handshake Message"
	if s, ok := tlsHandshakeTypes.Lookup(uint64(c.Peek8(0))); ok {
		name = s
	}
	if first {
		t.name(c, name+" (fragment)")
	} else {
		t.name(c, "Multiple Handshake Messages")
	}
	r := c.Put(tlsHS, at, end-at, 0)
	if b := c.Label(r); b != nil {
		b.S("Handshake Protocol: ").S(name).S(" (fragment)")
	}
}

// encrypted guesses whether a handshake record is encrypted: it is after a
// ChangeCipherSpec, and when it makes no sense as a message.
func (t *tlsRun) encrypted(c *Cursor, at, end int) bool {
	if end-at < 16 {
		return false
	}
	b := c.PeekBytes(0, 5)
	size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	if t.fromServer(c) && t.serverCCS || !t.fromServer(c) && t.clientCCS {
		// Some clients begin a new handshake in the clear, and a hello that
		// was lost may come again.
		return b[0] != hsClientHello || size != end-at-4
	}
	zero := b[0]|b[1]|b[2]|b[3]|b[4] == 0 // the number of an AEAD's first record
	return zero || !tlsHandshakeKnown(b[0]) || size >= 0x10000
}

// message dissects one whole message of n bytes behind its header.
func (t *tlsRun) message(c *Cursor, at, n int, first bool) {
	typ := c.Peek8(0)
	if typ == hsServerHello {
		if v := tlsKnownVersion(t.helloVersion(c, at+4, at+4+n)); v != 0 {
			t.version = v
			if !t.quic() {
				c.SetProtocol(tlsShort.Text(uint64(v), "SSL"))
			}
		}
	}
	name, ok := tlsHandshakeTypes.Lookup(uint64(typ))
	if typ == hsServerHello && n >= 34 && c.Has(38) && string(c.BytesAt(at+6, 32)) == helloRetryMagic {
		name = "Hello Retry Request"
	}
	if ok {
		tlsInfo(c, name)
	} else {
		tlsInfo(c, "Encrypted Handshake Message")
		name = "Encrypted Handshake Message"
	}
	if t.record != dissect.None {
		if first {
			t.name(c, name)
		} else {
			t.name(c, "Multiple Handshake Messages")
		}
	}
	r := c.Put(tlsHS, at, 4+n, 0)
	if b := c.Label(r); b != nil {
		b.S("Handshake Protocol: ").S(name)
	}
	if !ok {
		return
	}
	old := c.Push(r)
	defer c.Pop(old)
	c.U8(tlsHSType)
	c.U24(tlsHSLen)
	end := at + 4 + n
	server := t.fromServer(c)
	switch typ {
	case hsClientHello:
		t.setServer(c, false)
		t.clientHello(c, end)
	case hsHelloRetry:
		t.setServer(c, true)
		if v := c.U16(tlsHSVersion); v&0xff >= 19 {
			c.U16(tlsSuite)
		}
		t.extensions(c, end, &tlsHello{typ: typ, retry: true})
	case hsServerHello:
		t.setServer(c, true)
		t.serverHello(c, end, name == "Hello Retry Request")
	case hsNewTicket:
		t.newTicket(c, end)
	case hsEncExtensions:
		t.extensions(c, end, &tlsHello{typ: typ})
	case hsCertificate:
		t.certificates(c, end, server)
	case hsServerKeyExch:
		t.serverKey(c, end)
	case hsCertRequest:
		t.certRequest(c, end)
	case hsServerDone:
		t.resumed = false
	case hsCertVerify:
		if t.version >= verTLS12 {
			tlsSigScheme(c)
		}
		c.Bytes(tlsCVSig, int(c.U16(tlsCVSigLen)))
	case hsClientKeyExch:
		t.clientKey(c, end)
	case hsFinished:
		if t.version == verSSL3 {
			c.Put(tlsMD5, c.Pos(), 16, 0)
			c.Put(tlsSHA1, c.Pos()+16, 20, 0)
		} else {
			c.Bytes(tlsVerify, end-c.Pos())
		}
	case hsCertStatus:
		tlsCertStatus(c, end)
	case hsKeyUpdate:
		c.U8(tlsKeyUpdate)
	case hsCompressedCert:
		c.U16(tlsCompAlg)
		c.U24(tlsUncompLen)
		c.Bytes(tlsCompMsg, int(c.U24(tlsCompLen)))
	case hsNextProtocol:
		c.Bytes(tlsNPNSel, int(c.U8(tlsNPNLen)))
		c.Bytes(tlsNPNPad, int(c.U8(tlsNPNPadLen)))
	}
}

// quic reports that the messages came by QUIC, which has no records.
func (t *tlsRun) quic() bool { return t.overQUIC }

// setServer notes which side is the server.
func (t *tlsRun) setServer(c *Cursor, source bool) {
	p := c.Packet()
	t.hasServer = true
	t.server, t.serverPort = p.Dst, p.DstPort
	if source {
		t.server, t.serverPort = p.Src, p.SrcPort
	}
}

// tlsFlaw records a line with a warning for bytes that are not as they should be.
func tlsFlaw(c *Cursor, pos, n int, ei field.ID, text string) {
	r := dissect.None
	if b := c.Text(pos, n); b != nil {
		b.S(text)
		r = c.Last()
	}
	c.ExpertText(r, ei, text)
}

// vector reads the length of a vector of lo to hi bytes that must end by end,
// and gives where it ends. ok is false when the data is too short for it.
func tlsVector(c *Cursor, f field.ID, end, lo, hi int) (stop int, ok bool) {
	w := 1
	for x := hi >> 8; x > 0; x >>= 8 {
		w++
	}
	var b field.Text
	if end-c.Pos() < w {
		b.S("No more room for vector of length ").U(uint64(w))
		tlsFlaw(c, c.Pos(), max(0, end-c.Pos()), eiTLSTooSmall, b.String())
		return end, false
	}
	n := int(c.UintAt(c.Pos(), w))
	r := c.Field(f, w)
	switch {
	case n < lo:
		b.S("Vector length ").U(uint64(n)).S(" is smaller than minimum ").U(uint64(lo))
		c.ExpertText(r, eiTLSVecLen, b.String())
	case n > hi:
		b.S("Vector length ").U(uint64(n)).S(" is larger than maximum ").U(uint64(hi))
		c.ExpertText(r, eiTLSVecLen, b.String())
	}
	if end-c.Pos() < n {
		b.Reset()
		b.S("Vector length ").U(uint64(n)).S(" is too large, truncating it to ").U(uint64(end - c.Pos()))
		c.ExpertText(r, eiTLSTooSmall, b.String())
		return end, false
	}
	return c.Pos() + n, true
}

// tlsVectorEnd complains about bytes of a vector that were left over.
func tlsVectorEnd(c *Cursor, end int) {
	n := end - c.Pos()
	if n <= 0 {
		return
	}
	var b field.Text
	b.U(uint64(n)).S(" trailing byte").S(plural(n, " was", "s were")).S(" unprocessed")
	tlsFlaw(c, c.Pos(), n, eiTLSTrailing, b.String())
	c.Seek(end)
}

// tlsGroupLine records a line over what f records, and gives the end.
func tlsGroupLine(c *Cursor, text string, n int, f func()) {
	r := dissect.None
	if b := c.Text(c.Pos(), n); b != nil {
		b.S(text)
		r = c.Last()
	}
	old := c.Push(r)
	f()
	c.Pop(old)
}

func (t *tlsRun) newTicket(c *Cursor, end int) {
	tlsGroupLine(c, "TLS Session Ticket", end-c.Pos(), func() {
		v := c.U32(tlsTktLife)
		if b := c.Append(c.Last()); b != nil {
			b.S(" second").S(plural(int(v), "", "s"))
			if v >= 60 {
				b.S(" (")
				tlsSpan(b, v)
				b.C(')')
			}
		}
		if t.version == verTLS13 {
			c.U32(tlsTktAge)
			c.Bytes(tlsTktNonce, int(c.U8(tlsTktNLen)))
		}
		stop, _ := tlsVector(c, tlsTktLen, end, 0, 0xffff)
		if stop > c.Pos() {
			c.Bytes(tlsTkt, stop-c.Pos())
		}
		if t.version == verTLS13 && c.Pos() < end {
			t.extensions(c, end, &tlsHello{typ: hsNewTicket})
		}
	})
}

// tlsSpan appends a number of seconds in days, hours, minutes and seconds.
func tlsSpan(b *field.Text, v uint32) {
	sep := ""
	for _, u := range [...]struct {
		n    uint32
		name string
	}{{86400, " day"}, {3600, " hour"}, {60, " minute"}, {1, " second"}} {
		k := v / u.n
		v %= u.n
		if k == 0 {
			continue
		}
		b.S(sep).U(uint64(k)).S(u.name).S(plural(int(k), "", "s"))
		sep = ", "
	}
}

func (t *tlsRun) certRequest(c *Cursor, end int) {
	if t.version == verTLS13 {
		c.Bytes(tlsCtx, int(c.U8(tlsCtxLen)))
		t.extensions(c, end, &tlsHello{typ: hsCertRequest})
		return
	}
	n := int(c.U8(tlsCTCount))
	if n > 0 {
		r := c.Put(tlsCTypes, c.Pos(), n, 0)
		if b := c.Label(r); b != nil {
			b.S("Certificate types (").U(uint64(n)).S(plural(n, " type)", " types)"))
		}
		old := c.Push(r)
		for range n {
			c.U8(tlsCType)
		}
		c.Pop(old)
	}
	if t.version >= verTLS12 {
		tlsSigSchemesList(c, end)
	}
	tlsNames(c, end)
}

// tlsNames reads a list of distinguished names.
func tlsNames(c *Cursor, end int) {
	stop, _ := tlsVector(c, tlsDNsLen, end, 0, 0xffff)
	n := stop - c.Pos()
	if n <= 0 {
		return
	}
	r := c.Put(tlsDNs, c.Pos(), n, 0)
	if b := c.Label(r); b != nil {
		b.S("Distinguished Names (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
	}
	old := c.Push(r)
	defer c.Pop(old)
	for c.Pos() < stop {
		e, ok := tlsVector(c, tlsDNLen, stop, 1, 0xffff)
		if !ok {
			break
		}
		at := c.Pos()
		if d, ok := derAt(c, at, e); ok && d.tag == derSeq {
			r := c.Put(tlsDN, d.body, d.len(), 0)
			x509NameUnder(c, r, at, e)
		}
		c.Seek(e)
	}
	c.Seek(stop)
}

// certificates reads the chain: plain ones up to TLS 1.2, with extensions in 1.3.
func (t *tlsRun) certificates(c *Cursor, end int, server bool) {
	if t.version == verTLS13 {
		c.Bytes(tlsCtx, int(c.U8(tlsCtxLen)))
	}
	raw := t.rawKey[0]
	if server {
		raw = t.rawKey[1]
	}
	if raw && t.version != verTLS13 {
		n := int(c.U24(tlsCertLen))
		c.Bytes(tlsCert, n)
		return
	}
	stop, _ := tlsVector(c, tlsCertsLen, end, 0, 0xffffff)
	n := stop - c.Pos()
	if n <= 0 {
		return
	}
	r := c.Put(tlsCerts, c.Pos(), n, 0)
	if b := c.Label(r); b != nil {
		b.S("Certificates (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
	}
	old := c.Push(r)
	for c.Pos() < stop {
		e, ok := tlsVector(c, tlsCertLen, stop, 1, 0xffffff)
		at := c.Pos()
		x509Certificate(c, tlsCert, at, e)
		c.Seek(e)
		if !ok {
			break
		}
		if t.version == verTLS13 {
			t.extensions(c, stop, &tlsHello{typ: hsCertificate})
		}
	}
	c.Pop(old)
}

// tlsCertStatus reads a CertificateStatus message (RFC 6066 section 8).
func tlsCertStatus(c *Cursor, end int) {
	switch c.U8(tlsStatusType) {
	case 1:
		tlsOCSP(c, end)
	case 2:
		stop, _ := tlsVector(c, tlsOCSPsLen, end, 1, 0xffffff)
		for c.Pos() < stop {
			tlsOCSP(c, stop)
		}
	}
}

func tlsOCSP(c *Cursor, end int) {
	stop, _ := tlsVector(c, tlsOCSPLen, end, 0, 0xffffff)
	if stop > c.Pos() {
		ocspResponse(c, c.Pos(), stop)
	}
	c.Seek(stop)
}
