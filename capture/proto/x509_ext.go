// Extensions of X.509 certificates: RFC 5280 section 4.2, RFC 6962, and those
// of Microsoft that servers send.
package proto

import "sonde/capture/field"

var (
	x509ceP  = protocol("x509ce", "X.509 Certificate Extensions", "X509CE")
	pkixImpP = protocol("pkix1implicit", "PKIX1Implicit", "PKIX1IMPLICIT")
	pkixExpP = protocol("pkix1explicit", "PKIX1Explicit", "PKIX1EXPLICIT")

	ceAKI      = x509ceP.None("AuthorityKeyIdentifier_element", "AuthorityKeyIdentifier")
	ceKeyID    = x509ceP.Bytes("keyIdentifier", "keyIdentifier")
	ceIssuer   = x509ceP.U32("authorityCertIssuer", "authorityCertIssuer", dec)
	ceSerial   = x509ceP.Bytes("authorityCertSerialNumber", "authorityCertSerialNumber")
	ceSKI      = x509ceP.Bytes("SubjectKeyIdentifier", "SubjectKeyIdentifier")
	ceNames    = x509ceP.U32("GeneralNames", "GeneralNames", dec)
	ceName     = x509ceP.U32("GeneralName", "GeneralName", dec, enum(generalNames))
	ceRFC822   = x509ceP.Str("rfc822Name", "rfc822Name")
	ceDNS      = x509ceP.Str("dNSName", "dNSName")
	ceURI      = x509ceP.Str("uniformResourceIdentifier", "uniformResourceIdentifier")
	ceDirName  = x509ceP.U32("directoryName", "directoryName", dec, enum(x509NameKinds))
	ceIPv4     = x509ceP.IPv4("IPAddress.ipv4", "iPAddress")
	ceIPv6     = x509ceP.IPv6("IPAddress.ipv6", "iPAddress")
	ceRegID    = x509ceP.Add("registeredID", "registeredID", field.TOID, noBase)
	ceUsage    = x509ceP.Bytes("KeyUsage", "KeyUsage")
	cePurposes = x509ceP.U32("KeyPurposeIDs", "KeyPurposeIDs", dec)
	cePurpose  = x509ceP.Add("KeyPurposeId", "KeyPurposeId", field.TOID, noBase)
	ceCRLs     = x509ceP.U32("CRLDistPointsSyntax", "CRLDistPointsSyntax", dec)
	cePoint    = x509ceP.None("DistributionPoint_element", "DistributionPoint")
	cePointN   = x509ceP.U32("distributionPoint", "distributionPoint", dec, enum(distributionPoints))
	ceFull     = x509ceP.U32("fullName", "fullName", dec)
	cePolicies = x509ceP.U32("CertificatePoliciesSyntax", "CertificatePoliciesSyntax", dec)
	cePolicy   = x509ceP.None("PolicyInformation_element", "PolicyInformation")
	cePolicyID = x509ceP.Add("policyIdentifier", "policyIdentifier", field.TOID, noBase)
	ceQuals    = x509ceP.U32("policyQualifiers", "policyQualifiers", dec)
	ceQual     = x509ceP.None("PolicyQualifierInfo_element", "PolicyQualifierInfo")
	ceQualID   = x509ceP.Add("id", "Id", field.TOID, noBase)
	ceBasic    = x509ceP.None("BasicConstraintsSyntax_element", "BasicConstraintsSyntax")
	ceCA       = x509ceP.Bool("cA", "cA")
	cePathLen  = x509ceP.U32("pathLenConstraint", "pathLenConstraint", dec)
	ceTemplate = x509ceP.None("CertificateTemplate_element", "CertificateTemplate")
	ceTplID    = x509ceP.Add("templateID", "templateID", field.TOID, noBase)
	ceTplMajor = x509ceP.I32("templateMajorVersion", "templateMajorVersion", dec)
	ceTplMinor = x509ceP.I32("templateMinorVersion", "templateMinorVersion", dec)

	cePeriod      = x509ceP.None("PrivateKeyUsagePeriod_element", "PrivateKeyUsagePeriod")
	ceNotBefore   = x509ceP.AbsTime("notBefore", "notBefore", field.Local)
	ceNotAfter    = x509ceP.AbsTime("notAfter", "notAfter", field.Local)
	ceEntrust     = x509ceP.None("EntrustVersionInfo_element", "EntrustVersionInfo")
	ceEntrustVers = x509ceP.Str("entrustVers", "entrustVers")
	ceEntrustInfo = x509ceP.Bytes("entrustVersInfoFlags", "entrustVersInfoFlags")
	ceEntrustBits = [...]field.ID{
		x509ceP.Bool("EntrustInfoFlags.keyUpdateAllowed", "keyUpdateAllowed", mask(8, 0x80)),
		x509ceP.Bool("EntrustInfoFlags.newExtensions", "newExtensions", mask(8, 0x40)),
		x509ceP.Bool("EntrustInfoFlags.pKIXCertificate", "pKIXCertificate", mask(8, 0x20)),
		x509ceP.Bool("EntrustInfoFlags.enterpriseCategory", "enterpriseCategory", mask(8, 0x10)),
		x509ceP.Bool("EntrustInfoFlags.webCategory", "webCategory", mask(8, 0x08)),
		x509ceP.Bool("EntrustInfoFlags.sETCategory", "sETCategory", mask(8, 0x04)),
	}

	nsP        = protocol("ns_cert_exts", "NetScape Certificate Extensions", "NS_CERT_EXTS")
	nsComment  = nsP.Str("Comment", "Comment")
	nsCertType = nsP.Bytes("CertType", "CertType")
	nsCertBits = [...]field.ID{
		nsP.Bool(":ns.cert.exts.CertType.ssl.client", "ssl-client", mask(8, 0x80)),
		nsP.Bool(":ns.cert.exts.CertType.ssl.server", "ssl-server", mask(8, 0x40)),
		nsP.Bool(":ns.cert.exts.CertType.smime", "smime", mask(8, 0x20)),
		nsP.Bool(":ns.cert.exts.CertType.object.signing", "object-signing", mask(8, 0x10)),
		nsP.Bool(":ns.cert.exts.CertType.reserved.for.future.use", "reserved-for-future-use", mask(8, 0x08)),
		nsP.Bool(":ns.cert.exts.CertType.ssl.ca", "ssl-ca", mask(8, 0x04)),
		nsP.Bool(":ns.cert.exts.CertType.smime.ca", "smime-ca", mask(8, 0x02)),
		nsP.Bool(":ns.cert.exts.CertType.object.signing.ca", "object-signing-ca", mask(8, 0x01)),
	}

	impAIA      = pkixImpP.U32("AuthorityInfoAccessSyntax", "AuthorityInfoAccessSyntax", dec)
	impAccess   = pkixImpP.None("AccessDescription_element", "AccessDescription")
	impMethod   = pkixImpP.Add("accessMethod", "accessMethod", field.TOID, noBase)
	impLocation = pkixImpP.U32("accessLocation", "accessLocation", dec)
	impNotice   = pkixImpP.None("UserNotice_element", "UserNotice")
	impRef      = pkixImpP.None("noticeRef_element", "noticeRef")
	impOrg      = pkixImpP.U32("organization", "organization", dec, enum(displayTexts))
	impNumbers  = pkixImpP.U32("noticeNumbers", "noticeNumbers", dec)
	impNumber   = pkixImpP.I32("noticeNumbers_item", "noticeNumbers item", dec)
	impText     = pkixImpP.U32("explicitText", "explicitText", dec, enum(displayTexts))
	impKinds    = map[int]field.ID{
		derIA5:     pkixImpP.Str("ia5String", "ia5String"),
		derVisible: pkixImpP.Str("visibleString", "visibleString"),
		derBMP:     pkixImpP.Str("bmpString", "bmpString"),
		derUTF8:    pkixImpP.Str("utf8String", "utf8String"),
	}
	expDirectory = pkixExpP.Str("DirectoryString", "DirectoryString")

	generalNames = values(val(0, "otherName"), val(1, "rfc822Name"), val(2, "dNSName"), val(3, "x400Address"), val(4, "directoryName"),
		val(5, "ediPartyName"), val(6, "uniformResourceIdentifier"), val(7, "iPAddress"), val(8, "registeredID"))
	distributionPoints = values(val(0, "fullName"), val(1, "nameRelativeToCRLIssuer"))
	displayTexts       = values(val(0, "ia5String"), val(1, "visibleString"), val(2, "bmpString"), val(3, "utf8String"))
	displayIndex       = map[int]uint64{derIA5: 0, derVisible: 1, derBMP: 2, derUTF8: 3}

	ceUsageBits = [...]field.ID{
		x509ceP.Bool("KeyUsage.digitalSignature", "digitalSignature", mask(8, 0x80)),
		x509ceP.Bool("KeyUsage.contentCommitment", "contentCommitment", mask(8, 0x40)),
		x509ceP.Bool("KeyUsage.keyEncipherment", "keyEncipherment", mask(8, 0x20)),
		x509ceP.Bool("KeyUsage.dataEncipherment", "dataEncipherment", mask(8, 0x10)),
		x509ceP.Bool("KeyUsage.keyAgreement", "keyAgreement", mask(8, 0x08)),
		x509ceP.Bool("KeyUsage.keyCertSign", "keyCertSign", mask(8, 0x04)),
		x509ceP.Bool("KeyUsage.cRLSign", "cRLSign", mask(8, 0x02)),
		x509ceP.Bool("KeyUsage.encipherOnly", "encipherOnly", mask(8, 0x01)),
		x509ceP.Bool("KeyUsage.decipherOnly", "decipherOnly", mask(8, 0x80)),
	}
)

