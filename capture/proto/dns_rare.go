package proto

import (
	"math"

	"sonde/capture/field"
)

// Record types met seldom: old ones (RFC 1035, 1183, 1348, 1706, 1712, 1876,
// 2065, 2163, 2535, 2874), keys and certificates (RFC 4025, 4398, 4701, 7929,
// 8005), transaction security (RFC 2930, 8945), ILNP (RFC 6742), hardware
// addresses (RFC 7043), zone synchronisation (RFC 7477, 8976), WINS and XPF.
var (
	dnsChDomain = dnsP.Str("a.ch.domain", "Chaos Domain")
	dnsChAddr   = dnsP.U16("a.ch.addr", "Chaos Address", oct)
	dnsWKSAddr  = dnsP.IPv4("wks.address", "Address")
	dnsWKSProto = dnsP.U8("wks.protocol", "Protocol", dec, enum(ipProtos))
	dnsWKSBits  = dnsP.U8("wks.bits", "Bits", hex)
	dnsX25Len   = dnsP.U8("x25.length", "Length", dec)
	dnsX25      = dnsP.Str("x25.psdn_address", "PSDN-Address")
	dnsISDNLen  = dnsP.U8("idsn.length", "Length", dec)
	dnsISDN     = dnsP.Str("idsn.address", "ISDN Address")
	dnsISDNSLen = dnsP.U8("idsn.sa.length", "Length", dec)
	dnsISDNSub  = dnsP.Str("idsn.sa.address", "Sub Address")
	dnsRTPref   = dnsP.U16("rt.subtype", "Preference", dec)
	dnsRTHost   = dnsP.Str("rt.intermediate_host", "Intermediate Hostname")
	dnsNSAP     = dnsP.Bytes("nsap.rdata", "NSAP Data")
	dnsNSAPPtr  = dnsP.Str("nsap_ptr.owner", "Owner")
	dnsPXPref   = dnsP.U16("px.preference", "Preference", dec)
	dnsPX822    = dnsP.Str("px.map822", "MAP822")
	dnsPX400    = dnsP.Str("px.map400", "MAPX400")
	dnsGLonLen  = dnsP.U8("gpos.longitude_length", "Longitude length", dec)
	dnsGLon     = dnsP.Str("gpos.longitude", "Longitude")
	dnsGLatLen  = dnsP.U8("gpos.latitude_length", "Latitude length", dec)
	dnsGLat     = dnsP.Str("gpos.latitude", "Latitude")
	dnsGAltLen  = dnsP.U8("gpos.altitude_length", "Altitude length", dec)
	dnsGAlt     = dnsP.Str("gpos.altitude", "Altitude")
	dnsLocVer   = dnsP.U8("loc.version", "Version", dec)
	dnsLocSize  = dnsP.U8("loc.size", "Size", dec)
	dnsLocH     = dnsP.U8("loc.horizontal_precision", "Horizontal Precision", dec)
	dnsLocV     = dnsP.U8("loc.vertical_precision", "Vertical Precision", dec)
	dnsLocLat   = dnsP.U32("loc.latitude", "Latitude", dec)
	dnsLocLon   = dnsP.U32("loc.longitude", "Longitude", dec)
	dnsLocAlt   = dnsP.U32("loc.altitude", "Altitude", dec)
	dnsLocOther = dnsP.Bytes("loc.unknown_data", "Unknown data")
	dnsNXT      = dnsP.Str("nxt.next_domain_name", "Next Domain Name")
	dnsA6Len    = dnsP.U8("a6.prefix_len", "Prefix len", dec)
	dnsA6Suffix = dnsP.IPv6("a6.address_suffix", "Address Suffix")
	dnsA6Name   = dnsP.Str("a6.prefix_name", "Prefix name")

	dnsOldKey     = dnsP.U16("key.flags", "Flags", hex)
	dnsOldKeyAuth = dnsP.Bool("key.flags.authentication", "Key allowed for authentication", mask(16, 0x8000), tf("Not Allowed", "Allowed"))
	dnsOldKeyConf = dnsP.Bool("key.flags.confidentiality", "Key allowed for confidentiality", mask(16, 0x4000), tf("Not Allowed", "Allowed"))
	dnsOldKeyReq  = dnsP.Bool("key.flags.required", "Key required", mask(16, 0x2000), tf("Experimental or optional", "Required"))
	dnsOldKeyUser = dnsP.Bool("key.flags.associated_user", "Key is associated with a user", mask(16, 0x0400), tf("Yes", "No"))
	dnsOldKeyName = dnsP.Bool("key.flags.associated_named_entity", "Key is associated with the named entity", mask(16, 0x0200), tf("Yes", "No"))
	dnsOldKeySec  = dnsP.Bool("key.flags.ipsec", "Key use with IPSEC", mask(16, 0x0080), tf("Valid", "Invalid"))
	dnsOldKeyMIME = dnsP.Bool("key.flags.mime", "Key use with MIME security multiparts", mask(16, 0x0040), tf("Valid", "Invalid"))
	dnsOldKeySign = dnsP.U16("key.flags.signatory", "Signatory", dec, mask(16, 0x000f))
	dnsOldKeyProt = dnsP.U8("key.protocol", "Protocol", dec)
	dnsOldKeyAlgo = dnsP.U8("key.algorithm", "Algorithm", dec, enum(dnssecAlgorithms))
	dnsOldKeyID   = dnsP.U16("key.key_id", "Key ID", dec)
	dnsOldKeyData = dnsP.Bytes("key.public_key", "Public Key")

	dnsCertType  = dnsP.U16("cert.type", "Type", dec, enum(dnsCertTypes))
	dnsCertTag   = dnsP.U16("cert.key_tag", "Key Tag", hex)
	dnsCertAlgo  = dnsP.U8("cert.algorithm", "Algorithm", dec, enum(dnssecAlgorithms))
	dnsCertData  = dnsP.Bytes("cert.certificate", "Certificate (or CRL)")
	dnsAPLFamily = dnsP.U16("apl.address_family", "Address Family", dec, enum(addressFamilies))
	dnsAPLPrefix = dnsP.U8("apl.coded_prefix", "Prefix Length", dec)
	dnsAPLNot    = dnsP.Bool("apl.negation", "Negation Flag", mask(8, 0x80), tf("Yes (!)", "No (0)"))
	dnsAPLLen    = dnsP.U8("apl.afdlength", "Address Length", dec, mask(8, 0x7f))
	dnsAPL4      = dnsP.IPv4("apl.afdpart.ipv4", "Address")
	dnsAPL6      = dnsP.IPv6("apl.afdpart.ipv6", "Address")
	dnsAPLData   = dnsP.Bytes("apl.afdpart.data", "Address")
	dnsIPSPrec   = dnsP.U8("ipseckey.gateway_precedence", "Gateway Precedence", dec)
	dnsIPSType   = dnsP.U8("ipseckey.gateway_type", "Gateway Type", dec, enum(dnsGatewayTypes))
	dnsIPSAlgo   = dnsP.U8("ipseckey.gateway_algorithm", "Gateway Algorithm", dec, enum(dnsGatewayAlgos))
	dnsIPS4      = dnsP.IPv4("ipseckey.gateway_ipv4", "IPv4 Gateway")
	dnsIPS6      = dnsP.IPv6("ipseckey.gateway_ipv6", "IPv6 Gateway")
	dnsIPSName   = dnsP.Str("ipseckey.gateway_dns", "DNS Gateway")
	dnsIPSKey    = dnsP.Bytes("ipseckey.public_key", "Public Key")
	dnsDHCID     = dnsP.Bytes("dhcid.rdata", "DHCID Data")
	dnsHITLen    = dnsP.U8("hip.hit.length", "HIT length", dec)
	dnsHIPAlgo   = dnsP.U8("hip.hit.pk.algo", "PK algorithm", dec, enum(dnsHIPAlgos))
	dnsHIPKLen   = dnsP.U16("hip.pk.length", "PK length", dec)
	dnsHIT       = dnsP.Bytes("hip.hit", "Host Identity Tag")
	dnsHIPKey    = dnsP.Bytes("hip.pk", "HIP Public Key")
	dnsHIPServer = dnsP.Str("hip.rendezvous_server", "Rendezvous Server")
	dnsPGP       = dnsP.Str("openpgpkey", "OpenPGP Key")
	dnsCSyncSOA  = dnsP.U32("csync.soa", "SOA", dec)
	dnsCSyncFl   = dnsP.U16("csync.flags", "Flags", hex)
	dnsCSyncImm  = dnsP.Bool("csync.flags.immediate", "immediate", mask(16, 0x0001))
	dnsCSyncMin  = dnsP.Bool("csync.flags.soaminimum", "soaminimum", mask(16, 0x0002))
	dnsCSyncBits = dnsP.Bytes("csync.type_bitmap", "Type Bitmap")
	dnsZMDSerial = dnsP.U32("zonemd.serial", "Serial", dec)
	dnsZMDScheme = dnsP.U8("zonemd.scheme", "Scheme", dec, enum(dnsZoneSchemes))
	dnsZMDHash   = dnsP.U8("zonemd.hash_algo", "Hash Algorithm", dec, enum(dnsZoneHashes))
	dnsZMDDigest = dnsP.Bytes("zonemd.digest", "Digest")
	dnsNIDPref   = dnsP.U16("ilnp.nid.preference", "Preference", dec)
	dnsNID       = dnsP.Bytes("ilnp.nid", "NodeID")
	dnsL32Pref   = dnsP.U16("ilnp.l32.preference", "Preference", dec)
	dnsL32       = dnsP.IPv4("ilnp.l32", "Locator32")
	dnsL64Pref   = dnsP.U16("ilnp.l64.preference", "Preference", dec)
	dnsL64       = dnsP.Bytes("ilnp.l64", "Locator64")
	dnsLPPref    = dnsP.U16("ilnp.lp.preference", "Preference", dec)
	dnsLP        = dnsP.Str("ilnp.lp", "Locator FQDN")
	dnsEUI48     = dnsP.Ether("eui48", "EUI48 Address")
	dnsEUI64     = dnsP.Add("eui64", "EUI64 Address", field.TEUI64, noBase)

	dnsTKEYName  = dnsP.Str("tkey.algo_name", "Algorithm name")
	dnsTKEYInc   = dnsP.AbsTime("tkey.signature_inception", "Signature Inception", field.Local)
	dnsTKEYExp   = dnsP.AbsTime("tkey.signature_expiration", "Signature Expiration", field.Local)
	dnsTKEYMode  = dnsP.U16("tkey.mode", "Mode", dec, enum(dnsTKEYModes))
	dnsTKEYError = dnsP.U16("tkey.error", "Error", dec, enum(dnsRcodes))
	dnsTKEYSize  = dnsP.U16("tkey.key_size", "Key Size", dec)
	dnsTKEYData  = dnsP.Bytes("tkey.key_data", "Key Data")
	dnsTKEYOSize = dnsP.U16("tkey.other_size", "Other Size", dec)
	dnsTKEYOther = dnsP.Bytes("tkey.other_data", "Other Data")
	dnsTSIGName  = dnsP.Str("tsig.algorithm_name", "Algorithm Name")
	dnsTSIGTime  = dnsP.AbsTime("tsig.time_signed", "Time Signed", field.Local)
	dnsTSIGFudge = dnsP.U16("tsig.fudge", "Fudge", dec)
	dnsTSIGSize  = dnsP.U16("tsig.mac_size", "MAC Size", dec)
	dnsTSIGMAC   = dnsP.None("tsig.mac", "MAC")
	dnsTSIGID    = dnsP.U16("tsig.original_id", "Original Id", dec)
	dnsTSIGError = dnsP.U16("tsig.error", "Error", dec, enum(dnsRcodes))
	dnsTSIGOLen  = dnsP.U16("tsig.other_len", "Other Len", dec)
	dnsTSIGOther = dnsP.Bytes("tsig.other_data", "Other Data")

	dnsWinsLocal  = dnsP.Bool("wins.local_flag", "Local Flag", mask(32, 0x1))
	dnsWinsLookup = dnsP.U32("wins.lookup_timeout", "Lookup timeout", dec)
	dnsWinsCache  = dnsP.U32("wins.cache_timeout", "Cache timeout", dec)
	dnsWinsCount  = dnsP.U32("wins.nb_wins_servers", "Number of WINS servers", dec)
	dnsWinsServer = dnsP.IPv4("wins.wins_server", "WINS Server Address")
	dnsWinsRLocal = dnsP.Bool("winsr.local_flag", "Local Flag", mask(32, 0x1))
	dnsWinsRLook  = dnsP.U32("winsr.lookup_timeout", "Lookup timeout", dec)
	dnsWinsRCache = dnsP.U32("winsr.cache_timeout", "Cache timeout", dec)
	dnsWinsRName  = dnsP.Str("winsr.name_result_domain", "Name Result Domain")
	dnsXPFVer     = dnsP.U8("xpf.ip_version", "IP Version", dec, enum(dnsIPVersions))
	dnsXPFProto   = dnsP.U8("xpf.protocol", "Protocol", dec, enum(ipProtos))
	dnsXPFSrc4    = dnsP.IPv4("xpf.source_ipv4", "IPv4 Source")
	dnsXPFDst4    = dnsP.IPv4("xpf.destination_ipv4", "IPv4 Destination")
	dnsXPFSrc6    = dnsP.IPv6("xpf.source_ipv6", "IPv6 Source")
	dnsXPFDst6    = dnsP.IPv6("xpf.destination_ipv6", "IPv6 Destination")
	dnsXPFSPort   = dnsP.U16("xpf.sport", "Source port", dec)
	dnsXPFDPort   = dnsP.U16("xpf.dport", "Destination port", dec)

	eiDNSClass  = dnsP.Expert("a.class.undecoded", field.Undecoded, field.Note, "Undecoded class")
	eiDNSNoAlgo = dnsP.Expert("tsig.noalg", field.Undecoded, field.Warn, "No dissector for algorithm")

	dnsGatewayTypes = values(val(0, "No Gateway"), val(1, "IPv4 Gateway"), val(2, "IPv6 Gateway"), val(3, "DNS Gateway"))
	dnsGatewayAlgos = values(val(1, "DSA"), val(2, "RSA"), val(3, "ECDSA"), val(4, "EdDSA"))
	dnsHIPAlgos     = values(val(0, "Reserved"), val(1, "DSA"), val(2, "RSA"))
	dnsZoneSchemes  = ranges(span(0, 0, "Reserved"), span(1, 1, "SIMPLE"), span(2, 239, "Unassigned"), span(240, 254, "Private Use"), span(255, 255, "Reserved"))
	dnsZoneHashes   = ranges(span(0, 0, "Reserved"), span(1, 1, "SHA-384"), span(2, 2, "SHA-512"), span(3, 239, "Unassigned"), span(240, 254, "Private Use"), span(255, 255, "Reserved"))
	dnsTKEYModes    = values(val(1, "Server assigned"), val(2, "Diffie Hellman"), val(3, "GSSAPI"), val(4, "Resolver assigned"), val(5, "Delete"))
	dnsIPVersions   = values(val(0, "Reserved"), val(4, "IPv4"), val(5, "ST Datagram"), val(6, "IPv6"), val(7, "TP/IX"), val(8, "PIP"), val(9, "TUBA"))
)

