package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"golang.org/x/sys/unix"

	"sonde/capture/frame"
)

// write puts b in a file and opens it.
func write(t *testing.T, b []byte, o Options) *Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*Reader)
}

// both reads b as a file and as a stream, and wants the same from each.
func both(t *testing.T, b []byte, o Options) (frames []frame.Frame, r *Reader, end error) {
	t.Helper()
	read := func(r *Reader) (out []frame.Frame, end error) {
		_, end = readAll(r, func(f *frame.Frame) {
			g := *f
			g.Data = bytes.Clone(f.Data)
			out = append(out, g)
		})
		return out, end
	}
	r = write(t, b, o)
	frames, end = read(r)
	s, err := NewReader(bytes.NewReader(b), o)
	if err != nil {
		t.Fatal(err)
	}
	again, end2 := read(s)
	if d := cmp.Diff(frames, again); d != "" {
		t.Errorf("file and stream differ:\n%s", d)
	}
	if end.Error() != end2.Error() {
		t.Errorf("file ends with %q, stream with %q", end, end2)
	}
	o.HeadersOnly = true
	bare, end3 := read(write(t, b, o))
	for i := range frames {
		if i >= len(bare) {
			t.Errorf("headers only: %d frames, want %d", len(bare), len(frames))
			break
		}
		if frames[i].Header != bare[i].Header {
			t.Errorf("headers only: frame %d: %+v, want %+v", i+1, bare[i].Header, frames[i].Header)
		}
	}
	if end.Error() != end3.Error() {
		t.Errorf("whole ends with %q, headers only with %q", end, end3)
	}
	return frames, r, end
}

func TestPcapVariants(t *testing.T) {
	for name, s := range shapes() {
		t.Run(name, func(t *testing.T) {
			b := pcapOf(s, 5)
			r := write(t, b, Options{})
			nano := s.magic == magicNano || s.magic == magicIXIAHW || strings.HasPrefix(name, "aix")
			n, end := readAll(r, func(f *frame.Frame) {
				i := int(f.Number) - 1
				unit := int64(1000)
				if nano {
					unit = 1
				}
				if want := int64(1700000000+i)*1e9 + int64(i)*unit; f.Time != want {
					t.Errorf("frame %d: time %d, want %d", i+1, f.Time, want)
				}
				if !bytes.Equal(f.Data, payload(i)) || int(f.CapLen) != len(f.Data) || int(f.Len) != len(f.Data)+4 || f.Link != frame.LinkEthernet {
					t.Errorf("frame %d: %+v", i+1, f.Header)
				}
			})
			if n != 5 || end != io.EOF {
				t.Errorf("%d frames, end %v", n, end)
			}
			if got, _, _ := strings.Cut(name, " "); r.Info().Format != got {
				t.Errorf("format %q, want %q", r.Info().Format, got)
			}
		})
	}
}

