package tshark

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"sonde/capture/cfilter"
	"sonde/capture/frame"
	"sonde/capture/source"
)

// capture is a running live capture on one or more interfaces and pipes.
type capture struct {
	sources []source.Source
	stops   []func()
	info    frame.Info
	once    sync.Once
	pipes   bool // some source cannot be ended from outside
}

// live captures until a limit, a signal, or the end of all sources.
func (j *job) live() error {
	c, err := j.openAll()
	if err != nil {
		return err
	}
	defer c.close()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	info := c.info
	if err := j.begin(&info); err != nil {
		return err
	}
	d := newFeed()
	first := uint32(0)
	for _, s := range c.sources {
		n := uint32(max(len(s.Info().Interfaces), 1))
		d.read(s, first)
		first += n
	}
	err = j.consume(d, c, signals)
	c.stop()
	d.close()
	if !c.pipes {
		d.wait()
	}
	j.captured()
	j.drops(c)
	var gone *source.Damage
	switch {
	case errors.As(err, &gone):
		err = damaged("-", gone)
	case errors.Is(err, source.ErrInterfaceGone):
		err = failf(exitInterface, "%v", err)
	}
	// What was captured is finished and written whatever ended it.
	if e := j.finish(); err == nil {
		err = e
	}
	return err
}

// consume works through what the sources give.
func (j *job) consume(d *feed, c *capture, signals <-chan os.Signal) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	var over <-chan time.Time
	if j.o.stop.duration > 0 {
		t := time.NewTimer(j.o.stop.duration)
		defer t.Stop()
		over = t.C
	}
	for {
		items, ended, err := d.take()
		for i := range items {
			it := &items[i]
			if it.info != nil && len(c.sources) == 1 {
				*j.info = *it.info
			}
			j.seen++
			it.Number = uint32(j.seen)
			if err := j.frame(&it.Frame, true); err != nil {
				return err
			}
			if j.enough() {
				return nil
			}
		}
		if ended {
			return err
		}
		if len(items) > 0 {
			// As soon as there is nothing more to do, what is done is shown.
			select {
			case <-d.ready:
				wake(d.ready)
			default:
				if err := j.show(); err != nil {
					return err
				}
			}
			select {
			case <-signals:
				c.stop()
			case <-over:
				c.stop()
			default:
			}
			continue
		}
		select {
		case <-d.ready:
		case <-tick.C:
			if err := j.tick(); err != nil {
				return err
			}
		case <-over:
			c.stop()
			if c.pipes {
				return nil
			}
		case <-signals:
			c.stop()
			if c.pipes {
				return nil
			}
		}
	}
}

// openAll opens what -i names; the capture filter is compiled for each.
func (j *job) openAll() (*capture, error) {
	o := j.o
	names := o.interfaces
	if len(names) == 0 {
		name, err := defaultInterface()
		if err != nil {
			return nil, err
		}
		names = []string{name}
	}
	names = slices.Clone(names)
	var titles []string
	for i, n := range names {
		name, title, err := resolve(n)
		if err != nil {
			return nil, err
		}
		names[i] = name
		titles = append(titles, "'"+title+"'")
	}
	j.capturing(titles)
	c := &capture{}
	for _, n := range names {
		if err := j.openOne(c, n); err != nil {
			c.close()
			var f *failure
			if errors.As(err, &f) && !o.veryQuiet {
				f.msg += "\n0 packets captured" // behind what went wrong
			}
			return nil, err
		}
	}
	return c, nil
}

func (j *job) capturing(titles []string) {
	if j.o.veryQuiet || len(titles) == 0 {
		return
	}
	text := titles[0]
	if n := len(titles); n > 1 {
		text = strings.Join(titles[:n-1], ", ") + " and " + titles[n-1]
	}
	fmt.Fprintf(j.stderr, "Capturing on %s\n", text)
}

func (j *job) openOne(c *capture, name string) error {
	if isPipeName(name) {
		s, err := j.openPipe(name)
		if err != nil {
			return err
		}
		c.pipes = true
		c.add(s, func() {})
		return nil
	}
	o := j.o
	opt := source.LiveOptions{Interface: name, SnapLen: o.snaplen, Promiscuous: !o.noPromiscuous, RingBytes: o.bufferMiB << 20}
	link, err := source.LinkType(name)
	if err != nil {
		return liveError(name, err)
	}
	if o.linkType != "" && !strings.EqualFold(o.linkType, link.Name()) {
		return failf(exitCap, "The capture session could not be initiated on interface '%s' (%s is not one of its link types; it has %s).", name, o.linkType, link.Name())
	}
	if o.captureFilter != "" {
		p, err := cfilter.CompileOptions(o.captureFilter, cfilter.Options{Link: link, SnapLen: o.snaplen, Live: true})
		if err != nil {
			return badCaptureFilter(name, o.captureFilter, err)
		}
		opt.Filter, opt.Match = p.Raw(), p.Match
	}
	l, err := source.OpenLive(opt)
	if err != nil {
		return liveError(name, err)
	}
	c.add(l, l.Stop)
	return nil
}

func (c *capture) add(s source.Source, stop func()) {
	c.sources = append(c.sources, s)
	c.stops = append(c.stops, stop)
	info := s.Info()
	if len(c.sources) == 1 {
		c.info = *cloneInfo(info)
		return
	}
	c.info.Interfaces = append(c.info.Interfaces, info.Interfaces...)
}

// stop ends the sources; what their rings hold still comes.
func (c *capture) stop() {
	c.once.Do(func() {
		for _, f := range c.stops {
			f()
		}
	})
}

