package sink

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"sonde/capture/frame"
)

// snapLen is what file headers claim, as tcpdump and Wireshark write it.
const snapLen = 262144

// Pcap writes the classic format, little-endian, version 2.4.
type Pcap struct {
	records
	link  frame.LinkType
	nanos bool
	shut  bool
}

// NewPcap starts a pcap file of one link type; nanos chooses the nanosecond
// magic instead of microseconds.
func NewPcap(w io.Writer, link frame.LinkType, nanos bool) (*Pcap, error) {
	if link >= frame.LinkCustomBlock {
		return nil, fmt.Errorf("write pcap: frames that are %s: %w", link, ErrLinkType)
	}
	p := &Pcap{records: newRecords(w), link: link, nanos: nanos}
	magic := uint32(0xa1b2c3d4)
	if nanos {
		magic = 0xa1b23c4d
	}
	le := binary.LittleEndian
	p.buf = le.AppendUint32(p.buf, magic)
	p.buf = le.AppendUint16(p.buf, 2)
	p.buf = le.AppendUint16(p.buf, 4)
	p.buf = le.AppendUint64(p.buf, 0) // zone and accuracy, unused
	p.buf = le.AppendUint32(p.buf, snapLen)
	p.buf = le.AppendUint32(p.buf, uint32(link))
	p.done(0)
	return p, p.Flush()
}

// Write adds a frame. Errors that wrap ErrLinkType or ErrTime leave the file
// good; comments and process numbers have no place in this format.
func (p *Pcap) Write(f *frame.Frame) error {
	if p.shut {
		return errShut
	}
	if p.err != nil {
		return p.err
	}
	if f.Link != p.link {
		return fmt.Errorf("write pcap: frame %d is %s, the file is %s: %w", f.Number, f.Link, p.link, ErrLinkType)
	}
	sec, frac := f.Time/1e9, f.Time%1e9
	if f.Time < 0 || sec > math.MaxUint32 || f.TimeRaw != 0 {
		return fmt.Errorf("write pcap: frame %d: %w", f.Number, ErrTime)
	}
	if !p.nanos {
		frac /= 1e3
	}
	le := binary.LittleEndian
	p.buf = le.AppendUint32(p.buf, uint32(sec))
	p.buf = le.AppendUint32(p.buf, uint32(frac))
	p.buf = le.AppendUint32(p.buf, uint32(len(f.Data)))
	p.buf = le.AppendUint32(p.buf, f.Len)
	p.buf = append(p.buf, f.Data...)
	return p.done(1)
}

// Close flushes.
func (p *Pcap) Close() error {
	if p.shut {
		return nil
	}
	p.shut = true
	return p.Flush()
}
