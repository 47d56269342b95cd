//go:build !linux

package load

import "time"

// nap blocks for d.
func nap(d time.Duration) { <-time.After(d) }
