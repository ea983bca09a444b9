package source

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"sonde/capture/frame"
)

// Sizes and offsets of the ring (include/uapi/linux/if_packet.h).
const (
	blockSize    = 1 << 20
	ringFrame    = 2048 // only its divisibility matters in version 3
	headroom     = 24   // for a cooked header or a restored VLAN tag
	defaultRing  = 64 << 20
	defaultSnap  = 262144
	sll2Len      = 20
	hdrLen       = 48 // tpacket3_hdr; sockaddr_ll follows
	vlanValid    = 0x10
	vlanTPID     = 0x40
	pktOutgoing  = 4
	maxProgram   = 4096
	defaultBlock = 20 * time.Millisecond
)

// Live captures on an interface, or on all, through a TPACKET_V3 ring.
//
// It is a Source: one goroutine at a time calls Next. Stop, Stats and Close
// may be called from any goroutine. Data lies in the ring: it is lent until
// the next call of Next or Close.
type Live struct {
	fd, wake int
	name     string
	index    int32
	link     frame.LinkType
	cooked   bool
	snap     int
	retire   time.Duration
	idle     time.Duration
	prefix   []bpf.RawInstruction // refuses the outgoing copies on loopback
	match    atomic.Pointer[func([]byte, int) bool]
	exclude  *exclusion
	info     frame.Info
	number   uint32

	// mu guards the mapping: Next holds it, so that Close unmaps nothing that
	// is being read.
	mu     sync.Mutex
	ring   []byte
	block  int    // current block
	held   bool   // its frames are being given out
	left   uint32 // frames of it still to give out
	at     uint32 // offset of the next one in it
	end    error  // what Next keeps returning
	closed bool

	stopped atomic.Bool
	counts  struct{ delivered, excluded, filtered atomic.Uint64 }

	// statMu guards the sums (the kernel's counters start anew at every read)
	// and the socket against use after Close.
	statMu            sync.Mutex
	received, dropped uint64
	statsOver         bool

	names struct {
		sync.Mutex
		m map[uint32]string
	}
}

// OpenLive starts a capture. No frame that the filter refuses is ever
// delivered: the socket hears nothing until ring and filter are in place.
//
// Errors wrap os.ErrPermission (and name the remedy), os.ErrNotExist for an
// interface that is not there, or ErrFilterTooLong.
func OpenLive(o LiveOptions) (*Live, error) {
	l := &Live{fd: -1, wake: -1, name: o.Interface, snap: o.SnapLen, retire: o.Timeout, idle: o.Idle}
	if l.snap <= 0 {
		l.snap = defaultSnap
	}
	if l.retire < time.Millisecond {
		l.retire = defaultBlock
	}
	if err := l.open(o); err != nil {
		l.release()
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
			exe, _ := os.Executable()
			return nil, fmt.Errorf("capture on %s: %w: it needs the capability CAP_NET_RAW; grant it with: sudo setcap cap_net_raw+ep %s", o.Interface, os.ErrPermission, exe)
		}
		return nil, fmt.Errorf("capture on %s: %w", o.Interface, err)
	}
	return l, nil
}

