package store

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// windowLen bytes are mapped at a time, as somebody asks for them. Small enough
// for a tight limit on virtual memory, large enough that few packets straddle.
const windowLen = 64 << 20

// mapped gives bytes of a file by offset, lent until close.
//
// A mapped file that is cut under us faults when touched. Go makes that fault a
// panic only in goroutines that asked for it, so bytes asks for its caller's
// goroutine, and probes the bytes before it lends them. A goroutine that goes
// on with lent bytes while the file is being cut may see that panic (a
// runtime.Error); whoever dissects catches panics per frame anyway. After the
// first fault the lost pages are replaced by zeros and nothing faults again.
type mapped struct {
	f       *os.File
	windows atomic.Pointer[[]atomic.Pointer[[]byte]]
	cut     atomic.Int64 // -1, or the size the file was cut to

	mu      sync.Mutex // guards mapping, growth of windows, closing
	closed  bool
	dropped bool
	nowhere bool // mapping failed: read instead
}

func newMapped(f *os.File) *mapped {
	m := &mapped{f: f}
	m.cut.Store(-1)
	return m
}

// bytes lends n bytes at off. The slice has no spare capacity.
func (m *mapped) bytes(off int64, n int) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	if cut := m.cut.Load(); cut >= 0 && off+int64(n) > cut {
		return nil, m.gone(off, n)
	}
	w := off / windowLen
	at := int(off - w*windowLen)
	if at+n > windowLen {
		return m.copy(off, n)
	}
	b := m.window(w)
	if b == nil || at+n > len(b) {
		return m.copy(off, n)
	}
	b = b[at : at+n : at+n]
	if _, ok := touch(b); !ok {
		m.shrunk()
		return nil, m.gone(off, n)
	}
	return b, nil
}

func (m *mapped) gone(off int64, n int) error {
	return fmt.Errorf("read %d bytes at offset %d: %w", n, off, ErrGone)
}

// touch reads a byte of every page; false when one faults. The sum only keeps
// the reads from being optimised away.
func touch(b []byte) (sum byte, ok bool) {
	debug.SetPanicOnFault(true)
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	sum = b[len(b)-1]
	for i := 0; i < len(b); i += 4096 {
		sum |= b[i]
	}
	return sum, true
}

// window returns the mapping of window w, nil when there is none to be had.
func (m *mapped) window(w int64) []byte {
	if l := m.windows.Load(); l != nil && w < int64(len(*l)) {
		if p := (*l)[w].Load(); p != nil {
			return *p
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.dropped || m.nowhere {
		return nil
	}
	l := m.windows.Load()
	if l == nil || w >= int64(len(*l)) {
		grown := make([]atomic.Pointer[[]byte], max(w+1, 4))
		if l != nil {
			grown = make([]atomic.Pointer[[]byte], max(w+1, 2*int64(len(*l))))
			for i := range *l {
				grown[i].Store((*l)[i].Load())
			}
		}
		l = &grown
		m.windows.Store(l)
	}
	if p := (*l)[w].Load(); p != nil {
		return *p
	}
	b, err := mapWindow(m.f, w*windowLen, windowLen)
	if err != nil {
		m.nowhere = true
		return nil
	}
	(*l)[w].Store(&b)
	return b
}

// copy reads into memory of its own what no mapping can lend.
func (m *mapped) copy(off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if got, err := m.f.ReadAt(b, off); got < n {
		m.mu.Lock()
		closed := m.closed
		m.mu.Unlock()
		if closed {
			return nil, ErrClosed
		}
		return nil, fmt.Errorf("%w (%v)", m.gone(off, n), err)
	}
	return b, nil
}

// shrunk notes that the file was cut, and heals the mappings.
func (m *mapped) shrunk() {
	size := int64(0)
	if st, err := m.f.Stat(); err == nil {
		size = st.Size()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if cut := m.cut.Load(); cut >= 0 && cut <= size || m.closed {
		return
	}
	m.cut.Store(size)
	if l := m.windows.Load(); l != nil {
		for i := range *l {
			if p := (*l)[i].Load(); p != nil {
				blank(*p, size-int64(i)*windowLen)
			}
		}
	}
}

// drop gives the file up but keeps lent bytes from faulting: they become zeros.
// The file system can free a removed file then.
func (m *mapped) drop() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.dropped {
		return nil
	}
	m.dropped = true
	m.cut.Store(0)
	if l := m.windows.Load(); l != nil {
		for i := range *l {
			if p := (*l)[i].Load(); p != nil {
				blank(*p, 0)
			}
		}
	}
	return m.f.Close()
}

// close unmaps everything; all lent bytes end.
func (m *mapped) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	if l := m.windows.Swap(nil); l != nil {
		for i := range *l {
			if p := (*l)[i].Load(); p != nil {
				if err := unmapWindow(*p); err != nil {
					if !m.dropped {
						m.f.Close()
					}
					return fmt.Errorf("unmap capture: %w", err)
				}
			}
		}
	}
	if m.dropped {
		return nil
	}
	return m.f.Close()
}
