package proto

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/binary"
	"io"
	"sort"
	"strings"
	"sync"
)

// The IEEE's list of hardware address blocks (MA-L), packed by gen/oui.
//
//go:embed oui.bin
var ouiPacked []byte

var (
	ouiOnce   sync.Once
	ouiBlocks []uint32 // ascending
	ouiNames  []string // of the block at the same index
)

// ouiName gives the holder of a hardware address's block, "" when unknown.
// The group bit does not count; blocks of the local administrator have none.
func ouiName(b []byte) string {
	ouiOnce.Do(ouiUnpack)
	v := uint32(b[0]&^1)<<16 | uint32(b[1])<<8 | uint32(b[2])
	i := sort.Search(len(ouiBlocks), func(i int) bool { return ouiBlocks[i] >= v })
	if i == len(ouiBlocks) || ouiBlocks[i] != v {
		return ""
	}
	return ouiNames[i]
}

func ouiUnpack() {
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(ouiPacked)))
	if err != nil {
		return // cannot be: the table is part of the program
	}
	ouiPacked = nil
	uvarint := func() uint64 {
		v, n := binary.Uvarint(raw)
		raw = raw[max(n, 0):]
		return v
	}
	names := make([]string, uvarint())
	text := string(raw)
	used := 0
	for i := range names {
		n := strings.IndexByte(text[used:], '\n')
		names[i] = text[used : used+n]
		used += n + 1
	}
	raw = raw[used:]
	for last := uint32(0); len(raw) > 0; {
		last += uint32(uvarint())
		ouiBlocks = append(ouiBlocks, last)
		ouiNames = append(ouiNames, names[uvarint()])
	}
	// The block of all zeros is nobody's on the wire: loopback, unset.
	if len(ouiBlocks) > 0 && ouiBlocks[0] == 0 {
		ouiNames[0] = "Officially Xerox, but 0:0:0:0:0:0 is more common"
	}
}
