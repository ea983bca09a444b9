// The pcapng format (draft-ietf-opsawg-pcapng): sections of either byte order,
// every block that carries packets or says something about them. Blocks that
// nobody knows are passed over.
package source

import (
	"bytes"
	"fmt"
	"strconv"

	"sonde/capture/frame"
)

// Block types.
const (
	blockSHB         = 0x0a0d0d0a
	blockIDB         = 1
	blockPB          = 2 // obsolete packet block
	blockSPB         = 3
	blockNRB         = 4
	blockISB         = 5
	blockEPB         = 6
	blockDSB         = 10
	blockJournal     = 9
	blockCustom      = 0x00000bad
	blockCustomFixed = 0x40000bad // not to be copied into another file
)

const byteOrderMagic = 0x1a2b3c4d

var shbMagic = [4]byte{0x0a, 0x0d, 0x0d, 0x0a}

const (
	maxMetaBlock = 16 << 20 // a block that is kept in memory, as Wireshark bounds it
	minBlock     = 12       // type, length, length again
	epbHeader    = 28       // up to the packet data, block header included
	spbHeader    = 12
	shbMin       = 28
	idbMin       = 20
	isbMin       = 24
	nrbMin       = 12
	dsbMin       = 20
	bigBlock     = 64 << 10 // beyond it HeadersOnly reads just the ends
	maxInfo      = 64 << 20 // names and secrets kept, in bytes
)

type ngInterface struct {
	clock clock
	link  frame.LinkType
	snap  uint32
	max   uint32
}

type pcapng struct {
	*Reader
	big        bool
	base       int // first interface of the section in info.Interfaces
	interfaces []ngInterface
	kept       int // bytes of names and secrets
}

// openPcapng expects the window at a section header.
func openPcapng(r *Reader) error {
	h := r.w.peek(shbMin)
	if len(h) < shbMin {
		return fmt.Errorf("%w: only a pcapng magic, the file ends after %d bytes", ErrNotCapture, len(h))
	}
	p := &pcapng{Reader: r}
	r.info.Format = "pcapng"
	if _, err := p.block(nil); err != nil {
		if err == ErrMore {
			return fmt.Errorf("%w: the first pcapng block is not complete yet", ErrMore)
		}
		return fmt.Errorf("%w: %s", ErrNotCapture, err)
	}
	r.format = p
	return nil
}

func (p *pcapng) next(f *frame.Frame) (bool, error) { return p.block(f) }

// block reads one block; true when it gave a frame.
func (p *pcapng) block(f *frame.Frame) (bool, error) {
	b := p.w.peek(minBlock)
	if len(b) < minBlock {
		return false, p.stop(len(b), "a block header")
	}
	typ := u32(p.big, b)
	big := p.big
	if typ == blockSHB {
		switch {
		case u32(false, b[8:]) == byteOrderMagic:
			big = false
		case u32(true, b[8:]) == byteOrderMagic:
			big = true
		default:
			return false, p.damage(ErrCorrupt, "pcapng: unknown byte-order magic number 0x%08x", u32(p.big, b[8:]))
		}
	}
	length := u32(big, b[4:])
	if length < minBlock {
		if length == 0 && typ == 0 && firstNonZero(b) == len(b) {
			return false, p.zeroRun(minBlock)
		}
		return false, p.damage(ErrCorrupt, "pcapng: total block length %d of block is less than the minimum block size 12", length)
	}
	total := (int64(length) + 3) &^ 3 // some writers forget the padding
	switch typ {
	case blockEPB, blockPB, blockSPB:
		return p.packet(f, typ, total, length)
	case blockCustom, blockCustomFixed, blockJournal:
		if total <= maxMetaBlock {
			return p.other(f, typ, total, length)
		}
		return p.pass(typ, total, length)
	case blockSHB, blockIDB, blockNRB, blockISB, blockDSB:
		if total > maxMetaBlock {
			return false, p.damage(ErrCorrupt, "pcapng: total block length %d is too large (> %d)", length, maxMetaBlock)
		}
		b = p.w.peek(int(total))
		if int64(len(b)) < total {
			return false, p.stop(len(b), "a block")
		}
		if err := p.sameLength(big, b[total-4:], length); err != nil {
			return false, err
		}
		if err := p.meta(typ, big, b[:total-4]); err != nil {
			return false, err
		}
		p.version++
	default:
		return p.pass(typ, total, length)
	}
	p.w.skip(total)
	return false, nil
}

