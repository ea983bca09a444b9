package keeper

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Verb is what a message asks or tells. The list is closed: a byte that is not
// here is refused.
type Verb uint8

// Verbs. From the face, all but Hello are refused before Hello.
const (
	VerbHello       Verb = 1 + iota // hello -> hello; must be first, builds must match
	VerbSubscribe                   // query; answered, then VerbTable until VerbUnsubscribe
	VerbUnsubscribe                 // the message's id names the subscription
	VerbOnce                        // query -> table
	VerbSignal                      // signalArgs -> nothing
	VerbRenice                      // reniceArgs -> nothing
	VerbDevices                     // nothing -> []Device
	VerbFeatures                    // nothing -> []Feature
	VerbStartLive                   // LiveSpec -> idArgs
	VerbStopLive                    // idArgs -> nothing
	VerbLive                        // nothing; answered with VerbLives at once and at each change
	VerbPing                        // nothing -> nothing; also the heartbeat
	VerbListening                   // listeningArgs -> nothing
	VerbCancel                      // the message's id names the request to give up
	lastRequest          = VerbCancel

	// From the keeper only.
	VerbOK    Verb = 64 // JSON of the answer
	VerbError Verb = 65 // JSON of Error; ends the request or subscription
	VerbTable Verb = 66 // a table in binary (appendTable)
	VerbLives Verb = 67 // JSON []LiveStatus
	VerbEnd   Verb = 68 // the subscription's source ended
)

// Bounds of the protocol.
const (
	headerSize   = 9         // u32 length of payload, u8 verb, u32 id; little-endian
	maxRequest   = 512 << 10 // a 4096-instruction filter as JSON is under 200 kB
	maxAnswer    = 64 << 20  // a table of 100,000 processes is about 30 MB
	maxFilter    = 4096      // BPF_MAXINSNS, linux/bpf_common.h
	maxInFlight  = 64        // requests of one connection being worked on
	maxSubs      = 512       // subscriptions of one connection
	maxTopic     = 128       // bytes
	maxArgs      = 32        // per query
	maxArgName   = 64        // bytes
	maxArgValue  = 64 << 10  // bytes; a compiled filter for several link types travels as one
	maxText      = 8192      // bytes of a filter's text
	maxListening = 16        // addresses
)

type message struct {
	verb    Verb
	id      uint32
	payload []byte
}

type hello struct {
	Build    string `json:"build"`
	Protocol int    `json:"protocol"`
	PID      int    `json:"pid"`
}

// protocol is raised when messages change without the build doing so; it cannot
// in practice, as both sides are one file, but it costs nothing to say.
const protocol = 1

type query struct {
	Topic string            `json:"topic"`
	Args  map[string]string `json:"args,omitempty"`
}

type signalArgs struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"`
	Sig   string `json:"sig"`
	Force bool   `json:"force,omitempty"`
}

type reniceArgs struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"`
	Nice  int    `json:"nice"`
}

type idArgs struct {
	ID string `json:"id"`
}

type listeningArgs struct {
	Addrs []string `json:"addrs"`
}

// errFrame means that the stream of messages cannot be followed any further.
var errFrame = errors.New("malformed message")

// readMessage reads one message of at most limit payload bytes. buf is reused
// when it is large enough; the payload is lent until the next call with it.
func readMessage(r io.Reader, buf []byte, limit int) (message, []byte, error) {
	var h [headerSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return message{}, buf, err
	}
	n := binary.LittleEndian.Uint32(h[:])
	if int64(n) > int64(limit) {
		return message{}, buf, fmt.Errorf("%w: %d bytes, limit %d", errFrame, n, limit)
	}
	m := message{verb: Verb(h[4]), id: binary.LittleEndian.Uint32(h[5:])}
	// Grow with what arrives, not with what is announced: a header alone must
	// not cost 64 MB.
	buf = buf[:0]
	for len(buf) < int(n) {
		step := min(int(n)-len(buf), max(64<<10, len(buf)))
		at := len(buf)
		if cap(buf)-at < step {
			grown := make([]byte, at, at+step)
			copy(grown, buf)
			buf = grown
		}
		buf = buf[:at+step]
		if _, err := io.ReadFull(r, buf[at:]); err != nil {
			return message{}, buf, fmt.Errorf("%w: cut short: %w", errFrame, err)
		}
	}
	m.payload = buf
	return m, buf, nil
}

// writer sends whole messages from any goroutine. A peer that does not read
// blocks it: whoever must not wait conflates before calling.
type writer struct {
	mu  sync.Mutex // guards w and buf
	w   io.Writer
	buf []byte
}

func (w *writer) send(verb Verb, id uint32, fill func(b []byte) ([]byte, error)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := append(w.buf[:0], 0, 0, 0, 0, byte(verb))
	b = binary.LittleEndian.AppendUint32(b, id)
	if fill != nil {
		var err error
		if b, err = fill(b); err != nil {
			return err
		}
	}
	n := len(b) - headerSize
	if n > maxAnswer {
		return &Error{Code: Busy, Message: fmt.Sprintf("answer of %d bytes is larger than the limit of %d", n, maxAnswer)}
	}
	binary.LittleEndian.PutUint32(b, uint32(n))
	if cap(b) <= 4<<20 { // a rare giant is not kept
		w.buf = b
	}
	_, err := w.w.Write(b)
	return err
}

func (w *writer) json(verb Verb, id uint32, v any) error {
	if v == nil {
		return w.send(verb, id, nil)
	}
	j, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.send(verb, id, func(b []byte) ([]byte, error) { return append(b, j...), nil })
}

// Pair is a connected pair of stream sockets: what lies between keeper and
// face, also when both are in one process.
func Pair() (a, b net.Conn, err error) {
	fa, fb, err := PairFiles()
	if err != nil {
		return nil, nil, err
	}
	defer fa.Close()
	defer fb.Close()
	if a, err = net.FileConn(fa); err != nil {
		return nil, nil, err
	}
	if b, err = net.FileConn(fb); err != nil {
		a.Close()
		return nil, nil, err
	}
	return a, b, nil
}
