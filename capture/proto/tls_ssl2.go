package proto

func (t *tlsRun) record2(c *Cursor) bool { c.Seek(c.End()); return false }
