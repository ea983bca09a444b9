package session

import (
	"context"
	"errors"
	"fmt"
	"math"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/store"
	"sonde/capture/tap"
)

// StreamChunk is one piece of a followed stream.
type StreamChunk struct {
	Peer   int    `json:"peer"` // 0 = node 0 (client), 1 = node 1
	Packet uint32 `json:"packet"`
	Time   int64  `json:"time"`
	Data   []byte `json:"data"`
}

// Stream is a followed conversation.
type Stream struct {
	Proto  string        `json:"proto"`
	Index  int           `json:"index"`
	Nodes  [2]string     `json:"nodes"` // address:port
	Chunks []StreamChunk `json:"chunks"`
	// Missing counts bytes that the capture lacks.
	Missing int64 `json:"missing"`
}

// maxFollow bounds the bytes of a followed stream.
const maxFollow = 16 << 20

// Follow gives the payload of one stream, in order, retransmissions left out.
// proto is "tcp" or "udp".
func (l *Library) Follow(ctx context.Context, id, proto string, stream int, filter string) (*Stream, error) {
	c, err := l.get(id)
	if err != nil {
		return nil, err
	}
	ctx, release, err := c.use(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	f, err := tap.NewFollower(proto, stream)
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s.stream == %d", proto, stream)
	if filter != "" {
		text += " && (" + filter + ")"
	}
	job, err := c.filter(text)
	if err != nil {
		return nil, err
	}
	if err := c.waitAll(ctx); err != nil {
		return nil, err
	}
	if err := job.advance(ctx, math.MaxInt); err != nil {
		return nil, err
	}
	n, _ := job.counts()
	for _, no := range job.slice(0, n) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if f.Size > maxFollow {
			break
		}
		err := c.dissect(no, 0, dissect.Request{Want: f.Want()}, f.Add)
		if err != nil && !errors.Is(err, store.ErrGone) { // gone bytes are a gap
			return nil, err
		}
	}
	f.Finish()
	out := &Stream{Proto: proto, Index: stream, Chunks: make([]StreamChunk, len(f.Chunks)), Missing: f.Missing}
	if len(f.Chunks) > 0 {
		out.Nodes = [2]string{f.Nodes[0].String(), f.Nodes[1].String()}
	}
	for i, k := range f.Chunks {
		out.Chunks[i] = StreamChunk(k)
	}
	return out, nil
}

func has(ids []field.ID, id field.ID) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}
