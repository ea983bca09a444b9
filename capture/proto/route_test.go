package proto

import (
	"strings"

	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

// Samples of what routers say to each other.

func init() {
	why := "texts that end at a NUL are copied"
	udp := func(name string, port uint16, messages ...string) {
		var frames [][]byte
		for _, m := range messages {
			frames = append(frames, prototest.UDPFrame(false, port, port, netHex(m)))
		}
		prototest.Sample(name, frame.LinkEthernet, frames...).MayAllocate(why)
	}
	ip := func(name string, proto uint8, messages ...string) {
		var frames [][]byte
		for _, m := range messages {
			frames = append(frames, prototest.Ether(0x0800, prototest.IPv4(false, proto, netHex(m))))
		}
		prototest.Sample(name, frame.LinkEthernet, frames...).MayAllocate(why)
	}
	bfd := " 00000001 00000002 000f4240 000186a0 00000000"
	udp("bfd", 3784, "20c80318"+bfd, "20440521"+bfd+"0109 02 736563726574", "2044051c"+bfd+"051c0200 00000005 "+strings.Repeat("ab", 20),
		"20440530"+bfd+"02180200 00000005 "+strings.Repeat("ab", 16), "2044051c"+bfd+"0410020000000005", "00f80318"+bfd, "3f44031c"+bfd+"09040203")
	route := "00020000 0a000000 ff000000 00000000 00000001"
	udp("rip", 520, "02020000"+route+route, "01010000 00000000 00000000 00000000 00000000 00000010",
		"02020000 ffff0003 002c 01 14 00000007 0000000000000000"+route+"ffff0001"+strings.Repeat("cd", 16),
		"02020000 ffff0002 73656372657400000000000000000000"+route, "07030000 00070000")
	v1 := "00 10 03 0a 64 01 00 636973636f000000 c0a80001"
	udp("hsrp", 1985, "00"+v1, "00"+v1+"041c 01000000 0a000001 00000001"+strings.Repeat("ee", 16), "00"+v1+"0505", "0003 0001000a 0200 0000 0001 00000000", "0003 00020000")
	udp("hsrp2", 2029, "0128 02000504 0398 700f6aeff5bf 0000005a 00000bb8 00002710 0a34dc7e"+strings.Repeat("00", 12)+"0308 636973636f000000",
		"0128 02000506 0398 700f6aeff5bf 0000005a 00000bb9 00002711"+strings.Repeat("20", 16)+"0204 00010002 041c 01000000 0a000001 00000001"+strings.Repeat("ee", 16)+"0902ffff")
	ip("vrrp", 112, "212ac001 010a 0000 0a042a01 6162636465666768", "31 01 64 02 0001 484d c0a80001 c0a80002", "2201000000000000", "21010001fe0a0000 0a000001"+strings.Repeat("ee", 16), "2101ff000001dcfd")
	lsa := "0001 02 01 0a000001 0a000001 80000001 3a9c 0030 0100 0002 c0a81400 ffffff00 03 00 000a 0a001402 0a001402 02 00 000a"
	asext := "8002 08 07 50d41000 c0a8aa02 80000001 2a49 0024 ffffff00 80000014 00000000 00000000"
	v2 := func(kind, n, rest string) string {
		return "02" + kind + n + "0a000001 00000000 0000 0000 0000000000000000" + rest
	}
	ip("ospf", 89, v2("01", "0030", "fffffff8 000a 0201 00000028 0a000001 0a000002 0a000003"),
		"02010034 0a000001 00000001 a052 0001 7365637265740000 ffffff00 000a 4201 00000028 00000000 00000000 0a000003 0a000004",
		"0201002c 0a000001 00000001 0000 0002 00000110 3c7ed367 ffffff00 000a 4201 00000028 00000000 00000000"+strings.Repeat("ab", 16),
		v2("02", "0034", "05dc 02 07 4177f8be 0001 02 02 0a000001 0a000001 80000001 3a9c 0030"),
		v2("03", "0024", "00000001 c0a8aa08 c0a8aa08"),
		v2("04", "00b0", "00000005"+lsa+"0001 02 02 0a000001 0a000001 80000001 37b7 0020 ffffff00 0a000001 0a000002"+
			"0001 02 03 0a000000 0a000001 80000001 37b7 001c ff000000 0000000a"+asext+"0001 02 0a 04000000 0a000001 80000001 37b7 0010"),
		v2("05", "002c", "0002 02 05 50d41000 c0a8aa02 80000001 2a49 0024"), v2("09", "0018", ""), "04010018 0a000001 00000000 0000 0000")
	v3 := prototest.IPv6(false, 89, netHex("03010028 02020202 00000001 f173 00 01 00000005 01 000413 000a 0028 02020202 01010101 01010101"))
	prototest.Sample("ospf3", frame.LinkEthernet, prototest.Ether(0x86dd, v3)).MayAllocate(why)
}
