package sink

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sonde/capture/frame"
	"sonde/capture/source"
)

func read(t testing.TB, b []byte) (frames []frame.Frame, info frame.Info, end error) {
	t.Helper()
	s, err := source.NewReader(bytes.NewReader(b), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		var f frame.Frame
		if err := s.Next(&f); err != nil {
			return frames, *s.Info(), err
		}
		f.Data = bytes.Clone(f.Data)
		f.Offset = 0
		frames = append(frames, f)
	}
}

func sample() (*frame.Info, []frame.Frame) {
	info := &frame.Info{
		Format: "pcapng", Hardware: "AMD EPYC", OS: "Linux 6.1", Application: "sonde", Comments: []string{"one", "two"},
		Interfaces: []frame.Interface{
			{Name: "eth0", Description: "up", Filter: "tcp port 80", Link: 1, SnapLen: 96, Hardware: "nic", OS: "Linux", Comments: []string{"c"}, TimeDigits: 9, Drops: 7, Received: 1000},
			{Name: "any", Link: 276, SnapLen: 262144, TimeDigits: 6, Drops: -1, Received: -1},
		},
		Secrets: []frame.Secret{{Kind: 0x544c534b, Data: []byte("CLIENT_RANDOM 00 11\n")}},
		Names:   []frame.Name{{Addr: "192.0.2.1", Names: []string{"a.example", "b.example"}}, {Addr: "2001:db8::1", Names: []string{"six"}}, {Addr: "02:00:00:00:00:01", Names: []string{"mac"}}},
	}
	frames := []frame.Frame{
		{Header: frame.Header{Time: 1700000000123456789, HasTime: true, TimeDigits: 9, Link: 1, Len: 100}, Data: bytes.Repeat([]byte{1}, 61)},
		{Header: frame.Header{Time: 1700000000123457000, HasTime: true, TimeDigits: 6, Link: 276, Len: 40, Interface: 1, Direction: frame.DirOutbound, PID: 42, TID: 43}, Data: bytes.Repeat([]byte{2}, 40), Comments: []string{"curl", "second"}, Flags: 0x1ee2, Dropped: 3},
		{Header: frame.Header{TimeDigits: 9, Link: 1, Len: 70}, Data: bytes.Repeat([]byte{3}, 70)},
		{Header: frame.Header{TimeDigits: 6, Link: frame.LinkCustomBlock, Len: 8}, Data: []byte("customer"), Enterprise: 32473 | 1<<31},
		{Header: frame.Header{Time: 1700000000000001000, HasTime: true, TimeDigits: 6, Link: frame.LinkJournal, Len: 40}, Data: []byte("__REALTIME_TIMESTAMP=1700000000000001\n\x00\x00")},
		{Header: frame.Header{Time: 1700000001000000000, HasTime: true, TimeDigits: 9, Link: 1}, Data: nil},
	}
	for i := range frames {
		frames[i].Number = uint32(i + 1)
		frames[i].CapLen = uint32(len(frames[i].Data))
	}
	return info, frames
}

