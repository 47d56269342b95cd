package jetstream

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"natterjack/embed"
	"natterjack/jetstream/duty"
	"natterjack/jetstream/queue"
	"natterjack/server/wire"
)

// lifeEnv makes the test's process one life of a node: it has the directory of the node, and the
// point at which the node kills itself, with the number of the pass.
const lifeEnv = "NATTERJACK_LIFE"

// The points at which a life ends: an event is stored and nothing is decided, its job is queued,
// its job is done and not acknowledged.
var lifePoints = []string{"stored", "queued", "done"}

// perLife is how many messages a life sends.
const perLife = 8

// TestDerived_kill kills a node at each point between a message and the end of the job that a duty
// derives from it, again and again. Each message's job is done at least once, and at most twice,
// because the node is killed only once while it has it.
func TestDerived_kill(t *testing.T) {
	if at := os.Getenv(lifeEnv); at != "" {
		live(t, at)
		return
	}
	t.Parallel()
	kills := 6
	if os.Getenv("NATTERJACK_CHAOS") == "full" {
		kills = 100
	}
	dir := t.TempDir()
	for n := range kills {
		if err := spawn(t, dir, fmt.Sprint(lifePoints[n%3], ":", 1+n%perLife)); err == nil || err.ProcessState.ExitCode() != -1 {
			t.Fatalf("life %d was not killed: %v", n, err)
		}
	}
	if err := spawn(t, dir, "none:0"); err != nil {
		t.Fatalf("the last life: %v", err)
	}
	sent, done := lines(t, dir, "acked"), lines(t, dir, "done")
	if len(sent) < kills {
		t.Errorf("%d messages were sent in %d lives", len(sent), kills)
	}
	twice := 0
	for id := range sent {
		switch done[id] {
		case 1:
		case 2:
			twice++
		default:
			t.Errorf("the job of %s was done %d times", id, done[id])
		}
	}
	t.Logf("%d messages, %d jobs done twice", len(sent), twice)
}

// spawn runs a life in a process of its own.
func spawn(t *testing.T, dir, point string) *exec.ExitError {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestDerived_kill$")
	cmd.Env = append(os.Environ(), lifeEnv+"="+dir+"|"+point)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	exit, ok := err.(*exec.ExitError) //nolint:errorlint // of this call
	if !ok || ctx.Err() != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if exit.ExitCode() != -1 {
		t.Logf("%s", out)
	}
	return exit
}

// lines returns how often each line is in a file.
func lines(t *testing.T, dir, name string) map[string]int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	all := map[string]int{}
	for line := range strings.Lines(string(text)) {
		all[strings.TrimSpace(line)]++
	}
	return all
}

// life is one life of a node. It is the doer of its duty and the worker of its queue.
type life struct {
	t     *testing.T
	dir   string
	queue *queue.Queue

	mu    sync.Mutex // protects following
	armed bool
	point string
	left  int
}

// live sends messages, after the jobs of all earlier lives are done, until it is killed.
func live(t *testing.T, at string) {
	t.Helper()
	dir, point, _ := strings.Cut(at, "|")
	point, times, _ := strings.Cut(point, ":")
	v := &life{t: t, dir: dir, point: point}
	v.left, _ = strconv.Atoi(times)
	l, end := v.open()
	defer end()
	eventually(t, "the jobs of earlier lives", func() bool {
		done := lines(t, dir, "done")
		for id := range lines(t, dir, "acked") {
			if done[id] == 0 {
				return false
			}
		}
		return v.stored(l) && v.empty(l)
	})
	if point == "none" {
		return
	}
	v.mu.Lock()
	v.armed = true
	v.mu.Unlock()
	for n := range perLife {
		id := fmt.Sprintf("%d-%d", os.Getpid(), n)
		mustSend(t, l, "alice", text("bob", id, "hi"))
		v.note("acked", id)
	}
	<-time.After(patience)
	t.Fatal("nothing has killed this life")
}

