// MySQL client/server protocol (dev.mysql.com, "Client/Server Protocol"), from
// 4.1 on. Not decoded: values of executed statements, replication, compressed
// packets, rows in binary.
package proto

import (
	"sort"

	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	mysqlP         = protocol("mysql", "MySQL Protocol", "MySQL")
	mysqlLen       = mysqlP.U24("packet_length", "Packet Length", dec)
	mysqlNum       = mysqlP.U8("packet_number", "Packet Number", dec)
	mysqlReq       = mysqlP.None("request", "Request Command")
	mysqlCmd       = mysqlP.U8("command", "Command", dec, enum(mysqlCommands))
	mysqlCode      = mysqlP.U8("response_code", "Response Code", hex, enum(values(val(0, "OK Packet"), val(0xff, "ERR Packet"), val(0xfe, "EOF Packet"), val(0xfb, "LOCAL INFILE Packet"))))
	mysqlErrCode   = mysqlP.U16("error_code", "Error Code", dec)
	mysqlErrText   = mysqlP.Str("error.message", "Error message")
	mysqlSQLState  = mysqlP.Str("sqlstate", "SQL state")
	mysqlMessage   = mysqlP.Add("message", "Message", field.TStringz, noBase)
	mysqlGreet     = mysqlP.None("server_greeting", "Server Greeting")
	mysqlProto     = mysqlP.U8("protocol", "Protocol", dec)
	mysqlVersion   = mysqlP.Add("version", "Version", field.TStringz, noBase)
	mysqlThread    = mysqlP.U32("thread_id", "Thread ID", dec)
	mysqlSalt      = mysqlP.Add("salt", "Salt", field.TStringz, noBase)
	mysqlSalt2     = mysqlP.Add("salt2", "Salt", field.TStringz, noBase)
	mysqlCapServer = mysqlP.U16("caps.server", "Server Capabilities", hex)
	mysqlCapClient = mysqlP.U16("caps.client", "Client Capabilities", hex)
	mysqlExtServer = mysqlP.U16("extcaps.server", "Extended Server Capabilities", hex)
	mysqlExtClient = mysqlP.U16("extcaps.client", "Extended Client Capabilities", hex)
	mysqlLang      = mysqlP.U8("server_language", "Server Language", dec, enum(mysqlCollations))
	mysqlStatus    = mysqlP.U16("server_status", "Server Status", hex)
	mysqlPlugLen   = mysqlP.U8("auth_plugin.length", "Authentication Plugin Length", dec)
	mysqlPlugin    = mysqlP.Add("auth_plugin", "Authentication Plugin", field.TStringz, noBase)
	mysqlUnused    = mysqlP.Bytes("unused", "Unused")
	mysqlLogin     = mysqlP.None("login_request", "Login Request")
	mysqlMaxPacket = mysqlP.U32("max_packet", "MAX Packet", dec)
	mysqlCollation = mysqlP.U16("collation", "Collation", dec, enum(mysqlCollations))
	mysqlUser      = mysqlP.Add("user", "Username", field.TStringz, noBase)
	mysqlPasswd    = mysqlP.Bytes("passwd", "Password")
	mysqlSchema    = mysqlP.Add("schema", "Schema", field.TStringz, noBase)
	mysqlClientPlg = mysqlP.Add("client_auth_plugin", "Client Auth Plugin", field.TStringz, noBase)
	mysqlAttrs     = mysqlP.None("connattrs", "Connection Attributes")
	mysqlAttrsLen  = mysqlP.U64("connattrs.length", "Connection Attributes length", dec)
	mysqlAttr      = mysqlP.None("connattrs.attr", "Connection Attribute")
	mysqlAttrNLen  = mysqlP.U64("connattrs.name.length", "Connection Attribute Name Length", dec)
	mysqlAttrName  = mysqlP.Add("connattrs.name", "Connection Attribute Name", field.TStringz, noBase)
	mysqlAttrVLen  = mysqlP.U64("connattrs.value.length", "Connection Attribute Value Length", dec)
	mysqlAttrValue = mysqlP.Add("connattrs.value", "Connection Attribute Value", field.TStringz, noBase)
	mysqlPayload   = mysqlP.Bytes("payload", "Payload")
	mysqlAffected  = mysqlP.U64("affected_rows", "Affected Rows", dec)
	mysqlInsertID  = mysqlP.U64("insert_id", "Last INSERT ID", dec)
	mysqlWarnings  = mysqlP.U16("warnings", "Warnings", dec)
	mysqlStmtID    = mysqlP.U32("stmt_id", "Statement ID", dec)
	mysqlQuery     = mysqlP.Str("query", "Statement")
	mysqlTable     = mysqlP.Add("table_name", "Table Name", field.TStringz, noBase)
	mysqlParams    = mysqlP.U64("num_params", "Number of parameter", dec)
	mysqlParam     = mysqlP.U16("param", "Parameter", dec)
	mysqlEOF       = mysqlP.U8("eof", "EOF marker", dec)
	mysqlNumFields = mysqlP.U64("num_fields", "Number of fields", dec)
	mysqlExtra     = mysqlP.U64("extra", "Extra data", dec)
	mysqlCharset   = mysqlP.U16("field.charsetnr", "Charset number", dec, enum(mysqlCollations))
	mysqlFieldLen  = mysqlP.U32("field.length", "Length", dec)
	mysqlFieldType = mysqlP.U8("field.type", "Type", dec, enum(mysqlFieldTypes))
	mysqlFieldFlag = mysqlP.U16("field.flags", "Flags", hex)
	mysqlDecimals  = mysqlP.U8("field.decimals", "Decimals", dec)
	mysqlDefault   = mysqlP.Str("field.default", "Default")
	mysqlRowText   = mysqlP.Str("row.text", "text")
	mysqlSwName    = mysqlP.Add("auth_switch_request.name", "Auth Method Name", field.TStringz, noBase)
	mysqlSwData    = mysqlP.Bytes("auth_switch_request.data", "Auth Method Data")
	mysqlSwReply   = mysqlP.Bytes("auth_switch_response.data", "Auth Method Data")
	mysqlSHA2      = mysqlP.Str("hf_mysql_sha2_auth.name", "SHA2 Auth State")

	mysqlFieldTexts = []field.ID{
		mysqlP.Str("field.catalog", "Catalog"), mysqlP.Str("field.db", "Database"), mysqlP.Str("field.table", "Table"),
		mysqlP.Str("field.org_table", "Original table"), mysqlP.Str("field.name", "Name"), mysqlP.Str("field.org_name", "Original name"),
	}

	eiMySQLCommand = mysqlP.Expert("command.invalid", field.Protocol, field.Warn, "Unknown/invalid command code")
	eiMySQLMissing = mysqlP.Expert("dissector_incomplete", field.Undecoded, field.Warn, "FIXME - dissector is incomplete")
	eiMySQLUnknown = mysqlP.Expert("unknown_response", field.Undecoded, field.Warn, "unknown/invalid response")

	_ = mysqlP.Parse(parseMySQL).Stateful().Calls(tlsP).On("tcp.port", mysqlPort)

	mysqlConvs = flow.NewSlot[mysqlConv]()
)

