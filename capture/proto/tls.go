// TLS, RFC 8446 (1.3), RFC 5246 (1.2), RFC 4346 (1.1), RFC 2246 (1.0), and its
// forerunners SSL 3.0 (RFC 6101) and SSL 2.0: records. Handshake messages are
// in tls_handshake.go, certificates in x509.go. Not decoded: what is encrypted.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	tlsP         = protocol("tls", "Transport Layer Security", "TLS")
	tlsStream    = tlsP.U32("stream", "Stream index", dec)
	tlsRecord    = tlsP.None("record", "Record Layer")
	tlsContent   = tlsP.U8("record.content_type", "Content Type", dec, enum(tlsContentTypes))
	tlsOpaque    = tlsP.U8("record.opaque_type", "Opaque Type", dec, enum(tlsContentTypes))
	tlsVersion   = tlsP.U16("record.version", "Version", hex, enum(tlsVersions))
	tlsLength    = tlsP.U16("record.length", "Length", dec)
	tlsCCS       = tlsP.None("change_cipher_spec", "Change Cipher Spec Message")
	tlsAlert     = tlsP.None("alert_message", "Alert Message")
	tlsAlertLvl  = tlsP.U8("alert_message.level", "Level", dec, enum(tlsAlertLevels))
	tlsAlertDesc = tlsP.U8("alert_message.desc", "Description", dec, enum(tlsAlertDescs))
	tlsAppData   = tlsP.Bytes("app_data", "Encrypted Application Data")
	tlsAppProto  = tlsP.Str("app_data_proto", "Application Data Protocol")
	tlsSegData   = tlsP.Bytes("segment.data", "TLS segment data")
	tlsBeat      = tlsP.None("heartbeat_message", "Heartbeat Message")
	tlsBeatType  = tlsP.U8("heartbeat_message.type", "Type", dec, enum(tlsHeartbeatTypes))
	tlsBeatLen   = tlsP.U16("heartbeat_message.payload_length", "Payload Length", dec)
	tlsBeatData  = tlsP.Bytes("heartbeat_message.payload", "Payload Length")
	tlsBeatPad   = tlsP.Bytes("heartbeat_message.padding", "Payload Length")

	eiTLSUnknown  = tlsP.Expert("ignored_unknown_record", field.Protocol, field.Warn, "Ignored Unknown Record")
	eiTLSResumed  = tlsP.Expert("resumed", field.Sequence, field.Note, "This session reuses previously negotiated keys (Session resumption)")
	eiTLSRecLen   = tlsP.Expert("record.length.invalid", field.Protocol, field.Error, "Record fragment length is too small or too large")
	_             = tlsP.Expert("heartbeat_message.payload_length.invalid", field.Malformed, field.Error, "Invalid heartbeat payload length")
	prefTLSDesegm = dissect.BoolPref("tls.desegment_ssl_records", "Reassemble TLS records spanning multiple TCP segments", true)

	_ = tlsP.Parse(parseTLS).Stateful().
		On("tcp.port", 324, 443, 465, 631, 636, 802, 853, 993, 995, 1300, 2221, 2443, 3249, 3250, 3251, 3252, 3496, 5061, 5671, 5684, 5868, 8883, 11207, 19999).
		OnName("http.upgrade", "tls", "TLS/1.0", "TLS/1.1", "TLS/1.2", "TLS/1.3").
		Heur("tcp", "tls_tcp", heurTLS).
		Calls(x509afP, x509ifP, x509satP, x509ceP, pkixalgP, pkixImpP, pkixExpP, berP, ocspP, nsP)

	tlsConvs = flow.NewSlot[tlsSession]()
	tlsFacts = flow.NewFacts[tlsSession]()
	tlsCount = flow.NewSlot[tlsNumbers]()
)

// Kinds of record, RFC 8446 section 5.1.
const (
	recCCS       = 20
	recAlert     = 21
	recHandshake = 22
	recAppData   = 23
	recHeartbeat = 24
)

// Versions as they stand on the wire.
const (
	verSSL2  = 0x0002
	verSSL3  = 0x0300
	verTLS10 = 0x0301
	verTLS11 = 0x0302
	verTLS12 = 0x0303
	verTLS13 = 0x0304
	verTLCP  = 0x0101
)

// maxTLSRecord is the most that a record holds before encryption.
const maxTLSRecord = 1 << 14

// tlsShort are the versions as the Protocol column has them.
var tlsShort = values(val(verSSL2, "SSLv2"), val(verSSL3, "SSLv3"), val(verTLS10, "TLSv1"), val(verTLS11, "TLSv1.1"),
	val(verTLS12, "TLSv1.2"), val(verTLS13, "TLSv1.3"), val(verTLCP, "TLCP"))

