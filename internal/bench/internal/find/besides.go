package find

import (
	"context"
	"time"
)

const (
	besidesIn    = 20                    // channels
	besidesRate  = 1000                  // messages a second
	besidesEvery = 50 * time.Millisecond // so often some are added together
)

// besides asks queries of all kinds, first alone and then while messages are added.
func besides(ctx context.Context, e engine, c conversation) (idle, busy Answer, err error) {
	var all []string
	for _, kind := range Kinds {
		all = append(all, c.Queries(kind, queriesOf(c.messages)/2)...)
	}
	if idle, err = ask(ctx, e, all, besidesIn); err != nil {
		return idle, busy, err
	}
	ctx, stop := context.WithCancel(ctx)
	added := make(chan error, 1)
	go func() { added <- keepAdding(ctx, e, c) }()
	busy, err = ask(ctx, e, all, besidesIn)
	stop()
	if addErr := <-added; err == nil {
		err = addErr
	}
	return idle, busy, err
}

// keepAdding adds messages at a steady rate until ctx ends.
func keepAdding(ctx context.Context, e engine, c conversation) error {
	ticker := time.NewTicker(besidesEvery)
	defer ticker.Stop()
	next := c.messages
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		var messages []message
		for range int(besidesRate * besidesEvery / time.Second) {
			messages = append(messages, c.message(next))
			next++
		}
		if err := e.add(context.WithoutCancel(ctx), messages); err != nil {
			return err
		}
	}
}