func TestPcapngBlocks(t *testing.T) {
	for _, o := range []binary.AppendByteOrder{le, be} {
		other := binary.AppendByteOrder(be)
		if o == be {
			other = le
		}
		u32 := func(v uint32) string { return string(o.AppendUint32(nil, v)) }
		u64 := func(v uint64) string { return string(o.AppendUint64(nil, v)) }
		var b []byte
		add := func(p []byte) { b = append(b, p...) }
		add(shb(o, opt(o, 1, "first"), opt(o, 1, "second"), opt(o, 2, "hw"), opt(o, 3, "os"), opt(o, 4, "app"), opt(o, 0, ""), opt(o, 4, "behind the end")))
		add(idb(o, 1, 96, opt(o, 2, "eth0"), opt(o, 3, "up"), opt(o, 9, "\x09"), opt(o, 11, "\x00tcp"), opt(o, 12, "Linux"), opt(o, 14, u64(100)), opt(o, 15, "nic"), opt(o, 1, "an interface")))
		add(block(o, 4, append(append(opt(o, 1, "\x01\x02\x03\x04a.example\x00b.example\x00"), opt(o, 2, strings.Repeat("\x00", 15)+"\x01six\x00")...), 0, 0, 0, 0)))
		add(block(o, 10, append(o.AppendUint32(o.AppendUint32(nil, 0x544c534b), 5), "keys!"...)))
		add(block(o, 0x12345678, []byte("nobody knows this")))
		add(block(o, 0x00000bad, append(o.AppendUint32(nil, 32473), "custom"...)))
		add(block(o, 0x40000bad, append(o.AppendUint32(nil, 32473), "fixed"...)))
		add(block(o, 9, []byte("A=1\n__REALTIME_TIMESTAMP=1700000000000001\nMESSAGE=x\n")))
		add(epb(o, 0, 5, []byte("hello"), opt(o, 1, "one"), opt(o, 1, "two"), opt(o, 2, u32(0x102)), opt(o, 4, u64(7)), opt(o, 8, u32(11)+u32(12)), opt(o, 2988, u32(1)+"xx")))
		add(block(o, 3, append(o.AppendUint32(nil, 300), bytes.Repeat([]byte("s"), 96)...)))
		pb := o.AppendUint16(nil, 0)
		pb = o.AppendUint16(pb, 3)
		for _, v := range []uint32{0, 9, 4, 8} {
			pb = o.AppendUint32(pb, v)
		}
		add(block(o, 2, append(pb, "pack"...)))
		isb := o.AppendUint32(nil, 0)
		isb = o.AppendUint64(isb, 0)
		isb = append(append(isb, opt(o, 4, u64(1000))...), opt(o, 5, u64(9))...)
		add(block(o, 5, isb))
		add(shb(other))
		add(idb(other, 113, 0))
		add(epb(other, 0, 3, []byte("other")))

		frames, r, end := both(t, b, Options{})
		if end != io.EOF {
			t.Fatal(end)
		}
		want := []frame.Frame{
			{Header: frame.Header{TimeDigits: 6, Link: frame.LinkCustomBlock}, Data: []byte("custom\x00\x00"), Enterprise: 32473},
			{Header: frame.Header{TimeDigits: 6, Link: frame.LinkCustomBlock}, Data: []byte("fixed\x00\x00\x00"), Enterprise: 32473 | 1<<31},
			{Header: frame.Header{TimeDigits: 6, Link: frame.LinkJournal, HasTime: true, Time: 1700000000000001000}, Data: []byte("A=1\n__REALTIME_TIMESTAMP=1700000000000001\nMESSAGE=x\n")},
			{Header: frame.Header{TimeDigits: 9, Link: 1, HasTime: true, Time: 100e9 + 5, Len: 9, Direction: frame.DirOutbound, PID: 11, TID: 12}, Data: []byte("hello"), Comments: []string{"one", "two"}, Flags: 0x102, Dropped: 7},
			{Header: frame.Header{TimeDigits: 9, Link: 1, Len: 300}, Data: bytes.Repeat([]byte("s"), 96)},
			{Header: frame.Header{TimeDigits: 9, Link: 1, HasTime: true, Time: 100e9 + 9, Len: 8}, Data: []byte("pack"), Dropped: 3},
			{Header: frame.Header{TimeDigits: 6, Link: 113, HasTime: true, Time: 3000, Len: 9, Interface: 1}, Data: []byte("other")},
		}
		for i := range want {
			want[i].Number = uint32(i + 1)
			want[i].CapLen = uint32(len(want[i].Data))
			if want[i].Len == 0 {
				want[i].Len = want[i].CapLen
			}
		}
		for i := range frames {
			frames[i].Offset = 0
		}
		if d := cmp.Diff(want, frames); d != "" {
			t.Error(d)
		}
		info := &frame.Info{
			Format: "pcapng", Hardware: "hw", OS: "os", Application: "app", Comments: []string{"first", "second"},
			Interfaces: []frame.Interface{
				{Name: "eth0", Description: "up", Filter: "tcp", Link: 1, SnapLen: 96, Hardware: "nic", OS: "Linux", Comments: []string{"an interface"}, TimeDigits: 9, Drops: 9, Received: 1000},
				{Link: 113, TimeDigits: 6, Drops: -1, Received: -1},
			},
			Secrets: []frame.Secret{{Kind: 0x544c534b, Data: []byte("keys!")}},
			Names:   []frame.Name{{Addr: "1.2.3.4", Names: []string{"a.example", "b.example"}}, {Addr: "::1", Names: []string{"six"}}},
		}
		if d := cmp.Diff(info, r.Info()); d != "" {
			t.Error(d)
		}
	}
}

