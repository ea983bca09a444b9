package tshark

import (
	"errors"
	"io"
	"os"
	"syscall"

	"sonde/capture/frame"
	"sonde/capture/sink"
)

// writer is a sink of either format.
type writer interface {
	Write(f *frame.Frame) error
	Close() error
}

// output is -w.
type output struct {
	w    writer
	file io.Closer
}

func newOutput(o *options, info *frame.Info) (*output, error) {
	var dst io.Writer = os.Stdout
	var file io.Closer
	if o.write != "-" {
		f, err := os.OpenFile(o.write, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, failf(exitFile, "The file to which the capture would be saved (%q) could not be opened: %v.", o.write, errors.Unwrap(err))
		}
		dst, file = f, f
	}
	link := frame.LinkEthernet
	if len(info.Interfaces) > 0 {
		link = info.Interfaces[0].Link
	}
	var w writer
	var err error
	switch o.fileType {
	case "", "pcapng":
		w, err = sink.NewPcapng(dst, info)
	case "pcap", "libpcap":
		w, err = sink.NewPcap(dst, link, false)
	case "nsecpcap", "nseclibpcap":
		w, err = sink.NewPcap(dst, link, true)
	default:
		return nil, usagef("%q isn't a valid capture file type. It must be one of: pcap, pcapng, nsecpcap", o.fileType)
	}
	if err != nil {
		return nil, failf(exitFile, "%v", err)
	}
	return &output{w: w, file: file}, nil
}

func (x *output) write(f *frame.Frame) error { return x.w.Write(f) }

func (x *output) close() error {
	err := x.w.Close()
	if x.file != nil {
		err = errors.Join(err, x.file.Close())
	}
	return err
}

func isPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