func (c *capture) close() {
	c.stop()
	if c.pipes {
		return // a goroutine may sit in a read; the process ends anyway
	}
	for _, s := range c.sources {
		_ = s.Close()
	}
}

// badCaptureFilter is tshark's message, with the place and the remedy.
func badCaptureFilter(name, text string, err error) error {
	var e *cfilter.Error
	if !errors.As(err, &e) {
		return failf(exitUsage, "Invalid capture filter %q for interface '%s'.\n\n%v", text, name, err)
	}
	mark := strings.Repeat(" ", max(e.At, 0)) + "^" + strings.Repeat("~", max(e.Length-1, 0))
	msg := fmt.Sprintf("Invalid capture filter %q for interface '%s'.\n\nThat string isn't a valid capture filter (%s).\n    %s\n    %s", text, title(name), e.Message, text, mark)
	if e.Remedy != "" {
		msg += "\n" + e.Remedy
	}
	return failf(exitUsage, "%s", msg)
}

// liveError gives an error of a capture its words and exit code.
func liveError(name string, err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		exe, e := os.Executable()
		if e != nil {
			exe = os.Args[0]
		}
		return failf(exitUsage, "The capture session could not be initiated on interface '%s' (You don't have permission to capture on that device).\n"+
			"Please check to make sure you have sufficient permissions. This gives them to this program:\n\n    sudo setcap cap_net_raw+ep %s\n", name, exe)
	case errors.Is(err, os.ErrNotExist):
		return failf(exitUsage, "There is no device named %q.\n(No such device exists)\n", name)
	case errors.Is(err, source.ErrLiveUnsupported):
		return failf(exitUsage, "%v", err)
	}
	return failf(exitUsage, "The capture session could not be initiated on interface '%s' (%v).", name, err)
}

// openPipe reads packets from the standard input or a FIFO.
func (j *job) openPipe(name string) (source.Source, error) {
	var s source.Source
	var err error
	if name == "-" {
		s, err = source.NewReader(j.stdin, source.Options{})
	} else {
		s, err = source.Open(name, source.Options{})
	}
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, source.ErrNotCapture):
		return nil, failf(exitUsage, "Unrecognized capture format or not a capture at all on %q.\n(%v)", name, err)
	}
	return nil, failf(exitUsage, "The capture session could not be initiated on %q (%v).", name, err)
}

func isPipeName(name string) bool {
	if name == "-" {
		return true
	}
	st, err := os.Stat(name)
	return err == nil && strings.Contains(name, "/") && st.Mode()&os.ModeNamedPipe != 0
}

// resolve turns an -i argument into a name: a number counts as -D does.
func resolve(arg string) (name, heading string, err error) {
	if isPipeName(arg) {
		if arg == "-" {
			return arg, "Standard input", nil
		}
		return arg, arg, nil
	}
	if n, err := strconv.Atoi(arg); err == nil {
		ds, err := source.Interfaces()
		if err != nil {
			return "", "", failf(exitNoIface, "%v", err)
		}
		if n < 1 || n > len(ds) {
			return "", "", failf(exitUsage, "There is no interface with that adapter index")
		}
		arg = ds[n-1].Name
	}
	return arg, title(arg), nil
}

// title is an interface in "Capturing on".
func title(name string) string {
	if name == "lo" {
		return "Loopback: lo"
	}
	return name
}

// defaultInterface is the first that is not a loopback.
func defaultInterface() (string, error) {
	ds, err := source.Interfaces()
	if err != nil {
		return "", failf(exitNoIface, "%v", err)
	}
	for _, d := range ds {
		if !d.Loopback {
			return d.Name, nil
		}
	}
	for _, d := range ds {
		return d.Name, nil
	}
	return "", failf(exitNoIface, "There are no interfaces on which a capture can be done")
}

// listInterfaces is -D.
func listInterfaces(w *bufio.Writer) error {
	ds, err := source.Interfaces()
	if err != nil {
		return failf(exitNoIface, "%v", err)
	}
	for i, d := range ds {
		fmt.Fprintf(w, "%d. %s", i+1, d.Name)
		if d.Loopback {
			fmt.Fprint(w, " (Loopback)")
		}
		fmt.Fprintln(w)
	}
	return nil
}

// listLinkTypes is -L.
func (j *job) listLinkTypes(w io.Writer) error {
	names := j.o.interfaces
	if len(names) == 0 {
		name, err := defaultInterface()
		if err != nil {
			return err
		}
		names = []string{name}
	}
	for _, n := range names {
		name, _, err := resolve(n)
		if err != nil {
			return err
		}
		link, err := source.LinkType(name)
		if err != nil {
			return liveError(name, err)
		}
		fmt.Fprintf(w, "Data link types of interface %s (use option -y to set):\n  %s (%s)\n", name, link.Name(), link)
	}
	return nil
}

// captured tells the count on stderr.
func (j *job) captured() {
	if j.o.veryQuiet {
		return
	}
	s := "s"
	if j.seen == 1 {
		s = ""
	}
	fmt.Fprintf(j.stderr, "%d packet%s captured\n", j.seen, s)
}

// drops tells what the kernel lost.
func (j *job) drops(c *capture) {
	for _, s := range c.sources {
		l, ok := s.(interface {
			Stats() (source.LiveStats, error)
		})
		if !ok {
			continue
		}
		if st, err := l.Stats(); err == nil && st.Dropped > 0 && !j.o.veryQuiet {
			s := "s"
			if st.Dropped == 1 {
				s = ""
			}
			fmt.Fprintf(j.stderr, "%d packet%s dropped from %s\n", st.Dropped, s, c.info.Interfaces[0].Name)
		}
	}
}
