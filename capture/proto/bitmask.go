package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// bitWord reads an n-byte little-endian word with its bits below it, and names
// in its line what is set, as Wireshark does: booleans by their label, numbers
// that have value texts by label and text.
func bitWord(c *Cursor, f field.ID, n int, bits []field.ID) uint64 {
	v := c.WordLE(f, n, bits...)
	nameBits(c, c.Last(), v, bits)
	return v
}

// bitWordBE is bitWord for big-endian words.
func bitWordBE(c *Cursor, f field.ID, n int, bits []field.ID) uint64 {
	v := c.Word(f, n, bits...)
	nameBits(c, c.Last(), v, bits)
	return v
}

func nameBits(c *Cursor, r dissect.Ref, word uint64, bits []field.ID) {
	b := c.Append(r)
	if b == nil {
		return
	}
	for _, id := range bits {
		f := field.Get(id)
		v := word & f.Mask
		switch {
		case f.Type == field.TBool:
			if v != 0 {
				b.S(", ").S(f.Label)
			}
		case f.Enum != nil:
			b.S(", ").S(f.Label).S(": ").S(f.Enum.Text(v>>uint(f.Shift()), "Unknown"))
		}
	}
}

// putBits records masked fields over a word that was read already.
func putBits(c *Cursor, pos, n int, le bool, bits []field.ID) {
	for _, id := range bits {
		if le {
			c.FieldLEAt(id, pos, n)
		} else {
			c.FieldAt(id, pos, n)
		}
	}
}
