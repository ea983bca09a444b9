package probes

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sonde/probes/procfs"
	"sonde/probes/table"
)

// rowWhere finds the row whose column has this value.
func rowWhere(t *testing.T, tab *table.Table, col string, v table.Cell) table.Row {
	t.Helper()
	for _, r := range tab.Rows {
		if tab.Cell(r, col) == v {
			return r
		}
	}
	t.Fatalf("no row with %s = %v among %d", col, v, len(tab.Rows))
	return table.Row{}
}

// freshSockets samples with owners looked up now, not a second ago by another test.
func freshSockets(t *testing.T, a Args) *table.Table {
	t.Helper()
	s, err := newSockets(system, a)
	if err != nil {
		t.Skip("netlink not permitted: ", err)
	}
	defer s.Close()
	s.owners = &owners{root: system.proc}
	tab, err := s.Sample(t0)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestOwnSocketsAgreeWithSS(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	u, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer u.Close()
	waiting, err := net.Dial("tcp4", l.Addr().String()) // stays in the accept queue
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	tab := freshSockets(t, Args{"info": "1"})
	listener := rowWhere(t, tab, "local", l.Addr().String())
	if tab.Cell(listener, "state") != "LISTEN" {
		for _, r := range tab.Rows {
			if tab.Cell(r, "local") == l.Addr().String() && tab.Cell(r, "state") == "LISTEN" {
				listener = r
			}
		}
	}
	for col, want := range map[string]table.Cell{"proto": "tcp", "state": "LISTEN", "peer": "0.0.0.0:*", "pid": int64(os.Getpid()),
		"acceptq": int64(1), "recvq": int64(1), "holders": int64(1)} {
		if got := tab.Cell(listener, col); got != want {
			t.Errorf("listener's %s = %v, want %v", col, got, want)
		}
	}
	conn := rowWhere(t, tab, "local", waiting.LocalAddr().String())
	if tab.Cell(conn, "state") != "ESTAB" || tab.Cell(conn, "peer") != l.Addr().String() || tab.Cell(conn, "cwnd") == nil || tab.Cell(conn, "pid") != int64(os.Getpid()) {
		t.Errorf("connection %v", conn)
	}
	udp := rowWhere(t, tab, "local", u.LocalAddr().String())
	if tab.Cell(udp, "state") != "UNCONN" || tab.Cell(udp, "proto") != "udp" || tab.Cell(udp, "fd") == nil {
		t.Errorf("udp %v", udp)
	}
	out, err := exec.Command("ss", "-tunapH").Output()
	if err != nil {
		t.Skip("no ss to compare with: ", err)
	}
	// Every socket of this test as ss prints it: proto state recv-q send-q local peer users.
	for _, r := range []table.Row{listener, conn, udp} {
		text := func(col string) string { return table.Format(table.Column{Type: table.Int}, tab.Cell(r, col)) }
		want := strings.Join([]string{text("proto"), text("state"), text("recvq"), text("sendq"), text("local"), text("peer")}, " ")
		found := false
		for line := range strings.Lines(string(out)) {
			f := strings.Fields(line)
			if len(f) >= 6 && strings.Join(f[:6], " ") == want {
				found = len(f) > 6 && strings.Contains(f[6], "pid="+text("pid")+",fd="+text("fd"))
			}
		}
		if !found {
			t.Errorf("ss has no %q with pid %s fd %s", want, text("pid"), text("fd"))
		}
	}
}

func TestListeningAndUnixViews(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	tab := freshSockets(t, Args{"proto": "unix", "listening": "1"})
	r := rowWhere(t, tab, "local", path)
	if tab.Cell(r, "state") != "LISTEN" || tab.Cell(r, "proto") != "u_str" || tab.Cell(r, "process") == nil {
		t.Errorf("got %v", r)
	}
	for _, r := range tab.Rows {
		if s := tab.Cell(r, "state"); s == "ESTAB" {
			t.Errorf("%v is not listening", r)
		}
	}
	if _, err := newSockets(system, Args{"proto": "xyz"}); err == nil {
		t.Error("unknown protocol accepted")
	}
}

func TestProcNetTellsTheSameList(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	s, err := newSockets(system, Args{"proto": "tcp", "listening": "1"})
	if err != nil {
		t.Skip(err)
	}
	defer s.Close()
	var rows []socketRow
	if !s.procNet("tcp", numSocketCols, &rows) {
		t.Skip("no /proc/net/tcp")
	}
	for _, r := range rows {
		if r.local == l.Addr().String() && r.state == "LISTEN" && r.inode != 0 {
			return
		}
	}
	t.Errorf("listener missing among %v", rows)
}

func TestInterfacesAgreeWithTheKernelsFile(t *testing.T) {
	b, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		t.Skip(err)
	}
	tab := once(t, "interfaces", nil)
	for _, d := range procfs.ParseNetDev(b) {
		r := rowWhere(t, tab, "name", d.Name)
		// The table is the later reading: counters may only have grown.
		for col, v := range map[string]uint64{"rx.bytes": d.RxBytes, "tx.bytes": d.TxBytes, "rx.packets": d.RxPackets, "tx.packets": d.TxPackets, "rx.errors": d.RxErrs} {
			if got := tab.Cell(r, col).(int64); got < int64(v) || got > int64(v)+100<<20 {
				t.Errorf("%s %s = %d, /proc/net/dev had %d", d.Name, col, got, v)
			}
		}
		if tab.Cell(r, "rx.rate") == nil {
			t.Errorf("%s has no rate after two readings", d.Name)
		}
	}
	if out, err := exec.Command("ifconfig", "lo").Output(); err == nil {
		lo := rowWhere(t, tab, "name", "lo")
		if !strings.Contains(string(out), "<"+tab.Cell(lo, "flags").(string)+">") || !strings.Contains(string(out), "mtu "+strconv.Itoa(int(tab.Cell(lo, "mtu").(int64)))) {
			t.Errorf("flags %v mtu %v, ifconfig says %s", tab.Cell(lo, "flags"), tab.Cell(lo, "mtu"), out)
		}
	}
}

