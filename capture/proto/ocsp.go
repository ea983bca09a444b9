// OCSP responses (RFC 6960) as TLS servers staple them.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	ocspP       = protocol("ocsp", "Online Certificate Status Protocol", "OCSP")
	ocspStatus  = ocspP.U32("responseStatus", "responseStatus", dec, enum(ocspStatuses))
	ocspBytes   = ocspP.None("responseBytes_element", "responseBytes")
	ocspTypeID  = ocspP.Str("responseType.id", "ResponseType Id")
	ocspBasic   = ocspP.None("BasicOCSPResponse_element", "BasicOCSPResponse")
	ocspTBS     = ocspP.None("tbsResponseData_element", "tbsResponseData")
	ocspWho     = ocspP.U32("responderID", "responderID", dec, enum(ocspResponders))
	ocspByName  = ocspP.U32("byName", "byName", dec)
	ocspByKey   = ocspP.Bytes("byKey", "byKey")
	ocspAt      = ocspP.AbsTime("producedAt", "producedAt", field.Local)
	ocspList    = ocspP.U32("responses", "responses", dec)
	ocspSingle  = ocspP.None("SingleResponse_element", "SingleResponse")
	ocspCertID  = ocspP.None("certID_element", "certID")
	ocspHash    = ocspP.None("hashAlgorithm_element", "hashAlgorithm")
	ocspName    = ocspP.Bytes("issuerNameHash", "issuerNameHash")
	ocspKey     = ocspP.Bytes("issuerKeyHash", "issuerKeyHash")
	ocspSerial  = ocspP.Bytes("serialNumber", "serialNumber")
	ocspState   = ocspP.U32("certStatus", "certStatus", dec, enum(ocspStates))
	ocspGood    = ocspP.None("good_element", "good")
	ocspUnknown = ocspP.None("unknown_element", "unknown")
	ocspRevoked = ocspP.None("revoked_element", "revoked")
	ocspThis    = ocspP.AbsTime("thisUpdate", "thisUpdate", field.Local)
	ocspNext    = ocspP.AbsTime("nextUpdate", "nextUpdate", field.Local)
	_           = ocspP.U32("singleExtensions", "singleExtensions", dec)
	ocspSigAlg  = ocspP.None("signatureAlgorithm_element", "signatureAlgorithm")
	ocspSig     = ocspP.Bytes("signature", "signature")
	ocspCerts   = ocspP.U32("certs", "certs", dec)
	ocspCert    = ocspP.None("Certificate_element", "Certificate")
	ocspNull    = ocspP.None("NULL_element", "NULL")

	ocspStatuses = values(val(0, "successful"), val(1, "malformedRequest"), val(2, "internalError"), val(3, "tryLater"),
		val(5, "sigRequired"), val(6, "unauthorized"))
	ocspResponders = values(val(1, "byName"), val(2, "byKey"))
	ocspStates     = values(val(0, "good"), val(1, "revoked"), val(2, "unknown"))

	_ = ocspP.Parse(parseOCSPResponse).Calls(x509afP, x509ifP, x509satP, x509ceP, pkixalgP, pkixImpP, pkixExpP, berP, nsP, tlsP)
)

// ocspResponse shows the response in [at, end).
func ocspResponse(c *Cursor, at, end int) { c.SubUnder(c.Push(dissect.None), ocspP, at, end-at) }

func parseOCSPResponse(c *Cursor) {
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("OCSP Response")
	}
	outer, ok := derAt(c, c.Pos(), c.End())
	if !ok {
		return
	}
	st, ok := derAt(c, outer.body, outer.end)
	if !ok || st.tag != derEnum {
		return
	}
	c.FieldAt(ocspStatus, st.body, st.len())
	x, ok := derAt(c, st.end, outer.end)
	if !ok {
		return
	}
	bytes, ok := derAt(c, x.body, x.end)
	if !ok {
		return
	}
	c.Push(c.Put(ocspBytes, bytes.at, bytes.size(), 0))
	id, ok := derAt(c, bytes.body, bytes.end)
	if !ok || id.tag != derOID {
		return
	}
	oid := oidDotted(c.BytesAt(id.body, id.len()))
	r := c.PutText(ocspTypeID, id.body, id.len(), oid)
	if b := c.Append(r); b != nil {
		b.S(" (").S(oidName(oid)).C(')')
	}
	oct, ok := derAt(c, id.end, bytes.end)
	if !ok || oid != "1.3.6.1.5.5.7.48.1.1" {
		return
	}
	if basic, ok := derAt(c, oct.body, oct.end); ok {
		ocspBasicResponse(c, basic)
	}
}

