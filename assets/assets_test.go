package assets

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

func TestAccepts(t *testing.T) {
	for _, c := range []struct {
		header, coding string
		want           bool
	}{
		{"gzip, deflate, br, zstd", "br", true},
		{"gzip", "br", false},
		{"br;q=0, gzip", "br", false},
		{"br;q=0.5", "br", true},
		{"br; q=0.0", "br", false},
		{"BR", "br", true},
		{"", "gzip", false},
		{"xbr", "br", false},
	} {
		if got := accepts(c.header, c.coding); got != c.want {
			t.Errorf("accepts(%q, %q) = %v", c.header, c.coding, got)
		}
	}
}

func TestReadManifest(t *testing.T) {
	m := readManifest(fstest.MapFS{"manifest.json": {Data: []byte(`{"app.js":{"file":"app-X.js","imports":["chunk-Y.js"]}}`)}})
	if m["app.js"].File != "app-X.js" || len(m["app.js"].Imports) != 1 {
		t.Fatalf("manifest = %v", m)
	}
	if m := readManifest(fstest.MapFS{"manifest.json": {Data: []byte(`{`)}}); m != nil {
		t.Fatalf("a broken manifest gave %v", m)
	}
}

// The handler finds only names that the build wrote.
func TestHandlerRefuses(t *testing.T) {
	h := Handler()
	for _, path := range []string{"/assets/", "/assets/.keep", "/assets/manifest.json", "/assets/../assets.go", "/assets/a/b", "/assets/%2e%2e", "/assets/nothing.js"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/assets/app.js", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

// With a build, files come compressed, cached for ever and with an ETag.
func TestHandlerServes(t *testing.T) {
	u := URL("app.js")
	if u == "" {
		t.Skip("the browser files are not built; run make build")
	}
	r := httptest.NewRequest(http.MethodGet, u, nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Code != 200 || w.Header().Get("Content-Encoding") != "br" || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	again := httptest.NewRecorder()
	Handler().ServeHTTP(again, r)
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Fatalf("second request: %d", again.Code)
	}
}
