package proto

// Differentiated services, RFC 2474, 2597, 3246, 8622; ECN, RFC 3168.
var (
	dscpNames = values(val(0, "Default"), val(1, "LE"), val(8, "Class Selector 1"), val(10, "Assured Forwarding 11"), val(12, "Assured Forwarding 12"),
		val(14, "Assured Forwarding 13"), val(16, "Class Selector 2"), val(18, "Assured Forwarding 21"), val(20, "Assured Forwarding 22"),
		val(22, "Assured Forwarding 23"), val(24, "Class Selector 3"), val(26, "Assured Forwarding 31"), val(28, "Assured Forwarding 32"),
		val(30, "Assured Forwarding 33"), val(32, "Class Selector 4"), val(34, "Assured Forwarding 41"), val(36, "Assured Forwarding 42"),
		val(38, "Assured Forwarding 43"), val(40, "Class Selector 5"), val(44, "Voice Admit"), val(45, "NQB"), val(46, "Expedited Forwarding"), val(48, "Class Selector 6"),
		val(56, "Class Selector 7"))
	dscpShort = values(val(0, "CS0"), val(1, "LE"), val(8, "CS1"), val(10, "AF11"), val(12, "AF12"), val(14, "AF13"), val(16, "CS2"), val(18, "AF21"),
		val(20, "AF22"), val(22, "AF23"), val(24, "CS3"), val(26, "AF31"), val(28, "AF32"), val(30, "AF33"), val(32, "CS4"), val(34, "AF41"),
		val(36, "AF42"), val(38, "AF43"), val(40, "CS5"), val(44, "VOICE-ADMIT"), val(45, "NQB"), val(46, "EF PHB"), val(48, "CS6"), val(56, "CS7"))
	ecnNames = values(val(0, "Not ECN-Capable Transport"), val(1, "ECN-Capable Transport codepoint '01'"), val(2, "ECN-Capable Transport codepoint '10'"), val(3, "Congestion Experienced"))
	ecnShort = values(val(0, "Not-ECT"), val(1, "ECT(1)"), val(2, "ECT(0)"), val(3, "CE"))
)

// ipProtos are the assigned protocol numbers by Wireshark's texts.
var ipProtos = values()
