package devices

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/operation"
	"natterjack/server/internal/push"
	"natterjack/server/wire"
)

const id = "q3Jx0m1T2c4V5b6N7m8K9Q"

// store has the subscriptions of alice.
type store []channel.Subscription

func (s store) Subscriptions(_ context.Context, user string) ([]channel.Subscription, error) {
	if user != "alice" {
		return nil, nil
	}
	return s, nil
}

// records has the states of subscriptions, and a log.
type records struct {
	states  map[string]State
	entries []wire.PushLogEntry
	asked   wire.GetPushLog
	err     error
}

func (r *records) States(context.Context, string) (map[string]State, error) { return r.states, r.err }

func (r *records) Entries(_ context.Context, _ string, cmd wire.GetPushLog) ([]wire.PushLogEntry, bool, error) {
	r.asked = cmd
	return r.entries, len(r.entries) > 0, r.err
}

// sender is a receiver that answers, or hangs.
type sender struct {
	hangs bool

	mu  sync.Mutex // protects following
	got push.Notification
}

func (s *sender) Send(ctx context.Context, _ push.Target, n push.Notification) push.Outcome {
	s.mu.Lock()
	s.got = n
	s.mu.Unlock()
	if s.hangs {
		<-ctx.Done()
		return push.Outcome{Result: push.Again, Reason: "stopped"}
	}
	return push.Outcome{Result: push.Sent, Reason: push.ReasonSent}
}

type judge struct{}

func (judge) URL(text string) (*url.URL, error) { return url.Parse(text) }

var alice = operation.Caller{User: "alice"}

// on returns a subscription of a kind, or one that is gone.
func on(kind wire.PushKind) channel.Subscription {
	if kind == "" {
		return channel.Subscription{ID: id, PushDevice: wire.PushDevice{Kind: wire.PushFCM}, Since: 1, Renewed: 2, Version: 3}
	}
	return channel.Subscription{ID: id, PushDevice: wire.PushDevice{Kind: kind, Language: "ja"}, PushTarget: wire.PushTarget{Address: "00aa"}, Since: 1, Renewed: 2, Version: 3}
}

// TestGet shows how the state of a device is told: that of the address which is subscribed now.
func TestGet(t *testing.T) {
	for name, c := range map[string]struct {
		kind  wire.PushKind
		known map[string]State
		want  wire.PushSubscription
	}{
		"nothing known": {wire.PushFCM, nil, wire.PushSubscription{State: wire.PushOK}},
		"told":          {wire.PushFCM, map[string]State{id: {Version: 3, State: wire.PushOK, Told: 9}}, wire.PushSubscription{State: wire.PushOK, Told: 9}},
		"failing":       {wire.PushFCM, map[string]State{id: {Version: 3, State: wire.PushFailing, Reason: "timeout", Told: 9}}, wire.PushSubscription{State: wire.PushFailing, Reason: "timeout", Told: 9}},
		"another before": {
			wire.PushFCM, map[string]State{id: {Version: 2, State: wire.PushGone, Reason: "gone", Told: 9}}, wire.PushSubscription{State: wire.PushOK, Told: 9},
		},
		"gone":               {"", nil, wire.PushSubscription{State: wire.PushGone, Reason: "gone"}},
		"a kind that is off": {wire.PushAPNs, nil, wire.PushSubscription{State: wire.PushFailing, Reason: "kind_off"}},
	} {
		d := New(Config{Log: store{on(c.kind)}, Records: &records{states: c.known}, Senders: map[wire.PushKind]push.Sender{wire.PushFCM: &sender{}}})
		got, err := d.get(t.Context(), alice, wire.GetPush{})
		c.want.ID, c.want.PushDevice, c.want.Since, c.want.Renewed, c.want.Version = id, on(c.kind).PushDevice, 1, 2, 3
		if err != nil || len(got.Subscriptions) != 1 || got.Subscriptions[0] != c.want {
			t.Errorf("%s: %+v, %v", name, got.Subscriptions, err)
		}
	}
	broken := New(Config{Log: store{}, Records: &records{err: errors.New("x")}})
	if _, err := broken.get(t.Context(), alice, wire.GetPush{}); err == nil {
		t.Error("a state that cannot be read is no error")
	}
}

func TestLog(t *testing.T) {
	r := &records{entries: []wire.PushLogEntry{{Pos: 1}}}
	got, err := New(Config{Log: store{}, Records: r}).log(t.Context(), alice, wire.GetPushLog{Before: 7})
	if err != nil || !got.More || len(got.Entries) != 1 || r.asked.Limit != 50 || r.asked.Before != 7 {
		t.Errorf("%+v, %v, asked %+v", got, err, r.asked)
	}
	if got, err := New(Config{Log: store{}}).log(t.Context(), alice, wire.GetPushLog{}); err != nil || got.Entries == nil {
		t.Errorf("nothing is recorded: %+v, %v", got, err)
	}
}

