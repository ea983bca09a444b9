package keeper

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// maxManifest bounds one manifest, in bytes.
const maxManifest = 8 << 20

// Manifests lists the captures that earlier keepers left in a data folder,
// oldest first, for the face: the keeper itself reads nothing there. Those that
// still say Running are of a keeper that was killed; they come back as Crashed,
// and their manifests are rewritten, unless live names them. What their last
// segment holds is known only by reading it, so the counts are those of the
// last manifest, at most two seconds old.
func Manifests(data string, live []LiveStatus) ([]LiveStatus, error) {
	root, err := os.OpenRoot(data)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	dir, err := root.Open(liveDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list live captures: %w", err)
	}
	sort.Strings(names)
	running := map[string]bool{}
	for _, s := range live {
		running[s.ID] = true
	}
	var list []LiveStatus
	for _, name := range names {
		if running[name] {
			continue
		}
		s, err := readManifest(root, name)
		if err != nil {
			continue // a capture that never got to its first manifest
		}
		if s.State == Running {
			if err := crashed(root, &s); err != nil {
				return nil, err
			}
		}
		list = append(list, s)
	}
	return list, nil
}

func readManifest(root *os.Root, id string) (LiveStatus, error) {
	var s LiveStatus
	f, err := root.Open(filepath.Join(liveDir, id, manifestName))
	if err != nil {
		return s, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return s, err
	}
	return parseManifest(id, b)
}

// parseManifest reads a manifest and trusts no name in it.
func parseManifest(id string, b []byte) (LiveStatus, error) {
	var s LiveStatus
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("manifest of %s: %w", id, err)
	}
	s.ID, s.Dir = id, liveDir+"/"+id
	kept := s.Segments[:0]
	for _, seg := range s.Segments {
		if word(seg.Name, 64) && filepath.Base(seg.Name) == seg.Name && seg.Name[0] != '.' {
			kept = append(kept, seg)
		}
	}
	s.Segments = kept
	return s, nil
}

// crashed closes the account of a capture whose keeper was killed: its segments
// are those that are there.
func crashed(root *os.Root, s *LiveStatus) error {
	folder := filepath.Join(liveDir, s.ID)
	dir, err := root.Open(folder)
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("list %s: %w", folder, err)
	}
	sort.Strings(names)
	known := map[string]Segment{}
	for _, seg := range s.Segments {
		known[seg.Name] = seg
	}
	s.Segments = []Segment{}
	for _, name := range names {
		if filepath.Ext(name) != ".pcapng" || !word(name, 64) || name[0] == '.' {
			continue
		}
		seg := known[name]
		seg.Name = name
		if st, err := root.Stat(filepath.Join(folder, name)); err == nil {
			seg.Bytes = st.Size()
			s.Ended = max(s.Ended, st.ModTime().UnixNano())
		}
		s.Segments = append(s.Segments, seg)
	}
	s.State, s.Reason = Crashed, "ended by crash"
	_ = root.Remove(filepath.Join(folder, reserveName))
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	tmp := filepath.Join(folder, ".crashed")
	if err := root.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("write manifest of %s: %w", s.ID, err)
	}
	if err := root.Rename(tmp, filepath.Join(folder, manifestName)); err != nil {
		return fmt.Errorf("write manifest of %s: %w", s.ID, err)
	}
	return nil
}
