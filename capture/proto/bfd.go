// BFD control messages: RFC 5880 and the earlier version 0, on UDP (RFC 5881,
// 5883, 7130). Not decoded: the endpoint identifiers of MPLS-TP (RFC 6428).
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	bfdP             = protocol("bfd", "BFD Control message", "BFD Control")
	bfdMessageLength = bfdP.U8("message_length", "Message Length", dec, unit(" bytes", ""))
	bfdAuthLen       = bfdP.U8("auth.len", "Authentication Length", dec, unit(" bytes", ""))
	bfdFlagsDv       = bfdP.Bool("flags.d", "Demand", mask(6, 0x2), setNotSet)
	bfdFlagsPv       = bfdP.Bool("flags.p", "Poll", mask(6, 0x20), setNotSet)
	bfdFlagsFv       = bfdP.Bool("flags.f", "Final", mask(6, 0x10), setNotSet)
	bfdVersion       = bfdP.U8("version", "Protocol Version", dec, mask(8, 0xe0))
	bfdDiag          = bfdP.U8("diag", "Diagnostic Code", hex, mask(8, 0x1f), enum(values(val(0, "No Diagnostic"),
		val(1, "Control Detection Time Expired"),
		val(2, "Echo Function Failed"),
		val(3, "Neighbor Signaled Session Down"),
		val(4, "Forwarding Plane Reset"),
		val(5, "Path Down"),
		val(6, "Concatenated Path Down"),
		val(7, "Administratively Down"),
		val(8, "Reverse Concatenated Path Down"),
		val(9, "Mis-Connectivity Defect"))))
	bfdSta                     = bfdP.U8("sta", "Session State", hex, mask(8, 0xc0), enum(values(val(0, "AdminDown"), val(1, "Down"), val(2, "Init"), val(3, "Up"))))
	bfdFlags                   = bfdP.U8("flags", "Message Flags", hex)
	bfdFlagsH                  = bfdP.Bool("flags.h", "I hear you", mask(8, 0x80), setNotSet)
	bfdFlagsD                  = bfdP.Bool("flags.d", "Demand", mask(8, 0x40), setNotSet)
	bfdFlagsP                  = bfdP.Bool("flags.p", "Poll", mask(8, 0x20), setNotSet)
	bfdFlagsF                  = bfdP.Bool("flags.f", "Final", mask(8, 0x10), setNotSet)
	bfdFlagsC                  = bfdP.Bool("flags.c", "Control Plane Independent", mask(6, 0x8), setNotSet)
	bfdFlagsA                  = bfdP.Bool("flags.a", "Authentication Present", mask(6, 0x4), setNotSet)
	bfdFlagsM                  = bfdP.Bool("flags.m", "Multipoint", mask(6, 0x1), setNotSet)
	bfdDetectTimeMultiplier    = bfdP.U8("detect_time_multiplier", "Detect Time Multiplier", dec)
	bfdMyDiscriminator         = bfdP.U32("my_discriminator", "My Discriminator", hex)
	bfdYourDiscriminator       = bfdP.U32("your_discriminator", "Your Discriminator", hex)
	bfdDesiredMinTxInterval    = bfdP.U32("desired_min_tx_interval", "Desired Min TX Interval", dec)
	bfdRequiredMinRxInterval   = bfdP.U32("required_min_rx_interval", "Required Min RX Interval", dec)
	bfdRequiredMinEchoInterval = bfdP.U32("required_min_echo_interval", "Required Min Echo Interval", dec)
	bfdChecksum                = bfdP.Bytes("checksum", "Checksum")
	bfdAuthType                = bfdP.U8("auth.type", "Authentication Type", dec, enum(values(val(1, "Simple Password"),
		val(2, "Keyed MD5"),
		val(3, "Meticulous Keyed MD5"),
		val(4, "Keyed SHA1"),
		val(5, "Meticulous Keyed SHA1"))))
	bfdAuthKey      = bfdP.U8("auth.key", "Authentication Key ID", dec)
	bfdAuthPassword = bfdP.Str("auth.password", "Password")
	bfdAuthSeqNum   = bfdP.U32("auth.seq_num", "Sequence Number", hex)

	eiBFDAuthLen = bfdP.Expert("auth.len.invalid", field.Protocol, field.Warn, "Length of authentication section is invalid")
	eiBFDNoAuth  = bfdP.Expert("auth.no_data", field.Protocol, field.Warn, "Authentication flag is set in a BFD packet, but no authentication data is present")

	_ = bfdP.Parse(parseBFD).On("udp.port", 3784, 4784, 6784, 7784).On("pwach.channel_type", 7, 0x22, 0x23)
)

