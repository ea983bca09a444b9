package proto

import "sonde/capture/field"

// Changes of a session's state that ride on OK packets.

var (
	mysqlTrkData  = mysqlP.None("session_track.data", "Session tracking data")
	mysqlTrkLen   = mysqlP.U64("session_track.data.length", "Session tracking data length", dec)
	mysqlTrk      = mysqlP.None("session_track", "Session Track")
	mysqlTrkType  = mysqlP.U8("session_track.type", "Session tracking type", dec, enum(values(val(0, "SESSION_SYSVARS_TRACKER"), val(1, "CURRENT_SCHEMA_TRACKER"), val(2, "SESSION_STATE_CHANGE_TRACKER"), val(3, "SESSION_TRACK_GTIDS"), val(4, "SESSION_TRACK_TRANSACTION_CHARACTERISTICS"), val(5, "SESSION_TRACK_TRANSACTION_STATE"))))
	mysqlTrkSize  = mysqlP.U64("session_track.length", "Session tracking length", dec)
	mysqlTrkVLen  = mysqlP.U64("session_track.sysvar.length", "System variable change Length", dec)
	mysqlTrkVName = mysqlP.Add("session_track.sysvar.name", "System variable change Name", field.TStringz, noBase)
	mysqlTrkValue = mysqlP.Add("session_track.sysvar.value", "System variable change Value", field.TStringz, noBase)
	mysqlTrkSLen  = mysqlP.U64("session_track.schema.length", "Schema change length", dec)
	mysqlTrkS     = mysqlP.Add("session_track.schema", "Schema change", field.TStringz, noBase)
	mysqlTrkState = mysqlP.Add("session_track.state_change", "State change", field.TStringz, noBase)
	mysqlTrkGEnc  = mysqlP.U8("session_track.gtids.encoding", "GTIDs encoding", dec)
	mysqlTrkGLen  = mysqlP.U64("session_track.gtids.length", "GTIDs length", dec)
	mysqlTrkG     = mysqlP.Add("session_track.gtids", "GTIDs", field.TStringz, noBase)
	mysqlTrkCLen  = mysqlP.U64("session_track.transaction_characteristics.length", "Transaction characteristics length", dec)
	mysqlTrkC     = mysqlP.Add("session_track.transaction_characteristics", "Transaction characteristics", field.TStringz, noBase)
	mysqlTrkTLen  = mysqlP.U64("session_track.transaction_state.length", "Transaction state length", dec)
	mysqlTrkT     = mysqlP.Add("session_track.transaction_state", "Transaction state", field.TStringz, noBase)
)

const mysqlTrackChanged = 1 << 14 // server status

// mysqlTracked is the message of an OK packet and what changed.
func mysqlTracked(c *Cursor, status uint16) {
	if c.Left() == 0 {
		return
	}
	n, _, _ := mysqlCount(c)
	if n > 0 {
		c.Bytes(mysqlMessage, int(min(n, 1<<30)))
	}
	if status&mysqlTrackChanged == 0 || c.Left() == 0 {
		return
	}
	at := c.Pos()
	n, k, _ := mysqlCount(c)
	r := c.Put(mysqlTrkData, at, k+int(min(n, 1<<30)), 0)
	old := c.Push(r)
	c.Put(mysqlTrkLen, at, k, n)
	for end := c.Pos() + int(min(n, uint64(c.Left()))); c.Pos() < end; {
		mysqlTrackOne(c)
	}
	c.Pop(old)
}

func mysqlTrackOne(c *Cursor) {
	r := c.Put(mysqlTrk, c.Pos(), 0, 0)
	old := c.Push(r)
	kind := c.U8(mysqlTrkType)
	at := c.Pos()
	n, k, _ := mysqlCount(c)
	c.Put(mysqlTrkSize, at, k, n)
	end := c.Pos() + int(min(n, 1<<30))
	switch kind {
	case 0:
		mysqlText(c, mysqlTrkVLen, mysqlTrkVName)
		mysqlText(c, mysqlTrkVLen, mysqlTrkValue)
	case 1:
		mysqlText(c, mysqlTrkSLen, mysqlTrkS)
	case 2:
		c.Skip(1)
		c.Bytes(mysqlTrkState, 1)
	case 3:
		c.U8(mysqlTrkGEnc)
		mysqlText(c, mysqlTrkGLen, mysqlTrkG)
	case 4:
		mysqlText(c, mysqlTrkCLen, mysqlTrkC)
	case 5:
		mysqlText(c, mysqlTrkTLen, mysqlTrkT)
	}
	c.Seek(end)
	c.SetLen(r, end)
	c.Pop(old)
}
