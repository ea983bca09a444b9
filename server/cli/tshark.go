package cli

import (
	"context"

	"sonde/server/cli/tshark"
)

var _ = register(Command{
	Name:  "tshark",
	Usage: "[tshark's options]",
	Short: "dissect captures on the command line, as tshark does",
	Raw:   true,
	Run: func(_ context.Context, e *Env, c *Call) error {
		if code := tshark.Run(c.Args, e.Stdin, e.Stdout, e.Stderr); code != 0 {
			return &Exit{Code: code}
		}
		return nil
	},
})
