package proto

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"sonde/capture/dissect"
	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

// Builders of TLS messages: vec puts a length of n bytes in front.
func vec(n int, parts ...string) string {
	body := strings.Join(parts, "")
	var l [8]byte
	binary.BigEndian.PutUint64(l[:], uint64(len(body)))
	return string(l[8-n:]) + body
}

func num(n int, v uint64) string {
	var l [8]byte
	binary.BigEndian.PutUint64(l[:], v)
	return string(l[8-n:])
}

func tlsRec(typ uint8, ver uint16, body string) string {
	return string([]byte{typ}) + num(2, uint64(ver)) + vec(2, body)
}

func tlsMsg(typ uint8, body string) string { return string([]byte{typ}) + vec(3, body) }

func tlsExtOf(typ uint16, body string) string { return num(2, uint64(typ)) + vec(2, body) }

func certOf(s string) string {
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(s, "\n", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

var (
	random32 = strings.Repeat("\x11\x22\x33\x44\x55\x66\x77\x88", 4)

	helloC = tlsMsg(hsClientHello, num(2, verTLS12)+random32+vec(1, random32)+
		vec(2, "\x0a\x0a\x13\x01\x13\x02\xc0\x2f\x00\x9c")+vec(1, "\x00")+
		vec(2,
			tlsExtOf(0x1a1a, ""),
			tlsExtOf(extServerName, vec(2, "\x00"+vec(2, "www.example.com"))),
			tlsExtOf(extMasterSecret, ""), tlsExtOf(extReneg, "\x00"),
			tlsExtOf(extGroups, vec(2, "\x2a\x2a\x00\x1d\x00\x17")), tlsExtOf(extPointFormats, vec(1, "\x00\x01")),
			tlsExtOf(extTicket, ""), tlsExtOf(extALPN, vec(2, vec(1, "h2"), vec(1, "http/1.1"))),
			tlsExtOf(extStatusRequest, "\x01\x00\x00\x00\x00"), tlsExtOf(extStatusRequest2, vec(2, "\x02\x00\x04\x00\x00\x00\x00")),
			tlsExtOf(extSigAlgs, vec(2, "\x04\x03\x08\x04\x06\x02\xfe\xfe")), tlsExtOf(extSCT, ""), tlsExtOf(extHeartbeat, "\x01"),
			tlsExtOf(extKeyShare, vec(2, "\x2a\x2a"+vec(2, "\x00")+"\x00\x1d"+vec(2, random32))),
			tlsExtOf(extPSKModes, vec(1, "\x01")), tlsExtOf(extSupportedVersions, vec(1, "\x3a\x3a\x03\x04\x03\x03")),
			tlsExtOf(extCompressCert, vec(1, "\x00\x02")), tlsExtOf(extRecordLimit, "\x40\x01"), tlsExtOf(extALPS, vec(2, vec(1, "h2"))),
			tlsExtOf(extECH, "\x00\x00\x01\x00\x01\x07"+vec(2, random32)+vec(2, random32)),
			tlsExtOf(extCookie, vec(2, "cookie")), tlsExtOf(extTokenBinding, "\x00\x0d"+vec(1, "\x02")), tlsExtOf(extNPN, ""),
			tlsExtOf(extQUIC, "\x01\x04\x80\x00\xea\x60\x0f\x02\xab\xcd\x11\x08\x00\x00\x00\x01\x6b\x33\x43\xcf\x40\x36\x00"),
			tlsExtOf(extDelegated, vec(2, "\x04\x03")), tlsExtOf(extESNI, "\x13\x01\x00\x1d"+vec(2, "key")+vec(2, "digest")+vec(2, "name")),
			tlsExtOf(extClientCertType, vec(1, "\x00\x02")), tlsExtOf(extMaxFragment, "\x01"), tlsExtOf(extConnectionID, vec(1, "id")),
			tlsExtOf(0x1234, "what"), tlsExtOf(extPadding, "\x00\x00"), tlsExtOf(extEarlyData, ""),
			tlsExtOf(extPSK, vec(2, vec(2, "ticket")+"\x00\x00\x00\x07")+vec(2, vec(1, random32)))))

	helloPlain = tlsMsg(hsClientHello, num(2, verTLS12)+random32+vec(1)+vec(2, "\xc0\x2f\x00\x9e\x00\x2f")+vec(1, "\x00")+
		vec(2, tlsExtOf(extServerName, vec(2, "\x00"+vec(2, "plain.example")))))

	helloS = tlsMsg(hsServerHello, num(2, verTLS12)+random32+vec(1, "id")+"\xc0\x2f\x00"+
		vec(2, tlsExtOf(extReneg, "\x00"), tlsExtOf(extALPN, vec(2, vec(1, "http/1.1"))),
			tlsExtOf(extSCT, vec(2, vec(2, "\x00"+random32+num(8, 1600000000000)+vec(2)+"\x04\x03"+vec(2, "signature"))))))

	hello13 = tlsMsg(hsServerHello, num(2, verTLS12)+random32+vec(1)+"\x13\x01\x00"+
		vec(2, tlsExtOf(extSupportedVersions, "\x03\x04"), tlsExtOf(extKeyShare, "\x00\x1d"+vec(2, random32)), tlsExtOf(extPSK, "\x00\x00")))

	retry13 = tlsMsg(hsServerHello, num(2, verTLS12)+helloRetryMagic+vec(1)+"\x13\x01\x00"+
		vec(2, tlsExtOf(extSupportedVersions, "\x03\x04"), tlsExtOf(extKeyShare, "\x00\x17")))

	certsMsg = tlsMsg(hsCertificate, vec(3, vec(3, certOf(testCertEC)), vec(3, certOf(testCertRSA))))

	// An OCSP response: good, by key, without certificates.
	ocspAnswer = derOf(0x30, derOf(derEnum, "\x00"), derOf(0xa0, derOf(0x30, derOf(derOID, "\x2b\x06\x01\x05\x05\x07\x30\x01\x01"),
		derOf(derOctets, derOf(0x30,
			derOf(0x30, derOf(0xa2, derOf(derOctets, "keykeykeykeykeykeyke")), derOf(derGenTime, "20240102030405Z"),
				derOf(0x30, derOf(0x30,
					derOf(0x30, derOf(0x30, derOf(derOID, "\x2b\x0e\x03\x02\x1a"), derOf(derNull)), derOf(derOctets, "name"), derOf(derOctets, "key"), derOf(derInt, "\x01\x02")),
					derOf(0x80), derOf(derGenTime, "20240102030405Z"), derOf(0xa0, derOf(derGenTime, "20240109030405Z"))))),
			derOf(0x30, derOf(derOID, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), derOf(derNull)), derOf(derBits, "\x00signature"))))))
)

// derOf is an element of DER.
func derOf(tag byte, parts ...string) string {
	body := strings.Join(parts, "")
	if len(body) < 128 {
		return string([]byte{tag, byte(len(body))}) + body
	}
	return string([]byte{tag, 0x82}) + vec(2, body)
}

func tlsTurns(turns ...string) [][]byte {
	var out []prototest.Talk
	for _, s := range turns {
		back := s[0] == '<'
		out = append(out, prototest.Talk{Back: back, Data: []byte(s[1:])})
	}
	return prototest.TCPFrames(443, 0, out...)
}

const certAllocs = "names are put together from their parts"

func init() {
	ske := tlsMsg(hsServerKeyExch, "\x03\x00\x17"+vec(1, "point")+"\x04\x03"+vec(2, "signature"))
	creq := tlsMsg(hsCertRequest, vec(1, "\x01\x40")+vec(2, "\x04\x03")+vec(2, vec(2, derOf(0x30, derOf(0x31, derOf(0x30, derOf(derOID, "\x55\x04\x03"), derOf(derUTF8, "CA")))))))
	status := tlsMsg(hsCertStatus, "\x01"+vec(3, ocspAnswer))
	ccs := tlsRec(recCCS, verTLS12, "\x01")
	prototest.Sample("tls-12", frame.LinkEthernet, tlsTurns(
		">"+tlsRec(recHandshake, verTLS10, helloPlain),
		"<"+tlsRec(recHandshake, verTLS12, helloS)+tlsRec(recHandshake, verTLS12, certsMsg)+tlsRec(recHandshake, verTLS12, status+ske+creq+tlsMsg(hsServerDone, "")),
		">"+tlsRec(recHandshake, verTLS12, tlsMsg(hsClientKeyExch, vec(1, "point")))+tlsRec(recHandshake, verTLS12, tlsMsg(hsCertVerify, "\x04\x03"+vec(2, "signature")))+ccs+tlsRec(recHandshake, verTLS12, random32),
		"<"+tlsRec(recHandshake, verTLS12, tlsMsg(hsNewTicket, num(4, 7200)+vec(2, "ticket")))+ccs+tlsRec(recHandshake, verTLS12, random32),
		">"+tlsRec(recAppData, verTLS12, "ciphertext")+tlsRec(recAppData, verTLS12, "more"),
		"<"+tlsRec(recHeartbeat, verTLS12, "\x01\x00\x02hi"+random32[:16])+tlsRec(recAlert, verTLS12, "\x01\x00")+tlsRec(recAlert, verTLS12, random32),
	)...).MayAllocate(certAllocs)
	prototest.Sample("tls-13", frame.LinkEthernet, tlsTurns(
		">"+tlsRec(recHandshake, verTLS10, helloC),
		"<"+tlsRec(recHandshake, verTLS12, retry13)+ccs,
		">"+ccs+tlsRec(recHandshake, verTLS12, helloC),
		"<"+tlsRec(recHandshake, verTLS12, hello13)+tlsRec(recAppData, verTLS12, random32),
		">"+tlsRec(recAppData, verTLS12, random32),
		"<\x50what is this?",
	)...).MayAllocate("fingerprints of hellos are hashes")
	hello2 := "\x01\x03\x01" + num(2, 6) + num(2, 0) + num(2, 32) + "\x01\x00\x80\x00\x00\x2f" + random32
	prototest.Sample("tls-ssl2", frame.LinkEthernet, tlsTurns(
		">"+num(2, uint64(0x8000|len(hello2)))+hello2,
		"<"+tlsRec(recHandshake, verSSL3, tlsMsg(hsServerHello, num(2, verSSL3)+random32+vec(1)+"\x00\x2f\x00"))+tlsRec(recHandshake, verSSL3, tlsMsg(hsServerDone, "")),
		">"+tlsRec(recHandshake, verSSL3, tlsMsg(hsClientKeyExch, random32))+tlsRec(recCCS, verSSL3, "\x01")+tlsRec(recHandshake, verSSL3, random32),
		"<"+tlsRec(recAlert, verSSL3, "\x02\x28"),
	)...).MayAllocate("fingerprints of hellos are hashes")
	dhe := strings.Replace(helloS, "\xc0\x2f\x00", "\x00\x9e\x00", 1)
	prototest.Sample("tls-cut-records", frame.LinkEthernet, prototest.TCPFrames(443, 40,
		prototest.Talk{Data: []byte(tlsRec(recHandshake, verTLS10, helloPlain))},
		prototest.Talk{Back: true, Data: []byte(tlsRec(recHandshake, verTLS12, dhe) +
			tlsRec(recHandshake, verTLS12, tlsMsg(hsServerKeyExch, vec(2, "prime")+vec(2, "g")+vec(2, "public")+"\x04\x01"+vec(2, "signature"))))},
		prototest.Talk{Data: []byte(tlsRec(recHandshake, verTLS12, tlsMsg(hsClientKeyExch, vec(2, "public"))))})...).MayAllocate("reassembly and fingerprints")
}

// tlsShown gives the trees and rows of what was said on port 443.
func tlsShown(t *testing.T, turns ...string) []string {
	t.Helper()
	c := prototest.Make(frame.LinkEthernet, tlsTurns(turns...)...)
	out, _ := learn(t, c.Frames, dissect.NewConfig())
	return out
}

func TestTLSInfo(t *testing.T) {
	out := tlsShown(t,
		">"+tlsRec(recHandshake, verTLS10, helloC),
		"<"+tlsRec(recHandshake, verTLS12, hello13)+tlsRec(recAppData, verTLS12, random32),
		">"+tlsRec(recAppData, verTLS12, random32))
	for i, want := range map[int]string{
		3: "Client Hello (SNI=www.example.com)",
		5: "Server Hello, Application Data",
		7: "Application Data",
	} {
		if got := infoOf(out[i]); got != want {
			t.Errorf("frame %d: Info is %q, want %q", i+1, got, want)
		}
	}
	for _, want := range []string{
		"JA4: t13d0432h2_",
		"Cipher Suites (5 suites)",
		"Extension: key_share (len=43) x25519",
		"Extension: supported_versions (len=7) TLS 1.3, TLS 1.2",
		"Signature Algorithm: SHA512 DSA (0x0602)",
		"Signature Algorithm: Unknown Unknown (0xfefe)",
		"Cipher Suite: HKDF-SHA256/AES-128-GCM",
	} {
		if !strings.Contains(out[3], want) {
			t.Errorf("the client hello does not show %q:\n%s", want, out[3])
		}
	}
}

// JA3 and JA4 as their authors' examples have them: a hello without extensions
// and one with few.
func TestTLSFingerprints(t *testing.T) {
	h := tlsHello{version: verTLS12, suites: []uint16{0xc0a4}, exts: []uint16{5, 0, 0xff01}, sni: true, whole: true}
	if got, want := h.ja3(), "771,49316,5-0-65281,,"; got != want {
		t.Errorf("JA3 is %q, want %q", got, want)
	}
	hashed, raw := h.ja4("t")
	if want := "t12d010300_e7703b637233_fee41c0d62a8"; hashed != want {
		t.Errorf("JA4 is %q, want %q", hashed, want)
	}
	if want := "t12d010300_c0a4_0005,ff01"; raw != want {
		t.Errorf("JA4_r is %q, want %q", raw, want)
	}
}

func TestTLSResumed(t *testing.T) {
	ccs := tlsRec(recCCS, verTLS12, "\x01")
	out := tlsShown(t, ">"+tlsRec(recHandshake, verTLS10, helloPlain), "<"+tlsRec(recHandshake, verTLS12, helloS)+ccs+tlsRec(recHandshake, verTLS12, random32))
	if !strings.Contains(out[5], "This session reuses previously negotiated keys") {
		t.Errorf("a handshake without ServerHelloDone does not count as resumed:\n%s", out[5])
	}
	if got, want := infoOf(out[5]), "Server Hello, Change Cipher Spec, Encrypted Handshake Message"; got != want {
		t.Errorf("Info is %q, want %q", got, want)
	}
}

func TestX509(t *testing.T) {
	out := tlsShown(t, ">"+tlsRec(recHandshake, verTLS10, helloPlain), "<"+tlsRec(recHandshake, verTLS12, helloS)+tlsRec(recHandshake, verTLS12, certsMsg))
	for _, want := range []string{
		"rdnSequence: 4 items (pkcs-9-at-emailAddress=admin@example.com,id-at-commonName=www.example.com,id-at-organizationName=Example, Inc.,id-at-countryName=DE)",
		"ECParameters: namedCurve (1)", "namedCurve: 1.2.840.10045.3.1.7 (secp256r1)",
		"Extension (id-ce-subjectAltName)", "dNSName: www.example.com", "iPAddress: 192.0.2.1", "iPAddress: 2001:db8::1",
		"1... .... = digitalSignature: True", "pathLenConstraint: 0", "KeyPurposeId: 1.3.6.1.5.5.7.3.1 (id-kp-serverAuth)",
		"policyIdentifier: 2.23.140.1.2.1 (joint-iso-itu-t.23.140.1.2.1)", "DirectoryString: http://example.com/cps", "Comment: made for a test",
		"BER: Dissector for OID not implemented", "RSA Public Key", "publicExponent: 65537",
	} {
		if !strings.Contains(out[len(out)-5], want) && !strings.Contains(strings.Join(out, "\n"), want) {
			t.Errorf("the certificates do not show %q", want)
		}
	}
}

// A length that claims more than there is must not run on into what follows.
func TestTLSBadLengths(t *testing.T) {
	bad := tlsMsg(hsClientHello, num(2, verTLS12)+random32+vec(1)+vec(2, "\xc0\x2f")+vec(1, "\x00")+vec(2, num(2, extGroups)+num(2, 500)+"\x00\x02\x00\x1d"))
	out := tlsShown(t, ">"+tlsRec(recHandshake, verTLS10, bad))
	if want := "Vector length 500 is too large, truncating it to 4"; !strings.Contains(out[3], want) {
		t.Errorf("no word of %q:\n%s", want, out[3])
	}
}

func BenchmarkTLSOpenHandshake(b *testing.B) {
	c := prototest.Make(frame.LinkEthernet, tlsTurns(">"+tlsRec(recHandshake, verTLS10, helloC), "<"+tlsRec(recHandshake, verTLS12, helloS)+tlsRec(recHandshake, verTLS12, certsMsg))...)
	_, e := learn(b, c.Frames, dissect.NewConfig())
	b.ReportAllocs()
	for b.Loop() {
		for i := range c.Frames {
			e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Columns: true})
		}
	}
}

