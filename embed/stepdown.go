package embed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// metaStepDown is the request that moves the leader of the cluster's metadata. The server has
// no method for it.
const metaStepDown = server.JSApiLeaderStepDown

// metaTimeout bounds one such request. It is answered before the move begins.
const metaTimeout = time.Second

// StepDown hands over every leadership of this server: of streams, of consumers, and of the
// cluster's metadata. It returns once other servers have been elected to all of them, or with
// an error when ctx ends first. A group that no other server could lead stays: a server that is
// alone, or the last of its cluster, cannot hand over. A leadership may come back later, so the
// server should be stopped soon after.
func (s *Server) StepDown(ctx context.Context) error {
	if !s.nats.JetStreamIsClustered() {
		return nil
	}
	return s.await(ctx, func() error { return s.stepDown(ctx) })
}

// stepDown asks once for each leadership that is still here. It returns an error as long as any
// is left.
func (s *Server) stepDown(ctx context.Context) error {
	info, err := s.nats.Jsz(&server.JSzOptions{Consumer: true})
	if err != nil {
		return fmt.Errorf("list streams: %w", err)
	}
	var left int
	for _, g := range s.groups(info) {
		if g.settled(s.Name()) {
			continue
		}
		left++
		if g.leader != s.Name() {
			continue // there is no leader yet
		}
		if err := g.stepDown(ctx); err != nil {
			s.logger.DebugContext(ctx, "a step-down failed", "group", g.name, "error", err)
		}
	}
	if left > 0 {
		return fmt.Errorf("nats server: %d leaderships have not moved to other nodes in time", left)
	}
	return nil
}

// StepDownStream makes this server leave the lead of one stream of the chat account to any other
// server. It waits until ctx ends; after that, the server still does it once it can. It asks the
// server itself and not the JetStream API: a slow disk may hold up the API's queue for as long as
// it is slow. It may be called concurrently.
func (s *Server) StepDownStream(ctx context.Context, stream string) error {
	return s.leads.leave(ctx, stream)
}

// group is a Raft group that this server belongs to.
type group struct {
	name     string
	leader   string // empty while there is none
	peers    []*server.PeerInfo
	stepDown func(context.Context) error
}

// settled reports whether another server leads, or no other server could.
func (g group) settled(self string) bool {
	if g.leader != "" && g.leader != self {
		return true
	}
	for _, p := range g.peers {
		if p.Name != self && !p.Offline {
			return false
		}
	}
	return true
}

// groups returns the metadata's group, and the groups of the streams and consumers that have
// replicas.
func (s *Server) groups(info *server.JSInfo) []group {
	var all []group
	if m := info.Meta; m != nil && s.system != (credentials{}) {
		all = append(all, group{name: "metadata", leader: m.Leader, peers: m.Replicas, stepDown: s.stepDownMeta})
	}
	for _, account := range info.AccountDetails {
		for _, stream := range account.Streams {
			if c := stream.Cluster; c != nil {
				all = append(all, group{stream.Name, c.Leader, c.Replicas, func(context.Context) error {
					return s.nats.JetStreamStepdownStream(account.Name, stream.Name)
				}})
			}
			for _, consumer := range stream.Consumer {
				if c := consumer.Cluster; c != nil {
					all = append(all, group{consumer.Name, c.Leader, c.Replicas, func(context.Context) error {
						return s.nats.JetStreamStepdownConsumer(account.Name, stream.Name, consumer.Name)
					}})
				}
			}
		}
	}
	return all
}

// stepDownMeta sends the request through the system account, as an operator would.
func (s *Server) stepDownMeta(ctx context.Context) error {
	conn, err := s.connect(s.system)
	if err != nil {
		return fmt.Errorf("connect to the system account: %w", err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, metaTimeout)
	defer cancel()
	if _, err := conn.RequestWithContext(ctx, metaStepDown, nil); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("step down as metadata leader: %w", err)
	}
	return nil
}
