// Radiotap, the header that 802.11 captures carry
// (https://www.radiotap.org/fields/defined). Not decoded: the insides of the
// VHT, HE, HE-MU, L-SIG and zero-length PSDU fields, TLVs.
package proto

import (
	"math"
	"strconv"

	"sonde/capture/field"
	"sonde/capture/frame"
)

var (
	radiotapP           = protocol("radiotap", "IEEE 802.11 Radiotap Capture header", "Radiotap")
	radiotapVersion     = radiotapP.U8("version", "Header revision", dec)
	radiotapPad         = radiotapP.U8("pad", "Header pad", dec)
	radiotapLength      = radiotapP.U16("length", "Header length", dec)
	radiotapPresent     = radiotapP.None("present", "Present flags")
	radiotapPresentWord = radiotapP.U32("present.word", "Present flags word", hex)
	radiotapPresentBits = []field.ID{
		radiotapP.Bool("present.tsft", "TSFT", mask(32, 0x00000001), tf("Present", "Absent")),
		radiotapP.Bool("present.flags", "Flags", mask(32, 0x00000002), tf("Present", "Absent")),
		radiotapP.Bool("present.rate", "Rate", mask(32, 0x00000004), tf("Present", "Absent")),
		radiotapP.Bool("present.channel", "Channel", mask(32, 0x00000008), tf("Present", "Absent")),
		radiotapP.Bool("present.fhss", "FHSS", mask(32, 0x00000010), tf("Present", "Absent")),
		radiotapP.Bool("present.dbm_antsignal", "dBm Antenna Signal", mask(32, 0x00000020), tf("Present", "Absent")),
		radiotapP.Bool("present.dbm_antnoise", "dBm Antenna Noise", mask(32, 0x00000040), tf("Present", "Absent")),
		radiotapP.Bool("present.lock_quality", "Lock Quality", mask(32, 0x00000080), tf("Present", "Absent")),
		radiotapP.Bool("present.tx_attenuation", "TX Attenuation", mask(32, 0x00000100), tf("Present", "Absent")),
		radiotapP.Bool("present.db_tx_attenuation", "dB TX Attenuation", mask(32, 0x00000200), tf("Present", "Absent")),
		radiotapP.Bool("present.dbm_tx_power", "dBm TX Power", mask(32, 0x00000400), tf("Present", "Absent")),
		radiotapP.Bool("present.antenna", "Antenna", mask(32, 0x00000800), tf("Present", "Absent")),
		radiotapP.Bool("present.db_antsignal", "dB Antenna Signal", mask(32, 0x00001000), tf("Present", "Absent")),
		radiotapP.Bool("present.db_antnoise", "dB Antenna Noise", mask(32, 0x00002000), tf("Present", "Absent")),
		radiotapP.Bool("present.rxflags", "RX flags", mask(32, 0x00004000), tf("Present", "Absent")),
		radiotapP.Bool("present.txflags", "TX flags", mask(32, 0x00008000), tf("Present", "Absent")),
		radiotapP.Bool("present.reserved16", "Reserved bit16", mask(32, 0x00010000), tf("Present", "Absent")),
		radiotapP.Bool("present.data_retries", "data retries", mask(32, 0x00020000), tf("Present", "Absent")),
		radiotapP.Bool("present.xchannel", "XChannel", mask(32, 0x00040000), tf("Present", "Absent")),
		radiotapP.Bool("present.mcs", "MCS information", mask(32, 0x00080000), tf("Present", "Absent")),
		radiotapP.Bool("present.ampdu", "A-MPDU Status", mask(32, 0x00100000), tf("Present", "Absent")),
		radiotapP.Bool("present.vht", "VHT information", mask(32, 0x00200000), tf("Present", "Absent")),
		radiotapP.Bool("present.timestamp", "frame timestamp", mask(32, 0x00400000), tf("Present", "Absent")),
		radiotapP.Bool("present.he", "HE information", mask(32, 0x00800000), tf("Present", "Absent")),
		radiotapP.Bool("present.he_mu", "HE-MU information", mask(32, 0x01000000), tf("Present", "Absent")),
		radiotapP.Bool("present.reserved25", "Reserved bit25", mask(32, 0x02000000), tf("Present", "Absent")),
		radiotapP.Bool("present.0_length.psdu", "0 Length PSDU", mask(32, 0x04000000), tf("Present", "Absent")),
		radiotapP.Bool("present.l_sig", "L-SIG", mask(32, 0x08000000), tf("Present", "Absent")),
		radiotapP.Bool("present.tlv", "TLVs", mask(32, 0x10000000), tf("Present", "Absent")),
		radiotapP.Bool("present.rtap_ns", "Radiotap NS next", mask(32, 0x20000000)),
		radiotapP.Bool("present.vendor_ns", "Vendor NS next", mask(32, 0x40000000)),
		radiotapP.Bool("present.ext", "Ext", mask(32, 0x80000000), tf("Present", "Absent")),
	}
	radiotapMactime   = radiotapP.U64("mactime", "MAC timestamp", dec)
	radiotapFlags     = radiotapP.U8("flags", "Flags", hex)
	radiotapFlagsBits = []field.ID{
		radiotapP.Bool("flags.cfp", "CFP", mask(8, 0x01)),
		radiotapP.Bool("flags.preamble", "Preamble", mask(8, 0x02), tf("Short", "Long")),
		radiotapP.Bool("flags.wep", "WEP", mask(8, 0x04)),
		radiotapP.Bool("flags.frag", "Fragmentation", mask(8, 0x08)),
		radiotapP.Bool("flags.fcs", "FCS at end", mask(8, 0x10)),
		radiotapP.Bool("flags.datapad", "Data Pad", mask(8, 0x20)),
		radiotapP.Bool("flags.badfcs", "Bad FCS", mask(8, 0x40)),
		radiotapP.Bool("flags.shortgi", "Short GI", mask(8, 0x80)),
	}
	radiotapDatarate         = radiotapP.Add("datarate", "Data rate (Mb/s)", field.TFloat, noBase)
	radiotapChannelFreq      = radiotapP.U32("channel.freq", "Channel frequency", dec)
	radiotapChannelFlags     = radiotapP.U16("channel.flags", "Channel flags", hex)
	radiotapChannelFlagsBits = []field.ID{
		radiotapP.Bool("channel.flags.700mhz", "700 MHz spectrum", mask(16, 0x0001)),
		radiotapP.Bool("channel.flags.800mhz", "800 MHz spectrum", mask(16, 0x0002)),
		radiotapP.Bool("channel.flags.900mhz", "900 MHz spectrum", mask(16, 0x0004)),
		radiotapP.Bool("channel.flags.turbo", "Turbo", mask(16, 0x0010)),
		radiotapP.Bool("channel.flags.cck", "Complementary Code Keying (CCK)", mask(16, 0x0020)),
		radiotapP.Bool("channel.flags.ofdm", "Orthogonal Frequency-Division Multiplexing (OFDM)", mask(16, 0x0040)),
		radiotapP.Bool("channel.flags.2ghz", "2 GHz spectrum", mask(16, 0x0080)),
		radiotapP.Bool("channel.flags.5ghz", "5 GHz spectrum", mask(16, 0x0100)),
		radiotapP.Bool("channel.flags.passive", "Passive", mask(16, 0x0200)),
		radiotapP.Bool("channel.flags.dynamic", "Dynamic CCK-OFDM", mask(16, 0x0400)),
		radiotapP.Bool("channel.flags.gfsk", "Gaussian Frequency Shift Keying (GFSK)", mask(16, 0x0800)),
		radiotapP.Bool("channel.flags.gsm", "GSM (900MHz)", mask(16, 0x1000)),
		radiotapP.Bool("channel.flags.sturbo", "Static Turbo", mask(16, 0x2000)),
		radiotapP.Bool("channel.flags.half", "Half Rate Channel (10MHz Channel Width)", mask(16, 0x4000)),
		radiotapP.Bool("channel.flags.quarter", "Quarter Rate Channel (5MHz Channel Width)", mask(16, 0x8000)),
	}
	radiotapFhssHopset      = radiotapP.U8("fhss.hopset", "FHSS Hop Set", dec)
	radiotapFhssPattern     = radiotapP.U8("fhss.pattern", "FHSS Pattern", dec)
	radiotapDbmAntsignal    = radiotapP.I8("dbm_antsignal", "Antenna signal", dec, unit(" dBm", ""))
	radiotapDbmAntnoise     = radiotapP.I8("dbm_antnoise", "Antenna noise", dec, unit(" dBm", ""))
	radiotapQuality         = radiotapP.U16("quality", "Signal Quality", dec)
	radiotapTxattenuation   = radiotapP.U16("txattenuation", "TX attenuation", dec)
	radiotapDbTxattenuation = radiotapP.U16("db_txattenuation", "dB TX attenuation", dec, unit(" dB", ""))
	radiotapTxpower         = radiotapP.I8("txpower", "Transmit power", dec, unit(" dBm", ""))
	radiotapAntenna         = radiotapP.U8("antenna", "Antenna", dec)
	radiotapDbAntsignal     = radiotapP.U8("db_antsignal", "dB antenna signal", dec, unit(" dB", ""))
	radiotapDbAntnoise      = radiotapP.U8("db_antnoise", "dB antenna noise", dec, unit(" dB", ""))
	radiotapRxflags         = radiotapP.U16("rxflags", "RX flags", hex)
	radiotapRxflagsBits     = []field.ID{
		radiotapP.Bool("rxflags.badplcp", "Bad PLCP", mask(24, 0x000002)),
	}
	radiotapTxflags     = radiotapP.U16("txflags", "TX flags", hex)
	radiotapTxflagsBits = []field.ID{
		radiotapP.Bool("rxflags.fail", "Fail", mask(24, 0x000001)),
		radiotapP.Bool("rxflags.cts", "CTS", mask(24, 0x000002)),
		radiotapP.Bool("rxflags.rts", "RTS/CTS", mask(24, 0x000004)),
		radiotapP.Bool("rxflags.noack", "No ACK", mask(24, 0x000008)),
		radiotapP.Bool("rxflags.noseqno", "Has Seqnum", mask(24, 0x000010)),
		radiotapP.Bool("rxflags.order", "Order", mask(24, 0x000020)),
	}
	radiotapDataRetries       = radiotapP.U8("data_retries", "data retries", dec)
	radiotapXchannelFlags     = radiotapP.U32("xchannel.flags", "XChannel flags", hex)
	radiotapXchannelFlagsBits = []field.ID{
		radiotapP.Bool("xchannel.flags.turbo", "Turbo", mask(24, 0x000010)),
		radiotapP.Bool("xchannel.flags.cck", "Complementary Code Keying (CCK)", mask(24, 0x000020)),
		radiotapP.Bool("xchannel.flags.ofdm", "Orthogonal Frequency-Division Multiplexing (OFDM)", mask(24, 0x000040)),
		radiotapP.Bool("xchannel.flags.2ghz", "2 GHz spectrum", mask(24, 0x000080)),
		radiotapP.Bool("xchannel.flags.5ghz", "5 GHz spectrum", mask(24, 0x000100)),
		radiotapP.Bool("channel.xtype.passive", "Passive", mask(24, 0x000200)),
		radiotapP.Bool("xchannel.flags.dynamic", "Dynamic CCK-OFDM", mask(24, 0x000400)),
		radiotapP.Bool("xchannel.flags.gfsk", "Gaussian Frequency Shift Keying (GFSK)", mask(24, 0x000800)),
		radiotapP.Bool("xchannel.flags.gsm", "GSM (900MHz)", mask(24, 0x001000)),
		radiotapP.Bool("xchannel.flags.sturbo", "Static Turbo", mask(24, 0x002000)),
		radiotapP.Bool("xchannel.flags.half", "Half Rate Channel (10MHz Channel Width)", mask(24, 0x004000)),
		radiotapP.Bool("xchannel.flags.quarter", "Quarter Rate Channel (5MHz Channel Width)", mask(24, 0x008000)),
		radiotapP.Bool("xchannel.flags.ht20", "HT Channel (20MHz Channel Width)", mask(24, 0x010000)),
		radiotapP.Bool("xchannel.flags.ht40u", "HT Channel (40MHz Channel Width with Extension channel above)", mask(24, 0x020000)),
		radiotapP.Bool("xchannel.flags.ht40d", "HT Channel (40MHz Channel Width with Extension channel below)", mask(24, 0x040000)),
	}
	radiotapXchannelFreq     = radiotapP.U32("xchannel.freq", "XChannel frequency", dec)
	radiotapXchannelChannel  = radiotapP.U32("xchannel.channel", "XChannel number", dec)
	radiotapXchannelMaxpower = radiotapP.U32("xchannel.maxpower", "XChannel Max transmit power", dec)
	radiotapMcs              = radiotapP.None("mcs", "MCS information")
	radiotapMcsKnown         = radiotapP.U8("mcs.known", "Known MCS information", hex)
	radiotapMcsKnownBits     = []field.ID{
		radiotapP.Bool("mcs.have_bw", "Bandwidth", mask(8, 0x01), tf("Present", "Absent")),
		radiotapP.Bool("mcs.have_index", "MCS index", mask(8, 0x02), tf("Present", "Absent")),
		radiotapP.Bool("mcs.have_gi", "Guard interval", mask(8, 0x04), tf("Present", "Absent")),
		radiotapP.Bool("mcs.have_format", "Format", mask(8, 0x08), tf("Present", "Absent")),
		radiotapP.Bool("mcs.have_fec", "FEC type", mask(8, 0x10), tf("Present", "Absent")),
		radiotapP.Bool("mcs.have_stbc", "STBC streams", mask(8, 0x20), tf("Present", "Absent")),
		radiotapP.Bool("mcs.have_ness", "Number of extension spatial streams", mask(8, 0x40), tf("Present", "Absent")),
	}
	radiotapMcsBw          = radiotapP.U8("mcs.bw", "Bandwidth", dec, mask(8, 0x03), enum(radiotapMcsBwNames))
	radiotapMcsGi          = radiotapP.U8("mcs.gi", "Guard interval", dec, mask(8, 0x04), enum(values(val(0, "long"), val(1, "short"))))
	radiotapMcsFormat      = radiotapP.U8("mcs.format", "Format", dec, mask(8, 0x08), enum(values(val(0, "mixed"), val(1, "greenfield"))))
	radiotapMcsFec         = radiotapP.U8("mcs.fec", "FEC type", dec, mask(8, 0x10), enum(values(val(0, "BCC"), val(1, "LDPC"))))
	radiotapMcsStbc        = radiotapP.U8("mcs.stbc", "STBC streams", dec, mask(8, 0x60))
	radiotapMcsNessBit0    = radiotapP.U8("mcs.ness_bit0", "Number of extension spatial streams bit 0", dec, mask(8, 0x80))
	radiotapMcsIndex       = radiotapP.U8("mcs.index", "MCS index", dec)
	radiotapAmpdu          = radiotapP.None("ampdu", "A-MPDU status")
	radiotapAmpduReference = radiotapP.U32("ampdu.reference", "A-MPDU reference number", dec)
	radiotapAmpduFlags     = radiotapP.U16("ampdu.flags", "A-MPDU flags", hex)
	radiotapAmpduFlagsBits = []field.ID{
		radiotapP.Bool("ampdu.flags.report_zerolen", "Driver reports 0-length subframes in this A-MPDU", mask(16, 0x0001)),
		radiotapP.Bool("ampdu.flags.is_zerolen", "This is a 0-length subframe", mask(16, 0x0002)),
		radiotapP.Bool("ampdu.flags.lastknown", "Last subframe of this A-MPDU is known", mask(16, 0x0004)),
		radiotapP.Bool("ampdu.flags.last", "This is the last subframe of this A-MPDU", mask(16, 0x0008)),
		radiotapP.Bool("ampdu.flags.delim_crc_error", "Delimiter CRC error on this subframe", mask(16, 0x0010)),
		radiotapP.Bool("ampdu.flags.eof", "EOF on this subframe", mask(16, 0x0040)),
		radiotapP.Bool("ampdu.flags.eof_known", "EOF of this A-MPDU is known", mask(16, 0x0080)),
	}
	radiotapAmpduDelimCrc          = radiotapP.U8("ampdu.delim_crc", "A-MPDU subframe delimiter CRC", hex)
	radiotapVendorNamespace        = radiotapP.Bytes("vendor_namespace", "Vendor namespace")
	radiotapVendorOui              = radiotapP.U24("vendor_oui", "Vendor OUI", field.OUI)
	radiotapVendorSubns            = radiotapP.U8("vendor_subns", "Vendor sub namespace", dec)
	radiotapVendorDataLen          = radiotapP.U16("vendor_data_len", "Vendor data length", dec)
	radiotapVendorData             = radiotapP.None("vendor_data", "Vendor data")
	radiotapTimestamp              = radiotapP.None("timestamp", "timestamp information")
	radiotapTimestampTs            = radiotapP.U64("timestamp.ts", "timestamp", dec)
	radiotapTimestampAccuracy      = radiotapP.U16("timestamp.accuracy", "accuracy", dec)
	radiotapTimestampUnit          = radiotapP.U8("timestamp.unit", "time unit", dec, mask(8, 0x0f), enum(values(val(0, "msec"), val(1, "usec"), val(2, "nsec"))))
	radiotapTimestampSamplingpos   = radiotapP.U8("timestamp.samplingpos", "sampling position", dec, mask(8, 0xf0), enum(radiotapTimestampSamplingposNames))
	radiotapTimestampFlags32bit    = radiotapP.Bool("timestamp.flags.32bit", "32-bit counter", mask(8, 0x01), tf("Yes", "No"))
	radiotapTimestampFlagsAccuracy = radiotapP.Bool("timestamp.flags.accuracy", "accuracy field", mask(8, 0x02), tf("Present", "Absent"))

	eiRadiotapLength = radiotapP.Expert("length.invalid", field.Malformed, field.Error, "The radiotap header length is less than 8 bytes")
	eiRadiotapPast   = radiotapP.Expert("data_past_header", field.Malformed, field.Error, "Radiotap data goes past the end of the radiotap header")

	_ = radiotapP.Parse(parseRadiotap).Stateful().On("wtap_encap", uint64(frame.LinkRadiotap)).Calls(wlanRadioP, wlanP, wlanFCSP, wlanPadP, wlanPadFCSP)
)

