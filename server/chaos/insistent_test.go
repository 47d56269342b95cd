package chaos_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"natterjack/server/chaos/internal/check"
	"natterjack/server/wire"
)

// answerBound is the longest that a node without a quorum may leave a command unanswered. A command may wait for five
// seconds in its lane; the rest is for the machine.
const answerBound = 15 * time.Second

// insistent sends to a node that has no quorum, without a client's patience.
type insistent struct {
	*stage
	alone *node

	mu      sync.Mutex // protects following
	answers map[string]int
	longest time.Duration
}

// run sends in every shard, and reads, until ctx ends and all is answered.
func (in *insistent) run(ctx context.Context) {
	in.answers = map[string]int{}
	d := in.probes.devices[in.alone.name]
	var all sync.WaitGroup
	for shard, ch := range in.probes.channels {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				in.send(d, shard, wire.Send{Channel: ch, ClientID: fmt.Sprintf("raw%d.%d", shard, i), Content: wire.Content{Text: "is anybody there?"}})
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
	in.crowd.tb.Logf("without a quorum %s answered %v, the slowest after %v", in.alone.name, in.answers, in.longest.Round(time.Millisecond))
}

func (in *insistent) send(d *device, shard int, cmd wire.Send) {
	s := &check.Send{Lane: fmt.Sprint("raw", shard), Channel: cmd.Channel, Sender: d.user, ClientID: cmd.ClientID, Text: cmd.Content.Text}
	in.crowd.mu.Lock()
	in.crowd.sends = append(in.crowd.sends, s)
	in.crowd.mu.Unlock()
	f := in.ask(d, cmd)
	refusal, ok := f.(*wire.Error)
	if !ok || !refusal.Retryable {
		in.crowd.tb.Errorf("a send without a quorum was answered with %+v", f)
		return
	}
	in.crowd.mu.Lock()
	s.Refused = refusal.Code == wire.CodeUnavailable
	in.crowd.mu.Unlock()
}

func (in *insistent) read(d *device, cmd wire.History) {
	f := in.ask(d, cmd)
	if refusal, ok := f.(*wire.Error); ok && !refusal.Retryable {
		in.crowd.tb.Errorf("history without a quorum was answered with %v", refusal)
	}
}

// ask notes how the node answers, and how soon.
func (in *insistent) ask(d *device, cmd wire.Command) wire.Frame {
	ctx, cancel := context.WithTimeout(in.crowd.life, answerBound)
	defer cancel()
	began := time.Now()
	f, err := ask(ctx, in.alone.url, d.token, cmd)
	took := time.Since(began)
	if err != nil {
		in.crowd.tb.Errorf("%s without a quorum was not answered: %v", cmd.Type(), err)
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