func (l *Live) open(o LiveOptions) error {
	probe, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(probe)
	l.link, l.cooked = frame.LinkLinuxSLL2, true
	if l.name != Any {
		if l.index, err = indexOf(probe, l.name); err != nil {
			return err
		}
		if l.link, l.cooked, err = linkOf(probe, l.name); err != nil {
			return err
		}
	}
	kind := unix.SOCK_RAW
	if l.cooked {
		kind = unix.SOCK_DGRAM
	}
	// Protocol 0: the socket receives nothing before it is bound.
	if l.fd, err = unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC, 0); err != nil {
		return err
	}
	if l.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return err
	}
	l.prefix = l.loopPrefix(probe)
	if err := l.attach(o.Filter, o.Match); err != nil {
		return err
	}
	if err := l.mapRing(o.RingBytes); err != nil {
		return err
	}
	if len(o.Exclude) > 0 {
		if l.exclude, err = newExclusion(o.Exclude); err != nil {
			return err
		}
	}
	if o.Promiscuous && l.index != 0 {
		mr := unix.PacketMreq{Ifindex: l.index, Type: unix.PACKET_MR_PROMISC}
		if err := unix.SetsockoptPacketMreq(l.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &mr); err != nil {
			return fmt.Errorf("set promiscuous mode: %w", err)
		}
	}
	all := uint16(unix.ETH_P_ALL)
	sa := &unix.SockaddrLinklayer{Protocol: all<<8 | all>>8, Ifindex: int(l.index)}
	if err := unix.Bind(l.fd, sa); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	// An interface that is down leaves ENETDOWN behind; capture begins when
	// it comes up.
	unix.GetsockoptInt(l.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	l.names.m = map[uint32]string{}
	l.info = frame.Info{Format: "live", OS: "Linux", Interfaces: []frame.Interface{{
		Name: l.name, Link: l.link, SnapLen: uint32(l.snap), Drops: -1, Received: -1,
	}}}
	return nil
}

func (l *Live) mapRing(size int) error {
	if err := unix.SetsockoptInt(l.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("ask for ring version 3: %w", err)
	}
	if err := unix.SetsockoptInt(l.fd, unix.SOL_PACKET, unix.PACKET_RESERVE, headroom); err != nil {
		return fmt.Errorf("reserve room for headers: %w", err)
	}
	if size <= 0 {
		size = defaultRing
	}
	for blocks := max(size/blockSize, 2); ; blocks /= 2 {
		req := unix.TpacketReq3{
			Block_size: blockSize, Block_nr: uint32(blocks),
			Frame_size: ringFrame, Frame_nr: uint32(blocks * (blockSize / ringFrame)),
			Retire_blk_tov: uint32(l.retire / time.Millisecond),
		}
		err := unix.SetsockoptTpacketReq3(l.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req)
		if err == nil {
			l.ring, err = unix.Mmap(l.fd, 0, blocks*blockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
			if err != nil {
				return fmt.Errorf("map the ring: %w", err)
			}
			return nil
		}
		if !errors.Is(err, unix.ENOMEM) || blocks < 4 {
			return fmt.Errorf("make a ring of %d bytes: %w", blocks*blockSize, err)
		}
	}
}

// attach sets the filter, or only cuts to the snap length without one. What
// it refuses changes nothing.
func (l *Live) attach(prog []bpf.RawInstruction, match func([]byte, int) bool) error {
	p := prog
	fits := true
	if len(p) > 0 && l.cooked {
		p, fits = cookedProgram(p)
	}
	if len(p) == 0 && fits {
		p = []bpf.RawInstruction{{Op: 6, K: uint32(l.snap)}}
	}
	p = append(l.prefix[:len(l.prefix):len(l.prefix)], p...)
	if !fits || len(p) > maxProgram {
		if match == nil {
			return ErrFilterTooLong
		}
		// Match first: frames of the old filter may only become fewer.
		l.match.Store(&match)
		return setFilter(l.fd, append(l.prefix[:len(l.prefix):len(l.prefix)], bpf.RawInstruction{Op: 6, K: defaultSnap}))
	}
	if err := setFilter(l.fd, p); err != nil {
		return err
	}
	l.match.Store(nil)
	return nil
}

// SetFilter changes the filter of a running capture, without a gap. Frames
// that the old one let into the ring still come. A filter that is refused
// leaves the old one untouched.
func (l *Live) SetFilter(prog []bpf.RawInstruction, match func(data []byte, wirelen int) bool) error {
	l.statMu.Lock()
	defer l.statMu.Unlock()
	if l.stopped.Load() {
		return fmt.Errorf("change the filter on %s: the capture has ended", l.name)
	}
	if err := l.attach(prog, match); err != nil {
		return fmt.Errorf("change the filter on %s: %w", l.name, err)
	}
	return nil
}

func setFilter(fd int, p []bpf.RawInstruction) error {
	raw := make([]unix.SockFilter, len(p))
	for i, s := range p {
		raw[i] = unix.SockFilter{Code: s.Op, Jt: s.Jt, Jf: s.Jf, K: s.K}
	}
	fprog := unix.SockFprog{Len: uint16(len(raw)), Filter: &raw[0]}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &fprog); err != nil {
		return fmt.Errorf("attach the filter: %w", err)
	}
	return nil
}

