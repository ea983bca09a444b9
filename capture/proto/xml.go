package proto

var xmlP = protocol("xml", "eXtensible Markup Language", "XML")
