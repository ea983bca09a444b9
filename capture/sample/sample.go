// Package sample makes captures of plausible traffic by code, for tests, demos
// and benchmarks: nothing recorded from anybody, the same bytes for the same
// seed.
//
//	err := sample.Write(w, sample.Options{Packets: 1000, Seed: 1})
package sample

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// Mix is how much of each kind of traffic there is: weights of whole
// exchanges, not of packets.
type Mix struct {
	DNS, HTTP, TLS, ARP, ICMP, NTP, DHCP int
	// Percent of exchanges over IPv6, inside a VLAN, and of TCP segments that
	// are sent twice.
	IPv6, VLAN, Retransmit int
}

// Usual is the mix of a small office.
var Usual = Mix{DNS: 20, HTTP: 10, TLS: 14, ARP: 4, ICMP: 4, NTP: 2, DHCP: 1, IPv6: 20, VLAN: 5, Retransmit: 2}

// Options of a capture. The zero value is nothing; Mix nil is Usual.
type Options struct {
	Packets int
	Seed    uint64
	Mix     *Mix
}

// Start is the time of the first packet.
var Start = time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)

// Write writes a pcap file (microseconds, Ethernet) of exactly o.Packets
// packets.
func Write(w io.Writer, o Options) error {
	out := bufio.NewWriterSize(w, 256<<10)
	pw := pcapgo.NewWriter(out)
	if err := pw.WriteFileHeader(262144, layers.LinkTypeEthernet); err != nil {
		return fmt.Errorf("write sample: %w", err)
	}
	n := 0
	err := Each(o, func(at time.Time, data []byte) error {
		n++
		return pw.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(data), Length: len(data)}, data)
	})
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write sample: packet %d: %w", n, err)
	}
	return nil
}

// Each gives the packets in order of time; data is good until the next call.
func Each(o Options, packet func(at time.Time, data []byte) error) error {
	mix := o.Mix
	if mix == nil {
		mix = &Usual
	}
	g := &generator{mix: *mix, rnd: rand.New(rand.NewPCG(o.Seed, 0x736f6e6465)), now: Start, left: o.Packets, packet: packet, buf: gopacket.NewSerializeBuffer()}
	kinds := []struct {
		weight int
		run    func(*exchange)
	}{{mix.DNS, (*exchange).dns}, {mix.HTTP, (*exchange).http}, {mix.TLS, (*exchange).tls}, {mix.ARP, (*exchange).arp},
		{mix.ICMP, (*exchange).icmp}, {mix.NTP, (*exchange).ntp}, {mix.DHCP, (*exchange).dhcp}}
	total := 0
	for _, k := range kinds {
		total += max(k.weight, 0)
	}
	if total == 0 && o.Packets > 0 {
		return fmt.Errorf("make sample: the mix is empty")
	}
	// A capture begins as a host does: it asks who its router is.
	if mix.ARP > 0 && o.Packets > 0 {
		(*exchange).arp(g.begin())
	}
	for g.left > 0 && g.err == nil {
		pick := g.rnd.IntN(total)
		for _, k := range kinds {
			if pick -= max(k.weight, 0); pick < 0 {
				k.run(g.begin())
				break
			}
		}
	}
	return g.err
}

// generator is the state of one capture.
type generator struct {
	mix    Mix
	rnd    *rand.Rand
	now    time.Time
	left   int
	err    error
	packet func(at time.Time, data []byte) error
	buf    gopacket.SerializeBuffer
	ipID   uint16
	port   uint16
	shakes []flight // of a TLS connection, made once
}

// chance is true in n of 100 cases.
func (g *generator) chance(n int) bool { return g.rnd.IntN(100) < n }

// pass lets time go by: on average d, at least a tenth of it.
func (g *generator) pass(d time.Duration) {
	g.now = g.now.Add(d/10 + time.Duration(g.rnd.Int64N(int64(d)*9/5))).Truncate(time.Microsecond)
}

// emit serializes one packet.
func (g *generator) emit(ls ...gopacket.SerializableLayer) {
	if g.left <= 0 || g.err != nil {
		return
	}
	g.left--
	if g.err = gopacket.SerializeLayers(g.buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ls...); g.err != nil {
		return
	}
	g.err = g.packet(g.now, g.buf.Bytes())
}
