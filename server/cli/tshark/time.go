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
			return nil, usagef("Invalid .N time stamp precision %q; N must be 0 to 9", digitsText)
		}
		digits = n
	}
	if seconds != "s" && seconds != "hms" {
		return nil, usagef("Invalid seconds type %q; it must be one of: s, hms", seconds)
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
	abs := func(layout string, utc bool) func(t *field.Text, p *dissect.Packet) {
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
			if utc {
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
		return abs("15:04:05", false), nil
	case "ad":
		return abs("2006-01-02 15:04:05", false), nil
	case "adoy":
		return abs("2006/002 15:04:05", false), nil
	case "u":
		return abs("15:04:05", true), nil
	case "ud":
		return abs("2006-01-02 15:04:05", true), nil
	case "udoy":
		return abs("2006/002 15:04:05", true), nil
	case "d":
		return func(t *field.Text, p *dissect.Packet) {
			if p.Frame.HasTime {
				prev := p.Frame.Time
				if p.Env.HasPrev {
					prev = p.Env.Prev
				}
				since(t, p.Frame.Time-prev, n(p))
			}
		}, nil
	case "dd":
		return func(t *field.Text, p *dissect.Packet) {
			if p.Frame.HasTime {
				prev := p.Frame.Time
				if p.Env.HasPrevShown {
					prev = p.Env.PrevShown
				}
				since(t, p.Frame.Time-prev, n(p))
			}
		}, nil
	case "e":
		return func(t *field.Text, p *dissect.Packet) {
			if p.Frame.HasTime {
				field.Seconds(t, p.Frame.Time, n(p))
			}
		}, nil
	}
	return nil, usagef("Invalid time stamp type %q; it must be one of: a, ad, adoy, d, dd, e, r, u, ud, udoy, each with .N digits if wanted", spec)
}

func hms(t *field.Text, ns int64, digits int) {
	if ns < 0 {
		t.C('-')
		ns = -ns
	}
	s := uint64(ns / 1e9)
	t.UPad(s/3600, 2).C(':').UPad(s/60%60, 2).C(':').UPad(s%60, 2)
	if digits > 0 {
		frac := uint64(ns % 1e9)
		for i := digits; i < 9; i++ {
			frac /= 10
		}
		t.C('.').UPad(frac, digits)
	}
}
