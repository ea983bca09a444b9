// STUN and TURN, RFC 8489, 8656, 8445. Not decoded: STUN over TCP, messages
// without the magic cookie, TURN's channel data, attributes of vendors.
package proto

import (
	"bytes"
	"hash/crc32"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	stunP       = protocol("stun", "Session Traversal Utilities for NAT", "STUN")
	stunAnswers = stunP.FrameNum("response-to", "Request In")
	stunTime    = stunP.RelTime("time", "Time")
	stunAgain   = stunP.FrameNum("reqduplicate", "Duplicated original message in")
	stunType    = stunP.U16("type", "Message Type", hex)
	stunClass   = stunP.U16("type.class", "Message Class", hex, mask(16, 0x0110))
	stunMethod  = stunP.U16("type.method", "Message Method", hex, mask(16, 0x3eef))
	stunMAssign = stunP.U16("type.method-assignment", "Message Method Assignment", hex, mask(16, 0x2000))
	stunLength  = stunP.U16("length", "Message Length", dec)
	stunCookie  = stunP.Bytes("cookie", "Message Cookie")
	stunID      = stunP.Bytes("id", "Message Transaction ID")
	stunNet     = stunP.U8("network_version", "STUN Network Version", dec, enum(values(val(3, "RFC-5389/8489"))))
	stunAttrs   = stunP.None("attributes", "Attributes")
	stunAttr    = stunP.U16("attribute", "Attribute Type", hex)
	stunAType   = stunP.U16("att.type", "Attribute Type", hex, enum(stunAttributes))
	stunAComp   = stunP.U16("att.type.comprehension", "Attribute Type Comprehension", hex, mask(16, 0x8000))
	stunAAssign = stunP.U16("att.type.assignment", "Attribute Type Assignment", hex, mask(16, 0x4000))
	stunALen    = stunP.U16("att.length", "Attribute Length", dec)
	stunPad     = stunP.U16("att.padding", "Padding", dec)
	stunReserv  = stunP.Bytes("att.reserved", "Reserved")
	stunFamily  = stunP.U8("att.family", "Protocol Family", hex, enum(values(val(1, "IPv4"), val(2, "IPv6"))))
	stunPort    = stunP.U16("att.port", "Port", dec)
	stunIPv4    = stunP.IPv4("att.ipv4", "IP")
	stunIPv6    = stunP.IPv6("att.ipv6", "IP")
	stunPortX   = stunP.Bytes("att.port-xord", "Port (XOR-d)")
	stunIPv4X   = stunP.Bytes("att.ipv4-xord", "IP (XOR-d)")
	stunIPv6X   = stunP.Bytes("att.ipv6-xord", "IP (XOR-d)")
	stunUser    = stunP.Str("att.username", "Username")
	stunRealm   = stunP.Str("att.realm", "Realm")
	stunNonce   = stunP.Str("att.nonce", "Nonce")
	stunSoft    = stunP.Str("att.software", "Software")
	stunHMAC    = stunP.Bytes("att.hmac", "HMAC-SHA1")
	stunCRC     = stunP.U32("att.crc32", "CRC-32", hex)
	stunCRCStat = stunP.U8("att.crc32.status", "CRC-32 Status", noBase, enum(checksumStatus), enumOnly)
	stunErrCls  = stunP.U8("att.error.class", "Error Class", dec, mask(8, 0x07))
	stunErr     = stunP.U8("att.error", "Error Code", dec)
	stunReason  = stunP.Str("att.error.reason", "Error Reason Phrase")
	stunPrio    = stunP.U32("att.priority", "Priority", dec)
	stunTie     = stunP.Bytes("att.tie-breaker", "Tie breaker")
	stunLife    = stunP.U32("att.lifetime", "Lifetime", dec)
	stunTransp  = stunP.U8("att.transp", "Transport", hex, enum(values(val(6, "TCP"), val(17, "UDP"))))
	stunValue   = stunP.Bytes("value", "Value")
	stunNetID   = stunP.U16("att.google.network_id", "Google Network ID", dec)
	stunNetCost = stunP.U16("att.google.network_cost", "Google Network Cost", dec, enum(values(val(0, "Min"), val(10, "Low"), val(50, "Unknown"), val(250, "Cellular5G"), val(500, "Cellular4G"), val(900, "Cellular"), val(910, "Cellular3G"), val(980, "Cellular2G"), val(999, "Max"))))

	eiSTUNCRC = stunP.Expert("att.crc32.bad", field.Checksum, field.Error, "Bad Fingerprint")

	_ = stunP.Parse(parseSTUN).Stateful().Heur("udp", "stun_udp", stunHeuristic)

	stunTables = flow.NewSlot[stunTable]()
	stunFacts  = flow.NewFacts[stunFact]()

	stunClasses = [...]string{"Request", "Indication", "Success Response", "Error Response"}
	stunMethods = values(val(1, "Binding"), val(2, "SharedSecret"), val(3, "Allocate"), val(4, "Refresh"), val(6, "Send"), val(7, "Data"),
		val(8, "CreatePermission"), val(9, "Channel-Bind"), val(10, "Connect"), val(11, "ConnectionBind"), val(12, "ConnectionAttempt"))
)