// dnsOtherAddress is an A record outside the Internet's class.
func dnsOtherAddress(c *Cursor, m *dnsMsg, r *dnsRR) {
	if r.class == 3 {
		var name dnsName
		r.nameField(c, m, dnsChDomain, &name)
		addr := c.U16(dnsChAddr)
		r.both(c, true, func(b *field.Text, column bool) {
			if !column {
				b.S(", domain ")
			}
			name.show(b)
			if !column {
				b.S(", addr ")
			} else {
				b.C(' ')
			}
			b.S("0").H(uint64(addr)>>9&7, 1).H(uint64(addr)>>6&7, 1).H(uint64(addr)>>3&7, 1).H(uint64(addr)&7, 1)
		})
		return
	}
	var t field.Text
	t.S("A record dissection for class (").U(uint64(r.class)).S(") code not implemented, Contact Wireshark developers if you want this supported")
	c.ExpertText(r.line, eiDNSClass, t.String())
	c.Bytes(dnsRData, r.end-r.data)
}

// rest is what is left of the record's data.
func (r *dnsRR) rest(c *Cursor) int { return max(0, r.end-c.Pos()) }

// dnsRareData reads the types of this file; false for others.
func dnsRareData(c *Cursor, m *dnsMsg, r *dnsRR) bool {
	var name dnsName
	switch r.typ {
	case 11:
		dnsWKS(c, r)
	case 19:
		r.ownerOnly(c)
		r.counted(c, dnsX25Len, dnsX25)
	case 20:
		r.ownerOnly(c)
		r.counted(c, dnsISDNLen, dnsISDN)
		if r.rest(c) > 0 {
			r.counted(c, dnsISDNSLen, dnsISDNSub)
		}
	case 21:
		r.ownerOnly(c)
		c.U16(dnsRTPref)
		r.nameField(c, m, dnsRTHost, &name)
	case 22:
		r.ownerOnly(c)
		c.Bytes(dnsNSAP, r.rest(c))
	case 23:
		r.ownerOnly(c)
		r.nameField(c, m, dnsNSAPPtr, &name)
	case rrKEY:
		dnsOldKeyRecord(c, r)
	case 26:
		r.ownerOnly(c)
		c.U16(dnsPXPref)
		r.nameField(c, m, dnsPX822, &name)
		r.nameField(c, m, dnsPX400, &name)
	case 27:
		r.ownerOnly(c)
		r.counted(c, dnsGLonLen, dnsGLon)
		r.counted(c, dnsGLatLen, dnsGLat)
		r.counted(c, dnsGAltLen, dnsGAlt)
	case rrLOC:
		dnsLocation(c, r)
	case rrNXT:
		r.nameField(c, m, dnsNXT, &name)
		r.both(c, true, func(b *field.Text, column bool) {
			if !column {
				b.S(", next domain name ")
			}
			name.show(b)
		})
		for i := 0; c.Pos() < r.end; i++ {
			dnsBits(c, c.Pos(), uint16(i*8), c.PeekBytes(0, 1)[0])
			c.Skip(1)
		}
	case 38:
		dnsA6(c, m, r)
	case rrCERT:
		c.U16(dnsCertType)
		c.U16(dnsCertTag)
		c.U8(dnsCertAlgo)
		if n := r.rest(c); n > 0 {
			c.Bytes(dnsCertData, n)
		}
	case 42:
		dnsAPL(c, r)
	case 45:
		dnsIPSecKey(c, m, r)
	case 49:
		r.ownerOnly(c)
		c.Bytes(dnsDHCID, r.rest(c))
	case 55:
		r.ownerOnly(c)
		hit := int(c.U8(dnsHITLen))
		c.U8(dnsHIPAlgo)
		key := int(c.U16(dnsHIPKLen))
		c.Bytes(dnsHIT, hit)
		c.Bytes(dnsHIPKey, key)
		for c.Pos() < r.end {
			r.nameField(c, m, dnsHIPServer, &name)
		}
	case rrOPENPGPKEY:
		c.PutBytes(dnsPGP, c.Pos(), r.rest(c), untilNUL(c.PeekBytes(0, r.rest(c))))
	case 62:
		c.U32(dnsCSyncSOA)
		c.Word(dnsCSyncFl, 2, dnsCSyncImm, dnsCSyncMin)
		c.FieldAt(dnsCSyncBits, c.Pos(), r.rest(c))
		dnsBitmap(c, r)
	case 63:
		c.U32(dnsZMDSerial)
		c.U8(dnsZMDScheme)
		c.U8(dnsZMDHash)
		c.Bytes(dnsZMDDigest, r.rest(c))
	case 104:
		c.U16(dnsNIDPref)
		c.Bytes(dnsNID, 8)
	case 105:
		c.U16(dnsL32Pref)
		c.Field(dnsL32, 4)
	case 106:
		c.U16(dnsL64Pref)
		c.Bytes(dnsL64, 8)
	case 107:
		c.U16(dnsLPPref)
		r.nameField(c, m, dnsLP, &name)
	case 108:
		c.Bytes(dnsEUI48, 6)
	case 109:
		c.Bytes(dnsEUI64, 8)
	case rrTKEY:
		dnsTKEY(c, m, r)
	case rrTSIG:
		dnsTSIG(c, m, r)
	case rrURI:
		dnsURI(c, r)
	case 65281, 65282:
		dnsWINS(c, m, r)
	case 65422:
		dnsXPF(c)
	default:
		return false
	}
	return true
}

