package probes

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sonde/probes/netlink"
	"sonde/probes/table"
)

var _ = register(Probe{
	Name: "routes", Title: "Routes", Interval: 5 * time.Second,
	// to: one address, whose route the kernel is asked for; all=1: also the
	// local and other tables.
	Args: []string{"to", "all"},
	New:  func(a Args) (Sampler, error) { return newRoutes(a) },
})

var routeColumns = []table.Column{
	{ID: "dst", Title: "Destination", Type: table.Text},
	{ID: "gateway", Title: "Gateway", Type: table.Text, Help: "on-link: reached without one."},
	{ID: "genmask", Title: "Genmask", Type: table.Text},
	{ID: "iface", Title: "Iface", Type: table.Text},
	{ID: "src", Title: "Source", Type: table.Text, Help: "Address packets are sent from."},
	{ID: "metric", Title: "Metric", Type: table.Int},
	{ID: "flags", Title: "Flags", Type: table.Text, Help: "U up, G gateway, H host, ! reject."},
	{ID: "proto", Title: "Set by", Type: table.Text},
	{ID: "scope", Title: "Scope", Type: table.Text},
	{ID: "type", Title: "Type", Type: table.Text},
	{ID: "table", Title: "Table", Type: table.Text},
	{ID: "mtu", Title: "MTU", Type: table.Int},
	{ID: "family", Title: "Family", Type: table.Text},
}

type routes struct {
	conn *netlink.Conn
	to   netip.Addr
	all  bool
}

func newRoutes(a Args) (*routes, error) {
	r := &routes{all: a.Bool("all")}
	if s := a["to"]; s != "" {
		var err error
		if r.to, err = netip.ParseAddr(s); err != nil {
			return nil, fmt.Errorf("argument to=%q: %w", s, ErrArgs)
		}
	}
	c, err := netlink.Open(netlink.Route)
	if err != nil {
		return nil, kind(err)
	}
	r.conn = c
	return r, nil
}

func (r *routes) Close() error { return r.conn.Close() }

func (r *routes) Sample(time.Time) (*table.Table, error) {
	links, err := r.conn.Links()
	if err != nil && len(links) == 0 {
		return nil, kind(err)
	}
	names := map[int]string{}
	for _, l := range links {
		names[l.Index] = l.Name
	}
	t := &table.Table{Columns: routeColumns, Summary: map[string]table.Cell{}}
	var list []netlink.RouteEntry
	if r.to.IsValid() {
		e, err := r.conn.RouteTo(r.to)
		if err != nil {
			t.Notes = append(t.Notes, table.Note{Code: "no-route", Text: "No route to " + r.to.String() + ": " + err.Error() + "."})
			return t, nil
		}
		list = []netlink.RouteEntry{e}
	} else if list, err = r.conn.Routes(); err != nil {
		return nil, kind(err)
	}
	used := map[string]int{}
	for _, e := range list {
		if !r.to.IsValid() && !r.all && (e.Table != unix.RT_TABLE_MAIN || e.Type == unix.RTN_MULTICAST) {
			continue
		}
		hops := e.Hops
		if len(hops) == 0 {
			hops = []netlink.Hop{{Gateway: e.Gateway, Interface: e.Interface}}
		}
		for _, h := range hops {
			key := e.Dst.String() + "|" + h.Gateway.String() + "|" + names[h.Interface] + "|" +
				strconv.Itoa(int(e.Metric)) + "|" + strconv.Itoa(int(e.Table)) + "|" + strconv.Itoa(int(e.Family))
			if used[key]++; used[key] > 1 {
				key += "#" + strconv.Itoa(used[key])
			}
			t.Rows = append(t.Rows, table.Row{Key: key, Cells: routeRow(e, h, names)})
		}
	}
	return t, nil
}

func routeRow(e netlink.RouteEntry, h netlink.Hop, names map[int]string) []table.Cell {
	v6 := e.Family == unix.AF_INET6
	dst, family := e.Dst.String(), "inet"
	if e.Dst.Bits() == 0 {
		dst = "default"
	}
	if v6 {
		family = "inet6"
	}
	gw, flags := "on-link", "U"
	switch e.Type {
	case unix.RTN_UNREACHABLE, unix.RTN_PROHIBIT, unix.RTN_BLACKHOLE, unix.RTN_THROW:
		flags, gw = "!", "-"
	}
	if h.Gateway.IsValid() {
		gw, flags = h.Gateway.String(), flags+"G"
	}
	if e.Dst.IsSingleIP() && e.Dst.Bits() > 0 {
		flags += "H"
	}
	var mask, src, mtu table.Cell
	if !v6 {
		mask = maskText(e.Dst.Bits())
	}
	if e.Source.IsValid() {
		src = e.Source.String()
	}
	if e.MTU != 0 {
		mtu = int64(e.MTU)
	}
	return []table.Cell{dst, gw, mask, names[h.Interface], src, int64(e.Metric), flags, routeProto(e.Protocol), routeScope(e.Scope),
		routeType(e.Type), routeTable(e.Table), mtu, family}
}

// routeProto names RTPROT_* as /etc/iproute2/rt_protos does.
func routeProto(p uint8) string {
	switch p {
	case 0:
		return "unspec"
	case 1:
		return "redirect"
	case 2:
		return "kernel"
	case 3:
		return "boot"
	case 4:
		return "static"
	case 9:
		return "ra"
	case 11:
		return "zebra"
	case 12:
		return "bird"
	case 16:
		return "dhcp"
	case 18:
		return "keepalived"
	case 186:
		return "bgp"
	case 187:
		return "isis"
	case 188:
		return "ospf"
	case 189:
		return "rip"
	case 192:
		return "eigrp"
	}
	return strconv.Itoa(int(p))
}

func routeScope(s uint8) string {
	switch s {
	case 0:
		return "global"
	case 200:
		return "site"
	case 253:
		return "link"
	case 254:
		return "host"
	case 255:
		return "nowhere"
	}
	return strconv.Itoa(int(s))
}

func routeType(t uint8) string {
	names := strings.Fields("unspec unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat")
	if int(t) < len(names) {
		return names[t]
	}
	return strconv.Itoa(int(t))
}

func routeTable(n uint32) string {
	switch n {
	case 253:
		return "default"
	case 254:
		return "main"
	case 255:
		return "local"
	}
	return strconv.Itoa(int(n))
}
