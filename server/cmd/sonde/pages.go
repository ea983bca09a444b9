package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"

	"sonde/server/access"
	"sonde/server/keeper"
)

// pages is the HTTP side: the API over the seam and the capture library.
type pages struct {
	http.Handler
	access *access.Access
	tls    *tls.Config // nil: plain HTTP
}

func newPages(_ context.Context, _ *keeper.Client, o siteOptions, _ []net.Listener) (*pages, error) {
	a, err := access.Open(access.Options{Dir: o.data, Token: o.Token, Secure: o.TLSSelf || o.TLSCert != nil})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	return &pages{Handler: mux, access: a}, nil
}

func (p *pages) Close() {}

// login mints a one-time code and gives what follows scheme and host.
func (p *pages) login(path string) (string, error) {
	code, err := p.access.Mint()
	if err != nil {
		return "", err
	}
	return path + "#k=" + url.QueryEscape(code), nil
}

func (p *pages) open(context.Context, string, io.Reader) (string, error) {
	return "", errors.ErrUnsupported
}
