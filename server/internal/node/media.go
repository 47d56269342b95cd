package node

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"natterjack/embed"
	"natterjack/embed/s3"
	"natterjack/jetstream"
	"natterjack/server/internal/media/store"
	"natterjack/server/internal/secrets"
)

// The names of the keys of the node's own storage.
const (
	mediaAccessKey = "media-access-key"
	mediaSecretKey = "media-secret-key"
)

// media are the parts for media storage. Both are nil if media is off.
type media struct {
	gateway *s3.Gateway // nil if there is an S3
	store   *store.Store

	parts struct{ gateway, store *part }
}

// openMedia starts the node's own storage if there is no other, and the client of storage. A
// storage that cannot be reached is no error: messages do not need it.
func (r *running) openMedia(ctx context.Context) (err error) {
	m := &r.cfg.Media
	if m.Off {
		return nil
	}
	cfg := store.Config{
		Endpoint: m.Endpoint, Public: m.PublicEndpoint, AccessKey: m.AccessKey, SecretKey: m.SecretKey, CA: m.CA,
		Bucket: m.Bucket, Region: m.Region, MakeBucket: m.MakeBucket, LinkLife: m.LinkLife, Logger: r.base,
	}
	if m.Embedded() {
		if err := r.startGateway(ctx, &cfg); err != nil {
			return err
		}
	}
	if r.media.store, err = store.New(cfg); err != nil {
		return err
	}
	r.media.parts.store = begin(ctx, "media storage", r.failed, r.media.store.Run)
	return nil
}

// startGateway starts the node's own storage, and sets how to reach it.
func (r *running) startGateway(ctx context.Context, cfg *store.Config) (err error) {
	dir := secrets.Dir(r.dir.Secrets())
	var errs [2]error
	cfg.AccessKey, _, errs[0] = dir.Password(mediaAccessKey)
	cfg.SecretKey, _, errs[1] = dir.Password(mediaSecretKey)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	cfg.Full = func(bytes int64) bool { return !r.fits(bytes) }
	r.media.gateway, err = s3.New(s3.Options{
		Dir: r.dir.Media(), AccessKey: cfg.AccessKey, SecretKey: cfg.SecretKey, Region: cfg.Region, Listen: r.cfg.Media.Listen,
		TLS: r.tls(), Connections: r.files.media, Inside: r.files.inside, Full: cfg.Full, Logger: r.base,
	})
	if err != nil {
		return err
	}
	if err := r.media.gateway.Start(ctx); err != nil {
		return fmt.Errorf("media.listen: configure another address, or media { off: true }: %w", err)
	}
	r.media.parts.gateway = begin(ctx, "own media storage", r.failed, r.serveMedia)
	cfg.Endpoint, cfg.Public = r.media.gateway.Inside(), cmp.Or(cfg.Public, r.media.gateway.URL())
	r.logger.InfoContext(ctx, "storing media itself", "address", r.media.gateway.URL(), "public", cfg.Public)
	return nil
}

// fits reports whether so many bytes of files fit on the disk of the log beside its reserve.
func (r *running) fits(bytes int64) bool { return jetstream.RoomFor(r.dir.Path(), bytes) }

// serveMedia serves the node's own storage. If that ends by itself, the node goes on without.
func (r *running) serveMedia(ctx context.Context) error {
	err := r.media.gateway.Run(ctx)
	if ctx.Err() != nil {
		return err
	}
	r.logger.ErrorContext(ctx, "the node's own media storage has ended; start the node again to have it back", "error", err)
	<-ctx.Done()
	return nil
}

func (n *Node) tls() *tls.Config {
	if n.cert == nil {
		return nil
	}
	return n.cert.config()
}

// welcomePages lets the pages of this node, and the pages of configured origins, talk to the node's
// own storage from a browser.
func (r *running) welcomePages() {
	if r.media.gateway == nil {
		return
	}
	scheme := "http"
	if r.cert != nil {
		scheme = "https"
	}
	r.media.gateway.Allow(origins(scheme, r.listener.Addr().String(), r.cfg.Origins)...)
}

// origins returns the origins of the pages at a listener, and the configured ones, as browsers
// write them.
func origins(scheme, listener string, configured []string) (all []string) {
	for _, o := range configured {
		all = append(all, strings.ToLower(strings.TrimSuffix(o, "/")))
	}
	host, port, err := net.SplitHostPort(listener)
	if err != nil {
		return all
	}
	hosts := []string{host}
	if ip := net.ParseIP(host); embed.Loopback(host) || ip != nil && ip.IsUnspecified() {
		hosts = []string{"127.0.0.1", "localhost", "::1"}
	}
	for _, h := range hosts {
		at := net.JoinHostPort(h, port)
		if scheme == "http" && port == "80" || scheme == "https" && port == "443" {
			at = strings.TrimSuffix(at, ":"+port)
		}
		all = append(all, scheme+"://"+at)
	}
	return all
}

var errMedia = errors.New("media storage cannot be used now; the log says why")

// mediaState returns an error if media storage cannot be used. The node serves everything else
// then.
func (r *running) mediaState() error {
	if r.media.store == nil || r.media.store.Err() == nil {
		return nil
	}
	return errMedia
}

// endMedia ends the client of storage, and then the node's own storage.
func (r *running) endMedia(ctx context.Context) error {
	m := &r.media
	errs := []error{endPart(ctx, m.parts.store), endPart(ctx, m.parts.gateway)}
	if m.store != nil {
		errs = append(errs, m.store.Close())
	}
	if m.gateway != nil {
		errs = append(errs, m.gateway.Close())
	}
	return errors.Join(errs...)
}
