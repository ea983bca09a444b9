package probes

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sonde/probes/netlink"
	"sonde/probes/procfs"
	"sonde/probes/table"
)

var _ = register(Probe{
	Name: "sockets", Title: "Sockets", Interval: 2 * time.Second,
	// proto: tcp,udp,raw,packet,unix (default: all but unix); listening=1;
	// pid: of one process; netns: the pid of a process in another namespace;
	// info=1: the kernel's TCP figures as columns.
	Args: []string{"proto", "listening", "pid", "netns", "info"},
	New:  func(a Args) (Sampler, error) { return newSockets(system, a) },
})

var socketColumns = []table.Column{
	{ID: "proto", Title: "Proto", Type: table.Text},
	{ID: "state", Title: "State", Type: table.Text, Help: "TCP state; UNCONN and ESTAB for the others."},
	{ID: "recvq", Title: "Recv-Q", Type: table.Int, Help: "Bytes not yet read by the program; of a listener, connections waiting to be accepted."},
	{ID: "sendq", Title: "Send-Q", Type: table.Int, Help: "Bytes not yet acknowledged; of a listener, the backlog."},
	{ID: "local", Title: "Local address:port", Type: table.Text},
	{ID: "peer", Title: "Peer address:port", Type: table.Text},
	{ID: "lport", Title: "Local port", Type: table.Int},
	{ID: "rport", Title: "Peer port", Type: table.Int},
	{ID: "process", Title: "Process", Type: table.Text, Help: "Program that holds the socket, from its descriptor table."},
	{ID: "pid", Title: "PID", Type: table.Int},
	{ID: "fd", Title: "FD", Type: table.Int},
	{ID: "holders", Title: "Holders", Type: table.Int, Help: "Processes that share the socket."},
	{ID: "user", Title: "User", Type: table.Text},
	{ID: "inode", Title: "Inode", Type: table.Int},
	{ID: "rtt", Title: "RTT", Type: table.Duration, Unit: "ns", Help: "Smoothed round trip time."},
	{ID: "retrans", Title: "Retrans", Type: table.Int, Help: "Segments sent again since the connection began."},
	{ID: "cong", Title: "Cong", Type: table.Text, Help: "Congestion control."},
	{ID: "in", Title: "In", Type: table.Bytes, Unit: "B", Help: "Bytes received (tcp_info bytes_received)."},
	{ID: "out", Title: "Out", Type: table.Bytes, Unit: "B", Help: "Bytes sent and acknowledged (tcp_info bytes_acked)."},
	{ID: "timer", Title: "Timer", Type: table.Text, Help: "Running timer, time left, retries, as ss -o."},
	{ID: "acceptq", Title: "Accept queue", Type: table.Int},
	{ID: "backlog", Title: "Backlog", Type: table.Int},
	{ID: "drops", Title: "Drops", Type: table.Int, Help: "Packets dropped at this socket for lack of buffer."},
	{ID: "age", Title: "Age", Type: table.Duration, Unit: "ns", Help: "Since this page first saw it; empty for sockets that were there before."},
}

