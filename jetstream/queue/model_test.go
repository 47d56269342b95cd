package queue

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"natterjack/embed/embedtest"
)

// scripted is a job with the results of its tries.
type scripted struct {
	Job

	fails int // tries that fail before one succeeds
	dead  bool
	done  int
}

// script is the worker of the model. It notes what must not happen.
type script struct {
	mu     sync.Mutex // protects following
	jobs   map[string]*scripted
	wrongs []string
}

func (s *script) Do(ctx context.Context, j *Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	is, now := s.jobs[j.ID], time.Now()
	if is == nil {
		s.wrongs = append(s.wrongs, fmt.Sprintf("a job of an earlier case is tried: %+v", j))
		return nil
	}
	wrong := func(what string) { s.wrongs = append(s.wrongs, fmt.Sprintf("job %s %s: %+v", j.ID, what, is)) }
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case now.Before(is.NotBefore):
		wrong("is tried too early")
	case !now.Before(is.Expires.Add(time.Second)): // it may have waited for its turn
		wrong("is tried too late")
	case string(j.Body) != j.ID:
		wrong("has another body")
	}
	switch { // the queue counts the tries: one that a stop cuts short does not count
	case j.Tries < is.fails && is.dead:
		return Dead(errTest)
	case j.Tries < is.fails:
		return errTest
	}
	is.done++
	return nil
}

const modelTries = 4

// undated is a test of which rapid does not ask the deadline, because a bubble has another time.
type undated struct{ *testing.T }

// given reports whether a job must become a dead letter, if it does not expire.
func (s *scripted) given() bool { return s.fails >= modelTries || s.dead && s.fails > 0 }

// TestQueue_model puts jobs of all sorts, some of them twice, while two nodes work that are stopped
// and started. Each job is done once, or is a dead letter, and is tried only in its time.
func TestQueue_model(t *testing.T) {
	emptyPools(t)
	synctest.Test(t, func(t *testing.T) {
		node := embedtest.Start(t, embedtest.NoSync)
		s := &script{}
		cfg := Config{Worker: s, Tries: modelTries, FirstPause: 500 * time.Millisecond, MostPause: 2 * time.Second}
		var nodes [2]*Queue
		var stops [2]func()
		for i := range nodes {
			nodes[i], stops[i] = run(t, node, 1, cfg)
		}
		n := 0
		rapid.Check(undated{t}, func(rt *rapid.T) {
			s.mu.Lock()
			s.jobs, s.wrongs = map[string]*scripted{}, nil
			s.mu.Unlock()
			dead, before := uint64(0), deadLetters(t, nodes[0])
			for range rapid.IntRange(1, 15).Draw(rt, "steps") {
				i := rapid.IntRange(0, 1).Draw(rt, "node")
				switch rapid.IntRange(0, 9).Draw(rt, "step") {
				case 0:
					stops[i]()
					nodes[i], stops[i] = run(t, node, 1, cfg)
				case 1, 2:
					time.Sleep(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "ms")) * time.Millisecond)
				default:
					n++
					j := &scripted{
						Job:   Job{ID: fmt.Sprint(n), Target: fmt.Sprint(rapid.IntRange(0, 3).Draw(rt, "target")), Body: fmt.Append(nil, n), Expires: time.Now().Add(time.Hour)},
						fails: rapid.IntRange(0, modelTries).Draw(rt, "fails"), dead: rapid.IntRange(0, 4).Draw(rt, "dead") == 0,
					}
					if wait := rapid.IntRange(-10, 10).Draw(rt, "not before"); wait > 0 {
						j.NotBefore = time.Now().Add(time.Duration(wait) * time.Second)
					}
					expires := rapid.IntRange(0, 5).Draw(rt, "expires") == 0
					if expires { // before its time
						j.NotBefore, j.Expires = time.Now().Add(time.Minute), time.Now().Add(time.Second)
					}
					if expires || j.given() {
						dead++
					}
					s.mu.Lock()
					s.jobs[j.ID] = j
					s.mu.Unlock()
					for range rapid.IntRange(1, 2).Draw(rt, "times") {
						put(t, nodes[i], j.Job)
					}
				}
			}
			for end := time.Now().Add(10 * time.Minute); nodes[0].left(t) > 0 && time.Now().Before(end); {
				time.Sleep(time.Second)
			}
			if left := nodes[0].left(t); left > 0 {
				rt.Fatalf("%d jobs are left", left)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, wrong := range s.wrongs {
				rt.Error(wrong)
			}
			for id, j := range s.jobs {
				want := 1
				if j.given() || j.NotBefore.After(j.Expires) {
					want = 0
				}
				if j.done != want {
					rt.Errorf("job %s was done %d times, want %d: %+v", id, j.done, want, j)
				}
			}
			if got := deadLetters(t, nodes[0]) - before; got != dead {
				rt.Errorf("%d dead letters, want %d", got, dead)
			}
		})
		stops[0]()
		stops[1]()
	})
}

// deadLetters returns how many dead letters there have ever been.
func deadLetters(tb testing.TB, q *Queue) uint64 {
	tb.Helper()
	s, err := q.log.JS.Stream(tb.Context(), DeadName)
	if err != nil {
		return 0
	}
	return s.CachedInfo().State.LastSeq
}
