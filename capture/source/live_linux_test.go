package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"sonde/capture/cfilter"
	"sonde/capture/frame"
)

// namespace puts the test into a network namespace of its own, with lo up and
// a veth pair va-vb. The thread ends with the test, and the namespace with it.
func namespace(t testing.TB) {
	t.Helper()
	runtime.LockOSThread() // never unlocked: the thread is of no use to others
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skip("a network namespace is not permitted here: ", err)
	}
	ip(t, "link set lo up")
	ip(t, "link add name va type veth peer name vb")
	for _, n := range []string{"va", "vb"} {
		ip(t, "link set "+n+" addrgenmode none")
		ip(t, "link set "+n+" up")
	}
}

func ip(t testing.TB, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Skipf("ip %s: %v: %s", args, err, out)
	}
}

// sender writes raw frames on an interface.
type sender struct {
	fd int
	t  testing.TB
}

func newSender(t testing.TB, name string) sender {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	i, err := indexOf(fd, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: int(i)}); err != nil {
		t.Fatal(err)
	}
	return sender{fd, t}
}

// direct sends past the queue, which stays shut for a while after an
// interface comes up, and past those who listen to what is sent.
func (s sender) direct() sender {
	s.t.Helper()
	if err := unix.SetsockoptInt(s.fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1); err != nil {
		s.t.Fatal(err)
	}
	return s
}

func (s sender) send(frame []byte) {
	s.t.Helper()
	for {
		_, err := unix.Write(s.fd, frame)
		if err == nil {
			return
		}
		if !errors.Is(err, unix.ENOBUFS) && !errors.Is(err, unix.EINTR) {
			s.t.Fatal(err)
		}
		runtime.Gosched()
	}
}

// sendMany sends one frame n times, 64 a system call.
func (s sender) sendMany(data []byte, n int) {
	s.t.Helper()
	type message struct {
		hdr unix.Msghdr
		len uint32
		_   [4]byte
	}
	iov := unix.Iovec{Base: &data[0]}
	iov.SetLen(len(data))
	batch := make([]message, 64)
	for i := range batch {
		batch[i].hdr.Iov = &iov
		batch[i].hdr.SetIovlen(1)
	}
	for n > 0 {
		sent, _, e := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&batch[0])), uintptr(min(n, 64)), 0, 0, 0)
		if e != 0 && e != unix.ENOBUFS && e != unix.EINTR {
			s.t.Fatal(e)
		}
		if e == 0 {
			n -= int(sent)
		}
	}
}

// udpFrame is an Ethernet frame with an IPv4 UDP packet of n payload bytes.
func udpFrame(port uint16, n int, tags ...uint16) []byte {
	b := append([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}, 0, 0)[:12]
	for _, tag := range tags {
		b = binary.BigEndian.AppendUint16(b, 0x8100)
		b = binary.BigEndian.AppendUint16(b, tag)
	}
	b = append(b, 8, 0, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(28+n))
	b = append(b, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2)
	b = binary.BigEndian.AppendUint16(b, 4000)
	b = binary.BigEndian.AppendUint16(b, port)
	b = binary.BigEndian.AppendUint16(b, uint16(8+n))
	return append(b, make([]byte, n+2)...)
}

