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

// ReceiptLog has the functions of the log with which the bridge tells listeners of receipts.
// [*jetstream.Log] implements it; its contracts hold.
type ReceiptLog interface {
	ListenReceipts(to receipts.Listener)
	ReceiptsOf(channel string, users []string) (*jetstream.Receipts, error)
	OwnReceipt(user, channel string) (wire.Receipt, error)
}

const (
	// receiptPause is the pause between two rounds of telling listeners how far other users have
	// got.
	receiptPause = time.Second
	// tellFor is for how long a round works before it rests for as long. With a thousand users who
	// write, a round without rests took up to 25 ms of one core, as a runtime trace showed, and
	// messages on their way waited meanwhile until the system shared out the cores.
	tellFor = 500 * time.Microsecond
)

// teller tells listeners how far users have read and received. It tells a user's own listeners
// at once, and all others in rounds. The first round begins at once, each further round a pause
// later. In a round a channel's cursors are encoded once for all listeners who may see the same
// of them, and a listener gets its frames of all channels of a portion in one message. So when 500
// members read in a group, each listener gets one message a second for it.
type teller struct {
	bridge *Bridge
	due    chan struct{} // holds a token when a user has moved

	telling  sync.Mutex    // held during a portion of a round
	portions atomic.Uint64 // the number of portions begun

	mu         sync.Mutex // protects following
	moved      movers     // since the last round
	sent, ripe movers     // users who have sent messages since the last round, and before it
}

// movers are users whose receipts have moved, by channel, each once.
type movers map[string][]string

func (m *movers) add(channel, user string) {
	if *m == nil {
		*m = movers{}
	}
	if !slices.Contains((*m)[channel], user) {
		(*m)[channel] = append((*m)[channel], user)
	}
}

var _ receipts.Listener = (*teller)(nil)

func newTeller(b *Bridge) *teller {
	return &teller{bridge: b, due: make(chan struct{}, 1)}
}

// OwnMoved implements [receipts.Listener].
func (t *teller) OwnMoved(channel, user string, own receipts.Mark) {
	listeners := t.bridge.hub.of(user)
	if len(listeners) == 0 {
		return
	}
	cursor := wire.Receipt{User: user, Read: own.Read, Delivered: own.Delivered}
	frame, now := t.encode(channel, []wire.Receipt{cursor}), time.Now()
	for _, a := range listeners {
		a.tellOwn(now, channel, cursor, frame)
	}
}

// Moved implements [receipts.Listener]. A move that no listener on this node wants to know is
// dropped at once.
func (t *teller) Moved(channel, user string) {
	if t.heard(channel, user) {
		t.note(&t.moved, channel, user)
	}
}

// Sent implements [receipts.Listener]. The message itself is on its way to the same sessions, so
// this is told a pause later. By then the session that sent the message has its ack, and needs not
// be told. And a user who sends many messages a second is told of once.
func (t *teller) Sent(channel, user string) {
	if t.heard(channel, user) || len(t.bridge.hub.of(user)) > 0 {
		t.note(&t.sent, channel, user)
	}
}

// heard reports whether a listener of another user on this node wants to know of a user's moves.
func (t *teller) heard(channel, user string) bool {
	if peer, direct := peerOf(channel, user); direct {
		return len(t.bridge.hub.of(peer)) > 0
	}
	return t.bridge.audience.any(channel)
}

// note puts a user into moved or sent, and asks for a round.
func (t *teller) note(what *movers, channel, user string) {
	t.mu.Lock()
	what.add(channel, user)
	t.mu.Unlock()
	t.ask()
}

// ask asks for a round.
func (t *teller) ask() {
	select {
	case t.due <- struct{}{}:
	default:
	}
}

// peerOf returns the other user of a direct channel, or an empty string if the user is alone in
// it.
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

// run tells listeners, round by round, until ctx ends.
func (t *teller) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-t.due:
			t.round(ctx)
		case <-ctx.Done():
			return
		}
		restFor(ctx, receiptPause)
	}
}

