package session

import (
	"sonde/capture/dfilter"
	"sonde/capture/tap"
)

// Statistics with filters of their own make them as the packet list does.
var _ = tap.UseFilters(func(text string) (tap.Filter, error) { return dfilter.Compile(text, dfilter.Options{}) })
