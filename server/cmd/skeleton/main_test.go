package main

import (
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A skeleton must be Go as it stands, once the name is in.
func TestSkeletonsAreGo(t *testing.T) {
	for kind, k := range kinds {
		if !strings.HasSuffix(k.path, ".go") {
			continue
		}
		text := strings.NewReplacer("NAME", "thing", "TITLE", "Thing", "UPPER", "THING").Replace(k.text)
		if _, err := format.Source([]byte(text)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestRunRefusesWhatItWouldOverwrite(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(filepath.Join("capture", "proto"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"proto", "thing"}); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"proto", "thing"}); err == nil {
		t.Error("a second run wrote over the first")
	}
	for _, bad := range [][]string{{"proto"}, {"thing", "x"}, {"proto", "../x"}, {"proto", "X"}} {
		if run(bad) == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}
