package probes

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sonde/probes/netlink"
	"sonde/probes/procfs"
	"sonde/probes/table"
)

var _ = register(Probe{
	Name: "files", Title: "Files", Interval: 5 * time.Second,
	// pid: one or several, separated by commas; none: every process. user: as
	// lsof -u.
	Args: []string{"pid", "user"},
	New:  func(a Args) (Sampler, error) { return newFiles(system, a) },
})

var fileColumns = []table.Column{
	{ID: "command", Title: "COMMAND", Type: table.Text},
	{ID: "pid", Title: "PID", Type: table.Int},
	{ID: "user", Title: "USER", Type: table.Text},
	{ID: "fd", Title: "FD", Type: table.Text, Help: "cwd, rtd (root), txt (program), mem (mapped), or number with r, w or u."},
	{ID: "type", Title: "TYPE", Type: table.Text},
	{ID: "device", Title: "DEVICE", Type: table.Text},
	{ID: "size", Title: "SIZE/OFF", Type: table.Int, Unit: "B", Help: "Size of files and directories, position in others. Not read on network and FUSE mounts, which may hang."},
	{ID: "node", Title: "NODE", Type: table.Text, Help: "Inode number; protocol of Internet sockets."},
	{ID: "name", Title: "NAME", Type: table.Text},
	{ID: "deleted", Title: "Deleted", Type: table.Bool},
	{ID: "offset", Title: "OFFSET", Type: table.Int, Unit: "B"},
	{ID: "inode", Title: "Inode", Type: table.Int},
	{ID: "num", Title: "fd number", Type: table.Int},
	{ID: "state", Title: "State", Type: table.Text, Help: "Of TCP sockets."},
	{ID: "mount", Title: "Mount", Type: table.Text, Help: "File system type and mount point."},
}

const (
	// maxMaps bounds the mapped files listed of one process.
	maxMaps = 4096
	// maxNamespaces bounds the network namespaces that are visited for sockets.
	maxNamespaces = 64
)

type files struct {
	fs     *procfs.FS
	root   string
	users  *users
	pids   []int
	user   map[string]bool
	buf    []byte
	denied int
	rows   []table.Row
	mounts map[string]map[int]procfs.Mount // by mount namespace
	socks  map[string]map[uint64]sockFile  // by network namespace
}

// sockFile is what lsof prints of a socket.
type sockFile struct{ typ, node, name, state string }

func newFiles(r roots, a Args) (*files, error) {
	f := &files{root: r.proc, users: newUsers(r.passwd)}
	for s := range strings.SplitSeq(a["pid"], ",") {
		if s = strings.TrimSpace(s); s != "" {
			n, err := strconv.Atoi(s)
			if err != nil || n <= 0 {
				return nil, fmt.Errorf("argument pid=%q: %w", s, ErrArgs)
			}
			f.pids = append(f.pids, n)
		}
	}
	for s := range strings.SplitSeq(a["user"], ",") {
		if s = strings.TrimSpace(s); s != "" {
			if f.user == nil {
				f.user = map[string]bool{}
			}
			f.user[s] = true
		}
	}
	var err error
	f.fs, err = r.openProc()
	return f, err
}

func (f *files) Close() error { return f.fs.Close() }

// Sample lists the descriptors, directories, program and mapped files.
func (f *files) Sample(time.Time) (*table.Table, error) {
	pids := f.pids
	if len(pids) == 0 {
		var err error
		if pids, err = f.fs.PIDs(nil); err != nil {
			return nil, kind(err)
		}
	}
	f.denied, f.rows = 0, nil
	f.mounts, f.socks = map[string]map[int]procfs.Mount{}, map[string]map[uint64]sockFile{}
	found := false
	for _, pid := range pids {
		if f.process(pid) {
			found = true
		}
	}
	if !found && len(f.pids) > 0 {
		return nil, fmt.Errorf("read files of process %v: %w", f.pids, ErrGone)
	}
	t := &table.Table{Columns: fileColumns, Rows: f.rows, Summary: map[string]table.Cell{"files": int64(len(f.rows))}}
	deleted := int64(0)
	for _, r := range f.rows {
		if r.Cells[9] == true {
			deleted++
		}
	}
	t.Summary["deleted"] = deleted
	if f.denied > 0 {
		t.Notes = append(t.Notes, deniedNote("Files", f.denied))
	}
	return t, nil
}

// file is one row before it is written.
type file struct {
	fd, typ, device, node, name, state, mount string
	size, offset, inode, num                  table.Cell
	deleted                                   bool
}

