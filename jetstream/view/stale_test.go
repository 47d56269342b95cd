package view

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"natterjack/server/wire"
)

// A reader that is older than a batch has its own answer and leaves it out of the cache. That
// is so even after the cache has evicted what the batch has stored.
func TestReaderFillsNothingStale(t *testing.T) {
	v := newView(t, Options{StateBytes: 2000}) // room for about ten channels
	takeIn(t, v, created(t, 1, room, "ann"), message(t, 2, room, 1))
	r := must(v.newReader())(t)
	defer func() { noError(t, r.it.Close()) }()
	takeIn(t, v, message(t, 3, room, 2))
	for pos := uint64(4); v.shardOf(room).states.entries[room] != nil; pos++ {
		takeIn(t, v, created(t, pos, fmt.Sprint("ann~peer", pos), "ann"))
	}
	equal(t, "what the reader sees", must(r.current(v, room))(t).Seq, 1)
	equal(t, "what the next one sees", must(v.Channel(room))(t).Seq, 2)
}

func takeIn(t *testing.T, v *View, events ...Event) {
	t.Helper()
	must(v.Apply(0, events, 0))(t)
}

// TestReadersFillNothingStale has readers list channels, of which the cache holds a few, while
// batches change one of them each. A reader that looks at a channel after a batch sees all that
// was ever applied to it.
func TestReadersFillNothingStale(t *testing.T) {
	const channels, batches = 12, 4000
	v := newView(t, Options{StateBytes: 900})
	ids, seqs := make([]string, channels), make([]uint64, channels)
	for i := range ids {
		peer := fmt.Sprint("peer", i)
		ids[i] = wire.DirectChannel("ann", peer)
		takeIn(t, v, created(t, uint64(i+1), ids[i], "ann", peer))
	}
	var readers sync.WaitGroup
	var done atomic.Bool
	for range 3 {
		readers.Go(func() {
			for !done.Load() && !t.Failed() {
				if _, _, err := v.List("ann", Listing{Limit: channels}, unread); err != nil {
					t.Error(err)
				}
			}
		})
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for pos := uint64(channels + 1); pos <= channels+batches && !t.Failed(); pos++ {
		i := rng.IntN(channels)
		seqs[i]++
		takeIn(t, v, message(t, pos, ids[i], seqs[i]))
		i = rng.IntN(channels)
		if st := must(v.Channel(ids[i]))(t); st.Seq != seqs[i] {
			t.Errorf("at pos %d message %d is the last, and the view says %d", pos, seqs[i], st.Seq)
		}
	}
	done.Store(true)
	readers.Wait()
}
