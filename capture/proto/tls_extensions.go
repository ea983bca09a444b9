// Extensions of TLS hellos: RFC 8446 section 4.2, RFC 6066, 7301 (ALPN), 6962
// (certificate timestamps), 8449, 8879, 9345, the drafts of encrypted client
// hellos and of application settings.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	tlsExt        = tlsP.None("handshake.extension", "Extension")
	tlsExtType    = tlsP.U16("handshake.extension.type", "Type", dec, enum(tlsExtensionTypes))
	tlsExtLen     = tlsP.U16("handshake.extension.len", "Length", dec)
	tlsExtData    = tlsP.Bytes("handshake.extension.data", "Data")
	tlsGroupsLen  = tlsP.U16("handshake.extensions_supported_groups_length", "Supported Groups List Length", dec)
	tlsGroupList  = tlsP.None("handshake.extensions_supported_groups", "Supported Groups List")
	tlsGroup      = tlsP.U16("handshake.extensions_supported_group", "Supported Group", hex, enum(tlsGroups))
	tlsPFLen      = tlsP.U8("handshake.extensions_ec_point_formats_length", "EC point formats Length", dec)
	tlsPFs        = tlsP.None("handshake.extensions_ec_point_formats", "EC point formats")
	tlsPF         = tlsP.U8("handshake.extensions_ec_point_format", "EC point format", dec, enum(tlsPointFormats))
	tlsSRPLen     = tlsP.U8("handshake.extensions_srp_len", "SRP username length", dec)
	tlsSRPUser    = tlsP.Str("handshake.extensions_srp_username", "SRP username")
	tlsALPNLen    = tlsP.U16("handshake.extensions_alpn_len", "ALPN Extension Length", dec)
	tlsALPNList   = tlsP.None("handshake.extensions_alpn_list", "ALPN Protocol")
	tlsALPNStrLen = tlsP.U8("handshake.extensions_alpn_str_len", "ALPN string length", dec)
	tlsALPNStr    = tlsP.Str("handshake.extensions_alpn_str", "ALPN Next Protocol")
	tlsNPNStrLen  = tlsP.U8("handshake.extensions_npn_str_len", "Protocol string length", dec)
	tlsNPNStr     = tlsP.Str("handshake.extensions_npn", "Next Protocol")
	tlsRenegLen   = tlsP.U8("handshake.extensions_reneg_info_len", "Renegotiation info extension length", dec)
	tlsReneg      = tlsP.Bytes("handshake.extensions_reneg_info", "Renegotiation info")
	tlsKSLen      = tlsP.U16("handshake.extensions_key_share_client_length", "Client Key Share Length", dec)
	tlsKSGroup    = tlsP.U16("handshake.extensions_key_share_group", "Group", dec, enum(tlsGroups))
	tlsKSKeyLen   = tlsP.U16("handshake.extensions_key_share_key_exchange_length", "Key Exchange Length", dec)
	tlsKSKey      = tlsP.Bytes("handshake.extensions_key_share_key_exchange", "Key Exchange")
	tlsKSSel      = tlsP.U16("handshake.extensions_key_share_selected_group", "Selected Group", dec, enum(tlsGroups))
	tlsPSKIdsLen  = tlsP.U16("handshake.extensions.psk.identities.length", "Identities Length", dec)
	tlsPSKIDLen   = tlsP.U16("handshake.extensions.psk.identity.identity_length", "Identity Length", dec)
	tlsPSKID      = tlsP.Bytes("handshake.extensions.psk.identity.identity", "Identity")
	tlsPSKAge     = tlsP.U32("handshake.extensions.psk.identity.obfuscated_ticket_age", "Obfuscated Ticket Age", dec)
	tlsPSKBsLen   = tlsP.U16("handshake.extensions.psk.binders_len", "PSK Binders length", dec)
	tlsPSKBs      = tlsP.None("handshake.extensions.psk.binders", "PSK Binders")
	tlsPSKB       = tlsP.None("handshake.extensions.psk.binder", "PSK Binder")
	tlsPSKBLen    = tlsP.U8("handshake.extensions.psk.binder.binder_length", "Binder Length", dec)
	tlsPSKBinder  = tlsP.Bytes("handshake.extensions.psk.binder.binder", "Binder")
	tlsPSKSel     = tlsP.U16("handshake.extensions.psk.identity.selected", "Selected Identity", dec)
	tlsExtTicket  = tlsP.Bytes("handshake.extensions.session_ticket", "Session Ticket")
	tlsSVLen      = tlsP.U8("handshake.extensions.supported_versions_len", "Supported Versions length", dec)
	tlsSV         = tlsP.U16("handshake.extensions.supported_version", "Supported Version", hex, enum(tlsVersions))
	tlsCookieLen  = tlsP.U16("handshake.extensions.cookie_len", "Cookie length", dec)
	tlsCookie     = tlsP.Bytes("handshake.extensions.cookie", "Cookie")
	tlsSNIListLen = tlsP.U16("handshake.extensions_server_name_list_len", "Server Name list length", dec)
	tlsSNILen     = tlsP.U16("handshake.extensions_server_name_len", "Server Name length", dec)
	tlsSNIType    = tlsP.U8("handshake.extensions_server_name_type", "Server Name Type", dec, enum(tlsNameTypes))
	tlsSNI        = tlsP.Str("handshake.extensions_server_name", "Server Name")
	tlsMaxFrag    = tlsP.U8("handshake.max_fragment_length", "Maximum Fragment Length", dec, enum(tlsMaxFragments))
	tlsPadding    = tlsP.Bytes("handshake.extensions_padding_data", "Padding Data")
	tlsCertType   = tlsP.U8("handshake.cert_type.type", "Certificate Type", hex, enum(tlsCertTypes))
	tlsCertTypeL  = tlsP.None("handshake.cert_type.types", "Certificate Type List")
	tlsCertTypeN  = tlsP.U8("handshake.cert_type.types_len", "Certificate Type List Length", dec)
	tlsStatusType = tlsP.U8("handshake.extensions_status_request_type", "Certificate Status Type", dec, enum(tlsStatusTypes))
	tlsStatusLen  = tlsP.U16("handshake.extensions_status_request_len", "Certificate Status Length", dec)
	tlsStatusIDs  = tlsP.U16("handshake.extensions_status_request_responder_ids_len", "Responder ID list Length", dec)
	tlsStatusExts = tlsP.U16("handshake.extensions_status_request_exts_len", "Request Extensions Length", dec)
	tlsStatusList = tlsP.U16("handshake.extensions_status_request_list_len", "Certificate Status List Length", dec)
	tlsSigAlgsLen = tlsP.U16("handshake.sig_hash_alg_len", "Signature Hash Algorithms Length", dec)
	tlsSigAlgs    = tlsP.None("handshake.sig_hash_algs", "Signature Algorithms")
	tlsSigAlg     = tlsP.U16("handshake.sig_hash_alg", "Signature Algorithm", hex, enum(tlsSigSchemes))
	tlsSigHash    = tlsP.U8("handshake.sig_hash_hash", "Signature Hash Algorithm Hash", dec, enum(tlsSigHashes))
	tlsSigSig     = tlsP.U8("handshake.sig_hash_sig", "Signature Hash Algorithm Signature", dec, enum(tlsSigSigs))
	tlsHBMode     = tlsP.U8("handshake.extension.heartbeat.mode", "Mode", dec, enum(tlsHeartbeatModes))
	tlsPSKModeLen = tlsP.U8("extension.psk_ke_modes_length", "PSK Key Exchange Modes Length", dec)
	tlsPSKMode    = tlsP.U8("extension.psk_ke_mode", "PSK Key Exchange Mode", dec, enum(tlsPSKModes))
	tlsEarlyMax   = tlsP.U32("early_data.max_early_data_size", "Maximum Early Data Size", dec)
	tlsSCTsLen    = tlsP.U16("sct.scts_length", "Serialized SCT List Length", dec)
	tlsSCTLen     = tlsP.U16("sct.sct_length", "Serialized SCT Length", dec)
	tlsSCTVer     = tlsP.U8("sct.sct_version", "SCT Version", dec)
	tlsSCTLog     = tlsP.Bytes("sct.sct_logid", "Log ID")
	tlsSCTTime    = tlsP.AbsTime("sct.sct_timestamp", "Timestamp", field.UTC)
	tlsSCTExtLen  = tlsP.U16("sct.sct_extensions_length", "Extensions length", dec)
	tlsSCTExts    = tlsP.None("sct.sct_extensions", "Extensions")
	tlsSCTSigLen  = tlsP.U16("sct.sct_signature_length", "Signature Length", dec)
	tlsSCTSig     = tlsP.Bytes("sct.sct_signature", "Signature")
	tlsCompAlgLen = tlsP.U8("compress_certificate.algorithms_length", "Algorithms Length", dec)
	tlsTBMajor    = tlsP.U8("token_binding.version_major", "Protocol Major Version", hex)
	tlsTBMinor    = tlsP.U8("token_binding.version_minor", "Protocol Minor Version", hex)
	tlsTBKeys     = tlsP.None("token_binding.key_parameters", "Key Parameters")
	tlsTBKeysLen  = tlsP.U8("token_binding.key_parameters_length", "Key Parameters Length", dec)
	tlsTBKey      = tlsP.U8("token_binding.key_parameter", "Key Parameter", dec, enum(tlsTokenKeys))
	tlsRecLimit   = tlsP.U16("record_size_limit", "Record Size Limit", dec)
	tlsCIDLen     = tlsP.U8("connection_id_length", "Connection ID length", dec)
	tlsCID        = tlsP.Bytes("connection_id", "Connection ID")
	tlsESNISuite  = tlsP.U16("esni.suite", "Cipher Suite", hex, enum(tlsCipherSuites))
	tlsESNIDigLen = tlsP.U16("esni.record_digest_length", "Record Digest Length", dec)
	tlsESNIDigest = tlsP.Bytes("esni.record_digest", "Record Digest")
	tlsESNILen    = tlsP.U16("esni.encrypted_sni_length", "Encrypted SNI Length", dec)
	tlsESNI       = tlsP.Bytes("esni.encrypted_sni", "Encrypted SNI")
	tlsECHType    = tlsP.U8("ech.client_hello_type", "Client Hello type", dec, enum(tlsECHTypes))
	tlsECHSuite   = tlsP.None("ech.cipher_suite", "Cipher Suite")
	tlsECHKDF     = tlsP.U16("ech.hpke.keyconfig.cipher_suite.kdf_id", "KDF Id", dec, enum(hpkeKDFs))
	tlsECHAEAD    = tlsP.U16("ech.hpke.keyconfig.cipher_suite.aead_id", "AEAD Id", dec, enum(hpkeAEADs))
	tlsECHConfig  = tlsP.U8("ech.config_id", "Config Id", dec)
	tlsECHEncLen  = tlsP.U16("ech.enc_length", "Enc length", dec)
	tlsECHEnc     = tlsP.Bytes("ech.enc", "Enc")
	tlsECHPayLen  = tlsP.U16("ech.payload_length", "Payload length", dec)
	tlsECHPayload = tlsP.Bytes("ech.payload", "Payload")
	tlsALPSLen    = tlsP.U16("handshake.extensions_alps_len", "ALPS Extension Length", dec)
	tlsALPSList   = tlsP.None("handshake.extensions_alps_alpn_list", "Supported ALPN List")
	tlsALPSStrLen = tlsP.U8("handshake.extensions_alps_alpn_str_len", "Supported ALPN Length", dec)
	tlsALPSStr    = tlsP.Str("handshake.extensions_alps_alpn_str", "Supported ALPN")
	tlsALPSSet    = tlsP.Bytes("handshake.extensions_alps.settings", "ALPN Opaque Settings")

	eiTLSStatusReq = tlsP.Expert("handshake.status_request.undecoded", field.Undecoded, field.Note, "Responder ID list or Request Extensions are not implemented, contact Wireshark developers if you want this to be supported")
)

