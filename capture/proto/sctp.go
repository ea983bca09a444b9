// SCTP, RFC 9260, with RFC 3758 (FORWARD-TSN), 4820 (PAD), 4895 (AUTH) and 5061
// (ASCONF) by their headers. Transmission numbers are shown relative to the
// first seen of each direction. Not decoded: the parameters of re-configuration
// and of address changes, which stay bytes; fragments of messages are not put
// together. Checksums are not verified.
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
	"sonde/capture/flow"
)

var (
	sctpP                          = protocol("sctp", "Stream Control Transmission Protocol", "SCTP")
	sctpChunk                      = sctpP.None("chunk", "Chunk")
	sctpSrcport                    = sctpP.U16("srcport", "Source port", dec /*BASE_PT_SCTP*/)
	sctpDstport                    = sctpP.U16("dstport", "Destination port", dec /*BASE_PT_SCTP*/)
	sctpPort                       = sctpP.U16("port", "Port", dec /*BASE_PT_SCTP*/)
	sctpVerificationTag            = sctpP.U32("verification_tag", "Verification tag", hex)
	sctpChecksum                   = sctpP.U32("checksum", "Checksum", hex)
	sctpChecksumStatus             = sctpP.U8("checksum.status", "Checksum Status", noBase, enum(checksumStatus), enumOnly)
	sctpChunkType                  = sctpP.U8("chunk_type", "Chunk type", dec, enum(sctpChunkTypes))
	sctpChunkFlags                 = sctpP.U8("chunk_flags", "Chunk flags", hex)
	sctpChunkBit1                  = sctpP.Bool("chunk_bit_1", "Bit", mask(8, 0x80), tf("Skip chunk and continue processing of the packet", "Stop processing of the packet"))
	sctpChunkBit2                  = sctpP.Bool("chunk_bit_2", "Bit", mask(8, 0x40), tf("Do report", "Do not report"))
	sctpChunkLength                = sctpP.U16("chunk_length", "Chunk length", dec)
	sctpChunkPadding               = sctpP.Bytes("chunk_padding", "Chunk padding")
	sctpChunkValue                 = sctpP.Bytes("chunk_value", "Chunk value")
	sctpCookie                     = sctpP.Bytes("cookie", "Cookie")
	sctpInitiateTag                = sctpP.U32("initiate_tag", "Initiate tag", hex)
	sctpInitInitiateTag            = sctpP.U32("init_initiate_tag", "Initiate tag", hex)
	sctpInitCredit                 = sctpP.U32("init_credit", "Advertised receiver window credit (a_rwnd)", dec)
	sctpInitNrOutStreams           = sctpP.U16("init_nr_out_streams", "Number of outbound streams", dec)
	sctpInitNrInStreams            = sctpP.U16("init_nr_in_streams", "Number of inbound streams", dec)
	sctpInitInitialTsn             = sctpP.U32("init_initial_tsn", "Initial TSN", dec)
	sctpInitackInitiateTag         = sctpP.U32("initack_initiate_tag", "Initiate tag", hex)
	sctpInitackCredit              = sctpP.U32("initack_credit", "Advertised receiver window credit (a_rwnd)", dec)
	sctpInitackNrOutStreams        = sctpP.U16("initack_nr_out_streams", "Number of outbound streams", dec)
	sctpInitackNrInStreams         = sctpP.U16("initack_nr_in_streams", "Number of inbound streams", dec)
	sctpInitackInitialTsn          = sctpP.U32("initack_initial_tsn", "Initial TSN", dec)
	sctpDataTsn                    = sctpP.U32("data_tsn", "Transmission sequence number (relative)", dec)
	sctpDataTsnRaw                 = sctpP.U32("data_tsn_raw", "Transmission sequence number (absolute)", dec)
	sctpDataSid                    = sctpP.U16("data_sid", "Stream identifier", hex)
	sctpDataSsn                    = sctpP.U16("data_ssn", "Stream sequence number", dec)
	sctpDataPayloadProtoId         = sctpP.U32("data_payload_proto_id", "Payload protocol identifier", dec, enum(sctpDataPayloadProtoIdNames))
	sctpDataEBit                   = sctpP.Bool("data_e_bit", "E-Bit", mask(8, 0x1), tf("Last segment", "Not the last segment"))
	sctpDataBBit                   = sctpP.Bool("data_b_bit", "B-Bit", mask(8, 0x2), tf("First segment", "Subsequent segment"))
	sctpDataUBit                   = sctpP.Bool("data_u_bit", "U-Bit", mask(8, 0x4), tf("Unordered delivery", "Ordered delivery"))
	sctpDataIBit                   = sctpP.Bool("data_i_bit", "I-Bit", mask(8, 0x8), tf("Send SACK immediately", "Possibly delay SACK"))
	sctpSackNonceSum               = sctpP.U8("sack_nonce_sum", "Nonce sum", dec, mask(8, 0x1))
	sctpSackCumulativeTsnAck       = sctpP.U32("sack_cumulative_tsn_ack", "Cumulative TSN ACK (relative)", dec)
	sctpSackCumulativeTsnAckRaw    = sctpP.U32("sack_cumulative_tsn_ack_raw", "Cumulative TSN ACK (absolute)", dec)
	sctpSackARwnd                  = sctpP.U32("sack_a_rwnd", "Advertised receiver window credit (a_rwnd)", dec)
	sctpSackNumberOfGapBlocks      = sctpP.U16("sack_number_of_gap_blocks", "Number of gap acknowledgement blocks", dec)
	sctpSackNumberOfDuplicatedTsns = sctpP.U16("sack_number_of_duplicated_tsns", "Number of duplicated TSNs", dec)
	sctpSackGapBlockStart          = sctpP.U16("sack_gap_block_start", "Start", dec)
	sctpSackGapBlockStartTsn       = sctpP.U32("sack_gap_block_start_tsn", "Start TSN", dec)
	sctpSackGapBlockEnd            = sctpP.U16("sack_gap_block_end", "End", dec)
	sctpSackGapBlockEndTsn         = sctpP.U32("sack_gap_block_end_tsn", "End TSN", dec)
	sctpSackNumberOfTsnsGapAcked   = sctpP.U32("sack_number_of_tsns_gap_acked", "Number of TSNs in gap acknowledgement blocks", dec)
	sctpSackDuplicateTsn           = sctpP.U32("sack_duplicate_tsn", "Duplicate TSN", dec)
	sctpShutdownCumulativeTsnAck   = sctpP.U32("shutdown_cumulative_tsn_ack", "Cumulative TSN Ack", dec)
	sctpShutdownCompleteTBit       = sctpP.Bool("shutdown_complete_t_bit", "T-Bit", mask(8, 0x1), tf("Tag reflected", "Tag not reflected"))
	sctpAbortTBit                  = sctpP.Bool("abort_t_bit", "T-Bit", mask(8, 0x1), tf("Tag reflected", "Tag not reflected"))
	sctpForwardTsnTsn              = sctpP.U32("forward_tsn_tsn", "New cumulative TSN", dec)
	sctpForwardTsnSid              = sctpP.U16("forward_tsn_sid", "Stream identifier", dec)
	sctpForwardTsnSsn              = sctpP.U16("forward_tsn_ssn", "Stream sequence number", dec)
	sctpParameterType              = sctpP.U16("parameter_type", "Parameter type", hex, enum(values(val(1, "Heartbeat info"),
		val(5, "IPv4 address"),
		val(6, "IPv6 address"),
		val(7, "State cookie"),
		val(8, "Unrecognized parameter"),
		val(9, "Cookie preservative"),
		val(11, "Hostname address"),
		val(13, "Outgoing SSN reset request"),
		val(14, "Incoming SSN reset request"),
		val(15, "SSN/TSN reset request"),
		val(16, "Re-configuration response"),
		val(17, "Add outgoing streams request"),
		val(18, "Add incoming streams request"),
		val(12, "Supported address types"),
		val(32768, "ECN"),
		val(32769, "Zero checksum acceptable"),
		val(32770, "Random"),
		val(32771, "Authenticated Chunk list"),
		val(32772, "Requested HMAC Algorithm"),
		val(32776, "Supported Extensions"),
		val(49152, "Forward TSN supported"),
		val(49153, "Add IP address"),
		val(49154, "Delete IP address"),
		val(49155, "Error cause indication"),
		val(49156, "Set primary address"),
		val(49157, "Success report"),
		val(49158, "Adaptation Layer Indication"))))
	sctpParameterLength                 = sctpP.U16("parameter_length", "Parameter length", dec)
	sctpParameterValue                  = sctpP.Bytes("parameter_value", "Parameter value")
	sctpParameterPadding                = sctpP.Bytes("parameter_padding", "Parameter padding")
	sctpParameterBit1                   = sctpP.Bool("parameter_bit_1", "Bit", mask(16, 0x8000), tf("Skip parameter and continue processing of the chunk", "Stop processing of chunk"))
	sctpParameterBit2                   = sctpP.Bool("parameter_bit_2", "Bit", mask(16, 0x4000), tf("Do report", "Do not report"))
	sctpParameterIpv4Address            = sctpP.IPv4("parameter_ipv4_address", "IP Version 4 address")
	sctpParameterIpv6Address            = sctpP.IPv6("parameter_ipv6_address", "IP Version 6 address")
	sctpParameterHeartbeatInformation   = sctpP.Bytes("parameter_heartbeat_information", "Heartbeat information")
	sctpParameterStateCookie            = sctpP.Bytes("parameter_state_cookie", "State cookie")
	sctpParameterCookiePreservativeIncr = sctpP.U32("parameter_cookie_preservative_incr", "Suggested Cookie life-span increment (msec)", dec)
	sctpParameterSupportedAddressType   = sctpP.U16("parameter_supported_address_type", "Supported address type", dec, enum(values(val(5, "IPv4 address"),
		val(6, "IPv6 address"),
		val(11, "Hostname address"))))
	sctpAdaptationLayerIndication = sctpP.U32("adaptation_layer_indication", "Indication", hex)
	sctpSupportedChunkType        = sctpP.U8("supported_chunk_type", "Supported chunk type", dec, enum(sctpChunkTypes))
	sctpCauseCode                 = sctpP.U16("cause_code", "Cause code", hex, enum(values(val(1, "Invalid stream identifier"),
		val(2, "Missing mandatory parameter"),
		val(3, "Stale cookie error"),
		val(4, "Out of resource"),
		val(5, "Unresolvable address"),
		val(6, "Unrecognized chunk type"),
		val(7, "Invalid mandatory parameter"),
		val(8, "Unrecognized parameters"),
		val(9, "No user data"),
		val(10, "Cookie received while shutting down"),
		val(11, "Restart of an association with new addresses"),
		val(12, "User initiated ABORT"),
		val(13, "Protocol violation"),
		val(160, "Request to delete last address"),
		val(161, "Operation refused due to resource shortage"),
		val(162, "Request to delete source address"),
		val(163, "Association Aborted due to illegal ASCONF-ACK"),
		val(164, "Request refused - no authorization"),
		val(261, "Unsupported HMAC identifier"))))
	sctpCauseLength      = sctpP.U16("cause_length", "Cause length", dec)
	sctpCauseInformation = sctpP.Bytes("cause_information", "Cause information")
	sctpAssocIndex       = sctpP.U16("assoc_index", "Association index", dec)

	sctpPPITable  = sctpP.Table("sctp.ppi")
	sctpPortTable = sctpP.Table("sctp.port")
	_             = sctpP.Parse(parseSCTP).Stateful().On("ip.proto", 132).On("udp.port", 9899).Calls(dataP)

	sctpTSNs  = flow.NewSlot[sctpFirsts]()
	sctpFacts = flow.NewFacts[sctpFirsts]()
)

