// Words of HTTP: methods, status codes, header names.
package proto

import "sonde/capture/field"

// httpKind tells what a message's first line is.
type httpKind uint8

const (
	httpOther httpKind = iota
	httpAsk
	httpReply
	httpNotify
)

// httpMethods are the methods of RFC 9110, RFC 5789, WebDAV (RFC 4918,
// RFC 3253 and Microsoft's), UPnP (GENA) and RPC over HTTP.
var httpMethods = map[string]httpKind{
	"GET": httpAsk, "PUT": httpAsk, "COPY": httpAsk, "HEAD": httpAsk, "LOCK": httpAsk, "MOVE": httpAsk, "POLL": httpAsk, "POST": httpAsk,
	"BCOPY": httpAsk, "BMOVE": httpAsk, "MKCOL": httpAsk, "TRACE": httpAsk, "PATCH": httpAsk, "LABEL": httpAsk, "MERGE": httpAsk,
	"DELETE": httpAsk, "SEARCH": httpAsk, "UNLOCK": httpAsk, "REPORT": httpAsk, "UPDATE": httpAsk, "NOTIFY": httpNotify,
	"BDELETE": httpAsk, "CONNECT": httpAsk, "OPTIONS": httpAsk, "CHECKIN": httpAsk,
	"PROPFIND": httpAsk, "CHECKOUT": httpAsk, "CCM_POST": httpAsk,
	"SUBSCRIBE": httpNotify, "PROPPATCH": httpAsk, "BPROPFIND": httpAsk,
	"BPROPPATCH": httpAsk, "UNCHECKOUT": httpAsk, "MKACTIVITY": httpAsk,
	"MKWORKSPACE": httpAsk, "RPC_CONNECT": httpAsk, "RPC_IN_DATA": httpAsk, "UNSUBSCRIBE": httpNotify,
	"RPC_OUT_DATA": httpAsk, "VERSION-CONTROL": httpAsk, "BASELINE-CONTROL": httpAsk,
}

// httpLineKind classifies a line.
func httpLineKind(b []byte) httpKind {
	if len(b) >= 2 && string(b[:2]) == "M-" { // RFC 2774, mandatory extensions
		b = b[2:]
	}
	if len(b) >= 5 && string(b[:5]) == "HTTP/" || len(b) >= 3 && string(b[:3]) == "ICY" {
		return httpReply
	}
	for i, x := range b {
		if i > 16 {
			break
		}
		if x == ' ' {
			return httpMethods[string(b[:i])]
		}
	}
	if len(b) <= 16 {
		return httpMethods[string(b)]
	}
	return httpOther
}

// httpHeaders are the headers that have a field of their own.
var httpHeaders = map[string]field.ID{}

func httpHeader(name, label, header string) field.ID {
	id := httpP.Str(name, label)
	httpHeaders[header] = id
	return id
}

