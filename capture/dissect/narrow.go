package dissect

// Narrow makes the data end at pos, on the wire and in the capture, until the
// returned place goes to Restore: for parts that may not read beyond their own
// length.
func (c *Cursor) Narrow(pos int) Place {
	old := Place{c.st}
	c.end = min(c.end, max(pos, c.off))
	c.cap = min(c.cap, c.end)
	return old
}
