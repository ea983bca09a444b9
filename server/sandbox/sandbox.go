// Package sandbox takes privileges away: capabilities from the process that
// keeps some, and everything else from the process that talks to the world.
//
// Go programs have many threads and Linux keeps privileges per thread. What
// concerns the running process goes through syscall.AllThreadsSyscall (it works
// without cgo, which this program never uses); what concerns a child is set on
// one locked thread that then starts it and is thrown away.
package sandbox

import "os"

// Caps is a set of capabilities, one bit each, numbered as in linux/capability.h.
type Caps uint64

// Has tells whether capability c (unix.CAP_...) is in the set.
func (s Caps) Has(c int) bool { return s&(1<<c) != 0 }

// CapsOf makes a set of unix.CAP_ numbers.
func CapsOf(list ...int) Caps {
	var s Caps
	for _, c := range list {
		s |= 1 << c
	}
	return s
}

// User is who a child runs as.
type User struct {
	UID, GID int
	Groups   []int // supplementary
}

// Policy says what a confined process may still reach.
type Policy struct {
	Read  []string // files and folders; missing ones are passed over
	Write []string // folders to read and write
	// WriteDirs are open folders to read and write, where no path leads.
	WriteDirs []*os.File
}

// Report says which parts of the confinement hold; Missing are sentences on
// those that this kernel lacks.
type Report struct {
	Landlock int // ABI version, 0 = none
	Seccomp  bool
	Missing  []string
}
