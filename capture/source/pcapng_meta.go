package source

import (
	"math"
	"math/bits"
	"net"
	"net/netip"
	"strings"

	"sonde/capture/frame"
)

// Option codes; 0 ends a list, 1 is a comment everywhere.
const (
	optEnd     = 0
	optComment = 1

	shbHardware = 2
	shbOS       = 3
	shbApp      = 4

	ifName        = 2
	ifDescription = 3
	ifTSResol     = 9
	ifFilter      = 11
	ifOS          = 12
	ifTSOffset    = 14
	ifHardware    = 15

	epbFlags   = 2
	epbDrops   = 4
	epbProcess = 8 // epb_processid_threadid: two 32-bit words

	isbReceived = 4
	isbDropped  = 5
	isbOSDrops  = 7
)

// options calls each for every whole option of the list; it stops at the end
// option and at the first that does not fit.
func options(b []byte, big bool, each func(code uint16, value []byte)) {
	for len(b) >= 4 {
		code, n := u16(big, b), int(u16(big, b[2:]))
		b = b[4:]
		if code == optEnd || n > len(b) {
			return
		}
		each(code, b[:n])
		b = b[min((n+3)&^3, len(b)):]
	}
}

func text(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return strings.ToValidUTF8(s, "\ufffd")
}

// DecodeOptions reads the options behind the packet data of a whole packet
// block into f: comments, flags, drop count, process and thread. data is where
// the packet bytes begin in block (Record.Data), caplen their count.
func DecodeOptions(block []byte, big bool, data int, caplen uint32, f *frame.Frame) {
	from := int64(data) + (int64(caplen)+3)&^3
	if to := int64(len(block)) - 4; from < to {
		decodeOptions(block[from:to], big, f, true)
	}
}

func decodeOptions(b []byte, big bool, f *frame.Frame, comments bool) {
	options(b, big, func(code uint16, v []byte) {
		switch {
		case code == optComment && comments:
			f.Comments = append(f.Comments, text(v))
		case code == epbFlags && len(v) == 4:
			f.Flags = u32(big, v)
			f.Direction = frame.Direction(f.Flags & 3)
			if f.Direction > frame.DirOutbound {
				f.Direction = frame.DirUnknown
			}
		case code == epbDrops && len(v) == 8:
			f.Dropped = u64(big, v)
		case code == epbProcess && len(v) == 8:
			f.PID, f.TID = u32(big, v), u32(big, v[4:])
		}
	})
}

// meta reads a block that carries no packet; b is all of it but the trailing length.
func (p *pcapng) meta(typ uint32, big bool, b []byte) error {
	small := func(name string, least int) error {
		if len(b)+4 >= least {
			return nil
		}
		return p.damage(ErrCorrupt, "pcapng: total block length %d of an %s is less than the minimum %s size %d", len(b)+4, name, name, least)
	}
	switch typ {
	case blockSHB:
		if err := small("SHB", shbMin); err != nil {
			return err
		}
		if major := u16(big, b[12:]); major != 1 {
			return p.damage(ErrCorrupt, "pcapng: unknown SHB version %d.%d", major, u16(big, b[14:]))
		}
		p.section(big, b[24:])
	case blockIDB:
		if err := small("IDB", idbMin); err != nil {
			return err
		}
		p.describe(b)
	case blockISB:
		if err := small("ISB", isbMin); err != nil {
			return err
		}
		p.statistics(b)
	case blockNRB:
		if err := small("NRB", nrbMin); err != nil {
			return err
		}
		p.names(b[8:])
	case blockDSB:
		if err := small("DSB", dsbMin); err != nil {
			return err
		}
		n := u32(p.big, b[12:])
		if int64(n) > int64(len(b)-16) {
			return p.damage(ErrCorrupt, "pcapng: block content length %d of an DSB is less the size needed for the secrets in the DSB %d", len(b)-8, n)
		}
		if p.keep(int(n)) {
			p.info.Secrets = append(p.info.Secrets, frame.Secret{Kind: u32(p.big, b[8:]), Data: append([]byte(nil), b[16:16+n]...)})
		}
	}
	return nil
}

// keep counts bytes of names and secrets against their bound.
func (p *pcapng) keep(n int) bool {
	if p.kept+n > maxInfo {
		return false
	}
	p.kept += n + 16
	return true
}

// section starts a section: its interfaces count from zero again.
func (p *pcapng) section(big bool, opts []byte) {
	first := p.info.Application == "" && p.info.OS == "" && p.info.Hardware == "" && len(p.info.Interfaces) == 0
	p.big = big
	p.base = len(p.info.Interfaces)
	p.interfaces = p.interfaces[:0]
	options(opts, big, func(code uint16, v []byte) {
		switch code {
		case optComment:
			if p.keep(len(v)) {
				p.info.Comments = append(p.info.Comments, text(v))
			}
		case shbHardware:
			if first {
				p.info.Hardware = text(v)
			}
		case shbOS:
			if first {
				p.info.OS = text(v)
			}
		case shbApp:
			if first {
				p.info.Application = text(v)
			}
		}
	})
}

