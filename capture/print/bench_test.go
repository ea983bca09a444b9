package print_test

import (
	"bytes"
	"io"
	"sync"
	"testing"

	"sonde/capture/dissect"
	"sonde/capture/flow"
	"sonde/capture/frame"
	"sonde/capture/print"
	_ "sonde/capture/proto"
	"sonde/capture/sample"
	"sonde/capture/source"
)

const benchPackets = 100_000

var benchFile = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	if err := sample.Write(&b, sample.Options{Packets: benchPackets, Seed: 1}); err != nil {
		panic(err)
	}
	return b.Bytes()
})

// each dissects a capture in one pass and hands on every packet.
func each(tb testing.TB, file []byte, req dissect.Request, use func(p *dissect.Packet) error) {
	s, err := source.NewReader(bytes.NewReader(file), source.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	e := dissect.New(dissect.NewConfig(), flow.NewState())
	env := dissect.Env{Info: s.Info()}
	var f frame.Frame
	for n := uint32(1); ; n++ {
		err := s.Next(&f)
		if err == io.EOF {
			return
		}
		if err != nil {
			tb.Fatal(err)
		}
		f.Number = n
		if !env.HasFirst {
			env.First, env.HasFirst = f.Time, true
		}
		req.Env, req.Learn = env, true
		if err := use(e.Dissect(&f, req)); err != nil {
			tb.Fatal(err)
		}
		env.Prev, env.HasPrev = f.Time, true
	}
}

func benchmark(b *testing.B, p print.Printer, req dissect.Request) {
	file := benchFile()
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		each(b, file, req, p.Packet)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchPackets, "ns/packet")
}

// BenchmarkPrintSummary prints the packet list.
func BenchmarkPrintSummary(b *testing.B) {
	benchmark(b, print.NewText(io.Discard, print.TextOptions{Summary: true}), dissect.Request{Columns: true})
}

// BenchmarkPrintDetails is -V.
func BenchmarkPrintDetails(b *testing.B) {
	benchmark(b, print.NewText(io.Discard, print.TextOptions{Details: true}), dissect.Request{Tree: true})
}

// BenchmarkFields prints seven fields.
func BenchmarkFields(b *testing.B) {
	o := print.DefaultFields()
	o.Names = []string{"frame.number", "frame.time_relative", "ip.src", "ip.dst", "tcp.port", "udp.port", "dns.qry.name"}
	p := print.NewFields(io.Discard, o)
	want, columns, tree := p.Wanted()
	benchmark(b, p, dissect.Request{Want: want, Columns: columns, Tree: tree})
}

// BenchmarkJSON is -T json.
func BenchmarkJSON(b *testing.B) {
	benchmark(b, print.NewJSON(io.Discard, print.JSONOptions{}), dissect.Request{Tree: true})
}

// BenchmarkEK is -T ek.
func BenchmarkEK(b *testing.B) {
	benchmark(b, print.NewEK(io.Discard, print.EKOptions{Tree: true}), dissect.Request{Tree: true})
}
