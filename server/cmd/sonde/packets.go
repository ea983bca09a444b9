package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/net/bpf"

	"sonde/capture/cfilter"
	"sonde/capture/frame"
	"sonde/capture/source"
	"sonde/probes"
)

// The bandwidth probe counts packets in the keeper, and its filter is text from
// outside, which is not for the keeper to parse. So the face compiles it, for
// each link type that an interface may turn out to have, and the probe's filter
// argument carries the programs: "bpf:1=BASE64,101=BASE64,276=BASE64".

const programsPrefix = "bpf:"

var filterLinks = []frame.LinkType{frame.LinkEthernet, frame.LinkRaw, frame.LinkLinuxSLL2}

// programs compiles a filter with the pages' own traffic left out.
func programs(filter, own string) (string, error) {
	if filter == "" && own == "" {
		return "", nil
	}
	var parts []string
	var failed error
	for _, link := range filterLinks {
		o := cfilter.Options{Link: link, Live: true, Resolve: resolve}
		if filter != "" {
			if _, err := cfilter.CompileOptions(filter, o); err != nil {
				failed = err // "ether host" says nothing on a raw link
				continue
			}
		}
		p, err := cfilter.CompileOptions(without(own, filter), o)
		if err != nil {
			failed = err
			continue
		}
		var b bytes.Buffer
		if err := binary.Write(&b, binary.LittleEndian, p.Raw()); err != nil {
			return "", err
		}
		parts = append(parts, fmt.Sprintf("%d=%s", link, base64.StdEncoding.EncodeToString(b.Bytes())))
	}
	if len(parts) == 0 {
		return "", filterError(failed)
	}
	return programsPrefix + strings.Join(parts, ","), nil
}

// without is the filter with some traffic left out; either may be empty.
func without(own, filter string) string {
	switch {
	case own == "":
		return filter
	case filter == "":
		return "not (" + own + ")"
	}
	return "not (" + own + ") and (" + filter + ")"
}

// parsePrograms is the keeper's end: the program for one link type, nil for no
// filter at all.
func parsePrograms(s string, link frame.LinkType) ([]bpf.RawInstruction, error) {
	if s == "" {
		return nil, nil
	}
	list, ok := strings.CutPrefix(s, programsPrefix)
	if !ok {
		return nil, fmt.Errorf("argument filter: not compiled: %w", probes.ErrArgs)
	}
	for _, part := range strings.Split(list, ",") {
		nr, text, _ := strings.Cut(part, "=")
		if n, err := strconv.ParseUint(nr, 10, 16); err != nil || frame.LinkType(n) != link {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(b) == 0 || len(b)%8 != 0 || len(b)/8 > cfilter.MaxKernel {
			return nil, fmt.Errorf("argument filter: not a program: %w", probes.ErrArgs)
		}
		p := make([]bpf.RawInstruction, len(b)/8)
		if err := binary.Read(bytes.NewReader(b), binary.LittleEndian, p); err != nil {
			return nil, fmt.Errorf("argument filter: not a program: %w", probes.ErrArgs)
		}
		return p, nil
	}
	return nil, fmt.Errorf("argument filter: it means nothing on %s: %w", link, probes.ErrArgs)
}

// openPackets gives the bandwidth probe its packets.
func openPackets(o probes.PacketOptions) (probes.PacketSource, error) {
	name := o.Interface
	if name == "" {
		name = source.Any
	}
	link, err := source.LinkType(name)
	if err != nil {
		return nil, err
	}
	p, err := parsePrograms(o.Filter, link)
	if err != nil {
		return nil, err
	}
	// Heads only and read at once: a small ring is enough.
	l, err := source.OpenLive(source.LiveOptions{Interface: name, Filter: p, SnapLen: o.SnapLen, RingBytes: 8 << 20})
	if err != nil {
		return nil, err
	}
	return &packets{Live: l}, nil
}

// packets is a live source in the probe's words.
type packets struct {
	*source.Live
	f frame.Frame
}

func (p *packets) Next() (data []byte, wireLen int, link uint16, dir uint8, ns int64, err error) {
	if err := p.Live.Next(&p.f); err != nil {
		return nil, 0, 0, 0, 0, err
	}
	return p.f.Data, int(p.f.Len), uint16(p.f.Link), uint8(p.f.Direction), p.f.Time, nil
}
