package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

const patience = 90 * time.Second // after a node dies, some groups are elected one after the other

var errTest = errors.New("as the test wants it")

// hand is a worker that notes when it did what. If do is nil, every job is done at once.
type hand struct {
	do func(ctx context.Context, j *Job) error

	mu  sync.Mutex // protects following
	did map[string][]time.Time
}

func (h *hand) Do(ctx context.Context, j *Job) (err error) {
	if h.do != nil {
		err = h.do(ctx, j)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.did == nil {
		h.did = map[string][]time.Time{}
	}
	if err == nil {
		h.did[j.ID] = append(h.did[j.ID], time.Now())
	}
	return err
}

// times returns when a job was done.
func (h *hand) times(id string) []time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.did[id]
}

func (h *hand) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.did)
}

func logOf(tb testing.TB, node *embedtest.Node, copies int) *Log {
	tb.Helper()
	js, err := jetstream.New(node.Conn)
	if err != nil {
		tb.Fatal(err)
	}
	return &Log{
		Conn: node.Conn, JS: js, Copies: copies, Logger: slog.New(slog.NewTextHandler(tb.Output(), nil)),
		Open: func(ctx context.Context, cfg jetstream.StreamConfig) error {
			for {
				_, err := js.Stream(ctx, cfg.Name)
				if errors.Is(err, jetstream.ErrStreamNotFound) {
					_, err = js.CreateStream(ctx, cfg)
				}
				if err == nil || ctx.Err() != nil {
					return err
				}
			}
		},
		Keep: func(context.Context, jetstream.StreamConfig) {},
	}
}