var (
	radiotapMcsBwNames                = values(val(0, "20 MHz"), val(1, "40 MHz"), val(2, "20 MHz lower"), val(3, "20 MHz upper"))
	radiotapTimestampSamplingposNames = values(val(0, "first MPDU bit/symbol"), val(1, "signal acquisition"), val(2, "end of frame"), val(15, "undefined"))
)

// radiotapField is a field's alignment and size, by its bit of the presence words.
var radiotapField = [...]struct{ align, size int }{{8, 8}, {1, 1}, {1, 1}, {2, 4}, {1, 2}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, {2, 2}, {1, 1}, {1, 1}, {1, 1},
	{1, 1}, {2, 2}, {2, 2}, {1, 1}, {1, 1}, {4, 8}, {1, 3}, {4, 8}, {2, 12}, {8, 12}, {2, 12}, {2, 12}, {2, 6}, {1, 1}, {2, 4}}

const (
	radiotapVendorNS = 30
	radiotapNS       = 29
)

func parseRadiotap(c *Cursor) {
	at := c.Pos()
	c.SetProtocol("802.11 Radio")
	c.ClearInfo()
	version, length := c.Peek8(0), int(c.Peek16LE(2))
	if b := c.SetInfo(); b != nil {
		b.S("Radiotap Capture v").U(uint64(version)).S(", Length ").U(uint64(length))
	}
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("Radiotap Header v").U(uint64(version)).S(", Length ").U(uint64(length))
	}
	c.ProtoEnd(at + length)
	c.U8(radiotapVersion)
	c.U8(radiotapPad)
	r := c.FieldLE(radiotapLength, 2)
	phy := wlanPhy{}
	switch {
	case version != 0 || length < 8:
		if b := c.Append(c.ProtoNode()); b != nil {
			b.S(" (invalid)")
		}
		if length < 8 {
			c.Expert(r, eiRadiotapLength)
			return
		}
	default:
		radiotapFields(c, at, at+length, &phy)
	}
	next := at + length
	phy.length = c.End() - next
	wlanRadio(c, next, &phy)
	p := wlanP
	switch phy.flags & 0x30 {
	case 0x10:
		p = wlanFCSP
	case 0x20:
		p = wlanPadP
	case 0x30:
		p = wlanPadFCSP
	}
	c.Sub(p, next, -1)
}