const mysqlPort = 3306

// What comes next on a connection.
const (
	mysqlUnknown = iota
	mysqlAtLogin
	mysqlAtRequest
	mysqlAtOK
	mysqlAtMessage
	mysqlAtTable
	mysqlAtShowFields
	mysqlAtField
	mysqlAtRow
	mysqlAtPrepare
	mysqlAtParam
	mysqlAtPrepField
	mysqlAtSwitch
)

// Capabilities, the extended ones from bit 16 on.
const (
	mysqlCapDB     = 1 << 3
	mysqlCap41     = 1 << 9
	mysqlCapSSL    = 1 << 11
	mysqlCapSecure = 1 << 15
	mysqlCapPlugin = 1 << 19
	mysqlCapAttrs  = 1 << 20
	mysqlCapTrack  = 1 << 23
	mysqlCapNoEOF  = 1 << 24
	mysqlCapQAttrs = 1 << 27
)

const mysqlMore = 1 << 3 // server status: more results follow

type mysqlConv struct{ events []mysqlEvent }

// mysqlEvent is what holds behind a packet.
type mysqlEvent struct {
	at uint64 // place: frame, part of the stream, position
	mysqlState
}

type mysqlState struct {
	caps   uint32
	fields uint32 // that are still to come
	params uint32
	state  uint8
	sealed bool
}

// mysqlWalk is the packet being dissected.
type mysqlWalk struct {
	conv *mysqlConv
	at   uint64
	was  mysqlState
	mysqlState
	server bool
	num    uint8
}

func parseMySQL(c *Cursor) {
	tcpPDUs(c, 3, func(c *Cursor, pos int) int { return 4 + int(c.UintLEAt(pos, 3)) }, mysqlPacket)
}

