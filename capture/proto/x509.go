// X.509 certificates (RFC 5280, RFC 3279 keys) by the names of Wireshark's
// ASN.1 dissectors. Extensions are in x509_ext.go. Not decoded: parameters of
// signature algorithms, issuer and subject unique identifiers.
package proto

import (
	"bytes"
	"time"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	x509afP  = protocol("x509af", "X.509 Authentication Framework", "X509AF")
	x509ifP  = protocol("x509if", "X.509 Information Framework", "X509IF")
	x509satP = protocol("x509sat", "X.509 Selected Attribute Types", "X509SAT")
	pkixalgP = protocol("pkixalgs", "PKIX Algorithms", "PKIXALGS")
	berP     = protocol("ber", "Basic Encoding Rules (ASN.1 X.690)", "BER")

	afTBS      = x509afP.None("signedCertificate_element", "signedCertificate")
	afVersion  = x509afP.I32("version", "version", dec, enum(x509Versions))
	afSerial   = x509afP.Bytes("serialNumber", "serialNumber")
	afSigAlg   = x509afP.None("signature_element", "signature")
	afAlgID    = x509afP.Add("algorithm.id", "Algorithm Id", field.TOID, noBase)
	afIssuer   = x509afP.U32("issuer", "issuer", dec, enum(x509NameKinds))
	afSubject  = x509afP.U32("subject", "subject", dec, enum(x509NameKinds))
	afRDNs     = x509afP.U32("rdnSequence", "rdnSequence", dec)
	afValidity = x509afP.None("validity_element", "validity")
	afBefore   = x509afP.U32("notBefore", "notBefore", dec, enum(x509TimeKinds))
	afAfter    = x509afP.U32("notAfter", "notAfter", dec, enum(x509TimeKinds))
	afUTC      = x509afP.Str("utcTime", "utcTime")
	afGenTime  = x509afP.AbsTime("generalizedTime", "generalizedTime", field.Local)
	afSPKI     = x509afP.None("subjectPublicKeyInfo_element", "subjectPublicKeyInfo")
	afKeyAlg   = x509afP.None("algorithm_element", "algorithm")
	afKey      = x509afP.Bytes("subjectPublicKey", "subjectPublicKey")
	afRSA      = x509afP.None("subjectPublicKey.rsa", "RSA Public Key")
	afExts     = x509afP.U32("extensions", "extensions", dec)
	afExt      = x509afP.None("Extension_element", "Extension")
	afExtID    = x509afP.Add("extension.id", "Extension Id", field.TOID, noBase)
	afCritical = x509afP.Bool("critical", "critical")
	afAlg      = x509afP.None("algorithmIdentifier_element", "algorithmIdentifier")
	afSig      = x509afP.Bytes("encrypted", "encrypted")

	ifRDNs = x509ifP.U32("rdnSequence", "rdnSequence", dec)
	ifRDN  = x509ifP.U32("RDNSequence_item", "RDNSequence item", dec)
	ifAVA  = x509ifP.None("RelativeDistinguishedName_item_element", "RelativeDistinguishedName item")
	ifOID  = x509ifP.Add("oid", "Object Id", field.TOID, noBase)

	satDirectory = x509satP.U32("DirectoryString", "DirectoryString", dec, enum(directoryStrings))
	satCountry   = x509satP.Str("CountryName", "CountryName")
	satPrintable = x509satP.Str("PrintableString", "PrintableString")
	satIA5       = x509satP.Str("IA5String", "IA5String")
	satBMP       = x509satP.Str("BMPString", "BMPString")
	satInteger   = x509satP.I32("Integer", "Integer", dec)
	satKinds     = map[int]field.ID{
		derTeletex: x509satP.Str("teletexString", "teletexString"),
		derPrint:   x509satP.Str("printableString", "printableString"),
		derUniv:    x509satP.Str("universalString", "universalString"),
		derBMP:     x509satP.Str("bmpString", "bmpString"),
		derUTF8:    x509satP.Str("uTF8String", "uTF8String"),
	}

	algModulus  = pkixalgP.Bytes("modulus", "modulus")
	algExponent = pkixalgP.I32("publicExponent", "publicExponent", dec)
	algEC       = pkixalgP.U32("ECParameters", "ECParameters", dec, enum(ecParameterKinds))
	algCurve    = pkixalgP.Add("namedCurve", "namedCurve", field.TOID, noBase)

	berPadding = berP.U8("bitstring.padding", "Padding", dec)
	eiBerOID   = berP.Expert("error.oid_not_implemented", field.Undecoded, field.Warn, "BER: Dissector for OID not implemented. Contact Wireshark developers if you want this supported")

	x509Versions     = values(val(0, "v1"), val(1, "v2"), val(2, "v3"))
	x509NameKinds    = values(val(0, "rdnSequence"))
	x509TimeKinds    = values(val(0, "utcTime"), val(1, "generalizedTime"))
	directoryStrings = values(val(0, "teletexString"), val(1, "printableString"), val(2, "universalString"), val(3, "bmpString"), val(4, "uTF8String"))
	directoryIndex   = map[int]uint64{derTeletex: 0, derPrint: 1, derUniv: 2, derBMP: 3, derUTF8: 4}
	ecParameterKinds = values(val(0, "specifiedCurve"), val(1, "namedCurve"), val(2, "implicitCurve"))
)

