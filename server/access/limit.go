package access

import (
	"net/netip"
	"sync"
	"time"
)

// Login limits. A person mistypes in a burst, so a few failures are free; then
// two a minute, and twelve an hour. The global limit holds off many sources.
const (
	freeFailures   = 8
	perMinute      = 2
	perHour        = 12
	globalFailures = 300 // a minute
	maxSources     = 4096
)

// limiter counts failed logins by kind and source.
type limiter struct {
	now func() time.Time

	mu       sync.Mutex // guards the rest
	failures map[string][]time.Time
	all      []time.Time
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, failures: map[string][]time.Time{}}
}

// source makes one key of an address: all of an IPv6 /64 belongs to one host.
func source(kind, address string) string {
	ip, err := netip.ParseAddr(address)
	if err == nil && ip.Is6() && !ip.Is4In6() && !ip.IsLoopback() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return kind + " " + p.String()
		}
	}
	return kind + " " + address
}

func (l *limiter) allow(kind, address string) error {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	f := since(l.failures[source(kind, address)], now.Add(-time.Hour))
	l.all = since(l.all, now.Add(-time.Minute))
	if len(f) >= perHour || len(f) >= freeFailures && len(since(f, now.Add(-time.Minute))) >= perMinute || len(l.all) >= globalFailures {
		return ErrLimited
	}
	return nil
}

func (l *limiter) failed(kind, address string) {
	now := l.now()
	key := source(kind, address)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.failures) >= maxSources {
		for k, f := range l.failures {
			if len(since(f, now.Add(-time.Hour))) == 0 {
				delete(l.failures, k)
			}
		}
		if len(l.failures) >= maxSources {
			clear(l.failures) // the global limit is what holds now
		}
	}
	l.failures[key] = append(since(l.failures[key], now.Add(-time.Hour)), now)
	l.all = append(l.all, now)
}

// since drops what is older; times stand in order.
func since(times []time.Time, from time.Time) []time.Time {
	for len(times) > 0 && times[0].Before(from) {
		times = times[1:]
	}
	return times
}
