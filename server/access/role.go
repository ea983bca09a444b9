package access

import "fmt"

// Role is what someone may do, from most to least.
type Role string

// Roles.
const (
	Owner    Role = "owner"
	Operator Role = "operator"
	Viewer   Role = "viewer"
	Link     Role = "link" // the holder of a share link: one capture, read-only
)

func (r Role) valid() bool {
	return r == Owner || r == Operator || r == Viewer || r == Link
}

// ParseRole reads a role that a session can be given.
func ParseRole(s string) (Role, error) {
	if r := Role(s); r == Owner || r == Operator || r == Viewer {
		return r, nil
	}
	return "", fmt.Errorf("role %q: must be owner, operator or viewer", clip(s, 32))
}

// Need is what a route asks of whoever calls it. Every route has one; a route
// without is denied to all.
type Need string

// Needs, each a row of the role table below.
const (
	Public  Need = "public"  // no login: health, static files, the empty shell, the login itself
	Self    Need = "self"    // any login: who am I, log out
	Observe Need = "observe" // live state of this host
	Read    Need = "read"    // open captures
	Capture Need = "capture" // start and stop captures, upload, delete
	Act     Need = "act"     // signal, renice, trace, connect
	Raw     Need = "raw"     // download packets as they are
	Admin   Need = "admin"   // sessions, settings, audit, metrics
)

// table says which roles satisfy a need. Act for operators depends on the
// grants they were given.
var table = map[Need][]Role{
	Self:    {Owner, Operator, Viewer, Link},
	Observe: {Owner, Operator, Viewer},
	Read:    {Owner, Operator, Viewer},
	Capture: {Owner, Operator},
	Act:     {Owner},
	Raw:     {Owner},
	Admin:   {Owner},
}

// Mutates says whether a need changes anything: what --read-only forbids.
func (n Need) Mutates() bool { return n == Capture || n == Act }

// Allows says whether a role satisfies a need.
func (n Need) Allows(r Role) bool {
	if n == Public {
		return true
	}
	for _, have := range table[n] {
		if have == r {
			return true
		}
	}
	return false
}

// Known says whether the need is in the table.
func (n Need) Known() bool {
	_, ok := table[n]
	return ok || n == Public
}
