package probes

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sonde/probes/procfs"
	"sonde/probes/table"
)

// Column order of the processes table; see processColumns.
const (
	colPID = iota
	colTGID
	colUser
	colUID
	colPR
	colNI
	colVirt
	colRes
	colShr
	colS
	colStat
	colCPU
	colMem
	colTime
	colRead
	colWrite
	colThr
	colPPID
	colPGID
	colSID
	colTTY
	colTPGID
	colPSR
	colMinFlt
	colMajFlt
	colStart
	colPCPU
	colComm
	colCommand
	colContainer
	colKernel
	colWChan
	colNet
	numProcessCols
)

var processColumns = []table.Column{
	{ID: "pid", Title: "PID", Type: table.Int, Help: "Process number; of a thread when threads are shown."},
	{ID: "tgid", Title: "TGID", Type: table.Int, Help: "The process a thread belongs to."},
	{ID: "user", Title: "USER", Type: table.Text, Help: "Effective user."},
	{ID: "uid", Title: "UID", Type: table.Int},
	{ID: "pr", Title: "PR", Type: table.Int, Help: "Priority the kernel schedules by; -2 and below are real time."},
	{ID: "ni", Title: "NI", Type: table.Int, Help: "Nice value."},
	{ID: "virt", Title: "VIRT", Type: table.Bytes, Unit: "B", Help: "Address space."},
	{ID: "res", Title: "RES", Type: table.Bytes, Unit: "B", Help: "Resident memory; shared pages count in every process that has them."},
	{ID: "shr", Title: "SHR", Type: table.Bytes, Unit: "B", Help: "Resident file and shared memory pages."},
	{ID: "s", Title: "S", Type: table.Text, Help: "R running, S sleeping, D waiting for a device, T stopped, t traced, Z zombie, I idle kernel thread."},
	{ID: "stat", Title: "STAT", Type: table.Text, Help: "State as ps writes it: < high priority, N nice, s session leader, l threads, + foreground."},
	{ID: "cpu", Title: "%CPU", Type: table.Ratio, Help: "CPU time since the last refresh, 100 % for one core, as top."},
	{ID: "mem", Title: "%MEM", Type: table.Ratio, Help: "RES as a part of the memory."},
	{ID: "time", Title: "TIME+", Type: table.Duration, Unit: "ns", Help: "CPU time so far, in steps of 10 ms."},
	{ID: "read", Title: "DISK READ", Type: table.Rate, Unit: "B", Help: "Read from block devices."},
	{ID: "write", Title: "DISK WRITE", Type: table.Rate, Unit: "B", Help: "Written to block devices, counted when pages are dirtied."},
	{ID: "thr", Title: "THR", Type: table.Int, Help: "Threads."},
	{ID: "ppid", Title: "PPID", Type: table.Int, Help: "Parent."},
	{ID: "pgid", Title: "PGID", Type: table.Int, Help: "Process group."},
	{ID: "sid", Title: "SID", Type: table.Int, Help: "Session."},
	{ID: "tty", Title: "TTY", Type: table.Text, Help: "Controlling terminal."},
	{ID: "tpgid", Title: "TPGID", Type: table.Int, Help: "Foreground process group of the terminal."},
	{ID: "psr", Title: "P", Type: table.Int, Help: "CPU it last ran on."},
	{ID: "minflt", Title: "MINFLT", Type: table.Int, Help: "Page faults served from memory."},
	{ID: "majflt", Title: "MAJFLT", Type: table.Int, Help: "Page faults served from disk."},
	{ID: "start", Title: "START", Type: table.Time, Unit: "ns", Help: "When it started."},
	{ID: "pcpu", Title: "%CPU (life)", Type: table.Ratio, Help: "CPU time over time since the start, as ps: a lifetime average."},
	{ID: "comm", Title: "NAME", Type: table.Text, Help: "The kernel's short name, at most 15 bytes."},
	{ID: "command", Title: "COMMAND", Type: table.Text, Help: "Full command line; [name] for kernel threads and zombies."},
	{ID: "container", Title: "CONTAINER", Type: table.Text, Help: "Container id from the control group."},
	{ID: "kernel", Title: "KTHREAD", Type: table.Bool, Help: "A thread of the kernel."},
	{ID: "wchan", Title: "WCHAN", Type: table.Text, Help: "Kernel function it sleeps in; read only for chosen processes."},
	{ID: "net", Title: "NET", Type: table.Rate, Unit: "B", Help: "Payload of its TCP sockets, both ways."},
}

// withoutNet are the columns when NET was not asked for.
var withoutNet = func() []table.Column {
	cols := slices.Clone(processColumns)
	cols[colNet].Unavailable = "not measured unless asked for (net=1)"
	return cols
}()

