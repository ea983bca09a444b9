// NTP, RFC 1059, 1119, 1305, 5905, with extension fields (RFC 7822), network
// time security's (RFC 8915; not decrypted), control messages (RFC 9327, mode
// 6) and ntpd's private ones (mode 7).
package proto

import (
	"math"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	ntpP         = protocol("ntp", "Network Time Protocol", "NTP")
	ntpFlags     = ntpP.U8("flags", "Flags", hex)
	ntpLI        = ntpP.U8("flags.li", "Leap Indicator", dec, mask(8, 0xc0), enum(ntpLeaps))
	ntpVN        = ntpP.U8("flags.vn", "Version number", dec, mask(8, 0x38), enum(ntpVersions))
	ntpMode      = ntpP.U8("flags.mode", "Mode", dec, mask(8, 0x07), enum(ntpModes))
	ntpStratum   = ntpP.U8("stratum", "Peer Clock Stratum", dec, enum(ntpStrata))
	ntpPPoll     = ntpP.Add("ppoll", "Peer Polling Interval", field.TInt8, dec)
	ntpPrec      = ntpP.Add("precision", "Peer Clock Precision", field.TInt8, dec)
	ntpRootDelay = ntpP.U32("rootdelay", "Root Delay", dec)
	ntpRootDisp  = ntpP.U32("rootdispersion", "Root Dispersion", dec)
	ntpRefID     = ntpP.Bytes("refid", "Reference ID")
	ntpRefTime   = ntpP.AbsTime("reftime", "Reference Timestamp", field.NTP)
	ntpOrg       = ntpP.AbsTime("org", "Origin Timestamp", field.NTP)
	ntpRec       = ntpP.AbsTime("rec", "Receive Timestamp", field.NTP)
	ntpXmt       = ntpP.AbsTime("xmt", "Transmit Timestamp", field.NTP)
	ntpKeyID     = ntpP.Bytes("keyid", "Key ID")
	ntpMAC       = ntpP.Bytes("mac", "Message Authentication Code")
	ntpPadding   = ntpP.Bytes("padding", "Padding")
	ntpKeyType   = ntpP.U8("key_type", "Key type", dec, enum(ntpKeyTypes))
	ntpKeyIndex  = ntpP.U32("key_index", "KeyIndex", hex)
	ntpKeySig    = ntpP.Bytes("key_signature", "Signature")

	ntpExt       = ntpP.None("ext", "Extension")
	ntpExtType   = ntpP.U16("ext.type", "Field Type", hex, enum(ntpExtTypes))
	ntpExtLen    = ntpP.U16("ext.length", "Length", dec)
	ntpExtValue  = ntpP.Bytes("ext.value", "Value")
	ntpNTS       = ntpP.None("ext.nts", "Network Time Security")
	ntpNonceLen  = ntpP.U16("nts.nonce.length", "Nonce Length", dec)
	ntpCipherLen = ntpP.U16("nts.ciphertext.length", "Ciphertext Length", dec)
	ntpNonce     = ntpP.Bytes("nts.nonce", "Nonce")
	ntpCipher    = ntpP.Bytes("nts.ciphertext", "Ciphertext")

	_ = ntpP.Parse(parseNTP).On("udp.port", 123).On("tcp.port", 123)
)

func parseNTP(c *Cursor) {
	c.SetProtocol("NTP")
	c.ClearInfo()
	at := c.Pos()
	first := uint64(c.Peek8(0))
	version, mode := ntpVersions.Text(first>>3&7, "reserved"), first&7
	word := ntpModes.Text(mode, "reserved")
	switch mode {
	case 6:
		word = "control"
	case 7:
		word = "private"
	}
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("Network Time Protocol (").S(version).S(", ").S(word).C(')')
	}
	if b := c.Info(); b != nil {
		b.S(version).S(", ").S(word)
	}
	switch mode {
	case 6:
		ntpFlagWord(c, ntpLI, ntpVN, ntpMode)
		ntpControl(c, at)
	case 7:
		ntpFlagWord(c, ntp7Response, ntp7More, ntpVN, ntpMode)
		ntpPrivate(c)
	default:
		ntpFlagWord(c, ntpLI, ntpVN, ntpMode)
		ntpTime(c)
	}
}

// ntpFlagWord is the first byte; its line names the values of its parts.
func ntpFlagWord(c *Cursor, parts ...field.ID) {
	v := c.Word(ntpFlags, 1, parts...)
	ntpWordLine(c, c.Last(), v, parts...)
}

// ntpWordLine appends to a word's line the names of its flags that are set,
// and its numbers that have a name.
func ntpWordLine(c *Cursor, r dissect.Ref, v uint64, parts ...field.ID) {
	b := c.Append(r)
	if b == nil {
		return
	}
	for _, id := range parts {
		f := field.Get(id)
		part := v & f.Mask >> uint(f.Shift())
		switch {
		case f.Type == field.TBool:
			if part != 0 {
				b.S(", ").S(f.Label)
			}
		case f.Enum != nil:
			b.S(", ").S(f.Label).S(": ").S(f.Enum.Text(part, "Unknown"))
		}
	}
}

