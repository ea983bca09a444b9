// The classic pcap format (draft-ietf-opsawg-pcap) and its relatives: either
// byte order, microseconds or nanoseconds, the longer record headers of
// Kuznetzov's patched libpcap and of Nokia, the swapped lengths of libpcap
// before 0.5, and AIX.
package source

import (
	"encoding/binary"
	"fmt"

	"sonde/capture/frame"
)

// Magic numbers in the byte order of the file.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // Kuznetzov's patches, as in Red Hat 6.1 and SuSE 6.3
	magicIXIAHW   = 0x1c0001ac // IXIA lcap, hardware stamps: nanoseconds
	magicIXIASW   = 0x1c0001ab // IXIA lcap, software stamps
)

const (
	pcapFileHeader = 24
	// An IXIA header has one more word, the number of packet bytes.
	ixiaFileHeader = 28
)

// Largest packets, as Wireshark takes them.
const (
	maxPacket    = 262144
	maxBigPacket = 128 << 20 // USB and D-Bus messages
)

func maxCapLen(l frame.LinkType) uint32 {
	switch l {
	case 189, frame.LinkUSBLinuxMem, 249, 266, 231, 279: // USB Linux, USBPcap, USB Darwin, D-Bus, EBHSCR
		return maxBigPacket
	}
	return maxPacket
}

// pcapVariant is one layout of record headers.
type pcapVariant struct {
	name   string // Wireshark's short name of the format
	header int    // bytes of a record header
}

var (
	pcapStandard = pcapVariant{"pcap", 16}
	pcapNokia    = pcapVariant{"nokiapcap", 20} // 4 bytes of unknown meaning follow
	pcapPatched  = pcapVariant{"modpcap", 24}   // interface index, protocol, packet type
	pcapSuse     = pcapVariant{"suse6_3pcap", 28}
)

type lengthOrder uint8

const (
	lengthsNormal lengthOrder = iota
	lengthsSwapped
	lengthsEither // libpcap 0.4 wrote both; the smaller is the captured one
)

type pcap struct {
	*Reader
	big     bool
	nano    bool
	lengths lengthOrder
	variant pcapVariant
	link    frame.LinkType
	max     uint32
	snap    uint32
	last    uint32 // seconds of the last good packet; 0 = none yet
}

