package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// Control messages, RFC 9327.
var (
	ntpCFlags    = ntpP.U8("ctrl.flags2", "Flags 2", hex)
	ntpCResponse = ntpP.Bool("ctrl.flags2.r", "Response bit", mask(8, 0x80), tf("Response", "Request"))
	ntpCError    = ntpP.U8("ctrl.flags2.error", "Error bit", dec, mask(8, 0x40))
	ntpCMore     = ntpP.U8("ctrl.flags2.more", "More bit", dec, mask(8, 0x20))
	ntpCOpcode   = ntpP.U8("ctrl.flags2.opcode", "Opcode", dec, mask(8, 0x1f), enum(ntpOpcodes))
	ntpCSeq      = ntpP.U16("ctrl.sequence", "Sequence", dec)
	ntpCStatus   = ntpP.U16("ctrl.status", "Status", hex)
	ntpCErrWord  = ntpP.U16("ctrl.err_status", "Error Status Word", dec, mask(16, 0xff00), enum(ntpCtrlErrors))
	ntpCSysLI    = ntpP.U16("ctrl.sys_status.li", "Leap Indicator", dec, mask(16, 0xc000), enum(ntpLeaps))
	ntpCSysSrc   = ntpP.U16("ctrl.sys_status.clksrc", "Clock Source", dec, mask(16, 0x3f00), enum(ntpSysSources))
	ntpCSysCount = ntpP.U16("ctrl.sys_status.count", "System Event Counter", dec, mask(16, 0x00f0))
	ntpCSysCode  = ntpP.U16("ctrl.sys_status.code", "System Event Code", dec, mask(16, 0x000f), enum(ntpSysCodes))
	ntpCPConfig  = ntpP.Bool("ctrl.peer_status.config", "Peer Status", mask(16, 0x8000), tf("configured (peer.config)", "not configured (peer.config)"))
	ntpCPAuthEn  = ntpP.Bool("ctrl.peer_status.authenable", "Peer Status", mask(16, 0x4000), tf("authentication enabled (peer.authenable)", "authentication disabled (peer.authenable)"))
	ntpCPAuth    = ntpP.Bool("ctrl.peer_status.authentic", "Peer Status", mask(16, 0x2000), tf("authentication okay (peer.authentic)", "authentication not okay (peer.authentic)"))
	ntpCPReach   = ntpP.Bool("ctrl.peer_status.reach", "Peer Status", mask(16, 0x1000), tf("reachability okay (peer.reach != 0)", "reachability not okay (peer.reach != 0)"))
	ntpCPBcast   = ntpP.Flag("ctrl.peer_status.bcast", "Peer Status broadcast association", 16, 0x0800)
	ntpCPSelect  = ntpP.U16("ctrl.peer_status.selection", "Peer Selection", dec, mask(16, 0x0700), enum(ntpPeerChoices))
	ntpCPCount   = ntpP.U16("ctrl.peer_status.count", "Peer Event Counter", dec, mask(16, 0x00f0))
	ntpCPCode    = ntpP.U16("ctrl.peer_status.code", "Peer Event Code", dec, mask(16, 0x000f), enum(ntpPeerCodes))
	ntpCClock    = ntpP.U16("ctrl.clock_status.status", "Clock Status", dec, mask(16, 0xff00), enum(ntpClockStates))
	ntpCClkCode  = ntpP.U16("ctrl.clock_status.code", "Clock Event Code", dec, mask(16, 0x00ff))
	ntpCData     = ntpP.None("ctrl.data", "Data")
	ntpCItem     = ntpP.None("ctrl.item", "Item")
	ntpCAssoc    = ntpP.U16("ctrl.associd", "AssociationID", dec)
	ntpCOffset   = ntpP.U16("ctrl.offset", "Offset", dec)
	ntpCCount    = ntpP.U16("ctrl.count", "Count", dec)
	ntpCTrap     = ntpP.Str("ctrl.trapmsg", "Trap message")
	ntpCConf     = ntpP.Str("ctrl.configuration", "Configuration")
	ntpCMRU      = ntpP.Str("ctrl.mru", "MRU")
	ntpCList     = ntpP.Str("ctrl.ordlist", "Ordered List")
	ntpCNonce    = ntpP.Str("ctrl.nonce", "Nonce")

	ntpSysStatus   = []field.ID{ntpCSysLI, ntpCSysSrc, ntpCSysCount, ntpCSysCode}
	ntpPeerStatus  = []field.ID{ntpCPConfig, ntpCPAuthEn, ntpCPAuth, ntpCPReach, ntpCPBcast, ntpCPSelect, ntpCPCount, ntpCPCode}
	ntpClockStatus = []field.ID{ntpCClock, ntpCClkCode}
	ntpErrStatus   = []field.ID{ntpCErrWord}
)

