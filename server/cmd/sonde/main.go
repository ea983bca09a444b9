// Command sonde is the terminal debugging toolbox in one browser page.
//
// This package builds the parts and wires them, and decides who runs as whom:
// keeper.go and face.go are the two processes of a privileged start, serve.go
// the one process of any other; site.go puts the pages together.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"sonde/server/cli"
	"sonde/server/keeper"
	"sonde/server/sandbox"
)

func main() {
	// A capture of a million connections keeps most of a GiB alive; the
	// collector must not let garbage double that. GOMEMLIMIT overrides.
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(960 << 20)
	}
	os.Exit(run())
}

func run() int {
	if os.Getenv(faceEnv) != "" {
		return runFace()
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	env := &cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv:   os.Getenv,
		Build:    version(),
		Serve:    serve,
		Features: features,
		SelfTest: selfTest,
	}
	return cli.Main(ctx, env, os.Args)
}

// terminated is ctx, done at the first signal that asks to end. A second one
// ends at once, as the handler is gone then.
func terminated(ctx context.Context) (context.Context, context.CancelFunc) {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		list = append(list, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(ctx, list...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func features(context.Context) ([]cli.Feature, error) {
	caps, err := sandbox.Effective()
	if err != nil {
		return nil, err
	}
	var list []cli.Feature
	for _, f := range keeper.Report(caps, executable()) {
		list = append(list, cli.Feature(f))
	}
	return list, nil
}

func complain(format string, args ...any) { fmt.Fprintf(os.Stderr, "sonde: "+format+"\n", args...) }
