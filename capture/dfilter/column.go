package dfilter

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// column is a column of the packet list, tested as a text field.
type column struct {
	label string
	write func(t *field.Text, p *dissect.Packet)
}

var columns = map[string]*column{
	"_ws.col.number":        {"Number", func(t *field.Text, p *dissect.Packet) { t.U(uint64(p.Frame.Number)) }},
	"_ws.col.def_src":       {"Source address", func(t *field.Text, p *dissect.Packet) { p.Source(t) }},
	"_ws.col.def_dst":       {"Destination address", func(t *field.Text, p *dissect.Packet) { p.Destination(t) }},
	"_ws.col.protocol":      {"Protocol", func(t *field.Text, p *dissect.Packet) { t.S(p.Cols.Protocol) }},
	"_ws.col.packet_length": {"Packet length (bytes)", func(t *field.Text, p *dissect.Packet) { t.U(uint64(p.Frame.Len)) }},
	"_ws.col.info":          {"Information", func(t *field.Text, p *dissect.Packet) { t.Raw(p.Cols.Info()) }},
}
