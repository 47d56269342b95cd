package channel

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"natterjack/server/wire"
)

var (
	people  = []string{"ann", "bob", "cem", "dot", "eve", "fay"}
	emoji   = []string{"👍", "🎉", "❤️"}
	secrets = []string{secret, asking, unknown}
	roster  = []wire.Role{wire.RoleOwner, wire.RoleAdmin, wire.RoleMember, wire.RoleReader}
)

// TestCommandsKeepTheRules gives random commands by random users to a group and to a direct
// channel, and gives each command to the model too.
func TestCommandsKeepTheRules(t *testing.T) {
	for _, id := range []string{GroupID("ann", "1"), "ann~bob"} {
		t.Run(id, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				w := &world{room: newRoom(id), model: newNaive(4)}
				w.most = 4
				w.begin(t)
				for range rapid.IntRange(100, 300).Draw(t, "commands") {
					w.now += rapid.Int64Range(-1000, 2000).Draw(t, "step")
					w.give(t, w.drawActor(t), rapid.SampledFrom(draws).Draw(t, "command")(t))
					w.check(t)
				}
				w.checkLog(t)
				w.checkRebuilt(t)
			})
		})
	}
}

// world is a channel and the model of it.
type world struct {
	*room
	model  *naive
	before []snapshot
}

// snapshot is a state, and its content when it was new.
type snapshot struct {
	st   *State
	text string
}

func (w *world) begin(t *rapid.T) {
	if _, _, direct := wire.DirectUsers(w.id); direct {
		w.model.exists = true
		w.model.role = map[string]wire.Role{"ann": wire.RoleMember, "bob": wire.RoleMember}
		w.give(t, "bob", say("first"))
		return
	}
	w.give(t, "ann", wire.CreateGroup{ClientID: "1", Name: "toads", Members: []string{"bob", "cem"}})
}

// give carries out a command and compares the outcome with the model.
func (w *world) give(t *rapid.T, user string, cmd wire.Command) {
	want := w.model.carryOut(user, cmd, w.now)
	events, err := w.do(user, cmd)
	got := done
	switch {
	case err != nil:
		got = string(wire.AsError(err, 0).Code)
	case len(events) > 0:
		got = changed
	}
	if got != want {
		t.Fatalf("%s: %T %+v: %q (%v), want %q", user, cmd, cmd, got, err, want)
	}
	if len(events) > 0 && !Same(&events[len(events)-1], cmd) {
		t.Fatalf("%T %+v is not what its event says: %+v", cmd, cmd, events)
	}
	if e := wire.AsError(err, 0); err != nil && e.Code == wire.CodeTooFast && (e.RetryAfter < 1 || e.RetryAfter > w.model.slow) {
		t.Fatalf("retry after %d ms in a slow mode of %d", e.RetryAfter, w.model.slow)
	}
}

// drawActor returns a user, mostly a member, because other users can do little.
func (w *world) drawActor(t *rapid.T) string {
	if rapid.IntRange(0, 2).Draw(t, "anybody") > 0 && len(w.st.Members) > 0 {
		return rapid.SampledFrom(w.st.Members).Draw(t, "member")
	}
	return rapid.SampledFrom(people).Draw(t, "user")
}

