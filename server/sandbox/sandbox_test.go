//go:build linux

package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// The test binary plays the confined child too.
func TestMain(m *testing.M) {
	switch os.Getenv("SANDBOX_TEST") {
	case "confined":
		dir := os.NewFile(3, "data")
		r, err := Confine(Policy{Read: []string{"/proc/self"}, WriteDirs: []*os.File{dir}})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Printf("%+v\n", r)
		if err := SelfTest(os.Stdout, "/proc/self/fd/3"); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	case "kept":
		if err := Keep(CapsOf(unix.CAP_NET_RAW, unix.CAP_KILL)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		tasks, _ := filepath.Glob("/proc/self/task/*/status")
		for _, task := range tasks {
			b, _ := os.ReadFile(task)
			for _, l := range strings.Split(string(b), "\n") {
				if strings.HasPrefix(l, "Cap") {
					fmt.Println(l)
				}
			}
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func needRoot(t *testing.T) {
	t.Helper()
	have, err := Effective()
	if err != nil {
		t.Fatal(err)
	}
	if !have.Has(unix.CAP_SETUID) || !have.Has(unix.CAP_SETPCAP) {
		t.Skip("needs CAP_SETUID and CAP_SETPCAP")
	}
}

func TestConfinedChildCanDoNothingElse(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "SANDBOX_TEST=confined")
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.ExtraFiles = []*os.File{f}
	if err := Start(cmd, &User{UID: 65534, GID: 65534}); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		if strings.Contains(out.String(), "no Landlock") {
			t.Skip("this kernel has no Landlock:\n", out.String())
		}
		t.Fatalf("%v\n%s", err, out.String())
	}
	t.Log(out.String())
}

func TestParentKeepsItsPrivileges(t *testing.T) {
	needRoot(t)
	before, _ := os.ReadFile("/proc/self/status")
	cmd := exec.Command("/bin/true")
	if err := Start(cmd, &User{UID: 65534, GID: 65534}); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	after, _ := os.ReadFile("/proc/self/status")
	for _, name := range []string{"CapEff", "CapBnd", "NoNewPrivs"} {
		if a, b := field(before, name), field(after, name); a != b {
			t.Errorf("%s was %s, is %s", name, a, b)
		}
	}
}

func field(status []byte, name string) string {
	for _, l := range strings.Split(string(status), "\n") {
		if v, ok := strings.CutPrefix(l, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func TestKeepDropsTheRestOnEveryThread(t *testing.T) {
	needRoot(t)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "SANDBOX_TEST=kept")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := fmt.Sprintf("%016x", uint64(CapsOf(unix.CAP_NET_RAW, unix.CAP_KILL)))
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 5 {
		t.Fatalf("no threads:\n%s", out)
	}
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ":")
		w := want
		if name == "CapInh" || name == "CapAmb" {
			w = fmt.Sprintf("%016x", 0)
		}
		if strings.TrimSpace(value) != w {
			t.Errorf("%s, not %s", l, w)
		}
	}
}

func TestAsIsTheOtherUser(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir, "mine")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() error {
		f, err := os.Open(mine)
		if err == nil {
			f.Close()
		}
		return err
	}
	if err := As(65534, 65534, open); !os.IsPermission(err) {
		t.Errorf("another user's file: %v", err)
	}
	if err := open(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	theirs := filepath.Join(dir, "theirs")
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := As(65534, 65534, func() error { return os.WriteFile(theirs, nil, 0o600) }); err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Stat(theirs, &st); err != nil || st.Uid != 65534 || st.Gid != 65534 {
		t.Errorf("owner %d:%d %v", st.Uid, st.Gid, err)
	}
}

// The filter's verdicts, run in Go's own machine for that language.
func TestFilterDeniesItsListOnly(t *testing.T) {
	raw, err := program(auditArch["amd64"])
	if err != nil {
		t.Fatal(err)
	}
	ins, ok := bpf.Disassemble(raw)
	if !ok {
		t.Fatal("not plain BPF")
	}
	vm, err := bpf.NewVM(ins)
	if err != nil {
		t.Fatal(err)
	}
	verdict := func(nr, arch uint32) uint32 {
		// The VM loads big-endian words; the kernel native ones.
		n, err := vm.Run([]byte{byte(nr >> 24), byte(nr >> 16), byte(nr >> 8), byte(nr), byte(arch >> 24), byte(arch >> 16), byte(arch >> 8), byte(arch)})
		if err != nil {
			t.Fatal(err)
		}
		return uint32(n)
	}
	arch := auditArch["amd64"]
	bad := map[uint32]bool{}
	for _, nr := range denied {
		bad[nr] = true
	}
	for nr := range uint32(600) {
		want := uint32(retAllow)
		if bad[nr] {
			want = retErrno | uint32(unix.EPERM)
		}
		if got := verdict(nr, arch); got != want {
			t.Errorf("call %d: %#x, not %#x", nr, got, want)
		}
	}
	if verdict(0, arch|1) == retAllow || verdict(x32Bit, arch) == retAllow {
		t.Error("another architecture's calls pass")
	}
}
