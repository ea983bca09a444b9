package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The committed file is the generated one: whoever changes a wire type sees it here.
func TestCommittedTypesAreCurrent(t *testing.T) {
	want, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../web/island/wire.ts")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("web/island/wire.ts is not what the Go types say: run go generate ./server/wire")
	}
}

func TestGeneratedTypesAreStrict(t *testing.T) {
	b, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{
		"export interface Table {", "readonly rows: readonly Row[];", "readonly cells: readonly Cell[];",
		"readonly nodes: readonly [string, string];", "readonly snapshot?: Table;", `| "bad-filter"`, "readonly error: Failure | null;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %q", want)
		}
	}
	for _, l := range strings.Split(text, "\n") {
		if strings.HasPrefix(l, "  ") && !strings.HasPrefix(l, "  |") && !strings.HasPrefix(l, "  readonly ") {
			t.Errorf("member can be written to: %s", l)
		}
		if strings.Contains(l, ": any") || strings.Contains(l, "unknown") {
			t.Errorf("untyped: %s", l)
		}
	}
}
