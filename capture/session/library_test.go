package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"sonde/capture/frame"
	_ "sonde/capture/proto"
	"sonde/capture/proto/prototest"
	"sonde/capture/sink"
)

// mix is a small capture with TCP, UDP, DNS and ARP in it.
func mix() [][]byte {
	query := append([]byte{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, "\x03www\x07example\x03com\x00\x00\x01\x00\x01"...)
	answer := append([]byte{0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0}, "\x03www\x07example\x03com\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\xc0\x00\x02\x01"...)
	out := [][]byte{
		prototest.Ether(0x0806, []byte{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2}),
		prototest.UDPFrame(false, 40000, 53, query),
		prototest.UDPFrame(true, 40000, 53, answer),
	}
	out = append(out, prototest.TCPFrames(7, 0, prototest.Talk{Data: []byte("hello server")}, prototest.Talk{Back: true, Data: []byte("hello client")})...)
	return append(out, prototest.UDPFrame(false, 40001, 9, []byte("discard")))
}

// pcapOf writes frames as a pcap file, a millisecond apart.
func pcapOf(t testing.TB, frames [][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := sink.NewPcap(&b, frame.LinkEthernet, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range prototest.Make(frame.LinkEthernet, frames...).Frames {
		if err := w.Write(&f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func repeat(frames [][]byte, n int) [][]byte {
	var out [][]byte
	for range n {
		out = append(out, frames...)
	}
	return out
}

func newLib(t testing.TB, opt Options) *Library {
	t.Helper()
	l, err := NewLibrary(t.TempDir(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// ready imports frames and waits until all are learned.
func ready(t testing.TB, l *Library, frames [][]byte) string {
	t.Helper()
	return readyFile(t, l, pcapOf(t, frames))
}

func readyFile(t testing.TB, l *Library, file []byte) string {
	t.Helper()
	st, err := l.Import(context.Background(), "test.pcap", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	until(t, l, st.ID, func(s Status) bool { return s.State == Ready })
	return st.ID
}

// until waits for a state of a capture.
func until(t testing.TB, l *Library, id string, ok func(Status) bool) Status {
	t.Helper()
	c, err := l.get(id)
	if err != nil {
		t.Fatal(err)
	}
	patience := time.After(time.Minute)
	for {
		_, changed := c.watch()
		s := c.Status()
		if ok(s) {
			return s
		}
		select {
		case <-changed:
		case <-patience:
			t.Fatalf("it stays at %+v", s)
		}
	}
}

func rows(t testing.TB, l *Library, id, filter string, from, limit int) *RowsPage {
	t.Helper()
	p, err := l.Rows(context.Background(), id, RowsQuery{Filter: filter, From: from, Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestImportCanBeLookedAtWhileItArrives(t *testing.T) {
	l := newLib(t, Options{})
	file := pcapOf(t, repeat(mix(), 20))
	half := len(file) / 2
	r, w := io.Pipe()
	got := make(chan Status, 1)
	go func() {
		st, err := l.Import(context.Background(), "slow", r, int64(len(file)))
		if err != nil {
			t.Error(err)
		}
		got <- st
	}()
	w.Write(file[:half])
	patience := time.After(time.Minute)
	for {
		_, changed := l.watch()
		if list := l.List(); len(list) == 1 && list[0].Packets > 50 {
			if list[0].State != Receiving {
				t.Errorf("state %s while it arrives", list[0].State)
			}
			p := rows(t, l, list[0].ID, "", 0, 5)
			if len(p.Rows) != 5 || p.Rows[1].Cells[4] != "DNS" {
				t.Errorf("rows while it arrives: %+v", p.Rows)
			}
			if !p.Partial {
				t.Error("the page does not say that more will come")
			}
			break
		}
		select {
		case <-changed:
		case <-patience:
			t.Fatal("nothing to see of a half-received capture")
		}
	}
	w.Write(file[half:])
	w.Close()
	st := <-got
	until(t, l, st.ID, func(s Status) bool { return s.State == Ready && s.Packets == 20*len(mix()) })
}

func TestWhatIsNoCaptureLeavesNothing(t *testing.T) {
	for name, b := range map[string][]byte{"empty": nil, "html": []byte("<!doctype html><html></html>"), "short": {0xd4, 0xc3, 0xb2, 0xa1}, "gzip": {0x1f, 0x8b, 8, 0, 0}} {
		t.Run(name, func(t *testing.T) {
			l := newLib(t, Options{})
			_, err := l.Import(context.Background(), name, bytes.NewReader(b), -1)
			if err == nil {
				t.Fatal("taken for a capture")
			}
			if name == "html" && !errors.Is(err, ErrNotCapture) {
				t.Errorf("not an ErrNotCapture: %v", err)
			}
			nothingLeft(t, l)
		})
	}
}

func TestCutOffUploadLeavesNothing(t *testing.T) {
	l := newLib(t, Options{})
	file := pcapOf(t, mix())
	_, err := l.Import(context.Background(), "cut", io.MultiReader(bytes.NewReader(file[:200]), &failing{}), int64(len(file)))
	if !errors.Is(err, errFailing) {
		t.Errorf("said %v", err)
	}
	nothingLeft(t, l)
}

var errFailing = errors.New("the line broke")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errFailing }

func nothingLeft(t *testing.T, l *Library) {
	t.Helper()
	if list := l.List(); len(list) != 0 {
		t.Errorf("listed: %+v", list)
	}
	left, err := os.ReadDir(l.dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestDamageIsSaidAndPacketsBeforeItShow(t *testing.T) {
	l := newLib(t, Options{})
	file := pcapOf(t, mix())
	id := readyFile(t, l, file[:len(file)-3])
	s := until(t, l, id, func(s Status) bool { return s.State == Ready })
	if s.Packets != len(mix())-1 || s.Damage == nil || s.Damage.Offset <= 24 || s.Damage.Packet != s.Packets {
		t.Errorf("%+v %+v", s, s.Damage)
	}
}

func TestDeleteRemovesTheFileAndEndsReaders(t *testing.T) {
	l := newLib(t, Options{})
	id := ready(t, l, repeat(mix(), 300))
	var wg sync.WaitGroup
	begun := make(chan struct{}, 8)
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := 0; ; k++ {
				_, err := l.Rows(context.Background(), id, RowsQuery{Filter: fmt.Sprintf("frame.number > %d && tcp", k*i), Limit: 50})
				if err != nil {
					if !errors.Is(err, ErrNotFound) && !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					return
				}
				if k == 0 {
					begun <- struct{}{}
				}
			}
		}()
	}
	for range 8 {
		<-begun
	}
	if err := l.Delete(id); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	nothingLeft(t, l)
	if err := l.Delete(id); !errors.Is(err, ErrNotFound) {
		t.Errorf("a second delete: %v", err)
	}
}

func TestDeleteEndsFeeds(t *testing.T) {
	l := newLib(t, Options{})
	id := ready(t, l, mix())
	for _, topic := range []string{"capture/" + id + "/status", "tap/conv,tcp"} {
		f, err := l.Subscribe(topic, map[string]string{"capture": id})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		<-f.C()
		defer func() {
			for range f.C() {
			}
			if !errors.Is(f.Err(), ErrNotFound) {
				t.Errorf("%s ended with %v", topic, f.Err())
			}
		}()
	}
	if err := l.Delete(id); err != nil {
		t.Fatal(err)
	}
}

func TestCapturesAreThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	l, err := NewLibrary(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	id := ready(t, l, mix())
	before := rows(t, l, id, "tcp", 0, 100)
	half := filepath.Join(l.dir, "halfreceived")
	os.Mkdir(half, 0o700)
	os.WriteFile(filepath.Join(half, partName), []byte("x"), 0o600)
	l.Close()

	l, err = NewLibrary(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Error("a half-received upload is still there")
	}
	if s, err := l.Status(id); err != nil || s.Name != "test.pcap" {
		t.Fatalf("%+v %v", s, err)
	}
	until(t, l, id, func(s Status) bool { rows(t, l, id, "", 0, 1); return s.State == Ready && s.Packets == len(mix()) })
	after := rows(t, l, id, "tcp", 0, 100)
	if fmt.Sprint(before.Rows) != fmt.Sprint(after.Rows) {
		t.Errorf("before %v\nafter %v", before.Rows, after.Rows)
	}
}

func TestIdleCapturesAreClosed(t *testing.T) {
	l := newLib(t, Options{MaxOpen: 2})
	var ids []string
	for range 5 {
		ids = append(ids, ready(t, l, mix()))
	}
	for range 3 {
		for _, id := range ids {
			if p := rows(t, l, id, "", 0, 100); len(p.Rows) == 0 {
				t.Fatal("no rows")
			}
			until(t, l, id, func(s Status) bool { return s.State == Ready })
		}
	}
	open := 0
	for _, id := range ids {
		c, _ := l.get(id)
		c.mu.Lock()
		if c.opened {
			open++
		}
		c.mu.Unlock()
	}
	if open > 2 {
		t.Errorf("%d captures are open", open)
	}
}

// Everything at once, over a capture that still grows: for the race detector.
func TestManyReadersOfAGrowingCapture(t *testing.T) {
	l := newLib(t, Options{MaxOpen: 1})
	file := pcapOf(t, repeat(mix(), 100))
	other := ready(t, l, mix())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := l.Import(context.Background(), "grows", r, int64(len(file)))
		done <- err
	}()
	w.Write(file[:4000])
	var id string
	for id == "" {
		_, changed := l.watch()
		for _, s := range l.List() {
			if s.ID != other {
				id = s.ID
			}
		}
		if id == "" {
			<-changed
		}
	}
	ctx := context.Background()
	feed, err := l.Subscribe("tap/conv,udp", map[string]string{"capture": id})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	work := []func(i int) error{
		func(i int) error { _, err := l.Rows(ctx, id, RowsQuery{From: i * 10, Limit: 20}); return err },
		func(i int) error {
			_, err := l.Rows(ctx, id, RowsQuery{Filter: "dns || tcp.stream == 1", Limit: 20})
			return err
		},
		func(i int) error {
			_, err := l.Rows(ctx, id, RowsQuery{Filter: fmt.Sprintf("frame.len > %d", i), Limit: 20})
			return err
		},
		func(i int) error { _, err := l.Stat(ctx, id, StatQuery{Name: "io,phs"}); return err },
		func(i int) error { _, err := l.Stat(ctx, id, StatQuery{Name: "conv,tcp", Filter: "tcp"}); return err },
		func(i int) error { _, err := l.Packet(ctx, id, uint32(i+1)); return err },
		func(i int) error { _, err := l.Strip(ctx, id, "udp", 100); return err },
		func(i int) error { _, err := l.Complete(ctx, id, "udp.port == ", 12); return err },
		func(i int) error { _, err := l.Follow(ctx, id, "udp", 0, ""); return err },
		func(i int) error { return l.Export(ctx, id, "dns", "csv", io.Discard) },
		func(i int) error { _, err := l.Rows(ctx, other, RowsQuery{Limit: 5}); return err },
		func(i int) error { l.List(); return nil },
	}
	for _, f := range work {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 8 {
				if err := f(i); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	for at := 4000; at < len(file); at += 3000 {
		w.Write(file[at:min(at+3000, len(file))])
	}
	w.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	wg.Wait()
	feed.Close()
	until(t, l, id, func(s Status) bool { return s.State == Ready && s.Packets == 100*len(mix()) })
}

func TestLiveSegmentsGrow(t *testing.T) {
	l := newLib(t, Options{})
	dir := t.TempDir()
	frames := mix()
	segment := func(name string, frames [][]byte) {
		var b bytes.Buffer
		w, err := sink.NewPcapng(&b, &frame.Info{Interfaces: []frame.Interface{{Name: "veth0", Link: frame.LinkEthernet, TimeDigits: 9}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range prototest.Make(frame.LinkEthernet, frames...).Frames {
			if err := w.Write(&f); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	live := Live{ID: "live-veth0", Interface: "veth0", Dir: dir, Running: true, Link: frame.LinkEthernet}
	l.SetLive([]Live{live})
	if p := rows(t, l, live.ID, "", 0, 10); p.Total != 0 || !p.Partial {
		t.Errorf("without a packet: %+v", p)
	}
	segment("1.pcapng", frames[:5])
	live.Segments = []string{"1.pcapng"}
	l.SetLive([]Live{live})
	until(t, l, live.ID, func(s Status) bool { return s.Packets == 5 })
	if s, _ := l.Status(live.ID); s.State != Running {
		t.Errorf("state %s", s.State)
	}
	if err := l.Delete(live.ID); err == nil {
		t.Error("a running capture was deleted")
	}
	segment("2.pcapng", frames[5:])
	live.Segments = append(live.Segments, "2.pcapng")
	live.Running = false
	l.SetLive([]Live{live})
	s := until(t, l, live.ID, func(s Status) bool { return s.State == Ready && s.Packets == len(frames) })
	if s.Source != "live veth0" {
		t.Errorf("source %q", s.Source)
	}
	st, err := l.Follow(context.Background(), live.ID, "tcp", 0, "")
	if err != nil || len(st.Chunks) != 2 {
		t.Errorf("a stream over both segments: %+v %v", st, err)
	}
}

// A file that somebody cuts while it is read costs its packets, not the program.
func TestFileCutWhileItIsRead(t *testing.T) {
	l := newLib(t, Options{})
	id := ready(t, l, repeat(mix(), 2000))
	c, _ := l.get(id)
	if err := os.Truncate(c.path, 5000); err != nil {
		t.Fatal(err)
	}
	n := 2000 * len(mix())
	if p, err := l.Rows(context.Background(), id, RowsQuery{Filter: `frame contains "hello"`, Limit: 10}); err != nil || len(p.Rows) == 0 {
		t.Errorf("rows before the cut: %v %v", p, err)
	}
	if _, err := l.Packet(context.Background(), id, uint32(n)); err == nil {
		t.Error("a packet that is gone was shown")
	}
	if _, err := l.Stat(context.Background(), id, StatQuery{Name: "conv,tcp"}); err != nil {
		t.Error(err)
	}
	if err := l.Export(context.Background(), id, "", "json", io.Discard); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("export said %v", err)
	}
}

// A pcapng file that arrives byte by byte is recognised, too.
func TestImportOfPcapng(t *testing.T) {
	var b bytes.Buffer
	w, err := sink.NewPcapng(&b, &frame.Info{Hardware: "hardware", OS: "system", Application: "test", Interfaces: []frame.Interface{{Name: "eth0", Link: frame.LinkEthernet, TimeDigits: 9}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range prototest.Make(frame.LinkEthernet, mix()...).Frames {
		if err := w.Write(&f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l := newLib(t, Options{})
	st, err := l.Import(context.Background(), "x", iotest.OneByteReader(&b), -1)
	if err != nil {
		t.Fatal(err)
	}
	until(t, l, st.ID, func(s Status) bool { return s.State == Ready && s.Packets == len(mix()) && s.Damage == nil })
}

// A capture without packets is one.
func TestImportOfNoPackets(t *testing.T) {
	l := newLib(t, Options{})
	if p := rows(t, l, ready(t, l, nil), "", 0, 10); p.Total != 0 || p.Partial {
		t.Errorf("%+v", p)
	}
}
