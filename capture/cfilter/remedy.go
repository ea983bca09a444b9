package cfilter

import (
	"strings"

	"sonde/capture/frame"
)

// Display filters typed into the capture filter's box are the commonest
// mistake. What can be said in both languages is translated whole.

// displayTests are display filter fields that a capture filter can compare;
// %s stands for the value, with == for the comparison.
var displayTests = map[string]string{
	"ip.addr": "host %s", "ip.src": "src host %s", "ip.dst": "dst host %s", "ip.host": "host %s",
	"ipv6.addr": "host %s", "ipv6.src": "src host %s", "ipv6.dst": "dst host %s",
	"eth.addr": "ether host %s", "eth.src": "ether src %s", "eth.dst": "ether dst %s",
	"arp.src.proto_ipv4": "arp src host %s", "arp.dst.proto_ipv4": "arp dst host %s",
	"tcp.port": "tcp port %s", "tcp.srcport": "tcp src port %s", "tcp.dstport": "tcp dst port %s",
	"udp.port": "udp port %s", "udp.srcport": "udp src port %s", "udp.dstport": "udp dst port %s",
	"sctp.port": "sctp port %s", "sctp.srcport": "sctp src port %s", "sctp.dstport": "sctp dst port %s",
	"ip.proto": "ip proto %s", "eth.type": "ether proto %s", "vlan.id": "vlan %s", "mpls.label": "mpls %s",
}

// displayNumbers are fields that stand at a fixed place; any comparison works.
var displayNumbers = map[string]string{
	"frame.len": "len", "ip.ttl": "ip[8]", "ip.len": "ip[2:2]", "ip.id": "ip[4:2]", "ipv6.hlim": "ip6[7]",
	"icmp.type": "icmp[icmptype]", "icmp.code": "icmp[icmpcode]", "icmpv6.type": "icmp6[icmp6type]",
	"tcp.flags": "tcp[tcpflags]", "tcp.seq_raw": "tcp[4:4]", "udp.length": "udp[4:2]", "arp.opcode": "arp[6:2]",
}

var displayFlags = map[string]string{
	"tcp.flags.syn": "tcp-syn", "tcp.flags.ack": "tcp-ack", "tcp.flags.fin": "tcp-fin", "tcp.flags.reset": "tcp-rst",
	"tcp.flags.push": "tcp-push", "tcp.flags.urg": "tcp-urg", "tcp.flags.ece": "tcp-ece", "tcp.flags.cwr": "tcp-cwr",
}

// displayProtocols are protocol names of display filters; capture filters
// know the ports.
var displayProtocols = map[string]string{
	"http": "tcp port 80", "http2": "tcp port 443", "tls": "tcp port 443", "ssl": "tcp port 443", "quic": "udp port 443",
	"dns": "port 53", "mdns": "udp port 5353", "dhcp": "udp port 67 or udp port 68", "bootp": "udp port 67 or udp port 68",
	"dhcpv6": "udp port 546 or udp port 547", "ntp": "udp port 123", "ssh": "tcp port 22", "ftp": "tcp port 21",
	"telnet": "tcp port 23", "smtp": "tcp port 25", "pop": "tcp port 110", "imap": "tcp port 143", "snmp": "udp port 161",
	"syslog": "udp port 514", "sip": "port 5060", "ldap": "tcp port 389", "rdp": "tcp port 3389", "bgp": "tcp port 179",
	"mqtt": "tcp port 1883", "mysql": "tcp port 3306", "pgsql": "tcp port 5432", "redis": "tcp port 6379", "smb": "tcp port 445",
	"ipv6": "ip6", "icmpv6": "icmp6", "ospf": "ip proto 89", "gre": "ip proto 47", "vxlan": "udp port 4789", "eth": "len > 0",
	"wireguard": "udp port 51820", "wg": "udp port 51820", "stun": "port 3478",
}

// remedy looks for display filter syntax and capital letters in a refused
// expression; "" where it has nothing to say.
func remedy(expr string, e *Error) string {
	if len(expr) > 4096 {
		return ""
	}
	toks := displayTokens(expr)
	display, capital := false, false
	for i, t := range toks {
		low := strings.ToLower(t)
		_, proto := displayProtocols[low]
		switch {
		case displayField(t), low == "contains", low == "matches", low == "eq", low == "ne":
			display = true
		case proto && !words[low] && (i == 0 || joins(toks[i-1])):
			display = true
		case t != low && (words[low] || constants[low] != 0 || low == "and" || low == "or" || low == "not"):
			capital = true
		}
	}
	if capital && !display {
		for i, t := range toks {
			if low := strings.ToLower(t); words[low] || low == "and" || low == "or" || low == "not" {
				toks[i] = low
			}
		}
		if fixed := strings.Join(toks, " "); compiles(fixed) {
			return "capture filters are written in small letters: " + fixed
		}
		return "capture filters are written in small letters"
	}
	if !display {
		return ""
	}
	const says = "that is display filter syntax"
	text, field := translate(toks)
	if text != "" && compiles(text) {
		return says + "; a capture filter says: " + text
	}
	if field != "" {
		return says + "; a capture filter cannot test " + clip(field) + ": capture more and filter the display"
	}
	return says + "; capture filters are words such as host 10.0.0.1 and tcp port 80"
}

