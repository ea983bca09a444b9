// Values of TLS fields by Wireshark's texts.
package proto

// tlsContentTypes are the kinds of record, RFC 8446 section 5.1.
var tlsContentTypes = values(
	val(20, "Change Cipher Spec"), val(21, "Alert"), val(22, "Handshake"), val(23, "Application Data"), val(24, "Heartbeat"), val(25, "Connection ID"),
)

// tlsVersions are the protocol versions, drafts and placeholders included.
var tlsVersions = values(
	val(0x0002, "SSL 2.0"), val(0x0100, "DTLS 1.0 (OpenSSL pre 0.9.8f)"), val(0x0101, "TLCP"), val(0x0300, "SSL 3.0"), val(0x0301, "TLS 1.0"),
	val(0x0302, "TLS 1.1"), val(0x0303, "TLS 1.2"), val(0x0304, "TLS 1.3"), val(0x0a0a, "Reserved (GREASE)"), val(0x1a1a, "Reserved (GREASE)"),
	val(0x2a2a, "Reserved (GREASE)"), val(0x3a3a, "Reserved (GREASE)"), val(0x4a4a, "Reserved (GREASE)"), val(0x5a5a, "Reserved (GREASE)"),
	val(0x6a6a, "Reserved (GREASE)"), val(0x7a7a, "Reserved (GREASE)"), val(0x7f0e, "TLS 1.3 (draft 14)"), val(0x7f0f, "TLS 1.3 (draft 15)"),
	val(0x7f10, "TLS 1.3 (draft 16)"), val(0x7f11, "TLS 1.3 (draft 17)"), val(0x7f12, "TLS 1.3 (draft 18)"), val(0x7f13, "TLS 1.3 (draft 19)"),
	val(0x7f14, "TLS 1.3 (draft 20)"), val(0x7f15, "TLS 1.3 (draft 21)"), val(0x7f16, "TLS 1.3 (draft 22)"), val(0x7f17, "TLS 1.3 (draft 23)"),
	val(0x7f18, "TLS 1.3 (draft 24)"), val(0x7f19, "TLS 1.3 (draft 25)"), val(0x7f1a, "TLS 1.3 (draft 26)"), val(0x7f1b, "TLS 1.3 (draft 27)"),
	val(0x7f1c, "TLS 1.3 (draft 28)"), val(0x8a8a, "Reserved (GREASE)"), val(0x9a9a, "Reserved (GREASE)"), val(0xaaaa, "Reserved (GREASE)"),
	val(0xbaba, "Reserved (GREASE)"), val(0xcaca, "Reserved (GREASE)"), val(0xdada, "Reserved (GREASE)"), val(0xeaea, "Reserved (GREASE)"),
	val(0xfafa, "Reserved (GREASE)"), val(0xfb17, "TLS 1.3 (Facebook draft 23)"), val(0xfb1a, "TLS 1.3 (Facebook draft 26)"), val(0xfefc, "DTLS 1.3"),
	val(0xfefd, "DTLS 1.2"), val(0xfeff, "DTLS 1.0"),
)

// tlsHandshakeTypes are the handshake messages, RFC 8446 section 4.
var tlsHandshakeTypes = values(
	val(0, "Hello Request"), val(1, "Client Hello"), val(2, "Server Hello"), val(3, "Hello Verify Request"), val(4, "New Session Ticket"),
	val(5, "End of Early Data"), val(6, "Hello Retry Request"), val(8, "Encrypted Extensions"), val(11, "Certificate"), val(12, "Server Key Exchange"),
	val(13, "Certificate Request"), val(14, "Server Hello Done"), val(15, "Certificate Verify"), val(16, "Client Key Exchange"), val(20, "Finished"),
	val(21, "Client Certificate URL"), val(22, "Certificate Status"), val(23, "Supplemental Data"), val(24, "Key Update"),
	val(25, "Compressed Certificate"), val(67, "Encrypted Extensions"),
)

