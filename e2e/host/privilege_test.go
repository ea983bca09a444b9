//go:build linux

package host

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestFaceHoldsNothingAndKeeperNoPort(t *testing.T) {
	needRoot(t)
	s := start(t, how{})
	f := status(t, s.face())
	for name, want := range map[string]string{"CapInh": "0000000000000000", "CapPrm": "0000000000000000", "CapEff": "0000000000000000",
		"CapBnd": "0000000000000000", "CapAmb": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"} {
		if f[name] != want {
			t.Errorf("face: %s is %s, not %s", name, f[name], want)
		}
	}
	for _, uid := range strings.Fields(f["Uid"]) {
		if uid == "0" {
			t.Errorf("face: uids %s", f["Uid"])
		}
	}
	k := status(t, s.keeper())
	caps, err := strconv.ParseUint(k["CapBnd"], 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []int{unix.CAP_SYS_ADMIN, unix.CAP_SYS_MODULE, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_BOOT, unix.CAP_MKNOD, unix.CAP_CHOWN} {
		if caps>>c&1 == 1 {
			t.Errorf("keeper: capability %d is still in the bounding set", c)
		}
	}
	s.must("GET", "/healthz", nil, nil)
	s.must("GET", "/api/processes", nil, nil)
	if tcp := tcpSockets(t, s.keeper()); len(tcp) > 0 {
		t.Errorf("keeper has TCP sockets: %v", tcp)
	}
	if tcp := tcpSockets(t, s.face()); len(tcp) == 0 {
		t.Error("the face seems to have none either: the check sees nothing")
	}
}

// tcpSockets are the TCP sockets among a process's descriptors.
func tcpSockets(t *testing.T, pid int) []string {
	t.Helper()
	inodes := map[string]bool{}
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if l, err := os.Readlink(fd); err == nil {
			if in, ok := strings.CutPrefix(l, "socket:["); ok {
				inodes[strings.TrimSuffix(in, "]")] = true
			}
		}
	}
	var found []string
	for _, table := range []string{"tcp", "tcp6"} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue
		}
		for _, l := range strings.Split(string(b), "\n") {
			if f := strings.Fields(l); len(f) > 9 && inodes[f[9]] {
				found = append(found, l)
			}
		}
	}
	return found
}

func TestReadOnlyKeeperCannotAct(t *testing.T) {
	needRoot(t)
	s := start(t, how{args: []string{"--read-only"}})
	caps, err := strconv.ParseUint(status(t, s.keeper())["CapBnd"], 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []int{unix.CAP_KILL, unix.CAP_SYS_PTRACE, unix.CAP_SYS_NICE} {
		if caps>>c&1 == 1 {
			t.Errorf("keeper: capability %d is there", c)
		}
	}
	if err := s.call("POST", "/api/captures/live", map[string]any{"interface": "lo"}, nil); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("capture: %v", err)
	}
}

