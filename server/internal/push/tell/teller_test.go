package tell

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"natterjack/server/internal/push"
	"natterjack/server/wire"
)

func says(all []got) (texts []string) {
	for _, g := range all {
		texts = append(texts, g.device+": "+g.Title+" | "+g.Body)
	}
	slices.Sort(texts)
	return texts
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// TestTeller tells absent users at once and those who look later, if they have not read, as much as
// they want, in their language, with the number of all that they have not read.
func TestTeller(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		n.subscribe("bob", "a.example", "phone")
		n.subscribe("bob", "b.example", "desk")
		n.settle(time.Second)
		n.say("alice", "bob", "hello")
		n.settle(time.Second)
		all := n.at.take()
		same(t, "an absent user", says(all), []string{"desk: alice | hello", "phone: alice | hello"})
		if all[0].Badge != 1 || !all[0].Urgent || all[0].Collapse != "alice~bob" || all[0].ID != all[1].ID {
			t.Errorf("%+v", all[0])
		}

		n.looking.set("bob", true)
		n.say("alice", "bob", "are you there?")
		n.settle(5 * time.Second)
		same(t, "a user who looks", says(n.at.take()), nil)
		n.settle(10 * time.Second)
		if all = n.at.take(); len(all) != 2 || all[0].Badge != 2 {
			t.Errorf("a user who looks and does not read: %v", says(all))
		}
		n.say("alice", "bob", "good")
		n.settle(time.Second)
		n.read("bob", "alice~bob", 3)
		n.settle(time.Minute)
		same(t, "a user who has read", says(n.at.take()), nil)
		n.looking.set("bob", false)
		same(t, "the log", n.log("bob"), []string{
			"1 told direct", "1 told direct", "2 told direct", "2 told direct", "3 not read",
		})

		n.set("bob", wire.SettingPushContent, "sender")
		n.say("alice", "bob", "a secret")
		n.settle(time.Second)
		same(t, "the sender only", says(n.at.take()), []string{"desk: alice | New message", "phone: alice | New message"})
		n.set("bob", wire.SettingMute+"alice~bob", "0")
		n.say("alice", "bob", "muted")
		n.settle(time.Minute)
		same(t, "a muted channel", says(n.at.take()), nil)
		if log := n.log("bob"); log[len(log)-1] != "5 not muted" {
			t.Errorf("the log ends with %q", log[len(log)-1])
		}
		if n.teller.Counts()["never.muted"] != 1 {
			t.Errorf("counts: %v", n.teller.Counts())
		}
	})
}

// TestTeller_snooze tells of a night's messages once for each channel, and of those that were read
// meanwhile not at all.
func TestTeller_snooze(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		n.subscribe("bob", "a.example", "phone")
		n.set("bob", wire.SettingSnooze, fmt.Sprint(time.Now().Add(40*time.Minute).UnixMilli()))
		n.settle(time.Second)
		for i := range 30 {
			n.say("alice", "bob", fmt.Sprint("alice ", i))
			n.say("carol", "bob", fmt.Sprint("carol ", i))
			n.say("dave", "bob", fmt.Sprint("dave ", i))
			n.settle(time.Minute)
		}
		same(t, "during the snooze", says(n.at.take()), nil)
		n.read("bob", "bob~carol", 30)
		n.read("bob", "bob~dave", 29)
		n.settle(15 * time.Minute)
		same(t, "after it", says(n.at.take()), []string{"phone: alice | alice 29", "phone: dave | dave 29"})
		if put := n.teller.queue.Stats().Put; put > 12 {
			t.Errorf("%d jobs for 90 messages", put)
		}
	})
}

// TestTeller_rate tells a user of a flood ten times, and then of the newest message as their rate
// allows.
func TestTeller_rate(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		n.subscribe("bob", "a.example", "phone")
		n.settle(time.Second)
		for i := range 100 {
			n.say("alice", "bob", fmt.Sprint(i))
			n.settle(25 * time.Millisecond)
		}
		n.settle(2 * time.Second)
		if told := len(n.at.take()); told < 10 || told > 11 {
			t.Errorf("told %d times at once", told)
		}
		n.settle(time.Minute)
		if all := says(n.at.take()); len(all) == 0 || len(all) > 2 || !slices.Contains(all, "phone: alice | 99") {
			t.Errorf("later: %q", all)
		}
	})
}

