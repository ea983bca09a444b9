package tshark

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestWithReport(t *testing.T) {
	for _, c := range [][2]string{{"-G", "--report=fields"}, {"-G values", "--report=values"}, {"-Gvalues", "--report=values"},
		{"-n -G -q", "-n --report=fields -q"}, {"-r a", "-r a"}} {
		if got := strings.Join(withReport(strings.Fields(c[0])), " "); got != c[1] {
			t.Errorf("%q gave %q, not %q", c[0], got, c[1])
		}
	}
}

func TestLimits(t *testing.T) {
	o, err := parse(strings.Fields("-i lo -a duration:1.5 -a filesize:10 -a packets:7 -b files:3 -b filesize:2 -b interval:5 -b nametimenum:2 -b printname:stderr -w x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.stop != (limits{duration: 1500 * time.Millisecond, filesize: 10000, packets: 7}) {
		t.Errorf("-a gave %+v", o.stop)
	}
	if w := (turning{limits: limits{filesize: 2000, files: 3}, interval: 5 * time.Second, timeFirst: true, printName: "stderr", asked: true}); o.turn != w {
		t.Errorf("-b gave %+v", o.turn)
	}
	for _, bad := range []string{"-i lo -b files:3", "-i lo -a files:2 -w x", "-i lo -a packets:0", "-i lo -a filesize:99999999999", "-i lo -2", "-b nametimenum:3 -w x"} {
		if _, err := parse(strings.Fields(bad), nil); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// FuzzParse: whatever stands on the command line gives options or one clear
// error, and filters, statistics and rules are read without a crash.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"-nVr f -c10 -Tfields -eframe.number", "-r f -Y tcp.port==80", "-d tcp.port==80-90:3,http", "-G values", "-t ud.3 -u hms", "-z conv,tcp,ip.addr==1.2.3.4",
		"-a duration:1e9 -b files:2", "-E separator=/t -E quote=d", "-o tcp.desegment_tcp_streams:FALSE", "--hexdump time -x", "-r f tcp or udp", "-N mnt -W n -M 5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		o, err := parse(strings.Split(line, " "), nil)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error without words")
			}
			return
		}
		if o.told != nil {
			o.told(&bytes.Buffer{}, &bytes.Buffer{})
		}
		cfg, err := o.config()
		if err != nil || o.help || o.version || o.report != "" {
			return
		}
		o.write = "" // nothing is written
		j := &job{o: o, cfg: cfg}
		_ = j.prepare()
	})
}
