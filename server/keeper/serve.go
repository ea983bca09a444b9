package keeper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"sonde/probes/table"
)

// Options set up Serve.
type Options struct {
	// Build identifies the binary; a peer of another build is refused.
	Build string
	// ReadOnly refuses every verb that changes something on the host.
	ReadOnly bool
	// Heartbeat ends a connection that said nothing for so long; 0 = never.
	// Clients ping every Heartbeat/4 or more often.
	Heartbeat time.Duration
}

// ErrHeartbeat is Serve's error when the face fell silent.
var ErrHeartbeat = errors.New("no heartbeat")

// livesGap is the least time between two pushed reports of live captures.
const livesGap = 100 * time.Millisecond

// Serve answers conn's messages until it ends, breaks the protocol, or ctx is
// done; it closes conn and waits for everything it started. Live captures
// belong to the backend and go on. The error is nil when the peer hung up.
func Serve(ctx context.Context, conn net.Conn, b Backend, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	s := &server{ctx: ctx, b: b, o: o, w: &writer{w: conn},
		slots: make(chan struct{}, maxInFlight), requests: map[uint32]context.CancelFunc{}, subs: map[uint32]*push{}}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err := s.read(conn)
	stop()
	cancel()
	conn.Close()
	s.wg.Wait()
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrHeartbeat
	}
	return err
}

type server struct {
	ctx   context.Context
	b     Backend
	o     Options
	w     *writer
	wg    sync.WaitGroup
	slots chan struct{} // one a request in flight
	ready bool          // hello was exchanged; reader's goroutine only

	mu       sync.Mutex // guards the maps
	requests map[uint32]context.CancelFunc
	subs     map[uint32]*push
}

func (s *server) read(conn net.Conn) error {
	var buf []byte
	var m message
	var err error
	for {
		if s.o.Heartbeat > 0 {
			if err := conn.SetReadDeadline(time.Now().Add(s.o.Heartbeat)); err != nil {
				return err
			}
		}
		if m, buf, err = readMessage(conn, buf, maxRequest); err != nil {
			return err
		}
		if err = s.handle(m); err != nil {
			return err
		}
	}
}

// handle takes one message. It returns an error only when the connection is to
// end; a bad request is answered and forgotten. The payload is not kept.
func (s *server) handle(m message) error {
	if !s.ready {
		return s.hello(m)
	}
	if m.verb < VerbHello || m.verb > lastRequest {
		return s.fail(m.id, &Error{Code: Invalid, Message: fmt.Sprintf("no such verb: %d", m.verb)})
	}
	switch m.verb {
	case VerbHello:
		return s.fail(m.id, &Error{Code: Invalid, Message: "hello came before"})
	case VerbPing:
		return s.w.send(VerbOK, m.id, nil)
	case VerbCancel:
		s.mu.Lock()
		cancel := s.requests[m.id]
		s.mu.Unlock()
		if cancel != nil {
			cancel()
		}
		return nil
	case VerbUnsubscribe:
		s.mu.Lock()
		p := s.subs[m.id]
		delete(s.subs, m.id)
		s.mu.Unlock()
		if p != nil {
			p.close()
		}
		return nil
	}
	call, err := s.decode(m)
	if err != nil {
		return s.fail(m.id, err)
	}
	return s.start(m.id, call)
}

func (s *server) hello(m message) error {
	var h hello
	if m.verb != VerbHello {
		return &Error{Code: Invalid, Message: "the first message was not hello"}
	}
	if err := strict(m.payload, &h); err != nil {
		return err
	}
	if h.Build != s.o.Build || h.Protocol != protocol {
		e := &Error{Code: Invalid, Message: fmt.Sprintf("the two parts are of different builds: %q and %q", clip(h.Build), s.o.Build),
			Remedy: "restart sonde"}
		_ = s.w.json(VerbError, m.id, e)
		return e
	}
	s.ready = true
	return s.w.json(VerbOK, m.id, hello{Build: s.o.Build, Protocol: protocol, PID: os.Getpid()})
}

