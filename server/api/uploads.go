package api

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"sonde/server/wire"
)

// Resumable uploads as in the tus protocol 1.0.0 with the extensions creation,
// creation-with-upload, expiration, checksum and termination (tus.io/protocols).
// An upload belongs to the session that began it; to others it does not exist.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,expiration,checksum,termination"
	uploadLife    = 24 * time.Hour
	maxUploads    = 64 // unfinished ones
)

// part is one unfinished upload: ID.part holds its bytes, ID.json this.
type part struct {
	ID      string    `json:"id"`
	Owner   string    `json:"owner"` // session
	Name    string    `json:"name"`
	Length  int64     `json:"length"`
	Expires time.Time `json:"expires"`
	Capture string    `json:"capture,omitempty"` // set once it was opened

	busy   sync.Mutex // held while bytes arrive: one PATCH at a time
	offset int64      // guarded by busy
}

type uploads struct {
	root  *os.Root
	limit int64
	now   func() time.Time

	mu    sync.Mutex // guards parts
	parts map[string]*part
}

// openUploads takes up what an earlier run left, and removes what is too old.
func openUploads(dataDir string, limit int64) (*uploads, error) {
	if dataDir == "" {
		return nil, errors.New("api: DataDir is needed")
	}
	dir := filepath.Join(dataDir, "uploads")
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("open uploads: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open uploads: %w", err)
	}
	u := &uploads{root: root, limit: limit, now: time.Now, parts: map[string]*part{}}
	names, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("open uploads: %w", err)
	}
	for _, e := range names {
		id, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok {
			continue
		}
		if p := u.load(id); p != nil {
			u.parts[id] = p
		}
	}
	for _, e := range names {
		id := strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".json"), ".part")
		if u.parts[id] == nil && !e.IsDir() {
			_ = root.Remove(e.Name())
		}
	}
	u.sweep()
	return u, nil
}

func (u *uploads) load(id string) *part {
	b, err := u.root.ReadFile(id + ".json")
	if err != nil || !validID(id) {
		return nil
	}
	var p part
	if json.Unmarshal(b, &p) != nil || p.ID != id || p.Length < 0 || p.Length > u.limit {
		return nil
	}
	if p.Capture == "" {
		st, err := u.root.Lstat(id + ".part")
		if err != nil || !st.Mode().IsRegular() || st.Size() > p.Length {
			return nil
		}
		p.offset = st.Size()
	} else {
		p.offset = p.Length
	}
	return &p
}

func (u *uploads) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.parts)
}

// sweep removes abandoned uploads.
func (u *uploads) sweep() {
	now := u.now()
	u.mu.Lock()
	var old []*part
	for id, p := range u.parts {
		if !p.Expires.After(now) {
			old = append(old, p)
			delete(u.parts, id)
		}
	}
	u.mu.Unlock()
	for _, p := range old {
		p.busy.Lock()
		u.erase(p.ID)
		p.busy.Unlock()
	}
}

func (u *uploads) erase(id string) {
	_ = u.root.Remove(id + ".part")
	_ = u.root.Remove(id + ".json")
}

func (u *uploads) save(p *part) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	f, err := u.root.OpenFile(p.ID+".json", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func (u *uploads) create(owner, name string, length int64) (*part, error) {
	u.sweep()
	p := &part{ID: rand.Text(), Owner: owner, Name: name, Length: length, Expires: u.now().Add(uploadLife).UTC().Truncate(time.Second)}
	u.mu.Lock()
	if len(u.parts) >= maxUploads {
		u.mu.Unlock()
		return nil, &wire.Error{Code: wire.Busy, Message: fmt.Sprintf("%d uploads are unfinished", maxUploads), Remedy: "finish or delete some; abandoned ones go after a day"}
	}
	u.parts[p.ID] = p
	u.mu.Unlock()
	f, err := u.root.OpenFile(p.ID+".part", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = u.save(p)
	}
	if err != nil {
		u.remove(p)
		return nil, fmt.Errorf("begin upload: %w", err)
	}
	return p, nil
}

func (u *uploads) get(id, owner string) (*part, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	p := u.parts[id]
	if p == nil || p.Owner != owner || !p.Expires.After(u.now()) {
		return nil, wire.Fail(wire.NotFound, "no such upload")
	}
	return p, nil
}

func (u *uploads) remove(p *part) {
	u.mu.Lock()
	delete(u.parts, p.ID)
	u.mu.Unlock()
	u.erase(p.ID)
}

// take appends a body at offset. What came before the sender was cut off is
// kept, unless a checksum says what the whole body must be. busy is held.
func (u *uploads) take(p *part, offset int64, body io.Reader, sum hash.Hash, want []byte) error {
	if offset != p.offset {
		return &wire.Error{Code: wire.Conflict, Message: fmt.Sprintf("Upload-Offset is %d, the upload stands at %d", offset, p.offset), Remedy: "ask with HEAD and go on from there"}
	}
	f, err := u.root.OpenFile(p.ID+".part", os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("take upload: %w", err)
	}
	defer f.Close()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return fmt.Errorf("take upload: %w", err)
	}
	var w io.Writer = f
	if sum != nil {
		w = io.MultiWriter(f, sum)
	}
	room := p.Length - offset
	n, err := io.Copy(w, io.LimitReader(body, room+1))
	switch {
	case n > room:
		err = &wire.Error{Code: wire.TooLarge, Message: fmt.Sprintf("more bytes than Upload-Length %d", p.Length)}
	case sum != nil && err == nil && string(sum.Sum(nil)) != string(want):
		err = &wire.Error{Code: wire.Checksum, Message: "these bytes do not have the checksum that was sent", Remedy: "send them again"}
	case sum == nil || err == nil:
		// Cut off or whole: the bytes are good.
		if e := f.Sync(); e != nil && err == nil {
			err = e
		}
		p.offset += n
		if err != nil {
			err = fmt.Errorf("take upload: %w", err)
		}
		return err
	}
	_ = f.Truncate(offset)
	return err
}

