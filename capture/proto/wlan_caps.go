// IEEE 802.11-2020: capability and operation elements: HT (9.4.2.55, 9.4.2.56),
// VHT (9.4.2.157, 9.4.2.158), extended capabilities (9.4.2.26).
package proto

import (
	"sonde/capture/dissect"
	"sonde/capture/field"
)

var (
	wlanHtCapabilities     = wlanP.U16("ht.capabilities", "HT Capabilities Info", hex)
	wlanHtCapabilitiesBits = []field.ID{
		wlanP.Bool("ht.capabilities.ldpccoding", "HT LDPC coding capability", mask(16, 0x0001), tf("Transmitter supports receiving LDPC coded packets", "Transmitter does not support receiving LDPC coded packets")),
		wlanP.Bool("ht.capabilities.width", "HT Support channel width", mask(16, 0x0002), tf("Transmitter supports 20MHz and 40MHz operation", "Transmitter only supports 20MHz operation")),
		wlanP.U16("ht.capabilities.sm", "HT SM Power Save", hex, mask(16, 0x000c), enum(wlanHtCapabilitiesSmNames)),
		wlanP.Bool("ht.capabilities.green", "HT Green Field", mask(16, 0x0010), tf("Transmitter is able to receive PPDUs with Green Field (GF) preamble", "Transmitter is not able to receive PPDUs with Green Field (GF) preamble")),
		wlanP.Bool("ht.capabilities.short20", "HT Short GI for 20MHz", mask(16, 0x0020), tf("Supported", "Not supported")),
		wlanP.Bool("ht.capabilities.short40", "HT Short GI for 40MHz", mask(16, 0x0040), tf("Supported", "Not supported")),
		wlanP.Bool("ht.capabilities.txstbc", "HT Tx STBC", mask(16, 0x0080), tf("Supported", "Not supported")),
		wlanP.U16("ht.capabilities.rxstbc", "HT Rx STBC", hex, mask(16, 0x0300), enum(wlanHtCapabilitiesRxstbcNames)),
		wlanP.U16("ht.capabilities.info_reserved_b10", "Reserved", hex, mask(16, 0x0400)),
		wlanP.Bool("ht.capabilities.amsdu", "HT Max A-MSDU length", mask(16, 0x0800), tf("7935 bytes", "3839 bytes")),
		wlanP.Bool("ht.capabilities.dsscck", "HT DSSS/CCK mode in 40MHz", mask(16, 0x1000), tf("Will/Can use DSSS/CCK in 40 MHz", "Won't/Can't use of DSSS/CCK in 40 MHz")),
		wlanP.U16("ht.capabilities.info_reserved_b13", "Reserved", hex, mask(16, 0x2000)),
		wlanP.Bool("ht.capabilities.40mhzintolerant", "HT Forty MHz Intolerant", mask(16, 0x4000), tf("Use of 40 MHz transmissions restricted/disallowed", "Use of 40 MHz transmissions unrestricted/allowed")),
		wlanP.U16("ht.capabilities.info_reserved_b15", "Reserved", hex, mask(16, 0x8000)),
	}
	wlanHtAmpduparam                 = wlanP.U8("ht.ampduparam", "A-MPDU Parameters", hex)
	wlanHtAmpduparamMaxlength        = wlanP.U8("ht.ampduparam.maxlength", "Maximum Rx A-MPDU Length Exponent", hex, mask(8, 0x03))
	wlanHtAmpduparamMpduStartSpacing = wlanP.U8("ht.ampduparam.mpdu_start_spacing", "Minimum MPDU Start Spacing", hex, mask(8, 0x1c), enum(wlanHtAmpduparamMpduStartSpacingNames))
	wlanHtAmpduparamReserved         = wlanP.U8("ht.ampduparam.reserved", "Reserved", hex, mask(8, 0xe0))
	wlanHtMcsset                     = wlanP.None("ht.mcsset", "Rx Supported Modulation and Coding Scheme Set")
	wlanHtMcssetRxbitmask            = wlanP.None("ht.mcsset.rxbitmask", "Rx Modulation and Coding Scheme (One bit per modulation)")
	wlanHtMcssetHighestdatarate      = wlanP.U16("ht.mcsset.highestdatarate", "Highest Supported Data Rate", hex, mask(16, 0x03ff))
	wlanHtMcssetTxsetdefined         = wlanP.Bool("ht.mcsset.txsetdefined", "Tx Supported MCS Set", mask(16, 0x0001), tf("Defined", "Not defined"))
	wlanHtMcssetTxrxmcsnotequal      = wlanP.Bool("ht.mcsset.txrxmcsnotequal", "Tx and Rx MCS Set", mask(16, 0x0002), tf("Not Equal", "Equal"))
	wlanHtMcssetTxmaxss              = wlanP.U16("ht.mcsset.txmaxss", "Maximum Number of Tx Spatial Streams Supported", hex, mask(16, 0x000c))
	wlanHtMcssetTxunequalmod         = wlanP.Bool("ht.mcsset.txunequalmod", "Unequal Modulation", mask(16, 0x0010), tf("Supported", "Not supported"))
	wlanHtexCapabilities             = wlanP.U16("htex.capabilities", "HT Extended Capabilities", hex)
	wlanHtexCapabilitiesBits         = []field.ID{
		wlanP.U16("htex.capabilities.reserved_b0_b7", "Reserved", hex, mask(16, 0x00ff)),
		wlanP.U16("htex.capabilities.mcs", "MCS Feedback capability", hex, mask(16, 0x0300), enum(wlanHtexCapabilitiesMcsNames)),
		wlanP.Bool("htex.capabilities.htc", "HT variant HT Control field", mask(16, 0x0400), tf("Supported", "Not supported")),
		wlanP.Bool("htex.capabilities.rdresponder", "Reverse Direction Responder", mask(16, 0x0800), tf("Supported", "Not supported")),
		wlanP.U16("htex.capabilities.reserved_b12_b15", "Reserved", hex, mask(16, 0xf000)),
	}
	wlanTxbf     = wlanP.U32("txbf", "Transmit Beam Forming (TxBF) Capabilities", hex)
	wlanTxbfBits = []field.ID{
		wlanP.Bool("txbf.txbf", "Implicit Transmit Beamforming Receiving", mask(32, 0x00000001), tf("Supported", "Not supported")),
		wlanP.Bool("txbf.rxss", "Receive Staggered Sounding", mask(32, 0x00000002), tf("Supported", "Not supported")),
		wlanP.Bool("txbf.txss", "Transmit Staggered Sounding", mask(32, 0x00000004), tf("Supported", "Not supported")),
		wlanP.Bool("txbf.rxndp", "Receive Null Data packet (NDP)", mask(32, 0x00000008), tf("Supported", "Not supported")),
		wlanP.Bool("txbf.txndp", "Transmit Null Data packet (NDP)", mask(32, 0x00000010), tf("Supported", "Not supported")),
		wlanP.Bool("txbf.impltxbf", "Implicit Transmit Beamforming", mask(32, 0x00000020), tf("Supported", "Not supported")),
		wlanP.U32("txbf.calibration", "Calibration", hex, mask(32, 0x000000c0), enum(wlanTxbfCalibrationNames)),
		wlanP.Bool("txbf.csi", "Explicit CSI Transmit Beamforming", mask(32, 0x00000100), tf("Supported", "Not supported")),
		wlanP.Bool("txbf.fm.uncompressed.tbf", "Explicit Noncompressed Steering", mask(32, 0x00000200), tf("Supported", "Not supported")),
		wlanP.Bool("txbf.fm.compressed.tbf", "Explicit Compressed Steering", mask(32, 0x00000400), tf("Supported", "Not supported")),
		wlanP.U32("txbf.rcsi", "Explicit Transmit Beamforming CSI Feedback", hex, mask(32, 0x00001800), enum(wlanTxbfRcsiNames)),
		wlanP.U32("txbf.fm.uncompressed.rbf", "Explicit Noncompressed Beamforming Feedback", hex, mask(32, 0x00006000), enum(wlanTxbfRcsiNames)),
		wlanP.U32("txbf.fm.compressed.bf", "Explicit Noncompressed Beamforming Feedback", hex, mask(32, 0x00018000), enum(wlanTxbfRcsiNames)),
		wlanP.U32("txbf.mingroup", "Minimal Grouping", hex, mask(32, 0x00060000), enum(wlanTxbfMingroupNames)),
		wlanP.U32("txbf.csinumant", "CSI Number of Beamformer Antennas", hex, mask(32, 0x00180000), enum(wlanTxbfCsinumantNames)),
		wlanP.U32("txbf.fm.uncompressed.maxant", "Noncompressed Steering Number of Beamformer Antennas", hex, mask(32, 0x00600000), enum(wlanTxbfCsinumantNames)),
		wlanP.U32("txbf.fm.compressed.maxant", "Compressed Steering Number of Beamformer Antennas", hex, mask(32, 0x01800000), enum(wlanTxbfCsinumantNames)),
		wlanP.U32("txbf.csi.maxrows", "CSI Max Number of Rows Beamformer", hex, mask(32, 0x06000000), enum(wlanTxbfCsiMaxrowsNames)),
		wlanP.U32("txbf.channelest", "Channel Estimation", hex, mask(32, 0x18000000), enum(wlanTxbfChannelestNames)),
		wlanP.U32("txbf.reserved", "Reserved", hex, mask(32, 0xe0000000)),
	}
	wlanAsel     = wlanP.U8("asel", "Antenna Selection (ASEL) Capabilities", hex)
	wlanAselBits = []field.ID{
		wlanP.Bool("asel.capable", "Antenna Selection Capable", mask(8, 0x01), tf("Supported", "Not supported")),
		wlanP.Bool("asel.txcsi", "Explicit CSI Feedback Based Tx ASEL", mask(8, 0x02), tf("Supported", "Not supported")),
		wlanP.Bool("asel.txif", "Antenna Indices Feedback Based Tx ASEL", mask(8, 0x04), tf("Supported", "Not supported")),
		wlanP.Bool("asel.csi", "Explicit CSI Feedback", mask(8, 0x08), tf("Supported", "Not supported")),
		wlanP.Bool("asel.if", "Antenna Indices Feedback", mask(8, 0x10), tf("Supported", "Not supported")),
		wlanP.Bool("asel.rx", "Rx ASEL", mask(8, 0x20), tf("Supported", "Not supported")),
		wlanP.Bool("asel.sppdu", "Tx Sounding PPDUs", mask(8, 0x40), tf("Supported", "Not supported")),
		wlanP.U8("asel.reserved", "Reserved", hex, mask(8, 0x80)),
	}
	wlanHtInfoPrimarychannel = wlanP.U8("ht.info.primarychannel", "Primary Channel", dec)
	wlanHtInfoDelim1         = wlanP.U8("ht.info.delim1", "HT Operation Information Subset (1 of 3)", hex)
	wlanHtInfoDelim2         = wlanP.U16("ht.info.delim2", "HT Operation Information Subset (2 of 3)", hex)
	wlanHtInfoDelim3         = wlanP.U16("ht.info.delim3", "HT Operation Information Subset (3 of 3)", hex)
	wlanHtInfoMcssetReserved = wlanP.Bytes("ht.info.mcsset_reserved", "Basic HT-MCS Set: Reserved")
	wlanVhtCapabilities      = wlanP.U32("vht.capabilities", "VHT Capabilities Info", hex)
	wlanVhtCapabilitiesBits  = []field.ID{
		wlanP.U32("vht.capabilities.maxmpdulength", "Maximum MPDU Length", hex, mask(32, 0x00000003), enum(wlanVhtCapabilitiesMaxmpdulengthNames)),
		wlanP.U32("vht.capabilities.supportedchanwidthset", "Supported Channel Width Set", hex, mask(32, 0x0000000c), enum(wlanVhtCapabilitiesSupportedchanwidthsetNames)),
		wlanP.Bool("vht.capabilities.rxldpc", "Rx LDPC", mask(32, 0x00000010), tf("Supported", "Not supported")),
		wlanP.Bool("vht.capabilities.short80", "Short GI for 80MHz/TVHT_MODE_4C", mask(32, 0x00000020), tf("Supported", "Not supported")),
		wlanP.Bool("vht.capabilities.short160", "Short GI for 160MHz and 80+80MHz", mask(32, 0x00000040), tf("Supported", "Not supported")),
		wlanP.Bool("vht.capabilities.txstbc", "Tx STBC", mask(32, 0x00000080), tf("Supported", "Not supported")),
		wlanP.U32("vht.capabilities.rxstbc", "Rx STBC", hex, mask(32, 0x00000700), enum(wlanVhtCapabilitiesRxstbcNames)),
		wlanP.Bool("vht.capabilities.subeamformer", "SU Beamformer Capable", mask(32, 0x00000800), tf("Supported", "Not supported")),
		wlanP.Bool("vht.capabilities.subeamformee", "SU Beamformee Capable", mask(32, 0x00001000), tf("Supported", "Not supported")),
		wlanP.U32("vht.capabilities.beamformee_sts_cap", "Beamformee STS Capability", hex, mask(32, 0x0000e000), enum(wlanVhtCapabilitiesBeamformeeStsCapNames)),
		wlanP.U32("vht.capabilities.soundingdimensions", "Number of Sounding Dimensions", hex, mask(32, 0x00070000), enum(wlanVhtCapabilitiesBeamformeeStsCapNames)),
		wlanP.Bool("vht.capabilities.mubeamformer", "MU Beamformer Capable", mask(32, 0x00080000), tf("Supported", "Not supported")),
		wlanP.Bool("vht.capabilities.mubeamformee", "MU Beamformee Capable", mask(32, 0x00100000), tf("Supported", "Not supported")),
		wlanP.Bool("vht.capabilities.vhttxopps", "TXOP PS", mask(32, 0x00200000), tf("Supported", "Not supported")),
		wlanP.Bool("vht.capabilities.vhthtc", "+HTC-VHT Capable", mask(32, 0x00400000), tf("Supported", "Not supported")),
		wlanP.U32("vht.capabilities.maxampdu", "Max A-MPDU Length Exponent", hex, mask(32, 0x03800000), enum(wlanVhtCapabilitiesMaxampduNames)),
		wlanP.U32("vht.capabilities.linkadapt", "VHT Link Adaptation", hex, mask(32, 0x0c000000), enum(wlanVhtCapabilitiesLinkadaptNames)),
		wlanP.Bool("vht.capabilities.rxpatconsist", "Rx Antenna Pattern Consistency", mask(32, 0x10000000), tf("Supported", "Not supported")),
		wlanP.Bool("vht.capabilities.txpatconsist", "Tx Antenna Pattern Consistency", mask(32, 0x20000000), tf("Supported", "Not supported")),
		wlanP.U32("vht.capabilities.ext_nss_bw_support", "Extended NSS BW Support", hex, mask(32, 0xc0000000)),
	}
	wlanVhtMcsset             = wlanP.None("vht.mcsset", "VHT Supported MCS Set")
	wlanVhtMcssetRxmcsmap     = wlanP.U16("vht.mcsset.rxmcsmap", "Rx MCS Map", hex)
	wlanVhtMcssetRxmcsmapBits = []field.ID{
		wlanP.U16("vht.mcsset.rxmcsmap.ss1", "Rx 1 SS", hex, mask(16, 0x0003), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.rxmcsmap.ss2", "Rx 2 SS", hex, mask(16, 0x000c), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.rxmcsmap.ss3", "Rx 3 SS", hex, mask(16, 0x0030), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.rxmcsmap.ss4", "Rx 4 SS", hex, mask(16, 0x00c0), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.rxmcsmap.ss5", "Rx 5 SS", hex, mask(16, 0x0300), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.rxmcsmap.ss6", "Rx 6 SS", hex, mask(16, 0x0c00), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.rxmcsmap.ss7", "Rx 7 SS", hex, mask(16, 0x3000), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.rxmcsmap.ss8", "Rx 8 SS", hex, mask(16, 0xc000), enum(wlanVhtMcssetRxmcsmapSs1Names)),
	}
	wlanVhtMcssetRxhighestlonggirate = wlanP.U16("vht.mcsset.rxhighestlonggirate", "Rx Highest Long GI Data Rate (in Mb/s, 0 = subfield not in use)", hex, mask(16, 0x1fff))
	wlanVhtMcssetMaxNstsTotal        = wlanP.U16("vht.mcsset.max_nsts_total", "MaX NSTS Total", dec, mask(16, 0xe000))
	wlanVhtMcssetTxmcsmap            = wlanP.U16("vht.mcsset.txmcsmap", "Tx MCS Map", hex)
	wlanVhtMcssetTxmcsmapBits        = []field.ID{
		wlanP.U16("vht.mcsset.txmcsmap.ss1", "Tx 1 SS", hex, mask(16, 0x0003), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.txmcsmap.ss2", "Tx 2 SS", hex, mask(16, 0x000c), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.txmcsmap.ss3", "Tx 3 SS", hex, mask(16, 0x0030), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.txmcsmap.ss4", "Tx 4 SS", hex, mask(16, 0x00c0), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.txmcsmap.ss5", "Tx 5 SS", hex, mask(16, 0x0300), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.txmcsmap.ss6", "Tx 6 SS", hex, mask(16, 0x0c00), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.txmcsmap.ss7", "Tx 7 SS", hex, mask(16, 0x3000), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.mcsset.txmcsmap.ss8", "Tx 8 SS", hex, mask(16, 0xc000), enum(wlanVhtMcssetRxmcsmapSs1Names)),
	}
	wlanVhtMcssetTxhighestlonggirate = wlanP.U16("vht.mcsset.txhighestlonggirate", "Tx Highest Long GI Data Rate  (in Mb/s, 0 = subfield not in use)", hex, mask(16, 0x1fff))
	wlanVhtMcssetVhtExtNssBwCapable  = wlanP.Bool("vht.mcsset.vht_ext_nss_bw_capable", "VHT Extended NSS BW Capable", mask(16, 0x2000), tf("Capable", "Not capable"))
	wlanVhtOp                        = wlanP.None("vht.op", "VHT Operation Info")
	wlanVhtOpChannelwidth            = wlanP.U8("vht.op.channelwidth", "Channel Width", dec, enum(wlanVhtOpChannelwidthNames))
	wlanVhtOpChannelcenter0          = wlanP.U8("vht.op.channelcenter0", "Channel Center Segment 0", dec)
	wlanVhtOpChannelcenter1          = wlanP.U8("vht.op.channelcenter1", "Channel Center Segment 1", dec)
	wlanVhtOpBasicmcsmap             = wlanP.U16("vht.op.basicmcsmap", "Basic MCS Map", hex)
	wlanVhtOpBasicmcsmapBits         = []field.ID{
		wlanP.U16("vht.op.basicmcsmap.ss1", "Basic 1 SS", hex, mask(16, 0x0003), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.op.basicmcsmap.ss2", "Basic 2 SS", hex, mask(16, 0x000c), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.op.basicmcsmap.ss3", "Basic 3 SS", hex, mask(16, 0x0030), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.op.basicmcsmap.ss4", "Basic 4 SS", hex, mask(16, 0x00c0), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.op.basicmcsmap.ss5", "Basic 5 SS", hex, mask(16, 0x0300), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.op.basicmcsmap.ss6", "Basic 6 SS", hex, mask(16, 0x0c00), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.op.basicmcsmap.ss7", "Basic 7 SS", hex, mask(16, 0x3000), enum(wlanVhtMcssetRxmcsmapSs1Names)),
		wlanP.U16("vht.op.basicmcsmap.ss8", "Basic 8 SS", hex, mask(16, 0xc000), enum(wlanVhtMcssetRxmcsmapSs1Names)),
	}
	wlanExtcap      = wlanP.U8("extcap", "Extended Capabilities", hex)
	wlanHtInfo1Bits = []field.ID{
		wlanP.U8("ht.info.secchanoffset", "Secondary channel offset", hex, mask(8, 0x03), enum(wlanHtInfoSecchanoffsetNames)),
		wlanP.Bool("ht.info.chanwidth", "Supported channel width", mask(8, 0x04), tf("Channel of any width supported", "20 MHz channel width only")),
		wlanP.Bool("ht.info.rifs", "Reduced Interframe Spacing (RIFS)", mask(8, 0x08), tf("Permitted", "Prohibited")),
		wlanP.U8("ht.info.reserved_b4_b7", "Reserved", hex, mask(8, 0xf0)),
	}
	wlanHtInfo2Bits = []field.ID{
		wlanP.U16("ht.info.ht_protection", "HT Protection", hex, mask(16, 0x0003), enum(wlanHtInfoHtProtectionNames)),
		wlanP.Bool("ht.info.greenfield", "Non-greenfield STAs present", mask(16, 0x0004), tf("One or more associated STAs are not greenfield capable", "All associated STAs are greenfield capable")),
		wlanP.U16("ht.info.reserved_b11", "Reserved", hex, mask(16, 0x0008)),
		wlanP.Bool("ht.info.obssnonht", "OBSS non-HT STAs present", mask(16, 0x0010), tf("Use of protection for non-HT STAs by overlapping BSSs is needed", "Use of protection for non-HT STAs by overlapping BSSs is not needed")),
		wlanP.U16("ht.info.chan_center_freq_seg_2", "Channel Center Frequency Segment 2", dec, mask(16, 0x1fe0)),
		wlanP.U16("ht.info.reserved_b21_b23", "Reserved", hex, mask(16, 0xe000)),
	}
	wlanHtInfo3Bits = []field.ID{
		wlanP.U16("ht.info.reserved_b24_b29", "Reserved", hex, mask(16, 0x003f)),
		wlanP.Bool("ht.info.dualbeacon", "Dual beacon", mask(16, 0x0040), tf("AP transmits a secondary beacon", "No second beacon is transmitted")),
		wlanP.Bool("ht.info.dualcts", "Dual Clear To Send (CTS) protection", mask(16, 0x0080), tf("Required", "Not required")),
		wlanP.Bool("ht.info.stbcbeacon", "STBC Beacon", mask(16, 0x0100), tf("STBC beacon", "Primary beacon")),
		wlanP.U16("ht.info.reserved_b33_b39", "Reserved", hex, mask(16, 0xfe00)),
	}
	wlanHtRx0Bits = []field.ID{
		wlanP.U32("ht.mcsset.rxbitmask.0to7", "Rx Bitmask Bits 0-7", hex, mask(32, 0x000000ff)),
		wlanP.U32("ht.mcsset.rxbitmask.8to15", "Rx Bitmask Bits 8-15", hex, mask(32, 0x0000ff00)),
		wlanP.U32("ht.mcsset.rxbitmask.16to23", "Rx Bitmask Bits 16-23", hex, mask(32, 0x00ff0000)),
		wlanP.U32("ht.mcsset.rxbitmask.24to31", "Rx Bitmask Bits 24-31", hex, mask(32, 0xff000000)),
	}
	wlanHtRx4Bits = []field.ID{
		wlanP.U32("ht.mcsset.rxbitmask.32", "Rx Bitmask Bit 32", hex, mask(32, 0x00000001)),
		wlanP.U32("ht.mcsset.rxbitmask.33to38", "Rx Bitmask Bits 33-38", hex, mask(32, 0x0000007e)),
		wlanP.U32("ht.mcsset.rxbitmask.39to52", "Rx Bitmask Bits 39-52", hex, mask(32, 0x001fff80)),
	}
	wlanHtRx6Bits = []field.ID{
		wlanP.U32("ht.mcsset.rxbitmask.53to76", "Rx Bitmask Bits 53-76", hex, mask(32, 0x1fffffe0)),
	}
	wlanExtcapBits = [][]field.ID{
		{
			wlanP.Bool("extcap.b0", "20/40 BSS Coexistence Management Support", mask(8, 0x01), tf("Supported", "Not supported")),
			wlanP.U8("extcap.b1", "General Link (GLK)", hex, mask(8, 0x02)),
			wlanP.Bool("extcap.b2", "Extended Channel Switching", mask(8, 0x04), tf("Supported", "Not supported")),
			wlanP.U8("extcap.b3", "GLK-GCR", hex, mask(8, 0x08)),
			wlanP.Bool("extcap.b4", "PSMP Capability", mask(8, 0x10), tf("Supported", "Not supported")),
			wlanP.U8("extcap.b5", "Reserved", hex, mask(8, 0x20)),
			wlanP.Bool("extcap.b6", "S-PSMP Support", mask(8, 0x40), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b7", "Event", mask(8, 0x80), tf("Supported", "Not supported")),
		},
		{
			wlanP.Bool("extcap.b8", "Diagnostics", mask(8, 0x01), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b9", "Multicast Diagnostics", mask(8, 0x02), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b10", "Location Tracking", mask(8, 0x04), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b11", "FMS", mask(8, 0x08), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b12", "Proxy ARP Service", mask(8, 0x10), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b13", "Colocated Interference Reporting", mask(8, 0x20), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b14", "Civic Location", mask(8, 0x40), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b15", "Geospatial Location", mask(8, 0x80), tf("Supported", "Not supported")),
		},
		{
			wlanP.Bool("extcap.b16", "TFS", mask(8, 0x01), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b17", "WNM Sleep Mode", mask(8, 0x02), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b18", "TIM Broadcast", mask(8, 0x04), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b19", "BSS Transition", mask(8, 0x08), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b20", "QoS Traffic Capability", mask(8, 0x10), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b21", "AC Station Count", mask(8, 0x20), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b22", "Multiple BSSID", mask(8, 0x40), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b23", "Timing Measurement", mask(8, 0x80), tf("Supported", "Not supported")),
		},
		{
			wlanP.Bool("extcap.b24", "Channel Usage", mask(8, 0x01), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b25", "SSID List", mask(8, 0x02), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b26", "DMS", mask(8, 0x04), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b27", "UTC TSF Offset", mask(8, 0x08), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b28", "TPU Buffer STA Support", mask(8, 0x10), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b29", "TDLS Peer PSM Support", mask(8, 0x20), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b30", "TDLS Channel Switching", mask(8, 0x40), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b31", "Interworking", mask(8, 0x80), tf("Supported", "Not supported")),
		},
		{
			wlanP.Bool("extcap.b32", "QoS Map", mask(8, 0x01), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b33", "EBR", mask(8, 0x02), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b34", "SSPN Interface", mask(8, 0x04), tf("Supported", "Not supported")),
			wlanP.U8("extcap.b35", "Reserved", hex, mask(8, 0x08)),
			wlanP.Bool("extcap.b36", "MSGCF Capability", mask(8, 0x10), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b37", "TDLS Support", mask(8, 0x20), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b38", "TDLS Prohibited", mask(8, 0x40), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b39", "TDLS Channel Switching Prohibited", mask(8, 0x80), tf("Supported", "Not supported")),
		},
		{
			wlanP.Bool("extcap.b40", "Reject Unadmitted Frame", mask(8, 0x01), tf("Supported", "Not supported")),
			wlanP.U8("extcap.serv_int_granularity", "Service Interval Granularity", dec, mask(8, 0x0e), enum(wlanExtcapServIntGranularityNames)),
			wlanP.Bool("extcap.b44", "Identifier Location", mask(8, 0x10), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b45", "U-APSD Coexistence", mask(8, 0x20), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b46", "WNM Notification", mask(8, 0x40), tf("Supported", "Not supported")),
			wlanP.U8("extcap.b47", "QAB Capability", hex, mask(8, 0x80)),
		},
		{
			wlanP.Bool("extcap.b48", "UTF-8 SSID", mask(8, 0x01), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b49", "QMF Activated", mask(8, 0x02)),
			wlanP.Bool("extcap.b50", "QMF Reconfiguration Activated", mask(8, 0x04)),
			wlanP.Bool("extcap.b51", "Robust AV Streaming", mask(8, 0x08)),
			wlanP.Bool("extcap.b52", "Advanced GCR", mask(8, 0x10)),
			wlanP.Bool("extcap.b53", "Mesh GCR", mask(8, 0x20)),
			wlanP.Bool("extcap.b54", "SCS", mask(8, 0x40)),
			wlanP.Bool("extcap.b55", "QLoad Report", mask(8, 0x80)),
		},
		{
			wlanP.Bool("extcap.b56", "Alternate EDCA", mask(8, 0x01)),
			wlanP.Bool("extcap.b57", "Unprotected TXOP Negotiation", mask(8, 0x02)),
			wlanP.Bool("extcap.b58", "Protected TXOP Negotiation", mask(8, 0x04)),
			wlanP.U8("extcap.b59", "Reserved", hex, mask(8, 0x08)),
			wlanP.Bool("extcap.b60", "Protected QLoad Report", mask(8, 0x10)),
			wlanP.Bool("extcap.b61", "TDLS Wider Bandwidth", mask(8, 0x20), tf("Supported", "Not supported")),
			wlanP.Bool("extcap.b62", "Operating Mode Notification", mask(8, 0x40), tf("Supported", "Not supported")),
			wlanP.U8("extcap.b63", "Max Number Of MSDUs In A-MSDU", dec, mask(8, 0x80)),
		},
		{
			wlanP.Bool("extcap.b65", "Channel Schedule Management", mask(16, 0x0200)),
			wlanP.Bool("extcap.b66", "Geodatabase Inband Enabling Signal", mask(16, 0x0400)),
			wlanP.Bool("extcap.b67", "Network Channel Control", mask(16, 0x0800)),
			wlanP.Bool("extcap.b68", "White Space Map", mask(16, 0x1000)),
			wlanP.Bool("extcap.b69", "Channel Availability Query", mask(16, 0x2000)),
			wlanP.Bool("extcap.b70", "Fine Timing Measurement Responder", mask(16, 0x4000)),
			wlanP.Bool("extcap.b71", "Fine Timing Measurement Initiator", mask(16, 0x8000)),
		},
		{
			wlanP.Bool("extcap.b72", "FILS Capability", mask(8, 0x01)),
			wlanP.Bool("extcap.b73", "Extended Spectrum Management Capable", mask(8, 0x02)),
			wlanP.Bool("extcap.b74", "Future Channel Guidance", mask(8, 0x04)),
			wlanP.U8("extcap.b75", "Preassociation discovery (PAD)", hex, mask(8, 0x08)),
			wlanP.U8("extcap.b76", "Reserved", hex, mask(8, 0x10)),
			wlanP.Bool("extcap.b77", "TWT Requester Support", mask(8, 0x20)),
			wlanP.Bool("extcap.b78", "TWT Responder Support", mask(8, 0x40)),
			wlanP.Bool("extcap.b79", "OBSS Narrow Bandwidth RU in OFDMA Tolerance Support", mask(8, 0x80)),
		},
		{
			wlanP.Bool("extcap.b80", "Complete List of NonTxBSSID Profiles", mask(8, 0x01)),
			wlanP.Bool("extcap.b81", "SAE Password Identifiers In Use", mask(8, 0x02)),
			wlanP.Bool("extcap.b82", "SAE Passwords Used Exclusively", mask(8, 0x04)),
			wlanP.Bool("extcap.b83", "Enhanced Multi-BSSID Advertisement Support", mask(8, 0x08)),
			wlanP.Bool("extcap.b84", "Beacon Protection Enabled", mask(8, 0x10)),
			wlanP.Bool("extcap.b85", "Mirrored SCS", mask(8, 0x20)),
			wlanP.Bool("extcap.b86", "OCT", mask(8, 0x40)),
			wlanP.Bool("extcap.b87", "Local MAC Address Policy", mask(8, 0x80)),
		},
		{
			wlanP.Bool("extcap.b88", "SAE-PK Passwords Used Exclusively", mask(8, 0x01)),
			wlanP.U8("extcap.b89", "TWT Parameters Range Support", hex, mask(8, 0x02)),
			wlanP.Bool("extcap.b90", "non-TB Ranging Responder", mask(8, 0x04)),
			wlanP.Bool("extcap.b91", "TB Ranging Responder", mask(8, 0x08)),
			wlanP.Bool("extcap.b92", "TB Ranging Responder Measurement Support", mask(8, 0x10)),
			wlanP.Bool("extcap.b93", "TB Ranging Initiator Measurement Support", mask(8, 0x20)),
			wlanP.Bool("extcap.b94", "AOA Measurement Available", mask(8, 0x40)),
			wlanP.Bool("extcap.b95", "Phase Shift Feedback Support", mask(8, 0x80)),
		},
		{
			wlanP.Bool("extcap.dmg_location", "DMG/location supporting APs in the area", mask(8, 0x01)),
			wlanP.Bool("extcap.i2r_lmr_feedback_policy", "I2R LMR Feedback Policy", mask(8, 0x02)),
			wlanP.Bool("extcap.b98", "EBCS Support", mask(8, 0x04)),
			wlanP.Bool("extcap.b99", "EBCS Relaying Support", mask(8, 0x08)),
			wlanP.Bool("extcap.b100", "Peer-to-peer TWT Support", mask(8, 0x10)),
			wlanP.Bool("extcap.b101", "Multiple BSSID Role Switch Support", mask(8, 0x20)),
			wlanP.Bool("extcap.b102", "Known STA Identification Enabled", mask(8, 0x40)),
			wlanP.Bool("extcap.b103", "Reserved", mask(8, 0x80)),
		},
		{
			wlanP.Bool("extcap.b104", "Capability Notification Support", mask(8, 0x01)),
			wlanP.Bool("extcap.b105", "GAS Query Request Fragmentation", mask(8, 0x02)),
			wlanP.U8("extcap.reserved2", "Reserved", hex, mask(8, 0xfc)),
		},
	}

	wlanExtcap16     = wlanP.U16("extcap", "Extended Capabilities", hex)
	wlanExtcap16Bits = []field.ID{
		wlanP.Bool("extcap.b56", "Alternate EDCA", mask(16, 0x0001)),
		wlanP.Bool("extcap.b57", "Unprotected TXOP Negotiation", mask(16, 0x0002)),
		wlanP.Bool("extcap.b58", "Protected TXOP Negotiation", mask(16, 0x0004)),
		wlanP.U16("extcap.b59", "Reserved", hex, mask(16, 0x0008)),
		wlanP.Bool("extcap.b60", "Protected QLoad Report", mask(16, 0x0010)),
		wlanP.Bool("extcap.b61", "TDLS Wider Bandwidth", mask(16, 0x0020), tf("Supported", "Not supported")),
		wlanP.Bool("extcap.b62", "Operating Mode Notification", mask(16, 0x0040), tf("Supported", "Not supported")),
		wlanP.U16("extcap.b63", "Max Number Of MSDUs In A-MSDU", dec, mask(16, 0x0180), enum(values(val(0, "No limit"), val(1, "32"), val(2, "16"), val(3, "8")))),
		wlanP.Bool("extcap.b65", "Channel Schedule Management", mask(16, 0x0200)),
		wlanP.Bool("extcap.b66", "Geodatabase Inband Enabling Signal", mask(16, 0x0400)),
		wlanP.Bool("extcap.b67", "Network Channel Control", mask(16, 0x0800)),
		wlanP.Bool("extcap.b68", "White Space Map", mask(16, 0x1000)),
		wlanP.Bool("extcap.b69", "Channel Availability Query", mask(16, 0x2000)),
		wlanP.Bool("extcap.b70", "Fine Timing Measurement Responder", mask(16, 0x4000)),
		wlanP.Bool("extcap.b71", "Fine Timing Measurement Initiator", mask(16, 0x8000)),
	}

	wlanSupopeclassAlt = wlanP.None("supopeclass.alt", "Alternate Operating Classes")
)

func wlanHTCapabilities(c *Cursor, r dissect.Ref, end int) {
	if end-c.Pos() < 26 {
		c.ExpertText(c.Last(), eiWlanTagLength, "HT Capabilities IE length wrong")
		return
	}
	c.WordLE(wlanHtCapabilities, 2, wlanHtCapabilitiesBits...)
	pos := c.Pos()
	v := c.Peek8(0)
	old := c.Push(c.Field(wlanHtAmpduparam, 1))
	f := c.FieldAt(wlanHtAmpduparamMaxlength, pos, 1)
	if b := c.Append(f); b != nil {
		b.S(" (").U(1<<(13+uint(v&3)) - 1).S("[Bytes])")
	}
	c.FieldAt(wlanHtAmpduparamMpduStartSpacing, pos, 1)
	c.FieldAt(wlanHtAmpduparamReserved, pos, 1)
	c.Pop(old)
	wlanMCSSet(c, false)
	c.WordLE(wlanHtexCapabilities, 2, wlanHtexCapabilitiesBits...)
	c.WordLE(wlanTxbf, 4, wlanTxbfBits...)
	c.WordLE(wlanAsel, 1, wlanAselBits...)
}

// wlanMCSSet is the 16-byte set of modulation and coding schemes.
func wlanMCSSet(c *Cursor, basic bool) {
	pos := c.Pos()
	w := c.BytesAt(pos, 16)
	r := c.Put(wlanHtMcsset, pos, 16, 0)
	if b := c.Append(r); b != nil {
		if basic {
			b.S(": Basic MCS Set")
		} else {
			b.S(": MCS Set")
		}
	}
	old := c.Push(r)
	streams := 0
	for i, x := range w[:4] {
		if x != 0 {
			streams = i + 1
		}
	}
	m := c.Put(wlanHtMcssetRxbitmask, pos, 10, 0)
	if b := c.Append(m); b != nil {
		b.S(": ")
		if streams == 0 {
			b.S("Reserved:8")
		} else {
			b.I(int64(streams)).S(plural(streams, " spatial stream", " spatial streams"))
		}
	}
	in := c.Push(m)
	putBits(c, pos, 4, true, wlanHtRx0Bits)
	putBits(c, pos+4, 4, true, wlanHtRx4Bits)
	putBits(c, pos+6, 4, true, wlanHtRx6Bits)
	c.Pop(in)
	c.FieldLEAt(wlanHtMcssetHighestdatarate, pos+10, 2)
	c.FieldLEAt(wlanHtMcssetTxsetdefined, pos+12, 1)
	c.FieldLEAt(wlanHtMcssetTxrxmcsnotequal, pos+12, 1)
	t := c.FieldLEAt(wlanHtMcssetTxmaxss, pos+12, 1)
	if b := c.Append(t); b != nil {
		switch n := int(w[12]>>2&3) + 1; {
		case w[12]&1 == 0:
			b.S(", TX MCS Set Not Defined")
		case w[12]&2 == 0:
			b.S(", ").I(int64(streams)).S(plural(streams, " spatial stream", " spatial streams"))
		default:
			b.S(", ").I(int64(n)).S(plural(n, " spatial stream", " spatial streams"))
		}
	}
	c.FieldLEAt(wlanHtMcssetTxunequalmod, pos+12, 1)
	c.Pop(old)
	c.Seek(pos + 16)
}

// wlanHTOperation ends with a set of schemes in beacons and probe responses only.
func wlanHTOperation(c *Cursor, end int, sub uint8) {
	if end-c.Pos() < 22 {
		c.ExpertText(c.Last(), eiWlanTagLength, "HT Operation IE length wrong")
		return
	}
	c.Field(wlanHtInfoPrimarychannel, 1)
	c.WordLE(wlanHtInfoDelim1, 1, wlanHtInfo1Bits...)
	c.WordLE(wlanHtInfoDelim2, 2, wlanHtInfo2Bits...)
	c.WordLE(wlanHtInfoDelim3, 2, wlanHtInfo3Bits...)
	if sub == 5 || sub == 8 {
		wlanMCSSet(c, true)
	} else {
		c.Field(wlanHtInfoMcssetReserved, 16)
	}
}

func wlanVHTCapabilities(c *Cursor, r dissect.Ref, end int) {
	if end-c.Pos() < 12 {
		return
	}
	c.WordLE(wlanVhtCapabilities, 4, wlanVhtCapabilitiesBits...)
	pos := c.Pos()
	old := c.Push(c.Put(wlanVhtMcsset, pos, 8, 0))
	c.WordLE(wlanVhtMcssetRxmcsmap, 2, wlanVhtMcssetRxmcsmapBits...)
	c.FieldLEAt(wlanVhtMcssetRxhighestlonggirate, pos+2, 2)
	c.FieldLEAt(wlanVhtMcssetMaxNstsTotal, pos+2, 2)
	c.Seek(pos + 4)
	c.WordLE(wlanVhtMcssetTxmcsmap, 2, wlanVhtMcssetTxmcsmapBits...)
	c.FieldLEAt(wlanVhtMcssetTxhighestlonggirate, pos+6, 2)
	c.FieldLEAt(wlanVhtMcssetVhtExtNssBwCapable, pos+6, 2)
	c.Pop(old)
}

func wlanVHTOperation(c *Cursor, r dissect.Ref, end int) {
	if end-c.Pos() < 5 {
		return
	}
	old := c.Push(c.Put(wlanVhtOp, c.Pos(), 3, 0))
	c.Field(wlanVhtOpChannelwidth, 1)
	c.Field(wlanVhtOpChannelcenter0, 1)
	c.Field(wlanVhtOpChannelcenter1, 1)
	c.Pop(old)
	c.WordLE(wlanVhtOpBasicmcsmap, 2, wlanVhtOpBasicmcsmapBits...)
}

func wlanExtended(c *Cursor, r dissect.Ref, end int) {
	n := end - c.Pos()
	if b := c.Append(r); b != nil {
		b.S(" (").I(int64(n)).S(plural(n, " octet)", " octets)"))
	}
	for i := 0; c.Pos() < end; i++ {
		if i == 7 && end-c.Pos() >= 2 { // one of its fields goes on in the next
			f := c.FieldLEAt(wlanExtcap16, c.Pos(), 2)
			if b := c.Append(f); b != nil {
				b.S(" (octets 8 & 9)")
			}
			old := c.Push(f)
			putBits(c, c.Pos(), 2, true, wlanExtcap16Bits)
			c.Pop(old)
			c.Skip(2)
			i++
			continue
		}
		f := c.FieldLEAt(wlanExtcap, c.Pos(), 1)
		if b := c.Append(f); b != nil {
			b.S(" (octet ").I(int64(i + 1)).C(')')
		}
		if i < len(wlanExtcapBits) {
			old := c.Push(f)
			putBits(c, c.Pos(), 1, true, wlanExtcapBits[i])
			c.Pop(old)
		}
		c.Skip(1)
	}
}

// wlanAlternates is the list of further classes up to a zero.
func wlanAlternates(c *Cursor, pos, n int) {
	b := c.BytesAt(pos, n)
	for i, v := range b {
		if v == 0 {
			b = b[:i]
			break
		}
	}
	if len(b) == 0 {
		return
	}
	r := c.FieldAt(wlanSupopeclassAlt, pos, len(b))
	if t := c.Append(r); t != nil {
		for i, v := range b {
			t.S(pick(i == 0, ": ", ", ")).U(uint64(v))
		}
	}
}
