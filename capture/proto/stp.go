// Spanning Tree, IEEE 802.1D-2004, Rapid Spanning Tree, and Cisco's per-VLAN
// records. Not decoded: the Multiple and Shortest Path records of 802.1Q.
package proto

import (
	"math"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	stpP       = protocol("stp", "Spanning Tree Protocol", "STP")
	stpProto   = stpP.U16("protocol", "Protocol Identifier", hex, enum(values(val(0, "Spanning Tree Protocol"))))
	stpVersion = stpP.U8("version", "Protocol Version Identifier", dec, enum(stpVersions))
	stpType    = stpP.U8("type", "BPDU Type", hex, enum(stpTypes))
	stpFlags   = stpP.U8("flags", "BPDU flags", hex)
	stpTCAck   = stpP.Bool("flags.tcack", "Topology Change Acknowledgment", mask(8, 0x80), tf("Yes", "No"))
	stpAgree   = stpP.Bool("flags.agreement", "Agreement", mask(8, 0x40), tf("Yes", "No"))
	stpForward = stpP.Bool("flags.forwarding", "Forwarding", mask(8, 0x20), tf("Yes", "No"))
	stpLearn   = stpP.Bool("flags.learning", "Learning", mask(8, 0x10), tf("Yes", "No"))
	stpRole    = stpP.U8("flags.port_role", "Port Role", dec, mask(8, 0x0c), enum(stpRoles))
	stpPropose = stpP.Bool("flags.proposal", "Proposal", mask(8, 0x02), tf("Yes", "No"))
	stpTC      = stpP.Bool("flags.tc", "Topology Change", mask(8, 0x01), tf("Yes", "No"))
	stpRootPri = stpP.U16("root.prio", "Root Bridge Priority", dec)
	stpRootExt = stpP.U16("root.ext", "Root Bridge System ID Extension", dec)
	stpRootHW  = stpP.Ether("root.hw", "Root Bridge System ID")
	stpCost    = stpP.U32("root.cost", "Root Path Cost", dec)
	stpPri     = stpP.U16("bridge.prio", "Bridge Priority", dec)
	stpExt     = stpP.U16("bridge.ext", "Bridge System ID Extension", dec)
	stpHW      = stpP.Ether("bridge.hw", "Bridge System ID")
	stpPort    = stpP.U16("port", "Port identifier", hex)
	stpAge     = stpP.Add("msg_age", "Message Age", field.TDouble, noBase)
	stpMax     = stpP.Add("max_age", "Max Age", field.TDouble, noBase)
	stpHello   = stpP.Add("hello", "Hello Time", field.TDouble, noBase)
	stpDelay   = stpP.Add("forward", "Forward Delay", field.TDouble, noBase)
	stpV1Len   = stpP.U8("version_1_length", "Version 1 Length", dec)
	stpTLVType = stpP.U16("pvst.tlvtype", "Type", hex, enum(values(val(0, "Originating VLAN"))))
	stpTLVLen  = stpP.U16("pvst.tlvlen", "Length", dec)
	stpOrigin  = stpP.U16("pvst.origvlan", "Originating VLAN", dec)

	_ = stpP.Parse(func(c *Cursor) { parseSTP(c, false) }).On("llc.dsap", 0x42).On("llc.cisco_pid", 0x0108, 0x0109, 0x010c).On("ethertype", 0x8181).Calls(dataP)
	_ = dissect.Alias(stpP).Parse(func(c *Cursor) { parseSTP(c, true) }).On("llc.cisco_pid", 0x010b).Calls(stpP)

	stpVersions = values(val(0, "Spanning Tree"), val(2, "Rapid Spanning Tree"), val(3, "Multiple Spanning Tree"), val(4, "Shortest Path Tree"))
	stpTypes    = values(val(0x00, "Configuration"), val(0x02, "Rapid/Multiple Spanning Tree"), val(0x80, "Topology Change Notification"))
	stpRoles    = values(val(0, "Unknown"), val(1, "Alternate or Backup"), val(2, "Root"), val(3, "Designated"))
)

