package main

import (
	"os"
	"testing"
	"time"
)

// TestSize_keepsWhatALargeLogMayCost checks limits that do not depend on the speed of the
// machine: bytes on disk and in memory, and that all messages are there. The full test uses a
// tenth of the size that the log is built for.
func TestSize_keepsWhatALargeLogMayCost(t *testing.T) {
	full := os.Getenv("NATTERJACK_CHAOS") == "full"
	c := &Cmd{Runs: 1, Time: time.Second, Size: 1000}
	if full {
		c.Time, c.Size = 8*time.Second, 100_000
	} else {
		t.Parallel()
	}
	found := figuresOf(t, c, benchmark{"size", size})
	// The faster the disk, the fewer messages share a block's write when they come. On a disk in
	// memory each is alone, and takes up to 650 bytes.
	limits := map[string]float64{"empty_sent_b_per_message": 740, "resident_mib": 1536, "fill_resident_mib": 1536}
	// A smaller log is mostly blocks that are not compressed yet, and the log that Pebble
	// writes first.
	if full {
		limits["stream_b_per_message"] = 560
		// Right after a fill, only part of the view lies in the compressed level.
		limits["view_b_per_message"] = 450
	}
	for name, most := range limits {
		if found[name] <= 0 || found[name] > most {
			t.Errorf("%s: %.0f, at most %.0f are allowed", name, found[name], most)
		}
	}
	t.Logf("%v", found)
}
