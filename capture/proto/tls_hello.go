// The hellos of TLS (RFC 8446 section 4.1, RFC 5246 section 7.4.1) and what
// they are told apart by: JA3, JA3S and JA4.
package proto

import (
	"crypto/md5"
	"crypto/sha256"
	"slices"

	"sonde/capture/field"
)

var (
	tlsHSVersion = tlsP.U16("handshake.version", "Version", hex, enum(tlsVersions))
	tlsRandom    = tlsP.Bytes("handshake.random", "Random")
	tlsRandTime  = tlsP.AbsTime("handshake.random_time", "GMT Unix Time", field.Local)
	tlsRandBytes = tlsP.Bytes("handshake.random_bytes", "Random Bytes")
	tlsSIDLen    = tlsP.U8("handshake.session_id_length", "Session ID Length", dec)
	tlsSID       = tlsP.Bytes("handshake.session_id", "Session ID")
	tlsSuitesLen = tlsP.U16("handshake.cipher_suites_length", "Cipher Suites Length", dec)
	tlsSuites    = tlsP.None("handshake.ciphersuites", "Cipher Suites")
	tlsSuite     = tlsP.U16("handshake.ciphersuite", "Cipher Suite", hex, enum(tlsCipherSuites))
	tlsCompsLen  = tlsP.U8("handshake.comp_methods_length", "Compression Methods Length", dec)
	tlsComps     = tlsP.None("handshake.comp_methods", "Compression Methods")
	tlsComp      = tlsP.U8("handshake.comp_method", "Compression Method", dec, enum(tlsCompMethods))
	tlsExtsLen   = tlsP.U16("handshake.extensions_length", "Extensions Length", dec)
	tlsJA3Full   = tlsP.Str("handshake.ja3_full", "JA3 Fullstring")
	tlsJA3       = tlsP.Str("handshake.ja3", "JA3")
	tlsJA3SFull  = tlsP.Str("handshake.ja3s_full", "JA3S Fullstring")
	tlsJA3S      = tlsP.Str("handshake.ja3s", "JA3S")
	tlsJA4       = tlsP.Str("handshake.ja4", "JA4")
	tlsJA4R      = tlsP.Str("handshake.ja4_r", "JA4_r")

	eiTLSClientVer = tlsP.Expert("handshake.client_version_error", field.Protocol, field.Warn, "Client Hello legacy version field specifies version 1.3, not version 1.2; some servers may not be able to handle that.")
	eiTLSServerVer = tlsP.Expert("handshake.server_version_error", field.Protocol, field.Warn, "Server Hello legacy version field specifies version 1.3, not version 1.2; some middleboxes may not be able to handle that.")
	eiTLSLegacyVer = tlsP.Expert("handshake.legacy_version", field.Deprecated, field.Chat, "This legacy_version field MUST be ignored. The supported_versions extension is present and MUST be used instead.")
)

// helloRetryMagic is the random of a HelloRetryRequest: SHA-256 of its name
// (RFC 8446 section 4.1.3).
const helloRetryMagic = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// tlsHello gathers what the fingerprints of a hello are made of. Placeholder
// values (GREASE, RFC 8701) never count.
type tlsHello struct {
	typ                          uint8
	retry                        bool
	version, best, least         uint16
	suites, exts, groups, points []uint16
	schemes                      []uint16
	alpn                         []byte
	sni, early                   bool
	whole                        bool // all extensions could be read
}

func isGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// helloVersion finds the version that a ServerHello settles, before it is
// dissected: the supported_versions extension, else the version field. The
// position is at the message's header.
func (t *tlsRun) helloVersion(c *Cursor, at, end int) (v uint16) {
	c.Quiet(func(c *Cursor) {
		v = uint16(c.UintAt(at, 2))
		if w, ok := tlsSupported(c, at, end, true); ok {
			v = w
		}
	})
	return v
}

