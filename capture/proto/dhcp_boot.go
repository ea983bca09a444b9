package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

// Network boot inside option 43: PXE (Intel's specification 2.1, section 2.4)
// and Apple's Boot Server Discovery Protocol.
var (
	dhcpPXESub   = dhcpP.U8("option.vendor.pxeclient.suboption", "Option 43 Suboption", dec, enum(dhcpPXEOptions))
	dhcpPXEPad   = dhcpP.U8("option.vendor.pxeclient.padding", "Padding", dec)
	dhcpPXEEnd   = dhcpP.U8("option.vendor.pxeclient.end", "PXE Client End", dec)
	dhcpPXEDisc  = dhcpP.U8("option.vendor.pxeclient.discovery_control", "discovery control", hex)
	dhcpPXENoBC  = dhcpP.Flag("option.vendor.pxeclient.discovery_control.broadcast", "Disable Broadcast", 8, 0x01)
	dhcpPXENoMC  = dhcpP.Flag("option.vendor.pxeclient.discovery_control.multicast", "Disable Multicast", 8, 0x02)
	dhcpPXEList  = dhcpP.Flag("option.vendor.pxeclient.discovery_control.serverlist", "Serverlist only", 8, 0x04)
	dhcpPXEBoot  = dhcpP.Flag("option.vendor.pxeclient.discovery_control.bstrap", "Bootstrap override", 8, 0x08)
	dhcpPXEServs = dhcpP.Bytes("option.vendor.pxeclient.boot_servers", "boot servers")
	dhcpPXEType  = dhcpP.U16("option.vendor.pxeclient.boot_servers.type", "Type", dec, enum(dhcpPXEServers))
	dhcpPXECount = dhcpP.U8("option.vendor.pxeclient.boot_servers.count", "IP count", dec)
	dhcpPXEIP    = dhcpP.IPv4("option.vendor.pxeclient.boot_servers.ip", "IP")
	dhcpPXEMenuF = dhcpP.Bytes("option.vendor.pxeclient.boot_menu", "boot menu")
	dhcpMenuType = dhcpP.U16("option.vendor.pxeclient.boot_menu.type", "Type", dec, enum(dhcpPXEMenu))
	dhcpMenuLen  = dhcpP.U8("option.vendor.pxeclient.boot_menu.length", "Length", dec)
	dhcpMenuDesc = dhcpP.Str("option.vendor.pxeclient.boot_menu.desc", "Description")
	dhcpPrompt   = dhcpP.Bytes("option.vendor.pxeclient.menu_prompt", "menu prompt")
	dhcpPromptT  = dhcpP.U8("option.vendor.pxeclient.menu_prompt.timeout", "Timeout", dec)
	dhcpPromptS  = dhcpP.Str("option.vendor.pxeclient.menu_prompt.prompt", "Prompt")
	dhcpItem     = dhcpP.Bytes("option.vendor.pxeclient.boot_item", "boot item")
	dhcpItemType = dhcpP.U16("option.vendor.pxeclient.boot_item.type", "Type", dec)
	dhcpItemLay  = dhcpP.Bytes("option.vendor.pxeclient.boot_item.layer", "Layer")

	dhcpBSDPSub  = dhcpP.U8("option.vendor.bsdp.suboption", "Option 43 Suboption", dec, enum(dhcpBSDPOptions))
	dhcpBSDPDef  = dhcpP.U32("option.vendor.bsdp.default_boot_image_id", "Default Boot Image ID", hex)
	dhcpBSDPSel  = dhcpP.U32("option.vendor.bsdp.selected_boot_image_id", "Selected Boot Image ID", hex)
	dhcpBSDPAttr = dhcpP.U16("option.vendor.bsdp.boot_image.attribute", "Boot Image Attribute", hex)
	dhcpBSDPInst = dhcpP.U16("option.vendor.bsdp.boot_image.attribute.install", "Install", hex, mask(16, 0x8000), enum(dhcpBSDPInstall))
	dhcpBSDPKind = dhcpP.U16("option.vendor.bsdp.boot_image.attribute.kind", "Kind", hex, mask(16, 0x7f00), enum(dhcpBSDPKinds))
	dhcpBSDPRes  = dhcpP.U16("option.vendor.bsdp.boot_image.attribute.reserved", "Reserved", hex, mask(16, 0x00ff))
	dhcpBSDPIdx  = dhcpP.U16("option.vendor.bsdp.boot_image.index", "Boot Image Index", hex)
	dhcpBSDPList = dhcpP.Bytes("option.vendor.bsdp.boot_image_list", "Boot Image List")
	dhcpBSDPDesc = dhcpP.Bytes("option.vendor.bsdp.boot_image.desc", "Boot Image Description")
	dhcpBSDPNLen = dhcpP.U8("option.vendor.bsdp.boot_image.name_len", "Boot Image Name Length", dec)
	dhcpBSDPName = dhcpP.Str("option.vendor.bsdp.boot_image.name", "Boot Image Name")
	dhcpBSDPFirm = dhcpP.None("option.vendor.bsdp.netboot_firmware", "NetBoot 1.0 Firmware")

	dhcpPXEDefs = map[uint8]dhcpDef{
		1:   {dhcpIPs, dhcpP.IPv4("option.vendor.pxeclient.mtftp_ip", "mtftp IP"), nil},
		2:   {dhcpU16LE, dhcpP.U16("option.vendor.pxeclient.mtftp_client_port", "mtftp client port", dec), nil},
		3:   {dhcpU16LE, dhcpP.U16("option.vendor.pxeclient.mtftp_server_port", "mtftp server port", dec), nil},
		4:   {dhcpU8, dhcpP.U8("option.vendor.pxeclient.mtftp_timeout", "mtftp timeout", dec), nil},
		5:   {dhcpU8, dhcpP.U8("option.vendor.pxeclient.mtftp_delay", "mtftp delay", dec), nil},
		6:   {dhcpSpecial, 0, dhcpPXEControl},
		7:   {dhcpIPs, dhcpP.IPv4("option.vendor.pxeclient.multicast_address", "multicast address"), nil},
		8:   {dhcpSpecial, 0, dhcpPXEBootServers},
		9:   {dhcpSpecial, 0, dhcpPXEBootMenu},
		10:  {dhcpSpecial, 0, dhcpPXEPrompt},
		11:  {dhcpData, dhcpP.Bytes("option.vendor.pxeclient.multicast_address_alloc", "multicast address alloc"), nil},
		12:  {dhcpData, dhcpP.Bytes("option.vendor.pxeclient.credential_types", "credential types"), nil},
		71:  {dhcpSpecial, 0, dhcpPXEItem},
		179: {dhcpText, dhcpP.Add("option.vendor.pxeclient.lcm_server", "LCM Server Name", field.TStringz, noBase), nil},
		180: {dhcpText, dhcpP.Add("option.vendor.pxeclient.lcm_domain", "LCM Domain", field.TStringz, noBase), nil},
		181: {dhcpData, dhcpP.Bytes("option.vendor.pxeclient.lcm_nic_option", "LCM NIC option"), nil},
		190: {dhcpText, dhcpP.Add("option.vendor.pxeclient.lcm_workgroup", "LCM Workgroup", field.TStringz, noBase), nil},
		191: {dhcpBool, dhcpP.Bool("option.vendor.pxeclient.discovery", "Discovery", tf("Yes", "No")), nil},
		192: {dhcpBool, dhcpP.Bool("option.vendor.pxeclient.configured", "Configured", tf("Yes", "No")), nil},
		193: {dhcpU32, dhcpP.U32("option.vendor.pxeclient.lcm_version", "LCM Version", dec), nil},
		194: {dhcpText, dhcpP.Add("option.vendor.pxeclient.lcm_serial", "LCM Serial Number", field.TStringz, noBase), nil},
	}
	dhcpBSDPDefs = map[uint8]dhcpDef{
		1:  {dhcpU8, dhcpP.U8("option.vendor.bsdp.message_type", "Message Type", dec, enum(dhcpBSDPTypes)), nil},
		2:  {dhcpU16, dhcpP.U16("option.vendor.bsdp.version", "Version", hex), nil},
		3:  {dhcpIPs, dhcpP.IPv4("option.vendor.bsdp.server_identifier", "Server Identifier"), nil},
		4:  {dhcpU16, dhcpP.U16("option.vendor.bsdp.server_priority", "Server Priority", dec), nil},
		5:  {dhcpU16, dhcpP.U16("option.vendor.bsdp.reply_port", "Reply Port", dec), nil},
		6:  {dhcpText, dhcpP.Str("option.vendor.bsdp.boot_image_list_path", "Boot Image List Path"), nil},
		7:  {dhcpSpecial, 0, func(c *Cursor, o *dhcpOpt) bool { return dhcpBSDPImage(c, dhcpBSDPDef) }},
		8:  {dhcpSpecial, 0, func(c *Cursor, o *dhcpOpt) bool { return dhcpBSDPImage(c, dhcpBSDPSel) }},
		9:  {dhcpSpecial, 0, dhcpBSDPImages},
		10: {dhcpSpecial, 0, func(c *Cursor, o *dhcpOpt) bool { c.FieldAt(dhcpBSDPFirm, o.pos, o.len()); return true }},
		11: {dhcpData, dhcpP.Bytes("option.vendor.bsdp.attributes_filter_list", "Boot Image Attributes Filter List"), nil},
		12: {dhcpU16, dhcpP.U16("option.vendor.bsdp.message_size", "Message Size", dec), nil},
	}
)

