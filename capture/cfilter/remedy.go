package cfilter

func remedy(expr string, e *Error) string { return "" }
