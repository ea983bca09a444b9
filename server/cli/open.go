package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"sonde/server/instance"
)

var _ = register(Command{
	Name:  "open",
	Usage: "FILE...",
	Short: "show capture files, in a running server or a new one",
	Long: "Hands the files to the server that uses the same data folder and prints the link to each. When none\n" +
		"runs, it becomes one (the flags are those of serve).",
	Flags: serveFlags,
	Min:   1, Max: -1,
	Run: func(ctx context.Context, e *Env, c *Call) error {
		o, err := serveOptions(e, c.Flags)
		if err != nil {
			return err
		}
		for _, name := range c.Args {
			// Found out now, with this user's rights and before anything starts.
			f, err := openCapture(name)
			if err != nil {
				return err
			}
			f.Close()
			abs, err := filepath.Abs(name)
			if err != nil {
				return err
			}
			o.Files = append(o.Files, abs)
		}
		err = HandOver(ctx, e, o.Data, o.Files)
		if !errors.Is(err, instance.ErrNotRunning) {
			return err
		}
		return e.Serve(ctx, o)
	},
})

// HandOver gives files to the server of a data folder and prints the links.
func HandOver(ctx context.Context, e *Env, dir string, files []string) error {
	for _, name := range files {
		f, err := openCapture(name)
		if err != nil {
			return err
		}
		url, err := instance.Open(ctx, dir, filepath.Base(name), f)
		f.Close()
		if errors.Is(err, instance.ErrNotRunning) {
			return err
		}
		if err != nil {
			return fmt.Errorf("open %s: %w", name, err)
		}
		if _, err := fmt.Fprintf(e.Stdout, "sonde: %s\n", url); err != nil {
			return err
		}
	}
	return nil
}

// openCapture opens a plain file or a pipe; a folder is said to be one.
func openCapture(name string) (*os.File, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		return nil, fmt.Errorf("open %s: is a folder", name)
	}
	return os.Open(name)
}

var _ = register(Command{
	Name:  "url",
	Short: "print a new link to the running server",
	Flags: func(fs *pflag.FlagSet) { fs.String("data", "", "data folder of the server") },
	Run: func(ctx context.Context, e *Env, c *Call) error {
		dir, err := dataDir(e, c.Flags)
		if err != nil {
			return err
		}
		url, err := instance.Link(ctx, dir, "/")
		if errors.Is(err, instance.ErrNotRunning) {
			return fmt.Errorf("no sonde is running with the data folder %s; start one with `sonde`", dir)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.Stdout, "sonde: %s\n", url)
		return err
	},
})
