// PostgreSQL, frontend/backend protocol version 3 (postgresql.org, "Message
// Formats"). Not decoded: replication streams, GSS-API encryption.
package proto

import (
	"bytes"
	"sort"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	pgP         = protocol("pgsql", "PostgreSQL", "PGSQL")
	pgFront     = pgP.Bool("frontend", "Frontend")
	pgType      = pgP.Str("type", "Type")
	pgLength    = pgP.U32("length", "Length", dec)
	pgMajor     = pgP.U16("version_major", "Protocol major version", dec)
	pgMinor     = pgP.U16("version_minor", "Protocol minor version", dec)
	pgRequest   = pgP.U32("request_code", "Request code", dec, enum(values(val(pgCancel, "CancelRequest"), val(pgSSL, "SSLRequest"), val(pgGSS, "GSSENCRequest"))))
	pgSupMinor  = pgP.U32("version_supported_minor", "Supported minor version", dec)
	pgNonCount  = pgP.I32("number_nonsupported_options", "Number nonsupported options", dec)
	pgNonOption = pgP.Add("nonsupported_option", "Nonsupported option", field.TStringz, noBase)
	pgParName   = pgP.Add("parameter_name", "Parameter name", field.TStringz, noBase)
	pgParValue  = pgP.Add("parameter_value", "Parameter value", field.TStringz, noBase)
	pgQuery     = pgP.Add("query", "Query", field.TStringz, noBase)
	pgPassword  = pgP.Add("password", "Password", field.TStringz, noBase)
	pgAuth      = pgP.U32("authtype", "Authentication type", dec, enum(values(
		val(0, "Success"), val(1, "Kerberos V4"), val(2, "Kerberos V5"), val(3, "Plaintext password"), val(4, "crypt()ed password"),
		val(5, "MD5 password"), val(6, "SCM credentials"), val(7, "GSSAPI"), val(8, "GSSAPI/SSPI continue"), val(9, "SSPI"),
		val(10, "SASL"), val(11, "SASL continue"), val(12, "SASL complete"))))
	pgSalt      = pgP.Bytes("salt", "Salt value")
	pgGSSData   = pgP.Bytes("auth.gssapi_sspi.data", "GSSAPI or SSPI authentication data")
	pgSASLMech  = pgP.Add("auth.sasl.mech", "SASL authentication mechanism", field.TStringz, noBase)
	pgSASLLen   = pgP.I32("auth.sasl.data.length", "SASL authentication data length", dec)
	pgSASLData  = pgP.Bytes("auth.sasl.data", "SASL authentication data")
	pgStatement = pgP.Add("statement", "Statement", field.TStringz, noBase)
	pgPortal    = pgP.Add("portal", "Portal", field.TStringz, noBase)
	pgReturns   = pgP.U32("returns", "Returns", dec)
	pgTag       = pgP.Add("tag", "Tag", field.TStringz, noBase)
	pgStatus    = pgP.U8("status", "Status", dec, enum(values(val('I', "Idle"), val('T', "In a transaction"), val('E', "In a failed transaction"))))
	pgCopy      = pgP.Bytes("copydata", "Copy data")
	pgError     = pgP.Add("error", "Error", field.TStringz, noBase)
	pgPID       = pgP.U32("pid", "PID", dec)
	pgKey       = pgP.U32("key", "Key", dec)
	pgCondition = pgP.Add("condition", "Condition", field.TStringz, noBase)
	pgText      = pgP.Add("text", "Text", field.TStringz, noBase)
	pgTableOID  = pgP.U32("oid.table", "Table OID", dec)
	pgTypeOID   = pgP.U32("oid.type", "Type OID", dec)
	pgOID       = pgP.U32("oid", "OID", dec)
	pgFormat    = pgP.U16("format", "Format", dec, enum(values(val(0, "Text"), val(1, "Binary"))))
	pgCount     = pgP.U16("field.count", "Field count", dec)
	pgColName   = pgP.Add("col.name", "Column name", field.TStringz, noBase)
	pgColIndex  = pgP.U32("col.index", "Column index", dec)
	pgValLen    = pgP.I32("val.length", "Column length", dec)
	pgValData   = pgP.Bytes("val.data", "Data")
	pgTypeMod   = pgP.I32("col.typemod", "Type modifier", dec)
	pgSSLResp   = pgP.Add("ssl_response", "SSL Response", field.TChar, hex, enum(values(val('N', "Unwilling to perform SSL"), val('S', "Willing to perform SSL"))))
	pgGSSResp   = pgP.Add("gssenc_response", "GSSAPI Encrypt Response", field.TChar, hex, enum(values(val('G', "Willing to perform GSSAPI encryption"), val('N', "Unwilling to perform GSSAPI encryption"))))
	pgGSSBytes  = pgP.Bytes("gssapi.encrypted_payload", "GSS-API encrypted payload")

	pgErrorFields = map[byte]field.ID{
		'S': pgP.Add("severity", "Severity", field.TStringz, noBase),
		'V': pgText,
		'C': pgP.Add("code", "Code", field.TStringz, noBase),
		'M': pgP.Add("message", "Message", field.TStringz, noBase),
		'D': pgP.Add("detail", "Detail", field.TStringz, noBase),
		'H': pgP.Add("hint", "Hint", field.TStringz, noBase),
		'P': pgP.Add("position", "Position", field.TStringz, noBase),
		'p': pgP.Add("internal_position", "Position (Internal)", field.TStringz, noBase),
		'q': pgP.Add("internal_query", "Query (Internal)", field.TStringz, noBase),
		'W': pgP.Add("where", "Context", field.TStringz, noBase),
		's': pgP.Add("schema_name", "Schema", field.TStringz, noBase),
		't': pgP.Add("table_name", "Table", field.TStringz, noBase),
		'c': pgP.Add("column_name", "Column", field.TStringz, noBase),
		'd': pgP.Add("type_name", "Type", field.TStringz, noBase),
		'n': pgP.Add("constraint_name", "Constraint", field.TStringz, noBase),
		'F': pgP.Add("file", "File", field.TStringz, noBase),
		'L': pgP.Add("line", "Line", field.TStringz, noBase),
		'R': pgP.Add("routine", "Routine", field.TStringz, noBase),
	}

	_ = pgP.Parse(parsePgsql).Stateful().Calls(tlsP).On("tcp.port", pgPort)

	pgConvs = flow.NewSlot[pgConv]()
)

