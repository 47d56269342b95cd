package natter

import (
	"context"
	"slices"
	"sync"

	"natterjack/server/wire"
)

// Live is told of what is in no log and of no use later. Its functions are called one at a time, in the order in which the server
// said it, by the goroutine that reads the connection: they must return at once, and must not call the client. Those that are nil are not called.
type Live struct {
	// Receipts is told how far others have got, and how far the user himself has on another device.
	Receipts func(Receipts)
	// Presence is told who is there, of those who are followed, when it is asked for and when it changes.
	Presence func([]UserPresence)
	// Typing is told who is writing.
	Typing func(channel, user string)
}

// Receipts are how far members of a channel have got.
type Receipts = wire.Receipts

// Receipt is how far one member has got.
type Receipt = wire.Receipt

// UserPresence is whether somebody is there.
type UserPresence = wire.UserPresence

// PresenceState is a state of presence.
type PresenceState = wire.PresenceState

// The states of presence.
const (
	Online    = wire.PresenceOnline
	Away      = wire.PresenceAway
	Invisible = wire.PresenceInvisible
	Offline   = wire.PresenceOffline
	Unknown   = wire.PresenceUnknown
)

// live tells the application what is in no log.
func (s *session) live(f wire.Frame) {
	l := &s.c.options.Live
	switch f := f.(type) {
	case wire.Receipts:
		if l.Receipts != nil {
			l.Receipts(f)
		}
	case wire.Presence:
		if l.Presence != nil {
			l.Presence(f.Users)
		}
	case wire.Typing:
		if l.Typing != nil {
			l.Typing(f.Channel, f.User)
		}
	}
}

// standing is what a session was told that ends with it: the next one is told it again.
type standing struct {
	mu       sync.Mutex // guards the following
	presence *wire.SetPresence
	watch    *wire.Watch
	follow   *wire.FollowPresence
}

// commands make what is to be said again, each as it is when it is written: a repeat must not undo what was said since.
func (st *standing) commands() (cmds []func(ref uint64) wire.Command) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.presence != nil { // first: before anybody sees a state that is not meant
		cmds = append(cmds, latest[wire.SetPresence](st, &st.presence))
	}
	if st.watch != nil {
		cmds = append(cmds, latest[wire.Watch](st, &st.watch))
	}
	if st.follow != nil {
		cmds = append(cmds, latest[wire.FollowPresence](st, &st.follow))
	}
	return cmds
}

func latest[T wire.Command, P interface {
	*T
	Number(ref uint64)
}](st *standing, of **T) func(ref uint64) wire.Command {
	return func(ref uint64) wire.Command {
		st.mu.Lock()
		defer st.mu.Unlock()
		cmd := **of
		P(&cmd).Number(ref)
		return cmd
	}
}

func keep[T any](st *standing, of **T, cmd T) {
	st.mu.Lock()
	defer st.mu.Unlock()
	*of = &cmd
}

// restate tells a new session what the last one was told. The answers are nobody's, but that Live hears of presence.
func (s *session) restate(ctx context.Context) error {
	for _, command := range s.c.standing.commands() {
		r := newRequest(command)
		r.slot = false
		if err := s.c.outbox.add(ctx, r); err != nil {
			return nil //nolint:nilerr // the client has ended, and whoever waits is told
		}
	}
	return nil
}

// ask has a command answered that changes no log.
func ask[F wire.Frame, T wire.Command, P interface {
	*T
	Number(ref uint64)
}](ctx context.Context, c *Client, cmd T) (F, error) {
	if err := cmd.Validate(unlimited); err != nil {
		var none F
		return none, err
	}
	return call[F](ctx, c, newRequest(func(ref uint64) wire.Command {
		P(&cmd).Number(ref)
		if q, ok := any(&cmd).(interface{ Know(seen []wire.ShardPos) }); ok {
			q.Know(c.track.seen())
		}
		return cmd
	}))
}

// Read says that the user has read a channel up to a message: his other devices agree at once, and others see it.
func (c *Client) Read(ctx context.Context, channel string, seq uint64) error {
	_, err := ask[wire.Done](ctx, c, wire.Read{Channel: channel, Seq: seq})
	return err
}

// Received says up to which messages this device has got, by channel; at most 100 channels.
func (c *Client) Received(ctx context.Context, upto map[string]uint64) error {
	cmd := wire.Received{}
	for channel, seq := range upto {
		cmd.Cursors = append(cmd.Cursors, wire.ChannelSeq{Channel: channel, Seq: seq})
	}
	_, err := ask[wire.Done](ctx, c, cmd)
	return err
}

// Receipts are how far each member of a channel has got.
func (c *Client) Receipts(ctx context.Context, channel string) ([]Receipt, error) {
	f, err := ask[wire.Receipts](ctx, c, wire.GetReceipts{Channel: channel})
	return f.Cursors, err
}

// Watch says which channels are on the screen, at most 20, in place of what was said before. [Live] is told who reads and writes in them.
// It holds over reconnects.
func (c *Client) Watch(ctx context.Context, channels ...string) error {
	cmd := wire.Watch{Channels: slices.Clone(channels)}
	keep(&c.standing, &c.standing.watch, cmd)
	_, err := ask[wire.Done](ctx, c, cmd)
	return err
}

// FollowPresence asks for the presence of people, at most 200, and has [Live] told of every change until it is called again. It holds
// over reconnects.
func (c *Client) FollowPresence(ctx context.Context, users ...string) ([]UserPresence, error) {
	cmd := wire.FollowPresence{Users: slices.Clone(users)}
	keep(&c.standing, &c.standing.follow, cmd)
	f, err := ask[wire.Presence](ctx, c, cmd)
	return f.Users, err
}

// SetPresence says how this client counts: [Online], [Away] or [Invisible]. It holds over reconnects.
func (c *Client) SetPresence(ctx context.Context, state PresenceState) error {
	cmd := wire.SetPresence{State: state}
	if err := cmd.Validate(unlimited); err != nil {
		return err
	}
	keep(&c.standing, &c.standing.presence, cmd)
	_, err := ask[wire.Done](ctx, c, cmd)
	return err
}

// Presence is whether people are there, at most 200.
func (c *Client) Presence(ctx context.Context, users ...string) ([]UserPresence, error) {
	f, err := ask[wire.Presence](ctx, c, wire.GetPresence{Users: users})
	return f.Users, err
}

// Typing says that the user is writing in a channel. While he does, every three seconds is often enough.
func (c *Client) Typing(ctx context.Context, channel string) error {
	_, err := ask[wire.Done](ctx, c, wire.SetTyping{Channel: channel})
	return err
}

// Sessions are the user's sessions, this one among them.
func (c *Client) Sessions(ctx context.Context) ([]wire.Session, error) {
	f, err := ask[wire.Sessions](ctx, c, wire.ListSessions{})
	return f.Sessions, err
}

// SignOut ends one of the user's sessions, and all others of its token.
func (c *Client) SignOut(ctx context.Context, session string) error {
	_, err := ask[wire.Done](ctx, c, wire.SignOut{Session: session})
	return err
}
