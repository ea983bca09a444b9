package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"time"

	"sonde/server/api"
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
	l     *api.Listening
	tls   *tls.Config // nil: plain HTTP
	print string      // fingerprint of a certificate of our own
	pages *pages
}

// endWithin is what requests under way get at the end.
const endWithin = 600 * time.Millisecond

// runSite serves until ctx is done.
func runSite(ctx context.Context, c *keeper.Client, o siteOptions) error {
	s := &site{o: o}
	var err error
	if s.tls, s.print, err = o.certificate(); err != nil {
		return err
	}
	if s.l, err = listen(ctx, o); err != nil {
		return err
	}
	defer s.l.Close()
	if s.pages, err = newPages(ctx, c, o, s.l); err != nil {
		return err
	}
	ctl, err := instance.OpenControl(o.dir)
	if err != nil {
		return errors.Join(err, s.pages.Close())
	}
	defer ctl.Close()
	if err := c.Listening(ctx, addresses(s.l.Listeners)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	control := make(chan error, 1)
	go func() { control <- ctl.Serve(ctx, s) }()
	served := make(chan error, 1)
	go func() { served <- s.pages.serve(ctx, s.l, s.tls) }()
	if err := s.greet(ctx); err != nil {
		return err
	}
	if o.opened != nil {
		go o.opened()
	}
	select {
	case err := <-served:
		return err
	case err := <-control:
		if err != nil { // without it `sonde url` fails, the pages do not
			slog.Error("control socket failed", "err", err)
		}
		select {
		case err := <-served:
			return err
		case <-ctx.Done():
		}
	case <-ctx.Done():
	}
	// Ended from outside: what is under way gets a moment, captures are the
	// keeper's and not in danger.
	finished := make(chan error, 1)
	go func() { finished <- errors.Join(<-served, s.pages.Close()) }()
	select {
	case err := <-finished:
		return err
	case <-time.After(endWithin):
		return nil
	}
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
	if s.l.Note != "" {
		complain("%s", s.l.Note)
	}
	if s.print != "" {
		complain("the certificate is this server's own; its SHA-256 fingerprint is %s", s.print)
	}
	if s.l.Public && s.tls == nil {
		complain("plain HTTP on %s: everybody on the way can read and change what goes over it", s.l.Host)
	}
	if line := sshLine(os.Getenv, s.l.Listeners); line != "" {
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
	scheme := "http://"
	if s.tls != nil {
		scheme = "https://"
	}
	return scheme + s.l.Host + fragment, nil
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
