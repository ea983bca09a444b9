package probes

import (
	"fmt"
	"strings"
	"time"

	"sonde/probes/procfs"
	"sonde/probes/table"
)

var _ = register(Probe{
	Name: "protocol-stats", Title: "Protocol statistics", Interval: time.Second, Rates: true,
	New: func(Args) (Sampler, error) { return newProtocolStats(system) },
})

var protocolStatsColumns = []table.Column{
	{ID: "group", Title: "Protocol", Type: table.Text},
	{ID: "name", Title: "Name", Type: table.Text, Help: "The kernel's name, as nstat prints it."},
	{ID: "counter", Title: "Counter", Type: table.Text},
	{ID: "value", Title: "Since boot", Type: table.Int},
	{ID: "rate", Title: "Per second", Type: table.Rate},
	{ID: "gauge", Title: "Gauge", Type: table.Bool, Help: "A present value and not a count."},
}

type protocolStats struct {
	fs   *procfs.FS
	buf  []byte
	prev map[string]int64
	at   time.Time
}

func newProtocolStats(r roots) (*protocolStats, error) {
	fs, err := r.openProc()
	if err != nil {
		return nil, err
	}
	return &protocolStats{fs: fs}, nil
}

func (s *protocolStats) Close() error { return s.fs.Close() }

