package sample

import (
	"net"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// Hosts of the samples, of the documentation's address ranges.
var (
	clientMAC = net.HardwareAddr{2, 0, 0, 0, 0, 5}
	routerMAC = net.HardwareAddr{0, 0, 0x5e, 0, 0x53, 1}
	allMAC    = net.HardwareAddr{255, 255, 255, 255, 255, 255}
	client4   = net.IP{10, 0, 0, 5}
	router4   = net.IP{10, 0, 0, 1}
	client6   = net.ParseIP("2001:db8::5")
	router6   = net.ParseIP("2001:db8::1")
)

// sites are the servers that are talked to.
var sites = [...]struct {
	name string
	ip4  net.IP
	ip6  net.IP
}{
	{"www.example.com", net.IP{192, 0, 2, 80}, net.ParseIP("2001:db8:80::1")},
	{"api.example.net", net.IP{198, 51, 100, 7}, net.ParseIP("2001:db8:7::1")},
	{"static.example.org", net.IP{203, 0, 113, 20}, net.ParseIP("2001:db8:20::1")},
	{"mail.example.com", net.IP{192, 0, 2, 25}, net.ParseIP("2001:db8:25::1")},
}

// exchange is one question and its answer, or one connection.
type exchange struct {
	*generator
	v6   bool
	vlan uint16 // 0 = none
	site int
}

func (g *generator) begin() *exchange {
	g.pass(20 * time.Millisecond)
	e := &exchange{generator: g, v6: g.chance(g.mix.IPv6), site: g.rnd.IntN(len(sites))}
	if g.chance(g.mix.VLAN) {
		e.vlan = 100 + uint16(g.rnd.IntN(4))
	}
	return e
}

// link gives the layers below the network; up is from the client.
func (e *exchange) link(kind layers.EthernetType, up bool, dst net.HardwareAddr) []gopacket.SerializableLayer {
	eth := &layers.Ethernet{SrcMAC: clientMAC, DstMAC: routerMAC, EthernetType: kind}
	if !up {
		eth.SrcMAC, eth.DstMAC = routerMAC, clientMAC
	}
	if dst != nil {
		eth.DstMAC = dst
	}
	if e.vlan == 0 {
		return []gopacket.SerializableLayer{eth}
	}
	eth.EthernetType = layers.EthernetTypeDot1Q
	return []gopacket.SerializableLayer{eth, &layers.Dot1Q{VLANIdentifier: e.vlan, Type: kind}}
}

// network gives the layers up to IP, and the IP layer for checksums.
func (e *exchange) network(proto layers.IPProtocol, up bool, peer4, peer6 net.IP) ([]gopacket.SerializableLayer, gopacket.NetworkLayer) {
	ttl := uint8(64)
	if !up {
		ttl = 57
	}
	if e.v6 {
		ip := &layers.IPv6{Version: 6, HopLimit: ttl, NextHeader: proto, SrcIP: client6, DstIP: peer6}
		if !up {
			ip.SrcIP, ip.DstIP = peer6, client6
		}
		return append(e.link(layers.EthernetTypeIPv6, up, nil), ip), ip
	}
	e.ipID++
	ip := &layers.IPv4{Version: 4, TTL: ttl, Id: e.ipID, Protocol: proto, SrcIP: client4, DstIP: peer4}
	if proto == layers.IPProtocolTCP {
		ip.Flags = layers.IPv4DontFragment
	}
	if !up {
		ip.SrcIP, ip.DstIP = peer4, client4
	}
	return append(e.link(layers.EthernetTypeIPv4, up, nil), ip), ip
}

func (e *exchange) nextPort() uint16 {
	e.port = 32768 + (e.port+1+uint16(e.rnd.IntN(7)))%28000
	return e.port
}

// udp sends one datagram.
func (e *exchange) udp(up bool, peer4, peer6 net.IP, local, remote uint16, payload gopacket.SerializableLayer) {
	ls, ip := e.network(layers.IPProtocolUDP, up, peer4, peer6)
	u := &layers.UDP{SrcPort: layers.UDPPort(local), DstPort: layers.UDPPort(remote)}
	if !up {
		u.SrcPort, u.DstPort = u.DstPort, u.SrcPort
	}
	if e.err = u.SetNetworkLayerForChecksum(ip); e.err != nil {
		return
	}
	e.emit(append(ls, u, payload)...)
}

func (e *exchange) dns() {
	site := sites[e.site]
	kind, answer := layers.DNSTypeA, layers.DNSResourceRecord{Name: []byte(site.name), Type: layers.DNSTypeA, Class: layers.DNSClassIN, TTL: 60 + e.rnd.Uint32N(3600), IP: site.ip4}
	if e.chance(40) {
		kind, answer.Type, answer.IP = layers.DNSTypeAAAA, layers.DNSTypeAAAA, site.ip6
	}
	q := layers.DNSQuestion{Name: []byte(site.name), Type: kind, Class: layers.DNSClassIN}
	d := &layers.DNS{ID: uint16(e.rnd.Uint32()), RD: true, Questions: []layers.DNSQuestion{q}}
	port := e.nextPort()
	e.udp(true, router4, router6, port, 53, d)
	e.pass(12 * time.Millisecond)
	d.QR, d.RA = true, true
	switch {
	case e.chance(6):
		d.ResponseCode = layers.DNSResponseCodeNXDomain
	case e.chance(20):
		alias := []byte("cdn." + site.name)
		d.Answers = []layers.DNSResourceRecord{{Name: []byte(site.name), Type: layers.DNSTypeCNAME, Class: layers.DNSClassIN, TTL: 300, CNAME: alias}, answer}
		d.Answers[1].Name = alias
	default:
		d.Answers = []layers.DNSResourceRecord{answer}
	}
	e.udp(false, router4, router6, port, 53, d)
}

func (e *exchange) arp() {
	a := layers.ARP{AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4,
		Operation: layers.ARPRequest, SourceHwAddress: clientMAC, SourceProtAddress: client4, DstHwAddress: make([]byte, 6), DstProtAddress: router4}
	e.emit(append(e.link(layers.EthernetTypeARP, true, allMAC), &a)...)
	e.pass(time.Millisecond)
	a.Operation = layers.ARPReply
	a.SourceHwAddress, a.SourceProtAddress, a.DstHwAddress, a.DstProtAddress = routerMAC, router4, clientMAC, client4
	e.emit(append(e.link(layers.EthernetTypeARP, false, nil), &a)...)
}

func (e *exchange) icmp() {
	site := sites[e.site]
	id := uint16(e.rnd.Uint32())
	data := gopacket.Payload("abcdefghijklmnopqrstuvwabcdefghi")
	for seq := range uint16(1 + e.rnd.IntN(3)) {
		for _, up := range [...]bool{true, false} {
			if e.v6 {
				ls, ip := e.network(layers.IPProtocolICMPv6, up, site.ip4, site.ip6)
				h := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(layers.ICMPv6TypeEchoRequest, 0)}
				if !up {
					h.TypeCode = layers.CreateICMPv6TypeCode(layers.ICMPv6TypeEchoReply, 0)
				}
				if e.err = h.SetNetworkLayerForChecksum(ip); e.err != nil {
					return
				}
				e.emit(append(ls, h, &layers.ICMPv6Echo{Identifier: id, SeqNumber: seq + 1}, data)...)
			} else {
				ls, _ := e.network(layers.IPProtocolICMPv4, up, site.ip4, site.ip6)
				h := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoRequest, 0), Id: id, Seq: seq + 1}
				if !up {
					h.TypeCode = layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoReply, 0)
				}
				e.emit(append(ls, h, data)...)
			}
			e.pass(15 * time.Millisecond)
		}
	}
}

