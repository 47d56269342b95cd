package receipts

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"natterjack/embed/embedtest"
)

// act is something that a device says.
type act struct {
	device int
	key
	to Mark
}

var acts = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) act {
	a := act{device: rapid.IntRange(0, 3).Draw(t, "device")}
	a.user = rapid.SampledFrom([]string{"alice", "bob", "carol"}).Draw(t, "user")
	a.channel = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "channel")
	if seq := rapid.Uint64Range(1, 100).Draw(t, "seq"); rapid.Bool().Draw(t, "read") {
		a.to.Read = seq
	} else {
		a.to.Delivered = seq
	}
	return a
}), 1, 80)

// TestStore_model: several users move their cursors on several devices, at two nodes and all at once. None goes back anywhere,
// everybody sees his own at once, and in the end both nodes say what a map in memory says.
func TestStore_model(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	stores := []*Store{startAt(t, node, time.Millisecond), startAt(t, node, 3*time.Millisecond)}
	watchers := make([]*watcher, len(stores))
	for i, s := range stores {
		watchers[i] = &watcher{store: s, last: map[key]Mark{}}
		s.Listen(watchers[i])
	}
	var round int
	rapid.Check(t, func(rt *rapid.T) {
		round++
		model, devices := map[key]Mark{}, make([][]act, 4)
		for _, a := range acts.Draw(rt, "acts") {
			a.channel = fmt.Sprintf("%s%d", a.channel, round)
			model[a.key] = model[a.key].merge(a.to)
			devices[a.device] = append(devices[a.device], a)
		}
		var saying sync.WaitGroup
		for d, acts := range devices {
			saying.Go(func() {
				for _, a := range acts {
					s := stores[d%len(stores)]
					if err := s.Move(a.channel, a.user, a.to); err != nil || !s.Own(a.channel, a.user).covers(a.to) {
						t.Errorf("%+v: own %v, %v", a, s.Own(a.channel, a.user), err)
					}
				}
			})
		}
		saying.Wait()
		for _, s := range stores {
			await(t, "the nodes to agree", func() bool { return cmp.Equal(model, s.known(model)) })
		}
	})
	for i, w := range watchers {
		w.mu.Lock()
		for _, back := range w.back {
			t.Errorf("node %d: %s", i, back)
		}
		w.mu.Unlock()
	}
}

// known is what a store has of the channels of a model.
func (s *Store) known(model map[key]Mark) map[key]Mark {
	got := map[key]Mark{}
	for k := range model {
		s.All(k.channel, func(user string, m Mark) { got[key{k.channel, user}] = m })
	}
	return got
}