// x509Extension records one extension.
func x509Extension(c *Cursor, d der) {
	r := c.Put(afExt, d.at, d.size(), 0)
	old := c.Push(r)
	defer c.Pop(old)
	id, ok := derAt(c, d.body, d.end)
	if !ok || id.tag != derOID {
		return
	}
	oid := derOIDAt(c, afExtID, id)
	if b := c.Append(r); b != nil {
		name := oidName(oid)
		if name == "" {
			name = oid
		}
		b.S(" (").S(name).C(')')
	}
	v, ok := derAt(c, id.end, d.end)
	if ok && v.tag == derBool {
		c.FieldAt(afCritical, v.body, v.len())
		v, ok = derAt(c, v.end, d.end)
	}
	if !ok || v.tag != derOctets {
		return
	}
	x, ok := derAt(c, v.body, v.end)
	if !ok {
		return
	}
	if oid == "1.3.6.1.5.5.7.48.1.5" {
		c.Put(ocspNull, x.body, 0, 0)
		return
	}
	switch f := x509Extensions[oid]; {
	case f != nil:
		f(c, x)
	case oidNames[oid] == "" && x.tag != derNull:
		tlsFlaw(c, v.body, v.len(), eiBerOID, field.Get(eiBerOID).Label)
	}
}

// x509Extensions are the dissectors of extensions by identifier; x is the
// element inside the octet string.
var x509Extensions map[string]func(c *Cursor, x der)

