//go:build !linux

package probes

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/load"
	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"

	"sonde/probes/table"
)

// Systems other than Linux have the views that gopsutil can fill; the others are
// not registered, and the page says that this system lacks them.

var (
	_ = register(Probe{Name: "processes", Title: "Processes", Interval: 2 * time.Second, Rates: true, Args: []string{"user"},
		New: func(a Args) (Sampler, error) {
			return &otherProcesses{user: a["user"], prev: map[string]float64{}}, nil
		}})
	_ = register(Probe{Name: "interfaces", Title: "Interfaces", Interval: 2 * time.Second, Rates: true,
		New: func(Args) (Sampler, error) { return &otherInterfaces{}, nil }})
)

var otherNote = table.Note{Code: "degraded", Text: "Columns that only Linux tells are missing on this system."}

type otherProcesses struct {
	user string
	prev map[string]float64 // CPU seconds by key
	at   time.Time
}

func (*otherProcesses) Close() error { return nil }

func (p *otherProcesses) Sample(now time.Time) (*table.Table, error) {
	ps, err := process.Processes()
	if err != nil {
		return nil, err
	}
	t := &table.Table{Columns: []table.Column{
		{ID: "pid", Title: "PID", Type: table.Int}, {ID: "user", Title: "USER", Type: table.Text}, {ID: "ni", Title: "NI", Type: table.Int},
		{ID: "virt", Title: "VIRT", Type: table.Bytes}, {ID: "res", Title: "RES", Type: table.Bytes}, {ID: "s", Title: "S", Type: table.Text},
		{ID: "cpu", Title: "%CPU", Type: table.Ratio}, {ID: "mem", Title: "%MEM", Type: table.Ratio}, {ID: "time", Title: "TIME+", Type: table.Duration},
		{ID: "thr", Title: "THR", Type: table.Int}, {ID: "ppid", Title: "PPID", Type: table.Int}, {ID: "start", Title: "START", Type: table.Time},
		{ID: "comm", Title: "NAME", Type: table.Text}, {ID: "command", Title: "COMMAND", Type: table.Text},
	}, Summary: map[string]table.Cell{}, Notes: []table.Note{otherNote}}
	next := map[string]float64{}
	total := uint64(0)
	if m, err := mem.VirtualMemory(); err == nil {
		total = m.Total
		t.Summary["mem.total"], t.Summary["mem.available"], t.Summary["mem.used"] = int64(m.Total), int64(m.Available), int64(m.Used)
	}
	if l, err := load.Avg(); err == nil {
		t.Summary["load1"], t.Summary["load5"], t.Summary["load15"] = l.Load1, l.Load5, l.Load15
	}
	for _, q := range ps {
		start, err := q.CreateTime()
		if err != nil {
			continue // ended meanwhile, or not ours to see
		}
		c := make([]table.Cell, len(t.Columns))
		user, _ := q.Username()
		if p.user != "" && p.user != user {
			continue
		}
		c[0], c[1], c[11] = int64(q.Pid), user, start*1e6
		if n, err := q.Nice(); err == nil {
			c[2] = int64(n)
		}
		if m, err := q.MemoryInfo(); err == nil && m != nil {
			c[3], c[4] = int64(m.VMS), int64(m.RSS)
			if total > 0 {
				c[7] = float64(m.RSS) / float64(total)
			}
		}
		if s, err := q.Status(); err == nil {
			c[5] = strings.Join(s, "")
		}
		key := strconv.Itoa(int(q.Pid)) + ":" + strconv.FormatInt(start, 10)
		if cpu, err := q.Times(); err == nil {
			used := cpu.User + cpu.System
			next[key] = used
			if old, ok := p.prev[key]; ok {
				c[6] = max(0, used-old) / now.Sub(p.at).Seconds()
			}
			c[8] = int64(used * 1e9)
		}
		if n, err := q.NumThreads(); err == nil {
			c[9] = int64(n)
		}
		if n, err := q.Ppid(); err == nil {
			c[10] = int64(n)
		}
		c[12], _ = q.Name()
		c[13], _ = q.Cmdline()
		t.Rows = append(t.Rows, table.Row{Key: key, Cells: c})
	}
	t.Summary["tasks.total"] = int64(len(t.Rows))
	p.prev, p.at = next, now
	return t, nil
}

type otherInterfaces struct {
	prev map[string]net.IOCountersStat
	at   time.Time
}

func (*otherInterfaces) Close() error { return nil }

func (p *otherInterfaces) Sample(now time.Time) (*table.Table, error) {
	ifs, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	counts, err := net.IOCounters(true)
	if err != nil {
		return nil, err
	}
	by := map[string]net.IOCountersStat{}
	for _, c := range counts {
		by[c.Name] = c
	}
	t := &table.Table{Columns: []table.Column{
		{ID: "name", Title: "Iface", Type: table.Text}, {ID: "flags", Title: "flags", Type: table.Text}, {ID: "mtu", Title: "MTU", Type: table.Int},
		{ID: "inet", Title: "inet", Type: table.Text}, {ID: "ether", Title: "ether", Type: table.Text},
		{ID: "rx.rate", Title: "RX", Type: table.Rate, Unit: "B"}, {ID: "tx.rate", Title: "TX", Type: table.Rate, Unit: "B"},
		{ID: "rx.bytes", Title: "RX bytes", Type: table.Bytes}, {ID: "tx.bytes", Title: "TX bytes", Type: table.Bytes},
	}, Notes: []table.Note{otherNote}}
	for _, i := range ifs {
		var addrs []string
		for _, a := range i.Addrs {
			addrs = append(addrs, a.Addr)
		}
		c := by[i.Name]
		cells := []table.Cell{i.Name, strings.ToUpper(strings.Join(i.Flags, ",")), int64(i.MTU), strings.Join(addrs, ", "), i.HardwareAddr,
			nil, nil, int64(c.BytesRecv), int64(c.BytesSent)}
		if old, ok := p.prev[i.Name]; ok && c.BytesRecv >= old.BytesRecv && c.BytesSent >= old.BytesSent {
			dt := now.Sub(p.at).Seconds()
			cells[5], cells[6] = float64(c.BytesRecv-old.BytesRecv)/dt, float64(c.BytesSent-old.BytesSent)/dt
		}
		t.Rows = append(t.Rows, table.Row{Key: i.Name, Cells: cells})
	}
	p.prev, p.at = by, now
	return t, nil
}

// ActOptions lift a refusal after a second confirmation.
type ActOptions struct{ Force bool }

// Signal needs pidfds to be safe against reused process numbers, which this
// system lacks.
func Signal(pid int, start uint64, sig int, o ActOptions) error {
	return fmt.Errorf("signal %d to process %d: %w", sig, pid, ErrUnsupported)
}

// Renice is not offered for the same reason.
func Renice(pid int, start uint64, nice int, o ActOptions) error {
	return fmt.Errorf("renice process %d to %d: %w", pid, nice, ErrUnsupported)
}

// Alive cannot be told by start time here.
func Alive(pid int, start uint64) bool { return false }

// LinkChange says what to change of an interface.
type LinkChange struct {
	Up, Down    bool
	MTU         int
	Add, Remove netip.Prefix
}

// ChangeInterface is only there on Linux.
func ChangeInterface(name string, c LinkChange, o ActOptions) error {
	return fmt.Errorf("change interface %s: %w", name, ErrUnsupported)
}
