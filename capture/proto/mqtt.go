// MQTT 3.1, 3.1.1 (OASIS mqtt-v3.1.1) and 5.0 (OASIS mqtt-v5.0). Not decoded:
// the messages' bodies.
package proto

import (
	"sort"

	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	mqttP        = protocol("mqtt", "MQ Telemetry Transport Protocol", "MQTT")
	mqttHdr      = mqttP.U8("hdrflags", "Header Flags", hex)
	mqttType     = mqttP.U8("msgtype", "Message Type", dec, enum(mqttTypes), mask(8, 0xf0))
	mqttHdrRes   = mqttP.U8("hdr_reserved", "Reserved", dec, mask(8, 0x0f))
	mqttRetRes   = mqttP.U8("retain_reserved", "Reserved", dec, mask(8, 0x01))
	mqttDup      = mqttP.Flag("dupflag", "DUP Flag", 8, 0x08)
	mqttQos      = mqttP.U8("qos", "QoS Level", dec, enum(mqttQoS), mask(8, 0x06))
	mqttRetain   = mqttP.Flag("retain", "Retain", 8, 0x01)
	mqttLen      = mqttP.U64("len", "Msg Len", dec)
	mqttAckRes   = mqttP.Flag("conack.flags.reserved", "Reserved", 8, 0xfe)
	mqttAckOld   = mqttP.Bool("conack.flags.reserved", "Reserved", setNotSet)
	mqttAckFlags = mqttP.U8("conack.flags", "Acknowledge Flags", hex)
	mqttAckSP    = mqttP.Flag("conack.flags.sp", "Session Present", 8, 0x01)
	mqttAckVal   = mqttP.U8("conack.val", "Return Code", dec, enum(mqttReturns))
	mqttMsgID    = mqttP.U16("msgid", "Message Identifier", dec)
	mqttSubQos   = mqttP.U8("sub.qos", "Requested QoS", dec, enum(mqttQoS))
	mqttGrant    = mqttP.U8("suback.qos", "Granted QoS", dec, enum(mqttGranted))
	mqttTopicLen = mqttP.U16("topic_len", "Topic Length", dec)
	mqttTopic    = mqttP.Str("topic", "Topic")
	mqttWillTLen = mqttP.U16("willtopic_len", "Will Topic Length", dec)
	mqttWillT    = mqttP.Str("willtopic", "Will Topic")
	mqttWillMLen = mqttP.U16("willmsg_len", "Will Message Length", dec)
	mqttWillM    = mqttP.Bytes("willmsg", "Will Message")
	mqttUserLen  = mqttP.U16("username_len", "User Name Length", dec)
	mqttUser     = mqttP.Str("username", "User Name")
	mqttPassLen  = mqttP.U16("passwd_len", "Password Length", dec)
	mqttPass     = mqttP.Str("passwd", "Password")
	mqttMsg      = mqttP.Bytes("msg", "Message")
	mqttNameLen  = mqttP.U16("proto_len", "Protocol Name Length", dec)
	mqttName     = mqttP.Str("protoname", "Protocol Name")
	mqttIDLen    = mqttP.U16("clientid_len", "Client ID Length", dec)
	mqttClientID = mqttP.Str("clientid", "Client ID")
	mqttVer      = mqttP.U8("ver", "Version", dec, enum(mqttVersions))
	mqttFlags    = mqttP.U8("conflags", "Connect Flags", hex)
	mqttFlagBits = []field.ID{
		mqttP.Flag("conflag.uname", "User Name Flag", 8, 0x80),
		mqttP.Flag("conflag.passwd", "Password Flag", 8, 0x40),
		mqttP.Flag("conflag.retain", "Will Retain", 8, 0x20),
		mqttP.U8("conflag.qos", "QoS Level", dec, enum(mqttQoS), mask(8, 0x18)),
		mqttP.Flag("conflag.willflag", "Will Flag", 8, 0x04),
		mqttP.Flag("conflag.cleansess", "Clean Session Flag", 8, 0x02),
		mqttP.Flag("conflag.reserved", "(Reserved)", 8, 0x01),
	}
	mqttAlive   = mqttP.U16("kalive", "Keep Alive", dec)
	mqttSubOpts = mqttP.U8("subscription_options", "Subscription Options", hex)
	mqttSubBits = []field.ID{
		mqttP.U8("subscription_options_reserved", "Reserved", hex, mask(8, 0xc0)),
		mqttP.U8("subscription_options_retain", "Retain Handling", dec, enum(mqttRetains), mask(8, 0x30)),
		mqttP.Flag("subscription_options_rap", "Retain As Published", 8, 0x08),
		mqttP.Flag("subscription_options_nl", "No Local", 8, 0x04),
		mqttP.U8("subscription_options_qos", "QoS", dec, enum(mqttQoS), mask(8, 0x03)),
	}
	mqttReason = map[uint8]field.ID{
		mqttConnack:    mqttP.U8("connack.reason_code", "Reason Code", dec, enum(mqttConnackReasons)),
		mqttPuback:     mqttP.U8("puback.reason_code", "Reason Code", dec, enum(mqttPubackReasons)),
		mqttPubrec:     mqttP.U8("pubrec.reason_code", "Reason Code", dec, enum(mqttPubackReasons)),
		mqttPubrel:     mqttP.U8("pubrel.reason_code", "Reason Code", dec, enum(mqttPubrelReasons)),
		mqttPubcomp:    mqttP.U8("pubcomp.reason_code", "Reason Code", dec, enum(mqttPubrelReasons)),
		mqttSuback:     mqttP.U8("suback.reason_code", "Reason Code", dec, enum(mqttSubackReasons)),
		mqttUnsuback:   mqttP.U8("unsuback.reason_code", "Reason Code", dec, enum(mqttUnsubackReasons)),
		mqttDisconnect: mqttP.U8("disconnect.reason_code", "Reason Code", dec, enum(mqttDisconnectReasons)),
		mqttAuth:       mqttP.U8("auth.reason_code", "Reason Code", dec, enum(mqttAuthReasons)),
	}
	mqttProps     = mqttP.None("properties", "Properties")
	mqttWillProps = mqttP.None("will_properties", "Will Properties")
	mqttPropLen   = mqttP.U64("property_len", "Total Length", dec)
	mqttPropID    = mqttP.U8("property_id", "ID", hex, enum(mqttProperties))
	mqttPropNum   = mqttP.U32("prop_number", "Value", dec)
	mqttPropCT    = mqttP.Add("property.content_type", "Content Type", field.TUintString, noBase)
	mqttPropQos   = mqttP.U8("property.max_qos", "QoS", dec, enum(mqttQoS))
	mqttPropAlias = mqttP.U16("property.topic_alias", "Topic Alias", dec)
	mqttPropOther = mqttP.Str("prop_unknown", "Unknown Property")
	mqttPropSLen  = mqttP.U32("prop_string_len", "Length", dec)
	mqttPropStr   = mqttP.Str("prop_string", "Value")
	mqttPropKLen  = mqttP.U32("prop_key_len", "Key Length", dec)
	mqttPropKey   = mqttP.Str("prop_key", "Key")
	mqttPropVLen  = mqttP.U32("prop_value_len", "Value Length", dec)
	mqttPropVal   = mqttP.Str("prop_value", "Value")

	eiMQTTNoTopic = mqttP.Expert("illegal_topic_length", field.Protocol, field.Warn, "Length cannot be 0")
	eiMQTTNoVer   = mqttP.Expert("unknown_version", field.Protocol, field.Note, "Unknown version (missing the CONNECT packet?)")
	eiMQTTNoAlias = mqttP.Expert("unknown_topic_alias", field.Protocol, field.Note, "Unknown topic alias")

	_ = mqttP.Parse(parseMQTT).Stateful().On("tcp.port", 1883)

	mqttConvs = flow.NewSlot[mqttConv]()
)

