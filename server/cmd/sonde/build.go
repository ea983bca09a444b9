package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
)

// release is set by the linker for releases: -X main.release=1.2.3
var release = "devel"

// version is release and commit, for people.
func version() string {
	v := release
	if info, ok := debug.ReadBuildInfo(); ok {
		commit, dirty := "", ""
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = "+changes"
			}
		}
		if commit != "" {
			v += " (" + commit[:min(12, len(commit))] + dirty + ")"
		}
	}
	return v + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// self is the file of this very program, also when it was replaced or removed
// on disk since the start.
const self = "/proc/self/exe"

// buildID tells two builds apart, released or not: the identity of the file
// that runs. Keeper and face must have the same.
func buildID() string {
	st, err := os.Stat(self)
	if err != nil {
		return version()
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("%s %d:%d:%d:%d", version(), sys.Dev, sys.Ino, st.Size(), st.ModTime().UnixNano())
	}
	return version()
}

func executable() string {
	path, err := os.Executable()
	if err != nil {
		return "sonde"
	}
	return path
}
