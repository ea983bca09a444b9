// Package session is one open capture from the outside: rows, detail, bytes,
// statistics, filters and streams, over a store and the dissection engine.
// Library is the set of captures of one data folder.
//
// All methods may be called from any goroutine. Long work takes a context and
// stops within 100 ms of its end.
package session

import (
	"errors"

	"sonde/probes/table"
)

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

// RowsQuery asks for rows of the packet list.
type RowsQuery struct {
	Filter string // display filter, "" = all
	From   int    // index into the displayed packets, 0-based
	Limit  int
	// Columns are column field names; nil = the default seven (and process when known).
	Columns []string
}

// Row is one line of the packet list.
type Row struct {
	No      uint32   `json:"no"`
	Cells   []string `json:"cells"`
	FG      string   `json:"fg"`
	BG      string   `json:"bg"`
	Rule    string   `json:"rule"`   // name of the colouring rule
	Stream  int      `json:"stream"` // -1 none; for the accent bar of the same stream
	Comment string   `json:"comment,omitempty"`
	Marked  bool     `json:"marked,omitempty"`
}

// RowsPage answers a RowsQuery.
type RowsPage struct {
	Total     int      `json:"total"`     // packets so far
	Displayed int      `json:"displayed"` // packets that the filter selects so far
	Partial   bool     `json:"partial"`   // the filter is still running or the capture still grows
	Columns   []string `json:"columns"`
	Rows      []Row    `json:"rows"`
}

// Node is one line of the detail tree.
type Node struct {
	Label     string  `json:"label"`
	Field     string  `json:"field,omitempty"`
	Filter    string  `json:"filter,omitempty"` // ready "field == value", "" when none
	Source    int     `json:"source"`
	Offset    int     `json:"offset"`
	Length    int     `json:"length"`
	Generated bool    `json:"generated,omitempty"`
	Severity  string  `json:"severity,omitempty"` // expert: chat, note, warn, error
	Proto     bool    `json:"proto,omitempty"`
	Children  []*Node `json:"children,omitempty"`
}

// DataSource is one byte pane tab: the frame, reassembled or decrypted bytes.
type DataSource struct {
	Name  string `json:"name"`
	Bytes []byte `json:"bytes"`
}

// Detail is one packet dissected in full.
type Detail struct {
	No      uint32       `json:"no"`
	Sources []DataSource `json:"sources"`
	Tree    []*Node      `json:"tree"`
	// Streams are the conversations the packet is part of, by protocol name: "tcp" -> 4.
	Streams map[string]int `json:"streams,omitempty"`
}

// FilterCheck is the verdict on a display filter's text.
type FilterCheck struct {
	OK        bool         `json:"ok"`
	Error     *FilterError `json:"error,omitempty"`
	Explained string       `json:"explained,omitempty"` // plain words
	Warning   string       `json:"warning,omitempty"`
}

// FilterError says where a filter is wrong; At and Length count bytes of the text.
type FilterError struct {
	Message string `json:"message"`
	At      int    `json:"at"`
	Length  int    `json:"length"`
}

func (e *FilterError) Error() string { return e.Message }

// Completion is one proposal for the filter box.
type Completion struct {
	Text  string `json:"text"` // replaces the bytes from At to To
	At    int    `json:"at"`
	To    int    `json:"to"`
	Kind  string `json:"kind,omitempty"` // field, protocol, function, operator, value
	Label string `json:"label,omitempty"`
	Type  string `json:"type,omitempty"`
	Count int    `json:"count,omitempty"` // how often in this capture, for values
}

// StatQuery asks for a statistic: a tshark -z name, a display filter, options.
type StatQuery struct {
	Name   string // "conv,tcp", "endpoints,ip", "io,phs", ...
	Filter string
}

// StreamChunk is one piece of a followed stream.
type StreamChunk struct {
	Peer   int    `json:"peer"` // 0 = node 0 (client), 1 = node 1
	Packet uint32 `json:"packet"`
	Time   int64  `json:"time"`
	Data   []byte `json:"data"`
}

// Stream is a followed conversation.
type Stream struct {
	Proto  string        `json:"proto"`
	Index  int           `json:"index"`
	Nodes  [2]string     `json:"nodes"` // address:port
	Chunks []StreamChunk `json:"chunks"`
	// Missing counts bytes that the capture lacks.
	Missing int64 `json:"missing"`
}

// Strip is the capture's overview: packets per time bin.
type Strip struct {
	Start   int64    `json:"start"` // ns since 1970
	Width   int64    `json:"width"` // ns per bin
	All     []uint32 `json:"all"`
	Shown   []uint32 `json:"shown,omitempty"`
	Trouble []uint32 `json:"trouble,omitempty"` // packets with warnings or errors
}

var _ = table.Table{}
