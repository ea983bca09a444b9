package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// Builders of capture bytes, so that every variant is tested from its layout.

type pcapShape struct {
	order   binary.AppendByteOrder
	magic   uint32
	major   uint16
	minor   uint16
	network uint32
	extra   int // bytes behind the 16 of a record header
	swap    bool
	ixia    bool
}

var le, be binary.AppendByteOrder = binary.LittleEndian, binary.BigEndian

func (s pcapShape) header() []byte {
	if s.major == 0 {
		s.major, s.minor = 2, 4
	}
	b := s.order.AppendUint32(nil, s.magic)
	b = s.order.AppendUint16(b, s.major)
	b = s.order.AppendUint16(b, s.minor)
	b = append(b, make([]byte, 8)...)
	b = s.order.AppendUint32(b, 65535)
	b = s.order.AppendUint32(b, s.network)
	if s.ixia {
		b = s.order.AppendUint32(b, 0)
	}
	return b
}

func (s pcapShape) record(sec, frac uint32, length int, data []byte) []byte {
	b := s.order.AppendUint32(nil, sec)
	b = s.order.AppendUint32(b, frac)
	a, z := uint32(len(data)), uint32(length)
	if s.swap {
		a, z = z, a
	}
	b = s.order.AppendUint32(b, a)
	b = s.order.AppendUint32(b, z)
	for i := range s.extra {
		b = append(b, byte(i+1))
	}
	return append(b, data...)
}

// pcapOf is a file of n packets, a second apart, of 60 to 123 bytes.
func pcapOf(s pcapShape, n int) []byte {
	b := s.header()
	for i := range n {
		d := payload(i)
		b = append(b, s.record(uint32(1700000000+i), uint32(i), len(d)+4, d)...)
	}
	return b
}

func payload(i int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	d := make([]byte, 60+i%64)
	for k := range d {
		d[k] = byte(r.Uint32())
	}
	return d
}

func block(o binary.AppendByteOrder, typ uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	b := o.AppendUint32(nil, typ)
	b = o.AppendUint32(b, uint32(len(body)+12))
	b = append(b, body...)
	return o.AppendUint32(b, uint32(len(body)+12))
}

func opt(o binary.AppendByteOrder, code uint16, v string) []byte {
	b := o.AppendUint16(nil, code)
	b = o.AppendUint16(b, uint16(len(v)))
	b = append(b, v...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func shb(o binary.AppendByteOrder, opts ...[]byte) []byte {
	b := o.AppendUint32(nil, byteOrderMagic)
	b = o.AppendUint16(b, 1)
	b = o.AppendUint16(b, 0)
	b = o.AppendUint64(b, ^uint64(0))
	return block(o, blockSHB, append(b, bytes.Join(opts, nil)...))
}

func idb(o binary.AppendByteOrder, link uint16, snap uint32, opts ...[]byte) []byte {
	b := o.AppendUint16(nil, link)
	b = o.AppendUint16(b, 0)
	b = o.AppendUint32(b, snap)
	return block(o, blockIDB, append(b, bytes.Join(opts, nil)...))
}

func epb(o binary.AppendByteOrder, iface uint32, ticks uint64, data []byte, opts ...[]byte) []byte {
	b := o.AppendUint32(nil, iface)
	b = o.AppendUint32(b, uint32(ticks>>32))
	b = o.AppendUint32(b, uint32(ticks))
	b = o.AppendUint32(b, uint32(len(data)))
	b = o.AppendUint32(b, uint32(len(data)+4))
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return block(o, blockEPB, append(b, bytes.Join(opts, nil)...))
}

func pcapngOf(o binary.AppendByteOrder, n int) []byte {
	b := append(shb(o), idb(o, 1, 0)...)
	for i := range n {
		b = append(b, epb(o, 0, uint64(1700000000+i)*1e6+uint64(i), payload(i))...)
	}
	return b
}

// shapes are all pcap layouts, by name.
func shapes() map[string]pcapShape {
	m := map[string]pcapShape{}
	for _, o := range []struct {
		name  string
		order binary.AppendByteOrder
	}{{"le", le}, {"be", be}} {
		for _, s := range []struct {
			name  string
			shape pcapShape
		}{
			{"pcap", pcapShape{magic: magicMicro, network: 1}},
			{"nsecpcap", pcapShape{magic: magicNano, network: 1}},
			{"modpcap", pcapShape{magic: magicModified, network: 1, extra: 8}},
			{"suse6_3pcap", pcapShape{magic: magicModified, network: 1, extra: 12}},
			{"rh6_1pcap", pcapShape{magic: magicMicro, network: 1, extra: 8}},
			{"nokiapcap", pcapShape{magic: magicMicro, network: 1, extra: 4}},
			{"lcap", pcapShape{magic: magicIXIAHW, network: 1, ixia: true}},
			{"aixpcap", pcapShape{magic: magicMicro, major: 2, minor: 2, network: 6}},
			{"pcap 2.1", pcapShape{magic: magicMicro, major: 2, minor: 1, network: 1, swap: true}},
			{"pcap 2.3", pcapShape{magic: magicMicro, major: 2, minor: 3, network: 1, swap: true}},
			{"pcap 543", pcapShape{magic: magicMicro, major: 543, minor: 0, network: 1, swap: true}},
		} {
			s.shape.order = o.order
			m[fmt.Sprintf("%s %s", s.name, o.name)] = s.shape
		}
	}
	return m
}
