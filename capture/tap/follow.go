package tap

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sonde/capture/dissect"
	"sonde/probes/table"
)

var _ = func() bool {
	for _, proto := range [...]string{"tcp", "udp"} {
		register(Kind{Name: "follow," + proto, Title: "Follow " + strings.ToUpper(proto) + " Stream", Args: 2, New: func(args []string, _ string) (Tap, error) {
			if len(args) < 2 {
				return nil, fmt.Errorf("follow,%s: give a mode and a stream's number", proto)
			}
			x := &follow{proto: proto, mode: args[0]}
			switch x.mode {
			case "ascii", "hex", "raw", "yaml":
			default:
				return nil, fmt.Errorf("follow,%s: no mode %q: ascii, hex, raw or yaml", proto, x.mode)
			}
			n, err := strconv.ParseUint(args[1], 10, 31)
			if err != nil {
				return nil, fmt.Errorf("follow,%s: %q is no stream's number", proto, args[1])
			}
			x.index = int(n)
			x.Follower, err = NewFollower(proto, x.index)
			return x, err
		}})
	}
	return true
}()

// follow writes the payload of one stream.
type follow struct {
	*Follower
	proto, mode string
	index       int
	done        bool
}

func (x *follow) Needs() Needs { return Needs{Want: x.Want()} }

// maxFollowed bounds the bytes kept of a stream.
const maxFollowed = 64 << 20

func (x *follow) Add(p *dissect.Packet) {
	if x.Size < maxFollowed {
		x.Follower.Add(p)
	}
}

func (x *follow) finish() {
	if !x.done {
		x.done = true
		x.Finish()
	}
}

func (x *follow) Table() *table.Table {
	t := &table.Table{Columns: []table.Column{{ID: "packet", Title: "Packet", Type: table.Int}, {ID: "from", Title: "From", Type: table.Text},
		{ID: "bytes", Title: "Bytes", Type: table.Bytes}, {ID: "text", Title: "Text", Type: table.Text}}}
	for i := range x.Chunks {
		c := &x.Chunks[i]
		t.Rows = append(t.Rows, table.Row{Key: strconv.Itoa(i), Cells: []table.Cell{int64(c.Packet), x.Nodes[c.Peer].String(), int64(len(c.Data)), plain(c.Data)}})
	}
	return t
}

// plain is text in which what cannot be shown is a dot; line ends stay.
func plain(b []byte) string {
	out := make([]byte, len(b))
	for i, c := range b {
		if c < 0x20 && c != '\n' && c != '\r' || c >= 0x7f {
			c = '.'
		}
		out[i] = c
	}
	return string(out)
}

func (x *follow) WriteText(w io.Writer) error {
	x.finish()
	var b strings.Builder
	if x.mode == "yaml" {
		x.yaml(&b)
		_, err := io.WriteString(w, b.String())
		return err
	}
	ends := [2]string{":0", ":0"}
	if x.named {
		ends = [2]string{x.Nodes[0].String(), x.Nodes[1].String()}
	}
	rule := strings.Repeat("=", 67)
	fmt.Fprintf(&b, "\n%s\nFollow: %s,%s\nFilter: %s.stream eq %d\nNode 0: %s\nNode 1: %s\n", rule, x.proto, x.mode, x.proto, x.index, ends[0], ends[1])
	var at [2]int
	for i := range x.Chunks {
		c := &x.Chunks[i]
		tab := ""
		if c.Peer == 1 {
			tab = "\t"
		}
		switch x.mode {
		case "ascii":
			fmt.Fprintf(&b, "%s%d\n%s\n", tab, len(c.Data), plain(c.Data))
		case "raw":
			fmt.Fprintf(&b, "%s%s\n", tab, hex.EncodeToString(c.Data))
		case "hex":
			for k := 0; k < len(c.Data); k += 16 {
				hexLine(&b, tab, at[c.Peer]+k, c.Data[k:min(k+16, len(c.Data))])
			}
			at[c.Peer] += len(c.Data)
		}
	}
	b.WriteString(rule + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// hexLine is an offset, two groups of eight bytes, and their text.
func hexLine(b *strings.Builder, tab string, at int, data []byte) {
	fmt.Fprintf(b, "%s%08X  ", tab, at)
	for i := range 16 {
		if i < len(data) {
			fmt.Fprintf(b, "%02x ", data[i])
		} else {
			b.WriteString("   ")
		}
		if i == 7 {
			b.WriteByte(' ')
		}
	}
	text := []byte{' '}
	for i, c := range data {
		if i == 8 {
			text = append(text, ' ')
		}
		if c < 0x20 || c >= 0x7f {
			c = '.'
		}
		text = append(text, c)
	}
	b.WriteString(strings.TrimRight(string(text), " ") + "\n")
}

func (x *follow) yaml(b *strings.Builder) {
	b.WriteString("peers:\n")
	for i := range x.Nodes {
		fmt.Fprintf(b, "  - peer: %d\n    host: %s\n    port: %d\n", i, addrString(&x.Nodes[i].Addr), x.Nodes[i].Port)
	}
	b.WriteString("packets:\n")
	for i := range x.Chunks {
		c := &x.Chunks[i]
		// tshark's time is a double, its last digits are that number's.
		at := float64(c.Time/1e9) + float64(c.Time%1e9)/1e9
		fmt.Fprintf(b, "  - packet: %d\n    peer: %d\n    timestamp: %.9f\n    data: !!binary |\n", c.Packet, c.Peer, at)
		text := base64.StdEncoding.EncodeToString(c.Data)
		for ; len(text) > 76; text = text[76:] {
			fmt.Fprintf(b, "      %s\n", text[:76])
		}
		fmt.Fprintf(b, "      %s\n", text)
	}
}
