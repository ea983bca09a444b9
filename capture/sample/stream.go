package sample

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// flight is a run of bytes in one direction of a connection.
type flight struct {
	up   bool
	data []byte
}

const segmentSize = 1448

// tcp plays a connection: handshake, flights, end.
func (e *exchange) tcp(port uint16, flights []flight) {
	site := sites[e.site]
	local := e.nextPort()
	seq := [2]uint32{e.rnd.Uint32(), e.rnd.Uint32()} // client's, server's
	at := func(up bool) int {
		if up {
			return 0
		}
		return 1
	}
	send := func(up bool, flags string, options []layers.TCPOption, data []byte) {
		ls, ip := e.network(layers.IPProtocolTCP, up, site.ip4, site.ip6)
		t := &layers.TCP{SrcPort: layers.TCPPort(local), DstPort: layers.TCPPort(port), Seq: seq[at(up)], Window: 502, Options: options,
			SYN: strings.Contains(flags, "S"), FIN: strings.Contains(flags, "F"), PSH: strings.Contains(flags, "P"), RST: strings.Contains(flags, "R"), ACK: flags != "S"}
		if !up {
			t.SrcPort, t.DstPort = t.DstPort, t.SrcPort
		}
		if t.ACK {
			t.Ack = seq[1-at(up)]
		}
		if t.SYN {
			t.Window = 64240
		}
		if e.err = t.SetNetworkLayerForChecksum(ip); e.err != nil {
			return
		}
		e.emit(append(ls, t, gopacket.Payload(data))...)
		if len(data) > 0 && e.chance(e.mix.Retransmit) {
			e.pass(200 * time.Millisecond)
			e.emit(append(ls, t, gopacket.Payload(data))...)
		}
		seq[at(up)] += uint32(len(data))
		if t.SYN || t.FIN {
			seq[at(up)]++
		}
	}
	syn := []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 180}},
		{OptionType: layers.TCPOptionKindSACKPermitted, OptionLength: 2}, {OptionType: layers.TCPOptionKindNop},
		{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{7}}}
	send(true, "S", syn, nil)
	e.pass(14 * time.Millisecond)
	if e.chance(3) { // nobody listens
		send(false, "R", nil, nil)
		return
	}
	send(false, "SA", syn, nil)
	e.pass(100 * time.Microsecond)
	send(true, "A", nil, nil)
	for _, f := range flights {
		for rest := f.data; len(rest) > 0; {
			n := min(segmentSize, len(rest))
			flags := "A"
			if n == len(rest) {
				flags = "PA"
			}
			send(f.up, flags, nil, rest[:n])
			rest = rest[n:]
			e.pass(150 * time.Microsecond)
		}
		send(!f.up, "A", nil, nil)
		e.pass(12 * time.Millisecond)
		if e.left <= 0 || e.err != nil {
			return
		}
	}
	send(true, "FA", nil, nil)
	e.pass(12 * time.Millisecond)
	send(false, "FA", nil, nil)
	e.pass(100 * time.Microsecond)
	send(true, "A", nil, nil)
}

var paths = [...]string{"/", "/index.html", "/api/v1/items?x=1", "/style.css", "/images/logo.png", "/search?q=packet+capture&lang=en"}

func (e *exchange) http() {
	var flights []flight
	for range 1 + e.rnd.IntN(3) {
		path := paths[e.rnd.IntN(len(paths))]
		method, body := "GET", ""
		if e.chance(15) {
			method, body = "POST", `{"name":"sonde","count":`+fmt.Sprint(e.rnd.IntN(1000))+"}"
		}
		q := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n", method, path, sites[e.site].name)
		if body != "" {
			q += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
		}
		flights = append(flights, flight{true, []byte(q + "\r\n" + body)})
		status, text := "200 OK", "<html><body>"+strings.Repeat("<p>All is well.</p>\n", e.rnd.IntN(200))+"</body></html>\n"
		if e.chance(10) {
			status, text = "404 Not Found", "no such page\n"
		}
		a := fmt.Sprintf("HTTP/1.1 %s\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", status, len(text), text)
		flights = append(flights, flight{false, []byte(a)})
	}
	e.tcp(80, flights)
}

