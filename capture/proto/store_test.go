package proto

import (
	"strings"

	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

// Samples of protocols of databases, caches, queues and small devices.

func asks(s string) prototest.Talk { return prototest.Talk{Data: []byte(s)} }
func says(s string) prototest.Talk { return prototest.Talk{Back: true, Data: []byte(s)} }

func init() {
	prototest.Sample("resp", frame.LinkEthernet, prototest.TCPFrames(6379, 0,
		asks("*2\r\n$4\r\nINCR\r\n$1\r\nz\r\n"), says(":69\r\n+OK\r\n-ERR no\r\n"),
		asks("PING\r\n$-1\r\n*-1\r\n*0\r\n$-7\r\n$120\r\n"+strings.Repeat("q", 120)+"\r\n"),
		says("*2\r\n*2\r\n:1\r\n$-1\r\n*1\r\n+A\r\n"),
		says("*3\r\n:1\r\n$5\r\nab"), says("cde\r\n+last\r\n"), asks("$4\r\nIN"), asks("CR\r\n"))...)
	prototest.Sample("resp-deep", frame.LinkEthernet, prototest.TCPFrames(6379, 0, says(strings.Repeat("*1\r\n", 33)+":1\r\n"))...).WithoutGolden()
}