// cells fills a row. The slice of the last sample is used again when nothing
// changed, and each boxed value that did not: a sleeping process costs no memory.
func (p *processes) cells(t *task, host procfs.HostStat, memTotal uint64, now time.Time) []table.Cell {
	st := &t.stat
	started := host.BootTime*int64(time.Second) + int64(st.Start)*tick
	used := int64(st.UTime+st.STime) * tick
	b := rowBuilder{old: t.cells}
	b.int(colPID, int64(t.pid))
	b.int(colTGID, int64(t.tgid))
	b.text(colUser, t.user)
	b.int(colUID, int64(t.uid))
	b.int(colPR, int64(st.Priority))
	b.int(colNI, int64(st.Nice))
	b.int(colVirt, int64(st.VSize))
	b.int(colRes, st.RSS*pageSize)
	b.int(colShr, t.shared)
	b.text(colS, stateLetter(st.State))
	var mark [32]byte
	b.bytes(colStat, psState(mark[:0], st))
	if memTotal > 0 {
		b.float(colMem, float64(st.RSS*pageSize)/float64(memTotal))
	}
	b.int(colTime, used)
	if t.rated && !t.ioDenied {
		b.float(colRead, t.read)
		b.float(colWrite, t.written)
	} else {
		b.none(colRead)
		b.none(colWrite)
	}
	b.int(colThr, int64(st.Threads))
	b.int(colPPID, int64(st.PPID))
	b.int(colPGID, int64(st.PGRP))
	b.int(colSID, int64(st.Session))
	if b.at(colTTY) == nil || st.TTY != t.tty {
		t.tty = st.TTY
		b.text(colTTY, ttyName(st.TTY))
	}
	b.int(colTPGID, int64(st.TPGID))
	b.int(colPSR, int64(st.Processor))
	b.int(colMinFlt, int64(st.MinFlt))
	b.int(colMajFlt, int64(st.MajFlt))
	b.int(colStart, started)
	// The lifetime average of a process changes each second by nothing worth
	// sending: three digits.
	if life := now.UnixNano() - started; life > 0 {
		b.float(colPCPU, float64(int64(float64(used)/float64(life)*1000+0.5))/1000)
	}
	b.text(colComm, st.Comm)
	b.text(colCommand, t.command)
	b.text(colContainer, t.container)
	b.bool(colKernel, st.KernelThread())
	if t.wchan != "" {
		b.text(colWChan, t.wchan)
	} else {
		b.none(colWChan)
	}
	switch rate, ok := p.netByPID[t.pid]; {
	case ok:
		b.float(colNet, rate)
	case p.netByPID == nil || p.netDenied > 0 && t.ioDenied:
		b.none(colNet) // not measured yet, or closed to us: not a zero
	default:
		b.float(colNet, 0)
	}
	t.cells = b.done()
	return t.cells
}

// rowBuilder copies a row's cells only when one differs.
type rowBuilder struct {
	old, new []table.Cell
}

func (b *rowBuilder) set(i int, v table.Cell) {
	if b.new == nil {
		b.new = make([]table.Cell, numProcessCols)
		copy(b.new, b.old)
	}
	b.new[i] = v
}

func (b *rowBuilder) at(i int) table.Cell {
	if b.new != nil {
		return b.new[i]
	}
	if i < len(b.old) {
		return b.old[i]
	}
	return nil
}

func (b *rowBuilder) int(i int, v int64) {
	if x, ok := b.at(i).(int64); !ok || x != v {
		b.set(i, v)
	}
}

func (b *rowBuilder) float(i int, v float64) {
	if x, ok := b.at(i).(float64); !ok || x != v {
		b.set(i, v)
	}
}

func (b *rowBuilder) text(i int, v string) {
	if x, ok := b.at(i).(string); !ok || x != v {
		b.set(i, v)
	}
}

func (b *rowBuilder) bytes(i int, v []byte) {
	if x, ok := b.at(i).(string); !ok || x != string(v) {
		b.set(i, string(v))
	}
}

func (b *rowBuilder) bool(i int, v bool) {
	if x, ok := b.at(i).(bool); !ok || x != v {
		b.set(i, v)
	}
}

func (b *rowBuilder) none(i int) {
	if b.at(i) != nil {
		b.set(i, nil)
	}
}

func (b *rowBuilder) done() []table.Cell {
	if b.new != nil {
		return b.new
	}
	return b.old
}

// stateLetter gives one-letter strings without allocating.
func stateLetter(c byte) string {
	const letters = "RSDTtZXIKWPx"
	if i := strings.IndexByte(letters, c); i >= 0 {
		return letters[i : i+1]
	}
	return string(rune(c))
}

// psState appends the state with ps's marks (ps(1), PROCESS STATE CODES), except "L",
// which would need another file.
func psState(s []byte, st *procfs.Stat) []byte {
	s = append(s, st.State)
	if st.Nice < 0 {
		s = append(s, '<')
	}
	if st.Nice > 0 {
		s = append(s, 'N')
	}
	if st.Session == st.PID {
		s = append(s, 's')
	}
	if st.Threads > 1 {
		s = append(s, 'l')
	}
	if st.TPGID > 0 && st.PGRP == st.TPGID {
		s = append(s, '+')
	}
	return s
}

// ttyName names a terminal by its device number (Documentation/admin-guide/devices.txt).
func ttyName(dev int) string {
	if dev == 0 {
		return "?"
	}
	major, minor := dev>>8&0xfff, dev&0xff|dev>>12&0xfff00
	switch {
	case major >= 136 && major <= 143:
		return "pts/" + strconv.Itoa((major-136)<<20|minor)
	case major == 4 && minor < 64:
		return "tty" + strconv.Itoa(minor)
	case major == 4:
		return "ttyS" + strconv.Itoa(minor-64)
	case major == 5 && minor == 1:
		return "console"
	case major == 204:
		return "ttyAMA" + strconv.Itoa(max(0, minor-64))
	case major == 229:
		return "hvc" + strconv.Itoa(minor)
	}
	return strconv.Itoa(major) + "/" + strconv.Itoa(minor)
}