// ntpTime is the time message, RFC 5905, section 7.3.
func ntpTime(c *Cursor) {
	stratum := c.U8(ntpStratum)
	poll := int8(c.Peek8(0))
	c.Field(ntpPPoll, 1)
	if b := c.Append(c.Last()); b != nil {
		digits := 0
		if poll < 0 {
			digits = 3
		}
		b.S(" (").F(math.Ldexp(1, int(poll)), digits).S(" seconds)")
	}
	prec := int8(c.Peek8(0))
	c.Field(ntpPrec, 1)
	if b := c.Append(c.Last()); b != nil {
		b.S(" (").F(math.Ldexp(1, int(prec)), 9).S(" seconds)")
	}
	for _, f := range [...]field.ID{ntpRootDelay, ntpRootDisp} {
		v := c.U32(f)
		if b := c.Label(c.Last()); b != nil {
			b.S(field.Get(f).Label).S(": ").F(float64(v)/65536, 6).S(" seconds")
		}
	}
	id := c.Bytes(ntpRefID, 4)
	if b := c.Label(c.Last()); b != nil {
		b.S("Reference ID: ")
		ntpReference(b, stratum, id)
	}
	for _, f := range [...]field.ID{ntpRefTime, ntpOrg, ntpRec, ntpXmt} {
		ntpStamp(c, f, c.Pos())
		c.Skip(8)
	}
	ntpTail(c)
}

// ntpReference says what a clock follows: by stratum, a word why it does not
// (RFC 5905, section 7.4), a kind of clock, or an address.
func ntpReference(b *field.Text, stratum uint8, id []byte) {
	word := untilNUL(id)
	zero := id[0]|id[1]|id[2]|id[3] == 0
	switch {
	case stratum > 1:
		b.IPv4(id)
	case zero:
		b.S("NULL")
	case stratum == 0:
		if s, ok := ntpKisses[string(word)]; ok {
			b.S(s)
			return
		}
		b.S("Unidentified Kiss-o'-Death message '")
		ntpWord(b, id)
	default:
		if s, ok := ntpClocks[string(word)]; ok {
			b.S(s)
			return
		}
		b.S("Unidentified reference source '")
		ntpWord(b, id)
	}
}

func ntpWord(b *field.Text, id []byte) {
	for _, x := range untilNUL(id) {
		if x >= 0x20 && x < 0x7f {
			b.C(x)
			continue
		}
		const digits = "0123456789ABCDEF"
		b.S(`\x`).C(digits[x>>4]).C(digits[x&15])
	}
	b.C('\'')
}

// ntpStamp records a 64-bit time; 0 and, as in Wireshark, the first second of
// 1970 are no time.
func ntpStamp(c *Cursor, f field.ID, pos int) {
	sec, frac := uint32(c.UintAt(pos, 4)), c.UintAt(pos+4, 4)
	ns := int64(frac * 1e9 >> 32)
	if sec != 0 || frac != 0 {
		ns += ntpSeconds(sec) * 1e9
	}
	c.Put(f, pos, 8, uint64(ns))
}

// ntpTail is what follows the times: extension fields, then a key and a code.
func ntpTail(c *Cursor) {
	secure := false
	for c.Left() >= 16 {
		kind, n := c.Peek16(0), int(c.Peek16(2))
		if n < 16 || n%4 != 0 || n > c.Left() {
			break
		}
		at := c.Pos()
		old := c.Push(c.FieldAt(ntpExt, at, n))
		c.U16(ntpExtType)
		c.U16(ntpExtLen)
		c.FieldAt(ntpExtValue, at+4, n-4)
		switch kind {
		case 0x0104:
			secure = true
		case 0x0404:
			place := c.Narrow(at + n)
			ntpSecure(c, n-4)
			c.Restore(place)
		}
		c.Pop(old)
		c.Seek(at + n)
	}
	if c.Left() >= 4 {
		c.Bytes(ntpKeyID, 4)
		if n := c.Left(); n > 0 {
			c.Bytes(ntpMAC, n)
		}
	}
	if b := c.Info(); b != nil && secure {
		b.S(", NTS")
	}
}

// ntpSecure is the authenticator of RFC 8915, section 5.6.
func ntpSecure(c *Cursor, n int) {
	old := c.Push(c.FieldAt(ntpNTS, c.Pos(), n))
	nonce, cipher := int(c.U16(ntpNonceLen)), int(c.U16(ntpCipherLen))
	c.Bytes(ntpNonce, nonce)
	c.Skip(-nonce & 3)
	c.Bytes(ntpCipher, cipher)
	c.Pop(old)
}
