package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"natterjack/server/internal/auth"
	"natterjack/server/internal/bridge"
	"natterjack/server/internal/gate"
	"natterjack/server/internal/page"
	"natterjack/server/internal/push/mail/unsubscribe"
	"natterjack/server/internal/secrets"
	"natterjack/server/wire"
)

const (
	// readHeaderTimeout allows for a phone on a bad network. Without a timeout, abandoned
	// connections pile up. There is no timeout for bodies and answers: streams last as long as
	// they like, and the bridge bounds the others itself.
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute // between requests on a connection; long polls come back within seconds
	maxHeaderBytes    = 32 << 10        // tokens are up to 16 KiB
	discoverFor       = 2 * time.Second // how long a page waits for the identity provider's discovery document
	healthFor         = time.Second     // how long an answer about health is reused, so that asking is cheap
)

// listen opens the listener and serves.
func (r *running) listen(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", r.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	r.listener = r.bound(l)
	r.welcomePages()
	r.parts.gate = begin(ctx, "gate", r.failed, r.gate.Run)
	r.server = &http.Server{
		Handler:           r.gate.Handler(r.routes(), http.HandlerFunc(full)),
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          r.gate.ErrorLog(r.logger),
		ConnContext:       r.gate.ConnContext,
		ConnState:         r.gate.ConnState,
	}
	bridge.LimitWrites(r.server)
	serve := r.server.Serve
	if r.cert != nil {
		r.server.TLSConfig = r.cert.config()
		serve = func(l net.Listener) error { return r.server.ServeTLS(l, "", "") }
	}
	r.parts.http = begin(ctx, "http", r.failed, func(ctx context.Context) error {
		err := serve(r.listener)
		if errors.Is(err, http.ErrServerClosed) || r.draining.Load() {
			<-ctx.Done() // stop closed the server, which ended before this part was canceled
			return nil
		}
		return err
	})
	return nil
}

// bound returns a listener with a gate in front.
func (r *running) bound(l net.Listener) net.Listener {
	h := &r.cfg.HTTP
	r.gate = gate.New(gate.Config{
		Limits: gate.Limits{
			Connections: r.files.clients, AddressConnections: h.AddressConnections, PrefixConnections: h.PrefixConnections,
			Guests: h.Guests, AddressGuests: h.AddressGuests, PrefixGuests: h.PrefixGuests,
		},
		Proxies: h.Proxies, Logger: r.base,
	})
	return r.gate.Listen(l)
}

// full answers a request of a proxy that the gate refuses.
func full(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, "too many connections from your address are waiting to sign in; try again later", http.StatusTooManyRequests)
}

func (r *running) routes() http.Handler {
	mux := http.NewServeMux()
	for _, path := range r.bridge.Routes() {
		mux.Handle(path, r.bridge)
	}
	app := page.Handler(page.Origins{Storage: r.mediaOrigin(), Issuer: origin(r.cfg.Auth.Issuer), Token: r.tokenEndpoint})
	for _, path := range page.Routes() {
		mux.Handle(path, app)
	}
	if h := r.unsubscribing(); h != nil {
		mux.Handle(unsubscribe.Path, h)
	}
	mux.Handle(wire.PathSignIn, r.signInHandler())
	mux.Handle("GET "+wire.PathSignIn, auth.Ways{Development: r.secret != "", Issuer: r.cfg.Auth.Issuer, ClientID: r.cfg.Auth.Audience})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, r.ready(), errors.Join(r.log.Clock(), r.mediaState()))
	})
	return mux
}

// origin returns the origin of a URL, which the configuration has checked; it may be empty.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// tokenEndpoint returns where pages get tokens of the identity provider. While the provider does
// not answer, it is not known. Pages are served all the same: most people are signed in already.
func (r *running) tokenEndpoint(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, discoverFor)
	defer cancel()
	endpoint, err := r.auth.TokenEndpoint(ctx)
	if err != nil {
		return "" // its discovery is logged
	}
	return endpoint
}

func (r *running) signInHandler() http.Handler {
	if r.secret == "" {
		return http.HandlerFunc(auth.NoSignIn)
	}
	return signingIn(auth.NewSignIn(r.keys, r.secret, r.signIn().Path(secrets.SignIn), r.base))
}

// signingIn tells the gate which clients got a token.
func signingIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &status{ResponseWriter: w}
		if next.ServeHTTP(s, r); s.code == http.StatusOK {
			gate.SignedIn(r.Context())
		}
	})
}

// status remembers the status of an answer.
type status struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements [http.ResponseWriter].
func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// answer tells a load balancer whether the node is healthy, but not why: the reason is in the
// log. The warning is for the people who run the machine.
func answer(w http.ResponseWriter, err, warning error) {
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
		return
	}
	body := "ok\n"
	if warning != nil {
		body += warning.Error() + "\n"
	}
	_, _ = w.Write([]byte(body)) // a client that is gone needs no answer
}

var errDraining = errors.New("node: is stopping")

// ready reports whether new clients should be sent here.
func (r *running) ready() error {
	if r.draining.Load() {
		return errDraining
	}
	return r.health.check(r.able, r.logger)
}

// able returns an error if the engine or the log over it cannot serve.
func (r *running) able() error { return errors.Join(r.engine.Health(), r.log.Level(), r.log.Room()) }

// health keeps an answer for a while. Its method may be called concurrently.
type health struct {
	mu  sync.Mutex // guards the fields below; held while asking, so that one caller asks for all
	at  time.Time
	err error
}

func (h *health) check(ask func() error, logger *slog.Logger) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.at) < healthFor {
		return h.err
	}
	before := h.err
	h.at, h.err = time.Now(), ask()
	if h.err != nil && before == nil {
		logger.Warn("not healthy", "error", h.err)
	}
	return h.err
}

// addresses returns the addresses of the open listeners. Before that they are not known: a
// configured port may be 0.
func (r *running) addresses() Addresses {
	scheme := "http"
	if r.cert != nil {
		scheme = "https"
	}
	return Addresses{HTTP: scheme + "://" + r.listener.Addr().String(), NATS: r.engine.URL(), Secret: r.secret}
}