// sctpFirsts are the numbers that relative ones count from, by direction.
type sctpFirsts struct {
	first [2]uint32
	known [2]bool
}

var sctpChunkTypeNames = values(
	val(0, "DATA"),
	val(1, "INIT"),
	val(2, "INIT_ACK"),
	val(3, "SACK"),
	val(4, "HEARTBEAT"),
	val(5, "HEARTBEAT_ACK"),
	val(6, "ABORT"),
	val(7, "SHUTDOWN"),
	val(8, "SHUTDOWN_ACK"),
	val(9, "ERROR"),
	val(10, "COOKIE_ECHO"),
	val(11, "COOKIE_ACK"),
	val(12, "ECNE"),
	val(13, "CWR"),
	val(14, "SHUTDOWN_COMPLETE"),
	val(15, "AUTH"),
	val(16, "NR_SACK"),
	val(64, "I_DATA"),
	val(128, "ASCONF_ACK"),
	val(129, "PKTDROP"),
	val(130, "RE_CONFIG"),
	val(132, "PAD"),
	val(192, "FORWARD_TSN"),
	val(193, "ASCONF"),
	val(194, "I_FORWARD_TSN"),
	val(255, "IETF_EXTENSION"),
)

var sctpDataPayloadProtoIdNames = values(
	val(0, "not specified"),
	val(1, "IUA"),
	val(2, "M2UA"),
	val(3, "M3UA"),
	val(4, "SUA"),
	val(5, "M2PA"),
	val(6, "V5UA"),
	val(7, "H.248/MEGACO"),
	val(8, "BICC/Q.2150.3"),
	val(9, "TALI"),
	val(10, "DUA"),
	val(11, "ASAP"),
	val(12, "ENRP"),
	val(13, "H.323"),
	val(14, "Q.IPC/Q.2150.3"),
	val(15, "SIMCO"),
	val(16, "DDP Segment Chunk"),
	val(17, "DDP Stream Session Control"),
	val(18, "S1 Application Protocol (S1AP)"),
	val(19, "RUA"),
	val(20, "HNBAP"),
	val(21, "ForCES-HP"),
	val(22, "ForCES-MP"),
	val(23, "ForCES-LP"),
	val(24, "SBc-AP"),
	val(25, "NBAP"),
	val(26, "Unassigned"),
	val(27, "X2AP"),
	val(28, "IRCP"),
	val(29, "LCS-AP"),
	val(30, "MPICH2"),
	val(31, "SABP"),
	val(32, "Fractal Generator Protocol"),
	val(33, "Ping Pong Protocol"),
	val(34, "CalcApp Protocol"),
	val(35, "Scripting Service Protocol"),
	val(36, "NetPerfMeter Control"),
	val(37, "NetPerfMeter Data"),
	val(38, "Echo"),
	val(39, "Discard"),
	val(40, "Daytime"),
	val(41, "Character Generator"),
	val(42, "3GPP RNA"),
	val(43, "3GPP M2AP"),
	val(44, "3GPP M3AP"),
	val(45, "SSH"),
	val(46, "DIAMETER"),
	val(47, "DIAMETER over DTLS"),
	val(48, "R14P"),
	val(49, "Generic Data Transfer Protocol (GDT)"),
	val(50, "WebRTC Control"),
	val(51, "WebRTC String"),
	val(52, "WebRTC Binary Partial (Deprecated)"),
	val(53, "WebRTC Binary"),
	val(54, "WebRTC String Partial (Deprecated)"),
	val(55, "3GPP PUA"),
	val(56, "WebRTC String Empty"),
	val(57, "WebRTC Binary Empty"),
	val(58, "XwAP"),
	val(59, "Xw - Control Plane"),
	val(60, "NGAP"),
	val(61, "XnAP"),
	val(62, "F1 AP"),
	val(65, "ELE2 Lawful Interception"),
	val(66, "NGAP over DTLS"),
	val(67, "XnAP over DTLS"),
	val(68, "F1AP over DTLS"),
	val(69, "E1AP over DTLS"),
	val(70, "E2-CP"),
	val(71, "E2-UP"),
	val(72, "E2-DU"),
	val(73, "W1AP"),
)

