package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// LiveSpec is the body of POST /api/captures/live.
type LiveSpec struct {
	Interface string `json:"interface"` // a name of GET /api/devices, or "any"
	// Filter is a capture filter in tcpdump's language.
	Filter string `json:"filter,omitempty"`
	// Snaplen is the most bytes kept of a packet; 0 = all.
	Snaplen int  `json:"snaplen,omitempty"`
	Promisc bool `json:"promisc,omitempty"`
	Ring    Ring `json:"ring,omitzero"`
	Stop    Stop `json:"stop,omitzero"`
}

// Ring bounds the files of a live capture: the oldest is dropped for the newest.
type Ring struct {
	Files    int   `json:"files,omitempty"`    // 0 = one file without end
	FileSize int64 `json:"filesize,omitempty"` // bytes
}

// Stop says when a live capture ends by itself; 0 = never.
type Stop struct {
	Packets  int64   `json:"packets,omitempty"`
	Duration float64 `json:"duration,omitempty"` // seconds
	FileSize int64   `json:"filesize,omitempty"` // bytes
}

// Device is an interface that can be captured on.
type Device struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Index       int      `json:"index,omitempty"`
	Link        string   `json:"link,omitempty"` // link type's name, EN10MB
	MTU         int      `json:"mtu,omitempty"`
	Up          bool     `json:"up"`
	Running     bool     `json:"running"`
	Loopback    bool     `json:"loopback"`
	Addresses   []string `json:"addresses,omitempty"`
}

// Feature is one thing that works here or does not, with what unlocks it.
type Feature struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Works  bool   `json:"works"`
	Reason string `json:"reason,omitempty"`
	Remedy string `json:"remedy,omitempty"` // an exact command
}

// Exchange is the body of POST /api/session.
type Exchange struct {
	Code string `json:"code"`
}

// Granted answers a code exchange. Half goes into localStorage and comes back
// as X-Sonde-Half; the other half is the cookie that came with the answer.
type Granted struct {
	Half    string `json:"half"`
	Role    string `json:"role"`
	Expires int64  `json:"expires"` // ns since 1970
}

// Me answers GET /api/session.
type Me struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"` // "browser" or "token"
	Role     string `json:"role"`
	ReadOnly bool   `json:"readOnly"`
	Build    string `json:"build"`
	Expires  int64  `json:"expires,omitempty"` // ns since 1970
}

// SessionInfo is one browser session as the owner sees it.
type SessionInfo struct {
	ID      string `json:"id"`
	Role    string `json:"role"`
	Address string `json:"address"`
	Agent   string `json:"agent"`
	Created int64  `json:"created"`
	Used    int64  `json:"used"`
	Expires int64  `json:"expires"`
	Current bool   `json:"current"`
}

// SessionRole is the body of POST /api/sessions/{id}/role.
type SessionRole struct {
	Role string `json:"role"`
}

// SignalRequest is the body of POST /api/processes/{pid}/signal.
type SignalRequest struct {
	Signal string `json:"signal"` // TERM, SIGTERM or 15
	// Start is the start time that the process list showed: a process that took
	// over the pid has another one. A string is taken too, for clients whose
	// numbers cannot hold it.
	Start Start `json:"start"`
	// Force is needed where the signal would hit something dangerous to lose.
	Force  bool   `json:"force,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// ReniceRequest is the body of POST /api/processes/{pid}/renice.
type ReniceRequest struct {
	Nice  *int  `json:"nice"`
	Start Start `json:"start"`
}

// Start is a process start time as an unsigned number; JSON number or string.
type Start uint64

// UnmarshalJSON reads 123 or "123".
func (s *Start) UnmarshalJSON(b []byte) error {
	text := string(b)
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("start: %w", errors.Unwrap(err))
	}
	*s = Start(n)
	return nil
}

// Done answers an act that has nothing else to say.
type Done struct {
	OK bool `json:"ok"`
}

// Created answers what made a capture.
type Created struct {
	ID string `json:"id"`
}

// UploadInfo is the state of a resumable upload.
type UploadInfo struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Offset  int64  `json:"offset"`
	Length  int64  `json:"length"`
	Expires int64  `json:"expires"`
	Capture string `json:"capture,omitempty"` // id, once whole
}
