package queue

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"natterjack/embed/embedtest"
)

// together returns jobs with ids and targets of their own.
func together(from, n int) (jobs []Job) {
	for i := from; i < from+n; i++ {
		jobs = append(jobs, Job{ID: fmt.Sprint("j", i), Target: fmt.Sprint("t", i), Body: []byte("body")})
	}
	return jobs
}

// TestPutAll stores jobs together, and does each once. Jobs of which one was put before are not
// stored.
func TestPutAll(t *testing.T) {
	for name, copies := range map[string]int{"alone": 1, "cluster": 3} {
		t.Run(name, func(t *testing.T) {
			nodes := []*embedtest.Node{}
			if copies == 1 {
				nodes = append(nodes, embedtest.Start(t))
			} else {
				nodes = embedtest.Cluster(t, copies)
			}
			h := &hand{}
			q, _ := run(t, nodes[0], copies, Config{Worker: h})
			await(t, "a leader of the stream", func() bool { return q.PutAll(t.Context(), together(0, MostTogether)) == nil })
			await(t, "all jobs to be done", func() bool { return h.count() == MostTogether })
			again := append(together(MostTogether, 20), together(7, 1)...)
			if err := q.PutAll(t.Context(), again); !errors.Is(err, ErrBefore) {
				t.Errorf("jobs of which one was put before: %v", err)
			}
			if err := q.PutAll(t.Context(), together(1000, 2)); err != nil {
				t.Fatal(err)
			}
			await(t, "the last jobs to be done", func() bool { return h.count() == MostTogether+2 })
			for id, times := range h.did {
				if len(times) != 1 {
					t.Errorf("%s was done %d times", id, len(times))
				}
			}
		})
	}
}

// TestPutAll_full refuses all jobs if one of them has no room.
func TestPutAll_full(t *testing.T) {
	node := embedtest.Start(t)
	h := &hand{do: func(ctx context.Context, _ *Job) error { <-ctx.Done(); return ctx.Err() }}
	q, _ := run(t, node, 1, Config{Worker: h, TargetJobs: 1})
	if err := q.PutAll(t.Context(), together(0, 2)); err != nil {
		t.Fatal(err)
	}
	jobs := together(5, 3)
	jobs[1].Target = "t0"
	if err := q.PutAll(t.Context(), jobs); !errors.Is(err, ErrFull) {
		t.Errorf("jobs of which one has no room: %v", err)
	}
	if err := q.PutAll(t.Context(), together(5, 3)); err != nil {
		t.Errorf("the same jobs with room: %v", err)
	}
	js, err := q.log.JS.Stream(t.Context(), StreamName("test"))
	if err != nil {
		t.Fatal(err)
	}
	if n := js.CachedInfo().State.Msgs; n != 5 {
		t.Errorf("the queue has %d jobs, want 5", n)
	}
}