// x509Certificate records a certificate in [at, end) as f and what it holds below.
func x509Certificate(c *Cursor, f field.ID, at, end int) {
	r := c.FieldAt(f, at, end-at)
	old := c.Push(r)
	x509Body(c, at, end)
	c.Pop(old)
}

// x509Body reads tbsCertificate, algorithm and signature, and gives the subject.
func x509Body(c *Cursor, at, end int) (subject []byte) {
	outer, ok := derAt(c, at, end)
	if !ok || outer.tag != derSeq {
		return subject
	}
	tbs, ok := derAt(c, outer.body, outer.end)
	if !ok || tbs.tag != derSeq {
		return subject
	}
	r := c.Put(afTBS, tbs.at, tbs.size(), 0)
	old := c.Push(r)
	subject = x509TBS(c, tbs)
	c.Pop(old)
	alg, ok := derAt(c, tbs.end, outer.end)
	if !ok {
		return subject
	}
	x509Algorithm(c, afAlg, alg)
	if sig, ok := derAt(c, alg.end, outer.end); ok && sig.tag == derBits && sig.len() > 0 {
		c.FieldAt(berPadding, sig.body, 1)
		c.FieldAt(afSig, sig.body+1, sig.len()-1)
	}
	return subject
}

func x509TBS(c *Cursor, tbs der) (subject []byte) {
	step := 0
	derEach(c, tbs.body, tbs.end, func(d der) bool {
		if step == 0 && d.tag == 0xa0 {
			if v, ok := derAt(c, d.body, d.end); ok {
				c.FieldAt(afVersion, v.body, v.len())
			}
			return true
		}
		step++
		switch {
		case step == 1:
			derHexInt(c, afSerial, d)
		case step == 2:
			x509Algorithm(c, afSigAlg, d)
		case step == 3:
			x509Name(c, afIssuer, ifRDNs, d)
		case step == 4:
			old := c.Push(c.Put(afValidity, d.at, d.size(), 0))
			if b, ok := derAt(c, d.body, d.end); ok {
				x509Time(c, afBefore, b)
				if a, ok := derAt(c, b.end, d.end); ok {
					x509Time(c, afAfter, a)
				}
			}
			c.Pop(old)
		case step == 5:
			subject = x509Name(c, afSubject, afRDNs, d)
		case step == 6:
			x509Key(c, d)
		case d.tag == 0xa3:
			if l, ok := derAt(c, d.body, d.end); ok {
				old := c.Push(derItems(c, afExts, l))
				derEach(c, l.body, l.end, func(e der) bool { x509Extension(c, e); return true })
				c.Pop(old)
			}
		}
		return true
	})
	return subject
}

// derHexInt records an integer as bytes: "serialNumber: 0x1f...".
func derHexInt(c *Cursor, f field.ID, d der) {
	raw := c.BytesAt(d.body, d.len())
	r := c.FieldAt(f, d.body, d.len())
	if b := c.Label(r); b != nil {
		b.S(field.Get(f).Label).S(": 0x").Hex(raw[:min(len(raw), 36)], 0)
		if len(raw) > 36 {
			b.S("…")
		}
	}
}

