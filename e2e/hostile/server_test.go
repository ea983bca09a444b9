package hostile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const secret = "0123456789abcdef0123456789abcdef"

// server is one running program.
type server struct {
	t      *testing.T
	cmd    *exec.Cmd
	origin string
	data   string
	mu     sync.Mutex
	log    bytes.Buffer
}

func (s *server) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

func (s *server) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

var address = regexp.MustCompile(`https?://[^/\s]+`)

func serve(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir()}
	s.cmd = exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--data", s.data)
	s.cmd.Env = append(os.Environ(), "SONDE_TOKEN="+secret)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = s
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.cmd.Process.Signal(syscall.SIGTERM)
		s.cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := address.FindString(lines.Text()); m != "" {
			s.origin = m
			break
		}
	}
	if s.origin == "" {
		t.Fatalf("it did not say its address: %s", s.said())
	}
	go io.Copy(io.Discard, out)
	return s
}

func (s *server) do(method, path string, body io.Reader) (int, []byte) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.origin+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	if body != nil {
		r.Header.Set("Content-Type", "application/octet-stream")
	}
	client := http.Client{Timeout: patient}
	a, err := client.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", method, path, err, first(s.said(), 3000))
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a.StatusCode, b
}

// memory is the resident memory of the program's processes in MiB, without
// pages of files that are mapped.
func (s *server) memory() (mib int) {
	parent, anon := map[int]int{}, map[int]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/status")
	for _, p := range stats {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(p)))
		b, _ := os.ReadFile(p) // one that ended meanwhile has none
		for line := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(line, "PPid:"); ok {
				parent[pid], _ = strconv.Atoi(strings.TrimSpace(v))
			}
			if v, ok := strings.CutPrefix(line, "RssAnon:"); ok {
				n, _ := strconv.Atoi(strings.Fields(v)[0])
				anon[pid] = n >> 10
			}
		}
	}
	for pid, n := range anon {
		for p := pid; p > 1; p = parent[p] {
			if p == s.cmd.Process.Pid {
				mib += n
				break
			}
		}
	}
	return mib
}

type status struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Packets int    `json:"packets"`
	Error   string `json:"error"`
	Damage  *struct {
		Offset  int64  `json:"offset"`
		Message string `json:"message"`
	} `json:"damage"`
}

// The server: hostile uploads are opened or refused, what is wrong is said
// with its place, every view of them answers within bounds, and it lives on.
func TestServer(t *testing.T) {
	s := serve(t)
	dir := t.TempDir()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			if c.Heavy && !heavy {
				t.Skip("takes minutes; SONDE_HEAVY=1 runs it")
			}
			s.t = t
			path := makeFile(t, dir, c)
			defer os.Remove(path)
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			began := time.Now()
			code, body := s.do("POST", "/api/captures?name="+url.QueryEscape(c.Name+"\r\n<script>\u202e../../x"), f)
			if c.Refuse {
				if code < 400 || code >= 500 {
					t.Errorf("answered %d: %s", code, body)
				}
				if left, _ := filepath.Glob(filepath.Join(s.data, "captures", "*")); len(left) != 0 {
					t.Errorf("left behind: %v", left)
				}
				return
			}
			if code != http.StatusCreated {
				t.Fatalf("answered %d: %s", code, body)
			}
			var st status
			if err := json.Unmarshal(body, &st); err != nil {
				t.Fatal(err)
			}
			peak := 0
			for st.State != "ready" && st.State != "failed" {
				if time.Since(began) > patient {
					t.Fatalf("still %+v", st)
				}
				_, body = s.do("GET", "/api/captures/"+st.ID, nil)
				if err := json.Unmarshal(body, &st); err != nil {
					t.Fatal(err)
				}
				peak = max(peak, s.memory())
			}
			t.Logf("%s after %v, %d packets, %d MiB %+v", st.State, time.Since(began).Round(time.Millisecond), st.Packets, peak, st.Damage)
			if st.State != "ready" || st.Packets < c.Packets {
				t.Errorf("%+v; want %d packets", st, c.Packets)
			}
			if c.Said != "" && (st.Damage == nil || !strings.Contains(st.Damage.Message, c.Said) && c.Said != "cut" || st.Damage.Offset <= 0) {
				t.Errorf("damage %+v; want a place and %q", st.Damage, c.Said)
			}
			at := "/api/captures/" + st.ID
			views := []string{"/packets?limit=50", fmt.Sprintf("/packets?from=%d&limit=50", max(0, st.Packets-50)), "/packets?limit=20&filter=" + url.QueryEscape("tcp || udp.port == 53"), "/packets/1",
				fmt.Sprintf("/packets/%d", st.Packets), "/stats/conv,tcp?limit=100", "/stats/io,phs", "/strip", "/follow/tcp/0", "/follow/udp/0"}
			for _, v := range views {
				code, body := s.do("GET", at+v, nil)
				if code >= 500 {
					t.Errorf("GET %s: %d %s", v, code, first(string(body), 300))
				}
				if len(body) > 64<<20 {
					t.Errorf("GET %s: %d bytes", v, len(body))
				}
				peak = max(peak, s.memory())
			}
			if bound := max(c.MiB, maxMiB); peak > bound {
				t.Errorf("took %d MiB", peak)
			}
			if code, body := s.do("DELETE", at, nil); code != http.StatusOK {
				t.Errorf("DELETE: %d %s", code, body)
			}
		})
		if s.cmd.Process.Signal(syscall.Signal(0)) != nil {
			t.Fatal("the server is gone")
		}
		if c.Heavy && heavy {
			s.alive(t) // memory of a heavy file goes back bit by bit: not the next file's
			s = serve(t)
		}
	}
	s.alive(t)
}

// alive checks that the server answers and never crashed.
func (s *server) alive(t *testing.T) {
	t.Helper()
	s.t = t
	if code, _ := s.do("GET", "/api/captures", nil); code != http.StatusOK {
		t.Errorf("the list answers %d", code)
	}
	for _, word := range []string{"panic:", "fatal error:", "DATA RACE", "http: panic"} {
		if strings.Contains(s.said(), word) {
			t.Errorf("it said: %s", first(s.said(), 4000))
		}
	}
}
