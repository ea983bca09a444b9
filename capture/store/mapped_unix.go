//go:build unix

package store

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapWindow maps windowLen bytes of f at off, also beyond its present end:
// bytes that a writer adds show up by themselves.
func mapWindow(f *os.File, off int64, n int) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), off, n, unix.PROT_READ, unix.MAP_SHARED)
}

func unmapWindow(b []byte) error { return unix.Munmap(b) }

// blank puts zero pages where a cut file leaves b without bytes, from at on, so
// that slices lent before do not fault a second time.
func blank(b []byte, at int64) {
	page := int64(os.Getpagesize())
	at = (max(at, 0) + page - 1) &^ (page - 1)
	if at >= int64(len(b)) {
		return
	}
	_, _ = unix.MmapPtr(-1, 0, unsafe.Pointer(&b[at]), uintptr(int64(len(b))-at),
		unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_FIXED)
}
