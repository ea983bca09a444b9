package keeper

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sonde/capture/frame"
)

// ListDevices lists the interfaces of this network namespace, and "any" before
// them.
func ListDevices() ([]Device, error) {
	const sys = "/sys"
	ifs, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	list := []Device{{Name: "any", Description: "all interfaces", Link: frame.LinkLinuxSLL2, Up: true, Running: true}}
	for _, i := range ifs {
		d := Device{Name: i.Name, Index: i.Index, MTU: i.MTU, Link: linkOf(sys, i.Name),
			Up: i.Flags&net.FlagUp != 0, Running: i.Flags&net.FlagRunning != 0, Loopback: i.Flags&net.FlagLoopback != 0,
			Description: alias(sys, i.Name)}
		if d.Loopback && d.Description == "" {
			d.Description = "loopback"
		}
		addrs, err := i.Addrs()
		if err == nil { // an interface that has just gone has none
			for _, a := range addrs {
				d.Addresses = append(d.Addresses, a.String())
			}
		}
		list = append(list, d)
	}
	return list, nil
}

// linkOf gives the link type of an interface's packets by its ARPHRD_ number
// (linux/if_arp.h); what has no number of its own is captured cooked.
func linkOf(sys, name string) frame.LinkType {
	b, err := os.ReadFile(filepath.Join(sys, "class/net", filepath.Base(name), "type"))
	if err != nil {
		return frame.LinkLinuxSLL2
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return frame.LinkLinuxSLL2
	}
	switch n {
	case 1, 772: // ETHER, LOOPBACK
		return frame.LinkEthernet
	case 801: // IEEE80211
		return frame.LinkIEEE80211
	case 803: // IEEE80211_RADIOTAP
		return frame.LinkRadiotap
	case 824: // NETLINK
		return frame.LinkNetlink
	case 65534, 768, 769, 776, 778, 519: // NONE, TUNNEL, TUNNEL6, SIT, IPGRE, RAWIP
		return frame.LinkRaw
	}
	return frame.LinkLinuxSLL2
}

func alias(sys, name string) string {
	b, err := os.ReadFile(filepath.Join(sys, "class/net", filepath.Base(name), "ifalias"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
