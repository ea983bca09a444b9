// TFTP, RFC 1350, with option negotiation, RFC 2347.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	tftpP      = protocol("tftp", "Trivial File Transfer Protocol", "TFTP")
	tftpOp     = tftpP.U16("opcode", "Opcode", dec, enum(tftpOps))
	tftpSrc    = tftpP.Add("source_file", "Source File", field.TStringz, noBase)
	tftpDst    = tftpP.Add("destination_file", "DESTINATION File", field.TStringz, noBase)
	tftpMode   = tftpP.Add("type", "Type", field.TStringz, noBase)
	tftpBlock  = tftpP.U16("block", "Block", dec)
	_          = tftpP.U32("block.full", "Full Block Number", dec)
	tftpErr    = tftpP.U16("error.code", "Error code", dec, enum(tftpErrors))
	tftpErrMsg = tftpP.Add("error.message", "Error message", field.TStringz, noBase)
	tftpOptN   = tftpP.Add("option.name", "Option name", field.TStringz, noBase)
	tftpOptV   = tftpP.Add("option.value", "Option value", field.TStringz, noBase)
	_          = tftpP.FrameNum("request_frame", "Request frame")

	_ = tftpP.Parse(parseTFTP).Stateful().On("udp.port", 69).Calls(dataP)

	tftpOps = values(val(1, "Read Request"), val(2, "Write Request"), val(3, "Data Packet"), val(4, "Acknowledgement"), val(5, "Error Code"),
		val(6, "Option Acknowledgement"))
	tftpErrors = values(val(0, "Not defined"), val(1, "File not found"), val(2, "Access violation"), val(3, "Disk full or allocation exceeded"),
		val(4, "Illegal TFTP Operation"), val(5, "Unknown transfer ID"), val(6, "File already exists"), val(7, "No such user"), val(8, "Option negotiation failed"))

	tftpAsked = flow.NewSlot[tftpTable]()
)

// tftpTable are the requests whose answer comes from another port: by client.
type tftpTable struct{ open map[tftpClient]*tftpConv }

type tftpClient struct {
	addr flow.Addr
	port uint32
}

// tftpConv is one transfer.
type tftpConv struct {
	file  string
	frame uint32
}

func parseTFTP(c *Cursor) {
	at := c.Pos()
	p := c.Packet()
	op := c.Peek16(0)
	c.SetProtocol("TFTP")
	if b := c.SetInfo(); b != nil {
		b.S(tftpOps.Text(uint64(op), "Unknown (0x")) // the rest of an unknown one follows
		if op == 0 || op > 6 {
			b.H(uint64(op), 4).C(')')
		}
	}
	c.U16(tftpOp)
	switch op {
	case 1, 2:
		f := tftpSrc
		if op == 2 {
			f = tftpDst
		}
		name := c.StringZ(f)
		mode := c.StringZ(tftpMode)
		if b := c.Info(); b != nil {
			b.S(", File: ").Printable(name).S(", Transfer type: ").Printable(mode)
		}
		tftpOptions(c)
		if c.Learning() {
			t := tftpAsked.Global(c.Flow())
			if t.open == nil {
				t.open = map[tftpClient]*tftpConv{}
			}
			t.open[tftpClient{p.Src, p.SrcPort}] = &tftpConv{string(name), c.Frame().Number}
		}
	case 3:
		block := c.U16(tftpBlock)
		n := c.Left()
		if b := c.Info(); b != nil {
			b.S(", Block: ").U(uint64(block))
			if n < 512 {
				b.S(" (last)")
			}
		}
		if n > 0 {
			c.ProtoEnd(at + 4)
			c.Sub(dataP, at+4, -1)
		}
	case 4:
		block := c.U16(tftpBlock)
		if b := c.Info(); b != nil {
			b.S(", Block: ").U(uint64(block))
		}
	case 5:
		code := c.U16(tftpErr)
		msg := c.StringZ(tftpErrMsg)
		if b := c.Info(); b != nil {
			b.S(", Code: ").S(tftpErrors.Text(uint64(code), "Unknown")).S(", Message: ").Printable(msg)
		}
	case 6:
		tftpOptions(c)
	default:
		if c.Left() > 0 {
			c.Sub(dataP, c.Pos(), -1)
		}
	}
}

func tftpOptions(c *Cursor) {
	for c.Left() > 0 {
		at := c.Pos()
		rest := c.Rest()
		n := 0
		for n < len(rest) && rest[n] != 0 {
			n++
		}
		name := rest[:n]
		k := n + 1
		for k < len(rest) && rest[k] != 0 {
			k++
		}
		value := rest[min(n+1, len(rest)):min(k, len(rest))]
		r := dissect.None
		if b := c.Text(at, k+1); b != nil {
			b.S("Option: ").Printable(name).S(" = ").Printable(value)
			r = c.Last()
		}
		old := c.Push(r)
		c.StringZ(tftpOptN)
		c.StringZ(tftpOptV)
		c.Pop(old)
		if b := c.Info(); b != nil {
			b.S(", ").Printable(name).C('=').Printable(value)
		}
	}
}
