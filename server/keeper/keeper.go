// Package keeper is the seam between the part of the program that holds
// privileges and the part that talks to the world.
//
// Started with privileges, the program is two processes. The keeper holds
// capabilities: it runs probes, rings and signals, and it writes live packets
// to disk before anybody looks at them. The face holds none: it serves HTTP and
// dissects. Between them is one socket pair and the fixed list of verbs below,
// as length-prefixed messages that can be written down (no shared memory, no
// callbacks). Without privileges there is one process, with the same Client
// talking to the same Serve over a socket pair inside it.
//
// The keeper parses nothing that strangers wrote: no packet, no capture file, no
// HTTP, no filter text. What it reads from the face is bounded, checked field by
// field, and refused when it is not on the list.
//
//	a, b, _ := keeper.Pair()
//	go keeper.Serve(ctx, a, backend, keeper.Options{Build: build})
//	c, err := keeper.NewClient(ctx, b, build)
//	feed, err := c.Subscribe("processes", map[string]string{"sort": "cpu"})
//	for t := range feed.C() { ... } // the newest table only
package keeper

import (
	"context"
	"time"

	"golang.org/x/net/bpf"

	"sonde/capture/frame"
	"sonde/probes/table"
)

// Feed gives the newest table of a subscription. A receiver that is slow skips
// versions; nothing queues. C is closed after Close, and when the source ends;
// Err then says why (nil: it was closed).
type Feed interface {
	C() <-chan *table.Table
	Err() error
	Close()
}

// Backend is what the keeper side does for the verbs. Methods are called from
// many goroutines at once. Errors that are *Error keep code and remedy on their
// way to the face; others arrive with code Internal.
type Backend interface {
	Subscribe(topic string, args map[string]string) (Feed, error)
	Once(ctx context.Context, topic string, args map[string]string) (*table.Table, error)
	Signal(ctx context.Context, pid int, start uint64, sig string, force bool) error
	Renice(ctx context.Context, pid int, start uint64, nice int) error
	Devices(ctx context.Context) ([]Device, error)
	Features(ctx context.Context) ([]Feature, error)
	StartLive(ctx context.Context, spec LiveSpec) (id string, err error)
	StopLive(ctx context.Context, id string) error
	// Live lists the captures of this keeper, running and ended, oldest first.
	Live() []LiveStatus
	// LiveChanged is closed at the next change of Live's answer.
	LiveChanged() <-chan struct{}
	// Listening is told where the face listens, so that its successor can
	// listen there again.
	Listening(addrs []string)
}

// LiveSpec asks for a live capture. The filter was compiled by the face; Filter
// is its text for people, Program is what the kernel runs.
type LiveSpec struct {
	Interface string `json:"interface"` // a name, or "any"
	Name      string `json:"name,omitempty"`
	Filter    string `json:"filter,omitempty"`
	// Excluded says in a filter's words what was left out unasked: the
	// program's own pages and the tunnel that carries them.
	Excluded string               `json:"excluded,omitempty"`
	Program  []bpf.RawInstruction `json:"program,omitempty"`
	// Link is the link type that Program was compiled for.
	Link        frame.LinkType `json:"link"`
	SnapLen     int            `json:"snaplen,omitempty"` // 0 = whole packets
	Promiscuous bool           `json:"promiscuous,omitempty"`
	// Files and FileSize bound the capture on disk: the oldest of Files
	// segments gives way. Files 0 keeps all; FileSize 0 is 100 MB.
	Files    int   `json:"files,omitempty"`
	FileSize int64 `json:"filesize,omitempty"` // bytes
	// StopPackets and StopAfter end the capture by themselves; 0 = never.
	StopPackets uint64        `json:"stopPackets,omitempty"`
	StopAfter   time.Duration `json:"stopAfter,omitempty"`
}

// State is where a live capture stands.
type State string

// States of a live capture. Crashed is written by the next start of the
// program, when the manifest still says Running and nobody runs it.
const (
	Running State = "running"
	Stopped State = "stopped"
	Failed  State = "failed"
	Crashed State = "crashed"
)

// Segment is one pcapng file of a live capture, complete in itself.
type Segment struct {
	Name    string `json:"name"` // file name in the capture's folder
	Packets uint64 `json:"packets"`
	Bytes   int64  `json:"bytes"` // on disk
	First   int64  `json:"first"` // ns since 1970
	Last    int64  `json:"last"`
}

// LiveStatus is how a live capture stands. It is pushed at each change (at most
// every 100 ms) and is also the manifest beside the segments.
//
// The law: packets that passed the filter = Packets + Rotated + Dropped + Lost.
type LiveStatus struct {
	ID        string         `json:"id"`
	Name      string         `json:"name,omitempty"`
	Interface string         `json:"interface"`
	Filter    string         `json:"filter,omitempty"`
	Excluded  string         `json:"excluded,omitempty"`
	Link      frame.LinkType `json:"link"`
	SnapLen   int            `json:"snaplen,omitempty"`
	State     State          `json:"state"`
	Started   int64          `json:"started"` // ns since 1970
	Ended     int64          `json:"ended,omitempty"`
	Packets   uint64         `json:"packets"` // in the segments that are kept
	Bytes     int64          `json:"bytes"`   // on the wire, of those
	Rotated   uint64         `json:"rotated"` // written, then gone with the oldest segment
	Dropped   uint64         `json:"dropped"` // by the kernel, for want of room in the ring
	Lost      uint64         `json:"lost"`    // received, and not written
	Segments  []Segment      `json:"segments"`
	// Reason says in words why it ended; Error is set when that was a fault.
	Reason string `json:"reason,omitempty"`
	Error  *Error `json:"error,omitempty"`
	// Events are things that happened on the way: link down, link renamed.
	Events  []Event `json:"events,omitempty"`
	Dir     string  `json:"dir"` // folder of the segments, below the data folder
	Build   string  `json:"build,omitempty"`
	Version uint64  `json:"version"`
}

// Event is one remark on a live capture's time line.
type Event struct {
	Time int64  `json:"time"` // ns since 1970
	Text string `json:"text"`
}

// Device is one interface that a capture can be opened on.
type Device struct {
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Index       int            `json:"index"`
	Link        frame.LinkType `json:"link"`
	MTU         int            `json:"mtu,omitempty"`
	Up          bool           `json:"up"`
	Running     bool           `json:"running"`
	Loopback    bool           `json:"loopback"`
	Addresses   []string       `json:"addresses,omitempty"`
}

// Feature is one line of the capability report: what works here, and what
// unlocks what does not.
type Feature struct {
	Name   string `json:"name"`  // "capture", "processes-of-others", ...
	Title  string `json:"title"` // plain words
	Works  bool   `json:"works"`
	Reason string `json:"reason,omitempty"` // what is missing
	Remedy string `json:"remedy,omitempty"` // the exact command
}
