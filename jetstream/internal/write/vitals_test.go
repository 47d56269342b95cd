package write

import (
	"testing"
	"time"
)

func TestVitals(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var v Vitals
	fail := func(after time.Duration) {
		sent := now
		now = now.Add(after)
		v.unanswered(sent, now)
	}
	fail(ackTimeout / 3)
	if now = now.Add(StuckAfter); v.Stuck(now) {
		t.Error("what had no time to be acknowledged counts")
	}
	fail(ackTimeout)
	fail(ackTimeout)
	if v.Stuck(now) {
		t.Error("two tries are enough")
	}
	fail(ackTimeout)
	if !v.Stuck(now) || !v.Due(now) || v.Due(now.Add(time.Second)) {
		t.Error("a stream that acknowledged nothing for three tries is to be relieved, once")
	}
	if v.Stuck(now.Add(stuckFor)) {
		t.Error("it is believed although nobody has tried again")
	}
	if v.Dead(now, 0) {
		t.Error("it is dead after a few tries")
	}
	for range deadTries {
		fail(ackTimeout)
	}
	if !v.Dead(now, StuckAfter) || v.Dead(now, time.Hour) {
		t.Error("it is dead after many tries, and as long as was said")
	}
	if v.Acked(); v.Stuck(now) || v.Dead(now, 0) {
		t.Error("an ack does not count")
	}
}
