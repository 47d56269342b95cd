package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"natterjack/internal/bench/internal/load"
	"natterjack/internal/bench/internal/proc"
	"natterjack/server/wire"
)

const (
	presenceBucket  = "PRESENCE"
	presenceStream  = "KV_" + presenceBucket
	leaseKeys       = "lease.>" // of the nodes: written every few seconds, whatever happens
	observer        = "observer"
	changesOfOne    = 2 + 8 // he comes, changes his state, and goes
	maxWaves        = 5
	changesPerSec   = 2000
	leastBetween    = 100 * time.Millisecond // two changes of one user; who is quicker is written once for both
	presenceLimit   = 30 * time.Second       // for all to be seen as they are
	presencePolling = 200 * time.Millisecond
)

// toggles are what one changes his state to while he is there, each time to another than before. They end with one that differs from that
// in which he came and that in which he goes.
var toggles = [changesOfOne - 2]wire.PresenceState{
	wire.PresenceAway, wire.PresenceOnline, wire.PresenceAway, wire.PresenceOnline,
	wire.PresenceAway, wire.PresenceInvisible, wire.PresenceOnline, wire.PresenceAway,
}

// presence measures what it costs NATS to know who is there: in writes to the bucket for changes, leases not counted, and in writes to any stream while
// nothing changes.
func presence(ctx context.Context, r *rig) ([]result, error) {
	changes, err := r.presenceChanges(ctx)
	if err != nil {
		return nil, err
	}
	idle, err := r.presenceIdle(ctx)
	if err != nil {
		return nil, err
	}
	return []result{changes, idle}, nil
}

// presenceChanges has users come, change their state over their sockets, and go, in waves; an observer sees that all of it has come
// about. In place of a bare engine there is the number of changes: a bucket to which each is written.
func (r *rig) presenceChanges(ctx context.Context) (one result, err error) {
	servers, err := r.startServers(ctx, 1)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, servers.stop()) }()
	waves, users := plan(r.cmd.Changes)
	p := &presenceRun{rig: r, servers: servers, waves: waves, users: numbered("p", users)}
	if err := p.prepare(ctx); err != nil {
		return result{}, err
	}
	defer p.close()
	found, err := r.repeat("presence, changes", func(_ int, f *figures) error { return p.measureChanges(ctx, f) })
	if err != nil {
		return result{}, err
	}
	changes := float64(waves * users * changesOfOne)
	return result{
		Name: "presence-changes", Value: of(found, "writes"), Unit: "KV writes", Bare: changes,
		More: append(without(found, "writes"), metric{"changes", changes}, metric{"sockets", float64(users)}),
	}, nil
}

// plan splits so many changes, at most, over waves of so many users.
func plan(changes int) (waves, users int) {
	waves = min(max(changes/4000, 1), maxWaves)
	return waves, max(changes/changesOfOne/waves, 1)
}

// presenceRun is the users of this benchmark and who observes them.
type presenceRun struct {
	*rig
	servers servers
	waves   int
	users   []string
	members []load.Member

	back     *backend
	watching *load.Fleet // of one session
}

func (p *presenceRun) prepare(ctx context.Context) (err error) {
	if p.back, err = p.servers[0].backend(); err != nil {
		return err
	}
	p.watching = load.NewFleet(ctx, "o", load.NewClock(), true)
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if err := p.back.showToAll(ctx, p.users); err != nil {
		return err
	}
	members, err := p.servers.signIn(ctx, append([]string{observer}, p.users...))
	if err != nil {
		return err
	}
	p.members = members[1:]
	if err := p.watching.Connect(members[:1]); err != nil {
		return err
	}
	return p.seen(ctx, []string{observer}, wire.PresenceOnline) // his own coming is not to be counted
}

func (p *presenceRun) close() {
	_ = p.watching.Close() // its failure would have been seen when it was asked
	p.back.close()
}

