package proto

import (
	"bytes"

	"sonde/capture/field"
)

// How a connection begins: the server's greeting and who logs in.

func (m *mysqlWalk) greeting(c *Cursor) {
	if c.Peek8(0) == 0xff {
		m.err(c)
		return
	}
	r := c.Put(mysqlGreet, c.Pos(), c.Left(), 0)
	old := c.Push(r)
	defer c.Pop(old)
	v := c.U8(mysqlProto)
	version := c.StringZ(mysqlVersion)
	if b := c.Info(); b != nil {
		b.S(" proto=").U(uint64(v)).S(" version=").Printable(version).C(' ')
	}
	c.FenceInfo()
	m.state = mysqlAtLogin
	c.U32LE(mysqlThread)
	c.StringZ(mysqlSalt)
	if c.Left() == 0 {
		return
	}
	c.WordLE(mysqlCapServer, 2, mysqlCaps...)
	if c.Left() == 0 {
		return
	}
	c.U8(mysqlLang)
	c.WordLE(mysqlStatus, 2, mysqlStats...)
	c.WordLE(mysqlExtServer, 2, mysqlExtCaps...)
	c.U8(mysqlPlugLen)
	c.Bytes(mysqlUnused, 10)
	if c.Left() > 0 {
		c.StringZ(mysqlSalt2)
	}
	if c.Left() > 0 {
		c.StringZ(mysqlPlugin)
	}
}

func (m *mysqlWalk) login(c *Cursor) {
	caps := uint32(c.Peek16LE(0))
	if caps&mysqlCap41 != 0 {
		caps = c.Peek32LE(0)
	}
	m.caps = caps
	ssl := caps&mysqlCapSSL != 0 && m.num == 1
	if ssl {
		mysqlSay(c, "Response: SSL Handshake ")
	} else {
		mysqlSay(c, "Login Request ")
	}
	m.state = mysqlAtOK
	r := c.Put(mysqlLogin, c.Pos(), c.Left(), 0)
	old := c.Push(r)
	defer c.Pop(old)
	c.WordLE(mysqlCapClient, 2, mysqlCaps...)
	if caps&mysqlCap41 == 0 {
		c.FieldLE(mysqlMaxPacket, 3)
	} else {
		c.WordLE(mysqlExtClient, 2, mysqlExtCaps...)
		c.U32LE(mysqlMaxPacket)
		c.FieldLE(mysqlCollation, 1)
		c.Bytes(mysqlUnused, 23)
	}
	if ssl && c.Left() == 0 {
		m.state, m.sealed = mysqlAtLogin, true
		if b := c.Info(); b != nil {
			b.S("user= ")
		}
		if conv := c.Packet().Conv; c.Learning() && conv != nil {
			conv.SetUpper(c.Frame().Number+1, tlsP)
		}
		c.FenceInfo()
		return
	}
	user := c.StringZ(mysqlUser)
	if b := c.Info(); b != nil {
		b.S("user=").Printable(user).C(' ')
	}
	if c.Left() > 0 {
		n := 0
		if caps&mysqlCapSecure != 0 {
			n = int(c.Peek8(0))
			c.Skip(1)
		} else {
			n = mysqlTextLen(c)
		}
		if n > 0 {
			c.Bytes(mysqlPasswd, n)
		}
		if caps&mysqlCapSecure == 0 {
			c.Skip(min(1, c.Left()))
		}
	}
	if c.Left() > 0 && caps&mysqlCapDB != 0 {
		n := mysqlTextLen(c)
		db := c.PeekBytes(0, n)
		c.Bytes(mysqlSchema, min(n+1, c.Left()))
		if b := c.Info(); b != nil {
			b.S("db=").Printable(db).C(' ')
		}
	}
	c.FenceInfo()
	if caps&mysqlCapPlugin != 0 {
		n := mysqlTextLen(c)
		c.FieldAt(mysqlClientPlg, c.Pos(), n+min(1, c.Left()-n))
		c.Skip(n + min(1, c.Left()-n))
	}
	if caps&mysqlCapAttrs != 0 && c.Left() > 0 {
		mysqlAttributes(c)
	}
}

// mysqlTextLen is the length of the text up to a NUL or the end.
func mysqlTextLen(c *Cursor) int {
	b := c.Rest()
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return i
	}
	return len(b)
}

func mysqlAttributes(c *Cursor) {
	at := c.Pos()
	n, k, _ := mysqlCount(c)
	r := c.Put(mysqlAttrs, at, int(min(n, 1<<24)), 0)
	old := c.Push(r)
	c.Put(mysqlAttrsLen, at, k, n)
	for end := c.Pos() + int(min(n, uint64(c.Left()))); c.Pos() < end; {
		one := c.Put(mysqlAttr, c.Pos(), 0, 0)
		in := c.Push(one)
		name := mysqlText(c, mysqlAttrNLen, mysqlAttrName)
		value := mysqlText(c, mysqlAttrVLen, mysqlAttrValue)
		if b := c.Append(one); b != nil {
			b.S(" - ").Printable(name).S(": ").Printable(value)
		}
		c.SetLen(one, c.Pos())
		c.Pop(in)
	}
	c.Pop(old)
}

// mysqlText is a length and as many bytes.
func mysqlText(c *Cursor, length, f field.ID) []byte {
	at := c.Pos()
	n, k, _ := mysqlCount(c)
	c.Put(length, at, k, n)
	return c.Bytes(f, int(min(n, 1<<30)))
}

// mysqlCount reads a number of one to nine bytes; k is how many.
func mysqlCount(c *Cursor) (v uint64, k int, null bool) {
	switch x := c.Peek8(0); x {
	case 251:
		c.Skip(1)
		return 0, 1, true
	case 252:
		k = 2
	case 253:
		k = 3
	case 254:
		k = 8
	default:
		c.Skip(1)
		return uint64(x), 1, false
	}
	v = c.UintLEAt(c.Pos()+1, k)
	c.Skip(k + 1)
	return v, k + 1, false
}

func (m *mysqlWalk) changeUser(c *Cursor) {
	m.state = mysqlAtOK
	c.StringZ(mysqlUser)
	if m.caps&mysqlCapSecure != 0 {
		n := int(c.Peek8(0))
		c.Skip(1)
		if n > 0 {
			c.Bytes(mysqlPasswd, n)
		}
	} else {
		n := mysqlTextLen(c)
		c.Bytes(mysqlPasswd, n)
		c.Skip(1)
	}
	c.StringZ(mysqlSchema)
	if c.Left() > 0 {
		c.FieldLE(mysqlCollation, 2)
	}
	if m.caps&mysqlCapPlugin != 0 && c.Left() > 0 {
		c.StringZ(mysqlClientPlg)
	}
	if m.caps&mysqlCapAttrs != 0 && c.Left() > 0 {
		mysqlAttributes(c)
	}
}
