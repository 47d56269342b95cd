package tell

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// maxWaiting is of how many users and channels this node knows that a job to look waits.
	maxWaiting = 1 << 17
	// clocksApart is how far the clocks of nodes, and of the engine, may be apart, with the time
	// that a decision takes. A job that is due within that time may be under way.
	clocksApart = 5 * time.Second
)

// waiting knows for which users this node has put a job to look at a channel. Such a job looks at
// all messages since, so no other is needed that is due later. Its methods may be called
// concurrently.
type waiting struct {
	until *lru.Cache[userChannel, time.Time]
}

type userChannel struct{ user, channel string }

func newWaiting() *waiting {
	until, err := lru.New[userChannel, time.Time](maxWaiting)
	if err != nil { // only for a size that is not positive
		panic(err)
	}
	return &waiting{until: until}
}

// covers reports whether a job waits that makes one needless which would be due at a time.
func (w *waiting) covers(user, channel string, due, now time.Time) bool {
	until, ok := w.until.Get(userChannel{user, channel})
	return ok && !until.After(due) && now.Add(clocksApart).Before(until)
}

// put notes that a job waits.
func (w *waiting) put(user, channel string, due time.Time) {
	w.until.Add(userChannel{user, channel}, due)
}
