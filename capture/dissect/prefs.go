package dissect

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Pref is a protocol preference, by tshark's name ("tcp.desegment_tcp_streams"),
// settable with -o name:value.
type Pref struct {
	Name, Help, Default string
	kind                byte // 'b', 'u', 's'
	index               int
}

var prefs []*Pref

func addPref(p *Pref) *Pref {
	p.index = len(prefs)
	prefs = append(prefs, p)
	return p
}

// BoolPref declares a TRUE/FALSE preference.
func BoolPref(name, help string, def bool) *Pref {
	return addPref(&Pref{Name: name, Help: help, Default: strings.ToUpper(strconv.FormatBool(def)), kind: 'b'})
}

// UintPref declares a number.
func UintPref(name, help string, def uint64) *Pref {
	return addPref(&Pref{Name: name, Help: help, Default: strconv.FormatUint(def, 10), kind: 'u'})
}

// StrPref declares a text.
func StrPref(name, help, def string) *Pref {
	return addPref(&Pref{Name: name, Help: help, Default: def, kind: 's'})
}

// Prefs gives the declared preferences sorted by name.
func Prefs() []*Pref {
	out := append([]*Pref(nil), prefs...)
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Check reports whether the text is a value of this preference.
func (p *Pref) Check(v string) error {
	switch p.kind {
	case 'b':
		if _, err := strconv.ParseBool(strings.ToLower(v)); err != nil {
			return fmt.Errorf("preference %s takes TRUE or FALSE, not %q", p.Name, v)
		}
	case 'u':
		if _, err := strconv.ParseUint(v, 0, 64); err != nil {
			return fmt.Errorf("preference %s takes a number, not %q", p.Name, v)
		}
	}
	return nil
}

// FindPref gives the preference of a name, or nil.
func FindPref(name string) *Pref {
	for _, p := range prefs {
		if p.Name == name {
			return p
		}
	}
	return nil
}
