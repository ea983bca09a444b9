// SSL 2.0 (the Netscape specification of 1995), which TLS hellos of old
// clients are still wrapped in (RFC 5246 appendix E.2). Not decoded: what is
// encrypted, and PCT.
package proto

import "sonde/capture/field"

var (
	ssl2Type     = tlsP.U8("ssl2.handshake.type", "Handshake Message Type", dec, enum(ssl2HandshakeTypes))
	ssl2Escape   = tlsP.Bool("record.is_escape", "Is Escape")
	ssl2PadLen   = tlsP.U8("record.padding_length", "Padding Length", dec)
	ssl2SpecLen  = tlsP.U16("handshake.cipher_spec_len", "Cipher Spec Length", dec)
	ssl2SIDLen   = tlsP.U16("handshake.session_id_length", "Session ID Length", dec)
	ssl2ChalLen  = tlsP.U16("handshake.challenge_length", "Challenge Length", dec)
	ssl2Spec     = tlsP.U24("ssl2.handshake.cipherspec", "Cipher Spec", hex, enum(ssl2CipherSpecs))
	ssl2Chal     = tlsP.None("handshake.challenge", "Challenge")
	ssl2ClearLen = tlsP.U16("handshake.clear_key_length", "Clear Key Data Length", dec)
	ssl2EncLen   = tlsP.U16("handshake.encrypted_key_length", "Encrypted Key Data Length", dec)
	ssl2ArgLen   = tlsP.U16("handshake.key_arg_length", "Key Argument Length", dec)
	ssl2Clear    = tlsP.None("handshake.clear_key_data", "Clear Key Data")
	ssl2Enc      = tlsP.None("handshake.encrypted_key", "Encrypted Key")
	ssl2Arg      = tlsP.None("handshake.key_arg", "Key Argument")
	ssl2Hit      = tlsP.Bool("handshake.session_id_hit", "Session ID Hit")
	ssl2CertType = tlsP.U8("ssl2.handshake.cert_type", "Certificate Type", dec, enum(ssl2CertTypes))
	ssl2ConnLen  = tlsP.U16("handshake.connection_id_length", "Connection ID Length", dec)
	ssl2Conn     = tlsP.None("handshake.connection_id", "Connection ID")
)

// Messages of SSL 2.0 that are decoded.
const (
	ssl2ClientHello = 1
	ssl2MasterKey   = 2
	ssl2ServerHello = 4
)

// record2 dissects a record of SSL 2.0: two bytes of length, three when there
// is padding; true when the rest of it is in later segments.
func (t *tlsRun) record2(c *Cursor) bool {
	at, left := c.Pos(), c.Left()
	head := 2
	b0 := c.Peek8(0)
	if b0 < 0x80 {
		head = 3
	}
	if left < head+1 {
		if c.NeedSegment(at) {
			return true
		}
		c.Seek(c.End())
		return false
	}
	n := int(c.Peek16(0)) & 0x7fff
	if head == 3 {
		n = int(c.Peek16(0)) & 0x3fff
	}
	if left < head+n && c.Bool(prefTLSDesegm) && c.NeedMore(at, head+n-left) {
		return true
	}
	t.record = c.Put(tlsRecord, at, head+n, 0)
	old := c.Push(t.record)
	defer c.Pop(old)
	typ := c.Peek8(head)
	if t.version == 0 && typ >= 2 && typ <= 8 {
		t.version = verSSL2
	}
	c.SetProtocol("SSLv2")
	name, ok := ssl2HandshakeTypes.Lookup(uint64(typ))
	if !ok || !ssl2Plausible(c, head, typ, n) {
		name, ok = "Encrypted Data", false
	}
	tlsInfo(c, name)
	if b := c.Label(t.record); b != nil {
		b.S("SSLv2 Record Layer: ").S(name)
	}
	c.Gen(tlsVersion, at, 0, verSSL2)
	if !ok {
		c.Seek(min(at+head+n, c.End()))
		return false
	}
	c.Put(tlsLength, at, head, uint64(n))
	if head == 3 {
		c.Put(ssl2Escape, at, 1, uint64(b0>>6&1))
		c.FieldAt(ssl2PadLen, at+2, 1)
	}
	c.Seek(at + head)
	c.U8(ssl2Type)
	switch typ {
	case ssl2ClientHello:
		t.hello2(c)
	case ssl2MasterKey:
		c.U24(ssl2Spec)
		clear, enc, arg := int(c.U16(ssl2ClearLen)), int(c.U16(ssl2EncLen)), int(c.U16(ssl2ArgLen))
		ssl2Part(c, ssl2Clear, clear)
		ssl2Part(c, ssl2Enc, enc)
		ssl2Part(c, ssl2Arg, arg)
	case ssl2ServerHello:
		t.serverHello2(c)
	}
	c.Seek(min(at+head+n, c.End()))
	return false
}

// ssl2Plausible tells a message in the clear from encrypted data.
func ssl2Plausible(c *Cursor, head int, typ uint8, n int) (ok bool) {
	c.Quiet(func(c *Cursor) {
		switch typ {
		case ssl2ClientHello:
			v := c.Peek16(head + 1)
			ok = v == verSSL2 || v >= verSSL3 && v <= verTLS12
		case ssl2ServerHello:
			v := c.Peek16(head + 3)
			ok = v == verSSL2 || v >= verSSL3 && v <= verTLS12
		case ssl2MasterKey:
			ok = int(c.Peek16(head+4))+int(c.Peek16(head+6))+int(c.Peek16(head+8)) <= n
		}
	})
	return ok
}

func ssl2Part(c *Cursor, f field.ID, n int) {
	if n > 0 {
		c.Need(n)
		c.Put(f, c.Pos(), n, 0)
		c.Skip(n)
	}
}

// specs2 reads n bytes of cipher specs.
func specs2(c *Cursor, n int) {
	r := c.Put(tlsSuites, c.Pos(), n, 0)
	if b := c.Label(r); b != nil {
		b.S("Cipher Specs (").U(uint64(n / 3)).S(plural(n/3, " spec)", " specs)"))
	}
	old := c.Push(r)
	for range n / 3 {
		c.U24(ssl2Spec)
	}
	c.Pop(old)
}

func (t *tlsRun) hello2(c *Cursor) {
	c.U16(tlsHSVersion)
	specs, id, challenge := int(c.U16(ssl2SpecLen)), int(c.U16(ssl2SIDLen)), int(c.U16(ssl2ChalLen))
	if specs > 0 {
		specs2(c, specs)
	}
	if id > 0 {
		c.Bytes(tlsSID, id)
	}
	ssl2Part(c, ssl2Chal, challenge)
}

func (t *tlsRun) serverHello2(c *Cursor) {
	c.U8(ssl2Hit)
	c.U8(ssl2CertType)
	c.U16(tlsHSVersion)
	cert := int(c.Peek16(0))
	c.Put(tlsCertLen, c.Pos(), 2, uint64(cert))
	c.Skip(2)
	specs, conn := int(c.U16(ssl2SpecLen)), int(c.U16(ssl2ConnLen))
	if cert > 0 {
		at := c.Pos()
		x509Certificate(c, tlsCert, at, at+cert)
		c.Seek(at + cert)
	}
	if specs > 0 {
		specs2(c, specs)
	}
	ssl2Part(c, ssl2Conn, conn)
}