// dnsWKS is a bit for each port of a protocol.
func dnsWKS(c *Cursor, r *dnsRR) {
	a := c.UintAt(c.Pos(), 4)
	c.Field(dnsWKSAddr, 4)
	r.both(c, true, func(b *field.Text, column bool) {
		if !column {
			b.S(", addr ")
		}
		b.IPv4n(uint32(a))
	})
	c.U8(dnsWKSProto)
	for port := 0; c.Pos() < r.end; port += 8 {
		bits := c.Peek8(0)
		if bits != 0 {
			c.Put(dnsWKSBits, c.Pos(), 1, uint64(bits))
			if b := c.Append(c.Last()); b != nil {
				sep := " ("
				for i := range 8 {
					if bits&(0x80>>uint(i)) != 0 {
						b.S(sep).U(uint64(port + i))
						sep = ", "
					}
				}
				b.C(')')
			}
		}
		c.Skip(1)
	}
}

// dnsOldKeyRecord is the key record of RFC 2535, section 3.
func dnsOldKeyRecord(c *Cursor, r *dnsRR) {
	if c.Peek16(0)&0xc000 == 0xc000 { // no key
		c.Word(dnsOldKey, 2, dnsOldKeyAuth, dnsOldKeyConf)
	} else {
		c.Word(dnsOldKey, 2, dnsOldKeyAuth, dnsOldKeyConf, dnsOldKeyReq, dnsOldKeyUser, dnsOldKeyName, dnsOldKeySec, dnsOldKeyMIME, dnsOldKeySign)
	}
	c.U8(dnsOldKeyProt)
	algo := c.U8(dnsOldKeyAlgo)
	c.Gen(dnsOldKeyID, c.Start()+r.at, 0, uint64(dnsKeyTag(c, r, algo)))
	if n := r.rest(c); n > 0 {
		c.Bytes(dnsOldKeyData, n)
	}
}

