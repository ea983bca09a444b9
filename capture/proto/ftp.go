// FTP's control connection, RFC 959, 2428. Not decoded: data connections other
// than port 20's.
package proto

import (
	"bytes"
	"path"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	ftpP        = protocol("ftp", "File Transfer Protocol (FTP)", "FTP")
	ftpReq      = ftpP.Bool("request", "Request")
	ftpResp     = ftpP.Bool("response", "Response")
	ftpCommand  = ftpP.Str("request.command", "Request command")
	ftpArg      = ftpP.Str("request.arg", "Request arg")
	ftpCode     = ftpP.U32("response.code", "Response code", dec, enum(ftpCodes))
	ftpRespArg  = ftpP.Str("response.arg", "Response arg")
	ftpPasvIP   = ftpP.IPv4("passive.ip", "Passive IP address")
	ftpPasvPort = ftpP.U16("passive.port", "Passive port", dec)
	ftpActIP    = ftpP.IPv4("active.cip", "Active IP address")
	ftpActPort  = ftpP.U16("active.port", "Active port", dec)
	ftpEPSVPort = ftpP.U16("epsv.port", "Extended passive port", dec)

	ftpEPSV4 = ftpP.IPv4("epsv.ip", "Extended passive IPv4 address")
	ftpEPSV6 = ftpP.IPv6("epsv.ipv6", "Extended passive IPv6 address")
	ftpDir   = ftpP.Str("current-working-directory", "Current working directory")

	_ = ftpP.Parse(parseFTP).Stateful().On("tcp.port", 21)

	ftpConvs = flow.NewSlot[ftpConv]()
	ftpFacts = flow.NewFacts[ftpFact]()

	ftpDataP = protocol("ftp-data", "FTP Data", "FTP-DATA")
	_        = ftpDataP.Parse(parseFTPData).On("tcp.port", 20)
)

// ftpConv is a control connection's last command and working directory.
type ftpConv struct{ command, arg, dir string }

type ftpFact struct{ dir string }

func parseFTP(c *Cursor) {
	at := c.Pos()
	b := c.Rest()
	request := c.Packet().DstPort == 21
	n, _, _ := textLine(b)
	dir := ftpLearn(c, request, b[:n])
	c.SetProtocol("FTP")
	if t := c.SetInfo(); t != nil {
		if request {
			t.S("Request: ")
		} else {
			t.S("Response: ")
		}
		t.Printable(b[:n])
	}
	c.PutHidden(ftpReq, at, 0, b2u(request))
	c.PutHidden(ftpResp, at, 0, b2u(!request))
	for pos := at; len(b) > 0; {
		n, next, _ := textLine(b)
		r := c.None()
		if t := c.Text(pos, next); t != nil {
			t.Printable(b[:next])
			r = c.Last()
		}
		old := c.Push(r)
		switch {
		case pos > at: // only the first line is taken apart
		case request:
			ftpRequest(c, pos, b[:n])
		default:
			ftpResponse(c, pos, b[:n])
		}
		c.Pop(old)
		b = b[next:]
		pos += next
	}
	c.Seek(c.End())
	old := c.PushRoot()
	c.GenText(ftpDir, at, 0, dir)
	c.Pop(old)
}

// ftpLearn follows the working directory, and gives it as of this segment.
func ftpLearn(c *Cursor, request bool, line []byte) string {
	conv := c.Packet().Conv
	if conv == nil || c.Quoted() {
		return ""
	}
	if !c.Learning() {
		if f := ftpFacts.Get(c.Flow(), c.Frame().Number, c.Layer()); f != nil {
			return f.dir
		}
		return ""
	}
	v := ftpConvs.Make(conv)
	n, next := textToken(line)
	word := strings.ToUpper(string(line[:n]))
	if request {
		v.command, v.arg = word, string(line[next:])
	} else if code, ok := threeDigits(line); ok {
		switch {
		case code == 257 && v.command == "PWD":
			if _, rest, ok := strings.Cut(string(line), `"`); ok {
				if quoted, _, ok := strings.Cut(rest, `"`); ok {
					v.dir = quoted
				}
			}
		case code == 250 && v.command == "CWD" && strings.HasPrefix(v.arg, "/"):
			v.dir = path.Clean(v.arg)
		case code == 250 && v.command == "CWD":
			v.dir = path.Join(v.dir, v.arg)
		case code == 250 && v.command == "CDUP":
			v.dir = path.Dir(v.dir)
		}
	}
	v.dir = v.dir[:min(len(v.dir), 512)]
	ftpFacts.Put(c.Flow(), c.Frame().Number, c.Layer()).dir = v.dir
	return v.dir
}

func ftpRequest(c *Cursor, pos int, line []byte) {
	n, next := textToken(line)
	if n == 0 {
		return
	}
	c.FieldAt(ftpCommand, pos, n)
	if next < len(line) {
		c.FieldAt(ftpArg, pos+next, len(line)-next)
		if bytes.EqualFold(line[:n], []byte("PORT")) {
			ftpAddress(c, line[next:], pos+next, ftpActIP, ftpActPort)
		}
	}
}

