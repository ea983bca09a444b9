package probes

import (
	"errors"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sonde/probes/netlink"
)

// inNamespace runs fn on a thread of its own in a new network namespace.
func inNamespace(t *testing.T, fn func()) {
	t.Helper()
	var err error
	netlink.OwnThread(func() {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			fn()
		}
	})
	if err != nil {
		t.Skip("no network namespace of its own: ", err)
	}
}

func TestChangeInterface(t *testing.T) {
	inNamespace(t, func() {
		// Which virtual interfaces a kernel has differs.
		made := false
		for _, how := range []string{"t0 type dummy", "t0 type veth peer name t1", "t0 type bridge", "t0 type ifb"} {
			if exec.Command("ip", append([]string{"link", "add"}, strings.Fields(how)...)...).Run() == nil {
				made = true
				break
			}
		}
		if !made {
			t.Log("no virtual interface to be had: only the loopback is changed")
			if err := ChangeInterface("lo", LinkChange{Up: true, MTU: 9000, Add: netip.MustParsePrefix("10.9.0.1/24")}, ActOptions{}); err != nil {
				t.Error(err)
			}
			return
		}
		show := func() string {
			out, _ := exec.Command("ip", "addr", "show", "t0").Output()
			return string(out)
		}
		p := netip.MustParsePrefix("10.9.0.1/24")
		if err := ChangeInterface("t0", LinkChange{Up: true, MTU: 1400, Add: p}, ActOptions{}); err != nil {
			t.Fatal(err)
		}
		if s := show(); !strings.Contains(s, ",UP") || !strings.Contains(s, "mtu 1400") || !strings.Contains(s, "inet 10.9.0.1/24 brd 10.9.0.255") {
			t.Errorf("after up: %s", s)
		}
		if err := ChangeInterface("t0", LinkChange{Add: netip.MustParsePrefix("fd00:9::1/64")}, ActOptions{}); err != nil || !strings.Contains(show(), "fd00:9::1/64") {
			t.Errorf("IPv6 address: %v %s", err, show())
		}
		if err := ChangeInterface("t0", LinkChange{Remove: p}, ActOptions{}); err != nil || strings.Contains(show(), "10.9.0.1") {
			t.Errorf("remove: %v %s", err, show())
		}
		if err := ChangeInterface("t0", LinkChange{Remove: p}, ActOptions{}); !errors.Is(err, ErrGone) {
			t.Errorf("remove twice: %v", err)
		}
		if err := ChangeInterface("t0", LinkChange{MTU: 1}, ActOptions{}); err != nil && !errors.Is(err, ErrArgs) {
			t.Errorf("tiny MTU: %v", err)
		}
		if out, err := exec.Command("ip", "route", "add", "default", "dev", "t0").CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		if err := ChangeInterface("t0", LinkChange{Down: true}, ActOptions{}); !errors.Is(err, ErrRefused) {
			t.Errorf("taking the default route's interface down: %v", err)
		}
		if err := ChangeInterface("t0", LinkChange{Down: true}, ActOptions{Force: true}); err != nil || strings.Contains(show(), ",UP") {
			t.Errorf("forced down: %v %s", err, show())
		}
		if err := ChangeInterface("lo", LinkChange{Down: true}, ActOptions{}); !errors.Is(err, ErrRefused) {
			t.Errorf("loopback down: %v", err)
		}
		if err := ChangeInterface("nosuch", LinkChange{Up: true}, ActOptions{}); !errors.Is(err, ErrGone) {
			t.Errorf("no such interface: %v", err)
		}
		if err := ChangeInterface("t0", LinkChange{Up: true, Down: true}, ActOptions{}); !errors.Is(err, ErrArgs) {
			t.Errorf("up and down: %v", err)
		}
	})
}