// infoColumns follow with info=1: struct tcp_info in ss -i's words.
var infoColumns = []table.Column{
	{ID: "cwnd", Title: "cwnd", Type: table.Int, Unit: "segments"},
	{ID: "ssthresh", Title: "ssthresh", Type: table.Int, Unit: "segments"},
	{ID: "mss", Title: "mss", Type: table.Int, Unit: "B"},
	{ID: "rcvmss", Title: "rcvmss", Type: table.Int, Unit: "B"},
	{ID: "advmss", Title: "advmss", Type: table.Int, Unit: "B"},
	{ID: "pmtu", Title: "pmtu", Type: table.Int, Unit: "B"},
	{ID: "rto", Title: "rto", Type: table.Duration, Unit: "ns"},
	{ID: "rttvar", Title: "rttvar", Type: table.Duration, Unit: "ns"},
	{ID: "minrtt", Title: "minrtt", Type: table.Duration, Unit: "ns"},
	{ID: "ato", Title: "ato", Type: table.Duration, Unit: "ns"},
	{ID: "rcv_rtt", Title: "rcv_rtt", Type: table.Duration, Unit: "ns"},
	{ID: "rcv_space", Title: "rcv_space", Type: table.Int, Unit: "B"},
	{ID: "snd_wnd", Title: "snd_wnd", Type: table.Int, Unit: "B"},
	{ID: "wscale", Title: "wscale", Type: table.Text},
	{ID: "unacked", Title: "unacked", Type: table.Int, Unit: "segments"},
	{ID: "sacked", Title: "sacked", Type: table.Int, Unit: "segments"},
	{ID: "lost", Title: "lost", Type: table.Int, Unit: "segments"},
	{ID: "notsent", Title: "notsent", Type: table.Int, Unit: "B"},
	{ID: "segs_out", Title: "segs_out", Type: table.Int},
	{ID: "segs_in", Title: "segs_in", Type: table.Int},
	{ID: "bytes_sent", Title: "bytes_sent", Type: table.Bytes, Unit: "B"},
	{ID: "bytes_retrans", Title: "bytes_retrans", Type: table.Bytes, Unit: "B"},
	{ID: "pacing_rate", Title: "pacing_rate", Type: table.Rate, Unit: "B"},
	{ID: "delivery_rate", Title: "delivery_rate", Type: table.Rate, Unit: "B"},
	{ID: "busy", Title: "busy", Type: table.Duration, Unit: "ns"},
	{ID: "rwnd_limited", Title: "rwnd_limited", Type: table.Duration, Unit: "ns"},
	{ID: "sndbuf_limited", Title: "sndbuf_limited", Type: table.Duration, Unit: "ns"},
	{ID: "reordering", Title: "reordering", Type: table.Int},
	{ID: "rcv_ooopack", Title: "rcv_ooopack", Type: table.Int},
	{ID: "lastsnd", Title: "lastsnd", Type: table.Duration, Unit: "ns"},
	{ID: "lastrcv", Title: "lastrcv", Type: table.Duration, Unit: "ns"},
	{ID: "lastack", Title: "lastack", Type: table.Duration, Unit: "ns"},
	{ID: "ca_state", Title: "ca_state", Type: table.Text},
	{ID: "ulp", Title: "ulp", Type: table.Text},
	{ID: "rmem", Title: "rmem", Type: table.Bytes, Unit: "B"},
	{ID: "rcvbuf", Title: "rcvbuf", Type: table.Bytes, Unit: "B"},
	{ID: "wmem", Title: "wmem", Type: table.Bytes, Unit: "B"},
	{ID: "sndbuf", Title: "sndbuf", Type: table.Bytes, Unit: "B"},
	{ID: "cgroup", Title: "cgroup", Type: table.Int, Help: "Number of the control group (v2)."},
}

