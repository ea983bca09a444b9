package page

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func config(built bool) Config {
	return Config{
		Shell: func(*http.Request) Shell {
			return Shell{Host: `web-3"><script>`, Version: "1", Limited: []string{"no capture"}}
		},
		URL: func(name string) string {
			if !built {
				return ""
			}
			return "/assets/" + name
		},
		Imports: func(string) []string { return []string{"/assets/chunk.js"} },
	}
}

func get(t *testing.T, p Page, target string, built bool) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	Handler(p, config(built))(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w
}

var inline = regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|<style|<script(?:>|[^>]*>[^<])`)

// Every page has one h1, its landmarks, its title, and nothing inline, since the
// policy would refuse it.
func TestPages(t *testing.T) {
	for _, p := range All() {
		t.Run(p.Path, func(t *testing.T) {
			hostile := `"><img src=x onerror=alert(1)>`
			w := get(t, p, "/?f="+strings.NewReplacer(`"`, "%22", " ", "%20", "<", "%3C", ">", "%3E").Replace(hostile), true)
			body := w.Body.String()
			if w.Code != http.StatusOK {
				t.Fatalf("status %d", w.Code)
			}
			if n := strings.Count(body, "<h1"); n != 1 {
				t.Errorf("%d h1 elements", n)
			}
			for _, want := range []string{`<main id="main"`, `<header`, `<footer`, `role="navigation"`, `class="skip"`, "<title>" + p.Title + " · web-3", `lang="en"`} {
				if !strings.Contains(body, want) {
					t.Errorf("lacks %s", want)
				}
			}
			if m := inline.FindString(strings.ReplaceAll(body, "onerror=alert(1)", "")); m != "" {
				t.Errorf("inline code: %q", m)
			}
			if strings.Contains(body, "<img") || strings.Contains(body, `web-3"><script>`) {
				t.Error("text from outside became markup")
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("policy %q", csp)
			}
		})
	}
}

func TestMenuOrderAndKeys(t *testing.T) {
	seen := map[string]string{}
	for _, p := range menu() {
		if p.Menu.Key == "" || p.Menu.Icon == "" {
			t.Errorf("%s: incomplete menu entry", p.Path)
		}
		if other, ok := seen[p.Menu.Key]; ok {
			t.Errorf("g %s leads to %s and %s", p.Menu.Key, other, p.Path)
		}
		seen[p.Menu.Key] = p.Path
	}
	if menu()[0].Path != "/" {
		t.Errorf("first entry %s", menu()[0].Path)
	}
}

func TestNotBuilt(t *testing.T) {
	w := get(t, All()[0], "/", false)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make build") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

func TestWith(t *testing.T) {
	r := Request{Path: "/sockets", Query: map[string][]string{"tab": {"unix"}, "f": {"a b"}}}
	if got := r.With("tab", ""); got != "/sockets?f=a+b" {
		t.Error(got)
	}
	if got := r.With("tab", "routes"); got != "/sockets?f=a+b&tab=routes" {
		t.Error(got)
	}
}
