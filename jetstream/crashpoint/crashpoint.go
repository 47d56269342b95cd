// Package crashpoint lets other packages kill the process at points of their own, as the log does
// at its points. Tests use it to prove that nothing acknowledged is lost. It does nothing unless
// the binary was built with the tag "crashpoint".
package crashpoint

import "natterjack/jetstream/internal/crashpoint"

// Point names a place on the way of something.
type Point = crashpoint.Point

// Reach kills the process when the point that NATTERJACK_CRASH=point:n names is passed for the
// n-th time.
func Reach(p Point) { crashpoint.Reach(p) }