// Sample reads snmp, netstat and snmp6; the last is missing without IPv6.
func (s *protocolStats) Sample(now time.Time) (*table.Table, error) {
	t := &table.Table{Columns: protocolStatsColumns, Summary: map[string]table.Cell{}}
	var all []procfs.Counter
	for _, file := range []string{"net/snmp", "net/netstat"} {
		b, err := s.fs.Read(s.buf, file)
		if err != nil {
			t.Notes = append(t.Notes, table.Note{Code: "partial", Text: "Counters: " + err.Error() + "."})
			continue
		}
		s.buf = b
		cs, err := procfs.ParseSNMP(b)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		all = append(all, cs...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read protocol counters: %w", ErrUnsupported)
	}
	if b, err := s.fs.Read(s.buf, "net/snmp6"); err == nil {
		s.buf = b
		for _, c := range procfs.ParseCounters(b) {
			for _, g := range []string{"Icmp6", "UdpLite6", "Udp6", "Ip6"} {
				if name, ok := strings.CutPrefix(c.Name, g); ok {
					c.Group, c.Name = g, name
					break
				}
			}
			all = append(all, c)
		}
	}
	dt := now.Sub(s.at).Seconds()
	next := make(map[string]int64, len(all))
	for _, c := range all {
		key := c.Group + "." + c.Name
		next[key] = c.Value
		gauge := gauges[key]
		var rate table.Cell
		if old, ok := s.prev[key]; ok && dt > 0 && !gauge && c.Value >= old {
			rate = float64(c.Value-old) / dt
		}
		label := counterLabels[key]
		if label == "" {
			label = spaced(c.Name)
		}
		t.Rows = append(t.Rows, table.Row{Key: key, Cells: []table.Cell{c.Group, c.Name, label, c.Value, rate, gauge}})
	}
	s.prev, s.at = next, now
	return t, nil
}

// gauges are no counters (RFC 1213, RFC 4022): no rate is made of them.
var gauges = map[string]bool{
	"Ip.Forwarding": true, "Ip.DefaultTTL": true, "Tcp.RtoAlgorithm": true, "Tcp.RtoMin": true, "Tcp.RtoMax": true,
	"Tcp.MaxConn": true, "Tcp.CurrEstab": true,
}

// counterLabels are words for the counters people look at; the others get the
// kernel's name taken apart.
var counterLabels = map[string]string{
	"Tcp.OutSegs": "Segments sent", "Tcp.RetransSegs": "Segments retransmitted", "Tcp.InSegs": "Segments received",
	"Tcp.ActiveOpens": "Active opens", "Tcp.PassiveOpens": "Passive opens", "Tcp.AttemptFails": "Failed attempts",
	"Tcp.EstabResets": "Established connections reset", "Tcp.OutRsts": "Resets sent", "Tcp.InErrs": "Bad segments received",
	"Tcp.CurrEstab": "Connections established", "Tcp.InCsumErrors": "Segments with a bad checksum",
	"TcpExt.ListenOverflows": "Listen queue overflows", "TcpExt.ListenDrops": "Connections dropped at listeners",
	"TcpExt.SyncookiesSent": "SYN cookies sent", "TcpExt.SyncookiesRecv": "SYN cookies received", "TcpExt.SyncookiesFailed": "SYN cookies failed",
	"TcpExt.TCPTimeouts": "RTO timeouts", "TcpExt.TCPFastRetrans": "Fast retransmits", "TcpExt.TCPSackRecovery": "SACK recoveries",
	"TcpExt.TCPSpuriousRTOs": "Spurious RTOs", "TcpExt.DelayedACKs": "Delayed ACKs", "TcpExt.TWRecycled": "TIME-WAIT reused",
	"TcpExt.TW": "TIME-WAIT ended", "TcpExt.TCPWinProbe": "Zero-window probes", "TcpExt.TCPBacklogDrop": "Backlog drops",
	"TcpExt.TCPLostRetransmit": "Retransmissions lost", "TcpExt.TCPSlowStartRetrans": "Slow-start retransmits",
	"TcpExt.TCPRcvQDrop": "Receive queue drops", "TcpExt.TCPAbortOnMemory": "Aborted for lack of memory",
	"TcpExt.TCPAbortOnTimeout": "Aborted on timeout", "TcpExt.TCPAbortOnData": "Reset with unread data", "TcpExt.TCPAbortOnClose": "Aborted on close",
	"TcpExt.TCPSynRetrans": "SYN retransmissions", "TcpExt.TCPOFOQueue": "Segments out of order", "TcpExt.TCPTLPs": "Tail loss probes",
	"TcpExt.TCPReqQFullDrop": "Request queue full, dropped", "TcpExt.TCPReqQFullDoCookies": "Request queue full, cookies sent",
	"TcpExt.PruneCalled": "Receive queue pruned", "TcpExt.EmbryonicRsts": "Resets while opening",
	"Udp.InDatagrams": "Datagrams received", "Udp.OutDatagrams": "Datagrams sent", "Udp.InErrors": "Receive errors",
	"Udp.RcvbufErrors": "Receive buffer errors", "Udp.SndbufErrors": "Send buffer errors", "Udp.NoPorts": "No listener",
	"Udp.InCsumErrors": "Datagrams with a bad checksum",
	"Ip.InReceives":    "Packets received", "Ip.ForwDatagrams": "Packets forwarded", "Ip.OutRequests": "Packets sent",
	"Ip.OutDiscards": "Outgoing drops", "Ip.InDiscards": "Incoming drops", "Ip.FragCreates": "Fragments created",
	"Ip.ReasmFails": "Reassembly failures", "Ip.OutNoRoutes": "No route", "Ip.InDelivers": "Packets delivered",
	"Ip.InHdrErrors": "Bad headers", "Ip.InAddrErrors": "Bad addresses",
	"Icmp.InEchos": "Echo requests received", "Icmp.OutEchoReps": "Echo replies sent", "Icmp.OutDestUnreachs": "Destination unreachable sent",
	"Icmp.InDestUnreachs": "Destination unreachable received", "Icmp.InTimeExcds": "Time exceeded received",
	"Icmp.InErrors": "Errors received", "Icmp.InMsgs": "Messages received", "Icmp.OutMsgs": "Messages sent",
}

// spaced takes a camel-case name apart: "TCPSackRecovery" to "TCP Sack Recovery".
func spaced(s string) string {
	var b strings.Builder
	upper := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= 'A' && s[i] <= 'Z' }
	lower := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= 'a' && s[i] <= 'z' }
	for i := range len(s) {
		if i > 0 && upper(i) && (lower(i-1) || upper(i-1) && lower(i+1)) {
			b.WriteByte(' ')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