var draws = []func(*rapid.T) wire.Command{
	func(t *rapid.T) wire.Command {
		c := wire.Send{Content: drawContent(t)}
		for _, id := range drawFiles(t) {
			c.Content.Attachments = append(c.Content.Attachments, wire.Attachment{ID: id, Kind: wire.AttachmentFile, Size: int64(id[0]), Caption: drawText(t)})
		}
		return c
	},
	func(t *rapid.T) wire.Command {
		c := wire.Edit{Seq: drawSeq(t), Content: drawContent(t)}
		if rapid.Bool().Draw(t, "names files") {
			c.Content.Attachments = []wire.Attachment{}
			for _, id := range drawFiles(t) {
				c.Content.Attachments = append(c.Content.Attachments, wire.Attachment{ID: id, Caption: drawText(t)})
			}
		}
		return c
	},
	func(t *rapid.T) wire.Command { return wire.Delete{Seq: drawSeq(t)} },
	func(t *rapid.T) wire.Command {
		return wire.React{Seq: drawSeq(t), Emoji: rapid.SampledFrom(emoji).Draw(t, "emoji"), Remove: rapid.Bool().Draw(t, "remove")}
	},
	func(t *rapid.T) wire.Command {
		return wire.Pin{Seq: drawSeq(t), Remove: rapid.Bool().Draw(t, "remove")}
	},
	func(t *rapid.T) wire.Command {
		c := wire.UpdateChannel{}
		switch rapid.IntRange(0, 5).Draw(t, "setting") {
		case 0:
			c.Name = new(rapid.SampledFrom([]string{"toads", "frogs"}).Draw(t, "name"))
		case 1:
			c.Topic = new(drawText(t))
		case 2, 3:
			c.SlowModeS = new(rapid.IntRange(0, 4).Draw(t, "slow mode"))
		default:
			c.Archived = new(rapid.IntRange(0, 4).Draw(t, "archived") == 0)
		}
		return c
	},
	func(t *rapid.T) wire.Command {
		return wire.AddMembers{Members: rapid.SliceOfN(rapid.SampledFrom(people), 1, 3).Draw(t, "members")}
	},
	func(t *rapid.T) wire.Command {
		return wire.RemoveMember{User: drawUser(t), Ban: rapid.IntRange(0, 2).Draw(t, "ban") == 0}
	},
	func(t *rapid.T) wire.Command { return wire.Unban{User: drawUser(t)} },
	func(t *rapid.T) wire.Command {
		return wire.SetRole{User: drawUser(t), Role: rapid.SampledFrom(roster).Draw(t, "role")}
	},
	func(t *rapid.T) wire.Command {
		return wire.CreateInvite{
			Hash: hashOf(drawSecret(t)), Uses: rapid.IntRange(0, 2).Draw(t, "uses"),
			ExpiresS: rapid.SampledFrom([]int{0, 5, 60, 120}).Draw(t, "expires"), Approval: rapid.Bool().Draw(t, "approval"),
		}
	},
	func(t *rapid.T) wire.Command { return wire.RevokeInvite{Hash: hashOf(drawSecret(t))} },
	func(t *rapid.T) wire.Command { return wire.Join{Secret: drawSecret(t)} },
	func(t *rapid.T) wire.Command { return wire.Join{Secret: drawSecret(t)} },
	func(t *rapid.T) wire.Command {
		switch rapid.IntRange(0, 99).Draw(t, "end") {
		case 0:
			return wire.DeleteChannel{}
		case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:
			return wire.Leave{}
		default:
			return wire.AddMembers{Members: people[:3]}
		}
	},
}

func drawContent(t *rapid.T) wire.Content {
	return wire.Content{Text: drawText(t), ReplyTo: rapid.SampledFrom([]uint64{0, 0, 0, 1, 9}).Draw(t, "reply to")}
}

func drawFiles(t *rapid.T) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y", "z"}), 0, 3, rapid.ID).Draw(t, "files")
}

func drawText(t *rapid.T) string {
	return rapid.SampledFrom([]string{"one", "two", "three"}).Draw(t, "text")
}

func drawSeq(t *rapid.T) uint64    { return rapid.Uint64Range(1, 4).Draw(t, "seq") }
func drawUser(t *rapid.T) string   { return rapid.SampledFrom(people).Draw(t, "whom") }
func drawSecret(t *rapid.T) string { return rapid.SampledFrom(secrets).Draw(t, "secret") }

// check compares the state with the model after a command has changed it, and checks the
// properties that must always hold.
func (w *world) check(t *rapid.T) {
	if n := len(w.before); n > 0 && w.before[n-1].st == w.st {
		return
	}
	w.checkState(t)
	w.checkMessages(t)
	for _, s := range w.before {
		if fmt.Sprintf("%+v", *s.st) != s.text {
			t.Fatalf("a state was written to; it was %s, and is %+v", s.text, *s.st)
		}
	}
	w.before = append(w.before[max(0, len(w.before)-5):], snapshot{st: w.st, text: fmt.Sprintf("%+v", *w.st)})
}

func (w *world) checkState(t *rapid.T) {
	n, st := w.model, w.st
	if st.Exists() != !n.deleted {
		t.Fatalf("exists: %v", st.Exists())
	}
	roles := map[string]wire.Role{}
	for _, user := range st.Members {
		roles[user] = st.Role(user)
	}
	want := &State{
		Name: n.name, Topic: n.topic, Archived: n.archived, SlowModeS: int(n.slow / 1000),
		Members: slices.Sorted(maps.Keys(n.role)), Banned: slices.Sorted(maps.Keys(n.banned)), Removed: n.removed, Requested: slices.Sorted(maps.Keys(n.asked)),
	}
	for hash, i := range n.invites {
		want.Invites = append(want.Invites, Invite{Invite: wire.Invite{Hash: hash, Expires: i.expires, Uses: i.uses, Approval: i.approval}})
	}
	slices.SortFunc(want.Invites, func(a, b Invite) int { return strings.Compare(a.Hash, b.Hash) })
	for i, m := range n.said {
		if m.pinned {
			want.Pins = append(want.Pins, uint64(i+1))
		}
	}
	ignore := cmpopts.IgnoreFields(State{}, "ID", "Kind", "Creator", "Created", "Origin", "Deleted", "Roles", "Since", "Spoke", "Head", "Asked")
	if diff := cmp.Diff(want, st, ignore, cmpopts.IgnoreFields(Invite{}, "Made", "Pos"), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("state (-model +rules):\n%s", diff)
	}
	if diff := cmp.Diff(n.role, roles, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("roles (-model +rules):\n%s", diff)
	}
	if owners := strings.Count(st.Roles, "o"); n.group && !n.deleted && (owners != 1 || len(st.Roles) != len(st.Members)) {
		t.Fatalf("roles %q of %v", st.Roles, st.Members)
	}
	for i, user := range st.Members {
		for seq := uint64(len(n.said)); n.group && seq > st.Since[i]; seq-- {
			if !n.said[seq-1].heard[user] {
				t.Fatalf("%s came after message %d, and is said to have come after %d", user, seq, st.Since[i])
			}
		}
	}
}

