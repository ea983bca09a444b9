// DNSSEC (RFC 4034, 5155), DANE (RFC 6698), SSHFP (RFC 4255), SVCB and HTTPS
// (RFC 9460). Not decoded: encrypted client hello settings inside them.
package proto

import (
	"encoding/base32"
	"strings"

	"sonde/capture/field"
)

var (
	dnsDSKey     = dnsP.U16("ds.key_id", "Key id", hex)
	dnsDSAlgo    = dnsP.U8("ds.algorithm", "Algorithm", dec, enum(dnssecAlgorithms))
	dnsDSType    = dnsP.U8("ds.digest_type", "Digest Type", dec, enum(dnsDigests))
	dnsDSDigest  = dnsP.Bytes("ds.digest", "Digest")
	dnsKeyFlags  = dnsP.U16("dnskey.flags", "Flags", hex)
	dnsKeyZone   = dnsP.Bool("dnskey.flags.zone_key", "Zone Key", mask(16, 0x0100), tf("This is the zone key for specified zone", "This it not a zone key"))
	dnsKeyRevoke = dnsP.Bool("dnskey.flags.key_revoked", "Key Revoked", mask(16, 0x0080), tf("Yes", "No"))
	dnsKeySEP    = dnsP.Bool("dnskey.flags.secure_entry_point", "Secure Entry Point", mask(16, 0x0001), tf("Yes", "No"))
	dnsKeyRes    = dnsP.U16("dnskey.flags.reserved", "Reserved", hex, mask(16, 0xfe7e))
	dnsKeyProto  = dnsP.U8("dnskey.protocol", "Protocol", dec)
	dnsKeyAlgo   = dnsP.U8("dnskey.algorithm", "Algorithm", dec, enum(dnssecAlgorithms))
	dnsKeyID     = dnsP.U16("dnskey.key_id", "Key id", dec)
	dnsKeyPublic = dnsP.Bytes("dnskey.public_key", "Public Key")
	dnsSigType   = dnsP.U16("rrsig.type_covered", "Type Covered", dec, enum(dnsTypes))
	dnsSigAlgo   = dnsP.U8("rrsig.algorithm", "Algorithm", dec, enum(dnssecAlgorithms))
	dnsSigLabels = dnsP.U8("rrsig.labels", "Labels", dec)
	dnsSigTTL    = dnsP.U32("rrsig.original_ttl", "Original TTL", dec)
	dnsSigExp    = dnsP.AbsTime("rrsig.signature_expiration", "Signature Expiration", field.Local)
	dnsSigInc    = dnsP.AbsTime("rrsig.signature_inception", "Signature Inception", field.Local)
	dnsSigKey    = dnsP.U16("rrsig.key_tag", "Key Tag", dec)
	dnsSigName   = dnsP.Str("rrsig.signers_name", "Signer's name")
	dnsSig       = dnsP.Bytes("rrsig.signature", "Signature")
	dnsNSECNext  = dnsP.Str("nsec.next_domain_name", "Next Domain Name")
	dnsN3Algo    = dnsP.U8("nsec3.algo", "Hash algorithm", dec, enum(nsec3Algos))
	dnsN3Flags   = dnsP.U8("nsec3.flags", "NSEC3 flags", dec)
	dnsN3OptOut  = dnsP.Bool("nsec3.flags.opt_out", "NSEC3 Opt-out flag", mask(8, 0x01), tf("Additional insecure delegations allowed", "Additional insecure delegations forbidden"))
	dnsN3Iter    = dnsP.U16("nsec3.iterations", "NSEC3 iterations", dec)
	dnsN3SaltLen = dnsP.U8("nsec3.salt_length", "Salt length", dec)
	dnsN3Salt    = dnsP.Bytes("nsec3.salt_value", "Salt value")
	dnsN3HashLen = dnsP.U8("nsec3.hash_length", "Hash length", dec)
	dnsN3Hash    = dnsP.Str("nsec3.hash_value", "Next hashed owner")
	dnsTLSAUse   = dnsP.U8("tlsa.certificate_usage", "Certificate Usage", dec, enum(tlsaUsages))
	dnsTLSASel   = dnsP.U8("tlsa.selector", "Selector", dec, enum(tlsaSelectors))
	dnsTLSAMatch = dnsP.U8("tlsa.matching_type", "Matching Type", dec, enum(tlsaMatches))
	dnsTLSAData  = dnsP.Bytes("tlsa.certificate_association_data", "Certificate Association Data")
	dnsSSHAlgo   = dnsP.U8("sshfp.algorithm", "Algorithm", dec, enum(dnsSSHAlgorithms))
	dnsSSHType   = dnsP.U8("sshfp.fingerprint.type", "Fingerprint type", dec, enum(dnsSSHPrints))
	dnsSSHPrint  = dnsP.Bytes("sshfp.fingerprint", "Fingerprint")

	dnsSvcPrio   = dnsP.U16("svcb.svcpriority", "SvcPriority", dec)
	dnsSvcTarget = dnsP.Str("svcb.targetname", "TargetName")
	dnsSvcParam  = dnsP.None("svcb.svcparam", "SvcParam")
	dnsSvcKey    = dnsP.U16("svcb.svcparam.key", "SvcParamKey", dec, enum(dnsSvcKeys))
	dnsSvcLen    = dnsP.U16("svcb.svcparam.value.length", "SvcParamValue length", dec)
	dnsSvcValue  = dnsP.Bytes("svcb.svcparam.value", "SvcParamValue")
	dnsSvcMand   = dnsP.U16("svcb.svcparam.mandatory.key", "Mandatory key", dec, enum(dnsSvcKeys))
	dnsALPNLen   = dnsP.U8("svcb.svcparam.alpn.length", "ALPN length", dec)
	dnsALPN      = dnsP.Str("svcb.svcparam.alpn", "ALPN")
	dnsSvcPort   = dnsP.U16("svcb.svcparam.port", "Port", dec)
	dnsSvcIPv4   = dnsP.IPv4("svcb.svcparam.ipv4hint.ip", "IP")
	dnsSvcIPv6   = dnsP.IPv6("svcb.svcparam.ipv6hint.ip", "IP")
	dnsSvcDoH    = dnsP.Str("svcb.svcparam.dohpath", "DoH path")
)

