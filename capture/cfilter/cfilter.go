// Package cfilter compiles capture filters, the language of pcap-filter(7), to
// classic BPF.
//
// The same Program serves both uses: Raw is what SO_ATTACH_FILTER takes, and
// Match runs it on a packet in user space with the kernel's verdict. Where a
// packet is too short for a load the whole filter refuses it, "not" or no
// "not", as the kernel does.
//
//	p, err := cfilter.Compile("tcp port 443 and not host 10.0.0.1", frame.LinkEthernet, 262144)
//	if p.Match(data, wirelen) { ... }
//
// A Program is immutable and may be used from any goroutine.
package cfilter

import (
	"fmt"
	"net/netip"
	"strconv"

	"golang.org/x/net/bpf"

	"sonde/capture/frame"
)

// MaxKernel is the longest program that the kernel takes (BPF_MAXINSNS of
// include/uapi/linux/bpf_common.h). Match runs longer ones.
const MaxKernel = 4096

// Bounds on what one filter may cost to compile.
const (
	maxText   = 256 << 10 // bytes of an expression
	maxBlocks = 20000     // tests in a program
	maxDepth  = 9000      // nested parentheses; bison's stack ends at 10000
)

// Options says where the program will run.
type Options struct {
	Link    frame.LinkType
	SnapLen int // bytes an accepted packet is cut to; 0 = 262144
	// Live is set for programs attached to a Linux packet socket: they may ask
	// the kernel for what the bytes do not say (direction, interface, a VLAN
	// tag that the card or the kernel took off).
	Live bool
	// Netmask is the interface's IPv4 mask in host order, for "ip broadcast";
	// HasNetmask is false where it is not known.
	Netmask    uint32
	HasNetmask bool
	// Resolve turns a host name into its addresses; nil refuses names.
	Resolve func(name string) ([]netip.Addr, error)
}

// Error says what is wrong in an expression, and where. At and Length count
// bytes of the expression; Remedy, where there is one, says what to write.
type Error struct {
	Message string
	At      int
	Length  int
	Remedy  string
}

func (e *Error) Error() string {
	s := e.Message + " at byte " + strconv.Itoa(e.At+1)
	if e.Remedy != "" {
		s += ": " + e.Remedy
	}
	return s
}

// Program is a compiled filter.
type Program struct {
	ins []bpf.RawInstruction
}

// Raw is the program as the kernel takes it. The caller may keep and change it.
func (p *Program) Raw() []bpf.RawInstruction {
	return append([]bpf.RawInstruction(nil), p.ins...)
}

// Len is the number of instructions.
func (p *Program) Len() int { return len(p.ins) }

// Compile compiles an expression for packets of one link type read from a
// file. An empty expression accepts everything. Errors are of type *Error.
func Compile(expr string, link frame.LinkType, snaplen int) (*Program, error) {
	return CompileOptions(expr, Options{Link: link, SnapLen: snaplen})
}

// CompileOptions is Compile with all that may matter. Errors are of type *Error.
func CompileOptions(expr string, o Options) (*Program, error) {
	if o.SnapLen <= 0 {
		o.SnapLen = 262144
	}
	p, err := compile(expr, o)
	if err != nil {
		if err.Remedy == "" {
			err.Remedy = remedy(expr, err)
		}
		return nil, err
	}
	return p, nil
}

func compile(expr string, o Options) (p *Program, err *Error) {
	if len(expr) > maxText {
		return nil, &Error{Message: fmt.Sprintf("the filter is %d bytes long, more than the limit of %d", len(expr), maxText), At: maxText, Length: len(expr) - maxText}
	}
	c := &comp{opt: o}
	ps := &parser{text: expr, c: c}
	// The parser and the generators stop at the first fault from any depth.
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			p, err = nil, e
		}
	}()
	if e := c.setLink(o.Link); e != "" {
		panic(&Error{Message: e, Length: len(expr)})
	}
	root := ps.program()
	ins, fault := c.emit(root, uint32(o.SnapLen))
	if fault != "" {
		return nil, &Error{Message: fault, Length: len(expr)}
	}
	return &Program{ins: ins}, nil
}
