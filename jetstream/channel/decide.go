package channel

import (
	"natterjack/server/wire"
)

// Env holds the things that the rules need from outside, such as the writer's clock and its source
// of ids.
type Env struct {
	Now        int64         // Unix milliseconds
	NewID      func() string // globally unique
	MaxMembers int           // of a group, including its creator; 0 means no limit
	MaxEdits   int           // of a message; 0 means no limit
	// Present are members who were connected when the command was given. They are needed only
	// for a command that mentions them by @here.
	Present []string
	// Message returns a message of the channel, or nil if there is none with that seq.
	Message func(seq uint64) (*Message, error)
	// Stays returns a user's stays in the channel. If it is nil, users have stays only in direct
	// channels. It is called only for commands about a message or about new members.
	Stays func(user string) (Stays, error)
	// Groups returns in how many groups a user is, or some number of at least MaxGroups. It may
	// be a moment behind. MaxGroups is how many are allowed. 0 means no limit.
	Groups    func(user string) (int, error)
	MaxGroups int
	// Blocked reports whether a user has blocked another. Settings counts a user's settings of the
	// same kind as the named one, and reports whether the named one is set. If these are nil, no
	// user has blocked another, and no user has settings.
	Blocked  func(by, of string) bool
	Settings func(user, name string) (n int, set bool, err error)
	// Subscriptions returns the devices on which a user is notified. It may be a moment behind. If
	// it is nil, no user has a subscription.
	Subscriptions func(user string) ([]Subscription, error)
	// Dated corrects the time that an event at a position has. The result is earlier than the given
	// time if that turned out to be ahead of the right clock. If Dated is nil, all times are right.
	Dated func(pos uint64, at int64) int64
}

// Decide returns the events that a command by a user adds to the channel with an id. It returns
// none if the effect of the command is already in place, see [Noted]. An error that is not a
// [*wire.Error] comes from env. The caller has already called the command's Validate, so Decide
// does not check the form. [Head.Number] sets the versions.
//
// Decide does not detect duplicates. The caller, which holds the index of client ids, checks
// for them first.
func Decide(st *State, channel, user string, cmd wire.Command, env Env) ([]wire.Record, error) {
	a := &act{st: st, channel: channel, user: user, env: env}
	if c, ok := cmd.(wire.Change); ok {
		a.key = c.Key()
	}
	switch c := cmd.(type) { // commands that need no channel or no membership
	case wire.CreateGroup:
		return a.create(c)
	case wire.Join:
		return a.join(c)
	case wire.Send:
		return a.send(c)
	case wire.Set:
		return a.set(c)
	case wire.SetProfile:
		return a.setProfile(c)
	case wire.SubscribePush:
		return a.subscribe(c)
	case wire.UnsubscribePush:
		return a.unsubscribe(c)
	}
	if err := a.may(cmd); err != nil {
		return nil, err
	}
	return a.change(cmd)
}

// change decides a command that the user may give.
func (a *act) change(cmd wire.Command) ([]wire.Record, error) {
	switch c := cmd.(type) {
	case wire.Edit:
		return a.edit(c)
	case wire.Delete:
		return a.erase(c)
	case wire.React:
		return a.react(c)
	case wire.Pin:
		return a.pin(c)
	case wire.UpdateChannel:
		return a.update(c)
	case wire.AddMembers:
		return a.addMembers(c)
	case wire.RemoveMember:
		return a.removeMember(c)
	case wire.Unban:
		return a.unban(c)
	case wire.SetRole:
		return a.setRole(c)
	case wire.Leave:
		return a.leave()
	case wire.CreateInvite:
		return a.createInvite(c)
	case wire.RevokeInvite:
		return a.revokeInvite(c)
	case wire.DeleteChannel:
		return a.end(), nil
	default:
		return nil, unsupported(cmd)
	}
}

// act is one command on its way through the rules: its user and its channel.
type act struct {
	st      *State
	channel string
	user    string
	key     string // client id
	env     Env
}

// Skew is how far apart the clocks of two writers may be, in milliseconds. A node whose clock
// is further off does not lead for long.
const Skew = 2000

// now returns the time of the next event. Normally it does not go back: the clocks of two writers
// differ a little, and that must not reorder what people see. If the last event was dated far ahead
// of this writer's clock, one of the two clocks was wrong. A time that may be a day ahead would
// date everything ahead for a day, so the event gets this writer's time. The numbers of events say
// their order.
func (a *act) now() int64 {
	if a.st == nil || a.st.Active-a.env.Now > Skew {
		return a.env.Now
	}
	return max(a.env.Now, a.st.Active)
}

// When returns the time of an event. Earlier versions kept the timestamp from going back, and
// noted the writer's own clock beside it where the two differed.
func When(r *wire.Record) int64 {
	if r.Clock != 0 {
		return r.Clock
	}
	return r.Timestamp
}

// event completes a record of the user's with the members that every record has.
func (a *act) event(kind wire.Kind, r wire.Record) []wire.Record {
	r.Kind, r.ID, r.ClientID, r.Sender, r.Timestamp = kind, a.env.NewID(), a.key, a.user, a.now()
	return []wire.Record{r}
}

func (a *act) meta(m wire.Meta) []wire.Record {
	return a.event(wire.KindMeta, wire.Record{Meta: &m})
}

// moves returns an event by which users become members or stop being members. The event says after
// which message. Counting the messages in the log would miss messages that were erased from it.
func (a *act) moves(action wire.Action, users ...string) []wire.Record {
	return a.meta(wire.Meta{Action: action, Members: users, Seq: a.st.Seq})
}

// about returns an event that is about users.
func (a *act) about(action wire.Action, users ...string) []wire.Record {
	return a.meta(wire.Meta{Action: action, Members: users})
}