var ssl2HandshakeTypes = values(
	val(0, "Error"), val(1, "Client Hello"), val(2, "Client Master Key"), val(3, "Client Finished"), val(4, "Server Hello"), val(5, "Server Verify"),
	val(6, "Server Finished"), val(7, "Request Certificate"), val(8, "Client Certificate"),
)

var ssl2CertTypes = values(
	val(0, "N/A"), val(1, "X.509 Certificate"),
)

var tlsAlertLevels = values(
	val(1, "Warning"), val(2, "Fatal"),
)

var tlsAlertDescs = values(
	val(0, "Close Notify"), val(1, "End of Early Data"), val(10, "Unexpected Message"), val(20, "Bad Record MAC"), val(21, "Decryption Failed"),
	val(22, "Record Overflow"), val(30, "Decompression Failure"), val(40, "Handshake Failure"), val(41, "No Certificate"), val(42, "Bad Certificate"),
	val(43, "Unsupported Certificate"), val(44, "Certificate Revoked"), val(45, "Certificate Expired"), val(46, "Certificate Unknown"),
	val(47, "Illegal Parameter"), val(48, "Unknown CA"), val(49, "Access Denied"), val(50, "Decode Error"), val(51, "Decrypt Error"),
	val(60, "Export Restriction"), val(70, "Protocol Version"), val(71, "Insufficient Security"), val(80, "Internal Error"),
	val(86, "Inappropriate Fallback"), val(90, "User Canceled"), val(100, "No Renegotiation"), val(109, "Missing Extension"),
	val(110, "Unsupported Extension"), val(111, "Certificate Unobtainable"), val(112, "Unrecognized Name"), val(113, "Bad Certificate Status Response"),
	val(114, "Bad Certificate Hash Value"), val(115, "Unknown PSK Identity"), val(116, "Certificate Required"), val(120, "No application Protocol"),
	val(121, "ECH Required"),
)

// tlsExtensionTypes are the hello extensions of the IANA registry.
var tlsExtensionTypes = values(
	val(0, "server_name"), val(1, "max_fragment_length"), val(2, "client_certificate_url"), val(3, "trusted_ca_keys"), val(4, "truncated_hmac"),
	val(5, "status_request"), val(6, "user_mapping"), val(7, "client_authz"), val(8, "server_authz"), val(9, "cert_type"), val(10, "supported_groups"),
	val(11, "ec_point_formats"), val(12, "srp"), val(13, "signature_algorithms"), val(14, "use_srtp"), val(15, "heartbeat"),
	val(16, "application_layer_protocol_negotiation"), val(17, "status_request_v2"), val(18, "signed_certificate_timestamp"),
	val(19, "client_certificate_type"), val(20, "server_certificate_type"), val(21, "padding"), val(22, "encrypt_then_mac"),
	val(23, "extended_master_secret"), val(24, "token_binding"), val(25, "cached_info"), val(27, "compress_certificate"), val(28, "record_size_limit"),
	val(34, "delegated_credentials"), val(35, "session_ticket"), val(40, "Reserved (key_share)"), val(41, "pre_shared_key"), val(42, "early_data"),
	val(43, "supported_versions"), val(44, "cookie"), val(45, "psk_key_exchange_modes"), val(46, "Reserved (ticket_early_data_info)"),
	val(47, "certificate_authorities"), val(48, "oid_filters"), val(49, "post_handshake_auth"), val(50, "signature_algorithms_cert"),
	val(51, "key_share"), val(52, "transparency_info"), val(53, "connection_id (deprecated)"), val(54, "connection_id"), val(55, "external_id_hash"),
	val(56, "external_session_id"), val(57, "quic_transport_parameters"), val(58, "ticket_request"), val(59, "dnssec_chain"),
	val(2570, "Reserved (GREASE)"), val(6682, "Reserved (GREASE)"), val(10794, "Reserved (GREASE)"), val(13172, "next_protocol_negotiation"),
	val(14906, "Reserved (GREASE)"), val(17513, "application_settings_old"), val(17613, "application_settings"), val(19018, "Reserved (GREASE)"),
	val(23130, "Reserved (GREASE)"), val(27242, "Reserved (GREASE)"), val(30031, "channel_id_old"), val(30032, "channel_id"),
	val(31354, "Reserved (GREASE)"), val(35466, "Reserved (GREASE)"), val(39578, "Reserved (GREASE)"), val(43690, "Reserved (GREASE)"),
	val(47802, "Reserved (GREASE)"), val(51914, "Reserved (GREASE)"), val(56026, "Reserved (GREASE)"), val(60138, "Reserved (GREASE)"),
	val(64250, "Reserved (GREASE)"), val(64768, "ech_outer_extensions"), val(65037, "encrypted_client_hello"), val(65281, "renegotiation_info"),
	val(65445, "quic_transport_parameters (drafts version)"), val(65486, "encrypted_server_name"),
)

