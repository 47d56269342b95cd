package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"natterjack/server/wire"
)

func TestLinks(t *testing.T) {
	for text, want := range map[string][]string{
		"":                        nil,
		"no link here":            nil,
		"http://":                 nil,
		"://a":                    nil,
		"https:// a":              nil,
		"https://a.example":       {"https://a.example"},
		"HTTPS://A.example/x":     {"HTTPS://A.example/x"},
		"see http://a.example.":   {"http://a.example"},
		"http://a.example, or?":   {"http://a.example"},
		"(https://a.example/b)":   {"https://a.example/b"},
		"https://a.example/b_(c)": {"https://a.example/b_(c)"},
		"[words](https://a.example/b_(c)) [1]: https://b.example": {"https://a.example/b_(c)", "https://b.example"},
		"<https://a.example>":                      {"https://a.example"},
		`"https://a.example/"`:                     {"https://a.example/"},
		"**https://a.example**":                    {"https://a.example"},
		"https://a.example/?q=a&b=c#d!":            {"https://a.example/?q=a&b=c#d"},
		"https://a.example/?u=https://b.example/c": {"https://a.example/?u=https://b.example/c"},
		"見てhttps://a.example/あ。はい":                 {"https://a.example/あ"},
		"git+https://a.example":                    nil,
		"見て https://a.example/あ。はい":                {"https://a.example/あ"},
		"https://a.example\nhttps://b.example\t.":  {"https://a.example", "https://b.example"},
		"https://a.example https://a.example":      {"https://a.example"},
		"javascript://a.example/%0aalert(1)":       nil,
		"file:///etc/passwd xhttp://a ftp://b":     nil,
		"https://a.example/\u202egpj.exe":          {"https://a.example/\u202egpj.exe"},
		"https://" + strings.Repeat("a", 3000):     nil,
	} {
		if got := links(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	many := strings.Repeat("https://a.example/b https://a.example/c", 1000)
	if got := links(many); len(got) != 3 { // b, c and the two that touch
		t.Errorf("%q", got)
	}
	var different strings.Builder
	for i := range 100 {
		different.WriteString(" https://a.example/" + string(rune('A'+i)))
	}
	if got := links(different.String()); len(got) != maxLinks {
		t.Errorf("%d links of 100", len(got))
	}
}

func FuzzLinks(f *testing.F) {
	f.Add("see https://a.example/b_(c)), and http://[::1]/.")
	f.Fuzz(func(t *testing.T, text string) {
		found := links(text)
		if len(found) > maxLinks {
			t.Fatalf("%d links", len(found))
		}
		for _, link := range found {
			if !strings.Contains(text, link) || len(link) > maxLinkLen || !strings.HasPrefix(strings.ToLower(link), "http") {
				t.Fatalf("%q of %q", link, text)
			}
		}
	})
}

// album returns a message of ann's with files.
func album(t *testing.T, pos uint64, channel string, seq uint64, ids ...string) Event {
	t.Helper()
	c := &wire.Content{}
	for _, id := range ids {
		c.Attachments = append(c.Attachments, wire.Attachment{ID: id, Kind: wire.AttachmentImage, Size: 10})
	}
	return event(t, pos, channel, wire.KindMessage, wire.Record{Sender: "ann", Seq: seq, Content: c})
}

// TestDropped shows what an event took from messages, in pages, until that is forgotten.
func TestDropped(t *testing.T) {
	v := newView(t, Options{})
	must(v.Apply(0, []Event{
		created(t, 1, room, "ann", "bob"),
		album(t, 2, room, 1, "a", "c", "b"),
		event(t, 3, room, wire.KindEdit, wire.Record{Sender: "ann", Target: 1, Content: &wire.Content{Attachments: []wire.Attachment{{ID: "b", Size: 10}}}}),
		event(t, 4, room, wire.KindDelete, wire.Record{Sender: "ann", Target: 1, Erased: &wire.Erased{ID: "x", Sender: "ann"}}),
		message(t, 5, room, 2),
	}, 0))(t)
	for pos, want := range map[uint64][]string{2: nil, 3: {"a", "c"}, 4: {"b"}, 5: nil} {
		equal(t, "dropped", must(v.Dropped(0, pos, "", 9))(t), want)
	}
	equal(t, "first", must(v.Dropped(0, 3, "", 1))(t), []string{"a"})
	equal(t, "next", must(v.Dropped(0, 3, "a", 1))(t), []string{"c"})
	equal(t, "last", must(v.Dropped(0, 3, "c", 1))(t), nil)
	noError(t, v.DroppedDone(0, 3))
	equal(t, "forgotten", must(v.Dropped(0, 3, "", 9))(t), nil)
	equal(t, "kept", must(v.Dropped(0, 4, "", 9))(t), []string{"b"})
	equal(t, "bytes", must(v.UsedByChannel(room))(t), 0)
}

// TestMedia_wipedInTheRound deletes a channel in the round that filled it, and one that was filled
// before.
func TestMedia_wipedInTheRound(t *testing.T) {
	log := []Event{
		created(t, 1, room, "ann", "bob"),
		album(t, 2, room, 1, "a"),
		album(t, 3, room, 2, "a", "b"),
		event(t, 4, room, wire.KindDelete, wire.Record{Sender: "ann", Target: 1, Erased: &wire.Erased{ID: "x", Sender: "ann"}}),
		event(t, 5, room, wire.KindMeta, wire.Record{Sender: "ann", Meta: &wire.Meta{Action: wire.ActionDeleted}}),
	}
	for piece := range len(log) {
		v := newView(t, Options{})
		for batch := range slices.Chunk(log, piece+1) {
			must(v.Apply(0, batch, 0))(t)
		}
		equal(t, "dropped", must(v.Dropped(0, 5, "", 9))(t), []string{"a", "b"})
		equal(t, "named", must(v.MediaAfter("", 9))(t), nil)
		equal(t, "bytes", must(v.UsedByChannel(room))(t), 0)
		used, looked, err := v.UsedByUser("ann")
		equal(t, "bytes of ann", must(used, err)(t), 0)
		equal(t, "files of ann", looked, 0)
	}
}

// TestMedia_plain shows that messages without files and links look for nothing and store nothing
// more.
func TestMedia_plain(t *testing.T) {
	var looked int
	v := newView(t, Options{Looks: func(key []byte) {
		if slices.Contains([]byte{tagReference, tagHeld, tagSent, tagUsed, tagGallery}, key[0]) {
			looked++
		}
	}})
	must(v.Apply(0, []Event{created(t, 1, room, "ann"), message(t, 2, room, 1), message(t, 3, room, 2)}, 0))(t)
	for _, p := range projections {
		if p.name != "media" && p.name != "gallery" {
			continue
		}
		for _, tag := range p.tags {
			noError(t, v.read("look", func(r *reader) error {
				if r.it.SeekGE([]byte{tag}) && r.it.Key()[0] == tag {
					t.Errorf("a plain message has stored %q", r.it.Key())
				}
				return nil
			}))
		}
	}
	if looked > 0 {
		t.Errorf("a plain message has looked for %d keys", looked)
	}
}

// TestUsedByUser_forwards adds up the files of a user who has forwarded two of them very often.
// That must not cost more than for any other file.
func TestUsedByUser_forwards(t *testing.T) {
	v := newView(t, Options{})
	events := []Event{created(t, 1, room, "ann", "bob")}
	const messages = 500
	for seq := range uint64(messages) {
		events = append(events, album(t, seq+2, room, seq+1, "a", "c"))
	}
	events = append(events, album(t, messages+2, room, messages+1, "b", "d"))
	must(v.Apply(0, events, 0))(t)
	used, looked, err := v.UsedByUser("ann")
	equal(t, "bytes", must(used, err)(t), 40)
	equal(t, "files", looked, 4)
	noError(t, v.read("count steps", func(r *reader) error {
		_, _, err := r.usedBy("ann")
		stats := r.it.Stats()
		if n := stats.ForwardStepCount[pebble.InternalIterCall] + stats.ForwardSeekCount[pebble.InternalIterCall]; n > 50 {
			t.Errorf("to add up four files took %d steps", n)
		}
		return err
	}))
}
