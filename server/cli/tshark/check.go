package tshark

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"sonde/capture/frame"
	"sonde/capture/print"
	"sonde/capture/tap"
)

// withReport gives -G, whose argument may be left out, the form --report=.
func withReport(args []string) []string {
	for i, a := range args {
		if !strings.HasPrefix(a, "-G") {
			continue
		}
		out := append([]string(nil), args[:i]...)
		rest := args[i+1:]
		name := a[2:]
		if name == "" && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
			name, rest = rest[0], rest[1:]
		}
		if name == "" {
			name = "fields"
		}
		return append(append(out, "--report="+name), rest...)
	}
	return args
}

// limits are -a: when a capture ends; 0 = never for that reason.
type limits struct {
	duration time.Duration
	filesize int64 // bytes
	files    int64
	packets  int64
}

// turning is -b: when the next file is begun.
type turning struct {
	limits
	interval  time.Duration
	timeFirst bool
	printName string
	asked     bool
}

func (o *options) limits() error {
	for _, a := range o.autostop {
		if ok, err := o.stop.set(a); err != nil || !ok {
			if err == nil {
				err = usagef("Invalid or unknown -a flag %q", a)
			}
			return err
		}
	}
	for _, b := range o.ring {
		o.turn.asked = true
		if ok, err := o.turn.set(b); err != nil {
			return err
		} else if ok {
			continue
		}
		k, v, _ := strings.Cut(b, ":")
		n, err := strconv.ParseInt(v, 10, 32)
		switch {
		case k == "interval" && err == nil && n > 0:
			o.turn.interval = time.Duration(n) * time.Second
		case k == "nametimenum" && (v == "1" || v == "2"):
			o.turn.timeFirst = v == "2"
		case k == "printname" && v != "":
			o.turn.printName = v
		default:
			return usagef("Invalid or unknown -b flag %q", b)
		}
	}
	return nil
}

// set takes KEY:NUMBER; false when the key is none of its own.
func (l *limits) set(arg string) (bool, error) {
	k, v, ok := strings.Cut(arg, ":")
	if !ok {
		return false, nil
	}
	if k == "duration" {
		s, err := strconv.ParseFloat(v, 64)
		if err != nil || !(s > 0 && s < 1e9) {
			return false, usagef("The specified %s %q isn't a positive number", "autostop duration", v)
		}
		l.duration = time.Duration(s * float64(time.Second))
		return true, nil
	}
	dst, what, unit := &l.packets, "packet count", int64(1)
	switch k {
	case "filesize":
		dst, what, unit = &l.filesize, "file size", 1000
	case "files":
		dst, what = &l.files, "number of files"
	case "packets":
	default:
		return false, nil
	}
	n, err := positive(what, v)
	*dst = int64(n) * unit
	return true, err
}

// positive reads a number as tshark does, with its words for what is none.
func positive(what, v string) (int, error) {
	n, err := strconv.ParseInt(v, 10, 32)
	switch {
	case err != nil && strings.HasSuffix(err.Error(), strconv.ErrRange.Error()):
		return 0, usagef("The specified %s %q is too large", what, v)
	case err != nil:
		return 0, usagef("The specified %s %q isn't a decimal number", what, v)
	case n < 0:
		return 0, usagef("The specified %s %q is a negative number", what, v)
	case n == 0:
		return 0, usagef("The specified %s is zero", what)
	}
	return int(n), nil
}

// formats are the forms of -T and what they are.
var formats = [...][2]string{
	{"fields", "the values of the fields given by -e, in the form given by -E"},
	{"pdml", "packet details as XML"},
	{"psml", "packet summaries as XML"},
	{"json", "packet details as JSON"},
	{"jsonraw", "packet details as JSON: only the bytes of the fields"},
	{"ek", "packet details as JSON lines for the bulk interface of Elasticsearch"},
	{"text", "the packet list's lines, or the details with -V (default)"},
	{"tabs", "like text, with tabs between columns"},
}

