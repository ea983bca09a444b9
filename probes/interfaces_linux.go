package probes

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sonde/probes/netlink"
	"sonde/probes/table"
)

var _ = register(Probe{
	Name: "interfaces", Title: "Interfaces", Interval: time.Second, Rates: true,
	Args: []string{"if"},
	New:  func(a Args) (Sampler, error) { return newInterfaces(system, a) },
})

var interfaceColumns = []table.Column{
	{ID: "name", Title: "Iface", Type: table.Text},
	{ID: "flags", Title: "flags", Type: table.Text, Help: "IFF_* flags as ifconfig prints them."},
	{ID: "state", Title: "State", Type: table.Text, Help: "up, down, no carrier, or RFC 2863's other states."},
	{ID: "mtu", Title: "MTU", Type: table.Int, Unit: "B"},
	{ID: "inet", Title: "inet", Type: table.Text, Help: "IPv4 addresses with prefix length."},
	{ID: "inet6", Title: "inet6", Type: table.Text, Help: "IPv6 addresses with prefix length."},
	{ID: "netmask", Title: "netmask", Type: table.Text, Help: "Of the first IPv4 address."},
	{ID: "broadcast", Title: "broadcast", Type: table.Text},
	{ID: "ether", Title: "ether", Type: table.Text, Help: "Hardware address."},
	{ID: "link", Title: "link", Type: table.Text, Help: "Kind of link: Ethernet, Local Loopback, veth, bridge ..."},
	{ID: "txqueuelen", Title: "txqueuelen", Type: table.Int},
	{ID: "qdisc", Title: "qdisc", Type: table.Text},
	{ID: "speed", Title: "speed", Type: table.Rate, Unit: "b", Help: "Negotiated speed, bits per second; empty when the driver tells none."},
	{ID: "duplex", Title: "duplex", Type: table.Text},
	{ID: "driver", Title: "driver", Type: table.Text},
	{ID: "rx.rate", Title: "RX", Type: table.Rate, Unit: "B"},
	{ID: "tx.rate", Title: "TX", Type: table.Rate, Unit: "B"},
	{ID: "rx.pps", Title: "RX packets", Type: table.Rate, Unit: "packets"},
	{ID: "tx.pps", Title: "TX packets", Type: table.Rate, Unit: "packets"},
	{ID: "rx.bytes", Title: "RX bytes", Type: table.Bytes, Unit: "B"},
	{ID: "rx.packets", Title: "RX-OK", Type: table.Int},
	{ID: "rx.errors", Title: "RX-ERR", Type: table.Int},
	{ID: "rx.dropped", Title: "RX-DRP", Type: table.Int},
	{ID: "rx.overruns", Title: "RX-OVR", Type: table.Int},
	{ID: "rx.frame", Title: "RX frame", Type: table.Int},
	{ID: "multicast", Title: "Multicast", Type: table.Int},
	{ID: "tx.bytes", Title: "TX bytes", Type: table.Bytes, Unit: "B"},
	{ID: "tx.packets", Title: "TX-OK", Type: table.Int},
	{ID: "tx.errors", Title: "TX-ERR", Type: table.Int},
	{ID: "tx.dropped", Title: "TX-DRP", Type: table.Int},
	{ID: "tx.overruns", Title: "TX-OVR", Type: table.Int},
	{ID: "tx.carrier", Title: "TX carrier", Type: table.Int},
	{ID: "collisions", Title: "collisions", Type: table.Int},
	{ID: "index", Title: "index", Type: table.Int},
	{ID: "master", Title: "master", Type: table.Text, Help: "Bridge or bond it belongs to."},
	{ID: "promisc", Title: "promisc", Type: table.Int, Help: "How many captures hold it in promiscuous mode."},
	{ID: "alias", Title: "alias", Type: table.Text},
}

type interfaces struct {
	conn *netlink.Conn
	sys  string
	only string
	prev map[int]netlink.LinkStats
	at   time.Time
}

func newInterfaces(r roots, a Args) (*interfaces, error) {
	c, err := netlink.Open(netlink.Route)
	if err != nil {
		return nil, kind(err)
	}
	return &interfaces{conn: c, sys: r.sys, only: a["if"]}, nil
}

