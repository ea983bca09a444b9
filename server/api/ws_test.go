package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"sonde/probes/table"
	"sonde/server/access"
	"sonde/server/hub"
	"sonde/server/wire"
)

// rawSocket is a websocket client that can do everything wrong.
type rawSocket struct {
	net.Conn
	r *bufio.Reader
	t *testing.T
}

// dial upgrades; more are further header lines. It gives the status too.
func (x *site) dial(t *testing.T, more ...string) (*rawSocket, int) {
	t.Helper()
	c, err := net.Dial("tcp", x.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second)) // a test that hangs is a failed test
	fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n",
		c.RemoteAddr(), strings.Join(append(more, ""), "\r\n"))
	s := &rawSocket{c, bufio.NewReader(c), t}
	resp, err := http.ReadResponse(s.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 101 {
		resp.Body.Close()
	}
	return s, resp.StatusCode
}

func (x *site) script(t *testing.T) *rawSocket {
	t.Helper()
	s, status := x.dial(t, "Authorization: Bearer "+testToken)
	if status != 101 {
		t.Fatal(status)
	}
	if m := s.next(); m.Welcome == nil || m.Welcome.Role != "owner" || m.Welcome.Protocol != wire.Version {
		t.Fatalf("welcome: %+v", m)
	}
	return s
}

// frame makes a masked client frame (mask 0: the payload stays readable).
func frame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

func (s *rawSocket) say(text string) { _, _ = s.Write(frame(0x81, []byte(text))) }

