package probes

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sonde/probes/procfs"
	"sonde/probes/table"
)

var _ = register(Probe{
	Name: "processes", Title: "Processes", Interval: time.Second, Rates: true,
	// user: names or numbers; pid: numbers; both separated by commas. threads=1:
	// rows are threads. net=1: the NET column, which needs all descriptors read
	// every few seconds.
	Args: []string{"user", "threads", "pid", "net"},
	New:  func(a Args) (Sampler, error) { return newProcesses(system, a) },
})

const (
	slowEvery = 30 // samples between readings of what seldom changes
	ioEvery   = 10 // samples between readings of an idle process's disk counters
	// readAllBelow: with fewer tasks every figure is read each time; above, the
	// idle ones are read in turn so that the table stays in its budget.
	readAllBelow = 500
	maxCommand   = 4096 // bytes of a command line kept in the table
	// maxHeld bounds the stat files kept open between samples.
	maxHeld = 8192
)

// pageSize of the kernel: stat and statm count pages.
var pageSize = int64(os.Getpagesize())

const tick = int64(time.Second) / procfs.TicksPerSecond

// task is what is remembered of a process or thread between samples.
type task struct {
	pid, tgid int
	start     uint64
	seen      uint64 // sample number
	stat      procfs.Stat
	held      procfs.Held // its stat file, -1 when not kept open
	at        time.Time   // of stat
	key       string
	uid       uint32
	user      string
	command   string
	container string
	wchan     string
	shared    int64
	io        procfs.IO
	ioAt      time.Time
	ioDenied  bool
	read      float64 // per second between the last two readings of io
	written   float64
	rated     bool // read and written hold a value
	tty       int  // what cells[colTTY] names
	cells     []table.Cell
}

// processes is the sampler of the processes probe.
type processes struct {
	fs      *procfs.FS
	users   *users
	host    hostFigures
	user    []string
	pids    []int
	threads bool

	n      uint64
	tasks  map[int]*task
	list   []int
	buf    []byte
	path   []byte
	denied int
	hold   int // stat files that may still be kept open

	net       *netRates
	netByPID  map[int]float64
	netDenied int
}

func newProcesses(r roots, a Args) (*processes, error) {
	p := &processes{users: newUsers(r.passwd), threads: a.Bool("threads"), tasks: map[int]*task{}}
	for u := range strings.SplitSeq(a["user"], ",") {
		if u = strings.TrimSpace(u); u != "" {
			p.user = append(p.user, u)
		}
	}
	for s := range strings.SplitSeq(a["pid"], ",") {
		if s = strings.TrimSpace(s); s != "" {
			n, err := strconv.Atoi(s)
			if err != nil || n <= 0 {
				return nil, fmt.Errorf("argument pid=%q: %w", s, ErrArgs)
			}
			p.pids = append(p.pids, n)
		}
	}
	fs, err := r.openProc()
	if err != nil {
		return nil, err
	}
	if a.Bool("net") && !p.threads {
		if p.net, err = newNetRates(); err != nil {
			fs.Close()
			return nil, err
		}
	}
	p.fs, p.host.fs = fs, fs
	// Half of the descriptors this program may have, at most.
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim) == nil {
		p.hold = int(min(lim.Cur/2, maxHeld))
	}
	return p, nil
}

func (p *processes) Close() error {
	for _, t := range p.tasks {
		p.release(t)
	}
	if p.net != nil {
		p.net.Close()
	}
	return p.fs.Close()
}

// release closes a task's stat file.
func (p *processes) release(t *task) {
	if t.held >= 0 {
		t.held.Close()
		t.held = -1
		p.hold++
	}
}

// readStat reads a task's stat file into buf: the one that is held, or, when
// there is none or its process has ended, the one that has its number now.
func (p *processes) readStat(t *task, pid, tid int) (held procfs.Held, err error) {
	held = -1
	if t != nil && t.held >= 0 {
		if p.buf, err = t.held.ReadAgain(p.buf); err == nil {
			return t.held, nil
		}
		p.release(t)
	}
	h, err := p.fs.Hold(p.file(pid, tid, "stat"))
	if err != nil {
		return -1, err
	}
	p.buf, err = h.ReadAgain(p.buf)
	if err != nil || p.hold <= 0 {
		h.Close()
		return -1, err
	}
	p.hold--
	return h, nil
}

