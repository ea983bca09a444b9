package probes

// PacketSource is a live capture as the bandwidth probe needs it. Data is lent
// until the next call of Next.
type PacketSource interface {
	// Next waits for one packet. wireLen is its length on the wire, link its
	// DLT/LINKTYPE number, dir 1 for received, 2 for sent, 0 for unknown, ns its
	// time since 1970. After Close it returns an error.
	Next() (data []byte, wireLen int, link uint16, dir uint8, ns int64, err error)
	// Close ends a Next in progress on another goroutine.
	Close() error
}

// PacketOptions say what to open.
type PacketOptions struct {
	Interface string // empty: all of them
	SnapLen   int    // bytes of each packet that are looked at
	// Filter is a capture filter in tcpdump's language, may be empty.
	Filter string
}

// OpenPackets opens a live capture. It belongs to another part of the program
// and is set once by main before the first Runner is made; nil means that
// packets cannot be had and bandwidth is read from sockets instead.
var OpenPackets func(PacketOptions) (PacketSource, error)
