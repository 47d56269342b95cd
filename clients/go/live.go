package natter

import (
	"context"
	"slices"
	"sync"

	"natterjack/server/wire"
)

// Live holds functions that are told of live news: receipts, presence, profiles and typing. These
// are in no log and of no use later. The functions are called one at a time, in the order in which
// the server sent the news, by the goroutine that reads the connection. They must return at once,
// and must not call the client. A nil function is not called.
type Live struct {
	// Receipts is told how far other users have got, and how far the user has got on another
	// device.
	Receipts func(Receipts)
	// Presence is told the presence of followed users, when it is asked for and when it
	// changes.
	Presence func([]UserPresence)
	// Profiles is told the profiles of users who share a channel with the user, when they change.
	// Changes from while the client was not connected are not told: ask again for those profiles
	// that are shown.
	Profiles func([]Profile)
	// Typing is told which user is typing in which channel.
	Typing func(channel, user string)
}

// Receipts tell how far members of a channel have got.
type Receipts = wire.Receipts

// Receipt tells how far one member has got.
type Receipt = wire.Receipt

// UserPresence is the presence of one user.
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

// live hands live news to the application.
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
	case wire.Profiles:
		if l.Profiles != nil && f.Ref.Ref == 0 { // else it answers a question
			l.Profiles(f.Users)
		}
	case wire.Typing:
		if l.Typing != nil {
			l.Typing(f.Channel, f.User)
		}
	}
}

// standing holds the settings of a session that end with it. The next session is told them
// again.
type standing struct {
	mu       sync.Mutex // guards the following
	presence *wire.SetPresence
	watch    *wire.Watch
	follow   *wire.FollowPresence
}

// commands returns the commands that repeat the settings. Each command is built when it is
// written, because a repeat must not undo a later setting.
func (st *standing) commands() (cmds []func(ref uint64) wire.Command) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.presence != nil { // first: no user may see a wrong state before it
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

// restate repeats the settings of the last session in a new session. No caller waits for the
// answers, but Live is told of the presence in them.
func (s *session) restate(ctx context.Context) error {
	for _, command := range s.c.standing.commands() {
		r := newRequest(command)
		r.slot = false
		if err := s.c.outbox.add(ctx, r); err != nil {
			return nil //nolint:nilerr // the client has ended, and all waiting callers are told
		}
	}
	return nil
}

// ask sends a command that changes no log, and returns its answer.
func ask[F wire.Frame, T wire.Command, P interface {
	*T
	Number(ref uint64)
}](ctx context.Context, c *Client, cmd T) (F, error) {
	if err := cmd.Validate(unlimited); err != nil {
		var none F
		return none, err
	}
	r := newRequest(func(ref uint64) wire.Command {
		P(&cmd).Number(ref)
		if q, ok := any(&cmd).(interface{ Know(seen []wire.ShardPos) }); ok {
			q.Know(c.track.seen())
		}
		return cmd
	})
	switch any(cmd).(type) {
	case wire.ReserveUpload, wire.CompleteUpload:
		r.upload = true
	}
	return call[F](ctx, c, r)
}

// Read says that the user has read a channel up to a message. The user's other devices agree at
// once, and other users see it.
func (c *Client) Read(ctx context.Context, channel string, seq uint64) error {
	_, err := ask[wire.Done](ctx, c, wire.Read{Channel: channel, Seq: seq})
	return err
}

// Received says up to which message this device has received each channel, for at most 100
// channels.
func (c *Client) Received(ctx context.Context, upto map[string]uint64) error {
	cmd := wire.Received{}
	for channel, seq := range upto {
		cmd.Cursors = append(cmd.Cursors, wire.ChannelSeq{Channel: channel, Seq: seq})
	}
	_, err := ask[wire.Done](ctx, c, cmd)
	return err
}

// Receipts returns how far each member of a channel has got.
func (c *Client) Receipts(ctx context.Context, channel string) ([]Receipt, error) {
	f, err := ask[wire.Receipts](ctx, c, wire.GetReceipts{Channel: channel})
	return f.Cursors, err
}

// Watch says which channels are on the screen, at most 20. It replaces the channels of the call
// before. [Live] is told which users read and type in them. Watch holds over reconnects.
func (c *Client) Watch(ctx context.Context, channels ...string) error {
	cmd := wire.Watch{Channels: slices.Clone(channels)}
	keep(&c.standing, &c.standing.watch, cmd)
	_, err := ask[wire.Done](ctx, c, cmd)
	return err
}

// FollowPresence asks for the presence of at most 200 users. [Live] is told of every change
// until FollowPresence is called again. It holds over reconnects.
func (c *Client) FollowPresence(ctx context.Context, users ...string) ([]UserPresence, error) {
	cmd := wire.FollowPresence{Users: slices.Clone(users)}
	keep(&c.standing, &c.standing.follow, cmd)
	f, err := ask[wire.Presence](ctx, c, cmd)
	return f.Users, err
}

// SetPresence sets the presence state of this client: [Online], [Away] or [Invisible]. It holds
// over reconnects.
func (c *Client) SetPresence(ctx context.Context, state PresenceState) error {
	cmd := wire.SetPresence{State: state}
	if err := cmd.Validate(unlimited); err != nil {
		return err
	}
	keep(&c.standing, &c.standing.presence, cmd)
	_, err := ask[wire.Done](ctx, c, cmd)
	return err
}

// Presence returns the presence of at most 200 users.
func (c *Client) Presence(ctx context.Context, users ...string) ([]UserPresence, error) {
	f, err := ask[wire.Presence](ctx, c, wire.GetPresence{Users: users})
	return f.Users, err
}

// Typing says that the user is typing in a channel. While the user types, a call every three
// seconds is enough.
func (c *Client) Typing(ctx context.Context, channel string) error {
	_, err := ask[wire.Done](ctx, c, wire.SetTyping{Channel: channel})
	return err
}

// Sessions returns the user's sessions, this one among them.
func (c *Client) Sessions(ctx context.Context) ([]wire.Session, error) {
	f, err := ask[wire.Sessions](ctx, c, wire.ListSessions{})
	return f.Sessions, err
}

// SignOut ends one of the user's sessions, and all others with the same token. An empty name is the
// session of this client.
func (c *Client) SignOut(ctx context.Context, session string) error {
	_, err := ask[wire.Done](ctx, c, wire.SignOut{Session: session})
	return err
}
