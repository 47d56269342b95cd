package view

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"natterjack/server/wire"
)

// TestPicturesOf_looksAtOne asks whether a file is a picture that very many messages have. That
// must not cost more than for any other file.
func TestPicturesOf_looksAtOne(t *testing.T) {
	v := newView(t, Options{})
	picture := wire.ProfileChange{Picture: &wire.Picture{ID: "p", Size: 10, Type: "image/png"}}
	events := []Event{event(t, 1, "~ann", wire.KindProfile, wire.Record{Sender: "ann", Profile: &picture})}
	const messages = 500
	for seq := range uint64(messages) {
		events = append(events, album(t, seq+2, "ann~bob", seq+1, "often", "p"))
	}
	must(v.Apply(0, events, 0))(t)
	equal(t, "pictures of", must(v.PicturesOf([]string{"often", "p", "other"}))(t), []string{"", "~ann", ""})
	noError(t, v.read("count steps", func(r *reader) error {
		_, err := r.pictureOf("often")
		stats := r.it.Stats()
		n := stats.ForwardStepCount[pebble.InternalIterCall] + stats.ForwardSeekCount[pebble.InternalIterCall]
		if n > 10 {
			t.Errorf("to look for the picture took %d steps", n)
		}
		return err
	}))
}