// radiotapFields walks the presence words, then the fields they announce.
func radiotapFields(c *Cursor, at, end int, phy *wlanPhy) {
	var words []uint32
	r := c.Put(radiotapPresent, at+4, 4, 0)
	old := c.Push(r)
	for {
		pos := c.Pos()
		if pos+4 > end {
			break
		}
		w := c.Peek32LE(0)
		words = append(words, w)
		c.WordLE(radiotapPresentWord, 4, radiotapPresentBits...)
		if w>>31 == 0 {
			break
		}
	}
	c.SetLen(r, c.Pos())
	c.Pop(old)
	vendor := false // bits of the present word are a vendor's
	for _, w := range words {
		for bit := 0; bit < 29; bit++ {
			if w>>uint(bit)&1 == 0 {
				continue
			}
			if vendor || bit >= len(radiotapField) {
				return // of unknown size, and so everything behind it
			}
			f := radiotapField[bit]
			pos := at + (c.Pos()-at+f.align-1)/f.align*f.align
			if pos+f.size > end {
				c.Expert(c.ProtoNode(), eiRadiotapPast)
				return
			}
			c.Seek(pos)
			radiotapOne(c, bit, phy)
			c.Seek(pos + f.size)
		}
		switch {
		case w>>radiotapNS&1 != 0:
			vendor = false
		case w>>radiotapVendorNS&1 != 0:
			vendor = true
			pos := at + (c.Pos()-at+1)&^1
			if pos+6 > end {
				return
			}
			c.Seek(pos)
			radiotapVendor(c)
		}
	}
}

