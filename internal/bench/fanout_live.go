package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"natterjack/internal/bench/internal/bare"
	"natterjack/internal/bench/internal/load"
	"natterjack/server/wire"
)

const (
	typists       = 10 // members who type, go and come back, besides the speakers
	followed      = 20 // other members whose presence each member follows
	receiptsLimit = 20 * time.Second
)

// fanoutLive measures a group as [fanout] does, and then again while all members are active.
// Each member has the group on the screen. At most once a second it says how far it has
// received and read. It also follows the presence of some other members. Some members type, and
// go and come back. Both are measured in one run, beside the bare relay, which passes on
// messages only.
func fanoutLive(members, rate int) func(context.Context, *rig) ([]result, error) {
	return func(ctx context.Context, r *rig) (results []result, err error) {
		name := fmt.Sprintf("fanout-%d-live", members)
		servers, err := r.startServers(ctx, 1)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, servers.stop()) }()
		relay, addr, err := r.startRelay(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, relay.Stop()) }()
		back, err := servers[0].backend()
		if err != nil {
			return nil, err
		}
		defer back.close()
		found, err := r.repeat(name, func(i int, f *figures) error {
			run := fmt.Sprintf("r%d", i)
			l := &liveRun{fanoutRun: fanoutRun{rig: r, f: f, rate: rate}, servers: servers, back: back, members: members}
			theirs := relayMembers(addr, bare.PathFanOut, run, members, members)
			return inTurn(ctx,
				func(ctx context.Context) error { return l.plain(ctx, run+"p") },
				func(ctx context.Context) error { return l.live(ctx, run+"l") },
				func(ctx context.Context) error {
					return l.talk(ctx, "bare_", fleetRun{name: run, members: theirs, echo: true, pids: []int{relay.PID}})
				})
		})
		if err != nil {
			return nil, err
		}
		return []result{fanoutLiveResult(name, found)}, nil
	}
}

func fanoutLiveResult(name string, found []metric) result {
	one := fanoutResult(name, found)
	one.More = append(one.More,
		metric{"p99_to_plain", of(found, "p99_ms") / of(found, "plain_p99_ms")},
		metric{"cpu_to_plain", of(found, "cpu_s_per_100k") / of(found, "plain_cpu_s_per_100k")})
	return one
}

// liveRun is one run of a fan-out benchmark with receipts, presence and typing.
type liveRun struct {
	fanoutRun
	servers servers
	back    *backend
	members int
}

func (l *liveRun) plain(ctx context.Context, run string) error {
	members, err := l.servers.group(ctx, run, l.members)
	if err != nil {
		return err
	}
	return l.talk(ctx, "plain_", fleetRun{name: run, members: members, echo: true, pids: l.servers.pids()})
}

func (l *liveRun) live(ctx context.Context, run string) error {
	members, err := l.servers.group(ctx, run, l.members)
	if err != nil {
		return err
	}
	users := numbered(run, l.members)
	if err := l.back.showToAll(ctx, users); err != nil {
		return err
	}
	one := fleetRun{
		name: run, members: members, senders: speakers, echo: true, pids: l.servers.pids(),
		before: func(f *load.Fleet) error { return look(ctx, f, users) },
		traffic: func(f *load.Fleet, span stretch) error {
			var both errgroup.Group
			both.Go(func() error { return f.Pace(speakers, l.rate, span.begin, span.whole()) })
			both.Go(func() error { return f.Rounds(int(span.whole()/time.Second), time.Second, newReader().turn) })
			return both.Wait()
		},
		after: func(f *load.Fleet) error { return allRead(ctx, f) },
	}
	w, usage, err := l.measure(ctx, one)
	if err != nil {
		return err
	}
	l.add("", one, w, usage)
	told := w.Live
	if told.Receipts == 0 || told.Typing == 0 || told.Presence == 0 {
		return fmt.Errorf("of receipts, typing and presence, something reached nobody: %+v", told)
	}
	l.f.add("receipts_per_client_s", perSecond(told.Receipts, l.cmd.Time)/float64(l.members))
	l.f.add("receipts_most_per_s", float64(told.MostReceipts))
	l.f.add("own_receipts_per_client_s", perSecond(told.OwnReceipts, l.cmd.Time)/float64(l.members))
	l.f.add("typing_per_s", perSecond(told.Typing, l.cmd.Time))
	l.f.add("presence_per_s", perSecond(told.Presence, l.cmd.Time))
	return nil
}

