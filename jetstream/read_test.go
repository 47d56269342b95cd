package jetstream

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

func change(t *testing.T, l *Log, user string, cmd wire.Change) {
	t.Helper()
	if _, err := l.Change(t.Context(), user, cmd); err != nil {
		t.Fatal(err)
	}
}

func TestChannels_windows(t *testing.T) {
	l := alone(t)
	for i := range 5 {
		for n := range 3 {
			mustSend(t, l, fmt.Sprint("u", i+1), text("u0", fmt.Sprint("c", n), "hi"))
		}
	}
	if _, _, err := l.Channels(t.Context(), "u0", &wire.ListChannels{}); err != nil { // this waits for the view
		t.Fatal(err)
	}
	for i := range 5 {
		if err := l.Read(t.Context(), "u0", wire.DirectChannel("u0", fmt.Sprint("u", i+1)), 1); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	cmd := wire.ListChannels{Limit: 2}
	for more := true; more; {
		var window []wire.ChannelInfo
		var err error
		if window, more, err = l.Channels(t.Context(), "u0", &cmd); err != nil {
			t.Fatal(err)
		}
		for _, c := range window {
			ids = append(ids, c.ID)
			if c.Unread != 2 || c.Last == nil || c.Last.Seq != 3 || c.MemberCount != 2 || c.Role != wire.RoleMember {
				t.Errorf("%+v", c)
			}
		}
		last := window[len(window)-1]
		cmd.Before = &wire.ChannelPlace{Active: last.Active, ID: last.ID}
	}
	if len(ids) != 5 || ids[0] != "u0~u5" || ids[4] != "u0~u1" {
		t.Errorf("listed %v", ids)
	}
}

// TestChannels_ofOneMoment has four users send to a group at once while a member who has read
// nothing asks for their channels. The numbers of an answer belong together.
func TestChannels_ofOneMoment(t *testing.T) {
	l := alone(t)
	group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(5)})
	if err != nil {
		t.Fatal(err)
	}
	for _, slow := range []int{0, 1} { // in slow mode, each message changes more of the channel
		change(t, l, "u0", wire.UpdateChannel{Channel: group.ID, SlowModeS: &slow})
		for i := range 4 {
			change(t, l, "u0", wire.SetRole{Channel: group.ID, User: fmt.Sprint("u", i+1), Role: wire.RoleAdmin})
		}
		ended := make(chan struct{})
		var sending sync.WaitGroup
		for i := range 4 {
			sending.Go(func() {
				for n := range 300 {
					mustSend(t, l, fmt.Sprint("u", i), in(group.ID, fmt.Sprint(slow, "-", n), "x"))
				}
			})
		}
		go func() { sending.Wait(); close(ended) }()
		whole := func(c wire.ChannelInfo, err error) {
			if err != nil || c.Seq == 0 {
				return
			}
			if c.Unread != c.Seq || c.Last == nil || c.Last.Seq != c.Seq || c.Active < c.Last.Timestamp {
				t.Errorf("seq %d, unread %d, active %d, last %+v", c.Seq, c.Unread, c.Active, c.Last)
			}
		}
		for more := true; more && !t.Failed(); {
			listed, _, err := l.Channels(t.Context(), "u4", &wire.ListChannels{})
			if err != nil || len(listed) != 1 {
				t.Fatalf("%d channels, %v", len(listed), err)
			}
			whole(listed[0], err)
			answer, err := l.Answer(t.Context(), "u4", wire.GetChannel{Channel: group.ID})
			one, _ := answer.(wire.Channel)
			whole(one.Channel, err)
			select {
			case <-ended:
				more = false
			default:
			}
		}
		<-ended
	}
}

