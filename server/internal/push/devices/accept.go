package devices

import (
	"strings"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/server/internal/guard"
	"natterjack/server/internal/push"
	"natterjack/server/internal/push/apns"
	"natterjack/server/internal/push/webhook"
	"natterjack/server/internal/push/webpush"
	"natterjack/server/wire"
)

// Accept implements [natterjack/jetstream.Receivers]. A name that resolves to a forbidden address
// is accepted here, and refused at each request: a command must not wait for a resolver, and its
// answer can change.
func (d *Devices) Accept(c *wire.SubscribePush) error {
	if d.cfg.Senders[c.Kind] == nil {
		return wire.Errorf(wire.CodeUnsupported, "kind: this server sends no notifications by %s%s", c.Kind, d.why(c.Kind))
	}
	switch c.Kind {
	case wire.PushWeb, wire.PushWebhook:
		if _, err := d.cfg.Judge.URL(c.Address); err != nil {
			return wire.Errorf(wire.CodeInvalid, "address: this server sends nothing there: %s", strings.TrimPrefix(err.Error(), guard.ErrRefused.Error()+": "))
		}
	case wire.PushAPNs:
		if !apns.IsToken(c.Address) {
			return wire.Errorf(wire.CodeInvalid, "address: must be the token of the device, in hex")
		}
	case wire.PushFCM: // its tokens have no form that could be judged
	}
	if _, err := target(c.Kind, c.PushTarget); err != nil {
		if c.Kind == wire.PushWebhook {
			return wire.Errorf(wire.CodeInvalid, "key: must be whsec_ and 24 to 64 bytes in base64")
		}
		return wire.Errorf(wire.CodeInvalid, "key, auth: must be p256dh and auth of the browser's subscription, in base64url")
	}
	return nil
}

// why returns why the server does not tell by a kind, as a part of a sentence, where it is known.
func (d *Devices) why(kind wire.PushKind) string {
	switch {
	case d.cfg.Reason == wire.PushIsOff:
		return ": push is off"
	case kind == wire.PushWeb && d.cfg.Reason == wire.PushNoPublicURL:
		return ": its operator has configured no public_url"
	}
	return ""
}

// Target returns where a subscription leads, as senders want it. All of it is secret.
func Target(s *channel.Subscription) (push.Target, error) {
	t, err := target(s.Kind, s.PushTarget)
	t.Registered = time.UnixMilli(s.Renewed)
	return t, err
}

func target(kind wire.PushKind, t wire.PushTarget) (push.Target, error) {
	switch kind {
	case wire.PushWeb:
		return webpush.Subscription{Endpoint: t.Address, P256DH: t.Key, Auth: t.Auth}.Target()
	case wire.PushWebhook:
		secret, err := webhook.ParseSecret(t.Key)
		return push.Target{Address: t.Address, Key: secret}, err
	default:
		return push.Target{Address: t.Address}, nil
	}
}
