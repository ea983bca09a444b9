//go:build linux

package netlink

// Header is struct nlmsghdr without its length (include/uapi/linux/netlink.h).
type Header struct {
	Type, Flags uint16
	Seq, Port   uint32
}

// Messages walks the messages of one read. It ends without error at a message
// whose length does not fit, which a datagram socket never delivers.
func Messages(b []byte, fn func(h Header, data []byte) error) error {
	for len(b) >= 16 {
		n := order.Uint32(b)
		if n < 16 || uint64(n) > uint64(len(b)) {
			return nil
		}
		h := Header{order.Uint16(b[4:]), order.Uint16(b[6:]), order.Uint32(b[8:]), order.Uint32(b[12:])}
		if err := fn(h, b[16:n]); err != nil {
			return err
		}
		b = b[min(align4(int(n)), len(b)):]
	}
	return nil
}

// attributes walks a chain of struct nlattr; the two flag bits are taken off the
// type.
func attributes(b []byte, fn func(typ uint16, data []byte)) {
	for len(b) >= 4 {
		n := int(order.Uint16(b))
		if n < 4 || n > len(b) {
			return
		}
		fn(order.Uint16(b[2:])&0x3fff, b[4:n])
		b = b[min(align4(n), len(b)):]
	}
}

func align4(n int) int { return (n + 3) &^ 3 }

// u32 and u64 read a field, zero when it is not there: older kernels have
// shorter structures.
func u32(b []byte, off int) uint32 {
	if off+4 > len(b) {
		return 0
	}
	return order.Uint32(b[off:])
}

func u64(b []byte, off int) uint64 {
	if off+8 > len(b) {
		return 0
	}
	return order.Uint64(b[off:])
}

// text is a NUL-terminated string attribute.
func text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

func appendAttr(b []byte, typ uint16, data []byte) []byte {
	b = order.AppendUint16(b, uint16(4+len(data)))
	b = order.AppendUint16(b, typ)
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
