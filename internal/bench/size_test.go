package main

import (
	"os"
	"testing"
	"time"
)

// TestSize_keepsWhatALargeLogMayCost holds a log to what no machine's speed changes: bytes on disk and in memory, and that all of it is
// there. In full it is a tenth of the size that it is built for.
func TestSize_keepsWhatALargeLogMayCost(t *testing.T) {
	full := os.Getenv("NATTERJACK_CHAOS") == "full"
	c := &Cmd{Runs: 1, Time: time.Second, Size: 1000}
	if full {
		c.Time, c.Size = 8*time.Second, 100_000
	}
	found := figuresOf(t, c, benchmark{"size", size})
	limits := map[string]float64{"empty_sent_b_per_message": 560, "resident_mib": 1536, "fill_resident_mib": 1536}
	if full { // less is mostly blocks that are not compressed yet, and the log that Pebble writes first
		limits["stream_b_per_message"] = 560
		limits["view_b_per_message"] = 450 // right after a fill, when only some of it lies in the level that is compressed
	}
	for name, most := range limits {
		if found[name] <= 0 || found[name] > most {
			t.Errorf("%s: %.0f, at most %.0f are allowed", name, found[name], most)
		}
	}
	t.Logf("%v", found)
}
