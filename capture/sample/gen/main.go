// Command gen writes a sample capture:
//
//	go run ./capture/sample/gen -o f.pcap -n 1000000
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"sonde/capture/sample"
)

func main() {
	name := flag.String("o", "-", "file to write, - is the standard output")
	n := flag.Int("n", 10000, "packets")
	seed := flag.Uint64("seed", 1, "the same seed gives the same bytes")
	flag.Parse()
	if err := run(*name, sample.Options{Packets: *n, Seed: *seed}); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(name string, o sample.Options) error {
	var w io.Writer = os.Stdout
	if name != "-" {
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		defer f.Close()
		w = f
	}
	return sample.Write(w, o)
}
