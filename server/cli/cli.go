// Package cli is the command line: one file for each subcommand, which
// registers itself as plain data. Commands decode their arguments, call one
// thing, and print what it gives; what they need of the rest of the program
// comes through Env.
//
// A subcommand that stands for another tool (tshark, tcpdump, ...) is Raw: it
// gets its arguments as they were typed, prints and exits as that tool does,
// and also runs when the binary is linked under its name.
//
//	var _ = register(Command{
//		Name:  "version",
//		Short: "print the version",
//		Run: func(ctx context.Context, e *Env, c *Call) error {
//			_, err := fmt.Fprintln(e.Stdout, e.Build)
//			return err
//		},
//	})
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Command is one subcommand.
type Command struct {
	Name  string
	Usage string // arguments after the name, "FILE..."
	Short string // one line
	Long  string // more, for --help; Short when empty
	// Hidden leaves it out of lists; it works all the same.
	Hidden bool
	// Raw hands all arguments to Run unparsed.
	Raw bool
	// Flags declares the options; Run reads them from Call.Flags.
	Flags func(*pflag.FlagSet)
	// Min and Max bound the number of arguments; Max -1 is no bound.
	Min, Max int
	Run      func(ctx context.Context, e *Env, c *Call) error
}

// Call is one use of a command.
type Call struct {
	// Name is the word it was called by: the command's, or the binary's.
	Name  string
	Args  []string
	Flags *pflag.FlagSet // nil for Raw
}

// Env is what a command may use of the world and of the program.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Build          string // version and commit, for people
	// Serve runs a server until ctx is done.
	Serve func(ctx context.Context, o ServeOptions) error
	// Features reports what works on this host for this user.
	Features func(ctx context.Context) ([]Feature, error)
	// SelfTest tries the confinement of the page server from inside.
	SelfTest func(ctx context.Context, o ServeOptions, w io.Writer) error
}

// Exit is an error with an exit status. A nil Err prints nothing.
type Exit struct {
	Code int
	Err  error
}

func (e *Exit) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap gives the cause.
func (e *Exit) Unwrap() error { return e.Err }

// usageExit is the exit status for a command line that cannot be understood.
const usageExit = 2

func usage(err error) error { return &Exit{Code: usageExit, Err: err} }

var registered []Command

// register is called by package-level declarations. Two commands of one name
// are a mistake of this source, found at start.
func register(c Command) struct{} {
	if c.Name == "" || c.Run == nil || c.Short == "" {
		panic("cli: incomplete command " + c.Name)
	}
	if _, ok := find(c.Name); ok {
		panic("cli: two commands named " + c.Name)
	}
	registered = append(registered, c)
	return struct{}{}
}

func find(name string) (Command, bool) {
	for _, c := range registered {
		if c.Name == name {
			return c, true
		}
	}
	return Command{}, false
}

// All lists the commands by name.
func All() []Command {
	cs := slices.Clone(registered)
	sort.Slice(cs, func(i, j int) bool { return cs[i].Name < cs[j].Name })
	return cs
}

// Main runs the command line argv (the program's own name first) and gives the
// exit status.
func Main(ctx context.Context, e *Env, argv []string) int {
	self := "sonde"
	var args []string
	if len(argv) > 0 {
		args = argv[1:]
		// Linked as tshark, it is tshark.
		if base := strings.TrimSuffix(filepath.Base(argv[0]), ".exe"); base != self {
			if c, ok := find(base); ok && c.Raw {
				return status(e, base, c.Run(ctx, e, &Call{Name: base, Args: args}))
			}
		}
	}
	// Raw commands never meet the parser: it would stop at their flags.
	if len(args) > 0 {
		if c, ok := find(args[0]); ok && c.Raw {
			return status(e, self+" "+c.Name, c.Run(ctx, e, &Call{Name: c.Name, Args: args[1:]}))
		}
	}
	name := self
	if len(args) > 0 {
		if _, ok := find(args[0]); ok {
			name += " " + args[0]
		}
	}
	root := tree(e)
	root.SetArgs(args)
	return status(e, name, root.ExecuteContext(ctx))
}

// status prints err in one line and turns it into an exit status.
func status(e *Env, name string, err error) int {
	if err == nil {
		return 0
	}
	code := 1
	var x *Exit
	if errors.As(err, &x) {
		code = x.Code
		if x.Err == nil {
			return code
		}
	}
	fmt.Fprintf(e.Stderr, "%s: %s\n", name, printable(err.Error()))
	if code == usageExit {
		fmt.Fprintf(e.Stderr, "Try `%s --help`.\n", name)
	}
	return code
}

// printable keeps control characters of file names and addresses off the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// tree builds the parser. Without a subcommand, sonde serves.
func tree(e *Env) *cobra.Command {
	serve, _ := find("serve")
	root := wrap(e, serve)
	root.Use = "sonde"
	root.Short = "the terminal debugging toolbox in one browser page"
	root.Long = "sonde shows what this machine does - processes, files, sockets, bandwidth, system calls - and\n" +
		"opens packet captures, live or from a file, in a browser page. Without a command it serves that page."
	root.Version = e.Build
	root.SetVersionTemplate("sonde {{.Version}}\n")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Hidden: true, Use: "help [COMMAND]", Short: "help on a command", RunE: func(c *cobra.Command, args []string) error {
		t, _, err := c.Root().Find(args)
		if err != nil {
			return usage(err)
		}
		return t.Help()
	}})
	for _, c := range All() {
		root.AddCommand(wrap(e, c))
	}
	return root
}

func wrap(e *Env, c Command) *cobra.Command {
	cc := &cobra.Command{
		Use:                   strings.TrimSpace(c.Name + " [flags] " + c.Usage),
		DisableFlagsInUseLine: true,
		Short:                 c.Short,
		Long:                  c.Long,
		Hidden:                c.Hidden,
		SilenceErrors:         true,
		SilenceUsage:          true,
		DisableFlagParsing:    c.Raw,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) < c.Min:
				return usage(fmt.Errorf("needs %s", c.Usage))
			case c.Max >= 0 && len(args) > c.Max && !c.Raw:
				if c.Max == 0 {
					return usage(fmt.Errorf("unknown command or argument %q", args[0]))
				}
				return usage(fmt.Errorf("too many arguments: %q", args[c.Max]))
			}
			return nil
		},
		RunE: func(cc *cobra.Command, args []string) error {
			return c.Run(cc.Context(), e, &Call{Name: c.Name, Args: args, Flags: cc.Flags()})
		},
	}
	cc.SetIn(e.Stdin)
	cc.SetOut(e.Stdout)
	cc.SetErr(e.Stderr)
	cc.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	cc.Flags().SortFlags = false
	if c.Flags != nil {
		c.Flags(cc.Flags())
		for _, n := range names(cc.Flags()) {
			cc.Flags().Lookup(n).Value = &once{Value: cc.Flags().Lookup(n).Value, name: n}
		}
	}
	return cc
}

func names(fs *pflag.FlagSet) []string {
	var list []string
	fs.VisitAll(func(f *pflag.Flag) {
		if _, many := f.Value.(pflag.SliceValue); !many && f.Value.Type() != "bool" {
			list = append(list, f.Name)
		}
	})
	return list
}

// once refuses a flag that is given twice: one of the two would be ignored, and
// for a token or an address that is a hole.
type once struct {
	pflag.Value
	name string
	set  bool
}

func (o *once) Set(s string) error {
	if o.set {
		return errors.New("given twice")
	}
	o.set = true
	return o.Value.Set(s)
}
