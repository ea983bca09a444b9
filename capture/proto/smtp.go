// SMTP, RFC 5321. Not decoded: the mail itself, shown as lines; BDAT chunks.
package proto

import (
	"bytes"

	"sonde/capture/dissect"
	"sonde/capture/flow"
)

var (
	smtpP       = protocol("smtp", "Simple Mail Transfer Protocol", "SMTP")
	smtpReq     = smtpP.Bool("req", "Request")
	smtpRsp     = smtpP.Bool("rsp", "Response")
	smtpCmdLine = smtpP.Str("command_line", "Command Line")
	smtpCommand = smtpP.Str("req.command", "Command")
	smtpParam   = smtpP.Str("req.parameter", "Request parameter")
	smtpLine    = smtpP.Str("response", "Response")
	smtpCode    = smtpP.U32("response.code", "Response code", dec, enum(smtpCodes))
	smtpRspPar  = smtpP.Str("rsp.parameter", "Response parameter")

	_ = smtpP.Parse(parseSMTP).Stateful().On("tcp.port", 25, 587)

	smtpConvs = flow.NewSlot[smtpConv]()
	smtpFacts = flow.NewFacts[smtpFact]()
)

// smtpConv is whether the client is sending a mail.
type smtpConv struct {
	asked bool // DATA was sent
	data  bool // the server said 354
	code  uint64
	tls   bool // STARTTLS was sent
}

// smtpFact is what a segment's lines are.
type smtpFact struct {
	data bool
	code uint64 // of the reply that began before
}

func parseSMTP(c *Cursor) {
	at := c.Pos()
	p := c.Packet()
	b := c.Rest()
	request := p.DstPort == 25 || p.DstPort == 587
	fact := smtpLearn(c, request, b)
	c.SetProtocol("SMTP")
	if request {
		smtpClient(c, at, b, fact)
	} else {
		smtpServer(c, at, b, fact)
	}
	c.Seek(c.End())
}

func smtpLearn(c *Cursor, request bool, b []byte) smtpFact {
	st, fr := c.Flow(), c.Frame()
	conv := c.Packet().Conv
	if conv == nil {
		return smtpFact{}
	}
	if !c.Learning() {
		if f := smtpFacts.Get(st, fr.Number, c.Layer()); f != nil {
			return *f
		}
		return smtpFact{}
	}
	v := smtpConvs.Make(conv)
	f := smtpFacts.Put(st, fr.Number, c.Layer())
	f.code = v.code
	if !request {
		for rest := b; len(rest) > 0; {
			k, next, _ := textLine(rest)
			v.code = smtpGoesOn(rest[:k], v.code)
			if string(rest[:min(3, k)]) == "220" && v.tls {
				startTLS(c, "Simple Mail Transfer Protocol")
			}
			rest = rest[next:]
		}
		v.tls = false
	}
	n, _, _ := textLine(b)
	switch {
	case request && v.data:
		f.data = true
		if bytes.HasSuffix(b, []byte("\r\n.\r\n")) || bytes.Equal(b, []byte(".\r\n")) {
			v.data, v.asked = false, false
		}
	case request:
		v.asked = bytes.EqualFold(bytes.TrimSpace(b[:n]), []byte("DATA"))
		v.tls = bytes.EqualFold(bytes.TrimSpace(b[:n]), []byte("STARTTLS"))
	case v.asked:
		if code, ok := threeDigits(b); ok {
			v.data, v.asked = code == 354, false
		}
	}
	return *f
}

