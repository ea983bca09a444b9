package netlink

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// TCP states (include/net/tcp_states.h), also used by UDP and raw sockets: those
// are Established when connected, Close otherwise.
const (
	Established = iota + 1
	SynSent
	SynRecv
	FinWait1
	FinWait2
	TimeWait
	Close
	CloseWait
	LastAck
	Listen
	Closing
	NewSynRecv

	AllStates = 1<<(NewSynRecv+1) - 2
)

// Extensions to ask for: bit n-1 for INET_DIAG_n (include/uapi/linux/inet_diag.h).
const (
	ExtInfo  = 1 << (inetDiagInfo - 1)
	ExtCong  = 1 << (inetDiagCong - 1)
	ExtSkMem = 1 << (inetDiagSkMem - 1)

	inetDiagInfo     = 2
	inetDiagCong     = 4
	inetDiagTOS      = 5
	inetDiagSkMem    = 7
	inetDiagShutdown = 8
	inetDiagV6Only   = 11
	inetDiagMark     = 15
	inetDiagULP      = 19
	inetDiagCgroup   = 21
)

// SkMem are the figures of SK_MEMINFO_* (include/uapi/linux/sock_diag.h), bytes.
type SkMem struct {
	RmemAlloc, RcvBuf, WmemAlloc, SndBuf uint32
	FwdAlloc, WmemQueued, OptMem         uint32
	Backlog, Drops                       uint32
}

// TCPInfo is struct tcp_info (include/uapi/linux/tcp.h) in the kernel's units:
// times in microseconds unless named otherwise, windows in segments where cwnd.
type TCPInfo struct {
	State, CAState, Retransmits, Probes, Backoff, Options uint8
	SndWScale, RcvWScale                                  uint8
	AppLimited                                            bool
	RTO, ATO, SndMSS, RcvMSS                              uint32
	Unacked, Sacked, Lost, Retrans                        uint32
	LastDataSentMS, LastDataRecvMS, LastAckRecvMS         uint32
	PMTU, RcvSsthresh, RTT, RTTVar, SndSsthresh, SndCwnd  uint32
	AdvMSS, Reordering, RcvRTT, RcvSpace, TotalRetrans    uint32
	PacingRate, MaxPacingRate                             uint64 // bytes/s
	BytesAcked, BytesReceived                             uint64
	SegsOut, SegsIn, NotSent, MinRTT                      uint32
	DataSegsIn, DataSegsOut                               uint32
	DeliveryRate                                          uint64 // bytes/s
	BusyTime, RwndLimited, SndbufLimited                  uint64
	Delivered, DeliveredCE                                uint32
	BytesSent, BytesRetrans                               uint64
	DSackDups, ReordSeen, RcvOOOPack, SndWnd              uint32
}

// Inet is one socket of AF_INET or AF_INET6. In a dump it is lent: copy what is
// to be kept past the callback.
type Inet struct {
	Family, Protocol        uint8
	State, Timer, Retrans   uint8
	SrcPort, DstPort        uint16
	Src, Dst                netip.Addr
	Interface               uint32
	Cookie                  uint64 // unique until the next boot
	ExpiresMS               uint32
	RQueue, WQueue          uint32 // of a listener: waiting to be accepted, and backlog
	UID, Inode              uint32
	HasInfo, HasMem, V6Only bool
	Info                    TCPInfo
	Mem                     SkMem
	Cong, ULP               string
	CgroupID                uint64
	Mark                    uint32
	TOS, Shutdown           uint8
}

// InetRequest says what to dump.
type InetRequest struct {
	Family, Protocol uint8
	Extensions       uint8
	States           uint32 // bit n for state n
}

// Inet dumps the sockets of one family and protocol.
func (c *Conn) Inet(r InetRequest, fn func(*Inet)) error {
	req := make([]byte, 56) // struct inet_diag_req_v2
	req[0], req[1], req[2] = r.Family, r.Protocol, r.Extensions
	order.PutUint32(req[4:], r.States)
	var s Inet
	return c.request(unix.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP, req, func(_ uint16, b []byte) error {
		if err := ParseInet(b, &s); err != nil {
			return err
		}
		s.Protocol = r.Protocol
		fn(&s)
		return nil
	})
}

