package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sonde/probes/table"
)

// fake is a source whose feeds the test drives.
type fake struct {
	keep  int // above 0: an event topic
	fail  error
	start atomic.Int64
	stops atomic.Int64
	feeds chan *fakeFeed
}

type fakeFeed struct {
	src  *fake
	ch   chan *table.Table
	once sync.Once
	done chan struct{}
	err  error
}

type fakeEvents struct{ *fakeFeed }

func (f fakeEvents) Keep() int { return f.src.keep }

func newFake() *fake { return &fake{feeds: make(chan *fakeFeed, 100)} }

func (s *fake) Subscribe(string, map[string]string) (Feed, error) {
	if s.fail != nil {
		return nil, s.fail
	}
	s.start.Add(1)
	f := &fakeFeed{src: s, ch: make(chan *table.Table), done: make(chan struct{})}
	s.feeds <- f
	if s.keep > 0 {
		return fakeEvents{f}, nil
	}
	return f, nil
}
func (f *fakeFeed) C() <-chan *table.Table { return f.ch }
func (f *fakeFeed) Err() error             { return f.err }
func (f *fakeFeed) Close() {
	f.once.Do(func() { f.src.stops.Add(1); close(f.done) })
}

// put returns once the hub has taken the table before this one.
func (f *fakeFeed) put(t *table.Table) {
	select {
	case f.ch <- t:
	case <-f.done:
	}
}

func rows(kv ...string) *table.Table {
	t := &table.Table{Columns: []table.Column{{ID: "v", Title: "V", Type: table.Text}}}
	for i := 0; i < len(kv); i += 2 {
		t.Rows = append(t.Rows, table.Row{Key: kv[i], Cells: []table.Cell{kv[i+1]}})
	}
	return t
}

// page is what a browser does with messages.
type page struct {
	t       *testing.T
	s       *Sub
	wake    chan struct{}
	have    *table.Table
	gaps    uint64
	skipped uint64
	ended   error
}

