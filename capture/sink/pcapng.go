package sink

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"

	"sonde/capture/frame"
)

// Pcapng writes one section, little-endian, version 1.0 (draft-ietf-opsawg-pcapng).
type Pcapng struct {
	records
	interfaces []out
	last       int64 // time of the newest frame
	shut       bool
}

// out is an interface as the file describes it.
type out struct {
	frame.Interface
	digits uint8
}

// NewPcapng starts a pcapng file: the section, info's interfaces in their
// order, secrets and names. info may be nil or lack interfaces: frames then
// make their own.
func NewPcapng(w io.Writer, info *frame.Info) (*Pcapng, error) {
	p := &Pcapng{records: newRecords(w)}
	if info == nil {
		info = &frame.Info{}
	}
	p.begin(0x0a0d0d0a)
	le := binary.LittleEndian
	p.buf = le.AppendUint32(p.buf, 0x1a2b3c4d)
	p.buf = le.AppendUint16(p.buf, 1)
	p.buf = le.AppendUint16(p.buf, 0)
	p.buf = le.AppendUint64(p.buf, math.MaxUint64) // section length unknown
	had := len(p.buf)
	for _, c := range info.Comments {
		p.option(1, c)
	}
	p.text(2, info.Hardware)
	p.text(3, info.OS)
	p.text(4, info.Application)
	p.endOptions(had)
	p.end(0)
	for _, i := range info.Interfaces {
		p.AddInterface(i)
	}
	for _, s := range info.Secrets {
		p.AddSecret(s)
	}
	p.names(info.Names)
	return p, p.Flush()
}

// begin starts a block; its length is filled in by end.
func (p *Pcapng) begin(typ uint32) {
	p.buf = binary.LittleEndian.AppendUint32(p.buf, typ)
	p.buf = append(p.buf, 0, 0, 0, 0)
}

// end pads and closes the block that began at the end of the last record.
func (p *Pcapng) end(frames int64) error {
	start := 0
	if n := len(p.ends); n > 0 {
		start = p.ends[n-1].at
	}
	p.pad()
	n := uint32(len(p.buf) - start + 4)
	p.buf = binary.LittleEndian.AppendUint32(p.buf, n)
	binary.LittleEndian.PutUint32(p.buf[start+4:], n)
	return p.done(frames)
}

// pad fills up to a multiple of four; blocks begin at one, though not always
// in buf.
func (p *Pcapng) pad() {
	start := 0
	if n := len(p.ends); n > 0 {
		start = p.ends[n-1].at
	}
	for (len(p.buf)-start)%4 != 0 {
		p.buf = append(p.buf, 0)
	}
}

const maxOption = math.MaxUint16

func (p *Pcapng) option(code uint16, v string) {
	v = v[:min(len(v), maxOption)]
	p.buf = binary.LittleEndian.AppendUint16(p.buf, code)
	p.buf = binary.LittleEndian.AppendUint16(p.buf, uint16(len(v)))
	p.buf = append(p.buf, v...)
	p.pad()
}

func (p *Pcapng) text(code uint16, v string) {
	if v != "" {
		p.option(code, v)
	}
}

func (p *Pcapng) number(code uint16, v uint64) {
	p.buf = binary.LittleEndian.AppendUint16(p.buf, code)
	p.buf = binary.LittleEndian.AppendUint16(p.buf, 8)
	p.buf = binary.LittleEndian.AppendUint64(p.buf, v)
}

// endOptions ends the list, if any option was written since had.
func (p *Pcapng) endOptions(had int) {
	if len(p.buf) > had {
		p.buf = append(p.buf, 0, 0, 0, 0)
	}
}

// AddInterface describes a further interface. Frames name it by its number,
// counted from 0.
func (p *Pcapng) AddInterface(i frame.Interface) error {
	o := out{i, 9}
	if i.TimeDigits == 6 {
		o.digits = 6
	}
	p.interfaces = append(p.interfaces, o)
	if i.Link >= frame.LinkCustomBlock {
		// Not an interface of packets, but its number must count.
		i.Link = frame.LinkEthernet
	}
	le := binary.LittleEndian
	p.begin(1)
	p.buf = le.AppendUint16(p.buf, uint16(i.Link))
	p.buf = le.AppendUint16(p.buf, 0)
	p.buf = le.AppendUint32(p.buf, i.SnapLen)
	for _, c := range i.Comments {
		p.option(1, c)
	}
	p.text(2, i.Name)
	p.text(3, i.Description)
	p.option(9, string([]byte{o.digits}))
	if i.Filter != "" {
		p.option(11, "\x00"+i.Filter)
	}
	p.text(12, i.OS)
	p.text(15, i.Hardware)
	p.endOptions(0)
	return p.end(0)
}

// AddSecret writes a decryption secret; it goes before the packets it is for.
func (p *Pcapng) AddSecret(s frame.Secret) error {
	le := binary.LittleEndian
	p.begin(10)
	p.buf = le.AppendUint32(p.buf, s.Kind)
	p.buf = le.AppendUint32(p.buf, uint32(len(s.Data)))
	p.buf = append(p.buf, s.Data...)
	return p.end(0)
}

// names writes one name resolution block.
func (p *Pcapng) names(names []frame.Name) {
	if len(names) == 0 {
		return
	}
	le := binary.LittleEndian
	p.begin(4)
	for _, n := range names {
		kind, addr := uint16(0), []byte(nil)
		if a, err := netip.ParseAddr(n.Addr); err == nil {
			kind, addr = 1, a.AsSlice()
			if a.Is6() {
				kind = 2
			}
		} else if m, err := net.ParseMAC(n.Addr); err == nil && len(m) <= 8 {
			kind, addr = 3, m
			if len(m) == 8 {
				kind = 4
			}
		}
		v := addr
		for _, s := range n.Names {
			v = append(append(v, s...), 0)
		}
		if kind == 0 || len(v) > maxOption || len(n.Names) == 0 {
			continue
		}
		p.buf = le.AppendUint16(p.buf, kind)
		p.buf = le.AppendUint16(p.buf, uint16(len(v)))
		p.buf = append(p.buf, v...)
		p.pad()
	}
	p.buf = append(p.buf, 0, 0, 0, 0) // end of records
	p.end(0)
}

