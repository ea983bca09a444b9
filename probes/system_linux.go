package probes

import (
	"time"

	"sonde/probes/procfs"
	"sonde/probes/table"
)

var _ = register(Probe{
	Name: "system", Title: "System", Interval: time.Second, Rates: true,
	New: func(Args) (Sampler, error) { return newSystem(system) },
})

var systemColumns = []table.Column{
	{ID: "time", Title: "time", Type: table.Time, Unit: "ns"},
	{ID: "usr", Title: "usr", Type: table.Ratio}, {ID: "sys", Title: "sys", Type: table.Ratio},
	{ID: "idl", Title: "idl", Type: table.Ratio}, {ID: "wai", Title: "wai", Type: table.Ratio},
	{ID: "stl", Title: "stl", Type: table.Ratio},
	{ID: "read", Title: "read", Type: table.Rate, Unit: "B", Help: "All whole disks together."},
	{ID: "writ", Title: "writ", Type: table.Rate, Unit: "B"},
	{ID: "recv", Title: "recv", Type: table.Rate, Unit: "B", Help: "All interfaces but lo."},
	{ID: "send", Title: "send", Type: table.Rate, Unit: "B"},
	{ID: "in", Title: "in", Type: table.Rate, Unit: "B", Help: "Swapped in."},
	{ID: "out", Title: "out", Type: table.Rate, Unit: "B", Help: "Swapped out."},
	{ID: "int", Title: "int", Type: table.Rate, Help: "Interrupts."},
	{ID: "csw", Title: "csw", Type: table.Rate, Help: "Context switches."},
	{ID: "new", Title: "new", Type: table.Rate, Help: "Processes and threads started."},
	{ID: "run", Title: "run", Type: table.Int}, {ID: "blk", Title: "blk", Type: table.Int},
	{ID: "load1", Title: "1m", Type: table.Float}, {ID: "load5", Title: "5m", Type: table.Float}, {ID: "load15", Title: "15m", Type: table.Float},
	{ID: "used", Title: "used", Type: table.Bytes, Unit: "B"}, {ID: "free", Title: "free", Type: table.Bytes, Unit: "B"},
	{ID: "buff", Title: "buff", Type: table.Bytes, Unit: "B"}, {ID: "cach", Title: "cach", Type: table.Bytes, Unit: "B"},
	{ID: "swap", Title: "swap", Type: table.Bytes, Unit: "B", Help: "Swap in use."},
	{ID: "psi.cpu", Title: "psi cpu", Type: table.Ratio, Help: "Part of the last 10 s in which some task waited for a CPU."},
	{ID: "psi.io", Title: "psi io", Type: table.Ratio}, {ID: "psi.mem", Title: "psi mem", Type: table.Ratio},
}

// counters are the raw counts of one reading: what the host did since boot.
type counters struct {
	at                                  time.Time
	stat                                procfs.HostStat
	readSectors, writtenSectors, rx, tx uint64
	swapIn, swapOut                     uint64
}

// readCounters takes one reading; parts that cannot be read are named.
func readCounters(fs *procfs.FS, buf *[]byte, now time.Time) (c counters, missing []string, err error) {
	c.at = now
	if *buf, err = fs.Read(*buf, "stat"); err != nil {
		return c, nil, kind(err)
	}
	if c.stat, err = procfs.ParseHostStat(*buf); err != nil {
		return c, nil, err
	}
	var e error
	if *buf, e = fs.Read(*buf, "diskstats"); e == nil {
		for _, d := range procfs.ParseDiskstats(*buf) {
			if d.Whole() {
				c.readSectors += d.ReadSectors
				c.writtenSectors += d.WrSectors
			}
		}
	} else {
		missing = append(missing, "diskstats")
	}
	if *buf, e = fs.Read(*buf, "net/dev"); e == nil {
		for _, d := range procfs.ParseNetDev(*buf) {
			if d.Name != "lo" {
				c.rx += d.RxBytes
				c.tx += d.TxBytes
			}
		}
	} else {
		missing = append(missing, "net/dev")
	}
	if *buf, e = fs.Read(*buf, "vmstat"); e == nil {
		for _, v := range procfs.ParseCounters(*buf) {
			switch v.Name {
			case "pswpin":
				c.swapIn = uint64(v.Value)
			case "pswpout":
				c.swapOut = uint64(v.Value)
			}
		}
	} else {
		missing = append(missing, "vmstat")
	}
	return c, missing, nil
}