func (s *server) fail(id uint32, err error) error {
	return s.w.json(VerbError, id, asError(err))
}

// start runs a request in a goroutine of its own, so that a slow one delays
// nobody; the number of them is bounded.
func (s *server) start(id uint32, call func(ctx context.Context, id uint32) (any, error)) error {
	select {
	case s.slots <- struct{}{}:
	default:
		return s.fail(id, &Error{Code: Busy, Message: fmt.Sprintf("%d requests are being worked on already", maxInFlight)})
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.mu.Lock()
	_, dup := s.requests[id]
	if !dup {
		s.requests[id] = cancel
	}
	s.mu.Unlock()
	if dup {
		cancel()
		<-s.slots
		return s.fail(id, &Error{Code: Invalid, Message: fmt.Sprintf("request %d is being worked on already", id)})
	}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		defer func() { <-s.slots }()
		v, err := call(ctx, id)
		cancel()
		s.mu.Lock()
		delete(s.requests, id)
		s.mu.Unlock()
		switch v := v.(type) {
		case nil:
			if err == nil {
				err = s.w.send(VerbOK, id, nil)
			}
		case *table.Table:
			if err == nil {
				err = s.table(id, v)
			}
		case sent:
		default:
			if err == nil {
				err = s.w.json(VerbOK, id, v)
			}
		}
		if err != nil {
			_ = s.fail(id, err) // a closed connection ends the reader too
		}
	}()
	return nil
}

// sent marks a request whose answers go their own way.
type sent struct{}

func (s *server) table(id uint32, t *table.Table) error {
	return s.w.send(VerbTable, id, func(b []byte) ([]byte, error) { return appendTable(b, t) })
}

// decode checks a message and gives what to do. This is the allow-list.
func (s *server) decode(m message) (func(ctx context.Context, id uint32) (any, error), error) {
	if s.o.ReadOnly && (m.verb == VerbSignal || m.verb == VerbRenice || m.verb == VerbStartLive || m.verb == VerbStopLive) {
		return nil, &Error{Code: ReadOnly, Message: "this server was started with --read-only"}
	}
	switch m.verb {
	case VerbSubscribe, VerbOnce:
		var q query
		if err := strict(m.payload, &q); err != nil {
			return nil, err
		}
		if err := q.check(); err != nil {
			return nil, err
		}
		if m.verb == VerbOnce {
			return func(ctx context.Context, _ uint32) (any, error) { return s.once(ctx, q) }, nil
		}
		return func(ctx context.Context, id uint32) (any, error) { return s.subscribe(ctx, id, q) }, nil
	case VerbSignal:
		var a signalArgs
		if err := strict(m.payload, &a); err != nil {
			return nil, err
		}
		if a.PID < 1 || a.PID > maxPID || !word(a.Sig, 16) {
			return nil, &Error{Code: Invalid, Message: "signal: not a process and a signal name"}
		}
		return func(ctx context.Context, _ uint32) (any, error) {
			return nil, s.b.Signal(ctx, a.PID, a.Start, a.Sig, a.Force)
		}, nil
	case VerbRenice:
		var a reniceArgs
		if err := strict(m.payload, &a); err != nil {
			return nil, err
		}
		if a.PID < 1 || a.PID > maxPID || a.Nice < -20 || a.Nice > 19 {
			return nil, &Error{Code: Invalid, Message: "renice: not a process and a nice value"}
		}
		return func(ctx context.Context, _ uint32) (any, error) {
			return nil, s.b.Renice(ctx, a.PID, a.Start, a.Nice)
		}, nil
	case VerbDevices:
		return func(ctx context.Context, _ uint32) (any, error) { return list(s.b.Devices(ctx)) }, empty(m)
	case VerbFeatures:
		return func(ctx context.Context, _ uint32) (any, error) { return list(s.b.Features(ctx)) }, empty(m)
	case VerbStartLive:
		var spec LiveSpec
		if err := strict(m.payload, &spec); err != nil {
			return nil, err
		}
		if err := spec.check(); err != nil {
			return nil, err
		}
		return func(ctx context.Context, _ uint32) (any, error) {
			id, err := s.b.StartLive(ctx, spec)
			return idArgs{id}, err
		}, nil
	case VerbStopLive:
		var a idArgs
		if err := strict(m.payload, &a); err != nil {
			return nil, err
		}
		if !word(a.ID, 64) {
			return nil, &Error{Code: Invalid, Message: "stop: not the name of a capture"}
		}
		return func(ctx context.Context, _ uint32) (any, error) { return nil, s.b.StopLive(ctx, a.ID) }, nil
	case VerbLive:
		return func(_ context.Context, id uint32) (any, error) { return s.lives(id) }, empty(m)
	case VerbListening:
		var a listeningArgs
		if err := strict(m.payload, &a); err != nil {
			return nil, err
		}
		if len(a.Addrs) > maxListening {
			return nil, &Error{Code: Invalid, Message: "listening: too many addresses"}
		}
		for _, addr := range a.Addrs {
			if len(addr) > 256 || !utf8.ValidString(addr) {
				return nil, &Error{Code: Invalid, Message: "listening: not an address"}
			}
		}
		return func(context.Context, uint32) (any, error) { s.b.Listening(a.Addrs); return nil, nil }, nil
	}
	return nil, &Error{Code: Invalid, Message: fmt.Sprintf("no such verb: %d", m.verb)}
}

