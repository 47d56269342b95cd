package presence

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/server/wire"
)

// typingEvery is the shortest interval at which a user's typing in a channel is passed on.
const typingEvery = 2 * time.Second

// typingPrefix followed by a channel is the subject on which nodes tell each other that a user
// is typing there. Nothing stores these messages. Only nodes may use the subject: the message
// is the user's name, and nodes trust it.
const typingPrefix = "typing."

// Rules decides which users may say that they are typing in a channel.
type Rules interface {
	MayType(ctx context.Context, user, channel string) error
}

// Typing passes on which users are typing where. Its methods may be called concurrently.
type Typing struct {
	conn  *nats.Conn
	rules Rules

	mu       sync.Mutex // protects the fields below
	old, new map[typist]time.Time
	turned   time.Time // when old was new
}

// typist is a user typing in a channel.
type typist struct{ user, channel string }

// NewTyping returns a Typing and starts nothing.
func NewTyping(conn *nats.Conn, rules Rules) *Typing {
	return &Typing{conn: conn, rules: rules, new: map[typist]time.Time{}, turned: time.Now()}
}

// Run calls heard, one call at a time, for every user who is typing on any node, until ctx
// ends.
func (t *Typing) Run(ctx context.Context, heard func(channel, user string)) error {
	sub, err := t.conn.Subscribe(typingPrefix+"*", func(m *nats.Msg) {
		channel, user := strings.TrimPrefix(m.Subject, typingPrefix), string(m.Data)
		if wire.ValidChannel(channel) && wire.ValidUser(user) {
			heard(channel, user)
		}
	})
	if err != nil {
		return fmt.Errorf("presence: subscribe: %w", err)
	}
	<-ctx.Done()
	if err := sub.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) { // in that case it has already ended
		return err
	}
	return nil
}

// Say passes on that a user is typing, if the user may do so and it was not just said.
func (t *Typing) Say(ctx context.Context, user, channel string) error {
	if err := t.rules.MayType(ctx, user, channel); err != nil {
		return err
	}
	if !t.due(typist{user, channel}, time.Now()) {
		return nil
	}
	return t.conn.Publish(typingPrefix+channel, []byte(user))
}

// due reports whether it is time to pass typing on. If so, it records that it is passed on.
// Only the records of the last two turns are kept, so nothing has to be cleaned up.
func (t *Typing) due(who typist, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.turned) >= typingEvery {
		t.old, t.new, t.turned = t.new, map[typist]time.Time{}, now
	}
	last := t.new[who]
	if last.IsZero() {
		last = t.old[who]
	}
	if now.Sub(last) < typingEvery {
		return false
	}
	t.new[who] = now
	return true
}
