package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"natterjack/embed/s3"
	"natterjack/server/internal/secrets"
)

// mediaAddr is where the nodes and their clients reach the storage, as the configurations say.
const mediaAddr = "127.0.0.1:8090"

// media is the storage for media of all nodes. A real cluster has a MinIO or another S3 in its
// place.
type media struct {
	environ []string // the keys, for the nodes
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// startMedia starts the storage, with keys that it makes at the first start.
func startMedia(ctx context.Context) (*media, error) {
	store := secrets.Dir(filepath.Join(dir, "secrets"))
	access, _, err := store.Password("media-access-key")
	secret, _, err2 := store.Password("media-secret-key")
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	g, err := s3.New(s3.Options{Dir: filepath.Join(dir, "media"), AccessKey: access, SecretKey: secret, Listen: mediaAddr, Origins: pages()})
	if err != nil {
		return nil, err
	}
	if err := g.Start(ctx); err != nil {
		return nil, err
	}
	m := &media{environ: []string{"NATTERJACK_MEDIA_ACCESS_KEY=" + access, "NATTERJACK_MEDIA_SECRET_KEY=" + secret}}
	ctx, m.cancel = context.WithCancel(context.WithoutCancel(ctx)) // the nodes stop first
	m.running.Go(func() {
		if err := errors.Join(g.Run(ctx), g.Close()); err != nil {
			fmt.Fprintf(os.Stderr, "cluster: media storage: %v\n", err)
		}
	})
	return m, nil
}

// pages returns the origins of the nodes' pages.
func pages() (origins []string) {
	for _, host := range []string{"127.0.0.1", "localhost"} {
		for i := range names {
			origins = append(origins, fmt.Sprintf("http://%s:%d", host, 8080+i))
		}
	}
	return origins
}

func (m *media) stop() {
	m.cancel()
	m.running.Wait()
}
