// Resource records of DNS: what is common to all, and the address, name and
// text types. Security types are in dns_sec.go, EDNS options in dns_opt.go.
package proto

import (
	"bytes"

	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	dnsRespName  = dnsP.Str("resp.name", "Name")
	dnsRespType  = dnsP.U16("resp.type", "Type", dec, enum(dnsTypes))
	dnsRespClass = dnsP.U16("resp.class", "Class", hex, enum(dnsClasses))
	dnsRespClsM  = dnsP.U16("resp.class", "Class", hex, mask(16, 0x7fff), enum(dnsClasses))
	dnsFlush     = dnsP.Bool("resp.cache_flush", "Cache flush", mask(16, 0x8000))
	dnsRespTTL   = dnsP.U32("resp.ttl", "Time to live", dec)
	dnsRespLen   = dnsP.U16("resp.len", "Data length", dec)
	dnsRData     = dnsP.Bytes("data", "Data")

	dnsA         = dnsP.IPv4("a", "Address")
	dnsAAAA      = dnsP.IPv6("aaaa", "AAAA Address")
	dnsNS        = dnsP.Str("ns", "Name Server")
	dnsCNAME     = dnsP.Str("cname", "CNAME")
	dnsPTR       = dnsP.Str("ptr.domain_name", "Domain Name")
	dnsDNAME     = dnsP.Str("dname", "DNAME")
	dnsMB        = dnsP.Str("mb", "MailBox Domain")
	dnsMG        = dnsP.Str("mg", "Mail Group member")
	dnsMR        = dnsP.Str("mr", "Mail Rename domain")
	dnsMD        = dnsP.Str("md", "Mail Destination")
	dnsMF        = dnsP.Str("mf", "Mail Forwarder")
	dnsSOAm      = dnsP.Str("soa.mname", "Primary name server")
	dnsSOAr      = dnsP.Str("soa.rname", "Responsible authority's mailbox")
	dnsSOArMail  = dnsP.Str("soa.rname.name", "Responsible authority's mailbox name")
	dnsSOASerial = dnsP.U32("soa.serial_number", "Serial Number", dec)
	dnsSOARefr   = dnsP.U32("soa.refresh_interval", "Refresh Interval", dec)
	dnsSOARetry  = dnsP.U32("soa.retry_interval", "Retry Interval", dec)
	dnsSOAExp    = dnsP.U32("soa.expire_limit", "Expire limit", dec)
	dnsSOAMin    = dnsP.U32("soa.minimum_ttl", "Minimum TTL", dec)
	dnsMXPref    = dnsP.U16("mx.preference", "Preference", dec)
	dnsMX        = dnsP.Str("mx.mail_exchange", "Mail Exchange")
	dnsTXTLen    = dnsP.U8("txt.length", "TXT Length", dec)
	dnsTXT       = dnsP.Str("txt", "TXT")
	dnsSPFLen    = dnsP.U8("spf.length", "SPF Length", dec)
	dnsSPF       = dnsP.Str("spf", "SPF")
	dnsSRVInst   = dnsP.Str("srv.instance", "Instance")
	dnsSRVServ   = dnsP.Str("srv.service", "Service")
	dnsSRVProto  = dnsP.Str("srv.proto", "Protocol")
	dnsSRVName   = dnsP.Str("srv.name", "Name")
	dnsSRVPrio   = dnsP.U16("srv.priority", "Priority", dec)
	dnsSRVWeight = dnsP.U16("srv.weight", "Weight", dec)
	dnsSRVPort   = dnsP.U16("srv.port", "Port", dec)
	dnsSRVTarget = dnsP.Str("srv.target", "Target")
	dnsNAOrder   = dnsP.U16("naptr.order", "Order", dec)
	dnsNAPref    = dnsP.U16("naptr.preference", "Preference", dec)
	dnsNAFlagLen = dnsP.U8("naptr.flags_length", "Flags Length", dec)
	dnsNAFlags   = dnsP.Str("naptr.flags", "Flags")
	dnsNAServLen = dnsP.U8("naptr.service_length", "Service Length", dec)
	dnsNAService = dnsP.Str("naptr.service", "Service")
	dnsNARegLen  = dnsP.U8("naptr.regex_length", "Regex Length", dec)
	dnsNARegex   = dnsP.Str("naptr.regex", "Regex")
	dnsNARepLen  = dnsP.U8("naptr.replacement_length", "Replacement Length", dec)
	dnsNARepl    = dnsP.Str("naptr.replacement", "Replacement")
	dnsHCPULen   = dnsP.U8("hinfo.cpu_length", "CPU Length", dec)
	dnsHCPU      = dnsP.Str("hinfo.cpu", "CPU")
	dnsHOSLen    = dnsP.U8("hinfo.os_length", "OS Length", dec)
	dnsHOS       = dnsP.Str("hinfo.os", "OS")
	dnsMInfoR    = dnsP.Str("minfo.r", "Responsible Mailbox")
	dnsMInfoE    = dnsP.Str("minfo.e", "Error Mailbox")
	dnsRPMail    = dnsP.Str("rp.mailbox", "Mailbox")
	dnsRPTxt     = dnsP.Str("rp.txt_rr", "TXT RR")
	dnsAFSub     = dnsP.U16("afsdb.subtype", "Subtype", dec, enum(afsdbSubtypes))
	dnsAFHost    = dnsP.Str("afsdb.hostname", "Hostname")
	dnsKXPref    = dnsP.U16("kx.preference", "Preference", dec)
	dnsKX        = dnsP.Str("kx.key_exchange", "Key Exchange")
	dnsNull      = dnsP.Bytes("null", "Null (data)")
	dnsCAAFlags  = dnsP.U8("caa.flags", "CAA Flags", hex)
	dnsCAACrit   = dnsP.Bool("caa.flags.issuer_critical", "Issuer Critical", mask(8, 0x80), tf("Critical", "Not critical"))
	dnsCAAIssue  = dnsP.Str("caa.issue", "Issue")
	dnsCAAWild   = dnsP.Str("caa.issuewild", "Issue Wildcard")
	dnsCAAIodef  = dnsP.Str("caa.iodef", "Report URL")
	dnsCAAUnk    = dnsP.Str("caa.unknown", "Unknown tag")
	dnsCAATagLen = dnsP.U8("caa.tag_length", "Tag length", dec)
	dnsCAATag    = dnsP.Str("caa.tag", "Tag")
	dnsCAAValue  = dnsP.Str("caa.value", "Value")

	eiDNSUndecoded = dnsP.Expert("undecoded.type", field.Undecoded, field.Note, "Undecoded option")
	eiDNSTTLBit    = dnsP.Expert("ttl.high_bit_set", field.Protocol, field.Warn, "The uppermost bit of the TTL is set (RFC 2181, section 8)")
)

