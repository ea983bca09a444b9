package probes

// owner is a process that holds a socket. One that is shared after a fork has
// several: the first found (the lowest pid) is named, Holders counts them.
type owner struct {
	PID     int
	Start   uint64
	Comm    string
	FD      int
	Holders int
}
