package session

import (
	"context"
	"os"
	"path/filepath"

	"sonde/capture/frame"
	"sonde/capture/source"
	"sonde/capture/store"
)

// Live is a capture that somebody else writes as segment files; it is told
// again at each change.
type Live struct {
	ID        string
	Name      string
	Interface string
	Filter    string
	Dir       string   // folder of the segments
	Segments  []string // file names in order
	Running   bool
	Started   int64
	Packets   int
	Bytes     int64
	Dropped   int64
	Link      frame.LinkType
	Error     string
}

// SetLive tells the library what live captures there are, running and ended.
func (l *Library) SetLive(list []Live) {
	for i := range list {
		v := list[i]
		l.mu.Lock()
		c := l.items[v.ID]
		if c == nil {
			if l.closed {
				l.mu.Unlock()
				return
			}
			c = newCapture(l, v.ID, meta{Name: v.Name, Source: "live " + v.Interface, Started: v.Started})
			l.items[v.ID] = c
		}
		l.mu.Unlock()
		c.setLive(&v)
	}
	l.bump()
}

func (c *Capture) setLive(v *Live) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ended := c.live != nil && c.live.Running && !v.Running
	c.live = v
	s := &c.status
	if v.Name != "" {
		s.Name = v.Name
	} else {
		s.Name = v.Interface
	}
	s.Filter, s.Dropped, s.Error = v.Filter, v.Dropped, v.Error
	s.Link, s.Format = v.Link.String(), "pcapng"
	if !c.opened {
		s.Packets, s.Bytes = v.Packets, v.Bytes
	}
	if v.Running {
		s.State, s.Progress = Running, 0
	} else if s.State == Running && !c.opened || s.State == Indexing && !c.opened {
		s.State, s.Progress = Ready, 1
	}
	if ended && c.liveEnd != nil {
		close(c.liveEnd)
		c.liveEnd = nil
	}
	if g, ok := c.store.(*store.Segments); ok {
		g.Wake()
	}
	c.touch()
}

// startLive follows the segments.
func (c *Capture) startLive() error {
	opt := store.Options{CacheDir: c.live.Dir}
	opt.Source.Resync = true
	g := store.NewSegments(opt)
	ctx, cancel := context.WithCancel(c.lib.ctx)
	ended := make(chan struct{})
	if !c.lib.enter() {
		cancel()
		g.Close()
		return ErrNotFound
	}
	c.mu.Lock()
	done := c.begin(ctx, g, g.Close, cancel)
	if c.live.Running {
		c.status.State = Running
		c.liveEnd = ended
	} else {
		close(ended)
	}
	c.mu.Unlock()
	go func() {
		defer c.lib.wg.Done()
		walked := make(chan error, 1)
		go func() { walked <- g.Follow(ctx, c.segments, ended, c.progress) }()
		c.learn(ctx, walked, func() *Damage {
			ds := g.Damages()
			if len(ds) == 0 {
				return nil
			}
			list := make([]source.Damage, len(ds))
			for i := range ds {
				list[i] = ds[i].Damage
			}
			return damageOf(list)
		})
		close(done)
	}()
	return nil
}

// segments lists the files so far.
func (c *Capture) segments() ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]string, 0, len(c.live.Segments))
	for _, s := range c.live.Segments {
		p := filepath.Join(c.live.Dir, s)
		if _, err := os.Stat(p); err == nil {
			out = append(out, p)
		}
	}
	return out, nil
}
