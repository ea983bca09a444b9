// The options of DHCP: the plain ones are rows of a table; those with an inner
// shape are in dhcp_special.go, dhcp_relay.go and dhcp_vendor.go.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	dhcpOption    = dhcpP.U8("option.type", "Option", dec)
	dhcpOptLen    = dhcpP.U8("option.length", "Length", dec)
	dhcpSubLen    = dhcpP.U8("option.suboption_length", "Length", dec)
	dhcpOptValue  = dhcpP.Bytes("option.value", "Value")
	dhcpLongOpt   = dhcpP.Add("option.rfc_3396_detected", "Encoding Long Options detected (RFC 3396)", field.TStringz, noBase)
	dhcpPadding   = dhcpP.Bytes("option.padding", "Padding")
	dhcpEnd       = dhcpP.U8("option.end", "Option End", dec)
	dhcpPolicyIP  = dhcpP.IPv4("option.policy_filter.ip", "IP Address")
	dhcpPolicyMsk = dhcpP.IPv4("option.policy_filter.subnet_mask", "Subnet Mask")
	dhcpRouteIP   = dhcpP.IPv4("option.static_route.ip", "Destination IP Address")
	dhcpRouteGW   = dhcpP.IPv4("option.static_route.router", "Destination Router")

	eiDHCPLength  = dhcpP.Expert("bad_length", field.Protocol, field.Error, "length isn't 0")
	eiDHCPRefer   = dhcpP.Expert("option.refer_last_option", field.Reassemble, field.Chat, "For the data, please refer to the last option of this type")
	eiDHCPNonstd  = dhcpP.Expert("option.nonstd_data", field.Protocol, field.Note, "Non standard compliant option data")
	eiDHCPNoLen   = dhcpP.Expert("missing_subopt_length", field.Protocol, field.Error, "no room left in option for suboption length")
	eiDHCPNoValue = dhcpP.Expert("missing_subopt_value", field.Protocol, field.Error, "no room left in option for suboption value")
)

// dhcpKind is the shape of a plain option's value.
type dhcpKind uint8

const (
	dhcpOpaque dhcpKind = iota
	dhcpIP
	dhcpIPs
	dhcpIPPairs
	dhcpText
	dhcpBool
	dhcpU8
	dhcpU8s
	dhcpU16
	dhcpU16s
	dhcpU32
	dhcpData
	dhcpU16LE
	dhcpMACs
	dhcpSpecial
)

// dhcpDef says how an option's value is shown.
type dhcpDef struct {
	kind dhcpKind
	id   field.ID
	// parse reads a dhcpSpecial value; it reports whether it found anything to
	// show in place of the bytes.
	parse func(c *Cursor, o *dhcpOpt) bool
}

// dhcpOpt is an option (or a suboption) being read: its value is [pos, end).
type dhcpOpt struct {
	m        *dhcpMsg
	code     uint8
	ref      dissect.Ref
	pos, end int
}

func (o *dhcpOpt) len() int { return o.end - o.pos }

// options walks over options up to end and leaves the cursor behind them. It
// reports whether it met the end option.
func (m *dhcpMsg) options(c *Cursor, end int) bool {
	for c.Pos() < end {
		if m.option(c, end) {
			return true
		}
	}
	return false
}

// option shows one option; true for the end option.
func (m *dhcpMsg) option(c *Cursor, end int) bool {
	at := c.Pos()
	code := c.Peek8(0)
	title := func(n int, v uint64) dissect.Ref {
		r := c.Put(dhcpOption, at, n, v)
		if b := c.Label(r); b != nil {
			b.S("Option: (").U(uint64(code)).S(") ").S(dhcpOptionNames.Text(uint64(code), "Unknown"))
		}
		return r
	}
	switch code {
	case 0:
		n := 1
		for at+n < end && c.Has(n+1) && c.Peek8(n) == 0 {
			n++
		}
		old := c.Push(title(1, 0))
		c.Bytes(dhcpPadding, n)
		c.Pop(old)
		return false
	case 255:
		old := c.Push(title(1, 0))
		c.U8(dhcpEnd)
		if m.where != dhcpInOptions {
			if b := c.Label(c.Last()); b != nil {
				b.S("Option End (Overload): 255")
			}
		}
		c.Pop(old)
		return true
	}
	n := int(c.Peek8(1))
	o := dhcpOpt{m: m, code: code, ref: title(2+n, uint64(code)), pos: at + 2, end: at + 2 + n}
	old := c.Push(o.ref)
	c.Skip(1)
	c.U8(dhcpOptLen)
	// The value is hidden when its meaning is shown.
	value := c.FieldAt(dhcpOptValue, o.pos, n)
	c.Mark(value, dissect.Hidden)
	if !m.value(c, &o) {
		if n := c.Node(value); n != nil {
			n.Flags &^= dissect.Hidden
		}
	}
	c.Pop(old)
	c.Seek(o.end)
	return false
}

