package view

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// given is the picture of a channel, and who gave it.
type given struct {
	wire.Picture
	by string
}

// scriptPictures are the pictures that users and groups may have. They are files that messages may
// have, too: a real server gives each file for one purpose, but the view must not rely on that.
func scriptPicture(t *rapid.T) *wire.Picture {
	if rapid.IntRange(0, 3).Draw(t, "no picture") == 0 {
		return &wire.Picture{}
	}
	f := rapid.SampledFrom(scriptFiles).Draw(t, "picture")
	return &wire.Picture{ID: f.ID, Size: f.Size, Type: "image/png"}
}

// profile makes an event by which a user changes a profile, mostly their own.
func (s *script) profile(t *rapid.T) (shard int, e Event) {
	user := rapid.SampledFrom(s.users).Draw(t, "user")
	own := wire.OwnChannel(user)
	shard = evenly(s.m.shards)(own)
	s.pos[shard]++
	r := wire.Record{
		Kind: wire.KindProfile, Version: 1, ID: fmt.Sprint(s.pos[shard]), Timestamp: s.now,
		Sender:  rapid.SampledFrom([]string{user, user, user, "ann"}).Draw(t, "who says so"),
		Profile: &wire.ProfileChange{Provided: rapid.Bool().Draw(t, "provided")},
	}
	if st := s.m.states[own]; st != nil {
		r.Version = st.Version + 1
	}
	if rapid.Bool().Draw(t, "named") {
		r.Profile.Name = new(rapid.SampledFrom([]string{"", "Ann", "Аnn", "bob"}).Draw(t, "name"))
	}
	if rapid.Bool().Draw(t, "pictured") {
		r.Profile.Picture = scriptPicture(t)
	}
	if rapid.Bool().Draw(t, "placed") {
		r.Profile.Zone = new(rapid.SampledFrom([]string{"", "UTC"}).Draw(t, "zone"))
	}
	if rapid.Bool().Draw(t, "busy") {
		r.Profile.Status = &wire.Status{Text: "at lunch", Emoji: "🍜", Until: rapid.Int64Range(-1, 1).Draw(t, "until")}
	}
	e = Event{Pos: s.pos[shard], Channel: own, Kind: wire.KindProfile, Record: encode(t, &r)}
	s.m.apply(t, e, r, true)
	return shard, e
}

// pictured takes in what an event makes of the picture of a channel.
func (m *model) pictured(at shardPos, r *wire.Record, after *channel.State) {
	now := after.Picture
	if owner, own := wire.OwnerOf(after.ID); own {
		if r.Sender == owner {
			m.profiles[owner] = channel.FoldProfile(m.profiles[owner], r)
		}
		now = m.profiles[owner].Picture
	}
	before := m.pictures[after.ID]
	if before.ID == now.ID {
		return
	}
	if before.ID != "" {
		m.drop(at, []string{before.ID})
	}
	if m.pictures[after.ID] = (given{now, r.Sender}); now.ID == "" {
		delete(m.pictures, after.ID)
	}
}

// share reports whether two users are in a channel together.
func (m *model) share(a, b string) bool {
	for _, st := range m.states {
		if st.Member(a) && st.Member(b) {
			return true
		}
	}
	return false
}

// agreeProfiles asks view and model about all users as one of them.
func agreeProfiles(t *rapid.T, v *View, s *script, user string) {
	profiles, err := v.Profiles(s.users)
	want, shares := []channel.Profile{}, []bool{}
	for _, other := range s.users {
		want, shares = append(want, s.m.profiles[other]), append(shares, s.m.share(user, other))
	}
	same(t, "profiles", profiles, want, err)
	got, _, err := v.Shares(user, s.users)
	same(t, "who shares a channel with "+user, got, shares, err)
	of, err := v.PicturesOf(scriptIDs())
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range scriptIDs() {
		all := slices.Collect(maps.Keys(s.m.pictures))
		all = slices.DeleteFunc(all, func(id string) bool { return s.m.pictures[id].ID != f })
		if (of[i] == "") != (len(all) == 0) || of[i] != "" && !slices.Contains(all, of[i]) {
			t.Fatalf("%s is the picture of %q, want one of %q", f, of[i], all)
		}
	}
}
