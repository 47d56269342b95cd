package jetstream

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server/ats"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestMain starts the clock of the NATS server outside of every bubble.
func TestMain(m *testing.M) {
	ats.Register()
	embedtest.SeveralAtOnce()
	os.Exit(m.Run())
}

// slow returns a log with rates for users and channels. It is for a bubble, in which nothing
// but a sleep takes time that matters.
func slow(t *testing.T, users, channels int) *Log {
	t.Helper()
	limits := hurried()
	limits.UserCommandsPerS, limits.ChannelEventsPerS = users, channels
	l, _ := startWithin(t, limits, embedtest.Start(t, embedtest.NoSync), t.TempDir(), 1)
	return l
}

// tooFast fails unless err says how long to wait, in the given channel or in all channels.
func tooFast(t *testing.T, err error, channel string) (wait time.Duration) {
	t.Helper()
	e := wire.AsError(err, 0)
	if err == nil || e.Code != wire.CodeTooFast || !e.Retryable || e.RetryAfter < 1 || e.Channel != channel {
		t.Fatalf("got %+v, want too_fast in the channel %q", e, channel)
	}
	return time.Duration(e.RetryAfter) * time.Millisecond
}

func TestRates_user(t *testing.T) {
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	synctest.Test(t, func(t *testing.T) {
		l := slow(t, 10, 100_000)
		ctx := t.Context()
		ways := map[string]func(id string) error{
			"submit": func(id string) error {
				answer := make(chan error, 1)
				l.Submit("alice", text("bob", id, "x"), func(_ wire.Ack, err error) { answer <- err })
				return <-answer
			},
			"change": func(id string) error { _, err := l.Change(ctx, "alice", text("bob", id, "x")); return err },
			"ask": func(string) error {
				_, err := l.Answer(ctx, "alice", wire.GetChannel{Channel: "alice~bob"})
				return err
			},
			"forward": func(id string) error {
				_, err := l.Answer(ctx, "alice", wire.Forward{To: "bob", ClientID: id, From: wire.ChannelSeq{Channel: "alice~bob", Seq: 1}})
				return err
			},
			"create": func(id string) error {
				_, err := l.CreateGroup(ctx, "alice", &wire.CreateGroup{ClientID: id, Name: "g"})
				return err
			},
			"history": func(string) error {
				_, _, err := l.History(ctx, "alice", &wire.History{Channel: "alice~bob"})
				return err
			},
			"channels": func(string) error { _, _, err := l.Channels(ctx, "alice", &wire.ListChannels{}); return err },
			"follow": func(string) error {
				var c Cursor
				defer c.Close()
				_, err := l.Follow(&c, "alice", nil, &reader{woken: make(chan struct{}, 1)})
				return err
			},
			"other": func(string) error { return l.Charge("alice") },
		}
		if err := ways["submit"]("first"); err != nil {
			t.Fatal(err)
		}
		for name, way := range ways {
			time.Sleep(time.Minute)
			for i := range 20 {
				if err := way(fmt.Sprint(name, i)); err != nil {
					t.Fatalf("%s, the %dth: %v", name, i+1, err)
				}
			}
			var wait time.Duration
			for other, way := range ways {
				wait = tooFast(t, way(other+"-after-"+name), "")
			}
			if _, err := l.Change(ctx, "carol", text("bob", name, "x")); err != nil {
				t.Errorf("another user, meanwhile: %v", err)
			}
			time.Sleep(max(wait, 2*time.Second)) // a refused command does not come again
			if err := way(name + "-again"); err != nil {
				t.Errorf("%s, after the time that it was told: %v", name, err)
			}
		}
		time.Sleep(time.Minute)
		page, _, err := l.History(ctx, "alice", &wire.History{Channel: "alice~bob", Limit: 100})
		if want := 1 + 3*21; err != nil || len(page) != want {
			t.Errorf("%d messages are stored, want %d; %v", len(page), want, err)
		}
	})
}

