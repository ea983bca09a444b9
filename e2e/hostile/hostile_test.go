package hostile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

// Bounds of one file, whatever it holds.
const (
	maxCPU  = 10 * time.Second
	maxMiB  = 512
	patient = 2 * time.Minute // before a run counts as hanging; the machine may be busy
)

// heavy runs the files that take minutes.
var heavy = os.Getenv("SONDE_HEAVY") != ""

// program is the built one: SONDE_BIN, or built here.
var program string

func TestMain(m *testing.M) {
	code := func() int {
		program = os.Getenv("SONDE_BIN")
		if program == "" {
			dir, err := os.MkdirTemp("", "sonde-hostile-")
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			defer os.RemoveAll(dir)
			program = filepath.Join(dir, "sonde")
			build := exec.Command("go", "build", "-o", program, "sonde/server/cmd/sonde")
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "build sonde: %v\n%s", err, out)
				return 1
			}
		}
		return m.Run()
	}()
	os.Exit(code)
}

// makeFile writes a case's file into a folder.
func makeFile(t *testing.T, dir string, c Case) string {
	t.Helper()
	path := filepath.Join(dir, c.Name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Make(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// printed looks at output while it is made: it counts lines and finds bytes
// that must not reach a terminal.
type printed struct {
	lines int
	bytes int64
	bad   string
	tail  []byte
}

func (p *printed) Write(b []byte) (int, error) {
	p.bytes += int64(len(b))
	p.lines += bytes.Count(b, []byte{'\n'})
	all := append(p.tail, b...)
	p.tail = nil
	for i := 0; i < len(all); {
		c := all[i]
		if c < utf8.RuneSelf {
			if (c < 0x20 && c != '\n' && c != '\t' || c == 0x7f) && p.bad == "" {
				p.bad = fmt.Sprintf("%q", all[max(0, i-40):min(len(all), i+40)])
			}
			i++
			continue
		}
		if !utf8.FullRune(all[i:]) {
			p.tail = append([]byte(nil), all[i:]...)
			break
		}
		r, n := utf8.DecodeRune(all[i:])
		if (r == utf8.RuneError && n == 1 || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069) && p.bad == "" {
			p.bad = fmt.Sprintf("%q", all[max(0, i-40):min(len(all), i+40)])
		}
		i += n
	}
	return len(b), nil
}

// run runs the program and gives its exit code, what it printed, what it said,
// and what it used.
func run(t *testing.T, args ...string) (code int, out printed, said string, cpu time.Duration, mib int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("sonde %s hangs", strings.Join(args, " "))
	}
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	st := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if st.Signaled() {
		t.Errorf("sonde %s: killed by %v", strings.Join(args, " "), st.Signal())
	}
	for _, word := range []string{"panic:", "fatal error:", "goroutine "} {
		if strings.Contains(stderr.String(), word) {
			t.Errorf("sonde %s crashed:\n%s", strings.Join(args, " "), first(stderr.String(), 3000))
			break
		}
	}
	return cmd.ProcessState.ExitCode(), out, stderr.String(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), use.Maxrss >> 10
}

func first(s string, n int) string { return s[:min(n, len(s))] }

// The command line: packets before the damage are shown, damage is said with
// its place, nothing crashes, hangs or swells, and no escape code comes through.
func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			if c.Heavy && !heavy {
				t.Skip("takes minutes; SONDE_HEAVY=1 runs it")
			}
			path := makeFile(t, dir, c)
			defer os.Remove(path)
			code, out, said, cpu, mib := run(t, "tshark", "-n", "-r", path)
			t.Logf("exit %d, %d lines, %v CPU, %d MiB: %s", code, out.lines, cpu.Round(time.Millisecond), mib, first(said, 300))
			if out.bad != "" {
				t.Errorf("not clean: %s", out.bad)
			}
			if cpu > maxCPU {
				t.Errorf("took %v of CPU", cpu)
			}
			bound := int64(max(c.MiB, maxMiB))
			if mib > bound {
				t.Errorf("took %d MiB", mib)
			}
			switch {
			case c.Refuse && c.Name == "a_empty":
				if code != 0 || out.bytes != 0 { // tshark takes no bytes for no packets
					t.Errorf("exit %d, %d bytes", code, out.bytes)
				}
				return
			case c.Refuse:
				if code == 0 || said == "" {
					t.Errorf("exit %d, said %q; it is no capture", code, said)
				}
				return
			case c.Said == "" && (code != 0 || said != ""):
				t.Errorf("exit %d, said %q; nothing is wrong with the file", code, first(said, 500))
			case c.Said != "" && (!strings.Contains(said, c.Said) || !strings.ContainsAny(said, "0123456789")):
				t.Errorf("said %q; want a place and %q", first(said, 500), c.Said)
			}
			want := c.Packets
			if c.Before > 0 {
				want = c.Before
			}
			if out.lines < want {
				t.Errorf("%d lines for %d packets", out.lines, want)
			}
			if c.Packets > 2000 {
				return
			}
			for _, form := range [][]string{{"-V"}, {"-T", "json"}, {"-q", "-z", "conv,tcp"}} {
				_, out, _, cpu, mib := run(t, append([]string{"tshark", "-n", "-r", path}, form...)...)
				if out.bad != "" {
					t.Errorf("%v: not clean: %s", form, out.bad)
				}
				if cpu > maxCPU || mib > bound {
					t.Errorf("%v: %v of CPU, %d MiB", form, cpu, mib)
				}
			}
		})
	}
}

// From a pipe there is no going back; the bounds are the same.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	for _, c := range Cases() {
		switch c.Name {
		case "d_frag_bomb", "e_tcp_holes", "e_http_noend", "b_gz_onepkt", "a_cut", "a_random", "c_zero_hole":
		default:
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			path := makeFile(t, dir, c)
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			ctx, cancel := context.WithTimeout(context.Background(), patient)
			defer cancel()
			cmd := exec.CommandContext(ctx, program, "tshark", "-n", "-r", "-")
			var stderr bytes.Buffer
			out := &printed{}
			cmd.Stdin, cmd.Stdout, cmd.Stderr = io.MultiReader(f), out, &stderr
			_ = cmd.Run() // its exit code is its judgement of the file
			if ctx.Err() != nil {
				t.Fatal("hangs")
			}
			use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			if strings.Contains(stderr.String(), "panic:") || strings.Contains(stderr.String(), "fatal error:") {
				t.Errorf("crashed:\n%s", first(stderr.String(), 3000))
			}
			if use.Maxrss>>10 > maxMiB {
				t.Errorf("took %d MiB", use.Maxrss>>10)
			}
			if !c.Refuse && out.lines < max(c.Before, min(c.Packets, 100)) {
				t.Errorf("%d lines for %d packets; said %s", out.lines, c.Packets, first(stderr.String(), 300))
			}
		})
	}
}
