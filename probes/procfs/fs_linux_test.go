package procfs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFSReadsATree(t *testing.T) {
	root := t.TempDir()
	big := strings.Repeat("x", 100_000)
	for name, text := range map[string]string{"1/stat": "one", "42/cmdline": big, "4x/stat": "", "self/stat": "", "42/fd/0": "", "42/fd/17": ""} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fs, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	pids, err := fs.PIDs(nil)
	slices.Sort(pids)
	if err != nil || !slices.Equal(pids, []int{1, 42}) {
		t.Errorf("pids %v, %v", pids, err)
	}
	fds, err := fs.Numbers(nil, "42/fd")
	slices.Sort(fds)
	if err != nil || !slices.Equal(fds, []int{0, 17}) {
		t.Errorf("fds %v, %v", fds, err)
	}
	buf, err := fs.Read(nil, "1/stat")
	if err != nil || string(buf) != "one" {
		t.Errorf("%q, %v", buf, err)
	}
	if buf, err = fs.Read(buf, "42/cmdline"); err != nil || string(buf) != big {
		t.Errorf("%d bytes, %v", len(buf), err)
	}
	if _, err = fs.Read(buf, "43/stat"); !Gone(err) || Denied(err) {
		t.Errorf("a process that is not there: %v", err)
	}
}

func TestDenied(t *testing.T) {
	if !Denied(wrap("open", "/proc", "1/fd", unix.EACCES)) || Gone(unix.EACCES) {
		t.Error("EACCES is a lack of permission")
	}
	if !Gone(wrap("read", "/proc", "1/stat", unix.ESRCH)) {
		t.Error("ESRCH is a process that ended")
	}
}

// The own process, by two ways.
func TestOwnProcessAgreesWithTheKernel(t *testing.T) {
	fs, err := Open("/proc")
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	defer fs.Close()
	b, err := fs.Read(nil, "self/stat")
	if err != nil {
		t.Fatal(err)
	}
	var s Stat
	if err := ParseStat(b, &s, ""); err != nil {
		t.Fatal(err)
	}
	if s.PID != os.Getpid() || s.PPID != os.Getppid() || s.Session == 0 && s.PGRP == 0 {
		t.Errorf("got %+v", s)
	}
	if b, err = fs.Read(b, "self/cmdline"); err != nil || !slices.Equal(Cmdline(b), os.Args) {
		t.Errorf("%q, want %q", Cmdline(b), os.Args)
	}
}

func FuzzDirent(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 4, '4', '2', 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) { direntNumbers(nil, b) })
}
