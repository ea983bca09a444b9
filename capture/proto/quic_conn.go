// QUIC connections: which packets belong together (RFC 9000 section 5.2), and
// the protection of Initial packets (RFC 9001 section 5, RFC 9369 section 3.3).
package proto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"sonde/capture/flow"
)

// quicTable are the connections of a capture by the IDs that name them.
type quicTable struct {
	next    uint32
	initial map[string]*quicConn // by the first ID that the client chose for the server
	client  map[string]*quicConn // by IDs that the client reads packets by
	server  map[string]*quicConn // by IDs that the server reads packets by
	now     quicRun              // whose TLS messages are about to be read
}

// quicConn is one connection.
type quicConn struct {
	number     uint32
	serverPort uint32
	first      string // the client's first destination ID
	retried    string // the same before a Retry
	clientIDs  []string
	serverIDs  []string
	skip       bool // decryption failed before
	keys       [2]*quicKeys
	largest    [2]uint64 // highest packet number so far, plus one
	crypto     [2]quicStream
	hs         [2]quicMessage
	tls        tlsSession
}

// quicOf is the connection of an address pair.
type quicOf struct{ conn *quicConn }

var (
	quicTables = flow.NewSlot[quicTable]()
	quicConvs  = flow.NewSlot[quicOf]()
)

// find looks for the connection of a packet, from a server or not.
func (t *quicTable) find(c *Cursor, dcid string) (q *quicConn, fromServer bool) {
	p := c.Packet()
	if dcid == "" {
		if p.Conv != nil {
			if o := quicConvs.Of(p.Conv); o != nil {
				return o.conn, o.conn.serverPort == p.SrcPort
			}
		}
		return nil, false
	}
	if q = t.client[dcid]; q != nil {
		if t.server[dcid] != nil {
			return q, q.serverPort == p.SrcPort
		}
		return q, true
	}
	return t.server[dcid], false
}

// quicTrack finds or makes the connection of a long header. Learn pass only.
func quicTrack(c *Cursor, k *quicPkt, kind int, ver uint32, dcidB, scidB []byte) {
	t := quicTables.Global(c.Flow())
	if t.client == nil {
		t.initial, t.client, t.server = map[string]*quicConn{}, map[string]*quicConn{}, map[string]*quicConn{}
	}
	p := c.Packet()
	dcid, scid := string(dcidB), string(scidB)
	if (kind == quicInitial || kind == quic0RTT) && dcid != "" {
		k.conn = t.initial[dcid]
	}
	if k.conn == nil {
		k.conn, k.fromServer = t.find(c, dcid)
		if q := k.conn; q != nil && kind == quicInitial && !k.fromServer && dcid != "" && dcid != q.first && t.server[dcid] != q {
			k.conn = nil
		}
	}
	if kind == quicInitial && !k.fromServer {
		if k.conn == nil {
			k.conn = &quicConn{number: t.next, serverPort: p.DstPort}
			t.next++
			if p.Conv != nil {
				quicConvs.Make(p.Conv).conn = k.conn
			}
		}
		if q := k.conn; q.first == "" && dcid != "" {
			q.first = dcid
			t.initial[dcid] = q
			if scid != "" && t.client[scid] != q {
				q.clientIDs = append(q.clientIDs, scid)
				t.client[scid] = q
			}
		}
		return
	}
	q := k.conn
	if q == nil || !k.fromServer {
		return
	}
	if kind == quicIsRetry {
		if q.retried == "" {
			delete(t.initial, q.first)
			q.retried = q.first
			q.first, q.keys = "", [2]*quicKeys{}
		}
		k.retryOf = q.retried
	}
	if scid != "" && t.server[scid] == nil && len(q.serverIDs) < 8 {
		q.serverIDs = append(q.serverIDs, scid)
		t.server[scid] = q
	}
}

// quicTrackShort finds the connection of a short header and how long its ID
// is. Learn pass only.
func quicTrackShort(c *Cursor, k *quicPkt) {
	t := quicTables.Global(c.Flow())
	p := c.Packet()
	if p.Conv != nil {
		if o := quicConvs.Of(p.Conv); o != nil {
			k.conn, k.fromServer = o.conn, o.conn.serverPort == p.SrcPort
		}
	}
	rest := c.Rest()[1:]
	for n := min(20, len(rest)); n > 0; n-- {
		id := rest[:n]
		if q := t.client[string(id)]; q != nil && (k.conn == nil || k.fromServer || q != k.conn) {
			k.conn, k.fromServer, k.dcil = q, true, n
			return
		}
		if q := t.server[string(id)]; q != nil {
			k.conn, k.fromServer, k.dcil = q, false, n
			return
		}
	}
}

// quicKeys protect the Initial packets of one direction.
type quicKeys struct {
	ver  uint32
	aead cipher.AEAD
	iv   [12]byte
	hp   cipher.Block
}

// Salts of RFC 9001 section 5.2, RFC 9369 section 3.3.1 and of the drafts.
const (
	quicSalt1  = "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"
	quicSalt2  = "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9"
	quicSalt29 = "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99"
	quicSalt23 = "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02"
)

