package probes

import (
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v3/host"

	"sonde/probes/table"
)

var _ = register(Probe{
	Name: "host", Title: "Host", Interval: time.Minute,
	New: func(Args) (Sampler, error) { return hostInfo{}, nil },
})

var hostColumns = []table.Column{
	{ID: "name", Title: "Name", Type: table.Text},
	{ID: "value", Title: "Value", Type: table.Text},
}

// hostInfo tells what does not change while the host runs. The figures are in
// the summary as well, for the frame of the page.
type hostInfo struct{}

func (hostInfo) Close() error { return nil }

func (hostInfo) Sample(time.Time) (*table.Table, error) {
	i, err := host.Info()
	if err != nil && i == nil {
		return nil, err
	}
	t := &table.Table{Columns: hostColumns, Summary: map[string]table.Cell{
		"boot": int64(i.BootTime) * int64(time.Second), "uptime": int64(i.Uptime) * int64(time.Second), "cpus": int64(runtime.NumCPU()),
	}}
	add := func(id, title, v string) {
		if v != "" {
			t.Rows = append(t.Rows, table.Row{Key: id, Cells: []table.Cell{title, v}})
			t.Summary[id] = v
		}
	}
	add("hostname", "Host name", i.Hostname)
	add("os", "System", i.OS)
	add("platform", "Distribution", i.Platform)
	add("version", "Version", i.PlatformVersion)
	add("kernel", "Kernel", i.KernelVersion)
	add("arch", "Architecture", i.KernelArch)
	add("virtualization", "Virtualization", i.VirtualizationSystem)
	add("booted", "Booted", time.Unix(int64(i.BootTime), 0).Format(time.RFC3339))
	add("bootid", "Boot id", bootID())
	return t, nil
}
