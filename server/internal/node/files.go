package node

import (
	"fmt"
	"log/slog"

	"natterjack/server/internal/config"
)

// How many files the parts of a node have open at most. The figures of the engine are generous.
// An idle node has some 40 files open, and a few more for each shard while it writes.
const (
	engineFiles  = 96 // of a node that is alone, besides the files of its shards
	shardFiles   = 8
	clusterFiles = 160 // more in a cluster: routes, and Raft's own logs
	clusterShard = 16  // more for each shard
	mediaFiles   = 64  // to media storage, and files that are being inspected
	searchFiles  = 64  // of the search index, and of one that is being built to take its place
	mediaFile    = 2   // more for each connection to the node's own storage: itself, and the file that it reads or writes
	minMedia     = 8
	maxMedia     = 256
	maxInside    = 64 // connections of the node itself, besides the connections of others
	minViewFiles = 64
	maxViewFiles = 1000
	minNATSFiles = 32
	minClients   = 64 // a node that can serve fewer clients does not start
	maxClients   = 1_000_000
)

// files says how many of the files that the process may open each part gets. A connection needs a
// file, too. So strangers can never take the files that the log needs.
type files struct {
	limit   int
	view    int
	nats    int // connections of services and operators
	clients int // connections of chat clients
	media   int // connections of others to the node's own media storage
	inside  int // connections of the node to its own media storage
}

// share divides the files that the process may open. If the process cannot have enough, it allows
// fewer NATS connections than configured.
func share(limit int, cfg *config.Config) (files, error) {
	engine := engineFiles + shardFiles*cfg.Shards
	if cfg.Clustered() {
		engine += clusterFiles + clusterShard*cfg.Shards
	}
	media, inside := 0, 0
	if cfg.Media.Embedded() {
		media = min(max(limit/32, minMedia), maxMedia)
		inside = min(media, maxInside)
		engine += mediaFile * (media + inside)
	}
	if !cfg.Media.Off {
		engine += mediaFiles
	}
	if !cfg.Search.Off {
		engine += searchFiles
	}
	f := files{limit: limit, media: media, inside: inside, view: min(max(limit/8, minViewFiles), maxViewFiles), nats: max(limit/8, minNATSFiles)}
	if wanted := cfg.NATS.MaxConn; wanted > 0 {
		f.nats = min(f.nats, wanted)
	}
	f.clients = min(limit-engine-f.view-f.nats, maxClients)
	if f.clients < minClients {
		return f, fmt.Errorf("open files: the process may have %d files open, and needs at least %d more for itself and %d clients: "+
			"raise the limit (ulimit -n, or LimitNOFILE of systemd)", limit, minClients-f.clients, minClients)
	}
	if wanted := cfg.HTTP.Connections; wanted > f.clients {
		return f, fmt.Errorf("http.connections: %d need more files than the process may have open, which are %d: "+
			"at most %d clients fit; raise the limit (ulimit -n, or LimitNOFILE of systemd)", wanted, limit, f.clients)
	} else if wanted > 0 {
		f.clients = wanted
	}
	return f, nil
}

// divide divides the files and tells the parts that are made before the node runs.
func (n *Node) divide() (err error) {
	if n.files, err = share(fileLimit(), n.cfg); err != nil {
		return err
	}
	if n.files.nats < n.cfg.NATS.MaxConn {
		n.logger.Warn("the limit of open files allows fewer NATS connections than are configured; raise the limit, or lower max_connections",
			"max_connections", n.cfg.NATS.MaxConn, "allowed", n.files.nats, "files", n.files.limit)
	}
	n.cfg.NATS.MaxConn = n.files.nats
	n.logger.Info("open files", slog.Int("limit", n.files.limit), slog.Int("clients", n.files.clients), slog.Int("nats", n.files.nats), slog.Int("view", n.files.view), slog.Int("media", n.files.media))
	return nil
}