// x509Algorithm records an AlgorithmIdentifier.
func x509Algorithm(c *Cursor, f field.ID, d der) (oid string) {
	r := c.Put(f, d.at, d.size(), 0)
	old := c.Push(r)
	defer c.Pop(old)
	id, ok := derAt(c, d.body, d.end)
	if !ok || id.tag != derOID {
		return ""
	}
	oid = derOIDAt(c, afAlgID, id)
	if b := c.Append(r); b != nil {
		name := oidName(oid)
		if name == "" {
			name = oid
		}
		b.S(" (").S(name).C(')')
	}
	if p, ok := derAt(c, id.end, d.end); ok && oid == "1.2.840.10045.2.1" && p.tag == derOID {
		old := c.Push(c.Put(algEC, p.at, p.size(), 1))
		derOIDAt(c, algCurve, p)
		c.Pop(old)
	}
	return oid
}

// x509Name records a Name and its sequence of relative names.
func x509Name(c *Cursor, f, list field.ID, d der) []byte {
	old := c.Push(c.Put(f, d.at, d.size(), 0))
	defer c.Pop(old)
	return x509RDNs(c, list, d)
}

// x509NameUnder records a name's parts below r, for lists that have a line of
// their own for the name.
func x509NameUnder(c *Cursor, r dissect.Ref, at, end int) {
	d, ok := derAt(c, at, end)
	if !ok || d.tag != derSeq {
		return
	}
	old := c.Push(r)
	text := x509RDNList(c, d)
	c.Pop(old)
	if b := c.Label(r); b != nil {
		b.S("Distinguished Name:")
	}
	appendDN(c, r, tlsDN, text)
}

func x509RDNs(c *Cursor, list field.ID, d der) []byte {
	r := derItems(c, list, d)
	old := c.Push(r)
	text := x509RDNList(c, d)
	c.Pop(old)
	appendDN(c, r, list, text)
	return text
}

// appendDN puts a name behind a line, which is cut as all long lines are.
func appendDN(c *Cursor, r dissect.Ref, f field.ID, dn []byte) {
	if len(dn) == 0 {
		return
	}
	b := c.Append(r)
	if b == nil {
		return
	}
	b.S(" (").Raw(dn).C(')')
	var line field.Text
	c.Packet().Label(&line, c.Node(r))
	if line.Len() >= 240 {
		name := len(field.Get(f).Label)
		if f == tlsDN {
			name = 0
		}
		field.CutLabel(&line, 0, name)
		c.Label(r).Raw(line.B)
	}
}

// x509RDNList records the relative names and gives the whole name, last part first.
func x509RDNList(c *Cursor, d der) (dn []byte) {
	derEach(c, d.body, d.end, func(set der) bool {
		text := x509RDN(c, set)
		if len(dn) > 0 {
			text = append(append(text, ','), dn...)
		}
		dn = text[:min(len(text), maxDN)]
		return true
	})
	return dn
}

// maxDN is more of a name than any line shows.
const maxDN = 1024

// x509RDN records one relative name.
func x509RDN(c *Cursor, set der) (rdn []byte) {
	r := derItems(c, ifRDN, set)
	old := c.Push(r)
	derEach(c, set.body, set.end, func(ava der) bool {
		a := c.Put(ifAVA, ava.at, ava.size(), 0)
		inner := c.Push(a)
		text := x509AVA(c, ava)
		c.Pop(inner)
		appendDN(c, a, ifAVA, text)
		if len(rdn) > 0 {
			rdn = append(rdn, '+')
		}
		rdn = append(rdn, text...)
		rdn = rdn[:min(len(rdn), maxDN)]
		return true
	})
	c.Pop(old)
	appendDN(c, r, ifRDN, rdn)
	return rdn
}

// x509AVA records an attribute and its value; it gives "name=value".
func x509AVA(c *Cursor, ava der) []byte {
	id, ok := derAt(c, ava.body, ava.end)
	if !ok || id.tag != derOID {
		return nil
	}
	oid := derOIDAt(c, ifOID, id)
	v, ok := derAt(c, id.end, ava.end)
	if !ok {
		return nil
	}
	var t field.Text
	if name := oidName(oid); name != "" {
		t.S(name)
	} else {
		t.S(oid)
	}
	t.C('=')
	raw := c.BytesAt(v.body, v.len())
	if v.tag == derBMP {
		raw = bmpText(raw)
	}
	for i, part := range bytes.Split(raw, []byte{0}) {
		if i > 0 {
			t.S(`\000`)
		}
		t.Printable(part)
	}
	switch oid {
	case "2.5.4.6":
		derString(c, satCountry, v)
	case "2.5.4.5", "2.5.4.46":
		derString(c, satPrintable, v)
	case "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25":
		derString(c, satIA5, v)
	case "1.3.6.1.4.1.311.60.2.1.3":
		derString(c, satCountry, v)
	default:
		x509Directory(c, satDirectory, v)
	}
	return t.B
}

