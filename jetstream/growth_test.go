package jetstream

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestGrowth shows that a user makes groups, and fills them, only so fast, and that retries of
// stored commands are answered all the same.
func TestGrowth(t *testing.T) {
	limits := hurried()
	limits.GroupsPerMin, limits.MembersPerMin, limits.UserGroups = 2, 50, 8
	l, _ := startWithin(t, limits, embedtest.Start(t, embedtest.NoSync), t.TempDir(), 1)
	create := func(user, clientID string, members ...string) (wire.ChannelInfo, error) {
		return l.CreateGroup(t.Context(), user, &wire.CreateGroup{ClientID: clientID, Name: "toads", Members: members})
	}
	var ids []string
	for i := range 4 { // two minutes' worth
		made, err := create("ann", fmt.Sprint(i), "bob")
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, made.ID)
	}
	_, err := create("ann", "4")
	if wait := tooFast(t, err, ""); wait <= 20*time.Second || wait > time.Minute {
		t.Errorf("told to wait %v for another group", wait)
	}
	if again, err := create("ann", "3", "bob"); err != nil || again.ID != ids[3] {
		t.Errorf("a retry: %+v, %v", again, err)
	}
	if _, err := create("cem", "0"); err != nil {
		t.Errorf("another user's: %v", err)
	}
	add := wire.AddMembers{Channel: ids[0], ClientID: "a", Members: users(92)} // 8 are taken already
	first := mustSend(t, l, "ann", add)
	awaitMessage(t, l, first)
	_, err = l.Change(t.Context(), "ann", wire.AddMembers{Channel: ids[1], Members: users(1)})
	tooFast(t, err, "")
	if again := mustSend(t, l, "ann", add); again != first {
		t.Errorf("a retry: %+v, first %+v", again, first)
	}
	mustSend(t, l, "ann", wire.AddMembers{Channel: ids[0], Members: []string{"bob"}}) // is in already
	mustSend(t, l, "bob", in(ids[0], "c", "others go on"))
}

// TestGrowth_groupsOfAUser shows that no user is in more groups than are allowed.
func TestGrowth_groupsOfAUser(t *testing.T) {
	limits := hurried()
	limits.UserGroups = 3
	l, _ := startWithin(t, limits, embedtest.Start(t, embedtest.NoSync), t.TempDir(), 1)
	mustSend(t, l, "ann", text("bob", "d", "not a group"))
	var last wire.ChannelInfo
	for i := range 3 {
		made, err := l.CreateGroup(t.Context(), "ann", &wire.CreateGroup{ClientID: fmt.Sprint(i), Name: "toads"})
		if err != nil {
			t.Fatal(err)
		}
		last = made
	}
	for user, members := range map[string][]string{"ann": nil, "bob": {"ann"}} {
		_, err := l.CreateGroup(t.Context(), user, &wire.CreateGroup{ClientID: "more", Name: "toads", Members: members})
		if !errors.Is(err, &wire.Error{Code: wire.CodeTooLarge}) {
			t.Errorf("%s makes another with %v: %v", user, members, err)
		}
	}
	awaitMessage(t, l, mustSend(t, l, "ann", wire.Leave{Channel: last.ID}))
	if _, err := l.CreateGroup(t.Context(), "bob", &wire.CreateGroup{ClientID: "more", Name: "toads", Members: []string{"ann"}}); err != nil {
		t.Errorf("after leaving one: %v", err)
	}
}
