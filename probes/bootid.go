package probes

import (
	"os"
	"strings"
)

// bootID tells one boot from another: process numbers and start times are only
// unique within it. Empty where the system has none.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
