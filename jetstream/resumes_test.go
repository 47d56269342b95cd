package jetstream

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/rate"
	"natterjack/server/wire"
)

// inManyChannels has a user send the first message of several channels, and returns a resume from
// the beginning.
func inManyChannels(t *testing.T, l *Log, user string, channels int) *wire.Resume {
	t.Helper()
	for i := range channels {
		awaitMessage(t, l, mustSend(t, l, user, text(fmt.Sprint("peer", i), "1", "x")))
	}
	return &wire.Resume{Epoch: l.Epoch(), Positions: make([]uint64, l.Shards())}
}

// TestResumes_chargedByMemberships has a member of twenty channels resume from the beginning
// again and again. The resumes that the rate does not allow are refused before any channel is
// looked at. A user with few channels, and a resume without news, are not concerned.
func TestResumes_chargedByMemberships(t *testing.T) {
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	synctest.Test(t, func(t *testing.T) {
		var looks looked
		l := buildWith(t, Config{Replicas: 1, Limits: hurried(), looks: looks.at}, embedtest.Start(t, embedtest.NoSync), t.TempDir())
		run(t, l)
		<-l.Ready()
		const channels = 20
		beginning := inManyChannels(t, l, "ann", channels)
		head := l.positions()
		l.rates.scans = rate.NewBuckets[string](channels) // saves up two resumes
		resume := func(user string, from *wire.Resume) error {
			r := &reader{woken: make(chan struct{}, 1)}
			defer r.cursor.Close()
			start, err := l.Follow(&r.cursor, user, from, r)
			if err == nil && from != nil && !start.Recovered {
				t.Errorf("a resume of %s was not exact", user)
			}
			return err
		}
		for range 2 {
			if err := resume("ann", beginning); err != nil {
				t.Fatal(err)
			}
		}
		looks.take("~")
		wait := tooFast(t, resume("ann", beginning), "")
		if wait <= time.Second || wait > scanSlower*time.Second {
			t.Errorf("told to wait %v", wait)
		}
		if keys := looks.take("~"); len(keys) > 0 {
			t.Errorf("a resume was refused after %d keys had been looked for", len(keys))
		}
		for name, err := range map[string]error{
			"another user's": resume("peer0", beginning), "one without positions": resume("ann", nil),
			"one from the head": resume("ann", &wire.Resume{Epoch: l.Epoch(), Positions: head}),
		} {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		time.Sleep(wait)
		if err := resume("ann", beginning); err != nil {
			t.Errorf("after the time that it was told: %v", err)
		}
	})
}

// TestResumes_pagesCount shows that a replay from the view is charged too, because each page
// looks at the memberships of its shard again. A replay from the tail costs nothing more.
func TestResumes_pagesCount(t *testing.T) {
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	synctest.Test(t, func(t *testing.T) {
		l := alone(t)
		follow(t, l, "ann", nil) // without a reader the tail stays empty
		const channels = 20
		beginning := inManyChannels(t, l, "ann", channels)
		replay := func() error {
			l.rates.scans = rate.NewBuckets[string](channels)
			r, _ := follow(t, l, "ann", beginning)
			r.read(t, 2*channels) // a creation and a message each
			return l.rates.scan(time.Now(), "ann", channels)
		}
		if err := replay(); err != nil {
			t.Errorf("after a replay from the tail: %v", err)
		}
		for shard, s := range l.shards {
			s.tail.skip(l.view.Position(shard))
		}
		tooFast(t, replay(), "")
		time.Sleep(time.Minute) // the engine writes what it holds, and is idle
	})
}
