package probes

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sonde/probes/netlink"
	"sonde/probes/table"
)

var _ = register(Probe{
	Name: "bandwidth", Title: "Bandwidth", Interval: time.Second,
	// by: pair, service, conn, process, port, sizes, station, protocol; if: an
	// interface, "any", or empty for that of the default route; filter: a capture
	// filter; source=sockets does without packets.
	Args: []string{"by", "if", "filter", "source"},
	New:  func(a Args) (Sampler, error) { return newBandwidth(system, a, OpenPackets) },
})

// headBytes of each packet are enough for link, IPv6 with a few extension
// headers, and ports.
const headBytes = 128

type bandwidth struct {
	diag   *netlink.Conn
	route  *netlink.Conn
	owners *owners
	note   []table.Note
	iface  string

	source   PacketSource
	done     chan struct{}
	open     func(PacketOptions) (PacketSource, error)
	options  PacketOptions
	reopened time.Time

	// mu guards flows and readErr, shared with the goroutine that reads packets.
	mu      sync.Mutex
	flows   *flows
	readErr error

	addrsAt time.Time
	sockets map[uint64]sockCount // by cookie, when there are no packets
	primed  bool
}

type sockCount struct{ out, in uint64 }

func newBandwidth(r roots, a Args, open func(PacketOptions) (PacketSource, error)) (*bandwidth, error) {
	view := a["by"]
	if view == "" {
		view = "pair"
	}
	if !slices.Contains(bandwidthViews, view) {
		return nil, fmt.Errorf("argument by=%q: %w", view, ErrArgs)
	}
	b := &bandwidth{owners: sharedOwners, flows: newFlows(view, time.Now().Unix()), iface: a["if"]}
	var err error
	if b.diag, err = netlink.Open(netlink.SockDiag); err != nil {
		return nil, kind(err)
	}
	if b.route, err = netlink.Open(netlink.Route); err != nil {
		b.Close()
		return nil, kind(err)
	}
	b.addresses(time.Now())
	switch b.iface {
	case "any":
		b.iface = ""
	case "":
		b.iface = b.defaultInterface()
	}
	switch {
	case a["source"] == "sockets":
		b.note = append(b.note, socketsNote("as asked for", ""))
	case open == nil:
		b.note = append(b.note, socketsNote("this build or system has no live capture", ""))
	default:
		b.open, b.options = open, PacketOptions{Interface: b.iface, SnapLen: headBytes, Filter: a["filter"]}
		b.source, err = open(b.options)
		if err != nil {
			b.source = nil
			if errors.Is(err, fs.ErrNotExist) {
				err = fmt.Errorf("%w: %w", ErrArgs, err)
			}
			if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, ErrPermission) {
				b.Close()
				return nil, fmt.Errorf("open capture: %w", err)
			}
			b.note = append(b.note, socketsNote("capturing needs CAP_NET_RAW", capsOfRaw))
		}
	}
	if b.source != nil {
		b.done = make(chan struct{})
		go b.read(b.source, b.done)
	}
	return b, nil
}

// socketsNote labels figures that come from sockets and not from packets.
func socketsNote(why, caps string) table.Note {
	text := "Counted from TCP sockets (tcp_info) because " + why + ": payload of this network namespace's TCP only, no UDP, no forwarded traffic, no connections shorter than a refresh."
	if caps == "" {
		return table.Note{Code: "degraded", Text: text}
	}
	n := capNote(text, caps)
	n.Code = "degraded"
	return n
}

// Close ends the reader and waits for it.
func (b *bandwidth) Close() error {
	if b.source != nil {
		b.source.Close()
		<-b.done
	}
	for _, c := range []*netlink.Conn{b.diag, b.route} {
		if c != nil {
			c.Close()
		}
	}
	return nil
}

// read is the goroutine that empties the capture.
func (b *bandwidth) read(src PacketSource, done chan<- struct{}) {
	defer close(done)
	var h packetHead
	for {
		data, wire, link, dir, ns, err := src.Next()
		if err != nil {
			b.mu.Lock()
			b.readErr = err
			b.mu.Unlock()
			return
		}
		ok := parseHead(data, link, &h)
		b.mu.Lock()
		if !ok {
			h.etherType = 0xffff
		}
		b.flows.packet(&h, wire, dir, ns/int64(time.Second))
		b.mu.Unlock()
	}
}

