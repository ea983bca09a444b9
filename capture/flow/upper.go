package flow

// upperHistory keeps the protocols that a conversation held before the
// present one, oldest first.
type upperHistory struct {
	from []uint32
	what []any
}

var upperSlot = NewSlot[upperHistory]()

// SetUpper says that from frame n on the conversation holds protocol p (a
// *dissect.Proto; nil = nothing known). A conversation may change what it
// holds (STARTTLS, an upgraded HTTP connection); frames before n keep theirs.
// Learn pass only.
func (c *Conv) SetUpper(n uint32, p any) {
	if c.Upper == p {
		return
	}
	if c.Upper != nil && c.UpperFrom < n {
		h := upperSlot.Make(c)
		h.from = append(h.from, c.UpperFrom)
		h.what = append(h.what, c.Upper)
	}
	c.Upper, c.UpperFrom = p, n
}

// UpperAt gives the protocol that the conversation held at frame n, or nil.
func (c *Conv) UpperAt(n uint32) any {
	if c.UpperFrom <= n {
		return c.Upper
	}
	if h := upperSlot.Of(c); h != nil {
		for i := len(h.from) - 1; i >= 0; i-- {
			if h.from[i] <= n {
				return h.what[i]
			}
		}
	}
	return nil
}
