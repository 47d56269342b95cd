package bridge

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"natterjack/jetstream"
	"natterjack/jetstream/receipts"
	"natterjack/server/wire"
)

// ReceiptLog is what the bridge asks of the log to tell listeners who has read and received what. [*jetstream.Log] is one; its
// contracts hold.
type ReceiptLog interface {
	ListenReceipts(to receipts.Listener)
	Moved(channel string, users []string) (*jetstream.Moved, error)
}

// receiptPause is between two rounds of telling listeners how far others have got.
const receiptPause = time.Second

// teller tells listeners how far users have got: each user's own ones at once, all others in rounds, the first at once and the next a
// pause later. In a round a channel's cursors are encoded once for all who may see the same of them, and a listener gets
// what there is for it of all channels in one message: that 500 people read in a group costs each of them a message a second.
type teller struct {
	bridge *Bridge
	due    chan struct{} // a token where somebody has moved

	telling sync.Mutex    // held during a round
	rounds  atomic.Uint64 // that have begun

	mu    sync.Mutex          // protects following
	moved map[string][]string // by channel, the users who have moved since the last round
}

var _ receipts.Listener = (*teller)(nil)

func newTeller(b *Bridge) *teller {
	return &teller{bridge: b, due: make(chan struct{}, 1), moved: map[string][]string{}}
}

// OwnMoved implements [receipts.Listener].
func (t *teller) OwnMoved(channel, user string, own receipts.Mark) {
	listeners := t.bridge.hub.of(user)
	if len(listeners) == 0 {
		return
	}
	cursor := wire.Receipt{User: user, Read: own.Read, Delivered: own.Delivered}
	frame, now := t.encode(channel, []wire.Receipt{cursor}), time.Now()
	for _, l := range listeners {
		l.tellOwn(now, channel, cursor, frame)
	}
}

// Moved implements [receipts.Listener]. What nobody here is interested in is forgotten at once.
func (t *teller) Moved(channel, user string) {
	peer, direct := peerOf(channel, user)
	if direct && len(t.bridge.hub.of(peer)) == 0 || !direct && !t.bridge.audience.any(channel) {
		return
	}
	t.mu.Lock()
	t.moved[channel] = append(t.moved[channel], user)
	t.mu.Unlock()
	select {
	case t.due <- struct{}{}:
	default:
	}
}

// peerOf is the other one in a direct channel; nobody where a user is alone in it.
func peerOf(channel, user string) (peer string, direct bool) {
	a, b, direct := wire.DirectUsers(channel)
	switch {
	case user != a:
		return a, direct
	case user != b:
		return b, direct
	default:
		return "", direct
	}
}

// run tells until ctx ends.
func (t *teller) run(ctx context.Context) {
	for {
		select {
		case <-t.due:
			t.round()
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(receiptPause):
		case <-ctx.Done():
			return
		}
	}
}

// round tells everybody who is interested what has moved since the last one.
func (t *teller) round() {
	t.telling.Lock()
	defer t.telling.Unlock()
	t.rounds.Add(1)
	t.mu.Lock()
	moved := t.moved
	t.moved = map[string][]string{}
	t.mu.Unlock()
	due := map[listener][][]byte{}
	for channel, users := range moved {
		slices.Sort(users)
		users = slices.Compact(users)
		m, err := t.bridge.receipts.Moved(channel, users)
		if err != nil {
			t.bridge.logger.Warn("receipts not told", "channel", channel, "error", err)
			continue
		}
		t.gather(due, &movedIn{Moved: m, teller: t, channel: channel}, users)
	}
	now := time.Now()
	for l, frames := range due {
		l.notify(now, frames...)
	}
}

// between waits for a round that is under way, and returns the number of rounds. While that is the same, what is read of cursors is no older than
// what anybody was told.
func (t *teller) between() uint64 {
	t.telling.Lock()
	defer t.telling.Unlock()
	return t.rounds.Load()
}

// gather adds the frame of a channel to what is due to each listener: of a direct channel to the peer's, of a group to those that watch it.
func (t *teller) gather(due map[listener][][]byte, m *movedIn, users []string) {
	add := func(l listener) {
		frame := m.frame(m.Sight(l.user()))
		if _, own := slices.BinarySearch(users, l.user()); own {
			frame = without(frame, l.user()) // he knows more of his own
		}
		if len(frame) > 0 {
			due[l] = append(due[l], frame)
		}
	}
	if _, _, direct := wire.DirectUsers(m.channel); !direct {
		for _, l := range t.bridge.audience.of(m.channel) {
			add(l)
		}
		return
	}
	for _, user := range users {
		peer, _ := peerOf(m.channel, user)
		for _, l := range t.bridge.hub.of(peer) {
			add(l)
		}
	}
}

// movedIn is what has moved in a channel, with its frames.
type movedIn struct {
	*jetstream.Moved
	teller  *teller
	channel string
	frames  [jetstream.SeesRead + 1][]byte
}

// frame is the one for a sight, encoded when it is first asked for; empty where there is nothing to see.
func (m *movedIn) frame(s jetstream.Sight) []byte {
	if m.frames[s] == nil {
		m.frames[s] = m.teller.encode(m.channel, m.For(s))
	}
	return m.frames[s]
}

// without is a frame without the cursor of a user; nothing where that is the only one.
func without(frame []byte, user string) []byte {
	start := bytes.Index(frame, []byte(`{"user":"`+user+`"`))
	if start < 0 {
		return frame
	}
	end := start + bytes.IndexByte(frame[start:], '}') + 1
	switch {
	case frame[end] == ',':
		end++
	case frame[start-1] == ',':
		start--
	default:
		return nil
	}
	return slices.Concat(frame[:start], frame[end:])
}

func (t *teller) encode(channel string, cursors []wire.Receipt) []byte {
	if len(cursors) == 0 {
		return []byte{}
	}
	return t.bridge.encode(nil, "", wire.Receipts{Channel: channel, Cursors: cursors})
}
