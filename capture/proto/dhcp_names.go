// Names of DHCP's numbers, by Wireshark's texts (IANA bootp-dhcp-parameters).
package proto

var dhcpOps = values(
	val(1, "Boot Request"),
	val(2, "Boot Reply"),
)

var dhcpMessages = values(
	val(1, "Discover"),
	val(2, "Offer"),
	val(3, "Request"),
	val(4, "Decline"),
	val(5, "ACK"),
	val(6, "NAK"),
	val(7, "Release"),
	val(8, "Inform"),
	val(9, "Force Renew"),
	val(10, "Lease query"),
	val(11, "Lease Unassigned"),
	val(12, "Lease Unknown"),
	val(13, "Lease Active"),
	val(14, "Bulk Lease Query"),
	val(15, "Lease Query Done"),
	val(16, "Active LeaseQuery"),
	val(17, "Lease Query Status"),
	val(18, "TLS"),
)

var dhcpArchitectures = values(
	val(0, "IA x86 PC"),
	val(1, "NEC/PC98"),
	val(2, "IA64 PC"),
	val(3, "DEC Alpha"),
	val(4, "ArcX86"),
	val(5, "Intel Lean Client"),
	val(6, "EFI IA32"),
	val(7, "EFI x64"),
	val(8, "EFI Xscale"),
	val(9, "EFI BC"),
	val(10, "ARM 32-bit UEFI"),
	val(11, "ARM 64-bit UEFI"),
	val(12, "PowerPC Open Firmware"),
	val(13, "PowerPC ePAPR"),
	val(14, "POWER OPAL v3"),
	val(15, "x86 UEFI HTTP"),
	val(16, "x64 UEFI HTTP"),
	val(17, "EBC UEFI HTTP"),
	val(18, "ARM 32-bit UEFI HTTP"),
	val(19, "ARM 64-bit UEFI HTTP"),
	val(20, "PC/AT HTTP"),
	val(21, "ARM 32-bit uboot"),
	val(22, "ARM 64-bit uboot"),
	val(23, "ARM 32-bit uboot HTTP"),
	val(24, "ARM 64-bit uboot HTTP"),
	val(25, "RISC-V 32-bit UEFI"),
	val(26, "RISC-V 32-bit UEFI HTTP"),
	val(27, "RISC-V 64-bit UEFI"),
	val(28, "RISC-V 64-bit UEFI HTTP"),
	val(29, "RISC-V 128-bit UEFI"),
	val(30, "RISC-V 128-bit UEFI HTTP"),
	val(31, "s390 Basic"),
	val(32, "s390 Extended"),
	val(33, "MIPS 32-bit UEFI"),
	val(34, "MIPS 64-bit UEFI"),
	val(35, "Sunway 32-bit UEFI"),
	val(36, "Sunway 64-bit UEFI"),
	val(37, "LoongArch 32-bit UEFI"),
	val(38, "LoongArch 32-bit UEFI HTTP"),
	val(39, "LoongArch 64-bit UEFI"),
	val(40, "LoongArch 64-bit UEFI HTTP"),
	val(41, "ARM rpiboot"),
)

var dhcpRelayOptions = values(
	val(0, "Padding"),
	val(1, "Agent Circuit ID"),
	val(2, "Agent Remote ID"),
	val(3, "Reserved"),
	val(4, "DOCSIS Device Class"),
	val(5, "Link selection"),
	val(6, "Subscriber ID"),
	val(7, "RADIUS Attributes"),
	val(8, "Authentication"),
	val(9, "Vendor-Specific Information"),
	val(10, "Flags"),
	val(11, "Server ID Override"),
	val(12, "Relay Agent Identifier"),
	val(13, "Access Technology Type"),
	val(14, "Access Network Name"),
	val(15, "Access Point Name"),
	val(16, "Access Point BSSID"),
	val(17, "Access Network Operator ID"),
	val(18, "Access Network Operator Realm"),
	val(19, "Source Port"),
	val(150, "Link selection (Cisco proprietary)"),
	val(151, "VRF name/VPN ID"),
	val(152, "Server ID Override (Cisco proprietary)"),
)

var dhcpPXEOptions = values(
	val(0, "Padding"),
	val(1, "PXE mtftp IP"),
	val(2, "PXE mtftp client port"),
	val(3, "PXE mtftp server port"),
	val(4, "PXE mtftp timeout"),
	val(5, "PXE mtftp delay"),
	val(6, "PXE discovery control"),
	val(7, "PXE multicast address"),
	val(8, "PXE boot servers"),
	val(9, "PXE boot menu"),
	val(10, "PXE menu prompt"),
	val(11, "PXE multicast address alloc"),
	val(12, "PXE credential types"),
	val(71, "PXE boot item"),
	val(179, "PXE LCM Server"),
	val(180, "PXE LCM Domain"),
	val(181, "PXE LCM NIC option 0"),
	val(190, "PXE LCM Workgroup"),
	val(191, "PXE Discovery"),
	val(192, "PXE Configured"),
	val(193, "PXE LCM version"),
	val(194, "PXE LCM Serial Number"),
	val(255, "PXE End"),
)

