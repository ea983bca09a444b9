package proto

import (
	hexText "encoding/hex"
	"strings"

	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

// Samples of link layers and of what carries other networks' frames.

func init() {
	raw := func(s string) []byte {
		b, err := hexText.DecodeString(strings.ReplaceAll(s, " ", ""))
		if err != nil {
			panic(err)
		}
		return b
	}
	join := func(parts ...[]byte) []byte {
		var out []byte
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	udp := prototest.IPv4(false, 17, prototest.UDP(40000, 9, []byte("hello")))
	// TSFT, flags, rate 1 Mb/s, channel 1, signal
	radio := raw("0000 1800 2f000000 0100000000000000 00 02 6c09 a000 d3 00")
	beacon := raw("8000 0000 ffffffffffff 020000000001 020000000001 1000 0100000000000000 6400 1104" +
		"0004 74657374 0108 82848b960c121824 0301 01 0504 0001 00 02 0706 444520 010d14 2a01 04 3204 30486c0c" +
		"3014 0100 000fac04 0100 000fac04 0100 000fac02 0000" +
		"2d1a 6c00 1b ff000000000000000000000000000000 0000 00000000 00 3d16 01 00 0000 0000 00000000000000000000000000000000" +
		"7f08 0400000000000040 dd18 0050f2 02 01 01 80 00 03a40000 27a40000 42435e00 62322f00 dd16 0050f201 0100 0050f202 0100 0050f204 0100 0050f202" +
		"dd07 0050f2 0800 1200 dd09 0010180200001000 00 bf0c fa198833 aaff0000 aaff0000 c005 013a00 fcff")
	auth := raw("b000 3a01 020000000001 020000000002 020000000001 2000 0000 0100 0000")
	sae := join(raw("b000 3a01 020000000001 020000000002 020000000001 2000 0300 0100 0000 1300"), make([]byte, 96))
	action := raw("d000 3a01 020000000001 020000000002 020000000001 3000 03 00 01 0310 0000 1000")
	data := join(raw("8801 3000 020000000001 020000000002 020000000003 4000 0000 aaaa03000000 0800"), udp)
	ccmp := join(raw("0842 3000 ffffffffffff 020000000001 020000000003 5000 0100 0020 00000000"), make([]byte, 24))
	wep := join(raw("0841 3000 020000000001 020000000002 020000000003 6000 a03177 00"), make([]byte, 24))
	back := raw("9400 0000 020000000001 020000000002 0400 1000 0500000000000000")
	prototest.Sample("wlan", frame.LinkIEEE80211, beacon, auth, sae, action, data, ccmp, wep, back, raw("d400 0000 020000000001"),
		raw("b400 1000 020000000001 020000000002"), raw("a400 01c0 020000000001 020000000002"), raw("0300 0000"))
	prototest.Sample("radiotap", frame.LinkRadiotap, join(radio, beacon), join(radio, data),
		join(raw("0000 1400 0a000800 10 00 6c09 8004 270307 0000 0000"), auth, raw("01020304")))

	stp := raw("0000 02 02 3c 8001020000000001 00000004 8002020000000002 8001 0100 1400 0200 0f00 00")
	llc := func(b []byte) []byte {
		return join(raw("0180c2000000 020000000001"), []byte{0, byte(len(b) + 3)}, raw("424203"), b)
	}
	prototest.Sample("stp", frame.LinkEthernet, llc(stp), llc(raw("0000 00 80")), llc(join(raw("0000 00 00 01"), stp[5:35]))).
		MayAllocate("the text of LLC's control field does")
	prototest.Sample("loop", frame.LinkEthernet, prototest.Ether(0x9000, join(raw("0000 0100 0000"), make([]byte, 40))),
		prototest.Ether(0x9000, raw("0000 0200 020000000001 0100 0700")))
	prototest.Sample("pppoe", frame.LinkEthernet, prototest.Ether(0x8863, raw("11 09 0000 0010 0101 0000 0103 0008 0102030405060708")),
		prototest.Ether(0x8863, raw("11 07 0000 000c 0101 0000 0102 0004 74657374")),
		prototest.Ether(0x8864, join(raw("11 00 0011"), []byte{0, byte(len(udp) + 2)}, raw("0021"), udp)))
	prototest.Sample("ppp", frame.LinkPPP, join(raw("ff03 0021"), udp), join(raw("21"), udp), raw("ff03 c021 01010004"))
	prototest.Sample("chdlc", linkCHDLC, join(raw("0f00 0800"), udp), raw("8f00 8035 0000000200000005000000020000ffff"))
	inner := prototest.Ether(0x0800, udp)
	prototest.Sample("geneve", frame.LinkEthernet, prototest.UDPFrame(false, 40000, 6081, join(raw("02 40 6558 000003 00 0102 80 01 01bd01be"), inner)))
	gre := func(b []byte) []byte { return prototest.Ether(0x0800, prototest.IPv4(false, 47, b)) }
	prototest.Sample("erspan", frame.LinkEthernet, gre(join(raw("1000 88be 00000001 1007 0005 00000012"), inner)),
		gre(join(raw("1000 22eb 00000001 2007 0005 00000012 0000 8000"), inner)), gre(join(raw("0000 88be"), inner)))
}
