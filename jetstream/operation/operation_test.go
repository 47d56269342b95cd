package operation

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

// gate lets every user through except one who is too fast, and records the users that it has seen.
type gate struct {
	mu   sync.Mutex
	seen []wire.ShardPos
}

func (g *gate) Charge(user string) error {
	if user == "flood" {
		return wire.Errorf(wire.CodeTooFast, "too many")
	}
	return nil
}

func (g *gate) AwaitSeen(_ context.Context, seen []wire.ShardPos) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen = append(g.seen, seen...)
	return nil
}

func history(do func(ctx context.Context, c Caller) error) (*Table, *gate) {
	g := new(gate)
	t := New(g)
	Handle(t, func(ctx context.Context, c Caller, cmd wire.History) (wire.Page, error) {
		return wire.Page{Channel: cmd.Channel}, do(ctx, c)
	})
	return t, g
}

func TestAnswer(t *testing.T) {
	var asked Caller
	table, g := history(func(_ context.Context, c Caller) error { asked = c; return nil })
	cmd := wire.History{Ref: wire.Ref{Ref: 9}, Seen: wire.Seen{Seen: []wire.ShardPos{{Shard: 1, Pos: 7}}}, Channel: "alice~bob"}
	f, err := table.Answer(t.Context(), Caller{"alice", "s1"}, cmd)
	if page, ok := f.(wire.Page); err != nil || !ok || page.Ref.Ref != 9 || page.Channel != "alice~bob" {
		t.Errorf("answered %+v, %v", f, err)
	}
	if (asked != Caller{"alice", "s1"}) || len(g.seen) != 1 || g.seen[0].Pos != 7 {
		t.Errorf("asked by %+v, who has seen %v", asked, g.seen)
	}
	if _, err := table.Answer(t.Context(), Caller{User: "flood"}, cmd); !errors.Is(err, &wire.Error{Code: wire.CodeTooFast}) {
		t.Errorf("a user who is too fast: %v", err)
	}
	if _, err := table.Answer(t.Context(), Caller{User: "alice"}, wire.GetPins{}); !errors.Is(err, &wire.Error{Code: wire.CodeUnavailable}) {
		t.Errorf("what nobody answers: %v", err)
	}
}

// TestAnswer_panic shows that an internal fault fails one command only, and frees its place.
func TestAnswer_panic(t *testing.T) {
	table, _ := history(func(context.Context, Caller) error { panic("as it was told to") })
	for range maxReads + 1 {
		f, err := table.Answer(t.Context(), Caller{User: "alice"}, wire.History{})
		if f != nil || err == nil || !strings.Contains(err.Error(), "as it was told to") || !strings.Contains(err.Error(), "operation_test.go") {
			t.Fatalf("answered %v, %v", f, err)
		}
	}
}

// TestAnswer_commitsApart shows that commands that wait for a commit, in an election for
// seconds, take no place from reading ones.
func TestAnswer_commitsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table, _ := history(func(context.Context, Caller) error { return nil })
		Handle(table, func(ctx context.Context, _ Caller, _ wire.Forward) (wire.Ack, error) {
			<-ctx.Done()
			return wire.Ack{}, ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var waiting sync.WaitGroup
		for range maxReads * 2 {
			waiting.Go(func() { _, _ = table.Answer(ctx, Caller{User: "alice"}, wire.Forward{}) })
		}
		synctest.Wait()
		start := time.Now()
		if _, err := table.Answer(ctx, Caller{User: "bob"}, wire.History{}); err != nil || time.Since(start) > 0 {
			t.Errorf("bob read after %v: %v", time.Since(start), err)
		}
		waiting.Wait()
	})
}

// TestAnswer_bounded shows that commands that find all places taken wait as long as they can.
func TestAnswer_bounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		table, _ := history(func(context.Context, Caller) error { <-release; return nil })
		var waiting sync.WaitGroup
		for range maxReads {
			waiting.Go(func() { _, _ = table.Answer(t.Context(), Caller{User: "alice"}, wire.History{}) })
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := table.Answer(ctx, Caller{User: "bob"}, wire.History{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("bob was answered: %v", err)
		}
		close(release)
		waiting.Wait()
	})
}

func TestHandle_once(t *testing.T) {
	table, _ := history(func(context.Context, Caller) error { return nil })
	defer func() {
		if p := recover(); p == nil || !strings.Contains(p.(string), "history") {
			t.Errorf("a second handler: %v", p)
		}
	}()
	Handle(table, func(context.Context, Caller, wire.History) (wire.Page, error) { return wire.Page{}, nil })
}
