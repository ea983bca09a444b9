package keeper

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/net/bpf"

	"sonde/probes/table"
)

// stub is a backend that counts what it is asked to do.
type stub struct {
	mu      sync.Mutex
	feeds   []*stubFeed
	acts    []string
	open    atomic.Int64 // feeds
	block   chan struct{}
	changed chan struct{}
	lives   []LiveStatus
}

type stubFeed struct {
	s    *stub
	ch   chan *table.Table
	err  error
	once sync.Once
}

func (f *stubFeed) C() <-chan *table.Table { return f.ch }
func (f *stubFeed) Err() error             { return f.err }
func (f *stubFeed) Close()                 { f.once.Do(func() { f.s.open.Add(-1) }) }

// put conflates as the probe runner does.
func (f *stubFeed) put(t *table.Table) {
	for {
		select {
		case f.ch <- t:
			return
		default:
		}
		select {
		case <-f.ch:
		default:
		}
	}
}

func (s *stub) act(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts = append(s.acts, fmt.Sprintf(format, args...))
}

func (s *stub) done() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.acts...)
}

func (s *stub) Subscribe(topic string, args map[string]string) (Feed, error) {
	if topic == "none" {
		return nil, &Error{Code: NotFound, Message: "no such probe", Remedy: "look at the list"}
	}
	f := &stubFeed{s: s, ch: make(chan *table.Table, 1)}
	s.open.Add(1)
	s.mu.Lock()
	s.feeds = append(s.feeds, f)
	s.mu.Unlock()
	return f, nil
}

func (s *stub) Once(ctx context.Context, topic string, args map[string]string) (*table.Table, error) {
	if topic == "slow" {
		select {
		case <-ctx.Done():
			s.act("slow ended")
			return nil, ctx.Err()
		case <-s.block:
		}
	}
	return sample(7), nil
}

func (s *stub) Signal(_ context.Context, pid int, start uint64, sig string, force bool) error {
	s.act("signal %d %d %s %v", pid, start, sig, force)
	return nil
}
func (s *stub) Renice(_ context.Context, pid int, start uint64, nice int) error {
	s.act("renice %d %d %d", pid, start, nice)
	return nil
}
func (s *stub) Devices(context.Context) ([]Device, error)   { return []Device{{Name: "lo"}}, nil }
func (s *stub) Features(context.Context) ([]Feature, error) { return nil, nil }
func (s *stub) StartLive(_ context.Context, l LiveSpec) (string, error) {
	s.act("start %s %d", l.Interface, len(l.Program))
	return "live-1", nil
}
func (s *stub) StopLive(_ context.Context, id string) error { s.act("stop %s", id); return nil }
func (s *stub) Live() []LiveStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lives
}
func (s *stub) LiveChanged() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}
func (s *stub) Listening(a []string) { s.act("listening %s", strings.Join(a, " ")) }

func sample(version uint64) *table.Table {
	return &table.Table{
		Version: version,
		Columns: []table.Column{{ID: "pid", Title: "PID", Type: table.Int}, {ID: "cpu", Title: "%CPU", Type: table.Ratio, Unit: "1", Help: "h", Unavailable: "u"}},
		Rows: []table.Row{
			{Key: "1:5", Cells: []table.Cell{int64(math.MinInt64), 1.0, "a\x00b", nil, true, false}},
			{Key: "", Cells: nil},
			{Key: "k", Cells: []table.Cell{math.NaN(), math.Inf(-1), int64(math.MaxInt64)}},
		},
		Summary: map[string]table.Cell{"n": int64(3), "f": 2.5},
		Notes:   []table.Note{{Code: "partial", Text: "t", Remedy: "r"}},
	}
}

// connect gives a client of a served stub, and ends both with the test.
func connect(t testing.TB, s *stub, o Options) *Client {
	t.Helper()
	a, b, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- Serve(context.Background(), a, s, o) }()
	c, err := NewClient(context.Background(), b, o.Build)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if n := s.open.Load(); n != 0 {
			t.Errorf("%d feeds left open", n)
		}
	})
	return c
}