type systemSampler struct {
	fs   *procfs.FS
	host hostFigures
	buf  []byte
	prev counters
	have bool
}

func newSystem(r roots) (*systemSampler, error) {
	fs, err := r.openProc()
	if err != nil {
		return nil, err
	}
	return &systemSampler{fs: fs, host: hostFigures{fs: fs}}, nil
}

func (s *systemSampler) Close() error { return s.fs.Close() }

// Sample gives one row, dstat's line for the time since the last sample.
func (s *systemSampler) Sample(now time.Time) (*table.Table, error) {
	c, missing, err := readCounters(s.fs, &s.buf, now)
	if err != nil {
		return nil, err
	}
	sum := map[string]table.Cell{}
	if _, _, _, err := s.host.fill(sum); err != nil {
		return nil, kind(err)
	}
	t := &table.Table{Columns: systemColumns, Summary: sum}
	cells := make([]table.Cell, len(systemColumns))
	set := func(id string, v table.Cell) { cells[t.Col(id)] = v }
	set("time", now.UnixNano())
	set("run", int64(c.stat.Running))
	set("blk", int64(c.stat.Blocked))
	for id, from := range map[string]string{"load1": "load1", "load5": "load5", "load15": "load15", "used": "mem.used", "free": "mem.free",
		"buff": "mem.buffers", "cach": "mem.cached", "swap": "swap.used"} {
		set(id, sum[from])
	}
	if s.have {
		dt := now.Sub(s.prev.at).Seconds()
		cpu := map[string]table.Cell{}
		cpuRatios(cpu, "c", s.prev.stat.CPU, c.stat.CPU)
		if len(cpu) > 0 {
			f := func(n string) float64 { return cpu["c."+n].(float64) }
			set("usr", f("usr")+f("ni"))
			set("sys", f("sys")+f("irq")+f("softirq"))
			set("idl", f("idle"))
			set("wai", f("iowait"))
			set("stl", f("steal"))
		}
		p := s.prev
		set("read", perSecond(p.readSectors, c.readSectors, dt)*procfs.SectorSize)
		set("writ", perSecond(p.writtenSectors, c.writtenSectors, dt)*procfs.SectorSize)
		set("recv", perSecond(p.rx, c.rx, dt))
		set("send", perSecond(p.tx, c.tx, dt))
		set("in", perSecond(p.swapIn, c.swapIn, dt)*float64(pageSize))
		set("out", perSecond(p.swapOut, c.swapOut, dt)*float64(pageSize))
		set("int", perSecond(p.stat.Interrupts, c.stat.Interrupts, dt))
		set("csw", perSecond(p.stat.ContextSwitches, c.stat.ContextSwitches, dt))
		set("new", perSecond(p.stat.Forks, c.stat.Forks, dt))
	}
	s.prev, s.have = c, true
	s.pressure(t, set)
	unavailable(t, missing, set)
	t.Rows = []table.Row{{Key: "now", Cells: cells}}
	return t, nil
}

// unavailable empties and marks the columns whose file is missing.
func unavailable(t *table.Table, missing []string, set func(string, table.Cell)) {
	from := map[string][]string{"diskstats": {"read", "writ"}, "net/dev": {"recv", "send"}, "vmstat": {"in", "out"},
		"pressure": {"psi.cpu", "psi.io", "psi.mem"}}
	for _, m := range missing {
		t.Columns = append([]table.Column(nil), t.Columns...)
		for _, id := range from[m] {
			t.Columns[t.Col(id)].Unavailable = "/proc/" + m + " cannot be read on this host"
			set(id, nil)
		}
	}
}

// pressure reads PSI; the files are absent when it is compiled out or off.
func (s *systemSampler) pressure(t *table.Table, set func(string, table.Cell)) {
	found := false
	for file, id := range map[string]string{"pressure/cpu": "psi.cpu", "pressure/io": "psi.io", "pressure/memory": "psi.mem"} {
		b, err := s.fs.Read(s.buf, file)
		if err != nil {
			continue
		}
		s.buf = b
		if p, err := procfs.ParsePressure(b); err == nil {
			found = true
			set(id, p.Some.Avg10/100)
		}
	}
	if !found {
		unavailable(t, []string{"pressure"}, set)
		t.Notes = append(t.Notes, table.Note{Code: "unsupported", Text: "This kernel keeps no pressure figures (PSI).", Remedy: "boot with psi=1"})
	}
}
