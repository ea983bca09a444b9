package proto

import "sonde/capture/field"

// The items of private messages (ntpd's mode 7, include/ntp_request.h), by
// request code. Wireshark shows those of implementation 3 alone.
var (
	ntp7Address                 = ntpP.IPv4("priv.mode7.address", "Address")
	ntp7Port                    = ntpP.U16("priv.mode7.port", "Port", dec)
	ntp7Hmode                   = ntpP.U8("priv.mode7.hmode", "HMode", dec, enum(ntpModes))
	ntp7PeerFlags               = ntpP.U8("priv.mode7.peer.flags", "Flags", hex, mask(8, 0xff))
	ntp7PeerFlagsConfig         = ntpP.Bool("priv.mode7.peer.flags.config", "Config", mask(8, 0x1), setNotSet)
	ntp7PeerFlagsSyspeer        = ntpP.Bool("priv.mode7.peer.flags.syspeer", "Syspeer", mask(8, 0x2), setNotSet)
	ntp7PeerFlagsBurst          = ntpP.Bool("priv.mode7.peer.flags.burst", "Burst", mask(8, 0x4), setNotSet)
	ntp7PeerFlagsRefclock       = ntpP.Bool("priv.mode7.peer.flags.refclock", "Refclock", mask(8, 0x8), setNotSet)
	ntp7PeerFlagsPrefer         = ntpP.Bool("priv.mode7.peer.flags.prefer", "Prefer", mask(8, 0x10), setNotSet)
	ntp7PeerFlagsAuthenable     = ntpP.Bool("priv.mode7.peer.flags.authenable", "Auth enable", mask(8, 0x20), setNotSet)
	ntp7PeerFlagsSelCandidate   = ntpP.Bool("priv.mode7.peer.flags.sel_candidate", "Sel Candidate", mask(8, 0x40), setNotSet)
	ntp7PeerFlagsShortlist      = ntpP.Bool("priv.mode7.peer.flags.shortlist", "Shortlist", mask(8, 0x80), setNotSet)
	ntp7Ipv6Flag                = ntpP.U32("priv.mode7.ipv6_flag", "IPv6 Flag", dec)
	ntp7Unused                  = ntpP.Bytes("priv.mode7.unused", "Unused")
	ntp7Address6                = ntpP.IPv6("priv.mode7.address6", "IPv6 addr")
	ntp7Dstaddress              = ntpP.IPv4("priv.mode7.dstaddress", "Destination address")
	ntp7Srcaddress              = ntpP.IPv4("priv.mode7.srcaddress", "Source address")
	ntp7Srcport                 = ntpP.U16("priv.mode7.srcport", "Source port", dec)
	ntp7Hpoll                   = ntpP.Add("priv.mode7.hpoll", "Host polling interval", field.TInt8, dec)
	ntp7Reach                   = ntpP.U8("priv.mode7.reach", "Reach", dec)
	ntp7Delay                   = ntpP.Add("priv.mode7.delay", "Delay", field.TInt32, dec)
	ntp7Offset                  = ntpP.U64("priv.mode7.offset", "Offset", dec)
	ntp7Dispersion              = ntpP.U32("priv.mode7.dispersion", "Dispersion", dec)
	ntp7Dstaddress6             = ntpP.IPv6("priv.mode7.dstaddress6", "IPv6 destination addr")
	ntp7Srcaddress6             = ntpP.IPv6("priv.mode7.srcaddress6", "IPv6 source addr")
	ntp7Leap                    = ntpP.U8("priv.mode7.leap", "Leap", dec)
	ntp7Pmode                   = ntpP.U8("priv.mode7.pmode", "Peer mode", dec, enum(ntpModes))
	ntp7Version                 = ntpP.U8("priv.mode7.version", "Version", dec)
	ntp7Unreach                 = ntpP.U8("priv.mode7.unreach", "Unreach", dec)
	ntp7Flash                   = ntpP.U8("priv.mode7.flash", "Flash", dec)
	ntp7Ttl                     = ntpP.U8("priv.mode7.ttl", "TTL", dec)
	ntp7Flash2                  = ntpP.U16("priv.mode7.flash2", "Flash new", dec)
	ntp7Associd                 = ntpP.U16("priv.mode7.associd", "Association ID", dec)
	ntp7Pkeyid                  = ntpP.U32("priv.mode7.pkeyid", "Peer Key ID", dec)
	ntp7Timer                   = ntpP.U32("priv.mode7.timer", "Timer", dec)
	ntp7Filtdelay               = ntpP.Add("priv.mode7.filtdelay", "Filt delay", field.TInt32, dec)
	ntp7Filtoffset              = ntpP.Add("priv.mode7.filtoffset", "Filt offset", field.TInt64, dec)
	ntp7Order                   = ntpP.U8("priv.mode7.order", "Order", dec)
	ntp7Selectdis               = ntpP.U32("priv.mode7.selectdis", "Selectdis", dec)
	ntp7Estbdelay               = ntpP.Add("priv.mode7.estbdelay", "Estbdelay", field.TInt32, dec)
	ntp7Timereset               = ntpP.U32("priv.mode7.timereset", "Time reset", dec)
	ntp7Timereceived            = ntpP.U32("priv.mode7.timereceived", "Time received", dec)
	ntp7Timetosend              = ntpP.U32("priv.mode7.timetosend", "Time to send", dec)
	ntp7Timereachable           = ntpP.U32("priv.mode7.timereachable", "Time reachable", dec)
	ntp7Sent                    = ntpP.U32("priv.mode7.sent", "Sent", dec)
	ntp7Processed               = ntpP.U32("priv.mode7.processed", "Processed", dec)
	ntp7Badauth                 = ntpP.U32("priv.mode7.badauth", "Bad authentication", dec)
	ntp7Bogusorg                = ntpP.U32("priv.mode7.bogusorg", "Bogus origin", dec)
	ntp7Oldpkt                  = ntpP.U32("priv.mode7.oldpkt", "Old packet", dec)
	ntp7Seldisp                 = ntpP.U32("priv.mode7.seldisp", "Bad dispersion", dec)
	ntp7Selbroken               = ntpP.U32("priv.mode7.selbroken", "Bad reference time", dec)
	ntp7Candidate               = ntpP.U32("priv.mode7.candidate", "Candidate", dec)
	ntp7Poll                    = ntpP.U32("priv.mode7.poll", "Poll", dec)
	ntp7SysFlags8               = ntpP.U8("priv.mode7.sys.flags8", "Flags", hex, mask(8, 0xff))
	ntp7SysFlagsBclient         = ntpP.Bool("priv.mode7.sys.flags.bclient", "Bclient", mask(8, 0x1), setNotSet)
	ntp7SysFlagsPps             = ntpP.Bool("priv.mode7.sys.flags.pps", "PPS", mask(8, 0x2), setNotSet)
	ntp7SysFlagsNtp             = ntpP.Bool("priv.mode7.sys.flags.ntp", "NTP", mask(8, 0x4), setNotSet)
	ntp7SysFlagsKernel          = ntpP.Bool("priv.mode7.sys.flags.kernel", "Kernel", mask(8, 0x8), setNotSet)
	ntp7SysFlagsMonitor         = ntpP.Bool("priv.mode7.sys.flags.monitor", "Monitor", mask(8, 0x10), setNotSet)
	ntp7SysFlagsFilegen         = ntpP.Bool("priv.mode7.sys.flags.filegen", "Filegen", mask(8, 0x20), setNotSet)
	ntp7SysFlagsAuth            = ntpP.Bool("priv.mode7.sys.flags.auth", "Auth", mask(8, 0x40), setNotSet)
	ntp7SysFlagsCal             = ntpP.Bool("priv.mode7.sys.flags.cal", "Cal", mask(8, 0x80), setNotSet)
	ntp7Bdelay                  = ntpP.Add("priv.mode7.bdelay", "Bdelay", field.TInt32, dec)
	ntp7Freq                    = ntpP.Add("priv.mode7.freq", "Freq", field.TInt32, dec)
	ntp7Authdelay               = ntpP.Add("priv.mode7.authdelay", "Auth delay", field.TInt64, dec)
	ntp7Stability               = ntpP.U32("priv.mode7.stability", "Stability (ppm)", dec)
	ntp7Timeup                  = ntpP.U32("priv.mode7.timeup", "Time up", dec)
	ntp7Denied                  = ntpP.U32("priv.mode7.denied", "Denied", dec)
	ntp7Oldversion              = ntpP.U32("priv.mode7.oldversion", "Old version", dec)
	ntp7Newversion              = ntpP.U32("priv.mode7.newversion", "New version", dec)
	ntp7BadVersion              = ntpP.U32("priv.mode7.bad_version", "Unknown version packets", dec)
	ntp7Badlength               = ntpP.U32("priv.mode7.badlength", "Bad length", dec)
	ntp7Limitrejected           = ntpP.U32("priv.mode7.limitrejected", "Limit rejected", dec)
	ntp7Lamport                 = ntpP.U32("priv.mode7.lamport", "Lamport violation", dec)
	ntp7Tsrounding              = ntpP.U32("priv.mode7.tsrounding", "Timestamp rounding error", dec)
	ntp7Totalrecvbufs           = ntpP.U16("priv.mode7.totalrecvbufs", "Toal receive buffer", dec)
	ntp7Freerecvbufs            = ntpP.U16("priv.mode7.freerecvbufs", "Free receive buffer", dec)
	ntp7Fullrecvbufs            = ntpP.U16("priv.mode7.fullrecvbufs", "Full receive buffer", dec)
	ntp7Lowwater                = ntpP.U16("priv.mode7.lowwater", "Low water", dec)
	ntp7Dropped                 = ntpP.U32("priv.mode7.dropped", "Dropped packets", dec)
	ntp7Ignored                 = ntpP.U32("priv.mode7.ignored", "Ignored packets", dec)
	ntp7Received                = ntpP.U32("priv.mode7.received", "Received packets", dec)
	ntp7Notsent                 = ntpP.U32("priv.mode7.notsent", "Not sent packets", dec)
	ntp7Interrupts              = ntpP.U32("priv.mode7.interrupts", "Interrupts", dec)
	ntp7IntReceived             = ntpP.U32("priv.mode7.int_received", "Received by interrupt handler", dec)
	ntp7Totalmem                = ntpP.U16("priv.mode7.totalmem", "Total memory", dec)
	ntp7Freemem                 = ntpP.U16("priv.mode7.freemem", "Free memory", dec)
	ntp7FindpeerCalls           = ntpP.U32("priv.mode7.findpeer_calls", "Find peer calls", dec)
	ntp7Allocations             = ntpP.U32("priv.mode7.allocations", "Allocations", dec)
	ntp7Demobilizations         = ntpP.U32("priv.mode7.demobilizations", "Demobilizations", dec)
	ntp7Hashcount               = ntpP.Bytes("priv.mode7.hashcount", "Hashcount")
	ntp7LastOffset              = ntpP.Add("priv.mode7.last_offset", "Last offset", field.TInt64, dec)
	ntp7DriftComp               = ntpP.Add("priv.mode7.drift_comp", "Drift comp", field.TInt64, dec)
	ntp7Compliance              = ntpP.U32("priv.mode7.compliance", "Compliance", dec)
	ntp7WatchdogTimer           = ntpP.U32("priv.mode7.watchdog_timer", "Watchdog timer", dec)
	ntp7Alarms                  = ntpP.U32("priv.mode7.alarms", "Alarms", dec)
	ntp7Overflows               = ntpP.U32("priv.mode7.overflows", "Overflows", dec)
	ntp7Xmtcalls                = ntpP.U32("priv.mode7.xmtcalls", "Transmitted calls", dec)
	ntp7Minpoll                 = ntpP.U8("priv.mode7.minpoll", "Minpoll", dec)
	ntp7Maxpoll                 = ntpP.U8("priv.mode7.maxpoll", "Maxpoll", dec)
	ntp7ConfigFlags             = ntpP.U8("priv.config.flags", "Flags", hex, mask(8, 0xff))
	ntp7ConfigFlagsAuthenable   = ntpP.Bool("priv.mode7.config.flags.authenable", "Authenable", mask(8, 0x1), setNotSet)
	ntp7ConfigFlagsPrefer       = ntpP.Bool("priv.mode7.config.flags.prefer", "Prefer", mask(8, 0x2), setNotSet)
	ntp7ConfigFlagsBurst        = ntpP.Bool("priv.mode7.config.flags.burst", "Burst", mask(8, 0x4), setNotSet)
	ntp7ConfigFlagsIburst       = ntpP.Bool("priv.mode7.config.flags.iburst", "IBurst", mask(8, 0x8), setNotSet)
	ntp7ConfigFlagsNoSelect     = ntpP.Bool("priv.mode7.config.flags.no_select", "No Select", mask(8, 0x10), setNotSet)
	ntp7ConfigFlagsSkey         = ntpP.Bool("priv.mode7.config.flags.skey", "Skey", mask(8, 0x20), setNotSet)
	ntp7KeyFile                 = ntpP.Str("priv.mode7.key_file", "Key file name")
	ntp7SysFlags                = ntpP.U32("priv.mode7.sys.flags", "Flags", hex, mask(32, 0xff))
	ntp7Mask                    = ntpP.IPv4("priv.mode7.mask", "Mask")
	ntp7Count                   = ntpP.U32("priv.mode7.count", "Count", dec)
	ntp7Rflags                  = ntpP.U16("priv.mode7.rflags", "Rflags", dec)
	ntp7Mflags                  = ntpP.U16("priv.mode7.mflags", "Mflags", dec)
	ntp7Mask6                   = ntpP.IPv6("priv.mode7.mask6", "IPv6 mask")
	ntp7Ippeerlimit             = ntpP.Add("priv.mode7.ippeerlimit", "IP peer limit", field.TInt16, dec)
	ntp7RestrictFlags           = ntpP.U16("priv.mode7.restrict_flags", "Restrict flags", dec)
	ntp7MonAvgint               = ntpP.U32("priv.monlist.avgint", "avgint", dec)
	ntp7MonLsint                = ntpP.U32("priv.monlist.lsint", "lsint", dec)
	ntp7MonRestr                = ntpP.U32("priv.monlist.restr", "restr", hex)
	ntp7MonCount                = ntpP.U32("priv.monlist.count", "count", dec)
	ntp7MonRemoteAddress        = ntpP.IPv4("priv.monlist.remote_address", "remote address")
	ntp7MonPort                 = ntpP.U16("priv.monlist.port", "port", dec)
	ntp7MonMode                 = ntpP.U8("priv.monlist.mode", "mode", dec)
	ntp7MonVersion              = ntpP.U8("priv.monlist.version", "version", dec)
	ntp7MonIpv6                 = ntpP.U32("priv.monlist.ipv6", "ipv6", hex)
	ntp7MonUnused               = ntpP.U32("priv.monlist.unused", "unused", hex)
	ntp7MonAddr6                = ntpP.IPv6("priv.monlist.addr6", "ipv6 remote addr")
	ntp7ResetStatsFlags         = ntpP.U32("priv.mode7.reset_stats.flags", "Flags", hex, mask(32, 0xff))
	ntp7ResetStatsFlagsAllpeers = ntpP.Bool("priv.mode7.reset_stats.flags.allpeers", "All Peers", mask(32, 0x1), setNotSet)
	ntp7ResetStatsFlagsIo       = ntpP.Bool("priv.mode7.reset_stats.flags.io", "IO", mask(32, 0x2), setNotSet)
	ntp7ResetStatsFlagsSys      = ntpP.Bool("priv.mode7.reset_stats.flags.sys", "Sys", mask(32, 0x4), setNotSet)
	ntp7ResetStatsFlagsMem      = ntpP.Bool("priv.mode7.reset_stats.flags.mem", "Mem", mask(32, 0x8), setNotSet)
	ntp7ResetStatsFlagsTimer    = ntpP.Bool("priv.mode7.reset_stats.flags.timer", "Timer", mask(32, 0x10), setNotSet)
	ntp7ResetStatsFlagsAuth     = ntpP.Bool("priv.mode7.reset_stats.flags.auth", "Auth", mask(32, 0x20), setNotSet)
	ntp7ResetStatsFlagsCtl      = ntpP.Bool("priv.mode7.reset_stats.flags.ctl", "Ctl", mask(32, 0x40), setNotSet)
	ntp7Key                     = ntpP.U64("priv.mode7.key", "Key", hex)
	ntp7Numkeys                 = ntpP.U32("priv.mode7.numkeys", "Num keys", dec)
	ntp7Numfreekeys             = ntpP.U32("priv.mode7.numfreekeys", "Num free keys", dec)
	ntp7Keylookups              = ntpP.U32("priv.mode7.keylookups", "Keylookups", dec)
	ntp7Keynotfound             = ntpP.U32("priv.mode7.keynotfound", "Key not found", dec)
	ntp7Encryptions             = ntpP.U32("priv.mode7.encryptions", "Encryptions", dec)
	ntp7Decryptions             = ntpP.U32("priv.mode7.decryptions", "Decryptions", dec)
	ntp7Expired                 = ntpP.U32("priv.mode7.expired", "Expired", dec)
	ntp7Keyuncached             = ntpP.U32("priv.mode7.keyuncached", "Key uncached", dec)
	ntp7LocalAddress            = ntpP.IPv4("priv.mode7.local_address", "Local address")
	ntp7TrapAddress             = ntpP.IPv4("priv.mode7.trap_address", "Trap address")
	ntp7TrapPort                = ntpP.U16("priv.mode7.trap_port", "Trap port", dec)
	ntp7Sequence                = ntpP.U16("priv.mode7.sequence", "Sequence number", dec)
	ntp7Settime                 = ntpP.U32("priv.mode7.settime", "Trap set time", dec)
	ntp7Origtime                = ntpP.U32("priv.mode7.origtime", "Trap originally time", dec)
	ntp7Resets                  = ntpP.U32("priv.mode7.resets", "Resets", dec)
	ntp7TrapsFlags              = ntpP.U32("priv.traps.flags", "Flags", hex)
	ntp7LocalAddress6           = ntpP.IPv6("priv.mode7.local_address6", "IPv6 local addr")
	ntp7TrapAddress6            = ntpP.IPv6("priv.mode7.trap_address6", "IPv6 trap addr")
	ntp7Requests                = ntpP.U32("priv.mode7.requests", "Requests", dec)
	ntp7BadPackets              = ntpP.U32("priv.mode7.bad_packets", "Bad packets", dec)
	ntp7Responses               = ntpP.U32("priv.mode7.responses", "Responses", dec)
	ntp7Fragments               = ntpP.U32("priv.mode7.fragments", "Fragments", dec)
	ntp7Errors                  = ntpP.U32("priv.mode7.errors", "Errors", dec)
	ntp7TooShort                = ntpP.U32("priv.mode7.too_short", "Too short packets", dec)
	ntp7InputResponses          = ntpP.U32("priv.mode7.input_responses", "Responses on input", dec)
	ntp7InputFragments          = ntpP.U32("priv.mode7.input_fragments", "Fragments on input", dec)
	ntp7InputErrors             = ntpP.U32("priv.mode7.input_errors", "Errors on input", dec)
	ntp7BadOffset               = ntpP.U32("priv.mode7.bad_offset", "Non zero offset packets", dec)
	ntp7DataTooShort            = ntpP.U32("priv.mode7.data_too_short", "Data too short", dec)
	ntp7Badop                   = ntpP.U32("priv.mode7.badop", "Bad op code found", dec)
	ntp7AsyncMessages           = ntpP.U32("priv.mode7.async_messages", "Async messages", dec)
	ntp7Type                    = ntpP.U8("priv.mode7.type", "Type", dec)
	ntp7ClockFlags              = ntpP.U8("priv.mode7.clock_flags", "Clock Flags", dec)
	ntp7Lastevent               = ntpP.U8("priv.mode7.lastevent", "Last event", dec)
	ntp7Currentstatus           = ntpP.U8("priv.mode7.currentstatus", "Current status", dec)
	ntp7Polls                   = ntpP.U32("priv.mode7.polls", "Polls", dec)
	ntp7Noresponse              = ntpP.U32("priv.mode7.noresponse", "Noresponse", dec)
	ntp7Badformat               = ntpP.U32("priv.mode7.badformat", "Bad format", dec)
	ntp7Baddata                 = ntpP.U32("priv.mode7.baddata", "Bad data", dec)
	ntp7Timestarted             = ntpP.U32("priv.mode7.timestarted", "Time started", dec)
	ntp7Fudgetime1              = ntpP.U64("priv.mode7.fudgetime1", "Fudge time 1", hex)
	ntp7Fudgetime2              = ntpP.U64("priv.mode7.fudgetime2", "Fudge time 2", hex)
	ntp7Fudgeval1               = ntpP.Add("priv.mode7.fudgeval1", "Fudge val 1", field.TInt32, dec)
	ntp7Fudgeval2               = ntpP.U32("priv.mode7.fudgeval2", "Fudge val 2", dec)
	ntp7Which                   = ntpP.U32("priv.mode7.which", "Which", dec)
	ntp7Fudgetime               = ntpP.U64("priv.mode7.fudgetime", "Fudgetime", dec)
	ntp7FudgevalFlags           = ntpP.U32("priv.mode7.fudgeval_flags", "Fudgeval flags", dec)
	ntp7KernelOffset            = ntpP.Add("priv.mode7.kernel_offset", "Offset", field.TInt32, dec)
	ntp7Maxerror                = ntpP.Add("priv.mode7.maxerror", "Max error", field.TInt32, dec)
	ntp7Esterror                = ntpP.Add("priv.mode7.esterror", "Est error", field.TInt32, dec)
	ntp7Status                  = ntpP.U16("priv.mode7.status", "Status", dec)
	ntp7Shift                   = ntpP.U16("priv.mode7.shift", "Shift", dec)
	ntp7Constant                = ntpP.Add("priv.mode7.constant", "Constant", field.TInt32, dec)
	ntp7Precision               = ntpP.Add("priv.mode7.precision", "Precision", field.TInt32, dec)
	ntp7Tolerance               = ntpP.Add("priv.mode7.tolerance", "tolerance", field.TInt32, dec)
	ntp7Ppsfreq                 = ntpP.Add("priv.mode7.ppsfreq", "ppsfreq", field.TInt32, dec)
	ntp7Jitter                  = ntpP.Add("priv.mode7.jitter", "jitter", field.TInt32, dec)
	ntp7Stabil                  = ntpP.Add("priv.mode7.stabil", "stabil", field.TInt32, dec)
	ntp7Jitcnt                  = ntpP.Add("priv.mode7.jitcnt", "jitcnt", field.TInt32, dec)
	ntp7Calcnt                  = ntpP.Add("priv.mode7.calcnt", "calcnt", field.TInt32, dec)
	ntp7Errcnt                  = ntpP.Add("priv.mode7.errcnt", "errcnt", field.TInt32, dec)
	ntp7Stbcnt                  = ntpP.Add("priv.mode7.stbcnt", "stbcnt", field.TInt32, dec)
	ntp7Nvalues                 = ntpP.U8("priv.mode7.nvalues", "Nvalues", dec)
	ntp7Ntimes                  = ntpP.U8("priv.mode7.ntimes", "Ntimes", dec)
	ntp7Svalues                 = ntpP.U16("priv.mode7.svalues", "Svalues", dec)
	ntp7Stimes                  = ntpP.U32("priv.mode7.stimes", "Stimes", dec)
	ntp7Values                  = ntpP.Bytes("priv.mode7.values", "Values")
	ntp7Times                   = ntpP.Bytes("priv.mode7.times", "Times")
	ntp7MonLocalAddress         = ntpP.IPv4("priv.monlist.local_address", "local address")
	ntp7MonFlags                = ntpP.U32("priv.monlist.flags", "flags", hex)
	ntp7MonDaddr6               = ntpP.IPv6("priv.monlist.daddr6", "ipv6 local addr")
	ntp7Bcast6                  = ntpP.IPv6("priv.mode7.bcast6", "IPv6 bcast")
	ntp7IntName                 = ntpP.Str("priv.mode7.int_name", "Interface name")
	ntp7IntFlags                = ntpP.Add("priv.mode7.int_flags", "Interface flags", field.TInt32, dec)
	ntp7LastTtl                 = ntpP.Add("priv.mode7.last_ttl", "Last TTL specified", field.TInt32, dec)
	ntp7NumMcast                = ntpP.Add("priv.mode7.num_mcast", "Numer multicast sockets", field.TInt32, dec)
	ntp7Uptime                  = ntpP.Add("priv.mode7.uptime", "Uptime", field.TInt32, dec)
	ntp7Scopeid                 = ntpP.U32("priv.mode7.scopeid", "Scopeid", dec)
	ntp7Ifindex                 = ntpP.U32("priv.mode7.ifindex", "Ifindex", dec)
	ntp7Ifnum                   = ntpP.U32("priv.mode7.ifnum", "Ifnum", dec)
	ntp7Peercnt                 = ntpP.U32("priv.mode7.peercnt", "Peer count", dec)
	ntp7Family                  = ntpP.U16("priv.mode7.family", "Address family", dec)
	ntp7IgnorePkts              = ntpP.U8("priv.mode7.ignore_pkts", "Ignore packets", dec)
	ntp7Action                  = ntpP.U8("priv.mode7.action", "Action", dec, enum(ntp7ActionNames))
)