func init() {
	x509Extensions = map[string]func(c *Cursor, x der){
		"2.5.29.14": func(c *Cursor, x der) { c.FieldAt(ceSKI, x.body, x.len()) },
		"2.5.29.15": x509KeyUsage,
		"2.5.29.16": x509Period,
		"2.5.29.17": func(c *Cursor, x der) { x509GeneralNames(c, ceNames, x) },
		"2.5.29.18": func(c *Cursor, x der) { x509GeneralNames(c, ceNames, x) },
		"2.5.29.19": x509Basic,
		"2.5.29.31": x509CRLs,
		"2.5.29.32": x509Policies,
		"2.5.29.35": x509AKI,
		"2.5.29.37": x509Purposes,

		"1.3.6.1.5.5.7.1.1":       x509Access,
		"1.3.6.1.4.1.311.21.10":   x509Policies,
		"1.3.6.1.4.1.311.21.7":    x509Template,
		"1.3.6.1.4.1.311.20.2":    func(c *Cursor, x der) { derString(c, satBMP, x) },
		"2.16.840.1.113730.1.1":   x509NetscapeType,
		"2.16.840.1.113730.1.13":  func(c *Cursor, x der) { derString(c, nsComment, x) },
		"1.3.6.1.4.1.311.21.1":    func(c *Cursor, x der) { c.FieldAt(satInteger, x.body, min(x.len(), 8)) },
		"1.2.840.113533.7.65.0":   x509Entrust,
		"1.3.6.1.4.1.11129.2.4.2": x509SCTs,
		"1.3.6.1.4.1.11129.2.4.5": x509SCTs,
	}
}

// x509Period is how long the private key may sign (RFC 3280 section 4.2.1.4).
func x509Period(c *Cursor, x der) {
	old := c.Push(c.Put(cePeriod, x.at, x.size(), 0))
	derEach(c, x.body, x.end, func(d der) bool {
		switch d.tag {
		case 0x80:
			derTime(c, ceNotBefore, d)
		case 0x81:
			derTime(c, ceNotAfter, d)
		}
		return true
	})
	c.Pop(old)
}

