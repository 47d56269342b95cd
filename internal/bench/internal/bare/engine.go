package bare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/internal/bench/internal/pause"
	"natterjack/internal/nodeproc"
)

// Streams is the number of streams of the bare engine: the number of shards that a single
// server makes on this machine.
var Streams = shards(runtime.NumCPU())

// EngineSpec is a NATS server to start, or a cluster of them.
type EngineSpec struct {
	Binary   string
	Dir      string // directory of its stores and configuration
	Nodes    int
	Interval string // sync_interval
}

// Engine is a running NATS server or cluster and a connection to it.
type Engine struct {
	URL   string // of all nodes, for clients
	Nodes []*nodeproc.Process
	Conn  *nats.Conn
	JS    jetstream.JetStream

	replicas int
}

// StartEngine starts the engine of a spec. The caller closes it.
func StartEngine(ctx context.Context, spec EngineSpec) (*Engine, error) {
	routes, err := nodeproc.FreeAddrs(ctx, spec.Nodes)
	if err != nil {
		return nil, err
	}
	e := &Engine{replicas: spec.Nodes}
	var urls []string
	for i := range spec.Nodes {
		dir := filepath.Join(spec.Dir, fmt.Sprintf("n%d", i))
		p, url, err := StartServer(ctx, spec.Binary, dir, engineConfig(dir, spec.Interval, i, routes))
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.Nodes, urls = append(e.Nodes, p), append(urls, url)
	}
	e.URL = strings.Join(urls, ",")
	if e.Conn, err = nats.Connect(e.URL); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to the bare engine: %w", err), e.Close())
	}
	if e.JS, err = jetstream.New(e.Conn); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if err := e.makeStreams(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// StartServer starts one NATS server in dir and waits until it reports that it is ready. It
// does so after its streams are recovered. StartServer returns the URL for clients.
func StartServer(ctx context.Context, binary, dir, config string) (*nodeproc.Process, string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", err
	}
	file := filepath.Join(dir, "bench-nats.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, "", err
	}
	var addr string
	p, err := nodeproc.Launch(ctx, nodeproc.Spec{
		Name: "nats-server", Path: binary, Args: []string{"-c", file},
		Ready: func(line string) bool {
			if _, after, found := strings.Cut(line, "Listening for client connections on "); found {
				addr = strings.TrimSpace(after)
			}
			return strings.Contains(line, "Server is ready")
		},
	}, 5*time.Minute)
	if err != nil {
		return nil, "", err
	}
	return p, "nats://" + addr, nil
}

func engineConfig(dir, interval string, node int, routes []string) string {
	config := fmt.Sprintf("server_name: bare%d\nlisten: 127.0.0.1:-1\njetstream { store_dir: %q, sync_interval: %s }\n",
		node, dir, interval)
	if len(routes) > 1 {
		config += fmt.Sprintf("cluster { name: bare, listen: %q, routes: [ \"nats://%s\" ] }\n",
			routes[node], strings.Join(routes, `", "nats://`))
	}
	return config
}

// makeStreams makes streams with the same options as the server's own, as soon as the cluster
// has formed.
func (e *Engine) makeStreams(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for i := range Streams {
		for {
			err := e.makeStream(ctx, i)
			if err == nil {
				break
			}
			if pause.For(ctx, 100*time.Millisecond) != nil {
				return fmt.Errorf("make stream %s of the bare engine: %w", streamName(i), err)
			}
		}
	}
	return nil
}

// makeStream waits for an answer only for a short time, because a cluster without a leader does
// not answer at all.
func (e *Engine) makeStream(ctx context.Context, i int) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := e.JS.CreateStream(ctx, jetstream.StreamConfig{
		Name: streamName(i), Subjects: []string{fmt.Sprintf("bare.%d.>", i)}, Storage: jetstream.FileStorage,
		Replicas: e.replicas, Duplicates: 2 * time.Minute, AllowDirect: true, AllowAtomicPublish: true,
	})
	return err
}

func streamName(i int) string { return fmt.Sprintf("BARE_%d", i) }

// subject returns the subject of the i-th publisher, which stands for a channel.
func subject(i int) string { return fmt.Sprintf("bare.%d.c%d.message", i%Streams, i) }

// PIDs returns the process ids of the engine.
func (e *Engine) PIDs() (pids []int) {
	for _, p := range e.Nodes {
		pids = append(pids, p.PID)
	}
	return pids
}

// Close stops the engine.
func (e *Engine) Close() (err error) {
	if e.Conn != nil {
		e.Conn.Close()
	}
	for _, p := range e.Nodes {
		err = errors.Join(err, p.Alive(), p.Stop())
	}
	return err
}

// shards returns the number of shards by the server's own rule: see its option of this name in
// nats.conf.
func shards(cores int) int {
	if cores <= 2 {
		return 2
	}
	return 4
}
