package keeper

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// PairFiles is Pair as files, one of which is given to a child process.
func PairFiles() (a, b *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "keeper"), os.NewFile(uintptr(fds[1]), "face"), nil
}