// FuzzTLS says what it likes on both sides of a connection: nothing crashes,
// and a second pass shows what the first did.
func FuzzTLS(f *testing.F) {
	f.Add([]byte(tlsRec(recHandshake, verTLS10, helloC)), []byte(tlsRec(recHandshake, verTLS12, hello13)))
	f.Add([]byte(tlsRec(recHandshake, verTLS10, helloPlain)), []byte(tlsRec(recHandshake, verTLS12, helloS)+tlsRec(recHandshake, verTLS12, certsMsg)))
	f.Add([]byte(tlsRec(recAlert, verTLS12, "\x01\x00")), []byte(tlsRec(recHandshake, verTLS12, tlsMsg(hsCertStatus, "\x01"+vec(3, ocspAnswer)))))
	f.Fuzz(func(t *testing.T, client, server []byte) {
		if len(client)+len(server) > 1<<14 {
			t.Skip("long inputs only slow the search down")
		}
		c := prototest.Make(frame.LinkEthernet, prototest.TCPFrames(443, 900,
			prototest.Talk{Data: client}, prototest.Talk{Back: true, Data: server}, prototest.Talk{Data: server}, prototest.Talk{Back: true, Data: client})...)
		first, e := learn(t, c.Frames, dissect.NewConfig())
		for i := len(c.Frames) - 1; i >= 0; i-- {
			p := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Columns: true})
			if p.Bug != "" {
				t.Fatalf("frame %d: %s", i+1, p.Bug)
			}
			if len(first[i]) == 0 {
				t.Fatalf("frame %d: nothing shown", i+1)
			}
		}
	})
}