func (e *exchange) ntp() {
	site := sites[e.site]
	stamp := func(t time.Time) layers.NTPTimestamp {
		const from1900 = 2208988800
		return layers.NTPTimestamp(uint64(t.Unix()+from1900)<<32 | uint64(t.Nanosecond())<<32/1e9)
	}
	sent := stamp(e.now)
	q := &layers.NTP{Version: 4, Mode: 3, Poll: 6, Precision: -20, TransmitTimestamp: sent}
	e.udp(true, site.ip4, site.ip6, 123, 123, q)
	e.pass(18 * time.Millisecond)
	r := &layers.NTP{Version: 4, Mode: 4, Stratum: 2, Poll: 6, Precision: -23, RootDelay: 1500, RootDispersion: 900, ReferenceID: 0xc0000201,
		ReferenceTimestamp: stamp(e.now.Add(-40 * time.Second)), OriginTimestamp: sent, ReceiveTimestamp: stamp(e.now), TransmitTimestamp: stamp(e.now)}
	e.udp(false, site.ip4, site.ip6, 123, 123, r)
}

func (e *exchange) dhcp() {
	e.v6, e.vlan = false, 0
	xid := e.rnd.Uint32()
	for i, kind := range [...]layers.DHCPMsgType{layers.DHCPMsgTypeDiscover, layers.DHCPMsgTypeOffer, layers.DHCPMsgTypeRequest, layers.DHCPMsgTypeAck} {
		up := i%2 == 0
		d := &layers.DHCPv4{Operation: layers.DHCPOpRequest, HardwareType: layers.LinkTypeEthernet, HardwareLen: 6, Xid: xid, ClientHWAddr: clientMAC,
			Options: layers.DHCPOptions{layers.NewDHCPOption(layers.DHCPOptMessageType, []byte{byte(kind)})}}
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: net.IPv4zero.To4(), DstIP: net.IPv4bcast.To4()}
		u := &layers.UDP{SrcPort: 68, DstPort: 67}
		if up {
			d.Options = append(d.Options, layers.NewDHCPOption(layers.DHCPOptHostname, []byte("laptop")))
		} else {
			d.Operation, d.YourClientIP = layers.DHCPOpReply, client4
			ip.SrcIP, u.SrcPort, u.DstPort = router4, 67, 68
			d.Options = append(d.Options, layers.NewDHCPOption(layers.DHCPOptServerID, router4), layers.NewDHCPOption(layers.DHCPOptLeaseTime, []byte{0, 0, 14, 16}))
		}
		if e.err = u.SetNetworkLayerForChecksum(ip); e.err != nil {
			return
		}
		e.emit(append(e.link(layers.EthernetTypeIPv4, up, allMAC), ip, u, d)...)
		e.pass(5 * time.Millisecond)
	}
}