// Extension types, from the IANA registry.
const (
	extServerName        = 0
	extMaxFragment       = 1
	extStatusRequest     = 5
	extGroups            = 10
	extPointFormats      = 11
	extSRP               = 12
	extSigAlgs           = 13
	extHeartbeat         = 15
	extALPN              = 16
	extStatusRequest2    = 17
	extSCT               = 18
	extClientCertType    = 19
	extServerCertType    = 20
	extPadding           = 21
	extEncryptMAC        = 22
	extMasterSecret      = 23
	extTokenBinding      = 24
	extCompressCert      = 27
	extRecordLimit       = 28
	extDelegated         = 34
	extTicket            = 35
	extKeyShareOld       = 40
	extPSK               = 41
	extEarlyData         = 42
	extSupportedVersions = 43
	extCookie            = 44
	extPSKModes          = 45
	extCertAuthorities   = 47
	extPostHandshake     = 49
	extSigAlgsCert       = 50
	extKeyShare          = 51
	extConnectionID      = 54
	extQUIC              = 57
	extNPN               = 13172
	extALPSOld           = 17513
	extALPS              = 17613
	extECH               = 65037
	extReneg             = 65281
	extQUICDraft         = 65445
	extESNI              = 65486
)

// extensions reads a list of extensions with its length in front.
func (t *tlsRun) extensions(c *Cursor, end int, h *tlsHello) {
	stop, ok := tlsVector(c, tlsExtsLen, end, 0, 0xffff)
	if !ok && c.Pos() >= stop {
		return
	}
	for stop-c.Pos() >= 4 {
		at := c.Pos()
		typ, n := c.Peek16(0), int(c.Peek16(2))
		if (h.typ == hsServerHello || !isGREASE(typ)) && (h.typ == hsClientHello || h.typ == hsServerHello) {
			h.exts = append(h.exts, typ)
		}
		r := c.Put(tlsExt, at, 4+n, 0)
		if b := c.Label(r); b != nil {
			b.S("Extension: ")
			if s, ok := tlsExtensionTypes.Lookup(uint64(typ)); ok {
				b.S(s)
			} else {
				b.S("Unknown type ").U(uint64(typ))
			}
			b.S(" (len=").U(uint64(n)).C(')')
		}
		old := c.Push(r)
		c.U16(tlsExtType)
		e, ok := tlsVector(c, tlsExtLen, stop, 0, 0xffff)
		if !ok {
			c.Pop(old)
			return
		}
		t.extension(c, typ, e, r, h)
		tlsVectorEnd(c, e)
		c.Seek(e)
		c.Pop(old)
	}
	h.whole = true
	tlsVectorEnd(c, stop)
}

