//go:build linux

package host

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// law checks that what was sent is in the file, once each, or reported lost.
func law(t *testing.T, s *server, id string, sent int) manifest {
	t.Helper()
	m := s.manifest(id)
	seen := s.numbers(id)
	for n, times := range seen {
		if times != 1 {
			t.Fatalf("frame %d is there %d times", n, times)
		}
	}
	if len(seen)+m.Dropped+m.Lost != sent {
		t.Errorf("%d sent, %d in the files, %d dropped, %d lost", sent, len(seen), m.Dropped, m.Lost)
	}
	if m.Packets < len(seen) {
		t.Errorf("%d in the files, the manifest says %d", len(seen), m.Packets)
	}
	t.Logf("%d sent, %d in the files, %d dropped, %d lost, %s (%s)", sent, len(seen), m.Dropped, m.Lost, m.State, m.Reason)
	return m
}

// The promise: a killed face loses no packet, and the page is back in 3 s, at the
// same address, with the capture in its list.
func TestKilledFaceLosesNoPacket(t *testing.T) {
	needRoot(t)
	s := start(t, how{netns: true})
	s.veth()
	id := s.startLive(map[string]any{"interface": "v1"})
	wait := s.send("v1", 0, 20000, 10000)
	for range 3 {
		face := s.face()
		if err := syscall.Kill(face, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		until(t, 3*time.Second, "the page is back", func() bool { return s.call("GET", "/healthz", nil, nil) == nil })
		t.Logf("back after %v", time.Since(began))
		if s.face() == face {
			t.Fatal("the same face")
		}
	}
	sent := wait()
	if !strings.Contains(rawList(t, s), id) {
		t.Error("the capture is not in the new face's list")
	}
	s.must("POST", "/api/captures/"+id+"/stop", nil, nil)
	if m := law(t, s, id, sent); m.State != "stopped" || m.Lost != 0 {
		t.Errorf("%+v", m)
	}
}

func TestTermFlushesEverything(t *testing.T) {
	needRoot(t)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := start(t, how{netns: true})
		s.veth()
		id := s.startLive(map[string]any{"interface": "v1"})
		sent := s.send("v1", 0, 5000, 1000000)()
		began := time.Now()
		if err := s.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		<-s.done
		if took := time.Since(began); took > time.Second {
			t.Errorf("%v: ended after %v", sig, took)
		}
		if m := law(t, s, id, sent); m.State != "stopped" || m.Lost != 0 {
			t.Errorf("%v: %+v", sig, m)
		}
	}
}

func TestKilledKeeperLeavesAReadableCapture(t *testing.T) {
	needRoot(t)
	s := start(t, how{netns: true})
	s.veth()
	id := s.startLive(map[string]any{"interface": "v1"})
	sent := s.send("v1", 0, 2000, 2000)()
	// Everything is on disk a moment after the last packet, with nobody asking.
	until(t, 2*time.Second, "the last packet is on disk", func() bool { return len(s.numbers(id)) == sent })
	face := s.face()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.done
	until(t, 3*time.Second, "the face ends with its keeper", func() bool { return syscall.Kill(face, 0) == syscall.ESRCH || zombie(face) })
	again := start(t, how{netns: true, data: s.data})
	list := rawList(t, again)
	if !strings.Contains(list, id) || !strings.Contains(list, "ended by crash") {
		t.Errorf("list: %s", list)
	}
	if n := len(again.numbers(id)); n != sent {
		t.Errorf("%d of %d packets", n, sent)
	}
	if m := again.manifest(id); m.State != "crashed" {
		t.Errorf("%+v", m)
	}
}

func zombie(pid int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && strings.Contains(string(b), ") Z ")
}

