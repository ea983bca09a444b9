package source

import (
	"bytes"
	"fmt"
	"strings"
)

// detect starts the right format for the bytes at the window's begin.
func detect(r *Reader) error {
	b := r.w.peek(4)
	if _, _, ok := pcapMagic(b); ok {
		return openPcap(r)
	}
	if len(b) == 4 && [4]byte(b) == shbMagic {
		return openPcapng(r)
	}
	if err := r.stop(len(b), "the file header"); r.w.err != nil && err != nil && len(b) < 4 {
		if d, ok := err.(*Damage); ok && d.Kind != ErrZeros {
			return fmt.Errorf("%w: %s", ErrNotCapture, d.Message)
		}
	}
	return fmt.Errorf("%w: %s", ErrNotCapture, looksLike(r.w.peek(4096), r.info.Compression))
}

// signature is how another kind of file begins.
type signature struct {
	at    int
	magic string
	what  string
}

var signatures = []signature{
	{0, "\x7fELF", "an ELF program"},
	{0, "PK\x03\x04", "a zip archive"},
	{0, "PK\x05\x06", "an empty zip archive"},
	{0, "BZh", "bzip2 data; unpack it first"},
	{0, "\xfd7zXZ\x00", "xz data; unpack it first"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
	{0, "Rar!", "a RAR archive"},
	{257, "ustar", "a tar archive"},
	{0, "snoop\x00\x00\x00", "a Sun snoop capture; convert it with editcap"},
	{0, "GMBU", "a Microsoft Network Monitor 2 capture; convert it with editcap"},
	{0, "RTSS", "a Microsoft Network Monitor 1 capture; convert it with editcap"},
	{0, "TRSNIFF data    \x1a", "a DOS Sniffer capture; convert it with editcap"},
	{0, "XCP\x00", "a Network Associates Sniffer capture; convert it with editcap"},
	{0, "\x54\x52\x00\x64", "an old packet trace; convert it with editcap"},
	{0, "btsnoop\x00", "a Bluetooth btsnoop capture; convert it with editcap"},
	{0, "%PDF", "a PDF document"},
	{0, "\x89PNG", "a PNG image"},
	{0, "\xff\xd8\xff", "a JPEG image"},
	{0, "GIF8", "a GIF image"},
	{0, "SQLite format 3\x00", "an SQLite database"},
	{0, "MZ", "a Windows program"},
	{0, "\x1f\x8b", "gzip data inside packed data"},
	{0, "\x28\xb5\x2f\xfd", "zstd data inside packed data"},
	{0, "\x04\x22\x4d\x18", "lz4 data inside packed data"},
	{0, "version https://git-lfs", "a git-lfs pointer, not the file itself"},
	{0, "#!", "a script"},
}

// looksLike says in words what the first bytes of a file are.
func looksLike(b []byte, compression string) string {
	inside := ""
	if compression != "" {
		inside = " inside " + compression
	}
	if len(b) == 0 {
		return "the file is empty" + inside
	}
	for _, s := range signatures {
		if len(b) >= s.at+len(s.magic) && string(b[s.at:s.at+len(s.magic)]) == s.magic {
			return "it looks like " + s.what + inside
		}
	}
	if firstNonZero(b) == len(b) {
		return "it begins with nothing but zero bytes" + inside
	}
	head := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(b[:min(len(b), 512)], []byte("\xef\xbb\xbf"))))
	switch {
	case bytes.HasPrefix(head, []byte("<!doctype html")), bytes.HasPrefix(head, []byte("<html")), bytes.HasPrefix(head, []byte("<head")):
		return "it looks like an HTML page" + inside
	case bytes.HasPrefix(head, []byte("<?xml")):
		return "it looks like XML" + inside
	case isText(b) && len(head) > 0 && (head[0] == '{' || head[0] == '['):
		return "it looks like JSON" + inside
	case isText(b):
		return "it looks like text" + inside
	}
	if len(b) < 4 {
		return fmt.Sprintf("it has only %d bytes%s", len(b), inside)
	}
	return fmt.Sprintf("unknown data beginning with % x%s", b[:min(len(b), 8)], inside)
}

func isText(b []byte) bool {
	return strings.IndexFunc(strings.ToValidUTF8(string(b[:max(0, len(b)-3)]), "\x00"), func(c rune) bool {
		return c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f'
	}) < 0
}
