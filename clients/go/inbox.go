package natter

import (
	"context"
	"slices"
	"sync"

	"natterjack/server/wire"
)

// item is one thing that Events yields: an event, or news.
type item struct {
	event wire.Event
	news  error
	from  *Position // set for a reset: where the events that follow begin
}

// inbox holds the events and news that the application has not taken. A limit bounds the
// events. News are always let in. Two news of one kind without an event between them are
// merged, so the number of events bounds the number of news.
type inbox struct {
	limit int
	ready chan struct{} // one token: there is something to take
	room  chan struct{} // one token: at most half of the limit is held

	mu     sync.Mutex // guards the following
	items  []item
	events int      // number of events among items
	at     Position // position of the application: behind the events that it has taken
	end    error
}

func newInbox(limit int, from *Position) *inbox {
	b := &inbox{limit: limit, ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
	if from != nil {
		b.at = clonePosition(*from)
	}
	return b
}

// push adds an event. It calls added before the application can take the event. It returns
// false if there is no room.
func (b *inbox) push(ev *wire.Event, added func(*wire.Event)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.events >= b.limit {
		return false
	}
	added(ev)
	b.events++
	b.items = append(b.items, item{event: *ev})
	poke(b.ready)
	return true
}

// tell adds news. A disconnection replaces an earlier one if no item came between the two.
func (b *inbox) tell(news error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if last := len(b.items) - 1; last >= 0 && isDisconnected(news) && isDisconnected(b.items[last].news) {
		b.items[last].news = news
		return
	}
	b.items = append(b.items, item{news: news})
	poke(b.ready)
}

// rebase says where events begin from this point on. It is told as [ErrReset] unless it is the
// first such position.
func (b *inbox) rebase(from Position, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if first {
		b.at = from
		return
	}
	for i := len(b.items) - 1; i >= 0 && b.items[i].news != nil; i-- {
		if b.items[i].from != nil {
			b.items[i].from = &from
			return
		}
	}
	b.items = append(b.items, item{news: ErrReset, from: &from})
	poke(b.ready)
}

// finish lets the application take the items that are left, and after them err, every time.
func (b *inbox) finish(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end = err
	poke(b.ready)
}

// take waits for the next item and moves the application's position behind it.
func (b *inbox) take(ctx context.Context) (item, error) {
	for {
		if err := context.Cause(ctx); err != nil {
			return item{}, err
		}
		if it, ok, err := b.tryTake(); ok || err != nil {
			return it, err
		}
		select {
		case <-b.ready:
		case <-ctx.Done():
		}
	}
}

func (b *inbox) tryTake() (it item, ok bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.items) == 0 {
		return item{}, false, b.end
	}
	it, b.items[0] = b.items[0], item{}
	b.items = b.items[1:]
	switch {
	case it.from != nil:
		b.at = *it.from
	case it.news == nil:
		at := &b.at.Positions[it.event.Shard]
		*at = max(*at, it.event.Pos) // events that were dropped may come after later events
		b.events--
	}
	if b.events <= b.limit/2 {
		poke(b.room)
	}
	return it, true, nil
}

// hasRoom reports whether the inbox holds so little that it is worth reading the dropped events
// again.
func (b *inbox) hasRoom() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.events <= b.limit/2
}

func (b *inbox) position() Position {
	b.mu.Lock()
	defer b.mu.Unlock()
	return clonePosition(b.at)
}

func clonePosition(p Position) Position {
	return Position{Epoch: p.Epoch, Positions: slices.Clone(p.Positions)}
}

func isDisconnected(err error) bool {
	_, ok := err.(*DisconnectedError) //nolint:errorlint // news are told unwrapped
	return ok
}

// poke puts a token into a channel of capacity one, unless it already holds one.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
