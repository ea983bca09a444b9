package source

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// Open opens a capture file; "-" is the standard input. FIFOs and devices are
// read as they come. Bytes that are no capture give an error that wraps
// ErrNotCapture and says what they look like.
func Open(path string, opt Options) (Source, error) {
	if path == "-" {
		return NewReader(os.Stdin, opt)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open capture: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open capture: %w", err)
	}
	if st.IsDir() {
		f.Close()
		return nil, fmt.Errorf("open capture: %w: %s is a directory", ErrNotCapture, path)
	}
	var r *Reader
	if st.Mode().IsRegular() {
		r, err = NewFile(f, opt)
	} else {
		r, err = NewReader(f, opt)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	r.closers = append([]func() error{f.Close}, r.closers...)
	return r, nil
}

// NewFile reads a regular file by position: it may grow, and what nobody asks
// for is never read. A packed file is read as a stream. The caller closes f.
func NewFile(f *os.File, opt Options) (*Reader, error) {
	var head [4]byte
	n, err := f.ReadAt(head[:], 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read capture: %w", err)
	}
	if Compression(head[:n]) != "" {
		return NewReader(io.NewSectionReader(f, 0, 1<<62), opt)
	}
	file := plainFile{f}
	return newReader(window{at: file, size: file.size}, "", opt, nil)
}

// NewReader reads a capture from a stream, packed or not.
func NewReader(in io.Reader, opt Options) (*Reader, error) {
	var head [4]byte
	n, err := io.ReadFull(in, head[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("read capture: %w", err)
	}
	in = io.MultiReader(bytes.NewReader(bytes.Clone(head[:n])), in)
	c := Compression(head[:n])
	if c == "" {
		return newReader(window{r: in}, "", opt, nil)
	}
	u, err := Unpack(c, in, opt.MaxExpanded)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotCapture, err)
	}
	return newReader(window{r: u}, c, opt, u.Close)
}

func newReader(w window, compression string, opt Options, closer func() error) (*Reader, error) {
	r := &Reader{w: w, opt: opt}
	r.info.Compression = compression
	if err := detect(r); err != nil {
		if closer != nil {
			closer()
		}
		return nil, err
	}
	if closer != nil {
		r.closers = append(r.closers, closer)
	}
	return r, nil
}

// Finish says that a growing file grows no more: an incomplete last record is
// damage from now on.
func (r *Reader) Finish() { r.opt.Growing = false }

// plainFile is a regular file that knows its holes.
type plainFile struct{ f *os.File }

func (p plainFile) ReadAt(b []byte, off int64) (int, error) { return p.f.ReadAt(b, off) }

func (p plainFile) size() int64 {
	st, err := p.f.Stat()
	if err != nil {
		return 0
	}
	return st.Size()
}
