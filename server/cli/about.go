package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// Feature is one line of the doctor's report.
type Feature struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Works  bool   `json:"works"`
	Reason string `json:"reason,omitempty"` // what is missing
	Remedy string `json:"remedy,omitempty"` // the exact command
}

var _ = register(Command{
	Name:  "version",
	Short: "print version and commit",
	Run: func(_ context.Context, e *Env, _ *Call) error {
		_, err := fmt.Fprintf(e.Stdout, "sonde %s\n", e.Build)
		return err
	},
})

var _ = register(Command{
	Name:  "doctor",
	Short: "say what works here, what is missing, and the command that unlocks it",
	Flags: func(fs *pflag.FlagSet) { fs.Bool("json", false, "as JSON") },
	Run: func(ctx context.Context, e *Env, c *Call) error {
		list, err := e.Features(ctx)
		if err != nil {
			return err
		}
		if asJSON, _ := c.Flags.GetBool("json"); asJSON {
			enc := json.NewEncoder(e.Stdout)
			enc.SetIndent("", "  ")
			return enc.Encode(list)
		}
		return printFeatures(e.Stdout, list)
	},
})

func printFeatures(w io.Writer, list []Feature) error {
	var b strings.Builder
	for _, f := range list {
		if f.Works {
			fmt.Fprintf(&b, "yes  %s\n", f.Title)
			continue
		}
		fmt.Fprintf(&b, "no   %s: %s\n", f.Title, f.Reason)
		if f.Remedy != "" {
			fmt.Fprintf(&b, "     to have it: %s\n", f.Remedy)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var _ = register(Command{
	Name:   "selftest",
	Usage:  "sandbox",
	Short:  "try the confinement of the page server from inside",
	Hidden: true,
	Flags:  serveFlags,
	Min:    1, Max: 1,
	Run: func(ctx context.Context, e *Env, c *Call) error {
		if c.Args[0] != "sandbox" {
			return usage(fmt.Errorf("unknown test %q: sandbox", c.Args[0]))
		}
		o, err := serveOptions(e, c.Flags)
		if err != nil {
			return err
		}
		return e.SelfTest(ctx, o, e.Stdout)
	},
})

var _ = register(Command{
	Name:  "completion",
	Usage: "bash|zsh|fish|powershell",
	Short: "print the completion script of a shell",
	Min:   1, Max: 1,
	Run: func(_ context.Context, e *Env, c *Call) error {
		root := tree(e)
		switch c.Args[0] {
		case "bash":
			return root.GenBashCompletionV2(e.Stdout, true)
		case "zsh":
			return root.GenZshCompletion(e.Stdout)
		case "fish":
			return root.GenFishCompletion(e.Stdout, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(e.Stdout)
		}
		return usage(fmt.Errorf("no completion for %q: bash, zsh, fish or powershell", c.Args[0]))
	},
})
