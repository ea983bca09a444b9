package dissect

import (
	"sonde/capture/field"
	"sonde/capture/flow"
)

// Columns is the packet list's line while it is being written.
type Columns struct {
	on       bool
	frozen   int
	Protocol string
	protoSet bool
	fence    int // Info before this offset stays
	info     field.Text
	// SrcText and DstText override the addresses of the Source and
	// Destination columns when a protocol writes them itself.
	SrcText, DstText string
}

func (k *Columns) reset(on bool) {
	k.on, k.frozen, k.Protocol, k.fence = on, 0, "", 0
	k.protoSet = false
	k.SrcText, k.DstText = "", ""
	k.info.Reset()
}

// Info is the Info column's text.
func (k *Columns) Info() []byte { return k.info.B }

// Columns reports whether a row is being written.
func (c *Cursor) Columns() bool { return c.e.pkt.Cols.on && c.e.pkt.Cols.frozen == 0 }

// SetProtocol writes the Protocol column.
func (c *Cursor) SetProtocol(s string) {
	if k := &c.e.pkt.Cols; k.on && k.frozen == 0 {
		k.Protocol = s
	}
}

// ClearInfo empties the Info column up to its fence.
func (c *Cursor) ClearInfo() {
	if k := &c.e.pkt.Cols; k.on && k.frozen == 0 {
		k.info.B = k.info.B[:k.fence]
	}
}

// Info continues the Info column; nil when no row is being written.
func (c *Cursor) Info() *field.Text {
	if k := &c.e.pkt.Cols; k.on && k.frozen == 0 {
		return &k.info
	}
	return nil
}

// SetInfo empties the Info column and gives it for writing.
func (c *Cursor) SetInfo() *field.Text {
	c.ClearInfo()
	return c.Info()
}

// InfoSep continues the Info column behind a separator if there is text after
// the fence already.
func (c *Cursor) InfoSep(sep string) *field.Text {
	b := c.Info()
	if b != nil && len(b.B) > c.e.pkt.Cols.fence {
		b.S(sep)
	}
	return b
}

// PrependInfo puts text before what stands behind the fence.
func (c *Cursor) PrependInfo(s string) {
	k := &c.e.pkt.Cols
	if !k.on || k.frozen != 0 {
		return
	}
	n := len(k.info.B)
	k.info.S(s)
	copy(k.info.B[k.fence+len(s):], k.info.B[k.fence:n])
	copy(k.info.B[k.fence:], s)
}

// FenceInfo keeps what the Info column holds from later ClearInfo.
func (c *Cursor) FenceInfo() {
	if k := &c.e.pkt.Cols; k.on && k.frozen == 0 {
		k.fence = len(k.info.B)
	}
}

// FreezeColumns keeps the columns as they are until ThawColumns: what follows
// is quoted (the packet inside an ICMP error), not sent.
func (c *Cursor) FreezeColumns() {
	c.e.pkt.Cols.frozen++
	c.e.pkt.Quotes = true
}

// ThawColumns ends FreezeColumns.
func (c *Cursor) ThawColumns() { c.e.pkt.Cols.frozen-- }

// Addresses appends the Source and Destination columns' texts.
func (p *Packet) Source(t *field.Text) {
	if p.Cols.SrcText != "" {
		t.S(p.Cols.SrcText)
		return
	}
	AddrText(t, &p.Src)
}

// Destination appends the Destination column's text.
func (p *Packet) Destination(t *field.Text) {
	if p.Cols.DstText != "" {
		t.S(p.Cols.DstText)
		return
	}
	AddrText(t, &p.Dst)
}

// AddrText appends an address.
func AddrText(t *field.Text, a *flow.Addr) {
	switch a.Kind {
	case flow.Ether:
		t.MAC(a.Bytes())
	case flow.IPv4:
		t.IPv4(a.Bytes())
	case flow.IPv6:
		t.IPv6(a.Bytes())
	case flow.Other:
		t.Hex(a.Bytes(), ':')
	}
}

// InfoIfEmpty gives the Info column for writing when nothing stands in it yet.
func (c *Cursor) InfoIfEmpty() *field.Text {
	if b := c.Info(); b != nil && len(b.B) == 0 {
		return b
	}
	return nil
}
