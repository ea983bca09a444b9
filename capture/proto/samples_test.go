package proto

import (
	"strings"

	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

// Samples of the layers that everything stands on.

func init() {
	for _, sc := range scenarios {
		prototest.Add("tcp-"+strings.ReplaceAll(sc.name, " ", "-"), frames(sc.segs)).WithoutGolden().MayAllocate("the protocols of these tests do")
	}
	frag := prototest.IPv4(false, 17, prototest.UDP(40000, 9, []byte(strings.Repeat("x", 40))))
	first := append([]byte(nil), frag[:20+24]...)
	first[3], first[6], first[10], first[11] = 44, 0x20, 0, 0
	last := append(append([]byte(nil), frag[:20]...), frag[44:]...)
	last[3], last[7], last[10], last[11] = byte(len(last)), 3, 0, 0
	prototest.Sample("ip-fragments", frame.LinkEthernet, prototest.Ether(0x0800, first), prototest.Ether(0x0800, last))

	udp := prototest.UDP(40000, 9, []byte("hello"))
	prototest.Sample("udp-over-ipv6", frame.LinkEthernet, prototest.Ether(0x86dd, prototest.IPv6(false, 17, udp)), prototest.Ether(0x86dd, prototest.IPv6(true, 17, udp)))
	prototest.Sample("vlan", frame.LinkEthernet,
		prototest.Ether(0x8100, append([]byte{0x20, 5, 8, 0}, prototest.IPv4(false, 17, udp)...)),
		prototest.Ether(0x88a8, append([]byte{0, 7, 0x81, 0, 0, 5, 8, 0}, prototest.IPv4(false, 17, udp)...)))
	prototest.Sample("null", frame.LinkNull, append([]byte{2, 0, 0, 0}, prototest.IPv4(false, 17, udp)...), append([]byte{0, 0, 0, 2}, prototest.IPv4(true, 17, udp)...))
	prototest.Sample("raw", frame.LinkRaw, prototest.IPv4(false, 17, udp), prototest.IPv6(false, 17, udp))
	prototest.Sample("sll", frame.LinkLinuxSLL, append([]byte{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, prototest.IPv4(false, 17, udp)...))
	prototest.Sample("sll2", frame.LinkLinuxSLL2, append([]byte{8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, prototest.IPv4(false, 17, udp)...))
	prototest.Sample("arp", frame.LinkEthernet,
		prototest.Ether(0x0806, []byte{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2}),
		prototest.Ether(0x0806, []byte{0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 2, 10, 0, 0, 2, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1}))

	query := append([]byte{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, "\x03www\x07example\x03com\x00\x00\x01\x00\x01"...)
	answer := append([]byte{0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0}, "\x03www\x07example\x03com\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\xc0\x00\x02\x01"...)
	prototest.Sample("dns-base", frame.LinkEthernet, prototest.UDPFrame(false, 40000, 53, query), prototest.UDPFrame(true, 40000, 53, answer)).
		MayAllocate("names are put together from compressed labels")
	prototest.Sample("mdns-base", frame.LinkEthernet, prototest.UDPFrame(false, 5353, 5353, query)).MayAllocate("names, as in DNS")
	prototest.Sample("llmnr-base", frame.LinkEthernet, prototest.UDPFrame(false, 40000, 5355, query)).MayAllocate("names, as in DNS")
	prototest.Add("tcp-test-length", frames(on(40001, handshake()))).WithoutGolden()
}