var dhcpPXEServers = values(
	val(0, "PXE bootstrap server"),
	val(1, "Microsoft Windows NT Boot Server"),
	val(2, "Intel LCM Boot Server"),
	val(3, "DOS/UNDI Boot Server"),
	val(4, "NEC ESMPRO Boot Server"),
	val(5, "IBM WSoD Boot Server"),
	val(6, "IBM LCCM Boot Server"),
	val(7, "CA Unicenter TNG Boot Server"),
	val(8, "HP OpenView Boot Server"),
	val(65535, "PXE API Test server"),
)

var dhcpPXEMenu = values(
	val(0, "Local boot"),
)

var dhcpLeaseStatus = values(
	val(0, "Success"),
	val(1, "UpsecFail"),
	val(2, "QueryTerminated"),
	val(3, "MalformedQuery"),
	val(4, "NotAllowed"),
	val(5, "DataMissing"),
	val(6, "ConnectionActive"),
	val(7, "CatchUpComplete"),
	val(8, "TLSConnectionRefused"),
)

var dhcpLeaseStates = values(
	val(1, "Available"),
	val(2, "Active"),
	val(3, "Expired"),
	val(4, "Released"),
	val(5, "Abandoned"),
	val(6, "Reset"),
	val(7, "Remote"),
	val(8, "Transitioning"),
)

var dhcpCivicTypes = values(
	val(0, "Language"),
	val(1, "A1"),
	val(2, "A2"),
	val(3, "A3"),
	val(4, "A4"),
	val(5, "A5"),
	val(6, "A6"),
	val(16, "PRD (Leading street direction)"),
	val(17, "POD (Trailing street suffix)"),
	val(18, "STS (Street suffix)"),
	val(19, "HNO (House number)"),
	val(20, "HNS (House number suffix)"),
	val(21, "LMK (Landmark or vanity address)"),
	val(22, "LOC (Additional location information)"),
	val(23, "NAM"),
	val(24, "PC (Postal/ZIP code)"),
	val(25, "BLD (Building)"),
	val(26, "UNIT"),
	val(27, "FLR (Floor)"),
	val(28, "ROOM"),
	val(29, "PLC (Place-type)"),
	val(30, "PCN (Postal community name)"),
	val(31, "POBOX"),
	val(32, "ADDCODE (Additional Code)"),
	val(33, "SEAT"),
	val(34, "RD (Primary road or street)"),
	val(35, "RDSEC (Road section)"),
	val(36, "RDBR (Road branch)"),
	val(37, "RDSUBBR (Road sub-branch)"),
	val(38, "PRM (Road pre-modifier)"),
	val(39, "POM (Road post-modifier"),
	val(128, "Script"),
)

var dhcpCivicWhat = values(
	val(0, "Location of the DHCP server"),
	val(1, "Location of the network element believed to be closest to the client"),
	val(2, "Location of the client"),
)

var dhcpNovellOptions = values(
	val(1, "NWIP does not exist on subnet"),
	val(2, "NWIP exists in options area"),
	val(3, "NWIP exists in sname/file"),
	val(4, "NWIP exists, but too big"),
	val(5, "Broadcast for nearest Netware server"),
	val(6, "Preferred DSS server"),
	val(7, "Nearest NWIP server"),
	val(8, "Autoretries"),
	val(9, "Autoretry delay, secs"),
	val(10, "Support NetWare/IP v1.1"),
	val(11, "Primary DSS"),
)

var dhcpTR111Options = values(
	val(1, "DeviceManufacturerOUI"),
	val(2, "DeviceSerialNumber"),
	val(3, "DeviceProductClass"),
	val(4, "GatewayManufacturerOUI"),
	val(5, "GatewaySerialNumber"),
	val(6, "GatewayProductClass"),
)

var dhcpVICLOptions = values(
	val(1, "Option Request"),
	val(2, "TFTP Server Addresses"),
	val(3, "eRouter Container Option"),
	val(4, "MIB Environment Indicator Option"),
	val(5, "Modem Capabilities"),
)

var dhcpRelayCLTags = values(
	val(1, "CMTS DOCSIS version number"),
	val(2, "DPOE System version number"),
	val(4, "DPOE System DHCPv4 PBB service option"),
	val(5, "Service Class or QoS Profile Name"),
	val(6, "MSO Defined Text"),
	val(7, "Secure File Transfer URI"),
)

var dhcpCLOptions = values(
	val(0, "Padding"),
	val(1, "Suboption Request List"),
	val(2, "Device Type"),
	val(3, "eSAFE Types"),
	val(4, "Serial Number"),
	val(5, "Hardware Version"),
	val(6, "Software Version"),
	val(7, "Boot ROM version"),
	val(8, "Organizationally Unique Identifier"),
	val(9, "Model Number"),
	val(10, "Vendor Name"),
	val(11, "Address Realm"),
	val(12, "CM/PS System Description"),
	val(13, "CM/PS Firmware Revision"),
	val(14, "Firewall Policy File Version"),
	val(15, "eSafe Config File Devices"),
	val(18, "Video Security Type"),
	val(31, "MTA MAC Address"),
	val(32, "Correlation ID"),
	val(51, "Vendor Name"),
	val(52, "CableCARD Capability"),
	val(53, "Device Identification (CA)"),
	val(54, "Device Identification (X.509)"),
	val(179, "LCM Server"),
	val(180, "LCM Domain"),
	val(181, "LCM NIC option 0"),
	val(190, "LCM Workgroup"),
	val(191, "Discovery"),
	val(192, "HH Configured"),
	val(193, "LCM Version"),
	val(194, "LCM Serial Number"),
	val(255, "CL End"),
)