// Record types by number.
const (
	rrA, rrNS, rrMD, rrMF, rrCNAME, rrSOA, rrMB, rrMG, rrMR, rrNULL = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
	rrPTR, rrHINFO, rrMINFO, rrMX, rrTXT, rrRP, rrAFSDB             = 12, 13, 14, 15, 16, 17, 18
	rrSIG, rrKEY, rrAAAA, rrLOC, rrNXT, rrSRV, rrNAPTR, rrKX        = 24, 25, 28, 29, 30, 33, 35, 36
	rrCERT, rrDNAME, rrOPT, rrDS, rrSSHFP, rrRRSIG, rrNSEC          = 37, 39, 41, 43, 44, 46, 47
	rrDNSKEY, rrNSEC3, rrNSEC3PARAM, rrTLSA, rrSMIMEA               = 48, 50, 51, 52, 53
	rrCDS, rrCDNSKEY, rrOPENPGPKEY, rrSVCB, rrHTTPS, rrSPF          = 59, 60, 61, 64, 65, 99
	rrTKEY, rrTSIG, rrURI, rrCAA, rrDLV                             = 249, 250, 256, 257, 32769
)

// dnsRR is a record being read.
type dnsRR struct {
	at, data, end int // the record, its data, its end
	typ           uint16
	line          dissect.Ref // its own line
	shown         bool        // the Info column names this record
	class         uint16
	base          int // where the message begins
}

