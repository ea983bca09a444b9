package cfilter

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"sonde/capture/frame"
)

// TestMatchAgreesWithTheKernel attaches programs to a socket pair and sends
// packets through: what arrives must be what Match accepts.
func TestMatchAgreesWithTheKernel(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	r := rand.New(rand.NewPCG(7, 7))
	g := grammar{r}
	packets := made(r, frame.LinkEthernet, 150)
	exprs := []string{"protochain 6", "ip protochain 17", "geneve and geneve", "vlan and vlan and ip", "geneve and tcp[13] = 2",
		"tcp[- 6] > 0x10", "ip[len - 30] > 3", "len / ip[0] > 2", "len % ip[1] = 0", "1 << ip[2] = 4", "ether[0xffffff00] = 0"}
	for len(exprs) < 400 {
		exprs = append(exprs, g.expr(r.IntN(4)))
	}
	compiled := 0
	buf := make([]byte, 1<<16)
	for _, e := range exprs {
		p, err := Compile(e, frame.LinkEthernet, 0)
		if err != nil {
			continue
		}
		compiled++
		var prog []unix.SockFilter
		for _, s := range p.Raw() {
			prog = append(prog, unix.SockFilter{Code: s.Op, Jt: s.Jt, Jf: s.Jf, K: s.K})
		}
		if err := unix.SetsockoptSockFprog(fds[1], unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}); err != nil {
			t.Fatalf("%q: the kernel refuses %d instructions: %v", e, len(prog), err)
		}
		for _, k := range packets {
			if len(k.data) == 0 {
				continue
			}
			if _, err := unix.Write(fds[0], k.data); err != nil {
				t.Fatal(err)
			}
			n, err := unix.Read(fds[1], buf)
			kernel := err == nil && n > 0
			if ours := p.Match(k.data, len(k.data)); ours != kernel {
				t.Errorf("%q on %x: kernel %v, ours %v", e, k.data, kernel, ours)
				break
			}
		}
	}
	t.Logf("%d programs, %d packets each", compiled, len(packets))
}
