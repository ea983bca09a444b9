package cfilter

import (
	"os"
	"strconv"
	"strings"
	"sync"
)

func itoa(v uint32) string { return strconv.FormatUint(uint64(v), 10) }

// constants are the named numbers of the language: offsets and values of
// ICMP, ICMPv6 and TCP flags.
var constants = map[string]uint32{
	"icmptype": 0, "icmpcode": 1,
	"icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5, "icmp-echo": 8,
	"icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11, "icmp-paramprob": 12,
	"icmp-tstamp": 13, "icmp-tstampreply": 14, "icmp-ireq": 15, "icmp-ireqreply": 16,
	"icmp-maskreq": 17, "icmp-maskreply": 18,
	"icmp6type": 0, "icmp6code": 1,
	"icmp6-destinationunreach": 1, "icmp6-packettoobig": 2, "icmp6-timeexceeded": 3, "icmp6-parameterproblem": 4,
	"icmp6-echo": 128, "icmp6-echoreply": 129, "icmp6-multicastlistenerquery": 130,
	"icmp6-multicastlistenerreportv1": 131, "icmp6-multicastlistenerdone": 132,
	"icmp6-routersolicit": 133, "icmp6-routeradvert": 134, "icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136,
	"icmp6-redirect": 137, "icmp6-routerrenum": 138, "icmp6-nodeinformationquery": 139, "icmp6-nodeinformationresponse": 140,
	"icmp6-ineighbordiscoverysolicit": 141, "icmp6-ineighbordiscoveryadvert": 142, "icmp6-multicastlistenerreportv2": 143,
	"icmp6-homeagentdiscoveryrequest": 144, "icmp6-homeagentdiscoveryreply": 145,
	"icmp6-mobileprefixsolicit": 146, "icmp6-mobileprefixadvert": 147,
	"icmp6-certpathsolicit": 148, "icmp6-certpathadvert": 149, "icmp6-multicastrouteradvert": 151,
	"icmp6-multicastroutersolicit": 152, "icmp6-multicastrouterterm": 153,
	"tcpflags": 13, "tcp-fin": 0x01, "tcp-syn": 0x02, "tcp-rst": 0x04, "tcp-push": 0x08, "tcp-ack": 0x10,
	"tcp-urg": 0x20, "tcp-ece": 0x40, "tcp-cwr": 0x80,
}

var isoNames = map[string]uint32{"esis": 0x82, "isis": 0x83, "clnp": 0x81}

var etherNames = map[string]uint32{
	"pup": 0x0200, "xns": 0x0600, "ip": etherIP, "ip6": etherIP6, "arp": etherARP, "rarp": etherRARP, "sprite": 0x0500,
	"mopdl": 0x6001, "moprc": 0x6002, "decnet": 0x6003, "lat": 0x6004, "sca": 0x6007,
	"vexp": 0x805b, "vprod": 0x805c, "atalk": etherATalk, "aarp": etherAARP, "8021q": etherVLAN, "ipx": etherIPX,
	"loopback": 0x9000,
}

var sapNames = map[string]uint32{"iso": sapISO, "stp": sapSTP, "ipx": sapIPX, "netbeui": sapNetBEUI}

// ipNames are the protocols that every /etc/protocols has.
var ipNames = map[string]uint32{
	"ip": 0, "hopopt": 0, "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "st": 5, "tcp": 6, "egp": 8, "igp": 9, "pup": 12,
	"udp": 17, "hmp": 20, "xns-idp": 22, "rdp": 27, "iso-tp4": 29, "dccp": 33, "xtp": 36, "ddp": 37, "idpr-cmtp": 38,
	"ipv6": 41, "ipv6-route": 43, "ipv6-frag": 44, "idrp": 45, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "skip": 57,
	"ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "rspf": 73, "vmtp": 81, "eigrp": 88, "ospf": 89, "ax.25": 93,
	"ipip": 94, "etherip": 97, "encap": 98, "pim": 103, "ipcomp": 108, "vrrp": 112, "l2tp": 115, "isis": 124,
	"sctp": 132, "fc": 133, "mobility-header": 135, "udplite": 136, "mpls-in-ip": 137, "manet": 138, "hip": 139,
	"shim6": 140, "wesp": 141, "rohc": 142, "ethernet": 143,
}

// readTable reads a file of "name value aliases" lines such as /etc/services.
func readTable(path string, add func(name, value string)) {
	data, err := os.ReadFile(path)
	if err != nil || len(data) > 4<<20 {
		return
	}
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		add(f[0], f[1])
		for _, alias := range f[2:] {
			add(alias, f[1])
		}
	}
}

var protocolsFile = sync.OnceValue(func() map[string]uint32 {
	m := map[string]uint32{}
	readTable("/etc/protocols", func(name, value string) {
		if v, err := strconv.ParseUint(value, 10, 8); err == nil {
			if _, ok := m[name]; !ok {
				m[name] = uint32(v)
			}
		}
	})
	return m
})

func protocolNumber(s string) (uint32, bool) {
	if v, ok := protocolsFile()[s]; ok {
		return v, true
	}
	v, ok := ipNames[s]
	return v, ok
}

