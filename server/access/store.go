package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const sessionFile = "sessions.json"

// stored is the file: hashes only. Format 1.
type stored struct {
	Format   int        `json:"format"`
	Instance string     `json:"instance"`
	Sessions []*Session `json:"sessions"`
}

func (a *Access) load(dir string) error {
	defer func() {
		if a.instance == "" {
			a.instance, _ = secret(6)
			a.instance = strings.NewReplacer("-", "0", "_", "1").Replace(a.instance)
		}
	}()
	if dir == "" {
		return nil
	}
	a.path = filepath.Join(dir, sessionFile)
	f, err := os.OpenFile(a.path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open sessions: %w", err)
	}
	defer f.Close()
	var s stored
	if err := json.NewDecoder(f).Decode(&s); err != nil {
		// Logins are cheap to make again; a torn file must not keep the server down.
		a.log.Warn("sessions are lost, everyone logs in again", "file", a.path, "err", err)
		return nil
	}
	if s.Format > 1 {
		return fmt.Errorf("open sessions: %s is of a newer version of sonde (format %d)", a.path, s.Format)
	}
	if validInstance(s.Instance) {
		a.instance = s.Instance
	}
	now := a.now()
	for _, x := range s.Sessions {
		if x != nil && x.Expires.After(now) && len(x.Cookie) == 43 && len(x.Half) == 43 && x.ID != "" && x.Role.valid() {
			a.sessions[x.Cookie] = x
		}
	}
	return nil
}

func validInstance(s string) bool {
	return s != "" && len(s) <= 32 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	})
}

// save writes the file anew and in one step; mu is held.
func (a *Access) save() error {
	if a.path == "" {
		return nil
	}
	s := stored{Format: 1, Instance: a.instance}
	for _, x := range a.sessions {
		s.Sessions = append(s.Sessions, x)
	}
	slices.SortFunc(s.Sessions, func(x, y *Session) int { return x.Created.Compare(y.Created) })
	b, err := json.MarshalIndent(s, "", " ")
	if err == nil {
		err = writeFile(a.path, append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("save sessions: %w", err)
	}
	return nil
}

// Save keeps what changes without a save of its own: when sessions were last used.
func (a *Access) Save() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.save()
}

// writeFile replaces a file by a whole new one of mode 0600. The temporary
// name is made with O_EXCL, so a planted symlink is never followed.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

func sortNewest(s []Session) {
	slices.SortFunc(s, func(a, b Session) int { return b.Created.Compare(a.Created) })
}
