package tell

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"natterjack/server/internal/push"
	"natterjack/server/internal/push/mail"
	"natterjack/server/internal/push/mail/post"
	"natterjack/server/internal/push/wording"
	"natterjack/server/wire"
)

// missers notes who has missed what. It is a [Digest].
type missers struct {
	mu    sync.Mutex // protects following
	notes []string
	fails int
}

// Missed implements [Digest].
func (m *missers) Missed(_ context.Context, message wire.ChannelSeq, users []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails > 0 {
		m.fails--
		return fmt.Errorf("as the test wants it")
	}
	for _, user := range users {
		if note := fmt.Sprint(user, " ", message.Channel, " ", message.Seq); !slices.Contains(m.notes, note) {
			m.notes = append(m.notes, note)
		}
	}
	return nil
}

func (m *missers) take() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := strings.Join(m.notes, "; ")
	m.notes = nil
	return all
}

// TestMissed shows which messages count as missed: those for a user who wants a digest, whether or
// not they have a device, and at once or later.
func TestMissed(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		group, err := n.Operations().Answer(t.Context(), caller("alice"), wire.CreateGroup{Name: "Pond", Members: []string{"bob", "carol"}, ClientID: "g"})
		if err != nil {
			t.Fatal(err)
		}
		id := group.(wire.Channel).Channel.ID
		expect := func(what, want string) {
			t.Helper()
			n.settle(2 * time.Second)
			if got := n.missed.take(); got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		n.say("alice", "bob", "hello")
		expect("a user who has set nothing", "")
		n.set("bob", wire.SettingMail, "1")
		n.say("alice", "bob", "hello")
		expect("a direct message", "bob alice~bob 2")
		n.say("alice", id, "hello all")
		expect("a message to a group", "")
		n.say("alice", id, "@bob", wire.Mention{Kind: wire.MentionUser, User: "bob", Length: 4})
		expect("a mention", "bob "+id+" 2")
		n.set("bob", wire.SettingSnooze, fmt.Sprint(time.Now().Add(time.Hour).UnixMilli()))
		n.say("alice", "bob", "during a snooze")
		expect("during a snooze", "bob alice~bob 3")
		n.set("bob", wire.SettingMute+"alice~bob", "0")
		n.say("alice", "bob", "muted")
		expect("a muted channel", "")
		n.set("bob", wire.SettingMute+"alice~bob", "")
		n.missed.mu.Lock()
		n.missed.fails = 2
		n.missed.mu.Unlock()
		n.say("alice", "bob", "again")
		n.settle(30 * time.Second)
		expect("what could not be noted at first", "bob alice~bob 5")
		if got := n.at.take(); len(got) != 0 {
			t.Errorf("a user without a device was told: %v", got)
		}
	})
}

// TestLook shows which missed messages a digest has when it is written.
func TestLook(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		n.set("bob", wire.SettingMail, "1")
		for _, text := range []string{"one", "two", "three"} {
			n.say("alice", "bob", text)
		}
		n.say("carol", "bob", "four")
		at := func(channel string, seqs ...uint64) (all []wire.ChannelSeq) {
			for _, seq := range seqs {
				all = append(all, wire.ChannelSeq{Channel: channel, Seq: seq})
			}
			return all
		}
		all := append(at("alice~bob", 1, 2, 3, 9), at("bob~carol", 1)...)
		look := func() (found mail.Found, texts string) {
			t.Helper()
			n.settle(2 * time.Second)
			found, err := n.teller.Look(t.Context(), "bob", all)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, m := range found.Missed {
				said = append(said, m.Sender+": "+m.Content.Text)
			}
			return found, strings.Join(said, "; ")
		}
		n.read("bob", "alice~bob", 1)
		if _, got := look(); got != "alice: two; alice: three; carol: four" {
			t.Errorf("unread is %q", got)
		}
		n.do("alice", wire.Delete{Channel: "alice~bob", Seq: 2, ClientID: "d"})
		if _, got := look(); got != "alice: three; carol: four" {
			t.Errorf("after one was deleted: %q", got)
		}
		n.set("bob", wire.SettingBlock+"carol", "1")
		if _, got := look(); got != "alice: three" {
			t.Errorf("after a sender was blocked: %q", got)
		}
		until := time.Now().Add(time.Hour)
		n.set("bob", wire.SettingSnooze, fmt.Sprint(until.UnixMilli()))
		if found, got := look(); got != "" || found.Until.UnixMilli() != until.UnixMilli() {
			t.Errorf("during a snooze: %q, until %v", got, found.Until)
		}
		n.set("bob", wire.SettingSnooze, "")
		n.read("bob", "alice~bob", 3)
		if found, got := look(); got != "" || !found.Until.IsZero() {
			t.Errorf("everything is read: %q", got)
		}
		if _, err := n.Change(t.Context(), "bob", wire.Set{Name: wire.SettingMail}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestReader(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		reader := func() mail.Reader {
			t.Helper()
			n.settle(time.Second)
			r, err := n.teller.Reader(t.Context(), "bob")
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if r := reader(); r.On {
			t.Errorf("a user who has set nothing: %+v", r)
		}
		n.set("bob", wire.SettingMail, "1")
		if r := reader(); !r.On || r.Privacy != wording.Full || r.Zone != nil || len(r.Languages) != 0 {
			t.Errorf("a user who wants a digest: %+v", r)
		}
		zone := "Asia/Tokyo"
		n.do("bob", wire.SetProfile{ProfileChange: wire.ProfileChange{Zone: &zone}})
		n.set("bob", wire.SettingPushContent, "sender")
		n.do("bob", wire.SubscribePush{
			ID: device("phone"), PushDevice: wire.PushDevice{Kind: wire.PushWebhook, Language: "ja"}, PushTarget: wire.PushTarget{Address: "https://a.example/x", Key: secret},
		})
		if r := reader(); r.Privacy != wording.Sender || r.Zone.String() != zone || fmt.Sprint(r.Languages) != "[ja]" {
			t.Errorf("a user with a device: %+v", r)
		}
		n.teller.NoteMail("bob", post.Outcome{Result: push.Sent, Reason: "sent"})
		n.teller.NoteMail("bob", post.Outcome{Result: push.Refused, Reason: "status_550"})
		n.settle(5 * time.Second)
		same(t, "the push log", n.log("bob"), []string{"0 told sent", "0 not status_550"})
		if c := n.teller.Counts(); c["mail.sent.sent"] != 1 || c["mail.refused.status_550"] != 1 {
			t.Errorf("counts: %v", c)
		}
	})
}