const (
	pgPort   = 5432
	pgCancel = 80877102
	pgSSL    = 80877103
	pgGSS    = 80877104
)

// What a password message means, and what the server's next byte answers.
const (
	pgPlain = iota
	pgAskedSSL
	pgAskedGSS
	pgSASLFirst
	pgSASLMore
	pgGSSAuth
	pgEncrypted
)

// pgConv is how a connection's states follow each other.
type pgConv struct{ events []pgEvent }

type pgEvent struct {
	at    uint64 // place: frame, part of the stream, position
	state uint8
}

// pgWalk is the message being dissected.
type pgWalk struct {
	conv  *pgConv
	at    uint64
	end   int
	state uint8
	front bool
}

func parsePgsql(c *Cursor) {
	m := pgWalk{front: c.Packet().DstPort == pgPort}
	conv := c.Packet().Conv
	m.conv = pgConvs.Of(conv)
	if m.conv == nil && c.Learning() && conv != nil {
		m.conv = pgConvs.Make(conv)
	}
	c.SetProtocol("PGSQL")
	if b := c.SetInfo(); b != nil {
		if m.front {
			b.C('>')
		} else {
			b.C('<')
		}
	}
	m.place(c)
	if !m.front && (m.state == pgAskedSSL || m.state == pgAskedGSS) && m.answer(c) {
		return
	}
	if m.state == pgEncrypted {
		tcpPDUs(c, 4, func(c *Cursor, pos int) int { return 4 + int(c.UintAt(pos, 4)) }, m.sealed)
		return
	}
	first := true
	tcpPDUs(c, 5, pgSize, func(c *Cursor) {
		m.place(c)
		m.message(c, first)
		first = false
	})
}

