package netlink

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// LinkStats are struct rtnl_link_stats64 (include/uapi/linux/if_link.h).
type LinkStats struct {
	RxPackets, TxPackets, RxBytes, TxBytes, RxErrors, TxErrors, RxDropped, TxDropped uint64
	Multicast, Collisions                                                            uint64
	RxLength, RxOver, RxCRC, RxFrame, RxFifo, RxMissed                               uint64
	TxAborted, TxCarrier, TxFifo, TxHeartbeat, TxWindow                              uint64
	RxCompressed, TxCompressed, RxNoHandler                                          uint64
}

// Link is one interface.
type Link struct {
	Index      int
	Type       uint16 // ARPHRD_*: 1 Ethernet, 772 loopback
	Flags      uint32 // IFF_*
	Name       string
	Kind       string // "veth", "bridge", "vlan" ...; "" for hardware and lo
	Alias      string
	Hardware   net.HardwareAddr
	Broadcast  net.HardwareAddr
	MTU        int
	TxQueueLen int
	Qdisc      string
	OperState  uint8 // RFC 2863: 0 unknown, 2 down, 6 up
	Carrier    bool
	Parent     int // IFLA_LINK: the device a VLAN or veth belongs to, 0 none
	Master     int // bridge or bond, 0 none
	Promisc    int
	Stats      LinkStats
	HasStats   bool
}

// Attribute numbers: IFLA_*, IFA_*, RTA_* of include/uapi/linux/{if_link,if_addr,rtnetlink}.h.

// Links lists the interfaces in order of their index.
func (c *Conn) Links() ([]Link, error) {
	var ls []Link
	req := make([]byte, 16) // struct ifinfomsg
	err := c.request(unix.RTM_GETLINK, unix.NLM_F_DUMP, req, func(typ uint16, b []byte) error {
		if typ != unix.RTM_NEWLINK {
			return nil
		}
		l, err := ParseLink(b)
		if err == nil {
			ls = append(ls, l)
		}
		return err
	})
	if err != nil {
		return ls, fmt.Errorf("list interfaces: %w", err)
	}
	return ls, nil
}

// ParseLink parses struct ifinfomsg and its attributes.
func ParseLink(b []byte) (Link, error) {
	if len(b) < 16 {
		return Link{}, ErrShort
	}
	l := Link{Type: order.Uint16(b[2:]), Index: int(int32(order.Uint32(b[4:]))), Flags: order.Uint32(b[8:])}
	attributes(b[16:], func(typ uint16, d []byte) {
		switch typ {
		case unix.IFLA_ADDRESS:
			l.Hardware = append(net.HardwareAddr(nil), d...)
		case unix.IFLA_BROADCAST:
			l.Broadcast = append(net.HardwareAddr(nil), d...)
		case unix.IFLA_IFNAME:
			l.Name = text(d)
		case unix.IFLA_MTU:
			l.MTU = int(u32(d, 0))
		case unix.IFLA_LINK:
			l.Parent = int(u32(d, 0))
		case unix.IFLA_QDISC:
			l.Qdisc = text(d)
		case unix.IFLA_MASTER:
			l.Master = int(u32(d, 0))
		case unix.IFLA_TXQLEN:
			l.TxQueueLen = int(u32(d, 0))
		case unix.IFLA_OPERSTATE:
			l.OperState = first(d)
		case unix.IFLA_LINKINFO:
			attributes(d, func(typ uint16, d []byte) {
				if typ == unix.IFLA_INFO_KIND {
					l.Kind = text(d)
				}
			})
		case unix.IFLA_IFALIAS:
			l.Alias = text(d)
		case unix.IFLA_STATS64:
			l.HasStats = true
			p := &l.Stats
			for i, v := range []*uint64{&p.RxPackets, &p.TxPackets, &p.RxBytes, &p.TxBytes, &p.RxErrors, &p.TxErrors,
				&p.RxDropped, &p.TxDropped, &p.Multicast, &p.Collisions, &p.RxLength, &p.RxOver, &p.RxCRC, &p.RxFrame,
				&p.RxFifo, &p.RxMissed, &p.TxAborted, &p.TxCarrier, &p.TxFifo, &p.TxHeartbeat, &p.TxWindow,
				&p.RxCompressed, &p.TxCompressed, &p.RxNoHandler} {
				*v = u64(d, 8*i)
			}
		case unix.IFLA_PROMISCUITY:
			l.Promisc = int(u32(d, 0))
		case unix.IFLA_CARRIER:
			l.Carrier = first(d) != 0
		}
	})
	return l, nil
}

