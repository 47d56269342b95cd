// Package pause waits between tries.
package pause

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// For waits for d or until ctx ends. It returns nil after d, and the error of ctx otherwise.
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

// Final marks an error after which nothing is tried again.
func Final(err error) error { return final{err} }

type final struct{ error }

func (f final) Unwrap() error { return f.error }

// Until opens a JetStream object with try. It tries until that succeeds, until an error is
// final, or until ctx ends. The first tries fail in a cluster that is forming, and when another
// node creates the same object at the same moment. Each try is brief, because a request to a
// meta leader that has died is never answered.
func Until[T any](ctx context.Context, what string, try func(ctx context.Context) (T, error)) (T, error) {
	return UntilWithin(ctx, what, tryTimeout, try)
}

// UntilWithin does what [Until] does, and lets each try take up to a given time. It is for requests
// that take long, and that get in the way of the next try if their answers are not awaited.
func UntilWithin[T any](ctx context.Context, what string, each time.Duration, try func(ctx context.Context) (T, error)) (T, error) {
	for {
		opened, err := once(ctx, each, try)
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

func once[T any](ctx context.Context, most time.Duration, try func(ctx context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return try(ctx)
}
