package access

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// AuditFile is the log's name in the data folder.
const AuditFile = "audit.jsonl"

// Record is one line of the audit log. It never holds a secret.
type Record struct {
	Seq   uint64    `json:"seq"`
	Time  time.Time `json:"time"`
	Mono  int64     `json:"mono"` // ns since the program started: orders records when the clock jumps
	Actor Actor     `json:"actor"`
	Act   string    `json:"act"` // "signal", "renice", "capture-start", "upload", "delete", "login", ...
	// Phase is "begin" for the line written before an act and "end" after it; a
	// begin without an end is an act that the program did not survive. Empty:
	// the line was written when the result was known.
	Phase  string            `json:"phase,omitempty"`
	Target string            `json:"target,omitempty"` // "pid 7 started 12345", "capture x"
	Params map[string]string `json:"params,omitempty"`
	Result string            `json:"result,omitempty"` // "ok" or the error
	Reason string            `json:"reason,omitempty"`
	Prev   string            `json:"prev"` // hash of the line before, "" for the first
	Hash   string            `json:"hash"` // SHA-256 of this record with Hash empty
}

// Actor is who did it.
type Actor struct {
	Session string `json:"session"`
	Role    Role   `json:"role"`
	Address string `json:"address"`
}

// Audit is the append-only log. A record is on disk before Write returns.
type Audit struct {
	start time.Time
	now   func() time.Time

	mu   sync.Mutex // guards the rest
	path string
	seq  uint64
	prev string
	size int64 // of the file up to the last whole line
}

// OpenAudit opens or begins the log of a data folder. A torn last line (a
// crash while writing) is cut off; an altered log is an error.
func OpenAudit(dir string) (*Audit, error) {
	a := &Audit{start: time.Now(), now: time.Now, path: filepath.Join(dir, AuditFile)}
	f, err := a.open()
	if err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	defer f.Close()
	last, n, whole, err := verify(f)
	if err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	if st, err := f.Stat(); err == nil && st.Size() > whole {
		if err := f.Truncate(whole); err != nil {
			return nil, fmt.Errorf("open audit log: cut the torn line: %w", err)
		}
	}
	a.seq, a.prev, a.size = n, last, whole
	return a, nil
}

// open opens the file anew for each record: a log that was moved away, made
// read-only or whose disk is full is noticed before the act, not after.
func (a *Audit) open() (*os.File, error) {
	return os.OpenFile(a.path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
}

// Write appends one record and waits until the disk has it. After an error
// nothing of it is left, and the caller must not act.
func (a *Audit) Write(r Record) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	r.Seq, r.Prev, r.Hash = a.seq+1, a.prev, ""
	r.Time, r.Mono = now.UTC(), int64(now.Sub(a.start))
	r, err := settle(r)
	if err != nil {
		return fmt.Errorf("write audit log: %w", err)
	}
	line, sum, err := seal(r)
	if err != nil {
		return fmt.Errorf("write audit log: %w", err)
	}
	f, err := a.open()
	if err != nil {
		return fmt.Errorf("write audit log: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return fmt.Errorf("write audit log: %w", err)
	}
	if st.Size() < a.size {
		return fmt.Errorf("write audit log: %s was cut from %d to %d bytes", a.path, a.size, st.Size())
	}
	if _, err = f.WriteAt(line, a.size); err == nil {
		err = f.Sync()
	}
	if err != nil {
		_ = f.Truncate(a.size)
		return fmt.Errorf("write audit log: %w", err)
	}
	a.seq, a.prev, a.size = r.Seq, sum, a.size+int64(len(line))
	return nil
}

// Tail gives the newest n records, oldest first.
func (a *Audit) Tail(n int) ([]Record, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := os.Open(a.path)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	defer f.Close()
	var out []Record
	sc := bufio.NewScanner(io.LimitReader(f, a.size))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var r Record
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("read audit log: %w", err)
		}
		if out = append(out, r); len(out) > n {
			out = out[1:]
		}
	}
	return out, sc.Err()
}

// settle gives the record as a reader will see it: bytes that are not UTF-8
// change on their way through JSON, and the hash must be of what is read back.
func settle(r Record) (Record, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return r, err
	}
	var out Record
	err = json.Unmarshal(b, &out)
	return out, err
}

func seal(r Record) (line []byte, sum string, err error) {
	r.Hash = ""
	b, err := json.Marshal(r)
	if err != nil {
		return nil, "", err
	}
	h := sha256.Sum256(b)
	r.Hash = hex.EncodeToString(h[:])
	b, err = json.Marshal(r)
	return append(b, '\n'), r.Hash, err
}

// Verify checks a log's chain and gives the number of records. The error names
// the first line that was altered, cut out or put in.
func Verify(r io.Reader) (records uint64, err error) {
	_, n, _, err := verify(r)
	return n, err
}

// verify gives the last hash, the number of records and the bytes of whole
// lines. A last line without its newline is not counted.
func verify(r io.Reader) (prev string, n uint64, whole int64, err error) {
	br := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := br.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return prev, n, whole, nil
		}
		if err != nil {
			return prev, n, whole, err
		}
		var rec Record
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&rec); err != nil {
			return prev, n, whole, fmt.Errorf("line %d is not a record: %w", n+1, err)
		}
		again, sum, err := seal(rec)
		switch {
		case err != nil || sum != rec.Hash || !bytes.Equal(again, line):
			return prev, n, whole, fmt.Errorf("line %d was altered", n+1)
		case rec.Prev != prev || rec.Seq != n+1:
			return prev, n, whole, fmt.Errorf("line %d does not follow line %d: records are missing or were put in", n+1, n)
		}
		prev, n, whole = sum, n+1, whole+int64(len(line))
	}
}
