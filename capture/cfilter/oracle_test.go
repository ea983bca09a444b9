package cfilter

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sonde/capture/frame"
)

// oracle compiles with the machine's libpcap, as tcpdump -ddd prints it.
type oracle struct{ path string }

func newOracle(t testing.TB) oracle {
	p, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed: nothing to compare with")
	}
	return oracle{p}
}

// dlt is libpcap's name of a link type.
func dlt(l frame.LinkType) string {
	switch l {
	case linkCHDLC:
		return "C_HDLC"
	case linkFrameRel:
		return "FRELAY"
	case linkPrism:
		return "PRISM_HEADER"
	case linkAVS:
		return "IEEE802_11_RADIO_AVS"
	case linkPPI:
		return "PPI"
	case linkIEEE802:
		return "IEEE802"
	case linkFDDI:
		return "FDDI"
	case linkSLIP:
		return "SLIP"
	case linkPFLog:
		return "PFLOG"
	case linkArcnetLin:
		return "ARCNET_LINUX"
	}
	return l.Name()
}

// compile gives libpcap's program, or its complaint.
func (o oracle) compile(link frame.LinkType, expr string, optimise bool) ([]ins, string) {
	args := []string{"-ddd", "-y", dlt(link), "--", expr}
	if !optimise {
		args = append([]string{"-O"}, args...)
	}
	var out, msg bytes.Buffer
	cmd := exec.Command(o.path, args...)
	cmd.Stdout, cmd.Stderr = &out, &msg
	if err := cmd.Run(); err != nil {
		return nil, strings.TrimSpace(msg.String()) + " " + err.Error()
	}
	var prog []ins
	sc := bufio.NewScanner(&out)
	sc.Scan() // count
	for sc.Scan() {
		var i ins
		var op int
		if _, err := fmt.Sscan(sc.Text(), &op, &i.Jt, &i.Jf, &i.K); err != nil {
			return nil, "unreadable: " + sc.Text()
		}
		i.Op = uint16(op)
		if op&0xe7 == opLdW && i.K >= adOff { // no kernel here to ask
			i.K = noLoad
		}
		prog = append(prog, i)
	}
	return prog, ""
}

// compileAll compiles many expressions, two at a time.
func (o oracle) compileAll(link frame.LinkType, exprs []string, optimise bool) ([][]ins, []string) {
	progs, msgs := make([][]ins, len(exprs)), make([]string, len(exprs))
	var wg sync.WaitGroup
	jobs := make(chan int)
	for range 2 {
		wg.Go(func() {
			for i := range jobs {
				progs[i], msgs[i] = o.compile(link, exprs[i], optimise)
			}
		})
	}
	for i := range exprs {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	return progs, msgs
}

type packet struct {
	data []byte
	wire int
}

// readPcap reads classic capture files only; what is not one is left out.
func readPcap(path string) (frame.LinkType, []packet) {
	data, err := os.ReadFile(path)
	if err != nil || len(data) < 24 {
		return 0, nil
	}
	var bo binary.ByteOrder = binary.LittleEndian
	switch binary.LittleEndian.Uint32(data) {
	case 0xa1b2c3d4, 0xa1b23c4d:
	case 0xd4c3b2a1, 0x4d3cb2a1:
		bo = binary.BigEndian
	default:
		return 0, nil
	}
	link := frame.LinkType(bo.Uint32(data[20:]))
	var out []packet
	for at := 24; at+16 <= len(data); {
		n, wire := int(bo.Uint32(data[at+8:])), int(bo.Uint32(data[at+12:]))
		at += 16
		if n < 0 || n > 1<<18 || at+n > len(data) {
			break
		}
		out = append(out, packet{data[at : at+n], wire})
		at += n
	}
	return link, out
}

// corpus gives up to max packets of a link type, a few of each file.
func corpus(t testing.TB, link frame.LinkType, max int) []packet {
	root := os.Getenv("SONDE_CORPUS")
	if root == "" {
		t.Skip("SONDE_CORPUS is not set: no packets to compare on")
	}
	var out []packet
	filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if i, err := d.Info(); err != nil || i.Size() > 4<<20 {
			return nil
		}
		l, ps := readPcap(path)
		if l != link || len(out) >= max {
			return nil
		}
		step := len(ps)/40 + 1
		for i := 0; i < len(ps); i += step {
			out = append(out, ps[i])
		}
		return nil
	})
	return out
}

