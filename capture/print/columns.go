package print

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// ColumnField gives the writer of a _ws.col.* field, nil when name is none.
func ColumnField(name string) func(t *field.Text, p *dissect.Packet) { return columnField(name, nil) }

// columnField gives the writer of a _ws.col.* field, nil when name is none.
// Both the names of 4.6 (lower case) and those before are known. time writes
// the Time column, nil is its default form.
func columnField(name string, time func(t *field.Text, p *dissect.Packet)) func(t *field.Text, p *dissect.Packet) {
	switch name {
	case "_ws.col.number", "_ws.col.No.":
		return func(t *field.Text, p *dissect.Packet) { t.U(uint64(p.Frame.Number)) }
	case "_ws.col.cls_time", "_ws.col.time", "_ws.col.Time":
		if time == nil {
			time = RelativeTime
		}
		return time
	case "_ws.col.def_src", "_ws.col.res_src", "_ws.col.unres_src", "_ws.col.Source":
		return func(t *field.Text, p *dissect.Packet) { p.Source(t) }
	case "_ws.col.def_dst", "_ws.col.res_dst", "_ws.col.unres_dst", "_ws.col.Destination":
		return func(t *field.Text, p *dissect.Packet) { p.Destination(t) }
	case "_ws.col.protocol", "_ws.col.Protocol":
		return func(t *field.Text, p *dissect.Packet) { t.S(p.Cols.Protocol) }
	case "_ws.col.packet_length", "_ws.col.Length":
		return func(t *field.Text, p *dissect.Packet) { t.U(uint64(p.Frame.Len)) }
	case "_ws.col.info", "_ws.col.Info":
		return func(t *field.Text, p *dissect.Packet) { t.Raw(p.Cols.Info()) }
	}
	return nil
}

// RelativeTime appends the Time column in its default form: seconds since the
// first frame, with the file's own resolution.
func RelativeTime(t *field.Text, p *dissect.Packet) {
	if !p.Frame.HasTime || !p.Env.HasFirst {
		return
	}
	digits := int(p.Frame.TimeDigits)
	if digits == 0 {
		digits = 6
	}
	field.Seconds(t, p.Frame.Time-p.Env.First, min(digits, 9))
}
