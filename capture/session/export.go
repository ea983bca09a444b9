package session

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/frame"
	"sonde/capture/print"
	"sonde/capture/sink"
)

// Export writes the packets that the filter selects: pcapng, pcap, csv, json
// or pdml.
func (l *Library) Export(ctx context.Context, id, filter, format string, w io.Writer) error {
	c, err := l.get(id)
	if err != nil {
		return err
	}
	ctx, release, err := c.use(ctx)
	if err != nil {
		return err
	}
	defer release()
	job, err := c.filter(filter)
	if err != nil {
		return err
	}
	if err := c.waitAll(ctx); err != nil {
		return err
	}
	if job != nil {
		if err := job.advance(ctx, math.MaxInt); err != nil {
			return err
		}
	}
	each := func(use func(n, prev uint32) error) error {
		var prev uint32
		total := int(c.learned.Load())
		if job != nil {
			total, _ = job.counts()
		}
		var some []uint32
		for i := 0; i < total; i++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := uint32(i + 1)
			if job != nil {
				if len(some) == 0 {
					some = job.slice(i, filterChunk)
				}
				n, some = some[0], some[1:]
			}
			if err := use(n, prev); err != nil {
				return err
			}
			prev = n
		}
		return nil
	}
	switch format {
	case "pcapng", "pcap":
		return c.exportPackets(format, w, each)
	case "csv":
		return c.exportCSV(w, each)
	case "json":
		return c.exportTree(print.NewJSON(w, print.JSONOptions{}), each)
	case "pdml":
		return c.exportTree(print.NewPDML(w, c.Status().Name, "sonde"), each)
	}
	return fmt.Errorf("export %s: the formats are pcapng, pcap, csv, json and pdml", format)
}

type eachFrame func(use func(n, prev uint32) error) error

func (c *Capture) exportPackets(format string, w io.Writer, each eachFrame) error {
	info := c.store.Info()
	var out interface {
		Write(*frame.Frame) error
		Close() error
	}
	var err error
	if format == "pcap" {
		link := frame.LinkEthernet
		if len(info.Interfaces) > 0 {
			link = info.Interfaces[0].Link
		}
		out, err = sink.NewPcap(w, link, true)
	} else {
		out, err = sink.NewPcapng(w, info)
	}
	if err != nil {
		return err
	}
	var f frame.Frame
	if err := each(func(n, _ uint32) error {
		if err := c.store.Frame(n, &f); err != nil {
			return err
		}
		var err error
		if gone := intact(n, func() { err = out.Write(&f) }); gone != nil {
			return gone
		}
		return err
	}); err != nil {
		return err
	}
	return out.Close()
}

func (c *Capture) exportTree(p print.Printer, each eachFrame) error {
	if err := p.Begin(); err != nil {
		return err
	}
	if err := each(func(n, prev uint32) error {
		var inner error
		err := c.dissect(n, prev, dissect.Request{Tree: true, Columns: true}, func(k *dissect.Packet) { inner = p.Packet(k) })
		if err != nil {
			return err
		}
		return inner
	}); err != nil {
		return err
	}
	return p.End()
}

func (c *Capture) exportCSV(w io.Writer, each eachFrame) error {
	out := csv.NewWriter(w)
	rows, err := newRowWriter(nil)
	if err != nil {
		return err
	}
	if err := out.Write(rows.titles); err != nil {
		return err
	}
	page := &RowsPage{}
	if err := each(func(n, prev uint32) error {
		page.Rows = page.Rows[:0]
		if err := c.row(page, rows, n, prev); err != nil {
			return err
		}
		for _, r := range page.Rows {
			for i, s := range r.Cells {
				r.Cells[i] = guard(s)
			}
			if err := out.Write(r.Cells); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// guard keeps a spreadsheet from running a cell as a formula.
func guard(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
