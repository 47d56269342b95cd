package search

import (
	"runtime"
	"time"
)

// hasteAfter is how long an edition may be built at leisure without getting nearer to the end of
// the log. Then it is built in haste for as long. So it gets there however much users write.
const hasteAfter = 10 * time.Second

// An edition in use gives way to users only while they write more than busyPerThread events a
// second for each thread of the node. Below that a message is found within a moment. It gives way
// until it is mostBehind events behind the log, which is half a minute of its work.
const (
	busyPerThread = 125
	mostBehind    = 250_000
)

// busy returns how many events a second are more than an edition in use can take in beside users.
func busy() int { return busyPerThread * runtime.GOMAXPROCS(0) }

// haste decides whether an edition is kept in haste.
type haste struct {
	noted time.Time
	left  uint64 // that it was behind the log then
	until time.Time
	late  bool // in use: it is far behind
}

// building reports whether to hurry, given how far behind the log the edition is now that is being
// built.
func (h *haste) building(now time.Time, left uint64) bool {
	if h.left == 0 { // it did not know the end of the log yet, or was there
		h.noted, h.left = now, left
	}
	if now.Sub(h.noted) >= hasteAfter {
		if left >= h.left && left > 0 {
			h.until = now.Add(hasteAfter)
		}
		h.noted, h.left = now, left
	}
	return now.Before(h.until)
}

// inUse does the same for an edition in use.
func (h *haste) inUse(left uint64) bool {
	switch {
	case left > mostBehind:
		h.late = true
	case left <= mostBehind/2:
		h.late = false
	}
	return h.late
}

// giveWay has the edition give way to users, unless it would never be built, or falls too far
// behind.
func (e *edition) giveWay(now time.Time) {
	done, of, _ := e.feed.Progress()
	left := of - done
	if e.whole.Load() {
		e.leisure.Hurry(e.haste.inUse(left))
		return
	}
	if e.files != nil {
		done, of, _ = e.files.Progress()
		left += of - done
	}
	e.leisure.Hurry(e.haste.building(now, left))
}

// behindFor is for how long an edition in use may lack events before searches say so.
const behindFor = 5 * time.Second

// noteLevel notes that the edition has everything that the log has.
func (e *edition) noteLevel(now time.Time) { e.levelAt.Store(&now) }

// isBehind reports whether an edition in use has lacked events for some time.
func (e *edition) isBehind(now time.Time) bool { return now.Sub(*e.levelAt.Load()) >= behindFor }
