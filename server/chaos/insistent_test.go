package chaos_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"natterjack/internal/nodetest"
	"natterjack/server/chaos/internal/check"
	"natterjack/server/wire"
)

// answerBound is the longest time in which a node in trouble must answer a command. A command
// may wait for five seconds in its lane; the rest is a margin for the machine.
const answerBound = 15 * time.Second

// insistent sends to a node in trouble. Unlike a client, it does not retry.
type insistent struct {
	*stage
	alone *nodetest.Node
	acks  bool // some acks are expected

	mu      sync.Mutex // protects following
	answers map[string]int
	longest time.Duration
}

// run sends in every shard and reads, until ctx ends and everything is answered.
func (in *insistent) run(ctx context.Context) {
	in.answers = map[string]int{}
	d := in.probes.devices[in.alone.Name]
	var all sync.WaitGroup
	for shard, channel := range in.probes.channels {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				in.send(d, shard, wire.Send{Channel: channel, ClientID: fmt.Sprintf("raw%d.%d", shard, i), Content: wire.Content{Text: "is anybody there?"}})
				_ = wait(ctx, 50*time.Millisecond)
			}
		})
	}
	all.Go(func() {
		for ctx.Err() == nil {
			in.read(d, wire.History{Channel: in.probes.channels[0]})
			_ = wait(ctx, 200*time.Millisecond)
		}
	})
	all.Wait()
	in.crowd.tb.Logf("in trouble %s answered %v, the slowest after %v", in.alone.Name, in.answers, in.longest.Round(time.Millisecond))
}

func (in *insistent) send(d *device, shard int, cmd wire.Send) {
	if in.put(d, fmt.Sprint("raw", shard), cmd) && !in.acks {
		in.crowd.tb.Errorf("%s was acknowledged without a quorum", cmd.ClientID)
	}
}

// put sends a message and records it. It reports whether the message was stored. Any other
// answer must say that a retry may help.
func (in *insistent) put(d *device, lane string, cmd wire.Send) (stored bool) {
	s := &check.Send{Lane: lane, Channel: cmd.Channel, Sender: d.user, ClientID: cmd.ClientID, Text: cmd.Content.Text}
	in.crowd.mu.Lock()
	in.crowd.sends = append(in.crowd.sends, s)
	in.crowd.mu.Unlock()
	f := in.ask(d, cmd)
	in.crowd.mu.Lock()
	defer in.crowd.mu.Unlock()
	switch f := f.(type) {
	case wire.Ack:
		s.Ack = ackOf(&f)
		return true
	case *wire.Error:
		s.Refused = f.Code == wire.CodeUnavailable || f.Code == wire.CodeStorageFull
		if f.Retryable {
			return false
		}
	}
	in.crowd.tb.Errorf("a send was answered with %+v", f)
	return false
}

func (in *insistent) read(d *device, cmd wire.History) {
	f := in.ask(d, cmd)
	if refusal, ok := f.(*wire.Error); ok && !refusal.Retryable {
		in.crowd.tb.Errorf("history was answered with %v", refusal)
	}
}

// ask records how the node answers, and how soon.
func (in *insistent) ask(d *device, cmd wire.Command) wire.Frame {
	ctx, cancel := context.WithTimeout(in.crowd.life, answerBound)
	defer cancel()
	began := time.Now()
	f, err := ask(ctx, in.alone.URL, d.token, cmd)
	took := time.Since(began)
	if err != nil {
		in.crowd.tb.Errorf("%s was not answered: %v", cmd.Type(), err)
		return f
	}
	what := cmd.Type() + " → " + f.Type()
	if refusal, ok := f.(*wire.Error); ok {
		what = cmd.Type() + " → " + string(refusal.Code)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.answers[what]++
	in.longest = max(in.longest, took)
	return f
}
