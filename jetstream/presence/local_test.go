package presence

import (
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

// script runs a user's sessions through time. It returns the writes, with their times.
type script struct {
	*local
	began time.Time
}

type written struct {
	after time.Duration
	state rank
}

func inBubble(t *testing.T, play func(s *script)) (log []written) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		s := &script{local: newLocal(usual), began: time.Now()}
		done := make(chan struct{})
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				writes, wait := s.due(time.Now(), maxWrites)
				for _, w := range writes {
					log = append(log, written{time.Since(s.began), w.state})
				}
				select {
				case <-s.wake:
				case <-time.After(wait):
				case <-done:
					return
				}
			}
		}()
		play(s)
		time.Sleep(time.Minute)
		close(done)
		<-stopped
		if want := s.users["alice"]; want == nil && s.lastWritten(log) != offline {
			t.Error("somebody who is not offline is forgotten")
		}
	})
	return log
}

func (s *script) lastWritten(log []written) rank {
	if len(log) == 0 {
		return offline
	}
	return log[len(log)-1].state
}

func (s *script) enter() { s.change("alice", false, func(p *person) { p.sessions[online]++ }) }

func (s *script) leave(state wire.PresenceState) {
	s.change("alice", false, func(p *person) { p.sessions[rankOf(state)]-- })
}

// visit is a session that is open for some time.
func (s *script) visit(d time.Duration) {
	s.enter()
	time.Sleep(d)
	s.leave(wire.PresenceOnline)
}

func (s *script) set(from, to wire.PresenceState) {
	s.change("alice", true, func(p *person) { p.sessions[rankOf(from)]--; p.sessions[rankOf(to)]++ })
}

func TestLocal(t *testing.T) {
	const on, aw, inv = wire.PresenceOnline, wire.PresenceAway, wire.PresenceInvisible
	for name, c := range map[string]struct {
		play func(s *script)
		want []written
	}{
		"comes and goes": {
			func(s *script) { s.enter(); time.Sleep(time.Minute); s.leave(on) },
			[]written{{time.Second, online}, {65 * time.Second, offline}},
		},
		"a reconnect is not seen": {func(s *script) {
			s.enter()
			time.Sleep(time.Minute)
			s.leave(on)
			time.Sleep(4900 * time.Millisecond)
			s.enter()
		}, []written{{time.Second, online}}},
		"a glance is not seen":         {func(s *script) { s.enter(); time.Sleep(900 * time.Millisecond); s.leave(on) }, nil},
		"who comes invisible is not":   {func(s *script) { s.enter(); s.set(on, inv); time.Sleep(time.Minute); s.leave(inv) }, nil},
		"invisible at once":            {func(s *script) { s.enter(); time.Sleep(2 * time.Second); s.set(on, inv) }, []written{{time.Second, online}, {2 * time.Second, offline}}},
		"the most visible session":     {func(s *script) { s.enter(); s.enter(); s.set(on, aw); time.Sleep(10 * time.Second); s.leave(on) }, []written{{0, online}, {15 * time.Second, away}}},
		"away, and back while waiting": {func(s *script) { s.enter(); time.Sleep(2 * time.Second); s.set(on, aw); s.set(aw, on) }, []written{{time.Second, online}}},
		"flapping stays": {func(s *script) {
			s.enter()
			for range 20 {
				time.Sleep(2 * time.Second)
				s.leave(on)
				time.Sleep(3 * time.Second)
				s.enter()
			}
		}, []written{{time.Second, online}}},
		"short visits in a row are seen": {func(s *script) {
			for range 20 {
				s.visit(700 * time.Millisecond)
			}
		}, []written{{1700 * time.Millisecond, online}, {19 * time.Second, offline}}},
		"so are polls that do not wait": {func(s *script) {
			for range 20 {
				s.visit(time.Millisecond)
				time.Sleep(999 * time.Millisecond)
			}
		}, []written{{2 * time.Second, online}, {19*time.Second + time.Millisecond + 5*time.Second, offline}}},
		"two glances are seen": {func(s *script) {
			s.visit(time.Millisecond)
			time.Sleep(4 * time.Second)
			s.visit(time.Millisecond)
		}, []written{{5*time.Second + time.Millisecond, online}, {9*time.Second + 2*time.Millisecond, offline}}},
		"glances far apart are not": {func(s *script) {
			for range 20 {
				s.visit(time.Millisecond)
				time.Sleep(5 * time.Second)
			}
		}, nil},
		"who comes invisible again and again is not": {func(s *script) {
			for range 20 {
				s.enter()
				time.Sleep(time.Millisecond)
				s.set(on, inv)
				time.Sleep(700 * time.Millisecond)
				s.leave(inv)
			}
		}, nil},
		"who was glimpsed and comes invisible is not": {func(s *script) {
			s.visit(time.Millisecond)
			time.Sleep(3 * time.Second)
			s.enter()
			s.set(on, inv)
			time.Sleep(time.Minute)
			s.leave(inv)
		}, nil},
		"flapping does not keep one away": {func(s *script) {
			s.enter()
			for range 20 {
				time.Sleep(300 * time.Millisecond)
				s.enter()
				time.Sleep(300 * time.Millisecond)
				s.leave(on)
			}
		}, []written{{time.Second, online}}},
	} {
		t.Run(name, func(t *testing.T) {
			log := inBubble(t, c.play)
			if len(log) != len(c.want) {
				t.Fatalf("written %v, want %v", log, c.want)
			}
			for i, w := range c.want {
				if log[i].state != w.state || log[i].after != w.after {
					t.Errorf("written %v, want %v", log, c.want)
				}
			}
		})
	}
}