func ocspBasicResponse(c *Cursor, d der) {
	c.Push(c.Put(ocspBasic, d.at, d.size(), 0))
	step := 0
	derEach(c, d.body, d.end, func(e der) bool {
		step++
		switch {
		case step == 1:
			old := c.Push(c.Put(ocspTBS, e.at, e.size(), 0))
			derEach(c, e.body, e.end, func(x der) bool { ocspData(c, x); return true })
			c.Pop(old)
		case step == 2:
			x509Algorithm(c, ocspSigAlg, e)
		case step == 3 && e.len() > 0:
			c.FieldAt(berPadding, e.body, 1)
			c.FieldAt(ocspSig, e.body+1, e.len()-1)
		case e.tag == 0xa0:
			if l, ok := derAt(c, e.body, e.end); ok {
				old := c.Push(derItems(c, ocspCerts, l))
				derEach(c, l.body, l.end, func(x der) bool {
					r := c.Put(ocspCert, x.at, x.size(), 0)
					inner := c.Push(r)
					subject := x509Body(c, x.at, x.end)
					c.Pop(inner)
					if b := c.Append(r); b != nil && len(subject) > 0 {
						b.S(" (").Raw(subject).C(')')
					}
					return true
				})
				c.Pop(old)
			}
		}
		return true
	})
}

func ocspData(c *Cursor, x der) {
	switch x.tag {
	case 0xa1, 0xa2:
		old := c.Push(c.Put(ocspWho, x.body, x.len(), uint64(x.tag&0x1f)))
		if k, ok := derAt(c, x.body, x.end); ok {
			if x.tag == 0xa2 {
				c.FieldAt(ocspByKey, k.body, k.len())
			} else {
				x509Name(c, ocspByName, ifRDNs, k)
			}
		}
		c.Pop(old)
	case derGenTime:
		derTime(c, ocspAt, x)
	case derSeq:
		old := c.Push(derItems(c, ocspList, x))
		derEach(c, x.body, x.end, func(e der) bool { ocspOne(c, e); return true })
		c.Pop(old)
	}
}

func ocspOne(c *Cursor, d der) {
	old := c.Push(c.Put(ocspSingle, d.at, d.size(), 0))
	defer c.Pop(old)
	step := 0
	derEach(c, d.body, d.end, func(e der) bool {
		step++
		switch {
		case step == 1:
			ocspID(c, e)
		case step == 2:
			state := c.Push(c.Put(ocspState, e.body, e.len(), uint64(e.tag&0x1f)))
			f := [...]field.ID{ocspGood, ocspRevoked, ocspUnknown}[min(e.tag&0x1f, 2)]
			c.Put(f, e.body, e.len(), 0)
			c.Pop(state)
		case step == 3:
			derTime(c, ocspThis, e)
		case e.tag == 0xa0:
			if t, ok := derAt(c, e.body, e.end); ok {
				derTime(c, ocspNext, t)
			}
		}
		return true
	})
}

func ocspID(c *Cursor, d der) {
	old := c.Push(c.Put(ocspCertID, d.at, d.size(), 0))
	step := 0
	derEach(c, d.body, d.end, func(e der) bool {
		step++
		switch step {
		case 1:
			x509Algorithm(c, ocspHash, e)
		case 2:
			c.FieldAt(ocspName, e.body, e.len())
		case 3:
			c.FieldAt(ocspKey, e.body, e.len())
		case 4:
			derHexInt(c, ocspSerial, e)
		}
		return true
	})
	c.Pop(old)
}
