// Contents by media type: lines of text, form items, and what nobody knows.
package proto

import (
	"strings"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	textP = protocol("data-text-lines", "Line-based text data", "text")
	_     = textP.Parse(parseTextLines).Calls(xmlP).OnName("media_type",
		"application/vnd.drm.message", "application/vnd.poc.refer-to", "application/x-javascript", "application/x-ns-proxy-autoconfig",
		"application/x-rtsp-udp-packetpair", "application/x-tia-p25-issi", "application/x-tia-p25-sndcp", "application/xml-external-parsed-entity",
		"text/css", "text/enriched", "text/html", "text/javascript", "text/parameters", "text/plain", "text/richtext",
		"text/vnd.sun.j2me.app-descriptor", "text/x-ref-list", "text/x-ref-simple", "text/xml-external-parsed-entity", "x-bt/calendar",
		"x-bt/calendarstatus", "x-bt/ctn-forward", "x-bt/ctn-notificationregistration", "x-bt/img-print", "x-bt/instancedescription",
		"x-bt/map-messageupdate", "x-bt/map-notificationregistration", "x-bt/masinstanceinformation", "x-bt/message", "x-bt/messagestatus",
		"x-bt/phonebook", "x-bt/update", "x-bt/vcard", "x-obex/rui")

	mediaP    = protocol("media", "Media Type", "Media")
	mediaType = mediaP.Bytes("type", "Media type")
	_         = mediaP.Parse(parseMedia)

	_ = dataP.OnName("media_type", "application/octet-stream", "x-bt/img-archive", "x-bt/img-attachment", "x-bt/img-display", "x-bt/img-img",
		"x-bt/img-monitoring", "x-bt/img-partial", "x-bt/img-status", "x-bt/img-thm")

	formP     = protocol("urlencoded-form", "HTML Form URL Encoded", "URL Encoded Form Data")
	formKey   = formP.Add("key", "Key", field.TStringz, noBase)
	formValue = formP.Add("value", "Value", field.TStringz, noBase)
	_         = formP.Parse(parseForm).OnName("media_type", "application/x-www-form-urlencoded")
)

// mediaProto gives the protocol of a media type: its own, that of its suffix
// (RFC 6839), or that of multiparts in general.
func mediaProto(c *Cursor, kind string) *dissect.Proto {
	if q := c.LookupName(mediaTable, kind); q != nil {
		return q
	}
	if strings.HasPrefix(kind, "multipart/") {
		return multipartP
	}
	return nil
}

// mediaTitle adds the media type to the protocol's line and to the Info column.
func mediaTitle(c *Cursor) {
	kind := c.Packet().Content.Type
	if kind == "" {
		return
	}
	if b := c.Label(c.ProtoNode()); b != nil {
		formatText(b.S(c.Proto().Label).S(": "), []byte(kind))
	}
	mediaInfo(c)
}

func mediaInfo(c *Cursor) {
	kind := c.Packet().Content.Type
	if b := c.Info(); b != nil && kind != "" {
		b.S(" (")
		formatText(b, []byte(kind)).C(')')
	}
}

func parseTextLines(c *Cursor) {
	b := c.Rest()
	if strings.HasPrefix(string(b), "<?xml") {
		old := c.Packet().Content
		c.DropProto()
		c.Sub(xmlP, c.Pos(), -1)
		c.Packet().Content = old
		return
	}
	mediaInfo(c)
	if r := c.ProtoNode(); r != dissect.None {
		lines := 0
		for rest := b; len(rest) > 0; lines++ {
			_, next, _ := httpLine(rest, false)
			rest = rest[next:]
		}
		if t := c.Label(r); t != nil {
			t.S("Line-based text data")
			if kind := c.Packet().Content.Type; kind != "" {
				formatText(t.S(": "), []byte(kind))
			}
			t.S(" (").U(uint64(lines)).S(" lines)")
		}
	}
	if !c.Full() {
		return
	}
	for c.CapLeft() > 0 {
		_, next, _ := httpLine(c.Rest(), false)
		if t := c.Text(c.Pos(), next); t != nil {
			formatLine(t, c.Rest()[:next], 0)
		}
		c.Skip(next)
	}
	if c.Left() > 0 {
		c.Need(1)
	}
}

func parseMedia(c *Cursor) {
	mediaInfo(c)
	n := c.Left()
	if n <= 0 {
		return
	}
	c.Need(n)
	r := c.FieldAt(mediaType, c.Pos(), n)
	if b := c.Label(r); b != nil {
		b.S("Media type: ")
		formatText(b, []byte(c.Packet().Content.Type))
		b.S(" (").U(uint64(n)).S(plural(n, " byte)", " bytes)"))
	}
}

// parseForm reads pairs of key and value (WHATWG URL, section 5).
func parseForm(c *Cursor) {
	mediaTitle(c)
	for c.CapLeft() > 0 {
		at := c.Pos()
		b := c.Rest()
		n := len(b)
		if i := strings.IndexByte(string(b), '&'); i >= 0 {
			n = i
		}
		kn := n
		if i := strings.IndexByte(string(b[:n]), '='); i >= 0 {
			kn = i
		}
		key, ok := formText(b[:kn])
		value, ok2 := []byte(nil), true
		if kn < n {
			value, ok2 = formText(b[kn+1 : n])
		}
		r := dissect.None
		if t := c.Text(at, n); t != nil {
			t.S(`Form item: "`)
			formatText(t, key)
			t.C('"')
			if ok && ok2 {
				t.S(` = "`)
				formatText(t, value)
				t.C('"')
			}
			r = c.Last()
		}
		old := c.Push(r)
		c.PutBytes(formKey, at, kn, key)
		if !ok || !ok2 {
			return
		}
		c.PutBytes(formValue, at+kn+1, max(0, n-kn-1), value)
		c.Pop(old)
		c.Seek(at + n + 1)
	}
}

// formText undoes the escapes of a form; false when one is not hex.
func formText(b []byte) ([]byte, bool) {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '+':
			out = append(out, ' ')
		case b[i] == '%':
			if i+2 >= len(b) {
				return out, false
			}
			hi, lo := unhex(b[i+1]), unhex(b[i+2])
			if hi > 15 || lo > 15 {
				return out, false
			}
			out = append(out, hi<<4|lo)
			i += 2
		default:
			out = append(out, b[i])
		}
	}
	return out, true
}

func unhex(x byte) byte {
	switch {
	case x >= '0' && x <= '9':
		return x - '0'
	case x|0x20 >= 'a' && x|0x20 <= 'f':
		return x | 0x20 - 'a' + 10
	}
	return 255
}
