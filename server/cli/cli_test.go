package cli

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sonde/server/instance"
)

// run gives exit status and output of a command line, and what it would serve.
func run(t *testing.T, env map[string]string, argv ...string) (code int, out, errs string, served *ServeOptions) {
	t.Helper()
	var o, e bytes.Buffer
	if env == nil {
		env = map[string]string{"HOME": "/nonexistent", "STATE_DIRECTORY": t.TempDir()}
	}
	code = Main(context.Background(), &Env{Stdout: &o, Stderr: &e, Getenv: func(k string) string { return env[k] }, Build: "1.2 (abc)",
		Serve: func(_ context.Context, so ServeOptions) error { served = &so; return nil },
		Features: func(context.Context) ([]Feature, error) {
			return []Feature{{Title: "a", Works: true}, {Title: "b", Reason: "r", Remedy: "do x"}}, nil
		},
	}, argv)
	return code, o.String(), e.String(), served
}

func write(t *testing.T, mode os.FileMode, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestNoCommandServes(t *testing.T) {
	for _, argv := range [][]string{{"sonde"}, {"/usr/bin/sonde", "serve"}} {
		code, _, errs, served := run(t, nil, argv...)
		if code != 0 || served == nil || served.Listen != "" || !filepath.IsAbs(served.Data) {
			t.Errorf("%v: %d %s %+v", argv, code, errs, served)
		}
	}
	_, _, _, served := run(t, nil, "sonde", "--listen", "localhost:0", "--read-only", "--allow-host", "a", "--allow-host", "b")
	if served == nil || served.Listen != "localhost:0" || !served.ReadOnly || len(served.AllowHosts) != 2 {
		t.Errorf("%+v", served)
	}
}

// A command line that is not understood serves nothing, says why in one line,
// and exits with the usage status.
func TestMistakesAreRefused(t *testing.T) {
	good := write(t, 0o600, "0123456789abcdef0123456789abcdef\n")
	for _, c := range []struct {
		want string
		argv []string
	}{
		{"unknown flag: --nope", []string{"--nope"}},
		{"unknown command", []string{"nope"}},
		{"given twice", []string{"--listen", "localhost:1", "--listen", "localhost:2"}},
		{"given twice", []string{"--token-file", good, "--token-file", good}},
		{"no such file", []string{"--token-file", "/nonexistent"}},
		{"is empty", []string{"--token-file", write(t, 0o600, "\n")}},
		{"can be read by others", []string{"--token-file", write(t, 0o644, "0123456789abcdef")}},
		{"shorter than 16", []string{"--token-file", write(t, 0o600, "secret")}},
		{"needs TLS", []string{"--listen", "0.0.0.0:7777"}},
		{"needs TLS", []string{"--listen", ":7777", "--token-file", good}},
		{"needs TLS", []string{"--listen", "[::]:0"}},
		{"needs TLS", []string{"--listen", "example.com:80"}},
		{"needs a credential", []string{"--listen", "192.0.2.1:7777", "--tls-self"}},
		{"go together", []string{"--tls-cert", good}},
		{"does not go with", []string{"--tls-self", "--tls-cert", good, "--tls-key", good}},
		{"not HOST:PORT", []string{"--listen", "7777"}},
		{"not a port", []string{"--listen", "localhost:http7"}},
		{"absolute path", []string{"--listen", "unix:x"}},
		{"needs TLS", []string{"--share-listen", "0.0.0.0:1"}},
		{"needs FILE", []string{"open"}},
		{"unknown command or argument", []string{"url", "x"}},
		{"no completion for", []string{"completion", "tcsh"}},
	} {
		code, out, errs, served := run(t, nil, append([]string{"sonde"}, c.argv...)...)
		first, rest, _ := strings.Cut(errs, "\n")
		if code != usageExit || served != nil || out != "" || !strings.Contains(first, c.want) || strings.Count(rest, "\n") > 1 {
			t.Errorf("%v: exit %d, served %v, %q", c.argv, code, served, errs)
		}
	}
}

func TestOtherHostsWithTLSAndToken(t *testing.T) {
	token := write(t, 0o600, "0123456789abcdef\n")
	code, _, errs, served := run(t, nil, "sonde", "--listen", "0.0.0.0:0", "--tls-self", "--token-file", token)
	if code != 0 || served == nil || served.Token != "0123456789abcdef" {
		t.Errorf("%d %s %+v", code, errs, served)
	}
	code, _, errs, served = run(t, nil, "sonde", "--listen", "0.0.0.0:0", "--insecure-plaintext-http")
	if code != 0 || served == nil || !served.InsecureHTTP {
		t.Errorf("%d %s %+v", code, errs, served)
	}
}

func TestVersionDoctorCompletion(t *testing.T) {
	for argv, want := range map[string]string{
		"version":         "sonde 1.2 (abc)\n",
		"--version":       "sonde 1.2 (abc)\n",
		"doctor":          "yes  a\nno   b: r\n     to have it: do x\n",
		"completion bash": "bash completion",
		"completion fish": "fish completion",
		"--help":          "Available Commands",
		"help serve":      "--listen",
	} {
		code, out, errs, _ := run(t, nil, append([]string{"sonde"}, strings.Fields(argv)...)...)
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: %d %q %q", argv, code, out, errs)
		}
	}
	_, out, _, _ := run(t, nil, "sonde", "--help")
	if strings.Contains(out, "selftest") {
		t.Error("hidden command in the help")
	}
}

