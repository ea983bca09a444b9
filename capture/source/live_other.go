//go:build !linux

package source

import (
	"fmt"
	"runtime"

	"golang.org/x/net/bpf"

	"sonde/capture/frame"
)

// Live is a running capture; there are none on this system.
type Live struct{}

func unsupported(what string) error {
	return fmt.Errorf("%s: %w, this is %s", what, ErrLiveUnsupported, runtime.GOOS)
}

// OpenLive fails with ErrLiveUnsupported.
func OpenLive(o LiveOptions) (*Live, error) { return nil, unsupported("capture on " + o.Interface) }

// Interfaces fails with ErrLiveUnsupported.
func Interfaces() ([]Device, error) { return nil, unsupported("list interfaces") }

// LinkType fails with ErrLiveUnsupported.
func LinkType(name string) (frame.LinkType, error) { return 0, unsupported("capture on " + name) }

// Info is empty.
func (l *Live) Info() *frame.Info { return &frame.Info{} }

// Next fails with ErrLiveUnsupported.
func (l *Live) Next(*frame.Frame) error { return unsupported("capture") }

// Stop does nothing.
func (l *Live) Stop() {}

// SetFilter fails with ErrLiveUnsupported.
func (l *Live) SetFilter([]bpf.RawInstruction, func([]byte, int) bool) error {
	return unsupported("capture")
}

// Close does nothing.
func (l *Live) Close() error { return nil }

// Stats is empty.
func (l *Live) Stats() (LiveStats, error) { return LiveStats{}, nil }

// InterfaceName is empty.
func (l *Live) InterfaceName(uint32) string { return "" }
