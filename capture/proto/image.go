// Images: recognised and named, not taken apart.
package proto

import "bytes"

var (
	pngP = protocol("png", "Portable Network Graphics", "PNG")
	_    = pngP.Parse(parsePNG).Rejects().OnName("media_type", "image/png")
	gifP = protocol("image-gif", "Compuserve GIF", "GIF image")
	_    = gifP.Parse(parseGIF).Rejects().OnName("media_type", "image/gif")
	jpgP = protocol("image-jfif", "JPEG File Interchange Format", "JFIF (JPEG) image")
	_    = jpgP.Parse(parseJFIF).Rejects().OnName("media_type", "image/jfif", "image/jpeg", "image/jpg")
)

func parsePNG(c *Cursor) {
	imageOf(c, "PNG", "\x89PNG\r\n\x1a\n")
}

func parseGIF(c *Cursor) {
	for _, version := range [...]string{"GIF87a", "GIF89a"} {
		if bytes.HasPrefix(c.Rest(), []byte(version)) {
			if b := c.Label(c.ProtoNode()); b != nil {
				b.S("Compuserve GIF, Version: ").S(version)
			}
			imageOf(c, version, version)
			return
		}
	}
	c.Reject()
}

func parseJFIF(c *Cursor) { imageOf(c, "JPEG JFIF image", "\xff\xd8") }

// imageOf names the image in the Info column when it starts as it should.
func imageOf(c *Cursor, name, magic string) {
	if !bytes.HasPrefix(c.Rest(), []byte(magic)) {
		c.Reject()
		return
	}
	if b := c.InfoSep(" "); b != nil {
		b.C('(').S(name).C(')')
	}
}
