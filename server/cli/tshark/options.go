// Package tshark is the tshark subcommand: its flags, output and exit codes,
// over the project's own dissection engine. It follows tshark 4.6.
package tshark

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"sonde/capture/dissect"
	"sonde/capture/print"
)

// Exit codes, as tshark's ws_exit_codes.h names them.
const (
	exitOK        = 0
	exitUsage     = 1
	exitInterface = 2
	exitFile      = 3
	exitFilter    = 4
	exitCap       = 5
	exitOpen      = 9
	exitNoIface   = 12
	exitPcap      = 13
	exitRead      = 14
)

// Version is what outputs name as their creator.
const Version = "4.6.9"

type options struct {
	read, write    string
	interfaces     []string
	captureFilter  string
	snaplen        int
	noPromiscuous  bool
	bufferMiB      int
	linkType       string
	listInterfaces bool
	listLinkTypes  bool
	count          int
	autostop       []string
	ring           []string
	readFilter     string
	displayFilter  string
	twoPass        bool
	noNames        bool
	names          string
	decodeAs       []string
	prefs          []string
	keytab         string
	enable         []string
	disable        []string
	onlyProtos     string
	disableAll     bool
	fileType       string
	details        bool
	only           string
	printSummary   bool
	separator      string
	hex            bool
	hexdump        []string
	format         string
	layers         string
	layersDeep     string
	fields         []string
	fieldOpts      []string
	timeFormat     string
	seconds        string
	lineBuffered   bool
	quiet          bool
	veryQuiet      bool
	stats          []string
	noDupKeys      bool
	report         string
	exportObjects  []string
	color          bool
	version, help  bool
	captureComment []string
	ignored        []string
	profile        string
	hosts          string
	heurOn         []string
	heurOff        []string
	compress       string
	writeNames     string
	reset          string
	exportPDU      string
	reading        bool
	args           []string

	countText string
	table     print.FieldsOptions // -E
	stop      limits              // -a
	turn      turning             // -b
	told      func(stdout, stderr io.Writer)
}

// usageError is a mistake in the command line: exit code 1.
type usageError struct {
	msg   string
	usage bool // the usage follows
}

func (e *usageError) Error() string { return e.msg }