func TestVerbsReachTheBackend(t *testing.T) {
	s := &stub{}
	c := connect(t, s, Options{Build: "x"})
	ctx := context.Background()
	if err := c.Signal(ctx, 4, 99, "TERM", true); err != nil {
		t.Fatal(err)
	}
	if err := c.Renice(ctx, 5, 98, -3); err != nil {
		t.Fatal(err)
	}
	id, err := c.StartLive(ctx, LiveSpec{Interface: "eth0", Program: make([]bpf.RawInstruction, 3)})
	if err != nil || id != "live-1" {
		t.Fatal(id, err)
	}
	if err := c.StopLive(ctx, id); err != nil {
		t.Fatal(err)
	}
	if err := c.Listening(ctx, []string{"127.0.0.1:7777"}); err != nil {
		t.Fatal(err)
	}
	if d, err := c.Devices(ctx); err != nil || len(d) != 1 || d[0].Name != "lo" {
		t.Fatal(d, err)
	}
	if f, err := c.Features(ctx); err != nil || f == nil {
		t.Fatal(f, err)
	}
	want := []string{"signal 4 99 TERM true", "renice 5 98 -3", "start eth0 3", "stop live-1", "listening 127.0.0.1:7777"}
	if d := cmp.Diff(want, s.done()); d != "" {
		t.Error(d)
	}
}

func TestTablesCrossUnchanged(t *testing.T) {
	c := connect(t, &stub{}, Options{Build: "x"})
	got, err := c.Once(context.Background(), "anything", map[string]string{"a": "b"})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(7), got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
}

func TestErrorsKeepCodeAndRemedy(t *testing.T) {
	c := connect(t, &stub{}, Options{Build: "x"})
	_, err := c.Subscribe("none", nil)
	var e *Error
	if !errors.As(err, &e) || e.Code != NotFound || e.Remedy != "look at the list" {
		t.Fatalf("%#v", err)
	}
	if !errors.Is(err, &Error{Code: NotFound}) {
		t.Error("not of its kind")
	}
}