func (f *files) process(pid int) bool {
	dir := strconv.Itoa(pid)
	b, err := f.fs.Read(f.buf, dir+"/stat")
	f.buf = b
	var st procfs.Stat
	if err != nil || procfs.ParseStat(b, &st, "") != nil {
		return false
	}
	if st.KernelThread() && len(f.pids) == 0 {
		return true // no files but cwd and root, which are the system's
	}
	uid, err := f.fs.Owner(pid)
	if err != nil {
		return false
	}
	user := f.users.name(uid)
	if f.user != nil && !f.user[user] && !f.user[strconv.Itoa(int(uid))] {
		return true
	}
	identity := dir + ":" + strconv.FormatUint(st.Start, 10) + ":"
	used := map[string]int{}
	add := func(x file) {
		opt := func(s string) table.Cell {
			if s == "" {
				return nil
			}
			return s
		}
		key := identity + x.fd
		if x.fd == "mem" {
			key += ":" + x.name
		}
		if used[key]++; used[key] > 1 {
			key += "#" + strconv.Itoa(used[key])
		}
		f.rows = append(f.rows, table.Row{Key: key, Cells: []table.Cell{st.Comm, int64(pid), user, x.fd, x.typ, opt(x.device), x.size,
			opt(x.node), x.name, x.deleted, x.offset, x.inode, x.num, opt(x.state), opt(x.mount)}})
	}
	mounts := f.mountsOf(dir)
	denied := false
	for _, l := range []struct{ file, fd, typ string }{{"cwd", "cwd", "DIR"}, {"root", "rtd", "DIR"}, {"exe", "txt", "REG"}} {
		s, err := f.fs.Readlink(dir + "/" + l.file)
		if err != nil {
			denied = denied || procfs.Denied(err)
			continue
		}
		t := procfs.ParseTarget(s)
		x := file{fd: l.fd, typ: l.typ, name: t.Name, deleted: t.Deleted}
		if m, ok := mountAt(mounts, t.Name); ok {
			f.stat(&x, dir+"/"+l.file, m)
		}
		add(x)
	}
	if b, err := f.fs.Read(f.buf, dir+"/maps"); err == nil {
		f.buf = b
		f.maps(b, dir, mounts, add)
	}
	nums, err := f.fs.Numbers(nil, dir+"/fd")
	if err != nil {
		if procfs.Denied(err) {
			f.denied++
			add(file{fd: "NOFD", name: "/proc/" + dir + "/fd (permission denied)"})
		}
		return true
	}
	for _, n := range nums {
		f.descriptor(dir, n, mounts, add)
	}
	if denied {
		f.denied++
	}
	return true
}

// maps adds each mapped file once, but not the program itself.
func (f *files) maps(b []byte, dir string, mounts map[int]procfs.Mount, add func(file)) {
	exe, _ := f.fs.Readlink(dir + "/exe")
	seen := map[string]bool{exe: true, "": true}
	for _, m := range procfs.ParseMaps(b) {
		if seen[m.Path] || m.Path[0] != '/' || len(seen) > maxMaps {
			continue
		}
		seen[m.Path] = true
		t := procfs.ParseTarget(m.Path)
		x := file{fd: "mem", typ: "REG", name: t.Name, deleted: t.Deleted, node: strconv.FormatUint(m.Inode, 10), inode: int64(m.Inode)}
		if t.Deleted {
			x.fd = "DEL"
		}
		major, minor, _ := strings.Cut(m.Dev, ":")
		ma, _ := strconv.ParseUint(major, 16, 32)
		mi, _ := strconv.ParseUint(minor, 16, 32)
		x.device = fmt.Sprintf("%d,%d", ma, mi)
		if mt, ok := mountAt(mounts, t.Name); ok {
			x.mount = mt.Type + " " + mt.Point
		}
		add(x)
	}
}

