package keeper

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sonde/capture/frame"
	"sonde/capture/source"
)

// fakeRing gives numbered packets on demand and then waits for Stop.
type fakeRing struct {
	mu      sync.Mutex
	wake    chan struct{} // capacity 1
	left    int           // packets to give
	given   uint32
	size    int
	stopped bool
	broken  error // given when the packets are out
	drops   uint64
	info    frame.Info
	buf     []byte
	closed  bool
}

func newFakeRing(size int) *fakeRing {
	return &fakeRing{size: size, wake: make(chan struct{}, 1), info: frame.Info{Interfaces: []frame.Interface{
		{Name: "eth0", Link: frame.LinkEthernet, SnapLen: 262144, Drops: -1, Received: -1}}}}
}

func (r *fakeRing) give(n int) {
	r.mu.Lock()
	r.left += n
	r.mu.Unlock()
	r.poke()
}

func (r *fakeRing) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *fakeRing) Info() *frame.Info { return &r.info }

func (r *fakeRing) Next(f *frame.Frame) error {
	for {
		r.mu.Lock()
		switch {
		case r.left > 0:
			r.left--
			r.given++
			if len(r.buf) != r.size {
				r.buf = make([]byte, r.size)
			}
			binary.BigEndian.PutUint32(r.buf, r.given)
			*f = frame.Frame{Header: frame.Header{Time: int64(r.given) * 1000, HasTime: true, TimeDigits: 9, Link: frame.LinkEthernet,
				CapLen: uint32(r.size), Len: uint32(r.size)}, Data: r.buf}
			r.mu.Unlock()
			return nil
		case r.broken != nil:
			r.mu.Unlock()
			return r.broken
		case r.stopped:
			r.mu.Unlock()
			return io.EOF
		}
		r.mu.Unlock()
		select {
		case <-r.wake:
		case <-time.After(20 * time.Millisecond):
			return ErrIdle
		}
	}
}

func (r *fakeRing) Counts() (uint64, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return uint64(r.given) + r.drops, r.drops
}

func (r *fakeRing) Stop() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.poke()
}

func (r *fakeRing) Close() error { r.closed = true; return nil }

func openDir(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func recorder(t *testing.T, dir string, ring *fakeRing) *Recorder {
	t.Helper()
	r := NewRecorder(openDir(t, dir), -1, -1, "test", func(LiveSpec) (Ring, error) { return ring, nil })
	t.Cleanup(r.Close)
	return r
}

// until waits for a state of the only capture.
func until(t *testing.T, r *Recorder, what string, ok func(LiveStatus) bool) LiveStatus {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		changed := r.LiveChanged()
		s := r.Live()[0]
		if ok(s) {
			return s
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("never %s: %+v", what, s)
		}
	}
}

// numbers reads the numbers of all packets in the capture's files, oldest first.
func numbers(t *testing.T, data string, s LiveStatus) []uint32 {
	t.Helper()
	var list []uint32
	for _, seg := range s.Segments {
		src, err := source.Open(filepath.Join(data, s.Dir, seg.Name), source.Options{})
		if err != nil {
			t.Fatalf("%s: %v", seg.Name, err)
		}
		n := uint64(0)
		var f frame.Frame
		for {
			err := src.Next(&f)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", seg.Name, err)
			}
			n++
			list = append(list, binary.BigEndian.Uint32(f.Data))
		}
		src.Close()
		if n != seg.Packets {
			t.Errorf("%s holds %d packets, status says %d", seg.Name, n, seg.Packets)
		}
	}
	return list
}

