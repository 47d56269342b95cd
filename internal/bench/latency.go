package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"natterjack/internal/bench/internal/bare"
	"natterjack/internal/bench/internal/load"
	"natterjack/internal/nodeproc"
)

// talkers is the number of users of a latency benchmark. They are in pairs, and all of them
// send.
const talkers = 1000

// latency measures the time from the moment when a message was due to its arrival at the peer's
// socket. The rate is steady and does not wait for anything (open loop). Bare is a gateway that
// makes the same promise and does nothing else: WebSockets in front of a NATS server, where a
// message is stored with the same fsync before it is passed on and acknowledged. A relay
// without storage is measured beside them.
func latency(rate int) func(context.Context, *rig) ([]result, error) {
	return func(ctx context.Context, r *rig) (results []result, err error) {
		name := fmt.Sprintf("latency-%d", rate)
		t, err := r.startTalk(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, t.close()) }()
		found, err := r.repeat(name, func(i int, f *figures) error {
			run := fmt.Sprintf("r%d", i)
			return inTurn(ctx,
				func(ctx context.Context) error { return t.ours(ctx, f, "", run, rate) },
				func(ctx context.Context) error { return t.bare(ctx, f, "bare_", run, rate) },
				func(ctx context.Context) error { return t.relayed(ctx, f, "socket_", run, rate) })
		})
		if over, ok := errors.AsType[*load.OverloadError](err); ok { // the other benchmarks still run
			r.say("%s: %v", name, over)
			return []result{{Name: name, Value: math.NaN(), Unit: "ms p99", Bare: math.NaN()}}, nil
		}
		if err != nil {
			return nil, err
		}
		return []result{latencyResult(name, found)}, nil
	}
}

func latencyResult(name string, found []metric) result {
	more := without(found, "p99_ms", "bare_p99_ms")
	for _, figure := range []string{"p50_ms", "p999_ms", "cpu_s_per_100k"} {
		more = append(more, metric{figure + "_ratio", of(found, figure) / of(found, "bare_"+figure)})
	}
	more = append(more, metric{"p99_to_socket", of(found, "p99_ms") / of(found, "socket_p99_ms")})
	return result{Name: name, Value: of(found, "p99_ms"), Unit: "ms p99", Bare: of(found, "bare_p99_ms"), More: more}
}

// talk holds the servers that are compared with messages between two users: our servers, the
// bare gateway with its engine, and the bare relay.
type talk struct {
	*rig
	servers servers
	engine  *bare.Engine
	gateway *nodeproc.Process
	relay   *nodeproc.Process

	gatewayAddr, relayAddr string
}

// startTalk starts all servers that are compared. The caller closes the talk.
func (r *rig) startTalk(ctx context.Context) (*talk, error) {
	t := &talk{rig: r}
	err := inTurn(ctx,
		func(ctx context.Context) (err error) {
			t.servers, err = r.startServers(ctx, r.cmd.Nodes)
			return err
		},
		func(ctx context.Context) (err error) {
			t.engine, err = r.startEngine(ctx, r.cmd.Nodes)
			return err
		},
		func(ctx context.Context) (err error) {
			t.gateway, t.gatewayAddr, err = r.startGateway(ctx, t.engine.URL)
			return err
		},
		func(ctx context.Context) (err error) {
			t.relay, t.relayAddr, err = r.startRelay(ctx)
			return err
		})
	if err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// close stops the servers, and reports a server that has ended by itself.
func (t *talk) close() (err error) {
	for _, p := range []*nodeproc.Process{t.relay, t.gateway} {
		if p != nil {
			err = errors.Join(err, p.Alive(), p.Stop())
		}
	}
	if t.engine != nil {
		err = errors.Join(err, t.engine.Close())
	}
	return errors.Join(err, t.servers.stop())
}

func (t *talk) ours(ctx context.Context, f *figures, prefix, run string, rate int) error {
	members, err := t.servers.pairs(ctx, run, talkers)
	if err != nil {
		return err
	}
	return t.talk(ctx, f, prefix, rate, fleetRun{name: run, members: members, echo: true, pids: t.servers.pids()})
}

func (t *talk) bare(ctx context.Context, f *figures, prefix, run string, rate int) error {
	members := relayMembers(t.gatewayAddr, bare.PathGateway, run, talkers, 2)
	pids := append(t.engine.PIDs(), t.gateway.PID)
	return t.talk(ctx, f, prefix, rate, fleetRun{name: run, members: members, echo: true, pids: pids})
}

func (t *talk) relayed(ctx context.Context, f *figures, prefix, run string, rate int) error {
	members := relayMembers(t.relayAddr, bare.PathRelay, run, talkers, 2)
	return t.talk(ctx, f, prefix, rate, fleetRun{name: run, members: members, pids: []int{t.relay.PID}})
}

// talk has all members send at a rate, and adds the figures.
func (t *talk) talk(ctx context.Context, f *figures, prefix string, rate int, run fleetRun) error {
	run.senders = talkers
	run.traffic = func(f *load.Fleet, span stretch) error { return f.Pace(talkers, rate, span.begin, span.whole()) }
	w, usage, err := t.measure(ctx, run)
	if err != nil {
		return err
	}
	f.addLatency(prefix, w.Ends)
	f.addLatency(prefix+"ack_", w.Acks)
	f.add(prefix+"peer_deliveries_per_s", perSecond(w.Others, t.cmd.Time))
	f.add(prefix+"cpu_s_per_100k", perHundredThousand(usage.Of(run.pids...), w.Others))
	f.addOthers(prefix, usage)
	return nil
}

// relayMembers returns sessions of the bare relay, with the given number of members in each
// room, spread in the same way as by [servers.pairs].
func relayMembers(addr, path, run string, n, room int) []load.Member {
	members := make([]load.Member, n)
	for i := range members {
		name := fmt.Sprintf("%s-%d", run, i%(n/room))
		members[i] = load.Member{Addr: addr, Path: path + "?room=" + name, Channel: name}
	}
	return members
}
