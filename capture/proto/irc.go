// IRC, RFC 1459, 2812, with CTCP's tagged data left as it stands.
package proto

import (
	"bytes"

	"sonde/capture/field"
)

var (
	ircP        = protocol("irc", "Internet Relay Chat", "IRC")
	ircReq      = ircP.Str("request", "Request")
	ircReqPre   = ircP.Str("request.prefix", "Prefix")
	ircReqCmd   = ircP.Str("request.command", "Command")
	ircReqPar   = ircP.Str("request.command_parameter", "Parameter")
	ircReqTrail = ircP.Str("request.trailer", "Trailer")
	ircResp     = ircP.Str("response", "Response")
	ircRespPre  = ircP.Str("response.prefix", "Prefix")
	ircRespCmd  = ircP.Str("response.command", "Command")
	ircRespNum  = ircP.U16("response.num_command", "Command", dec)
	ircRespPar  = ircP.Str("response.command_parameter", "Parameter")
	ircRespTr   = ircP.Str("response.trailer", "Trailer")

	_ = ircP.Parse(parseIRC).On("tcp.port", 6667, 57000)
)

func parseIRC(c *Cursor) {
	at := c.Pos()
	p := c.Packet()
	request := p.DstPort == 6667 || p.DstPort == 57000
	c.SetProtocol("IRC")
	c.ClearInfo()
	b := c.Rest()
	if t := c.Info(); t != nil {
		if request {
			t.S("Request")
		} else {
			t.S("Response")
		}
	}
	for pos := at; len(b) > 0; {
		n, next, _ := textLine(b)
		if n > 0 {
			ircMessage(c, request, pos, b[:n])
		}
		b = b[next:]
		pos += next
	}
	c.Seek(c.End())
}

func ircMessage(c *Cursor, request bool, at int, line []byte) {
	whole, pre, cmd, par, trail := ircReq, ircReqPre, ircReqCmd, ircReqPar, ircReqTrail
	if !request {
		whole, pre, cmd, par, trail = ircResp, ircRespPre, ircRespCmd, ircRespPar, ircRespTr
	}
	r := c.FieldAt(whole, at, len(line))
	old := c.Push(r)
	defer c.Pop(old)
	i := 0
	skip := func() {
		for i < len(line) && line[i] == ' ' {
			i++
		}
	}
	word := func() (from, n int) {
		from = i
		for i < len(line) && line[i] != ' ' {
			i++
		}
		return from, i - from
	}
	if line[0] == ':' {
		from, n := word()
		c.FieldAt(pre, at+from+1, n-1)
		skip()
	}
	if i >= len(line) {
		return
	}
	from, n := word()
	name := line[from : from+n]
	if t := c.Info(); t != nil {
		t.S(" (").Printable(name).C(')')
	}
	if code, ok := threeDigits(name); ok && !request && n == 3 {
		c.Put(ircRespNum, at+from, n, code)
	} else {
		c.FieldAt(cmd, at+from, n)
	}
	skip()
	if i >= len(line) {
		return
	}
	if line[i] != ':' {
		ircParams(c, par, trail, at, line, i)
		return
	}
	c.FieldAt(trail, at+i+1, len(line)-i-1)
}

// ircParams are words up to one that starts with a colon, which is the rest.
func ircParams(c *Cursor, par, trail field.ID, at int, line []byte, i int) {
	end := len(line)
	colon := bytes.Index(line[i:], []byte(" :"))
	if colon >= 0 {
		end = i + colon
	}
	r := c.None()
	if t := c.Text(at+i, end-i); t != nil {
		t.S("Command parameters")
		r = c.Last()
	}
	old := c.Push(r)
	for k := i; k < end; {
		n := bytes.IndexByte(line[k:end], ' ')
		if n < 0 {
			n = end - k
		}
		if n > 0 {
			c.FieldAt(par, at+k, n)
		}
		k += n + 1
	}
	c.Pop(old)
	if colon >= 0 {
		c.FieldAt(trail, at+end+2, len(line)-end-2)
	}
}
