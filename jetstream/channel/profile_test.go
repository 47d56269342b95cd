package channel

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

var somePicture = wire.Picture{ID: strings.Repeat("a", 26), Type: "image/png", Size: 7, Blurhash: "L00000"}

// setProfile gives a command as a user, and returns the event that it makes.
func setProfile(t *testing.T, r *room, user string, c wire.ProfileChange) *wire.Record {
	t.Helper()
	r.must(t, user, wire.SetProfile{ProfileChange: c, ClientID: "p"})
	return &r.log[len(r.log)-1]
}

func TestFoldProfile(t *testing.T) {
	var p Profile
	for i, step := range []struct {
		change wire.ProfileChange
		want   Profile
	}{
		{wire.ProfileChange{Name: new("Alice")}, Profile{Name: "Alice", Named: 1, Version: 1}},
		{wire.ProfileChange{Zone: new("Asia/Tokyo")}, Profile{Name: "Alice", Named: 1, Zone: "Asia/Tokyo", Version: 2}},
		{ // it looks the same
			wire.ProfileChange{Name: new("Аlice")}, Profile{Name: "Аlice", Named: 1, Zone: "Asia/Tokyo", Version: 3},
		},
		{wire.ProfileChange{Name: new("Bob"), Provided: true}, Profile{Name: "Bob", Named: 4, Zone: "Asia/Tokyo", Version: 4, Provided: Provided{Name: true}}},
		{
			wire.ProfileChange{Picture: &somePicture, Status: &wire.Status{Text: "x"}},
			Profile{Name: "Bob", Named: 4, Zone: "Asia/Tokyo", Picture: somePicture, Status: wire.Status{Text: "x"}, Version: 5, Provided: Provided{Name: true}},
		},
		{
			wire.ProfileChange{Name: new(""), Zone: new(""), Picture: &wire.Picture{}, Status: &wire.Status{}}, Profile{Named: 6, Version: 6},
		},
		{wire.ProfileChange{Name: new("Bob")}, Profile{Name: "Bob", Named: 7, Version: 7}}, // it was away meanwhile
	} {
		p = FoldProfile(p, &wire.Record{Kind: wire.KindProfile, Timestamp: int64(i + 1), Profile: &step.change})
		if diff := cmp.Diff(step.want, p); diff != "" {
			t.Fatalf("after step %d (-want +got):\n%s", i+1, diff)
		}
	}
	for _, other := range []*wire.Record{{Kind: wire.KindSetting}, {Kind: wire.KindProfile}, {Kind: wire.KindMeta, Profile: &wire.ProfileChange{Name: new("x")}}} {
		if got := FoldProfile(p, other); got != p {
			t.Errorf("%+v changes a profile to %+v", other, got)
		}
	}
}

