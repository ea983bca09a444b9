package tshark

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sonde/capture/dissect"
)

// decodeAs reads -d: tcp.port==8000-8080,http or tcp.port==8888:3,http.
func decodeAs(s string) (r dissect.DecodeAs, err error) {
	table, rest, ok := strings.Cut(s, "==")
	table = strings.TrimSpace(table)
	if _, known := dissect.Tables()[table]; !known {
		msg := "Unknown layer type -- " + table + "\ntshark: Valid layer types are:" + layerTypes()
		if !ok {
			msg = template(s) + "\ntshark: " + msg
		}
		return r, usagef("%s", msg)
	}
	if !ok {
		return r, usagef("%s", template(s))
	}
	sel, proto, ok := strings.Cut(rest, ",")
	r.Table = table
	if r.Lo, r.Hi, err = selector(strings.TrimSpace(sel)); err != nil {
		return r, err
	}
	if !ok {
		return r, usagef("%s\ntshark: %s", template(s), protocolsOf(table))
	}
	proto = strings.TrimSpace(proto)
	if proto == "" {
		return r, usagef("No protocol name specified\ntshark: %s", protocolsOf(table))
	}
	if r.Proto = dissect.Find(proto); r.Proto == nil {
		return r, usagef("Unknown protocol -- %q\ntshark: %s", proto, protocolsOf(table))
	}
	return r, nil
}

func template(s string) string {
	return fmt.Sprintf("Parameter %q doesn't follow the template \"<layer_type>==<selector>,<decode_as_protocol>\"", s)
}

// selector reads a number, a range a-b, or a:count.
func selector(s string) (lo, hi uint64, err error) {
	num := func(t string) uint64 {
		v, e := strconv.ParseUint(t, 0, 32)
		if e != nil && err == nil {
			err = usagef("Invalid selector number %q", s)
		}
		return v
	}
	if a, b, ok := strings.Cut(s, "-"); ok {
		if lo, hi = num(a), num(b); err == nil && hi < lo {
			err = usagef("Invalid selector numeric range %q", s)
		}
		return lo, hi, err
	}
	if a, b, ok := strings.Cut(s, ":"); ok {
		lo = num(a)
		return lo, lo + max(num(b), 1) - 1, err
	}
	lo = num(s)
	return lo, lo, err
}

func layerTypes() string {
	var b strings.Builder
	for _, n := range tableNames() {
		b.WriteString("\n\t" + n)
	}
	return b.String()
}

// protocolsOf lists what a table may be told to decode as.
func protocolsOf(table string) string {
	t := dissect.Tables()[table]
	seen := map[string]*dissect.Proto{}
	for _, p := range t.Keys() {
		seen[p.Name] = p
	}
	for _, p := range t.Words() {
		seen[p.Name] = p
	}
	names := make([]*dissect.Proto, 0, len(seen))
	for _, p := range seen {
		names = append(names, p)
	}
	slices.SortFunc(names, func(a, b *dissect.Proto) int { return cmp.Compare(a.Name, b.Name) })
	var b strings.Builder
	fmt.Fprintf(&b, "Valid protocols for layer type %q are:", table)
	for _, p := range names {
		fmt.Fprintf(&b, "\n\t%s (%s)", p.Name, p.Label)
	}
	return b.String()
}
