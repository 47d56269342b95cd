package load

import (
	"context"
	"errors"
	"time"
)

// Rounds has the sessions do something in turn, n rounds of it, evenly spread over the time that a round takes. A session's turns are
// a round apart, however many sessions there are.
func (f *Fleet) Rounds(n int, round time.Duration, do func(s *Session, i int) error) error {
	all := len(f.Sessions)
	err := f.clock.Pace(f.ctx, f.clock.Now(), round/time.Duration(all), n*all, func(i int, _ time.Duration) error {
		return do(f.Sessions[i%all], i/all)
	})
	return errors.Join(err, context.Cause(f.ctx))
}