func parseSCTP(c *Cursor) {
	p := c.Packet()
	at := c.Pos()
	sp, dp := c.Peek16(0), c.Peek16(2)
	p.SrcPort, p.DstPort, p.PortKind = uint32(sp), uint32(dp), flow.KSCTP
	c.SetProtocol("SCTP")
	c.SetInfo()
	if b := c.Label(c.ProtoNode()); b != nil {
		b.S("Stream Control Transmission Protocol, Src Port: ").U(uint64(sp)).S(" (").U(uint64(sp)).
			S("), Dst Port: ").U(uint64(dp)).S(" (").U(uint64(dp)).C(')')
	}
	c.Need(12)
	f, dir := sctpLearn(c, p, sp, dp)
	if c.Peek32(4) == 0 {
		f = nil // no tag, no association
	}
	c.U16(sctpSrcport)
	c.U16(sctpDstport)
	c.U32(sctpVerificationTag)
	r := c.Gen(sctpAssocIndex, at, 0, 65535)
	if b := c.Label(r); b != nil {
		b.S("Association index: disabled (enable in preferences)")
	}
	c.PutHidden(sctpPort, at, 2, uint64(sp))
	c.PutHidden(sctpPort, at+2, 2, uint64(dp))
	r = c.Field(sctpChecksum, 4)
	if b := c.Append(r); b != nil {
		b.S(" [unverified]")
	}
	c.Gen(sctpChecksumStatus, at+8, 0, 2)
	for c.Left() >= 4 {
		sctpOneChunk(c, p, f, dir)
	}
}

