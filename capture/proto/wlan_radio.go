// What radio headers say of an 802.11 frame's reception, in one form, with the
// time that the frame took on the air (IEEE 802.11-2016, 15.3, 16.3, 17.4 and
// 19.4). Not computed: VHT, HE and aggregates.
package proto

import (
	"math"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	wlanRadioP                  = protocol("wlan_radio", "802.11 radio information", "802.11 Radio")
	wlanRadioPhy                = wlanRadioP.U32("phy", "PHY type", dec, enum(wlanRadioPhyNames))
	_                           = wlanRadioP.U32("11a.channel_type", "Channel type", dec, enum(values(val(0, "Normal"), val(1, "Half-clocked"), val(2, "Quarter-clocked"))))
	wlanRadio11aTurboType       = wlanRadioP.U32("11a.turbo_type", "Turbo type", dec, enum(wlanRadio11aTurboTypeNames))
	wlanRadio11gMode            = wlanRadioP.U32("11g.mode", "Proprietary mode", dec, enum(values(val(0, "None"), val(1, "Super G"))))
	wlanRadio11nMcsIndex        = wlanRadioP.U32("11n.mcs_index", "MCS index", dec)
	wlanRadio11nBandwidth       = wlanRadioP.U32("11n.bandwidth", "Bandwidth", dec, enum(wlanRadio11nBandwidthNames))
	wlanRadio11nShortGi         = wlanRadioP.Bool("11n.short_gi", "Short GI")
	wlanRadio11nGreenfield      = wlanRadioP.Bool("11n.greenfield", "Greenfield")
	wlanRadio11nFec             = wlanRadioP.U32("11n.fec", "FEC", dec, enum(values(val(0, "BEC"), val(1, "LDPC"))))
	wlanRadio11nStbcStreams     = wlanRadioP.U32("11n.stbc_streams", "Number of STBC streams", dec)
	wlanRadio11nNess            = wlanRadioP.U32("11n.ness", "Number of extension spatial streams", dec)
	wlanRadioShortPreamble      = wlanRadioP.Bool("short_preamble", "Short preamble")
	wlanRadioDataRate           = wlanRadioP.Add("data_rate", "Data rate", field.TFloat, noBase)
	wlanRadioChannel            = wlanRadioP.U32("channel", "Channel", dec)
	wlanRadioFrequency          = wlanRadioP.U16("frequency", "Frequency", dec, unit("MHz", ""))
	wlanRadioSignalDb           = wlanRadioP.U8("signal_db", "Signal strength (dB)", dec, unit(" dB", ""))
	wlanRadioSignalDbm          = wlanRadioP.I8("signal_dbm", "Signal strength (dBm)", dec, unit(" dBm", ""))
	wlanRadioNoiseDb            = wlanRadioP.U8("noise_db", "Noise level (dB)", dec, unit(" dB", ""))
	wlanRadioNoiseDbm           = wlanRadioP.I8("noise_dbm", "Noise level (dBm)", dec, unit(" dBm", ""))
	wlanRadioSnr                = wlanRadioP.I32("snr", "Signal/noise ratio (dB)", dec, unit(" dB", ""))
	wlanRadioTimestamp          = wlanRadioP.U64("timestamp", "TSF timestamp", dec)
	wlanRadioLastPartOfAnAmpdu  = wlanRadioP.Bool("last_part_of_an_ampdu", "Last part of an A-MPDU", mask(32, 0x00000001))
	wlanRadioAMpduDelimCrcError = wlanRadioP.Bool("a_mpdu_delim_crc_error", "A-MPDU delimiter CRC error", mask(32, 0x00000002))
	wlanRadioAMpduAggregateId   = wlanRadioP.U32("a_mpdu_aggregate_id", "A-MPDU aggregate ID", dec)
	wlanRadioDuration           = wlanRadioP.U32("duration", "Duration", dec, unit("µs", ""))
	wlanRadioPreamble           = wlanRadioP.U32("preamble", "Preamble", dec, unit("µs", ""))
	wlanRadioIfs                = wlanRadioP.Add("ifs", "IFS", field.TInt64, dec, unit("µs", ""))
	wlanRadioStartTsf           = wlanRadioP.U64("start_tsf", "Start", dec, unit("µs", ""))
	wlanRadioEndTsf             = wlanRadioP.U64("end_tsf", "End", dec, unit("µs", ""))
	wlanRadioFhssHopSet         = wlanRadioP.U8("fhss.hop_set", "Hop set", hex)
	wlanRadioFhssHopPattern     = wlanRadioP.U8("fhss.hop_pattern", "Hop pattern", hex)

	eiRadioShort   = wlanRadioP.Expert("assumed.short_preamble", field.Assumption, field.Warn, "No preamble length information was available, assuming short preamble.")
	eiRadioMixed   = wlanRadioP.Expert("assumed.non_greenfield", field.Assumption, field.Warn, "No plcp type information was available, assuming non greenfield.")
	eiRadioSTBC    = wlanRadioP.Expert("assumed.no_stbc", field.Assumption, field.Warn, "No stbc information was available, assuming no stbc.")
	eiRadioStreams = wlanRadioP.Expert("assumed.no_extension_streams", field.Assumption, field.Warn, "No extension stream information was available, assuming no extension streams.")
	eiRadioBCC     = wlanRadioP.Expert("assumed.bcc_fec", field.Assumption, field.Warn, "No fec type information was available, assuming bcc fec.")

	wlanAir   = flow.NewSlot[airTime]()
	wlanAirAt = flow.NewFacts[airFact]()
)

