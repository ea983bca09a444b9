package dfilter

import (
	"net/netip"
	"strconv"
	"strings"
)

// address reads an IPv4 or IPv6 address with an optional prefix length, or a
// host name that resolves now.
func (c *checker) address(e *expr, t etype) error {
	tok := &e.tok
	bad := func(format string, args ...any) error { return errAt(tok.at, len(tok.text), format, args...) }
	host, bits, masked := strings.Cut(tok.text, "/")
	v4 := t.fam == famIPv4
	addr, ok := parseAddr(host, v4)
	if !ok && c.opt.Resolve != nil && !strings.Contains(host, ":") {
		for _, a := range c.opt.Resolve(host) {
			if a.Unmap().Is4() == v4 {
				addr, ok = a.Unmap(), true
				break
			}
		}
	}
	if !ok {
		name := "IPv6"
		if v4 {
			name = "IPv4"
		}
		return bad("\"%s\" is not a valid hostname or %s address.", host, name)
	}
	if v4 {
		b := addr.As4()
		e.val = val{w: uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])}
	} else {
		b := addr.As16()
		e.val = val{b: b[:]}
	}
	if !masked {
		return nil
	}
	n, err := strconv.ParseUint(bits, 10, 16)
	switch {
	case err != nil:
		return bad("%s in not a valid mask", bits)
	case v4 && n > 32:
		return bad("Netmask bits in a CIDR IPv4 address should be <= 32, not %d", n)
	case n > 128:
		return bad("Prefix in a IPv6 address should be <= 128, not %d", n)
	}
	e.val.mask = uint8(n) + 1
	return nil
}

func parseAddr(s string, v4 bool) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return a, false
	}
	return a, a.Is4() == v4
}
