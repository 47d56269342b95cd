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

// typingEvery is how often somebody's writing in a channel is passed on.
const typingEvery = 2 * time.Second

// typingPrefix and a channel are the subject on which nodes tell one another who is writing there, which nothing stores. Nobody else may
// use it: the message is the user's name, and is believed.
const typingPrefix = "typing."

// Rules says who may tell a channel that he is writing.
type Rules interface {
	MayType(user, channel string) error
}

// Typing passes on who is writing where. Its methods may be called concurrently.
type Typing struct {
	conn  *nats.Conn
	rules Rules

	mu       sync.Mutex // protects following
	old, new map[typist]time.Time
	turned   time.Time // when old was new
}

// typist is somebody who writes in a channel.
type typist struct{ user, channel string }

// NewTyping makes one and starts nothing.
func NewTyping(conn *nats.Conn, rules Rules) *Typing {
	return &Typing{conn: conn, rules: rules, new: map[typist]time.Time{}, turned: time.Now()}
}

// Run calls heard, one at a time, with everybody of whom any node says that he is writing, until ctx ends.
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
	if err := sub.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) { // then it has ended already
		return err
	}
	return nil
}

// Say passes on that a user is writing, where he may and it was not just said.
func (t *Typing) Say(user, channel string) error {
	if err := t.rules.MayType(user, channel); err != nil {
		return err
	}
	if !t.due(typist{user, channel}, time.Now()) {
		return nil
	}
	return t.conn.Publish(typingPrefix+channel, []byte(user))
}

// due reports whether it is time to pass it on, and takes it that it is. What was said before the last turn but one is over, so that nothing
// has to be cleaned up.
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
