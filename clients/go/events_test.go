package natter

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

const group = "g234567234567234567234567"

func TestEventsOnceAndInOrderAcrossReconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t,
			func(p *peer) {
				p.welcome()
				p.write(said(group, "bob", "1", 1, 1), said(group, "bob", "2", 2, 3))
			},
			func(p *peer) {
				if d := cmp.Diff(&wire.Resume{Epoch: "e", Positions: []uint64{3, 0}}, p.hello.Resume); d != "" {
					t.Error(d)
				}
				p.welcome()
				p.write(said(group, "bob", "2", 2, 3), said(group, "bob", "3", 3, 4), said(group, "bob", "3", 3, 4))
				other := said("alice~bob", "bob", "x", 9, 2)
				other.Shard = 1
				p.write(other)
				p.drain()
			})
		c := r.start(t, nil)
		var got []string
		for range 4 {
			got = append(got, nextEvent(t, c).ClientID)
		}
		if d := cmp.Diff([]string{"1", "2", "3", "x"}, got); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(Position{Epoch: "e", Positions: []uint64{4, 2}}, c.Position()); d != "" {
			t.Error(d)
		}
	})
}

// The position belongs to the application: it does not include events that the application has
// not taken.
func TestResumeInAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t,
			func(p *peer) {
				p.welcome(func(w *wire.Welcome) { w.Positions = []uint64{10, 20} })
				p.write(said(group, "bob", "1", 1, 11), said(group, "bob", "2", 2, 12))
				p.drain()
			},
			func(p *peer) {
				if d := cmp.Diff(&wire.Resume{Epoch: "e", Positions: []uint64{11, 20}}, p.hello.Resume); d != "" {
					t.Error(d)
				}
				p.welcome()
				p.write(said(group, "bob", "2", 2, 12))
				p.drain()
			})
		first := r.start(t, nil)
		synctest.Wait()
		if d := cmp.Diff(Position{Epoch: "e", Positions: []uint64{10, 20}}, first.Position()); d != "" {
			t.Error(d)
		}
		nextEvent(t, first)
		at := first.Position()
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		second := r.start(t, func(o *Options) { o.Resume = &at })
		if ev := nextEvent(t, second); ev.ClientID != "2" {
			t.Errorf("after resuming: %+v", ev)
		}
	})
}

func TestResetIsToldInItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t,
			func(p *peer) {
				p.welcome()
				p.write(said(group, "bob", "1", 1, 1))
			},
			func(p *peer) {
				p.welcome(func(w *wire.Welcome) { w.Recovered, w.Epoch, w.Positions = false, "f", []uint64{0, 5, 5} })
				p.write(said(group, "bob", "9", 9, 1)) // no hole: the events before belong to another log
				p.drain()
			})
		c := r.start(t, nil)
		if ev := nextEvent(t, c); ev.ClientID != "1" {
			t.Errorf("%+v", ev)
		}
		_, err := next(t, c)
		for isDisconnected(err) {
			_, err = next(t, c)
		}
		if !errors.Is(err, ErrReset) || errors.Is(err, ErrFatal) {
			t.Errorf("instead of a reset: %v", err)
		}
		if d := cmp.Diff(Position{Epoch: "f", Positions: []uint64{0, 5, 5}}, c.Position()); d != "" {
			t.Error(d)
		}
		if ev := nextEvent(t, c); ev.ClientID != "9" {
			t.Errorf("%+v", ev)
		}
	})
}

// A hole is read a second time from another connection. It is told if it is still there.
func TestHole(t *testing.T) {
	for name, again := range map[string][]wire.Event{
		"healed":    {said(group, "bob", "2", 2, 2), said(group, "bob", "3", 3, 3)},
		"confirmed": {said(group, "bob", "3", 3, 3)},
		"backwards": {said(group, "bob", "1", 1, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bad := again[len(again)-1]
				r := script(t,
					func(p *peer) {
						p.welcome()
						p.write(said(group, "bob", "1", 1, 1), bad)
						p.drain()
					},
					func(p *peer) {
						if got := p.hello.Resume.Positions[0]; got != 1 {
							t.Errorf("resumed from %d", got)
						}
						p.welcome()
						for _, ev := range again {
							p.write(ev)
						}
						p.write(said(group, "bob", "next", max(bad.Seq, 1)+1, 4))
						p.drain()
					})
				c := r.start(t, nil)
				got := ""
				for len(got) < 200 {
					ev, err := next(t, c)
					if gap, ok := errors.AsType[*GapError](err); ok && errors.Is(err, ErrReset) {
						got += fmt.Sprintf("gap %d-%d, ", gap.After, gap.Before)
					} else if err == nil {
						got += ev.ClientID + ", "
					}
					if ev.ClientID == "next" {
						break
					}
				}
				want := map[string]string{
					"healed": "1, 2, 3, next, ", "confirmed": "1, gap 1-3, 3, next, ", "backwards": "1, gap 1-1, next, ",
				}[name]
				if got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		})
	}
}

