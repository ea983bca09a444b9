package procfs

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// FS reads below one proc mount through a directory handle, so that a path costs
// one lookup from there. Safe for concurrent use; the buffers are the caller's.
type FS struct {
	root string
	fd   int
}

// Open opens a proc tree: "/proc", or a fixture's directory.
func Open(root string) (*FS, error) {
	fd, err := unix.Open(root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", root, err)
	}
	return &FS{root: root, fd: fd}, nil
}

// Close releases the handle.
func (f *FS) Close() error { return unix.Close(f.fd) }

// Root is the path given to Open.
func (f *FS) Root() string { return f.root }

// maxFile bounds what is read of one file; a command line may be 2 MiB and more.
const maxFile = 4 << 20

// Read reads a file relative to the root into buf's capacity, growing it when
// needed, and gives the bytes. Pass the result's [:0] the next time. An empty
// result without error is normal for zombies and kernel threads.
func (f *FS) Read(buf []byte, rel string) ([]byte, error) {
	fd, err := openat(f.fd, rel, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK)
	if err != nil {
		return buf[:0], wrap("open", f.root, rel, err)
	}
	defer unix.Close(fd)
	return readAll(fd, buf, f.root, rel)
}

func readAll(fd int, buf []byte, root, rel string) ([]byte, error) {
	if cap(buf) < 512 {
		buf = make([]byte, 0, 4096)
	}
	buf = buf[:0]
	for {
		if len(buf) == cap(buf) {
			if len(buf) >= maxFile {
				return buf, nil
			}
			buf = slices.Grow(buf, cap(buf))
		}
		n, err := unix.Read(fd, buf[len(buf):cap(buf)])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return buf[:0], wrap("read", root, rel, err)
		}
		if n == 0 {
			return buf, nil
		}
		buf = buf[:len(buf)+n]
	}
}

func openat(dir int, rel string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(dir, rel, flags, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func wrap(act, root, rel string, err error) error {
	return &fs.PathError{Op: act, Path: root + "/" + rel, Err: err}
}

// Gone says that err only means that the process or thread has ended.
func Gone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH)
}

// Denied says that err is a lack of permission.
func Denied(err error) bool {
	return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)
}

// Readlink reads a link (fd/3, exe, cwd, ns/net) without following it. It never
// touches the target, so a dead network mount cannot block it.
func (f *FS) Readlink(rel string) (string, error) {
	for size := 256; ; size *= 4 {
		buf := make([]byte, size)
		n, err := unix.Readlinkat(f.fd, rel, buf)
		if err != nil {
			return "", wrap("readlink", f.root, rel, err)
		}
		if n < size || size > 64<<10 {
			return string(buf[:n]), nil
		}
	}
}

// Owner is the effective user of a process: the owner of its directory, which is
// right for processes that may not be dumped, too (fs/proc/base.c,
// task_dump_owner).
func (f *FS) Owner(pid int) (uint32, error) {
	var st unix.Stat_t
	rel := strconv.Itoa(pid)
	if err := unix.Fstatat(f.fd, rel, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return 0, wrap("stat", f.root, rel, err)
	}
	return st.Uid, nil
}

// PIDs lists the processes in the order of the kernel (ascending), appended to
// pids. Under hidepid these are the caller's own.
func (f *FS) PIDs(pids []int) ([]int, error) { return f.Numbers(pids, ".") }

// Numbers lists the entries of a directory that are decimal numbers: processes,
// threads ("42/task"), descriptors ("42/fd").
func (f *FS) Numbers(nums []int, rel string) ([]int, error) {
	fd, err := openat(f.fd, rel, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return nums, wrap("open", f.root, rel, err)
	}
	defer unix.Close(fd)
	return listNumbers(fd, nums, f.root, rel)
}

func listNumbers(fd int, nums []int, root, rel string) ([]int, error) {
	var buf [8 << 10]byte
	for {
		n, err := unix.ReadDirent(fd, buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nums, wrap("list", root, rel, err)
		}
		if n <= 0 {
			return nums, nil
		}
		nums = direntNumbers(nums, buf[:n])
	}
}

// direntNumbers picks the numeric names out of getdents64 records: inode 8,
// offset 8, record length 2, type 1, name NUL-terminated.
func direntNumbers(nums []int, b []byte) []int {
	for len(b) >= 19 {
		size := int(b[16]) | int(b[17])<<8
		if size < 19 || size > len(b) {
			return nums
		}
		n, digits := 0, 0
		for _, c := range b[19:size] {
			if c < '0' || c > '9' || digits > 9 {
				if c != 0 {
					digits = 0
				}
				break
			}
			n = n*10 + int(c-'0')
			digits++
		}
		if digits > 0 {
			nums = append(nums, n)
		}
		b = b[size:]
	}
	return nums
}

// Dir is an open directory of the tree, for reading many entries of it.
type Dir struct {
	fd  int
	fs  *FS
	rel string
}

// OpenDir opens a directory relative to the root.
func (f *FS) OpenDir(rel string) (Dir, error) {
	fd, err := openat(f.fd, rel, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return Dir{}, wrap("open", f.root, rel, err)
	}
	return Dir{fd, f, rel}, nil
}

// FD is the directory's handle for the *at calls.
func (d Dir) FD() int { return d.fd }

// Close closes it.
func (d Dir) Close() error { return unix.Close(d.fd) }

// Numbers lists the numeric entries, once: the position is not reset.
func (d Dir) Numbers(nums []int) ([]int, error) { return listNumbers(d.fd, nums, d.fs.root, d.rel) }

// Held is a file of the tree that stays open to be read again and again: one
// system call instead of four. A process's file refers to that process alone:
// when it has ended, reading fails with ESRCH even if its number is used again.
type Held int

// Hold opens a file for ReadAgain.
func (f *FS) Hold(rel string) (Held, error) {
	fd, err := openat(f.fd, rel, unix.O_RDONLY|unix.O_CLOEXEC)
	if err != nil {
		return -1, wrap("open", f.root, rel, err)
	}
	return Held(fd), nil
}

// ReadAgain reads the present content from the start. Only for files that the
// kernel makes in one piece (stat, statm, io): a short read ends them.
func (h Held) ReadAgain(buf []byte) ([]byte, error) {
	if cap(buf) < 1024 {
		buf = make([]byte, 0, 4096)
	}
	for {
		n, err := unix.Pread(int(h), buf[:cap(buf)], 0)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return buf[:0], err
		case n < cap(buf):
			return buf[:n], nil
		case n >= maxFile:
			return buf[:n], nil
		default:
			buf = slices.Grow(buf[:0], 2*cap(buf))
		}
	}
}

// Close closes it.
func (h Held) Close() error { return unix.Close(int(h)) }

// ReadOnce is Read for such files: it spares the read that finds the end.
func (f *FS) ReadOnce(buf []byte, rel string) ([]byte, error) {
	h, err := f.Hold(rel)
	if err != nil {
		return buf[:0], err
	}
	defer h.Close()
	if buf, err = h.ReadAgain(buf); err != nil {
		return buf, wrap("read", f.root, rel, err)
	}
	return buf, nil
}
