package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"sonde/probes/table"
)

// pingEvery is the client's heartbeat.
const pingEvery = time.Second

// Client is the face's end: the verbs as methods. All of them may be called from
// any goroutine. When the connection ends, pending calls fail with code Closed,
// feeds end, and Done is closed.
type Client struct {
	conn net.Conn
	w    *writer
	done chan struct{}

	mu      sync.Mutex // guards the rest
	next    uint32
	calls   map[uint32]chan answer
	feeds   map[uint32]*feed
	err     error // why it ended
	lives   []LiveStatus
	changed chan struct{} // closed and replaced when lives changes
}

type answer struct {
	payload []byte
	table   *table.Table
	err     error
}

// NewClient says hello and waits for the answer; the connection is the
// client's from then on, and closed on failure.
func NewClient(ctx context.Context, conn net.Conn, build string) (*Client, error) {
	c := &Client{conn: conn, w: &writer{w: conn}, done: make(chan struct{}),
		calls: map[uint32]chan answer{}, feeds: map[uint32]*feed{}, changed: make(chan struct{})}
	go c.read()
	h, err := call[hello](ctx, c, VerbHello, hello{Build: build, Protocol: protocol, PID: os.Getpid()})
	if err == nil && h.Build != build {
		err = &Error{Code: Invalid, Message: fmt.Sprintf("the two parts are of different builds: %q and %q", build, clip(h.Build)), Remedy: "restart sonde"}
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("greet keeper: %w", err)
	}
	go c.heartbeat()
	if err := c.watchLive(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("greet keeper: %w", err)
	}
	return c, nil
}

// Done is closed when the connection has ended.
func (c *Client) Done() <-chan struct{} { return c.done }

// Close hangs up. Live captures go on.
func (c *Client) Close() error {
	if err := c.conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (c *Client) heartbeat() {
	t := time.NewTicker(pingEvery)
	defer t.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-t.C:
			// Id 0 has no caller: the answer is dropped. What counts is that
			// the keeper hears something.
			if c.w.send(VerbPing, 0, nil) != nil {
				return
			}
		}
	}
}

func (c *Client) read() {
	var buf []byte
	var m message
	var err error
	for {
		if m, buf, err = readMessage(c.conn, buf, maxAnswer); err != nil {
			break
		}
		if err = c.take(m); err != nil {
			break
		}
		if cap(buf) > 4<<20 {
			buf = nil
		}
	}
	c.conn.Close()
	c.mu.Lock()
	c.err = errClosed
	calls, feeds := c.calls, c.feeds
	c.calls, c.feeds = nil, nil
	close(c.changed)
	c.changed = nil
	c.mu.Unlock()
	for _, ch := range calls {
		ch <- answer{err: errClosed}
	}
	for _, f := range feeds {
		f.end(errClosed)
	}
	close(c.done)
}

// take handles one message; it never waits, so the keeper is never held up.
func (c *Client) take(m message) error {
	c.mu.Lock()
	ch, f := c.calls[m.id], c.feeds[m.id]
	c.mu.Unlock()
	var a answer
	switch m.verb {
	case VerbTable:
		t, err := parseTable(m.payload)
		if err != nil {
			return err
		}
		if ch == nil {
			if f != nil {
				f.put(t)
			}
			return nil
		}
		a.table = t
	case VerbLives:
		var v []LiveStatus
		if err := json.Unmarshal(m.payload, &v); err != nil {
			return err
		}
		c.mu.Lock()
		c.lives = v
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
	case VerbEnd:
		c.drop(m.id)
		if f != nil {
			f.end(nil)
		}
		return nil
	case VerbError:
		e := &Error{}
		if err := json.Unmarshal(m.payload, e); err != nil {
			return err
		}
		if ch == nil {
			c.drop(m.id)
			if f != nil {
				f.end(e)
			}
			return nil
		}
		a.err = e
	case VerbOK:
		a.payload = append([]byte(nil), m.payload...)
	default:
		return errFrame
	}
	if ch != nil {
		c.mu.Lock()
		delete(c.calls, m.id)
		c.mu.Unlock()
		ch <- a // has room for its one answer
	}
	return nil
}

func (c *Client) drop(id uint32) {
	c.mu.Lock()
	delete(c.feeds, id)
	c.mu.Unlock()
}

// begin books an id and the channel of its one answer.
func (c *Client) begin(f *feed) (uint32, chan answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, nil, c.err
	}
	for {
		c.next++
		if c.next != 0 && c.calls[c.next] == nil && c.feeds[c.next] == nil {
			break
		}
	}
	ch := make(chan answer, 1)
	c.calls[c.next] = ch
	if f != nil {
		c.feeds[c.next] = f
	}
	return c.next, ch, nil
}