// stunTable are the requests of a conversation by transaction.
type stunTable struct{ asked map[string]stunAsked }

type stunAsked struct {
	frame  uint32
	time   int64
	answer uint32 // frame of the response
}

// stunFact is the request that a message answers or repeats.
type stunFact struct {
	to, again uint32
	took      int64
}

const stunMagic = 0x2112a442

func stunHeuristic(c *Cursor) bool {
	if c.Left() < 20 || c.Peek8(0)&0xc0 != 0 || c.Peek32(4) != stunMagic || int(c.Peek16(2))+20 != c.Left() {
		return false
	}
	c.Take()
	parseSTUN(c)
	return true
}

// stunBits writes which bits of a word a field is made of.
func stunBits(b *field.Text, mask, v uint64, label string) *field.Text {
	for i := 15; i >= 0; i-- {
		switch bit := uint64(1) << uint(i); {
		case mask&bit == 0:
			b.C('.')
		case v&bit != 0:
			b.C('1')
		default:
			b.C('0')
		}
		if i > 0 && i%4 == 0 {
			b.C(' ')
		}
	}
	return b.S(" = ").S(label).S(": ")
}

// stunAssigned says who hands out numbers of a range.
func stunAssigned(v uint64) string {
	if v != 0 {
		return "Designated Expert (0x1)"
	}
	return "IETF Review (0x0)"
}

func parseSTUN(c *Cursor) {
	at := c.Pos()
	typ := uint64(c.Peek16(0))
	class := typ>>4&1 | typ>>7&2
	method := typ&0xf | typ>>1&0x70 | typ>>2&0xf80
	c.SetProtocol("STUN")
	name := stunMethods.Text(method, "Unknown") + " " + stunClasses[class]
	if b := c.SetInfo(); b != nil {
		b.S(name)
	}
	if f := stunTrack(c, class, string(c.PeekBytes(4, 16))); f != nil {
		if f.again != 0 {
			c.Gen(stunAgain, at, 0, uint64(f.again))
		}
		if f.to != 0 {
			c.Gen(stunAnswers, at, 0, uint64(f.to))
			c.Gen(stunTime, at, 0, uint64(f.took))
		}
	}
	c.U16(stunType)
	r := c.Last()
	if b := c.Append(r); b != nil {
		b.S(" (").S(name).C(')')
	}
	old := c.Push(r)
	if b := c.Label(c.FieldAt(stunClass, at, 2)); b != nil {
		stunBits(b, 0x110, typ, "Message Class").X(typ&0x110>>4, 2).C(' ').S(stunClasses[class]).S(" (").U(class).C(')')
	}
	if b := c.Label(c.FieldAt(stunMethod, at, 2)); b != nil {
		stunBits(b, 0x3eef, typ, "Message Method").X(typ&0x3eef, 4).C(' ').S(stunMethods.Text(method, "Unknown")).S(" (").X(method, 3).C(')')
	}
	if b := c.Label(c.FieldAt(stunMAssign, at, 2)); b != nil {
		stunBits(b, 0x2000, typ, "Message Method Assignment").S(stunAssigned(typ & 0x2000))
	}
	c.Pop(old)
	n := int(c.U16(stunLength))
	c.Bytes(stunCookie, 4)
	id := c.Bytes(stunID, 12)
	c.Gen(stunNet, c.Pos(), 0, 3)
	if n == 0 {
		return
	}
	end := at + 20 + n
	r = c.Put(stunAttrs, c.Pos(), n, 0)
	old = c.Push(r)
	for c.Pos()+4 <= end {
		stunAttribute(c, at, id)
	}
	c.Pop(old)
}

