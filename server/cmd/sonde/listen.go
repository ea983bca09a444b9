package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sonde/server/api"
	"sonde/server/cli"
)

// listen binds what the options ask for, or the address of a face that died a
// moment ago, which the kernel may need a moment to give up.
func listen(ctx context.Context, o siteOptions) (*api.Listening, error) {
	spec := api.ListenSpec{Addr: o.Listen, TLS: o.secure(), Credential: o.Token != "", Insecure: o.InsecureHTTP}
	if len(o.addrs) > 0 {
		spec.Addr = o.addrs[0]
	}
	for try := 0; ; try++ {
		l, err := api.Listen(spec)
		if err == nil || len(o.addrs) == 0 || !errors.Is(err, unix.EADDRINUSE) || try == 40 {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// addresses are the listeners' addresses in the form that ListenSpec takes.
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