func dhcpPXE(c *Cursor, o *dhcpOpt) {
	for c.Pos() < o.end {
		switch c.Peek8(0) {
		case 0:
			c.U8(dhcpPXEPad)
			continue
		case 255:
			c.U8(dhcpPXEEnd)
			continue
		}
		if !o.room(c) {
			return
		}
		s, fits, old := o.sub(c, dhcpPXESub, dhcpPXEOptions, "Option 43")
		if !fits {
			c.Pop(old)
			return
		}
		place := c.Narrow(s.end)
		c.Mark(c.FieldAt(dhcpVValue, s.pos, s.len()), dissect.Hidden)
		def, ok := dhcpPXEDefs[s.code]
		var t field.Text
		switch {
		case s.code > 194:
			t.S("Unknown suboption ").U(uint64(s.code)).S(" (").U(uint64(s.len())).S(" bytes)")
			c.ExpertText(s.ref, eiDHCPSubBad, t.String())
		case !ok || !s.show(c, &def):
			t.S("ERROR, please report: Unknown subopt type handler ").U(uint64(s.code))
			c.ExpertText(s.ref, eiDHCPSubType, t.String())
		}
		c.Restore(place)
		c.Pop(old)
		c.Seek(s.end)
	}
}

func dhcpPXEControl(c *Cursor, o *dhcpOpt) bool {
	v := c.Word(dhcpPXEDisc, 1, dhcpPXENoBC, dhcpPXENoMC, dhcpPXEList, dhcpPXEBoot)
	dhcpBits(c, c.Last(), v, dhcpPXENoBC, dhcpPXENoMC, dhcpPXEList, dhcpPXEBoot)
	return true
}