// dnsSecData reads the types of this file; false for others.
func dnsSecData(c *Cursor, m *dnsMsg, r *dnsRR) bool {
	switch r.typ {
	case rrDS, rrCDS, rrDLV:
		c.U16(dnsDSKey)
		c.U8(dnsDSAlgo)
		c.U8(dnsDSType)
		c.Bytes(dnsDSDigest, r.end-c.Pos())
	case rrDNSKEY, rrCDNSKEY:
		dnsDataKey(c, r)
	case rrRRSIG, rrSIG:
		dnsDataSig(c, m, r)
	case rrNSEC:
		var name dnsName
		r.nameField(c, m, dnsNSECNext, &name)
		r.both(c, true, func(b *field.Text, column bool) {
			if !column {
				b.S(", next domain name ")
			}
			name.show(b)
		})
		dnsBitmap(c, r)
	case rrNSEC3, rrNSEC3PARAM:
		if r.typ == rrNSEC3PARAM {
			r.ownerOnly(c)
		}
		c.U8(dnsN3Algo)
		if r.typ == rrNSEC3 {
			c.Word(dnsN3Flags, 1, dnsN3OptOut)
		} else {
			c.U8(dnsN3Flags)
		}
		c.U16(dnsN3Iter)
		n := int(c.U8(dnsN3SaltLen))
		c.Bytes(dnsN3Salt, n)
		if r.typ == rrNSEC3 {
			n = int(c.U8(dnsN3HashLen))
			hash := c.PeekBytes(0, n)
			if c.Wants(dnsN3Hash) {
				c.PutText(dnsN3Hash, c.Pos(), n, strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(hash)))
			}
			c.Skip(n)
			dnsBitmap(c, r)
		}
	case rrTLSA:
		r.ownerOnly(c)
		c.U8(dnsTLSAUse)
		c.U8(dnsTLSASel)
		c.U8(dnsTLSAMatch)
		c.Bytes(dnsTLSAData, r.end-c.Pos())
	case rrSSHFP:
		c.U8(dnsSSHAlgo)
		c.U8(dnsSSHType)
		c.Bytes(dnsSSHPrint, r.end-c.Pos())
	case rrSVCB, rrHTTPS:
		dnsDataSVCB(c, m, r)
	default:
		return false
	}
	return true
}

func dnsDataKey(c *Cursor, r *dnsRR) {
	c.Word(dnsKeyFlags, 2, dnsKeyZone, dnsKeyRevoke, dnsKeySEP, dnsKeyRes)
	c.U8(dnsKeyProto)
	algo := c.U8(dnsKeyAlgo)
	c.Gen(dnsKeyID, c.Start()+r.at, 0, uint64(dnsKeyTag(c, r, algo)))
	c.Bytes(dnsKeyPublic, r.end-c.Pos())
}

func dnsDataSig(c *Cursor, m *dnsMsg, r *dnsRR) {
	typ := c.U16(dnsSigType)
	if b := c.Label(c.Last()); b != nil {
		b.S("Type Covered: ")
		dnsTypeName(b, typ)
		b.S(" (").U(uint64(typ)).S(") ")
		if w, ok := dnsTypeWords.Lookup(uint64(typ)); ok {
			b.C('(').S(w).C(')')
		}
	}
	c.U8(dnsSigAlgo)
	c.U8(dnsSigLabels)
	v := c.U32(dnsSigTTL)
	dnsSeconds(c, c.Last(), v)
	for _, f := range [...]field.ID{dnsSigExp, dnsSigInc} {
		t := c.Peek32(0)
		c.Put(f, c.Pos(), 4, uint64(t)*1e9)
		c.Skip(4)
	}
	c.U16(dnsSigKey)
	var name dnsName
	r.nameField(c, m, dnsSigName, &name)
	c.Bytes(dnsSig, r.end-c.Pos())
}