var tcpStates = [...]string{"", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
	"UNCONN", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECV"}

func stateName(s uint8) string {
	if int(s) < len(tcpStates) && s > 0 {
		return tcpStates[s]
	}
	return "state " + strconv.Itoa(int(s))
}

type sockets struct {
	conn      *netlink.Conn
	procRoot  string
	foreign   bool // another network namespace
	users     *users
	owners    *owners
	want      map[string]bool
	listening bool
	info      bool
	pid       int
	links     map[uint32]string
	linksAt   time.Time
	route     *netlink.Conn

	first bool
	seen  map[string]time.Time // key -> first seen; zero for those found at start
}

func newSockets(r roots, a Args) (*sockets, error) {
	s := &sockets{procRoot: r.proc, users: newUsers(r.passwd), owners: sharedOwners, want: map[string]bool{},
		listening: a.Bool("listening"), info: a.Bool("info"), first: true, seen: map[string]time.Time{}}
	proto := a["proto"]
	switch proto {
	case "", "inet":
		proto = "tcp,udp,raw,packet"
	case "all":
		proto = "tcp,udp,raw,packet,unix"
	}
	for p := range strings.SplitSeq(proto, ",") {
		switch p = strings.TrimSpace(p); p {
		case "tcp", "udp", "raw", "packet", "unix":
			s.want[p] = true
		default:
			return nil, fmt.Errorf("argument proto=%q: %w", p, ErrArgs)
		}
	}
	var err error
	if s.pid, err = a.Int("pid", 0); err != nil {
		return nil, err
	}
	ns, err := a.Int("netns", 0)
	if err != nil {
		return nil, err
	}
	if ns != 0 {
		path := r.proc + "/" + strconv.Itoa(ns) + "/ns/net"
		s.foreign = true
		if s.conn, err = netlink.OpenIn(netlink.SockDiag, path); err == nil {
			s.route, err = netlink.OpenIn(netlink.Route, path)
		}
	} else if s.conn, err = netlink.Open(netlink.SockDiag); err == nil {
		s.route, err = netlink.Open(netlink.Route)
	}
	if err != nil {
		s.Close()
		return nil, kind(err)
	}
	return s, nil
}

func (s *sockets) Close() error {
	for _, c := range []*netlink.Conn{s.conn, s.route} {
		if c != nil {
			c.Close()
		}
	}
	return nil
}

// socketRow is a socket of any family before its owner is known.
type socketRow struct {
	key, proto, state, local, peer string
	inode                          uint64
	uid                            uint32
	hasUID                         bool
	cells                          []table.Cell
}

// Sample dumps the wanted families, then finds the owners.
func (s *sockets) Sample(now time.Time) (*table.Table, error) {
	cols := socketColumns
	if s.info {
		cols = append(cols[:len(cols):len(cols)], infoColumns...)
	}
	t := &table.Table{Columns: cols, Summary: map[string]table.Cell{}}
	if now.Sub(s.linksAt) > 10*time.Second {
		s.linksAt = now
		if ls, err := s.route.Links(); err == nil {
			s.links = map[uint32]string{}
			for _, l := range ls {
				s.links[uint32(l.Index)] = l.Name
			}
		}
	}
	var rows []socketRow
	for _, d := range []struct {
		proto string
		num   uint8
	}{{"tcp", unix.IPPROTO_TCP}, {"udp", unix.IPPROTO_UDP}, {"raw", unix.IPPROTO_RAW}} {
		if !s.want[d.proto] {
			continue
		}
		var err error
		for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
			if e := s.inet(family, d.proto, d.num, len(cols), &rows); e != nil && err == nil {
				err = e
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, netlink.ErrInterrupted):
			t.Notes = append(t.Notes, table.Note{Code: "partial", Text: "The list of " + d.proto + " sockets changed while it was read; some may be missing."})
		case d.proto == "raw" && !s.foreign && s.procNet(d.proto, len(cols), &rows):
			// Many kernels lack raw_diag; /proc/net/raw tells the same of it.
		case d.proto == "raw":
			t.Notes = append(t.Notes, table.Note{Code: "unsupported", Text: "Raw sockets cannot be listed: " + err.Error() + ".", Remedy: "sudo modprobe raw_diag"})
		default:
			if s.foreign || !s.procNet(d.proto, len(cols), &rows) {
				return nil, fmt.Errorf("list %s sockets: %w", d.proto, kind(err))
			}
			t.Notes = append(t.Notes, table.Note{Code: "degraded", Text: "The kernel refused sock_diag (" + err.Error() + "): read from /proc/net, without the TCP figures."})
		}
	}
	if s.want["packet"] && !s.listening {
		s.packet(len(cols), &rows)
	}
	if s.want["unix"] {
		if err := s.unix(len(cols), &rows); err != nil && !errors.Is(err, netlink.ErrInterrupted) {
			t.Notes = append(t.Notes, table.Note{Code: "unsupported", Text: "UNIX sockets cannot be listed: " + err.Error() + ".", Remedy: "sudo modprobe unix_diag"})
		}
	}
	s.finish(t, rows, now)
	return t, nil
}

// Cell positions in socketColumns.
const (
	scProto = iota
	scState
	scRecvQ
	scSendQ
	scLocal
	scPeer
	scLPort
	scRPort
	scProcess
	scPID
	scFD
	scHolders
	scUser
	scInode
	scRTT
	scRetrans
	scCong
	scIn
	scOut
	scTimer
	scAcceptQ
	scBacklog
	scDrops
	scAge
	numSocketCols
)