var tlsCompMethods = values(
	val(0, "null"), val(1, "DEFLATE"), val(64, "LZS"),
)

var tlsGroups = values(
	val(0x0001, "sect163k1"), val(0x0002, "sect163r1"), val(0x0003, "sect163r2"), val(0x0004, "sect193r1"), val(0x0005, "sect193r2"),
	val(0x0006, "sect233k1"), val(0x0007, "sect233r1"), val(0x0008, "sect239k1"), val(0x0009, "sect283k1"), val(0x000a, "sect283r1"),
	val(0x000b, "sect409k1"), val(0x000c, "sect409r1"), val(0x000d, "sect571k1"), val(0x000e, "sect571r1"), val(0x000f, "secp160k1"),
	val(0x0010, "secp160r1"), val(0x0011, "secp160r2"), val(0x0012, "secp192k1"), val(0x0013, "secp192r1"), val(0x0014, "secp224k1"),
	val(0x0015, "secp224r1"), val(0x0016, "secp256k1"), val(0x0017, "secp256r1"), val(0x0018, "secp384r1"), val(0x0019, "secp521r1"),
	val(0x001a, "brainpoolP256r1"), val(0x001b, "brainpoolP384r1"), val(0x001c, "brainpoolP512r1"), val(0x001d, "x25519"), val(0x001e, "x448"),
	val(0x001f, "brainpoolP256r1tls13"), val(0x0020, "brainpoolP384r1tls13"), val(0x0021, "brainpoolP512r1tls13"), val(0x0022, "GC256A"),
	val(0x0023, "GC256B"), val(0x0024, "GC256C"), val(0x0025, "GC256D"), val(0x0026, "GC512A"), val(0x0027, "GC512B"), val(0x0028, "GC512C"),
	val(0x0029, "curveSM2"), val(0x0100, "ffdhe2048"), val(0x0101, "ffdhe3072"), val(0x0102, "ffdhe4096"), val(0x0103, "ffdhe6144"),
	val(0x0104, "ffdhe8192"), val(0x0200, "MLKEM512"), val(0x0201, "MLKEM768"), val(0x0202, "MLKEM1024"), val(0x0203, "frodo976shake"),
	val(0x0204, "frodo1344aes"), val(0x0205, "frodo1344shake"), val(0x0214, "ntru_hps2048509"), val(0x0215, "ntru_hps2048677"),
	val(0x0216, "ntru_hps4096821"), val(0x0217, "ntru_hrss701"), val(0x0218, "lightsaber"), val(0x0219, "saber"), val(0x021a, "firesaber"),
	val(0x021b, "sidhp434"), val(0x021c, "sidhp503"), val(0x021d, "sidhp610"), val(0x021e, "sidhp751"), val(0x021f, "sikep434"),
	val(0x0220, "sikep503"), val(0x0221, "sikep610"), val(0x0222, "sikep751"), val(0x022c, "hqc128"), val(0x022d, "hqc192"), val(0x022e, "hqc256"),
	val(0x022f, "ntrulpr653"), val(0x0230, "ntrulpr761"), val(0x0231, "ntrulpr857"), val(0x0232, "sntrup653"), val(0x0233, "sntrup761"),
	val(0x0234, "sntrup857"), val(0x0238, "bikel1"), val(0x023a, "kyber512"), val(0x023b, "bikel3"), val(0x023c, "kyber768"), val(0x023d, "kyber1024"),
	val(0x023e, "kyber90s512"), val(0x023f, "kyber90s768"), val(0x0240, "kyber90s1024"), val(0x0241, "ntrulpr1277"), val(0x0242, "sntrup1277"),
	val(0x0245, "ntru_hps40961229"), val(0x0246, "ntru_hrss1373"), val(0x0a0a, "Reserved (GREASE)"), val(0x11eb, "SecP256r1MLKEM768"),
	val(0x11ec, "X25519MLKEM768"), val(0x11ed, "SecP384r1MLKEM1024"), val(0x1a1a, "Reserved (GREASE)"), val(0x2a2a, "Reserved (GREASE)"),
	val(0x2f00, "p256_frodo640aes"), val(0x2f01, "p256_frodo640shake"), val(0x2f02, "p384_frodo976aes"), val(0x2f03, "p384_frodo976shake"),
	val(0x2f04, "p521_frodo1344aes"), val(0x2f05, "p521_frodo1344shake"), val(0x2f14, "p256_ntru_hps2048509"), val(0x2f15, "p384_ntru_hps2048677"),
	val(0x2f16, "p521_ntru_hps4096821"), val(0x2f17, "p384_ntru_hrss701"), val(0x2f18, "p256_lightsaber"), val(0x2f19, "p384_saber"),
	val(0x2f1a, "p521_firesaber"), val(0x2f1b, "p256_sidhp434"), val(0x2f1c, "p256_sidhp503"), val(0x2f1d, "p384_sidhp610"),
	val(0x2f1e, "p521_sidhp751"), val(0x2f1f, "p256_sikep434"), val(0x2f20, "p256_sikep503"), val(0x2f21, "p384_sikep610"),
	val(0x2f22, "p521_sikep751"), val(0x2f2c, "p256_hqc128"), val(0x2f2d, "p384_hqc192"), val(0x2f2e, "p521_hqc256"), val(0x2f2f, "p256_ntrulpr653"),
	val(0x2f31, "p384_ntrulpr857"), val(0x2f32, "p256_sntrup653"), val(0x2f34, "p384_sntrup857"), val(0x2f38, "p256_bikel1"),
	val(0x2f3a, "p256_kyber512"), val(0x2f3b, "p384_bikel3"), val(0x2f3c, "p384_kyber768"), val(0x2f3d, "p521_kyber1024"),
	val(0x2f3e, "p256_kyber90s512"), val(0x2f3f, "p384_kyber90s768"), val(0x2f40, "p521_kyber90s1024"), val(0x2f41, "p521_ntrulpr1277"),
	val(0x2f42, "p521_sntrup1277"), val(0x2f43, "p256_ntrulpr761"), val(0x2f44, "p256_sntrup761"), val(0x2f45, "p521_ntru_hps40961229"),
	val(0x2f46, "p521_ntru_hrss1373"), val(0x3a3a, "Reserved (GREASE)"), val(0x4a4a, "Reserved (GREASE)"), val(0x5a5a, "Reserved (GREASE)"),
	val(0x6399, "X25519Kyber768Draft00 (OBSOLETE)"), val(0x639a, "SecP256r1Kyber768Draft00 (OBSOLETE)"), val(0x6a6a, "Reserved (GREASE)"),
	val(0x7a7a, "Reserved (GREASE)"), val(0x8a8a, "Reserved (GREASE)"), val(0x9a9a, "Reserved (GREASE)"), val(0xaaaa, "Reserved (GREASE)"),
	val(0xbaba, "Reserved (GREASE)"), val(0xcaca, "Reserved (GREASE)"), val(0xdada, "Reserved (GREASE)"), val(0xeaea, "Reserved (GREASE)"),
	val(0xfafa, "Reserved (GREASE)"), val(0xfe30, "X25519Kyber512Draft00 (OBSOLETE)"), val(0xfe31, "X25519Kyber768Draft00 (OBSOLETE)"),
	val(0xff01, "arbitrary_explicit_prime_curves"), val(0xff02, "arbitrary_explicit_char2_curves"),
)

