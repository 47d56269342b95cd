package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"natterjack/internal/bench/internal/bare"
	"natterjack/internal/nodeproc"
)

// fixture is a data directory of the server that is filled without the server.
type fixture struct {
	bare.Store
	dir string
}

// filledMark is the name of the file that says a fixture is complete.
const filledMark = "bench-filled"

// fixture fills a data directory, or finds it filled. The server makes its streams in the
// directory, and the bare engine fills them.
func (r *rig) fixture(ctx context.Context, channels, messages int) (fixture, error) {
	f, err := r.place("filled", channels, messages)
	if err != nil {
		return f, err
	}
	if _, err := os.Stat(f.mark()); err == nil {
		return f, nil
	}
	if err := r.fill(ctx, f, 0, messages); err != nil {
		return f, err
	}
	return f, os.WriteFile(f.mark(), nil, 0o600)
}

// place returns the directory of a fixture: filled already, or empty.
func (r *rig) place(name string, channels, messages int) (fixture, error) {
	f := fixture{Store: bare.Store{Channels: channels, Messages: messages, Shards: bare.Streams}}
	base := r.dir
	if r.cmd.Fixture != "" {
		base = r.cmd.Fixture
	}
	f.dir = filepath.Join(base, fmt.Sprintf("%s-%dx%d", name, channels, messages))
	if _, err := os.Stat(f.mark()); err == nil {
		return f, nil
	}
	return f, errors.Join(os.RemoveAll(f.dir), os.MkdirAll(f.dir, 0o700))
}

// mark returns the path of the file that says a fixture is complete.
func (f fixture) mark() string { return filepath.Join(f.dir, filledMark) }

// fill writes the messages of all channels from one number to another. Number 0 is the event
// that creates a channel. Before the first messages, the server makes its streams. It has no push
// then: push would begin with the first of the messages, and look at each when the server starts
// for a measurement.
func (r *rig) fill(ctx context.Context, f fixture, from, to int) (err error) {
	r.say("fill %d channels with their messages %d to %d", f.Channels, from, to)
	if from == 0 {
		config, err := r.logOnly()
		if err != nil {
			return err
		}
		if err := r.visitWith(ctx, f, config, func(node) error { return nil }); err != nil {
			return err
		}
	}
	engine, err := r.openStore(ctx, f, "2m")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.close()) }()
	var stored atomic.Int64
	filled := make(chan struct{})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(filled)
		return f.Fill(ctx, engine.conn, from, to, &stored)
	})
	group.Go(func() error {
		ticker := time.NewTicker(20 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				r.say("%d of %d events", stored.Load(), f.Channels*(to-from+1))
			case <-filled:
				return nil
			}
		}
	})
	return group.Wait()
}

// storeEngine is a bare NATS server on the store of a fixture, in place of our server.
type storeEngine struct {
	proc *nodeproc.Process
	conn *nats.Conn
	js   jetstream.JetStream
}

// openStore starts a bare NATS server on a fixture's store. Our server must not run on it
// meanwhile.
func (r *rig) openStore(ctx context.Context, f fixture, interval string) (*storeEngine, error) {
	config := fmt.Sprintf(`
server_name: bare
listen: 127.0.0.1:-1
jetstream { store_dir: %q, sync_interval: %s }
accounts { CHAT { jetstream: enabled, users: [ { user: bench, password: bench } ] } }
`, f.dir, interval) // NATS adds "jetstream" to the directory, as it does for the server
	binary, err := r.natsServer(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := r.newDir("store")
	if err != nil {
		return nil, err
	}
	p, url, err := bare.StartServer(ctx, binary, dir, config)
	if err != nil {
		return nil, err
	}
	e := &storeEngine{proc: p}
	if e.conn, err = nats.Connect(url, nats.UserInfo("bench", "bench")); err != nil {
		return nil, errors.Join(err, e.close())
	}
	if e.js, err = jetstream.New(e.conn); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *storeEngine) close() error {
	if e.conn != nil {
		e.conn.Close()
	}
	return e.proc.Stop()
}

// visit starts the server on a fixture, calls do, and stops the server.
func (r *rig) visit(ctx context.Context, f fixture, do func(node) error) error {
	config, err := r.shipped()
	if err != nil {
		return err
	}
	return r.visitWith(ctx, f, config, do)
}

// visitWith does the same with a configuration of its own.
func (r *rig) visitWith(ctx context.Context, f fixture, config string, do func(node) error) error {
	n, err := r.startServer(ctx, member{data: f.dir, config: config})
	if err != nil {
		return err
	}
	return errors.Join(do(n), n.proc.Stop())
}

// forget deletes the view of a fixture. The server builds it again.
func (f fixture) forget() error { return os.RemoveAll(filepath.Join(f.dir, viewDir)) }

// cool drops a fixture's files from the kernel's cache, so that the next reads come from the
// disk.
func (f fixture) cool() error {
	return filepath.WalkDir(f.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		return dropCached(path)
	})
}