// ParseInet parses struct inet_diag_msg and its attributes. A congestion
// control name equal to the one already in s is not allocated again.
func ParseInet(b []byte, s *Inet) error {
	if len(b) < 72 {
		return ErrShort
	}
	cong := s.Cong
	*s = Inet{Family: b[0], State: b[1], Timer: b[2], Retrans: b[3]}
	s.SrcPort = binary.BigEndian.Uint16(b[4:])
	s.DstPort = binary.BigEndian.Uint16(b[6:])
	if s.Family == unix.AF_INET {
		s.Src = netip.AddrFrom4([4]byte(b[8:12]))
		s.Dst = netip.AddrFrom4([4]byte(b[24:28]))
	} else {
		s.Src = netip.AddrFrom16([16]byte(b[8:24]))
		s.Dst = netip.AddrFrom16([16]byte(b[24:40]))
	}
	s.Interface = order.Uint32(b[40:])
	s.Cookie = uint64(order.Uint32(b[44:])) | uint64(order.Uint32(b[48:]))<<32
	s.ExpiresMS = order.Uint32(b[52:])
	s.RQueue, s.WQueue = order.Uint32(b[56:]), order.Uint32(b[60:])
	s.UID, s.Inode = order.Uint32(b[64:]), order.Uint32(b[68:])
	attributes(b[72:], func(typ uint16, d []byte) {
		switch typ {
		case inetDiagInfo:
			if len(d) > 0 {
				s.HasInfo = true
				parseTCPInfo(d, &s.Info)
			}
		case inetDiagSkMem:
			s.HasMem = true
			s.Mem = SkMem{u32(d, 0), u32(d, 4), u32(d, 8), u32(d, 12), u32(d, 16), u32(d, 20), u32(d, 24), u32(d, 28), u32(d, 32)}
		case inetDiagCong:
			if n := len(d) - 1; n >= 0 && d[n] == 0 && string(d[:n]) == cong {
				s.Cong = cong
			} else {
				s.Cong = text(d)
			}
		case inetDiagULP:
			attributes(d, func(typ uint16, d []byte) {
				if typ == 1 {
					s.ULP = text(d)
				}
			})
		case inetDiagCgroup:
			s.CgroupID = u64(d, 0)
		case inetDiagMark:
			s.Mark = u32(d, 0)
		case inetDiagTOS:
			s.TOS = first(d)
		case inetDiagShutdown:
			s.Shutdown = first(d)
		case inetDiagV6Only:
			s.V6Only = first(d) != 0
		}
	})
	return nil
}

func first(b []byte) uint8 {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

// parseTCPInfo reads as many fields as the kernel gave.
func parseTCPInfo(b []byte, t *TCPInfo) {
	if len(b) < 8 {
		return
	}
	t.State, t.CAState, t.Retransmits, t.Probes, t.Backoff, t.Options = b[0], b[1], b[2], b[3], b[4], b[5]
	t.SndWScale, t.RcvWScale = b[6]&0xf, b[6]>>4
	t.AppLimited = b[7]&1 != 0
	t.RTO, t.ATO, t.SndMSS, t.RcvMSS = u32(b, 8), u32(b, 12), u32(b, 16), u32(b, 20)
	t.Unacked, t.Sacked, t.Lost, t.Retrans = u32(b, 24), u32(b, 28), u32(b, 32), u32(b, 36)
	t.LastDataSentMS, t.LastDataRecvMS, t.LastAckRecvMS = u32(b, 44), u32(b, 52), u32(b, 56)
	t.PMTU, t.RcvSsthresh, t.RTT, t.RTTVar = u32(b, 60), u32(b, 64), u32(b, 68), u32(b, 72)
	t.SndSsthresh, t.SndCwnd, t.AdvMSS, t.Reordering = u32(b, 76), u32(b, 80), u32(b, 84), u32(b, 88)
	t.RcvRTT, t.RcvSpace, t.TotalRetrans = u32(b, 92), u32(b, 96), u32(b, 100)
	t.PacingRate, t.MaxPacingRate = u64(b, 104), u64(b, 112)
	t.BytesAcked, t.BytesReceived = u64(b, 120), u64(b, 128)
	t.SegsOut, t.SegsIn, t.NotSent, t.MinRTT = u32(b, 136), u32(b, 140), u32(b, 144), u32(b, 148)
	t.DataSegsIn, t.DataSegsOut, t.DeliveryRate = u32(b, 152), u32(b, 156), u64(b, 160)
	t.BusyTime, t.RwndLimited, t.SndbufLimited = u64(b, 168), u64(b, 176), u64(b, 184)
	t.Delivered, t.DeliveredCE, t.BytesSent, t.BytesRetrans = u32(b, 192), u32(b, 196), u64(b, 200), u64(b, 208)
	t.DSackDups, t.ReordSeen, t.RcvOOOPack, t.SndWnd = u32(b, 216), u32(b, 220), u32(b, 224), u32(b, 228)
}