var (
	ntp7PeerFlagsBits       = []field.ID{ntp7PeerFlagsConfig, ntp7PeerFlagsSyspeer, ntp7PeerFlagsBurst, ntp7PeerFlagsRefclock, ntp7PeerFlagsPrefer, ntp7PeerFlagsAuthenable, ntp7PeerFlagsSelCandidate, ntp7PeerFlagsShortlist}
	ntp7SysFlags8Bits       = []field.ID{ntp7SysFlagsBclient, ntp7SysFlagsPps, ntp7SysFlagsNtp, ntp7SysFlagsKernel, ntp7SysFlagsMonitor, ntp7SysFlagsFilegen, ntp7SysFlagsAuth, ntp7SysFlagsCal}
	ntp7ConfigFlagsBits     = []field.ID{ntp7ConfigFlagsAuthenable, ntp7ConfigFlagsPrefer, ntp7ConfigFlagsBurst, ntp7ConfigFlagsIburst, ntp7ConfigFlagsNoSelect, ntp7ConfigFlagsSkey}
	ntp7SysFlagsBits        = []field.ID{ntp7SysFlagsBclient, ntp7SysFlagsPps, ntp7SysFlagsNtp, ntp7SysFlagsKernel, ntp7SysFlagsMonitor, ntp7SysFlagsFilegen, ntp7SysFlagsAuth, ntp7SysFlagsCal}
	ntp7ResetStatsFlagsBits = []field.ID{ntp7ResetStatsFlagsAllpeers, ntp7ResetStatsFlagsIo, ntp7ResetStatsFlagsSys, ntp7ResetStatsFlagsMem, ntp7ResetStatsFlagsTimer, ntp7ResetStatsFlagsAuth, ntp7ResetStatsFlagsCtl}
)

