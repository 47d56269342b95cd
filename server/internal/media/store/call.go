package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	callTimeout     = 10 * time.Second
	transferTimeout = 30 * time.Second // and more for each byte, at slowest
	copyTimeout     = 5 * time.Minute  // storage copies at its own pace, up to 5 GiB
	slowest         = 256 << 10        // bytes a second
)

// transfer returns how long the transfer of so many bytes may take.
func transfer(size int64) time.Duration {
	return transferTimeout + time.Duration(size/slowest)*time.Second
}

// do makes a call, unless storage is down. op says what the call does, for people.
func (s *Store) do(ctx context.Context, op string, bound time.Duration, call func(context.Context) error) error {
	if wait, ok := s.breaker.enter(time.Now()); !ok {
		return down(op, "does not answer").after(wait)
	}
	return s.attempt(ctx, op, bound, call)
}

// attempt makes a call whether or not storage is down, and notes the result.
func (s *Store) attempt(ctx context.Context, op string, bound time.Duration, call func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	select {
	case s.calls <- struct{}{}:
		defer func() { <-s.calls }()
	case <-limited.Done():
		if ctx.Err() != nil {
			return gaveUp(ctx, op)
		}
		return down(op, "is too slow for the number of requests")
	}
	err := call(limited)
	if err != nil && ctx.Err() != nil {
		return gaveUp(ctx, op) // which tells nothing about storage
	}
	err = s.explain(op, err)
	f, failed := errors.AsType[*fault](err)
	s.breaker.leave(time.Now(), failed && f.down)
	if failed && f.wire.Retryable {
		select {
		case s.wake <- struct{}{}:
		default: // Run is to check already
		}
	}
	return err
}

func gaveUp(ctx context.Context, op string) error {
	return fmt.Errorf("media storage: %s: %w", op, context.Cause(ctx))
}
