// The bodies of TLS extensions that are more than a number.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

func (t *tlsRun) serverName(c *Cursor, end int, r dissect.Ref, h *tlsHello) {
	if h.typ == hsClientHello {
		h.sni = true
	}
	n := end - c.Pos()
	if n == 0 {
		return
	}
	tlsGroupLine(c, "Server Name Indication extension", n, func() {
		stop, _ := tlsVector(c, tlsSNIListLen, end, 1, 0xffff)
		for c.Pos() < stop {
			c.U8(tlsSNIType)
			e, _ := tlsVector(c, tlsSNILen, stop, 1, 0xffff)
			name := c.Bytes(tlsSNI, e-c.Pos())
			if b := c.Append(r); b != nil && len(name) > 0 {
				b.S(" name=").Printable(name)
			}
			if b := c.Info(); b != nil && h.typ == hsClientHello && len(name) > 0 {
				b.S(" (SNI=").Printable(name).C(')')
			}
		}
	})
}

// tlsStatusRequest reads a CertificateStatusRequest (RFC 6066 section 8), or
// an item of the second version's list (RFC 6961).
func tlsStatusRequest(c *Cursor, end int, second bool) {
	c.U8(tlsStatusType)
	if second {
		c.U16(tlsStatusLen)
	}
	for _, f := range [...]field.ID{tlsStatusIDs, tlsStatusExts} {
		stop, _ := tlsVector(c, f, end, 0, 0xffff)
		if stop > c.Pos() {
			tlsFlaw(c, c.Pos(), stop-c.Pos(), eiTLSStatusReq, field.Get(eiTLSStatusReq).Label)
			c.Seek(stop)
		}
	}
}

func tlsGroupsExt(c *Cursor, end int, h *tlsHello) {
	stop, ok := tlsVector(c, tlsGroupsLen, end, 2, 0xffff)
	if !ok {
		return
	}
	n := stop - c.Pos()
	r := c.Put(tlsGroupList, c.Pos(), n, 0)
	if b := c.Label(r); b != nil {
		b.S("Supported Groups (").U(uint64(n / 2)).S(plural(n/2, " group)", " groups)"))
	}
	old := c.Push(r)
	for c.Pos()+2 <= stop {
		if v := c.U16(tlsGroup); !isGREASE(v) {
			h.groups = append(h.groups, v)
		}
	}
	c.Pop(old)
}

func tlsPointFormatsExt(c *Cursor, end int, h *tlsHello) {
	n := int(c.U8(tlsPFLen))
	r := c.Put(tlsPFs, c.Pos(), n, 0)
	if b := c.Label(r); b != nil {
		b.S("Elliptic curves point formats (").U(uint64(n)).C(')')
	}
	old := c.Push(r)
	for range n {
		h.points = append(h.points, uint16(c.U8(tlsPF)))
	}
	c.Pop(old)
}

// tlsSigScheme reads a signature scheme, and its bytes as TLS 1.2 has them.
func tlsSigScheme(c *Cursor) uint16 {
	at := c.Pos()
	v := c.U16(tlsSigAlg)
	r := c.Last()
	if _, ok := tlsSigSchemes.Lookup(uint64(v)); !ok {
		// TLS 1.2 lets hash and signature be combined freely.
		if b := c.Label(r); b != nil {
			b.S("Signature Algorithm: ").S(tlsSigHashes.Text(uint64(v>>8), "Unknown")).C(' ')
			b.S(tlsSigSigs.Text(uint64(v&0xff), "Unknown")).S(" (").X(uint64(v), 4).C(')')
		}
	}
	old := c.Push(r)
	c.FieldAt(tlsSigHash, at, 1)
	c.FieldAt(tlsSigSig, at+1, 1)
	c.Pop(old)
	return v
}

func tlsSigSchemesList(c *Cursor, end int) (out []uint16) {
	stop, ok := tlsVector(c, tlsSigAlgsLen, end, 2, 0xffff-1)
	if !ok {
		return nil
	}
	n := stop - c.Pos()
	r := c.Put(tlsSigAlgs, c.Pos(), n, 0)
	if b := c.Label(r); b != nil {
		b.S("Signature Hash Algorithms (").U(uint64(n / 2)).S(plural(n/2, " algorithm)", " algorithms)"))
	}
	old := c.Push(r)
	for c.Pos()+2 <= stop {
		if v := tlsSigScheme(c); !isGREASE(v) {
			out = append(out, v)
		}
	}
	c.Pop(old)
	tlsVectorEnd(c, stop)
	return out
}

func (t *tlsRun) alpn(c *Cursor, end int, h *tlsHello) {
	stop, ok := tlsVector(c, tlsALPNLen, end, 2, 0xffff)
	if !ok {
		return
	}
	r := c.Put(tlsALPNList, c.Pos(), stop-c.Pos(), 0)
	old := c.Push(r)
	for first := true; c.Pos() < stop; first = false {
		e, ok := tlsVector(c, tlsALPNStrLen, stop, 1, 255)
		if !ok {
			break
		}
		name := c.Bytes(tlsALPNStr, e-c.Pos())
		if first {
			h.alpn = name
		}
		if first && (h.typ == hsServerHello || h.typ == hsEncExtensions) {
			if s := tlsALPNNames[string(name)]; s != "" {
				t.app = s
			}
		}
	}
	c.Pop(old)
}