var tlsPointFormats = values(
	val(0, "uncompressed"), val(1, "ansiX962_compressed_prime"), val(2, "ansiX962_compressed_char2"),
)

var tlsSigSchemes = values(
	val(0x0201, "rsa_pkcs1_sha1"), val(0x0203, "ecdsa_sha1"), val(0x0401, "rsa_pkcs1_sha256"), val(0x0403, "ecdsa_secp256r1_sha256"),
	val(0x0420, "rsa_pkcs1_sha256_legacy"), val(0x0501, "rsa_pkcs1_sha384"), val(0x0503, "ecdsa_secp384r1_sha384"),
	val(0x0520, "rsa_pkcs1_sha384_legacy"), val(0x0601, "rsa_pkcs1_sha512"), val(0x0603, "ecdsa_secp521r1_sha512"),
	val(0x0620, "rsa_pkcs1_sha512_legacy"), val(0x0704, "eccsi_sha256"), val(0x0705, "iso_ibs1"), val(0x0706, "iso_ibs2"),
	val(0x0707, "iso_chinese_ibs"), val(0x0708, "sm2sig_sm3"), val(0x0709, "gostr34102012_256a"), val(0x070a, "gostr34102012_256b"),
	val(0x070b, "gostr34102012_256c"), val(0x070c, "gostr34102012_256d"), val(0x070d, "gostr34102012_512a"), val(0x070e, "gostr34102012_512b"),
	val(0x070f, "gostr34102012_512c"), val(0x0804, "rsa_pss_rsae_sha256"), val(0x0805, "rsa_pss_rsae_sha384"), val(0x0806, "rsa_pss_rsae_sha512"),
	val(0x0807, "ed25519"), val(0x0808, "ed448"), val(0x0809, "rsa_pss_pss_sha256"), val(0x080a, "rsa_pss_pss_sha384"),
	val(0x080b, "rsa_pss_pss_sha512"), val(0x081a, "ecdsa_brainpoolP256r1tls13_sha256"), val(0x081b, "ecdsa_brainpoolP384r1tls13_sha384"),
	val(0x081c, "ecdsa_brainpoolP512r1tls13_sha512"), val(0x0904, "mldsa44"), val(0x0905, "mldsa65"), val(0x0906, "mldsa87"),
	val(0x0911, "slhdsa_sha2_128s"), val(0x0912, "slhdsa_sha2_128f"), val(0x0913, "slhdsa_sha2_192s"), val(0x0914, "slhdsa_sha2_192f"),
	val(0x0915, "slhdsa_sha2_256s"), val(0x0916, "slhdsa_sha2_256f"), val(0x0917, "slhdsa_shake_128s"), val(0x0918, "slhdsa_shake_128f"),
	val(0x0919, "slhdsa_shake_192s"), val(0x091a, "slhdsa_shake_192f"), val(0x091b, "slhdsa_shake_256s"), val(0x091c, "slhdsa_shake_256f"),
	val(0x0a0a, "GREASE"), val(0x1a1a, "GREASE"), val(0x2a2a, "GREASE"), val(0x3a3a, "GREASE"), val(0x4a4a, "GREASE"), val(0x5a5a, "GREASE"),
	val(0x6a6a, "GREASE"), val(0x7a7a, "GREASE"), val(0x8a8a, "GREASE"), val(0x9a9a, "GREASE"), val(0xaaaa, "GREASE"), val(0xbaba, "GREASE"),
	val(0xcaca, "GREASE"), val(0xdada, "GREASE"), val(0xeaea, "GREASE"), val(0xfafa, "GREASE"), val(0xfe0b, "falcon512"), val(0xfe0c, "p256_falcon512"),
	val(0xfe0d, "rsa3072_falcon512"), val(0xfe0e, "falcon1024"), val(0xfe0f, "p521_falcon1024"), val(0xfe1b, "picnic3l1"),
	val(0xfe1c, "p256_picnic3l1"), val(0xfe1d, "rsa3072_picnic3l1"), val(0xfe27, "rainbowIclassic"), val(0xfe28, "p256_rainbowIclassic"),
	val(0xfe29, "rsa3072_rainbowIclassic"), val(0xfe3c, "rainbowVclassic"), val(0xfe3d, "p521_rainbowVclassic"), val(0xfe42, "sphincsharaka128frobust"),
	val(0xfe43, "p256_sphincsharaka128frobust"), val(0xfe44, "rsa3072_sphincsharaka128frobust"), val(0xfe5e, "sphincssha256128frobust"),
	val(0xfe5f, "p256_sphincssha256128frobust"), val(0xfe60, "rsa3072_sphincssha256128frobust"), val(0xfe7a, "sphincsshake256128frobust"),
	val(0xfe7b, "p256_sphincsshake256128frobust"), val(0xfe7c, "rsa3072_sphincsshake256128frobust"), val(0xfe96, "picnicl1full"),
	val(0xfe97, "p256_picnicl1full"), val(0xfe98, "rsa3072_picnicl1full"), val(0xfea0, "dilithium2"), val(0xfea1, "p256_dilithium2"),
	val(0xfea2, "rsa3072_dilithium2"), val(0xfea3, "dilithium3"), val(0xfea4, "p384_dilithium3"), val(0xfea5, "dilithium5"),
	val(0xfea6, "p521_dilithium5"), val(0xfea7, "dilithium2_aes"), val(0xfea8, "p256_dilithium2_aes"), val(0xfea9, "rsa3072_dilithium2_aes"),
	val(0xfeaa, "dilithium3_aes"), val(0xfeab, "p384_dilithium3_aes"), val(0xfeac, "dilithium5_aes"), val(0xfead, "p521_dilithium5_aes"),
)

