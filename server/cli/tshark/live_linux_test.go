package tshark

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// network puts the test into a network namespace of its own with lo up.
func network(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skip("a network namespace is not permitted here: ", err)
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Skipf("ip link set lo up: %v: %s", err, out)
	}
}

// runLive runs tshark while datagrams go to port 9999 of the loopback; until
// is asked after each one and may end the capture.
func runLive(t *testing.T, dir string, until func(p *os.Process, out string), args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SONDE_TEST_TSHARK=1")
	name := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = f, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("udp", "127.0.0.1:9999")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for {
		select {
		case err := <-ended:
			b, _ := os.ReadFile(name)
			var x *exec.ExitError
			if errors.As(err, &x) {
				return x.ExitCode(), string(b), errs.String()
			}
			return 0, string(b), errs.String()
		case <-tick.C:
			_, _ = c.Write([]byte("hello")) // refused, which is of no matter
			if until != nil {
				b, _ := os.ReadFile(name)
				until(cmd.Process, string(b))
			}
		case <-limit.C:
			_ = cmd.Process.Kill()
			<-ended
			b, _ := os.ReadFile(name)
			t.Fatalf("no end after a minute\n%s\n%s", b, errs.String())
		}
	}
}

func TestLiveCountsAndFilters(t *testing.T) {
	network(t)
	code, out, errs := runLive(t, "", nil, "-n", "-i", "lo", "-f", "udp port 9999", "-c", "3", "-l", "-T", "fields", "-e", "udp.dstport", "-e", "frame.interface_name")
	if code != 0 || strings.Count(out, "9999\t") != 3 {
		t.Errorf("exit %d, stdout %q", code, out)
	}
	if !strings.Contains(errs, "Capturing on 'Loopback: lo'\n") || !strings.Contains(errs, "3 packets captured\n") {
		t.Errorf("stderr %q", errs)
	}
}

func TestLiveEndsOnInterrupt(t *testing.T) {
	network(t)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		once := false
		code, out, errs := runLive(t, "", func(p *os.Process, out string) {
			if !once && strings.Contains(out, "Len=5") {
				once = true
				_ = p.Signal(s)
			}
		}, "-n", "-i", "lo", "-i", "any", "-f", "udp", "-z", "io,phs")
		if code != 0 || !strings.Contains(out, "Protocol Hierarchy Statistics") {
			t.Errorf("%v: exit %d, stdout %q", s, code, out)
		}
		if !strings.Contains(errs, "Capturing on 'Loopback: lo' and 'any'\n") || !strings.Contains(errs, "captured\n") {
			t.Errorf("%v: stderr %q", s, errs)
		}
	}
}

func TestLiveWritesRing(t *testing.T) {
	network(t)
	dir := t.TempDir()
	code, _, errs := runLive(t, dir, nil, "-q", "-i", "lo", "-f", "udp port 9999", "-c", "5", "-b", "packets:2", "-b", "printname:stderr", "-w", "ring.pcapng")
	files, _ := filepath.Glob(filepath.Join(dir, "ring_0000?_*.pcapng"))
	if code != 0 || len(files) != 3 || strings.Count(errs, ".pcapng") != 3 {
		t.Fatalf("exit %d, files %v, stderr %q", code, files, errs)
	}
	var out, e bytes.Buffer
	if c := Run([]string{"-n", "-r", files[0], "-T", "fields", "-e", "udp.dstport"}, nil, &out, &e); c != 0 || out.String() != "9999\n9999\n" {
		t.Errorf("the first file: exit %d, %q %q", c, out.String(), e.String())
	}
}

func TestLiveEndsAfterDuration(t *testing.T) {
	network(t)
	dir := t.TempDir()
	code, _, errs := runLive(t, dir, nil, "-i", "1", "-a", "duration:0.3", "-w", "x.pcap", "-F", "pcap")
	if code != 0 || !strings.Contains(errs, "captured\n") {
		t.Errorf("exit %d, stderr %q", code, errs)
	}
	if st, err := os.Stat(filepath.Join(dir, "x.pcap")); err != nil || st.Size() < 24 {
		t.Errorf("no file: %v", err)
	}
}

func TestLiveMistakes(t *testing.T) {
	network(t)
	for _, c := range []struct{ args, want string }{
		{"-i nosuch", `There is no device named "nosuch"`},
		{"-i 77", "There is no interface with that adapter index"},
		{"-i lo -f xyzzy", `Invalid capture filter "xyzzy" for interface 'Loopback: lo'.`},
		{"-i lo -y PPP", "PPP is not one of its link types"},
	} {
		if code, _, errs := runLive(t, "", nil, strings.Fields(c.args)...); code == 0 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit %d, stderr %q", c.args, code, errs)
		}
	}
	if code, out, _ := runLive(t, "", nil, "-D"); code != 0 || !strings.Contains(out, "lo (Loopback)\n") {
		t.Errorf("-D: exit %d, %q", code, out)
	}
	if code, out, _ := runLive(t, "", nil, "-L", "-i", "lo"); code != 0 || !strings.Contains(out, "  EN10MB (Ethernet)\n") {
		t.Errorf("-L: exit %d, %q", code, out)
	}
}

// A pipe that is not ready yet shows each packet as it comes.
func TestPipeStreams(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Skip("no FIFO can be made here: ", err)
	}
	for _, flag := range []string{"-i", "-r"} {
		cmd := exec.Command(os.Args[0], "-n", "-l", flag, fifo, "-T", "fields", "-e", "frame.number")
		cmd.Env = append(os.Environ(), "SONDE_TEST_TSHARK=1")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		head := []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x01\x00\x00\x00")
		record := append([]byte{0, 0, 0, 1, 0, 0, 0, 0, 14, 0, 0, 0, 14, 0, 0, 0}, make([]byte, 14)...)
		if _, err := w.Write(head); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 8)
		for i := range 3 {
			// Each line is there before the next packet is written.
			if _, err := w.Write(record); err != nil {
				t.Fatal(err)
			}
			n, err := out.Read(b)
			if err != nil || string(b[:n]) != string(rune('1'+i))+"\n" {
				t.Fatalf("%s: packet %d gave %q, %v", flag, i+1, b[:n], err)
			}
		}
		w.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", flag, err)
		}
	}
}
