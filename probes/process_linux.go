package probes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sonde/probes/procfs"
	"sonde/probes/table"
)

var _ = register(Probe{
	Name: "process", Title: "Process", Interval: 2 * time.Second, Rates: true,
	// pid is required; start (field 22) makes it the one that was seen; reveal=1
	// shows the values of environment variables.
	Args: []string{"pid", "start", "reveal"},
	New:  func(a Args) (Sampler, error) { return newProcess(system, a) },
})

var processDetailColumns = []table.Column{
	{ID: "section", Title: "Section", Type: table.Text, Help: "identity, memory, scheduling, security, limit, cgroup, namespace, parent, child, environment."},
	{ID: "name", Title: "Name", Type: table.Text},
	{ID: "value", Title: "Value", Type: table.Text},
	{ID: "number", Title: "Number", Type: table.Float, Help: "The value in base units, where it is one."},
	{ID: "masked", Title: "Masked", Type: table.Bool, Help: "The value is hidden until asked for."},
}

// maxEnviron bounds the variables listed; a process may have megabytes of them.
const maxEnviron = 2000

// shorten cuts text that no page can show, and says so.
func shorten(s string) string {
	if len(s) <= maxCommand {
		return s
	}
	return strings.ToValidUTF8(s[:maxCommand], "") + fmt.Sprintf("... (%d bytes)", len(s))
}

// process is the sampler of one process's detail.
type process struct {
	fs     *procfs.FS
	list   *processes // one row of the big table, for the rates
	pid    int
	start  uint64
	reveal bool
	buf    []byte
}

func newProcess(r roots, a Args) (*process, error) {
	pid, err := a.Int("pid", 0)
	if err != nil || pid <= 0 {
		return nil, fmt.Errorf("argument pid=%q: %w", a["pid"], ErrArgs)
	}
	p := &process{pid: pid, reveal: a.Bool("reveal")}
	if s := a["start"]; s != "" {
		if p.start, err = strconv.ParseUint(s, 10, 64); err != nil {
			return nil, fmt.Errorf("argument start=%q: %w", s, ErrArgs)
		}
	}
	if p.list, err = newProcesses(r, Args{"pid": strconv.Itoa(pid)}); err != nil {
		return nil, err
	}
	p.fs = p.list.fs
	return p, nil
}

func (p *process) Close() error { return p.list.Close() }

// detail collects rows; keys are "section:name", numbered when a name repeats.
type detail struct {
	rows []table.Row
	used map[string]int
}

func (d *detail) add(section, name, value string, number table.Cell) {
	d.put(section, name, value, number, false)
}

func (d *detail) put(section, name, value string, number table.Cell, masked bool) {
	key := section + ":" + name
	if d.used[key]++; d.used[key] > 1 {
		key += "#" + strconv.Itoa(d.used[key])
	}
	d.rows = append(d.rows, table.Row{Key: key, Cells: []table.Cell{section, name, value, number, masked}})
}

func (d *detail) bytes(section, name string, v uint64) {
	d.add(section, name, table.Format(table.Column{Type: table.Bytes}, int64(v)), float64(v))
}

// read gives a file of the process, nil and the reason when it cannot.
func (p *process) read(name string) ([]byte, error) {
	b, err := p.fs.Read(p.buf, strconv.Itoa(p.pid)+"/"+name)
	p.buf = b
	return b, err
}