// tlsSupported looks for the supported_versions extension of a hello whose
// body begins at pos.
func tlsSupported(c *Cursor, pos, end int, server bool) (v uint16, ok bool) {
	c.Quiet(func(c *Cursor) {
		at := pos + 34
		at += 1 + int(c.UintAt(at, 1))
		if server {
			at += 3
		} else {
			at += 2 + int(c.UintAt(at, 2))
			at += 1 + int(c.UintAt(at, 1))
		}
		at += 2
		for at+4 <= end {
			typ, n := c.UintAt(at, 2), int(c.UintAt(at+2, 2))
			if typ == extSupportedVersions {
				ok = true
				if server {
					v = uint16(c.UintAt(at+4, 2))
				}
				return
			}
			at += 4 + n
		}
	})
	return v, ok
}

// helloHead reads version, random and session id.
func (t *tlsRun) helloHead(c *Cursor, h *tlsHello, end int) {
	start := c.Pos()
	h.version = c.U16(tlsHSVersion)
	r := c.Last()
	wrong := eiTLSClientVer
	if h.typ == hsServerHello {
		wrong = eiTLSServerVer
	}
	if h.version == verTLS13 {
		c.Expert(r, wrong)
	}
	if _, ok := tlsSupported(c, start, end, h.typ == hsServerHello); ok {
		c.Expert(r, eiTLSLegacyVer)
	}
	at := c.Pos()
	c.Bytes(tlsRandom, 32)
	r = c.Last()
	switch {
	case h.retry:
		if b := c.Append(r); b != nil {
			b.S(" (HelloRetryRequest magic)")
		}
	case t.version != verTLS13:
		old := c.Push(r)
		c.Put(tlsRandTime, at, 4, c.UintAt(at, 4)*1e9)
		c.FieldAt(tlsRandBytes, at+4, 28)
		c.Pop(old)
	}
	if h.typ == hsServerHello && oldDraft(h.version) {
		return
	}
	if n := int(c.U8(tlsSIDLen)); n > 0 {
		c.Bytes(tlsSID, n)
	}
}

// oldDraft tells drafts of TLS 1.3 whose ServerHello has neither session id
// nor compression method: those before the 22nd.
func oldDraft(v uint16) bool { return v>>8 == 0x7f && v&0xff >= 14 && v&0xff < 22 }

func (t *tlsRun) clientHello(c *Cursor, end int) {
	h := &tlsHello{typ: hsClientHello}
	t.helloHead(c, h, end)
	stop, ok := tlsVector(c, tlsSuitesLen, end, 2, 0xffff)
	if !ok {
		return
	}
	n := stop - c.Pos()
	r := c.Put(tlsSuites, c.Pos(), n, 0)
	if b := c.Label(r); b != nil {
		b.S("Cipher Suites (").U(uint64(n / 2)).S(plural(n/2, " suite)", " suites)"))
	}
	old := c.Push(r)
	for c.Pos()+2 <= stop {
		if v := c.U16(tlsSuite); !isGREASE(v) {
			h.suites = append(h.suites, v)
		}
	}
	tlsVectorEnd(c, stop)
	c.Pop(old)
	stop, ok = tlsVector(c, tlsCompsLen, end, 1, 0xff)
	if !ok {
		return
	}
	n = stop - c.Pos()
	r = c.Put(tlsComps, c.Pos(), n, 0)
	if b := c.Label(r); b != nil {
		b.S("Compression Methods (").U(uint64(n)).S(plural(n, " method)", " methods)"))
	}
	old = c.Push(r)
	for c.Pos() < stop {
		c.U8(tlsComp)
	}
	c.Pop(old)
	if c.Pos() < end {
		t.extensions(c, end, h)
	} else {
		h.whole = true // none to read
	}
	if h.early && t.version == 0 {
		t.version = verTLS13 // only there is data sent before the answer
	}
	at := c.Pos()
	ja4, ja4r := h.ja4(t.transport(c))
	c.GenText(tlsJA4, at, 0, ja4)
	c.GenText(tlsJA4R, at, 0, ja4r)
	full := h.ja3()
	c.GenText(tlsJA3Full, at, 0, full)
	c.GenText(tlsJA3, at, 0, hexOf(md5.Sum([]byte(full))))
}