func TestChannels_namesFewMembers(t *testing.T) {
	l := alone(t)
	group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(25)})
	if err != nil {
		t.Fatal(err)
	}
	listed, _, err := l.Channels(t.Context(), "u1", &wire.ListChannels{})
	if err != nil || len(listed) != 1 {
		t.Fatalf("%v, %v", listed, err)
	}
	if c := listed[0]; c.MemberCount != 25 || c.Members != nil {
		t.Errorf("listed with %d members, %d of them named", c.MemberCount, len(c.Members))
	}
	for user, role := range map[string]wire.Role{"u3": wire.RoleAdmin, "u2": wire.RoleAdmin, "u4": wire.RoleReader} {
		mustSend(t, l, "u0", wire.SetRole{Channel: group.ID, User: user, Role: role})
	}
	answer, err := l.Answer(t.Context(), "u1", wire.GetChannel{Channel: group.ID})
	whole, _ := answer.(wire.Channel)
	if err != nil || len(whole.Channel.Members) != 25 {
		t.Errorf("got %+v, %v", whole, err)
	}
	if whole.Owner != "u0" || !slices.Equal(whole.Admins, []string{"u2", "u3"}) || !slices.Equal(whole.Readers, []string{"u4"}) {
		t.Errorf("owner %s, admins %s, readers %s", whole.Owner, whole.Admins, whole.Readers)
	}
	if _, err := l.Answer(t.Context(), "eve", wire.GetChannel{Channel: group.ID}); !errors.Is(err, channel.Forbidden()) {
		t.Errorf("a stranger got %v", err)
	}
}

// TestHistory_whileAMember has a user join, leave, and join again.
func TestHistory_whileAMember(t *testing.T) {
	l := alone(t)
	group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(3)})
	if err != nil {
		t.Fatal(err)
	}
	say := func(n int) { mustSend(t, l, "u0", in(group.ID, fmt.Sprint("c", n), "hi")) }
	say(1)
	change(t, l, "u0", wire.RemoveMember{Channel: group.ID, User: "u1"})
	say(2)
	if _, _, err := l.History(t.Context(), "u1", &wire.History{Channel: group.ID}); !errors.Is(err, channel.Forbidden()) {
		t.Errorf("a former member got %v", err)
	}
	change(t, l, "u0", wire.AddMembers{Channel: group.ID, Members: []string{"u1"}})
	say(3)
	change(t, l, "u0", wire.Edit{Channel: group.ID, Seq: 3, Content: wire.Content{Text: "hello"}})
	page, _, err := l.History(t.Context(), "u1", &wire.History{Channel: group.ID})
	if err != nil {
		t.Fatal(err)
	}
	var seqs []uint64
	for _, frame := range page {
		f, err := wire.DecodeFrame(frame)
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, f.(wire.Event).Seq)
	}
	if diff := cmp.Diff([]uint64{1, 3}, seqs); diff != "" {
		t.Error(diff)
	}
	for seq, want := range map[uint64]int{1: 1, 2: 0, 3: 2} {
		answer, err := l.Answer(t.Context(), "u1", wire.GetVersions{Channel: group.ID, Seq: seq})
		if err != nil || len(answer.(wire.Versions).Versions) != want {
			t.Errorf("versions of %d: %+v, %v", seq, answer, err)
		}
	}
}