func usagef(format string, a ...any) error { return &usageError{msg: fmt.Sprintf(format, a...)} }

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	f := pflag.NewFlagSet("tshark", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.SortFlags = false
	f.Usage = func() {}
	f.StringVarP(&o.read, "read-file", "r", "", "set the filename to read from (or '-' for stdin)")
	f.StringVarP(&o.write, "write", "w", "", "write packets to a pcapng-format file (or '-' for stdout)")
	f.StringArrayVarP(&o.interfaces, "interface", "i", nil, "name or index of interface")
	f.StringVarP(&o.captureFilter, "capture-filter", "f", "", "packet filter in libpcap filter syntax")
	f.IntVarP(&o.snaplen, "snapshot-length", "s", 0, "packet snapshot length")
	f.BoolVarP(&o.noPromiscuous, "no-promiscuous-mode", "p", false, "don't capture in promiscuous mode")
	f.IntVarP(&o.bufferMiB, "buffer-size", "B", 0, "size of kernel buffer in MiB")
	f.StringVarP(&o.linkType, "linktype", "y", "", "link layer type")
	f.BoolVarP(&o.listInterfaces, "list-interfaces", "D", false, "print list of interfaces and exit")
	f.BoolVarP(&o.listLinkTypes, "list-data-link-types", "L", false, "print list of link-layer types of the interface and exit")
	f.StringVarP(&o.countText, "count", "c", "", "stop after n packets")
	f.StringArrayVarP(&o.autostop, "autostop", "a", nil, "duration:N, filesize:N (kB), files:N, packets:N")
	f.StringArrayVarP(&o.ring, "ring-buffer", "b", nil, "duration:N, filesize:N (kB), files:N, packets:N, interval:N")
	f.StringVarP(&o.readFilter, "read-filter", "R", "", "packet read filter in display filter syntax (requires -2)")
	f.StringVarP(&o.displayFilter, "display-filter", "Y", "", "packet display filter")
	f.BoolVarP(&o.twoPass, "two-pass", "2", false, "perform a two-pass analysis")
	f.BoolVarP(&o.noNames, "no-names", "n", false, "disable all name resolution")
	f.StringVarP(&o.names, "name-resolve", "N", "", "enable specific name resolution: mtndsNvg")
	f.StringArrayVarP(&o.decodeAs, "decode-as", "d", nil, "LAYER==SELECTOR,PROTOCOL")
	f.StringArrayVarP(&o.prefs, "option", "o", nil, "NAME:VALUE of a preference")
	f.StringVarP(&o.keytab, "keytab", "K", "", "keytab file for Kerberos decryption")
	f.StringArrayVar(&o.enable, "enable-protocol", nil, "enable dissection of a protocol")
	f.StringArrayVar(&o.disable, "disable-protocol", nil, "disable dissection of a protocol")
	f.StringVar(&o.onlyProtos, "only-protocols", "", "only enable dissection of these protocols, comma separated")
	f.BoolVar(&o.disableAll, "disable-all-protocols", false, "disable dissection of all protocols")
	f.StringArrayVar(&o.heurOn, "enable-heuristic", nil, "enable dissection of a heuristic protocol")
	f.StringArrayVar(&o.heurOff, "disable-heuristic", nil, "disable dissection of a heuristic protocol")
	f.StringVarP(&o.fileType, "output-type", "F", "", "set the output file type: pcapng (default), pcap, nsecpcap")
	f.BoolVarP(&o.details, "details", "V", false, "add output of packet tree (packet details)")
	f.StringVarP(&o.only, "only-details", "O", "", "only show packet details of these protocols, comma separated")
	f.BoolVarP(&o.printSummary, "print", "P", false, "print packet summary even when writing to a file")
	f.StringVarP(&o.separator, "separator", "S", "", "the line separator to print between packets")
	f.BoolVarP(&o.hex, "hex", "x", false, "add output of hex and ASCII dump (packet bytes)")
	f.StringArrayVar(&o.hexdump, "hexdump", nil, "all, frames, ascii, delimit, noascii, time, notime")
	f.StringVarP(&o.format, "text-format", "T", "", "pdml|psml|json|jsonraw|ek|tabs|text|fields")
	f.StringVarP(&o.layers, "layer-filter", "j", "", "protocol layers filter for -T ek|pdml|json")
	f.StringVarP(&o.layersDeep, "layer-filter-deep", "J", "", "top level protocol filter for -T ek|pdml|json")
	f.StringArrayVarP(&o.fields, "field", "e", nil, "field to print if -T fields (repeatable)")
	f.StringArrayVarP(&o.fieldOpts, "field-option", "E", nil, "bom, header, separator, occurrence, aggregator, quote = value")
	f.StringVarP(&o.timeFormat, "time-format", "t", "r", "a|ad|adoy|d|dd|e|r|u|ud|udoy[.N]")
	f.StringVarP(&o.seconds, "seconds", "u", "s", "output format of seconds: s or hms")
	f.BoolVarP(&o.lineBuffered, "line-buffered", "l", false, "flush standard output after each packet")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "be more quiet on stdout (e.g. when using statistics)")
	f.BoolVarP(&o.veryQuiet, "very-quiet", "Q", false, "only log true errors to stderr")
	f.StringArrayVarP(&o.stats, "statistics", "z", nil, "a statistic: conv,tcp endpoints,ip io,phs ... (-z help lists them)")
	f.BoolVar(&o.noDupKeys, "no-duplicate-keys", false, "merge duplicate keys of -T json into arrays")
	f.StringVarP(&o.report, "report", "G", "", "fields|protocols|values|decodes|ftypes|column-formats|dissector-tables|defaultprefs")
	f.StringArrayVar(&o.exportObjects, "export-objects", nil, "PROTOCOL,DIRECTORY")
	f.BoolVar(&o.color, "color", false, "color the text output")
	f.StringArrayVar(&o.captureComment, "capture-comment", nil, "add a capture file comment")
	f.StringVarP(&o.profile, "config-profile", "C", "", "configuration profile (accepted; there are none)")
	f.StringVarP(&o.hosts, "hosts-file", "H", "", "hosts file to read names from")
	f.StringArrayVarP(&o.ignored, "extension", "X", nil, "extension options (accepted, ignored)")
	f.BoolP("group-read", "g", false, "group read access on output files")
	f.StringVarP(&o.writeNames, "write-names", "W", "", "n: write name resolution records")
	f.StringVarP(&o.reset, "session-reset", "M", "", "session auto reset (accepted; memory is bounded anyway)")
	f.StringVarP(&o.exportPDU, "export-pdu", "U", "", "PDU export tap")
	f.StringVar(&o.compress, "compress", "", "compress the output file: gzip, none")
	f.BoolP("monitor-mode", "I", false, "monitor mode")
	f.String("time-stamp-type", "", "timestamp method")
	f.String("update-interval", "", "interval between updates")
	f.String("temp-dir", "", "temporary directory")
	f.Bool("global-profile", false, "use the global profile")
	f.BoolVarP(&o.version, "version", "v", false, "print version information and exit")
	f.BoolVarP(&o.help, "help", "h", false, "print this help and exit")
	f.SetInterspersed(false) // the first word that is no option begins the filter
	if err := f.Parse(withReport(args)); err != nil {
		var unknown *pflag.NotExistError
		var missing *pflag.ValueRequiredError
		switch {
		case errors.Is(err, pflag.ErrHelp):
			o.help = true
			return o, nil
		case errors.As(err, &unknown):
			return nil, &usageError{"unrecognized option: " + unknown.GetSpecifiedName(), true}
		case errors.As(err, &missing):
			return nil, &usageError{"option requires an argument: " + missing.GetSpecifiedName(), true}
		}
		return nil, usagef("%s", err)
	}
	o.reading = f.Changed("read-file")
	if f.Changed("output-type") && o.fileType == "" {
		o.fileType = "?"
	}
	o.args = f.Args()
	if len(o.args) > 0 {
		rest := strings.Join(o.args, " ")
		if o.reading {
			if o.displayFilter != "" {
				return nil, usagef("Display filters were specified both with \"-Y\" and with additional command-line arguments.")
			}
			o.displayFilter = rest
		} else {
			if o.captureFilter != "" {
				return nil, usagef("Capture filters were specified both with \"-f\" and with additional command-line arguments.")
			}
			o.captureFilter = rest
		}
	}
	return o, o.check()
}