// under shows the whole value as f and gives the old parent.
func (o *dhcpOpt) under(c *Cursor, f field.ID) dissect.Ref {
	return c.Push(c.FieldAt(f, o.pos, o.len()))
}

func dhcpPXEBootServers(c *Cursor, o *dhcpOpt) bool {
	old := o.under(c, dhcpPXEServs)
	for c.Pos() < o.end {
		c.U16(dhcpPXEType)
		for range c.U8(dhcpPXECount) {
			c.Field(dhcpPXEIP, 4)
		}
	}
	c.Pop(old)
	return true
}

func dhcpPXEBootMenu(c *Cursor, o *dhcpOpt) bool {
	old := o.under(c, dhcpPXEMenuF)
	for c.Pos() < o.end {
		c.U16(dhcpMenuType)
		c.Bytes(dhcpMenuDesc, int(c.U8(dhcpMenuLen)))
	}
	c.Pop(old)
	return true
}

func dhcpPXEPrompt(c *Cursor, o *dhcpOpt) bool {
	old := o.under(c, dhcpPrompt)
	c.U8(dhcpPromptT)
	c.Bytes(dhcpPromptS, o.end-c.Pos())
	c.Pop(old)
	return true
}

func dhcpPXEItem(c *Cursor, o *dhcpOpt) bool {
	old := o.under(c, dhcpItem)
	c.U16(dhcpItemType)
	c.Bytes(dhcpItemLay, 2)
	c.Pop(old)
	return true
}

func dhcpBSDP(c *Cursor, o *dhcpOpt) {
	for c.Pos() < o.end {
		if !o.room(c) {
			return
		}
		s, fits, old := o.sub(c, dhcpBSDPSub, dhcpBSDPOptions, "Option 43")
		if !fits {
			c.Pop(old)
			return
		}
		place := c.Narrow(s.end)
		if def, ok := dhcpBSDPDefs[s.code]; ok {
			s.show(c, &def)
		}
		c.Restore(place)
		c.Pop(old)
		c.Seek(s.end)
	}
}

func dhcpBSDPImage(c *Cursor, f field.ID) bool {
	c.FieldAt(f, c.Pos(), 4)
	old := c.Push(c.Last())
	dhcpBSDPAttribute(c)
	c.Pop(old)
	return true
}

// dhcpBSDPAttribute is an image's attribute and index.
func dhcpBSDPAttribute(c *Cursor) {
	v := c.Word(dhcpBSDPAttr, 2, dhcpBSDPInst, dhcpBSDPKind, dhcpBSDPRes)
	if b := c.Append(c.Last()); b != nil {
		b.S(", Install: ").S(dhcpBSDPInstall.Text(v>>15, "Unknown")).S(", Kind: ").S(dhcpBSDPKinds.Text(v>>8&0x7f, "Unknown"))
	}
	c.U16(dhcpBSDPIdx)
}

func dhcpBSDPImages(c *Cursor, o *dhcpOpt) bool {
	old := o.under(c, dhcpBSDPList)
	for o.end-c.Pos() >= 5 {
		at, n := c.Pos(), int(c.Peek8(4))
		inner := c.Push(c.FieldAt(dhcpBSDPDesc, at, 5+n))
		dhcpBSDPAttribute(c)
		c.U8(dhcpBSDPNLen)
		c.Bytes(dhcpBSDPName, n)
		c.Pop(inner)
	}
	c.Pop(old)
	return true
}