func mysqlPacket(c *Cursor) {
	m := mysqlWalk{server: c.Packet().SrcPort == mysqlPort}
	m.at = uint64(c.Frame().Number)<<32 | uint64(c.Layer())<<24 | uint64(c.Start())&0xffffff
	conv := c.Packet().Conv
	m.conv = mysqlConvs.Of(conv)
	if m.conv == nil && c.Learning() && conv != nil {
		m.conv = mysqlConvs.Make(conv)
	}
	if m.conv != nil {
		e := m.conv.events
		if i := sort.Search(len(e), func(i int) bool { return e[i].at >= m.at }); i > 0 {
			m.mysqlState = e[i-1].mysqlState
		}
	}
	m.was = m.mysqlState
	c.SetProtocol("MySQL")
	c.FieldLE(mysqlLen, 3)
	m.num = c.U8(mysqlNum)
	defer m.learn(c)
	switch {
	case m.server && m.num == 0 && m.state == mysqlUnknown:
		mysqlSay(c, "Server Greeting ")
		m.greeting(c)
	case m.server:
		mysqlSay(c, "Response ")
		m.response(c)
	case m.state == mysqlAtLogin && (m.num == 1 || m.num == 2 && m.sealed):
		m.login(c)
	default:
		m.request(c)
	}
	if c.Left() > 0 {
		c.Bytes(mysqlPayload, c.Left())
		c.Expert(c.Last(), eiMySQLMissing)
	}
}

// learn notes the state behind this packet, if it changed.
func (m *mysqlWalk) learn(c *Cursor) {
	if c.Learning() && m.conv != nil && m.mysqlState != m.was && !c.Quoted() {
		m.conv.events = append(m.conv.events, mysqlEvent{m.at, m.mysqlState})
	}
}

func mysqlSay(c *Cursor, s string) {
	if b := c.SetInfo(); b != nil {
		b.S(s)
	}
}

// mysqlTitle continues the packet's own line.
func mysqlTitle(c *Cursor, s string) {
	if b := c.Append(c.ProtoNode()); b != nil {
		b.S(" - ").S(s)
	}
}

func (m *mysqlWalk) request(c *Cursor) {
	if m.state == mysqlAtSwitch {
		mysqlSay(c, "Auth Switch Response ")
		c.FenceInfo()
		if c.Left() > 0 {
			c.Bytes(mysqlSwReply, c.Left())
		}
		m.state = mysqlAtOK
		return
	}
	cmd := c.Peek8(0)
	name, known := mysqlCommands.Lookup(uint64(cmd))
	r := c.Put(mysqlReq, c.Pos(), c.Left(), 0)
	b := c.Append(r)
	for i := range 2 {
		if i == 1 {
			mysqlSay(c, "Request ")
			b = c.Info()
		}
		if b == nil {
			continue
		}
		if i == 0 {
			b.C(' ')
		}
		if known {
			b.S(name)
		} else {
			b.S("Unknown (").U(uint64(cmd)).C(')')
			if i == 1 {
				b.C(' ')
			}
		}
	}
	c.FenceInfo()
	old := c.Push(r)
	defer c.Pop(old)
	c.U8(mysqlCmd)
	m.command(c, cmd)
}

func (m *mysqlWalk) command(c *Cursor, cmd uint8) {
	switch cmd {
	case 1: // quit
		m.state = mysqlAtRequest
	case 2, 5, 6: // use, create, drop
		c.Bytes(mysqlSchema, c.Left())
		m.state = mysqlAtOK
	case 3: // query
		if m.caps&mysqlCapQAttrs != 0 {
			at := c.Pos()
			n, k, _ := mysqlCount(c)
			c.Put(mysqlParams, at, k, n)
			c.Skip(1)
			if n > 0 {
				return
			}
		}
		c.Bytes(mysqlQuery, c.Left())
		m.state = mysqlAtTable
	case 22: // prepare
		c.Bytes(mysqlQuery, c.Left())
		m.state = mysqlAtPrepare
	case 4: // show fields
		c.StringZ(mysqlTable)
		if c.Left() > 0 {
			c.Bytes(mysqlQuery, c.Left())
		}
		m.state = mysqlAtShowFields
	case 9: // statistics
		m.state = mysqlAtMessage
	case 10: // processes
		m.state = mysqlAtTable
	case 13, 14, 31: // debug, ping, reset
		m.state = mysqlAtOK
	case 17: // change user
		m.changeUser(c)
	case 25: // close a statement
		c.U32LE(mysqlStmtID)
		m.state = mysqlAtRequest
	case 26: // reset a statement
		c.U32LE(mysqlStmtID)
		m.state = mysqlAtOK
	case 24: // send a parameter
		c.U32LE(mysqlStmtID)
		c.U16LE(mysqlParam)
		c.Bytes(mysqlPayload, c.Left())
		m.state = mysqlAtRequest
	case 23: // execute
		c.U32LE(mysqlStmtID)
		c.Bytes(mysqlPayload, c.Left())
		m.state = mysqlAtTable
	default:
		if c.Left() > 0 {
			c.Bytes(mysqlPayload, c.Left())
			c.Expert(c.Last(), eiMySQLCommand)
		}
		m.state = mysqlUnknown
	}
}