func (t *tlsRun) certType(c *Cursor, typ uint16, end int, client bool) {
	if client {
		stop, _ := tlsVector(c, tlsCertTypeN, end, 1, 255)
		r := c.Put(tlsCertTypeL, c.Pos(), stop-c.Pos(), 0)
		if b := c.Label(r); b != nil {
			n := stop - c.Pos()
			b.S("Certificate Type List (").U(uint64(n)).S(plural(n, " type)", " types)"))
		}
		old := c.Push(r)
		for c.Pos() < stop {
			c.U8(tlsCertType)
		}
		c.Pop(old)
		return
	}
	raw := c.U8(tlsCertType) == 2
	if typ == extClientCertType {
		t.rawKey[0] = raw
	} else {
		t.rawKey[1] = raw
	}
}

func tlsTokenBinding(c *Cursor, end int) {
	c.U8(tlsTBMajor)
	c.U8(tlsTBMinor)
	stop, _ := tlsVector(c, tlsTBKeysLen, end, 1, 255)
	n := stop - c.Pos()
	r := c.Put(tlsTBKeys, c.Pos(), n, 0)
	if b := c.Label(r); b != nil {
		b.S("Key parameters identifiers (").U(uint64(n)).S(plural(n, " identifier)", " identifiers)"))
	}
	old := c.Push(r)
	for c.Pos() < stop {
		c.U8(tlsTBKey)
	}
	c.Pop(old)
}

// tlsKeyShare reads one entry and gives its group.
func tlsKeyShare(c *Cursor, end int) uint16 {
	group := c.Peek16(0)
	r := dissect.None
	if b := c.Text(c.Pos(), 4); b != nil {
		b.S("Key Share Entry: Group: ").S(tlsGroups.Text(uint64(group), "Unknown"))
		r = c.Last()
	}
	old := c.Push(r)
	defer c.Pop(old)
	c.U16(tlsKSGroup)
	n := c.Peek16(0)
	e, ok := tlsVector(c, tlsKSKeyLen, end, 1, 0xffff)
	if b := c.Append(r); b != nil {
		b.S(", Key Exchange length: ").U(uint64(n))
	}
	if !ok {
		c.Seek(end)
		return group
	}
	c.SetLen(r, e)
	c.Bytes(tlsKSKey, e-c.Pos())
	return group
}

func tlsKeyShares(c *Cursor, end int, r dissect.Ref, h *tlsHello) {
	if end == c.Pos() {
		return
	}
	name := func(sep string, g uint16) {
		if b := c.Append(r); b != nil {
			b.S(sep).S(tlsGroups.Text(uint64(g), "Unknown"))
		}
	}
	tlsGroupLine(c, "Key Share extension", end-c.Pos(), func() {
		switch {
		case h.typ == hsClientHello:
			stop, _ := tlsVector(c, tlsKSLen, end, 0, 0xffff)
			sep := " "
			for c.Pos()+4 <= stop {
				if g := tlsKeyShare(c, stop); !isGREASE(g) {
					name(sep, g)
					sep = ", "
				}
			}
			tlsVectorEnd(c, stop)
		case h.retry || h.typ == hsHelloRetry:
			name(" ", c.U16(tlsKSSel))
		case h.typ == hsServerHello:
			name(" ", tlsKeyShare(c, end))
		}
	})
}

func tlsPSKs(c *Cursor, end int, client bool) {
	tlsGroupLine(c, "Pre-Shared Key extension", end-c.Pos(), func() {
		if !client {
			c.U16(tlsPSKSel)
			return
		}
		stop, _ := tlsVector(c, tlsPSKIdsLen, end, 7, 0xffff)
		for c.Pos() < stop {
			n := int(c.Peek16(0))
			r := dissect.None
			if b := c.Text(c.Pos(), n+6); b != nil {
				b.S("PSK Identity (length: ").U(uint64(n)).C(')')
				r = c.Last()
			}
			old := c.Push(r)
			e, _ := tlsVector(c, tlsPSKIDLen, stop, 1, 0xffff)
			c.Bytes(tlsPSKID, e-c.Pos())
			c.U32(tlsPSKAge)
			c.Pop(old)
		}
		stop, _ = tlsVector(c, tlsPSKBsLen, end, 33, 0xffff)
		r := c.Put(tlsPSKBs, c.Pos(), stop-c.Pos(), 0)
		old := c.Push(r)
		for c.Pos() < stop {
			n := int(c.Peek8(0))
			r := c.Put(tlsPSKB, c.Pos(), n+1, 0)
			if b := c.Label(r); b != nil {
				b.S("PSK Binder (length: ").U(uint64(n)).C(')')
			}
			inner := c.Push(r)
			e, _ := tlsVector(c, tlsPSKBLen, stop, 32, 255)
			c.Bytes(tlsPSKBinder, e-c.Pos())
			c.Pop(inner)
		}
		c.Pop(old)
	})
}

