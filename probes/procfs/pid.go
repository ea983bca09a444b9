// Package procfs reads the proc file system: pure parsers over the bytes of one
// file, and a reader (FS) that opens files below a given root, so that fixture
// trees can stand in for /proc.
//
// Parsers keep nothing of the bytes they are given except by copying. Names and
// command lines come from other users and are hostile text: they are returned as
// they are, and escaped where they are shown.
package procfs

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// ErrFormat is returned for a file that does not have its documented form; the
// usual cause is a process that ended while it was being read.
var ErrFormat = errors.New("unexpected format")

// TicksPerSecond is USER_HZ: 100 on every usual port of Linux (AT_CLKTCK).
const TicksPerSecond = 100

// Stat is /proc/PID/stat (proc_pid_stat(5)). Times are in ticks.
type Stat struct {
	PID                    int
	Comm                   string // may hold spaces, parentheses and newlines
	State                  byte
	PPID, PGRP, Session    int
	TTY, TPGID             int
	Flags                  uint64 // PF_*: bit 0x00200000 marks kernel threads
	MinFlt, MajFlt         uint64
	UTime, STime           uint64
	CUTime, CSTime         uint64
	Priority, Nice         int
	Threads                int
	Start                  uint64 // ticks since boot: with PID, the identity
	VSize                  uint64 // bytes
	RSS                    int64  // pages
	Processor, RTPrio      int
	Policy                 int
	BlkIODelay, GuestTicks uint64
}

// KernelThread says whether the process has PF_KTHREAD (include/linux/sched.h).
func (s *Stat) KernelThread() bool { return s.Flags&0x00200000 != 0 }

// ParseStat parses /proc/PID/stat or /proc/PID/task/TID/stat. The name ends at
// the last ")": it may hold any byte itself. prevComm is returned as the name
// when equal, which saves an allocation for each process and pass.
func ParseStat(b []byte, s *Stat, prevComm string) error {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 2 || end < open || end+3 > len(b) {
		return ErrFormat
	}
	*s = Stat{}
	pid, ok := atou(b[:open-1])
	if !ok || b[open-1] != ' ' {
		return ErrFormat
	}
	s.PID = int(pid)
	if comm := b[open+1 : end]; string(comm) == prevComm {
		s.Comm = prevComm
	} else {
		s.Comm = string(comm)
	}
	f := fields{b: b[end+1:]}
	st := f.next()
	if len(st) != 1 {
		return ErrFormat
	}
	s.State = st[0]
	s.PPID, s.PGRP, s.Session = f.int(), f.int(), f.int() // 4 5 6
	s.TTY, s.TPGID = f.int(), f.int()                     // 7 8
	s.Flags = f.uint()                                    // 9
	s.MinFlt, _, s.MajFlt, _ = f.uint(), f.uint(), f.uint(), f.uint()
	s.UTime, s.STime = f.uint(), f.uint()   // 14 15
	s.CUTime, s.CSTime = f.uint(), f.uint() // 16 17 (signed in the kernel, never negative)
	s.Priority, s.Nice = f.int(), f.int()   // 18 19
	s.Threads = f.int()                     // 20
	f.next()                                // 21 itrealvalue, always 0
	s.Start, s.VSize = f.uint(), f.uint()   // 22 23
	s.RSS = int64(f.int())                  // 24
	if f.bad {
		return ErrFormat
	}
	f.skip(14)                                      // 25 rsslim to 38 exit_signal
	s.Processor, s.RTPrio = f.int(), f.int()        // 39 40
	s.Policy = f.int()                              // 41
	s.BlkIODelay, s.GuestTicks = f.uint(), f.uint() // 42 43
	return nil                                      // the tail is missing on old kernels
}

// fields walks space-separated words of one line.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) next() []byte {
	i := 0
	for i < len(f.b) && (f.b[i] == ' ' || f.b[i] == '\n' || f.b[i] == '\t') {
		i++
	}
	j := i
	for j < len(f.b) && f.b[j] != ' ' && f.b[j] != '\n' && f.b[j] != '\t' {
		j++
	}
	w := f.b[i:j]
	f.b = f.b[j:]
	return w
}

func (f *fields) skip(n int) {
	for range n {
		f.next()
	}
}

func (f *fields) uint() uint64 {
	n, ok := atou(f.next())
	if !ok {
		f.bad = true
	}
	return n
}