var (
	wlanRadioPhyNames = values(
		val(1, "802.11 FHSS"),
		val(2, "802.11 IR"),
		val(3, "802.11 DSSS"),
		val(4, "802.11b (HR/DSSS)"),
		val(5, "802.11a (OFDM)"),
		val(6, "802.11g (ERP)"),
		val(7, "802.11n (HT)"),
		val(8, "802.11ac (VHT)"),
		val(9, "802.11ad (DMG)"),
		val(10, "802.11ah (S1G)"),
		val(11, "802.11ax (HE)"),
		val(12, "802.11be (EHT)"),
	)
	wlanRadio11aTurboTypeNames = values(val(0, "Non-turbo"), val(1, "Turbo"), val(2, "Dynamic turbo"), val(3, "Static turbo"))
	wlanRadio11nBandwidthNames = values(
		val(0, "20 MHz"),
		val(1, "40 MHz"),
		val(2, "20 MHz + 20 MHz lower"),
		val(3, "20 MHz + 20 MHz upper"),
		val(4, "80 MHz"),
		val(5, "40 MHz + 40 MHz lower"),
		val(6, "40 MHz + 40 MHz upper"),
		val(7, "20 MHz, channel 1/4"),
		val(8, "20 MHz, channel 2/4"),
		val(9, "20 MHz, channel 3/4"),
		val(10, "20 MHz, channel 4/4"),
		val(11, "160 MHz"),
		val(12, "80 MHz + 80 MHz lower"),
		val(13, "80 MHz + 80 MHz upper"),
		val(14, "40 MHz, channel 1/4"),
		val(15, "40 MHz, channel 2/4"),
		val(16, "40 MHz, channel 3/4"),
		val(17, "40 MHz, channel 4/4"),
		val(18, "20 MHz, channel 1/8"),
		val(19, "20 MHz, channel 2/8"),
		val(20, "20 MHz, channel 3/8"),
		val(21, "20 MHz, channel 4/8"),
		val(22, "20 MHz, channel 5/8"),
		val(23, "20 MHz, channel 6/8"),
		val(24, "20 MHz, channel 7/8"),
		val(25, "20 MHz, channel 8/8"),
	)
)

