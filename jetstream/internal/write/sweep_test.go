package write

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

// hung is a writer whose engine answers nothing. At the end of a try it takes in the later
// commands to channels that are free.
type hung struct{ lane *lane }

func (h *hung) distrust() {}

func (h *hung) commit(ctx context.Context, round []*Command) []*Command {
	<-ctx.Done()
	return append(round, h.lane.takeFree(10, map[string]bool{"a~b": true})...)
}

// TestLane_answersWhatWaitsInTime has commands wait behind a round that has more time than they
// have.
func TestLane_answersWhatWaitsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hung{}
		l := newLane(func() bool { return true }, h, nil)
		h.lane = l
		defer runLane(t, l)()
		var answered atomic.Int32
		for i := range 20 {
			c, began := wish("c", nil), time.Now()
			if i%2 == 1 {
				c.channel = "a~c"
			}
			c.done = func(_ wire.Ack, err error) {
				answered.Add(1)
				if took := time.Since(began); took > commandTimeout+2*sweepEvery {
					t.Errorf("command %d was answered after %v: %v", i, took, err)
				}
			}
			l.submit(c)
			time.Sleep(commandTimeout / 12)
		}
		time.Sleep(2 * commandTimeout)
		synctest.Wait()
		if n := answered.Load(); n != 20 {
			t.Errorf("%d of 20 were answered", n)
		}
	})
}
