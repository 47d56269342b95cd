package load

import (
	"context"
	"errors"
	"time"
)

// Rounds calls do for each session in turn, in n rounds. The calls are spread evenly over the
// time of a round. The turns of one session are a round apart, however many sessions there are.
func (f *Fleet) Rounds(n int, round time.Duration, do func(s *Session, i int) error) error {
	all := len(f.Sessions)
	err := f.clock.Pace(f.ctx, f.clock.Now(), round/time.Duration(all), n*all, func(i int, _ time.Duration) error {
		return do(f.Sessions[i%all], i/all)
	})
	return errors.Join(err, context.Cause(f.ctx))
}