// PHY types, as Wireshark numbers them.
const (
	phyFHSS = 1
	phyDSSS = 3
	phyB    = 4
	phyA    = 5
	phyG    = 6
	phyHT   = 7
	phyVHT  = 8
	phyHE   = 11
)

// What a wlanPhy knows.
const (
	phyTSF = 1 << iota
	phyShort
	phyRate
	phyFreq
	phyChannel
	phySignalDBm
	phyNoiseDBm
	phySignalDB
	phyNoiseDB
	phyAggregate
	phyTurbo
	phyMode
)

// wlanPhy is what a radio header said of one frame.
type wlanPhy struct {
	has                     uint16
	flags                   uint8 // radiotap's
	kind                    uint8 // 0 unknown
	tsf                     uint64
	rate                    float64 // Mb/s
	short, shortGI, superG  bool
	turbo                   uint8
	freq                    uint16
	channel                 uint32
	hop                     [2]uint8
	signalDBm, noiseDBm     int8
	signalDB, noiseDB       uint8
	mcsKnown, mcsFlags, mcs uint8
	aggregate               uint32
	aggFlags                uint16
	length                  int // of the frame
}

// airTime is when the frame before ended; airFact what one frame knew of that.
type airTime struct {
	end  uint64
	seen bool
}

type airFact struct {
	end uint64
}

// channelFlags tells the PHY from a channel's flags.
func (p *wlanPhy) channelFlags(v uint32) {
	if p.kind == phyHT || p.kind == phyFHSS {
		return
	}
	switch v & 0x0de0 { // CCK, OFDM, bands, dynamic, GFSK
	case 0x0800 | 0x0080:
		p.kind = phyFHSS
	case 0x0080:
		p.kind = phyDSSS
	case 0x0020 | 0x0080:
		p.kind = phyB
	case 0x0040 | 0x0100:
		p.kind = phyA
		p.has |= phyTurbo
		if v&0x10 != 0 {
			p.turbo = 2
		} else if v&0x2000 != 0 {
			p.turbo = 3
		}
	case 0x0040 | 0x0080, 0x0400 | 0x0080:
		p.kind = phyG
		p.has |= phyMode
		p.superG = v&0x10 != 0
	}
}