// x509Entrust is Entrust's note of the software that signed.
func x509Entrust(c *Cursor, x der) {
	old := c.Push(c.Put(ceEntrust, x.at, x.size(), 0))
	derEach(c, x.body, x.end, func(d der) bool {
		switch {
		case d.tag == 0x1b:
			c.FieldAt(ceEntrustVers, d.body, d.len())
		case d.tag == derBits && d.len() >= 2:
			c.FieldAt(berPadding, d.body, 1)
			inner := c.Push(c.FieldAt(ceEntrustInfo, d.body+1, d.len()-1))
			for _, f := range ceEntrustBits {
				c.FieldAt(f, d.body+1, 1)
			}
			c.Pop(inner)
		}
		return true
	})
	c.Pop(old)
}

// x509NetscapeType is what Netscape let a certificate be used for.
func x509NetscapeType(c *Cursor, x der) {
	if x.tag != derBits || x.len() < 2 {
		return
	}
	c.FieldAt(berPadding, x.body, 1)
	old := c.Push(c.FieldAt(nsCertType, x.body+1, x.len()-1))
	for _, f := range nsCertBits {
		c.FieldAt(f, x.body+1, 1)
	}
	c.Pop(old)
}

func x509SCTs(c *Cursor, x der) {
	place := c.Save()
	c.Seek(x.body)
	if x.tag == derOctets {
		tlsSCTList(c, x.end)
	}
	c.Restore(place)
}

func x509AKI(c *Cursor, x der) {
	old := c.Push(c.Put(ceAKI, x.at, x.size(), 0))
	derEach(c, x.body, x.end, func(d der) bool {
		switch d.tag {
		case 0x80:
			c.FieldAt(ceKeyID, d.body, d.len())
		case 0xa1:
			x509GeneralNames(c, ceIssuer, d)
		case 0x82:
			derHexInt(c, ceSerial, d)
		}
		return true
	})
	c.Pop(old)
}

func x509GeneralNames(c *Cursor, f field.ID, x der) {
	old := c.Push(derItems(c, f, x))
	derEach(c, x.body, x.end, func(d der) bool {
		inner := c.Push(c.Put(ceName, d.body, d.len(), uint64(d.tag&0x1f)))
		x509GeneralName(c, d)
		c.Pop(inner)
		return true
	})
	c.Pop(old)
}

// x509GeneralName records the choice itself.
func x509GeneralName(c *Cursor, d der) {
	switch d.tag & 0x1f {
	case 1:
		c.FieldAt(ceRFC822, d.body, d.len())
	case 2:
		c.FieldAt(ceDNS, d.body, d.len())
	case 4:
		if n, ok := derAt(c, d.body, d.end); ok {
			x509Name(c, ceDirName, ifRDNs, n)
		}
	case 6:
		c.FieldAt(ceURI, d.body, d.len())
	case 7:
		switch d.len() {
		case 4:
			c.FieldAt(ceIPv4, d.body, 4)
		case 16:
			c.FieldAt(ceIPv6, d.body, 16)
		}
	case 8:
		derOIDAt(c, ceRegID, d)
	}
}

func x509KeyUsage(c *Cursor, x der) {
	if x.tag != derBits || x.len() < 2 {
		return
	}
	c.FieldAt(berPadding, x.body, 1)
	at, n := x.body+1, x.len()-1
	old := c.Push(c.FieldAt(ceUsage, at, n))
	for i, f := range ceUsageBits {
		pos := at + i/8
		if i/8 >= n {
			c.Put(f, at+n-1, 1, 0) // not sent: not set
			continue
		}
		c.FieldAt(f, pos, 1)
	}
	c.Pop(old)
}

func x509Purposes(c *Cursor, x der) {
	old := c.Push(derItems(c, cePurposes, x))
	derEach(c, x.body, x.end, func(d der) bool { derOIDAt(c, cePurpose, d); return true })
	c.Pop(old)
}

func x509Basic(c *Cursor, x der) {
	r := c.Put(ceBasic, x.at, x.size(), 0)
	if x.len() == 0 {
		if b := c.Append(r); b != nil {
			b.S(" [0 length]")
		}
		return
	}
	old := c.Push(r)
	derEach(c, x.body, x.end, func(d der) bool {
		switch d.tag {
		case derBool:
			c.FieldAt(ceCA, d.body, d.len())
		case derInt:
			c.FieldAt(cePathLen, d.body, d.len())
		}
		return true
	})
	c.Pop(old)
}