// loopPrefix refuses the outgoing copies of loopback frames.
func (l *Live) loopPrefix(probe int) []bpf.RawInstruction {
	const adOff = 0xfffff000 // SKF_AD_OFF; 4 is the packet type, 8 the interface
	out := []bpf.RawInstruction{{Op: 0x28, K: adOff + 4}, {Op: 0x15, Jf: 1, K: pktOutgoing}, {Op: 6}}
	switch {
	case l.name != Any:
		if flags, err := flagsOf(probe, l.name); err != nil || flags&unix.IFF_LOOPBACK == 0 {
			return nil
		}
		return out
	default:
		lo, err := indexOf(probe, "lo")
		if err != nil {
			return nil
		}
		return []bpf.RawInstruction{{Op: 0x28, K: adOff + 4}, {Op: 0x15, Jf: 3, K: pktOutgoing},
			{Op: 0x20, K: adOff + 8}, {Op: 0x15, Jf: 1, K: uint32(lo)}, {Op: 6}}
	}
}

// cookedProgram moves a program for LINUX_SLL2 onto packets that start at the
// network layer, as a cooked socket has them; false where it needs what only
// the header made later has.
func cookedProgram(p []bpf.RawInstruction) ([]bpf.RawInstruction, bool) {
	const adOff = 0xfffff000
	out := append([]bpf.RawInstruction(nil), p...)
	for i := range out {
		s := &out[i]
		switch s.Op {
		case 0x20, 0x28, 0x30: // absolute loads
			switch {
			case s.K >= adOff:
			case s.K >= sll2Len:
				s.K -= sll2Len
			case s.K == 0 && s.Op == 0x28:
				s.K = adOff // SKF_AD_PROTOCOL
			case s.K == 4 && s.Op == 0x20:
				s.K = adOff + 8 // SKF_AD_IFINDEX
			case s.K == 8 && s.Op == 0x28:
				s.K = adOff + 28 // SKF_AD_HATYPE
			case s.K == 10 && s.Op == 0x30:
				s.K = adOff + 4 // SKF_AD_PKTTYPE
				s.Op = 0x28
			default:
				return nil, false
			}
		case 0x40, 0x48, 0x50, 0xb1: // X + k, and 4*(packet[k]&0xf)
			if s.K < sll2Len || s.K >= 1<<31 {
				return nil, false
			}
			s.K -= sll2Len
		case 0x80, 0x81: // the length lacks the header
			return nil, false
		case 0x06:
			if s.K > sll2Len {
				s.K -= sll2Len
			}
		}
	}
	return out, true
}

// Info describes the interface; drop counts are set when the capture ends.
func (l *Live) Info() *frame.Info { return &l.info }

// Link is the link type of the frames.
func (l *Live) Link() frame.LinkType { return l.link }

// Next waits for a frame. After Stop it gives out what the ring still holds,
// then io.EOF; when the interface is removed likewise, then an error that is
// ErrInterfaceGone. Excluded frames are counted and skipped.
func (l *Live) Next(f *frame.Frame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for l.left == 0 {
			if err := l.nextBlock(); err != nil {
				return err
			}
		}
		if l.take(f) {
			l.counts.delivered.Add(1)
			return nil
		}
	}
}

