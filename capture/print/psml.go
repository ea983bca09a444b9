package print

import (
	"io"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

// PSML writes the packet summary markup language.
type PSML struct {
	buffer
	creator string
	time    func(t *field.Text, p *dissect.Packet)
}

// NewPSML makes a PSML printer; time writes the Time column, nil is the default.
func NewPSML(w io.Writer, version string, time func(t *field.Text, p *dissect.Packet)) *PSML {
	if time == nil {
		time = RelativeTime
	}
	return &PSML{buffer: buffer{w: w}, creator: version, time: time}
}

// Begin writes the head and the column titles.
func (x *PSML) Begin() error {
	x.t.S("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<psml version=\"0\" creator=\"").S(x.creator).S("\">\n<structure>\n")
	for _, s := range [...]string{"No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"} {
		x.t.S("<section>").S(s).S("</section>\n")
	}
	x.t.S("</structure>\n\n")
	return nil
}

// End closes the document.
func (x *PSML) End() error {
	x.t.S("</psml>\n")
	return x.flush(true)
}

// Packet writes one <packet>.
func (x *PSML) Packet(p *dissect.Packet) error {
	x.t.S("<packet>\n")
	cell := func(write func(t *field.Text)) {
		x.l.Reset()
		write(&x.l)
		x.t.S("<section>")
		xmlText(&x.t, x.l.B)
		x.t.S("</section>\n")
	}
	cell(func(t *field.Text) { t.U(uint64(p.Frame.Number)) })
	cell(func(t *field.Text) { x.time(t, p) })
	cell(p.Source)
	cell(p.Destination)
	cell(func(t *field.Text) { t.S(p.Cols.Protocol) })
	cell(func(t *field.Text) { t.U(uint64(p.Frame.Len)) })
	cell(func(t *field.Text) { t.Raw(p.Cols.Info()) })
	x.t.S("</packet>\n\n")
	return x.flush(false)
}
