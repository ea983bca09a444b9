// The key exchanges of TLS up to 1.2: what ServerKeyExchange and
// ClientKeyExchange hold depends on the cipher suite (RFC 5246 section 7.4.3,
// RFC 8422, RFC 4279, RFC 5489).
package proto

import (
	"strings"

	"sonde/capture/field"
)

// keyExchange gives the key exchange of a suite as its name has it:
// "ECDHE_RSA", "" when unknown.
func (t *tlsRun) keyExchange() string {
	s, _ := tlsCipherSuites.Lookup(uint64(t.suite))
	s, ok := strings.CutPrefix(s, "TLS_")
	if !ok {
		return ""
	}
	kx, _, ok := strings.Cut(s, "_WITH_")
	if !ok {
		return ""
	}
	return kx
}

func (t *tlsRun) serverKey(c *Cursor, end int) {
	kx := t.keyExchange()
	n := end - c.Pos()
	switch {
	case kx == "PSK" || kx == "RSA_PSK":
		tlsGroupLine(c, "PSK Server Params", n, func() { c.Bytes(tlsHint, int(c.U16(tlsHintLen))) })
	case strings.HasPrefix(kx, "ECDHE_PSK"):
		tlsGroupLine(c, "EC Diffie-Hellman Server Params", n, func() {
			c.Bytes(tlsHint, int(c.U16(tlsHintLen)))
			t.curve(c)
		})
	case strings.HasPrefix(kx, "ECDHE_"), kx == "ECDH_anon":
		tlsGroupLine(c, "EC Diffie-Hellman Server Params", n, func() {
			if t.curve(c) && kx != "ECDH_anon" {
				t.signature(c)
			}
		})
	case strings.HasPrefix(kx, "DHE_PSK"):
		tlsGroupLine(c, "Diffie-Hellman Server Params", n, func() {
			c.Bytes(tlsHint, int(c.U16(tlsHintLen)))
			t.primes(c)
		})
	case strings.HasPrefix(kx, "DHE_"), strings.HasPrefix(kx, "DH_anon"):
		tlsGroupLine(c, "Diffie-Hellman Server Params", n, func() {
			t.primes(c)
			if !strings.HasPrefix(kx, "DH_anon") {
				t.signature(c)
			}
		})
	case strings.HasPrefix(kx, "RSA"):
		tlsGroupLine(c, "RSA-EXPORT Server Params", n, func() {
			c.Bytes(tlsMod, int(c.U16(tlsModLen)))
			c.Bytes(tlsExp, int(c.U16(tlsExpLen)))
			t.signature(c)
		})
	case strings.HasPrefix(kx, "ECDH_"), strings.HasPrefix(kx, "DH_"):
		tlsFlaw(c, c.Pos(), n, eiTLSSKE, field.Get(eiTLSSKE).Label)
	default:
		tlsFlaw(c, c.Pos(), n, eiTLSSuite, field.Get(eiTLSSuite).Label)
	}
}

// curve reads the server's curve and point.
func (t *tlsRun) curve(c *Cursor) bool {
	if c.U8(tlsCurveType) != 3 {
		return false // curves spelled out were never used
	}
	c.U16(tlsCurve)
	c.Bytes(tlsPoint, int(c.U8(tlsPointLen)))
	return true
}

func (t *tlsRun) primes(c *Cursor) {
	c.Bytes(tlsPrime, int(c.U16(tlsPLen)))
	c.Bytes(tlsGen, int(c.U16(tlsGLen)))
	c.Bytes(tlsYs, int(c.U16(tlsYsLen)))
}

func (t *tlsRun) signature(c *Cursor) {
	if t.version >= verTLS12 {
		tlsSigScheme(c)
	}
	c.Bytes(tlsSig, int(c.U16(tlsSigLen)))
}

func (t *tlsRun) clientKey(c *Cursor, end int) {
	kx := t.keyExchange()
	n := end - c.Pos()
	switch {
	case kx == "PSK":
		tlsGroupLine(c, "PSK Client Params", n, func() { c.Bytes(tlsIdent, int(c.U16(tlsIdentLen))) })
	case kx == "RSA_PSK":
		tlsGroupLine(c, "RSA PSK Client Params", n, func() {
			c.Bytes(tlsIdent, int(c.U16(tlsIdentLen)))
			c.Bytes(tlsEPMS, int(c.U16(tlsEPMSLen)))
		})
	case strings.HasPrefix(kx, "ECDHE_PSK"):
		tlsGroupLine(c, "EC Diffie-Hellman Client Params", n, func() {
			c.Bytes(tlsIdent, int(c.U16(tlsIdentLen)))
			c.Bytes(tlsCPoint, int(c.U8(tlsCPointLen)))
		})
	case strings.HasPrefix(kx, "ECDH"):
		tlsGroupLine(c, "EC Diffie-Hellman Client Params", n, func() { c.Bytes(tlsCPoint, int(c.U8(tlsCPointLen))) })
	case strings.HasPrefix(kx, "DHE_PSK"):
		tlsGroupLine(c, "Diffie-Hellman Client Params", n, func() {
			c.Bytes(tlsIdent, int(c.U16(tlsIdentLen)))
			c.Bytes(tlsYc, int(c.U16(tlsYcLen)))
		})
	case strings.HasPrefix(kx, "DH"):
		tlsGroupLine(c, "Diffie-Hellman Client Params", n, func() { c.Bytes(tlsYc, int(c.U16(tlsYcLen))) })
	case strings.HasPrefix(kx, "RSA"):
		tlsGroupLine(c, "RSA Encrypted PreMaster Secret", n, func() {
			if t.version == verSSL3 {
				c.Bytes(tlsEPMS, n)
				return
			}
			c.Bytes(tlsEPMS, int(c.U16(tlsEPMSLen)))
		})
	default:
		tlsFlaw(c, c.Pos(), n, eiTLSSuite, field.Get(eiTLSSuite).Label)
	}
}
