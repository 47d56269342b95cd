package natter

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

func TestSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			s := expect[wire.Send](p)
			if len(s.ClientID) < 26 || s.To != "bob" || s.Content.Text != "hi" {
				t.Errorf("sent %+v", s)
			}
			p.write(ackOf(s, 7))
			p.drain()
		})
		c := r.start(t, nil)
		ack, err := c.SendTo(t.Context(), "bob", "hi")
		if err != nil {
			t.Fatal(err)
		}
		if ack.Channel != "alice~bob" || ack.Seq != 7 || ack.ID == "" || ack.Timestamp != 1007 {
			t.Errorf("ack %+v", ack)
		}
	})
}

// A send that a lost connection left unanswered is found among the missed events, and is not
// written again.
func TestSendFoundAmongMissedEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t,
			func(p *peer) {
				p.welcome()
				expect[wire.Send](p) // it is stored; the ack is lost
			},
			func(p *peer) {
				if p.hello.Resume == nil || p.hello.Resume.Epoch != "e" {
					t.Errorf("resumed from %+v", p.hello.Resume)
				}
				p.welcome()
				p.write(said("alice~bob", "alice", "mine", 3, 12))
				for c := p.read(); c != nil; c = p.read() {
					if _, again := c.(wire.Send); again {
						t.Error("it was written again")
					}
				}
			})
		c := r.start(t, nil)
		ack, err := c.Send(t.Context(), "alice~bob", "hi", WithClientID("mine"))
		if err != nil {
			t.Fatal(err)
		}
		want := Ack{ID: "id-mine", ClientID: "mine", Channel: "alice~bob", Seq: 3, Pos: 12, Timestamp: 1003}
		if d := cmp.Diff(want, ack); d != "" {
			t.Error(d)
		}
		synctest.Wait()
	})
}

// A send that is not among the missed events is looked for in the history of the channel, from
// the last seq known before it was written.
func TestSendFoundInHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const channel = "alice~bob"
		r := script(t,
			func(p *peer) {
				p.welcome()
				p.write(said(channel, "bob", "b4", 4, 4))
				expect[wire.Send](p)
			},
			func(p *peer) {
				p.welcome(func(w *wire.Welcome) { w.Recovered, w.Epoch = false, "another" })
				h := expect[wire.History](p)
				if h.Channel != channel || h.After != 4 {
					t.Errorf("looked for in %+v", h)
				}
				p.write(wire.Page{Ref: h.Ref, Channel: channel, More: true, Events: []wire.Event{said(channel, "bob", "mine", 5, 5)}})
				h = expect[wire.History](p)
				if h.After != 5 {
					t.Errorf("then in %+v", h)
				}
				p.write(wire.Page{Ref: h.Ref, Channel: channel, Events: []wire.Event{said(channel, "alice", "mine", 6, 6)}})
				p.drain()
			})
		c := r.start(t, nil)
		nextEvent(t, c)
		ack, err := c.Send(t.Context(), channel, "hi", WithClientID("mine"))
		if err != nil || ack.Seq != 6 {
			t.Fatalf("%+v, %v", ack, err)
		}
	})
}

// A send that is in neither is written again, in the order in which the sends were given.
func TestSendWrittenAgainInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var texts []string
		r := script(t,
			func(p *peer) {
				p.welcome()
				expect[wire.Send](p)
			},
			func(p *peer) {
				p.welcome()
				h := expect[wire.History](p)
				p.write(wire.AsError(wire.Errorf(wire.CodeForbidden, "no such channel"), h.Ref.Ref))
				for seq := range uint64(3) {
					s := expect[wire.Send](p)
					texts = append(texts, s.Content.Text)
					if len(p.inbox) > 0 {
						t.Error("two sends of one channel at once")
					}
					p.write(ackOf(s, seq+1))
				}
				p.drain()
			})
		c := r.start(t, nil)
		var wg sync.WaitGroup
		for _, text := range []string{"one", "two", "three"} {
			wg.Go(func() {
				if _, err := c.SendTo(t.Context(), "bob", text); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait() // so that they are given in this order
		}
		wg.Wait()
		if d := cmp.Diff([]string{"one", "two", "three"}, texts); d != "" {
			t.Error(d)
		}
	})
}

func TestSendsOfTwoChannelsDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			first, second := expect[wire.Send](p), expect[wire.Send](p)
			p.write(ackOf(second, 1), ackOf(first, 1))
			p.drain()
		})
		c := r.start(t, nil)
		var wg sync.WaitGroup
		for _, to := range []string{"bob", "carol"} {
			wg.Go(func() {
				if ack, err := c.SendTo(t.Context(), to, "hi"); err != nil || !strings.Contains(ack.Channel, to) {
					t.Errorf("%+v, %v", ack, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestSendRepeatsWhatMaySucceedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := script(t, func(p *peer) {
			p.welcome()
			s := expect[wire.Send](p)
			p.write(wire.AsError(wire.Errorf(wire.CodeTooFast, "slow down").After(3*time.Second), s.Ref.Ref))
			s = expect[wire.Send](p) // nothing was stored, so the client does not search for it
			if waited := time.Since(began); waited < 3*time.Second || waited > 4*time.Second {
				t.Errorf("repeated after %v", waited)
			}
			p.write(wire.AsError(wire.Errorf(wire.CodeTimeout, "it is not known"), s.Ref.Ref))
			h := expect[wire.History](p)
			p.write(wire.Page{Ref: h.Ref, Channel: h.Channel})
			s = expect[wire.Send](p)
			p.write(ackOf(s, 1))
			p.drain()
		})
		c := r.start(t, nil)
		if _, err := c.SendTo(t.Context(), "bob", "hi"); err != nil {
			t.Fatal(err)
		}
	})
}

// A sender who is too fast in one channel, or held back by its slow mode, waits only there, and
// in order. Sends to other channels go on.
func TestSendTooFastInOneChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		const pause = 30 * time.Second
		r := script(t, func(p *peer) {
			p.welcome()
			first := expect[wire.Send](p)
			e := wire.Errorf(wire.CodeTooFast, "slow down").After(pause).In("alice~bob")
			p.write(wire.AsError(e, first.Ref.Ref))
			other := expect[wire.Send](p)
			p.write(ackOf(other, 1))
			list := expect[wire.ListChannels](p)
			p.write(wire.Channels{Ref: list.Ref, Channels: []wire.ChannelInfo{}})
			if other.To != "carol" || time.Since(began) >= pause {
				t.Errorf("to %s, and the list, after %v", other.To, time.Since(began))
			}
			for seq, text := range []string{"one", "two"} {
				s := expect[wire.Send](p)
				if s.Content.Text != text || time.Since(began) < pause {
					t.Errorf("%s after %v, want %s", s.Content.Text, time.Since(began), text)
				}
				p.write(ackOf(s, uint64(seq+1)))
			}
			p.drain()
		})
		c := r.start(t, nil)
		var wg sync.WaitGroup
		send := func(ctx context.Context, to, text string) (err error) {
			_, err = c.SendTo(ctx, to, text)
			return err
		}
		for _, text := range []string{"one", "two"} {
			wg.Go(func() {
				if err := send(t.Context(), "bob", text); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wg.Go(func() {
			if err := send(hasty, "bob", "three"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("who does not wait so long: %v", err)
			}
		})
		if err := send(t.Context(), "carol", "hi"); err != nil {
			t.Error(err)
		}
		if _, err := c.Channels(t.Context(), 1); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

// The client waits for a reply that does not come, and then searches for the send and repeats
// it. A late ack counts.
func TestSendRepeatsWhatIsNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			late := expect[wire.Send](p)
			p.write(wire.Ping{}) // the server lives
			if _, ok := p.read().(wire.Pong); !ok {
				t.Error("no pong")
			}
			h := expect[wire.History](p)
			p.write(ackOf(late, 5), wire.Page{Ref: h.Ref, Channel: h.Channel})
			p.drain()
		})
		c := r.start(t, nil)
		ack, err := c.SendTo(t.Context(), "bob", "hi")
		if err != nil || ack.Seq != 5 {
			t.Fatalf("%+v, %v", ack, err)
		}
	})
}

func TestSendRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome(func(w *wire.Welcome) { w.Limits.TextBytes, w.Limits.FrameBytes = 100, 220 })
			s := expect[wire.Send](p)
			p.write(wire.AsError(wire.Errorf(wire.CodeForbidden, "not yours"), s.Ref.Ref))
			p.drain()
		})
		c := r.start(t, nil)
		for name, tc := range map[string]struct {
			channel, text string
			code          wire.Code
		}{
			"by the server":        {"bob~carol", "hi", wire.CodeForbidden},
			"no channel":           {"nonsense", "hi", wire.CodeInvalid},
			"empty":                {"alice~bob", " ", wire.CodeInvalid},
			"over the text limit":  {"alice~bob", strings.Repeat("x", 101), wire.CodeTooLarge},
			"over the frame limit": {"alice~bob", strings.Repeat(`"`, 100), wire.CodeTooLarge},
		} {
			_, err := c.Send(t.Context(), tc.channel, tc.text)
			if !errors.Is(err, &Error{Code: tc.code}) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestSendGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := script(t, func(p *peer) {
			p.welcome()
			expect[wire.Send](p)
			s := expect[wire.Send](p)
			p.write(ackOf(s, 1))
			p.drain()
		})
		c := r.start(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := c.SendTo(ctx, "bob", "first")
		var lost *UnacknowledgedError
		if !errors.As(err, &lost) || !lost.MayBeStored || lost.ClientID == "" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%#v", err)
		}
		if _, err := c.SendTo(t.Context(), "bob", "second"); err != nil {
			t.Errorf("the next send: %v", err)
		}
		if _, err = c.SendTo(ctx, "bob", "third"); !errors.As(err, &lost) || lost.MayBeStored {
			t.Errorf("%#v", err)
		}
	})
}

func TestOutboxIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Options{URLs: []string{"http://one"}, Tokens: StaticToken("alice"), MaxSends: 3})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				_, err := c.SendTo(context.Background(), "bob", "hi")
				if !errors.Is(err, ErrClosed) || !errors.Is(err, ErrFatal) {
					t.Errorf("%v", err)
				}
			})
		}
		synctest.Wait()
		if n := len(c.outbox.list); n != 3 {
			t.Errorf("%d sends are held", n)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if _, err := c.SendTo(t.Context(), "bob", "hi"); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}
