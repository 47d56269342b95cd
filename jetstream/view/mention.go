package view

import (
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// everybody stands in the place of a user name when a message mentions all members. No user has
// an empty name.
const everybody = ""

// mention updates the index of mentions when a message's content changes from before to after. Nil
// means no content. The users whom an @here mentions are noted before the message, see
// [round.note]. An edit that removes the @here forgets that.
func (r *round) mention(t target, before, after *wire.Content) error {
	if before == after {
		return nil
	}
	var present []string
	was, is := mentionsHere(before), mentionsHere(after)
	if was || is {
		var err error
		if present, err = r.presentAt(t); err != nil {
			return err
		}
	}
	for user := range mentioned(before, present) {
		r.key = appendMentionKey(r.key[:0], t.channel, user, t.seq)
		r.unset()
	}
	r.value = r.value[:0]
	for user := range mentioned(after, present) {
		r.key = appendMentionKey(r.key[:0], t.channel, user, t.seq)
		r.set()
	}
	if was && !is {
		r.setPresent(t, nil)
	}
	return nil
}

// note takes in a note that names the users whom @here mentions in a message. The first note of a
// message counts.
func (r *round) note(channel string, n *wire.Note) error {
	if n == nil || n.Seq == 0 || len(n.Present) == 0 {
		return nil
	}
	t := target{channel, n.Seq}
	if known, err := r.presentAt(t); len(known) > 0 || err != nil {
		return err
	}
	r.setPresent(t, n.Present)
	c, err := r.changedMessage(t)
	if err != nil || !mentionsHere(contentOf(c.message)) {
		return err
	}
	r.value = r.value[:0]
	for _, user := range n.Present {
		r.key = appendMentionKey(r.key[:0], channel, user, n.Seq)
		r.set()
	}
	return nil
}

// presentAt returns the members whom @here mentions in a message.
func (r *round) presentAt(t target) ([]string, error) {
	if present, met := r.present[t]; met {
		return present, nil
	}
	disk, err := r.reader()
	if err != nil {
		return nil, err
	}
	return disk.presentAt(t)
}

func (r *reader) presentAt(t target) ([]string, error) {
	r.key = appendHereKey(r.key[:0], t.channel, t.seq)
	value, err := r.get()
	if value == nil || err != nil {
		return nil, err
	}
	p := parser{rest: value}
	present := p.names()
	return present, p.end()
}

func (r *round) setPresent(t target, present []string) {
	r.present[t] = present
	r.key = appendHereKey(r.key[:0], t.channel, t.seq)
	if len(present) == 0 {
		r.unset()
		return
	}
	r.value = appendNames(r.value[:0], present)
	r.set()
}

func mentionsHere(c *wire.Content) bool { return c != nil && channel.MentionsHere(c) }

// mentioned yields the users that a content mentions, some perhaps twice. If the content mentions
// everybody, it yields only everybody, so that no user is counted twice for one message. Present
// are the users whom an @here mentions.
func mentioned(c *wire.Content, present []string) func(yield func(user string) bool) {
	return func(yield func(user string) bool) {
		if c == nil || len(c.Mentions) == 0 {
			return
		}
		if slices.ContainsFunc(c.Mentions, func(m wire.Mention) bool { return m.Kind == wire.MentionChannel }) {
			yield(everybody)
			return
		}
		for _, m := range c.Mentions {
			if m.Kind == wire.MentionUser && !yield(m.User) {
				return
			}
		}
		if !channel.MentionsHere(c) {
			return
		}
		for _, user := range present {
			if !yield(user) {
				return
			}
		}
	}
}
