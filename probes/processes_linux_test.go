package probes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sonde/probes/table"
)

var t0 = time.Date(2026, 2, 10, 3, 27, 41, 0, time.UTC)

func TestProcessesRatesFromTwoReadings(t *testing.T) {
	tr := newTree(t)
	tr.write("passwd", fmt.Sprintf("x:x:%d:0::/:\n", os.Getuid()))
	for _, p := range []fakeTask{
		{pid: 1, comm: "init", state: 'S', cmdline: "/sbin/init\x00--flag\x00"},
		{pid: 50, ppid: 1, comm: "a) R 9 9 (b\n", state: 'S', ticks: 1000, start: 700, cmdline: ""},
		{pid: 2, comm: "kthreadd", state: 'I', flags: 0x200000},
	} {
		tr.process(p)
	}
	p, err := newProcesses(tr.roots(), Args{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	first, err := p.Sample(t0)
	if err != nil {
		t.Fatal(err)
	}
	if got := cell(t, first, "50:700", "cpu"); got != nil {
		t.Errorf("%%CPU of a first reading is %v, want none", got)
	}
	if got := cell(t, first, "50:700", "read"); got != nil {
		t.Errorf("disk rate of a first reading is %v, want none", got)
	}
	tr.write("stat", "cpu  150 0 100 830 20 0 0 0 0 0\ncpu0 150 0 100 830 20 0 0 0 0 0\nbtime 1700000000\n")
	tr.process(fakeTask{pid: 50, ppid: 1, comm: "a) R 9 9 (b\n", state: 'R', ticks: 1300, start: 700, read: 8192})
	second, err := p.Sample(t0.Add(2 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for col, want := range map[string]table.Cell{
		"pid": int64(50), "ppid": int64(1), "s": "R", "cpu": 1.5, "time": int64(13 * time.Second), "read": 4096.0, "write": 0.0,
		"comm": "a) R 9 9 (b\n", "command": "[a) R 9 9 (b\n]", "user": "x", "res": 100 * pageSize, "shr": 40 * pageSize, "virt": int64(4096000),
		"start": int64(1700000007 * time.Second), "mem": float64(100*pageSize) / 1024e6, "kernel": false, "container": "",
	} {
		if got := cell(t, second, "50:700", col); got != want {
			t.Errorf("%s = %v, want %v", col, got, want)
		}
	}
	if got := cell(t, second, "1:0", "command"); got != "/sbin/init --flag" {
		t.Errorf("command %q", got)
	}
	if got := cell(t, second, "2:0", "command"); got != "[kthreadd]" {
		t.Errorf("kernel thread's command %q", got)
	}
	for id, want := range map[string]table.Cell{"cpu.usr": 0.5, "cpu.sys": 0.0, "cpu.idle": 0.3, "cpu.iowait": 0.2, "cpu0.usr": 0.5, "load1": 0.5,
		"uptime": int64(5000 * time.Second), "tasks.total": int64(3), "tasks.running": int64(1), "mem.used": int64(400000 << 10), "swap.used": int64(60 << 10)} {
		if got := second.Summary[id]; got != want {
			t.Errorf("summary %s = %v, want %v", id, got, want)
		}
	}
	// Published tables never change.
	if got := cell(t, first, "50:700", "s"); got != "S" {
		t.Errorf("the first table changed: %v", got)
	}
	// The same number, another process: no rate from the dead one's ticks.
	tr.process(fakeTask{pid: 50, ppid: 1, comm: "new", state: 'S', ticks: 5000, start: 900})
	third, err := p.Sample(t0.Add(3 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if got := cell(t, third, "50:900", "cpu"); got != nil {
		t.Errorf("%%CPU of a reborn process is %v, want none", got)
	}
	if d := table.Diff(second, third); len(d.Del) != 1 || d.Del[0] != "50:700" {
		t.Errorf("delta %+v", d)
	}
	// Unchanged processes share their cells.
	if &second.Rows[0].Cells[0] != &third.Rows[0].Cells[0] && second.Rows[0].Key == third.Rows[0].Key {
		t.Error("a sleeping process was copied")
	}
}

// With many processes the idle ones' figures are read in turn; a rate must not
// stay on the page meanwhile.
func TestDiskRateEndsWithTheWork(t *testing.T) {
	tr := newTree(t)
	for pid := 1; pid <= readAllBelow+10; pid++ {
		tr.process(fakeTask{pid: pid, comm: "idle", state: 'S', start: pid, cmdline: "x\x00"})
	}
	p, err := newProcesses(tr.roots(), Args{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sample := func(sec int) *table.Table {
		tab, err := p.Sample(t0.Add(time.Duration(sec) * time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return tab
	}
	sample(0)
	tr.process(fakeTask{pid: 7, comm: "idle", state: 'S', start: 7, ticks: 5, read: 4000, cmdline: "x\x00"})
	if got, _ := cell(t, sample(1), "7:7", "read").(float64); got != 4000 {
		t.Errorf("at work: %v, want 4000", got)
	}
	if got := cell(t, sample(2), "7:7", "read"); got != 0.0 {
		t.Errorf("afterwards: %v, want 0", got)
	}
}

func TestProcessesFilterAndThreads(t *testing.T) {
	tr := newTree(t)
	tr.process(fakeTask{pid: 10, comm: "main", state: 'S', start: 5, cmdline: "/bin/main\x00"})
	tr.stat("10/task/10", fakeTask{pid: 10, comm: "main", state: 'S', start: 5})
	tr.stat("10/task/11", fakeTask{pid: 11, comm: "worker", state: 'R', start: 6})
	p, err := newProcesses(tr.roots(), Args{"threads": "1", "pid": "10"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	tab, err := p.Sample(t0)
	if err != nil {
		t.Fatal(err)
	}
	if len(tab.Rows) != 2 || cell(t, tab, "11:6", "command") != "worker" || cell(t, tab, "11:6", "tgid") != int64(10) || cell(t, tab, "10:5", "command") != "/bin/main" {
		t.Errorf("got %+v", tab.Rows)
	}
	q, err := newProcesses(tr.roots(), Args{"user": "nobody-of-that-name"})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if tab, err := q.Sample(t0); err != nil || len(tab.Rows) != 0 {
		t.Errorf("%d rows for an unknown user, %v", len(tab.Rows), err)
	}
	if _, err := newProcesses(tr.roots(), Args{"pid": "-1"}); !errors.Is(err, ErrArgs) {
		t.Errorf("pid -1: %v", err)
	}
	gone, err := newProcesses(tr.roots(), Args{"pid": "77"})
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	if _, err := gone.Sample(t0); !errors.Is(err, ErrGone) {
		t.Errorf("a process that is not there: %v", err)
	}
}

func TestUnreadableDiskFiguresAreSaidAndNotZero(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything in a fixture tree")
	}
	tr := newTree(t)
	tr.process(fakeTask{pid: 1, comm: "init", state: 'S'})
	if err := os.Chmod(filepath.Join(tr.root, "1/io"), 0); err != nil {
		t.Fatal(err)
	}
	p, err := newProcesses(tr.roots(), Args{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var tab *table.Table
	for i := range 2 {
		if tab, err = p.Sample(t0.Add(time.Duration(i) * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if cell(t, tab, "1:0", "read") != nil || len(tab.Notes) != 1 || !strings.Contains(tab.Notes[0].Remedy, "setcap cap_sys_ptrace") {
		t.Errorf("read %v, notes %+v", cell(t, tab, "1:0", "read"), tab.Notes)
	}
}

// once samples a registered probe through a runner of its own.
func once(t testing.TB, topic string, args Args) *table.Table {
	t.Helper()
	r := NewRunner(Options{})
	t.Cleanup(func() { r.Close() })
	tab, err := r.Once(context.Background(), topic, args)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// sleeper starts a process that sleeps until the test ends.
func sleeper(t testing.TB, name string, arg ...string) (pid int, start uint64) {
	t.Helper()
	cmd := exec.Command(name, arg...)
	if err := cmd.Start(); err != nil {
		t.Skip("cannot start a process: ", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	st, err := readStat(system, cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid, st.Start
}

func TestProcessAgreesWithPS(t *testing.T) {
	pid, start := sleeper(t, "sleep", "1000")
	tab := once(t, "processes", Args{"pid": strconv.Itoa(pid)})
	key := strconv.Itoa(pid) + ":" + strconv.FormatUint(start, 10)
	out, err := exec.Command("ps", "-o", "pid=,ppid=,user=,uid=,pri=,ni=,vsz=,stat=,pgid=,sid=,tty=,nlwp=,comm=,args=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Skip("no ps to compare with: ", err)
	}
	f := strings.Fields(string(out))
	for i, col := range []string{"pid", "ppid", "user", "uid", "", "ni", "virt", "stat", "pgid", "sid", "tty", "thr", "comm"} {
		if col == "" {
			continue // ps's PRI counts from another origin
		}
		got := fmt.Sprint(cell(t, tab, key, col))
		if col == "virt" {
			got = fmt.Sprint(cell(t, tab, key, col).(int64) / 1024)
		}
		if got != f[i] {
			t.Errorf("%s = %s, ps says %s", col, got, f[i])
		}
	}
	if got, want := cell(t, tab, key, "command"), strings.Join(f[13:], " "); got != want {
		t.Errorf("command %q, ps says %q", got, want)
	}
}

func TestProcessesListsWhatPSLists(t *testing.T) {
	out, err := exec.Command("ps", "-eo", "pid=").Output()
	if err != nil {
		t.Skip("no ps to compare with: ", err)
	}
	tab := once(t, "processes", nil)
	have := map[string]bool{}
	for _, r := range tab.Rows {
		have[fmt.Sprint(tab.Cell(r, "pid"))] = true
	}
	missing := 0
	for _, pid := range strings.Fields(string(out)) {
		if !have[pid] {
			missing++ // ps itself, and what ended in between
		}
	}
	if n := len(strings.Fields(string(out))); missing > 3+n/20 {
		t.Errorf("%d of %d processes missing", missing, n)
	}
}

func TestProcessDetailMasksTheEnvironment(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	cmd.Env = []string{"API_TOKEN=s3cret-value", "EMPTY="}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	pid := strconv.Itoa(cmd.Process.Pid)
	tab := once(t, "process", Args{"pid": pid})
	if got := cell(t, tab, "environment:API_TOKEN", "value"); got != "(12 bytes)" || cell(t, tab, "environment:API_TOKEN", "masked") != true {
		t.Errorf("masked value %v", got)
	}
	if strings.Contains(fmt.Sprint(tab.Rows), "s3cret") {
		t.Error("a secret left the host")
	}
	tab = once(t, "process", Args{"pid": pid, "reveal": "1"})
	if got := cell(t, tab, "environment:API_TOKEN", "value"); got != "s3cret-value" {
		t.Errorf("revealed value %v", got)
	}
	if cell(t, tab, "parent:1", "number") != float64(os.Getpid()) || tab.Summary["fds.limit"] == nil || tab.Summary["fds"] == nil {
		t.Errorf("parent %v, summary %v", cell(t, tab, "parent:1", "number"), tab.Summary)
	}
	self := once(t, "process", Args{"pid": strconv.Itoa(os.Getpid())})
	if cell(t, self, "child:"+pid, "value") != "sleep" {
		t.Error("child not listed")
	}
	r := NewRunner(Options{})
	defer r.Close()
	if _, err := r.Once(context.Background(), "process", Args{"pid": pid, "start": "1"}); !errors.Is(err, ErrGone) {
		t.Errorf("another start time: %v", err)
	}
}

func TestParsePasswd(t *testing.T) {
	got := parsePasswd([]byte("root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\nbroken\napp:x:1000:1000\n:x:5:5::\n#c:x:6:6::\nx:x:bad:1::\n"))
	if len(got) != 2 || got[0] != "root" || got[1000] != "app" {
		t.Errorf("got %v", got)
	}
}

func FuzzPasswd(f *testing.F) {
	f.Add([]byte("root:x:0:0:root:/root:/bin/sh\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, n := range parsePasswd(b) {
			if n == "" || strings.ContainsAny(n, ":\n") {
				t.Errorf("name %q", n)
			}
		}
	})
}

func TestTTYName(t *testing.T) {
	for dev, want := range map[int]string{0: "?", 34816: "pts/0", 34816 + 17: "pts/17", 1025: "tty1", 1088: "ttyS0", 1281: "console"} {
		if got := ttyName(dev); got != want {
			t.Errorf("ttyName(%d) = %s, want %s", dev, got, want)
		}
	}
}

// BenchmarkProcessTable refreshes top's table with 2,000 sleeping processes.
func BenchmarkProcessTable(b *testing.B) {
	const n = 2000
	var cmds []*exec.Cmd
	defer func() {
		for _, c := range cmds {
			_ = c.Process.Kill()
		}
		for _, c := range cmds {
			_ = c.Wait()
		}
	}()
	for range n {
		c := exec.Command("sleep", "600")
		if err := c.Start(); err != nil {
			b.Skip("cannot start 2,000 processes: ", err)
		}
		cmds = append(cmds, c)
	}
	p, err := newProcesses(system, Args{})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	now := time.Now()
	if _, err := p.Sample(now); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	for b.Loop() {
		now = now.Add(time.Second)
		tab, err := p.Sample(now)
		if err != nil {
			b.Fatal(err)
		}
		if len(tab.Rows) < n {
			b.Fatalf("%d rows", len(tab.Rows))
		}
	}
	b.StopTimer()
	// The time of a busy machine says little: the CPU time is the cost.
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(used)/1e6/float64(b.N), "cpu-ms")
	if top, err := exec.LookPath("top"); err == nil {
		began := time.Now()
		c := exec.Command(top, "-b", "-n1")
		if c.Run() == nil {
			b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "top-ms")
			b.ReportMetric(float64((c.ProcessState.UserTime()+c.ProcessState.SystemTime()).Microseconds())/1000, "top-cpu-ms")
		}
	}
}

func TestNetColumnCountsSocketBytes(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	p, err := newProcesses(system, Args{"pid": strconv.Itoa(os.Getpid()), "net": "1"})
	if err != nil {
		t.Skip("netlink not permitted: ", err)
	}
	defer p.Close()
	p.net.owners = &owners{root: system.proc}
	first, err := p.Sample(t0)
	if err != nil {
		t.Fatal(err)
	}
	key := first.Rows[0].Key
	if got := cell(t, first, key, "net"); got != nil {
		t.Errorf("rate of a first reading: %v", got)
	}
	const n = 20_000
	if _, err := client.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(server, make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	second, err := p.Sample(t0.Add(2 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	// Received once here; the acknowledgement of what was sent may still be due.
	if got, _ := cell(t, second, key, "net").(float64); got < n/2 || got > 2*n/2+10 {
		t.Errorf("%v bytes a second, want %d to %d", got, n/2, n)
	}
	q, err := newProcesses(system, Args{"pid": strconv.Itoa(os.Getpid())})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	tab, err := q.Sample(t0)
	if err != nil || tab.Columns[tab.Col("net")].Unavailable == "" || cell(t, tab, key, "net") != nil {
		t.Errorf("NET without being asked: %v, %v", tab.Columns[tab.Col("net")], err)
	}
}