// pass goes over a block that nobody reads; it may be as long as 4 GiB.
func (p *pcapng) pass(typ uint32, total int64, length uint32) (bool, error) {
	if !p.w.has(total) {
		if p.w.at != nil {
			return false, p.stop(p.rest(minBlock), "a block")
		}
		if total <= mostPeek {
			return false, p.stop(len(p.w.peek(int(total))), "a block")
		}
		// Too long to look at in a stream; passing over it finds its end.
		d := p.damage(ErrCutShort, "the file ends in the middle of a block")
		if p.w.skip(total) < total {
			return false, d
		}
		return false, nil
	}
	tail := p.w.side(total-4, 4)
	if tail == nil {
		return false, p.stop(minBlock, "a block")
	}
	if err := p.sameLength(p.big, tail, length); err != nil {
		return false, err
	}
	p.w.skip(total)
	return false, nil
}

// other gives a block without a packet as a frame, as tshark numbers them.
func (p *pcapng) other(f *frame.Frame, typ uint32, total int64, length uint32) (bool, error) {
	b := p.w.peek(int(total))
	if int64(len(b)) < total {
		return false, p.stop(len(b), "a block")
	}
	if err := p.sameLength(p.big, b[total-4:], length); err != nil {
		return false, err
	}
	*f = frame.Frame{Header: frame.Header{Offset: p.w.off, TimeDigits: 6}}
	data := b[8 : total-4]
	p.last = Record{Data: 8, BigEndian: p.big, Size: uint32(total)}
	if typ == blockJournal {
		f.Link = frame.LinkJournal
		f.Time, f.HasTime = journalTime(data)
	} else {
		if len(data) < 4 {
			return false, p.damage(ErrCorrupt, "pcapng: total block length %d of a CB is too small (< 16)", length)
		}
		f.Link = frame.LinkCustomBlock
		f.Enterprise = Enterprise(b, p.big)
		data = data[4:]
		if f.Enterprise&^enterpriseFixed == netflix && len(data) >= 4 && u32(false, data) == netflixSkip {
			p.w.skip(total)
			return false, nil
		}
		p.last.Data, p.last.Options = 12, true
	}
	f.CapLen = uint32(len(data))
	f.Len = f.CapLen
	if !p.opt.HeadersOnly {
		f.Data = data[:len(data):len(data)]
	}
	p.w.skip(total)
	return true, nil
}

// Blocks of Netflix's BBLog; those of type 2 only count what was left out.
const (
	netflix     = 10949
	netflixSkip = 2
)

const enterpriseFixed = 1 << 31

// Enterprise is Frame.Enterprise of a custom block, from its first 12 bytes.
func Enterprise(head []byte, big bool) uint32 {
	if len(head) < 12 {
		return 0
	}
	n := u32(big, head[8:]) &^ enterpriseFixed
	if u32(big, head) == blockCustomFixed {
		n |= enterpriseFixed
	}
	return n
}

// journalTime finds the entry's wall clock time, in microseconds since 1970.
func journalTime(b []byte) (int64, bool) {
	const key = "__REALTIME_TIMESTAMP="
	for line := range bytes.Lines(b) {
		if v, ok := bytes.CutPrefix(line, []byte(key)); ok {
			us, err := strconv.ParseInt(string(bytes.TrimSpace(v)), 10, 54)
			return us * 1000, err == nil
		}
	}
	return 0, false
}

func (p *pcapng) sameLength(big bool, tail []byte, length uint32) error {
	if again := u32(big, tail); again != length {
		return p.damage(ErrCorrupt, "pcapng: total block lengths (first %d and second %d) don't match", length, again)
	}
	return nil
}

