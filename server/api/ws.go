//lint:file-ignore SA1019 nhooyr.io/websocket is one of the packages agreed on; only this file knows it

package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"nhooyr.io/websocket"

	"sonde/server/access"
	"sonde/server/hub"
	"sonde/server/wire"
)

// Limits of one websocket beside those of guard.go.
const (
	maxSubs    = 64
	maxReplies = 64 // answers waiting to be sent; more: the client does not read
	maxBad     = 20 // malformed messages until it is closed
	pingEvery  = 30 * time.Second
	maxRest    = 2 * time.Second
)

// client is one open websocket. Its reader takes requests, its writer sends
// answers and, when woken, whatever the subscriptions have. Nothing queues but
// a few short answers: a slow client skips versions.
type client struct {
	s     *Server
	r     *http.Request
	conn  *websocket.Conn
	guard *guard
	who   access.Who
	wake  chan struct{} // capacity 1
	reply chan []byte
	work  sync.WaitGroup // all goroutines of this client but the reader

	mu   sync.Mutex // guards subs
	subs map[int]*clientSub
}

type clientSub struct {
	id     int
	sub    *hub.Sub // nil while it starts
	closed bool
}

// socket serves GET /ws. The gate has checked Host, Origin and the cookie or
// the token; a cookie's other half comes as the first message.
func (s *Server) socket(w http.ResponseWriter, r *http.Request) error {
	if n := s.counts.sockets.Add(1); n > int64(s.MaxSockets) {
		s.counts.sockets.Add(-1)
		return &wire.Error{Code: wire.Busy, Message: fmt.Sprintf("%d websockets are open", s.MaxSockets), Remedy: "close tabs that are not needed"}
	}
	defer s.counts.sockets.Add(-1)
	s.counts.socketsTotal.Add(1)
	u := &upgrader{ResponseWriter: w}
	conn, err := websocket.Accept(u, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return nil // it has answered
	}
	c := &client{s: s, r: r, conn: conn, guard: u.guard, who: Who(r.Context()), wake: make(chan struct{}, 1),
		reply: make(chan []byte, maxReplies), subs: map[int]*clientSub{}}
	c.serve()
	return nil
}

func (c *client) serve() {
	// The request's context is not cancelled after a hijack; this one is.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer c.guard.Close()
	c.conn.SetReadLimit(wire.MaxMessage)

	if !c.prove(ctx) {
		return
	}
	defer c.work.Wait()
	defer c.closeSubs()
	defer cancel()
	c.work.Add(2)
	go func() {
		defer c.work.Done()
		c.write(ctx)
	}()
	go func() {
		defer c.work.Done()
		c.watch(ctx)
	}()
	bad := 0
	for {
		b, err := c.read(ctx)
		if err != nil {
			return
		}
		req, err := wire.ParseRequest(b)
		if err == nil {
			c.do(req)
			continue
		}
		if bad++; bad >= maxBad {
			c.guard.fail(closePolicy, "too many malformed messages")
			return
		}
		c.answer(wire.Reply{Error: wire.Fail(wire.BadRequest, err.Error())})
	}
}

// read gives the next text message; an error is the end of the connection.
func (c *client) read(ctx context.Context) ([]byte, error) {
	kind, b, err := c.conn.Read(ctx)
	switch {
	case err != nil:
		c.guard.fail(closeProtocol, "cannot be read")
	case kind != websocket.MessageText:
		c.guard.fail(closeType, "text messages only")
		err = errors.New("not text")
	case !utf8.Valid(b):
		c.guard.fail(closeUTF8, "not UTF-8")
		err = wire.ErrUTF8
	}
	return b, err
}

// prove waits for the second half. With a bearer token, or a half that came as
// a header, there is nothing to wait for.
func (c *client) prove(ctx context.Context) bool {
	if !c.who.Proven {
		late := time.AfterFunc(c.s.HelloTimeout, func() { c.guard.fail(closePolicy, "hello did not come") })
		defer late.Stop()
		b, err := c.read(ctx)
		if err != nil {
			return false
		}
		half, ok := firstHalf(b)
		if !ok {
			c.guard.fail(closePolicy, "the first message must be hello")
			return false
		}
		who, err := c.s.Access.Prove(c.r, half)
		if err != nil {
			c.guard.fail(closePolicy, "the half does not belong to this session")
			return false
		}
		if !late.Stop() {
			return false
		}
		c.who = who
	}
	c.welcome()
	return true
}

// firstHalf reads {"op":"hello","half":H}; H alone is taken too.
func firstHalf(b []byte) (string, bool) {
	if len(b) > 0 && len(b) <= 128 && b[0] != '{' {
		return strings.Trim(string(b), "\" \n"), true
	}
	req, err := wire.ParseRequest(b)
	if err != nil || req.Op != wire.Hello {
		return "", false
	}
	return req.Half, true
}

func (c *client) welcome() {
	c.answer(wire.Reply{Welcome: &wire.Welcome{Protocol: wire.Version, Build: c.s.Build, Role: string(c.who.Role)}})
}

// watch ends the connection with the session or the server.
func (c *client) watch(ctx context.Context) {
	var expired <-chan time.Time
	if !c.who.Expires.IsZero() {
		t := time.NewTimer(time.Until(c.who.Expires))
		defer t.Stop()
		expired = t.C
	}
	select {
	case <-ctx.Done():
	case <-c.guard.gone:
	case <-c.s.shutdown:
		c.guard.fail(closeGoingAway, "the server ends")
	case <-expired:
		c.guard.fail(closePolicy, "the session has expired")
	case <-c.s.Access.Ended(c.who.ID):
		c.guard.fail(closePolicy, "the session has ended")
	}
}

