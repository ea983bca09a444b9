// Package ui holds the small templ components that every page shares: icons,
// the shell's bars, filter bars, tabs, empty states. Components take plain
// values and draw; they know no routes and no services.
//
// The page works under a policy without inline script and inline style, so no
// component writes a style attribute or an on… attribute.
package ui

import (
	_ "embed"
	"encoding/json"
	"strconv"

	"github.com/a-h/templ"
)

// iconJSON is one 16 by 16 path by name, the same file that the islands bundle.
//
//go:embed icons.json
var iconJSON []byte

var paths = func() map[string]string {
	m := map[string]string{}
	if err := json.Unmarshal(iconJSON, &m); err != nil {
		panic("icons.json: " + err.Error())
	}
	return m
}()

// solid icons are filled as well as stroked; the islands keep the same list.
var solid = map[string]bool{"play": true, "rec": true, "stop": true, "back": true, "forward": true}

// Icon draws the named icon at size pixels, hidden from assistive technology:
// the control around it carries the name. An unknown name draws the info icon.
func Icon(name string, size int) templ.Component {
	d, ok := paths[name]
	if !ok {
		d = paths["info"]
	}
	class, width := "", "1.35"
	if solid[name] {
		class = ` class="solid"`
	}
	if name == "more" {
		width = "2.2"
	}
	s := strconv.Itoa(size)
	return templ.Raw(`<svg width="` + s + `" height="` + s + `" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="` + width +
		`" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"` + class + `><path d="` + d + `"/></svg>`)
}

func truth(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// tabindex keeps a row of tabs to one tab stop.
func tabindex(selected bool) string {
	if selected {
		return "0"
	}
	return "-1"
}
