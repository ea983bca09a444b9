//go:build linux

// Package host drives the built program from outside, as root and as nobody:
// who holds which privilege, and what survives which death. Live captures run in
// network namespaces of their own, over a veth pair, with counted senders.
//
// The tests need root; each says what it misses and is skipped otherwise.
package host

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sonde/capture/frame"
	"sonde/capture/source"
)

var program string

const token = "0123456789abcdef0123456789abcdef"

func TestMain(m *testing.M) {
	if os.Getenv("SONDE_E2E_SEND") != "" {
		if err := sender(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "sonde-e2e-")
	if err == nil {
		err = os.Chmod(dir, 0o755) // nobody runs it too
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "sonde")
	build := exec.Command("go", append(append([]string{"build"}, strings.Fields(os.Getenv("SONDE_E2E_BUILD"))...), "-o", program, "sonde/server/cmd/sonde")...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

// open is a folder that every user can reach.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sonde-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// server is one running program.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	data string
	sock string // where it listens, or ""
	url  string // up to the host
	link string
	http *http.Client
	errs *lockedBuffer
	done chan struct{} // closed when it has ended
}

type how struct {
	data   string   // "" = a new one
	netns  bool     // in a network namespace of its own, listening on a socket file
	before []string // command line in front
	args   []string
	exe    string
}

// start runs the program until its link is printed.
func start(t *testing.T, h how) *server {
	t.Helper()
	s := &server{t: t, data: h.data, errs: &lockedBuffer{}, done: make(chan struct{})}
	if s.data == "" {
		s.data = filepath.Join(openDir(t), "data")
	}
	exe := program
	if h.exe != "" {
		exe = h.exe
	}
	listen := "localhost:0"
	if h.netns {
		s.sock = filepath.Join(openDir(t), "s")
		listen = "unix:" + s.sock
	}
	line := append(append([]string{}, h.before...), exe, "--data", s.data)
	if !strings.Contains(strings.Join(h.args, " "), "--listen") {
		line = append(line, "--listen", listen)
	}
	line = append(line, h.args...)
	s.cmd = exec.Command(line[0], line[1:]...)
	s.cmd.Env = append(os.Environ(), "SONDE_TOKEN="+token)
	s.cmd.Stderr = s.errs
	s.cmd.SysProcAttr = &syscall.SysProcAttr{}
	if h.netns {
		s.cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		if errors.Is(err, os.ErrPermission) {
			t.Skip("may not make a network namespace: ", err)
		}
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	text, err := r.ReadString('\n')
	if err != nil {
		_ = s.cmd.Wait()
		t.Fatalf("no link: %v\n%s", err, s.errs)
	}
	go func() {
		_, _ = io.Copy(io.Discard, r)
		_ = s.cmd.Wait()
		close(s.done)
	}()
	t.Cleanup(s.stop)
	var ok bool
	if s.link, ok = strings.CutPrefix(strings.TrimSpace(text), "sonde: http://"); !ok {
		t.Fatalf("printed %q", text)
	}
	host, code, ok := strings.Cut(s.link, "#k=")
	if !ok || len(code) < 22 { // 128 bits in base64
		t.Fatalf("link without a code: %q", text)
	}
	s.url = "http://" + strings.SplitN(host, "/", 2)[0]
	tr := &http.Transport{DisableKeepAlives: true}
	if s.sock != "" {
		tr.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", s.sock)
		}
	}
	s.http = &http.Client{Transport: tr, Timeout: 20 * time.Second}
	return s
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(5 * time.Second):
		s.t.Error("did not end on SIGTERM")
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	for _, bad := range []string{"panic:", "fatal error:", "DATA RACE"} {
		if strings.Contains(s.errs.String(), bad) {
			s.t.Errorf("stderr:\n%s", s.errs)
		}
	}
}

// call does one request with the token; v, where not nil, takes the answer.
func (s *server) call(method, path string, body, v any) error {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, s.url+path, r)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, b)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(b, v)
}

func (s *server) must(method, path string, body, v any) {
	s.t.Helper()
	if err := s.call(method, path, body, v); err != nil {
		s.t.Fatal(err, "\n", s.errs)
	}
}

// until polls a condition; what it waits for happens in another process.
func until(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	end := time.After(within)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-end:
			t.Fatalf("not within %v: %s", within, what)
		case <-tick.C:
		}
	}
}

// keeper and face are the two processes. Under a wrapper such as strace the
// program is its child.
func (s *server) keeper() int { return s.cmd.Process.Pid }

func (s *server) face() int {
	s.t.Helper()
	pid := 0
	until(s.t, 5*time.Second, "a face", func() bool {
		for _, p := range children(s.keeper()) {
			if name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", p)); strings.TrimSpace(string(name)) == "sonde-face" {
				pid = p
				return true
			}
		}
		return false
	})
	return pid
}

func children(pid int) []int {
	var list []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		b, _ := os.ReadFile(task)
		for _, f := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(f); err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}

