package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"natterjack/internal/bench/internal/load"
)

const (
	spareFiles = 500 // file descriptors of a process for uses other than sessions
	// presenceSettle is the time until the last users are written, because the writes that were
	// waited for include leases.
	presenceSettle = 2 * time.Second
)

// presenceIdle counts the writes to all streams of a server while idle sessions are signed in.
// In place of a bare engine, it counts the writes of a server without users for the same time.
func (r *rig) presenceIdle(ctx context.Context) (result, error) {
	sessions := r.cmd.Sessions
	if most := fileLimit() - spareFiles; sessions > most {
		r.say("presence: %d sessions instead of %d, for a process may have no more files", most, sessions)
		sessions = most
	}
	found, err := r.repeat("presence, idle", func(_ int, f *figures) error {
		return (&presenceIdleRun{rig: r, f: f, sessions: sessions}).run(ctx)
	})
	if err != nil {
		return result{}, err
	}
	return result{
		Name: "presence-idle", Value: of(found, "writes"), Unit: "writes", Bare: of(found, "writes_without"),
		More: append(without(found, "writes", "writes_without"),
			metric{"sessions", float64(sessions)}, metric{"window_s", r.cmd.idleTime().Seconds()}),
	}, nil
}

// idleTime returns how long writes are counted while nothing happens.
func (c *Cmd) idleTime() time.Duration {
	if c.Full {
		return max(c.Settle, time.Minute)
	}
	return c.Settle
}

// presenceIdleRun is one run of the benchmark of idle sessions.
type presenceIdleRun struct {
	*rig
	f        *figures
	sessions int
	back     *backend
}

func (p *presenceIdleRun) run(ctx context.Context) (err error) {
	servers, err := p.startServers(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, servers.stop()) }()
	if p.back, err = servers[0].backend(); err != nil {
		return err
	}
	defer p.back.close()
	fleet := load.NewFleet(ctx, "i", load.NewClock(), true)
	defer func() { err = errors.Join(err, fleet.Close()) }()
	if err := p.count(ctx, fleet, "writes_without"); err != nil {
		return err
	}
	members, err := servers.signIn(ctx, numbered("i", p.sessions))
	if err != nil {
		return err
	}
	for i := range members {
		members[i].Local = net.IPv4(127, 0, 0, byte(2+i/perAddress))
	}
	if err := p.arrive(ctx, fleet, members); err != nil {
		return err
	}
	return p.count(ctx, fleet, "writes")
}

// count counts the writes while a fleet does nothing.
func (p *presenceIdleRun) count(ctx context.Context, fleet *load.Fleet, name string) error {
	before, err := p.back.writes(ctx)
	if err != nil {
		return err
	}
	if err := fleet.Wait(p.cmd.idleTime()); err != nil {
		return err
	}
	after, err := p.back.writes(ctx)
	if err != nil {
		return err
	}
	p.f.add(name, float64(since(before, after)))
	return nil
}

// arrive connects the sessions and waits until their presence is written.
func (p *presenceIdleRun) arrive(ctx context.Context, fleet *load.Fleet, members []load.Member) error {
	before, err := p.back.writes(ctx)
	if err != nil {
		return err
	}
	if err := fleet.Connect(members); err != nil {
		return err
	}
	for deadline := time.Now().Add(presenceLimit); ; {
		now, err := p.back.writes(ctx)
		if err != nil {
			return err
		}
		came := now[presenceStream] - before[presenceStream]
		if came >= uint64(len(members)) {
			p.f.add("arrival_writes", float64(came))
			return fleet.Wait(presenceSettle)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %v, %d writes tell of %d users who came", presenceLimit, came, len(members))
		}
		if err := fleet.Wait(presencePolling); err != nil {
			return err
		}
	}
}
