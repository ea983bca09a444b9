package source

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"sonde/capture/frame"
)

// check reads b in every way and holds the promises of a Reader.
func check(t *testing.T, b []byte) {
	type key struct {
		h frame.Header
		n int
	}
	var first []key
	for i, o := range []Options{{}, {HeadersOnly: true}, {Resync: true}} {
		o.MaxExpanded = 4 << 20
		r, err := NewReader(bytes.NewReader(b), o)
		if err != nil {
			if !errors.Is(err, ErrNotCapture) {
				t.Fatalf("open: %v", err)
			}
			return
		}
		var f frame.Frame
		offset := int64(-1)
		for n := 0; ; n++ {
			err := r.Next(&f)
			if err != nil {
				var d *Damage
				if err != io.EOF && !errors.As(err, &d) {
					t.Fatalf("end: %v", err)
				}
				if again := r.Next(&f); again != err {
					t.Fatalf("after %v: %v", err, again)
				}
				break
			}
			if f.Number != uint32(n+1) || f.Offset <= offset || int(f.CapLen) != len(f.Data) && !o.HeadersOnly {
				t.Fatalf("frame %d: %+v, %d bytes, after offset %d", n+1, f.Header, len(f.Data), offset)
			}
			if int64(f.Interface) >= int64(len(r.Info().Interfaces)) && f.Link < frame.LinkCustomBlock {
				t.Fatalf("frame %d: interface %d of %d", n+1, f.Interface, len(r.Info().Interfaces))
			}
			offset = f.Offset
			switch i {
			case 0:
				first = append(first, key{f.Header, len(f.Comments)})
			case 1:
				if n >= len(first) || first[n].h != f.Header {
					t.Fatalf("headers only: frame %d is %+v", n+1, f.Header)
				}
			}
			if rec := r.Last(); rec.Data%4 != 0 || rec.Data > 60 {
				t.Fatalf("record %+v", rec)
			}
		}
		for _, d := range r.Damages() {
			if d.Message == "" || d.Kind == nil || d.Offset < 0 || d.Length < 0 {
				t.Fatalf("damage %+v", d)
			}
		}
		if len(r.Damages()) > maxDamages {
			t.Fatalf("%d damages", len(r.Damages()))
		}
	}
}

func FuzzPcap(f *testing.F) {
	for _, s := range shapes() {
		f.Add(pcapOf(s, 3))
	}
	f.Add(append(pcapOf(shapes()["pcap le"], 2), make([]byte, 100)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, ok := pcapMagic(b); ok {
			check(t, b)
		}
	})
}

func FuzzPcapng(f *testing.F) {
	f.Add(pcapngOf(le, 3))
	f.Add(pcapngOf(be, 3))
	rich := append(shb(le, opt(le, 1, "c")), idb(le, 1, 96, opt(le, 2, "eth0"), opt(le, 9, "\x89"), opt(le, 14, "\xff\xff\xff\xff\xff\xff\xff\x7f"))...)
	rich = append(rich, block(le, 4, opt(le, 1, "\x01\x02\x03\x04a\x00"))...)
	rich = append(rich, block(le, 10, append(le.AppendUint32(le.AppendUint32(nil, 1), 3), "key"...))...)
	rich = append(rich, epb(le, 0, 1, []byte("x"), opt(le, 1, "c"), opt(le, 2, "\x01\x00\x00\x00"), opt(le, 8, "\x01\x00\x00\x00\x02\x00\x00\x00"))...)
	rich = append(rich, block(le, 3, le.AppendUint32(nil, 0))...)
	rich = append(rich, block(le, 0xbad, le.AppendUint32(nil, 10949))...)
	rich = append(rich, block(le, 9, []byte("__REALTIME_TIMESTAMP=1\n"))...)
	f.Add(append(rich, pcapngOf(be, 2)...))
	f.Add(append(pcapngOf(le, 2), make([]byte, 100)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 4 && [4]byte(b) == shbMagic {
			check(t, b)
		}
	})
}

func FuzzPacked(f *testing.F) {
	for _, how := range []string{"gzip", "zstd", "lz4"} {
		f.Add(pack(f, how, pcapngOf(le, 3)))
	}
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}

func BenchmarkReadPcap(b *testing.B) {
	data := pcapOf(shapes()["pcap le"], 10000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r, _ := NewReader(bytes.NewReader(data), Options{Resync: true})
		if n, _ := readAll(r, nil); n != 10000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkReadPcapng(b *testing.B) {
	data := pcapngOf(le, 10000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r, _ := NewReader(bytes.NewReader(data), Options{Resync: true})
		if n, _ := readAll(r, nil); n != 10000 {
			b.Fatal(n)
		}
	}
}
