package procfs

import (
	"bytes"
	"strconv"
	"strings"
)

// Counter is one figure of /proc/net/snmp, netstat, snmp6 or /proc/vmstat.
type Counter struct {
	Group string // "Tcp", "TcpExt"; "" where the file has none
	Name  string // "RetransSegs"
	Value int64  // a few are signed: Tcp MaxConn is -1
}

// ParseSNMP parses /proc/net/snmp and /proc/net/netstat: pairs of lines, names
// then values, each beginning with the group.
func ParseSNMP(b []byte) ([]Counter, error) {
	var cs []Counter
	lines := strings.Split(string(b), "\n")
	for i := 0; i+1 < len(lines); {
		g1, names, ok1 := strings.Cut(lines[i], ":")
		g2, values, ok2 := strings.Cut(lines[i+1], ":")
		if !ok1 || !ok2 || g1 != g2 {
			i++
			continue
		}
		ns, vs := strings.Fields(names), strings.Fields(values)
		for j := 0; j < len(ns) && j < len(vs); j++ {
			if v, err := strconv.ParseInt(vs[j], 10, 64); err == nil {
				cs = append(cs, Counter{g1, ns[j], v})
			} else if u, err := strconv.ParseUint(vs[j], 10, 64); err == nil {
				cs = append(cs, Counter{g1, ns[j], int64(u)})
			}
		}
		i += 2
	}
	if len(cs) == 0 {
		return nil, ErrFormat
	}
	return cs, nil
}

// NetDev is one line of /proc/net/dev.
type NetDev struct {
	Name                                                         string
	RxBytes, RxPackets, RxErrs, RxDrop, RxFifo, RxFrame          uint64
	RxCompressed, Multicast                                      uint64
	TxBytes, TxPackets, TxErrs, TxDrop, TxFifo, Colls, TxCarrier uint64
	TxCompressed                                                 uint64
}

// ParseNetDev parses /proc/net/dev. The name may touch the first number.
func ParseNetDev(b []byte) []NetDev {
	var ds []NetDev
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		i := bytes.LastIndexByte(line, ':')
		if i < 0 {
			continue
		}
		f := fields{b: line[i+1:]}
		var v [16]uint64
		for j := range v {
			v[j] = f.uint()
		}
		if f.bad {
			continue
		}
		ds = append(ds, NetDev{string(bytes.TrimSpace(line[:i])), v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7],
			v[8], v[9], v[10], v[11], v[12], v[13], v[14], v[15]})
	}
	return ds
}
