//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package datadir

import "os"

// lock does nothing here; Pebble, which locks its own directory everywhere, still keeps a second node from starting.
func lock(*os.File) error { return nil }
