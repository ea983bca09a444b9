package keeper

import (
	"encoding/json"
	"fmt"
)

// Names in the data folder. Each capture has a folder live/ID with numbered
// segments and the manifest.
const (
	liveDir      = "live"
	manifestName = "manifest.json"
	reserveName  = ".reserve"
	// reserveSize is kept for the last manifest of a capture that filled the disk.
	reserveSize = 64 << 10
)

// replace writes a file whole: readers see the old one or the new one.
func (f *folder) replace(name string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	tmp := "." + name
	_ = f.remove(tmp) // of a process that died between the two steps
	w, err := f.create(tmp)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	if err2 := w.Close(); err == nil {
		err = err2
	}
	if err == nil {
		err = f.rename(tmp, name)
	}
	if err != nil {
		_ = f.remove(tmp)
		return fmt.Errorf("write %s/%s: %w", f.path, name, err)
	}
	return nil
}
