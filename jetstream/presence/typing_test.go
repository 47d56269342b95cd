package presence

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// writers is a rule that lets only these users write.
type writers map[string]bool

func (w writers) MayType(_ context.Context, user, _ string) error {
	if !w[user] {
		return wire.Errorf(wire.CodeForbidden, "no")
	}
	return nil
}

func TestTyping(t *testing.T) {
	node := embedtest.Start(t)
	heard := make(chan string, 16)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	typing := NewTyping(node.Conn, writers{"alice": true, "bob": true})
	running.Go(func() {
		if err := typing.Run(ctx, func(channel, user string) { heard <- channel + " " + user }); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	defer running.Wait()
	defer cancel()
	eventually(t, "it is heard", func() bool {
		if err := typing.Say(t.Context(), "alice", "alice~bob"); err != nil {
			t.Fatal(err)
		}
		delete(typing.new, typist{"alice", "alice~bob"})
		select {
		case got := <-heard:
			return got == "alice~bob alice"
		default:
			return false
		}
	})
	for _, nonsense := range [][2]string{{"typing.alice~bob", "not a user"}, {"typing.alice~bob", ""}, {"typing.nonsense", "alice"}} {
		if err := node.Conn.Publish(nonsense[0], []byte(nonsense[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := typing.Say(t.Context(), "eve", "alice~bob"); err == nil {
		t.Error("somebody types who may not write")
	}
	if err := typing.Say(t.Context(), "bob", "alice~bob"); err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case got := <-heard:
			switch got {
			case "alice~bob bob":
				return
			case "alice~bob alice": // sent by the loop above
			default:
				t.Fatalf("heard %q", got)
			}
		case <-time.After(patience):
			t.Fatal("heard nothing")
		}
	}
}

// TestTyping_rate lets users type all the time and counts the messages. The memory for them
// does not grow.
func TestTyping_rate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typing := NewTyping(nil, writers{})
		said := map[typist]int{}
		for range 600 {
			for i := range 10 {
				who := typist{"alice", fmt.Sprint("c", i)}
				if typing.due(who, time.Now()) {
					said[who]++
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
		for who, n := range said {
			if n != 30 {
				t.Errorf("%v was passed on %d times in a minute, want 30", who, n)
			}
		}
		for i := range 1000 {
			typing.due(typist{fmt.Sprint("u", i), "c"}, time.Now())
			time.Sleep(100 * time.Millisecond)
		}
		if n := len(typing.old) + len(typing.new); n > 2*20+2 {
			t.Errorf("%d are remembered", n)
		}
	})
}
