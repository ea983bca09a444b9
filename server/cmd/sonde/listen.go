package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sonde/server/cli"
)

// portsToTry after the default one.
const portsToTry = 100

// listeners binds what the options ask for, all of it or nothing. again names
// the addresses of a face that died a moment ago.
func listeners(ctx context.Context, listen string, again []string) ([]net.Listener, error) {
	if len(again) > 0 {
		return retry(ctx, again)
	}
	if path, ok := strings.CutPrefix(listen, "unix:"); ok {
		return bindAll(ctx, "unix:"+path)
	}
	if listen != "" {
		host, port, err := net.SplitHostPort(listen)
		if err != nil {
			return nil, err
		}
		if host == "localhost" {
			return loopback(ctx, port)
		}
		return bindAll(ctx, listen)
	}
	first, err := strconv.Atoi(cli.DefaultPort)
	if err != nil {
		return nil, err
	}
	for port := first; ; port++ {
		ls, err := loopback(ctx, strconv.Itoa(port))
		if err == nil || !errors.Is(err, unix.EADDRINUSE) || port == first+portsToTry {
			return ls, err
		}
	}
}

// loopback binds a port on 127.0.0.1 and on ::1, both or neither: half a bind
// would leave `localhost` to whoever has the other half. Port 0 is a port that
// is free on both. A host without IPv6 has one loopback address only.
func loopback(ctx context.Context, port string) ([]net.Listener, error) {
	for try := 0; ; try++ {
		four, err := bind(ctx, net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			return nil, err
		}
		_, got, err := net.SplitHostPort(four.Addr().String())
		if err != nil {
			four.Close()
			return nil, err
		}
		six, err := bind(ctx, net.JoinHostPort("::1", got))
		switch {
		case err == nil:
			return []net.Listener{four, six}, nil
		case errors.Is(err, unix.EADDRNOTAVAIL), errors.Is(err, unix.EAFNOSUPPORT), errors.Is(err, unix.EPROTONOSUPPORT):
			return []net.Listener{four}, nil
		}
		four.Close()
		if port != "0" || try == portsToTry || !errors.Is(err, unix.EADDRINUSE) {
			return nil, err
		}
	}
}

func bindAll(ctx context.Context, addrs ...string) ([]net.Listener, error) {
	var ls []net.Listener
	for _, a := range addrs {
		l, err := bind(ctx, a)
		if err != nil {
			for _, l := range ls {
				l.Close()
			}
			return nil, err
		}
		ls = append(ls, l)
	}
	return ls, nil
}

// retry binds the addresses of a predecessor, which the kernel may need a
// moment to give up.
func retry(ctx context.Context, addrs []string) ([]net.Listener, error) {
	for try := 0; ; try++ {
		ls, err := bindAll(ctx, addrs...)
		if err == nil || !errors.Is(err, unix.EADDRINUSE) || try == 40 {
			return ls, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func bind(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	path, ok := strings.CutPrefix(addr, "unix:")
	if !ok {
		return lc.Listen(ctx, "tcp", addr)
	}
	// A socket that nobody answers on is a leftover; one that answers is not ours.
	if st, err := os.Lstat(path); err == nil && st.Mode()&os.ModeSocket != 0 {
		var d net.Dialer
		if c, err := d.DialContext(ctx, "unix", path); err == nil {
			c.Close()
			return nil, fmt.Errorf("listen on %s: %w", path, unix.EADDRINUSE)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("replace socket: %w", err)
		}
	}
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// addresses are the listeners' addresses in the form that bind takes.
func addresses(ls []net.Listener) []string {
	var list []string
	for _, l := range ls {
		if l.Addr().Network() == "unix" {
			list = append(list, "unix:"+l.Addr().String())
			continue
		}
		list = append(list, l.Addr().String())
	}
	return list
}

// baseURL is what people type to reach the listeners.
func baseURL(ls []net.Listener, secure bool) string {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	a, ok := ls[0].Addr().(*net.TCPAddr)
	if !ok {
		return scheme + "://localhost" // through an ssh tunnel to the socket
	}
	host := a.IP.String()
	switch {
	case a.IP.IsLoopback() && len(ls) > 1, a.IP.IsLoopback() && a.IP.To4() != nil && a.IP.String() == "127.0.0.1":
		host = "localhost"
	case a.IP.IsUnspecified():
		if h, err := os.Hostname(); err == nil {
			host = h
		}
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(a.Port))
}

// sshLine is what to type on the other end of an ssh session to reach the page
// through it; "" outside of one. SSH_CONNECTION is client address, client port,
// server address, server port.
func sshLine(getenv func(string) string, ls []net.Listener) string {
	f := strings.Fields(getenv("SSH_CONNECTION"))
	if len(f) != 4 {
		return ""
	}
	target := "localhost:" + cli.DefaultPort
	local := cli.DefaultPort
	switch a := ls[0].Addr().(type) {
	case *net.TCPAddr:
		if !a.IP.IsLoopback() {
			return ""
		}
		local = strconv.Itoa(a.Port)
		target = "localhost:" + local
	case *net.UnixAddr:
		target = a.Name
	}
	user := getenv("SUDO_USER")
	if user == "" {
		user = getenv("USER")
	}
	host := f[2]
	if user != "" {
		host = user + "@" + host
	}
	line := "ssh -L " + local + ":" + target
	if f[3] != "22" {
		line += " -p " + f[3]
	}
	return line + " " + host
}

// ownTraffic is the capture filter of what carries the pages: the listeners on
// loopback, and the ssh session that a tunnel runs through.
func ownTraffic(getenv func(string) string, ls []net.Listener) string {
	var parts []string
	seen := map[string]bool{}
	add := func(s string) {
		if !seen[s] {
			seen[s] = true
			parts = append(parts, s)
		}
	}
	for _, l := range ls {
		if a, ok := l.Addr().(*net.TCPAddr); ok {
			if a.IP.IsUnspecified() {
				add(fmt.Sprintf("tcp port %d", a.Port))
			} else {
				add(fmt.Sprintf("tcp port %d and host %s", a.Port, a.IP))
			}
		}
	}
	if f := strings.Fields(getenv("SSH_CONNECTION")); len(f) == 4 && net.ParseIP(f[0]) != nil && net.ParseIP(f[2]) != nil {
		_, err1 := strconv.ParseUint(f[1], 10, 16)
		_, err2 := strconv.ParseUint(f[3], 10, 16)
		if err1 == nil && err2 == nil {
			add(fmt.Sprintf("tcp port %s and tcp port %s and host %s and host %s", f[1], f[3], f[0], f[2]))
		}
	}
	for i, p := range parts {
		parts[i] = "(" + p + ")"
	}
	return strings.Join(parts, " or ")
}
