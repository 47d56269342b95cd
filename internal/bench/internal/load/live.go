package load

import "time"

// Live is what a fleet was told, within a stretch of time, of what is in no log.
type Live struct {
	Receipts     int // frames
	MostReceipts int // frames of any one session in any [crowd], at any time
	OwnReceipts  int // frames about nobody but the one who is told, which are among neither of those
	Typing       int // frames
	Presence     int // frames
}

// crowd is the time in which receipts count as of one second. It is shorter by what a frame may be late: of two that were
// sent a second apart, the first may have been held up and the second not.
const crowd = 900 * time.Millisecond

// live is when a session was told of what is in no log, by kind.
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

// most is how many of some ascending moments are at most within d of each other.
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