// dnsMetres writes a length in the form of RFC 1876: a digit and an exponent.
func dnsMetres(c *Cursor, f field.ID) {
	v := c.U8(f)
	if b := c.Append(c.Last()); b != nil {
		b.S(" (")
		field.FloatG(b, float64(v>>4)*math.Pow(10, float64(v&15))/100, 6)
		b.S(" m)")
	}
}

func dnsLocation(c *Cursor, r *dnsRR) {
	if c.U8(dnsLocVer) != 0 {
		c.FieldAt(dnsLocOther, r.data, r.end-r.data)
		return
	}
	dnsMetres(c, dnsLocSize)
	dnsMetres(c, dnsLocH)
	dnsMetres(c, dnsLocV)
	for _, f := range [...]field.ID{dnsLocLat, dnsLocLon} {
		v := int64(c.U32(f)) - 1<<31
		if b := c.Append(c.Last()); b != nil {
			side := map[bool]string{true: "NS", false: "EW"}[f == dnsLocLat]
			way := side[0]
			if v < 0 {
				way, v = side[1], -v
			}
			b.S(" (").I(v/3600000).S(" deg ").I(v/60000%60).S(" min ").I(v/1000%60).C('.').UPad(uint64(v%1000), 3).S(" sec ").C(way).C(')')
		}
	}
	v := c.U32(dnsLocAlt)
	if b := c.Append(c.Last()); b != nil {
		b.S(" (")
		field.FloatG(b, (float64(v)-10000000)/100, 6)
		b.S(" m)")
	}
}