// place looks up the state before this message.
func (m *pgWalk) place(c *Cursor) {
	m.at = uint64(c.Frame().Number)<<32 | uint64(c.Layer())<<24 | uint64(c.Pos())&0xffffff
	m.state = pgPlain
	if m.conv == nil {
		return
	}
	e := m.conv.events
	if i := sort.Search(len(e), func(i int) bool { return e[i].at >= m.at }); i > 0 {
		m.state = e[i-1].state
	}
}

// become notes the state that holds behind this message.
func (m *pgWalk) become(c *Cursor, state uint8) {
	if c.Learning() && m.conv != nil && !c.Quoted() {
		m.conv.events = append(m.conv.events, pgEvent{m.at, state})
	}
	m.state = state
}

// pgSize is the length of the message at pos: its type, unless it is one of
// the first messages, which have none, and what the length counts.
func pgSize(c *Cursor, pos int) int {
	n := 0
	if c.UintAt(pos, 1) != 0 {
		n = 1
	}
	v := c.UintAt(pos+n, 4)
	if v < 4 || v > 1<<30 {
		return 0
	}
	return n + int(v)
}

// answer is the one byte that answers a request for encryption.
func (m *pgWalk) answer(c *Cursor) bool {
	x := c.Peek8(0)
	ssl := m.state == pgAskedSSL
	if x != 'N' && !(x == 'S' && ssl) && !(x == 'G' && !ssl) {
		return false
	}
	name, f := "SSL response", pgSSLResp
	if !ssl {
		name, f = "GSS encrypt response", pgGSSResp
	}
	c.PutText(pgType, c.Pos(), 0, name)
	c.Field(f, 1)
	switch x {
	case 'S':
		m.become(c, pgPlain)
		if conv := c.Packet().Conv; c.Learning() && conv != nil {
			conv.SetUpper(c.Frame().Number+1, tlsP)
		}
	case 'G':
		m.become(c, pgEncrypted)
	default:
		m.become(c, pgPlain)
	}
	return true
}

func (m *pgWalk) sealed(c *Cursor) {
	c.PutText(pgType, c.Pos(), 0, "GSS-API encrypted message")
	c.U32(pgLength)
	c.Bytes(pgGSSBytes, c.Left())
}

var pgFrontTypes = map[byte]string{'Q': "Simple query", 'P': "Parse", 'B': "Bind", 'E': "Execute", 'D': "Describe", 'C': "Close", 'H': "Flush",
	'S': "Sync", 'F': "Function call", 'd': "Copy data", 'c': "Copy completion", 'f': "Copy failure", 'X': "Termination"}

var pgBackTypes = map[byte]string{'R': "Authentication request", 'K': "Backend key data", 'S': "Parameter status", '1': "Parse completion",
	'2': "Bind completion", '3': "Close completion", 'C': "Command completion", 't': "Parameter description", 'T': "Row description",
	'D': "Data row", 'I': "Empty query", 'n': "No data", 'E': "Error", 'N': "Notice", 's': "Portal suspended", 'Z': "Ready for query",
	'A': "Notification", 'V': "Function call response", 'G': "CopyIn response", 'H': "CopyOut response", 'd': "Copy data",
	'c': "Copy completion", 'v': "Negotiate protocol version"}

func (m *pgWalk) message(c *Cursor, first bool) {
	at := c.Pos()
	kind := c.Peek8(0)
	name := ""
	switch {
	case kind == 0:
		name = m.opening(c)
	case m.front && kind == 'p':
		name = "Password message"
		switch m.state {
		case pgSASLFirst:
			name = "SASLInitialResponse message"
		case pgSASLMore:
			name = "SASLResponse message"
		case pgGSSAuth:
			name = "GSSResponse message"
		}
	case m.front:
		name = pgFrontTypes[kind]
	default:
		name = pgBackTypes[kind]
	}
	if name == "" {
		name = "Unknown"
	}
	if b := c.Info(); b != nil {
		if !first {
			b.C('/')
		}
		if kind == 0 {
			b.C('?')
		} else {
			b.Printable([]byte{kind})
		}
	}
	c.PutText(pgType, at, int(min(kind, 1)), name)
	if kind != 0 {
		c.Skip(1)
	}
	c.U32(pgLength)
	c.PutHidden(pgFront, at, 0, b2u(m.front))
	m.end = c.End()
	if m.front {
		m.fromFront(c, kind)
	} else {
		m.fromBack(c, kind)
	}
}

