package tshark

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
	"sonde/capture/frame"
	"sonde/capture/print"
	_ "sonde/capture/proto" // the dissectors
	"sonde/capture/source"
)

// Run is the subcommand; it returns the exit code.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err == nil && o.help {
		fmt.Fprintf(stdout, "TShark (sonde) %s\nDump and analyze network traffic.\n\n", Version)
		usage(stdout)
		return exitOK
	}
	if err == nil && o.version {
		fmt.Fprintf(stdout, "TShark (sonde) %s.\n", Version)
		return exitOK
	}
	if err == nil && o.told != nil {
		o.told(stdout, stderr)
		return exitOK
	}
	if err == nil {
		err = run(o, stdin, stdout, stderr)
	}
	return report(err, stderr)
}

// failure is an error with its exit code; quiet ones were told already.
type failure struct {
	code int
	msg  string
}

func (f *failure) Error() string { return f.msg }

func failf(code int, format string, a ...any) error {
	return &failure{code, fmt.Sprintf(format, a...)}
}

func report(err error, stderr io.Writer) int {
	var u *usageError
	var f *failure
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &u):
		fmt.Fprintf(stderr, "tshark: %s\n", u.msg)
		if u.usage {
			fmt.Fprintln(stderr)
			usage(stderr)
		}
		return exitUsage
	case errors.As(err, &f):
		if f.msg != "" {
			fmt.Fprintf(stderr, "tshark: %s\n", f.msg)
		}
		return f.code
	case errors.Is(err, os.ErrClosed) || isPipe(err):
		return exitOK // whoever read us has enough
	}
	fmt.Fprintf(stderr, "tshark: %v\n", err)
	return exitUsage
}

func run(o *options, stdin io.Reader, stdout, stderr io.Writer) error {
	out := bufio.NewWriterSize(stdout, 64<<10)
	if o.report != "" {
		if err := writeReport(o, out); err != nil {
			return err
		}
		return out.Flush()
	}
	switch {
	case o.listInterfaces:
		if err := listInterfaces(out); err != nil {
			return err
		}
		return out.Flush()
	case o.listLinkTypes:
		if err := (&job{o: o}).listLinkTypes(out); err != nil {
			return err
		}
		return out.Flush()
	}
	cfg, err := o.config()
	if err != nil {
		return err
	}
	// Little of what is allocated stays: collecting less often saves a tenth
	// of the time for some megabytes.
	defer debug.SetGCPercent(debug.SetGCPercent(300))
	j := &job{o: o, cfg: cfg, out: out, stdin: stdin, stderr: stderr, flow: flow.NewState()}
	if err := j.prepare(); err != nil {
		return err
	}
	if !o.reading {
		err = j.live()
	} else {
		err = j.file()
	}
	return err
}

// job is one run over one capture.
type job struct {
	o      *options
	cfg    *dissect.Config
	out    *bufio.Writer
	stdin  io.Reader
	stderr io.Writer
	flow   *flow.State
	engine *dissect.Engine

	filter    *filterUse
	read      *filterUse
	printer   print.Printer
	request   dissect.Request // what the printer needs
	planned   dissect.Request
	plannedOK bool
	sink      *output
	taps      []*tapUse
	name      string
	info      *frame.Info
	shown     int
	seen      int
	first     int64
	prev      int64
	prevShow  int64
	hasFirst  bool
	hasPrev   bool
	hasShow   bool
}

// prepare compiles filters and makes the printer, before any file is touched.
func (j *job) prepare() (err error) {
	o := j.o
	if err = o.checkFileType(); err != nil {
		return err
	}
	if j.filter, err = compileFilter(o.displayFilter); err != nil {
		return err
	}
	if j.read, err = compileFilter(o.readFilter); err != nil {
		return err
	}
	if err = j.makeTaps(); err != nil {
		return err
	}
	j.name = o.read
	if o.read == "-" || !o.reading {
		j.name = "-"
	}
	return j.makePrinter()
}