// Certificates made for these tests with openssl: one of everything that is
// decoded, and one with an RSA key.
const (
	testCertEC = `
MIIECjCCA6+gAwIBAgIUQuLm17LpcJbUlcuyV8mK4bq5X6wwCgYIKoZIzj0EAwIwYTELMAkGA1UEBhMCREUxFjAUBgNVBAoMDUV4YW1wbGUsIEluYy4xGDAW
BgNVBAMMD3d3dy5leGFtcGxlLmNvbTEgMB4GCSqGSIb3DQEJARYRYWRtaW5AZXhhbXBsZS5jb20wHhcNMjYxMTI1MTcwNzMxWhcNMzYxMTIyMTcwNzMxWjBh
MQswCQYDVQQGEwJERTEWMBQGA1UECgwNRXhhbXBsZSwgSW5jLjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUuY29tMSAwHgYJKoZIhvcNAQkBFhFhZG1pbkBleGFt
cGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKpb7dcL2GqFkMrW/5eTfWZDEvY/XMsbOVC/NTqN8oZC+xUe/xjr2O26/Dgops50fBv68fexK8Ry
u1ywYXV6ycejggJDMIICPzASBgNVHRMBAf8ECDAGAQH/AgEAMA4GA1UdDwEB/wQEAwIChDAdBgNVHSUEFjAUBggrBgEFBQcDAQYIKwYBBQUHAwIwHQYDVR0O
BBYEFC2XvFJ0W0pkcH6h5cFlBmzzrcp2MIGGBgNVHSMEfzB9oWWkYzBhMQswCQYDVQQGEwJERTEWMBQGA1UECgwNRXhhbXBsZSwgSW5jLjEYMBYGA1UEAwwP
d3d3LmV4YW1wbGUuY29tMSAwHgYJKoZIhvcNAQkBFhFhZG1pbkBleGFtcGxlLmNvbYIUQuLm17LpcJbUlcuyV8mK4bq5X6wwVgYDVR0RBE8wTYIPd3d3LmV4
YW1wbGUuY29thwTAAAIBhxAgAQ24AAAAAAAAAAAAAAABhhNodHRwOi8vZXhhbXBsZS5jb20vgQ1hQGV4YW1wbGUuY29tMCoGA1UdHwQjMCEwH6AdoBuGGWh0
dHA6Ly9leGFtcGxlLmNvbS9jYS5jcmwwWQYDVR0gBFIwUDAFBgMqAwQwRwYGZ4EMAQIBMD0wIgYIKwYBBQUHAgEWFmh0dHA6Ly9leGFtcGxlLmNvbS9jcHMw
FwYIKwYBBQUHAgIwCwwJcmVhZCB0aGlzMDMGCCsGAQUFBwEBBCcwJTAjBggrBgEFBQcwAYYXaHR0cDovL29jc3AuZXhhbXBsZS5jb20wEQYJYIZIAYb4QgEB
BAQDAgZAMB4GCWCGSAGG+EIBDQQRFg9tYWRlIGZvciBhIHRlc3QwCwYEKgMEBQQDBAH/MAoGCCqGSM49BAMCA0kAMEYCIQDuRMHP3n4yMm/dgLrXeVykFwJh
hjsRYHGidqax04ImZwIhAJn13Jv7ZhQ/l2yxv4Psb4VlV+jvrdDV4seaZPpJh5Z7
`
	testCertRSA = `
MIIB+DCCAWGgAwIBAgIUc6jQlXRtvNVs5B9qx1dhtC4gwu4wDQYJKoZIhvcNAQELBQAwDjEMMAoGA1UEAwwDcnNhMB4XDTI2MTEyNTE3MDczMVoXDTM2MTEy
MjE3MDczMVowDjEMMAoGA1UEAwwDcnNhMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCwGr6FDzv3apM/n+TObmNeWznUTjpIoX9sIj+j08qCBWPbOqaC
uQJDIwBYw+vjpvpCdMZQTChjTVUc7sgRX/GyBdSp/Tn9E6/8Xt9ltwyC59SRJufCZTbg2Rzp1qa/J6R6zJcSDo4fQSfSR7juvrdvIBe5gfuk6HaL7d05+nHW
zQIDAQABo1MwUTAdBgNVHQ4EFgQUpoviST+78dpJbyqem7cDUMU0vFEwHwYDVR0jBBgwFoAUpoviST+78dpJbyqem7cDUMU0vFEwDwYDVR0TAQH/BAUwAwEB
/zANBgkqhkiG9w0BAQsFAAOBgQAD5IuZJB/O8huG8liJS/viIgDRq4UaubQIbIR8TYewto4QuS4ZqjVMJ2euFnx72OEC26K3wjistb4mkzCU8ST7T9wQaaAx
6Z+bGvZtxH0Q0aEMme9i8uvnZ7BTsCeIPE0myLyXHiAnv1gDvPVazHHcpmOZCL5HmHPvmW3zO28lsA==
`
)