// list makes an empty list [] and not null.
func list[T any](v []T, err error) (any, error) {
	if v == nil {
		v = []T{}
	}
	return v, err
}

func (s *server) once(ctx context.Context, q query) (any, error) {
	t, err := s.b.Once(ctx, q.Topic, q.Args)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, &Error{Code: Gone, Message: "no table"}
	}
	return t, nil
}

func (s *server) subscribe(ctx context.Context, id uint32, q query) (any, error) {
	f, err := s.b.Subscribe(q.Topic, q.Args)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil { // given up meanwhile
		f.Close()
		return nil, ctx.Err()
	}
	p := &push{feed: f, done: make(chan struct{})}
	if err := s.add(id, p); err != nil {
		f.Close()
		return nil, err
	}
	if err := s.w.send(VerbOK, id, nil); err != nil {
		p.close()
	}
	go func() {
		defer s.wg.Done()
		p.run(s, id)
	}()
	return sent{}, nil
}

// add books a subscription, and its goroutine in s.wg.
func (s *server) add(id uint32, p *push) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.subs) >= maxSubs {
		return &Error{Code: Busy, Message: fmt.Sprintf("%d subscriptions are open already", maxSubs)}
	}
	if s.subs[id] != nil {
		return &Error{Code: Invalid, Message: fmt.Sprintf("subscription %d is open already", id)}
	}
	s.subs[id] = p
	s.wg.Add(1)
	return nil
}

func (s *server) remove(id uint32, p *push) {
	s.mu.Lock()
	if s.subs[id] == p {
		delete(s.subs, id)
	}
	s.mu.Unlock()
}

// push carries one subscription's tables to the peer. The feed conflates: while
// a send waits for the peer, newer tables replace each other in the feed.
type push struct {
	feed Feed
	once sync.Once
	done chan struct{}
}

func (p *push) close() {
	p.once.Do(func() {
		close(p.done)
		if p.feed != nil {
			p.feed.Close()
		}
	})
}