func TestFullDiskIsSaid(t *testing.T) {
	needRoot(t)
	dir := openDir(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m,mode=0777"); err != nil {
		t.Skip("needs to mount a tmpfs: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_FORCE) })
	s := start(t, how{netns: true, data: filepath.Join(dir, "data")})
	s.veth()
	id := s.startLive(map[string]any{"interface": "v1"})
	sent := s.send("v1", 0, 20000, 100000)()
	until(t, time.Second, "the capture ends", func() bool { return s.manifest(id).State == "failed" })
	m := s.manifest(id)
	seen := len(s.numbers(id))
	// The capture ended by itself: what came later was not taken by it.
	if seen == 0 || seen+m.Lost+m.Dropped > sent || m.Lost == 0 || !strings.Contains(m.Reason, "disk is full") {
		t.Errorf("%d sent, %d in the files, %+v", sent, seen, m)
	}
	if m.Packets < seen {
		t.Errorf("%d in the files, %+v", seen, m)
	}
	if list := rawList(t, s); !strings.Contains(list, "disk is full") {
		t.Errorf("not said: %s", list)
	}
	s.must("GET", "/healthz", nil, nil)
	// Room again, and it goes on.
	s.must("DELETE", "/api/captures/"+id, nil, nil)
}

func TestOwnPagesAreNotCaptured(t *testing.T) {
	needRoot(t)
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("needs curl")
	}
	s := start(t, how{before: []string{"unshare", "-n", "--", "sh", "-c", `ip link set lo up && exec "$0" "$@"`}})
	get := func(path string) string {
		out, err := s.inside("curl", "-sS", "-H", "Authorization: Bearer "+token, s.url+path).CombinedOutput()
		if err != nil {
			t.Fatalf("%v %s", err, out)
		}
		return string(out)
	}
	out, err := s.inside("curl", "-sS", "-H", "Authorization: Bearer "+token, "-H", "Content-Type: application/json", "-d", `{"interface":"lo"}`, s.url+"/api/captures/live").CombinedOutput()
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	found := regexp.MustCompile(`"id":"(live-[^"]+)"`).FindSubmatch(out)
	if found == nil {
		t.Fatalf("%s", out)
	}
	id := string(found[1])
	for range 20 {
		get("/healthz")
	}
	s.sh("for i in 1 2 3 4 5; do echo x > /dev/udp/127.0.0.1/9; done 2>/dev/null || bash -c 'for i in 1 2 3 4 5; do echo x > /dev/udp/127.0.0.1/9; done' 2>/dev/null; true")
	if out, err := s.inside("curl", "-sS", "-X", "POST", "-H", "Authorization: Bearer "+token, s.url+"/api/captures/"+id+"/stop").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	m := s.manifest(id)
	// Five datagrams, and the refusals that they met.
	if m.Packets == 0 || m.Packets > 10 || !strings.Contains(m.Excluded, "tcp port") {
		t.Errorf("%+v", m)
	}
}

// The keeper opens no capture file for reading and no TCP socket, as strace sees
// it.
func TestKeeperReadsNoCaptureFile(t *testing.T) {
	needRoot(t)
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("needs strace")
	}
	log := filepath.Join(openDir(t), "strace")
	s := start(t, how{netns: true, before: []string{"strace", "-f", "--quiet=all", "-e", "trace=open,openat,openat2,socket,execve,clone,clone3,fork,vfork", "-o", log}})
	strace := s.cmd.Process.Pid
	kids := children(strace)
	if len(kids) == 0 {
		t.Fatal("no child of strace")
	}
	keeper := kids[0]
	s.veth()
	id := s.startLive(map[string]any{"interface": "v1"})
	sent := s.send("v1", 0, 500, 1000)()
	s.must("POST", "/api/captures/"+id+"/stop", nil, nil)
	if m := law(t, s, id, sent); m.State != "stopped" {
		t.Errorf("%+v", m)
	}
	until(t, 10*time.Second, "the capture is read by the face", func() bool {
		return s.call("GET", "/api/captures/"+id+"/packets?limit=5", nil, nil) == nil
	})
	threads := map[string]bool{strconv.Itoa(keeper): true}
	tasks, _ := os.ReadDir(filepath.Join("/proc", strconv.Itoa(keeper), "task"))
	for _, task := range tasks {
		threads[task.Name()] = true
	}
	if err := syscall.Kill(keeper, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-s.done
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	faceRead, keeperWrote := false, false
	for sc := bufio.NewScanner(bytes.NewReader(b)); sc.Scan(); {
		line := sc.Text()
		pid, call, _ := strings.Cut(line, " ")
		own := threads[pid]
		capture := strings.Contains(call, ".pcapng") || strings.Contains(call, "/captures/")
		switch {
		case capture && strings.Contains(call, "O_WRONLY") && own:
			keeperWrote = true
		case capture && own:
			t.Errorf("keeper: %s", line)
		case capture && strings.Contains(call, "O_RDONLY"):
			faceRead = true
		}
		if own && strings.Contains(call, "socket(AF_INET") && strings.Contains(call, "SOCK_STREAM") {
			t.Errorf("keeper: %s", line)
		}
	}
	if !keeperWrote || !faceRead {
		t.Errorf("the check saw nothing: keeper wrote %v, face read %v", keeperWrote, faceRead)
	}
}
