package dfilter

import (
	"sort"
	"strings"

	"sonde/capture/field"
)

// Completion is one way to go on at a place in a filter: replace the bytes
// From..To of the text by Text.
type Completion struct {
	Text     string
	Kind     string // "field", "protocol", "function", "operator", "value"
	Type     string // of a field, in words
	Label    string // what it is, in words
	From, To int
}

// maxCompletions keeps the list readable.
const maxCompletions = 100

// Complete proposes how to go on at byte offset at: names where a test may
// begin, operators behind a field, value texts behind "==".
func Complete(text string, at int) []Completion {
	at = max(0, min(at, len(text)))
	toks, start := before(text, at)
	c := completer{word: text[start:at], from: start, to: at}
	for c.to < len(text) && isAlnum(text[c.to]) {
		c.to++
	}
	if f := comparedField(toks); f != nil {
		c.values(f)
		c.names()
		return c.out
	}
	switch last := lastToken(toks); {
	case last.kind == tkField, last.text == "]", last.text == ")" && closesCall(toks):
		if c.word == "" || !known(c.word) {
			c.operators(toks)
		}
	case last.kind == tkEnd, last.kind == tkSymbol, last.kind == tkWord:
		if last.text != ")" && last.text != "}" {
			c.names()
			break
		}
		c.joiners()
	default:
		c.joiners()
	}
	return c.out
}

// before splits what stands before the word that is being typed.
func before(text string, at int) (toks []token, start int) {
	s := scanner{src: text[:at]}
	for {
		t, err := s.next()
		if err != nil {
			// An open quote: the word being typed.
			i := strings.LastIndexByte(text[:at], '"')
			return toks, max(i, 0)
		}
		if t.kind == tkEnd {
			return toks, at
		}
		if t.end() == at && isAlnum(t.text[len(t.text)-1]) || t.end() == at && t.kind == tkString {
			return toks, t.at
		}
		if t.end() == at-1 && text[at-1] == '.' {
			return toks, t.at
		}
		if t.text == "." && t.end() == at && len(toks) > 0 && toks[len(toks)-1].end() == t.at {
			p := toks[len(toks)-1]
			return toks[:len(toks)-1], p.at
		}
		toks = append(toks, t)
	}
}

func lastToken(toks []token) token {
	if len(toks) == 0 {
		return token{kind: tkEnd}
	}
	return toks[len(toks)-1]
}

// closesCall reports that the last token, ")", ends a function call.
func closesCall(toks []token) bool {
	depth := 0
	for i := len(toks) - 1; i >= 0; i-- {
		switch toks[i].text {
		case ")":
			depth++
		case "(":
			if depth--; depth == 0 {
				return i > 0 && toks[i-1].kind == tkName
			}
		}
	}
	return false
}

// comparedField is the field whose value is to be typed next: "f ==", "f in {a,".
func comparedField(toks []token) *field.Field {
	i := len(toks) - 1
	if i < 1 {
		return nil
	}
	get := func(i int) *field.Field {
		if i < 0 || toks[i].kind != tkField {
			return nil
		}
		if ids := field.ByName(toks[i].val); len(ids) > 0 {
			return field.Get(ids[0])
		}
		return nil
	}
	switch toks[i].val {
	case "==", "!=", "===", "!==", "<", "<=", ">", ">=", "contains":
		return get(i - 1)
	case "{", ",", "..":
		for i > 0 && toks[i].val != "{" {
			i--
		}
		if i > 0 && toks[i-1].val == "in" {
			i -= 2
			if i > 0 && toks[i].val == "!" {
				i--
			}
			return get(i)
		}
	}
	return nil
}

type completer struct {
	word     string
	from, to int
	out      []Completion
}

func (c *completer) add(text, kind, typ, label string) {
	if len(c.out) < maxCompletions {
		c.out = append(c.out, Completion{Text: text, Kind: kind, Type: typ, Label: label, From: c.from, To: c.to})
	}
}

