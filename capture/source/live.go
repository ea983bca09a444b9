package source

import (
	"errors"
	"net/netip"
	"time"

	"golang.org/x/net/bpf"

	"sonde/capture/frame"
)

// Kinds of trouble with interfaces.
var (
	// ErrLiveUnsupported: this system has no live capture here.
	ErrLiveUnsupported = errors.New("live capture is only there on Linux")
	// ErrInterfaceGone: the interface was removed while capturing. What was in
	// the ring has been delivered before.
	ErrInterfaceGone = errors.New("the interface was removed")
	// ErrFilterTooLong: the kernel takes at most 4096 instructions and no
	// Match was given to filter here instead.
	ErrFilterTooLong = errors.New("the filter is too long for the kernel")
)

// Any is the name of the capture on all interfaces.
const Any = "any"

// LiveOptions say what to capture.
type LiveOptions struct {
	Interface string // name, or Any
	// Filter is a classic BPF program for the link type that LinkType says,
	// compiled for live use; nil takes everything.
	Filter []bpf.RawInstruction
	// Match filters in user space where the kernel cannot run Filter (too
	// long, or asking for cooked header fields that the kernel lacks).
	Match       func(data []byte, wirelen int) bool
	SnapLen     int // bytes kept of each frame; 0 = 262144
	Promiscuous bool
	RingBytes   int // 0 = 64 MiB
	// Timeout bounds how long a frame waits in the ring for others; 0 = 20 ms.
	Timeout time.Duration
	// Idle makes Next return ErrMore when no frame came for so long, so that
	// its caller can see to other things; 0 = Next waits.
	Idle time.Duration
	// Exclude leaves out TCP traffic of endpoints of this machine, such as
	// this program's own listener; LiveStats says how much. An unspecified
	// address (0.0.0.0, ::) stands for all addresses of this machine.
	Exclude []netip.AddrPort
}

// LiveStats counts frames since the capture began.
type LiveStats struct {
	Received  uint64 // accepted by the kernel's filter, dropped ones included
	Dropped   uint64 // lost because the ring was full
	Delivered uint64 // given out by Next
	Excluded  uint64 // left out by LiveOptions.Exclude
	Filtered  uint64 // left out by Match
}

// Device is one interface that can be captured on.
type Device struct {
	Name        string
	Description string
	Index       int // 0 for Any
	Link        frame.LinkType
	Up          bool
	Running     bool
	Loopback    bool
	Wireless    bool
	// Carrier is "connected", "disconnected", or "" where it does not apply.
	Carrier   string
	Addresses []netip.Prefix
}