// packet reads a block with a packet in it.
func (p *pcapng) packet(f *frame.Frame, typ uint32, total int64, length uint32) (bool, error) {
	name, header := "EPB", epbHeader
	switch typ {
	case blockPB:
		name = "PB"
	case blockSPB:
		name, header = "SPB", spbHeader
	}
	if total < int64(header)+4 {
		return false, p.damage(ErrCorrupt, "pcapng: total block length %d of an %s is less than the minimum %s size %d", length, name, name, header+4)
	}
	b := p.w.peek(header)
	if len(b) < header {
		return false, p.stop(len(b), "a block")
	}
	var h frame.Header
	var dropped uint64
	nr := uint32(0)
	switch typ {
	case blockEPB:
		nr = u32(p.big, b[8:])
	case blockPB:
		nr = uint32(u16(p.big, b[8:]))
		if d := u16(p.big, b[10:]); d != 0xffff { // 0xffff: unknown
			dropped = uint64(d)
		}
	}
	if int64(nr) >= int64(len(p.interfaces)) {
		if typ == blockSPB {
			return false, p.damage(ErrCorrupt, "pcapng: SPB appeared before any IDBs in the section")
		}
		return false, p.damage(ErrCorrupt, "pcapng: interface index %d is not less than section interface count %d", nr, len(p.interfaces))
	}
	in := &p.interfaces[nr]
	room := uint32(total) - uint32(header) - 4
	if typ == blockSPB {
		h.Len = u32(p.big, b[8:])
		h.CapLen = h.Len
		if in.snap != 0 {
			h.CapLen = min(h.CapLen, in.snap)
		}
	} else {
		h.CapLen, h.Len = u32(p.big, b[20:]), u32(p.big, b[24:])
		h.HasTime = true
		h.Time, h.TimeRaw = in.clock.time(uint64(u32(p.big, b[12:]))<<32 | uint64(u32(p.big, b[16:])))
	}
	if h.CapLen > in.max {
		return false, p.damage(ErrCorrupt, "pcapng: cap_len %d is larger than maximum supported length %d", h.CapLen, in.max)
	}
	if h.CapLen > room {
		return false, p.damage(ErrCorrupt, "pcapng: total block length %d of an %s is too small for %d bytes of packet data", length, name, h.CapLen)
	}
	padded := (h.CapLen + 3) &^ 3
	if int64(room)-int64(padded) > maxMetaBlock {
		return false, p.damage(ErrCorrupt, "pcapng: total block length %d is too large for %d bytes of packet data", length, h.CapLen)
	}
	h.Interface = uint32(p.base) + nr
	h.Link = in.link
	h.TimeDigits = in.clock.digits
	h.Offset = p.w.off
	f.Data, f.Comments, f.Flags, f.Dropped, f.Enterprise = nil, nil, 0, dropped, 0

	var options, tail []byte
	if p.opt.HeadersOnly && total > bigBlock && p.w.at != nil {
		if !p.w.has(total) {
			return false, p.stop(p.rest(minBlock), "a packet")
		}
		from := int64(header) + int64(min(padded, room))
		rest := p.w.side(from, int(total-from))
		if rest == nil {
			return false, p.stop(minBlock, "a packet")
		}
		options, tail = rest[:len(rest)-4], rest[len(rest)-4:]
	} else {
		b = p.w.peek(int(total))
		if int64(len(b)) < total {
			return false, p.stop(len(b), "a packet")
		}
		if !p.opt.HeadersOnly {
			end := header + int(h.CapLen)
			f.Data = b[header:end:end]
		}
		options, tail = b[min(int64(header)+int64(padded), total-4):total-4], b[total-4:]
	}
	if err := p.sameLength(p.big, tail, length); err != nil {
		return false, err
	}
	f.Header = h
	p.last = Record{Data: header, BigEndian: p.big, Size: uint32(total)}
	if typ != blockSPB && len(options) >= 4 {
		p.last.Options = true
		decodeOptions(options, p.big, f, !p.opt.HeadersOnly)
	}
	p.w.skip(total)
	return true, nil
}

func (p *pcapng) need() int  { return minBlock + 16 }
func (p *pcapng) chain() int { return 2 }

// probe accepts only the types of the specification and of well-known
// programs, with both lengths alike, since a packet may carry anything.
func (p *pcapng) probe(b []byte) (int64, uint32) {
	typ, big := u32(p.big, b), p.big
	switch typ {
	case blockSHB:
		if u32(false, b[8:]) == byteOrderMagic {
			big = false
		} else if u32(true, b[8:]) == byteOrderMagic {
			big = true
		} else {
			return 0, 0
		}
	case blockEPB:
		if int64(u32(p.big, b[8:])) >= int64(len(p.interfaces)) {
			return 0, 0
		}
	case blockIDB, blockPB, blockSPB, blockNRB, blockISB, blockJournal, blockDSB, blockCustom, blockCustomFixed, 0x80000001:
	default:
		return 0, 0
	}
	length := u32(big, b[4:])
	total := (int64(length) + 3) &^ 3
	if length < minBlock || total > maxBigPacket+maxMetaBlock {
		return 0, 0
	}
	if typ == blockEPB && (total < epbHeader+4 || int64(u32(p.big, b[20:])) > total-epbHeader-4) {
		return 0, 0
	}
	return total, 0
}
