package dfilter

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

var monthNames = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// absTime reads a date and time: ISO 8601 ("2023-11-14 22:13:21.5Z"), the form
// packets are shown in ("Nov 14, 2023 22:13:21 UTC"), or seconds since 1970.
// It gives nanoseconds since 1970, or a message.
func absTime(s string, loc *time.Location) (ns int64, msg string) {
	if loc == nil {
		loc = time.Local
	}
	if t := strings.TrimSpace(s); digits(t) && strings.Count(t, ".") <= 1 {
		if v, ok := seconds(t); ok {
			return v, ""
		}
	}
	r := &timeReader{s: s}
	if !r.date() {
		return 0, fmt.Sprintf("\"%s\" is not a valid absolute time. Example: \"Nov 12, 1999 08:55:44.123\" or \"2011-07-04 12:34:56\"", s)
	}
	r.clock()
	r.zone(&loc)
	if strings.TrimSpace(r.s[r.i:]) != "" {
		return 0, "Unexpected data after time value."
	}
	// Days beyond the month's end run over, as mktime does.
	t := time.Date(r.year, time.Month(r.month), r.day, r.hour, r.min, r.sec, r.nano, loc)
	if y := t.Year(); y < 1678 || y > 2261 {
		return 0, fmt.Sprintf("\"%s\" is out of range for a time.", s)
	}
	return t.UnixNano(), ""
}

type timeReader struct {
	s                                      string
	i                                      int
	year, month, day, hour, min, sec, nano int
}

func (r *timeReader) spaces() {
	for r.i < len(r.s) && isSpace(r.s[r.i]) {
		r.i++
	}
}

func (r *timeReader) eat(c byte) bool {
	if r.i < len(r.s) && r.s[r.i] == c {
		r.i++
		return true
	}
	return false
}

// number reads lo..hi digits.
func (r *timeReader) number(lo, hi int) (int, bool) {
	j := r.i
	for j < len(r.s) && j < r.i+hi && isDigit(r.s[j]) {
		j++
	}
	if j-r.i < lo {
		return 0, false
	}
	v, _ := strconv.Atoi(r.s[r.i:j])
	r.i = j
	return v, true
}

func (r *timeReader) date() bool {
	r.spaces()
	var ok bool
	if r.i < len(r.s) && !isDigit(r.s[r.i]) {
		if !r.monthName() {
			return false
		}
		r.spaces()
		if r.day, ok = r.number(1, 2); !ok || r.day < 1 || r.day > 31 || !r.eat(',') {
			return false
		}
		r.spaces()
		r.year, ok = r.number(4, 4)
		return ok
	}
	if r.year, ok = r.number(4, 4); !ok || !r.eat('-') {
		return false
	}
	if r.month, ok = r.number(1, 2); !ok || r.month < 1 || r.month > 12 || !r.eat('-') {
		return false
	}
	r.day, ok = r.number(1, 2)
	return ok && r.day >= 1 && r.day <= 31
}

func (r *timeReader) monthName() bool {
	rest := strings.ToLower(r.s[r.i:])
	for m, name := range monthNames {
		for _, n := range []string{name, name[:3]} {
			if strings.HasPrefix(rest, n) && (len(rest) == len(n) || !isAlnum(rest[len(n)])) {
				r.month = m + 1
				r.i += len(n)
				return true
			}
		}
	}
	return false
}

// clock reads " hh:mm[:ss[.fraction]]"; without it the day begins.
func (r *timeReader) clock() {
	start := *r
	if !r.eat('T') && !r.eat('t') {
		r.spaces()
	}
	var ok bool
	if r.hour, ok = r.number(1, 2); ok && r.hour < 24 && r.eat(':') {
		if r.min, ok = r.number(1, 2); ok && r.min < 60 {
			if !r.eat(':') {
				return
			}
			if r.sec, ok = r.number(1, 2); ok && r.sec < 62 {
				if r.eat('.') || r.eat(',') {
					r.fraction()
				}
				return
			}
		}
	}
	*r = start
}

func (r *timeReader) fraction() {
	unit := 100000000
	for r.i < len(r.s) && isDigit(r.s[r.i]) {
		r.nano += int(r.s[r.i]-'0') * unit
		unit /= 10
		r.i++
	}
}

// zone reads Z, UTC, GMT or an offset; without one the time is local.
func (r *timeReader) zone(loc **time.Location) {
	r.spaces()
	rest := r.s[r.i:]
	for _, z := range []string{"UTC", "GMT", "Z", "z"} {
		if strings.HasPrefix(rest, z) && (len(rest) == len(z) || !isAlnum(rest[len(z)])) {
			r.i += len(z)
			*loc = time.UTC
			return
		}
	}
	if rest == "" || rest[0] != '+' && rest[0] != '-' {
		return
	}
	start := r.i
	r.i++
	h, ok := r.number(2, 2)
	m := 0
	if ok {
		if colon := r.eat(':'); colon || r.i < len(r.s) && isDigit(r.s[r.i]) {
			m, ok = r.number(2, 2)
		}
	}
	if !ok || h > 14 || m > 59 {
		r.i = start
		return
	}
	off := h*3600 + m*60
	if rest[0] == '-' {
		off = -off
	}
	*loc = time.FixedZone("", off)
}
