package main

import (
	"context"
	"errors"
	"fmt"

	"natterjack/internal/bench/internal/bare"
	"natterjack/internal/bench/internal/load"
)

// sending measures durable sends a second. Each sender waits for its ack before it sends the
// next message. Every message is delivered to the socket of a silent peer, and to the sender's
// own. Bare, as many publishers as there are senders publish single messages of the same size
// to as many streams. Each of them waits for its PubAck. In a result of its own, the same
// number of messages in flight is committed in atomic batches, which is the most that the
// engine takes.
func sending(senders int) func(context.Context, *rig) ([]result, error) {
	return func(ctx context.Context, r *rig) (results []result, err error) {
		name := fmt.Sprintf("send-%d", senders)
		servers, err := r.startServers(ctx, r.cmd.Nodes)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, servers.stop()) }()
		engine, err := r.startEngine(ctx, r.cmd.Nodes)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, engine.Close()) }()
		found, err := r.repeat(name, func(i int, f *figures) error {
			s := &sendRun{rig: r, f: f, senders: senders, servers: servers, engine: engine}
			return inTurn(ctx, s.ours(i), s.singles, s.batches)
		})
		if err != nil {
			return nil, err
		}
		return sendResults(name, senders, append(found, metric{"nodes", float64(r.cmd.Nodes)})), nil
	}
}

// inTurn runs the steps until one fails.
func inTurn(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sendResults returns ours beside single publishes and, if there are batches, ours beside
// those.
func sendResults(name string, senders int, found []metric) []result {
	value, singles := of(found, "sends"), of(found, "bare_sends")
	more := append(without(found, "sends", "bare_sends"),
		metric{"ack_p50_ratio", of(found, "ack_p50_ms") / of(found, "bare_ack_p50_ms")},
		metric{"ack_p99_ratio", of(found, "ack_p99_ms") / of(found, "bare_ack_p99_ms")})
	one := result{Name: name, Value: value, Unit: "sends/s", Bare: singles, Higher: true, More: more}
	if senders == 1 {
		return []result{one}
	}
	return []result{one, beside(one, "-batches", of(found, "bare_batch_sends"))}
}

// sendRun is one run of a send benchmark.
type sendRun struct {
	*rig
	f       *figures
	senders int
	servers servers
	engine  *bare.Engine
}

func (s *sendRun) ours(i int) func(context.Context) error {
	return func(ctx context.Context) error {
		name := fmt.Sprintf("r%d", i)
		members, err := s.servers.pairs(ctx, name, 2*s.senders)
		if err != nil {
			return err
		}
		w, usage, err := s.measure(ctx, fleetRun{
			name: name, members: members, senders: s.senders, echo: true, pids: s.servers.pids(),
			traffic: func(f *load.Fleet, span stretch) error { return f.Loop(s.senders, span.whole()) },
		})
		if err != nil {
			return err
		}
		s.f.add("sends", perSecond(w.Acked, s.cmd.Time))
		s.f.addLatency("ack_", w.Acks)
		s.f.addLatency("peer_", w.Ends)
		s.f.add("peer_deliveries_per_s", perSecond(w.Others, s.cmd.Time))
		s.f.add("cpu_s_per_100k", perHundredThousand(usage.Of(s.servers.pids()...), w.Acked))
		s.f.addOthers("", usage)
		return nil
	}
}

func (s *sendRun) singles(ctx context.Context) error {
	return s.publish(ctx, "bare_", func(ctx context.Context, span stretch) (load.Window, error) {
		return s.engine.Publish(ctx, span.clock, s.senders, span.from, span.to)
	})
}

func (s *sendRun) batches(ctx context.Context) error {
	if s.senders == 1 {
		return nil // a batch of one is a single publish
	}
	return s.publish(ctx, "bare_batch_", func(ctx context.Context, span stretch) (load.Window, error) {
		return s.engine.PublishBatches(ctx, span.clock, s.senders, span.from, span.to)
	})
}

func (s *sendRun) publish(ctx context.Context, prefix string, publish func(context.Context, stretch) (load.Window, error)) error {
	span := s.newStretch(load.NewClock())
	var w load.Window
	usage, err := span.during(ctx, s.engine.PIDs(), func(ctx context.Context) (err error) {
		w, err = publish(ctx, span)
		return err
	})
	if err != nil {
		return err
	}
	s.f.add(prefix+"sends", perSecond(w.Acked, s.cmd.Time))
	s.f.addLatency(prefix+"ack_", w.Acks)
	s.f.add(prefix+"cpu_s_per_100k", perHundredThousand(usage.Of(s.engine.PIDs()...), w.Acked))
	s.f.addOthers(prefix, usage)
	return nil
}
