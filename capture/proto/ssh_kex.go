// SSH key exchange messages: Diffie-Hellman (RFC 4253 section 8), with chosen
// groups (RFC 4419) and over elliptic curves (RFC 5656, RFC 8731).
package proto

import (
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	sshHKLen     = sshP.U32("host_key.length", "Host key length", dec)
	sshHKTypeLen = sshP.U32("host_key.type_length", "Host key type length", dec)
	sshHKType    = sshP.Str("host_key.type", "Host key type")
	sshHKData    = sshP.Bytes("host_key.data", "Host key data")
	sshRSAN      = sshP.Bytes("host_key.rsa.n", "RSA modulus (N)")
	sshRSAE      = sshP.Bytes("host_key.rsa.e", "RSA public exponent (e)")
	sshDSAP      = sshP.Bytes("host_key.dsa.p", "DSA prime modulus (p)")
	sshDSAQ      = sshP.Bytes("host_key.dsa.q", "DSA prime divisor (q)")
	sshDSAG      = sshP.Bytes("host_key.dsa.g", "DSA subgroup generator (g)")
	sshDSAY      = sshP.Bytes("host_key.dsa.y", "DSA public key (y)")
	sshECID      = sshP.Str("host_key.ecdsa.id", "ECDSA elliptic curve identifier")
	sshECIDLen   = sshP.U32("host_key.ecdsa.id_length", "ECDSA elliptic curve identifier length", dec)
	sshECQ       = sshP.Bytes("host_key.ecdsa.q", "ECDSA public key (Q)")
	sshECQLen    = sshP.U32("host_key.ecdsa.q_length", "ECDSA public key length", dec)
	sshEdKey     = sshP.Bytes("host_key.eddsa.key", "EdDSA public key")
	sshEdLen     = sshP.U32("host_key.eddsa.key_length", "EdDSA public key length", dec)
	sshSigLen    = sshP.U32("host_sig.length", "Host signature length", dec)
	sshSigTypLen = sshP.U32("host_sig.type_length", "Host signature type length", dec)
	sshSigType   = sshP.Str("host_sig.type", "Host signature type")
	sshSigData   = sshP.Bytes("host_sig.data", "Host signature data")
	sshSigRSA    = sshP.Bytes("host_sig.rsa", "RSA signature")
	sshSigDSA    = sshP.Bytes("host_sig.dsa", "DSA signature")
	sshDHE       = sshP.Bytes("dh.e", "DH client e")
	sshDHF       = sshP.Bytes("dh.f", "DH server f")
	sshGexMin    = sshP.U32("dh_gex.min", "DH GEX Min", dec)
	sshGexBits   = sshP.U32("dh_gex.nbits", "DH GEX Number of Bits", dec)
	sshGexMax    = sshP.U32("dh_gex.max", "DH GEX Max", dec)
	sshGexP      = sshP.Bytes("dh_gex.p", "DH GEX modulus (P)")
	sshGexG      = sshP.Bytes("dh_gex.g", "DH GEX base (G)")
	sshQC        = sshP.Bytes("ecdh.q_c", "ECDH client's ephemeral public key (Q_C)")
	sshQCLen     = sshP.U32("ecdh.q_c_length", "ECDH client's ephemeral public key length", dec)
	sshQS        = sshP.Bytes("ecdh.q_s", "ECDH server's ephemeral public key (Q_S)")
	sshQSLen     = sshP.U32("ecdh.q_s_length", "ECDH server's ephemeral public key length", dec)
	sshMPLen     = sshP.U32("mpint_length", "Multi Precision Integer Length", dec)
)

// Kinds of key exchange.
const (
	sshDH = iota
	sshGEX
	sshECDH
)

func sshKexKind(kex string) int {
	switch {
	case strings.HasPrefix(kex, "diffie-hellman-group-exchange-"):
		return sshGEX
	case strings.HasPrefix(kex, "ecdh-sha2-"), strings.HasPrefix(kex, "curve25519-"), strings.HasPrefix(kex, "curve448-"):
		return sshECDH
	}
	return sshDH
}

// sshMessageName names a message; 30 to 49 depend on the key exchange.
func sshMessageName(code uint8, kex string) string {
	if code >= 30 && code <= 34 {
		names := [...][5]string{
			sshDH:   {"Diffie-Hellman Key Exchange Init", "Diffie-Hellman Key Exchange Reply"},
			sshGEX:  {"Diffie-Hellman Group Exchange Request (Old)", "Diffie-Hellman Group Exchange Group", "Diffie-Hellman Group Exchange Init", "Diffie-Hellman Group Exchange Reply", "Diffie-Hellman Group Exchange Request"},
			sshECDH: {"Elliptic Curve Diffie-Hellman Key Exchange Init", "Elliptic Curve Diffie-Hellman Key Exchange Reply"},
		}
		if n := names[sshKexKind(kex)][code-30]; n != "" {
			return n
		}
	}
	var b field.Text
	b.S("Unknown (").U(uint64(code)).C(')')
	return sshMessages.Text(uint64(code), b.String())
}

