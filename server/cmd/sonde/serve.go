package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"

	"sonde/server/cli"
	"sonde/server/instance"
	"sonde/server/keeper"
	"sonde/server/sandbox"
)

// serve runs a server until a signal: as keeper and face when there are
// privileges to keep, else as one process with both ends of the seam inside.
func serve(ctx context.Context, o cli.ServeOptions) error {
	ctx, stop := terminated(ctx)
	defer stop()
	caps, err := sandbox.Effective()
	if err != nil {
		return err
	}
	as := &sandbox.User{UID: os.Geteuid(), GID: os.Getegid()}
	split := os.Geteuid() == 0 || caps != 0
	if os.Geteuid() == 0 && caps.Has(unix.CAP_SETUID) && caps.Has(unix.CAP_SETGID) {
		if as, err = faceUser(os.Getenv); err != nil {
			return err
		}
	}
	dir, err := openData(o.Data, as)
	if err != nil {
		return err
	}
	defer dir.Close()
	var lock *instance.Lock
	if err := sandbox.As(as.UID, as.GID, func() (err error) { lock, err = instance.Acquire(dir); return }); err != nil {
		return err
	}
	defer lock.Release()
	if split {
		return runKeeper(ctx, o, dir, as, caps)
	}
	return runSingle(ctx, o, dir, caps)
}

// openData opens the data folder as its owner where that user can get there,
// else as this one.
func openData(path string, as *sandbox.User) (*os.File, error) {
	owner := instance.Owner{UID: as.UID, GID: as.GID}
	var dir *os.File
	err := sandbox.As(as.UID, as.GID, func() (err error) { dir, err = instance.OpenDir(path, owner); return })
	if errors.Is(err, os.ErrPermission) && as.UID != os.Geteuid() {
		dir, err = instance.OpenDir(path, owner)
	}
	return dir, err
}

// runSingle is the unprivileged server.
func runSingle(ctx context.Context, o cli.ServeOptions, dir *os.File, caps sandbox.Caps) error {
	b, err := newBackend(backendOptions{dir: dir, uid: -1, gid: -1, caps: caps})
	if err != nil {
		return err
	}
	defer b.Close()
	near, far, err := keeper.Pair()
	if err != nil {
		return err
	}
	build := buildID()
	served := make(chan error, 1)
	go func() { served <- keeper.Serve(ctx, near, b, keeper.Options{Build: build, ReadOnly: o.ReadOnly}) }()
	c, err := keeper.NewClient(ctx, far, build)
	if err != nil {
		return err
	}
	err = runSite(ctx, c, siteOptions{ServeOptions: o, dir: dir, data: o.Data, caps: caps, opened: func() { openFiles(ctx, o) }})
	c.Close()
	return errors.Join(err, <-served)
}

// openFiles hands the files of `sonde open` to the server that just started, in
// a process of its own: it alone reads them, with the rights of whoever asked.
func openFiles(ctx context.Context, o cli.ServeOptions) {
	if len(o.Files) == 0 {
		return
	}
	run := func(args ...string) error {
		cmd := exec.CommandContext(ctx, self, args...)
		cmd.Stdout, cmd.Stderr = o.Out, o.Log
		return cmd.Run()
	}
	// The command says what is wrong with a file; a link to the pages is of use
	// all the same.
	if run(append([]string{"open", "--data", o.Data, "--"}, o.Files...)...) != nil && ctx.Err() == nil {
		if err := run("url", "--data", o.Data); err != nil {
			complain("print link: %v", err)
		}
	}
}

// nobody is the user of last resort (the kernel's overflow uid).
const nobody = 65534

// faceUser is who the face runs as when root started the program: the user who
// called sudo, or the system user sonde where there is one, or nobody.
func faceUser(getenv func(string) string) (*sandbox.User, error) {
	if s := getenv("SUDO_UID"); s != "" && s != "0" {
		uid, err := strconv.Atoi(s)
		if err != nil || uid < 1 {
			return nil, fmt.Errorf("SUDO_UID=%q is not a user", s)
		}
		gid, err := strconv.Atoi(getenv("SUDO_GID"))
		if err != nil || gid < 1 {
			gid = nobody
		}
		return &sandbox.User{UID: uid, GID: gid}, nil
	}
	if u, err := user.Lookup("sonde"); err == nil {
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid > 0 && gid > 0 {
			return &sandbox.User{UID: uid, GID: gid}, nil
		}
	}
	return &sandbox.User{UID: nobody, GID: nobody}, nil
}

// selfTest starts a face that tries its confinement instead of serving.
func selfTest(ctx context.Context, o cli.ServeOptions, w io.Writer) error {
	caps, err := sandbox.Effective()
	if err != nil {
		return err
	}
	as := &sandbox.User{UID: os.Geteuid(), GID: os.Getegid()}
	if caps.Has(unix.CAP_SETUID) && caps.Has(unix.CAP_SETGID) {
		if as, err = faceUser(os.Getenv); err != nil {
			return err
		}
	}
	dir, err := openData(o.Data, as)
	if err != nil {
		return err
	}
	defer dir.Close()
	near, far, err := keeper.PairFiles()
	if err != nil {
		return err
	}
	defer near.Close()
	defer far.Close()
	cmd, err := faceCommand(o, far, dir, faceSelfTest)
	if err != nil {
		return err
	}
	cmd.Stdout = w
	if err := sandbox.Start(cmd, as); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return &cli.Exit{Code: 1}
	}
	return nil
}