func (c *client) do(req *wire.Request) {
	switch req.Op {
	case wire.Hello:
		c.welcome()
	case wire.Ping:
		c.answer(wire.Reply{Pong: true})
	case wire.Unsub:
		c.unsubscribe(req.ID)
	case wire.Sub:
		if err := c.subscribe(req); err != nil {
			c.answer(wire.Reply{ID: req.ID, Error: failure(err)})
		}
	}
}

// subscribe starts a subscription. The source may take a while, so it does not
// hold up the reader.
func (c *client) subscribe(req *wire.Request) error {
	if err := c.may(req.Topic); err != nil {
		return err
	}
	name, args, _, err := hub.ParseTopic(req.Topic, req.Args)
	if err != nil {
		return err
	}
	if strings.HasPrefix(name, "probe/") {
		mask(args, c.who)
		if err := c.s.revealing(c.r, c.who, name, args); err != nil {
			return err
		}
	}
	cs := &clientSub{id: req.ID}
	c.mu.Lock()
	if c.subs[req.ID] != nil {
		c.mu.Unlock()
		return wire.Fail(wire.Conflict, fmt.Sprintf("id %d is in use", req.ID))
	}
	if len(c.subs) >= maxSubs {
		c.mu.Unlock()
		return &wire.Error{Code: wire.Busy, Message: fmt.Sprintf("%d subscriptions are open on this websocket", maxSubs), Remedy: "unsubscribe from what is not shown"}
	}
	c.subs[req.ID] = cs
	c.mu.Unlock()
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		sub, err := c.s.hub.Subscribe(name, args, c.poke)
		c.mu.Lock()
		gone := cs.closed
		if err == nil && !gone {
			cs.sub = sub
		}
		if err != nil && c.subs[req.ID] == cs {
			delete(c.subs, req.ID)
		}
		c.mu.Unlock()
		switch {
		case err != nil && !gone:
			c.answer(wire.Reply{ID: req.ID, Error: failure(err)})
		case err == nil && gone:
			sub.Close()
		case err == nil:
			c.poke() // what came before sub was set
		}
	}()
	return nil
}

// may asks the role table about a topic.
func (c *client) may(topic string) error {
	need := access.Read
	if strings.HasPrefix(topic, "probe/") {
		need = access.Observe
	}
	if !need.Allows(c.who.Role) {
		return wire.Fail(wire.NotFound, "no such topic")
	}
	return nil
}

func (c *client) unsubscribe(id int) {
	c.mu.Lock()
	cs := c.subs[id]
	delete(c.subs, id)
	var sub *hub.Sub
	if cs != nil {
		cs.closed, sub = true, cs.sub
	}
	c.mu.Unlock()
	if sub != nil {
		sub.Close()
	}
}

func (c *client) closeSubs() {
	c.mu.Lock()
	ids := make([]int, 0, len(c.subs))
	for id := range c.subs {
		ids = append(ids, id)
	}
	c.mu.Unlock()
	for _, id := range ids {
		c.unsubscribe(id)
	}
}

func (c *client) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// answer puts a short message in line. A client that asks and does not read is
// closed.
func (c *client) answer(r wire.Reply) {
	b, err := json.Marshal(r)
	if err != nil {
		c.s.Log.Error("reply not encoded", "err", err)
		return
	}
	select {
	case c.reply <- b:
	default:
		c.guard.fail(closeLater, "you do not read")
	}
}

func (c *client) write(ctx context.Context) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-c.guard.gone:
			return
		case b := <-c.reply:
			err = c.conn.Write(ctx, websocket.MessageText, b)
			c.s.counts.messages.Add(1)
		case <-ping.C:
			pctx, cancel := context.WithTimeout(ctx, pingEvery)
			err = c.conn.Ping(pctx)
			cancel()
		case <-c.wake:
			err = c.flush(ctx)
		}
		if err != nil {
			c.guard.fail(closeLater, "you do not read")
			return
		}
	}
}

// flush sends what each subscription has. After a round that took long the
// client rests as long again, so that live tables take half of a slow link at most.
func (c *client) flush(ctx context.Context) error {
	c.mu.Lock()
	list := make([]*clientSub, 0, len(c.subs))
	for _, cs := range c.subs {
		if cs.sub != nil {
			list = append(list, cs)
		}
	}
	c.mu.Unlock()
	began := time.Now()
	for _, cs := range list {
		u, ok := cs.sub.Next()
		if !ok {
			continue
		}
		c.poke() // ask again: a gap is followed by its delta
		c.s.counts.skipped.Add(int64(u.Skipped))
		if u.Err != nil {
			c.unsubscribe(cs.id)
			b, err := json.Marshal(wire.Reply{ID: cs.id, Error: failure(u.Err)})
			if err == nil {
				err = c.conn.Write(ctx, websocket.MessageText, b)
			}
			if err != nil {
				return err
			}
			continue
		}
		if err := c.send(ctx, cs.id, u.Tail); err != nil {
			return err
		}
	}
	if took := time.Since(began); took > 100*time.Millisecond {
		rest := time.NewTimer(min(took, maxRest))
		defer rest.Stop()
		select {
		case <-rest.C:
		case <-ctx.Done():
		case <-c.guard.gone:
		}
	}
	return nil
}

// send writes a shared message under the client's own number.
func (c *client) send(ctx context.Context, id int, tail []byte) error {
	w, err := c.conn.Writer(ctx, websocket.MessageText)
	if err != nil {
		return err
	}
	var head [32]byte
	if _, err := w.Write(strconv.AppendInt(append(head[:0], `{"id":`...), int64(id), 10)); err != nil {
		return err
	}
	if _, err := w.Write(tail); err != nil {
		return err
	}
	c.s.counts.messages.Add(1)
	return w.Close()
}
