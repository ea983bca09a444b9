package cfilter

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"sonde/capture/frame"
)

// grammar makes random expressions, most of them valid.
type grammar struct{ r *rand.Rand }

func (g grammar) pick(s string) string {
	f := strings.Split(s, "|")
	return f[g.r.IntN(len(f))]
}

func (g grammar) expr(depth int) string {
	if depth <= 0 || g.r.IntN(3) == 0 {
		return g.prim(depth)
	}
	switch g.r.IntN(8) {
	case 0:
		return g.pick("not |!|! ") + g.expr(depth-1)
	case 1, 2:
		return "(" + g.expr(depth-1) + ")"
	case 3:
		return g.expr(depth-1) + " " + g.pick("and|or|&&") + " " + g.pick("||not ") + g.id()
	default:
		return g.expr(depth-1) + " " + g.pick("and|or|&&|and|or|\x7c\x7c") + " " + g.expr(depth-1)
	}
}

func (g grammar) id() string {
	return g.pick("10.0.0.1|10.0.0.2|53|80|443|1.2.3.4|fe80::1|::1|http|domain|(10.0.0.1 or 10.0.0.2)|(80 or 443)|10.1|(53)|\\tcp")
}

func (g grammar) prim(depth int) string {
	switch g.r.IntN(16) {
	case 0, 1, 2:
		return g.pick("ip|ip6|arp|rarp|tcp|udp|icmp|icmp6|sctp|igmp|igrp|pim|vrrp|carp|ah|esp|stp|iso|esis|isis|ipx|netbeui|atalk|aarp|decnet|lat|mopdl|moprc|sca|clnp|l1|lsp|csnp")
	case 3, 4:
		return strings.TrimSpace(g.pick("||ip |ip6 |arp |tcp |ether ") + g.pick("||src |dst |src or dst |src and dst |dst or src ") + g.pick("host |host |net ||") +
			g.pick("10.0.0.1|10.0.0.2|192.168.1.7|fe80::1|::1|10.1.2|224.0.0.5|ff02::1"))
	case 5:
		return g.pick("|src |dst |ip |ip6 src ") + "net " + g.pick("10|10.0|10.0.0.0/8|192.168.0.0/16|10.0.0.0/24|fe80::/10|ff00::/8|::/0|0.0.0.0/0|10.0.0.0 mask 255.0.0.0|10.0.0.1/8|192.168.1|224.0.0.0/4|ff02::/33")
	case 6, 7:
		return g.pick("|tcp |udp |sctp |icmp |ip ") + g.pick("||src |dst |src and dst ") + "port " + g.pick("53|80|443|http|domain|65535|65536|0x50|067|ssh|nosuch|ntp|22")
	case 8:
		return g.pick("|tcp |udp ") + g.pick("|src |dst ") + "portrange " + g.pick("1-1023|80-90|90-80|53|http-https|8000-8100|80-|a-b|0-65535|1-65536")
	case 9:
		return g.pick("ip |ip6 |ether ||iso |tcp ") + "proto " + g.pick("6|17|0x800|\\tcp|\\udp|\\arp|\\ip|\\stp|ospf|\\icmp|50|44|\\isis|300|gre|2048")
	case 10:
		return g.pick("ether host |ether src |ether dst |ether src or dst |wlan host |host ") + g.pick("00:11:22:33:44:55|ff:ff:ff:ff:ff:ff|1:2:3:4:5:6|0011.2233.4455|01-00-5e-00-00-01|001122334455|00:11:22:33:44")
	case 11:
		return g.pick("broadcast|multicast|ether broadcast|ether multicast|ip broadcast|ip multicast|ip6 multicast|ip6 broadcast|tcp multicast|less 100|greater 100|less 60|greater 1500|len > 100|len = 98|length <= 70|byte 12 = 8|byte 14 > 64|llc|llc i|llc u|llc ui|llc rnr|pppoed")
	case 12:
		if depth < 2 {
			return g.pick("vlan|vlan 10|mpls|mpls 16|pppoes|pppoes 1|vlan 4096|vlan (5)|geneve|geneve 5")
		}
		fallthrough
	default:
		return g.arith(2) + " " + g.pick("=|==|!=|<|>|<=|>=|=|=") + " " + g.arith(1)
	}
}

func (g grammar) arith(depth int) string {
	if depth <= 0 {
		return g.leaf(0)
	}
	switch g.r.IntN(8) {
	case 0:
		return "(" + g.arith(depth-1) + ")"
	case 1:
		return "- " + g.arith(depth-1)
	case 2, 3, 4:
		return g.arith(depth-1) + " " + g.pick("+|-|*|/|%|&|\x7c|^|<<|>>|&|&") + " " + g.arith(depth-1)
	}
	return g.leaf(depth)
}

