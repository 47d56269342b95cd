package tell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/pushlog"
	"natterjack/server/internal/push"
	"natterjack/server/internal/push/decide"
	"natterjack/server/internal/push/mail"
	"natterjack/server/internal/push/mail/letter"
	"natterjack/server/internal/push/mail/post"
	"natterjack/server/internal/push/wording"
	"natterjack/server/wire"
)

// byMail stands in the push log in the place of a device's id, for a digest by mail. No device has
// so short an id.
const byMail = "mail"

// Digest tells users later of the messages that they have missed. [mail.Digests] is one.
type Digest interface {
	// Missed notes that users have missed a message. It asks no server outside of the cluster, and
	// may be called again.
	Missed(ctx context.Context, message wire.ChannelSeq, users []string) error
}

var _ mail.Facts = (*Teller)(nil)

// TakeDigest sets the part that tells users later, if they want that. It is called before Run.
func (t *Teller) TakeDigest(d Digest) { t.digest = d }

// miss plans that a user has missed a message that is meant for them. A user who will be told of it
// later, or is told now on a device that may be off, misses it as well.
func (p *plan) miss(f *decide.Facts, d decide.Decision) {
	if d.Verdict != decide.Never && decide.Personal(f) {
		p.missed = append(p.missed, f.Recipient.Name)
	}
}

// miss notes the users of a plan who have missed its message.
func (t *Teller) miss(ctx context.Context, p *plan) error {
	if len(p.missed) == 0 {
		return nil
	}
	return t.digest.Missed(ctx, wire.ChannelSeq{Channel: p.msg.id, Seq: p.msg.seq}, p.missed)
}

// Reader implements [mail.Facts].
func (t *Teller) Reader(_ context.Context, user string) (r mail.Reader, err error) {
	m, err := t.moment()
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	p, err := t.prefs.Of(m, m.stamp, user, false)
	if err != nil || !p.Mail {
		return r, err
	}
	profile, err := m.Profile(user)
	if err != nil {
		return r, err
	}
	r = mail.Reader{On: true, Privacy: wording.Stricter(p.Content, t.cap)}
	if zone, err := wire.Zone(profile.Zone); err == nil && profile.Zone != "" {
		r.Zone = zone
	}
	r.Languages, err = m.languages(user)
	return r, err
}

// languages returns the languages of a user's devices, with the device that was renewed last first.
func (m *moment) languages(user string) (all []string, err error) {
	subs, err := m.Subscriptions(user)
	if err != nil {
		return nil, err
	}
	subs = slices.Clone(subs)
	slices.SortFunc(subs, func(a, b channel.Subscription) int { return cmp.Compare(b.Renewed, a.Renewed) })
	for i := range subs {
		all = append(all, subs[i].Language)
	}
	return all, nil
}

// Look implements [mail.Facts]. If one of the messages is worth telling now, so are those that
// could wait: the user hears something anyway.
func (t *Teller) Look(ctx context.Context, user string, missed []wire.ChannelSeq) (found mail.Found, err error) {
	if err := t.levelAll(ctx, missed); err != nil {
		return found, err
	}
	m, err := t.moment()
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	m.free = true
	now := false
	for _, at := range missed {
		d, one, err := m.missed(user, at)
		switch {
		case err != nil:
			return mail.Found{}, err
		case d.Verdict == decide.Never:
			continue
		case d.Verdict == decide.Tell:
			now = true
		case found.Until.IsZero() || d.Until.Before(found.Until):
			found.Until = d.Until
		}
		found.Missed = append(found.Missed, one)
	}
	if !now {
		found.Missed = nil
		return found, nil
	}
	slices.SortStableFunc(found.Missed, func(a, b letter.Missed) int { return a.At.Compare(b.At) })
	return found, nil
}

// levelAll waits until this node's view shows everything that the channels of some messages have.
func (t *Teller) levelAll(ctx context.Context, missed []wire.ChannelSeq) error {
	ctx, cancel := context.WithTimeout(ctx, viewTime)
	defer cancel()
	known := map[string]bool{}
	for _, at := range missed {
		if known[at.Channel] {
			continue
		}
		known[at.Channel] = true
		if err := t.log.AwaitChannel(ctx, at.Channel); err != nil {
			return fmt.Errorf("wait for the view: %w", err)
		}
	}
	return nil
}

// missed decides again about a message that a user has missed.
func (m *moment) missed(user string, at wire.ChannelSeq) (d decide.Decision, one letter.Missed, err error) {
	d.Verdict = decide.Never
	msg, err := m.message(at.Channel, at.Seq)
	if msg == nil || msg.content == nil || err != nil {
		return d, one, err
	}
	all, err := m.candidates(at.Channel, []string{user})
	if len(all) == 0 || err != nil {
		return d, one, err
	}
	if d, err = m.decide(msg, &all[0]); d.Verdict == decide.Never || err != nil {
		return d, one, err
	}
	w, err := m.wording(msg, d)
	return d, letter.Missed{Channel: at.Channel, Seq: at.Seq, At: msg.at, Message: w}, err
}

// NoteMail notes the result of a digest, in the push log of its user.
func (t *Teller) NoteMail(user string, o post.Outcome) {
	e := wire.PushLogEntry{Verdict: wire.PushNot, Reason: o.Reason, ID: byMail, Result: wire.PushResult(o.Result)}
	if o.Result == push.Sent {
		e.Verdict = wire.PushTold
	}
	t.counts.add("mail."+string(o.Result)+"."+o.Reason, 1)
	t.note(user, pushlog.Entry{PushLogEntry: e})
}
