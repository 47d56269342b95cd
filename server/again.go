package main

import (
	"errors"
	"fmt"
	"time"

	"natterjack/server/internal/node"
)

const (
	// revivals is how many times in a row a node is started again for a stream that takes no
	// writes.
	revivals = 2
	// revivedAfter is how long a node must have run for the next failure to be counted from the
	// start.
	revivedAfter = 10 * time.Minute
)

// again decides whether a node that has ended is run again within the process.
type again struct{ dead int }

// why returns nil if the node is to be run again, or else why the process ends.
func (a *again) why(err error, ran time.Duration) error {
	switch {
	case !errors.Is(err, node.ErrAgain):
		return err
	case !errors.Is(err, node.ErrDead):
		return nil
	}
	if ran >= revivedAfter {
		a.dead = 0
	}
	if a.dead++; a.dead <= revivals {
		return nil
	}
	return fmt.Errorf("the node was started again %d times, and still cannot store anything; check its disk, and look for \"write error\" in its log: %w", revivals, err)
}
