package api

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"sonde/server/wire"
)

// guard stands between a websocket's connection and the library. It follows
// the frames that come in (RFC 6455, section 5) so that a hostile one ends the
// connection with the right code at once, counts frames so that a flood of any
// kind ends it too, and lets a slow reader take its time but not for ever.
type guard struct {
	net.Conn
	pre []byte // read before the upgrade was answered

	frames frameReader
	budget float64 // frames that may come now
	filled time.Time

	write sync.Mutex // held while a chunk is written
	once  sync.Once
	gone  chan struct{} // closed when the connection was ended here
}

// Limits of a websocket.
const (
	frameRate   = 50.0  // frames a second, kept up
	frameBurst  = 400.0 // at once: a page subscribes to all it shows
	writeChunk  = 16 << 10
	writeWithin = 30 * time.Second // for one chunk
	lingerTime  = time.Second
)

// Close codes, RFC 6455 section 7.4.1.
const (
	closeGoingAway = 1001
	closeProtocol  = 1002
	closeType      = 1003
	closeUTF8      = 1007
	closePolicy    = 1008
	closeTooBig    = 1009
	closeLater     = 1013 // IANA: try again later
)

func newGuard(c net.Conn, pre []byte) *guard {
	return &guard{Conn: c, pre: pre, budget: frameBurst, filled: time.Now(), gone: make(chan struct{})}
}

// Read passes bytes on once they were looked at.
func (g *guard) Read(b []byte) (int, error) {
	var n int
	var err error
	if len(g.pre) > 0 {
		n = copy(b, g.pre)
		g.pre = g.pre[n:]
	} else if n, err = g.Conn.Read(b); n == 0 {
		return n, err
	}
	select {
	case <-g.gone:
		return 0, net.ErrClosed
	default:
	}
	began, code, why := g.frames.feed(b[:n])
	if code == 0 && !g.spend(began) {
		code, why = closePolicy, "too many frames"
	}
	if code != 0 {
		g.fail(code, why)
		return 0, errors.New("websocket: " + why)
	}
	return n, err
}

func (g *guard) spend(frames int) bool {
	now := time.Now()
	g.budget = min(frameBurst, g.budget+now.Sub(g.filled).Seconds()*frameRate)
	g.filled = now
	g.budget -= float64(frames)
	return g.budget >= 0
}

// Write sends in chunks, each with its own time: a reader that takes a large
// table slowly is not cut off, one that takes nothing is.
func (g *guard) Write(b []byte) (int, error) {
	g.write.Lock()
	defer g.write.Unlock()
	done := 0
	for done < len(b) {
		select {
		case <-g.gone:
			return done, net.ErrClosed
		default:
		}
		_ = g.Conn.SetWriteDeadline(time.Now().Add(writeWithin))
		n, err := g.Conn.Write(b[done:min(len(b), done+writeChunk)])
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// SetDeadline and its siblings belong to Write and fail alone.
func (g *guard) SetDeadline(time.Time) error      { return nil }
func (g *guard) SetReadDeadline(time.Time) error  { return nil }
func (g *guard) SetWriteDeadline(time.Time) error { return nil }

// fail ends the connection with a close code. It does not wait: the frame goes
// out, the rest of what the peer sends is thrown away for a moment (a reset
// would take the frame back), and the connection is closed.
func (g *guard) fail(code int, why string) {
	g.once.Do(func() {
		close(g.gone)
		go func() {
			defer g.Conn.Close()
			_ = g.Conn.SetDeadline(time.Now().Add(lingerTime))
			g.write.Lock() // a chunk under way ends by the deadline
			why = why[:min(len(why), 120)]
			frame := append([]byte{0x88, byte(2 + len(why)), byte(code >> 8), byte(code)}, why...)
			_, err := g.Conn.Write(frame)
			g.write.Unlock()
			if err != nil {
				return
			}
			if c, ok := g.Conn.(interface{ CloseWrite() error }); ok {
				_ = c.CloseWrite()
			}
			_, _ = io.CopyN(io.Discard, g.Conn, 1<<20)
		}()
	})
}

// Close closes at once, unless fail is at work.
func (g *guard) Close() error {
	g.once.Do(func() {
		close(g.gone)
		g.Conn.Close()
	})
	return nil
}

// upgrader hands the library a guarded connection.
type upgrader struct {
	http.ResponseWriter
	guard *guard
}

func (u *upgrader) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if t, ok := rawConn(c).(*net.TCPConn); ok {
		// What the kernel holds back for a slow reader is old when it arrives.
		_ = t.SetWriteBuffer(256 << 10)
	}
	pre, _ := rw.Reader.Peek(rw.Reader.Buffered())
	u.guard = newGuard(c, append([]byte(nil), pre...))
	return u.guard, bufio.NewReadWriter(bufio.NewReader(u.guard), bufio.NewWriter(u.guard)), nil
}

// frameReader follows the framing of what a client sends.
type frameReader struct {
	head   [14]byte
	have   int    // bytes of head
	left   uint64 // payload bytes still to come
	within bool   // a fragmented message is under way
	size   uint64 // of that message
}

// feed looks at the next bytes. It gives the number of frames that began, and
// a close code with a reason when the client broke the protocol.
func (f *frameReader) feed(b []byte) (began, code int, why string) {
	for len(b) > 0 {
		if f.left > 0 {
			n := min(uint64(len(b)), f.left)
			f.left -= n
			b = b[n:]
			continue
		}
		f.head[f.have] = b[0]
		f.have++
		b = b[1:]
		if f.have == 1 {
			began++
		}
		if f.have < 2 {
			continue
		}
		short := f.head[1] & 0x7f
		need := 2 + 4 // with the mask
		switch short {
		case 126:
			need += 2
		case 127:
			need += 8
		}
		if f.have == 2 {
			if code, why = f.begin(short); code != 0 {
				return began, code, why
			}
		}
		if f.have < need {
			continue
		}
		f.have = 0
		size := uint64(short)
		switch short {
		case 126:
			size = uint64(binary.BigEndian.Uint16(f.head[2:]))
			if size < 126 {
				return began, closeProtocol, "length is not in its shortest form"
			}
		case 127:
			size = binary.BigEndian.Uint64(f.head[2:])
			if size>>63 != 0 || size < 1<<16 {
				return began, closeProtocol, "malformed length"
			}
		}
		if f.head[0]&0x08 == 0 {
			if f.size += size; f.size > wire.MaxMessage || size > wire.MaxMessage {
				return began, closeTooBig, "message too big"
			}
			if f.within = f.head[0]&0x80 == 0; !f.within {
				f.size = 0
			}
		}
		f.left = size
	}
	return began, 0, ""
}

// begin checks a frame's first two bytes.
func (f *frameReader) begin(short byte) (int, string) {
	op, fin := f.head[0]&0x0f, f.head[0]&0x80 != 0
	switch {
	case f.head[0]&0x70 != 0:
		return closeProtocol, "reserved bits are set"
	case f.head[1]&0x80 == 0:
		return closeProtocol, "frame is not masked"
	case op > 10 || op > 2 && op < 8:
		return closeProtocol, "unknown opcode"
	case op >= 8 && (!fin || short > 125):
		return closeProtocol, "malformed control frame"
	case op == 0 && !f.within:
		return closeProtocol, "continuation of nothing"
	case (op == 1 || op == 2) && f.within:
		return closeProtocol, "new message inside another"
	}
	return 0, ""
}