// ntp7Part is a field at an offset in an item, and the bits below it.
type ntp7Part struct {
	id      field.ID
	at, len int
	bits    []field.ID
}

// ntp7Items are the items of responses, and of requests where those do not differ.
var ntp7Items = map[uint8][]ntp7Part{
	0:  {{ntp7Address, 0, 4, nil}, {ntp7Port, 4, 2, nil}, {ntp7Hmode, 6, 1, nil}, {ntp7PeerFlags, 7, 1, ntp7PeerFlagsBits}, {ntp7Ipv6Flag, 8, 4, nil}, {ntp7Unused, 12, 4, nil}, {ntp7Address6, 16, 16, nil}},
	1:  {{ntp7Dstaddress, 0, 4, nil}, {ntp7Srcaddress, 4, 4, nil}, {ntp7Srcport, 8, 2, nil}, {ntpStratum, 10, 1, nil}, {ntp7Hpoll, 11, 1, nil}, {ntpPPoll, 12, 1, nil}, {ntp7Reach, 13, 1, nil}, {ntp7PeerFlags, 14, 1, ntp7PeerFlagsBits}, {ntp7Hmode, 15, 1, nil}, {ntp7Delay, 16, 4, nil}, {ntp7Offset, 20, 8, nil}, {ntp7Dispersion, 28, 4, nil}, {ntp7Ipv6Flag, 32, 4, nil}, {ntp7Unused, 36, 4, nil}, {ntp7Dstaddress6, 40, 16, nil}, {ntp7Srcaddress6, 56, 16, nil}},
	2:  {{ntp7Dstaddress, 0, 4, nil}, {ntp7Srcaddress, 4, 4, nil}, {ntp7Srcport, 8, 2, nil}, {ntp7PeerFlags, 10, 1, ntp7PeerFlagsBits}, {ntp7Leap, 11, 1, nil}, {ntp7Hmode, 12, 1, nil}, {ntp7Pmode, 13, 1, nil}, {ntpStratum, 14, 1, nil}, {ntpPPoll, 15, 1, nil}, {ntp7Hpoll, 16, 1, nil}, {ntpPrec, 17, 1, nil}, {ntp7Version, 18, 1, nil}, {ntp7Unused, 19, 1, nil}, {ntp7Reach, 20, 1, nil}, {ntp7Unreach, 21, 1, nil}, {ntp7Flash, 22, 1, nil}, {ntp7Ttl, 23, 1, nil}, {ntp7Flash2, 24, 2, nil}, {ntp7Associd, 26, 2, nil}, {ntpKeyID, 28, 4, nil}, {ntp7Pkeyid, 32, 4, nil}, {ntpRefID, 36, 4, nil}, {ntp7Timer, 40, 4, nil}, {ntpRootDelay, 44, 4, nil}, {ntpRootDisp, 48, 4, nil}, {ntpRefTime, 52, 8, nil}, {ntpOrg, 60, 8, nil}, {ntpRec, 68, 8, nil}, {ntpXmt, 76, 8, nil}, {ntp7Filtdelay, 84, 4, nil}, {ntp7Filtoffset, 88, 8, nil}, {ntp7Order, 96, 1, nil}, {ntp7Delay, 97, 4, nil}, {ntp7Dispersion, 101, 4, nil}, {ntp7Offset, 105, 8, nil}, {ntp7Selectdis, 113, 4, nil}, {ntp7Unused, 117, 4, nil}, {ntp7Unused, 121, 4, nil}, {ntp7Unused, 125, 4, nil}, {ntp7Unused, 129, 4, nil}, {ntp7Unused, 133, 4, nil}, {ntp7Unused, 137, 4, nil}, {ntp7Unused, 141, 4, nil}, {ntp7Estbdelay, 145, 4, nil}, {ntp7Ipv6Flag, 149, 4, nil}, {ntp7Unused, 153, 4, nil}, {ntp7Dstaddress6, 157, 16, nil}, {ntp7Srcaddress6, 173, 16, nil}},
	3:  {{ntp7Dstaddress, 0, 4, nil}, {ntp7Srcaddress, 4, 4, nil}, {ntp7Srcport, 8, 2, nil}, {ntp7PeerFlags, 10, 1, ntp7PeerFlagsBits}, {ntp7Timereset, 11, 4, nil}, {ntp7Timereceived, 15, 4, nil}, {ntp7Timetosend, 19, 4, nil}, {ntp7Timereachable, 23, 4, nil}, {ntp7Sent, 27, 4, nil}, {ntp7Unused, 31, 4, nil}, {ntp7Processed, 35, 4, nil}, {ntp7Unused, 39, 4, nil}, {ntp7Badauth, 43, 4, nil}, {ntp7Bogusorg, 47, 4, nil}, {ntp7Oldpkt, 51, 4, nil}, {ntp7Unused, 55, 4, nil}, {ntp7Unused, 59, 4, nil}, {ntp7Seldisp, 63, 4, nil}, {ntp7Selbroken, 67, 4, nil}, {ntp7Unused, 71, 4, nil}, {ntp7Candidate, 75, 1, nil}, {ntp7Unused, 76, 1, nil}, {ntp7Unused, 77, 1, nil}, {ntp7Unused, 78, 1, nil}, {ntp7Ipv6Flag, 79, 4, nil}, {ntp7Unused, 83, 4, nil}, {ntp7Dstaddress6, 87, 16, nil}, {ntp7Srcaddress6, 103, 16, nil}},
	4:  {{ntp7Address, 0, 4, nil}, {ntp7Pmode, 4, 1, nil}, {ntp7Leap, 5, 1, nil}, {ntpStratum, 6, 1, nil}, {ntpPrec, 7, 1, nil}, {ntpRootDelay, 8, 4, nil}, {ntpRootDisp, 12, 4, nil}, {ntpRefID, 16, 4, nil}, {ntpRefTime, 20, 8, nil}, {ntp7Poll, 28, 4, nil}, {ntp7SysFlags8, 32, 1, ntp7SysFlags8Bits}, {ntp7Unused, 33, 3, nil}, {ntp7Bdelay, 36, 4, nil}, {ntp7Freq, 40, 4, nil}, {ntp7Authdelay, 44, 8, nil}, {ntp7Stability, 52, 4, nil}, {ntp7Ipv6Flag, 56, 4, nil}, {ntp7Unused, 60, 4, nil}, {ntp7Address6, 64, 16, nil}},
	5:  {{ntp7Timeup, 0, 4, nil}, {ntp7Timereset, 4, 4, nil}, {ntp7Denied, 8, 4, nil}, {ntp7Oldversion, 12, 4, nil}, {ntp7Newversion, 16, 4, nil}, {ntp7BadVersion, 20, 4, nil}, {ntp7Badlength, 24, 4, nil}, {ntp7Processed, 28, 4, nil}, {ntp7Badauth, 32, 4, nil}, {ntp7Timereceived, 36, 4, nil}, {ntp7Limitrejected, 40, 4, nil}, {ntp7Lamport, 44, 4, nil}, {ntp7Tsrounding, 48, 4, nil}},
	6:  {{ntp7Timereset, 0, 4, nil}, {ntp7Totalrecvbufs, 4, 2, nil}, {ntp7Freerecvbufs, 6, 2, nil}, {ntp7Fullrecvbufs, 8, 2, nil}, {ntp7Lowwater, 10, 2, nil}, {ntp7Dropped, 12, 4, nil}, {ntp7Ignored, 16, 4, nil}, {ntp7Received, 20, 4, nil}, {ntp7Sent, 24, 4, nil}, {ntp7Notsent, 28, 4, nil}, {ntp7Interrupts, 32, 4, nil}, {ntp7IntReceived, 36, 4, nil}},
	7:  {{ntp7Timereset, 0, 4, nil}, {ntp7Totalmem, 4, 2, nil}, {ntp7Freemem, 6, 2, nil}, {ntp7FindpeerCalls, 8, 4, nil}, {ntp7Allocations, 12, 4, nil}, {ntp7Demobilizations, 16, 4, nil}, {ntp7Hashcount, 20, 380, nil}},
	8:  {{ntp7LastOffset, 0, 8, nil}, {ntp7DriftComp, 8, 8, nil}, {ntp7Compliance, 16, 4, nil}, {ntp7WatchdogTimer, 20, 4, nil}},
	9:  {{ntp7Timereset, 0, 4, nil}, {ntp7Alarms, 4, 4, nil}, {ntp7Overflows, 8, 4, nil}, {ntp7Xmtcalls, 12, 4, nil}},
	10: {{ntp7Address, 0, 4, nil}, {ntp7Hmode, 4, 1, nil}, {ntp7Version, 5, 1, nil}, {ntp7Minpoll, 6, 1, nil}, {ntp7Maxpoll, 7, 1, nil}, {ntp7ConfigFlags, 8, 1, ntp7ConfigFlagsBits}, {ntp7Ttl, 9, 1, nil}, {ntp7Unused, 10, 2, nil}, {ntpKeyID, 12, 4, nil}, {ntp7KeyFile, 16, 128, nil}, {ntp7Ipv6Flag, 144, 4, nil}, {ntp7Unused, 148, 4, nil}, {ntp7Address6, 152, 16, nil}},
	11: {{ntp7Address, 0, 4, nil}, {ntp7Ipv6Flag, 4, 4, nil}, {ntp7Address6, 8, 16, nil}},
	12: {{ntp7SysFlags, 0, 4, ntp7SysFlagsBits}},
	13: {{ntp7SysFlags, 0, 4, ntp7SysFlagsBits}},
	14: {},
	15: {},
	16: {{ntp7Address, 0, 4, nil}, {ntp7Mask, 4, 4, nil}, {ntp7Count, 8, 4, nil}, {ntp7Rflags, 12, 2, nil}, {ntp7Mflags, 14, 2, nil}, {ntp7Ipv6Flag, 16, 4, nil}, {ntp7Unused, 20, 4, nil}, {ntp7Address6, 24, 16, nil}, {ntp7Mask6, 40, 16, nil}},
	17: {{ntp7Address, 0, 4, nil}, {ntp7Mask, 4, 4, nil}, {ntp7Ippeerlimit, 8, 2, nil}, {ntp7RestrictFlags, 10, 2, nil}, {ntp7Mflags, 12, 2, nil}, {ntp7Unused, 14, 4, nil}, {ntp7Address6, 18, 16, nil}, {ntp7Mask6, 34, 16, nil}},
	18: {{ntp7Address, 0, 4, nil}, {ntp7Mask, 4, 4, nil}, {ntp7Ippeerlimit, 8, 2, nil}, {ntp7RestrictFlags, 10, 2, nil}, {ntp7Mflags, 12, 2, nil}, {ntp7Unused, 14, 4, nil}, {ntp7Address6, 18, 16, nil}, {ntp7Mask6, 34, 16, nil}},
	19: {{ntp7Address, 0, 4, nil}, {ntp7Mask, 4, 4, nil}, {ntp7Ippeerlimit, 8, 2, nil}, {ntp7RestrictFlags, 10, 2, nil}, {ntp7Mflags, 12, 2, nil}, {ntp7Unused, 14, 4, nil}, {ntp7Address6, 18, 16, nil}, {ntp7Mask6, 34, 16, nil}},
	20: {{ntp7MonAvgint, 0, 4, nil}, {ntp7MonLsint, 4, 4, nil}, {ntp7MonRestr, 8, 4, nil}, {ntp7MonCount, 12, 4, nil}, {ntp7MonRemoteAddress, 16, 4, nil}, {ntp7MonPort, 20, 2, nil}, {ntp7MonMode, 22, 1, nil}, {ntp7MonVersion, 23, 1, nil}, {ntp7MonIpv6, 24, 4, nil}, {ntp7MonUnused, 28, 4, nil}, {ntp7MonAddr6, 32, 16, nil}},
	21: {{ntp7ResetStatsFlags, 0, 4, ntp7ResetStatsFlagsBits}},
	22: {{ntp7Address, 0, 4, nil}, {ntp7Ipv6Flag, 4, 4, nil}, {ntp7Address6, 8, 16, nil}},
	23: {},
	24: {},
	25: {},
	26: {{ntp7Key, 0, 8, nil}},
	27: {{ntp7Key, 0, 8, nil}},
	28: {{ntp7Timereset, 0, 4, nil}, {ntp7Numkeys, 4, 4, nil}, {ntp7Numfreekeys, 8, 4, nil}, {ntp7Keylookups, 12, 4, nil}, {ntp7Keynotfound, 16, 4, nil}, {ntp7Encryptions, 20, 4, nil}, {ntp7Decryptions, 24, 4, nil}, {ntp7Expired, 28, 4, nil}, {ntp7Keyuncached, 32, 4, nil}},
	29: {{ntp7LocalAddress, 0, 4, nil}, {ntp7TrapAddress, 4, 4, nil}, {ntp7TrapPort, 8, 2, nil}, {ntp7Sequence, 10, 2, nil}, {ntp7Settime, 12, 4, nil}, {ntp7Origtime, 16, 4, nil}, {ntp7Resets, 20, 4, nil}, {ntp7TrapsFlags, 24, 4, nil}, {ntp7Ipv6Flag, 28, 4, nil}, {ntp7LocalAddress6, 32, 16, nil}, {ntp7TrapAddress6, 48, 16, nil}},
	30: {{ntp7LocalAddress, 0, 4, nil}, {ntp7TrapAddress, 4, 4, nil}, {ntp7TrapPort, 8, 2, nil}, {ntp7Unused, 10, 2, nil}, {ntp7Ipv6Flag, 12, 4, nil}, {ntp7LocalAddress6, 16, 16, nil}, {ntp7TrapAddress6, 32, 16, nil}},
	31: {{ntp7LocalAddress, 0, 4, nil}, {ntp7TrapAddress, 4, 4, nil}, {ntp7TrapPort, 8, 2, nil}, {ntp7Unused, 10, 2, nil}, {ntp7Ipv6Flag, 12, 4, nil}, {ntp7LocalAddress6, 16, 16, nil}, {ntp7TrapAddress6, 32, 16, nil}},
	32: {{ntpKeyID, 0, 4, nil}},
	33: {{ntpKeyID, 0, 4, nil}},
	34: {{ntp7Timereset, 0, 4, nil}, {ntp7Requests, 4, 4, nil}, {ntp7BadPackets, 8, 4, nil}, {ntp7Responses, 12, 4, nil}, {ntp7Fragments, 16, 4, nil}, {ntp7Errors, 20, 4, nil}, {ntp7TooShort, 24, 4, nil}, {ntp7InputResponses, 28, 4, nil}, {ntp7InputFragments, 32, 4, nil}, {ntp7InputErrors, 36, 4, nil}, {ntp7BadOffset, 40, 4, nil}, {ntp7BadVersion, 44, 4, nil}, {ntp7DataTooShort, 48, 4, nil}, {ntp7Badop, 52, 4, nil}, {ntp7AsyncMessages, 56, 4, nil}},
	35: {},
	36: {{ntp7Address, 0, 4, nil}, {ntp7Type, 4, 1, nil}, {ntp7ClockFlags, 5, 1, nil}, {ntp7Lastevent, 6, 1, nil}, {ntp7Currentstatus, 7, 1, nil}, {ntp7Polls, 8, 4, nil}, {ntp7Noresponse, 12, 4, nil}, {ntp7Badformat, 16, 4, nil}, {ntp7Baddata, 20, 4, nil}, {ntp7Timestarted, 24, 4, nil}, {ntp7Fudgetime1, 28, 8, nil}, {ntp7Fudgetime2, 36, 8, nil}, {ntp7Fudgeval1, 44, 4, nil}, {ntp7Fudgeval2, 48, 4, nil}},
	37: {{ntp7Address, 0, 4, nil}, {ntp7Which, 4, 4, nil}, {ntp7Fudgetime, 8, 8, nil}, {ntp7FudgevalFlags, 16, 4, nil}},
	38: {{ntp7KernelOffset, 0, 4, nil}, {ntp7Freq, 4, 4, nil}, {ntp7Maxerror, 8, 4, nil}, {ntp7Esterror, 12, 4, nil}, {ntp7Status, 16, 2, nil}, {ntp7Shift, 18, 2, nil}, {ntp7Constant, 20, 4, nil}, {ntp7Precision, 24, 4, nil}, {ntp7Tolerance, 28, 4, nil}, {ntp7Ppsfreq, 32, 4, nil}, {ntp7Jitter, 36, 4, nil}, {ntp7Stabil, 40, 4, nil}, {ntp7Jitcnt, 44, 4, nil}, {ntp7Calcnt, 48, 4, nil}, {ntp7Errcnt, 52, 4, nil}, {ntp7Stbcnt, 56, 4, nil}},
	39: {{ntp7Address, 0, 4, nil}, {ntp7Nvalues, 4, 1, nil}, {ntp7Ntimes, 5, 1, nil}, {ntp7Svalues, 6, 2, nil}, {ntp7Stimes, 8, 4, nil}, {ntp7Values, 12, 64, nil}, {ntp7Times, 76, 256, nil}},
	40: {},
	41: {},
	42: {{ntp7MonAvgint, 0, 4, nil}, {ntp7MonLsint, 4, 4, nil}, {ntp7MonRestr, 8, 4, nil}, {ntp7MonCount, 12, 4, nil}, {ntp7MonRemoteAddress, 16, 4, nil}, {ntp7MonLocalAddress, 20, 4, nil}, {ntp7MonFlags, 24, 4, nil}, {ntp7MonPort, 28, 2, nil}, {ntp7MonMode, 30, 1, nil}, {ntp7MonVersion, 31, 1, nil}, {ntp7MonIpv6, 32, 4, nil}, {ntp7MonUnused, 36, 4, nil}, {ntp7MonAddr6, 40, 16, nil}, {ntp7MonDaddr6, 56, 16, nil}},
	43: {},
	44: {{ntp7Address6, 0, 16, nil}, {ntp7Bcast6, 16, 16, nil}, {ntp7Mask6, 32, 16, nil}, {ntp7Ipv6Flag, 48, 4, nil}, {ntp7IntName, 52, 32, nil}, {ntp7IntFlags, 84, 4, nil}, {ntp7LastTtl, 88, 4, nil}, {ntp7NumMcast, 92, 4, nil}, {ntp7Received, 96, 4, nil}, {ntp7Sent, 100, 4, nil}, {ntp7Notsent, 104, 4, nil}, {ntp7Uptime, 108, 4, nil}, {ntp7Scopeid, 112, 4, nil}, {ntp7Ifindex, 116, 4, nil}, {ntp7Ifnum, 120, 4, nil}, {ntp7Peercnt, 124, 4, nil}, {ntp7Family, 128, 2, nil}, {ntp7IgnorePkts, 130, 1, nil}, {ntp7Action, 131, 1, nil}, {ntp7Unused, 132, 4, nil}},
	45: {{ntp7Address6, 0, 16, nil}, {ntp7Bcast6, 16, 16, nil}, {ntp7Mask6, 32, 16, nil}, {ntp7Ipv6Flag, 48, 4, nil}, {ntp7IntName, 52, 32, nil}, {ntp7IntFlags, 84, 4, nil}, {ntp7LastTtl, 88, 4, nil}, {ntp7NumMcast, 92, 4, nil}, {ntp7Received, 96, 4, nil}, {ntp7Sent, 100, 4, nil}, {ntp7Notsent, 104, 4, nil}, {ntp7Uptime, 108, 4, nil}, {ntp7Scopeid, 112, 4, nil}, {ntp7Ifindex, 116, 4, nil}, {ntp7Ifnum, 120, 4, nil}, {ntp7Peercnt, 124, 4, nil}, {ntp7Family, 128, 2, nil}, {ntp7IgnorePkts, 130, 1, nil}, {ntp7Action, 131, 1, nil}, {ntp7Unused, 132, 4, nil}},
	46: {},
}

// ntp7RequestItems are the items of requests whose responses look different.
var ntp7RequestItems = map[uint8][]ntp7Part{
	2:  {{ntp7Address, 0, 4, nil}, {ntp7Port, 4, 2, nil}, {ntp7Hmode, 6, 1, nil}, {ntp7PeerFlags, 7, 1, ntp7PeerFlagsBits}, {ntp7Ipv6Flag, 8, 4, nil}, {ntp7Unused, 12, 4, nil}, {ntp7Address6, 16, 16, nil}},
	3:  {{ntp7Address, 0, 4, nil}, {ntp7Port, 4, 2, nil}, {ntp7Hmode, 6, 1, nil}, {ntp7PeerFlags, 7, 1, ntp7PeerFlagsBits}, {ntp7Ipv6Flag, 8, 4, nil}, {ntp7Unused, 12, 4, nil}, {ntp7Address6, 16, 16, nil}},
	36: {{ntp7Address, 0, 4, nil}},
	39: {{ntp7Address, 0, 4, nil}},
}