// TestTeller_group decides for each member of a group by itself.
func TestTeller_group(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		members := []string{}
		for i := range 40 {
			user := fmt.Sprintf("user%02d", i)
			members = append(members, user)
			n.subscribe(user, "a.example", user)
		}
		g, err := n.Operations().Answer(t.Context(), caller("alice"), wire.CreateGroup{Name: "Team", Members: members, ClientID: "g"})
		if err != nil {
			t.Fatal(err)
		}
		id := g.(wire.Channel).Channel.ID
		n.set("user01", wire.SettingLevel, "mentions")
		n.set("user02", wire.SettingChannelLevel+id, "none")
		n.set("user03", wire.SettingKeywords, "lunch")
		n.set("user03", wire.SettingLevel, "mentions")
		n.set("user04", wire.SettingBlock+"alice", "1")
		n.set("user05", wire.SettingPerson+"alice", "1")
		n.set("user05", wire.SettingLevel, "mentions")
		n.settle(time.Second)
		n.say("alice", id, "@user01 lunch?", wire.Mention{Kind: wire.MentionUser, User: "user01", Length: 7})
		n.settle(time.Second)
		got := map[string]string{}
		for _, g := range n.at.take() {
			got[g.device] = g.Title + " | " + g.Body
		}
		if len(got) != 38 || got["user02"] != "" || got["user04"] != "" {
			t.Errorf("%d are told", len(got))
		}
		for user, want := range map[string]string{
			"user00": "alice in Team | @user01 lunch?", "user01": "alice mentioned you in Team | @user01 lunch?",
			"user03": "alice in Team | @user01 lunch?", "user05": "alice in Team | @user01 lunch?",
		} {
			if got[user] != want {
				t.Errorf("%s is told %q, want %q", user, got[user], want)
			}
		}
		if put := n.teller.queue.Stats().Put; put != 1 {
			t.Errorf("%d jobs for one provider", put)
		}
	})
}

// TestTeller_gone shows that a subscription ends when its receiver says that it is gone, that
// others stay, and that one that was renewed meanwhile stays, too.
func TestTeller_gone(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		n.subscribe("bob", "a.example", "gone")
		n.subscribe("bob", "a.example", "refused")
		n.subscribe("bob", "a.example", "renewed")
		n.settle(time.Second)
		answer := func(result push.Result) func(context.Context) push.Outcome {
			return func(context.Context) push.Outcome { return push.Outcome{Result: result, Reason: string(result)} }
		}
		n.at.set("a.example/gone", answer(push.Gone))
		n.at.set("a.example/refused", answer(push.Refused))
		n.at.set("a.example/renewed", func(context.Context) push.Outcome {
			n.subscribe("bob", "c.example", "renewed")
			return push.Outcome{Result: push.Gone, Reason: push.ReasonGone}
		})
		n.say("alice", "bob", "hello")
		n.settle(5 * time.Second)
		subs, err := n.Subscriptions(t.Context(), "bob")
		if err != nil {
			t.Fatal(err)
		}
		left := []string{}
		for _, s := range subs {
			if !s.Gone() {
				left = append(left, s.ID)
			}
		}
		same(t, "left", left, []string{device("refused"), device("renewed")})
		states, err := n.teller.States(t.Context(), "bob")
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]wire.PushState{"gone": wire.PushGone, "refused": wire.PushFailing, "renewed": wire.PushGone} {
			if s := states[device(name)]; s.State != want {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if states[device("renewed")].Version >= subs[len(subs)-1].Version {
			t.Error("the state of an address that was replaced counts for the new one")
		}
		n.at.take()
		n.at.set("a.example/refused", nil)
		n.say("alice", "bob", "again")
		n.settle(5 * time.Second)
		if all := says(n.at.take()); !slices.Equal(all, []string{"refused: alice | again", "renewed: alice | again"}) || n.at.asked("a.example") != 4 {
			t.Errorf("told %q, asked %d times", all, n.at.asked("a.example"))
		}
	})
}