func TestURLWithoutServer(t *testing.T) {
	code, _, errs, _ := run(t, nil, "sonde", "url", "--data", t.TempDir())
	if code != 1 || !strings.Contains(errs, "no sonde is running") {
		t.Errorf("%d %s", code, errs)
	}
}

func TestOpenStartsAServerWithTheFiles(t *testing.T) {
	name := write(t, 0o600, "x")
	code, _, errs, served := run(t, nil, "sonde", "open", "--data", t.TempDir(), name)
	if code != 0 || served == nil || len(served.Files) != 1 || served.Files[0] != name {
		t.Errorf("%d %s %+v", code, errs, served)
	}
	for _, bad := range []string{"/nonexistent", t.TempDir()} {
		if code, _, _, served := run(t, nil, "sonde", "open", bad); code != 1 || served != nil {
			t.Errorf("%s: %d %+v", bad, code, served)
		}
	}
}

// A tool's name runs the tool with its own flags, linked or as a subcommand.
func TestToolsGetTheirArgumentsAsTyped(t *testing.T) {
	var got *Call
	saved := registered
	t.Cleanup(func() { registered = saved })
	register(Command{Name: "toolx", Short: "s", Raw: true, Run: func(_ context.Context, _ *Env, c *Call) error {
		got = c
		return &Exit{Code: 7, Err: errors.New("bad\x1b[31m")}
	}})
	for _, argv := range [][]string{{"sonde", "toolx", "-nVr", "f", "--help"}, {"/bin/toolx", "-nVr", "f", "--help"}} {
		got = nil
		code, _, errs, _ := run(t, nil, argv...)
		if code != 7 || got == nil || strings.Join(got.Args, " ") != "-nVr f --help" || got.Name != "toolx" {
			t.Errorf("%v: %d %+v", argv, code, got)
		}
		if strings.Contains(errs, "\x1b") {
			t.Error("escape sequence on the terminal")
		}
	}
}

func TestDataFolderOfUserAndRoot(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		uid  int
		want string
	}{
		{map[string]string{"HOME": "/home/u"}, 1000, "/home/u/.local/share/sonde"},
		{map[string]string{"HOME": "/home/u", "XDG_DATA_HOME": "/d"}, 1000, "/d/sonde"},
		{map[string]string{"HOME": "/home/u", "XDG_DATA_HOME": "relative"}, 1000, "/home/u/.local/share/sonde"},
		{map[string]string{"HOME": "/root"}, 0, "/var/lib/sonde"},
		{map[string]string{"STATE_DIRECTORY": "/s"}, 0, "/s"},
		{map[string]string{}, 1000, ""},
	} {
		got, err := instance.DefaultDir(func(k string) string { return c.env[k] }, c.uid)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%v: %q %v", c.env, got, err)
		}
	}
}

func FuzzReachable(f *testing.F) {
	for _, s := range []string{"", "localhost:1", "0.0.0.0:1", "[::1]:7777", "unix:/x", ":80", "127.1:5", "[::ffff:127.0.0.1]:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		public, err := reachable(s)
		if err != nil || public || s == "" || strings.HasPrefix(s, "unix:/") {
			return
		}
		host, _, err := net.SplitHostPort(s)
		if err != nil {
			t.Fatal(err)
		}
		if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.Unmap().IsLoopback()) {
			t.Errorf("%q counts as this host only", s)
		}
	})
}