// sctpLearn finds the association, and the numbers its own ones count from.
func sctpLearn(c *Cursor, p *dissect.Packet, sp, dp uint16) (*sctpFirsts, int) {
	st, num := c.Flow(), c.Frame().Number
	dir := 0
	if sp > dp || sp == dp && p.Dst.Less(&p.Src) {
		dir = 1
	}
	if !c.Learning() {
		return sctpFacts.Get(st, num, c.Layer()), dir
	}
	conv := st.Find(flow.KSCTP, &p.Src, &p.Dst, uint32(sp), uint32(dp), num)
	if conv == nil {
		conv = st.Create(flow.KSCTP, &p.Src, &p.Dst, uint32(sp), uint32(dp), num)
		conv.FirstTime = c.Frame().Time
	}
	conv.Last, conv.LastTime = num, c.Frame().Time
	conv.Packets++
	s := sctpTSNs.Make(conv)
	start := func(d int, tsn uint32, again bool) {
		if !s.known[d] || again {
			s.first[d], s.known[d] = tsn, true
		}
	}
	data := c.Rest()
	for at := 12; at+4 <= len(data); {
		n := int(data[at+2])<<8 | int(data[at+3])
		if n < 4 {
			break
		}
		if body := data[at:]; len(body) >= 8 {
			tsn := uint32(body[4])<<24 | uint32(body[5])<<16 | uint32(body[6])<<8 | uint32(body[7])
			switch body[0] {
			case 0, 64:
				start(dir, tsn, false)
			case 1, 2:
				if len(body) >= 20 {
					start(dir, uint32(body[16])<<24|uint32(body[17])<<16|uint32(body[18])<<8|uint32(body[19]), true)
				}
			case 3, 16:
				start(1-dir, tsn, false)
			}
		}
		at += (n + 3) &^ 3
	}
	f := sctpFacts.Put(st, num, c.Layer())
	*f = *s
	return f, dir
}

