package source

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"sonde/capture/frame"
)

// exclusion knows the TCP endpoints whose traffic is left out. It looks at
// whole packets and first fragments, under at most two VLAN tags.
type exclusion struct {
	ends map[netip.AddrPort]bool
	// ports is a first look: most frames end there.
	ports [65536 / 64]uint64
}

func newExclusion(list []netip.AddrPort) (*exclusion, error) {
	e := &exclusion{ends: map[netip.AddrPort]bool{}}
	add := func(a netip.Addr, port uint16) {
		e.ends[netip.AddrPortFrom(a.Unmap().WithZone(""), port)] = true
		e.ports[port/64] |= 1 << (port % 64)
	}
	for _, p := range list {
		if !p.Addr().IsUnspecified() {
			add(p.Addr(), p.Port())
			continue
		}
		addrs, err := net.InterfaceAddrs()
		if err != nil {
			return nil, fmt.Errorf("find the addresses of %s: %w", p, err)
		}
		for _, a := range addrs {
			if x, err := netip.ParsePrefix(a.String()); err == nil {
				add(x.Addr(), p.Port())
			}
		}
	}
	return e, nil
}

// has says whether a frame belongs to one of the endpoints.
func (e *exclusion) has(link frame.LinkType, d []byte) bool {
	typ := uint16(0)
	switch link {
	case frame.LinkEthernet:
		if len(d) < 14 {
			return false
		}
		typ, d = binary.BigEndian.Uint16(d[12:]), d[14:]
	case frame.LinkLinuxSLL2:
		if len(d) < sll2Len {
			return false
		}
		typ, d = binary.BigEndian.Uint16(d), d[sll2Len:]
	case frame.LinkRaw:
		if len(d) == 0 {
			return false
		}
		typ = 0x0800
		if d[0]>>4 == 6 {
			typ = 0x86dd
		}
	default:
		return false
	}
	for range 2 {
		if (typ == 0x8100 || typ == 0x88a8) && len(d) >= 4 {
			typ, d = binary.BigEndian.Uint16(d[2:]), d[4:]
		}
	}
	switch {
	case typ == 0x0800 && len(d) >= 20 && d[9] == 6:
		n := int(d[0]&0xf) * 4
		if binary.BigEndian.Uint16(d[6:])&0x1fff != 0 || n < 20 || len(d) < n+4 {
			return false
		}
		return e.end(d[12:16], d[n:]) || e.end(d[16:20], d[n+2:])
	case typ == 0x86dd && len(d) >= 44 && d[6] == 6:
		return e.end(d[8:24], d[40:]) || e.end(d[24:40], d[42:])
	}
	return false
}

func (e *exclusion) end(addr, port []byte) bool {
	p := binary.BigEndian.Uint16(port)
	if e.ports[p/64]>>(p%64)&1 == 0 {
		return false
	}
	a, _ := netip.AddrFromSlice(addr)
	return e.ends[netip.AddrPortFrom(a.Unmap(), p)]
}
