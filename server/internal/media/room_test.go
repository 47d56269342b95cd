package media

import (
	"testing"

	"natterjack/jetstream/uploads"
	"natterjack/server/wire"
)

// crammed is storage without room.
type crammed struct{ Storage }

func (crammed) Room(int64) error { return wire.Errorf(wire.CodeStorageFull, "full") }

// TestMedia_full offers no link to storage that is full, and fetches no file that does not fit.
func TestMedia_full(t *testing.T) {
	w := newWorld(t)
	n := w.node(t, func(c *Config) { c.Fits = func(int64) bool { return false } })
	file := []byte("a file")
	up := must[wire.Upload](t, n, "alice", reserving(file, "x"))
	upload(t, &up, file)
	_, err := ask[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
	refuses(t, "a file that does not fit", err, wire.CodeStorageFull)

	n = w.node(t, func(c *Config) { c.Storage = crammed{c.Storage} })
	_, err = ask[wire.Upload](t, n, "alice", reserving([]byte("another file"), "y"))
	refuses(t, "storage without room", err, wire.CodeStorageFull)
}

// TestTaker_occupy sums the files that are under way, each twice.
func TestTaker_occupy(t *testing.T) {
	k := &taker{fits: func(bytes int64) bool { return bytes <= 10 }}
	first, err := k.occupy(&uploads.Record{Size: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.occupy(&uploads.Record{Size: 3}); err == nil {
		t.Error("a second file fits beside the first")
	}
	first()
	if _, err := k.occupy(&uploads.Record{Size: 5}); err != nil {
		t.Errorf("room is not given back: %v", err)
	}
}
