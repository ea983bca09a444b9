// Package proto holds the dissectors: one file per protocol, always in this
// order: comment with RFCs and what is not decoded; declarations;
// registration; parse; helpers. Names, labels, types and bases are
// Wireshark's, for they are the words its users filter with.
//
// Import it for its registrations:
//
//	import _ "sonde/capture/proto"
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// Cursor is what a dissector reads with.
type Cursor = dissect.Cursor

// Short names for declarations, so that they read as tables.
const (
	noBase = field.BaseNone
	dec    = field.Dec
	hex    = field.Hex
	oct    = field.Oct
	decHex = field.DecHex
	hexDec = field.HexDec
)

var (
	protocol  = dissect.Protocol
	enum      = dissect.Enum
	mask      = dissect.Mask
	tf        = dissect.TF
	unit      = dissect.Unit
	format    = dissect.Format
	setNotSet = dissect.SetNotSet
	enumOnly  = dissect.EnumOnly
	values    = field.Values
	ranges    = field.Ranges
)

// val is one value and its text, span a range of values and theirs.
func val(v uint64, text string) field.V       { return field.V{Val: v, Text: text} }
func span(lo, hi uint64, text string) field.R { return field.R{Lo: lo, Hi: hi, Text: text} }