func TestClockTakesAnyResolution(t *testing.T) {
	for _, c := range []struct {
		resolution byte
		offset     int64
		ticks      uint64
		want       int64
		digits     uint8
	}{
		{6, 0, 1700000000123456, 1700000000123456000, 6},
		{9, 0, 1700000000123456789, 1700000000123456789, 9},
		{0, 0, 17, 17e9, 0},
		{3, -10, 17001, 7001e6, 3},
		{12, 0, 1_500_000_999_999, 1500000999, 9},
		{19, 0, 1e19, 1e9, 9},
		{20, 0, math.MaxUint64, 184467440, 9},
		{28, 0, math.MaxUint64, 1, 9},
		{127, 0, math.MaxUint64, 0, 9},
		{0x80, 0, 5, 5e9, 0},
		{0x80 | 10, 0, 1024 + 512, 1500e6, 4},
		{0x80 | 32, 0, 1<<32 | 1<<31, 1500e6, 9},
		{0x80 | 63, 0, 1 << 62, 500e6, 9},
		{0x80 | 64, 0, 1 << 63, 500e6, 9},
		{0x80 | 127, 0, math.MaxUint64, 0, 9},
		{6, math.MinInt64, 1, math.MinInt64, 6},
		{6, math.MaxInt64, 1e6, math.MaxInt64, 6},
		{0, 0, math.MaxUint64, math.MaxInt64, 0},
	} {
		k := newClock(c.resolution, c.offset)
		got, raw := k.time(c.ticks)
		if got != c.want || k.digits != c.digits {
			t.Errorf("resolution %#x offset %d ticks %d: %d (%d digits), want %d (%d)", c.resolution, c.offset, c.ticks, got, k.digits, c.want, c.digits)
		}
		if out := got == math.MaxInt64 || got == math.MinInt64; out != (raw != 0) {
			t.Errorf("resolution %#x ticks %d: raw %d", c.resolution, c.ticks, raw)
		}
	}
}