// TestRates_channel pipelines more into a group than the rates allow, by several members. The
// accepted messages of each member are in order. Nothing of the others is stored, and they can
// be sent later.
func TestRates_channel(t *testing.T) {
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	synctest.Test(t, func(t *testing.T) {
		l := slow(t, 100_000, 10)
		group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(4)})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		acks, refused := flood(t, l, group.ID, 3, 30)
		if n := len(acks["u0"]) + len(acks["u1"]) + len(acks["u2"]); n < 15 || n > 18 {
			t.Errorf("of 20 that were saved up %d were accepted, which should leave some to the others", n)
		}
		if _, err := l.Change(t.Context(), "u3", in(group.ID, "quiet", "x")); err != nil {
			t.Errorf("a member who had sent nothing: %v", err)
		}
		for user, accepted := range acks {
			if !slices.IsSortedFunc(accepted, func(a, b wire.Ack) int { return int(a.Seq) - int(b.Seq) }) {
				t.Errorf("of %s the order is lost: %v", user, accepted)
			}
		}
		again, err := l.Change(t.Context(), "u0", in(group.ID, acks["u0"][0].ClientID, "x"))
		if diff := cmp.Diff(acks["u0"][0], again); diff != "" || err != nil {
			t.Errorf("a retry of what is stored: %v %s", err, diff)
		}
		if _, err := l.Change(t.Context(), "u0", text("u1", "elsewhere", "x")); err != nil {
			t.Errorf("in another channel, meanwhile: %v", err)
		}
		_, err = l.Change(t.Context(), "stranger", in(group.ID, "c", "x"))
		if e := wire.AsError(err, 0); e.Code != wire.CodeForbidden {
			t.Errorf("who is no member is told %v", err)
		}
		moderate(t, l, group.ID)
		if len(refused) == 0 {
			t.Fatal("none was refused")
		}
		for range 3 {
			time.Sleep(tooFast(t, refused[0], group.ID))
			mustSend(t, l, "u1", in(group.ID, fmt.Sprint("later", time.Now()), "x"))
		}
		time.Sleep(time.Minute)
		page, _, err := l.History(t.Context(), "u0", &wire.History{Channel: group.ID, Limit: 100})
		if n := len(page); err != nil || n < 15+1+3 || n > 18+1+3+2 {
			t.Errorf("%d messages are stored; %v", n, err)
		}
	})
}

// TestRates_floodOfOne has one member send without end, faster than they may. Another member's
// message still gets through at once.
func TestRates_floodOfOne(t *testing.T) {
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	synctest.Test(t, func(t *testing.T) {
		l := slow(t, 100_000, 10)
		group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(2)})
		if err != nil {
			t.Fatal(err)
		}
		stored := 0
		for i := range 60 {
			for range 3 {
				if _, err := l.Change(t.Context(), "u0", in(group.ID, fmt.Sprint(stored), "x")); err == nil {
					stored++
				} else {
					tooFast(t, err, group.ID)
				}
			}
			if _, err := l.Change(t.Context(), "u1", in(group.ID, fmt.Sprint(i), "x")); err != nil {
				t.Fatalf("the other's message %d: %v", i, err)
			}
			time.Sleep(250 * time.Millisecond)
		}
		if most := 10 + 5*15; stored > most || stored < most-5 { // two seconds' savings, then five a second
			t.Errorf("of the flood %d messages are stored, want nearly %d", stored, most)
		}
	})
}

// TestRates_floodOfSome has members send without end, faster than all together may. Another
// member sends less than an equal share, and each of those messages gets through at once. The
// rate of the channel is used up all the same.
func TestRates_floodOfSome(t *testing.T) {
	for _, fast := range []int{2, 5} {
		t.Run(fmt.Sprint(fast), func(t *testing.T) {
			embedtest.EmptyPools()
			defer embedtest.EmptyPools()
			synctest.Test(t, func(t *testing.T) {
				l := slow(t, 100_000, 20)
				group, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(fast + 1)})
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				stored, sent := 0, make([]int, fast)
				quiet, pause := fmt.Sprint("u", fast), time.Second*time.Duration(fast+1)/16
				for i := range 25 {
					for n := range 30 * fast {
						user := n % fast
						if _, err := l.Change(t.Context(), fmt.Sprint("u", user), in(group.ID, fmt.Sprint(sent[user]), "x")); err == nil {
							stored++
							sent[user]++
						} else {
							tooFast(t, err, group.ID)
						}
					}
					if _, err := l.Change(t.Context(), quiet, in(group.ID, fmt.Sprint("quiet", i), "x")); err != nil {
						t.Fatalf("the other's message %d: %v", i, err)
					}
					time.Sleep(pause)
				}
				if all, saved := stored+25, int(20*25*pause.Seconds()); all < saved || all > saved+41 {
					t.Errorf("%d are stored, the rate allows %d and 40 that were saved up", all, saved)
				}
			})
		})
	}
}