// Sample gives ErrGone when the process ended or its number is another's now.
func (p *process) Sample(now time.Time) (*table.Table, error) {
	row, err := p.list.Sample(now)
	if err != nil {
		return nil, err
	}
	k := p.list.tasks[p.pid]
	if k == nil || p.start != 0 && k.start != p.start {
		return nil, fmt.Errorf("read process %d: %w", p.pid, ErrGone)
	}
	p.start = k.start
	t := &table.Table{Columns: processDetailColumns, Summary: map[string]table.Cell{}}
	// The figures of the row are the page's meters.
	for i, c := range row.Columns {
		t.Summary[c.ID] = row.Rows[0].Cells[i]
	}
	t.Summary["key"] = k.key
	for _, n := range []string{"mem.total", "cpus"} {
		t.Summary[n] = row.Summary[n]
	}
	d := &detail{used: map[string]int{}}
	var denied []string
	link := func(name string) string {
		s, err := p.fs.Readlink(strconv.Itoa(p.pid) + "/" + name)
		if procfs.Denied(err) {
			denied = append(denied, name)
		}
		return s
	}
	d.add("identity", "Command", k.command, nil)
	if exe := link("exe"); exe != "" {
		d.add("identity", "Executable", exe, nil)
	}
	if cwd := link("cwd"); cwd != "" {
		d.add("identity", "Working directory", cwd, nil)
	}
	if root := link("root"); root != "" && root != "/" {
		d.add("identity", "Root", root, nil)
	}
	d.add("identity", "State", stateWords(k.stat.State), nil)
	d.add("identity", "User", k.user, float64(k.uid))
	d.add("identity", "Started", time.Unix(0, k.cells[colStart].(int64)).Format(time.RFC3339), float64(k.cells[colStart].(int64)))
	d.add("identity", "Terminal", ttyName(k.stat.TTY), nil)
	if k.container != "" {
		d.add("identity", "Container", k.container, nil)
	}
	p.status(d, &denied)
	p.limits(d, t, &denied)
	if b, err := p.read("cgroup"); err == nil {
		for _, c := range procfs.ParseCgroup(b) {
			name := c.Controllers
			if name == "" {
				name = "v2"
			}
			d.add("cgroup", name, c.Path, nil)
		}
	}
	for _, ns := range []string{"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"} {
		if s := link("ns/" + ns); s != "" {
			other := ""
			if own, err := p.fs.Readlink("self/ns/" + ns); err == nil && own != s {
				other = " (not sonde's)"
			}
			d.add("namespace", ns, s+other, nil)
		}
	}
	p.family(d)
	p.environment(d, &denied)
	if len(denied) > 0 {
		n := deniedNote("Parts", 1)
		n.Text = "Not readable for this process: " + strings.Join(denied, ", ") + "."
		t.Notes = append(t.Notes, n)
	}
	for _, n := range row.Notes {
		if n.Code != "no-permission" {
			t.Notes = append(t.Notes, n)
		}
	}
	t.Rows = d.rows
	return t, nil
}

func stateWords(c byte) string {
	switch c {
	case 'R':
		return "running"
	case 'S':
		return "sleeping"
	case 'D':
		return "waiting for a device (uninterruptible)"
	case 'T':
		return "stopped"
	case 't':
		return "stopped by a tracer"
	case 'Z':
		return "zombie: ended, its parent has not asked for the result"
	case 'I':
		return "idle"
	case 'X':
		return "dead"
	}
	return string(rune(c))
}

func (p *process) status(d *detail, denied *[]string) {
	b, err := p.read("status")
	if err != nil {
		return
	}
	s, err := procfs.ParseStatus(b)
	if err != nil {
		return
	}
	ids := func(v [4]uint32) string {
		return fmt.Sprintf("real %d, effective %d, saved %d", v[0], v[1], v[2])
	}
	d.add("identity", "Uid", ids(s.UID), nil)
	d.add("identity", "Gid", ids(s.GID), nil)
	if len(s.NSPID) > 1 {
		d.add("identity", "Pid inside", strconv.Itoa(s.NSPID[len(s.NSPID)-1]), float64(s.NSPID[len(s.NSPID)-1]))
	}
	for _, m := range []struct {
		name string
		v    uint64
	}{{"VmPeak", s.VmPeak}, {"VmHWM", s.VmHWM}, {"RssAnon", s.RssAnon}, {"RssFile", s.RssFile}, {"RssShmem", s.RssShmem},
		{"VmData", s.VmData}, {"VmStk", s.VmStk}, {"VmLib", s.VmLib}, {"VmSwap", s.VmSwap}} {
		if s.VmPeak != 0 {
			d.bytes("memory", m.name, m.v)
		}
	}
	d.add("scheduling", "Voluntary switches", strconv.FormatUint(s.Voluntary, 10), float64(s.Voluntary))
	d.add("scheduling", "Involuntary switches", strconv.FormatUint(s.Involuntary, 10), float64(s.Involuntary))
	d.add("scheduling", "CPUs allowed", s.CPUsAllowed, nil)
	if b, err := p.read("schedstat"); err == nil {
		if ss, err := procfs.ParseSchedstat(b); err == nil {
			d.add("scheduling", "Waited for a CPU", time.Duration(ss.Wait).String(), float64(ss.Wait))
		}
	}
	d.add("security", "CapEff", fmt.Sprintf("%016x", s.CapEff), nil)
	d.add("security", "CapPrm", fmt.Sprintf("%016x", s.CapPrm), nil)
	d.add("security", "CapBnd", fmt.Sprintf("%016x", s.CapBnd), nil)
	d.add("security", "NoNewPrivs", strconv.Itoa(s.NoNewPrivs), float64(s.NoNewPrivs))
	d.add("security", "Seccomp", [...]string{"off", "strict", "filter"}[min(max(s.Seccomp, 0), 2)], float64(s.Seccomp))
	if b, err := p.read("attr/current"); err == nil && len(b) > 0 {
		d.add("security", "Label", strings.TrimRight(string(b), "\x00\n"), nil)
	}
	if s.TracerPID != 0 {
		d.add("security", "Traced by", p.nameOf(s.TracerPID), float64(s.TracerPID))
	}
	d.add("signals", "Pending", fmt.Sprintf("%016x", s.SigPnd), nil)
	d.add("signals", "Blocked", fmt.Sprintf("%016x", s.SigBlk), nil)
	d.add("signals", "Ignored", fmt.Sprintf("%016x", s.SigIgn), nil)
	d.add("signals", "Caught", fmt.Sprintf("%016x", s.SigCgt), nil)
	if b, err := p.read("io"); err == nil {
		if io, err := procfs.ParseIO(b); err == nil {
			d.bytes("io", "read_bytes", io.Read)
			d.bytes("io", "write_bytes", io.Written)
			d.bytes("io", "cancelled_write_bytes", io.Cancelled)
			d.bytes("io", "rchar", io.RChar)
			d.bytes("io", "wchar", io.WChar)
			d.add("io", "syscr", strconv.FormatUint(io.SyscR, 10), float64(io.SyscR))
			d.add("io", "syscw", strconv.FormatUint(io.SyscW, 10), float64(io.SyscW))
		}
	} else if procfs.Denied(err) {
		*denied = append(*denied, "io")
	}
}