var servicesFile = sync.OnceValue(func() map[string]uint32 {
	m := map[string]uint32{} // "name/proto" to port
	readTable("/etc/services", func(name, value string) {
		port, proto, ok := strings.Cut(value, "/")
		if v, err := strconv.ParseUint(port, 10, 16); ok && err == nil {
			if _, dup := m[name+"/"+proto]; !dup {
				m[name+"/"+proto] = uint32(v)
			}
		}
	})
	return m
})

var transportNames = map[uint32]string{6: "tcp", 17: "udp", 132: "sctp"}

// portNumber turns a service name or number into a port and the transport
// protocol it belongs to (0 = any).
func portNumber(s string) (port, proto uint32) {
	if v, err := strconv.ParseUint(s, 10, 64); err == nil {
		if v > 65535 {
			fail("illegal port number %s > 65535", clip(s))
		}
		return uint32(v), 0
	}
	file := servicesFile()
	tcp, hasTCP := file[s+"/tcp"]
	udp, hasUDP := file[s+"/udp"]
	switch {
	case hasTCP && hasUDP && tcp == udp:
		return tcp, 0
	case hasTCP:
		return tcp, 6
	case hasUDP:
		return udp, 17
	}
	if v, ok := services[s]; ok {
		return v.port, v.proto
	}
	if v, ok := file[s+"/sctp"]; ok {
		return v, 132
	}
	panic(&Error{Message: "unknown port '" + clip(s) + "'", Remedy: "write its number, as in port 80"})
}

// belongs reconciles the protocol that a service name has with the one asked for.
func belongs(s string, named, asked uint32) uint32 {
	if asked == 0 {
		return named
	}
	if named != 0 && named != asked {
		fail("port '%s' is %s", clip(s), transportNames[named])
	}
	return asked
}

// services serve where the system has no /etc/services. proto 0 is both TCP
// and UDP.
var services = map[string]struct{ port, proto uint32 }{
	"amqp":           {5672, 6},
	"auth":           {113, 6},
	"bgp":            {179, 6},
	"bootpc":         {68, 17},
	"bootps":         {67, 17},
	"chargen":        {19, 0},
	"cvspserver":     {2401, 6},
	"daytime":        {13, 0},
	"dhcpv6-client":  {546, 17},
	"dhcpv6-server":  {547, 17},
	"discard":        {9, 0},
	"domain":         {53, 0},
	"domain-s":       {853, 0},
	"echo":           {7, 6},
	"epmap":          {135, 6},
	"exec":           {512, 6},
	"finger":         {79, 6},
	"ftp":            {21, 6},
	"ftp-data":       {20, 6},
	"ftps":           {990, 6},
	"ftps-data":      {989, 6},
	"git":            {9418, 6},
	"gopher":         {70, 6},
	"http":           {80, 6},
	"http-alt":       {8080, 6},
	"https":          {443, 0},
	"ident":          {113, 6},
	"imap":           {143, 6},
	"imap2":          {143, 6},
	"imaps":          {993, 6},
	"ipp":            {631, 6},
	"isakmp":         {500, 17},
	"kerberos":       {88, 0},
	"l2tp":           {1701, 17},
	"ldap":           {389, 0},
	"ldaps":          {636, 0},
	"loc-srv":        {135, 6},
	"login":          {513, 6},
	"mdns":           {5353, 17},
	"microsoft-ds":   {445, 6},
	"ms-sql-s":       {1433, 6},
	"mysql":          {3306, 6},
	"netbios-dgm":    {138, 17},
	"netbios-ns":     {137, 17},
	"netbios-ssn":    {139, 6},
	"netstat":        {15, 6},
	"nfs":            {2049, 0},
	"nntp":           {119, 6},
	"ntp":            {123, 17},
	"nut":            {3493, 0},
	"openvpn":        {1194, 0},
	"pop3":           {110, 6},
	"pop3s":          {995, 6},
	"postgresql":     {5432, 6},
	"printer":        {515, 6},
	"ptp-event":      {319, 17},
	"ptp-general":    {320, 17},
	"qotd":           {17, 6},
	"radius":         {1812, 0},
	"radius-acct":    {1813, 0},
	"redis":          {6379, 6},
	"route":          {520, 17},
	"rsync":          {873, 6},
	"rtsp":           {554, 0},
	"shell":          {514, 6},
	"sip":            {5060, 0},
	"sip-tls":        {5061, 0},
	"smtp":           {25, 6},
	"snmp":           {161, 0},
	"snmp-trap":      {162, 0},
	"snmptrap":       {162, 0},
	"socks":          {1080, 6},
	"ssh":            {22, 6},
	"submission":     {587, 6},
	"sunrpc":         {111, 0},
	"svn":            {3690, 6},
	"syslog":         {514, 0},
	"systat":         {11, 6},
	"talk":           {517, 17},
	"tcpmux":         {1, 6},
	"telnet":         {23, 6},
	"telnets":        {992, 6},
	"tftp":           {69, 17},
	"time":           {37, 0},
	"who":            {513, 17},
	"whois":          {43, 6},
	"x11":            {6000, 6},
	"xmpp-client":    {5222, 6},
	"xmpp-server":    {5269, 6},
	"zabbix-agent":   {10050, 6},
	"zabbix-trapper": {10051, 6}}
