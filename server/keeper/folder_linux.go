package keeper

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"sonde/server/sandbox"
)

// folder is a capture's folder, open. All names are opened relative to it,
// without following links, with the file-system identity of its owner: the
// kernel refuses the keeper what it would refuse the face. It never reads.
type folder struct {
	fd       int
	path     string // relative to the data folder, for people
	uid, gid int    // -1: this process's own
}

func makeFolder(data *os.File, id string, uid, gid int) (*folder, error) {
	f := &folder{fd: -1, path: liveDir + "/" + id, uid: uid, gid: gid}
	err := sandbox.As(uid, gid, func() error {
		at := int(data.Fd())
		if err := unix.Mkdirat(at, liveDir, 0o700); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("make folder %s: %w", liveDir, err)
		}
		live, err := unix.Openat(at, liveDir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open folder %s: %w", liveDir, err)
		}
		defer unix.Close(live)
		if err := unix.Mkdirat(live, id, 0o700); err != nil {
			return fmt.Errorf("make folder %s: %w", f.path, err)
		}
		if f.fd, err = unix.Openat(live, id, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0); err != nil {
			return fmt.Errorf("open folder %s: %w", f.path, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (f *folder) close() { unix.Close(f.fd) }

// create makes a new file for writing; one that is there already is an error.
func (f *folder) create(name string) (*os.File, error) {
	var fd int
	err := sandbox.As(f.uid, f.gid, func() (err error) {
		fd, err = unix.Openat(f.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create %s/%s: %w", f.path, name, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

func (f *folder) remove(name string) error {
	return sandbox.As(f.uid, f.gid, func() error { return unix.Unlinkat(f.fd, name, 0) })
}

func (f *folder) rename(from, to string) error {
	return sandbox.As(f.uid, f.gid, func() error { return unix.Renameat(f.fd, from, f.fd, to) })
}

// reserve takes the room for the last words.
func (f *folder) reserve() error {
	w, err := f.create(reserveName)
	if err != nil {
		return err
	}
	defer w.Close()
	err = unix.Fallocate(int(w.Fd()), 0, 0, reserveSize)
	if errors.Is(err, unix.EOPNOTSUPP) {
		_, err = w.Write(make([]byte, reserveSize))
	}
	return err
}

// gone tells that the folder or the file was removed by somebody.
func (f *folder) gone(file *os.File) bool {
	var st unix.Stat_t
	if unix.Fstat(f.fd, &st) == nil && st.Nlink == 0 {
		return true
	}
	return file != nil && unix.Fstat(int(file.Fd()), &st) == nil && st.Nlink == 0
}

// free is the room left for the owner, in bytes.
func (f *folder) free() (int64, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(f.fd, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * st.Bsize, nil
}

// removeFolder removes an empty capture's folder.
func removeFolder(data *os.File, id string, uid, gid int) {
	_ = sandbox.As(uid, gid, func() error {
		live, err := unix.Openat(int(data.Fd()), liveDir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(live)
		return unix.Unlinkat(live, id, unix.AT_REMOVEDIR)
	})
}