func (m *mysqlWalk) response(c *Cursor) {
	code := c.Peek8(0)
	if m.state == mysqlAtRow && code != 0xff && !(code == 0xfe && (c.Left() < 9 || m.caps&mysqlCapNoEOF != 0)) {
		m.row(c)
		return
	}
	switch {
	case code == 0xff:
		mysqlTitle(c, "response ERROR")
		m.err(c)
	case code == 0xfe && m.state == mysqlAtOK:
		m.authSwitch(c)
	case code == 0xfe && c.Left() <= 5:
		m.eof(c)
	case code == 0xfe && (c.Left() < 9 || m.caps&mysqlCapNoEOF != 0 && m.state == mysqlAtRow):
		mysqlTitle(c, "response OK")
		c.FieldAt(mysqlCode, c.Pos(), 1)
		c.U8(mysqlEOF)
		m.ok(c)
	case code == 0 && m.state == mysqlAtPrepare:
		m.prepared(c)
	case code == 0:
		mysqlTitle(c, "response OK")
		c.U8(mysqlCode)
		m.ok(c)
	default:
		m.other(c, code)
	}
}

func (m *mysqlWalk) err(c *Cursor) {
	m.state = mysqlAtRequest
	c.U8(mysqlCode)
	code := c.U16LE(mysqlErrCode)
	if b := c.Info(); b != nil {
		b.S(" Error ").U(uint64(code)).C(' ')
	}
	c.FenceInfo()
	if c.Left() > 0 && c.Peek8(0) == '#' {
		c.Skip(1)
		c.Bytes(mysqlSQLState, 5)
	}
	if c.Left() > 0 {
		c.Bytes(mysqlErrText, c.Left())
	}
}

func (m *mysqlWalk) authSwitch(c *Cursor) {
	mysqlTitle(c, "authentication switch request")
	mysqlSay(c, "Auth Switch Request ")
	c.FenceInfo()
	c.FieldAt(mysqlCode, c.Pos(), 1)
	c.U8(mysqlEOF)
	n := mysqlTextLen(c)
	c.Bytes(mysqlSwName, min(n+1, c.Left()))
	if c.Left() > 0 {
		c.Bytes(mysqlSwData, c.Left())
	}
	m.state = mysqlAtSwitch
}

func (m *mysqlWalk) eof(c *Cursor) {
	name := "intermediate EOF"
	if m.state != mysqlAtField && m.state != mysqlAtParam {
		name = "response EOF"
	}
	mysqlTitle(c, name)
	c.FieldAt(mysqlCode, c.Pos(), 1)
	c.U8(mysqlEOF)
	more := false
	if c.Left() > 0 {
		c.U16LE(mysqlWarnings)
		more = c.Peek16LE(0)&mysqlMore != 0
		c.WordLE(mysqlStatus, 2, mysqlStats...)
	}
	switch m.state {
	case mysqlAtField:
		m.state = mysqlAtRow
	case mysqlAtParam:
		m.state = mysqlAtRequest
		if m.fields > 0 {
			m.state = mysqlAtPrepField
		}
	case mysqlAtRow:
		m.state = mysqlAtRequest
		if more {
			m.state = mysqlAtTable
		}
	default:
		m.state = mysqlAtRequest
	}
}

// ok is what follows the code of an OK packet.
func (m *mysqlWalk) ok(c *Cursor) {
	if b := c.Info(); b != nil {
		b.S(" OK ")
	}
	c.FenceInfo()
	for _, f := range [...]field.ID{mysqlAffected, mysqlInsertID} {
		at := c.Pos()
		n, k, _ := mysqlCount(c)
		c.Put(f, at, k, n)
	}
	m.state = mysqlAtRequest
	if c.Left() > 0 {
		status := uint16(c.WordLE(mysqlStatus, 2, mysqlStats...))
		if status&mysqlMore != 0 {
			m.state = mysqlAtTable
		}
		c.U16LE(mysqlWarnings)
		if m.caps&mysqlCapTrack != 0 {
			mysqlTracked(c, status)
			return
		}
	}
	if c.Left() > 0 {
		c.Bytes(mysqlMessage, c.Left())
	}
}

