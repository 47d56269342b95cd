package queue

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestHands_model has tasks come and tries end, in any order. No target has more tries at once
// than it may, no task is lost or begun twice, and what waits is begun or goes back.
func TestHands_model(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const most, each = 20, 3
		h := newHands(most, each)
		now := time.Unix(1_000_000, 0)
		under, waits := map[string][]*task{}, map[*task]bool{}
		begin := func(x *task) {
			name := x.job.Target
			if under[name] = append(under[name], x); len(under[name]) > each {
				rt.Fatalf("%s has %d tries at once", name, len(under[name]))
			}
			delete(waits, x)
		}
		end := func(name string) {
			x := under[name][0]
			under[name] = under[name][1:]
			var v *verdict
			switch rapid.IntRange(0, 5).Draw(rt, "verdict") {
			case 0:
				v = &verdict{error: errTest}
			case 1:
				v = &verdict{error: errTest, dead: true}
			case 2:
				v = &verdict{error: errTest, after: 5 * time.Second, all: true}
			case 3:
				v = &verdict{error: errTest, after: 5 * time.Second, early: true}
			}
			next, back, later := h.tried(x, v, time.Second, now)
			if len(back) > 0 && later <= 0 {
				rt.Fatalf("%d tasks go back for %v", len(back), later)
			}
			for _, y := range append(next, back...) {
				if !waits[y] {
					rt.Fatalf("task %s did not wait", y.job.ID)
				}
			}
			for _, y := range back {
				delete(waits, y)
				h.put(y, now)
			}
			for _, y := range next {
				begin(y)
			}
			h.put(x, now)
		}
		for n := range rapid.IntRange(1, 80).Draw(rt, "steps") {
			name := fmt.Sprint(rapid.IntRange(0, 3).Draw(rt, "target"))
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				now = now.Add(time.Duration(rapid.IntRange(0, 10_000).Draw(rt, "ms")) * time.Millisecond)
			case 1:
				if len(under[name]) > 0 {
					end(name)
				}
			default:
				if h.free() == 0 {
					continue
				}
				x := &task{job: Job{ID: fmt.Sprint(n), Target: name}}
				begins, later := h.take(x, now)
				switch {
				case later > 6*time.Minute || later < 0 || begins && later > 0:
					rt.Fatalf("a task begins %v, later %v", begins, later)
				case begins:
					begin(x)
				case later == 0:
					waits[x] = true
				}
			}
			busy := len(waits)
			for _, some := range under {
				busy += len(some)
			}
			if h.free() != most-busy {
				rt.Fatalf("%d places are free, and %d tasks are here", h.free(), busy)
			}
		}
		for name := range under {
			for len(under[name]) > 0 {
				end(name)
			}
		}
		if len(waits) > 0 || h.free() != most {
			rt.Fatalf("%d tasks wait for nothing, and %d places are free", len(waits), h.free())
		}
	})
}