func (p *push) run(s *server, id uint32) {
	defer s.remove(id, p)
	defer p.close()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-p.done:
			return
		case t, ok := <-p.feed.C():
			if !ok {
				if err := p.feed.Err(); err != nil {
					_ = s.fail(id, err)
				} else {
					_ = s.w.send(VerbEnd, id, nil)
				}
				return
			}
			if t == nil {
				continue
			}
			if err := s.table(id, t); err != nil {
				_ = s.fail(id, err)
				return
			}
		}
	}
}

// lives pushes the state of live captures, at once and at each change.
func (s *server) lives(id uint32) (any, error) {
	p := &push{done: make(chan struct{})}
	if err := s.add(id, p); err != nil {
		return nil, err
	}
	go func() {
		defer s.wg.Done()
		defer s.remove(id, p)
		for {
			changed := s.b.LiveChanged() // before Live, or a change between is missed
			v := s.b.Live()
			if v == nil {
				v = []LiveStatus{}
			}
			if s.w.json(VerbLives, id, v) != nil || !wait(s, p, time.After(livesGap)) || !wait(s, p, changed) {
				return
			}
		}
	}()
	return sent{}, nil
}

// wait is false when the subscription ended before ch told something.
func wait[T any](s *server, p *push, ch <-chan T) bool {
	select {
	case <-ch:
		return true
	case <-s.ctx.Done():
	case <-p.done:
	}
	return false
}

// maxPID is PID_MAX_LIMIT on 64-bit kernels, linux/threads.h.
const maxPID = 4 << 20

func (q query) check() error {
	if !word(q.Topic, maxTopic) {
		return &Error{Code: Invalid, Message: "not a topic"}
	}
	if len(q.Args) > maxArgs {
		return &Error{Code: Invalid, Message: fmt.Sprintf("%s: more than %d arguments", q.Topic, maxArgs)}
	}
	for k, v := range q.Args {
		if !word(k, maxArgName) || len(v) > maxArgValue {
			return &Error{Code: Invalid, Message: fmt.Sprintf("%s: argument too long or of an odd name", q.Topic)}
		}
	}
	return nil
}

func (l *LiveSpec) check() error {
	switch {
	case l.Interface == "" || len(l.Interface) > 64 || !utf8.ValidString(l.Interface) || bytes.ContainsAny([]byte(l.Interface), "/\x00"):
		return &Error{Code: Invalid, Message: "not an interface name"}
	case len(l.Program) > maxFilter:
		return &Error{Code: Invalid, Message: fmt.Sprintf("the capture filter needs %d instructions, the kernel takes %d", len(l.Program), maxFilter)}
	case len(l.Filter) > maxText || len(l.Excluded) > maxText || len(l.Name) > 256:
		return &Error{Code: Invalid, Message: "text too long"}
	case l.SnapLen < 0 || l.SnapLen > 1<<24:
		return &Error{Code: Invalid, Message: fmt.Sprintf("snapshot length %d is out of range", l.SnapLen)}
	case l.Files < 0 || l.Files > 10000 || l.FileSize < 0 || l.FileSize > 1<<40:
		return &Error{Code: Invalid, Message: "ring of files out of range"}
	case l.FileSize != 0 && l.FileSize < 64<<10:
		return &Error{Code: Invalid, Message: "files of a ring hold at least 64 kB"}
	case l.StopAfter < 0:
		return &Error{Code: Invalid, Message: "duration below zero"}
	}
	return nil
}

// word is true for a short name of harmless characters.
func word(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '/' || c == '+') {
			return false
		}
	}
	return true
}

func clip(s string) string { return s[:min(len(s), 64)] }

func empty(m message) error {
	if len(m.payload) != 0 {
		return &Error{Code: Invalid, Message: "takes no arguments"}
	}
	return nil
}

// strict decodes exactly one JSON value with only the known members.
func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return &Error{Code: Invalid, Message: "arguments: " + err.Error()}
	}
	if _, err := d.Token(); err != io.EOF {
		return &Error{Code: Invalid, Message: "arguments: more than one value"}
	}
	return nil
}
