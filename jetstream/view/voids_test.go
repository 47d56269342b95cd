package view

import (
	"context"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// messageOf asks a view for the message of an event.
func messageOf(t *testing.T, v *View, e Event) *channel.Message {
	t.Helper()
	record := must(wire.DecodeRecord(e.Record))(t)
	return must(v.MessageOf(e.Channel, &record, e.Pos))(t)
}

// forged returns an event as a rival writer may have published it again, with other words.
func forged(t *testing.T, sent Event, pos uint64) Event {
	t.Helper()
	record := must(wire.DecodeRecord(sent.Record))(t)
	record.Content = &wire.Content{Text: "forged"}
	sent.Pos, sent.Record = pos, must(wire.EncodeRecord(&record))(t)
	return sent
}

// TestMessageOf_void has an event come a second time, as from a rival writer, with other words. The
// second one is void, and brings nobody its words: not while a view notes such events, and not from
// a view that did not note them when it was made.
func TestMessageOf_void(t *testing.T) {
	fs := vfs.NewMem()
	v := newView(t, Options{fs: fs})
	made, sent := created(t, 1, room, "ann"), message(t, 2, room, 1)
	again := forged(t, sent, 3)
	must(v.Apply(0, []Event{made, sent, again}, 0))(t)
	if got := v.Voided(0); got != 1 {
		t.Fatalf("%d events are void, want 1", got)
	}
	for _, noted := range []bool{true, false} {
		if !noted {
			noError(t, v.db.Delete(appendVoidKey(nil, 0, 3), nil))
			noError(t, v.db.Delete(appendVoidKey(nil, 0, 0), nil))
			noError(t, v.loadNoted(0))
		}
		for _, e := range []Event{sent, again} {
			if m := messageOf(t, v, e); m == nil || m.Content.Text != "hello" || m.Pos != 2 {
				t.Errorf("noted %t: the message of the event at %d is %+v", noted, e.Pos, m)
			}
		}
	}
}

// TestMessageOf_sparesTheEvent looks for a message that nobody changed. It needs no look at the
// event.
func TestMessageOf_sparesTheEvent(t *testing.T) {
	var looked []byte
	v := newView(t, Options{Looks: func(key []byte) { looked = append(looked, key[0]) }})
	made, sent := created(t, 1, room, "ann"), message(t, 2, room, 1)
	must(v.Apply(0, []Event{made, sent}, 0))(t)
	looked = nil
	if m := messageOf(t, v, sent); m == nil || m.Content.Text != "hello" {
		t.Errorf("the message is %+v", m)
	}
	if got := string(looked); got != string([]byte{tagFolded, tagVoid}) {
		t.Errorf("looked for keys with the tags %q", got)
	}
}

// TestMessageOf_deletedChannel finds nothing of a channel that is gone.
func TestMessageOf_deletedChannel(t *testing.T) {
	v := newView(t, Options{})
	made, sent := created(t, 1, room, "ann"), message(t, 2, room, 1)
	gone := event(t, 3, room, wire.KindMeta, wire.Record{Sender: "ann", Meta: &wire.Meta{Action: wire.ActionDeleted}})
	must(v.Apply(0, []Event{made, sent, gone}, 0))(t)
	if m := messageOf(t, v, sent); m != nil {
		t.Errorf("the message is %+v", m)
	}
}

// TestMessageOf_taken takes the view of another node, and asks for an event that is void and that
// the other node has not noted: its stream had erased the event before it was read.
func TestMessageOf_taken(t *testing.T) {
	o := Options{Shards: 1, fs: vfs.NewMem()}
	other := must(Open("other", o))(t)
	made, sent := created(t, 1, room, "ann"), message(t, 2, room, 1)
	again := forged(t, sent, 3)
	must(other.Apply(0, []Event{made, sent}, again.Pos))(t)
	lent := must(other.Lend())(t)
	noError(t, Take(t.Context(), "own", o, 0, func(_ context.Context, into string) error {
		_, err := vfs.Clone(o.fs, o.fs, lent, into)
		return err
	}))
	own := must(Open("own", o))(t)
	if m := messageOf(t, own, again); m == nil || m.Content.Text != "hello" {
		t.Errorf("the message is %+v", m)
	}
	noError(t, own.Close())
	noError(t, other.Close())
}
