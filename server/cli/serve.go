package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"sonde/server/instance"
)

// DefaultPort is where the pages are unless told otherwise.
const DefaultPort = "7777"

// ServeOptions are what the serve command was asked for, checked.
type ServeOptions struct {
	// Listen is "" for the default (loopback, DefaultPort or the next free one),
	// HOST:PORT, or unix:PATH.
	Listen      string
	ShareListen string
	Data        string // absolute
	Token       string // bearer token for scripts, "" = none
	ReadOnly    bool
	// TLSCert and TLSKey are PEM texts: the process that serves cannot read the files.
	TLSCert, TLSKey []byte
	TLSSelf         bool
	AllowHosts      []string
	Browser         bool // open one
	// InsecureHTTP allows plain HTTP on an address that others reach.
	InsecureHTTP bool
	// AllowLocalUsers lets other users of this host reach the login.
	AllowLocalUsers bool
	// Files are capture files to open once it runs, absolute.
	Files []string
	Out   io.Writer `json:"-"` // the one line with the link
	Log   io.Writer `json:"-"`
}

var _ = register(Command{
	Name:  "serve",
	Short: "serve the pages (what sonde does without a command)",
	Long: "Serves the pages on 127.0.0.1 and [::1], port 7777 or the next free one, and prints one line with a\n" +
		"one-time link. An address that other hosts reach needs TLS and a token.",
	Flags: serveFlags,
	Run: func(ctx context.Context, e *Env, c *Call) error {
		o, err := serveOptions(e, c.Flags)
		if err != nil {
			return err
		}
		return e.Serve(ctx, o)
	},
})

func serveFlags(fs *pflag.FlagSet) {
	fs.String("listen", "", "address to listen on, HOST:PORT or unix:PATH (port 0: a free one; default localhost:"+DefaultPort+", or the next free port)")
	fs.String("data", "", "data folder (default the XDG data folder; for root /var/lib/sonde)")
	fs.String("token-file", "", "file (mode 0600) with a bearer token for scripts; or the environment variable SONDE_TOKEN")
	fs.Bool("read-only", false, "look, but change nothing: no captures, signals, uploads")
	fs.String("tls-cert", "", "certificate file (PEM)")
	fs.String("tls-key", "", "key file (PEM)")
	fs.Bool("tls-self", false, "make a certificate and print its fingerprint")
	fs.StringArray("allow-host", nil, "name under which browsers may reach this server, besides localhost (repeatable)")
	fs.String("share-listen", "", "address of a second listener that serves shared captures only")
	fs.Bool("allow-local-users", false, "let other users of this host reach the login")
	fs.Bool("open", false, "open a browser")
	fs.Bool("insecure-plaintext-http", false, "allow plain HTTP on an address that other hosts reach")
}

// serveOptions reads and checks the flags. Whatever could leave the server open
// to others is an error here, before anything is bound.
func serveOptions(e *Env, fs *pflag.FlagSet) (ServeOptions, error) {
	o := ServeOptions{Out: e.Stdout, Log: e.Stderr}
	text := func(name string) string { v, _ := fs.GetString(name); return v }
	flag := func(name string) bool { v, _ := fs.GetBool(name); return v }
	o.Listen, o.ShareListen = text("listen"), text("share-listen")
	o.ReadOnly, o.TLSSelf, o.Browser = flag("read-only"), flag("tls-self"), flag("open")
	o.InsecureHTTP, o.AllowLocalUsers = flag("insecure-plaintext-http"), flag("allow-local-users")
	o.AllowHosts, _ = fs.GetStringArray("allow-host")
	cert, key := text("tls-cert"), text("tls-key")
	if (cert == "") != (key == "") {
		return o, usage(errors.New("--tls-cert and --tls-key go together"))
	}
	if o.TLSSelf && cert != "" {
		return o, usage(errors.New("--tls-self makes a certificate; it does not go with --tls-cert"))
	}
	var err error
	if o.TLSCert, err = pem("tls-cert", cert); err != nil {
		return o, usage(err)
	}
	if o.TLSKey, err = pem("tls-key", key); err != nil {
		return o, usage(err)
	}
	if o.Token, err = token(e, fs); err != nil {
		return o, usage(err)
	}
	if o.Data, err = dataDir(e, fs); err != nil {
		return o, err
	}
	public, err := reachable(o.Listen)
	if err != nil {
		return o, usage(fmt.Errorf("--listen: %w", err))
	}
	secure := o.TLSSelf || cert != ""
	if public && !o.InsecureHTTP {
		switch {
		case !secure:
			return o, usage(fmt.Errorf("--listen %s: other hosts reach this address, so it needs TLS (--tls-cert and --tls-key, or --tls-self) and a credential (--token-file); "+
				"better: leave it on localhost and use ssh -L %s:localhost:%s", o.Listen, DefaultPort, DefaultPort))
		case o.Token == "":
			return o, usage(fmt.Errorf("--listen %s: other hosts reach this address, so it needs a credential (--token-file)", o.Listen))
		}
	}
	if o.ShareListen != "" {
		if _, err := reachable(o.ShareListen); err != nil {
			return o, usage(fmt.Errorf("--share-listen: %w", err))
		}
		if !secure {
			return o, usage(errors.New("--share-listen needs TLS: --tls-cert and --tls-key, or --tls-self"))
		}
	}
	return o, nil
}

// reachable tells whether other hosts reach an address to listen on.
func reachable(addr string) (bool, error) {
	if addr == "" {
		return false, nil
	}
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		if !filepath.IsAbs(path) {
			return false, errors.New("unix: takes an absolute path")
		}
		return false, nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false, fmt.Errorf("%q is not HOST:PORT", addr)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return false, fmt.Errorf("%q is not a port", port)
	}
	if host == "localhost" {
		return false, nil
	}
	// A name's address can change after this check: only literals count.
	ip := net.ParseIP(host)
	return ip == nil || !ip.IsLoopback(), nil
}

func pem(flag, path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return b, nil
}

// token reads the bearer token. A file that others can read is no secret.
func token(e *Env, fs *pflag.FlagSet) (string, error) {
	if !fs.Changed("token-file") {
		return e.Getenv("SONDE_TOKEN"), nil
	}
	path, _ := fs.GetString("token-file")
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	if !st.Mode().IsRegular() {
		return "", fmt.Errorf("--token-file: %s is not a plain file", path)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("--token-file: %s can be read by others; chmod 600 %s", path, path)
	}
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	t := strings.TrimSpace(string(b))
	switch {
	case t == "":
		return "", fmt.Errorf("--token-file: %s is empty", path)
	case len(t) < 16:
		return "", fmt.Errorf("--token-file: the token in %s is shorter than 16 characters", path)
	}
	return t, nil
}

// dataDir is the folder of --data, or the default.
func dataDir(e *Env, fs *pflag.FlagSet) (string, error) {
	if d, _ := fs.GetString("data"); d != "" {
		return filepath.Abs(d)
	}
	if fs.Changed("data") {
		return "", usage(errors.New("--data: needs a folder"))
	}
	d, err := instance.DefaultDir(e.Getenv, os.Geteuid())
	if err != nil {
		return "", usage(err)
	}
	return d, nil
}
