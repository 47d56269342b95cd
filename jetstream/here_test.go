package jetstream

import (
	"slices"
	"testing"

	"natterjack/server/wire"
)

// mentionsOf returns how many unread messages of a channel mention a user.
func mentionsOf(tb testing.TB, l *Log, user, channel string) int {
	tb.Helper()
	list, _, err := l.Channels(tb.Context(), user, &wire.ListChannels{})
	if err != nil {
		tb.Fatal(err)
	}
	for _, c := range list {
		if c.ID == channel {
			return c.Mentions
		}
	}
	return -1
}

// TestHere shows that @here counts for the members who were connected when it was sent, through
// whichever node, and that no user is told their names.
func TestHere(t *testing.T) {
	t.Parallel()
	_, logs, _ := cluster(t)
	here := []string{"bob", "eve", "own"}
	for _, l := range logs {
		l.WatchPresent(func(users []string) []string {
			return slices.DeleteFunc(slices.Clone(users), func(user string) bool { return !slices.Contains(here, user) })
		})
	}
	group, err := logs[0].CreateGroup(t.Context(), "own", &wire.CreateGroup{ClientID: "g", Name: "toads", Members: []string{"bob", "cem"}})
	if err != nil {
		t.Fatal(err)
	}
	content := wire.Content{Text: "@here", Mentions: []wire.Mention{{Kind: wire.MentionHere, Length: 5}}}
	for i, l := range logs {
		mustSend(t, l, "own", wire.Send{Channel: group.ID, ClientID: "c" + string(rune('a'+i)), Content: content})
	}
	here = []string{"cem"}
	mustSend(t, logs[0], "own", wire.Send{Channel: group.ID, ClientID: "ca", Content: content}) // again
	direct := mustSend(t, logs[1], "bob", wire.Send{To: "cem", ClientID: "d", Content: content})
	for i, l := range logs {
		eventually(t, "what was sent", func() bool {
			return mentionsOf(t, l, "cem", direct.Channel) == 1 && mentionsOf(t, l, "bob", group.ID) == 3
		})
		if n := mentionsOf(t, l, "cem", group.ID); n != 0 {
			t.Errorf("node %d: %d mentions of a member who was away", i, n)
		}
		if n := mentionsOf(t, l, "bob", direct.Channel); n != 0 {
			t.Errorf("node %d: %d mentions of the sender", i, n)
		}
		r, _ := follow(t, l, "cem", &wire.Resume{Epoch: l.Epoch(), Positions: make([]uint64, l.Shards())})
		for _, e := range r.readTo(t, "d") {
			if e.Kind == wire.KindNote || e.Note != nil {
				t.Errorf("node %d: a client got %+v", i, e)
			}
		}
	}
}
