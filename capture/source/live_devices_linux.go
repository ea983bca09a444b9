package source

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"sonde/capture/frame"
)

// Ask the kernel about interfaces over any socket: unlike /sys, that is right
// in every network namespace.

func ifreq(fd int, name string, what uint) (*unix.Ifreq, error) {
	r, err := unix.NewIfreq(name)
	if err != nil {
		return nil, fmt.Errorf("%q is no interface name: %w", name, os.ErrNotExist)
	}
	if err := unix.IoctlIfreq(fd, what, r); err != nil {
		if errors.Is(err, unix.ENODEV) {
			return nil, fmt.Errorf("there is no interface %s: %w", name, os.ErrNotExist)
		}
		return nil, err
	}
	return r, nil
}

func indexOf(fd int, name string) (int32, error) {
	r, err := ifreq(fd, name, unix.SIOCGIFINDEX)
	if err != nil {
		return 0, err
	}
	return int32(r.Uint32()), nil
}

func flagsOf(fd int, name string) (uint16, error) {
	r, err := ifreq(fd, name, unix.SIOCGIFFLAGS)
	if err != nil {
		return 0, err
	}
	return r.Uint16(), nil
}

// nameOf is the name of an interface by index, "" where there is none.
func nameOf(fd int, index int32) string {
	var r struct {
		name  [unix.IFNAMSIZ]byte
		index int32
		_     [20]byte
	}
	r.index = index
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCGIFNAME, uintptr(unsafe.Pointer(&r))); e != 0 {
		return ""
	}
	return unix.ByteSliceToString(r.name[:])
}

// linkOf maps the hardware type (include/uapi/linux/if_arp.h) of an interface
// to a link type; cooked where the kernel's own headers are of no use.
func linkOf(fd int, name string) (link frame.LinkType, cooked bool, err error) {
	r, err := ifreq(fd, name, unix.SIOCGIFHWADDR)
	if err != nil {
		return 0, false, err
	}
	switch r.Uint16() {
	case unix.ARPHRD_ETHER, unix.ARPHRD_LOOPBACK:
		return frame.LinkEthernet, false, nil
	case unix.ARPHRD_TUNNEL, unix.ARPHRD_TUNNEL6, unix.ARPHRD_SIT, unix.ARPHRD_NONE, unix.ARPHRD_RAWIP,
		unix.ARPHRD_CSLIP, unix.ARPHRD_SLIP, unix.ARPHRD_SLIP6, unix.ARPHRD_CSLIP6:
		return frame.LinkRaw, false, nil
	case unix.ARPHRD_IEEE80211:
		return frame.LinkIEEE80211, false, nil
	case unix.ARPHRD_IEEE80211_RADIOTAP:
		return frame.LinkRadiotap, false, nil
	case unix.ARPHRD_NETLINK:
		return frame.LinkNetlink, true, nil
	}
	return frame.LinkLinuxSLL2, true, nil
}

// LinkType is the link type that a capture on an interface has; filters are
// compiled for it.
func LinkType(name string) (frame.LinkType, error) {
	if name == Any {
		return frame.LinkLinuxSLL2, nil
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	link, _, err := linkOf(fd, name)
	return link, err
}

// carrierOf asks the driver whether the link is there (ETHTOOL_GLINK).
func carrierOf(fd int, name string) string {
	value := struct{ cmd, data uint32 }{cmd: unix.ETHTOOL_GLINK}
	var r struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}
	copy(r.name[:unix.IFNAMSIZ-1], name)
	r.data = unsafe.Pointer(&value)
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&r))); e != 0 {
		return ""
	}
	if value.data != 0 {
		return "connected"
	}
	return "disconnected"
}

// Interfaces lists what can be captured on, the likeliest first: running
// before up before down, loopback and Any behind real ones, as tcpdump -D has
// them. Devices that need other kinds of capture are not in it.
func Interfaces() ([]Device, error) {
	ifs, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	defer unix.Close(fd)
	var out []Device
	for _, i := range ifs {
		d := Device{Name: i.Name, Index: i.Index, Up: i.Flags&net.FlagUp != 0,
			Running: i.Flags&net.FlagRunning != 0, Loopback: i.Flags&net.FlagLoopback != 0}
		var err error
		if d.Link, _, err = linkOf(fd, i.Name); err != nil {
			continue // gone since
		}
		if !d.Loopback {
			d.Carrier = carrierOf(fd, i.Name)
		}
		if w, err := unix.NewIfreq(i.Name); err == nil {
			d.Wireless = unix.IoctlIfreq(fd, siocgiwname, w) == nil
		}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				d.Addresses = append(d.Addresses, p)
			}
		}
		out = append(out, d)
	}
	out = append(out, Device{Name: Any, Description: "Pseudo-device that captures on all interfaces",
		Link: frame.LinkLinuxSLL2, Up: true, Running: true})
	slices.SortStableFunc(out, func(a, b Device) int { return cmp.Compare(a.merit(), b.merit()) })
	return out, nil
}

// siocgiwname fails on what is not wireless (include/uapi/linux/wireless.h).
const siocgiwname = 0x8b01

// merit orders devices: smaller is likelier wanted. Digits at the end of a
// name count last.
func (d Device) merit() uint64 {
	var m uint64
	for i, bad := range []bool{!d.Running, !d.Up, !d.Wireless && d.Carrier == "disconnected", d.Loopback, d.Name == Any} {
		if bad {
			m |= 1 << (63 - i)
		}
	}
	n, unit := uint64(0), uint64(1)
	for i := len(d.Name) - 1; i >= 0 && d.Name[i] >= '0' && d.Name[i] <= '9' && unit < 1e9; i-- {
		n += uint64(d.Name[i]-'0') * unit
		unit *= 10
	}
	return m | n
}
