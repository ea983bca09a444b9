package probes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sonde/probes/table"
)

func systemTree(t *testing.T) tree {
	tr := newTree(t)
	tr.write("diskstats", "8 0 sda 1 0 1000 0 1 0 2000 0 0 0 0\n8 1 sda1 1 0 999999 0 1 0 2000 0 0 0 0\n253 0 dm-0 1 0 999999 0 1 0 1 0 0 0 0\n")
	tr.write("net/dev", "  lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0\neth0: 5000 1 0 0 0 0 0 0 7000 1 0 0 0 0 0 0\n")
	tr.write("vmstat", "pswpin 10\npswpout 20\n")
	return tr
}

func TestSystemRow(t *testing.T) {
	tr := systemTree(t)
	s, err := newSystem(tr.roots())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first, err := s.Sample(t0)
	if err != nil {
		t.Fatal(err)
	}
	if cell(t, first, "now", "usr") != nil || cell(t, first, "now", "read") != nil {
		t.Error("rates from one reading")
	}
	tr.write("stat", "cpu  140 0 110 840 10 0 0 0 0 0\nintr 100\nctxt 405\nbtime 1700000000\nprocesses 9\n")
	tr.write("diskstats", "8 0 sda 1 0 1004 0 1 0 2008 0 0 0 0\n")
	tr.write("net/dev", "  lo: 99999 1 0 0 0 0 0 0 99999 1 0 0 0 0 0 0\neth0: 5600 1 0 0 0 0 0 0 7200 1 0 0 0 0 0 0\n")
	tr.write("vmstat", "pswpin 12\npswpout 20\n")
	second, err := s.Sample(t0.Add(2 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for col, want := range map[string]table.Cell{"usr": 0.4, "sys": 0.1, "idl": 0.4, "wai": 0.1, "stl": 0.0, "read": 1024.0, "writ": 2048.0,
		"recv": 300.0, "send": 100.0, "in": float64(pageSize), "out": 0.0, "csw": 200.0, "load1": 0.5, "free": int64(200000 << 10), "psi.cpu": nil} {
		if got := cell(t, second, "now", col); got != want {
			t.Errorf("%s = %v, want %v", col, got, want)
		}
	}
	if c := second.Columns[second.Col("psi.cpu")]; c.Unavailable == "" || len(second.Notes) != 1 {
		t.Errorf("missing PSI is not said: %+v %v", c, second.Notes)
	}
	if systemColumns[0].Unavailable != "" || systemColumns[len(systemColumns)-1].Unavailable != "" {
		t.Error("the shared columns were changed")
	}
	if err := os.Remove(filepath.Join(tr.root, "diskstats")); err != nil {
		t.Fatal(err)
	}
	third, err := s.Sample(t0.Add(3 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if cell(t, third, "now", "read") != nil || third.Columns[third.Col("read")].Unavailable == "" {
		t.Error("zeros for a file that is not there")
	}
}

func TestHistoryKeepsFifteenMinutesAndSharesRows(t *testing.T) {
	tr := systemTree(t)
	h, err := newHistory(tr.roots())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var prev *table.Table
	for i := range 1850 {
		tr.write("stat", fmt.Sprintf("cpu  %d 0 0 %d 0 0 0 0\n", 100+i, 800+3*i))
		tab, err := h.Sample(t0.Add(time.Duration(i) * time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if want := min(i, historyLength); len(tab.Rows) != want {
			t.Fatalf("%d rows after %d seconds", len(tab.Rows), i)
		}
		if prev != nil && i > 1 && i%97 == 0 {
			if d := table.Diff(prev, tab); len(d.Set) != 1 || len(d.Del) > 1 || d.Order != nil {
				t.Fatalf("second %d: a delta of %d rows", i, len(d.Set))
			}
		}
		if i > 0 {
			last := tab.Rows[len(tab.Rows)-1]
			if got := tab.Cell(last, "cpu"); got != 0.25 {
				t.Fatalf("CPU %v, want 0.25", got)
			}
			if last.Key != fmt.Sprint(t0.Add(time.Duration(i)*time.Second).UnixNano()) {
				t.Fatalf("key %s", last.Key)
			}
		}
		prev = tab
	}
}

func TestProtocolStatsRates(t *testing.T) {
	tr := newTree(t)
	tr.write("net/snmp", "Tcp: RtoMin CurrEstab OutSegs RetransSegs\nTcp: 200 5 1000 10\n")
	tr.write("net/netstat", "TcpExt: ListenOverflows\nTcpExt: 7\n")
	s, err := newProtocolStats(tr.roots())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Sample(t0); err != nil {
		t.Fatal(err)
	}
	tr.write("net/snmp", "Tcp: RtoMin CurrEstab OutSegs RetransSegs\nTcp: 200 9 1500 4\n")
	tab, err := s.Sample(t0.Add(2 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key, col string
		want     table.Cell
	}{{"Tcp.OutSegs", "rate", 250.0}, {"Tcp.OutSegs", "value", int64(1500)}, {"Tcp.OutSegs", "counter", "Segments sent"},
		{"Tcp.CurrEstab", "rate", nil}, {"Tcp.RetransSegs", "rate", nil}, {"TcpExt.ListenOverflows", "rate", 0.0}} {
		if got := cell(t, tab, c.key, c.col); got != c.want {
			t.Errorf("%s %s = %v, want %v", c.key, c.col, got, c.want)
		}
	}
	for in, want := range map[string]string{"TCPSackRecovery": "TCP Sack Recovery", "InReceives": "In Receives", "TW": "TW", "InECT0Pkts": "In ECT0Pkts"} {
		if got := spaced(in); got != want {
			t.Errorf("spaced(%s) = %q, want %q", in, got, want)
		}
	}
}

func TestHostTellsTheKernel(t *testing.T) {
	tab := once(t, "host", nil)
	out, err := exec.Command("uname", "-r").Output()
	if err != nil {
		t.Skip(err)
	}
	if got := tab.Summary["kernel"]; got != strings.TrimSpace(string(out)) || tab.Summary["bootid"] == nil {
		t.Errorf("kernel %v, uname says %s", got, out)
	}
}

// BenchmarkHistorySample is what runs each second when nobody looks.
func BenchmarkHistorySample(b *testing.B) {
	h, err := newHistory(system)
	if err != nil {
		b.Skip(err)
	}
	defer h.Close()
	now := t0
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		if _, err := h.Sample(now); err != nil {
			b.Fatal(err)
		}
	}
}