// Message types.
const (
	mqttConnect = 1 + iota
	mqttConnack
	mqttPublish
	mqttPuback
	mqttPubrec
	mqttPubrel
	mqttPubcomp
	mqttSubscribe
	mqttSuback
	mqttUnsubscribe
	mqttUnsuback
	mqttPing
	mqttPong
	mqttDisconnect
	mqttAuth
)

const mqttV5 = 5

// mqttConv is what the messages of a connection told: which version, and
// which topics have numbers. Each counts from its place on.
type mqttConv struct {
	versions []mqttEvent
	aliases  map[uint32][]mqttEvent // by direction<<16 | alias
}

type mqttEvent struct {
	at      uint64 // place, see mqttPlace
	version uint8
	topic   string
}

// mqttPlace orders messages: by frame, by part of the stream, by position.
func mqttPlace(c *Cursor) uint64 {
	return uint64(c.Frame().Number)<<32 | uint64(c.Layer())<<24 | uint64(c.Start())&0xffffff
}

// mqttBefore finds the latest event before a place.
func mqttBefore(list []mqttEvent, at uint64) *mqttEvent {
	i := sort.Search(len(list), func(i int) bool { return list[i].at >= at })
	if i == 0 {
		return nil
	}
	return &list[i-1]
}

func parseMQTT(c *Cursor) {
	c.ClearInfo()
	tcpPDUs(c, 2, mqttSize, mqttMessage)
}

