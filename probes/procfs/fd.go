package procfs

import (
	"bytes"
	"strconv"
	"strings"
)

// FDInfo is the common head of /proc/PID/fdinfo/FD (proc_pid_fdinfo(5)).
type FDInfo struct {
	Pos     int64
	Flags   uint64 // open flags, octal in the file
	MountID int
	Inode   uint64 // since Linux 5.14, else 0
	Detail  string // first line of a special file: "eventfd-count: 0", "tfd: 5 ..."
}

// ParseFDInfo parses /proc/PID/fdinfo/FD.
func ParseFDInfo(b []byte) (FDInfo, error) {
	var s FDInfo
	ok := false
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		name, value, cut := bytes.Cut(line, []byte{':'})
		if !cut {
			continue
		}
		v := string(bytes.TrimSpace(value))
		switch string(name) {
		case "pos":
			s.Pos, _ = strconv.ParseInt(v, 10, 64)
			ok = true
		case "flags":
			s.Flags, _ = strconv.ParseUint(v, 8, 64)
		case "mnt_id":
			s.MountID, _ = strconv.Atoi(v)
		case "ino":
			// epoll's lines begin with "tfd:", so this is the file's own.
			s.Inode, _ = strconv.ParseUint(v, 10, 64)
		case "lock":
		default:
			if s.Detail == "" {
				s.Detail = strings.Join(strings.Fields(string(line)), " ")
			}
		}
	}
	if !ok {
		return s, ErrFormat
	}
	return s, nil
}

// Access is lsof's letter for an open mode: r, w or u for both.
func (s FDInfo) Access() string {
	switch s.Flags & 3 {
	case 0:
		return "r"
	case 1:
		return "w"
	}
	return "u"
}

// Kind is what a descriptor's link text tells of its file.
type Kind uint8

// Kinds of descriptor targets.
const (
	KindFile   Kind = iota // a path: regular file, directory or device
	KindSocket             // socket:[inode]
	KindPipe               // pipe:[inode]
	KindAnon               // anon_inode:[eventpoll] and the like
	KindMemFD              // /memfd:name (deleted)
	KindOther              // mnt:[inode], net:[inode] ...
)

// Target is a parsed descriptor link.
type Target struct {
	Kind    Kind
	Inode   uint64 // of sockets, pipes and namespace files
	Name    string // the path, or the anonymous file's class
	Deleted bool
}

// ParseTarget reads the text of a /proc/PID/fd link. A path that really ends in
// " (deleted)" cannot be told from a deleted file by its text alone.
func ParseTarget(s string) Target {
	if strings.HasPrefix(s, "/") {
		t := Target{Kind: KindFile, Name: s}
		if name, ok := strings.CutSuffix(s, " (deleted)"); ok {
			t.Name, t.Deleted = name, true
		}
		if strings.HasPrefix(s, "/memfd:") {
			t.Kind = KindMemFD
		}
		return t
	}
	class, rest, ok := strings.Cut(s, ":")
	if !ok {
		return Target{Kind: KindOther, Name: s}
	}
	inode := func() (uint64, bool) {
		if len(rest) < 3 || rest[0] != '[' || rest[len(rest)-1] != ']' {
			return 0, false
		}
		return atou([]byte(rest[1 : len(rest)-1]))
	}
	switch class {
	case "socket", "pipe":
		if n, ok := inode(); ok {
			k := KindSocket
			if class == "pipe" {
				k = KindPipe
			}
			return Target{Kind: k, Inode: n, Name: s}
		}
	case "anon_inode":
		return Target{Kind: KindAnon, Name: rest}
	}
	n, _ := inode()
	return Target{Kind: KindOther, Inode: n, Name: s}
}

// SocketInode is the fast path of ParseTarget for owner walks: link text as
// bytes, false for anything but a socket.
func SocketInode(b []byte) (uint64, bool) {
	const head = "socket:["
	if len(b) < len(head)+2 || string(b[:len(head)]) != head || b[len(b)-1] != ']' {
		return 0, false
	}
	return atou(b[len(head) : len(b)-1])
}

// Map is one line of /proc/PID/maps.
type Map struct {
	Start, End, Offset uint64
	Perms              string // "r-xp"
	Dev                string // "08:01", hexadecimal major and minor
	Inode              uint64
	Path               string // may be "", "[stack]", or end in " (deleted)"
}

// ParseMaps parses /proc/PID/maps; lines that do not parse are passed over.
func ParseMaps(b []byte) []Map {
	var ms []Map
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		f := fields{b: line}
		addr, perms, off, dev, ino := f.next(), f.next(), f.next(), f.next(), f.next()
		lo, hi, ok := bytes.Cut(addr, []byte{'-'})
		n, ok2 := atou(ino)
		if !ok || !ok2 || len(perms) != 4 {
			continue
		}
		ms = append(ms, Map{hex64(lo), hex64(hi), hex64(off), string(perms), string(dev), n,
			string(bytes.TrimLeft(f.b, " "))})
	}
	return ms
}

// ParseMountinfo maps mount ids to "major:minor" and mount points
// (/proc/PID/mountinfo). Used to name a file's device without touching it.
func ParseMountinfo(b []byte) map[int]Mount {
	ms := map[int]Mount{}
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		f := strings.Fields(string(line))
		if len(f) < 6 {
			continue
		}
		id, err := strconv.Atoi(f[0])
		if err != nil {
			continue
		}
		m := Mount{Dev: f[2], Point: unescapeOctal(f[4])}
		for i := 6; i+2 < len(f); i++ {
			if f[i] == "-" {
				m.Type, m.Source = f[i+1], unescapeOctal(f[i+2])
				break
			}
		}
		ms[id] = m
	}
	return ms
}

// Mount is one mounted file system.
type Mount struct{ Dev, Point, Type, Source string }

// unescapeOctal undoes \040 and the like (fs/proc_namespace.c, mangle).
func unescapeOctal(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