// A peer that reads late gets the newest table, and few before it: what the
// socket held, never a queue.
func TestSlowPeerSkipsVersions(t *testing.T) {
	s := &stub{}
	a, b, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- Serve(context.Background(), a, s, Options{Build: "x"}) }()
	w := &writer{w: b}
	if err := w.json(VerbHello, 1, hello{Build: "x", Protocol: protocol}); err != nil {
		t.Fatal(err)
	}
	m, buf, err := readMessage(b, nil, maxAnswer)
	if err != nil || m.verb != VerbOK {
		t.Fatal(m, err)
	}
	if err := w.json(VerbSubscribe, 2, query{Topic: "big"}); err != nil {
		t.Fatal(err)
	}
	if m, buf, err = readMessage(b, buf, maxAnswer); err != nil || m.verb != VerbOK || m.id != 2 {
		t.Fatal(m, err)
	}
	s.mu.Lock()
	f := s.feeds[0]
	s.mu.Unlock()
	const last = 5000
	for v := uint64(1); v <= last; v++ {
		big := sample(v)
		big.Summary["pad"] = strings.Repeat("x", 16<<10)
		f.put(big)
	}
	seen, before := 0, uint64(0)
	for before != last {
		if m, buf, err = readMessage(b, buf, maxAnswer); err != nil {
			t.Fatal(err)
		}
		tab, err := parseTable(m.payload)
		if err != nil {
			t.Fatal(err)
		}
		if tab.Version <= before {
			t.Fatalf("version %d after %d", tab.Version, before)
		}
		before = tab.Version
		seen++
	}
	if seen > last/10 {
		t.Errorf("%d of %d versions queued up", seen, last)
	}
	b.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestClientFeedHoldsTheNewest(t *testing.T) {
	s := &stub{}
	c := connect(t, s, Options{Build: "x"})
	f, err := c.Subscribe("p", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	src := s.feeds[0]
	s.mu.Unlock()
	for v := uint64(1); v <= 100; v++ {
		src.put(sample(v))
	}
	for tab := range f.C() {
		if tab.Version == 100 {
			break
		}
	}
	src.err = &Error{Code: Gone, Message: "no such process"}
	close(src.ch)
	for range f.C() {
	}
	if CodeOf(f.Err()) != Gone {
		t.Errorf("ended with %v", f.Err())
	}
}

func TestOtherBuildIsRefused(t *testing.T) {
	a, b, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	s := &stub{}
	served := make(chan error, 1)
	go func() { served <- Serve(context.Background(), a, s, Options{Build: "new"}) }()
	if _, err := NewClient(context.Background(), b, "old"); err == nil || !strings.Contains(err.Error(), "different builds") {
		t.Errorf("client: %v", err)
	}
	if err := <-served; err == nil {
		t.Error("keeper went on")
	}
}

func TestNothingBeforeHello(t *testing.T) {
	for verb := range 256 {
		if Verb(verb) == VerbHello {
			continue
		}
		a, b, err := Pair()
		if err != nil {
			t.Fatal(err)
		}
		s := &stub{}
		served := make(chan error, 1)
		go func() { served <- Serve(context.Background(), a, s, Options{}) }()
		w := &writer{w: b}
		_ = w.json(Verb(verb), 1, signalArgs{PID: 1, Sig: "KILL"})
		if err := <-served; err == nil {
			t.Errorf("verb %d was taken", verb)
		}
		b.Close()
		if d := s.done(); len(d) > 0 {
			t.Errorf("verb %d acted: %v", verb, d)
		}
	}
}

func TestReadOnlyRefusesActs(t *testing.T) {
	s := &stub{}
	c := connect(t, s, Options{Build: "x", ReadOnly: true})
	ctx := context.Background()
	_, live := c.StartLive(ctx, LiveSpec{Interface: "lo"})
	for i, err := range []error{c.Signal(ctx, 4, 1, "TERM", false), c.Renice(ctx, 4, 1, 1), live, c.StopLive(ctx, "live-1")} {
		if CodeOf(err) != ReadOnly {
			t.Errorf("act %d: %v", i, err)
		}
	}
	if d := s.done(); len(d) > 0 {
		t.Errorf("acted: %v", d)
	}
}

func TestCanceledRequestStopsItsWork(t *testing.T) {
	s := &stub{block: make(chan struct{})}
	c := connect(t, s, Options{Build: "x"})
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error, 1)
	go func() {
		_, err := c.Once(ctx, "slow", nil)
		failed <- err
	}()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	// The keeper still answers, and its bound on requests is not eaten.
	for range 2 * maxInFlight {
		if _, err := c.Once(context.Background(), "quick", nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSilentFaceIsGivenUp(t *testing.T) {
	a, b, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := Serve(context.Background(), a, &stub{}, Options{Heartbeat: 10 * time.Millisecond}); !errors.Is(err, ErrHeartbeat) {
		t.Errorf("got %v", err)
	}
}

func TestPendingCallsEndWithTheConnection(t *testing.T) {
	s := &stub{block: make(chan struct{})}
	a, b, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, a, s, Options{}) }()
	c, err := NewClient(context.Background(), b, "")
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Subscribe("p", nil)
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := c.Once(context.Background(), "slow", nil)
		failed <- err
	}()
	cancel()
	if err := <-failed; CodeOf(err) != Closed && CodeOf(err) != Canceled {
		t.Error(err)
	}
	for range f.C() {
	}
	<-c.Done()
	if err := <-served; err != nil {
		t.Error(err)
	}
	// The captures and probes are the backend's: a new face finds them.
	c = connect(t, s, Options{})
	if _, err := c.Once(context.Background(), "quick", nil); err != nil {
		t.Error(err)
	}
}

// One million messages of every shape: nothing crashes, nothing outside the list
// happens, no descriptor stays. With -short a tenth.
func TestRandomMessages(t *testing.T) {
	total := 1_000_000
	if testing.Short() {
		total /= 10
	}
	rng := rand.New(rand.NewPCG(1, 2))
	seeds := fuzzSeeds()
	before := openFiles(t)
	s := &stub{block: make(chan struct{})}
	close(s.block)
	for sent := 0; sent < total; {
		a, b, err := Pair()
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- Serve(context.Background(), a, s, Options{Build: "x"}) }()
		go func() { // the answers are read, or both sides would wait
			var sink [64 << 10]byte
			for {
				if _, err := b.Read(sink[:]); err != nil {
					return
				}
			}
		}()
		w := &writer{w: b}
		_ = w.json(VerbHello, 1, hello{Build: "x", Protocol: protocol})
		for range 20_000 {
			m := seeds[rng.IntN(len(seeds))]
			p := append([]byte(nil), m.payload...)
			for range rng.IntN(3) {
				if len(p) > 0 {
					p[rng.IntN(len(p))] = byte(rng.Uint32())
				}
			}
			if rng.IntN(8) == 0 {
				p = p[:rng.IntN(len(p)+1)]
			}
			verb := m.verb
			if rng.IntN(16) == 0 {
				verb = Verb(rng.Uint32())
			}
			sent++
			if w.send(verb, rng.Uint32N(1000), func(b []byte) ([]byte, error) { return append(b, p...), nil }) != nil {
				break
			}
		}
		b.Close()
		<-served
	}
	for _, act := range s.done() {
		switch word, _, _ := strings.Cut(act, " "); word {
		case "signal", "renice", "start", "stop", "listening", "slow":
		default:
			t.Errorf("acted: %s", act)
		}
		if strings.HasPrefix(act, "signal 0 ") || strings.HasPrefix(act, "signal -") {
			t.Errorf("group signal passed: %s", act)
		}
	}
	if n := s.open.Load(); n != 0 {
		t.Errorf("%d feeds left open", n)
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc: ", err)
	}
	return len(list)
}

