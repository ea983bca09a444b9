package dfilter

import "net/netip"

// block is a special-purpose address block: IANA's registries for IPv4 and
// IPv6 (RFC 6890 and its updates). flags are its columns: source, destination,
// forwardable, global, reserved by protocol, from the highest of five bits.
type block struct {
	prefix netip.Prefix
	name   string
	flags  uint8
}

var blocks = func() []block {
	list := []struct {
		cidr, name string
		flags      uint8
	}{
		{"0.0.0.0/32", "\"This host on this network\"", 0b10001}, {"0.0.0.0/8", "\"This network\"", 0b10001},
		{"10.0.0.0/8", "Private-Use", 0b11100}, {"100.64.0.0/10", "Shared Address Space", 0b11100}, {"127.0.0.0/8", "Loopback", 0b00001},
		{"169.254.0.0/16", "Link Local", 0b11001}, {"172.16.0.0/12", "Private-Use", 0b11100},
		{"192.0.0.0/29", "IPv4 Service Continuity Prefix", 0b11100}, {"192.0.0.8/32", "IPv4 dummy address", 0b10000},
		{"192.0.0.9/32", "Port Control Protocol Anycast", 0b11110}, {"192.0.0.10/32", "Traversal Using Relays around NAT Anycast", 0b11110},
		{"192.0.0.170/32", "NAT64/DNS64 Discovery", 0b00001}, {"192.0.0.171/32", "NAT64/DNS64 Discovery", 0b00001},
		{"192.0.0.0/24", "IETF Protocol Assignments", 0b00000}, {"192.0.2.0/24", "Documentation (TEST-NET-1)", 0b00000},
		{"192.31.196.0/24", "AS112-v4", 0b11110}, {"192.52.193.0/24", "AMT", 0b11110}, {"192.88.99.0/24", "Deprecated (6to4 Relay Anycast)", 0b11110},
		{"192.168.0.0/16", "Private-Use", 0b11100}, {"192.175.48.0/24", "Direct Delegation AS112 Service", 0b11110},
		{"198.18.0.0/15", "Benchmarking", 0b11100}, {"198.51.100.0/24", "Documentation (TEST-NET-2)", 0b00000},
		{"203.0.113.0/24", "Documentation (TEST-NET-3)", 0b00000}, {"255.255.255.255/32", "Limited Broadcast", 0b01001},
		{"240.0.0.0/4", "Reserved", 0b00001},
		{"::1/128", "Loopback Address", 0b00001}, {"::/128", "Unspecified Address", 0b10001}, {"::ffff:0:0/96", "IPv4-mapped Address", 0b00001},
		{"64:ff9b::/96", "IPv4-IPv6 Translat.", 0b11110}, {"64:ff9b:1::/48", "IPv4-IPv6 Translat.", 0b11100}, {"100::/64", "Discard-Only Address Block", 0b11100},
		{"2001::/32", "TEREDO", 0b11100}, {"2001:1::1/128", "Port Control Protocol Anycast", 0b11110},
		{"2001:1::2/128", "Traversal Using Relays around NAT Anycast", 0b11110}, {"2001:2::/48", "Benchmarking", 0b11100},
		{"2001:3::/32", "AMT", 0b11110}, {"2001:4:112::/48", "AS112-v6", 0b11110}, {"2001:10::/28", "Deprecated (previously ORCHID)", 0b00000},
		{"2001:20::/28", "ORCHIDv2", 0b11110}, {"2001:30::/28", "Drone Remote ID Protocol Entity Tags (DETs) Prefix", 0b11110},
		{"2001::/23", "IETF Protocol Assignments", 0b00000}, {"2001:db8::/32", "Documentation", 0b00000}, {"2002::/16", "6to4", 0b11100},
		{"2620:4f:8000::/48", "Direct Delegation AS112 Service", 0b11110}, {"3fff::/20", "Documentation", 0b00000},
		{"5f00::/16", "Segment Routing (SRv6) SIDs", 0b11100}, {"fc00::/7", "Unique-Local", 0b11100}, {"fe80::/10", "Link-Local Unicast", 0b11001},
	}
	out := make([]block, len(list))
	for i, b := range list {
		out[i] = block{netip.MustParsePrefix(b.cidr), b.name, b.flags}
	}
	return out
}()

// special finds the smallest block that holds an address.
func special(a netip.Addr) *block {
	var best *block
	for i := range blocks {
		if b := &blocks[i]; b.prefix.Contains(a) && (best == nil || b.prefix.Bits() > best.prefix.Bits()) {
			best = b
		}
	}
	return best
}

func (v *val) addr(f family) (netip.Addr, bool) {
	if f == famIPv4 {
		return netip.AddrFrom4([4]byte{byte(v.w >> 24), byte(v.w >> 16), byte(v.w >> 8), byte(v.w)}), true
	}
	return netip.AddrFromSlice(v.b)
}

func linkLocal(a netip.Addr) bool { return a.IsLinkLocalUnicast() }
func multicast(a netip.Addr) bool { return a.IsMulticast() }
func rfc1918(a netip.Addr) bool   { return a.Is4() && a.IsPrivate() }
func uniqueLocal(a netip.Addr) bool {
	return a.Is6() && a.IsPrivate()
}

// addresses replaces addresses by what change makes of them; false drops one.
func (m *machine) addresses(e *expr, change func(a netip.Addr) (val, bool)) {
	f := e.args[0].typ.fam
	at := m.load(e.args[0])
	out := at
	for i := at; i < len(m.vals); i++ {
		if a, ok := m.vals[i].addr(f); ok {
			if v, ok := change(a); ok {
				m.vals[out] = v
				out++
			}
		}
	}
	m.vals = m.vals[:out]
}

func runAddress(is func(netip.Addr) bool) func(m *machine, e *expr) {
	return func(m *machine, e *expr) {
		m.addresses(e, func(a netip.Addr) (val, bool) { return boolVal(is(a)), true })
	}
}

func runSpecialName(m *machine, e *expr) {
	m.addresses(e, func(a netip.Addr) (val, bool) {
		b := special(a)
		if b == nil {
			return val{}, false
		}
		at := len(m.buf)
		m.buf = append(m.buf, b.name...)
		return val{b: m.made(at)}, true
	})
}

func runSpecialMask(m *machine, e *expr) {
	m.addresses(e, func(a netip.Addr) (val, bool) {
		b := special(a)
		if b == nil {
			return val{}, false
		}
		return val{w: uint64(b.flags)}, true
	})
}
