package search

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"natterjack/server/wire"
)

// TestFind finds people who share a channel with the user, and the user's groups.
func TestFind(t *testing.T) {
	f := pond()
	f.channel("galice", "Alice's garden", "alice", "malik")
	f.channel("gkana", "たなかさんの会", "alice")
	s := New(Config{Log: f})
	for _, c := range []struct{ user, typed, want string }{
		{"alice", "ali", "alice malik | galice"},
		{"alice", "bo", "bob |"},
		{"alice", "b", "bob |"},
		{"alice", "rec field", "| gtoads"},
		{"alice", "secret", "|"},
		{"alice", "tanaka", "| gkana"},
		{"alice", "danv car", "carol |"},
		{"alice", "car", "carol |"},
		{"alice", "bobu", "bob |"},
		{"alice", "", "|"},
		{"bob", "sec", "| gsecret"},
		{"bob", "mal", "|"},
		{"dave", "ali", "|"},
	} {
		found, err := s.Find(t.Context(), Caller{User: c.user}, wire.Find{Query: c.typed})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, p := range found.People {
			all = append(all, p.User)
		}
		all = append(all, "|")
		for _, ch := range found.Channels {
			all = append(all, ch.Channel)
		}
		if got := strings.Join(all, " "); got != c.want || found.More {
			t.Errorf("%s: %q: %s, more %t, want %s", c.user, c.typed, got, found.More, c.want)
		}
	}
	found, err := s.Find(t.Context(), Caller{User: "alice"}, wire.Find{Query: "garden"})
	if err != nil || len(found.Channels) != 1 || len(found.Channels[0].Highlights) != 1 || found.Channels[0].Highlights[0] != (wire.Highlight{Start: 8, Length: 6}) {
		t.Errorf("%+v, %v", found, err)
	}
	found, err = s.Find(t.Context(), Caller{User: "alice"}, wire.Find{Query: "danv"})
	if want := (wire.Highlight{Start: 6, Length: 4}); err != nil || len(found.People) != 1 || found.People[0].Name != "Carol Danvers" || found.People[0].Highlights[0] != want {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err := s.Find(t.Context(), Caller{User: "alice"}, wire.Find{Query: "ali", Limit: 1}); err != nil || len(found.People) != 1 || !found.More {
		t.Errorf("one of two: %+v, %v", found, err)
	}
}

// TestFind_spends refuses a user who has searched too much, and counts the users that a find looks
// at.
func TestFind_spends(t *testing.T) {
	f := pond()
	s := New(Config{Log: f})
	find := func() error {
		_, err := s.Find(t.Context(), Caller{User: "alice"}, wire.Find{Query: "b"})
		return err
	}
	if err := find(); err != nil || f.spent["alice"] < 3*workOfPerson+2*workOfChannel {
		t.Errorf("spent %d, %v", f.spent["alice"], err)
	}
	f.spent["alice"] = -1
	if err := find(); !errors.Is(err, &wire.Error{Code: wire.CodeTooFast}) {
		t.Errorf("%v", err)
	}
}

// slowScope waits for a channel until it may go on.
type slowScope struct {
	Scope
	asked chan<- struct{}
	goOn  <-chan struct{}
}

func (s slowScope) Channel(channel string) (wire.ChannelInfo, error) {
	s.asked <- struct{}{}
	<-s.goOn
	return s.Scope.Channel(channel)
}

type slowLog struct {
	*fake
	asked chan struct{}
	goOn  chan struct{}
}

func (l slowLog) Scope(ctx context.Context, user string) (Scope, error) {
	scope, err := l.fake.Scope(ctx, user)
	return slowScope{scope, l.asked, l.goOn}, err
}

// TestFind_superseded cancels a find when its session begins another one, and no other session's.
func TestFind_superseded(t *testing.T) {
	f := newFake()
	f.channel("gx", "x", "alice", "bob")
	log := slowLog{f, make(chan struct{}), make(chan struct{})}
	s := New(Config{Log: log})
	var running sync.WaitGroup
	answers := make(chan string, 3)
	find := func(session string) {
		running.Go(func() {
			_, err := s.Find(context.Background(), Caller{User: "alice", Session: session}, wire.Find{Query: "b"})
			answers <- fmt.Sprint(session, " ", errors.Is(err, &wire.Error{Code: wire.CodeSuperseded}), " ", err == nil)
		})
	}
	find("1")
	<-log.asked
	find("2")
	<-log.asked
	ended := make(chan struct{})
	running.Go(func() { // the next find waits for a place until the first one ends
		defer close(ended)
		<-log.asked
	})
	find("1")
	await(t, "the newer find", func() bool {
		s.finds.mu.Lock()
		defer s.finds.mu.Unlock()
		s.turns.mu.Lock()
		defer s.turns.mu.Unlock()
		return s.turns.users["alice"].present == 3
	})
	close(log.goOn)
	<-ended
	running.Wait()
	close(answers)
	count := map[string]int{}
	for a := range answers {
		count[a]++
	}
	if count["1 true false"] != 1 || count["1 false true"] != 1 || count["2 false true"] != 1 {
		t.Errorf("%v", count)
	}
	if len(s.finds.running) > 0 || len(s.turns.users) > 0 {
		t.Errorf("left behind: %v, %v", s.finds.running, s.turns.users)
	}
}
