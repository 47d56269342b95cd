package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Options configure a [Gateway].
type Options struct {
	Dir         string // made if missing
	AccessKey   string
	SecretKey   string
	Region      string       // empty for us-east-1
	Listen      string       // host:port; port 0 takes a free one
	TLS         *tls.Config  // nil for plain HTTP
	Origins     []string     // pages that browsers let talk to the gateway, see also Allow
	Connections int          // at once; 0 for 256
	Inside      int          // of this process at once, besides those; 0 for 64
	Logger      *slog.Logger // silent if nil

	// Full reports that so many bytes more may not be stored. It may be nil.
	Full func(bytes int64) bool
}

const (
	defaultRegion      = "us-east-1"
	defaultConnections = 256
	defaultInside      = 64
	readHeaderTimeout  = 10 * time.Second
	idleTimeout        = 30 * time.Second
	stopTimeout        = 5 * time.Second // for requests under way
	maxHeaderBytes     = 16 << 10
)

// Gateway is an S3 server. Its methods may be called concurrently.
type Gateway struct {
	opts      Options
	keys      keys
	disk      *disk
	logger    *slog.Logger
	listeners []net.Listener // set by Start: the one for all, and one for this process
	server    *http.Server
	origins   atomic.Pointer[[]string]
	coming    atomic.Int64 // bytes of bodies that are still to be written
	closing   sync.Once
}

// New opens the directory. It does not listen.
func New(opts Options) (*Gateway, error) {
	if opts.AccessKey == "" || opts.SecretKey == "" {
		return nil, errors.New("s3: access key and secret key must be set")
	}
	if opts.Region == "" {
		opts.Region = defaultRegion
	}
	if opts.Connections == 0 {
		opts.Connections = defaultConnections
	}
	if opts.Inside == 0 {
		opts.Inside = defaultInside
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	g := &Gateway{opts: opts, keys: keys{access: opts.AccessKey, secret: opts.SecretKey, region: opts.Region}, logger: opts.Logger.With("component", "s3")}
	if g.disk, err = openDisk(dir, realSyncs()); err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	g.Allow(opts.Origins...)
	g.server = &http.Server{
		Handler:           g,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(g.logger.Handler(), slog.LevelDebug), // broken connections
	}
	return g, nil
}

// Allow sets the origins of the pages that browsers let talk to the gateway, such as
// https://chat.example.com.
func (g *Gateway) Allow(origins ...string) { g.origins.Store(&origins) }

// Start opens the listeners. Requests wait there until Run. This process has a listener of its own,
// so strangers who hold all connections do not keep it from its files.
func (g *Gateway) Start(ctx context.Context) error {
	l, err := listen(ctx, g.opts.Listen)
	if err != nil {
		return err
	}
	inside, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, l.Close())
	}
	g.listeners = []net.Listener{newLimited(l, g.opts.Connections), newLimited(inside, g.opts.Inside)}
	if g.opts.TLS != nil {
		g.listeners[0] = tls.NewListener(g.listeners[0], g.opts.TLS)
	}
	return nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("s3: listen: %w", err)
	}
	return l, nil
}

// URL returns the address for clients on this machine, once Start has opened the listeners.
func (g *Gateway) URL() string {
	if g.opts.TLS != nil {
		return "https://" + reachable(g.listeners[0])
	}
	return "http://" + reachable(g.listeners[0])
}

// Inside returns the address for this process. It is without TLS: the certificate is for the
// name under which others know the machine.
func (g *Gateway) Inside() string { return "http://" + reachable(g.listeners[1]) }

// reachable returns the address of a listener, with a loopback address in place of all addresses.
func reachable(l net.Listener) string {
	addr := l.Addr().String()
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}

// Run serves until ctx ends, and then waits for the requests under way, a few seconds at most.
// Meanwhile it removes files that a crash has left.
func (g *Gateway) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running.Go(func() { g.sweep(ctx) })
	ended := make(chan error, len(g.listeners))
	for _, l := range g.listeners {
		running.Go(func() { ended <- g.server.Serve(l) })
	}
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("s3: serve: %w", err), g.server.Close())
	case <-ctx.Done():
		return g.shutdown(context.WithoutCancel(ctx))
	}
}

func (g *Gateway) sweep(ctx context.Context) {
	n, err := g.disk.sweep(ctx)
	switch {
	case ctx.Err() != nil: // the next start goes on
	case err != nil:
		g.logger.WarnContext(ctx, "unused files could not be removed; the next start tries again", "error", err)
	case n > 0:
		g.logger.InfoContext(ctx, "removed unused files", "files", n)
	}
}

func (g *Gateway) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if g.server.Shutdown(ctx) != nil {
		return g.server.Close()
	}
	return nil
}

// Close closes the listeners if Run has not done so. It is called after Run, or instead of it.
func (g *Gateway) Close() error {
	g.closing.Do(func() {
		_ = g.server.Close()
		for _, l := range g.listeners {
			_ = l.Close() // the server closed it, if it ran
		}
	})
	return nil
}

// limited lets only so many connections be open at once. The others wait to be accepted.
type limited struct {
	net.Listener

	places chan struct{}
	closed chan struct{}
	once   sync.Once
}

func newLimited(l net.Listener, n int) *limited {
	return &limited{Listener: l, places: make(chan struct{}, n), closed: make(chan struct{})}
}

// Accept implements [net.Listener].
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &placed{Conn: c, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

// Close implements [net.Listener].
func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// placed is a connection that gives up its place when it closes.
type placed struct {
	net.Conn

	leave func()
}

// Close implements [net.Conn].
func (p *placed) Close() error {
	defer p.leave()
	return p.Conn.Close()
}