// relative counts a number from the first of its direction.
func (f *sctpFirsts) relative(dir int, tsn uint32) uint32 {
	if f != nil && f.known[dir] {
		return tsn - f.first[dir]
	}
	return tsn
}

func sctpOneChunk(c *Cursor, p *dissect.Packet, f *sctpFirsts, dir int) {
	at := c.Pos()
	kind, flags, n := c.Peek8(0), c.Peek8(1), int(c.Peek16(2))
	pad := (n+3)&^3 - n
	have := min(n, c.Left())
	name := sctpChunkTypeNames.Text(uint64(kind), "Unknown chunk type")
	if b := c.Info(); b != nil {
		b.S(name).C(' ')
	}
	pad = max(0, min(pad, c.Left()-n))
	line := c.Put(sctpChunk, at, have+pad, 0)
	label := c.Label(line)
	if label != nil {
		label.S(name).S(" chunk")
	}
	old := c.Push(line)
	defer c.Pop(old)
	r := c.FieldAt(sctpChunkType, at, 1)
	up := c.Push(r)
	c.FieldAt(sctpChunkBit1, at, 1)
	c.FieldAt(sctpChunkBit2, at, 1)
	c.Pop(up)
	r = c.FieldAt(sctpChunkFlags, at+1, 1)
	up = c.Push(r)
	switch kind {
	case 0:
		for _, id := range [...]field.ID{sctpDataIBit, sctpDataUBit, sctpDataBBit, sctpDataEBit} {
			c.FieldAt(id, at+1, 1)
		}
	case 3:
		c.FieldAt(sctpSackNonceSum, at+1, 1)
	case 6:
		c.FieldAt(sctpAbortTBit, at+1, 1)
	case 14:
		c.FieldAt(sctpShutdownCompleteTBit, at+1, 1)
	}
	c.Pop(up)
	c.FieldAt(sctpChunkLength, at+2, 2)
	c.Skip(4)
	if n < 4 {
		c.Seek(c.End())
		return
	}
	end := at + n
	if kind == 0 {
		sctpData(c, p, f, dir, line, flags, at, n, pad)
		c.Seek(end + pad)
		return
	}
	switch kind {
	case 1, 2:
		sctpInit(c, line, kind == 2, end)
	case 3:
		sctpSack(c, f, 1-dir, line)
	case 4, 5:
		if b := c.Append(line); b != nil {
			b.S(" (Information: ").U(uint64(n - 4)).S(plural(n-4, " byte)", " bytes)"))
		}
		sctpParameters(c, end)
	case 6, 9:
		sctpCauses(c, end)
	case 7:
		v := c.U32(sctpShutdownCumulativeTsnAck)
		if b := c.Append(line); b != nil {
			b.S(" (Cumulative TSN ack: ").U(uint64(v)).C(')')
		}
	case 10:
		if b := c.Append(line); b != nil {
			b.S(" (Cookie length: ").U(uint64(n - 4)).S(plural(n-4, " byte)", " bytes)"))
		}
		c.Field(sctpCookie, n-4)
	case 8, 11, 14:
	case 192:
		v := c.U32(sctpForwardTsnTsn)
		if b := c.Append(line); b != nil {
			b.S("(Cumulative TSN: ").U(uint64(v)).C(')')
		}
		for c.Pos()+4 <= end {
			c.U16(sctpForwardTsnSid)
			c.U16(sctpForwardTsnSsn)
		}
	default:
		if b := c.Append(line); b != nil && sctpUnknown(kind) {
			b.S(" (Type: ").U(uint64(kind)).S(", value length: ").U(uint64(n - 4)).S(plural(n-4, " byte)", " bytes)"))
		}
		if n > 4 {
			c.Field(sctpChunkValue, n-4)
		}
	}
	c.Seek(end)
	if pad > 0 {
		c.Field(sctpChunkPadding, pad)
	}
}

