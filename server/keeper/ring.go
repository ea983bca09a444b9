package keeper

import (
	"errors"

	"sonde/capture/frame"
)

// ErrIdle is Ring.Next's answer when no packet came within its short wait.
var ErrIdle = errors.New("no packet yet")

// Ring is an open live source. Next and Info belong to one goroutine; Stop may
// be called from any.
type Ring interface {
	// Info lists the interfaces; it may grow between calls of Next.
	Info() *frame.Info
	// Next fills f; the bytes are lent until the next call. It returns ErrIdle
	// after at most 100 ms without a packet, io.EOF after Stop when the ring
	// has been emptied, and another error when the interface is no more, again
	// after everything in the ring has been given.
	Next(f *frame.Frame) error
	// Counts are the packets that the filter took since the start, those
	// dropped for want of room included, and the dropped ones.
	Counts() (received, dropped uint64)
	// Stop takes no further packets; what is in the ring can still be read.
	Stop()
	Close() error
}

// OpenRing opens an interface with a compiled filter.
type OpenRing func(spec LiveSpec) (Ring, error)
