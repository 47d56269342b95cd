package tell

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/server/internal/push"
	"natterjack/server/internal/push/decide"
	"natterjack/server/internal/push/devices"
	"natterjack/server/internal/push/prefs"
	"natterjack/server/internal/push/wording"
)

// one is a notification for one device, or for the services that tell a user.
type one struct {
	user     string
	sub      channel.Subscription // without an id for services
	target   push.Target
	provider string
	urgent   bool
	by       decide.Reason
	n        push.Notification
}

// write writes the notifications for a user who is told.
func (d *delivery) write(m *moment, msg *message, c *candidate, by decide.Decision) error {
	i := slices.IndexFunc(d.task.To, func(t to) bool { return t.User == c.user })
	if i < 0 {
		return nil
	}
	badge, err := m.Unread(c.user, func(value string) bool { return prefs.Mutes(value, m.now) })
	if err != nil {
		return fmt.Errorf("count what %s has not read: %w", c.user, err)
	}
	w, err := m.wording(msg, by)
	if err != nil {
		return err
	}
	n := push.Notification{
		ID: notificationID(c.user, msg), Kind: push.KindMessage, Channel: msg.id, Seq: msg.seq, Badge: int(min(badge, 1<<31-1)),
		Collapse: msg.id, Urgent: by.Urgent, Expires: time.UnixMilli(d.task.Put).Add(keep),
	}
	if w.Mentioned {
		n.Kind = push.KindMention
	}
	privacy := wording.Stricter(c.prefs.Content, d.worker.cap)
	devices := d.task.To[i].Devices
	if len(devices) == 0 {
		n.Title, n.Body = wording.Of(w, privacy, wording.English)
		d.all = append(d.all, one{user: c.user, provider: services, by: by.Reason, n: n})
		return nil
	}
	return d.writeDevices(m, c, devices, func(language string) one {
		n.Title, n.Body = wording.Of(w, privacy, wording.LanguageOf(language))
		return one{user: c.user, by: by.Reason, urgent: by.Urgent, n: n}
	})
}

// writeDevices writes a user's notification for some devices. Subscriptions that have ended are
// left out.
func (d *delivery) writeDevices(m *moment, c *candidate, ids []string, write func(language string) one) error {
	subs, err := m.Subscriptions(c.user)
	if err != nil {
		return fmt.Errorf("look for the devices of %s: %w", c.user, err)
	}
	for i := range subs {
		s := &subs[i]
		if s.Gone() || !slices.Contains(ids, s.ID) {
			continue
		}
		o := write(s.Language)
		o.sub, o.provider = *s, prefs.Provider(s)
		if o.target, err = devices.Target(s); err != nil { // no version stores such a subscription
			d.worker.logger.Error("a subscription is not valid, and is left out", "user", c.user, "id", s.ID, "error", err)
			continue
		}
		d.all = append(d.all, o)
	}
	return nil
}

// wording returns the message of a notification, as the package wording needs it.
func (m *moment) wording(msg *message, by decide.Decision) (wording.Message, error) {
	sender, err := m.Profile(msg.sender)
	if err != nil {
		return wording.Message{}, fmt.Errorf("look for the name of %s: %w", msg.sender, err)
	}
	w := wording.Message{Sender: cmp.Or(sender.Name, msg.sender), Mentioned: by.Reason == decide.ByMention, Content: msg.content}
	if !msg.direct {
		w.Group = cmp.Or(msg.state.Name, "…")
	}
	return w, nil
}

// notificationID returns the id of the notification of a message for a user. It is the same in each
// try, and tells its receiver nothing.
func notificationID(user string, msg *message) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d %s", msg.id, msg.seq, msg.at.UnixMilli(), user))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
