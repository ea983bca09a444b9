package proto

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"sonde/capture/dissect"
	"sonde/capture/flow"
	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

func httpTurn(s string) prototest.Talk { return prototest.Talk{Data: []byte(s)} }
func httpBack(s string) prototest.Talk { return prototest.Talk{Back: true, Data: []byte(s)} }

func httpPost(kind, body string) prototest.Talk {
	return httpTurn("POST / HTTP/1.1\r\nContent-Type: " + kind + "\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body)
}

// httpReplyOf is a response with a body of the given type.
func httpReplyOf(kind, body string, headers ...string) prototest.Talk {
	return httpBack("HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\n" + strings.Join(headers, "") + "Content-Length: " + itoa(len(body)) + "\r\n\r\n" + body)
}

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.String()
}

const httpGet = "GET /a;b?x=1&y=2 HTTP/1.1\r\nHost: example.com\r\nCookie: k=v; l=w\r\nAuthorization: Basic dXNlcjpwYXNz\r\nX-Odd: 1\r\nBad Name: 2\r\n\r\n"

// httpCases are connections, and lines that their trees must hold in order.
var httpCases = []struct {
	name  string
	port  uint16
	mss   int
	turns []prototest.Talk
	want  []string
}{
	{"request", 80, 0, []prototest.Talk{httpTurn(httpGet)}, []string{"GET /a;b?x=1&y=2 HTTP/1.1", "Request URI Path: /a;b", "Request URI Path Segment: b",
		"Request URI Query Parameter: y=2", "Cookie pair: l=w", "Credentials: user:pass", "Illegal characters found in header name", "Full request URI: http://example.com/a;b?x=1&y=2"}},
	{"text", 80, 0, []prototest.Talk{httpTurn(httpGet), httpReplyOf("text/plain", "one\ntwo")},
		[]string{"Status Code Description: OK", "Request in frame: 4", "File Data: 7 bytes", "Line-based text data: text/plain (2 lines)", `one\n`, "two"}},
	{"segments", 80, 20, []prototest.Talk{httpTurn(httpGet), httpReplyOf("text/html", strings.Repeat("line\n", 20))}, []string{"Line-based text data: text/html (20 lines)"}},
	{"chunked", 80, 0, []prototest.Talk{httpTurn(httpGet), httpBack("HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrail: er\r\n\r\n")},
		[]string{"has 3 chunks (including last chunk)", "Data chunk (3 octets)", "End of chunked encoding", "trailer-part: Trail: er", "File Data: 5 bytes", "abcde"}},
	{"gzip", 8080, 0, []prototest.Talk{httpTurn(httpGet), httpReplyOf("application/json", gzipped(`{"a":[1,"x",{"b":null}]}`), "Content-Encoding: gzip\r\n")},
		[]string{"Content-encoded entity body (gzip)", "Member: a", "Path with value: /a/[]:1", "String value: x", "Null value", "Path: /a/[]/b"}},
	{"bomb", 80, 0, []prototest.Talk{httpTurn(httpGet), httpReplyOf("text/plain", gzipped(strings.Repeat("z", 1<<20)), "Content-Encoding: gzip\r\n")},
		[]string{"cut: more than the bound of"}},
	{"broken gzip", 80, 0, []prototest.Talk{httpTurn(httpGet), httpReplyOf("text/plain", "nothing packed", "Content-Encoding: gzip\r\n")}, []string{"Decompression failed"}},
	{"until FIN", 80, 0, []prototest.Talk{httpTurn(httpGet), httpBack("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end")}, []string{"until the end"}},
	{"form", 80, 0, []prototest.Talk{httpTurn("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\na=%41+b&c=d")},
		[]string{`Form item: "a" = "A b"`, `Form item: "c" = "d"`}},
	{"multipart", 80, 0, []prototest.Talk{httpPost("multipart/form-data; boundary=XX", "pre\r\n--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n--XX\r\nContent-Type: a/b\r\n\r\nw\r\n--XX--\r\n")},
		[]string{"Preamble:", "First boundary: --XX", "Content-Disposition: form-data", "Encapsulated multipart part:  (a/b)", "Media type: a/b (1 byte)", "Last boundary:"}},
	{"two in a segment", 80, 0, []prototest.Talk{httpTurn(httpGet + httpGet), httpBack("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\ntail\r\n")},
		[]string{"204", "304", "Excess data after a body"}},
	{"tunnel", 3128, 0, []prototest.Talk{httpTurn("CONNECT example.com:9999 HTTP/1.1\r\n\r\n"), httpBack("HTTP/1.1 200 Connection established\r\n\r\n"), httpTurn("\x01\x02\x03")},
		[]string{"Proxy-Connect-Hostname: example.com", "Proxy-Connect-Port: 9999", "Data (3 bytes)"}},
	{"other port", 4567, 0, []prototest.Talk{httpTurn(httpGet), httpReplyOf("foo/bar", "x")}, []string{"Host: example.com", "Media type: foo/bar (1 byte)"}},
	{"upgrade", 80, 0, []prototest.Talk{httpTurn(httpGet), httpBack("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n"), httpBack("\x81\x01a")}, []string{"Switching Protocols", "Data (3 bytes)"}},
	{"not json", 80, 0, []prototest.Talk{httpTurn(httpGet), httpReplyOf("application/json", `{"a":tru}`)}, []string{"JavaScript Object Notation: application/json", "Line-based text data: application/json (1 lines)"}},
	{"xml", 80, 0, []prototest.Talk{httpTurn(httpGet), httpReplyOf("text/html", "<?xml version=\"1.0\"?><a/>")}, []string{"eXtensible Markup Language"}},
	{"png", 80, 0, []prototest.Talk{httpTurn(httpGet), httpReplyOf("image/png", "\x89PNG\r\n\x1a\n")}, []string{"Portable Network Graphics"}},
	{"gif", 80, 0, []prototest.Talk{httpTurn(httpGet), httpReplyOf("image/gif", "GIF89a")}, []string{"Compuserve GIF, Version: GIF89a"}},
	{"jpeg", 80, 0, []prototest.Talk{httpTurn(httpGet), httpReplyOf("image/jpeg", "\xff\xd8\xff\xe0"), httpReplyOf("image/jpeg", "none")}, []string{"JPEG File Interchange Format", "Media type: image/jpeg (4 bytes)"}},
	{"no HTTP", 80, 0, []prototest.Talk{httpTurn("\x00\x01\x02"), httpBack("hello\r\n")}, []string{"Data (3 bytes)", "Data (7 bytes)"}},
}

