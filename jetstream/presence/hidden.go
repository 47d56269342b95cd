package presence

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// hiddenSubject is the subject on which a node tells the others which invisible users it has.
	// Only nodes may use it.
	hiddenSubject = "presence.hidden"
	// hiddenShare is the part of the time between two renewals that lies between two such messages
	// of a node that has news: they name all its invisible users.
	hiddenShare = 5
	// hiddenKept is for how many renewals the report of a node counts.
	hiddenKept = 3
	// hiddenMost bounds the users in a message, so that it stays below NATS's megabyte. Of more,
	// others do not know.
	hiddenMost = 10_000
)

// hidden is the report of a node about its invisible users: all of them.
type hidden struct {
	From  string   `json:"from"`
	Users []string `json:"users"`
	Asks  bool     `json:"asks,omitzero"` // the node has just started, and wants to hear from the others
}

// unseen are the invisible users of other nodes. It serves decisions about a user, and is not shown
// to anybody. Its methods may be called concurrently.
type unseen struct {
	mu sync.RWMutex // protects following
	of map[string]*others
}

// others are the invisible users of a node, as it has last told.
type others struct {
	users map[string]struct{}
	heard time.Time
}

func (u *unseen) put(h *hidden, now time.Time) {
	o := &others{users: make(map[string]struct{}, len(h.Users)), heard: now}
	for _, user := range h.Users {
		o.users[user] = struct{}{}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.of[h.From] = o
}

// has reports whether a node has told of a user, not before a time.
func (u *unseen) has(user string, since time.Time) bool {
	u.mu.RLock()
	defer u.mu.RUnlock()
	for _, o := range u.of {
		if _, ok := o.users[user]; ok && !o.heard.Before(since) {
			return true
		}
	}
	return false
}

// hide tells the other nodes which invisible users this node has, whenever that changes, and now
// and then, because such a message may be lost. It does so until ctx ends, and then says that there
// are none.
func (t *Tracker) hide(ctx context.Context) {
	renew := time.NewTicker(t.times.renew)
	defer renew.Stop()
	t.tellHidden(hidden{Asks: true, Users: t.local.invisible(hiddenMost)})
	for {
		select {
		case <-renew.C:
		case <-t.local.hiding:
		case <-ctx.Done():
			t.tellHidden(hidden{})
			return
		}
		if t.roster.living() > 1 {
			t.tellHidden(hidden{Users: t.local.invisible(hiddenMost)})
		}
		select {
		case <-time.After(t.times.renew / hiddenShare):
		case <-ctx.Done():
		}
	}
}

func (t *Tracker) tellHidden(h hidden) {
	h.From = t.node
	body, err := encode(h)
	if err == nil {
		err = t.js.Conn().Publish(hiddenSubject, body)
	}
	if err != nil {
		t.log.Debug("other nodes could not be told of invisible users, and are told later", "error", err)
	}
}

// hearHidden takes in the report of another node.
func (t *Tracker) hearHidden(msg *nats.Msg) {
	h, err := decode[hidden](msg.Data)
	if err != nil || h.From == t.node {
		return
	}
	t.unseen.put(&h, time.Now())
	if h.Asks {
		t.local.hides()
	}
}

// invisible returns users who have an invisible session on this node, up to a number.
func (l *local) invisible(most int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	users := make([]string, 0, min(len(l.hidden), most))
	for user := range l.hidden {
		if len(users) == most {
			break
		}
		users = append(users, user)
	}
	return users
}

// hides has the other nodes told of invisible users.
func (l *local) hides() {
	select {
	case l.hiding <- struct{}{}:
	default:
	}
}

// noteHidden notes whether a user has an invisible session. The caller holds mu.
func (l *local) noteHidden(user string, p *person) {
	_, was := l.hidden[user]
	is := p.sessions[offline] > 0
	switch {
	case is == was:
		return
	case is:
		l.hidden[user] = struct{}{}
	default:
		delete(l.hidden, user)
	}
	l.hides()
}