func (s *sockets) inet(family uint8, proto string, num uint8, width int, rows *[]socketRow) error {
	req := netlink.InetRequest{Family: family, Protocol: num, States: netlink.AllStates, Extensions: netlink.ExtSkMem}
	if proto == "tcp" {
		req.Extensions |= netlink.ExtInfo | netlink.ExtCong
		if s.listening {
			req.States = 1 << netlink.Listen
		}
	}
	return s.conn.Inet(req, func(k *netlink.Inet) {
		if s.listening && proto != "tcp" && k.State != netlink.Close {
			return
		}
		c := make([]table.Cell, width)
		c[scProto], c[scState] = proto, stateName(k.State)
		c[scRecvQ], c[scSendQ] = int64(k.RQueue), int64(k.WQueue)
		local, peer := s.address(k.Src, k.SrcPort, k.Interface, family, k.V6Only), s.address(k.Dst, k.DstPort, 0, family, k.V6Only)
		c[scLocal], c[scPeer] = local, peer
		c[scLPort] = int64(k.SrcPort)
		if k.DstPort != 0 {
			c[scRPort] = int64(k.DstPort)
		}
		if k.Timer != 0 {
			c[scTimer] = timerText(k.Timer, k.ExpiresMS, k.Retrans)
		}
		if proto == "tcp" && k.State == netlink.Listen {
			c[scAcceptQ], c[scBacklog] = int64(k.RQueue), int64(k.WQueue)
		}
		if k.HasMem {
			c[scDrops] = int64(k.Mem.Drops)
		}
		if k.HasInfo && proto == "tcp" {
			s.tcp(c, k)
		}
		if s.info && k.HasMem {
			i := numSocketCols + len(infoColumns) - 5
			c[i], c[i+1], c[i+2], c[i+3] = int64(k.Mem.RmemAlloc), int64(k.Mem.RcvBuf), int64(k.Mem.WmemAlloc), int64(k.Mem.SndBuf)
		}
		if s.info && k.CgroupID != 0 {
			c[width-1] = int64(k.CgroupID)
		}
		// TIME-WAIT sockets and half-open requests have no owner.
		*rows = append(*rows, socketRow{key: proto + ":" + strconv.FormatUint(k.Cookie, 16), proto: proto, state: stateName(k.State),
			local: local, peer: peer, inode: uint64(k.Inode), uid: k.UID, hasUID: k.State != netlink.TimeWait, cells: c})
	})
}

// tcp fills the figures of tcp_info.
func (s *sockets) tcp(c []table.Cell, k *netlink.Inet) {
	i := &k.Info
	us := func(v uint32) table.Cell {
		if v == 0 {
			return nil
		}
		return int64(v) * 1000
	}
	if k.Cong != "" {
		c[scCong] = k.Cong
	}
	if k.State == netlink.Listen {
		return
	}
	c[scRTT] = us(i.RTT)
	c[scRetrans] = int64(i.TotalRetrans)
	c[scIn], c[scOut] = int64(i.BytesReceived), int64(i.BytesAcked)
	if !s.info {
		return
	}
	const unlimitedSsthresh = 0x7fffffff // TCP_INFINITE_SSTHRESH
	ssthresh := table.Cell(int64(i.SndSsthresh))
	if i.SndSsthresh >= unlimitedSsthresh {
		ssthresh = nil
	}
	minRTT := us(i.MinRTT)
	if i.MinRTT == ^uint32(0) {
		minRTT = nil
	}
	ms := func(v uint32) table.Cell { return int64(v) * 1_000_000 }
	var pacing table.Cell
	if i.PacingRate != ^uint64(0) {
		pacing = float64(i.PacingRate)
	}
	var ulp table.Cell
	if k.ULP != "" {
		ulp = k.ULP
	}
	copy(c[numSocketCols:], []table.Cell{int64(i.SndCwnd), ssthresh, int64(i.SndMSS), int64(i.RcvMSS), int64(i.AdvMSS), int64(i.PMTU),
		us(i.RTO), us(i.RTTVar), minRTT, us(i.ATO), us(i.RcvRTT), int64(i.RcvSpace), int64(i.SndWnd),
		strconv.Itoa(int(i.SndWScale)) + "," + strconv.Itoa(int(i.RcvWScale)),
		int64(i.Unacked), int64(i.Sacked), int64(i.Lost), int64(i.NotSent), int64(i.SegsOut), int64(i.SegsIn),
		int64(i.BytesSent), int64(i.BytesRetrans), pacing, float64(i.DeliveryRate),
		int64(i.BusyTime) * 1000, int64(i.RwndLimited) * 1000, int64(i.SndbufLimited) * 1000,
		int64(i.Reordering), int64(i.RcvOOOPack), ms(i.LastDataSentMS), ms(i.LastDataRecvMS), ms(i.LastAckRecvMS),
		caState(i.CAState), ulp})
}