var (
	bfdFlags0 = []field.ID{bfdFlagsH, bfdFlagsD, bfdFlagsP, bfdFlagsF}
	bfdFlags1 = []field.ID{bfdFlagsPv, bfdFlagsFv, bfdFlagsC, bfdFlagsA, bfdFlagsDv, bfdFlagsM}
)

func parseBFD(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("BFD Control")
	c.ClearInfo()
	first, second, times, length := c.Peek8(0), c.Peek8(1), c.Peek8(2), c.Peek8(3)
	old := first>>5 == 0
	flags := second & 0x3f
	if old {
		flags = second & 0xfc
	}
	if b := c.SetInfo(); b != nil {
		b.S("Diag: ").S(field.Get(bfdDiag).Enum.Text(uint64(first&0x1f), "Unknown (0x"+string("0123456789abcdef"[first>>4&1])+string("0123456789abcdef"[first&15])+")"))
		if !old {
			b.S(", State: ").S(field.Get(bfdSta).Enum.Text(uint64(second>>6), ""))
		}
		b.S(", Flags: ").X(uint64(flags), 2)
	}
	c.FieldAt(bfdVersion, at, 1)
	c.FieldAt(bfdDiag, at, 1)
	bits := bfdFlags0
	if !old {
		c.FieldAt(bfdSta, at+1, 1)
		bits = bfdFlags1
	}
	r := c.FieldAt(bfdFlags, at+1, 1)
	if b := c.Append(r); b != nil {
		for _, id := range bits {
			if f := field.Get(id); uint64(second)&f.Mask != 0 {
				b.S(", ").S(f.Label).S(": Set")
			}
		}
	}
	up := c.Push(r)
	for _, id := range bits {
		r := c.FieldAt(id, at+1, 1)
		if old {
			continue
		}
		if b := c.Label(r); b != nil {
			f := field.Get(id)
			for m := uint64(0x20); m != 0; m >>= 1 { // six bits, grouped from the left
				b.S(pick(f.Mask&m == 0, ".", pick(uint64(second)&m != 0, "1", "0")))
				if m == 4 {
					b.C(' ')
				}
			}
			b.S(" = ").S(f.Label).S(": ").S(f.BoolText(uint64(second)&f.Mask != 0))
		}
	}
	c.Pop(up)
	c.Skip(2)
	tx := c.Peek32(10)
	r = c.Field(bfdDetectTimeMultiplier, 1)
	if b := c.Append(r); b != nil {
		b.S(" (= ").U(uint64(uint32(times) * (tx / 1000))).S(" ms Detection time)")
	}
	c.U8(bfdMessageLength)
	c.U32(bfdMyDiscriminator)
	c.U32(bfdYourDiscriminator)
	for _, id := range [...]field.ID{bfdDesiredMinTxInterval, bfdRequiredMinRxInterval, bfdRequiredMinEchoInterval} {
		v := uint64(c.Peek32(0))
		r := c.Field(id, 4)
		if b := c.Label(r); b != nil {
			b.S(field.Get(id).Label).S(": ")
			ms := v / 1000
			b.S("    "[:4-min(len(itoa(int(ms))), 4)])
			b.U(ms).S(" ms (").U(v).S(" us)")
		}
	}
	if old || second&4 == 0 {
		return
	}
	if length < 28 {
		c.Expert(c.ProtoNode(), eiBFDNoAuth)
		return
	}
	bfdAuth(c)
}

// bfdAuth reads the authentication section, RFC 5880 section 4.2 to 4.4.
func bfdAuth(c *Cursor) {
	at := c.Pos()
	kind, n := c.Peek8(0), int(c.Peek8(1))
	line := dissect.None
	if b := c.Text(at, n); b != nil {
		line = c.Last()
		b.S("Authentication: ").S(field.Get(bfdAuthType).Enum.Text(uint64(kind), "Unknown Authentication Type ("+itoa(int(kind))+")"))
	}
	old := c.Push(line)
	defer c.Pop(old)
	c.U8(bfdAuthType)
	r := c.Field(bfdAuthLen, 1)
	c.U8(bfdAuthKey)
	want, sum := 24, 16
	switch kind {
	case 1:
		textUpToNUL(c, bfdAuthPassword, max(n-3, 0))
		return
	case 2, 3:
	case 4, 5:
		want, sum = 28, 20
	default:
		return
	}
	if n != want {
		if b := c.Append(line); b != nil {
			b.S(": Invalid Authentication Section")
		}
		c.ExpertText(r, eiBFDAuthLen, "Length of authentication section is invalid for Authentication Type: "+field.Get(bfdAuthType).Enum.Text(uint64(kind), ""))
		return
	}
	c.Skip(1)
	c.U32(bfdAuthSeqNum)
	c.Field(bfdChecksum, sum)
}