func (c *completer) names() {
	if strings.HasPrefix(c.word, "\"") {
		return
	}
	all := field.Names()
	for n := range columns {
		all = append(all, n)
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if d := strings.Count(a, ".") - strings.Count(b, "."); d != 0 {
			return d < 0 // the protocol before its fields
		}
		return a < b
	})
	low := strings.ToLower(c.word)
	pass := func(match func(n string) bool) {
		for _, n := range all {
			if match(n) {
				c.name(n)
			}
		}
	}
	pass(func(n string) bool {
		return strings.HasPrefix(n, c.word) && (c.word != "" || field.ByName(n) != nil && field.Get(field.ByName(n)[0]).Type == field.TProtocol)
	})
	if c.word == "" {
		return
	}
	fns := FunctionNames()
	sort.Strings(fns)
	for _, n := range fns {
		if strings.HasPrefix(n, c.word) {
			c.add(n+"(", "function", "", functions[n].label)
		}
	}
	for _, w := range []string{"not", "any", "all"} {
		if strings.HasPrefix(w, c.word) && w != c.word {
			c.add(w, "operator", "", operatorWords[w])
		}
	}
	if len(low) > 1 {
		pass(func(n string) bool { return !strings.HasPrefix(n, c.word) && strings.Contains(strings.ToLower(n), low) })
	}
}

func (c *completer) name(n string) {
	if col := columns[n]; col != nil {
		c.add(n, "field", typeWord(field.TString), col.label)
		return
	}
	f := field.Get(field.ByName(n)[0])
	kind := "field"
	if f.Type == field.TProtocol {
		kind = "protocol"
	}
	c.add(n, kind, typeWord(f.Type), f.Label)
}

var operatorWords = map[string]string{
	"==": "some value is", "!=": "present, and every value differs", "===": "every value is", "!==": "some value differs",
	">": "more than", "<": "less than", ">=": "at least", "<=": "at most", "in": "one of a set: {a, b, c..d}", "not in": "present, and none of a set",
	"contains": "has the text or bytes inside", "matches": "matches a pattern, in any letter case", "&": "these bits", "&&": "and", "||": "or",
	"^^": "one of both, not both", "not": "the opposite", "any": "some value", "all": "every value",
}

// operators proposes what may follow a value: depending on its type.
func (c *completer) operators(toks []token) {
	last := lastToken(toks)
	fam := famString
	if last.kind == tkField {
		fam = famBytes
		if ids := field.ByName(last.val); len(ids) > 0 {
			fam = familyOf(field.Get(ids[0]).Type)
		} else if columns[last.val] != nil {
			fam = famString
		}
	}
	ops := []string{"==", "!=", ">", "<", ">=", "<=", "in", "not in", "===", "!=="}
	switch fam {
	case famNone:
		ops = nil
	case famString, famBytes:
		ops = append([]string{"==", "!=", "contains", "matches", "in", "not in"}, ops[2:6]...)
	case famProto:
		ops = []string{"contains", "matches"}
	case famInt:
		ops = append(ops, "&")
	case famBool:
		ops = []string{"==", "!="}
	}
	for _, o := range ops {
		if strings.HasPrefix(o, c.word) {
			c.add(o, "operator", "", operatorWords[o])
		}
	}
	c.joiners()
}

func (c *completer) joiners() {
	for _, o := range []string{"&&", "||", "^^"} {
		if strings.HasPrefix(o, c.word) {
			c.add(o, "operator", "", operatorWords[o])
		}
	}
}

// values proposes the value texts of a field.
func (c *completer) values(f *field.Field) {
	want := strings.ToLower(strings.TrimPrefix(c.word, "\""))
	seen := map[string]bool{}
	put := func(text, label string) {
		if text != "" && !seen[text] && strings.HasPrefix(strings.ToLower(text), want) {
			seen[text] = true
			c.add(quote(text), "value", typeWord(f.Type), label)
		}
	}
	if f.Type == field.TBool {
		put(f.BoolText(true), "1")
		put(f.BoolText(false), "0")
	}
	for _, id := range field.ByName(f.Name) {
		en := field.Get(id).Enum
		if en == nil {
			continue
		}
		var t field.Text
		for _, v := range en.All() {
			t.Reset()
			put(v.Text, t.U(v.Val).String())
		}
		for _, r := range en.AllRanges() {
			t.Reset()
			put(r.Text, t.U(r.Lo).S(" to ").U(r.Hi).String())
		}
	}
}

// quote writes a text as a string constant.
func quote(s string) string {
	var t field.Text
	t.C('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			t.C('\\').C(c)
		case c < ' ' || c == 0x7f:
			t.S(`\x`).H(uint64(c), 2)
		default:
			t.C(c)
		}
	}
	return t.C('"').String()
}