func u16(big bool, b []byte) uint16 {
	if big {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func u32(big bool, b []byte) uint32 {
	if big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func u64(big bool, b []byte) uint64 {
	if big {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

// pcapMagic tells whether b begins as a pcap file, and in which byte order.
func pcapMagic(b []byte) (magic uint32, big, ok bool) {
	if len(b) < 4 {
		return 0, false, false
	}
	for _, big := range []bool{false, true} {
		switch m := u32(big, b); m {
		case magicMicro, magicNano, magicModified, magicIXIAHW, magicIXIASW:
			return m, big, true
		}
	}
	return 0, false, false
}

// openPcap reads the file header. The window stands at its begin.
func openPcap(r *Reader) error {
	h := r.w.peek(pcapFileHeader)
	magic, big, _ := pcapMagic(h)
	if len(h) < pcapFileHeader {
		return fmt.Errorf("%w: only a capture magic, the file ends after %d bytes", ErrNotCapture, len(h))
	}
	p := &pcap{Reader: r, big: big, variant: pcapStandard}
	major, minor := u16(big, h[4:]), u16(big, h[6:])
	p.snap = u32(big, h[16:])
	network := u32(big, h[20:])
	size := pcapFileHeader
	switch magic {
	case magicNano:
		p.nano = true
		p.variant.name = "nsecpcap"
	case magicIXIAHW, magicIXIASW:
		p.nano = true
		p.variant.name = "lcap"
		size = ixiaFileHeader
	}
	switch {
	case major == 543 || major == 2 && minor < 3 && minor != 2: // Digital Unix, very old libpcap
		p.lengths = lengthsSwapped
	case major == 2 && minor == 3:
		p.lengths = lengthsEither
	case major == 2 && minor == 2:
		// AIX calls itself 2.2, counts nanoseconds, and numbers links as SNMP does.
		if l, ok := aixLink[network]; ok {
			network, p.nano, p.variant.name = l, true, "aixpcap"
		} else {
			p.lengths = lengthsSwapped
		}
	case major != 2:
		return fmt.Errorf("%w: pcap version %d.%d is unknown", ErrNotCapture, major, minor)
	}
	if network&0x03ff0000 != 0 {
		return fmt.Errorf("%w: pcap link type 0x%08x has reserved bits set", ErrNotCapture, network)
	}
	p.link = frame.LinkType(network & 0xffff)
	p.max = maxCapLen(p.link)
	p.guessVariant(magic, size)
	r.w.skip(int64(size))

	digits := uint8(6)
	if p.nano {
		digits = 9
	}
	r.format = p
	r.info.Format = p.variant.name
	r.info.Interfaces = []frame.Interface{{Link: p.link, SnapLen: p.snap, TimeDigits: digits, Drops: -1, Received: -1}}
	r.version++
	return nil
}

// SNMP ifType numbers that AIX writes, as link types.
var aixLink = map[uint32]uint32{6: 1, 9: 6, 15: 10, 24: 0}

// guessVariant looks whether the first records fit the layout, since the magic
// does not tell all layouts apart. A live pipe is never made to wait for a
// second packet: only the patched magic, that nobody writes live, needs one.
func (p *pcap) guessVariant(magic uint32, start int) {
	var tries []pcapVariant
	switch {
	case magic == magicModified:
		tries = []pcapVariant{pcapPatched, pcapSuse}
	case magic == magicMicro && p.variant.name == "pcap" && p.w.at != nil:
		tries = []pcapVariant{pcapStandard, pcapPatched, pcapNokia}
		tries[1].name = "rh6_1pcap"
	default:
		return
	}
	p.variant = tries[0]
	best := -1
	for _, v := range tries {
		t := *p
		t.variant = v
		good, at := 0, int64(start)
		for good < 3 {
			b := p.w.side(at, v.header)
			if b == nil {
				// The exact end proves as much as further records would.
				if p.w.has(at) && !p.w.has(at+1) {
					good = 3
				}
				break
			}
			size, _ := t.probe(b)
			if size == 0 || !p.w.has(at+size) {
				break
			}
			good++
			at += size
		}
		if good > best {
			best, p.variant = good, v
		}
	}
}

func (p *pcap) lens(b []byte) (caplen, length uint32) {
	caplen, length = u32(p.big, b[8:]), u32(p.big, b[12:])
	if p.lengths == lengthsSwapped || p.lengths == lengthsEither && caplen > length {
		caplen, length = length, caplen
	}
	return caplen, length
}

func (p *pcap) next(f *frame.Frame) (bool, error) {
	hdr := p.variant.header
	b := p.w.peek(hdr)
	if len(b) < hdr {
		return false, p.stop(len(b), "a packet header")
	}
	caplen, length := p.lens(b)
	sec, frac := u32(p.big, b), u32(p.big, b[4:])
	if caplen == 0 && length == 0 && sec == 0 && frac == 0 {
		// One empty packet at time zero may be meant; a run of zeros is not.
		if z := p.w.peek(2 * hdr); firstNonZero(z) == len(z) {
			return false, p.zeroRun(hdr)
		}
	}
	if caplen > p.max {
		return false, p.damage(ErrCorrupt, "pcap: File has %d-byte packet, bigger than maximum of %d", caplen, p.max)
	}
	if p.opt.Resync && p.odd(caplen, length, frac) && !p.followed(int64(hdr)+int64(caplen), sec) && p.swallows(hdr+int(caplen)) {
		return false, p.damage(ErrCorrupt, "a packet's length is wrong (captured %d of %d bytes): other packets lie within", caplen, length)
	}
	if p.opt.Resync && !near(p.last, sec) && int(caplen) >= hdr {
		// A jump of the clock, or a length before that is off by some bytes.
		total := hdr + int(caplen)
		if p.shifted() || !p.followed(int64(total), sec) && p.swallows(total) {
			return false, p.damage(ErrCorrupt, "a packet begins elsewhere than the one before it says")
		}
	}
	total := hdr + int(caplen)
	f.Data, f.Comments, f.Flags, f.Dropped, f.Enterprise = nil, nil, 0, 0, 0
	if p.opt.HeadersOnly {
		if !p.w.has(int64(total)) {
			return false, p.stop(p.rest(total), "a packet")
		}
	} else {
		b = p.w.peek(total)
		if len(b) < total {
			return false, p.stop(len(b), "a packet")
		}
		f.Data = b[hdr:total:total]
	}
	f.Header = frame.Header{
		HasTime: true, TimeDigits: 6, Link: p.link,
		CapLen: caplen, Len: length, Offset: p.w.off,
	}
	if p.nano {
		f.TimeDigits = 9
		f.Time = int64(sec)*1e9 + int64(frac)
	} else {
		f.Time = int64(sec)*1e9 + int64(frac)*1e3
	}
	p.last = sec
	p.Reader.last = Record{Data: hdr, BigEndian: p.big, Size: uint32(total)}
	p.w.skip(int64(total))
	return true, nil
}

// rest is how many of total bytes are left in the file.
func (r *Reader) rest(total int) int {
	if r.w.at != nil {
		return int(max(0, min(int64(total), r.w.know-r.w.off)))
	}
	return len(r.w.peek(total))
}

// odd tells a header that a sane writer would not write. Files with such
// headers exist, so that alone proves nothing.
func (p *pcap) odd(caplen, length, frac uint32) bool {
	return caplen > length || p.snap != 0 && caplen > p.snap || !p.nano && frac >= 1e6 || frac >= 1e9
}

// followed tells whether a record, or the end, is at the given distance: one
// that is sane, or near in time to sec, or else several that could be records.
func (p *pcap) followed(dist int64, sec uint32) bool {
	hdr := p.variant.header
	for k := 0; k < p.chain(); k++ {
		if !p.w.has(dist) {
			return false
		}
		b := p.w.side(dist, hdr)
		if b == nil {
			return !p.w.has(dist + 1)
		}
		if firstNonZero(b) == len(b) {
			return k == 0
		}
		if size, _ := p.probe(b); size != 0 {
			return true
		}
		caplen, _ := p.lens(b)
		if caplen > p.max {
			return false
		}
		if next := u32(p.big, b); sec != 0 && next != 0 && near(sec, next) {
			return true
		}
		dist += int64(hdr) + int64(caplen)
	}
	return true
}

func (p *pcap) need() int  { return p.variant.header }
func (p *pcap) chain() int { return 3 }

func (p *pcap) probe(b []byte) (int64, uint32) {
	caplen, length := p.lens(b)
	sec, frac := u32(p.big, b), u32(p.big, b[4:])
	if caplen == 0 || caplen > p.max || length < caplen || length > 4*p.max {
		return 0, 0
	}
	if frac >= 1e9 || !p.nano && frac >= 1e6 {
		return 0, 0
	}
	return int64(p.variant.header) + int64(caplen), sec
}

// swallows tells that good records lie within the n bytes from the window on,
// which a single record claims.
func (p *pcap) swallows(n int) bool {
	hdr := p.variant.header
	for i := 1; i < n; i++ {
		b := p.w.peek(n + hdr)
		for ; i+hdr <= len(b); i++ {
			if size, sec := p.probe(b[i:]); size != 0 && sec != 0 {
				break
			}
		}
		if i+hdr > len(b) {
			return false
		}
		if p.proven(i) {
			return true
		}
	}
	return false
}

// shifted tells that the record at the window, whose time is far from the one
// before, is a good one read some bytes too early.
func (p *pcap) shifted() bool {
	hdr := p.variant.header
	for i := 1; i < hdr; i++ {
		b := p.w.side(int64(i), hdr)
		if b == nil {
			return false
		}
		if size, sec := p.probe(b); size != 0 && sec != 0 && near(p.last, sec) && p.proven(i) {
			return true
		}
	}
	return false
}
