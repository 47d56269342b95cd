package channel

import (
	"slices"

	"natterjack/server/wire"
)

// Event is what a command wants to append: a kind and the record to store under it.
type Event struct {
	Kind   wire.Kind
	Record wire.Record
}

// Env is what the rules need from outside: the writer's clock and its source of ids.
type Env struct {
	Now        int64         // Unix milliseconds
	NewID      func() string // globally unique
	MaxMembers int           // of a group, its creator included; without limit where 0
	// Message is a message of the channel, or nil where there is none of that seq.
	Message func(seq uint64) (*Message, error)
}

// Decide gives the events of a command by a user to a channel; none where it finds done what it asks for. An error that is not a
// [*wire.Error] is one of env.Message.
func Decide(st *State, id, user string, cmd wire.Command, env Env) ([]Event, error) {
	switch c := cmd.(type) {
	case wire.Send:
		return DecidePost(st, &Post{Channel: id, Sender: user, ClientID: c.ClientID, Content: c.Content}, env)
	case wire.CreateGroup:
		return DecideCreate(st, &Create{Creator: user, ClientID: c.ClientID, Name: c.Name, Members: c.Members}, env)
	default:
		return nil, wire.Errorf(wire.CodeUnsupported, "%s: is not served yet", cmd.Type())
	}
}

// Post is the wish to add a message.
type Post struct {
	Channel  string
	Sender   string
	ClientID string
	Content  wire.Content
}

// Create is the wish to make a group. Its id is [GroupID] of the same creator and client id.
type Create struct {
	Creator  string
	ClientID string
	Name     string
	Members  []string
}

// DecidePost gives the events of a message: the message, and before it the creation of a direct channel that has not
// spoken yet. It does not know of duplicates: whoever holds the index of client ids asks that first.
func DecidePost(st *State, p *Post, env Env) ([]Event, error) {
	var events []Event
	if !st.Exists() {
		members, ok := directMembers(p.Channel)
		if !ok {
			return nil, Forbidden()
		}
		created := Event{Kind: wire.KindMeta, Record: wire.Record{
			ID: env.NewID(), Sender: p.Sender, Timestamp: after(st, env.Now),
			Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Direct, Members: members},
		}}
		events = append(events, created)
		st = Apply(st, p.Channel, created.Kind, 0, &created.Record)
	}
	if !st.Member(p.Sender) {
		return nil, Forbidden()
	}
	content := p.Content
	return append(events, Event{Kind: wire.KindMessage, Record: wire.Record{
		ID: env.NewID(), ClientID: p.ClientID, Sender: p.Sender, Seq: st.Seq + 1,
		Timestamp: after(st, env.Now), Content: &content,
	}}), nil
}

// DecideCreate gives the one event that makes a group, or none where the same command made it before. A second
// command under the same client id that wants another group is a conflict.
func DecideCreate(st *State, c *Create, env Env) ([]Event, error) {
	members := sorted(append([]string{c.Creator}, c.Members...))
	if st.Exists() {
		if st.Kind == wire.Group && st.Creator == c.Creator && st.Name == c.Name && slices.Equal(st.Members, members) {
			return nil, nil
		}
		return nil, wire.Errorf(wire.CodeConflict, "client_id: was used for another group")
	}
	if env.MaxMembers > 0 && len(members) > env.MaxMembers {
		return nil, wire.Errorf(wire.CodeTooLarge, "members: %d with you, at most %d are allowed", len(members), env.MaxMembers)
	}
	return []Event{{Kind: wire.KindMeta, Record: wire.Record{
		ID: env.NewID(), ClientID: c.ClientID, Sender: c.Creator, Timestamp: after(st, env.Now),
		Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Group, Name: c.Name, Members: members},
	}}}, nil
}

// after is the time of the next event: a clock that steps back must not reorder what people see.
func after(st *State, now int64) int64 {
	if st == nil {
		return now
	}
	return max(now, st.Active)
}

// Forbidden is the answer to whoever is not a member, and to whoever asks for a channel that does not exist: to tell
// the two apart would tell outsiders which channels there are.
func Forbidden() error {
	return wire.Errorf(wire.CodeForbidden, "channel: there is none of this id that you are a member of")
}

func directMembers(id string) ([]string, bool) {
	a, b, ok := wire.DirectUsers(id)
	return slices.Compact([]string{a, b}), ok
}
