package dfilter

import (
	"math"
	"net/netip"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/frame"
)

// A protocol of the tests, with a field of every kind.
var (
	zz     = field.Register(field.Field{Name: "zz", Label: "Zed", Type: field.TProtocol, Short: "ZZ"})
	zzPort = reg("port", field.TUint16, nil)
	zzKind = reg("kind", field.TUint8, field.Values(field.V{Val: 1, Text: "One"}, field.V{Val: 2, Text: "Two"}, field.V{Val: 6, Text: "Six pack"}))
	zzTemp = reg("temp", field.TInt32, nil)
	zzBig  = reg("big", field.TUint64, nil)
	zzFlag = field.Register(field.Field{Name: "zz.flag", Label: "Flag", Type: field.TBool, Proto: zz, True: "Set", False: "Not set"})
	zzName = reg("name", field.TString, nil)
	zzData = reg("data", field.TBytes, nil)
	zzMAC  = reg("mac", field.TEther, nil)
	zzIP   = reg("ip", field.TIPv4, nil)
	zzIP6  = reg("ip6", field.TIPv6, nil)
	zzAbs  = reg("time", field.TAbsTime, nil)
	zzRel  = reg("delta", field.TRelTime, nil)
	zzReal = reg("real", field.TDouble, nil)
	zzMark = reg("mark", field.TNone, nil)
	zzHalf = field.Register(field.Field{Name: "zz.port", Label: "Port again", Type: field.TUint16, Proto: zz})
)

func reg(name string, t field.Type, e *field.Enum) field.ID {
	return field.Register(field.Field{Name: "zz." + name, Label: name, Type: t, Proto: zz, Enum: e})
}

// made builds a dissected packet by hand.
type made struct{ dissect.Packet }

func newPacket() *made {
	m := &made{}
	m.Frame = &frame.Frame{}
	m.Sources = []dissect.Source{{Name: "Frame"}}
	return m
}

func (m *made) add(id field.ID, layer uint8, value uint64, raw []byte) *made {
	s := &m.Sources[0]
	m.Nodes = append(m.Nodes, dissect.Node{Value: value, Off: uint32(len(s.Data)), Len: uint32(len(raw)), Parent: dissect.None, Field: id, Layer: layer})
	s.Data = append(s.Data, raw...)
	return m
}

func (m *made) ip(layer uint8, s string) *made {
	b := netip.MustParseAddr(s).AsSlice()
	if len(b) == 16 {
		return m.add(zzIP6, layer, 0, b)
	}
	return m.add(zzIP, layer, uint64(b[0])<<24|uint64(b[1])<<16|uint64(b[2])<<8|uint64(b[3]), b)
}

// full has the protocol twice: layer 1 with most fields, layer 2 with a few.
func full() *dissect.Packet {
	m := newPacket()
	m.add(zz, 1, 0, []byte("\x00\x50GETö"))
	m.Nodes[0].Value = uint64(len("\x00\x50GETö") + 4)
	m.add(zzPort, 1, 80, []byte{0, 80}).add(zzHalf, 1, 5000, []byte{0x13, 0x88})
	m.add(zzKind, 1, 6, []byte{6}).add(zzTemp, 1, uint64(math.MaxUint64-4), []byte{0xff, 0xff, 0xff, 0xfb})
	m.add(zzBig, 1, math.MaxUint64, []byte{1}).add(zzFlag, 1, 1, []byte{0x80})
	m.add(zzName, 1, 0, []byte("Wörld.example")).add(zzData, 1, 0, []byte("abc\x00\xffde"))
	m.add(zzMAC, 1, 0, []byte{2, 0, 0, 0, 0, 5})
	m.ip(1, "10.0.0.5").ip(1, "192.0.2.80").ip(1, "fe80::1")
	m.add(zzAbs, 1, 1700000000_040000000, nil).add(zzRel, 1, 1500000000, nil).add(zzReal, 1, math.Float64bits(2.5), nil)
	m.add(zzMark, 1, 0, nil)
	m.add(zz, 2, 0, []byte("in")).add(zzKind, 2, 2, []byte{2}).ip(2, "10.1.1.1")
	m.Layers = []field.ID{zz, zz}
	return &m.Packet
}
