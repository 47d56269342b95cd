package search

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"natterjack/search/index"
	"natterjack/server/wire"
)

// somewhere returns a place in an answer, of a message in a channel.
func somewhere(channel string) *index.Cursor {
	return &index.Cursor{Tier: 1, Key: "0kq1z2x3c0000000a" + channel, Count: 77}
}

// TestCursors_tellNothing shows that a cursor does not tell in which channel it is, by its bytes or
// its length, and that every node opens it.
func TestCursors_tellNothing(t *testing.T) {
	c, other := newCursors([]byte("key")), newCursors([]byte("key"))
	longest := strings.Repeat("a", wire.MaxUserLen)
	var length int
	for _, channel := range []string{"a~b", "alice~bob", wire.DirectChannel(longest, strings.Repeat("b", wire.MaxUserLen))} {
		at := somewhere(channel)
		sealed, err := c.encode("alice", at)
		if err != nil {
			t.Fatal(err)
		}
		data, err := base64.RawURLEncoding.DecodeString(sealed)
		if err != nil || strings.Contains(string(data), channel) || strings.Contains(string(data), "tier") {
			t.Errorf("%q says where it is, %v", data, err)
		}
		if length == 0 {
			length = len(sealed)
		}
		if len(sealed) != length {
			t.Errorf("a cursor in %s has %d bytes, others have %d", channel, len(sealed), length)
		}
		if err := (wire.Search{Query: "pond", After: sealed}).Validate(wire.DefaultLimits()); err != nil {
			t.Errorf("clients cannot give it back: %v", err)
		}
		if got, err := other.decode("alice", sealed); err != nil || got != *at {
			t.Errorf("%+v, %v, want %+v", got, err, *at)
		}
	}
}

// TestCursors_ofOthers refuses the cursors of other users and other logs, and changed ones.
func TestCursors_ofOthers(t *testing.T) {
	c := newCursors([]byte("key"))
	sealed, err := c.encode("alice", somewhere("alice~bob"))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, c *cursors, user, sealed string) {
		t.Helper()
		if got, err := c.decode(user, sealed); !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	refused("another user's", c, "bob", sealed)
	refused("another log's", newCursors([]byte("another")), "alice", sealed)
	for i := range sealed {
		changed := []byte(sealed)
		if changed[i]++; changed[i] > 'z' {
			changed[i] = 'A'
		}
		refused("a changed one", c, "alice", string(changed))
		refused("a shorter one", c, "alice", sealed[:max(i, 1)])
	}
}

func FuzzCursors_decode(f *testing.F) {
	c := newCursors([]byte("key"))
	sealed, err := c.encode("alice", somewhere("alice~bob"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add("")
	f.Add("eyJ0aWVyIjoiYSJ9")
	f.Fuzz(func(t *testing.T, s string) {
		at, err := c.decode("alice", s)
		if err != nil && at != (index.Cursor{}) {
			t.Errorf("%+v with %v", at, err)
		}
		if err == nil && s != "" && at != *somewhere("alice~bob") {
			t.Errorf("%q was made by nobody, and is %+v", s, at)
		}
	})
}
