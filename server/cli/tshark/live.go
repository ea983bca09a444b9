package tshark

import "bufio"

func (j *job) live() error { return failf(exitInterface, "live capture: not built in") }

func listInterfaces(w *bufio.Writer) error { return failf(exitInterface, "not built in") }