// mqttSize is the length of the message at pos; 0 when more bytes must tell.
func mqttSize(c *Cursor, pos int) int {
	n, k := mqttVarint(c, pos+1)
	if k == 0 {
		return 0
	}
	return 1 + k + int(n)
}

// mqttVarint reads a number of up to four bytes with seven bits each; k = 0
// when it does not end.
func mqttVarint(c *Cursor, pos int) (v uint32, k int) {
	for k < 4 && pos+k < c.Pos()+c.CapLeft() {
		x := c.BytesAt(pos+k, 1)[0]
		v |= uint32(x&0x7f) << (7 * k)
		k++
		if x < 0x80 {
			return v, k
		}
	}
	return 0, 0
}

// mqttWalk is the message being dissected.
type mqttWalk struct {
	conv *mqttConv
	at   uint64
	ver  uint8
	kind uint8
}

func mqttMessage(c *Cursor) {
	c.SetProtocol("MQTT")
	first := c.Peek8(0)
	m := mqttWalk{kind: first >> 4, at: mqttPlace(c)}
	conv := c.Packet().Conv
	m.conv = mqttConvs.Of(conv)
	if m.conv == nil && c.Learning() && conv != nil {
		m.conv = mqttConvs.Make(conv)
	}
	name := mqttTypes.Text(uint64(m.kind), "Unknown")
	if b := c.Info(); b != nil {
		if len(b.B) > 0 {
			b.S(", ")
		}
		b.S(name)
	}
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(", ").S(name)
	}
	if m.conv != nil {
		if e := mqttBefore(m.conv.versions, m.at); e != nil {
			m.ver = e.version
		}
	}
	if m.kind != mqttConnect && m.ver == 0 {
		c.Expert(c.ProtoNode(), eiMQTTNoVer)
	}
	m.header(c)
	n, k := mqttVarint(c, c.Pos())
	c.Put(mqttLen, c.Pos(), k, uint64(n))
	c.Skip(k)
	switch m.kind {
	case mqttConnect:
		m.connect(c)
	case mqttConnack:
		m.connack(c)
	case mqttPublish:
		m.publish(c, first>>1&3)
	case mqttPuback, mqttPubrec, mqttPubrel, mqttPubcomp:
		mqttID(c)
		m.reason(c)
	case mqttSubscribe:
		m.subscribe(c)
	case mqttUnsubscribe:
		mqttID(c)
		m.props(c, mqttProps)
		for c.Left() > 0 {
			mqttText(c, mqttTopicLen, mqttTopic)
		}
	case mqttSuback, mqttUnsuback:
		m.acks(c)
	case mqttDisconnect, mqttAuth:
		m.reason(c)
	}
}

