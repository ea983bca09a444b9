package procfs

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// statLine is a stat file with a chosen name; the numbers tell their place.
func statLine(comm string) string {
	return "4242 (" + comm + ") S 1 4240 4241 34816 4250 4194304 10 11 12 13 140 150 16 17 20 -5 7 0 987654 22000000 5300 " +
		"18446744073709551615 1 1 0 0 0 0 0 4096 81920 0 0 0 17 3 0 0 42 43 44 0 0 0 0 0 0 0 0\n"
}

func TestParseStatEndsTheNameAtTheLastParenthesis(t *testing.T) {
	for _, comm := range []string{"bash", "a) R 1 1 (b", "new\nline", ") (", "", "Web Content", "((sd-pam))", "\x1b[31m\xff"} {
		var s Stat
		if err := ParseStat([]byte(statLine(comm)), &s, ""); err != nil {
			t.Errorf("%q: %v", comm, err)
			continue
		}
		want := Stat{PID: 4242, Comm: comm, State: 'S', PPID: 1, PGRP: 4240, Session: 4241, TTY: 34816, TPGID: 4250, Flags: 4194304,
			MinFlt: 10, MajFlt: 12, UTime: 140, STime: 150, CUTime: 16, CSTime: 17, Priority: 20, Nice: -5, Threads: 7, Start: 987654,
			VSize: 22000000, RSS: 5300, Processor: 3, RTPrio: 0, Policy: 0, BlkIODelay: 42, GuestTicks: 43}
		if s != want {
			t.Errorf("%q: got %+v", comm, s)
		}
	}
}

func TestParseStatRefusesCutFiles(t *testing.T) {
	full := statLine("x")
	for n := range strings.Index(full, " 5300") {
		var s Stat
		// A cut inside the last number cannot be seen; before that it must be.
		if err := ParseStat([]byte(full[:n]), &s, ""); err == nil && n < strings.Index(full, " 22000000") {
			t.Fatalf("no error for %q", full[:n])
		}
	}
}

