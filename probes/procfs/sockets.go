package procfs

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
)

// NetSocket is one line of /proc/net/tcp, tcp6, udp, udp6, raw or raw6.
type NetSocket struct {
	Local, Remote    netip.AddrPort
	State            uint8
	TxQueue, RxQueue uint32
	UID              uint32
	Inode            uint64
}

// ParseNetSockets parses those files; lines that do not parse are passed over.
func ParseNetSockets(b []byte) []NetSocket {
	var ss []NetSocket
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		f := bytes.Fields(line)
		if len(f) < 10 || len(f[0]) == 0 || f[0][len(f[0])-1] != ':' {
			continue
		}
		local, ok1 := hexAddrPort(f[1])
		remote, ok2 := hexAddrPort(f[2])
		tx, rx, ok3 := bytes.Cut(f[4], []byte{':'})
		uid, ok4 := atou(f[7])
		inode, ok5 := atou(f[9])
		if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
			continue
		}
		ss = append(ss, NetSocket{local, remote, uint8(hex64(f[3])), uint32(hex64(tx)), uint32(hex64(rx)), uint32(uid), inode})
	}
	return ss
}

// hexAddrPort reads "0100007F:1F90": the address as 32-bit words in the byte
// order of the host, the port as a number.
func hexAddrPort(b []byte) (netip.AddrPort, bool) {
	a, p, ok := bytes.Cut(b, []byte{':'})
	if !ok || len(a) != 8 && len(a) != 32 || len(p) != 4 {
		return netip.AddrPort{}, false
	}
	raw := make([]byte, len(a)/2)
	if _, err := hex.Decode(raw, a); err != nil {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	addr, _ := netip.AddrFromSlice(raw)
	var port [2]byte
	if _, err := hex.Decode(port[:], p); err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(port[:])), true
}
