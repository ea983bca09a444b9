// POP3, RFC 1939. Not decoded: mail bodies beyond their lines.
package proto

import "bytes"

var (
	popP      = protocol("pop", "Post Office Protocol", "POP")
	popResp   = popP.Str("response", "Response")
	popInd    = popP.Str("response.indicator", "Response indicator")
	popDesc   = popP.Str("response.description", "Response description")
	popData   = popP.Str("response.data", "Data")
	popReq    = popP.Str("request", "Request")
	popCmd    = popP.Str("request.command", "Request command")
	popParam  = popP.Str("request.parameter", "Request parameter")
	popReqDat = popP.Str("request.data", "Data")

	_ = popP.Parse(parsePOP).On("tcp.port", 110)
)

func parsePOP(c *Cursor) {
	at := c.Pos()
	b := c.Rest()
	request := c.Packet().DstPort == 110
	c.SetProtocol("POP")
	n, _, _ := textLine(b)
	command := request && popIsCommand(b[:n])
	answer := !request && (bytes.HasPrefix(b, []byte("+OK")) || bytes.HasPrefix(b, []byte("-ERR")) || bytes.HasPrefix(b, []byte("+ ")))
	if t := c.SetInfo(); t != nil {
		switch {
		case request && !command:
			t.S("C: DATA fragment, ").U(uint64(c.Left())).S(plural(c.Left(), " byte", " bytes"))
		case request:
			t.S("C: ").Printable(b[:n])
		case !answer:
			t.S("S: DATA fragment, ").U(uint64(c.Left())).S(plural(c.Left(), " byte", " bytes"))
		default:
			t.S("S: ").Printable(b[:n])
		}
	}
	for i, pos := 0, at; len(b) > 0; i++ {
		n, next, _ := textLine(b)
		switch {
		case i == 0 && command:
			r := c.PutText(popReq, pos, next, "")
			if t := c.Label(r); t != nil {
				t.Printable(b[:next])
			}
			old := c.Push(r)
			k, arg := textToken(b[:n])
			c.FieldAt(popCmd, pos, k)
			if arg < n {
				c.FieldAt(popParam, pos+arg, n-arg)
			}
			c.Pop(old)
		case i == 0 && answer:
			r := c.PutText(popResp, pos, next, "")
			if t := c.Label(r); t != nil {
				t.Printable(b[:next])
			}
			old := c.Push(r)
			k, arg := textToken(b[:n])
			c.FieldAt(popInd, pos, k)
			if arg < n {
				c.FieldAt(popDesc, pos+arg, n-arg)
			}
			c.Pop(old)
		case request:
			r := c.FieldAt(popReqDat, pos, next)
			if t := c.Label(r); t != nil {
				t.Printable(b[:next])
			}
		default:
			r := c.FieldAt(popData, pos, next)
			if t := c.Label(r); t != nil {
				t.Printable(b[:next])
			}
		}
		b = b[next:]
		pos += next
	}
	c.Seek(c.End())
}

var popCommands = [...]string{"USER", "PASS", "QUIT", "STAT", "LIST", "RETR", "DELE", "NOOP", "LAST", "RSET", "TOP", "UIDL", "APOP", "AUTH", "CAPA", "STLS", "XTND", "RPOP", "UTF8", "LANG"}

func popIsCommand(line []byte) bool {
	n, _ := textToken(line)
	for _, k := range popCommands {
		if bytes.EqualFold(line[:n], []byte(k)) {
			return true
		}
	}
	return false
}
