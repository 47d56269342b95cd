package jetstream

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"natterjack/jetstream/operation"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// MayRead returns an attachment of a message, if a user may see the message now: as a member who
// was a member when it was sent, and has not hidden it. Otherwise the error has the code not_found,
// whether there is such a message or not, and it takes as long.
func (l *Log) MayRead(ctx context.Context, user, channel string, seq uint64, media string) (wire.Attachment, error) {
	_, err := l.awaitMessage(ctx, user, wire.ChannelSeq{Channel: channel, Seq: seq})
	if errors.Is(err, &wire.Error{Code: wire.CodeForbidden}) {
		return wire.Attachment{}, noMedia()
	}
	if err != nil {
		return wire.Attachment{}, err
	}
	shown, err := l.view.Shows(user, channel, seq)
	if !shown || err != nil {
		return wire.Attachment{}, cmp.Or(err, noMedia())
	}
	m, err := l.view.Message(channel, seq)
	if err != nil {
		return wire.Attachment{}, err
	}
	if m != nil && m.Content != nil {
		all := m.Content.Attachments
		if i := slices.IndexFunc(all, func(a wire.Attachment) bool { return a.ID == media }); i >= 0 {
			return all[i], nil
		}
	}
	return wire.Attachment{}, noMedia()
}

// gallery returns a page of the attachments and links of a channel that the user is shown.
func (l *Log) gallery(ctx context.Context, c operation.Caller, cmd wire.ListMedia) (wire.Gallery, error) {
	reply := wire.Gallery{Channel: cmd.Channel, Items: []wire.GalleryItem{}}
	if _, err := l.awaitChannel(ctx, c.User, cmd.Channel); err != nil {
		return reply, err
	}
	kinds := wire.GalleryKinds()
	if cmd.Kind != "" {
		kinds = []wire.GalleryKind{cmd.Kind}
	}
	items, more, err := l.view.Gallery(c.User, cmd.Channel, view.Gallery{Kinds: kinds, Before: cmd.Before, Limit: l.limit(cmd.Limit), Bytes: wire.MaxPageBytes})
	reply.Items = append(reply.Items, items...)
	if more {
		reply.Next = items[len(items)-1].MediaPlace
	}
	return reply, err
}

// Referenced reports whether a message names an uploaded file, in any channel, as far as this node
// knows.
func (l *Log) Referenced(media string) (bool, error) { return l.view.Referenced(media) }

// MediaAfter returns the uploaded files that messages name, ascending, those after one, at most
// limit.
func (l *Log) MediaAfter(after string, limit int) ([]string, error) {
	return l.view.MediaAfter(after, limit)
}

// filesPerCommand is how many files may be added up for the price of a command: some 0.15 µs each.
const filesPerCommand = 5000

// UsedByUser returns how many bytes the files in a user's messages have, each file once. A
// forwarded file counts for the user who has forwarded it, too. It is for commands of that user,
// and the entries that it reads count as commands.
func (l *Log) UsedByUser(user string) (int64, error) {
	used, looked, err := l.view.UsedByUser(user)
	l.rates.worked(time.Now(), user, looked/filesPerCommand)
	return used, err
}

// UsedByChannel returns how many bytes the files in a channel have, each file once.
func (l *Log) UsedByChannel(channel string) (int64, error) { return l.view.UsedByChannel(channel) }

// Dropped returns the uploaded files that a message named no more after the event at a position,
// ascending, those after one, at most limit. See [view.View.Dropped].
func (l *Log) Dropped(shard int, pos uint64, after string, limit int) ([]string, error) {
	return l.view.Dropped(shard, pos, after, limit)
}

// DroppedDone forgets the results of [Log.Dropped] for the events of a shard up to a position.
func (l *Log) DroppedDone(shard int, upto uint64) error { return l.view.DroppedDone(shard, upto) }

func noMedia() error {
	return wire.Errorf(wire.CodeNotFound, "media: there is no such attachment that you can see")
}