// Addr is one address of an interface.
type Addr struct {
	Index     int
	Prefix    netip.Prefix // the local address with its prefix length
	Peer      netip.Addr   // of a point-to-point link
	Broadcast netip.Addr
	Scope     uint8 // 0 global, 253 link, 254 host
	Flags     uint32
	Label     string // "eth0:1"
}

// Addrs lists the addresses of both families.
func (c *Conn) Addrs() ([]Addr, error) {
	var as []Addr
	req := make([]byte, 8) // struct ifaddrmsg
	err := c.request(unix.RTM_GETADDR, unix.NLM_F_DUMP, req, func(typ uint16, b []byte) error {
		if typ != unix.RTM_NEWADDR {
			return nil
		}
		a, err := ParseAddr(b)
		if err == nil && a.Prefix.IsValid() {
			as = append(as, a)
		}
		return err
	})
	if err != nil {
		return as, fmt.Errorf("list addresses: %w", err)
	}
	return as, nil
}

// ParseAddr parses struct ifaddrmsg and its attributes.
func ParseAddr(b []byte) (Addr, error) {
	if len(b) < 8 {
		return Addr{}, ErrShort
	}
	bits := int(b[1])
	a := Addr{Flags: uint32(b[2]), Scope: b[3], Index: int(order.Uint32(b[4:]))}
	var local, address netip.Addr
	attributes(b[8:], func(typ uint16, d []byte) {
		switch typ {
		case unix.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(d)
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(d)
		case unix.IFA_BROADCAST:
			a.Broadcast, _ = netip.AddrFromSlice(d)
		case unix.IFA_LABEL:
			a.Label = text(d)
		case unix.IFA_FLAGS:
			a.Flags = u32(d, 0)
		}
	})
	// IFA_ADDRESS is the peer where IFA_LOCAL is there and differs.
	switch {
	case !local.IsValid():
		local = address
	case address != local:
		a.Peer = address
	}
	a.Prefix = netip.PrefixFrom(local, bits)
	return a, nil
}

// RouteEntry is one route.
type RouteEntry struct {
	Family                uint8
	Dst                   netip.Prefix // zero bits for a default route
	Gateway, Source       netip.Addr   // invalid when absent
	Interface             int
	Metric, Table         uint32
	Protocol, Scope, Type uint8 // RTPROT_*, RT_SCOPE_*, RTN_*
	Flags                 uint32
	MTU, AdvMSS, Window   uint32
	Hops                  []Hop // of a multipath route
}

// Hop is one next hop of a multipath route.
type Hop struct {
	Gateway   netip.Addr
	Interface int
	Weight    int
}

// Routes lists the routes of both families and all tables. Cached clones are
// left out.
func (c *Conn) Routes() ([]RouteEntry, error) {
	var rs []RouteEntry
	req := make([]byte, 12) // struct rtmsg
	err := c.request(unix.RTM_GETROUTE, unix.NLM_F_DUMP, req, func(typ uint16, b []byte) error {
		if typ != unix.RTM_NEWROUTE {
			return nil
		}
		r, err := ParseRoute(b)
		if err == nil && r.Flags&unix.RTM_F_CLONED == 0 && (r.Family == unix.AF_INET || r.Family == unix.AF_INET6) {
			rs = append(rs, r)
		}
		return err
	})
	if err != nil {
		return rs, fmt.Errorf("list routes: %w", err)
	}
	return rs, nil
}

