package procfs

import (
	"bytes"
	"strconv"
	"strings"
)

// CPU is one line of /proc/stat, in ticks. Guest time is included in User.
type CPU struct {
	User, Nice, System, Idle, IOWait, IRQ, SoftIRQ, Steal, Guest, GuestNice uint64
}

// Total is all time, each tick once.
func (c CPU) Total() uint64 {
	return c.User + c.Nice + c.System + c.Idle + c.IOWait + c.IRQ + c.SoftIRQ + c.Steal
}

// HostStat is /proc/stat.
type HostStat struct {
	CPU              CPU         // all together
	CPUs             map[int]CPU // online ones, by number (there may be gaps)
	Interrupts       uint64
	ContextSwitches  uint64
	BootTime         int64 // seconds since 1970
	Forks            uint64
	Running, Blocked uint64
}

// ParseHostStat parses /proc/stat.
func ParseHostStat(b []byte) (HostStat, error) {
	s := HostStat{CPUs: map[int]CPU{}}
	seen := false
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		f := fields{b: line}
		name := f.next()
		if num, ok := bytes.CutPrefix(name, []byte("cpu")); ok {
			var v [10]uint64
			for i := range v {
				v[i], _ = atou(f.next()) // older kernels have fewer columns
			}
			c := CPU{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]}
			if len(num) == 0 {
				s.CPU, seen = c, true
			} else if n, ok := atou(num); ok && n < 1<<20 {
				s.CPUs[int(n)] = c
			}
			continue
		}
		switch string(name) {
		case "intr":
			s.Interrupts = f.uint()
		case "ctxt":
			s.ContextSwitches = f.uint()
		case "btime":
			s.BootTime = int64(f.uint())
		case "processes":
			s.Forks = f.uint()
		case "procs_running":
			s.Running = f.uint()
		case "procs_blocked":
			s.Blocked = f.uint()
		}
	}
	if !seen {
		return s, ErrFormat
	}
	return s, nil
}

// Meminfo is /proc/meminfo in bytes, by the kernel's own names ("MemAvailable").
type Meminfo map[string]uint64

// ParseMeminfo parses /proc/meminfo.
func ParseMeminfo(b []byte) (Meminfo, error) {
	m := Meminfo{}
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		name, rest, ok := bytes.Cut(line, []byte{':'})
		if !ok {
			continue
		}
		f := fields{b: rest}
		n, ok := atou(f.next())
		if !ok {
			continue
		}
		if string(f.next()) == "kB" {
			if n > 1<<53 {
				continue
			}
			n <<= 10
		}
		m[string(name)] = n
	}
	if _, ok := m["MemTotal"]; !ok {
		return nil, ErrFormat
	}
	return m, nil
}

// Loadavg is /proc/loadavg. Tasks counts every thread of the system, hidden ones
// included.
type Loadavg struct {
	One, Five, Fifteen float64
	Running, Tasks     int
	LastPID            int
}

// ParseLoadavg parses /proc/loadavg: "0.27 0.20 0.11 1/89 12603".
func ParseLoadavg(b []byte) (Loadavg, error) {
	f := strings.Fields(string(b))
	if len(f) < 5 {
		return Loadavg{}, ErrFormat
	}
	var l Loadavg
	for i, p := range []*float64{&l.One, &l.Five, &l.Fifteen} {
		v, err := strconv.ParseFloat(f[i], 64)
		if err != nil {
			return Loadavg{}, ErrFormat
		}
		*p = v
	}
	run, all, ok := strings.Cut(f[3], "/")
	if !ok {
		return Loadavg{}, ErrFormat
	}
	l.Running, _ = strconv.Atoi(run)
	l.Tasks, _ = strconv.Atoi(all)
	l.LastPID, _ = strconv.Atoi(f[4])
	return l, nil
}

// ParseUptime parses /proc/uptime: seconds since boot, and the idle seconds of
// all CPUs added up.
func ParseUptime(b []byte) (up, idle float64, err error) {
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0, 0, ErrFormat
	}
	up, err = strconv.ParseFloat(f[0], 64)
	if err != nil {
		return 0, 0, ErrFormat
	}
	idle, err = strconv.ParseFloat(f[1], 64)
	if err != nil {
		return 0, 0, ErrFormat
	}
	return up, idle, nil
}