func (b *bandwidth) defaultInterface() string {
	rs, err := b.route.Routes()
	if err != nil {
		return ""
	}
	best, metric := 0, ^uint32(0)
	for _, r := range rs {
		if r.Dst.Bits() == 0 && r.Table == unix.RT_TABLE_MAIN && r.Interface != 0 && r.Family == unix.AF_INET && (best == 0 || r.Metric < metric) {
			best, metric = r.Interface, r.Metric
		}
	}
	ls, err := b.route.Links()
	if err != nil {
		return ""
	}
	for _, l := range ls {
		if l.Index == best {
			return l.Name
		}
	}
	return ""
}

// addresses keeps the sets of this host's own addresses and listening ports.
func (b *bandwidth) addresses(now time.Time) {
	if now.Sub(b.addrsAt) < 10*time.Second {
		return
	}
	b.addrsAt = now
	as, err := b.route.Addrs()
	if err != nil {
		return
	}
	local := map[netip.Addr]bool{}
	for _, a := range as {
		local[a.Prefix.Addr().Unmap()] = true
	}
	listening := map[uint16]bool{}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		// Without the list the lesser port is taken for the service.
		_ = b.diag.Inet(netlink.InetRequest{Family: family, Protocol: unix.IPPROTO_TCP, States: 1 << netlink.Listen}, func(s *netlink.Inet) {
			listening[s.SrcPort] = true
		})
	}
	b.mu.Lock()
	b.flows.local, b.flows.listening = local, listening
	b.mu.Unlock()
}