func (j *job) makePrinter() error {
	o := j.o
	if o.quiet || o.veryQuiet || o.write != "" && !o.printSummary {
		return nil
	}
	clock, err := timeColumn(o.timeFormat, o.seconds)
	if err != nil {
		return err
	}
	layers := print.Layers{Names: wordSet(o.layers), Deep: wordSet(o.layersDeep)}
	tree := dissect.Request{Tree: true, Columns: o.format == "ek" && o.printSummary}
	if len(o.fields) > 0 {
		j.fieldPrinter(clock)
		return nil
	}
	switch o.format {
	case "pdml":
		j.printer = print.NewPDML(j.out, j.name, "wireshark/"+Version).Only(layers)
		j.request = tree
	case "psml":
		j.printer = print.NewPSML(j.out, "wireshark/"+Version, clock)
		j.request = dissect.Request{Columns: true}
	case "json", "jsonraw":
		j.printer = print.NewJSON(j.out, print.JSONOptions{Raw: o.format == "jsonraw", Hex: o.hex, NoDup: o.noDupKeys, Layers: layers})
		j.request = tree
	case "ek":
		j.printer = print.NewEK(j.out, print.EKOptions{Summary: o.printSummary, Tree: o.details || !o.printSummary, Hex: o.hex, Layers: layers, Time: clock})
		j.request = tree
	default:
		opt := print.TextOptions{Details: o.details || o.only != "", Tabs: o.format == "tabs", Time: clock, Separator: o.separator}
		if opt.Hex, err = o.hexOptions(); err != nil {
			return err
		}
		opt.Summary = o.printSummary || !opt.Details && opt.Hex == nil
		if o.only != "" {
			opt.Only = wordSet(o.only)
		}
		j.printer = print.NewText(j.out, opt)
		j.request = dissect.Request{Tree: opt.Details, Columns: opt.Summary}
		// Which data sources there are shows only in the whole dissection.
		j.request.Tree = j.request.Tree || opt.Hex != nil && !opt.Hex.FrameOnly
	}
	return nil
}

// fieldPrinter prints chosen fields.
func (j *job) fieldPrinter(clock func(t *field.Text, p *dissect.Packet)) {
	opt := j.o.table
	opt.Names, opt.Time = j.o.fields, clock
	var p interface {
		print.Printer
		Wanted() (w *dissect.Wanted, columns, tree bool)
	}
	if j.o.format == "fields" {
		p = print.NewFields(j.out, opt)
	} else {
		p = print.NewFieldObjects(j.out, j.o.format, opt, print.NewPDML(j.out, j.name, "wireshark/"+Version))
	}
	want, columns, tree := p.Wanted()
	j.request = dissect.Request{Want: want, Columns: columns, Tree: tree}
	j.printer = p
}

// open opens the file to read, with tshark's words for what goes wrong.
func (j *job) open() (source.Source, error) {
	name := j.o.read
	var s source.Source
	var err error
	if name == "-" {
		s, err = source.NewReader(j.stdin, source.Options{})
	} else if st, e := os.Stat(name); e == nil && st.IsDir() {
		return nil, failf(exitFile, "%q is a directory (folder), not a file.", name)
	} else {
		s, err = source.Open(name, source.Options{})
	}
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, source.ErrCutShort):
		return nil, failf(exitFile, "The file %q appears to have been cut short in the middle of a packet or other data.", name)
	case errors.Is(err, source.ErrNotCapture) && name != "-" && sized(name, 0):
		return nothing{}, nil // an empty file is a capture of no packets
	case errors.Is(err, source.ErrNotCapture) && name != "-" && cutHeader(name):
		return nil, failf(exitFile, "The file %q appears to have been cut short in the middle of a packet or other data.", name)
	case errors.Is(err, os.ErrNotExist):
		return nil, failf(exitFile, "The file %q doesn't exist.", name)
	case errors.Is(err, os.ErrPermission):
		return nil, failf(exitFile, "You don't have permission to read the file %q. This gives it:\n\n    sudo setfacl -m u:%d:r -- %s\n", name, os.Getuid(), shellWord(name))
	case errors.Is(err, source.ErrNotCapture):
		return nil, failf(exitFile, "The file %q isn't a capture file in a format TShark understands.\n(%v)", name, err)
	}
	var d *source.Damage
	if errors.As(err, &d) {
		return nil, failf(exitRead, "The file %q appears to be damaged or corrupt.\n(%v)", name, err)
	}
	return nil, failf(exitFile, "The file %q could not be opened: %v.", name, err)
}

// nothing is a capture without packets.
type nothing struct{ info frame.Info }

func (n nothing) Info() *frame.Info       { return &n.info }
func (nothing) Next(f *frame.Frame) error { return io.EOF }
func (nothing) Close() error              { return nil }

func sized(name string, n int64) bool {
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular() && st.Size() == n
}

// cutHeader tells a pcap file that ends inside its header.
func cutHeader(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	var b [24]byte
	n, _ := io.ReadFull(f, b[:])
	if n < 4 || n == len(b) {
		return false
	}
	switch binary.BigEndian.Uint32(b[:]) {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0xa1b2cd34, 0x34cdb2a1:
		return true
	}
	return false
}

