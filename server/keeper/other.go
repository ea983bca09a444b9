//go:build !linux

package keeper

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"sonde/capture/frame"
	"sonde/server/sandbox"
)

// PairFiles needs Linux: elsewhere the program is one process, and Pair is
// enough for that.
func PairFiles() (a, b *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make socket pair: %w", err)
	}
	syscall.CloseOnExec(fds[0])
	syscall.CloseOnExec(fds[1])
	return os.NewFile(uintptr(fds[0]), "keeper"), os.NewFile(uintptr(fds[1]), "face"), nil
}

// Report says what works on this system.
func Report(sandbox.Caps, string) []Feature {
	missing := "sonde has this on Linux only"
	return []Feature{
		{Name: "files", Title: "open capture files", Works: true},
		{Name: "capture", Title: "capture live packets", Reason: missing},
		{Name: "own-processes", Title: "processes, files and sockets of this user", Reason: missing},
	}
}

// ListDevices lists interfaces by name; nothing can be captured on them here.
func ListDevices() ([]Device, error) {
	ifs, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var list []Device
	for _, i := range ifs {
		list = append(list, Device{Name: i.Name, Index: i.Index, MTU: i.MTU, Link: frame.LinkEthernet,
			Up: i.Flags&net.FlagUp != 0, Running: i.Flags&net.FlagRunning != 0, Loopback: i.Flags&net.FlagLoopback != 0})
	}
	return list, nil
}

// folder is a capture's folder by path.
type folder struct {
	full, path string
}

func makeFolder(data *os.File, id string, _, _ int) (*folder, error) {
	f := &folder{full: filepath.Join(data.Name(), liveDir, id), path: liveDir + "/" + id}
	if err := os.MkdirAll(f.full, 0o700); err != nil {
		return nil, fmt.Errorf("make folder %s: %w", f.path, err)
	}
	return f, nil
}

func (f *folder) close() {}

func (f *folder) create(name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(f.full, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (f *folder) remove(name string) error { return os.Remove(filepath.Join(f.full, name)) }

func (f *folder) rename(from, to string) error {
	return os.Rename(filepath.Join(f.full, from), filepath.Join(f.full, to))
}

func (f *folder) reserve() error { return nil }

func (f *folder) gone(*os.File) bool {
	_, err := os.Stat(f.full)
	return errors.Is(err, os.ErrNotExist)
}

func (f *folder) free() (int64, error) { return 0, errors.ErrUnsupported }

func removeFolder(data *os.File, id string, _, _ int) {
	_ = os.Remove(filepath.Join(data.Name(), liveDir, id))
}
