package probes

import (
	"strconv"
	"time"

	"sonde/probes/procfs"
	"sonde/probes/table"
)

// historyLength is how far the time strip reaches back: 15 minutes of seconds.
const historyLength = 900

var _ = register(Probe{
	Name: "history", Title: "History", Interval: time.Second, Rates: true,
	New: func(Args) (Sampler, error) { return newHistory(system) },
})

var historyColumns = []table.Column{
	{ID: "time", Title: "Time", Type: table.Time, Unit: "ns"},
	{ID: "cpu", Title: "CPU", Type: table.Ratio, Help: "Busy part of all CPUs together, 1 = all busy."},
	{ID: "recv", Title: "In", Type: table.Rate, Unit: "B"},
	{ID: "send", Title: "Out", Type: table.Rate, Unit: "B"},
	{ID: "read", Title: "Read", Type: table.Rate, Unit: "B"},
	{ID: "write", Title: "Write", Type: table.Rate, Unit: "B"},
}

// history keeps one row a second. Rows are shared by successive tables, so a
// sample costs one row, not fifteen minutes of them.
type history struct {
	fs   *procfs.FS
	buf  []byte
	prev counters
	rows []table.Row
}

func newHistory(r roots) (*history, error) {
	fs, err := r.openProc()
	if err != nil {
		return nil, err
	}
	return &history{fs: fs}, nil
}

func (h *history) Close() error { return h.fs.Close() }

// Sample adds a row for the time since the last one. A gap (a suspended host)
// stays a gap: rows have their own times.
func (h *history) Sample(now time.Time) (*table.Table, error) {
	c, _, err := readCounters(h.fs, &h.buf, now)
	if err != nil {
		return nil, err
	}
	p := h.prev
	h.prev = c
	if !p.at.IsZero() {
		dt := now.Sub(p.at).Seconds()
		var busy table.Cell
		if total, idle := c.stat.CPU.Total()-min(p.stat.CPU.Total(), c.stat.CPU.Total()), idleTicks(p.stat.CPU, c.stat.CPU); total > 0 {
			busy = 1 - min(1, float64(idle)/float64(total))
		}
		if len(h.rows) == cap(h.rows) {
			// Move the window to a new array with room; tables keep the old one.
			keep := h.rows[max(0, len(h.rows)-historyLength+1):]
			h.rows = append(make([]table.Row, 0, 2*historyLength), keep...)
		}
		h.rows = append(h.rows, table.Row{Key: strconv.FormatInt(now.UnixNano(), 10), Cells: []table.Cell{now.UnixNano(), busy,
			perSecond(p.rx, c.rx, dt), perSecond(p.tx, c.tx, dt),
			perSecond(p.readSectors, c.readSectors, dt) * procfs.SectorSize, perSecond(p.writtenSectors, c.writtenSectors, dt) * procfs.SectorSize}})
	}
	from := max(0, len(h.rows)-historyLength)
	return &table.Table{Columns: historyColumns, Rows: h.rows[from:len(h.rows):len(h.rows)]}, nil
}

// idleTicks counts waiting for a device as idle: no CPU was busy.
func idleTicks(a, b procfs.CPU) uint64 {
	x, y := a.Idle+a.IOWait, b.Idle+b.IOWait
	if y < x {
		return 0
	}
	return y - x
}
