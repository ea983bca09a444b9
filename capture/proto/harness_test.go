package proto

import (
	"os"
	"testing"

	"sonde/capture/proto/prototest"
)

// TestSamples runs the checks that every protocol gets over the captures that
// the tests of this package hand in with prototest.Sample.
func TestSamples(t *testing.T) { prototest.Run(t) }

// FuzzSequence fuzzes sequences of frames with reassembly on.
func FuzzSequence(f *testing.F) { prototest.FuzzSequence(f) }

// FuzzEntry fuzzes every protocol from its own entry.
func FuzzEntry(f *testing.F) { prototest.FuzzEntry(f) }

// unsampled lists protocols that have no sample yet; it may only shrink.
const unsampled = "testdata/unsampled.txt"

// A protocol without a sample would be fuzzed without a seed: hand one in with
// prototest.Sample.
func TestEveryProtocolHasASeed(t *testing.T) {
	known, err := prototest.Known(unsampled)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	reached := map[string]bool{}
	for _, n := range prototest.Entries() {
		reached[n] = true
	}
	for _, n := range prototest.Unreached() {
		reached[n] = false
		if !known[n] {
			t.Errorf("%s: no sample runs it, so fuzzing has no seed for it; hand one in with prototest.Sample", n)
		}
	}
	for n := range known {
		if reached[n] {
			t.Errorf("%s: a sample runs it now; take its line out of %s", n, unsampled)
		}
	}
}