func TestPcapngRoundTrip(t *testing.T) {
	info, frames := sample()
	var out bytes.Buffer
	w, err := NewPcapng(&out, info)
	if err != nil {
		t.Fatal(err)
	}
	for i := range frames {
		if err := w.Write(&frames[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, gotInfo, end := read(t, out.Bytes())
	if end != io.EOF {
		t.Fatal(end)
	}
	for i := range got {
		if len(got[i].Data) == 0 {
			got[i].Data = nil
		}
	}
	if d := cmp.Diff(frames, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(*info, gotInfo); d != "" {
		t.Error(d)
	}
	if w.Written() != int64(len(frames)) || w.Size() != int64(out.Len()) {
		t.Errorf("written %d frames, %d bytes", w.Written(), w.Size())
	}
}

func TestPcapngDescribesWhatItNeeds(t *testing.T) {
	var out bytes.Buffer
	w, _ := NewPcapng(&out, nil)
	for _, l := range []frame.LinkType{1, 113, 1} {
		if err := w.Write(&frame.Frame{Header: frame.Header{Link: l, HasTime: true, Time: 1e9 + 1, Len: 1}, Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	got, info, _ := read(t, out.Bytes())
	if len(got) != 3 || got[1].Link != 113 || got[2].Link != 1 || len(info.Interfaces) != 2 || got[2].Time != 1e9+1 {
		t.Errorf("%+v %+v", got, info)
	}
}

func TestPcapRoundTrip(t *testing.T) {
	for _, nanos := range []bool{false, true} {
		var out bytes.Buffer
		w, err := NewPcap(&out, 113, nanos)
		if err != nil {
			t.Fatal(err)
		}
		f := frame.Frame{Header: frame.Header{Number: 1, Link: 113, HasTime: true, Time: 1700000000123456789, Len: 9}, Data: []byte("hello")}
		if err := w.Write(&f); err != nil {
			t.Fatal(err)
		}
		f.Link = 1
		if err := w.Write(&f); !errors.Is(err, ErrLinkType) || !strings.Contains(err.Error(), "pcapng") {
			t.Error(err)
		}
		f.Link, f.Time = 113, -1
		if err := w.Write(&f); !errors.Is(err, ErrTime) {
			t.Error(err)
		}
		w.Close()
		got, info, end := read(t, out.Bytes())
		want := int64(1700000000123456000)
		if nanos {
			want = 1700000000123456789
		}
		if end != io.EOF || len(got) != 1 || got[0].Time != want || got[0].Len != 9 || info.Interfaces[0].Link != 113 {
			t.Errorf("%v %+v", end, got)
		}
	}
}

// disk is a file that is full after so many bytes.
type disk struct {
	b    []byte
	room int
}

func (d *disk) Write(p []byte) (int, error) {
	n := min(len(p), d.room-len(d.b))
	d.b = append(d.b, p[:n]...)
	if n < len(p) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

func (d *disk) Truncate(n int64) error { d.b = d.b[:n]; return nil }

// On a full disk only whole records stay, and the count is of those.
func TestFullDiskLeavesWholeRecords(t *testing.T) {
	for _, kind := range []string{"pcap", "pcapng"} {
		for room := 200; room < 300; room++ {
			d := &disk{room: room}
			var w Sink
			if kind == "pcap" {
				w, _ = NewPcap(d, 1, true)
			} else {
				w, _ = NewPcapng(d, &frame.Info{Interfaces: []frame.Interface{{Link: 1}}})
			}
			var failed error
			for i := range 20 {
				failed = w.Write(&frame.Frame{Header: frame.Header{Link: 1, HasTime: true, Time: int64(i), Len: 10}, Data: make([]byte, 9+i%3)})
				if failed == nil && i%4 == 3 {
					failed = w.Flush()
				}
				if failed != nil {
					break
				}
			}
			if failed == nil {
				t.Fatal("a full disk took everything")
			}
			got, _, end := read(t, d.b)
			if end != io.EOF || int64(len(got)) != w.Written() {
				t.Errorf("%s, room %d: %d frames, written %d, %v", kind, room, len(got), w.Written(), end)
			}
			if err := w.Write(&frame.Frame{Header: frame.Header{Link: 1}}); err == nil {
				t.Error("a failed sink takes frames")
			}
		}
	}
}

// steps keeps what each write call left behind.
type steps struct {
	bytes.Buffer
	ends []int
}

func (s *steps) Write(p []byte) (int, error) {
	n, err := s.Buffer.Write(p)
	s.ends = append(s.ends, s.Len())
	return n, err
}

// Killed between any two writes, the file is good.
func TestEveryWriteEndsAtARecord(t *testing.T) {
	s := &steps{}
	w, _ := NewPcapng(s, nil)
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		n := r.IntN(1500)
		w.Write(&frame.Frame{Header: frame.Header{Link: 1, HasTime: true, Len: uint32(n)}, Data: make([]byte, n), Comments: []string{"abc"}[:r.IntN(2)]})
	}
	w.Close()
	if len(s.ends) < 10 {
		t.Fatalf("%d writes", len(s.ends))
	}
	for _, e := range s.ends {
		if _, _, end := read(t, s.Bytes()[:e]); end != io.EOF {
			t.Errorf("up to %d: %v", e, end)
		}
	}
}

// The tools of others read what we write, and see the same.
func TestOthersReadIt(t *testing.T) {
	info, frames := sample()
	dir := t.TempDir()
	ng, err := os.Create(filepath.Join(dir, "a.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	defer ng.Close()
	w, _ := NewPcapng(ng, info)
	for i := range frames {
		w.Write(&frames[i])
	}
	w.Close()
	plain, _ := os.Create(filepath.Join(dir, "a.pcap"))
	defer plain.Close()
	p, _ := NewPcap(plain, 1, true)
	for i := range 10 {
		p.Write(&frame.Frame{Header: frame.Header{Link: 1, HasTime: true, Time: 1700000000123456789 + int64(i), Len: 60}, Data: make([]byte, 60)})
	}
	p.Close()
	run := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s %v: %v: %s", name, args, err, stderr.String())
		}
		return string(out)
	}
	tried := 0
	if _, err := exec.LookPath("tshark46"); err == nil {
		tried++
		got := run("tshark46", "-n", "-r", ng.Name(), "-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len", "-e", "frame.comment", "-e", "frame.packet_flags", "-E", "aggregator=;")
		lines := strings.Split(got, "\n")
		if len(lines) != 7 || lines[0] != "1\t1700000000.123456789\t100\t61\t\t" || lines[1] != "2\t1700000000.123457000\t40\t40\tcurl;second\t0x00001ee2" {
			t.Errorf("tshark46 sees:\n%s", got)
		}
		if got := run("tshark46", "-n", "-r", plain.Name(), "-T", "fields", "-e", "frame.time_epoch", "-c", "1"); got != "1700000000.123456789\n" {
			t.Errorf("tshark46 sees %q", got)
		}
	}
	if _, err := exec.LookPath("capinfos46"); err == nil {
		tried++
		got := run("capinfos46", "-A", ng.Name())
		for _, want := range []string{"sonde", "Linux 6.1", "AMD EPYC", "eth0", "tcp port 80", "Number of packets:   4", "Number of decryption secrets in file: 1"} {
			if !strings.Contains(got, want) {
				t.Errorf("capinfos46 does not show %q:\n%s", want, got)
			}
		}
	}
	if _, err := exec.LookPath("tcpdump"); err == nil {
		tried++
		if got := strings.Count(run("tcpdump", "-nn", "-e", "-r", plain.Name()), "\n"); got != 10 {
			t.Errorf("tcpdump sees %d", got)
		}
	}
	if tried == 0 {
		t.Skip("neither tshark46 nor capinfos46 nor tcpdump in PATH")
	}
}

func TestRing(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.Local)
	var opened, removed []string
	most := int64(0)
	r, err := NewRing(RingOptions{
		Path: filepath.Join(dir, "cap.pcapng"), Files: 3, FileSize: 10000, Duration: time.Minute,
		Now:     func() time.Time { return now },
		New:     func(w io.Writer) (Sink, error) { return NewPcapng(w, nil) },
		Opened:  func(p string) { opened = append(opened, filepath.Base(p)) },
		Removed: func(p string) { removed = append(removed, filepath.Base(p)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	f := frame.Frame{Header: frame.Header{Link: 1, HasTime: true, Len: 1000}, Data: make([]byte, 1000)}
	for i := range 60 {
		f.Time = int64(i)
		if err := r.Write(&f); err != nil {
			t.Fatal(err)
		}
		r.Flush()
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		total := int64(0)
		for _, p := range files {
			st, _ := os.Stat(p)
			total += st.Size()
			if st.Size() > 10000 {
				t.Errorf("%s has %d bytes", p, st.Size())
			}
		}
		most = max(most, total)
		if len(files) > 3 {
			t.Errorf("%d files", len(files))
		}
	}
	if most > 30000 {
		t.Errorf("%d bytes on disk", most)
	}
	now = now.Add(2 * time.Minute)
	if err := r.Tick(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if opened[0] != "cap_00001_20260304050607.pcapng" || opened[1] != "cap_00002_20260304050607.pcapng" || opened[len(opened)-1] != fmt.Sprintf("cap_%05d_20260304050807.pcapng", len(opened)) {
		t.Errorf("opened %q", opened)
	}
	if r.Written() != 60 || len(removed) != len(opened)-3 || len(r.Files()) != 3 {
		t.Errorf("written %d, opened %d, removed %d", r.Written(), len(opened), len(removed))
	}
	next := int64(-1)
	for _, p := range r.Files()[:2] {
		b, _ := os.ReadFile(p)
		got, _, end := read(t, b)
		if end != io.EOF {
			t.Error(end)
		}
		for _, g := range got {
			if next >= 0 && g.Time != next {
				t.Errorf("gap: %d, want %d", g.Time, next)
			}
			next = g.Time + 1
		}
	}
	if next != 60 {
		t.Errorf("last is %d", next-1)
	}
}

func TestRingNames(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	for _, c := range []struct {
		o    RingOptions
		n    int
		want string
	}{
		{RingOptions{Path: "/x/y.z/base.ext"}, 7, "/x/y.z/base_00007_20260102030405.ext"},
		{RingOptions{Path: "base"}, 100001, "base_00001_20260102030405"},
		{RingOptions{Path: "a.b.pcap", TimeFirst: true}, 1, "a.b_20260102030405_00001.pcap"},
	} {
		if got := c.o.Name(c.n, at); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("data"), "comment", uint32(1), uint32(2), int64(1700000000123456789), uint16(1), uint32(99), uint8(1))
	f.Add([]byte{}, "", uint32(0), uint32(0), int64(0), uint16(276), uint32(0), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, comment string, pid, tid uint32, at int64, link uint16, length uint32, dir uint8) {
		if len(data) > 200000 || at < 0 || frame.LinkType(link) >= frame.LinkCustomBlock || strings.ContainsRune(comment, 0) || len(comment) > maxOption {
			return
		}
		comment = strings.ToValidUTF8(comment, "?")
		if len(comment) > maxOption {
			return
		}
		in := frame.Frame{Header: frame.Header{Number: 1, Time: at, HasTime: true, TimeDigits: 9, Link: frame.LinkType(link), CapLen: uint32(len(data)), Len: length, Direction: frame.Direction(dir % 3), PID: pid, TID: tid}, Data: data, Flags: uint32(dir % 3), Comments: []string{comment}}
		var out bytes.Buffer
		w, err := NewPcapng(&out, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&in); err != nil {
			t.Fatal(err)
		}
		w.Close()
		got, _, end := read(t, out.Bytes())
		if end != io.EOF || len(got) != 1 {
			t.Fatalf("%v, %d frames", end, len(got))
		}
		if g := got[0]; g.Header != in.Header || !bytes.Equal(g.Data, data) || !reflect.DeepEqual(g.Comments, in.Comments) || g.Flags != in.Flags {
			t.Fatalf("got %+v, want %+v", g, in)
		}
	})
}

func BenchmarkWritePcapng(b *testing.B) {
	w, _ := NewPcapng(io.Discard, nil)
	f := frame.Frame{Header: frame.Header{Link: 1, HasTime: true, Time: 1700000000123456789, Len: 400}, Data: make([]byte, 400)}
	b.ReportAllocs()
	for b.Loop() {
		w.Write(&f)
	}
}
