package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	natter "natterjack/clients/go"
)

const (
	besideRate = 500 // messages a second beside a rebuild
	lookAgain  = 50 * time.Millisecond
)

// besideSearch measures chat on a server with many messages, first alone, and then while the server
// builds its index anew.
func besideSearch(ctx context.Context, r *rig) ([]result, error) {
	f, err := r.fixture(ctx, max(1, r.cmd.Messages/page), page)
	if err != nil {
		return nil, err
	}
	var all []metric
	err = r.visit(ctx, f, func(n node) error {
		all, err = r.repeat("search, beside a rebuild", func(i int, fig *figures) error { return r.besideRebuild(ctx, n, i, fig) })
		return err
	})
	if err != nil {
		return nil, err
	}
	more := append(without(all, "p99_ms"), metric{"p99_to_alone", of(all, "p99_ms") / of(all, "alone_p99_ms")}, metric{"messages", float64(f.Events())})
	return []result{{Name: "search-rebuild", Value: of(all, "p99_ms"), Unit: "ms p99", Bare: math.NaN(), More: more}}, nil
}

func (r *rig) besideRebuild(ctx context.Context, n node, run int, f *figures) (err error) {
	t := &talk{rig: r, servers: servers{n}}
	c, done, err := n.looker(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := awaitIndex(ctx, c); err != nil {
		return err
	}
	own := fmt.Sprintf("%x-%d", time.Now().UnixNano(), run) // a fixture that is used again has earlier channels
	if err := t.ours(ctx, f, "alone_", "alone-"+own, besideRate); err != nil {
		return err
	}
	began := time.Now()
	if err := orderIndex(ctx, n); err != nil {
		return err
	}
	if err := t.ours(ctx, f, "", "beside-"+own, besideRate); err != nil {
		return err
	}
	still, err := rebuilding(ctx, c)
	if err != nil {
		return err
	}
	lasted := 0.0 // all the time
	if still {
		lasted = 1
	}
	f.add("rebuilding_at_the_end", lasted)
	if err := awaitIndex(ctx, c); err != nil {
		return err
	}
	f.add("rebuild_s", time.Since(began).Seconds())
	return nil
}

// looker returns a client that searches, and a function that ends it.
func (n node) looker(ctx context.Context) (c *natter.Client, done func() error, err error) {
	c, err = natter.New(natter.Options{URLs: []string{n.base}, Tokens: natter.SignIn{User: "looker", URLs: []string{n.base}, Data: n.signIn}})
	if err != nil {
		return nil, nil, err
	}
	ran := make(chan error, 1)
	go func() { ran <- c.Run(context.WithoutCancel(ctx)) }()
	return c, func() error {
		err := c.Close()
		<-ran //nolint:errcheck // its calls have returned the error too
		return err
	}, nil
}

// orderIndex orders that a node builds its index anew, and waits until it has begun.
func orderIndex(ctx context.Context, n node) error {
	order := filepath.Join(n.data, searchDir, "rebuild")
	if err := os.WriteFile(order, nil, 0o600); err != nil {
		return err
	}
	return lookUntil(ctx, func() (bool, error) {
		_, err := os.Stat(order)
		if errors.Is(err, fs.ErrNotExist) {
			return true, nil
		}
		return false, err
	})
}

// awaitIndex waits until a node has its whole index.
func awaitIndex(ctx context.Context, c *natter.Client) error {
	return lookUntil(ctx, func() (bool, error) {
		is, err := rebuilding(ctx, c)
		return !is, err
	})
}

// lookUntil looks again and again until something is done.
func lookUntil(ctx context.Context, done func() (bool, error)) error {
	for {
		if is, err := done(); is || err != nil {
			return err
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func rebuilding(ctx context.Context, c *natter.Client) (bool, error) {
	found, err := c.Search(ctx, natter.Query{Text: "toads", Limit: 1})
	return found.Rebuilding != nil, err
}
