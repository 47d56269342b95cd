package wire

import (
	"fmt"
	"strings"
	"testing"
)

const pushID = "q3Jx0m1T2c4V5b6N7m8K9Q"

func subscribe(change func(c *SubscribePush)) SubscribePush {
	c := SubscribePush{ID: pushID, PushDevice: PushDevice{Kind: PushWeb}, PushTarget: PushTarget{Address: "https://push.example.com/x", Key: "BCVx", Auth: "BTBZ"}}
	change(&c)
	return c
}

var pushLimits = limits{
	valid: map[string]Command{
		"subscribe":            subscribe(func(*SubscribePush) {}),
		"subscribe, long id":   subscribe(func(c *SubscribePush) { c.ID = strings.Repeat("_", MaxPushIDLen) }),
		"subscribe, label":     subscribe(func(c *SubscribePush) { c.Label = strings.Repeat("龍", MaxPushLabelLen) }),
		"subscribe, language":  subscribe(func(c *SubscribePush) { c.Language = "zh-Hant-TW" }),
		"subscribe, address":   subscribe(func(c *SubscribePush) { c.Address = strings.Repeat("x", MaxPushAddressLen) }),
		"subscribe, device":    subscribe(func(c *SubscribePush) { c.Kind, c.PushTarget = PushAPNs, PushTarget{Address: "00aa"} }),
		"subscribe, webhook":   subscribe(func(c *SubscribePush) { c.Kind, c.Auth = PushWebhook, "" }),
		"unsubscribe":          UnsubscribePush{ID: pushID},
		"unsubscribe, a retry": UnsubscribePush{ID: pushID, ClientID: "c", Version: 7},
	},
	refused: []refusedCommand{
		{subscribe(func(c *SubscribePush) { c.ClientID = "a b" }), "client_id: "},
		{subscribe(func(c *SubscribePush) { c.ID = pushID[1:] }), "id: "},
		{subscribe(func(c *SubscribePush) { c.ID = strings.Repeat("_", MaxPushIDLen+1) }), "id: "},
		{subscribe(func(c *SubscribePush) { c.ID = pushID[1:] + "/" }), "id: "},
		{subscribe(func(c *SubscribePush) { c.ID = pushID[1:] + "." }), "id: "},
		{subscribe(func(c *SubscribePush) { c.Kind = "" }), "kind: "},
		{subscribe(func(c *SubscribePush) { c.Kind = "mail" }), "kind: "},
		{subscribe(func(c *SubscribePush) { c.Label = strings.Repeat("龍", MaxPushLabelLen+1) }), "label: "},
		{subscribe(func(c *SubscribePush) { c.Label = "a\nb" }), "label: "},
		{subscribe(func(c *SubscribePush) { c.Label = "\xff" }), "label: "},
		{subscribe(func(c *SubscribePush) { c.Label = "a\u202eb" }), "label: "},
		{subscribe(func(c *SubscribePush) { c.Language = "ja_JP" }), "language: "},
		{subscribe(func(c *SubscribePush) { c.Language = "-" }), "language: "},
		{subscribe(func(c *SubscribePush) { c.Language = strings.Repeat("en-", 11) + "en-x" }), "language: "},
		{subscribe(func(c *SubscribePush) { c.Address = "" }), "address: "},
		{subscribe(func(c *SubscribePush) { c.Address = "https://push.example.com/a b" }), "address: "},
		{subscribe(func(c *SubscribePush) { c.Address = "https://push.example.com/\n" }), "address: "},
		{subscribe(func(c *SubscribePush) { c.Address = strings.Repeat("x", MaxPushAddressLen+1) }), "address: "},
		{subscribe(func(c *SubscribePush) { c.PushTarget.Key = "" }), "key: "},
		{subscribe(func(c *SubscribePush) { c.PushTarget.Key = strings.Repeat("x", MaxPushKeyLen+1) }), "key: "},
		{subscribe(func(c *SubscribePush) { c.Kind, c.Auth = PushFCM, "" }), "key: "},
		{subscribe(func(c *SubscribePush) { c.Auth = "" }), "auth: "},
		{subscribe(func(c *SubscribePush) { c.Auth = "\x00" }), "auth: "},
		{subscribe(func(c *SubscribePush) { c.Kind = PushWebhook }), "auth: "},
		{UnsubscribePush{}, "id: "},
		{UnsubscribePush{ID: pushID, ClientID: strings.Repeat("c", MaxClientIDLen+1)}, "client_id: "},
	},
}

