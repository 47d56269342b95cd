package jetstream

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// withProfiles returns a log whose server has rules about profiles.
func withProfiles(t *testing.T, rules Profiles) *Log {
	t.Helper()
	l := buildWith(t, Config{Limits: hurried(), Profiles: rules}, embedtest.Start(t, embedtest.NoSync), t.TempDir())
	run(t, l)
	<-l.Ready()
	return l
}

// be changes the profile of a user, and waits until this node shows the change.
func be(t *testing.T, l *Log, user string, c wire.ProfileChange) {
	t.Helper()
	mustSend(t, l, user, wire.SetProfile{ProfileChange: c})
	profilesOf(t, l, user, "", user)
}

func named(name string) wire.ProfileChange { return wire.ProfileChange{Name: &name} }

// profilesOf asks for profiles as a user.
func profilesOf(t *testing.T, l *Log, viewer, channel string, users ...string) []wire.Profile {
	t.Helper()
	f, err := l.Answer(t.Context(), viewer, wire.GetProfiles{Users: users, Channel: channel})
	if err != nil {
		t.Fatal(err)
	}
	return f.(wire.Profiles).Users
}

// groupOf makes a group.
func groupOf(t *testing.T, l *Log, owner, clientID string, members ...string) string {
	t.Helper()
	info, err := l.CreateGroup(t.Context(), owner, &wire.CreateGroup{ClientID: clientID, Name: "toads", Members: members})
	if err != nil {
		t.Fatal(err)
	}
	return info.ID
}

// TestProfiles shows who sees which part of a profile, on a server that shows names to everybody
// and on one that does not.
func TestProfiles(t *testing.T) {
	status := &wire.Status{Text: "at lunch", Emoji: "🍜"}
	whole := wire.Profile{User: "alice", Name: "Alice", Zone: "Asia/Tokyo", Status: status, Version: 1}
	short, nothing := wire.Profile{User: "alice", Name: "Alice", Version: 1}, wire.Profile{User: "alice"}
	for _, reserved := range []bool{false, true} {
		l := withProfiles(t, Profiles{Reserved: reserved})
		groupOf(t, l, "alice", "1", "bob", "carol")
		mustSend(t, l, "alice", text("dave", "1", "hi"))
		left := groupOf(t, l, "alice", "2", "eve")
		mustSend(t, l, "eve", wire.Leave{Channel: left})
		mustSend(t, l, "alice", wire.Set{Name: "block/carol", Value: "1"})
		be(t, l, "alice", wire.ProfileChange{Name: new("Alice"), Zone: new("Asia/Tokyo"), Status: status})
		strangers := short
		if reserved {
			strangers = nothing
		}
		for viewer, want := range map[string]wire.Profile{
			"alice": whole, "bob": whole, "dave": whole, "carol": short, "eve": strangers, "frank": strangers,
		} {
			if got := profilesOf(t, l, viewer, "", "alice"); !cmp.Equal(got, []wire.Profile{want}) {
				t.Errorf("reserved %v: %s sees %+v, want %+v", reserved, viewer, got, want)
			}
			if got := profilesOf(t, l, viewer, "", "bob", "nobody"); !cmp.Equal(got, []wire.Profile{{User: "bob"}, {User: "nobody"}}) {
				t.Errorf("%s sees of users who have said nothing, and who do not exist: %+v", viewer, got)
			}
		}
	}
}