var tlsSigHashes = values(
	val(0, "None"), val(1, "MD5"), val(2, "SHA1"), val(3, "SHA224"), val(4, "SHA256"), val(5, "SHA384"), val(6, "SHA512"),
)

var tlsSigSigs = values(
	val(0, "Anonymous"), val(1, "RSA"), val(2, "DSA"), val(3, "ECDSA"),
)

var tlsNameTypes = values(
	val(0, "host_name"),
)

var tlsClientCertTypes = values(
	val(1, "RSA Sign"), val(2, "DSS Sign"), val(3, "RSA Fixed DH"), val(4, "DSS Fixed DH"), val(21, "GOST R 34.10-94"), val(22, "GOST R 34.10-2001"),
	val(64, "ECDSA Sign"), val(65, "RSA Fixed ECDH"), val(66, "ECDSA Fixed ECDH"), val(80, "IBC Params"),
)

var tlsCertTypes = values(
	val(0, "X.509"), val(1, "OpenPGP"), val(2, "Raw Public Key"),
)

var tlsStatusTypes = values(
	val(1, "OCSP"), val(2, "OCSP Multi"),
)

var tlsPSKModes = values(
	val(0, "PSK-only key establishment (psk_ke)"), val(1, "PSK with (EC)DHE key establishment (psk_dhe_ke)"),
)

