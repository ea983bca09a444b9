package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"sonde/assets"
	"sonde/capture/session"
	"sonde/server/access"
	"sonde/server/api"
	"sonde/server/keeper"
	"sonde/server/wire"
	"sonde/web/page"
)

// pages is the HTTP side: the API over the seam and the capture library.
type pages struct {
	*api.Server
	access  *access.Access
	library *session.Library
	cancel  context.CancelFunc
	follow  sync.WaitGroup
}

func newPages(ctx context.Context, c *keeper.Client, o siteOptions, l *api.Listening) (*pages, error) {
	log := slog.New(slog.NewTextHandler(o.Log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := access.Open(access.Options{Dir: o.data, Token: o.Token, Secure: o.secure(), Log: log})
	if err != nil {
		return nil, err
	}
	audit, err := access.OpenAudit(o.data)
	if err != nil {
		return nil, err
	}
	library, err := session.NewLibrary(o.data, session.Options{})
	if err != nil {
		return nil, err
	}
	p := &pages{access: a, library: library}
	h := &host{c: c, own: ownTraffic(os.Getenv, l.Listeners)}
	p.Server, err = api.New(api.Options{Access: a, Audit: audit, Host: h, Captures: api.FromLibrary(library), CheckCapture: checkCapture, PeerUIDs: peers(o.AllowLocalUsers, os.Getuid()),
		Pages: mount(h.Features(ctx), o.ReadOnly), Assets: assets.Handler(), DataDir: o.data, Build: version(), TLS: o.secure(), ReadOnly: o.ReadOnly,
		AllowHosts: o.AllowHosts, Log: log})
	if err != nil {
		return nil, errors.Join(err, library.Close())
	}
	if err := p.lives(ctx, c, o.data); err != nil {
		return nil, errors.Join(err, library.Close())
	}
	return p, nil
}

// Close ends the library's work.
func (p *pages) Close() error {
	p.cancel()
	p.follow.Wait()
	return p.library.Close()
}

// lives keeps the library told of the keeper's captures, and of those that
// earlier keepers left.
func (p *pages) lives(ctx context.Context, c *keeper.Client, data string) error {
	now, changed := c.Live()
	past, err := keeper.Manifests(data, now)
	if err != nil {
		return err
	}
	tell := func(now []keeper.LiveStatus) {
		list := make([]session.Live, 0, len(past)+len(now))
		for _, s := range past {
			list = append(list, live(data, s))
		}
		for _, s := range now {
			list = append(list, live(data, s))
		}
		p.library.SetLive(list)
	}
	tell(now)
	ctx, p.cancel = context.WithCancel(ctx)
	p.follow.Add(1)
	go func() {
		defer p.follow.Done()
		for {
			select {
			case <-ctx.Done():
				return
			case <-c.Done():
				return
			case <-changed:
				now, changed = c.Live()
				tell(now)
			}
		}
	}()
	return nil
}

// live is a capture of the keeper in the library's words.
func live(data string, s keeper.LiveStatus) session.Live {
	l := session.Live{ID: s.ID, Name: s.Name, Interface: s.Interface, Filter: s.Filter, Dir: filepath.Join(data, s.Dir),
		Running: s.State == keeper.Running, Started: s.Started, Packets: int(s.Packets), Bytes: s.Bytes,
		Dropped: int64(s.Dropped + s.Lost), Link: s.Link}
	for _, seg := range s.Segments {
		l.Segments = append(l.Segments, seg.Name)
	}
	switch s.State {
	case keeper.Failed, keeper.Crashed:
		l.Error = s.Reason
		if s.Lost > 0 {
			l.Error = fmt.Sprintf("%s; %d packets were received and could not be written", s.Reason, s.Lost)
		}
	}
	return l
}

// login mints a one-time code and gives what follows scheme and host.
func (p *pages) login(path string) (string, error) {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, "#") {
		return "", fmt.Errorf("%q is not a path of the pages", path)
	}
	code, err := p.access.Mint()
	if err != nil {
		return "", err
	}
	return path + strings.TrimPrefix(api.LinkPath(code), "/"), nil
}

// open imports a capture file and gives the path of its page.
func (p *pages) open(ctx context.Context, name string, r io.Reader) (string, error) {
	size := int64(-1)
	if f, ok := r.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
			size = st.Size()
		}
	}
	s, err := p.library.Import(ctx, name, r, size)
	if err != nil {
		return "", err
	}
	return "/captures/" + url.PathEscape(s.ID), nil
}

// serve answers on the listeners until ctx is done.
func (p *pages) serve(ctx context.Context, l *api.Listening, cfg *tls.Config) error {
	return p.Server.Serve(ctx, l.Listeners, cfg)
}

// mount gives the HTML pages to the API. They hold no data of this host beyond
// its name: who may see data is for their scripts to prove.
func mount(features []wire.Feature, readOnly bool) func(api.PageRouter) {
	shell := page.Shell{Version: version(), ReadOnly: readOnly}
	for _, f := range features {
		if !f.Works {
			shell.Limited = append(shell.Limited, strings.TrimSpace(f.Title+": "+f.Reason+". "+f.Remedy))
		}
	}
	if name, err := os.Hostname(); err == nil {
		shell.Host = name
	}
	c := page.Config{Shell: func(*http.Request) page.Shell { return shell }, URL: assets.URL, Imports: assets.Imports}
	return func(r api.PageRouter) { page.Mount(r, c) }
}

// peers are the users of this host whose programs may connect, beside root:
// whoever started the program (the face runs as them), unless all may. Nobody
// is no person: a face that runs as nobody was started by root alone.
func peers(all bool, uid int) []int {
	switch {
	case all:
		return nil
	case uid == nobody:
		return []int{}
	}
	return []int{uid}
}