func (g grammar) leaf(depth int) string {
	switch g.r.IntN(5) {
	case 0:
		return fmt.Sprint(g.r.IntN(300))
	case 1:
		return g.pick("len|0x10|0|1|2|tcp-syn|icmp-echo|255|0xffff|017|4|8|6|0x45|0xf|tcpflags|5|20")
	}
	index := g.pick("0|1|2|6|9|12|13|tcpflags|16|20|40|100|icmptype")
	if depth > 0 && g.r.IntN(3) == 0 {
		index = g.arith(depth - 1)
	}
	return g.pick("ip|ip|ip|tcp|tcp|udp|icmp|ip6|icmp6|ether|ether|arp|link|sctp|igmp|iso|esp|decnet") + "[" + index + g.pick("||:1|:2|:4|:2|:3") + "]"
}

// made gives packets built by code: a spread of headers, values that the
// expressions above ask for, and cut short at many lengths.
func made(r *rand.Rand, link frame.LinkType, n int) []packet {
	var out []packet
	for range n {
		p := madePacket(r, link)
		wire := len(p)
		if r.IntN(3) == 0 {
			p = p[:r.IntN(len(p)+1)]
		}
		out = append(out, packet{p, wire})
	}
	return out
}

func madePacket(r *rand.Rand, link frame.LinkType) []byte {
	typ := []uint16{etherIP, etherIP, etherIP, etherIP, etherIP6, etherIP6, etherARP, etherRARP, 0x0806, 0x6003, etherIPX, etherATalk, 60, 100, etherVLAN, etherVLAN, etherAD, etherMPLS, etherPPPoES, etherPPPoED, uint16(r.Uint32())}[r.IntN(21)]
	var b []byte
	macs := [][]byte{{0, 0x11, 0x22, 0x33, 0x44, 0x55}, allOnes, {1, 2, 3, 4, 5, 6}, {1, 0, 0x5e, 0, 0, 1}}
	put16 := func(v uint16) { b = binary.BigEndian.AppendUint16(b, v) }
	switch link {
	case frame.LinkEthernet:
		b = append(append(b, macs[r.IntN(4)]...), macs[r.IntN(4)]...)
		put16(typ)
	case frame.LinkLinuxSLL:
		b = append(b, 0, byte(r.IntN(5)), 0, 1, 0, 6, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0, 0)
		if typ < 1500 {
			typ = uint16(1 + r.IntN(4))
		}
		put16(typ)
	case frame.LinkLinuxSLL2:
		put16(typ)
		b = append(b, 0, 0, 0, 0, 0, byte(r.IntN(3)), 0, 1, byte(r.IntN(5)), 6, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0, 0)
	case frame.LinkNull:
		b = append(b, byte([]int{2, 10, 30}[r.IntN(3)]), 0, 0, 0)
		typ = etherIP
		if b[0] != 2 {
			typ = etherIP6
		}
	case frame.LinkPPP:
		b = append(b, 0xff, 3)
		put16(uint16(pppType(uint32(typ))))
	case frame.LinkRaw, frame.LinkIPv4, frame.LinkIPv6:
		if typ != etherIP6 {
			typ = etherIP
		}
	}
	for typ == etherVLAN || typ == etherAD {
		put16(uint16(r.IntN(12)))
		typ = []uint16{etherIP, etherIP6, etherVLAN, etherMPLS, etherPPPoES}[r.IntN(5)]
		put16(typ)
	}
	if typ == etherMPLS {
		for {
			last := uint32(r.IntN(2))
			b = binary.BigEndian.AppendUint32(b, uint32(r.IntN(20))<<12|last<<8)
			if last == 1 {
				break
			}
		}
		typ = []uint16{etherIP, etherIP6}[r.IntN(2)]
	}
	if typ == etherPPPoES {
		b = append(b, 0x11, 0, 0, byte(r.IntN(3)), 0, 40)
		typ = []uint16{etherIP, etherIP6}[r.IntN(2)]
		put16(uint16(pppType(uint32(typ))))
	}
	return append(b, madeNet(r, typ, 1)...)
}

