package dfilter

import "sonde/capture/field"

var typeWords = map[field.Type]string{
	field.TNone: "Label", field.TProtocol: "Protocol", field.TBool: "Boolean", field.TChar: "Character (8 bits)",
	field.TUint8: "Unsigned integer (8 bits)", field.TUint16: "Unsigned integer (16 bits)", field.TUint24: "Unsigned integer (24 bits)",
	field.TUint32: "Unsigned integer (32 bits)", field.TUint40: "Unsigned integer (40 bits)", field.TUint48: "Unsigned integer (48 bits)",
	field.TUint56: "Unsigned integer (56 bits)", field.TUint64: "Unsigned integer (64 bits)",
	field.TInt8: "Signed integer (8 bits)", field.TInt16: "Signed integer (16 bits)", field.TInt24: "Signed integer (24 bits)",
	field.TInt32: "Signed integer (32 bits)", field.TInt40: "Signed integer (40 bits)", field.TInt48: "Signed integer (48 bits)",
	field.TInt56: "Signed integer (56 bits)", field.TInt64: "Signed integer (64 bits)",
	field.TFloat: "Floating point (single-precision)", field.TDouble: "Floating point (double-precision)", field.TFrameNum: "Frame number",
	field.TString: "Character string", field.TStringz: "Character string", field.TUintString: "Character string",
	field.TStringzPad: "Character string", field.TStringzTrunc: "Character string",
	field.TBytes: "Byte sequence", field.TUintBytes: "Byte sequence", field.TEther: "Ethernet or other MAC address",
	field.TIPv4: "IPv4 address", field.TIPv6: "IPv6 address", field.TEUI64: "EUI64 address", field.TIPXNet: "IPX network number",
	field.TFCWWN: "Fibre Channel WWN", field.TVINES: "VINES address", field.TGUID: "Globally Unique Identifier",
	field.TOID: "ASN.1 object identifier", field.TRelOID: "ASN.1 relative object identifier", field.TSystemID: "OSI System-ID",
	field.TAbsTime: "Date and time", field.TRelTime: "Time offset",
}

// typeWord is a type in words, for messages and completion.
func typeWord(t field.Type) string { return typeWords[t] }
