package proto

import (
	"encoding/binary"

	"sonde/capture/field"
	"sonde/capture/flow"
)

// The Internet checksum, RFC 1071.

// addSum adds bytes to a running sum; only the last piece may be odd.
func addSum(sum uint64, b []byte) uint64 {
	for len(b) >= 2 {
		sum += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	return sum
}

// foldSum gives the checksum of a running sum: 0 when the bytes hold theirs.
func foldSum(sum uint64) uint16 {
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// sumWithout tells which checksum field would have made sum 0, where it is
// have.
func sumWithout(sum, have uint16) uint16 {
	return foldSum(uint64(^sum) + uint64(^have))
}

// pseudoSum is the sum of the header that transport checksums cover besides
// their own data: addresses, length and protocol (RFC 768, RFC 8200 8.1).
func pseudoSum(src, dst *flow.Addr, n int, proto uint8) uint64 {
	sum := addSum(0, src.Bytes())
	sum = addSum(sum, dst.Bytes())
	return sum + uint64(n>>16) + uint64(n&0xffff) + uint64(proto)
}

func hex16(v uint16) string {
	var t field.Text
	t.X(uint64(v), 4)
	return t.String()
}