func (f *fields) int() int {
	w := f.next()
	neg := len(w) > 0 && w[0] == '-'
	if neg {
		w = w[1:]
	}
	n, ok := atou(w)
	if !ok || n > 1<<63-1 {
		f.bad = true
		return 0
	}
	if neg {
		return -int(n)
	}
	return int(n)
}

// atou reads a decimal number; false when empty, not a number, or too large.
func atou(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		m := n*10 + uint64(c-'0')
		if n > (1<<64-1)/10 || m < n*10 {
			return 0, false
		}
		n = m
	}
	return n, true
}

// Statm is /proc/PID/statm, in pages.
type Statm struct{ Size, Resident, Shared uint64 }

// ParseStatm parses /proc/PID/statm.
func ParseStatm(b []byte) (Statm, error) {
	f := fields{b: b}
	s := Statm{f.uint(), f.uint(), f.uint()}
	if f.bad {
		return Statm{}, ErrFormat
	}
	return s, nil
}

// Status is the part of /proc/PID/status that other files lack.
type Status struct {
	Name                       string
	Umask                      string
	TracerPID                  int
	UID, GID                   [4]uint32 // real, effective, saved, file system
	Groups                     []uint32
	NSPID                      []int // innermost last
	VmPeak, VmHWM, VmSwap      uint64
	VmData, VmStk, VmLib       uint64
	RssAnon, RssFile, RssShmem uint64 // bytes
	CapEff, CapPrm, CapBnd     uint64
	NoNewPrivs, Seccomp        int
	CPUsAllowed                string
	Voluntary, Involuntary     uint64 // context switches
	SigPnd, SigBlk, SigIgn     uint64
	SigCgt                     uint64
}

// ParseStatus parses /proc/PID/status. Unknown lines are passed over, missing
// ones leave zero: kernel threads have no Vm lines.
func ParseStatus(b []byte) (Status, error) {
	var s Status
	seen := false
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		name, value, ok := bytes.Cut(line, []byte{':'})
		if !ok {
			continue
		}
		value = bytes.TrimSpace(value)
		f := fields{b: value}
		switch string(name) {
		case "Name":
			// The kernel escapes newline and backslash here.
			s.Name, seen = string(value), true
		case "Umask":
			s.Umask = string(value)
		case "TracerPid":
			s.TracerPID = f.int()
		case "Uid":
			s.UID = [4]uint32{uint32(f.uint()), uint32(f.uint()), uint32(f.uint()), uint32(f.uint())}
		case "Gid":
			s.GID = [4]uint32{uint32(f.uint()), uint32(f.uint()), uint32(f.uint()), uint32(f.uint())}
		case "Groups":
			for w := f.next(); len(w) > 0; w = f.next() {
				if n, ok := atou(w); ok {
					s.Groups = append(s.Groups, uint32(n))
				}
			}
		case "NSpid":
			for w := f.next(); len(w) > 0; w = f.next() {
				if n, ok := atou(w); ok {
					s.NSPID = append(s.NSPID, int(n))
				}
			}
		case "VmPeak":
			s.VmPeak = f.uint() << 10
		case "VmHWM":
			s.VmHWM = f.uint() << 10
		case "VmSwap":
			s.VmSwap = f.uint() << 10
		case "VmData":
			s.VmData = f.uint() << 10
		case "VmStk":
			s.VmStk = f.uint() << 10
		case "VmLib":
			s.VmLib = f.uint() << 10
		case "RssAnon":
			s.RssAnon = f.uint() << 10
		case "RssFile":
			s.RssFile = f.uint() << 10
		case "RssShmem":
			s.RssShmem = f.uint() << 10
		case "CapEff":
			s.CapEff = hex64(value)
		case "CapPrm":
			s.CapPrm = hex64(value)
		case "CapBnd":
			s.CapBnd = hex64(value)
		case "SigPnd", "ShdPnd":
			s.SigPnd |= hex64(value)
		case "SigBlk":
			s.SigBlk = hex64(value)
		case "SigIgn":
			s.SigIgn = hex64(value)
		case "SigCgt":
			s.SigCgt = hex64(value)
		case "NoNewPrivs":
			s.NoNewPrivs = f.int()
		case "Seccomp":
			s.Seccomp = f.int()
		case "Cpus_allowed_list":
			s.CPUsAllowed = string(value)
		case "voluntary_ctxt_switches":
			s.Voluntary = f.uint()
		case "nonvoluntary_ctxt_switches":
			s.Involuntary = f.uint()
		}
	}
	if !seen {
		return s, ErrFormat
	}
	return s, nil
}

