package jetstream

import (
	"time"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// commandTimeout is how long a command may wait for its commit. It is shorter than the engine's election (4–9 s):
// within it a sender gets an honest answer, and an SDK retries; a longer one would only hold memory.
const commandTimeout = 5 * time.Second

// command is one wish on its way through a lane. Its fields belong to the lane once it is submitted.
type command struct {
	channel  string
	user     string
	clientID string
	change   wire.Command // a [wire.Change], or the creation of a group
	deadline time.Time
	order    uint64 // in which the lane's commands came
	served   bool   // came from another node's lane: answered rather than forwarded on
	tried    bool   // has been handed to JetStream or to another node: its outcome may be unknown
	charged  bool   // to its channel's rate
	unnamed  bool   // has no client id of its client's: clientID was made here, so that a retry of ours is known
	turns    *turns // of the lane that it has come to
	place    uint64 // in the lines of turns: its order, or that of the refused one that it repeats
	done     func(wire.Ack, error)
}

// answer gives the command its answer, once. Where that is to try again, what comes behind it from
// its sender is held back.
func (c *command) answer(ack wire.Ack, err error) {
	c.turns.answered(c, err)
	c.done(ack, err)
}

// bytes returns how much the command adds to a round at most, encoded.
func (c *command) bytes() int {
	const most = 512 // of all but content and members
	switch cmd := c.change.(type) {
	case wire.Send:
		return most + contentBytes(&cmd.Content)
	case wire.Edit:
		return most + contentBytes(&cmd.Content)
	case wire.CreateGroup:
		return most + len(cmd.Members)*(wire.MaxUserLen+3)
	case wire.AddMembers:
		return most + len(cmd.Members)*(wire.MaxUserLen+3)
	default:
		return most
	}
}

func contentBytes(c *wire.Content) int {
	const mention = wire.MaxUserLen + 64
	return quotedLen(c.Text) + len(c.Mentions)*mention
}

// quotedLen returns how long a text is as a string of JSON. Code, with its tabs and quotes, is up to six times as long as the text.
func quotedLen(s string) int {
	n := len(s) + len(`""`)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '\n' || c == '\t' || c == '\r' || c == '\b' || c == '\f':
			n++
		case c < ' ':
			n += len(`u0000`)
		}
	}
	return n
}

// overdue is the honest answer when time runs out: what was handed on may be stored, what was not is not.
func (c *command) overdue() error {
	if c.tried {
		return wire.Errorf(wire.CodeTimeout, "it is not known yet whether this was stored; retry with the same client_id")
	}
	return wire.Errorf(wire.CodeUnavailable, "the channel's shard has no writer at the moment; nothing was stored, retry")
}

// given returns the client id that the client gave, or "".
func (c *command) given() string {
	if c.unnamed {
		return ""
	}
	return c.clientID
}

// unnamedPrefix begins the client ids that are made here. A client that made such an id would harm nobody but itself.
const unnamedPrefix = "~"

// newChange is the command of a change. One that opens a direct channel is one to that channel from here on.
func newChange(user string, cmd wire.Change) *command {
	c := &command{channel: cmd.Place(user), user: user, clientID: cmd.Key(), change: cmd}
	if c.clientID == "" {
		c.clientID, c.unnamed = unnamedPrefix+unique(), true
	}
	if send, ok := cmd.(wire.Send); ok {
		send.Channel, send.To = c.channel, ""
		c.change = send
	}
	return c
}

func newCreate(user string, cmd wire.CreateGroup) *command {
	return &command{channel: channel.GroupID(user, cmd.ClientID), user: user, clientID: cmd.ClientID, change: cmd}
}

// newCommand is the command that travelled here from another node, under the client id that was made for it there, if one was; nil for
// one that no lane takes.
func newCommand(user, made string, cmd wire.Command) *command {
	switch c := cmd.(type) {
	case wire.Change:
		change := newChange(user, c)
		if change.unnamed && made != "" {
			change.clientID = made
		}
		return change
	case wire.CreateGroup:
		return newCreate(user, c)
	default:
		return nil
	}
}
