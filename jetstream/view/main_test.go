package view

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// TestMain draws fewer random cases than rapid does by default, unless told otherwise. Under
// the race detector Pebble checks its own invariants and is twenty times slower.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("20"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}
