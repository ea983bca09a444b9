package main

import (
	"errors"
	"net/netip"

	"sonde/capture/cfilter"
	"sonde/capture/frame"
	"sonde/capture/session"
)

// checkCapture says whether a capture filter compiles, for a dialog that asks
// while it is typed; the interface is not known yet, so Ethernet stands for it.
// Host names are taken as they are: looking them up would send every half-typed
// word to the resolver. They are looked up when the capture starts.
func checkCapture(text string) session.FilterCheck {
	_, err := cfilter.CompileOptions(text, cfilter.Options{Link: frame.LinkEthernet, Live: true,
		Resolve: func(string) ([]netip.Addr, error) { return []netip.Addr{netip.IPv4Unspecified()}, nil }})
	if err == nil {
		return session.FilterCheck{OK: true}
	}
	var e *cfilter.Error
	if !errors.As(err, &e) {
		return session.FilterCheck{Error: &session.FilterError{Message: err.Error(), Length: len(text)}}
	}
	message := e.Message
	if e.Remedy != "" {
		message += ": " + e.Remedy
	}
	return session.FilterCheck{Error: &session.FilterError{Message: message, At: e.At, Length: e.Length}}
}
