package probes

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"sonde/probes/procfs"
)

// ActOptions lift a refusal after a second confirmation.
type ActOptions struct {
	// Force allows process 1, kernel threads, this program and its parents.
	// Groups (pid 0 and below) are never allowed.
	Force bool
}

// Signal sends sig to the process that was seen as (pid, start), start being
// field 22 of /proc/PID/stat. The process is held by a pidfd before its start
// time is compared, so a number given to another process in between is safe: the
// answer is ErrGone and nothing is sent.
//
// Errors are of kind ErrGone, ErrPermission, ErrRefused or ErrArgs. A zombie
// takes signals without effect and is reported as gone.
func Signal(pid int, start uint64, sig int, o ActOptions) error {
	act := fmt.Sprintf("signal %d to process %d", sig, pid)
	// 0 only asks whether the process is there; 64 is SIGRTMAX.
	if sig < 0 || sig > 64 {
		return fmt.Errorf("%s: %w", act, ErrArgs)
	}
	fd, err := hold(system, pid, start, o)
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, unix.Signal(sig), nil, 0); err != nil {
		return fmt.Errorf("%s: %w", act, actKind(err, "CAP_KILL"))
	}
	return nil
}

// Renice sets the nice value of every thread of the process seen as (pid,
// start), as renice does for one process. Linux keeps nice values per thread;
// threads that end meanwhile are passed over.
func Renice(pid int, start uint64, nice int, o ActOptions) error {
	act := fmt.Sprintf("renice process %d to %d", pid, nice)
	if nice < -20 || nice > 19 {
		return fmt.Errorf("%s: %w", act, ErrArgs)
	}
	fd, err := hold(system, pid, start, o)
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	defer unix.Close(fd)
	fs, err := system.openProc()
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	defer fs.Close()
	tids, err := fs.Numbers(nil, strconv.Itoa(pid)+"/task")
	if err != nil {
		return fmt.Errorf("%s: %w", act, kind(err))
	}
	for _, tid := range tids {
		// setpriority takes numbers, not pidfds. While the process lives its thread
		// numbers below task/ are its own; that it does is asked before each call.
		if !alive(fd) {
			return fmt.Errorf("%s: %w", act, ErrGone)
		}
		if err := unix.Setpriority(unix.PRIO_PROCESS, tid, nice); err != nil && err != unix.ESRCH {
			return fmt.Errorf("%s: %w", act, actKind(err, "CAP_SYS_NICE"))
		}
	}
	return nil
}

// Alive says whether the process seen as (pid, start) still runs; a zombie does
// not. For "still alive after 2 s" behind a signal.
func Alive(pid int, start uint64) bool {
	st, err := readStat(system, pid)
	return err == nil && st.Start == start && st.State != 'Z' && st.State != 'X'
}

func actKind(err error, capability string) error {
	switch {
	case errors.Is(err, unix.ESRCH):
		return ErrGone
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w (needs the same user or %s)", ErrPermission, capability)
	}
	return err
}

// hold checks the refusals, opens a pidfd, then compares the start time.
func hold(r roots, pid int, start uint64, o ActOptions) (int, error) {
	switch {
	case pid == 0:
		return -1, fmt.Errorf("%w: pid 0 is the caller's whole process group", ErrRefused)
	case pid == -1:
		return -1, fmt.Errorf("%w: pid -1 is every process", ErrRefused)
	case pid < 0:
		return -1, fmt.Errorf("%w: a negative pid is a process group", ErrRefused)
	case pid > 1<<22: // PID_MAX_LIMIT
		return -1, ErrGone
	case start == 0:
		// Only process 1 and the kernel's first threads may have started in tick 0.
		if pid != 1 && pid != 2 {
			return -1, fmt.Errorf("start time missing: %w", ErrArgs)
		}
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		if err == unix.EINVAL {
			return -1, ErrGone // a thread's number, not a process's
		}
		return -1, actKind(err, "CAP_KILL")
	}
	st, err := readStat(r, pid)
	if err == nil {
		switch {
		case st.Start != start || st.State == 'Z' || st.State == 'X':
			err = ErrGone
		case o.Force:
		case st.KernelThread():
			err = fmt.Errorf("%w: a thread of the kernel; needs force", ErrRefused)
		default:
			err = danger(r, pid)
		}
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// danger names what a second confirmation should name.
func danger(r roots, pid int) error {
	switch pid {
	case 1:
		return fmt.Errorf("%w: process 1 is the init of this system; needs force", ErrRefused)
	case os.Getpid():
		return fmt.Errorf("%w: this is sonde itself; needs force", ErrRefused)
	}
	for p, n := os.Getppid(), 0; p > 1 && n < 64; n++ {
		if p == pid {
			return fmt.Errorf("%w: sonde runs below this process; needs force", ErrRefused)
		}
		st, err := readStat(r, p)
		if err != nil {
			break
		}
		p = st.PPID
	}
	return nil
}

func readStat(r roots, pid int) (procfs.Stat, error) {
	var st procfs.Stat
	fs, err := r.openProc()
	if err != nil {
		return st, err
	}
	defer fs.Close()
	b, err := fs.Read(nil, strconv.Itoa(pid)+"/stat")
	if err != nil {
		return st, kind(err)
	}
	if err := procfs.ParseStat(b, &st, ""); err != nil {
		return st, ErrGone
	}
	return st, nil
}

// alive asks a pidfd without sending anything: signal 0.
func alive(fd int) bool { return unix.PidfdSendSignal(fd, 0, nil, 0) != unix.ESRCH }
