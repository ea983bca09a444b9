package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"sonde/capture/frame"
	"sonde/capture/sink"
	"sonde/capture/source"
)

var (
	_ Store = (*File)(nil)
	_ Store = (*Memory)(nil)
	_ Store = (*Segments)(nil)
)

// packet is the i-th frame of generated captures, from 0.
func packet(i int) *frame.Frame {
	d := make([]byte, 60+i*37%1400)
	binary.BigEndian.PutUint64(d, uint64(i))
	for k := 8; k < len(d); k++ {
		d[k] = byte(i + k)
	}
	f := &frame.Frame{Header: frame.Header{Link: 1, HasTime: true, TimeDigits: 9, Time: 1700000000e9 + int64(i)*1000, Len: uint32(len(d) + 4)}, Data: d}
	if i%10 == 3 {
		f.Comments, f.PID, f.TID, f.Direction, f.Flags = []string{fmt.Sprintf("frame %d", i)}, 7, uint32(i), frame.DirOutbound, 2
	}
	return f
}

// generate writes n packets; kind is pcap or pcapng.
func generate(t testing.TB, w io.Writer, kind string, from, n int) {
	t.Helper()
	var s sink.Sink
	var err error
	if kind == "pcap" {
		s, err = sink.NewPcap(w, 1, true)
	} else {
		s, err = sink.NewPcapng(w, &frame.Info{Application: "test", Interfaces: []frame.Interface{{Name: "eth0", Link: 1, SnapLen: 262144, Drops: 5, Received: 6}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := s.Write(packet(from + i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func fileOf(t testing.TB, kind string, n int) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "f."+kind))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	generate(t, f, kind, 0, n)
	return f.Name()
}

// same wants frame n of s to be packet n-1.
func same(t testing.TB, s Store, n uint32, kind string) {
	t.Helper()
	var f frame.Frame
	if err := s.Frame(n, &f); err != nil {
		t.Fatal(err)
	}
	want := *packet(int(n) - 1)
	want.Number, want.CapLen, want.Offset = n, uint32(len(want.Data)), f.Offset
	if kind == "pcap" {
		want.Comments, want.PID, want.TID, want.Direction, want.Flags = nil, 0, 0, 0, 0
	}
	if d := cmp.Diff(want, f); d != "" {
		t.Fatalf("frame %d:\n%s", n, d)
	}
	h, ok := s.Header(n)
	if !ok || h.Time != want.Time || h.CapLen != want.CapLen || h.Len != want.Len || h.Link != want.Link || h.Direction != want.Direction || h.Number != n {
		t.Fatalf("header %d: %+v", n, h)
	}
}

func TestFile(t *testing.T) {
	for _, kind := range []string{"pcap", "pcapng"} {
		const n = 10000
		s, err := OpenFile(fileOf(t, kind, n), Options{Source: source.Options{Resync: true}})
		if err != nil {
			t.Fatal(err)
		}
		if s.Len() != 0 || s.Info().Format == "" {
			t.Errorf("%s before the walk: %d frames, %+v", kind, s.Len(), s.Info())
		}
		var seen []int
		if err := s.Walk(context.Background(), func(p Progress) {
			seen = append(seen, p.Frames)
			if p.Frames > 0 {
				same(t, s, uint32(p.Frames), kind) // at once
			}
		}); err != nil {
			t.Fatal(err)
		}
		if s.Len() != n || !s.Done() || seen[0] != firstBatch || len(s.Damages()) != 0 {
			t.Errorf("%s: %d frames, progress %v", kind, s.Len(), seen)
		}
		for i := uint32(1); i <= n; i += 7 {
			same(t, s, i, kind)
		}
		for _, i := range []uint32{0, n + 1} {
			if err := s.Frame(i, &frame.Frame{}); !errors.Is(err, ErrNoFrame) {
				t.Error(err)
			}
			if _, ok := s.Header(i); ok {
				t.Error("a header of nothing")
			}
		}
		if kind == "pcapng" && (s.Info().Application != "test" || s.Info().Interfaces[0].Drops != 5) {
			t.Errorf("%+v", s.Info())
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Frame(1, &frame.Frame{}); err == nil {
			t.Error("a closed store gives frames")
		}
	}
}

// Readers and the walker at the same time see whole frames only.
func TestReadersWhileWalking(t *testing.T) {
	const n = 20000
	s, err := OpenFile(fileOf(t, "pcapng", n), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := uint32(1); i <= n; {
				if int(i) > s.Len() {
					select {
					case <-done:
						if int(i) > s.Len() {
							t.Errorf("frame %d never came", i)
							return
						}
					default:
					}
					continue
				}
				same(t, s, i, "pcapng")
				if len(s.Info().Interfaces) != 1 {
					t.Error("frames before their interface")
				}
				i += 499
			}
		}()
	}
	if err := s.Walk(context.Background(), nil); err != nil {
		t.Error(err)
	}
	close(done)
	wg.Wait()
}

func TestWalkStopsAndGoesOn(t *testing.T) {
	s, err := OpenFile(fileOf(t, "pcap", 20000), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	if err := s.Walk(ctx, func(Progress) { cancel() }); !errors.Is(err, context.Canceled) || s.Len() == 0 || s.Len() == 20000 {
		t.Fatalf("%v after %d frames", err, s.Len())
	}
	if err := s.Walk(context.Background(), nil); err != nil || s.Len() != 20000 {
		t.Fatalf("%v after %d frames", err, s.Len())
	}
	same(t, s, 20000, "pcap")
}

// packed writes a gzip file of a capture; at most keep bytes of it if not 0.
func packed(t *testing.T, n, keep int) (path string, size int64) {
	t.Helper()
	var plain, out bytes.Buffer
	generate(t, &plain, "pcapng", 0, n)
	z := gzip.NewWriter(&out)
	z.Write(plain.Bytes())
	z.Close()
	b := out.Bytes()
	if keep > 0 {
		b = b[:keep]
	}
	path = filepath.Join(t.TempDir(), "f.gz")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, int64(plain.Len())
}

func files(t *testing.T, dir string) int {
	t.Helper()
	l, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(l)
}

func TestPackedFile(t *testing.T) {
	path, size := packed(t, 8000, 0)
	cache := t.TempDir()
	for round := range 2 {
		s, err := OpenFile(path, Options{CacheDir: cache})
		if err != nil {
			t.Fatal(err)
		}
		last := 0.0
		if err := s.Walk(context.Background(), func(p Progress) {
			if p.Fraction < 0 || p.Fraction > 1 {
				t.Errorf("fraction %v", p.Fraction)
			}
			last = p.Fraction
		}); err != nil || last != 1 {
			t.Fatal(err, last)
		}
		if s.Len() != 8000 || s.Info().Compression != "gzip" || len(s.Damages()) != 0 {
			t.Fatalf("round %d: %d frames, %+v", round, s.Len(), s.Damages())
		}
		same(t, s, 8000, "pcapng")
		if s.unpack != nil {
			t.Error("still unpacking")
		}
		s.Close()
		if files(t, cache) != 1 {
			t.Errorf("round %d: %d files in the cache", round, files(t, cache))
		}
	}
	// Too large, or cut: said, and nothing is kept.
	for _, c := range []struct {
		limit int64
		keep  int
		kind  error
	}{{size / 2, 0, source.ErrLimit}, {0, 100000, source.ErrCutShort}} {
		path, _ := packed(t, 8000, c.keep)
		cache := t.TempDir()
		s, err := OpenFile(path, Options{CacheDir: cache, Source: source.Options{MaxExpanded: c.limit}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Walk(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		d := s.Damages()
		if s.Len() == 0 || s.Len() >= 8000 || len(d) != 1 || !errors.Is(&d[0], c.kind) {
			t.Errorf("%v: %d frames, %+v", c.kind, s.Len(), d)
		}
		same(t, s, uint32(s.Len()), "pcapng")
		s.Close()
		if files(t, cache) != 0 {
			t.Errorf("%d files stay in the cache", files(t, cache))
		}
	}
}

func TestPruneCache(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"unpacked-new.cap", "unpacked-mid.cap", "unpacked-old.cap", "unpacking-dead.cap", "other"} {
		path := filepath.Join(dir, name)
		os.WriteFile(path, make([]byte, 1000), 0o600)
		at := time.Now().Add(-time.Duration(i) * 2 * time.Hour)
		os.Chtimes(path, at, at)
	}
	if err := PruneCache(dir, 2500); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(left) != 3 || filepath.Base(left[0]) != "other" || filepath.Base(left[1]) != "unpacked-mid.cap" {
		t.Errorf("%q stay", left)
	}
}

// A bomb of zeros takes no disk.
func TestBombOfZeros(t *testing.T) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	generate(t, z, "pcap", 0, 10)
	block := make([]byte, 1<<20)
	for range 200 {
		z.Write(block)
	}
	z.Close()
	path := filepath.Join(t.TempDir(), "bomb.gz")
	os.WriteFile(path, out.Bytes(), 0o600)
	cache := t.TempDir()
	s, err := OpenFile(path, Options{CacheDir: cache, Source: source.Options{Resync: true, MaxExpanded: 100 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Walk(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	d := s.Damages()
	if s.Len() != 10 || len(d) == 0 || !errors.Is(&d[len(d)-1], source.ErrLimit) {
		t.Errorf("%d frames, %+v", s.Len(), d)
	}
	du, err := exec.Command("du", "-sk", cache).Output()
	var kib int
	if fmt.Sscan(string(du), &kib); err != nil || kib > 2048 {
		t.Errorf("%d KiB on disk, %v", kib, err)
	}
}

func TestNotACapture(t *testing.T) {
	cache := t.TempDir()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write([]byte("<html>"))
	w.Close()
	for _, b := range []string{"", "<html>", z.String(), "\x1f\x8b\x08\x00"} {
		path := filepath.Join(t.TempDir(), "f")
		os.WriteFile(path, []byte(b), 0o600)
		if _, err := OpenFile(path, Options{CacheDir: cache}); !errors.Is(err, source.ErrNotCapture) {
			t.Errorf("%q: %v", b, err)
		}
	}
	if files(t, cache) != 0 {
		t.Error("a copy stays in the cache")
	}
}

// A file that is cut while it is mapped costs the lost frames, not the program.
func TestFileCutUnderTheStore(t *testing.T) {
	path := fileOf(t, "pcap", 2000)
	s, err := OpenFile(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Walk(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	var lent frame.Frame
	if err := s.Frame(1990, &lent); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 100000); err != nil {
		t.Fatal(err)
	}
	var f frame.Frame
	lost := 0
	for n := uint32(1); n <= 2000; n++ {
		if err := s.Frame(n, &f); errors.Is(err, ErrGone) {
			lost++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if lost < 1000 || lost > 1950 {
		t.Errorf("%d frames lost", lost)
	}
	same(t, s, 1, "pcap")
	// Bytes lent before the cut are zeros now, and no fault.
	for _, b := range lent.Data {
		if b != 0 {
			t.Fatal("lent bytes are still there")
		}
	}
}

func TestFollowGrowingFile(t *testing.T) {
	var all bytes.Buffer
	generate(t, &all, "pcapng", 0, 500)
	path := filepath.Join(t.TempDir(), "f")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := all.Bytes()
	f.Write(b[:200])
	s, err := OpenFile(path, Options{Growing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ended := make(chan struct{})
	reports := make(chan Progress, 1000)
	finished := make(chan error)
	go func() { finished <- s.Follow(context.Background(), ended, func(p Progress) { reports <- p }) }()
	rest := b[200:]
	for len(rest) > 0 {
		n := min(len(rest), 5000+len(rest)%777)
		f.Write(rest[:n])
		rest = rest[n:]
		s.Wake()
		<-reports
		for i := s.Len(); i > 0; i -= 50 {
			same(t, s, uint32(i), "pcapng")
		}
	}
	close(ended)
	if err := <-finished; err != nil || s.Len() != 500 || len(s.Damages()) != 0 {
		t.Errorf("%v, %d frames, %+v", err, s.Len(), s.Damages())
	}
	same(t, s, 500, "pcapng")
}

func TestSegments(t *testing.T) {
	dir := t.TempDir()
	s := NewSegments(Options{Source: source.Options{Resync: true}})
	defer s.Close()
	list := func() ([]string, error) { return filepath.Glob(filepath.Join(dir, "seg*")) }
	ended := make(chan struct{})
	finished := make(chan error)
	grown := make(chan int, 10000)
	go func() {
		finished <- s.Follow(context.Background(), list, ended, func(p Progress) { grown <- p.Frames })
	}()
	until := func(n int) {
		t.Helper()
		for s.Len() < n {
			s.Wake()
			select {
			case <-grown:
			case <-time.After(10 * time.Second):
				t.Fatalf("%d frames, want %d", s.Len(), n)
			}
		}
	}
	next := 0
	for seg := range 4 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("seg%d", seg)))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		generate(t, &b, "pcapng", next, 100)
		half := b.Len() / 2
		f.Write(b.Bytes()[:half])
		until(next + 1)
		f.Write(b.Bytes()[half:])
		next += 100
		until(next)
		f.Close()
	}
	// The writer died in the middle of a block.
	var b bytes.Buffer
	generate(t, &b, "pcapng", next, 10)
	os.WriteFile(filepath.Join(dir, "seg5"), b.Bytes()[:b.Len()-200], 0o600)
	close(ended)
	if err := <-finished; err != nil {
		t.Fatal(err)
	}
	if s.Len() < 400 || s.Len() > 410 || len(s.Damages()) != 1 || filepath.Base(s.Damages()[0].Path) != "seg5" {
		t.Errorf("%d frames, %+v", s.Len(), s.Damages())
	}
	for i := 1; i <= s.Len(); i++ {
		same(t, s, uint32(i), "pcapng")
	}
	if p, ok := s.File(101); !ok || filepath.Base(p) != "seg1" || len(s.Info().Interfaces) != 1 || s.Info().Application != "test" {
		t.Errorf("%q, %+v", p, s.Info())
	}
	if _, ok := s.Header(uint32(s.Len() + 1)); ok {
		t.Error("a header of nothing")
	}
}

// A ring removes its oldest files: their frames go, the numbers stay.
func TestSegmentsOfARing(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("seg%d", i)))
		if err != nil {
			t.Fatal(err)
		}
		generate(t, f, "pcapng", i*100, 100)
		f.Close()
	}
	s := NewSegments(Options{})
	defer s.Close()
	ended := make(chan struct{})
	finished := make(chan error)
	var lent frame.Frame
	calls := 0
	list := func() ([]string, error) {
		calls++
		if s.Len() == 300 && calls > 5 {
			if lent.Data == nil {
				if err := s.Frame(50, &lent); err != nil {
					t.Error(err)
				}
			}
			os.Remove(filepath.Join(dir, "seg0"))
			if calls == 10 {
				close(ended)
			}
		}
		s.Wake()
		return filepath.Glob(filepath.Join(dir, "seg*"))
	}
	go func() { finished <- s.Follow(context.Background(), list, ended, nil) }()
	if err := <-finished; err != nil {
		t.Fatal(err)
	}
	if s.Len() != 300 || s.First() != 101 {
		t.Errorf("%d frames, first %d", s.Len(), s.First())
	}
	if err := s.Frame(50, &frame.Frame{}); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if _, ok := s.Header(50); ok {
		t.Error("a header of a dropped frame")
	}
	for _, b := range lent.Data {
		if b != 0 {
			t.Fatal("lent bytes of a dropped file are still there")
		}
	}
	for n := uint32(101); n <= 300; n++ {
		same(t, s, n, "pcapng")
	}
}

func TestMemory(t *testing.T) {
	var b bytes.Buffer
	generate(t, &b, "pcapng", 0, 5000)
	src, err := source.NewReader(&b, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := NewMemory(0)
	if err := m.Fill(context.Background(), src); err != nil || m.Len() != 5000 || m.Info().Interfaces[0].Drops != 5 {
		t.Fatalf("%v, %d frames, %+v", err, m.Len(), m.Info())
	}
	for i := uint32(1); i <= 5000; i += 3 {
		same(t, m, i, "pcapng")
	}
	small := NewMemory(1000)
	var got error
	n := 0
	for ; got == nil; n++ {
		got = small.Append(packet(n))
	}
	if !errors.Is(got, ErrBudget) || small.Len() != n-1 {
		t.Errorf("%v, %d frames", got, small.Len())
	}
	same(t, small, 1, "pcapng")
}

// Times beyond 2262 keep the file's own count.
func TestRawTimes(t *testing.T) {
	var b bytes.Buffer
	w, _ := sink.NewPcapng(&b, &frame.Info{Interfaces: []frame.Interface{{Link: 1, TimeDigits: 6}}})
	w.Write(&frame.Frame{Header: frame.Header{Link: 1, HasTime: true, TimeDigits: 6, TimeRaw: 1 << 62}, Data: []byte("x")})
	w.Close()
	path := filepath.Join(t.TempDir(), "f")
	os.WriteFile(path, b.Bytes(), 0o600)
	s, err := OpenFile(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Walk(context.Background(), nil)
	var f frame.Frame
	if err := s.Frame(1, &f); err != nil || f.TimeRaw != 1<<62 {
		t.Errorf("%v, %+v", err, f.Header)
	}
}

// Packets at 6 GiB come by number.
func TestBeyondFourGiB(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "big"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	generate(t, &b, "pcap", 0, 100)
	f.Write(b.Bytes())
	var more bytes.Buffer
	generate(t, &more, "pcap", 100, 100)
	if _, err := f.WriteAt(more.Bytes()[24:], 6<<30); err != nil {
		t.Skip(err)
	}
	s, err := OpenFile(f.Name(), Options{Source: source.Options{Resync: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Walk(context.Background(), nil); err != nil || s.Len() != 200 || len(s.Damages()) != 1 {
		t.Fatalf("%v, %d frames, %+v", err, s.Len(), s.Damages())
	}
	h, _ := s.Header(200)
	if h.Offset < 6<<30 {
		t.Errorf("%+v", h)
	}
	same(t, s, 200, "pcap")
}

// Reading a frame allocates nothing, in files without options.
func TestFrameAllocates(t *testing.T) {
	s, err := OpenFile(fileOf(t, "pcap", 100), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Walk(context.Background(), nil)
	var f frame.Frame
	if n := testing.AllocsPerRun(100, func() { s.Frame(50, &f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkOpenFile(b *testing.B) {
	for _, kind := range []string{"pcap", "pcapng"} {
		path := fileOf(b, kind, 200000)
		b.Run(kind, func(b *testing.B) {
			st, _ := os.Stat(path)
			b.SetBytes(st.Size())
			b.ReportAllocs()
			for b.Loop() {
				s, err := OpenFile(path, Options{Source: source.Options{Resync: true}})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Walk(context.Background(), nil); err != nil || s.Len() != 200000 {
					b.Fatal(err, s.Len())
				}
				s.Close()
			}
		})
		if bin, err := exec.LookPath("capinfos46"); err == nil {
			b.Run(kind+"/capinfos", func(b *testing.B) {
				for b.Loop() {
					if err := exec.Command(bin, "-c", path).Run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkFrame(b *testing.B) {
	s, err := OpenFile(fileOf(b, "pcap", 200000), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	s.Walk(context.Background(), nil)
	var f frame.Frame
	n := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		n = n%200000 + 1
		if err := s.Frame(n, &f); err != nil {
			b.Fatal(err)
		}
	}
}