func (e *exchange) tls() {
	if e.shakes == nil {
		if e.shakes, e.err = handshake(); e.err != nil {
			return
		}
	}
	e.tcp(443, e.shakes)
}

// handshake records a TLS 1.3 connection of crypto/tls with itself: handshake,
// a request, an answer. Keys and randoms, and with them what is encrypted,
// differ each time; bytes of a counter take their places, so that a seed
// always gives the same capture.
func handshake() ([]flight, error) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "www.example.com"}, DNSNames: []string{"www.example.com"},
		NotBefore: Start.AddDate(0, -1, 0), NotAfter: Start.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(&counter{n: 3}, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make TLS sample: %w", err)
	}
	when := func() time.Time { return Start }
	curves := []tls.CurveID{tls.X25519}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	var rec recorder
	server := tls.Server(&tap{Conn: b, rec: &rec}, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		Time: when, CurvePreferences: curves, MinVersion: tls.VersionTLS13, SessionTicketsDisabled: true})
	done := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(server, make([]byte, len(tlsRequest)))
		if err == nil {
			_, err = io.WriteString(server, tlsAnswer)
		}
		done <- err
	}()
	client := tls.Client(&tap{Conn: a, rec: &rec, up: true}, &tls.Config{ServerName: "www.example.com", InsecureSkipVerify: true,
		Time: when, CurvePreferences: curves, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}})
	_, err = io.WriteString(client, tlsRequest)
	if err == nil {
		_, err = io.ReadFull(client, make([]byte, len(tlsAnswer)))
	}
	if err == nil {
		err = <-done
	}
	if err != nil {
		return nil, fmt.Errorf("make TLS sample: %w", err)
	}
	c := &counter{n: 1}
	for _, f := range rec.flights {
		settle(f.data, c)
	}
	return rec.flights, nil
}

const tlsRequest = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"

var tlsAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2400\r\n\r\n" + strings.Repeat("sonde ", 400)

// settle puts the counter's bytes where TLS records (RFC 8446, 5.1) hold
// random or encrypted ones.
func settle(records []byte, c *counter) {
	for len(records) >= 5 {
		n := min(5+int(records[3])<<8+int(records[4]), len(records))
		body := records[5:n]
		switch {
		case records[0] == 23: // application data: all of it is encrypted
			c.Read(body)
		case records[0] == 22 && len(body) > 39: // ClientHello or ServerHello
			c.Read(body[6:38])
			if id := int(body[38]); id > 0 && len(body) > 39+id {
				(&counter{n: 9}).Read(body[39 : 39+id]) // the server repeats the client's
			}
			// key_share: extension 51, group x25519 (29), 32 bytes.
			if at := bytes.Index(body, []byte{0, 29, 0, 32}); at > 0 && at+36 <= len(body) {
				c.Read(body[at+4 : at+36])
			}
		}
		records = records[n:]
	}
}

// recorder notes what goes over a pipe; a pipe's two ends write in turn.
type recorder struct{ flights []flight }

type tap struct {
	net.Conn
	rec *recorder
	up  bool
}

func (t *tap) Write(b []byte) (int, error) {
	f := &t.rec.flights
	if n := len(*f); n > 0 && (*f)[n-1].up == t.up {
		(*f)[n-1].data = append((*f)[n-1].data, b...)
	} else {
		*f = append(*f, flight{t.up, bytes.Clone(b)})
	}
	return t.Conn.Write(b)
}

// counter gives bytes that look random and are not.
type counter struct{ n byte }

func (c *counter) Read(b []byte) (int, error) {
	for i := range b {
		c.n = c.n*73 + 41
		b[i] = c.n
	}
	return len(b), nil
}
