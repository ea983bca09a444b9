package probes

import (
	"errors"
	"os"
	"strconv"
	"sync"
	"time"

	"sonde/probes/procfs"
	"sonde/probes/table"
)

// roots are where the kernel's files and the user names lie. Tests put fixture
// trees in their place.
type roots struct{ proc, sys, passwd string }

var system = roots{"/proc", "/sys", "/etc/passwd"}

// openProc opens the proc tree; without it no probe works.
func (r roots) openProc() (*procfs.FS, error) { return procfs.Open(r.proc) }

// kind makes a reader's error one that callers can ask about.
func kind(err error) error {
	switch {
	case err == nil:
		return nil
	case procfs.Gone(err):
		return errors.Join(ErrGone, err)
	case procfs.Denied(err):
		return errors.Join(ErrPermission, err)
	}
	return err
}

// capNote is the note for figures that a capability would unlock.
func capNote(text, caps string) table.Note {
	return table.Note{Code: "no-permission", Text: text,
		Remedy: "sudo setcap " + caps + "+ep " + selfPath()}
}

// deniedNote counts processes that may not be looked into. For root these are
// processes with more capabilities than this one, and no command helps.
func deniedNote(what string, n int) table.Note {
	who := "1 process"
	if n != 1 {
		who = strconv.Itoa(n) + " processes"
	}
	if os.Geteuid() == 0 {
		return table.Note{Code: "no-permission", Text: what + " of " + who + " cannot be read: more privileged than this program."}
	}
	return capNote(what+" of "+who+" cannot be read: that needs CAP_SYS_PTRACE + CAP_DAC_READ_SEARCH.", capsOfOthers)
}

var selfPath = sync.OnceValue(func() string {
	p, err := os.Executable()
	if err != nil {
		return "$(command -v sonde)"
	}
	return p
})

// Capabilities for the remedies. Each was tried alone: without
// CAP_DAC_READ_SEARCH the fd directory of another user stays closed.
const (
	capsOfOthers = "cap_sys_ptrace,cap_dac_read_search"
	capsOfRaw    = "cap_net_raw"
)

// users turns user numbers into names, reading the password file again when it
// changed. Names from a directory service are not asked for: that may block.
type users struct {
	path    string
	mu      sync.Mutex
	checked time.Time
	mtime   time.Time
	names   map[uint32]string
}

func newUsers(path string) *users { return &users{path: path, names: map[uint32]string{}} }

// name is the login name, or the number when there is none.
func (u *users) name(uid uint32) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now := time.Now(); now.Sub(u.checked) > 5*time.Second {
		u.checked = now
		if st, err := os.Stat(u.path); err == nil && !st.ModTime().Equal(u.mtime) {
			if b, err := os.ReadFile(u.path); err == nil {
				u.mtime, u.names = st.ModTime(), parsePasswd(b)
			}
		}
	}
	if n, ok := u.names[uid]; ok {
		return n
	}
	n := strconv.FormatUint(uint64(uid), 10)
	u.names[uid] = n
	return n
}