// caState names enum tcp_ca_state (include/uapi/linux/tcp.h).
func caState(n uint8) string {
	names := [...]string{"open", "disorder", "cwr", "recovery", "loss"}
	if int(n) < len(names) {
		return names[n]
	}
	return strconv.Itoa(int(n))
}

// address writes address:port as ss does: "*" for a wildcard that takes both
// families, brackets around IPv6, %interface when bound to one.
func (s *sockets) address(a netip.Addr, port uint16, ifindex uint32, family uint8, v6only bool) string {
	b := make([]byte, 0, 48)
	switch {
	case family == unix.AF_INET6 && a.IsUnspecified() && !v6only:
		b = append(b, '*')
	case family == unix.AF_INET6:
		b = append(b, '[')
		b = a.AppendTo(b)
		b = append(b, ']')
	default:
		b = a.AppendTo(b)
	}
	if ifindex != 0 {
		b = append(b, '%')
		if name, ok := s.links[ifindex]; ok {
			b = append(b, name...)
		} else {
			b = strconv.AppendUint(b, uint64(ifindex), 10)
		}
	}
	b = append(b, ':')
	if port == 0 {
		b = append(b, '*')
	} else {
		b = strconv.AppendUint(b, uint64(port), 10)
	}
	return string(b)
}

// timerText is ss -o's timer: kind, time left, retries.
func timerText(timer uint8, ms uint32, retrans uint8) string {
	names := [...]string{"off", "on", "keepalive", "timewait", "persist", "unknown"}
	name := names[min(int(timer), len(names)-1)]
	left := strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64) + "s"
	if ms >= 10_000 {
		left = strconv.Itoa(int(ms+500)/1000) + "s"
	}
	return name + " " + left + " " + strconv.Itoa(int(retrans))
}

// procNet reads /proc/net/PROTO and PROTO6, where sock_diag is refused.
func (s *sockets) procNet(proto string, width int, rows *[]socketRow) bool {
	fs, err := procfs.Open(s.procRoot)
	if err != nil {
		return false
	}
	defer fs.Close()
	ok := false
	for _, file := range []string{"net/" + proto, "net/" + proto + "6"} {
		b, err := fs.Read(nil, file)
		if err != nil {
			continue
		}
		ok = true
		family := uint8(unix.AF_INET)
		if strings.HasSuffix(file, "6") {
			family = unix.AF_INET6
		}
		for _, k := range procfs.ParseNetSockets(b) {
			if s.listening && k.State != netlink.Listen && (proto == "tcp" || k.State != netlink.Close) {
				continue
			}
			c := make([]table.Cell, width)
			c[scProto], c[scState] = proto, stateName(k.State)
			c[scRecvQ], c[scSendQ] = int64(k.RxQueue), int64(k.TxQueue)
			local := s.address(k.Local.Addr(), k.Local.Port(), 0, family, false)
			peer := s.address(k.Remote.Addr(), k.Remote.Port(), 0, family, false)
			c[scLocal], c[scPeer], c[scLPort] = local, peer, int64(k.Local.Port())
			if k.Remote.Port() != 0 {
				c[scRPort] = int64(k.Remote.Port())
			}
			*rows = append(*rows, socketRow{key: proto + ":" + local + ">" + peer + "#" + strconv.FormatUint(k.Inode, 10), proto: proto,
				state: stateName(k.State), local: local, peer: peer, inode: k.Inode, uid: k.UID, hasUID: true, cells: c})
		}
	}
	return ok
}