// listed reads the list of filters beside the corpus.
func listed(t testing.TB) (accept, refuse []string) {
	root := os.Getenv("SONDE_CORPUS")
	if root == "" {
		t.Skip("SONDE_CORPUS is not set: no list of filters")
	}
	data, err := os.ReadFile(filepath.Join(root, "../filters/capture-filters.txt"))
	if err != nil {
		t.Skip("no list of filters: ", err)
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) < 2 || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasSuffix(f[0], "-reject") {
			refuse = append(refuse, f[1])
		} else {
			accept = append(accept, f[1])
		}
	}
	return accept, refuse
}

// agree compares verdicts of the two compilers on packets. short counts
// filters with other verdicts on packets that end before a load: whether a
// load stands before the deciding test is a matter of each one's optimiser
// (libpcap's own two forms of a program differ there).
func agree(t *testing.T, link frame.LinkType, exprs []string, packets []packet) (compiled, refused, short, differ int) {
	t.Helper()
	o := newOracle(t)
	progs, msgs := o.compileAll(link, exprs, true)
	for i, e := range exprs {
		p, err := CompileOptions(e, Options{Link: link, HasNetmask: true})
		switch {
		case err == nil && (strings.Contains(msgs[i], "by zero") || strings.Contains(msgs[i], "shift by more")):
			// libpcap looks at the first instruction of the right operand,
			// which for "x / tcp[0]" is the index 0.
			continue
		case err == nil && strings.Contains(msgs[i], "rejects all packets"):
			// It proved what we did not; then nothing may match.
			progs[i] = []ins{{Op: opRet}}
		case err != nil && strings.Contains(err.Error(), "rejects all packets") && msgs[i] == "":
			p = &Program{ins: []ins{{Op: opRet}}}
		case (err == nil) != (msgs[i] == ""):
			differ++
			t.Errorf("%s %q: ours %v, libpcap %q", dlt(link), e, err, msgs[i])
			continue
		case err != nil:
			refused++
			continue
		}
		compiled++
		if n, ok := firstDifference(p, progs[i], packets); ok {
			k := packets[n]
			if _, whole := firstDifference(p, progs[i], padded(packets)); !whole {
				short++
				t.Logf("short: %s %q on %d of %d bytes: ours %v", dlt(link), e, len(k.data), k.wire, p.Match(k.data, k.wire))
				continue
			}
			differ++
			t.Errorf("%s %q: packet %d (%d of %d bytes) ours %v\n%x", dlt(link), e, n, len(k.data), k.wire, p.Match(k.data, k.wire), k.data[:min(80, len(k.data))])
		}
	}
	return
}

// padded gives the packets with zeros behind, so that no load falls outside.
func padded(packets []packet) []packet {
	var out []packet
	for _, k := range packets {
		out = append(out, packet{append(k.data[:len(k.data):len(k.data)], make([]byte, 2048)...), k.wire})
	}
	return out
}

func firstDifference(p *Program, prog []ins, packets []packet) (int, bool) {
	for n, k := range packets {
		if p.Match(k.data, k.wire) != (run(prog, k.data, uint32(k.wire)) != 0) {
			return n, true
		}
	}
	return 0, false
}

func TestListedFiltersAgreeWithLibpcap(t *testing.T) {
	yes, no := listed(t)
	for _, link := range []frame.LinkType{frame.LinkEthernet, frame.LinkLinuxSLL, frame.LinkLinuxSLL2, frame.LinkRaw,
		frame.LinkIPv4, frame.LinkIPv6, frame.LinkNull, frame.LinkLoop, frame.LinkPPP, linkCHDLC, frame.LinkIEEE80211, frame.LinkRadiotap, linkFrameRel,
		linkPrism, linkAVS, linkPPI, linkIEEE802, linkFDDI, linkSLIP, linkPFLog, linkArcnetLin, frame.LinkNFLog, frame.LinkUSBLinuxMem} {
		packets := corpus(t, link, 20000)
		compiled, refused, short, differ := agree(t, link, append(yes, no...), packets)
		t.Logf("%s: %d packets, %d compiled, %d refused by both, %d differ on short packets, %d differ", dlt(link), len(packets), compiled, refused, short, differ)
	}
}
