package find

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"
)

// engine is an index that can be filled and asked.
type engine interface {
	// add adds messages in one transaction.
	add(ctx context.Context, messages []message) error
	// newest returns how many of the newest hits of a query it has found, at most so many.
	newest(ctx context.Context, query string, channels []string, limit int) (int, error)
	Close() error
}

// batch is how many messages are added together.
const batch = 1000

// fill adds a range of messages, and returns the processor time that it took. To make the texts
// takes a part of it, which is measured alone and taken off.
func fill(ctx context.Context, e engine, c conversation, from, to int) (used time.Duration, err error) {
	for i := from; i < to; i += batch {
		var messages []message
		for k := i; k < min(i+batch, to); k++ {
			messages = append(messages, c.message(k))
		}
		before := cpu()
		if err := e.add(ctx, messages); err != nil {
			return 0, fmt.Errorf("add messages from %d on: %w", i, err)
		}
		used += cpu() - before
	}
	return used, nil
}

// merger is an engine that goes on merging when all is added.
type merger interface {
	// shape returns something that changes as long as it merges.
	shape() (string, error)
}

const (
	settleEvery = 500 * time.Millisecond
	settleFor   = 6 // looks in a row that show no change
	settleMost  = 5 * time.Minute
)

// settle waits until an engine has done all merges that it wants to do, and returns how many
// seconds that took. Queries are slower beside a large merge, which comes once in a million
// messages.
func settle(ctx context.Context, e engine) (float64, error) {
	m, ok := e.(merger)
	if !ok {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleMost)
	defer cancel()
	ticker := time.NewTicker(settleEvery)
	defer ticker.Stop()
	began, changed, last := time.Now(), time.Now(), ""
	for same := 0; same < settleFor; same++ {
		now, err := m.shape()
		if err != nil {
			return 0, err
		}
		if now != last {
			last, same, changed = now, 0, time.Now()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("wait for the last merge: %w", ctx.Err())
		}
	}
	return changed.Sub(began).Seconds(), nil
}

// cpu returns the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func bytesIn(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}
