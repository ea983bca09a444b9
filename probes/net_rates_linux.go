package probes

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"sonde/probes/netlink"
)

// netRates are bytes a second by process, from the byte counts of its TCP
// sockets: payload both ways, of this network namespace. UDP has no such counts.
type netRates struct {
	conn   *netlink.Conn
	owners *owners
	prev   map[uint64]uint64 // cookie -> bytes so far
	at     time.Time
}

func newNetRates() (*netRates, error) {
	c, err := netlink.Open(netlink.SockDiag)
	if err != nil {
		return nil, kind(err)
	}
	return &netRates{conn: c, owners: sharedOwners}, nil
}

func (n *netRates) Close() error { return n.conn.Close() }

// sample gives the rates since the last call, nil at the first; denied counts
// the processes whose sockets cannot be told.
func (n *netRates) sample(now time.Time) (byPID map[int]float64, denied int, err error) {
	next := make(map[uint64]uint64, len(n.prev))
	byInode := map[uint64]uint64{}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		e := n.conn.Inet(netlink.InetRequest{Family: family, Protocol: unix.IPPROTO_TCP, Extensions: netlink.ExtInfo,
			States: netlink.AllStates &^ (1<<netlink.Listen | 1<<netlink.TimeWait | 1<<netlink.NewSynRecv)}, func(s *netlink.Inet) {
			if !s.HasInfo {
				return
			}
			total := s.Info.BytesAcked + s.Info.BytesReceived
			next[s.Cookie] = total
			if old := n.prev[s.Cookie]; total > old && s.Inode != 0 {
				byInode[uint64(s.Inode)] += total - old
			}
		})
		if e != nil && !errors.Is(e, netlink.ErrInterrupted) && family == unix.AF_INET {
			return nil, 0, kind(e)
		}
	}
	dt := now.Sub(n.at).Seconds()
	first := n.prev == nil
	n.prev, n.at = next, now
	if first || dt <= 0 {
		return nil, 0, nil
	}
	known, denied := n.owners.view(now, func(known func(uint64) bool) bool {
		for i := range byInode {
			if !known(i) {
				return true
			}
		}
		return false
	})
	byPID = map[int]float64{}
	for i, bytes := range byInode {
		if o, ok := known[i]; ok {
			byPID[o.PID] += float64(bytes) / dt
		}
	}
	return byPID, denied, nil
}