func pack(t testing.TB, how string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "zstd":
		w, _ = zstd.NewWriter(&out)
	case "lz4":
		z := lz4.NewWriter(&out)
		z.Apply(lz4.BlockSizeOption(lz4.Block64Kb))
		w = z
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPackedFiles(t *testing.T) {
	plain := pcapOf(shapes()["pcap le"], 2000)
	for _, how := range []string{"gzip", "zstd", "lz4"} {
		t.Run(how, func(t *testing.T) {
			packed := pack(t, how, plain)
			r := write(t, packed, Options{})
			if n, end := readAll(r, nil); n != 2000 || end != io.EOF || r.Info().Compression != how {
				t.Errorf("whole: %d frames, %v, %q", n, end, r.Info().Compression)
			}
			r = write(t, packed[:len(packed)*2/3], Options{})
			n, end := readAll(r, nil)
			if n == 0 || n >= 2000 || !errors.Is(end, ErrCutShort) {
				t.Errorf("cut: %d frames, %v", n, end)
			}
			r = write(t, packed, Options{MaxExpanded: 50000})
			n, end = readAll(r, nil)
			if n == 0 || n >= 2000 || !errors.Is(end, ErrLimit) {
				t.Errorf("limit: %d frames, %v", n, end)
			}
			r = write(t, packed, Options{MaxExpanded: int64(len(plain))})
			if n, end = readAll(r, nil); n != 2000 || end != io.EOF {
				t.Errorf("exact limit: %d frames, %v", n, end)
			}
		})
	}
	two := append(pack(t, "gzip", plain[:1000]), pack(t, "gzip", plain[1000:])...)
	if n, end := readAll(write(t, append(two, 0, 0, 0), Options{}), nil); n != 2000 || end != io.EOF {
		t.Errorf("two members and padding: %d frames, %v", n, end)
	}
	if n, end := readAll(write(t, append(two, "rest"...), Options{}), nil); n != 2000 || !errors.Is(end, ErrCorrupt) {
		t.Errorf("two members and rubbish: %d frames, %v", n, end)
	}
}

// Cut at every byte, a file gives the whole packets before the cut, and says so.
func TestCutAnywhere(t *testing.T) {
	for name, b := range map[string][]byte{
		"pcap":   pcapOf(shapes()["pcap le"], 3),
		"pcapng": pcapngOf(be, 3),
	} {
		var ends []int
		var f frame.Frame
		r := write(t, b, Options{})
		for r.Next(&f) == nil {
			ends = append(ends, int(r.Offset()))
		}
		start := 24
		if name == "pcapng" {
			start = 28
		}
		for cut := range len(b) {
			for _, resync := range []bool{false, true} {
				s, err := NewReader(bytes.NewReader(b[:cut]), Options{Resync: resync})
				if cut < start {
					if !errors.Is(err, ErrNotCapture) {
						t.Fatalf("%s cut at %d: %v", name, cut, err)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%s cut at %d: %v", name, cut, err)
				}
				n, end := readAll(s, nil)
				want, clean := 0, cut == start || name == "pcapng" && cut == 48
				for _, e := range ends {
					if e <= cut {
						want++
					}
					clean = clean || e == cut
				}
				if n != want {
					t.Errorf("%s cut at %d: %d frames, want %d", name, cut, n, want)
				}
				if resync {
					if end != io.EOF || (len(s.Damages()) == 0) != clean {
						t.Errorf("%s cut at %d with resync: %v, %v", name, cut, end, s.Damages())
					}
				} else if clean != (end == io.EOF) || !clean && !errors.Is(end, ErrCutShort) && !errors.Is(end, ErrZeros) {
					t.Errorf("%s cut at %d: %v", name, cut, end)
				}
			}
		}
	}
}

func TestZeroTail(t *testing.T) {
	for name, b := range map[string][]byte{
		"pcap": pcapOf(shapes()["pcap le"], 100), "pcapng": pcapngOf(le, 100),
	} {
		for _, zeros := range []int{1, 3, 11, 15, 16, 17, 100, 4096, 1 << 20} {
			for _, resync := range []bool{false, true} {
				r := write(t, append(bytes.Clone(b), make([]byte, zeros)...), Options{Resync: resync})
				n, _ := readAll(r, nil)
				d := r.Damages()
				if n != 100 || len(d) != 1 || !errors.Is(&d[0], ErrZeros) || d[0].Message != fmt.Sprintf("%d zero bytes at the end", zeros) || d[0].Offset != int64(len(b)) || d[0].Packet != 100 {
					t.Errorf("%s + %d zeros (resync %v): %d frames, %+v", name, zeros, resync, n, d)
				}
			}
		}
	}
}

// Behind a hole or a flipped bit at least 95 % of the good packets show up.
func TestResync(t *testing.T) {
	const n = 400
	for name, b := range map[string][]byte{
		"pcap le": pcapOf(shapes()["pcap le"], n), "pcap be": pcapOf(shapes()["nsecpcap be"], n),
		"pcapng le": pcapngOf(le, n), "pcapng be": pcapngOf(be, n),
	} {
		try := func(what string, bad []byte, lost int) {
			t.Helper()
			for _, stream := range []bool{false, true} {
				var r *Reader
				if stream {
					r, _ = NewReader(bytes.NewReader(bad), Options{Resync: true})
				} else {
					r = write(t, bad, Options{Resync: true})
				}
				good := 0
				readAll(r, func(f *frame.Frame) {
					for i := int(f.Number) - 1; i < n && i < int(f.Number)+lost+2; i++ {
						if bytes.Equal(f.Data, payload(i)) {
							good++
							return
						}
					}
				})
				if good < n-lost {
					t.Errorf("%s, %s (stream %v): %d of %d good packets, damages %+v", name, what, stream, good, n, r.Damages())
				}
				if len(r.Damages()) == 0 && what != "flip" {
					t.Errorf("%s, %s: the damage is not told", name, what)
				}
			}
		}
		for _, size := range []int{8, 64, 500, 3000} {
			bad := bytes.Clone(b)
			clear(bad[len(b)/3 : len(b)/3+size])
			if name[:5] == "pcap " && size < 500 {
				continue // may lie inside one packet and hurt no header
			}
			if size >= 500 {
				try(fmt.Sprintf("hole of %d", size), bad, size/60+3)
			}
		}
		for at := len(b) / 2; at < len(b)/2+300; at++ {
			bad := bytes.Clone(b)
			bad[at] ^= 1 << (at % 8)
			try("flip", bad, 2)
		}
		rubbish := append(bytes.Clone(b[:len(b)/2]), bytes.Repeat([]byte("rubbish"), 1000)...)
		try("rubbish put in", append(rubbish, b[len(b)/2:]...), 2)
	}
}

func TestNotCapture(t *testing.T) {
	elf := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 100)...)
	for _, c := range []struct{ b, want string }{
		{"", "empty"}, {"\xd4\xc3\xb2\xa1", "only a capture magic"}, {"\x0a\x0d\x0d\x0a", "only a pcapng magic"},
		{"<!DOCTYPE html><html>", "HTML"}, {string(elf), "ELF"}, {"PK\x03\x04....", "zip"}, {"hello world\n", "text"},
		{"{\"a\": 1}", "JSON"}, {"\x00\x00\x00\x00\x00\x00", "zero bytes"}, {"\x8f\x12\xee\x01\x99\x02", "unknown data"}, {"snoop\x00\x00\x00", "snoop"},
		{string(pack(t, "gzip", []byte("hello hello"))), "text inside gzip"},
		{string(pack(t, "gzip", pack(t, "gzip", pcapOf(shapes()["pcap le"], 2)))), "gzip"},
		{"\x1f\x8b\x08", "gzip"},
	} {
		path := filepath.Join(t.TempDir(), "f")
		os.WriteFile(path, []byte(c.b), 0o600)
		_, err := Open(path, Options{})
		if !errors.Is(err, ErrNotCapture) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20q: %v, want %q", c.b, err, c.want)
		}
	}
	if _, err := Open(t.TempDir(), Options{}); !errors.Is(err, ErrNotCapture) {
		t.Errorf("directory: %v", err)
	}
}

func TestFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	b := pcapOf(shapes()["pcap le"], 10)
	go func() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			f.Write(b[:100])
			f.Write(b[100:])
			f.Close()
		}
	}()
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n, end := readAll(s, nil); n != 10 || end != io.EOF {
		t.Errorf("%d frames, %v", n, end)
	}
}

// A packet is given as soon as its bytes are there, not when the next comes.
func TestLivePipeDoesNotWait(t *testing.T) {
	for name, b := range map[string][]byte{"pcap": pcapOf(shapes()["pcap le"], 1), "pcapng": pcapngOf(le, 1)} {
		in, out := io.Pipe()
		go out.Write(b) // never closed
		s, err := NewReader(in, Options{Resync: true})
		if err != nil {
			t.Fatal(err)
		}
		var f frame.Frame
		if err := s.Next(&f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		in.Close()
	}
}

func TestGrowingFile(t *testing.T) {
	for name, b := range map[string][]byte{"pcap": pcapOf(shapes()["pcap le"], 3), "pcapng": pcapngOf(le, 3)} {
		path := filepath.Join(t.TempDir(), "f")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		f.Write(b[:48])
		s, err := Open(path, Options{Growing: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var fr frame.Frame
		n := 0
		for _, c := range b[48:] {
			for {
				err := s.Next(&fr)
				if err == ErrMore {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				n++
			}
			f.Write([]byte{c})
		}
		s.(*Reader).Finish()
		rest, end := readAll(s, nil)
		if n+rest != 3 || end != io.EOF {
			t.Errorf("%s: %d frames, %v", name, n+rest, end)
		}
	}
}

// A length that lies costs no memory before the bytes are there.
func TestLyingLengths(t *testing.T) {
	usb := pcapShape{order: le, magic: magicMicro, network: 220}
	big := append(usb.header(), usb.record(1, 1, 0, nil)...)
	binary.LittleEndian.PutUint32(big[32:], 128<<20)
	ng := append(shb(le), idb(le, 220, 0)...)
	huge := epb(le, 0, 1, []byte("x"))
	binary.LittleEndian.PutUint32(huge[4:], 120<<20)
	binary.LittleEndian.PutUint32(huge[20:], 119<<20)
	unknown := block(le, 77, []byte("abcd"))
	binary.LittleEndian.PutUint32(unknown[4:], 0xfffffff0)
	for name, b := range map[string][]byte{
		"pcap": big, "pcapng": append(bytes.Clone(ng), huge...), "unknown block": append(bytes.Clone(ng), unknown...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := NewReader(bytes.NewReader(b), Options{})
		if err != nil {
			t.Fatal(err)
		}
		n, end := readAll(r, nil)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 2<<20 || n != 0 || !errors.Is(end, ErrCutShort) {
			t.Errorf("%s: %d frames, %v, %d bytes allocated", name, n, end, got)
		}
	}
	over := append(shapes()["pcap le"].header(), shapes()["pcap le"].record(1, 1, 0, nil)...)
	binary.LittleEndian.PutUint32(over[32:], 262145)
	if _, end := readAll(write(t, over, Options{}), nil); !errors.Is(end, ErrCorrupt) || !strings.Contains(end.Error(), "bigger than maximum") {
		t.Error(end)
	}
}

// A sparse file of many gigabytes is crossed without reading its holes.
func TestSparseHole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := pcapOf(shapes()["pcap le"], 20)
	f.Write(b)
	const far = 90 << 30
	if _, err := f.WriteAt(b[24:], far); err != nil {
		t.Skip(err)
	}
	f.Truncate(100 << 30)
	s, err := Open(path, Options{Resync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var last frame.Frame
	n, end := readAll(s, func(f *frame.Frame) { last = *f })
	d := Damages(s)
	if n != 40 || end != io.EOF || last.Offset < far || len(d) != 2 || !errors.Is(&d[1], ErrZeros) {
		t.Errorf("%d frames, %v, last at %d, %+v", n, end, last.Offset, d)
	}
}

func TestManyInterfaces(t *testing.T) {
	b := shb(le)
	one := idb(le, 1, 0, opt(le, 2, "veth"))
	for range 60000 {
		b = append(b, one...)
	}
	b = append(b, epb(le, 59999, 1, []byte("x"))...)
	r := write(t, b, Options{})
	if n, end := readAll(r, nil); n != 1 || end != io.EOF || len(r.Info().Interfaces) != 60000 {
		t.Errorf("%d frames, %v, %d interfaces", n, end, len(r.Info().Interfaces))
	}
}