func (f *files) descriptor(dir string, n int, mounts map[int]procfs.Mount, add func(file)) {
	path := dir + "/fd/" + strconv.Itoa(n)
	s, err := f.fs.Readlink(path)
	if err != nil {
		return // closed meanwhile
	}
	var info procfs.FDInfo
	if b, err := f.fs.Read(f.buf, dir+"/fdinfo/"+strconv.Itoa(n)); err == nil {
		f.buf = b
		info, _ = procfs.ParseFDInfo(b)
	}
	t := procfs.ParseTarget(s)
	x := file{fd: strconv.Itoa(n) + info.Access(), name: t.Name, deleted: t.Deleted, offset: info.Pos, num: int64(n)}
	if t.Inode != 0 {
		x.inode, x.node = int64(t.Inode), strconv.FormatUint(t.Inode, 10)
	}
	switch t.Kind {
	case procfs.KindSocket:
		sock, ok := f.socketsOf(dir)[t.Inode]
		if !ok {
			sock = sockFile{typ: "sock", name: s + " (of a kind or namespace that cannot be listed)", node: x.node}
		}
		x.typ, x.name, x.state, x.device = sock.typ, sock.name, sock.state, strconv.FormatUint(t.Inode, 10)
		if sock.node != "" {
			x.node = sock.node
		}
		x.size, x.offset = nil, nil
	case procfs.KindPipe:
		x.typ, x.name = "FIFO", "pipe"
	case procfs.KindAnon:
		x.typ = "a_inode"
		if info.Detail != "" {
			x.name += " " + info.Detail
		}
	case procfs.KindMemFD, procfs.KindFile:
		x.typ = "REG"
		const oDirectory, oPath = 0o200000, 0o10000000
		if info.Flags&oDirectory != 0 {
			x.typ = "DIR"
		}
		if info.Flags&oPath != 0 {
			x.fd = strconv.Itoa(n)
		}
		if info.Inode != 0 {
			x.inode, x.node = int64(info.Inode), strconv.FormatUint(info.Inode, 10)
		}
		m, ok := mounts[info.MountID]
		if ok || t.Kind == procfs.KindMemFD {
			if t.Kind == procfs.KindMemFD {
				m = procfs.Mount{Type: "tmpfs"} // the kernel's own, in no table
			}
			f.stat(&x, path, m)
		}
	default:
		x.typ = "unknown"
		if strings.HasPrefix(s, "net:") || strings.HasPrefix(s, "mnt:") || strings.HasPrefix(s, "pid:") || strings.HasPrefix(s, "user:") {
			x.typ = "ns"
		}
	}
	add(x)
}

// localTypes are file systems whose open files can be looked at without any
// other machine or program having to answer. All others are left alone: stat on
// a dead NFS or FUSE mount blocks for good.
var localTypes = map[string]bool{"ext2": true, "ext3": true, "ext4": true, "xfs": true, "btrfs": true, "tmpfs": true, "ramfs": true,
	"rootfs": true, "devtmpfs": true, "devpts": true, "overlay": true, "zfs": true, "f2fs": true, "vfat": true, "exfat": true,
	"squashfs": true, "erofs": true, "iso9660": true, "proc": true, "sysfs": true, "cgroup": true, "cgroup2": true, "mqueue": true,
	"hugetlbfs": true, "debugfs": true, "tracefs": true, "bpf": true, "bcachefs": true, "jfs": true, "nilfs2": true}

// stat fills type, device, size and inode through the descriptor's own link,
// which walks no path, and without asking any server (AT_STATX_DONT_SYNC).
func (f *files) stat(x *file, rel string, m procfs.Mount) {
	x.mount = strings.TrimSpace(m.Type + " " + m.Point)
	x.device = strings.ReplaceAll(m.Dev, ":", ",")
	if !localTypes[m.Type] {
		return
	}
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, f.root+"/"+rel, unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, unix.STATX_BASIC_STATS, &st)
	if err != nil {
		return
	}
	x.device = fmt.Sprintf("%d,%d", st.Dev_major, st.Dev_minor)
	x.inode, x.node = int64(st.Ino), strconv.FormatUint(st.Ino, 10)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		x.typ, x.size = "REG", int64(st.Size)
		// A name may really end in " (deleted)": only a file without links is.
		if x.deleted && st.Nlink > 0 {
			x.name, x.deleted = x.name+" (deleted)", false
		}
	case unix.S_IFDIR:
		x.typ, x.size = "DIR", int64(st.Size)
	case unix.S_IFCHR:
		x.typ, x.device, x.size = "CHR", fmt.Sprintf("%d,%d", st.Rdev_major, st.Rdev_minor), x.offset
	case unix.S_IFBLK:
		x.typ, x.device, x.size = "BLK", fmt.Sprintf("%d,%d", st.Rdev_major, st.Rdev_minor), x.offset
	case unix.S_IFIFO:
		x.typ, x.size = "FIFO", x.offset
	case unix.S_IFSOCK:
		x.typ = "SOCK"
	}
}

