package node

import (
	"strings"
	"testing"

	"natterjack/server/internal/config"
)

// TestShare divides limits of open files from far too small to huge. The engine and the view
// must have theirs, whatever is configured.
func TestShare(t *testing.T) {
	for _, tt := range []struct {
		limit, shards, nats, wanted int
		want                        files
		refused                     string
	}{
		{limit: 128, shards: 4, nats: 1024, refused: "ulimit -n"},
		{limit: 256, shards: 4, nats: 1024, refused: "raise the limit"},
		{limit: 512, shards: 4, nats: 1024, want: files{limit: 512, view: 64, nats: 64, clients: 256}},
		{limit: 1024, shards: 4, nats: 1024, want: files{limit: 1024, view: 128, nats: 128, clients: 640}},
		{limit: 20_000, shards: 2, nats: 1024, want: files{limit: 20_000, view: 1000, nats: 1024, clients: 17_864}},
		{limit: 20_000, shards: 2, nats: 100, want: files{limit: 20_000, view: 1000, nats: 100, clients: 18_788}},
		{limit: 20_000, shards: 2, nats: 1024, wanted: 100, want: files{limit: 20_000, view: 1000, nats: 1024, clients: 100}},
		{limit: 20_000, shards: 2, nats: 1024, wanted: 19_000, refused: "http.connections: 19000"},
		{limit: 1 << 30, shards: 256, nats: 1024, want: files{limit: 1 << 30, view: 1000, nats: 1024, clients: 1_000_000}},
	} {
		cfg := load(t)
		cfg.Media.Off, cfg.Search.Off = true, true
		cfg.Shards, cfg.NATS.MaxConn, cfg.HTTP = tt.shards, tt.nats, config.HTTP{Connections: tt.wanted}
		got, err := share(tt.limit, cfg)
		switch {
		case tt.refused != "":
			if err == nil || !strings.Contains(err.Error(), tt.refused) {
				t.Errorf("%d files: %+v, %v", tt.limit, got, err)
			}
		case err != nil || got != tt.want:
			t.Errorf("%d files: %+v, %v; want %+v", tt.limit, got, err, tt.want)
		}
	}
	cfg := load(t)
	cfg.Shards, cfg.NATS.MaxConn, cfg.HTTP = 4, 1024, config.HTTP{}
	if got, err := share(1024, cfg); err != nil || got != (files{limit: 1024, view: 128, nats: 128, media: 32, inside: 32, clients: 384}) {
		t.Errorf("with storage of its own, and search: %+v, %v", got, err)
	}
	cfg.Media.Endpoint = "http://127.0.0.1:9000"
	if got, err := share(1024, cfg); err != nil || got != (files{limit: 1024, view: 128, nats: 128, clients: 512}) {
		t.Errorf("with an S3, and search: %+v, %v", got, err)
	}
	if n := fileLimit(); n < minClients {
		t.Errorf("this process may have %d files open", n)
	}
}