var tlsHeartbeatModes = values(
	val(1, "Peer allowed to send requests"), val(2, "Peer not allowed to send requests"),
)

var tlsHeartbeatTypes = values(
	val(1, "Request"), val(2, "Response"),
)

var tlsCurveTypes = values(
	val(1, "explicit_prime"), val(2, "explicit_char2"), val(3, "named_curve"),
)

var tlsCertCompressions = values(
	val(1, "zlib"), val(2, "brotli"), val(3, "zstd"),
)

var tlsMaxFragments = values(
	val(1, "512"), val(2, "1024"), val(3, "2048"), val(4, "4096"),
)

var tlsECHTypes = values(
	val(0, "Outer Client Hello"), val(1, "Inner Client Hello"),
)

var hpkeKDFs = values(
	val(0, "Reserved"), val(1, "HKDF-SHA256"), val(2, "HKDF-SHA384"), val(3, "HKDF-SHA512"),
)

var hpkeAEADs = values(
	val(0, "Reserved"), val(1, "AES-128-GCM"), val(2, "AES-256-GCM"), val(3, "ChaCha20Poly1305"), val(65535, "Export-only"),
)

var tlsKeyUpdates = values(
	val(0, "update_not_requested"), val(1, "update_requested"),
)

var tlsTokenKeys = values(
	val(0, "rsa2048_pkcs1.5"), val(1, "rsa2048_pss"), val(2, "ecdsap256"),
)

