package media

import (
	"context"
	"testing"
	"time"

	"natterjack/server/wire"
)

// hooked is storage that does something before it removes anything.
type hooked struct {
	Storage

	before func()
}

// Remove implements objects.
func (h *hooked) Remove(ctx context.Context, keys ...string) error {
	h.before()
	return h.Storage.Remove(ctx, keys...)
}

// A file that is uploaded again just when its first upload expires stays.
func TestMedia_expire(t *testing.T) {
	n := newWorld(t).node(t)
	file := []byte("a file")
	first := attach(t, n, file, "toad.txt").Attachment
	r, err := n.records.Get(t.Context(), "alice", first.ID)
	if err != nil {
		t.Fatal(err)
	}
	r.Expires = time.Now().Add(-time.Hour).UnixMilli()
	var again wire.Attachment
	n.sweeper.storage = &hooked{n.store, func() {
		if again.ID == "" {
			again = attach(t, n, file, "toad.txt").Attachment
		}
	}}
	if err := n.sweeper.expire(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, a := range []wire.Attachment{first, again} {
		there, err := exists(t.Context(), n.store, storedKey(a.ID, wire.RenditionOriginal))
		if want := a.ID == again.ID; there != want || err != nil {
			t.Errorf("%s is there: %v, want %v, %v", a.ID, there, want, err)
		}
	}
}