func TestValidate_pushReads(t *testing.T) {
	for _, c := range []struct {
		cmd Command
		ok  bool
	}{
		{GetPush{}, true},
		{TestPush{ID: pushID}, true},
		{TestPush{}, false},
		{GetPushLog{}, true},
		{GetPushLog{Limit: MaxPushLog, Channel: "alice~bob"}, true},
		{GetPushLog{Limit: MaxPushLog + 1}, false},
		{GetPushLog{Limit: -1}, false},
		{GetPushLog{Channel: "bob~alice"}, false},
	} {
		if err := c.cmd.Validate(DefaultLimits()); (err == nil) != c.ok {
			t.Errorf("%s %+v: %v", c.cmd.Type(), c.cmd, err)
		}
	}
}

// TestPush_size shows that the largest replies are within what a reply without pages may take.
func TestPush_size(t *testing.T) {
	id, widest := strings.Repeat("i", MaxPushIDLen), strings.Repeat("\U0001f9d1", MaxPushLabelLen)
	push := Push{Key: strings.Repeat("k", 87), Reason: PushNoPublicURL, Kinds: []PushKind{PushWeb, PushFCM, PushAPNs, PushWebhook}}
	for range 2 * MaxSubscriptions { // some may be set at the same moment
		push.Subscriptions = append(push.Subscriptions, PushSubscription{
			ID: id, PushDevice: PushDevice{Kind: PushWebhook, Label: widest, Language: strings.Repeat("x", MaxPushLanguageLen)},
			Since: maxInteger, Renewed: maxInteger, Version: maxInteger, State: PushFailing, Reason: "refused_address", Told: maxInteger,
		})
	}
	log := PushLog{}
	for range MaxPushLog {
		log.Entries = append(log.Entries, PushLogEntry{
			Pos: maxInteger, Timestamp: maxInteger, Channel: strings.Repeat("c", MaxChannelLen), Seq: maxInteger, Verdict: PushLater,
			Reason: "malformed_notification", ID: id, Result: PushRefused,
		})
	}
	for _, f := range []Frame{push, log} {
		if frame, err := Append(nil, f); err != nil || len(frame) > maxWhole {
			t.Errorf("%s: %d bytes of %d, %v", f.Type(), len(frame), maxWhole, err)
		}
	}
}

// TestSubscribePush_saysNothing shows that no way of printing shows a secret, not in errors either.
func TestSubscribePush_saysNothing(t *testing.T) {
	c := subscribe(func(c *SubscribePush) {
		c.PushTarget = PushTarget{Address: "https://x/secret", Key: "secret", Auth: "secret"}
	})
	record := Record{Push: &c.PushTarget}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{c, &c, c.PushTarget, &c.PushTarget, []any{c}, struct{ C SubscribePush }{c}, record, &record} {
			if got := fmt.Sprintf(format, v); strings.Contains(got, "secret") {
				t.Errorf("%s prints %s", format, got)
			}
		}
	}
	for _, kind := range []PushKind{"secret-kind", PushFCM, PushAPNs, PushWebhook} {
		c.Kind = kind
		if err := c.Validate(DefaultLimits()); err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, err := DecodeCommand([]byte(`{"type":"subscribe_push","address":["https://x/secret"],"secret":1}`)); err == nil || strings.Contains(err.Error(), "x/secret") {
		t.Errorf("malformed: %v", err)
	}
}

func TestPushDevice_value(t *testing.T) {
	for _, d := range []PushDevice{{Kind: PushWeb}, {Kind: PushWebhook, Label: `"<b>" 龍`, Language: "ja"}} {
		if got, err := ParsePushDevice(d.Value()); err != nil || got != d {
			t.Errorf("%s: %+v, %v", d.Value(), got, err)
		}
	}
}
