package keeper

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCrashedCaptureIsListedAgain(t *testing.T) {
	dir := t.TempDir()
	ring := newFakeRing(60)
	r := recorder(t, dir, ring)
	if _, err := r.StartLive(context.Background(), LiveSpec{Interface: "eth0", Filter: "udp"}); err != nil {
		t.Fatal(err)
	}
	ring.give(100)
	s := until(t, r, "written", func(s LiveStatus) bool { return s.Packets == 100 })
	// What a kill leaves is the folder as it is now.
	crash := t.TempDir()
	if err := os.CopyFS(crash, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	list, err := Manifests(crash, nil)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	got := list[0]
	if got.ID != s.ID || got.State != Crashed || got.Reason != "ended by crash" || got.Filter != "udp" || len(got.Segments) != 1 {
		t.Errorf("%+v", got)
	}
	if n := len(numbersOnDisk(t, crash, got)); n != 100 {
		t.Errorf("%d packets", n)
	}
	again, err := Manifests(crash, nil)
	if err != nil || again[0].State != Crashed {
		t.Errorf("second time: %+v %v", again, err)
	}
	// A capture that runs is not one of the past.
	if list, err := Manifests(dir, r.Live()); err != nil || len(list) != 0 {
		t.Errorf("running: %+v %v", list, err)
	}
}

func numbersOnDisk(t *testing.T, data string, s LiveStatus) []uint32 {
	t.Helper()
	for i := range s.Segments { // the manifest's counts may be two seconds old
		s.Segments[i].Packets = uint64(countPackets(t, filepath.Join(data, s.Dir, s.Segments[i].Name)))
	}
	return numbers(t, data, s)
}

func TestNoManifestsIsNoError(t *testing.T) {
	if list, err := Manifests(t.TempDir(), nil); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"id":"x","state":"running","segments":[{"name":"00001.pcapng"},{"name":"../../etc/passwd"}]}`))
	f.Add([]byte(`{"segments":null,"link":70000}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseManifest("live-1", b)
		if err != nil {
			return
		}
		if s.ID != "live-1" || s.Dir != "live/live-1" {
			t.Errorf("took the file's word: %q %q", s.ID, s.Dir)
		}
		for _, seg := range s.Segments {
			if strings.ContainsAny(seg.Name, "/\x00") || strings.HasPrefix(seg.Name, ".") {
				t.Errorf("segment %q", seg.Name)
			}
		}
	})
}
