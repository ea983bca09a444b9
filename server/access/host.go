package access

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// HostAllowed decides on a Host header: localhost and loopback literals with
// any port (a forwarded port differs from ours), the names given by
// --allow-host, and the literal address that the connection came in on. A page
// whose name was made to resolve to this host has another Host, and is refused.
func HostAllowed(host string, extra []string, local netip.Addr) bool {
	name, ok := hostName(host)
	if !ok {
		return false
	}
	if name == "localhost" {
		return true
	}
	for _, x := range extra {
		if strings.EqualFold(name, strings.Trim(x, "[]")) {
			return true
		}
	}
	ip, err := netip.ParseAddr(name)
	if err != nil || ip.Zone() != "" || ip.Is4In6() {
		return false
	}
	return ip.IsLoopback() || local.IsValid() && ip == local.Unmap() && !ip.IsUnspecified()
}

// hostName splits off the port and lowers the case. Anything that is not
// exactly a name or literal and an optional port from 1 to 65535 is refused.
func hostName(host string) (string, bool) {
	if host == "" || len(host) > 300 {
		return "", false
	}
	for i := 0; i < len(host); i++ {
		c := host[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == ':' || c == '[' || c == ']' || c == '_') {
			return "", false
		}
	}
	name := host
	if strings.HasPrefix(host, "[") {
		inner, port, ok := strings.Cut(host[1:], "]")
		if !ok || port != "" && !validPort(port) || !strings.Contains(inner, ":") {
			return "", false
		}
		name = inner
	} else if i := strings.IndexByte(host, ':'); i >= 0 {
		if !validPort(host[i:]) {
			return "", false
		}
		name = host[:i]
	}
	if name == "" || strings.ContainsAny(name, "[]") {
		return "", false
	}
	return strings.ToLower(name), true
}

func validPort(s string) bool {
	if len(s) < 2 || s[0] != ':' || s[1] < '0' || s[1] > '9' || len(s) > 6 {
		return false
	}
	n, err := strconv.Atoi(s[1:])
	return err == nil && n > 0 && n < 65536
}

// SameOrigin says whether an Origin header names the page's own scheme, host
// and port. Ports that a scheme implies may be left out on either side.
func SameOrigin(origin, scheme, host string) bool {
	s, rest, ok := strings.Cut(origin, "://")
	if !ok || !strings.EqualFold(s, scheme) {
		return false
	}
	return withPort(rest, scheme) == withPort(host, scheme) && rest != ""
}

func withPort(host, scheme string) string {
	host = strings.ToLower(host)
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host
	}
	if scheme == "https" {
		return host + ":443"
	}
	return host + ":80"
}

// Address is the peer's IP address of a RemoteAddr, for limits and the audit
// log; it is never an identity.
func Address(remote string) string {
	h, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return h
}

// Loopback says whether a RemoteAddr is of this host. A Unix socket's is.
func Loopback(remote string) bool {
	ip, err := netip.ParseAddr(Address(remote))
	if err != nil {
		return remote == "" || remote == "@" || strings.HasPrefix(remote, "/")
	}
	return ip.Unmap().IsLoopback()
}
