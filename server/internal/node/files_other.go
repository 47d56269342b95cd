//go:build !unix

package node

import "math"

// fileLimit returns a number without a meaning: there is no such limit on this system.
func fileLimit() int { return math.MaxInt32 }
