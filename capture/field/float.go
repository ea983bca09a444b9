package field

import (
	"math"
	"strconv"
)

// appendG formats like C's %.<prec>g: the shorter of fixed and exponent form,
// without trailing zeros.
func appendG(v float64, prec int) string {
	if v == 0 {
		if math.Signbit(v) {
			return "-0"
		}
		return "0"
	}
	e := strconv.FormatFloat(v, 'e', prec-1, 64)
	i := len(e) - 1
	for e[i] != 'e' {
		i--
	}
	exp, _ := strconv.Atoi(e[i+1:])
	if exp < -4 || exp >= prec {
		sign := "+"
		if exp < 0 {
			sign, exp = "-", -exp
		}
		x := strconv.Itoa(exp)
		if len(x) < 2 {
			x = "0" + x
		}
		return trimZeros(e[:i]) + "e" + sign + x
	}
	return trimZeros(strconv.FormatFloat(v, 'f', prec-1-exp, 64))
}
