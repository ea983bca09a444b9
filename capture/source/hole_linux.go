package source

import "golang.org/x/sys/unix"

// nextData asks the file system where the next written bytes are, so that a
// hole of many gigabytes costs one call.
func (p plainFile) nextData(off int64) (int64, bool) {
	to, err := unix.Seek(int(p.f.Fd()), off, unix.SEEK_DATA)
	if err == unix.ENXIO { // a hole up to the end
		return max(p.size()-1, off), true
	}
	return to, err == nil
}
