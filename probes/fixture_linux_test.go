package probes

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sonde/probes/table"
)

// tree is a /proc made by a test.
type tree struct {
	t    *testing.T
	root string
}

func newTree(t *testing.T) tree {
	t.Helper()
	tr := tree{t, t.TempDir()}
	tr.write("stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 100 0 100 800 0 0 0 0 0 0\nctxt 5\nbtime 1700000000\nprocesses 9\n")
	tr.write("meminfo", "MemTotal: 1000000 kB\nMemFree: 200000 kB\nMemAvailable: 600000 kB\nSwapTotal: 100 kB\nSwapFree: 40 kB\n")
	tr.write("loadavg", "0.50 0.25 0.10 2/40 999\n")
	tr.write("uptime", "5000.00 4000.00\n")
	return tr
}

func (tr tree) write(name, text string) {
	tr.t.Helper()
	path := filepath.Join(tr.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tr.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tr.t.Fatal(err)
	}
}

// task is the part of a process that tests vary.
type fakeTask struct {
	pid, ppid    int
	comm         string
	state        byte
	ticks, start int
	read         int
	flags        int
	cmdline      string
}

func (tr tree) stat(dir string, p fakeTask) {
	tr.write(dir+"/stat", fmt.Sprintf("%d (%s) %c %d 1 1 0 -1 %d 1 0 2 0 %d 0 0 0 20 0 1 0 %d 4096000 100 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n",
		p.pid, p.comm, p.state, p.ppid, p.flags, p.ticks, p.start))
	tr.write(dir+"/statm", "1000 100 40 1 0 1 0\n")
	tr.write(dir+"/io", fmt.Sprintf("rchar: 1\nwchar: 1\nread_bytes: %d\nwrite_bytes: 0\ncancelled_write_bytes: 0\n", p.read))
}

func (tr tree) process(p fakeTask) {
	dir := fmt.Sprint(p.pid)
	tr.stat(dir, p)
	tr.write(dir+"/cmdline", p.cmdline)
	tr.write(dir+"/cgroup", "0::/\n")
}

func (tr tree) roots() roots {
	return roots{proc: tr.root, sys: tr.root, passwd: filepath.Join(tr.root, "passwd")}
}

// cell is a row's value by key and column.
func cell(t *testing.T, tab *table.Table, key, col string) table.Cell {
	t.Helper()
	for _, r := range tab.Rows {
		if r.Key == key {
			if tab.Col(col) < 0 {
				t.Fatalf("no column %q", col)
			}
			return tab.Cell(r, col)
		}
	}
	t.Fatalf("no row %q", key)
	return nil
}