func init() {
	for _, x := range httpCases {
		prototest.Sample("http-"+strings.ReplaceAll(x.name, " ", "-"), frame.LinkEthernet, prototest.TCPFrames(x.port, x.mss, x.turns...)...).
			WithoutGolden().MayAllocate("texts and bodies are put together")
	}
	prototest.Sample("ssdp", frame.LinkEthernet, prototest.UDPFrame(false, 50000, 1900, []byte("M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nMX: 3\r\n\r\n")),
		prototest.UDPFrame(false, 50000, 1900, []byte("NOTIFY * HTTP/1.1\r\nHost:a\r\nNTS:ssdp:alive\r\n\r\n"))).WithoutGolden().MayAllocate("texts are put together")
}

func TestHTTPTrees(t *testing.T) {
	for _, x := range httpCases {
		c := prototest.Make(frame.LinkEthernet, prototest.TCPFrames(x.port, x.mss, x.turns...)...)
		e := dissect.New(dissect.NewConfig(), flow.NewState())
		var all strings.Builder
		for i := range c.Frames {
			p := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Columns: true, Learn: true})
			if p.Bug != "" {
				t.Fatalf("%s: %s", x.name, p.Bug)
			}
			all.WriteString(prototest.Dump(p))
		}
		rest := all.String()
		for _, w := range x.want {
			_, after, found := strings.Cut(rest, w)
			if !found {
				t.Errorf("%s: no %q in the rest of the tree\n%s", x.name, w, rest)
				break
			}
			rest = after
		}
	}
}

// Info columns, as tshark writes them.
func TestHTTPInfo(t *testing.T) {
	c := prototest.Make(frame.LinkEthernet, prototest.TCPFrames(80, 0, httpTurn("GET /x HTTP/1.1\r\n\r\n"), httpReplyOf("application/json", "[]"),
		httpBack("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n\x01"))...)
	e := dissect.New(dissect.NewConfig(), flow.NewState())
	var got []string
	for i := range c.Frames {
		p := e.Dissect(&c.Frames[i], dissect.Request{Columns: true, Learn: true})
		if p.Cols.Protocol != "TCP" {
			got = append(got, fmt.Sprintf("%s|%s", p.Cols.Protocol, p.Cols.Info()))
		}
	}
	want := []string{"HTTP|GET /x HTTP/1.1 ", "HTTP/JSON|HTTP/1.1 200 OK , JSON (application/json)", "HTTP|HTTP/1.1 200 OK HTTP/1.1 404 X Continuation"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// FuzzHTTP reads any bytes as both sides of a connection, twice.
func FuzzHTTP(f *testing.F) {
	for _, x := range httpCases {
		var ask, reply []byte
		for _, turn := range x.turns {
			if turn.Back {
				reply = append(reply, turn.Data...)
			} else {
				ask = append(ask, turn.Data...)
			}
		}
		f.Add(ask, reply, uint16(x.mss))
	}
	f.Fuzz(func(t *testing.T, ask, reply []byte, mss uint16) {
		if len(ask) > 4096 || len(reply) > 4096 {
			return
		}
		c := prototest.Make(frame.LinkEthernet, prototest.TCPFrames(80, int(mss)%1400+60, prototest.Talk{Data: ask}, prototest.Talk{Back: true, Data: reply})...)
		st := flow.NewState()
		st.Fetch = func(n uint32) []byte { return c.Frames[n-1].Data }
		e := dissect.New(dissect.NewConfig(), st)
		var first []string
		for i := range c.Frames {
			p := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Columns: true, Learn: true})
			if p.Bug != "" {
				t.Fatal(p.Bug)
			}
			first = append(first, prototest.Dump(p))
		}
		for i := len(c.Frames) - 1; i >= 0; i-- {
			p := e.Dissect(&c.Frames[i], dissect.Request{Tree: true, Columns: true})
			if d := prototest.Later(p, first[i]); d != "" {
				t.Fatalf("frame %d again: %s", i+1, d)
			}
		}
	})
}