// dnsKeyTag is RFC 4034, appendix B. Keys of the oldest algorithm have a part
// of their modulus instead.
func dnsKeyTag(c *Cursor, r *dnsRR, algo uint8) uint16 {
	b := c.BytesAt(r.data, r.end-r.data)
	if algo == 1 {
		if len(b) < 8 {
			return 0
		}
		return uint16(b[len(b)-3])<<8 | uint16(b[len(b)-2])
	}
	var sum uint32
	for i, x := range b {
		if i&1 == 0 {
			sum += uint32(x) << 8
		} else {
			sum += uint32(x)
		}
	}
	sum += sum >> 16
	return uint16(sum)
}

// dnsBits shows the types of one byte of a bitmap that begins at type from.
func dnsBits(c *Cursor, pos int, from uint16, bits byte) {
	for k := range 8 {
		if bits&(0x80>>uint(k)) == 0 {
			continue
		}
		typ := from + uint16(k)
		ref := c.Put(dnsRespType, pos, 1, uint64(typ))
		if t := c.Label(ref); t != nil {
			t.S("RR type in bit map: ")
			dnsTypeName(t, typ)
			t.C(' ')
			if w, ok := dnsTypeWords.Lookup(uint64(typ)); ok {
				t.C('(').S(w).C(')')
			}
		}
	}
}

// dnsBitmap is the list of types that a name has, RFC 4034 section 4.1.2.
func dnsBitmap(c *Cursor, r *dnsRR) {
	for c.Pos() < r.end {
		block, n := int(c.Peek8(0)), int(c.Peek8(1))
		c.Skip(2)
		for i, b := range c.PeekBytes(0, n) {
			dnsBits(c, c.Pos()+i, uint16(block<<8|i<<3), b)
		}
		c.Skip(n)
	}
}

func dnsDataSVCB(c *Cursor, m *dnsMsg, r *dnsRR) {
	c.U16(dnsSvcPrio)
	var name dnsName
	r.nameField(c, m, dnsSvcTarget, &name)
	for c.Pos() < r.end {
		at := c.Pos()
		key, n := c.Peek16(0), int(c.Peek16(2))
		ref := c.Put(dnsSvcParam, at, 4+n, 0)
		old := c.Push(ref)
		c.U16(dnsSvcKey)
		c.U16(dnsSvcLen)
		end := c.Pos() + n
		if b := c.Label(ref); b != nil {
			b.S("SvcParam: ").S(dnsSvcKeys.Text(uint64(key), "key"))
			if _, ok := dnsSvcKeys.Lookup(uint64(key)); !ok {
				b.U(uint64(key))
			}
		}
		dnsSvcParamValue(c, key, end, func(write func(b *field.Text)) {
			if b := c.Append(ref); b != nil {
				write(b)
			}
		})
		c.Pop(old)
		c.Seek(end)
	}
}

func dnsSvcParamValue(c *Cursor, key uint16, end int, line func(func(b *field.Text))) {
	first := true
	sep := func(b *field.Text) {
		if first {
			b.C('=')
		} else {
			b.C(',')
		}
	}
	switch key {
	case 0:
		for c.Pos() < end {
			k := c.U16(dnsSvcMand)
			line(func(b *field.Text) {
				sep(b)
				b.S(dnsSvcKeys.Text(uint64(k), "key"))
			})
			first = false
		}
	case 1:
		for c.Pos() < end {
			n := int(c.U8(dnsALPNLen))
			s := c.Bytes(dnsALPN, n)
			line(func(b *field.Text) { sep(b); b.Printable(s) })
			first = false
		}
	case 3:
		p := c.U16(dnsSvcPort)
		line(func(b *field.Text) { sep(b); b.U(uint64(p)) })
	case 4:
		for c.Pos() < end {
			a := c.Bytes(dnsSvcIPv4, 4)
			line(func(b *field.Text) { sep(b); b.IPv4(a) })
			first = false
		}
	case 6:
		for c.Pos() < end {
			a := c.Bytes(dnsSvcIPv6, 16)
			line(func(b *field.Text) { sep(b); b.IPv6(a) })
			first = false
		}
	case 7:
		s := c.Bytes(dnsSvcDoH, end-c.Pos())
		line(func(b *field.Text) { sep(b); b.Printable(s) })
	case 2, 5, 8:
		if end > c.Pos() && key != 5 {
			c.Bytes(dnsSvcValue, end-c.Pos())
		}
	default:
		if end > c.Pos() {
			raw := c.Bytes(dnsSvcValue, end-c.Pos())
			var text dnsName
			text.label(raw)
			line(func(b *field.Text) { sep(b); text.show(b) })
		}
	}
}