func (m *dhcpMsg) value(c *Cursor, o *dhcpOpt) bool {
	def := &dhcpDefs[o.code]
	if def.kind == dhcpOpaque {
		return false
	}
	all, nth := 0, 0
	for where := range m.seen {
		if where == m.where {
			nth = all + 1 + int(m.shown[where][o.code])
		}
		all += int(m.seen[where][o.code])
	}
	if all < 2 {
		old := c.Narrow(o.end)
		done := o.show(c, def)
		c.Restore(old)
		return done
	}
	m.shown[m.where][o.code]++
	var t field.Text
	t.U(uint64(nth)).C('/').U(uint64(all))
	r := c.PutText(dhcpLongOpt, o.pos, o.len(), t.String())
	if nth != all {
		var x field.Text
		x.S("For the data, please refer to the last option ").U(uint64(o.code)).S(", ").U(uint64(all)).C('/').U(uint64(all))
		c.ExpertText(r, eiDHCPRefer, x.String())
		return true
	}
	data := m.gather(c, o.code)
	old := c.Save()
	c.UseSource("DHCP option", data)
	whole := *o
	whole.pos, whole.end = 0, len(data)
	done := whole.show(c, def)
	c.Restore(old)
	return done || len(data) > 0
}

func (o *dhcpOpt) show(c *Cursor, def *dhcpDef) bool {
	c.Seek(o.pos)
	if def.kind == dhcpSpecial {
		return def.parse(c, o)
	}
	return o.plain(c, def.kind, def.id)
}

// bad says that the option's length is wrong.
func (o *dhcpOpt) bad(c *Cursor, text string) { c.ExpertText(o.ref, eiDHCPLength, text) }

// atLeast says so when the value is shorter than n bytes.
func (o *dhcpOpt) atLeast(c *Cursor, n int, text string) bool {
	if o.len() >= n {
		return true
	}
	o.bad(c, text)
	return false
}

// plain shows a value of a simple shape.
func (o *dhcpOpt) plain(c *Cursor, kind dhcpKind, id field.ID) bool {
	n := o.len()
	exact := func(want int, text string) bool {
		if n != want {
			o.bad(c, text)
		}
		return n == want
	}
	switch kind {
	case dhcpIP:
		if !exact(4, "length isn't 4") {
			return false
		}
		a := c.Bytes(id, 4)
		if b := c.Append(o.ref); b != nil {
			b.S(" (").IPv4(a).C(')')
		}
	case dhcpIPs:
		for o.end-c.Pos() >= 4 {
			c.FieldAt(id, c.Pos(), 4)
			c.Skip(4)
		}
		if n%4 != 0 {
			o.bad(c, "Option length isn't a multiple of 4")
		}
		return n >= 4
	case dhcpText:
		c.PutBytes(id, o.pos, n, untilNUL(c.BytesAt(o.pos, n)))
		return n > 0
	case dhcpBool:
		if !exact(1, "length isn't 1") {
			return false
		}
		c.Field(id, 1)
	case dhcpU8:
		if !exact(1, "length isn't 1") {
			return false
		}
		c.U8(id)
	case dhcpU8s:
		for range n {
			c.U8(id)
		}
	case dhcpU16:
		if !exact(2, "length isn't 2") {
			return false
		}
		c.U16(id)
	case dhcpU16LE:
		if !exact(2, "length isn't 2") {
			return false
		}
		c.U16LE(id)
	case dhcpU16s:
		for o.end-c.Pos() >= 2 {
			c.U16(id)
		}
		if n%2 != 0 {
			o.bad(c, "Option length isn't a multiple of 2")
		}
		return n >= 2
	case dhcpU32:
		if !exact(4, "length isn't 4") {
			return false
		}
		c.Field(id, 4)
	case dhcpData:
		c.Bytes(id, n)
	case dhcpMACs:
		c.Bytes(id, 6)
	}
	return true
}

func dhcpPairs(first, second field.ID) func(c *Cursor, o *dhcpOpt) bool {
	return func(c *Cursor, o *dhcpOpt) bool {
		for o.end-c.Pos() >= 8 {
			c.Field(first, 4)
			c.Field(second, 4)
		}
		if o.len()%8 != 0 {
			o.bad(c, "Option length isn't a multiple of 8")
		}
		return o.len() > 0
	}
}

// dhcpSecs writes a span of seconds: "1 hour (3600)".
func dhcpSecs(t *field.Text, v uint64) {
	if uint32(v) == 0xffffffff {
		t.S("infinity (-1)")
		return
	}
	dhcpSpan(t, int64(uint32(v)))
}

func dhcpSignedSecs(t *field.Text, v uint64) { dhcpSpan(t, int64(int32(uint32(v)))) }

func dhcpSpan(t *field.Text, v int64) {
	if v == 0 {
		t.S("0 seconds")
	} else {
		field.Interval(t, v*1e9)
	}
	t.S(" (").I(v).C(')')
}

// dhcpBits appends the names of the set bits to a word's line.
func dhcpBits(c *Cursor, r dissect.Ref, v uint64, bits ...field.ID) {
	b := c.Append(r)
	if b == nil {
		return
	}
	for _, id := range bits {
		if f := field.Get(id); v&f.Mask != 0 {
			b.S(", ").S(f.Label)
		}
	}
}