func sctpUnknown(kind uint8) bool {
	_, ok := sctpChunkTypeNames.Lookup(uint64(kind))
	return !ok
}

func sctpInit(c *Cursor, line dissect.Ref, ack bool, end int) {
	out, in := c.Peek16(8), c.Peek16(10)
	if b := c.Append(line); b != nil {
		b.S(" (Outbound streams: ").U(uint64(out)).S(", inbound streams: ").U(uint64(in)).C(')')
	}
	fields := [...]field.ID{sctpInitInitiateTag, sctpInitCredit, sctpInitNrOutStreams, sctpInitNrInStreams, sctpInitInitialTsn}
	if ack {
		fields = [...]field.ID{sctpInitackInitiateTag, sctpInitackCredit, sctpInitackNrOutStreams, sctpInitackNrInStreams, sctpInitackInitialTsn}
	}
	tag := c.Pos()
	v := c.U32(fields[0])
	c.PutHidden(sctpInitiateTag, tag, 4, uint64(v))
	c.U32(fields[1])
	c.U16(fields[2])
	c.U16(fields[3])
	c.U32(fields[4])
	sctpParameters(c, end)
}

func sctpSack(c *Cursor, f *sctpFirsts, dir int, line dissect.Ref) {
	at := c.Pos()
	tsn, window, gaps, dups := c.Peek32(0), c.Peek32(4), int(c.Peek16(8)), int(c.Peek16(10))
	rel := f.relative(dir, tsn)
	if b := c.Append(line); b != nil {
		b.S(" (Cumulative TSN: ").U(uint64(tsn)).S(", a_rwnd: ").U(uint64(window)).S(", gaps: ").U(uint64(gaps)).
			S(", duplicate TSNs: ").U(uint64(dups)).C(')')
	}
	if b := c.Info(); b != nil {
		b.S("(Ack=").U(uint64(rel)).S(", Arwnd=").U(uint64(window)).S(") ")
	}
	if f != nil {
		c.Put(sctpSackCumulativeTsnAck, at, 4, uint64(rel))
	}
	c.U32(sctpSackCumulativeTsnAckRaw)
	c.U32(sctpSackARwnd)
	c.U16(sctpSackNumberOfGapBlocks)
	c.U16(sctpSackNumberOfDuplicatedTsns)
	total := uint32(0)
	for i := 0; i < gaps; i++ {
		at := c.Pos()
		from, to := c.Peek16(0), c.Peek16(2)
		block := c.None()
		if b := c.Text(at, 4); b != nil {
			block = c.Last()
			b.S("Gap Acknowledgement for TSN ").U(uint64(rel + uint32(from))).S(" to ").U(uint64(rel + uint32(to)))
		}
		old := c.Push(block)
		c.U16(sctpSackGapBlockStart)
		c.Gen(sctpSackGapBlockStartTsn, at, 2, uint64(rel+uint32(from)))
		c.U16(sctpSackGapBlockEnd)
		c.Gen(sctpSackGapBlockEndTsn, at+2, 2, uint64(rel+uint32(to)))
		c.Pop(old)
		total += uint32(to) - uint32(from) + 1
	}
	if gaps > 0 {
		c.Gen(sctpSackNumberOfTsnsGapAcked, at+8, 2, uint64(total))
	}
	for ; dups > 0; dups-- {
		c.U32(sctpSackDuplicateTsn)
	}
}

