package netlink

import "golang.org/x/sys/unix"

// Unix is one AF_UNIX socket. State is Established, Listen or Close.
type Unix struct {
	Type, State    uint8 // SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_SEQPACKET 5
	Inode, Peer    uint32
	Cookie         uint64
	Path           string // "@name" for abstract ones, "" when unbound
	RQueue, WQueue uint32 // of a listener: waiting connections and backlog
	HasQueue       bool
	UID            uint32
	HasUID         bool
	Mem            SkMem
	Shutdown       uint8
}

// Show bits of struct unix_diag_req (include/uapi/linux/unix_diag.h).
const unixShow = 0x01 | 0x04 | 0x10 | 0x40 // name, peer, queue lengths, uid

// Unix dumps the UNIX sockets. s is lent until fn returns.
func (c *Conn) Unix(fn func(*Unix)) error {
	req := make([]byte, 24)
	req[0] = unix.AF_UNIX
	order.PutUint32(req[4:], ^uint32(0)) // every state
	order.PutUint32(req[12:], unixShow)
	var s Unix
	return c.request(unix.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP, req, func(_ uint16, b []byte) error {
		if err := ParseUnix(b, &s); err != nil {
			return err
		}
		fn(&s)
		return nil
	})
}

// ParseUnix parses struct unix_diag_msg and its attributes.
func ParseUnix(b []byte, s *Unix) error {
	if len(b) < 16 {
		return ErrShort
	}
	*s = Unix{Type: b[1], State: b[2], Inode: order.Uint32(b[4:]),
		Cookie: uint64(order.Uint32(b[8:])) | uint64(order.Uint32(b[12:]))<<32}
	attributes(b[16:], func(typ uint16, d []byte) {
		switch typ {
		case 0: // UNIX_DIAG_NAME: abstract names begin with NUL and may hold more
			if len(d) > 0 && d[0] == 0 {
				s.Path = "@" + string(d[1:])
			} else {
				s.Path = text(d)
			}
		case 2:
			s.Peer = u32(d, 0)
		case 4:
			s.RQueue, s.WQueue, s.HasQueue = u32(d, 0), u32(d, 4), len(d) >= 8
		case 6:
			s.Shutdown = first(d)
		case 7:
			s.UID, s.HasUID = u32(d, 0), len(d) >= 4
		}
	})
	return nil
}

// Packet is one AF_PACKET socket: a capture, a DHCP client.
type Packet struct {
	Type      uint8  // SOCK_RAW 3, SOCK_DGRAM 2
	Protocol  uint16 // EtherType, 3 for all
	Inode     uint32
	Cookie    uint64
	Interface uint32 // 0: any
	UID       uint32
	RmemAlloc uint32
	Drops     uint32
}

// Packet dumps the packet sockets. It fails with ENOENT where the kernel has no
// packet_diag module.
func (c *Conn) Packet(fn func(*Packet)) error {
	req := make([]byte, 20)
	req[0] = unix.AF_PACKET
	order.PutUint32(req[8:], 0x01|0x10) // info, memory
	var s Packet
	return c.request(unix.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP, req, func(_ uint16, b []byte) error {
		if err := ParsePacket(b, &s); err != nil {
			return err
		}
		fn(&s)
		return nil
	})
}

// ParsePacket parses struct packet_diag_msg and its attributes.
func ParsePacket(b []byte, s *Packet) error {
	if len(b) < 16 {
		return ErrShort
	}
	*s = Packet{Type: b[1], Protocol: order.Uint16(b[2:]), Inode: order.Uint32(b[4:]),
		Cookie: uint64(order.Uint32(b[8:])) | uint64(order.Uint32(b[12:]))<<32}
	attributes(b[16:], func(typ uint16, d []byte) {
		switch typ {
		case 0:
			s.Interface = u32(d, 0)
		case 5:
			s.UID = u32(d, 0)
		case 6:
			s.RmemAlloc, s.Drops = u32(d, 0), u32(d, 32)
		}
	})
	return nil
}