// RouteTo asks which route a packet to dst takes.
func (c *Conn) RouteTo(dst netip.Addr) (RouteEntry, error) {
	req := make([]byte, 12)
	dst = dst.Unmap()
	req[0] = unix.AF_INET
	if dst.Is6() {
		req[0] = unix.AF_INET6
	}
	req[1] = byte(dst.BitLen())
	req = appendAttr(req, unix.RTA_DST, dst.AsSlice())
	var r RouteEntry
	err := c.request(unix.RTM_GETROUTE, 0, req, func(typ uint16, b []byte) (err error) {
		r, err = ParseRoute(b)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("look up route to %s: %w", dst, err)
	}
	return r, nil
}

// ParseRoute parses struct rtmsg and its attributes.
func ParseRoute(b []byte) (RouteEntry, error) {
	if len(b) < 12 {
		return RouteEntry{}, ErrShort
	}
	bits := int(b[1])
	r := RouteEntry{Family: b[0], Table: uint32(b[4]), Protocol: b[5], Scope: b[6], Type: b[7], Flags: order.Uint32(b[8:])}
	dst := netip.IPv4Unspecified()
	if r.Family == unix.AF_INET6 {
		dst = netip.IPv6Unspecified()
	}
	attributes(b[12:], func(typ uint16, d []byte) {
		switch typ {
		case unix.RTA_DST:
			if a, ok := netip.AddrFromSlice(d); ok {
				dst = a
			}
		case unix.RTA_GATEWAY:
			r.Gateway, _ = netip.AddrFromSlice(d)
		case unix.RTA_VIA: // u16 family, then a gateway of another family
			if len(d) > 2 {
				r.Gateway, _ = netip.AddrFromSlice(d[2:])
			}
		case unix.RTA_PREFSRC:
			r.Source, _ = netip.AddrFromSlice(d)
		case unix.RTA_OIF:
			r.Interface = int(u32(d, 0))
		case unix.RTA_PRIORITY:
			r.Metric = u32(d, 0)
		case unix.RTA_TABLE:
			r.Table = u32(d, 0)
		case unix.RTA_METRICS:
			attributes(d, func(typ uint16, d []byte) {
				switch typ {
				case unix.RTAX_MTU:
					r.MTU = u32(d, 0)
				case unix.RTAX_ADVMSS:
					r.AdvMSS = u32(d, 0)
				case unix.RTAX_WINDOW:
					r.Window = u32(d, 0)
				}
			})
		case unix.RTA_MULTIPATH:
			r.Hops = parseHops(d)
		}
	})
	r.Dst = netip.PrefixFrom(dst, bits)
	return r, nil
}

// parseHops parses struct rtnexthop records: length 2, flags 1, hops 1, index 4,
// attributes.
func parseHops(b []byte) []Hop {
	var hs []Hop
	for len(b) >= 8 {
		n := int(order.Uint16(b))
		if n < 8 || n > len(b) {
			return hs
		}
		h := Hop{Interface: int(order.Uint32(b[4:])), Weight: int(b[3]) + 1}
		attributes(b[8:n], func(typ uint16, d []byte) {
			if typ == unix.RTA_GATEWAY {
				h.Gateway, _ = netip.AddrFromSlice(d)
			}
		})
		hs = append(hs, h)
		b = b[min(align4(n), len(b)):]
	}
	return hs
}

// SetLink changes an interface: the flags under mask, and the MTU unless 0.
// Needs CAP_NET_ADMIN.
func (c *Conn) SetLink(index int, flags, mask uint32, mtu int) error {
	req := make([]byte, 16) // struct ifinfomsg
	order.PutUint32(req[4:], uint32(index))
	order.PutUint32(req[8:], flags)
	order.PutUint32(req[12:], mask)
	if mtu != 0 {
		req = appendAttr(req, unix.IFLA_MTU, order.AppendUint32(nil, uint32(mtu)))
	}
	return c.request(unix.RTM_NEWLINK, unix.NLM_F_ACK, req, ignore)
}

// SetAddr adds an address with its prefix length, or removes it.
// Needs CAP_NET_ADMIN.
func (c *Conn) SetAddr(index int, p netip.Prefix, remove bool) error {
	a := p.Addr().Unmap()
	req := make([]byte, 8) // struct ifaddrmsg
	req[0] = unix.AF_INET
	if a.Is6() {
		req[0] = unix.AF_INET6
	}
	req[1] = byte(p.Bits())
	order.PutUint32(req[4:], uint32(index))
	req = appendAttr(req, unix.IFA_LOCAL, a.AsSlice())
	req = appendAttr(req, unix.IFA_ADDRESS, a.AsSlice())
	if remove {
		return c.request(unix.RTM_DELADDR, unix.NLM_F_ACK, req, ignore)
	}
	if a.Is4() && p.Bits() < 31 {
		// The broadcast address, which the kernel does not work out by itself.
		b := a.As4()
		host := ^uint32(0) >> p.Bits()
		for i := range b {
			b[i] |= byte(host >> (24 - 8*i))
		}
		req = appendAttr(req, unix.IFA_BROADCAST, b[:])
	}
	return c.request(unix.RTM_NEWADDR, unix.NLM_F_ACK|unix.NLM_F_CREATE|unix.NLM_F_REPLACE, req, ignore)
}

func ignore(uint16, []byte) error { return nil }
