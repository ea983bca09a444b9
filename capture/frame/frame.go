// Package frame holds one captured frame: its header, its link type and its
// bytes. It is the smallest thing that sources, stores, dissectors and sinks
// share, and it imports nothing of the project.
//
// Data is lent: whoever made the Frame says until when. A file source lends
// the mapped file (until it is closed); a pipe source lends its buffer (until
// the next call). Whoever keeps bytes longer copies them.
package frame

// Header is what a capture file says of a frame besides its bytes.
type Header struct {
	Number uint32 // 1 for the first frame of the capture
	// Time is nanoseconds since 1970-01-01 UTC; HasTime is false where the
	// file has none (pcapng simple packet blocks).
	Time    int64
	HasTime bool
	// TimeDigits is the resolution of the source: 6 for microseconds, 9 for
	// nanoseconds; it decides how many digits text shows.
	TimeDigits uint8
	Link       LinkType
	CapLen     uint32 // bytes captured: len(Data)
	Len        uint32 // bytes on the wire
	Interface  uint32 // index into Info.Interfaces
	Direction  Direction
	PID, TID   uint32 // pcapng epb_processid_threadid; 0 = unknown
	Offset     int64  // where the record starts in the (unpacked) file
	// TimeRaw is the file's own count of ticks where Time cannot hold it
	// (years beyond 1677..2262); Time is then the nearest it can hold. 0 otherwise.
	TimeRaw uint64
}

// Direction is the pcapng epb_flags direction.
type Direction uint8

// Directions, in the order of the pcapng epb_flags word.
const (
	DirUnknown Direction = iota
	DirInbound
	DirOutbound
)

// Frame is a header and its bytes.
type Frame struct {
	Header
	Data     []byte
	Comments []string
	// Flags is the pcapng epb_flags word (direction, reception type, FCS
	// length, link-layer errors); 0 = none.
	Flags uint32
	// Dropped counts packets lost between the frame before and this one, as
	// the file says.
	Dropped uint64
	// Enterprise is the private enterprise number of a pcapng custom block
	// (LinkCustomBlock); its top bit says that copying is not allowed.
	Enterprise uint32
}

// Interface is one capture interface of a file or a live capture.
type Interface struct {
	Name        string
	Description string
	Filter      string
	Link        LinkType
	SnapLen     uint32
	Hardware    string
	OS          string
	Comments    []string
	TimeDigits  uint8 // resolution of its time stamps: 6 = microseconds, 9 = nanoseconds
	// Drops counts packets lost by the kernel, as the file or ring says; -1 = unknown.
	Drops int64
	// Received counts packets seen by the kernel filter; -1 = unknown.
	Received int64
}

// Info is what a capture says of itself.
type Info struct {
	Format      string // "pcap", "pcapng", ...
	Compression string // "", "gzip", "zstd", "lz4"
	Hardware    string
	OS          string
	Application string
	Comments    []string
	Interfaces  []Interface
	// Secrets are the pcapng decryption secrets blocks, in file order.
	Secrets []Secret
	// Names are the name resolution records of the file.
	Names []Name
}

// Secret is one pcapng decryption secrets block.
type Secret struct {
	Kind uint32 // 0x544c534b is a TLS key log
	Data []byte
}

// Name is one pcapng name resolution record: an address in text and its names.
type Name struct {
	Addr  string
	Names []string
}
