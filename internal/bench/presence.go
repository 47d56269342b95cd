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
	presenceBucket = "PRESENCE"
	presenceStream = "KV_" + presenceBucket
	leaseKeys      = "lease.>" // of the nodes; written every few seconds in any case
	observer       = "observer"
	changesOfOne   = 2 + 8 // a user comes, changes their state, and goes
	maxWaves       = 5
	changesPerSec  = 2000
	// leastBetween is the time between two changes of one user. Quicker changes are merged into
	// one write.
	leastBetween    = 100 * time.Millisecond
	presenceLimit   = 30 * time.Second // until all users are seen in the right state
	presencePolling = 200 * time.Millisecond
)

// toggles are the states that a user changes to while present. Each differs from the one
// before. The last differs from the state in which the user came and from the one in which they
// go.
var toggles = [changesOfOne - 2]wire.PresenceState{
	wire.PresenceAway, wire.PresenceOnline, wire.PresenceAway, wire.PresenceOnline,
	wire.PresenceAway, wire.PresenceInvisible, wire.PresenceOnline, wire.PresenceAway,
}

// presence measures the writes that presence costs NATS: writes to the bucket for changes,
// leases not counted, and writes to any stream while nothing changes.
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

// presenceChanges has users come, change their state over their sockets, and go, in waves. An
// observer checks that all changes are visible. In place of a bare engine there is the number
// of changes, as for a bucket to which each change is written.
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

// plan splits at most the given number of changes over waves of users.
func plan(changes int) (waves, users int) {
	waves = min(max(changes/4000, 1), maxWaves)
	return waves, max(changes/changesOfOne/waves, 1)
}

// presenceRun holds the users of this benchmark and the session that observes them.
type presenceRun struct {
	*rig
	servers servers
	waves   int
	users   []string
	members []load.Member

	back     *backend
	watching *load.Fleet // one session
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
	return p.seen(ctx, []string{observer}, wire.PresenceOnline) // the observer's own arrival is not counted
}

func (p *presenceRun) close() {
	_ = p.watching.Close() // a failure would have shown in its answers
	p.back.close()
}

func (p *presenceRun) measureChanges(ctx context.Context, f *figures) error {
	leases, err := p.back.watch(ctx, presenceBucket, leaseKeys)
	if err != nil {
		return err
	}
	defer func() { _ = leases.Stop() }() // the connection is closed next
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
	renewals := len(leases.Updates()) // the channel has room for hundreds
	f.add("writes", float64(writes)-float64(renewals))
	f.add("lease_writes", float64(renewals))
	f.add("writes_elsewhere", float64(since(before, after)-writes))
	f.add("cpu_s_per_100k", perHundredThousand(usage.Of(p.servers.pids()...), p.waves*len(p.users)*changesOfOne))
	f.add("elapsed_s", usage.Elapsed.Seconds())
	f.addOthers("", usage)
	return nil
}

// wave has all users come, change and go. Each step begins once the one before it is seen.
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

// seen waits until the observer sees all of the users in a state.
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

// allAre asks once whether all users are in a state.
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
