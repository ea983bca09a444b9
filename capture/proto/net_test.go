package proto

import (
	"encoding/binary"
	hexenc "encoding/hex"
	"strings"

	"sonde/capture/flow"
	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

// Samples of the network layer: every kind of option, extension and control
// message, whole ones and such that contradict themselves.

// netHex gives the bytes of a hex text; blanks are for reading.
func netHex(s string) []byte {
	b, err := hexenc.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// ip4 is an IPv4 packet with options and a fragment's place.
func ip4(proto uint8, opts []byte, id, frag uint16, payload []byte) []byte {
	for len(opts)%4 != 0 {
		opts = append(opts, 0)
	}
	b := append([]byte{0x40 | byte(5+len(opts)/4), 0, 0, 0, 0, 0, 0, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, opts...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)+len(payload)))
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], frag)
	return append(b, payload...)
}

// icmp4 is an ICMP or IGMP message with its checksum.
func icmp4(head string, rest ...byte) []byte {
	b := append(netHex(head), rest...)
	binary.BigEndian.PutUint16(b[2:], foldSum(addSum(0, b)))
	return b
}

// icmp6 is an ICMPv6 message in IPv6.
func icmp6(back bool, head string, rest ...byte) []byte {
	b := append(netHex(head), rest...)
	p := prototest.IPv6(back, 58, b)
	src, dst := flow.NewAddr(flow.IPv6, p[8:24]), flow.NewAddr(flow.IPv6, p[24:40])
	binary.BigEndian.PutUint16(p[42:], foldSum(addSum(pseudoSum(&src, &dst, len(b), 58), b)))
	return p
}

