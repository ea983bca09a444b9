// Package assets serves the built browser files. They lie in dist, written by
// `npm run build`, under names that hold a hash of their content, so they are
// cached for ever. The package also works without a build: URL then gives "",
// and Built says so, for a page that tells how to build.
//
// Everything here may be called from any goroutine.
package assets

import (
	"embed"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// Prefix is where Handler expects to be mounted.
const Prefix = "/assets/"

//go:embed all:dist
var embedded embed.FS

// entry is one line of dist/manifest.json.
type entry struct {
	File    string   `json:"file"`
	Imports []string `json:"imports"`
}

// built is the embedded dist; a missing or broken manifest leaves it empty.
var built = sync.OnceValue(func() map[string]entry { return readManifest(dist()) })

func readManifest(files fs.FS) map[string]entry {
	raw, err := fs.ReadFile(files, "manifest.json")
	if err != nil {
		return nil
	}
	m := map[string]entry{}
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// manifest is read once from the embedded files, and each time under the build
// tag dev, where a watcher rewrites it.
func manifest() map[string]entry {
	if live {
		return readManifest(dist())
	}
	return built()
}

// Built reports whether the browser files were built into the program.
func Built() bool { return len(manifest()) > 0 }

// URL is the address of a built file by its source name ("app.js", "app.css"),
// or "" when there is none.
func URL(name string) string {
	e, ok := manifest()[name]
	if !ok {
		return ""
	}
	return Prefix + e.File
}

// Imports are the addresses of the shared chunks that a script needs at once,
// for modulepreload.
func Imports(name string) []string {
	var out []string
	for _, f := range manifest()[name].Imports {
		out = append(out, Prefix+f)
	}
	return out
}

// Handler serves the files under Prefix. Only names that the build wrote are
// found; the precompressed variant is sent where the browser takes it.
func Handler() http.Handler {
	files := dist()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(r.URL.Path, Prefix)
		if name == "" || name != path.Clean(name) || strings.ContainsAny(name, "/\\") || strings.HasPrefix(name, ".") || name == "manifest.json" {
			http.NotFound(w, r)
			return
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		etag := `"` + strings.TrimSuffix(name, path.Ext(name)) + `"`
		h.Set("ETag", etag)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Content-Type", contentType(name))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Vary", "Accept-Encoding")
		if match := r.Header.Get("If-None-Match"); match != "" && strings.Contains(match, etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		for _, enc := range [...]struct{ token, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
			if !accepts(r.Header.Get("Accept-Encoding"), enc.token) {
				continue
			}
			if small, err := fs.ReadFile(files, name+enc.suffix); err == nil {
				h.Set("Content-Encoding", enc.token)
				raw = small
				break
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(raw)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(raw) // the browser went away: nobody to tell
		}
	})
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// accepts reads an Accept-Encoding header (RFC 9110, 12.5.3) for one coding.
func accepts(header, coding string) bool {
	for _, part := range strings.Split(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !ok {
			return true
		}
		v, err := strconv.ParseFloat(q, 64)
		return err == nil && v > 0
	}
	return false
}