// x509Directory records a DirectoryString, a choice of five kinds of text.
func x509Directory(c *Cursor, f field.ID, v der) {
	k, ok := directoryIndex[v.tag]
	if !ok {
		return
	}
	old := c.Push(c.Put(f, v.at, v.size(), k))
	derString(c, satKinds[v.tag], v)
	c.Pop(old)
}

// derString records an element's contents as text.
func derString(c *Cursor, f field.ID, v der) {
	if v.tag == derBMP {
		c.PutBytes(f, v.body, v.len(), bmpText(c.BytesAt(v.body, v.len())))
		return
	}
	// A text ends at a NUL, as tshark shows it.
	raw := c.BytesAt(v.body, v.len())
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		c.PutBytes(f, v.body, v.len(), raw[:i])
		return
	}
	c.FieldAt(f, v.body, v.len())
}

// bmpText turns UCS-2 into UTF-8.
func bmpText(b []byte) []byte {
	var out []byte
	for i := 0; i+1 < len(b); i += 2 {
		out = append(out, string(rune(uint16(b[i])<<8|uint16(b[i+1])))...)
	}
	return out
}

// x509Time records a Time: two-digit years (before 50 of this century) or four.
func x509Time(c *Cursor, f field.ID, d der) {
	switch d.tag {
	case derUTC:
		old := c.Push(c.Put(f, d.at, d.size(), 0))
		if s, ok := utcTimeText(c.BytesAt(d.body, d.len())); ok {
			c.PutText(afUTC, d.at, d.size(), s)
		}
		c.Pop(old)
	case derGenTime:
		old := c.Push(c.Put(f, d.at, d.size(), 1))
		derTime(c, afGenTime, d)
		c.Pop(old)
	}
}

// utcTimeText is "2019-05-27 00:00:00 (UTC)".
func utcTimeText(b []byte) (string, bool) {
	if len(b) != 13 && len(b) != 11 || b[len(b)-1] != 'Z' {
		return "", false
	}
	for _, x := range b[:len(b)-1] {
		if x < '0' || x > '9' {
			return "", false
		}
	}
	var t field.Text
	century := "20"
	if b[0] >= '5' {
		century = "19"
	}
	t.S(century).Raw(b[:2]).C('-').Raw(b[2:4]).C('-').Raw(b[4:6]).C(' ').Raw(b[6:8]).C(':').Raw(b[8:10])
	if len(b) == 13 {
		t.C(':').Raw(b[10:12])
	}
	return t.S(" (UTC)").String(), true
}

// derTime records a GeneralizedTime whose year fits 64 bits of nanoseconds.
func derTime(c *Cursor, f field.ID, d der) {
	when, err := time.Parse("20060102150405Z", string(c.BytesAt(d.body, d.len())))
	if err != nil || when.Year() < 1700 || when.Year() > 2261 {
		return
	}
	c.Put(f, d.body, d.len(), uint64(when.UnixNano()))
}

// x509Key records a SubjectPublicKeyInfo.
func x509Key(c *Cursor, d der) {
	old := c.Push(c.Put(afSPKI, d.at, d.size(), 0))
	defer c.Pop(old)
	alg, ok := derAt(c, d.body, d.end)
	if !ok {
		return
	}
	oid := x509Algorithm(c, afKeyAlg, alg)
	key, ok := derAt(c, alg.end, d.end)
	if !ok || key.tag != derBits || key.len() < 1 {
		return
	}
	c.FieldAt(berPadding, key.body, 1)
	r := c.FieldAt(afKey, key.body+1, key.len()-1)
	if oid != "1.2.840.113549.1.1.1" {
		return
	}
	rsa, ok := derAt(c, key.body+1, key.end)
	if !ok || rsa.tag != derSeq {
		return
	}
	c.Push(r)
	c.Push(c.Put(afRSA, rsa.at, rsa.size(), 0))
	if m, ok := derAt(c, rsa.body, rsa.end); ok {
		derHexInt(c, algModulus, m)
		if e, ok := derAt(c, m.end, rsa.end); ok && e.len() <= 8 {
			c.FieldAt(algExponent, e.body, e.len())
		}
	}
}
