package probes

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestSignalReachesTheProcessThatWasSeen(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	pid := cmd.Process.Pid
	st, err := readStat(system, pid)
	if err != nil {
		t.Fatal(err)
	}
	// The same number with another start time is another process.
	for _, start := range []uint64{st.Start + 1, st.Start - 1} {
		if err := Signal(pid, start, 15, ActOptions{}); !errors.Is(err, ErrGone) {
			t.Errorf("start %d: %v", start, err)
		}
	}
	if err := Signal(pid, 0, 15, ActOptions{}); !errors.Is(err, ErrArgs) {
		t.Errorf("no start time: %v", err)
	}
	if !Alive(pid, st.Start) || Alive(pid, st.Start+1) {
		t.Error("Alive does not tell processes apart")
	}
	if err := Signal(pid, st.Start, 15, ActOptions{}); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("ended by %v", err)
	}
	if err := Signal(pid, st.Start, 15, ActOptions{}); !errors.Is(err, ErrGone) {
		t.Errorf("a second time: %v", err)
	}
	if Alive(pid, st.Start) {
		t.Error("still alive")
	}
}

func TestSignalToAZombieIsGone(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	pid := cmd.Process.Pid
	st, err := readStat(system, pid)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	_ = cmd.Process.Kill()
	// Nobody waits for it yet: it becomes a zombie as soon as it has ended.
	for Alive(pid, st.Start) {
	}
	if err := Signal(pid, st.Start, 9, ActOptions{}); !errors.Is(err, ErrGone) {
		t.Errorf("zombie: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	self, err := readStat(system, os.Getpid())
	if err != nil {
		t.Skip(err)
	}
	parent, perr := readStat(system, os.Getppid())
	init, ierr := readStat(system, 1)
	for _, c := range []struct {
		name  string
		pid   int
		start uint64
		want  error
		skip  error
	}{
		{"own group", 0, 1, ErrRefused, nil},
		{"everyone", -1, 1, ErrRefused, nil},
		{"a group", -os.Getpid(), 1, ErrRefused, nil},
		{"itself", os.Getpid(), self.Start, ErrRefused, nil},
		{"its parent", os.Getppid(), parent.Start, ErrRefused, perr},
		{"init", 1, init.Start, ErrRefused, ierr},
		{"beyond all numbers", 1 << 31, 1, ErrGone, nil},
	} {
		if c.skip != nil {
			continue
		}
		// Signal 0 does nothing even if a refusal were missing.
		if err := Signal(c.pid, c.start, 0, ActOptions{}); !errors.Is(err, c.want) {
			t.Errorf("signal to %s: %v", c.name, err)
		}
		if c.pid <= 0 {
			if err := Signal(c.pid, c.start, 0, ActOptions{Force: true}); !errors.Is(err, ErrRefused) {
				t.Errorf("forced signal to %s: %v", c.name, err)
			}
			if err := Renice(c.pid, c.start, 1, ActOptions{Force: true}); !errors.Is(err, ErrRefused) {
				t.Errorf("forced renice of %s: %v", c.name, err)
			}
		}
	}
	if err := Signal(os.Getpid(), self.Start, 0, ActOptions{Force: true}); err != nil {
		t.Errorf("forced signal 0 to itself: %v", err)
	}
	if k, err := readStat(system, 2); err == nil && k.KernelThread() {
		if err := Signal(2, k.Start, 0, ActOptions{}); !errors.Is(err, ErrRefused) {
			t.Errorf("kernel thread: %v", err)
		}
	}
	for _, sig := range []int{-1, 65} {
		if err := Signal(os.Getpid(), self.Start, sig, ActOptions{Force: true}); !errors.Is(err, ErrArgs) {
			t.Errorf("signal %d: %v", sig, err)
		}
	}
}

func TestRenice(t *testing.T) {
	pid, start := sleeper(t, "sleep", "1000")
	if err := Renice(pid, start, 7, ActOptions{}); err != nil {
		t.Fatal(err)
	}
	st, err := readStat(system, pid)
	if err != nil || st.Nice != 7 {
		t.Errorf("nice %d, %v", st.Nice, err)
	}
	if err := Renice(pid, start+1, 8, ActOptions{}); !errors.Is(err, ErrGone) {
		t.Errorf("another start time: %v", err)
	}
	if err := Renice(pid, start, 20, ActOptions{}); !errors.Is(err, ErrArgs) {
		t.Errorf("nice 20: %v", err)
	}
	if os.Geteuid() == 0 {
		// Another user, who may not.
		out, err := exec.Command("setpriv", "--reuid", "65534", "--clear-groups", os.Args[0], "-test.run", "^TestHelperActs$", "-test.v", "-act", strconv.Itoa(pid)+":"+strconv.FormatUint(start, 10)).CombinedOutput()
		if err != nil {
			t.Skipf("cannot run as another user: %v %s", err, out)
		}
		if !strings.Contains(string(out), "signal: permission denied") || !strings.Contains(string(out), "CAP_KILL") || !strings.Contains(string(out), "CAP_SYS_NICE") {
			t.Errorf("as another user: %s", out)
		}
	}
}
