// The transport parameters of QUIC (RFC 9000 section 18, RFC 9221, RFC 9368)
// as hellos carry them.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	_           = tlsP.None("quic.parameter", "Parameter")
	tlsQPLen    = tlsP.U16("quic.len", "Parameters Length", dec)
	tlsQPType   = tlsP.U64("quic.parameter.type", "Type", dec, format(quicParameterText))
	tlsQPSize   = tlsP.U64("quic.parameter.length", "Length", dec)
	tlsQPValue  = tlsP.Bytes("quic.parameter.value", "Value")
	tlsQPVar    = map[uint64]field.ID{}
	tlsQPBytes  = map[uint64]field.ID{}
	tlsQPChosen = tlsP.U32("quic.parameter.vi.chosen_version", "Chosen Version", hex, enum(quicVersions))
	tlsQPGoogle = tlsP.U32("quic.parameter.google.quic_version", "Google QUIC version", hex, enum(quicVersions))
	tlsQPOther  = tlsP.U32("quic.parameter.vi.other_version", "Other Version", hex, enum(quicVersions))
)

func init() {
	for _, p := range quicParameters {
		switch p.kind {
		case 'v':
			if p.id == 0x7158 {
				tlsQPVar[p.id] = tlsP.U64("quic.parameter."+p.field, p.label, dec, enum(quicTimeStamps))
				continue
			}
			tlsQPVar[p.id] = tlsP.U64("quic.parameter."+p.field, p.label, dec)
		case 'b':
			tlsQPBytes[p.id] = tlsP.Bytes("quic.parameter."+p.field, p.label)
		}
	}
}

// quicParameters are the parameters: a variable-length number (v), bytes (b),
// or something of its own.
var quicParameters = []struct {
	id                 uint64
	kind               byte
	name, field, label string
}{
	{0x00, 'b', "original_destination_connection_id", "original_destination_connection_id", "original_destination_connection_id"},
	{0x01, 'v', "max_idle_timeout", "max_idle_timeout", "max_idle_timeout"},
	{0x02, 'b', "stateless_reset_token", "stateless_reset_token", "stateless_reset_token"},
	{0x03, 'v', "max_udp_payload_size", "max_udp_payload_size", "max_udp_payload_size"},
	{0x04, 'v', "initial_max_data", "initial_max_data", "initial_max_data"},
	{0x05, 'v', "initial_max_stream_data_bidi_local", "initial_max_stream_data_bidi_local", "initial_max_stream_data_bidi_local"},
	{0x06, 'v', "initial_max_stream_data_bidi_remote", "initial_max_stream_data_bidi_remote", "initial_max_stream_data_bidi_remote"},
	{0x07, 'v', "initial_max_stream_data_uni", "initial_max_stream_data_uni", "initial_max_stream_data_uni"},
	{0x08, 'v', "initial_max_streams_bidi", "initial_max_streams_bidi", "initial_max_streams_bidi"},
	{0x09, 'v', "initial_max_streams_uni", "initial_max_streams_uni", "initial_max_streams_uni"},
	{0x0a, 'v', "ack_delay_exponent", "ack_delay_exponent", "ack_delay_exponent"},
	{0x0b, 'v', "max_ack_delay", "max_ack_delay", "max_ack_delay"},
	{0x0c, 0, "disable_active_migration", "", ""},
	{0x0e, 'v', "active_connection_id_limit", "active_connection_id_limit", "Active Connection ID Limit"},
	{0x0f, 'b', "initial_source_connection_id", "initial_source_connection_id", "Initial Source Connection ID"},
	{0x10, 'b', "retry_source_connection_id", "retry_source_connection_id", "Retry Source Connection ID"},
	{0x11, 'i', "version_information", "", ""},
	{0x20, 'v', "max_datagram_frame_size", "max_datagram_frame_size", "max_datagram_frame_size"},
	{0x1057, 'v', "loss_bits", "loss_bits", "loss_bits"},
	{0x2ab2, 0, "grease_quic_bit", "", ""},
	{0xde1a, 'v', "min_ack_delay", "min_ack_delay", "min_ack_delay"},
	{0x3127, 'v', "google_initial_rtt", "google.initial_rtt", "Google Initial RTT"},
	{0x4752, 'g', "google_quic_version", "", ""},
	{0x7158, 'v', "enable_time_stamp_v2", "enable_time_stamp_v2", "Enable TimestampV2"},
	{0xff73db, 'i', "version_information_draft", "", ""},
	{0xff04de1b, 'v', "min_ack_delay (draft-ietf-quic-ack-frequency-05)", "min_ack_delay", "min_ack_delay"},
}