func dnsRecord(c *Cursor, m *dnsMsg) {
	at := c.Pos()
	var name dnsName
	n := name.read(c, m.base, at)
	r := dnsRR{at: at, typ: uint16(c.UintAt(at+n, 2)), base: m.base}
	class := uint16(c.UintAt(at+n+2, 2))
	r.class = class
	length := int(c.UintAt(at+n+8, 2))
	r.data = at + n + 10
	r.end = r.data + length
	flush := m.kind == multicastDNS && class&0x8000 != 0
	plain := class
	if m.kind == multicastDNS {
		plain &= 0x7fff
	}
	r.shown = true
	if b := c.Info(); b != nil {
		b.C(' ')
		dnsTypeName(b, r.typ)
		if flush {
			b.S(", cache flush")
		}
	}
	if b := c.Text(at, r.end-at); b != nil {
		name.show(b).S(": type ")
		dnsTypeName(b, r.typ)
		if r.typ != rrOPT {
			b.S(", class ")
			dnsClassName(b, plain)
			if flush {
				b.S(", cache flush")
			}
		}
		r.line = c.Last()
	} else {
		r.line = dissect.None
	}
	old := c.Push(r.line)
	if r.typ == rrSRV {
		dnsSRVOwner(c, &name, at, n)
	} else {
		c.PutBytes(dnsRespName, at, n, name.text())
	}
	c.Seek(at + n)
	c.U16(dnsRespType)
	dnsTypeLabel(c, c.Last(), r.typ)
	switch {
	case r.typ == rrOPT:
		dnsOptHead(c, m)
	default:
		if m.kind == multicastDNS {
			c.FieldAt(dnsRespClsM, c.Pos(), 2)
			c.FieldAt(dnsFlush, c.Pos(), 2)
			c.Skip(2)
		} else {
			c.U16(dnsRespClass)
		}
		v := c.U32(dnsRespTTL)
		ttl := c.Last()
		dnsSeconds(c, ttl, v)
		if v&0x80000000 != 0 {
			c.Expert(ttl, eiDNSTTLBit)
		}
	}
	c.U16(dnsRespLen)
	if length > 0 {
		dnsData(c, m, &r)
	}
	c.Pop(old)
	c.Seek(r.end)
}

// dnsSeconds appends " (6 minutes)" to a number of seconds.
func dnsSeconds(c *Cursor, r dissect.Ref, v uint32) {
	if b := c.Append(r); b != nil {
		b.S(" (")
		field.Interval(b, int64(v)*1e9)
		if v == 0 {
			b.B = append(b.B[:len(b.B)-len("0.000000000 seconds")], "0 seconds"...)
		}
		b.C(')')
	}
}

// dnsSRVOwner takes a service record's name apart: _service._proto.name.
func dnsSRVOwner(c *Cursor, name *dnsName, at, n int) {
	// A copy, or every record's name would live on the heap.
	parts := bytes.SplitN(append([]byte(nil), name.text()...), []byte("."), -1)
	i := 0
	for i < len(parts) && (len(parts[i]) == 0 || parts[i][0] != '_') {
		i++
	}
	if i == len(parts) {
		i = 0 // no mark: the first two are taken for service and protocol
	}
	if i+1 >= len(parts) {
		c.PutBytes(dnsRespName, at, n, name.text())
		return
	}
	if i > 0 {
		c.PutBytes(dnsSRVInst, at, n, bytes.Join(parts[:i], []byte(".")))
	}
	c.PutBytes(dnsSRVServ, at, n, parts[i])
	c.PutBytes(dnsSRVProto, at, n, parts[i+1])
	c.PutBytes(dnsSRVName, at, n, bytes.Join(parts[i+2:], []byte(".")))
}

// both writes a part of the record's summary to the column and to its line.
func (r *dnsRR) both(c *Cursor, inColumn bool, write func(b *field.Text, column bool)) {
	if inColumn && r.shown {
		if b := c.Info(); b != nil {
			b.C(' ')
			write(b, true)
		}
	}
	if b := c.Append(r.line); b != nil {
		write(b, false)
	}
}

// nameField records one name and moves behind it.
func (r *dnsRR) nameField(c *Cursor, m *dnsMsg, f field.ID, name *dnsName) {
	at := c.Pos()
	n := name.read(c, m.base, at)
	c.PutBytes(f, at, n, name.text())
	c.Seek(at + n)
}

// ownerOnly is for types whose data the Info column does not have: it repeats
// the owner's name.
func (r *dnsRR) ownerOnly(c *Cursor) {
	if b := c.Info(); b != nil && r.shown {
		var name dnsName
		name.read(c, r.base, r.at)
		name.show(b.C(' '))
	}
}

