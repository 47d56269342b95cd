//go:build !nextlevel

package jetstream

import "natterjack/server/wire"

// logLevel is the highest level of the log that this build speaks.
const logLevel = shippedLevel

// levelOf returns the level of the log that a command needs.
func levelOf(cmd wire.Command) int { return shippedLevelOf(cmd) }
