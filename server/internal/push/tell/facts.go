package tell

import (
	"fmt"
	"slices"
	"time"

	"natterjack/jetstream"
	"natterjack/jetstream/channel"
	"natterjack/server/internal/push/decide"
	"natterjack/server/internal/push/prefs"
	"natterjack/server/wire"
)

// moment is the node's view at one moment. It is for one goroutine. Close it soon.
type moment struct {
	*jetstream.Audience

	teller *Teller
	stamp  uint64
	now    time.Time
	loaded map[wire.ChannelSeq]*message
	// free means that the users' rates do not count, because they have been charged.
	free bool
}

// moment returns the view as it is now.
func (t *Teller) moment() (*moment, error) {
	stamp := t.prefs.Stamp()
	a, err := t.log.Audience()
	if err != nil {
		return nil, err
	}
	return &moment{Audience: a, teller: t, stamp: stamp, now: t.now(), loaded: map[wire.ChannelSeq]*message{}}, nil
}

// message holds the facts about a message that decisions depend on, for all users who may be told
// of it.
type message struct {
	id      string // of the channel
	seq     uint64
	sender  string
	at      time.Time
	content *wire.Content // nil if deleted
	direct  bool
	state   *channel.State

	everybody, here bool
	mentioned       map[string]bool // by name
	present         []string        // users whom @here mentions
	answers         string          // the sender of the message that this one answers
}

// message returns a message as it is now, or nil if there is none.
func (m *moment) message(id string, seq uint64) (*message, error) {
	key := wire.ChannelSeq{Channel: id, Seq: seq}
	if msg, known := m.loaded[key]; known {
		return msg, nil
	}
	msg, err := m.load(id, seq)
	if err != nil {
		return nil, fmt.Errorf("look at the message %d of %s: %w", seq, id, err)
	}
	m.loaded[key] = msg
	return msg, nil
}

func (m *moment) load(id string, seq uint64) (*message, error) {
	st, err := m.Channel(id)
	if err != nil || !st.Exists() {
		return nil, err
	}
	stored, err := m.Message(id, seq)
	if stored == nil || err != nil {
		return nil, err
	}
	_, _, direct := wire.DirectUsers(id)
	msg := &message{id: id, seq: seq, sender: stored.Sender, at: time.UnixMilli(stored.Timestamp), content: stored.Content, direct: direct, state: st}
	if stored.Deleted {
		msg.content = nil
	}
	if msg.content == nil {
		return msg, nil
	}
	msg.mark(msg.content)
	if msg.here {
		if msg.present, err = m.Present(id, seq); err != nil {
			return nil, err
		}
	}
	if to := msg.content.ReplyTo; to > 0 {
		answered, err := m.Message(id, to)
		if err != nil {
			return nil, err
		}
		if answered != nil {
			msg.answers = answered.Sender
		}
	}
	return msg, nil
}

// mark notes the users that a content mentions.
func (m *message) mark(c *wire.Content) {
	for i := range c.Mentions {
		switch c.Mentions[i].Kind {
		case wire.MentionChannel:
			m.everybody = true
		case wire.MentionHere:
			m.here = true
		case wire.MentionUser:
			if m.mentioned == nil {
				m.mentioned = map[string]bool{}
			}
			m.mentioned[c.Mentions[i].User] = true
		}
	}
}

// candidate is a member who may be told of a message.
type candidate struct {
	user  string
	prefs *prefs.Prefs
	// served means that services tell the user by themselves.
	served bool
	read   uint64 // the user has read the channel up to here
}

// candidates returns those of some users who have a subscription or another way to be told, with
// how far they have read a channel. Users must ascend.
func (m *moment) candidates(id string, users []string) (all []candidate, err error) {
	var told []string
	for _, user := range users {
		c, may, err := m.candidate(user)
		if err != nil {
			return nil, err
		}
		if may {
			all, told = append(all, c), append(told, user)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	read, err := m.Read(id, told)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].read = read[i]
	}
	return all, nil
}

// candidate returns a user, and whether they are told anywhere.
func (m *moment) candidate(user string) (c candidate, may bool, err error) {
	t := m.teller
	c = candidate{user: user, served: t.served(user)}
	if c.prefs, err = t.prefs.Of(m, m.stamp, user, c.served); err != nil {
		return c, false, fmt.Errorf("look at what %s has set: %w", user, err)
	}
	return c, c.told() || c.prefs.Mail && t.digest != nil, nil
}

// nobody reports whether a message is to one user alone, who has no way to be told. Most messages
// of users who chat are, and nothing of these is read.
func (m *moment) nobody(e *wire.Event) (bool, error) {
	a, b, direct := wire.DirectUsers(e.Channel)
	if !direct {
		return false, nil
	}
	if a == e.Sender {
		a = b
	}
	_, may, err := m.candidate(a)
	return !may, err
}

// told reports whether the user is told of a message at once, and not only in a digest.
func (c *candidate) told() bool { return len(c.prefs.Devices) > 0 || c.served }

// served reports whether services tell a user by themselves.
func (t *Teller) served(user string) bool { return t.cfg.Interest(jetstream.TellSubject(user)) }

// facts returns the facts about a message and a user who may be told of it.
func (m *moment) facts(msg *message, c *candidate) (*decide.Facts, error) {
	t := m.teller
	settings, err := c.prefs.For(m, msg.id, msg.direct)
	if err != nil {
		return nil, err
	}
	member, err := m.member(msg, c.user)
	if err != nil {
		return nil, err
	}
	hidden, err := m.Hides(c.user, msg.id, msg.seq)
	if err != nil {
		return nil, err
	}
	var freeAt time.Time
	if !m.free {
		freeAt = t.rates.freeAt(m.now, c.user)
	}
	f := &decide.Facts{
		Message: decide.Message{
			Sender: msg.sender, At: msg.at, Direct: msg.direct, Deleted: msg.content == nil, Mentioned: msg.mentioned[c.user],
			Reply: msg.answers == c.user, Everybody: msg.everybody, Here: msg.here,
		},
		Recipient: decide.Recipient{
			Name: c.user, Member: member, Blocked: m.Blocked(c.user, msg.sender), Hidden: hidden, Read: c.read >= msg.seq,
			Present: slices.Contains(msg.present, c.user), Active: t.cfg.Presence.Active(c.user), FreeAt: freeAt,
		},
		Settings: settings,
	}
	if msg.content != nil {
		f.Message.Text = msg.content.Text
	}
	return f, nil
}

// member reports whether a user is a member, and may see the message. A user who has come back
// since may see it because of an earlier membership.
func (m *moment) member(msg *message, user string) (bool, error) {
	i, member := slices.BinarySearch(msg.state.Members, user)
	if !member {
		return false, nil
	}
	if i < len(msg.state.Since) && msg.state.Since[i] >= msg.seq {
		return m.Shows(user, msg.id, msg.seq)
	}
	return true, nil
}

// decide decides about a message and a user.
func (m *moment) decide(msg *message, c *candidate) (decide.Decision, error) {
	_, d, err := m.judge(msg, c)
	return d, err
}

// judge does what decide does, and returns the facts, too.
func (m *moment) judge(msg *message, c *candidate) (*decide.Facts, decide.Decision, error) {
	f, err := m.facts(msg, c)
	if err != nil {
		return nil, decide.Decision{}, fmt.Errorf("look at %s: %w", c.user, err)
	}
	return f, decide.Decide(f, m.now), nil
}