// opening names the messages without a type.
func (m *pgWalk) opening(c *Cursor) string {
	switch c.Peek32(4) {
	case pgCancel:
		return "Cancel request"
	case pgSSL:
		return "SSL request"
	case pgGSS:
		return "GSS encrypt request"
	}
	return "Startup message"
}

func (m *pgWalk) fromFront(c *Cursor, kind byte) {
	switch kind {
	case 0:
		m.startup(c)
	case 'p':
		m.password(c)
	case 'Q':
		c.StringZ(pgQuery)
	case 'P':
		c.StringZ(pgStatement)
		c.StringZ(pgQuery)
		pgList(c, "Parameters: ", 4, pgTypeOID)
	case 'B':
		c.StringZ(pgPortal)
		c.StringZ(pgStatement)
		pgList(c, "Parameter formats: ", 2, pgFormat)
		m.params(c)
		pgList(c, "Result formats: ", 2, pgFormat)
	case 'E':
		c.StringZ(pgPortal)
		n := c.U32(pgReturns)
		if b := c.Label(c.Last()); b != nil {
			b.S("Returns: ")
			if n == 0 {
				b.S("all")
			} else {
				b.U(uint64(n))
			}
			b.S(" rows")
		}
	case 'D', 'C':
		f := pgStatement
		if c.Peek8(0) == 'P' {
			f = pgPortal
		}
		c.Skip(1)
		c.StringZ(f)
	case 'F':
		c.U32(pgOID)
		pgList(c, "Parameter formats: ", 2, pgFormat)
		m.params(c)
		c.U16(pgFormat)
	case 'd':
		m.copyData(c)
	case 'f':
		c.StringZ(pgError)
	}
}

func (m *pgWalk) startup(c *Cursor) {
	switch c.Peek32(0) {
	case pgCancel:
		c.U32(pgRequest)
		c.U32(pgPID)
		c.U32(pgKey)
	case pgSSL:
		c.U32(pgRequest)
		m.become(c, pgAskedSSL)
	case pgGSS:
		c.U32(pgRequest)
		m.become(c, pgAskedGSS)
	default:
		c.U16(pgMajor)
		c.U16(pgMinor)
		for c.Left() > 1 && c.Peek8(0) != 0 {
			c.StringZ(pgParName)
			c.StringZ(pgParValue)
		}
	}
}

func (m *pgWalk) password(c *Cursor) {
	switch m.state {
	case pgSASLFirst:
		c.StringZ(pgSASLMech)
		n := c.Peek32(0)
		c.U32(pgSASLLen)
		if n > 0 && n < 1<<30 {
			c.Bytes(pgSASLData, int(n))
		}
	case pgSASLMore:
		c.Bytes(pgSASLData, c.Left())
	case pgGSSAuth:
		c.Bytes(pgGSSData, c.Left())
	default:
		c.StringZ(pgPassword)
	}
}

// pgList is a count and as many numbers of n bytes.
func pgList(c *Cursor, name string, n int, f field.ID) {
	k := int(c.Peek16(0))
	at := c.Pos()
	old := pgLine(c, at, 2, name, k)
	c.Skip(2)
	for ; k > 0; k-- {
		c.Field(f, n)
	}
	c.Pop(old)
}

func pgLine(c *Cursor, at, n int, name string, count int) (old dissect.Ref) {
	r := c.None()
	if b := c.Text(at, n); b != nil {
		b.S(name).U(uint64(count))
		r = c.Last()
	}
	return c.Push(r)
}