// open runs a node with a duty and a queue.
func (v *life) open() (l *Log, end func()) {
	t := v.t
	o := &server.Options{}
	if err := o.ProcessConfigString("accounts { CHAT { jetstream: enabled }, SYS {} }\nsystem_account: SYS\njetstream { sync_interval: always }"); err != nil {
		t.Fatal(err)
	}
	o.ServerName, o.StoreDir, o.DontListen = "n1", filepath.Join(v.dir, "store"), true
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := embed.New(embed.Options{NATS: o, Logger: log})
	if err == nil {
		err = s.Start(t.Context())
	}
	if err == nil {
		err = s.Ready(t.Context())
	}
	if err == nil {
		l, err = New(t.Context(), Config{Conn: s.Conn(), Engine: s, ViewDir: filepath.Join(v.dir, "view"), Limits: hurried(), Logger: log})
	}
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, l)
	<-l.Ready()
	ctx, cancel := context.WithCancel(t.Context())
	v.queue = l.Queue(queue.Config{Name: "test", Worker: jobber{v}})
	var running sync.WaitGroup
	running.Go(func() { _ = v.queue.Run(ctx) })
	running.Go(func() {
		_ = l.Duty(duty.Config{Name: "test", Begin: duty.AtFirst, Kinds: []wire.Kind{wire.KindMessage}, Doer: v}).Run(ctx)
	})
	return l, func() {
		cancel()
		running.Wait()
		stop()
		_ = s.Close(context.WithoutCancel(ctx))
	}
}

// stored reports whether the duty's position is at the last event.
func (v *life) stored(l *Log) bool {
	shard := l.layout.shardOf(aliceAndBob)
	last, err := lastPos(v.t.Context(), l.js, shard)
	if err != nil || last == 0 {
		return err == nil
	}
	s, err := l.js.Stream(v.t.Context(), duty.StreamName)
	if err != nil {
		return false
	}
	m, err := s.GetLastMsgForSubject(v.t.Context(), duty.Subject("test", shard))
	return err == nil && strings.Contains(string(m.Data), fmt.Sprintf(`"pos":%d,`, last))
}

// empty reports whether the queue has no jobs. After a kill some come a second time.
func (v *life) empty(l *Log) bool {
	s, err := l.js.Stream(v.t.Context(), queue.StreamName("test"))
	return err == nil && s.CachedInfo().State.Msgs == 0
}

// pass kills the process at its point.
func (v *life) pass(point string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.armed || point != v.point {
		return
	}
	if v.left--; v.left > 0 {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {} // the signal is on its way
}

// note appends a line to a file.
func (v *life) note(name, line string) {
	f, err := os.OpenFile(filepath.Join(v.dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(line + "\n")
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		v.t.Error(err)
	}
}

// Do implements [duty.Doer].
func (v *life) Do(ctx context.Context, events []wire.Event) error {
	for i := range events {
		v.pass("stored")
		if err := v.queue.Put(ctx, queue.Job{ID: events[i].ClientID, Target: "t"}); err != nil {
			return err
		}
		v.pass("queued")
	}
	return nil
}

// jobber is the worker of a life.
type jobber struct{ *life }

func (j jobber) Do(_ context.Context, job *queue.Job) error {
	j.note("done", job.ID)
	j.pass("done")
	return nil
}

// TestQueue_fullForChat fills a queue. Sends go on as before.
func TestQueue_fullForChat(t *testing.T) {
	l := alone(t)
	q := l.Queue(queue.Config{Name: "test", Jobs: 20})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { _ = q.Run(ctx) })
	defer cancel()
	var refused []error
	eventually(t, "the queue to be full", func() bool {
		err := q.Put(ctx, queue.Job{ID: fmt.Sprint(len(refused), time.Now()), Target: "t"})
		if err != nil {
			refused = append(refused, err)
		}
		return slices.ContainsFunc(refused, func(err error) bool { return strings.Contains(err.Error(), queue.ErrFull.Error()) })
	})
	for n := range 20 {
		mustSend(t, l, "alice", text("bob", fmt.Sprint(n), "hi"))
		if err := q.Put(ctx, queue.Job{ID: fmt.Sprint("more", n), Target: "t"}); err == nil {
			t.Error("a job was put into a full queue")
		}
	}
}