// TestFollow_whileAMember removes a user and adds them again. They get the events of both, and
// those before and after, but none of those in between. Once the group is deleted, a user who
// resumes from the view gets the deletion only.
func TestFollow_whileAMember(t *testing.T) {
	node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
	l, stop := start(t, node, dir, 1)
	live, begin := follow(t, l, "u1", nil)
	group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(3)})
	if err != nil {
		t.Fatal(err)
	}
	mustSend(t, l, "u0", in(group.ID, "c1", "hi"))
	change(t, l, "u0", wire.RemoveMember{Channel: group.ID, User: "u1"})
	mustSend(t, l, "u0", in(group.ID, "c2", "not for u1"))
	change(t, l, "u0", wire.AddMembers{Channel: group.ID, Members: []string{"u1"}})
	mustSend(t, l, "u0", in(group.ID, "c3", "hi"))
	for _, about2 := range []wire.Change{ // what u1 did not see
		wire.Edit{Channel: group.ID, Seq: 2, Content: wire.Content{Text: "still not for u1"}},
		wire.React{Channel: group.ID, Seq: 2, Emoji: "👍"},
		wire.Pin{Channel: group.ID, Seq: 2},
		wire.Delete{Channel: group.ID, Seq: 2},
	} {
		change(t, l, "u0", about2)
	}
	change(t, l, "u0", wire.Delete{Channel: group.ID, Seq: 1})
	change(t, l, "u0", wire.DeleteChannel{Channel: group.ID})
	want := []string{"meta created", "message 1", "meta removed", "meta added", "message 3", "delete 0", "meta deleted"}
	if diff := cmp.Diff(want, described(live.read(t, len(want)))); diff != "" {
		t.Errorf("live (-want +got):\n%s", diff)
	}
	stop()
	l, _ = start(t, node, dir, 1) // its tail is empty
	resumed, start := follow(t, l, "u1", &wire.Resume{Epoch: begin.Epoch, Positions: begin.Positions})
	if !start.Recovered {
		t.Fatal("not recovered")
	}
	if diff := cmp.Diff([]string{"meta deleted"}, described(resumed.read(t, 1))); diff != "" {
		t.Errorf("resumed (-want +got):\n%s", diff)
	}
}

// TestFollow_newMember adds a user to a group that has messages. They get no change of those
// messages, neither at once nor when they resume, and other members get all of them.
func TestFollow_newMember(t *testing.T) {
	l := alone(t)
	live, begin := follow(t, l, "u2", nil)
	old, _ := follow(t, l, "u1", nil)
	group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(2)})
	if err != nil {
		t.Fatal(err)
	}
	mustSend(t, l, "u0", in(group.ID, "c1", "hi"))
	change(t, l, "u0", wire.AddMembers{Channel: group.ID, Members: []string{"u2"}})
	mustSend(t, l, "u0", in(group.ID, "c2", "hi"))
	for _, seq := range []uint64{1, 2} {
		change(t, l, "u0", wire.Edit{Channel: group.ID, Seq: seq, Content: wire.Content{Text: "edited"}})
		change(t, l, "u1", wire.React{Channel: group.ID, Seq: seq, Emoji: "👍"})
		change(t, l, "u0", wire.Pin{Channel: group.ID, Seq: seq})
		change(t, l, "u0", wire.Delete{Channel: group.ID, Seq: seq})
	}
	mustSend(t, l, "u0", in(group.ID, "c3", "hi"))
	changes := []string{"edit 0", "reaction 0", "pin 0", "delete 0"}
	want := slices.Concat([]string{"meta added", "message 2"}, changes, []string{"message 3"})
	if diff := cmp.Diff(want, described(live.readTo(t, "c3"))); diff != "" {
		t.Errorf("live (-want +got):\n%s", diff)
	}
	resumed, _ := follow(t, l, "u2", &wire.Resume{Epoch: begin.Epoch, Positions: begin.Positions})
	if diff := cmp.Diff(want, described(resumed.readTo(t, "c3"))); diff != "" {
		t.Errorf("resumed (-want +got):\n%s", diff)
	}
	want = slices.Concat([]string{"meta created", "message 1", "meta added", "message 2"}, changes, changes, []string{"message 3"})
	if diff := cmp.Diff(want, described(old.readTo(t, "c3"))); diff != "" {
		t.Errorf("another member (-want +got):\n%s", diff)
	}
}

