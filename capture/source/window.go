package source

import (
	"errors"
	"io"
)

const (
	minStep = 4 << 10   // read ahead after a jump
	maxStep = 128 << 10 // read ahead when reading on and on
	minBuf  = 128 << 10
	// mostPeek bounds what a stream keeps; no packet's record is larger.
	mostPeek = 256 << 20
)

// window is a sliding view of a capture's bytes. It never holds more than was
// asked for plus the read-ahead, and grows only as bytes arrive, so that a
// lying length costs nothing.
//
// Over a plain file (at != nil) it jumps over what nobody looks at, and its end
// may move. Over a stream the end is final.
type window struct {
	r    io.Reader
	at   io.ReaderAt
	size func() int64 // of at; asked again whenever the last answer is too small
	know int64        // last answer of size

	buf    []byte
	lo, hi int
	off    int64 // file offset of buf[lo]
	step   int
	err    error // streams: why no more bytes come
}

// peek returns n bytes from the position on, or all there are if fewer. The
// slice is valid until the next peek or skip.
func (w *window) peek(n int) []byte {
	if w.hi-w.lo < n {
		w.fill(n)
	}
	have := w.hi - w.lo
	if have > n {
		have = n
	}
	return w.buf[w.lo : w.lo+have : w.lo+have]
}

func (w *window) fill(n int) {
	if w.lo > 0 {
		copy(w.buf, w.buf[w.lo:w.hi])
		w.hi -= w.lo
		w.lo = 0
	}
	for w.hi < n {
		if len(w.buf) == w.hi {
			// Double at most: a claim is believed only as far as bytes came.
			grown := make([]byte, max(minBuf, w.hi+min(n-w.hi, max(w.hi, minBuf))))
			copy(grown, w.buf[:w.hi])
			w.buf = grown
		}
		got, more := w.read(w.buf[w.hi:])
		w.hi += got
		if !more {
			return
		}
	}
}

// read reports how many bytes came, and whether to ask again.
func (w *window) read(p []byte) (int, bool) {
	if w.at != nil {
		w.step = min(max(2*w.step, minStep), maxStep)
		n, err := w.at.ReadAt(p[:min(len(p), w.step)], w.off+int64(w.hi))
		if err != nil && !errors.Is(err, io.EOF) {
			w.err = err
		}
		return n, n > 0 && err == nil
	}
	if w.err != nil {
		return 0, false
	}
	for empty := 0; ; empty++ {
		n, err := w.r.Read(p)
		if err != nil {
			w.err = err
			return n, false
		}
		if n > 0 {
			return n, true
		}
		if empty > 100 {
			w.err = io.ErrNoProgress
			return 0, false
		}
	}
}

// has reports whether n more bytes exist, without reading them where the file
// can be asked.
func (w *window) has(n int64) bool {
	if int64(w.hi-w.lo) >= n {
		return true
	}
	if w.at != nil {
		if w.know-w.off < n {
			w.know = w.size()
		}
		return w.know-w.off >= n
	}
	return n <= mostPeek && len(w.peek(int(n))) == int(n)
}

// skip moves on by n bytes, and returns how many there were to skip.
func (w *window) skip(n int64) int64 {
	if have := int64(w.hi - w.lo); n > have {
		if w.at != nil {
			if !w.has(n) {
				n = max(w.know-w.off, have)
			}
			w.jump(w.off + n)
			return n
		}
		skipped := int64(0)
		for {
			w.lo, w.hi = 0, 0
			w.off += have
			skipped += have
			if skipped == n {
				return n
			}
			have = min(int64(len(w.peek(minBuf))), n-skipped)
			if have == 0 {
				return skipped
			}
			if have < int64(w.hi-w.lo) { // the rest lies in the buffer
				w.lo += int(have)
				w.off += have
				return n
			}
		}
	}
	w.lo += int(n)
	w.off += n
	return n
}

// jump sets the position of a plain file.
func (w *window) jump(to int64) {
	if d := to - w.off; d >= 0 && d <= int64(w.hi-w.lo) {
		w.lo += int(d)
		w.off = to
		return
	}
	if ahead := to - w.off - int64(w.hi-w.lo); ahead < 0 || ahead > maxStep/8 {
		w.step = 0 // what lies here may be jumped over as well
	}
	w.lo, w.hi, w.off = 0, 0, to
}

// forget drops what was read ahead, so that a growing file is read afresh.
func (w *window) forget() {
	w.lo, w.hi = 0, 0
	w.step = 0
	w.know = 0
}

// side reads n bytes at the given distance without moving; nil if they are not
// there. Streams give only what peek can.
func (w *window) side(dist int64, n int) []byte {
	if dist+int64(n) <= int64(w.hi-w.lo) {
		return w.buf[w.lo+int(dist) : w.lo+int(dist)+n]
	}
	if w.at == nil {
		if b := w.peek(int(dist) + n); len(b) == int(dist)+n {
			return b[dist:]
		}
		return nil
	}
	b := make([]byte, n)
	if m, _ := w.at.ReadAt(b, w.off+dist); m < n {
		return nil
	}
	return b
}

// dataSeeker finds the next bytes that a sparse file really has.
type dataSeeker interface{ nextData(off int64) (int64, bool) }

// zeros moves over zero bytes and counts them. toEnd says that nothing else
// followed. Up to keep zero bytes before the first other byte stay ahead of
// the position, since a record may begin with some.
func (w *window) zeros(keep int) (n int64, toEnd bool) {
	start := w.off
	for {
		b := w.peek(minBuf)
		if len(b) == 0 {
			return w.off - start, true
		}
		i := firstNonZero(b)
		if i < len(b) {
			n = w.off - start + int64(i)
			w.skip(int64(max(0, i-keep)))
			return n, false
		}
		if !w.has(int64(len(b)) + 1) {
			w.skip(int64(len(b)))
			return w.off - start, true
		}
		w.skip(int64(len(b) - min(keep, len(b)-1)))
		if s, ok := w.at.(dataSeeker); ok {
			if to, ok := s.nextData(w.off); ok && to-int64(keep) > w.off+int64(len(b)) {
				w.jump(to - int64(keep))
			}
		}
	}
}

func firstNonZero(b []byte) int {
	for i, c := range b {
		if c != 0 {
			return i
		}
	}
	return len(b)
}