// ask sends a request and waits for its answer, the context or the end.
func (c *Client) ask(ctx context.Context, verb Verb, args any, f *feed) (uint32, answer, error) {
	id, ch, err := c.begin(f)
	if err != nil {
		return 0, answer{}, err
	}
	if err := c.w.json(verb, id, args); err != nil {
		c.conn.Close() // half a message may be out
		return id, answer{}, errClosed
	}
	select {
	case a := <-ch:
		return id, a, a.err
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.calls, id)
		c.mu.Unlock()
		_ = c.w.send(VerbCancel, id, nil)
		return id, answer{}, ctx.Err()
	}
}

func call[T any](ctx context.Context, c *Client, verb Verb, args any) (T, error) {
	var v T
	_, a, err := c.ask(ctx, verb, args, nil)
	if err != nil {
		return v, err
	}
	if len(a.payload) > 0 {
		if err := json.Unmarshal(a.payload, &v); err != nil {
			return v, fmt.Errorf("read answer: %w", err)
		}
	}
	return v, nil
}

type feed struct {
	c    *Client
	id   uint32
	ch   chan *table.Table
	mu   sync.Mutex // guards the rest, and sends on ch against its close
	err  error
	over bool
}

func (f *feed) C() <-chan *table.Table { return f.ch }

func (f *feed) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// put replaces what the receiver has not taken yet.
func (f *feed) put(t *table.Table) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return
	}
	select {
	case <-f.ch:
	default:
	}
	f.ch <- t
}

func (f *feed) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.over {
		f.over, f.err = true, err
		close(f.ch)
	}
}

// Close unsubscribes; it may be called more than once.
func (f *feed) Close() {
	f.c.drop(f.id)
	f.mu.Lock()
	over := f.over
	f.mu.Unlock()
	f.end(nil)
	if !over {
		_ = f.c.w.send(VerbUnsubscribe, f.id, nil)
	}
}

// Subscribe asks for a topic's tables. Bad arguments and missing permission are
// its error; what happens later is the feed's.
func (c *Client) Subscribe(topic string, args map[string]string) (Feed, error) {
	f := &feed{c: c, ch: make(chan *table.Table, 1)}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	id, _, err := c.ask(ctx, VerbSubscribe, query{topic, args}, f)
	f.id = id
	if err != nil {
		c.drop(id)
		if errors.Is(err, context.DeadlineExceeded) {
			_ = c.w.send(VerbUnsubscribe, id, nil)
		}
		return nil, fmt.Errorf("subscribe %s: %w", topic, err)
	}
	return f, nil
}

// Once gives one table of a topic.
func (c *Client) Once(ctx context.Context, topic string, args map[string]string) (*table.Table, error) {
	_, a, err := c.ask(ctx, VerbOnce, query{topic, args}, nil)
	if err != nil {
		return nil, err
	}
	if a.table == nil {
		return nil, &Error{Code: Internal, Message: topic + ": answered without a table"}
	}
	return a.table, nil
}

// Signal sends a signal to exactly the process that was seen: pid and start
// time (field 22 of /proc/PID/stat, clock ticks since boot).
func (c *Client) Signal(ctx context.Context, pid int, start uint64, sig string, force bool) error {
	_, err := call[struct{}](ctx, c, VerbSignal, signalArgs{pid, start, sig, force})
	return err
}

// Renice sets the nice value of exactly that process.
func (c *Client) Renice(ctx context.Context, pid int, start uint64, nice int) error {
	_, err := call[struct{}](ctx, c, VerbRenice, reniceArgs{pid, start, nice})
	return err
}

// Devices lists the interfaces to capture on.
func (c *Client) Devices(ctx context.Context) ([]Device, error) {
	return call[[]Device](ctx, c, VerbDevices, nil)
}

// Features reports what works here.
func (c *Client) Features(ctx context.Context) ([]Feature, error) {
	return call[[]Feature](ctx, c, VerbFeatures, nil)
}

// StartLive starts a capture; it goes on when this client ends.
func (c *Client) StartLive(ctx context.Context, spec LiveSpec) (string, error) {
	a, err := call[idArgs](ctx, c, VerbStartLive, spec)
	return a.ID, err
}

// StopLive ends a capture and returns when its last packet is on disk.
func (c *Client) StopLive(ctx context.Context, id string) error {
	_, err := call[struct{}](ctx, c, VerbStopLive, idArgs{id})
	return err
}

// Listening tells the keeper where this face listens.
func (c *Client) Listening(ctx context.Context, addrs []string) error {
	_, err := call[struct{}](ctx, c, VerbListening, listeningArgs{addrs})
	return err
}

// watchLive asks for the live captures' states and waits for the first report.
func (c *Client) watchLive(ctx context.Context) error {
	_, _, err := c.ask(ctx, VerbLive, nil, nil)
	return err
}

// Live is the last report on live captures. The channel is closed at the next
// one, and when the connection ends; it is nil after that.
func (c *Client) Live() ([]LiveStatus, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lives, c.changed
}