// TestFollow_refused refuses a user who asked to join. They get the event that says so, and
// nothing else of the group, both at once and when they resume from the view.
func TestFollow_refused(t *testing.T) {
	node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
	l, stop := start(t, node, dir, 1)
	live, begin := follow(t, l, "u2", nil)
	group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(2)})
	if err != nil {
		t.Fatal(err)
	}
	const secret = "q3Jx0m1T2c4V5b6N7m8K9Q"
	hash := sha256.Sum256([]byte(secret))
	change(t, l, "u0", wire.CreateInvite{Channel: group.ID, Hash: hex.EncodeToString(hash[:]), Approval: true})
	change(t, l, "u2", wire.Join{Channel: group.ID, Secret: secret})
	mustSend(t, l, "u0", in(group.ID, "c1", "not for u2"))
	change(t, l, "u0", wire.RemoveMember{Channel: group.ID, User: "u2"})
	mustSend(t, l, "u0", in(group.ID, "c2", "not for u2"))
	change(t, l, "u2", wire.Join{Channel: group.ID, Secret: secret})
	change(t, l, "u0", wire.RemoveMember{Channel: group.ID, User: "u2", Ban: true})
	want := []string{"meta removed", "meta banned"}
	if diff := cmp.Diff(want, described(live.read(t, len(want)))); diff != "" {
		t.Errorf("live (-want +got):\n%s", diff)
	}
	stop()
	l, _ = start(t, node, dir, 1) // its tail is empty
	resumed, _ := follow(t, l, "u2", &wire.Resume{Epoch: begin.Epoch, Positions: begin.Positions})
	if diff := cmp.Diff(want, described(resumed.read(t, len(want)))); diff != "" {
		t.Errorf("resumed (-want +got):\n%s", diff)
	}
	if _, _, err := l.History(t.Context(), "u2", &wire.History{Channel: group.ID}); !errors.Is(err, channel.Forbidden()) {
		t.Errorf("history: %v, want it forbidden", err)
	}
}

// TestFollow_invitesStayWithAdmins shows that no event tells the hash of an invite, at once or
// after a resume, and that get_channel tells it to those who manage invites.
func TestFollow_invitesStayWithAdmins(t *testing.T) {
	node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
	l, stop := start(t, node, dir, 1)
	live, begin := follow(t, l, "u1", nil)
	group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(2)})
	if err != nil {
		t.Fatal(err)
	}
	const secret = "q3Jx0m1T2c4V5b6N7m8K9Q"
	sum := sha256.Sum256([]byte(secret))
	hash := hex.EncodeToString(sum[:])
	change(t, l, "u0", wire.CreateInvite{Channel: group.ID, Hash: hash})
	change(t, l, "u2", wire.Join{Channel: group.ID, Secret: secret})
	for user, want := range map[string]int{"u0": 1, "u1": 0, "u2": 0} {
		if c, err := l.wholeChannel(t.Context(), user, group.ID); err != nil || len(c.Invites) != want {
			t.Errorf("get_channel shows %s %v, %v; want %d invites", user, c.Invites, err, want)
		}
	}
	change(t, l, "u0", wire.RevokeInvite{Channel: group.ID, Hash: hash})
	want := []string{"meta created", "meta invited", "meta joined", "meta invite_revoked"}
	check := func(how string, events []wire.Event) {
		t.Helper()
		if diff := cmp.Diff(want, described(events)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", how, diff)
		}
		for _, e := range events {
			if e.Meta.Invite != nil {
				t.Errorf("%s: %s names the invite %v", how, e.Meta.Action, e.Meta.Invite)
			}
		}
	}
	check("live", live.read(t, len(want)))
	stop()
	l, _ = start(t, node, dir, 1) // its tail is empty
	resumed, _ := follow(t, l, "u1", &wire.Resume{Epoch: begin.Epoch, Positions: begin.Positions})
	check("resumed", resumed.read(t, len(want)))
}

func described(events []wire.Event) (out []string) {
	for _, e := range events {
		if e.Meta != nil {
			out = append(out, fmt.Sprint(e.Kind, " ", e.Meta.Action))
		} else {
			out = append(out, fmt.Sprint(e.Kind, " ", e.Seq))
		}
	}
	return out
}