func (m *mqttWalk) header(c *Cursor) {
	bits := mqttHdrPlain
	switch m.kind {
	case mqttPublish:
		bits = mqttHdrPublish
	case mqttPubrel, mqttSubscribe, mqttUnsubscribe:
		if m.ver == 3 {
			bits = mqttHdrOld
		}
	}
	bitWordBE(c, mqttHdr, 1, bits)
}

var (
	mqttHdrPlain   = []field.ID{mqttType, mqttHdrRes}
	mqttHdrPublish = []field.ID{mqttType, mqttDup, mqttQos, mqttRetain}
	mqttHdrOld     = []field.ID{mqttType, mqttDup, mqttQos, mqttRetRes}
	mqttAckBits    = []field.ID{mqttAckRes, mqttAckSP}
)

func mqttID(c *Cursor) {
	id := c.U16(mqttMsgID)
	if b := c.Info(); b != nil {
		b.S(" (id=").U(uint64(id)).C(')')
	}
}

// mqttText reads a length and as many bytes.
func mqttText(c *Cursor, length, f field.ID) []byte {
	n := int(c.U16(length))
	return c.Bytes(f, n)
}

func (m *mqttWalk) connect(c *Cursor) {
	mqttText(c, mqttNameLen, mqttName)
	m.ver = c.U8(mqttVer)
	if c.Learning() && m.conv != nil {
		m.conv.versions = append(m.conv.versions, mqttEvent{at: m.at, version: m.ver})
	}
	flags := bitWordBE(c, mqttFlags, 1, mqttFlagBits)
	c.U16(mqttAlive)
	m.props(c, mqttProps)
	mqttText(c, mqttIDLen, mqttClientID)
	if flags&0x04 != 0 {
		m.props(c, mqttWillProps)
		mqttText(c, mqttWillTLen, mqttWillT)
		mqttText(c, mqttWillMLen, mqttWillM)
	}
	if flags&0x80 != 0 {
		mqttText(c, mqttUserLen, mqttUser)
	}
	if flags&0x40 != 0 {
		mqttText(c, mqttPassLen, mqttPass)
	}
}

func (m *mqttWalk) connack(c *Cursor) {
	if m.ver == 3 {
		c.Field(mqttAckOld, 1)
	} else {
		bitWordBE(c, mqttAckFlags, 1, mqttAckBits)
	}
	if m.ver == 3 || m.ver == 4 {
		c.U8(mqttAckVal)
		return
	}
	c.U8(mqttReason[mqttConnack])
	m.props(c, mqttProps)
}

func (m *mqttWalk) publish(c *Cursor, qos uint8) {
	n := int(c.U16(mqttTopicLen))
	length := c.Last()
	var topic []byte
	if n > 0 {
		topic = c.Bytes(mqttTopic, n)
	}
	if qos == 1 || qos == 2 {
		mqttID(c)
	}
	alias := m.props(c, mqttProps)
	key := uint32(alias)
	if k := c.Packet(); k.Conv != nil {
		key |= uint32(k.Conv.Dir(&k.Src, k.SrcPort)) << 16
	}
	switch {
	case n == 0 && alias != 0:
		var e *mqttEvent
		if m.conv != nil {
			e = mqttBefore(m.conv.aliases[key], m.at)
		}
		var text string
		if e != nil {
			text = e.topic
		}
		r := c.GenText(mqttTopic, c.Pos(), 0, text)
		if e == nil {
			c.Expert(r, eiMQTTNoAlias)
		}
		if b := c.Info(); b != nil {
			b.S(" [").PrintableString(text).C(']')
		}
	case n == 0:
		c.Expert(length, eiMQTTNoTopic)
		fallthrough
	default:
		if alias != 0 && c.Learning() && m.conv != nil {
			if m.conv.aliases == nil {
				m.conv.aliases = map[uint32][]mqttEvent{}
			}
			m.conv.aliases[key] = append(m.conv.aliases[key], mqttEvent{at: m.at, topic: string(topic)})
		}
		if b := c.Info(); b != nil {
			b.S(" [").Printable(topic).C(']')
		}
	}
	if c.Left() > 0 {
		c.Bytes(mqttMsg, c.Left())
	}
}

