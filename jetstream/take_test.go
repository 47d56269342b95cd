package jetstream

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/lending"
	"natterjack/jetstream/internal/wake"
	"natterjack/server/wire"
)

// takes returns the configuration of a node that takes another's view if its own is a few
// events behind.
func takes() Config { return Config{Replicas: 3, Limits: hurried(), takeAbove: 10} }

// saidMuch fills three nodes with data of all kinds that a view has, and returns a group.
func saidMuch(t *testing.T, l *Log) (group string) {
	t.Helper()
	g, err := l.CreateGroup(t.Context(), "u0", &wire.CreateGroup{ClientID: "g", Name: "all", Members: users(5)})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 60 {
		mustSend(t, l, fmt.Sprint("u", n%5), in(g.ID, fmt.Sprint("c", n), "hi"))
		mustSend(t, l, fmt.Sprint("u", n%5), text(fmt.Sprint("u", (n+1)%7), fmt.Sprint("d", n), "hi"))
	}
	mustSend(t, l, "u0", wire.Delete{Channel: g.ID, Seq: 5})
	mustSend(t, l, "u1", wire.React{Channel: g.ID, Seq: 6, Emoji: "👍"})
	mustSend(t, l, "u1", wire.Set{ClientID: "s", Name: "theme", Value: "dark"})
	if err := l.Read(t.Context(), "u2", g.ID, 7); err != nil {
		t.Fatal(err)
	}
	return g.ID
}

// more returns the answers that the function everything does not ask for.
func more(t *testing.T, l *Log, group string) string {
	t.Helper()
	settings, err := l.Answer(t.Context(), "u1", wire.GetSettings{})
	if err != nil {
		t.Fatal(err)
	}
	receipts, err := l.Receipts(t.Context(), "u2", group)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(settings, receipts)
}

