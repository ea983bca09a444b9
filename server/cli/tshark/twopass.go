package tshark

import (
	"errors"
	"io"

	"sonde/capture/dissect"
	"sonde/capture/frame"
	"sonde/capture/source"
	"sonde/capture/store"
)

// passes is -2: all frames are learned first, then shown, so that a packet can
// name later ones.
func (j *job) passes(s source.Source) error {
	mem := store.NewMemory(0)
	defer mem.Close()
	var f frame.Frame
	var damage error
	known := sizeOf(j.info)
	n, read := 0, 0
	for j.o.count == 0 || read < j.o.count {
		err := s.Next(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			damage = err
			break
		}
		read++
		if now := sizeOf(s.Info()); now != known {
			known = now
			*j.info = *cloneInfo(s.Info())
		}
		if !j.hasFirst && f.HasTime {
			j.first, j.hasFirst = f.Time, true
		}
		if j.read != nil {
			f.Number = uint32(n + 1)
			p := j.engine.Dissect(&f, dissect.Request{Want: j.read.wanted(), Columns: j.read.columns(), Learn: true, Env: dissect.Env{Info: j.info}})
			if !j.read.match(p) {
				continue
			}
		}
		if j.o.stop.packets > 0 && int64(read) > j.o.stop.packets {
			break
		}
		if err := mem.Append(&f); err != nil {
			return failf(exitRead, "%v", err)
		}
		n++
	}
	if j.read != nil {
		// -R renumbers: what it left out never was.
		j.restart()
	}
	if err := j.learnAll(mem); err != nil {
		return err
	}
	for i := 1; i <= mem.Len(); i++ {
		if err := mem.Frame(uint32(i), &f); err != nil {
			return err
		}
		f.Number = uint32(i)
		if err := j.frame(&f, false); err != nil {
			return err
		}
	}
	return damage
}

func (j *job) learnAll(mem *store.Memory) error {
	var f frame.Frame
	for i := 1; i <= mem.Len(); i++ {
		if err := mem.Frame(uint32(i), &f); err != nil {
			return err
		}
		f.Number = uint32(i)
		j.engine.Dissect(&f, dissect.Request{Learn: true, Env: dissect.Env{Info: j.info}})
	}
	j.flow.Fetch = func(n uint32) []byte {
		var g frame.Frame
		if mem.Frame(n, &g) != nil {
			return nil
		}
		return g.Data
	}
	return nil
}
