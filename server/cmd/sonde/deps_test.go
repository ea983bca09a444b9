package main

import (
	"os/exec"
	"strings"
	"testing"
)

// rule is what one package may import of the project and from outside (the
// standard library is free); prefix rules end in "/...". A rule in the way is a
// sign that code sits in the wrong package; changing it is a commit of its own.
type rule struct{ pkg, project, outside, why string }

// Bytes become facts, facts become state, state becomes text or pages: imports
// point only that way.
var rules = []rule{
	{"capture/frame", "", "", "a frame's header is what everything shares; it shares nothing back"},
	{"capture/field", "", "", "names and values are data, not behaviour"},
	{"capture/flow", "", "", "what packets know of each other does not know what packets are"},
	{"capture/dissect", "capture/frame capture/field capture/flow", "", "the engine reads bytes; where they come from and go to is not its matter"},
	{"capture/proto", "capture/dissect capture/field capture/flow capture/frame", "github.com/klauspost/compress/... github.com/andybalholm/brotli golang.org/x/crypto/... golang.org/x/net/http2/hpack", "a dissector is pure: bytes in, fields out"},
	{"capture/dfilter", "capture/field capture/dissect", "", "the language knows fields, not protocols"},
	{"capture/cfilter", "capture/frame", "golang.org/x/net/bpf", "a capture filter is compiled without any packet"},
	{"capture/source", "capture/frame", "github.com/klauspost/compress/... github.com/pierrec/lz4/v4 golang.org/x/net/bpf golang.org/x/sys/unix", "reading a file knows no protocol"},
	{"capture/sink", "capture/frame", "", "writing a file knows no protocol"},
	{"capture/store", "capture/frame capture/flow capture/source", "golang.org/x/sys/unix", "frames by number, nothing else"},
	{"capture/print", "capture/field capture/dissect", "", "text is made of nodes alone"},
	{"capture/tap", "capture/field capture/flow capture/dissect probes/table", "", "a statistic gives a table; it draws and sends nothing"},
	{"capture/proto/prototest", "capture/dissect capture/field capture/flow capture/frame", "github.com/google/go-cmp/...", "the checks know no protocol by name"},
	{"capture/sample", "capture/frame capture/sink", "github.com/google/gopacket/...", "sample traffic is made by other hands than those that read it"},
	{"capture/session", "capture/dfilter capture/dissect capture/field capture/flow capture/frame capture/print capture/sink capture/source capture/store capture/tap probes/table", "", "an open capture works with whatever protocols are linked in, so it may not name one"},
	{"probes/table", "", "", "the one leaf that capture and probes share"},
	{"probes/procfs", "", "golang.org/x/sys/unix", "a reader is one kernel interface"},
	{"probes/netlink", "", "golang.org/x/sys/unix", "a reader is one kernel interface"},
	{"probes", "probes/table probes/procfs probes/netlink", "github.com/shirou/gopsutil/v3/... golang.org/x/sys/unix", "the host's figures come without the capture side"},
	{"server/wire", "probes/table", "", "messages are data"},
	{"server/hub", "server/wire probes/table", "", "fan-out knows tables, not where they come from"},
	{"server/access", "", "", "who may do what is decided without looking at what is done"},
	{"server/sandbox", "", "golang.org/x/net/bpf golang.org/x/sys/unix", "confinement is the first thing that runs"},
	{"server/instance", "server/sandbox", "golang.org/x/sys/unix", "one server per data folder"},
	{"server/keeper", "capture/frame capture/sink probes/table server/sandbox", "golang.org/x/net/bpf golang.org/x/sys/unix", "the privileged side parses no packet, no capture file, no HTTP"},
	{"server/api", "capture/session probes/table server/access server/hub server/wire", "github.com/go-chi/chi/v5 nhooyr.io/websocket", "handlers decode, call one method, encode"},
	{"server/cli", "server/cli/tshark server/instance", "github.com/spf13/cobra github.com/spf13/pflag", "commands print; what they need of the program comes through Env"},
	{"server/cli/tshark", "capture/...", "github.com/spf13/pflag", "tshark is the capture side and nothing of the server"},
	{"web/page", "web/ui", "github.com/a-h/templ/... github.com/a-h/templ", "views take view models, never services"},
	{"web/ui", "", "github.com/a-h/templ/... github.com/a-h/templ", "parts of pages"},
	{"web", "", "", "tests of the browser side only"},
	{"assets", "", "", "built files"},
}

func allowed(list, imp string) bool {
	for _, a := range strings.Fields(list) {
		if a == imp || strings.HasSuffix(a, "/...") && (strings.HasPrefix(imp, strings.TrimSuffix(a, "...")) || imp == strings.TrimSuffix(a, "/...")) {
			return true
		}
	}
	return false
}

func TestImportRules(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "sonde/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	byPkg := map[string]*rule{}
	for i := range rules {
		byPkg[rules[i].pkg] = &rules[i]
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := strings.Fields(line)
		pkg := strings.TrimPrefix(words[0], "sonde/")
		if strings.HasPrefix(pkg, "server/cmd/") || strings.HasPrefix(pkg, "e2e") || strings.Contains(pkg, "/gen") {
			continue // main wires everything; generators and outside tests may see all
		}
		r := byPkg[pkg]
		if r == nil {
			t.Errorf("%s has no import rule: add it here, with a reason, and to the table in ARCHITECTURE.md", pkg)
			continue
		}
		for _, imp := range words[1:] {
			switch {
			case strings.HasPrefix(imp, "sonde/"):
				if !allowed(r.project, strings.TrimPrefix(imp, "sonde/")) {
					t.Errorf("%s imports %s, which its rule bans: %s", pkg, imp, r.why)
				}
			case strings.Contains(strings.SplitN(imp, "/", 2)[0], "."):
				if !allowed(r.outside, imp) {
					t.Errorf("%s imports %s from outside, which its rule bans: %s", pkg, imp, r.why)
				}
			}
		}
	}
}