// TestTeller_hangs shows that a device that hangs, and a provider that hangs, delay nobody else:
// not another device, not another provider, and not the duty. Those who were not told are told when
// their provider is back, once, of the newest message.
func TestTeller_hangs(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		n.subscribe("bob", "dead.example", "bob1")
		n.subscribe("bob", "well.example", "bob2")
		n.subscribe("eve", "well.example", "eve")
		n.at.set("dead.example", hangs)
		n.at.set("well.example/eve", hangs)
		members := []string{}
		for i := range 80 {
			user := fmt.Sprintf("user%03d", i)
			members = append(members, user)
			n.subscribe(user, "dead.example", user)
		}
		g, err := n.Operations().Answer(t.Context(), caller("alice"), wire.CreateGroup{Name: "Team", Members: members, ClientID: "g"})
		if err != nil {
			t.Fatal(err)
		}
		id := g.(wire.Channel).Channel.ID
		n.settle(time.Second)
		for i := range 10 {
			n.say("alice", id, fmt.Sprint("group ", i))
			n.say("alice", "eve", fmt.Sprint("eve ", i))
			n.say("carol", "bob", fmt.Sprint("bob ", i))
			said := time.Now()
			n.settle(7 * time.Second)
			all := n.at.take()
			same(t, "a device beside others that hang", says(all), []string{fmt.Sprint("bob2: carol | bob ", i)})
			if len(all) == 1 && all[0].at.Sub(said) > time.Second {
				t.Errorf("told after %v", all[0].at.Sub(said))
			}
		}
		if asked := n.at.asked("dead.example"); asked > 200 {
			t.Errorf("a provider that hangs was asked %d times in a minute", asked)
		}
		n.at.set("dead.example", nil)
		n.at.set("well.example/eve", nil)
		n.settle(20 * time.Minute)
		told := map[string][]string{}
		for _, g := range n.at.take() {
			told[g.device] = append(told[g.device], g.Body)
		}
		for _, user := range append(members, "eve", "bob1") {
			if bodies := told[user]; len(bodies) == 0 || len(bodies) > 3 || bodies[len(bodies)-1] == "" {
				t.Errorf("%s is told %q", user, bodies)
			}
		}
		if !slices.Contains(told["user000"], "group 9") || !slices.Contains(told["eve"], "eve 9") {
			t.Errorf("the newest message is not told: %q, %q", told["user000"], told["eve"])
		}
	})
}

// TestTeller_retryAfter leaves a device alone for as long as it asks, whatever comes meanwhile.
func TestTeller_retryAfter(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		n.subscribe("bob", "a.example", "phone")
		n.subscribe("dave", "a.example", "dave")
		n.at.set("a.example/phone", func(context.Context) push.Outcome {
			return push.Outcome{Result: push.Again, Reason: push.ReasonTooFast, After: 10 * time.Minute}
		})
		n.settle(time.Second)
		n.say("alice", "bob", "one")
		n.settle(5 * time.Second)
		n.at.set("a.example/phone", nil)
		n.say("alice", "bob", "two")
		n.say("alice", "dave", "hello")
		n.settle(9 * time.Minute)
		same(t, "meanwhile", says(n.at.take()), []string{"dave: alice | hello"})
		n.settle(3 * time.Minute)
		same(t, "after that", says(n.at.take()), []string{"phone: alice | two"})
	})
}

// TestTeller_services publishes the notifications of users for services, also for users who have no
// other way to be told.
func TestTeller_services(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		n.served["push.bob"] = true
		n.settle(time.Second)
		n.say("alice", "bob", "hello")
		n.say("alice", "carol", "hello")
		n.settle(time.Second)
		if c := n.teller.Counts(); c["sent.services"] != 1 {
			t.Errorf("counts: %v", c)
		}
	})
}

// TestTeller_sweep shows that subscriptions that were not renewed for long are marked as gone, that
// they end long after that, and that others stay.
func TestTeller_sweep(t *testing.T) {
	inBubble(t, func(t *testing.T, n *node) {
		t.Helper()
		n.subscribe("bob", "a.example", "old")
		n.subscribe("bob", "a.example", "used")
		now := time.Now()
		n.teller.now = func() time.Time { return now.Add(unused - time.Hour) }
		n.teller.sweepOnce(t.Context())
		n.settle(2 * time.Second)
		n.subscribe("bob", "a2.example", "used")
		n.settle(2 * time.Second)
		n.teller.now = func() time.Time { return now.Add(unused + time.Second) }
		n.teller.sweepOnce(t.Context())
		n.settle(time.Second)
		subs, err := n.Subscriptions(t.Context(), "bob")
		if err != nil {
			t.Fatal(err)
		}
		if len(subs) != 2 || !subs[0].Gone() || subs[1].Gone() {
			t.Errorf("left: %v", subs)
		}
		n.subscribe("bob", "a.example", "old") // its device is back
		n.settle(time.Second)
		for range 2 {
			n.teller.now = func() time.Time { return now.Add(forgotten + time.Minute) }
			n.teller.sweepOnce(t.Context())
			n.settle(time.Second)
			if subs, err = n.Subscriptions(t.Context(), "bob"); err != nil {
				t.Fatal(err)
			}
		}
		if len(subs) != 0 {
			t.Errorf("left in the end: %v", subs)
		}
	})
}