func parseSTP(c *Cursor, perVLAN bool) {
	at := c.Pos()
	c.SetProtocol("STP")
	c.ClearInfo()
	version, typ := c.Peek8(2), c.Peek8(3)
	c.U16(stpProto)
	c.U8(stpVersion)
	c.U8(stpType)
	if typ == 0x80 {
		if b := c.SetInfo(); b != nil {
			b.S("Topology Change Notification")
		}
		c.ProtoEnd(at + 4)
		setUsed(c, at+4)
		return
	}
	if typ != 0 && typ != 2 {
		if b := c.SetInfo(); b != nil {
			b.S("Unknown BPDU type (").U(uint64(typ)).C(')')
		}
		return
	}
	flags := c.Peek8(0)
	bits := []field.ID{stpTCAck, stpTC}
	if typ == 2 {
		bits = []field.ID{stpTCAck, stpAgree, stpForward, stpLearn, stpRole, stpPropose, stpTC}
	}
	stpInfo(c, version, typ, flags)
	bitWordBE(c, stpFlags, 1, bits)
	stpBridge(c, "Root", stpRootPri, stpRootExt, stpRootHW)
	c.U32(stpCost)
	stpBridge(c, "Bridge", stpPri, stpExt, stpHW)
	c.U16(stpPort)
	for _, f := range [...]field.ID{stpAge, stpMax, stpHello, stpDelay} {
		v := c.Peek16(0)
		c.Put(f, c.Pos(), 2, math.Float64bits(float64(v)/256))
		c.Skip(2)
	}
	end := at + 35
	if typ == 2 && c.Left() > 0 {
		c.U8(stpV1Len)
		end++
	}
	if perVLAN {
		c.Seek(at + 36)
	}
	if perVLAN && c.Has(6) && c.Peek16(0) == 0 && c.Peek16(2) == 2 {
		r := dissect.None
		if b := c.Text(c.Pos(), 6); b != nil {
			b.S("Originating VLAN (PVID): ").U(uint64(c.Peek16(4)))
			r = c.Last()
		}
		old := c.Push(r)
		c.U16(stpTLVType)
		c.U16(stpTLVLen)
		c.U16(stpOrigin)
		c.Pop(old)
		end = at + 42
	}
	c.ProtoEnd(end)
}

// stpInfo is the Info column: kind, change flags, the root and the way to it.
func stpInfo(c *Cursor, version, typ, flags uint8) {
	b := c.SetInfo()
	if b == nil {
		return
	}
	b.S(pick(typ == 0, "Conf. ", pick(version >= 4, "SPT. ", pick(version == 3, "MST. ", "RST. "))))
	switch {
	case flags&0x81 == 0x81:
		b.S("TC + TCAck + ")
	case flags&0x01 != 0:
		b.S("TC + ")
	case flags&0x80 != 0:
		b.S("TCAck + ")
	}
	prio := c.Peek16(1)
	b.S("Root = ").U(uint64(prio&0xf000)).C('/').U(uint64(prio&0xfff)).C('/').MAC(c.PeekBytes(3, 6)).
		S("  Cost = ").U(uint64(c.Peek32(9))).S("  Port = 0x").H(uint64(c.Peek16(21)), 4)
}

func stpBridge(c *Cursor, name string, prio, ext, hw field.ID) {
	at := c.Pos()
	v := c.Peek16(0)
	r := dissect.None
	if b := c.Text(at, 8); b != nil {
		b.S(name).S(" Identifier: ").U(uint64(v & 0xf000)).S(" / ").U(uint64(v & 0xfff)).S(" / ").MAC(c.PeekBytes(2, 6))
		r = c.Last()
	}
	old := c.Push(r)
	c.Put(prio, at, 1, uint64(v&0xf000))
	c.Put(ext, at, 2, uint64(v&0xfff))
	c.FieldAt(hw, at+2, 6)
	c.Pop(old)
	c.Skip(8)
}
