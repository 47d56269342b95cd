package view

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// TestWarm: after a start, memory holds the present channels of users who had many channels
// when they last asked. Users who asked most recently come first, as far as there is room.
func TestWarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{Shards: 1, fs: vfs.NewMem(), recentAbove: 3, recentMost: 8}
		v := must(Open("view", o))(t)
		pos := uint64(0)
		serves := make(chan struct{})
		close(serves)
		enter := func(user string, channels int) {
			t.Helper()
			for range channels {
				pos++
				must(v.Apply(0, []Event{created(t, pos, channel.GroupID(user, fmt.Sprint(pos)), user)}, 0))(t)
			}
		}
		ask := func(user string) (ids []string) {
			t.Helper()
			time.Sleep(time.Minute)
			channels, _, err := v.List(user, Listing{Limit: 9}, unread)
			noError(t, err)
			for _, c := range channels {
				ids = append(ids, c.State.ID)
			}
			return ids
		}
		reopen := func() {
			t.Helper()
			noError(t, v.Close())
			v = must(Open("view", o))(t)
			noError(t, v.Warm(t.Context(), serves))
		}
		warm := func(want ...string) {
			t.Helper()
			var got []string
			for _, user := range []string{"ann", "bob", "cem", "dot"} {
				if _, ok := v.recency.top(user, nil, 1); ok {
					got = append(got, user)
				}
			}
			equal(t, "in memory", got, want)
		}
		for user, channels := range map[string]int{"ann": 4, "bob": 4, "cem": 4, "dot": 3} {
			enter(user, channels)
		}
		for _, user := range []string{"dot", "bob", "ann", "cem"} {
			ask(user)
		}
		warm("ann", "cem") // ann and cem asked later than bob; dot has few channels
		reopen()
		warm("ann", "cem")
		before := ask("cem")
		enter("cem", 1)
		equal(t, "channels of cem", len(ask("cem")), len(before)+1)
		ask("bob")
		warm("bob") // the others had nine, and had asked earlier
		reopen()
		warm("bob")
		time.Sleep(askedAgain)
		ask("ann")
		ask("bob") // the new time is stored
		reopen()
		warm("ann", "bob")
		pos++
		left := event(t, pos, must(v.ChannelsOf("ann"))(t)[0], wire.KindMeta, wire.Record{
			Sender: "ann", Meta: &wire.Meta{Action: wire.ActionLeft, Members: []string{"ann"}},
		})
		must(v.Apply(0, []Event{left}, 0))(t)
		reopen()
		warm("bob") // ann has few channels after leaving one
		users := must(v.heavies())(t)
		equal(t, "users on disk", len(users), 2)
		noError(t, v.Close())
		if err := v.Warm(context.Background(), serves); err == nil {
			t.Error("a closed view was read")
		}
	})
}
