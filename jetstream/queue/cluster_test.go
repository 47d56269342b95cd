package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"natterjack/embed/embedtest"
)

// TestQueue_nodeDies stops a node abruptly while all three nodes do jobs. The others do the jobs
// that it had, and each job is done at least once and at most twice.
func TestQueue_nodeDies(t *testing.T) {
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	workers, queues, stops := make([]*hand, 3), make([]*Queue, 3), make([]func(), 3)
	for i := range nodes {
		workers[i] = &hand{do: func(ctx context.Context, _ *Job) error {
			select {
			case <-time.After(100 * time.Millisecond):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		queues[i], stops[i] = run(t, nodes[i], 3, Config{Worker: workers[i], TargetAtOnce: 2, AckWait: 3 * time.Second})
	}
	idle := func() bool { return slices.ContainsFunc(workers, func(w *hand) bool { return w.count() == 0 }) }
	jobs := 0
	for end := time.Now().Add(patience); jobs < 120 || idle(); jobs++ {
		insist(t, queues[2], Job{ID: fmt.Sprint(jobs), Target: fmt.Sprint(jobs % 5)})
		if time.Now().After(end) {
			t.Fatal("a node does nothing")
		}
	}
	nodes[0].Stop(t)
	stops[0]()
	defer tellState(t, queues[1])
	await(t, "the rest", func() bool {
		s := queues[1].stream(t)
		return s != nil && s.CachedInfo().State.Msgs == 0
	})
	for n := range jobs {
		times := 0
		for _, w := range workers {
			times += len(w.times(fmt.Sprint(n)))
		}
		if times < 1 || times > 2 {
			t.Errorf("job %d was done %d times", n, times)
		}
	}
}

// tellState logs the engine's streams and consumers, if the test has failed.
func tellState(t *testing.T, q *Queue) {
	t.Helper()
	if !t.Failed() {
		return
	}
	s := q.stream(t)
	if s == nil {
		t.Error("the stream does not answer")
		return
	}
	t.Errorf("the stream: %+v, %+v", s.CachedInfo().State, s.CachedInfo().Cluster)
	c, err := s.Consumer(t.Context(), consumerName)
	if err != nil {
		t.Errorf("the consumer: %v", err)
		return
	}
	t.Errorf("the consumer: %+v, %+v", c.CachedInfo(), c.CachedInfo().Cluster)
}

// insist puts a job until it is stored.
func insist(tb testing.TB, q *Queue, j Job) {
	tb.Helper()
	await(tb, "the job to be stored", func() bool {
		err := q.Put(tb.Context(), j)
		if errors.Is(err, errJob) {
			tb.Fatal(err)
		}
		return err == nil
	})
}
