package source

import (
	"errors"
	"fmt"
	"io"

	"sonde/capture/frame"
)

// maxDamages bounds the list of damages; later gaps add to the last entry.
const maxDamages = 1000

// format is one file format over a reader's window. On an error the window
// still stands at the record that caused it.
type format interface {
	// next reads one record; false when it held no frame.
	next(f *frame.Frame) (bool, error)
	// probe judges, strictly, whether b begins with a record's header. It
	// returns the size of the whole record, 0 if there is none, and the time
	// in it, 0 if there is none.
	probe(b []byte) (size int64, sec uint32)
	// need is how many bytes probe wants to see.
	need() int
	// chain is how many records in a row prove a place to go on.
	chain() int
}

// Reader reads a capture of any format. It is a Source.
type Reader struct {
	w       window
	opt     Options
	info    frame.Info
	format  format
	count   uint32
	end     error // what Next returns for good
	damages []Damage
	closers []func() error
	last    Record
	// version counts changes of info.
	version uint64
}

// Record tells where the last frame's parts lie, for an index.
type Record struct {
	Data      int    // from Header.Offset to the packet's bytes
	Options   bool   // a pcapng block with options that DecodeOptions reads
	BigEndian bool   // byte order of the block
	Size      uint32 // of the whole record
}

// Info is what the capture says so far.
func (r *Reader) Info() *frame.Info { return &r.info }

// InfoVersion grows with every change of Info.
func (r *Reader) InfoVersion() uint64 { return r.version }

// Last describes the record of the last frame.
func (r *Reader) Last() Record { return r.last }

// Offset is how far the (unpacked) capture is read.
func (r *Reader) Offset() int64 { return r.w.off }

// Damages are the places where the capture is not whole, so far.
func (r *Reader) Damages() []Damage { return r.damages }

// Damages of a source, if it knows any.
func Damages(s Source) []Damage {
	if d, ok := s.(interface{ Damages() []Damage }); ok {
		return d.Damages()
	}
	return nil
}

// Close closes what Open opened.
func (r *Reader) Close() error {
	var err error
	for i := len(r.closers) - 1; i >= 0; i-- {
		if e := r.closers[i](); err == nil {
			err = e
		}
	}
	r.closers = nil
	if r.end == nil {
		r.end = io.EOF
	}
	return err
}

// Next gives the next frame; see Source.
func (r *Reader) Next(f *frame.Frame) error {
	if r.end != nil {
		return r.end
	}
	for {
		ok, err := r.format.next(f)
		if err == nil {
			if ok {
				r.count++
				f.Number = r.count
				return nil
			}
			continue
		}
		if err == ErrMore {
			r.w.forget()
			return err
		}
		var d *Damage
		if !errors.As(err, &d) {
			r.end = err
			return err
		}
		if !r.opt.Resync {
			r.damages = append(r.damages, *d)
			r.end = d
			return d
		}
		if !r.recover(d) {
			r.end = io.EOF
			return r.end
		}
	}
}

// damage makes a Damage at the present position.
func (r *Reader) damage(kind error, text string, args ...any) *Damage {
	return &Damage{Offset: r.w.off, Packet: int(r.count), Message: fmt.Sprintf(text, args...), Kind: kind}
}

// stop judges why the bytes end at the present position, when left of them are
// there where more belong; what names the missing piece.
func (r *Reader) stop(left int, what string) error {
	if err := r.w.err; err != nil && err != io.EOF {
		if errors.Is(err, errTooLarge) {
			d := r.damage(ErrLimit, "stopped at %d bytes: the file expands beyond the limit", r.expanded())
			d.Offset = r.expanded()
			return d
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return r.damage(ErrCutShort, "the %s data is cut short", orPlain(r.info.Compression))
		}
		if r.info.Compression != "" {
			return r.damage(ErrCorrupt, "the %s data is damaged: %v", r.info.Compression, err)
		}
		return fmt.Errorf("read capture at offset %d: %w", r.w.off, err)
	}
	if r.opt.Growing && r.w.at != nil {
		return ErrMore
	}
	if left == 0 {
		return io.EOF
	}
	if b := r.w.peek(left); firstNonZero(b) == len(b) && !r.w.has(int64(left)+1) {
		return r.zeroTail(int64(left))
	}
	return r.damage(ErrCutShort, "the file ends in the middle of %s", what)
}