func TestSelfTestOfTheConfinement(t *testing.T) {
	needRoot(t)
	out, err := exec.Command(program, "selftest", "sandbox", "--data", filepath.Join(openDir(t), "data")).CombinedOutput()
	if err != nil {
		if strings.Contains(string(out), "no Landlock") {
			t.Skip("this kernel has no Landlock")
		}
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"ok   read /etc/shadow", "ok   write in /tmp", "ok   run /bin/true", "ok   NoNewPrivs 1"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// A folder that the face's user cannot walk to works all the same.
func TestDataFolderBehindAClosedDoor(t *testing.T) {
	needRoot(t)
	s := start(t, how{data: filepath.Join(t.TempDir(), "data")})
	s.must("GET", "/api/captures", nil, nil)
}

func TestOrdinaryUser(t *testing.T) {
	needRoot(t)
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("needs setpriv")
	}
	s := start(t, how{before: []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"}})
	s.must("GET", "/healthz", nil, nil)
	s.must("GET", "/api/processes", nil, nil)
	if n := len(children(s.keeper())); n != 0 {
		t.Errorf("%d children: one process is enough without privileges", n)
	}
	err := s.call("POST", "/api/captures/live", map[string]any{"interface": "lo"}, nil)
	if err == nil || !strings.Contains(err.Error(), "CAP_NET_RAW") && !strings.Contains(err.Error(), "cap_net_raw") {
		t.Errorf("capture without the capability: %v", err)
	}
	cmd := exec.Command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", program, "doctor")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "sudo setcap cap_net_raw+ep "+program) {
		t.Errorf("doctor: %v\n%s", err, out)
	}
}

func TestAddressForOthersIsRefusedBeforeAnythingIsBound(t *testing.T) {
	began := time.Now()
	out, err := exec.Command(program, "--data", openDir(t), "--listen", "0.0.0.0:47777").CombinedOutput()
	if err == nil || time.Since(began) > time.Second {
		t.Errorf("after %v: %v %s", time.Since(began), err, out)
	}
	c, err := net.Dial("tcp", "127.0.0.1:47777")
	if err == nil {
		c.Close()
		t.Error("bound")
	}
}

func TestSecondServerOnOneFolder(t *testing.T) {
	s := start(t, how{})
	out, err := exec.Command(program, "--data", s.data, "--listen", "localhost:0").CombinedOutput()
	if err == nil || !strings.Contains(string(out), fmt.Sprintf("pid %d", s.keeper())) {
		t.Errorf("%v %s", err, out)
	}
	url, err := exec.Command(program, "url", "--data", s.data).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(url), "sonde: "+s.url+"/#k=") {
		t.Errorf("%v %s", err, url)
	}
	if strings.TrimSpace(string(url)) == "sonde: http://"+s.link {
		t.Error("the same code twice")
	}
}

// `sonde open` hands a file that only the caller can read to the running server.
func TestOpenHandsOverAClosedFile(t *testing.T) {
	s := start(t, how{})
	name := filepath.Join(t.TempDir(), "closed.pcap")
	if err := os.WriteFile(name, tinyPcap(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "open", "--data", s.data, name).CombinedOutput()
	if err != nil || !regexp.MustCompile(`^sonde: `+regexp.QuoteMeta(s.url)+`/captures/[^/#]+#k=.+\n$`).Match(out) {
		t.Fatalf("%v %s", err, out)
	}
	if list := rawList(t, s); !strings.Contains(list, "closed.pcap") {
		t.Error(list)
	}
	out, err = exec.Command(program, "open", "--data", s.data, program).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "not a capture") {
		t.Errorf("an executable: %v %s", err, out)
	}
}

func TestOpenStartsAServer(t *testing.T) {
	name := filepath.Join(t.TempDir(), "first.pcap")
	if err := os.WriteFile(name, tinyPcap(), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(openDir(t), "data")
	cmd := exec.Command(program, "open", "--data", data, "--listen", "localhost:0", name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs lockedBuffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	buf := make([]byte, 4096)
	n, err := out.Read(buf)
	if err != nil || !strings.Contains(string(buf[:n]), "/captures/") {
		t.Fatalf("%v %s %s", err, buf[:n], errs.String())
	}
}

func rawList(t *testing.T, s *server) string {
	t.Helper()
	var raw any
	s.must("GET", "/api/captures", nil, &raw)
	return fmt.Sprint(raw)
}

// tinyPcap is a capture of one empty Ethernet frame.
func tinyPcap() []byte {
	var b bytes.Buffer
	b.Write([]byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0})
	b.Write([]byte{1, 0, 0, 0, 0, 0, 0, 0, 14, 0, 0, 0, 14, 0, 0, 0})
	b.Write(make([]byte, 14))
	return b.Bytes()
}

// The program's file is replaced while it runs: a new face is still of the build
// that runs.
func TestReplacedBinary(t *testing.T) {
	needRoot(t)
	exe := filepath.Join(openDir(t), "sonde")
	copyFile(t, program, exe)
	s := start(t, how{exe: exe})
	if err := os.Remove(exe); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(exe, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(s.face(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, 3*time.Second, "the page is back", func() bool { return s.call("GET", "/healthz", nil, nil) == nil })
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	r, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, r); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