func (s *Server) tusHeaders(w http.ResponseWriter) {
	w.Header().Set("Tus-Resumable", tusVersion)
}

func (s *Server) tusOptions(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	s.tusHeaders(w)
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", tusExtensions)
	h.Set("Tus-Max-Size", strconv.FormatInt(s.MaxUpload, 10))
	h.Set("Tus-Checksum-Algorithm", "sha256,sha1")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// checkTus wants the protocol version of every request but OPTIONS and GET.
func checkTus(r *http.Request) error {
	if v := r.Header.Get("Tus-Resumable"); v != "" && v != tusVersion {
		return wire.Fail(wire.BadRequest, fmt.Sprintf("Tus-Resumable %q: this server speaks %s", clip(v, 16), tusVersion))
	}
	return nil
}

func (s *Server) tusCreate(w http.ResponseWriter, r *http.Request) error {
	s.tusHeaders(w)
	if err := checkTus(r); err != nil {
		return err
	}
	length, err := headerSize(r, "Upload-Length")
	if err != nil {
		return err
	}
	if length > s.MaxUpload {
		return tooLarge(s.MaxUpload)
	}
	meta, err := parseMetadata(r.Header.Get("Upload-Metadata"))
	if err != nil {
		return err
	}
	name := meta["filename"]
	if name == "" {
		name = meta["name"]
	}
	p, err := s.uploads.create(Who(r.Context()).ID, displayName(name, "upload"), length)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/uploads/"+p.ID)
	w.Header().Set("Upload-Expires", p.Expires.Format(http.TimeFormat))
	p.busy.Lock()
	defer p.busy.Unlock()
	if r.ContentLength != 0 {
		if t := r.Header.Get("Content-Type"); t != "application/offset+octet-stream" {
			s.uploads.remove(p)
			return wire.Fail(wire.BadType, "a first piece has Content-Type: application/offset+octet-stream")
		}
		if err := s.uploads.take(p, 0, newPatient(w, r.Body), nil, nil); err != nil && p.offset == 0 {
			s.uploads.remove(p)
			return err
		}
	}
	if err := s.finish(r, p, w); err != nil {
		return err
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(p.offset, 10))
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (s *Server) tusHead(w http.ResponseWriter, r *http.Request) error {
	s.tusHeaders(w)
	p, err := s.upload1(r)
	if err != nil {
		return err
	}
	p.busy.Lock()
	defer p.busy.Unlock()
	h := w.Header()
	h.Set("Upload-Offset", strconv.FormatInt(p.offset, 10))
	h.Set("Upload-Length", strconv.FormatInt(p.Length, 10))
	h.Set("Upload-Expires", p.Expires.Format(http.TimeFormat))
	if p.Capture != "" {
		h.Set("Sonde-Capture", p.Capture)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (s *Server) tusGet(w http.ResponseWriter, r *http.Request) error {
	p, err := s.upload1(r)
	if err != nil {
		return err
	}
	p.busy.Lock()
	info := wire.UploadInfo{ID: p.ID, Name: p.Name, Offset: p.offset, Length: p.Length, Expires: p.Expires.UnixNano(), Capture: p.Capture}
	p.busy.Unlock()
	writeJSON(w, http.StatusOK, info)
	return nil
}

func (s *Server) tusPatch(w http.ResponseWriter, r *http.Request) error {
	s.tusHeaders(w)
	if err := checkTus(r); err != nil {
		return err
	}
	p, err := s.upload1(r)
	if err != nil {
		return err
	}
	if r.Header.Get("Content-Type") != "application/offset+octet-stream" {
		return wire.Fail(wire.BadType, "a piece has Content-Type: application/offset+octet-stream")
	}
	offset, err := headerSize(r, "Upload-Offset")
	if err != nil {
		return err
	}
	sum, want, err := parseChecksum(r.Header.Get("Upload-Checksum"))
	if err != nil {
		return err
	}
	if !p.busy.TryLock() {
		return &wire.Error{Code: wire.Conflict, Message: "another request is sending to this upload", Remedy: "wait until it ends; ask with HEAD"}
	}
	defer p.busy.Unlock()
	if p.Capture != "" {
		return &wire.Error{Code: wire.Conflict, Message: "the upload is whole already"}
	}
	if err := s.uploads.take(p, offset, newPatient(w, r.Body), sum, want); err != nil {
		w.Header().Set("Connection", "close")
		return err
	}
	if err := s.finish(r, p, w); err != nil {
		return err
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(p.offset, 10))
	w.Header().Set("Upload-Expires", p.Expires.Format(http.TimeFormat))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) tusDelete(w http.ResponseWriter, r *http.Request) error {
	s.tusHeaders(w)
	p, err := s.upload1(r)
	if err != nil {
		return err
	}
	s.uploads.remove(p)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// upload1 is the upload of a path, if it is this session's.
func (s *Server) upload1(r *http.Request) (*part, error) {
	id, err := identifier(r, "upload")
	if err != nil {
		return nil, err
	}
	return s.uploads.get(id, Who(r.Context()).ID)
}

// finish opens an upload that is whole; busy is held. What is no capture is
// thrown away. The last answer names the capture, and so does HEAD until the
// upload expires.
func (s *Server) finish(r *http.Request, p *part, w http.ResponseWriter) error {
	if p.offset < p.Length || p.Capture != "" {
		return nil
	}
	f, err := s.uploads.root.Open(p.ID + ".part")
	if err != nil {
		return fmt.Errorf("open upload: %w", err)
	}
	defer f.Close()
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	// The last bytes are here: a browser that goes away now loses nothing.
	ctx := context.WithoutCancel(r.Context())
	err = s.audited(s.record(r, "upload", "file", "name", p.Name), func() error {
		st, err := s.Captures.Import(ctx, p.Name, f, p.Length)
		p.Capture = st.ID
		return err
	})
	if err != nil {
		p.Capture = ""
		if code := failure(err).Code; code == wire.NotCapture || code == wire.TooLarge {
			s.uploads.remove(p)
		}
		return err
	}
	_ = s.uploads.root.Remove(p.ID + ".part")
	if err := s.uploads.save(p); err != nil {
		s.Log.Warn("upload not remembered", "upload", p.ID, "err", err)
	}
	w.Header().Set("Sonde-Capture", p.Capture)
	return nil
}

func headerSize(r *http.Request, name string) (int64, error) {
	v := r.Header.Values(name)
	if len(v) != 1 {
		return 0, wire.Fail(wire.BadRequest, name+" is missing")
	}
	return parseSize(name, v[0])
}

// parseSize reads digits only: no sign, no space, no other base.
func parseSize(name, text string) (int64, error) {
	if text == "" || len(text) > 18 || strings.Trim(text, "0123456789") != "" {
		return 0, wire.Fail(wire.BadRequest, name+" must be a whole number of bytes")
	}
	return strconv.ParseInt(text, 10, 64)
}

// parseMetadata reads "key base64,key base64"; a key may stand alone.
func parseMetadata(text string) (map[string]string, error) {
	out := map[string]string{}
	if text == "" {
		return out, nil
	}
	if len(text) > 8<<10 {
		return nil, wire.Fail(wire.BadRequest, "Upload-Metadata is longer than 8192 bytes")
	}
	for pair := range strings.SplitSeq(text, ",") {
		key, enc, _ := strings.Cut(strings.TrimSpace(pair), " ")
		v, err := base64.StdEncoding.DecodeString(strings.TrimSpace(enc))
		if key == "" || err != nil {
			return nil, wire.Fail(wire.BadRequest, "Upload-Metadata must be pairs of a key and base64")
		}
		if _, twice := out[key]; twice {
			return nil, wire.Fail(wire.BadRequest, "Upload-Metadata names a key twice")
		}
		out[key] = string(v)
	}
	return out, nil
}

// parseChecksum reads "sha256 BASE64".
func parseChecksum(text string) (hash.Hash, []byte, error) {
	if text == "" {
		return nil, nil, nil
	}
	name, enc, _ := strings.Cut(text, " ")
	var h hash.Hash
	switch name {
	case "sha256":
		h = sha256.New()
	case "sha1": // what the protocol obliges a server to know; it guards against line noise only
		h = sha1.New()
	default:
		return nil, nil, wire.Fail(wire.BadRequest, "Upload-Checksum must be sha256 or sha1")
	}
	want, err := base64.StdEncoding.DecodeString(strings.TrimSpace(enc))
	if err != nil || len(want) != h.Size() {
		return nil, nil, wire.Fail(wire.BadRequest, "Upload-Checksum must be the algorithm and base64")
	}
	return h, want, nil
}
