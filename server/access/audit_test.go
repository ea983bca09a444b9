package access

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func written(t *testing.T, n int) (dir string, b []byte) {
	t.Helper()
	dir = t.TempDir()
	a, err := OpenAudit(dir)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := a.Write(Record{Act: "signal", Target: fmt.Sprintf("pid %d <started> 9", i), Result: "ok", Actor: Actor{Session: "s", Role: Owner}, Params: map[string]string{"b": "\u2028\xff", "a": "1"}}); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	b, err = os.ReadFile(filepath.Join(dir, AuditFile))
	if err != nil {
		t.Fatal(err)
	}
	return dir, b
}

func TestAuditChain(t *testing.T) {
	dir, b := written(t, 20)
	if n, err := Verify(bytes.NewReader(b)); n != 20 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	if st, _ := os.Stat(filepath.Join(dir, AuditFile)); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	// Goes on where it ended, also after a torn line.
	path := filepath.Join(dir, AuditFile)
	if err := os.WriteFile(path, append(b, `{"seq":21,"ti`...), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := OpenAudit(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Write(Record{Act: "login"}); err != nil {
		t.Fatal(err)
	}
	b, _ = os.ReadFile(path)
	if n, err := Verify(bytes.NewReader(b)); n != 21 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if r, err := a.Tail(2); err != nil || len(r) != 2 || r[1].Act != "login" || r[0].Seq != 20 {
		t.Errorf("%v %v", r, err)
	}
}

func TestAlteredLogIsNamed(t *testing.T) {
	_, b := written(t, 5)
	lines := strings.SplitAfter(string(b), "\n")
	for name, text := range map[string]string{
		"edited":     strings.Replace(string(b), "signal", "renice", 1),
		"cut out":    lines[0] + lines[1] + lines[3] + lines[4],
		"first gone": strings.Join(lines[1:], ""),
		"twice":      lines[0] + lines[1] + lines[1] + lines[2],
		"spaced":     strings.Replace(string(b), `"seq":1`, `"seq": 1`, 1),
		"member":     strings.Replace(string(b), `"seq":2`, `"x":1,"seq":2`, 1),
		"not JSON":   lines[0] + "hello\n",
	} {
		if n, err := Verify(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %d records, %v", name, n, err)
		}
	}
}

func TestAuditRefusesWhenItCannotWrite(t *testing.T) {
	dir, _ := written(t, 1)
	path := filepath.Join(dir, AuditFile)
	a, err := OpenAudit(dir)
	if err != nil {
		t.Fatal(err)
	}
	// A folder in the file's place refuses root too, unlike a mode.
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := a.Write(Record{Act: "signal"}); err == nil {
		t.Error("wrote into nothing")
	}
	os.Remove(path)
	if err := a.Write(Record{Act: "signal"}); err == nil {
		t.Error("went on in a file that lost its records")
	}
	os.Remove(path)
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if err := a.Write(Record{Act: "signal"}); err != nil {
		t.Errorf("back again: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("{}\n"))
	line, _, _ := seal(Record{Seq: 1, Act: "x"})
	f.Add(line)
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Verify(bytes.NewReader(b))
		if err == nil && n > uint64(bytes.Count(b, []byte("\n"))) {
			t.Fatal("more records than lines")
		}
	})
}