// limits adds the limits, and the open descriptors against theirs.
func (p *process) limits(d *detail, t *table.Table, denied *[]string) {
	nofile := procfs.Unlimited
	if b, err := p.read("limits"); err == nil {
		ls, _ := procfs.ParseLimits(b)
		for _, l := range ls {
			text := func(v uint64) string {
				if v == procfs.Unlimited {
					return "unlimited"
				}
				return strconv.FormatUint(v, 10)
			}
			var num table.Cell
			if l.Soft != procfs.Unlimited {
				num = float64(l.Soft)
			}
			v := text(l.Soft)
			if l.Hard != l.Soft {
				v += " (hard " + text(l.Hard) + ")"
			}
			if l.Unit != "" {
				v += " " + l.Unit
			}
			d.add("limit", strings.TrimPrefix(l.Name, "Max "), v, num)
			if l.Name == "Max open files" {
				nofile = l.Soft
			}
		}
	}
	if fds, err := p.fs.Numbers(nil, strconv.Itoa(p.pid)+"/fd"); err == nil {
		t.Summary["fds"] = int64(len(fds))
		if nofile != procfs.Unlimited {
			t.Summary["fds.limit"] = int64(nofile)
		}
	} else if procfs.Denied(err) {
		*denied = append(*denied, "fd")
	}
}

// nameOf is "name (pid)" of a process, as far as it can be read.
func (p *process) nameOf(pid int) string {
	var st procfs.Stat
	b, err := p.fs.Read(nil, strconv.Itoa(pid)+"/stat")
	if err != nil || procfs.ParseStat(b, &st, "") != nil {
		return "(" + strconv.Itoa(pid) + ")"
	}
	return st.Comm + " (" + strconv.Itoa(pid) + ")"
}

// family adds the chain of parents from the nearest up, and the children.
func (p *process) family(d *detail) {
	var st procfs.Stat
	pid := p.list.tasks[p.pid].stat.PPID
	for n := 0; pid > 0 && n < 64; n++ {
		b, err := p.fs.Read(p.buf, strconv.Itoa(pid)+"/stat")
		p.buf = b
		if err != nil || procfs.ParseStat(b, &st, "") != nil {
			break
		}
		d.add("parent", strconv.Itoa(n+1), st.Comm+" ("+strconv.Itoa(pid)+")", float64(pid))
		pid = st.PPID
	}
	// task/TID/children is optional in the kernel; the parents of all are not.
	pids, err := p.fs.PIDs(nil)
	if err != nil {
		return
	}
	for _, pid := range pids {
		b, err := p.fs.Read(p.buf, strconv.Itoa(pid)+"/stat")
		p.buf = b
		if err != nil || procfs.ParseStat(b, &st, "") != nil || st.PPID != p.pid {
			continue
		}
		d.add("child", strconv.Itoa(pid), st.Comm, float64(pid))
	}
}

// environment adds the names of the variables; their values hold secrets and
// need to be asked for.
func (p *process) environment(d *detail, denied *[]string) {
	b, err := p.read("environ")
	if err != nil {
		if procfs.Denied(err) {
			*denied = append(*denied, "environ")
		}
		return
	}
	env := procfs.Environ(b)
	slices.Sort(env)
	for i, kv := range env {
		if i == maxEnviron {
			d.add("environment", "...", fmt.Sprintf("%d more variables", len(env)-maxEnviron), float64(len(env)-maxEnviron))
			break
		}
		name, value, _ := strings.Cut(kv, "=")
		name = shorten(name)
		if p.reveal {
			d.add("environment", name, shorten(value), nil)
			continue
		}
		d.put("environment", name, fmt.Sprintf("(%d bytes)", len(value)), nil, true)
	}
}