func status(t *testing.T, pid int) map[string]string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for _, l := range strings.Split(string(b), "\n") {
		if k, v, ok := strings.Cut(l, ":"); ok {
			m[k] = strings.TrimSpace(v)
		}
	}
	return m
}

// inside runs a command in the network namespace of the server.
func (s *server) inside(name string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"-t", strconv.Itoa(s.keeper()), "-n", "--", name}, args...)...)
}

func (s *server) sh(line string) {
	s.t.Helper()
	if out, err := s.inside("sh", "-c", line).CombinedOutput(); err != nil {
		s.t.Skipf("%s: %v %s", line, err, out)
	}
}

// veth makes a pair v0, v1 in the server's namespace. What is sent on v1 is
// seen there as outgoing before anything can drop it, so that counts are exact.
func (s *server) veth() {
	s.t.Helper()
	s.sh("sysctl -qw net.ipv6.conf.default.disable_ipv6=1; ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && ip link set lo up")
}

// The frames of a sender: an ethertype of their own (IEEE 802 local experimental
// 1), and a number.
const etherType = 0x88b5

// sender sends SONDE_E2E_SEND frames at SONDE_E2E_RATE a second and prints how
// many the kernel took.
func sender() error {
	n, err := strconv.Atoi(os.Getenv("SONDE_E2E_SEND"))
	if err != nil {
		return err
	}
	rate, err := strconv.Atoi(os.Getenv("SONDE_E2E_RATE"))
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(os.Getenv("SONDE_E2E_FIRST"))
	if err != nil {
		return err
	}
	i, err := net.InterfaceByName(os.Getenv("SONDE_E2E_IF"))
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return err
	}
	to := &unix.SockaddrLinklayer{Ifindex: i.Index, Halen: 6, Protocol: etherType>>8 | etherType&0xff<<8}
	f := make([]byte, 100)
	copy(f, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, etherType >> 8, etherType & 0xff})
	began := time.Now()
	sent := 0
	for k := range n {
		if due := began.Add(time.Duration(k) * time.Second / time.Duration(rate)); k%50 == 0 {
			time.Sleep(time.Until(due))
		}
		binary.BigEndian.PutUint32(f[14:], uint32(first+k))
		for {
			err := unix.Sendto(fd, f, 0, to)
			if err == unix.ENOBUFS || err == unix.EINTR {
				continue
			}
			if err != nil {
				return err
			}
			break
		}
		sent++
	}
	fmt.Println(sent)
	return nil
}

// send starts a sender in the server's namespace; wait gives what it sent.
func (s *server) send(iface string, first, n, rate int) (wait func() int) {
	s.t.Helper()

	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := s.inside(self)
	cmd.Env = append(os.Environ(), fmt.Sprint("SONDE_E2E_SEND=", n), fmt.Sprint("SONDE_E2E_RATE=", rate), fmt.Sprint("SONDE_E2E_FIRST=", first), "SONDE_E2E_IF="+iface)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return func() int {
		s.t.Helper()
		if err := cmd.Wait(); err != nil {
			s.t.Fatal(err, errs.String())
		}
		sent, err := strconv.Atoi(strings.TrimSpace(out.String()))
		if err != nil {
			s.t.Fatal(err)
		}
		return sent
	}
}

// manifest is what the keeper says of a capture on disk.
type manifest struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Packets  int    `json:"packets"`
	Dropped  int    `json:"dropped"`
	Lost     int    `json:"lost"`
	Reason   string `json:"reason"`
	Excluded string `json:"excluded"`
	Segments []struct {
		Name    string `json:"name"`
		Packets int    `json:"packets"`
	} `json:"segments"`
}

func (s *server) manifest(id string) manifest {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.data, "live", id, "manifest.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		s.t.Fatal(err)
	}
	return m
}

// numbers are the numbers of the sender's frames in a capture's files.
func (s *server) numbers(id string) map[uint32]int {
	s.t.Helper()
	seen := map[uint32]int{}
	files, _ := filepath.Glob(filepath.Join(s.data, "live", id, "*.pcapng"))
	for _, name := range files {
		src, err := source.Open(name, source.Options{})
		if err != nil {
			s.t.Fatal(err)
		}
		var f frame.Frame
		for {
			err := src.Next(&f)
			if err == io.EOF {
				break
			}
			if err != nil {
				s.t.Fatalf("%s: %v", name, err)
			}
			if d := f.Data; len(d) >= 18 && binary.BigEndian.Uint16(d[12:]) == etherType {
				seen[binary.BigEndian.Uint32(d[14:])]++
			}
		}
		src.Close()
	}
	return seen
}

// startLive starts a capture through the API.
func (s *server) startLive(body map[string]any) string {
	s.t.Helper()
	var got struct{ ID string }
	s.must("POST", "/api/captures/live", body, &got)
	if got.ID == "" {
		s.t.Fatal("no id")
	}
	return got.ID
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
