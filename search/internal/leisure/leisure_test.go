package leisure

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// node counts events.
type node struct{ events atomic.Uint64 }

// chat adds an event now and then until a moment.
func (n *node) chat(every time.Duration, until time.Time) {
	for time.Now().Before(until) {
		n.events.Add(1)
		time.Sleep(every)
	}
}

// work works in pieces until a moment, and returns for how long it has worked.
func work(l *Leisure, piece time.Duration, until time.Time) (worked time.Duration) {
	for turn := l.Begin(); time.Now().Before(until); turn.Step() {
		time.Sleep(piece)
		worked += piece
	}
	return worked
}

func part(worked, of time.Duration) float64 { return float64(worked) / float64(of) }

func TestLeisure_givesWay(t *testing.T) {
	for name, at := range map[string]struct {
		piece   time.Duration
		workers int
	}{
		"one, in small pieces":  {100 * time.Microsecond, 1},
		"one, in large pieces":  {40 * time.Millisecond, 1},
		"five, in small pieces": {100 * time.Microsecond, 5},
		"five, in large pieces": {40 * time.Millisecond, 5},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const lasts = time.Minute
				n := &node{}
				l := New(n.events.Load)
				until := time.Now().Add(lasts)
				go n.chat(2*time.Millisecond, until)
				var worked atomic.Int64
				var wg sync.WaitGroup
				for range at.workers {
					wg.Go(func() { worked.Add(int64(work(l, at.piece, until))) })
				}
				wg.Wait()
				if got := part(time.Duration(worked.Load()), lasts); got < 0.23 || got > 0.27 {
					t.Errorf("worked %.3f of the time, want a quarter", got)
				}
				if s := l.Spent(); s.Worked < lasts/5 || s.Rested < lasts/2 {
					t.Errorf("counted %v of work and %v of rest", s.Worked, s.Rested)
				}
			})
		})
	}
}

func TestLeisure_quiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{}
		l := New(n.events.Load)
		end := time.Now().Add(10 * time.Second)
		go n.chat(2*time.Millisecond, end)
		work(l, time.Millisecond, end)
		time.Sleep(lookEvery)
		l.Rest(0) // notices the last event
		time.Sleep(quietAfter)
		if got := work(l, time.Millisecond, time.Now().Add(time.Second)); got != time.Second {
			t.Errorf("worked %v of a second although nobody else did", got)
		}
		n.events.Add(1)
		if got := part(work(l, time.Millisecond, time.Now().Add(quietAfter)), quietAfter); got > 0.35 {
			t.Errorf("worked %.2f of the time after an event", got)
		}
	})
}

func TestLeisure_above(t *testing.T) {
	for perS, want := range map[int]float64{100: 1, 1000: 0.25} {
		synctest.Test(t, func(t *testing.T) {
			n := &node{}
			l := New(n.events.Load)
			l.Above(500)
			until := time.Now().Add(10 * time.Second)
			go n.chat(time.Second/time.Duration(perS), until)
			if got := part(work(l, time.Millisecond/4, until), 10*time.Second); got < want-0.02 || got > want+0.02 {
				t.Errorf("beside %d events a second it worked %.3f of the time, want %.2f", perS, got, want)
			}
		})
	}
}

func TestLeisure_hurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{}
		l := New(n.events.Load)
		end := time.Now().Add(3 * time.Second)
		go n.chat(2*time.Millisecond, end)
		for _, hurry := range []bool{false, true, false} {
			l.Hurry(hurry)
			got := part(work(l, time.Millisecond, time.Now().Add(time.Second)), time.Second)
			if hurry != (got == 1) || !hurry && got > 0.35 {
				t.Errorf("hurry %t: worked %.2f of the time", hurry, got)
			}
		}
		time.Sleep(time.Until(end))
	})
}

func TestLeisure_end(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{}
		l := New(n.events.Load)
		n.events.Add(1)
		began, rested := time.Now(), make(chan struct{})
		go func() {
			l.Rest(time.Hour)
			close(rested)
		}()
		synctest.Wait()
		l.End()
		<-rested
		l.Rest(time.Hour)
		if took := time.Since(began); took != 0 {
			t.Errorf("rested for %v after the end", took)
		}
	})
}

// TestLeisure_stall: after a machine stood still for an hour, work goes on soon.
func TestLeisure_stall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{}
		l := New(n.events.Load)
		n.events.Add(1)
		began := time.Now()
		l.Rest(time.Hour)
		if took := time.Since(began); took != longest {
			t.Errorf("rested for %v, want %v", took, longest)
		}
	})
}

func TestLeisure_none(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l *Leisure
		if got := work(l, time.Millisecond, time.Now().Add(time.Second)); got != time.Second {
			t.Errorf("worked %v of a second", got)
		}
	})
}