// awaitLevel waits until all nodes show everything that each of them has.
func awaitLevel(t *testing.T, logs []*Log) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, l := range logs {
		for shard := range l.layout.shards {
			last, err := lastPos(ctx, l.js, shard)
			if err == nil {
				err = l.shards[shard].follower.Await(ctx, last)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestTake starts a node without a view. It takes another node's view while two nodes write,
// and then answers as they do.
func TestTake(t *testing.T) {
	t.Parallel()
	nodes, logs, stops := cluster(t)
	group := saidMuch(t, logs[0])
	awaitLevel(t, logs)
	stops[2]()
	dir := t.TempDir()
	var writing sync.WaitGroup
	writing.Go(func() { sendAll(t, logs[:2], group, 100) })
	logs[2] = buildWith(t, takes(), nodes[2], dir)
	if logs[2].view.Position(logs[2].layout.shardOf(group)) == 0 {
		t.Error("it has no view of another node")
	}
	stops[2] = run(t, logs[2])
	<-logs[2].Ready()
	writing.Wait()
	awaitLevel(t, logs)
	eventually(t, "receipts to be the same", func() bool { return more(t, logs[0], group) == more(t, logs[2], group) })
	if diff := cmp.Diff(everything(t, logs[0]), everything(t, logs[2])); diff != "" {
		t.Error(diff)
	}
	mustSend(t, logs[2], "u0", in(group, "after", "all"))
	for _, d := range []string{"lent", "taken"} {
		for _, l := range logs {
			if _, err := os.Stat(filepath.Join(l.room.dirs[0], d)); err == nil {
				t.Errorf("%s is left in %s", d, l.room.dirs[0])
			}
		}
	}
}

// TestTake_erased shows that deleted messages do not come with another's view. What that view
// has not erased yet, this node erases too.
func TestTake_erased(t *testing.T) {
	t.Parallel()
	nodes, logs, stops := cluster(t)
	group := saidMuch(t, logs[0])
	const secret = "the-word-that-must-go"
	ack := mustSend(t, logs[0], "u0", in(group, "secret", secret))
	mustSend(t, logs[0], "u0", wire.Delete{Channel: group, Seq: ack.Seq})
	awaitLevel(t, logs)
	stops[2]()
	dir := t.TempDir()
	cfg := takes()
	cfg.scrubAfter = func() (time.Duration, error) { return 0, nil }
	l := buildWith(t, cfg, nodes[2], dir)
	if l.view.Position(ack.Shard) < ack.Pos {
		t.Error("it has no view of another node")
	}
	run(t, l)
	<-l.Ready()
	wake.Up(l.shards[ack.Shard].eraser.wake)
	eventually(t, "the word to be in no file", func() bool { return holds(t, dir, secret) == "" })
	if diff := cmp.Diff(everything(t, logs[0]), everything(t, l)); diff != "" {
		t.Error(diff)
	}
}

// TestTake_falls has the lenders die during a loan, or lend wrong data. The node reads the log
// then.
func TestTake_falls(t *testing.T) {
	t.Parallel()
	nodes, logs, stops := cluster(t)
	saidMuch(t, logs[0])
	awaitLevel(t, logs)
	stops[2]()
	name := logs[0].borrowed(logs[0].viewOptions(&Config{}))
	for what, fake := range map[string]struct {
		name string
		file func(m *nats.Msg)
		asks bool
	}{
		"of another log": {name: "v1-4-0123456789abcdef", asks: false},
		"refuses":        {name: name, asks: true, file: func(m *nats.Msg) { _ = m.RespondMsg(&nats.Msg{Header: nats.Header{"Error": {"gone"}}}) }},
		"sends another":  {name: name, asks: true, file: func(m *nats.Msg) { _ = m.RespondMsg(&nats.Msg{Data: []byte("x"), Header: nats.Header{"Sum": {"0"}}}) }},
		"is no view":     {name: name, asks: true, file: sends([]byte("abc"))},
		"dies":           {name: name, asks: true, file: func(*nats.Msg) {}},
	} {
		t.Run(what, func(t *testing.T) {
			asked := lends(t, nodes[0].Conn, fake.name, fake.file)
			dir := t.TempDir()
			l := buildWith(t, takes(), nodes[2], dir)
			if got := asked(); got != fake.asks {
				t.Errorf("it was asked: %v, want %v", got, fake.asks)
			}
			stop := run(t, l)
			<-l.Ready()
			if diff := cmp.Diff(withoutResume(everything(t, logs[0])), withoutResume(everything(t, l))); diff != "" {
				t.Error(diff)
			}
			if _, err := os.Stat(filepath.Join(dir, "taken")); err == nil {
				t.Error("something is left")
			}
			stop()
		})
	}
}

// withoutResume leaves out the events that a resume replays. A view that was made from the log
// lacks messages that were erased from the log before.
func withoutResume(all map[string]any) map[string]any {
	maps.DeleteFunc(all, func(what string, _ any) bool { return strings.HasPrefix(what, "resume") })
	return all
}

// sends returns a function that sends a file whole.
func sends(data []byte) func(m *nats.Msg) {
	return func(m *nats.Msg) {
		_ = m.RespondMsg(&nats.Msg{Data: data, Header: nats.Header{"Sum": {fmt.Sprintf("%x", sha256.Sum256(data))}}})
	}
}

// lends has a lender that is not a node lend a view that is ahead of all others. It returns a
// function that reports whether a file of that view was asked for.
func lends(t *testing.T, conn *nats.Conn, name string, file func(m *nats.Msg)) (asked func() bool) {
	t.Helper()
	far := make([]uint64, 4)
	far[0] = 1 << 40
	var mu sync.Mutex
	met := false
	answer := func(m *nats.Msg, what any) {
		data, err := json.Marshal(what)
		if err == nil {
			err = m.Respond(data)
		}
		if err != nil {
			t.Error(err)
		}
	}
	for subject, serve := range map[string]nats.MsgHandler{
		"views": func(m *nats.Msg) { answer(m, map[string]any{"at": "views.fake", "name": name, "positions": far}) },
		"views.fake": func(m *nats.Msg) {
			var q struct {
				Loan string
				Done bool
			}
			if err := json.Unmarshal(m.Data, &q); err != nil {
				t.Error(err)
			}
			switch {
			case q.Loan == "":
				answer(m, map[string]any{"loan": "x", "files": []map[string]any{{"name": "CURRENT", "size": 3}}})
			case q.Done:
				answer(m, nil)
			default:
				mu.Lock()
				met = true
				mu.Unlock()
				file(m)
			}
		},
	} {
		sub, err := conn.Subscribe(subject, serve)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = sub.Unsubscribe() })
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return func() bool {
		mu.Lock()
		defer mu.Unlock()
		return met
	}
}

// TestLender_oneAtATime shows that a second borrower is told that the view is lent, until the
// first has returned it.
func TestLender_oneAtATime(t *testing.T) {
	t.Parallel()
	_, logs, _ := cluster(t)
	saidMuch(t, logs[0])
	awaitLevel(t, logs)
	b := &lending.Borrower{Conn: logs[1].conn, Name: logs[0].borrowed(logs[0].viewOptions(&Config{})), Log: logs[1].log}
	var loans []*lending.Loan
	for range logs {
		loan, err := b.Borrow(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		loans = append(loans, loan)
	}
	if _, err := b.Borrow(t.Context(), 1); err == nil {
		t.Error("a node lends twice at once")
	}
	if err := loans[0].Return(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := loans[0].Fetch(t.Context(), t.TempDir()); err == nil {
		t.Error("a loan that is over is read on")
	}
	loan, err := b.Borrow(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := loan.Fetch(t.Context(), t.TempDir()); err != nil {
		t.Error(err)
	}
}
