package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"natterjack/internal/bench/internal/load"
	"natterjack/internal/bench/internal/pause"
	"natterjack/server/wire"
)

const (
	honest     = 100 // users who chat
	honestRate = 100 // messages a second, of all of them
	slowUsers  = 10  // the users as which the slow readers sign in
	// newcomerPause is the time between two users who sign in during a run.
	newcomerPause = 200 * time.Millisecond
	hostileShards = 4
)

// hostile measures how much attackers slow down other users. A hundred users chat at a steady rate,
// first alone and then beside hostile connections: silent ones, halves of headers, slow readers,
// rubbish, and floods of connects with wrong tokens. Meanwhile others sign in, one after the other.
// In place of a bare engine, the users are compared with themselves without attackers, and with
// themselves while the same attackers attack another process on the same machine. The server has
// the limits with which it ships. Afterwards every shard must take a write.
func hostile(ctx context.Context, r *rig) (results []result, err error) {
	s, err := r.startShipped(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	found, err := r.repeat("hostile", func(i int, f *figures) error {
		h := &hostileRun{rig: r, f: f, servers: s, run: fmt.Sprint("h", i)}
		return inTurn(ctx, h.alone, h.beside, h.attacked, h.probe)
	})
	if over, ok := errors.AsType[*load.OverloadError](err); ok { // the other benchmarks still run
		r.say("hostile: %v", over)
		return []result{{Name: "hostile", Value: math.NaN(), Unit: "ms p99", Bare: math.NaN()}}, nil
	}
	if err != nil {
		return nil, err
	}
	return []result{{
		Name: "hostile", Value: of(found, "p99_ms"), Unit: "ms p99", Bare: of(found, "alone_p99_ms"),
		More: without(found, "p99_ms", "alone_p99_ms"),
	}}, nil
}

// startShipped starts a server with the limits of the shipped configuration.
func (r *rig) startShipped(ctx context.Context) (servers, error) {
	c, err := r.configure()
	if err != nil {
		return nil, err
	}
	c.Limits, c.Shards = "", hostileShards
	m, err := r.member(c)
	if err != nil {
		return nil, err
	}
	return r.startAlone(ctx, m)
}

type hostileRun struct {
	*rig
	f       *figures
	servers servers
	run     string
}

func (h *hostileRun) alone(ctx context.Context) error { return h.chat(ctx, "alone_", h.run+"a") }

func (h *hostileRun) attacked(ctx context.Context) error {
	plan, err := h.plan(ctx)
	if err != nil {
		return err
	}
	h.f.add("attackers", float64(plan.Size()))
	return h.besides(ctx, plan, "", h.run+"b")
}

// beside has the same attackers attack another process. The difference between this and alone is
// their cost for sharing the server's machine, which real attackers do not.
func (h *hostileRun) beside(ctx context.Context) error {
	plan, err := h.plan(ctx)
	if err != nil {
		return err
	}
	decoy, addr, err := h.launchDecoy(ctx)
	if err != nil {
		return err
	}
	plan.Addr = addr
	return errors.Join(h.besides(ctx, plan, "decoy_", h.run+"d"), decoy.Stop(), decoy.Err())
}

// besides has the honest users chat beside attackers.
func (h *hostileRun) besides(ctx context.Context, plan *load.Plan, prefix, run string) error {
	attackers, err := h.launchAttack(ctx, plan)
	if err != nil {
		return err
	}
	err = h.chat(ctx, prefix, run)
	done, failed := attackers.stop()
	h.f.add(prefix+"attack_opened", float64(done.Opened))
	h.f.add(prefix+"attack_held", float64(done.Opened-done.Closed))
	return errors.Join(err, failed)
}

// plan divides the attackers: most of them hold connections, because these cost the attacker
// next to nothing.
func (h *hostileRun) plan(ctx context.Context) (*load.Plan, error) {
	slow, err := h.servers.signIn(ctx, numbered(h.run+"s", slowUsers))
	if err != nil {
		return nil, err
	}
	n := h.cmd.Attackers
	a := &load.Plan{Addr: slow[0].Addr, Slow: n / 100, Rubbish: n / 200, Floods: n / 500}
	a.Halves = n / 2
	a.Silent = n - a.Halves - a.Slow - a.Rubbish - a.Floods
	for _, m := range slow {
		a.Tokens = append(a.Tokens, m.Connect)
	}
	return a, nil
}

// chat has the honest users chat while others sign in.
func (h *hostileRun) chat(ctx context.Context, prefix, run string) error {
	members, err := h.servers.pairs(ctx, run, honest)
	if err != nil {
		return err
	}
	entering := &newcomers{servers: h.servers, run: run + "n"}
	w, usage, err := h.measure(ctx, fleetRun{
		name: run, members: members, senders: honest, echo: true, pids: h.servers.pids(),
		traffic: func(f *load.Fleet, span stretch) error {
			ctx, cancel := context.WithTimeout(ctx, span.whole())
			defer cancel()
			done := make(chan struct{})
			go func() {
				defer close(done)
				entering.enter(ctx, span.clock)
			}()
			err := f.Pace(honest, honestRate, span.begin, span.whole())
			cancel()
			<-done
			return err
		},
	})
	if err != nil {
		return err
	}
	h.f.addLatency(prefix, w.Ends)
	h.f.addLatency(prefix+"ack_", w.Acks)
	h.f.addLatency(prefix+"newcomer_", entering.took)
	h.f.add(prefix+"newcomers", float64(len(entering.took)))
	h.f.add(prefix+"newcomers_failed", float64(entering.failed))
	h.f.add(prefix+"cpu_cores", usage.Of(h.servers.pids()...).Seconds()/usage.Elapsed.Seconds())
	h.f.addOthers(prefix, usage)
	return nil
}

// newcomers sign in one after the other, each for a first list of channels.
type newcomers struct {
	servers servers
	run     string
	took    load.Samples
	failed  int
}

func (n *newcomers) enter(ctx context.Context, clock load.Clock) {
	list := load.Text([]byte(`{"type":"list_channels","ref":1}`))
	for i := 0; pause.For(ctx, newcomerPause) == nil; i++ {
		began := clock.Now()
		m, err := n.servers.signIn(ctx, []string{fmt.Sprint(n.run, i)})
		if err == nil {
			_, err = load.Greet(ctx, clock, m[0], list)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			n.failed++
			continue
		}
		n.took = append(n.took, clock.Now()-began)
	}
}

// probe counts the shards that take no write any more, and asks whether the node is ready.
func (h *hostileRun) probe(ctx context.Context) error {
	name := h.run + "p"
	members, err := h.servers.signIn(ctx, []string{name})
	if err != nil {
		return err
	}
	damaged := 0
	for shard := range hostileShards {
		members[0].Channel = channelInto(shard, name)
		fleet := load.NewFleet(ctx, fmt.Sprint(name, shard), load.NewClock(), true)
		err := fleet.Connect(members)
		if err == nil {
			err = fleet.Prime(1)
		}
		if err = errors.Join(err, fleet.Close()); err != nil {
			h.say("hostile: shard %d: %v", shard, err)
			damaged++
		}
	}
	h.f.add("damaged_shards", float64(damaged))
	return h.ready(ctx)
}

// channelInto returns a direct channel of a user that falls into a shard.
func channelInto(shard int, user string) string {
	for i := 0; ; i++ {
		channel := wire.DirectChannel(user, fmt.Sprint("peer", i))
		if wire.SlotOf(channel)*hostileShards/wire.Slots == shard {
			return channel
		}
	}
}

// ready adds whether the node says that it is ready.
func (h *hostileRun) ready(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.servers[0].base+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	ready := 0.0
	if resp.StatusCode == http.StatusOK {
		ready = 1
	}
	h.f.add("ready", ready)
	return resp.Body.Close()
}