func list(rows [][2]string) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "\n\t%-10s%s", `"`+r[0]+`"`, r[1])
	}
	return b.String()
}

// check refuses what does not go together, before anything is opened.
func (o *options) check() (err error) {
	if o.help || o.version {
		return nil
	}
	if o.countText != "" {
		if o.count, err = positive("packet count", o.countText); err != nil {
			return err
		}
	}
	known := o.format == ""
	for _, f := range formats {
		known = known || f[0] == o.format
	}
	if !known {
		return usagef("Invalid -T parameter %q; it must be one of:%s", o.format, list(formats[:]))
	}
	o.table = print.DefaultFields()
	for _, e := range o.fieldOpts {
		if err := o.table.Set(e); err != nil {
			k, _, _ := strings.Cut(e, "=")
			return usagef("%q is not a valid field output option=value pair.\nTShark: The available options for field output \"E\" are:%s", k, fieldOptions)
		}
	}
	if err := o.limits(); err != nil {
		return err
	}
	if err := o.helped(); err != nil || o.told != nil {
		return err
	}
	switch {
	case len(o.fields) > 0 && o.format != "fields" && o.format != "json" && o.format != "ek" && o.format != "pdml":
		return usagef("Output fields were specified with \"-e\", but \"-Tek, -Tfields, -Tjson or -Tpdml\" was not specified.")
	case o.format == "fields" && len(o.fields) == 0:
		return usagef("\"-Tfields\" was specified, but no fields were specified with \"-e\".")
	case o.readFilter != "" && !o.twoPass:
		return usagef("-R without -2 is deprecated. For single-pass filtering use -Y.")
	case o.hasDump() && (o.format == "fields" || o.format == "pdml" || o.format == "psml"):
		return usagef("Raw packet hex data can only be printed as text, JSON, JSONRAW or EK JSON")
	case o.exportPDU != "" && o.write == "":
		return usagef("PDUs export requires an output file (-w).")
	case o.exportPDU != "":
		return usagef("Invalid -U argument %q: there are no PDU export taps", o.exportPDU)
	case o.writeNames != "" && o.writeNames != "n":
		return usagef("Invalid -W argument %q; it must be one of:\n\t'n' write network address resolution information (pcapng only)", o.writeNames)
	case o.compress != "" && o.compress != "gzip" && o.compress != "none":
		return usagef("Output compression type %q is not known; it must be one of: gzip, none", o.compress)
	case o.profile != "" && o.profile != "Default":
		return usagef("Configuration Profile %q does not exist", o.profile)
	case o.linkType != "" && !linkKnown(o.linkType):
		return usagef("The specified data link type %q isn't valid", o.linkType)
	case len(o.exportObjects) > 0:
		return usagef("--export-objects %q: no protocol's objects can be exported", o.exportObjects[0])
	}
	for _, c := range o.names {
		if !strings.ContainsRune("dgmnNstv", c) {
			return usagef("-N specifies unknown resolving option '%c'; valid options are: d g m n N s t v", c)
		}
	}
	if o.hosts != "" {
		f, err := os.Open(o.hosts)
		if err != nil {
			return usagef("Can't read host entries from %q", o.hosts)
		}
		f.Close()
	}
	if o.reset != "" {
		if _, err := strconv.ParseUint(o.reset, 10, 31); err != nil {
			return &usageError{fmt.Sprintf("The specified epan reset count %q isn't a decimal number", o.reset), true}
		}
	}
	if _, err := timeColumn(o.timeFormat, o.seconds); err != nil {
		return err
	}
	bad := print.Unknown(o.fields)
	bad = append(bad, print.Unknown(append(strings.Fields(o.layers), strings.Fields(o.layersDeep)...))...)
	if len(bad) > 0 {
		return usagef("Some fields aren't valid:\n\t%s", strings.Join(bad, "\n\t"))
	}
	return o.checkReading()
}

