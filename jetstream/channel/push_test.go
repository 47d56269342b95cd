package channel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

// device is a command that tells a user at an address.
func device(id, address string) wire.SubscribePush {
	return wire.SubscribePush{ID: id, PushDevice: wire.PushDevice{Kind: wire.PushFCM, Label: "phone"}, PushTarget: wire.PushTarget{Address: address}}
}

// folded returns the subscriptions after the events of a log.
func folded(log []wire.Record) map[string]*Subscription {
	subs := map[string]*Subscription{}
	for i := range log {
		if id, ok := SubscriptionID(&log[i]); ok {
			if subs[id] = FoldSubscription(subs[id], &log[i]); subs[id] == nil {
				delete(subs, id)
			}
		}
	}
	return subs
}

// decider is a user who subscribes. Their own channel and their subscriptions follow the log.
type decider struct {
	st  *State
	log []wire.Record
	now int64
}

func (d *decider) decide(t *testing.T, cmd wire.Command) []wire.Record {
	t.Helper()
	events, err := d.try(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func (d *decider) try(cmd wire.Command) ([]wire.Record, error) {
	d.now += 10
	e := env(d.now)
	e.Subscriptions = func(string) (subs []Subscription, err error) {
		for _, s := range folded(d.log) {
			subs = append(subs, *s)
		}
		return subs, nil
	}
	events, err := Decide(d.st, "~ann", "ann", cmd, e)
	if err != nil {
		return nil, err
	}
	var head Head
	if d.st != nil {
		head = d.st.Head
	}
	head.Number(events)
	for i := range events {
		d.st = Apply(d.st, "~ann", uint64(len(d.log)+i+1), &events[i])
	}
	d.log = append(d.log, events...)
	return events, nil
}

func TestSubscribe(t *testing.T) {
	var d decider
	first := d.decide(t, device("one", "a"))
	if len(first) != 2 || first[0].Meta == nil || first[1].Push == nil || first[1].Setting.Name != "push/one" || first[1].Setting.Value != `{"kind":"fcm","label":"phone"}` {
		t.Fatalf("%+v", first)
	}
	if strings.Contains(first[1].Setting.Value, `"a"`) {
		t.Error("the setting has the address")
	}
	renewed := device("one", "b")
	renewed.Label = "  new\u200b phone "
	d.decide(t, renewed)
	want := Subscription{
		ID: "one", PushDevice: wire.PushDevice{Kind: wire.PushFCM, Label: "new phone"}, PushTarget: wire.PushTarget{Address: "b"},
		Since: 10, Renewed: 20, Version: 3,
	}
	if diff := cmp.Diff(want, *folded(d.log)["one"]); diff != "" {
		t.Errorf("renewed (-want +got):\n%s", diff)
	}

	moved := d.decide(t, device("two", "b")) // the application has forgotten its id
	if len(moved) != 2 || moved[0].ClientID != "" || *moved[0].Setting != (wire.Setting{Name: "push/one"}) || moved[1].Setting.Name != "push/two" {
		t.Errorf("%+v", moved)
	}
	if subs := folded(d.log); len(subs) != 1 || subs["two"].Since != 30 {
		t.Errorf("%v", subs)
	}
	other := device("three", "b")
	other.Kind = wire.PushAPNs
	if events := d.decide(t, other); len(events) != 1 {
		t.Errorf("the same token of another kind: %+v", events)
	}
}

func TestUnsubscribe(t *testing.T) {
	var d decider
	d.decide(t, device("one", "a"))
	old := folded(d.log)["one"].Version
	d.decide(t, device("one", "b"))
	if events := d.decide(t, wire.UnsubscribePush{ID: "one", Version: old}); len(events) != 0 {
		t.Errorf("what was renewed since is ended: %+v", events)
	}
	gone := wire.UnsubscribePush{ID: "one", Version: folded(d.log)["one"].Version}
	d.decide(t, gone)
	want := Subscription{ID: "one", PushDevice: device("one", "").PushDevice, Since: 10, Renewed: 20, Version: 4}
	if diff := cmp.Diff(want, *folded(d.log)["one"]); diff != "" {
		t.Errorf("gone (-want +got):\n%s", diff)
	}
	if events := d.decide(t, gone); len(events) != 0 {
		t.Errorf("it is gone twice: %+v", events)
	}
	d.decide(t, device("one", "c"))
	if s := folded(d.log)["one"]; s.Gone() || s.Since != 10 {
		t.Errorf("renewed: %+v", s)
	}
	d.decide(t, wire.UnsubscribePush{ID: "one", Version: folded(d.log)["one"].Version})
	d.decide(t, wire.UnsubscribePush{ID: "one", Version: folded(d.log)["one"].Version})
	if left := folded(d.log); len(left) != 0 {
		t.Errorf("what is gone does not end: %v", left)
	}
	d.decide(t, wire.UnsubscribePush{ID: "one"}) // there is none any more
	if again := d.decide(t, device("one", "a")); folded(d.log)["one"].Since != d.now {
		t.Errorf("a new one is as old as the one before: %+v", again)
	}
}

// TestSubscribe_room shows that there is room for so many, that those that exist can be renewed and
// moved without room, and that the end of one makes room.
func TestSubscribe_room(t *testing.T) {
	var d decider
	for i := range wire.MaxSubscriptions {
		d.decide(t, device(fmt.Sprint(i), fmt.Sprint("address ", i)))
	}
	if _, err := d.try(device("more", "address")); wire.AsError(err, 0).Code != wire.CodeTooLarge {
		t.Fatalf("one more: %v", err)
	}
	d.decide(t, device("7", "another address"))
	d.decide(t, device("moved", "address 3"))
	d.decide(t, wire.UnsubscribePush{ID: "0"})
	d.decide(t, device("more", "address"))
	d.decide(t, wire.UnsubscribePush{ID: "5", Version: folded(d.log)["5"].Version})
	d.decide(t, wire.UnsubscribePush{ID: "6", Version: folded(d.log)["6"].Version})
	d.decide(t, device("one more", "yet another address")) // in place of the oldest that is gone
	left := folded(d.log)
	if len(left) != wire.MaxSubscriptions || left["5"] != nil || left["6"] == nil {
		t.Errorf("%d subscriptions: %v", len(left), left)
	}
}

func TestFoldSubscription_damaged(t *testing.T) {
	for _, r := range []wire.Record{
		{},
		{Kind: wire.KindSetting},
		{Kind: wire.KindSetting, Setting: &wire.Setting{Name: "push/x", Value: "{"}, Push: &wire.PushTarget{}},
		{Kind: wire.KindSetting, Setting: &wire.Setting{Name: "push/x", Value: "{"}},
		{Kind: wire.KindSetting, Setting: &wire.Setting{Name: "mute/x", Value: "0"}, Push: &wire.PushTarget{}},
	} {
		if got := FoldSubscription(&Subscription{}, &r); got != nil {
			t.Errorf("%+v: %v", r, got)
		}
	}
}

func TestSubscription_saysNothing(t *testing.T) {
	s := Subscription{ID: "one", PushTarget: wire.PushTarget{Address: "secret", Key: "secret", Auth: "secret"}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{s, &s, []Subscription{s}} {
			if got := fmt.Sprintf(format, v); strings.Contains(got, "secret") {
				t.Errorf("%s prints %s", format, got)
			}
		}
	}
}
