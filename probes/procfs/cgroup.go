package procfs

import (
	"bytes"
	"strings"
)

// Cgroup is one line of /proc/PID/cgroup. The v2 line has no controllers.
type Cgroup struct {
	Hierarchy   int
	Controllers string
	Path        string
}

// ParseCgroup parses /proc/PID/cgroup: "hierarchy:controllers:path", where the
// path may hold colons.
func ParseCgroup(b []byte) []Cgroup {
	var cs []Cgroup
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		p := bytes.SplitN(line, []byte{':'}, 3)
		if len(p) != 3 {
			continue
		}
		n, ok := atou(p[0])
		if !ok {
			continue
		}
		cs = append(cs, Cgroup{int(n), string(p[1]), string(p[2])})
	}
	return cs
}

// CgroupPath is the path that matters: v2's, else the longest of v1.
func CgroupPath(cs []Cgroup) string {
	best := ""
	for _, c := range cs {
		if c.Controllers == "" && c.Hierarchy == 0 && c.Path != "/" && c.Path != "" {
			return c.Path
		}
		if len(c.Path) > len(best) {
			best = c.Path
		}
	}
	return best
}

// ContainerID is the container a cgroup path belongs to, as 64 hexadecimal
// digits, or "". Known forms of the last parts: docker-ID.scope,
// cri-containerd-ID.scope, crio-ID.scope, libpod-ID.scope, /docker/ID,
// /kubepods/.../ID, and LXC's /lxc.payload.NAME (the name is given).
func ContainerID(path string) string {
	for path != "" {
		var part string
		if i := strings.LastIndexByte(path, '/'); i >= 0 {
			path, part = path[:i], path[i+1:]
		} else {
			path, part = "", path
		}
		if name, ok := strings.CutPrefix(part, "lxc.payload."); ok {
			return name
		}
		part = strings.TrimSuffix(part, ".scope")
		if i := strings.LastIndexByte(part, '-'); i >= 0 {
			part = part[i+1:]
		}
		if len(part) == 64 && strings.Trim(part, "0123456789abcdef") == "" {
			return part
		}
	}
	return ""
}