func countPackets(t *testing.T, path string) int {
	t.Helper()
	src, err := source.Open(path, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	n := 0
	var f frame.Frame
	for src.Next(&f) == nil {
		n++
	}
	return n
}

func manifest(t *testing.T, data string, s LiveStatus) LiveStatus {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(data, s.Dir, manifestName))
	if err != nil {
		t.Fatal(err)
	}
	var m LiveStatus
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestStopLosesNothing(t *testing.T) {
	dir := t.TempDir()
	ring := newFakeRing(100)
	ring.drops = 7
	r := recorder(t, dir, ring)
	id, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0", Filter: "tcp", Excluded: "port 1"})
	if err != nil {
		t.Fatal(err)
	}
	ring.give(5000)
	if err := r.StopLive(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	s := r.Live()[0]
	if s.State != Stopped || s.Packets != 5000 || s.Dropped != 7 || s.Lost != 0 || s.Bytes != 500_000 {
		t.Errorf("%+v", s)
	}
	list := numbers(t, dir, s)
	if len(list) != 5000 || list[0] != 1 || list[4999] != 5000 {
		t.Errorf("%d packets in the file", len(list))
	}
	if m := manifest(t, dir, s); m.State != Stopped || m.Packets != 5000 || m.Segments[0].Name != s.Segments[0].Name {
		t.Errorf("manifest: %+v", m)
	}
	if st, err := os.Stat(filepath.Join(dir, s.Dir, s.Segments[0].Name)); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", st.Mode(), err)
	}
	src, err := source.Open(filepath.Join(dir, s.Dir, s.Segments[0].Name), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var f frame.Frame
	for src.Next(&f) == nil {
	}
	in := src.Info()
	if in.Interfaces[0].Filter != "tcp" || in.Interfaces[0].Drops != 7 || in.Interfaces[0].Received != 5007 || len(in.Comments) != 1 {
		t.Errorf("the file says %+v", in)
	}
	if !ring.closed {
		t.Error("ring left open")
	}
}

// A packet is on disk soon after it came, without any further one.
func TestQuietCaptureIsOnDisk(t *testing.T) {
	dir := t.TempDir()
	ring := newFakeRing(60)
	r := recorder(t, dir, ring)
	if _, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0"}); err != nil {
		t.Fatal(err)
	}
	ring.give(1)
	s := until(t, r, "written", func(s LiveStatus) bool { return s.Packets == 1 })
	if s.State != Running || len(numbers(t, dir, s)) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestRingOfFilesStaysBounded(t *testing.T) {
	dir := t.TempDir()
	ring := newFakeRing(1000)
	r := recorder(t, dir, ring)
	id, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0", Files: 3, FileSize: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	const sent = 2000
	for range sent / 50 {
		ring.give(50)
		var total int64
		list, _ := filepath.Glob(filepath.Join(dir, "live", id, "*.pcapng"))
		for _, f := range list {
			if st, err := os.Stat(f); err == nil {
				total += st.Size()
			}
		}
		if total > 3*64<<10 {
			t.Fatalf("%d bytes on disk", total)
		}
	}
	if err := r.StopLive(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	s := r.Live()[0]
	list := numbers(t, dir, s)
	if s.Packets+s.Rotated != sent || s.Lost != 0 || uint64(len(list)) != s.Packets || len(s.Segments) != 3 {
		t.Errorf("%d in files, %+v", len(list), s)
	}
	for i, n := range list { // the newest, without a gap
		if n != uint32(sent-len(list)+1+i) {
			t.Fatalf("packet %d is number %d", i, n)
		}
	}
}

func TestStopConditions(t *testing.T) {
	ring := newFakeRing(60)
	dir := t.TempDir()
	r := recorder(t, dir, ring)
	if _, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0", StopPackets: 10}); err != nil {
		t.Fatal(err)
	}
	ring.give(1000)
	s := until(t, r, "stopped", func(s LiveStatus) bool { return s.State != Running })
	if s.State != Stopped || s.Packets != 10 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

func TestTimeConditionNeedsNoPacket(t *testing.T) {
	r := recorder(t, t.TempDir(), newFakeRing(60))
	if _, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0", StopAfter: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	s := until(t, r, "stopped", func(s LiveStatus) bool { return s.State != Running })
	if s.State != Stopped || s.Reason == "" {
		t.Errorf("%+v", s)
	}
}

func TestInterfaceThatGoesKeepsWhatCame(t *testing.T) {
	dir := t.TempDir()
	ring := newFakeRing(60)
	ring.broken = unix.ENETDOWN
	r := recorder(t, dir, ring)
	ring.give(300)
	if _, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0"}); err != nil {
		t.Fatal(err)
	}
	s := until(t, r, "ended", func(s LiveStatus) bool { return s.State != Running })
	if s.State != Failed || !strings.Contains(s.Reason, "network is down") || s.Packets != 300 || len(numbers(t, dir, s)) != 300 {
		t.Errorf("%+v", s)
	}
}

// smallDisk is a tmpfs of one megabyte, or the test is skipped.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("needs to mount a tmpfs: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func TestFullDiskCountsEveryPacket(t *testing.T) {
	dir := smallDisk(t)
	for _, size := range []int{60, 999, 9000} {
		ring := newFakeRing(size)
		r := NewRecorder(openDir(t, dir), -1, -1, "test", func(LiveSpec) (Ring, error) { return ring, nil })
		if _, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0"}); err != nil {
			t.Fatal(err)
		}
		ring.give(20_000)
		s := until(t, r, "ended", func(s LiveStatus) bool { return s.State != Running })
		if s.State != Failed || s.Error == nil || s.Error.Code != DiskFull || !strings.Contains(s.Reason, "bytes are free") {
			t.Errorf("size %d: %+v", size, s)
		}
		if n := len(numbers(t, dir, s)); s.Packets+s.Lost != 20_000 || uint64(n) != s.Packets || s.Lost == 0 {
			t.Errorf("size %d: %d in the file, %d written, %d lost", size, n, s.Packets, s.Lost)
		}
		if m := manifest(t, dir, s); m.State != Failed || m.Lost != s.Lost {
			t.Errorf("size %d: manifest %+v", size, m)
		}
		r.Close()
		if err := os.RemoveAll(filepath.Join(dir, "live")); err != nil { // room again
			t.Fatal(err)
		}
	}
}

