package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sonde/capture/frame"
)

// readAll reads a capture to its end and returns the last error, io.EOF included.
func readAll(s Source, each func(*frame.Frame)) (int, error) {
	var f frame.Frame
	for n := 0; ; n++ {
		if err := s.Next(&f); err != nil {
			return n, err
		}
		if each != nil {
			each(&f)
		}
	}
}

func tshark(t *testing.T) string {
	t.Helper()
	p, err := exec.LookPath("tshark46")
	if err != nil {
		t.Skip("no tshark46 in PATH")
	}
	return p
}

// Every frame's time, length and captured length are tshark's. By default a
// few files of each container are compared; SONDE_CORPUS_ALL=1 takes all.
func TestCorpusLikeTshark(t *testing.T) {
	root := os.Getenv("SONDE_CORPUS")
	if root == "" {
		t.Skip("SONDE_CORPUS is not set")
	}
	bin := tshark(t)
	manifest, err := os.ReadFile(filepath.Join(root, "MANIFEST.tsv"))
	if err != nil {
		t.Skip(err)
	}
	per := map[string]int{}
	files, frames, odd := 0, 0, 0
	for _, line := range strings.Split(string(manifest), "\n")[1:] {
		col := strings.Split(line, "\t")
		if len(col) < 8 {
			continue
		}
		per[col[6]]++
		if per[col[6]] > 4 && os.Getenv("SONDE_CORPUS_ALL") == "" {
			continue
		}
		path := filepath.Join(root, col[0])
		s, err := Open(path, Options{})
		if errors.Is(err, ErrNotCapture) {
			t.Logf("%s (%s): %v", col[0], col[6], err)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", col[0], err)
			continue
		}
		var ours bytes.Buffer
		n, end := readAll(s, func(f *frame.Frame) {
			fmt.Fprintf(&ours, "%s\t%d\t%d\n", epoch(f), f.Len, f.CapLen)
		})
		s.Close()
		cmd := exec.Command(bin, "-n", "-r", path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len",
			"--disable-all-protocols", "-t", "e")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		files++
		frames += n
		if strings.Contains(stderr.String(), "unknown or unsupported") || strings.Contains(stderr.String(), "unknown SHB version") {
			t.Logf("%s: tshark cannot read it: %d frames here", col[0], n)
			continue
		}
		if got, want := ours.String(), normal(string(out)); got != want {
			g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
			for i := range w {
				if i < len(g) && beyond(g[i], w[i], path) {
					odd++
					continue
				}
				if i >= len(g) || g[i] != w[i] {
					t.Errorf("%s (%s): frame %d: got %q, want %q (%d against %d frames; ours ends with %v)", col[0], col[6], i+1, at(g, i), w[i], len(g)-1, len(w)-1, end)
					break
				}
			}
			if len(g) > len(w) {
				t.Errorf("%s: %d frames, tshark has %d: %s", col[0], len(g)-1, len(w)-1, stderr.String())
			}
		}
		if bad := err != nil; bad != (end != io.EOF) {
			t.Errorf("%s: ours ends with %v, tshark with %v: %s", col[0], end, err, stderr.String())
		}
	}
	t.Logf("%d files, %d frames compared; %d frames differ where tshark's numbers overflow or leave out a pseudo-header", files, frames, odd)
}

// beyond tells differences that are meant: fractions of a second beyond one
// overflow 32 bits in tshark, lengths are cut to 31 bits there, times beyond
// the year 2262 are kept raw here, and tshark does not count the pseudo-header
// of ATM frames.
func beyond(got, want, path string) bool {
	g, w := strings.Split(got, "\t"), strings.Split(want, "\t")
	if len(g) != 3 || len(w) != 3 {
		return false
	}
	if w[1] == "2147483647" {
		w[1] = g[1]
	}
	base := filepath.Base(path)
	asan := strings.Contains(base, "asan") || strings.Contains(base, "clusterfuzz") || strings.Contains(base, "oobr") || strings.Contains(base, "overrun")
	// A custom block has no time; tshark shows that of the frame before.
	if asan || g[0] == "" || strings.Contains(w[0], "(") || g[0] == "9223372036.854775807" {
		w[0] = g[0]
	}
	if base == "atm-oam-loopback-print-overrun.pcap" {
		w[1], w[2] = g[1], g[2]
	}
	return g[0] == w[0] && g[1] == w[1] && g[2] == w[2]
}

func at(s []string, i int) string {
	if i < len(s) {
		return s[i]
	}
	return ""
}

// epoch is the time as seconds with nine digits, as a plain number.
func epoch(f *frame.Frame) string {
	if !f.HasTime {
		return ""
	}
	sec, ns := f.Time/1e9, f.Time%1e9
	if ns < 0 {
		sec, ns = sec-1, ns+1e9
	}
	return fmt.Sprintf("%d.%09d", sec, ns)
}

// normal gives every time stamp nine digits.
func normal(out string) string {
	var b strings.Builder
	for line := range strings.Lines(out) {
		stamp, rest, _ := strings.Cut(line, "\t")
		if stamp != "" {
			sec, frac, _ := strings.Cut(stamp, ".")
			stamp = sec + "." + (frac + "000000000")[:9]
		}
		b.WriteString(stamp + "\t" + rest)
	}
	return b.String()
}

// Going on behind damage never takes away or changes what a plain reading
// gives, and finds no damage in good files.
func TestCorpusResyncKeepsAll(t *testing.T) {
	root := os.Getenv("SONDE_CORPUS")
	if root == "" {
		t.Skip("SONDE_CORPUS is not set")
	}
	files, frames, gained := 0, 0, 0
	filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		plain, err := Open(path, Options{})
		if err != nil {
			return nil
		}
		defer plain.Close()
		var want []frame.Header
		n, end := readAll(plain, func(f *frame.Frame) { want = append(want, f.Header) })
		s, err := Open(path, Options{Resync: true})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		defer s.Close()
		i := 0
		m, _ := readAll(s, func(f *frame.Frame) {
			if i < len(want) && f.Header != want[i] {
				t.Errorf("%s: frame %d is %+v, was %+v", path, i+1, f.Header, want[i])
			}
			i++
		})
		if m < n || end == io.EOF && (m != n || len(Damages(s)) != 0) || end != io.EOF && len(Damages(s)) == 0 {
			t.Errorf("%s: %d frames and %v, with resync %d and %+v", path, n, end, m, Damages(s))
		}
		if m > n {
			t.Logf("%s: %d frames behind damage: %+v", path, m-n, Damages(s))
			gained += m - n
		}
		files++
		frames += n
		return nil
	})
	t.Logf("%d files, %d frames, %d more behind damage", files, frames, gained)
}
