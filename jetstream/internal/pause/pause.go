// Package pause waits between tries.
package pause

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// For waits for d or the end of ctx, and says which.
func For(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

const (
	tryTimeout = 2 * time.Second
	between    = 100 * time.Millisecond
)

// Final makes an error one after which nothing is tried again.
func Final(err error) error { return final{err} }

type final struct{ error }

func (f final) Unwrap() error { return f.error }

// Until opens something of JetStream's: it tries until that goes well, an error is final, or ctx ends. In a cluster that is forming, or when another node makes
// the same at the same moment, the first tries fail. Each is brief: a request that was on its way to a meta leader that is
// no more is never answered.
func Until[T any](ctx context.Context, what string, try func(ctx context.Context) (T, error)) (T, error) {
	for {
		opened, err := once(ctx, try)
		if err == nil {
			return opened, nil
		}
		if f, ok := errors.AsType[final](err); ok {
			return opened, f.error
		}
		if For(ctx, between) != nil {
			return opened, fmt.Errorf("open %s: %w", what, err)
		}
	}
}

func once[T any](ctx context.Context, try func(ctx context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	return try(ctx)
}