// dnsA6 is RFC 2874, section 3.1.
func dnsA6(c *Cursor, m *dnsMsg, r *dnsRR) {
	prefix := int(c.U8(dnsA6Len))
	n := (128 - min(prefix, 128) + 7) / 8
	var addr [16]byte
	copy(addr[16-n:], c.PeekBytes(0, n))
	if prefix < 128 {
		c.PutBytes(dnsA6Suffix, c.Pos(), n, addr[:])
	}
	c.Skip(n)
	var name dnsName
	if prefix > 0 {
		r.nameField(c, m, dnsA6Name, &name)
	}
	r.both(c, true, func(b *field.Text, column bool) {
		if !column {
			b.S(", addr ")
		}
		name.show(b.U(uint64(prefix)).C(' ').IPv6(addr[:]).C(' '))
	})
}

func dnsAPL(c *Cursor, r *dnsRR) {
	r.ownerOnly(c)
	for c.Pos() < r.end {
		family := c.U16(dnsAPLFamily)
		c.U8(dnsAPLPrefix)
		n := int(c.Peek8(0) & 0x7f)
		c.FieldAt(dnsAPLNot, c.Pos(), 1)
		c.Field(dnsAPLLen, 1)
		raw := c.PeekBytes(0, n)
		var addr [16]byte
		copy(addr[:], raw)
		switch {
		case family == 1 && n <= 4:
			c.Put(dnsAPL4, c.Pos(), n, uint64(addr[0])<<24|uint64(addr[1])<<16|uint64(addr[2])<<8|uint64(addr[3]))
		case family == 2 && n <= 16:
			c.PutBytes(dnsAPL6, c.Pos(), n, addr[:])
		default:
			c.FieldAt(dnsAPLData, c.Pos(), n)
		}
		c.Skip(n)
	}
}