// Sample reads every process once: one file for most of them.
func (p *processes) Sample(now time.Time) (*table.Table, error) {
	sum := map[string]table.Cell{"self.pid": int64(os.Getpid())}
	host, memTotal, kernelTasks, err := p.host.fill(sum)
	if err != nil {
		return nil, kind(err)
	}
	p.n++
	p.denied = 0
	pids := p.pids
	if len(pids) == 0 {
		if p.list, err = p.fs.PIDs(p.list[:0]); err != nil {
			return nil, kind(err)
		}
		pids = p.list
	}
	all := len(p.tasks) < readAllBelow
	var found []*task
	for _, pid := range pids {
		if p.threads {
			tids, err := p.fs.Numbers(nil, strconv.Itoa(pid)+"/task")
			if err != nil {
				continue // ended in between
			}
			for _, tid := range tids {
				if t := p.one(pid, tid, now, all); t != nil {
					found = append(found, t)
				}
			}
			continue
		}
		if t := p.one(pid, pid, now, all); t != nil {
			found = append(found, t)
		}
	}
	if len(found) == 0 && len(p.pids) > 0 {
		return nil, fmt.Errorf("read process %v: %w", p.pids, ErrGone)
	}
	for id, t := range p.tasks {
		if t.seen != p.n {
			p.release(t)
			delete(p.tasks, id)
		}
	}
	t := &table.Table{Columns: withoutNet, Summary: sum}
	if p.net != nil {
		t.Columns = processColumns
		if p.netByPID, p.netDenied, err = p.net.sample(now); err != nil {
			return nil, err
		}
	}
	counts := map[byte]int64{}
	threads := int64(0)
	for _, k := range found {
		if len(p.user) > 0 && !slices.Contains(p.user, k.user) && !slices.Contains(p.user, strconv.Itoa(int(k.uid))) {
			continue
		}
		counts[k.stat.State]++
		if p.threads {
			threads++
		} else {
			threads += int64(k.stat.Threads)
		}
		t.Rows = append(t.Rows, table.Row{Key: k.key, Cells: p.cells(k, host, memTotal, now)})
	}
	taskFigures(sum, int64(len(t.Rows)), threads, counts)
	t.Notes = p.notes(kernelTasks, found)
	return t, nil
}

func taskFigures(sum map[string]table.Cell, total, threads int64, by map[byte]int64) {
	sum["tasks.total"], sum["tasks.threads"] = total, threads
	sum["tasks.running"] = by['R']
	sum["tasks.sleeping"] = by['S'] + by['D'] + by['I'] // as top counts them
	sum["tasks.disk"], sum["tasks.idle"] = by['D'], by['I']
	sum["tasks.stopped"] = by['T'] + by['t']
	sum["tasks.zombie"] = by['Z']
}

func (p *processes) notes(kernelTasks int, found []*task) []table.Note {
	var notes []table.Note
	if p.denied > 0 {
		notes = append(notes, deniedNote("Disk figures", p.denied))
	}
	if p.netDenied > 0 {
		notes = append(notes, ownersNote(p.netDenied)...)
	}
	// Process 1 exists in every pid namespace: without it /proc hides others
	// (mount option hidepid).
	if len(p.pids) == 0 && p.tasks[1] == nil && os.Geteuid() != 0 && len(found) > 0 {
		seen := 0
		for _, t := range found {
			seen += max(1, t.stat.Threads)
		}
		notes = append(notes, table.Note{Code: "partial",
			Text:   fmt.Sprintf("Processes of other users are hidden (hidepid): %d threads exist that are not shown.", max(0, kernelTasks-seen)),
			Remedy: "sudo mount -o remount,hidepid=0 /proc"})
	}
	return notes
}

// file builds "PID/name" or "PID/task/TID/name" without an allocation for the
// parts.
func (p *processes) file(pid, tid int, name string) string {
	b := strconv.AppendInt(p.path[:0], int64(pid), 10)
	if p.threads {
		b = append(b, "/task/"...)
		b = strconv.AppendInt(b, int64(tid), 10)
	}
	b = append(b, '/')
	b = append(b, name...)
	p.path = b
	return string(b)
}