func compiles(expr string) bool {
	_, err := compile(expr, Options{Link: frame.LinkEthernet, SnapLen: 1})
	return err == nil
}

// joins says whether a primitive may follow a token.
func joins(t string) bool {
	switch strings.ToLower(t) {
	case "and", "or", "not", "&&", "||", "!", "(":
		return true
	}
	return false
}

// displayField is true for a name with a dot that is no number or file name.
func displayField(t string) bool {
	head, _, ok := strings.Cut(t, ".")
	if !ok || head == "" || !('a' <= head[0]|0x20 && head[0]|0x20 <= 'z') {
		return false
	}
	switch strings.ToLower(head) {
	case "ip", "ipv6", "eth", "tcp", "udp", "sctp", "icmp", "icmpv6", "arp", "frame", "vlan", "mpls", "wlan", "data", "igmp":
		return true
	}
	_, ok = displayProtocols[strings.ToLower(head)]
	return ok
}

// displayTokens splits words, operators and quoted strings.
func displayTokens(s string) []string {
	var out []string
	for i := 0; i < len(s); {
		c := s[i]
		n := 1
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case c == '"':
			if j := strings.IndexByte(s[i+1:], '"'); j >= 0 {
				n = j + 2
			}
		case strings.IndexByte("()!<>=&|~{},", c) >= 0:
			if i+1 < len(s) && strings.Contains("== != <= >= && || =~", s[i:i+2]) && s[i+1] != ' ' {
				n = 2
			}
		default:
			for i+n < len(s) && strings.IndexByte(" \t\r\n()!<>=&|~{},\"", s[i+n]) < 0 {
				n++
			}
		}
		out = append(out, s[i:i+n])
		i += n
	}
	return out
}

// translate writes a display filter as a capture filter; field is what it
// could not say.
func translate(toks []string) (text, field string) {
	var out []string
	for i := 0; i < len(toks); i++ {
		t := strings.ToLower(toks[i])
		switch t {
		case "and", "&&":
			out = append(out, "and")
			continue
		case "or", "||":
			out = append(out, "or")
			continue
		case "not", "!":
			out = append(out, "not")
			continue
		case "(", ")":
			out = append(out, t)
			continue
		}
		op, value := "", ""
		if i+2 < len(toks) {
			op = map[string]string{"==": "=", "eq": "=", "=": "=", "!=": "!=", "ne": "!=", ">": ">", "gt": ">", "<": "<", "lt": "<",
				">=": ">=", "ge": ">=", "<=": "<=", "le": "<="}[strings.ToLower(toks[i+1])]
			value = strings.Trim(toks[i+2], "\"")
		}
		if op == "" {
			p, ok := displayProtocols[t]
			switch {
			case ok && strings.Contains(p, " or "):
				out = append(out, "("+p+")")
			case ok:
				out = append(out, p)
			case words[t]:
				out = append(out, t)
			default:
				return "", toks[i]
			}
			continue
		}
		i += 2
		flag := value == "1" || strings.EqualFold(value, "true")
		switch {
		case displayNumbers[t] != "":
			out = append(out, displayNumbers[t]+" "+op+" "+value)
		case displayFlags[t] != "" && (op == "=" || op == "!="):
			test := "!= 0"
			if flag != (op == "=") {
				test = "= 0"
			}
			out = append(out, "tcp[tcpflags] & "+displayFlags[t]+" "+test)
		case displayTests[t] != "" && (op == "=" || op == "!="):
			form := displayTests[t]
			if strings.Contains(value, "/") {
				form = strings.Replace(form, "host", "net", 1)
			}
			if op == "!=" {
				out = append(out, "not")
			}
			out = append(out, strings.Replace(form, "%s", value, 1))
		default:
			return "", toks[i-2]
		}
	}
	text = strings.Join(out, " ")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "( ", "("), " )", ")")
	return text, ""
}
