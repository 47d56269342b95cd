package jetstream

import (
	"context"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// Scope answers many questions about what one user may see, as this node's view was when the Scope
// was made. It is for one goroutine. Close it soon, because it keeps the view from closing.
type Scope struct {
	scope *view.Scope
	log   *Log
	user  string
}

// Scope returns the scope of a user, once this node's view shows everything that clients have seen
// here.
func (l *Log) Scope(ctx context.Context, user string) (*Scope, error) {
	if err := l.AwaitShown(ctx); err != nil {
		return nil, err
	}
	s, err := l.view.Scope(user)
	if err != nil {
		return nil, err
	}
	return &Scope{scope: s, log: l, user: user}, nil
}

// AwaitShown waits until this node's view shows everything that clients have seen here.
func (l *Log) AwaitShown(ctx context.Context) error {
	for shard := range l.shards {
		if err := l.awaitShard(ctx, shard); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the Scope.
func (s *Scope) Close() error { return s.scope.Close() }

// Channels returns the ids of the channels that the user is a member of now, without their own one.
func (s *Scope) Channels() ([]string, error) { return s.scope.Channels() }

// Channel describes one of the user's channels, with all of its members. The error has the code
// forbidden if the user is not a member, whether there is such a channel or not.
func (s *Scope) Channel(id string) (wire.ChannelInfo, error) {
	st, err := s.scope.State(id)
	if err != nil {
		return wire.ChannelInfo{}, err
	}
	if !st.Member(s.user) {
		return wire.ChannelInfo{}, channel.Forbidden()
	}
	return wire.ChannelInfo{
		ID: st.ID, Kind: st.Kind, Name: st.Name, Topic: st.Topic, Archived: st.Archived, MemberCount: len(st.Members), Members: st.Members, Seq: st.Seq,
	}, nil
}

// Name returns the display name of a user who shares a channel with the user, or nothing. Users who
// share a channel may see it.
func (s *Scope) Name(user string) (string, error) { return s.scope.Name(user) }

// Message returns a message as it is now, if the user may see it. It returns nil if not, if there
// is none, and if it is deleted.
func (s *Scope) Message(channel string, seq uint64) (*wire.Record, error) {
	m, err := s.scope.Message(channel, seq)
	if m == nil || err != nil {
		return nil, err
	}
	return m.Record(), nil
}

// Unread reports whether the user has yet to read a message that they may see.
func (s *Scope) Unread(channel string, seq uint64) (bool, error) {
	read, err := s.scope.Read(channel)
	return seq > max(read, s.log.receipts.Ahead(channel, s.user).Read), err
}

// Mentioned reports whether a message mentions the user.
func (s *Scope) Mentioned(channel string, seq uint64) (bool, error) {
	return s.scope.Mentioned(channel, seq)
}

// Message returns a message as it is now, without asking which users may see it. It returns nil if
// there is none, and if it is deleted.
func (l *Log) Message(channel string, seq uint64) (*wire.Record, error) {
	return recordOf(l.view.Message(channel, seq))
}

// MessageOf returns the same for the message of an event, with less work. This node's view must
// have the event. The event may be void.
func (l *Log) MessageOf(e *wire.Event) (*wire.Record, error) {
	return recordOf(l.view.MessageOf(e.Channel, &e.Record, e.Pos))
}

func recordOf(m *channel.Message, err error) (*wire.Record, error) {
	if m == nil || m.Deleted || m.Content == nil || err != nil {
		return nil, err
	}
	return m.Record(), nil
}

// HasLink reports whether a text has a link, as galleries show them.
func (l *Log) HasLink(text string) bool { return view.HasLink(text) }
