package sandbox

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

var capNames = map[int]string{
	unix.CAP_CHOWN: "CAP_CHOWN", unix.CAP_DAC_OVERRIDE: "CAP_DAC_OVERRIDE", unix.CAP_DAC_READ_SEARCH: "CAP_DAC_READ_SEARCH",
	unix.CAP_KILL: "CAP_KILL", unix.CAP_SETGID: "CAP_SETGID", unix.CAP_SETUID: "CAP_SETUID", unix.CAP_SETPCAP: "CAP_SETPCAP",
	unix.CAP_NET_ADMIN: "CAP_NET_ADMIN", unix.CAP_NET_RAW: "CAP_NET_RAW", unix.CAP_IPC_LOCK: "CAP_IPC_LOCK",
	unix.CAP_SYS_PTRACE: "CAP_SYS_PTRACE", unix.CAP_SYS_ADMIN: "CAP_SYS_ADMIN", unix.CAP_SYS_NICE: "CAP_SYS_NICE",
	unix.CAP_SYSLOG: "CAP_SYSLOG", unix.CAP_PERFMON: "CAP_PERFMON", unix.CAP_BPF: "CAP_BPF",
}

// CapName is the capability's name as setcap takes it, e.g. CAP_NET_RAW.
func CapName(c int) string {
	if n, ok := capNames[c]; ok {
		return n
	}
	return fmt.Sprintf("CAP_%d", c)
}

// String lists the names, comma-separated.
func (s Caps) String() string {
	var names []string
	for c := range 64 {
		if s.Has(c) {
			names = append(names, CapName(c))
		}
	}
	return strings.Join(names, ",")
}

// Effective is what this process may do now.
func Effective() (Caps, error) {
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var d [2]unix.CapUserData
	if err := unix.Capget(&h, &d[0]); err != nil {
		return 0, fmt.Errorf("read capabilities: %w", err)
	}
	return Caps(d[0].Effective) | Caps(d[1].Effective)<<32, nil
}

// lastCap is the highest number that the kernel knows; probing the bounding set
// needs no /proc.
func lastCap() int {
	for c := range 64 {
		if _, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(c), 0, 0, 0); err != nil {
			return c - 1
		}
	}
	return 63
}

// Keep drops every capability but those in keep from this process for good:
// effective, permitted, inheritable, ambient and bounding.
func Keep(keep Caps) error {
	have, err := Effective()
	if err != nil {
		return err
	}
	if have.Has(unix.CAP_SETPCAP) {
		for c := range lastCap() + 1 {
			if !keep.Has(c) {
				if _, _, e := syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, uintptr(c), 0); e != 0 {
					return fmt.Errorf("drop %s from the bounding set: %w", CapName(c), e)
				}
			}
		}
	}
	_, _, _ = syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0) // EINVAL before Linux 4.3
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	left := have & keep
	d := [2]unix.CapUserData{
		{Effective: uint32(left), Permitted: uint32(left)},
		{Effective: uint32(left >> 32), Permitted: uint32(left >> 32)},
	}
	_, _, e := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&h)), uintptr(unsafe.Pointer(&d[0])), 0)
	runtime.KeepAlive(&h)
	runtime.KeepAlive(&d)
	if e != 0 {
		return fmt.Errorf("drop capabilities: %w", e)
	}
	return nil
}

// Start starts cmd as user (nil: the same user) without any capability, with an
// empty bounding set where that may be changed, and unable to gain privileges
// by exec. The child is in a process group of its own: a terminal's ^C reaches
// the parent alone, which then ends the child in order.
func Start(cmd *exec.Cmd, user *User) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if user != nil {
		cred := &syscall.Credential{Uid: uint32(user.UID), Gid: uint32(user.GID)}
		for _, g := range user.Groups {
			cred.Groups = append(cred.Groups, uint32(g))
		}
		cmd.SysProcAttr.Credential = cred
	}
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread, with what it lost, ends with the goroutine.
		runtime.LockOSThread()
		done <- startHere(cmd)
	}()
	return <-done
}

// startHere changes the calling thread and forks from it; the child inherits.
func startHere(cmd *exec.Cmd) error {
	have, err := Effective()
	if err != nil {
		return err
	}
	if have.Has(unix.CAP_SETPCAP) {
		for c := range lastCap() + 1 {
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err != nil {
				return fmt.Errorf("drop %s from the child's bounding set: %w", CapName(c), err)
			}
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no-new-privileges: %w", err)
	}
	return cmd.Start()
}

// As runs do on this goroutine with the file-system identity of another user,
// so that the kernel itself refuses what that user may not touch. The process
// needs CAP_SETUID and CAP_SETGID; uid -1 runs do as is.
func As(uid, gid int, do func() error) error {
	if uid < 0 || uid == unix.Geteuid() && gid == unix.Getegid() {
		return do()
	}
	runtime.LockOSThread()
	// Group first: without uid 0 it could not be changed any more. Setfsuid
	// reports nothing, so a second call asks what the first one did.
	oldGID, _ := unix.SetfsgidRetGid(gid)
	oldUID, _ := unix.SetfsuidRetUid(uid)
	nowGID, _ := unix.SetfsgidRetGid(-1)
	nowUID, _ := unix.SetfsuidRetUid(-1)
	var err error
	if nowUID != uid || nowGID != gid {
		err = fmt.Errorf("act as user %d: %w", uid, unix.EPERM)
	} else {
		err = do()
	}
	_, _ = unix.SetfsuidRetUid(oldUID)
	_, _ = unix.SetfsgidRetGid(oldGID)
	backUID, _ := unix.SetfsuidRetUid(-1)
	backGID, _ := unix.SetfsgidRetGid(-1)
	if backUID == oldUID && backGID == oldGID {
		runtime.UnlockOSThread()
	} // else the thread ends with its goroutine and never serves another
	return err
}
