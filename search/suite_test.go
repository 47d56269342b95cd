package search

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"natterjack/search/internal/suite"
	"natterjack/search/words"
	"natterjack/server/wire"
)

// TestSuite asks all queries of the relevance suites, as a user does who is in all channels: names
// of people and channels, times in the user's zone and properties are resolved as for every user.
// The answers are those of a search without an index.
func TestSuite(t *testing.T) {
	d := &words.Dictionary{}
	for _, dir := range []string{"testdata", "testdata/second", "testdata/third", "testdata/fifth"} {
		t.Run(dir, func(t *testing.T) {
			s, err := suite.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			f, ids := stage(s)
			n := run(t, f, t.TempDir(), "e")
			n.level()
			for _, q := range s.Queries {
				want := s.Answer(q.Text, d)
				for _, by := range []wire.SearchOrder{wire.ByTime, wire.ByRelevance} {
					got := map[string]bool{}
					for after, more := "", true; more; more = after != "" {
						page := n.ask("viewer", q.Text, func(c *wire.Search) { c.By, c.Zone, c.After, c.Limit = by, "Asia/Tokyo", after, 50 })
						for _, h := range page.Hits {
							got[ids[place{h.Channel, h.Seq}]] = true
						}
						after = page.Next
					}
					if wanted := slices.Sorted(maps.Keys(want)); !slices.Equal(wanted, slices.Sorted(maps.Keys(got))) {
						t.Errorf("%s, by %s: %v, want %v", q.Text, by, slices.Sorted(maps.Keys(got)), wanted)
					}
				}
				if hits := n.ask("outsider", q.Text).Hits; len(hits) > 0 {
					t.Errorf("%s: an outsider finds %v", q.Text, hits)
				}
			}
		})
	}
}

// stage makes a log with the messages of a suite. The viewer is in all channels.
func stage(s *suite.Suite) (f *fake, ids map[place]string) {
	f, ids = newFake(), map[place]string{}
	f.now = func() time.Time { return s.Now }
	f.links = map[string]bool{}
	members, named := map[string][]string{}, map[string]string{}
	for _, m := range s.Messages {
		if named[m.Channel] == "" {
			named[m.Channel] = fmt.Sprint("g", len(named))
			members[m.Channel] = []string{"viewer"}
		}
		if !slices.Contains(members[m.Channel], m.Sender) {
			members[m.Channel] = append(members[m.Channel], m.Sender)
		}
	}
	for name, id := range named {
		f.channel(id, name, members[name]...)
	}
	for i, m := range s.Messages {
		at := place{named[m.Channel], uint64(i + 1)}
		ids[at] = m.ID
		f.put(wire.KindMessage, at.channel, at.seq, m.Sender, m.Text, func(r *wire.Record) { dress(f, r, &m, at) })
	}
	return f, ids
}

// dress gives a message the properties that the suite says it has.
func dress(f *fake, r *wire.Record, m *suite.Message, at place) {
	r.Timestamp = m.At.UnixMilli()
	for _, mark := range m.Marks {
		switch mark {
		case "image":
			r.Content.Attachments = append(r.Content.Attachments, wire.Attachment{Kind: wire.AttachmentImage})
		case "file":
			r.Content.Attachments = append(r.Content.Attachments, wire.Attachment{Kind: wire.AttachmentFile, Name: m.File})
		case "link":
			f.links[m.Text] = true
		case "reaction":
			r.Reactions = []wire.Reaction{{Emoji: "👍"}}
		case "pinned":
			r.Pinned = true
		case "unread":
			f.unread[at] = true
		case "mention":
			f.mentions[at] = true
			r.Content.Mentions = []wire.Mention{{Kind: wire.MentionUser, User: "viewer"}}
		}
	}
}
