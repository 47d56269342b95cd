package search

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"natterjack/server/wire"
)

// TestTurns lets a user search as often at once as is allowed, lets some more wait, refuses the
// rest, and leaves places for others.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		ctx, cancel := context.WithCancel(t.Context())
		taken := make(chan func(), ofUser+mayWait)
		ended := make(chan error, ofUser+mayWait)
		for range ofUser + mayWait {
			go func() {
				release, err := turns.take(ctx, "alice")
				if err == nil {
					taken <- release
				}
				ended <- err
			}()
		}
		synctest.Wait()
		if len(taken) != ofUser {
			t.Errorf("%d searches run, want %d", len(taken), ofUser)
		}
		if _, err := turns.take(ctx, "alice"); !errors.Is(err, &wire.Error{Code: wire.CodeTooFast}) {
			t.Errorf("one too many: %v", err)
		}
		release, err := turns.take(ctx, "bob")
		if err != nil {
			t.Fatal(err)
		}
		release()
		(<-taken)()
		synctest.Wait()
		if len(taken) != ofUser {
			t.Errorf("%d searches run after one has ended, want %d", len(taken), ofUser)
		}
		cancel()
		synctest.Wait()
		close(taken)
		for release := range taken {
			release()
		}
		failed := 0
		for range ofUser + mayWait {
			if err := <-ended; err != nil {
				failed++
			}
		}
		if failed != mayWait-1 || len(turns.users) > 0 || len(turns.all) > 0 {
			t.Errorf("%d gave up, and %v, %d are left behind", failed, turns.users, len(turns.all))
		}
	})
}