func TestSetProfile(t *testing.T) {
	r := newRoom("~own")
	got := setProfile(t, r, "own", wire.ProfileChange{Name: new(" A\u200blice  \u00a0 B "), Status: &wire.Status{Text: " at \u00adlunch "}, Picture: &somePicture})
	want := wire.ProfileChange{Name: new("Alice B"), Status: &wire.Status{Text: "at lunch"}, Picture: &somePicture}
	if diff := cmp.Diff(&want, got.Profile); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, c := range map[string]wire.ProfileChange{
		"only what nobody sees": {Name: new("\u2060\u200d")},
		"no facts":              {Picture: &wire.Picture{ID: somePicture.ID, Ticket: "t"}},
		"impossible facts":      {Picture: &wire.Picture{ID: somePicture.ID, Type: "image/png", Size: -1}},
	} {
		if _, err := Decide(r.st, "~own", "own", wire.SetProfile{ProfileChange: c}, r.env()); wire.AsError(err, 0).Code != wire.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSame_profile shows that a retry is the same command with another ticket, and that nothing
// else is.
func TestSame_profile(t *testing.T) {
	r := newRoom("~own")
	given := wire.ProfileChange{Name: new("Alice\u200b"), Zone: new("UTC"), Picture: &wire.Picture{ID: somePicture.ID, Ticket: "t1"}}
	stored := given
	stored.Picture = &somePicture
	event := setProfile(t, r, "own", stored)
	same := func(change func(c *wire.ProfileChange)) bool {
		c := given
		change(&c)
		return Same(event, wire.SetProfile{ProfileChange: c})
	}
	if !same(func(c *wire.ProfileChange) { c.Picture = &wire.Picture{ID: somePicture.ID, Ticket: "t2"} }) {
		t.Error("a retry with a new ticket is another command")
	}
	for name, change := range map[string]func(c *wire.ProfileChange){
		"name":       func(c *wire.ProfileChange) { c.Name = new("Bob") },
		"no name":    func(c *wire.ProfileChange) { c.Name = nil },
		"zone":       func(c *wire.ProfileChange) { c.Zone = new("") },
		"picture":    func(c *wire.ProfileChange) { c.Picture = &wire.Picture{} },
		"no picture": func(c *wire.ProfileChange) { c.Picture = nil },
		"status":     func(c *wire.ProfileChange) { c.Status = &wire.Status{} },
		"provided":   func(c *wire.ProfileChange) { c.Provided = true },
	} {
		if same(change) {
			t.Errorf("%s: another command counts as a retry", name)
		}
	}
	if Same(event, wire.Set{Name: "client/x"}) || Same(&wire.Record{Kind: wire.KindSetting}, wire.SetProfile{ProfileChange: given}) {
		t.Error("commands of two kinds count as the same")
	}
}

// TestUpdate_picture shows that a group's picture is set, is set again by a retry whose ticket
// cannot be opened any more, and is taken away.
func TestUpdate_picture(t *testing.T) {
	r := fixture(t, GroupID("own", "1"))
	r.must(t, "own", wire.UpdateChannel{Picture: &somePicture})
	event := r.log[len(r.log)-1]
	if r.st.Picture != somePicture {
		t.Fatalf("the picture is %+v", r.st.Picture)
	}
	retry := wire.UpdateChannel{Picture: &wire.Picture{ID: somePicture.ID}}
	if !Same(&event, retry) {
		t.Error("a retry whose ticket has expired is another command")
	}
	if Same(&event, wire.UpdateChannel{Picture: &wire.Picture{}}) || Same(&event, wire.UpdateChannel{Name: new("x")}) {
		t.Error("another command counts as a retry")
	}
	opened, err := fingerprint(wire.UpdateChannel{Picture: &somePicture})
	if unopened, err2 := fingerprint(retry); err != nil || err2 != nil || opened != unopened {
		t.Errorf("the notes of a command and of its retry are %s and %s", opened, unopened)
	}
	r.must(t, "own", wire.UpdateChannel{Picture: &wire.Picture{}})
	if r.st.Picture != (wire.Picture{}) {
		t.Errorf("the picture is still %+v", r.st.Picture)
	}
}

func TestMayPicture(t *testing.T) {
	id := GroupID("own", "1")
	group, archived := fixture(t, id), fixture(t, id)
	archived.must(t, "own", wire.UpdateChannel{Archived: new(true)})
	for _, c := range []struct {
		r        *room
		id, user string
		ok       bool
	}{
		{group, id, "own", true},
		{group, id, "adm", true},
		{group, id, "mem", false},
		{group, id, "rea", false},
		{group, id, "never", false},
		{group, id, "former", false},
		{archived, id, "own", false},
		{newRoom("~own"), "~own", "own", true},
		{newRoom("~own"), "~own", "adm", false},
		{newRoom(id), id, "own", false},
		{fixture(t, "mem~own"), "mem~own", "own", false},
	} {
		if err := MayPicture(c.r.st, c.id, c.user); (err == nil) != c.ok {
			t.Errorf("%s of %s: %v", c.user, c.id, err)
		}
	}
}

// FuzzCleanProfile shows that a stored profile is clean: cleaning it again changes nothing, and the
// command would be valid.
func FuzzCleanProfile(f *testing.F) {
	for _, s := range []string{"Alice", "  a\u200bb ", "e\u0301", "👨\u200d👩\u200d👧", "ا\u064f\u064f", "\U000e0041", "x\u2028", strings.Repeat("\u0301", 80)} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		c := wire.ProfileChange{Name: &name, Status: &wire.Status{Text: text}}
		if (wire.SetProfile{ProfileChange: c}).Validate(wire.DefaultLimits()) != nil {
			return
		}
		once, err := cleanProfile(c)
		if err != nil {
			return
		}
		if err := (wire.SetProfile{ProfileChange: once}).Validate(wire.DefaultLimits()); err != nil {
			t.Errorf("%q and %q are stored as %q and %q, which %v", name, text, *once.Name, once.Status.Text, err)
		}
		if again, err := cleanProfile(once); err != nil || *again.Name != *once.Name || *again.Status != *once.Status {
			t.Errorf("%q becomes %q, and then %q", name, *once.Name, *again.Name)
		}
	})
}
