// Data: bytes that no dissector claims.
package proto

var (
	dataP    = protocol("data", "Data", "Data")
	dataData = dataP.Bytes("data", "Data")
	dataLen  = dataP.I32("len", "Length", dec)
	_        = dataP.Parse(parseData)
)

func parseData(c *Cursor) {
	n := c.CapLeft()
	if n <= 0 {
		c.DropProto()
		return
	}
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("Data (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
	}
	at := c.Pos()
	c.Bytes(dataData, n)
	c.Gen(dataLen, at, 0, uint64(n))
	if b := c.InfoIfEmpty(); b != nil {
		b.S("Len=").U(uint64(n))
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