// sctpData reads a DATA chunk and hands its payload on.
func sctpData(c *Cursor, p *dissect.Packet, f *sctpFirsts, dir int, line dissect.Ref, flags uint8, at, n, pad int) {
	tsn, sid, ssn, ppid := c.Peek32(0), c.Peek16(4), c.Peek16(6), c.Peek32(8)
	rel := f.relative(dir, tsn)
	c.SetLen(line, at+16)
	c.ProtoEnd(at + 16)
	if b := c.Info(); b != nil {
		b.S("(TSN=").U(uint64(rel)).S(") ")
	}
	if b := c.Append(line); b != nil {
		segment := [...]string{"middle", "last", "first", "complete"}[flags&3]
		b.S(pick(flags&4 != 0, " (unordered, ", " (ordered, ")).S(segment).S(" segment, TSN: ").U(uint64(rel)).S(", SID: ").U(uint64(sid))
		b.S(", SSN: ").U(uint64(ssn)).S(", PPID: ").U(uint64(ppid)).S(", payload length: ").U(uint64(max(0, n-16))).S(plural(n-16, " byte)", " bytes)"))
	}
	if f != nil {
		c.Put(sctpDataTsn, c.Pos(), 4, uint64(rel))
	}
	c.U32(sctpDataTsnRaw)
	c.U16(sctpDataSid)
	c.U16(sctpDataSsn)
	c.U32(sctpDataPayloadProtoId)
	if n <= 16 {
		return
	}
	if pad > 0 {
		c.FieldAt(sctpChunkPadding, at+n, pad)
	}
	pos := c.Pos()
	if flags&3 == 3 {
		if c.Next(sctpPPITable, uint64(ppid), pos, n-16) {
			return
		}
		lo, hi := uint64(min(p.SrcPort, p.DstPort)), uint64(max(p.SrcPort, p.DstPort))
		if c.Next(sctpPortTable, lo, pos, n-16) || c.Next(sctpPortTable, hi, pos, n-16) {
			return
		}
	}
	c.Sub(dataP, pos, n-16)
}

