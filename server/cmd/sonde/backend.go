package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sonde/probes"
	"sonde/probes/table"
	"sonde/server/keeper"
	"sonde/server/sandbox"
)

// backend does the keeper's verbs with the probe runner and the recorder.
type backend struct {
	*keeper.Recorder
	runner *probes.Runner
	caps   sandbox.Caps

	mu    sync.Mutex // guards the rest
	addrs []string
	ready chan struct{} // closed when addrs is first set
}

type backendOptions struct {
	dir      *os.File
	uid, gid int // owner of captures; -1: this process's user
	caps     sandbox.Caps
}

func newBackend(o backendOptions) (*backend, error) {
	probes.OpenPackets = openPackets // before the first runner
	b := &backend{runner: probes.NewRunner(probes.Options{History: true}), caps: o.caps, ready: make(chan struct{})}
	b.Recorder = keeper.NewRecorder(o.dir, o.uid, o.gid, version(), openRing)
	return b, nil
}

// Close ends captures, flushed, and probes.
func (b *backend) Close() {
	b.Recorder.Close()
	_ = b.runner.Close()
}

// kinds of the probes' errors in the seam's words.
var kinds = []struct {
	err  error
	code keeper.Code
}{
	{probes.ErrGone, keeper.Gone}, {probes.ErrPermission, keeper.Permission}, {probes.ErrRefused, keeper.Refused},
	{probes.ErrArgs, keeper.Invalid}, {probes.ErrNoProbe, keeper.NotFound}, {probes.ErrUnsupported, keeper.Unsupported},
	{probes.ErrClosed, keeper.Closed},
}

func kind(err error) error {
	if err == nil {
		return nil
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return &keeper.Error{Code: k.code, Message: err.Error()}
		}
	}
	return err
}

// probeFeed is a subscription whose errors have the seam's kinds.
type probeFeed struct{ *probes.Subscription }

func (f probeFeed) Err() error { return kind(f.Subscription.Err()) }

// Subscribe starts or joins a probe. The argument "interval" is the page's
// refresh interval.
func (b *backend) Subscribe(topic string, args map[string]string) (keeper.Feed, error) {
	s, err := b.runner.Subscribe(topic, probes.Args(args))
	if err != nil {
		return nil, kind(err)
	}
	if d, err := time.ParseDuration(args["interval"]); err == nil {
		s.SetInterval(d)
	}
	return probeFeed{s}, nil
}

func (b *backend) Once(ctx context.Context, topic string, args map[string]string) (*table.Table, error) {
	t, err := b.runner.Once(ctx, topic, probes.Args(args))
	return t, kind(err)
}

// Signal takes TERM, SIGTERM or 15.
func (b *backend) Signal(_ context.Context, pid int, start uint64, sig string, force bool) error {
	n, err := strconv.Atoi(sig)
	if err != nil {
		name := strings.ToUpper(sig)
		if !strings.HasPrefix(name, "SIG") {
			name = "SIG" + name
		}
		if n = int(unix.SignalNum(name)); n == 0 {
			return &keeper.Error{Code: keeper.Invalid, Message: fmt.Sprintf("no such signal: %s", sig)}
		}
	}
	return kind(probes.Signal(pid, start, n, probes.ActOptions{Force: force}))
}

func (b *backend) Renice(_ context.Context, pid int, start uint64, nice int) error {
	return kind(probes.Renice(pid, start, nice, probes.ActOptions{}))
}

func (b *backend) Devices(context.Context) ([]keeper.Device, error) {
	return keeper.ListDevices()
}

func (b *backend) Features(context.Context) ([]keeper.Feature, error) {
	return keeper.Report(b.caps, executable()), nil
}

// Listening remembers where the face listens, for the next one.
func (b *backend) Listening(addrs []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := b.addrs == nil
	b.addrs = append([]string{}, addrs...)
	if first {
		close(b.ready)
	}
}

func (b *backend) listening() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.addrs
}

// whenListening runs do once a face listens.
func (b *backend) whenListening(ctx context.Context, do func()) {
	select {
	case <-b.ready:
		do()
	case <-ctx.Done():
	}
}
