package channel

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"natterjack/server/wire"
)

// Subscription is a device, or a webhook, on which a user is notified of messages, as some event of
// the user's own channel has left it.
type Subscription struct {
	ID string
	wire.PushDevice
	wire.PushTarget

	Since, Renewed int64  // Unix milliseconds
	Version        uint64 // of the event that has set it last
}

// Gone reports whether the user is no longer notified there until the device renews the
// subscription. The receiver does not know the address any more, or the device has not renewed it
// for long. It stays, so that the device can tell that from a subscription that its user has ended.
func (s *Subscription) Gone() bool { return s.Address == "" }

// SubscriptionID returns the id of the subscription that an event sets or ends. It reports whether
// the event is about one.
func SubscriptionID(r *wire.Record) (id string, ok bool) {
	if r.Kind != wire.KindSetting || r.Setting == nil {
		return "", false
	}
	return wire.PushIDOf(r.Setting.Name)
}

// FoldSubscription returns a subscription after one more event that is about it, or nil if there is
// none then. There was none before if had is nil.
func FoldSubscription(had *Subscription, r *wire.Record) *Subscription {
	id, ok := SubscriptionID(r)
	if !ok || r.Push == nil && (had == nil || r.Setting.Value == "") {
		return nil
	}
	device, err := wire.ParsePushDevice(r.Setting.Value)
	if err != nil { // no version writes such a value
		return nil
	}
	if r.Push == nil {
		return &Subscription{ID: id, PushDevice: device, Since: had.Since, Renewed: had.Renewed, Version: r.Version}
	}
	s := &Subscription{ID: id, PushDevice: device, PushTarget: *r.Push, Since: When(r), Renewed: When(r), Version: r.Version}
	if had != nil {
		s.Since = had.Since
	}
	return s
}

// subscribe tells the user at an address from now on. Other subscriptions with that address end:
// an application that has forgotten its id has taken another. As for [act.set], subscriptions that
// were set a moment ago may not be known here.
func (a *act) subscribe(c wire.SubscribePush) ([]wire.Record, error) {
	if owner, ok := wire.OwnerOf(a.channel); !ok || owner != a.user {
		return nil, Forbidden()
	}
	device, err := cleanDevice(c.PushDevice)
	if err != nil {
		return nil, err
	}
	have, err := a.subscriptions()
	if err != nil {
		return nil, err
	}
	ended, full := replaced(have, &c)
	if full {
		return nil, wire.Errorf(wire.CodeTooLarge, "id: at most %d subscriptions are allowed; end one that is not used any more by unsubscribe_push", wire.MaxSubscriptions)
	}
	events := a.inOwn(wire.KindSetting, wire.Record{Setting: &wire.Setting{Name: wire.PushSetting(c.ID), Value: device.Value()}, Push: &c.PushTarget})
	for _, id := range ended { // before the user's own event, which is the last and has the client id
		end := a.event(wire.KindSetting, wire.Record{Setting: &wire.Setting{Name: wire.PushSetting(id)}})
		end[0].ClientID = ""
		events = slices.Insert(events, len(events)-1, end...)
	}
	return events, nil
}

// replaced returns the subscriptions that end when a new one comes. These are the subscriptions
// with the same address and, if there is no room, the oldest that are gone. It reports whether
// there is no room even so.
func replaced(have []Subscription, c *wire.SubscribePush) (ended []string, full bool) {
	var gone []*Subscription
	has := 0
	for i := range have {
		switch s := &have[i]; {
		case s.ID == c.ID:
		case s.Gone():
			gone = append(gone, s)
		case s.Kind == c.Kind && s.Address == c.Address:
			ended = append(ended, s.ID)
		default:
			has++
		}
	}
	slices.SortFunc(gone, func(a, b *Subscription) int { return cmp.Compare(a.Renewed, b.Renewed) })
	for ; has+len(gone) >= wire.MaxSubscriptions && len(gone) > 0; gone = gone[1:] {
		ended = append(ended, gone[0].ID)
	}
	return ended, has >= wire.MaxSubscriptions
}

// unsubscribe ends a subscription. If the command names a version, only the address of that version
// is gone: the device may have renewed the subscription since it was found gone. The subscription
// stays without an address. It ends if it has none already.
func (a *act) unsubscribe(c wire.UnsubscribePush) ([]wire.Record, error) {
	if owner, ok := wire.OwnerOf(a.channel); !ok || owner != a.user {
		return nil, Forbidden()
	}
	if c.Version != 0 {
		have, err := a.subscriptions()
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(have, func(s Subscription) bool { return s.ID == c.ID && s.Version == c.Version })
		if i < 0 {
			return nil, nil
		}
		if s := &have[i]; !s.Gone() {
			return a.inOwn(wire.KindSetting, wire.Record{Setting: &wire.Setting{Name: wire.PushSetting(c.ID), Value: s.PushDevice.Value()}}), nil
		}
	}
	return a.inOwn(wire.KindSetting, wire.Record{Setting: &wire.Setting{Name: wire.PushSetting(c.ID)}}), nil
}

func (a *act) subscriptions() ([]Subscription, error) {
	if a.env.Subscriptions == nil {
		return nil, nil
	}
	return a.env.Subscriptions(a.user)
}

// cleanDevice brings the label of a device into the form in which names are stored.
func cleanDevice(d wire.PushDevice) (wire.PushDevice, error) {
	if d.Label = clean(d.Label); utf8.RuneCountInString(d.Label) > wire.MaxPushLabelLen {
		return d, wire.Errorf(wire.CodeInvalid, "label: must have at most %d characters", wire.MaxPushLabelLen)
	}
	return d, nil
}

// sameSubscription reports whether a stored event is the subscription that a command asks for.
func sameSubscription(r *wire.Record, c *wire.SubscribePush) bool {
	device, err := cleanDevice(c.PushDevice)
	return err == nil && r.Setting != nil && r.Push != nil && *r.Push == c.PushTarget &&
		*r.Setting == wire.Setting{Name: wire.PushSetting(c.ID), Value: device.Value()}
}