// TestProfiles_parts shows that a change leaves the other parts alone, that an empty value removes
// a part, and that a status is not shown after its end.
func TestProfiles_parts(t *testing.T) {
	l := alone(t)
	r, _ := follow(t, l, "alice", nil)
	be(t, l, "alice", named("Alice"))
	be(t, l, "alice", wire.ProfileChange{Status: &wire.Status{Text: "away", Until: time.Now().Add(time.Hour).UnixMilli()}})
	mustSend(t, l, "alice", wire.SetProfile{ClientID: "z", ProfileChange: wire.ProfileChange{Zone: new("UTC")}})
	if got := profilesOf(t, l, "alice", "", "alice")[0]; got.Name != "Alice" || got.Status == nil || got.Zone != "UTC" || got.Version != 3 {
		t.Errorf("%+v", got)
	}
	if events := r.readTo(t, "z"); events[len(events)-1].Kind != wire.KindProfile || events[len(events)-1].Channel != "~alice" {
		t.Errorf("another device of alice gets %+v", events)
	}
	be(t, l, "alice", wire.ProfileChange{Name: new(""), Zone: new(""), Status: &wire.Status{Text: "over", Until: time.Now().Add(-time.Second).UnixMilli()}})
	if got := profilesOf(t, l, "alice", "", "alice")[0]; !cmp.Equal(got, wire.Profile{User: "alice", Version: 4}) {
		t.Errorf("%+v", got)
	}
	for name, c := range map[string]wire.ProfileChange{"no such zone": {Zone: new("Europe/Atlantis")}, "no name": named("\u2060\u200b")} {
		if _, err := l.Change(t.Context(), "alice", wire.SetProfile{ProfileChange: c}); !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestProfiles_retry shows that a retry gets the first ack, and changes nothing that was changed
// since.
func TestProfiles_retry(t *testing.T) {
	l := alone(t)
	cmd := wire.SetProfile{ClientID: "1", ProfileChange: named("Alice")}
	first := mustSend(t, l, "alice", cmd)
	be(t, l, "alice", named("Bob"))
	if again := mustSend(t, l, "alice", cmd); again != first {
		t.Errorf("the retry got %+v, want %+v", again, first)
	}
	if got := profilesOf(t, l, "alice", "", "alice")[0]; got.Name != "Bob" {
		t.Errorf("%+v", got)
	}
	cmd.Name = new("Carol")
	if _, err := l.Change(t.Context(), "alice", cmd); !errors.Is(err, &wire.Error{Code: wire.CodeConflict}) {
		t.Errorf("another command with the client id: %v", err)
	}
}

// TestProfiles_imitates shows which members are said to imitate which.
func TestProfiles_imitates(t *testing.T) {
	l := alone(t)
	members := []string{"alice", "bob", "carol", "dave", "eve", "mallory", "trudy", "zoe"}
	group := groupOf(t, l, "alice", "1", members[1:]...)
	for _, step := range [][2]string{
		{"carol", "Anna Karenina"},
		{"mallory", "Аlice"},          // Cyrillic А: the id of alice
		{"alice", "ＡＬＩＣＥ"},            // her own id
		{"trudy", "Anna Kareninа"},    // Cyrillic а: carol's name
		{"dave", "B 0 b"},             // the id of bob
		{"bob", "Dave the 1st"},       // nobody's
		{"eve", "Anna\u200dKarenina"}, // carol's name
		{"zoe", "Zoe"},                // her own id
		{"outsider", "Anna Karenina"}, // not a member
		{"carol", "anna karenina"},    // still the same
		{"outsider2", "Dave the lst"}, // not a member
	} {
		be(t, l, step[0], named(step[1]))
	}
	want := map[string]string{"mallory": "alice", "trudy": "carol", "eve": "carol", "dave": "bob"}
	got := map[string]string{}
	for _, p := range profilesOf(t, l, "zoe", group, append(slices.Clone(members), "outsider", "outsider2", "silent")...) {
		if p.Imitates != "" {
			got[p.User] = p.Imitates
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, p := range profilesOf(t, l, "zoe", "", members...) {
		if p.Imitates != "" {
			t.Errorf("without a channel: %+v", p)
		}
	}
	be(t, l, "trudy", named("Trudy"))
	be(t, l, "carol", named("Carol"))
	be(t, l, "carol", named("Anna Karenina")) // eve has had it for longer now
	for _, p := range profilesOf(t, l, "zoe", group, "carol", "eve", "trudy") {
		if want := map[string]string{"carol": "eve"}[p.User]; p.Imitates != want {
			t.Errorf("%s imitates %q, want %q", p.User, p.Imitates, want)
		}
	}
	_, err := l.Answer(t.Context(), "outsider", wire.GetProfiles{Users: []string{"alice"}, Channel: group})
	if !errors.Is(err, &wire.Error{Code: wire.CodeForbidden}) {
		t.Errorf("an outsider asks who imitates whom: %v", err)
	}
}

// heard notes of which profiles users were told.
type heard struct {
	mu  sync.Mutex
	has map[string]wire.Profile // by the user who was told, and the user of the profile
}

func (h *heard) tell(p wire.Profile, to []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, user := range to {
		h.has[user+" of "+p.User] = p
	}
}

func (h *heard) of(what string) wire.Profile {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.has[what]
}

func (h *heard) told() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.has))
}

// TestNews shows that those are told of a changed profile who have a session and share a channel
// with its user, on any node, and of nothing else.
func TestNews(t *testing.T) {
	t.Parallel()
	_, logs, _ := cluster(t)
	told := make([]*heard, len(logs))
	for i, l := range logs {
		told[i] = &heard{has: map[string]wire.Profile{}}
		l.WatchProfiles(told[i].tell)
	}
	follow(t, logs[0], "alice", nil)
	follow(t, logs[1], "bob", nil)
	follow(t, logs[1], "carol", nil)
	follow(t, logs[2], "dave", nil)
	follow(t, logs[2], "stranger", nil)
	group := groupOf(t, logs[0], "alice", "1", "bob", "carol", "gone")
	mustSend(t, logs[0], "alice", text("dave", "1", "hi"))
	mustSend(t, logs[0], "gone", wire.Leave{Channel: group})
	mustSend(t, logs[0], "alice", wire.Set{Name: "block/carol", Value: "1"})
	// A node that learns of a profile before it learns of a channel has no user to tell. Clients
	// ask for the profiles of a new channel.
	eventually(t, "all nodes to show the channels", func() bool {
		here, err1 := logs[1].neighbours("alice")
		there, err2 := logs[2].neighbours("alice")
		return err1 == nil && err2 == nil && len(here) == 2 && len(there) == 1 && logs[1].view.Blocked("alice", "carol")
	})
	be(t, logs[0], "alice", wire.ProfileChange{Name: new("Alice"), Zone: new("UTC")})
	be(t, logs[2], "alice", wire.ProfileChange{Status: &wire.Status{Text: "here"}})
	eventually(t, "everybody to be told", func() bool {
		return told[1].of("bob of alice").Version == 2 && told[1].of("carol of alice").Version == 2 && told[2].of("dave of alice").Version == 2
	})
	if bob, carol := told[1].of("bob of alice"), told[1].of("carol of alice"); bob.Status == nil || bob.Zone != "UTC" || carol.Name != "Alice" || carol.Status != nil || carol.Zone != "" {
		t.Errorf("bob is told %+v; carol, whom alice has blocked, %+v", bob, carol)
	}
	be(t, logs[1], "bob", named("Bob")) // a later change: all that comes before it has been told
	eventually(t, "alice to be told", func() bool { return told[0].of("alice of bob").Name == "Bob" })
	for i, want := range [][]string{{"alice of bob"}, {"bob of alice", "carol of alice", "carol of bob"}, {"dave of alice"}} {
		eventually(t, "all to be told", func() bool { return slices.Equal(told[i].told(), want) })
	}
}

// TestNews_many shows that a change in hundreds of channels with hundreds of members each is told
// to all who are here, and that changes which come meanwhile are told together.
func TestNews_many(t *testing.T) {
	l := alone(t)
	told := &heard{has: map[string]wire.Profile{}}
	l.WatchProfiles(told.tell)
	const groups, size, changes = 40, 200, 10
	for i := range groups {
		groupOf(t, l, "alice", string(rune('A'+i)), users(size)...)
	}
	here := users(size)[:50]
	for _, user := range here {
		follow(t, l, user, nil)
	}
	for range changes {
		be(t, l, "alice", named("Alice"))
	}
	eventually(t, "all to be told", func() bool {
		return !slices.ContainsFunc(here, func(user string) bool { return told.of(user+" of alice").Version != changes })
	})
	if n := len(told.told()); n != len(here) {
		t.Errorf("%d users are told, want %d", n, len(here))
	}
}

// TestProvide shows what of the claims of an identity provider gets into a profile, where users may
// set a name of their own and where they may not.
func TestProvide(t *testing.T) {
	for _, fixed := range []bool{false, true} {
		l := withProfiles(t, Profiles{FixedName: fixed})
		provide := func(name, zone string) {
			t.Helper()
			if err := l.Provide(t.Context(), "alice", Claims{name, zone}); err != nil {
				t.Fatal(err)
			}
		}
		is := func(when, name, zone string, version uint64) {
			t.Helper()
			if got := profilesOf(t, l, "alice", "", "alice")[0]; got.Name != name || got.Zone != zone || got.Version != version {
				t.Errorf("fixed %v, %s: %+v, want %q in %q after %d changes", fixed, when, got, name, zone, version)
			}
		}
		provide("Alice  Smith\u200b", "Europe/Berlin")
		provide("Alice  Smith\u200b", "Europe/Berlin") // nothing has changed
		is("first", "Alice Smith", "Europe/Berlin", 1)
		provide("Alice Jones", "Europe/Rome")
		is("the provider says something else", "Alice Jones", "Europe/Rome", 2)
		provide("bad\nname", "Not/AZone")
		provide(strings.Repeat("x", wire.MaxNameLen+1), "/etc/passwd")
		provide("", "")
		is("the provider says what cannot be", "Alice Jones", "Europe/Rome", 2)

		_, err := l.Change(t.Context(), "alice", wire.SetProfile{ProfileChange: named("Queen of Toads")})
		if fixed != errors.Is(err, &wire.Error{Code: wire.CodeForbidden}) {
			t.Errorf("fixed %v, alice sets a name: %v", fixed, err)
		}
		be(t, l, "alice", wire.ProfileChange{Zone: new("UTC")})
		provide("Alice Brown", "Europe/Paris")
		if fixed {
			is("the last word is the provider's", "Alice Brown", "UTC", 4)
			continue
		}
		is("the last word is the user's", "Queen of Toads", "UTC", 4)
		be(t, l, "alice", named(""))
		provide("Alice Brown", "Europe/Paris")
		is("the user has no word", "Alice Brown", "UTC", 6)
	}
}

// TestProfiles_rate shows that a user who changes their profile again and again is held up, and
// that a retry of a stored change is not.
func TestProfiles_rate(t *testing.T) {
	l := alone(t)
	first := wire.SetProfile{ClientID: "first", ProfileChange: named("a")}
	ack := mustSend(t, l, "alice", first)
	var err error
	for range 3 * profilesPerMin {
		if _, err = l.Change(t.Context(), "alice", wire.SetProfile{ProfileChange: named("a")}); err != nil {
			break
		}
	}
	if e := wire.AsError(err, 0); e.Code != wire.CodeTooFast || e.RetryAfter == 0 {
		t.Fatalf("%+v", e)
	}
	profilesOf(t, l, "alice", "", "alice") // until the view shows the stored events
	if again, err := l.Change(t.Context(), "alice", first); err != nil || again != ack {
		t.Errorf("the retry of a stored change: %+v, %v", again, err)
	}
	be(t, l, "bob", named("b"))
}

// TestProfiles_work shows that a user who asks for much pays for it.
func TestProfiles_work(t *testing.T) {
	limits := hurried()
	limits.UserCommandsPerS = 50
	l, _ := startWithin(t, limits, embedtest.Start(t, embedtest.NoSync), t.TempDir(), 1)
	group := groupOf(t, l, "own", "1", users(400)...)
	var err error
	asked := 0
	for ; asked < 2*limits.UserCommandsPerS; asked++ {
		if _, err = l.Answer(t.Context(), "own", wire.GetProfiles{Users: []string{"own"}, Channel: group}); err != nil {
			break
		}
	}
	if e := wire.AsError(err, 0); e.Code != wire.CodeTooFast || asked > 30 {
		t.Errorf("after %d questions about 400 members: %v", asked, err)
	}
}

// TestSeenPictures shows who sees which picture, on a server that shows profiles to everybody and
// on one that does not. Each picture comes once, however often it is asked for.
func TestSeenPictures(t *testing.T) {
	for _, reserved := range []bool{false, true} {
		l, o := withProfiles(t, Profiles{Reserved: reserved}), new(office)
		l.TakeAttachments(o)
		group := groupOf(t, l, "alice", "1", "bob")
		given := func(place string, f wire.Attachment) *wire.Picture {
			return &wire.Picture{ID: f.ID, Ticket: o.issue("alice", place, f)}
		}
		own, shared := file("a", wire.AttachmentImage), file("g", wire.AttachmentImage)
		own.Type, shared.Type = "image/png", "image/png"
		be(t, l, "alice", wire.ProfileChange{Picture: given("~alice", own)})
		mustSend(t, l, "alice", wire.UpdateChannel{Channel: group, Picture: given(group, shared)})
		mustSend(t, l, "alice", o.attach("alice", text("bob", "2", ""), picture))
		if err := l.AwaitLevel(t.Context()); err != nil {
			t.Fatal(err)
		}
		strangers := []string{own.ID}
		if reserved {
			strangers = nil
		}
		for viewer, want := range map[string][]string{
			"alice": {own.ID, shared.ID}, "bob": {own.ID, shared.ID}, "mallory": strangers,
		} {
			got, err := l.SeenPictures(viewer, []string{shared.ID, own.ID, picture.ID, own.ID, "no such"})
			slices.Sort(got)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("reserved %v: %s sees %q, want %q: %v", reserved, viewer, got, want, err)
			}
		}
	}
}

// TestSeenPictures_work shows that a user who asks for many pictures pays for it.
func TestSeenPictures_work(t *testing.T) {
	limits := hurried()
	limits.UserCommandsPerS = 1
	l, _ := startWithin(t, limits, embedtest.Start(t, embedtest.NoSync), t.TempDir(), 1)
	ids := make([]string, 5*wire.MaxPictures)
	for i := range ids {
		ids[i] = fmt.Sprintf("%026d", i)
	}
	if err := l.Charge("alice"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.SeenPictures("alice", ids); err != nil {
		t.Fatal(err)
	}
	if err := l.Charge("alice"); !errors.Is(err, &wire.Error{Code: wire.CodeTooFast}) {
		t.Errorf("after %d pictures: %v", len(ids), err)
	}
}
