package probes

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sonde/probes/table"
)

// counting is a sampler whose one cell is the number of the sample.
type counting struct {
	n      int
	closed *atomic.Int32
	fail   func(n int) error
	takes  time.Duration
}

func (c *counting) Sample(now time.Time) (*table.Table, error) {
	c.n++
	time.Sleep(c.takes) // inside a synctest bubble: no real time
	if c.fail != nil {
		if err := c.fail(c.n); err != nil {
			return nil, err
		}
	}
	return &table.Table{Columns: []table.Column{{ID: "n"}}, Rows: []table.Row{{Key: "k", Cells: []table.Cell{int64(c.n)}}}}, nil
}

func (c *counting) Close() error { c.closed.Add(1); return nil }

func number(t *table.Table) int64 { return t.Rows[0].Cells[0].(int64) }

type fake struct {
	made, closed atomic.Int32
	probe        Probe
}

func newFake(rates bool, fail func(int) error, takes time.Duration) *fake {
	f := &fake{}
	f.probe = Probe{Name: "fake", Interval: time.Second, Rates: rates, Args: []string{"pid"}, New: func(Args) (Sampler, error) {
		f.made.Add(1)
		return &counting{closed: &f.closed, fail: fail, takes: takes}, nil
	}}
	return f
}

func TestCollectorIsSharedAndStopsWithTheLastSubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(false, nil, 0)
		r := NewRunner(Options{Probes: []Probe{f.probe}})
		a, err := r.Subscribe("fake", Args{"sort": "-cpu"})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := r.Subscribe("fake", Args{"sort": "pid"})
		other, _ := r.Subscribe("fake", Args{"pid": "1"})
		if f.made.Load() != 2 {
			t.Errorf("%d samplers: a page's sort order must not make one of its own", f.made.Load())
		}
		if x, y := <-a.C(), <-b.C(); x != y {
			t.Error("two readings for two subscribers of one topic")
		}
		a.Close()
		a.Close()
		synctest.Wait()
		if f.closed.Load() != 0 {
			t.Error("stopped while b still looks")
		}
		b.Close()
		other.Close()
		synctest.Wait()
		if f.closed.Load() != 2 {
			t.Errorf("%d samplers closed, want 2", f.closed.Load())
		}
		if _, ok := <-b.C(); ok {
			t.Error("a closed subscription delivers")
		}
		c, _ := r.Subscribe("fake", nil)
		if f.made.Load() != 3 || number(<-c.C()) != 1 {
			t.Error("a new subscriber must start anew")
		}
		r.Close()
		if f.closed.Load() != 3 {
			t.Error("Close does not wait for the collectors")
		}
		if _, err := r.Subscribe("fake", nil); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestSlowReaderGetsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(false, nil, 0)
		r := NewRunner(Options{Probes: []Probe{f.probe}})
		defer r.Close()
		s, _ := r.Subscribe("fake", nil)
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		got := <-s.C()
		if number(got) != 11 {
			t.Errorf("sample %d after 10 s, want 11", number(got))
		}
		next := <-s.C()
		if number(next) != 12 || next.Version <= got.Version {
			t.Errorf("then sample %d version %d after %d", number(next), next.Version, got.Version)
		}
	})
}

func TestOnceTakesTwoReadingsForRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(true, nil, 0)
		r := NewRunner(Options{Probes: []Probe{f.probe}})
		defer r.Close()
		began := time.Now()
		got, err := r.Once(context.Background(), "fake", nil)
		if err != nil || number(got) != 2 || time.Since(began) != firstGap {
			t.Errorf("sample %v after %v, %v", got, time.Since(began), err)
		}
		// With a collector running there is history: at once.
		s, _ := r.Subscribe("fake", nil)
		defer s.Close()
		time.Sleep(5 * time.Second)
		began = time.Now()
		if got, err = r.Once(context.Background(), "fake", nil); err != nil || time.Since(began) != 0 || number(got) < 5 {
			t.Errorf("sample %v after %v, %v", got, time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if _, err := r.Once(ctx, "fake", Args{"pid": "7"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("deadline: %v", err)
		}
		if _, err := r.Once(context.Background(), "nosuch", nil); !errors.Is(err, ErrNoProbe) {
			t.Errorf("unknown topic: %v", err)
		}
	})
}

func TestShortestIntervalWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(false, nil, 0)
		r := NewRunner(Options{Probes: []Probe{f.probe}})
		defer r.Close()
		a, _ := r.Subscribe("fake", nil)
		b, _ := r.Subscribe("fake", nil)
		a.SetInterval(10 * time.Second)
		b.SetInterval(5 * time.Second)
		synctest.Wait()
		<-a.C()
		began := time.Now()
		<-a.C()
		if d := time.Since(began); d != 5*time.Second {
			t.Errorf("refreshed after %v, want 5 s", d)
		}
		b.Close()
		began = time.Now()
		<-a.C()
		if d := time.Since(began); d != 10*time.Second {
			t.Errorf("refreshed after %v, want 10 s", d)
		}
		a.SetInterval(time.Nanosecond)
		<-a.C()
		began = time.Now()
		<-a.C()
		if d := time.Since(began); d != minInterval {
			t.Errorf("refreshed after %v, want %v", d, minInterval)
		}
	})
}

func TestSlowProbeSlowsDownAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(false, nil, 500*time.Millisecond)
		r := NewRunner(Options{Probes: []Probe{f.probe}})
		defer r.Close()
		s, _ := r.Subscribe("fake", nil)
		defer s.Close()
		got := <-s.C()
		if len(got.Notes) != 1 || got.Notes[0].Code != "slowed" {
			t.Errorf("notes %v", got.Notes)
		}
		began := time.Now()
		<-s.C()
		if d := time.Since(began); d != 2*time.Second {
			t.Errorf("next after %v, want 2 s", d)
		}
	})
}

func TestFailedReadingKeepsTheLastTableAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		boom := errors.New("read stat: i/o error")
		f := newFake(false, func(n int) error {
			if n == 2 || n == 3 {
				return boom
			}
			return nil
		}, 0)
		r := NewRunner(Options{Probes: []Probe{f.probe}})
		defer r.Close()
		s, _ := r.Subscribe("fake", nil)
		defer s.Close()
		first := <-s.C()
		for range 2 {
			stale := <-s.C()
			if number(stale) != 1 || len(stale.Notes) != 1 || stale.Notes[0].Code != "stale" || !errors.Is(s.Err(), boom) {
				t.Errorf("got %+v, %v", stale, s.Err())
			}
		}
		if len(first.Notes) != 0 {
			t.Error("a published table was changed")
		}
		if got := <-s.C(); number(got) != 4 || len(got.Notes) != 0 || s.Err() != nil {
			t.Errorf("after recovery: %+v, %v", got, s.Err())
		}
	})
}

func TestGoneEndsTheSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(true, func(n int) error {
			if n == 3 {
				return fmt.Errorf("read process 7: %w", ErrGone)
			}
			return nil
		}, 0)
		r := NewRunner(Options{Probes: []Probe{f.probe}})
		defer r.Close()
		s, _ := r.Subscribe("fake", nil)
		n := 0
		for range s.C() {
			n++
		}
		if n != 2 || !errors.Is(s.Err(), ErrGone) {
			t.Errorf("%d tables, then %v", n, s.Err())
		}
		s.Close() // harmless
		if f.closed.Load() != 1 {
			t.Error("sampler not closed")
		}
	})
}

func TestRegistryRejectsMistakes(t *testing.T) {
	mustPanic := func(name string, p Probe) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("%s: accepted", name)
			}
		}()
		register(p)
	}
	some := All()[0]
	mustPanic("duplicate", some)
	mustPanic("no constructor", Probe{Name: "x", Interval: time.Second})
	mustPanic("no interval", Probe{Name: "x", New: some.New})
}

// Many clients come and go on few topics; run with -race.
func TestRunnerUnderChurn(t *testing.T) {
	f := newFake(true, func(n int) error {
		if n%7 == 0 {
			return ErrGone
		}
		return nil
	}, 0)
	f.probe.Interval = time.Millisecond
	r := NewRunner(Options{Probes: []Probe{f.probe}})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range 40 {
				args := Args{"pid": fmt.Sprint(j % 3)}
				if (i+j)%5 == 0 {
					ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
					_, _ = r.Once(ctx, "fake", args)
					cancel()
					continue
				}
				s, err := r.Subscribe("fake", args)
				if err != nil {
					t.Error(err)
					return
				}
				if j%2 == 0 {
					if tab, ok := <-s.C(); ok && len(tab.Rows) != 1 {
						t.Errorf("torn table %+v", tab)
					}
				}
				s.SetInterval(time.Duration(j) * time.Microsecond)
				_ = s.Err()
				s.Close()
			}
		}()
	}
	wg.Wait()
	r.Close()
	if f.made.Load() != f.closed.Load() {
		t.Errorf("%d samplers made, %d closed", f.made.Load(), f.closed.Load())
	}
}