// exchange reads a message of the key exchange.
func (s *sshRun) exchange(c *Cursor, code uint8) {
	switch sshKexKind(s.kex) {
	case sshDH:
		switch code {
		case 30:
			sshMPInt(c, sshDHE, true)
		case 31:
			sshHostKey(c)
			sshMPInt(c, sshDHF, true)
			sshHostSig(c)
			s.agreed = true
		}
	case sshGEX:
		switch code {
		case 30:
			c.U32(sshGexBits)
		case 31:
			sshMPInt(c, sshGexP, false)
			sshMPInt(c, sshGexG, false)
		case 32:
			sshMPInt(c, sshDHE, true)
		case 33:
			sshHostKey(c)
			sshMPInt(c, sshDHF, true)
			sshHostSig(c)
			s.agreed = true
		case 34:
			c.U32(sshGexMin)
			c.U32(sshGexBits)
			c.U32(sshGexMax)
		}
	case sshECDH:
		switch code {
		case 30:
			sshString(c, sshQCLen, sshQC)
		case 31:
			sshHostKey(c)
			sshString(c, sshQSLen, sshQS)
			sshHostSig(c)
			s.agreed = true
		}
	}
}

// sshString reads a length and as many bytes.
func sshString(c *Cursor, length, f field.ID) []byte {
	n := c.U32(length)
	return c.Bytes(f, int(n))
}

// sshMPInt reads a long number; a public value of a key exchange has bounds.
func sshMPInt(c *Cursor, f field.ID, public bool) {
	n := c.Peek32(0)
	if public && (n == 0 || n > 512+1) {
		var t field.Text
		t.S("Invalid key length: ").U(uint64(n))
		r := dissect.None
		if b := c.Text(c.Pos(), 2); b != nil {
			b.S(t.String())
			r = c.Last()
		}
		c.ExpertText(r, eiSSHKey, t.String())
	}
	sshString(c, sshMPLen, f)
}

// sshTyped reads a length, a type and gives where the whole ends.
func sshTyped(c *Cursor, what string, length, typeLen, typ field.ID, body func(c *Cursor, typ string, end int)) {
	at := c.Pos()
	n := c.Peek32(0)
	r := dissect.None
	if b := c.Text(at, int(n)+4); b != nil {
		r = c.Last()
		b.S(what)
	}
	old := c.Push(r)
	c.U32(length)
	name := string(sshString(c, typeLen, typ))
	if b := c.Label(r); b != nil {
		b.S(what).S(" (type: ").PrintableString(name).C(')')
	}
	body(c, name, at+4+int(n))
	c.Pop(old)
	c.Seek(at + 4 + int(n))
}

func sshHostKey(c *Cursor) {
	sshTyped(c, "KEX host key", sshHKLen, sshHKTypeLen, sshHKType, func(c *Cursor, typ string, end int) {
		switch {
		case typ == "ssh-rsa":
			sshMPInt(c, sshRSAE, false)
			sshMPInt(c, sshRSAN, false)
		case typ == "ssh-dss":
			sshMPInt(c, sshDSAP, false)
			sshMPInt(c, sshDSAQ, false)
			sshMPInt(c, sshDSAG, false)
			sshMPInt(c, sshDSAY, false)
		case strings.HasPrefix(typ, "ecdsa-sha2-"):
			sshString(c, sshECIDLen, sshECID)
			sshString(c, sshECQLen, sshECQ)
		case typ == "ssh-ed25519" || typ == "ssh-ed448":
			sshString(c, sshEdLen, sshEdKey)
		case c.Pos() < end:
			c.Bytes(sshHKData, end-c.Pos())
		}
	})
}

func sshHostSig(c *Cursor) {
	sshTyped(c, "KEX host signature", sshSigLen, sshSigTypLen, sshSigType, func(c *Cursor, typ string, end int) {
		switch {
		case typ == "ssh-rsa":
			sshMPInt(c, sshSigRSA, false)
		case typ == "ssh-dss":
			sshMPInt(c, sshSigDSA, false)
		case c.Pos() < end:
			c.Bytes(sshSigData, end-c.Pos())
		}
	})
}