func dnsIPSecKey(c *Cursor, m *dnsMsg, r *dnsRR) {
	c.U8(dnsIPSPrec)
	kind := c.U8(dnsIPSType)
	c.U8(dnsIPSAlgo)
	switch kind {
	case 1:
		c.Field(dnsIPS4, 4)
	case 2:
		c.Bytes(dnsIPS6, 16)
	case 3:
		var name dnsName
		r.nameField(c, m, dnsIPSName, &name)
	}
	if n := r.rest(c); n > 0 {
		c.Bytes(dnsIPSKey, n)
	}
}

func dnsTKEY(c *Cursor, m *dnsMsg, r *dnsRR) {
	var name dnsName
	r.nameField(c, m, dnsTKEYName, &name)
	for _, f := range [...]field.ID{dnsTKEYInc, dnsTKEYExp} {
		c.Put(f, c.Pos(), 4, uint64(c.Peek32(0))*1e9)
		c.Skip(4)
	}
	c.U16(dnsTKEYMode)
	c.U16(dnsTKEYError)
	if n := int(c.U16(dnsTKEYSize)); n > 0 {
		c.Bytes(dnsTKEYData, n)
	}
	if n := int(c.U16(dnsTKEYOSize)); n > 0 {
		c.Bytes(dnsTKEYOther, n)
	}
}