// mountsOf gives a process's mount table, read once for each namespace.
func (f *files) mountsOf(dir string) map[int]procfs.Mount {
	ns, err := f.fs.Readlink(dir + "/ns/mnt")
	if err != nil {
		ns = dir // not allowed to know: its table may still be readable
	}
	if m, ok := f.mounts[ns]; ok {
		return m
	}
	b, err := f.fs.Read(f.buf, dir+"/mountinfo")
	var m map[int]procfs.Mount
	if err == nil {
		f.buf = b
		m = procfs.ParseMountinfo(b)
	}
	f.mounts[ns] = m
	return m
}

// mountAt finds the mount a path lies on: the longest mount point before it.
func mountAt(ms map[int]procfs.Mount, path string) (procfs.Mount, bool) {
	var best procfs.Mount
	bestID := -1
	for id, m := range ms {
		p := m.Point
		in := path == p || p == "/" && strings.HasPrefix(path, "/") || strings.HasPrefix(path, p) && len(path) > len(p) && path[len(p)] == '/'
		// Of two on one point the later (higher id) lies on top.
		if in && (bestID < 0 || len(p) > len(best.Point) || len(p) == len(best.Point) && id > bestID) {
			best, bestID = m, id
		}
	}
	return best, bestID >= 0
}

// socketsOf lists the sockets of a process's network namespace, once for each.
// Another namespace needs CAP_SYS_ADMIN; without it the map is empty.
func (f *files) socketsOf(dir string) map[uint64]sockFile {
	ns, err := f.fs.Readlink(dir + "/ns/net")
	if err != nil {
		ns = "own"
	}
	if m, ok := f.socks[ns]; ok {
		return m
	}
	var c *netlink.Conn
	own, _ := f.fs.Readlink("self/ns/net")
	switch {
	case ns == own || ns == "own":
		c, err = netlink.Open(netlink.SockDiag)
	case len(f.socks) < maxNamespaces:
		c, err = netlink.OpenIn(netlink.SockDiag, f.root+"/"+dir+"/ns/net")
	default:
		return nil
	}
	m := map[uint64]sockFile{}
	f.socks[ns] = m
	if err != nil {
		return m
	}
	defer c.Close()
	for _, proto := range []struct {
		num  uint8
		name string
	}{{unix.IPPROTO_TCP, "TCP"}, {unix.IPPROTO_UDP, "UDP"}, {unix.IPPROTO_RAW, "RAW"}} {
		for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
			typ := "IPv4"
			if family == unix.AF_INET6 {
				typ = "IPv6"
			}
			// A family the kernel lacks leaves its sockets unnamed.
			_ = c.Inet(netlink.InetRequest{Family: family, Protocol: proto.num, States: netlink.AllStates}, func(s *netlink.Inet) {
				if s.Inode == 0 {
					return
				}
				k := sockFile{typ: typ, node: proto.name}
				k.name = lsofAddr(s.Src.Unmap().String(), s.Src.IsUnspecified(), s.SrcPort, family)
				if s.DstPort != 0 {
					k.name += "->" + lsofAddr(s.Dst.Unmap().String(), false, s.DstPort, family)
				}
				if proto.name == "TCP" {
					k.state = lsofState(s.State)
					k.name += " (" + k.state + ")"
				}
				m[uint64(s.Inode)] = k
			})
		}
	}
	_ = c.Unix(func(s *netlink.Unix) {
		kind := map[uint8]string{1: "STREAM", 2: "DGRAM", 5: "SEQPACKET"}[s.Type]
		name := s.Path
		if name != "" {
			name += " "
		}
		k := sockFile{typ: "unix", name: name + "type=" + kind}
		if s.State == netlink.Listen {
			k.name += " (LISTEN)"
		}
		m[uint64(s.Inode)] = k
	})
	_ = c.Packet(func(s *netlink.Packet) {
		m[uint64(s.Inode)] = sockFile{typ: "pack", name: "type=SOCK_" + map[uint8]string{2: "DGRAM", 3: "RAW"}[s.Type]}
	})
	return m
}

func lsofAddr(addr string, any bool, port uint16, family uint8) string {
	if any {
		addr = "*"
	} else if family == unix.AF_INET6 && strings.Contains(addr, ":") {
		addr = "[" + addr + "]"
	}
	if port == 0 {
		return addr + ":*"
	}
	return addr + ":" + strconv.Itoa(int(port))
}

// lsofState is lsof's spelling of the TCP states.
func lsofState(s uint8) string {
	switch n := stateName(s); n {
	case "ESTAB":
		return "ESTABLISHED"
	case "UNCONN":
		return "CLOSED"
	case "FIN-WAIT-1":
		return "FIN_WAIT1"
	case "FIN-WAIT-2":
		return "FIN_WAIT2"
	default:
		return strings.ReplaceAll(n, "-", "_")
	}
}