// frameIn reads one server frame.
func (s *rawSocket) frameIn() (op byte, payload []byte, err error) {
	var h [2]byte
	if _, err := io.ReadFull(s.r, h[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(h[1])
	switch n {
	case 126:
		var b [2]byte
		_, err = io.ReadFull(s.r, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		_, err = io.ReadFull(s.r, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(s.r, payload)
	return h[0], payload, err
}

// next reads the next message, putting fragments together.
func (s *rawSocket) next() wire.Reply {
	s.t.Helper()
	var all []byte
	for {
		op, p, err := s.frameIn()
		if err != nil {
			s.t.Fatalf("next message: %v", err)
		}
		if op&0x0f == 8 {
			s.t.Fatalf("closed: %d %s", binary.BigEndian.Uint16(p), p[2:])
		}
		if op&0x0f > 8 {
			continue
		}
		all = append(all, p...)
		if op&0x80 == 0 {
			continue
		}
		var m wire.Reply
		if err := json.Unmarshal(all, &m); err != nil {
			s.t.Fatalf("%s: %v", all, err)
		}
		return m
	}
}

// closed reads until the connection ends and gives the close code; 0 without one.
func (s *rawSocket) closed() int {
	s.t.Helper()
	code := 0
	for {
		op, p, err := s.frameIn()
		if err != nil {
			var ne net.Error
			if errors.As(err, &ne) && ne.Timeout() {
				s.t.Error("not closed")
			}
			return code
		}
		if op&0x0f == 8 && len(p) >= 2 && code == 0 {
			code = int(binary.BigEndian.Uint16(p))
		}
	}
}

func TestSocketNeedsBothHalves(t *testing.T) {
	x := newSite(t)
	cookie, half := x.halves(t, access.Viewer)
	_, half2 := x.halves(t, access.Owner)
	own, jar := "Origin: "+x.URL, "Cookie: "+cookie.Name+"="+cookie.Value
	for name, c := range map[string]struct {
		head  []string
		first string
		want  int
	}{
		"nothing":             {[]string{own}, "", 401},
		"half only":           {[]string{own, "X-Sonde-Half: " + half}, "", 401},
		"wrong cookie":        {[]string{own, "Cookie: " + cookie.Name + "=x"}, "", 401},
		"wrong token":         {[]string{"Authorization: Bearer x"}, "", 401},
		"cookie, no Origin":   {[]string{jar}, "", 403},
		"cookie, wrong half":  {[]string{own, jar}, `{"op":"hello","half":"` + half2 + `"}`, closePolicy},
		"cookie, no half":     {[]string{own, jar}, `{"op":"hello"}`, closePolicy},
		"cookie, sub at once": {[]string{own, jar}, `{"op":"sub","topic":"probe/processes","id":1}`, closePolicy},
		"cookie, no JSON":     {[]string{own, jar}, `hello`, closePolicy},
		"both":                {[]string{own, jar}, `{"op":"hello","half":"` + half + `"}`, 0},
		"both, bare":          {[]string{own, jar}, half, 0},
		"both as headers":     {[]string{own, jar, "X-Sonde-Half: " + half}, "", 0},
	} {
		s, status := x.dial(t, c.head...)
		if c.want >= 400 && c.want < 1000 {
			if status != c.want {
				t.Errorf("%s: %d, want %d", name, status, c.want)
			}
			continue
		}
		if status != 101 {
			t.Errorf("%s: %d", name, status)
			continue
		}
		if c.first != "" {
			s.say(c.first)
		}
		if c.want != 0 {
			if got := s.closed(); got != c.want {
				t.Errorf("%s: closed with %d", name, got)
			}
			continue
		}
		if m := s.next(); m.Welcome == nil || m.Welcome.Role != "viewer" {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if got := x.host.took(); got != "" {
		t.Errorf("the host was asked: %s", got)
	}
}

func TestSilentSocketIsClosed(t *testing.T) {
	x := newSite(t, func(o *Options) { o.HelloTimeout = 50 * time.Millisecond })
	cookie, _ := x.halves(t, access.Owner)
	s, _ := x.dial(t, "Origin: "+x.URL, "Cookie: "+cookie.Name+"="+cookie.Value)
	if got := s.closed(); got != closePolicy {
		t.Errorf("closed with %d", got)
	}
	if d := newSite(t).s.HelloTimeout; d > 9*time.Second {
		t.Errorf("waits %v by default", d)
	}
}

func TestSnapshotDeltaUnsub(t *testing.T) {
	x := newSite(t)
	s := x.script(t)
	s.say(`{"op":"sub","topic":"probe/processes?sort=-pid","args":{"limit":2},"id":7}`)
	m := s.next()
	if m.ID != 7 || m.Version != 1 || m.Snapshot == nil || len(m.Snapshot.Rows) != 2 || m.Snapshot.Rows[0].Key != "3:1003" {
		t.Fatalf("snapshot: %+v", m)
	}
	f := <-x.host.feeds
	next := *processes(3)
	next.Rows = append([]table.Row(nil), next.Rows...)
	next.Rows[2] = table.Row{Key: "3:1003", Cells: []table.Cell{int64(3), "app", "changed"}}
	f.ch <- &next
	if m = s.next(); m.ID != 7 || m.From != 1 || m.Version != 2 || m.Delta == nil || len(m.Delta.Set) != 1 || m.Delta.Set[0].Cells[2] != "changed" {
		t.Errorf("delta: %+v", m)
	}
	s.say(`{"op":"sub","topic":"probe/processes","id":7}`)
	if m = s.next(); m.Error == nil || m.Error.Code != wire.Conflict || m.ID != 7 {
		t.Errorf("id twice: %+v", m)
	}
	s.say(`{"op":"sub","topic":"nobody","id":8}`)
	if m = s.next(); m.Error == nil || m.Error.Code != wire.NotFound || m.ID != 8 {
		t.Errorf("no topic: %+v", m)
	}
	s.say(`{"op":"ping"}`)
	if m = s.next(); !m.Pong {
		t.Errorf("ping: %+v", m)
	}
	s.say(`{"op":"unsub","id":7}`)
	<-f.closed
	// The end of a topic is told.
	s.say(`{"op":"sub","topic":"probe/x","id":9}`)
	s.next()
	close((<-x.host.feeds).ch)
	if m = s.next(); m.Error == nil || m.Error.Code != wire.Ended || m.ID != 9 {
		t.Errorf("end: %+v", m)
	}
	// Closing the socket ends what it looked at.
	s.say(`{"op":"sub","topic":"probe/y","id":10}`)
	s.next()
	s.Close()
	<-(<-x.host.feeds).closed
}

func TestHostileFramesAreClosedWithTheRightCode(t *testing.T) {
	x := newSite(t)
	big := bytes.Repeat([]byte("x"), wire.MaxMessage+1)
	repeat := func(b []byte, n int) []byte { return bytes.Repeat(b, n) }
	sub := []byte(`{"op":"ping"}`)
	for name, c := range map[string]struct {
		send []byte
		want int
	}{
		"not UTF-8":            {frame(0x81, []byte("{\"op\":\"\xff\"}")), closeUTF8},
		"not UTF-8 in pieces":  {append(frame(0x01, []byte("\xc3")), frame(0x80, []byte("("))...), closeUTF8},
		"not masked":           {[]byte{0x81, 0x02, '{', '}'}, closeProtocol},
		"opcode 3":             {frame(0x83, nil), closeProtocol},
		"opcode 11":            {frame(0x8b, nil), closeProtocol},
		"RSV1: compressed":     {frame(0xc1, sub), closeProtocol},
		"RSV2":                 {frame(0xa1, sub), closeProtocol},
		"length 2^63":          {[]byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, closeProtocol},
		"length 2^40":          {[]byte{0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, closeTooBig},
		"length not shortest":  {[]byte{0x81, 0xfe, 0, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5}, closeProtocol},
		"control of 126":       {frame(0x89, make([]byte, 126)), closeProtocol},
		"control in fragments": {frame(0x09, nil), closeProtocol},
		"continuation first":   {frame(0x80, sub), closeProtocol},
		"message in message":   {append(frame(0x01, sub), frame(0x81, sub)...), closeProtocol},
		"too big":              {frame(0x81, big), closeTooBig},
		"too big in fragments": {append(frame(0x01, big[:40000]), frame(0x80, big[:40000])...), closeTooBig},
		"binary":               {frame(0x82, sub), closeType},
		"endless fragments":    {append(frame(0x01, nil), repeat(frame(0x00, nil), 2000)...), closePolicy},
		"flood":                {repeat(frame(0x81, sub), 5000), 0},
		"ping flood":           {repeat(frame(0x89, []byte("x")), 5000), closePolicy},
		"no JSON, often":       {repeat(frame(0x81, []byte("nojson")), maxBad), closePolicy},
		"close of one byte":    {frame(0x88, []byte{3}), closeProtocol},
	} {
		s := x.script(t)
		_, _ = s.Write(c.send)
		got := s.closed()
		if got != c.want && !(c.want == 0 && (got == closePolicy || got == closeLater)) {
			t.Errorf("%s: closed with %d, want %d", name, got, c.want)
		}
	}
	for name, text := range map[string]string{"deep": strings.Repeat("[", 10000), "no JSON": "nojson", "huge id": `{"op":"sub","topic":"probe/x","id":1e999}`, "empty": "", "array": "[1]", "null": "null"} {
		s := x.script(t)
		s.say(text)
		if m := s.next(); m.Error == nil || m.Error.Code != wire.BadRequest {
			t.Errorf("%s: %+v", name, m)
		}
		s.say(`{"op":"ping"}`)
		if m := s.next(); !m.Pong {
			t.Errorf("%s: the socket is of no use afterwards", name)
		}
		s.Close()
	}
	x.idle(t)
}

// idle waits until no websocket and no topic is left.
func (x *site) idle(t *testing.T) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for x.s.counts.sockets.Load() > 0 || x.s.hub.Topics() > 0 {
		if time.Now().After(end) {
			t.Fatalf("%d websockets and %d topics are left", x.s.counts.sockets.Load(), x.s.hub.Topics())
		}
		time.Sleep(time.Millisecond) // waiting on a condition
	}
}

func TestTooManySocketsAnd503(t *testing.T) {
	x := newSite(t, func(o *Options) { o.MaxSockets = 3 })
	var open []*rawSocket
	for range 3 {
		open = append(open, x.script(t))
	}
	if _, status := x.dial(t, "Authorization: Bearer "+testToken); status != 503 {
		t.Errorf("fourth: %d", status)
	}
	for _, s := range open {
		s.say(`{"op":"ping"}`)
		s.next()
		s.Close()
	}
	x.idle(t)
	x.script(t)
}

func TestTooManyConnectionsGet503(t *testing.T) {
	x := newSite(t, func(o *Options) { o.MaxConns = 4 })
	var held []net.Conn
	for range 4 {
		c, err := net.Dial("tcp", x.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if line, _ := bufio.NewReader(c).ReadString('\n'); !strings.Contains(line, "200") {
			t.Fatal(line)
		}
		held = append(held, c)
	}
	if got := x.raw(t, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); !strings.Contains(got, "503") {
		t.Errorf("fifth: %q", got)
	}
	for _, c := range held {
		c.Close()
	}
}

func TestRevokedSessionLosesItsSocket(t *testing.T) {
	x := newSite(t)
	cookie, half := x.halves(t, access.Owner)
	s, _ := x.dial(t, "Origin: "+x.URL, "Cookie: "+cookie.Name+"="+cookie.Value)
	s.say(`{"op":"hello","half":"` + half + `"}`)
	s.next()
	s.say(`{"op":"sub","topic":"probe/processes","id":1}`)
	s.next()
	if status, _, _ := x.ask(t, "DELETE", "/api/sessions", "", bearer()); status != 200 {
		t.Fatal(status)
	}
	if got := s.closed(); got != closePolicy {
		t.Errorf("closed with %d", got)
	}
	x.idle(t)
}

// A client that never reads costs nobody anything, and the others get the newest.
func TestNeverReadingClientHoldsUpNobody(t *testing.T) {
	x := newSite(t)
	wide := func(n int) *table.Table {
		t := &table.Table{Columns: processes(0).Columns}
		for i := range 500 {
			t.Rows = append(t.Rows, table.Row{Key: fmt.Sprint(i), Cells: []table.Cell{int64(n), "root", strings.Repeat("y", 800)}})
		}
		return t
	}
	deaf := x.script(t)
	_ = deaf.Conn.(*net.TCPConn).SetReadBuffer(32 << 10)
	deaf.say(`{"op":"sub","topic":"probe/processes","id":1}`)
	deaf.next()
	good := x.script(t)
	good.say(`{"op":"sub","topic":"probe/processes","id":1}`)
	good.next()
	f := <-x.host.feeds
	for n := range 12 { // 5 MB, far more than the deaf one's buffers take
		f.ch <- wide(n)
		for {
			m := good.next()
			rows := m.Snapshot
			if m.Delta != nil {
				rows = &table.Table{Rows: m.Delta.Set}
			}
			if rows != nil && len(rows.Rows) > 0 && rows.Rows[0].Cells[0] == float64(n) {
				break
			}
		}
	}
	good.Close()
	deaf.Close()
	x.idle(t)
}

func TestServeEndsInOrder(t *testing.T) {
	x := newSite(t)
	s, err := New(x.s.Options)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Listen(ListenSpec{Addr: "localhost:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l.Listeners, nil) }()
	y := &site{s: s}
	y.Server = x.Server
	c, err := net.Dial("tcp", l.Listeners[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nAuthorization: Bearer %s\r\n\r\n", testToken)
	ws := &rawSocket{c, bufio.NewReader(c), t}
	if resp, err := http.ReadResponse(ws.r, nil); err != nil || resp.StatusCode != 101 {
		t.Fatal(err)
	}
	ws.next()
	ws.say(`{"op":"sub","topic":"probe/processes","id":1}`)
	ws.next()
	cancel()
	if got := ws.closed(); got != closeGoingAway {
		t.Errorf("closed with %d", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if s.hub.Topics() != 0 {
		t.Error("topics are left")
	}
	if _, err := net.Dial("tcp", l.Listeners[0].Addr().String()); err == nil {
		t.Error("still listening")
	}
	if _, err := s.hub.Subscribe("probe/x", nil, func() {}); !errors.Is(err, hub.ErrClosed) {
		t.Error(err)
	}
}

func FuzzFrames(f *testing.F) {
	for _, s := range [][]byte{frame(0x81, []byte("{}")), {0x81, 0xff, 0x80}, append(frame(0x01, nil), frame(0x80, nil)...), frame(0x89, make([]byte, 125)), frame(0x82, make([]byte, 70000))} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var whole, parts frameReader
		n1, c1, _ := whole.feed(b)
		n2, c2 := 0, 0
		if cut <= 0 {
			cut = 1
		}
		for rest := b; len(rest) > 0 && c2 == 0; {
			k := min(cut, len(rest))
			n, c, _ := parts.feed(rest[:k])
			n2, c2, rest = n2+n, c, rest[k:]
		}
		if n1 != n2 || c1 != c2 {
			t.Fatalf("whole: %d frames, code %d; in pieces of %d: %d, %d", n1, c1, cut, n2, c2)
		}
		if n1 > len(b) {
			t.Fatal("more frames than bytes")
		}
	})
}

func FuzzFirstHalf(f *testing.F) {
	f.Add([]byte(`{"op":"hello","half":"x"}`))
	f.Add([]byte(`abc`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if half, ok := firstHalf(b); ok && len(half) > 256 {
			t.Fatal("half is too long")
		}
	})
}
