//go:build !unix

package store

import (
	"errors"
	"os"
)

// Without mapping every frame is read into memory of its own.
func mapWindow(*os.File, int64, int) ([]byte, error) { return nil, errors.ErrUnsupported }
func unmapWindow([]byte) error                       { return nil }
func blank([]byte, int64)                            {}