// tlsNumbers counts the sessions of a capture.
type tlsNumbers struct{ next uint32 }

// tlsSession is what is known of a connection. Frames keep a copy of what was
// known when they began, and every pass goes on from there.
type tlsSession struct {
	known      bool
	resumed    bool // no ServerHelloDone yet: so far it looks resumed
	clientCCS  bool
	serverCCS  bool
	hasServer  bool
	rawKey     [2]bool // client, server: raw public keys instead of certificates
	stream     uint32
	serverPort uint32
	server     flow.Addr
	version    uint16
	suite      uint16
	app        string // long name of the protocol inside; "" unknown
}

// tlsRun is the walk over the records of one segment.
type tlsRun struct {
	tlsSession
	base     int // where the data begins
	record   dissect.Ref
	ver      uint16 // the version that the record is shown with
	overQUIC bool
}

func parseTLS(c *Cursor) {
	if l := c.Packet().Layers; len(l) > 1 && l[len(l)-2] == quicP.ID {
		parseTLSInQUIC(c)
		return
	}
	t := &tlsRun{base: c.Pos()}
	conv := c.Packet().Conv
	if c.Learning() && !c.Quoted() && conv != nil {
		live := tlsConvs.Make(conv)
		if !live.known {
			n := tlsCount.Global(c.Flow())
			live.known, live.stream = true, n.next
			n.next++
		}
		*tlsFacts.Put(c.Flow(), c.Frame().Number, c.Layer()) = *live
		t.tlsSession = *live
		defer func() { *live = t.tlsSession }()
	} else if f := tlsFacts.Get(c.Flow(), c.Frame().Number, c.Layer()); f != nil {
		t.tlsSession = *f
	}
	c.SetProtocol(tlsShort.Text(uint64(t.version), "SSL"))
	c.ClearInfo()
	c.Gen(tlsStream, c.Pos(), 0, uint64(t.stream))
	for c.Left() > 0 {
		if !t.next(c) {
			continue
		}
		r := c.Put(tlsSegData, c.Pos(), c.CapLeft(), 0)
		if b := c.Label(r); b != nil {
			n := c.Left()
			b.S("TLS segment data (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
		}
		return
	}
	c.FenceInfo()
}

// startTLS says that from the next frame on the connection holds TLS, with
// app (its long name) inside: what STARTTLS and its kin agree on.
func startTLS(c *Cursor, app string) {
	conv := c.Packet().Conv
	if conv == nil || !c.Learning() || c.Quoted() {
		return
	}
	live := tlsConvs.Make(conv)
	live.app = app
	conv.SetUpper(c.Frame().Number+1, tlsP)
}

// heurTLS recognises a record header, or an SSL 2.0 hello that offers TLS.
func heurTLS(c *Cursor) bool {
	if !tlsLooksLikeRecord(c.Rest()) && !tlsLooksLikeHello2(c.Rest()) {
		return false
	}
	c.Take()
	if conv := c.Packet().Conv; conv != nil && c.Learning() && !c.Quoted() {
		conv.SetUpper(c.Frame().Number, tlsP)
	}
	parseTLS(c)
	return true
}

func tlsLooksLikeRecord(b []byte) bool {
	if len(b) < 5 || b[0] < recCCS || b[0] > recAppData {
		return false
	}
	v, n := uint16(b[1])<<8|uint16(b[2]), int(b[3])<<8|int(b[4])
	return (v >= verSSL3 && v <= verTLS12 || v == verTLCP) && n > 0 && n < maxTLSRecord+2048
}

// tlsLooksLikeHello2 checks the hello of RFC 5246 appendix E.2.
func tlsLooksLikeHello2(b []byte) bool {
	if len(b) < 11 || b[0] != 0x80 || b[2] != 1 {
		return false
	}
	suites, id, challenge := int(b[5])<<8|int(b[6]), int(b[7])<<8|int(b[8]), int(b[9])<<8|int(b[10])
	return suites > 0 && suites%3 == 0 && (id == 0 || id == 16) && challenge == 32
}

// next dissects one record; true when the rest of it is in later segments.
func (t *tlsRun) next(c *Cursor) bool {
	if t.version == verSSL2 {
		return t.record2(c)
	}
	if c.Left() < 5 {
		if c.NeedSegment(c.Pos()) {
			return true
		}
		c.Seek(c.End())
		return false
	}
	b := c.PeekBytes(0, 5)
	v := uint16(b[3])<<8 | uint16(b[4])
	if t.version != 0 {
		if b[0] >= 0x80 && b[2] == 1 && (v == verSSL2 || v >= verSSL3 && v <= verTLS11) {
			return t.record2(c)
		}
		return t.record3(c)
	}
	switch {
	case b[0] >= 0x80 && (b[2] <= 4 || b[2] == 6):
		return t.record2(c)
	case b[0] >= recCCS && b[0] <= recHeartbeat && tlsKnownVersion(uint16(b[1])<<8|uint16(b[2])) != 0:
		return t.record3(c)
	}
	tlsInfo(c, "Continuation Data")
	c.SetProtocol("SSL")
	c.Seek(c.End())
	return false
}

// tlsInfo continues the Info column. The comma goes behind whatever stands
// there, marks of TCP included.
func tlsInfo(c *Cursor, s string) {
	b := c.Info()
	if b == nil {
		return
	}
	if len(b.B) > 0 {
		b.S(", ")
	}
	b.S(s)
}

// tlsKnownVersion gives the version proper of a number on the wire, drafts
// counting as what they became; 0 when it is none.
func tlsKnownVersion(v uint16) uint16 {
	switch {
	case v >= verSSL3 && v <= verTLS13 || v == verTLCP:
		return v
	case v>>8 == 0x7f && v&0xff >= 14, v == 0xfb17, v == 0xfb1a:
		return verTLS13
	}
	return 0
}

// record3 dissects a record of SSL 3.0 and TLS.
func (t *tlsRun) record3(c *Cursor) bool {
	at, left := c.Pos(), c.Left()
	typ, ver, n := c.Peek8(0), c.Peek16(1), int(c.Peek16(3))
	valid := typ >= recCCS && typ <= recHeartbeat
	switch {
	case !valid && t.version >= verTLS10 && t.version <= verTLS12:
		tlsFlaw(c, at, min(left, c.CapLeft()), eiTLSUnknown, "Ignored Unknown Record")
		c.Need(left)
		tlsInfo(c, "Ignored Unknown Record")
		c.SetProtocol(tlsShort.Text(uint64(t.version), "SSL"))
		c.Seek(c.End())
		return false
	case !valid:
		tlsInfo(c, "Continuation Data")
		c.Seek(min(at+5+n, c.End()))
		return false
	case left < n+5 && c.Bool(prefTLSDesegm) && (c.NeedMore(at, n+5-left) || c.CapLeft() < left):
		return true
	}
	t.record = c.Put(tlsRecord, at, min(5+n, left), 0)
	old := c.Push(t.record)
	defer c.Pop(old)
	if t.version == verTLS13 && typ == recAppData {
		c.U8(tlsOpaque)
	} else {
		c.U8(tlsContent)
	}
	c.U16(tlsVersion)
	c.U16(tlsLength)
	length := c.Last()
	t.ver = t.version
	if t.version == 0 {
		t.ver = ver
		first := uint8(255)
		if n > 0 {
			first = c.Peek8(0)
		}
		if k := tlsKnownVersion(ver); k != 0 && (typ != recHandshake || tlsHandshakeKnown(first) && first != hsClientHello) {
			t.version = k
		}
	}
	c.SetProtocol(tlsShort.Text(uint64(t.ver), "SSL"))
	t.checkLength(c, length, typ, n)
	body, end := c.Pos(), c.Pos()+n
	if b := c.Label(t.record); b != nil {
		t.title(b).S(tlsContentTypes.Text(uint64(typ), "unknown"))
	}
	switch typ {
	case recCCS:
		t.changeCipher(c, body)
	case recAlert:
		t.alert(c, body, n)
	case recHandshake:
		t.handshakes(c, body, end)
	case recAppData:
		t.appData(c, body, n)
	case recHeartbeat:
		t.heartbeat(c, body, n)
	}
	c.Seek(end)
	return false
}

// title starts a record's line.
func (t *tlsRun) title(b *field.Text) *field.Text {
	return b.S(tlsShort.Text(uint64(t.ver), "SSL")).S(" Record Layer: ")
}

// checkLength looks for what RFC 8446 section 5.1 and RFC 5246 section 6.2.1 forbid.
func (t *tlsRun) checkLength(c *Cursor, r dissect.Ref, typ uint8, n int) {
	if n == 0 && typ != recAppData {
		var b field.Text
		b.S("Zero-length ").S(tlsContentTypes.Text(uint64(typ), "unknown")).S(" fragments are not allowed")
		c.ExpertText(r, eiTLSRecLen, b.String())
	}
	more := 2048
	if t.version == verTLS13 {
		more = 256
	}
	if n > maxTLSRecord+more {
		var b field.Text
		b.S("TLSCiphertext length MUST NOT exceed 2^14 + ").U(uint64(more))
		c.ExpertText(r, eiTLSRecLen, b.String())
	}
}

// changeCipher is the message that all that follows is encrypted; in TLS 1.3
// it means nothing.
func (t *tlsRun) changeCipher(c *Cursor, at int) {
	tlsInfo(c, "Change Cipher Spec")
	if b := c.Label(t.record); b != nil {
		t.title(b).S("Change Cipher Spec Protocol: Change Cipher Spec")
	}
	c.Need(1)
	r := c.Put(tlsCCS, at, 1, 0)
	if t.version == verTLS13 {
		return
	}
	if !t.fromServer(c) {
		t.clientCCS = true
		return
	}
	t.serverCCS = true
	if t.resumed {
		c.Expert(r, eiTLSResumed)
	}
}

// fromServer reports whether the packet comes from the server.
func (t *tlsRun) fromServer(c *Cursor) bool {
	p := c.Packet()
	if t.hasServer {
		return p.SrcPort == t.serverPort && p.Src == t.server
	}
	_, ok := tlsPortNames[p.SrcPort]
	return ok
}

func (t *tlsRun) alert(c *Cursor, at, n int) {
	r := c.Put(tlsAlert, at, n, 0)
	level, ok := tlsAlertLevels.Lookup(uint64(c.Peek8(0)))
	desc, known := tlsAlertDescs.Lookup(uint64(c.Peek8(1)))
	if !ok || !known {
		tlsInfo(c, "Encrypted Alert")
		if b := c.Label(t.record); b != nil {
			t.title(b).S("Encrypted Alert")
		}
		if b := c.Label(r); b != nil {
			b.S("Alert Message: Encrypted Alert")
		}
		return
	}
	tlsInfo(c, "Alert (Level: ")
	if b := c.Info(); b != nil {
		b.S(level).S(", Description: ").S(desc).C(')')
	}
	if b := c.Label(t.record); b != nil {
		t.title(b).S("Alert (Level: ").S(level).S(", Description: ").S(desc).C(')')
	}
	old := c.Push(r)
	c.U8(tlsAlertLvl)
	c.U8(tlsAlertDesc)
	c.Pop(old)
}

func (t *tlsRun) appData(c *Cursor, at, n int) {
	tlsInfo(c, "Application Data")
	if t.app == "" {
		t.app = tlsPortNames[c.Packet().SrcPort]
	}
	if t.app == "" {
		t.app = tlsPortNames[c.Packet().DstPort]
	}
	if b := c.Label(t.record); b != nil {
		t.title(b).S("Application Data Protocol: ")
		if t.app != "" {
			b.S(t.app)
		} else {
			b.S("Application Data")
		}
	}
	c.FieldAt(tlsAppData, at, n)
	if t.app != "" {
		pos := at - 5
		if pos != t.base {
			pos += t.base // where Wireshark puts it
		}
		c.GenText(tlsAppProto, pos, 0, t.app)
	}
}

// heartbeat is RFC 6520. Encrypted ones cannot be told from plain ones with
// certainty: a type and a length that make sense are taken for plain.
func (t *tlsRun) heartbeat(c *Cursor, at, n int) {
	kind, ok := tlsHeartbeatTypes.Lookup(uint64(c.Peek8(0)))
	size := int(c.Peek16(1))
	r := c.Put(tlsBeat, at, n, 0)
	if !ok || size > n-16-3 {
		tlsInfo(c, "Encrypted Heartbeat")
		if b := c.Label(t.record); b != nil {
			t.title(b).S("Encrypted Heartbeat")
		}
		if b := c.Label(r); b != nil {
			b.S("Encrypted Heartbeat Message")
		}
		return
	}
	tlsInfo(c, "Heartbeat ")
	if b := c.Info(); b != nil {
		b.S(kind)
	}
	if b := c.Label(t.record); b != nil {
		t.title(b).S("Heartbeat ").S(kind)
	}
	old := c.Push(r)
	c.U8(tlsBeatType)
	c.U16(tlsBeatLen)
	c.Bytes(tlsBeatData, size)
	if b := c.Label(c.Last()); b != nil {
		b.S("Payload (").U(uint64(size)).S(plural(size, " byte)", " bytes)"))
	}
	pad := at + n - c.Pos()
	c.Bytes(tlsBeatPad, pad)
	if b := c.Label(c.Last()); b != nil {
		b.S("Padding and HMAC (").U(uint64(pad)).S(plural(pad, " byte)", " bytes)"))
	}
	c.Pop(old)
}
