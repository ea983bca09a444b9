package instance

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func me() Owner { return Owner{os.Geteuid(), os.Getegid()} }

func open(t *testing.T, path string) *os.File {
	t.Helper()
	d, err := OpenDir(path, me())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// The test binary is also a server that is killed while it has the lock.
func TestMain(m *testing.M) {
	if path := os.Getenv("INSTANCE_TEST_LOCK"); path != "" {
		d, err := OpenDir(path, me())
		if err == nil {
			_, err = Acquire(d)
		}
		if err != nil {
			os.Stdout.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Stdout.WriteString("locked\n")
		_, _ = io.Copy(io.Discard, os.Stdin) // until killed
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestSecondServerNamesTheFirst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "data")
	d := open(t, dir)
	l, err := Acquire(d)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Acquire(open(t, dir))
	var r *Running
	if !errors.As(err, &r) || r.PID != os.Getpid() {
		t.Fatalf("%v", err)
	}
	l.Release()
	l2, err := Acquire(d)
	if err != nil {
		t.Fatal(err)
	}
	l2.Release()
}

func TestLockOfAKilledServerIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "INSTANCE_TEST_LOCK="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 7)
	if _, err := io.ReadFull(out, buf); err != nil || string(buf) != "locked\n" {
		t.Fatalf("%q %v", buf, err)
	}
	d := open(t, dir)
	_, err = Acquire(d)
	var r *Running
	if !errors.As(err, &r) || r.PID != cmd.Process.Pid {
		t.Fatalf("%v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	l, err := Acquire(d)
	if err != nil {
		t.Fatal(err)
	}
	l.Release()
}

func TestPlantedLinksAreRefused(t *testing.T) {
	target := filepath.Join(t.TempDir(), "target")
	dir := t.TempDir()
	if err := os.Symlink(target, filepath.Join(dir, "lock")); err != nil {
		t.Fatal(err)
	}
	if _, err := Acquire(open(t, dir)); err == nil {
		t.Error("lock through a link")
	}
	if _, err := os.Lstat(target); err == nil {
		t.Error("the target was made")
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(link, me()); err == nil {
		t.Error("data folder through a link")
	}
}

func TestFolderIsClosedToOthersAndNotTakenFromThem(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	if os.Geteuid() != 0 {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, "theirs"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(dir, Owner{65534, 65534}); err == nil || !strings.Contains(err.Error(), "has files in it") {
		t.Errorf("took a folder with files: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "theirs")); err != nil {
		t.Fatal(err)
	}
	d, err := OpenDir(dir, Owner{65534, 65534})
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil || st.Uid != 65534 {
		t.Errorf("owner %d %v", st.Uid, err)
	}
}

type handler struct{}

func (handler) Link(_ context.Context, path string) (string, error) {
	return "http://localhost:1" + path + "#k=x", nil
}

func (handler) Import(_ context.Context, name string, f *os.File) (string, error) {
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return "", err
	}
	if string(b) != "capture" {
		return "", errors.New("not a capture file")
	}
	return "/captures/" + name, nil
}

// serveControl runs a server whose folder is too deep for a socket address.
func serveControl(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30), "data")
	d := open(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	c, err := OpenControl(d)
	if err != nil {
		t.Fatal(err)
	}
	go func() { done <- c.Serve(ctx, handler{}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, err := Link(context.Background(), dir, "/"); !errors.Is(err, ErrNotRunning) {
			t.Errorf("after the end: %v", err)
		}
	})
	return dir
}

func TestLinkAndImportThroughTheSocket(t *testing.T) {
	dir := serveControl(t)
	if st, err := os.Stat(filepath.Join(dir, socketName)); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v %v", st.Mode(), err)
	}
	url, err := Link(context.Background(), dir, "/x")
	if err != nil || url != "http://localhost:1/x#k=x" {
		t.Fatal(url, err)
	}
	name := filepath.Join(t.TempDir(), "a.pcap")
	for content, want := range map[string]string{"capture": "http://localhost:1/captures/a.pcap#k=x", "junk": ""} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		url, err := Open(context.Background(), dir, "a.pcap", f)
		f.Close()
		if url != want || (want == "") != (err != nil) {
			t.Errorf("%s: %q %v", content, url, err)
		}
	}
}

// Whatever comes in, the server answers the next one.
func TestControlSurvivesNonsense(t *testing.T) {
	dir := serveControl(t)
	d := open(t, dir)
	for _, s := range []string{"", "\n", "{}\n", "{\"op\":\"open\"}\n", "nonsense\n", strings.Repeat("x", maxControl+1)} {
		c, err := net.Dial("unix", socketPath(d))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, s)
		_ = c.(*net.UnixConn).CloseWrite()
		b, _ := io.ReadAll(c)
		if len(b) > 0 && !strings.Contains(string(b), "error") {
			t.Errorf("%.20q: %s", s, b)
		}
		c.Close()
	}
	if _, err := Link(context.Background(), dir, "/"); err != nil {
		t.Error(err)
	}
}

func TestNoServer(t *testing.T) {
	if _, err := Link(context.Background(), t.TempDir(), "/"); !errors.Is(err, ErrNotRunning) {
		t.Error(err)
	}
	if _, err := Link(context.Background(), "/nonexistent/x", "/"); !errors.Is(err, ErrNotRunning) {
		t.Error(err)
	}
}