// TestTest_hangs shows that a receiver that hangs is waited for in bounded time, that so many users
// may wait at the same time, and that others are told so at once.
func TestTest_hangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		subs := store{on(wire.PushFCM)}
		d := New(Config{Log: subs, Senders: map[wire.PushKind]push.Sender{wire.PushFCM: &sender{hangs: true}}, Judge: judge{}})
		d.cfg.Log = everybodys{subs}
		answers := make(chan wire.PushTested, maxTrials)
		began := time.Now()
		for i := range maxTrials {
			go func() {
				got, err := d.test(t.Context(), operation.Caller{User: string(rune('a' + i))}, wire.TestPush{ID: id})
				if err != nil {
					t.Error(err)
				}
				answers <- got
			}()
		}
		synctest.Wait()
		if _, err := d.test(t.Context(), alice, wire.TestPush{ID: id}); !errors.Is(err, &wire.Error{Code: wire.CodeUnavailable}) {
			t.Errorf("one more: %v", err)
		}
		for range maxTrials {
			if got := <-answers; got.Result != wire.PushAgain || got.Reason != "timeout" {
				t.Errorf("%+v", got)
			}
		}
		if took := time.Since(began); took != trialTime {
			t.Errorf("it took %v", took)
		}
		d.cfg.Senders[wire.PushFCM].(*sender).hangs = false
		if got, err := d.test(t.Context(), alice, wire.TestPush{ID: id}); err != nil || got.Result != wire.PushSent {
			t.Errorf("afterwards: %+v, %v", got, err)
		}
	})
}

// everybodys gives everybody the same subscriptions.
type everybodys struct{ store }

func (e everybodys) Subscriptions(ctx context.Context, _ string) ([]channel.Subscription, error) {
	return e.store.Subscriptions(ctx, "alice")
}

// TestTest shows the text of a test, and its language.
func TestTest(t *testing.T) {
	s := &sender{}
	d := New(Config{Log: store{on(wire.PushFCM)}, Senders: map[wire.PushKind]push.Sender{wire.PushFCM: s}})
	if got, err := d.test(t.Context(), alice, wire.TestPush{ID: id}); err != nil || got.Result != wire.PushSent {
		t.Errorf("%+v, %v", got, err)
	}
	if s.got.Kind != push.KindTest || s.got.Title != "通知は届いています" || s.got.ID == "" || !s.got.Urgent {
		t.Errorf("%+v", s.got)
	}
	if _, err := d.test(t.Context(), operation.Caller{User: "bob"}, wire.TestPush{ID: id}); !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) {
		t.Errorf("another's: %v", err)
	}
	gone := New(Config{Log: store{on("")}, Senders: d.cfg.Senders})
	if got, err := gone.test(t.Context(), alice, wire.TestPush{ID: id}); err != nil || got != (wire.PushTested{Result: wire.PushLost, Reason: "gone"}) {
		t.Errorf("gone: %+v, %v", got, err)
	}
	d.cfg.Senders = nil
	if got, err := d.test(t.Context(), alice, wire.TestPush{ID: id}); err != nil || got != (wire.PushTested{Result: wire.PushRefused, Reason: "kind_off"}) {
		t.Errorf("off: %+v, %v", got, err)
	}
}

func TestAccept(t *testing.T) {
	d := New(Config{
		Senders: map[wire.PushKind]push.Sender{wire.PushFCM: &sender{}, wire.PushAPNs: &sender{}, wire.PushWebhook: &sender{}}, Judge: judge{},
		Reason: wire.PushNoPublicURL,
	})
	for _, c := range []struct {
		kind wire.PushKind
		to   wire.PushTarget
		says string
	}{
		{wire.PushFCM, wire.PushTarget{Address: "x:y"}, ""},
		{wire.PushAPNs, wire.PushTarget{Address: "00aaFF"}, ""},
		{wire.PushAPNs, wire.PushTarget{Address: "../x"}, "address: must be the token of the device, in hex"},
		{wire.PushWebhook, wire.PushTarget{Address: "https://example.com", Key: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, ""},
		{wire.PushWebhook, wire.PushTarget{Address: "https://example.com", Key: "whsec_short"}, "key: must be whsec_ and 24 to 64 bytes in base64"},
		{wire.PushWeb, wire.PushTarget{Address: "https://example.com"}, "kind: this server sends no notifications by web: its operator has configured no public_url"},
	} {
		err := d.Accept(&wire.SubscribePush{PushDevice: wire.PushDevice{Kind: c.kind}, PushTarget: c.to})
		if c.says == "" && err != nil || c.says != "" && (err == nil || wire.AsError(err, 0).Message != c.says) {
			t.Errorf("%s: %v, want %q", c.kind, err, c.says)
		}
	}
}