// stunTrack links responses to requests.
func stunTrack(c *Cursor, class uint64, id string) *stunFact {
	conv, fr := c.Packet().Conv, c.Frame()
	if !c.Learning() || c.Quoted() || conv == nil {
		return stunFacts.Get(c.Flow(), fr.Number, c.Layer())
	}
	t := stunTables.Make(conv)
	if t.asked == nil {
		t.asked = map[string]stunAsked{}
	}
	q, ok := t.asked[id]
	f := stunFact{}
	switch {
	case class == 0 && ok:
		f.again = q.frame
	case class == 0:
		t.asked[id] = stunAsked{frame: fr.Number, time: fr.Time}
	case class >= 2 && ok:
		f.to, f.took, f.again = q.frame, fr.Time-q.time, q.answer
		if q.answer == 0 {
			q.answer = fr.Number
			t.asked[id] = q
		}
	}
	p := stunFacts.Put(c.Flow(), fr.Number, c.Layer())
	*p = f
	return p
}

func stunAttribute(c *Cursor, start int, id []byte) {
	at := c.Pos()
	typ, n := uint64(c.Peek16(0)), int(c.Peek16(2))
	pad := -n & 3
	name := stunAttributes.Text(typ, "Unknown")
	r := c.Put(stunAttr, at, 4+n+pad, typ)
	if b := c.Label(r); b != nil {
		b.S(name)
	}
	old := c.Push(r)
	tr := c.FieldAt(stunAType, at, 2)
	if b := c.Label(tr); b != nil {
		b.S("Attribute Type: ").S(name)
	}
	up := c.Push(tr)
	if b := c.Label(c.FieldAt(stunAComp, at, 2)); b != nil {
		stunBits(b, 0x8000, typ, "Attribute Type Comprehension")
		if typ&0x8000 != 0 {
			b.S("Optional (0x1)")
		} else {
			b.S("Required (0x0)")
		}
	}
	if b := c.Label(c.FieldAt(stunAAssign, at, 2)); b != nil {
		stunBits(b, 0x4000, typ, "Attribute Type Assignment").S(stunAssigned(typ & 0x4000))
	}
	c.Pop(up)
	c.Skip(2)
	c.U16(stunALen)
	if n > 0 {
		stunContent(c, r, start, typ, name, n, id)
	}
	c.Seek(at + 4 + n)
	if pad > 0 && c.Left() >= pad {
		c.Put(stunPad, c.Pos(), pad, uint64(pad))
		c.BytesAt(c.Pos(), pad)
	}
	c.Seek(at + 4 + n + pad)
	c.Pop(old)
}