// linkKnown tells whether a link type of this name or number exists.
func linkKnown(name string) bool {
	for l := range frame.LinkType(300) {
		if strings.EqualFold(l.Name(), name) {
			return true
		}
	}
	return false
}

// checkReading refuses what only captures take, and the other way round.
func (o *options) checkReading() error {
	if !o.reading {
		if o.turn.asked && (o.write == "" || o.write == "-") {
			return usagef("Ring buffer requested, but capture isn't being saved to a permanent file.")
		}
		if o.stop.files > 0 && !o.turn.asked {
			return usagef("A maximum number of capture files was specified, but multiple capture files weren't requested (-b).")
		}
		if o.twoPass {
			return usagef("Live captures do not support two-pass analysis.")
		}
		return nil
	}
	switch {
	case o.captureFilter != "":
		return usagef("Only read filters, not capture filters, can be specified when reading a capture file.")
	case o.turn.asked:
		return usagef("Multiple capture files requested, but a capture isn't being done.")
	case o.stop.files > 0:
		return usagef("A maximum number of capture files was specified, but a capture isn't being done.")
	}
	return nil
}

// helped answers the options that only ask what there is.
func (o *options) helped() error {
	if o.format == "?" {
		o.told = func(stdout, _ io.Writer) { fmt.Fprintf(stdout, "Forms of -T:%s\n", list(formats[:])) }
	}
	for _, z := range o.stats {
		if z == "help" || z == "?" {
			o.told = func(_, stderr io.Writer) {
				fmt.Fprintf(stderr, "tshark: The available statistics for the \"-z\" option are:\n%s\n", statistics())
			}
		}
	}
	for _, h := range o.hexdump {
		if h == "help" {
			o.told = func(stdout, _ io.Writer) { fmt.Fprintf(stdout, "Values of --hexdump:%s\n", list(hexValues[:])) }
		}
	}
	if o.report == "help" {
		o.told = func(stdout, _ io.Writer) { fmt.Fprintf(stdout, "Reports of -G:%s\n", list(reports[:])) }
	}
	return nil
}

// statistics lists what -z takes.
func statistics() string {
	var names []string
	for _, k := range tap.All() {
		names = append(names, "     "+k.Name)
	}
	return strings.Join(names, "\n")
}

var hexValues = [...][2]string{
	{"all", "dump all data sources (as -x does)"}, {"frames", "dump the frame only"},
	{"ascii", "with the bytes as ASCII (as -x does)"}, {"delimit", "with | round the ASCII"}, {"noascii", "without ASCII"},
	{"time", "with the time before the dump"}, {"notime", "without the time (as -x does)"}, {"help", "this list"},
}

func (o *options) hasDump() bool { return o.hex || len(o.hexdump) > 0 }

// hexOptions reads -x and --hexdump; nil is no dump.
func (o *options) hexOptions() (*print.HexOptions, error) {
	if !o.hasDump() {
		return nil, nil
	}
	h := &print.HexOptions{}
	for _, v := range o.hexdump {
		switch v {
		case "all":
			h.FrameOnly = false
		case "frames":
			h.FrameOnly = true
		case "ascii":
			h.NoASCII, h.Delimit = false, false
		case "delimit":
			h.NoASCII, h.Delimit = false, true
		case "noascii":
			h.NoASCII = true
		case "time":
			h.Time = true
		case "notime":
			h.Time = false
		default:
			return nil, usagef("%q is an invalid value for --hexdump <hexoption>\nFor valid <hexoption> values enter: tshark --hexdump help", v)
		}
	}
	return h, nil
}

// fieldOptions says what -E takes.
const fieldOptions = `
bom=y|n    begin with a UTF-8 byte order mark (n)
header=y|n    names of the fields as first line (n)
separator=/t|/s|<character>   between fields: tab, space, a character (/t)
occurrence=f|l|a  of a field's values the first, the last, all (a)
aggregator=,|/s|<character>   between values: comma, space, a character (,)
quote=d|s|n   round values: double quotes, single quotes, nothing (n)`
