package keeper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"sonde/capture/frame"
	"sonde/capture/sink"
)

// What the recorder goes by.
const (
	flushEvery     = 200 * time.Millisecond // a crash loses no more than this
	countEvery     = 512                    // packets, under a flood
	lookEvery      = 500 * time.Millisecond // at the link, the folder and the kernel's counts
	manifestEvery  = 2 * time.Second
	defaultSegment = 100 << 20
	maxCaptures    = 32 // running at once
	maxEvents      = 100
)

// Recorder runs live captures: ring to pcapng segments on disk, before anybody
// looks at a packet. Its methods are the live part of a Backend.
type Recorder struct {
	data     *os.File
	uid, gid int
	open     OpenRing
	version  string

	wg sync.WaitGroup

	mu      sync.Mutex // guards the rest, and every recording's status
	list    []*recording
	changed chan struct{}
	closed  bool
	serial  int
}

// NewRecorder makes a recorder for an open data folder whose files belong to
// uid and gid (-1: this process's own user).
func NewRecorder(data *os.File, uid, gid int, version string, open OpenRing) *Recorder {
	return &Recorder{data: data, uid: uid, gid: gid, open: open, version: version, changed: make(chan struct{})}
}

// Live lists captures, oldest first.
func (r *Recorder) Live() []LiveStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]LiveStatus, 0, len(r.list))
	for _, c := range r.list {
		s := c.status
		s.Segments = append([]Segment{}, s.Segments...)
		s.Events = append([]Event(nil), s.Events...)
		list = append(list, s)
	}
	return list
}

// LiveChanged is closed at the next change.
func (r *Recorder) LiveChanged() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// StartLive opens the interface and starts to write. An error leaves nothing
// behind on disk.
func (r *Recorder) StartLive(_ context.Context, spec LiveSpec) (string, error) {
	if spec.FileSize == 0 {
		spec.FileSize = defaultSegment
	}
	r.mu.Lock()
	running := 0
	for _, c := range r.list {
		if c.status.State == Running {
			running++
		}
	}
	if r.closed || running >= maxCaptures {
		r.mu.Unlock()
		return "", &Error{Code: Busy, Message: fmt.Sprintf("%d captures run already", running)}
	}
	r.serial++
	now := time.Now()
	id := fmt.Sprintf("live-%s-%d", now.UTC().Format("20060102-150405.000"), r.serial)
	r.mu.Unlock()
	ring, err := r.open(spec)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", spec.Interface, err)
	}
	dir, err := makeFolder(r.data, id, r.uid, r.gid)
	if err != nil {
		ring.Close()
		return "", err
	}
	c := &recording{r: r, ring: ring, dir: dir, spec: spec, started: now, done: make(chan struct{}), stop: make(chan struct{}),
		status: LiveStatus{ID: id, Name: spec.Name, Interface: spec.Interface, Filter: spec.Filter, Excluded: spec.Excluded,
			Link: spec.Link, SnapLen: spec.SnapLen, State: Running, Started: now.UnixNano(), Segments: []Segment{}, Dir: dir.path, Build: r.version}}
	err = dir.reserve()
	if err == nil {
		err = c.segment()
	}
	if err == nil {
		err = dir.replace(manifestName, c.status)
	}
	if err != nil {
		ring.Close()
		c.discard()
		return "", c.fault(err)
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		ring.Close()
		c.discard()
		return "", errClosed
	}
	r.list = append(r.list, c)
	r.wg.Add(1)
	r.bump()
	r.mu.Unlock()
	go func() {
		defer r.wg.Done()
		c.run()
	}()
	return id, nil
}

