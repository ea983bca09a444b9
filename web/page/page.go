// Package page holds the views: one .templ file a page, which registers its
// path, title, menu entry, topics and script as plain data. A page draws the
// frame and everything that can be known without host data (headings, table
// heads, the filter from the address, the command); rows arrive by script,
// because a page load proves only half of a session.
//
// Mount puts every page on a router. Handlers read the request's path and query
// only; what they know about the server comes in a Shell.
package page

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"

	"github.com/a-h/templ"
)

// Page is one view as plain data.
type Page struct {
	// Path is where it is mounted: "/sockets", "/captures/{id}".
	Path  string
	Title string
	// Menu places it in the rail; the zero value keeps it out.
	Menu Menu
	// Topics are what the page subscribes to, for tests and documentation.
	Topics []string
	// Script is the built script of the page beside app.js: "processes.page.js".
	Script string
	// Command is the terminal command of the untouched view.
	Command string
	// Keys are the hints in the status bar.
	Keys []Key
	// NoStrip leaves out the time strip: a capture has its own.
	NoStrip bool
	// View draws the content of main.
	View func(Request) templ.Component
}

// Menu is an entry of the rail.
type Menu struct {
	Group string // "", "System" or "Network"
	Order int    // within everything, from 1
	Icon  string
	Key   string // after g
	// Count names the live figure beside it, filled by script: "processes".
	Count string
}

// Key is a hint: a key and what it does.
type Key struct{ Key, Does string }

// Request is what a view may know: the address.
type Request struct {
	Path  string
	ID    string // the {id} of the path, if any
	Query url.Values
}

// Get is one option of the query, "" when absent.
func (r Request) Get(name string) string { return r.Query.Get(name) }

// With is the page's address with one option changed; "" removes it.
func (r Request) With(name, value string) templ.SafeURL {
	q := url.Values{}
	for k, v := range r.Query {
		q[k] = v
	}
	if value == "" {
		q.Del(name)
	} else {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return templ.SafeURL(r.Path)
	}
	return templ.SafeURL(r.Path + "?" + q.Encode())
}

// Shell is what the frame shows of the server. It holds no host data beyond the
// name that the user already typed or was told.
type Shell struct {
	Host    string
	System  string // "Linux 6.8.0, root"; may be empty
	Version string
	// Limited says what does not work here, one line each; empty = everything does.
	Limited []string
	// ReadOnly says that nothing can be changed through this server.
	ReadOnly bool
}

// Config is what Mount needs from the server.
type Config struct {
	Shell func(*http.Request) Shell
	// URL gives the address of a built file ("app.js"), "" when it is not built.
	URL func(name string) string
	// Imports gives the addresses of a script's chunks, for modulepreload.
	Imports func(name string) []string
}

// Router is the part of a router that Mount uses; chi.Router is one.
type Router interface {
	Get(pattern string, h http.HandlerFunc)
}

var registered []Page

// register is called by package-level declarations; doubled paths are a mistake
// of this source, found at start.
func register(p Page) struct{} {
	for _, q := range registered {
		if q.Path == p.Path {
			panic("page: two pages at " + p.Path)
		}
	}
	if p.Path == "" || p.Title == "" || p.View == nil {
		panic("page: incomplete page " + p.Path)
	}
	registered = append(registered, p)
	return struct{}{}
}

// All lists the pages by path.
func All() []Page {
	ps := append([]Page(nil), registered...)
	sort.Slice(ps, func(i, j int) bool { return ps[i].Path < ps[j].Path })
	return ps
}

// menu lists the pages of the rail in order.
func menu() []Page {
	var ps []Page
	for _, p := range registered {
		if p.Menu.Order > 0 {
			ps = append(ps, p)
		}
	}
	sort.Slice(ps, func(i, j int) bool { return ps[i].Menu.Order < ps[j].Menu.Order })
	return ps
}

// Policy is the Content-Security-Policy that the pages are written for.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html sonde"

// Mount puts every page on the router.
func Mount(r Router, c Config) {
	for _, p := range All() {
		r.Get(p.Path, Handler(p, c))
	}
}

// Handler serves one page.
func Handler(p Page, c Config) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		if h.Get("Content-Security-Policy") == "" {
			h.Set("Content-Security-Policy", Policy)
		}
		r := Request{Path: req.URL.Path, ID: req.PathValue("id"), Query: req.URL.Query()}
		f := frame{page: p, shell: c.Shell(req), request: r, css: c.URL("app.css"), icon: c.URL("favicon.svg"), theme: c.URL("theme.js"), menu: menu()}
		for _, name := range []string{"app.js", p.Script} {
			if u := c.URL(name); name != "" && u != "" {
				f.scripts = append(f.scripts, u)
				f.preload = append(f.preload, c.Imports(name)...)
			}
		}
		if f.css == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			_ = notBuilt().Render(req.Context(), w) // the browser went away: nobody to tell
			return
		}
		_ = document(f).Render(req.Context(), w)
	}
}

// frame is the view model of the document.
type frame struct {
	page    Page
	shell   Shell
	request Request
	css     string
	icon    string
	theme   string
	scripts []string
	preload []string
	menu    []Page
}

func (f frame) title() string { return fmt.Sprintf("%s · %s · sonde", f.page.Title, f.shell.Host) }

func (f frame) current(p Page) bool {
	own := f.page.Path
	if own == p.Path {
		return true
	}
	return p.Path != "/" && len(own) > len(p.Path) && own[:len(p.Path)] == p.Path && own[len(p.Path)] == '/'
}

// island draws a custom element around its first paint. Its attributes say what
// the page knows; the element reads the rest from the address.
func island(name string, attrs templ.Attributes) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if _, err := io.WriteString(w, "<"+name+" data-island"); err != nil {
			return err
		}
		if err := templ.RenderAttributes(ctx, w, attrs); err != nil {
			return err
		}
		if _, err := io.WriteString(w, ">"); err != nil {
			return err
		}
		if err := templ.GetChildren(ctx).Render(templ.ClearChildren(ctx), w); err != nil {
			return err
		}
		_, err := io.WriteString(w, "</"+name+">")
		return err
	})
}

// current marks the entry of the page that is open.
func current(f frame, p Page) templ.Attributes {
	if f.current(p) {
		return templ.Attributes{"aria-current": "page"}
	}
	return nil
}