func init() {
	udp := prototest.UDP(4000, 4001, []byte("hello"))
	sample := func(name string, kind uint16, packets ...[]byte) {
		for i, p := range packets {
			packets[i] = prototest.Ether(kind, p)
		}
		prototest.Sample(name, frame.LinkEthernet, packets...).MayAllocate("addresses and joined texts are made as they are met")
	}

	var opts [][]byte
	for _, s := range []string{"01010101", "010100", "070b080101010102020202", "070604010203", "070303", "070b06", "830b040101010102020202", "890b0c0101010102020202",
		"440c0d010101010102020202", "44040500", "440c05f20101010102020202", "440305", "94040000", "94040005", "940300", "820bf1350001000241 4243", "82043d81", "8205ab0102", "820496fe",
		"85070101020304", "88040102", "0b0405dc", "520c00010002000307070707", "950a0101010102020202", "1908054001020304", "1908854001020304", "1908f540",
		"861000000003010a0007c00100000000", "861400000001020e0007000100050010002000 30", "861000000001050a000700010005 0010", "86080000000106 05", "9a0800500a010203", "55040050", "5501", "5530", "01010155"} {
		opts = append(opts, ip4(17, netHex(s), 1, 0, udp))
	}
	sample("ip-options", 0x0800, opts...)

	data := []byte(strings.Repeat("0123456789abcdef", 8))
	big := prototest.UDP(4000, 4001, data)
	part := func(id uint16, from, to int, more bool) []byte {
		frag := uint16(from / 8)
		if more {
			frag |= 0x2000
		}
		return ip4(17, nil, id, frag, big[from:to])
	}
	sample("ip-fragments-odd", 0x0800,
		part(2, 64, len(big), false), part(2, 0, 64, true), // reverse
		part(3, 0, 64, true), part(3, 0, 64, true), part(3, 64, len(big), false), // twice
		part(4, 0, 64, true), part(4, 56, 96, true), part(4, 96, len(big), false), // overlap
		part(5, 64, 96, false), part(5, 64, len(big), false), part(5, 0, 64, true), // two ends
		part(6, 64, 72, false), part(6, 40, 96, true), part(6, 0, 64, true), // too long
		part(7, 0, 64, true))
	wrong := ip4(17, nil, 1, 0, udp)
	bogus := func(at int, v byte) []byte {
		b := append([]byte(nil), wrong...)
		b[at] = v
		return b
	}
	sample("ip-bogus", 0x0800, bogus(0, 0x55), bogus(0, 0x42), bogus(3, 15), bogus(3, 200), bogus(3, 0), bogus(8, 1), bogus(16, 224), bogus(9, 200), append(append([]byte(nil), wrong...), "trailer"...))

	quoted := ip4(17, nil, 1, 0, udp)
	long := append(append([]byte(nil), quoted...), make([]byte, 128-len(quoted))...)
	withExt := func(objects string) []byte {
		x := append(netHex("20000000"), netHex(objects)...)
		binary.BigEndian.PutUint16(x[2:], foldSum(addSum(0, x)))
		return append(append([]byte(nil), long...), x...)
	}
	messages := [][]byte{
		icmp4("0800000000010001", []byte("abcdefgh")...), icmp4("0000000000010001", []byte("abcdefgh")...), icmp4("0800000000010002", netHex("0000000000000001")...), icmp4("08000000"),
		icmp4("0300000000000000", quoted...), icmp4("03040000000005dc", quoted...), icmp4("0400000000000000", quoted...), icmp4("050100000a0000fe", quoted...),
		icmp4("0b00000000000000", quoted[:24]...), icmp4("0c00000014000000", quoted...), icmp4("0302000000000000", append(ip4(1, nil, 1, 0, icmp4("0800000000010001")), 1)...),
		icmp4("0b00000000200000", withExt("0008010100014102")...), icmp4("0b00000000000000", withExt("000c01010001400 2ffffff01")...),
		icmp4("0b00000000200000", withExt("0020020f00000005000100000a00000108657468300000 00000005dc 00040903")...), icmp4("0b00000000200000", withExt("0002020f00000000")...),
		icmp4("0b00000000ff0000", long...), icmp4("09000000020207080a00000100000000", netHex("0a000002fffffffb 100a0001003cffc00a000001 00 13021810 180461626364 6302 7878")...),
		icmp4("0a00000000000000"), icmp4("0d00000000010002000003e80000000000000000"), icmp4("0e000000000100020526 5bff80000001 0036ee80"), icmp4("0f00000000010002"), icmp4("1100000000010002ffffff00"),
		icmp4("2a00000000090101", netHex("2000 0f4e 000c0301657468300000 0000")...), icmp4("2b00000000090147"), icmp4("2a00000000090300", netHex("20000000000c0303000104000a000001")...), icmp4("1e00000000000000"),
	}
	for i, m := range messages {
		messages[i] = ip4(1, nil, 1, 0, m)
	}
	sample("icmp", 0x0800, messages...)

	var group [][]byte
	for _, s := range []string{"1100000000000000", "11640000e00000fb", "119f0000e00000fb028f00020a0000010a000002", "12000000e00000fb", "16000000e00000fb", "17000000e00000fb", "2200000000000001 04000000e00000fb",
		"2200000000000002 01000002e00000fb0a0000010a000002 09010000e00000fb61757864", "2200000000000001 05000001e00000fb0a000001", "2200000000000001 06000001e00000fb0a000001", "2200000000000000",
		"1f030000e00000fb0a0000010a0000020a00000340000007", "1e030000e00000fb0a0000010a0000020a00000340000007 000000050a0000040a0000050a000006000000010000000200000003 03015800",
		"0101000000000005e00000fb3132333435363738", "0205000000000005e00000fb3132333435363738", "99000000e00000fb", "13010000", "1100"} {
		group = append(group, ip4(2, netHex("94040000"), 1, 0, icmp4(s+strings.Repeat("00", max(0, 4-len(strings.ReplaceAll(s, " ", ""))/2)))))
	}
	sample("igmp", 0x0800, group...)
	ipv6Samples(sample, udp, big)

	var llc [][]byte
	for _, s := range []string{"0404e3 0102", "0405e3 0102", "04047f", "0404af", "040453", "04050087", "f0f0010001", "f0f105030102", "f0f00d07", "f0f002030102", "00000000",
		"aaaa03 000000 0806 0001080006040001020000000001 0a0000010000000000000a000002", "aaaa03 00000c 1234 01", "aaaa03 123456 1234 01", "aaaa03 0080c2 0007 0000", "aaaa03 080007 809b 01", "aa", "ffff0020"} {
		b := netHex(s)
		llc = append(llc, append(append(netHex("0180c200000002000000000 1"), 0, byte(len(b))), append(b, make([]byte, max(0, 46-len(b)))...)...))
	}
	prototest.Sample("llc", frame.LinkEthernet, llc...).MayAllocate("texts are joined")

	trailer := func(total int, pad byte) []byte {
		b := prototest.Ether(0x0800, ip4(17, nil, 1, 0, prototest.UDP(1, 2, []byte("abcd"))))
		for len(b) < total {
			b = append(b, pad)
		}
		return b
	}
	prototest.Sample("eth-trailers", frame.LinkEthernet, trailer(60, 0), trailer(60, 7), trailer(64, 0), trailer(70, 9), trailer(50, 0)).MayAllocate("as above")
}