// flood has users pipeline n messages each.
func flood(t *testing.T, l *Log, channel string, by, n int) (acks map[string][]wire.Ack, refused []error) {
	t.Helper()
	var mu sync.Mutex
	var answered sync.WaitGroup
	acks = map[string][]wire.Ack{}
	for _, user := range users(by) {
		mine := make([]wire.Ack, n)
		for i := range n {
			answered.Add(1)
			l.Submit(user, in(channel, fmt.Sprint("c", i), "x"), func(ack wire.Ack, err error) {
				defer answered.Done()
				mu.Lock()
				defer mu.Unlock()
				if mine[i] = ack; err != nil {
					refused = append(refused, err)
				}
			})
		}
		defer func() { acks[user] = slices.DeleteFunc(mine, func(a wire.Ack) bool { return a.Seq == 0 }) }()
	}
	answered.Wait()
	for _, err := range refused {
		tooFast(t, err, channel)
	}
	return acks, refused
}

// moderate sends the commands that must go through in a flood.
func moderate(t *testing.T, l *Log, channel string) {
	t.Helper()
	pause := 60
	for _, cmd := range []wire.Change{
		wire.UpdateChannel{Channel: channel, SlowModeS: &pause, ClientID: "slow"},
		wire.Delete{Channel: channel, Seq: 1, ClientID: "gone"},
		wire.RemoveMember{Channel: channel, User: "u2", Ban: true, ClientID: "out"},
		wire.UpdateChannel{Channel: channel, SlowModeS: new(0), ClientID: "fast"},
	} {
		if _, err := l.Change(t.Context(), "u0", cmd); err != nil {
			t.Errorf("%s in a flood: %v", cmd.Type(), err)
		}
	}
}

// TestCluster_chargesOnce shows that a node charges its own clients' commands, and not those
// that another node has charged and sends it.
func TestCluster_chargesOnce(t *testing.T) {
	t.Parallel()
	limits := hurried()
	limits.UserCommandsPerS = 10
	logs := make([]*Log, 3)
	for i, node := range embedtest.Cluster(t, 3, embedtest.NoSync) {
		logs[i], _ = startWithin(t, limits, node, t.TempDir(), 3)
	}
	for i, l := range logs {
		mustSend(t, l, "bob", text("alice", fmt.Sprint("warm", i), "x"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var sending sync.WaitGroup
	for i, l := range logs {
		for n := range 20 {
			sending.Go(func() {
				if _, err := l.Change(ctx, "alice", text("bob", fmt.Sprint(i, "-", n), "x")); err != nil {
					t.Errorf("node %d, message %d: %v", i, n, err)
				}
			})
		}
	}
	sending.Wait()
}

// TestRates_spend refuses the searches of a user whose searches have cost more than the rate, for
// as long as that takes to pay, and no other user's.
func TestRates_spend(t *testing.T) {
	r, now := newRates(wire.DefaultLimits()), time.Unix(1_000_000, 0)
	if err := r.spend(now, "alice", 5*searchedPerS); err != nil {
		t.Fatal(err)
	}
	if wait := tooFast(t, r.spend(now, "alice", 0), ""); wait < 3*time.Second || wait > 3100*time.Millisecond {
		t.Errorf("told to wait %v", wait)
	}
	if err := r.spend(now, "bob", 0); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if err := r.spend(now.Add(3100*time.Millisecond), "alice", 0); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	for range 100 { // one after the other, each refused if it should be
		if r.spend(now, "carol", 0) == nil {
			_ = r.spend(now, "carol", searchedPerS)
		}
	}
	if wait := tooFast(t, r.spend(now, "carol", 0), ""); wait > 2*time.Second {
		t.Errorf("two seconds' worth was there, and the wait is %v", wait)
	}
}

// TestRates_worked refuses commands until what earlier ones have cost is paid for.
func TestRates_worked(t *testing.T) {
	l := wire.DefaultLimits()
	l.UserCommandsPerS = 10
	r, now := newRates(l), time.Unix(1_000_000, 0)
	r.worked(now, "alice", 50)
	if wait := tooFast(t, r.charge(now, "alice"), ""); wait < 3*time.Second {
		t.Errorf("told to wait %v", wait)
	}
	if err := r.charge(now.Add(3200*time.Millisecond), "alice"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	if err := r.charge(now, "bob"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
}
