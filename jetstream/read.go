package jetstream

import (
	"cmp"
	"context"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/operation"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// Bounds of the changes of one page. A user sees no more than so many lines about the channel
// between two messages.
const (
	maxChanges     = 200
	maxChangeBytes = 64 << 10
)

// history returns a page of a channel's messages, ascending, and if asked the changes of the
// channel that happened between them. It includes everything that this node has acknowledged to any
// client.
func (l *Log) history(ctx context.Context, c operation.Caller, cmd wire.History) (page wire.RawPage, err error) {
	page = wire.RawPage{Channel: cmd.Channel}
	if _, err := l.awaitMessage(ctx, c.User, wire.ChannelSeq{Channel: cmd.Channel, Seq: cmd.Around}); err != nil {
		return page, err
	}
	w := view.Window{
		Before: cmd.Before, After: cmd.After, Around: cmd.Around, Limit: l.limit(cmd.Limit), Bytes: wire.MaxPageBytes, Show: shownTo(c.User),
	}
	if cmd.Changes {
		w.Changes, w.ChangeBytes = maxChanges, maxChangeBytes
		w.Bytes -= maxChangeBytes
	}
	found, err := l.view.Passage(c.User, cmd.Channel, w)
	if err != nil {
		return page, err
	}
	page.More, page.MoreAfter, page.Near, page.Around = found.More, found.MoreAfter, found.Near, cmd.Around != 0
	page.MoreChanges = found.Left
	page.Events = make([][]byte, len(found.Messages))
	shard := l.layout.shardOf(cmd.Channel)
	for i := range found.Messages {
		page.Events[i] = frameOf(shard, &found.Messages[i])
	}
	for i := range found.Changes {
		change := &found.Changes[i]
		page.Changes = append(page.Changes, wire.RawChange{Frame: frameOf(shard, &change.Event), Behind: change.Behind})
	}
	return page, nil
}

// channels returns a window of the user's channels, the most recently active first.
func (l *Log) channels(ctx context.Context, c operation.Caller, cmd wire.ListChannels) (reply wire.Channels, err error) {
	for shard := range l.shards {
		if err := l.awaitShard(ctx, shard); err != nil {
			return reply, err
		}
	}
	var behind *view.Mark
	if b := cmd.Before; b != nil {
		behind = &view.Mark{Active: b.Active, ID: b.ID}
	}
	if err := l.awaitReceipts(ctx); err != nil {
		return reply, err
	}
	listed, more, err := l.view.List(c.User, view.Listing{
		Behind: behind, Limit: l.limit(cmd.Limit), Bytes: wire.MaxPageBytes, Show: shownTo(c.User),
	}, l.readBy(c.User))
	if err != nil {
		return reply, err
	}
	reply = wire.Channels{Channels: make([]wire.ChannelInfo, len(listed)), More: more}
	for i := range listed {
		if reply.Channels[i], err = l.info(c.User, &listed[i]); err != nil {
			return reply, err
		}
		if st := listed[i].State; st.Kind == wire.Group && len(st.Members) > wire.MaxListedMembers {
			reply.Channels[i].Members = nil
		}
	}
	return reply, nil
}

// channel answers get_channel.
func (l *Log) channel(ctx context.Context, c operation.Caller, cmd wire.GetChannel) (wire.Channel, error) {
	return l.wholeChannel(ctx, c.User, cmd.Channel)
}

// wholeChannel returns one channel of the user's with all its members and their roles. A user
// who may add members also gets the users who ask to join, the banned users, and the invites.
func (l *Log) wholeChannel(ctx context.Context, user, id string) (c wire.Channel, err error) {
	if _, err := l.awaitChannel(ctx, user, id); err != nil {
		return c, err
	}
	if err := l.awaitReceipts(ctx); err != nil {
		return c, err
	}
	listed, err := l.view.Listed(user, id, shownTo(user), l.readBy(user))
	if err != nil {
		return c, err
	}
	st := listed.State
	if st == nil { // the user was a member a moment ago
		return c, channel.Forbidden()
	}
	if c.Channel, err = l.info(user, &listed); err != nil {
		return c, err
	}
	c.Owner, c.Admins, c.Readers = st.Owner(), st.With(wire.RoleAdmin), st.With(wire.RoleReader)
	if role := st.Role(user); st.Kind == wire.Group && (role == wire.RoleOwner || role == wire.RoleAdmin) {
		c.Requested, c.Banned, c.Invites = st.Requested, st.Banned, st.Open(l.clock.now().UnixMilli(), l.dated(id))
	}
	return c, nil
}

func (l *Log) info(user string, c *view.Listed) (wire.ChannelInfo, error) {
	st := c.State
	info := wire.ChannelInfo{
		ID: st.ID, Kind: st.Kind, Name: st.Name, Topic: st.Topic, SlowModeS: st.SlowModeS, Archived: st.Archived,
		Role: st.Role(user), MemberCount: len(st.Members), Members: st.Members, Seq: st.Seq, Active: c.Active,
		Unread: c.Unread, Mentions: c.Mentions, Mute: c.Mute, Top: c.Top != "",
	}
	if st.Picture.ID != "" {
		info.Picture = new(st.Picture)
	}
	if c.Last == nil {
		return info, nil
	}
	last, err := l.event(c.Last)
	info.Last = &last
	return info, err
}

// event converts an event of the view, as it is shown to a user, to a part of a frame.
func (l *Log) event(e *view.Event) (wire.Event, error) {
	record, err := wire.DecodeRecord(e.Record)
	shard := l.layout.shardOf(e.Channel)
	return wire.Event{Shard: shard, Pos: e.Pos, Channel: e.Channel, Record: record}, err
}

// readBy returns how far a user has read, by channel, where the view may not have it yet.
func (l *Log) readBy(user string) func(channel string) uint64 {
	return func(channel string) uint64 { return l.receipts.Ahead(channel, user).Read }
}

// pins returns the pinned messages of a channel that the user is shown, as many as a page
// holds.
func (l *Log) pins(ctx context.Context, c operation.Caller, cmd wire.GetPins) (wire.Page, error) {
	user := c.User
	page := wire.Page{Channel: cmd.Channel, Events: []wire.Event{}}
	if _, err := l.awaitChannel(ctx, user, cmd.Channel); err != nil {
		return page, err
	}
	bytes := 0
	err := l.view.EachPin(user, cmd.Channel, cmd.Before, func(pin *view.Event) (more bool, err error) {
		if pin.Record, err = withReactions(user, pin.Record); err != nil {
			return false, err
		}
		if bytes += len(pin.Record); bytes > wire.MaxPageBytes && len(page.Events) > 0 {
			page.More = true
			return false, nil
		}
		e, err := l.event(pin)
		page.Events = append(page.Events, e)
		return true, err
	})
	return page, err
}

// versions returns the versions of a message that the user is shown, as many as a page holds.
func (l *Log) versions(ctx context.Context, c operation.Caller, cmd wire.GetVersions) (wire.Versions, error) {
	user := c.User
	all := wire.Versions{Channel: cmd.Channel, Seq: cmd.Seq, Versions: []wire.MessageVersion{}}
	if _, err := l.awaitMessage(ctx, user, wire.ChannelSeq{Channel: cmd.Channel, Seq: cmd.Seq}); err != nil {
		return all, err
	}
	shown, err := l.view.Shows(user, cmd.Channel, cmd.Seq)
	if !shown || err != nil {
		return all, err
	}
	versions, more, err := l.view.Edits(cmd.Channel, cmd.Seq, cmd.After, wire.MaxPageBytes)
	all.More = more
	for _, v := range versions {
		if v.Content != nil {
			all.Versions = append(all.Versions, wire.MessageVersion{Timestamp: v.Timestamp, Content: *v.Content})
		}
	}
	return all, err
}

// awaitChannel waits until this node's view shows all events that a client has seen of a channel
// and of the user's settings, which say which messages the user has hidden. It returns the channel,
// or a refusal if the user is not a member.
func (l *Log) awaitChannel(ctx context.Context, user, channel string) (*channel.State, error) {
	return l.awaitMessage(ctx, user, wire.ChannelSeq{Channel: channel})
}

// awaitMessage does what awaitChannel does, for a command that names a message. It also waits if
// this node does not know the message or the user's membership. The user may have learned of either
// on another node.
func (l *Log) awaitMessage(ctx context.Context, user string, at wire.ChannelSeq) (*channel.State, error) {
	for _, channel := range [2]string{at.Channel, wire.OwnChannel(user)} {
		if err := l.awaitLatest(ctx, channel); err != nil {
			return nil, err
		}
	}
	if st, err := l.member(user, at.Channel); err == nil && st.Seq >= at.Seq {
		return st, nil
	}
	if err := l.awaitSaid(ctx, user, at); err != nil {
		return nil, err
	}
	return l.member(user, at.Channel)
}

// limit returns how many entries a page may have. The client may ask for a number, or for none.
func (l *Log) limit(asked int) int { return min(wire.LimitOr50(asked), l.limits.HistoryEvents) }

// member returns the channel, or a refusal if the user is not a member. It looks at the user's
// membership first. Otherwise the time of the answer would tell users who are not members whether
// there is such a channel.
func (l *Log) member(user, id string) (*channel.State, error) {
	if member, err := l.view.Member(user, id); !member || err != nil {
		return nil, cmp.Or(err, channel.Forbidden())
	}
	st, err := l.view.Channel(id)
	if err != nil {
		return nil, err
	}
	if !st.Member(user) {
		return nil, channel.Forbidden()
	}
	return st, nil
}

// awaitLatest waits until this node's view shows all events of a channel that a client has
// seen.
func (l *Log) awaitLatest(ctx context.Context, channel string) error {
	return l.awaitShard(ctx, l.layout.shardOf(channel))
}

func (l *Log) awaitShard(ctx context.Context, shard int) error {
	return l.awaitPos(ctx, shard, l.shards[shard].seen.v.Load())
}

// awaitPos waits until this node's view shows a shard up to pos. An ack arrives some tenths of
// a millisecond before the follower's event. A client that asks right after the ack must find
// its own message.
func (l *Log) awaitPos(ctx context.Context, shard int, pos uint64) error {
	if l.view.Position(shard) >= pos {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, ownReadTimeout)
	defer cancel()
	if err := l.shards[shard].follower.Await(ctx, pos); err != nil {
		return wire.Errorf(wire.CodeUnavailable, "this node is behind the log; retry")
	}
	return nil
}