func stunContent(c *Cursor, r dissect.Ref, start int, typ uint64, name string, n int, id []byte) {
	at := c.Pos()
	text := func(f field.ID, info string) {
		s := c.Bytes(f, n)
		if b := c.Append(r); b != nil {
			b.S(": ").Printable(s)
		}
		if b := c.Info(); b != nil && info != "" {
			b.S(info).Printable(s)
		}
	}
	switch typ {
	case 0x0001, 0x0002, 0x0004, 0x0005, 0x000b, 0x8023, 0x802b, 0x802c:
		stunAddress(c, r, name, n, false, id)
	case 0x0012, 0x0016, 0x0020, 0x8020:
		stunAddress(c, r, name, n, true, id)
	case 0x0006:
		text(stunUser, " user: ")
	case 0x0014:
		text(stunRealm, " realm: ")
	case 0x0015:
		text(stunNonce, "")
		if b := c.Info(); b != nil {
			b.S(" with nonce")
		}
	case 0x8022:
		c.Bytes(stunSoft, n)
	case 0x0008:
		c.Bytes(stunHMAC, n)
	case 0x0009:
		c.Bytes(stunReserv, 2)
		class, code := c.Peek8(0)&7, c.Peek8(1)
		c.Field(stunErrCls, 1)
		c.U8(stunErr)
		v := uint64(class)*100 + uint64(code)
		kind := stunErrors.Text(v, "Unknown")
		if b := c.Append(r); b != nil {
			b.C(' ').U(v).S(" (").S(kind).C(')')
		}
		if b := c.Info(); b != nil {
			b.S(" error-code: ").U(v).S(" (").S(kind).C(')')
		}
		if n > 4 {
			s := bytes.TrimRight(c.Bytes(stunReason, n-4), "\x00")
			if b := c.Append(r); b != nil {
				b.S(": ").Printable(s)
			}
			if b := c.Info(); b != nil {
				b.C(' ').Printable(s)
			}
		}
	case 0x0024:
		c.Field(stunPrio, n)
	case 0x8029, 0x802a:
		c.Bytes(stunTie, n)
	case 0x000d:
		v := c.U32(stunLife)
		if b := c.Append(r); b != nil {
			b.C(' ').U(uint64(v))
		}
		if b := c.Info(); b != nil {
			b.S(" lifetime: ").U(uint64(v))
		}
	case 0x0019:
		v := c.U8(stunTransp)
		kind := values(val(6, "TCP"), val(17, "UDP")).Text(uint64(v), "Unknown")
		if b := c.Append(r); b != nil {
			b.S(": ").S(kind)
		}
		if b := c.Info(); b != nil {
			b.C(' ').S(kind)
		}
		if n > 1 {
			c.Bytes(stunReserv, n-1)
		}
	case 0x8028:
		v := c.U32(stunCRC)
		x := c.Last()
		want := crc32.ChecksumIEEE(c.BytesAt(start, at-4-start)) ^ 0x5354554e
		if b := c.Append(x); b != nil {
			if v == want {
				b.S(" [correct]")
			} else {
				b.S(" [incorrect, should be ").X(uint64(want), 8).C(']')
			}
		}
		s := c.Gen(stunCRCStat, at, 0, b2u(v == want))
		if v != want {
			c.ExpertText(s, eiSTUNCRC, "Bad Fingerprint [should be 0x"+hexWord(want)+"]")
		}
	case 0xc057:
		c.U16(stunNetID)
		c.U16(stunNetCost)
	default:
		c.Bytes(stunValue, n)
	}
}

func hexWord(v uint32) string {
	var b field.Text
	return b.H(uint64(v), 8).String()
}

// stunAddress reads an address, RFC 8489 sections 14.1 and 14.2.
func stunAddress(c *Cursor, r dissect.Ref, name string, n int, xor bool, id []byte) {
	c.Bytes(stunReserv, 1)
	family := c.U8(stunFamily)
	port := uint64(c.Peek16(0))
	key := append([]byte{0x21, 0x12, 0xa4, 0x42}, id...)
	if xor {
		c.FieldAt(stunPortX, c.Pos(), 2)
		port ^= stunMagic >> 16
	}
	c.Put(stunPort, c.Pos(), 2, port)
	c.Skip(2)
	size, f, fx := 4, stunIPv4, stunIPv4X
	switch {
	case family == 2 && n >= 20:
		size, f, fx = 16, stunIPv6, stunIPv6X
	case family != 1:
		return
	}
	var ip [16]byte
	copy(ip[:], c.PeekBytes(0, size))
	if xor {
		c.FieldAt(fx, c.Pos(), size)
		for i := range ip[:size] {
			ip[i] ^= key[i]
		}
	}
	if size == 4 {
		c.Put(f, c.Pos(), 4, beWord(ip[:4]))
	} else {
		c.PutBytes(f, c.Pos(), 16, ip[:])
	}
	write := func(b *field.Text) {
		if b == nil {
			return
		}
		if size == 4 {
			b.IPv4(ip[:4])
		} else {
			b.IPv6(ip[:])
		}
		b.C(':').U(port)
	}
	if b := c.Append(r); b != nil {
		write(b.S(": "))
	}
	if b := c.Info(); b != nil {
		write(b.C(' ').S(name).S(": "))
	}
}

