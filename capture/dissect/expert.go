package dissect

import "sonde/capture/field"

// Protocols and fields that the engine itself adds.
var (
	malformedProto     = Protocol("_ws.malformed", "Malformed Packet", "Malformed packet")
	shortProto         = Protocol("_ws.short", "Short Frame", "Short frame")
	unreassembledProto = Protocol("_ws.unreassembled", "Unreassembled Fragmented Packet", "Unreassembled fragmented packet")
	bugProto           = Protocol("_ws.dissector_bug", "Dissector bug", "Dissector bug")
	eiMalformed        = malformedProto.Expert("expert", field.Malformed, field.Error, "Malformed Packet (Exception occurred)")
	eiLimit            = malformedProto.Expert("limit", field.Malformed, field.Error, "Nesting or size limit reached")

	expertProto    = Protocol("_ws.expert", "Expert Info", "Expert")
	expertMessage  = expertProto.Str("message", "Message")
	expertSeverity = expertProto.U32("severity", "Severity level", field.Dec, Enum(severities), EnumOnly)
	expertGroup    = expertProto.U32("group", "Group", field.Dec, Enum(groups), EnumOnly)

	severities = field.Values(field.V{Val: uint64(field.SevComment), Text: "Comment"}, field.V{Val: uint64(field.Chat), Text: "Chat"},
		field.V{Val: uint64(field.Note), Text: "Note"}, field.V{Val: uint64(field.Warn), Text: "Warning"}, field.V{Val: uint64(field.Error), Text: "Error"})
	groups = field.Values(
		field.V{Val: uint64(field.Checksum), Text: "Checksum"}, field.V{Val: uint64(field.Sequence), Text: "Sequence"},
		field.V{Val: uint64(field.ResponseCode), Text: "Response"}, field.V{Val: uint64(field.RequestCode), Text: "Request"},
		field.V{Val: uint64(field.Undecoded), Text: "Undecoded"}, field.V{Val: uint64(field.Reassemble), Text: "Reassemble"},
		field.V{Val: uint64(field.Malformed), Text: "Malformed"}, field.V{Val: uint64(field.Debug), Text: "Debug"},
		field.V{Val: uint64(field.Protocol), Text: "Protocol"}, field.V{Val: uint64(field.Security), Text: "Security"},
		field.V{Val: uint64(field.CommentsGroup), Text: "Comment"}, field.V{Val: uint64(field.Decryption), Text: "Decryption"},
		field.V{Val: uint64(field.Assumption), Text: "Assumption"}, field.V{Val: uint64(field.Deprecated), Text: "Deprecated"},
		field.V{Val: uint64(field.Receive), Text: "Receive"}, field.V{Val: uint64(field.Interface), Text: "Interface"},
		field.V{Val: uint64(field.DissectorBug), Text: "Dissector bug"})
)

// Expert attaches an expert information to node r (None: to the place where
// the field was not wanted). It gives the builder of a text that replaces the
// declared one; nil when no text is wanted.
func (c *Cursor) Expert(r Ref, ei field.ID) { c.ExpertText(r, ei, "") }

// ExpertText is Expert with a text of its own.
func (c *Cursor) ExpertText(r Ref, ei field.ID, text string) {
	e := c.e
	f := field.Get(ei)
	bad := f.Group == field.Malformed
	if !e.all && !e.want.Has(ei) && !e.want.Has(expertProto.ID) && !e.want.Has(expertMessage) && !e.want.Has(expertSeverity) && !e.want.Has(expertGroup) &&
		!(bad && e.want.Has(malformedProto.ID)) {
		return
	}
	if text == "" {
		text = f.Label
	}
	t := &e.pkt.Tree
	pos := 0
	oldParent, oldSrc, oldLast := c.parent, c.src, c.last
	if r != None {
		pos = int(t.Nodes[r].Off)
		c.src = t.Nodes[r].Source
		c.parent = r
		sev := sevBits(f.Severity)
		for p := r; p != None; p = t.Nodes[p].Parent {
			if n := &t.Nodes[p]; n.Flags&sevMask < sev {
				n.Flags = n.Flags&^sevMask | sev
			}
		}
	}
	x := c.rec(expertProto.ID, pos, 0, 0, Generated)
	if b := c.Label(x); b != nil {
		b.S("Expert Info (").S(f.Severity.String()).C('/').S(f.Group.String()).S("): ").Clean([]byte(text))
	}
	if x != None {
		t.Nodes[x].Flags |= sevBits(f.Severity)
	}
	c.Push(x)
	old := c.src
	c.src = 0
	y := c.rec(ei, 0, 0, 0, Generated)
	if b := c.Label(y); b != nil {
		b.Clean([]byte(text))
	}
	c.putText(expertMessage, 0, 0, text, Generated|Hidden)
	c.Gen(expertSeverity, 0, 0, uint64(f.Severity))
	c.Gen(expertGroup, 0, 0, uint64(f.Group))
	c.src = old
	if bad {
		// Filters for malformed packets find it by the protocol's name, too.
		c.parent = oldParent
		if r != None {
			c.parent = r
		}
		c.rec(malformedProto.ID, pos, 0, 0, Hidden)
	}
	c.parent, c.src, c.last = oldParent, oldSrc, oldLast
}
