package proto

var mqttTypes = values(
	val(0, "Reserved"),
	val(1, "Connect Command"),
	val(2, "Connect Ack"),
	val(3, "Publish Message"),
	val(4, "Publish Ack"),
	val(5, "Publish Received"),
	val(6, "Publish Release"),
	val(7, "Publish Complete"),
	val(8, "Subscribe Request"),
	val(9, "Subscribe Ack"),
	val(10, "Unsubscribe Request"),
	val(11, "Unsubscribe Ack"),
	val(12, "Ping Request"),
	val(13, "Ping Response"),
	val(14, "Disconnect Req"),
	val(15, "Authentication Exchange"),
	val(16, "Reserved"),
)

var mqttQoS = values(
	val(0, "At most once delivery (Fire and Forget)"),
	val(1, "At least once delivery (Acknowledged deliver)"),
	val(2, "Exactly once delivery (Assured Delivery)"),
	val(3, "Reserved"),
)

var mqttReturns = values(
	val(0, "Connection Accepted"),
	val(1, "Connection Refused: unacceptable protocol version"),
	val(2, "Connection Refused: identifier rejected"),
	val(3, "Connection Refused: server unavailable"),
	val(4, "Connection Refused: bad user name or password"),
	val(5, "Connection Refused: not authorized"),
)

var mqttGranted = values(
	val(0, "At most once delivery (Fire and Forget)"),
	val(1, "At least once delivery (Acknowledged deliver)"),
	val(2, "Exactly once delivery (Assured Delivery)"),
	val(3, "Reserved"),
	val(128, "Failure"),
)

var mqttVersions = values(
	val(3, "MQTT v3.1"),
	val(4, "MQTT v3.1.1"),
	val(5, "MQTT v5.0"),
)

var mqttRetains = values(
	val(0, "Send msgs at subscription time"),
	val(1, "Send msgs if subscription does not exist"),
	val(2, "Do not send msgs at subscription time"),
	val(3, "Reserved"),
)

var mqttConnackReasons = values(
	val(0, "Success"),
	val(128, "Unspecified error"),
	val(129, "Malformed Packet"),
	val(130, "Protocol Error"),
	val(131, "Implementation specific error"),
	val(132, "Unsupported Protocol Version"),
	val(133, "Client Identifier not valid"),
	val(134, "Bad User Name or Password"),
	val(135, "Not authorized"),
	val(136, "Server unavailable"),
	val(137, "Server busy"),
	val(138, "Banned"),
	val(140, "Bad authentication method"),
	val(144, "Topic Name invalid"),
	val(149, "Packet too large"),
	val(151, "Quota exceeded"),
	val(154, "Retain not supported"),
	val(155, "QoS not supported"),
	val(156, "Use another server"),
	val(157, "Server moved"),
	val(159, "Connection rate exceeded"),
)

var mqttPubackReasons = values(
	val(0, "Success"),
	val(16, "No matching subscribers"),
	val(128, "Unspecified error"),
	val(131, "Implementation specific error"),
	val(135, "Not authorized"),
	val(144, "Topic Name invalid"),
	val(145, "Packet Identifier in use"),
	val(151, "Quota exceeded"),
	val(153, "Payload format invalid"),
)

var mqttPubrelReasons = values(
	val(0, "Success"),
	val(146, "Packet Identifier not found"),
)

var mqttSubackReasons = values(
	val(0, "Granted QoS 0"),
	val(1, "Granted QoS 1"),
	val(2, "Granted QoS 2"),
	val(128, "Unspecified error"),
	val(131, "Implementation specific error"),
	val(135, "Not authorized"),
	val(143, "Topic Filter invalid"),
	val(145, "Packet Identifier in use"),
	val(151, "Quota exceeded"),
	val(158, "Shared Subscription not supported"),
	val(161, "Subscription Identifiers not supported"),
	val(162, "Wildcard Subscription not supported"),
)

var mqttUnsubackReasons = values(
	val(0, "Success"),
	val(17, "No subscription existed"),
	val(131, "Implementation specific error"),
	val(135, "Not authorized"),
	val(143, "Topic Filter invalid"),
	val(145, "Packet Identifier in use"),
)

var mqttDisconnectReasons = values(
	val(0, "Normal disconnection"),
	val(4, "Disconnect with Will Message"),
	val(128, "Unspecified error"),
	val(129, "Malformed Packet"),
	val(130, "Protocol Error"),
	val(131, "Implementation specific error"),
	val(135, "Not authorized"),
	val(137, "Server busy"),
	val(139, "Server shutting down"),
	val(140, "Bad authentication method"),
	val(141, "Keep Alive timeout"),
	val(142, "Session taken over"),
	val(143, "Topic Filter invalid"),
	val(144, "Topic Name invalid"),
	val(147, "Receive Maximum exceeded"),
	val(148, "Topic Alias invalid"),
	val(149, "Packet too large"),
	val(150, "Message rate too high"),
	val(151, "Quota exceeded"),
	val(152, "Administrative action"),
	val(153, "Payload format invalid"),
	val(154, "Retain not supported"),
	val(155, "QoS not supported"),
	val(156, "Use another server"),
	val(157, "Server moved"),
	val(158, "Shared Subscription not supported"),
	val(159, "Connection rate exceeded"),
	val(160, "Maximum connect time"),
	val(161, "Subscription Identifiers not supported"),
	val(162, "Wildcard Subscription not supported"),
)

var mqttAuthReasons = values(
	val(0, "Success"),
	val(24, "Continue authentication"),
	val(25, "Re-authenticate"),
)

var mqttProperties = values(
	val(1, "Payload Format Indicator"),
	val(2, "Publication Expiry Interval"),
	val(3, "Content Type"),
	val(8, "Response Topic"),
	val(9, "Correlation Data"),
	val(11, "Subscription Identifier"),
	val(17, "Session Expiry Interval"),
	val(18, "Assigned Client Identifier"),
	val(19, "Server Keep Alive"),
	val(21, "Authentication Method"),
	val(22, "Authentication Data"),
	val(23, "Request Problem Information"),
	val(24, "Will Delay Interval"),
	val(25, "Request Response Information"),
	val(26, "Response Information"),
	val(28, "Server Reference"),
	val(31, "Reason String"),
	val(33, "Receive Maximum"),
	val(34, "Topic Alias Maximum"),
	val(35, "Topic Alias"),
	val(36, "Maximum QoS"),
	val(37, "Retain Available"),
	val(38, "User Property"),
	val(39, "Maximum Packet Size"),
	val(40, "Wildcard Subscription Available"),
	val(41, "Subscription Identifier Available"),
	val(42, "Shared Subscription Available"),
)