func fuzzSeeds() []message {
	one := func(verb Verb, s string) message { return message{verb: verb, payload: []byte(s)} }
	return []message{
		one(VerbHello, `{"build":"x","protocol":1,"pid":3}`),
		one(VerbSubscribe, `{"topic":"processes","args":{"sort":"cpu"}}`),
		one(VerbUnsubscribe, ``),
		one(VerbOnce, `{"topic":"slow"}`),
		one(VerbSignal, `{"pid":12,"start":5,"sig":"TERM"}`),
		one(VerbSignal, `{"pid":-1,"start":5,"sig":"KILL","force":true}`),
		one(VerbRenice, `{"pid":12,"start":5,"nice":19}`),
		one(VerbDevices, ``),
		one(VerbFeatures, ``),
		one(VerbStartLive, `{"interface":"eth0","link":1,"program":[{"Op":6,"Jt":0,"Jf":0,"K":262144}],"files":4,"filesize":100000000}`),
		one(VerbStopLive, `{"id":"live-1"}`),
		one(VerbLive, ``),
		one(VerbPing, ``),
		one(VerbListening, `{"addrs":["127.0.0.1:7777"]}`),
		one(VerbCancel, ``),
		one(VerbTable, "\x01\x00\x00\x00\x00"),
	}
}

// FuzzServe feeds raw bytes to the keeper's end of the socket.
func FuzzServe(f *testing.F) {
	for _, m := range fuzzSeeds() {
		var sb strings.Builder
		w := &writer{w: &sb}
		_ = w.json(VerbHello, 1, hello{Build: "x", Protocol: protocol})
		_ = w.send(m.verb, 2, func(b []byte) ([]byte, error) { return append(b, m.payload...), nil })
		f.Add([]byte(sb.String()))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		near, far := net.Pipe()
		s := &stub{block: make(chan struct{})}
		close(s.block)
		served := make(chan error, 1)
		go func() { served <- Serve(context.Background(), near, s, Options{Build: "x"}) }()
		drained := make(chan struct{})
		go func() {
			defer close(drained)
			var sink [4096]byte
			for {
				if _, err := far.Read(sink[:]); err != nil {
					return
				}
			}
		}()
		_, _ = far.Write(b)
		far.Close()
		<-served
		<-drained
		for _, act := range s.done() {
			if strings.HasPrefix(act, "signal 0 ") || strings.HasPrefix(act, "signal -") {
				t.Errorf("group signal passed: %s", act)
			}
		}
		if n := s.open.Load(); n != 0 {
			t.Errorf("%d feeds left open", n)
		}
	})
}

// FuzzTable: what parses is written again as the same table.
func FuzzTable(f *testing.F) {
	b, err := appendTable(nil, sample(3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		tab, err := parseTable(b)
		if err != nil {
			return
		}
		again, err := appendTable(nil, tab)
		if err != nil {
			t.Fatal(err)
		}
		back, err := parseTable(again)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tab, back, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); d != "" {
			t.Error(d)
		}
	})
}

// BenchmarkPushProcesses sends a list of 1,000 processes of 20 columns across.
func BenchmarkPushProcesses(b *testing.B) {
	t := &table.Table{Columns: make([]table.Column, 20)}
	for i := range 1000 {
		r := table.Row{Key: fmt.Sprint(i, ":77")}
		for j := range 20 {
			switch j % 3 {
			case 0:
				r.Cells = append(r.Cells, int64(i*j))
			case 1:
				r.Cells = append(r.Cells, float64(i)/7)
			default:
				r.Cells = append(r.Cells, "some text of a cell")
			}
		}
		t.Rows = append(t.Rows, r)
	}
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		var err error
		if buf, err = appendTable(buf[:0], t); err != nil {
			b.Fatal(err)
		}
		if _, err := parseTable(buf); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
}
