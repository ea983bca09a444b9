// Package sink writes frames to capture files: pcap, pcapng, and rings of files.
//
// Records leave in whole: every write to the file ends at the end of a record,
// so a program that is killed leaves a file that is good up to there. When a
// write fails in the middle (a full disk), the file is cut back to the last
// whole record, and Written tells how many frames are really in it: frames
// given = written + lost, always.
//
// A sink belongs to one goroutine.
//
//	s, err := sink.NewPcapng(file, &frame.Info{Application: "sonde"})
//	if err != nil { ... }
//	err = s.Write(&f) // may wait in the buffer
//	err = s.Flush()   // is in the file now
//	err = s.Close()   // statistics; the file itself is the caller's
package sink

import (
	"errors"
	"fmt"
	"io"

	"sonde/capture/frame"
)

// Sink takes frames in order.
type Sink interface {
	Write(f *frame.Frame) error
	Flush() error
	// Close writes what belongs at the end, and flushes. It does not close the
	// file of NewPcap and NewPcapng.
	Close() error
	// Written counts the frames that are whole in the file.
	Written() int64
}

// Errors that callers tell apart.
var (
	// ErrLinkType: a plain pcap file holds one link type only.
	ErrLinkType = errors.New("a pcap file holds one link type; write pcapng instead")
	// ErrTime: the time does not fit the format.
	ErrTime = errors.New("the time does not fit a pcap file; write pcapng instead")
	errShut = errors.New("the file is closed")
)

// flushAt bytes go out in one write.
const flushAt = 64 << 10

// records gathers whole records and writes them together.
type records struct {
	w       io.Writer
	buf     []byte
	ends    []end
	off     int64 // bytes of whole records in the file
	base    int64 // file position of the first
	frames  int64 // frames in the file
	pending int64 // frames in buf
	err     error // sticky
}

// end is where a record ends in buf, and the frames up to there.
type end struct {
	at     int
	frames int64
}

func newRecords(w io.Writer) records {
	r := records{w: w}
	if s, ok := w.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			r.base = at
		}
	}
	return r
}

// done ends a record that was appended to buf; n is the number of frames in it.
func (r *records) done(n int64) error {
	r.pending += n
	r.ends = append(r.ends, end{len(r.buf), r.pending})
	if len(r.buf) >= flushAt {
		return r.Flush()
	}
	return nil
}

// Flush writes what is gathered.
func (r *records) Flush() error {
	if r.err != nil || len(r.buf) == 0 {
		return r.err
	}
	n, err := r.w.Write(r.buf)
	if err == nil && n < len(r.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		r.err = fmt.Errorf("write capture: %w", err)
		r.cutBack(n)
		return r.err
	}
	r.off += int64(n)
	r.frames += r.pending
	r.buf, r.ends, r.pending = r.buf[:0], r.ends[:0], 0
	return nil
}

// cutBack takes a part of a record off the file again.
func (r *records) cutBack(n int) {
	good := end{}
	for _, e := range r.ends {
		if e.at <= n {
			good = e
		}
	}
	r.frames += good.frames
	r.off += int64(good.at)
	if t, ok := r.w.(interface{ Truncate(int64) error }); ok && good.at < n {
		if err := t.Truncate(r.base + r.off); err == nil {
			if s, ok := r.w.(io.Seeker); ok {
				_, _ = s.Seek(r.base+r.off, io.SeekStart)
			}
		}
	}
}

// Written counts the frames that are whole in the file.
func (r *records) Written() int64 { return r.frames }

// Size is the file's size with what is gathered, in bytes.
func (r *records) Size() int64 { return r.off + int64(len(r.buf)) }
