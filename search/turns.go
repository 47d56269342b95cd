package search

import (
	"context"
	"runtime"
	"sync"
	"time"

	"natterjack/server/wire"
)

// The bounds of searches at the same time.
const (
	ofUser   = 2 // of one user; further searches wait
	mayWait  = 8 // waiting, of one user; further searches are refused
	perCore  = 4 // of all users
	leastAll = 8

	waitForTurn = 500 * time.Millisecond
)

// turns bounds the searches that run at the same time, of each user and of all. A user who searches
// much waits for their own searches, and leaves places for others.
type turns struct {
	all chan struct{}

	mu    sync.Mutex // protects following
	users map[string]*turn
}

// turn is the place of one user in the line.
type turn struct {
	places  chan struct{}
	present int // searches that run or wait
}

func newTurns() *turns {
	return &turns{all: make(chan struct{}, max(leastAll, perCore*runtime.GOMAXPROCS(0))), users: map[string]*turn{}}
}

// take waits for a place for a search of a user. The caller calls release when the search is done.
func (t *turns) take(ctx context.Context, user string) (release func(), err error) {
	mine, err := t.enter(user)
	if err != nil {
		return nil, err
	}
	for i, places := range []chan struct{}{mine.places, t.all} {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			if i > 0 {
				<-mine.places
			}
			t.leave(user, mine)
			return nil, ctx.Err()
		}
	}
	return func() {
		<-t.all
		<-mine.places
		t.leave(user, mine)
	}, nil
}

func (t *turns) enter(user string) (*turn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := t.users[user]
	if mine == nil {
		mine = &turn{places: make(chan struct{}, ofUser)}
		t.users[user] = mine
	}
	if mine.present == ofUser+mayWait {
		return nil, wire.Errorf(wire.CodeTooFast, "%d of your searches are running or waiting already; wait for their answers", mine.present).After(waitForTurn)
	}
	mine.present++
	return mine, nil
}

func (t *turns) leave(user string, mine *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine.present--; mine.present == 0 {
		delete(t.users, user)
	}
}
