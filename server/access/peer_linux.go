package access

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"
)

// PeerUID is the user id that owns the other end of a TCP connection, when that
// end is a socket of this host. It asks sock_diag for exactly that socket
// (linux/inet_diag.h); false: unknown, for example because the other end is in
// another network namespace.
func PeerUID(local, remote netip.AddrPort) (uint32, bool) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		return 0, false
	}
	defer syscall.Close(fd)
	tv := syscall.Timeval{Sec: 1}
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &tv)
	if err := syscall.Sendto(fd, diagRequest(local, remote), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return 0, false
	}
	var b [4096]byte
	n, _, err := syscall.Recvfrom(fd, b[:], 0)
	if err != nil {
		return 0, false
	}
	return diagUID(b[:n])
}

const (
	netlinkSockDiag  = 4  // NETLINK_SOCK_DIAG, linux/netlink.h
	sockDiagByFamily = 20 // SOCK_DIAG_BY_FAMILY, linux/sock_diag.h
	diagRequestSize  = 16 + 56
	diagUIDOffset    = 16 + 64 // idiag_uid in struct inet_diag_msg
)

// diagRequest asks for the peer's socket: its source is our remote end.
func diagRequest(local, remote netip.AddrPort) []byte {
	b := make([]byte, diagRequestSize)
	h := (*syscall.NlMsghdr)(unsafe.Pointer(&b[0]))
	h.Len, h.Type, h.Flags, h.Seq = diagRequestSize, sockDiagByFamily, syscall.NLM_F_REQUEST, 1
	src, dst := remote.Addr().Unmap(), local.Addr().Unmap()
	b[16] = syscall.AF_INET
	if src.Is6() {
		b[16] = syscall.AF_INET6
	}
	b[17] = syscall.IPPROTO_TCP
	binary.NativeEndian.PutUint32(b[20:], 0xffffffff) // any state
	id := b[24:]
	binary.BigEndian.PutUint16(id, remote.Port())
	binary.BigEndian.PutUint16(id[2:], local.Port())
	copy(id[4:20], src.AsSlice())
	copy(id[20:36], dst.AsSlice())
	for i := 40; i < 48; i++ {
		id[i] = 0xff // INET_DIAG_NOCOOKIE
	}
	return b
}

func diagUID(b []byte) (uint32, bool) {
	if len(b) < diagUIDOffset+4 || binary.NativeEndian.Uint16(b[4:]) != sockDiagByFamily {
		return 0, false // NLMSG_ERROR: no such socket
	}
	return binary.NativeEndian.Uint32(b[diagUIDOffset:]), true
}