// params are parameter values.
func (m *pgWalk) params(c *Cursor) {
	k := int(c.Peek16(0))
	old := pgLine(c, c.Pos(), 2, "Parameter values: ", k)
	c.Skip(2)
	for ; k > 0; k-- {
		pgValue(c)
	}
	c.Pop(old)
}

// pgValue is a length, -1 for NULL, and as many bytes.
func pgValue(c *Cursor) {
	n := int32(c.Peek32(0))
	c.Field(pgValLen, 4)
	if n > 0 {
		c.Bytes(pgValData, int(n))
	}
}

func (m *pgWalk) copyData(c *Cursor) {
	c.Need(1)
	c.Bytes(pgCopy, c.Left())
}

func (m *pgWalk) fromBack(c *Cursor, kind byte) {
	switch kind {
	case 'R':
		m.auth(c)
	case 'K':
		c.U32(pgPID)
		c.U32(pgKey)
	case 'S':
		c.StringZ(pgParName)
		c.StringZ(pgParValue)
	case 'C':
		c.StringZ(pgTag)
	case 'Z':
		c.U8(pgStatus)
	case 't':
		pgList(c, "Parameters: ", 4, pgTypeOID)
	case 'T':
		m.columns(c)
	case 'D':
		k := int(c.U16(pgCount))
		old := c.Push(c.Last())
		for ; k > 0; k-- {
			pgValue(c)
		}
		c.Pop(old)
	case 'E', 'N':
		pgErrors(c)
	case 'A':
		c.U32(pgPID)
		c.StringZ(pgCondition)
		if c.Left() > 0 && c.Peek8(0) != 0 {
			c.StringZ(pgText)
		}
	case 'V':
		pgValue(c)
	case 'G', 'H':
		c.Field(pgFormat, 1)
		k := int(c.Peek16(0))
		c.Pop(pgLine(c, c.Pos(), 2, "Columns: ", k))
	case 'd':
		m.copyData(c)
	case 'v':
		c.U32(pgSupMinor)
		n := int32(c.Peek32(0))
		c.Field(pgNonCount, 4)
		for ; n > 0; n-- {
			c.StringZ(pgNonOption)
		}
	}
}

func (m *pgWalk) auth(c *Cursor) {
	switch c.U32(pgAuth) {
	case 4, 5:
		c.Bytes(pgSalt, min(c.Left(), 4))
	case 7, 9:
		m.become(c, pgGSSAuth)
	case 8:
		c.Bytes(pgGSSData, c.Left())
	case 10:
		m.become(c, pgSASLFirst)
		for c.Left() > 1 && c.Peek8(0) != 0 {
			c.StringZ(pgSASLMech)
		}
	case 11:
		m.become(c, pgSASLMore)
		c.Bytes(pgSASLData, c.Left())
	case 12:
		c.Bytes(pgSASLData, c.Left())
	}
}

func (m *pgWalk) columns(c *Cursor) {
	k := int(c.U16(pgCount))
	old := c.Push(c.Last())
	for ; k > 0; k-- {
		c.StringZ(pgColName)
		in := c.Push(c.Last())
		c.Field(pgTableOID, 4)
		c.Field(pgColIndex, 2)
		c.Field(pgTypeOID, 4)
		c.Field(pgValLen, 2)
		c.Field(pgTypeMod, 4)
		c.Field(pgFormat, 2)
		c.Pop(in)
	}
	c.Pop(old)
}

// pgErrors are letters, each with a text, up to a NUL.
func pgErrors(c *Cursor) {
	// tshark counts a byte more for each text than there is, so that the last
	// of many are not shown.
	for left := c.Left(); left > 0; {
		b := c.Rest()
		if len(b) < 2 || b[0] == 0 {
			return
		}
		n := bytes.IndexByte(b[1:], 0)
		if n < 0 {
			c.Need(len(b) + 1)
			return
		}
		if f, ok := pgErrorFields[b[0]]; ok {
			c.PutBytes(f, c.Pos(), n+2, b[1:1+n])
		}
		c.Skip(n + 2)
		left -= n + 3
	}
}
