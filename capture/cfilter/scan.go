package cfilter

import (
	"fmt"
	"net/netip"
	"strings"
)

type tokKind uint8

const (
	tEnd  tokKind = iota
	tWord         // keyword; text says which
	tOp           // operator; op says which
	tNum
	tName  // identifier, or \word
	tIPv4  // 1 to 4 numbers with dots
	tIPv6  // literal address
	tMAC   // six bytes
	tArc   // $xx
	tWrong // no token; text is the fault
)

type token struct {
	kind    tokKind
	op      byte // + - * / % & | ^ ( ) [ ] : = < > ! and G >=, L <=, N !=, S <<, R >>, A and, O or
	num     uint32
	text    string
	at, end int
}

// words are the keywords; protocol words and named numbers have tables of their own.
var words = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`dst src host net mask port portrange proto protochain gateway
		type subtype direction dir address1 addr1 address2 addr2 address3 addr3 address4 addr4 ra ta
		less greater byte broadcast multicast len length inbound outbound ifindex
		vlan mpls pppoed pppoes geneve llc
		lane metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic vpi vci connectmsg metaconnect
		on ifname rset ruleset rnr rulenum srnr subrulenum reason action
		fisu lssu lsu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls`) {
		m[w] = true
	}
	for w := range protoWords {
		m[w] = true
	}
	return m
}()

// scan reads the token at or behind at.
func scan(s string, at int) token {
	for at < len(s) && (s[at] == ' ' || s[at] == '\t' || s[at] == '\n' || s[at] == '\r') {
		at++
	}
	if at == len(s) {
		return token{kind: tEnd, at: at, end: at}
	}
	rest := s[at:]
	if t, ok := scanOp(rest); ok {
		// "::1" starts with a colon but is an address.
		if t.op != ':' || matchIPv6(rest) < 2 {
			t.at, t.end = at, at+t.end
			return t
		}
	}
	t := scanWord(rest)
	t.at = at
	t.end = at + max(t.end, 1)
	return t
}

func scanOp(s string) (token, bool) {
	if len(s) >= 2 {
		if i := strings.Index(">= <= != == << >> && ||", s[:2]); i >= 0 && i%3 == 0 {
			return token{kind: tOp, op: "GLN=SRAO"[i/3], end: 2, text: s[:2]}, true
		}
	}
	if strings.IndexByte("+-*/%:[]!<>()&|^=", s[0]) >= 0 {
		return token{kind: tOp, op: s[0], end: 1, text: s[:1]}, true
	}
	return token{}, false
}

// scanWord takes the longest of what may start here; of equally long ones the
// first in this order: number, addresses, keyword, name. end is the length.
func scanWord(s string) token {
	best := token{}
	take := func(k tokKind, n int) {
		if n > best.end {
			best = token{kind: k, end: n, text: s[:n]}
		}
	}
	take(tMAC, matchMAC(s))
	take(tNum, matchNum(s))
	if n := matchDotted(s); n > 0 {
		take(tIPv4, n)
	}
	take(tIPv6, matchIPv6(s))
	if n := matchBadMAC(s); n > best.end {
		return token{kind: tWrong, end: n, text: "bogus ethernet address " + s[:n]}
	}
	if n := matchName(s); n > best.end {
		return nameToken(s[:n])
	}
	switch {
	case best.kind == tNum:
		v, fault := parseNumber(best.text)
		if fault != "" {
			return token{kind: tWrong, end: best.end, text: fault}
		}
		best.num = v
	case best.kind == tIPv6:
		if _, err := netip.ParseAddr(best.text); err != nil {
			return token{kind: tWrong, end: best.end, text: "bogus IPv6 address " + best.text}
		}
	case best.end > 0:
	case s[0] == '$' && len(s) > 1 && isHex(s[1]):
		n := 2
		if len(s) > 2 && isHex(s[2]) {
			n = 3
		}
		return token{kind: tArc, end: n, text: s[:n]}
	case s[0] == '\\':
		n := 1
		for n < len(s) && strings.IndexByte(" !()\n\t", s[n]) < 0 {
			n++
		}
		if n > 1 {
			return token{kind: tName, end: n, text: s[1:n]}
		}
		fallthrough
	default:
		return token{kind: tWrong, end: 1, text: fmt.Sprintf("%q means nothing here", s[0])}
	}
	return best
}