func ntpControl(c *Cursor, start int) {
	flags := c.Word(ntpCFlags, 1, ntpCResponse, ntpCError, ntpCMore, ntpCOpcode)
	ntpWordLine(c, c.Last(), flags, ntpCResponse, ntpCError, ntpCMore, ntpCOpcode)
	response, op := flags&0x80 != 0, flags&0x1f
	c.U16(ntpCSeq)
	assoc := c.Peek16(2)
	// What a status word means depends on the question.
	var status []field.ID
	if response {
		switch {
		case flags&0x40 != 0:
			status = ntpErrStatus
		case op >= 1 && op <= 3 && assoc != 0:
			status = ntpPeerStatus
		case op >= 1 && op <= 3, op == 7:
			status = ntpSysStatus
		case op == 4 || op == 5:
			status = ntpClockStatus
		}
	}
	ntpStatus(c, c.Pos(), status)
	c.Skip(2)
	c.U16(ntpCAssoc)
	c.U16(ntpCOffset)
	n := int(c.U16(ntpCCount))
	at := c.Pos()
	if n > 0 {
		c.Put(ntpCData, at, min(n, c.CapLeft()), 0)
		data := c.Last()
		c.Need(n)
		ntpControlData(c, data, response, op, at, n)
		c.Seek(at + n)
	}
	if c.Left() == 0 {
		return
	}
	if pad := -(c.Pos() - start) & 3; pad > 0 && pad <= c.Left() {
		c.Bytes(ntpPadding, pad)
	}
	if c.Left() >= 20 {
		ntpAuthenticator(c)
	}
}

func ntpStatus(c *Cursor, pos int, parts []field.ID) {
	r := c.FieldAt(ntpCStatus, pos, 2)
	ntpWordLine(c, r, c.UintAt(pos, 2), parts...)
	old := c.Push(r)
	for _, f := range parts {
		c.FieldAt(f, pos, 2)
	}
	c.Pop(old)
}

func ntpControlData(c *Cursor, data dissect.Ref, response bool, op uint64, at, n int) {
	text := func(f field.ID) {
		old := c.Push(data)
		c.PutBytes(f, at, n, untilNUL(c.BytesAt(at, n)))
		c.Pop(old)
	}
	switch op {
	case 1:
		if !response {
			return
		}
		for ; n >= 4; n -= 4 {
			old := c.Push(data)
			item := c.Push(c.FieldAt(ntpCItem, at, 4))
			c.FieldAt(ntpCAssoc, at, 2)
			c.Pop(item)
			c.Pop(old)
			ntpStatus(c, at+2, ntpPeerStatus)
			at += 4
		}
	case 2, 3, 4, 5:
		old := c.Push(data)
		ntpVariables(c, at, n)
		c.Pop(old)
	case 7:
		text(ntpCTrap)
	case 8, 9:
		text(ntpCConf)
	case 10:
		text(ntpCMRU)
	case 11:
		text(ntpCList)
	case 12:
		text(ntpCNonce)
	}
}

// ntpVariables shows "name=value, name=value", a line each; a comma in quotes
// does not part.
func ntpVariables(c *Cursor, at, n int) {
	b := c.BytesAt(at, n)
	for i := 0; i < n; {
		for i < n && (b[i] == ' ' || b[i] == ',' || b[i] == '\r' || b[i] == '\n' || b[i] == 0) {
			i++
		}
		from, quoted := i, false
		for i < n && (quoted || b[i] != ',') {
			if b[i] == '"' {
				quoted = !quoted
			}
			i++
		}
		to := i
		for to > from && (b[to-1] == '\r' || b[to-1] == '\n' || b[to-1] == 0) {
			to--
		}
		if to == from {
			continue
		}
		if t := c.Text(at+from, to-from); t != nil {
			t.Printable(b[from:to])
		}
	}
}

func ntpAuthenticator(c *Cursor) {
	at, n := c.Pos(), c.Left()
	r := dissect.None
	if b := c.Text(at, n); b != nil {
		b.S("Authenticator")
		r = c.Last()
	}
	old := c.Push(r)
	kind := uint64(0)
	if n == 24 {
		kind = 1
	}
	c.Put(ntpKeyType, at, 0, kind)
	c.U32(ntpKeyIndex)
	c.Bytes(ntpKeySig, c.Left())
	c.Pop(old)
}
