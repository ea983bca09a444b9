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

	con := "\x10\x34\x00\x04MQTT\x05\xee\x00\x3c\x0e\x11\x00\x00\x00\x05\x26\x00\x01k\x00\x01v\x17\x01\x00\x02cl\x09\x18\x00\x00\x00\x01\x03\x00\x01t\x00\x01w\x00\x01m\x00\x01u\x00\x01p"
	prototest.Sample("mqtt5", frame.LinkEthernet, prototest.TCPFrames(1883, 0, asks(con), says("\x20\x05\x01\x00\x02\x24\x01"),
		asks("\x82\x09\x00\x01\x00\x00\x03a/b\x2d"), says("\x90\x04\x00\x01\x00\x80"),
		asks("\x32\x0b\x00\x01t\x00\x02\x03\x23\x00\x05hi\x30\x07\x00\x00\x03\x23\x00\x05x\x30\x07\x00\x00\x03\x23\x00\x06x"),
		says("\x40\x04\x00\x02\x10\x00\xa2\x07\x00\x04\x00\x00\x02ab"), asks("\x30\x85"), asks("\x00\x00"), asks("\xc0\x00\xe0\x01\x04"))...).
		MayAllocate("lengths are worked out once a message")
	prototest.Sample("mqtt31", frame.LinkEthernet, prototest.TCPFrames(1883, 0, asks("\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x01c"), says("\x20\x02\x01\x05"),
		asks("\x82\x06\x00\x01\x00\x01a\x01"), says("\x90\x04\x00\x01\x01\x80\xb0\x02\x00\x01"))...)
}