func (t *tlsRun) serverHello(c *Cursor, end int, retry bool) {
	h := &tlsHello{typ: hsServerHello, retry: retry}
	t.helloHead(c, h, end)
	t.suite = c.U16(tlsSuite)
	h.suites = append(h.suites, t.suite)
	if !oldDraft(h.version) {
		c.U8(tlsComp)
	}
	t.resumed = true
	if c.Pos() < end {
		t.extensions(c, end, h)
	}
	at := c.Pos()
	var b field.Text
	b.U(uint64(h.version)).C(',').U(uint64(t.suite)).C(',')
	dashed(&b, h.exts)
	c.GenText(tlsJA3SFull, at, 0, b.String())
	c.GenText(tlsJA3S, at, 0, hexOf(md5.Sum(b.B)))
}

// transport is JA4's letter for what carries the handshake.
func (t *tlsRun) transport(c *Cursor) string {
	if t.overQUIC {
		return "q"
	}
	if slices.Contains(c.Packet().Layers, tcpP.ID) {
		return "t"
	}
	return ""
}

func hexOf(sum [16]byte) string {
	var b field.Text
	return b.Hex(sum[:], 0).String()
}

func dashed(b *field.Text, v []uint16) {
	for i, x := range v {
		if i > 0 {
			b.C('-')
		}
		b.U(uint64(x))
	}
}

// ja3 is "version,suites,extensions,groups,point formats".
func (h *tlsHello) ja3() string {
	var b field.Text
	b.U(uint64(h.version)).C(',')
	dashed(&b, h.suites)
	b.C(',')
	dashed(&b, h.exts)
	if h.whole {
		b.C(',')
		dashed(&b, h.groups)
		b.C(',')
		dashed(&b, h.points)
	}
	return b.String()
}

// ja4 gives the fingerprint and its readable form.
func (h *tlsHello) ja4(transport string) (hashed, raw string) {
	var a, s, x field.Text
	a.S(transport)
	v := h.best
	if v == 0 {
		v = h.version
	}
	switch v {
	case verTLS13:
		a.S("13")
	case verTLS12:
		a.S("12")
	case verTLS11:
		a.S("11")
	case verTLS10:
		a.S("10")
	case verSSL3:
		a.S("s3")
	case verSSL2:
		a.S("s2")
	default:
		a.S("00")
	}
	if h.sni {
		a.C('d')
	} else {
		a.C('i')
	}
	a.UPad(uint64(min(len(h.suites), 99)), 2).UPad(uint64(min(len(h.exts), 99)), 2)
	ja4ALPN(&a, h.alpn)
	commaHex(&s, sorted16(h.suites))
	exts := slices.DeleteFunc(sorted16(h.exts), func(v uint16) bool { return v == extServerName || v == extALPN })
	commaHex(&x, exts)
	if len(h.schemes) > 0 {
		x.C('_')
		commaHex(&x, h.schemes)
	}
	head := a.String()
	return head + "_" + ja4Hash(s.B) + "_" + ja4Hash(x.B), head + "_" + s.String() + "_" + x.String()
}

func sorted16(v []uint16) []uint16 {
	w := slices.Clone(v)
	slices.Sort(w)
	return w
}

func commaHex(b *field.Text, v []uint16) {
	for i, x := range v {
		if i > 0 {
			b.C(',')
		}
		b.H(uint64(x), 4)
	}
}

// ja4ALPN is the first and the last character of the first protocol offered.
func ja4ALPN(b *field.Text, p []byte) {
	if len(p) == 0 {
		b.S("00")
		return
	}
	alnum := func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
	first, last := p[0], p[len(p)-1]
	if alnum(first) && alnum(last) {
		b.C(first).C(last)
		return
	}
	b.H(uint64(first>>4), 1).H(uint64(last&15), 1)
}

// ja4Hash is the beginning of a SHA-256, zeros for nothing.
func ja4Hash(b []byte) string {
	if len(b) == 0 {
		return "000000000000"
	}
	sum := sha256.Sum256(b)
	var t field.Text
	return t.Hex(sum[:6], 0).String()
}
