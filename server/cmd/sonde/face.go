package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"sonde/server/cli"
	"sonde/server/keeper"
	"sonde/server/sandbox"
)

// How a keeper starts a face: the environment says which of its lives it is,
// and descriptors 3 to 5 hold the seam, the data folder and the options.
const (
	faceEnv       = "SONDE_FACE"
	listenEnvName = "SONDE_FACE_LISTEN"
	faceFirst     = "first"
	faceAgain     = "again"
	faceSelfTest  = "selftest"
	seamFD        = 3
	dataFD        = 4
	optionsFD     = 5
)

// runFace is the process that talks to the world, without privileges.
func runFace() int {
	if err := face(); err != nil {
		complain("%v", err)
		return 1
	}
	return 0
}

func face() error {
	mode := os.Getenv(faceEnv)
	_ = os.WriteFile("/proc/self/comm", []byte("sonde-face"), 0) // "exe" in lists otherwise
	dir := os.NewFile(dataFD, "data")
	var o cli.ServeOptions
	options := os.NewFile(optionsFD, "options")
	if err := json.NewDecoder(options).Decode(&o); err != nil {
		return fmt.Errorf("read options: %w", err)
	}
	options.Close()
	o.Out, o.Log = os.Stdout, os.Stderr
	data := dataPath(o.Data, dir)
	if err := os.Setenv("TMPDIR", data); err != nil { // the one place to write
		return err
	}
	report, err := sandbox.Confine(policy(o, dir))
	if err != nil {
		return err
	}
	if mode == faceSelfTest {
		return sandbox.SelfTest(os.Stdout, data)
	}
	if mode == faceFirst {
		for _, m := range report.Missing {
			complain("%s", m)
		}
	}
	seam := os.NewFile(seamFD, "seam")
	conn, err := net.FileConn(seam)
	seam.Close()
	if err != nil {
		return fmt.Errorf("reach the keeper: %w", err)
	}
	ctx, stop := terminated(context.Background())
	defer stop()
	c, err := keeper.NewClient(ctx, conn, buildID())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // without its keeper a face is of no use
		<-c.Done()
		cancel()
	}()
	caps, err := sandbox.Effective()
	if err != nil {
		return err
	}
	so := siteOptions{ServeOptions: o, dir: dir, data: data, again: mode == faceAgain, caps: caps}
	if l := os.Getenv(listenEnvName); l != "" {
		so.addrs = strings.Split(l, ",")
	}
	err = runSite(ctx, c, so)
	return errors.Join(err, c.Close())
}

// dataPath is a way to the data folder: its own path where this user can walk
// it, else through the descriptor that the keeper opened.
func dataPath(path string, dir *os.File) string {
	here, err1 := os.Stat(path)
	there, err2 := dir.Stat()
	if err1 == nil && err2 == nil && os.SameFile(here, there) {
		return path
	}
	return fmt.Sprintf("/proc/self/fd/%d", dir.Fd())
}

// policy is what the face may reach: its data folder, and what resolving names,
// showing times and checking certificates take.
func policy(o cli.ServeOptions, dir *os.File) sandbox.Policy {
	p := sandbox.Policy{
		Read: []string{
			"/proc/self", "/proc/sys/net/core/somaxconn", "/dev/null", "/dev/urandom",
			"/usr/share/zoneinfo", "/etc/localtime", "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf",
			"/etc/passwd", "/etc/group", "/etc/services", "/etc/protocols", "/etc/mime.types",
			"/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/share/mime",
		},
		WriteDirs: []*os.File{dir},
	}
	// resolv.conf is often a link to what a resolver daemon writes.
	if target, err := filepath.EvalSymlinks("/etc/resolv.conf"); err == nil {
		p.Read = append(p.Read, target)
	}
	if path, ok := strings.CutPrefix(o.Listen, "unix:"); ok {
		p.Write = append(p.Write, filepath.Dir(path))
	}
	return p
}

// listenEnv tells a face where its predecessor listened.
func listenEnv(addrs []string) []string {
	if len(addrs) == 0 {
		return nil
	}
	return []string{listenEnvName + "=" + strings.Join(addrs, ",")}
}
