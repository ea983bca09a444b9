package proto

// ouiName gives the vendor of a hardware address, "" when unknown.
func ouiName(b []byte) string { return "" }
