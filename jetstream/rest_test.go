package jetstream

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/jetstream/view"
)

// TestRest shows that a follower does not start again, and create another consumer, before it
// can apply events.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		full := fmt.Errorf("apply: %w", view.ErrDiskFull)
		room := func() error {
			if time.Since(began) < time.Minute {
				return view.ErrDiskFull
			}
			return nil
		}
		rest(t.Context(), errors.New("its node died"), room)
		if took := time.Since(began); took != restFor {
			t.Errorf("%v after another error", took)
		}
		rest(t.Context(), full, room)
		if took := time.Since(began); took < time.Minute || took > time.Minute+lookFor {
			t.Errorf("it starts again after %v, and there was room after a minute", took)
		}
		began = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		rest(ctx, full, room)
		if took := time.Since(began); took > 2*lookFor {
			t.Errorf("it stops after %v", took)
		}
	})
}
