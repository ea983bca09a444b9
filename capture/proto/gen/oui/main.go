// Command oui packs the IEEE's list of hardware address blocks, as the npm
// package oui-data (BSD-2-Clause) carries it, into the table that package
// proto embeds:
//
//	npm pack oui-data@2.1.9 && tar xzf oui-data-2.1.9.tgz
//	go run ./capture/proto/gen/oui package/index.json capture/proto/oui.bin
//
// The output is a DEFLATE stream of: the number of names (uvarint), the names
// in order of first use, each ended by a newline; then per block of 24 bits,
// in ascending order, the distance from the block before and the index of its
// name (uvarints), up to the end.
package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"sort"
	"strconv"
	"strings"
	"unicode"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: oui index.json oui.bin")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "oui:", err)
		os.Exit(1)
	}
}

func pack(from, to string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("read the list: %w", err)
	}
	var list map[string]string
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("parse the list: %w", err)
	}
	var blocks []uint64
	names := map[uint64]string{}
	for k, v := range list {
		if len(k) != 6 {
			continue // a part of a block that the IEEE itself holds
		}
		n, err := strconv.ParseUint(k, 16, 24)
		if err != nil {
			return fmt.Errorf("parse block %q: %w", k, err)
		}
		first, _, _ := strings.Cut(v, "\n")
		blocks = append(blocks, n)
		names[n] = tidy(first)
	}
	sort.Slice(blocks, func(i, j int) bool { return blocks[i] < blocks[j] })

	index := map[string]uint64{}
	var texts, body bytes.Buffer
	last := uint64(0)
	for _, b := range blocks {
		s := names[b]
		i, ok := index[s]
		if !ok {
			i = uint64(len(index))
			index[s] = i
			texts.WriteString(s + "\n")
		}
		body.Write(binary.AppendUvarint(nil, b-last))
		body.Write(binary.AppendUvarint(nil, i))
		last = b
	}
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	w.Write(binary.AppendUvarint(nil, uint64(len(index))))
	w.Write(texts.Bytes())
	w.Write(body.Bytes())
	if err := w.Close(); err != nil {
		return fmt.Errorf("compress the table: %w", err)
	}
	if err := os.WriteFile(to, out.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// tidy joins runs of blanks, and gives names written in capitals throughout
// capitals at the start of words only.
func tidy(s string) string {
	s = strings.ReplaceAll(strings.Join(strings.Fields(html.UnescapeString(s)), " "), " .", ".")
	if s != strings.ToUpper(s) || s == strings.ToLower(s) {
		return s
	}
	start := true
	return strings.Map(func(r rune) rune {
		letter := unicode.IsLetter(r)
		if letter && !start {
			r = unicode.ToLower(r)
		}
		start = !letter
		return r
	}, s)
}
