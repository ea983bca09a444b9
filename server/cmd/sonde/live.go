package main

import (
	"errors"

	"sonde/server/keeper"
)

// openRing opens an interface for the recorder.
func openRing(spec keeper.LiveSpec) (keeper.Ring, error) {
	return nil, errors.ErrUnsupported
}