// parsePasswd reads passwd(5) lines; the first name of a number wins.
func parsePasswd(b []byte) map[uint32]string {
	names := map[uint32]string{}
	for len(b) > 0 {
		line := b
		if i := indexByte(b, '\n'); i >= 0 {
			line, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		var f [3][]byte
		n := 0
		for ; n < 3; n++ {
			i := indexByte(line, ':')
			if i < 0 {
				break
			}
			f[n], line = line[:i], line[i+1:]
		}
		if n < 3 || len(f[0]) == 0 || f[0][0] == '#' {
			continue
		}
		id, err := strconv.ParseUint(string(f[2]), 10, 32)
		if _, dup := names[uint32(id)]; err == nil && !dup {
			names[uint32(id)] = string(f[0])
		}
	}
	return names
}

func indexByte(b []byte, c byte) int {
	for i, x := range b {
		if x == c {
			return i
		}
	}
	return -1
}

// cpuRatios adds the shares of one CPU line between two readings to a summary:
// "cpu.usr", "cpu0.sys" and so on, each 0 to 1. Some kernel counters run
// backwards (iowait); such a step counts as zero.
func cpuRatios(sum map[string]table.Cell, prefix string, a, b procfs.CPU) {
	d := func(x, y uint64) float64 {
		if y < x {
			return 0
		}
		return float64(y - x)
	}
	part := []struct {
		name string
		v    float64
	}{
		{"usr", d(a.User, b.User)}, {"ni", d(a.Nice, b.Nice)}, {"sys", d(a.System, b.System)},
		{"idle", d(a.Idle, b.Idle)}, {"iowait", d(a.IOWait, b.IOWait)}, {"irq", d(a.IRQ, b.IRQ)},
		{"softirq", d(a.SoftIRQ, b.SoftIRQ)}, {"steal", d(a.Steal, b.Steal)},
	}
	total := 0.0
	for _, p := range part {
		total += p.v
	}
	if total == 0 {
		return // no tick between the readings: no figure rather than a zero
	}
	for _, p := range part {
		sum[prefix+"."+p.name] = p.v / total
	}
}

// hostFigures are the lines above top's table.
type hostFigures struct {
	fs   *procfs.FS
	buf  []byte
	prev procfs.HostStat
	have bool
}

// fill reads load, uptime, memory and CPU times into the summary and gives the
// memory size (0 when unreadable) and the host's tasks as the kernel counts them.
func (h *hostFigures) fill(sum map[string]table.Cell) (stat procfs.HostStat, memTotal uint64, tasks int, err error) {
	if h.buf, err = h.fs.Read(h.buf, "stat"); err != nil {
		return stat, 0, 0, err
	}
	if stat, err = procfs.ParseHostStat(h.buf); err != nil {
		return stat, 0, 0, err
	}
	sum["cpus"] = int64(len(stat.CPUs))
	if h.have {
		cpuRatios(sum, "cpu", h.prev.CPU, stat.CPU)
		for n, c := range stat.CPUs {
			if p, ok := h.prev.CPUs[n]; ok {
				cpuRatios(sum, "cpu"+strconv.Itoa(n), p, c)
			}
		}
	}
	h.prev, h.have = stat, true
	if h.buf, err = h.fs.Read(h.buf, "meminfo"); err == nil {
		if m, err := procfs.ParseMeminfo(h.buf); err == nil {
			memTotal = m["MemTotal"]
			memoryFigures(sum, m)
		}
	}
	if h.buf, err = h.fs.Read(h.buf, "loadavg"); err == nil {
		if l, err := procfs.ParseLoadavg(h.buf); err == nil {
			sum["load1"], sum["load5"], sum["load15"] = l.One, l.Five, l.Fifteen
			tasks = l.Tasks
		}
	}
	if h.buf, err = h.fs.Read(h.buf, "uptime"); err == nil {
		if up, _, err := procfs.ParseUptime(h.buf); err == nil {
			sum["uptime"] = int64(up * 1e9)
		}
	}
	return stat, memTotal, tasks, nil
}

// memoryFigures follow free(1) of procps 4: used is total less available, buff/cache
// is Buffers + Cached + SReclaimable.
func memoryFigures(sum map[string]table.Cell, m procfs.Meminfo) {
	set := func(name string, v uint64) { sum[name] = int64(v) }
	set("mem.total", m["MemTotal"])
	set("mem.free", m["MemFree"])
	if avail, ok := m["MemAvailable"]; ok {
		set("mem.available", avail)
		set("mem.used", m["MemTotal"]-min(avail, m["MemTotal"]))
	}
	set("mem.buffers", m["Buffers"])
	set("mem.cached", m["Cached"]+m["SReclaimable"])
	set("mem.shared", m["Shmem"])
	set("mem.dirty", m["Dirty"])
	set("swap.total", m["SwapTotal"])
	set("swap.free", m["SwapFree"])
	set("swap.used", m["SwapTotal"]-min(m["SwapFree"], m["SwapTotal"]))
}