func (s *interfaces) Close() error { return s.conn.Close() }

func (s *interfaces) Sample(now time.Time) (*table.Table, error) {
	links, err := s.conn.Links()
	if err != nil && len(links) == 0 {
		return nil, kind(err)
	}
	addrs, err := s.conn.Addrs()
	t := &table.Table{Columns: interfaceColumns, Summary: map[string]table.Cell{}}
	if err != nil {
		t.Notes = append(t.Notes, table.Note{Code: "partial", Text: "Addresses: " + err.Error() + "."})
	}
	names := map[int]string{}
	for _, l := range links {
		names[l.Index] = l.Name
	}
	dt := now.Sub(s.at).Seconds()
	next := map[int]netlink.LinkStats{}
	var rx, tx float64
	up := int64(0)
	for _, l := range links {
		next[l.Index] = l.Stats
		if s.only != "" && l.Name != s.only {
			continue
		}
		prev, had := s.prev[l.Index]
		c := s.row(l, addrs, names)
		if had && dt > 0 {
			r := [4]float64{linkRate(prev.RxBytes, l.Stats.RxBytes, dt), linkRate(prev.TxBytes, l.Stats.TxBytes, dt),
				linkRate(prev.RxPackets, l.Stats.RxPackets, dt), linkRate(prev.TxPackets, l.Stats.TxPackets, dt)}
			for i, v := range r {
				if v >= 0 {
					c[15+i] = v
				}
			}
			if l.Flags&unix.IFF_LOOPBACK == 0 {
				rx, tx = rx+max(0, r[0]), tx+max(0, r[1])
			}
		}
		if l.Flags&unix.IFF_UP != 0 {
			up++
		}
		t.Rows = append(t.Rows, table.Row{Key: strconv.Itoa(l.Index) + ":" + l.Name, Cells: c})
	}
	if s.prev != nil {
		t.Summary["rx.rate"], t.Summary["tx.rate"] = rx, tx
	}
	t.Summary["up"], t.Summary["down"] = up, int64(len(t.Rows))-up
	s.prev, s.at = next, now
	return t, nil
}

// linkRate is the rate of a driver's counter. Some wrap at 32 bits: a step back
// from the upper half of that range is a wrap, any other a reset (-1: no rate).
func linkRate(a, b uint64, seconds float64) float64 {
	if b >= a {
		return float64(b-a) / seconds
	}
	if a < 1<<32 && a-b > 1<<31 {
		return float64(b+1<<32-a) / seconds
	}
	return -1
}

func (s *interfaces) row(l netlink.Link, addrs []netlink.Addr, names map[int]string) []table.Cell {
	var v4, v6 []string
	var mask, broadcast table.Cell
	for _, a := range addrs {
		if a.Index != l.Index {
			continue
		}
		text := a.Prefix.String()
		if a.Peer.IsValid() {
			text += " peer " + a.Peer.String()
		}
		if a.Prefix.Addr().Is4() {
			if len(v4) == 0 {
				mask = maskText(a.Prefix.Bits())
				if a.Broadcast.IsValid() {
					broadcast = a.Broadcast.String()
				}
			}
			v4 = append(v4, text)
		} else {
			v6 = append(v6, text)
		}
	}
	opt := func(v string) table.Cell {
		if v == "" {
			return nil
		}
		return v
	}
	n := func(v uint64) table.Cell { return int64(v) }
	var ether table.Cell
	if len(l.Hardware) > 0 && l.Flags&unix.IFF_LOOPBACK == 0 {
		ether = l.Hardware.String()
	}
	speed, duplex, driver := s.hardware(l.Name)
	st := l.Stats
	return []table.Cell{l.Name, linkFlags(l.Flags), linkState(l), int64(l.MTU), opt(strings.Join(v4, ", ")), opt(strings.Join(v6, ", ")),
		mask, broadcast, ether, linkKind(l), int64(l.TxQueueLen), opt(l.Qdisc), speed, opt(duplex), opt(driver),
		nil, nil, nil, nil,
		n(st.RxBytes), n(st.RxPackets), n(st.RxErrors), n(st.RxDropped + st.RxMissed), n(st.RxFifo), n(st.RxFrame), n(st.Multicast),
		n(st.TxBytes), n(st.TxPackets), n(st.TxErrors), n(st.TxDropped), n(st.TxFifo), n(st.TxCarrier), n(st.Collisions),
		int64(l.Index), opt(names[l.Master]), int64(l.Promisc), opt(l.Alias)}
}