// extension reads the body of one extension.
func (t *tlsRun) extension(c *Cursor, typ uint16, end int, r dissect.Ref, h *tlsHello) {
	n := end - c.Pos()
	client := h.typ == hsClientHello
	switch typ {
	case extServerName:
		t.serverName(c, end, r, h)
	case extMaxFragment:
		c.U8(tlsMaxFrag)
	case extStatusRequest:
		switch {
		case client:
			tlsStatusRequest(c, end, false)
		case h.typ == hsCertificate:
			tlsCertStatus(c, end)
		}
	case extStatusRequest2:
		if client {
			stop, _ := tlsVector(c, tlsStatusList, end, 1, 0xffff)
			for c.Pos() < stop {
				tlsStatusRequest(c, stop, true)
			}
		}
	case extGroups:
		tlsGroupsExt(c, end, h)
	case extPointFormats:
		tlsPointFormatsExt(c, end, h)
	case extSRP:
		c.Bytes(tlsSRPUser, int(c.U8(tlsSRPLen)))
	case extSigAlgs:
		h.schemes = tlsSigSchemesList(c, end)
	case extSigAlgsCert:
		tlsSigSchemesList(c, end)
	case extDelegated:
		if client || h.typ == hsCertRequest {
			tlsSigSchemesList(c, end)
		} else {
			c.Bytes(tlsExtData, n)
		}
	case extHeartbeat:
		c.U8(tlsHBMode)
	case extALPN:
		t.alpn(c, end, h)
	case extSCT:
		if n > 0 {
			tlsSCTList(c, end)
		}
	case extClientCertType, extServerCertType:
		t.certType(c, typ, end, client)
	case extPadding:
		c.Bytes(tlsPadding, n)
	case extEncryptMAC, extMasterSecret, extPostHandshake:
	case extTokenBinding:
		tlsTokenBinding(c, end)
	case extCompressCert:
		stop, _ := tlsVector(c, tlsCompAlgLen, end, 2, 254)
		for c.Pos()+2 <= stop {
			c.U16(tlsCompAlg)
		}
	case extRecordLimit:
		c.U16(tlsRecLimit)
	case extTicket:
		c.Bytes(tlsExtTicket, n)
	case extKeyShare, extKeyShareOld:
		tlsKeyShares(c, end, r, h)
	case extPSK:
		tlsPSKs(c, end, client)
	case extEarlyData:
		switch h.typ {
		case hsNewTicket:
			c.U32(tlsEarlyMax)
		case hsClientHello:
			h.early = true
		}
	case extSupportedVersions:
		t.supportedVersions(c, end, r, h)
	case extCookie:
		stop, _ := tlsVector(c, tlsCookieLen, end, 1, 0xffff)
		c.Bytes(tlsCookie, stop-c.Pos())
	case extPSKModes:
		stop, _ := tlsVector(c, tlsPSKModeLen, end, 1, 255)
		for c.Pos() < stop {
			c.U8(tlsPSKMode)
		}
	case extCertAuthorities:
		tlsNames(c, end)
	case extConnectionID:
		c.Bytes(tlsCID, int(c.U8(tlsCIDLen)))
	case extQUIC, extQUICDraft:
		tlsQUICParameters(c, end, typ == extQUICDraft)
	case extNPN:
		tlsNPN(c, end)
	case extALPS, extALPSOld:
		tlsALPS(c, end, client)
	case extECH:
		tlsECH(c, end, client)
	case extReneg:
		tlsGroupLine(c, "Renegotiation Info extension", n, func() {
			if k := int(c.U8(tlsRenegLen)); k > 0 {
				c.Bytes(tlsReneg, min(k, end-c.Pos()))
			}
		})
	case extESNI:
		tlsESNIExt(c, end, client)
	default:
		c.Bytes(tlsExtData, n)
	}
}
