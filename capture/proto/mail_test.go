package proto

import (
	"sonde/capture/frame"
	"sonde/capture/proto/prototest"
)

// Samples of file transfer and mail over lines of text.

func init() {
	say := func(s string) prototest.Talk { return prototest.Talk{Data: []byte(s)} }
	hear := func(s string) prototest.Talk { return prototest.Talk{Back: true, Data: []byte(s)} }
	prototest.Sample("ftp", frame.LinkEthernet, prototest.TCPFrames(21, 0, hear("220-hello\r\n two\r\n220 ready\r\n"), say("USER me\r\n"), hear("230 in\r\n"),
		say("PWD\r\n"), hear("257 \"/home\" is it\r\n"), say("CWD sub\r\n"), hear("250 done\r\n"), say("CDUP\r\n"), hear("250 done\r\n"), say("CWD /x/../y\r\n"), hear("250 done\r\n"),
		say("PORT 10,0,0,1,4,5\r\n"), hear("200 ok\r\n"), say("PASV\r\n"), hear("227 Entering Passive Mode (10,0,0,2,200,1)\r\n"),
		say("EPSV\r\n"), hear("229 Entering Extended Passive Mode (|||50001|)\r\n"), say("\r\n"), hear("no code\r\n"))...).MayAllocate("the working directory is kept")
	epsv := prototest.TCP(21, 50000, 1, 1, prototest.ACK|prototest.PSH, []byte("229 Entering Extended Passive Mode (|||50001|)\r\n"))
	prototest.Sample("ftp-ipv6", frame.LinkEthernet, prototest.Ether(0x86dd, prototest.IPv6(true, 6, epsv))).MayAllocate("the working directory is kept")
	prototest.Sample("ftp-data", frame.LinkEthernet, prototest.TCPFrames(20, 0, hear("contents of a file"))...)
	prototest.Sample("smtp", frame.LinkEthernet, prototest.TCPFrames(25, 0, hear("220 mail ready\r\n"), say("EHLO me\r\n"), hear("250-mail\r\n250-SIZE 1000\r\n"), hear("250-X\r\n250 HELP\r\n"),
		say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"), hear("250 ok\r\n250 ok\r\n"), say("DATA\r\n"), hear("354 go on\r\n"), say("Subject: x\r\n\r\ntext\r\n.\r\n"), hear("250 taken\r\n"),
		hear("what is this\r\n"), say("STARTTLS\r\n"), hear("220 go ahead\r\n"), say("\x16\x03\x01\x00\x04\x00\x00\x00\x00"))...).MayAllocate("texts are written")
	prototest.Sample("pop", frame.LinkEthernet, prototest.TCPFrames(110, 0, hear("+OK ready\r\n"), say("USER me\r\n"), hear("+OK\r\n"), say("RETR 1\r\n"), hear("+OK 20 octets\r\nSubject: x\r\n.\r\n"),
		say("what is this\r\n"), hear("-ERR no\r\n"), hear("more of a mail\r\n"))...).MayAllocate("texts are written")
}
