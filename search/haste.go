package search

import "time"

// hasteAfter is how long an edition may be built at leisure without getting nearer to the end of
// the log. Then it is built in haste for as long. So it gets there however much users write.
const hasteAfter = 10 * time.Second

// haste decides whether an edition is built in haste.
type haste struct {
	noted time.Time
	left  uint64 // that it was behind the log then
	until time.Time
}

// judge reports whether to hurry, given how far behind the log the edition is now.
func (h *haste) judge(now time.Time, left uint64) bool {
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

// giveWay has the edition give way to users while it is built, unless it would never be.
func (e *edition) giveWay(now time.Time) {
	if e.leisure == nil || e.whole.Load() {
		return
	}
	done, of, _ := e.feed.Progress()
	left := of - done
	if e.files != nil {
		done, of, _ = e.files.Progress()
		left += of - done
	}
	e.leisure.Hurry(e.haste.judge(now, left))
}
