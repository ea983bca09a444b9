package store

import (
	"sync/atomic"

	"sonde/capture/frame"
	"sonde/capture/source"
)

// chunkLen frames share one chunk: 128 KiB, of which a small capture touches
// only the first pages.
const (
	chunkBits = 12
	chunkLen  = 1 << chunkBits
)

// chunk holds the columns of chunkLen frames, 32 bytes a frame.
type chunk struct {
	time   [chunkLen]int64
	offset [chunkLen]int64
	caplen [chunkLen]uint32
	length [chunkLen]uint32
	iface  [chunkLen]uint32
	link   [chunkLen]uint16
	flags  [chunkLen]uint16
}

// Bits of the flags column.
const (
	flagTime      = 1 << 2 // bits 0-1 are the direction
	flagOptions   = 1 << 3 // the record has options worth reading
	flagBig       = 1 << 4 // in big-endian byte order
	flagRawTime   = 1 << 5 // the time does not fit; the record has it
	digitsShift   = 6      // 4 bits: time digits
	distanceShift = 10     // 4 bits: words from the record to the packet's bytes
)

// columns is the index of a store: append-only, chunks never move, and readers
// see whatever was published before they asked.
type columns struct {
	dir atomic.Pointer[[]*chunk]
	n   atomic.Int64
	// The writer's own.
	chunks []*chunk
	filled int64
}

// add appends a frame; nobody sees it before publish.
func (c *columns) add(h *frame.Header, rec source.Record) {
	i := c.filled & (chunkLen - 1)
	if i == 0 {
		// Appending never writes where a reader's older list looks.
		c.chunks = append(c.chunks, new(chunk))
		list := c.chunks
		c.dir.Store(&list)
	}
	k := c.chunks[c.filled>>chunkBits]
	k.time[i] = h.Time
	k.offset[i] = h.Offset
	k.caplen[i] = h.CapLen
	k.length[i] = h.Len
	k.iface[i] = h.Interface
	k.link[i] = uint16(h.Link)
	flags := uint16(h.Direction) | uint16(h.TimeDigits)<<digitsShift | uint16(rec.Data/4)<<distanceShift
	if h.HasTime {
		flags |= flagTime
	}
	if rec.Options {
		flags |= flagOptions
	}
	if rec.BigEndian {
		flags |= flagBig
	}
	if h.TimeRaw != 0 {
		flags |= flagRawTime
	}
	k.flags[i] = flags
	c.filled++
}

// publish shows readers all that was added.
func (c *columns) publish() { c.n.Store(c.filled) }

func (c *columns) len() int { return int(c.n.Load()) }

// drop frees the chunks; no frame is there any more. Not while add may run.
func (c *columns) drop() {
	c.n.Store(0)
	c.dir.Store(nil)
	c.chunks, c.filled = nil, 0
}

// header fills h from the columns and returns the flags.
func (c *columns) header(n uint32, h *frame.Header) (flags uint16, ok bool) {
	if n == 0 || int64(n) > c.n.Load() {
		return 0, false
	}
	dir, i := c.dir.Load(), n-1
	if dir == nil { // dropped just now
		return 0, false
	}
	k := (*dir)[i>>chunkBits]
	i &= chunkLen - 1
	flags = k.flags[i]
	*h = frame.Header{
		Number: n, Time: k.time[i], HasTime: flags&flagTime != 0,
		TimeDigits: uint8(flags >> digitsShift & 15),
		Link:       frame.LinkType(k.link[i]), CapLen: k.caplen[i], Len: k.length[i],
		Interface: k.iface[i], Direction: frame.Direction(flags & 3), Offset: k.offset[i],
	}
	return flags, true
}
