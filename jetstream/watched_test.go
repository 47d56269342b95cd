package jetstream

import (
	"fmt"
	"log/slog"
	"testing"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// wakes counts how often a cursor is woken.
type wakes int

// Wake implements [Waker].
func (w *wakes) Wake(bool) { *w++ }

// TestFollower_readerCameMeanwhile shows that a reader who comes while an unwatched view
// applies events gets those events, and that a stranger does not. Without readers, the view
// does not look up a group's members.
func TestFollower_readerCameMeanwhile(t *testing.T) {
	group := channel.GroupID("alice", "1")
	dir, opts := t.TempDir(), view.Options{Shards: 1, Watched: func() bool { return false }}
	v := openView(t, dir, opts)
	applyTo(t, v, groupEvent(t, 1, group, wire.KindMeta, &wire.Record{
		Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Group, Name: "toads", Members: []string{"alice", "bob"}},
	}))
	if err := v.Close(); err != nil { // memory would answer without a look at the disk
		t.Fatal(err)
	}
	v = openView(t, dir, opts)
	defer func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}()
	tails := []*tail{{floor: 1}}
	l := &Log{view: v, delivery: delivery{readers: newReaders(), shelf: shelves{v, tails}}}
	f := &follower{view: v, tail: tails[0], readers: l.readers, sight: &l.sight, owners: &l.owners, erase: make(chan struct{}, 1), partings: &partings{}, sent: func([]view.Applied) {}, log: slog.New(slog.DiscardHandler), copy: new(copies.Reader)}
	for user, want := range map[string]int{"bob": 1, "eve": 0} {
		var woken wakes
		c := &Cursor{log: l, user: user, waker: &woken, at: []uint64{v.Position(0)}}
		l.readers.add(c)
		pos := v.Position(0) + 1
		if err := f.apply(t.Context(), []view.Event{groupEvent(t, pos, group, wire.KindMessage, &wire.Record{Seq: pos - 1, Content: &wire.Content{Text: "hi"}})}); err != nil {
			t.Fatal(err)
		}
		entries, more, err := c.Next(nil, 1<<20)
		if err != nil || more || len(entries) != want || woken == 0 {
			t.Errorf("%s was woken %d times, and got %d entries, more %v, %v", user, woken, len(entries), more, err)
		}
		c.Close()
	}
}

func openView(t *testing.T, dir string, o view.Options) *view.View {
	t.Helper()
	v, err := view.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func applyTo(t *testing.T, v *view.View, e view.Event) {
	t.Helper()
	if applied, err := v.Apply(0, []view.Event{e}, 0); err != nil || len(applied) != 1 {
		t.Fatalf("applied %+v, %v", applied, err)
	}
}

// groupEvent returns an event of alice's.
func groupEvent(t *testing.T, pos uint64, channel string, kind wire.Kind, r *wire.Record) view.Event {
	t.Helper()
	r.Kind, r.Version = kind, pos
	r.ID, r.Sender, r.Timestamp = fmt.Sprint(pos), "alice", int64(pos)
	record, err := wire.EncodeRecord(r)
	if err != nil {
		t.Fatal(err)
	}
	return view.Event{Pos: pos, Channel: channel, Kind: kind, Record: record}
}