func join(t *testing.T, h *Hub, topic string) *page {
	t.Helper()
	p := &page{t: t, wake: make(chan struct{}, 1)}
	s, err := h.Subscribe(topic, nil, func() {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	p.s = s
	return p
}

// next waits for a message and applies it; it gives the message's text.
func (p *page) next() string {
	for {
		if u, ok := p.s.Next(); ok {
			return p.apply(u)
		}
		<-p.wake
	}
}

func (p *page) apply(u Update) string {
	if u.Err != nil {
		p.ended = u.Err
		return ""
	}
	p.skipped += u.Skipped
	var m struct {
		ID       int
		From     uint64
		Version  uint64
		Gap      uint64
		Snapshot *table.Table
		Delta    *table.Delta
	}
	text := `{"id":1` + string(u.Tail)
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		p.t.Errorf("not JSON: %v: %s", err, text)
		return text
	}
	switch {
	case m.Gap > 0:
		p.gaps += m.Gap
	case m.Snapshot != nil:
		p.have = m.Snapshot
	case m.Delta != nil:
		if p.have == nil || p.have.Version != m.From && p.gaps == 0 {
			p.t.Errorf("delta from %d does not fit", m.From)
			return text
		}
		p.have = table.Apply(p.have, *m.Delta)
	default:
		p.t.Errorf("empty message %s", text)
	}
	if m.Gap == 0 {
		p.have.Version = m.Version
	}
	return text
}

func TestSnapshotThenDelta(t *testing.T) {
	h, src := New(), newFake()
	defer h.Close()
	h.Route("probe/", src)
	p := join(t, h, "probe/x")
	f := <-src.feeds
	f.put(rows("a", "1", "b", "2"))
	if m := p.next(); !strings.Contains(m, `"snapshot"`) || !strings.HasPrefix(m, `{"id":1,"version":1,`) {
		t.Errorf("first message: %s", m)
	}
	f.put(rows("a", "1", "c", "3"))
	m := p.next()
	if !strings.Contains(m, `"from":1,"version":2`) || !strings.Contains(m, `"set":[{"key":"c","cells":["3"]}],"del":["b"]`) {
		t.Errorf("second message: %s", m)
	}
	// A late one gets the newest at once, from the same producer.
	q := join(t, h, "probe/x")
	q.next()
	if d := cmp.Diff(p.have.Rows, q.have.Rows); d != "" {
		t.Error(d)
	}
	if n := src.start.Load(); n != 1 {
		t.Errorf("%d producers", n)
	}
}

func TestUnchangedTableIsNoVersion(t *testing.T) {
	h, src := New(), newFake()
	defer h.Close()
	h.Route("probe/", src)
	p := join(t, h, "probe/x")
	f := <-src.feeds
	f.put(rows("a", "1"))
	p.next()
	f.put(rows("a", "1"))
	f.put(rows("a", "2"))
	if m := p.next(); !strings.Contains(m, `"from":1,"version":2`) {
		t.Errorf("the unchanged table made a version: %s", m)
	}
}

func TestSlowSubscriberSkipsAndCatchesUp(t *testing.T) {
	for _, behind := range []int{3, history + 5} {
		h, src := New(), newFake()
		h.Route("probe/", src)
		p := join(t, h, "probe/x")
		f := <-src.feeds
		f.put(rows("a", "0"))
		p.next()
		for i := range behind {
			f.put(rows("a", fmt.Sprint(i+1), "b", "x"))
		}
		// An identical table is only taken after the last one was published.
		f.put(rows("a", fmt.Sprint(behind), "b", "x"))
		m := p.next()
		if p.have.Rows[0].Cells[0] != fmt.Sprint(behind) || p.skipped != uint64(behind-1) {
			t.Errorf("behind %d: has %v, skipped %d", behind, p.have.Rows[0], p.skipped)
		}
		if delta := strings.Contains(m, `"delta"`); delta != (behind < history) {
			t.Errorf("behind %d: %s", behind, m)
		}
		if _, more := p.s.Next(); more {
			t.Error("a backlog was kept")
		}
		h.Close()
	}
}

func TestProducerRunsFromFirstToLastSubscriber(t *testing.T) {
	h, src := New(), newFake()
	defer h.Close()
	h.Route("probe/", src)
	if src.start.Load() != 0 {
		t.Fatal("started without a subscriber")
	}
	a, b := join(t, h, "probe/x?b=1&a=2"), join(t, h, "probe/x?a=2&b=1")
	if src.start.Load() != 1 {
		t.Error("the same topic in other words started twice")
	}
	a.s.Close()
	a.s.Close()
	if src.stops.Load() != 0 {
		t.Error("stopped while one looks")
	}
	b.s.Close()
	if src.stops.Load() != 1 || h.Topics() != 0 {
		t.Error("went on with nobody looking")
	}
	join(t, h, "probe/x?a=2&b=1")
	if src.start.Load() != 2 {
		t.Error("did not start again")
	}
}

func TestEventsAreAllGivenOrTheGapIsTold(t *testing.T) {
	h, src := New(), newFake()
	defer h.Close()
	src.keep = 4
	h.Route("log/", src)
	p := join(t, h, "log/x")
	f := <-src.feeds
	f.put(rows()) // columns only
	if m := p.next(); !strings.Contains(m, `"rows":[]`) {
		t.Errorf("first: %s", m)
	}
	f.put(rows("1", "a", "2", "b"))
	f.put(rows()) // taken: the one before is published
	p.next()
	if len(p.have.Rows) != 2 {
		t.Errorf("has %v", p.have.Rows)
	}
	for i := 3; i <= 12; i++ {
		f.put(rows(fmt.Sprint(i), "x"))
	}
	f.put(rows())
	if m := p.next(); m != `{"id":1,"gap":6}` {
		t.Errorf("want the gap first, got %s", m)
	}
	p.next()
	if n := len(p.have.Rows); n != 6 || p.have.Rows[n-1].Key != "12" || p.have.Rows[2].Key != "9" {
		t.Errorf("has %v", p.have.Rows)
	}
	q := join(t, h, "log/x")
	q.next()
	if len(q.have.Rows) != 4 || q.gaps != 0 {
		t.Errorf("late one has %v, gaps %d", q.have.Rows, q.gaps)
	}
}

func TestEndIsTold(t *testing.T) {
	h, src := New(), newFake()
	defer h.Close()
	h.Route("probe/", src)
	p := join(t, h, "probe/x")
	f := <-src.feeds
	f.put(rows("a", "1"))
	p.next()
	gone := errors.New("no such process")
	f.err = gone
	close(f.ch)
	p.next()
	if !errors.Is(p.ended, gone) {
		t.Errorf("ended with %v", p.ended)
	}
	if _, more := p.s.Next(); more {
		t.Error("the end was told twice")
	}
	// Whoever comes now gets a new producer.
	join(t, h, "probe/x")
}

func TestErrors(t *testing.T) {
	h, src := New(), newFake()
	defer h.Close()
	h.Route("probe/", src)
	nop := func() {}
	if _, err := h.Subscribe("nobody", nil, nop); !errors.Is(err, ErrNoTopic) {
		t.Error(err)
	}
	for _, bad := range []string{"", "?a=b", "probe/x y", "probe/../x", "probe/\x00", "probe/x?%zz"} {
		if _, err := h.Subscribe(bad, nil, nop); !errors.Is(err, ErrBadTopic) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	src.fail = errors.New("no permission")
	if _, err := h.Subscribe("probe/x", nil, nop); !errors.Is(err, src.fail) {
		t.Error(err)
	}
	if h.Topics() != 0 {
		t.Error("a failed topic stays")
	}
	h.Close()
	if _, err := h.Subscribe("probe/x", nil, nop); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// Many pages come, read slowly or fast, and go, while producers publish. Each
// page's table must at any time be one that was published.
func TestHammer(t *testing.T) {
	h := New()
	var publishers sync.WaitGroup
	var started, stopped atomic.Int64
	src := SourceFunc(func(topic string, _ map[string]string) (Feed, error) {
		started.Add(1)
		s := newFake()
		f := &fakeFeed{src: s, ch: make(chan *table.Table, 1), done: make(chan struct{})}
		events := strings.HasPrefix(topic, "log/")
		if events {
			s.keep = 50
		}
		publishers.Add(1)
		go func() {
			defer publishers.Done()
			defer stopped.Add(1)
			for n := 0; ; n++ {
				t := &table.Table{Columns: rows().Columns}
				if events {
					t.Rows = []table.Row{{Key: fmt.Sprint(n), Cells: []table.Cell{int64(n)}}}
				} else {
					// All rows of a version hold its number, or an older one by a fixed rule.
					for i := range 20 {
						t.Rows = append(t.Rows, table.Row{Key: fmt.Sprint((n + i) % 30), Cells: []table.Cell{int64(n - n%(i+1))}})
					}
					t.Summary = map[string]table.Cell{"n": int64(n)}
				}
				select {
				case f.ch <- t:
				case <-f.done:
					return
				}
			}
		}()
		if events {
			return fakeEvents{f}, nil
		}
		return f, nil
	})
	h.Route("probe/", src)
	h.Route("log/", src)

	var pages sync.WaitGroup
	for i := range 24 {
		pages.Add(1)
		go func() {
			defer pages.Done()
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for range 4 {
				topic := []string{"probe/a", "probe/b", "log/a"}[r.IntN(3)]
				p := join(t, h, topic)
				var lastEvent, lastGaps int64 = -1, 0
				for range 1 + r.IntN(60) {
					p.next()
					if p.have == nil {
						continue
					}
					if topic == "log/a" {
						// Events follow each other without a hole that was not told.
						n := len(p.have.Rows)
						if n == 0 {
							continue
						}
						newest, _ := p.have.Rows[n-1].Cells[0].(float64)
						if lastEvent >= 0 && int64(newest) < lastEvent {
							t.Errorf("events went back from %d to %v", lastEvent, newest)
						}
						first, _ := p.have.Rows[0].Cells[0].(float64)
						if told := int64(newest-first) + 1 - int64(n); told != int64(p.gaps) && lastGaps == int64(p.gaps) {
							t.Errorf("%d events are missing, %d were told", told, p.gaps)
						}
						lastEvent, lastGaps = int64(newest), int64(p.gaps)
						continue
					}
					n, _ := p.have.Summary["n"].(float64)
					if len(p.have.Rows) != 20 {
						t.Errorf("version of %d rows", len(p.have.Rows))
					}
					for j, row := range p.have.Rows {
						if row.Key != fmt.Sprint((int(n)+j)%30) || row.Cells[0] != float64(int(n)-int(n)%(j+1)) {
							t.Errorf("row %d of version %v is %v", j, n, row)
							break
						}
					}
				}
				p.s.Close()
			}
		}()
	}
	pages.Wait()
	h.Close()
	publishers.Wait()
	if h.Topics() != 0 || started.Load() != stopped.Load() {
		t.Errorf("%d topics left, %d started, %d stopped", h.Topics(), started.Load(), stopped.Load())
	}
}

// One version of 2,000 processes, of which a tenth changes, for 100 open tabs.
func BenchmarkRefreshForHundredTabs(b *testing.B) {
	h := New()
	defer h.Close()
	src := newFake()
	h.Route("probe/", src)
	wake := make(chan struct{}, 1)
	subs := make([]*Sub, 100)
	for i := range subs {
		s, err := h.Subscribe("probe/x", nil, func() {
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		if err != nil {
			b.Fatal(err)
		}
		subs[i] = s
	}
	f := <-src.feeds
	var total int
	n := 0
	for b.Loop() {
		n++
		t := rows()
		for i := range 2000 {
			v := int64(0)
			if i%10 == n%10 {
				v = int64(n)
			}
			t.Rows = append(t.Rows, table.Row{Key: fmt.Sprint(i), Cells: []table.Cell{v, "root", "a command of usual length --with flags"}})
		}
		f.put(t)
		<-wake
		for _, s := range subs {
			if u, ok := s.Next(); ok {
				total += len(u.Tail)
			}
		}
	}
	b.ReportMetric(float64(total)/float64(b.N)/100, "bytes/tab")
}