// one reads a process or thread; nil when it ended meanwhile.
func (p *processes) one(pid, tid int, now time.Time, all bool) *task {
	t := p.tasks[tid]
	held, err := p.readStat(t, pid, tid)
	if err != nil {
		return nil
	}
	comm := ""
	if t != nil {
		comm = t.stat.Comm
	}
	var st procfs.Stat
	if procfs.ParseStat(p.buf, &st, comm) != nil {
		if held >= 0 && (t == nil || held != t.held) {
			held.Close()
			p.hold++
		}
		return nil
	}
	if t == nil || t.start != st.Start || t.tgid != pid {
		// Seen for the first time, or the number was given to another process.
		if t != nil && t.held != held {
			p.release(t)
		}
		t = &task{pid: tid, tgid: pid, start: st.Start, held: -1,
			key: strconv.Itoa(tid) + ":" + strconv.FormatUint(st.Start, 10)}
		p.tasks[tid] = t
		p.identity(t, &st)
	} else if st.Comm != t.stat.Comm || (p.n+uint64(tid))%slowEvery == 0 {
		p.identity(t, &st) // an exec, or its turn
	}
	t.held = held
	prev := t.stat
	moved := t.seen == 0 || all || st.UTime != prev.UTime || st.STime != prev.STime || st.State == 'R' || st.State == 'D' ||
		st.MajFlt != prev.MajFlt || t.read+t.written > 0 || // a rate that shows must end when the work does
		(p.n+uint64(tid))%ioEvery == 0
	if moved {
		p.readIO(t, pid, tid, now)
	}
	if t.seen == 0 || all || st.RSS != prev.RSS || st.VSize != prev.VSize || (p.n+uint64(tid))%slowEvery == 0 {
		if p.buf, err = p.fs.ReadOnce(p.buf, p.file(pid, tid, "statm")); err == nil {
			if m, err := procfs.ParseStatm(p.buf); err == nil {
				t.shared = int64(m.Shared) * pageSize
			}
		}
	}
	if t.seen != 0 {
		t.rate(&st, now)
	}
	if len(p.pids) > 0 {
		// "0" stands for a running task, and for any to a reader without rights.
		t.wchan = ""
		if p.buf, err = p.fs.Read(p.buf, p.file(pid, tid, "wchan")); err == nil && string(p.buf) != "0" {
			t.wchan = string(p.buf)
		}
	}
	t.stat, t.at, t.seen = st, now, p.n
	return t
}

// rate is kept in cells[colCPU]; a task without an earlier reading has none.
func (t *task) rate(st *procfs.Stat, now time.Time) {
	dt := now.Sub(t.at)
	if dt < 10*time.Millisecond {
		return
	}
	used := int64(st.UTime+st.STime) - int64(t.stat.UTime+t.stat.STime)
	cpu := float64(max(used, 0)*tick) / float64(dt)
	if t.cells == nil {
		t.cells = make([]table.Cell, numProcessCols)
	} else if old, ok := t.cells[colCPU].(float64); ok && old == cpu {
		return
	} else {
		t.cells = slices.Clone(t.cells) // the old ones are published
	}
	t.cells[colCPU] = cpu
}

// identity reads what seldom changes: user, command line, container.
func (p *processes) identity(t *task, st *procfs.Stat) {
	pid := t.tgid
	if uid, err := p.fs.Owner(pid); err == nil {
		t.uid, t.user = uid, p.users.name(uid)
	}
	var err error
	command := "[" + st.Comm + "]"
	if !st.KernelThread() && st.State != 'Z' {
		if p.buf, err = p.fs.Read(p.buf, strconv.Itoa(pid)+"/cmdline"); err == nil {
			b := p.buf[:min(len(p.buf), maxCommand)]
			if args := procfs.Cmdline(b); len(args) > 0 {
				command = strings.Join(args, " ")
			}
		}
	}
	if p.threads && t.pid != t.tgid {
		command = st.Comm // top -H shows the thread's own name
	}
	if command != t.command {
		t.command = command
	}
	if p.buf, err = p.fs.Read(p.buf, strconv.Itoa(pid)+"/cgroup"); err == nil {
		t.container = procfs.ContainerID(procfs.CgroupPath(procfs.ParseCgroup(p.buf)))
	}
}

func (p *processes) readIO(t *task, pid, tid int, now time.Time) {
	var err error
	if t.ioDenied && (p.n+uint64(tid))%slowEvery != 0 && t.seen != 0 {
		p.denied++
		return
	}
	if p.buf, err = p.fs.ReadOnce(p.buf, p.file(pid, tid, "io")); err != nil {
		t.ioDenied = procfs.Denied(err)
		if t.ioDenied {
			p.denied++
		}
		return
	}
	t.ioDenied = false
	io, err := procfs.ParseIO(p.buf)
	if err != nil {
		return
	}
	if !t.ioAt.IsZero() {
		if dt := now.Sub(t.ioAt).Seconds(); dt > 0.01 {
			t.read = perSecond(t.io.Read, io.Read, dt)
			t.written = max(0, perSecond(t.io.Written, io.Written, dt)-perSecond(t.io.Cancelled, io.Cancelled, dt))
			t.rated = true
		}
	}
	t.io, t.ioAt = io, now
}

// perSecond is the rate of a counter that only grows; a step back (a reset) is
// no rate at all and counts as zero.
func perSecond(a, b uint64, seconds float64) float64 {
	if b < a || seconds <= 0 {
		return 0
	}
	return float64(b-a) / seconds
}
