// Package hostile makes capture files that attack whoever opens them, and
// tests that drive the built program with them from outside: its command line
// and its HTTP interface must answer each within bounds of time and memory,
// say what is wrong and where, and go on living.
//
// Nothing here is stored: every file is built by code when a test wants it.
package hostile

import (
	"bufio"
	"encoding/binary"
	"io"
)

// pcapFile writes a pcap file (microseconds, little-endian).
type pcapFile struct {
	w *bufio.Writer
	n uint32
}

func newPcap(w io.Writer, link uint32) *pcapFile {
	p := &pcapFile{w: bufio.NewWriterSize(w, 1<<20)}
	h := make([]byte, 24)
	binary.LittleEndian.PutUint32(h, 0xa1b2c3d4)
	h[4], h[6] = 2, 4
	binary.LittleEndian.PutUint32(h[16:], 262144)
	binary.LittleEndian.PutUint32(h[20:], link)
	p.w.Write(h)
	return p
}

// packet writes one, a millisecond behind the one before.
func (p *pcapFile) packet(b []byte) {
	p.record(1700000000+p.n/1000, p.n%1000*1000, uint32(len(b)), uint32(len(b)), b)
}

func (p *pcapFile) record(sec, micro, captured, wire uint32, b []byte) {
	p.n++
	var h [16]byte
	binary.LittleEndian.PutUint32(h[0:], sec)
	binary.LittleEndian.PutUint32(h[4:], micro)
	binary.LittleEndian.PutUint32(h[8:], captured)
	binary.LittleEndian.PutUint32(h[12:], wire)
	p.w.Write(h[:])
	p.w.Write(b)
}

func (p *pcapFile) end() error { return p.w.Flush() }

// ngFile writes a pcapng file.
type ngFile struct{ w *bufio.Writer }

func newNG(w io.Writer) *ngFile {
	g := &ngFile{bufio.NewWriterSize(w, 1<<20)}
	b := make([]byte, 16)
	binary.LittleEndian.PutUint32(b, 0x1a2b3c4d)
	b[4] = 1
	binary.LittleEndian.PutUint64(b[8:], ^uint64(0))
	g.block(0x0a0d0d0a, b)
	return g
}

func (g *ngFile) block(kind uint32, body []byte) {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	var h [8]byte
	binary.LittleEndian.PutUint32(h[:], kind)
	binary.LittleEndian.PutUint32(h[4:], uint32(12+len(body)))
	g.w.Write(h[:])
	g.w.Write(body)
	g.w.Write(h[4:])
}

func (g *ngFile) iface(options []byte) {
	g.block(1, append([]byte{1, 0, 0, 0, 0, 0, 4, 0}, options...))
}

func (g *ngFile) packet(id uint32, time uint64, data []byte, options []byte) {
	b := make([]byte, 20)
	binary.LittleEndian.PutUint32(b, id)
	binary.LittleEndian.PutUint32(b[4:], uint32(time>>32))
	binary.LittleEndian.PutUint32(b[8:], uint32(time))
	binary.LittleEndian.PutUint32(b[12:], uint32(len(data)))
	binary.LittleEndian.PutUint32(b[16:], uint32(len(data)))
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	g.block(6, append(b, options...))
}

// option is one pcapng option.
func option(code uint16, value []byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func (g *ngFile) end() error { return g.w.Flush() }

// ---- packets ----

func cat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func be16(v int) []byte { return []byte{byte(v >> 8), byte(v)} }

func ether(kind int, up []byte) []byte {
	return cat([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}, be16(kind), up)
}

// ip4 is an IPv4 packet of which the total length may lie (more than 65535).
func ip4(src, dst uint32, proto byte, id, fragment int, up []byte) []byte {
	h := make([]byte, 20, 20+len(up))
	h[0], h[8], h[9] = 0x45, 64, proto
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(up)))
	binary.BigEndian.PutUint16(h[4:], uint16(id))
	binary.BigEndian.PutUint16(h[6:], uint16(fragment))
	binary.BigEndian.PutUint32(h[12:], src)
	binary.BigEndian.PutUint32(h[16:], dst)
	return append(h, up...)
}

const (
	hostA = 0x0a000001
	hostB = 0x0a000002
)

func udp(sport, dport int, up []byte) []byte {
	return cat(be16(sport), be16(dport), be16(8+len(up)), []byte{0, 0}, up)
}

func udpFrame(dport int, up []byte) []byte {
	return ether(0x0800, ip4(hostA, hostB, 17, 0, 0, udp(40000, dport, up)))
}

const (
	fin = 1
	syn = 2
	ack = 16
)

func tcp(sport, dport int, seq, acked uint32, flags byte, options, up []byte) []byte {
	h := make([]byte, 20, 20+len(options)+len(up))
	binary.BigEndian.PutUint16(h, uint16(sport))
	binary.BigEndian.PutUint16(h[2:], uint16(dport))
	binary.BigEndian.PutUint32(h[4:], seq)
	binary.BigEndian.PutUint32(h[8:], acked)
	h[12], h[13], h[14] = byte(5+len(options)/4)<<4, flags, 0xff
	return append(append(h, options...), up...)
}

// talk is one TCP connection from hostA:port to hostB:service.
type talk struct {
	p             *pcapFile
	port, service int
	client, serve uint32
}

func dial(p *pcapFile, port, service int) *talk {
	t := &talk{p, port, service, 1000, 5000}
	t.send(false, syn, nil)
	t.send(true, syn|ack, nil)
	t.send(false, ack, nil)
	return t
}

func (t *talk) send(back bool, flags byte, data []byte) {
	if back {
		t.p.packet(ether(0x0800, ip4(hostB, hostA, 6, 0, 0, tcp(t.service, t.port, t.serve, t.client, flags, nil, data))))
		t.serve += uint32(len(data))
		if flags&(syn|fin) != 0 {
			t.serve++
		}
		return
	}
	t.p.packet(ether(0x0800, ip4(hostA, hostB, 6, 0, 0, tcp(t.port, t.service, t.client, t.serve, flags, nil, data))))
	t.client += uint32(len(data))
	if flags&(syn|fin) != 0 {
		t.client++
	}
}

// stream sends data in segments of 1400 bytes.
func (t *talk) stream(back bool, data []byte) {
	for len(data) > 0 {
		n := min(len(data), 1400)
		t.send(back, ack, data[:n])
		data = data[n:]
	}
}
