package access

import (
	"net"
	"net/netip"
	"os"
	"testing"
)

func TestPeerUIDIsOurOwnOnLoopback(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Logf("skipping %s: %v", addr, err)
			continue
		}
		defer l.Close()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		local, remote := s.LocalAddr().(*net.TCPAddr).AddrPort(), s.RemoteAddr().(*net.TCPAddr).AddrPort()
		uid, ok := PeerUID(local, remote)
		if !ok || uid != uint32(os.Getuid()) {
			t.Errorf("%s: uid %d, known %v", addr, uid, ok)
		}
		if _, ok := PeerUID(local, netip.AddrPortFrom(remote.Addr(), 1)); ok {
			t.Errorf("%s: a socket that is not there has an owner", addr)
		}
	}
}

func FuzzDiagUID(f *testing.F) {
	f.Add(make([]byte, 100))
	f.Fuzz(func(t *testing.T, b []byte) { diagUID(b) })
}
