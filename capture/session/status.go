// Package session is one open capture from the outside: rows, detail, bytes,
// statistics, filters and streams, over a store and the dissection engine.
// Library is the set of captures of one data folder.
//
// All methods may be called from any goroutine. Long work takes a context and
// stops within 100 ms of its end.
package session

import "errors"

// Errors that callers tell apart.
var (
	ErrNotFound   = errors.New("no such capture")
	ErrNoPacket   = errors.New("no such packet")
	ErrNotCapture = errors.New("not a capture file")
	ErrTooLarge   = errors.New("larger than the limit")
)

// State is where a capture stands.
type State string

// States of a capture.
const (
	Receiving State = "receiving" // an upload still arrives; what is in is usable
	Indexing  State = "indexing"
	Running   State = "live"
	Ready     State = "ready"
	Failed    State = "failed" // not readable at all; Error says why
)

// Status is what lists and cards show of a capture; it is the JSON of
// GET /api/captures/{id}.
type Status struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Source   string  `json:"source"` // "file", "upload", or "live eth0"
	Filter   string  `json:"filter,omitempty"`
	State    State   `json:"state"`
	Packets  int     `json:"packets"`
	Bytes    int64   `json:"bytes"`    // bytes on the wire so far
	FileSize int64   `json:"fileSize"` // bytes on disk
	Progress float64 `json:"progress"` // 0..1, of the file; 1 when done
	First    int64   `json:"first"`    // time of the first packet, ns since 1970
	Last     int64   `json:"last"`
	Format   string  `json:"format"`
	Link     string  `json:"link"`
	Started  int64   `json:"started"`
	// Damage says where and why the file is not whole; packets before it are usable.
	Damage *Damage `json:"damage,omitempty"`
	Error  string  `json:"error,omitempty"`
	// Dropped counts packets lost by kernel and program in a live capture; -1 unknown.
	Dropped int64  `json:"dropped"`
	Version uint64 `json:"version"` // grows with every change
}

// Damage is one place where a file is cut short or corrupted.
type Damage struct {
	Offset  int64  `json:"offset"` // byte offset in the (unpacked) file
	Packet  int    `json:"packet"` // last good packet
	Message string `json:"message"`
}
