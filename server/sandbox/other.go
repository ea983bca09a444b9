//go:build !linux

package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
)

// CapName has no names to give: this system has no capabilities.
func CapName(c int) string { return fmt.Sprintf("CAP_%d", c) }

// String lists the names; there are none.
func (s Caps) String() string { return "" }

// Effective is empty: root is not split into capabilities here, and the program
// runs as one process.
func Effective() (Caps, error) { return 0, nil }

// Keep has nothing to drop.
func Keep(Caps) error { return nil }

// Start starts cmd; privileges cannot be taken from it here.
func Start(cmd *exec.Cmd, _ *User) error {
	return fmt.Errorf("start %s without privileges: %w", cmd.Path, errors.ErrUnsupported)
}

// As runs do as this user; there is no other identity to take on here.
func As(_, _ int, do func() error) error { return do() }

// Confine says that nothing is confined.
func Confine(Policy) (Report, error) {
	return Report{Missing: []string{"this system has no confinement that sonde knows"}}, nil
}

// SelfTest has nothing to try.
func SelfTest(io.Writer, string) error {
	return fmt.Errorf("test confinement: %w", errors.ErrUnsupported)
}
