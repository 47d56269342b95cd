package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/internal/bench/internal/load"
	"natterjack/server/wire"
)

// paced is a send that was due at a moment, with its outcome.
type paced struct {
	user       string
	due, acked time.Duration
	ack        wire.Ack
}

// pace sends at a steady rate over NATS for a period, without waiting for answers, and returns
// once all are acknowledged. A refused send is an error.
func (b *backend) pace(ctx context.Context, span stretch, rate int, next func(i int) (user string, cmd wire.Send)) ([]paced, error) {
	interval := time.Second / time.Duration(rate)
	p := &pacing{clock: span.clock, inbox: b.conn.NewInbox() + ".", sends: make([]paced, span.whole()/interval)}
	sub, err := b.conn.Subscribe(p.inbox+"*", p.answer)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // all are answered, or the run has failed
	err = span.clock.Pace(ctx, span.begin, interval, len(p.sends), func(i int, due time.Duration) error {
		user, cmd := next(i)
		p.sends[i].user, p.sends[i].due = user, due
		body, err := json.Marshal(cmd)
		if err != nil {
			return err
		}
		return b.conn.PublishRequest("api."+user+"."+cmd.Type(), p.inbox+strconv.Itoa(i), body)
	})
	if err != nil {
		return nil, err
	}
	return p.sends, p.wait(ctx)
}

// pacing collects the answers to paced sends. One callback writes the ack of a send. The atomic
// counter makes the ack visible to the waiting goroutine.
type pacing struct {
	clock    load.Clock
	inbox    string
	sends    []paced
	answered atomic.Int64
	failed   atomic.Pointer[error]
}

func (p *pacing) answer(msg *nats.Msg) {
	now := p.clock.Now()
	i, err := strconv.Atoi(strings.TrimPrefix(msg.Subject, p.inbox))
	if err == nil {
		err = p.sends[i].answer(msg.Data)
	}
	if err != nil {
		p.failed.Store(&err)
		return
	}
	p.sends[i].acked = now
	p.answered.Add(1)
}

func (s *paced) answer(data []byte) error {
	frame, err := wire.DecodeFrame(data)
	if err != nil {
		return err
	}
	ack, ok := frame.(wire.Ack)
	if !ok {
		return fmt.Errorf("a send was answered with %.300s", data)
	}
	s.ack = ack
	return nil
}

func (p *pacing) wait(ctx context.Context) error {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(requestLimit); p.answered.Load() < int64(len(p.sends)); {
		if failed := p.failed.Load(); failed != nil {
			return *failed
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d sends were acknowledged", p.answered.Load(), len(p.sends))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