func radiotapVendor(c *Cursor) {
	pos := c.Pos()
	n := int(c.Peek16LE(4))
	r := c.FieldAt(radiotapVendorNamespace, pos, 6+n)
	if b := c.Label(r); b != nil {
		b.S("Vendor namespace: ").MAC(c.BytesAt(pos, 3)).C('-').U(uint64(c.BytesAt(pos+3, 1)[0]))
	}
	old := c.Push(r)
	c.Field(radiotapVendorOui, 3)
	c.U8(radiotapVendorSubns)
	c.FieldLE(radiotapVendorDataLen, 2)
	if n > 0 {
		c.Field(radiotapVendorData, n)
	}
	c.Pop(old)
}

// radiotapOne records one field and notes what it says of the reception.
func radiotapOne(c *Cursor, bit int, phy *wlanPhy) {
	pos := c.Pos()
	switch bit {
	case 0:
		phy.tsf, phy.has = c.U64LE(radiotapMactime), phy.has|phyTSF
	case 1:
		phy.flags = uint8(c.WordLE(radiotapFlags, 1, radiotapFlagsBits...))
		phy.short, phy.has = phy.flags&2 != 0, phy.has|phyShort
		if phy.flags&0x80 != 0 {
			phy.shortGI = true
		}
	case 2:
		v := c.Peek8(0)
		phy.rate = float64(v) / 2
		if v != 0 {
			phy.has |= phyRate
		}
		radiotapRate(c, pos, 1, phy.rate)
	case 3:
		freq := c.Peek16LE(0)
		r := c.FieldLE(radiotapChannelFreq, 2)
		if b := c.Label(r); b != nil {
			b.S("Channel frequency: ").U(uint64(freq)).S(" [").S(wlanChannelText(int(freq))).C(']')
		}
		phy.channelFlags(uint32(bitWord(c, radiotapChannelFlags, 2, radiotapChannelFlagsBits)))
		if freq != 0 {
			phy.freq, phy.has = freq, phy.has|phyFreq
			if ch := wlanChannel(int(freq)); ch >= 0 {
				phy.channel, phy.has = uint32(ch), phy.has|phyChannel
			}
		}
	case 4:
		phy.kind = phyFHSS
		phy.hop[0] = c.U8(radiotapFhssHopset)
		phy.hop[1] = c.U8(radiotapFhssPattern)
	case 5:
		c.FieldLE(radiotapDbmAntsignal, 1)
		phy.signalDBm, phy.has = int8(c.BytesAt(pos, 1)[0]), phy.has|phySignalDBm
	case 6:
		c.FieldLE(radiotapDbmAntnoise, 1)
		phy.noiseDBm, phy.has = int8(c.BytesAt(pos, 1)[0]), phy.has|phyNoiseDBm
	case 7:
		c.FieldLE(radiotapQuality, 2)
	case 8:
		c.FieldLE(radiotapTxattenuation, 2)
	case 9:
		c.FieldLE(radiotapDbTxattenuation, 2)
	case 10:
		c.Field(radiotapTxpower, 1)
	case 11:
		c.U8(radiotapAntenna)
	case 12:
		phy.signalDB, phy.has = c.U8(radiotapDbAntsignal), phy.has|phySignalDB
	case 13:
		phy.noiseDB, phy.has = c.U8(radiotapDbAntnoise), phy.has|phyNoiseDB
	case 14:
		c.WordLE(radiotapRxflags, 2, radiotapRxflagsBits...)
	case 15:
		c.WordLE(radiotapTxflags, 2, radiotapTxflagsBits...)
	case 17:
		c.U8(radiotapDataRetries)
	case 18:
		phy.channelFlags(uint32(bitWord(c, radiotapXchannelFlags, 4, radiotapXchannelFlagsBits)))
		phy.freq, phy.has = c.Peek16LE(0), phy.has|phyFreq
		c.FieldLE(radiotapXchannelFreq, 2)
		phy.channel, phy.has = uint32(c.Peek8(0)), phy.has|phyChannel
		c.Field(radiotapXchannelChannel, 1)
		c.Field(radiotapXchannelMaxpower, 1)
	case 19:
		radiotapMCS(c, phy)
	case 20:
		r := c.Put(radiotapAmpdu, pos, 8, 0)
		old := c.Push(r)
		phy.aggregate, phy.has = c.U32LE(radiotapAmpduReference), phy.has|phyAggregate
		phy.aggFlags = uint16(c.WordLE(radiotapAmpduFlags, 2, radiotapAmpduFlagsBits...))
		if phy.aggFlags&0x20 != 0 {
			c.U8(radiotapAmpduDelimCrc)
		}
		c.Pop(old)
	case 21:
		phy.kind = phyVHT
	case 22:
		r := c.Put(radiotapTimestamp, pos, 12, 0)
		old := c.Push(r)
		c.U64LE(radiotapTimestampTs)
		c.FieldLEAt(radiotapTimestampAccuracy, pos+8, 2)
		c.FieldAt(radiotapTimestampUnit, pos+10, 1)
		c.FieldAt(radiotapTimestampSamplingpos, pos+10, 1)
		c.FieldAt(radiotapTimestampFlags32bit, pos+11, 1)
		c.FieldAt(radiotapTimestampFlagsAccuracy, pos+11, 1)
		c.Pop(old)
	case 23, 24:
		phy.kind = phyHE
	}
}

