package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"

	"natterjack"
	"natterjack/jetstream"
	"natterjack/jetstream/service"
	"natterjack/server/internal/bridge"
	"natterjack/server/internal/gate"
)

// Addresses are the URLs of a node that is ready.
type Addresses struct {
	HTTP   string
	NATS   string
	Secret string // of the development sign-in, empty if there is none; not for logs
}

// running is the state of a running node. start sets everything and stop takes it apart, on one
// goroutine.
type running struct {
	*Node
	log       *jetstream.Log
	people    people
	media     media
	uploading uploading
	searching searching
	pushing   pushing
	telling   telling
	mailing   mailing
	bridge    *bridge.Bridge
	service   *service.Service
	listener  net.Listener
	server    *http.Server
	gate      *gate.Gate
	failed    chan error // the error of the first part that ended by itself

	parts struct{ keeper, reviver, log, service, bridge, gate, http *part }

	health   health
	draining atomic.Bool // read by requests
}

// Run starts the node, calls ready once it serves, and stops the node when ctx ends or
// something fails. A stop by ctx is no error. After [ErrAgain] nothing of the node is left, and
// another one can be run in its place.
func (n *Node) Run(ctx context.Context, ready func(Addresses)) error {
	r := &running{Node: n, failed: make(chan error, 1)}
	err := r.start(ctx)
	if err == nil {
		ready(r.addresses())
		err = r.wait(ctx)
	}
	if ctx.Err() != nil {
		n.logger.InfoContext(ctx, "stopping", "reason", context.Cause(ctx))
		err = nil
	} else {
		n.logger.ErrorContext(ctx, "stopping", "error", err)
	}
	stopped := r.stop(context.WithoutCancel(ctx))
	if stopped != nil && errors.Is(err, ErrAgain) {
		return fmt.Errorf("%w: %w; before, %v", ErrAnew, stopped, err) //nolint:errorlint // which is not to be taken for it
	}
	return errors.Join(err, stopped)
}

func (r *running) start(ctx context.Context) error {
	r.logger.InfoContext(ctx, "starting", "version", natterjack.Version, "name", r.engine.Name(), "data", r.cfg.Data, "cluster", r.cfg.Clustered())
	if err := r.startEngine(ctx); err != nil {
		return err
	}
	ctx = r.keeping(ctx)
	var err error
	r.log, err = jetstream.New(ctx, jetstream.Config{
		Conn: r.engine.Conn(), Engine: r.engine, ViewDir: r.dir.View(), Cache: r.cfg.Cache, ViewFiles: r.files.view, StoreDir: r.engine.StoreDir(), Stage: r.stage(), Memory: r.dir,
		Shards: r.cfg.Shards, Replicas: r.cfg.Replicas, Limits: r.cfg.Limits, Logger: r.base,
		Profiles: jetstream.Profiles{FixedName: r.cfg.Profiles.FixedName, FixedZone: r.cfg.Profiles.FixedZone, Reserved: r.cfg.Profiles.Reserved()},
	})
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	r.parts.log = begin(ctx, "log", r.failed, r.log.Run)
	if !r.cfg.Clustered() {
		r.parts.reviver = begin(ctx, "streams", r.failed, r.revive)
	}
	if err := r.openPeople(ctx); err != nil {
		return err
	}
	if err := r.openMedia(ctx); err != nil {
		return err
	}
	if err := r.openUploads(ctx); err != nil {
		return err
	}
	r.openSearch(ctx)
	if err := r.openPush(ctx); err != nil {
		return err
	}
	r.startServing(ctx)
	r.startPeople(ctx)
	if err := r.await(ctx, r.log.Ready()); err != nil {
		return err
	}
	if err := r.awaitPeople(ctx); err != nil {
		return err
	}
	if err := r.awaitUploads(ctx); err != nil {
		return err
	}
	r.awaitTelling(ctx)
	if err := r.await(ctx, r.service.Ready()); err != nil {
		return err
	}
	return r.listen(ctx)
}

// stage returns the function that has the engine stage batches in memory, or nil in a cluster.
func (r *running) stage() func(stream string) {
	if r.cfg.Clustered() {
		return nil
	}
	return r.engine.Stage
}

func (r *running) startEngine(ctx context.Context) error {
	if err := r.engine.Start(ctx); err != nil {
		return err
	}
	if err := r.engine.Ready(ctx); err != nil {
		return fmt.Errorf("wait for the cluster: %w", err)
	}
	return nil
}

// startServing starts the parts that serve the log. They serve over NATS at once, and over HTTP
// when there is a listener.
func (r *running) startServing(ctx context.Context) {
	r.bridge = bridge.New(bridge.Config{
		Log: r.log, Receipts: r.log, Operations: r.log.Operations(), Auth: r.auth, Presence: r.people.presence, Sessions: r.people.sessions, Limits: r.cfg.Limits, Logger: r.base, Origins: r.cfg.Origins,
		Checks: gate.Checks, SignedIn: gate.SignedIn,
	})
	r.log.WatchLevel(r.bridge.Divert)
	r.parts.bridge = begin(ctx, "bridge", r.failed, r.bridge.Run)
	r.service = service.New(service.Config{
		Conn: r.engine.Conn(), Log: r.log, Operations: r.log.Operations(), Data: r.tellingData(), Limits: r.cfg.Limits, Node: r.engine.Name(), Version: natterjack.Version, Logger: r.base,
	})
	r.parts.service = begin(ctx, "service", r.failed, r.service.Run)
}

// wait blocks until the node is told to stop or a part fails.
func (r *running) wait(ctx context.Context) error { return r.await(ctx, nil) }

// await waits until awaited is closed. It returns an error if ctx or a part ends first.
func (r *running) await(ctx context.Context, awaited <-chan struct{}) error {
	select {
	case <-awaited:
		return nil
	case err := <-r.failed:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
