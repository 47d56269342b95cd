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
	post     *channel.Post   // one of the two is set
	create   *channel.Create //
	deadline time.Time
	order    uint64 // in which the lane's commands came
	served   bool   // came from another node's lane: answered rather than forwarded on
	tried    bool   // has been handed to JetStream or to another node: its outcome may be unknown
	done     func(wire.Ack, error)
}

// bytes is about what the command adds to a round.
func (c *command) bytes() int {
	if c.post != nil {
		return len(c.post.Content.Text) + 256
	}
	return len(c.create.Members)*(wire.MaxUserLen+3) + 512
}

// overdue is the honest answer when time runs out: what was handed on may be stored, what was not is not.
func (c *command) overdue() error {
	if c.tried {
		return wire.Errorf(wire.CodeTimeout, "it is not known yet whether this was stored; retry with the same client_id")
	}
	return wire.Errorf(wire.CodeUnavailable, "the channel's shard has no writer at the moment; nothing was stored, retry")
}

func newPost(user string, cmd *wire.Send) *command {
	ch := cmd.Channel
	if cmd.To != "" {
		ch = wire.DirectChannel(user, cmd.To)
	}
	return &command{
		channel: ch, user: user, clientID: cmd.ClientID,
		post: &channel.Post{Channel: ch, Sender: user, ClientID: cmd.ClientID, Content: cmd.Content},
	}
}

func newCreate(user string, cmd *wire.CreateGroup) *command {
	return &command{
		channel: channel.GroupID(user, cmd.ClientID), user: user, clientID: cmd.ClientID,
		create: &channel.Create{Creator: user, ClientID: cmd.ClientID, Name: cmd.Name, Members: cmd.Members},
	}
}

// wire is the command as it travels to another node.
func (c *command) wire() wire.Command {
	if c.post != nil {
		return wire.Send{Channel: c.channel, ClientID: c.clientID, Content: c.post.Content}
	}
	return wire.CreateGroup{ClientID: c.clientID, Name: c.create.Name, Members: c.create.Members}
}