func (t *tlsRun) supportedVersions(c *Cursor, end int, r dissect.Ref, h *tlsHello) {
	one := func(sep string) {
		v := c.U16(tlsSV)
		if b := c.Append(r); b != nil && !isGREASE(v) {
			b.S(sep).S(tlsVersions.Text(uint64(v), "Unknown"))
		}
		if isGREASE(v) {
			return
		}
		h.best = max(h.best, v)
		if k := tlsKnownVersion(v); k != 0 && (h.least == 0 || k < h.least) {
			h.least = k
		}
	}
	if h.typ != hsClientHello {
		one(" ")
		return
	}
	stop, ok := tlsVector(c, tlsSVLen, end, 2, 254)
	if !ok {
		return
	}
	sep := " "
	for c.Pos()+2 <= stop {
		grease := isGREASE(c.Peek16(0))
		one(sep)
		if !grease {
			sep = ", "
		}
	}
	if t.version == 0 && h.least != 0 && !t.overQUIC {
		c.SetProtocol(tlsShort.Text(uint64(h.least), "SSL"))
	}
}

func tlsNPN(c *Cursor, end int) {
	if end == c.Pos() {
		return
	}
	tlsGroupLine(c, "Next Protocol Negotiation", end-c.Pos(), func() {
		for c.Pos() < end {
			e, ok := tlsVector(c, tlsNPNStrLen, end, 0, 255)
			c.Bytes(tlsNPNStr, e-c.Pos())
			if !ok {
				return
			}
		}
	})
}

func tlsALPS(c *Cursor, end int, client bool) {
	if !client {
		if end > c.Pos() {
			c.Bytes(tlsALPSSet, end-c.Pos())
		}
		return
	}
	stop, ok := tlsVector(c, tlsALPSLen, end, 2, 0xffff)
	if !ok {
		return
	}
	r := c.Put(tlsALPSList, c.Pos(), stop-c.Pos(), 0)
	old := c.Push(r)
	for c.Pos() < stop {
		e, ok := tlsVector(c, tlsALPSStrLen, stop, 1, 255)
		if !ok {
			break
		}
		c.Bytes(tlsALPSStr, e-c.Pos())
	}
	c.Pop(old)
}

// tlsECH is the extension of an outer client hello.
func tlsECH(c *Cursor, end int, client bool) {
	if !client {
		c.Bytes(tlsExtData, end-c.Pos())
		return
	}
	if c.U8(tlsECHType) != 0 {
		return
	}
	r := c.Put(tlsECHSuite, c.Pos(), 4, 0)
	if b := c.Label(r); b != nil {
		b.S("Cipher Suite: ").S(hpkeKDFs.Text(uint64(c.Peek16(0)), "Unknown")).C('/').S(hpkeAEADs.Text(uint64(c.Peek16(2)), "Unknown"))
	}
	old := c.Push(r)
	c.U16(tlsECHKDF)
	c.U16(tlsECHAEAD)
	c.Pop(old)
	c.U8(tlsECHConfig)
	stop, _ := tlsVector(c, tlsECHEncLen, end, 0, 0xffff)
	if n := stop - c.Pos(); n > 0 {
		c.Bytes(tlsECHEnc, n)
	}
	stop, _ = tlsVector(c, tlsECHPayLen, end, 1, 0xffff)
	c.Bytes(tlsECHPayload, stop-c.Pos())
}

func tlsESNIExt(c *Cursor, end int, client bool) {
	if !client {
		c.Bytes(tlsExtData, end-c.Pos())
		return
	}
	c.U16(tlsESNISuite)
	tlsKeyShare(c, end)
	stop, _ := tlsVector(c, tlsESNIDigLen, end, 0, 0xffff)
	c.Bytes(tlsESNIDigest, stop-c.Pos())
	stop, _ = tlsVector(c, tlsESNILen, end, 1, 0xffff)
	c.Bytes(tlsESNI, stop-c.Pos())
}

// tlsSCTList reads signed certificate timestamps (RFC 6962 section 3.3).
func tlsSCTList(c *Cursor, end int) {
	stop, _ := tlsVector(c, tlsSCTsLen, end, 1, 0xffff)
	for c.Pos() < stop {
		n := int(c.Peek16(0))
		tlsGroupLine(c, "Signed Certificate Timestamp (Unknown Log)", n+2, func() {
			e, _ := tlsVector(c, tlsSCTLen, stop, 1, 0xffff)
			if c.U8(tlsSCTVer) != 0 {
				c.Seek(e)
				return
			}
			c.Bytes(tlsSCTLog, 32)
			at := c.Pos()
			c.Put(tlsSCTTime, at, 8, c.Peek64(0)*1e6)
			c.Skip(8)
			if k := int(c.U16(tlsSCTExtLen)); k > 0 {
				c.Put(tlsSCTExts, c.Pos(), k, 0)
				c.Skip(k)
			}
			tlsSigScheme(c)
			s, _ := tlsVector(c, tlsSCTSigLen, e, 0, 0xffff)
			c.Bytes(tlsSCTSig, s-c.Pos())
			tlsVectorEnd(c, e)
		})
	}
}
