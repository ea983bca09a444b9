package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"sonde/server/cli"
	"sonde/server/instance"
	"sonde/server/keeper"
	"sonde/server/sandbox"
)

// siteOptions are the serve options and what the process knows besides.
type siteOptions struct {
	cli.ServeOptions
	dir    *os.File // the data folder
	data   string   // a path to it
	again  bool     // a successor: the link was printed before
	addrs  []string // where the predecessor listened
	caps   sandbox.Caps
	opened func() // called once it listens; may be nil
}

// site is the pages of one process: listeners, handler, control socket.
type site struct {
	o     siteOptions
	ls    []net.Listener
	pages *pages
}

// shutdownGrace is what running requests get at the end.
const shutdownGrace = 300 * time.Millisecond

// runSite serves until ctx is done.
func runSite(ctx context.Context, c *keeper.Client, o siteOptions) error {
	ls, err := listeners(ctx, o.Listen, o.addrs)
	if err != nil {
		return err
	}
	s := &site{o: o, ls: ls}
	defer s.closeListeners()
	if s.pages, err = newPages(ctx, c, o, ls); err != nil {
		return err
	}
	defer s.pages.Close()
	if err := c.Listening(ctx, addresses(ls)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	control := make(chan error, 1)
	go func() { control <- instance.ServeControl(ctx, o.dir, s) }()
	served := make(chan error, 1)
	go func() { served <- s.serve(ctx) }()
	if err := s.greet(ctx); err != nil {
		cancel()
		<-served
		<-control
		return err
	}
	if o.opened != nil {
		go o.opened()
	}
	select {
	case err = <-served:
		cancel()
		return errors.Join(err, <-control)
	case err = <-control:
		if err != nil { // without it `sonde url` fails, the pages do not
			slog.Error("control socket failed", "err", err)
		}
		return <-served
	}
}

func (s *site) closeListeners() {
	for _, l := range s.ls {
		l.Close()
	}
}

// serve answers HTTP on all listeners.
func (s *site) serve(ctx context.Context) error {
	srv := &http.Server{
		Handler:           s.pages,
		ReadHeaderTimeout: 8 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
	failed := make(chan error, len(s.ls))
	for _, l := range s.ls {
		go func() {
			if cfg := s.pages.tls; cfg != nil && l.Addr().Network() != "unix" {
				l = tls.NewListener(l, cfg)
			}
			failed <- srv.Serve(l)
		}()
	}
	select {
	case err := <-failed:
		srv.Close()
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	// The listeners' goroutines end with Shutdown.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if srv.Shutdown(end) != nil {
		srv.Close()
	}
	return nil
}

// greet prints the link, once in the life of a server.
func (s *site) greet(ctx context.Context) error {
	if s.o.again || len(s.o.Files) > 0 {
		return nil
	}
	url, err := s.Link(ctx, "/")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.o.Out, "sonde: %s\n", url); err != nil {
		return err
	}
	if line := sshLine(os.Getenv, s.ls); line != "" {
		if _, err := fmt.Fprintf(s.o.Out, "sonde: on your own machine: %s\n", line); err != nil {
			return err
		}
	}
	if s.o.Browser && s.o.caps == 0 {
		return browse(url)
	}
	return nil
}

// Link is a one-time login that ends on a page.
func (s *site) Link(_ context.Context, path string) (string, error) {
	fragment, err := s.pages.login(path)
	if err != nil {
		return "", err
	}
	return baseURL(s.ls, s.pages.tls != nil) + fragment, nil
}

// Import reads a capture file that a command handed over.
func (s *site) Import(ctx context.Context, name string, f *os.File) (string, error) {
	defer f.Close()
	return s.pages.open(ctx, name, f)
}

// browse opens the link. The command line of another process is everybody's to
// read, so it names a file that only this user can, which leads on.
func browse(url string) error {
	f, err := os.CreateTemp("", "sonde-*.html") // 0600
	if err != nil {
		return fmt.Errorf("open a browser: %w", err)
	}
	_, err = fmt.Fprintf(f, "<!doctype html><meta http-equiv=\"refresh\" content=\"0;url=%s\">\n", url)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("open a browser: %w", err)
	}
	cmd := exec.Command("xdg-open", f.Name())
	if err := cmd.Start(); err != nil {
		os.Remove(f.Name())
		slog.Warn("no browser could be opened", "err", err)
		return nil
	}
	go func() {
		_ = cmd.Wait()
		time.Sleep(30 * time.Second) // the browser reads the file after xdg-open ends
		os.Remove(f.Name())
	}()
	return nil
}