// take gives out the frame at hand; false where it is left out.
func (l *Live) take(f *frame.Frame) bool {
	b := l.ring[l.block*blockSize:][:blockSize]
	h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&b[l.at]))
	here := l.at
	l.left--
	l.at += h.Next_offset
	from := uint32(h.Mac) + here
	data := b[from : from+h.Snaplen : from+h.Snaplen]
	wire := h.Len
	// sockaddr_ll: family 2, protocol 2, ifindex 4, hatype 2, pkttype 1, halen 1, addr 8.
	ll := b[here+hdrLen:][:20]
	protocol := [2]byte{ll[2], ll[3]}
	pkttype := ll[10]
	if h.Status&vlanValid != 0 {
		tpid := uint16(0x8100)
		if h.Status&vlanTPID != 0 && h.Hv1.Vlan_tpid != 0 {
			tpid = h.Hv1.Vlan_tpid
		}
		tci := uint16(h.Hv1.Vlan_tci)
		switch {
		case l.cooked: // the tag goes between header and payload
			data = b[from-4 : from+h.Snaplen]
			binary.BigEndian.PutUint16(data, tci)
			data[2], data[3] = protocol[0], protocol[1]
			binary.BigEndian.PutUint16(protocol[:], tpid)
			wire += 4
			from -= 4
		case l.link == frame.LinkEthernet && len(data) >= 12: // behind the two addresses
			data = b[from-4 : from+h.Snaplen]
			copy(data[:12], data[4:16])
			binary.BigEndian.PutUint16(data[12:], tpid)
			binary.BigEndian.PutUint16(data[14:], tci)
			wire += 4
		}
	}
	if l.cooked {
		index, hatype, halen, addr := binary.NativeEndian.Uint32(ll[4:]), binary.NativeEndian.Uint16(ll[8:]), ll[11], [8]byte(ll[12:])
		data = b[from-sll2Len : from+uint32(len(data))]
		data[0], data[1], data[2], data[3] = protocol[0], protocol[1], 0, 0
		binary.BigEndian.PutUint32(data[4:], index)
		binary.BigEndian.PutUint16(data[8:], hatype)
		data[10], data[11] = pkttype, halen
		copy(data[12:20], addr[:])
		wire += sll2Len
	}
	if match := l.match.Load(); match != nil && !(*match)(data, int(wire)) {
		l.counts.filtered.Add(1)
		return false
	}
	if l.exclude != nil && l.exclude.has(l.link, data) {
		l.counts.excluded.Add(1)
		return false
	}
	if len(data) > l.snap {
		data = data[:l.snap]
	}
	l.number++
	f.Header = frame.Header{
		Number: l.number, Time: int64(h.Sec)*1e9 + int64(h.Nsec), HasTime: true, TimeDigits: 9,
		Link: l.link, CapLen: uint32(len(data)), Len: wire, Direction: frame.DirInbound,
	}
	if pkttype == pktOutgoing {
		f.Direction = frame.DirOutbound
	}
	f.Data = data
	f.Comments = nil
	return true
}

// desc is the header of a block; status is shared with the kernel.
func (l *Live) desc(i int) *unix.TpacketHdrV1 {
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&l.ring[i*blockSize+8]))
}

// nextBlock gives the finished block back and waits for the next one.
func (l *Live) nextBlock() error {
	if l.end != nil {
		return l.end
	}
	if l.closed {
		return io.EOF
	}
	if l.held {
		d := l.desc(l.block)
		d.Num_pkts = 0 // the kernel sets it again when it opens the block
		atomic.StoreUint32(&d.Block_status, unix.TP_STATUS_KERNEL)
		l.held = false
		l.block = (l.block + 1) % (len(l.ring) / blockSize)
	}
	deadline := time.Time{} // of waiting for the last block, once ending
	var ending error
	for {
		d := l.desc(l.block)
		if atomic.LoadUint32(&d.Block_status)&unix.TP_STATUS_USER != 0 {
			l.held, l.left, l.at = true, d.Num_pkts, uint32(d.Offset_to_first_pkt)
			if l.left > 0 {
				return nil
			}
			return nil // empty: the caller asks again
		}
		if ending == nil && l.stopped.Load() {
			ending = io.EOF
		}
		wait := -1
		if l.idle > 0 {
			wait = int(max(l.idle/time.Millisecond, 1))
		}
		if ending != nil {
			// The kernel gives an open block over when its time is up; only
			// one with frames in it is worth the wait.
			if atomic.LoadUint32(&d.Num_pkts) == 0 {
				return l.finish(ending)
			}
			if deadline.IsZero() {
				deadline = time.Now().Add(10*l.retire + time.Second)
			}
			if time.Now().After(deadline) {
				return l.finish(ending)
			}
			wait = int(l.retire/time.Millisecond) + 1
		}
		fds := []unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}, {Fd: int32(l.wake), Events: unix.POLLIN}}
		if ending != nil {
			fds = fds[:1] // the wake-up has been heard
		}
		n, err := unix.Poll(fds, wait)
		if n == 0 && err == nil && ending == nil && l.idle > 0 && !l.stopped.Load() {
			return ErrMore
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return l.finish(fmt.Errorf("wait on %s: %w", l.name, err))
		}
		if fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) == 0 {
			continue
		}
		code, err := unix.GetsockoptInt(l.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			err = unix.Errno(code)
		}
		// Down is no end: the kernel goes on when the interface comes up.
		if gone := l.gone(); gone && ending == nil {
			ending = fmt.Errorf("capture on %s: %w", l.name, ErrInterfaceGone)
		} else if err != nil && !errors.Is(err, unix.ENETDOWN) && ending == nil {
			ending = fmt.Errorf("capture on %s: %w", l.name, err)
		}
	}
}

