package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"sonde/server/access"
	"sonde/server/wire"
)

// describeTo serves the OpenAPI document.
func (s *Server) describeTo(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(s.openapi)))
	_, _ = w.Write(s.openapi)
	return nil
}

const about = `Errors are {"error":{"code","message","remedy"}}. Scripts send Authorization: Bearer TOKEN. A browser has a cookie and
sends the other half of its session as X-Sonde-Half. Tables are columns and keyed rows; cells are numbers in base units, strings or null.

GET /ws is a websocket of JSON text messages. With a cookie the first one is {"op":"hello","half":"..."}, within 8 seconds; the answer is
{"welcome":{"protocol","build","role"}}. Then {"op":"sub","topic":"probe/processes","args":{},"id":1} is answered by
{"id":1,"version":N,"snapshot":{table}} and, as things change, {"id":1,"from":M,"version":N,"delta":{"set":[rows],"del":[keys]}}; a delta may
also hold order (all keys), columns, summary, gone and notes. {"id":1,"gap":K} says that K events were lost. {"id":1,"error":{...}} ends the
subscription. {"op":"unsub","id":1} ends it too. Topics: probe/NAME, captures, capture/ID/status, tap/NAME?capture=ID&filter=F.`

// describe builds the OpenAPI 3.1 document from the route table.
func (s *Server) describe() ([]byte, error) {
	g := &schemas{all: map[string]any{}, types: map[string]reflect.Type{}}
	failure := map[string]any{"description": "failed", "content": map[string]any{"application/json": map[string]any{"schema": g.of(reflect.TypeFor[wire.Body]())}}}
	paths := map[string]map[string]any{}
	for i := range s.routes {
		r := &s.routes[i]
		path := strings.ReplaceAll(r.Pattern, "*", "{file}")
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		status := r.Status
		if status == 0 {
			status = http.StatusOK
		}
		ok := map[string]any{"description": http.StatusText(status)}
		media := r.Media
		if media == nil && r.Answers != nil {
			media = []string{"application/json"}
		}
		if len(media) > 0 {
			content := map[string]any{}
			for _, m := range media {
				one := map[string]any{}
				if m == "application/json" && r.Answers != nil {
					one["schema"] = g.of(reflect.TypeOf(r.Answers))
				}
				content[m] = one
			}
			ok["content"] = content
		}
		op := map[string]any{
			"operationId":  operation(r),
			"summary":      r.Summary,
			"x-sonde-role": string(r.Need),
			"x-sonde-may":  mayList(r.Need),
			"responses":    map[string]any{strconv.Itoa(status): ok, "default": failure},
		}
		if r.Need == access.Public {
			op["security"] = []any{}
		}
		params := r.Params
		if strings.HasSuffix(r.Pattern, "*") {
			params = append(params, segment("file", "string", "hashed name of a built file"))
		}
		for _, name := range pathNames(r.Pattern) {
			if !hasParam(params, name) {
				params = append(params, segment(name, "string", name))
			}
		}
		if len(params) > 0 {
			list := make([]any, len(params))
			for i, p := range params {
				list[i] = map[string]any{"name": p.Name, "in": p.In, "required": p.Required || p.In == "path", "description": p.Help, "schema": map[string]any{"type": p.Type}}
			}
			op["parameters"] = list
		}
		switch r.Body {
		case bodyJSON:
			op["requestBody"] = map[string]any{"required": true, "content": map[string]any{"application/json": map[string]any{"schema": g.of(reflect.TypeOf(r.Accepts))}}}
		case bodyBytes:
			t := "application/octet-stream"
			if strings.HasPrefix(r.Pattern, "/api/uploads") {
				t = "application/offset+octet-stream"
			}
			op["requestBody"] = map[string]any{"content": map[string]any{t: map[string]any{}}}
		}
		paths[path][strings.ToLower(r.Method)] = op
	}
	if g.err != nil {
		return nil, g.err
	}
	return json.Marshal(map[string]any{
		"openapi": "3.1.0",
		"info":    map[string]any{"title": "sonde", "version": s.Build, "description": about},
		"paths":   paths,
		"components": map[string]any{
			"schemas": g.all,
			"securitySchemes": map[string]any{
				"token":  map[string]any{"type": "http", "scheme": "bearer"},
				"cookie": map[string]any{"type": "apiKey", "in": "cookie", "name": s.Access.CookieName()},
				"half":   map[string]any{"type": "apiKey", "in": "header", "name": access.HalfHeader},
			},
		},
		"security": []any{map[string]any{"token": []string{}}, map[string]any{"cookie": []string{}, "half": []string{}}},
	})
}

func mayList(n access.Need) []string {
	out := []string{}
	for _, r := range []access.Role{access.Owner, access.Operator, access.Viewer, access.Link} {
		if n.Allows(r) {
			out = append(out, string(r))
		}
	}
	return out
}

func operation(r *Route) string {
	return strings.ToLower(r.Method) + strings.NewReplacer("/", "_", "{", "", "}", "", "*", "file", "-", "_", ".", "_").Replace(r.Pattern)
}

func pathNames(pattern string) []string {
	var out []string
	for part := range strings.SplitSeq(pattern, "/") {
		if strings.HasPrefix(part, "{") {
			out = append(out, strings.Trim(part, "{}"))
		}
	}
	return out
}

func hasParam(list []Param, name string) bool {
	for _, p := range list {
		if p.Name == name && p.In == "path" {
			return true
		}
	}
	return false
}

// schemas makes JSON schemas of Go types; named structs become components.
type schemas struct {
	all   map[string]any
	types map[string]reflect.Type
	err   error
}

func (g *schemas) of(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[wire.Start]():
		return map[string]any{"type": []string{"integer", "string"}}
	}
	switch t.Kind() {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Interface:
		return map[string]any{"type": []string{"string", "number", "boolean", "null"}}
	case reflect.Pointer:
		return g.of(t.Elem())
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return map[string]any{"type": "string", "contentEncoding": "base64"}
		}
		return map[string]any{"type": "array", "items": g.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.of(t.Elem())}
	case reflect.Struct:
		if t.PkgPath() == "time" {
			return map[string]any{"type": "string", "format": "date-time"}
		}
		return g.object(t)
	}
	return map[string]any{"type": "integer"}
}

func (g *schemas) object(t reflect.Type) map[string]any {
	pkg := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
	name := pkg + "." + t.Name()
	ref := map[string]any{"$ref": "#/components/schemas/" + name}
	if have, ok := g.types[name]; ok {
		if have != t {
			g.err = fmt.Errorf("describe: two types are called %s", name)
		}
		return ref
	}
	g.types[name] = t
	props := map[string]any{}
	var required []string
	for f := range t.Fields() {
		tag, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" || tag == "" || !f.IsExported() {
			continue
		}
		props[tag] = g.of(f.Type)
		if !strings.Contains(opts, "omit") {
			required = append(required, tag)
		}
	}
	o := map[string]any{"type": "object", "properties": props}
	if len(required) > 0 {
		sort.Strings(required)
		o["required"] = required
	}
	g.all[name] = o
	return ref
}
