package write

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

// script is a committer that calls its function run.
type script struct {
	run        func(round []*Command) (rest []*Command)
	distrusted int
}

func (s *script) commit(_ context.Context, round []*Command) []*Command { return s.run(round) }
func (s *script) distrust()                                             { s.distrusted++ }

func (s *script) never() *script {
	s.run = func(round []*Command) []*Command { return round }
	return s
}

func runLane(t *testing.T, l *lane) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.run(ctx) })
	running.Go(func() { l.sweep(ctx) })
	return func() { cancel(); running.Wait() }
}

func wish(id string, done func(wire.Ack, error)) *Command {
	return &Command{channel: "a~b", user: "a", clientID: id, change: wire.Send{}, done: done}
}

// TestLane_keepsOrderThroughFailures fails different parts of rounds. Commands that are tried
// again must stay before later ones.
func TestLane_keepsOrderThroughFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var committed []string
		calls := 0
		w := &script{run: func(round []*Command) []*Command {
			mu.Lock()
			defer mu.Unlock()
			calls++
			keep := (len(round)*(calls%3) + 2) / 3 // none, a third or two thirds are committed
			for _, c := range round[:keep] {
				committed = append(committed, c.clientID)
				c.done(wire.Ack{}, nil)
			}
			return round[keep:]
		}}
		l := newLane(func() bool { return true }, w, nil)
		defer runLane(t, l)()
		var want []string
		for i := range 200 {
			id := fmt.Sprint(i)
			want = append(want, id)
			l.submit(wish(id, func(_ wire.Ack, err error) {
				if err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}))
		}
		for synctest.Wait(); ; synctest.Wait() {
			mu.Lock()
			n := len(committed)
			mu.Unlock()
			if n == len(want) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if !slices.Equal(committed, want) {
			t.Errorf("committed %v", committed)
		}
	})
}

func TestLane_answersInTime(t *testing.T) {
	for _, c := range []struct {
		name  string
		tried bool
		want  wire.Code
	}{{"nothing was tried", false, wire.CodeUnavailable}, {"something was", true, wire.CodeTimeout}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLane(func() bool { return true }, (&script{}).never(), nil)
				defer runLane(t, l)()
				began, answered := time.Now(), make(chan error, 1)
				cmd := wish("1", func(_ wire.Ack, err error) { answered <- err })
				cmd.tried = c.tried
				l.submit(cmd)
				err := <-answered
				if took := time.Since(began); took < commandTimeout || took > commandTimeout+time.Second {
					t.Errorf("answered after %v", took)
				}
				if !errors.Is(err, wire.Errorf(c.want, "")) {
					t.Errorf("answered %v, want %s", err, c.want)
				}
			})
		})
	}
}

func TestLane_refusesWhatItCannotHold(t *testing.T) {
	l := newLane(func() bool { return true }, &script{}, nil) // the lane does not run, so that everything waits
	for range maxQueued {
		l.submit(wish("x", func(wire.Ack, error) { t.Error("answered") }))
	}
	var refused error
	l.submit(wish("y", func(_ wire.Ack, err error) { refused = err }))
	if e := wire.AsError(refused, 0); e.Code != wire.CodeUnavailable || e.RetryAfter == 0 {
		t.Errorf("refused with %+v", e)
	}
}

func TestLane_stopAnswersEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane(func() bool { return true }, (&script{}).never(), nil)
		stop := runLane(t, l)
		answers := 0
		for range 1000 {
			l.submit(wish("x", func(_ wire.Ack, err error) {
				if !wire.AsError(err, 0).Retryable {
					t.Errorf("answered %v", err)
				}
				answers++
			}))
		}
		stop()
		l.submit(wish("late", func(wire.Ack, error) { answers++ }))
		if answers != 1001 {
			t.Errorf("%d answers to 1001 commands", answers)
		}
	})
}

// TestLane_followsTheLeader shows that a lane commits on its own node while that node leads,
// and otherwise on another. It never passes on a command that came from another node.
func TestLane_followsTheLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var here, there []string
		take := func(to *[]string) func([]*Command) []*Command {
			return func(round []*Command) []*Command {
				for _, c := range round {
					*to = append(*to, c.clientID)
					c.done(wire.Ack{}, nil)
				}
				return nil
			}
		}
		leads := true
		w := &script{run: take(&here)}
		l := newLane(func() bool { return leads }, w, &script{run: take(&there)})
		defer runLane(t, l)()
		ask := func(id string, served bool) (err error) {
			c := wish(id, func(_ wire.Ack, e error) { err = e })
			c.served = served
			l.submit(c)
			synctest.Wait()
			return err
		}
		_ = ask("1", false)
		_ = ask("2", true)
		leads = false
		_ = ask("3", false)
		if err := ask("4", true); !errors.Is(err, wire.Errorf(wire.CodeUnavailable, "")) {
			t.Errorf("a served command was answered %v", err)
		}
		leads = true
		_ = ask("5", false)
		if !slices.Equal(here, []string{"1", "2", "5"}) || !slices.Equal(there, []string{"3"}) {
			t.Errorf("here %v, there %v", here, there)
		}
		if w.distrusted == 0 {
			t.Error("the writer trusts a view that another writer has overtaken")
		}
	})
}