// tlsPortNames are the protocols inside TLS by port, by their long names.
var tlsPortNames = map[uint32]string{
	324:   "RPKI-Router Protocol",
	443:   "Hypertext Transfer Protocol",
	465:   "Simple Mail Transfer Protocol",
	631:   "Hypertext Transfer Protocol",
	636:   "Lightweight Directory Access Protocol",
	802:   "Modbus/TCP",
	853:   "Domain Name System",
	993:   "Internet Message Access Protocol",
	995:   "Post Office Protocol",
	1300:  "Q.931",
	2221:  "EtherNet/IP (Industrial Protocol)",
	2443:  "Skinny Client Control Protocol",
	3249:  "Intel Omni-Path FE Header - Omni-Path Fabric Executive Header",
	3250:  "Intel Omni-Path FE Header - Omni-Path Fabric Executive Header",
	3251:  "Intel Omni-Path FE Header - Omni-Path Fabric Executive Header",
	3252:  "Intel Omni-Path FE Header - Omni-Path Fabric Executive Header",
	3389:  "TPKT - ISO on TCP - RFC1006",
	3496:  "DoIP (ISO13400) Protocol",
	4420:  "NVM Express Fabrics TCP",
	4460:  "NTS Key Establishment Protocol",
	5061:  "Session Initiation Protocol",
	5671:  "Advanced Message Queuing Protocol",
	5684:  "Constrained Application Protocol",
	5868:  "Diameter Protocol",
	6514:  "Syslog Message",
	8009:  "NVM Express Fabrics TCP",
	8883:  "MQ Telemetry Transport Protocol",
	10050: "Zabbix Protocol",
	10051: "Zabbix Protocol",
	10809: "Network Block Device",
	11207: "Couchbase Protocol",
	19999: "Distributed Network Protocol 3.0",
	27017: "Mongo Wire Protocol",
}

// tlsALPNNames are the protocols inside TLS by what the hellos agreed on.
var tlsALPNNames = map[string]string{
	"coap":               "Constrained Application Protocol",
	"dot":                "Domain Name System",
	"h2":                 "HyperText Transfer Protocol 2",
	"http/1.1":           "Hypertext Transfer Protocol",
	"ntske/1":            "NTS Key Establishment Protocol",
	"stun.nat-discovery": "Session Traversal Utilities for NAT",
	"stun.turn":          "TURN Channel",
	"sunrpc":             "Remote Procedure Call",
}