// Write adds a frame. Its interface must be described; a frame with another
// link type than its interface gets a description of its own.
func (p *Pcapng) Write(f *frame.Frame) error {
	if p.shut {
		return errShut
	}
	if p.err != nil {
		return p.err
	}
	switch f.Link {
	case frame.LinkCustomBlock:
		typ := uint32(0x00000bad)
		if f.Enterprise>>31 != 0 {
			typ = 0x40000bad
		}
		p.begin(typ)
		p.buf = binary.LittleEndian.AppendUint32(p.buf, f.Enterprise&^(1<<31))
		p.buf = append(p.buf, f.Data...)
		return p.end(1)
	case frame.LinkJournal:
		p.begin(9)
		p.buf = append(p.buf, f.Data...)
		return p.end(1)
	}
	nr, err := p.interfaceOf(f)
	if err != nil {
		return err
	}
	if f.HasTime {
		p.last = max(p.last, f.Time)
	} else if nr == 0 && p.simple(f) {
		p.begin(3)
		p.buf = binary.LittleEndian.AppendUint32(p.buf, f.Len)
		p.buf = append(p.buf, f.Data...)
		return p.end(1)
	}
	ticks := uint64(max(f.Time, 0)) // before 1970 has no place in this format
	if p.interfaces[nr].digits == 6 {
		ticks /= 1e3
		if f.TimeRaw != 0 && f.TimeDigits == 6 {
			ticks = f.TimeRaw
		}
	}
	le := binary.LittleEndian
	p.begin(6)
	p.buf = le.AppendUint32(p.buf, uint32(nr))
	p.buf = le.AppendUint32(p.buf, uint32(ticks>>32))
	p.buf = le.AppendUint32(p.buf, uint32(ticks))
	p.buf = le.AppendUint32(p.buf, uint32(len(f.Data)))
	p.buf = le.AppendUint32(p.buf, f.Len)
	p.buf = append(p.buf, f.Data...)
	p.pad()
	had := len(p.buf)
	for _, c := range f.Comments {
		p.option(1, c)
	}
	if flags := f.Flags&^3 | uint32(f.Direction); flags != 0 {
		p.option(2, string(le.AppendUint32(nil, flags)))
	}
	if f.Dropped != 0 {
		p.number(4, f.Dropped)
	}
	if f.PID != 0 || f.TID != 0 {
		p.number(8, uint64(f.PID)|uint64(f.TID)<<32)
	}
	p.endOptions(had)
	return p.end(1)
}

// simple tells a frame that a simple packet block can carry: nothing but
// bytes, all that the interface's snapshot length lets through.
func (p *Pcapng) simple(f *frame.Frame) bool {
	whole := f.Len
	if s := p.interfaces[0].SnapLen; s != 0 {
		whole = min(whole, s)
	}
	return uint32(len(f.Data)) == whole && len(f.Comments) == 0 && f.Flags == 0 && f.Direction == 0 && f.Dropped == 0 && f.PID == 0
}

// interfaceOf finds, or describes, the interface of a frame.
func (p *Pcapng) interfaceOf(f *frame.Frame) (int, error) {
	if int64(f.Interface) < int64(len(p.interfaces)) && p.interfaces[f.Interface].Link == f.Link {
		return int(f.Interface), nil
	}
	for i := range p.interfaces {
		if in := &p.interfaces[i]; in.Link == f.Link && in.Name == "" {
			return i, nil
		}
	}
	digits := uint8(9)
	if f.TimeDigits == 6 {
		digits = 6
	}
	err := p.AddInterface(frame.Interface{Link: f.Link, SnapLen: snapLen, TimeDigits: digits, Drops: -1, Received: -1})
	return len(p.interfaces) - 1, err
}

// Statistics sets an interface's counters for the end of the file; -1 = unknown.
func (p *Pcapng) Statistics(nr int, received, drops int64) error {
	if nr < 0 || nr >= len(p.interfaces) {
		return fmt.Errorf("set statistics: the file has no interface %d", nr)
	}
	p.interfaces[nr].Received, p.interfaces[nr].Drops = received, drops
	return nil
}

// Close writes the statistics blocks and flushes.
func (p *Pcapng) Close() error {
	if p.shut {
		return p.err
	}
	p.shut = true
	if p.err != nil {
		return p.err
	}
	le := binary.LittleEndian
	for i, in := range p.interfaces {
		if in.Received < 0 && in.Drops < 0 || in.Received == 0 && in.Drops == 0 && p.last == 0 {
			continue
		}
		ticks := uint64(p.last)
		if in.digits == 6 {
			ticks /= 1e3
		}
		p.begin(5)
		p.buf = le.AppendUint32(p.buf, uint32(i))
		p.buf = le.AppendUint32(p.buf, uint32(ticks>>32))
		p.buf = le.AppendUint32(p.buf, uint32(ticks))
		had := len(p.buf)
		if in.Received >= 0 {
			p.number(4, uint64(in.Received))
		}
		if in.Drops >= 0 {
			p.number(5, uint64(in.Drops))
		}
		p.endOptions(had)
		if err := p.end(0); err != nil {
			return err
		}
	}
	return p.Flush()
}
