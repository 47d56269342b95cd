package jetstream

import (
	"context"
	"slices"
	"sync/atomic"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// present tells which users are connected.
type present struct {
	of atomic.Pointer[func(users []string) []string]
}

// WatchPresent registers f, in place of an earlier function. F returns which of some users are
// connected to any node. It may take a moment. Without it, no user counts as connected.
func (l *Log) WatchPresent(f func(users []string) []string) { l.present.of.Store(&f) }

// mentioned returns the members whom a command mentions by @here. The log does not say which users
// are connected, and two nodes would find different users. So the sender's node looks once, and the
// writer stores the result. The sender's next commands wait for that, too, because their order is
// worth more.
func (l *Log) mentioned(user string, cmd wire.Change) []string {
	of := l.present.of.Load()
	content, id := contentOf(cmd), cmd.Place(user)
	if of == nil || content == nil || !channel.MentionsHere(content) {
		return nil
	}
	members := membersOf(id)
	if members == nil {
		// The user may have become a member on another node a moment ago.
		if l.awaitSaid(context.Background(), user, wire.ChannelSeq{Channel: id}) != nil {
			return nil
		}
		// The writer refuses the command of anybody else. Nothing is looked up for them.
		if member, err := l.view.Member(user, id); !member || err != nil {
			return nil
		}
		st, err := l.view.Channel(id)
		if err != nil || !st.Exists() {
			return nil
		}
		members = st.Members
	}
	return (*of)(slices.DeleteFunc(slices.Clone(members), func(member string) bool { return member == user }))
}

// membersOf returns the users of a direct channel, or nil for a group.
func membersOf(channel string) []string {
	if a, b, direct := wire.DirectUsers(channel); direct {
		return []string{a, b}
	}
	return nil
}

// contentOf returns the content of a command that has one, or nil.
func contentOf(cmd wire.Command) *wire.Content {
	switch c := cmd.(type) {
	case wire.Send:
		return &c.Content
	case wire.Edit:
		return &c.Content
	default:
		return nil
	}
}
