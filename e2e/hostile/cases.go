package hostile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"strings"
)

// Case is one hostile file and what the program must make of it.
type Case struct {
	Name string
	Make func(w io.Writer) error
	// Packets is how many must be shown at least.
	Packets int
	// Before is how many stand before the damage: what the command line shows,
	// which stops there as tshark does. 0 = Packets.
	Before int
	// Refuse: it is no capture at all.
	Refuse bool
	// Said is a part of the message about what is wrong with the file; "" =
	// nothing is wrong with it.
	Said string
	// MiB is the bound of resident memory when it is not the usual one.
	MiB int
	// Heavy files run with SONDE_HEAVY=1 only.
	Heavy bool
}

func pcap(link uint32, write func(p *pcapFile)) func(io.Writer) error {
	return func(w io.Writer) error {
		p := newPcap(w, link)
		write(p)
		return p.end()
	}
}

func ng(write func(g *ngFile)) func(io.Writer) error {
	return func(w io.Writer) error {
		g := newNG(w)
		write(g)
		return g.end()
	}
}

func raw(b []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(b); return err }
}

// zeros is a packed stream of n times 64 MiB of zeros behind head.
func zeros(w io.Writer, head []byte, n int) error {
	first := gzip.NewWriter(w)
	if _, err := first.Write(head); err != nil {
		return err
	}
	if err := first.Close(); err != nil {
		return err
	}
	var one bytes.Buffer
	z := gzip.NewWriter(&one)
	block := make([]byte, 1<<20)
	for range 64 {
		z.Write(block)
	}
	z.Close()
	for range n {
		if _, err := w.Write(one.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func packed(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

func small(n int) []byte {
	var b bytes.Buffer
	p := newPcap(&b, 1)
	for i := range n {
		p.packet(udpFrame(9, []byte(fmt.Sprint("packet ", i))))
	}
	p.end()
	return b.Bytes()
}

// dnsHead is a DNS header with counts.
func dnsHead(qd, an int) []byte {
	return cat([]byte{0x12, 0x34, 0x81, 0x80}, be16(qd), be16(an), make([]byte, 4))
}

func dnsRecord(name []byte) []byte {
	return cat(name, []byte{0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4})
}

// escapes is text that would move a terminal's cursor, a page's markup or the
// direction of writing.
const escapes = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\u202etxt.exe\x9b31m\r\nSet-Cookie: a=b"

// Cases gives all hostile files.
func Cases() []Case {
	return []Case{
		// depth
		{Name: "d_ipip3200", Packets: 1, Make: pcap(101, func(p *pcapFile) {
			b := []byte{}
			for range 3200 {
				h := ip4(hostA, hostB, 4, 0, 0, nil)
				binary.BigEndian.PutUint16(h[2:], uint16(20+len(b)))
				b = append(h, b...)
			}
			p.packet(b)
		})},
		{Name: "d_vlan1000", Packets: 1, Make: pcap(1, func(p *pcapFile) {
			p.packet(ether(0x8100, cat(bytes.Repeat([]byte{0, 1, 0x81, 0}, 1000), []byte{0, 1, 8, 0}, ip4(hostA, hostB, 17, 0, 0, udp(1, 2, nil)))))
		})},
		{Name: "d_gre", Packets: 1, Make: pcap(1, func(p *pcapFile) {
			b := []byte{}
			for range 2000 {
				b = ip4(hostA, hostB, 47, 0, 0, cat([]byte{0, 0, 8, 0}, b))
			}
			p.packet(ether(0x0800, b))
		})},
		{Name: "d_mpls", Packets: 1, Make: pcap(1, func(p *pcapFile) { p.packet(ether(0x8847, bytes.Repeat([]byte{0, 1, 0, 64}, 15000))) })},
		{Name: "d_ip6ext", Packets: 1, Make: pcap(1, func(p *pcapFile) {
			ext := bytes.Repeat([]byte{60, 0, 1, 4, 0, 0, 0, 0}, 8000)
			h := make([]byte, 40)
			h[0], h[6], h[7] = 0x60, 60, 64
			binary.BigEndian.PutUint16(h[4:], uint16(len(ext)))
			p.packet(ether(0x86dd, cat(h, ext)))
		})},
		{Name: "d_icmp_quoted", Packets: 1, Make: pcap(1, func(p *pcapFile) {
			b := []byte{}
			for range 2000 {
				b = ip4(hostA, hostB, 1, 0, 0, cat([]byte{3, 1, 0, 0, 0, 0, 0, 0}, b))
			}
			p.packet(ether(0x0800, b))
		})},
		{Name: "h_ber", Packets: 1, Make: pcap(1, func(p *pcapFile) {
			b := []byte{}
			for range 15000 {
				b = append([]byte{0x30, 0x83, 0, 0xff, 0xff}[:4:4], b...)
			}
			p.packet(udpFrame(161, b))
			p.packet(udpFrame(389, b))
			p.packet(udpFrame(88, b))
		})},
		{Name: "h_json_xml", Packets: 4, Make: pcap(1, func(p *pcapFile) {
			for i, body := range []string{strings.Repeat("[", 200000), strings.Repeat("<a>", 100000), strings.Repeat(`{"a":`, 50000), `{"a":"` + strings.Repeat("\\u0000", 50000) + `"}`} {
				t := dial(p, 50000+i, 80)
				kind := []string{"application/json", "text/xml", "application/json", "application/json"}[i]
				t.stream(true, []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", kind, len(body), body)))
			}
		})},

		// names
		{Name: "f_dns_loop", Packets: 100, Make: pcap(1, func(p *pcapFile) {
			for range 100 {
				p.packet(udpFrame(53, cat(dnsHead(1, 1), []byte{0xc0, 12, 0, 1, 0, 1}, dnsRecord([]byte{0xc0, 14}))))
				p.packet(udpFrame(53, cat(dnsHead(1, 0), []byte{3, 'a', 'b', 'c', 0xc0, 12, 0, 1, 0, 1})))
			}
		})},
		{Name: "f_dns_chain", Packets: 20, Make: pcap(1, func(p *pcapFile) {
			for range 20 {
				b := cat(dnsHead(1, 4000), []byte{0, 0, 1, 0, 1})
				for i := 0; i < 4000; i++ {
					at := max(12, 17+(i-1)*16)
					b = append(b, dnsRecord([]byte{0xc0 | byte(at>>8&0x3f), byte(at)})...)
				}
				p.packet(udpFrame(53, b))
			}
		})},
		{Name: "f_dns_amp", Packets: 50, Make: pcap(1, func(p *pcapFile) {
			long := cat(bytes.Repeat(append([]byte{63}, bytes.Repeat([]byte{'a'}, 63)...), 200), []byte{0})
			for range 50 {
				b := cat(dnsHead(1, 3000), long, []byte{0, 1, 0, 1})
				for len(b) < 60000 {
					b = append(b, dnsRecord([]byte{0xc0, 12})...)
				}
				p.packet(udpFrame(53, b))
			}
		})},
		{Name: "f_dns_inject", Packets: 2, Make: pcap(1, func(p *pcapFile) {
			name := cat([]byte{byte(len(escapes))}, []byte(escapes), []byte{0})
			p.packet(udpFrame(53, cat(dnsHead(1, 0), name, []byte{0, 1, 0, 1})))
			p.packet(udpFrame(53, cat(dnsHead(1, 1), name, []byte{0, 16, 0, 1}, name, []byte{0, 16, 0, 1, 0, 0, 0, 1}, be16(len(escapes)+1), []byte{byte(len(escapes))}, []byte(escapes))))
		})},

		// lengths that do not move on
		{Name: "i_options_zero", Packets: 400, Make: pcap(1, func(p *pcapFile) {
			for kind := range 256 {
				opt := bytes.Repeat([]byte{byte(kind), 0}, 20)
				p.packet(ether(0x0800, ip4(hostA, hostB, 6, 0, 0, tcp(1, 2, 1, 1, ack, opt, nil))))
				h := ip4(hostA, hostB, 17, 0, 0, nil)
				h[0] = 0x4f
				p.packet(ether(0x0800, cat(h, opt)))
			}
		})},
		{Name: "i_tlv_udp", Packets: 60000, Make: pcap(1, func(p *pcapFile) {
			zero, ones := make([]byte, 64), bytes.Repeat([]byte{0xff}, 64)
			for port := 1; port < 30000; port++ {
				p.packet(udpFrame(port, zero))
				p.packet(udpFrame(port, ones))
			}
			for port := range 1024 {
				for _, fill := range []byte{0, 1, 0xff} {
					p.packet(udpFrame(port, bytes.Repeat([]byte{fill}, 60000)))
				}
			}
		}), Heavy: true},
		{Name: "i_tlv_tcp", Packets: 1000, Make: pcap(1, func(p *pcapFile) {
			for port := 1; port < 1500; port++ {
				for fill := range 4 {
					t := dial(p, 50000+fill, port)
					t.send(false, ack, bytes.Repeat([]byte{[]byte{0, 1, 0x80, 0xff}[fill]}, 1400))
					t.send(true, ack, bytes.Repeat([]byte{[]byte{0, 1, 0x80, 0xff}[fill]}, 1400))
				}
			}
		}), Heavy: true},
		{Name: "i_ethertypes", Packets: 65536, Make: pcap(1, func(p *pcapFile) {
			zero := make([]byte, 46)
			for kind := range 65536 {
				p.packet(ether(kind, zero))
			}
		})},
		{Name: "i_ip_protocols", Packets: 512, Make: pcap(1, func(p *pcapFile) {
			for proto := range 256 {
				p.packet(ether(0x0800, ip4(hostA, hostB, byte(proto), 0, 0, make([]byte, 9000))))
				p.packet(ether(0x0800, ip4(hostA, hostB, byte(proto), 0, 0, bytes.Repeat([]byte{0xff}, 9000))))
			}
		})},

		// reassembly
		{Name: "d_frag_bomb", Packets: 100000, Make: pcap(1, func(p *pcapFile) {
			body := make([]byte, 1400)
			for i := range 100000 { // each a first fragment that nothing follows
				p.packet(ether(0x0800, ip4(hostA+uint32(i>>16), hostB, 17, i, 0x2000, body)))
			}
		})},
		{Name: "d_frag_last", Packets: 60000, Make: pcap(1, func(p *pcapFile) {
			for i := range 60000 { // each the end of 64 KiB that never came
				p.packet(ether(0x0800, ip4(hostA, hostB, 17, i, 8180, make([]byte, 8))))
			}
		})},
		{Name: "d_frag_tiny", Packets: 80000, Make: pcap(1, func(p *pcapFile) {
			for id := range 10 {
				for at := 8180; at >= 0; at-- { // eight bytes each, from the end
					more := 0x2000
					if at == 8180 {
						more = 0
					}
					p.packet(ether(0x0800, ip4(hostA, hostB, 17, id, more|at, make([]byte, 8))))
				}
			}
		})},
		{Name: "d_frag_overlap", Packets: 20000, Make: pcap(1, func(p *pcapFile) {
			body := make([]byte, 1400)
			for i := range 20000 { // one datagram, all overlapping
				p.packet(ether(0x0800, ip4(hostA, hostB, 17, 7, 0x2000|i%8000, body)))
			}
		})},
		{Name: "e_tcp_holes", Packets: 50000, Make: pcap(1, func(p *pcapFile) {
			t := dial(p, 50000, 80)
			t.stream(true, []byte("HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\n"))
			body := make([]byte, 1400)
			for range 50000 {
				t.serve += 1400 // a segment is missing
				t.send(true, ack, body)
			}
		})},
		{Name: "e_tcp_reverse", Packets: 20000, Make: pcap(1, func(p *pcapFile) {
			t := dial(p, 50000, 80)
			body := make([]byte, 1400)
			first := t.serve
			for i := 20000; i > 0; i-- {
				t.serve = first + uint32(i)*1400
				t.send(true, ack, body)
			}
			t.serve = first
			t.stream(true, cat([]byte("HTTP/1.1 200 OK\r\nContent-Length: 28001000\r\n\r\n"), make([]byte, 1000)))
		})},
		{Name: "e_tcp_bytes", Packets: 100000, Make: pcap(1, func(p *pcapFile) {
			t := dial(p, 50000, 443) // one byte a segment of one long record
			t.send(false, ack, []byte{22, 3, 1, 0x40, 0})
			for range 16383 {
				t.send(false, ack, []byte{1})
			}
			u := dial(p, 50001, 80)
			for range 90000 {
				u.send(false, ack, []byte{'A'})
			}
		})},
		{Name: "e_http_noend", Packets: 50000, Make: pcap(1, func(p *pcapFile) {
			t := dial(p, 50000, 80)
			t.stream(true, []byte("HTTP/1.1 200 OK\r\nX: "))
			for range 50000 {
				t.send(true, ack, bytes.Repeat([]byte{'x'}, 1400))
			}
		})},
		{Name: "e_http_headers", Packets: 640, Make: pcap(1, func(p *pcapFile) {
			t := dial(p, 50000, 80)
			t.stream(false, []byte("GET / HTTP/1.1\r\n"+strings.Repeat("A: b\r\n", 150000)+"\r\n"))
		})},
		{Name: "e_http_chunks", Packets: 640, Make: pcap(1, func(p *pcapFile) {
			t := dial(p, 50000, 80)
			t.stream(true, []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat("1\r\nx\r\n", 150000)+"0\r\n\r\n"))
		})},
		{Name: "e_pipelined", Packets: 640, Make: pcap(1, func(p *pcapFile) {
			t := dial(p, 50000, 80)
			t.stream(false, []byte(strings.Repeat("GET / HTTP/1.1\r\n\r\n", 50000)))
		})},
		{Name: "e_tls_records", Packets: 680, Make: pcap(1, func(p *pcapFile) {
			t := dial(p, 50000, 443)
			t.stream(false, bytes.Repeat([]byte{22, 3, 1, 0, 1, 1}, 160000)) // handshake in pieces of one byte
		})},
		{Name: "e_syn200k", Packets: 200000, Make: syns(200000)},
		{Name: "e_syn1m", Packets: 1000000, MiB: 1280, Heavy: true, Make: syns(1000000)},

		// packed
		{Name: "b_gz_bomb", Said: "limit", Heavy: true, Make: func(w io.Writer) error { return zeros(w, small(100), 70) }, Packets: 100},
		{Name: "b_gz_onepkt", Packets: 100, Said: " ", Make: func(w io.Writer) error {
			head := small(100)
			return zeros(w, append(head, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f), 8)
		}},
		{Name: "b_gz_nested", Refuse: true, Make: raw(packed(packed(packed(small(10)))))},
		{Name: "b_gz_members", Packets: 10, Make: func(w io.Writer) error {
			one := packed(nil)
			if _, err := w.Write(packed(small(10))); err != nil {
				return err
			}
			_, err := w.Write(bytes.Repeat(one, 100000))
			return err
		}},
		{Name: "g_http_gzbomb", Packets: 700, Make: pcap(1, func(p *pcapFile) {
			var b bytes.Buffer
			zeros(&b, nil, 16)
			t := dial(p, 50000, 80)
			t.stream(true, cat([]byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", b.Len())), b.Bytes()))
			t.send(true, fin|ack, nil)
		})},
		{Name: "g_http_gzmany", Packets: 1800, MiB: 640, Make: pcap(1, func(p *pcapFile) {
			body := packed(make([]byte, 4<<20))
			for i := range 300 {
				t := dial(p, 50000+i, 80)
				t.stream(true, cat([]byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", len(body))), body))
			}
		})},

		// the file itself
		{Name: "c_idb_bomb", Packets: 100, Make: ng(func(g *ngFile) {
			for i := range 60000 {
				g.iface(cat(option(2, []byte(fmt.Sprint("eth", i))), option(0, nil)))
			}
			for i := range 100 {
				g.packet(uint32(i), uint64(i), udpFrame(9, nil), nil)
			}
		})},
		{Name: "c_comment_inject", Packets: 200, Make: ng(func(g *ngFile) {
			g.iface(cat(option(1, []byte(escapes)), option(2, []byte(escapes)), option(3, []byte(escapes)), option(0, nil)))
			for i := range 200 {
				g.packet(0, uint64(i), udpFrame(9, nil), cat(option(1, []byte(escapes)), option(1, bytes.Repeat([]byte{'A' + byte(i%26)}, 65532)), option(0, nil)))
			}
			many := []byte{}
			for range 2000 {
				many = append(many, option(1, []byte(escapes))...)
			}
			g.packet(0, 300, udpFrame(9, nil), many)
		})},
		{Name: "c_tsresol", Packets: 10, Make: ng(func(g *ngFile) {
			for _, r := range []byte{0, 3, 6, 9, 12, 19, 127, 0x80, 0x8a, 0xbf, 0xff} {
				g.iface(cat(option(9, []byte{r}), option(14, bytes.Repeat([]byte{0xff}, 8)), option(0, nil)))
			}
			for i := range uint32(11) {
				g.packet(i, ^uint64(0), udpFrame(9, nil), nil)
				g.packet(i, 0, udpFrame(9, nil), nil)
				g.packet(i, 1<<63, udpFrame(9, nil), nil)
			}
		})},
		{Name: "a_ts_weird", Packets: 100, Make: pcap(1, func(p *pcapFile) {
			for i := range uint32(100) {
				p.record([]uint32{0, ^uint32(0), 1 << 31, 1700000000}[i%4], []uint32{0, ^uint32(0), 999999, 1000000}[i/4%4], 60, 60, make([]byte, 60))
			}
		})},
		{Name: "e_giant_frames", Packets: 2, Said: " ", Make: pcap(1, func(p *pcapFile) {
			p.packet(udpFrame(9, nil))
			p.packet(ether(0x0800, ip4(hostA, hostB, 17, 0, 0, make([]byte, 250000))))
			p.record(1700000000, 0, 16<<20, 16<<20, make([]byte, 16<<20))
			p.packet(udpFrame(9, nil))
		})},
		{Name: "a_cut", Packets: 99, Said: "cut", Make: func(w io.Writer) error { b := small(100); _, err := w.Write(b[:len(b)-7]); return err }},
		{Name: "a_zero_tail", Packets: 100, Said: "zero", Make: raw(cat(small(100), make([]byte, 1<<20)))},
		{Name: "c_zero_hole", Packets: 195, Before: 100, Said: " ", Make: raw(cat(small(100), make([]byte, 4096), small(100)[24:]))},
		{Name: "c_bitflip", Packets: 190, Before: 50, Said: " ", Make: func(w io.Writer) error {
			b := small(200)
			at := 24
			for range 50 {
				at += 16 + int(binary.LittleEndian.Uint32(b[at+8:]))
			}
			b[at+11] ^= 0x80 // the captured length of packet 51
			_, err := w.Write(b)
			return err
		}},
		{Name: "a_splice", Packets: 20, Said: " ", Make: func(w io.Writer) error {
			b := small(40)
			rnd := rand.New(rand.NewSource(1))
			tail := make([]byte, 100000)
			rnd.Read(tail)
			_, err := w.Write(append(b, tail...))
			return err
		}},
		{Name: "a_empty", Refuse: true, Make: raw(nil)},
		{Name: "a_random", Refuse: true, Make: func(w io.Writer) error {
			b := make([]byte, 100000)
			rand.New(rand.NewSource(2)).Read(b)
			_, err := w.Write(b)
			return err
		}},
		{Name: "a_html", Refuse: true, Make: raw([]byte("<!doctype html><html><body><script>alert(1)</script></body></html>"))},
		{Name: "a_elf", Refuse: true, Make: raw(cat([]byte("\x7fELF\x02\x01\x01"), make([]byte, 4000)))},
		{Name: "a_zip", Refuse: true, Make: raw(cat([]byte("PK\x03\x04"), make([]byte, 4000)))},
		{Name: "a_gzip_html", Refuse: true, Make: raw(packed([]byte("<!doctype html><html></html>")))},
	}
}

// syns makes n connection attempts, each a flow of its own.
func syns(n int) func(io.Writer) error {
	return pcap(1, func(p *pcapFile) {
		for i := range n {
			p.packet(ether(0x0800, ip4(hostA+uint32(i>>14), hostB, 6, 0, 0, tcp(1024+i&0x3fff, 80, uint32(i), 0, syn, nil, nil))))
		}
	})
}