// config makes the engine's configuration.
func (o *options) config() (*dissect.Config, error) {
	cfg := dissect.NewConfig()
	for _, p := range o.prefs {
		name, value, ok := strings.Cut(p, ":")
		if !ok {
			return nil, usagef("Invalid -o flag %q", p)
		}
		if dissect.FindPref(name) == nil {
			return nil, usagef("-o flag %q specifies unknown preference", p)
		}
		if err := cfg.SetPref(name, strings.TrimSpace(value)); err != nil {
			return nil, usagef("-o flag %q: %v", p, err)
		}
	}
	for _, d := range o.decodeAs {
		rule, err := decodeAs(d)
		if err != nil {
			return nil, err
		}
		cfg.DecodeAs = append(cfg.DecodeAs, rule)
	}
	cfg.Disabled = map[string]bool{}
	if o.onlyProtos != "" || o.disableAll {
		for _, p := range dissect.Protocols() {
			cfg.Disabled[p.Name] = true
		}
		for _, n := range strings.FieldsFunc(o.onlyProtos, func(r rune) bool { return r == ',' || r == ' ' }) {
			if dissect.Find(n) == nil {
				return nil, usagef("No such protocol %s", n)
			}
			delete(cfg.Disabled, n)
		}
		delete(cfg.Disabled, "frame")
		delete(cfg.Disabled, "data")
	}
	for _, n := range o.disable {
		if dissect.Find(n) == nil {
			return nil, usagef("No such protocol %s", n)
		}
		cfg.Disabled[n] = true
	}
	for _, n := range o.enable {
		if dissect.Find(n) == nil {
			return nil, usagef("No such protocol %s", n)
		}
		delete(cfg.Disabled, n)
	}
	return cfg, nil
}

func wordSet(s string) map[string]bool {
	if s == "" {
		return nil
	}
	m := map[string]bool{}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == ':' }) {
		m[w] = true
	}
	return m
}