func ipv6Samples(sample func(string, uint16, ...[]byte), udp, big []byte) {
	ext := func(next uint8, s string, rest ...byte) []byte {
		return prototest.IPv6(false, next, append(netHex(s), rest...))
	}
	var packets [][]byte
	for _, o := range []string{"050200000000", "050200010100", "010400000000", "000000000000", "c20400010000", "1e0461626364", "300405dc05dd", "630400010005", "230401020304", "8b0461626364", "040105010100",
		"6d0461626364", "ee0361626300", "080261626300", "090461626364", "8a0461626364", "054000000000", "8c0461626364", "2606054001020304 010400000000", "070a000000010105000780000000 0000", "0f0a01010101010101010101 0000"} {
		b := netHex(o)
		n := byte((len(b)+2)/8 - 1)
		packets = append(packets, prototest.IPv6(false, 0, append(append([]byte{17, n}, b...), udp...)), prototest.IPv6(false, 60, append(append([]byte{17, n}, b...), udp...)))
	}
	a := "20010db800000000000000000000000a"
	packets = append(packets, ext(43, "11020001 00000000"+a, udp...), ext(43, "11020009 00000000"+a, udp...), ext(43, "11020201 00000000"+a, udp...), ext(43, "11020301 00000000"+a, udp...),
		ext(43, "11040401 01000007"+a+a, udp...), ext(43, "11016301 000000003132333435363738", udp...), ext(43, "11010501 010000003132333435363738", udp...),
		ext(60, "0000010400000000 1100010400000000", udp...), ext(59, ""), ext(59, "616263"), ext(200, "616263"),
		ext(44, "1100000100000001", big[:64]...), ext(44, "1100004000000001", big[64:]...), ext(44, "1100000000000002", udp...), ext(44, "1100000800000003", udp...))
	plen := func(v byte) []byte {
		p := prototest.IPv6(false, 17, udp)
		p[5] = v
		return p
	}
	bad := plen(byte(len(udp)))
	bad[0] = 0x40
	multi := plen(byte(len(udp)))
	multi[8] = 0xff
	packets = append(packets, plen(0), plen(200), bad, multi)
	for _, src := range []string{"2002010203040005 0000000000000001", "200100004136e378800063bf3ffffdd2", "fe80000000000000 02005efe01020304", "20010db80000000 0021a2bfffe3c4d5e", "0064ff9b0000000000000000 01020304", "fd120000000000000000000000000001"} {
		p := plen(byte(len(udp)))
		copy(p[8:], netHex(src))
		packets = append(packets, p)
	}
	sample("ipv6-headers", 0x86dd, packets...)

	quoted := prototest.IPv6(true, 17, udp)
	mac := "0101020000000001"
	sample("icmpv6", 0x86dd,
		icmp6(false, "8000000000010001", []byte("abcd")...), icmp6(true, "8100000000010001", []byte("abcd")...), icmp6(false, "8000"+"0000"),
		icmp6(false, "0101000000000000", quoted...), icmp6(false, "0200000000000500", quoted...), icmp6(false, "0300000001000000", quoted[:44]...), icmp6(false, "0402000000000028", quoted...),
		icmp6(false, "8500000000000000"+mac), icmp6(false, "8700000000000000"+a+mac+"0e01616263646566"), icmp6(false, "88000000e0000000"+a+"0201020000000001"), icmp6(false, "8900000000000000"+a+a+"0406000000000000", quoted[:40]...),
		icmp6(false, "8600000040c80708 0000753000 0003e8"+mac+"05010000000005dc 030440e000015180ffffffff00000000"+a+
			"1903000000000258"+a+"1f03000000000000 076578616d706c6503636f6d00000000 18023008000007 0820010db800010000 0701000000002710 0801000000010 12c 2602025900 64ff9b00000000000000000d02000000000000 0000000000010000 fd01313233343536 63 01313233343536"),
		icmp6(false, "8700000000000000"+a+"0100020000000001"), icmp6(false, "8700000000000000"+a+"0105020000000001"),
		icmp6(false, "8200000003e80000"+a), icmp6(false, "8200000081230000"+a+"0a8f0001"+a), icmp6(false, "8300000000000000"+a), icmp6(false, "8f00000000000002 04000000"+a+"01010001"+a+a+"61757831"),
		icmp6(false, "8b000000000300003132333435363738"+a), icmp6(false, "8c0000000002003e313233343536373800000000046e6f6465 00"), icmp6(false, "8b010000000200003132333435363738 03666f6f00"), icmp6(false, "8c000000000400003132333435363738 00000000 01020304"),
		icmp6(false, "9000000000070000"), icmp6(false, "9100000000070000"+a), icmp6(false, "9300000000078000"+"030440c0000000010000000200000000"+a), icmp6(false, "97000000001 40002"), icmp6(false, "a000000000090101"), icmp6(false, "a100000000090147"), icmp6(false, "c8000000 6162"), icmp6(false, "00000000 6162"))
}
