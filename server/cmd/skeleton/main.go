// Skeleton writes the commented start of one more of a kind: a protocol, a
// probe, a statistic or a page. It is what `make new-proto NAME=x` runs.
//
//	go run ./server/cmd/skeleton proto quic
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

//go:embed proto.txt
var protoText string

//go:embed probe.txt
var probeText string

//go:embed stat.txt
var statText string

//go:embed page.txt
var pageText string

var kinds = map[string]struct{ path, text string }{
	"proto": {"capture/proto/%s.go", protoText},
	"probe": {"probes/%s_linux.go", probeText},
	"stat":  {"capture/tap/%s.go", statText},
	"page":  {"web/page/%s.templ", pageText},
}

var word = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "skeleton: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: skeleton proto|probe|stat|page NAME")
	}
	kind, name := args[0], args[1]
	k, ok := kinds[kind]
	if !ok {
		return fmt.Errorf("no such kind %q: proto, probe, stat or page", kind)
	}
	if !word.MatchString(name) {
		return fmt.Errorf("%q is no name: lower-case letters, digits and _, a letter first", name)
	}
	path := fmt.Sprintf(k.path, name)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	title := strings.ToUpper(name[:1]) + name[1:]
	_, err = strings.NewReplacer("NAME", name, "TITLE", title, "UPPER", strings.ToUpper(name)).WriteString(f, k.text)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		fmt.Println(path)
	}
	return err
}