func TestLocal_failedIsDoneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLocal(usual)
		l.change("alice", true, func(p *person) { p.sessions[online]++ })
		writes, _ := l.due(time.Now(), 1)
		if len(writes) != 1 || writes[0].state != online {
			t.Fatalf("due %v", writes)
		}
		l.failed(writes)
		if again, wait := l.due(time.Now(), 1); len(again) != 0 || wait != usual.retry {
			t.Fatalf("at once %v, then in %v", again, wait)
		}
		l.change("alice", false, func(p *person) { p.sessions[online]-- })
		time.Sleep(usual.retry)
		again, _ := l.due(time.Now(), 1)
		if len(again) != 1 || again[0].state != offline {
			t.Fatalf("again %v, want offline: it may have been stored", again)
		}
		if len(l.users) != 0 {
			t.Errorf("%d users are kept", len(l.users))
		}
	})
}

// TestRoster_grace shows that users who move away from a stopping or restarting node are never
// seen offline. Users who do not move are seen offline since the end of the node.
func TestRoster_grace(t *testing.T) {
	const grace = 5 * time.Second
	for name, next := range map[string]func(r *roster, now time.Time){
		"it stops": func(r *roster, now time.Time) { r.renew("n1", &lease{Run: "r1", Ended: true}, 7, now, grace) },
		"another run follows": func(r *roster, now time.Time) {
			r.renew("n1", &lease{Run: "r2", Former: []ended{{"r1", 7}}}, 9, now, grace)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, now := newRoster(), time.Now()
			r.renew("n1", &lease{Run: "r1"}, 1, now, grace)
			r.renew("n2", &lease{Run: "r3"}, 1, now, grace)
			r.put("mover", "n1", &entry{State: wire.PresenceOnline, Run: "r1"})
			r.put("leaver", "n1", &entry{State: wire.PresenceOnline, Run: "r1"})
			next(r, now)
			lapse := func(after time.Duration) { r.lapse("n2", now.Add(after), now.Add(after-usual.lease)) }
			for after := time.Duration(0); after < grace; after += time.Second {
				lapse(after)
				if state, _ := r.of("mover"); state != online {
					t.Fatalf("seen offline after %v", after)
				}
			}
			r.put("mover", "n2", &entry{State: wire.PresenceOnline, Run: "r3"})
			lapse(grace + time.Millisecond)
			if state, _ := r.of("mover"); state != online {
				t.Error("who has moved is offline")
			}
			if state, seen := r.of("leaver"); state != offline || seen != 7 {
				t.Errorf("who has not is %v, last seen at %d", state, seen)
			}
			lapse(usual.lease + time.Second)
			if state, _ := r.of("mover"); state != online {
				t.Error("a node's own lease has lapsed")
			}
		})
	}
}

// TestRoster_clockWasAhead has a user come and go on a node whose clock is a day ahead. No user is
// shown as seen in the future, and the shown time does not move.
func TestRoster_clockWasAhead(t *testing.T) {
	const grace = 5 * time.Second
	r, now := newRoster(), time.Now()
	ahead := now.Add(24 * time.Hour).UnixMilli()
	r.renew("n1", &lease{Run: "r2", Former: []ended{{"r1", ahead}}}, ahead, now, grace)
	r.renew("n2", &lease{Run: "r3"}, now.UnixMilli(), now, grace)
	r.put("gone", "n1", &entry{State: wire.PresenceOffline, Since: ahead, Run: "r2"})
	r.put("crashed", "n1", &entry{State: wire.PresenceOnline, Since: ahead, Run: "r1"})
	r.put("there", "n2", &entry{State: wire.PresenceOnline, Since: ahead, Run: "r3"})
	for _, after := range []time.Duration{time.Second, time.Minute} {
		r.lapse("n2", now.Add(after), now)
		r.renew("n1", &lease{Run: "r2", Former: []ended{{"r1", ahead}}}, now.Add(after).UnixMilli(), now.Add(after), grace)
		for _, user := range []string{"gone", "crashed"} {
			if state, seen := r.of(user); state != offline || seen != now.Add(time.Second).UnixMilli() {
				t.Errorf("after %v %s is %v, last seen %v ahead", after, user, state, time.UnixMilli(seen).Sub(now))
			}
		}
	}
	if state, _ := r.of("there"); state != online {
		t.Error("a user who is online is not any more")
	}
	r.forget(now.Add(time.Hour))
	if _, seen := r.of("gone"); seen != 0 {
		t.Error("an entry is kept until its own time has come")
	}
}