func (m *mysqlWalk) prepared(c *Cursor) {
	mysqlTitle(c, "response OK")
	c.U8(mysqlCode)
	if b := c.Info(); b != nil {
		b.S(" OK ")
	}
	c.FenceInfo()
	c.U32LE(mysqlStmtID)
	m.fields = uint32(c.Peek16LE(0))
	c.FieldLE(mysqlNumFields, 2)
	m.params = uint32(c.Peek16LE(0))
	c.FieldLE(mysqlParams, 2)
	c.Skip(1)
	if c.Left() >= 2 {
		c.U16LE(mysqlWarnings)
	}
	switch {
	case m.params > 0:
		m.state = mysqlAtParam
	case m.fields > 0:
		m.state = mysqlAtPrepField
	default:
		m.state = mysqlAtRequest
	}
}

func (m *mysqlWalk) other(c *Cursor, code uint8) {
	switch m.state {
	case mysqlAtMessage:
		c.Bytes(mysqlMessage, c.Left())
		m.state = mysqlAtRequest
	case mysqlAtTable:
		mysqlTitle(c, "column count")
		if b := c.Info(); b != nil {
			b.S("TABULAR ")
		}
		c.FenceInfo()
		at := c.Pos()
		n, k, _ := mysqlCount(c)
		c.Put(mysqlNumFields, at, k, n)
		m.fields = uint32(n)
		if c.Left() > 0 {
			at = c.Pos()
			n, k, _ = mysqlCount(c)
			c.Put(mysqlExtra, at, k, n)
		}
		m.state = mysqlAtRequest
		if m.fields > 0 {
			m.state = mysqlAtField
		}
	case mysqlAtField, mysqlAtShowFields, mysqlAtParam, mysqlAtPrepField:
		title := "field packet"
		switch m.state {
		case mysqlAtShowFields:
			title = "response to SHOW FIELDS"
		case mysqlAtParam:
			title = "parameters in response to PREPARE"
		case mysqlAtPrepField:
			title = "fields in response to PREPARE"
		}
		mysqlTitle(c, title)
		m.column(c)
	case mysqlAtOK:
		if code != 1 || c.Left() != 2 {
			m.unknown(c)
			return
		}
		mysqlTitle(c, "caching_sha2_password")
		c.Skip(1)
		name := "unknown"
		switch c.Peek8(0) {
		case 2:
			name = "request_public_key"
		case 3:
			name = "fast_auth_success"
		case 4:
			name = "perform_full_authentication"
		}
		mysqlSay(c, "Caching_sha2_password ")
		if b := c.Info(); b != nil {
			b.S(name)
		}
		c.FenceInfo()
		c.PutText(mysqlSHA2, c.Pos(), 1, name)
		c.Skip(1)
	default:
		m.unknown(c)
	}
}

func (m *mysqlWalk) unknown(c *Cursor) {
	c.Bytes(mysqlPayload, c.Left())
	c.Expert(c.Last(), eiMySQLUnknown)
	m.state = mysqlUnknown
}

// mysqlLenText is a text with its length, in a line of its own.
func mysqlLenText(c *Cursor, f field.ID) {
	at := c.Pos()
	n, k, null := mysqlCount(c)
	c.Need(int(min(n, 1<<30)))
	var r dissect.Ref = c.None()
	if b := c.Text(at, k+int(n)); b != nil {
		b.S(field.Get(f).Label)
		r = c.Last()
	}
	old := c.Push(r)
	if null {
		c.PutText(f, c.Pos(), min(4, c.Left()), "NULL")
	} else {
		c.Bytes(f, int(n))
	}
	c.Pop(old)
}

func (m *mysqlWalk) column(c *Cursor) {
	for _, f := range mysqlFieldTexts {
		mysqlLenText(c, f)
	}
	c.Skip(1)
	c.U16LE(mysqlCharset)
	c.U32LE(mysqlFieldLen)
	c.U8(mysqlFieldType)
	c.WordLE(mysqlFieldFlag, 2, mysqlFieldFlags...)
	c.U8(mysqlDecimals)
	c.Skip(2)
	if c.Left() > 0 {
		mysqlLenText(c, mysqlDefault)
	}
	if m.fields > 0 && (m.state == mysqlAtField || m.state == mysqlAtPrepField) {
		m.fields--
	}
	if m.caps&mysqlCapNoEOF != 0 && m.state == mysqlAtField && m.fields == 0 {
		m.state = mysqlAtRow
	}
}

func (m *mysqlWalk) row(c *Cursor) {
	mysqlTitle(c, "row packet")
	for c.Left() > 0 {
		mysqlLenText(c, mysqlRowText)
	}
}
