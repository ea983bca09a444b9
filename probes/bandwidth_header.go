package probes

import (
	"encoding/binary"
	"net/netip"
)

// Link types of captures that the bandwidth probe reads (LINKTYPE_* numbers).
const (
	linkEthernet = 1
	linkRaw      = 101
	linkSLL      = 113
	linkIPv4     = 228
	linkIPv6     = 229
	linkSLL2     = 276
	linkNull     = 0
)

// packetHead is what bandwidth needs of a packet.
type packetHead struct {
	src, dst       netip.AddrPort // ports 0 where the protocol has none, or in later fragments
	proto          uint8          // IP protocol number
	etherType      uint16
	srcMAC, dstMAC [6]byte
	hasMAC         bool
	ip             bool
}

// parseHead reads link, IP and port headers; false when there is no network
// layer in what was captured. It reads nothing beyond b and keeps nothing of it.
func parseHead(b []byte, link uint16, h *packetHead) bool {
	*h = packetHead{}
	be := binary.BigEndian
	switch link {
	case linkEthernet:
		if len(b) < 14 {
			return false
		}
		copy(h.dstMAC[:], b)
		copy(h.srcMAC[:], b[6:])
		h.hasMAC = true
		h.etherType = be.Uint16(b[12:])
		b = b[14:]
	case linkSLL:
		if len(b) < 16 {
			return false
		}
		h.etherType = be.Uint16(b[14:])
		b = b[16:]
	case linkSLL2:
		if len(b) < 20 {
			return false
		}
		h.etherType = be.Uint16(b)
		b = b[20:]
	case linkNull:
		if len(b) < 4 {
			return false
		}
		b = b[4:]
		h.etherType = ipVersion(b)
	case linkRaw, linkIPv4, linkIPv6, 12, 14: // 12 and 14: DLT_RAW of other systems
		h.etherType = ipVersion(b)
	default:
		return false
	}
	// VLAN tags: 802.1Q and 802.1ad, at most a few deep.
	for n := 0; n < 4 && (h.etherType == 0x8100 || h.etherType == 0x88a8 || h.etherType == 0x9100) && len(b) >= 4; n++ {
		h.etherType = be.Uint16(b[2:])
		b = b[4:]
	}
	switch h.etherType {
	case 0x0800:
		h.ip = h.parseIPv4(b)
	case 0x86dd:
		h.ip = h.parseIPv6(b)
	}
	return true
}

func ipVersion(b []byte) uint16 {
	if len(b) > 0 {
		switch b[0] >> 4 {
		case 4:
			return 0x0800
		case 6:
			return 0x86dd
		}
	}
	return 0
}

func (h *packetHead) parseIPv4(b []byte) bool {
	if len(b) < 20 || b[0]>>4 != 4 {
		return false
	}
	n := int(b[0]&15) * 4
	if n < 20 {
		return false
	}
	h.proto = b[9]
	src, dst := netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	var sport, dport uint16
	if binary.BigEndian.Uint16(b[6:])&0x1fff == 0 && n <= len(b) {
		sport, dport = ports(h.proto, b[n:])
	}
	h.src, h.dst = netip.AddrPortFrom(src, sport), netip.AddrPortFrom(dst, dport)
	return true
}

func (h *packetHead) parseIPv6(b []byte) bool {
	if len(b) < 40 || b[0]>>4 != 6 {
		return false
	}
	src, dst := netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	next := b[6]
	b = b[40:]
	first := true
	// Extension headers (RFC 8200 section 4): each has its length, at most eight
	// are followed.
	for range 8 {
		switch next {
		case 0, 43, 60, 135, 139, 140: // hop-by-hop, routing, destination, mobility, HIP, shim6
			if len(b) < 8 {
				next = 59
				break
			}
			n := 8 + int(b[1])*8
			next = b[0]
			b = b[min(n, len(b)):]
			continue
		case 51: // authentication header: length in 4-byte words less 2
			if len(b) < 8 {
				break
			}
			n := (int(b[1]) + 2) * 4
			next = b[0]
			b = b[min(n, len(b)):]
			continue
		case 44: // fragment
			if len(b) < 8 {
				break
			}
			first = first && binary.BigEndian.Uint16(b[2:])&0xfff8 == 0
			next = b[0]
			b = b[8:]
			continue
		}
		break
	}
	h.proto = next
	var sport, dport uint16
	if first {
		sport, dport = ports(next, b)
	}
	h.src, h.dst = netip.AddrPortFrom(src, sport), netip.AddrPortFrom(dst, dport)
	return true
}

// ports reads the two port numbers that TCP, UDP, DCCP, SCTP and UDP-Lite begin
// with.
func ports(proto uint8, b []byte) (uint16, uint16) {
	switch proto {
	case 6, 17, 33, 132, 136:
		if len(b) >= 4 {
			return binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		}
	}
	return 0, 0
}
