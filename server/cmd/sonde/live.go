package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"sonde/capture/cfilter"
	"sonde/capture/frame"
	"sonde/capture/source"
	"sonde/server/keeper"
	"sonde/server/wire"
)

// ringIdle is how often a quiet ring lets its recorder see to other things.
const ringIdle = 50 * time.Millisecond

// openRing opens an interface for the recorder, with the filter that the face
// compiled; the kernel verifies it.
func openRing(spec keeper.LiveSpec) (keeper.Ring, error) {
	l, err := source.OpenLive(source.LiveOptions{Interface: spec.Interface, Filter: spec.Program, SnapLen: spec.SnapLen,
		Promiscuous: spec.Promiscuous, Idle: ringIdle})
	if err != nil {
		return nil, err
	}
	if spec.Program != nil && l.Link() != spec.Link {
		l.Close()
		return nil, &keeper.Error{Code: keeper.Invalid, Message: fmt.Sprintf("the filter was made for %s, but %s gives %s", spec.Link, spec.Interface, l.Link())}
	}
	return ring{l}, nil
}

// ring is a live source in the recorder's words.
type ring struct{ *source.Live }

func (r ring) Next(f *frame.Frame) error {
	err := r.Live.Next(f)
	if err == source.ErrMore {
		return keeper.ErrIdle
	}
	return err
}

func (r ring) Counts() (received, dropped uint64) {
	s, err := r.Live.Stats()
	if err != nil { // the last counts stand
		return s.Received, s.Dropped
	}
	return s.Received, s.Dropped
}

// liveSpec compiles a request for the keeper. own is the filter of the traffic
// that carries the pages; it is left out, and the capture says so.
func liveSpec(w wire.LiveSpec, own string) (keeper.LiveSpec, error) {
	spec := keeper.LiveSpec{Interface: w.Interface, Filter: w.Filter, SnapLen: w.Snaplen, Promiscuous: w.Promisc,
		Files: w.Ring.Files, FileSize: w.Ring.FileSize,
		StopPackets: uint64(max(w.Stop.Packets, 0)), StopAfter: time.Duration(w.Stop.Duration * float64(time.Second))}
	link, err := source.LinkType(w.Interface)
	if err != nil {
		return spec, fmt.Errorf("capture on %s: %w", w.Interface, err)
	}
	spec.Link = link
	o := cfilter.Options{Link: link, SnapLen: w.Snaplen, Live: true, Resolve: resolve}
	text := ""
	if w.Filter != "" { // alone first: positions of mistakes are in the text as it was typed
		if _, err := cfilter.CompileOptions(w.Filter, o); err != nil {
			return spec, filterError(err)
		}
		text = w.Filter
	}
	if own != "" {
		if _, err := cfilter.CompileOptions(own, o); err == nil { // not every link carries TCP
			spec.Excluded = own
			text = without(own, text)
		}
	}
	if text == "" {
		return spec, nil
	}
	p, err := cfilter.CompileOptions(text, o)
	if err != nil {
		return spec, filterError(err)
	}
	spec.Program = p.Raw()
	return spec, nil
}

func filterError(err error) error {
	var e *cfilter.Error
	if !errors.As(err, &e) {
		return err
	}
	return &wire.Error{Code: wire.BadFilter, Message: e.Message, Remedy: e.Remedy, At: &e.At, Length: &e.Length}
}

// resolve finds the addresses of a host name in a filter.
func resolve(name string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
}
