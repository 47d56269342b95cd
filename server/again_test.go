package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"natterjack/server/internal/node"
)

func TestAgain(t *testing.T) {
	dead := fmt.Errorf("%w: %w", node.ErrAgain, node.ErrDead)
	var a again
	for i, c := range []struct {
		err  error
		ran  time.Duration
		ends bool
	}{
		{nil, time.Second, false},
		{errors.New("x"), time.Second, true},
		{node.ErrAgain, time.Second, false},
		{dead, time.Minute, false},
		{dead, time.Minute, false},
		{dead, time.Hour, false},
		{dead, time.Minute, false},
		{dead, time.Minute, true},
	} {
		if why := a.why(c.err, c.ran); (why != nil) != c.ends || c.ends && !errors.Is(why, c.err) {
			t.Errorf("%d: %v", i, why)
		}
	}
}