func radiotapRate(c *Cursor, pos, n int, rate float64) {
	r := c.Put(radiotapDatarate, pos, n, uint64(math.Float32bits(float32(rate))))
	if b := c.Label(r); b != nil {
		b.S("Data Rate: ").F(rate, 1).S(" Mb/s")
	}
}

// radiotapMCS is the 802.11n modulation: which of its bytes are known, flags,
// the index.
func radiotapMCS(c *Cursor, phy *wlanPhy) {
	pos := c.Pos()
	known, flags, index := c.Peek8(0), c.Peek8(1), c.Peek8(2)
	r := c.Put(radiotapMcs, pos, 3, 0)
	old := c.Push(r)
	bitWord(c, radiotapMcsKnown, 1, radiotapMcsKnownBits)
	phy.kind = phyHT
	phy.mcsKnown, phy.mcsFlags, phy.mcs = known, flags, index
	for _, f := range [...]struct {
		bit uint8
		id  field.ID
	}{{1, radiotapMcsBw}, {4, radiotapMcsGi}, {8, radiotapMcsFormat}, {16, radiotapMcsFec}, {32, radiotapMcsStbc}, {64, radiotapMcsNessBit0}} {
		if known&f.bit != 0 {
			c.FieldAt(f.id, pos+1, 1)
		}
	}
	if known&4 != 0 {
		phy.shortGI = flags&4 != 0
	}
	if known&2 != 0 {
		c.FieldAt(radiotapMcsIndex, pos+2, 1)
	}
	c.Pop(old)
	if known&7 == 7 {
		if bits, streams := htBits(int(index), flags&3 == 1); streams > 0 {
			phy.rate, phy.has = float64(bits)/symbolTime(phy.shortGI), phy.has|phyRate
			radiotapRate(c, pos, 3, phy.rate)
		}
	}
}

// wlanChannel is the channel of a centre frequency in MHz, -1 for none.
func wlanChannel(f int) int {
	switch {
	case f == 2484:
		return 14
	case f >= 2412 && f <= 2472 && (f-2407)%5 == 0:
		return (f - 2407) / 5
	case f >= 5000 && f < 5925 && f%5 == 0:
		return (f - 5000) / 5
	case f >= 4910 && f <= 4980 && f%5 == 0:
		return (f - 4000) / 5
	case f >= 5955 && f <= 7115 && f%5 == 0:
		return (f - 5950) / 5
	}
	return -1
}

func wlanChannelText(f int) string {
	ch := wlanChannel(f)
	if ch < 0 {
		return "unknown"
	}
	band := "5 GHz "
	switch {
	case f < 3000:
		band = "2.4 GHz "
	case f > 5950:
		band = "6 GHz "
	}
	return band + strconv.Itoa(ch)
}
