package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sonde/server/access"
	"sonde/server/wire"
)

const pcapMagic = "\xd4\xc3\xb2\xa1"

func octets(more header) header {
	h := bearer()
	h["Content-Type"] = "application/offset+octet-stream"
	h["Tus-Resumable"] = tusVersion
	for k, v := range more {
		h[k] = v
	}
	return h
}

func (x *site) begin(t *testing.T, length int, name string) string {
	t.Helper()
	h := octets(header{"Upload-Length": fmt.Sprint(length), "Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte(name))})
	status, body, got := x.ask(t, "POST", "/api/uploads", "", h)
	if status != 201 || got.Get("Location") == "" || got.Get("Tus-Resumable") != tusVersion || got.Get("Upload-Expires") == "" {
		t.Fatal(status, body, got)
	}
	return got.Get("Location")
}

func (x *site) offset(t *testing.T, at string) string {
	t.Helper()
	status, _, h := x.ask(t, "HEAD", at, "", octets(nil))
	if status != 200 {
		return fmt.Sprint(status)
	}
	return h.Get("Upload-Offset")
}

func TestResumableUpload(t *testing.T) {
	x := newSite(t)
	file := pcapMagic + strings.Repeat("data", 5000)
	at := x.begin(t, len(file), "../../etc/passwd")
	cut := len(file) * 4 / 10
	if status, body, h := x.ask(t, "PATCH", at, file[:cut], octets(header{"Upload-Offset": "0"})); status != 204 || h.Get("Upload-Offset") != fmt.Sprint(cut) {
		t.Fatal(status, body)
	}
	for _, wrong := range []int{0, cut - 1, cut + 1, len(file)} {
		if status, body, _ := x.ask(t, "PATCH", at, file[cut:], octets(header{"Upload-Offset": fmt.Sprint(wrong)})); status != 409 || codeOf(t, body) != wire.Conflict {
			t.Errorf("offset %d: %d %s", wrong, status, body)
		}
	}
	sum := sha256.Sum256([]byte(file[cut:]))
	if status, body, _ := x.ask(t, "PATCH", at, file[cut:len(file)-1]+"X", octets(header{"Upload-Offset": fmt.Sprint(cut), "Upload-Checksum": "sha256 " + base64.StdEncoding.EncodeToString(sum[:])})); status != 460 || codeOf(t, body) != wire.Checksum {
		t.Errorf("checksum: %d %s", status, body)
	}
	if got := x.offset(t, at); got != fmt.Sprint(cut) {
		t.Errorf("after a wrong checksum the offset is %s", got)
	}
	// A restart keeps what came.
	again, err := openUploads(x.dir, 1<<30)
	if err != nil || again.count() != 1 {
		t.Fatal(err, again.count())
	}
	status, body, h := x.ask(t, "PATCH", at, file[cut:], octets(header{"Upload-Offset": fmt.Sprint(cut), "Upload-Checksum": "sha256 " + base64.StdEncoding.EncodeToString(sum[:])}))
	id := h.Get("Sonde-Capture")
	if status != 204 || id == "" {
		t.Fatal(status, body, h)
	}
	if string(x.caps.files[id]) != file || x.caps.names[id] != "../../etc/passwd" {
		t.Errorf("opened %d bytes as %q", len(x.caps.files[id]), x.caps.names[id])
	}
	if got := x.offset(t, at); got != fmt.Sprint(len(file)) {
		t.Error(got)
	}
	if status, body, _ := x.ask(t, "GET", at, "", bearer()); status != 200 || !strings.Contains(body, `"capture":"`+id+`"`) {
		t.Errorf("%d %s", status, body)
	}
	if files, _ := filepath.Glob(filepath.Join(x.dir, "uploads", "*.part")); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestUploadCutOffIsResumed(t *testing.T) {
	x := newSite(t)
	file := pcapMagic + strings.Repeat("data", 1000)
	at := x.begin(t, len(file), "a")
	c, err := net.Dial("tcp", x.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "PATCH %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/offset+octet-stream\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Length: %d\r\n\r\n%s", at, testToken, len(file), file[:1500])
	c.Close()
	end := time.Now().Add(10 * time.Second)
	for x.offset(t, at) != "1500" {
		if time.Now().After(end) {
			t.Fatalf("offset is %s", x.offset(t, at))
		}
		time.Sleep(time.Millisecond) // waiting on a condition
	}
	if status, _, _ := x.ask(t, "PATCH", at, file[1500:], octets(header{"Upload-Offset": "1500"})); status != 204 {
		t.Error(status)
	}
}

func TestUploadsAreRefused(t *testing.T) {
	x := newSite(t, func(o *Options) { o.MaxUpload = 1000 })
	cookie, half := x.halves(t, access.Operator)
	other := header{"Cookie": cookie.Name + "=" + cookie.Value, "X-Sonde-Half": half, "Origin": x.URL, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
	viewer, vhalf := x.halves(t, access.Viewer)
	small := header{"Cookie": viewer.Name + "=" + viewer.Value, "X-Sonde-Half": vhalf, "Origin": x.URL, "Content-Type": "application/octet-stream"}
	at := x.begin(t, 100, "a")
	for _, c := range []struct {
		name, method, path, body string
		h                        header
		want                     int
	}{
		{"another's upload", "PATCH", at, "x", other, 404},
		{"another's upload read", "GET", at, "", other, 404},
		{"another's upload deleted", "DELETE", at, "", other, 404},
		{"no such upload", "PATCH", "/api/uploads/nobody", "x", octets(header{"Upload-Offset": "0"}), 404},
		{"traversal in the id", "GET", "/api/uploads/..%2f..%2fsessions.json", "", bearer(), 404},
		{"dots as id", "GET", "/api/uploads/...", "", bearer(), 404},
		{"viewer", "POST", "/api/captures?name=a", pcapMagic, small, 403},
		{"stranger", "POST", "/api/captures?name=a", pcapMagic, header{"Content-Type": "application/octet-stream"}, 401},
		{"form of another site", "POST", "/api/captures?name=a", pcapMagic, header{"Content-Type": "multipart/form-data; boundary=x", "Origin": "http://evil.example", "Cookie": cookie.Name + "=" + cookie.Value}, 403},
		{"multipart", "POST", "/api/captures?name=a", pcapMagic, header{"Content-Type": "multipart/form-data; boundary=x", "Authorization": "Bearer " + testToken}, 415},
		{"html", "POST", "/api/captures?name=a", pcapMagic, header{"Content-Type": "text/html", "Authorization": "Bearer " + testToken}, 415},
		{"form type with a cookie", "POST", "/api/captures?name=a", pcapMagic, header{"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie.Name + "=" + cookie.Value, "X-Sonde-Half": half, "Origin": x.URL}, 415},
		{"no capture", "POST", "/api/captures?name=a", "<html>", header{"Content-Type": "application/octet-stream", "Authorization": "Bearer " + testToken}, 415},
		{"too large", "POST", "/api/captures?name=a", pcapMagic + strings.Repeat("x", 1000), header{"Content-Type": "application/octet-stream", "Authorization": "Bearer " + testToken}, 413},
		{"too long announced", "POST", "/api/uploads", "", octets(header{"Upload-Length": "1001"}), 413},
		{"negative length", "POST", "/api/uploads", "", octets(header{"Upload-Length": "-1"}), 400},
		{"length with a sign", "POST", "/api/uploads", "", octets(header{"Upload-Length": "+5"}), 400},
		{"length in hex", "POST", "/api/uploads", "", octets(header{"Upload-Length": "0x10"}), 400},
		{"no length", "POST", "/api/uploads", "", octets(nil), 400},
		{"metadata no base64", "POST", "/api/uploads", "", octets(header{"Upload-Length": "5", "Upload-Metadata": "filename ***"}), 400},
		{"more than announced", "PATCH", at, strings.Repeat("x", 101), octets(header{"Upload-Offset": "0"}), 413},
		{"json piece", "PATCH", at, "{}", octets(header{"Upload-Offset": "0", "Content-Type": "application/json"}), 415},
		{"other protocol", "PATCH", at, "x", octets(header{"Upload-Offset": "0", "Tus-Resumable": "0.2.2"}), 400},
		{"odd checksum", "PATCH", at, "x", octets(header{"Upload-Offset": "0", "Upload-Checksum": "crc32 AAAA"}), 400},
	} {
		if status, body, _ := x.ask(t, c.method, c.path, c.body, c.h); status != c.want {
			t.Errorf("%s: %d, want %d: %s", c.name, status, c.want, body)
		}
	}
	if got := x.offset(t, at); got != "0" {
		t.Errorf("offset %s after refusals", got)
	}
	if len(x.caps.files) != 1 {
		t.Errorf("%d captures", len(x.caps.files))
	}
	// What is no capture leaves nothing.
	at = x.begin(t, 6, "a")
	if status, body, _ := x.ask(t, "PATCH", at, "<html>", octets(header{"Upload-Offset": "0"})); status != 415 || codeOf(t, body) != wire.NotCapture {
		t.Errorf("no capture: %d %s", status, body)
	}
	if got := x.offset(t, at); got != "404" {
		t.Errorf("kept: %s", got)
	}
}

func TestAbandonedUploadsGo(t *testing.T) {
	x := newSite(t)
	at := x.begin(t, 100, "a")
	x.ask(t, "PATCH", at, "abc", octets(header{"Upload-Offset": "0"}))
	x.s.uploads.now = func() time.Time { return time.Now().Add(uploadLife + time.Minute) }
	x.s.uploads.sweep()
	if got := x.offset(t, at); got != "404" {
		t.Errorf("offset %s", got)
	}
	left, _ := os.ReadDir(filepath.Join(x.dir, "uploads"))
	if len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	// Strays of a crash go at the next start.
	for _, n := range []string{"x.part", "y.json", "z.txt"} {
		if err := os.WriteFile(filepath.Join(x.dir, "uploads", n), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openUploads(x.dir, 1000); err != nil {
		t.Fatal(err)
	}
	if left, _ = os.ReadDir(filepath.Join(x.dir, "uploads")); len(left) != 0 {
		t.Errorf("strays: %v", left)
	}
}

func TestPlainUploadAndNames(t *testing.T) {
	x := newSite(t)
	for _, name := range []string{"../../../tmp/x.pcap", "a\r\nSet-Cookie: x=1", "\x1b[31mred", "\u202egpj.pcap", strings.Repeat("é", 1000), "", "<img src=x onerror=alert(1)>"} {
		req, _ := http.NewRequest("POST", x.URL+"/api/captures?name="+escape(name), bytes.NewReader([]byte(pcapMagic+name)))
		req.Header.Set("Authorization", "Bearer "+testToken)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded") // curl --data-binary
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 201 {
			t.Errorf("%q: %d %s", name, resp.StatusCode, b)
			continue
		}
		if strings.Contains(string(b), "<img") {
			t.Errorf("markup left as it is: %s", b)
		}
		at := resp.Header.Get("Location")
		status, _, h := x.ask(t, "GET", at+"/download", "", bearer())
		cd := h.Get("Content-Disposition")
		if status != 200 || !strings.HasPrefix(cd, "attachment; filename=\"") || strings.ContainsAny(cd, "\r\n\x1b<>/") || h.Get("Set-Cookie") != "" {
			t.Errorf("%q: %d, Content-Disposition %q", name, status, cd)
		}
	}
}

func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

func FuzzTusHeaders(f *testing.F) {
	f.Add("100", "filename YQ==,type", "sha256 "+base64.StdEncoding.EncodeToString(make([]byte, 32)))
	f.Add("-1", "a b c", "sha1 x")
	f.Fuzz(func(t *testing.T, size, meta, sum string) {
		if n, err := parseSize("x", size); err == nil && (n < 0 || strings.Trim(size, "0123456789") != "") {
			t.Fatalf("%q is %d", size, n)
		}
		if m, err := parseMetadata(meta); err == nil {
			for k, v := range m {
				if k == "" {
					t.Fatal("empty key")
				}
				if n := displayName(v, "upload"); n == "" || len(n) > 255 || strings.ContainsRune(n, 0) {
					t.Fatalf("%q", n)
				}
			}
		}
		if h, want, err := parseChecksum(sum); err == nil && h != nil && len(want) != h.Size() {
			t.Fatal("checksum of another size")
		}
	})
}

func FuzzAttachment(f *testing.F) {
	f.Add("a\r\nb\"é.pcap")
	f.Fuzz(func(t *testing.T, name string) {
		cd := attachment(name)
		if strings.ContainsAny(cd, "\r\n\x00\\<>") || strings.Count(cd, `"`) != 2 {
			t.Fatalf("%q", cd)
		}
	})
}