func ftpResponse(c *Cursor, pos int, line []byte) {
	at := 0
	code, ok := threeDigits(line)
	if ok && (len(line) == 3 || line[3] == ' ' || line[3] == '-') {
		c.Put(ftpCode, pos, 3, code)
		at = min(4, len(line))
	} else {
		code = 0
	}
	if at < len(line) {
		c.FieldAt(ftpRespArg, pos+at, len(line)-at)
	}
	switch code {
	case 227:
		if i := bytes.IndexByte(line, '('); i >= 0 {
			ftpAddress(c, line[i+1:], pos+i+1, ftpPasvIP, ftpPasvPort)
		}
	case 229:
		i := bytes.Index(line, []byte("|||"))
		if i < 0 {
			return
		}
		var port, k uint64
		for _, d := range line[i+3:] {
			if !isDigit(d) || port > 65535 {
				break
			}
			port, k = port*10+uint64(d-'0'), k+1
		}
		if k > 0 && port <= 65535 {
			switch src := &c.Packet().Src; src.Kind {
			case flow.IPv4:
				c.Gen(ftpEPSV4, pos, 0, beWord(src.Bytes()))
			case flow.IPv6:
				c.Mark(c.PutBytes(ftpEPSV6, pos, 0, src.Bytes()), dissect.Generated)
			}
			c.Put(ftpEPSVPort, pos+i+3, int(k), port)
		}
	}
}

func beWord(b []byte) (v uint64) {
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v
}

// ftpAddress reads h1,h2,h3,h4,p1,p2.
func ftpAddress(c *Cursor, b []byte, pos int, ip, port field.ID) {
	var v [6]uint64
	i, start := 0, 0
	comma := [6]int{}
	for k := range v {
		start = i
		for i < len(b) && isDigit(b[i]) && v[k] < 256 {
			v[k] = v[k]*10 + uint64(b[i]-'0')
			i++
		}
		if i == start || v[k] > 255 || k < 5 && (i >= len(b) || b[i] != ',') {
			return
		}
		comma[k] = i
		i++
	}
	c.Put(ip, pos, comma[3], v[0]<<24|v[1]<<16|v[2]<<8|v[3])
	c.Put(port, pos+comma[3]+1, comma[5]-comma[3]-1, v[4]<<8|v[5])
}

func parseFTPData(c *Cursor) {
	n := c.Left()
	c.SetProtocol("FTP-DATA")
	if b := c.SetInfo(); b != nil {
		b.S("FTP Data: ").U(uint64(n)).S(plural(n, " byte", " bytes"))
	}
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(" (").U(uint64(n)).S(plural(n, " byte", " bytes")).S(" data)")
	}
}

var ftpCodes = values(
	val(110, "Restart marker reply"),
	val(120, "Service ready in nnn minutes"),
	val(125, "Data connection already open; transfer starting"),
	val(150, "File status okay; about to open data connection"),
	val(200, "Command okay"),
	val(202, "Command not implemented, superfluous at this site"),
	val(211, "System status, or system help reply"),
	val(212, "Directory status"),
	val(213, "File status"),
	val(214, "Help message"),
	val(215, "NAME system type"),
	val(220, "Service ready for new user"),
	val(221, "Service closing control connection"),
	val(225, "Data connection open; no transfer in progress"),
	val(226, "Closing data connection"),
	val(227, "Entering Passive Mode"),
	val(229, "Entering Extended Passive Mode"),
	val(230, "User logged in, proceed"),
	val(232, "User logged in, authorized by security data exchange"),
	val(234, "Security data exchange complete"),
	val(235, "Security data exchange completed successfully"),
	val(250, "Requested file action okay, completed"),
	val(257, "PATHNAME created"),
	val(331, "User name okay, need password"),
	val(332, "Need account for login"),
	val(334, "Requested security mechanism is ok"),
	val(335, "Security data is acceptable, more is required"),
	val(336, "Username okay, need password. Challenge is ..."),
	val(350, "Requested file action pending further information"),
	val(421, "Service not available, closing control connection"),
	val(425, "Can't open data connection"),
	val(426, "Connection closed; transfer aborted"),
	val(431, "Need some unavailable resource to process security"),
	val(450, "Requested file action not taken"),
	val(451, "Requested action aborted: local error in processing"),
	val(452, "Requested action not taken. Insufficient storage space in system"),
	val(500, "Syntax error, command unrecognized"),
	val(501, "Syntax error in parameters or arguments"),
	val(502, "Command not implemented"),
	val(503, "Bad sequence of commands"),
	val(504, "Command not implemented for that parameter"),
	val(522, "Network protocol not supported"),
	val(530, "Not logged in"),
	val(532, "Need account for storing files"),
	val(533, "Command protection level denied for policy reasons"),
	val(534, "Request denied for policy reasons"),
	val(535, "Failed security check (hash, sequence, etc)"),
	val(536, "Requested PROT level not supported by mechanism"),
	val(537, "Command protection level not supported by security mechanism"),
	val(550, "Requested action not taken: File unavailable"),
	val(551, "Requested action aborted: page type unknown"),
	val(552, "Requested file action aborted: Exceeded storage allocation"),
	val(553, "Requested action not taken: File name not allowed"),
	val(631, "Integrity protected reply"),
	val(632, "Confidentiality and integrity protected reply"),
	val(633, "Confidentiality protected reply"),
)