// run runs a queue until the test ends or stop is called.
func run(tb testing.TB, node *embedtest.Node, copies int, cfg Config) (q *Queue, stop func()) {
	tb.Helper()
	cfg.Name = "test"
	q = New(logOf(tb, node, copies), cfg)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := q.Run(ctx); err != nil {
			tb.Errorf("run: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	tb.Cleanup(stop)
	await(tb, "the stream", func() bool { return q.stream(tb) != nil })
	return q, stop
}

func (q *Queue) stream(tb testing.TB) jetstream.Stream {
	tb.Helper()
	s, err := q.log.JS.Stream(tb.Context(), StreamName("test"))
	if err != nil {
		return nil
	}
	return s
}

// left returns how many jobs the stream has.
func (q *Queue) left(tb testing.TB) uint64 {
	tb.Helper()
	if s := q.stream(tb); s != nil {
		return s.CachedInfo().State.Msgs
	}
	tb.Error("there is no stream")
	return 0
}

func put(tb testing.TB, q *Queue, jobs ...Job) {
	tb.Helper()
	for _, j := range jobs {
		if err := q.Put(tb.Context(), j); err != nil {
			tb.Fatalf("put %s: %v", j.ID, err)
		}
	}
}

func await(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(patience); !done(); {
		if time.Now().After(deadline) {
			tb.Fatalf("gave up waiting for %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// deadLetter returns the last dead letter of a target.
func deadLetter(tb testing.TB, q *Queue, target string) (j Job, reason string) {
	tb.Helper()
	var m *jetstream.RawStreamMsg
	await(tb, "the dead letter", func() bool {
		s, err := q.log.JS.Stream(tb.Context(), DeadName)
		if err == nil {
			m, err = s.GetLastMsgForSubject(tb.Context(), DeadSubject("test", target))
		}
		return err == nil
	})
	j, err := jobOf(m.Header, m.Data)
	if err != nil {
		tb.Error(err)
	}
	return j, m.Header.Get(headerReason)
}

// emptyPools keeps the timers of a test's bubble out of others.
func emptyPools(t *testing.T) {
	t.Helper()
	embedtest.EmptyPools()
	t.Cleanup(embedtest.EmptyPools)
}

// TestQueue does jobs, each once, and leaves nothing behind.
func TestQueue(t *testing.T) {
	w := &hand{}
	q, _ := run(t, embedtest.Start(t, embedtest.NoSync), 1, Config{Worker: w})
	for n := range 100 {
		j := Job{ID: fmt.Sprint(n), Target: fmt.Sprint("target ", n%7), Body: fmt.Append(nil, n)}
		put(t, q, j, j)
	}
	await(t, "all jobs", func() bool { return w.count() == 100 && q.left(t) == 0 && q.Stats().Done == 100 })
	for n := range 100 {
		if times := len(w.times(fmt.Sprint(n))); times != 1 {
			t.Errorf("job %d was done %d times", n, times)
		}
	}
	if s := q.Stats(); s.Put != 200 || s.Done != 100 || s.Again+s.Dead+s.Refused != 0 {
		t.Errorf("%+v", s)
	}
	for _, j := range []Job{{Target: "t"}, {ID: "x"}, {ID: "x", Target: "t", Body: make([]byte, maxBody+1)}, {ID: "a\nb", Target: "t"}} {
		if err := q.Put(t.Context(), j); !errors.Is(err, errJob) {
			t.Errorf("put %.20q: %v", j.ID, err)
		}
	}
}

// TestQueue_notBefore does a job at its time, also if the node was restarted in between, and
// others meanwhile.
func TestQueue_notBefore(t *testing.T) {
	emptyPools(t)
	synctest.Test(t, func(t *testing.T) {
		node := embedtest.Start(t, embedtest.NoSync)
		w := &hand{}
		q, stop := run(t, node, 1, Config{Worker: w})
		due := time.Now().Add(time.Minute)
		put(t, q, Job{ID: "late", Target: "t", NotBefore: due}, Job{ID: "early", Target: "t"})
		time.Sleep(20 * time.Second)
		if len(w.times("early")) != 1 || len(w.times("late")) != 0 {
			t.Errorf("after 20 s: early %v, late %v", w.times("early"), w.times("late"))
		}
		stop()
		_, stop = run(t, node, 1, Config{Worker: w})
		time.Sleep(time.Until(due) + time.Second)
		if at := w.times("late"); len(at) != 1 || at[0].Before(due) || at[0].Sub(due) > 500*time.Millisecond {
			t.Errorf("done at %v, and was due at %v", at, due)
		}
		stop()
	})
}

// TestQueue_again tries a job again after the pause that its worker asks for, else after pauses
// that grow, and counts the tries.
func TestQueue_again(t *testing.T) {
	emptyPools(t)
	synctest.Test(t, func(t *testing.T) {
		node := embedtest.Start(t, embedtest.NoSync)
		tries := map[string][]time.Time{}
		var mu sync.Mutex
		w := &hand{do: func(_ context.Context, j *Job) error {
			mu.Lock()
			defer mu.Unlock()
			if j.Tries != len(tries[j.ID]) || j.Tries > 0 && j.Error != "as the test wants it" {
				t.Errorf("try %d of %s has the number %d, after %q", len(tries[j.ID]), j.ID, j.Tries, j.Error)
			}
			tries[j.ID] = append(tries[j.ID], time.Now())
			switch {
			case j.Tries == 3:
				return nil
			case j.ID == "told":
				return After(17*time.Second, errTest)
			default:
				return errTest
			}
		}}
		q, stop := run(t, node, 1, Config{Worker: w, FirstPause: 2 * time.Second, MostPause: 5 * time.Second})
		put(t, q, Job{ID: "told", Target: "a"}, Job{ID: "fails", Target: "b"})
		time.Sleep(2 * time.Minute)
		for id, least := range map[string][]time.Duration{"told": {17 * time.Second, 17 * time.Second, 17 * time.Second}, "fails": {2 * time.Second, 4 * time.Second, 5 * time.Second}} {
			mu.Lock()
			at := tries[id]
			mu.Unlock()
			if len(at) != 4 || len(w.times(id)) != 1 {
				t.Errorf("%s was tried at %v", id, at)
				continue
			}
			for i, pause := range least {
				if got := at[i+1].Sub(at[i]); got < pause || got > pause*5/4+2*time.Second {
					t.Errorf("%s: %v between tries %d and %d, want about %v", id, got, i, i+1, pause)
				}
			}
		}
		if left := q.left(t); left != 0 {
			t.Errorf("%d jobs are left", left)
		}
		stop()
	})
}

// TestQueue_early does jobs whose worker has to wait, in a queue that is full of them. No wait
// counts as a try, and the target does not count as failing.
func TestQueue_early(t *testing.T) {
	emptyPools(t)
	synctest.Test(t, func(t *testing.T) {
		const most, wait = 20, 30 * time.Second
		node := embedtest.Start(t, embedtest.NoSync)
		began := time.Now()
		w := &hand{do: func(_ context.Context, j *Job) error {
			if j.Tries != 0 {
				t.Errorf("%s was tried %d times", j.ID, j.Tries)
			}
			if left := time.Until(began.Add(wait)); left > 0 {
				return Early(left)
			}
			return nil
		}}
		q, stop := run(t, node, 1, Config{Worker: w, Jobs: most, TargetJobs: most, Tries: 1})
		for n := range most {
			put(t, q, Job{ID: fmt.Sprint(n), Target: "a"})
		}
		if err := q.Put(t.Context(), Job{ID: "more", Target: "a"}); !errors.Is(err, ErrFull) {
			t.Errorf("a job more: %v", err)
		}
		time.Sleep(wait + 10*time.Second)
		if left, n := q.left(t), len(w.times("7")); left != 0 || n != 1 {
			t.Errorf("%d jobs are left, one was done %d times", left, n)
		}
		stop()
	})
}

// TestQueue_dead buries jobs that were tried too often, that are given up, that expire in time and
// while they fail, and a message that is not a job.
func TestQueue_dead(t *testing.T) {
	emptyPools(t)
	synctest.Test(t, func(t *testing.T) {
		node := embedtest.Start(t, embedtest.NoSync)
		w := &hand{do: func(_ context.Context, j *Job) error {
			if j.Target == "gone" {
				return Dead(errTest)
			}
			return errTest
		}}
		q, stop := run(t, node, 1, Config{Worker: w, Tries: 3})
		put(t, q,
			Job{ID: "1", Target: "often", Body: []byte("body")}, Job{ID: "2", Target: "gone"},
			Job{ID: "3", Target: "too.late", NotBefore: time.Now().Add(time.Hour), Expires: time.Now().Add(time.Minute)},
			Job{ID: "4", Target: "fails on", Expires: time.Now().Add(1500 * time.Millisecond)})
		if _, err := q.log.JS.Publish(t.Context(), Subject("test", "forged"), []byte("x")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		for target, want := range map[string]string{
			"often": "1 tried 3 times, 2, as the test wants it", "gone": "2 given up, 0, as the test wants it",
			"too.late": "3 expired, 0, ", "fails on": "4 expired, 1, as the test wants it",
		} {
			j, reason := deadLetter(t, q, target)
			if got := fmt.Sprintf("%s %s, %d, %s", j.ID, reason, j.Tries, j.Error); got != want {
				t.Errorf("%s: %q, want %q", target, got, want)
			}
		}
		if j, _ := deadLetter(t, q, "often"); string(j.Body) != "body" {
			t.Errorf("the body is %q", j.Body)
		}
		s, err := q.log.JS.Stream(t.Context(), DeadName)
		if err != nil {
			t.Fatal(err)
		}
		if state := s.CachedInfo().State; state.Msgs != 5 || q.left(t) != 0 {
			t.Errorf("%d dead letters, and %d jobs left", state.Msgs, q.left(t))
		}
		stop()
	})
}

// TestQueue_longJob keeps a job that takes longer than the engine waits.
func TestQueue_longJob(t *testing.T) {
	emptyPools(t)
	synctest.Test(t, func(t *testing.T) {
		node := embedtest.Start(t, embedtest.NoSync)
		var mu sync.Mutex
		began := 0
		w := &hand{do: func(context.Context, *Job) error {
			mu.Lock()
			began++
			mu.Unlock()
			time.Sleep(5 * ackWait)
			return nil
		}}
		q, stop := run(t, node, 1, Config{Worker: w, Timeout: time.Hour})
		put(t, q, Job{ID: "long", Target: "t"})
		time.Sleep(6 * ackWait)
		mu.Lock()
		defer mu.Unlock()
		if began != 1 || w.count() != 1 || q.left(t) != 0 {
			t.Errorf("begun %d times, done %d", began, w.count())
		}
		stop()
	})
}

// TestQueue_full refuses jobs beyond the bound of a target, and of all targets, and takes them when
// there is room.
func TestQueue_full(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	idle, stop := run(t, node, 1, Config{Jobs: 5, TargetJobs: 3})
	for n := range 3 {
		put(t, idle, Job{ID: fmt.Sprint(n), Target: "a"})
	}
	if err := idle.Put(t.Context(), Job{ID: "x", Target: "a"}); !errors.Is(err, ErrFull) {
		t.Errorf("too much for a target: %v", err)
	}
	put(t, idle, Job{ID: "4", Target: "b"}, Job{ID: "5", Target: "c"})
	if err := idle.Put(t.Context(), Job{ID: "x", Target: "d"}); !errors.Is(err, ErrFull) {
		t.Errorf("too much in all: %v", err)
	}
	put(t, idle, Job{ID: "4", Target: "b"}) // it is there already
	if got := idle.Stats(); got.Refused != 2 || got.Put != 6 {
		t.Errorf("%+v", got)
	}
	stop()
	w := &hand{}
	q, _ := run(t, node, 1, Config{Jobs: 5, TargetJobs: 3, Worker: w})
	await(t, "room", func() bool { return q.left(t) == 0 })
	put(t, q, Job{ID: "x", Target: "a"})
	await(t, "all jobs", func() bool { return w.count() == 6 })
}

// TestQueue_hangs has a target that never answers, with more jobs than a node can have, and one
// that fails. A third target is not slowed down.
func TestQueue_hangs(t *testing.T) {
	emptyPools(t)
	synctest.Test(t, func(t *testing.T) {
		node := embedtest.Start(t, embedtest.NoSync)
		var mu sync.Mutex
		at, most := map[string]int{}, map[string]int{}
		w := &hand{do: func(ctx context.Context, j *Job) error {
			mu.Lock()
			at[j.Target]++
			most[j.Target] = max(most[j.Target], at[j.Target])
			mu.Unlock()
			defer func() { mu.Lock(); at[j.Target]--; mu.Unlock() }()
			switch j.Target {
			case "hangs":
				<-ctx.Done()
				return ctx.Err()
			case "fails":
				return errTest
			default:
				time.Sleep(50 * time.Millisecond)
				return nil
			}
		}}
		q, stop := run(t, node, 1, Config{Worker: w, AtOnce: 32, TargetAtOnce: 4})
		for n := range 200 {
			put(t, q, Job{ID: fmt.Sprint("h", n), Target: "hangs"}, Job{ID: fmt.Sprint("f", n), Target: "fails"})
		}
		for n := range 300 {
			began := time.Now()
			id := fmt.Sprint("good", n)
			put(t, q, Job{ID: id, Target: "good"})
			time.Sleep(500 * time.Millisecond)
			if done := w.times(id); len(done) != 1 || done[0].Sub(began) > 300*time.Millisecond {
				t.Fatalf("%s was done at %v, and put at %v", id, done, began)
			}
		}
		mu.Lock()
		if most["hangs"] > 4 || most["fails"] > 4 {
			t.Errorf("at once %v", most)
		}
		mu.Unlock()
		if s := q.Stats(); s.Later > 200*20 {
			t.Errorf("jobs went back %d times in 150 s", s.Later)
		}
		stop()
	})
}

// TestQueue_throughput does a burst of jobs of one target about as fast as its places allow.
func TestQueue_throughput(t *testing.T) {
	emptyPools(t)
	synctest.Test(t, func(t *testing.T) {
		node := embedtest.Start(t, embedtest.NoSync)
		w := &hand{do: func(context.Context, *Job) error { time.Sleep(100 * time.Millisecond); return nil }}
		q, stop := run(t, node, 1, Config{Worker: w, TargetAtOnce: 4})
		began := time.Now()
		for n := range 400 {
			put(t, q, Job{ID: fmt.Sprint(n), Target: "t"})
		}
		for w.count() < 400 {
			time.Sleep(100 * time.Millisecond)
			if time.Since(began) > time.Minute {
				t.Fatalf("%d jobs are done", w.count())
			}
		}
		if took := time.Since(began); took > 20*time.Second { // 10 s at best
			t.Errorf("took %v", took)
		}
		t.Logf("took %v; jobs went back %d times", time.Since(began), q.Stats().Later)
		stop()
	})
}

// TestQueue_hold asks a target again only when it wants to be asked.
func TestQueue_hold(t *testing.T) {
	emptyPools(t)
	synctest.Test(t, func(t *testing.T) {
		node := embedtest.Start(t, embedtest.NoSync)
		began := time.Now()
		open := began.Add(40 * time.Second)
		w := &hand{do: func(context.Context, *Job) error {
			switch early := time.Until(open); {
			case early <= 0:
				return nil
			case early < 39*time.Second:
				t.Errorf("asked %v before the target wanted it", early)
				fallthrough
			default:
				return Hold(early, errTest)
			}
		}}
		q, stop := run(t, node, 1, Config{Worker: w, TargetAtOnce: 1})
		for n := range 20 {
			put(t, q, Job{ID: fmt.Sprint(n), Target: "t"})
		}
		time.Sleep(2 * time.Minute)
		if w.count() != 20 {
			t.Errorf("%d are done", w.count())
		}
		stop()
	})
}
