package takeover_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	log "natterjack/jetstream"
	"natterjack/jetstream/duty"
	"natterjack/jetstream/queue"
	"natterjack/jetstream/takeover"
	"natterjack/server/wire"
)

const patience = 60 * time.Second

// forgetful is a data directory with nothing in it.
type forgetful struct{}

func (forgetful) Epoch() string              { return "" }
func (forgetful) Remember(string, int) error { return nil }

// begin opens and runs a log until the test ends or stop is called.
func begin(t *testing.T, node *embedtest.Node, replicas int) (l *log.Log, stop func()) {
	t.Helper()
	limits := wire.DefaultLimits()
	limits.UserCommandsPerS, limits.ChannelEventsPerS = 100_000, 100_000
	limits.GroupsPerMin, limits.MembersPerMin = 100_000, 100_000
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	l, err := log.New(ctx, log.Config{
		Conn: node.Conn, Engine: node, ViewDir: t.TempDir(), Shards: 2, Replicas: replicas, Limits: limits, Memory: forgetful{},
		Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Errorf("open the log of %s: %v", node.Name(), err)
		return nil, func() {}
	}
	running, end := context.WithCancel(context.WithoutCancel(t.Context()))
	var all sync.WaitGroup
	all.Go(func() { _ = l.Run(running) })
	stop = sync.OnceFunc(func() {
		end()
		all.Wait()
		_ = l.Close()
	})
	t.Cleanup(stop)
	select {
	case <-l.Ready():
	case <-ctx.Done():
		t.Errorf("the log of %s is not ready", node.Name())
	}
	return l, stop
}

func send(t *testing.T, l *log.Log, from, to, id string) wire.Ack {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		ack, err := l.Change(ctx, from, wire.Send{To: to, ClientID: id, Content: wire.Content{Text: "said " + id}})
		if err == nil {
			return ack
		}
		if !wire.AsError(err, 0).Retryable || ctx.Err() != nil {
			t.Fatalf("send %s: %v", id, err)
		}
	}
}

func config(t *testing.T, from, to *embedtest.Node) takeover.Config {
	t.Helper()
	copies := func(ctx context.Context, stream string) (all []takeover.Copy, err error) {
		found, err := to.Copies(ctx, stream)
		for _, c := range found {
			all = append(all, takeover.Copy(c))
		}
		return all, err
	}
	return takeover.Config{
		From: from.Conn, To: to.Conn, Node: to.Name(), Replicas: 3, Copies: copies, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// TestRun takes a log with holes into a cluster whose other members wait for it, after an
// earlier run was interrupted. Clients continue where they were: a retry gets its first ack,
// and positions stay valid.
func TestRun(t *testing.T) {
	alone, members := embedtest.Start(t, embedtest.NoSync), embedtest.Cluster(t, 3, embedtest.NoSync)
	old, stop := begin(t, alone, 1)
	acks := map[string]wire.Ack{}
	for i := range 300 {
		id := fmt.Sprint("c", i)
		acks[id] = send(t, old, fmt.Sprint("u", i%7), "bob", id)
	}
	js, err := jetstream.New(alone.Conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"c3", "c10", "c11"} {
		s, err := js.Stream(t.Context(), log.StreamName(acks[id].Shard))
		if err == nil {
			err = s.SecureDeleteMsg(t.Context(), acks[id].Pos)
		}
		if err != nil {
			t.Fatal(err)
		}
		delete(acks, id)
	}
	epoch := old.Epoch()
	derive(t, old, jobs)
	stop()

	others := make([]*log.Log, 3)
	var waiting sync.WaitGroup
	for i := 1; i < 3; i++ {
		waiting.Go(func() { others[i], _ = begin(t, members[i], 3) })
	}
	half(t, js, members[0])
	taken, err := takeover.Run(t.Context(), config(t, alone, members[0]))
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(taken))
	for i, s := range taken {
		names[i] = s.Name
	}
	if want := []string{"CHAT_1", "DEAD", "DUTIES", "QUEUE_TEST", "RECEIPTS_0", "RECEIPTS_1", "CHAT_0"}; !slices.Equal(names, want) {
		t.Errorf("took %v, want %v", names, want)
	}
	waiting.Wait()
	if t.Failed() {
		return
	}
	first, _ := begin(t, members[0], 3)
	for _, l := range []*log.Log{first, others[1], others[2]} {
		if l.Epoch() != epoch || l.Shards() != 2 {
			t.Errorf("epoch %s and %d shards; it was %s and 2", l.Epoch(), l.Shards(), epoch)
		}
		for id, ack := range acks {
			if retry := send(t, l, fmt.Sprint("u", sender(id)), "bob", id); retry != ack {
				t.Fatalf("a retry of %s is acked with %+v, and was with %+v", id, retry, ack)
			}
		}
	}
	done := &counter{did: map[string]int{}}
	running, end := context.WithTimeout(t.Context(), patience)
	defer end()
	done.full = func() bool { return len(done.did) == jobs }
	done.end = end
	if err := others[1].Queue(queue.Config{Name: "test", Worker: worker{done}}).Run(running); err != nil {
		t.Error(err)
	}
	if len(done.did) != jobs {
		t.Errorf("jobs that were done in the cluster: %v", done.did)
	}
	again := send(t, first, "u0", "bob", "after")
	if _, err := takeover.Run(t.Context(), config(t, alone, members[0])); !errors.Is(err, takeover.ErrHasLog) {
		t.Errorf("a second time, after %d: %v", again.Pos, err)
	}
}

// jobs is how many jobs wait when the log is taken.
const jobs = 5

// derive leaves records in a log as a duty and a queue do.
func derive(t *testing.T, l *log.Log, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var running sync.WaitGroup
	defer running.Wait()
	done := &counter{did: map[string]int{}}
	done.full = func() bool { return done.did["duty"] > 0 }
	done.end = cancel
	q := l.Queue(queue.Config{Name: "test"})
	running.Go(func() { _ = q.Run(ctx) })
	for i := range n {
		for q.Put(ctx, queue.Job{ID: fmt.Sprint(i), Target: "t"}) != nil && ctx.Err() == nil {
			<-time.After(10 * time.Millisecond)
		}
	}
	running.Go(func() { _ = l.Duty(duty.Config{Name: "test", Begin: duty.AtFirst, Doer: doer{done}}).Run(ctx) })
	running.Wait()
	if done.did["duty"] == 0 {
		t.Error("the duty was not done")
	}
}

// counter is a worker and a doer. It calls end once it is full.
type counter struct {
	full func() bool
	end  func()

	mu  sync.Mutex // protects did
	did map[string]int
}

func (c *counter) count(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.did[what]++; c.full() {
		c.end()
	}
}

// worker is a counter of jobs.
type worker struct{ *counter }

func (w worker) Do(_ context.Context, j *queue.Job) error { w.count(j.ID); return nil }

// doer is a counter of events.
type doer struct{ *counter }

func (d doer) Do(context.Context, []wire.Event) error { d.count("duty"); return nil }

func sender(id string) (n int) {
	_, _ = fmt.Sscanf(id, "c%d", &n)
	return n % 7
}

// half leaves in the cluster what an interrupted run leaves.
func half(t *testing.T, from jetstream.JetStream, to *embedtest.Node) {
	t.Helper()
	s, err := from.Stream(t.Context(), log.StreamName(1))
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.Metadata = map[string]string{log.MetaUnfinished: "true"}
	js, err := jetstream.New(to.Conn)
	if err == nil {
		_, err = js.CreateStream(t.Context(), cfg)
	}
	if err != nil {
		t.Fatal(err)
	}
}