// nameOnly is a record that is one name; word stands before it in its line.
func (r *dnsRR) nameOnly(c *Cursor, m *dnsMsg, f field.ID, word string) {
	var name dnsName
	r.nameField(c, m, f, &name)
	r.both(c, true, func(b *field.Text, column bool) {
		if !column {
			b.S(", ").S(word).C(' ')
		}
		name.show(b)
	})
}

func dnsData(c *Cursor, m *dnsMsg, r *dnsRR) {
	c.Seek(r.data)
	var name dnsName
	switch r.typ {
	case rrA:
		if r.class&0x7fff != 1 || r.class != 1 && m.kind != multicastDNS {
			dnsOtherAddress(c, m, r)
			return
		}
		b4 := c.Bytes(dnsA, 4)
		r.both(c, true, func(b *field.Text, column bool) {
			if !column {
				b.S(", addr ")
			}
			b.IPv4(b4)
		})
	case rrAAAA:
		b16 := c.Bytes(dnsAAAA, 16)
		r.both(c, true, func(b *field.Text, column bool) {
			if !column {
				b.S(", addr ")
			}
			b.IPv6(b16)
		})
	case rrNS:
		r.nameOnly(c, m, dnsNS, "ns")
	case rrCNAME:
		r.nameOnly(c, m, dnsCNAME, "cname")
	case rrDNAME:
		r.nameOnly(c, m, dnsDNAME, "dname")
	case rrPTR:
		r.nameField(c, m, dnsPTR, &name)
		r.both(c, true, func(b *field.Text, column bool) {
			if !column {
				b.S(", ")
			}
			name.show(b)
		})
	case rrMB, rrMG, rrMR, rrMD, rrMF:
		r.ownerOnly(c)
		f := map[uint16]field.ID{rrMB: dnsMB, rrMG: dnsMG, rrMR: dnsMR, rrMD: dnsMD, rrMF: dnsMF}[r.typ]
		r.nameField(c, m, f, &name)
	case rrSOA:
		dnsDataSOA(c, m, r)
	case rrMX:
		pref := c.U16(dnsMXPref)
		r.nameField(c, m, dnsMX, &name)
		r.both(c, true, func(b *field.Text, column bool) {
			if column {
				name.show(b.U(uint64(pref)).C(' '))
				return
			}
			name.show(b.S(", preference ").U(uint64(pref)).S(", mx "))
		})
	case rrTXT:
		r.strings(c, dnsTXTLen, dnsTXT)
	case rrSPF:
		r.strings(c, dnsSPFLen, dnsSPF)
	case rrSRV:
		dnsDataSRV(c, m, r)
	case rrNAPTR:
		dnsDataNAPTR(c, m, r)
	case rrHINFO:
		cpu := r.counted(c, dnsHCPULen, dnsHCPU)
		os := r.counted(c, dnsHOSLen, dnsHOS)
		r.both(c, true, func(b *field.Text, column bool) {
			if column {
				b.Printable(cpu).C(' ').Printable(os)
				return
			}
			b.S(", CPU ").Printable(cpu).S(", OS ").Printable(os)
		})
	case rrMINFO:
		r.ownerOnly(c)
		r.nameField(c, m, dnsMInfoR, &name)
		r.nameField(c, m, dnsMInfoE, &name)
	case rrRP:
		r.ownerOnly(c)
		r.nameField(c, m, dnsRPMail, &name)
		r.nameField(c, m, dnsRPTxt, &name)
	case rrAFSDB:
		r.ownerOnly(c)
		c.U16(dnsAFSub)
		r.nameField(c, m, dnsAFHost, &name)
	case rrKX:
		pref := c.U16(dnsKXPref)
		r.nameField(c, m, dnsKX, &name)
		r.both(c, true, func(b *field.Text, column bool) {
			if column {
				name.show(b.U(uint64(pref)).C(' '))
				return
			}
			name.show(b.S(", preference ").U(uint64(pref)).S(", kx "))
		})
	case rrNULL:
		r.ownerOnly(c)
		c.Bytes(dnsNull, r.end-r.data)
	case rrCAA:
		dnsDataCAA(c, r)
	case rrOPT:
		dnsOptions(c, m, r)
	default:
		if !dnsSecData(c, m, r) && !dnsRareData(c, m, r) {
			var t field.Text
			t.S("Dissector for DNS Type (").U(uint64(r.typ)).S(") code not implemented, Contact Wireshark developers if you want this supported")
			c.ExpertText(r.line, eiDNSUndecoded, t.String())
			c.Bytes(dnsRData, r.end-r.data)
		}
	}
}