func orPlain(s string) string {
	if s == "" {
		return "input"
	}
	return s
}

func (r *Reader) expanded() int64 {
	if r.opt.MaxExpanded > 0 {
		return r.opt.MaxExpanded
	}
	return DefaultMaxExpanded
}

func (r *Reader) zeroTail(n int64) *Damage {
	d := r.damage(ErrZeros, "%d zero bytes at the end", n)
	d.Length = n
	return d
}

// zeroRun is called at a header of zero bytes. It judges the run of zeros and
// leaves the window shortly before its end.
func (r *Reader) zeroRun(keep int) error {
	if r.opt.Growing && r.w.at != nil {
		// A writer that sets the size first fills in later.
		if b := r.w.peek(minBuf); firstNonZero(b) == len(b) {
			return ErrMore
		}
	}
	d := r.zeroTail(0)
	n, toEnd := r.w.zeros(keep)
	if toEnd {
		if err := r.w.err; err != nil && err != io.EOF {
			if stop, ok := r.stop(0, "").(*Damage); ok {
				return stop
			}
		}
		d.Length, d.Message = n, fmt.Sprintf("%d zero bytes at the end", n)
		return d
	}
	d.Kind, d.Message, d.Length = ErrCorrupt, fmt.Sprintf("%d zero bytes where a packet should be", n), n
	return d
}

// note adds a damage to the list, joined to the one before where they touch.
func (r *Reader) note(d *Damage) {
	if n := len(r.damages); n > 0 {
		last := &r.damages[n-1]
		if n >= maxDamages || (last.Packet == d.Packet && last.Offset+last.Length >= d.Offset && last.Kind == d.Kind) {
			last.Length = max(last.Length, d.Offset+d.Length-last.Offset)
			return
		}
	}
	r.damages = append(r.damages, *d)
}

// recover looks for the next place where records follow each other, notes the
// gap, and moves there; false if there is none.
func (r *Reader) recover(d *Damage) bool {
	if d.Kind == ErrZeros || d.Kind == ErrLimit {
		r.note(d)
		return false
	}
	need := r.format.need()
	first := r.w.off == d.Offset // the bad record itself is not to be tried again
	for {
		b := r.w.peek(minBuf)
		i := 0
		if first {
			i = 1
		}
		for ; i+need <= len(b); i++ {
			if b[i] == 0 && i+64 <= len(b) && b[i+63] == 0 && firstNonZero(b[i:i+64]) == 64 {
				i += 64 - need - 1
				continue
			}
			if size, _ := r.format.probe(b[i:]); size == 0 {
				continue
			}
			if r.proven(i) {
				r.w.skip(int64(i))
				d.Length = r.w.off - d.Offset
				if d.Kind == ErrCutShort {
					d.Kind, d.Message = ErrCorrupt, "a length reaches beyond the end of the file"
				}
				r.note(d)
				return true
			}
			b = r.w.peek(minBuf) // proving may have moved the buffer
		}
		first = false
		if i == 0 || !r.w.has(int64(len(b))+1) {
			break
		}
		r.w.skip(int64(i))
	}
	end := r.w.off + int64(len(r.w.peek(minBuf)))
	d.Length = end - d.Offset
	// A file cut while decompressing has a better reason than the record's.
	if stop, ok := r.stop(0, "").(*Damage); ok && d.Kind == ErrCutShort {
		stop.Offset, stop.Length = d.Offset, d.Length
		d = stop
	}
	r.note(d)
	return false
}

// proven follows the records from distance i on, until enough of them stand in
// a row or the file ends exactly behind one. A record read at the wrong byte
// may by chance end at a good one, but hardly with a time near to it.
func (r *Reader) proven(i int) bool {
	need := r.format.need()
	at := int64(i)
	before := uint32(0)
	for k := 0; k < r.format.chain(); k++ {
		if !r.w.has(at + int64(need)) {
			return k > 0 && r.w.has(at) && !r.w.has(at+1)
		}
		b := r.w.side(at, need)
		if b == nil {
			return false
		}
		size, sec := r.format.probe(b)
		if size == 0 || size > mostPeek || !near(before, sec) {
			return false
		}
		before = sec
		at += size
	}
	return r.w.has(at)
}

// near tells times, in seconds, within a day of each other; 0 is no time.
func near(a, b uint32) bool {
	const day = 86400
	return a == 0 || b == 0 || a-b <= day || b-a <= day
}
