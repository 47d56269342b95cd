package jetstream

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// TestHistory_changes reads what happened to a group. A member who was away for a while gets the
// frames that they got live, those of one page after the other, and a page has none if the command
// does not ask.
func TestHistory_changes(t *testing.T) {
	l := alone(t)
	live := map[string]*reader{}
	for _, user := range []string{"u0", "u1"} {
		live[user], _ = follow(t, l, user, nil)
	}
	group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(3)})
	if err != nil {
		t.Fatal(err)
	}
	id := group.ID
	for _, cmd := range []wire.Change{
		wire.UpdateChannel{Channel: id, Topic: new("frogs")},
		in(id, "c1", "hi"),
		wire.RemoveMember{Channel: id, User: "u1"},
		wire.UpdateChannel{Channel: id, Topic: new("not for u1")},
		in(id, "c2", "not for u1"),
		wire.Pin{Channel: id, Seq: 2},
		wire.AddMembers{Channel: id, Members: []string{"u1"}},
		wire.CreateInvite{Channel: id, Hash: channel.SecretHash(secretOf("s"))},
		wire.Pin{Channel: id, Seq: 1},
		in(id, "c3", "hi"),
		wire.Pin{Channel: id, Seq: 2, Remove: true},
		wire.Delete{Channel: id, Seq: 1},
		wire.UpdateChannel{Channel: id, Topic: new("toads")},
	} {
		mustSend(t, l, "u0", cmd)
	}
	for user, count := range map[string]int{"u0": 14, "u1": 10} {
		want := slices.DeleteFunc(live[user].read(t, count), func(e wire.Event) bool { return e.Kind != wire.KindMeta && e.Kind != wire.KindPin })
		for _, limit := range []int{1, 2, 50} {
			var got []wire.Event
			for h := (wire.History{Channel: id, Limit: limit, Changes: true}); ; {
				page := wholePage(t, l, user, h)
				if got = slices.Concat(page.Changes, got); !page.More {
					break
				}
				h.Before = page.Events[0].Seq
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, pages of %d (-live +read):\n%s", user, limit, diff)
			}
		}
	}
	if page := wholePage(t, l, "u0", wire.History{Channel: id}); page.Changes != nil || page.MoreChanges {
		t.Errorf("nobody asked for %+v", page.Changes)
	}
}

// TestHistory_changesAreBounded changes a group again and again. A page has the newest changes, and
// says that there are more.
func TestHistory_changesAreBounded(t *testing.T) {
	for name, topic := range map[string]string{"in number": "x", "in bytes": strings.Repeat("x", 490)} {
		l := alone(t)
		group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(3)})
		if err != nil {
			t.Fatal(err)
		}
		for n := range maxChanges {
			mustSend(t, l, "u0", wire.UpdateChannel{Channel: group.ID, Topic: new(fmt.Sprint(topic, n)), ClientID: fmt.Sprint("t", n)})
		}
		page := wholePage(t, l, "u1", wire.History{Channel: group.ID, Changes: true})
		size := len(encoded(t, page))
		if got := len(page.Changes); !page.MoreChanges || got > maxChanges || (got < maxChanges) != (len(topic) > 1) || size > maxChangeBytes+200*got {
			t.Errorf("%s: %d changes of %d bytes, more %t", name, got, size, page.MoreChanges)
		}
		if last := page.Changes[len(page.Changes)-1].Meta.Settings; *last.Topic != fmt.Sprint(topic, maxChanges-1) {
			t.Errorf("%s: the last change is %s", name, *last.Topic)
		}
	}
}

// wholePage returns a page as a client gets it.
func wholePage(t *testing.T, l *Log, user string, cmd wire.History) wire.Page {
	t.Helper()
	raw, err := ask[wire.RawPage](t.Context(), l, user, cmd)
	if err != nil {
		t.Fatal(err)
	}
	f, err := wire.DecodeFrame(encoded(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	return f.(wire.Page)
}