// SectorSize is the unit of /proc/diskstats, whatever the disk's own
// (include/linux/blk_types.h, SECTOR_SIZE).
const SectorSize = 512

// Disk is one line of /proc/diskstats. Times are milliseconds in 32 bits.
type Disk struct {
	Major, Minor                             int
	Name                                     string
	Reads, ReadMerges, ReadSectors, ReadMS   uint64
	Writes, WriteMerges, WrSectors, WriteMS  uint64
	InFlight, BusyMS, WeightedMS             uint64
	Discards, DiscardSectors, Flushes, Extra uint64 // since 4.18 and 5.5
}

// Whole says that this is a disk and not a partition or a stacked device, by its
// name: what dstat and iostat add up.
func (d Disk) Whole() bool {
	n := d.Name
	for _, p := range []string{"loop", "ram", "dm-", "md", "zram", "sr", "fd"} {
		if rest, ok := strings.CutPrefix(n, p); ok && (rest == "" || rest[0] >= '0' && rest[0] <= '9') {
			return false
		}
	}
	if strings.HasPrefix(n, "nvme") || strings.HasPrefix(n, "mmcblk") {
		return !strings.Contains(n[4:], "p") || strings.HasPrefix(n, "mmcblk") && !strings.Contains(n[6:], "p")
	}
	if len(n) > 2 && (n[:2] == "sd" || n[:2] == "vd" || n[:2] == "hd") || len(n) > 3 && n[:3] == "xvd" {
		return n[len(n)-1] < '0' || n[len(n)-1] > '9'
	}
	return true
}

// ParseDiskstats parses /proc/diskstats with 14, 18 or 20 columns.
func ParseDiskstats(b []byte) []Disk {
	var ds []Disk
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		f := fields{b: line}
		major, ok1 := atou(f.next())
		minor, ok2 := atou(f.next())
		name := f.next()
		if !ok1 || !ok2 || len(name) == 0 {
			continue
		}
		var v [17]uint64
		n := 0
		for ; n < len(v); n++ {
			x, ok := atou(f.next())
			if !ok {
				break
			}
			v[n] = x
		}
		if n < 11 {
			continue
		}
		ds = append(ds, Disk{int(major), int(minor), string(name), v[0], v[1], v[2], v[3],
			v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[13], v[15], v[16]})
	}
	return ds
}

// ParseCounters parses lines of "name value": /proc/vmstat, /proc/net/snmp6.
func ParseCounters(b []byte) []Counter {
	var cs []Counter
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		f := fields{b: line}
		name := f.next()
		if n, ok := atou(f.next()); ok && len(name) > 0 {
			cs = append(cs, Counter{Name: string(name), Value: int64(n)})
		}
	}
	return cs
}

// Pressure is one file of /proc/pressure: the share of time (percent averages,
// total in microseconds) in which some or all tasks waited for the resource.
type Pressure struct{ Some, Full PressureLine }

// PressureLine is one line of it.
type PressureLine struct {
	Avg10, Avg60, Avg300 float64
	Total                uint64
}

// ParsePressure parses /proc/pressure/{cpu,io,memory,irq}; irq has no "some".
func ParsePressure(b []byte) (Pressure, error) {
	var p Pressure
	seen := false
	for line := range strings.SplitSeq(string(b), "\n") {
		f := strings.Fields(line)
		if len(f) != 5 {
			continue
		}
		var l PressureLine
		for _, kv := range f[1:] {
			k, v, _ := strings.Cut(kv, "=")
			switch k {
			case "avg10":
				l.Avg10, _ = strconv.ParseFloat(v, 64)
			case "avg60":
				l.Avg60, _ = strconv.ParseFloat(v, 64)
			case "avg300":
				l.Avg300, _ = strconv.ParseFloat(v, 64)
			case "total":
				l.Total, _ = strconv.ParseUint(v, 10, 64)
			}
		}
		switch f[0] {
		case "some":
			p.Some, seen = l, true
		case "full":
			p.Full, seen = l, true
		}
	}
	if !seen {
		return p, ErrFormat
	}
	return p, nil
}
