// Package instance is one running server from the outside: its data folder,
// the lock that keeps a second server out, and the control socket through which
// commands on the same host reach it.
//
// Nothing here follows a symbolic link inside the data folder: names below it
// are opened with O_NOFOLLOW relative to the folder.
package instance

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// DefaultDir is where a server keeps its data unless told otherwise. getenv is
// os.Getenv. An ordinary user has the XDG data folder; root, whose home the
// unprivileged part of the program cannot enter, has the state folder that a
// service manager gives, or /var/lib/sonde.
func DefaultDir(getenv func(string) string, uid int) (string, error) {
	if d := getenv("STATE_DIRECTORY"); filepath.IsAbs(d) {
		return d, nil
	}
	if uid == 0 {
		return "/var/lib/sonde", nil
	}
	if d := getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "sonde"), nil
	}
	if h := getenv("HOME"); filepath.IsAbs(h) {
		return filepath.Join(h, ".local", "share", "sonde"), nil
	}
	return "", errors.New("no data folder: neither XDG_DATA_HOME nor HOME is set; use --data DIR")
}

// Owner is the user that the data folder and everything in it belongs to.
type Owner struct{ UID, GID int }

// OpenDir makes the data folder if it is missing, checks that it may be used,
// gives it to its owner, and opens it. The folder is 0700. A folder that holds
// other people's files is not taken over.
func OpenDir(path string, owner Owner) (*os.File, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
			return nil, fmt.Errorf("open data folder %s: not a folder (symbolic links are not followed)", path)
		}
		return nil, fmt.Errorf("open data folder %s: %w", path, err)
	}
	f := os.NewFile(uintptr(fd), path)
	if err := claim(f, owner); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func claim(f *os.File, owner Owner) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return fmt.Errorf("open data folder %s: %w", f.Name(), err)
	}
	if int(st.Uid) != owner.UID {
		if os.Geteuid() != 0 {
			return fmt.Errorf("data folder %s belongs to another user (uid %d); use --data DIR", f.Name(), st.Uid)
		}
		names, err := f.Readdirnames(1)
		if len(names) > 0 {
			return fmt.Errorf("data folder %s has files in it and belongs to uid %d, not to uid %d, which serves the pages; use an empty one with --data DIR",
				f.Name(), st.Uid, owner.UID)
		} else if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read data folder: %w", err)
		}
		if err := f.Chown(owner.UID, owner.GID); err != nil {
			return fmt.Errorf("give data folder to uid %d: %w", owner.UID, err)
		}
	}
	if st.Mode&0o077 != 0 {
		if err := f.Chmod(0o700); err != nil {
			return fmt.Errorf("close data folder to others: %w", err)
		}
	}
	return nil
}

// Running says that another server has the data folder.
type Running struct {
	Dir string
	PID int // 0 when its lock file could not be read
}

func (r *Running) Error() string {
	if r.PID == 0 {
		return fmt.Sprintf("another sonde uses %s", r.Dir)
	}
	return fmt.Sprintf("another sonde (pid %d) uses %s; `sonde url` gives a link to it, --data DIR starts a second one", r.PID, r.Dir)
}

// Lock keeps other servers out of a data folder until Release, or until the
// process ends in whatever way: the kernel drops it then.
type Lock struct{ f *os.File }

// Acquire takes the lock of an open data folder, or returns *Running.
func Acquire(dir *os.File) (*Lock, error) {
	fd, err := unix.Openat(int(dir.Fd()), "lock", unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open %s/lock: %w", dir.Name(), err)
	}
	f := os.NewFile(uintptr(fd), "lock")
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("open %s/lock: not a plain file", dir.Name())
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		r := &Running{Dir: dir.Name()}
		_, _ = fmt.Fscan(f, &r.PID)
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, r
		}
		return nil, fmt.Errorf("lock %s: %w", dir.Name(), err)
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil { // a full disk is no reason not to serve; the lock holds
		_ = f.Truncate(0)
	}
	return &Lock{f}, nil
}

// Release lets the next server in.
func (l *Lock) Release() { l.f.Close() }