func (s *sockets) packet(width int, rows *[]socketRow) {
	_ = s.conn.Packet(func(k *netlink.Packet) {
		c := make([]table.Cell, width)
		c[scProto], c[scState] = "packet", "UNCONN"
		c[scRecvQ], c[scSendQ], c[scDrops] = int64(k.RmemAlloc), int64(0), int64(k.Drops)
		proto := "*"
		if k.Protocol != unix.ETH_P_ALL {
			proto = fmt.Sprintf("0x%04x", k.Protocol)
		}
		name := "*"
		if k.Interface != 0 {
			name = strconv.Itoa(int(k.Interface))
			if n, ok := s.links[k.Interface]; ok {
				name = n
			}
		}
		c[scLocal], c[scPeer] = proto+":"+name, "*"
		*rows = append(*rows, socketRow{key: "packet:" + strconv.FormatUint(k.Cookie, 16), proto: "packet", state: "UNCONN",
			inode: uint64(k.Inode), uid: k.UID, hasUID: true, cells: c})
	})
}

// unixTypes are ss's words for the socket types.
var unixTypes = map[uint8]string{1: "u_str", 2: "u_dgr", 5: "u_seq"}

func (s *sockets) unix(width int, rows *[]socketRow) error {
	type half struct {
		row  int
		peer uint32
	}
	var halves []half
	path := map[uint32]string{}
	err := s.conn.Unix(func(k *netlink.Unix) {
		state := stateName(k.State)
		if s.listening && k.State != netlink.Listen && !(k.Type == 2 && k.State == netlink.Close && k.Path != "") {
			return
		}
		c := make([]table.Cell, width)
		proto, ok := unixTypes[k.Type]
		if !ok {
			proto = "u_" + strconv.Itoa(int(k.Type))
		}
		c[scProto], c[scState] = proto, state
		if k.HasQueue {
			c[scRecvQ], c[scSendQ] = int64(k.RQueue), int64(k.WQueue)
			if k.State == netlink.Listen {
				c[scAcceptQ], c[scBacklog] = int64(k.RQueue), int64(k.WQueue)
			}
		}
		c[scLocal] = "*"
		if k.Path != "" {
			c[scLocal] = k.Path
			path[k.Inode] = k.Path
		}
		c[scPeer] = "*"
		halves = append(halves, half{len(*rows), k.Peer})
		*rows = append(*rows, socketRow{key: "unix:" + strconv.FormatUint(k.Cookie, 16), proto: proto, state: state,
			inode: uint64(k.Inode), uid: k.UID, hasUID: k.HasUID, cells: c})
	})
	// The far end is told by inode; its path is worth more to a reader.
	for _, h := range halves {
		if h.peer == 0 {
			continue
		}
		text := "inode " + strconv.FormatUint(uint64(h.peer), 10)
		if p, ok := path[h.peer]; ok {
			text = p
		}
		(*rows)[h.row].cells[scPeer] = text
	}
	return err
}

// finish names users and owners, keeps ages, counts states.
func (s *sockets) finish(t *table.Table, rows []socketRow, now time.Time) {
	var denied int
	byInode, denied := s.owners.view(now, func(known func(uint64) bool) bool {
		for i := range rows {
			if rows[i].inode != 0 && !known(rows[i].inode) {
				return true
			}
		}
		return false
	})
	t.Notes = append(t.Notes, ownersNote(denied)...)
	states, protos := map[string]int64{}, map[string]int64{}
	seen := make(map[string]time.Time, len(rows))
	for i := range rows {
		r := &rows[i]
		since, old := s.seen[r.key]
		if !old && !s.first {
			since = now
		}
		seen[r.key] = since
		if !since.IsZero() {
			r.cells[scAge] = int64(now.Sub(since))
		}
		if r.hasUID {
			r.cells[scUser] = s.users.name(r.uid)
		}
		if r.inode != 0 {
			r.cells[scInode] = int64(r.inode)
		}
		o, ok := byInode[r.inode]
		if ok && r.inode != 0 {
			r.cells[scProcess], r.cells[scPID], r.cells[scFD], r.cells[scHolders] = o.Comm, int64(o.PID), int64(o.FD), int64(o.Holders)
		}
		if s.pid != 0 && o.PID != s.pid {
			continue
		}
		states[r.state]++
		protos[r.proto]++
		t.Rows = append(t.Rows, table.Row{Key: r.key, Cells: r.cells})
	}
	s.seen, s.first = seen, false
	for k, n := range states {
		t.Summary["state."+k] = n
	}
	for k, n := range protos {
		t.Summary["proto."+k] = n
	}
	t.Summary["sockets"] = int64(len(t.Rows))
	t.Summary["owners.seen"] = s.owners.when()
}