func TestParseStatKeepsTheKnownNameWithoutAllocating(t *testing.T) {
	b := []byte(statLine("worker"))
	var s Stat
	if n := testing.AllocsPerRun(100, func() { _ = ParseStat(b, &s, "worker") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestCmdline(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                  nil,
		"\x00":                              nil,
		"ls\x00-l\x00":                      {"ls", "-l"},
		"sh\x00-c\x00echo a\nb\x00":         {"sh", "-c", "echo a\nb"},
		"cmd\x00\x00":                       {"cmd", ""},
		"nginx: worker\x00\x00\x00\x00\x00": {"nginx: worker"},
		"no end":                            {"no end"},
	} {
		if got := Cmdline([]byte(in)); !reflect.DeepEqual(got, want) {
			t.Errorf("Cmdline(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestContainerID(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for path, want := range map[string]string{
		"/system.slice/docker-" + id + ".scope": id,
		"/docker/" + id:                         id,
		"/docker/" + id + "/init.scope":         id,
		"/kubepods.slice/kubepods-pod1a.slice/cri-containerd-" + id + ".scope": id,
		"/kubepods/besteffort/pod1a/" + id:                                     id,
		"/machine.slice/libpod-" + id + ".scope/container":                     id,
		"/lxc.payload.web/system.slice/cron.service":                           "web",
		"/user.slice/user-1000.slice/session-3.scope":                          "",
		"/": "", "": "", "/" + id[:63]: "", "/" + strings.ToUpper(id): "",
	} {
		if got := ContainerID(path); got != want {
			t.Errorf("ContainerID(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestCgroupPathPrefersV2ThenTheLongest(t *testing.T) {
	v1 := ParseCgroup([]byte("12:pids:/a:b\n3:cpu,cpuacct:/docker/abc\n0::/\n"))
	if got := CgroupPath(v1); got != "/docker/abc" {
		t.Errorf("v1: %q", got)
	}
	if v1[0].Path != "/a:b" {
		t.Errorf("a colon in a path: %q", v1[0].Path)
	}
	if got := CgroupPath(ParseCgroup([]byte("0::/user.slice\n"))); got != "/user.slice" {
		t.Errorf("v2: %q", got)
	}
}

func TestParseStatus(t *testing.T) {
	s, err := ParseStatus([]byte("Name:\ta\\nb\nUmask:\t0022\nTracerPid:\t77\nUid:\t1000\t1001\t1002\t1003\nGroups:\t4 24 \nNSpid:\t500\t1\n" +
		"VmHWM:\t    2048 kB\nCapEff:\t000001ffffffffff\nSeccomp:\t2\nvoluntary_ctxt_switches:\t9\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.TracerPID != 77 || s.UID != [4]uint32{1000, 1001, 1002, 1003} || !reflect.DeepEqual(s.Groups, []uint32{4, 24}) ||
		!reflect.DeepEqual(s.NSPID, []int{500, 1}) || s.VmHWM != 2<<20 || s.CapEff != 0x1ffffffffff || s.Seccomp != 2 || s.Voluntary != 9 {
		t.Errorf("got %+v", s)
	}
}

func TestParseTarget(t *testing.T) {
	for in, want := range map[string]Target{
		"socket:[12345]":                   {Kind: KindSocket, Inode: 12345, Name: "socket:[12345]"},
		"pipe:[7]":                         {Kind: KindPipe, Inode: 7, Name: "pipe:[7]"},
		"anon_inode:[eventpoll]":           {Kind: KindAnon, Name: "[eventpoll]"},
		"/var/log/x (deleted)":             {Kind: KindFile, Name: "/var/log/x", Deleted: true},
		"/memfd:shm (deleted)":             {Kind: KindMemFD, Name: "/memfd:shm", Deleted: true},
		"net:[4026531840]":                 {Kind: KindOther, Inode: 4026531840, Name: "net:[4026531840]"},
		"/tmp/socket:[1]":                  {Kind: KindFile, Name: "/tmp/socket:[1]"},
		"socket:[99999999999999999999999]": {Kind: KindOther, Name: "socket:[99999999999999999999999]"},
	} {
		if got := ParseTarget(in); got != want {
			t.Errorf("ParseTarget(%q) = %+v, want %+v", in, got, want)
		}
	}
}

func TestParseDiskstatsByColumnCount(t *testing.T) {
	ds := ParseDiskstats([]byte("   8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n 259 1 nvme0n1p1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n 8 1 sda1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\nbad line\n"))
	if len(ds) != 3 || ds[0].WrSectors != 7 || ds[1].Discards != 12 || ds[2].Flushes != 16 {
		t.Fatalf("got %+v", ds)
	}
	for name, whole := range map[string]bool{"sda": true, "sda1": false, "nvme0n1": true, "nvme0n1p1": false, "mmcblk0": true, "mmcblk0p2": false,
		"vdb": true, "vdb3": false, "xvda": true, "xvda1": false, "loop0": false, "dm-0": false, "md127": false, "zram0": false} {
		if got := (Disk{Name: name}).Whole(); got != whole {
			t.Errorf("Whole(%s) = %v", name, got)
		}
	}
}

func TestParseHostStat(t *testing.T) {
	s, err := ParseHostStat([]byte("cpu  10 1 20 300 5 6 7 8 2 0\ncpu0 1 2 3 4\ncpu3 5 0 0 9 0 0 0 1 0 0\nintr 999 1 2 3\nctxt 55\nbtime 1700000000\nprocesses 77\nprocs_running 2\nprocs_blocked 1\n"))
	if err != nil || s.CPU.Total() != 357 || s.CPUs[0].Idle != 4 || s.CPUs[3].Steal != 1 || len(s.CPUs) != 2 || s.Interrupts != 999 || s.BootTime != 1700000000 || s.Forks != 77 {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestParseNet(t *testing.T) {
	cs, err := ParseSNMP([]byte("Tcp: RtoMin MaxConn OutSegs\nTcp: 200 -1 18446744073709551615\nbroken\nUdp: InDatagrams\nUdp: 9\n"))
	if err != nil || len(cs) != 4 || cs[1] != (Counter{"Tcp", "MaxConn", -1}) || cs[3] != (Counter{"Udp", "InDatagrams", 9}) {
		t.Errorf("got %v, %v", cs, err)
	}
	ds := ParseNetDev([]byte("Inter-|   Receive\n face |bytes\n    lo:3193 29 0 0 0 0 0 0 3194 30 0 0 0 0 0 0\n eth0:1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"))
	if len(ds) != 2 || ds[0].Name != "lo" || ds[0].RxBytes != 3193 || ds[0].TxPackets != 30 || ds[1].Name != "eth0:1" || ds[1].Colls != 14 {
		t.Errorf("got %+v", ds)
	}
	ss := ParseNetSockets([]byte("  sl  local_address rem_address\n   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 4711 1 0000 100\n"))
	if len(ss) != 1 || ss[0].Local.String() != "127.0.0.1:8080" || ss[0].State != 10 || ss[0].RxQueue != 3 || ss[0].Inode != 4711 || ss[0].UID != 1000 {
		t.Errorf("got %+v", ss)
	}
}

func TestParseLimits(t *testing.T) {
	ls, err := ParseLimits([]byte(fmt.Sprintf("%-25s %-20s %-20s %-10s \n%-25s %-20s %-20s %-10s \n%-25s %-20s %-20s %-10s \n",
		"Limit", "Soft Limit", "Hard Limit", "Units", "Max open files", "1024", "524288", "files", "Max nice priority", "unlimited", "0", "")))
	want := []Limit{{"Max open files", 1024, 524288, "files"}, {"Max nice priority", Unlimited, 0, ""}}
	if err != nil || !reflect.DeepEqual(ls, want) {
		t.Errorf("got %+v, %v", ls, err)
	}
}

func TestParseMaps(t *testing.T) {
	ms := ParseMaps([]byte("55d0-55e0 r-xp 00001000 fd:01 1234                       /usr/lib/a b.so (deleted)\n7ffc-7ffd rw-p 00000000 00:00 0 [stack]\n7f00-7f01 rw-p 00000000 00:00 0\n"))
	if len(ms) != 3 || ms[0].Path != "/usr/lib/a b.so (deleted)" || ms[0].Inode != 1234 || ms[1].Path != "[stack]" || ms[2].Path != "" || ms[0].Offset != 0x1000 {
		t.Errorf("got %+v", ms)
	}
}

func TestParseMountinfo(t *testing.T) {
	ms := ParseMountinfo([]byte("36 35 98:0 /mnt1 /mnt/my\\040disk rw,noatime master:1 - nfs4 srv:/x\\011y rw\n"))
	if m := ms[36]; m.Point != "/mnt/my disk" || m.Type != "nfs4" || m.Source != "srv:/x\ty" || m.Dev != "98:0" {
		t.Errorf("got %+v", m)
	}
}

func TestParsePressure(t *testing.T) {
	p, err := ParsePressure([]byte("some avg10=1.50 avg60=0.61 avg300=0.96 total=20238212\nfull avg10=0.25 avg60=0.00 avg300=0.00 total=7\n"))
	if err != nil || p.Some.Avg10 != 1.5 || p.Full.Total != 7 {
		t.Errorf("got %+v, %v", p, err)
	}
}

func FuzzStat(f *testing.F) {
	f.Add([]byte(statLine("a) R (b")))
	f.Add([]byte("1 ()"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Stat
		if ParseStat(b, &s, "") == nil && !strings.Contains(string(b), "("+s.Comm+")") {
			t.Errorf("name %q is not in the file", s.Comm)
		}
	})
}

// FuzzFiles puts any bytes through every other parser: none may panic, and what
// they return must be usable.
func FuzzFiles(f *testing.F) {
	f.Add([]byte("cpu  1 2 3\ncpu0 1\n"))
	f.Add([]byte("Name:\tx\nUid:\t1\nGroups:\t1 2\n"))
	f.Add([]byte("pos:\t0\nflags:\t0100002\nmnt_id:\t24\nino:\t3\ntfd: 5 events: 1\n"))
	f.Add([]byte("Tcp: a b\nTcp: 1 -1\n"))
	f.Add([]byte("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 4711 1 0\n"))
	f.Add([]byte("36 35 98:0 / /a\\040b rw - ext4 /dev/x rw\n"))
	f.Add([]byte("55d0-55e0 r-xp 1000 fd:01 1234 /x\n"))
	f.Add([]byte("socket:[1]"))
	f.Add([]byte("0.27 0.20 0.11 1/89 12603\n"))
	f.Add([]byte("some avg10=0.01 avg60=0.61 avg300=0.96 total=20238212\n"))
	f.Add([]byte("  8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = ParseStatm(b)
		_, _ = ParseStatus(b)
		_, _ = ParseIO(b)
		_ = Cmdline(b)
		_ = Environ(b)
		_, _ = ParseSchedstat(b)
		_, _ = ParseLimits(b)
		_ = ContainerID(CgroupPath(ParseCgroup(b)))
		i, _ := ParseFDInfo(b)
		_ = i.Access()
		_ = ParseTarget(string(b))
		_, _ = SocketInode(b)
		_ = ParseMaps(b)
		_ = ParseMountinfo(b)
		_, _ = ParseHostStat(b)
		_, _ = ParseMeminfo(b)
		_, _ = ParseLoadavg(b)
		_, _, _ = ParseUptime(b)
		for _, d := range ParseDiskstats(b) {
			_ = d.Whole()
		}
		_ = ParseCounters(b)
		_, _ = ParsePressure(b)
		_, _ = ParseSNMP(b)
		_ = ParseNetDev(b)
		_ = ParseNetSockets(b)
	})
}
