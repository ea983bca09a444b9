//go:build unix && !linux

package instance

import (
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const openFolder = unix.O_RDONLY

func socketPath(dir *os.File) string { return filepath.Join(dir.Name(), socketName) }

// peerUID trusts the mode of folder and socket (0700, 0600).
func peerUID(*net.UnixConn) (int, error) { return os.Geteuid(), nil }
