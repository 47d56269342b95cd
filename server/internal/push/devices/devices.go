package devices

import (
	"context"
	"net/url"
	"slices"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/operation"
	"natterjack/server/internal/push"
	"natterjack/server/wire"
)

// Log has the subscriptions of users.
type Log interface {
	Subscriptions(ctx context.Context, user string) ([]channel.Subscription, error)
}

// Records has the results of notifications.
type Records interface {
	// States returns the states of a user's subscriptions, by their ids. Subscriptions of which
	// nothing is known are missing.
	States(ctx context.Context, user string) (map[string]State, error)
	// Entries returns the log of a user as the command asks, the newest entries first, and whether
	// there are more behind them.
	Entries(ctx context.Context, user string, cmd wire.GetPushLog) (entries []wire.PushLogEntry, more bool, err error)
}

// State is the state of a subscription: the result of the last try to tell the user there.
type State struct {
	Version uint64 // of the subscription as it was then
	State   wire.PushState
	Reason  string
	Told    int64 // when a notification was taken last, Unix milliseconds
}

// Judge judges URLs that users name. A [natterjack/server/internal/guard.Guard] is one.
type Judge interface {
	URL(text string) (*url.URL, error)
}

// Config holds the parts of a node by which it tells users.
type Config struct {
	Log     Log
	Records Records                       // nil if nothing is recorded
	Senders map[wire.PushKind]push.Sender // by which the node tells
	Judge   Judge                         // of endpoints and webhooks
	Key     string                        // the public key, if it tells browsers
	Reason  wire.PushReason               // why it does not tell browsers, or not at all
	Content wire.PushContent              // the most that notifications say
	// Mail says whether a user can have a digest by mail; nil if no user can.
	Mail func(ctx context.Context, user string) (wire.PushMail, error)
	Now  func() time.Time // nil for [time.Now]
}

// Devices answers the operations. It may be used concurrently.
type Devices struct {
	cfg    Config
	kinds  []wire.PushKind
	trials *trials
}

// New returns the handlers of the operations.
func New(cfg Config) *Devices {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &Devices{cfg: cfg, kinds: []wire.PushKind{}, trials: newTrials()}
	for _, kind := range []wire.PushKind{wire.PushWeb, wire.PushFCM, wire.PushAPNs, wire.PushWebhook} {
		if cfg.Senders[kind] != nil {
			d.kinds = append(d.kinds, kind)
		}
	}
	return d
}

// Bind registers the handlers.
func (d *Devices) Bind(to *operation.Table) {
	operation.Handle(to, d.get)
	operation.Handle(to, d.test)
	operation.Handle(to, d.log)
}

// get answers get_push.
func (d *Devices) get(ctx context.Context, c operation.Caller, _ wire.GetPush) (reply wire.Push, err error) {
	reply = wire.Push{On: len(d.kinds) > 0, Reason: d.cfg.Reason, Key: d.cfg.Key, Kinds: slices.Clone(d.kinds), Content: d.cfg.Content}
	reply.Subscriptions = []wire.PushSubscription{}
	subs, err := d.cfg.Log.Subscriptions(ctx, c.User)
	if err != nil {
		return wire.Push{}, err
	}
	states := map[string]State{}
	if d.cfg.Records != nil {
		if states, err = d.cfg.Records.States(ctx, c.User); err != nil {
			return wire.Push{}, err
		}
	}
	if d.cfg.Mail != nil {
		if reply.Mail, err = d.cfg.Mail(ctx, c.User); err != nil {
			return wire.Push{}, err
		}
	}
	for i := range subs {
		reply.Subscriptions = append(reply.Subscriptions, d.shown(&subs[i], states[subs[i].ID]))
	}
	return reply, nil
}

// The reasons of states that no receiver has given.
const (
	reasonKind = "kind_off" // the server does not tell by that kind any more
	reasonGone = push.ReasonGone
)

// shown returns a subscription as its user sees it. Results of an address that was replaced since
// do not count.
func (d *Devices) shown(s *channel.Subscription, known State) wire.PushSubscription {
	shown := wire.PushSubscription{
		ID: s.ID, PushDevice: s.PushDevice, Since: s.Since, Renewed: s.Renewed, Version: s.Version, State: wire.PushOK, Told: known.Told,
	}
	switch {
	case s.Gone():
		shown.State, shown.Reason = wire.PushGone, reasonGone
	case !slices.Contains(d.kinds, s.Kind):
		shown.State, shown.Reason = wire.PushFailing, reasonKind
	case known.Version >= s.Version && known.State != "":
		shown.State, shown.Reason = known.State, known.Reason
	}
	return shown
}

// log answers get_push_log.
func (d *Devices) log(ctx context.Context, c operation.Caller, cmd wire.GetPushLog) (reply wire.PushLog, err error) {
	reply.Entries = []wire.PushLogEntry{}
	if d.cfg.Records == nil {
		return reply, nil
	}
	cmd.Limit = wire.LimitOr50(cmd.Limit)
	entries, more, err := d.cfg.Records.Entries(ctx, c.User, cmd)
	reply.Entries, reply.More = append(reply.Entries, entries...), more
	return reply, err
}
