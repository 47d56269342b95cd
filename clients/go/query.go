package natter

import (
	"context"
	"iter"

	"natterjack/server/wire"
)

// Page is a page of messages that [Client.History] returns.
type Page = wire.Page

// Channels is a list that [Client.Channels] returns.
type Channels = wire.Channels

// ChannelInfo is a channel as one of its members sees it.
type ChannelInfo = wire.ChannelInfo

// Around says which messages of a channel [Client.History] reads: those before a seq, those after a
// seq, those on either side of a seq, or the latest if none is set. Limit is 50 unless set, and at
// most the session's Limits.HistoryEvents. With Changes, the page also has the changes of the
// channel that happened between its messages. Such an event belongs behind the message with the seq
// that is its Last.
type Around struct {
	Before, After uint64
	Of            uint64 // the message itself is among those on its sides
	Limit         int
	Changes       bool
}

// History reads one page of a channel's messages, in ascending order of seq. Like every query
// it is repeated over reconnects until ctx ends. If the server refuses it, the error is the
// server's [*Error].
func (c *Client) History(ctx context.Context, channel string, around Around) (Page, error) {
	return ask[Page](ctx, c, wire.History{
		Channel: channel, Before: around.Before, After: around.After, Around: around.Of, Limit: around.Limit, Changes: around.Changes,
	})
}

// Channels lists the user's channels with their unread counts, the most recently active channel
// first. A limit of 0 means 50.
func (c *Client) Channels(ctx context.Context, limit int) (Channels, error) {
	return ask[Channels](ctx, c, wire.ListChannels{Limit: limit})
}

// ChannelsBehind lists channels like [Client.Channels], beginning behind a channel: the last
// one of the list before.
func (c *Client) ChannelsBehind(ctx context.Context, last *ChannelInfo, limit int) (Channels, error) {
	return ask[Channels](ctx, c, wire.ListChannels{Before: &wire.ChannelPlace{Active: last.Active, ID: last.ID}, Limit: limit})
}

// AllChannels lists all of the user's channels, the most recently active channel first. It sends
// as many queries as that takes. A channel that becomes active meanwhile moves to the beginning
// of the list, so the beginning is read again at the end, and each channel is yielded once. An
// error ends the list.
func (c *Client) AllChannels(ctx context.Context) iter.Seq2[ChannelInfo, error] {
	return func(yield func(ChannelInfo, error) bool) {
		known := map[string]bool{}
		for {
			fresh, ok := c.readChannels(ctx, known, yield)
			if !ok || fresh == 0 {
				return
			}
		}
	}
}

// readChannels reads the list of channels up to a page without a channel that is not known yet,
// or to its end. It reports how many it has found, and whether the caller wants more.
func (c *Client) readChannels(ctx context.Context, known map[string]bool, yield func(ChannelInfo, error) bool) (found int, ok bool) {
	var last *ChannelInfo
	for {
		page, err := c.channelsBehind(ctx, last)
		if err != nil {
			yield(ChannelInfo{}, err)
			return found, false
		}
		fresh := 0
		for i := range page.Channels {
			info := page.Channels[i]
			if last = &page.Channels[i]; known[info.ID] {
				continue
			}
			known[info.ID] = true
			fresh++
			if !yield(info, nil) {
				return found, false
			}
		}
		if found += fresh; !page.More || fresh == 0 {
			return found, true
		}
	}
}

func (c *Client) channelsBehind(ctx context.Context, last *ChannelInfo) (Channels, error) {
	if last == nil {
		return c.Channels(ctx, 0)
	}
	return c.ChannelsBehind(ctx, last, 0)
}

// Channel returns one channel with all of its members. For users who may add members it also
// returns the users who ask to join.
func (c *Client) Channel(ctx context.Context, channel string) (wire.Channel, error) {
	return ask[wire.Channel](ctx, c, wire.GetChannel{Channel: channel})
}

// Versions returns the versions of a message: the first, and one after each edit. It sends as
// many queries as that takes.
func (c *Client) Versions(ctx context.Context, channel string, seq uint64) (versions []wire.MessageVersion, err error) {
	for {
		f, err := ask[wire.Versions](ctx, c, wire.GetVersions{Channel: channel, Seq: seq, After: len(versions)})
		versions = append(versions, f.Versions...)
		if err != nil || !f.More || len(f.Versions) == 0 {
			return versions, err
		}
	}
}

// Reactions returns the users who reacted to a message with an emoji, ascending. If after names
// a user, it begins behind that user. A limit of 0 means 50. The pages of a channel name only
// the first few users.
func (c *Client) Reactions(ctx context.Context, channel string, seq uint64, emoji, after string, limit int) (wire.Reactions, error) {
	cmd := wire.GetReactions{Channel: channel, Seq: seq, Emoji: emoji, After: after, Limit: limit}
	return ask[wire.Reactions](ctx, c, cmd)
}

// Pins returns the pinned messages of a channel, the newest message first. It sends as many
// queries as that takes.
func (c *Client) Pins(ctx context.Context, channel string) (pins []Event, err error) {
	for before := uint64(0); ; {
		page, err := ask[Page](ctx, c, wire.GetPins{Channel: channel, Before: before})
		pins = append(pins, page.Events...)
		if err != nil || !page.More || len(page.Events) == 0 {
			return pins, err
		}
		before = page.Events[len(page.Events)-1].Seq
	}
}

// CreateGroup creates a group of the user and members. It creates one group, even if the
// command must be repeated.
func (c *Client) CreateGroup(ctx context.Context, name string, members []string, options ...SendOption) (ChannelInfo, error) {
	g := wire.CreateGroup{ClientID: applied(options).clientID, Name: name, Members: members}
	if err := g.Validate(unlimited); err != nil {
		return ChannelInfo{}, err
	}
	f, err := call[wire.Channel](ctx, c, newRequest(func(ref uint64) wire.Command {
		g.Ref = wire.Ref{Ref: ref}
		return g
	}))
	return f.Channel, err
}
