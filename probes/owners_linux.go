package probes

import (
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sonde/probes/procfs"
	"sonde/probes/table"
)

const (
	// ownersEvery is the usual time between two walks of all descriptors: a walk
	// reads a link for each (3-5 us).
	ownersEvery = 5 * time.Second
	// ownersAgain is the least time between them when unknown sockets appeared.
	ownersAgain = time.Second
)

// owners finds the processes of sockets by walking /proc/PID/fd. One is shared
// by all probes: several pages cost one walk.
type owners struct {
	root string

	// mu guards the rest; a walk holds it, so that callers share its result.
	mu      sync.Mutex
	walked  time.Time
	took    time.Duration
	byInode map[uint64]owner
	denied  int // processes whose descriptors are closed to us
}

var sharedOwners = &owners{root: system.proc}

// view gives the current map, walking first when it is old, or when one of the
// inodes wanted is not in it and the last walk is a second ago. The map is never
// changed afterwards.
func (o *owners) view(now time.Time, wanted func(known func(inode uint64) bool) bool) (map[uint64]owner, int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	age := now.Sub(o.walked)
	// A walk that takes long is made less often: never more than 1/20 of the time.
	if age >= max(ownersEvery, 20*o.took) || age >= max(ownersAgain, 20*o.took) && wanted != nil &&
		wanted(func(i uint64) bool { _, ok := o.byInode[i]; return ok }) {
		began := time.Now()
		if fs, err := procfs.Open(o.root); err == nil {
			o.byInode, o.denied = walkSockets(fs)
			fs.Close()
		}
		o.walked, o.took = now, time.Since(began)
	}
	return o.byInode, o.denied
}

// walkSockets maps socket inodes to their processes. Processes that end in
// between are passed over; those closed to us are counted.
func walkSockets(fs *procfs.FS) (byInode map[uint64]owner, denied int) {
	byInode = map[uint64]owner{}
	pids, err := fs.PIDs(nil)
	if err != nil {
		return byInode, 0
	}
	var fds []int
	var buf []byte
	link := make([]byte, 64)
	for _, pid := range pids {
		dir := strconv.Itoa(pid) + "/fd"
		d, err := fs.OpenDir(dir)
		if err != nil {
			if procfs.Denied(err) {
				denied++
			}
			continue
		}
		fds, err = d.Numbers(fds[:0])
		if err != nil && procfs.Denied(err) {
			denied++
		}
		var who owner
		for _, fd := range fds {
			n, err := unix.Readlinkat(d.FD(), strconv.Itoa(fd), link)
			if err != nil {
				if procfs.Denied(err) {
					denied++
					break
				}
				continue
			}
			inode, ok := procfs.SocketInode(link[:n])
			if !ok {
				continue
			}
			if who.PID == 0 {
				var st procfs.Stat
				if buf, err = fs.Read(buf, strconv.Itoa(pid)+"/stat"); err != nil || procfs.ParseStat(buf, &st, "") != nil {
					break
				}
				who = owner{PID: pid, Start: st.Start, Comm: st.Comm}
			}
			o, dup := byInode[inode]
			if !dup {
				o = who
				o.FD = fd
			}
			if !dup || o.PID != pid {
				o.Holders++
			}
			byInode[inode] = o
		}
		d.Close()
	}
	return byInode, denied
}

// ownersNote says that some sockets' owners could not be looked up.
func ownersNote(denied int) []table.Note {
	if denied == 0 || os.Geteuid() == 0 && denied < 3 {
		return nil // root: a process that was just ending
	}
	return []table.Note{deniedNote("Owners of sockets", denied)}
}

// when is the time of the last walk, nanoseconds since 1970: what the list says
// about owners is as old as that.
func (o *owners) when() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.walked.UnixNano()
}