func hex64(b []byte) uint64 {
	n, _ := strconv.ParseUint(string(b), 16, 64)
	return n
}

// IO is /proc/PID/io. Read and Written are at the block layer, charged when a
// page is dirtied; Cancelled was never written after all. RChar and WChar count
// every read and write, cache and pipes included.
type IO struct {
	RChar, WChar, SyscR, SyscW uint64
	Read, Written, Cancelled   uint64
}

// ParseIO parses /proc/PID/io.
func ParseIO(b []byte) (IO, error) {
	var s IO
	n := 0
	for len(b) > 0 {
		line := b
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		i := bytes.IndexByte(line, ':')
		if i < 0 {
			continue
		}
		v, ok := atou(bytes.TrimSpace(line[i+1:]))
		if !ok {
			continue
		}
		n++
		switch string(line[:i]) {
		case "rchar":
			s.RChar = v
		case "wchar":
			s.WChar = v
		case "syscr":
			s.SyscR = v
		case "syscw":
			s.SyscW = v
		case "read_bytes":
			s.Read = v
		case "write_bytes":
			s.Written = v
		case "cancelled_write_bytes":
			s.Cancelled = v
		}
	}
	if n == 0 {
		return s, ErrFormat
	}
	return s, nil
}

// Cmdline splits /proc/PID/cmdline at its NULs. Empty for kernel threads and
// zombies. One or two empty arguments at the end are kept; more are the padding of
// a program that rewrote its title, and are dropped.
func Cmdline(b []byte) []string {
	end := len(b)
	for end > 0 && b[end-1] == 0 {
		end--
	}
	if end == 0 {
		return nil
	}
	if n := len(b) - end; n > 1 && n <= 3 {
		end = len(b) - 1 // `cmd ""`: an empty last argument or two
	}
	return strings.Split(string(b[:end]), "\x00")
}

// Environ splits /proc/PID/environ into "NAME=value" strings.
func Environ(b []byte) []string {
	var env []string
	for kv := range strings.SplitSeq(string(b), "\x00") {
		if kv != "" {
			env = append(env, kv)
		}
	}
	return env
}

// Schedstat is /proc/PID/schedstat: nanoseconds on a CPU, nanoseconds waiting
// for one, and the number of time slices.
type Schedstat struct{ Run, Wait, Slices uint64 }

// ParseSchedstat parses /proc/PID/schedstat.
func ParseSchedstat(b []byte) (Schedstat, error) {
	f := fields{b: b}
	s := Schedstat{f.uint(), f.uint(), f.uint()}
	if f.bad {
		return Schedstat{}, ErrFormat
	}
	return s, nil
}

// Unlimited stands for "unlimited" in Limit.
const Unlimited = ^uint64(0)

// Limit is one line of /proc/PID/limits.
type Limit struct {
	Name       string // "Max open files"
	Soft, Hard uint64
	Unit       string // "files", may be empty
}

// ParseLimits parses /proc/PID/limits, a table of fixed columns: name 0-25, soft
// 26-46, hard 47-67, unit from 68 (fs/proc/base.c, proc_pid_limits).
func ParseLimits(b []byte) ([]Limit, error) {
	var ls []Limit
	for i, line := range strings.Split(string(b), "\n") {
		if i == 0 || len(line) < 48 {
			continue
		}
		f := strings.Fields(line[26:])
		if len(f) < 2 {
			continue
		}
		l := Limit{Name: strings.TrimSpace(line[:26])}
		var ok1, ok2 bool
		l.Soft, ok1 = limit(f[0])
		l.Hard, ok2 = limit(f[1])
		if !ok1 || !ok2 {
			continue
		}
		if len(f) > 2 {
			l.Unit = f[2]
		}
		ls = append(ls, l)
	}
	if len(ls) == 0 {
		return nil, ErrFormat
	}
	return ls, nil
}

func limit(s string) (uint64, bool) {
	if s == "unlimited" {
		return Unlimited, true
	}
	return atou([]byte(s))
}