func (m *mqttWalk) subscribe(c *Cursor) {
	mqttID(c)
	m.props(c, mqttProps)
	for c.Left() > 0 {
		topic := mqttText(c, mqttTopicLen, mqttTopic)
		if b := c.Info(); b != nil {
			b.S(" [").Printable(topic).C(']')
		}
		if m.ver == mqttV5 {
			bitWordBE(c, mqttSubOpts, 1, mqttSubBits)
		} else {
			c.U8(mqttSubQos)
		}
	}
}

// acks are the answers to each topic.
func (m *mqttWalk) acks(c *Cursor) {
	mqttID(c)
	m.props(c, mqttProps)
	f := mqttReason[m.kind]
	if m.ver == 3 || m.ver == 4 {
		if m.kind == mqttUnsuback {
			return
		}
		f = mqttGrant
	}
	for c.Left() > 0 {
		c.U8(f)
	}
}

// reason is the code that version 5 adds where it is not a plain success.
func (m *mqttWalk) reason(c *Cursor) {
	if m.ver != mqttV5 || c.Left() == 0 {
		return
	}
	c.U8(mqttReason[m.kind])
	if c.Left() > 0 {
		m.props(c, mqttProps)
	}
}

// props are the properties of version 5. It gives the topic's alias, 0 if none.
func (m *mqttWalk) props(c *Cursor, f field.ID) (alias uint16) {
	if m.ver != mqttV5 {
		return 0
	}
	at := c.Pos()
	n, k := mqttVarint(c, at)
	if k == 0 {
		c.Need(5)
		c.Malformed()
	}
	r := c.Put(f, at, k+int(n), 0)
	old := c.Push(r)
	c.Put(mqttPropLen, at, k, uint64(n))
	c.Skip(k)
	for end := c.Pos() + int(n); c.Pos() < end; {
		if a := mqttProperty(c, end); a != 0 {
			alias = a
		}
	}
	c.Pop(old)
	return alias
}

func mqttProperty(c *Cursor, end int) (alias uint16) {
	switch id := c.U8(mqttPropID); id {
	case 0x01, 0x17, 0x19, 0x25, 0x28, 0x29, 0x2a:
		c.Field(mqttPropNum, 1)
	case 0x13, 0x21, 0x22:
		c.Field(mqttPropNum, 2)
	case 0x02, 0x11, 0x18, 0x27:
		c.Field(mqttPropNum, 4)
	case 0x0b:
		v, k := mqttVarint(c, c.Pos())
		if k == 0 {
			c.Need(5)
			c.Malformed()
		}
		c.Put(mqttPropNum, c.Pos(), k, uint64(v))
		c.Skip(k)
	case 0x03:
		n := 2 + int(c.Peek16(0))
		c.Need(n)
		c.Put(mqttPropCT, c.Pos(), n, 2)
		c.Skip(n)
	case 0x23:
		alias = c.U16(mqttPropAlias)
	case 0x24:
		c.U8(mqttPropQos)
	case 0x26:
		mqttPropText(c, mqttPropKLen, mqttPropKey)
		mqttPropText(c, mqttPropVLen, mqttPropVal)
	case 0x08, 0x09, 0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f:
		mqttPropText(c, mqttPropSLen, mqttPropStr)
	default:
		c.Bytes(mqttPropOther, max(0, end-c.Pos()))
	}
	return alias
}

func mqttPropText(c *Cursor, length, f field.ID) {
	n := c.UintAt(c.Pos(), 2)
	c.Put(length, c.Pos(), 2, n)
	c.Skip(2)
	c.Bytes(f, int(n))
}