func maskText(bits int) string {
	var m uint32
	if bits > 0 && bits <= 32 {
		m = ^uint32(0) << (32 - bits)
	}
	return strconv.Itoa(int(m>>24)) + "." + strconv.Itoa(int(m>>16&255)) + "." + strconv.Itoa(int(m>>8&255)) + "." + strconv.Itoa(int(m&255))
}

// hardware reads what only sysfs tells without ethtool. A link that is down
// answers with an error, which means "not known".
func (s *interfaces) hardware(name string) (speed table.Cell, duplex, driver string) {
	if name == "" || strings.ContainsRune(name, '/') {
		return nil, "", ""
	}
	dir := filepath.Join(s.sys, "class/net", name)
	if b, err := os.ReadFile(filepath.Join(dir, "speed")); err == nil {
		if mbit, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && mbit > 0 {
			speed = float64(mbit) * 1e6
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "duplex")); err == nil {
		if d := strings.TrimSpace(string(b)); d != "unknown" {
			duplex = d
		}
	}
	if l, err := os.Readlink(filepath.Join(dir, "device/driver")); err == nil {
		driver = filepath.Base(l)
	}
	return speed, duplex, driver
}

// linkFlags are ifconfig's words for IFF_* (include/uapi/linux/if.h).
func linkFlags(f uint32) string {
	var words []string
	for _, x := range []struct {
		bit  uint32
		word string
	}{
		{unix.IFF_UP, "UP"}, {unix.IFF_BROADCAST, "BROADCAST"}, {unix.IFF_DEBUG, "DEBUG"}, {unix.IFF_LOOPBACK, "LOOPBACK"},
		{unix.IFF_POINTOPOINT, "POINTOPOINT"}, {unix.IFF_NOTRAILERS, "NOTRAILERS"}, {unix.IFF_RUNNING, "RUNNING"},
		{unix.IFF_NOARP, "NOARP"}, {unix.IFF_PROMISC, "PROMISC"}, {unix.IFF_ALLMULTI, "ALLMULTI"},
		{unix.IFF_SLAVE, "SLAVE"}, {unix.IFF_MASTER, "MASTER"}, {unix.IFF_MULTICAST, "MULTICAST"},
		{unix.IFF_DYNAMIC, "DYNAMIC"},
	} {
		if f&x.bit != 0 {
			words = append(words, x.word)
		}
	}
	return strings.Join(words, ",")
}

func linkState(l netlink.Link) string {
	switch {
	case l.Flags&unix.IFF_UP == 0:
		return "down"
	case !l.Carrier:
		return "no carrier"
	}
	switch l.OperState {
	case 2:
		return "down"
	case 3:
		return "lower layer down"
	case 4:
		return "testing"
	case 5:
		return "dormant"
	}
	return "up" // 6, or 0: the driver does not tell
}

// linkKind names the link layer: the virtual device's kind, else by ARPHRD_*.
func linkKind(l netlink.Link) string {
	if l.Kind != "" {
		return l.Kind
	}
	switch l.Type {
	case unix.ARPHRD_ETHER:
		return "Ethernet"
	case unix.ARPHRD_LOOPBACK:
		return "Local Loopback"
	case unix.ARPHRD_NONE:
		return "UNSPEC"
	case unix.ARPHRD_PPP:
		return "Point-to-Point Protocol"
	case unix.ARPHRD_INFINIBAND:
		return "InfiniBand"
	case unix.ARPHRD_TUNNEL:
		return "IPIP Tunnel"
	case unix.ARPHRD_SIT:
		return "IPv6-in-IPv4"
	}
	return "type " + strconv.Itoa(int(l.Type))
}