// quicInitialKeys gives the keys of a direction. Learn pass only.
func quicInitialKeys(q *quicConn, ver uint32, dcid []byte, fromServer bool) *quicKeys {
	i := 0
	if fromServer {
		i = 1
	}
	if k := q.keys[i]; k != nil && k.ver == ver {
		return k
	}
	id := q.first
	if id == "" && !fromServer {
		id = string(dcid)
	}
	salt, label := quicSalt1, "quic "
	switch d := quicDraft(ver); {
	case d == 100:
		salt, label = quicSalt2, "quicv2 "
	case d >= 33:
	case d >= 29:
		salt = quicSalt29
	case d >= 23:
		salt = quicSalt23
	default:
		return nil
	}
	secret, err := hkdf.Extract(sha256.New, []byte(id), []byte(salt))
	if err != nil {
		return nil
	}
	side := "client in"
	if fromServer {
		side = "server in"
	}
	secret = quicExpand(secret, side, 32)
	key := quicExpand(secret, label+"key", 16)
	k := &quicKeys{ver: ver}
	copy(k.iv[:], quicExpand(secret, label+"iv", 12))
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return nil
	}
	if k.hp, err = aes.NewCipher(quicExpand(secret, label+"hp", 16)); err != nil {
		return nil
	}
	q.keys[i] = k
	return k
}

// quicExpand is HKDF-Expand-Label of RFC 8446 section 7.1 without a context.
func quicExpand(secret []byte, label string, n int) []byte {
	label = "tls13 " + label
	info := append([]byte{byte(n >> 8), byte(n), byte(len(label))}, label...)
	out, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), n)
	if err != nil {
		return make([]byte, n)
	}
	return out
}

// quicOpen takes the protection off the packet at start whose number is at pn.
func quicOpen(c *Cursor, k *quicPkt, start, pn int, learn bool) (plain []byte, mask [5]byte, unmasked, opened bool) {
	end := c.End()
	if end-pn < 20 || pn < start {
		return nil, mask, false, false
	}
	var m [16]byte
	k.keys.hp.Encrypt(m[:], c.BytesAt(pn+4, 16))
	copy(mask[:], m[:5])
	w := int((c.BytesAt(start, 1)[0]^m[0])&3) + 1
	var cut uint64
	for i, x := range c.BytesAt(pn, w) {
		cut = cut<<8 | uint64(x^m[1+i])
	}
	dir := 0
	if k.fromServer {
		dir = 1
	}
	if learn {
		k.number = quicNumber(k.conn.largest[dir], cut, uint(w*8))
	}
	head := append([]byte(nil), c.BytesAt(start, pn+w-start)...)
	head[0] ^= m[0] & 0x0f
	for i := 0; i < w; i++ {
		head[pn-start+i] ^= m[1+i]
	}
	nonce := k.keys.iv
	binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^k.number)
	plain, err := k.keys.aead.Open(nil, nonce[:], c.BytesAt(pn+w, end-pn-w), head)
	if err != nil {
		return nil, mask, true, false
	}
	if learn {
		k.conn.largest[dir] = max(k.conn.largest[dir], k.number+1)
	}
	return plain, mask, true, true
}

// quicNumber makes a whole packet number of its lower bits, RFC 9000 appendix
// A.3; expected is the number after the highest one so far.
func quicNumber(expected, cut uint64, bits uint) uint64 {
	win := uint64(1) << bits
	n := expected&^(win-1) | cut
	switch {
	case n+win/2 <= expected && n < 1<<62-win:
		return n + win
	case n > expected+win/2 && n >= win:
		return n - win
	}
	return n
}

// quicRetryGood verifies the integrity tag at the end of a Retry packet, RFC
// 9001 section 5.8; odcid is the ID that the client had chosen.
func quicRetryGood(packet []byte, ver uint32, odcid string) bool {
	key, nonce := "\xbe\x0c\x69\x0b\x9f\x66\x57\x5a\x1d\x76\x6b\x54\xe3\x68\xc8\x4e", "\x46\x15\x99\xd3\x5d\x63\x2b\xf2\x23\x98\x25\xbb"
	switch d := quicDraft(ver); {
	case d == 100:
		key, nonce = "\x8f\xb4\xb0\x1b\x56\xac\x48\xe2\x60\xfb\xcb\xce\xad\x7c\xcc\x92", "\xd8\x69\x69\xbc\x2d\x7c\x6d\x99\x90\xef\xb0\x4a"
	case d < 33:
		key, nonce = "\xcc\xce\x18\x7e\xd0\x9a\x09\xd0\x57\x28\x15\x5a\x6c\xb9\x6b\xe1", "\xe5\x49\x30\xf9\x7f\x21\x36\xf0\x53\x0a\x8c\x1c"
	}
	block, err := aes.NewCipher([]byte(key))
	if err != nil || len(packet) < 16 {
		return false
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return false
	}
	n := len(packet) - 16
	ad := append(append([]byte{byte(len(odcid))}, odcid...), packet[:n]...)
	_, err = aead.Open(nil, []byte(nonce), packet[n:], ad)
	return err == nil
}
