package load

import "time"

// Live counts the frames of live news that a fleet was told within a period.
type Live struct {
	Receipts     int // frames
	MostReceipts int // of any one session in any [crowd], at any time
	OwnReceipts  int // about the told user alone; in neither count above
	Typing       int // frames
	Presence     int // frames
}

// crowd is the time within which receipts count as of one second. It is less than a second
// because frames may be late: of two frames that were sent a second apart, only the first may
// have been delayed.
const crowd = 900 * time.Millisecond

// live holds the times when a session was told live news, by kind.
type live struct{ receipts, own, typing, presence []time.Duration }

func (l *live) take(k kind, own bool, now time.Duration) {
	switch k {
	case kindReceipts:
		if own {
			l.own = append(l.own, now)
			return
		}
		l.receipts = append(l.receipts, now)
	case kindTyping:
		l.typing = append(l.typing, now)
	case kindPresence:
		l.presence = append(l.presence, now)
	case kindOther, kindAck, kindMessage, kindPing, kindWelcome, kindError, kindDone:
	}
}

func (l *Live) add(one *live, within func(time.Duration) bool) {
	l.Receipts += count(one.receipts, within)
	l.OwnReceipts += count(one.own, within)
	l.Typing += count(one.typing, within)
	l.Presence += count(one.presence, within)
	l.MostReceipts = max(l.MostReceipts, most(one.receipts, crowd))
}

func count(at []time.Duration, within func(time.Duration) bool) (n int) {
	for _, t := range at {
		if within(t) {
			n++
		}
	}
	return n
}

// most returns the largest number of moments that are within d of each other. The moments are
// ascending.
func most(at []time.Duration, d time.Duration) (n int) {
	first := 0
	for i, t := range at {
		for t-at[first] >= d {
			first++
		}
		n = max(n, i-first+1)
	}
	return n
}