func nameToken(w string) token {
	t := token{kind: tName, end: len(w), text: w}
	switch w {
	case "and":
		t.kind, t.op = tOp, 'A'
	case "or":
		t.kind, t.op = tOp, 'O'
	case "not":
		t.kind, t.op = tOp, '!'
	default:
		if v, ok := constants[w]; ok {
			t.kind, t.num = tNum, v
		} else if words[w] {
			t.kind = tWord
		}
	}
	return t
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
func isHex(b byte) bool {
	return isDigit(b) || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}

// matchNum is the length of a decimal, octal or hexadecimal number.
func matchNum(s string) int {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && isHex(s[2]) {
		n := 3
		for n < len(s) && isHex(s[n]) {
			n++
		}
		return n
	}
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// matchDotted is the length of two to four numbers with dots between.
func matchDotted(s string) int {
	n := matchNum(s)
	if n == 0 {
		return 0
	}
	parts := 1
	for parts < 4 && n < len(s) && s[n] == '.' {
		m := matchNum(s[n+1:])
		if m == 0 {
			break
		}
		n += 1 + m
		parts++
	}
	if parts == 1 {
		return 0
	}
	return n
}

// matchMAC is the length of a MAC address in one of its spellings:
// 6 groups with : - or . between, xxxx.xxxx.xxxx, or 12 digits.
func matchMAC(s string) int {
	hexes := func(i int) int {
		n := 0
		for i+n < len(s) && isHex(s[i+n]) && n < 12 {
			n++
		}
		return n
	}
	best := 0
	for _, sep := range []byte{':', '-', '.'} {
		i := 0
		for g := range 6 {
			n := min(hexes(i), 2)
			if n == 0 {
				i = 0
				break
			}
			i += n
			if g == 5 {
				break
			}
			if i >= len(s) || s[i] != sep {
				i = 0
				break
			}
			i++
		}
		best = max(best, i)
	}
	if len(s) >= 14 && hexes(0) == 4 && s[4] == '.' && hexes(5) == 4 && s[9] == '.' && hexes(10) >= 4 {
		best = max(best, 14)
	}
	if hexes(0) == 12 {
		best = max(best, 12)
	}
	return best
}

// matchBadMAC is the length of hex pairs each followed by colons, at least two.
func matchBadMAC(s string) int {
	i, groups := 0, 0
	for {
		n := i
		for n < len(s) && n < i+2 && isHex(s[n]) {
			n++
		}
		if n == i || n >= len(s) || s[n] != ':' {
			break
		}
		for n < len(s) && s[n] == ':' {
			n++
		}
		i = n
		groups++
	}
	if groups < 2 {
		return 0
	}
	return i
}

// matchIPv6 is the length of the longest text here that has the form of an
// IPv6 address (8 groups, or :: once, perhaps ending in a dotted quad).
func matchIPv6(s string) int {
	// The form holds at most 39 hex digits and colons, or ends in a quad.
	i, best := 0, 0
	groups, gap := 0, false
	group := func(at int) int {
		n := 0
		for at+n < len(s) && n < 4 && isHex(s[at+n]) {
			n++
		}
		return n
	}
	if len(s) >= 2 && s[:2] == "::" {
		i, gap, best = 2, true, 2
	}
	for groups < 8 {
		if q := matchQuad(s[i:]); q > 0 && (groups == 6 && !gap || gap && groups <= 5) {
			best = max(best, i+q)
		}
		n := group(i)
		if n == 0 {
			break
		}
		i += n
		groups++
		if groups == 8 && !gap || gap && groups <= 7 {
			best = max(best, i)
		}
		if i >= len(s) || s[i] != ':' {
			break
		}
		if i+1 < len(s) && s[i+1] == ':' {
			if gap {
				break
			}
			gap = true
			i += 2
			if groups <= 7 {
				best = max(best, i)
			}
			continue
		}
		i++
	}
	return best
}

// matchQuad is the length of four numbers with dots between.
func matchQuad(s string) int {
	n := 0
	for p := range 4 {
		m := matchNum(s[n:])
		if m == 0 {
			return 0
		}
		n += m
		if p < 3 {
			if n >= len(s) || s[n] != '.' {
				return 0
			}
			n++
		}
	}
	return n
}

// matchName is the length of an identifier: letters, digits, and - _ . within.
func matchName(s string) int {
	alnum := func(b byte) bool { return isDigit(b) || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }
	if !alnum(s[0]) {
		return 0
	}
	n := 1
	end := 1
	for n < len(s) && (alnum(s[n]) || s[n] == '-' || s[n] == '_' || s[n] == '.') {
		if alnum(s[n]) || s[n] == '.' {
			end = n + 1
		}
		n++
	}
	return end
}

func parseNumber(s string) (uint32, string) {
	var v uint64
	base, digits, kind := uint64(10), s, "decimal"
	switch {
	case len(s) > 1 && (s[1] == 'x' || s[1] == 'X'):
		base, digits, kind = 16, s[2:], "hex"
	case s[0] == '0':
		base, kind = 8, "octal"
	}
	for i := range len(digits) {
		d := uint64(digits[i])
		switch {
		case d <= '9':
			d -= '0'
		case d >= 'a':
			d -= 'a' - 10
		default:
			d -= 'A' - 10
		}
		if d >= base {
			return 0, fmt.Sprintf("number %s contains non-%s digit", s, kind)
		}
		if v = v*base + d; v > 0xffffffff {
			return 0, fmt.Sprintf("number %s overflows 32 bits", clip(s))
		}
	}
	return uint32(v), ""
}

// clip keeps quoted text short.
func clip(s string) string {
	if len(s) <= 40 {
		return s
	}
	return s[:40] + "..."
}
