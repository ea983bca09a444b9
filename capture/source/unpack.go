package source

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// errTooLarge ends an unpacked stream at its limit.
var errTooLarge = errors.New("expanded beyond the limit")

// Compression names the packing of a file that begins with b: "gzip", "zstd",
// "lz4", or "" for none.
func Compression(b []byte) string {
	if len(b) >= 3 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8 {
		return "gzip"
	}
	if len(b) < 4 {
		return ""
	}
	switch m := u32(false, b); {
	case m == 0xfd2fb528:
		return "zstd" // RFC 8878 section 3.1.1
	case m&^0xf == 0x184d2a50:
		return "zstd" // a skippable frame goes first
	case m == 0x184d2204, m == 0x184c2102:
		return "lz4" // frame format, and its legacy form
	}
	return ""
}

// Unpack gives the plain bytes of a packed stream, bounded by limit bytes (0 =
// the default); at the limit the reader's error is one that Limit knows.
func Unpack(compression string, r io.Reader, limit int64) (io.ReadCloser, error) {
	if limit <= 0 {
		limit = DefaultMaxExpanded
	}
	var u io.ReadCloser
	switch compression {
	case "gzip":
		z, err := newGzip(r)
		if err != nil {
			return nil, err
		}
		u = z
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, fmt.Errorf("unpack zstd: %w", err)
		}
		u = z.IOReadCloser()
	case "lz4":
		u = io.NopCloser(lz4.NewReader(r))
	default:
		return nil, fmt.Errorf("unpack: unknown compression %q", compression)
	}
	return &bounded{ReadCloser: u, left: limit}, nil
}

// Limit tells the error of a stream that was stopped at its limit.
func Limit(err error) bool { return errors.Is(err, errTooLarge) }

type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// Only a further byte is too much; the exact size is fine.
		var one [1]byte
		for {
			n, err := b.ReadCloser.Read(one[:])
			if n > 0 {
				return 0, errTooLarge
			}
			if err != nil {
				return 0, err
			}
		}
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// gzipReader reads gzip members one after the other. Zero bytes behind the
// last are padding (RFC 1952 says nothing, gzip(1) ignores them); anything else
// is damage.
type gzipReader struct {
	in *bufio.Reader
	z  *gzip.Reader
}

func newGzip(r io.Reader) (*gzipReader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("unpack gzip: %w", err)
	}
	z.Multistream(false)
	return &gzipReader{in, z}, nil
}

func (g *gzipReader) Read(p []byte) (int, error) {
	for {
		n, err := g.z.Read(p)
		if n > 0 || err == nil {
			if err == io.EOF {
				err = nil
			}
			return n, err
		}
		if err != io.EOF {
			return 0, err
		}
		for {
			b, err := g.in.ReadByte()
			if err != nil {
				return 0, err // io.EOF: the clean end
			}
			if b == 0 {
				continue
			}
			g.in.UnreadByte()
			break
		}
		if m, _ := g.in.Peek(2); len(m) < 2 || m[0] != 0x1f || m[1] != 0x8b {
			return 0, errors.New("bytes behind the last gzip member are not gzip")
		}
		if err := g.z.Reset(g.in); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
		g.z.Multistream(false)
	}
}

func (g *gzipReader) Close() error { return g.z.Close() }
