package presence

import (
	"container/heap"
	"time"
)

// agenda holds tasks with the times at which they are due, so that one timer serves all of
// them. Its owner guards it with a lock.
type agenda[T any] struct{ items items[T] }

type item[T any] struct {
	at   time.Time
	what T
}

func (a *agenda[T]) add(at time.Time, what T) { heap.Push(&a.items, item[T]{at, what}) }

// take removes and returns the next task that is due. ok is false if none is.
func (a *agenda[T]) take(now time.Time) (what T, ok bool) {
	if len(a.items) == 0 || a.items[0].at.After(now) {
		return what, false
	}
	i := heap.Pop(&a.items).(item[T])
	return i.what, true
}

// wait returns the time until the next task is due, at most an hour.
func (a *agenda[T]) wait(now time.Time) time.Duration {
	if len(a.items) == 0 {
		return time.Hour
	}
	return min(time.Hour, max(0, a.items[0].at.Sub(now)))
}

// items implements [heap.Interface].
type items[T any] []item[T]

func (s items[T]) Len() int           { return len(s) }
func (s items[T]) Less(i, j int) bool { return s[i].at.Before(s[j].at) }
func (s items[T]) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *items[T]) Push(x any)        { *s = append(*s, x.(item[T])) }
func (s *items[T]) Pop() any {
	last := len(*s) - 1
	i := (*s)[last]
	(*s)[last] = item[T]{}
	*s = (*s)[:last]
	return i
}
