package instance

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// openFolder is enough to reach a name below a folder.
const openFolder = unix.O_PATH

// socketPath reaches the socket through the folder's descriptor, because the
// address of a UNIX socket holds 107 bytes only and folders may be deep.
func socketPath(dir *os.File) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), socketName)
}

// peerUID is the user at the other end, as the kernel saw it connect.
func peerUID(c *net.UnixConn) (int, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var errno error
	if err := raw.Control(func(fd uintptr) {
		cred, errno = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if errno != nil {
		return 0, errno
	}
	return int(cred.Uid), nil
}
