package channel

import (
	"natterjack/server/wire"
)

// Env is what the rules need from outside: the writer's clock and its source of ids.
type Env struct {
	Now        int64         // Unix milliseconds
	NewID      func() string // globally unique
	MaxMembers int           // of a group, its creator included; without limit where 0
	// Message is a message of the channel, or nil where there is none of that seq.
	Message func(seq uint64) (*Message, error)
	// Stays are a user's in the channel. Nobody has any, outside of direct channels, where it is nil. It is asked only of commands that
	// are about a message.
	Stays func(user string) (Stays, error)
	// Blocked reports whether a user has blocked another; Settings counts a user's settings. Nobody has any where these are nil.
	Blocked  func(by, of string) bool
	Settings func(user string) (int, error)
}

// Decide gives the events of a command by a user to the channel of an id; none where it finds done what it asks for. An error that is
// not a [*wire.Error] is one of env. The command has passed its Validate: that it is well formed is not asked again. Versions are
// left to [Head.Number].
//
// Decide does not know of duplicates: whoever holds the index of client ids asks that first.
func Decide(st *State, id, user string, cmd wire.Command, env Env) ([]wire.Record, error) {
	a := &act{st: st, id: id, user: user, env: env}
	if c, ok := cmd.(wire.Change); ok {
		a.key = c.Key()
	}
	switch c := cmd.(type) { // those that need no channel, or no membership
	case wire.CreateGroup:
		return a.create(c)
	case wire.Join:
		return a.join(c)
	case wire.Send:
		return a.send(c)
	case wire.Set:
		return a.set(c)
	}
	if err := a.may(cmd); err != nil {
		return nil, err
	}
	return a.change(cmd)
}

// change is a command that the user may give.
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

// act is one command on its way through the rules: who gives it, to which channel.
type act struct {
	st   *State
	id   string
	user string
	key  string // client id
	env  Env
}

// now is the time of the next event: a clock that steps back must not reorder what people see.
func (a *act) now() int64 {
	if a.st == nil {
		return a.env.Now
	}
	return max(a.env.Now, a.st.Active)
}

// skew is how far apart the clocks of two writers may be, in milliseconds: a node that is further off does not lead for long.
const skew = 2000

// clock is the time that rules count in: as a rule that of the next event. Where an event was dated far ahead of this writer's clock, one
// of the two is wrong, and to go by what may be a day ahead would hold everybody back for a day: the writer's counts.
func (a *act) clock() int64 {
	if now := a.now(); now-a.env.Now <= skew {
		return now
	}
	return a.env.Now
}

// when is the time of an event that rules count in.
func when(r *wire.Record) int64 {
	if r.Clock != 0 {
		return r.Clock
	}
	return r.Timestamp
}

// event is a record of the user's, with what every record has.
func (a *act) event(kind wire.Kind, r wire.Record) []wire.Record {
	r.Kind, r.ID, r.ClientID, r.Sender, r.Timestamp = kind, a.env.NewID(), a.key, a.user, a.now()
	if clock := a.clock(); clock != r.Timestamp {
		r.Clock = clock
	}
	return []wire.Record{r}
}

func (a *act) meta(m wire.Meta) []wire.Record {
	return a.event(wire.KindMeta, wire.Record{Meta: &m})
}

// moves is an event by which users become members, or cease to be. It says after which message: to count those that the log holds
// would be to miss those that were erased from it.
func (a *act) moves(action wire.Action, users ...string) []wire.Record {
	return a.meta(wire.Meta{Action: action, Members: users, Seq: a.st.Seq})
}

// about is an event that is about users.
func (a *act) about(action wire.Action, users ...string) []wire.Record {
	return a.meta(wire.Meta{Action: action, Members: users})
}
