// Content codings (RFC 9110 section 8.4): gzip, deflate, brotli, zstd.
package proto

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// What a body may become: a small packet must not fill the memory.
const (
	maxUnpacked    = 10 << 20
	maxUnpackRatio = 200
)

// unpackRoom holds buffers to unpack into: one that grows by doubling leaves
// three times the body to the collector.
var unpackRoom = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// unpackBody undoes a coding. What can be read of damaged data counts; why
// says that the result was cut because it grew too large.
func unpackBody(coding string, b []byte) (out []byte, ok bool, why string) {
	limit := min(maxUnpacked, max(len(b)*maxUnpackRatio, 4096))
	var r io.Reader
	switch coding {
	case "gzip", "x-gzip", "deflate", "x-deflate":
		r = inflater(b)
	case "zstd":
		z, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, false, ""
		}
		defer z.Close()
		r = z
	case "br":
		r = brotli.NewReader(bytes.NewReader(b))
	}
	if r == nil {
		return nil, false, ""
	}
	buf := unpackRoom.Get().(*bytes.Buffer)
	defer unpackRoom.Put(buf)
	buf.Reset()
	n, err := io.Copy(buf, io.LimitReader(r, int64(limit)+1))
	if n > int64(limit) {
		return bytes.Clone(buf.Bytes()[:limit]), true, "cut: more than the bound of " + itoa(limit)
	}
	if n == 0 && err != nil || err != nil && coding != "gzip" && coding != "x-gzip" && coding != "deflate" && coding != "x-deflate" && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, false, ""
	}
	return bytes.Clone(buf.Bytes()), n > 0, ""
}

// inflater reads gzip, zlib or bare deflate data, whatever b is, for servers
// mix them up.
func inflater(b []byte) io.Reader {
	if len(b) > 2 && b[0] == 0x1f && b[1] == 0x8b {
		if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
			z.Multistream(false)
			return z
		}
		return nil
	}
	if len(b) > 2 && b[0]&15 == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 {
		if z, err := zlib.NewReader(bytes.NewReader(b)); err == nil {
			return z
		}
	}
	return flate.NewReader(bytes.NewReader(b))
}