// An event of a kind that this version does not know may explain a hole in the channel.
func TestNoHoleAcrossUnknownMeta(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			p.write(said(group, "bob", "1", 1, 1))
			p.raw(`{"type":"event","kind":"meta","shard":0,"pos":2,"channel":"` + group + `","id":"x","sender":"bob","timestamp":1,"meta":{"action":"returned"}}`)
			p.raw(`{"type":"a frame of the future"}`)
			p.write(said(group, "bob", "5", 5, 3))
			p.drain()
		})
		c := r.start(t, nil)
		for _, want := range []string{"1", "", "5"} {
			if ev := nextEvent(t, c); ev.ClientID != want {
				t.Errorf("%+v", ev)
			}
		}
	})
}

func many(from, to uint64) (events []wire.Frame) {
	for i := from; i <= to; i++ {
		events = append(events, said(group, "bob", fmt.Sprint(i), i, i))
	}
	return events
}

// A slow application stops the reading for a moment. Then events are dropped and read again,
// and sends pass meanwhile.
func TestSlowApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t,
			func(p *peer) {
				p.welcome()
				p.write(many(1, 20)...)
				s := expect[wire.Send](p)
				p.write(ackOf(s, 1))
				p.drain()
			},
			func(p *peer) {
				if got := p.hello.Resume.Positions[0]; got != 8 {
					t.Errorf("resumed from %d", got)
				}
				p.welcome()
				p.write(many(9, 20)...)
				p.drain()
			})
		c := r.start(t, func(o *Options) { o.MaxEvents = 8 })
		synctest.Wait()
		began := time.Now()
		if _, err := c.SendTo(t.Context(), "bob", "hi"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took >= patience {
			t.Errorf("the send waited %v for the application", took)
		}
		for want := uint64(1); want <= 20; want++ {
			if ev := nextEvent(t, c); ev.Seq != want {
				t.Fatalf("event %d instead of %d", ev.Seq, want)
			}
		}
	})
}

// An application that takes events in time keeps its connection, however small the buffer is.
func TestSteadyApplicationKeepsItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			p.write(many(1, 100)...)
			p.drain()
		})
		c := r.start(t, func(o *Options) { o.MaxEvents = 4 })
		for want := uint64(1); want <= 100; want++ {
			if ev, err := next(t, c); err != nil || ev.Seq != want {
				t.Fatalf("%+v, %v instead of event %d", ev, err, want)
			}
			time.Sleep(patience / 4)
		}
	})
}

func TestNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			for i := range uint64(50) {
				p.write(many(i*20+1, i*20+20)...)
			}
			s := expect[wire.Send](p)
			p.write(ackOf(s, 1))
			p.drain()
		})
		c := r.start(t, func(o *Options) { o.MaxEvents = 8 })
		if _, err := c.SendTo(t.Context(), "bob", "hi"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute / 2)
		if n := held(c); n > 8 {
			t.Errorf("%d events are held", n)
		}
	})
}

func TestEventsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			p.write(many(1, 3)...)
			p.drain()
		})
		c := r.start(t, nil)
		synctest.Wait()
		if ev := nextEvent(t, c); ev.Seq != 1 {
			t.Error(ev)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range c.Events(ctx) {
			if !errors.Is(err, ErrFatal) || !errors.Is(err, context.Canceled) {
				t.Errorf("with its context ended: %v", err)
			}
		}
		for _, err := range c.Events(t.Context()) {
			if err != nil {
				t.Error(err)
			}
			for _, err := range c.Events(t.Context()) {
				if !errors.Is(err, errTwoReaders) || !errors.Is(err, ErrFatal) {
					t.Errorf("read twice: %v", err)
				}
			}
			break
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		var seqs []uint64
		var last error
		for ev, err := range c.Events(t.Context()) {
			if last = err; err == nil {
				seqs = append(seqs, ev.Seq)
			}
		}
		if d := cmp.Diff([]uint64{3}, seqs); d != "" || !errors.Is(last, ErrClosed) || !errors.Is(last, ErrFatal) {
			t.Errorf("after Close: %s, %v", d, last)
		}
	})
}

func TestWithoutNew(t *testing.T) {
	for name, c := range map[string]*Client{"nil": nil, "zero": {}} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, sendErr := c.Send(ctx, "alice~bob", "hi")
		_, historyErr := c.History(ctx, "alice~bob", Around{})
		_, channelsErr := c.Channels(ctx, 0)
		_, groupErr := c.CreateGroup(ctx, "n", nil)
		_, sessionErr := c.Session(ctx)
		_, directErr := c.Direct(ctx, "bob")
		var eventsErr error
		for _, eventsErr = range c.Events(ctx) {
		}
		for i, err := range []error{sendErr, historyErr, channelsErr, groupErr, sessionErr, directErr, eventsErr, c.Run(ctx)} {
			if !errors.Is(err, ErrFatal) {
				t.Errorf("%s client, call %d: %v", name, i, err)
			}
		}
		if p := c.Position(); p.Epoch != "" || c.Close() != nil {
			t.Errorf("%s client: %+v", name, p)
		}
	}
}