func TestLinkRateWrapsAndResets(t *testing.T) {
	for _, c := range []struct {
		a, b uint64
		want float64
	}{{100, 300, 100}, {1<<32 - 100, 100, 100}, {5000, 10, -1}, {1 << 40, 10, -1}} {
		if got := linkRate(c.a, c.b, 2); got != c.want {
			t.Errorf("from %d to %d: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestRoutesListAndLookUp(t *testing.T) {
	tab := once(t, "routes", Args{"to": "127.0.0.1"})
	if len(tab.Rows) != 1 || tab.Cell(tab.Rows[0], "iface") != "lo" || tab.Cell(tab.Rows[0], "type") != "local" {
		t.Errorf("route to loopback: %v %v", tab.Rows, tab.Notes)
	}
	out, err := exec.Command("ip", "-4", "route").Output()
	if err != nil {
		t.Skip("no ip to compare with: ", err)
	}
	tab = once(t, "routes", nil)
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		found := false
		for _, r := range tab.Rows {
			if tab.Cell(r, "dst") == f[0] && strings.Contains(line, tab.Cell(r, "iface").(string)) {
				found = true
			}
		}
		if !found {
			t.Errorf("missing: %s", line)
		}
	}
}

func TestFilesListsOwnDescriptors(t *testing.T) {
	dir := t.TempDir()
	open, err := os.Create(filepath.Join(dir, "kept (deleted)"))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if _, err := open.Write(make([]byte, 777)); err != nil {
		t.Fatal(err)
	}
	gone, err := os.Create(filepath.Join(dir, "gone"))
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	if err := os.Remove(gone.Name()); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	tab := once(t, "files", Args{"pid": strconv.Itoa(os.Getpid())})
	r := rowWhere(t, tab, "num", int64(open.Fd()))
	for col, want := range map[string]table.Cell{"fd": strconv.Itoa(int(open.Fd())) + "u", "type": "REG", "size": int64(777), "offset": int64(777), "name": open.Name(), "deleted": false} {
		if got := tab.Cell(r, col); got != want {
			t.Errorf("%s = %v, want %v", col, got, want)
		}
	}
	r = rowWhere(t, tab, "num", int64(gone.Fd()))
	if tab.Cell(r, "deleted") != true || tab.Cell(r, "name") != gone.Name() {
		t.Errorf("deleted file %v", r)
	}
	r = rowWhere(t, tab, "name", l.Addr().String()+" (LISTEN)")
	if tab.Cell(r, "type") != "IPv4" || tab.Cell(r, "node") != "TCP" {
		t.Errorf("listener %v", r)
	}
	for _, fd := range []string{"cwd", "rtd", "txt"} {
		rowWhere(t, tab, "fd", fd)
	}
	out, err := exec.Command("lsof", "-nP", "-p", strconv.Itoa(os.Getpid()), "-a", "-d", strconv.Itoa(int(open.Fd()))).Output()
	if err != nil {
		t.Skip("no lsof to compare with: ", err)
	}
	r = rowWhere(t, tab, "num", int64(open.Fd()))
	f := strings.Fields(strings.Split(strings.TrimSpace(string(out)), "\n")[1])
	for i, col := range []string{"command", "pid", "user", "fd", "type", "device", "size", "node"} {
		want := table.Format(table.Column{Type: table.Int}, tab.Cell(r, col))
		if col == "command" {
			want = want[:min(9, len(want))]
		}
		if f[i] != want {
			t.Errorf("lsof's %s is %s, own %s", col, f[i], want)
		}
	}
}

func TestMountAtTakesTheLongestMountPoint(t *testing.T) {
	ms := map[int]procfs.Mount{1: {Point: "/", Type: "ext4"}, 2: {Point: "/mnt", Type: "nfs4"}, 3: {Point: "/mnt", Type: "fuse"}, 4: {Point: "/mnt/a", Type: "xfs"}}
	for path, want := range map[string]string{"/x": "ext4", "/mnt": "fuse", "/mnt/b": "fuse", "/mnt/a/c": "xfs", "/mntx": "ext4", "/": "ext4"} {
		if m, ok := mountAt(ms, path); !ok || m.Type != want {
			t.Errorf("%s lies on %v", path, m)
		}
	}
	if _, ok := mountAt(nil, "/x"); ok {
		t.Error("a mount out of nothing")
	}
}

// BenchmarkSocketTable refreshes the sockets page with 2,000 loopback
// connections (4,000 sockets); ss-ms is what ss -tnip takes for the same.
func BenchmarkSocketTable(b *testing.B) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Skip(err)
	}
	defer l.Close()
	for range 2000 {
		c, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			b.Skip("not enough descriptors: ", err)
		}
		defer c.Close()
		s, err := l.Accept()
		if err != nil {
			b.Skip("not enough descriptors: ", err)
		}
		defer s.Close()
	}
	s, err := newSockets(system, Args{"proto": "tcp", "info": "1"})
	if err != nil {
		b.Skip(err)
	}
	defer s.Close()
	now := t0
	b.ReportAllocs()
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	for b.Loop() {
		now = now.Add(2 * time.Second)
		tab, err := s.Sample(now)
		if err != nil {
			b.Fatal(err)
		}
		if len(tab.Rows) < 4000 {
			b.Fatalf("%d rows", len(tab.Rows))
		}
	}
	b.StopTimer()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(used)/1e6/float64(b.N), "cpu-ms")
	if ss, err := exec.LookPath("ss"); err == nil {
		began := time.Now()
		c := exec.Command(ss, "-tnip")
		if c.Run() == nil {
			b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "ss-ms")
			b.ReportMetric(float64((c.ProcessState.UserTime()+c.ProcessState.SystemTime()).Microseconds())/1000, "ss-cpu-ms")
		}
	}
}

func TestSocketsOfAnotherNamespace(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if err := cmd.Start(); err != nil {
		t.Skip("no network namespace of its own: ", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	pid := strconv.Itoa(cmd.Process.Pid)
	there := freshSockets(t, Args{"netns": pid})
	for _, r := range there.Rows {
		if there.Cell(r, "local") == l.Addr().String() {
			t.Error("a socket of this namespace is listed in the other")
		}
	}
	// The thread that went there must not come back to serve this program.
	here := freshSockets(t, nil)
	rowWhere(t, here, "local", l.Addr().String())
	if _, err := newSockets(system, Args{"netns": "999999999"}); err == nil {
		t.Error("namespace of a process that is not there")
	}
}
