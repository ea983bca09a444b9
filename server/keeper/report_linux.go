package keeper

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"sonde/server/sandbox"
)

// Report says what a process with these capabilities can do on this host. exe is
// the path of the program, for the commands it proposes.
func Report(caps sandbox.Caps, exe string) []Feature {
	feature := func(name, title string, need ...int) Feature {
		f := Feature{Name: name, Title: title, Works: true}
		var missing []string
		for _, c := range need {
			if !caps.Has(c) {
				missing = append(missing, sandbox.CapName(c))
			}
		}
		if len(missing) > 0 {
			f.Works = false
			f.Reason = "needs " + strings.Join(missing, " and ")
			f.Remedy = fmt.Sprintf("sudo setcap %s+ep %s", strings.ToLower(strings.Join(missing, ",")), quote(exe))
		}
		return f
	}
	list := []Feature{
		{Name: "own-processes", Title: "processes, files and sockets of this user", Works: true},
		{Name: "files", Title: "open capture files", Works: true},
		feature("capture", "capture live packets", unix.CAP_NET_RAW),
		feature("processes-of-others", "files, sockets and limits of other users' processes", unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH),
		feature("signal-others", "signal and renice other users' processes", unix.CAP_KILL, unix.CAP_SYS_NICE),
		feature("trace-others", "trace system calls of other users' processes", unix.CAP_SYS_PTRACE),
		feature("interfaces", "change interfaces (up, down, address, MTU)", unix.CAP_NET_ADMIN),
	}
	list = append(list, ownTrace(caps), withBTF(feature("events", "watch files being opened, programs starting, packets' processes", unix.CAP_BPF, unix.CAP_PERFMON)),
		profile(feature("profile", "profile the CPU, kernel included", unix.CAP_PERFMON)))
	return list
}

// quote makes a path one word of a shell.
func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// sysctl reads a kernel setting; -1 when there is none.
func sysctl(name string) int {
	b, err := os.ReadFile("/proc/sys/kernel/" + name)
	if err != nil {
		return -1
	}
	n := -1
	if _, err := fmt.Sscan(string(b), &n); err != nil {
		return -1
	}
	return n
}

// ownTrace asks Yama (Documentation/admin-guide/LSM/Yama.rst): at 1 a process
// may be traced by its ancestors only, at 3 by nobody.
func ownTrace(caps sandbox.Caps) Feature {
	f := Feature{Name: "trace-own", Title: "trace system calls of this user's processes", Works: true}
	switch v := sysctl("yama/ptrace_scope"); {
	case v <= 2 && caps.Has(unix.CAP_SYS_PTRACE):
	case v == 1:
		f.Works, f.Reason, f.Remedy = false, "the kernel allows it for programs started from here only (yama.ptrace_scope is 1)", "sudo sysctl kernel.yama.ptrace_scope=0"
	case v >= 2:
		f.Works, f.Reason, f.Remedy = false, fmt.Sprintf("the kernel forbids it (yama.ptrace_scope is %d)", v), "sudo sysctl kernel.yama.ptrace_scope=0"
	}
	return f
}

func withBTF(f Feature) Feature {
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err != nil && f.Works {
		f.Works, f.Reason, f.Remedy = false, "this kernel was built without type information (CONFIG_DEBUG_INFO_BTF)", ""
	}
	return f
}

// profile: with perf_event_paranoid at 2 or less, own processes can be sampled
// in user space without any capability (kernel/events/core.c).
func profile(f Feature) Feature {
	v := sysctl("perf_event_paranoid")
	switch {
	case v == -1 && f.Works:
		f.Works, f.Reason, f.Remedy = false, "this kernel has no performance events", ""
	case !f.Works && v >= 0 && v <= 2:
		f.Reason += " (own processes can be profiled without it)"
	}
	return f
}
