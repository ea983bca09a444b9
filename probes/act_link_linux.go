package probes

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"sonde/probes/netlink"
)

// LinkChange says what to change of an interface; zero fields stay as they are.
type LinkChange struct {
	Up, Down    bool
	MTU         int
	Add, Remove netip.Prefix // an address with its prefix length
}

// ChangeInterface does what ifconfig's up, down, mtu and address words do. What
// may cut this program off from its user is refused unless forced: taking down,
// or taking an address from, the interface of a default route or the loopback.
//
// Errors are of kind ErrGone (no such interface), ErrPermission, ErrRefused or
// ErrArgs.
func ChangeInterface(name string, c LinkChange, o ActOptions) error {
	act := "change interface " + name
	if c.Up && c.Down || c.MTU < 0 || c.MTU > 1<<16+1<<15 {
		return fmt.Errorf("%s: %w", act, ErrArgs)
	}
	conn, err := netlink.Open(netlink.Route)
	if err != nil {
		return fmt.Errorf("%s: %w", act, kind(err))
	}
	defer conn.Close()
	links, err := conn.Links()
	if err != nil && len(links) == 0 {
		return fmt.Errorf("%s: %w", act, kind(err))
	}
	var link *netlink.Link
	for i := range links {
		if links[i].Name == name {
			link = &links[i]
		}
	}
	if link == nil {
		return fmt.Errorf("%s: no such interface: %w", act, ErrGone)
	}
	if (c.Down || c.Remove.IsValid()) && !o.Force {
		if err := cutsOff(conn, link); err != nil {
			return fmt.Errorf("%s: %w", act, err)
		}
	}
	// Addresses first, so that "ADDR up" never shows an interface without one.
	for _, a := range []struct {
		p      netip.Prefix
		remove bool
	}{{c.Add, false}, {c.Remove, true}} {
		if !a.p.IsValid() {
			continue
		}
		if err := conn.SetAddr(link.Index, a.p, a.remove); err != nil {
			return fmt.Errorf("%s: address %s: %w", act, a.p, linkKindOf(err))
		}
	}
	flags := uint32(0)
	mask := uint32(0)
	if c.Up || c.Down {
		mask = unix.IFF_UP
	}
	if c.Up {
		flags = unix.IFF_UP
	}
	if mask == 0 && c.MTU == 0 {
		return nil
	}
	if err := conn.SetLink(link.Index, flags, mask, c.MTU); err != nil {
		return fmt.Errorf("%s: %w", act, linkKindOf(err))
	}
	return nil
}

func linkKindOf(err error) error {
	switch err {
	case unix.EADDRNOTAVAIL, unix.ENODEV:
		return fmt.Errorf("%w: %w", ErrGone, err)
	case unix.EINVAL, unix.ERANGE:
		return fmt.Errorf("%w: %w", ErrArgs, err)
	}
	return actKind(err, "CAP_NET_ADMIN")
}

// cutsOff names the reason why losing this interface is dangerous.
func cutsOff(conn *netlink.Conn, l *netlink.Link) error {
	if l.Flags&unix.IFF_LOOPBACK != 0 {
		return fmt.Errorf("%w: sonde itself listens on the loopback; needs force", ErrRefused)
	}
	routes, err := conn.Routes()
	if err != nil {
		return fmt.Errorf("look at the default route: %w", err)
	}
	for _, r := range routes {
		if r.Dst.Bits() == 0 && r.Interface == l.Index && r.Table == unix.RT_TABLE_MAIN {
			return fmt.Errorf("%w: the default route leaves by it and connections to this host may break; needs force", ErrRefused)
		}
	}
	return nil
}
