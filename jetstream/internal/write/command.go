package write

import (
	"time"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/internal/api"
	"natterjack/server/wire"
)

// commandTimeout is how long a command may wait for its commit. It is shorter than the engine's
// election (4–9 s). Within this time a sender gets an honest answer, and an SDK retries. A
// longer timeout would only hold memory.
const commandTimeout = 5 * time.Second

// Command is one request on its way through a lane. Its fields belong to the lane once it is
// submitted.
type Command struct {
	channel  string
	user     string
	clientID string
	change   wire.Command // a [wire.Change], or the creation of a group
	present  []string     // members who were connected, if the change mentions them by @here
	refusal  *wire.Error  // refuses the command, unless it is the retry of one that was stored
	deadline time.Time
	order    uint64 // position in which the command came to the lane
	served   bool   // came from another node's lane: it is answered and never relayed
	tried    bool   // a try has ended without an answer: it is not known whether the command is stored
	charged  bool   // has been charged to its channel's rate
	unnamed  bool   // the client gave no id: clientID was made here, to recognise our own retries
	turns    *turns // turns of the command's lane
	place    uint64 // place in the lines of turns: its order, or the order of the refused command it repeats
	done     func(wire.Ack, error)
}

// Channel returns the id of the channel that the command appends to.
func (c *Command) Channel() string { return c.channel }

// Mention says which members were connected when the command was given. It matters only if the
// command mentions them by @here.
func (c *Command) Mention(present []string) { c.present = present }

// Refuse says that the command is to be refused with an error, unless it was stored before. A retry
// of a stored command gets its ack even if, say, its tickets have expired since.
func (c *Command) Refuse(err error) {
	if err != nil {
		c.refusal = wire.AsError(err, 0)
	}
}

// answer gives the command its answer, once. If the answer is to try again, later commands of
// its sender in the channel are held back.
func (c *Command) answer(ack wire.Ack, err error) {
	c.turns.answered(c, err)
	c.done(ack, err)
}

// bytes returns the maximum size that the command adds to a round, encoded.
func (c *Command) bytes() int {
	most := 512 // for everything but content and members
	for _, user := range c.present {
		most += len(user) + 3
	}
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
	n := quotedLen(c.Text) + len(c.Mentions)*mention
	for i := range c.Attachments {
		n += attachmentBytes(&c.Attachments[i])
	}
	return n
}

func attachmentBytes(a *wire.Attachment) int {
	const (
		around  = 512 // its members' names and its numbers
		preview = 256
	)
	return around + len(a.Waveform)*4/3 + len(a.Previews)*preview + quotedLen(a.Caption) + quotedLen(a.Name) + quotedLen(a.Blurhash) + len(a.Type) + len(a.Rest)
}

// quotedLen returns the length of a text as a JSON string. Text that is code, with its tabs and
// quotes, can be up to six times as long when quoted.
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

// overdue returns the answer for a command that ran out of time.
func (c *Command) overdue() error {
	return c.unstored(wire.Errorf(wire.CodeUnavailable, "the channel's shard has no writer at the moment; nothing was stored, retry"))
}

// unstored returns the answer for a command that the current try does not store, for the reason
// err. That is err, unless an earlier try has ended without an answer. The events of that try may
// be stored, or may still be on their way. So no answer may say that nothing was stored, or that
// the command is refused for good. The sender asks again, and is then told the reason if it still
// holds.
func (c *Command) unstored(err error) error {
	if !c.tried {
		return err
	}
	unknown := wire.Errorf(wire.CodeTimeout, "it is not known yet whether this was stored; retry with the same client_id")
	unknown.RetryAfter = wire.AsError(err, 0).RetryAfter
	return unknown
}

// given returns the client id that the client gave, or "".
func (c *Command) given() string {
	if c.unnamed {
		return ""
	}
	return c.clientID
}

// unnamedPrefix begins the client ids that are made on a node. A client that makes such an id
// itself harms only itself.
const unnamedPrefix = "~"

// Change returns the command for a change. A change that opens a direct channel is addressed
// to that channel from here on.
func Change(user string, cmd wire.Change) *Command {
	c := &Command{channel: cmd.Place(user), user: user, clientID: cmd.Key(), change: cmd}
	if c.clientID == "" {
		c.clientID, c.unnamed = unnamedPrefix+api.Unique(), true
	}
	if send, ok := cmd.(wire.Send); ok {
		send.Channel, send.To = c.channel, ""
		c.change = send
	}
	return c
}

// Create returns the command for the creation of a group.
func Create(user string, cmd wire.CreateGroup) *Command {
	return &Command{channel: channel.GroupID(user, cmd.ClientID), user: user, clientID: cmd.ClientID, change: cmd}
}

// newCommand returns the command that came here from another node. If that node made a client
// id for it, the command keeps that id. The result is nil for a command that no lane takes.
func newCommand(user, made string, cmd wire.Command) *Command {
	switch c := cmd.(type) {
	case wire.Change:
		change := Change(user, c)
		if change.unnamed && made != "" {
			change.clientID = made
		}
		return change
	case wire.CreateGroup:
		return Create(user, c)
	default:
		return nil
	}
}
