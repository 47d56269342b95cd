package jetstream

import (
	"bytes"
	"context"
	"slices"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// reactions returns a page of the users who reacted to a message. It is empty if the message
// does not exist or the user is not shown it.
func (l *Log) reactions(ctx context.Context, c operation.Caller, cmd wire.GetReactions) (wire.Reactions, error) {
	user := c.User
	some := wire.Reactions{Channel: cmd.Channel, Seq: cmd.Seq, Emoji: cmd.Emoji, Users: []string{}}
	if _, err := l.awaitMessage(ctx, user, wire.ChannelSeq{Channel: cmd.Channel, Seq: cmd.Seq}); err != nil {
		return some, err
	}
	shown, err := l.view.Shows(user, cmd.Channel, cmd.Seq)
	if !shown || err != nil {
		return some, err
	}
	m, err := l.view.Message(cmd.Channel, cmd.Seq)
	if m == nil || err != nil {
		return some, err
	}
	users := m.Reactors(cmd.Emoji)
	i, found := slices.BinarySearch(users, cmd.After)
	if found {
		i++
	}
	users = users[i:]
	n := min(len(users), l.limit(cmd.Limit))
	some.Users, some.More = append(some.Users, users[:n]...), n < len(users)
	return some, nil
}

// shownTo returns withReactions for one user.
func shownTo(user string) func(record []byte) ([]byte, error) {
	return func(record []byte) ([]byte, error) { return withReactions(user, record) }
}

// withReactions returns the stored record of a message as a page shows it to a user: with only
// the first few of the users who reacted. It must not be called with its own result.
func withReactions(user string, record []byte) ([]byte, error) {
	if !bytes.Contains(record, []byte(`"reactions":[`)) {
		return record, nil
	}
	r, err := wire.DecodeRecord(record)
	if err != nil {
		return nil, err
	}
	for i := range r.Reactions {
		r.Reactions[i] = r.Reactions[i].ShownTo(user)
	}
	return wire.EncodeRecord(&r)
}
