package proto

// ntpUnix is the difference between NTP's epoch, 1900, and 1970 in seconds.
const ntpUnix = 2208988800

// ntpSeconds takes the seconds of an NTP time to 1970's count. Without the top
// bit they are of the era that begins in 2036 (RFC 4330, section 3).
func ntpSeconds(s uint32) int64 {
	v := int64(s) - ntpUnix
	if s&0x80000000 == 0 {
		v += 1 << 32
	}
	return v
}