func (p *pcapng) describe(b []byte) {
	in := ngInterface{link: frame.LinkType(u16(p.big, b[8:])), snap: u32(p.big, b[12:])}
	out := frame.Interface{Link: in.link, SnapLen: in.snap, Drops: -1, Received: -1}
	resolution, offset := byte(6), int64(0)
	options(b[16:], p.big, func(code uint16, v []byte) {
		switch code {
		case optComment:
			if p.keep(len(v)) {
				out.Comments = append(out.Comments, text(v))
			}
		case ifName:
			out.Name = text(v)
		case ifDescription:
			out.Description = text(v)
		case ifTSResol:
			if len(v) == 1 {
				resolution = v[0]
			}
		case ifFilter:
			if len(v) > 1 && v[0] == 0 { // 0: text as libpcap takes it; 1: BPF code
				out.Filter = text(v[1:])
			}
		case ifOS:
			out.OS = text(v)
		case ifHardware:
			out.Hardware = text(v)
		case ifTSOffset:
			if len(v) == 8 {
				offset = int64(u64(p.big, v))
			}
		}
	})
	in.clock = newClock(resolution, offset)
	in.max = maxCapLen(in.link)
	out.TimeDigits = in.clock.digits
	p.interfaces = append(p.interfaces, in)
	p.info.Interfaces = append(p.info.Interfaces, out)
}

func (p *pcapng) statistics(b []byte) {
	nr := int64(u32(p.big, b[8:]))
	if nr >= int64(len(p.interfaces)) {
		return
	}
	in := &p.info.Interfaces[p.base+int(nr)]
	options(b[20:], p.big, func(code uint16, v []byte) {
		if len(v) != 8 {
			return
		}
		n := int64(min(u64(p.big, v), math.MaxInt64))
		switch code {
		case isbReceived:
			in.Received = n
		case isbDropped:
			in.Drops = n
		case isbOSDrops:
			if in.Drops < 0 {
				in.Drops = n
			}
		}
	})
}

// names reads name resolution records; an odd one ends the list.
func (p *pcapng) names(b []byte) {
	for len(b) >= 4 {
		kind, n := u16(p.big, b), int(u16(p.big, b[2:]))
		b = b[4:]
		if kind == 0 || n > len(b) {
			return
		}
		v := b[:n]
		b = b[min((n+3)&^3, len(b)):]
		size := 0
		switch kind {
		case 1:
			size = 4
		case 2:
			size = 16
		case 3:
			size = 6
		case 4:
			size = 8
		default:
			continue
		}
		if n < size || !p.keep(n) {
			continue
		}
		name := frame.Name{}
		if kind <= 2 {
			a, _ := netip.AddrFromSlice(v[:size])
			name.Addr = a.String()
		} else {
			name.Addr = net.HardwareAddr(v[:size]).String()
		}
		for _, s := range strings.Split(strings.TrimRight(string(v[size:]), "\x00"), "\x00") {
			if s != "" {
				name.Names = append(name.Names, strings.ToValidUTF8(s, "\ufffd"))
			}
		}
		if len(name.Names) > 0 {
			p.info.Names = append(p.info.Names, name)
		}
	}
}

// clock turns an interface's ticks into nanoseconds.
type clock struct {
	binary bool
	exp    uint8 // ticks are 10^-exp or 2^-exp seconds
	digits uint8
	offset int64 // seconds
}

func newClock(resolution byte, offset int64) clock {
	c := clock{binary: resolution&0x80 != 0, exp: resolution & 0x7f, offset: offset}
	c.digits = min(c.exp, 9)
	if c.binary {
		// Decimal digits that hold 2^-exp, as many as show a difference.
		c.digits = uint8(min(9, math.Ceil(float64(c.exp)*math.Log10(2))))
	}
	return c
}

var pow10 = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// time gives nanoseconds since 1970; raw is ticks where they do not fit.
func (c clock) time(ticks uint64) (ns int64, raw uint64) {
	var sec, frac uint64
	switch {
	case !c.binary && c.exp < uint8(len(pow10)):
		unit := pow10[c.exp]
		sec, frac = ticks/unit, ticks%unit
		if c.exp <= 9 {
			frac *= pow10[9-c.exp]
		} else {
			frac /= pow10[c.exp-9]
		}
	case !c.binary:
		// 2^64 ticks of 10^-20 s are less than a fifth of a second.
		if c.exp <= 28 {
			frac = ticks / pow10[c.exp-9]
		}
	case c.exp < 64:
		sec = ticks >> c.exp
		frac = shift128(ticks&(1<<c.exp-1), c.exp)
	default:
		frac = shift128(ticks, c.exp)
	}
	const most = int64(math.MaxInt64 / 1_000_000_000)
	if sec > math.MaxInt64 || c.offset > 0 && int64(sec) > math.MaxInt64-c.offset {
		return math.MaxInt64, max(ticks, 1)
	}
	s := int64(sec) + c.offset
	switch {
	case s >= most:
		return math.MaxInt64, max(ticks, 1)
	case s <= -most:
		return math.MinInt64, max(ticks, 1)
	}
	return s*1e9 + int64(frac), 0
}

// shift128 is n * 10^9 >> by.
func shift128(n uint64, by uint8) uint64 {
	hi, lo := bits.Mul64(n, 1e9)
	if by >= 64 {
		return hi >> (by - 64)
	}
	return hi<<(64-by) | lo>>by
}

// BlockSize is the whole size of a packet block, from its first bytes.
func BlockSize(head []byte, big bool) int64 {
	if len(head) < 8 {
		return 0
	}
	return (int64(u32(big, head[4:])) + 3) &^ 3
}

// Ticks is the raw time stamp of a packet block, from its first 28 bytes.
func Ticks(head []byte, big bool) uint64 {
	if len(head) < epbHeader {
		return 0
	}
	return uint64(u32(big, head[12:]))<<32 | uint64(u32(big, head[16:]))
}