var dhcpALUOptions = values(
	val(0, "Padding"),
	val(58, "Voice VLAN ID"),
	val(64, "Spatial Redundancy TFTP1"),
	val(65, "Spatial Redundancy TFTP2"),
	val(66, "Application Type"),
	val(67, "SIP URL"),
	val(255, "Alcatel-Lucent End"),
)

var dhcpALUApps = values(
	val(0, "NOE"),
	val(1, "SIP"),
)

var dhcpACIOptions = values(
	val(1, "Unk-1 (Node role?)"),
	val(2, "Unk-2 (Spine level?)"),
	val(3, "Unk-3 (Pod ID?)"),
	val(4, "Node ID"),
	val(5, "Unk-5"),
	val(6, "Unk-6"),
	val(7, "Model"),
	val(8, "APIC UUID"),
	val(9, "Fabricname"),
	val(10, "Unk-10"),
	val(11, "SerialNo"),
	val(12, "Interfacename"),
)

var dhcpRDNSSPrefs = values(
	val(0, "Medium"),
	val(1, "High"),
	val(2, "Reserved"),
	val(3, "Low"),
)

var dhcpSIPEncodings = values(
	val(0, "Fully Qualified Domain Name"),
	val(1, "IPv4 Address"),
)

var dhcpOverloads = values(
	val(1, "Boot file name holds options"),
	val(2, "Server host name holds options"),
	val(3, "Boot file and server host names hold options"),
)

var dhcpDUIDTypes = values(
	val(1, "link-layer address plus time"),
	val(2, "assigned by vendor based on Enterprise number"),
	val(3, "link-layer address"),
)

var dhcpCLModes = values(
	val(1, "IPv4"),
	val(2, "IPv6"),
)

var dhcpMIBs = values(
	val(0, "Reserved"),
	val(1, "CableLabs"),
	val(2, "IETF"),
	val(3, "EuroCableLabs"),
)

var dhcpNodeTypes = values(
	val(1, "B-node"),
	val(2, "P-node"),
	val(4, "M-node"),
	val(8, "H-node"),
)

var dhcpAutoConf = values(
	val(0, "DoNotAutoConfigure"),
	val(1, "AutoConfigure"),
)

var dhcpNonces = values(
	val(1, "HMAC-MD5"),
)

var dhcpAuthProtocols = values(
	val(0, "configuration token"),
	val(1, "delayed authentication"),
)

var dhcpAuthDelays = values(
	val(1, "HMAC_MD5"),
)

var dhcpAuthRDM = values(
	val(0, "Monotonically-increasing counter"),
)

var dhcpAerohive = values(
	val(225, "XiqHostname"),
	val(226, "XiqIpAddress"),
)

var dhcpBSDPTypes = values(
	val(1, "LIST"),
	val(2, "SELECT"),
	val(3, "FAILED"),
)

var dhcpBSDPInstall = values(
	val(0, "non-install"),
	val(1, "install"),
)

var dhcpBSDPKinds = values(
	val(0, "Mac OS 9"),
	val(1, "Mac OS X"),
	val(2, "Mac OS X Server"),
	val(3, "Hardware Diagnostics"),
)

var dhcpSLPAgents = values(
	val(0, "Dynamic Discovery"),
	val(1, "Static Discovery"),
	val(128, "Backwards compatibility"),
)

var dhcpSLPScopes = values(
	val(0, "Preferred Scope"),
	val(1, "Mandatory Scope"),
)

var dhcpCLRealms = values(
	val(1, "PS WAN-Man"),
	val(2, "PS WAN-Data"),
)

// dhcpBSDPOptions are the words of Apple's Boot Server Discovery Protocol.
var dhcpBSDPOptions = values(
	val(1, "Message Type"),
	val(2, "Version"),
	val(3, "Server Identifier"),
	val(4, "Server Priority"),
	val(5, "Reply Port"),
	val(6, "Boot Image List Path"),
	val(7, "Default Boot Image"),
	val(8, "Selected Boot Image"),
	val(9, "Boot Image List"),
	val(10, "NetBoot 1.0 Firmware"),
	val(11, "Boot Image Attributes Filter List"),
	val(12, "Maximum Message Size"),
)

// dhcpEnterprises are some of the IANA's private enterprise numbers.
var dhcpEnterprises = values(
	val(9, "ciscoSystems"),
	val(10, "NSC"),
	val(27, "Intergraph"),
	val(311, "Microsoft"),
	val(343, "Intel Corporation"),
	val(3561, "Broadband Forum"),
	val(4491, "Cable Television Laboratories, Inc."),
)