func smtpClient(c *Cursor, at int, b []byte, fact smtpFact) {
	if fact.data {
		if t := c.SetInfo(); t != nil {
			t.S("C: DATA fragment, ").U(uint64(len(b))).S(plural(len(b), " byte", " bytes"))
		}
		c.PutHidden(smtpReq, at, 0, 1)
		return
	}
	first := true
	for pos := at; len(b) > 0; {
		n, next, _ := textLine(b)
		if t := c.Info(); t != nil {
			if first {
				c.ClearInfo()
				t.S("C: ")
			} else {
				t.S(" | ")
			}
			t.Printable(b[:n])
		}
		if first {
			c.PutHidden(smtpReq, at, 0, 1)
		}
		r := c.FieldAt(smtpCmdLine, pos, next)
		old := c.Push(r)
		k := min(4, n)
		c.FieldAt(smtpCommand, pos, k)
		if k+1 < n {
			c.FieldAt(smtpParam, pos+k+1, n-k-1)
		}
		c.Pop(old)
		first = false
		b = b[next:]
		pos += next
	}
}

// smtpServer reads replies. Only the first line of one is shown whole; of the
// others what stands behind the code, in the same place.
func smtpServer(c *Cursor, at int, b []byte, fact smtpFact) {
	first := true
	code := fact.code
	r := dissect.None
	for pos := at; len(b) > 0; {
		n, next, _ := textLine(b)
		v, ok := threeDigits(b[:n])
		cont := ok && code != 0 && v == code
		if t := c.Info(); t != nil {
			if first {
				c.ClearInfo()
				t.S("S: ")
			} else {
				t.S(" | ")
			}
			switch {
			case cont && n > 4:
				t.Printable(b[4:n])
			case ok && !cont:
				t.Printable(b[:n])
			}
		}
		if first {
			c.PutHidden(smtpRsp, at, 0, 1)
		}
		switch {
		case cont:
			old := c.Push(r)
			if n > 4 {
				c.FieldAt(smtpRspPar, pos+4, n-4)
			}
			c.Pop(old)
		case ok:
			r = c.FieldAt(smtpLine, pos, next)
			old := c.Push(r)
			c.Put(smtpCode, pos, 3, v)
			if n > 4 {
				c.FieldAt(smtpRspPar, pos+4, n-4)
			}
			c.Pop(old)
		}
		code = smtpGoesOn(b[:n], code)
		first = false
		b = b[next:]
		pos += next
	}
}

// smtpGoesOn is the code of a reply that goes on behind a line, 0 for none.
func smtpGoesOn(line []byte, code uint64) uint64 {
	v, ok := threeDigits(line)
	switch {
	case !ok:
		return code
	case len(line) > 3 && line[3] == '-':
		return v
	}
	return 0
}

var smtpCodes = values(
	val(211, "System status, or system help reply"),
	val(214, "Help message"),
	val(220, "<domain> Service ready"),
	val(221, "<domain> Service closing transmission channel"),
	val(235, "Authentication successful"),
	val(250, "Requested mail action okay, completed"),
	val(251, "User not local; will forward to <forward-path>"),
	val(252, "Cannot VRFY user, but will accept message and attempt delivery"),
	val(334, "AUTH input"),
	val(354, "Start mail input; end with <CRLF>.<CRLF>"),
	val(421, "<domain> Service not available, closing transmission channel"),
	val(432, "A password transition is needed"),
	val(450, "Requested mail action not taken: mailbox unavailable"),
	val(451, "Requested action aborted: local error in processing"),
	val(452, "Requested action not taken: insufficient system storage"),
	val(454, "Temporary authentication failed"),
	val(500, "Syntax error, command unrecognized"),
	val(501, "Syntax error in parameters or arguments"),
	val(502, "Command not implemented"),
	val(503, "Bad sequence of commands"),
	val(504, "Command parameter not implemented"),
	val(530, "Authentication required"),
	val(534, "Authentication mechanism is too weak"),
	val(535, "Authentication credentials invalid"),
	val(538, "Encryption required for requested authentication mechanism"),
	val(550, "Requested action not taken: mailbox unavailable"),
	val(551, "User not local; please try <forward-path>"),
	val(552, "Requested mail action aborted: exceeded storage allocation"),
	val(553, "Requested action not taken: mailbox name not allowed"),
	val(554, "Transaction failed"),
)
