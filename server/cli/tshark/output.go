package tshark

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"sonde/capture/frame"
	"sonde/capture/sink"
)

// output is -w: a file, the standard output, or a ring of files.
type output struct {
	w     sink.Sink
	ring  *sink.Ring
	files int // that were begun
	size  interface{ Size() int64 }
	zip   *gzip.Writer
	file  io.Closer
}

// types are the file types of -F that are written.
var types = [...]struct{ name, what string }{
	{"pcap", "Wireshark/tcpdump/... - pcap"},
	{"pcapng", "Wireshark/... - pcapng"},
	{"nsecpcap", "Wireshark/tcpdump/... - nanosecond pcap"},
}

// fileType checks -F before anything is captured.
func (o *options) checkFileType() error {
	switch o.fileType {
	case "", "pcapng", "pcap", "libpcap", "nsecpcap", "nseclibpcap":
		return nil
	}
	var b strings.Builder
	for _, t := range types {
		fmt.Fprintf(&b, "\n    %s - %s", t.name, t.what)
	}
	return usagef("%q isn't a valid capture file type\ntshark: The available capture file types for the \"-F\" flag are:%s", o.fileType, b.String())
}

func (o *options) newSink(w io.Writer, info *frame.Info) (sink.Sink, error) {
	link := frame.LinkEthernet
	if len(info.Interfaces) > 0 {
		link = info.Interfaces[0].Link
	}
	switch o.fileType {
	case "pcap", "libpcap":
		return sink.NewPcap(w, link, false)
	case "nsecpcap", "nseclibpcap":
		return sink.NewPcap(w, link, true)
	}
	return sink.NewPcapng(w, info)
}

func (j *job) newOutput(info *frame.Info) (*output, error) {
	o := j.o
	if len(o.captureComment) > 0 {
		info.Comments = append(info.Comments, o.captureComment...)
	}
	if o.turn.asked {
		return j.newRing(info)
	}
	x := &output{files: 1}
	var dst io.Writer = j.out
	if o.write != "-" {
		f, err := create(o.write)
		if err != nil {
			return nil, err
		}
		dst, x.file = f, f
	}
	if o.compress == "gzip" || o.compress == "" && strings.HasSuffix(o.write, ".gz") {
		x.zip = gzip.NewWriter(dst)
		dst = x.zip
	}
	w, err := o.newSink(dst, info)
	if err != nil {
		x.shut()
		return nil, failf(exitFile, "%v", err)
	}
	x.w = w
	x.size, _ = w.(interface{ Size() int64 })
	return x, nil
}

// create makes the file to save to; its words are tshark's.
func create(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, os.ErrNotExist):
		return nil, failf(exitOpen, "The path to the file %q doesn't exist.", name)
	case errors.Is(err, os.ErrPermission):
		return nil, failf(exitOpen, "You don't have permission to create or write to the file %q.", name)
	case errors.Is(err, syscall.EISDIR):
		return nil, failf(exitOpen, "%q is a directory (folder), not a file.", name)
	}
	return nil, failf(exitOpen, "The file %q could not be created: %v.", name, errors.Unwrap(err))
}

func (j *job) newRing(info *frame.Info) (*output, error) {
	o := j.o
	x := &output{}
	opt := sink.RingOptions{
		Path: o.write, Files: int(o.turn.files), FileSize: o.turn.filesize, Packets: o.turn.packets, Duration: o.turn.duration,
		Interval: o.turn.interval, TimeFirst: o.turn.timeFirst,
		New:    func(w io.Writer) (sink.Sink, error) { return o.newSink(w, info) },
		Opened: func(string) { x.files++ },
	}
	if o.turn.filesize == 0 && o.turn.packets == 0 && o.turn.duration == 0 && o.turn.interval == 0 {
		return nil, usagef("Ring buffer requested, but no maximum capture file size, duration, interval or packets were specified.")
	}
	switch name := o.turn.printName; name {
	case "":
	case "stdout", "-":
		opt.Closed = func(path string) { fmt.Fprintln(j.out, path) }
	case "stderr":
		opt.Closed = func(path string) { fmt.Fprintln(j.stderr, path) }
	default:
		f, err := create(name)
		if err != nil {
			return nil, err
		}
		x.file = f
		opt.Closed = func(path string) { fmt.Fprintln(f, path) }
	}
	r, err := sink.NewRing(opt)
	if err != nil {
		return nil, failf(exitOpen, "%v", err)
	}
	x.ring, x.w = r, r
	return x, nil
}

func (x *output) write(f *frame.Frame) error { return x.w.Write(f) }

// enough tells whether a limit on what is written is reached.
func (x *output) enough(l limits) bool {
	if l.filesize > 0 && x.size != nil && x.size.Size() >= l.filesize {
		return true
	}
	return l.files > 0 && int64(x.files) > l.files
}

// close ends what is written.
func (x *output) close() error {
	err := x.w.Close()
	return errors.Join(err, x.shut())
}

func (x *output) shut() (err error) {
	if x.zip != nil {
		err = x.zip.Close()
	}
	if x.file != nil {
		err = errors.Join(err, x.file.Close())
	}
	return err
}

// tick is what a capture does beside its packets.
func (j *job) tick() error {
	if j.sink == nil {
		return nil
	}
	if j.sink.ring != nil {
		if err := j.sink.ring.Tick(); err != nil {
			return failf(exitFile, "%v", err)
		}
	}
	return nil
}

func isPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
