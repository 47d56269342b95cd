package bench

import (
	"context"
	"errors"
	"fmt"

	"natterjack/clients/cli/bench/internal/bare"
	"natterjack/clients/cli/bench/internal/load"
	"natterjack/clients/cli/bench/internal/proc"
)

// talkers is the number of users of a latency benchmark. They are in pairs, and all of them talk.
const talkers = 1000

// latency measures how long a message takes from the moment it was due to the peer's socket, at a steady rate that does not wait
// for anything (open loop). Bare is the sum of two parts, each at the same rate: a WebSocket relay without storage,
// and a publish to JetStream read by an ordered consumer.
func latency(rate int) func(context.Context, *rig) ([]result, error) {
	return func(ctx context.Context, r *rig) (results []result, err error) {
		name := fmt.Sprintf("latency-%d", rate)
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
		engine, err := r.startEngine(ctx, 1)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, engine.Close()) }()
		found, err := r.repeat(name, func(i int, f *figures) error {
			l := &latencyRun{
				rig: r, f: f, rate: rate, name: fmt.Sprintf("r%d", i),
				servers: servers, relay: relay, relayAddr: addr, engine: engine,
			}
			return inTurn(ctx, l.ours, l.relayed, l.streamed)
		})
		if err != nil {
			return nil, err
		}
		return []result{latencyResult(name, found)}, nil
	}
}

func latencyResult(name string, found []metric) result {
	sum := func(figure string) float64 { return of(found, "relay_"+figure) + of(found, "engine_"+figure) }
	more := without(found, "p99_ms")
	for _, figure := range []string{"p50_ms", "p999_ms", "cpu_s_per_100k"} {
		more = append(more, metric{"bare_" + figure, sum(figure)})
	}
	more = append(more,
		metric{"p50_ratio", of(found, "p50_ms") / sum("p50_ms")},
		metric{"p999_ratio", of(found, "p999_ms") / sum("p999_ms")},
		metric{"cpu_ratio", of(found, "cpu_s_per_100k") / sum("cpu_s_per_100k")})
	return result{Name: name, Value: of(found, "p99_ms"), Unit: "ms p99", Bare: sum("p99_ms"), More: more}
}

// latencyRun is one run of a latency benchmark.
type latencyRun struct {
	*rig
	f         *figures
	rate      int
	name      string
	servers   servers
	relay     *proc.Process
	relayAddr string
	engine    *bare.Engine
}

func (l *latencyRun) ours(ctx context.Context) error {
	members, err := l.servers.pairs(ctx, l.name, talkers)
	if err != nil {
		return err
	}
	return l.talk(ctx, "", fleetRun{name: l.name, members: members, echo: true, pids: l.servers.pids()})
}

func (l *latencyRun) relayed(ctx context.Context) error {
	members := relayMembers(l.relayAddr, bare.PathRelay, l.name, talkers, 2)
	return l.talk(ctx, "relay_", fleetRun{name: l.name, members: members, pids: []int{l.relay.PID}})
}

func (l *latencyRun) talk(ctx context.Context, prefix string, run fleetRun) error {
	run.senders = talkers
	run.traffic = func(f *load.Fleet, span stretch) error { return f.Pace(talkers, l.rate, span.begin, span.whole()) }
	w, usage, err := l.measure(ctx, run)
	if err != nil {
		return err
	}
	l.add(prefix, w, usage, run.pids)
	return nil
}

func (l *latencyRun) streamed(ctx context.Context) error {
	span := l.newStretch(load.NewClock())
	var w load.Window
	usage, err := span.during(ctx, l.engine.PIDs(), func(ctx context.Context) (err error) {
		w, err = l.engine.Stream(ctx, span.clock, l.rate, span.begin, span.from, span.to)
		return err
	})
	if err != nil {
		return err
	}
	l.add("engine_", w, usage, l.engine.PIDs())
	return nil
}

func (l *latencyRun) add(prefix string, w load.Window, usage proc.Usage, pids []int) {
	l.f.addLatency(prefix, w.Ends)
	l.f.addLatency(prefix+"ack_", w.Acks)
	l.f.add(prefix+"cpu_s_per_100k", perHundredThousand(usage.Of(pids...), w.Others))
	l.f.addOthers(prefix, usage)
}

// relayMembers are sessions of the bare relay, so many to a room, spread as [servers.pairs] spreads them.
func relayMembers(addr, path, run string, n, room int) []load.Member {
	members := make([]load.Member, n)
	for i := range members {
		name := fmt.Sprintf("%s-%d", run, i%(n/room))
		members[i] = load.Member{Addr: addr, Path: path + "?room=" + name, Channel: name}
	}
	return members
}