var stunAttributes = values(
	val(0x0001, "MAPPED-ADDRESS"),
	val(0x0002, "RESPONSE_ADDRESS"),
	val(0x0003, "CHANGE_REQUEST"),
	val(0x0004, "SOURCE_ADDRESS"),
	val(0x0005, "CHANGED_ADDRESS"),
	val(0x0006, "USERNAME"),
	val(0x0007, "PASSWORD"),
	val(0x0008, "MESSAGE-INTEGRITY"),
	val(0x0009, "ERROR-CODE"),
	val(0x000a, "UNKNOWN-ATTRIBUTES"),
	val(0x000b, "REFLECTED-FROM"),
	val(0x000c, "CHANNEL-NUMBER"),
	val(0x000d, "LIFETIME"),
	val(0x000f, "MAGIC-COOKIE"),
	val(0x0010, "BANDWIDTH"),
	val(0x0011, "DESTINATION-ADDRESS"),
	val(0x0012, "XOR-PEER-ADDRESS"),
	val(0x0013, "DATA"),
	val(0x0014, "REALM"),
	val(0x0015, "NONCE"),
	val(0x0016, "XOR-RELAYED-ADDRESS"),
	val(0x0017, "REQUESTED-ADDRESS-FAMILY"),
	val(0x0018, "EVEN-PORT"),
	val(0x0019, "REQUESTED-TRANSPORT"),
	val(0x001a, "DONT-FRAGMENT"),
	val(0x001b, "ACCESS-TOKEN"),
	val(0x001c, "MESSAGE-INTEGRITY-SHA256"),
	val(0x001d, "PASSWORD-ALGORITHM"),
	val(0x001e, "USERHASH"),
	val(0x0020, "XOR-MAPPED-ADDRESS"),
	val(0x0022, "RESERVATION-TOKEN"),
	val(0x0024, "PRIORITY"),
	val(0x0025, "USE-CANDIDATE"),
	val(0x0026, "PADDING"),
	val(0x0027, "RESPONSE-PORT"),
	val(0x002a, "CONNECTION-ID"),
	val(0x8000, "ADDITIONAL-ADDRESS-FAMILY"),
	val(0x8001, "ADDRESS-ERROR-CODE"),
	val(0x8002, "PASSWORD-ALGORITHMS"),
	val(0x8003, "ALTERNATE-DOMAIN"),
	val(0x8004, "ICMP"),
	val(0x8020, "MS-XOR-MAPPED-ADDRESS"),
	val(0x8022, "SOFTWARE"),
	val(0x8023, "ALTERNATE-SERVER"),
	val(0x8025, "TRANSACTION_TRANSMIT_COUNTER"),
	val(0x8027, "CACHE-TIMEOUT"),
	val(0x8028, "FINGERPRINT"),
	val(0x8029, "ICE-CONTROLLED"),
	val(0x802a, "ICE-CONTROLLING"),
	val(0x802b, "RESPONSE-ORIGIN"),
	val(0x802c, "OTHER-ADDRESS"),
	val(0x802d, "ECN-CHECK-STUN"),
	val(0x802e, "THIRD-PARTY-AUTHORIZATION"),
	val(0x8030, "MOBILITY-TICKET"),
	val(0x8070, "MS-IMPLEMENTATION-VERSION"),
	val(0xc057, "GOOG-NETWORK-INFO"),
)

var stunErrors = values(val(300, "Try Alternate"), val(400, "Bad Request"), val(401, "Unauthorized"), val(403, "Forbidden"), val(420, "Unknown Attribute"), val(437, "Allocation Mismatch"), val(438, "Stale Nonce"), val(440, "Address Family not Supported"), val(441, "Wrong Credentials"), val(442, "Unsupported Transport Protocol"), val(443, "Peer Address Family Mismatch"), val(446, "Connection Already Exists"), val(447, "Connection Timeout or Failure"), val(486, "Allocation Quota Reached"), val(487, "Role Conflict"), val(500, "Server Error"), val(508, "Insufficient Capacity"))
