package sandbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// SelfTest tries, from inside, what a confined process must not be able to do,
// and what it must. It prints one line a trial and fails when one went wrong.
// dir is a folder that the policy lets it write.
func SelfTest(w io.Writer, dir string) error {
	failed := 0
	refused := func(what string, err error) {
		switch {
		case err == nil:
			failed++
			fmt.Fprintf(w, "FAIL %s: it worked\n", what)
		case errors.Is(err, fs.ErrPermission):
			fmt.Fprintf(w, "ok   %s: %v\n", what, err)
		default:
			failed++
			fmt.Fprintf(w, "FAIL %s: not refused but: %v\n", what, err)
		}
	}
	works := func(what string, err error) {
		if err != nil {
			failed++
			fmt.Fprintf(w, "FAIL %s: %v\n", what, err)
			return
		}
		fmt.Fprintf(w, "ok   %s: works\n", what)
	}
	_, err := os.ReadFile("/etc/shadow")
	refused("read /etc/shadow", err)
	_, err = os.ReadDir("/")
	refused("list /", err)
	// /tmp is open to all by file mode: only the confinement refuses it.
	f, err := os.CreateTemp("/tmp", "sonde-selftest-*")
	if err == nil {
		f.Close()
		os.Remove(f.Name())
	}
	refused("write in /tmp", err)
	p, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
	if err == nil {
		_, _ = p.Wait()
	}
	refused("run /bin/true", err)
	refused("trace a process", unix.PtraceAttach(os.Getppid()))
	refused("make a user namespace", unix.Unshare(unix.CLONE_NEWUSER))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err == nil {
		unix.Close(fd)
	}
	refused("open a packet socket", err)
	path := filepath.Join(dir, ".selftest")
	err = os.WriteFile(path, []byte("x"), 0o600)
	works("write in the data folder", err)
	if err == nil {
		works("remove from the data folder", os.Remove(path))
	}
	status, err := os.ReadFile("/proc/self/status")
	works("read /proc/self/status", err)
	for _, line := range strings.Split(string(status), "\n") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		want := map[string]string{"CapInh": "0000000000000000", "CapPrm": "0000000000000000", "CapEff": "0000000000000000",
			"CapAmb": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"}[name]
		if want == "" {
			continue
		}
		if value != want {
			failed++
			fmt.Fprintf(w, "FAIL %s is %s, not %s\n", name, value, want)
			continue
		}
		fmt.Fprintf(w, "ok   %s %s\n", name, value)
	}
	if failed > 0 {
		return fmt.Errorf("%d of the confinement's promises do not hold", failed)
	}
	return nil
}
