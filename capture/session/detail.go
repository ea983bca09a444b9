package session

import (
	"context"
	"fmt"
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

// Node is one line of the detail tree.
type Node struct {
	Label     string  `json:"label"`
	Field     string  `json:"field,omitempty"`
	Filter    string  `json:"filter,omitempty"` // ready "field == value", "" when none
	Source    int     `json:"source"`
	Offset    int     `json:"offset"`
	Length    int     `json:"length"`
	Generated bool    `json:"generated,omitempty"`
	Severity  string  `json:"severity,omitempty"` // expert: chat, note, warn, error
	Proto     bool    `json:"proto,omitempty"`
	Children  []*Node `json:"children,omitempty"`
}

// DataSource is one byte pane tab: the frame, reassembled or decrypted bytes.
type DataSource struct {
	Name  string `json:"name"`
	Bytes []byte `json:"bytes"`
}

// Detail is one packet dissected in full.
type Detail struct {
	No      uint32       `json:"no"`
	Sources []DataSource `json:"sources"`
	Tree    []*Node      `json:"tree"`
	// Streams are the conversations the packet is part of, by protocol name: "tcp" -> 4.
	Streams map[string]int `json:"streams,omitempty"`
}

// Bounds of what one packet's answer holds; what is left out is said.
const (
	maxSourceBytes = 1 << 20
	maxTreeNodes   = 20000
)

// Packet gives one packet dissected in full.
func (l *Library) Packet(ctx context.Context, id string, no uint32) (*Detail, error) {
	c, err := l.get(id)
	if err != nil {
		return nil, err
	}
	ctx, release, err := c.use(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	learned, err := c.waitLearned(ctx, no)
	if err != nil {
		return nil, err
	}
	if no == 0 || no > learned {
		return nil, fmt.Errorf("%w: %d of %d", ErrNoPacket, no, learned)
	}
	var d *Detail
	err = c.dissect(no, no-1, dissect.Request{Tree: true, Columns: true}, func(p *dissect.Packet) { d = detail(p) })
	return d, err
}

var kindNames = map[flow.Kind]string{flow.KEther: "eth", flow.KIPv4: "ip", flow.KIPv6: "ipv6", flow.KTCP: "tcp", flow.KUDP: "udp", flow.KSCTP: "sctp"}

func detail(p *dissect.Packet) *Detail {
	d := &Detail{No: p.Frame.Number, Streams: map[string]int{}}
	for _, s := range p.Sources {
		b := s.Data[:min(len(s.Data), maxSourceBytes)]
		name := s.Name
		if len(b) < len(s.Data) {
			name = fmt.Sprintf("%s (first %d of %d bytes)", name, len(b), len(s.Data))
		}
		d.Sources = append(d.Sources, DataSource{Name: name, Bytes: append([]byte{}, b...)})
	}
	for k, name := range kindNames {
		if s := p.Streams[k]; s >= 0 {
			d.Streams[name] = int(s)
		}
	}
	nodes := make([]*Node, len(p.Nodes))
	var t field.Text
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if n.Flags&dissect.Hidden != 0 || n.Parent >= 0 && nodes[n.Parent] == nil {
			continue
		}
		if i >= maxTreeNodes {
			d.Tree = append(d.Tree, &Node{Label: fmt.Sprintf("%d more items are not shown", len(p.Nodes)-i), Severity: "warn"})
			break
		}
		f := field.Get(n.Field)
		t.Reset()
		p.Label(&t, n)
		x := &Node{Label: clip(t.B), Field: f.Name, Source: int(n.Source), Offset: int(n.Off), Length: int(n.Len),
			Generated: n.Flags&dissect.Generated != 0, Severity: severityWord(n.Severity()), Proto: f.Type == field.TProtocol}
		x.Filter = filterText(p, n, f)
		nodes[i] = x
		if n.Parent >= 0 {
			up := nodes[n.Parent]
			up.Children = append(up.Children, x)
		} else {
			d.Tree = append(d.Tree, x)
		}
	}
	return d
}

func severityWord(s field.Severity) string {
	switch s {
	case field.SevComment:
		return "comment"
	case field.Chat:
		return "chat"
	case field.Note:
		return "note"
	case field.Warn:
		return "warn"
	case field.Error:
		return "error"
	}
	return ""
}

// maxFilterBytes is how much of a byte string a ready-made filter compares.
const maxFilterBytes = 32

// filterText is the display filter that selects packets with this value.
func filterText(p *dissect.Packet, n *dissect.Node, f *field.Field) string {
	if f.Name == "" {
		return ""
	}
	v := p.Value(n)
	var t field.Text
	switch {
	case f.Type == field.TNone || f.Type == field.TProtocol:
		return f.Name
	case f.Type.IsString():
		if len(v.Bytes) > maxCell {
			return f.Name
		}
		t.S(f.Name).S(` == "`)
		for _, c := range v.Bytes {
			switch {
			case c == '"' || c == '\\':
				t.C('\\').C(c)
			case c < 0x20 || c >= 0x7f:
				t.S(`\x`).H(uint64(c), 2)
			default:
				t.C(c)
			}
		}
		t.C('"')
		return t.String()
	case f.Type.IsBytes():
		b := v.Bytes
		if len(b) == 0 {
			return f.Name
		}
		t.S(f.Name)
		if len(b) > maxFilterBytes {
			b = b[:maxFilterBytes]
			t.S("[:").U(maxFilterBytes).C(']')
		}
		t.S(" == ").Hex(b, ':')
		if len(b) == 1 {
			return strings.Replace(t.String(), " == ", " == 0x", 1)
		}
		return t.String()
	case f.Type == field.TAbsTime:
		t.S(f.Name).S(` == "`)
		field.AbsTime(&t, int64(v.Word), false)
		t.C('"')
		return t.String()
	}
	t.S(f.Name).S(" == ")
	f.Show(&t, v)
	return t.String()
}