// StopLive ends a capture and returns when everything is on disk.
func (r *Recorder) StopLive(ctx context.Context, id string) error {
	r.mu.Lock()
	var found *recording
	for _, c := range r.list {
		if c.status.ID == id {
			found = c
		}
	}
	r.mu.Unlock()
	if found == nil {
		return &Error{Code: NotFound, Message: fmt.Sprintf("no live capture %s", id)}
	}
	found.end("stopped")
	select {
	case <-found.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends all captures, flushed.
func (r *Recorder) Close() {
	r.mu.Lock()
	r.closed = true
	list := append([]*recording(nil), r.list...)
	r.mu.Unlock()
	for _, c := range list {
		c.end("sonde was ended")
	}
	r.wg.Wait()
}

// bump tells of a change; mu is held.
func (r *Recorder) bump() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// recording is one capture. Its goroutine owns everything but status.
type recording struct {
	r       *Recorder
	ring    Ring
	dir     *folder
	spec    LiveSpec
	started time.Time
	done    chan struct{}

	once   sync.Once
	stop   chan struct{}
	reason string // set before stop is closed

	status LiveStatus // guarded by r.mu

	file    *os.File
	out     *sink.Pcapng // writes whole blocks, and cuts a torn one off
	counted int64        // packets of out that are in status
	pending []packet     // given to out, not yet seen in the file
	ifaces  int          // described in out
	serial  int
	bytes   []int64 // on the wire, for each of status.Segments
	lost    uint64
	saved   time.Time // last manifest
	link    linkState
}

// packet is what status needs of one that is on its way to the disk.
type packet struct {
	wire uint32
	time int64
}

func (c *recording) end(reason string) {
	c.once.Do(func() {
		c.reason = reason
		close(c.stop)
	})
}

// fault names an error for people: a full disk with the room left.
func (c *recording) fault(err error) *Error {
	if CodeOf(err) == DiskFull {
		text := "the disk is full"
		if free, e := c.dir.free(); e == nil {
			text = fmt.Sprintf("the disk is full: %d bytes are free", free)
		}
		return &Error{Code: DiskFull, Message: text + " (" + err.Error() + ")", Remedy: "free some room, then start the capture again"}
	}
	return asError(err)
}

// discard removes what a capture that never ran left.
func (c *recording) discard() {
	if c.file != nil {
		c.file.Close()
		_ = c.dir.remove(c.file.Name())
	}
	_ = c.dir.remove(reserveName)
	_ = c.dir.remove(manifestName)
	c.dir.close()
	removeFolder(c.r.data, c.status.ID, c.r.uid, c.r.gid)
}

// errRemoved: somebody deleted the files while they were written.
var errRemoved = &Error{Code: Gone, Message: "the capture's files were removed while it ran"}

// run moves packets until told to stop or until something breaks. In the end
// every packet that the filter took is in the file or in a count.
func (c *recording) run() {
	defer close(c.done)
	stopping := false
	var cause error
	var f frame.Frame
	lastFlush, lastLook := time.Now(), time.Time{}
	total := uint64(0)
	for cause == nil {
		select {
		case <-c.stop:
			if !stopping {
				stopping = true
				c.ring.Stop()
			}
		default:
		}
		err := c.ring.Next(&f)
		now := time.Now()
		switch {
		case err == nil:
			if c.spec.StopPackets > 0 && total == c.spec.StopPackets {
				continue // the ring held more than were asked for
			}
			cause = c.add(&f)
			total++
			if c.spec.StopPackets > 0 && total == c.spec.StopPackets {
				c.end("the packets asked for are in")
			}
		case errors.Is(err, ErrIdle):
		case errors.Is(err, io.EOF):
			cause = io.EOF
		default:
			cause = fmt.Errorf("read %s: %w", c.spec.Interface, err)
		}
		if c.spec.StopAfter > 0 && now.Sub(c.started) >= c.spec.StopAfter {
			c.end("the time asked for is over")
		}
		if len(c.pending) > 0 && now.Sub(lastFlush) >= flushEvery {
			if err := c.flush(); err != nil && (cause == nil || cause == io.EOF) {
				cause = err
			}
			lastFlush = now
		}
		if now.Sub(lastLook) >= lookEvery {
			lastLook = now
			if c.dir.gone(c.file) {
				cause = errRemoved
			}
			c.look(now)
		}
	}
	c.finish(cause)
}

// add gives a packet to the file, to a new one where the old has no room.
func (c *recording) add(f *frame.Frame) error {
	if c.out.Size()+packetSize(f) > c.spec.FileSize && (c.counted > 0 || len(c.pending) > 0) {
		if err := c.rotate(); err != nil {
			c.lost++
			return err
		}
	}
	info := c.ring.Info()
	for ; c.ifaces < len(info.Interfaces); c.ifaces++ {
		if err := c.out.AddInterface(c.describe(info.Interfaces[c.ifaces])); err != nil {
			c.lost++
			return err
		}
	}
	c.pending = append(c.pending, packet{f.Len, f.Time})
	err := c.out.Write(f)
	if err == nil && len(c.pending) < countEvery {
		return nil
	}
	c.count()
	return err
}

// packetSize is the most that a packet's block takes: head, padding, flags, tail.
func packetSize(f *frame.Frame) int64 { return int64(len(f.Data)) + 32 + 3 + 12 }

// describe adds to an interface what was asked for.
func (c *recording) describe(i frame.Interface) frame.Interface {
	i.Filter = c.spec.Filter
	return i
}

// flush writes what is gathered. After an error the file ends with a whole
// block, and the packets that did not make it are counted as lost.
func (c *recording) flush() error {
	err := c.out.Flush()
	c.count()
	if err != nil {
		c.lost += uint64(len(c.pending))
		c.pending = c.pending[:0]
	}
	return err
}

// count books the packets that have reached the file.
func (c *recording) count() {
	in := int(c.out.Written() - c.counted)
	if in == 0 {
		return
	}
	c.counted += int64(in)
	c.r.mu.Lock()
	s := &c.status.Segments[len(c.status.Segments)-1]
	for _, p := range c.pending[:in] {
		if s.Packets == 0 {
			s.First = p.time
		}
		s.Last = p.time
		s.Packets++
		c.status.Packets++
		c.status.Bytes += int64(p.wire)
		c.bytes[len(c.bytes)-1] += int64(p.wire)
	}
	if st, err := c.file.Stat(); err == nil {
		s.Bytes = st.Size()
	}
	c.status.Version++
	c.r.bump()
	c.r.mu.Unlock()
	c.pending = append(c.pending[:0], c.pending[in:]...)
}

// segment makes the next file.
func (c *recording) segment() error {
	c.serial++
	name := fmt.Sprintf("%05d.pcapng", c.serial)
	f, err := c.dir.create(name)
	if err != nil {
		return err
	}
	info := *c.ring.Info()
	info.Interfaces = append([]frame.Interface(nil), info.Interfaces...)
	for i := range info.Interfaces {
		info.Interfaces[i] = c.describe(info.Interfaces[i])
	}
	if info.Application == "" {
		info.Application = "sonde " + c.r.version
	}
	if c.spec.Excluded != "" {
		info.Comments = append(info.Comments[:len(info.Comments):len(info.Comments)], "left out: "+c.spec.Excluded)
	}
	out, err := sink.NewPcapng(f, &info)
	if err != nil {
		f.Close()
		_ = c.dir.remove(name)
		return fmt.Errorf("%s/%s: %w", c.dir.path, name, err)
	}
	c.file, c.out, c.counted, c.ifaces = f, out, 0, len(info.Interfaces)
	c.bytes = append(c.bytes, 0)
	c.r.mu.Lock()
	c.status.Segments = append(c.status.Segments, Segment{Name: name, Bytes: out.Size()})
	c.r.mu.Unlock()
	return nil
}

// rotate closes the segment and opens the next; in a ring of files the oldest
// gives way first, so that no more than asked for is ever on disk.
func (c *recording) rotate() error {
	if err := c.closeSegment(); err != nil {
		return err
	}
	if c.spec.Files > 0 && len(c.bytes) >= c.spec.Files {
		c.r.mu.Lock()
		old := c.status.Segments[0]
		c.r.mu.Unlock()
		if err := c.dir.remove(old.Name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove %s/%s: %w", c.dir.path, old.Name, err)
		}
		c.r.mu.Lock()
		c.status.Segments = append([]Segment(nil), c.status.Segments[1:]...)
		c.status.Packets -= old.Packets
		c.status.Bytes -= c.bytes[0]
		c.status.Rotated += old.Packets
		c.r.mu.Unlock()
		c.bytes = c.bytes[1:]
	}
	if err := c.segment(); err != nil {
		return err
	}
	return c.save()
}

// closeSegment writes what is left and the kernel's counts, and closes.
func (c *recording) closeSegment() error {
	received, dropped := c.ring.Counts()
	// A ring counts once for all its interfaces; the first one carries it.
	err := c.flush()
	if err == nil && c.ifaces > 0 {
		if err = c.out.Statistics(0, int64(received), int64(dropped)); err == nil {
			err = c.out.Close()
		}
	}
	if st, e := c.file.Stat(); e == nil {
		c.r.mu.Lock()
		c.status.Segments[len(c.status.Segments)-1].Bytes = st.Size()
		c.r.mu.Unlock()
	}
	if e := c.file.Sync(); err == nil && e != nil {
		err = fmt.Errorf("flush %s/%s to disk: %w", c.dir.path, c.file.Name(), e)
	}
	if e := c.file.Close(); err == nil && e != nil {
		err = e
	}
	c.file = nil
	return err
}

func (c *recording) save() error {
	c.r.mu.Lock()
	s := c.status
	s.Segments = append([]Segment{}, s.Segments...)
	c.r.mu.Unlock()
	c.saved = time.Now()
	return c.dir.replace(manifestName, s)
}

// look notes what changed beside the packets, and writes the manifest now and
// then. A manifest that cannot be written is no reason to lose packets.
func (c *recording) look(now time.Time) {
	_, dropped := c.ring.Counts()
	event := c.link.look(c.spec.Interface)
	c.r.mu.Lock()
	changed := dropped != c.status.Dropped || event != "" || c.lost != c.status.Lost
	c.status.Dropped, c.status.Lost = dropped, c.lost
	if event != "" && len(c.status.Events) < maxEvents {
		c.status.Events = append(c.status.Events, Event{now.UnixNano(), event})
	}
	if changed {
		c.status.Version++
		c.r.bump()
	}
	c.r.mu.Unlock()
	if now.Sub(c.saved) >= manifestEvery {
		_ = c.save()
	}
}

// finish empties the ring, closes the file, and says how it ended.
func (c *recording) finish(cause error) {
	if cause == io.EOF {
		if err := c.flush(); err != nil {
			cause = err
		}
	}
	if cause != io.EOF {
		// What the sink holds may still find room, unless the disk is what
		// broke; flush counts what does not.
		if c.file != nil && !errors.Is(cause, errRemoved) {
			_ = c.flush()
		}
		c.lost += uint64(len(c.pending))
		c.pending = nil
		c.ring.Stop()
		var f frame.Frame
		for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); {
			err := c.ring.Next(&f)
			if err == nil {
				c.lost++
			} else if !errors.Is(err, ErrIdle) {
				break
			}
		}
	}
	_, dropped := c.ring.Counts()
	_ = c.dir.remove(reserveName) // the room for what follows
	if c.file != nil {
		if err := c.closeSegment(); err != nil && cause == io.EOF {
			cause = err
		}
	}
	c.ring.Close()
	gone := errors.Is(cause, errRemoved)
	c.r.mu.Lock()
	s := &c.status
	if gone {
		c.lost += s.Packets
		s.Packets, s.Bytes, s.Segments = 0, 0, []Segment{}
	}
	s.Dropped, s.Lost, s.Ended = dropped, c.lost, time.Now().UnixNano()
	if cause == io.EOF {
		s.State, s.Reason = Stopped, c.reason
		if s.Reason == "" {
			s.Reason = "the interface gave no more"
		}
	} else {
		s.State, s.Error = Failed, c.fault(cause)
		s.Reason = s.Error.Message
	}
	s.Version++
	c.r.mu.Unlock()
	if !gone {
		_ = c.save()
	}
	c.dir.close()
	c.r.mu.Lock()
	c.r.bump()
	c.r.mu.Unlock()
}

// linkState follows an interface by its index, so that a new name is news and
// not an end.
type linkState struct {
	index int
	name  string
	up    bool
}

// look gives one sentence when something changed.
func (l *linkState) look(name string) string {
	if name == "any" {
		return ""
	}
	var now *net.Interface
	var err error
	if l.index == 0 {
		now, err = net.InterfaceByName(name)
	} else {
		now, err = net.InterfaceByIndex(l.index)
	}
	if err != nil {
		return "" // the ring says when the interface is gone
	}
	up := now.Flags&net.FlagUp != 0 && now.Flags&net.FlagRunning != 0
	old := *l
	*l = linkState{now.Index, now.Name, up}
	switch {
	case old.index == 0:
		return ""
	case old.name != now.Name:
		return fmt.Sprintf("%s is now called %s", old.name, now.Name)
	case old.up && !up:
		return now.Name + " went down"
	case !old.up && up:
		return now.Name + " came up"
	}
	return ""
}
