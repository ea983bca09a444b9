package store

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sonde/capture/frame"
	"sonde/capture/source"
)

// agree wants the store over a file to give the frames of its source.
func agree(t *testing.T, path, cache string, resync bool) int {
	t.Helper()
	opt := source.Options{Resync: resync, MaxExpanded: 64 << 20}
	src, err := source.Open(path, opt)
	s, err2 := OpenFile(path, Options{Source: opt, CacheDir: cache})
	if (err == nil) != (err2 == nil) {
		t.Fatalf("%s: source says %v, store %v", path, err, err2)
	}
	if err != nil {
		return 0
	}
	defer src.Close()
	defer s.Close()
	if err := s.Walk(context.Background(), nil); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var want, got frame.Frame
	n := 0
	for src.Next(&want) == nil {
		n++
		if err := s.Frame(uint32(n), &got); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got.Header != want.Header || !bytes.Equal(got.Data, want.Data) || got.Flags != want.Flags || got.Enterprise != want.Enterprise || len(got.Comments) != len(want.Comments) {
			t.Fatalf("%s: frame %d:\n%s", path, n, cmp.Diff(want, got))
		}
		if h, ok := s.Header(uint32(n)); !ok || h.Time != want.Time || h.Offset != want.Offset || h.Interface != want.Interface || h.TimeDigits != want.TimeDigits {
			t.Fatalf("%s: header %d: %+v, want %+v", path, n, h, want.Header)
		}
	}
	if s.Len() != n {
		t.Fatalf("%s: %d frames, source has %d", path, s.Len(), n)
	}
	if a, b := source.Damages(src), s.Damages(); (len(a) == 0) != (len(b) == 0) {
		t.Fatalf("%s: damages %+v, source has %+v", path, b, a)
	}
	if d := cmp.Diff(src.Info(), s.Info()); d != "" {
		t.Fatalf("%s: info\n%s", path, d)
	}
	return n
}

func TestCorpusLikeSource(t *testing.T) {
	root := os.Getenv("SONDE_CORPUS")
	if root == "" {
		t.Skip("SONDE_CORPUS is not set")
	}
	files, frames := 0, 0
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if n := agree(t, path, t.TempDir(), files%2 == 0); n > 0 {
				files++
				frames += n
			}
		}
		return err
	})
	t.Logf("%d files, %d frames, %v", files, frames, err)
}

func FuzzFileLikeSource(f *testing.F) {
	for _, kind := range []string{"pcap", "pcapng"} {
		var b bytes.Buffer
		generate(f, &b, kind, 0, 5)
		f.Add(b.Bytes(), true)
		f.Add(append(b.Bytes(), make([]byte, 50)...), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, resync bool) {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		agree(t, path, dir, resync)
	})
}