var (
	httpAuthorization = httpHeader("authorization", "Authorization", "authorization")
	_                 = httpHeader("proxy_authenticate", "Proxy-Authenticate", "proxy-authenticate")
	httpProxyAuth     = httpHeader("proxy_authorization", "Proxy-Authorization", "proxy-authorization")
	_                 = httpHeader("www_authenticate", "WWW-Authenticate", "www-authenticate")
	httpContentType   = httpHeader("content_type", "Content-Type", "content-type")
	httpContentLength = httpHeader("content_length_header", "Content-Length", "content-length")
	httpContentEnc    = httpHeader("content_encoding", "Content-Encoding", "content-encoding")
	httpTransferEnc   = httpHeader("transfer_encoding", "Transfer-Encoding", "transfer-encoding")
	httpUpgrade       = httpHeader("upgrade", "Upgrade", "upgrade")
	_                 = httpHeader("user_agent", "User-Agent", "user-agent")
	httpHost          = httpHeader("host", "Host", "host")
	_                 = httpHeader("range", "Range", "range")
	_                 = httpHeader("content_range", "Content-Range", "content-range")
	_                 = httpHeader("connection", "Connection", "connection")
	httpCookie        = httpHeader("cookie", "Cookie", "cookie")
	_                 = httpHeader("accept", "Accept", "accept")
	_                 = httpHeader("referer", "Referer", "referer")
	_                 = httpHeader("accept_language", "Accept-Language", "accept-language")
	_                 = httpHeader("accept_encoding", "Accept Encoding", "accept-encoding")
	_                 = httpHeader("date", "Date", "date")
	_                 = httpHeader("cache_control", "Cache-Control", "cache-control")
	_                 = httpHeader("server", "Server", "server")
	_                 = httpHeader("location", "Location", "location")
	_                 = httpHeader("sec_websocket_accept", "Sec-WebSocket-Accept", "sec-websocket-accept")
	_                 = httpHeader("sec_websocket_extensions", "Sec-WebSocket-Extensions", "sec-websocket-extensions")
	_                 = httpHeader("sec_websocket_key", "Sec-WebSocket-Key", "sec-websocket-key")
	_                 = httpHeader("sec_websocket_protocol", "Sec-WebSocket-Protocol", "sec-websocket-protocol")
	_                 = httpHeader("sec_websocket_version", "Sec-WebSocket-Version", "sec-websocket-version")
	_                 = httpHeader("set_cookie", "Set-Cookie", "set-cookie")
	_                 = httpHeader("last_modified", "Last-Modified", "last-modified")
	_                 = httpHeader("x_forwarded_for", "X-Forwarded-For", "x-forwarded-for")
	_                 = httpHeader("http2_settings", "HTTP2-Settings", "http2-settings")
)

// httpCodes are the status codes of IANA's registry and of WebDAV and common
// servers.
var httpCodes = values(
	val(100, "Continue"), val(101, "Switching Protocols"), val(102, "Processing"), val(103, "Early Hints"), val(199, "Informational - Others"),
	val(200, "OK"), val(201, "Created"), val(202, "Accepted"), val(203, "Non-authoritative Information"), val(204, "No Content"),
	val(205, "Reset Content"), val(206, "Partial Content"), val(207, "Multi-Status"), val(208, "Already Reported"), val(226, "IM Used"),
	val(299, "Success - Others"),
	val(300, "Multiple Choices"), val(301, "Moved Permanently"), val(302, "Found"), val(303, "See Other"), val(304, "Not Modified"),
	val(305, "Use Proxy"), val(307, "Temporary Redirect"), val(308, "Permanent Redirect"), val(399, "Redirection - Others"),
	val(400, "Bad Request"), val(401, "Unauthorized"), val(402, "Payment Required"), val(403, "Forbidden"), val(404, "Not Found"),
	val(405, "Method Not Allowed"), val(406, "Not Acceptable"), val(407, "Proxy Authentication Required"), val(408, "Request Time-out"),
	val(409, "Conflict"), val(410, "Gone"), val(411, "Length Required"), val(412, "Precondition Failed"), val(413, "Request Entity Too Large"),
	val(414, "Request-URI Too Long"), val(415, "Unsupported Media Type"), val(416, "Requested Range Not Satisfiable"), val(417, "Expectation Failed"),
	val(418, "I'm a teapot"), val(421, "Misdirected Request"), val(422, "Unprocessable Entity"), val(423, "Locked"), val(424, "Failed Dependency"),
	val(425, "Too Early"), val(426, "Upgrade Required"), val(428, "Precondition Required"), val(429, "Too Many Requests"),
	val(431, "Request Header Fields Too Large"), val(451, "Unavailable For Legal Reasons"), val(499, "Client Error - Others"),
	val(500, "Internal Server Error"), val(501, "Not Implemented"), val(502, "Bad Gateway"), val(503, "Service Unavailable"),
	val(504, "Gateway Time-out"), val(505, "HTTP Version not supported"), val(506, "Variant Also Negotiates"), val(507, "Insufficient Storage"),
	val(508, "Loop Detected"), val(511, "Network Authentication Required"), val(599, "Server Error - Others"))
