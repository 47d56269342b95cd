//go:build nextlevel

package jetstream

import "natterjack/server/wire"

// logLevel is the level of a made-up next version, for tests that upgrade a cluster of real
// processes.
const logLevel = shippedLevel + 1

// levelOf returns the level of the log that a command needs. It acts as if pins had just been
// added to the log.
func levelOf(cmd wire.Command) int {
	if _, pins := cmd.(wire.Pin); pins {
		return logLevel
	}
	return shippedLevelOf(cmd)
}
