package flow

// Piece is a run of bytes of one frame that a reassembly took: Off counts in
// the frame's own bytes, At in the reassembled data.
type Piece struct {
	Frame uint32
	Off   uint32
	Len   uint32
	At    uint32
}

// Blob is reassembled data: the pieces it was made of, and the bytes while
// they are cached. Pieces never overlap in At; together they cover Size unless
// the blob is incomplete.
type Blob struct {
	Pieces []Piece
	Size   uint32
	// Frame is where the last missing piece arrived: where the data is shown.
	Frame uint32
	// Direct is set when the bytes cannot be had from Pieces again (data that
	// was itself reassembled or decrypted): then they are kept for good.
	Direct bool
	data   []byte
}

// blobBudget bounds the bytes of reassembled data kept in memory; the oldest
// are dropped and read again from their frames when asked for.
const blobBudget = 64 << 20

// NewBlob keeps a finished reassembly. data is taken over, not copied.
// Learn pass only.
func (s *State) NewBlob(b *Blob, data []byte) *Blob {
	b.data = data
	b.Size = uint32(len(data))
	if b.Direct {
		return b
	}
	s.cached = append(s.cached, b)
	s.bytes += int64(len(data))
	for s.bytes > blobBudget && len(s.cached) > 1 {
		old := s.cached[0]
		s.cached[0] = nil
		s.cached = s.cached[1:]
		s.bytes -= int64(len(old.data))
		if s.Fetch == nil {
			s.Evicted++
		}
		old.data = nil
	}
	return b
}

// Data gives the blob's bytes, read again from its frames when they are no
// longer cached; nil when the source cannot go back.
func (s *State) Data(b *Blob) []byte {
	if b.data != nil {
		return b.data
	}
	if s.Fetch == nil {
		return nil
	}
	out := make([]byte, b.Size)
	for _, p := range b.Pieces {
		f := s.Fetch(p.Frame)
		if int(p.Off) >= len(f) || int(p.At) >= len(out) {
			continue
		}
		end := min(int(p.Off)+int(p.Len), len(f))
		copy(out[p.At:], f[p.Off:end])
	}
	return out
}
