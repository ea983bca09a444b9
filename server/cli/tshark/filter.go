package tshark

import (
	"strings"

	"sonde/capture/dissect"
)

type filterUse struct{}

func compileFilter(text string) (*filterUse, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	return nil, failf(exitFilter, "no filters yet")
}
func (u *filterUse) match(p *dissect.Packet) bool { return true }
func (u *filterUse) wanted() *dissect.Wanted      { return nil }
func (u *filterUse) columns() bool                { return false }