func compileLive(t testing.TB, expr string, link frame.LinkType) *cfilter.Program {
	t.Helper()
	p, err := cfilter.CompileOptions(expr, cfilter.Options{Link: link, Live: true})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func openLive(t testing.TB, o LiveOptions) *Live {
	t.Helper()
	l, err := OpenLive(o)
	if errors.Is(err, os.ErrPermission) {
		t.Skip("capturing is not permitted here: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// drain stops the capture and gives what it still holds.
func drain(t testing.TB, l *Live, keep func(*frame.Frame)) (n int, err error) {
	t.Helper()
	l.Stop()
	return readLive(l, keep)
}

func readLive(l *Live, keep func(*frame.Frame)) (n int, err error) {
	var f frame.Frame
	for {
		if err := l.Next(&f); err != nil {
			return n, err
		}
		n++
		if keep != nil {
			keep(&f)
		}
	}
}

func TestLiveCountsEveryFrameSent(t *testing.T) {
	namespace(t)
	l := openLive(t, LiveOptions{Interface: "vb", RingBytes: 4 << 20, Filter: compileLive(t, "udp", frame.LinkEthernet).Raw()})
	s := newSender(t, "va").direct()
	const sent = 20000 // 4 MiB hold fewer: some are dropped
	for range sent {
		s.send(udpFrame(9, 400))
	}
	n, err := drain(t, l, nil)
	if err != io.EOF {
		t.Fatal(err)
	}
	st, err := l.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if st.Received != sent || st.Dropped == 0 || uint64(n)+st.Dropped != sent || st.Delivered != uint64(n) {
		t.Fatalf("sent %d, got %d, stats %+v", sent, n, st)
	}
}

func TestLiveDeliversBytesTimesAndDirection(t *testing.T) {
	namespace(t)
	l := openLive(t, LiveOptions{Interface: "vb", Filter: compileLive(t, "udp port 9", frame.LinkEthernet).Raw(), SnapLen: 64})
	before := time.Now().UnixNano()
	newSender(t, "va").direct().send(udpFrame(9, 100))
	newSender(t, "va").direct().send(udpFrame(10, 100))
	newSender(t, "vb").send(udpFrame(9, 10))
	var got []frame.Frame
	drain(t, l, func(f *frame.Frame) { g := *f; g.Data = bytes.Clone(f.Data); got = append(got, g) })
	if len(got) != 2 {
		t.Fatalf("%d frames, want 2", len(got))
	}
	in, out := got[0], got[1]
	want := udpFrame(9, 100)
	if in.Direction != frame.DirInbound || out.Direction != frame.DirOutbound || in.Number != 1 || out.Number != 2 {
		t.Errorf("headers %+v %+v", in.Header, out.Header)
	}
	if !bytes.Equal(in.Data, want[:64]) || int(in.Len) != len(want) || in.CapLen != 64 || in.Link != frame.LinkEthernet {
		t.Errorf("%+v %x", in.Header, in.Data)
	}
	if in.Time < before || in.Time > time.Now().UnixNano() || in.TimeDigits != 9 {
		t.Errorf("time %d not between %d and now", in.Time, before)
	}
}

func TestLiveRestoresVLANTag(t *testing.T) {
	namespace(t)
	for _, c := range []struct{ iface, filter string }{
		{"vb", "vlan 5 and udp port 9"}, {"vb", "vlan and ip"}, {"vb", "udp port 9"}, {Any, ""}, {"vb", "not vlan 6"},
		{"vb", "vlan and vlan 7 and udp port 9"},
	} {
		o := LiveOptions{Interface: c.iface}
		if c.filter != "" {
			o.Filter = compileLive(t, c.filter, frame.LinkEthernet).Raw()
		}
		l := openLive(t, o)
		tags := []uint16{5}
		if strings.Contains(c.filter, "7") {
			tags = append(tags, 7)
		}
		want := udpFrame(9, 30, tags...)
		newSender(t, "va").direct().send(want)
		found := false
		var all []string
		drain(t, l, func(f *frame.Frame) {
			all = append(all, strconv.Quote(string(f.Data)))
			if c.iface == Any {
				tail := want[14:] // TCI, type, packet
				if bytes.Equal(f.Data[:2], []byte{0x81, 0}) && bytes.Equal(f.Data[20:], tail) && int(f.Len) == 20+len(tail) {
					found = true
				}
				return
			}
			found = found || bytes.Equal(f.Data, want) && int(f.Len) == len(want)
		})
		if !found {
			t.Errorf("%s %q: frame with its tag is not among %q", c.iface, c.filter, all)
		}
	}
}

func TestLiveAnyNamesInterfaces(t *testing.T) {
	namespace(t)
	l := openLive(t, LiveOptions{Interface: Any, Filter: compileLive(t, "udp port 9 and inbound", frame.LinkLinuxSLL2).Raw()})
	newSender(t, "va").direct().send(udpFrame(9, 30))
	newSender(t, "va").direct().send(udpFrame(10, 30))
	c, err := net.Dial("udp", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	c.Write([]byte("x"))
	c.Close()
	var names []string
	drain(t, l, func(f *frame.Frame) {
		names = append(names, l.InterfaceName(binary.BigEndian.Uint32(f.Data[4:])))
		if f.Link != frame.LinkLinuxSLL2 || !bytes.Equal(f.Data[:4], []byte{8, 0, 0, 0}) {
			t.Errorf("header %x", f.Data[:20])
		}
	})
	if strings.Join(names, " ") != "vb lo" { // once on lo, not out and in
		t.Errorf("interfaces %q", names)
	}
}

func TestLiveFiltersHereWhatTheKernelCannot(t *testing.T) {
	namespace(t)
	p := compileLive(t, "udp and len = 20 + 58", frame.LinkLinuxSLL2) // length with the cooked header
	if _, err := OpenLive(LiveOptions{Interface: Any, Filter: p.Raw()}); !errors.Is(err, ErrFilterTooLong) && !errors.Is(err, os.ErrPermission) {
		t.Fatalf("no error without Match: %v", err)
	}
	l := openLive(t, LiveOptions{Interface: Any, Filter: p.Raw(), Match: p.Match})
	newSender(t, "va").direct().send(udpFrame(9, 30))
	newSender(t, "va").direct().send(udpFrame(9, 31))
	n, _ := drain(t, l, nil)
	st, _ := l.Stats()
	if n != 1 || st.Filtered != 1 {
		t.Errorf("%d frames, %+v", n, st)
	}
}

func TestLiveChangesItsFilter(t *testing.T) {
	namespace(t)
	l := openLive(t, LiveOptions{Interface: "vb", Filter: compileLive(t, "udp port 9", frame.LinkEthernet).Raw()})
	s := newSender(t, "va").direct()
	long := make([]bpf.RawInstruction, maxProgram+1)
	for i := range long {
		long[i] = bpf.RawInstruction{Op: 6}
	}
	if err := l.SetFilter(long, nil); !errors.Is(err, ErrFilterTooLong) {
		t.Errorf("too long a filter: %v", err)
	}
	if err := l.SetFilter([]bpf.RawInstruction{{Op: 0xffff}}, nil); err == nil {
		t.Error("nonsense is taken")
	}
	s.send(udpFrame(9, 30))
	s.send(udpFrame(10, 30)) // still refused
	if err := l.SetFilter(compileLive(t, "udp port 10", frame.LinkEthernet).Raw(), nil); err != nil {
		t.Fatal(err)
	}
	s.send(udpFrame(9, 31))
	s.send(udpFrame(10, 31))
	var lens []uint32
	drain(t, l, func(f *frame.Frame) { lens = append(lens, f.Len) })
	if len(lens) != 2 || lens[0] != 72 || lens[1] != 73 {
		t.Errorf("lengths %v, want 72 of the old filter and 73 of the new", lens)
	}
	if err := l.SetFilter(nil, nil); err == nil {
		t.Error("an ended capture takes a filter")
	}
}

func TestLiveOnLoopbackOnceAndExcludes(t *testing.T) {
	namespace(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	p, _ := strconv.Atoi(port)
	talk := func() {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		c.Write([]byte("hello"))
		io.ReadFull(s, make([]byte, 5))
	}
	for _, ex := range []string{"", "127.0.0.1", "0.0.0.0", "10.9.9.9"} {
		o := LiveOptions{Interface: "lo"}
		if ex != "" {
			o.Exclude = []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr(ex), uint16(p))}
		}
		l := openLive(t, o)
		talk()
		hello := 0
		n, _ := drain(t, l, func(f *frame.Frame) {
			if bytes.HasSuffix(f.Data, []byte("hello")) {
				hello++
			}
		})
		st, _ := l.Stats()
		if ex == "" || ex == "10.9.9.9" {
			if hello != 1 || st.Excluded != 0 {
				t.Errorf("exclude %q: seen %d times, want once; %+v", ex, hello, st)
			}
		} else if n != 0 || st.Excluded < 4 || st.Received != st.Excluded {
			t.Errorf("exclude %q: %d frames, %+v", ex, n, st)
		}
	}
}

func TestLiveStopAndCloseWakeNext(t *testing.T) {
	namespace(t)
	for name, end := range map[string]func(*Live){"stop": (*Live).Stop, "close": func(l *Live) { l.Close() }} {
		l := openLive(t, LiveOptions{Interface: "vb"})
		done := make(chan error)
		go func() {
			_, err := readLive(l, nil)
			done <- err
		}()
		end(l)
		if err := <-done; err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
		l.Close()
		if err := l.Next(new(frame.Frame)); err != io.EOF {
			t.Errorf("after close: %v", err)
		}
		if _, err := l.Stats(); err != nil {
			t.Error(err)
		}
	}
}

func TestLiveGoesOnOverDownAndEndsWithTheInterface(t *testing.T) {
	namespace(t)
	l := openLive(t, LiveOptions{Interface: "vb", Filter: compileLive(t, "udp", frame.LinkEthernet).Raw()})
	s := newSender(t, "va").direct()
	var f frame.Frame
	send := func(n int) {
		for range n {
			s.send(udpFrame(9, 30))
		}
	}
	send(3)
	for range 3 {
		if err := l.Next(&f); err != nil {
			t.Fatal(err)
		}
	}
	ip(t, "link set vb down")
	ip(t, "link set vb name renamed")
	ip(t, "link set renamed up")
	send(2)
	for range 2 {
		if err := l.Next(&f); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.InterfaceName(0); n != "renamed" {
		t.Errorf("name after renaming is %q", n)
	}
	send(1000)
	ip(t, "link delete va")
	n, err := readLive(l, nil)
	if n != 1000 || !errors.Is(err, ErrInterfaceGone) {
		t.Errorf("%d frames of 1000 after removal, then %v", n, err)
	}
}

func TestLiveStartsBeforeTheInterfaceIsUp(t *testing.T) {
	namespace(t)
	ip(t, "link set vb down")
	l := openLive(t, LiveOptions{Interface: "vb", Filter: compileLive(t, "udp", frame.LinkEthernet).Raw()})
	ip(t, "link set vb up")
	newSender(t, "va").direct().send(udpFrame(9, 30))
	if err := l.Next(new(frame.Frame)); err != nil {
		t.Fatal(err)
	}
}

func TestLiveErrorsSayWhatToDo(t *testing.T) {
	if _, err := OpenLive(LiveOptions{Interface: "nosuch0"}); err == nil || !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) {
		t.Errorf("no such interface: %v", err)
	}
	runtime.LockOSThread()
	// A thread without capabilities.
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&hdr, &none[0]); err != nil {
		t.Skip("capabilities cannot be dropped: ", err)
	}
	_, err := OpenLive(LiveOptions{Interface: "lo"})
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "CAP_NET_RAW") || !strings.Contains(err.Error(), "sudo setcap cap_net_raw+ep /") {
		t.Errorf("without capabilities: %v", err)
	}
}

func TestInterfacesInTheOrderOfTcpdump(t *testing.T) {
	namespace(t)
	ip(t, "addr add 10.0.0.1/24 dev va")
	ip(t, "link add name vc type veth peer name vd")
	list, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, d := range list {
		ours = append(ours, d.Name)
		if d.Name == "va" && (len(d.Addresses) != 1 || d.Addresses[0].String() != "10.0.0.1/24" || !d.Up || !d.Running || d.Carrier != "connected") {
			t.Errorf("%+v", d)
		}
	}
	out, err := exec.Command("tcpdump", "-D").Output()
	if err != nil {
		t.Skip("tcpdump -D: ", err)
	}
	var theirs []string
	for line := range strings.Lines(string(out)) {
		_, name, _ := strings.Cut(strings.Fields(line)[0], ".")
		switch {
		case strings.HasPrefix(name, "bluetooth"), strings.HasPrefix(name, "nf"), strings.HasPrefix(name, "dbus"), strings.HasPrefix(name, "usbmon"):
			continue
		}
		theirs = append(theirs, name)
	}
	if strings.Join(ours, " ") != strings.Join(theirs, " ") {
		t.Errorf("ours %q, tcpdump's %q", ours, theirs)
	}
}

func TestCookedProgramKeepsVerdicts(t *testing.T) {
	for expr, fits := range map[string]bool{
		"udp port 53": true, "host 10.0.0.1 and not arp": true, "ip[0] & 0xf != 5": true, "tcp[13] = 2": true,
		"outbound": true, "ifindex 3": true, "ip6": true, "len > 100": false, "link[12] = 2": false,
	} {
		p, ok := cookedProgram(compileLive(t, expr, frame.LinkLinuxSLL2).Raw())
		if ok != fits {
			t.Errorf("%q: fits %v, want %v", expr, ok, fits)
		}
		for _, s := range p {
			if _, unknown := s.Disassemble().(bpf.RawInstruction); unknown {
				t.Errorf("%q: instruction %+v", expr, s)
			}
		}
	}
}

// BenchmarkLiveReadFullRing is the reader's own cost: the ring is filled
// first, then read with no sender running.
func BenchmarkLiveReadFullRing(b *testing.B) {
	namespace(b)
	data := udpFrame(9, 18)
	frames := 0
	var busy time.Duration
	b.ReportAllocs()
	for range b.N {
		l := openLive(b, LiveOptions{Interface: "vb", Filter: compileLive(b, "udp", frame.LinkEthernet).Raw()})
		newSender(b, "va").direct().sendMany(data, 300000)
		l.Stop()
		start := time.Now()
		n, _ := readLive(l, nil)
		busy += time.Since(start)
		frames += n
		l.Close()
	}
	b.ReportMetric(float64(busy.Nanoseconds())/float64(frames), "ns/frame")
	b.ReportMetric(float64(frames)/float64(b.N), "frames/op")
}

// BenchmarkLiveRing reads from a ring what a bounded sender puts on a veth
// pair: frames a second, both sides on this machine, and what was lost.
func BenchmarkLiveRing(b *testing.B) {
	for _, size := range []int{18, 362} { // 60 and 404 byte frames
		b.Run(strconv.Itoa(size+42), func(b *testing.B) {
			namespace(b)
			l := openLive(b, LiveOptions{Interface: "vb", Filter: compileLive(b, "udp", frame.LinkEthernet).Raw()})
			s := newSender(b, "va").direct()
			data := udpFrame(9, size)
			var wg sync.WaitGroup
			n := 0
			wg.Go(func() { n, _ = readLive(l, nil) })
			b.ReportAllocs()
			b.ResetTimer()
			s.sendMany(data, b.N)
			l.Stop()
			wg.Wait()
			b.StopTimer()
			st, err := l.Stats()
			if err != nil || uint64(n)+st.Dropped != uint64(b.N) {
				b.Fatalf("%d sent, %d got, %+v %v", b.N, n, st, err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
			b.ReportMetric(100*float64(st.Dropped)/float64(b.N), "%lost")
		})
	}
}

func FuzzExclusion(f *testing.F) {
	f.Add(uint16(1), udpFrame(9, 10, 5))
	f.Add(uint16(276), append(make([]byte, 20), udpFrame(9, 10)[14:]...))
	f.Add(uint16(101), []byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 80, 1, 2})
	f.Add(uint16(101), append([]byte{0x60, 0, 0, 0, 0, 4, 6, 64}, make([]byte, 36)...))
	e, err := newExclusion([]netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("[::]:22"), netip.MustParseAddrPort("[fe80::1]:443")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link uint16, data []byte) {
		e.has(frame.LinkType(link), data)
	})
}