func madeNet(r *rand.Rand, typ uint16, depth int) []byte {
	var b []byte
	proto := []byte{6, 6, 17, 17, 132, 1, 58, 2, 50, 51, 89, 103, 112, 44, 0, byte(r.Uint32())}[r.IntN(16)]
	v4 := [][4]byte{{10, 0, 0, 1}, {10, 0, 0, 2}, {192, 168, 1, 7}, {1, 2, 3, 4}, {10, 1, 2, 3}, {224, 0, 0, 5}}
	switch typ {
	case etherIP:
		opts := r.IntN(4) * r.IntN(2)
		b = append(b, byte(0x45+opts), byte(r.IntN(3)), 0, 84, 0, byte(r.IntN(3)), 0, 0, 64, proto, 0, 0)
		if r.IntN(5) == 0 {
			b[6], b[7] = byte(r.Uint32())&0x3f, byte(r.Uint32())
		}
		s, d := v4[r.IntN(6)], v4[r.IntN(6)]
		b = append(append(b, s[:]...), d[:]...)
		b = append(b, make([]byte, 4*opts)...)
	case etherIP6:
		a := [][]byte{append([]byte{0xfe, 0x80}, append(make([]byte, 13), 1)...), append(make([]byte, 15), 1), append([]byte{0xff, 2}, append(make([]byte, 13), 1)...)}
		b = append(b, 0x60, 0, 0, 0, 0, 44, proto, 64)
		b = append(append(b, a[r.IntN(3)]...), a[r.IntN(3)]...)
		if proto == 44 {
			b = append(b, []byte{6, 17, 58}[r.IntN(3)], 0, 0, byte(r.IntN(2)), 0, 0, 0, 1)
		}
	case etherARP, etherRARP:
		s, d := v4[r.IntN(6)], v4[r.IntN(6)]
		b = append(b, 0, 1, 8, 0, 6, 4, 0, byte(1+r.IntN(2)), 0, 0x11, 0x22, 0x33, 0x44, 0x55)
		b = append(append(append(b, s[:]...), 0, 0, 0, 0, 0, 0), d[:]...)
	case 60, 100:
		b = append(b, [][]byte{{0x42, 0x42, 3}, {0xfe, 0xfe, 3, 0x83, 27, 1, 0, 15}, {0xaa, 0xaa, 3, 8, 0, 7, 0x80, 0x9b}, {0xff, 0xff}, {0xe0, 0xe0, 3}, {0xf0, 0xf0, 5}, {0xfe, 0xfe, 3, 0x82}, {0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0x37}}[r.IntN(8)]...)
	}
	ports := []uint16{53, 80, 443, 22, 8080, 6081, 40000, 0, uint16(r.Uint32())}
	b = binary.BigEndian.AppendUint16(b, ports[r.IntN(9)])
	dst := ports[r.IntN(9)]
	b = binary.BigEndian.AppendUint16(b, dst)
	if proto == 17 && depth > 0 && (typ == etherIP || typ == etherIP6) && r.IntN(3) == 0 {
		binary.BigEndian.PutUint16(b[len(b)-2:], 6081)
		opt := r.IntN(3)
		b = append(b, 0, 60, 0, 0, byte(opt))
		inner := []uint16{etherTEB, etherIP, etherIP6}[r.IntN(3)]
		b = append(b, 0, byte(inner>>8), byte(inner), 0, 0, byte(r.IntN(6)), 0)
		b = append(b, make([]byte, 4*opt)...)
		if inner == etherTEB {
			inner = etherIP
			b = append(b, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 1, 2, 3, 4, 5, 6, 8, 0)
		}
		return append(b, madeNet(r, inner, 0)...)
	}
	b = append(b, 0, 0, 0, byte(r.IntN(3)), 0, 0, 0, 0, 0x50, byte(r.Uint32())&0x3f, 1, 0)
	for range r.IntN(100) {
		b = append(b, byte(r.IntN(4)))
	}
	return b
}

// TestRandomFiltersAgreeWithLibpcap is the differential test: SONDE_RANDOM
// filters a link type (default 300) on packets made by code.
func TestRandomFiltersAgreeWithLibpcap(t *testing.T) {
	newOracle(t)
	for i, link := range []frame.LinkType{frame.LinkEthernet, frame.LinkLinuxSLL, frame.LinkLinuxSLL2, frame.LinkRaw, frame.LinkNull, frame.LinkPPP, frame.LinkIPv4} {
		r := rand.New(rand.NewPCG(randomSeed(), uint64(i)))
		g := grammar{r}
		var exprs []string
		for range randomCount(link) {
			exprs = append(exprs, g.expr(r.IntN(4)))
		}
		packets := made(r, link, 1500)
		compiled, refused, short, differ := agree(t, link, exprs, packets)
		t.Logf("%s: %d filters, %d packets, %d compiled, %d refused by both, %d differ on short packets, %d differ", dlt(link), len(exprs), len(packets), compiled, refused, short, differ)
	}
}

func fromEnv(name string, def int) int {
	if v, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return v
	}
	return def
}

func randomSeed() uint64 { return uint64(fromEnv("SONDE_SEED", 1)) }

func randomCount(link frame.LinkType) int {
	n := fromEnv("SONDE_RANDOM", 300)
	if link == frame.LinkEthernet {
		n *= 3
	}
	return n
}