func TestRemovedFilesAreNoticed(t *testing.T) {
	dir := t.TempDir()
	ring := newFakeRing(60)
	r := recorder(t, dir, ring)
	if _, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0"}); err != nil {
		t.Fatal(err)
	}
	ring.give(100)
	until(t, r, "written", func(s LiveStatus) bool { return s.Packets == 100 })
	if err := os.RemoveAll(filepath.Join(dir, "live")); err != nil {
		t.Fatal(err)
	}
	s := until(t, r, "ended", func(s LiveStatus) bool { return s.State != Running })
	if s.State != Failed || s.Packets != 0 || s.Lost != 100 || !strings.Contains(s.Reason, "removed") {
		t.Errorf("%+v", s)
	}
}

func TestLinksInTheDataFolderAreNotFollowed(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	if err := os.Symlink(other, filepath.Join(dir, "live")); err != nil {
		t.Fatal(err)
	}
	ring := newFakeRing(60)
	r := recorder(t, dir, ring)
	if _, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0"}); err == nil {
		t.Error("followed")
	}
	if list, _ := os.ReadDir(other); len(list) > 0 {
		t.Errorf("wrote %v", list)
	}
	if !ring.closed || len(r.Live()) != 0 {
		t.Error("something is left of the failed start")
	}
}

func TestCapturesBelongToTheOtherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := t.TempDir()
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	ring := newFakeRing(60)
	r := NewRecorder(openDir(t, dir), 65534, 65534, "test", func(LiveSpec) (Ring, error) { return ring, nil })
	defer r.Close()
	id, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0"})
	if errors.Is(err, os.ErrPermission) {
		t.Skip("another user cannot reach the folder: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := r.StopLive(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	n := 0
	err = filepath.Walk(filepath.Join(dir, "live"), func(path string, fi os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		n++
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		if st.Uid != 65534 || st.Gid != 65534 || st.Mode&0o077 != 0 {
			t.Errorf("%s: %d:%d %o", path, st.Uid, st.Gid, st.Mode)
		}
		return nil
	})
	if err != nil || n != 4 { // live, the capture, a segment, the manifest
		t.Errorf("%d files, %v", n, err)
	}
}

func TestFailedStartLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	r := NewRecorder(openDir(t, dir), -1, -1, "test", func(LiveSpec) (Ring, error) { return nil, unix.EPERM })
	_, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0"})
	if CodeOf(err) != Permission {
		t.Errorf("%v", err)
	}
	if list, _ := os.ReadDir(dir); len(list) > 0 {
		t.Errorf("left %v", list)
	}
}

// BenchmarkRecord writes small packets of a busy link.
func BenchmarkRecord(b *testing.B) {
	dir := b.TempDir()
	f, err := os.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	ring := newFakeRing(100)
	r := NewRecorder(f, -1, -1, "test", func(LiveSpec) (Ring, error) { return ring, nil })
	defer r.Close()
	id, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0", Files: 2, FileSize: 20 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	ring.give(b.N)
	if err := r.StopLive(context.Background(), id); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(100)
}
