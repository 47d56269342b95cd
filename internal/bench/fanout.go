package main

import (
	"context"
	"errors"
	"fmt"

	"natterjack/internal/bench/internal/bare"
	"natterjack/internal/bench/internal/load"
	"natterjack/internal/bench/internal/proc"
)

// speakers is how many members of the group send in a fan-out benchmark, in turn.
const speakers = 10

// fanout measures the time from the moment when a message to a group was due to its arrival at
// each member's socket. All members are connected. Bare is a WebSocket server without storage,
// which encodes a message once and has a write loop for each socket.
func fanout(members, rate int) func(context.Context, *rig) ([]result, error) {
	return func(ctx context.Context, r *rig) (results []result, err error) {
		name := fmt.Sprintf("fanout-%d", members)
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
		found, err := r.repeat(name, func(i int, f *figures) error {
			o := &fanoutRun{rig: r, f: f, rate: rate}
			run := fmt.Sprintf("r%d", i)
			ours, err := servers.group(ctx, run, members)
			if err != nil {
				return err
			}
			theirs := relayMembers(addr, bare.PathFanOut, run, members, members)
			if err := o.talk(ctx, "", fleetRun{name: run, members: ours, echo: true, pids: servers.pids()}); err != nil {
				return err
			}
			return o.talk(ctx, "bare_", fleetRun{name: run, members: theirs, echo: true, pids: []int{relay.PID}})
		})
		if err != nil {
			return nil, err
		}
		return []result{fanoutResult(name, found)}, nil
	}
}

func fanoutResult(name string, found []metric) result {
	more := without(found, "p99_ms", "bare_p99_ms")
	more = append(more, metric{"cpu_ratio", of(found, "cpu_s_per_100k") / of(found, "bare_cpu_s_per_100k")})
	return result{Name: name, Value: of(found, "p99_ms"), Unit: "ms p99", Bare: of(found, "bare_p99_ms"), More: more}
}

// fanoutRun is one run of a fan-out benchmark.
type fanoutRun struct {
	*rig
	f    *figures
	rate int
}

func (o *fanoutRun) talk(ctx context.Context, prefix string, run fleetRun) error {
	run.senders = speakers
	run.traffic = func(f *load.Fleet, span stretch) error { return f.Pace(speakers, o.rate, span.begin, span.whole()) }
	w, usage, err := o.measure(ctx, run)
	if err != nil {
		return err
	}
	o.add(prefix, run, w, usage)
	return nil
}

func (o *fanoutRun) add(prefix string, run fleetRun, w load.Window, usage proc.Usage) {
	o.f.addLatency(prefix, w.Ends)
	o.f.addLatency(prefix+"ack_", w.Acks)
	o.f.add(prefix+"deliveries_per_s", perSecond(w.Heard, o.cmd.Time))
	o.f.add(prefix+"cpu_s_per_100k", perHundredThousand(usage.Of(run.pids...), w.Heard))
	o.f.addOthers(prefix, usage)
}
