// Package store gives frames by number, from 1: of a file under an index, of
// live segments on disk, or of memory.
//
// One writer appends, any number of readers read at the same time. A frame
// below Len never changes.
package store

import (
	"errors"

	"sonde/capture/frame"
)

// Errors that callers tell apart.
var (
	// ErrNoFrame: there is no frame of that number (yet).
	ErrNoFrame = errors.New("no such frame")
	// ErrGone: the file was cut or replaced under the store, its bytes are gone.
	ErrGone = errors.New("the bytes of the frame are gone from the file")
	// ErrBudget: a Memory store is full.
	ErrBudget = errors.New("memory budget reached")
	// ErrClosed: the store is closed.
	ErrClosed = errors.New("store is closed")
)

// Store gives frames by number; n counts from 1.
type Store interface {
	// Len is the number of frames so far.
	Len() int
	// Frame fills f. Data stays valid until the store is closed.
	Frame(n uint32, f *frame.Frame) error
	// Header is what the index knows, without touching the packet's bytes.
	Header(n uint32) (frame.Header, bool)
	// Info is a snapshot that nobody changes any more.
	Info() *frame.Info
}