func (p *presenceRun) measureChanges(ctx context.Context, f *figures) error {
	leases, err := p.back.watch(ctx, presenceBucket, leaseKeys)
	if err != nil {
		return err
	}
	defer func() { _ = leases.Stop() }() // the connection ends next
	before, err := p.back.writes(ctx)
	if err != nil {
		return err
	}
	window, err := proc.Begin(p.servers.pids()...)
	if err != nil {
		return err
	}
	for range p.waves {
		if err := p.wave(ctx); err != nil {
			return err
		}
	}
	usage, err := window.End()
	if err != nil {
		return err
	}
	after, err := p.back.writes(ctx)
	if err != nil {
		return err
	}
	writes := after[presenceStream] - before[presenceStream]
	renewals := len(leases.Updates()) // there is room for hundreds
	f.add("writes", float64(writes)-float64(renewals))
	f.add("lease_writes", float64(renewals))
	f.add("writes_elsewhere", float64(since(before, after)-writes))
	f.add("cpu_s_per_100k", perHundredThousand(usage.Of(p.servers.pids()...), p.waves*len(p.users)*changesOfOne))
	f.add("elapsed_s", usage.Elapsed.Seconds())
	f.addOthers("", usage)
	return nil
}

// wave has all users come, change and go, each step once the one before it is seen.
func (p *presenceRun) wave(ctx context.Context) (err error) {
	fleet := load.NewFleet(ctx, "p", load.NewClock(), true)
	defer func() { err = errors.Join(err, fleet.Close()) }()
	if err := fleet.Connect(p.members); err != nil {
		return err
	}
	if err := p.seen(ctx, p.users, wire.PresenceOnline); err != nil {
		return err
	}
	frames, err := toggleFrames()
	if err != nil {
		return err
	}
	round := max(time.Duration(len(p.users))*time.Second/changesPerSec, leastBetween)
	err = fleet.Rounds(len(frames), round, func(s *load.Session, i int) error { return s.Write(frames[i]) })
	if err != nil {
		return err
	}
	if err := p.seen(ctx, p.users, toggles[len(toggles)-1]); err != nil {
		return err
	}
	if err := fleet.Close(); err != nil {
		return err
	}
	return p.seen(ctx, p.users, wire.PresenceOffline)
}

func toggleFrames() (frames [][]byte, err error) {
	for _, state := range toggles {
		frame, err := wire.Append(nil, wire.SetPresence{State: state})
		if err != nil {
			return nil, err
		}
		frames = append(frames, load.Text(frame))
	}
	return frames, nil
}

// seen waits until the observer sees all of some users in a state.
func (p *presenceRun) seen(ctx context.Context, users []string, want wire.PresenceState) error {
	ctx, cancel := context.WithTimeout(ctx, presenceLimit)
	defer cancel()
	left := users
	for len(left) > 0 {
		some := left[:min(len(left), wire.MaxFollowed)]
		all, err := p.allAre(ctx, some, want)
		switch {
		case err != nil && ctx.Err() != nil:
			return fmt.Errorf("after %v not all of %d users are %s", presenceLimit, len(users), want)
		case err != nil:
			return err
		case all:
			left = left[len(some):]
		default:
			if err := p.watching.Wait(presencePolling); err != nil {
				return err
			}
		}
	}
	return nil
}

// allAre asks once.
func (p *presenceRun) allAre(ctx context.Context, users []string, want wire.PresenceState) (bool, error) {
	people, err := ask[wire.Presence](ctx, p.watching.Sessions[0], wire.GetPresence{Ref: wire.Ref{Ref: 1}, Users: users})
	if err != nil {
		return false, err
	}
	if len(people.Users) != len(users) {
		return false, fmt.Errorf("get_presence told of %d users instead of %d", len(people.Users), len(users))
	}
	for _, one := range people.Users {
		if one.State != want {
			return false, nil
		}
	}
	return true, nil
}
