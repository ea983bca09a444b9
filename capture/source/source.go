// Package source reads frames from capture files, pipes and interfaces: pcap
// in all its variants and pcapng, plain or packed by gzip, zstd or lz4.
//
// A Source is used by one goroutine at a time. The bytes of a frame are lent
// until the next call of Next. Nothing is allocated on the word of a length
// field: buffers grow with the bytes that really arrive.
//
//	s, err := source.Open("trace.pcapng.gz", source.Options{})
//	if err != nil { ... }
//	defer s.Close()
//	var f frame.Frame
//	for {
//		err := s.Next(&f)
//		if err == io.EOF { break }
//		if err != nil { ... } // *Damage: what came before stays good
//		use(&f)
//	}
package source

import (
	"errors"
	"fmt"

	"sonde/capture/frame"
)

// Source gives frames in order.
type Source interface {
	// Info is what the capture says of itself so far; it grows while frames
	// are read and belongs to the source's goroutine.
	Info() *frame.Info
	// Next fills f. It returns io.EOF at the clean end, and *Damage where the
	// capture is cut short or corrupted; after either it keeps returning it.
	Next(f *frame.Frame) error
	Close() error
}

// Kinds of trouble; errors.Is tells them apart.
var (
	// ErrNotCapture: the bytes are no capture at all; the message says what
	// they look like.
	ErrNotCapture = errors.New("not a capture file")
	// ErrCutShort: the capture ends in the middle of a packet.
	ErrCutShort = errors.New("cut short in the middle of a packet")
	// ErrCorrupt: a length, type or index makes no sense; the message has the reason.
	ErrCorrupt = errors.New("damaged or corrupt")
	// ErrZeros: nothing but zero bytes up to the end, as a crash leaves them.
	ErrZeros = errors.New("zero bytes at the end")
	// ErrLimit: the packed file expands beyond Options.MaxExpanded.
	ErrLimit = errors.New("expanded size limit")
	// ErrMore: a growing file has no further complete record yet; call Next
	// again later. Only with Options.Growing.
	ErrMore = errors.New("no complete record yet")
)

// Damage is one place where a capture is not whole.
type Damage struct {
	Offset  int64  // of the first bad byte, in the unpacked file
	Length  int64  // bytes given up; 0 = unknown (reading stopped here)
	Packet  int    // last good packet before it; 0 = none
	Message string // what is wrong, without offset and packet
	Kind    error  // ErrCutShort, ErrCorrupt, ErrZeros or ErrLimit
}

// Error gives message, offset and packet.
func (d *Damage) Error() string {
	return fmt.Sprintf("%s (offset %d, after packet %d)", d.Message, d.Offset, d.Packet)
}

// Unwrap lets errors.Is see the kind.
func (d *Damage) Unwrap() error { return d.Kind }

// DefaultMaxExpanded bounds what a packed file may expand to.
const DefaultMaxExpanded = 4 << 30

// Options of reading. The zero value reads as tshark does: stop at damage.
type Options struct {
	// Resync goes on behind damage where records show up again. Next then
	// ends with io.EOF and Damages tells the gaps.
	Resync bool
	// MaxExpanded bounds the unpacked size of a packed file, in bytes; 0 = 4 GiB.
	MaxExpanded int64
	// Growing makes an incomplete last record ErrMore instead of damage. It
	// works on plain files only.
	Growing bool
	// HeadersOnly leaves Data and Comments empty; a file's packet bytes are
	// then jumped over instead of read.
	HeadersOnly bool
}
