// XML: named, not taken apart.
package proto

var (
	xmlP = protocol("xml", "eXtensible Markup Language", "XML")
	_    = xmlP.Parse(parseXML).OnName("media_type", "text/xml", "application/xml", "application/soap+xml", "application/atom+xml",
		"application/rss+xml", "application/xslt+xml", "image/svg+xml", "application/xml-dtd", "text/vnd.wap.wml")
)

func parseXML(c *Cursor) {
	c.SetProtocol(joined(c.Packet().Cols.Protocol, "/", "XML"))
}
