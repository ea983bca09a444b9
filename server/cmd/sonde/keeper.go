package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"

	"sonde/server/cli"
	"sonde/server/keeper"
	"sonde/server/sandbox"
)

// kept are the capabilities that probes, tracers and rings use; all others are
// dropped for good at the start. What each is for: RELIABILITY of a view ends
// where its capability is missing, and the view says so.
func kept(readOnly bool) sandbox.Caps {
	keep := sandbox.CapsOf(
		unix.CAP_NET_RAW, unix.CAP_NET_ADMIN, // rings; socket diagnosis, interfaces
		unix.CAP_DAC_READ_SEARCH,       // /proc/PID/fd of others, tracefs
		unix.CAP_BPF, unix.CAP_PERFMON, // events, profiles
		unix.CAP_SYSLOG,                  // kernel symbols
		unix.CAP_IPC_LOCK,                // ring memory
		unix.CAP_SETUID, unix.CAP_SETGID, // start the face again
		unix.CAP_SETPCAP, // empty its bounding set
	)
	if !readOnly {
		keep |= sandbox.CapsOf(unix.CAP_SYS_PTRACE, unix.CAP_KILL, unix.CAP_SYS_NICE)
	}
	return keep
}

// What the supervision of the face goes by.
const (
	heartbeat  = 15 * time.Second // a face silent for so long is replaced
	firstPause = 20 * time.Millisecond
	lastPause  = 2 * time.Second  // between restarts: the page is back within 3 s
	steady     = 10 * time.Second // alive for so long, a face starts with a clean record
	endGrace   = 700 * time.Millisecond
)

// runKeeper is the privileged process: it serves verbs, and starts a face again
// whenever one ends. It opens no capture file for reading and no TCP socket.
func runKeeper(ctx context.Context, o cli.ServeOptions, dir *os.File, as *sandbox.User, caps sandbox.Caps) error {
	if err := sandbox.Keep(kept(o.ReadOnly)); err != nil {
		return err
	}
	caps &= kept(o.ReadOnly)
	uid, gid := as.UID, as.GID
	b, err := newBackend(backendOptions{dir: dir, uid: uid, gid: gid, caps: caps})
	if err != nil {
		return err
	}
	defer b.Close()
	// Captures end at once, while the face still has its moment.
	context.AfterFunc(ctx, b.Recorder.Close)
	pause := firstPause
	for n := 0; ; n++ {
		began := time.Now()
		err := b.face(ctx, o, dir, as, n)
		if ctx.Err() != nil {
			return nil
		}
		var refused *faceRefused
		if n == 0 && errors.As(err, &refused) {
			return &cli.Exit{Code: 1} // it said why: the address is taken, a bad certificate
		}
		if time.Since(began) > steady {
			pause = firstPause
		}
		complain("the page server ended (%v); starting it again, captures go on", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}

// faceRefused is the end of a face that could not start to serve.
type faceRefused struct{ err error }

func (e *faceRefused) Error() string { return e.err.Error() }

// face runs one life of the face and serves its verbs meanwhile.
func (b *backend) face(ctx context.Context, o cli.ServeOptions, dir *os.File, as *sandbox.User, n int) error {
	near, far, err := keeper.PairFiles()
	if err != nil {
		return err
	}
	// One end each: a copy left open would keep the other side from seeing
	// this one go.
	conn, err := net.FileConn(near)
	near.Close()
	if err != nil {
		far.Close()
		return err
	}
	mode := faceFirst
	if n > 0 {
		mode = faceAgain
	}
	opened := b.listening()
	if len(opened) > 0 {
		o.Listen = opened[0]
	}
	cmd, err := faceCommand(o, far, dir, mode)
	if err != nil {
		far.Close()
		conn.Close()
		return err
	}
	cmd.Env = append(cmd.Env, listenEnv(opened)...)
	user := as
	if as.UID == os.Geteuid() {
		user = nil
	}
	err = sandbox.Start(cmd, user)
	far.Close()
	cmd.ExtraFiles[optionsFD-3].Close()
	if err != nil {
		conn.Close()
		return fmt.Errorf("start the page server: %w", err)
	}
	if n == 0 {
		go b.whenListening(ctx, func() { openFiles(ctx, o) })
	}
	served := make(chan error, 1)
	go func() {
		// The face holds the other end: this returns when it ends, when it
		// falls silent, or when ctx is done, which hangs up on it.
		served <- keeper.Serve(ctx, conn, b, keeper.Options{Build: buildID(), ReadOnly: o.ReadOnly, Heartbeat: heartbeat})
	}()
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	var cause error
	select {
	case cause = <-served:
		select {
		case err := <-exited:
			return b.verdict(n, errors.Join(cause, err))
		case <-time.After(endGrace):
			_ = cmd.Process.Kill()
		}
		return b.verdict(n, errors.Join(cause, <-exited))
	case cause = <-exited:
		conn.Close()
		<-served
		return b.verdict(n, cause)
	}
}

// verdict tells a face that never listened from one that died at work.
func (b *backend) verdict(n int, err error) error {
	if err == nil {
		err = errors.New("exit status 0")
	}
	if n == 0 && len(b.listening()) == 0 {
		return &faceRefused{err}
	}
	return err
}

// faceCommand prepares the program's own file as a face: its end of the seam,
// the data folder, and the options as descriptors 3, 4 and 5.
func faceCommand(o cli.ServeOptions, seam, dir *os.File, mode string) (*exec.Cmd, error) {
	fd, err := unix.MemfdCreate("options", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("pass options: %w", err)
	}
	options := os.NewFile(uintptr(fd), "options")
	if err := json.NewEncoder(options).Encode(o); err != nil {
		return nil, fmt.Errorf("pass options: %w", err)
	}
	if _, err := options.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("pass options: %w", err)
	}
	cmd := exec.Command(self)
	cmd.Args = []string{"sonde", "face"}
	cmd.Stdout, cmd.Stderr = o.Out, o.Log
	cmd.ExtraFiles = []*os.File{seam, dir, options}
	cmd.Env = []string{faceEnv + "=" + mode}
	// Little of the environment concerns a face; the token comes with the options.
	for _, name := range []string{"PATH", "LANG", "LC_ALL", "TZ", "TERM", "USER", "LOGNAME", "SUDO_USER", "SSH_CONNECTION", "GODEBUG", "GOMEMLIMIT", "GOMAXPROCS", "GOTRACEBACK"} {
		if v, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	return cmd, nil
}