func (j *job) file() error {
	s, err := j.open()
	if err != nil {
		return err
	}
	defer s.Close()
	if err := j.begin(cloneInfo(s.Info())); err != nil {
		return err
	}
	if j.o.twoPass {
		err = j.passes(s)
	} else {
		err = j.stream(s)
	}
	var d *source.Damage
	var damage error
	if errors.As(err, &d) {
		damage = d
	} else if err != nil {
		j.show()
		return err
	}
	if err := j.finish(); err != nil {
		return err
	}
	if damage != nil {
		return damaged(j.o.read, d)
	}
	return nil
}

func damaged(name string, d *source.Damage) error {
	if errors.Is(d, source.ErrCutShort) {
		return failf(exitRead, "The file %q appears to have been cut short in the middle of a packet.\n(%v)", name, d)
	}
	return failf(exitRead, "The file %q appears to be damaged or corrupt.\n(%v)", name, d)
}

func (j *job) begin(info *frame.Info) error {
	j.info = info
	j.engine = dissect.New(j.cfg, j.flow)
	if j.o.write != "" {
		var err error
		if j.sink, err = j.newOutput(info); err != nil {
			return err
		}
	}
	if j.printer != nil {
		return j.printer.Begin()
	}
	return nil
}

func (j *job) finish() error {
	if j.printer != nil {
		if err := j.printer.End(); err != nil {
			return err
		}
	}
	if err := j.writeTaps(); err != nil {
		return err
	}
	if j.sink != nil {
		if err := j.sink.close(); err != nil {
			return failf(exitFile, "%v", err)
		}
	}
	return j.out.Flush()
}

// stream is the single pass: each frame is learned and shown at once.
func (j *job) stream(s source.Source) error {
	d := newFeed()
	d.read(s, 0)
	err := j.follow(d)
	d.close()
	if st, e := os.Stat(j.o.read); e == nil && st.Mode().IsRegular() {
		d.wait()
	}
	return err
}

// follow works through a file or pipe.
func (j *job) follow(d *feed) error {
	for {
		items, ended, err := d.take()
		for i := range items {
			it := &items[i]
			if it.info != nil {
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
		if len(items) == 0 {
			// A pipe that has nothing now: what came is shown.
			if err := j.show(); err != nil {
				return err
			}
			<-d.ready
		}
	}
}

// enough tells whether a limit of -c or -a is reached.
func (j *job) enough() bool {
	o := j.o
	if o.count > 0 && j.seen >= o.count || o.stop.packets > 0 && int64(j.seen) >= o.stop.packets {
		return true
	}
	return j.sink != nil && j.sink.enough(o.stop)
}

// show hands out what is printed so far.
func (j *job) show() error {
	if j.printer != nil {
		if err := j.printer.Flush(); err != nil {
			return err
		}
	}
	if j.sink != nil {
		if err := j.sink.w.Flush(); err != nil {
			return failf(exitFile, "%v", err)
		}
	}
	return j.out.Flush()
}

// frame dissects one frame and hands it on.
func (j *job) frame(f *frame.Frame, learn bool) error {
	env := dissect.Env{Info: j.info, First: j.first, Prev: j.prev, PrevShown: j.prevShow, HasFirst: j.hasFirst, HasPrev: j.hasPrev, HasPrevShown: j.hasShow}
	if !j.hasFirst && f.HasTime {
		j.first, j.hasFirst = f.Time, true
		env.First, env.HasFirst = f.Time, true
	}
	if f.HasTime {
		j.prev, j.hasPrev = f.Time, true // env holds the one before
	}
	req := j.joined()
	req.Learn = learn
	req.Env = env
	p := j.engine.Dissect(f, req)
	if !j.filter.match(p) {
		return nil
	}
	j.shown++
	if f.HasTime {
		j.prevShow, j.hasShow = f.Time, true
	}
	for _, t := range j.taps {
		t.add(p)
	}
	if j.sink != nil {
		if err := j.sink.write(f); err != nil {
			return failf(exitFile, "%v", err)
		}
	}
	if j.printer != nil {
		if err := j.printer.Packet(p); err != nil {
			return err
		}
		if j.o.lineBuffered {
			return j.show()
		}
	}
	return nil
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Usage: tshark [options] ...\n\n", usageText)
}

// shellWord quotes a name for a command line.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// restart begins with an empty flow state.
func (j *job) restart() {
	j.flow = flow.NewState()
	j.engine = dissect.New(j.cfg, j.flow)
}
