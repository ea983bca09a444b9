package hub

import (
	"strconv"
	"sync"

	"sonde/probes/table"
	"sonde/server/wire"
)

// history is how many versions back a delta can start: a page that missed more
// gets a snapshot, which by then is rarely larger.
const history = 8

type topic struct {
	key     string
	refs    int           // guarded by Hub.mu
	ready   chan struct{} // closed when feed and startErr are set
	started chan struct{} // closed when the producer runs
	feed    Feed
	// startErr is why there is no feed.
	startErr error
	once     sync.Once
	done     chan struct{} // closed to end the producer

	mu      sync.Mutex // guards the rest
	subs    map[*Sub]struct{}
	version uint64
	past    [history]*table.Table // by version % history
	events  *ring                 // event topics only; set before started
	ended   bool
	endErr  error

	// encMu guards the cache of messages of one version; mu may be taken
	// inside it, never the other way round.
	encMu      sync.Mutex
	encVersion uint64
	encoded    map[uint64][]byte // by the version it starts from; 0 = snapshot
}

func newTopic(key string) *topic {
	return &topic{key: key, ready: make(chan struct{}), started: make(chan struct{}), done: make(chan struct{}), subs: map[*Sub]struct{}{}}
}

func (t *topic) stop() {
	t.once.Do(func() {
		close(t.done)
		t.feed.Close()
	})
}

func (t *topic) run() {
	defer t.stop()
	var err error
loop:
	for {
		select {
		case <-t.done:
			err = ErrClosed
			break loop
		case next, ok := <-t.feed.C():
			if !ok {
				err = t.feed.Err()
				break loop
			}
			if next != nil {
				t.publish(next)
			}
		}
	}
	t.mu.Lock()
	t.ended, t.endErr = true, err
	t.mu.Unlock()
	t.notify()
}

// publish takes a producer's table. One that changes nothing makes no version.
func (t *topic) publish(next *table.Table) {
	if t.events != nil {
		t.mu.Lock()
		if t.version == 0 {
			t.version = 1 // the columns, before any event
		}
		t.version += uint64(t.events.add(next))
		t.mu.Unlock()
		t.notify()
		return
	}
	t.mu.Lock()
	last := t.current()
	t.mu.Unlock()
	mine := *next // only the producer's goroutine writes: no race with itself
	if last != nil {
		mine.Version = last.Version + 1
		if d := table.Diff(last, &mine); d.Empty() {
			return
		}
	} else {
		mine.Version = 1
	}
	t.mu.Lock()
	t.version = mine.Version
	t.past[t.version%history] = &mine
	t.mu.Unlock()
	t.notify()
}

// current is the newest table of a state topic; mu is held.
func (t *topic) current() *table.Table {
	if t.version == 0 {
		return nil
	}
	return t.past[t.version%history]
}

func (t *topic) notify() {
	t.mu.Lock()
	wakes := make([]func(), 0, len(t.subs))
	for s := range t.subs {
		wakes = append(wakes, s.wake)
	}
	t.mu.Unlock()
	for _, w := range wakes {
		w()
	}
}

// Update is one message for one subscriber.
type Update struct {
	// Tail is the JSON message after `{"id":N`; shared between subscribers, not
	// to be changed.
	Tail []byte
	// Err is set when the topic ended; nothing follows.
	Err error
	// Skipped counts the versions that this subscriber never got.
	Skipped uint64
}

// Sub is one subscriber's place in a topic.
type Sub struct {
	hub  *Hub
	t    *topic
	wake func()
	once sync.Once

	// last and ended belong to the goroutine that calls Next.
	last  uint64
	got   bool
	ended bool
}

// Close leaves the topic.
func (s *Sub) Close() {
	s.once.Do(func() {
		s.t.mu.Lock()
		delete(s.t.subs, s)
		s.t.mu.Unlock()
		s.hub.leave(s.t)
	})
}

// Next gives what changed since the last call; false when nothing did.
func (s *Sub) Next() (Update, bool) {
	t := s.t
	t.mu.Lock()
	version, events := t.version, t.events
	if version == s.last && (s.got || version == 0) {
		ended, err := t.ended, t.endErr
		t.mu.Unlock()
		if ended && !s.ended {
			s.ended = true
			if err == nil {
				err = ErrClosed
			}
			return Update{Err: err}, true
		}
		return Update{}, false
	}
	t.mu.Unlock()
	from := uint64(0)
	if s.got {
		from = s.last
	}
	tail, version, gap := t.message(from)
	if gap > 0 {
		s.last += gap
		tail = append(strconv.AppendUint([]byte(`,"gap":`), gap, 10), '}')
		return Update{Tail: tail, Skipped: gap}, true
	}
	u := Update{Tail: tail}
	if s.got && events == nil && version > s.last+1 {
		u.Skipped = version - s.last - 1
	}
	s.last, s.got = version, true
	return u, true
}

// message gives the encoded step from a version to the newest, and that
// version. It is encoded once, whoever asks. A gap above 0 says that the next
// so many events are no longer kept; then there is no message yet.
func (t *topic) message(from uint64) (tail []byte, version, gap uint64) {
	t.encMu.Lock()
	defer t.encMu.Unlock()
	t.mu.Lock()
	version = t.version
	if version != t.encVersion || t.encoded == nil {
		t.encVersion, t.encoded = version, map[uint64][]byte{}
	}
	if b, ok := t.encoded[from]; ok {
		t.mu.Unlock()
		return b, version, 0
	}
	var whole *table.Table
	var d table.Delta
	if t.events != nil {
		if oldest := t.events.oldest(version); from == 0 {
			whole = t.events.table()
		} else if from < oldest {
			t.mu.Unlock()
			return nil, version, oldest - from
		} else {
			d = t.events.since(version - from)
			d.From, d.To = from, version
		}
		t.mu.Unlock()
	} else {
		whole = t.current()
		var old *table.Table
		if from != 0 && version-from < history {
			old = t.past[from%history]
		}
		t.mu.Unlock()
		if old != nil && old.Version == from {
			d = table.Diff(old, whole)
			whole = nil
		}
	}
	var b []byte
	if whole == nil {
		b = append(b, `,"from":`...)
		b = strconv.AppendUint(b, from, 10)
	}
	b = append(b, `,"version":`...)
	b = strconv.AppendUint(b, version, 10)
	if whole != nil {
		b = append(b, `,"snapshot":`...)
		b = wire.AppendTable(b, whole, version)
	} else {
		b = append(b, `,"delta":`...)
		b = wire.AppendDelta(b, &d)
	}
	b = append(b, '}')
	t.encoded[from] = b
	return b, version, 0
}