// quicParameterName names a parameter; those of the form 31 n + 27 are
// placeholders (RFC 9000 section 18.1).
func quicParameterName(v uint64) string {
	for i := range quicParameters {
		if quicParameters[i].id == v {
			return quicParameters[i].name
		}
	}
	if v >= 27 && (v-27)%31 == 0 {
		return "GREASE"
	}
	return "Unknown"
}

// quicTimeStamps are what a peer says of TIME_STAMP frames.
var quicTimeStamps = values(
	val(1, "I would like to receive TIME_STAMP frames"),
	val(2, "I am able to generate TIME_STAMP frames"),
	val(3, "I am able to generate TIME_STAMP frames and I would like to receive them"),
)

func quicParameterText(t *field.Text, v uint64) {
	t.S(quicParameterName(v)).S(" (").X(v, 2).C(')')
}

// varint peeks a number of RFC 9000 section 16 and tells its length.
func varint(c *Cursor, pos int) (v uint64, n int) {
	n = 1 << (c.UintAt(pos, 1) >> 6)
	return c.UintAt(pos, n) &^ (3 << (uint(n)*8 - 2)), n
}

// tlsQUICParameters reads the parameters; drafts up to 26 had another form
// with fixed lengths, which is left as bytes.
func tlsQUICParameters(c *Cursor, end int, draft bool) {
	if draft && end-c.Pos() >= 2 && int(c.Peek16(0)) == end-c.Pos()-2 {
		c.U16(tlsQPLen)
		c.Seek(end)
		return
	}
	for c.Pos() < end {
		at := c.Pos()
		typ, n := varint(c, at)
		size, m := varint(c, at+n)
		stop := at + n + m + int(min(size, uint64(end)))
		if stop > end {
			return
		}
		r := dissect.None
		if b := c.Text(at, stop-at); b != nil {
			r = c.Last()
			name := quicParameterName(typ)
			b.S("Parameter: ").S(name)
			if name == "Unknown" {
				b.C(' ').X(typ, 2)
			}
			b.S(" (len=").U(size).C(')')
		}
		old := c.Push(r)
		c.Put(tlsQPType, at, n, typ)
		c.Put(tlsQPSize, at+n, m, size)
		body := at + n + m
		if size > 0 {
			c.FieldAt(tlsQPValue, body, int(size))
		}
		quicParameter(c, r, typ, body, stop)
		c.Pop(old)
		c.Seek(stop)
	}
}

func quicParameter(c *Cursor, r dissect.Ref, typ uint64, at, end int) {
	tell := c.Append
	if f, ok := tlsQPVar[typ]; ok && at < end {
		v, n := varint(c, at)
		c.Put(f, at, n, v)
		if b := tell(r); b != nil && typ != 0x7158 {
			b.C(' ').U(v)
			switch typ {
			case 0x01:
				b.S(" ms")
			case 0x3127:
				b.S(" us")
			}
		}
		return
	}
	if f, ok := tlsQPBytes[typ]; ok {
		c.FieldAt(f, at, end-at)
		return
	}
	if typ == 0x4752 && at+4 <= end {
		c.FieldAt(tlsQPGoogle, at, 4)
		return
	}
	if typ == 0x11 || typ == 0xff73db {
		f := tlsQPChosen
		for ; at+4 <= end; at += 4 {
			c.Seek(at)
			quicVersionAt(c, f, " (GREASE)")
			f = tlsQPOther
		}
	}
}
