package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"natterjack/internal/bench/internal/bare"
	"natterjack/internal/bench/internal/load"
	"natterjack/internal/bench/internal/proc"
)

// perAddress is how many connections come from one loopback address. A port range holds more,
// but a port cannot be used twice within a minute.
const perAddress = 4000

// idle measures the memory of an idle, signed-in connection: the growth of the server's
// resident memory, divided by the number of connections, once it has settled. Bare is a
// coder/websocket accept loop without sign-in or any state. One bare result is written like the
// library's own examples. Another is as cheap as the library can be made. Each run has its own
// server, because used memory is not given back at once.
func idle(connections int) func(context.Context, *rig) ([]result, error) {
	return func(ctx context.Context, r *rig) ([]result, error) {
		name := fmt.Sprintf("idle-%d", connections)
		found, err := r.repeat(name, func(_ int, f *figures) error {
			run := &idleRun{rig: r, f: f, connections: connections}
			return inTurn(ctx, run.ours, run.bare("bare_", bare.PathIdle), run.bare("tuned_", bare.PathIdleTuned))
		})
		if err != nil {
			return nil, err
		}
		plain := result{
			Name: name, Value: of(found, "kib"), Unit: "KiB/connection", Bare: of(found, "bare_kib"),
			More: without(found, "kib", "bare_kib", "tuned_kib"),
		}
		return []result{plain, beside(plain, "-tuned", of(found, "tuned_kib"))}, nil
	}
}

// idleRun is one run of the idle benchmark.
type idleRun struct {
	*rig
	f           *figures
	connections int
}

func (r *idleRun) ours(ctx context.Context) (err error) {
	servers, err := r.startServers(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, servers.stop()) }()
	pid := servers.pids()[0]
	// Memory that a sign-in leaves counts as the connection's, because in use the two come
	// together.
	before, err := proc.Resident(pid)
	if err != nil {
		return err
	}
	members, err := servers.pairs(ctx, "i", r.connections)
	if err != nil {
		return err
	}
	return r.hold(ctx, "", pid, before, members)
}

func (r *idleRun) bare(prefix, path string) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		relay, addr, err := r.startRelay(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, relay.Stop()) }()
		before, err := proc.Resident(relay.PID)
		if err != nil {
			return err
		}
		return r.hold(ctx, prefix, relay.PID, before, relayMembers(addr, path, "i", r.connections, 2))
	}
}

// hold connects all members, waits until they settle, and compares the server's memory with the
// value before.
func (r *idleRun) hold(ctx context.Context, prefix string, pid int, before int64, members []load.Member) (err error) {
	for i := range members {
		members[i].Local = net.IPv4(127, 0, 0, byte(2+i/perAddress))
	}
	fleet := load.NewFleet(ctx, "i", load.NewClock(), false)
	defer func() { err = errors.Join(err, fleet.Close()) }()
	began := time.Now()
	if err := fleet.Connect(members); err != nil {
		return err
	}
	took := time.Since(began)
	window, err := proc.Begin(pid)
	if err != nil {
		return err
	}
	if err := fleet.Wait(r.cmd.Settle); err != nil {
		return err
	}
	usage, err := window.End()
	if err != nil {
		return err
	}
	after, err := proc.Resident(pid)
	if err != nil {
		return err
	}
	r.f.add(prefix+"kib", float64(after-before)/1024/float64(len(members)))
	r.f.add(prefix+"connects_per_s", perSecond(len(members), took))
	r.f.add(prefix+"resident_mib", float64(after)/(1<<20))
	r.f.add(prefix+"cpu_cores", usage.Of(pid).Seconds()/usage.Elapsed.Seconds())
	r.f.add(prefix+"foreign_cores", usage.Foreign)
	r.f.add(prefix+"stolen_cores", usage.Stolen)
	return nil
}
