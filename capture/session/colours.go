package session

import (
	"strings"
	"sync"

	"sonde/capture/dfilter"
	"sonde/capture/dissect"
)

// rule is one colouring rule: the first that matches paints the row. Colours
// are Wireshark's defaults.
type rule struct {
	name, fg, bg string
	filter       string
	match        *dfilter.Filter
}

type ruleSet struct {
	rules []rule
	want  *dissect.Wanted
}

// colours are compiled when first needed: by then every protocol is declared.
var colours = sync.OnceValue(func() *ruleSet { return compileRules(defaultRules) })

var defaultRules = []rule{
	{name: "Bad TCP", fg: "#f78787", bg: "#12272e", filter: "tcp.analysis.flags && !tcp.analysis.window_update && !tcp.analysis.keep_alive && !tcp.analysis.keep_alive_ack"},
	{name: "HSRP State Change", fg: "#fffc9c", bg: "#12272e", filter: "hsrp.state != 8 && hsrp.state != 16"},
	{name: "Spanning Tree Topology Change", fg: "#fffc9c", bg: "#12272e", filter: "stp.type == 0x80"},
	{name: "OSPF State Change", fg: "#fffc9c", bg: "#12272e", filter: "ospf.msg != 1"},
	{name: "ICMP errors", fg: "#b7f774", bg: "#12272e", filter: "icmp.type in { 3..5, 11 } || icmpv6.type in { 1..4 }"},
	{name: "ARP", fg: "#12272e", bg: "#faf0d7", filter: "arp"},
	{name: "ICMP", fg: "#12272e", bg: "#fce0ff", filter: "icmp || icmpv6"},
	{name: "TCP RST", fg: "#fffc9c", bg: "#a40000", filter: "tcp.flags.reset == 1"},
	{name: "SCTP ABORT", fg: "#fffc9c", bg: "#a40000", filter: "sctp.chunk_type == 6"},
	{name: "IPv4 TTL low or unexpected", fg: "#ecf0eb", bg: "#a40000", filter: "ip.dst != 224.0.0.0/4 && ip.ttl < 5 || ip.dst == 224.0.0.0/24 && ip.dst != 224.0.0.251 && ip.ttl != 1 || ip.dst == 224.0.0.251 && ip.ttl != 1 && ip.ttl != 255"},
	{name: "IPv6 hop limit low or unexpected", fg: "#ecf0eb", bg: "#a40000", filter: "ipv6.dst != ff00::/8 && ipv6.hlim < 5 || ipv6.dst == ff00::/8 && !(ipv6.hlim in { 1, 64, 255 })"},
	{name: "Checksum Errors", fg: "#f78787", bg: "#12272e", filter: `eth.fcs.status == "Bad" || ip.checksum.status == "Bad" || tcp.checksum.status == "Bad" || udp.checksum.status == "Bad" || icmp.checksum.status == "Bad" || icmpv6.checksum.status == "Bad"`},
	{name: "SMB", fg: "#12272e", bg: "#feffd0", filter: "smb || nbss || nbns || netbios"},
	{name: "HTTP", fg: "#12272e", bg: "#e4ffc7", filter: "http || tcp.port == 80 || http2"},
	{name: "DCERPC", fg: "#12272e", bg: "#c797ff", filter: "dcerpc"},
	{name: "Routing", fg: "#12272e", bg: "#fff3d6", filter: "hsrp || eigrp || ospf || bgp || cdp || vrrp || carp || gvrp || igmp || ismp"},
	{name: "TCP SYN/FIN", fg: "#12272e", bg: "#a0a0a0", filter: "tcp.flags.syn == 1 || tcp.flags.fin == 1"},
	{name: "TCP", fg: "#12272e", bg: "#e7e6ff", filter: "tcp"},
	{name: "UDP", fg: "#12272e", bg: "#daeeff", filter: "udp"},
	{name: "Broadcast", fg: "#babdb6", bg: "#ffffff", filter: "eth[0] & 1"},
}

// compileRules compiles the rules; a branch of a rule whose fields the engine
// does not have is left out, as it can never match.
func compileRules(rs []rule) *ruleSet {
	s := &ruleSet{}
	for _, r := range rs {
		f, err := dfilter.Compile(r.filter, dfilter.Options{})
		if err != nil {
			var known []string
			for _, part := range strings.Split(r.filter, " || ") {
				if _, err := dfilter.Compile(part, dfilter.Options{}); err == nil {
					known = append(known, part)
				}
			}
			if len(known) == 0 {
				continue
			}
			if f, err = dfilter.Compile(strings.Join(known, " || "), dfilter.Options{}); err != nil {
				continue
			}
		}
		r.match = f
		s.rules = append(s.rules, r)
		s.want = s.want.Or(f.Wanted())
	}
	return s
}

func (s *ruleSet) paint(r *Row, p *dissect.Packet) {
	for i := range s.rules {
		if k := &s.rules[i]; k.match.Match(p) {
			r.Rule, r.FG, r.BG = k.name, k.fg, k.bg
			return
		}
	}
}