// sctpParameters reads parameters up to end.
func sctpParameters(c *Cursor, end int) {
	for c.Pos()+4 <= end {
		at := c.Pos()
		kind, n := c.Peek16(0), int(c.Peek16(2))
		name := field.Get(sctpParameterType).Enum.Text(uint64(kind), "Unknown")
		pad := max(0, min((n+3)&^3-n, end-at-n))
		line := c.None()
		if b := c.Text(at, n+pad); b != nil {
			line = c.Last()
			b.S(name).S(" parameter")
			sctpParameterText(c, b, kind, n)
		}
		old := c.Push(line)
		r := c.Field(sctpParameterType, 2)
		up := c.Push(r)
		c.FieldAt(sctpParameterBit1, at, 2)
		c.FieldAt(sctpParameterBit2, at, 2)
		c.Pop(up)
		c.U16(sctpParameterLength)
		size := n - 4
		switch {
		case size <= 0:
		case kind == 1:
			c.Field(sctpParameterHeartbeatInformation, size)
		case kind == 5:
			c.Field(sctpParameterIpv4Address, 4)
		case kind == 6:
			c.Field(sctpParameterIpv6Address, 16)
		case kind == 7:
			c.Field(sctpParameterStateCookie, size)
		case kind == 9:
			c.U32(sctpParameterCookiePreservativeIncr)
		case kind == 12:
			for ; size >= 2; size -= 2 {
				c.U16(sctpParameterSupportedAddressType)
			}
		case kind == 0x8008:
			for ; size > 0; size-- {
				c.U8(sctpSupportedChunkType)
			}
		case kind == 0xc006:
			c.U32(sctpAdaptationLayerIndication)
		default:
			c.Field(sctpParameterValue, size)
		}
		c.Seek(at + n)
		if pad > 0 {
			c.Field(sctpParameterPadding, pad)
		}
		c.Pop(old)
		if n < 4 {
			return
		}
		c.Seek(at + n + pad)
	}
}

// sctpParameterText says in a parameter's line what it holds.
func sctpParameterText(c *Cursor, b *field.Text, kind uint16, n int) {
	switch {
	case n <= 4 || !c.Has(n):
	case kind == 1:
		b.S(" (Information: ").U(uint64(n - 4)).S(plural(n-4, " byte)", " bytes)"))
	case kind == 5 && n >= 8:
		b.S(" (Address: ").IPv4(c.PeekBytes(4, 4)).C(')')
	case kind == 6 && n >= 20:
		b.S(" (Address: ").IPv6(c.PeekBytes(4, 16)).C(')')
	case kind == 7:
		b.S(" (Cookie length: ").U(uint64(n - 4)).S(plural(n-4, " byte)", " bytes)"))
	case kind == 9 && n >= 8:
		b.S(" (Increment :").U(uint64(c.Peek32(4))).S(" msec)")
	case kind == 12:
		b.S(" (Supported types: ")
		for i := 4; i+2 <= n; i += 2 {
			if i > 4 {
				b.S(", ")
			}
			b.S([...]string{5: "IPv4", 6: "IPv6", 11: "hostname", 12: ""}[min(c.Peek16(i), 12)])
		}
		b.C(')')
	}
}

// sctpCauses reads the error causes of ABORT and ERROR.
func sctpCauses(c *Cursor, end int) {
	for c.Pos()+4 <= end {
		at := c.Pos()
		kind, n := c.Peek16(0), int(c.Peek16(2))
		line := c.None()
		if b := c.Text(at, n); b != nil {
			line = c.Last()
			b.S(field.Get(sctpCauseCode).Enum.Text(uint64(kind), "Unknown")).S(" cause")
		}
		old := c.Push(line)
		c.U16(sctpCauseCode)
		c.U16(sctpCauseLength)
		if n > 4 {
			c.Field(sctpCauseInformation, n-4)
		}
		c.Pop(old)
		if n < 4 {
			return
		}
		c.Seek(at + (n+3)&^3)
	}
}

// sctpChunkTypes are the chunks' names (RFC 9260 section 3.2 and IANA).
var sctpChunkTypes = values(
	val(0, "DATA"),
	val(1, "INIT"),
	val(2, "INIT_ACK"),
	val(3, "SACK"),
	val(4, "HEARTBEAT"),
	val(5, "HEARTBEAT_ACK"),
	val(6, "ABORT"),
	val(7, "SHUTDOWN"),
	val(8, "SHUTDOWN_ACK"),
	val(9, "ERROR"),
	val(10, "COOKIE_ECHO"),
	val(11, "COOKIE_ACK"),
	val(12, "ECNE"),
	val(13, "CWR"),
	val(14, "SHUTDOWN_COMPLETE"),
	val(15, "AUTH"),
	val(16, "NR_SACK"),
	val(64, "I_DATA"),
	val(128, "ASCONF_ACK"),
	val(129, "PKTDROP"),
	val(130, "RE_CONFIG"),
	val(132, "PAD"),
	val(192, "FORWARD_TSN"),
	val(193, "ASCONF"),
	val(194, "I_FORWARD_TSN"),
	val(255, "IETF_EXTENSION"),
)