func dnsTSIG(c *Cursor, m *dnsMsg, r *dnsRR) {
	var name dnsName
	r.nameField(c, m, dnsTSIGName, &name)
	c.Put(dnsTSIGTime, c.Pos(), 6, c.UintAt(c.Pos(), 6)*1e9)
	c.Skip(6)
	c.U16(dnsTSIGFudge)
	if n := int(c.U16(dnsTSIGSize)); n > 0 {
		mac := c.FieldAt(dnsTSIGMAC, c.Pos(), n)
		c.Skip(n)
		c.ExpertText(mac, eiDNSNoAlgo, "No dissector for algorithm:"+string(name.text()))
	}
	c.U16(dnsTSIGID)
	c.U16(dnsTSIGError)
	if n := int(c.U16(dnsTSIGOLen)); n > 0 {
		c.Bytes(dnsTSIGOther, n)
	}
}

// dnsURI is RFC 7553; tshark keeps it in the fields of service records.
func dnsURI(c *Cursor, r *dnsRR) {
	prio, weight := c.U16(dnsSRVPrio), c.U16(dnsSRVWeight)
	n := r.rest(c)
	target := c.PeekBytes(0, n)
	// The length is short by the six bytes that a service record has here.
	c.PutBytes(dnsSRVTarget, c.Pos(), 6, target)
	r.both(c, true, func(b *field.Text, column bool) {
		if column {
			b.U(uint64(prio)).C(' ').U(uint64(weight)).C(' ').Printable(target)
			return
		}
		b.S(", priority ").U(uint64(prio)).S(", weight ").U(uint64(weight)).S(", target ").Printable(target)
	})
}

func dnsWINS(c *Cursor, m *dnsMsg, r *dnsRR) {
	if r.typ == 65281 {
		c.Field(dnsWinsLocal, 4)
		c.U32(dnsWinsLookup)
		c.U32(dnsWinsCache)
		for n := c.U32(dnsWinsCount); n > 0 && r.rest(c) >= 4; n-- {
			c.Field(dnsWinsServer, 4)
		}
		return
	}
	c.Field(dnsWinsRLocal, 4)
	c.U32(dnsWinsRLook)
	c.U32(dnsWinsRCache)
	var name dnsName
	r.nameField(c, m, dnsWinsRName, &name)
	r.both(c, true, func(b *field.Text, column bool) {
		if !column {
			b.S(", name result domain ")
		}
		name.show(b)
	})
}

func dnsXPF(c *Cursor) {
	version := c.U8(dnsXPFVer) & 15
	c.U8(dnsXPFProto)
	switch version {
	case 4:
		c.Field(dnsXPFSrc4, 4)
		c.Field(dnsXPFDst4, 4)
	case 6:
		c.Bytes(dnsXPFSrc6, 16)
		c.Bytes(dnsXPFDst6, 16)
	default:
		return
	}
	c.U16(dnsXPFSPort)
	c.U16(dnsXPFDPort)
}
