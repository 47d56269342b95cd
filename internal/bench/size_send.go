package main

import (
	"context"
	"fmt"
	"time"

	"natterjack/internal/bench/internal/load"
	"natterjack/internal/bench/internal/proc"
	"natterjack/server/wire"
)

// sizeReadBack is how many of the channels that got a message are read afterwards.
const sizeReadBack = 200

// sizeRun is one run of sends to random channels, over the server's NATS. There no session is
// needed for each user.
type sizeRun struct {
	*rig
	f       *figures
	prefix  string
	fixture fixture
	seed    uint64 // differs between the runs on one store, also over restarts
}

func newSizeRun(r *rig, f *figures, prefix string, fix fixture, i int) *sizeRun {
	return &sizeRun{rig: r, f: f, prefix: prefix, fixture: fix, seed: uint64(time.Now().UnixNano()) + uint64(i)}
}

// measure sends at a steady rate on a server that was just started. It checks on another server
// that all messages are stored.
func (s *sizeRun) measure(ctx context.Context) error {
	if err := s.fixture.cool(); err != nil {
		return err
	}
	before, err := s.fixture.streamBytes()
	if err != nil {
		return err
	}
	var sent []paced
	if err := s.visit(ctx, s.fixture, func(n node) (err error) {
		sent, err = s.send(ctx, n)
		return err
	}); err != nil {
		return err
	}
	after, err := s.fixture.streamBytes()
	if err != nil {
		return err
	}
	s.f.add(s.prefix+"sent_b_per_message", float64(after-before)/float64(len(sent)))
	return s.visit(ctx, s.fixture, func(n node) error { return readBack(ctx, n, sent) })
}

func (s *sizeRun) send(ctx context.Context, n node) (sent []paced, err error) {
	b, err := n.backend()
	if err != nil {
		return nil, err
	}
	defer b.close()
	span := s.newStretch(load.NewClock())
	sends := int(span.whole().Seconds() * sizeRate)
	channels := sample(s.seed, s.fixture.Channels, sends)
	usage, err := span.during(ctx, []int{n.proc.PID}, func(ctx context.Context) (err error) {
		sent, err = b.pace(ctx, span, sizeRate, func(i int) (string, wire.Send) {
			return s.message(channels[i%len(channels)], i)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	resident, err := proc.Resident(n.proc.PID)
	if err != nil {
		return nil, err
	}
	var acks load.Samples
	for _, one := range sent {
		if one.due >= span.from && one.due < span.to {
			acks = append(acks, one.acked-one.due)
		}
	}
	s.f.addLatency(s.prefix+"ack_", acks)
	s.f.add(s.prefix+"cpu_s_per_100k", perHundredThousand(usage.Of(n.proc.PID), len(acks)))
	s.f.add(s.prefix+"resident_mib", float64(resident)/(1<<20))
	s.f.addOthers(s.prefix, usage)
	return sent, nil
}

// message returns the i-th send of the run, to a channel of the fixture.
func (s *sizeRun) message(channel, i int) (user string, cmd wire.Send) {
	user, _ = s.fixture.Users(channel)
	return user, wire.Send{
		Channel:  s.fixture.Channel(channel),
		ClientID: fmt.Sprintf("size-%d-%d", s.seed, i),
		Content:  wire.Content{Text: string(load.AppendWords(nil, s.seed<<32+uint64(i), load.TextBytes))},
	}
}

// readBack reads the newest messages of some channels that got a message. It checks that the
// acknowledged message is there, and everything before it.
func readBack(ctx context.Context, n node, sent []paced) error {
	b, err := n.backend()
	if err != nil {
		return err
	}
	defer b.close()
	return each(ctx, min(sizeReadBack, len(sent)), func(ctx context.Context, i int) error {
		one := sent[i*len(sent)/min(sizeReadBack, len(sent))]
		frame, err := b.request(ctx, one.user, wire.History{Channel: one.ack.Channel, Limit: page})
		if err != nil {
			return err
		}
		got, ok := frame.(wire.Page)
		if !ok {
			return fmt.Errorf("history was answered with %s", frame.Type())
		}
		return missing(one.ack, got)
	})
}

// missing returns an error if a page of a channel's newest messages lacks a message. One
// message of the page was acknowledged.
func missing(ack wire.Ack, got wire.Page) error {
	var seqs []uint64
	for _, e := range got.Events {
		if e.Kind == wire.KindMessage {
			seqs = append(seqs, e.Seq)
		}
	}
	found := len(seqs) > 0 && seqs[len(seqs)-1] >= ack.Seq && (got.More || seqs[0] == 1)
	for i := 1; i < len(seqs); i++ {
		found = found && seqs[i] == seqs[i-1]+1
	}
	if !found {
		return fmt.Errorf("of %s, whose message %d was acknowledged, there are only the messages %d", ack.Channel, ack.Seq, seqs)
	}
	return nil
}