// look has each session watch its channel and follow the presence of its neighbours.
func look(ctx context.Context, f *load.Fleet, users []string) error {
	for i, s := range f.Sessions {
		near := make([]string, min(followed, len(users)-1))
		for k := range near {
			near[k] = users[(i+k+1)%len(users)]
		}
		if _, err := ask[wire.Done](ctx, s, wire.Watch{Ref: wire.Ref{Ref: 1}, Channels: []string{s.Channel}}); err != nil {
			return err
		}
		if _, err := ask[wire.Presence](ctx, s, wire.FollowPresence{Ref: wire.Ref{Ref: 2}, Users: near}); err != nil {
			return err
		}
	}
	return nil
}

// say sends commands in one write. It does not wait for the replies.
func say(s *load.Session, commands ...wire.Command) error {
	var out []byte
	for _, c := range commands {
		frame, err := wire.Append(nil, c)
		if err != nil {
			return err
		}
		out = append(out, load.Text(frame)...)
	}
	return s.Write(out)
}

// reader takes the turns of all sessions.
type reader struct {
	said map[*load.Session]uint64 // the seq up to which each session has read
}

func newReader() *reader { return &reader{said: make(map[*load.Session]uint64)} }

// turn sends receipts for the messages that a session has received since its last turn, a
// second ago. A typist also types and changes their presence.
func (r *reader) turn(s *load.Session, round int) error {
	var commands []wire.Command
	if newest := s.Newest(); newest > r.said[s] {
		r.said[s] = newest
		commands = append(commands,
			wire.Received{Cursors: []wire.ChannelSeq{{Channel: s.Channel, Seq: newest}}},
			wire.Read{Channel: s.Channel, Seq: newest})
	}
	if at := s.Index(); at >= speakers && at < speakers+typists {
		commands = append(commands, typistTurn(s.Channel, at+round)...)
	}
	if len(commands) == 0 {
		return nil
	}
	return say(s, commands...)
}

// typistTurn returns the commands of a typist in a given second. A typist types every three
// seconds, and is away in every other period of three seconds.
func typistTurn(channel string, second int) []wire.Command {
	switch second % 6 {
	case 0, 3:
		return []wire.Command{wire.SetTyping{Channel: channel}}
	case 1:
		return []wire.Command{wire.SetPresence{State: wire.PresenceAway}}
	case 4:
		return []wire.Command{wire.SetPresence{State: wire.PresenceOnline}}
	default:
		return nil
	}
}

// allRead has all sessions send their receipts, and waits until the first session can see that
// all members have read everything.
func allRead(ctx context.Context, f *load.Fleet) error {
	if err := f.Rounds(1, time.Second, newReader().turn); err != nil {
		return err
	}
	first, newest, read := f.Sessions[0], f.Sessions[0].Newest(), 0
	for deadline := time.Now().Add(receiptsLimit); time.Now().Before(deadline); {
		seen, err := ask[wire.Receipts](ctx, first, wire.GetReceipts{Ref: wire.Ref{Ref: 1}, Channel: first.Channel})
		if err != nil {
			return err
		}
		read = 0
		for _, c := range seen.Cursors {
			if c.Read == newest && c.Delivered == newest {
				read++
			}
		}
		if read == len(f.Sessions) {
			return nil
		}
		if err := f.Wait(presencePolling); err != nil {
			return err
		}
	}
	return fmt.Errorf("after %v, %d of %d members have read up to message %d", receiptsLimit, read, len(f.Sessions), newest)
}
