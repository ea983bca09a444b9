package tshark

import (
	"strconv"
	"strings"
	"time"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// timeColumn gives the writer of the Time column for -t and -u.
func timeColumn(spec, seconds string) (func(t *field.Text, p *dissect.Packet), error) {
	form, digitsText, hasDigits := strings.Cut(spec, ".")

	digits := -1
	if hasDigits && digitsText != "" {
		n, err := strconv.Atoi(digitsText)
		if err != nil || n < 0 || n > 9 {
			return nil, usagef("Invalid .N time stamp precision %q; N must be a value between 0 and 9 or absent", digitsText)
		}
		digits = n
	}
	if seconds != "s" && seconds != "hms" {
		return nil, usagef("Invalid seconds type %q; it must be one of:%s", seconds, list([][2]string{{"s", "seconds"}, {"hms", "hours, minutes and seconds"}}))
	}
	n := func(p *dissect.Packet) int {
		if digits >= 0 {
			return digits
		}
		if d := int(p.Frame.TimeDigits); d > 0 {
			return min(d, 9)
		}
		return 6
	}
	since := func(t *field.Text, ns int64, d int) {
		if seconds == "hms" {
			hms(t, ns, d)
			return
		}
		field.Seconds(t, ns, d)
	}
	abs := func(layout string, utc, zone bool) func(t *field.Text, p *dissect.Packet) {
		return func(t *field.Text, p *dissect.Packet) {
			if !p.Frame.HasTime {
				return
			}
			tm := time.Unix(0, p.Frame.Time)
			if utc {
				tm = tm.UTC()
			}
			t.S(tm.Format(layout))
			if d := n(p); d > 0 {
				frac := uint64(tm.Nanosecond())
				for i := d; i < 9; i++ {
					frac /= 10
				}
				t.C('.').UPad(frac, d)
			}
			if zone {
				t.C('Z')
			}
		}
	}
	switch form {
	case "r", "":
		return func(t *field.Text, p *dissect.Packet) {
			if p.Frame.HasTime {
				since(t, p.Frame.Time-p.Env.First, n(p))
			}
		}, nil
	case "a":
		return abs("15:04:05", false, false), nil
	case "ad":
		return abs("2006-01-02 15:04:05", false, false), nil
	case "adoy":
		return abs("2006/002 15:04:05", false, false), nil
	case "u":
		return abs("15:04:05", true, false), nil
	case "ud":
		return abs("2006-01-02 15:04:05", true, true), nil
	case "udoy":
		return abs("2006/002 15:04:05", true, true), nil
	case "d":
		return func(t *field.Text, p *dissect.Packet) {
			if p.Frame.HasTime && p.Env.HasPrev {
				since(t, p.Frame.Time-p.Env.Prev, n(p))
			}
		}, nil
	case "dd":
		return func(t *field.Text, p *dissect.Packet) {
			if p.Frame.HasTime && p.Env.HasPrevShown {
				since(t, p.Frame.Time-p.Env.PrevShown, n(p))
			}
		}, nil
	case "e":
		return func(t *field.Text, p *dissect.Packet) {
			if p.Frame.HasTime {
				field.Seconds(t, p.Frame.Time, n(p))
			}
		}, nil
	}
	return nil, usagef("Invalid time stamp type %q; it must be one of:%s", spec, list(timeForms[:]))
}

// timeForms are the forms of -t; each takes .N digits.
var timeForms = [...][2]string{
	{"a", "time of day"}, {"ad", "date and time of day"}, {"adoy", "year, day of year and time of day"},
	{"d", "since the packet before"}, {"dd", "since the packet shown before"}, {"e", "since 1970"}, {"r", "since the first packet"},
	{"u", "time of day in UTC"}, {"ud", "date and time of day in UTC"}, {"udoy", "year, day of year and time of day in UTC"},
	{".N", "any of these with N digits"},
}

// hms appends "1h  2m  3.500000s".
func hms(t *field.Text, ns int64, digits int) {
	u := uint64(ns)
	if ns < 0 {
		t.S("- ")
		u = uint64(-ns)
	}
	pad := func(v uint64) {
		if v < 10 {
			t.C(' ')
		}
		t.U(v)
	}
	s := u / 1e9
	switch {
	case s >= 3600:
		t.U(s / 3600).S("h ")
		pad(s / 60 % 60)
		t.S("m ")
		pad(s % 60)
	case s >= 60:
		t.U(s / 60).S("m ")
		pad(s % 60)
	default:
		t.U(s)
	}
	if digits > 0 {
		frac := u % 1e9
		for i := digits; i < 9; i++ {
			frac /= 10
		}
		t.C('.').UPad(frac, digits)
	}
	t.C('s')
}