// wlanRadio records the lines of the reception, beside the radio header's.
func wlanRadio(c *Cursor, pos int, p *wlanPhy) {
	c.Layered(wlanRadioP)
	top := c.PushRoot()
	defer c.Pop(top)
	own := c.Put(wlanRadioP.ID, pos, 0, 0)
	if own != dissect.None {
		c.Push(own)
	}
	put := func(f field.ID, v uint64) dissect.Ref { return c.Put(f, pos, 0, v) }
	if p.kind == 0 && p.has&phyRate != 0 && (p.rate == 1 || p.rate == 2 || p.rate == 5.5 || p.rate == 11) {
		p.kind = phyB // only that has these rates
	}
	if p.kind != 0 {
		put(wlanRadioPhy, uint64(p.kind))
	}
	switch p.kind {
	case phyFHSS:
		put(wlanRadioFhssHopSet, uint64(p.hop[0]))
		put(wlanRadioFhssHopPattern, uint64(p.hop[1]))
	case phyB:
		if p.has&phyShort != 0 {
			put(wlanRadioShortPreamble, b2u(p.short))
		}
	case phyA:
		put(wlanRadio11aTurboType, uint64(p.turbo))
	case phyG:
		put(wlanRadio11gMode, b2u(p.superG))
	case phyHT:
		for _, f := range [...]struct {
			known uint8
			id    field.ID
			v     uint64
		}{{2, wlanRadio11nMcsIndex, uint64(p.mcs)}, {1, wlanRadio11nBandwidth, uint64(p.mcsFlags & 3)}, {4, wlanRadio11nShortGi, uint64(p.mcsFlags >> 2 & 1)},
			{8, wlanRadio11nGreenfield, uint64(p.mcsFlags >> 3 & 1)}, {16, wlanRadio11nFec, uint64(p.mcsFlags >> 4 & 1)},
			{32, wlanRadio11nStbcStreams, uint64(p.mcsFlags >> 5 & 3)}, {64, wlanRadio11nNess, uint64(p.mcsKnown>>6&2 | p.mcsFlags>>7)}} {
			if p.mcsKnown&f.known != 0 {
				put(f.id, f.v)
			}
		}
	}
	if p.has&phyRate != 0 {
		r := put(wlanRadioDataRate, uint64(math.Float32bits(float32(p.rate))))
		if b := c.Label(r); b != nil {
			b.S("Data rate: ").F(p.rate, 1).S(" Mb/s")
		}
	}
	if p.has&phyChannel != 0 {
		put(wlanRadioChannel, uint64(p.channel))
	}
	if p.has&phyFreq != 0 {
		put(wlanRadioFrequency, uint64(p.freq))
	}
	if p.has&phySignalDB != 0 {
		put(wlanRadioSignalDb, uint64(p.signalDB))
	}
	if p.has&phySignalDBm != 0 {
		put(wlanRadioSignalDbm, uint64(int64(p.signalDBm)))
	}
	if p.has&phyNoiseDB != 0 {
		put(wlanRadioNoiseDb, uint64(p.noiseDB))
	}
	if p.has&phyNoiseDBm != 0 {
		put(wlanRadioNoiseDbm, uint64(int64(p.noiseDBm)))
	}
	switch {
	case p.has&(phySignalDBm|phyNoiseDBm) == phySignalDBm|phyNoiseDBm:
		put(wlanRadioSnr, uint64(int64(p.signalDBm)-int64(p.noiseDBm)))
	case p.has&(phySignalDB|phyNoiseDB) == phySignalDB|phyNoiseDB:
		put(wlanRadioSnr, uint64(int64(p.signalDB)-int64(p.noiseDB)))
	}
	if p.has&phyTSF != 0 {
		put(wlanRadioTimestamp, p.tsf)
	}
	if p.has&phyAggregate != 0 {
		c.Put(wlanRadioLastPartOfAnAmpdu, pos, 0, uint64(p.aggFlags>>3&1))
		c.Put(wlanRadioAMpduDelimCrcError, pos, 0, uint64(p.aggFlags>>4&1))
		put(wlanRadioAMpduAggregateId, uint64(p.aggregate))
	}
	wlanAirLines(c, pos, p)
}

// wlanAirLines records how long the frame was on the air, and the gap to the
// one before.
func wlanAirLines(c *Cursor, pos int, p *wlanPhy) {
	preamble, duration, assumed := p.onAir()
	known := duration > 0 && p.has&phyAggregate == 0
	start, end := p.tsf-uint64(duration), p.tsf
	if p.has&phyTSF == 0 || !known {
		start, end = 0, 0
	}
	st, n := c.Flow(), c.Frame().Number
	if c.Learning() {
		a := wlanAir.Global(st)
		if a.seen {
			wlanAirAt.Put(st, n, c.Layer()).end = a.end
		}
		a.end, a.seen = end, true
	}
	if !known {
		return
	}
	r := c.Gen(wlanRadioDuration, pos, 0, uint64(duration))
	old := c.Push(r)
	for _, ei := range assumed {
		c.Expert(r, ei)
	}
	c.Gen(wlanRadioPreamble, pos, 0, uint64(preamble))
	if p.has&phyTSF != 0 {
		if f := wlanAirAt.Get(st, n, c.Layer()); f != nil {
			c.Gen(wlanRadioIfs, pos, 0, start-f.end)
		}
		c.Gen(wlanRadioStartTsf, pos, 0, start)
		c.Gen(wlanRadioEndTsf, pos, 0, end)
	}
	c.Pop(old)
}

