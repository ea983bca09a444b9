// Package hub carries tables from their producers to pages. It holds each
// topic's latest state once, encodes each version once, and gives every
// subscriber a snapshot and then what changed since the version it has.
//
// Nothing queues. A subscriber is woken and asks (Next) when it can write; one
// that is slow skips versions and gets the newest. Event topics keep a bounded
// ring, and a subscriber that fell behind is told how many events it missed.
//
// A topic's producer runs from the first subscriber to the last.
//
//	h := hub.New()
//	h.Route("probe/", host)
//	s, err := h.Subscribe("probe/processes", nil, func() { wake <- struct{}{} })
//	for <-wake { for u, ok := s.Next(); ok; u, ok = s.Next() { write(u.Tail) } }
//
// All methods may be called from any goroutine, but one Sub's Next from one at a time.
package hub

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"sonde/probes/table"
)

// Errors that callers tell apart.
var (
	ErrNoTopic  = errors.New("no such topic")
	ErrBadTopic = errors.New("malformed topic")
	ErrClosed   = errors.New("closed")
)

// Feed gives the newest table of a subscription; a receiver that is slow skips
// versions. C is closed after Close, and when the source ends; Err then says
// why (nil: it was closed). Tables are shared and never changed.
type Feed interface {
	C() <-chan *table.Table
	Err() error
	Close()
}

// EventFeed is a Feed whose tables hold new rows only, each with a key of its
// own. Keep is how many rows the hub holds for those who come late or fall behind.
type EventFeed interface {
	Feed
	Keep() int
}

// Source makes feeds. An unknown topic is an error that wraps ErrNoTopic.
type Source interface {
	Subscribe(topic string, args map[string]string) (Feed, error)
}

// SourceFunc is a function as a Source.
type SourceFunc func(topic string, args map[string]string) (Feed, error)

// Subscribe calls f.
func (f SourceFunc) Subscribe(topic string, args map[string]string) (Feed, error) {
	return f(topic, args)
}

type route struct {
	prefix string
	source Source
}

// Hub is the set of running topics.
type Hub struct {
	wg sync.WaitGroup // producers

	mu     sync.Mutex // guards the rest; taken before a topic's mu
	routes []route
	topics map[string]*topic
	closed bool
}

// New makes an empty hub.
func New() *Hub { return &Hub{topics: map[string]*topic{}} }

// Route sends topics that begin with prefix to a source; the longest prefix
// wins. The source gets the whole topic.
func (h *Hub) Route(prefix string, s Source) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.routes = append(h.routes, route{prefix, s})
	slices.SortStableFunc(h.routes, func(a, b route) int { return len(b.prefix) - len(a.prefix) })
}

// Topics counts the running topics.
func (h *Hub) Topics() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.topics)
}

// ParseTopic takes "probe/processes?sort=cpu" apart. Arguments given apart win
// over those in the text. The key names the same topic however it was written.
func ParseTopic(text string, args map[string]string) (name string, all map[string]string, key string, err error) {
	name, query, _ := strings.Cut(text, "?")
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < 0x21 || r == 0x7f }) || strings.Contains(name, "..") {
		return "", nil, "", fmt.Errorf("%w: %q", ErrBadTopic, name)
	}
	all = map[string]string{}
	if query != "" {
		q, err := url.ParseQuery(query)
		if err != nil {
			return "", nil, "", fmt.Errorf("%w: %w", ErrBadTopic, err)
		}
		for k, v := range q {
			all[k] = v[0]
		}
	}
	for k, v := range args {
		all[k] = v
	}
	values := make(url.Values, len(all))
	for k, v := range all {
		values.Set(k, v)
	}
	key = name
	if len(values) > 0 {
		key += "?" + values.Encode()
	}
	return name, all, key, nil
}

// Subscribe joins a topic, starting its producer when nobody else looks at it.
// wake is called, without locks and never blocking for long, whenever Next has
// something; it may be called once too often.
func (h *Hub) Subscribe(text string, args map[string]string, wake func()) (*Sub, error) {
	name, all, key, err := ParseTopic(text, args)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil, fmt.Errorf("subscribe %s: %w", name, ErrClosed)
	}
	t := h.topics[key]
	if t == nil {
		var source Source
		for _, r := range h.routes {
			if strings.HasPrefix(name, r.prefix) {
				source = r.source
				break
			}
		}
		if source == nil {
			h.mu.Unlock()
			return nil, fmt.Errorf("subscribe %s: %w", name, ErrNoTopic)
		}
		t = newTopic(key)
		t.refs = 1
		h.topics[key] = t
		h.wg.Add(1)
		h.mu.Unlock()
		// The source may ask another process: not under the lock. Others who
		// join meanwhile wait on ready.
		t.feed, t.startErr = source.Subscribe(name, all)
		close(t.ready)
		if t.startErr != nil {
			h.wg.Done()
			h.leave(t)
			return nil, fmt.Errorf("subscribe %s: %w", name, t.startErr)
		}
		if e, ok := t.feed.(EventFeed); ok {
			t.events = newRing(e.Keep())
		}
		go func() {
			defer h.wg.Done()
			t.run()
			h.forget(t)
		}()
		close(t.started)
	} else {
		t.refs++
		h.mu.Unlock()
		<-t.ready
		if t.startErr != nil {
			h.leave(t)
			return nil, fmt.Errorf("subscribe %s: %w", name, t.startErr)
		}
		<-t.started
	}
	s := &Sub{hub: h, t: t, wake: wake}
	t.mu.Lock()
	t.subs[s] = struct{}{}
	has := t.version > 0 || t.ended
	t.mu.Unlock()
	if has {
		wake()
	}
	return s, nil
}

// leave drops one reference and ends the producer with the last.
func (h *Hub) leave(t *topic) {
	h.mu.Lock()
	t.refs--
	last := t.refs == 0
	if last && h.topics[t.key] == t {
		delete(h.topics, t.key)
	}
	h.mu.Unlock()
	if last && t.feed != nil {
		t.stop()
	}
}

// forget makes room for a new producer of the same topic after one ended.
func (h *Hub) forget(t *topic) {
	h.mu.Lock()
	if h.topics[t.key] == t {
		delete(h.topics, t.key)
	}
	h.mu.Unlock()
}

// Close ends every topic and waits for the producers' goroutines. Subscribers
// see ErrClosed from Next's update.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	var all []*topic
	for _, t := range h.topics {
		all = append(all, t)
	}
	h.mu.Unlock()
	for _, t := range all {
		<-t.ready
		if t.startErr == nil {
			t.stop()
		}
	}
	h.wg.Wait()
}
