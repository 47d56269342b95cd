package natter

import (
	"context"
	"crypto/rand"
	"encoding/base64"

	"natterjack/server/wire"
)

// Push says by which ways the server notifies users who are not looking, and on which devices it
// notifies this user.
type Push = wire.Push

// PushSubscription is one of the user's devices or webhooks.
type PushSubscription = wire.PushSubscription

// PushDevice is the part of a subscription that the user's other devices see.
type PushDevice = wire.PushDevice

// PushTarget is where a subscription leads. All of it is secret.
type PushTarget = wire.PushTarget

// PushTested is the result of a test.
type PushTested = wire.PushTested

// PushLogEntry tells of one decision whether the user is told of a message, or of one try.
type PushLogEntry = wire.PushLogEntry

// Push returns by which ways the server notifies users who are not looking, and the user's
// subscriptions.
func (c *Client) Push(ctx context.Context) (Push, error) {
	return ask[wire.Push](ctx, c, wire.GetPush{})
}

// NewPushID returns an id for a device. The device keeps it: the same id renews a subscription.
func NewPushID() string { return randomText(16) }

// SubscribePush tells the user on a device from now on, or renews that. An application does so at
// each start, as long as [Client.Push] lists the id. If not, the user has ended it on another
// device.
func (c *Client) SubscribePush(ctx context.Context, id string, d PushDevice, t PushTarget) (Ack, error) {
	return change(ctx, c, wire.SubscribePush{ID: id, PushDevice: d, PushTarget: t, ClientID: newClientID()})
}

// SubscribeWebhook has the server call a URL for each message of which the user is to be told. It
// returns the id of the subscription, and the secret with which the receiver verifies the calls
// (Standard Webhooks). The server never tells the secret again.
func (c *Client) SubscribeWebhook(ctx context.Context, url, label string) (id, secret string, err error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	id, secret = NewPushID(), "whsec_"+base64.StdEncoding.EncodeToString(key)
	_, err = c.SubscribePush(ctx, id, PushDevice{Kind: wire.PushWebhook, Label: label}, PushTarget{Address: url, Key: secret})
	return id, secret, err
}

// UnsubscribePush ends a subscription.
func (c *Client) UnsubscribePush(ctx context.Context, id string) (Ack, error) {
	return change(ctx, c, wire.UnsubscribePush{ID: id, ClientID: newClientID()})
}

// TestPush sends a test notification to a device, and waits up to 10 seconds for the receiver's
// answer.
func (c *Client) TestPush(ctx context.Context, id string) (PushTested, error) {
	return ask[wire.PushTested](ctx, c, wire.TestPush{ID: id})
}

// PushLogQuery says which entries [Client.PushLog] returns: up to Limit, or 50, before the entry
// with the pos Before if that is set, and of one channel if that is set.
type PushLogQuery struct {
	Before  uint64
	Limit   int
	Channel string
}

// PushLog returns of which messages the user was told lately, of which not, and why. The newest
// entries come first. It reports whether there are more behind the last one.
func (c *Client) PushLog(ctx context.Context, q PushLogQuery) (entries []PushLogEntry, more bool, err error) {
	f, err := ask[wire.PushLog](ctx, c, wire.GetPushLog{Before: q.Before, Limit: q.Limit, Channel: q.Channel})
	return f.Entries, f.More, err
}

func randomText(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // it never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