func x509CRLs(c *Cursor, x der) {
	old := c.Push(derItems(c, ceCRLs, x))
	derEach(c, x.body, x.end, func(d der) bool {
		inner := c.Push(c.Put(cePoint, d.at, d.size(), 0))
		derEach(c, d.body, d.end, func(e der) bool {
			if e.tag != 0xa0 {
				return true
			}
			if n, ok := derAt(c, e.body, e.end); ok {
				p := c.Push(c.Put(cePointN, n.body, n.len(), uint64(n.tag&0x1f)))
				if n.tag == 0xa0 {
					x509GeneralNames(c, ceFull, n)
				}
				c.Pop(p)
			}
			return true
		})
		c.Pop(inner)
		return true
	})
	c.Pop(old)
}

func x509Policies(c *Cursor, x der) {
	old := c.Push(derItems(c, cePolicies, x))
	derEach(c, x.body, x.end, func(d der) bool {
		inner := c.Push(c.Put(cePolicy, d.at, d.size(), 0))
		if id, ok := derAt(c, d.body, d.end); ok && id.tag == derOID {
			derOIDAt(c, cePolicyID, id)
			if q, ok := derAt(c, id.end, d.end); ok {
				p := c.Push(derItems(c, ceQuals, q))
				derEach(c, q.body, q.end, func(e der) bool { x509Qualifier(c, e); return true })
				c.Pop(p)
			}
		}
		c.Pop(inner)
		return true
	})
	c.Pop(old)
}

func x509Qualifier(c *Cursor, d der) {
	old := c.Push(c.Put(ceQual, d.at, d.size(), 0))
	defer c.Pop(old)
	id, ok := derAt(c, d.body, d.end)
	if !ok || id.tag != derOID {
		return
	}
	oid := derOIDAt(c, ceQualID, id)
	v, ok := derAt(c, id.end, d.end)
	if !ok {
		return
	}
	switch oid {
	case "1.3.6.1.5.5.7.2.1":
		derString(c, expDirectory, v)
	case "1.3.6.1.5.5.7.2.2":
		r := c.Put(impNotice, v.at, v.size(), 0)
		c.Push(r)
		derEach(c, v.body, v.end, func(e der) bool {
			if e.tag != derSeq {
				x509Display(c, impText, e)
				return true
			}
			ref := c.Push(c.Put(impRef, e.at, e.size(), 0))
			if o, ok := derAt(c, e.body, e.end); ok {
				x509Display(c, impOrg, o)
				if n, ok := derAt(c, o.end, e.end); ok {
					l := c.Push(derItems(c, impNumbers, n))
					derEach(c, n.body, n.end, func(k der) bool { c.FieldAt(impNumber, k.body, min(k.len(), 8)); return true })
					c.Pop(l)
				}
			}
			c.Pop(ref)
			return true
		})
	}
}

// x509Display records a DisplayText, a choice of four kinds of text.
func x509Display(c *Cursor, f field.ID, d der) {
	k, ok := displayIndex[d.tag]
	if !ok {
		return
	}
	old := c.Push(c.Put(f, d.at, d.size(), k))
	derString(c, impKinds[d.tag], d)
	c.Pop(old)
}

func x509Access(c *Cursor, x der) {
	old := c.Push(derItems(c, impAIA, x))
	derEach(c, x.body, x.end, func(d der) bool {
		inner := c.Push(c.Put(impAccess, d.at, d.size(), 0))
		if id, ok := derAt(c, d.body, d.end); ok && id.tag == derOID {
			derOIDAt(c, impMethod, id)
			if l, ok := derAt(c, id.end, d.end); ok {
				p := c.Push(c.Put(impLocation, l.body, l.len(), uint64(l.tag&0x1f)))
				x509GeneralName(c, l)
				c.Pop(p)
			}
		}
		c.Pop(inner)
		return true
	})
	c.Pop(old)
}

func x509Template(c *Cursor, x der) {
	old := c.Push(c.Put(ceTemplate, x.at, x.size(), 0))
	fields := [...]field.ID{ceTplMajor, ceTplMinor}
	i := 0
	derEach(c, x.body, x.end, func(d der) bool {
		switch {
		case d.tag == derOID:
			derOIDAt(c, ceTplID, d)
		case d.tag == derInt && i < len(fields):
			c.FieldAt(fields[i], d.body, min(d.len(), 8))
			i++
		}
		return true
	})
	c.Pop(old)
}
