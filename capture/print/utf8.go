package print

import "unicode/utf8"

// utf8Len is the length of the valid character at the start of b, 0 if none.
func utf8Len(b []byte) int {
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n <= 1 {
		return 0
	}
	return n
}
