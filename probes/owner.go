package probes

// owner is a process that holds a socket. A socket shared after fork has
// several; the one with the lowest descriptor table position read first is
// named, Holders says how many there are.
type owner struct {
	PID     int
	Start   uint64
	Comm    string
	FD      int
	Holders int
}