// round tells all interested listeners of the receipts that have moved since the last round.
func (t *teller) round(ctx context.Context) {
	moved, sent := t.take()
	for channel, users := range sent {
		for _, user := range users {
			if t.heard(channel, user) {
				moved.add(channel, user)
			}
		}
	}
	for len(moved) > 0 {
		began := time.Now()
		t.portion(moved, began.Add(tellFor))
		restFor(ctx, time.Since(began))
	}
	began := time.Now()
	for channel, users := range sent {
		for _, user := range users {
			t.tellSender(channel, user)
		}
		if worked := time.Since(began); worked >= tellFor {
			restFor(ctx, worked)
			began = time.Now()
		}
	}
}

// take returns the users whose receipts have moved, and those whose messages are some time ago.
func (t *teller) take() (moved, sent movers) {
	t.mu.Lock()
	defer t.mu.Unlock()
	moved, sent = t.moved, t.ripe
	t.moved, t.sent, t.ripe = nil, nil, t.sent
	if len(t.ripe) > 0 {
		t.ask()
	}
	return moved, sent
}

// portion tells listeners of the receipts in some of the channels, until a moment, and removes
// those channels.
func (t *teller) portion(moved movers, until time.Time) {
	t.telling.Lock()
	defer t.telling.Unlock()
	t.portions.Add(1)
	due := map[*attachment][][]byte{}
	for channel, users := range moved {
		delete(moved, channel)
		slices.Sort(users)
		m, err := t.bridge.receipts.ReceiptsOf(channel, users)
		if err != nil {
			t.bridge.logger.Warn("receipts could not be read, and were not sent", "channel", channel, "error", err)
			continue
		}
		t.gather(due, &movedIn{Receipts: m, teller: t, channel: channel}, users)
		if !time.Now().Before(until) {
			break
		}
	}
	now := time.Now()
	for a, frames := range due {
		a.notify(now, frames...)
	}
}

// restFor waits for a while, or until ctx ends.
func restFor(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// tellSender tells a user's listeners how far the user has got by sending messages.
func (t *teller) tellSender(channel, user string) {
	own, err := t.bridge.receipts.OwnReceipt(user, channel)
	if err != nil {
		t.bridge.logger.Warn("a user's own receipt could not be sent", "channel", channel, "error", err)
		return
	}
	t.OwnMoved(channel, user, receipts.Mark{Read: own.Read, Delivered: own.Delivered})
}

// between waits for a portion of a round that is under way, and returns the number of portions. As
// long as that number stays the same, cursors read afterwards are no older than what any listener
// was told.
func (t *teller) between() uint64 {
	t.telling.Lock()
	defer t.telling.Unlock()
	return t.portions.Load()
}

// gather adds the frame of a channel to the frames that are due to each listener. For a direct
// channel these are the peer's listeners, for a group the listeners that watch it.
func (t *teller) gather(due map[*attachment][][]byte, m *movedIn, users []string) {
	add := func(a *attachment) {
		frame := m.frame(m.Sight(a.User))
		if _, own := slices.BinarySearch(users, a.User); own {
			frame = without(frame, a.User) // the user knows more about their own
		}
		if len(frame) > 0 {
			due[a] = append(due[a], frame)
		}
	}
	if _, _, direct := wire.DirectUsers(m.channel); !direct {
		for _, a := range t.bridge.audience.of(m.channel) {
			add(a)
		}
		return
	}
	for _, user := range users {
		peer, _ := peerOf(m.channel, user)
		for _, a := range t.bridge.hub.of(peer) {
			add(a)
		}
	}
}

// movedIn holds the receipts that have moved in a channel, together with their encoded frames.
type movedIn struct {
	*jetstream.Receipts
	teller  *teller
	channel string
	frames  [jetstream.SeesRead + 1][]byte
}

// frame returns the frame for a sight. It is encoded when it is first needed, and empty if that
// sight shows nothing.
func (m *movedIn) frame(s jetstream.Sight) []byte {
	if m.frames[s] == nil {
		m.frames[s] = m.teller.encode(m.channel, m.For(s))
	}
	return m.frames[s]
}

// without returns a frame without the cursor of a user, or nil if that is the only cursor.
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
