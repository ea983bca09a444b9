package proto

import "bytes"

// textLine finds the end of the line at the start of b: n is its length without
// the line end, next where the following line begins. Line ends are CR LF, LF
// or a lone CR; whole is false when b ends without one.
func textLine(b []byte) (n, next int, whole bool) {
	for i, c := range b {
		switch c {
		case '\n':
			return i, i + 1, true
		case '\r':
			if i+1 < len(b) && b[i+1] == '\n' {
				return i, i + 2, true
			}
			return i, i + 1, i+1 < len(b)
		}
	}
	return len(b), len(b), false
}

// textToken is the length of the first word of a line and where the next begins.
func textToken(b []byte) (n, next int) {
	n = bytes.IndexByte(b, ' ')
	if n < 0 {
		return len(b), len(b)
	}
	next = n
	for next < len(b) && b[next] == ' ' {
		next++
	}
	return n, next
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// threeDigits is the reply code at the start of a line, as in RFC 959.
func threeDigits(b []byte) (uint64, bool) {
	if len(b) < 3 || !isDigit(b[0]) || !isDigit(b[1]) || !isDigit(b[2]) {
		return 0, false
	}
	return uint64(b[0]-'0')*100 + uint64(b[1]-'0')*10 + uint64(b[2]-'0'), true
}