// onAir gives the microseconds of the preamble and of the whole frame, and
// what had to be assumed; 0 when it cannot be told.
func (p *wlanPhy) onAir() (preamble, duration int, assumed []field.ID) {
	if p.has&phyRate == 0 || p.rate <= 0 {
		if p.kind != phyHT {
			return 0, 0, nil
		}
	}
	bits := p.length * 8
	switch p.kind {
	case phyHT:
		if p.mcsKnown&7 != 7 {
			return 0, 0, nil
		}
		return p.onAirHT()
	case phyA, phyG:
		if p.rate == 1 || p.rate == 2 || p.rate == 5.5 || p.rate == 11 {
			return p.onAirDSSS(bits)
		}
		perSymbol := int(p.rate * 4)
		if perSymbol == 0 {
			return 0, 0, nil
		}
		return 20, 20 + 4*((16+bits+6+perSymbol-1)/perSymbol), nil
	case phyB:
		return p.onAirDSSS(bits)
	}
	return 0, 0, nil
}

func (p *wlanPhy) onAirDSSS(bits int) (int, int, []field.ID) {
	preamble := 192
	var assumed []field.ID
	if p.has&phyShort == 0 {
		assumed = []field.ID{eiRadioShort}
		preamble = 96
	} else if p.short {
		preamble = 96
	}
	return preamble, preamble + int(math.Ceil(float64(bits)/p.rate)), assumed
}

func (p *wlanPhy) onAirHT() (preamble, duration int, assumed []field.ID) {
	perSymbol, streams := htBits(int(p.mcs), p.mcsFlags&3 == 1)
	if streams == 0 {
		return 0, 0, nil
	}
	stbc, ness := 0, 0
	green := p.mcsKnown&8 != 0 && p.mcsFlags&8 != 0
	if p.mcsKnown&8 == 0 {
		assumed = append(assumed, eiRadioMixed)
	}
	if p.mcsKnown&32 != 0 {
		stbc = int(p.mcsFlags >> 5 & 3)
	} else {
		assumed = append(assumed, eiRadioSTBC)
	}
	if p.mcsKnown&64 != 0 {
		ness = int(p.mcsKnown>>6&2 | p.mcsFlags>>7)
	} else {
		assumed = append(assumed, eiRadioStreams)
	}
	if p.mcsKnown&16 == 0 {
		assumed = append(assumed, eiRadioBCC)
	}
	if green {
		preamble = 24
	} else {
		preamble = 32
	}
	ltf := [...]int{0, 1, 2, 4, 4}
	if n := streams + stbc; n < len(ltf) {
		preamble += 4 * ltf[n]
	}
	preamble += 4 * [...]int{0, 1, 2, 4}[ness&3]
	m := 1
	if stbc > 0 {
		m = 2
	}
	tails := 6
	if perSymbol > 1200 { // two encoders
		tails = 12
	}
	bits := 16 + p.length*8 + tails
	if p.mcsKnown&16 != 0 && p.mcsFlags&16 != 0 {
		bits = 16 + p.length*8 // LDPC has no tail
	}
	symbols := (bits + perSymbol*m - 1) / (perSymbol * m) * m
	time := symbols * 4
	if p.mcsFlags&4 != 0 {
		time = (symbols*36 + 9) / 10
	}
	return preamble, preamble + time, assumed
}

// htBits gives the data bits of one symbol of an 802.11n modulation, and its
// spatial streams; 0, 0 for those with unequal modulation.
func htBits(mcs int, wide bool) (bits, streams int) {
	if mcs > 31 {
		return 0, 0
	}
	streams = mcs/8 + 1
	bits = [...]int{26, 52, 78, 104, 156, 208, 234, 260}[mcs%8]
	if wide {
		bits = [...]int{54, 108, 162, 216, 324, 432, 486, 540}[mcs%8]
	}
	return bits * streams, streams
}

// symbolTime is a symbol's duration in microseconds.
func symbolTime(shortGI bool) float64 {
	if shortGI {
		return 3.6
	}
	return 4
}
