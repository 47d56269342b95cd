package jetstream

import (
	"slices"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// someReceivers refuses addresses that contain "internal".
type someReceivers struct{}

func (someReceivers) Accept(c *wire.SubscribePush) error {
	if strings.Contains(c.Address, "internal") {
		return wire.Errorf(wire.CodeInvalid, "address: is not asked")
	}
	return nil
}

const pushID = "q3Jx0m1T2c4V5b6N7m8K9Q"

func subscription(clientID, address string) wire.SubscribePush {
	return wire.SubscribePush{
		ID: pushID, ClientID: clientID, PushDevice: wire.PushDevice{Kind: wire.PushWeb, Label: "Firefox"},
		PushTarget: wire.PushTarget{Address: address, Key: "secret-key", Auth: "secret-auth"},
	}
}

// TestSubscriptions shows that nothing that a client gets has the secrets of a subscription: not
// the live event, not the event after a resume, no page and no setting.
func TestSubscriptions(t *testing.T) {
	l := alone(t)
	l.TakeReceivers(someReceivers{})
	mustSend(t, l, "alice", wire.Set{Name: "client/x", Value: "1", ClientID: "0"})
	live, from := follow(t, l, "alice", nil)
	mustSend(t, l, "alice", subscription("1", "https://push.example.com/secret"))
	mustSend(t, l, "alice", subscription("2", "https://push.example.com/secret2"))
	seen := slices.Clone(live.readTo(t, "2"))
	again, _ := follow(t, l, "alice", &wire.Resume{Epoch: from.Epoch, Positions: from.Positions})
	seen = append(seen, again.readTo(t, "2")...)
	settings := 0
	for _, e := range seen {
		if e.Kind == wire.KindSetting && e.Setting.Name != "client/x" {
			settings++
			if e.Setting.Name != "push/"+pushID || e.Setting.Value != `{"kind":"web","label":"Firefox"}` || e.Version == 0 {
				t.Errorf("%+v", e.Setting)
			}
		}
	}
	if settings != 4 {
		t.Errorf("%d events of settings", settings)
	}
	var text []byte
	for _, e := range seen {
		text = appendReply(t, text, e)
	}
	for _, cmd := range []wire.Command{wire.GetSettings{}, wire.History{Channel: "~alice"}, wire.GetChannel{Channel: "~alice"}, wire.ListChannels{}} {
		if f, err := l.Answer(t.Context(), "alice", cmd); err == nil {
			text = appendReply(t, text, f)
		}
	}
	if strings.Contains(string(text), "secret") {
		t.Errorf("a client gets %s", text)
	}

	subs, err := l.Subscriptions(t.Context(), "alice")
	if err != nil || len(subs) != 1 || subs[0].Address != "https://push.example.com/secret2" || subs[0].PushTarget.Key != "secret-key" || subs[0].Auth != "secret-auth" {
		t.Errorf("%d subscriptions, %v", len(subs), err)
	}
	mustSend(t, l, "alice", wire.UnsubscribePush{ID: pushID})
	if subs, err := l.Subscriptions(t.Context(), "alice"); err != nil || len(subs) != 0 {
		t.Errorf("%d subscriptions, %v", len(subs), err)
	}
}

// appendReply appends a frame as a client gets it.
func appendReply(t *testing.T, dst []byte, f wire.Frame) []byte {
	t.Helper()
	if page, ok := f.(wire.RawPage); ok {
		return wire.AppendPage(dst, &page)
	}
	dst, err := wire.Append(dst, f)
	if err != nil {
		t.Fatal(err)
	}
	return dst
}

// TestSubscriptions_accepted shows that a node checks a new subscription, but not the retry of a
// stored one.
func TestSubscriptions_accepted(t *testing.T) {
	l := alone(t)
	if _, err := l.Change(t.Context(), "alice", subscription("1", "https://push.example.com/x")); wire.AsError(err, 0).Code != wire.CodeUnsupported {
		t.Errorf("without push: %v", err)
	}
	l.TakeReceivers(someReceivers{})
	if _, err := l.Change(t.Context(), "alice", subscription("1", "https://internal/secret")); wire.AsError(err, 0).Code != wire.CodeInvalid {
		t.Errorf("a refused address: %v", err)
	}
	first := mustSend(t, l, "alice", subscription("1", "https://push.example.com/x"))
	l.TakeReceivers(refusingReceivers{})
	if again := mustSend(t, l, "alice", subscription("1", "https://push.example.com/x")); again.Pos != first.Pos {
		t.Errorf("a retry is at %d, not at %d", again.Pos, first.Pos)
	}
}

type refusingReceivers struct{}

func (refusingReceivers) Accept(*wire.SubscribePush) error {
	return wire.Errorf(wire.CodeInvalid, "kind: is off")
}