// gone says whether the interface has ceased to exist.
func (l *Live) gone() bool {
	return l.index != 0 && nameOf(l.fd, l.index) == ""
}

func (l *Live) finish(err error) error {
	l.end = err
	if s, e := l.Stats(); e == nil {
		l.info.Interfaces[0].Drops = int64(s.Dropped)
		l.info.Interfaces[0].Received = int64(s.Received)
	}
	return err
}

// dropAll refuses everything: nothing more enters the ring.
var dropAll = []bpf.RawInstruction{{Op: 6}}

// Stop ends the capture: nothing that arrives later is taken, Next gives out
// what is in the ring and then io.EOF.
func (l *Live) Stop() {
	l.statMu.Lock()
	defer l.statMu.Unlock()
	if l.stopped.Swap(true) || l.statsOver {
		return
	}
	setFilter(l.fd, dropAll)
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	unix.Write(l.wake, one[:])
}

// Close stops at once and takes the ring away; a Next that waits returns
// io.EOF. Bytes that Next lent are gone.
func (l *Live) Close() error {
	l.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	l.left = 0
	if l.end == nil {
		l.finish(io.EOF)
	}
	l.statMu.Lock()
	defer l.statMu.Unlock()
	l.statsOver = true
	return l.release()
}

func (l *Live) release() error {
	var err error
	if l.ring != nil {
		err = unix.Munmap(l.ring)
		l.ring = nil
	}
	if l.fd >= 0 {
		unix.Close(l.fd)
		l.fd = -1
	}
	if l.wake >= 0 {
		unix.Close(l.wake)
		l.wake = -1
	}
	return err
}

// Stats counts since the start; after Close it gives the last counts.
func (l *Live) Stats() (LiveStats, error) {
	l.statMu.Lock()
	defer l.statMu.Unlock()
	var err error
	if !l.statsOver {
		var s *unix.TpacketStatsV3
		if s, err = unix.GetsockoptTpacketStatsV3(l.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			l.received += uint64(s.Packets)
			l.dropped += uint64(s.Drops)
		}
	}
	return LiveStats{
		Received: l.received, Dropped: l.dropped, Delivered: l.counts.delivered.Load(),
		Excluded: l.counts.excluded.Load(), Filtered: l.counts.filtered.Load(),
	}, err
}

// InterfaceName is the present name of an interface by its index, as cooked
// headers carry it; 0 means the captured one. It is "" for one that is gone
// and was never asked for before.
func (l *Live) InterfaceName(index uint32) string {
	if index == 0 {
		index = uint32(l.index)
	}
	if index == 0 {
		return Any
	}
	l.names.Lock()
	defer l.names.Unlock()
	l.statMu.Lock()
	defer l.statMu.Unlock()
	if !l.statsOver {
		if n := nameOf(l.fd, int32(index)); n != "" {
			l.names.m[index] = n
		}
	}
	return l.names.m[index]
}