// Sample gives the table of the last seconds.
func (b *bandwidth) Sample(now time.Time) (*table.Table, error) {
	b.addresses(now)
	if b.source == nil {
		if err := b.countSockets(now); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	err := b.readErr
	unowned := b.unowned()
	b.mu.Unlock()
	if err != nil && !b.again(now) {
		return nil, fmt.Errorf("read packets of %s: %w", b.name(), err)
	}
	var denied int
	if len(unowned) > 0 {
		denied = b.resolve(unowned, now)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.flows.table(now.Unix(), b.source != nil)
	t.Summary["interface"] = b.name()
	t.Summary["source"] = "sockets"
	if b.source != nil {
		t.Summary["source"] = "packets"
	} else {
		switch b.flows.view {
		case "sizes", "station", "protocol":
			t.Notes = append(t.Notes, table.Note{Code: "unsupported", Text: "This view needs packets; sockets do not tell it."})
		}
	}
	if b.source != nil && b.flows.view == "station" && len(t.Rows) == 0 && b.flows.total.packets[0]+b.flows.total.packets[1] > 0 {
		t.Notes = append(t.Notes, table.Note{Code: "unsupported", Text: "No hardware addresses in packets of " + b.name() + ": choose one Ethernet interface."})
	}
	t.Notes = append(t.Notes, b.note...)
	t.Notes = append(t.Notes, ownersNote(denied)...)
	return t, nil
}

// reopenEvery is the time between attempts to go on after a capture ended: an
// interface that went down may come back.
const reopenEvery = 5 * time.Second

// again opens the capture anew after it ended; the counts go on.
func (b *bandwidth) again(now time.Time) bool {
	if now.Sub(b.reopened) < reopenEvery {
		return false
	}
	b.reopened = now
	src, err := b.open(b.options)
	if err != nil {
		return false
	}
	b.source.Close()
	<-b.done
	b.mu.Lock()
	b.readErr = nil
	b.mu.Unlock()
	b.source, b.done = src, make(chan struct{})
	go b.read(src, b.done)
	return true
}

func (b *bandwidth) name() string {
	if b.iface == "" {
		return "any"
	}
	return b.iface
}

// unowned lists the active conversations whose owner is not known; each is tried
// a few times. The caller holds mu.
func (b *bandwidth) unowned() []connKey {
	var ks []connKey
	for k, c := range b.flows.conns {
		if c.active && c.owner.PID == 0 && c.tried < 5 && (k.proto == unix.IPPROTO_TCP || k.proto == unix.IPPROTO_UDP) {
			c.tried++
			ks = append(ks, k)
		}
		c.active = false
	}
	return ks
}

// resolve finds owners: the exact tuple, then for UDP the bound address and any
// address, for TCP the listener of the port (the connection may be over).
func (b *bandwidth) resolve(keys []connKey, now time.Time) (denied int) {
	inodes := map[connKey]uint64{}
	for _, proto := range []uint8{unix.IPPROTO_TCP, unix.IPPROTO_UDP} {
		if !slices.ContainsFunc(keys, func(k connKey) bool { return k.proto == proto }) {
			continue
		}
		for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
			// A family that cannot be listed leaves its owners unknown.
			_ = b.diag.Inet(netlink.InetRequest{Family: family, Protocol: proto, States: netlink.AllStates}, func(s *netlink.Inet) {
				if s.Inode != 0 {
					inodes[connKey{netip.AddrPortFrom(s.Src.Unmap(), s.SrcPort), netip.AddrPortFrom(s.Dst.Unmap(), s.DstPort), proto}] = uint64(s.Inode)
				}
			})
		}
	}
	found := map[connKey]uint64{}
	for _, k := range keys {
		if i, ok := lookup(inodes, k); ok {
			found[k] = i
		} else if i, ok := lookup(inodes, connKey{k.remote, k.local, k.proto}); ok && b.isLocal(k.remote.Addr()) {
			found[k] = i // both ends are here; the other one has the socket still
		}
	}
	byInode, denied := b.owners.view(now, func(known func(uint64) bool) bool {
		for _, i := range found {
			if !known(i) {
				return true
			}
		}
		return false
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, i := range found {
		c := b.flows.conns[k]
		if o, ok := byInode[i]; ok && c != nil && c.owner.PID == 0 {
			b.flows.assign(c, o)
		}
	}
	return denied
}

func (b *bandwidth) isLocal(a netip.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.flows.local[a]
}

func lookup(inodes map[connKey]uint64, k connKey) (uint64, bool) {
	if i, ok := inodes[k]; ok {
		return i, true
	}
	for _, any := range []netip.Addr{k.local.Addr(), netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		for _, peer := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
			if i, ok := inodes[connKey{netip.AddrPortFrom(any, k.local.Port()), netip.AddrPortFrom(peer, 0), k.proto}]; ok {
				return i, true
			}
		}
	}
	return 0, false
}

// countSockets adds what each TCP socket moved since the last sample. Of a
// connection within this host both sockets are seen; the lesser end counts.
func (b *bandwidth) countSockets(now time.Time) error {
	next := map[uint64]sockCount{}
	b.mu.Lock()
	defer b.mu.Unlock()
	sec := now.Unix() - 1 // what happened since the last sample: the second before
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		err := b.diag.Inet(netlink.InetRequest{Family: family, Protocol: unix.IPPROTO_TCP, Extensions: netlink.ExtInfo,
			States: netlink.AllStates &^ (1<<netlink.Listen | 1<<netlink.TimeWait | 1<<netlink.NewSynRecv)}, func(s *netlink.Inet) {
			if !s.HasInfo {
				return
			}
			n := sockCount{s.Info.BytesAcked, s.Info.BytesReceived}
			next[s.Cookie] = n
			old, seen := b.sockets[s.Cookie]
			if !b.primed {
				return // what it moved before anyone looked is not counted
			}
			if !seen {
				old = sockCount{}
			}
			k := connKey{netip.AddrPortFrom(s.Src.Unmap(), s.SrcPort), netip.AddrPortFrom(s.Dst.Unmap(), s.DstPort), unix.IPPROTO_TCP}
			if b.flows.local[k.remote.Addr()] && k.local.Compare(k.remote) > 0 {
				return
			}
			if n.out > old.out {
				b.flows.conversation(k, 0, n.out-old.out, 0, sec)
			}
			if n.in > old.in {
				b.flows.conversation(k, 1, n.in-old.in, 0, sec)
			}
		})
		if err != nil && !errors.Is(err, netlink.ErrInterrupted) && (family == unix.AF_INET || !errors.Is(err, unix.EINVAL)) {
			return fmt.Errorf("list TCP sockets: %w", kind(err))
		}
	}
	b.sockets, b.primed = next, true
	return nil
}
