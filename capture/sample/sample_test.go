package sample

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

func TestSeedDecidesBytes(t *testing.T) {
	sum := func(o Options) [32]byte {
		var b bytes.Buffer
		if err := Write(&b, o); err != nil {
			t.Fatal(err)
		}
		return sha256.Sum256(b.Bytes())
	}
	one := sum(Options{Packets: 3000, Seed: 1})
	if again := sum(Options{Packets: 3000, Seed: 1}); again != one {
		t.Error("the same seed gave other bytes")
	}
	if sum(Options{Packets: 3000, Seed: 2}) == one {
		t.Error("another seed gave the same bytes")
	}
}

// Every kind of traffic is there, in order of time, and gopacket reads it back
// without complaint.
func TestTrafficIsSound(t *testing.T) {
	kinds := map[gopacket.LayerType]int{}
	var last time.Time
	n, retransmitted, hellos := 0, 0, 0
	seen := map[[2]uint32]bool{}
	err := Each(Options{Packets: 5000, Seed: 7}, func(at time.Time, data []byte) error {
		n++
		if at.Before(last) {
			t.Fatalf("packet %d goes back in time", n)
		}
		last = at
		p := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.DecodeOptions{NoCopy: true})
		if e := p.ErrorLayer(); e != nil {
			t.Fatalf("packet %d: %v", n, e.Error())
		}
		for _, l := range p.Layers() {
			kinds[l.LayerType()]++
		}
		if l, ok := p.Layer(layers.LayerTypeTCP).(*layers.TCP); ok && len(l.Payload) > 0 {
			if l.DstPort == 443 && l.Payload[0] == 22 {
				hellos++
			}
			k := [2]uint32{uint32(l.SrcPort)<<16 | uint32(l.DstPort), l.Seq}
			if seen[k] {
				retransmitted++
			}
			seen[k] = true
		}
		return nil
	})
	if err != nil || n != 5000 {
		t.Fatalf("%d packets, %v", n, err)
	}
	for _, k := range []gopacket.LayerType{layers.LayerTypeDNS, layers.LayerTypeTCP, layers.LayerTypeARP, layers.LayerTypeICMPv4, layers.LayerTypeICMPv6Echo,
		layers.LayerTypeNTP, layers.LayerTypeDHCPv4, layers.LayerTypeIPv6, layers.LayerTypeDot1Q} {
		if kinds[k] == 0 {
			t.Errorf("no %v in 5000 packets", k)
		}
	}
	if hellos == 0 {
		t.Error("no TLS client said hello")
	}
	if retransmitted == 0 {
		t.Error("no segment was sent twice")
	}
}

func TestEmptyMixIsAnError(t *testing.T) {
	if err := Write(&bytes.Buffer{}, Options{Packets: 1, Mix: &Mix{}}); err == nil {
		t.Error("packets were made of nothing")
	}
}