// strings are counted texts up to the record's end.
func (r *dnsRR) strings(c *Cursor, length, text field.ID) {
	for c.Pos() < r.end {
		r.counted(c, length, text)
	}
}

// counted is a length byte and so many bytes of text.
func (r *dnsRR) counted(c *Cursor, length, text field.ID) []byte {
	n := int(c.U8(length))
	return c.Bytes(text, n)
}

func dnsDataSOA(c *Cursor, m *dnsMsg, r *dnsRR) {
	var mname, rname dnsName
	r.nameField(c, m, dnsSOAm, &mname)
	r.both(c, true, func(b *field.Text, column bool) {
		if !column {
			b.S(", mname ")
		}
		mname.show(b)
	})
	at := c.Pos()
	n := rname.read(c, m.base, at)
	c.PutBytes(dnsSOAr, at, n, rname.text())
	mail := append([]byte(nil), rname.text()...)
	for i, x := range mail {
		if x == '.' && (i == 0 || mail[i-1] != '\\') {
			mail[i] = '@'
			break
		}
	}
	if c.Wants(dnsSOArMail) && !rname.root {
		c.Mark(c.PutBytes(dnsSOArMail, at, n, mail), 0)
	}
	c.Seek(at + n)
	c.U32(dnsSOASerial)
	for _, f := range [...]field.ID{dnsSOARefr, dnsSOARetry, dnsSOAExp, dnsSOAMin} {
		v := c.U32(f)
		dnsSeconds(c, c.Last(), v)
	}
}

func dnsDataSRV(c *Cursor, m *dnsMsg, r *dnsRR) {
	var name dnsName
	prio, weight, port := c.U16(dnsSRVPrio), c.U16(dnsSRVWeight), c.U16(dnsSRVPort)
	r.nameField(c, m, dnsSRVTarget, &name)
	r.both(c, true, func(b *field.Text, column bool) {
		if column {
			name.show(b.U(uint64(prio)).C(' ').U(uint64(weight)).C(' ').U(uint64(port)).C(' '))
			return
		}
		name.show(b.S(", priority ").U(uint64(prio)).S(", weight ").U(uint64(weight)).S(", port ").U(uint64(port)).S(", target "))
	})
}

func dnsDataNAPTR(c *Cursor, m *dnsMsg, r *dnsRR) {
	order, pref := c.U16(dnsNAOrder), c.U16(dnsNAPref)
	flags := r.counted(c, dnsNAFlagLen, dnsNAFlags)
	r.counted(c, dnsNAServLen, dnsNAService)
	r.counted(c, dnsNARegLen, dnsNARegex)
	var name dnsName
	at := c.Pos()
	n := name.read(c, m.base, at)
	c.Put(dnsNARepLen, at, 0, uint64(len(name.text())))
	c.PutBytes(dnsNARepl, at, n, name.text())
	c.Seek(at + n)
	r.both(c, true, func(b *field.Text, column bool) {
		if column {
			b.U(uint64(order)).C(' ').U(uint64(pref)).C(' ').Printable(flags)
			return
		}
		b.S(", order ").U(uint64(order)).S(", preference ").U(uint64(pref)).S(", flags ").Printable(flags)
	})
}

func dnsDataCAA(c *Cursor, r *dnsRR) {
	at := c.Pos()
	c.Word(dnsCAAFlags, 1, dnsCAACrit)
	n := int(c.Peek8(0))
	tag := c.PeekBytes(1, n)
	value := c.PeekBytes(1+n, r.end-c.Pos()-1-n)
	f, word := dnsCAAUnk, "Unknown tag"
	switch string(tag) {
	case "issue":
		f, word = dnsCAAIssue, "Issue"
	case "issuewild":
		f, word = dnsCAAWild, "Issue Wildcard"
	case "iodef":
		f, word = dnsCAAIodef, "Report URL"
	}
	ref := c.PutBytes(f, at+1, r.end-at-1, value)
	if b := c.Label(ref); b != nil {
		b.S(word).S(": ").Printable(value)
	}
	old := c.Push(ref)
	c.U8(dnsCAATagLen)
	c.Bytes(dnsCAATag, n)
	c.Bytes(dnsCAAValue, len(value))
	c.Pop(old)
}