func (w *world) checkMessages(t *rapid.T) {
	for i, want := range w.model.said {
		m := w.messages[uint64(i+1)]
		text := ""
		var files []naiveFile
		if m.Content != nil {
			text = m.Content.Text
			for _, a := range m.Content.Attachments {
				files = append(files, naiveFile{a.ID, a.Caption, a.Size})
			}
		}
		if !slices.Equal(files, want.files) {
			t.Fatalf("message %d has %+v, want %+v", i+1, files, want.files)
		}
		if m.Seq != uint64(i+1) || m.Sender != want.sender || m.Deleted != want.deleted || m.Pinned != want.pinned || text != want.text {
			t.Fatalf("message %d is %+v, want %+v", i+1, m, want)
		}
		reactions := map[string]map[string]bool{}
		for _, r := range m.Reactions {
			reactions[r.Emoji] = map[string]bool{}
			for _, user := range r.Users {
				reactions[r.Emoji][user] = true
			}
		}
		maps.DeleteFunc(want.reactions, func(_ string, users map[string]bool) bool { return len(users) == 0 })
		if diff := cmp.Diff(want.reactions, reactions); diff != "" {
			t.Fatalf("reactions to %d (-model +rules):\n%s", i+1, diff)
		}
	}
}

// checkLog checks that seq is dense, that time does not go back by as little as clocks differ,
// and that no id occurs twice.
func (w *world) checkLog(t *rapid.T) {
	seq, last, ids := uint64(0), int64(0), map[string]bool{}
	for i, e := range w.log {
		if e.Kind == wire.KindMessage {
			if seq++; e.Seq != seq {
				t.Fatalf("event %d has seq %d after %d", i, e.Seq, seq-1)
			}
		}
		if e.Timestamp < last && e.Timestamp >= last-Skew || ids[e.ID] || e.Sender == "" {
			t.Fatalf("event %d: time %d after %d, id %s, sender %q", i, e.Timestamp, last, e.ID, e.Sender)
		}
		last, ids[e.ID] = e.Timestamp, true
	}
	if w.st.Seq != seq || w.st.Active != last || w.st.Pos != uint64(len(w.log)) {
		t.Fatalf("head is %+v, the log has %d events and ends with seq %d at %d", w.st.Head, len(w.log), seq, last)
	}
}

// checkRebuilt checks that a log from which deleted messages and their edits are erased gives
// the same channel.
func (w *world) checkRebuilt(t *rapid.T) {
	var st *State
	var head Head
	messages, erased := map[uint64]*Message{}, uint64(0)
	for i, e := range w.log {
		about := About(&e)
		if (e.Kind == wire.KindMessage || e.Kind == wire.KindEdit) && w.messages[about].Deleted {
			erased++
			continue
		}
		before := st
		if err := head.Follows(uint64(i+1), erased, &e); err != nil {
			t.Fatalf("event %d of a log with erased messages is void: %v", i+1, err)
		}
		st = Apply(st, w.id, uint64(i+1), &e)
		if before != nil && !MoreThanHead(e.Kind, st.SlowModeS > 0) && !cmp.Equal(before, st, cmpopts.IgnoreFields(State{}, "Head")) {
			t.Fatalf("a %s, of which only the head should be stored, made %+v of %+v", e.Kind, st, before)
		}
		head, erased = st.Head, 0
		if about != 0 {
			messages[about] = Fold(messages[about], uint64(i+1), &e)
		}
	}
	// Slow mode may have forgotten an erased message.
	if diff := cmp.Diff(w.st, st, cmpopts.IgnoreFields(State{}, "Spoke")); diff != "" {
		t.Fatalf("rebuilt (-lived +read):\n%s", diff)
	}
	if diff := cmp.Diff(w.messages, messages); diff != "" {
		t.Fatalf("rebuilt messages (-lived +read):\n%s", diff)
	}
}
