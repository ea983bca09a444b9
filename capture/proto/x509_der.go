// Reading DER (X.690) and naming object identifiers, as the dissectors of
// certificates need it. What is not definite-length DER is left alone.
package proto

import (
	"strconv"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// der is one tag-length-value: it begins at at, its contents are [body, end).
type der struct{ at, body, end, tag int }

// Tags, with class and constructed bit as they stand on the wire.
const (
	derBool    = 0x01
	derInt     = 0x02
	derBits    = 0x03
	derOctets  = 0x04
	derNull    = 0x05
	derOID     = 0x06
	derEnum    = 0x0a
	derUTF8    = 0x0c
	derPrint   = 0x13
	derTeletex = 0x14
	derIA5     = 0x16
	derUTC     = 0x17
	derGenTime = 0x18
	derVisible = 0x1a
	derUniv    = 0x1c
	derBMP     = 0x1e
	derSeq     = 0x30
	derSet     = 0x31
)

// derAt reads the header at pos; ok is false when it does not fit before end.
func derAt(c *Cursor, pos, end int) (d der, ok bool) {
	if end-pos < 2 {
		if end > pos && pos+2 > c.End() {
			c.BytesAt(pos, 2) // leaves
		}
		return d, false
	}
	d.at, d.tag = pos, int(c.UintAt(pos, 1))
	n := int(c.UintAt(pos+1, 1))
	d.body = pos + 2
	if n >= 0x80 {
		k := n & 0x7f
		if k == 0 || k > 3 || end-d.body < k {
			return d, false
		}
		n = int(c.UintAt(d.body, k))
		d.body += k
	}
	d.end = d.body + n
	if d.end > c.End() {
		c.BytesAt(d.body, n) // leaves: it goes on behind the data
	}
	return d, d.end <= end && d.tag&0x1f != 0x1f
}

// size is the length with header.
func (d der) size() int { return d.end - d.at }

// len is the length of the contents.
func (d der) len() int { return d.end - d.body }

// each runs f over the elements of [pos, end) until f says no or one does not fit.
func derEach(c *Cursor, pos, end int, f func(d der) bool) bool {
	for pos < end {
		d, ok := derAt(c, pos, end)
		if !ok || !f(d) {
			return false
		}
		pos = d.end
	}
	return true
}

// derCount is how many elements lie in [pos, end).
func derCount(c *Cursor, pos, end int) (n int) {
	derEach(c, pos, end, func(der) bool { n++; return true })
	return n
}

// derItems records a list: its contents, labelled with how many it has.
func derItems(c *Cursor, f field.ID, d der) dissect.Ref {
	n := derCount(c, d.body, d.end)
	r := c.Put(f, d.body, d.len(), uint64(n))
	if b := c.Label(r); b != nil {
		b.S(field.Get(f).Label).S(": ").U(uint64(n)).S(plural(n, " item", " items"))
	}
	return r
}

// derOIDAt records an object identifier with its name behind it.
func derOIDAt(c *Cursor, f field.ID, d der) string {
	s := oidDotted(c.BytesAt(d.body, d.len()))
	r := c.FieldAt(f, d.body, d.len())
	if b := c.Label(r); b != nil {
		b.S(field.Get(f).Label).S(": ").S(s)
		if name := oidName(s); name != "" {
			b.S(" (").S(name).C(')')
		}
	}
	return s
}

// oidDotted is an object identifier's usual form.
func oidDotted(b []byte) string {
	var out []byte
	v, first := uint64(0), true
	for _, x := range b {
		v = v<<7 | uint64(x&0x7f)
		if x&0x80 != 0 {
			continue
		}
		if first {
			k := min(v/40, 2)
			out = strconv.AppendUint(out, k, 10)
			v -= k * 40
			first = false
		}
		out = append(out, '.')
		out = strconv.AppendUint(out, v, 10)
		v = 0
	}
	return string(out)
}

// oidName names an object identifier: what is known of it, and numbers for
// the rest.
func oidName(s string) string {
	for head := s; head != ""; {
		if name, ok := oidNames[head]; ok {
			return name + s[len(head):]
		}
		i := strings.LastIndexByte(head, '.')
		if i < 0 {
			return ""
		}
		head = head[:i]
	}
	return ""
}

// oidNames are the names of object identifiers and of arcs.
var oidNames = map[string]string{
	"0": "itu-t", "1": "iso", "2": "joint-iso-itu-t", "1.2.840": "ISO assigned OIDs, USA", "2.16.840.1": "US company arc",
	"0.9.2342.19200300.100.1.1": "uid", "0.9.2342.19200300.100.1.25": "dc",
	"1.2.840.10040.4.1": "id-dsa", "1.2.840.10040.4.3": "id-dsa-with-sha1",
	"1.2.840.10045.1.1": "prime-field", "1.2.840.10045.2.1": "id-ecPublicKey", "1.2.840.10045.3.1.7": "secp256r1",
	"1.2.840.10045.4.1": "ecdsa-with-SHA1", "1.2.840.10045.4.3.1": "ecdsa-with-SHA224", "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
	"1.2.840.10045.4.3.3": "ecdsa-with-SHA384", "1.2.840.10045.4.3.4": "ecdsa-with-SHA512", "1.2.840.10046.2.1": "dhpublicnumber",
	"1.2.840.113533.7.65.0": "id-ce-entrustVersionInfo",
	"1.2.840.113549.1.1.1":  "rsaEncryption", "1.2.840.113549.1.1.2": "md2WithRSAEncryption", "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
	"1.2.840.113549.1.1.5": "sha1WithRSAEncryption", "1.2.840.113549.1.1.7": "id-RSAES-OAEP", "1.2.840.113549.1.1.8": "id-mgf1",
	"1.2.840.113549.1.1.10": "id-RSASSA-PSS", "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
	"1.2.840.113549.1.1.12": "sha384WithRSAEncryption", "1.2.840.113549.1.1.13": "sha512WithRSAEncryption", "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
	"1.2.840.113549.1.9.1": "pkcs-9-at-emailAddress", "1.2.840.113549.1.9.2": "pkcs-9-at-unstructuredName",
	"1.3.14.3.2.26": "SHA-1", "1.3.14.3.2.29": "sha-1WithRSAEncryption", "1.3.132.0.34": "secp384r1", "1.3.132.0.35": "secp521r1",
	"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.3": "sigAlgs",
	"1.3.6.1.4.1.11129.2.4.2": "SignedCertificateTimestampList", "1.3.6.1.4.1.11129.2.4.5": "SignedCertificateTimestampList",
	"1.3.6.1.4.1.311.20.2": "id-ms-certificate-template-name", "1.3.6.1.4.1.311.20.2.3": "id-ms-user-principal-name",
	"1.3.6.1.4.1.311.21.1": "id-ms-ca-version", "1.3.6.1.4.1.311.21.7": "id-ms-certificate-template", "1.3.6.1.4.1.311.21.10": "id-ms-application-certificate-policies",
	"1.3.6.1.4.1.311.60.2.1.1": "jurisdictionOfIncorporationLocalityName", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionOfIncorporationStateOrProvinceName",
	"1.3.6.1.4.1.311.60.2.1.3": "jurisdictionOfIncorporationCountryName",
	"1.3.6.1.5.5.7.1.1":        "id-pe-authorityInfoAccess", "1.3.6.1.5.5.7.1.12": "id-pe-logotype", "1.3.6.1.5.5.7.1.14": "id-pe-proxyCertInfo", "1.3.6.1.5.5.7.1.3": "id-pe-qcStatements",
	"1.3.6.1.5.5.7.2.1": "id-qt-cps", "1.3.6.1.5.5.7.2.2": "id-qt-unotice",
	"1.3.6.1.5.5.7.3.1": "id-kp-serverAuth", "1.3.6.1.5.5.7.3.2": "id-kp-clientAuth", "1.3.6.1.5.5.7.3.3": "id-kp-codeSigning",
	"1.3.6.1.5.5.7.3.4": "id-kp-emailProtection", "1.3.6.1.5.5.7.3.8": "id-kp-timeStamping", "1.3.6.1.5.5.7.3.9": "OCSPSigning",
	"1.3.6.1.5.5.7.48.1": "id-ad-ocsp", "1.3.6.1.5.5.7.48.2": "id-ad-caIssuers", "1.3.6.1.5.5.7.48.1.1": "id-pkix-ocsp-basic", "1.3.6.1.5.5.7.48.1.2": "id-pkix-ocsp-nonce",
	"1.3.6.1.5.5.7.48.1.4": "id-pkix-ocsp-response", "1.3.6.1.5.5.7.48.1.5": "id-pkix-ocsp-nocheck", "1.3.6.1.5.5.7.48.1.6": "id-pkix-ocsp-archive-cutoff",
	"2.5.4.3": "id-at-commonName", "2.5.4.4": "id-at-surname", "2.5.4.5": "id-at-serialNumber", "2.5.4.6": "id-at-countryName",
	"2.5.4.7": "id-at-localityName", "2.5.4.8": "id-at-stateOrProvinceName", "2.5.4.9": "id-at-streetAddress", "2.5.4.10": "id-at-organizationName",
	"2.5.4.11": "id-at-organizationalUnitName", "2.5.4.12": "id-at-title", "2.5.4.13": "id-at-description", "2.5.4.15": "id-at-businessCategory",
	"2.5.4.17": "id-at-postalCode", "2.5.4.41": "id-at-name", "2.5.4.42": "id-at-givenName", "2.5.4.46": "id-at-dnQualifier", "2.5.4.97": "id-at-organizationIdentifier",
	"2.5.29.14": "id-ce-subjectKeyIdentifier", "2.5.29.15": "id-ce-keyUsage", "2.5.29.16": "id-ce-privateKeyUsagePeriod", "2.5.29.17": "id-ce-subjectAltName",
	"2.5.29.18": "id-ce-issuerAltName", "2.5.29.19": "id-ce-basicConstraints", "2.5.29.30": "id-ce-nameConstraints", "2.5.29.31": "id-ce-cRLDistributionPoints",
	"2.5.29.32": "id-ce-certificatePolicies", "2.5.29.32.0": "anyPolicy", "2.5.29.33": "id-ce-policyMappings", "2.5.29.35": "id-ce-authorityKeyIdentifier",
	"2.5.29.36": "id-ce-policyConstraints", "2.5.29.37": "id-ce-extKeyUsage",
	"2.16.840.1.113730.1": "ns_cert_exts", "2.16.840.1.113730.1.1": "ns_cert_exts.cert_type", "2.16.840.1.113730.1.13": "ns_cert_exts.comment",
}
