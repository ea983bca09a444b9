package frame

import "strconv"

// LinkType is a LINKTYPE_ value as capture files carry it
// (https://www.tcpdump.org/linktypes.html).
type LinkType uint16

// Link types that the project names.
const (
	LinkNull        LinkType = 0
	LinkEthernet    LinkType = 1
	LinkPPP         LinkType = 9
	LinkRaw         LinkType = 101
	LinkIEEE80211   LinkType = 105
	LinkLoop        LinkType = 108
	LinkLinuxSLL    LinkType = 113
	LinkRadiotap    LinkType = 127
	LinkUSBLinuxMem LinkType = 220
	LinkIPv4        LinkType = 228
	LinkIPv6        LinkType = 229
	LinkNFLog       LinkType = 239
	LinkNetlink     LinkType = 253
	LinkLinuxSLL2   LinkType = 276
)

// Numbers of the project's own, for pcapng blocks that are shown as frames
// though they carry no packet; no file has them.
const (
	// LinkCustomBlock: Data is a custom block behind its enterprise number,
	// which is Frame.Enterprise.
	LinkCustomBlock LinkType = 0xfff1
	// LinkJournal: Data is a systemd journal entry in export format.
	LinkJournal LinkType = 0xfff2
)

type linkName struct{ name, description string }

// Names and descriptions as libpcap and Wireshark print them.
var linkNames = map[LinkType]linkName{
	LinkNull:        {"NULL", "NULL/Loopback"},
	LinkEthernet:    {"EN10MB", "Ethernet"},
	LinkPPP:         {"PPP", "PPP"},
	LinkRaw:         {"RAW", "Raw IP"},
	12:              {"RAW", "Raw IP"}, // DLT_RAW of most systems, seen in files
	14:              {"RAW", "Raw IP"}, // DLT_RAW of OpenBSD
	LinkIEEE80211:   {"IEEE802_11", "IEEE 802.11 Wireless LAN"},
	LinkLoop:        {"LOOP", "OpenBSD loopback"},
	LinkLinuxSLL:    {"LINUX_SLL", "Linux cooked-mode capture v1"},
	LinkRadiotap:    {"IEEE802_11_RADIO", "IEEE 802.11 plus radiotap radio header"},
	LinkUSBLinuxMem: {"USB_LINUX_MMAPPED", "USB packets with Linux header and padding"},
	LinkIPv4:        {"IPV4", "Raw IPv4"},
	LinkIPv6:        {"IPV6", "Raw IPv6"},
	LinkNFLog:       {"NFLOG", "NFLOG"},
	LinkNetlink:     {"NETLINK", "Linux Netlink"},
	LinkCustomBlock: {"PCAPNG_CUSTOM", "PCAPNG Custom Block"},
	LinkJournal:     {"SYSTEMD_JOURNAL", "systemd journal"},
	LinkLinuxSLL2:   {"LINUX_SLL2", "Linux cooked-mode capture v2"},
}

// Name is libpcap's short name, e.g. EN10MB.
func (l LinkType) Name() string {
	if n, ok := linkNames[l]; ok {
		return n.name
	}
	return "DLT" + strconv.Itoa(int(l))
}

// String is Wireshark's name of the encapsulation, e.g. Ethernet.
func (l LinkType) String() string {
	if n, ok := linkNames[l]; ok {
		return n.description
	}
	return "Unknown (" + strconv.Itoa(int(l)) + ")"
}
