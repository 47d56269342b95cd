package bridge

import (
	"slices"
	"time"

	"natterjack/server/wire"
)

// notices are frames that wait to be written and are not in the log: receipts, presence, and
// typing. Attachments share them.
type notices struct {
	frames [][]byte
	since  time.Time // when the first of them came
}

// add appends frames to n, and makes n if it is nil. An attachment is slow when a frame has waited
// for [noticeTimeout]. It gets nothing more then, which bounds the frames that wait for it. It has
// to be cut off; its client learns on reconnecting that it has missed something.
func (n *notices) add(now time.Time, frames [][]byte) (with *notices, slow bool) {
	switch {
	case n == nil:
		return &notices{slices.Clone(frames), now}, false
	case now.Sub(n.since) > noticeTimeout:
		return n, true
	default:
		n.frames = append(n.frames, frames...)
		return n, false
	}
}

// notify hands frames to the connection, and never blocks.
func (a *attachment) notify(now time.Time, frames ...[]byte) {
	a.mu.Lock()
	slow := a.live && !a.take(now, frames)
	a.mu.Unlock()
	if slow {
		a.transport().overrun()
	}
}

// tellOwn tells the client how far its own user has read and received, unless the client
// already knows that the user has read as much.
func (a *attachment) tellOwn(now time.Time, channel string, own wire.Receipt, frame []byte) {
	a.mu.Lock()
	slow := false
	if a.live && !a.said.knows(channel, own) {
		a.said = a.said.with(channel, own.Read, own.Delivered)
		a.toldOwn++
		slow = !a.take(now, [][]byte{frame})
	}
	a.mu.Unlock()
	if slow {
		a.transport().overrun()
	}
}

// take queues frames. It reports false if the client is too slow. The caller holds mu.
func (a *attachment) take(now time.Time, frames [][]byte) (ok bool) {
	var slow bool
	a.notices, slow = a.notices.add(now, frames)
	a.transport().ring()
	return !slow
}

// told takes the frames to be written. It reports false if the attachment is not live any more,
// and may have missed something.
func (a *attachment) told() (frames [][]byte, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.notices != nil {
		frames, a.notices = a.notices.frames, nil
	}
	return frames, a.live
}

// telling returns a function that passes changes of presence on to an attachment.
func (b *Bridge) telling(a *attachment) func(news []wire.UserPresence) {
	return func(news []wire.UserPresence) {
		a.notify(time.Now(), b.encode(nil, a.ID, wire.Presence{Users: news}))
	}
}
